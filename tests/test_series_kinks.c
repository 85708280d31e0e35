/* The caller's phi with kinks: piecewise linear ones against the library's own closed forms, others against formulas. */
#include "tests/series_set.h"

#include "src/kernel/duals.h"

static double clip(double x, double low, double high) { return x < low ? low : x > high ? high : x; }

#define DEFINE(name, value)                                                   \
    static int32_t name(void *user, int64_t n, const double *x_, double *y) { \
        (void)user;                                                           \
        for (int64_t i = 0; i < n; i++) {                                     \
            const double x = x_[i];                                           \
            y[i] = (value);                                                   \
        }                                                                     \
        return 0;                                                             \
    }
DEFINE(ramp, x > 0 ? x : 0)
DEFINE(ramp_slope, x > 0 ? 1 : 0)
DEFINE(size, fabs(x))
DEFINE(leaky, x > 0 ? x : 0.01 * x)
DEFINE(hard_tanh, clip(x, -1, 1))
DEFINE(relu6, clip(x, 0, 6))
DEFINE(elu, x > 0 ? x : expm1(x))
DEFINE(wavy_ramp, (x > 0 ? x : 0) + 0.25 * sin(x))
DEFINE(wavy_slope, (x > 0 ? 1 : 0) + 0.25 * cos(x))

static ntki_activation with_kinks(ntk_activation_function function, ntk_activation_function derivative, int count,
                                  double first, double second) {
    ntki_activation own;
    memset(&own, 0, sizeof(own));
    own.kind = NTK_ACTIVATION_FUNCTION;
    own.function = function;
    own.derivative = derivative;
    own.kink_count = count;
    own.kinks[0] = first;
    own.kinks[1] = second;
    return own;
}

static const struct {
    ntk_activation_function function, derivative;
    int32_t kind;
    int kinks;
    double first, second;
} linear[] = {{ramp, NULL, NTK_ACTIVATION_RELU, 1, 0, 0},
              {ramp, ramp_slope, NTK_ACTIVATION_RELU, 1, 0, 0},
              {size, NULL, NTK_ACTIVATION_ABS, 1, 0, 0},
              {leaky, NULL, NTK_ACTIVATION_LEAKY_RELU, 1, 0, 0},
              {hard_tanh, NULL, NTK_ACTIVATION_HARD_TANH, 2, -1, 1},
              {relu6, NULL, NTK_ACTIVATION_RELU6, 2, 0, 6}};
enum { LINEAR = sizeof(linear) / sizeof(linear[0]) };
static const double stds[] = {1e-3, 0.3, 0.3001, 1, 1 + 1e-9, 3, 10};
enum { STDS = sizeof(stds) / sizeof(stds[0]) };
static const double nears[] = {0, 1e-14, 1e-10, 1e-6, 1e-3, 0.02, 0.1, 0.29, 0.31, 0.7, 1};
enum { NEARS = sizeof(nears) / sizeof(nears[0]) };

/* The closed form of a kind, on the same inputs as the set. */
static dual closed_form(const prepared *own, int32_t kind, int i, int j, double rho, double near) {
    const ntki_activation activation = ntki_activation_plain(kind);
    const ntki_dual_row *const row = ntki_dual_find(kind);
    const ntki_layer_side side = {.std = own->std, .rms = own->rms, .next_std = own->one, .next_inverse = own->one};
    double constants[NTKI_CONSTANTS] = {0};
    if (row->constants != NULL)
        row->constants(&activation, constants);
    const ntki_layer_step step = {.weight_variance = 1, .constants = constants};
    double k = own->std[i] * own->std[j] * rho, gap = near, theta = 1;
    ntki_pair_operations_for(own->context->isa)->step[kind](&step, &side, i, &side, j, 1, &k, &gap, &theta);
    return (dual){k, theta, gap};
}

/* Differences of phi in place of phi' are good to 1e-13, and ramps of slope 1 cancel to a value of 1 for s = 10. The angle,
 * of which `near` has the square, is as good. */
START_TEST(test_piecewise_linear) {
    for (int c = 0; c < LINEAR; c++) {
        const ntki_activation own =
            with_kinks(linear[c].function, linear[c].derivative, linear[c].kinks, linear[c].first, linear[c].second);
        prepared *const set = prepare(&own, 1e-10, STDS, stds);
        ck_assert(set->series->kinked && set->series->terms == 2); /* a straight line is left */
        for (int i = 0; i < STDS; i++)
            for (int j = 0; j < STDS; j++)
                for (int l = 0; l < 2 * NEARS; l++) {
                    const double near = nears[l / 2], rho = (l % 2 == 0 ? 1 : -1) * (1 - near);
                    const dual expected = closed_form(set, linear[c].kind, i, j, rho, near);
                    const dual got = evaluate(set, set->context->isa, i, j, rho, near);
                    const double most = set->rms[i] * set->rms[j];
                    const double steepest = sqrt(set->series->slope[i] * set->series->slope[j]);
                    ASSERT_CLOSE(got.value, expected.value, 2e-13 * most);
                    ASSERT_CLOSE(got.slope, expected.slope, 5e-13 * steepest);
                    ASSERT_CLOSE(sqrt(got.near / most), sqrt(fmax(expected.near, 0) / most), 1e-12);
                }
        discard(set);
    }
}
END_TEST

/* relu + a sin, a = 1/4: E[relu(u) sin(v)] = k E[1(u > 0) cos v] = k exp(-q' / 2) / 2 by Stein's lemma and symmetry. */
static dual wavy_dual(double s, double t, double rho) {
    const double pi = 3.141592653589793, angle = acos(rho), a = 0.25, k = s * t * rho;
    const double own = exp(-0.5 * s * s), other = exp(-0.5 * t * t);
    const double relu = s * t * (sin(angle) + (pi - angle) * rho) / (2 * pi);
    return (dual){relu + 0.5 * a * k * (own + other) + a * a * own * other * sinh(k),
                  (pi - angle) / (2 * pi) + 0.5 * a * (own + other) + a * a * own * other * cosh(k), 0};
}

static double integrand(double s, double t, double m, double n, double z) {
    const double u = s * z, v = t * z;
    const double difference = ((u > 0 ? u : 0) + 0.25 * sin(u)) / m - ((v > 0 ? v : 0) + 0.25 * sin(v)) / n;
    return 0.3989422804014327 * exp(-0.5 * z * z) * (difference * difference);
}

/* m m' - E[phi phi'] at rho = 1 is m m' E[(phi(s z) / m - phi(t z) / m')^2] / 2: by Simpson's rule on either side of 0. */
static double norms_apart(double s, double t, double m, double n) {
    const double step = 1.0 / 256;
    double sum = 0;
    for (int side = -1; side <= 1; side += 2)
        for (int k = 0; k < 12 * 128; k++) {
            const double z = 2 * k * step;
            sum += step / 3 *
                   (integrand(s, t, m, n, side * z) + 4 * integrand(s, t, m, n, side * (z + step)) +
                    integrand(s, t, m, n, side * (z + 2 * step)));
        }
    return 0.5 * m * n * sum;
}

START_TEST(test_kink_and_wave) {
    const double tolerances[] = {1e-4, 1e-10}, s[] = {0.5, 0.5 * 1.001, 1, 2, 2 * 1.0001};
    for (int form = 0; form < 2; form++)
        for (int e = 0; e < 2; e++) {
            const ntki_activation own = with_kinks(wavy_ramp, form == 0 ? wavy_slope : NULL, 1, 0, 0);
            prepared *const set = prepare(&own, tolerances[e], 5, s);
            const double rounding = form == 0 ? 1e-13 : 2e-12; /* differences in place of phi' */
            double value_bound, slope_bound;
            ntki_series_bounds(set->series, set->series, &value_bound, &slope_bound);
            ck_assert(value_bound <= tolerances[e] && slope_bound <= tolerances[e]);
            for (int i = 0; i < 5; i++)
                for (int j = 0; j < 5; j++) {
                    const double most = set->rms[i] * set->rms[j];
                    const double steepest = sqrt(set->series->slope[i] * set->series->slope[j]);
                    for (double rho = -1; rho <= 1; rho += 0.125) {
                        const dual expected = wavy_dual(s[i], s[j], rho), got = evaluate_at(set, i, j, rho);
                        ASSERT_CLOSE(got.value, expected.value, most * (value_bound + rounding));
                        ASSERT_CLOSE(got.slope, expected.slope, steepest * (slope_bound + rounding));
                        ASSERT_CLOSE(got.near, most - fabs(got.value), 1e-14 * most);
                    }
                    const double apart = norms_apart(s[i], s[j], set->rms[i], set->rms[j]) / most;
                    const double near = evaluate(set, set->context->isa, i, j, 1, 0).near / most;
                    ASSERT_CLOSE(near, apart, value_bound);
                    ASSERT_CLOSE(sqrt(near), sqrt(apart), 1e-4 * sqrt(value_bound) + rounding);
                }
            discard(set);
        }
}
END_TEST

START_TEST(test_kinked_symmetry) {
    const double s[] = {0, 1e-150, 0.7, 0.7, 2, 30};
    for (int c = 0; c < LINEAR; c++) {
        const ntki_activation own =
            with_kinks(linear[c].function, linear[c].derivative, linear[c].kinks, linear[c].first, linear[c].second);
        prepared *const set = prepare(&own, 1e-6, 6, s);
        for (int isa = 0; isa <= (int)set->context->isa; isa++)
            for (int i = 0; i < 6; i++)
                for (int j = 0; j < 6; j++)
                    for (int l = 0; l < 2 * NEARS; l++) {
                        const double near = nears[l / 2], rho = (l % 2 == 0 ? 1 : -1) * (1 - near);
                        const dual got = evaluate(set, (ntki_isa)isa, i, j, rho, near);
                        const dual back = evaluate(set, (ntki_isa)isa, j, i, rho, near);
                        const double most = set->rms[i] * set->rms[j];
                        ck_assert(isfinite(got.value) && isfinite(got.slope) && got.near >= 0);
                        ASSERT_SAME_BITS(&got, &back, 3);
                        ck_assert(fabs(got.value) <= most * (1 + 1e-12)); /* ramps cancel at 30 */
                        if (near == 0 && rho > 0 && s[i] == s[j]) {
                            const double square = s[i] > 0 ? set->series->value[i] : 0; /* phi(0) = 0 */
                            ASSERT_SAME_BITS(&got.value, &square, 1);
                            ASSERT_SAME_BITS(&got.slope, &set->series->slope[i], 1);
                            ck_assert(got.near == 0);
                        }
                    }
        discard(set);
    }
}
END_TEST

/* ELU has a kink in phi' only: its slope's series is slow, its value's is not. Both are within their bounds, the slope
 * only where it is wanted within the tolerance. */
START_TEST(test_slope_not_wanted) {
    const double x[] = {1, 0, 0.6, -0.8, 0.5, 1.5}, at = 0;
    double expected[9], got[9], bound;
    for (int type = 0; type < 2; type++) {
        ntk_context *context = NULL;
        ntk_activation *activation = NULL, *plain = NULL;
        ntk_mlp *mlp[2] = {NULL, NULL};
        ntk_kernel *kernel[2] = {NULL, NULL};
        const int64_t widths[] = {2, 1, 1, 1};
        ASSERT_OK(ntk_context_create(&context));
        ASSERT_OK(ntk_activation_create_function(context, elu, NULL, NULL, &activation));
        ASSERT_OK(ntk_activation_set_kinks(activation, 1, &at));
        ASSERT_OK(ntk_activation_create(context, NTK_ACTIVATION_ELU, NULL, 0, &plain));
        for (int m = 0; m < 2; m++) {
            ASSERT_OK(ntk_mlp_create(context, 3, widths, NTK_ACTIVATION_RELU, &mlp[m]));
            for (int64_t l = 1; l <= 2; l++)
                ASSERT_OK(ntk_mlp_set_activation(mlp[m], l, m == 0 ? plain : activation));
            ASSERT_OK(
                ntk_kernel_create_analytic(context, mlp[m], type == 0 ? NTK_KERNEL_NNGP : NTK_KERNEL_NTK, &kernel[m]));
        }
        ASSERT_OK(ntk_kernel_set_tolerance(kernel[1], 1e-6));
        ASSERT_OK(ntk_kernel_gram(kernel[0], 3, x, 2, expected, 3));
        if (type == 0) {
            ASSERT_OK(ntk_kernel_gram(kernel[1], 3, x, 2, got, 3));
            ASSERT_OK(ntk_kernel_get_error_bound(kernel[1], &bound));
            ck_assert(bound > 0 && bound < 1e-4);
            for (int i = 0; i < 3; i++)
                for (int j = 0; j < 3; j++)
                    ASSERT_CLOSE(got[3 * i + j], expected[3 * i + j], bound * sqrt(got[4 * i] * got[4 * j]));
            double packed[6];
            ASSERT_OK(ntk_kernel_gram_packed(kernel[1], 3, x, 2, packed));
        } else {
            ASSERT_STATUS(NTK_ERR_ACCURACY, ntk_kernel_gram(kernel[1], 3, x, 2, got, 3));
        }
        for (int m = 0; m < 2; m++) {
            ntk_kernel_destroy(kernel[m]);
            ntk_mlp_destroy(mlp[m]);
        }
        ntk_activation_destroy(plain);
        ntk_activation_destroy(activation);
        ntk_context_destroy(context);
    }
}
END_TEST

/* Every allocation fails once: a status, nothing left behind. */
START_TEST(test_without_memory) {
    const double s[] = {0.01, 0.5, 0.5, 2};
    const ntki_activation own = with_kinks(wavy_ramp, NULL, 1, 0, 0);
    suite_tracker tracker;
    suite_tracker_init(&tracker);
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create_with_allocator(&tracker.allocator, &context));
    ASSERT_OK(ntk_context_set_threads(context, 1)); /* so that there is no pool of threads */
    const long before = atomic_load(&tracker.live);
    ntk_status status = NTK_ERR_NO_MEMORY;
    long fail_at = 0;
    for (; status != NTK_SUCCESS && fail_at < 1000; fail_at++) {
        ntki_series *series = NULL;
        suite_fail_at(&tracker, fail_at, false);
        status = ntki_series_create(context, "test", &own, 1, 1e-2, true, 2048, 4, s, &series);
        ck_assert(status == NTK_SUCCESS || status == NTK_ERR_NO_MEMORY);
        ck_assert((status == NTK_SUCCESS) == (series != NULL));
        ntki_series_destroy(context, series);
        ck_assert_int_eq(atomic_load(&tracker.live), before);
    }
    ck_assert(status == NTK_SUCCESS && fail_at > 20);
    suite_fail_at(&tracker, -1, false);
    ntk_context_destroy(context);
}
END_TEST

SUITE("series with kinks", test_piecewise_linear, test_kink_and_wave, test_kinked_symmetry, test_slope_not_wanted,
      test_without_memory)
