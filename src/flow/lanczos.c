/* Lanczos 1950; every new vector is made orthogonal to all before it, twice (Giraud, Langou, Rozloznik 2005). */
#include "src/flow/lanczos.h"

#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"

enum { FIRST_ROOM = 32 };

double ntki_lanczos_norm(int64_t n, const double *b, int64_t stride) {
    double largest = 0, sum = 0;
    for (int64_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(b[i * stride]));
    for (int64_t i = 0; i < n && largest > 0; i++)
        sum += b[i * stride] / largest * (b[i * stride] / largest);
    return largest * sqrt(sum);
}

static void release_room(ntk_context *context, ntki_lanczos *process) {
    ntki_release(context, process->vectors);
    ntki_release(context, process->values);
    ntki_release(context, process->off);
    ntki_release(context, process->diagonal);
    ntki_release(context, process->q);
}

void ntki_lanczos_release(ntki_lanczos *process) {
    if (process->flow == NULL)
        return;
    ntk_context *const context = process->flow->training.context;
    release_room(context, process);
    ntki_release(context, process->work);
    *process = (ntki_lanczos){0};
}

/* More room; what is there moves. */
static ntk_status make_room(ntki_lanczos *process, const char *function, int64_t most) {
    ntk_context *const context = process->flow->training.context;
    const int64_t n = process->flow->training.n;
    ntki_lanczos larger = *process;
    ntk_status status;
    larger.q = larger.diagonal = larger.off = larger.values = larger.vectors = NULL;
    if ((status = ntki_allocate_matrix(context, function, most + 1, n, &larger.q)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, 1, most, &larger.diagonal)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, 1, most, &larger.off)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, 1, most, &larger.values)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(context, function, most, most, &larger.vectors)) != NTK_SUCCESS) {
        release_room(context, &larger);
        return status;
    }
    if (process->q != NULL) {
        memcpy(larger.q, process->q, (size_t)((process->m + 1) * n) * sizeof(double));
        memcpy(larger.diagonal, process->diagonal, (size_t)process->m * sizeof(double));
        memcpy(larger.off, process->off, (size_t)process->m * sizeof(double));
    }
    release_room(context, process);
    *process = larger;
    process->most = most;
    return NTK_SUCCESS;
}

ntk_status ntki_lanczos_create(ntk_flow *flow, const char *function, const double *root, const double *b,
                               int64_t stride, ntki_lanczos *process) {
    const int64_t n = flow->training.n, most = n < FIRST_ROOM ? n : FIRST_ROOM;
    const double norm = ntki_lanczos_norm(n, b, stride);
    ntk_status status;
    *process = (ntki_lanczos){.flow = flow, .root = root, .norm = norm, .closed = !(norm > 0)};
    if ((status = make_room(process, function, most)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(flow->training.context, function, 2, n, &process->work)) != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < n; i++)
        process->q[i] = norm > 0 ? b[i * stride] / norm : 0;
    return NTK_SUCCESS;
}

/* out = W^(1/2) K W^(1/2) b */
static ntk_status apply(ntki_lanczos *process, const char *function, const double *b, double *out) {
    const int64_t n = process->flow->training.n;
    double *const weighted = process->work + n;
    const double *const root = process->root;
    for (int64_t i = 0; root != NULL && i < n; i++)
        weighted[i] = root[i] * b[i];
    const ntk_status status = ntki_flow_multiply(process->flow, function, 1, root != NULL ? weighted : b, out);
    for (int64_t i = 0; root != NULL && i < n; i++)
        out[i] *= root[i];
    return status;
}

/* vector -= Q' Q vector for the first m rows of Q; work: m numbers. */
static void make_orthogonal(const ntki_lanczos *process, int64_t m, double *vector, double *work) {
    const int64_t n = process->flow->training.n;
    const ntki_blas_width *const blas = &process->flow->training.context->blas;
    ntki_dgemm(blas, NTKI_NO_TRANSPOSE, NTKI_NO_TRANSPOSE, m, 1, n, 1, process->q, n, vector, 1, 0, work, 1);
    ntki_dgemm(blas, NTKI_TRANSPOSE, NTKI_NO_TRANSPOSE, n, 1, m, -1, process->q, n, work, 1, 1, vector, 1);
}

static ntk_status step(ntki_lanczos *process, const char *function) {
    const int64_t n = process->flow->training.n, m = process->m;
    double *const image = process->work, *const inner = process->work + n, *const q = process->q + m * n;
    double along = 0, scale = 0;
    const ntk_status status = apply(process, function, q, image);
    if (status != NTK_SUCCESS)
        return status;
    for (int64_t i = 0; i < n; i++)
        along += q[i] * image[i];
    make_orthogonal(process, m + 1, image, inner);
    make_orthogonal(process, m + 1, image, inner);
    process->diagonal[m] = along;
    process->off[m] = ntki_lanczos_norm(n, image, 1);
    if (!isfinite(along) || !isfinite(process->off[m]))
        return ntki_fail(process->flow->training.context, NTK_ERR_RANGE, function,
                         "a product with the Gram matrix exceeds the double range");
    process->m = m + 1;
    for (int64_t i = 0; i <= m; i++)
        scale = fmax(scale, fabs(process->diagonal[i]) + (i < m ? process->off[i] : 0));
    process->closed = process->m == n || process->off[m] <= ntki_flow_hidden(n) * scale;
    for (int64_t i = 0; i < n; i++)
        q[n + i] = process->closed ? 0 : image[i] / process->off[m];
    return NTK_SUCCESS;
}

ntk_status ntki_lanczos_extend(ntki_lanczos *process, const char *function, int64_t m) {
    const int64_t n = process->flow->training.n;
    ntk_context *const context = process->flow->training.context;
    ntk_status status = NTK_SUCCESS;
    while (status == NTK_SUCCESS && process->m < m && !process->closed) {
        if (process->m == process->most)
            status = make_room(process, function, 2 * process->most < n ? 2 * process->most : n);
        if (status == NTK_SUCCESS)
            status = ntki_progress(context, function, (double)process->m / (double)n, "Lanczos process");
        if (status == NTK_SUCCESS)
            status = step(process, function);
    }
    return status;
}

ntk_status ntki_lanczos_decompose(ntki_lanczos *process, const char *function) {
    ntk_context *const context = process->flow->training.context;
    double *off = NULL;
    ntk_status status;
    if (process->m == 0)
        return NTK_SUCCESS;
    if ((status = ntki_allocate_matrix(context, function, 1, process->m, &off)) != NTK_SUCCESS)
        return status;
    memcpy(process->values, process->diagonal, (size_t)process->m * sizeof(double));
    memcpy(off, process->off, (size_t)process->m * sizeof(double));
    status = ntki_tridiagonal_eigen(context, function, process->m, process->values, off, process->vectors);
    ntki_release(context, off);
    return status;
}
