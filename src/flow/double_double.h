/* Double-double arithmetic: a number as the unevaluated sum of two doubles, some 104 bits. Dekker 1971; Hida, Li and Bailey
 * 2001. Overflow gives NaN in places: who uses it looks at the end. */
#ifndef NTKI_DOUBLE_DOUBLE_H
#define NTKI_DOUBLE_DOUBLE_H

#include <math.h>

typedef struct {
    double high, low; /* |low| is at most half an ulp of high */
} ntki_dd;

static inline ntki_dd ntki_dd_from(double a) { return (ntki_dd){a, 0}; }

static inline double ntki_dd_round(ntki_dd a) { return a.high + a.low; }

/* a + b exactly; the second form for |a| >= |b|. */
static inline ntki_dd ntki_dd_sum(double a, double b) {
    const double sum = a + b, part = sum - a;
    return (ntki_dd){sum, (a - (sum - part)) + (b - part)};
}

static inline ntki_dd ntki_dd_normal(double a, double b) {
    const double sum = a + b;
    return (ntki_dd){sum, b - (sum - a)};
}

static inline ntki_dd ntki_dd_product(double a, double b) {
    const double product = a * b;
    return (ntki_dd){product, fma(a, b, -product)};
}

static inline ntki_dd ntki_dd_add(ntki_dd a, ntki_dd b) {
    const ntki_dd high = ntki_dd_sum(a.high, b.high), low = ntki_dd_sum(a.low, b.low);
    const ntki_dd sum = ntki_dd_normal(high.high, high.low + low.high);
    return ntki_dd_normal(sum.high, sum.low + low.low);
}

static inline ntki_dd ntki_dd_negate(ntki_dd a) { return (ntki_dd){-a.high, -a.low}; }

static inline ntki_dd ntki_dd_multiply(ntki_dd a, ntki_dd b) {
    const ntki_dd product = ntki_dd_product(a.high, b.high);
    return ntki_dd_normal(product.high, product.low + (a.high * b.low + a.low * b.high));
}

static inline ntki_dd ntki_dd_divide(ntki_dd a, ntki_dd b) {
    const double first = a.high / b.high;
    const ntki_dd rest = ntki_dd_add(a, ntki_dd_negate(ntki_dd_multiply(b, ntki_dd_from(first))));
    const double second = rest.high / b.high;
    const ntki_dd last = ntki_dd_add(rest, ntki_dd_negate(ntki_dd_multiply(b, ntki_dd_from(second))));
    return ntki_dd_add(ntki_dd_normal(first, second), ntki_dd_from(last.high / b.high));
}

/* For a >= 0. */
static inline ntki_dd ntki_dd_root(ntki_dd a) {
    const double root = sqrt(a.high);
    if (!(root > 0))
        return ntki_dd_from(0);
    const ntki_dd rest = ntki_dd_add(a, ntki_dd_negate(ntki_dd_product(root, root)));
    return ntki_dd_normal(root, rest.high / (2 * root));
}

/* exp(-a) to 2 ulp for a >= 0 of any size: an error in the last place of a would be multiplied by a. */
static inline double ntki_dd_decay(ntki_dd a) {
    const double value = exp(-a.high);
    return value > 0 ? value - value * a.low : 0;
}

#endif
