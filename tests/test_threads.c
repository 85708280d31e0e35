/* Contexts are independent: several threads, each with its own, do all kinds of work at once and get what one thread
 * alone gets. Meant for ThreadSanitizer as well. Assertions are made after the threads have been joined. */
#define _GNU_SOURCE /* sched_getaffinity */
#include "tests/suite.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <unistd.h>

#include "lib/threads/parallel.h"

enum { THREADS = 4, ROUNDS = 3, N = 120, M = 70, D = 6, C = 2 };

typedef struct {
    double gram[N * N], cross[M * N], diagonal[N], product[M * C], trained[N * C], limit[N * C], predicted[M * C];
    double mean[M * C], variance[M], evidence;
} results;

typedef struct {
    int number;
    int32_t own_threads; /* of the context */
    ntk_status status;   /* the first failure */
    const double *x, *z, *y;
    results *got;
} job;

static void keep(job *task, ntk_status status) {
    if (task->status == NTK_SUCCESS)
        task->status = status;
}

static ntk_kernel *kernel_for(job *task, ntk_context *context) {
    const int64_t widths[] = {D, 3, 3, 1};
    ntk_mlp *mlp = NULL;
    ntk_kernel *kernel = NULL;
    keep(task, ntk_mlp_create(context, 3, widths, NTK_ACTIVATION_RELU, &mlp));
    keep(task, ntk_mlp_set_weight_std(mlp, 1.4));
    keep(task, ntk_mlp_set_bias_std(mlp, 0.1));
    keep(task, ntk_kernel_create_analytic(context, mlp, NTK_KERNEL_NTK, &kernel));
    ntk_mlp_destroy(mlp);
    return kernel;
}

static void work_once(job *task, ntk_context *context) {
    results *const got = task->got;
    ntk_kernel *const kernel = kernel_for(task, context);
    ntk_flow *flow = NULL;
    ntk_gp *gp = NULL;
    const double *const x = task->x, *const z = task->z, *const y = task->y;
    keep(task, ntk_kernel_gram(kernel, N, x, D, got->gram, N));
    keep(task, ntk_kernel_cross(kernel, M, z, D, N, x, D, got->cross, N));
    keep(task, ntk_kernel_diagonal(kernel, N, x, D, got->diagonal));
    keep(task, ntk_kernel_apply(kernel, M, z, D, N, x, D, C, y, C, got->product, C));
    keep(task, ntk_flow_create(context, N, C, got->gram, N, y, C, NTK_LOSS_SQUARED, &flow));
    keep(task, ntk_flow_train(flow, 2, got->trained, C));
    keep(task, ntk_flow_train(flow, INFINITY, got->limit, C));
    ntk_flow_destroy(flow);
    flow = NULL;
    keep(task, ntk_flow_create_from_kernel(kernel, N, x, D, C, y, C, NTK_LOSS_SQUARED, &flow));
    keep(task, ntk_flow_predict_at(flow, 2, M, z, D, NULL, 0, got->predicted, C));
    keep(task, ntk_gp_create_from_kernel(kernel, N, x, D, C, y, C, 0.1, &gp));
    keep(task, ntk_gp_predict_at(gp, M, z, D, got->mean, C, got->variance));
    keep(task, ntk_gp_log_evidence(gp, &got->evidence));
    ntk_gp_destroy(gp);
    ntk_flow_destroy(flow);
    ntk_kernel_destroy(kernel);
}

static void *work(void *user) {
    job *const task = user;
    const int rounds = (int)suite_size(ROUNDS, 1);
    for (int round = 0; round < rounds; round++) {
        ntk_context *context = NULL;
        keep(task, ntk_context_create(&context));
        keep(task, ntk_context_set_threads(context, task->own_threads));
        work_once(task, context);
        /* a failure in this context is not seen in the others */
        ntk_mlp *mlp = NULL;
        const int64_t widths[] = {D, 1};
        const ntk_status refused = ntk_mlp_create(context, 1, widths, 1000 + task->number, &mlp);
        char number[16];
        snprintf(number, sizeof(number), "%d", 1000 + task->number);
        if (refused != NTK_ERR_ENUM || !suite_mentions(ntk_context_last_error(context), number))
            keep(task, NTK_ERR_CONVERGENCE);
        ntk_context_destroy(context);
    }
    return NULL;
}

static void compare(const char *what, const double *got, const double *expected, int64_t count, double tolerance) {
    for (int64_t i = 0; i < count; i++)
        REQUIRE(fabs(got[i] - expected[i]) <= tolerance, "%s[%d] is %.17g, alone %.17g", what, (int)i, got[i],
                expected[i]);
}

/* Kernels: the rounding of an inner product (8 (D + 8) eps times a value below 10), since a context with another number
 * of threads may have other tiles; apply sums N such terms. Flow and process: n eps times the condition, 1e4. */
static void compare_results(const results *got, const results *expected) {
    const double rounding = 8 * (D + 8) * DBL_EPSILON * 10;
    compare("gram", got->gram, expected->gram, N * N, rounding);
    compare("cross", got->cross, expected->cross, M * N, rounding);
    compare("diagonal", got->diagonal, expected->diagonal, N, rounding);
    compare("product", got->product, expected->product, M * C, N * rounding);
    compare("trained", got->trained, expected->trained, N * C, 1e-9);
    compare("limit", got->limit, expected->limit, N * C, 1e-9);
    compare("predicted", got->predicted, expected->predicted, M * C, 1e-9);
    compare("mean", got->mean, expected->mean, M * C, 1e-9);
    compare("variance", got->variance, expected->variance, M, 1e-9);
    compare("evidence", &got->evidence, &expected->evidence, 1, 1e-9 * fabs(expected->evidence));
}

static void run_together(int32_t own_threads) {
    uint64_t state = 50;
    double x[N * D], z[M * D], y[N * C];
    suite_fill(&state, N * D, x);
    suite_fill(&state, M * D, z);
    suite_fill(&state, N * C, y);
    results *const all = calloc(THREADS + 1, sizeof(results));
    ck_assert_ptr_nonnull(all);
    job alone = {0, 1, NTK_SUCCESS, x, z, y, &all[THREADS]}, tasks[THREADS];
    work(&alone);
    ck_assert_int_eq(alone.status, NTK_SUCCESS);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        tasks[i] = (job){i, own_threads, NTK_SUCCESS, x, z, y, &all[i]};
        ck_assert_int_eq(pthread_create(&threads[i], NULL, work, &tasks[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        ck_assert_msg(tasks[i].status == NTK_SUCCESS, "thread %d: %s", i, ntk_status_name(tasks[i].status));
        compare_results(tasks[i].got, alone.got);
    }
    free(all);
}

START_TEST(each_context_with_one_thread) { run_together(1); }
END_TEST

START_TEST(each_context_with_two_threads) { run_together(2); }
END_TEST

static void note_worker(int64_t index, int32_t worker, void *argument) {
    atomic_int *const seen = argument; /* calls under way for each worker, then what went wrong */
    (void)index;
    if (worker < 0 || worker >= 2 || atomic_fetch_add(&seen[worker], 1) != 0) {
        atomic_store(&seen[2], 1);
        return;
    }
    atomic_fetch_sub(&seen[worker], 1);
}

/* Work areas are made for so many threads before a loop; by then the context may have more. */
START_TEST(no_more_workers_than_areas) {
    ntk_context *context = NULL;
    atomic_int seen[3];
    for (int i = 0; i < 3; i++)
        atomic_init(&seen[i], 0);
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_context_set_threads(context, 5));
    for (int round = 0; round < 50; round++)
        ntki_parallel_for_workers(context, 1000, 2, note_worker, seen);
    ck_assert_int_eq(atomic_load(&seen[2]), 0);
    ntk_context_destroy(context);
}
END_TEST

#ifdef __linux__

enum { LOOPS = 300, TASKS = 8 };

typedef struct {
    cpu_set_t expected;
    atomic_int others; /* tasks that found another affinity */
    atomic_int done;
} places;

static void look_around(int64_t index, int32_t worker, void *argument) {
    places *const all = argument;
    cpu_set_t mine;
    (void)index;
    (void)worker;
    if (sched_getaffinity(0, sizeof(mine), &mine) != 0 || !CPU_EQUAL(&mine, &all->expected))
        atomic_fetch_add(&all->others, 1);
    usleep(10); /* so that the other threads get tasks too */
    atomic_fetch_add(&all->done, 1);
}

/* Where a worker may run while it works is what the program decided; the pauses make threads sleep and the caller move. */
START_TEST(workers_may_run_anywhere) {
    ntk_context *context = NULL;
    places all;
    atomic_init(&all.others, 0);
    atomic_init(&all.done, 0);
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_context_set_threads(context, 3));
    ck_assert_int_eq(sched_getaffinity(0, sizeof(all.expected), &all.expected), 0);
    for (int i = 0; i < LOOPS; i++) {
        ntki_parallel_for_workers(context, TASKS, 3, look_around, &all);
        usleep(i % 3 == 0 ? 1000 : 10);
    }
    ck_assert_int_eq(atomic_load(&all.done), LOOPS * TASKS);
    ck_assert_int_eq(atomic_load(&all.others), 0);
    ntk_context_destroy(context);
}
END_TEST

#define LINUX_TESTS , workers_may_run_anywhere
#else
#define LINUX_TESTS
#endif

SUITE("threads", each_context_with_one_thread, each_context_with_two_threads, no_more_workers_than_areas LINUX_TESTS)
