/* Analytic kernels against values computed with 80 digits from the definitions (tests/reference).
 *
 * Tolerances. The ReLU family and the identity: 4e-14 of the value itself, at any depth. Only for unrelated rows is the
 * rounding of one inner product allowed on top, c d eps of sqrt(K(x,x) K(x',x')); for near, equal, opposite and
 * collinear rows it is not. Opposite rows, when there is a bias or a negative part of the activation, are measured
 * against sqrt(K(x,x) K(x',x')) instead of K(x,x'), which crosses zero there. erf: 1e-14 of sqrt(K(x,x) K(x',x')). */
#include "tests/suite.h"

#include "tests/reference/kernel_values.h"

static const double FAMILY_TOLERANCE = 4e-14, ERF_TOLERANCE = 1e-14;
/* c: the gradient of K/sqrt(K K') with respect to the cosine is below this for the unrelated rows of the table. */
static const double INNER_PRODUCT_FACTOR = 8;

/* How the rows of a pair lie to each other: see make_rows() in tests/reference/kernels.py. */
typedef enum { UNRELATED, NEAR, OPPOSITE, ZERO } relation;

static relation relation_of(int i, int j) {
    const int sign[ROWS] = {1, 2, 1, 1, 1, -1, -1, 1, -1,
                            0, 1, 1, 1, 2, 1,  1,  -1}; /* of row 0's direction; 2: row 1's */
    if (sign[i] == 0 || sign[j] == 0)
        return ZERO;
    if (abs(sign[i]) != abs(sign[j]))
        return UNRELATED;
    return sign[i] == sign[j] ? NEAR : OPPOSITE;
}

/* ---- the table ---- */

typedef struct {
    int first_layer, depth;
    bool has_erf, has_bias, has_negative_part; /* of any layer */
    int32_t activation;                        /* of the first */
} network;

static network network_of(int w) {
    network net = {.first_layer = 0, .depth = network_depth[w]};
    for (int v = 0; v < w; v++)
        net.first_layer += network_depth[v];
    net.activation = net.depth == 1 ? NTK_ACTIVATION_IDENTITY : layer_activation[net.first_layer];
    for (int l = net.first_layer; l < net.first_layer + net.depth; l++) {
        const bool last = l == net.first_layer + net.depth - 1;
        net.has_bias = net.has_bias || layer_bias_std[l] > 0;
        net.has_erf = net.has_erf || (!last && layer_activation[l] == NTK_ACTIVATION_ERF);
        net.has_negative_part =
            net.has_negative_part || (!last && layer_activation[l] == NTK_ACTIVATION_LEAKY_RELU && layer_slope[l] != 0);
    }
    return net;
}

static void describe(const network *net, int d, int type, char *text, size_t size) {
    const int l = net->first_layer;
    snprintf(text, size, "%s of %d layers, d = %d, first activation %s slope %g, std %g bias %g",
             type == NTK_KERNEL_NTK ? "NTK" : "NNGP", net->depth, d, ntk_activation_kind_name(net->activation),
             layer_slope[l], layer_weight_std[l], layer_bias_std[l]);
}

static ntk_kernel *make_kernel(ntk_context *context, const network *net, int64_t d, int32_t type) {
    int64_t widths[64];
    ck_assert_int_lt(net->depth, 64);
    for (int l = 0; l <= net->depth; l++)
        widths[l] = l == 0 ? d : 3;
    ntk_mlp *mlp = NULL;
    ntk_kernel *kernel = NULL;
    ASSERT_OK(ntk_mlp_create(context, net->depth, widths, NTK_ACTIVATION_IDENTITY, &mlp));
    for (int i = 0; i < net->depth; i++) {
        const int l = net->first_layer + i;
        ASSERT_OK(ntk_mlp_set_layer_weight_std(mlp, i + 1, layer_weight_std[l]));
        ASSERT_OK(ntk_mlp_set_layer_bias_std(mlp, i + 1, layer_bias_std[l]));
        if (i == net->depth - 1)
            continue;
        ntk_activation *activation = NULL;
        const bool leaky = layer_activation[l] == NTK_ACTIVATION_LEAKY_RELU;
        ASSERT_OK(ntk_activation_create(context, layer_activation[l], &layer_slope[l], leaky ? 1 : 0, &activation));
        ASSERT_OK(ntk_mlp_set_activation(mlp, i + 1, activation));
        ntk_activation_destroy(activation);
    }
    ASSERT_OK(ntk_kernel_create_analytic(context, mlp, type, &kernel));
    ntk_mlp_destroy(mlp);
    return kernel;
}

/* ---- the comparison ---- */

/* What a comparison found: the worst error of unrelated rows and of all others, and the first that is not allowed. */
typedef struct {
    double unrelated, related;
    long entries, wrong;
    char first[512];
} findings;

static int class_of(const network *net) { return net->has_erf ? 4 : net->has_negative_part ? 3 : net->activation; }

static double allowed_error(const network *net, relation kind, int d, double value, double scale) {
    if (net->has_erf)
        return ERF_TOLERANCE * scale + DBL_MIN;
    const bool both_signs = kind == OPPOSITE && (net->has_bias || net->has_negative_part);
    /* opposite directions with unequal norms: the norms are rounded, which leaves an angle below eps */
    if (value == 0 && kind == OPPOSITE)
        return DBL_EPSILON * scale;
    const double rounding = kind == UNRELATED ? INNER_PRODUCT_FACTOR * d * DBL_EPSILON * scale : 0;
    /* below DBL_MIN doubles have no relative accuracy */
    return FAMILY_TOLERANCE * (both_signs ? scale : fabs(value)) + rounding + DBL_MIN;
}

static void record_error(findings *found, const network *net, relation kind, double error, double value, double scale) {
    const bool by_scale = net->has_erf || (kind == OPPOSITE && (net->has_bias || net->has_negative_part));
    const double size = by_scale ? scale : fabs(value);
    double *const worst = kind == UNRELATED ? &found->unrelated : &found->related;
    if (size > DBL_MIN && isfinite(error))
        *worst = fmax(*worst, error / size);
}

/* Rows 11 and 12 with d = 1: collinear, with norms of 1e150 that differ. The NTK of erf then lives on angles below
 * 1e-150, which the rounding of the norms has long hidden. */
static bool is_ill_posed(const network *net, int d, int i, int j) {
    return net->has_erf && d == 1 && i == 11 && j == 12;
}

static void compare_pair(const network *net, int d, int type, int i, int j, double got, double expected, double scale,
                         findings *found) {
    const relation kind = relation_of(i, j);
    const double allowed = allowed_error(net, kind, d, expected, scale), error = fabs(got - expected);
    record_error(found, net, kind, error, expected, scale);
    found->entries++;
    if (error <= allowed)
        return;
    char text[256];
    describe(net, d, type, text, sizeof(text));
    if (found->wrong++ == 0)
        snprintf(found->first, sizeof(found->first),
                 "%s: rows %d and %d give %.17g, expected %.17g: off by %.3g, allowed %.3g, sqrt(KK') %.3g", text, i, j,
                 got, expected, error, allowed, scale);
}

/* One network and group: the rows as one Gram matrix (that runs through tiles), pair by pair as cross matrices, and the
 * diagonal. */
static void compare_case(const network *net, int g, int type, const double *expected_pairs, const double *expected_rows,
                         findings *found) {
    const int d = group_dimension[g];
    const double *x = group_rows;
    for (int h = 0; h < g; h++)
        x += ROWS * group_dimension[h];
    ntk_kernel *const kernel = make_kernel(NULL, net, d, type);
    double gram[ROWS * ROWS], diagonal[ROWS];
    ASSERT_OK(ntk_kernel_gram(kernel, ROWS, x, d, gram, ROWS));
    ASSERT_OK(ntk_kernel_diagonal(kernel, ROWS, x, d, diagonal));
    for (int i = 0; i < ROWS; i++) {
        compare_pair(net, d, type, i, i, diagonal[i], expected_rows[i], expected_rows[i], found);
        ASSERT_CLOSE(gram[i * ROWS + i], diagonal[i], 0);
    }
    for (int p = 0; p < PAIRS; p++) {
        const int i = pair_rows[2 * p], j = pair_rows[2 * p + 1];
        const double scale = sqrt(expected_rows[i]) * sqrt(expected_rows[j]);
        double single;
        if (is_ill_posed(net, d, i, j))
            continue;
        ASSERT_OK(ntk_kernel_cross(kernel, 1, x + i * d, d, 1, x + j * d, d, &single, 1));
        compare_pair(net, d, type, i, j, gram[i * ROWS + j], expected_pairs[p], scale, found);
        compare_pair(net, d, type, i, j, single, expected_pairs[p], scale, found);
    }
    ntk_kernel_destroy(kernel);
}

static void compare_networks(int class, const char *name) {
    findings found = {0};
    int compared = 0;
    for (int s = 0; s < CASES; s++) {
        const network net = network_of(case_network_group[2 * s]);
        if (class_of(&net) != class)
            continue;
        for (int type = NTK_KERNEL_NTK; type <= NTK_KERNEL_NNGP; type++) {
            const int block = 2 * s + type;
            compare_case(&net, case_network_group[2 * s + 1], type, pair_value + block * PAIRS,
                         row_value + block * ROWS, &found);
            compared++;
        }
    }
    printf("%-10s %3d kernels: worst error %.2g for unrelated rows, %.2g for near, opposite, collinear and zero rows\n",
           name, compared, found.unrelated, found.related);
    fflush(stdout);
    ck_assert_int_gt(compared, 0);
    ck_assert_msg(found.wrong == 0, "%ld of %ld entries are wrong; the first: %s", found.wrong, found.entries,
                  found.first);
}

START_TEST(identity) { compare_networks(0, "identity"); }
END_TEST

START_TEST(relu) { compare_networks(1, "relu"); }
END_TEST

START_TEST(leaky_relu_with_slope_zero) { compare_networks(2, "slope 0"); }
END_TEST

START_TEST(leaky_relu) { compare_networks(3, "leaky relu"); }
END_TEST

START_TEST(erf_and_mixed) { compare_networks(4, "erf, mixed"); }
END_TEST

/* Without bias, opposite rows have phi(u) phi(-u) = 0: the NNGP of two layers is 0, and so is the NTK, since the
 * derivatives never meet either. */
START_TEST(opposite_rows_give_exactly_zero) {
    uint64_t state = 3;
    for (int32_t type = NTK_KERNEL_NTK; type <= NTK_KERNEL_NNGP; type++)
        for (int64_t d = 1; d <= 40; d++) {
            double x[40], z[40], gram[4], rows[80], value;
            suite_fill(&state, d, x);
            for (int64_t i = 0; i < d; i++)
                z[i] = -x[i];
            memcpy(rows, x, sizeof(double) * (size_t)d);
            memcpy(rows + d, z, sizeof(double) * (size_t)d);
            ntk_kernel *const kernel = suite_kernel(NULL, d, 2, NTK_ACTIVATION_RELU, 1.3, 0, type);
            ASSERT_OK(ntk_kernel_cross(kernel, 1, x, d, 1, z, d, &value, 1));
            ck_assert_msg(value == 0, "cross, d = %d: %g", (int)d, value);
            ASSERT_OK(ntk_kernel_gram(kernel, 2, rows, d, gram, 2));
            ck_assert_msg(gram[1] == 0 && gram[2] == 0, "gram, d = %d: %g", (int)d, gram[1]);
            ntk_kernel_destroy(kernel);
        }
}
END_TEST

SUITE("kernel reference", identity, relu, leaky_relu_with_slope_zero, leaky_relu, erf_and_mixed,
      opposite_rows_give_exactly_zero)
