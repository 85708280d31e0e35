/* Machines and the callers: bad input with its sentence, settings, cancellation, what is left after a failure. */
#include "tests/svm_problems.h"

typedef struct {
    ntk_context *context;
    svm_data data;
    ntk_svm *svm; /* of classes, from the Gram */
} calls_world;

static calls_world *world_create(void) {
    calls_world *const w = calloc(1, sizeof(*w));
    ck_assert_ptr_nonnull(w);
    ASSERT_OK(ntk_context_create(&w->context));
    svm_data_create(w->context, &w->data);
    ASSERT_OK(ntk_svm_create(w->context, NTK_SVM_SVC, POINTS, w->data.gram, POINTS, w->data.three, &w->svm));
    return w;
}

static void world_destroy(calls_world *w) {
    ntk_svm_destroy(w->svm);
    ntk_kernel_destroy(w->data.kernel);
    ntk_context_destroy(w->context);
    free(w);
}

/* The status, and that the sentence names `word`. */
static void refuses(const calls_world *w, ntk_status expected, ntk_status status, const char *word) {
    REQUIRE(status == expected, "%s, expected %s (%s)", ntk_status_name(status), ntk_status_name(expected), word);
    const char *const message = ntk_context_last_error(w->context);
    REQUIRE(strncmp(message, "ntk_svm_", 8) == 0 && suite_mentions(message, word), "\"%s\" lacks %s", message, word);
}

START_TEST(creation_refuses_bad_input) {
    calls_world *const w = world_create();
    double gram[9] = {2, 1, 0, 1, 2, 1, 0, 1, 2}, y[3] = {0, 1, 1};
    ntk_svm *svm = w->svm;
    ntk_context *const c = w->context;
    refuses(w, NTK_ERR_ENUM, ntk_svm_create(c, 4, 3, gram, 3, y, &svm), "4");
    refuses(w, NTK_ERR_ENUM, ntk_svm_create(c, -1, 3, gram, 3, y, &svm), "-1");
    refuses(w, NTK_ERR_SIZE, ntk_svm_create(c, 0, 0, gram, 3, y, &svm), "n");
    refuses(w, NTK_ERR_SIZE, ntk_svm_create(c, 0, -5, gram, 3, y, &svm), "-5");
    refuses(w, NTK_ERR_LEADING_DIMENSION, ntk_svm_create(c, 0, 3, gram, 2, y, &svm), "ldk");
    refuses(w, NTK_ERR_NULL, ntk_svm_create(c, 0, 3, NULL, 3, y, &svm), "gram");
    refuses(w, NTK_ERR_NULL, ntk_svm_create(c, 0, 3, gram, 3, NULL, &svm), "y");
    refuses(w, NTK_ERR_NULL, ntk_svm_create(c, 0, 3, gram, 3, y, NULL), "out");
    ck_assert_int_ne(ntk_svm_create(c, 0, INT64_C(1) << 60, gram, INT64_C(1) << 60, y, &svm), NTK_SUCCESS);
    y[1] = NAN;
    refuses(w, NTK_ERR_NOT_FINITE, ntk_svm_create(c, 0, 3, gram, 3, y, &svm), "y[1]");
    y[1] = INFINITY;
    refuses(w, NTK_ERR_NOT_FINITE, ntk_svm_create(c, 1, 3, gram, 3, y, &svm), "y[1]");
    y[1] = 0;
    y[2] = 0;
    refuses(w, NTK_ERR_DOMAIN, ntk_svm_create(c, 0, 3, gram, 3, y, &svm), "two classes");
    y[2] = 1;
    gram[5] = NAN;
    refuses(w, NTK_ERR_NOT_FINITE, ntk_svm_create(c, 0, 3, gram, 3, y, &svm), "gram");
    gram[5] = 1 + 1e-9;
    refuses(w, NTK_ERR_NOT_SYMMETRIC, ntk_svm_create(c, 0, 3, gram, 3, y, &svm), "gram");
    gram[5] = 1;
    gram[4] = -2;
    refuses(w, NTK_ERR_NOT_POSITIVE, ntk_svm_create(c, 0, 3, gram, 3, y, &svm), "-2");
    ck_assert_ptr_eq(svm, w->svm); /* untouched all the time */
    world_destroy(w);
}
END_TEST

START_TEST(creation_from_a_kernel_refuses_bad_input) {
    calls_world *const w = world_create();
    ntk_kernel *const k = w->data.kernel;
    double *const x = w->data.x, *const y = w->data.sign;
    ntk_svm *svm = NULL;
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_create_from_kernel(NULL, 0, POINTS, x, INPUTS, y, &svm));
    refuses(w, NTK_ERR_ENUM, ntk_svm_create_from_kernel(k, 9, POINTS, x, INPUTS, y, &svm), "9");
    refuses(w, NTK_ERR_SIZE, ntk_svm_create_from_kernel(k, 0, 0, x, INPUTS, y, &svm), "n");
    refuses(w, NTK_ERR_LEADING_DIMENSION, ntk_svm_create_from_kernel(k, 0, POINTS, x, INPUTS - 1, y, &svm), "ldx");
    refuses(w, NTK_ERR_NULL, ntk_svm_create_from_kernel(k, 0, POINTS, NULL, INPUTS, y, &svm), "x");
    refuses(w, NTK_ERR_NULL, ntk_svm_create_from_kernel(k, 0, POINTS, x, INPUTS, NULL, &svm), "y");
    refuses(w, NTK_ERR_NULL, ntk_svm_create_from_kernel(k, 0, POINTS, x, INPUTS, y, NULL), "out");
    x[4] = NAN;
    refuses(w, NTK_ERR_NOT_FINITE, ntk_svm_create_from_kernel(k, 0, POINTS, x, INPUTS, y, &svm), "x[1][1]");
    ck_assert_ptr_null(svm);
    world_destroy(w);
}
END_TEST

START_TEST(settings_refuse_bad_input) {
    calls_world *const w = world_create();
    double weights[POINTS];
    for (int i = 0; i < POINTS; i++)
        weights[i] = 1;
    ntk_svm *const s = w->svm;
    refuses(w, NTK_ERR_DOMAIN, ntk_svm_set_cost(s, 0), "cost");
    refuses(w, NTK_ERR_DOMAIN, ntk_svm_set_cost(s, NAN), "cost");
    refuses(w, NTK_ERR_DOMAIN, ntk_svm_set_cost(s, INFINITY), "cost");
    refuses(w, NTK_ERR_SIZE, ntk_svm_set_class_cost(s, 3, 1), "3");
    refuses(w, NTK_ERR_SIZE, ntk_svm_set_class_cost(s, -1, 1), "-1");
    refuses(w, NTK_ERR_DOMAIN, ntk_svm_set_class_cost(s, 0, -1), "factor");
    refuses(w, NTK_ERR_SIZE, ntk_svm_set_sample_weights(s, POINTS - 1, weights), "59");
    weights[17] = -1;
    refuses(w, NTK_ERR_DOMAIN, ntk_svm_set_sample_weights(s, POINTS, weights), "weights[17]");
    weights[17] = NAN;
    refuses(w, NTK_ERR_NOT_FINITE, ntk_svm_set_sample_weights(s, POINTS, weights), "weights[17]");
    refuses(w, NTK_ERR_ENUM, ntk_svm_set_bias(s, 2), "2");
    refuses(w, NTK_ERR_ENUM, ntk_svm_set_shrinking(s, -1), "-1");
    refuses(w, NTK_ERR_ENUM, ntk_svm_set_multiclass(s, 2), "multiclass");
    refuses(w, NTK_ERR_DOMAIN, ntk_svm_set_epsilon(s, -0.1), "epsilon");
    refuses(w, NTK_ERR_DOMAIN, ntk_svm_set_tolerance(s, 1e-15), "tolerance");
    refuses(w, NTK_ERR_DOMAIN, ntk_svm_set_tolerance(s, NAN), "tolerance");
    refuses(w, NTK_ERR_DOMAIN, ntk_svm_set_tolerance(s, 2), "tolerance");
    refuses(w, NTK_ERR_SIZE, ntk_svm_set_cache(s, 0), "bytes");
    refuses(w, NTK_ERR_SIZE, ntk_svm_set_most_iterations(s, 0), "iterations");
    ntk_svm *numbers = NULL;
    ASSERT_OK(ntk_svm_create(w->context, NTK_SVM_SVR, POINTS, w->data.gram, POINTS, w->data.number, &numbers));
    refuses(w, NTK_ERR_UNSUPPORTED, ntk_svm_set_class_cost(numbers, 0, 1), "classes");
    ntk_svm_destroy(numbers);
    world_destroy(w);
}
END_TEST

START_TEST(null_handles_are_told) {
    double value;
    int64_t integer;
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_set_cost(NULL, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_set_class_cost(NULL, 0, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_set_sample_weights(NULL, 0, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_set_bias(NULL, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_set_multiclass(NULL, 0));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_set_epsilon(NULL, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_set_tolerance(NULL, 0.1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_set_cache(NULL, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_set_shrinking(NULL, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_set_most_iterations(NULL, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_fit(NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_get_classes(NULL, &integer));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_get_labels(NULL, 1, &value));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_get_machines(NULL, &integer));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_get_solution(NULL, &value, 1, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_get_report(NULL, 0, &value, NULL, NULL, NULL, NULL));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_get_bound(NULL, 0, 0.5, &value));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_decide(NULL, 1, &value, 1, &value, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_decide_at(NULL, 1, &value, 1, &value, 1));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_predict(NULL, 1, &value, 1, &value));
    ASSERT_STATUS(NTK_ERR_NULL, ntk_svm_predict_at(NULL, 1, &value, 1, &value));
    ntk_svm_destroy(NULL);
}
END_TEST

START_TEST(results_refuse_bad_input) {
    calls_world *const w = world_create();
    ntk_svm *const s = w->svm;
    double f[OTHERS * 3], y[OTHERS], a[POINTS * 3];
    double *const cross = w->data.cross;
    refuses(w, NTK_ERR_DOMAIN, ntk_svm_get_solution(s, a, 3, NULL), "fitted");
    refuses(w, NTK_ERR_DOMAIN, ntk_svm_get_report(s, 0, NULL, NULL, NULL, NULL, NULL), "fitted");
    refuses(w, NTK_ERR_DOMAIN, ntk_svm_decide(s, OTHERS, cross, POINTS, f, 3), "fitted");
    refuses(w, NTK_ERR_DOMAIN, ntk_svm_predict(s, OTHERS, cross, POINTS, y), "fitted");
    ASSERT_OK(ntk_svm_set_bias(s, 0));
    refuses(w, NTK_ERR_DOMAIN, ntk_svm_get_bound(s, 0, 0.5, y), "fitted");
    ASSERT_OK(ntk_svm_fit(s));
    refuses(w, NTK_ERR_LEADING_DIMENSION, ntk_svm_get_solution(s, a, 2, NULL), "lda");
    refuses(w, NTK_ERR_SIZE, ntk_svm_get_labels(s, 2, y), "3");
    refuses(w, NTK_ERR_NULL, ntk_svm_get_labels(s, 3, NULL), "labels");
    refuses(w, NTK_ERR_NULL, ntk_svm_get_classes(s, NULL), "k");
    refuses(w, NTK_ERR_NULL, ntk_svm_get_machines(s, NULL), "machines");
    refuses(w, NTK_ERR_SIZE, ntk_svm_get_report(s, 3, NULL, NULL, NULL, NULL, NULL), "3");
    refuses(w, NTK_ERR_SIZE, ntk_svm_get_report(s, -1, NULL, NULL, NULL, NULL, NULL), "-1");
    suite_fill_canary(OTHERS * 3, f);
    suite_fill_canary(OTHERS, y);
    refuses(w, NTK_ERR_SIZE, ntk_svm_decide(s, 0, cross, POINTS, f, 3), "m");
    refuses(w, NTK_ERR_NULL, ntk_svm_decide(s, OTHERS, NULL, POINTS, f, 3), "cross");
    refuses(w, NTK_ERR_NULL, ntk_svm_decide(s, OTHERS, cross, POINTS, NULL, 3), "f");
    refuses(w, NTK_ERR_LEADING_DIMENSION, ntk_svm_decide(s, OTHERS, cross, POINTS - 1, f, 3), "ldk");
    refuses(w, NTK_ERR_LEADING_DIMENSION, ntk_svm_decide(s, OTHERS, cross, POINTS, f, 2), "ldf");
    refuses(w, NTK_ERR_ALIAS, ntk_svm_decide(s, OTHERS, cross, POINTS, cross + 7, 3), "f");
    refuses(w, NTK_ERR_ALIAS, ntk_svm_predict(s, OTHERS, cross, POINTS, cross), "y");
    refuses(w, NTK_ERR_UNSUPPORTED, ntk_svm_decide_at(s, OTHERS, w->data.z, INPUTS, f, 3), "kernel");
    refuses(w, NTK_ERR_UNSUPPORTED, ntk_svm_predict_at(s, OTHERS, w->data.z, INPUTS, y), "kernel");
    cross[3] = INFINITY;
    refuses(w, NTK_ERR_NOT_FINITE, ntk_svm_predict(s, OTHERS, cross, POINTS, y), "cross[0][3]");
    cross[3] = 1e308;
    for (int j = 0; j < POINTS; j++)
        cross[j] = 1e308;
    ASSERT_OK(ntk_svm_get_solution(s, a, 3, NULL));
    double most = 0;
    for (int i = 0; i < POINTS * 3; i++)
        most = fmax(most, fabs(a[i]));
    if (most > 10) {
        refuses(w, NTK_ERR_RANGE, ntk_svm_decide(s, OTHERS, cross, POINTS, f, 3), "f");
        refuses(w, NTK_ERR_RANGE, ntk_svm_predict(s, OTHERS, cross, POINTS, y), "f");
    }
    ck_assert(suite_is_canary(OTHERS * 3, f) && suite_is_canary(OTHERS, y));
    world_destroy(w);
}
END_TEST

START_TEST(points_are_checked) {
    calls_world *const w = world_create();
    ntk_svm *s = NULL;
    double f[OTHERS], y[OTHERS];
    double *const z = w->data.z;
    ASSERT_OK(ntk_svm_create_from_kernel(w->data.kernel, NTK_SVM_SVC, POINTS, w->data.x, INPUTS, w->data.sign, &s));
    refuses(w, NTK_ERR_DOMAIN, ntk_svm_decide_at(s, OTHERS, z, INPUTS, f, 1), "fitted");
    ASSERT_OK(ntk_svm_fit(s));
    refuses(w, NTK_ERR_SIZE, ntk_svm_decide_at(s, -1, z, INPUTS, f, 1), "m");
    refuses(w, NTK_ERR_NULL, ntk_svm_decide_at(s, OTHERS, NULL, INPUTS, f, 1), "z");
    refuses(w, NTK_ERR_LEADING_DIMENSION, ntk_svm_predict_at(s, OTHERS, z, INPUTS - 1, y), "ldz");
    refuses(w, NTK_ERR_ALIAS, ntk_svm_predict_at(s, OTHERS, z, INPUTS, z), "y");
    z[5] = NAN;
    refuses(w, NTK_ERR_NOT_FINITE, ntk_svm_predict_at(s, OTHERS, z, INPUTS, y), "z[1][2]");
    ntk_svm_destroy(s);
    world_destroy(w);
}
END_TEST

/* Costs and targets at the end of the range: a status, never a NaN. */
START_TEST(what_overflows_is_told) {
    calls_world *const w = world_create();
    double weights[POINTS], large[POINTS], objective, gap;
    for (int i = 0; i < POINTS; i++) {
        weights[i] = 1e300;
        large[i] = w->data.number[i] * 1e305;
    }
    ASSERT_OK(ntk_svm_set_cost(w->svm, 1e300));
    ASSERT_OK(ntk_svm_set_sample_weights(w->svm, POINTS, weights));
    refuses(w, NTK_ERR_RANGE, ntk_svm_fit(w->svm), "1e+300");
    for (int32_t type = NTK_SVM_SVC; type <= NTK_SVM_LOGISTIC; type++)
        for (int32_t bias = 0; bias < 2; bias++) {
            const bool class = type == NTK_SVM_SVC || type == NTK_SVM_LOGISTIC;
            ntk_svm *s = NULL;
            ASSERT_OK(ntk_svm_create(w->context, type, POINTS, w->data.gram, POINTS, class ? w->data.sign : large, &s));
            ASSERT_OK(ntk_svm_set_cost(s, 1e305));
            ASSERT_OK(ntk_svm_set_bias(s, bias));
            ASSERT_OK(ntk_svm_set_most_iterations(s, 20000));
            const ntk_status status = ntk_svm_fit(s);
            REQUIRE(status == NTK_SUCCESS || status == NTK_ERR_RANGE || status == NTK_ERR_CONVERGENCE, "%s",
                    ntk_status_name(status));
            if (status == NTK_SUCCESS) {
                ASSERT_OK(ntk_svm_get_report(s, 0, &objective, &gap, NULL, NULL, NULL));
                ck_assert(isfinite(objective) && isfinite(gap));
            }
            ntk_svm_destroy(s);
        }
    world_destroy(w);
}
END_TEST

START_TEST(each_setting_makes_the_machine_unfitted) {
    calls_world *const w = world_create();
    ntk_svm *const s = w->svm;
    double a[POINTS * 3], weights[POINTS];
    for (int i = 0; i < POINTS; i++)
        weights[i] = 1;
    for (int k = 0; k < 10; k++) {
        ASSERT_OK(ntk_svm_fit(s));
        ASSERT_OK(ntk_svm_get_solution(s, a, 3, NULL));
        ASSERT_OK(k == 0   ? ntk_svm_set_cost(s, 1)
                  : k == 1 ? ntk_svm_set_class_cost(s, 0, 1)
                  : k == 2 ? ntk_svm_set_sample_weights(s, POINTS, weights)
                  : k == 3 ? ntk_svm_set_bias(s, 1)
                  : k == 4 ? ntk_svm_set_multiclass(s, 0)
                  : k == 5 ? ntk_svm_set_epsilon(s, 0.1)
                  : k == 6 ? ntk_svm_set_tolerance(s, 1e-3)
                  : k == 7 ? ntk_svm_set_cache(s, 1000)
                  : k == 8 ? ntk_svm_set_shrinking(s, 1)
                           : ntk_svm_set_most_iterations(s, 100000));
        refuses(w, NTK_ERR_DOMAIN, ntk_svm_get_solution(s, a, 3, NULL), "fitted");
    }
    world_destroy(w);
}
END_TEST

/* ---- progress ---- */

typedef struct {
    int reports, stop_at;
    double last;
    bool falls;
} watch;

static int32_t look(double fraction, const char *phase, void *user) {
    watch *const own = user;
    if (strcmp(phase, "machine") == 0) {
        own->falls = own->falls || fraction < own->last;
        own->last = fraction;
    }
    return ++own->reports == own->stop_at ? 1 : 0;
}

/* Cancelled at each report in turn, a fit leaves the machine unfitted and able to do the same work. */
START_TEST(a_fit_can_be_cancelled_anywhere) {
    calls_world *const w = world_create();
    for (int32_t type = NTK_SVM_SVC; type <= NTK_SVM_LOGISTIC; type++) {
        const bool class = type == NTK_SVM_SVC || type == NTK_SVM_LOGISTIC;
        const int64_t machines = class ? 3 : 1;
        ntk_svm *s = NULL;
        double first[POINTS * 3], again[POINTS * 3];
        ASSERT_OK(ntk_svm_create_from_kernel(w->data.kernel, type, POINTS, w->data.x, INPUTS,
                                             class ? w->data.three : w->data.number, &s));
        watch own = {0};
        ASSERT_OK(ntk_context_set_progress(w->context, look, &own));
        ASSERT_OK(ntk_svm_fit(s));
        ASSERT_OK(ntk_svm_get_solution(s, first, machines, NULL));
        const int reports = own.reports;
        ck_assert_int_ge(reports, 2); /* the start and the end */
        ck_assert(!own.falls && own.last == 1);
        for (int k = 1; k <= reports; k += 1 + reports / 20) {
            own = (watch){.stop_at = k};
            refuses(w, NTK_ERR_CANCELLED, ntk_svm_fit(s), "progress");
            refuses(w, NTK_ERR_DOMAIN, ntk_svm_get_solution(s, again, machines, NULL), "fitted");
        }
        own = (watch){0};
        ASSERT_OK(ntk_svm_fit(s));
        ASSERT_OK(ntk_svm_get_solution(s, again, machines, NULL));
        ASSERT_SAME_BITS(first, again, POINTS * machines);
        ASSERT_OK(ntk_context_set_progress(w->context, NULL, NULL));
        ntk_svm_destroy(s);
    }
    world_destroy(w);
}
END_TEST

/* A kernel of a finite network, whose rows are not made one by one, and one with several rows for a point. */
START_TEST(kernels_of_finite_networks) {
    calls_world *const w = world_create();
    const int64_t widths[] = {INPUTS, 20, 2};
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    ntk_kernel *one = NULL, *full = NULL;
    ntk_svm *svm = NULL;
    double gram[POINTS * POINTS], f[POINTS], g[POINTS];
    ASSERT_OK(ntk_mlp_create(w->context, 2, widths, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_network_create(w->context, mlp, 3, &network));
    ASSERT_OK(ntk_kernel_create_empirical(w->context, network, NTK_KERNEL_NTK, NTK_OUTPUT_TRACE, &one));
    ASSERT_OK(ntk_kernel_create_empirical(w->context, network, NTK_KERNEL_NTK, NTK_OUTPUT_FULL, &full));
    refuses(w, NTK_ERR_UNSUPPORTED,
            ntk_svm_create_from_kernel(full, NTK_SVM_SVC, POINTS, w->data.x, INPUTS, w->data.sign, &svm), "2");
    ASSERT_OK(ntk_svm_create_from_kernel(one, NTK_SVM_SVC, POINTS, w->data.x, INPUTS, w->data.sign, &svm));
    ntk_kernel_destroy(one); /* the machine keeps it */
    ASSERT_OK(ntk_svm_fit(svm));
    ASSERT_OK(ntk_svm_decide_at(svm, POINTS, w->data.x, INPUTS, f, 1));
    ASSERT_OK(ntk_kernel_create_empirical(w->context, network, NTK_KERNEL_NTK, NTK_OUTPUT_TRACE, &one));
    ASSERT_OK(ntk_kernel_gram(one, POINTS, w->data.x, INPUTS, gram, POINTS));
    ASSERT_OK(ntk_svm_decide(svm, POINTS, gram, POINTS, g, 1));
    for (int i = 0; i < POINTS; i++)
        ASSERT_CLOSE(f[i], g[i], 1e4 * POINTS * DBL_EPSILON);
    ntk_svm_destroy(svm);
    ntk_kernel_destroy(full);
    ntk_kernel_destroy(one);
    ntk_network_destroy(network);
    ntk_mlp_destroy(mlp);
    world_destroy(w);
}
END_TEST

SUITE("svm_calls", creation_refuses_bad_input, creation_from_a_kernel_refuses_bad_input, settings_refuse_bad_input,
      null_handles_are_told, results_refuse_bad_input, points_are_checked, what_overflows_is_told,
      each_setting_makes_the_machine_unfitted, a_fit_can_be_cancelled_anywhere, kernels_of_finite_networks)
