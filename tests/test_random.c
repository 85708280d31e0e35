/* Philox and the normals made of it. */
#include "tests/suite.h"

#include "lib/random/random.h"

START_TEST(philox_known_answers) {
    /* The rows "philox4x32 10" of kat_vectors in Random123 1.14 (Salmon et al. 2011). */
    static const struct {
        uint32_t counter[4], key[2], answer[4];
    } known[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        uint32_t answer[4];
        ntki_philox(known[i].counter, known[i].key, answer);
        for (int k = 0; k < 4; k++)
            REQUIRE(answer[k] == known[i].answer[k], "vector %d, word %d: %08" PRIx32, (int)i, k, answer[k]);
    }
}
END_TEST

START_TEST(quantiles) {
    /* Quantiles of (k + 1/2) / 2^52, sqrt(2) erfinv((2 k + 1) / 2^52 - 1) by mpmath 1.3 with 60 digits: both ends, the
     * middle, either side of 0.075 and of exp(-25), where the formula changes. AS 241 is said to be accurate to
     * 1e-16; to that come a few roundings. */
    static const struct {
        uint64_t k;
        double quantile;
    } known[] = {
        {UINT64_C(0), -8.2095361516013868556},
        {UINT64_C(1), -8.0765710041301246502},
        {UINT64_C(12345), -6.892487701380117026},
        {UINT64_C(62544), -6.6579075554073989141},
        {UINT64_C(62546), -6.6579028543204812886},
        {UINT64_C(1048576), -6.2302600632894787267},
        {UINT64_C(4294967297), -4.7630010341973669471},
        {UINT64_C(450359962737), -3.7190164854554279197},
        {UINT64_C(1099511627776), -3.4871041041143094916},
        {UINT64_C(17592186044416), -2.6600674686174500861},
        {UINT64_C(45035996273704), -2.3263478740408449332},
        {UINT64_C(70368744177664), -2.1538746940614533823},
        {UINT64_C(337769521692824), -1.4395321773759004884},
        {UINT64_C(337770422412749), -1.4395307645017303728},
        {UINT64_C(1125899906842624), -6.7448975019608139383e-1},
        {UINT64_C(1801439850948198), -2.5334710313579974132e-1},
        {UINT64_C(2251799812636672), -5.8361959629168206731e-10},
        {UINT64_C(2251799813685247), -2.7829164246717669222e-16},
        {UINT64_C(2251799813685248), 2.7829164246717669222e-16},
        {UINT64_C(2251799813685251), 1.9480414972702368456e-15},
        {UINT64_C(2702159776422297), 2.5334710313579974132e-1},
        {UINT64_C(4165829655317709), 1.4395314709384570134},
        {UINT64_C(4165830105677671), 1.4395321773759004884},
        {UINT64_C(4503554591374222), 4.2648907939238407699},
        {UINT64_C(4503591037435904), 4.6212310015113210682},
        {UINT64_C(4503599627370491), 7.9414444874159788106},
        {UINT64_C(4503599627370495), 8.2095361516013868556},
    };
    for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
        ASSERT_RELATIVE(ntki_normal_from_bits(known[i].k << 12), known[i].quantile, 1e-16 + 4 * DBL_EPSILON);
        /* The 12 lower bits do not count. */
        ck_assert(ntki_normal_from_bits(known[i].k << 12) == ntki_normal_from_bits(known[i].k << 12 | 0xfff));
    }
}
END_TEST

START_TEST(quantiles_are_odd_and_increase) {
    uint64_t state = 1;
    for (int i = 0; i < 100000; i++) {
        const uint64_t bits = suite_bits(&state) >> (i % 40);
        const double value = ntki_normal_from_bits(bits);
        ck_assert(ntki_normal_from_bits(~bits) == -value);
        /* To the next representable probability but one of 2^40, far more than rounding. */
        if (bits < UINT64_MAX - (UINT64_C(1) << 24))
            ck_assert(ntki_normal_from_bits(bits + (UINT64_C(1) << 24)) > value);
    }
}
END_TEST

/* FNV-1a over the bits. */
static uint64_t hash(int64_t count, const double *values) {
    uint64_t sum = UINT64_C(0xcbf29ce484222325);
    for (int64_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &values[i], sizeof(bits));
        for (int shift = 0; shift < 64; shift += 8)
            sum = (sum ^ (bits >> shift & 0xff)) * UINT64_C(0x100000001b3);
    }
    return sum;
}

START_TEST(normals_are_pinned) {
    /* The same bits on every platform: these never change. The first six were checked against mpmath as above. */
    static const double first[] = {0x1.599584617457cp-1, -0x1.5e347b9d02a44p+0, 0x1.a65878a16f8cp-1,
                                   0x1.b9ef774f02a55p+0, -0x1.31c242087672dp+1, 0x1.07e1e80c0b6dfp+0};
    enum { COUNT = 100000 };
    double *const normals = suite_doubles(COUNT);
    ntki_random_normals(7, 0, 0, COUNT, normals);
    ASSERT_SAME_BITS(normals, first, 6);
    ck_assert_uint_eq(hash(COUNT, normals), UINT64_C(0xddf1f134a8856e60));
    ntki_random_normals(UINT64_C(0xfedcba9876543210), UINT64_C(0x0123456789abcdef), INT64_C(1) << 40, COUNT, normals);
    ck_assert_uint_eq(hash(COUNT, normals), UINT64_C(0x7a60de3704f36cf1));
    free(normals);
}
END_TEST

START_TEST(numbers_depend_on_their_place_alone) {
    enum { COUNT = 101 };
    double all[COUNT], some[COUNT];
    ntki_random_normals(3, 5, 1000, COUNT, all);
    for (int64_t first = 0; first < COUNT; first += 7)
        for (int64_t count = 1; first + count <= COUNT; count += 6) {
            ntki_random_normals(3, 5, 1000 + first, count, some);
            ASSERT_SAME_BITS(all + first, some, count);
        }
}
END_TEST

/* The correlation of two sets, and of a set with itself one place on, is within 5 standard errors of 0. */
static void check_uncorrelated(int64_t count, const double *a, const double *b) {
    double sum = 0, next = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += a[i] * b[i];
        next += i + 1 < count ? a[i] * a[i + 1] : 0;
    }
    const double error = 1 / sqrt((double)count);
    ASSERT_CLOSE(sum / (double)count, 0, 5 * error);
    ASSERT_CLOSE(next / (double)count, 0, 5 * error);
}

START_TEST(moments) {
    /* E z^k = 0, 1, 0, 3, 0, 15 within 5 standard errors, sqrt((E z^2k - (E z^k)^2) / n). */
    const int64_t count = suite_size(INT64_C(1) << 20, 1 << 14);
    static const double expected[] = {1, 0, 1, 0, 3, 0, 15}, variance[] = {0, 1, 2, 15, 96, 945, 10170};
    double *const normals = suite_doubles(count), *const others = suite_doubles(count);
    ntki_random_normals(1, 0, 0, count, normals);
    for (int k = 1; k <= 6; k++) {
        double sum = 0;
        for (int64_t i = 0; i < count; i++)
            sum += pow(normals[i], k);
        ASSERT_CLOSE(sum / (double)count, expected[k], 5 * sqrt(variance[k] / (double)count));
    }
    ntki_random_normals(2, 0, 0, count, others); /* the next seed */
    check_uncorrelated(count, normals, others);
    ntki_random_normals(1, 1, 0, count, others); /* another stream */
    check_uncorrelated(count, normals, others);
    free(others);
    free(normals);
}
END_TEST

static int ascending(const void *a, const void *b) {
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

START_TEST(distribution) {
    /* Kolmogorov's distance: sqrt(n) D exceeds 2.3 with probability 5e-5. */
    const int64_t count = suite_size(INT64_C(1) << 18, 1 << 12);
    double *const normals = suite_doubles(count), distance = 0;
    ntki_random_normals(11, 0, 0, count, normals);
    qsort(normals, (size_t)count, sizeof(double), ascending);
    for (int64_t i = 0; i < count; i++) {
        const double probability = 0.5 * erfc(-normals[i] / sqrt(2));
        distance = fmax(distance, fmax(fabs(probability - (double)i / (double)count),
                                       fabs(probability - (double)(i + 1) / (double)count)));
    }
    ASSERT_CLOSE(sqrt((double)count) * distance, 0, 2.3);
    free(normals);
}
END_TEST

SUITE("random", philox_known_answers, quantiles, quantiles_are_odd_and_increase, normals_are_pinned,
      numbers_depend_on_their_place_alone, moments, distribution)
