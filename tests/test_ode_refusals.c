/* Stabilised Runge-Kutta-Chebyshev steps at the borders: where f has no value, where time or the step leaves its range,
 * and with numbers as a file may hold them. */
#include "tests/suite.h"

#include "lib/memory/memory.h"
#include "lib/ode/rkc.h"

/* y' = -y between two walls; beyond them, and after so many evaluations, f fails. */
typedef struct {
    ntk_context *context;
    ntk_status status;
    double low, high;
    int64_t evaluations, most_evaluations;
} walled;

static ntk_status walled_slope(void *user, const double *y, double *dy) {
    walled *const system = user;
    dy[0] = -y[0];
    if (++system->evaluations <= system->most_evaluations && y[0] >= system->low && y[0] <= system->high)
        return NTK_SUCCESS;
    dy[0] = NAN;
    return ntki_fail(system->context, system->status, __func__, "beyond a wall");
}

static const ntk_status missing_value[] = {NTK_ERR_RANGE, NTK_ERR_NOT_FINITE};
enum { MISSING_VALUES = sizeof(missing_value) / sizeof(*missing_value) };

static ntki_rkc *create(ntk_context *context, ntki_ode_function f, void *user, int64_t n) {
    const ntki_ode_problem problem = {.f = f, .user = user, .n = n, .tolerance = 1e-6, .most_stages = 2000};
    ntki_rkc *rkc = NULL;
    ASSERT_OK(ntki_rkc_create(context, __func__, &problem, &rkc));
    return rkc;
}

/* From y(0) = 1. */
static ntki_rkc *begin_walled(walled *system, ntk_status status) {
    *system = (walled){.status = status, .low = -1, .high = 2, .most_evaluations = INT64_MAX};
    ASSERT_OK(ntk_context_create(&system->context));
    ntki_rkc *const rkc = create(system->context, walled_slope, system, 1);
    ASSERT_OK(ntki_rkc_begin(rkc, __func__, 0, (const double[]){1}));
    return rkc;
}

/* The solution has to be right: tolerance^(2/3), as in test_ode.c; and no failure may be left in the context. */
static void end_walled(walled *system, ntki_rkc *rkc) {
    ASSERT_CLOSE(rkc->y[0], exp(-rkc->at.now), 1e-4);
    ASSERT_OK(ntk_context_last_status(system->context));
    ck_assert_str_eq(ntk_context_last_error(system->context), "");
    ntki_rkc_destroy(rkc);
    ntk_context_destroy(system->context);
}

/* ---- walls ---- */

/* Steps go down, and every second difference goes up. */
START_TEST(test_a_difference_beyond_a_wall_is_shortened) {
    for (int k = 0; k < MISSING_VALUES; k++) {
        walled system;
        ntki_rkc *const rkc = begin_walled(&system, missing_value[k]);
        while (rkc->at.now < 2) {
            system.high = rkc->y[0] * (1 + 1e-6); /* steps are above 1e-3, 1 % of them above 1e-5 */
            ASSERT_OK(ntki_rkc_step(rkc, __func__));
            ck_assert(rkc->at.last_step > 1e-3 || rkc->at.now < 1e-2);
            ck_assert(rkc->at.radius > 1.19 && rkc->at.radius < 1.21); /* 1.2 is the margin */
        }
        ck_assert_int_gt(rkc->at.steps, 60); /* two estimates at least after the first */
        end_walled(&system, rkc);
    }
}
END_TEST

START_TEST(test_a_difference_of_any_length_is_shortened) {
    walled system;
    ntki_rkc *const rkc = begin_walled(&system, NTK_ERR_RANGE);
    ASSERT_OK(ntki_rkc_step(rkc, __func__));
    rkc->at.last_step = DBL_MAX;
    rkc->at.radius_age = INT64_MAX;
    ASSERT_OK(ntki_rkc_step(rkc, __func__));
    ck_assert(rkc->at.radius > 1.19 && rkc->at.radius < 1.21);
    ck_assert_int_lt(system.evaluations, 60);
    end_walled(&system, rkc);
}
END_TEST

/* A wall nearer than sqrt(eps) |y|: f's own failure, and all that a file would hold is finite. */
START_TEST(test_a_wall_at_the_solution_is_told) {
    for (int k = 0; k < MISSING_VALUES; k++) {
        walled system;
        ntki_rkc *const rkc = begin_walled(&system, missing_value[k]);
        for (int i = 0; i < 5; i++)
            ASSERT_OK(ntki_rkc_step(rkc, __func__));
        const double y = rkc->y[0], now = rkc->at.now;
        system.high = y * (1 + 1e-10);
        rkc->at.radius_age = INT64_MAX;
        ASSERT_STATUS(missing_value[k], ntki_rkc_step(rkc, __func__));
        ck_assert_str_eq(ntk_context_last_error(system.context), "walled_slope: beyond a wall");
        ck_assert(rkc->y[0] == y && rkc->at.now == now && rkc->at.before == now);
        ASSERT_SAME_BITS(rkc->y_before, rkc->y, 1);
        ASSERT_SAME_BITS(rkc->f_before, rkc->f, 1);
        ck_assert(isfinite(rkc->direction[0]));
        system.high = 2;
        ASSERT_OK(ntki_rkc_step(rkc, __func__));
        system.context->last_status = NTK_SUCCESS;
        system.context->last_error[0] = '\0';
        end_walled(&system, rkc);
    }
}
END_TEST

/* Euler's step of 1 / rho ends at 1 - 1 / 1.2. */
START_TEST(test_a_first_step_beyond_a_wall_is_shortened) {
    for (int k = 0; k < MISSING_VALUES; k++) {
        walled system;
        ntki_rkc *const rkc = begin_walled(&system, missing_value[k]);
        system.low = 0.5;
        while (rkc->at.now < 0.3)
            ASSERT_OK(ntki_rkc_step(rkc, __func__));
        end_walled(&system, rkc);
    }
}
END_TEST

START_TEST(test_a_stage_beyond_a_wall_shortens_the_step) {
    for (int k = 0; k < MISSING_VALUES; k++) {
        walled system;
        ntki_rkc *const rkc = begin_walled(&system, missing_value[k]);
        while (rkc->at.now < 1) {
            system.low = rkc->y[0] * (1 - 0.03); /* the tolerance alone gives steps of 0.02 to 0.05 */
            ASSERT_OK(ntki_rkc_step(rkc, __func__));
        }
        ck_assert_int_gt(rkc->at.refused, 0);
        end_walled(&system, rkc);
    }
}
END_TEST

START_TEST(test_so_many_refusals_end_a_step) {
    enum { MOST = 60 };
    for (int k = 0; k < MISSING_VALUES; k++) {
        walled system;
        ntki_rkc *const rkc = begin_walled(&system, missing_value[k]);
        rkc->at.radius = 1.2; /* as from a file */
        rkc->at.radius_age = 0;
        rkc->at.step = 0.1;
        system.most_evaluations = system.evaluations;
        ASSERT_STATUS(NTK_ERR_CONVERGENCE, ntki_rkc_step(rkc, __func__));
        ck_assert_ptr_nonnull(strstr(ntk_context_last_error(system.context), "out of range or not finite"));
        ck_assert_int_eq(rkc->at.refused, MOST);
        ck_assert_int_eq(system.evaluations, system.most_evaluations + MOST);
        ck_assert(rkc->at.now == 0 && rkc->y[0] == 1);
        system.most_evaluations = INT64_MAX;
        system.context->last_status = NTK_SUCCESS;
        system.context->last_error[0] = '\0';
        while (rkc->at.now < 1)
            ASSERT_OK(ntki_rkc_step(rkc, __func__));
        end_walled(&system, rkc);
    }
}
END_TEST

/* ---- time ---- */

static ntk_status fast_slope(void *user, const double *y, double *dy) {
    (void)user;
    dy[0] = 0 * y[0];
    dy[1] = -1e25 * y[1];
    return NTK_SUCCESS;
}

/* 2000 stages are stable up to 2.2e-19, which 1 does not feel; the error test has nothing against such a step. */
START_TEST(test_a_step_that_the_stages_make_too_small_is_told) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntki_rkc *const rkc = create(context, fast_slope, NULL, 2);
    ASSERT_OK(ntki_rkc_begin(rkc, __func__, 1, (const double[]){1, 1e-30}));
    rkc->at.step = 1;
    ASSERT_STATUS(NTK_ERR_CONVERGENCE, ntki_rkc_step(rkc, __func__));
    ck_assert(rkc->at.now == 1 && rkc->at.steps == 0);
    ntki_rkc_destroy(rkc);
    ntk_context_destroy(context);
}
END_TEST

static ntk_status no_slope(void *user, const double *y, double *dy) {
    (void)user, (void)y;
    dy[0] = dy[1] = 0;
    return NTK_SUCCESS;
}

/* Steps grow tenfold: 308 of them to the end of time. */
START_TEST(test_rest_lasts_as_long_as_wanted) {
    const double y[][2] = {{0.7, -3}, {0, 0}, {DBL_MAX, 1}}, end[] = {1e300, 1.7e308, DBL_MAX};
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    for (size_t i = 0; i < sizeof(y) / sizeof(*y); i++) {
        ntki_rkc *const rkc = create(context, no_slope, NULL, 2);
        double there[2];
        ASSERT_OK(ntki_rkc_begin(rkc, __func__, 0, y[i]));
        for (size_t j = 0; j < sizeof(end) / sizeof(*end); j++) {
            while (rkc->at.now < end[j] && rkc->at.steps < 320)
                ASSERT_OK(ntki_rkc_step(rkc, __func__));
            REQUIRE(rkc->at.now >= end[j], "t = %g after %lld steps", rkc->at.now, (long long)rkc->at.steps);
            ntki_rkc_at(rkc, end[j], there);
            ASSERT_SAME_BITS(there, y[i], 2);
        }
        ASSERT_OK(ntki_rkc_begin(rkc, __func__, 0, y[i]));
        rkc->at.step = DBL_MAX;
        ASSERT_OK(ntki_rkc_step(rkc, __func__));
        ck_assert(rkc->at.now == DBL_MAX && rkc->at.refused == 0);
        ck_assert(isfinite(rkc->at.now) && isfinite(rkc->at.step) && isfinite(rkc->at.last_step));
        ntki_rkc_destroy(rkc);
    }
    ntk_context_destroy(context);
}
END_TEST

/* ---- what a file holds ---- */

START_TEST(test_vectors_are_never_undefined) {
    const double zero[2] = {0};
    suite_tracker tracker; /* its memory is not 0 */
    ntk_context *context = NULL;
    suite_tracker_init(&tracker);
    ASSERT_OK(ntk_context_create_with_allocator(&tracker.allocator, &context));
    ntki_rkc *const rkc = create(context, no_slope, NULL, 2);
    const double *const vector[] = {rkc->y_before, rkc->f_before, rkc->y, rkc->f, rkc->direction};
    for (size_t i = 0; i < sizeof(vector) / sizeof(*vector); i++)
        ASSERT_SAME_BITS(vector[i], zero, 2);
    ASSERT_OK(ntki_rkc_begin(rkc, __func__, 0, zero));
    ASSERT_OK(ntki_rkc_step(rkc, __func__));
    ASSERT_SAME_BITS(rkc->direction, zero, 2); /* no direction at rest */
    ntki_rkc_destroy(rkc);
    ntk_context_destroy(context);
    ck_assert_int_eq(atomic_load(&tracker.live), 0);
}
END_TEST

START_TEST(test_counts_do_not_overflow) {
    const int64_t large[] = {INT64_C(1) << 53, INT64_MAX - 1, INT64_MAX};
    for (size_t i = 0; i < sizeof(large) / sizeof(*large); i++) {
        walled system;
        ntki_rkc *const rkc = begin_walled(&system, NTK_ERR_RANGE);
        rkc->at.steps = rkc->at.refused = rkc->at.radius_age = large[i];
        system.low = 0.97;
        rkc->at.step = 0.5; /* too long */
        for (int k = 0; k < 3; k++)
            ASSERT_OK(ntki_rkc_step(rkc, __func__));
        const int64_t room = INT64_MAX - large[i];
        ck_assert_int_eq(rkc->at.steps, large[i] + (room < 3 ? room : 3));
        ck_assert_int_ge(rkc->at.refused, large[i] + (room < 1 ? room : 1));
        ck_assert_int_le(rkc->at.radius_age, 3); /* renewed */
        end_walled(&system, rkc);
    }
}
END_TEST

SUITE("ode refusals", test_a_difference_beyond_a_wall_is_shortened, test_a_difference_of_any_length_is_shortened,
      test_a_wall_at_the_solution_is_told, test_a_first_step_beyond_a_wall_is_shortened,
      test_a_stage_beyond_a_wall_shortens_the_step, test_so_many_refusals_end_a_step,
      test_a_step_that_the_stages_make_too_small_is_told, test_rest_lasts_as_long_as_wanted,
      test_vectors_are_never_undefined, test_counts_do_not_overflow)
