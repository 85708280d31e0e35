/* The number of terms of a series, its bounds, and its life. */
#include "src/kernel/hermite.h"

#include <math.h>
#include <string.h>

#include "lib/matrix/matrix.h"
#include "lib/memory/memory.h"
#include "src/kernel/hermite_parts.h"

enum { LONGEST_VECTOR = 64, SAMPLES = 24, FIRST_TERMS = 16 };

/* ---- powers ---- */

static bool is_finite_series(const ntki_activation *activation) {
    return activation->kind == NTK_ACTIVATION_MONOMIAL || activation->kind == NTK_ACTIVATION_POLYNOMIAL ||
           activation->kind == NTK_ACTIVATION_HERMITE;
}

/* Of phi but for its constant and linear part: what remains of softplus, SiLU and GELU is even. */
static int32_t parity_of(const ntki_activation *activation) {
    static const int32_t parities[] = {
        [NTK_ACTIVATION_TANH] = NTK_PARITY_ODD,      [NTK_ACTIVATION_SIGMOID] = NTK_PARITY_ODD,
        [NTK_ACTIVATION_SOFTPLUS] = NTK_PARITY_EVEN, [NTK_ACTIVATION_SILU] = NTK_PARITY_EVEN,
        [NTK_ACTIVATION_MISH] = NTK_PARITY_NONE,     [NTK_ACTIVATION_GELU_TANH] = NTK_PARITY_EVEN};
    if (activation->kind == NTK_ACTIVATION_MONOMIAL || activation->kind == NTK_ACTIVATION_HERMITE)
        return fmod(activation->parameters[0], 2) > 0 ? NTK_PARITY_ODD : NTK_PARITY_EVEN;
    const bool callers = activation->kind == NTK_ACTIVATION_FUNCTION;
    const bool known = activation->kind < (int32_t)(sizeof(parities) / sizeof(parities[0]));
    return callers ? activation->parity : known ? parities[activation->kind] : NTK_PARITY_NONE;
}

static void find_powers(const ntki_activation *activation, int64_t *first, int64_t *step) {
    const int32_t parity = ntki_series_kinked(activation) ? NTK_PARITY_NONE : parity_of(activation);
    *first = parity == NTK_PARITY_ODD ? 3 : 2;
    *step = parity == NTK_PARITY_NONE ? 1 : 2;
}

bool ntki_series_kinked(const ntki_activation *activation) {
    return activation->kind == NTK_ACTIVATION_FUNCTION && activation->kink_count > 0;
}

void ntki_series_constants(const ntki_activation *activation, double *constants) {
    int64_t first, step;
    find_powers(activation, &first, &step);
    constants[0] = (double)first;
    constants[1] = (double)step;
}

/* ---- tails ---- */

/* t^2, or what it may have been when it was too small to be known: at most a p-th of what the slope lacks. */
static double value_tail(double p, double t, double d) { return t > 0 ? t * t : fmin(d * d / p, NTKI_LITTLE_TAIL); }

/* tail_value and tail_slope from the coefficients; `work` has 2 n doubles. */
static void find_tails(ntki_series *series, double *work) {
    const int64_t n = series->n, terms = series->terms;
    const double p = (double)ntki_series_power(series, terms);
    const double *const t = series->coefficient + terms * n, *const d = t + n;
    double *const tail = work, *const whole = work + n;
    for (int64_t i = 0; i < n; i++) {
        whole[i] = p * (t[i] * t[i]) + d[i] * d[i];
        for (int64_t r = terms - 1; r > 0; r--) {
            const double a = series->coefficient[r * n + i];
            whole[i] += (double)ntki_series_power(series, r) * (a * a);
        }
    }
    for (int kind = 0; kind < 2; kind++) {
        double *const out = kind == 0 ? series->tail_value : series->tail_slope;
        for (int64_t i = 0; i < n; i++)
            tail[i] = kind == 0 ? value_tail(p, t[i], d[i]) : p * (t[i] * t[i]) + d[i] * d[i];
        for (int64_t r = terms; r >= 0; r--) {
            const double power = kind == 0 ? 1 : (double)ntki_series_power(series, r);
            double largest = 0;
            for (int64_t i = 0; i < n; i++) {
                const double a = r < terms ? series->coefficient[r * n + i] : 0;
                tail[i] += power * (a * a);
                const double relative = kind == 0 ? tail[i] : whole[i] > 0 ? tail[i] / whole[i] : 0;
                largest = relative > largest ? relative : largest;
            }
            out[r] = sqrt(largest);
        }
    }
}

/* With 8 g terms the rest is at most (1 - near)^(p - 1) tail^2 for the next power p. */
static void find_thresholds(ntki_series *series) {
    double *const threshold = series->coefficient + (series->terms + 2) * series->n;
    for (int64_t g = 1; NTKI_SERIES_LADDER * g < series->terms; g++) {
        const int64_t r = NTKI_SERIES_LADDER * g;
        const double tail = fmax(series->tail_value[r], series->tail_slope[r]), enough = 0x1p-56;
        const double power = (double)ntki_series_power(series, r) - 1;
        threshold[g] = tail * tail > enough ? -expm1(log(enough / (tail * tail)) / power) : 0;
    }
}

void ntki_series_bounds(const ntki_series *a, const ntki_series *b, double *value_bound, double *slope_bound) {
    if (a->kinked) {
        ntki_kinked_bounds(a, b, a->terms, value_bound, slope_bound);
        return;
    }
    *value_bound = 2 * a->tail_value[a->terms] * b->tail_value[b->terms];
    *slope_bound = 2 * a->tail_slope[a->terms] * b->tail_slope[b->terms];
}

/* ---- making one ---- */

/* The coefficients, and so many doubles behind them, which are zeros. */
static ntk_status allocate(const ntki_series_job *job, ntki_series *series, int64_t terms) {
    const int64_t behind = series->kinked ? (int64_t)(sizeof(ntki_kink_set) / sizeof(double))
                                          : terms / NTKI_SERIES_LADDER + 1 + LONGEST_VECTOR;
    const int64_t rows = series->kinked ? ntki_kinked_row(terms, NTKI_KINKED_ROWS) : terms + 2;
    const int64_t extra_rows = behind / series->n + 1;
    ntki_release(job->context, series->coefficient);
    ntki_release(job->context, series->tail_value);
    series->coefficient = series->tail_value = NULL;
    series->terms = terms;
    ntk_status status =
        ntki_allocate_matrix(job->context, job->function, rows + extra_rows, series->n, &series->coefficient);
    if (status == NTK_SUCCESS)
        status = ntki_allocate(job->context, job->function, 4 * (terms + 1), sizeof(double), &series->tail_value);
    if (status != NTK_SUCCESS)
        return status;
    memset(series->coefficient + rows * series->n, 0, (size_t)(extra_rows * series->n) * sizeof(double));
    memset(series->tail_value, 0, (size_t)(4 * (terms + 1)) * sizeof(double));
    series->tail_slope = series->tail_value + terms + 1;
    series->kink_value = series->tail_slope + terms + 1;
    series->kink_slope = series->kink_value + terms + 1;
    series->rounding_value = series->rounding_slope = 0;
    if (series->kinked)
        memcpy(series->coefficient + rows * series->n, &series->kinks, sizeof(ntki_kink_set));
    return NTK_SUCCESS;
}

static ntk_status fill(const ntki_series_job *job, ntki_series *series, int64_t terms) {
    double *work = NULL;
    ntk_status status = allocate(job, series, terms);
    if (status == NTK_SUCCESS)
        status = ntki_allocate(job->context, job->function, 2 * series->n, sizeof(double), &work);
    if (status == NTK_SUCCESS) {
        if (series->finite)
            ntki_fill_finite(job->activation, series);
        else
            status = ntki_fill_series(job, series);
    }
    if (status == NTK_SUCCESS && !series->kinked) {
        find_tails(series, work);
        find_thresholds(series);
    }
    ntki_release(job->context, work);
    return status;
}

static ntk_status open_series(const ntki_series_job *job, int64_t n, const double *std, ntki_series **out) {
    ntki_series *series = NULL;
    ntk_status status = ntki_allocate(job->context, job->function, 1, sizeof(*series), &series);
    if (status != NTK_SUCCESS)
        return status;
    *series = (ntki_series){.n = n,
                            .slope_wanted = job->slope_wanted,
                            .tolerance = job->tolerance,
                            .finite = is_finite_series(job->activation)};
    find_powers(job->activation, &series->first, &series->step);
    series->kinked = job->kinks != NULL;
    if (series->kinked)
        series->kinks = *job->kinks;
    status = ntki_allocate(job->context, job->function, 3 * n, sizeof(double), &series->std);
    if (status != NTK_SUCCESS) {
        ntki_release(job->context, series);
        return status;
    }
    memcpy(series->std, std, (size_t)n * sizeof(double));
    series->value = series->std + n;
    series->slope = series->value + n;
    *out = series;
    return NTK_SUCCESS;
}

static void bounds_of(const ntki_series *series, int64_t r, double *value, double *slope) {
    if (series->kinked) {
        ntki_kinked_bounds(series, series, r, value, slope);
    } else {
        *value = 2 * series->tail_value[r] * series->tail_value[r];
        *slope = 2 * series->tail_slope[r] * series->tail_slope[r];
    }
    *slope = series->slope_wanted ? *slope : 0;
}

/* The least number of terms whose bounds are within the tolerance; 0 when there is none. */
static int64_t enough_terms(const ntki_series *series) {
    for (int64_t r = 2; r <= series->terms; r++) {
        double value, slope;
        bounds_of(series, r, &value, &slope);
        if (value <= series->tolerance && slope <= series->tolerance)
            return r;
    }
    return 0;
}

static ntk_status not_enough(const ntki_series_job *job, const ntki_series *series) {
    double value, slope;
    bounds_of(series, series->terms, &value, &slope);
    return ntki_fail(job->context, NTK_ERR_ACCURACY, job->function,
                     "layer %lld: %lld terms give its activation's duals to %.2g; the tolerance is %g",
                     (long long)job->layer, (long long)series->terms, fmax(value, slope), job->tolerance);
}

/* From inputs between the smallest and the largest. */
static ntk_status choose_terms(const ntki_series_job *job, int64_t most_terms, int64_t n, const double *std,
                               int64_t *terms) {
    ntki_series *sample = NULL;
    double picked[SAMPLES], least = std[0], most = std[0];
    for (int64_t i = 1; i < n; i++) {
        least = std[i] < least ? std[i] : least;
        most = std[i] > most ? std[i] : most;
    }
    for (int64_t i = 0; i < SAMPLES; i++)
        picked[i] = i == 0 ? least : i == 1 ? most : std[i * (n - 1) / (SAMPLES - 1)];
    ntk_status status = open_series(job, SAMPLES, picked, &sample);
    *terms = 0;
    for (int64_t tried = ntki_smaller(FIRST_TERMS, most_terms); status == NTK_SUCCESS && *terms == 0;
         tried = ntki_smaller(2 * tried, most_terms)) {
        status = fill(job, sample, tried);
        if (status == NTK_SUCCESS)
            *terms = enough_terms(sample);
        if (status == NTK_SUCCESS && *terms == 0 && tried == most_terms)
            status = not_enough(job, sample);
    }
    ntki_series_destroy(job->context, sample);
    return status;
}

static ntk_status fill_enough(const ntki_series_job *job, int64_t most_terms, ntki_series *series) {
    int64_t terms;
    ntk_status status = choose_terms(job, most_terms, series->n, series->std, &terms);
    while (status == NTK_SUCCESS) {
        status = fill(job, series, terms);
        if (status != NTK_SUCCESS || enough_terms(series) > 0)
            break;
        if (terms == most_terms)
            return not_enough(job, series);
        terms = ntki_smaller(terms + 2 + terms / 8, most_terms);
    }
    return status;
}

ntk_status ntki_series_create(ntk_context *context, const char *function, const ntki_activation *activation,
                              int64_t layer, double tolerance, bool slope_wanted, int64_t most_terms, int64_t n,
                              const double *std, ntki_series **out) {
    ntki_kink_set kinks;
    ntki_series_job job = {context, function, activation, layer, tolerance, slope_wanted, NULL};
    ntki_series *series = NULL;
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(std[i]))
            return ntki_fail(context, NTK_ERR_RANGE, function,
                             "the variance before layer %lld exceeds the double range", (long long)layer);
    ntk_status status = NTK_SUCCESS;
    if (ntki_series_kinked(activation)) {
        status = ntki_find_kinks(&job, &kinks);
        job.kinks = &kinks;
    }
    if (status == NTK_SUCCESS)
        status = open_series(&job, n, std, &series);
    if (status == NTK_SUCCESS)
        status = series->finite ? fill(&job, series, ntki_finite_terms(activation, series->first, series->step))
                                : fill_enough(&job, most_terms, series);
    if (status == NTK_SUCCESS)
        *out = series;
    else
        ntki_series_destroy(context, series);
    return status;
}

ntk_status ntki_series_extend(ntk_context *context, const char *function, const ntki_activation *activation,
                              int64_t layer, int64_t terms, ntki_series *series) {
    const ntki_series_job job = {context,
                                 function,
                                 activation,
                                 layer,
                                 series->tolerance,
                                 series->slope_wanted,
                                 series->kinked ? &series->kinks : NULL};
    if (terms == series->terms)
        return NTK_SUCCESS;
    ntki_series *made = NULL;
    ntk_status status = open_series(&job, series->n, series->std, &made);
    if (status == NTK_SUCCESS)
        status = fill(&job, made, terms);
    if (status == NTK_SUCCESS) {
        const ntki_series old = *series;
        *series = *made;
        *made = old;
    }
    ntki_series_destroy(context, made);
    return status;
}

void ntki_series_destroy(ntk_context *context, ntki_series *series) {
    if (series == NULL)
        return;
    ntki_release(context, series->tail_value);
    ntki_release(context, series->coefficient);
    ntki_release(context, series->std);
    ntki_release(context, series);
}
