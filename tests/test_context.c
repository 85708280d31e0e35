/* The context: allocator, lifetimes, threads, errors. Progress and cancellation have a suite of their own. */
#include "tests/suite.h"

static const double rows[] = {1, 2, 0.5, -1, 0, 3};

enum { N = 3, D = 2 };

START_TEST(create_and_destroy) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ck_assert_ptr_nonnull(context);
    ck_assert_str_eq(ntk_context_last_error(context), "");
    ck_assert_int_eq(ntk_context_last_status(context), NTK_SUCCESS);
    int32_t bits = 0;
    ASSERT_OK(ntk_context_get_blas_integer_bits(context, &bits));
    ck_assert_msg(bits == 32 || bits == 64, "BLAS integers of %d bits", bits);
    ck_assert_uint_gt(strlen(ntk_context_blas_description(context)), 0);
    const char *const path = ntk_context_cpu_path(context);
    ck_assert_msg(strcmp(path, "avx512") == 0 || strcmp(path, "avx2") == 0 || strcmp(path, "baseline") == 0,
                  "CPU path \"%s\"", path);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(null_is_allowed_where_documented) {
    ntk_context_destroy(NULL);
    ntk_activation_destroy(NULL);
    ntk_mlp_destroy(NULL);
    ntk_kernel_destroy(NULL);
    ntk_flow_destroy(NULL);
    ntk_gp_destroy(NULL);
    ntk_context_cancel(NULL);
    ntk_context_clear_cancel(NULL);
    ck_assert_ptr_nonnull(ntk_context_last_error(NULL));
    ck_assert_ptr_nonnull(ntk_context_blas_description(NULL));
    ck_assert_ptr_nonnull(ntk_context_cpu_path(NULL));
}
END_TEST

START_TEST(allocator_is_checked) {
    suite_tracker tracker;
    suite_tracker_init(&tracker);
    ntk_context *context = NULL;
    ntk_allocator allocator = tracker.allocator;
    allocator.struct_size = sizeof(allocator) - 1;
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_context_create_with_allocator(&allocator, &context));
    allocator.struct_size = 0;
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_context_create_with_allocator(&allocator, &context));
    allocator = tracker.allocator;
    allocator.allocate = NULL;
    ASSERT_STATUS(NTK_ERR_NULL, ntk_context_create_with_allocator(&allocator, &context));
    allocator = tracker.allocator;
    allocator.release = NULL;
    ASSERT_STATUS(NTK_ERR_NULL, ntk_context_create_with_allocator(&allocator, &context));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_context_create_with_allocator(NULL, &context));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_context_create_with_allocator(&tracker.allocator, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_context_create(NULL));
    ck_assert_ptr_null(context);
    ck_assert_int_eq(atomic_load(&tracker.live), 0);

    /* A caller built against a later header passes a longer struct. */
    struct {
        ntk_allocator known;
        void *added;
    } longer = {tracker.allocator, NULL};
    longer.known.struct_size = sizeof(longer);
    ASSERT_OK(ntk_context_create_with_allocator(&longer.known, &context));
    memset(&longer, 0, sizeof(longer)); /* the struct was copied */
    ck_assert_int_gt(atomic_load(&tracker.live), 0);
    ntk_context_destroy(context);
    ck_assert_int_eq(atomic_load(&tracker.live), 0);
}
END_TEST

/* Everything that a context can hold: spec, kernel, flow, process. */
typedef struct {
    suite_tracker tracker;
    ntk_context *context;
    ntk_activation *activation;
    ntk_mlp *mlp;
    ntk_kernel *kernel;
    ntk_flow *flow;
    ntk_gp *gp;
} household;

static void household_create(household *house) {
    const int64_t widths[] = {D, 4, 1};
    const double y[] = {1, -1, 2};
    suite_tracker_init(&house->tracker);
    ASSERT_OK(ntk_context_create_with_allocator(&house->tracker.allocator, &house->context));
    ASSERT_OK(ntk_activation_create(house->context, NTK_ACTIVATION_ERF, NULL, 0, &house->activation));
    ASSERT_OK(ntk_mlp_create(house->context, 2, widths, NTK_ACTIVATION_RELU, &house->mlp));
    ASSERT_OK(ntk_mlp_set_activation(house->mlp, 1, house->activation));
    ASSERT_OK(ntk_kernel_create_analytic(house->context, house->mlp, NTK_KERNEL_NTK, &house->kernel));
    ASSERT_OK(ntk_flow_create_from_kernel(house->kernel, N, rows, D, 1, y, 1, NTK_LOSS_SQUARED, &house->flow));
    ASSERT_OK(ntk_gp_create_from_kernel(house->kernel, N, rows, D, 1, y, 1, 0.1, &house->gp));
}

static void household_use(household *house) {
    double f[N], mean[N], variance[N], evidence;
    ASSERT_OK(ntk_flow_train(house->flow, 1.0, f, 1));
    ASSERT_OK(ntk_flow_predict_at(house->flow, INFINITY, N, rows, D, NULL, 0, f, 1));
    ASSERT_CLOSE(f[0], 1, 1e-12); /* interpolation: three distinct rows, condition below 100 */
    ASSERT_OK(ntk_gp_predict_at(house->gp, N, rows, D, mean, 1, variance));
    ASSERT_OK(ntk_gp_log_evidence(house->gp, &evidence));
    ck_assert(isfinite(evidence));
}

START_TEST(context_destroyed_last) {
    household house;
    household_create(&house);
    household_use(&house);
    ntk_gp_destroy(house.gp);
    ntk_flow_destroy(house.flow);
    ntk_kernel_destroy(house.kernel);
    ntk_mlp_destroy(house.mlp);
    ntk_activation_destroy(house.activation);
    ck_assert_int_gt(atomic_load(&house.tracker.live), 0);
    ntk_context_destroy(house.context);
    ck_assert_int_eq(atomic_load(&house.tracker.live), 0);
}
END_TEST

START_TEST(context_destroyed_first) {
    household house;
    household_create(&house);
    ntk_context_destroy(house.context);
    ntk_activation_destroy(house.activation);
    ntk_mlp_destroy(house.mlp);
    ntk_kernel_destroy(house.kernel); /* flow and process hold it */
    household_use(&house);
    ck_assert_int_gt(atomic_load(&house.tracker.live), 0);
    ntk_flow_destroy(house.flow);
    ck_assert_int_gt(atomic_load(&house.tracker.live), 0);
    ntk_gp_destroy(house.gp);
    ck_assert_int_eq(atomic_load(&house.tracker.live), 0);
}
END_TEST

START_TEST(default_context_for_null) {
    const int64_t widths[] = {D, 1};
    ntk_mlp *mlp = NULL;
    ntk_kernel *kernel = NULL;
    ntk_flow *flow = NULL;
    ntk_gp *gp = NULL;
    double gram[N * N], f[N], y[] = {0.5, 1, -1}, value;
    ASSERT_OK(ntk_mlp_create(NULL, 1, widths, NTK_ACTIVATION_IDENTITY, &mlp));
    ASSERT_OK(ntk_kernel_create_analytic(NULL, mlp, NTK_KERNEL_NNGP, &kernel));
    ASSERT_OK(ntk_kernel_gram(kernel, N, rows, D, gram, N));
    ASSERT_OK(ntk_flow_create(NULL, N, 1, gram, N, y, 1, NTK_LOSS_SQUARED, &flow));
    ASSERT_OK(ntk_gp_create(NULL, N, 1, gram, N, y, 1, 1.0, &gp));
    ASSERT_OK(ntk_flow_train(flow, 2.0, f, 1));
    ASSERT_OK(ntk_gp_log_evidence(gp, &value));
    ntk_mlp_destroy(mlp);
    ntk_kernel_destroy(kernel);
    ntk_flow_destroy(flow);
    ntk_gp_destroy(gp);
}
END_TEST

START_TEST(threads) {
    ntk_context *context = NULL;
    int32_t machine = 0, got = 0;
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_context_get_threads(context, &machine));
    ck_assert_int_ge(machine, 1);
    ASSERT_OK(ntk_context_set_threads(context, 3));
    ASSERT_OK(ntk_context_get_threads(context, &got));
    const bool parallel = got == 3; /* otherwise a build without threads, which always says 1 */
    ck_assert(parallel || got == 1);
    ASSERT_OK(ntk_context_set_threads(context, 5));
    ASSERT_OK(ntk_context_get_threads(context, &got));
    ck_assert_int_eq(got, parallel ? 5 : 1);
    const int32_t wrong[] = {-1, -7, INT32_MIN};
    for (int i = 0; i < 3; i++)
        ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_context_set_threads(context, wrong[i]));
    ck_assert(suite_mentions(ntk_context_last_error(context), "threads"));
    ck_assert(suite_mentions(ntk_context_last_error(context), "-2147483648"));
    ASSERT_OK(ntk_context_get_threads(context, &got));
    ck_assert_int_eq(got, parallel ? 5 : 1);
    ASSERT_OK(ntk_context_set_threads(context, 0));
    ASSERT_OK(ntk_context_get_threads(context, &got));
    ck_assert_int_eq(got, machine);
    ASSERT_STATUS(NTK_ERR_NULL, ntk_context_get_threads(context, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_context_get_threads(NULL, &got));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_context_set_threads(NULL, 1));
    ntk_context_destroy(context);
}
END_TEST

START_TEST(last_error_stays_until_the_next) {
    ntk_context *context = NULL, *other = NULL;
    ntk_mlp *mlp = NULL;
    const int64_t widths[] = {D, 1};
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_context_create(&other));
    ASSERT_STATUS(NTK_ERR_ENUM, ntk_mlp_create(context, 1, widths, 99, &mlp));
    ck_assert_int_eq(ntk_context_last_status(context), NTK_ERR_ENUM);
    ck_assert(suite_mentions(ntk_context_last_error(context), "99"));
    ASSERT_OK(ntk_mlp_create(context, 1, widths, NTK_ACTIVATION_RELU, &mlp));
    ck_assert_int_eq(ntk_context_last_status(context), NTK_ERR_ENUM); /* a success leaves it */
    ck_assert(suite_mentions(ntk_context_last_error(context), "99"));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_mlp_set_weight_std(mlp, -3));
    ck_assert_int_eq(ntk_context_last_status(context), NTK_ERR_DOMAIN);
    ck_assert(!suite_mentions(ntk_context_last_error(context), "99"));
    ck_assert_str_eq(ntk_context_last_error(other), ""); /* contexts are independent */
    ck_assert_int_eq(ntk_context_last_status(other), NTK_SUCCESS);
    ntk_mlp_destroy(mlp);
    ntk_context_destroy(context);
    ntk_context_destroy(other);
}
END_TEST

static void count_message(int32_t level, const char *message, void *user) {
    int *const messages = user;
    *messages += level >= NTK_LOG_ERROR && level <= NTK_LOG_INFO && message != NULL ? 1 : 1000000;
}

START_TEST(log_callback) {
    /* What is logged is not promised; that a receiver does no harm, and can be taken away, is. */
    ntk_context *context = NULL;
    int messages = 0;
    double gram[N * N];
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_context_set_log(context, count_message, &messages));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_context_set_log(NULL, count_message, &messages));
    ntk_kernel *const kernel = suite_kernel(context, D, 3, NTK_ACTIVATION_ERF, 1, 0, NTK_KERNEL_NTK);
    ASSERT_OK(ntk_kernel_gram(kernel, N, rows, D, gram, N));
    ck_assert_int_lt(messages, 1000000);
    const int before = messages;
    ASSERT_OK(ntk_context_set_log(context, NULL, NULL));
    ASSERT_OK(ntk_kernel_gram(kernel, N, rows, D, gram, N));
    ck_assert_int_eq(messages, before);
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(context);
}
END_TEST

SUITE("context", create_and_destroy, null_is_allowed_where_documented, allocator_is_checked, context_destroyed_last,
      context_destroyed_first, default_context_for_null, threads, last_error_stays_until_the_next, log_callback)
