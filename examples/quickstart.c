/* An infinitely wide ReLU network learns four points of the plane; what it says of a fifth while it trains. */
#include <math.h>
#include <ntk/ntk.h>
#include <stdio.h>
#include <stdlib.h>

static ntk_context *context;

static void check(ntk_status status) {
    if (status == NTK_SUCCESS)
        return;
    fprintf(stderr, "%s\n", ntk_context_last_error(context));
    exit(EXIT_FAILURE);
}

int main(void) {
    const int64_t widths[] = {2, 512, 512, 1}; /* an infinitely wide network looks at the first of them only */
    const double x[] = {1, 0, 0, 1, -1, 0, 0, -1}, y[] = {1, -1, 1, -1}, z[] = {0.8, 0.3};
    const double times[] = {1, 10, 100, INFINITY};
    ntk_mlp *mlp;
    ntk_kernel *kernel;
    ntk_flow *flow;
    check(ntk_context_create(&context));
    check(ntk_mlp_create(context, 3, widths, NTK_ACTIVATION_RELU, &mlp));
    check(ntk_mlp_set_weight_std(mlp, sqrt(2.0)));
    check(ntk_kernel_create_analytic(context, mlp, NTK_KERNEL_NTK, &kernel));
    check(ntk_flow_create_from_kernel(kernel, 4, x, 2, 1, y, 1, NTK_LOSS_SQUARED, &flow));
    for (int i = 0; i < 4; i++) {
        double f;
        check(ntk_flow_predict_at(flow, times[i], 1, z, 2, NULL, 0, &f, 1));
        printf("t = %-4g f(z) = %.6f\n", times[i], f);
    }
    ntk_flow_destroy(flow);
    ntk_kernel_destroy(kernel);
    ntk_mlp_destroy(mlp);
    ntk_context_destroy(context);
    return EXIT_SUCCESS;
}
