/* What happens to the units of a row one by one: normalisation and activation, and their derivatives. */
#include "lib/matrix/matrix.h"
#include "src/network/smooth.h"
#include "src/network/typed.h"

/* ---- normalisation ---- */

/* Sums in LANES parts, which the compiler adds up in one register. */
enum { LANES = 8 };

static double total(const double lane[LANES]) {
    return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/* The mean of scale_j in_j, with scale = NULL for 1. */
static double mean_of(int64_t units, const NTKI_REAL *in, const NTKI_REAL *scale) {
    const double share = 1.0 / (double)units;
    double lane[LANES] = {0};
    for (int64_t j = 0; j < units; j += LANES)
        for (int64_t k = 0; k < ntki_smaller(LANES, units - j); k++)
            lane[k] += share * (double)in[j + k] * (scale == NULL ? 1 : (double)scale[j + k]);
    return total(lane);
}

/* The mean of (scale (z - mean))^2. */
static double variance_of(int64_t units, const NTKI_REAL *z, double mean, double scale) {
    const double share = 1.0 / (double)units;
    double lane[LANES] = {0};
    for (int64_t j = 0; j < units; j += LANES)
        for (int64_t k = 0; k < ntki_smaller(LANES, units - j); k++) {
            const double distance = scale * ((double)z[j + k] - mean);
            lane[k] += share * distance * distance;
        }
    return total(lane);
}

/* sqrt(variance + epsilon), also where squares would overflow or vanish. */
static double deviation_of(int64_t units, double epsilon, const NTKI_REAL *z, double mean) {
    const double variance = variance_of(units, z, mean, 1);
    if (variance > 1e-280 && isfinite(variance))
        return sqrt(variance + epsilon);
    const double scale = variance > 1 ? 0x1p-600 : 0x1p600;
    return hypot(sqrt(variance_of(units, z, mean, scale)) / scale, sqrt(epsilon));
}

/* n = (z - mean) / deviation, and the deviation: not finite where z is too large. */
static NTKI_REAL normalise_row(int64_t units, double epsilon, const NTKI_REAL *z, NTKI_REAL *normalised) {
    const double mean = mean_of(units, z, NULL), deviation = deviation_of(units, epsilon, z, mean);
    for (int64_t j = 0; deviation > 0 && j < units; j++)
        normalised[j] = (NTKI_REAL)(((double)z[j] - mean) / deviation);
    for (int64_t j = 0; !(deviation > 0) && j < units; j++)
        normalised[j] = 0;
    return (NTKI_REAL)deviation;
}

/* N', which is symmetric: g -> (g - mean(g) - n mean(n g)) / deviation; 0 where the deviation is 0. */
static void normalise_derivative(int64_t units, const NTKI_REAL *normalised, NTKI_REAL deviation, const NTKI_REAL *in,
                                 NTKI_REAL *out) {
    const double mean = mean_of(units, in, NULL), along = mean_of(units, in, normalised), divisor = (double)deviation;
    for (int64_t j = 0; divisor > 0 && j < units; j++)
        out[j] = (NTKI_REAL)(((double)in[j] - mean - (double)normalised[j] * along) / divisor);
    for (int64_t j = 0; !(divisor > 0) && j < units; j++)
        out[j] = 0;
}

/* ddn of a row from dz, ddz and dn = N'(dz) (`along`). For the deviation s, ds / s = a = mean(n dz) / s and
 * dds / s = mean(dn^2) + epsilon a^2 / s^2 + mean(n ddz) / s, of which N'(ddz) has the last term: the others are of one
 * sign. */
static void normalise_second(const NTKI_PASS_LAYER *layer, int64_t i, const NTKI_REAL *along, NTKI_REAL *out) {
    const int64_t units = layer->units;
    const NTKI_REAL *const n = layer->normalised + i * units, *const z = layer->tangent_z + i * units;
    const double deviation = (double)layer->deviation[i];
    normalise_derivative(units, n, layer->deviation[i], layer->second_z + i * units, out);
    if (!(deviation > 0))
        return;
    const double rate = mean_of(units, z, n) / deviation, damped = sqrt(layer->options->epsilon) / deviation * rate;
    const double fall = mean_of(units, along, along) + damped * damped;
    for (int64_t j = 0; j < units; j++)
        out[j] = (NTKI_REAL)((double)out[j] - (double)n[j] * fall - 2 * rate * (double)along[j]);
}

/* ---- activation ---- */

/* The activations of two slopes: slope[0] for x < 0, slope[1] for x > 0, and at_zero, phi' at 0. */
typedef struct {
    NTKI_REAL below, above, at_zero;
} two_slopes;

enum { NO_PARAMETER = -1 };

static bool find_slopes(const ntki_activation *activation, two_slopes *slopes) {
    static const struct {
        int32_t kind, below_parameter, above_parameter; /* or constants: */
        NTKI_REAL below, above, at_zero;
    } table[] = {{NTK_ACTIVATION_IDENTITY, NO_PARAMETER, NO_PARAMETER, 1, 1, 1},
                 {NTK_ACTIVATION_RELU, NO_PARAMETER, NO_PARAMETER, 0, 1, 0},
                 {NTK_ACTIVATION_ABS, NO_PARAMETER, NO_PARAMETER, -1, 1, 0},
                 {NTK_ACTIVATION_LEAKY_RELU, 0, NO_PARAMETER, 0, 1, 0},
                 {NTK_ACTIVATION_TWO_SLOPE, 0, 1, 0, 0, 0}};
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (table[i].kind == activation->kind) {
            const int32_t below = table[i].below_parameter, above = table[i].above_parameter;
            slopes->below = below == NO_PARAMETER ? table[i].below : (NTKI_REAL)activation->parameters[below];
            slopes->above = above == NO_PARAMETER ? table[i].above : (NTKI_REAL)activation->parameters[above];
            slopes->at_zero = table[i].at_zero;
            return true;
        }
    return false;
}

/* f, slope and curvature; any of them may be NULL. */
static void apply_slopes(const two_slopes *slopes, int64_t count, const NTKI_REAL *x, NTKI_REAL *f, NTKI_REAL *slope,
                         NTKI_REAL *curvature) {
    const NTKI_REAL below = slopes->below, above = slopes->above, at_zero = slopes->at_zero;
    for (int64_t i = 0; f != NULL && i < count; i++)
        f[i] = x[i] * (x[i] < 0 ? below : above);
    for (int64_t i = 0; slope != NULL && i < count; i++)
        slope[i] = x[i] < 0 ? below : x[i] > 0 ? above : at_zero;
    if (curvature != NULL)
        memset(curvature, 0, (size_t)count * sizeof(NTKI_REAL));
}

/* phi, phi' or phi'' (order 0, 1, 2) of doubles. */
static ntk_status evaluate_doubles(ntk_context *context, const char *function, const ntki_activation *activation,
                                   int order, int64_t count, const double *x, double *y) {
    static ntk_status (*const one_by_one[])(ntk_context *, const char *, const ntki_activation *, int64_t,
                                            const double *, double *) = {
        ntki_activation_values, ntki_activation_derivatives, ntki_activation_seconds};
    const ntki_smooth_row *const loops = ntki_smooth_find(context->isa, activation->kind);
    if (loops == NULL || order > 1)
        return one_by_one[order](context, function, activation, count, x, y);
    (order == 1 ? loops->derivatives : loops->values)(activation->parameters, count, x, y);
    return NTK_SUCCESS;
}

/* Single precision by way of double precision, some at a time. */
static ntk_status evaluate(ntk_context *context, const char *function, const ntki_activation *activation, int order,
                           int64_t count, const NTKI_REAL *x, NTKI_REAL *y) {
#ifdef NTKI_SINGLE
    enum { PART = 512 };
    double from[PART], to[PART];
    for (int64_t i = 0; i < count; i += PART) {
        const int64_t part = ntki_smaller(PART, count - i);
        for (int64_t j = 0; j < part; j++)
            from[j] = (double)x[i + j];
        const ntk_status status = evaluate_doubles(context, function, activation, order, part, from, to);
        if (status != NTK_SUCCESS)
            return status;
        for (int64_t j = 0; j < part; j++)
            y[i + j] = (float)to[j];
    }
    return NTK_SUCCESS;
#else
    return evaluate_doubles(context, function, activation, order, count, x, y);
#endif
}

/* f = phi(n) of rows of a layer and, where it is wanted, slope = phi'(n) and curvature = phi''(n); n is finite. Only the
 * caller's phi can fail. */
static ntk_status activate(ntk_context *context, const char *function, const NTKI_PASS_LAYER *layer, bool trains,
                           int64_t first, int64_t rows) {
    const ntki_activation *const activation = &layer->options->activation;
    const int64_t from = first * layer->units, count = rows * layer->units;
    const NTKI_REAL *const n = layer->normalised + from;
    NTKI_REAL *const wanted[] = {layer->f + from, trains && layer->slope != NULL ? layer->slope + from : NULL,
                                 trains && layer->curvature != NULL ? layer->curvature + from : NULL};
    two_slopes slopes;
    if (find_slopes(activation, &slopes)) {
        apply_slopes(&slopes, count, n, wanted[0], wanted[1], wanted[2]);
        return NTK_SUCCESS;
    }
    ntk_status status = NTK_SUCCESS;
    for (int order = 0; status == NTK_SUCCESS && order < 3; order++)
        if (wanted[order] != NULL)
            status = evaluate(context, function, activation, order, count, n, wanted[order]);
    return status;
}
