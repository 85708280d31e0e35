// The C++ wrapper as it is installed: every way to make a flow and a process, what they answer, what they refuse; and
// then the C program as C++.
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include <ntk/ntk.hpp>

static int wrapper_failures = 0;

static void want(bool condition, const char *what) {
    if (!condition) {
        std::fprintf(stderr, "consumer.cpp: %s\n", what);
        wrapper_failures++;
    }
}

template <typename Call> static bool refuses(ntk_status status, Call call) {
    try {
        call();
    } catch (const ntk::error &error) {
        return error.status() == status && *error.what() != '\0';
    }
    return false;
}

static std::int32_t soft(void *user, std::int64_t n, const double *x, double *y) {
    ++*static_cast<int *>(user);
    for (std::int64_t i = 0; i < n; i++)
        y[i] = std::tanh(x[i]);
    return 0;
}

/* The duals of the identity. */
static std::int32_t same(void *, std::int64_t n, const double *, const double *, const double *k, double *value,
                         double *slope) {
    for (std::int64_t i = 0; i < n; i++) {
        value[i] = k[i];
        slope[i] = 1;
    }
    return 0;
}

static double distance(const std::vector<double> &a, const std::vector<double> &b) {
    double largest = a.size() == b.size() ? 0 : 1e300;
    for (std::size_t i = 0; i < a.size() && i < b.size(); i++)
        largest = std::fmax(largest, std::fabs(a[i] - b[i]));
    return largest;
}

static void check_options() {
    ntk::context context;
    ntk::mlp mlp(context, {2, 5, 5, 5, 1}, NTK_ACTIVATION_TANH);
    mlp.set_parameterisation(NTK_PARAMETERISATION_STANDARD);
    mlp.set_learning_rates(2, 0.5, 0);
    mlp.set_layer_normalisation(1, true, 1e-5);
    mlp.set_skip(3, 2);
    mlp.set_dropout(0, 0.25);
    want(mlp.parameterisation() == NTK_PARAMETERISATION_STANDARD && mlp.skip(3) == 2 && mlp.skip(2) == 0, "options");
    want(mlp.layer_learning_rates(2).weight == 0.5 && mlp.layer_learning_rates(2).bias == 0 &&
             mlp.layer_learning_rates(1).bias == 1,
         "learning rates");
    want(mlp.layer_normalisation(1).on && mlp.layer_normalisation(1).epsilon == 1e-5 && !mlp.layer_normalisation(2).on,
         "layer normalisation");
    want(mlp.dropout(1) == 0.25 && mlp.dropout(3) == 0.25, "dropout");
    mlp.set_initialisation(NTK_INITIALISATION_CRITICAL);
    want(mlp.layer_weight_std(2) == 1, "tanh without biases is critical at 1");
    want(refuses(NTK_ERR_SIZE, [&] { mlp.set_skip(3, 3); }), "a skip from the inputs");
    want(refuses(NTK_ERR_ENUM, [&] { mlp.set_initialisation(7); }), "an unknown rule");
}

static void check_forms() {
    ntk::context context;
    int calls = 0;
    ntk::mlp mlp(context, {2, 5, 5, 1}, NTK_ACTIVATION_TANH);
    ntk::kernel tanh = ntk::kernel::analytic(mlp, NTK_KERNEL_NTK);
    tanh.set_tolerance(1e-12);
    tanh.set_most_terms(4096);
    const std::vector<double> x = {1, 0, 0.5, 1, -1, 0.25}, z = {0.8, 0.3}, k = tanh.gram(x);
    want(tanh.error_bound() > 0 && tanh.error_bound() < 1e-9, "error bound");
    ntk::activation by_function = ntk::activation::from_function(context, soft, nullptr, &calls);
    by_function.set_kinks({2, -2});
    by_function.set_parity(NTK_PARITY_ODD);
    mlp.set_activation(0, by_function);
    want(distance(ntk::kernel::analytic(mlp, NTK_KERNEL_NTK).gram(x), k) < 1e-8 && calls > 0, "phi of the caller");
    mlp.set_activation(0, ntk::activation::from_dual(context, same));
    ntk::mlp plain(context, {2, 5, 5, 1}, NTK_ACTIVATION_IDENTITY);
    ntk::kernel linear = ntk::kernel::analytic(plain, NTK_KERNEL_NTK);
    want(distance(ntk::kernel::analytic(mlp, NTK_KERNEL_NTK).gram(x), linear.gram(x)) < 1e-14, "duals of the caller");

    const std::vector<double> full = linear.gram(x), packed = linear.gram_packed(x);
    want(packed.size() == 6 && linear.gram_packed({1, 0, 0, 1}).size() == 3 && packed[0] == full[0], "packed");
    const std::vector<ntk::kernel::layer_values> layers = linear.gram_layers(x, {3, 1});
    want(distance(layers[0].ntk, full) < 1e-14 &&
             distance(linear.cross_layers(z, x, {3})[0].ntk, linear.cross(z, x)) < 1e-14,
         "layers");
    const std::vector<double> diagonal = linear.diagonal_layers(x, {1})[0].nngp;
    want(diagonal.size() == 3 && diagonal[1] == layers[1].nngp[4] && diagonal[0] == 0.5, "layers of the diagonal");

    const std::vector<float> xf(x.begin(), x.end()), zf(z.begin(), z.end()), a = {1, 2, 3};
    const std::vector<float> gram = linear.gram_f32(xf), cross = linear.cross_f32(zf, xf);
    want(distance(std::vector<double>(gram.begin(), gram.end()), full) < 1e-5, "single precision");
    want(cross.size() == 3 &&
             std::fabs(linear.apply_f32(zf, xf, a)[0] - (cross[0] + 2 * cross[1] + 3 * cross[2])) < 1e-5f,
         "single precision, applied");
    want(std::fabs(linear.diagonal_f32(xf)[1] - full[4]) < 1e-5, "single precision, diagonal");

    /* K(x, z) = 3 sw_1^2 sw_2^2 sw_3^2 <x, z> / 2 */
    const std::vector<double> dk = linear.gram_derivative(NTK_STD_WEIGHT, 2, x), xz = linear.cross(z, x);
    const std::vector<double> gradient = linear.cross_gradient(z, x), sum = linear.apply_gradient(z, x, {1, 2, 3});
    want(gradient.size() == 6 && std::fabs(gradient[0] * z[0] + gradient[1] * z[1] - xz[0]) < 1e-14, "gradient");
    want(sum.size() == 2 && std::fabs(sum[0] - (gradient[0] + 2 * gradient[2] + 3 * gradient[4])) < 1e-14,
         "gradient of a predictor");
    want(std::fabs(dk[4] - 2 * full[4]) < 1e-14 && linear.diagonal_derivative(NTK_STD_WEIGHT, 2, x)[1] == dk[4] &&
             std::fabs(linear.cross_derivative(NTK_STD_WEIGHT, 2, z, x)[0] - 2 * xz[0]) < 1e-14 &&
             linear.diagonal_derivative(NTK_STD_BIAS, 1, x)[0] == 0,
         "derivatives");
    want(refuses(NTK_ERR_NULL, [&] { ntk::activation::from_function(context, nullptr); }), "no function");
    want(refuses(NTK_ERR_DOMAIN, [&] { tanh.set_tolerance(2); }), "tolerance");
}

static int check_wrapper() {
    check_options();
    check_forms();
    ntk::context context;
    ntk::mlp mlp(context, {2, 5, 1}, NTK_ACTIVATION_RELU);
    mlp.set_bias_std(0.1);
    ntk::kernel kernel = ntk::kernel::analytic(mlp, NTK_KERNEL_NTK);
    const std::vector<double> x = {1, 0, 0, 1, -1, 0, 0, -1}, y = {1, -1, 1, -1, 2, 3, 4, 5}, z = {0.8, 0.3};
    ntk::flow deduced(kernel, x, y), stated(kernel, x, 2, y), from_gram(context, 4, kernel.gram(x), 2, y);
    want(deduced.outputs() == 2 && stated.outputs() == 2 && from_gram.samples() == 4, "sizes of the flows");
    const std::vector<double> at_z = deduced.predict_at(ntk::infinity, z);
    want(at_z == stated.predict_at(ntk::infinity, z), "two ways to say the same flow");
    want(std::fabs(from_gram.predict(ntk::infinity, kernel.cross(z, x))[1] - at_z[1]) < 1e-12, "flow from a Gram");
    ntk::gp process(kernel, x, 2, y, 0.1), from_matrix(context, 4, kernel.gram(x), 2, y, 0.1);
    want(std::fabs(process.log_evidence() - from_matrix.log_evidence()) < 1e-12, "process from a Gram");
    want(refuses(NTK_ERR_DOMAIN, [&] { deduced.predict_at(-1, z); }), "negative time");
    want(refuses(NTK_ERR_DOMAIN, [&] { ntk::gp(kernel, x, 2, y, -1); }), "negative noise");
    want(refuses(NTK_ERR_SHAPE, [&] { ntk::flow(kernel, x, 1, y); }), "targets of another size");
    return wrapper_failures == 0 ? 0 : 1;
}

#define main consumer_main
#include "consumer.c"
#undef main

int main() { return check_wrapper() == 0 ? consumer_main() : 1; }
