/* Ensembles of trained networks: identities. Reference values, refusals and trained networks have suites of their own.
 * */
#include "tests/ensembles.h"

/* A + allowed I has a Cholesky factor. */
static bool is_positive(int n, const double *a, double allowed) {
    double *const l = suite_doubles(n * n);
    bool positive = true;
    memcpy(l, a, sizeof(double) * (size_t)(n * n));
    for (int j = 0; positive && j < n; j++) {
        double pivot = l[j * n + j] + allowed;
        for (int k = 0; k < j; k++)
            pivot -= l[j * n + k] * l[j * n + k];
        positive = pivot > 0;
        l[j * n + j] = sqrt(pivot);
        for (int i = j + 1; i < n; i++) {
            for (int k = 0; k < j; k++)
                l[i * n + j] -= l[i * n + k] * l[j * n + k];
            l[i * n + j] /= l[j * n + j];
        }
    }
    free(l);
    return positive;
}

START_TEST(symmetric_and_positive_at_every_time) {
    for (int equal = 0; equal < 2; equal++) {
        data_set data;
        data_create(&data, equal == 1);
        for (int last = 0; last < 2; last++) {
            ntk_ensemble *const ensemble = ensemble_of(&data, last ? NULL : data.theta);
            for (int k = 0; k < TIMES; k++) {
                const course all = at(ensemble, &data, last ? NULL : data.theta_z, times[k]);
                for (int i = 0; i < N; i++) {
                    ck_assert(all.variance[i] >= 0 && all.variance[i] == all.covariance[i * N + i]);
                    for (int j = 0; j < i; j++)
                        ck_assert(all.covariance[i * N + j] == all.covariance[j * N + i]);
                }
                for (int i = 0; i < M; i++) {
                    ck_assert(all.variance_z[i] >= 0 && all.variance_z[i] == all.covariance_z[i * M + i]);
                    for (int j = 0; j < i; j++)
                        ck_assert(all.covariance_z[i * M + j] == all.covariance_z[j * M + i]);
                }
                ck_assert(is_positive(N, all.covariance, MULTIPLIED));
                ck_assert(is_positive(M, all.covariance_z, MULTIPLIED));
            }
            ntk_ensemble_destroy(ensemble);
        }
        data_destroy(&data);
    }
}
END_TEST

START_TEST(starts_as_the_prior) {
    const double zero[N * C] = {0};
    data_set data;
    data_create(&data, true);
    for (int last = 0; last < 2; last++) {
        ntk_ensemble *const ensemble = ensemble_of(&data, last ? NULL : data.theta);
        const course all = at(ensemble, &data, last ? NULL : data.theta_z, 0);
        ASSERT_SAME_BITS(all.mean, zero, N * C);
        ASSERT_SAME_BITS(all.mean_z, zero, M * C);
        ASSERT_SAME_BITS(all.covariance, data.s, N * N);
        ASSERT_SAME_BITS(all.covariance_z, data.prior, M * M);
        /* and leaves it without a jump */
        const course soon = at(ensemble, &data, last ? NULL : data.theta_z, 1e-14);
        assert_close(soon.covariance, data.s, N * N, MULTIPLIED);
        assert_close(soon.covariance_z, data.prior, M * M, MULTIPLIED);
        ntk_ensemble_destroy(ensemble);
    }
    data_destroy(&data);
}
END_TEST

START_TEST(mean_is_the_flow_from_zero) {
    data_set data;
    data_create(&data, true);
    for (int last = 0; last < 2; last++) {
        ntk_ensemble *const ensemble = ensemble_of(&data, last ? NULL : data.theta);
        ntk_flow *flow = NULL;
        ASSERT_OK(ntk_flow_create(NULL, N, C, last ? data.s : data.theta, N, data.y, C, NTK_LOSS_SQUARED, &flow));
        ASSERT_OK(ntk_ensemble_set_learning_rate(ensemble, 0.7));
        ASSERT_OK(ntk_flow_set_learning_rate(flow, 0.7));
        for (int decay = 0; decay < 2; decay++) {
            ASSERT_OK(ntk_ensemble_set_weight_decay(ensemble, 0.01 * decay));
            ASSERT_OK(ntk_flow_set_weight_decay(flow, 0.01 * decay));
            for (int k = 0; k < TIMES; k++) {
                const course all = at(ensemble, &data, last ? NULL : data.theta_z, times[k]);
                double f[N * C], g[M * C];
                ASSERT_OK(ntk_flow_train(flow, times[k], f, C));
                ASSERT_OK(ntk_flow_predict(flow, times[k], M, last ? data.s_z : data.theta_z, N, NULL, 0, g, C));
                assert_close(all.mean, f, N * C, DIVIDED);
                assert_close(all.mean_z, g, M * C, DIVIDED);
            }
        }
        ntk_flow_destroy(flow);
        ntk_ensemble_destroy(ensemble);
    }
    data_destroy(&data);
}
END_TEST

START_TEST(nngp_as_ntk_is_the_last_layer) {
    for (int equal = 0; equal < 2; equal++) {
        data_set data;
        data_create(&data, equal == 1);
        ntk_ensemble *const last = ensemble_of(&data, NULL), *const both = ensemble_of(&data, data.s);
        for (int decay = 0; decay < 2; decay++) {
            ASSERT_OK(ntk_ensemble_set_weight_decay(last, 0.1 * decay));
            ASSERT_OK(ntk_ensemble_set_weight_decay(both, 0.1 * decay));
            for (int k = 0; k < TIMES; k++) {
                const course a = at(last, &data, NULL, times[k]), b = at(both, &data, data.s_z, times[k]);
                assert_close(a.mean, b.mean, N * C, DIVIDED);
                assert_close(a.mean_z, b.mean_z, M * C, DIVIDED);
                assert_close(a.covariance, b.covariance, N * N, DIVIDED);
                assert_close(a.covariance_z, b.covariance_z, M * M, DIVIDED);
            }
        }
        ntk_ensemble_destroy(both);
        ntk_ensemble_destroy(last);
        data_destroy(&data);
    }
}
END_TEST

/* Networks whose last layer is trained to the end are samples of the posterior without noise. A noise of 1e-12 moves
 * it by 1e-12 times the squared norm of the regression weights, which are of size 1. */
START_TEST(last_layer_ends_in_the_posterior) {
    data_set data;
    data_create(&data, false);
    double own[M], mean[M * C], variance[M];
    ntk_ensemble *const ensemble = ensemble_of(&data, NULL);
    ntk_gp *gp = NULL;
    const course all = at(ensemble, &data, NULL, INFINITY);
    ASSERT_OK(ntk_gp_create(NULL, N, C, data.s, N, data.y, C, 1e-12, &gp));
    for (int i = 0; i < M; i++)
        own[i] = data.prior[i * M + i];
    ASSERT_OK(ntk_gp_predict(gp, M, data.s_z, N, own, mean, C, variance));
    assert_close(all.mean_z, mean, M * C, 1e-8); /* the noise counts by 1e-12 cond here */
    assert_close(all.variance_z, variance, M, DIVIDED);
    for (int i = 0; i < N; i++)
        ASSERT_CLOSE(all.variance[i], 0, DIVIDED);
    ck_assert(variance[0] > 1e-3);               /* there is something to compare */
    ASSERT_CLOSE(all.variance_z[4], 0, DIVIDED); /* a point of the training set */
    ntk_gp_destroy(gp);
    ntk_ensemble_destroy(ensemble);
    data_destroy(&data);
}
END_TEST

START_TEST(training_samples_are_points_as_others) {
    for (int equal = 0; equal < 2; equal++) {
        data_set data;
        data_create(&data, equal == 1);
        for (int last = 0; last < 2; last++) {
            ntk_ensemble *const ensemble = ensemble_of(&data, last ? NULL : data.theta);
            ASSERT_OK(ntk_ensemble_set_weight_decay(ensemble, 0.001));
            for (int k = 0; k < TIMES; k++) {
                const course all = at(ensemble, &data, last ? NULL : data.theta_z, times[k]);
                double mean[N * C], covariance[N * N];
                ASSERT_OK(ntk_ensemble_predict(ensemble, times[k], N, last ? NULL : data.theta, N, data.s, N, data.s, N,
                                               NULL, mean, C, covariance, N, NULL));
                assert_close(all.mean, mean, N * C, DIVIDED);
                assert_close(all.covariance, covariance, N * N, DIVIDED);
            }
            ntk_ensemble_destroy(ensemble);
        }
        data_destroy(&data);
    }
}
END_TEST

/* One sample: f_t = exp(-theta t) f_0 + ..., so that the variance is S exp(-2 theta t), down to where that underflows,
 * and the digits are those of the exponential. */
START_TEST(variances_keep_their_digits) {
    const double theta = 2, s = 3, y = 1;
    const double when[] = {1e-8, 0.5, 10, 100, 170};
    for (int last = 0; last < 2; last++) {
        ntk_ensemble *ensemble = NULL;
        ASSERT_OK(ntk_ensemble_create(NULL, 1, 1, last ? NULL : &theta, 1, &s, 1, &y, 1, &ensemble));
        for (int i = 0; i < 5; i++) {
            double covariance, variance;
            ASSERT_OK(ntk_ensemble_train(ensemble, when[i], NULL, 0, &covariance, 1, &variance));
            ASSERT_RELATIVE(variance, s * exp(-2 * (last ? s : theta) * when[i]), 1000 * DBL_EPSILON);
            ck_assert(covariance == variance);
        }
        ntk_ensemble_destroy(ensemble);
    }
}
END_TEST

/* f_k(X) = A_k f_0(X) + ..., f_k(z) = g_k f_0(z) - Theta(z,X) B_k f_0(X) + ..., step by step. */
START_TEST(descent_is_a_loop) {
    enum { STEPS = 30 };
    const double rate = 0.8, decay = 0.02, momentum = 0.6;
    data_set data;
    data_create(&data, true);
    ntk_ensemble *const ensemble = ensemble_of(&data, data.theta);
    ASSERT_OK(ntk_ensemble_set_dynamics(ensemble, NTK_DYNAMICS_DESCENT));
    ASSERT_OK(ntk_ensemble_set_reduction(ensemble, NTK_REDUCTION_SUM));
    ASSERT_OK(ntk_ensemble_set_learning_rate(ensemble, rate / N));
    ASSERT_OK(ntk_ensemble_set_momentum(ensemble, momentum));
    ASSERT_OK(ntk_ensemble_set_weight_decay(ensemble, decay));
    double *const b = suite_doubles(N * N), *const w = suite_doubles(N * N), *const a = suite_doubles(N * N);
    double g = 1, h = 0;
    for (int i = 0; i < N * N; i++) {
        b[i] = w[i] = 0;
        a[i] = i % (N + 1) == 0;
    }
    for (int step = 1; step <= STEPS; step++) {
        for (int i = 0; i < N * N; i++) /* the coefficients, whose gradient is f_k(X) */
            w[i] = momentum * w[i] - decay * b[i] + rate / N * a[i];
        for (int i = 0; i < N * N; i++)
            b[i] += w[i];
        h = momentum * h - decay * g;
        g += h;
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                a[i * N + j] = i == j ? g : 0;
                for (int k = 0; k < N; k++)
                    a[i * N + j] -= data.theta[i * N + k] * b[k * N + j];
            }
    }
    const course all = at(ensemble, &data, data.theta_z, STEPS);
    for (int i = 0; i < N; i++) {
        double variance = 0;
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++)
                variance += a[i * N + j] * data.s[j * N + k] * a[i * N + k];
        ASSERT_CLOSE(all.variance[i], variance, 10 * MULTIPLIED);
    }
    for (int i = 0; i < M; i++) {
        double weights[N] = {0}, variance = g * g * data.prior[i * M + i];
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++)
                weights[j] += data.theta_z[i * N + k] * b[k * N + j];
        for (int j = 0; j < N; j++) {
            variance -= 2 * g * weights[j] * data.s_z[i * N + j];
            for (int k = 0; k < N; k++)
                variance += weights[j] * data.s[j * N + k] * weights[k];
        }
        ASSERT_CLOSE(all.variance_z[i], variance, 10 * MULTIPLIED);
    }
    free(a);
    free(w);
    free(b);
    ntk_ensemble_destroy(ensemble);
    data_destroy(&data);
}
END_TEST

START_TEST(decay_forgets_the_start) {
    data_set data;
    data_create(&data, true);
    for (int last = 0; last < 2; last++) {
        ntk_ensemble *const ensemble = ensemble_of(&data, last ? NULL : data.theta);
        ASSERT_OK(ntk_ensemble_set_weight_decay(ensemble, 0.5));
        const course all = at(ensemble, &data, last ? NULL : data.theta_z, INFINITY);
        for (int i = 0; i < N * N; i++)
            ck_assert(all.covariance[i] == 0);
        for (int i = 0; i < M * M; i++)
            ck_assert(all.covariance_z[i] == 0);
        ntk_ensemble_destroy(ensemble);
    }
    data_destroy(&data);
}
END_TEST

/* Theta = v v' sees one direction u = v / |v|. The others keep g^2 of the prior: cov = A S A, A = g (I - u u') + r u
 * u'. */
START_TEST(what_is_never_learned_stays) {
    const double v[] = {2, -1, 2}, s[] = {2, 1, 0, 1, 3, 0.5, 0, 0.5, 1}, y[] = {1, 0, 1};
    const double decays[] = {0, 0.25};
    double theta[9], a[9], covariance[9], elsewhere[9];
    for (int i = 0; i < 9; i++)
        theta[i] = v[i / 3] * v[i % 3];
    for (int d = 0; d < 2; d++)
        for (int k = 0; k < TIMES; k++) {
            const double g = d == 0 ? 1 : exp(-decays[d] * times[k]), r = g * exp(-3 * times[k]); /* |v|^2 / n = 3 */
            ntk_ensemble *ensemble = NULL;
            ASSERT_OK(ntk_ensemble_create(NULL, 3, 1, theta, 3, s, 3, y, 1, &ensemble));
            ASSERT_OK(ntk_ensemble_set_weight_decay(ensemble, decays[d]));
            ASSERT_OK(ntk_ensemble_train(ensemble, times[k], NULL, 0, covariance, 3, NULL));
            ASSERT_OK(
                ntk_ensemble_predict(ensemble, times[k], 3, theta, 3, s, 3, s, 3, NULL, NULL, 0, elsewhere, 3, NULL));
            for (int i = 0; i < 9; i++)
                a[i] = (i % 4 == 0 ? g : 0) + (r - g) * theta[i] / 9;
            for (int i = 0; i < 9; i++) {
                double expected = 0;
                for (int p = 0; p < 9; p++)
                    expected += a[i / 3 * 3 + p / 3] * s[p] * a[i % 3 * 3 + p % 3];
                ASSERT_CLOSE(covariance[i], expected, MULTIPLIED);
                ASSERT_CLOSE(elsewhere[i], expected, MULTIPLIED);
            }
            ntk_ensemble_destroy(ensemble);
        }
}
END_TEST

START_TEST(kernels_give_what_matrices_give) {
    data_set data;
    data_create(&data, true);
    for (int last = 0; last < 2; last++) {
        ntk_ensemble *const from = ensemble_of(&data, last ? NULL : data.theta);
        ntk_ensemble *made = NULL;
        ASSERT_OK(
            ntk_ensemble_create_from_kernels(last ? NULL : data.ntk, data.nngp, N, data.x, D, C, data.y, C, &made));
        for (int k = 0; k < TIMES; k++) {
            course a = at(from, &data, last ? NULL : data.theta_z, times[k]), b;
            ASSERT_OK(ntk_ensemble_train(made, times[k], b.mean, C, b.covariance, N, b.variance));
            ASSERT_OK(
                ntk_ensemble_predict_at(made, times[k], M, data.z, D, b.mean_z, C, b.covariance_z, M, b.variance_z));
            ASSERT_SAME_BITS(a.covariance, b.covariance, N * N);
            assert_close(a.mean_z, b.mean_z, M * C, DIVIDED);
            assert_close(a.covariance_z, b.covariance_z, M * M, DIVIDED);
            ASSERT_OK(ntk_ensemble_predict_at(made, times[k], M, data.z, D, NULL, 0, NULL, 0, a.variance_z));
            assert_close(a.variance_z, b.variance_z, M, MULTIPLIED);
        }
        ntk_ensemble_destroy(made);
        ntk_ensemble_destroy(from);
    }
    data_destroy(&data);
}
END_TEST

/* More points than a block has rows. */
START_TEST(blocks_agree_with_the_whole) {
    const int64_t m = suite_size(450, 200);
    double *const z = suite_doubles(m * D), *const mean = suite_doubles(m * C), *const variance = suite_doubles(m);
    double *const whole = suite_doubles(m * m), *const parts = suite_doubles(m), *const prior = suite_doubles(m);
    double *const theta_z = suite_doubles(m * N), *const s_z = suite_doubles(m * N);
    uint64_t state = 5;
    data_set data;
    ntk_ensemble *ensemble = NULL;
    data_create(&data, true);
    suite_fill(&state, m * D, z);
    ASSERT_OK(ntk_ensemble_create_from_kernels(data.ntk, data.nngp, N, data.x, D, C, data.y, C, &ensemble));
    ASSERT_OK(ntk_ensemble_predict_at(ensemble, 30, m, z, D, mean, C, whole, m, variance));
    ASSERT_OK(ntk_ensemble_predict_at(ensemble, 30, m, z, D, NULL, 0, NULL, 0, parts));
    assert_close(variance, parts, (int)m, MULTIPLIED);
    ASSERT_OK(ntk_kernel_cross(data.ntk, m, z, D, N, data.x, D, theta_z, N));
    ASSERT_OK(ntk_kernel_cross(data.nngp, m, z, D, N, data.x, D, s_z, N));
    ASSERT_OK(ntk_kernel_diagonal(data.nngp, m, z, D, prior));
    ASSERT_OK(ntk_ensemble_predict(ensemble, 30, m, theta_z, N, s_z, N, NULL, 0, prior, NULL, 0, NULL, 0, parts));
    assert_close(variance, parts, (int)m, DIVIDED);
    for (int64_t i = 0; i < m; i += 37) { /* one by one, and with another one */
        double one_mean[C], one[1], pair[4], two[2 * D];
        ASSERT_OK(ntk_ensemble_predict_at(ensemble, 30, 1, z + i * D, D, one_mean, C, NULL, 0, one));
        ASSERT_CLOSE(one[0], variance[i], DIVIDED);
        assert_close(one_mean, mean + i * C, C, DIVIDED);
        memcpy(two, z + i * D, sizeof(double) * D);
        memcpy(two + D, z, sizeof(double) * D);
        ASSERT_OK(ntk_ensemble_predict_at(ensemble, 30, 2, two, D, NULL, 0, pair, 2, NULL));
        ASSERT_CLOSE(pair[1], whole[i], DIVIDED);
    }
    ntk_ensemble_destroy(ensemble);
    data_destroy(&data);
    double *const blocks[] = {z, mean, variance, whole, parts, prior, theta_z, s_z};
    for (int i = 0; i < 8; i++)
        free(blocks[i]);
}
END_TEST

SUITE("ensemble", symmetric_and_positive_at_every_time, starts_as_the_prior, mean_is_the_flow_from_zero,
      nngp_as_ntk_is_the_last_layer, last_layer_ends_in_the_posterior, training_samples_are_points_as_others,
      variances_keep_their_digits, descent_is_a_loop, decay_forgets_the_start, what_is_never_learned_stays,
      kernels_give_what_matrices_give, blocks_agree_with_the_whole)
