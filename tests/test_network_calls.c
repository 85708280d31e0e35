/* Bad input to the functions of networks. */
#include "tests/networks.h"

static const double x[2][INPUTS] = {{0.9, -0.3, 0.5}, {-0.7, 1.1, 0.2}};

/* ---- creation and parameters ---- */

START_TEST(nothing) {
    double value = 0;
    float single = 0;
    ntk_network *network = NULL;
    ntk_mlp *mlp = NULL;
    ntk_network_destroy(NULL);
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_create(NULL, NULL, 0, &network));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_copy(NULL, &network));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_randomise(NULL, 0));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_get_mlp(NULL, &mlp));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_get_sizes(NULL, NULL, NULL, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_get_parameters(NULL, 1, &value));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_set_parameters(NULL, 1, &value));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_get_parameters_f32(NULL, 1, &single));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_set_parameters_f32(NULL, 1, &single));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_forward(NULL, 1, &value, 1, &value, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_forward_f32(NULL, 1, &single, 1, &single, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_get_layer(NULL, 0, 1, &value, 1, &value, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_jacobian(NULL, 1, &value, 1, &value, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_jvp(NULL, 1, &value, 1, 1, &value, &value, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_vjp(NULL, 1, &value, 1, &value, 1, 1, &value));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_jvp_f32(NULL, 1, &single, 1, 1, &single, &single, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_vjp_f32(NULL, 1, &single, 1, &single, 1, 1, &single));
    ck_assert(network == NULL && mlp == NULL);
}
END_TEST

static int32_t flat_dual(void *user, int64_t n, const double *q, const double *q_other, const double *k, double *value,
                         double *slope) {
    (void)user, (void)q, (void)q_other, (void)k;
    for (int64_t i = 0; i < n; i++)
        value[i] = slope[i] = 0;
    return 0;
}

START_TEST(creation_refuses) {
    ntk_context *context = NULL;
    ntk_activation *dual = NULL;
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_activation_create_dual(NULL, flat_dual, NULL, &dual));
    ASSERT_OK(ntk_mlp_create(NULL, 2, (const int64_t[]){2, 3, 1}, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_create(context, mlp, 0, NULL));
    assert_told(context, "ntk_network_create: out is NULL");
    ASSERT_OK(ntk_mlp_set_activation(mlp, 1, dual));
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntk_network_create(context, mlp, 0, &network));
    assert_told(context, "layer 1");
    ntk_mlp_destroy(mlp);
    ASSERT_OK(ntk_mlp_create(NULL, 1, (const int64_t[]){INT64_MAX, 1}, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_STATUS(NTK_ERR_OVERFLOW, ntk_network_create(context, mlp, 0, &network));
    assert_told(context, "ntk_network_create: the parameters");
    ntk_mlp_destroy(mlp);
    ASSERT_OK(ntk_mlp_create(NULL, 1, (const int64_t[]){INT64_MAX / 4, 1}, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_STATUS(NTK_ERR_OVERFLOW, ntk_network_create(context, mlp, 0, &network));
    ntk_mlp_destroy(mlp);
    ck_assert_ptr_null(network);
    ntk_activation_destroy(dual);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(parameters_refuse) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_network *const network = relu_network(context);
    ntk_network *copy = NULL;
    double theta[COUNT], back[COUNT];
    float single[COUNT];
    ASSERT_OK(ntk_network_get_parameters(network, COUNT, theta));
    ASSERT_OK(ntk_network_get_parameters_f32(network, COUNT, single));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_network_get_parameters(network, COUNT - 1, back));
    assert_told(context, "p is 128; the network has 129 parameters");
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_network_set_parameters(network, COUNT + 1, back));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_network_get_parameters_f32(network, -1, single));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_network_set_parameters_f32(network, 0, single));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_get_parameters(network, COUNT, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_set_parameters_f32(network, COUNT, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_copy(network, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_get_mlp(network, NULL));
    memcpy(back, theta, sizeof(back));
    back[COUNT - 1] = NAN;
    single[77] = INFINITY;
    ASSERT_STATUS(NTK_ERR_NOT_FINITE, ntk_network_set_parameters(network, COUNT, back));
    assert_told(context, "theta[128] is NaN");
    ASSERT_STATUS(NTK_ERR_NOT_FINITE, ntk_network_set_parameters_f32(network, COUNT, single));
    assert_told(context, "theta[77] is infinity");
    ASSERT_OK(ntk_network_get_parameters(network, COUNT, back));
    ASSERT_SAME_BITS(theta, back, COUNT);
    /* Too large for floats. */
    theta[3] = 1e39;
    single[0] = 0.25f;
    ASSERT_OK(ntk_network_set_parameters(network, COUNT, theta));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_network_get_parameters_f32(network, COUNT, single));
    assert_told(context, "theta[3] exceeds the float range");
    ck_assert(single[0] == 0.25f);
    ck_assert_ptr_null(copy);
    ntk_network_destroy(network);
    ntk_context_destroy(context);
}
END_TEST

/* ---- arguments of the calls with rows ---- */

START_TEST(arguments_are_checked) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_network *const network = relu_network(context);
    double in[2 * COUNT] = {0}, *const out = suite_doubles(2 * OUTPUTS * COUNT), bad[2][INPUTS], bad_in[2 * COUNT];
    memcpy(bad, x, sizeof(bad));
    bad[1][2] = NAN;
    memset(bad_in, 0, sizeof(bad_in));
    bad_in[6] = -INFINITY;
    for (int which = 0; which < CALLS; which++) {
        const arguments good = {2, &x[0][0], INPUTS, in, OUTPUTS, COUNT, out, which == JACOBIAN ? COUNT : OUTPUTS};
        ASSERT_OK(call(network, which, &good));
        arguments a = good;
        a.n = 0;
        refuse(context, network, which, &a, NTK_ERR_SIZE, "n is 0");
        a.n = INT64_MAX;
        refuse(context, network, which, &a, NTK_ERR_OVERFLOW, "9223372036854775807 rows of");
        a = good;
        a.x = NULL;
        refuse(context, network, which, &a, NTK_ERR_NULL, "x is NULL");
        a = good;
        a.ldx = INPUTS - 1;
        refuse(context, network, which, &a, NTK_ERR_LEADING_DIMENSION, "ldx is 2");
        a = good;
        a.x = &bad[0][0];
        refuse(context, network, which, &a, NTK_ERR_NOT_FINITE, "x[1][2] is NaN");
        a = good;
        a.out = NULL;
        refuse(context, network, which, &a, NTK_ERR_NULL, "is NULL");
        a = good;
        a.x = out + 4;
        a.out = out;
        refuse(context, network, which, &a, NTK_ERR_ALIAS, "overlaps x");
        if (which != VJP) {
            a = good;
            a.ldo--;
            refuse(context, network, which, &a, NTK_ERR_LEADING_DIMENSION, "is");
        }
        if (which != JVP && which != VJP)
            continue;
        a = good;
        a.p--;
        refuse(context, network, which, &a, NTK_ERR_SIZE, "p is 128");
        a = good;
        a.in = NULL;
        refuse(context, network, which, &a, NTK_ERR_NULL, which == JVP ? "v is NULL" : "u is NULL");
        a.in = bad_in;
        refuse(context, network, which, &a, NTK_ERR_NOT_FINITE,
               which == JVP ? "v[6] is -infinity" : "u[1][1] is -infinity");
        a.in = out + 2;
        refuse(context, network, which, &a, NTK_ERR_ALIAS, which == JVP ? "overlaps v" : "overlaps u");
    }
    arguments a = {2, &x[0][0], INPUTS, in, OUTPUTS - 1, COUNT, out, OUTPUTS};
    refuse(context, network, VJP, &a, NTK_ERR_LEADING_DIMENSION, "ldu is 4");
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_network_get_layer(network, DEPTH + 1, 1, x[0], INPUTS, out, OUTPUTS));
    assert_told(context, "layer is 6");
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_network_get_layer(network, -1, 1, x[0], INPUTS, out, OUTPUTS));
    free(out);
    ntk_network_destroy(network);
    ntk_context_destroy(context);
}
END_TEST

START_TEST(arguments_in_single_precision) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_network *const network = relu_network(context);
    float rows[2][INPUTS] = {{1, 2, 3}, {4, 5, NAN}}, in[COUNT] = {0}, out[COUNT], untouched[COUNT];
    memset(out, 0x55, sizeof(out));
    memcpy(untouched, out, sizeof(out));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_network_forward_f32(network, 0, rows[0], INPUTS, out, OUTPUTS));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_forward_f32(network, 1, NULL, INPUTS, out, OUTPUTS));
    ASSERT_STATUS(NTK_ERR_LEADING_DIMENSION, ntk_network_forward_f32(network, 1, rows[0], 2, out, OUTPUTS));
    ASSERT_STATUS(NTK_ERR_NOT_FINITE, ntk_network_forward_f32(network, 2, rows[0], INPUTS, out, OUTPUTS));
    assert_told(context, "ntk_network_forward_f32: x[1][2] is NaN");
    ASSERT_STATUS(NTK_ERR_ALIAS, ntk_network_jvp_f32(network, 1, rows[0], INPUTS, COUNT, out, out, OUTPUTS));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_network_jvp_f32(network, 1, rows[0], INPUTS, COUNT + 1, in, out, OUTPUTS));
    ASSERT_STATUS(NTK_ERR_SIZE, ntk_network_vjp_f32(network, 1, rows[0], INPUTS, in, OUTPUTS, 0, out));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_network_vjp_f32(network, 1, rows[0], INPUTS, NULL, OUTPUTS, COUNT, out));
    ck_assert_mem_eq(out, untouched, sizeof(out));
    /* A parameter that is too large for floats. */
    double theta[COUNT] = {0};
    theta[128] = -1e39;
    ASSERT_OK(ntk_network_set_parameters(network, COUNT, theta));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_network_forward_f32(network, 1, rows[0], INPUTS, out, OUTPUTS));
    assert_told(context, "a parameter exceeds the float range");
    ck_assert_mem_eq(out, untouched, sizeof(out));
    ntk_network_destroy(network);
    /* A scale that is. */
    ntk_mlp *mlp = NULL;
    ntk_network *large = NULL;
    ASSERT_OK(ntk_mlp_create(NULL, 2, (const int64_t[]){INPUTS, 2, 1}, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_mlp_set_layer_weight_std(mlp, 2, 1e60));
    ASSERT_OK(ntk_network_create(context, mlp, 0, &large));
    ASSERT_STATUS(NTK_ERR_RANGE, ntk_network_forward_f32(large, 1, rows[0], INPUTS, out, OUTPUTS));
    assert_told(context, "the standard deviations of layer 2 exceed the float range");
    ntk_network_destroy(large);
    ntk_mlp_destroy(mlp);
    ntk_context_destroy(context);
}
END_TEST

SUITE("network_calls", nothing, creation_refuses, parameters_refuse, arguments_are_checked,
      arguments_in_single_precision)
