/* Certificates: no attack within the radius changes the sign, one dimension by hand, the radius is the largest that
 * its bounds prove, order of the two kinds of bounds, every form of the kernel, errors. */
#include "tests/certificate_problem.h"

#define PI 3.14159265358979323846
enum { EUCLIDEAN = NTK_CERTIFICATE_EUCLIDEAN, BOX = NTK_CERTIFICATE_BOX };

static void certify(const problem *p, int32_t bounds, double *radius) {
    ASSERT_OK(ntk_kernel_certificate(p->kernel, p->n, p->x, p->d, p->a, p->b, p->m, p->z, p->d, bounds, radius));
}

static double value(const problem *p, const double *z) {
    double f;
    ASSERT_OK(ntk_kernel_apply(p->kernel, 1, z, p->d, p->n, p->x, p->d, 1, p->a, 1, &f, 1));
    return f + p->b;
}

/* ---- attacks ---- */

/* One step of steepest descent of sign f in the largest norm, and back into the ball. */
static void step(const problem *p, const double *centre, double sign, double r, double size, double *z) {
    double *const gradient = suite_doubles(p->d);
    ASSERT_OK(ntk_kernel_apply_gradient(p->kernel, 1, z, p->d, p->n, p->x, p->d, 1, p->a, 1, gradient));
    for (int64_t j = 0; j < p->d; j++) {
        const double moved = z[j] - sign * (gradient[j] > 0 ? size : gradient[j] < 0 ? -size : 0);
        z[j] = fmin(fmax(moved, centre[j] - r), centre[j] + r);
    }
    free(gradient);
}

/* The least sign f found: from random corners and points by descent. */
static double attack(const problem *p, const double *centre, double sign, double r, uint64_t *state) {
    enum { STARTS = 6, STEPS = 12 };
    double least = INFINITY;
    double *const z = suite_doubles(p->d);
    for (int start = 0; start < STARTS; start++) {
        for (int64_t j = 0; j < p->d; j++) {
            const double at = suite_uniform(state);
            z[j] = centre[j] + r * (start % 2 ? at : at < 0 ? -1 : 1) * (start > 0);
        }
        for (int k = 0; k < STEPS; k++) {
            least = fmin(least, sign * value(p, z));
            step(p, centre, sign, r, r / (1 + k / 4), z);
        }
        least = fmin(least, sign * value(p, z));
    }
    free(z);
    return least;
}

/* Within the radius f keeps its sign; some way beyond it, it does not. */
static void check_attacks(int64_t n, int64_t d, double b, int32_t type) {
    problem p;
    int64_t positive = 0, flipped = 0;
    uint64_t state = 77;
    create(&p, NULL, n, d, suite_size(12, 3), b, type);
    certify(&p, EUCLIDEAN, p.radius);
    certify(&p, BOX, p.box);
    for (int64_t i = 0; i < p.m; i++) {
        const double *const z = p.z + i * d;
        const double sign = value(&p, z) > 0 ? 1 : -1;
        REQUIRE(p.radius[i] > 0 && p.box[i] >= p.radius[i], "radii %g and %g", p.radius[i], p.box[i]);
        REQUIRE(attack(&p, z, sign, p.box[i], &state) > 0, "n = %d: point %d flips within %.17g", (int)n, (int)i,
                p.box[i]);
        positive += sign > 0;
        flipped += attack(&p, z, sign, isinf(p.box[i]) ? 100 : 1000 * p.box[i], &state) < 0;
    }
    REQUIRE(flipped > 0, "no attack works at a thousand times the radius");
    REQUIRE(n == 1 || (positive > 0 && positive < p.m), "points of both signs are wanted");
    destroy(&p);
}

START_TEST(no_attack_within_the_radius) {
    check_attacks(20, 3, 0.01, NTK_KERNEL_NTK);
    check_attacks(300, 10, 0, NTK_KERNEL_NTK);
    check_attacks(40, 5, -0.05, NTK_KERNEL_NNGP);
}
END_TEST

/* ---- by hand ---- */

/* In one dimension, with standard deviations of 1, x = 1, a = 1 and z > 0: K(z,1) = z for z > 0 and 0 below, and f =
 * z - c changes its sign at c. Both kinds of bounds are the same there. The lower bound for z' in [z - r, z + r] has
 * u in [(z-r)/(z+r), 1]; where h rises, K >= (z-r) h((z-r)/(z+r)) / 2 pi. */
static double by_hand(double z, double r) {
    const double u = (z - r) / (z + r);
    return (z - r) * (2 * u * (PI - acos(u)) + sqrt(1 - u * u)) / (2 * PI);
}

START_TEST(one_dimension) {
    const double x = 1, a = 1, z = 2;
    ntk_kernel *const kernel = suite_kernel(NULL, 1, 2, NTK_ACTIVATION_RELU, 1, 0, NTK_KERNEL_NTK);
    for (double c = 0.1; c < 2; c += 0.2)
        for (int32_t bounds = EUCLIDEAN; bounds <= BOX; bounds++) {
            double r, low = 0, high = z;
            ASSERT_OK(ntk_kernel_certificate(kernel, 1, &x, 1, &a, -c, 1, &z, 1, bounds, &r));
            for (int i = 0; i < 100; i++) {
                const double middle = (low + high) / 2;
                *(by_hand(z, middle) > c ? &low : &high) = middle;
            }
            ck_assert(r < z - c);
            REQUIRE(r <= low * (1 + 1e-9) && r >= low * (1 - 2e-6), "c = %g: radius %.17g, by hand %.17g", c, r, low);
        }
    ntk_kernel_destroy(kernel);
}
END_TEST

/* From above: f = c - K, K <= (z + r) h(1) / 2 pi = z + r, so r = c - z and nothing is lost. */
START_TEST(one_dimension_from_above) {
    const double x = 1, a = -1, z = 2;
    ntk_kernel *const kernel = suite_kernel(NULL, 1, 2, NTK_ACTIVATION_RELU, 1, 0, NTK_KERNEL_NTK);
    for (double c = 2.1; c < 9; c++) {
        double r;
        ASSERT_OK(ntk_kernel_certificate(kernel, 1, &x, 1, &a, c, 1, &z, 1, EUCLIDEAN, &r));
        REQUIRE(r <= c - z && r >= (c - z) * (1 - 2e-6), "radius %.17g, by hand %.17g", r, c - z);
    }
    ntk_kernel_destroy(kernel);
}
END_TEST

/* z at a right angle to x: u is at most sqrt(2) r / (1 - sqrt(2) r) with the Euclidean bounds, and f = c - K. */
START_TEST(right_angle) {
    const double x[] = {1, 0}, z[] = {0, 1}, a = -1;
    ntk_kernel *const kernel = suite_kernel(NULL, 2, 2, NTK_ACTIVATION_RELU, 1, 0, NTK_KERNEL_NTK);
    for (double c = 0.1; c < 0.6; c += 0.1) {
        double r, low = 0, high = 0.35; /* where u < 1 */
        ASSERT_OK(ntk_kernel_certificate(kernel, 1, x, 2, &a, c, 1, z, 2, EUCLIDEAN, &r));
        for (int i = 0; i < 100; i++) {
            const double middle = (low + high) / 2, reach = sqrt(2) * middle, u = reach / (1 - reach);
            const double most = (1 + reach) * (2 * u * (PI - acos(u)) + sqrt(1 - u * u)) / (4 * PI);
            *(most < c ? &low : &high) = middle;
        }
        ck_assert(low < 0.349);
        REQUIRE(r <= low * (1 + 1e-9) && r >= low * (1 - 2e-6), "c = %g: radius %.17g, by hand %.17g", c, r, low);
    }
    ntk_kernel_destroy(kernel);
}
END_TEST

/* Where h < 0: z = -x in one dimension. Its least value is -0.4297 at u = -0.794, so that f = K + b > 0 is proved
 * until the ball is so wide that (|z| + r) 0.4297 / 2 pi = b or u cannot reach it. */
START_TEST(below_the_least_value) {
    const double x = 1, a = 1, z = -1, s = 0.65327118709440313; /* s tan s = 1/2 */
    const double least = -2 * cos(s) * s + sin(s);
    double r;
    ntk_kernel *const kernel = suite_kernel(NULL, 1, 2, NTK_ACTIVATION_RELU, 1, 0, NTK_KERNEL_NTK);
    const double b = -least * 5 / (2 * PI);
    ASSERT_CLOSE(least, -0.429738, 1e-6);
    ASSERT_OK(ntk_kernel_certificate(kernel, 1, &x, 1, &a, b, 1, &z, 1, EUCLIDEAN, &r));
    ASSERT_RELATIVE(r, 4, 2e-6);
    ntk_kernel_destroy(kernel);
}
END_TEST

/* ---- limits ---- */

START_TEST(any_radius_or_none) {
    const double x[] = {1, 2}, z[] = {0.5, -1}, zero[] = {0, 0};
    double a = 0, r;
    ntk_kernel *const ntk = suite_kernel(NULL, 2, 2, NTK_ACTIVATION_RELU, 1, 0, NTK_KERNEL_NTK);
    ntk_kernel *const nngp = suite_kernel(NULL, 2, 2, NTK_ACTIVATION_RELU, 1, 0, NTK_KERNEL_NNGP);
    for (int32_t bounds = EUCLIDEAN; bounds <= BOX; bounds++) {
        a = 0;
        ASSERT_OK(ntk_kernel_certificate(ntk, 1, x, 2, &a, -2, 1, z, 2, bounds, &r));
        ck_assert(r == INFINITY);
        ASSERT_OK(ntk_kernel_certificate(ntk, 1, x, 2, &a, 0, 1, z, 2, bounds, &r));
        ck_assert(r == 0);
        a = 1; /* the NNGP is not negative: f >= b */
        ASSERT_OK(ntk_kernel_certificate(nngp, 1, x, 2, &a, 2, 1, z, 2, bounds, &r));
        ck_assert(r == INFINITY);
        ASSERT_OK(ntk_kernel_certificate(ntk, 1, x, 2, &a, 2, 1, z, 2, bounds, &r));
        ck_assert(isfinite(r) && r > 0);
        ASSERT_OK(ntk_kernel_certificate(nngp, 1, x, 2, &a, -2, 1, z, 2, bounds, &r));
        ck_assert(isfinite(r) && r > 0);
        ASSERT_OK(ntk_kernel_certificate(ntk, 1, zero, 2, &a, 2, 1, z, 2, bounds, &r));
        ck_assert(r == INFINITY);
        ASSERT_OK(ntk_kernel_certificate(ntk, 1, x, 2, &a, 2, 1, zero, 2, bounds, &r));
        ck_assert(isfinite(r) && r > 0);
        ASSERT_OK(ntk_kernel_certificate(ntk, 1, x, 2, &a, 0, 1, zero, 2, bounds, &r));
        ck_assert(r == 0);
    }
    ntk_kernel_destroy(nngp);
    ntk_kernel_destroy(ntk);
}
END_TEST

/* f - c for larger c > 0 has a smaller radius where f > c; the radius of s f is that of f; K(s z, s x) = s^2 K(z,
 * x): the radius of data s times as long is s times as large, all to the accuracy of the radius. */
START_TEST(follows_f) {
    problem p;
    create(&p, NULL, 30, 4, 10, 0, NTK_KERNEL_NTK);
    certify(&p, EUCLIDEAN, p.radius);
    for (int64_t i = 0; i < p.n; i++)
        p.a[i] *= 8;
    certify(&p, EUCLIDEAN, p.box);
    for (int64_t i = 0; i < p.m; i++)
        ASSERT_RELATIVE(p.box[i], p.radius[i], 2e-6);
    for (int64_t i = 0; i < p.n * p.d; i++)
        p.x[i] *= 4;
    for (int64_t i = 0; i < p.m * p.d; i++)
        p.z[i] *= 4;
    certify(&p, EUCLIDEAN, p.box);
    for (int64_t i = 0; i < p.m; i++)
        ASSERT_RELATIVE(p.box[i], 4 * p.radius[i], 2e-6);
    for (int64_t i = 0; i < p.m; i++) {
        const double f = value(&p, p.z + i * p.d);
        double last = p.box[i];
        for (double part = 0.2; part < 1; part += 0.2) {
            p.b = -part * f;
            certify(&p, EUCLIDEAN, p.radius);
            ck_assert(p.radius[i] < last && p.radius[i] > 0);
            last = p.radius[i];
        }
        p.b = 0;
    }
    destroy(&p);
}
END_TEST

/* Standard deviations, learning rates and the standard parameterisation change K by factors that the certificate must
 * know: with f = K a + b the radius is that of the plain kernel with the coefficients that give the same f. */
START_TEST(scales_of_the_kernel) {
    const int64_t widths[] = {3, 50, 1};
    problem p;
    create(&p, NULL, 30, 3, 10, 0.02, NTK_KERNEL_NTK); /* standard deviations 1.3 */
    certify(&p, BOX, p.box);
    ntk_mlp *mlp = NULL;
    ntk_kernel *const own = p.kernel;
    ASSERT_OK(ntk_mlp_create(NULL, 2, widths, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_mlp_set_layer_weight_std(mlp, 1, 2));
    ASSERT_OK(ntk_mlp_set_layer_weight_std(mlp, 2, 0.5));
    ASSERT_OK(ntk_mlp_set_learning_rates(mlp, 0, 3, 1));
    ASSERT_OK(ntk_kernel_create_analytic(NULL, mlp, NTK_KERNEL_NTK, &p.kernel));
    for (int64_t i = 0; i < p.n; i++)
        p.a[i] *= 1.3 * 1.3 * 1.3 * 1.3 / 3; /* (2 * 0.5)^2 = 1 */
    certify(&p, BOX, p.radius);
    for (int64_t i = 0; i < p.m; i++)
        ASSERT_RELATIVE(p.radius[i], p.box[i], 2e-6);
    ntk_kernel_destroy(p.kernel);
    p.kernel = own;
    ntk_mlp_destroy(mlp);
    destroy(&p);
}
END_TEST

/* Layers that learn at other rates change the shape of h; attacks must fail there too. */
START_TEST(layers_with_their_own_rates) {
    static const double rates[][2] = {{0, 1}, {1, 0}, {5, 0.2}, {0.1, 3}};
    const int64_t widths[] = {4, 9, 1};
    for (int k = 0; k < 4; k++) {
        problem p;
        uint64_t state = 5;
        ntk_mlp *mlp = NULL;
        create(&p, NULL, 25, 4, suite_size(6, 2), 0.01, NTK_KERNEL_NTK);
        ntk_kernel_destroy(p.kernel);
        ASSERT_OK(ntk_mlp_create(NULL, 2, widths, NTK_ACTIVATION_RELU, &mlp));
        ASSERT_OK(ntk_mlp_set_learning_rates(mlp, 1, rates[k][0], 1));
        ASSERT_OK(ntk_mlp_set_learning_rates(mlp, 2, rates[k][1], 1));
        ASSERT_OK(ntk_kernel_create_analytic(NULL, mlp, NTK_KERNEL_NTK, &p.kernel));
        certify(&p, BOX, p.box);
        for (int64_t i = 0; i < p.m; i++) {
            const double sign = value(&p, p.z + i * p.d) > 0 ? 1 : -1;
            REQUIRE(p.box[i] > 0 && attack(&p, p.z + i * p.d, sign, p.box[i], &state) > 0,
                    "rates %g, %g: point %d flips", rates[k][0], rates[k][1], (int)i);
        }
        ntk_mlp_destroy(mlp);
        destroy(&p);
    }
}
END_TEST

/* Whatever the threads and the other rows: to the rounding of inner products, and so the accuracy of the radius.
 * Samples whose coefficient is 0 do not count. */
START_TEST(rows_alone) {
    ntk_context *context = NULL;
    problem p;
    ASSERT_OK(ntk_context_create(&context));
    create(&p, context, 300, 7, 70, 0, NTK_KERNEL_NTK); /* more than one block, more than one chunk */
    for (int64_t i = 0; i < p.n; i += 2)
        p.a[i] = 0;
    ASSERT_OK(ntk_context_set_threads(context, 3));
    certify(&p, EUCLIDEAN, p.radius);
    certify(&p, EUCLIDEAN, p.box);
    ASSERT_SAME_BITS(p.radius, p.box, p.m);
    ASSERT_OK(ntk_context_set_threads(context, 1));
    for (int64_t i = 0; i < p.m; i++) {
        double r;
        ASSERT_OK(ntk_kernel_certificate(p.kernel, p.n, p.x, p.d, p.a, 0, 1, p.z + i * p.d, p.d, EUCLIDEAN, &r));
        ASSERT_RELATIVE(r, p.radius[i], 2e-6);
    }
    destroy(&p);
    ntk_context_destroy(context);
}
END_TEST

SUITE("certificate", no_attack_within_the_radius, one_dimension, one_dimension_from_above, right_angle,
      below_the_least_value, any_radius_or_none, follows_f, scales_of_the_kernel, layers_with_their_own_rates,
      rows_alone)
