/* An activation of our own, arctan, in an infinitely wide network: kernels to a tolerance with a certified bound, and all
 * layers in one pass. Then arctan cut off at 0: its series beside the kink ends nowhere near, and what cannot be had is said. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include <ntk/ntk.h>

enum { DEPTH = 5, POINTS = 4, DIMENSION = 2 };
static const int64_t widths[DEPTH + 1] = {DIMENSION, 1, 1, 1, 1, 1}; /* only the first one matters */
static const double points[POINTS * DIMENSION] = {1, 0, 0.8, 0.6, 0, 2, -1, 0.5};
static ntk_context *context;

static void check(ntk_status status) {
    if (status == NTK_SUCCESS)
        return;
    fprintf(stderr, "activations: %s\n", ntk_context_last_error(context));
    exit(EXIT_FAILURE);
}

static int32_t arctan(void *user, int64_t n, const double *x, double *y) {
    (void)user;
    for (int64_t i = 0; i < n; i++)
        y[i] = atan(x[i]);
    return 0;
}

static int32_t arctan_derivative(void *user, int64_t n, const double *x, double *y) {
    (void)user;
    for (int64_t i = 0; i < n; i++)
        y[i] = 1 / (1 + x[i] * x[i]);
    return 0;
}

static int32_t cut_arctan(void *user, int64_t n, const double *x, double *y) {
    (void)user;
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] > 0 ? atan(x[i]) : 0;
    return 0;
}

static int32_t cut_arctan_derivative(void *user, int64_t n, const double *x, double *y) {
    (void)user;
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] > 0 ? 1 / (1 + x[i] * x[i]) : 0;
    return 0;
}

/* The NTK of the network with this activation in every hidden layer. Takes the activation. */
static ntk_kernel *make_kernel(ntk_activation *activation, int32_t rule) {
    ntk_mlp *mlp;
    ntk_kernel *kernel;
    check(ntk_mlp_create(context, DEPTH, widths, NTK_ACTIVATION_IDENTITY, &mlp));
    check(ntk_mlp_set_activation(mlp, 0, activation));
    check(ntk_mlp_set_bias_std(mlp, 0.1));
    check(ntk_mlp_set_initialisation(mlp, rule));
    check(ntk_kernel_create_analytic(context, mlp, NTK_KERNEL_NTK, &kernel));
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
    return kernel;
}

/* A Gram matrix to several tolerances. Without enough terms there is a sentence in place of a result. */
static void print_tolerances(ntk_kernel *kernel, const char *name, int count, const double *tolerances) {
    printf("# %s\n# tolerance  K(x_1,x_2)           error bound\n", name);
    for (int i = 0; i < count; i++) {
        double k[POINTS * POINTS], bound;
        check(ntk_kernel_set_tolerance(kernel, tolerances[i]));
        const ntk_status status = ntk_kernel_gram(kernel, POINTS, points, DIMENSION, k, POINTS);
        if (status == NTK_ERR_ACCURACY) {
            printf("%11.0e  %s\n", tolerances[i], ntk_context_last_error(context));
            continue;
        }
        check(status);
        check(ntk_kernel_get_error_bound(kernel, &bound)); /* times sqrt(K(x,x) K(x',x')) */
        printf("%11.0e  %.16f  %.1e\n", tolerances[i], k[1], bound);
    }
}

/* NNGP and NTK of every layer from one pass over the pairs. */
static void print_layers(ntk_kernel *kernel) {
    static double nngp[DEPTH][POINTS * POINTS], ntk[DEPTH][POINTS * POINTS];
    ntk_layer_values values[DEPTH];
    for (int l = 0; l < DEPTH; l++)
        values[l] = (ntk_layer_values){sizeof values[l], l + 1, nngp[l], ntk[l]};
    check(ntk_kernel_gram_layers(kernel, POINTS, points, DIMENSION, DEPTH, values, POINTS));
    printf("# layer  cosine of x_1 and x_3  NNGP(x_1,x_1)  NTK(x_1,x_1)\n");
    for (int l = 0; l < DEPTH; l++)
        printf("%7d  %21.6f  %13.6f  %12.6f\n", l + 1, nngp[l][2] / sqrt(nngp[l][0] * nngp[l][2 * POINTS + 2]),
               nngp[l][0], ntk[l][0]);
}

int main(void) {
    const double kink = 0, fine[] = {1e-2, 1e-4, 1e-8, 1e-12}, coarse[] = {1e-1, 1e-2};
    ntk_activation *smooth, *cut;
    check(ntk_context_create(&context));
    check(ntk_activation_create_function(context, arctan, arctan_derivative, NULL, &smooth));
    check(ntk_activation_set_parity(smooth, NTK_PARITY_ODD)); /* half of the terms */
    ntk_kernel *kernel = make_kernel(smooth, NTK_INITIALISATION_CRITICAL);
    print_tolerances(kernel, "arctan, critical initialisation", 4, fine);
    print_layers(kernel);
    ntk_kernel_destroy(kernel);
    check(ntk_activation_create_function(context, cut_arctan, cut_arctan_derivative, NULL, &cut));
    check(ntk_activation_set_kinks(cut, 1, &kink));
    kernel = make_kernel(cut, NTK_INITIALISATION_HE);
    print_tolerances(kernel, "max(arctan, 0), He initialisation", 2, coarse);
    ntk_kernel_destroy(kernel);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
