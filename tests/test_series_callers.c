/* The finite series of polynomials against moments of the normal distribution, and the caller's phi. */
#include "tests/series_set.h"

/* ---- polynomials ---- */

/* E[u^a v^b] for q = E[u^2], r = E[v^2], k = E[uv] (Isserlis 1918): sum over the number c of pairs (u, v). */
static long double moment(int a, int b, double q, double r, double k) {
    long double sum = 0;
    for (int c = a < b ? a : b; c >= 0; c--) {
        if ((a - c) % 2 != 0 || (b - c) % 2 != 0)
            continue;
        const long double ways = tgammal(a + 1) * tgammal(b + 1) / tgammal(c + 1) / tgammal((a - c) / 2 + 1) /
                                 tgammal((b - c) / 2 + 1) / powl(2, (a - c) / 2 + (b - c) / 2);
        sum += ways * powl(k, c) * powl(q, (a - c) / 2) * powl(r, (b - c) / 2);
    }
    return sum;
}

static ntki_activation polynomial(int degree, const double *c) {
    ntki_activation own = ntki_activation_plain(NTK_ACTIVATION_POLYNOMIAL);
    own.parameter_count = degree + 1;
    memcpy(own.parameters, c, sizeof(double) * (size_t)(degree + 1));
    return own;
}

/* E[phi(u) phi(v)] and E[phi'(u) phi'(v)] of sum_a c_a x^a, and what the sums of absolute values are in *size. */
static dual polynomial_dual(int degree, const double *c, double s, double t, double rho, dual *size) {
    long double value = 0, slope = 0, value_size = 0, slope_size = 0;
    for (int a = 0; a <= degree; a++)
        for (int b = 0; b <= degree; b++) {
            const long double both = (long double)c[a] * c[b], own = moment(a, b, s * s, t * t, s * t * rho);
            value += both * own;
            value_size += fabsl(both * own);
            if (a > 0 && b > 0) {
                const long double lower = a * b * both * moment(a - 1, b - 1, s * s, t * t, s * t * rho);
                slope += lower;
                slope_size += fabsl(lower);
            }
        }
    *size = (dual){(double)value_size, (double)slope_size, 0};
    return (dual){(double)value, (double)slope, 0};
}

/* Against the moments, in long double where that is longer: its roundings are those of sums with sizes of their own. */
static void check_polynomial(const ntki_activation *own, int degree, const double *c, int n, const double *s) {
    prepared *const set = prepare(own, 1e-10, n, s);
    double value_bound, slope_bound;
    ntki_series_bounds(set->series, set->series, &value_bound, &slope_bound);
    ck_assert(value_bound == 0 && slope_bound == 0);
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            for (double rho = -0.75; rho <= 1; rho += 0.25) {
                dual size;
                const dual expected = polynomial_dual(degree, c, s[i], s[j], rho, &size),
                           got = evaluate_at(set, i, j, rho);
                const double most = set->rms[i] * set->rms[j], reference = 1e-17;
                const double steepest = sqrt(set->series->slope[i]) * sqrt(set->series->slope[j]);
                ASSERT_CLOSE(got.value, expected.value, 1e-13 * most + reference * size.value);
                ASSERT_CLOSE(got.slope, expected.slope, 1e-13 * steepest + reference * size.slope);
            }
    discard(set);
}

START_TEST(test_polynomials) {
    const double near_one[] = {1e-3, 0.3, 1, 1 + 1e-7, 30};
    const double hermite4[] = {3, 0, -6, 0, 1};
    double scaled[5], power[65] = {0};
    for (int j = 0; j < 5; j++)
        scaled[j] = hermite4[j] / sqrt(24);
    ntki_activation own = polynomial(4, hermite4);
    check_polynomial(&own, 4, hermite4, 5, near_one);
    own = ntki_activation_plain(NTK_ACTIVATION_HERMITE);
    own.parameters[0] = 4;
    check_polynomial(&own, 4, scaled, 5, near_one);
    own = polynomial(3, (const double[]){0.5, -1, 0, 0.25});
    check_polynomial(&own, 3, own.parameters, 5, near_one);
    own = ntki_activation_plain(NTK_ACTIVATION_MONOMIAL);
    for (int degree = 0; degree <= 9; degree++) {
        own.parameters[0] = degree;
        power[degree] = 1;
        check_polynomial(&own, degree, power, 4, (const double[]){1e-15, 0.5, 2, 1e10});
        power[degree] = 0;
    }
    own.parameters[0] = 2; /* E[u^2 v^2] = q r + 2 k^2 */
    prepared *const set = prepare(&own, 1e-10, 2, (const double[]){1e-75, 1e75});
    ASSERT_RELATIVE(evaluate_at(set, 0, 0, 0.5).value, 1.5e-300, 1e-13);
    ASSERT_RELATIVE(evaluate_at(set, 1, 1, 0.5).value, 1.5e300, 1e-13);
    ASSERT_RELATIVE(evaluate_at(set, 0, 1, 0.5).value, 1.5, 1e-13);
    ASSERT_RELATIVE(evaluate_at(set, 0, 1, 0.5).slope, 2, 1e-13); /* 4 k */
    discard(set);
}
END_TEST

/* ---- the caller's phi ---- */

static int32_t tanh_function(void *user, int64_t n, const double *x, double *y) {
    (void)user;
    for (int64_t i = 0; i < n; i++)
        y[i] = tanh(x[i]);
    return 0;
}

static int32_t tanh_derivative(void *user, int64_t n, const double *x, double *y) {
    (void)user;
    for (int64_t i = 0; i < n; i++)
        y[i] = 1 / (cosh(x[i]) * cosh(x[i]));
    return 0;
}

/* max(x - user, 0) */
static int32_t ramp_function(void *user, int64_t n, const double *x, double *y) {
    const double kink = *(const double *)user;
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] > kink ? x[i] - kink : 0;
    return 0;
}

static int32_t step_function(void *user, int64_t n, const double *x, double *y) {
    const double jump = *(const double *)user;
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] > jump;
    return 0;
}

static int32_t failing_function(void *user, int64_t n, const double *x, double *y) {
    (void)user;
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i];
    return 1;
}

static int32_t fast_function(void *user, int64_t n, const double *x, double *y) {
    (void)user;
    for (int64_t i = 0; i < n; i++)
        y[i] = exp(0.5 * x[i] * x[i]);
    return 0;
}

static ntki_activation callers(ntk_activation_function function, ntk_activation_function derivative, void *user) {
    ntki_activation own;
    memset(&own, 0, sizeof(own));
    own.kind = NTK_ACTIVATION_FUNCTION;
    own.function = function;
    own.derivative = derivative;
    own.user = user;
    return own;
}

/* The caller's tanh is the library's, with and without its derivative, its parity, or a kink that is none. Differences in
 * place of phi' lose a digit or two. */
START_TEST(test_callers_tanh) {
    const double s[] = {0, 1e-6, 0.01, 0.5, 1, 2};
    const ntki_activation kind = ntki_activation_plain(NTK_ACTIVATION_TANH);
    prepared *const expected = prepare(&kind, 1e-13, 6, s);
    for (int form = 0; form < 8; form += (int)suite_size(1, 3)) {
        ntki_activation own = callers(tanh_function, form % 2 == 0 ? tanh_derivative : NULL, NULL);
        own.parity = form / 2 % 2 == 0 ? NTK_PARITY_NONE : NTK_PARITY_ODD;
        own.kink_count = form / 4;
        own.kinks[0] = 0.3;
        prepared *const got = prepare(&own, 1e-13, 6, s);
        const double rounding = own.derivative != NULL ? 4e-13 : 2e-12; /* the bounds are 1e-13 each */
        for (int i = 0; i < 6; i++)
            for (int j = 0; j < 6; j++)
                for (double rho = -1; rho <= 1; rho += 0.25) {
                    const dual a = evaluate_at(expected, i, j, rho), b = evaluate_at(got, i, j, rho);
                    ASSERT_CLOSE(b.value, a.value, rounding * expected->rms[i] * expected->rms[j]);
                    ASSERT_CLOSE(b.slope, a.slope,
                                 rounding * sqrt(expected->series->slope[i] * expected->series->slope[j]));
                }
        discard(got);
    }
    discard(expected);
}
END_TEST

/* A ramp at 0 is ReLU. Its slope's tail falls like the fourth root of the number of terms. */
START_TEST(test_callers_kink) {
    double kink = 0;
    const double s[] = {0.5, 3};
    ntki_activation own = callers(ramp_function, NULL, &kink);
    own.kink_count = 1;
    prepared *const set = prepare(&own, 0.04, 2, s);
    double value_bound, slope_bound;
    ntki_series_bounds(set->series, set->series, &value_bound, &slope_bound);
    for (double rho = -0.875; rho < 1; rho += 0.125) {
        const double angle = acos(rho), pi = 3.141592653589793;
        const double value = (sin(angle) + (pi - angle) * rho) / (2 * pi), slope = (pi - angle) / (2 * pi);
        const dual got = evaluate_at(set, 0, 1, rho);
        ASSERT_CLOSE(got.value, 1.5 * value, 1.5 * 0.5 * (value_bound + 1e-13));
        ASSERT_CLOSE(got.slope, slope, 0.5 * (slope_bound + 1e-13));
    }
    for (int i = 0; i < 2; i++) { /* the diagonal knows no truncation */
        ASSERT_RELATIVE(set->series->value[i], 0.5 * s[i] * s[i], 1e-13);
        ASSERT_RELATIVE(set->series->slope[i], 0.5, 1e-13);
    }
    discard(set);
}
END_TEST

START_TEST(test_callers_failures) {
    double at = 0.25;
    const double one = 1;
    ntk_context *context = NULL;
    ntki_series *series = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntki_activation jump = callers(step_function, NULL, &at), kink = callers(ramp_function, NULL, &at);
    const ntki_activation failing = callers(failing_function, NULL, NULL), fast = callers(fast_function, NULL, NULL);
    const ntki_activation another = callers(tanh_function, tanh_function, NULL);
    jump.kink_count = kink.kink_count = 1;
    jump.kinks[0] = kink.kinks[0] = at;
    ASSERT_STATUS(NTK_ERR_CALLBACK,
                  ntki_series_create(context, "test", &failing, 1, 1e-6, true, 2048, 1, &one, &series));
    ASSERT_STATUS(NTK_ERR_ACCURACY,
                  ntki_series_create(context, "test", &another, 1, 1e-6, true, 2048, 1, &one, &series));
    ASSERT_STATUS(NTK_ERR_ACCURACY, ntki_series_create(context, "test", &jump, 1, 1e-6, true, 2048, 1, &one, &series));
    kink.kinks[0] = 0.5; /* and not where phi has one */
    ASSERT_STATUS(NTK_ERR_ACCURACY, ntki_series_create(context, "test", &kink, 1, 1e-6, true, 2048, 1, &one, &series));
    ASSERT_STATUS(NTK_ERR_RANGE, ntki_series_create(context, "test", &fast, 1, 1e-6, true, 2048, 1, &one, &series));
    ck_assert_ptr_null(series);
    ntk_context_destroy(context);
}
END_TEST

SUITE("series of polynomials and callers", test_polynomials, test_callers_tanh, test_callers_kink,
      test_callers_failures)
