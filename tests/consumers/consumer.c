/* A program that knows only the installed library: spec, kernel, flow, process, with values that can be checked by hand.
 * It is compiled as C and, unchanged, as C++. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <ntk/ntk.h>

static int failures;

static void expect(int condition, const char *what) {
    if (!condition) {
        fprintf(stderr, "consumer: %s\n", what);
        failures++;
    }
}

int main(void) {
    const int64_t widths[3] = {2, 8, 1};
    const double x[4] = {1, 0, 0, 1}, y[2] = {1, -1};
    const double pi = 3.14159265358979323846;
    double gram[4] = {0, 0, 0, 0}, f[2] = {0, 0}, mean[2] = {0, 0};
    ntk_context *context = NULL;
    ntk_mlp *mlp = NULL;
    ntk_kernel *kernel = NULL;
    ntk_flow *flow = NULL;
    ntk_gp *gp = NULL;

    expect(strcmp(ntk_version(), NTK_VERSION_STRING) == 0, "header and library are of different versions");
    expect(ntk_context_create(&context) == NTK_SUCCESS, "no context");
    expect(ntk_mlp_create(context, 2, widths, NTK_ACTIVATION_RELU, &mlp) == NTK_SUCCESS, "no network");
    expect(ntk_mlp_set_weight_std(mlp, sqrt(2.0)) == NTK_SUCCESS, "no standard deviation");
    expect(ntk_kernel_create_analytic(context, mlp, NTK_KERNEL_NTK, &kernel) == NTK_SUCCESS, "no kernel");
    expect(ntk_kernel_gram(kernel, 2, x, 2, gram, 2) == NTK_SUCCESS, ntk_context_last_error(context));

    /* Orthogonal unit inputs, s_w^2 = 2, N_0 = 2: S^1 is the unit matrix, so that the NTK is 2 on the diagonal and
     * S^2 = 2 / (2 pi) beside it. 1e-15: a few roundings. */
    expect(fabs(gram[0] - 2) < 1e-15 && gram[3] == gram[0], "wrong diagonal of the Gram matrix");
    expect(fabs(gram[1] - 1 / pi) < 1e-15 && gram[2] == gram[1], "wrong Gram matrix beside the diagonal");

    /* y is an eigenvector with the eigenvalue e = 2 - 1/pi: f_t = (1 - exp(-t e/2)) y and mean = e/(e + 1) y. */
    expect(ntk_flow_create(context, 2, 1, gram, 2, y, 1, NTK_LOSS_SQUARED, &flow) == NTK_SUCCESS, "no flow");
    expect(ntk_flow_train(flow, 1.0, f, 1) == NTK_SUCCESS, ntk_context_last_error(context));
    expect(fabs(f[0] - (1 - exp((1 / pi - 2) / 2))) < 1e-14 && fabs(f[0] + f[1]) < 1e-14, "wrong flow at time 1");
    expect(ntk_flow_train(flow, INFINITY, f, 1) == NTK_SUCCESS, ntk_context_last_error(context));
    expect(fabs(f[0] - 1) < 1e-14 && fabs(f[1] + 1) < 1e-14, "wrong flow at infinity");
    expect(ntk_gp_create(context, 2, 1, gram, 2, y, 1, 1.0, &gp) == NTK_SUCCESS, "no process");
    expect(ntk_gp_predict(gp, 2, gram, 2, NULL, mean, 1, NULL) == NTK_SUCCESS, ntk_context_last_error(context));
    expect(fabs(mean[0] - (2 - 1 / pi) / (3 - 1 / pi)) < 1e-14, "wrong mean of the process");

    expect(ntk_kernel_gram(kernel, 0, x, 2, gram, 2) == NTK_ERR_SIZE, "n = 0 is accepted");
    expect(ntk_context_last_error(context)[0] != '\0', "an error without a sentence");

    ntk_gp_destroy(gp);
    ntk_flow_destroy(flow);
    ntk_kernel_destroy(kernel);
    ntk_mlp_destroy(mlp);
    ntk_context_destroy(context);
    if (failures == 0)
        puts("consumer: ok");
    return failures == 0 ? 0 : 1;
}
