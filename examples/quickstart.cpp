/* quickstart.c in C++, and the same network as a Gaussian process. */
#include <cmath>
#include <cstdio>
#include <vector>

#include <ntk/ntk.hpp>

int main() {
    try {
        const std::vector<double> x = {1, 0, 0, 1, -1, 0, 0, -1}, y = {1, -1, 1, -1}, z = {0.8, 0.3};
        ntk::context context;
        ntk::mlp mlp(context, {2, 512, 512, 1}, NTK_ACTIVATION_RELU);
        mlp.set_weight_std(std::sqrt(2.0));
        ntk::flow flow(ntk::kernel::analytic(mlp, NTK_KERNEL_NTK), x, y);
        for (double t : {1.0, 10.0, 100.0, ntk::infinity})
            std::printf("t = %-4g f(z) = %.6f\n", t, flow.predict_at(t, z)[0]);
        ntk::gp gp(ntk::kernel::analytic(mlp, NTK_KERNEL_NNGP), x, y, 1e-2);
        const ntk::gp::prediction posterior = gp.predict_at(z);
        std::printf("NNGP     f(z) = %.6f +- %.6f\n", posterior.mean[0], std::sqrt(posterior.variance[0]));
    } catch (const ntk::error &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
