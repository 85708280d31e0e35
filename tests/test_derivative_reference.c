/* Derivatives against values made with 140 digits: tests/reference/derivatives.py. */
#include "tests/suite.h"

#include "tests/reference/derivative_values.h"

enum { D = 3, MOST = REFERENCE_MOST_ROWS };

static double norm_of(const double *x) { return sqrt(x[0] * x[0] + x[1] * x[1] + x[2] * x[2]); }

static bool has_kink(int kind) {
    return kind == NTK_ACTIVATION_RELU || kind == NTK_ACTIVATION_TWO_SLOPE || kind == NTK_ACTIVATION_ABS;
}

/* Beside its kink the NTK of a network with biases or normalisation has the rounding of the norms over the angle
 * between the rows, which is not below the distance of their directions times `share`, what inputs make of the first
 * layer. */
static double kink_error(const reference_case *the_case, int type, const double *x, const double *z) {
    bool kink = false, biased = false;
    for (int row = 0; row < the_case->network->layer_rows; row++) {
        const reference_layer *const layer = &the_case->layers[row];
        kink = kink || has_kink(layer->kind);
        biased = biased || layer->bias_std > 0 || layer->epsilon >= 0;
    }
    const double a = norm_of(x), b = norm_of(z);
    double distance = 0;
    for (int e = 0; e < D; e++)
        distance = fmax(distance, fabs(x[e] / a - z[e] / b));
    if (type != NTK_KERNEL_NTK || !kink || !biased || !(distance > 0))
        return 0;
    const double weight = the_case->layers[0].weight_std * a / sqrt(D), bias = the_case->layers[0].bias_std;
    const double share = weight / sqrt(weight * weight + bias * bias);
    return 8 * DBL_EPSILON / (distance * share);
}

/* Relative to the largest entry of the vector and to the size of the two terms that it is the sum of, K / |x|: some 4
 * roundings a layer. */
static void compare_gradients(const reference_case *the_case, ntk_kernel *kernel, int type, const double *expected) {
    static double gradient[MOST * MOST * D];
    const int n = the_case->rows;
    ASSERT_OK(ntk_kernel_cross_gradient(kernel, n, the_case->x, D, n, the_case->x, D, gradient));
    for (int p = 0; p < the_case->pairs; p++) {
        const int i = the_case->pair[3 * p], j = the_case->pair[3 * p + 1];
        const double *const rows = the_case->row_values[type], *const x = the_case->x + i * D;
        double size = sqrt(rows[i] * rows[j]) / norm_of(x);
        for (int e = 0; e < D; e++)
            size = fmax(size, fabs(expected[p * D + e]));
        const double error =
            4 * the_case->network->depth * DBL_EPSILON + kink_error(the_case, type, x, the_case->x + j * D);
        for (int e = 0; e < D; e++)
            REQUIRE(fabs(gradient[(i * n + j) * D + e] - expected[p * D + e]) <= error * size,
                    "%s, depth %d, type %d, rows %d and %d, entry %d: %.17g, expected %.17g, size %.3g",
                    the_case->network->name, the_case->network->depth, type, i, j, e, gradient[(i * n + j) * D + e],
                    expected[p * D + e], size);
    }
}

static const reference_layer *layer_of(const reference_case *the_case, int layer) {
    const reference_layer *found = the_case->layers;
    while (layer > found->repeat)
        layer -= (found++)->repeat;
    return found;
}

static void compare_std(const reference_case *the_case, int type, int which, int layer, const double *got,
                        const double *expected, double scale, int i, int j) {
    const reference_layer *const own = layer_of(the_case, layer);
    const double std = which == NTK_STD_WEIGHT ? own->weight_std : own->bias_std;
    /* K / std is the size of the derivative of a power, less where K depends little on it */
    const double size = fabs(*expected) + (std > 0 ? scale / std : 0);
    REQUIRE(fabs(*got - *expected) <= 4 * the_case->network->depth * DBL_EPSILON * size,
            "%s, depth %d, type %d, which %d, layer %d, rows %d and %d: %.17g, expected %.17g, size %.3g",
            the_case->network->name, the_case->network->depth, type, which, layer, i, j, *got, *expected, size);
}

/* The pairs from the rectangular and from the symmetric routine, and the rows. */
static void compare_stds(const reference_case *the_case, ntk_kernel *kernel, int type, const double *expected) {
    const int n = the_case->rows;
    const double *const rows = the_case->row_values[type];
    double cross[MOST * MOST], gram[MOST * MOST], diagonal[MOST];
    for (int layer = 1; layer <= the_case->network->depth; layer++)
        for (int32_t which = NTK_STD_WEIGHT; which <= NTK_STD_BIAS; which++, expected += the_case->pairs + n) {
            ASSERT_OK(
                ntk_kernel_cross_derivative(kernel, which, layer, n, the_case->x, D, n, the_case->x, D, cross, n));
            ASSERT_OK(ntk_kernel_gram_derivative(kernel, which, layer, n, the_case->x, D, gram, n));
            ASSERT_OK(ntk_kernel_diagonal_derivative(kernel, which, layer, n, the_case->x, D, diagonal));
            for (int p = 0; p < the_case->pairs; p++) {
                const int i = the_case->pair[3 * p], j = the_case->pair[3 * p + 1];
                const double scale = sqrt(rows[i] * rows[j]);
                compare_std(the_case, type, which, layer, &cross[i * n + j], &expected[p], scale, i, j);
                compare_std(the_case, type, which, layer, &gram[i * n + j], &expected[p], scale, i, j);
            }
            for (int i = 0; i < n; i++)
                compare_std(the_case, type, which, layer, &diagonal[i], &expected[the_case->pairs + i], rows[i], i, i);
        }
}

static void compare_all(bool gradients) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    for (int number = 0; number < derivative_table.cases; number += (int)suite_size(1, 3))
        for (int type = 0; type < 2; type++) {
            const reference_case the_case = reference_case_of(&derivative_table, number);
            const double *const expected = derivative_numbers + derivative_places[2 * number + type];
            ntk_kernel *kernel = NULL;
            ASSERT_OK(reference_kernel(context, &the_case, type, &kernel));
            if (gradients)
                compare_gradients(&the_case, kernel, type, expected);
            else
                compare_stds(&the_case, kernel, type, expected + the_case.pairs * D);
            ntk_kernel_destroy(kernel);
        }
    ntk_context_destroy(context);
}

START_TEST(gradients) { compare_all(true); }
END_TEST

START_TEST(standard_deviations) { compare_all(false); }
END_TEST

SUITE("derivative_reference", gradients, standard_deviations)
