/* Stabilised Runge-Kutta-Chebyshev steps: against exponentials and scalar equations with known solutions. */
#include "tests/suite.h"

#include "lib/memory/memory.h"
#include "lib/ode/rkc.h"
#include "lib/ode/vector.h"

/* ---- problems ---- */

enum { MODES = 91 };

/* y_i' = -lambda_i y_i, lambda_i = 10^-3 ... 10^6, ten a decade. */
typedef struct {
    double lambda[MODES];
    int64_t evaluations;
    int64_t fail_after; /* NTK_ERR_CALLBACK from then on; 0: never */
} linear;

static void linear_create(linear *system) {
    *system = (linear){{0}, 0, 0};
    for (int i = 0; i < MODES; i++)
        system->lambda[i] = pow(10, -3 + 0.1 * i);
}

static ntk_status linear_slope(void *user, const double *y, double *dy) {
    linear *const system = user;
    system->evaluations++;
    if (system->fail_after > 0 && system->evaluations > system->fail_after)
        return NTK_ERR_CALLBACK;
    for (int i = 0; i < MODES; i++)
        dy[i] = -system->lambda[i] * y[i];
    return NTK_SUCCESS;
}

static ntki_rkc *start(ntk_context *context, ntki_ode_function f, void *user, int64_t n, const double *y,
                       double tolerance) {
    const ntki_ode_problem problem = {.f = f, .user = user, .n = n, .tolerance = tolerance, .most_stages = 2000};
    ntki_rkc *rkc = NULL;
    ASSERT_OK(ntki_rkc_create(context, __func__, &problem, &rkc));
    ASSERT_OK(ntki_rkc_begin(rkc, __func__, 0, y));
    return rkc;
}

static void go(ntki_rkc *rkc, double t, double *y) {
    while (rkc->at.now < t)
        ASSERT_OK(ntki_rkc_step(rkc, __func__));
    ntki_rkc_at(rkc, t, y);
}

/* The largest error at some times, for a tolerance; *work counts evaluations. */
static double linear_error(double tolerance, int64_t *work) {
    const double times[] = {1e-6, 1e-4, 1e-2, 1, 30};
    linear system;
    ntk_context *context = NULL;
    double y[MODES], error = 0;
    linear_create(&system);
    for (int i = 0; i < MODES; i++)
        y[i] = 1;
    ASSERT_OK(ntk_context_create(&context));
    ntki_rkc *const rkc = start(context, linear_slope, &system, MODES, y, tolerance);
    for (size_t j = 0; j < sizeof(times) / sizeof(*times); j++) {
        go(rkc, times[j], y);
        for (int i = 0; i < MODES; i++)
            error = fmax(error, fabs(y[i] - exp(-system.lambda[i] * times[j])));
    }
    *work = system.evaluations;
    ntki_rkc_destroy(rkc);
    ntk_context_destroy(context);
    return error;
}

/* A step's error is below the tolerance times |y| < 10. Of a method of second order the steps are about tolerance^(1/3) of
 * the time in which the solution turns, and so tolerance^(-1/3) as many: together tolerance^(2/3) |y|. An explicit method without stabilisation takes 30 * 1e6 / 2 evaluations at least. */
START_TEST(test_stiff_linear_systems) {
    double last = INFINITY;
    for (double tolerance = 1e-2; tolerance > 1e-9; tolerance /= 10) {
        int64_t work = 0;
        const double error = linear_error(tolerance, &work);
        REQUIRE(error <= 10 * pow(tolerance, 2.0 / 3), "tolerance %g: error %g", tolerance, error);
        REQUIRE(tolerance < 1e-6 || work < 200000, "tolerance %g: %lld evaluations", tolerance, (long long)work);
        REQUIRE(error < last, "tolerance %g: error %g after %g", tolerance, error, last);
        last = error;
    }
}
END_TEST

/* y' = y (1 - y): logistic. */
static ntk_status logistic_slope(void *user, const double *y, double *dy) {
    (void)user;
    dy[0] = y[0] * (1 - y[0]);
    return NTK_SUCCESS;
}

/* Steps h ~ tolerance^(1/3) of second order: the error falls like tolerance^(2/3), 4.6 a decade; its slope over four decades
 * has to be near. */
START_TEST(test_order) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    double error[2];
    for (int k = 0; k < 2; k++) {
        const double first = 0.1;
        double y = first;
        ntki_rkc *const rkc = start(context, logistic_slope, NULL, 1, &y, k == 0 ? 1e-5 : 1e-9);
        go(rkc, 2, &y);
        error[k] = fabs(y - 1 / (1 + (1 / first - 1) * exp(-2)));
        ntki_rkc_destroy(rkc);
    }
    const double slope = log10(error[0] / error[1]) / 4;
    REQUIRE(slope > 0.5 && slope < 0.85, "errors %g and %g: order %g in the tolerance", error[0], error[1], slope);
    ntk_context_destroy(context);
}
END_TEST

/* Van der Pol's oscillator with mu = 100: stiff on its slow branches, and not everywhere dissipative. */
static ntk_status oscillator_slope(void *user, const double *y, double *dy) {
    (void)user;
    dy[0] = y[1];
    dy[1] = 100 * (1 - y[0] * y[0]) * y[1] - y[0];
    return NTK_SUCCESS;
}

/* Along the slow branch x^2 / 2 - log x is nearly linear in t; instead of that: two tolerances agree. */
START_TEST(test_a_nonlinear_stiff_system) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    double rough[2] = {2, 0}, fine[2] = {2, 0};
    ntki_rkc *const a = start(context, oscillator_slope, NULL, 2, rough, 1e-5);
    ntki_rkc *const b = start(context, oscillator_slope, NULL, 2, fine, 1e-8);
    go(a, 60, rough);
    go(b, 60, fine);
    ASSERT_CLOSE(rough[0], fine[0], 1e-3);
    ck_assert(fine[0] > 1.2 && fine[0] < 1.8); /* 1.5: log x - x^2 / 2 has fallen by 0.6 */
    ntki_rkc_destroy(a);
    ntki_rkc_destroy(b);
    ntk_context_destroy(context);
}
END_TEST

/* t' = 1, y' = -lambda(t) (y - cos t) - sin t: y = cos t whatever lambda is. */
typedef struct {
    double first, last; /* lambda before and after t = 1 */
    int64_t evaluations;
} follower;

static ntk_status follower_slope(void *user, const double *y, double *dy) {
    follower *const system = user;
    const double part = 1 / (1 + exp(-1e4 * (y[0] - 1))); /* changes within 1e-3, less than a step */
    system->evaluations++;
    dy[0] = 1;
    dy[1] = -(system->first + (system->last - system->first) * part) * (y[1] - cos(y[0])) - sin(y[0]);
    return NTK_SUCCESS;
}

/* The spectral radius serves 25 steps, in the middle of which it grows or shrinks by 10^6. */
START_TEST(test_a_spectrum_that_moves) {
    const double lambda[][2] = {{1, 1e6}, {1e6, 1}};
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    for (int k = 0; k < 2; k++) {
        follower system = {lambda[k][0], lambda[k][1], 0};
        double y[2] = {0, 1};
        ntki_rkc *const rkc = start(context, follower_slope, &system, 2, y, 1e-6);
        while (rkc->at.now < 3) {
            const int64_t refused = rkc->at.refused;
            ASSERT_OK(ntki_rkc_step(rkc, __func__));
            ck_assert(rkc->at.refused == refused || rkc->at.radius_age == 1); /* a refusal asks for a new radius */
        }
        ck_assert_int_gt(rkc->at.refused, 0);
        ntki_rkc_at(rkc, 3, y);
        ASSERT_CLOSE(y[1], cos(3), 10 * pow(1e-6, 2.0 / 3));
        ck_assert_int_lt(system.evaluations, 100000); /* steps below 2 / lambda: above 10^6 */
        ntki_rkc_destroy(rkc);
    }
    ntk_context_destroy(context);
}
END_TEST

/* Between the ends of steps of h lambda above 10^4. What is left of the fast mode at the ends of a step shows as its
 * slope times h: 4/27 of that at most in the cubic, while the error test lets 2/5 of it be the tolerance times |y|. */
START_TEST(test_dense_output_in_long_stiff_steps) {
    const double tolerance = 1e-6;
    follower system = {1e6, 1e6, 0};
    ntk_context *context = NULL;
    double y[2] = {0, 1};
    int64_t long_steps = 0;
    ASSERT_OK(ntk_context_create(&context));
    ntki_rkc *const rkc = start(context, follower_slope, &system, 2, y, tolerance);
    while (rkc->at.now < 3) {
        ASSERT_OK(ntki_rkc_step(rkc, __func__));
        long_steps += rkc->at.last_step * system.last > 1e4;
        for (int k = 1; k < 8; k++) {
            const double t = rkc->at.before + 0.125 * k * (rkc->at.now - rkc->at.before);
            ntki_rkc_at(rkc, t, y);
            ASSERT_CLOSE(y[1], cos(t), tolerance * hypot(1, t));
            ASSERT_CLOSE(y[0], t, 1e5 * DBL_EPSILON * t); /* rounding grows like stages^2 < 10^5 */
        }
    }
    ck_assert_int_gt(long_steps, 50);
    ntki_rkc_destroy(rkc);
    ntk_context_destroy(context);
}
END_TEST

/* y' = -A y, A = Q diag(1, 10^6) Q' with Q the rotation by an angle of 0.6. */
static ntk_status turned_slope(void *user, const double *y, double *dy) {
    const double c = cos(0.6), s = sin(0.6), slow = c * y[0] + s * y[1], fast = 1e6 * (c * y[1] - s * y[0]);
    ++*(int64_t *)user;
    dy[0] = -(c * slow - s * fast);
    dy[1] = -(s * slow + c * fast);
    return NTK_SUCCESS;
}

/* From the slow direction: f shows the fast one by its rounding alone. */
START_TEST(test_a_start_beside_the_stiff_direction) {
    ntk_context *context = NULL;
    int64_t evaluations = 0;
    double y[2] = {cos(0.6), sin(0.6)};
    ASSERT_OK(ntk_context_create(&context));
    ntki_rkc *const rkc = start(context, turned_slope, &evaluations, 2, y, 1e-6);
    go(rkc, 3, y);
    ASSERT_CLOSE(y[0], cos(0.6) * exp(-3), 10 * pow(1e-6, 2.0 / 3));
    ASSERT_CLOSE(y[1], sin(0.6) * exp(-3), 10 * pow(1e-6, 2.0 / 3));
    ck_assert(rkc->at.radius > 1.1e6 && rkc->at.radius < 1.3e6);
    ck_assert_int_lt(evaluations, 100000);
    ntki_rkc_destroy(rkc);
    ntk_context_destroy(context);
}
END_TEST

/* ---- what must not matter ---- */

START_TEST(test_times_change_no_bit) {
    linear system;
    ntk_context *context = NULL;
    double y[MODES], once[MODES], often[MODES];
    linear_create(&system);
    for (int i = 0; i < MODES; i++)
        y[i] = i % 3;
    ASSERT_OK(ntk_context_create(&context));
    ntki_rkc *const a = start(context, linear_slope, &system, MODES, y, 1e-5);
    ntki_rkc *const b = start(context, linear_slope, &system, MODES, y, 1e-5);
    go(a, 2, once);
    for (int k = 1; k <= 200; k++)
        go(b, 0.01 * k, often);
    go(b, 2, often);
    ASSERT_SAME_BITS(once, often, MODES);
    ck_assert(a->at.now == b->at.now);
    ntki_rkc_destroy(a);
    ntki_rkc_destroy(b);
    ntk_context_destroy(context);
}
END_TEST

/* A failure anywhere, and the same call again: the steps are those of a run without one. */
START_TEST(test_failures_change_no_bit) {
    linear system, failing;
    ntk_context *context = NULL;
    double y[MODES], plain[MODES], broken[MODES];
    linear_create(&system);
    linear_create(&failing);
    for (int i = 0; i < MODES; i++)
        y[i] = 1;
    ASSERT_OK(ntk_context_create(&context));
    ntki_rkc *const a = start(context, linear_slope, &system, MODES, y, 1e-4);
    ntki_rkc *const b = start(context, linear_slope, &failing, MODES, y, 1e-4);
    go(a, 1e-3, plain);
    int64_t failures = 0;
    while (b->at.now < 1e-3) {
        const double now = b->at.now;
        memcpy(broken, b->y, sizeof(broken));
        failing.fail_after = failing.evaluations + 1 + failures % 40;
        if (ntki_rkc_step(b, __func__) == NTK_SUCCESS)
            continue;
        failures++;
        ck_assert(b->at.now == now);
        ASSERT_SAME_BITS(broken, b->y, MODES);
        failing.fail_after = 0;
        ASSERT_OK(ntki_rkc_step(b, __func__));
    }
    ntki_rkc_at(b, 1e-3, broken);
    ck_assert(failures > 3);
    ASSERT_SAME_BITS(plain, broken, MODES);
    ntki_rkc_destroy(a);
    ntki_rkc_destroy(b);
    ntk_context_destroy(context);
}
END_TEST

/* Where f is 0, y keeps its bits; where everything is 0, time passes. */
static ntk_status half_slope(void *user, const double *y, double *dy) {
    (void)user;
    dy[0] = 0;
    dy[1] = -3 * y[1];
    return NTK_SUCCESS;
}

START_TEST(test_what_does_not_move) {
    ntk_context *context = NULL;
    double y[2] = {1.0 / 3, 0.1}, nothing[2] = {0.7, 0};
    ASSERT_OK(ntk_context_create(&context));
    ntki_rkc *const half = start(context, half_slope, NULL, 2, y, 1e-6);
    go(half, 5, y);
    ck_assert(y[0] == 1.0 / 3);
    ntki_rkc *const none = start(context, half_slope, NULL, 2, nothing, 1e-6);
    go(none, 1e6, nothing);
    ck_assert(nothing[0] == 0.7 && nothing[1] == 0);
    ntki_rkc_destroy(half);
    ntki_rkc_destroy(none);
    ntk_context_destroy(context);
}
END_TEST

/* ---- failures ---- */

/* y' = y^2: infinite at t = 1. */
static ntk_status exploding_slope(void *user, const double *y, double *dy) {
    ntk_context *const context = user;
    dy[0] = y[0] * y[0];
    return isfinite(dy[0]) ? NTK_SUCCESS : ntki_fail(context, NTK_ERR_RANGE, __func__, "too large");
}

START_TEST(test_an_explosion_is_told) {
    ntk_context *context = NULL;
    double y = 1;
    ASSERT_OK(ntk_context_create(&context));
    ntki_rkc *const rkc = start(context, exploding_slope, context, 1, &y, 1e-6);
    ntk_status status = NTK_SUCCESS;
    for (int k = 0; k < 1000000 && status == NTK_SUCCESS; k++)
        status = ntki_rkc_step(rkc, __func__);
    REQUIRE(status == NTK_ERR_CONVERGENCE || status == NTK_ERR_RANGE, "%s", ntk_status_name(status));
    ASSERT_CLOSE(rkc->at.now, 1,
                 1e-3); /* each step errs by 1e-6 of y, which moves the end by as much of what is left */
    ntki_rkc_destroy(rkc);
    ntk_context_destroy(context);
}
END_TEST

/* A slope that jumps back and forth cannot be followed to any tolerance. */
static ntk_status jumping_slope(void *user, const double *y, double *dy) {
    (void)user;
    dy[0] = y[0] < 0 ? 1e300 : -1e300;
    return NTK_SUCCESS;
}

START_TEST(test_a_step_that_is_too_small_is_told) {
    ntk_context *context = NULL;
    double y = 1;
    ASSERT_OK(ntk_context_create(&context));
    ntki_rkc *const rkc = start(context, jumping_slope, NULL, 1, &y, 1e-10);
    rkc->at.now = 1; /* 1e-300 cannot be added to it */
    ntk_status status = NTK_SUCCESS;
    for (int k = 0; k < 1000 && status == NTK_SUCCESS; k++)
        status = ntki_rkc_step(rkc, __func__);
    ASSERT_STATUS(NTK_ERR_CONVERGENCE, status);
    ntki_rkc_destroy(rkc);
    ntk_context_destroy(context);
}
END_TEST

/* ---- vectors ---- */

START_TEST(test_norms) {
    enum { N = 100001 };
    ntk_context *one = NULL, *three = NULL;
    double *const a = suite_doubles(N), *const b = suite_doubles(N);
    uint64_t state = 4;
    suite_fill(&state, N, a);
    suite_fill(&state, N, b);
    ASSERT_OK(ntk_context_create(&one));
    ASSERT_OK(ntk_context_create(&three));
    ASSERT_OK(ntk_context_set_threads(one, 1));
    ASSERT_OK(ntk_context_set_threads(three, 3));
    long double sum = 0;
    for (int i = 0; i < N; i++)
        sum += ((long double)a[i] - b[i]) * ((long double)a[i] - b[i]);
    const double norm = ntki_vector_norm(one, N, a, b), same = ntki_vector_norm(three, N, a, b);
    ASSERT_RELATIVE(norm, (double)sqrtl(sum), 1100 * DBL_EPSILON); /* eight sums of 1024 in each part */
    ASSERT_SAME_BITS(&norm, &same, 1);
    const double large[] = {3e300, -4e300}, small[] = {3e-320, 4e-320}, zero[] = {0, -0.0};
    ASSERT_RELATIVE(ntki_vector_norm(one, 2, large, NULL), 5e300, 4 * DBL_EPSILON);
    ASSERT_RELATIVE(ntki_vector_norm(one, 2, small, NULL), 5e-320, 1e-3); /* numbers of 13 bits */
    ck_assert(ntki_vector_norm(one, 2, zero, NULL) == 0);
    ck_assert(!isfinite(ntki_vector_norm(one, 2, (const double[]){INFINITY, 1}, NULL)));
    ntk_context_destroy(one);
    ntk_context_destroy(three);
    free(a), free(b);
}
END_TEST

SUITE("ode", test_stiff_linear_systems, test_order, test_a_nonlinear_stiff_system, test_a_spectrum_that_moves,
      test_dense_output_in_long_stiff_steps, test_a_start_beside_the_stiff_direction, test_times_change_no_bit,
      test_failures_change_no_bit, test_what_does_not_move, test_an_explosion_is_told,
      test_a_step_that_is_too_small_is_told, test_norms)
