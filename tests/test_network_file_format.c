/* The file of a network has the documented bytes, and no other bytes are taken for it. */
#include "tests/network_files.h"

START_TEST(layout_is_the_documented_one) {
    suite_folder at;
    ntk_context *context = NULL;
    size_t size = 0;
    int64_t count = 0;
    ck_assert_uint_eq(crc64((const unsigned char *)"123456789", 9), UINT64_C(0x995dc9bbdf1939fa));
    ASSERT_OK(ntk_context_create(&context));
    ntk_network *const network = small_network(context);
    suite_folder_create(&at, "small.ntk");
    ASSERT_OK(ntk_network_save(network, at.path));
    unsigned char *const bytes = suite_read(at.path, &size);
    double *const theta = parameters(network, &count);
    const size_t specification = 16 + 8 * 4 + 40 * 3 + 2 * (32 + 8), middle = HEAD + specification;
    ck_assert_int_eq(memcmp(bytes, "\x89NTKN\r\n\x1a", 8), 0);
    ck_assert_uint_eq(suite_get(bytes + 8, 4), 1);
    ck_assert_uint_eq(suite_get(bytes + 12, 4), 0);
    ck_assert_uint_eq(suite_get(bytes + 16, 8), specification);
    ck_assert_uint_eq(suite_get(bytes + 24, 8), (uint64_t)count);
    ck_assert_uint_eq(size, middle + 8 + 8 * (size_t)count + 8);
    const uint64_t whole[] = {SMALL_DEPTH, NTK_PARAMETERISATION_NTK, 2, 3, 3, 1};
    for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++)
        ck_assert_uint_eq(suite_get(bytes + HEAD + 8 * i, 8), whole[i]);
    const unsigned char *const layer = bytes + layer_at(SMALL_DEPTH, 2), *const hidden =
                                                                             bytes + layer_at(SMALL_DEPTH, 4);
    const double reals[] = {1.5, 0.5, 1, 1};
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(suite_get(layer + 8 * i, 8), suite_bits_of(reals[i]));
    ck_assert_uint_eq(suite_get(layer + 32, 8), 1); /* skip */
    ck_assert_uint_eq(suite_get(hidden, 8), suite_bits_of(0));
    ck_assert_uint_eq(suite_get(hidden + 16, 4), NTK_ACTIVATION_LEAKY_RELU);
    ck_assert_uint_eq(suite_get(hidden + 20, 4), 0);
    ck_assert_uint_eq(suite_get(hidden + 24, 8), 1); /* one parameter, and a zero */
    ck_assert_uint_eq(suite_get(hidden + 32, 8), suite_bits_of(0.125));
    ck_assert_uint_eq(suite_get(hidden + 40 + 16, 4), NTK_ACTIVATION_MONOMIAL);
    ck_assert_uint_eq(suite_get(bytes + middle, 8), crc64(bytes, middle));
    for (int64_t p = 0; p < count; p++)
        ck_assert_uint_eq(suite_get(bytes + middle + 8 + 8 * (size_t)p, 8), suite_bits_of(theta[p]));
    ck_assert_uint_eq(suite_get(bytes + size - 8, 8), crc64(bytes, size - 8));
    free(theta);
    free(bytes);
    ntk_network_destroy(network);
    ntk_context_destroy(context);
    suite_folder_remove(&at);
}
END_TEST

/* The file of these bytes is refused with a sentence that names it and mentions `word`, and nothing is made. */
static void assert_refused(world *w, size_t size, const unsigned char *bytes, const char *word) {
    ntk_network *const before = (ntk_network *)(void *)&w->size, *network = before;
    suite_write(w->at.path, size, bytes);
    ASSERT_STATUS(NTK_ERR_FORMAT, ntk_network_load(w->context, w->at.path, &network));
    ck_assert_ptr_eq(network, before);
    const char *const sentence = ntk_context_last_error(w->context);
    REQUIRE(strncmp(sentence, "ntk_network_load: ", 18) == 0, "the sentence is \"%s\"", sentence);
    REQUIRE(strstr(sentence, "small.ntk") != NULL, "no path in \"%s\"", sentence);
    REQUIRE(strstr(sentence, word) != NULL, "no \"%s\" in \"%s\"", word, sentence);
}

START_TEST(every_flipped_bit_is_seen) {
    world w;
    world_create(&w);
    for (size_t i = 0; i < w.size; i++)
        for (int bit = 0; bit < 8; bit++) {
            w.bytes[i] ^= (unsigned char)(1 << bit);
            assert_refused(&w, w.size, w.bytes, "");
            w.bytes[i] ^= (unsigned char)(1 << bit);
        }
    world_destroy(&w);
}
END_TEST

START_TEST(every_other_length_is_seen) {
    world w;
    world_create(&w);
    unsigned char *const longer = calloc(w.size + 100, 1);
    ck_assert_ptr_nonnull(longer);
    memcpy(longer, w.bytes, w.size);
    for (size_t size = 0; size < w.size; size++)
        assert_refused(&w, size, longer, size < 8 ? "holds no network" : "is cut off");
    for (size_t more = 1; more <= 100; more++)
        assert_refused(&w, w.size + more, longer, "is too long");
    free(longer);
    world_destroy(&w);
}
END_TEST

enum { REAL = 100 }; /* in place of a number of bytes: a double */

START_TEST(impossible_numbers_are_told) {
    const size_t layer = layer_at(SMALL_DEPTH, 1), hidden = layer_at(SMALL_DEPTH, 4);
    const struct {
        size_t at;
        int bytes;
        uint64_t whole;
        double real;
        const char *word;
    } rows[] = {
        {8, 4, 2, 0, "version 2"},
        {8, 4, 0, 0, "version 0"},
        {12, 4, 1, 0, "impossible sizes"},
        {HEAD, 8, 0, 0, "depth is 0"},
        {HEAD, 8, UINT64_MAX, 0, "depth is -1"},
        {HEAD, 8, 10001, 0, "depth is 10001"},
        {HEAD, 8, UINT64_C(1) << 62, 0, "depth is"},
        {HEAD, 8, 10000, 0, "ends early"},
        {HEAD, 8, 4, 0, ""},
        {HEAD, 8, 2, 0, ""},
        {HEAD + 8, 4, 2, 0, "parameterisation is 2"},
        {HEAD + 12, 4, 1, 0, "reserved"},
        {WIDTHS, 8, 0, 0, "widths[0] is 0"},
        {WIDTHS + 8, 8, UINT64_MAX - 4, 0, "widths[1] is -5"},
        {WIDTHS + 24, 8, UINT64_C(1) << 61, 0, "layers of other sizes"},
        {WIDTHS + 24, 8, 2, 0, "layers of other sizes"},
        {layer, REAL, 0, 0, "layer 1: ntk_mlp_set_layer_weight_std"},
        {layer, REAL, 0, -1, "weight_std"},
        {layer + 40, REAL, 0, NAN, "layer 2: "},
        {layer + 80, REAL, 0, INFINITY, "layer 3: "},
        {layer + 8, REAL, 0, -0.5, "bias_std"},
        {layer + 16, REAL, 0, -1, "weight_rate"},
        {layer + 24, REAL, 0, NAN, "bias_rate"},
        {layer + 32, 8, 1, 0, "layer 1: "},          /* no skip to the first layer */
        {layer + 40 + 32, 8, 2, 0, "distance is 2"}, /* from before the first */
        {layer + 40 + 32, 8, UINT64_MAX, 0, "distance is -1"},
        {layer + 80 + 32, 8, 1, 0, "layer 2 has 3 units"}, /* of another width */
        {hidden, REAL, 0, -1, "epsilon"},
        {hidden, REAL, 0, INFINITY, "epsilon"},
        {hidden + 8, REAL, 0, 1, "rate is 1"},
        {hidden + 16, 4, 99, 0, "kind is 99"},
        {hidden + 16, 4, UINT32_MAX, 0, "kind is -1"},
        {hidden + 16, 4, NTK_ACTIVATION_FUNCTION, 0, "kind is 32"},
        {hidden + 16, 4, NTK_ACTIVATION_DUAL, 0, "kind is 33"},
        {hidden + 16, 4, NTK_ACTIVATION_ERF, 0, "erf takes 3 parameters"},
        {hidden + 20, 4, 2, 0, "normalised is 2"},
        {hidden + 24, 4, 34, 0, "34 parameters"},
        {hidden + 24, 4, UINT32_MAX, 0, "-1 parameters"},
        {hidden + 24, 4, 2, 0, "leaky_relu takes 1 parameters"},
        {hidden + 24, 4, 33, 0, "ends early"},
        {hidden + 28, 4, 1, 0, "reserved"},
        {hidden + 32, REAL, 0, NAN, "params[0] is NaN"},
        {hidden + 40 + 32, REAL, 0, 65, "layer 2: "},
        {hidden + 40 + 32, REAL, 0, 0.5, "whole number"},
        {hidden + 40 + 24, 4, 0, 0, "8 bytes too many"},
        {hidden + 80 + 8, REAL, 0, NAN, "parameter 0 is NaN"},
        {hidden + 80 + 16, REAL, 0, -INFINITY, "parameter 1 is infinite"},
    };
    world w;
    world_create(&w);
    unsigned char *const bytes = malloc(w.size);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        memcpy(bytes, w.bytes, w.size);
        suite_put(bytes + rows[i].at, rows[i].bytes == REAL ? 8 : rows[i].bytes,
                  rows[i].bytes == REAL ? suite_bits_of(rows[i].real) : rows[i].whole);
        sum_again(bytes, w.size);
        assert_refused(&w, w.size, bytes, rows[i].word);
    }
    free(bytes);
    world_destroy(&w);
}
END_TEST

/* Sizes in the head that the file does not have: nothing of them may be allocated. */
START_TEST(huge_sizes_are_not_believed) {
    const uint64_t sizes[] = {0,
                              1,
                              1 << 20,
                              UINT64_C(1) << 31,
                              UINT64_C(1) << 40,
                              UINT64_C(1) << 60,
                              UINT64_C(1) << 61,
                              INT64_MAX,
                              UINT64_C(1) << 63,
                              UINT64_MAX,
                              UINT64_MAX / 8,
                              UINT64_MAX / 8 - 6};
    world w;
    world_create(&w);
    suite_fail_at(&w.tracker, 1, true); /* beside the block that bytes pass through */
    for (size_t at = 16; at <= 24; at += 8)
        for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
            unsigned char kept[8];
            memcpy(kept, w.bytes + at, 8);
            suite_put(w.bytes + at, 8, sizes[i]);
            sum_again(w.bytes, w.size);
            atomic_store(&w.tracker.count, 0);
            assert_refused(&w, w.size, w.bytes, "");
            memcpy(w.bytes + at, kept, 8);
            sum_again(w.bytes, w.size);
        }
    world_destroy(&w);
}
END_TEST

/* Bytes that were written by nobody, with sums that are right: they are refused, or they are a network that works. */
START_TEST(random_specifications) {
    const int64_t tries = suite_size(20000, 2000);
    const unsigned char telling[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    world w;
    uint64_t state = 2026;
    int64_t loaded = 0;
    world_create(&w);
    unsigned char *const bytes = malloc(w.size);
    ck_assert_ptr_nonnull(bytes);
    for (int64_t i = 0; i < tries; i++) {
        memcpy(bytes, w.bytes, w.size);
        for (uint64_t k = suite_bits(&state) % 4 + 1; k > 0; k--) {
            const uint64_t bits = suite_bits(&state);
            const size_t place = HEAD + (size_t)(bits >> 8) % (w.size - HEAD);
            bytes[place] = bits % 3 != 0 ? telling[bits % 5] : (unsigned char)(bits >> 40);
        }
        sum_again(bytes, w.size);
        suite_write(w.at.path, w.size, bytes);
        ntk_network *network = NULL;
        const ntk_status status = ntk_network_load(w.context, w.at.path, &network);
        REQUIRE(status == NTK_SUCCESS || status == NTK_ERR_FORMAT, "%s", ntk_context_last_error(w.context));
        if (status == NTK_SUCCESS) {
            const double x[] = {1, -1};
            double f = 0;
            int64_t inputs = 0, outputs = 0;
            loaded++;
            ASSERT_OK(ntk_network_get_sizes(network, NULL, &inputs, &outputs));
            if (inputs == 2 && outputs == 1) {
                const ntk_status forward = ntk_network_forward(network, 1, x, 2, &f, 1);
                REQUIRE(forward == NTK_SUCCESS || forward == NTK_ERR_RANGE, "%s", ntk_context_last_error(w.context));
            }
        }
        ntk_network_destroy(network);
    }
    REQUIRE(loaded > tries / 10 && loaded < tries, "%lld of %lld were loaded", (long long)loaded, (long long)tries);
    free(bytes);
    world_destroy(&w);
}
END_TEST

SUITE("network_file_format", layout_is_the_documented_one, every_flipped_bit_is_seen, every_other_length_is_seen,
      impossible_numbers_are_told, huge_sizes_are_not_believed, random_specifications)
