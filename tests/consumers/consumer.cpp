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

/* (f - y)^2 / 2, which counts its calls. */
static std::int32_t half_square_slope(void *user, std::int64_t n, std::int64_t c, const double *f, const double *y,
                                      double *gradient) {
    ++*static_cast<int *>(user);
    for (std::int64_t i = 0; i < n * c; i++)
        gradient[i] = f[i] - y[i];
    return 0;
}

static void check_losses() {
    ntk::context context;
    int calls = 0;
    const std::vector<double> f = {1, 2, 3, 4}, y = {0, 2, 5, 4};
    ntk::loss squared(context), huber(context, NTK_LOSS_HUBER, {0.5});
    ntk::loss own = ntk::loss::from_function(context, half_square_slope, nullptr, &calls);
    want(squared.values(f, y, 2) == std::vector<double>({0.5, 2}) && squared.kind() == NTK_LOSS_SQUARED, "loss");
    want(squared.gradient(f, y, 2) == own.gradient(f, y, 2) && calls == 1, "loss of the caller");
    want(huber.gradient(f, y, 1) == std::vector<double>({0.5, 0, -0.5, 0}), "parameter of a loss");
    want(refuses(NTK_ERR_UNSUPPORTED, [&] { own.values(f, y, 2); }), "a loss without values");
    want(refuses(NTK_ERR_DOMAIN, [&] { ntk::loss(context, NTK_LOSS_HUBER, {0}); }), "delta = 0");
    want(refuses(NTK_ERR_SHAPE, [&] { squared.values(f, {1}, 2); }), "targets of another size than the outputs");
}

static void check_networks() {
    ntk::context context;
    ntk::mlp mlp(context, {2, 6, 5, 2}, NTK_ACTIVATION_TANH);
    mlp.set_bias_std(0.5);
    ntk::network network(mlp, 3), other = network.copy();
    const std::int64_t p = network.parameter_count();
    const std::size_t size = static_cast<std::size_t>(p);
    const std::vector<double> x = {1, 0, 0.5, 1, -1, 0.25}, f = network.forward(x), theta = network.parameters();
    want(network.inputs() == 2 && network.outputs() == 2 && p == mlp.parameter_count() && f.size() == 6, "network");
    want(network.specification().width(1) == 6, "specification of a network");
    const std::vector<double> j = network.jacobian(x), v(size, 0.5), u = {1, 2, 3, 4, 5, 6};
    double row = 0, column = 0;
    for (std::size_t q = 0; q < size; q++)
        row += 0.5 * j[q];
    for (std::size_t i = 0; i < 6; i++)
        column += u[i] * j[i * size];
    want(std::fabs(network.jvp(x, v)[0] - row) < 1e-13 && std::fabs(network.vjp(x, u)[0] - column) < 1e-13,
         "products with the Jacobian");
    const std::vector<double> first = network.taylor(1, x, v);
    want(network.taylor(0, x, v) == f && std::fabs(first[0] - f[0] - row) < 1e-13, "Taylor series");
    other.randomise(4);
    want(other.forward(x) != f, "other parameters");
    other.set_parameters(theta);
    want(other.forward(x) == f && network.forward_f32(std::vector<float>(x.begin(), x.end())).size() == 6,
         "parameters");

    ntk::kernel full = ntk::kernel::empirical(network, NTK_KERNEL_NTK, NTK_OUTPUT_FULL);
    const std::vector<double> gram = full.gram(x), z = {0.8, 0.3};
    double inner = 0;
    for (std::size_t q = 0; q < size; q++)
        inner += j[q] * j[size + q];
    want(full.block() == 2 && gram.size() == 36 && std::fabs(gram[1] - inner) < 1e-12, "empirical kernel");
    want(full.diagonal(x).size() == 6 && full.cross(z, x).size() == 12 && full.gram_packed(x).size() == 21 &&
             full.apply(z, x, u).size() == 2,
         "shapes of all outputs");
    const std::vector<double> y = {1, -1, 0.5, 2, 0, 1};
    ntk::flow flow(full, x, y), from_gram(context, 6, gram, 1, y);
    want(flow.samples() == 6 && flow.outputs() == 1, "flow of all outputs");
    want(distance(flow.predict_at(3, z), from_gram.predict(3, full.cross(z, x))) < 1e-10, "its predictions");
    want(ntk::gp(full, x, y, 0.1).predict_at(z).variance.size() == 2, "process of all outputs");

    ntk::kernel sampled = ntk::kernel::monte_carlo(mlp, NTK_KERNEL_NTK, 3, 3);
    const ntk::kernel::estimates estimates = sampled.gram_estimates(x, {2, 3});
    const std::vector<double> mean(estimates.mean.begin() + 9, estimates.mean.end());
    want(distance(mean, sampled.gram(x)) < 1e-13 && estimates.standard_error.size() == 18, "Monte-Carlo kernel");
    want(sampled.cross_estimates(z, x, {3}).mean.size() == 3, "Monte-Carlo kernel of two sets");
    want(refuses(NTK_ERR_SIZE, [&] { sampled.gram_estimates(x, {4}); }), "more networks than there are");
}

static void check_trainer() {
    ntk::context context;
    ntk::mlp mlp(context, {2, 6, 5, 2}, NTK_ACTIVATION_TANH);
    ntk::network network(mlp, 3);
    ntk::loss squared(context);
    const std::vector<double> x = {1, 0, 0.5, 1, -1, 0.25}, y = {1, -1, 0.5, 2, 0, 1}, z = {0.8, 0.3};
    ntk::trainer one(network, x, y, squared), two(network, x, y, squared), flow(network, x, y, squared);
    want(one.learning_rate() > 0, "default learning rate");
    for (ntk::trainer *trainer : {&one, &two}) {
        trainer->set_learning_rate(0.1);
        trainer->set_momentum(0.5);
        trainer->set_batch(2, 7);
        trainer->set_sample_weights({1, 2, 0.5});
        trainer->set_weight_decay(0.01);
        trainer->set_initial_decay(0.01);
    }
    const double before = one.training_loss();
    one.advance(20);
    const ntk::trainer::history history = two.record({0, 20}, z, true);
    want(one.reached().time == 20 && one.reached().steps == 20 && one.reached().evaluations >= 20, "steps");
    want(one.parameters() == two.parameters() && history.loss[0] == before && history.loss[1] == one.training_loss() &&
             history.loss[1] < before,
         "two ways to the same parameters");
    want(history.distance[1] == one.distance() && history.drift[1] == one.kernel_drift(z) && history.f.size() == 4,
         "record");
    want(distance(one.trained().forward(z), one.predict(z)) < 1e-14 &&
             distance(one.predict(z), {history.f[2], history.f[3]}) < 1e-14,
         "trained network");
    flow.set_method(NTK_TRAIN_FLOW);
    flow.set_tolerance(1e-6);
    flow.set_centred(true);
    const ntk::trainer::difference apart = flow.compare_linearised({0, 1}, z);
    want(apart.rms[0] == 0 && apart.rms[1] > 0 && apart.largest[1] >= apart.rms[1], "linearised network");
    want(refuses(NTK_ERR_UNSUPPORTED, [&] { flow.set_model(NTK_MODEL_LINEARISED); }), "another model on the way");
    want(refuses(NTK_ERR_DOMAIN, [&] { one.advance(1); }), "back in time");
    want(refuses(NTK_ERR_SHAPE, [&] { ntk::trainer(network, x, {1, 2}, squared); }), "targets of another size");
    want(refuses(NTK_ERR_SHAPE, [&] { two.set_sample_weights({1}); }), "weights of another size");
    want(refuses(NTK_ERR_IO, [&] { one.restore("no such folder/no such file"); }), "no file");
}

static std::int32_t second(void *user, double, std::int64_t, std::int64_t, const double *, const double *, double,
                           double) {
    return ++*static_cast<int *>(user) == 2;
}

static void check_flows() {
    ntk::context context;
    ntk::mlp mlp(context, {2, 5, 1}, NTK_ACTIVATION_RELU);
    ntk::kernel kernel = ntk::kernel::analytic(mlp, NTK_KERNEL_NTK);
    const std::vector<double> x = {1, 0, 0, 1, -1, 0.5, 0.2, -1}, y = {1, -1, 1, -1}, z = {0.8, 0.3, -0.4, 0.6};
    ntk::flow flow(kernel, x, y), descent(kernel, x, y), other(kernel, x, y), again(kernel, x, y);
    const std::vector<double> both = flow.predict_at({1, 2}, z), late = flow.predict_at(2, z);
    want(distance({both[2], both[3]}, late) < 1e-14 && flow.train({0, 1, 2}).size() == 12, "several times");
    want(distance(flow.predict({1, 2}, kernel.cross(z, x)), both) < 1e-14, "several times from a matrix");
    want(flow.work().factorisations >= 1 && std::fabs(flow.cost(0) - 0.5) < 1e-15, "work, cost");
    want(flow.gradient_norm(0) > flow.gradient_norm(5), "gradient");
    int visits = 0;
    want(flow.follow({0, 1, 2, 3}, second, &visits) == 2 && visits == 2, "a path that ends early");
    want(flow.follow({0, 1, 1e9}, nullptr, nullptr, 1e-3) == 3, "a path to a cost");
    again.set_start(flow.coefficients(1));
    want(distance(again.predict_at(1, z), late) < 1e-12, "from where another flow ended");
    again.set_start(std::vector<double>());
    again.set_sample_weights({2, 2, 2, 2});
    want(distance(again.predict_at(1, z), late) < 1e-12, "sample weights");
    descent.set_dynamics(NTK_DYNAMICS_DESCENT);
    descent.set_momentum(0.5);
    descent.set_reduction(NTK_REDUCTION_SUM);
    want(std::fabs(descent.largest_learning_rate() * 8 / 3 / flow.largest_learning_rate() - 1) < 1e-12,
         "largest rates");
    descent.set_learning_rate(0.5 * descent.largest_learning_rate());
    want(distance(descent.predict_at(2000, z), flow.predict_at(ntk::infinity, z)) < 1e-6, "descent");
    other.set_loss(ntk::loss(context, NTK_LOSS_LOGISTIC));
    other.set_tolerance(1e-8);
    want(other.tolerance() == 1e-8 && other.predict_at(1, z)[0] != late[0] && other.work().steps > 0, "another loss");
    flow.set_solver(NTK_FLOW_KRYLOV);
    want(distance(flow.predict_at(2, z), late) < 1e-5, "another solver");
    want(refuses(NTK_ERR_SHAPE, [&] { flow.set_sample_weights({1}); }), "weights of another size");
    want(refuses(NTK_ERR_DOMAIN, [&] { flow.train({1, -1}); }), "negative time among others");
}

static void check_machines() {
    ntk::context context;
    ntk::mlp mlp(context, {2, 5, 1}, NTK_ACTIVATION_RELU);
    ntk::kernel ntk = ntk::kernel::analytic(mlp, NTK_KERNEL_NTK), nngp = ntk::kernel::analytic(mlp, NTK_KERNEL_NNGP);
    const std::vector<double> x = {1, 0, 0, 1, -1, 0.5, 0.2, -1}, y = {3, -1, 3, -1}, z = {0.8, 0.3, -0.4, 0.6};
    ntk::ensemble all(ntk, nngp, x, y), last(nngp, x, y), grams(context, 4, ntk.gram(x), nngp.gram(x), 1, y);
    want(all.samples() == 4 && all.outputs() == 1, "sizes of an ensemble");
    want(distance(all.train(0).variance, nngp.diagonal(x)) < 1e-15 && all.train(1).covariance.empty(), "variance");
    want(distance(all.predict_at(1, z).mean, ntk::flow(ntk, x, y).predict_at(1, z)) < 1e-12, "mean of an ensemble");
    want(distance(grams.predict(1, ntk.cross(z, x), nngp.cross(z, x), nngp.gram(z)).covariance,
                  all.predict_at(1, z, true).covariance) < 1e-12,
         "ensemble from matrices");
    last.set_learning_rate(2);
    want(last.train(ntk::infinity).variance[0] < 1e-12, "last layer");
    ntk::svm machine(ntk, x, y), matrix(context, 4, ntk.gram(x), y);
    for (ntk::svm *one : {&machine, &matrix}) {
        one->set_cost(10);
        one->set_bias(false);
        one->set_tolerance(1e-9);
        one->fit();
    }
    want(machine.labels() == std::vector<double>({-1, 3}) && machine.machines() == 1, "classes");
    want(distance(machine.decide_at(z), matrix.decide(ntk.cross(z, x))) < 1e-6, "two ways to the same machine");
    want(machine.predict_at(z).size() == 2 && matrix.predict(ntk.cross(z, x))[0] == machine.predict_at(z)[0], "labels");
    const ntk::svm::coefficients found = machine.solution();
    want(distance(ntk.apply(z, x, found.a), machine.decide_at(z)) < 1e-12 && found.b[0] == 0, "solution");
    want(machine.report().gap < 1e-6 && machine.report().support_vectors > 0 && machine.bound(0.9) > 0, "report");
    const std::vector<double> radius = ntk::certificate(ntk, x, found.a, 0, z);
    want(radius.size() == 2 && radius[0] > 0 && ntk::certificate(ntk, x, found.a, 0, z, 1)[0] >= radius[0], "radius");
    want(refuses(NTK_ERR_SHAPE, [&] { ntk::svm(ntk, x, {1}); }), "labels of another size");
    want(refuses(NTK_ERR_UNSUPPORTED, [&] { matrix.decide_at(z); }), "points without a kernel");
}

static int check_wrapper() {
    check_options();
    check_forms();
    check_losses();
    check_networks();
    check_trainer();
    check_flows();
    check_machines();
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
