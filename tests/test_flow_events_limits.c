/* The exact flow at t = infinity: with decay the support vector machine without bias and support vector regression, without
 * it the least cost. */
#include "tests/flow_events.h"

/* ---- dual coordinate descent [Hsieh08] ---- */

/* min a'K a / 2 - b'a + epsilon |a|_1 within low <= a <= high, until no entry moves by more than 1e-15. */
static void descend(int64_t n, const double *gram, const double *b, double epsilon, const double *low,
                    const double *high, double *a, double *f) {
    double moved = 1;
    for (int64_t i = 0; i < n; i++)
        a[i] = f[i] = 0;
    for (int64_t sweep = 0; sweep < 200000 && moved > 1e-15; sweep++) {
        moved = 0;
        for (int64_t i = 0; i < n; i++) {
            const double k = gram[i * n + i], z = b[i] - f[i] + k * a[i];
            const double best = (z > epsilon ? z - epsilon : z < -epsilon ? z + epsilon : 0) / k;
            const double change = fmin(high[i], fmax(low[i], best)) - a[i];
            moved = fmax(moved, fabs(change));
            a[i] += change;
            for (int64_t j = 0; change != 0 && j < n; j++)
                f[j] += gram[i * n + j] * change;
        }
    }
}

/* The limit against descent on its dual: hinge a_i y_i in [0, C w_i]; epsilon-insensitive a_i in [-C w_i, C w_i]. */
static void compare(const flow_case *the, double epsilon) {
    const int64_t n = the->n;
    const double most = the->rate / the->decay;
    double *const low = suite_doubles(n), *const high = suite_doubles(n), *const b = suite_doubles(n);
    double *const a = suite_doubles(n), *const f = suite_doubles(n), *const g = suite_doubles(n);
    for (int64_t i = 0; i < n; i++) {
        const double c = most * (the->weights == NULL ? 1 : the->weights[i]);
        low[i] = epsilon < 0 && the->y[i] > 0 ? 0 : -c;
        high[i] = epsilon < 0 && the->y[i] < 0 ? 0 : c;
        b[i] = the->y[i];
    }
    descend(n, the->gram, b, fmax(epsilon, 0), low, high, a, f);
    case_solve(the, INFINITY, a, NULL);
    case_outputs(the, INFINITY, a, g);
    for (int64_t i = 0; i < n; i++) {
        ASSERT_CLOSE(g[i], f[i], 1e-8);
        REQUIRE(a[i] >= low[i] && a[i] <= high[i], "a[%d] = %g leaves [%g, %g]", (int)i, a[i], low[i], high[i]);
    }
    free(low), free(high), free(b), free(a), free(f), free(g);
}

START_TEST(test_support_vector_machines) {
    const double epsilons[] = {-1, 0.1, 0}, ratios[] = {0.1, 1, 30};
    const int64_t n = suite_size(60, 15);
    for (size_t e = 0; e < sizeof(epsilons) / sizeof(*epsilons); e++)
        for (size_t r = 0; r < sizeof(ratios) / sizeof(*ratios); r++) {
            flow_case the = case_random(31 + r, n, 1, epsilons[e]);
            uint64_t state = 77;
            the.decay = 1e-3;
            the.rate = ratios[r] * the.decay;
            the.initial = suite_doubles(n); /* is forgotten */
            suite_fill(&state, n, the.initial);
            compare(&the, epsilons[e]);
            the.weights = suite_doubles(n);
            suite_fill(&state, n, the.weights);
            for (int64_t i = 0; i < n; i++)
                the.weights[i] = i % 7 == 0 ? 0 : 1.5 + the.weights[i];
            compare(&the, epsilons[e]);
            case_destroy(&the);
        }
}
END_TEST

/* ---- optimality ---- */

/* The largest violation of: y f >= 1 where y a < C, y f <= 1 where y a > 0. */
static double hinge_violation(const flow_case *the, const double *a, const double *f) {
    const double most = the->rate / the->decay;
    double worst = 0;
    for (int64_t i = 0; i < the->n * the->c; i++) {
        const double margin = 1 - the->y[i] * f[i], multiplier = the->y[i] * a[i];
        ck_assert(multiplier >= 0 && multiplier <= most);
        if (multiplier < most)
            worst = fmax(worst, margin);
        if (multiplier > 0)
            worst = fmax(worst, -margin);
    }
    return worst;
}

/* Without a ridge the condition of the Gram matrix is beyond 1e16: what is asked of outputs is their rounding, n |a| eps and
 * the noise of velocities, some hundred times that of one sum. */
START_TEST(test_optimality_with_a_singular_gram) {
    const int64_t n = suite_size(300, 40);
    for (double most = 1; most < 1e5; most *= 100) {
        flow_case the = case_create(n, 2, -1);
        uint64_t state = 3;
        double *const a = suite_doubles(2 * n), *const f = suite_doubles(2 * n);
        ntki_flow_work work;
        case_fill_gram(&the, &state, 0.7, 0);
        case_fill_targets(&the, &state);
        the.decay = 0.01;
        the.rate = most * the.decay;
        case_solve(&the, INFINITY, a, &work);
        case_outputs(&the, INFINITY, a, f);
        double size = 0;
        for (int64_t i = 0; i < 2 * n; i++)
            size += fabs(a[i]);
        const double worst = hinge_violation(&the, a, f), allowed = 500 * DBL_EPSILON * size;
        REQUIRE(worst <= allowed, "C = %g: %g, allowed %g", most, worst, allowed);
        REQUIRE(work.error <= allowed, "C = %g: error %g", most, work.error);
        free(a);
        free(f);
        case_destroy(&the);
    }
}
END_TEST

/* Features in {-1, 0, 1}^4, 81 points for 300 samples, labels without a rule: copies with both labels, rank 4. */
START_TEST(test_optimality_with_many_copies) {
    const int64_t n = suite_size(300, 60);
    flow_case the = case_create(n, 1, -1);
    uint64_t state = 19;
    double *const x = suite_doubles(4 * n), *const a = suite_doubles(n), *const f = suite_doubles(n);
    suite_fill(&state, 4 * n, x);
    case_fill_targets(&the, &state);
    for (int64_t i = 0; i < 4 * n; i++)
        x[i] = rint(1.499 * x[i]);
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            double sum = 0;
            for (int k = 0; k < 4; k++)
                sum += x[4 * i + k] * x[4 * j + k];
            the.gram[i * n + j] = sum;
        }
    the.decay = 0.125;
    for (the.rate = 0.125 / 64; the.rate < 10; the.rate *= 16) {
        ntki_flow_work work;
        case_solve(&the, INFINITY, a, &work);
        case_outputs(&the, INFINITY, a, f);
        double size = 0;
        for (int64_t i = 0; i < n; i++)
            size += 4 * fabs(a[i]);
        const double worst = hinge_violation(&the, a, f);
        REQUIRE(worst <= 500 * DBL_EPSILON * size, "rate %g: %g with |a| = %g", the.rate, worst, size);
    }
    free(x), free(a), free(f);
    case_destroy(&the);
}
END_TEST

/* ---- without decay ---- */

/* A regular Gram matrix: in finite time all margins are 1 at least, or all outputs in their bands. */
START_TEST(test_regular_without_decay) {
    const double epsilons[] = {-1, 0.1, 0};
    const int64_t n = suite_size(120, 30);
    double *const a = suite_doubles(n), *const f = suite_doubles(n), *const late = suite_doubles(n);
    for (size_t e = 0; e < sizeof(epsilons) / sizeof(*epsilons); e++) {
        flow_case the = case_random(51, n, 1, epsilons[e]);
        the.rate = 1.0 / (double)n;
        case_solve(&the, INFINITY, a, NULL);
        case_outputs(&the, INFINITY, a, f);
        for (int64_t i = 0; i < n; i++) {
            const double lack = epsilons[e] < 0 ? 1 - the.y[i] * f[i] : fabs(f[i] - the.y[i]) - epsilons[e];
            REQUIRE(lack <= 1e-10, "epsilon %g: sample %d lacks %g", epsilons[e], (int)i, lack);
        }
        case_solve(&the, 1e9, late, NULL);
        for (int64_t i = 0; i < n; i++)
            ASSERT_CLOSE(late[i], a[i], 1e-10 * fmax(1, fabs(a[i])));
        case_destroy(&the);
    }
    free(a), free(f), free(late);
}
END_TEST

/* K = x x' and epsilon = 0: f = beta x, and the cost sum_i |beta x_i - y_i| is least at the median of the y_i / x_i with
 * weights |x_i|: 0.2 of weight 1, 0.5 of 2, 0.9 of 1.5, -0.3 of 0.5, 0.6 of 1; half of 6 is reached at 0.5. */
START_TEST(test_rank_one_without_decay) {
    const double x[] = {1, -2, 1.5, 0.5, 1}, slope[] = {0.2, 0.5, 0.9, -0.3, 0.6};
    flow_case the = case_create(5, 1, 0);
    double a[5], f[5];
    ntki_flow_work work;
    for (int i = 0; i < 5; i++) {
        the.y[i] = slope[i] * x[i];
        for (int j = 0; j < 5; j++)
            the.gram[5 * i + j] = x[i] * x[j];
    }
    case_solve(&the, INFINITY, a, &work);
    case_outputs(&the, INFINITY, a, f);
    ck_assert_int_eq(work.steps, 2); /* at beta = 0.2, and at 0.5 */
    for (int i = 0; i < 5; i++)
        ASSERT_CLOSE(f[i], 0.5 * x[i], 64 * DBL_EPSILON);
    the.decay = 1e-3; /* 0.5 also with a little of it: the slopes there go from -1 to 3 */
    case_solve(&the, INFINITY, a, NULL);
    case_outputs(&the, INFINITY, a, f);
    for (int i = 0; i < 5; i++)
        ASSERT_CLOSE(f[i], 0.5 * x[i], 1e-10); /* a = v / 1e-3, and sums of a cancel */
    case_destroy(&the);
}
END_TEST

/* Many samples in a few dimensions, labels without a rule: the end is where the cost is least. There the gradient K v
 * vanishes for some v within the bounds; the cost on rays from there tells. */
START_TEST(test_low_rank_without_decay) {
    enum { N = 60, RANK = 4 };
    flow_case the = case_create(N, 1, -1);
    uint64_t state = 8;
    double x[N * RANK], a[N], f[N];
    suite_fill(&state, N * RANK, x);
    case_fill_targets(&the, &state);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            the.gram[i * N + j] = 0;
            for (int k = 0; k < RANK; k++)
                the.gram[i * N + j] += x[i * RANK + k] * x[j * RANK + k];
        }
    the.rate = 1.0 / N;
    case_solve(&the, INFINITY, a, NULL);
    case_outputs(&the, INFINITY, a, f);
    for (int ray = 0; ray < 1000; ray++) {
        double direction[RANK], here = 0, there = 0;
        suite_fill(&state, RANK, direction);
        for (int i = 0; i < N; i++) {
            double other = f[i];
            for (int k = 0; k < RANK; k++)
                other += 1e-3 * x[i * RANK + k] * direction[k];
            here += fmax(0, 1 - the.y[i] * f[i]);
            there += fmax(0, 1 - the.y[i] * other);
        }
        REQUIRE(there >= here - 1e-12, "the cost falls from %.17g to %.17g", here, there);
    }
    case_destroy(&the);
}
END_TEST

/* One sample of weight 1e-8 is on its way for 1e8 while the others rest: their multipliers, about 1e-8 by then, must have lost
 * the rounding of what they were, eps, which times t would be 1e-8. What is allowed is the rounding of sums of 12 terms of
 * size 10. */
START_TEST(test_slow_sample) {
    enum { FEW = 12 };
    for (int loss = 0; loss < 2; loss++) {
        flow_case the = case_random(53, FEW, 1, loss == 0 ? -1 : 0.1);
        double a[FEW], f[FEW];
        ntki_flow_work work;
        the.weights = suite_doubles(FEW);
        for (int i = 0; i < FEW; i++)
            the.weights[i] = i == 0 ? 1e-8 : 1;
        for (double t = 1e3; t < 1e11; t *= 10) {
            case_solve(&the, t, a, &work);
            case_outputs(&the, t, a, f);
            REQUIRE(work.error <= 100 * DBL_EPSILON, "loss %d, t = %g: error %g", loss, t, work.error);
        }
        for (int i = 0; i < FEW; i++) {
            const double lack = loss == 0 ? 1 - the.y[i] * f[i] : fabs(f[i] - the.y[i]) - 0.1;
            REQUIRE(lack <= 1000 * DBL_EPSILON, "loss %d: sample %d lacks %g", loss, i, lack);
        }
        case_destroy(&the);
    }
}
END_TEST

SUITE("flow_events_limits", test_support_vector_machines, test_optimality_with_a_singular_gram,
      test_optimality_with_many_copies, test_regular_without_decay, test_rank_one_without_decay,
      test_low_rank_without_decay, test_slow_sample)
