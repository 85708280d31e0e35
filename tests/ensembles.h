/* Ensembles for the suites: a small data set with both kernels, and everything that an ensemble tells at one time. */
#ifndef NTK_TESTS_ENSEMBLES_H
#define NTK_TESTS_ENSEMBLES_H

#include "tests/suite.h"

enum { N = 24, M = 9, C = 2, D = 4, TIMES = 6 };

static const double times[TIMES] = {0, 1e-3, 1, 1e3, 1e9, INFINITY};

typedef struct {
    ntk_kernel *ntk, *nngp;
    double x[N * D], z[M * D], y[N * C];
    double theta[N * N], theta_z[M * N], s[N * N], s_z[M * N], prior[M * M];
} data_set;

static inline void data_create(data_set *data, bool equal_rows) {
    uint64_t state = 23;
    ntk_context *context = NULL;
    suite_fill(&state, N * D, data->x);
    suite_fill(&state, M * D, data->z);
    suite_fill(&state, N * C, data->y);
    memcpy(data->z + 4 * D, data->x + 7 * D, sizeof(double) * D); /* a point of the training set */
    if (equal_rows)
        memcpy(data->x + 17 * D, data->x + 5 * D, sizeof(double) * D);
    ASSERT_OK(ntk_context_create(&context));
    data->ntk = suite_kernel(context, D, 3, NTK_ACTIVATION_RELU, 1.4, 0.1, NTK_KERNEL_NTK);
    data->nngp = suite_kernel(context, D, 3, NTK_ACTIVATION_RELU, 1.4, 0.1, NTK_KERNEL_NNGP);
    ntk_context_destroy(context); /* the kernels hold it */
    ASSERT_OK(ntk_kernel_gram(data->ntk, N, data->x, D, data->theta, N));
    ASSERT_OK(ntk_kernel_gram(data->nngp, N, data->x, D, data->s, N));
    ASSERT_OK(ntk_kernel_gram(data->nngp, M, data->z, D, data->prior, M));
    ASSERT_OK(ntk_kernel_cross(data->ntk, M, data->z, D, N, data->x, D, data->theta_z, N));
    ASSERT_OK(ntk_kernel_cross(data->nngp, M, data->z, D, N, data->x, D, data->s_z, N));
}

static inline void data_destroy(data_set *data) {
    ntk_kernel_destroy(data->nngp);
    ntk_kernel_destroy(data->ntk);
}

static inline ntk_ensemble *ensemble_of(const data_set *data, const double *theta) {
    ntk_ensemble *ensemble = NULL;
    ASSERT_OK(ntk_ensemble_create(NULL, N, C, theta, N, data->s, N, data->y, C, &ensemble));
    return ensemble;
}

/* Everything that an ensemble tells at one time. */
typedef struct {
    double mean[N * C], covariance[N * N], variance[N];
    double mean_z[M * C], covariance_z[M * M], variance_z[M];
} course;

static inline course at(ntk_ensemble *ensemble, const data_set *data, const double *theta_z, double t) {
    course all;
    ASSERT_OK(ntk_ensemble_train(ensemble, t, all.mean, C, all.covariance, N, all.variance));
    ASSERT_OK(ntk_ensemble_predict(ensemble, t, M, theta_z, N, data->s_z, N, data->prior, M, NULL, all.mean_z, C,
                                   all.covariance_z, M, all.variance_z));
    return all;
}

static inline void assert_close(const double *a, const double *b, int count, double allowed) {
    for (int i = 0; i < count; i++)
        ASSERT_CLOSE(a[i], b[i], allowed);
}

/* The condition of the Grams without equal rows is below 1e4, and S(x,x) about 2: n eps cond = 5e-11 for what is
 * divided by eigenvalues. */
static const double DIVIDED = 1e-10;
/* Only products and bounded factors: n eps, with a factor of 100 for the sums over products of sums. */
static const double MULTIPLIED = 100 * N * DBL_EPSILON;

#endif
