/* Normals by inversion: with p = (k + 1/2) / 2^52 and q = p - 1/2 (both exact), the quantile is
 *   q R_1(0.425^2 - q^2)              for |q| <= 0.425,
 *   sign(q) R_2(r - 1.6), R_3(r - 5)  for r <= 5 and beyond,  r = sqrt(-log(1/2 - |q|)),
 * with the rational functions R of algorithm AS 241, PPND16 [Wichura88]. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "lib/cpu/isa.h"
#include "lib/random/random.h"

NTKI_STRICT_ARITHMETIC

/* Extended precision between operations (the x87) would give other bits. */
#if FLT_EVAL_METHOD != 0 && FLT_EVAL_METHOD != 1 && FLT_EVAL_METHOD != 16
#error "the random numbers of libntk need arithmetic in double precision: compile with -msse2 -mfpmath=sse"
#endif

enum { DEGREE = 7 };

/* Numerator and denominator, from the constant term on. */
typedef struct {
    double numerator[DEGREE + 1], denominator[DEGREE + 1];
} rational;

static const rational centre = {
    {3.3871328727963666080e0, 1.3314166789178437745e2, 1.9715909503065514427e3, 1.3731693765509461125e4,
     4.5921953931549871457e4, 6.7265770927008700853e4, 3.3430575583588128105e4, 2.5090809287301226727e3},
    {1, 4.2313330701600911252e1, 6.8718700749205790830e2, 5.3941960214247511077e3, 2.1213794301586595867e4,
     3.9307895800092710610e4, 2.8729085735721942674e4, 5.2264952788528545610e3}};
static const rational tail = {
    {1.42343711074968357734e0, 4.63033784615654529590e0, 5.76949722146069140550e0, 3.64784832476320460504e0,
     1.27045825245236838258e0, 2.41780725177450611770e-1, 2.27238449892691845833e-2, 7.74545014278341407640e-4},
    {1, 2.05319162663775882187e0, 1.67638483018380384940e0, 6.89767334985100004550e-1, 1.48103976427480074590e-1,
     1.51986665636164571966e-2, 5.47593808499534494600e-4, 1.05075007164441684324e-9}};
static const rational far_tail = {
    {6.65790464350110377720e0, 5.46378491116411436990e0, 1.78482653991729133580e0, 2.96560571828504891230e-1,
     2.65321895265761230930e-2, 1.24266094738807843860e-3, 2.71155556874348757815e-5, 2.01033439929228813265e-7},
    {1, 5.99832206555887937690e-1, 1.36929880922735805310e-1, 1.48753612908506148525e-2, 7.86869131145613259100e-4,
     1.84631831751005468180e-5, 1.42151175831644588870e-7, 2.04426310338993978564e-15}};

static double evaluate(const rational *r, double x) {
    double numerator = r->numerator[DEGREE], denominator = r->denominator[DEGREE];
    for (int i = DEGREE - 1; i >= 0; i--) {
        numerator = numerator * x + r->numerator[i];
        denominator = denominator * x + r->denominator[i];
    }
    return numerator / denominator;
}

/* -log(x) of a normal number 0 < x < 1: x = 2^e m with m in [sqrt(1/2), sqrt 2), log m = 2 artanh s, s = (m - 1) /
 * (m + 1). The series' first term left out, s^25 / 25 for |s| <= 0.172, is 2e-20 of it. ln 2 in two parts: e times
 * the first is exact. */
static double minus_log(double x) {
    const double ln2_high = 0x1.62e42fefa3800p-1, ln2_low = 0x1.ef35793c76730p-45;
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    int exponent = (int)(bits >> 52) - 1023;
    bits = (bits & UINT64_C(0xfffffffffffff)) | UINT64_C(0x3ff0000000000000);
    double m;
    memcpy(&m, &bits, sizeof m);
    if (m >= 0x1.6a09e667f3bcdp+0) {
        m *= 0.5;
        exponent++;
    }
    const double s = (m - 1) / (m + 1), square = s * s;
    double series = 0;
    for (int k = 23; k >= 3; k -= 2)
        series = (series + 1.0 / k) * square;
    const double log_m = 2 * s + 2 * s * series, e = exponent;
    return -(e * ln2_high) - (e * ln2_low + log_m);
}

double ntki_normal_from_bits(uint64_t bits) {
    const int64_t k = (int64_t)(bits >> 12);
    const double q = ((double)(k - (INT64_C(1) << 51)) + 0.5) * 0x1p-52;
    const double size = q < 0 ? -q : q;
    if (size <= 0.425)
        return q * evaluate(&centre, 0.180625 - q * q);
    const double r = sqrt(minus_log(0.5 - size));
    const double value = r <= 5 ? evaluate(&tail, r - 1.6) : evaluate(&far_tail, r - 5);
    return q < 0 ? -value : value;
}

void ntki_random_normals(uint64_t seed, uint64_t stream, int64_t first, int64_t count, double *out) {
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    for (int64_t i = first; i < first + count;) {
        const uint64_t block = (uint64_t)i / 2;
        const uint32_t counter[4] = {(uint32_t)block, (uint32_t)(block >> 32), (uint32_t)stream,
                                     (uint32_t)(stream >> 32)};
        uint32_t word[4];
        ntki_philox(counter, key, word);
        for (int half = (int)(i % 2); half < 2 && i < first + count; half++, i++)
            out[i - first] = ntki_normal_from_bits((uint64_t)word[2 * half + 1] << 32 | word[2 * half]);
    }
}
