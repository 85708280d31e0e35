/* Batches: each epoch a permutation of the samples, cut into pieces. */
#include "src/train/train.h"

#include <string.h>

#include "lib/matrix/matrix.h"
#include "lib/random/random.h"

/* The parameters of a seed come from its stream 0. */
static const uint64_t epoch_streams = UINT64_C(1) << 63;

/* 64 bits that belong to a seed, an epoch and a place. */
static uint64_t draw(uint64_t seed, int64_t epoch, int64_t place) {
    const uint64_t stream = epoch_streams + (uint64_t)epoch;
    const uint32_t counter[4] = {(uint32_t)place, (uint32_t)((uint64_t)place >> 32), (uint32_t)stream,
                                 (uint32_t)(stream >> 32)};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t out[4];
    ntki_philox(counter, key, out);
    return (uint64_t)out[1] << 32 | out[0];
}

/* A whole number below `count`: the high half of a product of 64 bits each, uniform to count / 2^64. */
static int64_t below(int64_t count, uint64_t bits) {
    const uint64_t low = (uint64_t)(uint32_t)count, high = (uint64_t)count >> 32;
    const uint64_t bits_low = (uint64_t)(uint32_t)bits, bits_high = bits >> 32;
    const uint64_t middle = high * bits_low + (low * bits_low >> 32), other = low * bits_high + (uint32_t)middle;
    return (int64_t)(high * bits_high + (middle >> 32) + (other >> 32));
}

/* Fisher and Yates. */
static void shuffle(ntki_train_work *work, uint64_t seed, int64_t epoch, int64_t n) {
    for (int64_t i = 0; i < n; i++)
        work->order[i] = i;
    for (int64_t i = n - 1; i > 0; i--) {
        const int64_t other = below(i + 1, draw(seed, epoch, i)), kept = work->order[i];
        work->order[i] = work->order[other];
        work->order[other] = kept;
    }
    work->epoch = epoch;
}

static void gather(const ntk_trainer *trainer, const ntki_samples *all, const int64_t *order, int64_t count) {
    ntki_train_work *const work = trainer->work;
    const int64_t inputs = trainer->inputs, outputs = trainer->outputs;
    for (int64_t i = 0; i < count; i++) {
        const int64_t from = order[i];
        memcpy(work->x + i * inputs, trainer->x + from * inputs, (size_t)inputs * sizeof(double));
        memcpy(work->y + i * outputs, trainer->y + from * outputs, (size_t)outputs * sizeof(double));
        if (trainer->weight != NULL)
            work->weight[i] = trainer->weight[from];
        if (all->base != NULL)
            memcpy(work->base + i * outputs, all->base + from * outputs, (size_t)outputs * sizeof(double));
    }
}

ntki_samples ntki_train_batch(ntk_trainer *trainer, int64_t step) {
    ntki_train_work *const work = trainer->work;
    const ntki_samples all = ntki_train_all(trainer);
    const int64_t size = ntki_train_rows(trainer);
    if (!ntki_train_has_batches(trainer))
        return all;
    const int64_t batches = (trainer->n - 1) / size + 1, epoch = step / batches, first = step % batches * size;
    const int64_t count = ntki_smaller(size, trainer->n - first);
    if (work->epoch != epoch)
        shuffle(work, trainer->set.seed, epoch, trainer->n);
    gather(trainer, &all, work->order + first, count);
    return (ntki_samples){count, work->x, work->y, all.weight == NULL ? NULL : work->weight,
                          all.base == NULL ? NULL : work->base};
}
