/* The eigenbasis of a flow at sizes where LAPACK works in blocks, and at the ends of the double range. */
#include "tests/suite.h"

enum { N = 70, MOST = 100, STEPS = 400 };

typedef struct {
    double k[N * N], y[N * MOST];
} data_set;

/* K = B B' + I. */
static void data_create(data_set *data) {
    static double b[N * N];
    uint64_t state = 5;
    suite_fill(&state, N * N, b);
    suite_fill(&state, N * MOST, data->y);
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) {
            data->k[i * N + j] = i == j;
            for (int l = 0; l < N; l++)
                data->k[i * N + j] += b[i * N + l] * b[j * N + l];
        }
}

/* term = -(h / order) K term / n. */
static void differentiate(const double *k, int c, double factor, double *term) {
    static double next[N * MOST];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < c; j++) {
            double sum = 0;
            for (int l = 0; l < N; l++)
                sum += k[i * N + l] * term[l * c + j];
            next[i * c + j] = -factor / N * sum;
        }
    memcpy(term, next, sizeof(double) * N * (size_t)c);
}

/* y - f_1 from dr/dt = -K r / n and r = y at t = 0, by Taylor steps of order four. The rates are below 3 and h = 1/400: an
 * error of (3 h)^5 / 120 a step leaves 1e-10. */
static void residual_by_steps(const data_set *data, int c, double *r) {
    static double term[N * MOST];
    memcpy(r, data->y, sizeof(double) * N * (size_t)c);
    for (int s = 0; s < STEPS; s++) {
        memcpy(term, r, sizeof(double) * N * (size_t)c);
        for (int order = 1; order <= 4; order++) {
            differentiate(data->k, c, 1.0 / STEPS / order, term);
            for (int i = 0; i < N * c; i++)
                r[i] += term[i];
        }
    }
}

static void train(const double *k, const double *y, int c, double rate, double *f) {
    ntk_flow *flow = NULL;
    ASSERT_OK(ntk_flow_create(NULL, N, c, k, N, y, c, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_flow_set_learning_rate(flow, rate));
    ASSERT_OK(ntk_flow_train(flow, 1, f, c));
    ntk_flow_destroy(flow);
}

/* One output, and more than there are samples. */
START_TEST(obeys_the_differential_equation) {
    static data_set data;
    static double f[N * MOST], r[N * MOST];
    data_create(&data);
    for (int c = 1; c <= MOST; c += MOST - 1) {
        residual_by_steps(&data, c, r);
        train(data.k, data.y, c, 1, f);
        for (int i = 0; i < N * c; i++)
            ASSERT_CLOSE(f[i], data.y[i] - r[i], 1e-10);
    }
}
END_TEST

/* s K with the rate eta / s is the same flow, though squares of the entries of s K leave the double range, and so does
 * 1 / (s K). The least eigenvalue is 1 of some 100: n eps cond is below 1e-11. */
START_TEST(scale_of_the_gram_does_not_matter) {
    const double scales[] = {0x1p-1000, 0x1p-700, 0x1p-480, 0x1p480, 0x1p700, 0x1p1000};
    static data_set data, scaled;
    static double f[N], expected[N];
    data_create(&data);
    train(data.k, data.y, 1, 1, expected);
    for (int s = 0; s < (int)(sizeof(scales) / sizeof(scales[0])); s++) {
        for (int i = 0; i < N * N; i++)
            scaled.k[i] = scales[s] * data.k[i];
        train(scaled.k, data.y, 1, 1 / scales[s], f);
        for (int i = 0; i < N; i++)
            ASSERT_CLOSE(f[i], expected[i], 1e-11);
    }
}
END_TEST

START_TEST(eigenvalue_out_of_range_is_refused) {
    const double k[] = {1.5e308, 1.2e308, 1.2e308, 1.5e308}, y[] = {1, 2};
    ntk_flow *flow = NULL;
    int64_t rank = -1;
    ASSERT_OK(ntk_flow_create(NULL, 2, 1, k, 2, y, 1, NTK_LOSS_SQUARED, &flow));
    ck_assert_int_eq(ntk_flow_get_rank(flow, &rank), NTK_ERR_RANGE);
    ck_assert_int_eq(rank, -1);
    double f[2] = {7, 7};
    ck_assert_int_ne(ntk_flow_train(flow, INFINITY, f, 1), NTK_SUCCESS);
    ck_assert(f[0] == 7 && f[1] == 7);
    ntk_flow_destroy(flow);
}
END_TEST

SUITE("flow: eigenbasis", obeys_the_differential_equation, scale_of_the_gram_does_not_matter,
      eigenvalue_out_of_range_is_refused)
