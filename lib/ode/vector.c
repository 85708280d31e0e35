#include "lib/ode/vector.h"

#include <math.h>

/* A part has at least so many numbers; a vector that makes few of them is not worth the threads. */
enum { PART = 8192, MOST_PARTS = 256, WORTH_THREADS = 4 };

static int64_t part_of(int64_t n) {
    const int64_t even = (n - 1) / MOST_PARTS + 1;
    return even > PART ? even : PART;
}

typedef struct {
    int64_t n, part;
    ntki_vector_body body;
    ntki_vector_term term;
    void *argument;
    double sum[MOST_PARTS];
} loop;

static void run(int64_t index, void *argument) {
    loop *const work = argument;
    const int64_t first = index * work->part, left = work->n - first, count = left < work->part ? left : work->part;
    if (work->body != NULL)
        work->body(first, count, work->argument);
    else
        work->sum[index] = work->term(first, count, work->argument);
}

static int64_t run_all(ntk_context *context, loop *work) {
    const int64_t parts = (work->n - 1) / work->part + 1;
    if (parts >= WORTH_THREADS)
        ntki_parallel_for(context, parts, run, work);
    for (int64_t index = 0; parts < WORTH_THREADS && index < parts; index++)
        run(index, work);
    return parts;
}

void ntki_vector_each(ntk_context *context, int64_t n, ntki_vector_body body, void *argument) {
    loop work = {.n = n, .part = part_of(n), .body = body, .argument = argument};
    run_all(context, &work);
}

double ntki_vector_sum(ntk_context *context, int64_t n, ntki_vector_term term, void *argument) {
    loop work = {.n = n, .part = part_of(n), .term = term, .argument = argument};
    const int64_t parts = run_all(context, &work);
    double sum = 0;
    for (int64_t index = 0; index < parts; index++)
        sum += work.sum[index];
    return sum;
}

/* ---- norms ---- */

/* Several sums at a time, so that the additions need not wait for each other. */
enum { LANES = 8 };

typedef struct {
    const double *a, *b;
    double scale;
} difference;

static double square_term(int64_t first, int64_t count, void *argument) {
    const difference *const pair = argument;
    const double *const a = pair->a + first, *const b = pair->b == NULL ? NULL : pair->b + first;
    double sum[LANES] = {0}, all = 0;
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES)
        for (int k = 0; k < LANES; k++) {
            const double value = pair->scale * (b == NULL ? a[i + k] : a[i + k] - b[i + k]);
            sum[k] += value * value;
        }
    for (int k = 0; k < LANES; k++)
        all += sum[k];
    for (; i < count; i++) {
        const double value = pair->scale * (b == NULL ? a[i] : a[i] - b[i]);
        all += value * value;
    }
    return all;
}

static double scaled_norm(ntk_context *context, int64_t n, const double *a, const double *b, double scale) {
    difference pair = {a, b, scale};
    return sqrt(ntki_vector_sum(context, n, square_term, &pair)) / scale;
}

/* Powers of two bring the squares back into range where these have left it. */
double ntki_vector_norm(ntk_context *context, int64_t n, const double *a, const double *b) {
    const double norm = scaled_norm(context, n, a, b, 1);
    if (!isfinite(norm))
        return scaled_norm(context, n, a, b, 0x1p-600);
    return norm < 0x1p-450 ? scaled_norm(context, n, a, b, 0x1p600) : norm;
}
