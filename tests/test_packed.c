/* The packed Gram matrix: LAPACK unpacks it to the Gram matrix, factors it and solves with it; errors and cancellation. */
#include "tests/suite.h"

#include "lib/blas/blas.h"
#include "lib/blas/provider.h"

#define NTKI_DTFTTR(I) (int, char, char, I, const double *, double *, I)
#define NTKI_DPFTRF(I) (int, char, char, I, double *)
#define NTKI_DPFTRS(I) (int, char, char, I, I, const double *, double *, I)
NTKI_LAPACKE(dtfttr, NTKI_DTFTTR);
NTKI_LAPACKE(dpftrf, NTKI_DPFTRF);
NTKI_LAPACKE(dpftrs, NTKI_DPFTRS);

static bool wide_integers(void) {
    ntki_blas_width width;
    ck_assert(ntki_blas_probe(&width));
    return width.lapack_ilp64;
}

/* The lower triangle of the column-major n x n matrix `full`. */
static void unpack(int64_t n, const double *packed, double *full) {
    const int64_t info = wide_integers()
                             ? dtfttr_ilp64(NTKI_COLUMN_MAJOR, 'N', 'L', n, packed, full, n)
                             : dtfttr_lp64(NTKI_COLUMN_MAJOR, 'N', 'L', (int32_t)n, packed, full, (int32_t)n);
    ck_assert_int_eq(info, 0);
}

static void factor(int64_t n, double *packed) {
    const int64_t info = wide_integers() ? dpftrf_ilp64(NTKI_COLUMN_MAJOR, 'N', 'L', n, packed)
                                         : dpftrf_lp64(NTKI_COLUMN_MAJOR, 'N', 'L', (int32_t)n, packed);
    ck_assert_int_eq(info, 0);
}

static void solve(int64_t n, const double *packed, double *b) {
    const int64_t info = wide_integers()
                             ? dpftrs_ilp64(NTKI_COLUMN_MAJOR, 'N', 'L', n, 1, packed, b, n)
                             : dpftrs_lp64(NTKI_COLUMN_MAJOR, 'N', 'L', (int32_t)n, 1, packed, b, (int32_t)n);
    ck_assert_int_eq(info, 0);
}

static int64_t packed_size(int64_t n) { return n * (n + 1) / 2; }

/* Random rows; every seventh is equal to an earlier one, and the eleventh is zero. */
static double *make_rows(int64_t n, int64_t d) {
    double *const x = suite_doubles(n * d);
    uint64_t state = 5 + (uint64_t)n;
    suite_fill(&state, n * d, x);
    for (int64_t i = 6; i < n; i += 7)
        memcpy(x + i * d, x + (i / 2) * d, sizeof(double) * (size_t)d);
    if (n > 10)
        memset(x + 10 * d, 0, sizeof(double) * (size_t)d);
    return x;
}

/* ---- values ---- */

/* Entries differ by the rounding of one inner product: two sums of d products in different orders differ by d eps at
 * most, and the gradient of K with respect to the cosine is below 8 sqrt(K K') for unrelated rows; 8 eps more for the
 * elementwise work. Equal rows give the diagonal to the bit. */
static void check_packed(int64_t n, int64_t d, int32_t activation, int32_t type) {
    enum { GUARD = 3 };
    double *const x = make_rows(n, d), *const packed = suite_doubles(packed_size(n) + GUARD);
    double *const full = suite_doubles(n * n), *const gram = suite_doubles(n * n);
    ntk_kernel *const kernel = suite_kernel(NULL, d, 3, activation, 1.4, 0.2, type);
    suite_fill_canary(packed_size(n) + GUARD, packed);
    ASSERT_OK(ntk_kernel_gram_packed(kernel, n, x, d, packed));
    ck_assert(suite_is_canary(GUARD, packed + packed_size(n)));
    ASSERT_OK(ntk_kernel_gram(kernel, n, x, d, gram, n));
    unpack(n, packed, full);
    for (int64_t j = 0; j < n; j++)
        for (int64_t i = j; i < n; i++) {
            const double got = full[j * n + i], expected = gram[i * n + j];
            const bool equal = memcmp(x + i * d, x + j * d, sizeof(double) * (size_t)d) == 0;
            const double scale = sqrt(gram[i * n + i] * gram[j * n + j]);
            REQUIRE(fabs(got - expected) <= (equal ? 0 : 8 * ((double)d + 8) * DBL_EPSILON * scale),
                    "n = %d: packed K(%d, %d) is %.17g, gram has %.17g", (int)n, (int)i, (int)j, got, expected);
        }
    ntk_kernel_destroy(kernel);
    free(gram);
    free(full);
    free(packed);
    free(x);
}

START_TEST(unpacks_to_gram) {
    for (int64_t n = 1; n <= 40; n++) {
        check_packed(n, 5, NTK_ACTIVATION_RELU, NTK_KERNEL_NTK);
        check_packed(n, 1, NTK_ACTIVATION_ERF, NTK_KERNEL_NNGP);
    }
    check_packed(suite_size(300, 50), 20, NTK_ACTIVATION_RELU, NTK_KERNEL_NTK);
    check_packed(suite_size(301, 51), 20, NTK_ACTIVATION_LEAKY_RELU, NTK_KERNEL_NNGP);
    check_packed(suite_size(1030, 60), 30, NTK_ACTIVATION_RELU, NTK_KERNEL_NTK);
    check_packed(suite_size(1031, 61), 30, NTK_ACTIVATION_ERF, NTK_KERNEL_NTK);
}
END_TEST

/* K is two triangles in one rectangle, written out for n = 5 and n = 6 (columns of LAPACK are rows here). */
START_TEST(places_by_hand) {
    static const int odd[] = {00, 10, 20, 30, 40, 33, 11, 21, 31, 41, 43, 44, 22, 32, 42};
    static const int even[] = {33, 00, 10, 20, 30, 40, 50, 43, 44, 11, 21, 31, 41, 51, 53, 54, 55, 22, 32, 42, 52};
    double x[6], packed[21], gram[36];
    for (int i = 0; i < 6; i++)
        x[i] = i + 1;
    ntk_kernel *const kernel = suite_kernel(NULL, 1, 1, NTK_ACTIVATION_IDENTITY, 1, 0, NTK_KERNEL_NTK);
    for (int64_t n = 5; n <= 6; n++) {
        ASSERT_OK(ntk_kernel_gram_packed(kernel, n, x, 1, packed));
        ASSERT_OK(ntk_kernel_gram(kernel, n, x, 1, gram, n));
        for (int64_t e = 0; e < packed_size(n); e++) {
            const int place = n == 5 ? odd[e] : even[e];
            ck_assert(packed[e] == gram[place / 10 * n + place % 10]);
        }
    }
    ntk_kernel_destroy(kernel);
}
END_TEST

/* |K u - b| <= c n eps |K| |u|: the solution by Cholesky factorisation is that of a system that close by (Higham 2002,
 * theorem 10.4), and |K| is at most the trace. */
START_TEST(factors_and_solves) {
    for (int64_t n = 299; n <= 300; n++) {
        const int64_t d = 20;
        double *const x = suite_doubles(n * d), *const packed = suite_doubles(packed_size(n));
        double *const gram = suite_doubles(n * n), *const u = suite_doubles(n), *const b = suite_doubles(n);
        ntk_kernel *const kernel = suite_kernel(NULL, d, 3, NTK_ACTIVATION_RELU, 1.4, 0.1, NTK_KERNEL_NTK);
        uint64_t state = 9;
        suite_fill(&state, n * d, x);
        suite_fill(&state, n, b);
        memcpy(u, b, sizeof(double) * (size_t)n);
        ASSERT_OK(ntk_kernel_gram_packed(kernel, n, x, d, packed));
        ASSERT_OK(ntk_kernel_gram(kernel, n, x, d, gram, n));
        factor(n, packed);
        solve(n, packed, u);
        double trace = 0, length = 0;
        for (int64_t i = 0; i < n; i++) {
            trace += gram[i * n + i];
            length += u[i] * u[i];
        }
        for (int64_t i = 0; i < n; i++) {
            double sum = 0;
            for (int64_t j = 0; j < n; j++)
                sum += gram[i * n + j] * u[j];
            ASSERT_CLOSE(sum, b[i], 4 * (double)n * DBL_EPSILON * trace * sqrt(length));
        }
        ntk_kernel_destroy(kernel);
        free(b);
        free(u);
        free(gram);
        free(packed);
        free(x);
    }
}
END_TEST

/* ---- refusals ---- */

#define REFUSE(expected, word, call)                                                          \
    do {                                                                                      \
        suite_fill_canary(MOST, k);                                                           \
        ASSERT_STATUS(expected, call);                                                        \
        ck_assert(suite_is_canary(MOST, k));                                                  \
        ck_assert(suite_mentions(ntk_context_last_error(context), word));                     \
        ck_assert(suite_mentions(ntk_context_last_error(context), "gram_packed") ||           \
                  suite_mentions(ntk_context_last_error(context), "ntk_kernel_gram_packed")); \
    } while (0)

START_TEST(bad_arguments) {
    enum { N = 6, D = 2, MOST = N * (N + 1) / 2 };
    double x[N * D], k[MOST];
    uint64_t state = 1;
    ntk_context *context = NULL;
    suite_fill(&state, N * D, x);
    ASSERT_OK(ntk_context_create(&context));
    ntk_kernel *const kernel = suite_kernel(context, D, 2, NTK_ACTIVATION_RELU, 1, 0, NTK_KERNEL_NTK);
    ASSERT_STATUS(NTK_ERR_NULL, ntk_kernel_gram_packed(NULL, N, x, D, k));
    REFUSE(NTK_ERR_SIZE, "n", ntk_kernel_gram_packed(kernel, 0, x, D, k));
    REFUSE(NTK_ERR_SIZE, "n", ntk_kernel_gram_packed(kernel, -1, x, D, k));
    REFUSE(NTK_ERR_NULL, "x", ntk_kernel_gram_packed(kernel, N, NULL, D, k));
    REFUSE(NTK_ERR_NULL, "k", ntk_kernel_gram_packed(kernel, N, x, D, NULL));
    REFUSE(NTK_ERR_LEADING_DIMENSION, "ldx", ntk_kernel_gram_packed(kernel, N, x, D - 1, k));
    REFUSE(NTK_ERR_OVERFLOW, "x", ntk_kernel_gram_packed(kernel, INT64_MAX, x, D, k));
    REFUSE(NTK_ERR_OVERFLOW, "x", ntk_kernel_gram_packed(kernel, INT64_MAX - 1, x, D, k));
    REFUSE(NTK_ERR_OVERFLOW, "k", ntk_kernel_gram_packed(kernel, INT64_C(1) << 32, x, D, k)); /* n^2 / 2 doubles */
    REFUSE(NTK_ERR_OVERFLOW, "k", ntk_kernel_gram_packed(kernel, (INT64_C(1) << 32) + 1, x, D, k));
    REFUSE(NTK_ERR_ALIAS, "k", ntk_kernel_gram_packed(kernel, 3, k + MOST - 6, D, k + MOST - 7));
    x[5] = NAN;
    REFUSE(NTK_ERR_NOT_FINITE, "NaN", ntk_kernel_gram_packed(kernel, N, x, D, k));
    x[5] = 1e200;
    REFUSE(NTK_ERR_RANGE, "x", ntk_kernel_gram_packed(kernel, N, x, D, k));
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(context);
}
END_TEST

/* ---- progress ---- */

typedef struct {
    int reports, cancel_at;
    double last;
    bool ordered;
} recorder;

static int32_t report(double fraction, const char *phase, void *user) {
    recorder *const record = user;
    (void)phase;
    record->ordered = record->ordered && fraction >= record->last && fraction <= 1;
    record->last = fraction;
    return record->reports++ == record->cancel_at;
}

/* The matrix is untouched when the first report cancels, and all NaN when a later one does. */
START_TEST(cancellation) {
    const int64_t n = suite_size(600, 40), d = 2, size = packed_size(n);
    double *const x = make_rows(n, d), *const k = suite_doubles(size);
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_kernel *const kernel = suite_kernel(context, d, 2, NTK_ACTIVATION_RELU, 1, 0, NTK_KERNEL_NTK);
    recorder whole = {0, -1, 0, true};
    ASSERT_OK(ntk_context_set_progress(context, report, &whole));
    ASSERT_OK(ntk_kernel_gram_packed(kernel, n, x, d, k));
    ck_assert(whole.ordered && whole.last == 1 && whole.reports >= 3);
    for (int at = 0; at < whole.reports; at++) {
        recorder record = {0, at, 0, true};
        ASSERT_OK(ntk_context_set_progress(context, report, &record));
        suite_fill_canary(size, k);
        ASSERT_STATUS(NTK_ERR_CANCELLED, ntk_kernel_gram_packed(kernel, n, x, d, k));
        ck_assert_int_eq(record.reports, at + 1);
        ck_assert(at > 0 || suite_is_canary(size, k));
        for (int64_t e = 0; at > 0 && e < size; e++)
            ck_assert(isnan(k[e]));
    }
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(context);
    free(k);
    free(x);
}
END_TEST

SUITE("packed", unpacks_to_gram, places_by_hand, factors_and_solves, bad_arguments, cancellation)
