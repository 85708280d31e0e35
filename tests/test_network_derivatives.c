/* Derivatives of finite networks in their parameters: against differences, and against each other. */
#include "tests/smooth_networks.h"

/* ---- differences ---- */

/* (F(-2h) - 8 F(-h) + 8 F(h) - F(2h)) / 12h for every output, and the largest |F| on the way. */
static void differences(ntk_network *network, double *theta, int64_t p, double h, double *slope, double *largest) {
    static const double weight[] = {1, -8, 8, -1}, place[] = {-2, -1, 1, 2};
    const int64_t count = network_parameters(network);
    const double before = theta[p];
    double f[ROWS * OUTPUTS];
    memset(slope, 0, sizeof(f));
    for (int k = 0; k < 4; k++) {
        theta[p] = before + place[k] * h;
        ASSERT_OK(ntk_network_set_parameters(network, count, theta));
        ASSERT_OK(ntk_network_forward(network, ROWS, &inputs[0][0], INPUTS, f, OUTPUTS));
        for (int e = 0; e < ROWS * OUTPUTS; e++) {
            slope[e] += weight[k] * f[e] / (12 * h);
            *largest = fmax(*largest, fabs(f[e]));
        }
    }
    theta[p] = before;
    ASSERT_OK(ntk_network_set_parameters(network, count, theta));
}

/* Differences of order h^4: the change from h to h/2 is 15 times what is left of the truncation error with h/2; on
 * top comes the rounding of F, some 64 operations deep, divided by h. */
static void check_parameter(ntk_network *network, double *theta, int64_t p, const double *jacobian, double *worst) {
    const double h = 0x1p-12;
    const int64_t count = network_parameters(network);
    double coarse[ROWS * OUTPUTS], fine[ROWS * OUTPUTS], largest = 0;
    differences(network, theta, p, h, coarse, &largest);
    differences(network, theta, p, h / 2, fine, &largest);
    for (int e = 0; e < ROWS * OUTPUTS; e++) {
        const double tolerance = fabs(coarse[e] - fine[e]) + 64 * DBL_EPSILON * largest / h;
        REQUIRE(fabs(jacobian[e * count + p] - fine[e]) <= tolerance,
                "parameter %d, output %d: %.17g, by differences %.17g, allowed %.3g", (int)p, e,
                jacobian[e * count + p], fine[e], tolerance);
        *worst = fmax(*worst, tolerance);
    }
}

static void check_kind(int32_t kind, int options) {
    ntk_activation *const activation = network_activation(kind);
    ntk_mlp *const mlp = network_mlp(activation, options);
    ntk_network *const network = smooth_network(mlp, activation, kind);
    const int64_t count = network_parameters(network);
    double *const theta = network_theta(network), *const jacobian = suite_doubles(ROWS * OUTPUTS * count);
    double worst = 0, largest = 0;
    ASSERT_OK(ntk_network_jacobian(network, ROWS, &inputs[0][0], INPUTS, jacobian, count));
    for (int64_t p = 0; p < count; p++)
        check_parameter(network, theta, p, jacobian, &worst);
    for (int64_t e = 0; e < ROWS * OUTPUTS * count; e++)
        largest = fmax(largest, fabs(jacobian[e]));
    /* The comparison says something: every difference is known to a part in 10^6 of the largest derivative. */
    REQUIRE(worst <= 1e-6 * largest, "kind %d, options %d: differences are known to %.3g only, of %.3g", (int)kind,
            options, worst, largest);
    free(jacobian);
    free(theta);
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
}

START_TEST(jacobian_by_differences) {
    for (int32_t kind = 0; kind < NTK_ACTIVATION_DUAL; kind++)
        for (int options = 0; options < 8; options++)
            if (suite_size(1, 0) || options == (kind & 7))
                check_kind(kind, options);
}
END_TEST

/* Two layers of one unit, all parameters 1 but W^1 = 0 (and b is without effect): z = 0, and dF/dW^1 = phi'(0) x. */
static double slope_at_zero(int32_t kind) {
    static const double one = 1, theta[] = {0, 0, 1, 0};
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    double g[4], value = 0, slope = -1;
    ntk_activation *const activation = network_activation(kind);
    ASSERT_OK(ntk_mlp_create(NULL, 2, (const int64_t[]){1, 1, 1}, kind, &mlp));
    ASSERT_OK(ntk_network_create(NULL, mlp, 0, &network));
    ASSERT_OK(ntk_network_set_parameters(network, 4, theta));
    ASSERT_OK(ntk_network_vjp(network, 1, &one, 1, &one, 1, 4, g));
    ASSERT_OK(ntk_activation_evaluate(activation, 1, &value, NULL, &slope));
    ck_assert(g[0] == slope);
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
    return slope;
}

START_TEST(derivatives_at_kinks) {
    for (int32_t kind = 0; kind < NTK_ACTIVATION_FUNCTION; kind++)
        slope_at_zero(kind);
    ck_assert(slope_at_zero(NTK_ACTIVATION_IDENTITY) == 1 && slope_at_zero(NTK_ACTIVATION_RELU) == 0 &&
              slope_at_zero(NTK_ACTIVATION_LEAKY_RELU) == 0 && slope_at_zero(NTK_ACTIVATION_ABS) == 0);
}
END_TEST

/* ---- products ---- */

enum { MANY = 1100 }; /* more rows than a block has */

typedef struct {
    ntk_network *network;
    int64_t n, count;
    double *x, *jacobian, *v, *u;
} products;

static products begin_products(int32_t kind, int options, int64_t n) {
    ntk_activation *const activation = network_activation(kind);
    ntk_mlp *const mlp = network_mlp(activation, options);
    products all = {.n = n};
    uint64_t state = 17;
    ASSERT_OK(ntk_network_create(NULL, mlp, 6, &all.network));
    all.count = network_parameters(all.network);
    all.x = suite_doubles(n * INPUTS);
    all.v = suite_doubles(all.count);
    all.u = suite_doubles(n * OUTPUTS);
    all.jacobian = suite_doubles(n * OUTPUTS * all.count);
    suite_fill(&state, n * INPUTS, all.x);
    suite_fill(&state, all.count, all.v);
    suite_fill(&state, n * OUTPUTS, all.u);
    ASSERT_OK(ntk_network_jacobian(all.network, n, all.x, INPUTS, all.jacobian, all.count));
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
    return all;
}

static void end_products(products *all) {
    free(all->jacobian);
    free(all->u);
    free(all->v);
    free(all->x);
    ntk_network_destroy(all->network);
}

/* Beside the rounding of the sums, an entry of J v comes by another way than J, each step of which is off by a few
 * eps of the largest entries. */
static double tolerance_of(const products *all, int64_t terms, double eps) {
    double largest = 0;
    for (int64_t e = 0; e < all->n * OUTPUTS * all->count; e++)
        largest = fmax(largest, fabs(all->jacobian[e]));
    return 4 * DEPTH * WIDEST * sqrt((double)terms) * eps * largest;
}

static void check_jvp(const products *all) {
    double *const jv = suite_doubles(all->n * (OUTPUTS + 1));
    const double tolerance = tolerance_of(all, all->count, DBL_EPSILON);
    ASSERT_OK(ntk_network_jvp(all->network, all->n, all->x, INPUTS, all->count, all->v, jv, OUTPUTS + 1));
    for (int64_t e = 0; e < all->n * OUTPUTS; e++) {
        double sum = 0;
        for (int64_t p = 0; p < all->count; p++)
            sum += all->jacobian[e * all->count + p] * all->v[p];
        ASSERT_CLOSE(jv[e / OUTPUTS * (OUTPUTS + 1) + e % OUTPUTS], sum, tolerance);
    }
    free(jv);
}

static void check_vjp(const products *all) {
    double *const g = suite_doubles(all->count);
    const double tolerance = tolerance_of(all, all->n * OUTPUTS, DBL_EPSILON);
    ASSERT_OK(ntk_network_vjp(all->network, all->n, all->x, INPUTS, all->u, OUTPUTS, all->count, g));
    for (int64_t p = 0; p < all->count; p++) {
        double sum = 0;
        for (int64_t e = 0; e < all->n * OUTPUTS; e++)
            sum += all->jacobian[e * all->count + p] * all->u[e];
        ASSERT_CLOSE(g[p], sum, tolerance);
    }
    free(g);
}

START_TEST(products_by_the_jacobian) {
    for (int32_t kind = 0; kind < NTK_ACTIVATION_DUAL; kind++)
        for (int options = 0; options < ALL_OPTIONS; options++) {
            products all = begin_products(kind, options, 3);
            check_jvp(&all);
            check_vjp(&all);
            end_products(&all);
        }
}
END_TEST

START_TEST(products_of_many_rows) {
    products all = begin_products(NTK_ACTIVATION_SILU, WITH_SKIPS | WITH_NORMALISATION, suite_size(MANY, 600));
    check_jvp(&all);
    check_vjp(&all);
    end_products(&all);
}
END_TEST

START_TEST(products_are_adjoint) {
    /* <u, J v> = <J' u, v> */
    for (int options = 0; options < ALL_OPTIONS; options++) {
        products all = begin_products(NTK_ACTIVATION_GELU, options, 40);
        double *const jv = suite_doubles(all.n * OUTPUTS), *const g = suite_doubles(all.count), left = 0, right = 0;
        ASSERT_OK(ntk_network_jvp(all.network, all.n, all.x, INPUTS, all.count, all.v, jv, OUTPUTS));
        ASSERT_OK(ntk_network_vjp(all.network, all.n, all.x, INPUTS, all.u, OUTPUTS, all.count, g));
        for (int64_t e = 0; e < all.n * OUTPUTS; e++)
            left += all.u[e] * jv[e];
        for (int64_t p = 0; p < all.count; p++)
            right += g[p] * all.v[p];
        ASSERT_CLOSE(left, right, tolerance_of(&all, all.n * OUTPUTS * all.count, DBL_EPSILON));
        free(g);
        free(jv);
        end_products(&all);
    }
}
END_TEST

static float *rounded(int64_t count, double *values) {
    float *const single = malloc(sizeof(float) * (size_t)count);
    ck_assert_ptr_nonnull(single);
    for (int64_t i = 0; i < count; i++)
        values[i] = (double)(single[i] = (float)values[i]);
    return single;
}

/* As against the explicit Jacobian, with the eps of floats: everything is rounded to floats first. The derivatives
 * of a kinked phi may differ by more where a unit is near the kink, so phi is smooth here. */
static void check_single(int32_t kind, int options) {
    products all = begin_products(kind, options, 3);
    double *const theta = network_theta(all.network), jv[3 * OUTPUTS], *const g = suite_doubles(all.count);
    float *const single_theta = rounded(all.count, theta), *const x = rounded(3 * INPUTS, all.x);
    float *const v = rounded(all.count, all.v), *const u = rounded(3 * OUTPUTS, all.u);
    float single_jv[3 * OUTPUTS], *const single_g = rounded(all.count, theta);
    ASSERT_OK(ntk_network_set_parameters(all.network, all.count, theta));
    ASSERT_OK(ntk_network_jvp(all.network, 3, all.x, INPUTS, all.count, all.v, jv, OUTPUTS));
    ASSERT_OK(ntk_network_jvp_f32(all.network, 3, x, INPUTS, all.count, v, single_jv, OUTPUTS));
    ASSERT_OK(ntk_network_vjp(all.network, 3, all.x, INPUTS, all.u, OUTPUTS, all.count, g));
    ASSERT_OK(ntk_network_vjp_f32(all.network, 3, x, INPUTS, u, OUTPUTS, all.count, single_g));
    for (int e = 0; e < 3 * OUTPUTS; e++)
        ASSERT_CLOSE((double)single_jv[e], jv[e], tolerance_of(&all, all.count, (double)FLT_EPSILON));
    for (int64_t p = 0; p < all.count; p++)
        ASSERT_CLOSE((double)single_g[p], g[p], tolerance_of(&all, 3 * OUTPUTS, (double)FLT_EPSILON));
    free(single_g);
    free(u);
    free(v);
    free(x);
    free(single_theta);
    free(g);
    free(theta);
    end_products(&all);
}

START_TEST(products_in_single_precision) {
    static const int32_t kinds[] = {NTK_ACTIVATION_IDENTITY, NTK_ACTIVATION_ERF,      NTK_ACTIVATION_SIN,
                                    NTK_ACTIVATION_GELU,     NTK_ACTIVATION_TANH,     NTK_ACTIVATION_SIGMOID,
                                    NTK_ACTIVATION_SOFTPLUS, NTK_ACTIVATION_FUNCTION, NTK_ACTIVATION_GAUSSIAN};
    for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
        for (int options = 0; options < ALL_OPTIONS; options++)
            check_single(kinds[k], options);
}
END_TEST

START_TEST(learning_rates_and_dropout_do_not_enter) {
    ntk_activation *const activation = network_activation(NTK_ACTIVATION_TANH);
    ntk_mlp *const mlp = network_mlp(activation, WITH_NORMALISATION);
    double *jacobian[2];
    for (int i = 0; i < 2; i++) {
        ntk_network *network = NULL;
        ASSERT_OK(ntk_network_create(NULL, mlp, 3, &network));
        jacobian[i] = suite_doubles(ROWS * OUTPUTS * network_parameters(network));
        ASSERT_OK(ntk_network_jacobian(network, ROWS, &inputs[0][0], INPUTS, jacobian[i], network_parameters(network)));
        if (i == 1)
            ASSERT_SAME_BITS(jacobian[0], jacobian[1], ROWS * OUTPUTS * network_parameters(network));
        ntk_network_destroy(network);
        ASSERT_OK(ntk_mlp_set_learning_rates(mlp, 0, 0, 3));
        ASSERT_OK(ntk_mlp_set_dropout(mlp, 0, 0.5));
    }
    free(jacobian[1]);
    free(jacobian[0]);
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
}
END_TEST

SUITE("network_derivatives", jacobian_by_differences, derivatives_at_kinks, products_by_the_jacobian,
      products_of_many_rows, products_are_adjoint, products_in_single_precision,
      learning_rates_and_dropout_do_not_enter)
