/* Out of memory: every public function, at every allocation. A scenario is run with the k-th allocation failing (and
 * then with the k-th and all later ones), for k = 0, 1, 2, ... until it succeeds. Each failure has to be
 * NTK_ERR_NO_MEMORY with outputs untouched; the same call on the same handle then gives the right result; and nothing
 * is left when all is destroyed.
 *
 * A new public function gets one line in `scenarios`, or, if it never allocates, one in `without_memory`. */
#include "tests/folder.h"

#ifndef NTK_SYMBOLS_FILE
#define NTK_SYMBOLS_FILE "tests/abi/symbols.txt" /* from the root of the repository, where the tests run */
#endif

enum { N = 40, M = 25, D = 4, C = 2, OUT = N * N };

/* ---- the world in which a scenario runs ---- */

#include "tests/oom/network_files.h"

typedef struct {
    suite_tracker tracker;
    ntk_context *context;
    ntk_activation *activation;
    ntk_mlp *mlp;
    ntk_activation *of_caller;
    ntk_kernel *kernel, *series, *by_duals, *shallow;
    ntk_flow *flow, *flow_at;
    ntk_gp *gp, *gp_at;
    ntk_svm *svm[3];
    ntk_ensemble *ensemble, *ensemble_at, *last_layer;
    ntk_network *network;
    ntk_kernel *empirical; /* of its output 0 */
    ntk_kernel *monte_carlo;
    ntk_loss *loss;
    ntk_trainer *trainer[2];
    network_files files;
    suite_folder run; /* a trainer's */
    double x[N * D], z[M * D], y[N * C], gram[N * N], cross[M * N], prior[M];
    double out[OUT], variance[M]; /* outputs */
    void *made;                   /* what a create function writes to, &nothing at first */
    int64_t integer;
} world;

static char nothing;

#define MADE(type) ((type **)(void *)&w->made)

static int32_t phi(void *user, int64_t n, const double *x, double *y) {
    (void)user;
    for (int64_t i = 0; i < n; i++)
        y[i] = tanh(x[i]);
    return 0;
}

static int32_t dual(void *user, int64_t n, const double *q, const double *q_other, const double *k, double *value,
                    double *slope) {
    (void)user, (void)q, (void)q_other;
    for (int64_t i = 0; i < n; i++) {
        value[i] = k[i];
        slope[i] = 1;
    }
    return 0;
}

/* The NTK with a function of the caller in every hidden layer. */
static ntk_kernel *kernel_after(world *w, ntk_activation_function function, ntk_dual_function duals) {
    const int64_t widths[] = {D, 5, 3, C};
    ntk_activation *activation = NULL;
    ntk_mlp *mlp = NULL;
    ntk_kernel *kernel = NULL;
    if (function != NULL)
        ASSERT_OK(ntk_activation_create_function(w->context, function, NULL, NULL, &activation));
    else
        ASSERT_OK(ntk_activation_create_dual(w->context, duals, NULL, &activation));
    ASSERT_OK(ntk_mlp_create(w->context, 3, widths, NTK_ACTIVATION_RELU, &mlp));
    ASSERT_OK(ntk_mlp_set_activation(mlp, 0, activation));
    ASSERT_OK(ntk_kernel_create_analytic(w->context, mlp, NTK_KERNEL_NTK, &kernel));
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
    return kernel;
}

static void ensembles_create(world *w);

static void svms_create(world *w);

static void shallow_create(world *w);

static void world_create(world *w) {
    const int64_t widths[] = {D, 5, 3, C};
    uint64_t state = 60;
    suite_tracker_init(&w->tracker);
    suite_fill(&state, N * D, w->x);
    suite_fill(&state, M * D, w->z);
    suite_fill(&state, N * C, w->y);
    memcpy(w->x + D, w->x, sizeof(double) * D); /* equal rows: the Gram is singular */
    ASSERT_OK(ntk_context_create_with_allocator(&w->tracker.allocator, &w->context));
    ASSERT_OK(ntk_context_set_threads(w->context, 2));
    ASSERT_OK(ntk_activation_create(w->context, NTK_ACTIVATION_LEAKY_RELU, NULL, 0, &w->activation));
    ASSERT_OK(ntk_mlp_create(w->context, 3, widths, NTK_ACTIVATION_RELU, &w->mlp));
    ASSERT_OK(ntk_kernel_create_analytic(w->context, w->mlp, NTK_KERNEL_NTK, &w->kernel));
    w->series = kernel_after(w, phi, NULL);
    ASSERT_OK(ntk_kernel_set_tolerance(w->series, 1e-3)); /* fewer allocations, faster */
    w->by_duals = kernel_after(w, NULL, dual);
    ASSERT_OK(ntk_activation_create_function(w->context, phi, phi, NULL, &w->of_caller));
    ASSERT_OK(ntk_kernel_gram(w->kernel, N, w->x, D, w->gram, N));
    ASSERT_OK(ntk_kernel_cross(w->kernel, M, w->z, D, N, w->x, D, w->cross, N));
    ASSERT_OK(ntk_kernel_diagonal(w->kernel, M, w->z, D, w->prior));
    ASSERT_OK(ntk_flow_create(w->context, N, C, w->gram, N, w->y, C, NTK_LOSS_SQUARED, &w->flow));
    ASSERT_OK(ntk_flow_create_from_kernel(w->kernel, N, w->x, D, C, w->y, C, NTK_LOSS_SQUARED, &w->flow_at));
    ASSERT_OK(ntk_gp_create(w->context, N, C, w->gram, N, w->y, C, 0.1, &w->gp));
    ASSERT_OK(ntk_gp_create_from_kernel(w->kernel, N, w->x, D, C, w->y, C, 0.1, &w->gp_at));
    ensembles_create(w);
    svms_create(w);
    shallow_create(w);
    ASSERT_OK(ntk_flow_set_initial(w->flow_at, w->gram, N)); /* any numbers but y; the other flow starts at 0 */
    ASSERT_OK(ntk_network_create(w->context, w->mlp, 60, &w->network));
    ASSERT_OK(ntk_kernel_create_empirical(w->context, w->network, NTK_KERNEL_NTK, NTK_OUTPUT_ONE, &w->empirical));
    ASSERT_OK(ntk_kernel_create_monte_carlo(w->context, w->mlp, NTK_KERNEL_NTK, 3, 60, &w->monte_carlo));
    ASSERT_OK(ntk_loss_create(w->context, NTK_LOSS_SQUARED, NULL, 0, &w->loss));
    for (int i = 0; i < 2; i++) {
        ASSERT_OK(ntk_trainer_create(w->network, N, w->x, D, w->y, C, w->loss, &w->trainer[i]));
        ASSERT_OK(ntk_trainer_set_learning_rate(w->trainer[i], 0.1));
    }
    suite_folder_create(&w->run, "run");
    ASSERT_OK(ntk_trainer_save(w->trainer[0], w->run.path));
    network_files_create(w->network, &w->files);
    suite_fill_canary(OUT, w->out);
    suite_fill_canary(M, w->variance);
    w->made = &nothing;
    w->integer = 12345;
}

static void world_destroy(world *w) {
    network_files_remove(&w->files);
    suite_folder_remove(&w->run);
    for (int i = 0; i < 2; i++)
        ntk_trainer_destroy(w->trainer[i]);
    ntk_loss_destroy(w->loss);
    ntk_kernel_destroy(w->monte_carlo);
    ntk_kernel_destroy(w->empirical);
    ntk_network_destroy(w->network);
    ntk_ensemble_destroy(w->ensemble);
    ntk_ensemble_destroy(w->ensemble_at);
    ntk_ensemble_destroy(w->last_layer);
    for (int i = 0; i < 3; i++)
        ntk_svm_destroy(w->svm[i]);
    ntk_kernel_destroy(w->shallow);
    ntk_gp_destroy(w->gp);
    ntk_gp_destroy(w->gp_at);
    ntk_flow_destroy(w->flow);
    ntk_flow_destroy(w->flow_at);
    ntk_activation_destroy(w->of_caller);
    ntk_kernel_destroy(w->series);
    ntk_kernel_destroy(w->by_duals);
    ntk_kernel_destroy(w->kernel);
    ntk_mlp_destroy(w->mlp);
    ntk_activation_destroy(w->activation);
    ntk_context_destroy(w->context);
}

/* ---- scenarios ---- */

static ntk_status context_create(world *w) {
    return ntk_context_create_with_allocator(&w->tracker.allocator, MADE(ntk_context));
}

static ntk_status activation_create(world *w) {
    const double slope = 0.1;
    return ntk_activation_create(w->context, NTK_ACTIVATION_LEAKY_RELU, &slope, 1, MADE(ntk_activation));
}

static ntk_status mlp_create(world *w) {
    const int64_t widths[] = {D, 5, 3, C};
    return ntk_mlp_create(w->context, 3, widths, NTK_ACTIVATION_ERF, MADE(ntk_mlp));
}

static ntk_status activation_create_function(world *w) {
    return ntk_activation_create_function(w->context, phi, phi, NULL, MADE(ntk_activation));
}

static ntk_status activation_create_dual(world *w) {
    return ntk_activation_create_dual(w->context, dual, NULL, MADE(ntk_activation));
}

static ntk_status activation_evaluate(world *w) {
    return ntk_activation_evaluate(w->of_caller, N * D, w->x, w->out, w->out + N * D);
}

/* The setter that computes: every layer tanh, with a bias. */
static ntk_status mlp_set_initialisation(world *w) {
    ntk_status status;
    if ((status = ntk_mlp_set_activation(w->mlp, 0, w->of_caller)) != NTK_SUCCESS ||
        (status = ntk_mlp_set_bias_std(w->mlp, 0.5)) != NTK_SUCCESS)
        return status;
    return ntk_mlp_set_initialisation(w->mlp, NTK_INITIALISATION_CRITICAL);
}

static ntk_status mlp_set_activation(world *w) { return ntk_mlp_set_activation(w->mlp, 2, w->activation); }

#include "tests/oom/kernel_scenarios.h"
#include "tests/oom/network_scenarios.h"
#include "tests/oom/taylor_scenarios.h"
#include "tests/oom/monte_carlo_scenarios.h"
#include "tests/oom/loss_scenarios.h"
#include "tests/oom/train_scenarios.h"
#include "tests/oom/solver_scenarios.h"
#include "tests/oom/flow_scenarios.h"
#include "tests/oom/svm_scenarios.h"
#include "tests/oom/certificate_scenarios.h"
#include "tests/oom/ensemble_scenarios.h"

/* What a create function made; NULL for scenarios that make nothing. */
typedef enum { NONE, CONTEXT, ACTIVATION, MLP, KERNEL, FLOW, GP, SVM, ENSEMBLE, NETWORK, LOSS, TRAINER } handle_kind;

/* `least` is a lower bound of the number of allocations, so that a scenario cannot pass without having failed.
 * Functions that need none today, but may one day, have 0. */
static const struct {
    const char *function;
    ntk_status (*run)(world *);
    handle_kind made;
    int least;
} scenarios[] = {
    {"ntk_context_create_with_allocator", context_create, CONTEXT, 1},
    {"ntk_activation_create", activation_create, ACTIVATION, 1},
    {"ntk_activation_create_function", activation_create_function, ACTIVATION, 1},
    {"ntk_activation_create_dual", activation_create_dual, ACTIVATION, 1},
    {"ntk_activation_evaluate", activation_evaluate, NONE, 2},
    {"ntk_mlp_create", mlp_create, MLP, 1},
    {"ntk_mlp_set_initialisation", mlp_set_initialisation, NONE, 2},
    {"ntk_mlp_set_activation", mlp_set_activation, NONE, 0},
    {"ntk_kernel_create_analytic", kernel_create_analytic, KERNEL, 1},
    {"ntk_kernel_gram", kernel_gram, NONE, 1},
    {"ntk_kernel_cross", kernel_cross, NONE, 1},
    {"ntk_kernel_diagonal", kernel_diagonal, NONE, 0},
    {"ntk_kernel_apply", kernel_apply, NONE, 2},
    {"ntk_kernel_gram", kernel_gram_series, NONE, 1},
    {"ntk_kernel_cross", kernel_cross_dual, NONE, 1},
    {"ntk_kernel_gram_layers", kernel_gram_layers, NONE, 1},
    {"ntk_kernel_cross_layers", kernel_cross_layers, NONE, 1},
    {"ntk_kernel_diagonal_layers", kernel_diagonal_layers, NONE, 0},
    {"ntk_kernel_gram_packed", kernel_gram_packed, NONE, 1},
    {"ntk_kernel_cross_gradient", kernel_cross_gradient, NONE, 1},
    {"ntk_kernel_apply_gradient", kernel_apply_gradient, NONE, 1},
    {"ntk_kernel_gram_derivative", kernel_gram_derivative, NONE, 1},
    {"ntk_kernel_cross_derivative", kernel_cross_derivative, NONE, 1},
    {"ntk_kernel_diagonal_derivative", kernel_diagonal_derivative, NONE, 0},
    {"ntk_kernel_gram_f32", kernel_gram_f32, NONE, 1},
    {"ntk_kernel_cross_f32", kernel_cross_f32, NONE, 1},
    {"ntk_kernel_diagonal_f32", kernel_diagonal_f32, NONE, 0},
    {"ntk_kernel_apply_f32", kernel_apply_f32, NONE, 2},
    {"ntk_flow_create", flow_create, FLOW, 3},
    {"ntk_flow_create_from_kernel", flow_create_from_kernel, FLOW, 4},
    {"ntk_flow_set_initial", flow_set_initial, NONE, 1},
    {"ntk_flow_train", flow_train, NONE, 2},
    {"ntk_flow_train", flow_train_from_initial, NONE, 3},
    {"ntk_flow_train", flow_train_to_the_end, NONE, 1},
    {"ntk_flow_train", flow_train_singular, NONE, 2},
    {"ntk_flow_get_coefficients", flow_get_coefficients, NONE, 2},
    {"ntk_flow_get_rank", flow_get_rank, NONE, 2},
    {"ntk_flow_predict", flow_predict, NONE, 2},
    {"ntk_flow_predict", flow_predict_in_place, NONE, 2},
    {"ntk_flow_predict_at", flow_predict_at, NONE, 2},
    {"ntk_flow_set_loss", flow_set_loss, NONE, 1},
    {"ntk_flow_set_sample_weights", flow_set_sample_weights, NONE, 1},
    {"ntk_flow_set_start", flow_set_start, NONE, 1},
    {"ntk_flow_get_largest_learning_rate", flow_get_largest_learning_rate, NONE, 2},
    {"ntk_flow_get_largest_learning_rate", flow_get_largest_by_lanczos, NONE, 4},
    {"ntk_flow_train", flow_train_weighted, NONE, 8},
    {"ntk_flow_train", flow_train_rebuilt, NONE, 10},
    {"ntk_flow_train", flow_train_krylov, NONE, 8},
    {"ntk_flow_train", flow_train_steps, NONE, 4},
    {"ntk_flow_train_times", flow_train_times, NONE, 4},
    {"ntk_flow_predict_times", flow_predict_times, NONE, 5},
    {"ntk_flow_predict_at_times", flow_predict_at_times, NONE, 5},
    {"ntk_flow_get_cost", flow_get_cost, NONE, 5},
    {"ntk_flow_follow", flow_follow, NONE, 5},
    {"ntk_gp_create", gp_create, GP, 2},
    {"ntk_gp_create_from_kernel", gp_create_from_kernel, GP, 3},
    {"ntk_gp_predict", gp_predict, NONE, 1},
    {"ntk_gp_predict_at", gp_predict_at, NONE, 1},
    {"ntk_ensemble_create", ensemble_create, ENSEMBLE, 4},
    {"ntk_ensemble_create_from_kernels", ensemble_create_from_kernels, ENSEMBLE, 5},
    {"ntk_ensemble_train", ensemble_train, NONE, 8},
    {"ntk_ensemble_train", ensemble_train_singular, NONE, 8},
    {"ntk_ensemble_train", ensemble_train_last_layer, NONE, 8},
    {"ntk_ensemble_predict", ensemble_predict, NONE, 8},
    {"ntk_ensemble_predict", ensemble_predict_last_layer, NONE, 8},
    {"ntk_ensemble_predict_at", ensemble_predict_at, NONE, 8},
    {"ntk_svm_create", svm_create, SVM, 5},
    {"ntk_svm_create_from_kernel", svm_create_from_kernel, SVM, 7},
    {"ntk_svm_set_sample_weights", svm_set_sample_weights, NONE, 1},
    {"ntk_svm_fit", svm_fit, NONE, 8},
    {"ntk_svm_fit", svm_fit_rows, NONE, 16},
    {"ntk_svm_decide", svm_decide, NONE, 1},
    {"ntk_svm_decide_at", svm_decide_at, NONE, 4},
    {"ntk_svm_predict", svm_predict, NONE, 2},
    {"ntk_svm_predict_at", svm_predict_at, NONE, 5},
    {"ntk_kernel_certificate", kernel_certificate, NONE, 1},
    {"ntk_kernel_create_empirical", kernel_create_empirical, KERNEL, 2},
    {"ntk_kernel_gram", empirical_gram, NONE, 2},
    {"ntk_kernel_apply", empirical_apply, NONE, 2},
    {"ntk_kernel_create_monte_carlo", kernel_create_monte_carlo, KERNEL, 5},
    {"ntk_kernel_gram_estimates", kernel_gram_estimates, NONE, 3},
    {"ntk_kernel_cross_estimates", kernel_cross_estimates, NONE, 3},
    {"ntk_kernel_gram", monte_carlo_gram, NONE, 3},
    {"ntk_kernel_diagonal", monte_carlo_diagonal, NONE, 2},
    {"ntk_kernel_apply", monte_carlo_apply, NONE, 3},
    {"ntk_kernel_gram_f32", monte_carlo_gram_f32, NONE, 4},
    {"ntk_network_create", network_create, NETWORK, 2},
    {"ntk_network_copy", network_copy, NETWORK, 2},
    {"ntk_network_get_mlp", network_get_mlp, MLP, 1},
    {"ntk_network_load", network_load, NETWORK, 1},
    {"ntk_network_save", network_save, NONE, 1},
    {"ntk_network_import_safetensors", network_import_safetensors, NONE, 1},
    {"ntk_network_export_safetensors", network_export_safetensors, NONE, 1},
    {"ntk_network_forward", network_forward, NONE, 1},
    {"ntk_network_get_layer", network_get_layer, NONE, 1},
    {"ntk_network_jacobian", network_jacobian, NONE, 1},
    {"ntk_network_jvp", network_jvp, NONE, 1},
    {"ntk_network_vjp", network_vjp, NONE, 1},
    {"ntk_network_forward_f32", network_forward_f32, NONE, 1},
    {"ntk_network_jvp_f32", network_jvp_f32, NONE, 1},
    {"ntk_network_vjp_f32", network_vjp_f32, NONE, 1},
    {"ntk_network_taylor", network_taylor, NONE, 1},
    {"ntk_network_taylor_f32", network_taylor_f32, NONE, 1},
    {"ntk_loss_create", loss_create, LOSS, 1},
    {"ntk_loss_create_function", loss_create_function, LOSS, 1},
    {"ntk_loss_evaluate", loss_evaluate, NONE, 4},
    {"ntk_trainer_create", trainer_create, TRAINER, 6},
    {"ntk_trainer_advance", trainer_advance, NONE, 6},
    {"ntk_trainer_advance", trainer_advance_flow, NONE, 10},
    {"ntk_trainer_get_learning_rate", trainer_get_learning_rate, NONE, 7},
    {"ntk_trainer_set_sample_weights", trainer_set_sample_weights, NONE, 1},
    {"ntk_trainer_get_loss", trainer_get_loss, NONE, 3},
    {"ntk_trainer_predict", trainer_predict, NONE, 2},
    {"ntk_trainer_get_kernel_drift", trainer_get_kernel_drift, NONE, 5},
    {"ntk_trainer_get_network", trainer_get_network, NETWORK, 2},
    {"ntk_trainer_record", trainer_record, NONE, 5},
    {"ntk_trainer_compare_linearised", trainer_compare_linearised, NONE, 8},
    {"ntk_trainer_save", trainer_save, NONE, 1},
    {"ntk_trainer_restore", trainer_restore, NONE, 6},
};

enum { SCENARIOS = sizeof(scenarios) / sizeof(*scenarios) };

/* Never allocate, or (ntk_context_create) not through an allocator that can be made to fail. */
static const char *const without_memory[] = {
    "ntk_version",
    "ntk_status_string",
    "ntk_status_name",
    "ntk_context_create",
    "ntk_context_destroy",
    "ntk_context_set_threads",
    "ntk_context_get_threads",
    "ntk_context_set_log",
    "ntk_context_set_progress",
    "ntk_context_cancel",
    "ntk_context_clear_cancel",
    "ntk_context_last_error",
    "ntk_context_last_status",
    "ntk_context_get_blas_integer_bits",
    "ntk_context_blas_description",
    "ntk_context_cpu_path",
    "ntk_activation_destroy",
    "ntk_activation_set_kinks",
    "ntk_activation_set_parity",
    "ntk_activation_evaluate", /* of a kind */
    "ntk_activation_kind_name",
    "ntk_activation_kind_from_name",
    "ntk_mlp_destroy",
    "ntk_mlp_set_weight_std",
    "ntk_mlp_set_bias_std",
    "ntk_mlp_set_layer_weight_std",
    "ntk_mlp_set_layer_bias_std",
    "ntk_mlp_set_parameterisation",
    "ntk_mlp_set_learning_rates",
    "ntk_mlp_set_layer_normalisation",
    "ntk_mlp_set_skip",
    "ntk_mlp_set_dropout",
    "ntk_mlp_get_depth",
    "ntk_mlp_get_width",
    "ntk_mlp_get_layer_weight_std",
    "ntk_mlp_get_layer_bias_std",
    "ntk_mlp_get_activation_kind",
    "ntk_mlp_get_parameterisation",
    "ntk_mlp_get_learning_rates",
    "ntk_mlp_get_layer_normalisation",
    "ntk_mlp_get_skip",
    "ntk_mlp_get_dropout",
    "ntk_mlp_get_parameter_count",
    "ntk_kernel_destroy",
    "ntk_kernel_get_type",
    "ntk_kernel_get_input_dimension",
    "ntk_kernel_set_tolerance",
    "ntk_kernel_set_most_terms",
    "ntk_kernel_get_error_bound",
    "ntk_flow_destroy",
    "ntk_flow_set_learning_rate",
    "ntk_flow_get_learning_rate",
    "ntk_flow_set_weight_decay",
    "ntk_flow_get_weight_decay",
    "ntk_flow_set_reduction",
    "ntk_flow_set_dynamics",
    "ntk_flow_set_momentum",
    "ntk_flow_set_solver",
    "ntk_flow_set_tolerance",
    "ntk_flow_get_tolerance",
    "ntk_flow_get_work",
    "ntk_gp_destroy",
    "ntk_gp_log_evidence",
    "ntk_svm_destroy",
    "ntk_svm_set_cost",
    "ntk_svm_set_class_cost",
    "ntk_svm_set_bias",
    "ntk_svm_set_multiclass",
    "ntk_svm_set_epsilon",
    "ntk_svm_set_tolerance",
    "ntk_svm_set_cache",
    "ntk_svm_set_shrinking",
    "ntk_svm_set_most_iterations",
    "ntk_svm_get_classes",
    "ntk_svm_get_labels",
    "ntk_svm_get_machines",
    "ntk_svm_get_solution",
    "ntk_svm_get_report",
    "ntk_svm_get_bound",
    "ntk_kernel_set_outputs",
    "ntk_kernel_get_block",
    "ntk_network_destroy",
    "ntk_loss_destroy",
    "ntk_trainer_destroy",
    "ntk_trainer_set_method",
    "ntk_trainer_set_model",
    "ntk_trainer_set_learning_rate",
    "ntk_trainer_set_momentum",
    "ntk_trainer_set_batch",
    "ntk_trainer_set_weight_decay",
    "ntk_trainer_set_initial_decay",
    "ntk_trainer_set_centred",
    "ntk_trainer_set_tolerance",
    "ntk_trainer_get_time",
    "ntk_trainer_get_distance",
    "ntk_trainer_get_parameters",
    "ntk_loss_get_kind",
    "ntk_loss_kind_name",
    "ntk_loss_kind_from_name",
    "ntk_network_randomise",
    "ntk_network_get_sizes",
    "ntk_network_get_parameters",
    "ntk_network_set_parameters",
    "ntk_network_get_parameters_f32",
    "ntk_network_set_parameters_f32",
    "ntk_ensemble_destroy",
    "ntk_ensemble_set_learning_rate",
    "ntk_ensemble_set_weight_decay",
    "ntk_ensemble_set_reduction",
    "ntk_ensemble_set_dynamics",
    "ntk_ensemble_set_momentum",
};

static void destroy_made(handle_kind kind, void *made) {
    switch (kind) {
    case CONTEXT:
        ntk_context_destroy(made);
        break;
    case ACTIVATION:
        ntk_activation_destroy(made);
        break;
    case MLP:
        ntk_mlp_destroy(made);
        break;
    case KERNEL:
        ntk_kernel_destroy(made);
        break;
    case FLOW:
        ntk_flow_destroy(made);
        break;
    case GP:
        ntk_gp_destroy(made);
        break;
    case ENSEMBLE:
        ntk_ensemble_destroy(made);
        break;
    case SVM:
        ntk_svm_destroy(made);
        break;
    case NETWORK:
        ntk_network_destroy(made);
        break;
    case LOSS:
        ntk_loss_destroy(made);
        break;
    case TRAINER:
        ntk_trainer_destroy(made);
        break;
    case NONE:
        break;
    }
}

/* ---- the loop over allocations ---- */

/* What a scenario gives when nothing fails. */
typedef struct {
    double out[OUT], variance[M];
    int64_t integer;
} results;

static void keep_results(const world *w, results *got) {
    memcpy(got->out, w->out, sizeof(got->out));
    memcpy(got->variance, w->variance, sizeof(got->variance));
    got->integer = w->integer;
}

/* Entries that were not written are canaries in both. The rest agrees to 1e-9: n eps times a condition below 1e5, for
 * the case that a BLAS with threads adds up in another order. */
static void check_results(const char *name, long number, const world *w, const results *expected) {
    for (int i = 0; i < OUT + M; i++) {
        const double got = i < OUT ? w->out[i] : w->variance[i - OUT];
        const double want = i < OUT ? expected->out[i] : expected->variance[i - OUT];
        REQUIRE(suite_is_canary(1, &want) ? suite_is_canary(1, &got) : fabs(got - want) <= 1e-9,
                "%s after failing at allocation %ld: entry %d is %.17g, expected %.17g", name, number, i, got, want);
    }
    REQUIRE(w->integer == expected->integer, "%s after failing at allocation %ld: integer %" PRId64, name, number,
            w->integer);
}

/* What has to hold after a scenario failed at allocation `number`. */
static void check_failure(int index, long number, ntk_status status, const world *w, long live) {
    const char *const name = scenarios[index].function;
    REQUIRE(status == NTK_ERR_NO_MEMORY, "%s, allocation %ld: %s", name, number, ntk_status_name(status));
    REQUIRE(suite_is_canary(OUT, w->out) && suite_is_canary(M, w->variance) && w->made == &nothing &&
                w->integer == 12345,
            "%s, allocation %ld: an output was touched", name, number);
    if (scenarios[index].made != NONE)
        REQUIRE(atomic_load(&w->tracker.live) == live, "%s, allocation %ld: left a block", name, number);
    if (scenarios[index].made == CONTEXT) /* there is no context to tell */
        return;
    const char *const message = ntk_context_last_error(w->context);
    REQUIRE(ntk_context_last_status(w->context) == NTK_ERR_NO_MEMORY && strncmp(message, name, strlen(name)) == 0,
            "%s, allocation %ld: the sentence is \"%s\"", name, number, message);
}

/* Runs a scenario with allocation `number` failing (negative: none). Returns whether it failed. */
static bool fails_at(int index, long number, bool fail_on, results *expected) {
    const char *const name = scenarios[index].function;
    world *const w = calloc(1, sizeof(*w));
    ck_assert_ptr_nonnull(w);
    world_create(w);
    const long live = atomic_load(&w->tracker.live);
    suite_fail_at(&w->tracker, number, fail_on);
    const ntk_status status = scenarios[index].run(w);
    const bool failed = status != NTK_SUCCESS;
    const long asked = atomic_load(&w->tracker.count);
    suite_fail_at(&w->tracker, -1, false);
    if (failed) {
        check_failure(index, number, status, w, live);
        const ntk_status again = scenarios[index].run(w);
        REQUIRE(again == NTK_SUCCESS, "%s after failing at allocation %ld: %s", name, number, ntk_status_name(again));
    } else {
        REQUIRE(number < 0 || asked <= number, "%s: success although allocation %ld failed", name, number);
    }
    if (number < 0)
        keep_results(w, expected);
    else
        check_results(name, number, w, expected);
    if (scenarios[index].made != NONE) {
        REQUIRE(w->made != &nothing && w->made != NULL, "%s made no handle", name);
        destroy_made(scenarios[index].made, w->made);
    }
    world_destroy(w);
    REQUIRE(atomic_load(&w->tracker.live) == 0, "%s, allocation %ld: %ld blocks leaked", name, number,
            atomic_load(&w->tracker.live));
    free(w);
    return failed;
}

static void run_all(bool fail_on) {
    for (int i = 0; i < SCENARIOS; i++) {
        results expected;
        long number = 0;
        REQUIRE(!fails_at(i, -1, false, &expected), "%s fails although nothing else does", scenarios[i].function);
        while (fails_at(i, number, fail_on, &expected))
            REQUIRE(++number < 1000, "%s never succeeds", scenarios[i].function);
        REQUIRE(number >= scenarios[i].least, "%s failed %ld times, expected at least %d", scenarios[i].function,
                number, scenarios[i].least);
    }
}

START_TEST(one_allocation_fails) { run_all(false); }
END_TEST

START_TEST(all_later_allocations_fail_too) { run_all(true); }
END_TEST

/* ---- the list is complete ---- */

static bool is_listed(const char *function) {
    for (int i = 0; i < SCENARIOS; i++)
        if (strcmp(scenarios[i].function, function) == 0)
            return true;
    for (size_t i = 0; i < sizeof(without_memory) / sizeof(*without_memory); i++)
        if (strcmp(without_memory[i], function) == 0)
            return true;
    return false;
}

START_TEST(every_public_function_is_listed) {
    FILE *const file = fopen(NTK_SYMBOLS_FILE, "r");
    ck_assert_msg(file != NULL, "cannot open %s: run the tests from the root of the repository", NTK_SYMBOLS_FILE);
    char line[512];
    int functions = 0;
    while (fgets(line, sizeof(line), file) != NULL) {
        char *const name = line + strspn(line, " \t");
        name[strcspn(name, " \t\r\n;")] = '\0';
        if (strncmp(name, "ntk_", 4) != 0)
            continue;
        functions++;
        REQUIRE(is_listed(name), "%s has neither a scenario nor a place in the list of functions without memory", name);
    }
    fclose(file);
    ck_assert_msg(functions >= 60, "only %d functions in %s", functions, NTK_SYMBOLS_FILE);
}
END_TEST

/* The functions of the second list really get by without memory, as far as they have a context to take it from. */
START_TEST(functions_without_memory_work_without_memory) {
    world *const w = calloc(1, sizeof(*w));
    ck_assert_ptr_nonnull(w);
    world_create(w);
    suite_fail_at(&w->tracker, 0, true);
    int32_t small;
    int64_t large;
    double value, y[4];
    ASSERT_OK(ntk_context_set_threads(w->context, 1));
    ASSERT_OK(ntk_context_get_threads(w->context, &small));
    ASSERT_OK(ntk_context_get_blas_integer_bits(w->context, &small));
    ASSERT_OK(ntk_context_set_log(w->context, NULL, NULL));
    ASSERT_OK(ntk_context_set_progress(w->context, NULL, NULL));
    ASSERT_OK(ntk_activation_evaluate(w->activation, 4, w->x, y, NULL));
    ASSERT_OK(ntk_mlp_set_weight_std(w->mlp, 2));
    ASSERT_OK(ntk_mlp_set_bias_std(w->mlp, 2));
    ASSERT_OK(ntk_mlp_set_layer_weight_std(w->mlp, 1, 2));
    ASSERT_OK(ntk_mlp_set_layer_bias_std(w->mlp, 1, 2));
    ASSERT_OK(ntk_mlp_get_depth(w->mlp, &large));
    ASSERT_OK(ntk_mlp_get_width(w->mlp, 1, &large));
    ASSERT_OK(ntk_mlp_get_layer_weight_std(w->mlp, 1, &value));
    ASSERT_OK(ntk_mlp_get_layer_bias_std(w->mlp, 1, &value));
    ASSERT_OK(ntk_mlp_get_activation_kind(w->mlp, 1, &small));
    ASSERT_OK(ntk_activation_set_kinks(w->of_caller, 4, w->x));
    ASSERT_OK(ntk_activation_set_parity(w->of_caller, NTK_PARITY_ODD));
    ASSERT_OK(ntk_mlp_set_parameterisation(w->mlp, NTK_PARAMETERISATION_STANDARD));
    ASSERT_OK(ntk_mlp_get_parameterisation(w->mlp, &small));
    ASSERT_OK(ntk_mlp_set_learning_rates(w->mlp, 0, 2, 3));
    ASSERT_OK(ntk_mlp_get_learning_rates(w->mlp, 1, &value, &value));
    ASSERT_OK(ntk_mlp_set_layer_normalisation(w->mlp, 0, 1, 1));
    ASSERT_OK(ntk_mlp_get_layer_normalisation(w->mlp, 1, &small, &value));
    ASSERT_OK(ntk_mlp_set_skip(w->mlp, 2, 0));
    ASSERT_OK(ntk_mlp_get_skip(w->mlp, 2, &large));
    ASSERT_OK(ntk_mlp_set_dropout(w->mlp, 0, 0.5));
    ASSERT_OK(ntk_mlp_get_dropout(w->mlp, 1, &value));
    ASSERT_OK(ntk_kernel_set_tolerance(w->series, 1e-8));
    ASSERT_OK(ntk_kernel_set_most_terms(w->series, 100));
    ASSERT_OK(ntk_kernel_get_error_bound(w->series, &value));
    ASSERT_OK(ntk_mlp_get_parameter_count(w->mlp, &large));
    ASSERT_OK(ntk_kernel_get_type(w->kernel, &small));
    ASSERT_OK(ntk_kernel_get_input_dimension(w->kernel, &large));
    ASSERT_OK(ntk_flow_set_learning_rate(w->flow, 2));
    ASSERT_OK(ntk_flow_get_learning_rate(w->flow, &value));
    ASSERT_OK(ntk_flow_set_weight_decay(w->flow, 2));
    ASSERT_OK(ntk_flow_get_weight_decay(w->flow, &value));
    flow_without_memory(w->flow);
    ASSERT_OK(ntk_gp_log_evidence(w->gp, &value));
    svm_without_memory(w->svm[0], w->out);
    static float single[PARAMETERS];
    ASSERT_OK(ntk_kernel_set_outputs(w->empirical, 1, 1));
    ASSERT_OK(ntk_kernel_get_block(w->empirical, &large));
    ASSERT_OK(ntk_network_randomise(w->network, 1));
    ASSERT_OK(ntk_loss_get_kind(w->loss, &small));
    trainer_without_memory(w->trainer[0], w->out);
    ASSERT_OK(ntk_network_get_sizes(w->network, &large, NULL, NULL));
    ASSERT_OK(ntk_network_get_parameters(w->network, PARAMETERS, w->out));
    ASSERT_OK(ntk_network_set_parameters(w->network, PARAMETERS, w->out));
    ASSERT_OK(ntk_network_get_parameters_f32(w->network, PARAMETERS, single));
    ASSERT_OK(ntk_network_set_parameters_f32(w->network, PARAMETERS, single));
    ASSERT_STATUS(NTK_ERR_DOMAIN, ntk_mlp_set_weight_std(w->mlp, -1)); /* and errors are told */
    ck_assert(suite_mentions(ntk_context_last_error(w->context), "weight_std"));
    world_destroy(w); /* and all can be destroyed */
    ck_assert_int_eq(atomic_load(&w->tracker.live), 0);
    free(w);
}
END_TEST

SUITE("oom", one_allocation_fails, all_later_allocations_fail_too, every_public_function_is_listed,
      functions_without_memory_work_without_memory)
