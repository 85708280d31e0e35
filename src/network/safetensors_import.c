/* Parameters from a safetensors file: W' = weight / (sw / sqrt N) and b = bias / sb in the NTK parameterisation, W' = weight
 * and b = bias in the standard one. */
#include <math.h>
#include <stdio.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/network/safetensors.h"

typedef struct {
    ntki_file_reader reader;
    ntki_tensors tensors;
    const ntki_tensor **weight, **bias; /* of each layer */
    double *theta;
    unsigned char *rows; /* some rows of a tensor */
} importer;

/* ---- checks of a tensor ---- */

static const char *show_shape(char text[64], int64_t rank, const int64_t *shape) {
    if (rank == 1)
        snprintf(text, 64, "%lld", (long long)shape[0]);
    else if (rank == 2)
        snprintf(text, 64, "%lld x %lld", (long long)shape[0], (long long)shape[1]);
    else
        snprintf(text, 64, "an array with %lld indices", (long long)rank);
    return text;
}

static ntk_status check_tensor(const importer *import, const ntki_tensor *tensor, int64_t rank, const int64_t *shape) {
    const ntki_file *const file = &import->reader.named;
    char name[NTKI_NAME_SHOWN], type[NTKI_NAME_SHOWN], is[64], wanted[64];
    if (tensor->type == NULL || tensor->type->get == NULL)
        return ntki_file_refuse(file, "tensor %s has the type %s; F64, F32, F16 and BF16 are read",
                                ntki_name_shown(tensor->name, name), ntki_name_shown(tensor->type_name, type));
    if (tensor->rank != rank || tensor->shape[0] != shape[0] || (rank == 2 && tensor->shape[1] != shape[1]))
        return ntki_file_refuse(file, "tensor %s is %s; it must be %s", ntki_name_shown(tensor->name, name),
                                show_shape(is, tensor->rank, tensor->shape), show_shape(wanted, rank, shape));
    return NTK_SUCCESS;
}

static ntk_status refuse_element(const ntki_file *file, const ntki_tensor *tensor, double element, double scale) {
    char name[NTKI_NAME_SHOWN];
    ntki_name_shown(tensor->name, name);
    if (!isfinite(element))
        return ntki_fail(file->context, NTK_ERR_NOT_FINITE, file->function, "tensor %s holds %g", name, element);
    if (scale == 0)
        return ntki_fail(file->context, NTK_ERR_DOMAIN, file->function,
                         "tensor %s holds %g, but bias_std of that layer is 0: no bias acts", name, element);
    return ntki_fail(file->context, NTK_ERR_RANGE, file->function,
                     "tensor %s holds %g: divided by the layer's scale %g it is too large", name, element, scale);
}

/* ---- reading ---- */

/* Element (row, column) becomes theta[column rows + row]. */
static ntk_status read_tensor(importer *import, const ntki_tensor *tensor, int64_t rows, int64_t columns, double scale,
                              double *theta) {
    const int64_t size = tensor->type->bytes, row_bytes = columns * size, most = ntki_rows_at_once(rows, row_bytes);
    ntk_status status = ntki_file_seek(&import->reader, import->tensors.data + tensor->begin);
    for (int64_t first = 0, count; first < rows && status == NTK_SUCCESS; first += count) {
        count = rows - first < most ? rows - first : most;
        if ((status = ntki_file_read(&import->reader, count * row_bytes, import->rows)) != NTK_SUCCESS)
            return status;
        for (int64_t column = 0; column < columns; column++)
            for (int64_t row = 0; row < count; row++) {
                const double element = tensor->type->get(import->rows + row * row_bytes + column * size);
                const double parameter = element == 0 ? element : element / scale;
                if (!isfinite(parameter))
                    return refuse_element(&import->reader.named, tensor, element, scale);
                theta[column * rows + first + row] = parameter;
            }
    }
    return status;
}

static ntk_status read_layer(importer *import, int64_t l, const ntki_dense *dense) {
    const ntki_tensor *const weight = import->weight[l - 1], *const bias = import->bias[l - 1];
    const ntk_status status =
        read_tensor(import, weight, dense->units, dense->inputs, dense->weight_scale, import->theta + dense->weights);
    if (status == NTK_SUCCESS && bias != NULL)
        return read_tensor(import, bias, dense->units, 1, dense->bias_scale, import->theta + dense->bias);
    for (int64_t k = 0; k < dense->units; k++)
        import->theta[dense->bias + k] = 0;
    return status;
}

/* Checks every tensor before the first is read; how many bytes are read at a time. */
static ntk_status check_tensors(importer *import, const ntk_network *network, int64_t *room) {
    *room = 0;
    for (int64_t l = 1; l <= network->mlp->depth; l++) {
        const ntki_dense *const dense = &network->dense[l - 1];
        const ntki_tensor *const tensor[] = {import->weight[l - 1], import->bias[l - 1]};
        const int64_t shape[] = {dense->units, dense->inputs}, columns[] = {dense->inputs, 1};
        for (int k = 0; k < 2; k++) {
            if (tensor[k] == NULL)
                continue;
            const ntk_status status = check_tensor(import, tensor[k], 2 - k, shape);
            if (status != NTK_SUCCESS)
                return status;
            const int64_t row_bytes = columns[k] * tensor[k]->type->bytes;
            const int64_t bytes = ntki_rows_at_once(dense->units, row_bytes) * row_bytes;
            *room = bytes > *room ? bytes : *room;
        }
    }
    return NTK_SUCCESS;
}

static ntk_status read_file(importer *import, const ntk_network *network, const char *const *names) {
    const ntki_file *const file = &import->reader.named;
    const ntk_mlp *const mlp = network->mlp;
    const size_t pointer = sizeof(*import->weight);
    int64_t room = 0;
    ntk_status status;
    if ((status = ntki_tensors_read(&import->tensors, &import->reader)) != NTK_SUCCESS ||
        (status = ntki_allocate(file->context, file->function, mlp->depth, pointer, &import->weight)) != NTK_SUCCESS ||
        (status = ntki_allocate(file->context, file->function, mlp->depth, pointer, &import->bias)) != NTK_SUCCESS ||
        (status = ntki_tensors_choose(&import->tensors, file, mlp->depth, names, import->weight, import->bias)) !=
            NTK_SUCCESS ||
        (status = check_tensors(import, network, &room)) != NTK_SUCCESS ||
        (status = ntki_allocate(file->context, file->function, room, 1, &import->rows)) != NTK_SUCCESS ||
        (status = ntki_allocate_matrix(file->context, file->function, 1, network->parameter_count, &import->theta)) !=
            NTK_SUCCESS)
        return status;
    for (int64_t l = 1; l <= mlp->depth && status == NTK_SUCCESS; l++)
        status = read_layer(import, l, &network->dense[l - 1]);
    return status;
}

ntk_status ntk_network_import_safetensors(ntk_network *network, const char *path, const char *const *names) {
    if (network == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = network->context;
    importer import = {0};
    ntk_status status = ntki_file_open(&import.reader, context, __func__, path);
    if (status == NTK_SUCCESS && (status = read_file(&import, network, names)) == NTK_SUCCESS)
        status = ntk_network_set_parameters(network, network->parameter_count, import.theta);
    ntki_release(context, import.theta);
    ntki_release(context, import.rows);
    ntki_release(context, import.bias);
    ntki_release(context, import.weight);
    ntki_tensors_release(&import.tensors, context);
    ntki_file_close(&import.reader);
    return status;
}
