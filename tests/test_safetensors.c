/* Parameters from and to safetensors files: the values, their order, and the names. */
#include "tests/safetensors_files.h"

#include <float.h>

/* ---- a file of the reference implementation ---- */

/* Written by the Python package safetensors 0.8.0 (safetensors.torch.save_file of torch tensors): fc1.weight float32 of 3 x 2,
 * fc1.bias float16, fc2.weight bfloat16 of 1 x 3, fc2.bias float64, step int64, and metadata. */
static const char python_header[] =
    "{\"__metadata__\":{\"epoch\":\"3\"},\"step\":{\"dtype\":\"I64\",\"shape\":[1],\"data_offsets\":[0,8]},"
    "\"fc2.bias\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[8,16]},"
    "\"fc1.weight\":{\"dtype\":\"F32\",\"shape\":[3,2],\"data_offsets\":[16,40]},"
    "\"fc2.weight\":{\"dtype\":\"BF16\",\"shape\":[1,3],\"data_offsets\":[40,46]},"
    "\"fc1.bias\":{\"dtype\":\"F16\",\"shape\":[3],\"data_offsets\":[46,52]}}  ";
static const unsigned char python_data[] = {
    0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x9a, 0x99, 0x99, 0x99, 0x99, 0x99, 0xb9, 0x3f, 0x00, 0x00,
    0xc0, 0x3f, 0x00, 0x00, 0x10, 0xc0, 0xcd, 0xcc, 0xcc, 0x3d, 0xc8, 0xaa, 0x20, 0x00, 0x00, 0xe0, 0x7f, 0x47,
    0x00, 0x00, 0x00, 0x80, 0x49, 0x40, 0x4a, 0xf1, 0x80, 0x3f, 0x55, 0x35, 0x00, 0x84, 0x01, 0x00};

START_TEST(a_file_of_python) {
    const int64_t widths[] = {2, 3, 1};
    const char *const names[] = {"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"};
    /* As Python printed them, with the weights of the first layer transposed. */
    const double expected[] = {0x1.8p+0,   0x1.99999ap-4, 0x1.ffcp+15, -0x1.2p+1,   0x1.05564p-128, -0.0, 0x1.554p-2,
                               -0x1.0p-14, 0x1.0p-24,     0x1.92p+1,   -0x1.94p+99, 0x1.0p+0,       0.1};
    world w;
    int64_t count = 0;
    world_create(&w);
    write_file(w.at.path, python_header, sizeof(python_data), python_data);
    ntk_network *const network = make_network(w.context, 2, widths, NTK_PARAMETERISATION_STANDARD, 1, 1);
    ASSERT_OK(ntk_network_import_safetensors(network, w.at.path, names));
    double *const theta = parameters(network, &count);
    ck_assert_int_eq(count, sizeof(expected) / sizeof(*expected));
    ASSERT_SAME_BITS(theta, expected, count);
    /* Without names: what "step" is to be is unknown. */
    ASSERT_STATUS(NTK_ERR_FORMAT, ntk_network_import_safetensors(network, w.at.path, NULL));
    ck_assert_ptr_nonnull(strstr(ntk_context_last_error(w.context), "tensor step is neither"));
    free(theta);
    ntk_network_destroy(network);
    world_destroy(&w);
}
END_TEST

/* ---- half precision, every number ---- */

static double half(uint64_t bits, int exponent_bits, int bias) {
    const int fraction_bits = 15 - exponent_bits;
    const int exponent = (int)(bits >> fraction_bits) & ((1 << exponent_bits) - 1);
    const double fraction = ldexp((double)(bits & ((UINT64_C(1) << fraction_bits) - 1)), -fraction_bits);
    const double size = exponent == 0 ? ldexp(fraction, 1 - bias) : ldexp(1 + fraction, exponent - bias);
    return bits >> 15 != 0 ? -size : size;
}

/* All finite numbers of a 16-bit type as the weights of 1 input; each other one is refused. */
static void assert_every_half(world *w, const char *type, int exponent_bits, int bias) {
    const uint64_t all_ones = ((UINT64_C(1) << exponent_bits) - 1) << (15 - exponent_bits);
    const int64_t finite = 65536 - 2 * (1 << (15 - exponent_bits)), widths[] = {1, finite};
    unsigned char *const data = malloc((size_t)(2 * finite));
    double *const expected = suite_doubles(2 * finite);
    char header[256];
    int64_t next = 0, count = 0;
    ck_assert_ptr_nonnull(data);
    for (uint64_t bits = 0; bits < 65536; bits++)
        if ((bits & all_ones) != all_ones) {
            suite_put(data + 2 * next, 2, bits);
            expected[next++] = half(bits, exponent_bits, bias);
        }
    ck_assert_int_eq(next, finite);
    for (int64_t k = 0; k < finite; k++)
        expected[finite + k] = 0; /* no bias in the file */
    snprintf(header, sizeof(header), "{\"weight\":{\"dtype\":\"%s\",\"shape\":[%d,1],\"data_offsets\":[0,%d]}}", type,
             (int)finite, (int)(2 * finite));
    write_file(w->at.path, header, (size_t)(2 * finite), data);
    ntk_network *const network = make_network(w->context, 1, widths, NTK_PARAMETERISATION_STANDARD, 1, 0);
    ASSERT_OK(ntk_network_import_safetensors(network, w->at.path, NULL));
    double *const theta = parameters(network, &count);
    ck_assert_int_eq(count, 2 * finite);
    ASSERT_SAME_BITS(theta, expected, count);
    for (uint64_t k = 0; k < 8; k++) { /* infinities and NaNs, of both signs */
        suite_put(data + 100, 2, all_ones | (k & 1) << 15 | k >> 1);
        write_file(w->at.path, header, (size_t)(2 * finite), data);
        ASSERT_STATUS(NTK_ERR_NOT_FINITE, ntk_network_import_safetensors(network, w->at.path, NULL));
    }
    ASSERT_OK(ntk_network_get_parameters(network, count, theta));
    ASSERT_SAME_BITS(theta, expected, count);
    free(theta);
    free(expected);
    free(data);
    ntk_network_destroy(network);
}

START_TEST(every_number_of_sixteen_bits) {
    world w;
    world_create(&w);
    assert_every_half(&w, "F16", 5, 15);
    assert_every_half(&w, "BF16", 8, 127);
    world_destroy(&w);
}
END_TEST

/* ---- there and back ---- */

/* More rows than pass through at a time, and rows that are longer than that. */
static const int64_t wide[] = {40000, 3, 20000, 2};

/* In the standard parameterisation the elements are the parameters. In the other one W' = (s W') / s, with two roundings of
 * eps / 2 each, doubled for their products; and a float has one more. */
static void assert_there_and_back(world *w, int32_t parameterisation, int32_t single) {
    int64_t count = 0;
    ntk_network *const network = make_network(w->context, 3, wide, parameterisation, 1.3, 0.7);
    double *const theta = parameters(network, &count), *const back = suite_doubles(count);
    const bool scaled = parameterisation == NTK_PARAMETERISATION_NTK;
    const double tolerance = (scaled ? 2 * DBL_EPSILON : 0) + (single ? FLT_EPSILON / 2 : 0);
    ASSERT_OK(ntk_network_export_safetensors(network, w->at.path, NULL, single));
    ck_assert_int_eq(suite_folder_entries(&w->at), 1);
    ASSERT_OK(ntk_network_randomise(network, 99));
    ASSERT_OK(ntk_network_import_safetensors(network, w->at.path, NULL));
    ASSERT_OK(ntk_network_get_parameters(network, count, back));
    for (int64_t p = 0; p < count; p++)
        ASSERT_RELATIVE(back[p], theta[p], tolerance);
    free(theta);
    free(back);
    ntk_network_destroy(network);
}

START_TEST(there_and_back) {
    world w;
    world_create(&w);
    for (int32_t single = 0; single < 2; single++) {
        assert_there_and_back(&w, NTK_PARAMETERISATION_NTK, single);
        assert_there_and_back(&w, NTK_PARAMETERISATION_STANDARD, single);
    }
    world_destroy(&w);
}
END_TEST

/* tanh(x A' + a) B' + b, as torch.nn.Sequential(Linear, Tanh, Linear) computes it from what is in the file. */
START_TEST(outputs_are_those_of_pytorch) {
    enum { IN = 3, UNITS = 5, OUT = 2 };
    static const char header[] = "{\"0.weight\":{\"dtype\":\"F64\",\"shape\":[5,3],\"data_offsets\":[0,120]},"
                                 "\"0.bias\":{\"dtype\":\"F64\",\"shape\":[5],\"data_offsets\":[120,160]},"
                                 "\"2.weight\":{\"dtype\":\"F64\",\"shape\":[2,5],\"data_offsets\":[160,240]},"
                                 "\"2.bias\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[240,256]}}";
    const int64_t widths[] = {IN, UNITS, OUT};
    double values[IN * UNITS + UNITS + UNITS * OUT + OUT], x[IN], f[OUT], expected[OUT];
    unsigned char data[sizeof(values)];
    uint64_t state = 17;
    world w;
    world_create(&w);
    suite_fill(&state, sizeof(values) / sizeof(*values), values);
    suite_fill(&state, IN, x);
    for (size_t i = 0; i < sizeof(values) / sizeof(*values); i++)
        suite_put(data + 8 * i, 8, suite_bits_of(values[i]));
    write_file(w.at.path, header, sizeof(data), data);
    const double *const a = values, *const first = a + IN * UNITS, *const b = first + UNITS,
                        *const last = b + UNITS * OUT;
    for (int k = 0; k < OUT; k++)
        expected[k] = last[k];
    for (int j = 0; j < UNITS; j++) {
        double z = first[j];
        for (int i = 0; i < IN; i++)
            z += a[j * IN + i] * x[i];
        for (int k = 0; k < OUT; k++)
            expected[k] += b[k * UNITS + j] * tanh(z);
    }
    for (int32_t parameterisation = 0; parameterisation < 2; parameterisation++) {
        ntk_network *const network = make_network(w.context, 2, widths, parameterisation, 1.5, 0.3);
        ASSERT_OK(ntk_network_import_safetensors(network, w.at.path, NULL));
        ASSERT_OK(ntk_network_forward(network, 1, x, IN, f, OUT));
        /* Sums of up to 6 terms below 1, three roundings a term, through a function of slope 1: 2 * 3 * 6 roundings. */
        for (int k = 0; k < OUT; k++)
            ASSERT_CLOSE(f[k], expected[k], 36 * DBL_EPSILON);
        ntk_network_destroy(network);
    }
    world_destroy(&w);
}
END_TEST

/* ---- what is written ---- */

START_TEST(written_bytes) {
    const int64_t widths[] = {2, 1, 1};
    const double theta[] = {1, 2, -3, 0.5, 0};
    const float expected[] = {1, 2, -3, 0.5F};
    const char *const names[] = {"a \"quoted\\ \xc3\xa9\n", "b", "c/d", NULL};
    size_t data = 0, size = 0;
    world w;
    world_create(&w);
    ntk_network *const network = make_network(w.context, 2, widths, NTK_PARAMETERISATION_STANDARD, 1, 0);
    ASSERT_OK(ntk_network_set_parameters(network, 5, theta));
    ASSERT_OK(ntk_network_export_safetensors(network, w.at.path, names, 1));
    char *header = read_header(w.at.path, &data);
    ck_assert_str_eq(header,
                     "{\"__metadata__\":{\"format\":\"pt\"},"
                     "\"a \\\"quoted\\\\ \xc3\xa9\\u000a\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
                     "\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[8,12]},"
                     "\"c/d\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[12,16]}}    ");
    ck_assert_uint_eq(strlen(header) % 8, 0);
    ck_assert_uint_eq(data, sizeof(expected));
    free(header);
    unsigned char *const bytes = suite_read(w.at.path, &size);
    for (size_t i = 0; i < 4; i++) {
        uint32_t bits;
        memcpy(&bits, &expected[i], sizeof(bits));
        ck_assert_uint_eq(suite_get(bytes + size - data + 4 * i, 4), bits);
    }
    free(bytes);
    ASSERT_OK(ntk_network_import_safetensors(network, w.at.path, names));
    ASSERT_OK(ntk_network_export_safetensors(network, w.at.path, NULL, 0));
    header = read_header(w.at.path, &data);
    ck_assert_ptr_nonnull(strstr(header, "\"2.bias\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[32,40]}"));
    free(header);
    ntk_network_destroy(network);
    world_destroy(&w);
}
END_TEST

/* ---- names ---- */

/* Layers of one weight, whose value is their number: in which order they are read. */
static void assert_order(world *w, int64_t depth, const char *const *stems) {
    int64_t widths[16], count = 0;
    char header[2000] = "{\"__metadata__\":{}";
    unsigned char data[8 * 16];
    for (int64_t l = 0; l <= depth; l++)
        widths[l] = 1;
    for (int64_t l = depth - 1; l >= 0; l--) {
        const int64_t at = 8 * (depth - 1 - l);
        suite_put(data + at, 8, suite_bits_of((double)l + 1));
        snprintf(header + strlen(header), sizeof(header) - strlen(header),
                 " ,\r\n\t\"%sweight\" : { \"data_offsets\" : [ %d , %d ] , \"shape\":[1,1],\"dtype\":\"F64\" }",
                 stems[l], (int)at, (int)at + 8);
    }
    strcat(header, "} ");
    write_file(w->at.path, header, (size_t)(8 * depth), data);
    ntk_network *const network = make_network(w->context, depth, widths, NTK_PARAMETERISATION_STANDARD, 1, 0);
    ASSERT_OK(ntk_network_import_safetensors(network, w->at.path, NULL));
    double *const theta = parameters(network, &count);
    for (int64_t l = 0; l < depth; l++)
        REQUIRE(theta[2 * l] == (double)l + 1, "layer %d is %g", (int)l + 1, theta[2 * l]);
    free(theta);
    ntk_network_destroy(network);
}

START_TEST(natural_order) {
    static const char *const sequential[] = {"0.", "2.", "4.", "6.", "8.", "10.", "12.", "14.", "100."};
    static const char *const nested[] = {"a.", "a-1.", "a.2.", "a.02.x.", "a.10.", "a1.", "a9.", "a10.", "b."};
    static const char *const zeros[] = {"x0.",
                                        "x00.",
                                        "x0001.",
                                        "x1.",
                                        "x02.",
                                        "x99999999999999999999999999999999999998.",
                                        "x99999999999999999999999999999999999999."};
    static const char *const single[] = {""}; /* torch.nn.Linear by itself */
    static const char *const accents[] = {"z.", "\\u00e9.", "\xc3\xaa.", "\\ud83d\\ude00."};
    world w;
    world_create(&w);
    assert_order(&w, 9, sequential);
    assert_order(&w, 9, nested);
    assert_order(&w, 7, zeros);
    assert_order(&w, 1, single);
    assert_order(&w, 4, accents);
    world_destroy(&w);
}
END_TEST

/* Some layers have a bias and some have none; a tensor may serve two layers by name. */
START_TEST(missing_biases) {
    static const char header[] = "{\"1.bias\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                                 "\"0.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[4,8]},"
                                 "\"1.weight\":{\"dtype\":\"F32\",\"shape\":[1,1],\"data_offsets\":[8,12]}}";
    static const unsigned char data[] = {0, 0, 0x40, 0x40, 0, 0, 0x80, 0x3f, 0, 0, 0, 0x40}; /* 3, 1, 2 */
    const char *const names[] = {"1.weight", NULL, "1.weight", "1.bias"};
    const double in_order[] = {1, 0, 2, 3}, by_name[] = {2, 0, 2, 3};
    const int64_t widths[] = {1, 1, 1};
    double theta[4];
    world w;
    world_create(&w);
    write_file(w.at.path, header, sizeof(data), data);
    ntk_network *const network = make_network(w.context, 2, widths, NTK_PARAMETERISATION_NTK, 1, 1);
    ASSERT_OK(ntk_network_import_safetensors(network, w.at.path, NULL));
    ASSERT_OK(ntk_network_get_parameters(network, 4, theta));
    ASSERT_SAME_BITS(theta, in_order, 4);
    ASSERT_OK(ntk_network_import_safetensors(network, w.at.path, names));
    ASSERT_OK(ntk_network_get_parameters(network, 4, theta));
    ASSERT_SAME_BITS(theta, by_name, 4);
    ntk_network_destroy(network);
    world_destroy(&w);
}
END_TEST

SUITE("safetensors", a_file_of_python, every_number_of_sixteen_bits, there_and_back, outputs_are_those_of_pytorch,
      written_bytes, natural_order, missing_biases)
