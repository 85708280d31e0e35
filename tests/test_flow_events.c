/* The exact flow of the hinge and the epsilon-insensitive loss at finite times: by hand for one and two samples, against
 * implicit Euler steps, and going on from a start. */
#include "tests/flow_events.h"

/* ---- by hand ---- */

/* f' = -lambda f + rate k until f = 1; there v = -lambda / (rate k) keeps it. */
START_TEST(test_one_sample) {
    const double k = 1.5, rate = 0.8, decay = 0.3, f0 = -0.4;
    flow_case the = case_create(1, 1, -1);
    the.gram[0] = k;
    the.y[0] = 1;
    the.rate = rate;
    the.decay = decay;
    the.initial = suite_doubles(1);
    the.initial[0] = f0;
    const double limit = rate * k / decay, arrival = log((limit - f0) / (limit - 1)) / decay;
    const double times[] = {0, 1e-9, 0.1, arrival * 0.999, arrival * 1.001, 3, 100, INFINITY};
    for (size_t j = 0; j < sizeof(times) / sizeof(*times); j++) {
        const double t = times[j], left = exp(-decay * t);
        const double f = t < arrival ? limit + left * (f0 - limit) : 1;
        ntki_flow_work work;
        double a;
        case_solve(&the, t, &a, &work);
        ASSERT_CLOSE(a, (f - left * f0) / k, ROUNDING);
        ck_assert_int_eq(work.steps, t < arrival ? 0 : 1);
        REQUIRE(work.error <= ROUNDING, "error %g", work.error);
    }
    the.rate = 0.9 * decay / k; /* never gets to 1 */
    double a;
    case_solve(&the, INFINITY, &a, NULL);
    ASSERT_CLOSE(a, the.rate / decay, ROUNDING);
    case_destroy(&the);
}
END_TEST

/* K = [1 r; r 1], y = (1, 1), weights (1, 1/2), lambda = 0: the first sample arrives at t1 = 1 / (1 + r/2). For r > 0 the
 * second one pushes it on; for r < 0 it pulls it back, and the first one stays with v = r/2. Both end at t2. */
START_TEST(test_two_samples) {
    for (int sign = -1; sign <= 1; sign += 2) {
        const double r = 0.6 * sign, gram[] = {1, r, r, 1};
        flow_case the = case_create(2, 1, -1);
        memcpy(the.gram, gram, sizeof(gram));
        the.y[0] = the.y[1] = 1;
        the.weights = suite_doubles(2);
        the.weights[0] = 1;
        the.weights[1] = 0.5;
        const double t1 = 1 / (1 + r / 2), speed = r > 0 ? 0.5 : 0.5 * (1 - r * r);
        const double t2 = t1 + (1 - t1 * (r + 0.5)) / speed;
        const double times[] = {t1 / 2, t1, (t1 + t2) / 2, t2 * 1.001, 1e9, INFINITY};
        for (size_t j = 0; j < sizeof(times) / sizeof(*times); j++) {
            const double t = times[j], later = fmax(0, fmin(t, t2) - t1);
            double a[2];
            case_solve(&the, t, a, NULL);
            ASSERT_CLOSE(a[0], fmin(t, t1) + (r < 0 ? -r / 2 * later : 0), ROUNDING);
            ASSERT_CLOSE(a[1], 0.5 * fmin(t, t2), ROUNDING);
        }
        case_destroy(&the);
    }
}
END_TEST

/* epsilon-insensitive: runs to the near side of the band, and rests there against the decay, which pulls to 0. From beyond
 * the band it decays into it and comes out at the other side. */
START_TEST(test_one_sample_with_a_band) {
    const double k = 2, epsilon = 0.25, y = 1, decay = 0.5;
    flow_case the = case_create(1, 1, epsilon);
    the.gram[0] = k;
    the.y[0] = y;
    the.decay = decay;
    the.initial = suite_doubles(1);
    for (int side = -1; side <= 1; side += 2) {
        const double f0 = the.initial[0] = side < 0 ? 0 : 3, limit = -side * k / decay;
        const double t1 = log((limit - f0) / (limit - (y + side * epsilon))) / decay;
        const double t2 = side < 0 ? t1 : t1 + log((y + epsilon) / (y - epsilon)) / decay;
        const double times[] = {t1 / 2, (t1 + t2) / 2, t2 * 1.01, 20, INFINITY};
        for (size_t j = 0; j < sizeof(times) / sizeof(*times); j++) {
            const double t = times[j], left = exp(-decay * t);
            const double before = limit + left * (f0 - limit), band = (y + epsilon) * exp(-decay * (t - t1));
            const double f = t < t1 ? before : t < t2 ? band : y - epsilon;
            double a;
            case_solve(&the, t, &a, NULL);
            ASSERT_CLOSE(a, (f - left * f0) / k, ROUNDING);
        }
    }
    case_destroy(&the);
}
END_TEST

/* ---- against implicit Euler ---- */

/* Implicit Euler is of first order for gradient flows of convex functions, kinks or not: an eighth of the step, an eighth
 * of the error, summed over cases. Where velocities are constant the error comes from the kinks' places in the grid of
 * times alone and scatters by some ten per cent of the sum. */
START_TEST(test_implicit_euler) {
    const double epsilons[] = {-1, 0.1, 0};
    const int64_t cases = suite_size(80, 60), steps = suite_size(200, 50);
    for (size_t e = 0; e < sizeof(epsilons) / sizeof(*epsilons); e++)
        for (int decays = 0; decays < 2; decays++) {
            double coarse = 0, fine = 0;
            for (int64_t k = 0; k < cases; k++) {
                flow_case the = case_random(100 + (uint64_t)k, 7, 1, epsilons[e]);
                uint64_t state = 7 + (uint64_t)k;
                the.decay = decays ? 0.4 : 0;
                the.rate = 0.5;
                the.initial = suite_doubles(7);
                the.weights = suite_doubles(7);
                suite_fill(&state, 7, the.initial);
                suite_fill(&state, 7, the.weights);
                for (int i = 0; i < 7; i++)
                    the.weights[i] = i == 3 ? 0 : 1.2 + the.weights[i];
                for (double t = 0.5; t < 5; t *= 3) {
                    coarse += euler_error(&the, epsilons[e], t, steps);
                    fine += euler_error(&the, epsilons[e], t, 8 * steps);
                }
                case_destroy(&the);
            }
            const double order = log(coarse / fine) / log(8);
            REQUIRE(coarse > 1e-3 && order > 0.85 && order < 1.15, "epsilon %g, decay %g: errors %g and %g, order %g",
                    epsilons[e], 0.4 * decays, coarse, fine, order);
        }
}
END_TEST

/* ---- a start ---- */

/* A flow that starts where another one was goes on as that one. */
START_TEST(test_start) {
    for (int loss = 0; loss < 2; loss++) {
        flow_case whole = case_random(21, 12, 1, loss == 0 ? -1 : 0.1),
                  rest = case_random(21, 12, 1, loss == 0 ? -1 : 0.1);
        uint64_t state = 4;
        whole.decay = rest.decay = 0.1;
        whole.initial = suite_doubles(12);
        rest.initial = suite_doubles(12);
        rest.start = suite_doubles(12);
        suite_fill(&state, 12, whole.initial);
        for (double t = 0.3; t < 10; t *= 2) {
            double a[12], b[12];
            case_solve(&whole, t, rest.start, NULL);
            for (int i = 0; i < 12; i++)
                rest.initial[i] = exp(-0.1 * t) * whole.initial[i];
            case_solve(&whole, t + 2, a, NULL);
            case_solve(&rest, 2, b, NULL);
            for (int i = 0; i < 12; i++)
                ASSERT_CLOSE(b[i], a[i], 1000 * ROUNDING); /* some 30 events, condition 200 */
            case_solve(&rest, 0, b, NULL);
            ASSERT_SAME_BITS(b, rest.start, 12);
        }
        case_destroy(&whole);
        case_destroy(&rest);
    }
}
END_TEST

SUITE("flow_events", test_one_sample, test_two_samples, test_one_sample_with_a_band, test_implicit_euler, test_start)
