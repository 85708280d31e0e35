/* The instruction sets: the best one runs, and all of them agree. Whether their loops are really vectorised is
 * tests/style/vectorised.sh's to see. */
#include "tests/suite.h"

#include "src/kernel/analytic.h"

enum { MOST_SETS = 3, N = 97 };

/* The sets that this machine can run. */
static int available(const ntki_pair_operations *sets[MOST_SETS]) {
    int count = 0;
    for (int isa = 0; isa <= (int)ntki_cpu_best_isa(); isa++)
        sets[count++] = ntki_pair_operations_for((ntki_isa)isa);
    return count;
}

static ntk_kernel *kernel_of(int32_t kind) {
    const int64_t widths[] = {5, 1, 1, 1};
    ntk_mlp *mlp = NULL;
    ntk_kernel *kernel = NULL;
    ASSERT_OK(ntk_mlp_create(NULL, 3, widths, kind, &mlp));
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, 0.75));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, 0.25));
    ASSERT_OK(ntk_kernel_create_analytic(NULL, mlp, NTK_KERNEL_NTK, &kernel));
    ntk_mlp_destroy(mlp);
    return kernel;
}

START_TEST(the_best_set_runs) {
    static const char *const names[] = {"baseline", "avx2", "avx512"};
    const ntki_isa best = ntki_cpu_best_isa();
    ck_assert_str_eq(names[best], ntk_context_cpu_path(NULL));
#if defined(__x86_64__) && !defined(NTKI_NO_X86_PATHS)
    /* what the kernel of the operating system says of the processor, independent of the compiler's check */
    FILE *const file = fopen("/proc/cpuinfo", "r");
    char line[8192] = "";
    bool avx2 = false, avx512 = false;
    while (file != NULL && fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, "flags", 5) == 0) {
            avx2 = strstr(line, " avx2 ") != NULL && strstr(line, " fma ") != NULL;
            avx512 = avx2 && strstr(line, " avx512f ") != NULL && strstr(line, " avx512dq ") != NULL &&
                     strstr(line, " avx512vl ") != NULL;
            break;
        }
    if (file != NULL)
        fclose(file);
    /* under valgrind the processor that the program sees is not the machine's */
    const char *const wrapper = getenv("NTK_TEST_WRAPPER");
    if (file != NULL && (wrapper == NULL || strstr(wrapper, "valgrind") == NULL)) {
        ck_assert_int_eq(best, avx512 ? NTKI_ISA_AVX512 : avx2 ? NTKI_ISA_AVX2 : NTKI_ISA_BASELINE);
    }
#endif
    ntk_kernel *const kernel = kernel_of(NTK_ACTIVATION_RELU);
    ck_assert_ptr_eq(ntki_analytic_of(kernel)->operations, ntki_pair_operations_for(best));
    ntk_kernel_destroy(kernel);
}
END_TEST

/* Rows with pairs that are near, equal, opposite and collinear, and a zero row. */
static void make_rows(double *x, int64_t d) {
    uint64_t state = 7;
    for (int64_t i = 0; i < N * d; i++)
        x[i] = suite_uniform(&state);
    for (int64_t j = 0; j < d; j++) {
        x[1 * d + j] = x[j];
        x[2 * d + j] = -x[j];
        x[3 * d + j] = x[j] * (1 + 1e-9) + 1e-10 * (double)j;
        x[4 * d + j] = 3 * x[j];
        x[5 * d + j] = 0;
    }
}

/* Every kind with a kernel. The paths round differently: a few ulp a layer, relative to sqrt(K(x,x) K(x',x')). */
START_TEST(all_sets_agree) {
    const ntki_pair_operations *sets[MOST_SETS];
    const int count = available(sets);
    const int64_t d = 5;
    static double x[N * 5], reference[N * N], k[N * N];
    make_rows(x, d);
    int kinds = 0;
    for (int32_t kind = 0; ntk_activation_kind_name(kind) != NULL; kind++) {
        if (kind == NTK_ACTIVATION_FUNCTION || kind == NTK_ACTIVATION_DUAL)
            continue;
        for (int set = 0; set < count; set++) {
            ntk_context *context = NULL;
            ASSERT_OK(ntk_context_create(&context));
            context->isa = (ntki_isa)set;
            const int64_t widths[] = {d, 1, 1, 1};
            ntk_mlp *mlp = NULL;
            ntk_kernel *kernel = NULL;
            ASSERT_OK(ntk_mlp_create(context, 3, widths, kind, &mlp));
            ASSERT_OK(ntk_mlp_set_weight_std(mlp, 0.75));
            ASSERT_OK(ntk_mlp_set_bias_std(mlp, 0.25));
            ASSERT_OK(ntk_kernel_create_analytic(context, mlp, NTK_KERNEL_NTK, &kernel));
            ck_assert_ptr_eq(ntki_analytic_of(kernel)->operations, sets[set]);
            ASSERT_OK(ntk_kernel_gram(kernel, N, x, d, set == 0 ? reference : k, N));
            for (int64_t i = 0; set > 0 && i < N * N; i++) {
                const double scale = sqrt(reference[i / N * (N + 1)] * reference[i % N * (N + 1)]);
                REQUIRE(fabs(k[i] - reference[i]) <= 2e-14 * scale, "%s, %s, entry %lld: %.17g, baseline %.17g",
                        ntk_activation_kind_name(kind), ntk_context_cpu_path(context), (long long)i, k[i],
                        reference[i]);
            }
            ntk_kernel_destroy(kernel);
            ntk_mlp_destroy(mlp);
            ntk_context_destroy(context);
        }
        kinds++;
    }
    ck_assert_int_ge(kinds, 32);
}
END_TEST

SUITE("paths", the_best_set_runs, all_sets_agree)
