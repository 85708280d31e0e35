/* The specification of a multi-layer perceptron: depth, widths, activations, standard deviations.
 *
 * L weight layers map widths N_0 (input) ... N_L (output):
 *   f^0 = x,   z^l = (sw_l / sqrt(N_{l-1})) W^l' f^{l-1} + sb_l b^l,   f^l = phi_l(z^l) for l < L,   output z^L,
 * with all entries of W and b independent N(0,1) (the NTK parameterisation). L = 1 is a linear model. */
#ifndef NTK_MLP_H
#define NTK_MLP_H

#include <ntk/context.h>

NTK_BEGIN_DECLS

typedef struct ntk_activation ntk_activation;
typedef struct ntk_mlp ntk_mlp;

/* Kinds of activations. The numbers are pinned. */
enum {
    NTK_ACTIVATION_IDENTITY = 0,   /* x; no parameters */
    NTK_ACTIVATION_RELU = 1,       /* max(x, 0); no parameters */
    NTK_ACTIVATION_LEAKY_RELU = 2, /* max(x, 0) + slope min(x, 0); parameter: slope, finite, default 0.01 */
    NTK_ACTIVATION_ERF = 3         /* erf(x); no parameters */
};

/* An activation of the given kind. `params` holds `n` doubles; n = 0 (params may then be NULL) is the plain function.
 * Returns NTK_ERR_NULL, NTK_ERR_ENUM, NTK_ERR_SIZE (n is neither 0 nor the number of parameters of the kind),
 * NTK_ERR_NOT_FINITE, NTK_ERR_NO_MEMORY. Since 0.1. */
NTK_API ntk_status ntk_activation_create(ntk_context *context, int32_t kind, const double *params, int64_t n,
                                         ntk_activation **out);

/* NULL is allowed. Since 0.1. */
NTK_API void ntk_activation_destroy(ntk_activation *activation);

/* y[i] = phi(x[i]) and dy[i] = phi'(x[i]) (0 at the kink of ReLU's family); y or dy may be NULL, and either may be x.
 * NaN and infinities pass through the function. Returns NTK_ERR_NULL, NTK_ERR_SIZE (n < 1), NTK_ERR_ALIAS. Since 0.1. */
NTK_API ntk_status ntk_activation_evaluate(const ntk_activation *activation, int64_t n, const double *x, double *y,
                                           double *dy);

/* The lower-case name of a kind, e.g. "leaky_relu"; NULL for an unknown kind. Static. Since 0.1. */
NTK_API const char *ntk_activation_kind_name(int32_t kind);

/* The kind of that name. Returns NTK_ERR_NULL, NTK_ERR_ENUM. Since 0.1. */
NTK_API ntk_status ntk_activation_kind_from_name(const char *name, int32_t *kind);

/* A network of `depth` = L >= 1 weight layers with `widths` N_0 ... N_L (depth + 1 positive numbers), the given kind of
 * activation (without parameters) in every hidden layer, weight standard deviation 1 and bias standard deviation 0.
 * The infinite-width kernels use N_0 only. depth is at most 10000.
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

/* P = sum over l of (N_{l-1} + 1) N_l. Returns NTK_ERR_NULL, NTK_ERR_OVERFLOW. Since 0.1. */
NTK_API ntk_status ntk_mlp_get_parameter_count(const ntk_mlp *mlp, int64_t *count);

NTK_END_DECLS

#endif
