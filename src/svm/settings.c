/* Settings of a machine: each makes it unfitted. */
#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/svm/svm.h"

ntk_status ntk_svm_set_cost(ntk_svm *svm, double cost) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_positive(svm->context, __func__, "cost", cost);
    if (status != NTK_SUCCESS)
        return status;
    svm->cost = cost;
    svm->fitted = false;
    return NTK_SUCCESS;
}

ntk_status ntk_svm_set_class_cost(ntk_svm *svm, int64_t k, double factor) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    ntk_status status;
    if (svm->classes == 0)
        return ntki_fail(svm->context, NTK_ERR_UNSUPPORTED, __func__, "a machine for numbers has no classes");
    if (k < 0 || k >= svm->classes)
        return ntki_fail(svm->context, NTK_ERR_SIZE, __func__, "k is %lld; the classes are 0 to %lld", (long long)k,
                         (long long)(svm->classes - 1));
    if ((status = ntki_check_nonnegative(svm->context, __func__, "factor", factor)) != NTK_SUCCESS)
        return status;
    svm->class_cost[k] = factor;
    svm->fitted = false;
    return NTK_SUCCESS;
}

static ntk_status check_weights(const ntk_svm *svm, const char *function, int64_t n, const double *weights) {
    ntk_status status;
    if (n != svm->n)
        return ntki_fail(svm->context, NTK_ERR_SIZE, function, "n is %lld; there are %lld samples", (long long)n,
                         (long long)svm->n);
    if ((status = ntki_check_finite_vector(svm->context, function, "weights", n, weights)) != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < n; i++)
        if (weights[i] < 0)
            return ntki_fail(svm->context, NTK_ERR_DOMAIN, function, "weights[%lld] is %g; a weight is not negative",
                             (long long)i, weights[i]);
    return NTK_SUCCESS;
}

ntk_status ntk_svm_set_sample_weights(ntk_svm *svm, int64_t n, const double *weights) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    double *copy = NULL;
    ntk_status status;
    if (weights != NULL) {
        if ((status = check_weights(svm, __func__, n, weights)) != NTK_SUCCESS ||
            (status = ntki_allocate_matrix(svm->context, __func__, n, 1, &copy)) != NTK_SUCCESS)
            return status;
        for (int64_t i = 0; i < n; i++)
            copy[i] = weights[i];
    }
    ntki_release(svm->context, svm->weights);
    svm->weights = copy;
    svm->fitted = false;
    return NTK_SUCCESS;
}

/* 0 or 1. */
static ntk_status check_switch(const ntk_svm *svm, const char *function, const char *name, int32_t value) {
    if (value == 0 || value == 1)
        return NTK_SUCCESS;
    return ntki_fail(svm->context, NTK_ERR_ENUM, function, "%s is %d; it must be 0 or 1", name, (int)value);
}

ntk_status ntk_svm_set_bias(ntk_svm *svm, int32_t on) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = check_switch(svm, __func__, "on", on);
    if (status != NTK_SUCCESS)
        return status;
    svm->bias = on == 1;
    svm->fitted = false;
    return NTK_SUCCESS;
}

ntk_status ntk_svm_set_shrinking(ntk_svm *svm, int32_t on) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = check_switch(svm, __func__, "on", on);
    if (status != NTK_SUCCESS)
        return status;
    svm->shrinking = on == 1;
    svm->fitted = false;
    return NTK_SUCCESS;
}

ntk_status ntk_svm_set_multiclass(ntk_svm *svm, int32_t multiclass) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    if (multiclass != NTK_SVM_ONE_VS_ONE && multiclass != NTK_SVM_ONE_VS_REST)
        return ntki_fail(svm->context, NTK_ERR_ENUM, __func__, "multiclass is %d; it is no NTK_SVM_ONE_VS_ number",
                         (int)multiclass);
    svm->multiclass = multiclass;
    svm->fitted = false;
    return NTK_SUCCESS;
}

ntk_status ntk_svm_set_epsilon(ntk_svm *svm, double epsilon) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_nonnegative(svm->context, __func__, "epsilon", epsilon);
    if (status != NTK_SUCCESS)
        return status;
    svm->epsilon = epsilon;
    svm->fitted = false;
    return NTK_SUCCESS;
}

ntk_status ntk_svm_set_tolerance(ntk_svm *svm, double tolerance) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    if (!(tolerance >= 1e-14 && tolerance <= 1))
        return ntki_fail(svm->context, NTK_ERR_DOMAIN, __func__, "tolerance is %g; it must be from 1e-14 to 1",
                         tolerance);
    svm->tolerance = tolerance;
    svm->fitted = false;
    return NTK_SUCCESS;
}

ntk_status ntk_svm_set_cache(ntk_svm *svm, int64_t bytes) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_size(svm->context, __func__, "bytes", bytes);
    if (status != NTK_SUCCESS)
        return status;
    svm->cache = bytes;
    svm->fitted = false;
    return NTK_SUCCESS;
}

ntk_status ntk_svm_set_most_iterations(ntk_svm *svm, int64_t iterations) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_size(svm->context, __func__, "iterations", iterations);
    if (status != NTK_SUCCESS)
        return status;
    svm->most_iterations = iterations;
    svm->fitted = false;
    return NTK_SUCCESS;
}
