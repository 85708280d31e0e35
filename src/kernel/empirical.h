/* The empirical evaluator: the kernel of a finite network with the parameters that it has.
 *
 *   T((x,a),(x',b)) = sum over l of <delta^l_a, delta'^l_b> (weight_l <f^{l-1}, f'^{l-1}> + bias_l)
 * with delta^l_a = dF_a/dz^l. The features f and delta of a row are made by a pass through the network, forwards and
 * then backwards from every output that is wanted; features of as many rows as fit a fixed amount of memory are held,
 * so that those of most rows are made once. */
#ifndef NTKI_EMPIRICAL_H
#define NTKI_EMPIRICAL_H

#include <ntk/empirical.h>

#include "src/kernel/panels.h"
#include "src/kernel/single.h"
#include "src/network/pass.h"

/* The features of most rows: this many bytes, but never more rows. */
#define NTKI_FEATURE_BYTES ((int64_t)1 << 28)
enum { NTKI_FEATURE_ROWS = 16 * NTKI_PANEL_ROWS, NTKI_BATCH_ROWS = NTKI_PANEL_ROWS };

/* A layer's part of the kernel, and the learning-rate factors that lead to it. */
typedef struct {
    double weight, bias;
    double weight_rate, bias_rate;
} ntki_empirical_layer;

/* Rows of features to hold, in all and at a time. */
typedef struct {
    int64_t most, batch;
} ntki_feature_plan;

#define NTKI_REAL double
#define NTKI_TYPED(name) name##_f64
#include "src/kernel/empirical_typed.h"
#undef NTKI_REAL
#undef NTKI_TYPED

#define NTKI_REAL float
#define NTKI_TYPED(name) name##_f32
#include "src/kernel/empirical_typed.h"
#undef NTKI_REAL
#undef NTKI_TYPED

typedef struct {
    ntk_kernel kernel; /* first, so that the handle is the evaluator */
    ntk_network *network;
    int32_t form;
    int64_t outputs;             /* N_L */
    int64_t copies;              /* deltas of a row: N_L, or 1 for ONE and PAIR */
    int64_t chosen[2];           /* the outputs of ONE and PAIR */
    ntki_empirical_layer *layer; /* layer[l - 1] is layer l */
    int64_t lowest;              /* the lowest layer that has a part in the kernel; L where none has */
    bool backward;               /* a layer below the last has a part in the kernel */
    double from, to; /* what part of a call's progress is reported here: 0 and 1, unless it is one network of many */
    ntki_feature_work_f64 *work_f64; /* of the call under way */
    ntki_feature_work_f32 *work_f32;
} ntki_empirical;

static inline const ntki_empirical *ntki_empirical_of(const ntk_kernel *kernel) {
    return (const ntki_empirical *)(const void *)kernel;
}

/* Whether layer l (1 to L) has a part in the kernel, and whether that needs f^{l-1} (delta^l: for l < L only). */
static inline bool ntki_empirical_wants(const ntki_empirical *empirical, int64_t l) {
    return empirical->layer[l - 1].weight != 0 || empirical->layer[l - 1].bias != 0;
}
static inline bool ntki_empirical_wants_f(const ntki_empirical *empirical, int64_t l) {
    return empirical->layer[l - 1].weight != 0;
}

/* Numbers that the features of a row take. */
int64_t ntki_empirical_row_length(const ntki_empirical *empirical);
ntki_feature_plan ntki_empirical_plan(const ntki_empirical *empirical, size_t size);

/* Whether K(X,Z) A of n and m rows and c columns takes fewer flops by products with the Jacobian than by tiles.
 * `group`: products with the transposed Jacobian that share a forward pass. */
bool ntki_empirical_prefers_products(const ntki_empirical *empirical, const ntki_feature_plan *plan, int64_t n,
                                     int64_t m, int64_t c, int64_t group);

/* A kernel in `context` of a network in the same one, which it takes over, also when it fails. The kernel holds the
 * context from then on, on success only. */
ntk_status ntki_empirical_create(ntk_context *context, const char *function, ntk_network *network, int32_t type,
                                 int32_t form, ntk_kernel **out);

/* Other parameters: ntk_network_randomise(), and no features of the old ones. For double precision. */
void ntki_empirical_randomise(ntk_kernel *kernel, uint64_t seed);

/* A report of the kernel's part of a call. */
ntk_status ntki_empirical_report(const ntki_empirical *empirical, const char *function, double fraction);

/* NTK_ERR_UNSUPPORTED for NTK_OUTPUT_PAIR, which has no symmetric matrix. */
ntk_status ntki_empirical_check_symmetric(const ntk_kernel *kernel, const char *function);

/* Of the evaluator in double precision, which is the one of the handle. */
void ntki_empirical_end(ntk_kernel *kernel);
void ntki_empirical_destroy(ntk_kernel *kernel);

extern const ntki_evaluator ntki_evaluator_empirical;
extern const ntki_evaluator_f32 ntki_evaluator_empirical_f32;

#endif
