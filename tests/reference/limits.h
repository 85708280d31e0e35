/* How far a kernel value may be from its reference. In doubles, by what the activations of the network are:
 *   the ReLU family and erf            1e-14
 *   other closed forms                 1e-13
 *   series                             the kernel's own error bound, and 1e-14 for rounding
 * relative to |value| for the NNGP where E[phi phi] is never negative, and to sqrt(K(x,x) K(x',x')) for others, since the
 * value crosses zero (near and equal rows: the same thing). The inner products of the rows are exact (multiples of 1/32), so
 * that their rounding needs no allowance. */
#ifndef NTK_REFERENCE_LIMITS_H
#define NTK_REFERENCE_LIMITS_H

#include "tests/reference/table.h"

/* The limit of a kind; negative for series. */
static inline double reference_limit_of_kind(int kind) {
    static const int first_class[] = {NTK_ACTIVATION_IDENTITY, NTK_ACTIVATION_RELU, NTK_ACTIVATION_LEAKY_RELU,
                                      NTK_ACTIVATION_ERF,      NTK_ACTIVATION_ABS,  NTK_ACTIVATION_TWO_SLOPE};
    for (size_t i = 0; i < sizeof(first_class) / sizeof(*first_class); i++)
        if (kind == first_class[i])
            return 1e-14;
    return kind >= NTK_ACTIVATION_TANH && kind <= NTK_ACTIVATION_GELU_TANH ? -1 : 1e-13;
}

static inline int reference_hidden_rows(const reference_case *the_case) {
    const int rows = the_case->network->layer_rows;
    return the_case->layers[rows - 1].repeat > 1 ? rows : rows - 1;
}

static inline bool reference_is_series(const reference_case *the_case) {
    bool series = false;
    for (int row = 0; row < reference_hidden_rows(the_case); row++)
        series = series || reference_limit_of_kind(the_case->layers[row].kind) < 0;
    return series;
}

/* The largest limit of the network's kinds. */
static inline double reference_limit(const reference_case *the_case) {
    double limit = 1e-14;
    for (int row = 0; row < reference_hidden_rows(the_case); row++)
        limit = fmax(limit, reference_limit_of_kind(the_case->layers[row].kind));
    return limit;
}

/* Whether E[phi(u) phi(v)] >= 0 for all (u, v), in every layer. */
static inline bool reference_is_never_negative(const reference_case *the_case) {
    static const int kinds[] = {NTK_ACTIVATION_RELU,          NTK_ACTIVATION_ABS,     NTK_ACTIVATION_STEP,
                                NTK_ACTIVATION_SIGMOID_ERF,   NTK_ACTIVATION_EXP,     NTK_ACTIVATION_GAUSSIAN,
                                NTK_ACTIVATION_RBF,           NTK_ACTIVATION_SIGMOID, NTK_ACTIVATION_RECTIFIED_MONOMIAL,
                                NTK_ACTIVATION_SOFTPLUS,      NTK_ACTIVATION_RELU6,   NTK_ACTIVATION_HARD_SIGMOID,
                                NTK_ACTIVATION_NORMALISED_EXP};
    for (int row = 0; row < reference_hidden_rows(the_case); row++) {
        bool known = false;
        for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
            known = known || the_case->layers[row].kind == kinds[i];
        if (!known)
            return false;
    }
    return true;
}

/* What an error is relative to. */
static inline double reference_size(const reference_case *the_case, const reference_entry *entry) {
    const bool positive = entry->type == NTK_KERNEL_NNGP && reference_is_never_negative(the_case);
    return positive && !reference_is_series(the_case) ? fabs(entry->expected) : entry->scale;
}

static inline double reference_error(const reference_entry *entry) {
    const double error = fabs(entry->got - entry->expected);
    return isnan(error) ? INFINITY : error;
}

/* Below DBL_MIN doubles have no relative accuracy. */
static inline double reference_allowed(const reference_case *the_case, const reference_entry *entry) {
    const double bound = reference_is_series(the_case) ? entry->bound : 0;
    return (reference_limit(the_case) + bound) * reference_size(the_case, entry) + DBL_MIN;
}

#endif
