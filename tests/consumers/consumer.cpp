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

static int check_wrapper() {
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
