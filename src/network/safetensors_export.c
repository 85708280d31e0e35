/* Parameters as a safetensors file; the inverse of safetensors_import.c. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/json/json.h"
#include "lib/memory/memory.h"
#include "src/network/little_endian.h"
#include "src/network/safetensors.h"

/* Some readers ask for it. */
static const char metadata[] = "{\"__metadata__\":{\"format\":\"pt\"}";

enum { DEFAULT_NAME = 32, FIELDS = 160 /* at most, in an entry beside its name */ };

typedef struct {
    ntki_file_writer writer;
    const ntk_network *network;
    const char *const *names;
    int64_t element; /* bytes */
    char *header;
    int64_t length; /* of the header */
    unsigned char *rows;
} exporter;

/* The name of tensor i, weights and biases by turns; NULL: not written. torch.nn.Sequential counts activations too. */
static const char *tensor_name(const exporter *out, int64_t i, char text[DEFAULT_NAME]) {
    if (out->names != NULL)
        return out->names[i];
    snprintf(text, DEFAULT_NAME, "%" PRId64 ".%s", i / 2 * 2, i % 2 == 0 ? "weight" : "bias");
    return text;
}

/* ---- checks ---- */

static ntk_status check_name(const ntki_file *file, int64_t i, const char *name) {
    if (name == NULL && i % 2 == 0)
        return ntki_fail(file->context, NTK_ERR_NULL, file->function, "names[%lld] is NULL; only a bias may be",
                         (long long)i);
    if (name != NULL && (ntki_json_quote(name, NULL) < 0 || strcmp(name, "__metadata__") == 0))
        return ntki_fail(file->context, NTK_ERR_DOMAIN, file->function,
                         "names[%lld] is not UTF-8, or is __metadata__; no tensor can be called that", (long long)i);
    return NTK_SUCCESS;
}

static bool name_before(const ntki_tensor *a, const ntki_tensor *b) { return strcmp(a->name, b->name) < 0; }

/* No two tensors have one name. */
static ntk_status check_names(const ntki_file *file, int64_t count, const char *const *names) {
    char shown[NTKI_NAME_SHOWN];
    ntki_tensor *tensor = NULL;
    const ntki_tensor **sorted = NULL;
    int64_t named = 0;
    ntk_status status;
    if ((status = ntki_allocate(file->context, file->function, count, sizeof(*tensor), &tensor)) != NTK_SUCCESS ||
        (status = ntki_allocate(file->context, file->function, count, sizeof(*sorted), &sorted)) != NTK_SUCCESS)
        goto cleanup;
    for (int64_t i = 0; i < count; i++) {
        if ((status = check_name(file, i, names[i])) != NTK_SUCCESS)
            goto cleanup;
        if (names[i] == NULL)
            continue;
        tensor[named] = (ntki_tensor){.name = names[i]};
        sorted[named] = &tensor[named];
        named++;
    }
    ntki_tensors_sort(named, sorted, name_before);
    for (int64_t i = 1; i < named && status == NTK_SUCCESS; i++)
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
            status = ntki_fail(file->context, NTK_ERR_DOMAIN, file->function, "names holds %s twice",
                               ntki_name_shown(sorted[i]->name, shown));
cleanup:
    ntki_release(file->context, sorted);
    ntki_release(file->context, tensor);
    return status;
}

/* A bias that is not written must not act. */
static ntk_status check_unnamed(const exporter *out, int64_t l, const ntki_dense *dense) {
    const ntki_file *const file = &out->writer.named;
    const int64_t i = 2 * l - 1;
    if (out->names == NULL || out->names[i] != NULL)
        return NTK_SUCCESS;
    for (int64_t k = 0; k < dense->units; k++)
        if (dense->bias_scale * out->network->theta[dense->bias + k] != 0)
            return ntki_fail(file->context, NTK_ERR_DOMAIN, file->function,
                             "names[%lld] is NULL, but layer %lld has a bias that is not 0", (long long)i,
                             (long long)l);
    return NTK_SUCCESS;
}

/* ---- the header ---- */

static ntk_status allocate_header(exporter *out) {
    const ntki_file *const file = &out->writer.named;
    char text[DEFAULT_NAME];
    int64_t room = (int64_t)sizeof(metadata) + 8;
    for (int64_t i = 0; i < 2 * out->network->mlp->depth; i++) {
        const char *const name = tensor_name(out, i, text);
        if (name != NULL)
            room += ntki_json_quote(name, NULL) + FIELDS;
    }
    if (room > NTKI_SAFETENSORS_MOST_HEADER)
        return ntki_fail(file->context, NTK_ERR_SIZE, file->function,
                         "names make a header of %lld bytes; %d are allowed", (long long)room,
                         (int)NTKI_SAFETENSORS_MOST_HEADER);
    return ntki_allocate(file->context, file->function, room, 1, &out->header);
}

/* ,"NAME":{...} of tensor i, which begins at *offset. */
static void add_entry(exporter *out, int64_t i, const ntki_dense *dense, int64_t *offset) {
    const bool weight = i % 2 == 0;
    const int64_t end = *offset + (weight ? dense->inputs : 1) * dense->units * out->element;
    char name[DEFAULT_NAME], columns[DEFAULT_NAME] = "", *const at = out->header + out->length;
    const int64_t length = 1 + ntki_json_quote(tensor_name(out, i, name), at + 1);
    at[0] = ',';
    if (weight)
        snprintf(columns, sizeof(columns), ",%" PRId64, dense->inputs);
    out->length +=
        length + snprintf(at + length, FIELDS - 1,
                          ":{\"dtype\":\"F%d\",\"shape\":[%" PRId64 "%s],\"data_offsets\":[%" PRId64 ",%" PRId64 "]}",
                          (int)(8 * out->element), dense->units, columns, *offset, end);
    *offset = end;
}

static ntk_status write_header(exporter *out) {
    char text[DEFAULT_NAME];
    unsigned char length[8];
    int64_t offset = 0;
    ntk_status status = allocate_header(out);
    if (status != NTK_SUCCESS)
        return status;
    out->length = (int64_t)sizeof(metadata) - 1;
    memcpy(out->header, metadata, sizeof(metadata) - 1);
    for (int64_t i = 0; i < 2 * out->network->mlp->depth; i++)
        if (tensor_name(out, i, text) != NULL)
            add_entry(out, i, &out->network->dense[i / 2], &offset);
    out->header[out->length++] = '}';
    while (out->length % 8 != 0) /* so that the tensors are aligned */
        out->header[out->length++] = ' ';
    ntki_put_bytes(length, 8, (uint64_t)out->length);
    if ((status = ntki_file_write(&out->writer, 8, length)) != NTK_SUCCESS)
        return status;
    return ntki_file_write(&out->writer, out->length, out->header);
}

/* ---- the tensors ---- */

static void put_element(int64_t bytes, unsigned char *at, double element) {
    if (bytes == 8)
        ntki_put_f64(at, element);
    else
        ntki_put_f32(at, (float)element);
}

static bool fits(int64_t bytes, double element) {
    return isfinite(element) && (bytes == 8 || isfinite((float)element));
}

static ntk_status write_tensor(exporter *out, int64_t layer, int64_t rows, int64_t columns, double scale,
                               const double *theta) {
    const ntki_file *const file = &out->writer.named;
    const int64_t row_bytes = columns * out->element, most = ntki_rows_at_once(rows, row_bytes);
    ntk_status status = ntki_allocate(file->context, file->function, most * row_bytes, 1, &out->rows);
    for (int64_t first = 0, count; first < rows && status == NTK_SUCCESS; first += count) {
        count = rows - first < most ? rows - first : most;
        for (int64_t column = 0; column < columns; column++)
            for (int64_t row = 0; row < count; row++) {
                const double element = scale * theta[column * rows + first + row];
                if (!fits(out->element, element))
                    return ntki_fail(file->context, NTK_ERR_RANGE, file->function,
                                     "layer %lld: the element %g does not fit F%d", (long long)layer, element,
                                     (int)(8 * out->element));
                put_element(out->element, out->rows + row * row_bytes + column * out->element, element);
            }
        status = ntki_file_write(&out->writer, count * row_bytes, out->rows);
    }
    ntki_release(file->context, out->rows);
    out->rows = NULL;
    return status;
}

static ntk_status write_tensors(exporter *out) {
    const double *const theta = out->network->theta;
    ntk_status status = NTK_SUCCESS;
    for (int64_t l = 1; l <= out->network->mlp->depth && status == NTK_SUCCESS; l++) {
        const ntki_dense *const dense = &out->network->dense[l - 1];
        if ((status = check_unnamed(out, l, dense)) == NTK_SUCCESS)
            status = write_tensor(out, l, dense->units, dense->inputs, dense->weight_scale, theta + dense->weights);
        if (status == NTK_SUCCESS && (out->names == NULL || out->names[2 * l - 1] != NULL))
            status = write_tensor(out, l, dense->units, 1, dense->bias_scale, theta + dense->bias);
    }
    return status;
}

ntk_status ntk_network_export_safetensors(const ntk_network *network, const char *path, const char *const *names,
                                          int32_t single) {
    if (network == NULL)
        return NTK_ERR_NULL;
    ntk_context *const context = network->context;
    exporter out = {.network = network, .names = names, .element = single != 0 ? 4 : 8};
    const ntki_file file = {context, __func__, path};
    ntk_status status = ntki_check_pointer(context, __func__, "path", path);
    if (status == NTK_SUCCESS && names != NULL)
        status = check_names(&file, 2 * network->mlp->depth, names);
    if (status != NTK_SUCCESS)
        return status;
    if ((status = ntki_file_begin(&out.writer, context, __func__, path)) == NTK_SUCCESS &&
        (status = write_header(&out)) == NTK_SUCCESS && (status = write_tensors(&out)) == NTK_SUCCESS)
        status = ntki_file_commit(&out.writer);
    ntki_file_abandon(&out.writer);
    ntki_release(context, out.rows);
    ntki_release(context, out.header);
    return status;
}
