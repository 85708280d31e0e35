/* The dual of an activation: what a layer does to a pair. One file dual_NAME.h an activation; NTKI_DUALS lists them.
 *
 * A dual gets s = std and s' of both inputs, m = rms and m' (sqrt(E[phi^2])), the covariance k and near = 1 - |rho|, and
 * returns four numbers, each without cancellation:
 *   value = E[phi(u) phi(v)],  slope = E[phi'(u) phi'(v)],  gap = m m' - value,  sum = m m' + value.
 * `sum` matters only for a negative value. For the pair of an input with itself, value and slope must not depend on m.
 *
 * These are inlined into vectorised loops: no branches on data, no calls, selections by ?: only. */
#ifndef NTKI_DUAL_H
#define NTKI_DUAL_H

#include <float.h>

typedef struct {
    double s, s_other;
    double m, m_other;
    double k;
    double near;
} ntki_pair;

typedef struct {
    double value;
    double slope;
    double gap;
    double sum;
} ntki_dual;

#if defined(__GNUC__)
#define NTKI_INLINE static inline __attribute__((always_inline))
#else
#define NTKI_INLINE static inline
#endif

/* X(kind, name) */
#define NTKI_DUALS(X)                        \
    X(NTK_ACTIVATION_IDENTITY, identity)     \
    X(NTK_ACTIVATION_RELU, relu)             \
    X(NTK_ACTIVATION_LEAKY_RELU, leaky_relu) \
    X(NTK_ACTIVATION_ERF, erf)

#endif
