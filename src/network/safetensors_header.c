/* Reads the header of a safetensors file: three levels of JSON and no more, by the format's own grammar. */
#include <string.h>

#include "lib/json/json.h"
#include "lib/memory/memory.h"
#include "src/network/little_endian.h"
#include "src/network/safetensors.h"

/* No tensor is told in less, so that the header's length bounds their number. */
enum { SHORTEST = sizeof("\"\":{\"dtype\":\"\",\"shape\":[],\"data_offsets\":[0,0]}") - 1 };

typedef struct {
    const ntki_file *file;
    ntki_json json;
    ntki_tensors *out;
    int64_t most; /* tensors for which there is room */
    bool metadata;
} parser;

static ntk_status refuse_json(const parser *parse, const char *wanted) {
    return ntki_file_refuse(parse->file, "its header is wrong at byte %lld: %s is wanted", (long long)parse->json.at,
                            wanted);
}

static ntk_status refuse_tensor(const ntki_file *file, const ntki_tensor *tensor, const char *what) {
    char name[NTKI_NAME_SHOWN];
    return ntki_file_refuse(file, "tensor %s %s", ntki_name_shown(tensor->name, name), what);
}

/* ---- one tensor ---- */

/* [n, n, ...]: how many, and the first two. */
static ntk_status parse_sizes(parser *parse, ntki_tensor *tensor, int64_t *count, int64_t first[2], int64_t *product) {
    *count = 0;
    *product = 1;
    if (!ntki_json_symbol(&parse->json, '['))
        return refuse_json(parse, "a list of numbers");
    if (ntki_json_symbol(&parse->json, ']'))
        return NTK_SUCCESS;
    do {
        int64_t size = 0;
        if (!ntki_json_whole(&parse->json, &size))
            return refuse_json(parse, "a whole number from 0 to 2^63 - 1");
        if (*count < 2)
            first[*count] = size;
        *count += 1;
        if (size > 0 && *product > INT64_MAX / size)
            return refuse_tensor(parse->file, tensor, "has more elements than 2^63");
        *product *= size;
    } while (ntki_json_symbol(&parse->json, ','));
    return ntki_json_symbol(&parse->json, ']') ? NTK_SUCCESS : refuse_json(parse, "a comma or ]");
}

static ntk_status parse_type(parser *parse, ntki_tensor *tensor) {
    tensor->type_name = ntki_json_string(&parse->json);
    if (tensor->type_name == NULL)
        return refuse_json(parse, "a string");
    tensor->type = ntki_element_find(tensor->type_name);
    return NTK_SUCCESS;
}

static ntk_status parse_shape(parser *parse, ntki_tensor *tensor) {
    return parse_sizes(parse, tensor, &tensor->rank, tensor->shape, &tensor->elements);
}

static ntk_status parse_offsets(parser *parse, ntki_tensor *tensor) {
    int64_t count = 0, product = 0, offsets[2] = {0};
    const int64_t at = parse->json.at;
    const ntk_status status = parse_sizes(parse, tensor, &count, offsets, &product);
    if (status != NTK_SUCCESS)
        return status;
    if (count != 2 || offsets[0] > offsets[1]) {
        parse->json.at = at;
        return refuse_json(parse, "a beginning and an end");
    }
    tensor->begin = offsets[0];
    tensor->end = offsets[1];
    return NTK_SUCCESS;
}

static const struct {
    const char *name;
    ntk_status (*parse)(parser *parse, ntki_tensor *tensor);
} members[] = {{"dtype", parse_type}, {"shape", parse_shape}, {"data_offsets", parse_offsets}};

enum { MEMBERS = sizeof(members) / sizeof(*members) };

static ntk_status parse_member(parser *parse, ntki_tensor *tensor, bool seen[MEMBERS]) {
    const int64_t at = parse->json.at;
    const char *const name = ntki_json_string(&parse->json);
    for (int i = 0; i < MEMBERS && name != NULL; i++) {
        if (strcmp(name, members[i].name) != 0 || seen[i])
            continue;
        seen[i] = true;
        return ntki_json_symbol(&parse->json, ':') ? members[i].parse(parse, tensor) : refuse_json(parse, "a colon");
    }
    parse->json.at = at;
    return refuse_json(parse, "\"dtype\", \"shape\" or \"data_offsets\", each once,");
}

/* After its name. */
static ntk_status parse_tensor(parser *parse, ntki_tensor *tensor) {
    bool seen[MEMBERS] = {false};
    if (!ntki_json_symbol(&parse->json, '{'))
        return refuse_json(parse, "an object");
    do {
        const ntk_status status = parse_member(parse, tensor, seen);
        if (status != NTK_SUCCESS)
            return status;
    } while (ntki_json_symbol(&parse->json, ','));
    if (!ntki_json_symbol(&parse->json, '}'))
        return refuse_json(parse, "a comma or }");
    if (!(seen[0] && seen[1] && seen[2]))
        return refuse_tensor(parse->file, tensor, "lacks one of dtype, shape and data_offsets");
    if (tensor->type != NULL && (tensor->elements > INT64_MAX / tensor->type->bytes ||
                                 tensor->elements * tensor->type->bytes != tensor->end - tensor->begin))
        return refuse_tensor(parse->file, tensor, "has a shape that its data_offsets do not fit");
    return NTK_SUCCESS;
}

/* ---- the whole header ---- */

static ntk_status parse_metadata(parser *parse) {
    if (!ntki_json_symbol(&parse->json, '{'))
        return refuse_json(parse, "an object");
    if (ntki_json_symbol(&parse->json, '}'))
        return NTK_SUCCESS;
    do {
        if (ntki_json_string(&parse->json) == NULL || !ntki_json_symbol(&parse->json, ':') ||
            ntki_json_string(&parse->json) == NULL)
            return refuse_json(parse, "\"KEY\": \"VALUE\"");
    } while (ntki_json_symbol(&parse->json, ','));
    return ntki_json_symbol(&parse->json, '}') ? NTK_SUCCESS : refuse_json(parse, "a comma or }");
}

static ntk_status parse_entry(parser *parse) {
    ntki_tensors *const out = parse->out;
    const char *const name = ntki_json_string(&parse->json);
    if (name == NULL)
        return refuse_json(parse, "the name of a tensor");
    if (!ntki_json_symbol(&parse->json, ':'))
        return refuse_json(parse, "a colon");
    if (strcmp(name, "__metadata__") == 0) {
        if (parse->metadata)
            return ntki_file_refuse(parse->file, "holds __metadata__ twice");
        parse->metadata = true;
        return parse_metadata(parse);
    }
    if (out->count == parse->most)
        return refuse_json(parse, "a header in proportion to its tensors");
    ntki_tensor *const tensor = &out->tensor[out->count++];
    *tensor = (ntki_tensor){.name = name};
    return parse_tensor(parse, tensor);
}

static ntk_status parse_header(parser *parse) {
    if (parse->json.size == 0 || parse->json.text[0] != '{')
        return ntki_file_refuse(parse->file, "is no safetensors file: its header does not begin with {");
    ntki_json_symbol(&parse->json, '{');
    if (!ntki_json_symbol(&parse->json, '}')) {
        do {
            const ntk_status status = parse_entry(parse);
            if (status != NTK_SUCCESS)
                return status;
        } while (ntki_json_symbol(&parse->json, ','));
        if (!ntki_json_symbol(&parse->json, '}'))
            return refuse_json(parse, "a comma or }");
    }
    return ntki_json_end(&parse->json) ? NTK_SUCCESS : refuse_json(parse, "the end");
}

/* ---- the tensors among each other ---- */

static bool begins_before(const ntki_tensor *a, const ntki_tensor *b) {
    return a->begin != b->begin ? a->begin < b->begin : a->end < b->end;
}

static bool name_before(const ntki_tensor *a, const ntki_tensor *b) { return strcmp(a->name, b->name) < 0; }

/* One after the other they fill the file; no two have one name. */
static ntk_status check_tensors(const ntki_tensors *tensors, const ntki_file *file, int64_t size) {
    const ntki_tensor **const tensor = tensors->by_name;
    int64_t end = 0;
    ntki_tensors_sort(tensors->count, tensor, begins_before);
    for (int64_t i = 0; i < tensors->count; i++) {
        if (tensor[i]->begin != end)
            return refuse_tensor(file, tensor[i],
                                 tensor[i]->begin < end ? "overlaps another one" : "begins after a hole");
        end = tensor[i]->end;
    }
    if (end != size)
        return ntki_file_refuse(file, "its tensors have %lld bytes, but the file has %lld for them", (long long)end,
                                (long long)size);
    ntki_tensors_sort(tensors->count, tensor, name_before);
    for (int64_t i = 1; i < tensors->count; i++)
        if (strcmp(tensor[i - 1]->name, tensor[i]->name) == 0)
            return refuse_tensor(file, tensor[i], "is there twice");
    return NTK_SUCCESS;
}

static ntk_status read_length(ntki_file_reader *reader, int64_t *length) {
    unsigned char bytes[8];
    ntk_status status;
    if (reader->size < 8)
        return ntki_file_refuse(&reader->named, "is no safetensors file: it has %lld bytes", (long long)reader->size);
    if ((status = ntki_file_read(reader, 8, bytes)) != NTK_SUCCESS)
        return status;
    const uint64_t value = ntki_get_bytes(bytes, 8);
    if (value > NTKI_SAFETENSORS_MOST_HEADER || (int64_t)value > reader->size - 8)
        return ntki_file_refuse(&reader->named,
                                "is no safetensors file, or cut off: a header of %llu bytes (at most %d) in %lld",
                                (unsigned long long)value, (int)NTKI_SAFETENSORS_MOST_HEADER, (long long)reader->size);
    *length = (int64_t)value;
    return NTK_SUCCESS;
}

ntk_status ntki_tensors_read(ntki_tensors *tensors, ntki_file_reader *reader) {
    const ntki_file *const named = &reader->named;
    ntk_context *const context = named->context;
    int64_t length = 0;
    ntk_status status;
    *tensors = (ntki_tensors){0};
    if ((status = read_length(reader, &length)) != NTK_SUCCESS)
        return status;
    const int64_t most = length / SHORTEST + 1;
    if ((status = ntki_allocate(context, named->function, length, 1, &tensors->header)) != NTK_SUCCESS ||
        (status = ntki_file_read(reader, length, tensors->header)) != NTK_SUCCESS ||
        (status = ntki_allocate(context, named->function, most, sizeof(ntki_tensor), &tensors->tensor)) !=
            NTK_SUCCESS ||
        (status = ntki_allocate(context, named->function, most, sizeof(ntki_tensor *), &tensors->by_name)) !=
            NTK_SUCCESS)
        return status;
    parser parse = {.file = named, .json = {tensors->header, length, 0}, .out = tensors, .most = most};
    if ((status = parse_header(&parse)) != NTK_SUCCESS)
        return status;
    tensors->data = 8 + length;
    for (int64_t i = 0; i < tensors->count; i++)
        tensors->by_name[i] = &tensors->tensor[i];
    return check_tensors(tensors, named, reader->size - tensors->data);
}

void ntki_tensors_release(ntki_tensors *tensors, ntk_context *context) {
    ntki_release(context, tensors->by_name);
    ntki_release(context, tensors->tensor);
    ntki_release(context, tensors->header);
    *tensors = (ntki_tensors){0};
}
