/* Several layers, and both types of kernel, in one pass. */
#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/kernel/kernel.h"

/* The matrices that the caller wants, checked: an n x m one for each that is not NULL. */
typedef struct {
    const ntk_kernel *kernel;
    const char *function;
    int64_t count;
    const ntk_layer_values *values;
    int64_t n, m, ld;
    const char *ld_name;
} request;

/* A later header may have longer entries: the caller's size is the distance between them. */
static const ntk_layer_values *entry_of(const ntk_layer_values *values, int64_t v) {
    return (const ntk_layer_values *)(const void *)((const char *)values + (size_t)v * values->struct_size);
}

static ntki_matrix matrix_of(const request *wanted, int64_t index) {
    const ntk_layer_values *const own = entry_of(wanted->values, index / 2);
    double *const data = index % 2 == 0 ? own->nngp : own->ntk;
    return (ntki_matrix){
        index % 2 == 0 ? "values.nngp" : "values.ntk", data, wanted->n, wanted->m, wanted->ld, wanted->ld_name};
}

static ntk_status check_entry(const request *wanted, int64_t v) {
    ntk_context *const context = wanted->kernel->context;
    const ntk_layer_values *const own = entry_of(wanted->values, v);
    if (own->struct_size < sizeof(*own) || own->struct_size != wanted->values->struct_size)
        return ntki_fail(context, NTK_ERR_SIZE, wanted->function,
                         "values[%lld].struct_size is %llu; it must be at least %llu, and the same in all entries",
                         (long long)v, (unsigned long long)own->struct_size, (unsigned long long)sizeof(*own));
    if (own->layer < 1 || own->layer > wanted->kernel->depth)
        return ntki_fail(context, NTK_ERR_SIZE, wanted->function,
                         "values[%lld].layer is %lld; this kernel has layers 1 to %lld", (long long)v,
                         (long long)own->layer, (long long)wanted->kernel->depth);
    for (int64_t u = 0; u < v; u++)
        if (entry_of(wanted->values, u)->layer == own->layer)
            return ntki_fail(context, NTK_ERR_DOMAIN, wanted->function,
                             "values[%lld].layer is %lld, as is values[%lld].layer", (long long)v,
                             (long long)own->layer, (long long)u);
    return NTK_SUCCESS;
}

static ntk_status check_matrix(const request *wanted, const ntki_matrix *inputs, int64_t input_count, int64_t index) {
    ntk_context *const context = wanted->kernel->context;
    const ntki_matrix own = matrix_of(wanted, index);
    ntk_status status = ntki_check_matrix(context, wanted->function, &own);
    for (int64_t i = 0; status == NTK_SUCCESS && i < input_count; i++)
        status = ntki_check_disjoint(context, wanted->function, &own, &inputs[i]);
    for (int64_t other = 0; status == NTK_SUCCESS && other < index; other++) {
        const ntki_matrix earlier = matrix_of(wanted, other);
        if (earlier.data != NULL)
            status = ntki_check_disjoint(context, wanted->function, &own, &earlier);
    }
    return status;
}

static ntk_status check_request(const request *wanted, const ntki_matrix *inputs, int64_t input_count) {
    ntk_context *const context = wanted->kernel->context;
    int64_t matrices = 0;
    ntk_status status;
    if ((status = ntki_check_size(context, wanted->function, "count", wanted->count)) != NTK_SUCCESS ||
        (status = ntki_check_pointer(context, wanted->function, "values", wanted->values)) != NTK_SUCCESS)
        return status;
    for (int64_t v = 0; status == NTK_SUCCESS && v < wanted->count; v++)
        status = check_entry(wanted, v); /* the first one checks the distance to the others */
    for (int64_t index = 0; status == NTK_SUCCESS && index < 2 * wanted->count; index++)
        if (matrix_of(wanted, index).data != NULL) {
            status = check_matrix(wanted, inputs, input_count, index);
            matrices++;
        }
    if (status == NTK_SUCCESS && matrices == 0)
        return ntki_fail(context, NTK_ERR_NULL, wanted->function, "every matrix of values is NULL");
    return status;
}

/* The entries with a matrix, as the evaluator takes them, and as much room again; release result->work. */
static ntk_status collect(const request *wanted, ntki_result *result) {
    ntki_layer_output *outputs = NULL;
    const ntk_status status =
        ntki_allocate(wanted->kernel->context, wanted->function, 2 * wanted->count, sizeof(*outputs), &outputs);
    if (status != NTK_SUCCESS)
        return status;
    *result = (ntki_result){.ldk = wanted->ld, .outputs = outputs + wanted->count, .work = outputs};
    for (int64_t v = 0; v < wanted->count; v++) {
        const ntk_layer_values *const own = entry_of(wanted->values, v);
        if (own->nngp != NULL || own->ntk != NULL)
            outputs[wanted->count + result->output_count++] = (ntki_layer_output){own->layer, own->nngp, own->ntk};
    }
    return NTK_SUCCESS;
}

ntk_status ntk_kernel_gram_layers(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t count,
                                  const ntk_layer_values *values, int64_t ldk) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    const request wanted = {kernel, __func__, count, values, n, n, ldk, "ldk"};
    const ntki_matrix in = {"x", x, n, kernel->input_dimension, ldx, "ldx"};
    ntki_result result;
    ntk_status status;
    if ((status = ntki_kernel_require_layers(kernel, __func__, "kernels of single layers")) != NTK_SUCCESS ||
        (status = ntki_kernel_check_rows(kernel, __func__, "x", "n", "ldx", n, x, ldx)) != NTK_SUCCESS ||
        (status = check_request(&wanted, &in, 1)) != NTK_SUCCESS ||
        (status = ntki_check_finite(kernel->context, __func__, &in)) != NTK_SUCCESS ||
        (status = collect(&wanted, &result)) != NTK_SUCCESS)
        return status;
    status = ntki_kernel_gram_panels(kernel, __func__, &(ntki_input){"x", 0, n, x, ldx}, &result);
    ntki_release(kernel->context, result.work);
    return status;
}

ntk_status ntk_kernel_cross_layers(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t m,
                                   const double *z, int64_t ldz, int64_t count, const ntk_layer_values *values,
                                   int64_t ldk) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    const int64_t d = kernel->input_dimension;
    const request wanted = {kernel, __func__, count, values, n, m, ldk, "ldk"};
    const ntki_matrix inputs[2] = {{"x", x, n, d, ldx, "ldx"}, {"z", z, m, d, ldz, "ldz"}};
    ntki_result result;
    ntk_status status;
    if ((status = ntki_kernel_require_layers(kernel, __func__, "kernels of single layers")) != NTK_SUCCESS ||
        (status = ntki_kernel_check_rows(kernel, __func__, "x", "n", "ldx", n, x, ldx)) != NTK_SUCCESS ||
        (status = ntki_kernel_check_rows(kernel, __func__, "z", "m", "ldz", m, z, ldz)) != NTK_SUCCESS ||
        (status = check_request(&wanted, inputs, 2)) != NTK_SUCCESS ||
        (status = ntki_check_finite(kernel->context, __func__, &inputs[0])) != NTK_SUCCESS ||
        (status = ntki_check_finite(kernel->context, __func__, &inputs[1])) != NTK_SUCCESS ||
        (status = collect(&wanted, &result)) != NTK_SUCCESS)
        return status;
    status = ntki_kernel_cross_panels(kernel, __func__, &(ntki_input){"x", 0, n, x, ldx},
                                      &(ntki_input){"z", 0, m, z, ldz}, &result);
    ntki_release(kernel->context, result.work);
    return status;
}

ntk_status ntk_kernel_diagonal_layers(ntk_kernel *kernel, int64_t n, const double *x, int64_t ldx, int64_t count,
                                      const ntk_layer_values *values) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    const request wanted = {kernel, __func__, count, values, n, 1, 1, "1"};
    const ntki_matrix in = {"x", x, n, kernel->input_dimension, ldx, "ldx"};
    ntki_rows *rows = NULL;
    ntk_status status;
    if ((status = ntki_kernel_require_layers(kernel, __func__, "kernels of single layers")) != NTK_SUCCESS ||
        (status = ntki_kernel_check_rows(kernel, __func__, "x", "n", "ldx", n, x, ldx)) != NTK_SUCCESS ||
        (status = check_request(&wanted, &in, 1)) != NTK_SUCCESS ||
        (status = ntki_check_finite(kernel->context, __func__, &in)) != NTK_SUCCESS)
        return status;
    kernel->call_tangent = false;
    for (int64_t v = 0; v < count; v++)
        kernel->call_tangent = kernel->call_tangent || entry_of(values, v)->ntk != NULL;
    if ((status = kernel->evaluator->prepare(kernel, __func__, &(ntki_input){"x", 0, n, x, ldx}, &rows)) != NTK_SUCCESS)
        return status;
    for (int64_t v = 0; v < count; v++) {
        const ntk_layer_values *const own = entry_of(values, v);
        if (own->nngp != NULL)
            kernel->evaluator->layer_diagonal(rows, own->layer, false, own->nngp);
        if (own->ntk != NULL)
            kernel->evaluator->layer_diagonal(rows, own->layer, true, own->ntk);
    }
    kernel->evaluator->release(kernel, rows);
    kernel->error_bound = 0;
    return NTK_SUCCESS;
}
