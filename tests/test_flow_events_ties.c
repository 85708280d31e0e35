/* The exact flow where samples tie: copies, both labels at one point, starts on kinks, and problems in small integers, in
 * which events coincide and Gram matrices are singular. */
#include "tests/flow_events.h"

/* A sample of weight k is k samples of weight 1; one of weight 0 is none. */
START_TEST(test_weights_are_copies) {
    const int64_t copies[] = {2, 1, 0, 3, 1, 2}, kinds = 6;
    for (int loss = 0; loss < 3; loss++)
        for (int decays = 0; decays < 2; decays++) {
            flow_case few = case_random(5, kinds, 1, loss - 1), many = case_create(9, 1, loss - 1);
            int64_t of[9], rows = 0;
            few.weights = suite_doubles(kinds);
            few.decay = many.decay = decays ? 0.2 : 0;
            for (int64_t i = 0; i < kinds; i++) {
                few.weights[i] = (double)copies[i];
                for (int64_t k = 0; k < copies[i]; k++)
                    of[rows++] = i;
            }
            ck_assert_int_eq(rows, 9);
            for (int64_t i = 0; i < rows; i++) {
                many.y[i] = few.y[of[i]];
                for (int64_t j = 0; j < rows; j++)
                    many.gram[i * rows + j] = few.gram[of[i] * kinds + of[j]];
            }
            const double times[] = {0.1, 0.5, 1, 2, 5, 20, INFINITY};
            for (size_t s = 0; s < sizeof(times) / sizeof(*times); s++) {
                double a[6], b[9], f[6], g[9];
                case_solve(&few, times[s], a, NULL);
                case_solve(&many, times[s], b, NULL);
                case_outputs(&few, times[s], a, f);
                case_outputs(&many, times[s], b, g);
                ck_assert(a[2] == 0);
                for (int64_t i = 0; i < rows; i++)
                    ASSERT_CLOSE(g[i], f[of[i]], 100 * ROUNDING); /* some ten events, |a| below 10, condition 100 */
            }
            case_destroy(&few);
            case_destroy(&many);
        }
}
END_TEST

/* Both labels at one point: with weights 1 and 1 nothing moves; with 2 and 1 it goes to 1 at speed 1 and stays, where the
 * heavier sample's v goes from -2 to -1. */
START_TEST(test_both_labels_at_one_point) {
    for (int heavy = 1; heavy <= 2; heavy++) {
        flow_case the = case_create(2, 1, -1);
        for (int i = 0; i < 4; i++)
            the.gram[i] = 1;
        the.y[0] = 1;
        the.y[1] = -1;
        the.weights = suite_doubles(2);
        the.weights[0] = heavy;
        the.weights[1] = 1;
        const double times[] = {0.25, 1, 7, 1e6, INFINITY};
        for (size_t s = 0; s < sizeof(times) / sizeof(*times); s++) {
            double a[2], f[2];
            case_solve(&the, times[s], a, NULL);
            case_outputs(&the, times[s], a, f);
            ASSERT_CLOSE(f[0], heavy == 1 ? 0 : fmin(1, times[s]), ROUNDING * fmax(1, fabs(a[0])));
        }
        case_destroy(&the);
    }
}
END_TEST

/* f_0 = y and epsilon = 0: all samples start on their kinks. Without decay nothing moves. With it they stay as long as K v =
 * -(lambda / rate) y has a solution within the bounds; a small rate lets some go, as implicit Euler tells. */
START_TEST(test_all_on_their_kinks) {
    flow_case the = case_random(11, 8, 1, 0);
    double a[8], f[8];
    the.initial = suite_doubles(8);
    memcpy(the.initial, the.y, 8 * sizeof(double));
    case_solve(&the, 3, a, NULL);
    for (int i = 0; i < 8; i++)
        ck_assert(a[i] == 0);
    the.decay = 0.1;
    the.rate = 100;
    case_solve(&the, 3, a, NULL);
    case_outputs(&the, 3, a, f);
    for (int i = 0; i < 8; i++)
        ASSERT_CLOSE(f[i], the.y[i], 100 * ROUNDING); /* condition 100 */
    the.rate = 0.05;
    const double coarse = euler_error(&the, 0, 4, 400), fine = euler_error(&the, 0, 4, 800);
    REQUIRE(coarse > 1e-5 && coarse / fine > 1.7 && coarse / fine < 2.3, "errors %g and %g", coarse, fine);
    case_destroy(&the);
}
END_TEST

/* All samples alike: one event for all, and for the two times of arrival of the two labels' sides at most two. */
START_TEST(test_all_alike) {
    enum { MANY = 50 };
    flow_case the = case_create(MANY, 1, -1);
    for (int i = 0; i < MANY * MANY; i++)
        the.gram[i] = 1;
    for (int i = 0; i < MANY; i++)
        the.y[i] = i < 40 ? 1 : -1;
    the.rate = 1.0 / MANY;
    the.decay = 0.01;
    for (double t = 0.5; t < 1e4; t *= 4) {
        double a[MANY], f[MANY];
        ntki_flow_work work;
        case_solve(&the, t, a, &work);
        case_outputs(&the, t, a, f);
        ck_assert_int_le(work.steps, 2);
        for (int i = 0; i < MANY; i++)
            ASSERT_CLOSE(f[i], fmin(1, 60 * (1 - exp(-0.01 * t))), MANY * ROUNDING);
    }
    case_destroy(&the);
}
END_TEST

static int64_t integer(uint64_t *state, int64_t below) { return (int64_t)(suite_bits(state) >> 33) % below; }

static double *integers(uint64_t *state, int64_t count, int64_t least, int64_t below) {
    double *const values = suite_doubles(count);
    for (int64_t i = 0; i < count; i++)
        values[i] = (double)(least + integer(state, below));
    return values;
}

/* Up to seven samples with up to four features, all small integers: Gram matrices of low rank, copies, zero rows, weights 0,
 * starts on kinks and events that coincide are the rule. */
static flow_case in_integers(uint64_t seed, double *epsilon) {
    const double epsilons[] = {-1, -1, 0, 0.5, 1}, decays[] = {0, 0, 0.5, 1, 0.0625};
    uint64_t state = seed * 7919 + 1;
    const int64_t n = 1 + integer(&state, 7), d = 1 + integer(&state, 4);
    *epsilon = epsilons[integer(&state, 5)];
    flow_case the = case_create(n, 1, *epsilon);
    double *const x = integers(&state, n * d, -2, 5);
    const bool ridge = integer(&state, 3) == 0;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            the.gram[i * n + j] = ridge && i == j;
            for (int64_t k = 0; k < d; k++)
                the.gram[i * n + j] += x[i * d + k] * x[j * d + k];
        }
    for (int64_t i = 0; i < n; i++)
        the.y[i] = *epsilon < 0 ? (double)(2 * integer(&state, 2) - 1) : (double)(integer(&state, 5) - 2);
    the.initial = integer(&state, 2) ? integers(&state, n, -2, 5) : NULL;
    the.weights = integer(&state, 2) ? integers(&state, n, 0, 3) : NULL;
    the.decay = decays[integer(&state, 5)];
    the.rate = 1.0 / (double)(1 + integer(&state, 8));
    free(x);
    return the;
}

/* Velocities are below 100, and an Euler step shifts the time of an event by one step at most: with steps of t/1000 outputs
 * are off by a few velocities times that. What is found is a tenth of what is allowed. */
START_TEST(test_integers) {
    const int64_t cases = suite_size(400, 40);
    for (int64_t k = 0; k < cases; k++) {
        double epsilon = 0;
        flow_case the = in_integers((uint64_t)k, &epsilon);
        for (double t = 0.125; t < 9; t *= 4) {
            double a[7], f[7], other[7];
            ntki_flow_work work;
            case_solve(&the, t, a, &work);
            case_outputs(&the, t, a, f);
            euler(&the, epsilon, t, 1000, other);
            REQUIRE(work.error <= 1e-13, "case %d, t = %g: error %g", (int)k, t, work.error);
            for (int64_t i = 0; i < the.n; i++)
                REQUIRE(fabs(f[i] - other[i]) <= 0.02 * fmax(1, t), "case %d, t = %g: sample %d is at %g, Euler at %g",
                        (int)k, t, (int)i, f[i], other[i]);
        }
        case_destroy(&the);
    }
}
END_TEST

SUITE("flow_events_ties", test_weights_are_copies, test_both_labels_at_one_point, test_all_on_their_kinks,
      test_all_alike, test_integers)
