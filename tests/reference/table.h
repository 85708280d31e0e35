/* Reading a table of reference values (activation_values.h, option_values.h): its networks, its rows, and the comparison of
 * the library with it. What is allowed is the caller's business. */
#ifndef NTK_REFERENCE_TABLE_H
#define NTK_REFERENCE_TABLE_H

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <ntk/ntk.h>

/* `repeat` equal layers. The activation and dropout of the last layer count for nothing. */
typedef struct {
    int repeat, kind, first_parameter, parameters, skip, width;
    double weight_std, bias_std, weight_rate, bias_rate;
    double epsilon; /* negative: no normalisation */
    double dropout;
} reference_layer;

typedef struct {
    const char *name;
    int first_layer, layer_rows; /* in the table of layers */
    int depth;
    int standard; /* whether in the standard parameterisation */
} reference_network;

typedef struct {
    int cases;
    const reference_layer *layers;
    const reference_network *networks;
    const int *groups;     /* per group: dimension, rows, pairs, first input, first number of its pairs */
    const int *pairs;      /* i, j, relation */
    const int *case_table; /* per case: network, group, first value */
    const double *parameters;
    const double *inputs;
    const double *values; /* per case: NTK, then NNGP: values of the pairs, then of the rows with themselves */
} reference_table;

/* How the rows of a pair lie to each other; networks.py has the same numbers. Near: equal directions up to 2^-10 or less. */
enum { REFERENCE_RANDOM, REFERENCE_NEAR, REFERENCE_EQUAL, REFERENCE_OPPOSITE, REFERENCE_ZERO, REFERENCE_SCALED };
enum { REFERENCE_RELATIONS = 6, REFERENCE_MOST_ROWS = 16, REFERENCE_MOST_DEPTH = 64 };

typedef struct {
    const reference_table *table;
    const reference_network *network;
    const reference_layer *layers;
    int d, rows, pairs;
    const double *x;
    const int *pair;
    const double *pair_values[2], *row_values[2]; /* by type of kernel */
} reference_case;

static inline reference_case reference_case_of(const reference_table *table, int number) {
    const int *const entry = table->case_table + 3 * number, *const group = table->groups + 5 * entry[1];
    reference_case found = {.table = table, .network = &table->networks[entry[0]], .d = group[0], .rows = group[1]};
    found.pairs = group[2];
    found.layers = table->layers + found.network->first_layer;
    found.x = table->inputs + group[3];
    found.pair = table->pairs + group[4];
    for (int type = 0; type < 2; type++) {
        found.pair_values[type] = table->values + entry[2] + type * (found.pairs + found.rows);
        found.row_values[type] = found.pair_values[type] + found.pairs;
    }
    return found;
}

/* ---- the library's kernel of a case ---- */

static inline ntk_status reference_set_layer(ntk_context *context, ntk_mlp *mlp, const reference_case *the_case,
                                             const reference_layer *layer, int64_t number) {
    const bool hidden = number < the_case->network->depth;
    ntk_activation *activation = NULL;
    ntk_status status = ntk_mlp_set_layer_weight_std(mlp, number, layer->weight_std);
    if (status == NTK_SUCCESS)
        status = ntk_mlp_set_layer_bias_std(mlp, number, layer->bias_std);
    if (status == NTK_SUCCESS && !(layer->weight_rate == 1 && layer->bias_rate == 1))
        status = ntk_mlp_set_learning_rates(mlp, number, layer->weight_rate, layer->bias_rate);
    if (status == NTK_SUCCESS && layer->skip > 0)
        status = ntk_mlp_set_skip(mlp, number, layer->skip);
    if (status == NTK_SUCCESS && hidden)
        status = ntk_activation_create(context, layer->kind, the_case->table->parameters + layer->first_parameter,
                                       layer->parameters, &activation);
    if (status == NTK_SUCCESS && hidden)
        status = ntk_mlp_set_activation(mlp, number, activation);
    if (status == NTK_SUCCESS && hidden && layer->epsilon >= 0)
        status = ntk_mlp_set_layer_normalisation(mlp, number, 1, layer->epsilon);
    if (status == NTK_SUCCESS && hidden && layer->dropout > 0)
        status = ntk_mlp_set_dropout(mlp, number, layer->dropout);
    ntk_activation_destroy(activation);
    return status;
}

static inline ntk_status reference_kernel(ntk_context *context, const reference_case *the_case, int32_t type,
                                          ntk_kernel **kernel) {
    const reference_network *const network = the_case->network;
    int64_t widths[REFERENCE_MOST_DEPTH + 1] = {the_case->d};
    int number = 0;
    for (int row = 0; row < network->layer_rows; row++)
        for (int i = 0; i < the_case->layers[row].repeat; i++)
            widths[++number] = the_case->layers[row].width;
    ntk_mlp *mlp = NULL;
    ntk_status status = ntk_mlp_create(context, network->depth, widths, NTK_ACTIVATION_IDENTITY, &mlp);
    if (status == NTK_SUCCESS && network->standard)
        status = ntk_mlp_set_parameterisation(mlp, NTK_PARAMETERISATION_STANDARD);
    number = 0;
    for (int row = 0; row < network->layer_rows; row++)
        for (int i = 0; i < the_case->layers[row].repeat && status == NTK_SUCCESS; i++)
            status = reference_set_layer(context, mlp, the_case, &the_case->layers[row], ++number);
    if (status == NTK_SUCCESS)
        status = ntk_kernel_create_analytic(context, mlp, type, kernel);
    ntk_mlp_destroy(mlp);
    return status;
}

/* ---- the comparison ---- */

/* One value: of the pair (i, j), or with i = j of a row with itself. */
typedef struct {
    int type, i, j, relation;
    double got, expected;
    double scale; /* sqrt(K(x,x) K(x',x')) */
    double bound; /* the kernel's error bound after the call that gave the value */
} reference_entry;

typedef void (*reference_visitor)(void *user, const reference_case *the_case, const reference_entry *entry);

static inline ntk_status reference_compare_rows(const reference_case *the_case, ntk_kernel *kernel, int type,
                                                reference_visitor visit, void *user) {
    double diagonal[REFERENCE_MOST_ROWS], bound = 0;
    ntk_status status = ntk_kernel_diagonal(kernel, the_case->rows, the_case->x, the_case->d, diagonal);
    if (status == NTK_SUCCESS)
        status = ntk_kernel_get_error_bound(kernel, &bound);
    for (int i = 0; i < the_case->rows && status == NTK_SUCCESS; i++) {
        bool zero = true;
        for (int p = 0; p < the_case->d; p++)
            zero = zero && the_case->x[i * the_case->d + p] == 0;
        const double expected = the_case->row_values[type][i];
        const int relation = zero                                    ? REFERENCE_ZERO
                             : the_case->pair[2] == REFERENCE_SCALED ? REFERENCE_SCALED
                                                                     : REFERENCE_EQUAL;
        visit(user, the_case, &(reference_entry){type, i, i, relation, diagonal[i], expected, expected, bound});
    }
    return status;
}

/* Rows so long that a series in Hermite polynomials has no end in sight: the library must say so. */
static inline bool reference_is_beyond_series(const reference_case *the_case) {
    bool beyond = false;
    for (int i = 0; i < the_case->rows * the_case->d; i++)
        beyond = beyond || fabs(the_case->x[i]) > 0x1p100;
    return beyond;
}

/* Visits every value of a case: the rows as one Gram matrix (that runs through tiles), each pair once more as a cross
 * matrix, and the diagonal. A tolerance of 0 leaves the default. */
static inline ntk_status reference_compare(ntk_context *context, const reference_case *the_case, int type,
                                           double tolerance, reference_visitor visit, void *user) {
    const int n = the_case->rows, d = the_case->d;
    double gram[REFERENCE_MOST_ROWS * REFERENCE_MOST_ROWS], gram_bound = 0;
    ntk_kernel *kernel = NULL;
    ntk_status status = reference_kernel(context, the_case, type, &kernel);
    if (status == NTK_SUCCESS && tolerance > 0)
        status = ntk_kernel_set_tolerance(kernel, tolerance);
    if (status == NTK_SUCCESS)
        status = reference_compare_rows(the_case, kernel, type, visit, user);
    if (status == NTK_SUCCESS)
        status = ntk_kernel_gram(kernel, n, the_case->x, d, gram, n);
    if (status == NTK_SUCCESS)
        status = ntk_kernel_get_error_bound(kernel, &gram_bound);
    for (int p = 0; p < the_case->pairs && status == NTK_SUCCESS; p++) {
        const int i = the_case->pair[3 * p], j = the_case->pair[3 * p + 1];
        const double *const rows = the_case->row_values[type];
        reference_entry entry = {type,
                                 i,
                                 j,
                                 the_case->pair[3 * p + 2],
                                 gram[i * n + j],
                                 the_case->pair_values[type][p],
                                 sqrt(rows[i]) * sqrt(rows[j]),
                                 gram_bound};
        visit(user, the_case, &entry);
        status = ntk_kernel_cross(kernel, 1, the_case->x + i * d, d, 1, the_case->x + j * d, d, &entry.got, 1);
        if (status == NTK_SUCCESS)
            status = ntk_kernel_get_error_bound(kernel, &entry.bound);
        if (status == NTK_SUCCESS)
            visit(user, the_case, &entry);
    }
    ntk_kernel_destroy(kernel);
    return status == NTK_ERR_ACCURACY && reference_is_beyond_series(the_case) ? NTK_SUCCESS : status;
}

#endif
