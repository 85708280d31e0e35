/* Kernel machines: life of the handle. */
#include "src/svm/svm.h"

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "lib/symmetric/symmetric.h"
#include "src/svm/classes.h"

static bool has_classes(int32_t type) { return type == NTK_SVM_SVC || type == NTK_SVM_LOGISTIC; }

static void release_svm(ntk_svm *svm) {
    ntk_context *const context = svm->context;
    ntki_release(context, svm->report);
    ntki_release(context, svm->b);
    ntki_release(context, svm->a);
    ntki_release(context, svm->weights);
    ntki_release(context, svm->class_cost);
    ntki_release(context, svm->class_of);
    ntki_release(context, svm->labels);
    ntki_release(context, svm->y);
    ntki_release(context, svm->x);
    ntki_release(context, svm->gram);
    ntki_kernel_release(svm->kernel);
    ntki_release(context, svm);
}

/* An empty handle with the defaults. */
static ntk_status begin(ntk_context *context, const char *function, int32_t type, const void *out, ntk_svm **svm) {
    ntk_status status;
    if (type < NTK_SVM_SVC || type > NTK_SVM_LOGISTIC)
        return ntki_fail(context, NTK_ERR_ENUM, function, "type is %d; it is no type of a machine (NTK_SVM_SVC ...)",
                         (int)type);
    if ((status = ntki_check_pointer(context, function, "out", out)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, function, 1, sizeof(**svm), svm)) != NTK_SUCCESS)
        return status;
    const bool margin = type == NTK_SVM_SVC || type == NTK_SVM_SVR;
    **svm = (ntk_svm){.context = context,
                      .type = type,
                      .multiclass = NTK_SVM_ONE_VS_ONE,
                      .cost = 1,
                      .bias = margin,
                      .shrinking = true,
                      .epsilon = 0.1,
                      .tolerance = 1e-3,
                      .cache = INT64_C(256) << 20};
    return NTK_SUCCESS;
}

/* y as numbers or as classes, when it was checked to be finite. */
static ntk_status keep_targets(ntk_svm *svm, const char *function, const double *y) {
    ntk_status status;
    if (!has_classes(svm->type)) {
        if ((status = ntki_allocate_matrix(svm->context, function, svm->n, 1, &svm->y)) == NTK_SUCCESS)
            ntki_copy_rows(1, svm->n, y, svm->n, svm->y, svm->n);
        return status;
    }
    if ((status = ntki_svm_find_classes(svm->context, function, svm->n, y, &svm->classes, &svm->labels,
                                        &svm->class_of)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(svm->context, function, svm->classes, 1, &svm->class_cost)) != NTK_SUCCESS)
        return status;
    for (int64_t k = 0; k < svm->classes; k++)
        svm->class_cost[k] = 1;
    return NTK_SUCCESS;
}

static ntk_status fill_from_gram(ntk_svm *svm, const char *function, int64_t n, const double *gram, int64_t ldk,
                                 const double *y) {
    ntk_context *const context = svm->context;
    const ntki_matrix matrix = {"gram", gram, n, n, ldk, "ldk"}, targets = {"y", y, n, 1, 1, "1"};
    ntk_status status;
    if ((status = ntki_check_size(context, function, "n", n)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, function, &matrix)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, function, &targets)) != NTK_SUCCESS ||
        (status = ntki_progress(context, function, 0, "check")) != NTK_SUCCESS ||
        (status = ntki_check_finite_vector(context, function, "y", n, y)) != NTK_SUCCESS ||
        (status = ntki_check_gram(context, function, &matrix)) != NTK_SUCCESS ||
        (status = ntki_progress(context, function, 1, "check")) != NTK_SUCCESS)
        return status;
    svm->n = n;
    if ((status = keep_targets(svm, function, y)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, n, n, &svm->gram)) != NTK_SUCCESS)
        return status;
    ntki_symmetric_copy(n, gram, ldk, svm->gram);
    return NTK_SUCCESS;
}

/* Rows of the kernel of a finite network share most of their work: one by one they would cost as much as all together. */
static bool wants_gram(const ntk_svm *svm, const ntk_kernel *kernel) {
    return svm->type == NTK_SVM_RIDGE || svm->type == NTK_SVM_LOGISTIC || kernel->evaluator->layer_diagonal == NULL;
}

static ntk_status fill_from_kernel(ntk_svm *svm, ntk_kernel *kernel, const char *function, int64_t n, const double *x,
                                   int64_t ldx, const double *y) {
    ntk_context *const context = svm->context;
    const int64_t d = kernel->input_dimension;
    const ntki_matrix inputs = {"x", x, n, d, ldx, "ldx"}, targets = {"y", y, n, 1, 1, "1"};
    ntk_status status;
    if ((status = ntki_kernel_check_rows(kernel, function, "x", "n", "ldx", n, x, ldx)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, function, &targets)) != NTK_SUCCESS)
        return status;
    if (kernel->block != 1)
        return ntki_fail(context, NTK_ERR_UNSUPPORTED, function,
                         "the kernel has %lld rows for each row of x; a machine needs one", (long long)kernel->block);
    if ((status = ntki_check_finite(context, function, &inputs)) != NTK_SUCCESS ||
        (status = ntki_check_finite_vector(context, function, "y", n, y)) != NTK_SUCCESS)
        return status;
    svm->n = n;
    if ((status = keep_targets(svm, function, y)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, n, d, &svm->x)) != NTK_SUCCESS)
        return status;
    ntki_copy_rows(n, d, x, ldx, svm->x, d);
    if (wants_gram(svm, kernel) &&
        ((status = ntki_allocate_matrix(context, function, n, n, &svm->gram)) != NTK_SUCCESS ||
         (status = ntki_kernel_gram(kernel, function, n, svm->x, d, svm->gram, n)) != NTK_SUCCESS))
        return status;
    ntki_kernel_retain(kernel);
    svm->kernel = kernel;
    return NTK_SUCCESS;
}

static ntk_status finish(ntk_context *held, ntk_status status, ntk_svm *svm, ntk_svm **out) {
    if (status == NTK_SUCCESS) {
        *out = svm;
        return NTK_SUCCESS;
    }
    if (svm != NULL)
        release_svm(svm);
    ntki_context_release(held);
    return status;
}

ntk_status ntk_svm_create(ntk_context *context, int32_t type, int64_t n, const double *gram, int64_t ldk,
                          const double *y, ntk_svm **out) {
    ntk_context *held = NULL;
    ntk_svm *svm = NULL;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = begin(held, __func__, type, out, &svm)) == NTK_SUCCESS)
        status = fill_from_gram(svm, __func__, n, gram, ldk, y);
    return finish(held, status, svm, out);
}

ntk_status ntk_svm_create_from_kernel(ntk_kernel *kernel, int32_t type, int64_t n, const double *x, int64_t ldx,
                                      const double *y, ntk_svm **out) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntk_context *held = NULL;
    ntk_svm *svm = NULL;
    ntk_status status = ntki_context_acquire(kernel->context, &held);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = begin(held, __func__, type, out, &svm)) == NTK_SUCCESS)
        status = fill_from_kernel(svm, kernel, __func__, n, x, ldx, y);
    return finish(held, status, svm, out);
}

void ntk_svm_destroy(ntk_svm *svm) {
    if (svm == NULL)
        return;
    ntk_context *const context = svm->context;
    release_svm(svm);
    ntki_context_release(context);
}
