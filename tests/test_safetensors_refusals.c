/* What ntk_network_import_safetensors() and ntk_network_export_safetensors() refuse, and that nothing changes then. */
#include "tests/safetensors_files.h"

/* A network 2-3-1 and the header of a file for it. */
static const int64_t widths[] = {2, 3, 1};

enum { DEPTH = 2, COUNT = 13, DATA = 4 * COUNT };

#define W0 "\"0.weight\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]}"
#define B0 "\"0.bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[24,36]}"
#define W2 "\"2.weight\":{\"dtype\":\"F32\",\"shape\":[1,3],\"data_offsets\":[36,48]}"
#define B2 "\"2.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[48,52]}"
/* The first tensor with other members. */
#define INSTEAD(members) "{\"0.weight\":{" members "}," B0 "," W2 "," B2 "}"

static const char good[] = "{" W0 "," B0 "," W2 "," B2 "}";

typedef struct {
    world w;
    ntk_network *network;
    double before[COUNT];
} refusal;

static void refusal_create(refusal *r, int32_t parameterisation, double bias_std) {
    world_create(&r->w);
    r->network = make_network(r->w.context, DEPTH, widths, parameterisation, 1, bias_std);
    ASSERT_OK(ntk_network_get_parameters(r->network, COUNT, r->before));
}

static void refusal_destroy(refusal *r) {
    ntk_network_destroy(r->network);
    world_destroy(&r->w);
}

/* The file that is there is refused, with a sentence that has `word` in it, and the network stays as it was. */
static void assert_refused(refusal *r, ntk_status expected, const char *const *names, const char *word) {
    double after[COUNT];
    const ntk_status status = ntk_network_import_safetensors(r->network, r->w.at.path, names);
    const char *const sentence = ntk_context_last_error(r->w.context);
    REQUIRE(status == expected, "%s and not %s, where \"%s\" is wanted: %s", ntk_status_name(status),
            ntk_status_name(expected), word, sentence);
    REQUIRE(strstr(sentence, word) != NULL, "no \"%s\" in \"%s\"", word, sentence);
    REQUIRE(strncmp(sentence, "ntk_network_import_safetensors: ", 32) == 0, "\"%s\"", sentence);
    ASSERT_OK(ntk_network_get_parameters(r->network, COUNT, after));
    ASSERT_SAME_BITS(r->before, after, COUNT);
}

/* ---- headers ---- */

static const struct {
    const char *header;
    const char *word;
} headers[] = {
    {"", "does not begin with {"},
    {" {}", "does not begin with {"},
    {"[]", "does not begin with {"},
    {"{", "the name of a tensor"},
    {"{}", "have 0 bytes"},
    {"{},", "the end"},
    {"{" W0 "," B0 "," W2 "," B2 "} x", "the end"},
    {"{" W0 "," B0 "," W2 "," B2 ",}", "the name of a tensor"},
    {"{" W0 " " B0 "," W2 "," B2 "}", "a comma or }"},
    {"{" W0 "," B0 "," W2 "," B2, "a comma or }"},
    {"{" W0 "," B0 "," W2 "," W2 "," B2 "}", "overlaps"},
    {"{" W0 "," B0 "," W2 ",\"2.weight\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[48,52]}}",
     "is there twice"},
    {"{" W0 "," B0 "," W2 ",\"\\u0032.weight\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[48,52]}}", "twice"},
    {"{" W0 "," B0 "," W2 "}", "its tensors have 48 bytes, but the file has 52"},
    {"{" W0 "," W2 "," B2 "}", "begins after a hole"},
    {"{" B0 "," W2 "," B2 "}", "begins after a hole"},
    {"{\"__metadata__\":{},\"__metadata__\":{}," W0 "," B0 "," W2 "," B2 "}", "__metadata__ twice"},
    {"{\"__metadata__\":{\"a\":1}," W0 "," B0 "," W2 "," B2 "}", "KEY"},
    {"{\"__metadata__\":{\"a\":{\"b\":\"c\"}}," W0 "," B0 "," W2 "," B2 "}", "KEY"},
    {"{\"__metadata__\":[]," W0 "," B0 "," W2 "," B2 "}", "an object"},
    {"{\"__metadata__\":null," W0 "," B0 "," W2 "," B2 "}", "an object"},
    {"{\"0.weight\":[]," B0 "," W2 "," B2 "}", "an object"},
    {"{0:1}", "the name of a tensor"},
    {"{'0.weight':{}}", "the name of a tensor"},
    {"{\"a\"{}}", "a colon"},
    {INSTEAD(""), "\"dtype\", \"shape\""},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,2]"), "lacks one"},
    {INSTEAD("\"dtype\":\"F32\",\"data_offsets\":[0,24]"), "lacks one"},
    {INSTEAD("\"shape\":[3,2],\"data_offsets\":[0,24]"), "lacks one"},
    {INSTEAD("\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]"), "each once"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24],\"scale\":2"), "\"dtype\", \"shape\""},
    {INSTEAD("\"dtype\":32,\"shape\":[3,2],\"data_offsets\":[0,24]"), "a string"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,2.0],\"data_offsets\":[0,24]"), "a whole number"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,2e0],\"data_offsets\":[0,24]"), "a whole number"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,-2],\"data_offsets\":[0,24]"), "a whole number"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,02],\"data_offsets\":[0,24]"), "a whole number"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,\"2\"],\"data_offsets\":[0,24]"), "a whole number"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,9223372036854775808],\"data_offsets\":[0,24]"), "a whole number"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,2,],\"data_offsets\":[0,24]"), "a whole number"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,2,\"data_offsets\":[0,24]"), "a whole number"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3 2],\"data_offsets\":[0,24]"), "a comma or ]"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,[2]],\"data_offsets\":[0,24]"), "a whole number"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":6,\"data_offsets\":[0,24]"), "a list"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0]"), "a beginning and an end"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,12,24]"), "a beginning and an end"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[24,0]"), "a beginning and an end"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,20]"), "data_offsets do not fit"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,9223372036854775807]"), "data_offsets do not fit"},
    {INSTEAD("\"dtype\":\"F64\",\"shape\":[3,2],\"data_offsets\":[0,24]"), "data_offsets do not fit"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,0]"), "more elements than 2^63"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[4611686018427387904],\"data_offsets\":[0,0]"), "data_offsets do not fit"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[0,24]"), "is 2 x 3; it must be 3 x 2"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[6],\"data_offsets\":[0,24]"), "is 6; it must be 3 x 2"},
    {INSTEAD("\"dtype\":\"F32\",\"shape\":[3,2,1],\"data_offsets\":[0,24]"), "an array with 3 indices"},
    {INSTEAD("\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]"), "after a hole"},
    {INSTEAD("\"dtype\":\"I32\",\"shape\":[3,2],\"data_offsets\":[0,24]"), "the type I32"},
    {INSTEAD("\"dtype\":\"F4\",\"shape\":[3,2],\"data_offsets\":[0,24]"), "the type F4"},
    {"{\"x.weights\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]}," B0 "," W2 "," B2 "}", "neither"},
    {"{\"xweight\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]}," B0 "," W2 "," B2 "}", "neither"},
    {"{\"1.bias\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[0,24]}," B0 "," W2 "," B2 "}",
     "holds 1 tensors"},
    {"{" W0 ",\"1.bias\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[24,36]}," W2 "," B2 "}", "without its"},
    {"{" W0 ",\"1.weight\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[24,36]}," W2 "," B2 "}",
     "holds 3 tensors"},
    /* Texts that are no UTF-8, control characters, wrong escapes. */
    {"{\"\x80\":{}}", "the name of a tensor"},
    {"{\"\xc0\xaf\":{}}", "the name of a tensor"},
    {"{\"\xe0\x80\xaf\":{}}", "the name of a tensor"},
    {"{\"\xed\xa0\x80\":{}}", "the name of a tensor"},
    {"{\"\xf4\x90\x80\x80\":{}}", "the name of a tensor"},
    {"{\"\xc3\":{}}", "the name of a tensor"},
    {"{\"\xe2\x82"
     "A\":{}}",
     "the name of a tensor"},
    {"{\"\xf0\x9f\x98"
     "A\":{}}",
     "the name of a tensor"},
    {"{\"a\n\":{}}", "the name of a tensor"},
    {"{\"\\x\":{}}", "the name of a tensor"},
    {"{\"\\u12g4\":{}}", "the name of a tensor"},
    {"{\"\\u0000\":{}}", "the name of a tensor"},
    {"{\"\\ud800\":{}}", "the name of a tensor"},
    {"{\"\\udc00\":{}}", "the name of a tensor"},
    {"{\"\\ud800\\u0041\":{}}", "the name of a tensor"},
    {"{\"abc", "the name of a tensor"},
    {"{\"abc\\", "the name of a tensor"},
    {"{\"abc\\u12", "the name of a tensor"},
    {"{\"\xf0\x9f", "the name of a tensor"},
};

START_TEST(hostile_headers) {
    const unsigned char data[DATA] = {0};
    refusal r;
    refusal_create(&r, NTK_PARAMETERISATION_NTK, 1);
    for (size_t i = 0; i < sizeof(headers) / sizeof(*headers); i++) {
        write_file(r.w.at.path, headers[i].header, sizeof(data), data);
        assert_refused(&r, NTK_ERR_FORMAT, NULL, headers[i].word);
    }
    write_file(r.w.at.path, good, sizeof(data), data);
    ASSERT_OK(ntk_network_import_safetensors(r.network, r.w.at.path, NULL)); /* what the others were made from */
    refusal_destroy(&r);
}
END_TEST

/* A million brackets; a header of many tensors that are one; and lengths that the file does not have. */
START_TEST(large_headers) {
    enum { MANY = 1000000, TENSORS = 20000 };
    refusal r;
    refusal_create(&r, NTK_PARAMETERISATION_NTK, 1);
    char *const text = malloc(MANY + 200);
    ck_assert_ptr_nonnull(text);
    for (const char *open = "{[\""; *open != '\0'; open++) {
        memset(text, *open, MANY);
        text[0] = '{';
        text[MANY] = '\0';
        write_file(r.w.at.path, text, 0, NULL);
        assert_refused(&r, NTK_ERR_FORMAT, NULL, "wanted");
        memcpy(text, "{\"0.weight\":{\"shape\":", 21);
        write_file(r.w.at.path, text, 0, NULL);
        assert_refused(&r, NTK_ERR_FORMAT, NULL, "wanted");
    }
    /* The shortest of tensors, as many as fit: there must be room for all of them, and they have one name. */
    char *at = text;
    for (int i = 0; i < TENSORS; i++)
        at += sprintf(at, "%c\"\":{\"dtype\":\"\",\"shape\":[],\"data_offsets\":[0,0]}", i == 0 ? '{' : ',');
    strcpy(at, "}");
    write_file(r.w.at.path, text, 0, NULL);
    assert_refused(&r, NTK_ERR_FORMAT, NULL, "is there twice");
    free(text);
    const uint64_t lengths[] = {
        9, 17, 100000000, 100000001, UINT64_C(1) << 40, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX, UINT64_MAX - 7};
    suite_fail_at(&r.w.tracker, 0, true); /* before anything is allocated */
    for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
        unsigned char bytes[16] = "........{}      ";
        suite_put(bytes, 8, lengths[i]);
        suite_write(r.w.at.path, sizeof(bytes), bytes);
        assert_refused(&r, NTK_ERR_FORMAT, NULL, "is no safetensors file");
    }
    suite_fail_at(&r.w.tracker, -1, false);
    refusal_destroy(&r);
}
END_TEST

/* ---- damaged files ---- */

/* No part of a file is enough. A changed byte may give another good file (there is no checksum), but nothing worse. */
START_TEST(damaged_files) {
    unsigned char data[DATA];
    size_t size = 0;
    refusal r;
    refusal_create(&r, NTK_PARAMETERISATION_STANDARD, 1);
    for (int k = 0; k < COUNT; k++)
        suite_put(data + 4 * k, 4, UINT64_C(0x3f800000) + (uint64_t)k);
    write_file(r.w.at.path, good, sizeof(data), data);
    unsigned char *const bytes = suite_read(r.w.at.path, &size);
    for (size_t length = 0; length < size; length++) {
        suite_write(r.w.at.path, length, bytes);
        assert_refused(&r, NTK_ERR_FORMAT, NULL, "");
    }
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit++) {
            bytes[i] ^= (unsigned char)(1 << bit);
            suite_write(r.w.at.path, size, bytes);
            const ntk_status status = ntk_network_import_safetensors(r.network, r.w.at.path, NULL);
            REQUIRE(status == NTK_ERR_FORMAT || i >= 8, "byte %d", (int)i);
            REQUIRE(status == NTK_ERR_FORMAT || status == NTK_SUCCESS || status == NTK_ERR_NOT_FINITE, "%s",
                    ntk_context_last_error(r.w.context));
            bytes[i] ^= (unsigned char)(1 << bit);
        }
    free(bytes);
    refusal_destroy(&r);
}
END_TEST

/* ---- values ---- */

START_TEST(values_that_cannot_be) {
    static const struct {
        int32_t parameterisation;
        double bias_std;
        int place; /* of the number in the file */
        uint32_t bits;
        ntk_status status;
        const char *word;
    } rows[] = {
        {NTK_PARAMETERISATION_NTK, 1, 5, 0x7f800000, NTK_ERR_NOT_FINITE, "tensor 0.weight holds inf"},
        {NTK_PARAMETERISATION_NTK, 1, 12, 0xff800000, NTK_ERR_NOT_FINITE, "tensor 2.bias holds -inf"},
        {NTK_PARAMETERISATION_STANDARD, 1, 9, 0x7fc00001, NTK_ERR_NOT_FINITE, "tensor 2.weight holds"},
        {NTK_PARAMETERISATION_NTK, 0, 6, 0x3f800000, NTK_ERR_DOMAIN, "tensor 0.bias holds 1"},
        {NTK_PARAMETERISATION_NTK, 1e-100, 6, 0x3f800000, NTK_SUCCESS, ""},
        {NTK_PARAMETERISATION_NTK, 0, 6, 0x80000000, NTK_SUCCESS, ""},
        {NTK_PARAMETERISATION_STANDARD, 0, 6, 0x3f800000, NTK_SUCCESS, ""},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        unsigned char data[DATA] = {0};
        refusal r;
        refusal_create(&r, rows[i].parameterisation, rows[i].bias_std);
        suite_put(data + 4 * rows[i].place, 4, rows[i].bits);
        write_file(r.w.at.path, good, sizeof(data), data);
        if (rows[i].status != NTK_SUCCESS)
            assert_refused(&r, rows[i].status, NULL, rows[i].word);
        else
            ASSERT_OK(ntk_network_import_safetensors(r.network, r.w.at.path, NULL));
        refusal_destroy(&r);
    }
}
END_TEST

/* 1e300 / 1e-100 */
START_TEST(quotients_that_overflow) {
    static const char header[] = "{\"weight\":{\"dtype\":\"F64\",\"shape\":[1,1],\"data_offsets\":[0,8]}}";
    const int64_t one[] = {1, 1};
    unsigned char data[8];
    world w;
    world_create(&w);
    ntk_network *const network = make_network(w.context, 1, one, NTK_PARAMETERISATION_NTK, 1e-100, 0);
    suite_put(data, 8, suite_bits_of(1e300));
    write_file(w.at.path, header, sizeof(data), data);
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_network_import_safetensors(network, w.at.path, NULL));
    ntk_network_destroy(network);
    world_destroy(&w);
}
END_TEST

/* ---- arguments ---- */

START_TEST(names_to_read) {
    const unsigned char data[DATA] = {0};
    const char *const unknown[] = {"0.weight", "0.bias", "4.weight", NULL};
    const char *const none[] = {"0.weight", NULL, NULL, NULL};
    const char *const exchanged[] = {"0.weight", "2.bias", "2.weight", "0.bias"};
    refusal r;
    refusal_create(&r, NTK_PARAMETERISATION_NTK, 1);
    write_file(r.w.at.path, good, sizeof(data), data);
    assert_refused(&r, NTK_ERR_FORMAT, unknown, "no tensor 4.weight");
    assert_refused(&r, NTK_ERR_NULL, none, "names[2]");
    assert_refused(&r, NTK_ERR_FORMAT, exchanged, "tensor 2.bias is 1; it must be 3");
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_import_safetensors(NULL, r.w.at.path, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_import_safetensors(r.network, NULL, NULL));
    ck_assert_int_eq(unlink(r.w.at.path), 0);
    assert_refused(&r, NTK_ERR_IO, NULL, "x.safetensors: cannot be read: ");
    refusal_destroy(&r);
}
END_TEST

/* Long names and control characters in a sentence: cut between characters, and made visible. */
START_TEST(names_in_sentences) {
    char name[200] = "\x1b[31m", header[1000];
    const unsigned char data[4] = {0};
    refusal r;
    refusal_create(&r, NTK_PARAMETERISATION_NTK, 1);
    for (int i = 0; i < 60; i++)
        strcat(name, "\xc3\xa9");
    snprintf(header, sizeof(header), "{\"\\u001b%s\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}",
             name + 1);
    write_file(r.w.at.path, header, sizeof(data), data);
    assert_refused(&r, NTK_ERR_FORMAT, NULL, "tensor ?[31m\xc3\xa9");
    assert_refused(&r, NTK_ERR_FORMAT, NULL, "\xc3\xa9... is neither");
    refusal_destroy(&r);
}
END_TEST

START_TEST(names_to_write) {
    static const struct {
        const char *names[4];
        ntk_status status;
        const char *word;
    } rows[] = {
        {{"a", "b", NULL, "d"}, NTK_ERR_NULL, "names[2] is NULL"},
        {{"a", "b", "c", "a"}, NTK_ERR_DOMAIN, "names holds a twice"},
        {{"a", "b\xff", "c", "d"}, NTK_ERR_DOMAIN, "names[1] is not UTF-8"},
        {{"a", "b", "__metadata__", "d"}, NTK_ERR_DOMAIN, "names[2]"},
        {{"a", NULL, "c", "d"}, NTK_ERR_DOMAIN, "names[1] is NULL, but layer 1 has a bias"},
    };
    refusal r;
    refusal_create(&r, NTK_PARAMETERISATION_NTK, 1);
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        ASSERT_STATUS(rows[i].status, ntk_network_export_safetensors(r.network, r.w.at.path, rows[i].names, 0));
        const char *const sentence = ntk_context_last_error(r.w.context);
        REQUIRE(strstr(sentence, rows[i].word) != NULL, "no \"%s\" in \"%s\"", rows[i].word, sentence);
        ck_assert_int_eq(suite_folder_entries(&r.w.at), 0);
    }
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_export_safetensors(NULL, r.w.at.path, NULL, 0));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_export_safetensors(r.network, NULL, NULL, 0));
    ASSERT_STATUS(NTK_ERR_IO, ntk_network_export_safetensors(r.network, r.w.at.folder, NULL, 0));
    double theta[COUNT] = {1e39};
    ASSERT_OK(ntk_network_set_parameters(r.network, COUNT, theta));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_network_export_safetensors(r.network, r.w.at.path, NULL, 1));
    ck_assert_ptr_nonnull(strstr(ntk_context_last_error(r.w.context), "layer 1"));
    ck_assert_int_eq(suite_folder_entries(&r.w.at), 0);
    ASSERT_OK(ntk_network_export_safetensors(r.network, r.w.at.path, NULL, 0));
    refusal_destroy(&r);
}
END_TEST

/* With each allocation failing in turn. */
START_TEST(out_of_memory) {
    const char *const names[] = {"a", "b", "c", "d"};
    refusal r;
    refusal_create(&r, NTK_PARAMETERISATION_NTK, 1);
    const long live = atomic_load(&r.w.tracker.live);
    ASSERT_OK(ntk_network_export_safetensors(r.network, r.w.at.path, names, 0));
    for (int which = 0; which < 2; which++) {
        ntk_status status = NTK_ERR_NO_MEMORY;
        long number = 0;
        for (; status != NTK_SUCCESS && number < 100; number++) {
            suite_fail_at(&r.w.tracker, number, false);
            status = which == 0 ? ntk_network_export_safetensors(r.network, r.w.at.path, names, 0)
                                : ntk_network_import_safetensors(r.network, r.w.at.path, names);
            REQUIRE(status == NTK_SUCCESS || status == NTK_ERR_NO_MEMORY, "%s", ntk_status_name(status));
            ck_assert_int_eq(atomic_load(&r.w.tracker.live), live);
            ck_assert_int_eq(suite_folder_entries(&r.w.at), 1);
        }
        suite_fail_at(&r.w.tracker, -1, false);
        ASSERT_OK(status);
        ck_assert_int_gt(number, 5);
    }
    refusal_destroy(&r);
}
END_TEST

SUITE("safetensors_refusals", hostile_headers, large_headers, damaged_files, values_that_cannot_be,
      quotients_that_overflow, names_to_read, names_in_sentences, names_to_write, out_of_memory)
