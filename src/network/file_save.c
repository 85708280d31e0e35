/* Writes a network; see file_format.h. */
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/network/file_format.h"
#include "src/network/little_endian.h"
#include "src/network/network.h"

/* ---- the specification ---- */

static unsigned char *put_whole(unsigned char *at, int bytes, int64_t value) {
    ntki_put_bytes(at, bytes, (uint64_t)value);
    return at + bytes;
}

static unsigned char *put_real(unsigned char *at, double value) {
    ntki_put_f64(at, value);
    return at + 8;
}

static int64_t specification_size(const ntk_mlp *mlp) {
    int64_t size = NTKI_FILE_FIXED + 8 * (mlp->depth + 1) + NTKI_FILE_LAYER * mlp->depth;
    for (int64_t l = 1; l < mlp->depth; l++)
        size += NTKI_FILE_HIDDEN + 8 * mlp->layer[l - 1].activation.parameter_count;
    return size;
}

static unsigned char *put_layer(unsigned char *at, const ntki_mlp_layer *layer) {
    at = put_real(at, layer->weight_std);
    at = put_real(at, layer->bias_std);
    at = put_real(at, layer->weight_rate);
    at = put_real(at, layer->bias_rate);
    return put_whole(at, 8, layer->skip);
}

static unsigned char *put_hidden(unsigned char *at, const ntki_mlp_layer *layer) {
    const ntki_activation *const activation = &layer->activation;
    at = put_real(at, layer->epsilon);
    at = put_real(at, layer->dropout);
    at = put_whole(at, 4, activation->kind);
    at = put_whole(at, 4, layer->normalise);
    at = put_whole(at, 4, activation->parameter_count);
    at = put_whole(at, 4, 0);
    for (int32_t i = 0; i < activation->parameter_count; i++)
        at = put_real(at, activation->parameters[i]);
    return at;
}

static void put_specification(unsigned char *at, const ntk_mlp *mlp) {
    at = put_whole(at, 8, mlp->depth);
    at = put_whole(at, 4, mlp->parameterisation);
    at = put_whole(at, 4, 0);
    for (int64_t l = 0; l <= mlp->depth; l++)
        at = put_whole(at, 8, mlp->widths[l]);
    for (int64_t l = 1; l <= mlp->depth; l++)
        at = put_layer(at, &mlp->layer[l - 1]);
    for (int64_t l = 1; l < mlp->depth; l++)
        at = put_hidden(at, &mlp->layer[l - 1]);
}

/* ---- the file ---- */

static ntk_status check_activations(const ntk_network *network, const char *function) {
    const ntk_mlp *const mlp = network->mlp;
    for (int64_t l = 1; l < mlp->depth; l++) {
        const ntki_activation_row *const row = ntki_activation_find(mlp->layer[l - 1].activation.kind);
        if (row->value == NULL)
            return ntki_fail(network->context, NTK_ERR_UNSUPPORTED, function,
                             "layer %lld has an activation of the caller (%s), which no file can hold", (long long)l,
                             row->name);
    }
    return NTK_SUCCESS;
}

static ntk_status write_summed(ntki_file_writer *writer, ntki_file_work *work, int64_t bytes, const void *buffer) {
    ntki_crc64_add(&work->crc, (size_t)bytes, buffer);
    return ntki_file_write(writer, bytes, buffer);
}

static ntk_status write_sum(ntki_file_writer *writer, ntki_file_work *work) {
    unsigned char sum[NTKI_FILE_SUM];
    ntki_put_bytes(sum, NTKI_FILE_SUM, ntki_crc64_value(&work->crc));
    return write_summed(writer, work, sizeof(sum), sum);
}

static ntk_status write_specification(ntki_file_writer *writer, ntki_file_work *work, const ntk_network *network) {
    const int64_t size = specification_size(network->mlp);
    unsigned char *bytes = NULL;
    ntk_status status = ntki_allocate(network->context, writer->named.function, NTKI_FILE_HEAD + size, 1, &bytes);
    if (status != NTK_SUCCESS)
        return status;
    memcpy(bytes, NTKI_FILE_MAGIC, 8);
    unsigned char *at = put_whole(bytes + 8, 4, NTKI_FILE_VERSION);
    at = put_whole(at, 4, 0);
    at = put_whole(at, 8, size);
    at = put_whole(at, 8, network->parameter_count);
    put_specification(at, network->mlp);
    if ((status = write_summed(writer, work, NTKI_FILE_HEAD + size, bytes)) == NTK_SUCCESS)
        status = write_sum(writer, work);
    ntki_release(network->context, bytes);
    return status;
}

static ntk_status write_parameters(ntki_file_writer *writer, ntki_file_work *work, const ntk_network *network) {
    const int64_t most = (int64_t)sizeof(work->block) / 8;
    ntk_status status = NTK_SUCCESS;
    for (int64_t p = 0, count; p < network->parameter_count && status == NTK_SUCCESS; p += count) {
        count = network->parameter_count - p < most ? network->parameter_count - p : most;
        for (int64_t i = 0; i < count; i++)
            ntki_put_f64(work->block + 8 * i, network->theta[p + i]);
        status = write_summed(writer, work, 8 * count, work->block);
    }
    return status == NTK_SUCCESS ? write_sum(writer, work) : status;
}

ntk_status ntk_network_save(const ntk_network *network, const char *path) {
    if (network == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = network->context;
    ntki_file_writer writer;
    ntki_file_work *work = NULL;
    ntk_status status;
    if ((status = ntki_check_pointer(context, __func__, "path", path)) != NTK_SUCCESS ||
        (status = check_activations(network, __func__)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, __func__, 1, sizeof(*work), &work)) != NTK_SUCCESS)
        return status;
    ntki_crc64_start(&work->crc);
    if ((status = ntki_file_begin(&writer, context, __func__, path)) == NTK_SUCCESS &&
        (status = write_specification(&writer, work, network)) == NTK_SUCCESS &&
        (status = write_parameters(&writer, work, network)) == NTK_SUCCESS)
        status = ntki_file_commit(&writer);
    ntki_file_abandon(&writer);
    ntki_release(context, work);
    return status;
}
