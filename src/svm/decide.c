/* f = K(Z,X) a + b at other points, and what the machines decide from it. */
#include <math.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "src/svm/svm.h"

/* Rows of K(Z,X) that are made at once. */
enum { BLOCK_ROWS = 192 };

/* The machines' values as a matrix of their own, m x machines. */
typedef struct {
    ntk_svm *svm;
    const char *function;
    int64_t m, machines;
    double *f;
} decision;

static void add_bias(const decision *own) {
    for (int64_t i = 0; i < own->m; i++)
        for (int64_t j = 0; j < own->machines; j++)
            own->f[i * own->machines + j] += own->svm->b[j];
}

static ntk_status allocate(decision *own) {
    return ntki_allocate_matrix(own->svm->context, own->function, own->m, own->machines, &own->f);
}

static ntk_status evaluate_cross(decision *own, const double *cross, int64_t ldk) {
    const ntk_svm *const svm = own->svm;
    ntk_status status;
    if ((status = ntki_progress(svm->context, own->function, 0, "machine")) != NTK_SUCCESS ||
        (status = allocate(own)) != NTK_SUCCESS)
        return status;
    ntki_dgemm(&svm->context->blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, own->m, own->machines, svm->n, 1, cross, ldk,
               svm->a, own->machines, 0, own->f, own->machines);
    add_bias(own);
    return ntki_progress(svm->context, own->function, 1, "machine");
}

static bool supports(const ntk_svm *svm, int64_t machines, int64_t i) {
    for (int64_t j = 0; j < machines; j++)
        if (svm->a[i * machines + j] != 0)
            return true;
    return false;
}

/* The rows of x and of a with an entry that is not 0. */
static int64_t gather(const decision *own, double *x, double *a) {
    const ntk_svm *const svm = own->svm;
    const int64_t d = svm->kernel->input_dimension, machines = own->machines;
    int64_t count = 0;
    for (int64_t i = 0; i < svm->n; i++) {
        if (!supports(svm, machines, i))
            continue;
        if (x != NULL) {
            memcpy(x + count * d, svm->x + i * d, (size_t)d * sizeof(double));
            memcpy(a + count * machines, svm->a + i * machines, (size_t)machines * sizeof(double));
        }
        count++;
    }
    return count;
}

static ntk_status evaluate_at(decision *own, const double *z, int64_t ldz) {
    const ntk_svm *const svm = own->svm;
    ntk_context *const context = svm->context;
    const int64_t d = svm->kernel->input_dimension, count = gather(own, NULL, NULL);
    double *x = NULL, *a = NULL;
    ntk_status status = allocate(own);
    if (status != NTK_SUCCESS)
        return status;
    if (count == 0) {
        memset(own->f, 0, (size_t)(own->m * own->machines) * sizeof(double));
    } else if ((status = ntki_allocate_matrix(context, own->function, count, d, &x)) == NTK_SUCCESS &&
               (status = ntki_allocate_matrix(context, own->function, count, own->machines, &a)) == NTK_SUCCESS) {
        (void)gather(own, x, a);
        const ntki_multiplication job = {
            {"z", 0, own->m, z, ldz}, {"x", 0, count, x, d}, own->machines, a, own->machines, own->f};
        status = ntki_kernel_multiply(svm->kernel, own->function, &job, BLOCK_ROWS);
    }
    if (status == NTK_SUCCESS)
        add_bias(own);
    ntki_release(context, a);
    ntki_release(context, x);
    return status;
}

/* ---- arguments ---- */

static ntk_status check_cross(const decision *own, const double *cross, int64_t ldk, const ntki_matrix *out) {
    ntk_context *const context = own->svm->context;
    const ntki_matrix in = {"cross", cross, own->m, own->svm->n, ldk, "ldk"};
    ntk_status status;
    if ((status = ntki_check_size(context, own->function, "m", own->m)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, own->function, out)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, own->function, &in)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, own->function, out, &in)) != NTK_SUCCESS ||
        (status = ntki_svm_check_fitted(own->svm, own->function)) != NTK_SUCCESS)
        return status;
    return ntki_check_finite(context, own->function, &in);
}

static ntk_status check_points(const decision *own, const double *z, int64_t ldz, const ntki_matrix *out) {
    ntk_context *const context = own->svm->context;
    ntk_kernel *const kernel = own->svm->kernel;
    ntk_status status;
    if ((status = ntki_check_size(context, own->function, "m", own->m)) != NTK_SUCCESS)
        return status;
    if (kernel == NULL)
        return ntki_fail(context, NTK_ERR_UNSUPPORTED, own->function,
                         "this handle was made from a Gram matrix and has no kernel; give it K(Z,X) instead");
    const ntki_matrix in = {"z", z, own->m, kernel->input_dimension, ldz, "ldz"};
    if ((status = ntki_kernel_check_rows(kernel, own->function, "z", "m", "ldz", own->m, z, ldz)) != NTK_SUCCESS ||
        (status = ntki_check_matrix(context, own->function, out)) != NTK_SUCCESS ||
        (status = ntki_check_disjoint(context, own->function, out, &in)) != NTK_SUCCESS ||
        (status = ntki_svm_check_fitted(own->svm, own->function)) != NTK_SUCCESS)
        return status;
    return ntki_check_finite(context, own->function, &in);
}

/* ---- decisions ---- */

/* Each machine of a pair votes for one of its classes; f = 0 counts for the one that comes first. */
static int64_t most_votes(const ntk_svm *svm, const double *f, int64_t *votes) {
    int64_t best = 0;
    memset(votes, 0, (size_t)svm->classes * sizeof(*votes));
    for (int64_t p = 0; p < svm->classes; p++)
        for (int64_t q = p + 1; q < svm->classes; q++)
            votes[*f++ > 0 ? q : p]++;
    for (int64_t k = 1; k < svm->classes; k++)
        if (votes[k] > votes[best])
            best = k;
    return best;
}

static int64_t largest(const ntk_svm *svm, const double *f) {
    int64_t best = 0;
    for (int64_t k = 1; k < svm->classes; k++)
        if (f[k] > f[best])
            best = k;
    return best;
}

static ntk_status choose(const decision *own, double *y) {
    const ntk_svm *const svm = own->svm;
    const bool rest = svm->classes > 2 && svm->multiclass == NTK_SVM_ONE_VS_REST;
    int64_t *votes = NULL;
    if (svm->classes == 0)
        return ntki_deliver(svm->context, own->function, "y", own->m, 1, own->f, y, 1);
    for (int64_t i = 0; i < own->m * own->machines; i++)
        if (!isfinite(own->f[i]))
            return ntki_fail(svm->context, NTK_ERR_RANGE, own->function,
                             "f[%lld][%lld] exceeds the double range and decides nothing",
                             (long long)(i / own->machines), (long long)(i % own->machines));
    const ntk_status status = ntki_allocate(svm->context, own->function, svm->classes, sizeof(*votes), &votes);
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < own->m; i++) {
        const double *const f = own->f + i * own->machines;
        y[i] = svm->labels[rest ? largest(svm, f) : most_votes(svm, f, votes)];
    }
    ntki_release(svm->context, votes);
    return NTK_SUCCESS;
}

ntk_status ntk_svm_decide(ntk_svm *svm, int64_t m, const double *cross, int64_t ldk, double *f, int64_t ldf) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    decision own = {svm, __func__, m, ntki_svm_machines(svm), NULL};
    const ntki_matrix out = {"f", f, m, own.machines, ldf, "ldf"};
    ntk_status status = check_cross(&own, cross, ldk, &out);
    if (status == NTK_SUCCESS && (status = evaluate_cross(&own, cross, ldk)) == NTK_SUCCESS)
        status = ntki_deliver(svm->context, __func__, "f", m, own.machines, own.f, f, ldf);
    ntki_release(svm->context, own.f);
    return status;
}

ntk_status ntk_svm_decide_at(ntk_svm *svm, int64_t m, const double *z, int64_t ldz, double *f, int64_t ldf) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    decision own = {svm, __func__, m, ntki_svm_machines(svm), NULL};
    const ntki_matrix out = {"f", f, m, own.machines, ldf, "ldf"};
    ntk_status status = check_points(&own, z, ldz, &out);
    if (status == NTK_SUCCESS && (status = evaluate_at(&own, z, ldz)) == NTK_SUCCESS)
        status = ntki_deliver(svm->context, __func__, "f", m, own.machines, own.f, f, ldf);
    ntki_release(svm->context, own.f);
    return status;
}

ntk_status ntk_svm_predict(ntk_svm *svm, int64_t m, const double *cross, int64_t ldk, double *y) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    decision own = {svm, __func__, m, ntki_svm_machines(svm), NULL};
    const ntki_matrix out = {"y", y, m, 1, 1, "1"};
    ntk_status status = check_cross(&own, cross, ldk, &out);
    if (status == NTK_SUCCESS && (status = evaluate_cross(&own, cross, ldk)) == NTK_SUCCESS)
        status = choose(&own, y);
    ntki_release(svm->context, own.f);
    return status;
}

ntk_status ntk_svm_predict_at(ntk_svm *svm, int64_t m, const double *z, int64_t ldz, double *y) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    decision own = {svm, __func__, m, ntki_svm_machines(svm), NULL};
    const ntki_matrix out = {"y", y, m, 1, 1, "1"};
    ntk_status status = check_points(&own, z, ldz, &out);
    if (status == NTK_SUCCESS && (status = evaluate_at(&own, z, ldz)) == NTK_SUCCESS)
        status = choose(&own, y);
    ntki_release(svm->context, own.f);
    return status;
}
