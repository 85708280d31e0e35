/* The kernel handle: life, properties, checks. */
#include "src/kernel/kernel.h"

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"

void ntki_kernel_retain(ntk_kernel *kernel) { atomic_fetch_add(&kernel->holders, 1); }

void ntki_kernel_release(ntk_kernel *kernel) {
    if (kernel == NULL || atomic_fetch_sub(&kernel->holders, 1) != 1)
        return;
    ntk_context *const context = kernel->context;
    kernel->evaluator->destroy(kernel);
    ntki_release(context, kernel);
    ntki_context_release(context);
}

void ntki_kernel_begin(ntk_kernel *kernel, bool tangent, bool layers) {
    kernel->call_bound = 0;
    kernel->call_tangent = tangent;
    kernel->call_layers = layers;
}

ntk_status ntki_kernel_end(ntk_kernel *kernel, ntk_status status) {
    if (status == NTK_SUCCESS)
        kernel->error_bound = kernel->call_bound;
    if (kernel->evaluator->end != NULL)
        kernel->evaluator->end(kernel);
    return status;
}

void ntk_kernel_destroy(ntk_kernel *kernel) { ntki_kernel_release(kernel); }

ntk_status ntk_kernel_get_type(const ntk_kernel *kernel, int32_t *type) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(kernel->context, __func__, "type", type);
    if (status == NTK_SUCCESS)
        *type = kernel->type;
    return status;
}

ntk_status ntk_kernel_get_input_dimension(const ntk_kernel *kernel, int64_t *dimension) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(kernel->context, __func__, "dimension", dimension);
    if (status == NTK_SUCCESS)
        *dimension = kernel->input_dimension;
    return status;
}

ntk_status ntki_kernel_check_rows(ntk_kernel *kernel, const char *function, const char *name, const char *size_name,
                                  const char *ld_name, int64_t n, const double *x, int64_t ldx) {
    const ntki_matrix matrix = {name, x, n, kernel->input_dimension, ldx, ld_name};
    ntk_status status;
    if ((status = ntki_check_size(kernel->context, function, size_name, n)) != NTK_SUCCESS)
        return status;
    return ntki_check_extent(kernel->context, function, &matrix);
}

ntk_status ntki_kernel_order(const ntk_kernel *kernel, const char *function, const char *size_name, int64_t n,
                             int64_t *order) {
    const ntk_status status = ntki_check_size(kernel->context, function, size_name, n);
    if (status != NTK_SUCCESS)
        return status;
    if (n > INT64_MAX / kernel->block)
        return ntki_fail(kernel->context, NTK_ERR_OVERFLOW, function,
                         "%s is %lld; with %lld rows of the kernel matrix for each it exceeds 2^63 - 1", size_name,
                         (long long)n, (long long)kernel->block);
    *order = n * kernel->block;
    return NTK_SUCCESS;
}

ntk_status ntki_kernel_require_layers(const ntk_kernel *kernel, const char *function, const char *what) {
    if (kernel->evaluator->layer_diagonal != NULL)
        return NTK_SUCCESS;
    return ntki_fail(kernel->context, NTK_ERR_UNSUPPORTED, function,
                     "the kernel of a finite network has no %s; kernels from ntk_kernel_create_analytic() have", what);
}

ntk_status ntk_kernel_set_tolerance(ntk_kernel *kernel, double tolerance) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_kernel_require_layers(kernel, __func__, "series to truncate");
    if (status != NTK_SUCCESS)
        return status;
    if (!(tolerance >= 1e-14 && tolerance < 1))
        return ntki_fail(kernel->context, NTK_ERR_DOMAIN, __func__, "tolerance is %g; it must be in [1e-14, 1)",
                         tolerance);
    kernel->tolerance = tolerance;
    return NTK_SUCCESS;
}

ntk_status ntk_kernel_set_most_terms(ntk_kernel *kernel, int64_t terms) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_kernel_require_layers(kernel, __func__, "series to truncate");
    if (status != NTK_SUCCESS)
        return status;
    if (terms < 8 || terms > 65536)
        return ntki_fail(kernel->context, NTK_ERR_SIZE, __func__, "terms is %lld; it must be from 8 to 65536",
                         (long long)terms);
    kernel->most_terms = terms;
    return NTK_SUCCESS;
}

ntk_status ntk_kernel_get_error_bound(const ntk_kernel *kernel, double *bound) {
    if (kernel == NULL)
        return NTK_ERR_NULL;
    const ntk_status status = ntki_check_pointer(kernel->context, __func__, "bound", bound);
    if (status == NTK_SUCCESS)
        *bound = kernel->error_bound;
    return status;
}
