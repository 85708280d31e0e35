/* Gradient flow of the squared loss against values computed with 60 digits (tests/reference). */
#include "tests/suite.h"

#include "tests/reference/flow_values.h"

typedef struct {
    const char *name;
    int n, m, c, initial, rank;
    double rate, decay, condition;
    const double *gram, *cross, *y, *f0, *g0; /* inputs */
    const double *values;                     /* per time: coefficients, outputs, outputs elsewhere */
} flow_case;

static flow_case case_of(int index) {
    const double *inputs = flow_inputs, *values = flow_values;
    flow_case one = {0};
    for (int i = 0; i <= index; i++) {
        const int *const size = flow_sizes + 5 * i;
        const int n = size[0], m = size[1], c = size[2];
        const double *const setting = flow_settings + 3 * i;
        one = (flow_case){flow_name[i], n,    m,    c,    size[3], size[4], setting[0], setting[1],
                          setting[2],   NULL, NULL, NULL, NULL,    NULL,    values};
        one.gram = inputs;
        one.cross = one.gram + n * n;
        one.y = one.cross + m * n;
        one.f0 = one.y + n * c;
        one.g0 = one.f0 + n * c;
        inputs = one.g0 + m * c;
        values += TIMES * (2 * n + m) * c;
    }
    return one;
}

static ntk_flow *flow_of(const flow_case *one) {
    ntk_flow *flow = NULL;
    ASSERT_OK(ntk_flow_create(NULL, one->n, one->c, one->gram, one->n, one->y, one->c, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_flow_set_learning_rate(flow, one->rate));
    ASSERT_OK(ntk_flow_set_weight_decay(flow, one->decay));
    if (one->initial)
        ASSERT_OK(ntk_flow_set_initial(flow, one->f0, one->c));
    return flow;
}

/* Largest difference of two r x c matrices, b with leading dimension ld. */
static double distance(const double *a, const double *b, int r, int c, int ld) {
    double largest = 0;
    for (int i = 0; i < r; i++)
        for (int q = 0; q < c; q++) {
            const double difference = fabs(a[i * c + q] - b[i * ld + q]);
            largest = difference <= largest ? largest : difference;
            if (isnan(difference))
                return INFINITY;
        }
    return largest;
}

static double magnitude(const double *a, int count) {
    double largest = 0;
    for (int i = 0; i < count; i++)
        largest = fmax(largest, fabs(a[i]));
    return largest;
}

/* 4 n eps cond: the backward error of the eigen-decomposition (or the factorisation) is n eps of the largest
 * eigenvalue, which moves a mode by that over its own eigenvalue. A singular Gram with weight decay is factored as
 * K + ridge, whose smallest eigenvalue is the ridge. All cases but the ill-conditioned one also keep to 1e-10. */
static double tolerance_of(const flow_case *one) {
    double condition = one->condition, largest = 0;
    if (one->decay > 0 && one->rank < one->n) {
        for (int i = 0; i < one->n; i++)
            largest += one->gram[i * one->n + i];
        condition = fmax(condition, 1 + largest * one->rate / (one->n * one->decay));
    }
    const double tolerance = 4 * one->n * DBL_EPSILON * condition;
    return one->condition < 1e3 ? fmin(tolerance, 1e-10) : tolerance;
}

/* Largest entry of K (a - b). */
static double product_distance(const flow_case *one, const double *a, const double *b, int ld) {
    double largest = 0;
    for (int i = 0; i < one->n; i++)
        for (int q = 0; q < one->c; q++) {
            long double sum = 0;
            for (int j = 0; j < one->n; j++)
                sum += (long double)one->gram[i * one->n + j] * ((long double)a[j * one->c + q] - b[j * ld + q]);
            largest = fmax(largest, (double)fabsl(sum));
            if (isnan((double)sum))
                return INFINITY;
        }
    return largest;
}

static void compare_time(const flow_case *one, ntk_flow *flow, int k) {
    enum { ROOM = 64 };
    const int n = one->n, m = one->m, c = one->c, ld = c + 2;
    const double *const a = one->values + k * (2 * n + m) * c, *const f = a + n * c, *const g = f + n * c;
    const double t = flow_time[k], allowed = tolerance_of(one);
    double got[ROOM];
    ck_assert_int_le((n > m ? n : m) * ld, ROOM);
    suite_fill_canary(ROOM, got);
    ASSERT_OK(ntk_flow_train(flow, t, got, ld));
    REQUIRE(distance(f, got, n, c, ld) <= allowed * (magnitude(f, n * c) + magnitude(one->y, n * c) +
                                                     magnitude(one->f0, one->initial ? n * c : 0)),
            "%s, t = %g: outputs off by %.3g, allowed %.3g", one->name, t, distance(f, got, n, c, ld), allowed);
    for (int i = 0; i < n; i++)
        ck_assert(suite_is_canary(2, got + i * ld + c));
    ASSERT_OK(ntk_flow_get_coefficients(flow, t, got, ld));
    if (one->rank == n) {
        const double off = distance(a, got, n, c, ld), size = magnitude(a, n * c);
        REQUIRE(off <= allowed * size, "%s, t = %g: coefficients off by %.3g, allowed %.3g", one->name, t, off,
                allowed * size);
    } else { /* a vector that the Gram takes to 0 may come on top: the difference has to be one */
        const double off = product_distance(one, a, got, ld), size = magnitude(f, n * c) + magnitude(one->y, n * c);
        REQUIRE(off <= allowed * size, "%s, t = %g: Gram times coefficients off by %.3g, allowed %.3g", one->name, t,
                off, allowed * size);
    }
    ASSERT_OK(ntk_flow_predict(flow, t, m, one->cross, n, one->initial ? one->g0 : NULL, c, got, ld));
    const double size = magnitude(a, n * c) * n * magnitude(one->cross, m * n) + magnitude(one->g0, m * c);
    REQUIRE(distance(g, got, m, c, ld) <= allowed * size + DBL_MIN, "%s, t = %g: predictions off by %.3g, allowed %.3g",
            one->name, t, distance(g, got, m, c, ld), allowed * size);
}

START_TEST(reference_values) {
    for (int i = 0; i < FLOWS; i++) {
        const flow_case one = case_of(i);
        ntk_flow *const flow = flow_of(&one);
        for (int k = 0; k < TIMES; k++)
            compare_time(&one, flow, k);
        for (int k = TIMES - 1; k >= 0; k--) /* in any order, and again from what is kept */
            compare_time(&one, flow, k);
        int64_t rank = -1;
        ASSERT_OK(ntk_flow_get_rank(flow, &rank));
        REQUIRE(rank == one.rank, "%s: rank %d, expected %d", one.name, (int)rank, one.rank);
        ntk_flow_destroy(flow);
    }
}
END_TEST

START_TEST(infinity_first) {
    /* t = infinity alone takes the factorisation, or for a singular Gram the decomposition after all. */
    for (int i = 0; i < FLOWS; i++) {
        const flow_case one = case_of(i);
        ntk_flow *const flow = flow_of(&one);
        compare_time(&one, flow, TIMES - 1);
        ntk_flow_destroy(flow);
    }
}
END_TEST

START_TEST(two_equal_rows_to_ten_digits) {
    /* Times 1e-3, 1, 1e6 and infinity on a Gram matrix with two equal rows, whose targets differ. */
    for (int i = 0; i < 4; i++) {
        const flow_case one = case_of(i);
        ntk_flow *const flow = flow_of(&one);
        ck_assert_int_lt(one.rank, one.n);
        for (int k = 1; k < TIMES; k++) {
            double f[64];
            ASSERT_OK(ntk_flow_train(flow, flow_time[k], f, one.c));
            const double *const expected = one.values + k * (2 * one.n + one.m) * one.c + one.n * one.c;
            for (int j = 0; j < one.n * one.c; j++)
                ASSERT_CLOSE(f[j], expected[j], 1e-10);
        }
        ntk_flow_destroy(flow);
    }
}
END_TEST

SUITE("flow reference", reference_values, infinity_first, two_equal_rows_to_ten_digits)
