/* Networks of two layers against numerical integration: S^2 = sw^2 E[phi(u) phi(v)] + sb^2 and
 * T^2 = S^1 sw^2 E[phi'(u) phi'(v)] + S^2, with expectations integrated from the density and nothing else. */
#include "tests/suite.h"

typedef struct {
    int32_t kind;
    double slope;
} activation_spec;

static double value_of(const activation_spec *phi, double x) {
    return phi->kind == NTK_ACTIVATION_ERF ? erf(x) : x > 0 ? x : phi->slope * x;
}

static double derivative_of(const activation_spec *phi, double x) {
    if (phi->kind == NTK_ACTIVATION_ERF)
        return 1.1283791670955126 * exp(-x * x);
    return x > 0 ? 1 : phi->slope;
}

/* Smooth phi: the trapezoid rule in the plane, u = sqrt(q) a, v = sqrt(r) (rho a + sqrt(1 - rho^2) b). A step h costs
 * exp(-(2 pi / h)^2 / (2 (1 + 4 q))) and the end at |a| = 9 costs exp(-40): far below eps for h = 1/12 and q <= 10. */
static double plane_integral(const activation_spec *phi, double (*f)(const activation_spec *, double), double q,
                             double r, double k) {
    enum { REACH = 108 };
    const double step = 1.0 / 12, rho = k / sqrt(q * r), rest = sqrt(1 - rho * rho);
    double weight[2 * REACH + 1], sum = 0;
    for (int i = -REACH; i <= REACH; i++)
        weight[i + REACH] = step * 0.3989422804014327 * exp(-0.5 * step * step * i * i); /* 1 / sqrt(2 pi) */
    for (int i = -REACH; i <= REACH; i++) {
        double inner = 0;
        for (int j = -REACH; j <= REACH; j++)
            inner += weight[j + REACH] * f(phi, sqrt(r) * step * (rho * i + rest * j));
        sum += weight[i + REACH] * f(phi, sqrt(q) * step * i) * inner;
    }
    return sum;
}

/* phi linear on both sides of 0: in polar coordinates f(u) f(v) = radius^(2 degree) f(cos t) f(cos(t - theta)), whose
 * angular integral is smooth between four kinks (Gauss-Legendre, 10 points on 8 parts a piece); E[radius^2] = 2. */
static double polar_integral(const activation_spec *phi, double (*f)(const activation_spec *, double), double q,
                             double r, double k, int degree) {
    const double node[] = {0.1488743389816312, 0.4333953941292472, 0.6794095682990244, 0.8650633666889845,
                           0.9739065285171717};
    const double weight[] = {0.2955242247147529, 0.2692667193099963, 0.2190863625159820, 0.1494513491505806,
                             0.0666713443086881};
    const double pi = 3.141592653589793, theta = acos(k / sqrt(q * r));
    const double kinks[] = {-pi / 2, theta - pi / 2, pi / 2, theta + pi / 2, 3 * pi / 2};
    double sum = 0;
    for (int piece = 0; piece < 4; piece++)
        for (int part = 0; part < 8; part++) {
            const double half = (kinks[piece + 1] - kinks[piece]) / 16, middle = kinks[piece] + (2 * part + 1) * half;
            for (int i = 0; i < 10; i++) {
                const double t = middle + (i < 5 ? half : -half) * node[i % 5];
                sum += half * weight[i % 5] * f(phi, cos(t)) * f(phi, cos(t - theta));
            }
        }
    return degree == 1 ? sqrt(q * r) * 2 * sum / (2 * pi) : sum / (2 * pi);
}

static void check_pair(const activation_spec *phi, double sw, double sb, const double *x, const double *z, int d) {
    const int64_t widths[] = {d, 1, 1};
    double q = 0, r = 0, k = 0, nngp = 0, ntk = 0;
    for (int i = 0; i < d; i++) {
        q += sw * sw * x[i] * x[i] / d;
        r += sw * sw * z[i] * z[i] / d;
        k += sw * sw * x[i] * z[i] / d;
    }
    q += sb * sb, r += sb * sb, k += sb * sb;
    const bool smooth = phi->kind == NTK_ACTIVATION_ERF;
    const double product = smooth ? plane_integral(phi, value_of, q, r, k) : polar_integral(phi, value_of, q, r, k, 1);
    const double slopes =
        smooth ? plane_integral(phi, derivative_of, q, r, k) : polar_integral(phi, derivative_of, q, r, k, 0);
    const double s2 = sw * sw * product + sb * sb, t2 = k * sw * sw * slopes + s2;

    ntk_mlp *mlp = NULL;
    ntk_activation *activation = NULL;
    ASSERT_OK(ntk_activation_create(NULL, phi->kind, &phi->slope, phi->kind == NTK_ACTIVATION_LEAKY_RELU, &activation));
    ASSERT_OK(ntk_mlp_create(NULL, 2, widths, NTK_ACTIVATION_IDENTITY, &mlp));
    ASSERT_OK(ntk_mlp_set_activation(mlp, 1, activation));
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, sw));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, sb));
    for (int32_t type = NTK_KERNEL_NTK; type <= NTK_KERNEL_NNGP; type++) {
        ntk_kernel *kernel = NULL;
        ASSERT_OK(ntk_kernel_create_analytic(NULL, mlp, type, &kernel));
        ASSERT_OK(ntk_kernel_cross(kernel, 1, x, d, 1, z, d, type == NTK_KERNEL_NTK ? &ntk : &nngp, 1));
        ntk_kernel_destroy(kernel);
    }
    ntk_activation_destroy(activation);
    ntk_mlp_destroy(mlp);
    /* The integrals are sums of up to 5e4 terms of mixed sign, each below sqrt(qr) (1 + slope^2): 100 eps of that. */
    const double size = sw * sw * (1 + phi->slope * phi->slope) * (sqrt(q * r) + 1) + sb * sb;
    ASSERT_CLOSE(nngp, s2, 100 * DBL_EPSILON * size);
    ASSERT_CLOSE(ntk, t2, 100 * DBL_EPSILON * 2 * size);
}

static void check_activation(int32_t kind, double slope) {
    const activation_spec phi = {kind, slope};
    uint64_t state = 21;
    for (int trial = 0; trial < suite_size(12, 2); trial++) {
        double x[6], z[6];
        const int d = 2 + trial % 5;
        suite_fill(&state, d, x);
        suite_fill(&state, d, z);
        check_pair(&phi, 1, 0, x, z, d);
        check_pair(&phi, 1.4, 0.3, x, z, d);
        check_pair(&phi, 0.7, 0.1, x, z, d);
    }
}

START_TEST(relu) { check_activation(NTK_ACTIVATION_RELU, 0); }
END_TEST

START_TEST(leaky_relu) {
    const double slopes[] = {0.01, 0.3, 0, 1, -0.5, -1};
    for (int i = 0; i < 6; i++)
        check_activation(NTK_ACTIVATION_LEAKY_RELU, slopes[i]);
}
END_TEST

START_TEST(identity) { check_activation(NTK_ACTIVATION_IDENTITY, 1); }
END_TEST

START_TEST(error_function) { check_activation(NTK_ACTIVATION_ERF, 0); }
END_TEST

SUITE("kernel quadrature", relu, leaky_relu, identity, error_function)
