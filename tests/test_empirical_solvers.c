/* Flows and Gaussian processes with empirical kernels: the same as from the kernel's matrices. */
#include "tests/empirical_networks.h"

enum { N = 12, M = 7 };

typedef struct {
    int64_t points, others, block, n, m; /* rows of x and z; rows of the matrices */
    double *x, *z, *y, *gram, *cross, *diagonal;
} problem;

static problem problem_of(ntk_kernel *kernel, int64_t points, int64_t others) {
    const int64_t block = block_of(kernel);
    problem own = {.points = points,
                   .others = others,
                   .block = block,
                   .n = points * block,
                   .m = others * block,
                   .x = inputs_of(points, 1),
                   .z = inputs_of(others, 2)};
    uint64_t seed = 3;
    own.y = suite_doubles((own.n + own.m) * 2); /* targets, and initial outputs elsewhere */
    suite_fill(&seed, (own.n + own.m) * 2, own.y);
    own.gram = suite_doubles(own.n * own.n);
    own.cross = suite_doubles(own.m * own.n);
    own.diagonal = suite_doubles(own.m);
    ASSERT_OK(ntk_kernel_gram(kernel, points, own.x, INPUTS, own.gram, own.n));
    ASSERT_OK(ntk_kernel_cross(kernel, others, own.z, INPUTS, points, own.x, INPUTS, own.cross, own.n));
    ASSERT_OK(ntk_kernel_diagonal(kernel, others, own.z, INPUTS, own.diagonal));
    return own;
}

static void release(problem *own) {
    free(own->diagonal);
    free(own->cross);
    free(own->gram);
    free(own->y);
    free(own->z);
    free(own->x);
}

/* The coefficients are at most of size |y| / noise, and each product rounds to some eps of |K| |a|. */
static void assert_near(int64_t count, const double *got, const double *expected, double size) {
    for (int64_t i = 0; i < count; i++)
        ASSERT_CLOSE(got[i], expected[i], 1000 * DBL_EPSILON * size);
}

static double largest_of(int64_t count, const double *values) {
    double largest = 0;
    for (int64_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(values[i]));
    return largest;
}

static void check_flow(ntk_kernel *kernel, const problem *own, double t) {
    ntk_flow *one = NULL, *other = NULL;
    double *const f = suite_doubles((own->n + own->m) * 2), *const same = suite_doubles((own->n + own->m) * 2);
    double *const a = suite_doubles(own->n * 2);
    ASSERT_OK(ntk_flow_create_from_kernel(kernel, own->points, own->x, INPUTS, 2, own->y, 2, NTK_LOSS_SQUARED, &one));
    ASSERT_OK(ntk_flow_create(NULL, own->n, 2, own->gram, own->n, own->y, 2, NTK_LOSS_SQUARED, &other));
    ASSERT_OK(ntk_flow_train(one, t, f, 2));
    ASSERT_OK(ntk_flow_train(other, t, same, 2));
    ASSERT_SAME_BITS(f, same, own->n * 2);
    ASSERT_OK(ntk_flow_get_coefficients(other, t, a, 2));
    ASSERT_OK(ntk_flow_predict_at(one, t, own->others, own->z, INPUTS, own->y, 2, f, 2));
    ASSERT_OK(ntk_flow_predict(other, t, own->m, own->cross, own->n, own->y, 2, same, 2));
    assert_near(own->m * 2, f, same,
                (double)own->n * largest_of(own->m * own->n, own->cross) * largest_of(own->n * 2, a));
    ntk_flow_destroy(other);
    ntk_flow_destroy(one);
    free(a);
    free(same);
    free(f);
}

static void check_process(ntk_kernel *kernel, const problem *own, double noise) {
    ntk_gp *one = NULL, *other = NULL;
    double *const mean = suite_doubles(own->m * 2), *const same = suite_doubles(own->m * 2);
    double *const variance = suite_doubles(own->m), *const same_variance = suite_doubles(own->m);
    double evidence = 0, same_evidence = 1;
    ASSERT_OK(ntk_gp_create_from_kernel(kernel, own->points, own->x, INPUTS, 2, own->y, 2, noise, &one));
    ASSERT_OK(ntk_gp_create(NULL, own->n, 2, own->gram, own->n, own->y, 2, noise, &other));
    ASSERT_OK(ntk_gp_log_evidence(one, &evidence));
    ASSERT_OK(ntk_gp_log_evidence(other, &same_evidence));
    ck_assert(evidence == same_evidence);
    ASSERT_OK(ntk_gp_predict_at(one, own->others, own->z, INPUTS, mean, 2, variance));
    ASSERT_OK(ntk_gp_predict(other, own->m, own->cross, own->n, own->diagonal, same, 2, same_variance));
    const double largest = largest_of(own->m * own->n, own->cross);
    assert_near(own->m * 2, mean, same, (double)own->n * largest / noise);
    assert_near(own->m, variance, same_variance, (double)own->n * largest * largest / noise);
    ntk_gp_destroy(other);
    ntk_gp_destroy(one);
    free(same_variance);
    free(variance);
    free(same);
    free(mean);
}

/* With a kernel of blocks a flow and a process have c rows of targets for each input. */
START_TEST(solvers) {
    static const int32_t forms[] = {NTK_OUTPUT_TRACE, NTK_OUTPUT_FULL, NTK_OUTPUT_ONE};
    ntk_network *const network = network_of(NTK_ACTIVATION_TANH, 0);
    for (int f = 0; f < 3; f++)
        for (int32_t type = NTK_KERNEL_NTK; type <= NTK_KERNEL_NNGP; type++) {
            ntk_kernel *const kernel = kernel_of(network, type, forms[f]);
            problem own = problem_of(kernel, N, M);
            ck_assert_int_eq(own.block, forms[f] == NTK_OUTPUT_FULL ? OUTPUTS : 1);
            check_flow(kernel, &own, 0.5);
            check_process(kernel, &own, 0.1);
            release(&own);
            ntk_kernel_destroy(kernel);
        }
    ntk_network_destroy(network);
}
END_TEST

/* More points than a block of the stream has, few training points and many. */
START_TEST(many_points) {
    const int64_t many = suite_size(500, 210);
    ntk_network *const network = network_of(NTK_ACTIVATION_ERF, 0);
    for (int f = 0; f < 2; f++) {
        ntk_kernel *const kernel = kernel_of(network, NTK_KERNEL_NTK, f == 0 ? NTK_OUTPUT_TRACE : NTK_OUTPUT_FULL);
        problem few = problem_of(kernel, N, many), most = problem_of(kernel, f == 0 ? many : 80, M);
        check_flow(kernel, &few, 2);
        check_process(kernel, &few, 0.1);
        check_flow(kernel, &most, 2);
        check_process(kernel, &most, 0.1);
        release(&most);
        release(&few);
        ntk_kernel_destroy(kernel);
    }
    ntk_network_destroy(network);
}
END_TEST

SUITE("empirical_solvers", solvers, many_points)
