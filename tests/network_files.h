/* A small network in a file, and the layout of docs/network-file.md. */
#ifndef NTK_TESTS_NETWORK_FILES_H
#define NTK_TESTS_NETWORK_FILES_H

#include "tests/folder.h"

#include <ntk/network.h>

typedef struct {
    int32_t kind;
    int64_t n;
    double params[33];
} plain_activation;

static inline void set_activation(ntk_context *context, ntk_mlp *mlp, int64_t layer, const plain_activation *plain) {
    ntk_activation *activation = NULL;
    ASSERT_OK(ntk_activation_create(context, plain->kind, plain->params, plain->n, &activation));
    ASSERT_OK(ntk_mlp_set_activation(mlp, layer, activation));
    ntk_activation_destroy(activation);
}

/* 2-3-3-1, of which each kind of number is somewhere in a file of little more than 400 bytes. */
enum { SMALL_DEPTH = 3 };

static inline ntk_network *small_network(ntk_context *context) {
    const int64_t widths[] = {2, 3, 3, 1};
    const plain_activation first = {NTK_ACTIVATION_LEAKY_RELU, 1, {0.125}};
    const plain_activation second = {NTK_ACTIVATION_MONOMIAL, 1, {2}};
    ntk_mlp *mlp = NULL;
    ntk_network *network = NULL;
    ASSERT_OK(ntk_mlp_create(context, SMALL_DEPTH, widths, NTK_ACTIVATION_RELU, &mlp));
    set_activation(context, mlp, 1, &first);
    set_activation(context, mlp, 2, &second);
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, 1.5));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, 0.5));
    ASSERT_OK(ntk_mlp_set_skip(mlp, 2, 1));
    ASSERT_OK(ntk_network_create(context, mlp, 5, &network));
    ntk_mlp_destroy(mlp);
    return network;
}

static inline double *parameters(const ntk_network *network, int64_t *count) {
    ASSERT_OK(ntk_network_get_sizes(network, count, NULL, NULL));
    double *const theta = suite_doubles(*count);
    ASSERT_OK(ntk_network_get_parameters(network, *count, theta));
    return theta;
}

/* ---- the small network's file, and a context that counts ---- */

typedef struct {
    suite_folder at;
    suite_tracker tracker;
    ntk_context *context;
    size_t size;
    unsigned char *bytes; /* of the small network's file */
} world;

static inline void world_create(world *w) {
    suite_tracker_init(&w->tracker);
    ASSERT_OK(ntk_context_create_with_allocator(&w->tracker.allocator, &w->context));
    ntk_network *const network = small_network(w->context);
    suite_folder_create(&w->at, "small.ntk");
    ASSERT_OK(ntk_network_save(network, w->at.path));
    w->bytes = suite_read(w->at.path, &w->size);
    ntk_network_destroy(network);
}

static inline void world_destroy(world *w) {
    ntk_context_destroy(w->context);
    ck_assert_int_eq(atomic_load(&w->tracker.live), 0);
    free(w->bytes);
    suite_folder_remove(&w->at);
}

/* ---- the layout of docs/network-file.md ---- */

enum { HEAD = 32, WIDTHS = HEAD + 16 };

/* Of a file for `depth` layers: where the record of layer l begins. */
static inline size_t layer_at(int64_t depth, int64_t l) { return (size_t)(WIDTHS + 8 * (depth + 1) + 40 * (l - 1)); }

/* CRC-64/XZ, bit by bit. */
static inline uint64_t crc64(const unsigned char *bytes, size_t size) {
    uint64_t value = UINT64_MAX;
    for (size_t i = 0; i < size; i++) {
        value ^= bytes[i];
        for (int bit = 0; bit < 8; bit++)
            value = (value & 1) != 0 ? value >> 1 ^ UINT64_C(0xc96c5795d7870f42) : value >> 1;
    }
    return ~value;
}

/* Makes both sums of a file right. */
static inline void sum_again(unsigned char *bytes, size_t size) {
    const size_t middle = HEAD + (size_t)suite_get(bytes + 16, 8);
    if (size < 16 || middle > size - 16)
        return;
    suite_put(bytes + middle, 8, crc64(bytes, middle));
    suite_put(bytes + size - 8, 8, crc64(bytes, size - 8));
}

#endif
