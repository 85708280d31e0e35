/* Finite networks: random parameters, outputs, layers, blocks of rows, single precision. */
#include "tests/networks.h"

#include "lib/random/random.h"

static const double inputs[2][INPUTS] = {{0.9, -0.3, 0.5}, {-0.7, 1.1, 0.2}};

static ntk_network *plain_network(ntk_context *context, uint64_t seed) {
    ntk_activation *const activation = network_activation(NTK_ACTIVATION_RELU);
    ntk_mlp *const mlp = network_mlp(activation, 0);
    ntk_network *network = NULL;
    ASSERT_OK(ntk_network_create(context, mlp, seed, &network));
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
    return network;
}

/* ---- parameters ---- */

START_TEST(random_parameters) {
    ntk_network *const network = plain_network(NULL, 42), *const other = plain_network(NULL, 43);
    const int64_t count = network_parameters(network);
    double *const theta = network_theta(network), *const normals = suite_doubles(count);
    double *theta_other = network_theta(other);
    ck_assert_int_eq(count, 4 * 5 + 6 * 5 + 6 * 5 + 6 * 4 + 5 * 5);
    /* What the header says: number p is number p of stream 0. */
    ntki_random_normals(42, 0, 0, count, normals);
    ASSERT_SAME_BITS(theta, normals, count);
    ck_assert(memcmp(theta, theta_other, sizeof(double) * (size_t)count) != 0);
    free(theta_other);
    ASSERT_OK(ntk_network_randomise(other, 42));
    theta_other = network_theta(other);
    ASSERT_SAME_BITS(theta, theta_other, count);
    free(theta_other);
    free(normals);
    free(theta);
    ntk_network_destroy(other);
    ntk_network_destroy(network);
}
END_TEST

START_TEST(threads_do_not_change_parameters) {
    static const int64_t widths[] = {100, 300, 100};
    double *before = NULL;
    ntk_mlp *mlp = NULL;
    ASSERT_OK(ntk_mlp_create(NULL, 2, widths, NTK_ACTIVATION_RELU, &mlp));
    for (int32_t threads = 1; threads <= 5; threads += 2) {
        ntk_context *context = NULL;
        ntk_network *network = NULL;
        ASSERT_OK(ntk_context_create(&context));
        ASSERT_OK(ntk_context_set_threads(context, threads));
        ASSERT_OK(ntk_network_create(context, mlp, 5, &network));
        double *const theta = network_theta(network);
        if (before != NULL)
            ASSERT_SAME_BITS(theta, before, network_parameters(network));
        free(before);
        before = theta;
        ntk_network_destroy(network);
        ntk_context_destroy(context);
    }
    free(before);
    ntk_mlp_destroy(mlp);
}
END_TEST

START_TEST(standard_parameters) {
    /* The same normals, times sw / sqrt N and sb; an sb of 0 gives 0, not -0. */
    ntk_activation *const activation = network_activation(NTK_ACTIVATION_RELU);
    ntk_mlp *const mlp = network_mlp(activation, STANDARD | WITHOUT_EFFECT);
    ntk_network *network = NULL;
    ASSERT_OK(ntk_network_create(NULL, mlp, 42, &network));
    const int64_t count = network_parameters(network);
    double *const theta = network_theta(network), *const normals = suite_doubles(count);
    ntki_random_normals(42, 0, 0, count, normals);
    int64_t p = 0;
    for (int64_t l = 1; l <= DEPTH; l++) {
        const double weight_std = 1.25 / sqrt((double)network_widths[l - 1]), bias_std = l == 2 ? 0 : 0.5;
        const int64_t bias = p + network_widths[l - 1] * network_widths[l];
        for (; p < bias + network_widths[l]; p++) {
            const double expected = (p < bias ? weight_std : bias_std) * normals[p];
            ck_assert(theta[p] == expected && (theta[p] != 0 || !signbit(theta[p])));
        }
    }
    ck_assert_int_eq(p, count);
    free(normals);
    free(theta);
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
}
END_TEST

START_TEST(parameters_in_and_out) {
    ntk_network *const network = plain_network(NULL, 1);
    const int64_t count = network_parameters(network);
    double *const theta = suite_doubles(count), *const back = suite_doubles(count);
    float *const single = malloc(sizeof(float) * (size_t)count);
    ck_assert_ptr_nonnull(single);
    uint64_t state = 3;
    suite_fill(&state, count, theta);
    ASSERT_OK(ntk_network_set_parameters(network, count, theta));
    ASSERT_OK(ntk_network_get_parameters(network, count, back));
    ASSERT_SAME_BITS(theta, back, count);
    ASSERT_OK(ntk_network_get_parameters_f32(network, count, single));
    for (int64_t p = 0; p < count; p++)
        ck_assert(single[p] == (float)theta[p]);
    ASSERT_OK(ntk_network_set_parameters_f32(network, count, single));
    ASSERT_OK(ntk_network_get_parameters(network, count, back));
    for (int64_t p = 0; p < count; p++)
        ck_assert(back[p] == (double)single[p]);
    free(single);
    free(back);
    free(theta);
    ntk_network_destroy(network);
}
END_TEST

START_TEST(copies_are_independent) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_network *const network = plain_network(context, 1);
    ntk_network *copy = NULL;
    ntk_mlp *mlp = NULL;
    double before[OUTPUTS], after[OUTPUTS];
    int64_t parameters = 0, columns = 0, outputs = 0, depth = 0;
    ASSERT_OK(ntk_network_forward(network, 1, inputs[0], INPUTS, before, OUTPUTS));
    ASSERT_OK(ntk_network_copy(network, &copy));
    ASSERT_OK(ntk_network_randomise(network, 2));
    ASSERT_OK(ntk_network_forward(network, 1, inputs[0], INPUTS, after, OUTPUTS));
    ck_assert(memcmp(before, after, sizeof(before)) != 0);
    ntk_network_destroy(network);
    ASSERT_OK(ntk_network_get_mlp(copy, &mlp));
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, 100));
    ntk_context_destroy(context);
    ASSERT_OK(ntk_network_forward(copy, 1, inputs[0], INPUTS, after, OUTPUTS));
    ASSERT_SAME_BITS(before, after, OUTPUTS);
    ASSERT_OK(ntk_network_get_sizes(copy, &parameters, &columns, &outputs));
    ASSERT_OK(ntk_network_get_sizes(copy, NULL, NULL, NULL));
    ck_assert(parameters == 129 && columns == INPUTS && outputs == OUTPUTS);
    ntk_network_destroy(copy);
    ASSERT_OK(ntk_mlp_get_depth(mlp, &depth)); /* the copy of the specification lives on */
    ck_assert_int_eq(depth, DEPTH);
    ntk_mlp_destroy(mlp);
}
END_TEST

/* ---- outputs ---- */

/* The largest number of a row's way, with which rounding errors grow. */
static double largest_of(const network_state *state) {
    double largest = 1;
    for (int64_t l = 0; l <= DEPTH; l++)
        for (int64_t j = 0; j < network_widths[l]; j++)
            largest = fmax(largest, fmax(fabs(l > 0 ? state->z[l][j] : 0), fabs(l < DEPTH ? state->f[l][j] : 0)));
    return largest;
}

/* Outputs and layers of a network against plain loops. The sums have at most 7 terms; each layer passes on the relative
 * error of those before it, magnified by what phi' and the normalisation do to it: 64 roundings of the largest
 * number are allowed for each layer. */
static void check_outputs(int32_t kind, int options) {
    ntk_activation *const activation = network_activation(kind);
    ntk_mlp *const mlp = network_mlp(activation, options);
    ntk_network *network = NULL;
    ASSERT_OK(ntk_network_create(NULL, mlp, 9, &network));
    double *const theta = network_theta(network);
    double layer[2][WIDEST + 1];
    network_state state;
    for (int64_t l = 0; l <= DEPTH; l++) {
        ASSERT_OK(ntk_network_get_layer(network, l, 2, &inputs[0][0], INPUTS, &layer[0][0], WIDEST + 1));
        for (int i = 0; i < 2; i++) {
            network_by_loops(mlp, activation, theta, inputs[i], &state);
            const double tolerance = 64 * (double)l * DBL_EPSILON * largest_of(&state);
            for (int64_t j = 0; j < network_widths[l]; j++)
                REQUIRE(fabs(layer[i][j] - (l < DEPTH ? state.f[l][j] : state.z[l][j])) <= tolerance,
                        "kind %d, options %d, layer %d: off by %.3g, allowed %.3g", (int)kind, options, (int)l,
                        fabs(layer[i][j] - (l < DEPTH ? state.f[l][j] : state.z[l][j])), tolerance);
        }
    }
    double outputs[2][OUTPUTS + 2];
    ASSERT_OK(ntk_network_forward(network, 2, &inputs[0][0], INPUTS, &outputs[0][0], OUTPUTS + 2));
    for (int i = 0; i < 2; i++)
        ASSERT_SAME_BITS(outputs[i], layer[i], OUTPUTS);
    free(theta);
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
}

START_TEST(outputs_by_loops) {
    for (int32_t kind = 0; kind < NTK_ACTIVATION_DUAL; kind++)
        for (int options = 0; options < ALL_OPTIONS; options++)
            check_outputs(kind, options);
}
END_TEST

START_TEST(linear_model) {
    /* L = 1: F = x W / sqrt N + sb b, and no activation. */
    static const int64_t widths[] = {INPUTS, 2};
    static const double theta[] = {1, 2, 3, 4, 5, 6, 0.5, -0.5};
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    double f[2], j[2][8];
    ASSERT_OK(ntk_mlp_create(NULL, 1, widths, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, 2));
    ASSERT_OK(ntk_network_create(NULL, mlp, 0, &network));
    ASSERT_OK(ntk_network_set_parameters(network, 8, theta));
    ASSERT_OK(ntk_network_forward(network, 1, inputs[0], INPUTS, f, 2));
    ASSERT_OK(ntk_network_jacobian(network, 1, inputs[0], INPUTS, &j[0][0], 8));
    for (int k = 0; k < 2; k++) {
        const double *const x = inputs[0];
        ASSERT_CLOSE(f[k], (x[0] * theta[k] + x[1] * theta[2 + k] + x[2] * theta[4 + k]) / sqrt(3) + 2 * theta[6 + k],
                     8 * DBL_EPSILON * 8);
        for (int p = 0; p < 8; p++)
            ASSERT_RELATIVE(j[k][p], p % 2 != k ? 0 : p < 6 ? x[p / 2] / sqrt(3) : 2, 4 * DBL_EPSILON);
    }
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
}
END_TEST

START_TEST(rows_do_not_depend_on_the_batch) {
    /* More rows than a block has. An inner product may be summed in another order: 2 N eps |w| |f| a layer. */
    const int64_t n = suite_size(1300, 600);
    ntk_network *const network = plain_network(NULL, 4);
    double *const x = suite_doubles(n * INPUTS), *const f = suite_doubles(n * OUTPUTS), one[OUTPUTS];
    uint64_t state = 8;
    suite_fill(&state, n * INPUTS, x);
    ASSERT_OK(ntk_network_forward(network, n, x, INPUTS, f, OUTPUTS));
    for (int64_t i = 0; i < n; i += 37) {
        ASSERT_OK(ntk_network_forward(network, 1, x + i * INPUTS, INPUTS, one, OUTPUTS));
        for (int64_t k = 0; k < OUTPUTS; k++)
            ASSERT_CLOSE(one[k], f[i * OUTPUTS + k], 2 * WIDEST * DEPTH * DBL_EPSILON * 16);
    }
    double *const again = suite_doubles(n * OUTPUTS);
    ASSERT_OK(ntk_network_forward(network, n, x, INPUTS, again, OUTPUTS));
    ASSERT_SAME_BITS(f, again, n * OUTPUTS);
    free(again);
    free(f);
    free(x);
    ntk_network_destroy(network);
}
END_TEST

START_TEST(normalisation_of_nothing_and_of_much) {
    /* A constant row with epsilon = 0 has n = 0; z near the end of the range is normalised without overflow. */
    static const int64_t widths[] = {1, 2, 1};
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    double f = -1, j[7];
    ASSERT_OK(ntk_mlp_create(NULL, 2, widths, NTK_ACTIVATION_IDENTITY, &mlp));
    ASSERT_OK(ntk_mlp_set_layer_normalisation(mlp, 1, 1, 0));
    ASSERT_OK(ntk_network_create(NULL, mlp, 0, &network));
    ASSERT_OK(ntk_network_set_parameters(network, 7, (const double[]){2, 2, 0, 0, 1, 3, 0}));
    const double one = 1, huge = 1e300, tiny = 1e-300, zero = 0;
    ASSERT_OK(ntk_network_forward(network, 1, &one, 1, &f, 1));
    ck_assert(f == 0);
    ASSERT_OK(ntk_network_jacobian(network, 1, &one, 1, j, 7));
    for (int p = 0; p < 7; p++)
        ck_assert(j[p] == 0); /* sb = 0 too */
    ASSERT_OK(ntk_network_set_parameters(network, 7, (const double[]){1, 3, 0, 0, 1, 3, 0}));
    /* n = (-1, 1): F = (3 - 1) / sqrt 2 */
    ASSERT_OK(ntk_network_forward(network, 1, &huge, 1, &f, 1));
    ASSERT_RELATIVE(f, sqrt(2), 8 * DBL_EPSILON);
    ASSERT_OK(ntk_network_forward(network, 1, &tiny, 1, &f, 1));
    ASSERT_RELATIVE(f, sqrt(2), 8 * DBL_EPSILON);
    ASSERT_OK(ntk_network_forward(network, 1, &zero, 1, &f, 1));
    ck_assert(f == 0);
    ntk_network_destroy(network);
    /* With epsilon = 4 a constant row has n = 0 and N' = (g - mean(g)) / 2, of g = (1, 3) / sqrt 2. */
    ASSERT_OK(ntk_mlp_set_layer_normalisation(mlp, 1, 1, 4));
    ASSERT_OK(ntk_network_create(NULL, mlp, 0, &network));
    ASSERT_OK(ntk_network_set_parameters(network, 7, (const double[]){2, 2, 0, 0, 1, 3, 0}));
    ASSERT_OK(ntk_network_jacobian(network, 1, &one, 1, j, 7));
    ASSERT_RELATIVE(j[0], -sqrt(0.125), 8 * DBL_EPSILON);
    ASSERT_RELATIVE(j[1], sqrt(0.125), 8 * DBL_EPSILON);
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
}
END_TEST

/* ---- single precision ---- */

/* From the same parameters and inputs, both rounded to floats: as check_outputs(), with the eps of floats. */
static void check_single(int32_t kind, int options) {
    ntk_activation *const activation = network_activation(kind);
    ntk_mlp *const mlp = network_mlp(activation, options);
    ntk_network *network = NULL;
    float x[2][INPUTS], f[2][OUTPUTS], *const single = malloc(sizeof(float) * 129);
    double wide[2][INPUTS], expected[2][OUTPUTS];
    network_state state;
    ASSERT_OK(ntk_network_create(NULL, mlp, 9, &network));
    ASSERT_OK(ntk_network_get_parameters_f32(network, 129, single));
    ASSERT_OK(ntk_network_set_parameters_f32(network, 129, single));
    for (int e = 0; e < 2 * INPUTS; e++) {
        x[e / INPUTS][e % INPUTS] = (float)inputs[e / INPUTS][e % INPUTS];
        wide[e / INPUTS][e % INPUTS] = (double)x[e / INPUTS][e % INPUTS];
    }
    ASSERT_OK(ntk_network_forward(network, 2, &wide[0][0], INPUTS, &expected[0][0], OUTPUTS));
    ASSERT_OK(ntk_network_forward_f32(network, 2, &x[0][0], INPUTS, &f[0][0], OUTPUTS));
    double *const theta = network_theta(network);
    for (int i = 0; i < 2; i++) {
        network_by_loops(mlp, activation, theta, wide[i], &state);
        for (int k = 0; k < OUTPUTS; k++)
            REQUIRE(fabs((double)f[i][k] - expected[i][k]) <= 64 * DEPTH * (double)FLT_EPSILON * largest_of(&state),
                    "kind %d, options %d: %.9g, expected %.17g", (int)kind, options, (double)f[i][k], expected[i][k]);
    }
    free(theta);
    free(single);
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
}

START_TEST(single_precision) {
    for (int32_t kind = 0; kind < NTK_ACTIVATION_DUAL; kind++)
        for (int options = 0; options < ALL_OPTIONS; options++)
            check_single(kind, options);
}
END_TEST

SUITE("network", random_parameters, threads_do_not_change_parameters, standard_parameters, parameters_in_and_out,
      copies_are_independent, outputs_by_loops, linear_model, rows_do_not_depend_on_the_batch,
      normalisation_of_nothing_and_of_much, single_precision)
