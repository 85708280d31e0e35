/* The scenarios of analytic kernels and their derivatives, and what others share with them: `floats` and ROWS. Included
 * by test_oom.c after `world`. */

static ntk_status kernel_create_analytic(world *w) {
    return ntk_kernel_create_analytic(w->context, w->mlp, NTK_KERNEL_NNGP, MADE(ntk_kernel));
}

static ntk_status kernel_gram(world *w) { return ntk_kernel_gram(w->kernel, N, w->x, D, w->out, N); }

static ntk_status kernel_cross(world *w) { return ntk_kernel_cross(w->kernel, M, w->z, D, N, w->x, D, w->out, N); }

static ntk_status kernel_diagonal(world *w) { return ntk_kernel_diagonal(w->kernel, N, w->x, D, w->out); }

static ntk_status kernel_apply(world *w) {
    return ntk_kernel_apply(w->kernel, M, w->z, D, N, w->x, D, C, w->y, C, w->out, C);
}

/* S^2 and T^2; the Gram matrix has to fit three times, so of fewer rows. */
enum { ROWS = 20 };

static ntk_status kernel_gram_layers(world *w) {
    const ntk_layer_values values[] = {{sizeof(ntk_layer_values), 3, w->out, w->out + ROWS * ROWS},
                                       {sizeof(ntk_layer_values), 1, w->out + 2 * ROWS * ROWS, NULL}};
    return ntk_kernel_gram_layers(w->kernel, ROWS, w->x, D, 2, values, ROWS);
}

static ntk_status kernel_cross_layers(world *w) {
    const ntk_layer_values values = {sizeof(ntk_layer_values), 2, NULL, w->out};
    return ntk_kernel_cross_layers(w->kernel, M, w->z, D, N, w->x, D, 1, &values, N);
}

static ntk_status kernel_diagonal_layers(world *w) {
    const ntk_layer_values values = {sizeof(ntk_layer_values), 2, w->out, NULL};
    return ntk_kernel_diagonal_layers(w->kernel, N, w->x, D, 1, &values);
}

static ntk_status kernel_gram_packed(world *w) { return ntk_kernel_gram_packed(w->kernel, N, w->x, D, w->out); }

/* With a series and with the caller's duals. */
static ntk_status kernel_gram_series(world *w) { return ntk_kernel_gram(w->series, N, w->x, D, w->out, N); }

static ntk_status kernel_cross_dual(world *w) {
    return ntk_kernel_cross(w->by_duals, M, w->z, D, N, w->x, D, w->out, N);
}

/* Floats on the way in and out. A result goes to w->out only when there is one. */
typedef struct {
    float x[N * D], z[M * D], y[N * C], out[OUT];
} floats;

static void to_floats(int n, const double *from, float *to) {
    for (int i = 0; i < n; i++)
        to[i] = (float)from[i];
}

static void floats_of(const world *w, floats *f) {
    to_floats(N * D, w->x, f->x);
    to_floats(M * D, w->z, f->z);
    to_floats(N * C, w->y, f->y);
}

static ntk_status keep(world *w, ntk_status status, int n, const floats *f) {
    for (int i = 0; status == NTK_SUCCESS && i < n; i++)
        w->out[i] = f->out[i];
    return status;
}

static ntk_status kernel_gram_f32(world *w) {
    static floats f;
    floats_of(w, &f);
    return keep(w, ntk_kernel_gram_f32(w->kernel, N, f.x, D, f.out, N), N * N, &f);
}

static ntk_status kernel_cross_f32(world *w) {
    static floats f;
    floats_of(w, &f);
    return keep(w, ntk_kernel_cross_f32(w->kernel, M, f.z, D, N, f.x, D, f.out, N), M * N, &f);
}

static ntk_status kernel_diagonal_f32(world *w) {
    static floats f;
    floats_of(w, &f);
    return keep(w, ntk_kernel_diagonal_f32(w->kernel, N, f.x, D, f.out), N, &f);
}

static ntk_status kernel_apply_f32(world *w) {
    static floats f;
    floats_of(w, &f);
    return keep(w, ntk_kernel_apply_f32(w->kernel, M, f.z, D, N, f.x, D, C, f.y, C, f.out, C), M * C, &f);
}

/* These fill their outputs with NaN when they fail half-way, as derivative.h says; so by way of a block of its own. */
static double scratch[OUT];

static ntk_status copy_scratch(world *w, ntk_status status, int n) {
    if (status == NTK_SUCCESS)
        memcpy(w->out, scratch, sizeof(double) * (size_t)n);
    return status;
}

static ntk_status kernel_cross_gradient(world *w) {
    return copy_scratch(w, ntk_kernel_cross_gradient(w->kernel, 10, w->x, D, M, w->z, D, scratch), 10 * M * D);
}

static ntk_status kernel_apply_gradient(world *w) {
    return copy_scratch(w, ntk_kernel_apply_gradient(w->kernel, M, w->z, D, N, w->x, D, C, w->y, C, scratch),
                        M * C * D);
}

static ntk_status kernel_gram_derivative(world *w) {
    return copy_scratch(w, ntk_kernel_gram_derivative(w->kernel, NTK_STD_WEIGHT, 2, N, w->x, D, scratch, N), N * N);
}

static ntk_status kernel_cross_derivative(world *w) {
    return copy_scratch(
        w, ntk_kernel_cross_derivative(w->kernel, NTK_STD_WEIGHT, 1, M, w->z, D, N, w->x, D, scratch, N), M * N);
}

static ntk_status kernel_diagonal_derivative(world *w) {
    return copy_scratch(w, ntk_kernel_diagonal_derivative(w->kernel, NTK_STD_WEIGHT, 3, N, w->x, D, scratch), N);
}
