/* Calls of ensembles: which outputs, what is kept, progress and cancellation. */
#include <fenv.h>

#include "tests/ensembles.h"

/* Memory full of signalling NaNs: arithmetic with an entry that nobody has written is an invalid operation. */
static void *allocate_signalling(size_t size, void *user) {
    const uint64_t signalling = UINT64_C(0x7FF0000000000001);
    unsigned char *const block = malloc(size);
    (void)user;
    for (size_t i = 0; block != NULL && i + sizeof(signalling) <= size; i += sizeof(signalling))
        memcpy(block + i, &signalling, sizeof(signalling));
    return block;
}

static void release_signalling(void *block, void *user) {
    (void)user;
    free(block);
}

START_TEST(same_call_same_bits_and_any_output_alone) {
    data_set data;
    data_create(&data, false);
    ntk_ensemble *const ensemble = ensemble_of(&data, data.theta);
    const course a = at(ensemble, &data, data.theta_z, 3);
    const course between = at(ensemble, &data, data.theta_z, INFINITY), b = at(ensemble, &data, data.theta_z, 3);
    ck_assert(between.variance[0] < a.variance[0]);
    ck_assert(memcmp(&a, &b, sizeof(a)) == 0);
    double mean[N * C], covariance[N * N], variance[N], own[M];
    for (int i = 0; i < M; i++)
        own[i] = data.prior[i * M + i];
    ASSERT_OK(ntk_ensemble_train(ensemble, 3, mean, C, NULL, 0, NULL));
    ASSERT_OK(ntk_ensemble_train(ensemble, 3, NULL, 0, covariance, N, NULL));
    ASSERT_OK(ntk_ensemble_train(ensemble, 3, NULL, 0, NULL, 0, variance));
    ASSERT_SAME_BITS(mean, a.mean, N * C);
    ASSERT_SAME_BITS(covariance, a.covariance, N * N);
    ASSERT_SAME_BITS(variance, a.variance, N);
    ASSERT_OK(ntk_ensemble_predict(ensemble, 3, M, data.theta_z, N, NULL, 0, NULL, 0, NULL, mean, C, NULL, 0, NULL));
    ASSERT_OK(ntk_ensemble_predict(ensemble, 3, M, data.theta_z, N, data.s_z, N, data.prior, M, NULL, NULL, 0,
                                   covariance, M, NULL));
    ASSERT_OK(
        ntk_ensemble_predict(ensemble, 3, M, data.theta_z, N, data.s_z, N, NULL, 0, own, NULL, 0, NULL, 0, variance));
    ASSERT_SAME_BITS(mean, a.mean_z, M * C);
    ASSERT_SAME_BITS(covariance, a.covariance_z, M * M);
    ASSERT_SAME_BITS(variance, a.variance_z, M);
    ntk_ensemble_destroy(ensemble);
    data_destroy(&data);
}
END_TEST

START_TEST(inputs_are_copied_and_kernels_held) {
    data_set data;
    data_create(&data, false);
    ntk_ensemble *made = NULL;
    double variance[M], again[M];
    ASSERT_OK(ntk_ensemble_create_from_kernels(data.ntk, data.nngp, N, data.x, D, C, data.y, C, &made));
    ASSERT_OK(ntk_ensemble_predict_at(made, 2, M, data.z, D, NULL, 0, NULL, 0, variance));
    memset(data.x, 0, sizeof(data.x));
    memset(data.y, 0, sizeof(data.y));
    data_destroy(&data);
    ASSERT_OK(ntk_ensemble_predict_at(made, 2, M, data.z, D, NULL, 0, NULL, 0, again));
    ASSERT_SAME_BITS(variance, again, M);
    ntk_ensemble_destroy(made);
}
END_TEST

/* ---- progress and cancellation ---- */

typedef struct {
    long reports, cancel_at;
    char phase[64];
    double fraction;
    bool broken;
} recorder;

/* Each phase goes from 0 to 1. */
static int32_t report(double fraction, const char *phase, void *user) {
    recorder *const record = user;
    const bool same = strcmp(phase, record->phase) == 0 && fraction >= record->fraction;
    if (!same)
        record->broken |= fraction > 0 || (record->reports > 0 && record->fraction < 1);
    record->fraction = fraction;
    snprintf(record->phase, sizeof(record->phase), "%s", phase);
    return record->reports++ == record->cancel_at;
}

static ntk_status everything(const data_set *data, ntk_ensemble *ensemble, double *out) {
    double *const mean = out, *const covariance = out + N * C, *const variance = covariance + N * N;
    const ntk_status status = ntk_ensemble_train(ensemble, 2, mean, C, covariance, N, variance);
    return status != NTK_SUCCESS
               ? status
               : ntk_ensemble_predict_at(ensemble, 2, M, data->z, D, mean, C, covariance, M, variance);
}

START_TEST(every_report_can_cancel) {
    data_set data;
    data_create(&data, true);
    double expected[N * (N + C + 1)], out[N * (N + C + 1)];
    for (long cancel_at = -1, reports = 1; cancel_at < reports; cancel_at++) {
        recorder record = {0, cancel_at, "", 0, false};
        ntk_context *context = NULL;
        ntk_ensemble *ensemble = NULL;
        ASSERT_OK(ntk_context_create(&context));
        ntk_kernel *const ntk = suite_kernel(context, D, 3, NTK_ACTIVATION_RELU, 1.4, 0.1, NTK_KERNEL_NTK);
        ntk_kernel *const nngp = suite_kernel(context, D, 3, NTK_ACTIVATION_RELU, 1.4, 0.1, NTK_KERNEL_NNGP);
        ASSERT_OK(ntk_ensemble_create_from_kernels(ntk, nngp, N, data.x, D, C, data.y, C, &ensemble));
        ASSERT_OK(ntk_context_set_progress(context, report, &record));
        memset(out, 0, sizeof(out));
        if (cancel_at < 0) {
            memset(expected, 0, sizeof(expected));
            ASSERT_OK(everything(&data, ensemble, expected));
            reports = record.reports;
            ck_assert_int_gt(reports, 8);
            ck_assert(record.fraction == 1);
        } else {
            ASSERT_STATUS(NTK_ERR_CANCELLED, everything(&data, ensemble, out));
            ASSERT_OK(everything(&data, ensemble, out)); /* the recorder lets it through now */
            ASSERT_SAME_BITS(out, expected, N * (N + C + 1));
        }
        ck_assert(cancel_at >= 0 || !record.broken);
        ntk_ensemble_destroy(ensemble);
        ntk_kernel_destroy(nngp);
        ntk_kernel_destroy(ntk);
        ntk_context_destroy(context);
    }
    data_destroy(&data);
}
END_TEST

START_TEST(nothing_is_read_before_it_is_written) {
    const ntk_allocator allocator = {sizeof(allocator), allocate_signalling, release_signalling, NULL};
    data_set data;
    data_create(&data, false);
    for (int last = 0; last < 2; last++) {
        ntk_context *context = NULL;
        ntk_ensemble *ensemble = NULL;
        double covariance[M * M], variance[M], own[N * N];
        ASSERT_OK(ntk_context_create_with_allocator(&allocator, &context));
        ASSERT_OK(ntk_context_set_threads(context, 1));
        ASSERT_OK(ntk_ensemble_create(context, N, C, last ? NULL : data.theta, N, data.s, N, data.y, C, &ensemble));
        ASSERT_OK(ntk_ensemble_set_weight_decay(ensemble, 0.1));
        for (int t = 0; t < TIMES; t++) {
            ck_assert_int_eq(feclearexcept(FE_ALL_EXCEPT), 0);
            ASSERT_OK(ntk_ensemble_predict(ensemble, times[t], M, last ? NULL : data.theta_z, N, data.s_z, N,
                                           data.prior, M, NULL, NULL, 0, covariance, M, variance));
            REQUIRE(fetestexcept(FE_INVALID) == 0, "predict at t = %g, last layer %d", times[t], last);
            ASSERT_OK(ntk_ensemble_train(ensemble, times[t], NULL, 0, own, N, NULL));
            REQUIRE(fetestexcept(FE_INVALID) == 0, "train at t = %g, last layer %d", times[t], last);
        }
        ntk_ensemble_destroy(ensemble);
        ntk_context_destroy(context);
    }
    data_destroy(&data);
}
END_TEST

SUITE("ensemble calls", same_call_same_bits_and_any_output_alone, inputs_are_copied_and_kernels_held,
      every_report_can_cancel, nothing_is_read_before_it_is_written)
