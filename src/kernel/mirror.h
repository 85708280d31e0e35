/* The upper triangle of a Gram matrix from the lower one, for the number type of real.h. */
#include "lib/threads/parallel.h"
#include "src/kernel/panels.h"
#include "src/kernel/real.h"

typedef struct {
    ntki_real *k;
    int64_t ldk;
    int64_t i0, i1; /* the panel */
} ntki_mirror_job;

enum { NTKI_MIRROR_BLOCK = 64, NTKI_MIRROR_LINE = 64 / sizeof(ntki_real) };

/* k[j][i] = k[i][j] for the rows i of the panel and one block of columns j < i; a cache line of the upper triangle at a
 * time. */
static void ntki_mirror_block(int64_t index, void *argument) {
    const ntki_mirror_job *const job = argument;
    const int64_t j0 = index * NTKI_MIRROR_BLOCK;
    for (int64_t i0 = job->i0; i0 < job->i1; i0 += NTKI_MIRROR_LINE) {
        const int64_t i1 = ntki_smaller(i0 + NTKI_MIRROR_LINE, job->i1);
        for (int64_t j = j0; j < ntki_smaller(j0 + NTKI_MIRROR_BLOCK, i1 - 1); j++)
            for (int64_t i = i0 > j ? i0 : j + 1; i < i1; i++)
                job->k[j * job->ldk + i] = job->k[i * job->ldk + j];
    }
}

/* The rows [i0, i1) of the lower triangle to the columns of the upper one. */
static void ntki_mirror(ntk_context *context, ntki_real *k, int64_t ldk, int64_t i0, int64_t i1) {
    ntki_mirror_job job = {k, ldk, i0, i1};
    ntki_parallel_for(context, (i1 + NTKI_MIRROR_BLOCK - 1) / NTKI_MIRROR_BLOCK, ntki_mirror_block, &job);
}
