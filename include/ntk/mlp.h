/* The specification of a multi-layer perceptron: depth, widths, activations, standard deviations.
 *
 * L weight layers map widths N_0 (input) ... N_L (output):
 *   f^0 = x,   z^l = (sw_l / sqrt(N_{l-1})) W^l' f^{l-1} + sb_l b^l,   f^l = phi_l(z^l) for l < L,   output z^L,
 * with all entries of W and b independent N(0,1) (the NTK parameterisation). L = 1 is a linear model.
 * Options change single layers: standard parameterisation, learning-rate factors, layer normalisation of z^l, a skip that
 * adds z^{l-k} to z^l, dropout of f^l. In a layer they act in this order: dense, skip, normalisation, activation,
 * dropout. */
#ifndef NTK_MLP_H
#define NTK_MLP_H

#include <ntk/context.h>

NTK_BEGIN_DECLS

typedef struct ntk_activation ntk_activation;
typedef struct ntk_mlp ntk_mlp;

/* Kinds of activations. The numbers are pinned. Parameters and their defaults in brackets. The kinds from TANH to
 * GELU_TANH have no closed form: their kernels are series with a certified bound (ntk_kernel_set_tolerance). */
enum {
    NTK_ACTIVATION_IDENTITY = 0,    /* x */
    NTK_ACTIVATION_RELU = 1,        /* max(x, 0) */
    NTK_ACTIVATION_LEAKY_RELU = 2,  /* max(x, 0) + slope min(x, 0)  [slope 0.01] */
    NTK_ACTIVATION_ERF = 3,         /* a erf(b x) + c  [a 1, b 1, c 0] */
    NTK_ACTIVATION_ABS = 4,         /* |x| */
    NTK_ACTIVATION_TWO_SLOPE = 5,   /* a min(x, 0) + b max(x, 0)  [a 0, b 1] */
    NTK_ACTIVATION_STEP = 6,        /* 1 for x > 0, else 0; derivative 0 (that of almost every x) */
    NTK_ACTIVATION_SIGN = 7,        /* 1, 0 or -1; derivative 0 */
    NTK_ACTIVATION_SIGMOID_ERF = 8, /* (1 + erf(x / 2.4020563531719796)) / 2, close to the logistic sigmoid */
    NTK_ACTIVATION_SIN = 9,         /* a sin(b x + c)  [a 1, b 1, c 0] */
    NTK_ACTIVATION_COS = 10,        /* a cos(b x + c)  [a 1, b 1, c 0] */
    NTK_ACTIVATION_RBF =
        11, /* sqrt(2) sin(sqrt(2 gamma) x + pi/4): dual exp(-gamma (q + q' - 2k)), gamma >= 0  [gamma 1] */
    NTK_ACTIVATION_GELU = 12,               /* x (1 + erf(x / sqrt 2)) / 2 */
    NTK_ACTIVATION_EXP = 13,                /* a exp(b x)  [a 1, b 1] */
    NTK_ACTIVATION_GAUSSIAN = 14,           /* a exp(-b x^2), b >= 0  [a 1, b 1] */
    NTK_ACTIVATION_GABOR = 15,              /* exp(-x^2) sin x */
    NTK_ACTIVATION_MONOMIAL = 16,           /* x^n, n a whole number from 0 to 64  [n 2] */
    NTK_ACTIVATION_RECTIFIED_MONOMIAL = 17, /* max(x, 0)^n, n from 0 to 16; n = 0 is STEP  [n 2] */
    NTK_ACTIVATION_POLYNOMIAL = 18,         /* c_0 + c_1 x + ...: 1 to 33 coefficients  [0, 1] */
    NTK_ACTIVATION_HERMITE = 19,            /* He_n(x) / sqrt(n!), n from 0 to 64  [n 2] */
    NTK_ACTIVATION_NORMALISED_EXP =
        20, /* defined by its dual sqrt(q q') exp(gamma (rho + shift)), gamma >= 0  [gamma 1, shift -1] */
    NTK_ACTIVATION_TANH = 21,         /* tanh x */
    NTK_ACTIVATION_SIGMOID = 22,      /* 1 / (1 + exp(-x)) */
    NTK_ACTIVATION_SOFTPLUS = 23,     /* log(1 + exp(x)) */
    NTK_ACTIVATION_SILU = 24,         /* x / (1 + exp(-x)) (swish) */
    NTK_ACTIVATION_MISH = 25,         /* x tanh(log(1 + exp(x))) */
    NTK_ACTIVATION_GELU_TANH = 26,    /* x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2 */
    NTK_ACTIVATION_ELU = 27,          /* x for x > 0, else alpha (exp(x) - 1)  [alpha 1] */
    NTK_ACTIVATION_SELU = 28,         /* 1.0507009873554805 times ELU of alpha 1.6732632423543772 */
    NTK_ACTIVATION_HARD_TANH = 29,    /* min(max(x, -1), 1) */
    NTK_ACTIVATION_HARD_SIGMOID = 30, /* min(max(x/6 + 1/2, 0), 1) */
    NTK_ACTIVATION_RELU6 = 31,        /* min(max(x, 0), 6) */
    NTK_ACTIVATION_FUNCTION = 32,     /* the caller's phi: ntk_activation_create_function() */
    NTK_ACTIVATION_DUAL = 33          /* the caller's duals: ntk_activation_create_dual() */
};

/* Parities of the caller's phi. The numbers are pinned. */
enum {
    NTK_PARITY_NONE = 0,
    NTK_PARITY_EVEN = 1, /* phi(-x) = phi(x) */
    NTK_PARITY_ODD = 2   /* phi(-x) = -phi(x) */
};

/* How weights and biases are scaled. The numbers are pinned. */
enum {
    NTK_PARAMETERISATION_NTK = 0,     /* z = (sw / sqrt N) W'f + sb b, entries N(0, 1) */
    NTK_PARAMETERISATION_STANDARD = 1 /* z = W'f + b, entries N(0, sw^2 / N) and N(0, sb^2) */
};

/* Rules for sw. The numbers are pinned. */
enum {
    NTK_INITIALISATION_LECUN = 0,   /* sw = 1 */
    NTK_INITIALISATION_HE = 1,      /* sw = sqrt 2 */
    NTK_INITIALISATION_CRITICAL = 2 /* the edge of chaos of each layer's activation for its sb */
};

/* The caller's phi: y[i] = phi(x[i]) for n points; y does not overlap x. The points are finite unless
 * ntk_activation_evaluate() was given others. Returns 0, or anything else to report
 * failure. Called on the thread that called the library, never on another. */
typedef int32_t (*ntk_activation_function)(void *user, int64_t n, const double *x, double *y);

/* The caller's duals: for (u, v) ~ N(0, [[q, k], [k, q']]), value[i] = E[phi(u) phi(v)] and slope[i] = E[phi'(u) phi'(v)]
 * at (q[i], q_other[i], k[i]). Must be symmetric in q and q'. Returns 0, or anything else to report failure. Called on the
 * thread that called the library, never on another. */
typedef int32_t (*ntk_dual_function)(void *user, int64_t n, const double *q, const double *q_other, const double *k,
                                     double *value, double *slope);

/* An activation of the given kind. `params` holds `n` doubles; n = 0 (params may then be NULL) is the plain function.
 * Returns NTK_ERR_NULL, NTK_ERR_ENUM (also for FUNCTION and DUAL, which have functions of their own), NTK_ERR_SIZE (n is
 * neither 0 nor the number of parameters of the kind), NTK_ERR_NOT_FINITE, NTK_ERR_DOMAIN (a parameter the kind does not
 * allow), NTK_ERR_NO_MEMORY. Since 0.1. */
NTK_API ntk_status ntk_activation_create(ntk_context *context, int32_t kind, const double *params, int64_t n,
                                         ntk_activation **out);

/* An activation from the caller's phi and phi'. `derivative` may be NULL: the kernels then get phi' from phi's expansion,
 * and ntk_activation_evaluate() gives no dy. `user` is handed on and must outlive every kernel made with the activation. phi
 * must be smooth but for the kinks named by ntk_activation_set_kinks(), and must not grow faster than a power. See
 * ntk_kernel_set_tolerance(). Returns NTK_ERR_NULL, NTK_ERR_NO_MEMORY. Since 0.2. */
NTK_API ntk_status ntk_activation_create_function(ntk_context *context, ntk_activation_function function,
                                                  ntk_activation_function derivative, void *user, ntk_activation **out);

/* An activation known by its duals only; ntk_activation_evaluate() returns NTK_ERR_UNSUPPORTED for it. The error bound of a
 * kernel counts the duals as exact. Returns NTK_ERR_NULL, NTK_ERR_NO_MEMORY. Since 0.2. */
NTK_API ntk_status ntk_activation_create_dual(ntk_context *context, ntk_dual_function dual, void *user,
                                              ntk_activation **out);

/* Where the caller's phi' jumps: n <= 16 different finite points in any order, for an activation from
 * ntk_activation_create_function(). phi is taken to be smooth between them, and continuous (a jump of phi itself makes the
 * kernels return NTK_ERR_ACCURACY). The kinks are taken out of the series in closed form: a piecewise linear phi has its
 * kernel to rounding; where phi'' jumps there too, the NTK needs many terms for little (1e-3 with 600). Kernels of such a
 * phi have no derivatives (derivative.h). Name no point without need. n = 0 (x may be NULL): none, the default.
 * Returns NTK_ERR_NULL, NTK_ERR_SIZE, NTK_ERR_NOT_FINITE, NTK_ERR_DOMAIN (two equal points), NTK_ERR_UNSUPPORTED (another
 * kind). Since 0.2. */
NTK_API ntk_status ntk_activation_set_kinks(ntk_activation *activation, int64_t n, const double *x);

/* A hint that halves the work: an NTK_PARITY_ number; default NTK_PARITY_NONE. It is believed. Returns NTK_ERR_NULL,
 * NTK_ERR_ENUM, NTK_ERR_UNSUPPORTED (another kind). Since 0.2. */
NTK_API ntk_status ntk_activation_set_parity(ntk_activation *activation, int32_t parity);

/* NULL is allowed. Since 0.1. */
NTK_API void ntk_activation_destroy(ntk_activation *activation);

/* y[i] = phi(x[i]) and dy[i] = phi'(x[i]) (0 at the kink of ReLU's family, from the left at others); y or dy may be NULL,
 * and either may be x. NaN and infinities pass through the function. NTK_ACTIVATION_NORMALISED_EXP gives the function whose
 * dual it has at q = 1. Returns NTK_ERR_NULL, NTK_ERR_SIZE (n < 1), NTK_ERR_ALIAS, NTK_ERR_UNSUPPORTED (a DUAL; dy of a
 * FUNCTION without derivative), NTK_ERR_CALLBACK (the caller's function failed), NTK_ERR_NO_MEMORY. Since 0.1. */
NTK_API ntk_status ntk_activation_evaluate(const ntk_activation *activation, int64_t n, const double *x, double *y,
                                           double *dy);

/* The lower-case name of a kind, e.g. "leaky_relu"; NULL for an unknown kind. Static. Since 0.1. */
NTK_API const char *ntk_activation_kind_name(int32_t kind);

/* The kind of that name. Returns NTK_ERR_NULL, NTK_ERR_ENUM. Since 0.1. */
NTK_API ntk_status ntk_activation_kind_from_name(const char *name, int32_t *kind);

/* A network of `depth` = L >= 1 weight layers with `widths` N_0 ... N_L (depth + 1 positive numbers), the given kind of
 * activation (without parameters) in every hidden layer, weight standard deviation 1 and bias standard deviation 0.
 * The infinite-width kernels use N_0 only, but for the standard parameterisation. depth is at most 10000.
 * Returns NTK_ERR_NULL, NTK_ERR_SIZE, NTK_ERR_ENUM, NTK_ERR_NO_MEMORY. Since 0.1. */
NTK_API ntk_status ntk_mlp_create(ntk_context *context, int64_t depth, const int64_t *widths, int32_t activation,
                                  ntk_mlp **out);

/* NULL is allowed. Kernels made from the network do not need it any more. Since 0.1. */
NTK_API void ntk_mlp_destroy(ntk_mlp *mlp);

/* sw of all layers, from 1e-100 to 1e100; default 1. Returns NTK_ERR_NULL, NTK_ERR_DOMAIN. Since 0.1. */
NTK_API ntk_status ntk_mlp_set_weight_std(ntk_mlp *mlp, double weight_std);

/* sb of all layers, 0 or from 1e-100 to 1e100; default 0. Returns NTK_ERR_NULL, NTK_ERR_DOMAIN. Since 0.1. */
NTK_API ntk_status ntk_mlp_set_bias_std(ntk_mlp *mlp, double bias_std);

/* sw of one layer, 1 <= layer <= L. Returns NTK_ERR_NULL, NTK_ERR_SIZE (layer), NTK_ERR_DOMAIN. Since 0.1. */
NTK_API ntk_status ntk_mlp_set_layer_weight_std(ntk_mlp *mlp, int64_t layer, double weight_std);

/* sb of one layer, 1 <= layer <= L. Returns NTK_ERR_NULL, NTK_ERR_SIZE (layer), NTK_ERR_DOMAIN. Since 0.1. */
NTK_API ntk_status ntk_mlp_set_layer_bias_std(ntk_mlp *mlp, int64_t layer, double bias_std);

/* The activation after layer 1 <= layer <= L-1, or, with layer = 0, after every hidden layer. What is needed of the
 * activation is copied. Returns NTK_ERR_NULL, NTK_ERR_SIZE (layer). Since 0.1. */
NTK_API ntk_status ntk_mlp_set_activation(ntk_mlp *mlp, int64_t layer, const ntk_activation *activation);

/* NTK_PARAMETERISATION_NTK (default) or _STANDARD. The covariances are the same; in the standard parameterisation the
 * NTK's term of a layer is r_w N_{l-1} E[f f] + r_b in place of r_w sw^2 E[f f] + r_b sb^2, with the real widths (and <x,x'>
 * in place of N_0 E[f f] for the first layer). A zero row of a layer without bias counts as
 * orthogonal to all others, as the gradients do. Returns NTK_ERR_NULL, NTK_ERR_ENUM. Since 0.2. */
NTK_API ntk_status ntk_mlp_set_parameterisation(ntk_mlp *mlp, int32_t parameterisation);

/* Learning-rate factors r_w and r_b of a layer's weights and biases, 1 <= layer <= L, or, with layer = 0, of every layer;
 * default 1; 0 freezes. They multiply the layer's own term of the NTK. Returns NTK_ERR_NULL, NTK_ERR_SIZE (layer),
 * NTK_ERR_DOMAIN (negative, or above 1e100). Since 0.2. */
NTK_API ntk_status ntk_mlp_set_learning_rates(ntk_mlp *mlp, int64_t layer, double weight_rate, double bias_rate);

/* Layer normalisation before the activation: z^l becomes (z^l - mean) / sqrt(variance + epsilon), mean and variance over the
 * units of the layer, for hidden layer 1 <= layer <= L-1, or, with layer = 0, every one. on = 0 takes it away (the default).
 * At infinite width S becomes S / sqrt((q + epsilon)(q' + epsilon)), and so does the NTK.
 * Returns NTK_ERR_NULL, NTK_ERR_SIZE (layer), NTK_ERR_DOMAIN (epsilon negative or not finite). Reference: Ba, Kiros, Hinton
 * 2016. Since 0.2. */
NTK_API ntk_status ntk_mlp_set_layer_normalisation(ntk_mlp *mlp, int64_t layer, int32_t on, double epsilon);

/* A residual block: z^{layer - distance} (before normalisation) is added to z^layer. 2 <= layer <= L,
 * 1 <= distance <= layer - 1; distance = 0 takes it away (the default). At infinite width S^layer and the NTK grow by those
 * of the other layer. Returns NTK_ERR_NULL, NTK_ERR_SIZE, NTK_ERR_SHAPE (the two layers differ in width). Reference: He et
 * al. 2016; Yang and Schoenholz 2017. Since 0.2. */
NTK_API ntk_status ntk_mlp_set_skip(ntk_mlp *mlp, int64_t layer, int64_t distance);

/* Dropout of f^layer: every unit is 0 with the given probability, 0 <= rate < 1, and else divided by 1 - rate, with
 * independent masks for every row; 1 <= layer <= L-1, or, with layer = 0, every hidden layer; default 0. At infinite width
 * E[phi(u) phi(v)] keeps its value, and for an input with itself it is divided by 1 - rate: so the diagonal of a Gram matrix
 * exceeds what two equal rows give, and ntk_kernel_cross() gives the latter. Returns NTK_ERR_NULL, NTK_ERR_SIZE (layer),
 * NTK_ERR_DOMAIN. Reference: Schoenholz et al. 2017. Since 0.2. */
NTK_API ntk_status ntk_mlp_set_dropout(ntk_mlp *mlp, int64_t layer, double rate);

/* sw of all layers by a rule. NTK_INITIALISATION_CRITICAL looks, for every hidden layer l, for the variance q at which
 * sw^2 E[phi'(sqrt(q) z)^2] = 1 and q = sw^2 E[phi(sqrt(q) z)^2] + sb^2 with the sb of layer l + 1, and sets sw of layer
 * l + 1; the first layer gets the sw of the second (1 without hidden layers). Normalisation, skips and dropout are not taken
 * into account; ReLU's family has such a sw without bias only. Returns NTK_ERR_NULL, NTK_ERR_ENUM,
 * NTK_ERR_CONVERGENCE (there is no such sw: the sentence names the layer), NTK_ERR_UNSUPPORTED (an activation known by its
 * duals), NTK_ERR_CALLBACK and NTK_ERR_NOT_FINITE (from the caller's phi), NTK_ERR_NO_MEMORY. Reference: He et al. 2015; Schoenholz et al. 2017. Since 0.2. */
NTK_API ntk_status ntk_mlp_set_initialisation(ntk_mlp *mlp, int32_t rule);

/* L. Returns NTK_ERR_NULL. Since 0.1. */
NTK_API ntk_status ntk_mlp_get_depth(const ntk_mlp *mlp, int64_t *depth);

/* N_layer, 0 <= layer <= L. Returns NTK_ERR_NULL, NTK_ERR_SIZE. Since 0.1. */
NTK_API ntk_status ntk_mlp_get_width(const ntk_mlp *mlp, int64_t layer, int64_t *width);

/* sw of a layer, 1 <= layer <= L. Returns NTK_ERR_NULL, NTK_ERR_SIZE. Since 0.1. */
NTK_API ntk_status ntk_mlp_get_layer_weight_std(const ntk_mlp *mlp, int64_t layer, double *weight_std);

/* sb of a layer, 1 <= layer <= L. Returns NTK_ERR_NULL, NTK_ERR_SIZE. Since 0.1. */
NTK_API ntk_status ntk_mlp_get_layer_bias_std(const ntk_mlp *mlp, int64_t layer, double *bias_std);

/* The kind of the activation after layer 1 <= layer <= L-1. Returns NTK_ERR_NULL, NTK_ERR_SIZE. Since 0.1. */
NTK_API ntk_status ntk_mlp_get_activation_kind(const ntk_mlp *mlp, int64_t layer, int32_t *kind);

/* What ntk_mlp_set_parameterisation() set. Returns NTK_ERR_NULL. Since 0.2. */
NTK_API ntk_status ntk_mlp_get_parameterisation(const ntk_mlp *mlp, int32_t *parameterisation);

/* r_w and r_b of a layer, 1 <= layer <= L; either may be NULL. Returns NTK_ERR_NULL, NTK_ERR_SIZE. Since 0.2. */
NTK_API ntk_status ntk_mlp_get_learning_rates(const ntk_mlp *mlp, int64_t layer, double *weight_rate,
                                              double *bias_rate);

/* Whether a hidden layer is normalised (0 or 1), and its epsilon; either may be NULL. Returns NTK_ERR_NULL, NTK_ERR_SIZE.
 * Since 0.2. */
NTK_API ntk_status ntk_mlp_get_layer_normalisation(const ntk_mlp *mlp, int64_t layer, int32_t *on, double *epsilon);

/* The distance of the skip that ends at a layer, 0 for none; 1 <= layer <= L. Returns NTK_ERR_NULL, NTK_ERR_SIZE.
 * Since 0.2. */
NTK_API ntk_status ntk_mlp_get_skip(const ntk_mlp *mlp, int64_t layer, int64_t *distance);

/* The dropout rate of a hidden layer. Returns NTK_ERR_NULL, NTK_ERR_SIZE. Since 0.2. */
NTK_API ntk_status ntk_mlp_get_dropout(const ntk_mlp *mlp, int64_t layer, double *rate);

/* P = sum over l of (N_{l-1} + 1) N_l. Returns NTK_ERR_NULL, NTK_ERR_OVERFLOW. Since 0.1. */
NTK_API ntk_status ntk_mlp_get_parameter_count(const ntk_mlp *mlp, int64_t *count);

NTK_END_DECLS

#endif
