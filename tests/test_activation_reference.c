/* Kernels of networks with every activation, and with every option, against values computed with 50 to 700 digits from the
 * definitions (tests/reference), and positive semi-definite Gram matrices. What is allowed is in reference/limits.h; `make
 * check-accuracy` prints what is reached. */
#include "tests/suite.h"

#include "tests/reference/kind_values.h"
#include "tests/reference/limits.h"
#include "tests/reference/option_values.h"

typedef struct {
    long entries, wrong;
    double worst; /* error / allowed */
    char first[512];
} findings;

static void judge(void *user, const reference_case *the_case, const reference_entry *entry) {
    findings *const found = user;
    const double error = reference_error(entry), allowed = reference_allowed(the_case, entry);
    found->entries++;
    found->worst = fmax(found->worst, error / allowed);
    if (error <= allowed)
        return;
    if (found->wrong++ == 0)
        snprintf(
            found->first, sizeof(found->first),
            "%s (first activation %s), depth %d, d = %d, %s of rows %d and %d is %.17g, expected %.17g: off by %.3g, "
            "allowed %.3g, sqrt(KK') %.3g",
            the_case->network->name, ntk_activation_kind_name(the_case->layers[0].kind), the_case->network->depth,
            the_case->d, entry->type == NTK_KERNEL_NTK ? "NTK" : "NNGP", entry->i, entry->j, entry->got,
            entry->expected, error, allowed, entry->scale);
}

/* ---- values ---- */

/* All cases of a table whose networks have the name, or, with NULL, another than "mixed"; series kinds with a tolerance. */
static void compare(const reference_table *table, const char *name, bool series, double tolerance) {
    findings found = {0};
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    for (int c = 0; c < table->cases; c += (int)suite_size(1, 4)) {
        const reference_case the_case = reference_case_of(table, c);
        const bool mixed = strcmp(the_case.network->name, "mixed") == 0;
        if (reference_is_series(&the_case) != series)
            continue;
        if (name != NULL ? strcmp(the_case.network->name, name) != 0 : mixed)
            continue;
        for (int type = NTK_KERNEL_NTK; type <= NTK_KERNEL_NNGP; type++) {
            const ntk_status status = reference_compare(context, &the_case, type, tolerance, judge, &found);
            REQUIRE(status == NTK_SUCCESS, "%s, depth %d: %s: %s", the_case.network->name, the_case.network->depth,
                    ntk_status_name(status), ntk_context_last_error(context));
        }
    }
    ntk_context_destroy(context);
    ck_assert_int_gt(found.entries, 0);
    ck_assert_msg(found.wrong == 0, "%ld of %ld entries are wrong; the first: %s", found.wrong, found.entries,
                  found.first);
}

START_TEST(closed_forms) { compare(&kind_table, NULL, false, 0); }
END_TEST

START_TEST(closed_forms_before_kinks) { compare(&kind_table, "mixed", false, 0); }
END_TEST

/* Errors must be within the bound that the kernel itself states, at the default tolerance and at others. */
START_TEST(series_within_the_bound) {
    static const double tolerances[] = {0, 1e-4, 1e-13};
    for (size_t i = 0; i < sizeof(tolerances) / sizeof(*tolerances); i++)
        compare(&kind_table, NULL, true, tolerances[i]);
}
END_TEST

START_TEST(series_before_kinks) { compare(&kind_table, "mixed", true, 1e-13); }
END_TEST

START_TEST(options) {
    compare(&option_table, NULL, false, 0);
    compare(&option_table, NULL, true, 1e-13);
}
END_TEST

/* ---- Gram matrices ---- */

enum { POINTS = 60, DIMENSION = 5 };

/* Whether k + shift I has a Cholesky factor; k is overwritten. */
static bool is_positive(int n, double *k, double shift) {
    for (int j = 0; j < n; j++) {
        double pivot = k[j * n + j] + shift;
        for (int p = 0; p < j; p++)
            pivot -= k[j * n + p] * k[j * n + p];
        if (!(pivot > 0))
            return false;
        k[j * n + j] = sqrt(pivot);
        for (int i = j + 1; i < n; i++) {
            double sum = k[i * n + j];
            for (int p = 0; p < j; p++)
                sum -= k[i * n + p] * k[j * n + p];
            k[i * n + j] = sum / k[j * n + j];
        }
    }
    return true;
}

/* A third of the rows are equal to others, a third near them, opposite or nearly opposite. */
static void make_points(double *x) {
    uint64_t state = 20261123;
    suite_fill(&state, POINTS * DIMENSION, x);
    for (int i = POINTS / 3; i < POINTS; i++)
        for (int p = 0; p < DIMENSION; p++) {
            const double sign = i % 4 == 3 ? -1 : 1,
                         away = i < 2 * POINTS / 3 ? 0 : ldexp(x[i * DIMENSION + p], -10 - i % 30);
            x[i * DIMENSION + p] = sign * x[(i % 20) * DIMENSION + p] + away;
        }
}

/* The smallest eigenvalue is at least -1e-13 of the trace: k + 1e-13 trace I is positive definite. Cholesky's rounding, n eps
 * max k_ii, is a hundredth of that. */
START_TEST(gram_matrices_are_positive) {
    double x[POINTS * DIMENSION], k[POINTS * POINTS];
    make_points(x);
    for (int32_t kind = NTK_ACTIVATION_IDENTITY; kind <= NTK_ACTIVATION_RELU6; kind++)
        for (int32_t type = NTK_KERNEL_NTK; type <= NTK_KERNEL_NNGP; type++)
            for (int64_t depth = 2; depth <= suite_size(4, 2); depth += 2) {
                ntk_kernel *const kernel = suite_kernel(NULL, DIMENSION, depth, kind, 0.75, 0.1, type);
                if (kind >= NTK_ACTIVATION_TANH && kind <= NTK_ACTIVATION_GELU_TANH)
                    ASSERT_OK(ntk_kernel_set_tolerance(kernel, 1e-13));
                ASSERT_OK(ntk_kernel_gram(kernel, POINTS, x, DIMENSION, k, POINTS));
                double trace = 0;
                for (int i = 0; i < POINTS; i++)
                    trace += k[i * POINTS + i];
                REQUIRE(is_positive(POINTS, k, 1e-13 * trace), "%s, type %d, depth %d", ntk_activation_kind_name(kind),
                        (int)type, (int)depth);
                ntk_kernel_destroy(kernel);
            }
}
END_TEST

/* The test of the test. */
START_TEST(a_negative_eigenvalue_is_seen) {
    double k[4] = {1, 1 + 1e-12, 1 + 1e-12, 1}, again[4] = {1, 1, 1, 1};
    ck_assert(!is_positive(2, k, 2e-13));
    ck_assert(is_positive(2, again, 2e-13));
}
END_TEST

SUITE("activation reference", closed_forms, closed_forms_before_kinks, series_within_the_bound, series_before_kinks,
      options, gram_matrices_are_positive, a_negative_eigenvalue_is_seen)
