/* Networks and safetensors files for tests. */
#ifndef NTK_TESTS_SAFETENSORS_FILES_H
#define NTK_TESTS_SAFETENSORS_FILES_H

#include "tests/folder.h"

#include <ntk/network.h>

typedef struct {
    suite_folder at;
    suite_tracker tracker;
    ntk_context *context;
} world;

static inline void world_create(world *w) {
    suite_tracker_init(&w->tracker);
    ASSERT_OK(ntk_context_create_with_allocator(&w->tracker.allocator, &w->context));
    suite_folder_create(&w->at, "x.safetensors");
}

static inline void world_destroy(world *w) {
    ntk_context_destroy(w->context);
    ck_assert_int_eq(atomic_load(&w->tracker.live), 0);
    suite_folder_remove(&w->at);
}

static inline ntk_network *make_network(ntk_context *context, int64_t depth, const int64_t *widths,
                                        int32_t parameterisation, double weight_std, double bias_std) {
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    ASSERT_OK(ntk_mlp_create(context, depth, widths, NTK_ACTIVATION_TANH, &mlp));
    ASSERT_OK(ntk_mlp_set_parameterisation(mlp, parameterisation));
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, weight_std));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, bias_std));
    ASSERT_OK(ntk_network_create(context, mlp, 3, &network));
    ntk_mlp_destroy(mlp);
    return network;
}

static inline double *parameters(const ntk_network *network, int64_t *count) {
    ASSERT_OK(ntk_network_get_sizes(network, count, NULL, NULL));
    double *const theta = suite_doubles(*count);
    ASSERT_OK(ntk_network_get_parameters(network, *count, theta));
    return theta;
}

/* A file of that header (its length is put before it) and those data. */
static inline void write_file(const char *path, const char *header, size_t size, const void *data) {
    const size_t length = strlen(header);
    unsigned char *const bytes = malloc(8 + length + size);
    ck_assert_ptr_nonnull(bytes);
    suite_put(bytes, 8, length);
    memcpy(bytes + 8, header, length);
    if (size > 0)
        memcpy(bytes + 8 + length, data, size);
    suite_write(path, 8 + length + size, bytes);
    free(bytes);
}

/* The header of a file, to be freed. */
static inline char *read_header(const char *path, size_t *data) {
    size_t size = 0;
    unsigned char *const bytes = suite_read(path, &size);
    const size_t length = (size_t)suite_get(bytes, 8);
    ck_assert_uint_le(8 + length, size);
    char *const header = malloc(length + 1);
    ck_assert_ptr_nonnull(header);
    memcpy(header, bytes + 8, length);
    header[length] = '\0';
    *data = size - 8 - length;
    free(bytes);
    return header;
}

#endif
