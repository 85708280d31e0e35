/* What ensembles refuse, and what they say then. */
#include "tests/ensembles.h"

/* The last error of a context, with a word of it. */
static void assert_told(const ntk_context *context, const char *words) {
    const char *const sentence = ntk_context_last_error(context);
    REQUIRE(strstr(sentence, words) != NULL, "no \"%s\" in \"%s\"", words, sentence);
}

#define REFUSE(expected, words, call)  \
    do {                               \
        ASSERT_STATUS(expected, call); \
        assert_told(context, words);   \
    } while (0)

START_TEST(create_refuses) {
    const double good[] = {2, 1, 1, 2}, skew[] = {2, 1, 0, 2}, negative[] = {-1, 0, 0, 1}, y[] = {1, NAN};
    ntk_context *context = NULL;
    ntk_ensemble *made = NULL;
    ASSERT_OK(ntk_context_create(&context));
    REFUSE(NTK_ERR_NULL, "out", ntk_ensemble_create(context, 2, 1, good, 2, good, 2, good, 1, NULL));
    REFUSE(NTK_ERR_NULL, "nngp", ntk_ensemble_create(context, 2, 1, good, 2, NULL, 2, good, 1, &made));
    REFUSE(NTK_ERR_NULL, "y", ntk_ensemble_create(context, 2, 1, good, 2, good, 2, NULL, 1, &made));
    REFUSE(NTK_ERR_SIZE, "n is 0", ntk_ensemble_create(context, 0, 1, good, 2, good, 2, good, 1, &made));
    REFUSE(NTK_ERR_SIZE, "c is -1", ntk_ensemble_create(context, 2, -1, good, 2, good, 2, good, 1, &made));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldk", ntk_ensemble_create(context, 2, 1, good, 1, good, 2, good, 1, &made));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "lds", ntk_ensemble_create(context, 2, 1, good, 2, good, 1, good, 1, &made));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldy", ntk_ensemble_create(context, 2, 1, good, 2, good, 2, good, 0, &made));
    REFUSE(NTK_ERR_OVERFLOW, "nngp",
           ntk_ensemble_create(context, INT64_C(1) << 40, 1, NULL, 0, good, INT64_C(1) << 40, good, 1, &made));
    REFUSE(NTK_ERR_NOT_FINITE, "y[1][0]", ntk_ensemble_create(context, 2, 1, good, 2, good, 2, y, 1, &made));
    REFUSE(NTK_ERR_NOT_SYMMETRIC, "ntk", ntk_ensemble_create(context, 2, 1, skew, 2, good, 2, good, 1, &made));
    REFUSE(NTK_ERR_NOT_SYMMETRIC, "nngp", ntk_ensemble_create(context, 2, 1, good, 2, skew, 2, good, 1, &made));
    REFUSE(NTK_ERR_NOT_POSITIVE, "nngp", ntk_ensemble_create(context, 2, 1, NULL, 0, negative, 2, good, 1, &made));
    ck_assert_ptr_null(made);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(create_from_kernels_refuses) {
    data_set data;
    data_create(&data, false);
    ntk_context *context = NULL;
    ntk_ensemble *made = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_kernel *const wide = suite_kernel(context, D + 1, 2, NTK_ACTIVATION_RELU, 1, 0, NTK_KERNEL_NTK);
    ntk_kernel *const own = suite_kernel(context, D, 2, NTK_ACTIVATION_RELU, 1, 0, NTK_KERNEL_NNGP);
    ASSERT_STATUS(NTK_ERR_NULL, ntk_ensemble_create_from_kernels(own, NULL, N, data.x, D, C, data.y, C, &made));
    REFUSE(NTK_ERR_SHAPE, "inputs", ntk_ensemble_create_from_kernels(wide, own, N, data.x, D, C, data.y, C, &made));
    REFUSE(NTK_ERR_DOMAIN, "two contexts",
           ntk_ensemble_create_from_kernels(data.ntk, own, N, data.x, D, C, data.y, C, &made));
    REFUSE(NTK_ERR_SIZE, "n is 0", ntk_ensemble_create_from_kernels(NULL, own, 0, data.x, D, C, data.y, C, &made));
    REFUSE(NTK_ERR_NULL, "x", ntk_ensemble_create_from_kernels(NULL, own, N, NULL, D, C, data.y, C, &made));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldx",
           ntk_ensemble_create_from_kernels(NULL, own, N, data.x, D - 1, C, data.y, C, &made));
    data.y[3] = INFINITY;
    REFUSE(NTK_ERR_NOT_FINITE, "y", ntk_ensemble_create_from_kernels(NULL, own, N, data.x, D, C, data.y, C, &made));
    ck_assert_ptr_null(made);
    ntk_kernel_destroy(own);
    ntk_kernel_destroy(wide);
    ntk_context_destroy(context);
    data_destroy(&data);
}
END_TEST

START_TEST(settings_are_checked) {
    const double one = 1;
    ntk_context *context = NULL;
    ntk_ensemble *ensemble = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_ensemble_create(context, 1, 1, NULL, 0, &one, 1, &one, 1, &ensemble));
    REFUSE(NTK_ERR_DOMAIN, "learning_rate", ntk_ensemble_set_learning_rate(ensemble, 0));
    REFUSE(NTK_ERR_DOMAIN, "learning_rate", ntk_ensemble_set_learning_rate(ensemble, NAN));
    REFUSE(NTK_ERR_DOMAIN, "weight_decay", ntk_ensemble_set_weight_decay(ensemble, -1));
    REFUSE(NTK_ERR_DOMAIN, "momentum is 1", ntk_ensemble_set_momentum(ensemble, 1));
    REFUSE(NTK_ERR_DOMAIN, "momentum", ntk_ensemble_set_momentum(ensemble, NAN));
    REFUSE(NTK_ERR_ENUM, "reduction is 2", ntk_ensemble_set_reduction(ensemble, 2));
    REFUSE(NTK_ERR_ENUM, "dynamics is -1", ntk_ensemble_set_dynamics(ensemble, -1));
    double variance = 0; /* none of that has changed anything: exp(-2 t) */
    ASSERT_OK(ntk_ensemble_train(ensemble, 1, NULL, 0, NULL, 0, &variance));
    ASSERT_CLOSE(variance, exp(-2), 8 * DBL_EPSILON);
    ASSERT_STATUS(NTK_ERR_NULL, ntk_ensemble_set_learning_rate(NULL, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_ensemble_set_weight_decay(NULL, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_ensemble_set_momentum(NULL, 0));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_ensemble_set_reduction(NULL, 0));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_ensemble_set_dynamics(NULL, 0));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_ensemble_train(NULL, 1, NULL, 0, NULL, 0, &variance));
    ntk_ensemble_destroy(NULL);
    ntk_ensemble_destroy(ensemble);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(train_refuses) {
    const double gram[] = {3, 1, 1, 2}, y[] = {1, -1};
    double out[16], *const mean = out, *const covariance = out + 4, *const variance = out + 12;
    ntk_context *context = NULL;
    ntk_ensemble *ensemble = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_ensemble_create(context, 2, 1, gram, 2, gram, 2, y, 1, &ensemble));
    suite_fill_canary(16, out);
    REFUSE(NTK_ERR_NULL, "nothing is asked for", ntk_ensemble_train(ensemble, 1, NULL, 0, NULL, 0, NULL));
    REFUSE(NTK_ERR_DOMAIN, "t is -1", ntk_ensemble_train(ensemble, -1, mean, 1, NULL, 0, NULL));
    REFUSE(NTK_ERR_DOMAIN, "t is", ntk_ensemble_train(ensemble, NAN, mean, 1, NULL, 0, NULL));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldm", ntk_ensemble_train(ensemble, 1, mean, 0, NULL, 0, NULL));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldc", ntk_ensemble_train(ensemble, 1, NULL, 0, covariance, 1, NULL));
    REFUSE(NTK_ERR_ALIAS, "covariance overlaps mean", ntk_ensemble_train(ensemble, 1, mean, 1, mean + 1, 2, NULL));
    REFUSE(NTK_ERR_ALIAS, "variance overlaps covariance",
           ntk_ensemble_train(ensemble, 1, NULL, 0, covariance, 2, covariance + 3));
    ASSERT_OK(ntk_ensemble_set_dynamics(ensemble, NTK_DYNAMICS_DESCENT));
    REFUSE(NTK_ERR_DOMAIN, "whole steps", ntk_ensemble_train(ensemble, 1.5, mean, 1, NULL, 0, NULL));
    REFUSE(NTK_ERR_DOMAIN, "whole steps", ntk_ensemble_train(ensemble, 0x1p54, mean, 1, NULL, 0, NULL));
    ASSERT_OK(ntk_ensemble_set_learning_rate(ensemble, 100));
    REFUSE(NTK_ERR_DOMAIN, "diverges", ntk_ensemble_train(ensemble, INFINITY, NULL, 0, NULL, 0, variance));
    REFUSE(NTK_ERR_RANGE, "exceeds", ntk_ensemble_train(ensemble, 1e6, NULL, 0, NULL, 0, variance));
    REFUSE(NTK_ERR_RANGE, "exceeds", ntk_ensemble_train(ensemble, 1e6, mean, 1, NULL, 0, NULL));
    ck_assert(suite_is_canary(16, out));
    ASSERT_OK(ntk_ensemble_train(ensemble, 3, mean, 1, covariance, 2, variance)); /* not yet overflowed */
    ntk_ensemble_destroy(ensemble);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(indefinite_grams_are_refused) {
    const double good[] = {2, 1, 1, 2}, bad[] = {1, 2, 2, 1}, y[] = {1, -1};
    const double *const grams[3][2] = {{bad, good}, {good, bad}, {NULL, bad}};
    const char *const names[3] = {"NTK", "NNGP", "NNGP"};
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    for (int i = 0; i < 3; i++) {
        ntk_ensemble *ensemble = NULL;
        double variance[2];
        ASSERT_OK(ntk_ensemble_create(context, 2, 1, grams[i][0], 2, grams[i][1], 2, y, 1, &ensemble));
        ASSERT_OK(ntk_ensemble_train(ensemble, 0, NULL, 0, NULL, 0, variance));
        for (int round = 0; round < 2; round++) {
            suite_fill_canary(2, variance);
            REFUSE(NTK_ERR_NOT_POSITIVE, names[i], ntk_ensemble_train(ensemble, 1, NULL, 0, NULL, 0, variance));
            REFUSE(NTK_ERR_NOT_POSITIVE, "-1", ntk_ensemble_train(ensemble, INFINITY, NULL, 0, NULL, 0, variance));
            ck_assert(suite_is_canary(2, variance));
        }
        ntk_ensemble_destroy(ensemble);
    }
    ntk_context_destroy(context);
}
END_TEST

/* The NNGP is needed for covariances and variances alone where there is an NTK. */
START_TEST(the_mean_does_not_need_the_nngp) {
    const double good[] = {2, 1, 1, 2}, bad[] = {1, 2, 2, 1}, y[] = {1, -1};
    ntk_context *context = NULL;
    ntk_ensemble *ensemble = NULL;
    double mean[2], variance[2];
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_ensemble_create(context, 2, 1, good, 2, bad, 2, y, 1, &ensemble));
    ASSERT_OK(ntk_ensemble_train(ensemble, 3, mean, 1, NULL, 0, NULL));
    ASSERT_RELATIVE(mean[0], 1 - exp(-1.5), 32 * DBL_EPSILON); /* eta mu t / n with mu = 1 */
    REFUSE(NTK_ERR_NOT_POSITIVE, "NNGP", ntk_ensemble_train(ensemble, 3, mean, 1, NULL, 0, variance));
    ASSERT_OK(ntk_ensemble_train(ensemble, 3, mean, 1, NULL, 0, NULL)); /* it has lost nothing */
    ntk_ensemble_destroy(ensemble);
    ntk_context_destroy(context);
}
END_TEST

/* Entries of 1e308 are finite and their eigenvalue, 4e308, is not; and a rate of 1e200 times an eigenvalue of 1e150 is not. */
START_TEST(eigenvalues_out_of_range) {
    double huge[16], large[4] = {1e150, 0, 0, 1e150};
    const double y[4] = {1, -1, 1, -1};
    ntk_context *context = NULL;
    ntk_ensemble *ensemble = NULL;
    double mean[4];
    for (int i = 0; i < 16; i++)
        huge[i] = 1e308;
    ASSERT_OK(ntk_context_create(&context));
    for (int last = 0; last < 2; last++) {
        ASSERT_OK(ntk_ensemble_create(context, 4, 1, last ? NULL : huge, 4, huge, 4, y, 1, &ensemble));
        suite_fill_canary(4, mean);
        ASSERT_STATUS(NTK_ERR_RANGE, ntk_ensemble_train(ensemble, 1, mean, 1, NULL, 0, NULL));
        REFUSE(NTK_ERR_RANGE, "can only be destroyed", ntk_ensemble_train(ensemble, 1, mean, 1, NULL, 0, NULL));
        REFUSE(NTK_ERR_RANGE, "can only be destroyed", ntk_ensemble_train(ensemble, INFINITY, mean, 1, NULL, 0, NULL));
        ck_assert(suite_is_canary(4, mean));
        ASSERT_OK(ntk_ensemble_train(ensemble, 0, mean, 1, NULL, 0, NULL));
        ntk_ensemble_destroy(ensemble);
        ASSERT_OK(ntk_ensemble_create(context, 2, 1, last ? NULL : large, 2, large, 2, y, 1, &ensemble));
        ASSERT_OK(ntk_ensemble_set_learning_rate(ensemble, 1e200));
        suite_fill_canary(4, mean);
        REFUSE(NTK_ERR_RANGE, "eigenvalue 1e+150", ntk_ensemble_train(ensemble, 1, mean, 1, NULL, 0, NULL));
        REFUSE(NTK_ERR_RANGE, "eigenvalue 1e+150", ntk_ensemble_train(ensemble, INFINITY, mean, 1, NULL, 0, NULL));
        ck_assert(suite_is_canary(4, mean));
        ASSERT_OK(ntk_ensemble_set_learning_rate(ensemble, 1)); /* it has lost nothing */
        ASSERT_OK(ntk_ensemble_train(ensemble, 1, mean, 1, NULL, 0, NULL));
        ASSERT_CLOSE(mean[0], 1, 8 * DBL_EPSILON);
        ntk_ensemble_destroy(ensemble);
    }
    ntk_context_destroy(context);
}
END_TEST

/* One call of ntk_ensemble_predict() or ntk_ensemble_predict_at(). */
typedef struct {
    double t;
    int64_t m;
    const double *ntk;
    int64_t ldk;
    const double *nngp;
    int64_t lds;
    const double *prior;
    int64_t ldp;
    const double *own;
    double *mean;
    int64_t ldm;
    double *covariance;
    int64_t ldc;
    double *variance;
} arguments;

static ntk_status predict(ntk_ensemble *ensemble, const arguments *a) {
    return ntk_ensemble_predict(ensemble, a->t, a->m, a->ntk, a->ldk, a->nngp, a->lds, a->prior, a->ldp, a->own,
                                a->mean, a->ldm, a->covariance, a->ldc, a->variance);
}

START_TEST(predict_refuses) {
    data_set data;
    data_create(&data, false);
    double out[M * (M + C + 1)], own[M], row[N] = {NAN};
    double *const mean = out, *const covariance = mean + M * C, *const variance = covariance + M * M;
    ntk_context *context = NULL;
    ntk_ensemble *ensemble = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_ensemble_create(context, N, C, data.theta, N, data.s, N, data.y, C, &ensemble));
    suite_fill_canary(M * (M + C + 1), out);
    for (int i = 0; i < M; i++)
        own[i] = data.prior[i * M + i];
    const arguments good = {1, M, data.theta_z, N, data.s_z, N, data.prior, M, own, mean, C, covariance, M, variance};
    const struct {
        ntk_status status;
        const char *words;
        arguments with;
    } cases[] = {
        {NTK_ERR_DOMAIN,
         "t is",
         {-1, M, good.ntk, N, good.nngp, N, good.prior, M, own, mean, C, covariance, M, variance}},
        {NTK_ERR_SIZE,
         "m is 0",
         {1, 0, good.ntk, N, good.nngp, N, good.prior, M, own, mean, C, covariance, M, variance}},
        {NTK_ERR_NULL, "ntk", {1, M, NULL, N, good.nngp, N, good.prior, M, own, mean, C, covariance, M, variance}},
        {NTK_ERR_NULL, "nngp", {1, M, good.ntk, N, NULL, N, good.prior, M, own, mean, C, covariance, M, variance}},
        {NTK_ERR_NULL, "prior", {1, M, good.ntk, N, good.nngp, N, NULL, M, own, mean, C, covariance, M, variance}},
        {NTK_ERR_NULL, "prior", {1, M, good.ntk, N, good.nngp, N, NULL, M, NULL, mean, C, NULL, M, variance}},
        {NTK_ERR_NULL, "nothing", {1, M, good.ntk, N, good.nngp, N, good.prior, M, own, NULL, C, NULL, M, NULL}},
        {NTK_ERR_LEADING_DIMENSION,
         "ldk",
         {1, M, good.ntk, N - 1, good.nngp, N, good.prior, M, own, mean, C, NULL, M, NULL}},
        {NTK_ERR_LEADING_DIMENSION,
         "lds",
         {1, M, good.ntk, N, good.nngp, N - 1, good.prior, M, own, mean, C, covariance, M, NULL}},
        {NTK_ERR_LEADING_DIMENSION,
         "ldp",
         {1, M, good.ntk, N, good.nngp, N, good.prior, M - 1, own, mean, C, covariance, M, NULL}},
        {NTK_ERR_LEADING_DIMENSION,
         "ldc",
         {1, M, good.ntk, N, good.nngp, N, good.prior, M, own, mean, C, covariance, M - 1, NULL}},
        {NTK_ERR_LEADING_DIMENSION,
         "ldm",
         {1, M, good.ntk, N, good.nngp, N, good.prior, M, own, mean, C - 1, NULL, M, NULL}},
        {NTK_ERR_NOT_FINITE, "ntk", {1, 1, row, N, good.nngp, N, good.prior, M, own, mean, C, NULL, M, NULL}},
        {NTK_ERR_NOT_FINITE, "nngp", {1, 1, good.ntk, N, row, N, good.prior, M, own, mean, C, NULL, M, variance}},
        {NTK_ERR_NOT_FINITE, "prior", {1, 1, good.ntk, N, good.nngp, N, row, M, own, mean, C, covariance, M, NULL}},
        {NTK_ERR_NOT_FINITE,
         "prior_variance",
         {1, 1, good.ntk, N, good.nngp, N, NULL, M, row, mean, C, NULL, M, variance}},
        {NTK_ERR_ALIAS, "mean overlaps ntk", {1, M, mean, N, good.nngp, N, good.prior, M, own, mean, C, NULL, M, NULL}},
        {NTK_ERR_ALIAS,
         "covariance overlaps prior",
         {1, M, good.ntk, N, good.nngp, N, covariance, M, own, NULL, C, covariance, M, NULL}},
        {NTK_ERR_ALIAS,
         "variance overlaps prior_variance",
         {1, M, good.ntk, N, good.nngp, N, NULL, M, variance, NULL, C, NULL, M, variance}},
        {NTK_ERR_ALIAS,
         "variance overlaps mean",
         {1, M, good.ntk, N, good.nngp, N, NULL, M, own, mean, C, NULL, M, mean + 3}},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        REFUSE(cases[i].status, cases[i].words, predict(ensemble, &cases[i].with));
    ck_assert(suite_is_canary(M * (M + C + 1), out));
    ASSERT_OK(predict(ensemble, &good));
    ntk_ensemble_destroy(ensemble);
    ntk_context_destroy(context);
    data_destroy(&data);
}
END_TEST

START_TEST(predict_refuses_what_does_not_belong_together) {
    data_set data;
    data_create(&data, false);
    double out[M * (M + C + 1)], own[M];
    double *const mean = out, *const covariance = mean + M * C, *const variance = covariance + M * M;
    ntk_context *context = NULL;
    ntk_ensemble *ensemble = NULL, *last = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_ensemble_create(context, N, C, data.theta, N, data.s, N, data.y, C, &ensemble));
    ASSERT_OK(ntk_ensemble_create(context, N, C, NULL, 0, data.s, N, data.y, C, &last));
    suite_fill_canary(M * (M + C + 1), out);
    for (int i = 0; i < M; i++)
        own[i] = data.prior[i * M + i];
    const arguments good = {1, M, data.theta_z, N, data.s_z, N, data.prior, M, own, mean, C, covariance, M, variance};
    REFUSE(NTK_ERR_UNSUPPORTED, "last layer", predict(last, &good));
    REFUSE(NTK_ERR_UNSUPPORTED, "made from matrices",
           ntk_ensemble_predict_at(ensemble, 1, M, data.z, D, mean, C, NULL, 0, NULL));
    own[2] = -1;
    REFUSE(
        NTK_ERR_NOT_POSITIVE, "prior_variance[2]",
        ntk_ensemble_predict(ensemble, 1, M, data.theta_z, N, data.s_z, N, NULL, 0, own, NULL, 0, NULL, 0, variance));
    own[2] = data.prior[2 * M + 2] / 16; /* less than the training samples explain */
    REFUSE(
        NTK_ERR_NOT_POSITIVE, "row 2",
        ntk_ensemble_predict(ensemble, 1, M, data.theta_z, N, data.s_z, N, NULL, 0, own, NULL, 0, NULL, 0, variance));
    ck_assert(suite_is_canary(M * (M + C + 1), out));
    for (int i = 0; i < M; i++) /* the upper triangle does not count */
        for (int j = i + 1; j < M; j++)
            data.prior[i * M + j] = NAN;
    ASSERT_OK(predict(ensemble, &good));
    ntk_ensemble_destroy(last);
    ntk_ensemble_destroy(ensemble);
    ntk_context_destroy(context);
    data_destroy(&data);
}
END_TEST

START_TEST(predict_at_refuses) {
    data_set data;
    data_create(&data, false);
    ntk_ensemble *ensemble = NULL;
    double out[M * M];
    suite_fill_canary(M * M, out);
    ASSERT_OK(ntk_ensemble_create_from_kernels(data.ntk, data.nngp, N, data.x, D, C, data.y, C, &ensemble));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_ensemble_predict_at(ensemble, 1, 0, data.z, D, out, C, NULL, 0, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_ensemble_predict_at(ensemble, 1, M, NULL, D, out, C, NULL, 0, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_ensemble_predict_at(ensemble, 1, M, data.z, D, NULL, C, NULL, 0, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_ensemble_predict_at(NULL, 1, M, data.z, D, out, C, NULL, 0, NULL));
    ASSERT_STATUS(NTK_ERR_LEADING_DIMENSION,
                  ntk_ensemble_predict_at(ensemble, 1, M, data.z, D - 1, out, C, NULL, 0, NULL));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_ensemble_predict_at(ensemble, -1, M, data.z, D, out, C, NULL, 0, NULL));
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_ensemble_predict_at(ensemble, 1, M, out, D, NULL, C, NULL, 0, out));
    data.z[5] = NAN;
    ASSERT_STATUS(NTK_ERR_NOT_FINITE, ntk_ensemble_predict_at(ensemble, 1, M, data.z, D, NULL, 0, out, M, NULL));
    ck_assert(suite_is_canary(M * M, out));
    ntk_ensemble_destroy(ensemble);
    data_destroy(&data);
}
END_TEST

SUITE("ensemble refusals", create_refuses, create_from_kernels_refuses, settings_are_checked, train_refuses,
      indefinite_grams_are_refused, the_mean_does_not_need_the_nngp, eigenvalues_out_of_range, predict_refuses,
      predict_refuses_what_does_not_belong_together, predict_at_refuses)
