/* The machines of a handle, one after the other. */
#include <math.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/svm/svm.h"

int64_t ntki_svm_machines(const ntk_svm *svm) {
    if (svm->classes <= 2)
        return 1;
    return svm->multiclass == NTK_SVM_ONE_VS_REST ? svm->classes : svm->classes * (svm->classes - 1) / 2;
}

ntk_status ntki_svm_check_fitted(const ntk_svm *svm, const char *function) {
    if (svm->fitted)
        return NTK_SUCCESS;
    return ntki_fail(svm->context, NTK_ERR_DOMAIN, function,
                     "the machine is not fitted: call ntk_svm_fit() after the last setting");
}

/* A fit under way. */
typedef struct {
    ntk_svm *svm;
    const char *function;
    int64_t machines;
    ntki_svm_rows rows;
    /* what becomes the handle's */
    double *a, *b;
    ntki_svm_report *report;
    /* of the machine under way, room for n */
    int64_t *sample;
    double *y, *cost, *solution, *f;
} fitting;

static ntk_status (*const solvers[])(const ntki_svm_problem *, ntki_svm_solution *) = {
    [NTK_SVM_SVC] = ntki_svm_solve_smo,
    [NTK_SVM_SVR] = ntki_svm_solve_smo,
    [NTK_SVM_RIDGE] = ntki_svm_solve_newton,
    [NTK_SVM_LOGISTIC] = ntki_svm_solve_newton,
};

/* The classes that are y = -1 and y = +1 in machine j; `rest` (-1): all others. */
static void sides(const ntk_svm *svm, int64_t j, int64_t *minus, int64_t *plus) {
    *minus = 0;
    *plus = 1;
    if (svm->classes > 2 && svm->multiclass == NTK_SVM_ONE_VS_REST) {
        *minus = -1;
        *plus = j;
        return;
    }
    for (int64_t left = svm->classes - 1; svm->classes > 2 && j >= left; left--) {
        j -= left;
        ++*minus;
    }
    *plus = *minus + 1 + j;
}

/* C_i, or NTK_ERR_RANGE. */
static ntk_status cost_of(const fitting *fit, int64_t i, double *cost) {
    const ntk_svm *const svm = fit->svm;
    const double factor = svm->classes > 0 ? svm->class_cost[svm->class_of[i]] : 1;
    const double weight = svm->weights != NULL ? svm->weights[i] : 1;
    *cost = svm->cost * (factor * weight);
    if (isfinite(*cost))
        return NTK_SUCCESS;
    return ntki_fail(svm->context, NTK_ERR_RANGE, fit->function,
                     "the cost %g times the factors %g and %g of sample %lld exceeds the double range", svm->cost,
                     factor, weight, (long long)i);
}

/* Either sign, or both with numbers, must be there. */
static ntk_status check_sides(const fitting *fit, int64_t minus, int64_t plus, const int64_t *count) {
    const ntk_svm *const svm = fit->svm;
    if (svm->classes == 0 && count[0] == 0)
        return ntki_fail(svm->context, NTK_ERR_DOMAIN, fit->function, "no sample has a positive cost");
    for (int side = 0; svm->classes > 0 && side < 2; side++) {
        const int64_t class = side == 0 ? minus : plus;
        if (count[side] > 0)
            continue;
        if (class < 0)
            return ntki_fail(svm->context, NTK_ERR_DOMAIN, fit->function,
                             "all samples with a positive cost are of the class with the label %g", svm->labels[plus]);
        return ntki_fail(svm->context, NTK_ERR_DOMAIN, fit->function,
                         "the class with the label %g has no sample with a positive cost", svm->labels[class]);
    }
    return NTK_SUCCESS;
}

/* The samples of machine j that have a positive cost, in their order. */
static ntk_status choose_samples(fitting *fit, int64_t j, int64_t *samples) {
    const ntk_svm *const svm = fit->svm;
    int64_t minus, plus, count[2] = {0, 0}, n = 0;
    sides(svm, j, &minus, &plus);
    for (int64_t i = 0; i < svm->n; i++) {
        const int64_t class = svm->classes > 0 ? svm->class_of[i] : 0;
        const bool positive = svm->classes > 0 && class == plus;
        if (svm->classes > 0 && !positive && minus >= 0 && class != minus)
            continue;
        const ntk_status status = cost_of(fit, i, &fit->cost[n]);
        if (status != NTK_SUCCESS)
            return status;
        if (fit->cost[n] == 0)
            continue;
        fit->y[n] = svm->classes == 0 ? svm->y[i] : positive ? 1 : -1;
        fit->sample[n++] = i;
        count[positive]++;
    }
    *samples = n;
    return check_sides(fit, minus, plus, count);
}

static ntk_status fit_machine(fitting *fit, int64_t j) {
    const ntk_svm *const svm = fit->svm;
    int64_t samples = 0;
    ntk_status status = choose_samples(fit, j, &samples);
    if (status != NTK_SUCCESS)
        return status;
    const int64_t most = svm->n > 100000 ? 100 * svm->n : 10000000;
    const ntki_svm_problem problem = {
        .context = svm->context,
        .function = fit->function,
        .rows = &fit->rows,
        .type = svm->type,
        .n = samples,
        .sample = fit->sample,
        .y = fit->y,
        .cost = fit->cost,
        .bias = svm->bias,
        .shrinking = svm->shrinking,
        .epsilon = svm->epsilon,
        .tolerance = svm->tolerance,
        .most_iterations = svm->most_iterations > 0 ? svm->most_iterations : most,
        .from = (double)j / (double)fit->machines,
        .to = (double)(j + 1) / (double)fit->machines,
    };
    ntki_svm_solution solution = {.a = fit->solution, .f = fit->f};
    ntki_svm_report report = {0};
    fit->rows.fraction = problem.from;
    if ((status = solvers[svm->type](&problem, &solution)) != NTK_SUCCESS ||
        (status = ntki_svm_assess(&problem, &solution, &report)) != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < samples; i++)
        fit->a[fit->sample[i] * fit->machines + j] = solution.a[i];
    fit->b[j] = solution.b;
    fit->report[j] = report;
    return ntki_progress(svm->context, fit->function, problem.to, "machine");
}

static ntk_status allocate(fitting *fit) {
    ntk_context *const context = fit->svm->context;
    const int64_t n = fit->svm->n;
    ntk_status status;
    if ((status = ntki_allocate_matrix(context, fit->function, n, fit->machines, &fit->a)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, fit->function, fit->machines, 1, &fit->b)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, fit->function, fit->machines, sizeof(*fit->report), &fit->report)) !=
            NTK_SUCCESS ||
        (status = ntki_allocate(context, fit->function, n, sizeof(int64_t), &fit->sample)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, fit->function, n, 4, &fit->y)) != NTK_SUCCESS)
        return status;
    fit->cost = fit->y + n;
    fit->solution = fit->cost + n;
    fit->f = fit->solution + n;
    memset(fit->a, 0, (size_t)(n * fit->machines) * sizeof(double));
    return NTK_SUCCESS;
}

static void exchange(double **one, double **other) {
    double *const kept = *one;
    *one = *other;
    *other = kept;
}

ntk_status ntk_svm_fit(ntk_svm *svm) {
    if (svm == NULL)
        return NTK_ERR_NULL;
    fitting fit = {.svm = svm, .function = __func__, .machines = ntki_svm_machines(svm)};
    svm->fitted = false;
    ntk_status status = allocate(&fit);
    if (status == NTK_SUCCESS)
        status = ntki_progress(svm->context, __func__, 0, "machine");
    if (status == NTK_SUCCESS && (status = ntki_svm_rows_open(&fit.rows, svm->context, __func__, svm->n, svm->gram,
                                                              svm->kernel, svm->x, svm->cache)) == NTK_SUCCESS) {
        for (int64_t j = 0; status == NTK_SUCCESS && j < fit.machines; j++)
            status = fit_machine(&fit, j);
        status = ntki_svm_rows_close(&fit.rows, status);
    }
    if (status == NTK_SUCCESS) {
        ntki_svm_report *const report = svm->report;
        exchange(&svm->a, &fit.a);
        exchange(&svm->b, &fit.b);
        svm->report = fit.report;
        fit.report = report;
        svm->fitted = true;
    }
    ntki_release(svm->context, fit.y);
    ntki_release(svm->context, fit.sample);
    ntki_release(svm->context, fit.report);
    ntki_release(svm->context, fit.b);
    ntki_release(svm->context, fit.a);
    return status;
}
