/* The response of one eigenvalue to every linear dynamics: against tests/reference, and against plain loops. */
#include "tests/suite.h"

#include "src/flow/modes.h"
#include "tests/reference/mode_values.h"

enum { PARTS = 4 };

static const char *const part_name[PARTS] = {"retain", "learn", "target", "start"};

static void split(ntki_response response, double parts[PARTS]) {
    parts[0] = response.retain;
    parts[1] = response.learn;
    parts[2] = response.target;
    parts[3] = response.start;
}

/* 8 eps: the last rounding of an exponential and of a product or two; an oscillation is as large as its envelope, not as its
 * value. Below 1e-290 the halves of a double-double are no longer exact. */
START_TEST(modes_keep_to_the_reference) {
    double worst = 0;
    for (int i = 0; i < MODES; i++) {
        const double *const input = mode_inputs + 5 * i, *const expected = mode_values + 2 * PARTS * i;
        const ntki_dynamics dynamics = {(int32_t)input[0], 1, input[2], input[1]};
        double got[PARTS];
        split(ntki_respond(&dynamics, input[3], input[4]), got);
        for (int k = 0; k < PARTS; k++) {
            if (isinf(expected[k]) && got[k] == expected[k])
                continue;
            const double size = fmax(fabs(expected[k]), expected[PARTS + k]), allowed = 8 * DBL_EPSILON * size + 1e-290;
            REQUIRE(fabs(got[k] - expected[k]) <= allowed,
                    "%s of dynamics %g, momentum %.17g, decay %g, kappa %g, t = %g is %.17g, expected %.17g (%g of %g)",
                    part_name[k], input[0], input[1], input[2], input[3], input[4], got[k], expected[k],
                    fabs(got[k] - expected[k]), allowed);
            worst = fmax(worst, size > 1e-280 ? fabs(got[k] - expected[k]) / size / DBL_EPSILON : 0);
        }
    }
    REQUIRE(worst > 0, "no mode was compared");
}
END_TEST

/* The loop loses some eps a step where it does not settle. */
START_TEST(descent_is_the_loop) {
    const double momenta[] = {0, 0.3, 0.9}, decays[] = {0, 0.125, 1.25}, kappas[] = {0, 1e-3, 0.5, 1.5, 2.6};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++)
            for (int k = 0; k < 5; k++) {
                const double beta = momenta[i], decay = decays[j], kappa = kappas[k];
                const ntki_dynamics dynamics = {NTK_DYNAMICS_DESCENT, 1, decay, beta};
                double f = 1, v = 0, a = 0, b = 0, g = 1, w = 0, s = 0, u = 0;
                ck_assert(ntki_dynamics_stable(&dynamics, kappa) == (decay + kappa < 2 * (1 + beta)));
                for (int step = 0; step < 200; step++) {
                    const ntki_response response = ntki_respond(&dynamics, kappa, step);
                    const double size = fmax(fabs(f) + fabs(a) + fabs(s), 1), allowed = 200 * 8 * DBL_EPSILON * size;
                    ASSERT_CLOSE(response.retain, f, allowed);
                    ASSERT_CLOSE(response.target, a, allowed);
                    ASSERT_CLOSE(response.learn, kappa * a, allowed * fmax(kappa, 1));
                    ASSERT_CLOSE(response.start, s, allowed);
                    ASSERT_CLOSE(ntki_dynamics_decay(&dynamics, step), g, allowed);
                    v = beta * v - (decay + kappa) * f;
                    b = beta * b - (decay + kappa) * a + 1;
                    u = beta * u - (decay + kappa) * s + g;
                    w = beta * w - decay * g;
                    f += v;
                    a += b;
                    s += u;
                    g += w;
                    if (fabs(f) + fabs(a) + fabs(s) > 1e20)
                        break;
                }
            }
}
END_TEST

START_TEST(identities_hold_at_every_time) {
    /* retain = g - kappa start, learn = kappa target, and retain + learn = 1 without decay: nothing moves at f = y. */
    const double times[] = {1e-300, 1e-9, 0.5, 3, 1e3, 1e8, 1e20, 1e300, INFINITY};
    const double momenta[] = {0, 1e-300, 1e-30, 0.4, 0.99}, decays[] = {0, 1e-12, 0.3},
                 kappas[] = {0, 1e-200, 1e-8, 1, 1e5};
    for (int i = 0; i < 9; i++)
        for (int j = 0; j < 5; j++)
            for (int k = 0; k < 3; k++)
                for (int l = 0; l < 5; l++) {
                    const ntki_dynamics dynamics = {NTK_DYNAMICS_GRADIENT, 1, decays[k], momenta[j]};
                    const ntki_response response = ntki_respond(&dynamics, kappas[l], times[i]);
                    const double g = ntki_dynamics_decay(&dynamics, times[i]);
                    ck_assert(ntki_dynamics_stable(&dynamics, kappas[l]));
                    ck_assert(g <= 1 && (decays[k] > 0 || g == 1));
                    if (kappas[l] > 0)
                        ASSERT_CLOSE(response.retain, g - kappas[l] * response.start, 16 * DBL_EPSILON);
                    if (decays[k] == 0)
                        ASSERT_CLOSE(response.retain + response.learn, 1, 16 * DBL_EPSILON);
                }
}
END_TEST

START_TEST(limits) {
    const ntki_dynamics decay = {NTK_DYNAMICS_DESCENT, 1, 0.25, 0.5}, plain = {NTK_DYNAMICS_DESCENT, 1, 0, 0};
    ntki_response response = ntki_respond(&decay, 0.5, INFINITY);
    ck_assert(response.retain == 0 && response.start == 0);
    ASSERT_RELATIVE(response.target, 1 / 0.75, 2 * DBL_EPSILON);
    response = ntki_respond(&plain, 0.5, INFINITY);
    ck_assert(response.retain == 0 && response.learn == 1 && response.start == 2 && response.target == 2);
    response = ntki_respond(&plain, 0, INFINITY);
    ck_assert(response.retain == 1 && response.learn == 0);
    ck_assert(isinf(ntki_respond(&plain, 2.5, INFINITY).retain));
    ck_assert(!isnan(ntki_respond(&plain, 1e300, 1000).learn));
    ck_assert(!isnan(ntki_respond(&decay, 1e300, 1000).start));
    const ntki_dynamics fast = {NTK_DYNAMICS_GRADIENT, 1, DBL_MAX, 0};
    ASSERT_RELATIVE(ntki_respond(&fast, DBL_MAX, 1).learn, 0.5, 4 * DBL_EPSILON);
}
END_TEST

SUITE("flow_modes", modes_keep_to_the_reference, descent_is_the_loop, identities_hold_at_every_time, limits)
