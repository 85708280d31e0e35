/* What a solution is worth: the cost, and the gap to the dual problem as a sum of terms that are not negative.
 *
 * With the conjugate loss* of the loss, gap = sum_i [ C_i loss(f_i) + C_i loss*(-a_i / C_i) + a_i f_i ]; it bounds the
 * cost's distance from its minimum as long as sum a_i = 0 or b = 0. Written term by term nothing cancels. */
#include <math.h>

#include "src/loss/kinds.h"
#include "src/svm/svm.h"

ntk_status ntki_svm_multiply(const ntki_svm_problem *problem, const double *a, double *f) {
    const int64_t n = problem->n;
    for (int64_t i = 0; i < n; i++)
        f[i] = 0;
    for (int64_t j = 0; j < n; j++) {
        const double *row = NULL;
        if (a[j] == 0)
            continue;
        const ntk_status status = ntki_svm_rows_get(problem->rows, problem->sample[j], &row);
        if (status != NTK_SUCCESS)
            return status;
        for (int64_t i = 0; i < n; i++)
            f[i] += a[j] * row[problem->sample[i]];
    }
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(f[i]))
            return ntki_fail(problem->context, NTK_ERR_RANGE, problem->function,
                             "an output exceeds the double range: the cost or the Gram matrix is too large");
    return NTK_SUCCESS;
}

/* f, y, a and C of a sample, and epsilon. */
typedef double (*gap_function)(double f, double y, double a, double cost, double epsilon);

/* Of a sample with 0 <= share <= cost that should be cost where `excess` > 0 and 0 where it is < 0. */
static double box_gap(double share, double cost, double excess) {
    return excess > 0 ? (cost - share) * excess : share * -excess;
}

static double hinge_gap(double f, double y, double a, double cost, double epsilon) {
    (void)epsilon;
    return box_gap(y * a, cost, 1 - y * f);
}

static double epsilon_insensitive_gap(double f, double y, double a, double cost, double epsilon) {
    const double r = y - f;
    return box_gap(a > 0 ? a : 0, cost, r - epsilon) + box_gap(a < 0 ? -a : 0, cost, -r - epsilon);
}

static double squared_gap(double f, double y, double a, double cost, double epsilon) {
    (void)epsilon;
    const double r = (y - f) - a / cost;
    return cost * r / 2 * r;
}

/* t log(t / s), with t - s known, and log s, as s may be below the range. */
static double divergence(double t, double s, double log_s, double difference) {
    if (t <= 0)
        return 0;
    return t * (fabs(difference) < s / 2 ? log1p(difference / s) : log(t) - log_s);
}

/* Kullback-Leibler: of the share t = y a / C from s = sigma(-y f). */
static double logistic_gap(double f, double y, double a, double cost, double epsilon) {
    (void)epsilon;
    const double m = y * f, e = exp(-fabs(m)), small = e / (1 + e), large = 1 / (1 + e);
    const double s = m > 0 ? small : large, rest = m > 0 ? large : small;
    const double log_s = -(fmax(m, 0) + log1p(e)), log_rest = -(fmax(-m, 0) + log1p(e));
    const double share = y * a / cost, t = share < 0 ? 0 : share > 1 ? 1 : share;
    const double gap = divergence(t, s, log_s, t - s) + divergence(1 - t, rest, log_rest, s - t);
    return cost * (gap > 0 ? gap : 0);
}

static const struct {
    int32_t loss;
    gap_function gap;
} parts[] = {
    [NTK_SVM_SVC] = {NTK_LOSS_HINGE, hinge_gap},
    [NTK_SVM_SVR] = {NTK_LOSS_EPSILON_INSENSITIVE, epsilon_insensitive_gap},
    [NTK_SVM_RIDGE] = {NTK_LOSS_SQUARED, squared_gap},
    [NTK_SVM_LOGISTIC] = {NTK_LOSS_LOGISTIC, logistic_gap},
};

ntk_status ntki_svm_assess(const ntki_svm_problem *problem, const ntki_svm_solution *solution,
                           ntki_svm_report *report) {
    const ntki_loss_row *const loss = ntki_loss_find(parts[problem->type].loss);
    double square = 0, losses = 0, gap = 0, margin = 0;
    *report =
        (ntki_svm_report){.violation = solution->violation, .iterations = solution->iterations, .samples = problem->n};
    for (int64_t i = 0; i < problem->n; i++) {
        const double a = solution->a[i], y = problem->y[i], cost = problem->cost[i], f = solution->f[i] + solution->b;
        square += a * solution->f[i];
        losses += cost * loss->value(problem->epsilon, f, y);
        gap += parts[problem->type].gap(f, y, a, cost, problem->epsilon);
        margin += fmin(1, fmax(0, 1 - y * f));
        report->trace += problem->rows->diagonal[problem->sample[i]];
        report->support_vectors += a != 0;
    }
    report->objective = square / 2 + losses;
    report->gap = gap;
    report->norm = sqrt(fmax(square, 0));
    report->margin_loss = margin / (double)problem->n;
    if (isfinite(report->objective) && isfinite(gap) && isfinite(report->trace))
        return NTK_SUCCESS;
    return ntki_fail(problem->context, NTK_ERR_RANGE, problem->function,
                     "the cost function exceeds the double range: the cost or the Gram matrix is too large");
}
