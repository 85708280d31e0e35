#include "src/solve/training.h"

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "lib/symmetric/symmetric.h"

/* Shapes only: nothing is read before all shapes are known to be sound. */
static ntk_status check_shapes(ntk_context *context, const char *function, const ntki_matrix *gram,
                               const ntki_matrix *targets) {
    ntk_status status;
    if ((status = ntki_check_size(context, function, "n", targets->rows)) != NTK_SUCCESS ||
        (status = ntki_check_size(context, function, "c", targets->columns)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, function, gram)) != NTK_SUCCESS)
        return status;
    return ntki_check_matrix(context, function, targets);
}

static ntk_status allocate(ntki_training *set, const char *function, const double *y, int64_t ldy) {
    ntk_status status = ntki_allocate_matrix(set->context, function, set->n, set->n, &set->gram);
    if (status == NTK_SUCCESS)
        status = ntki_allocate_matrix(set->context, function, set->n, set->c, &set->y);
    if (status == NTK_SUCCESS)
        ntki_copy_rows(set->n, set->c, y, ldy, set->y, set->c);
    return status;
}

ntk_status ntki_training_from_gram(ntki_training *set, ntk_context *context, const char *function, int64_t n, int64_t c,
                                   const double *gram, int64_t ldk, const double *y, int64_t ldy) {
    const ntki_matrix matrix = {"gram", gram, n, n, ldk, "ldk"}, targets = {"y", y, n, c, ldy, "ldy"};
    ntk_status status;
    *set = (ntki_training){.context = context, .n = n, .c = c};
    if ((status = check_shapes(context, function, &matrix, &targets)) != NTK_SUCCESS ||
        (status = ntki_progress(context, function, 0, "check")) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, function, &targets)) != NTK_SUCCESS ||
        (status = ntki_check_gram(context, function, &matrix)) != NTK_SUCCESS ||
        (status = ntki_progress(context, function, 1, "check")) != NTK_SUCCESS ||
        (status = allocate(set, function, y, ldy)) != NTK_SUCCESS) {
        ntki_training_release(set);
        return status;
    }
    ntki_symmetric_copy(n, gram, ldk, set->gram);
    return NTK_SUCCESS;
}

ntk_status ntki_training_from_kernel(ntki_training *set, ntk_kernel *kernel, const char *function, int64_t points,
                                     const double *x, int64_t ldx, int64_t c, const double *y, int64_t ldy) {
    ntk_context *const context = kernel->context;
    const int64_t d = kernel->input_dimension;
    const ntki_matrix inputs = {"x", x, points, d, ldx, "ldx"};
    int64_t n = 0;
    ntk_status status;
    *set = (ntki_training){.context = context};
    if ((status = ntki_kernel_check_rows(kernel, function, "x", "n", "ldx", points, x, ldx)) != NTK_SUCCESS ||
        (status = ntki_kernel_order(kernel, function, "n", points, &n)) != NTK_SUCCESS)
        return status;
    *set = (ntki_training){.context = context, .n = n, .c = c, .points = points};
    const ntki_matrix targets = {"y", y, n, c, ldy, "ldy"};
    const ntki_matrix gram = {"the Gram matrix", x, n, n, n, "n"}; /* for its size: there is no argument to look at */
    if ((status = check_shapes(context, function, &gram, &targets)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, function, &inputs)) != NTK_SUCCESS ||
        (status = ntki_check_finite(context, function, &targets)) != NTK_SUCCESS ||
        (status = allocate(set, function, y, ldy)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, points, d, &set->x)) != NTK_SUCCESS ||
        (status = ntki_kernel_gram(kernel, function, points, x, ldx, set->gram, n)) != NTK_SUCCESS) {
        ntki_training_release(set);
        return status;
    }
    ntki_copy_rows(points, d, x, ldx, set->x, d);
    ntki_kernel_retain(kernel);
    set->kernel = kernel;
    return NTK_SUCCESS;
}

void ntki_training_release(ntki_training *set) {
    ntki_release(set->context, set->x);
    ntki_release(set->context, set->y);
    ntki_release(set->context, set->gram);
    ntki_kernel_release(set->kernel);
    *set = (ntki_training){.context = set->context};
}

static ntk_status require_kernel(const ntki_training *set, const char *function) {
    if (set->kernel != NULL)
        return NTK_SUCCESS;
    return ntki_fail(set->context, NTK_ERR_UNSUPPORTED, function,
                     "this handle was made from a Gram matrix and has no kernel; give it K(Z,X) instead");
}

ntk_status ntki_training_order(const ntki_training *set, const char *function, int64_t m, int64_t *rows) {
    if (set->kernel != NULL)
        return ntki_kernel_order(set->kernel, function, "m", m, rows);
    const ntk_status status = ntki_check_size(set->context, function, "m", m);
    return status != NTK_SUCCESS ? status : require_kernel(set, function);
}

ntk_status ntki_training_check_points(const ntki_training *set, const char *function, int64_t m, const double *z,
                                      int64_t ldz) {
    ntk_status status = require_kernel(set, function);
    if (status != NTK_SUCCESS)
        return status;
    const ntki_matrix points = {"z", z, m, set->kernel->input_dimension, ldz, "ldz"};
    status = ntki_kernel_check_rows(set->kernel, function, "z", "m", "ldz", m, z, ldz);
    return status != NTK_SUCCESS ? status : ntki_check_finite(set->context, function, &points);
}

ntk_status ntki_training_stream(const ntki_training *set, const char *function, int64_t m, const double *z, int64_t ldz,
                                ntki_consume consume, void *user) {
    const int64_t d = set->kernel->input_dimension;
    const ntki_stream stream = {"z", "x", m, z, ldz, set->points, set->x, d, NTKI_TRAINING_BLOCK};
    return ntki_kernel_stream(set->kernel, function, &stream, consume, user);
}

ntk_status ntki_training_multiply(const ntki_training *set, const char *function, int64_t m, const double *z,
                                  int64_t ldz, const double *a, double *product) {
    const int64_t d = set->kernel->input_dimension;
    const ntki_multiplication job = {{"z", 0, m, z, ldz}, {"x", 0, set->points, set->x, d}, set->c, a, set->c, product};
    return ntki_kernel_multiply(set->kernel, function, &job, NTKI_TRAINING_BLOCK);
}
