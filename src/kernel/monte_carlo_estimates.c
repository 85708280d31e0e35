/* Means and standard errors after several numbers of networks, panel by panel as gram.c and cross.c go. */
#include "lib/arguments/arguments.h"
#include "src/kernel/mirror.h"
#include "src/kernel/monte_carlo.h"

/* A call: n x m matrices of K(X,Z), or of a Gram matrix (b = a). */
typedef struct {
    ntk_kernel *kernel;
    const char *function;
    ntki_rows *a, *b;
    bool gram;
    const ntki_estimates *estimates;
} estimates_call;

/* ---- panels ---- */

static ntk_status fill_panel(const estimates_call *call, int64_t i0, int64_t i1) {
    const ntki_estimates *const whole = call->estimates;
    const double before = (double)i0 / (double)call->a->n, after = (double)i1 / (double)call->a->n;
    ntki_estimates part = *whole;
    part.mean += i0 * part.ldm;
    if (part.error != NULL)
        part.error += i0 * part.lde;
    const ntki_tile tile = {.a = call->a,
                            .b = call->b,
                            .i0 = i0,
                            .i1 = i1,
                            .j1 = call->gram ? i1 : call->b->n,
                            .lower = call->gram,
                            .from = call->gram ? before * before : before,
                            .to = call->gram ? after * after : after};
    ntk_status status = ntki_monte_carlo_tile(call->kernel, call->function, &tile, &part);
    for (int64_t s = 0; status == NTK_SUCCESS && call->gram && s < whole->count; s++) {
        ntki_mirror(call->kernel->context, whole->mean + s * whole->mean_step, whole->ldm, i0, i1);
        if (whole->error != NULL)
            ntki_mirror(call->kernel->context, whole->error + s * whole->error_step, whole->lde, i0, i1);
    }
    return status != NTK_SUCCESS ? status : ntki_progress(call->kernel->context, call->function, tile.to, "kernel");
}

static ntk_status fill_panels(const estimates_call *call) {
    const ntki_estimates *const own = call->estimates;
    const int64_t n = call->a->n, m = call->b->n;
    ntk_status status = ntki_progress(call->kernel->context, call->function, 0, "kernel");
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i0 = 0, i1; status == NTK_SUCCESS && i0 < n; i0 = i1) {
        i1 = ntki_cut(i0, call->kernel->panel_rows, n);
        status = fill_panel(call, i0, i1);
    }
    for (int64_t s = 0; status != NTK_SUCCESS && s < own->count; s++) {
        ntki_fill_with_nan(n, m, own->mean + s * own->mean_step, own->ldm);
        if (own->error != NULL)
            ntki_fill_with_nan(n, m, own->error + s * own->error_step, own->lde);
    }
    return status;
}

/* z = NULL: a Gram matrix. */
static ntk_status estimate(ntk_kernel *kernel, const char *function, const ntki_input *x, const ntki_input *z,
                           const ntki_estimates *estimates) {
    const ntki_evaluator *const evaluator = kernel->evaluator;
    estimates_call call = {.kernel = kernel, .function = function, .gram = z == NULL, .estimates = estimates};
    ntki_kernel_begin(kernel, kernel->type == NTK_KERNEL_NTK, false);
    ntk_status status = evaluator->prepare(kernel, function, x, &call.a);
    if (status == NTK_SUCCESS && z != NULL)
        status = evaluator->prepare(kernel, function, z, &call.b);
    else
        call.b = call.a;
    if (status == NTK_SUCCESS)
        status = evaluator->match(kernel, function, call.a, call.b);
    if (status == NTK_SUCCESS)
        status = fill_panels(&call);
    if (z != NULL)
        evaluator->release(kernel, call.b);
    evaluator->release(kernel, call.a);
    return ntki_kernel_end(kernel, status);
}

/* ---- arguments ---- */

static ntk_status check_networks(const ntk_kernel *kernel, const char *function, const ntki_estimates *own) {
    ntk_context *const context = kernel->context;
    ntk_status status;
    if (kernel->evaluator != &ntki_evaluator_monte_carlo)
        return ntki_fail(context, NTK_ERR_UNSUPPORTED, function,
                         "only kernels from ntk_kernel_create_monte_carlo() are means of networks");
    const int64_t most = ntki_monte_carlo_of(kernel)->networks;
    if ((status = ntki_check_size(context, function, "count", own->count)) != NTK_SUCCESS ||
        (status = ntki_check_pointer(context, function, "networks", own->networks)) != NTK_SUCCESS)
        return status;
    for (int64_t s = 0; s < own->count; s++) {
        const int64_t given = own->networks[s];
        if (given < 1 || given > most)
            return ntki_fail(context, NTK_ERR_SIZE, function, "networks[%lld] is %lld; it must be from 1 to %lld",
                             (long long)s, (long long)given, (long long)most);
        if (s > 0 && given <= own->networks[s - 1])
            return ntki_fail(context, NTK_ERR_SIZE, function,
                             "networks[%lld] is %lld, and the one before it %lld; they must ascend", (long long)s,
                             (long long)given, (long long)own->networks[s - 1]);
        if (given == 1 && own->error != NULL)
            return ntki_fail(context, NTK_ERR_SIZE, function, "networks[0] is 1; one network has no error");
    }
    return NTK_SUCCESS;
}

/* An output of count matrices n x m against the inputs and, last of them, `networks`. */
static ntk_status check_output(ntk_context *context, const char *function, const ntki_matrix *output,
                               const ntki_matrix *inputs, int input_count) {
    ntk_status status = ntki_check_matrix(context, function, output);
    for (int i = 0; status == NTK_SUCCESS && i < input_count; i++)
        status = ntki_check_disjoint(context, function, output, &inputs[i]);
    return status;
}

/* Sets the steps. inputs[0] is x, inputs[1] z where there is one; behind them is room for `networks`. */
static ntk_status check_outputs(const ntk_kernel *kernel, const char *function, int64_t n, int64_t m,
                                ntki_matrix *inputs, int input_count, ntki_estimates *own) {
    _Static_assert(sizeof(int64_t) == sizeof(double), "so that networks overlap what as many doubles would");
    ntk_context *const context = kernel->context;
    ntk_status status = check_networks(kernel, function, own);
    if (status != NTK_SUCCESS)
        return status;
    if (own->count > INT64_MAX / n)
        return ntki_fail(context, NTK_ERR_OVERFLOW, function, "count is %lld and n %lld: more than 2^63 - 1 rows",
                         (long long)own->count, (long long)n);
    inputs[input_count] =
        (ntki_matrix){"networks", (const double *)(const void *)own->networks, 1, own->count, own->count, "count"};
    const ntki_matrix mean = {"mean", own->mean, own->count * n, m, own->ldm, "ldm"};
    const ntki_matrix error = {"error", own->error, own->count * n, m, own->lde, "lde"};
    if ((status = check_output(context, function, &mean, inputs, input_count + 1)) != NTK_SUCCESS ||
        (own->error != NULL &&
         ((status = check_output(context, function, &error, inputs, input_count + 1)) != NTK_SUCCESS ||
          (status = ntki_check_disjoint(context, function, &mean, &error)) != NTK_SUCCESS)))
        return status;
    for (int i = 0; i < input_count; i++)
        if ((status = ntki_check_finite(context, function, &inputs[i])) != NTK_SUCCESS)
            return status;
    own->mean_step = n * own->ldm;
    own->error_step = own->error == NULL ? 0 : n * own->lde;
    return NTK_SUCCESS;
}

ntk_status ntk_kernel_gram_estimates(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t count,
                                     const int64_t *networks, double *mean, int64_t ldm, double *error, int64_t lde) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntki_matrix inputs[2] = {{"x", x, n, kernel->input_dimension, ldx, "ldx"}};
    ntki_estimates own = {.count = count, .networks = networks, .mean = mean, .ldm = ldm, .error = error, .lde = lde};
    ntk_status status = ntki_kernel_check_rows(kernel, __func__, "x", "n", "ldx", n, x, ldx);
    if (status == NTK_SUCCESS)
        status = check_outputs(kernel, __func__, n, n, inputs, 1, &own);
    return status != NTK_SUCCESS ? status : estimate(kernel, __func__, &(ntki_input){"x", 0, n, x, ldx}, NULL, &own);
}

ntk_status ntk_kernel_cross_estimates(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t m,
                                      const double *z, int64_t ldz, int64_t count, const int64_t *networks,
                                      double *mean, int64_t ldm, double *error, int64_t lde) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    ntki_matrix inputs[3] = {{"x", x, n, kernel->input_dimension, ldx, "ldx"},
                             {"z", z, m, kernel->input_dimension, ldz, "ldz"}};
    ntki_estimates own = {.count = count, .networks = networks, .mean = mean, .ldm = ldm, .error = error, .lde = lde};
    ntk_status status = ntki_kernel_check_rows(kernel, __func__, "x", "n", "ldx", n, x, ldx);
    if (status == NTK_SUCCESS)
        status = ntki_kernel_check_rows(kernel, __func__, "z", "m", "ldz", m, z, ldz);
    if (status == NTK_SUCCESS)
        status = check_outputs(kernel, __func__, n, m, inputs, 2, &own);
    return status != NTK_SUCCESS
               ? status
               : estimate(kernel, __func__, &(ntki_input){"x", 0, n, x, ldx}, &(ntki_input){"z", 0, m, z, ldz}, &own);
}
