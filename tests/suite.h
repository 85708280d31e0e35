/* What every suite needs on top of Check: a main function, assertions that print both values, a counting allocator that
 * can fail, and a stream of numbers that is the same on every machine.
 *
 * NTK_TEST_QUICK=1 in the environment shrinks the sizes (for valgrind). CK_FORK=no runs the tests in one process. */
#ifndef NTK_TESTS_SUITE_H
#define NTK_TESTS_SUITE_H

#include <check.h>
#include <ctype.h>
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ntk/ntk.h>

/* ---- main ---- */

enum { SUITE_TIMEOUT_SECONDS = 300 };

static inline int suite_run(const char *name, const TTest *const *tests, size_t count) {
    Suite *const suite = suite_create(name);
    TCase *const tcase = tcase_create(name);
    tcase_set_timeout(tcase, SUITE_TIMEOUT_SECONDS);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    SRunner *const runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const bool passed = srunner_ntests_failed(runner) == 0 && srunner_ntests_run(runner) == (int)count;
    srunner_free(runner);
    return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* SUITE("name", test_a, test_b, ...) ends a file. */
#define SUITE(name, ...)                                               \
    int main(void) {                                                   \
        const TTest *const tests[] = {__VA_ARGS__};                    \
        return suite_run(name, tests, sizeof(tests) / sizeof(*tests)); \
    }

/* `full`, or `quick` where the environment asks for it. */
static inline int64_t suite_size(int64_t full, int64_t quick) {
    const char *const setting = getenv("NTK_TEST_QUICK");
    return setting != NULL && strcmp(setting, "1") == 0 ? quick : full;
}

/* ---- assertions ---- */

/* As ck_assert_msg(), but free of cost when it holds, for use on every entry of a matrix. */
#define REQUIRE(condition, ...)        \
    do {                               \
        if (!(condition))              \
            ck_abort_msg(__VA_ARGS__); \
    } while (0)

#define ASSERT_STATUS(expected, call)                                                                       \
    do {                                                                                                    \
        const ntk_status status_ = (call);                                                                  \
        REQUIRE(status_ == (expected), "%s\n    returned %s, expected %s", #call, ntk_status_name(status_), \
                ntk_status_name(expected));                                                                 \
    } while (0)

#define ASSERT_OK(call) ASSERT_STATUS(NTK_SUCCESS, call)

/* |got - expected| <= tolerance; a NaN never passes. */
#define ASSERT_CLOSE(got, expected, tolerance)                                                                        \
    do {                                                                                                              \
        const double got_ = (got), expected_ = (expected), tolerance_ = (tolerance);                                  \
        REQUIRE(fabs(got_ - expected_) <= tolerance_, "%s is %.17g, expected %.17g: off by %.3g, allowed %.3g", #got, \
                got_, expected_, fabs(got_ - expected_), tolerance_);                                                 \
    } while (0)

/* |got - expected| <= tolerance * |expected| */
#define ASSERT_RELATIVE(got, expected, tolerance)                                                        \
    do {                                                                                                 \
        const double got_ = (got), expected_ = (expected), allowed_ = (tolerance);                       \
        REQUIRE(fabs(got_ - expected_) <= allowed_ * fabs(expected_),                                    \
                "%s is %.17g, expected %.17g: relative error %.3g, allowed %.3g", #got, got_, expected_, \
                fabs(got_ - expected_) / fabs(expected_), allowed_);                                     \
    } while (0)

/* The same bits, so that NaN equals NaN and 0 differs from -0. */
#define ASSERT_SAME_BITS(a, b, count) \
    REQUIRE(memcmp(a, b, sizeof(double) * (size_t)(count)) == 0, "%s and %s differ", #a, #b)

/* Whether `word` stands in `text` as a whole word: "x" is not found in "max". */
static inline bool suite_mentions(const char *text, const char *word) {
    const size_t length = strlen(word);
    for (const char *at = strstr(text, word); at != NULL; at = strstr(at + 1, word)) {
        const bool starts = at == text || !(isalnum((unsigned char)at[-1]) || at[-1] == '_') ||
                            !(isalnum((unsigned char)word[0]) || word[0] == '_');
        const bool ends = !(isalnum((unsigned char)at[length]) || at[length] == '_');
        if (starts && ends)
            return true;
    }
    return false;
}

/* ---- numbers ---- */

/* Steele, Lea and Flood 2014 (SplitMix64). */
static inline uint64_t suite_bits(uint64_t *state) {
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Uniform in [-1, 1). */
static inline double suite_uniform(uint64_t *state) { return (double)(suite_bits(state) >> 11) * 0x1p-52 - 1; }

static inline void suite_fill(uint64_t *state, int64_t count, double *values) {
    for (int64_t i = 0; i < count; i++)
        values[i] = suite_uniform(state);
}

/* ---- memory ---- */

static inline double *suite_doubles(int64_t count) {
    double *const block = malloc(sizeof(double) * (size_t)(count > 0 ? count : 1));
    ck_assert_ptr_nonnull(block);
    return block;
}

/* A value that no computation gives: a NaN with a payload. */
static inline double suite_canary(void) {
    const uint64_t bits = UINT64_C(0x7ff8c0ffee000bad);
    double value;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline void suite_fill_canary(int64_t count, double *values) {
    for (int64_t i = 0; i < count; i++)
        values[i] = suite_canary();
}

static inline bool suite_is_canary(int64_t count, const double *values) {
    const double canary = suite_canary();
    for (int64_t i = 0; i < count; i++)
        if (memcmp(&values[i], &canary, sizeof(canary)) != 0)
            return false;
    return true;
}

/* An allocator that counts, and that fails one allocation (or that one and all later ones). */
typedef struct {
    ntk_allocator allocator;
    atomic_long live;  /* blocks not yet released */
    atomic_long count; /* allocations asked for since suite_fail_at() */
    long fail_at;      /* the number of the allocation that fails, from 0; negative for none */
    bool fail_on;      /* later ones fail too */
} suite_tracker;

static inline void *suite_tracked_allocate(size_t size, void *user) {
    suite_tracker *const tracker = user;
    const long number = atomic_fetch_add(&tracker->count, 1);
    if (tracker->fail_at >= 0 && (number == tracker->fail_at || (tracker->fail_on && number > tracker->fail_at)))
        return NULL;
    void *const block = malloc(size > 0 ? size : 1);
    if (block != NULL) {
        memset(block, 0xa5, size); /* no luck with zeroed memory */
        atomic_fetch_add(&tracker->live, 1);
    }
    return block;
}

static inline void suite_tracked_release(void *block, void *user) {
    suite_tracker *const tracker = user;
    ck_assert_ptr_nonnull(block);
    atomic_fetch_sub(&tracker->live, 1);
    free(block);
}

static inline void suite_fail_at(suite_tracker *tracker, long number, bool fail_on) {
    tracker->fail_at = number;
    tracker->fail_on = fail_on;
    atomic_store(&tracker->count, 0);
}

static inline void suite_tracker_init(suite_tracker *tracker) {
    memset(tracker, 0, sizeof(*tracker));
    tracker->allocator.struct_size = sizeof(tracker->allocator);
    tracker->allocator.allocate = suite_tracked_allocate;
    tracker->allocator.release = suite_tracked_release;
    tracker->allocator.user = tracker;
    atomic_init(&tracker->live, 0);
    suite_fail_at(tracker, -1, false);
}

/* ---- kernels ---- */

/* The analytic kernel of a network with d inputs, the same activation and standard deviations in every layer. */
static inline ntk_kernel *suite_kernel(ntk_context *context, int64_t d, int64_t depth, int32_t activation,
                                       double weight_std, double bias_std, int32_t type) {
    int64_t *const widths = malloc(sizeof(int64_t) * (size_t)(depth + 1));
    ck_assert_ptr_nonnull(widths);
    for (int64_t l = 0; l <= depth; l++)
        widths[l] = l == 0 ? d : 1;
    ntk_mlp *mlp = NULL;
    ntk_kernel *kernel = NULL;
    ASSERT_OK(ntk_mlp_create(context, depth, widths, activation, &mlp));
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, weight_std));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, bias_std));
    ASSERT_OK(ntk_kernel_create_analytic(context, mlp, type, &kernel));
    ntk_mlp_destroy(mlp);
    free(widths);
    return kernel;
}

#endif
