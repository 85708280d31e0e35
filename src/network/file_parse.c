/* The specification in a file. Its bytes may be anything: each number goes through the setter of mlp.h that a caller would
 * use, and what that refuses is NTK_ERR_FORMAT with its sentence. */
#include <stdio.h>

#include "lib/memory/memory.h"
#include "src/network/file_format.h"
#include "src/network/little_endian.h"

typedef struct {
    const ntki_file *file;
    const unsigned char *bytes;
    int64_t size, at;
    bool ended; /* more was read than there is */
} cursor;

static uint64_t get(cursor *in, int bytes) {
    if (in->size - in->at < bytes) {
        in->ended = true;
        return 0;
    }
    const uint64_t value = ntki_get_bytes(in->bytes + in->at, bytes);
    in->at += bytes;
    return value;
}

static int64_t get_whole(cursor *in) { return (int64_t)get(in, 8); }

static int32_t get_short(cursor *in) { return (int32_t)(uint32_t)get(in, 4); }

static double get_real(cursor *in) {
    unsigned char bytes[8];
    ntki_put_bytes(bytes, 8, get(in, 8));
    return ntki_get_f64(bytes);
}

/* The setter's refusal as one of the file; being out of memory is not the file's fault. */
static ntk_status judge(const cursor *in, ntk_status status, int64_t layer) {
    char sentence[NTKI_ERROR_LENGTH], place[48] = "";
    if (status == NTK_SUCCESS && in->ended)
        return ntki_file_refuse(in->file, "its specification ends early");
    if (status == NTK_SUCCESS || status == NTK_ERR_NO_MEMORY)
        return status;
    if (layer > 0)
        snprintf(place, sizeof(place), "layer %lld: ", (long long)layer);
    snprintf(sentence, sizeof(sentence), "%s", in->file->context->last_error);
    return ntki_file_refuse(in->file, "%s%s", place, sentence);
}

static ntk_status parse_widths(cursor *in, ntk_mlp **out) {
    ntk_context *const context = in->file->context;
    const int64_t depth = get_whole(in);
    const int32_t parameterisation = get_short(in), zero = get_short(in);
    int64_t *widths = NULL;
    ntk_status status;
    if (depth < 1 || depth > NTKI_MLP_MOST_LAYERS)
        return ntki_file_refuse(in->file, "depth is %lld; it must be from 1 to %d", (long long)depth,
                                (int)NTKI_MLP_MOST_LAYERS);
    if (zero != 0)
        return ntki_file_refuse(in->file, "a reserved number of the specification is %d; it must be 0", (int)zero);
    if ((status = ntki_allocate(context, in->file->function, depth + 1, sizeof(*widths), &widths)) != NTK_SUCCESS)
        return status;
    for (int64_t l = 0; l <= depth; l++)
        widths[l] = get_whole(in);
    if ((status = judge(in, NTK_SUCCESS, 0)) == NTK_SUCCESS &&
        (status = judge(in, ntk_mlp_create(context, depth, widths, NTK_ACTIVATION_IDENTITY, out), 0)) == NTK_SUCCESS)
        status = judge(in, ntk_mlp_set_parameterisation(*out, parameterisation), 0);
    ntki_release(context, widths);
    return status;
}

static ntk_status parse_layer(cursor *in, ntk_mlp *mlp, int64_t l) {
    const double weight_std = get_real(in), bias_std = get_real(in);
    const double weight_rate = get_real(in), bias_rate = get_real(in);
    const int64_t skip = get_whole(in);
    ntk_status status;
    if ((status = judge(in, NTK_SUCCESS, l)) != NTK_SUCCESS ||
        (status = judge(in, ntk_mlp_set_layer_weight_std(mlp, l, weight_std), l)) != NTK_SUCCESS ||
        (status = judge(in, ntk_mlp_set_layer_bias_std(mlp, l, bias_std), l)) != NTK_SUCCESS ||
        (status = judge(in, ntk_mlp_set_learning_rates(mlp, l, weight_rate, bias_rate), l)) != NTK_SUCCESS)
        return status;
    /* The first layer has no skip, and its setter wants none. */
    return skip == 0 ? NTK_SUCCESS : judge(in, ntk_mlp_set_skip(mlp, l, skip), l);
}

static ntk_status parse_activation(cursor *in, ntk_mlp *mlp, int64_t l, int32_t kind, int32_t count) {
    double parameters[NTKI_ACTIVATION_PARAMETERS];
    ntk_activation *activation = NULL;
    if (count < 0 || count > NTKI_ACTIVATION_PARAMETERS)
        return ntki_file_refuse(in->file, "layer %lld: an activation with %d parameters; there are 0 to %d",
                                (long long)l, (int)count, (int)NTKI_ACTIVATION_PARAMETERS);
    for (int32_t i = 0; i < count; i++)
        parameters[i] = get_real(in);
    ntk_status status = judge(in, NTK_SUCCESS, l);
    if (status == NTK_SUCCESS)
        status = judge(in, ntk_activation_create(in->file->context, kind, parameters, count, &activation), l);
    if (status == NTK_SUCCESS)
        status = judge(in, ntk_mlp_set_activation(mlp, l, activation), l);
    ntk_activation_destroy(activation);
    return status;
}

static ntk_status parse_hidden(cursor *in, ntk_mlp *mlp, int64_t l) {
    const double epsilon = get_real(in), dropout = get_real(in);
    const int32_t kind = get_short(in), normalised = get_short(in), count = get_short(in), zero = get_short(in);
    ntk_status status;
    if ((status = judge(in, NTK_SUCCESS, l)) != NTK_SUCCESS)
        return status;
    if (zero != 0 || (normalised != 0 && normalised != 1))
        return ntki_file_refuse(in->file, "layer %lld: normalised is %d (0 or 1), a reserved number is %d (0)",
                                (long long)l, (int)normalised, (int)zero);
    if ((status = judge(in, ntk_mlp_set_layer_normalisation(mlp, l, normalised, epsilon), l)) != NTK_SUCCESS ||
        (status = judge(in, ntk_mlp_set_dropout(mlp, l, dropout), l)) != NTK_SUCCESS)
        return status;
    return parse_activation(in, mlp, l, kind, count);
}

ntk_status ntki_file_parse(const ntki_file *file, int64_t size, const unsigned char *bytes, ntk_mlp **out) {
    cursor in = {.file = file, .bytes = bytes, .size = size};
    ntk_mlp *mlp = NULL;
    ntk_status status = parse_widths(&in, &mlp);
    for (int64_t l = 1; status == NTK_SUCCESS && l <= mlp->depth; l++)
        status = parse_layer(&in, mlp, l);
    for (int64_t l = 1; status == NTK_SUCCESS && l < mlp->depth; l++)
        status = parse_hidden(&in, mlp, l);
    if (status == NTK_SUCCESS && in.at != size)
        status = ntki_file_refuse(file, "its specification has %lld bytes too many", (long long)(size - in.at));
    if (status != NTK_SUCCESS) {
        ntk_mlp_destroy(mlp);
        return status;
    }
    *out = mlp;
    return NTK_SUCCESS;
}
