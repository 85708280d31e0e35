/* Writes a run; see file.h. */
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/network/little_endian.h"
#include "src/train/file.h"

static ntk_status write_summed(ntki_file_writer *writer, ntki_run_work *work, int64_t bytes, const void *buffer) {
    ntki_crc64_add(&work->crc, (size_t)bytes, buffer);
    return ntki_file_write(writer, bytes, buffer);
}

static ntk_status write_sum(ntki_file_writer *writer, ntki_run_work *work) {
    unsigned char bytes[8];
    ntki_put_bytes(bytes, 8, ntki_crc64_value(&work->crc));
    return write_summed(writer, work, 8, bytes);
}

static ntk_status write_vector(ntki_file_writer *writer, ntki_run_work *work, const ntki_run_vector *vector) {
    const int64_t most = (int64_t)sizeof(work->block) / 8;
    ntk_status status = NTK_SUCCESS;
    for (int64_t first = 0; status == NTK_SUCCESS && first < vector->length; first += most) {
        const int64_t count = vector->length - first < most ? vector->length - first : most;
        for (int64_t i = 0; i < count; i++)
            ntki_put_f64(work->block + 8 * i, vector->data == NULL ? 0 : vector->data[first + i]);
        status = write_summed(writer, work, 8 * count, work->block);
    }
    return status;
}

static ntki_run describe(const ntk_trainer *trainer, ntki_run_work *work) {
    ntki_run run = {.parameters = trainer->parameter_count,
                    .samples = trainer->n,
                    .network = ntki_run_network_sum(trainer, work),
                    .data = ntki_run_data_sum(trainer, work),
                    .set = trainer->set,
                    .time = trainer->time,
                    .steps = trainer->steps,
                    .evaluations = trainer->evaluations,
                    .descent_rate = trainer->descent_rate};
    run.parts = (trainer->velocity != NULL ? NTKI_RUN_VELOCITY : 0) | (trainer->weight != NULL ? NTKI_RUN_WEIGHTS : 0) |
                (trainer->flow != NULL ? NTKI_RUN_FLOW : 0);
    if (trainer->flow != NULL)
        run.flow = trainer->flow->at;
    return run;
}

static ntk_status write_run(const ntk_trainer *trainer, ntki_file_writer *writer, ntki_run_work *work) {
    unsigned char numbers[NTKI_RUN_NUMBERS] = {0};
    ntki_run_vector vector[NTKI_RUN_MOST_VECTORS];
    const ntki_run run = describe(trainer, work);
    const int count = ntki_run_vectors(trainer, &run, vector);
    memcpy(numbers, NTKI_RUN_MAGIC, 8);
    ntki_put_bytes(numbers + 8, 4, NTKI_RUN_VERSION);
    ntki_run_put(&run, numbers + NTKI_RUN_HEAD);
    ntki_crc64_start(&work->crc);
    ntk_status status = write_summed(writer, work, sizeof(numbers), numbers);
    if (status == NTK_SUCCESS)
        status = write_sum(writer, work);
    for (int i = 0; status == NTK_SUCCESS && i < count; i++)
        status = write_vector(writer, work, &vector[i]);
    if (status == NTK_SUCCESS)
        status = write_sum(writer, work);
    return status == NTK_SUCCESS ? ntki_file_commit(writer) : status;
}

ntk_status ntk_trainer_save(const ntk_trainer *trainer, const char *path) {
    if (trainer == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = trainer->context;
    ntki_file_writer writer;
    ntki_run_work *work = NULL;
    ntk_status status;
    if ((status = ntki_check_pointer(context, __func__, "path", path)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, __func__, 1, sizeof(*work), &work)) != NTK_SUCCESS)
        return status;
    if ((status = ntki_file_begin(&writer, context, __func__, path)) == NTK_SUCCESS)
        status = write_run(trainer, &writer, work);
    ntki_file_abandon(&writer);
    ntki_release(context, work);
    return status;
}
