/* The default learning rate of descent, n / (s lambda_max): lambda_max, the largest eigenvalue of D T D with the NTK T
 * of all outputs on the training set and D = diag(sqrt w_i), by the method of Lanczos, of which a product is one J'u
 * and one J v. In the Krylov space of q_1 ... q_k the matrix is the tridiagonal T_k; the largest eigenvalue of T_k is
 * below lambda_max, and within beta_k |s_k| of an eigenvalue, s_k the last entry of its eigenvector.
 *
 * Weights and Jacobians may be so large or small that products leave the double range where the quotient does not. So
 * the matrix is D T D / (w a b), w the largest weight, a and b the norms of the two halves of the first product. */
#include "src/train/train.h"

#include <math.h>
#include <string.h>

#include "lib/memory/memory.h"
#include "lib/ode/vector.h"
#include "lib/random/random.h"
#include "lib/symmetric/symmetric.h"

enum { MOST_PRODUCTS = 60, LANCZOS_STREAM = 1 };

#define ACCURACY 0.01
#define LANCZOS_SEED UINT64_C(0x4c616e637a6f73) /* any: the start only has to have all directions in it */

typedef struct {
    ntk_trainer *trainer;
    const char *function;
    int64_t size, most;       /* n c; products */
    double *basis;            /* (most + 1) x size */
    double *alpha, *beta;     /* of T_k */
    double *vectors, *values; /* of T_k: eigenvectors; eigenvalues, and what is beside the diagonal */
    double *u, *g;            /* size, P */
    double weight;            /* w */
    double back, forth;       /* a, b; 0 before the first product */
    int64_t halves;           /* of products that are done */
    ntk_progress_callback progress;
    void *progress_user; /* the context's own */
} lanczos;

static double dot(int64_t n, const double *a, const double *b) {
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void scale_piece(int64_t index, void *argument) {
    const lanczos *const work = argument;
    const ntki_piece *const piece = &work->trainer->piece[index];
    for (int64_t p = piece->first; p < piece->first + piece->count; p++)
        work->g[p] = piece->rate == 0 ? 0 : piece->rate * work->g[p];
}

static void weigh(const lanczos *work, const double *from, double *to) {
    const ntk_trainer *const trainer = work->trainer;
    for (int64_t i = 0; i < work->size; i++)
        to[i] =
            trainer->weight == NULL ? from[i] : sqrt(trainer->weight[i / trainer->outputs] / work->weight) * from[i];
}

static ntk_status refuse_range(const lanczos *work, const char *what) {
    return ntki_fail(work->trainer->context, NTK_ERR_RANGE, work->function, "%s exceeds the double range", what);
}

/* v / *scale, which is the norm of the first vector that comes; the half of a product. */
static ntk_status end_half(lanczos *work, int64_t count, double *v, double *scale) {
    const double norm = ntki_vector_norm(work->trainer->context, count, v, NULL);
    if (!isfinite(norm))
        return refuse_range(work, "a product with the empirical kernel");
    if (*scale == 0)
        *scale = norm > 0 ? norm : 1;
    for (int64_t i = 0; i < count; i++)
        v[i] /= *scale;
    work->halves++;
    return NTK_SUCCESS;
}

/* out = D J r J' D q / (w a b) */
static ntk_status multiply(lanczos *work, const double *q, double *out) {
    const ntk_trainer *const trainer = work->trainer;
    const int64_t n = trainer->n, inputs = trainer->inputs, outputs = trainer->outputs, p = trainer->parameter_count;
    weigh(work, q, work->u);
    ntk_status status = ntk_network_vjp(trainer->network, n, trainer->x, inputs, work->u, outputs, p, work->g);
    if (status != NTK_SUCCESS)
        return ntki_train_relay(trainer->context, work->function, status);
    ntki_train_each_piece(trainer, scale_piece, work);
    if ((status = end_half(work, p, work->g, &work->back)) != NTK_SUCCESS)
        return status;
    status = ntk_network_jvp(trainer->network, n, trainer->x, inputs, p, work->g, work->u, outputs);
    if (status != NTK_SUCCESS)
        return ntki_train_relay(trainer->context, work->function, status);
    weigh(work, work->u, out);
    return end_half(work, work->size, out, &work->forth);
}

/* The largest eigenvalue of T_k, and how far it may be from one of the matrix. */
static ntk_status largest(const lanczos *work, int64_t k, double *value, double *error) {
    double *const diagonal = work->values, *const beside = work->values + k;
    memcpy(diagonal, work->alpha, (size_t)k * sizeof(double));
    memcpy(beside, work->beta, (size_t)k * sizeof(double));
    const ntk_status status =
        ntki_tridiagonal_eigen(work->trainer->context, work->function, k, diagonal, beside, work->vectors);
    if (status == NTK_SUCCESS) {
        *value = diagonal[k - 1];
        *error = work->beta[k - 1] * fabs(work->vectors[k * k - 1]);
    }
    return status;
}

/* q_{k+1} from A q_k, made orthogonal to all before it, twice. */
static void orthogonalise(const lanczos *work, int64_t k) {
    double *const next = work->basis + (k + 1) * work->size;
    work->alpha[k] = dot(work->size, work->basis + k * work->size, next);
    for (int pass = 0; pass < 2; pass++)
        for (int64_t j = 0; j <= k; j++) {
            const double *const q = work->basis + j * work->size;
            const double part = dot(work->size, q, next);
            for (int64_t i = 0; i < work->size; i++)
                next[i] -= part * q[i];
        }
    work->beta[k] = ntki_vector_norm(work->trainer->context, work->size, next, NULL);
    for (int64_t i = 0; work->beta[k] > 0 && i < work->size; i++)
        next[i] /= work->beta[k];
}

static ntk_status iterate(lanczos *work, double *value) {
    double error = 0;
    ntki_random_normals(LANCZOS_SEED, LANCZOS_STREAM, 0, work->size, work->basis);
    const double length = sqrt(dot(work->size, work->basis, work->basis));
    for (int64_t i = 0; i < work->size; i++)
        work->basis[i] /= length;
    for (int64_t k = 0; k < work->most; k++) {
        ntk_status status = multiply(work, work->basis + k * work->size, work->basis + (k + 1) * work->size);
        if (status != NTK_SUCCESS)
            return status;
        orthogonalise(work, k);
        if (!isfinite(work->alpha[k]) || !isfinite(work->beta[k]))
            return refuse_range(work, "the largest eigenvalue of the empirical kernel");
        if ((status = largest(work, k + 1, value, &error)) != NTK_SUCCESS)
            return status;
        if (error <= ACCURACY * *value)
            return NTK_SUCCESS;
    }
    return NTK_SUCCESS; /* from below: after so many products it is near enough, or all of the spectrum is */
}

/* Many products, one phase of progress. */
static int32_t report(double fraction, const char *phase, void *user) {
    const lanczos *const work = user;
    (void)phase;
    return work->progress(((double)work->halves + fraction) / (double)(2 * work->most), "learning rate",
                          work->progress_user);
}

static ntk_status iterate_in_one_phase(lanczos *work, double *value) {
    ntk_context *const context = work->trainer->context;
    work->progress = context->progress;
    work->progress_user = context->progress_user;
    if (work->progress == NULL)
        return iterate(work, value);
    context->progress = report;
    context->progress_user = work;
    const ntk_status status = iterate(work, value);
    context->progress = work->progress;
    context->progress_user = work->progress_user;
    return status;
}

/* numerator / (by[0] by[1] ...), whose products may leave the range where the quotient does not. */
static double divide(double numerator, int count, const double *by) {
    int exponent = 0, of_divisor = 0, of_quotient = 0;
    double quotient = frexp(numerator, &exponent);
    for (int i = 0; i < count; i++) {
        quotient = frexp(quotient / frexp(by[i], &of_divisor), &of_quotient);
        exponent += of_quotient - of_divisor;
    }
    return ldexp(quotient, exponent);
}

/* n / (s lambda_max); where nothing can train, every learning rate is as good. */
static ntk_status find_rate(lanczos *work, double *rate) {
    double value = 0;
    const ntk_status status = iterate_in_one_phase(work, &value);
    if (status != NTK_SUCCESS)
        return status;
    const double by[] = {ntki_loss_curvature(work->trainer->loss), value, work->weight, work->back, work->forth};
    const double found = value > 0 ? divide((double)work->trainer->n, 5, by) : 1;
    if (!isfinite(found) || found == 0)
        return refuse_range(work, "the default learning rate");
    *rate = found;
    return NTK_SUCCESS;
}

static double heaviest(const ntk_trainer *trainer) {
    double most = 0;
    for (int64_t i = 0; trainer->weight != NULL && i < trainer->n; i++)
        most = fmax(most, trainer->weight[i]);
    return most > 0 ? most : 1;
}

static ntk_status default_rate(ntk_trainer *trainer, const char *function) {
    ntk_context *const context = trainer->context;
    lanczos work = {.trainer = trainer, .function = function, .size = trainer->n * trainer->outputs};
    work.most = work.size < MOST_PRODUCTS ? work.size : MOST_PRODUCTS;
    work.weight = heaviest(trainer);
    ntk_status status;
    if ((status = ntki_allocate_matrix(context, function, work.most + 1, work.size, &work.basis)) == NTK_SUCCESS &&
        (status = ntki_allocate_matrix(context, function, 1, work.most, &work.alpha)) == NTK_SUCCESS &&
        (status = ntki_allocate_matrix(context, function, 1, work.most, &work.beta)) == NTK_SUCCESS &&
        (status = ntki_allocate_matrix(context, function, work.most, work.most, &work.vectors)) == NTK_SUCCESS &&
        (status = ntki_allocate_matrix(context, function, 2, work.most, &work.values)) == NTK_SUCCESS &&
        (status = ntki_allocate_matrix(context, function, 1, work.size, &work.u)) == NTK_SUCCESS &&
        (status = ntki_allocate_matrix(context, function, 1, trainer->parameter_count, &work.g)) == NTK_SUCCESS)
        status = find_rate(&work, &trainer->descent_rate);
    double *const block[] = {work.basis, work.alpha, work.beta, work.vectors, work.values, work.u, work.g};
    for (size_t i = 0; i < sizeof(block) / sizeof(*block); i++)
        ntki_release(context, block[i]);
    return status == NTK_SUCCESS ? ntki_progress(context, function, 1, "learning rate") : status;
}

ntk_status ntki_train_rate(ntk_trainer *trainer, const char *function, double *rate) {
    ntk_status status = NTK_SUCCESS;
    const bool set = trainer->set.learning_rate > 0, flow = trainer->set.method == NTK_TRAIN_FLOW;
    if (!set && !flow && trainer->descent_rate == 0)
        status = default_rate(trainer, function);
    if (status == NTK_SUCCESS)
        *rate = set ? trainer->set.learning_rate : flow ? 1 : trainer->descent_rate;
    return status;
}
