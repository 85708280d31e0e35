/* Losses: values and gradients against high precision and finite differences, kinks, ends of the range. */
#include "src/loss/loss.h"
#include "tests/reference/loss_values.h"
#include "tests/loss_targets.h"

static bool has_parameter(int32_t kind) { return kind == NTK_LOSS_EPSILON_INSENSITIVE || kind == NTK_LOSS_HUBER; }

/* ---- accuracy ---- */

/* What a difference of two of the numbers in play is rounded from, where there is one: 1 for soft probabilities, whose
 * gradient is a difference of two of them; |f - y| + epsilon outside of the tube. */
static double cancelled(int32_t kind, double parameter, int64_t c, const double *f, const double *y) {
    double size = 0;
    for (int64_t k = 0; k < c; k++)
        if (kind == NTK_LOSS_CROSS_ENTROPY)
            size = y[k] != 0 && y[k] != 1 ? 1 : size;
        else if (kind == NTK_LOSS_EPSILON_INSENSITIVE)
            size += fabs(f[k] - y[k]) > parameter ? fabs(f[k] - y[k]) + parameter : 0;
    return isfinite(size) ? size : DBL_MAX;
}

/* e^(f_j - f_k) takes the rounding of the difference as a relative error; past e^-750 it is 0. */
static double spread(int32_t kind, int64_t c, const double *f) {
    double low = f[0], high = f[0];
    for (int64_t k = 1; k < c; k++) {
        low = fmin(low, f[k]);
        high = fmax(high, f[k]);
    }
    return kind == NTK_LOSS_CROSS_ENTROPY ? fmin(high - low, 750) : 0;
}

/* Each result is a sum of c terms of one sign, made by some five operations with relative errors of eps or, for exp and
 * log1p, 1.5 eps: (c + 6 + spread) eps of itself; and of what has cancelled. A subnormal one may be a unit off. */
START_TEST(high_precision) {
    for (int i = 0; i < LOSS_ROWS; i++) {
        const double *const in = loss_inputs + (1 + 2 * LOSS_CLASSES) * i;
        const double *const expected = loss_results + (1 + LOSS_CLASSES) * i;
        const double *const f = in + 1, *const y = in + 1 + LOSS_CLASSES;
        const int32_t kind = loss_kind[i];
        const int64_t c = loss_outputs[i];
        ntk_loss *const loss = loss_of(kind, has_parameter(kind) ? in : NULL);
        double got[1 + LOSS_CLASSES];
        ASSERT_OK(ntk_loss_evaluate(loss, 1, c, f, c, y, c, got, got + 1, c));
        const double factor = ((double)c + 6 + spread(kind, c, f)) * DBL_EPSILON;
        for (int64_t k = 0; k <= c; k++) {
            const bool cancels = (k == 0) == (kind == NTK_LOSS_EPSILON_INSENSITIVE);
            const double scale = fabs(expected[k]) / 2 + (cancels ? cancelled(kind, in[0], c, f, y) / 2 : 0);
            const double allowed = 2 * (factor * scale) + 2 * DBL_TRUE_MIN;
            REQUIRE(fabs(got[k] - expected[k]) <= allowed,
                    "row %d, %s of c = %d, f[0] = %.17g, y[0] = %.17g: entry %d is %.17g, expected %.17g: off by %.3g, "
                    "allowed %.3g",
                    i, ntk_loss_kind_name(kind), (int)c, f[0], y[0], (int)k, got[k], expected[k],
                    fabs(got[k] - expected[k]), allowed);
        }
        ntk_loss_destroy(loss);
    }
}
END_TEST

/* Central differences: the third derivative is at most 1, so h^2 / 6 of truncation, and the rounding of values up to 20
 * over 2 h. Kinks are kept away from. */
START_TEST(finite_differences) {
    enum { ROWS = 40, C = 3 };
    const double h = 1e-5, allowed = h * h / 6 + 20 * (C + 6) * DBL_EPSILON / h;
    uint64_t state = 3;
    for (int32_t kind = 0; kind < KINDS; kind++) {
        double f[ROWS * C], y[ROWS * C], gradient[ROWS * C];
        ntk_loss *const loss = loss_of(kind, NULL);
        suite_fill(&state, ROWS * C, f);
        fill_targets(&state, kind, ROWS, C, y);
        for (int i = 0; i < ROWS * C; i++) {
            f[i] = 3 * f[i];
            const double kinks[] = {fabs(y[i] * f[i] - 1), fabs(fabs(f[i] - y[i]) - 0.1), fabs(fabs(f[i] - y[i]) - 1)};
            for (int q = 0; q < 3; q++)
                f[i] += kinks[q] < 10 * h ? 0.01 : 0;
        }
        ASSERT_OK(ntk_loss_evaluate(loss, ROWS, C, f, C, y, C, NULL, gradient, C));
        for (int i = 0; i < ROWS * C; i++) {
            const int64_t row = i / C * C;
            const double at = f[i];
            f[i] = at + h;
            const double up = value_at(loss, C, f + row, y + row);
            f[i] = at - h;
            const double down = value_at(loss, C, f + row, y + row);
            f[i] = at;
            REQUIRE(fabs((up - down) / (2 * h) - gradient[i]) <= allowed,
                    "%s at f = %.17g, y = %.17g: %.17g, not %.17g", ntk_loss_kind_name(kind), f[i], y[i], gradient[i],
                    (up - down) / (2 * h));
        }
        ntk_loss_destroy(loss);
    }
}
END_TEST

/* |gradient(f + h) - gradient(f)| <= curvature |h| (2-norms), and somewhere it comes close; the gradient is
 * monotone. */
START_TEST(curvature) {
    const int32_t smooth[] = {NTK_LOSS_SQUARED, NTK_LOSS_LOGISTIC, NTK_LOSS_CROSS_ENTROPY, NTK_LOSS_SQUARED_HINGE,
                              NTK_LOSS_HUBER};
    const double expected[] = {1, 0.25, 0.5, 1, 1};
    const double h = 1e-4;
    uint64_t state = 4;
    for (int s = 0; s < 5; s++) {
        ntk_loss *const loss = loss_of(smooth[s], NULL);
        ck_assert(ntki_loss_curvature(loss) == expected[s]);
        double largest = 0;
        for (int i = 0; i < 2000; i++) {
            double f[2], y[2], g[2], moved[2], g_moved[2], step[2];
            suite_fill(&state, 2, f);
            suite_fill(&state, 2, step);
            fill_targets(&state, smooth[s], 1, 2, y);
            for (int k = 0; k < 2; k++)
                moved[k] = f[k] + h * step[k];
            gradient_at(loss, 2, f, y, g);
            gradient_at(loss, 2, moved, y, g_moved);
            const double way = hypot(moved[0] - f[0], moved[1] - f[1]);
            const double change = hypot(g_moved[0] - g[0], g_moved[1] - g[1]);
            const double along = (g_moved[0] - g[0]) * (moved[0] - f[0]) + (g_moved[1] - g[1]) * (moved[1] - f[1]);
            REQUIRE(along >= -10 * DBL_EPSILON * way, "%s is not convex", ntk_loss_kind_name(smooth[s]));
            if (way > 0.1 * h)
                largest = fmax(largest, change / way);
        }
        REQUIRE(largest <= expected[s] * (1 + 1e-9) && largest >= 0.95 * expected[s], "%s: curvature %.17g",
                ntk_loss_kind_name(smooth[s]), largest);
        ntk_loss_destroy(loss);
    }
}
END_TEST

START_TEST(small_losses_have_digits) {
    const double f = 50, one = 1, right[] = {60, 10}, first[] = {1, 0};
    double gradient[2];
    ntk_loss *const logistic = loss_of(NTK_LOSS_LOGISTIC, NULL), *const entropy = loss_of(NTK_LOSS_CROSS_ENTROPY, NULL);
    ASSERT_RELATIVE(value_at(logistic, 1, &f, &one), 1.9287498479639178e-22, 4 * DBL_EPSILON);
    ASSERT_RELATIVE(slope_at(logistic, 50, 1), -1.9287498479639178e-22, 4 * DBL_EPSILON);
    ASSERT_RELATIVE(value_at(entropy, 2, right, first), 1.9287498479639178e-22, 4 * DBL_EPSILON);
    gradient_at(entropy, 2, right, first, gradient);
    ASSERT_RELATIVE(gradient[0], -1.9287498479639178e-22, 4 * DBL_EPSILON);
    ASSERT_RELATIVE(gradient[1], 1.9287498479639178e-22, 4 * DBL_EPSILON);
    ntk_loss_destroy(entropy);
    ntk_loss_destroy(logistic);
}
END_TEST

/* A constant added to all outputs changes nothing; two classes are the logistic loss of their difference. */
START_TEST(cross_entropy_identities) {
    ntk_loss *const entropy = loss_of(NTK_LOSS_CROSS_ENTROPY, NULL), *const logistic = loss_of(NTK_LOSS_LOGISTIC, NULL);
    const double f[] = {1.5, -0.25, 3}, moved[] = {1025.5, 1023.75, 1027}, y[] = {0.25, 0.5, 0.25};
    double gradient[3], other[3];
    ck_assert(value_at(entropy, 3, f, y) == value_at(entropy, 3, moved, y)); /* all differences are exact */
    gradient_at(entropy, 3, f, y, gradient);
    gradient_at(entropy, 3, moved, y, other);
    ASSERT_SAME_BITS(gradient, other, 3);
    ASSERT_CLOSE(gradient[0] + gradient[1] + gradient[2], 0, 4 * DBL_EPSILON);
    for (double gap = -4; gap <= 4; gap += 0.5) {
        const double pair[] = {gap, 0}, first[] = {1, 0}, one = 1;
        ASSERT_RELATIVE(value_at(entropy, 2, pair, first), value_at(logistic, 1, &gap, &one), 4 * DBL_EPSILON);
    }
    ntk_loss_destroy(logistic);
    ntk_loss_destroy(entropy);
}
END_TEST

/* ---- kinks and ends of the range ---- */

START_TEST(kinks) {
    const double epsilon = 0.25, zero = 0, delta = 0.5;
    ntk_loss *const hinge = loss_of(NTK_LOSS_HINGE, NULL), *const squared = loss_of(NTK_LOSS_SQUARED_HINGE, NULL);
    ntk_loss *const tube = loss_of(NTK_LOSS_EPSILON_INSENSITIVE, &epsilon);
    ntk_loss *const absolute = loss_of(NTK_LOSS_EPSILON_INSENSITIVE, &zero);
    ntk_loss *const huber = loss_of(NTK_LOSS_HUBER, &delta);
    ck_assert(slope_at(hinge, 1, 1) == 0 && slope_at(hinge, -1, -1) == 0);
    ck_assert(slope_at(hinge, nextafter(1, 0), 1) == -1 && slope_at(hinge, nextafter(-1, 0), -1) == 1);
    ck_assert(slope_at(squared, 1, 1) == 0 && slope_at(squared, 0, -1) == 1);
    ck_assert(slope_at(tube, 2.25, 2) == 0 && slope_at(tube, 1.75, 2) == 0);
    ck_assert(slope_at(tube, 2.5, 2) == 1 && slope_at(tube, 1.5, 2) == -1);
    ck_assert(slope_at(absolute, 2, 2) == 0 && slope_at(absolute, 3, 2) == 1 && slope_at(absolute, 1, 2) == -1);
    ck_assert(slope_at(huber, 2.5, 2) == 0.5 && slope_at(huber, 3, 2) == 0.5 && slope_at(huber, 0, 2) == -0.5);
    ck_assert(slope_at(huber, 2.25, 2) == 0.25);
    ntk_loss_destroy(huber);
    ntk_loss_destroy(absolute);
    ntk_loss_destroy(tube);
    ntk_loss_destroy(squared);
    ntk_loss_destroy(hinge);
}
END_TEST

/* At the largest doubles: a result in the range is found, one beyond is NTK_ERR_RANGE with nothing written. */
START_TEST(the_largest_numbers) {
    const double big = DBL_MAX, one = 1, minus = -1, far = -DBL_MAX;
    const double f[] = {DBL_MAX, -DBL_MAX}, first[] = {1, 0}, second[] = {0, 1}, mostly[] = {0.75, 0.25};
    double value = 5, slope = 6, gradient[2];
    ntk_context *context = NULL;
    ntk_loss *squared = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_loss_create(context, NTK_LOSS_SQUARED, NULL, 0, &squared));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_loss_evaluate(squared, 1, 1, &big, 1, &one, 1, &value, &slope, 1));
    ck_assert(value == 5 && slope == 6 && suite_mentions(ntk_context_last_error(context), "value"));
    ASSERT_OK(ntk_loss_evaluate(squared, 1, 1, &big, 1, &one, 1, NULL, &slope, 1));
    ck_assert(slope == DBL_MAX);
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_loss_evaluate(squared, 1, 1, &big, 1, &far, 1, NULL, &slope, 1));
    ck_assert(suite_mentions(ntk_context_last_error(context), "gradient"));
    for (int kind = NTK_LOSS_LOGISTIC; kind <= NTK_LOSS_HINGE; kind += NTK_LOSS_HINGE - NTK_LOSS_LOGISTIC) {
        ntk_loss *const loss = loss_of(kind, NULL);
        ck_assert(value_at(loss, 1, &big, &one) == 0 && value_at(loss, 1, &big, &minus) == DBL_MAX);
        ck_assert(slope_at(loss, big, 1) == 0 && slope_at(loss, big, -1) == 1 && slope_at(loss, -big, 1) == -1);
        ntk_loss_destroy(loss);
    }
    ntk_loss *const entropy = loss_of(NTK_LOSS_CROSS_ENTROPY, NULL), *const huber = loss_of(NTK_LOSS_HUBER, NULL);
    ck_assert(value_at(entropy, 2, f, first) == 0);
    ASSERT_RELATIVE(value_at(entropy, 2, f, mostly), DBL_MAX / 2, DBL_EPSILON);
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_loss_evaluate(entropy, 1, 2, f, 2, second, 2, &value, NULL, 0));
    gradient_at(entropy, 2, f, second, gradient);
    ck_assert(gradient[0] == 1 && gradient[1] == -1);
    ck_assert(value_at(huber, 1, &big, &one) == DBL_MAX && slope_at(huber, big, far) == 1);
    ntk_loss_destroy(huber);
    ntk_loss_destroy(entropy);
    ntk_loss_destroy(squared);
    ntk_context_destroy(context);
}
END_TEST

SUITE("loss", high_precision, finite_differences, curvature, small_losses_have_digits, cross_entropy_identities, kinks,
      the_largest_numbers)
