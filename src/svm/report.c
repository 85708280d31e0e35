/* What a fitted machine tells of itself. */
#include <math.h>
#include <stdlib.h>

#include "lib/arguments/arguments.h"
#include "lib/matrix/matrix.h"
#include "src/svm/svm.h"

ntk_status ntk_svm_get_classes(const ntk_svm *svm, int64_t *k) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(svm->context, __func__, "k", k);
    if (status == NTK_SUCCESS)
        *k = svm->classes;
    return status;
}

ntk_status ntk_svm_get_labels(const ntk_svm *svm, int64_t k, double *labels) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    if (k != svm->classes)
        return ntki_fail(svm->context, NTK_ERR_SIZE, __func__, "k is %lld; there are %lld classes", (long long)k,
                         (long long)svm->classes);
    const ntk_status status = ntki_check_pointer(svm->context, __func__, "labels", labels);
    for (int64_t i = 0; status == NTK_SUCCESS && i < k; i++)
        labels[i] = svm->labels[i];
    return status;
}

ntk_status ntk_svm_get_machines(const ntk_svm *svm, int64_t *machines) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(svm->context, __func__, "machines", machines);
    if (status == NTK_SUCCESS)
        *machines = ntki_svm_machines(svm);
    return status;
}

ntk_status ntk_svm_get_solution(const ntk_svm *svm, double *a, int64_t lda, double *b) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    const int64_t machines = ntki_svm_machines(svm);
    const ntki_matrix out = {"a", a, svm->n, machines, lda, "lda"}, biases = {"b", b, 1, machines, machines, "b"};
    ntk_status status;
    if ((a != NULL && (status = ntki_check_extent(svm->context, __func__, &out)) != NTK_SUCCESS) ||
        (a != NULL && b != NULL &&
         (status = ntki_check_disjoint(svm->context, __func__, &biases, &out)) != NTK_SUCCESS) ||
        (status = ntki_svm_check_fitted(svm, __func__)) != NTK_SUCCESS)
        return status;
    if (a != NULL)
        ntki_copy_rows(svm->n, machines, svm->a, machines, a, lda);
    if (b != NULL)
        ntki_copy_rows(1, machines, svm->b, machines, b, machines);
    return NTK_SUCCESS;
}

static ntk_status check_machine(const ntk_svm *svm, const char *function, int64_t j) {
    const int64_t machines = ntki_svm_machines(svm);
    if (j < 0 || j >= machines)
        return ntki_fail(svm->context, NTK_ERR_SIZE, function, "j is %lld; the machines are 0 to %lld", (long long)j,
                         (long long)(machines - 1));
    return ntki_svm_check_fitted(svm, function);
}

ntk_status ntk_svm_get_report(const ntk_svm *svm, int64_t j, double *objective, double *gap, double *violation,
                              int64_t *iterations, int64_t *support_vectors) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = check_machine(svm, __func__, j);
    if (status != NTK_SUCCESS)
        return status;
    const ntki_svm_report *const report = &svm->report[j];
    if (objective != NULL)
        *objective = report->objective;
    if (gap != NULL)
        *gap = report->gap;
    if (violation != NULL)
        *violation = report->violation;
    if (iterations != NULL)
        *iterations = report->iterations;
    if (support_vectors != NULL)
        *support_vectors = report->support_vectors;
    return NTK_SUCCESS;
}

/* The theorem is for a ball that does not depend on the samples: so for all balls B = 2^k at once, of which ball k may
 * fail with the probability delta_k = delta / (c (|k| + 1)^2), c = pi^2 / 3 - 1, which together are delta. The smallest
 * that holds f counts; f = 0, which all hold, counts as in that of k = 0. */
static double bound_of(const ntki_svm_report *report, double delta) {
    const double n = (double)report->samples, c = 3.28986813369645287 - 1;
    int k = 0;
    if (report->norm > 0 && frexp(report->norm, &k) == 0.5)
        k--;
    const double chances = c * (abs(k) + 1) * (abs(k) + 1) / delta;
    return report->margin_loss + 2 * ldexp(1, k) * (sqrt(report->trace) / n) + 3 * sqrt(log(2 * chances) / (2 * n));
}

ntk_status ntk_svm_get_bound(ntk_svm *svm, int64_t j, double confidence, double *bound) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    ntk_status status;
    if ((status = ntki_check_pointer(svm->context, __func__, "bound", bound)) != NTK_SUCCESS)
        return status;
    if (svm->classes == 0 || svm->bias)
        return ntki_fail(svm->context, NTK_ERR_UNSUPPORTED, __func__, "the bound is one for machines of %s",
                         svm->classes == 0 ? "classes, and this one is for numbers" : "classes without bias");
    if (!(confidence > 0 && confidence < 1))
        return ntki_fail(svm->context, NTK_ERR_DOMAIN, __func__, "confidence is %g; it must be above 0 and below 1",
                         confidence);
    if ((status = check_machine(svm, __func__, j)) != NTK_SUCCESS)
        return status;
    *bound = bound_of(&svm->report[j], 1 - confidence);
    return NTK_SUCCESS;
}
