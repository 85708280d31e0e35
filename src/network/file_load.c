/* Reads a network; see file_format.h. The sizes must fit the file before anything is allocated, and the sums must be right
 * before anything is believed. */
#include <math.h>
#include <string.h>

#include "lib/arguments/arguments.h"
#include "lib/memory/memory.h"
#include "src/network/file_format.h"
#include "src/network/little_endian.h"
#include "src/network/network.h"

typedef struct {
    ntki_file_reader reader;
    ntki_file_work *work;
    int64_t specification;   /* S */
    int64_t parameter_count; /* P */
} loader;

static ntk_status read_summed(loader *load, int64_t bytes, void *buffer) {
    const ntk_status status = ntki_file_read(&load->reader, bytes, buffer);
    if (status == NTK_SUCCESS)
        ntki_crc64_add(&load->work->crc, (size_t)bytes, buffer);
    return status;
}

static ntk_status check_sum(loader *load, const char *what) {
    const uint64_t computed = ntki_crc64_value(&load->work->crc);
    unsigned char bytes[NTKI_FILE_SUM];
    const ntk_status status = read_summed(load, sizeof(bytes), bytes);
    if (status != NTK_SUCCESS)
        return status;
    const uint64_t stored = ntki_get_bytes(bytes, NTKI_FILE_SUM);
    if (stored == computed)
        return NTK_SUCCESS;
    return ntki_file_refuse(&load->reader.named,
                            "wrong checksum of the %s: it is %016llx, that of the bytes is %016llx", what,
                            (unsigned long long)stored, (unsigned long long)computed);
}

/* The sizes S and P, of a file that is as long as they say. */
static ntk_status read_head(loader *load) {
    const ntki_file *const named = &load->reader.named;
    const int64_t size = load->reader.size, least = NTKI_FILE_HEAD + 2 * NTKI_FILE_SUM;
    unsigned char head[NTKI_FILE_HEAD] = {0};
    const ntk_status status = read_summed(load, size < NTKI_FILE_HEAD ? size : NTKI_FILE_HEAD, head);
    if (status != NTK_SUCCESS)
        return status;
    if (memcmp(head, NTKI_FILE_MAGIC, 8) != 0)
        return ntki_file_refuse(named, "holds no network of libntk");
    const uint64_t version = ntki_get_bytes(head + 8, 4), zero = ntki_get_bytes(head + 12, 4);
    const uint64_t specification = ntki_get_bytes(head + 16, 8), parameters = ntki_get_bytes(head + 24, 8);
    if (size < least)
        return ntki_file_refuse(named, "is cut off after %lld bytes", (long long)size);
    if (version != NTKI_FILE_VERSION)
        return ntki_file_refuse(named, "has version %llu of the format; this library reads version %d",
                                (unsigned long long)version, (int)NTKI_FILE_VERSION);
    if (zero != 0 || specification > NTKI_FILE_MOST_SPECIFICATION || parameters > INT64_MAX / 16)
        return ntki_file_refuse(named, "impossible sizes: a specification of %llu bytes, %llu parameters",
                                (unsigned long long)specification, (unsigned long long)parameters);
    load->specification = (int64_t)specification;
    load->parameter_count = (int64_t)parameters;
    const int64_t wanted = least + load->specification + 8 * load->parameter_count;
    if (size != wanted)
        return ntki_file_refuse(named, "%s: it has %lld bytes, and must have %lld",
                                size < wanted ? "is cut off" : "is too long", (long long)size, (long long)wanted);
    return NTK_SUCCESS;
}

static ntk_status read_specification(loader *load, ntk_mlp **out) {
    const ntki_file *const named = &load->reader.named;
    unsigned char *bytes = NULL;
    int64_t count = 0;
    ntk_status status = ntki_allocate(named->context, named->function, load->specification, 1, &bytes);
    if (status == NTK_SUCCESS && (status = read_summed(load, load->specification, bytes)) == NTK_SUCCESS &&
        (status = check_sum(load, "specification")) == NTK_SUCCESS)
        status = ntki_file_parse(named, load->specification, bytes, out);
    ntki_release(named->context, bytes);
    if (status == NTK_ERR_NO_MEMORY) /* said in the name of a setter */
        return ntki_fail(named->context, status, named->function, "could not allocate the specification");
    if (status == NTK_SUCCESS &&
        (ntk_mlp_get_parameter_count(*out, &count) != NTK_SUCCESS || count != load->parameter_count))
        status =
            ntki_file_refuse(named, "has %lld parameters, but layers of other sizes", (long long)load->parameter_count);
    return status;
}

static ntk_status read_parameters(loader *load, double *theta) {
    const ntki_file *const named = &load->reader.named;
    const int64_t most = (int64_t)sizeof(load->work->block) / 8;
    int64_t bad = -1;
    for (int64_t p = 0, count; p < load->parameter_count; p += count) {
        count = load->parameter_count - p < most ? load->parameter_count - p : most;
        const ntk_status status = read_summed(load, 8 * count, load->work->block);
        if (status != NTK_SUCCESS)
            return status;
        for (int64_t i = 0; i < count; i++) {
            theta[p + i] = ntki_get_f64(load->work->block + 8 * i);
            if (bad < 0 && !isfinite(theta[p + i]))
                bad = p + i;
        }
    }
    const ntk_status status = check_sum(load, "parameters");
    if (status == NTK_SUCCESS && bad >= 0)
        return ntki_file_refuse(named, "parameter %lld is %s; every one must be finite", (long long)bad,
                                isnan(theta[bad]) ? "NaN" : "infinite");
    return status;
}

/* An empty network, with a hold on the context. */
static ntk_status make_network(const ntki_file *named, const ntk_mlp *mlp, ntk_network **out) {
    ntk_context *held = NULL;
    ntk_status status = ntki_context_acquire(named->context, &held);
    if (status == NTK_SUCCESS && (status = ntki_network_make(held, named->function, mlp, out)) != NTK_SUCCESS)
        ntki_context_release(held);
    return status;
}

static ntk_status load_network(loader *load, ntk_network **out) {
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    ntk_status status;
    if ((status = read_head(load)) == NTK_SUCCESS && (status = read_specification(load, &mlp)) == NTK_SUCCESS &&
        (status = make_network(&load->reader.named, mlp, &network)) == NTK_SUCCESS)
        status = read_parameters(load, network->theta);
    ntk_mlp_destroy(mlp);
    if (status != NTK_SUCCESS) {
        ntk_network_destroy(network);
        return status;
    }
    *out = network;
    return NTK_SUCCESS;
}

ntk_status ntk_network_load(ntk_context *context, const char *path, ntk_network **out) {
    ntk_context *held = NULL;
    ntk_status status = ntki_context_acquire(context, &held);
    if (status != NTK_SUCCESS)
        return status;
    loader load = {.reader = {.descriptor = -1}};
    if ((status = ntki_check_pointer(held, __func__, "out", out)) == NTK_SUCCESS &&
        (status = ntki_file_open(&load.reader, held, __func__, path)) == NTK_SUCCESS &&
        (status = ntki_allocate(held, __func__, 1, sizeof(*load.work), &load.work)) == NTK_SUCCESS) {
        ntki_crc64_start(&load.work->crc);
        status = load_network(&load, out);
    }
    ntki_file_close(&load.reader);
    ntki_release(held, load.work);
    ntki_context_release(held);
    return status;
}
