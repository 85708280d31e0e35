/* The table of activations. */
#include "src/mlp/activation.h"

#include <math.h>
#include <string.h>

#include "src/mlp/activation_functions.h"

/* ---- what the kinds allow ---- */

static bool whole(double n, double most) { return n >= 0 && n <= most && n == floor(n); }

static bool allows_degree_64(const ntki_activation *activation, const char **rule) {
    *rule = "n, params[0], must be a whole number from 0 to 64";
    return whole(activation->parameters[0], 64);
}

static bool allows_degree_16(const ntki_activation *activation, const char **rule) {
    *rule = "n, params[0], must be a whole number from 0 to 16";
    return whole(activation->parameters[0], 16);
}

static bool allows_decay(const ntki_activation *activation, const char **rule) {
    *rule = "b, params[1], must not be negative";
    return activation->parameters[1] >= 0;
}

static bool allows_gamma(const ntki_activation *activation, const char **rule) {
    *rule = "gamma, params[0], must not be negative";
    return activation->parameters[0] >= 0;
}

/* ---- the table ---- */

#define PHI(name) .value = ntki_##name##_value, .derivative = ntki_##name##_derivative, .second = ntki_##name##_second
#define PARAMETERS(count, ...) \
    .least_parameters = count, .most_parameters = count, .default_count = count, .defaults = {__VA_ARGS__}
#define KINK(x) .kink_count = 1, .kinks = {x}
#define KINKS(x, y) .kink_count = 2, .kinks = {x, y}
#define EVEN .parity = NTK_PARITY_EVEN
#define ODD .parity = NTK_PARITY_ODD

/* Indexed by the pinned numbers of the kinds. */
static const ntki_activation_row activation_table[] = {
    [NTK_ACTIVATION_IDENTITY] = {.name = "identity", PHI(identity), ODD},
    [NTK_ACTIVATION_RELU] = {.name = "relu", PHI(relu), KINK(0)},
    [NTK_ACTIVATION_LEAKY_RELU] = {.name = "leaky_relu", PHI(leaky_relu), PARAMETERS(1, 0.01), KINK(0)},
    [NTK_ACTIVATION_ERF] = {.name = "erf", PHI(erf), PARAMETERS(3, 1, 1, 0)},
    [NTK_ACTIVATION_ABS] = {.name = "abs", PHI(abs), EVEN, KINK(0)},
    [NTK_ACTIVATION_TWO_SLOPE] = {.name = "two_slope", PHI(two_slope), PARAMETERS(2, 0, 1), KINK(0)},
    [NTK_ACTIVATION_STEP] = {.name = "step", PHI(step), KINK(0)},
    [NTK_ACTIVATION_SIGN] = {.name = "sign", PHI(sign), ODD, KINK(0)},
    [NTK_ACTIVATION_SIGMOID_ERF] = {.name = "sigmoid_erf", PHI(sigmoid_erf)},
    [NTK_ACTIVATION_SIN] = {.name = "sin", PHI(sin), PARAMETERS(3, 1, 1, 0)},
    [NTK_ACTIVATION_COS] = {.name = "cos", PHI(cos), PARAMETERS(3, 1, 1, 0)},
    [NTK_ACTIVATION_RBF] = {.name = "rbf", PHI(rbf), PARAMETERS(1, 1), .allows = allows_gamma},
    [NTK_ACTIVATION_GELU] = {.name = "gelu", PHI(gelu)},
    [NTK_ACTIVATION_EXP] = {.name = "exp", PHI(exp), PARAMETERS(2, 1, 1)},
    [NTK_ACTIVATION_GAUSSIAN] = {.name = "gaussian", PHI(gaussian), PARAMETERS(2, 1, 1), .allows = allows_decay, EVEN},
    [NTK_ACTIVATION_GABOR] = {.name = "gabor", PHI(gabor), ODD},
    [NTK_ACTIVATION_MONOMIAL] = {.name = "monomial", PHI(monomial), PARAMETERS(1, 2), .allows = allows_degree_64},
    [NTK_ACTIVATION_RECTIFIED_MONOMIAL] =
        {.name = "rectified_monomial", PHI(rectified_monomial), PARAMETERS(1, 2), .allows = allows_degree_16, KINK(0)},
    [NTK_ACTIVATION_POLYNOMIAL] = {.name = "polynomial",
                                   PHI(polynomial),
                                   .least_parameters = 1,
                                   .most_parameters = NTKI_ACTIVATION_PARAMETERS,
                                   .default_count = 2,
                                   .defaults = {0, 1}},
    [NTK_ACTIVATION_HERMITE] = {.name = "hermite", PHI(hermite), PARAMETERS(1, 2), .allows = allows_degree_64},
    [NTK_ACTIVATION_NORMALISED_EXP] = {.name = "normalised_exp",
                                       PHI(normalised_exp),
                                       PARAMETERS(2, 1, -1),
                                       .allows = allows_gamma},
    [NTK_ACTIVATION_TANH] = {.name = "tanh", PHI(tanh), ODD},
    [NTK_ACTIVATION_SIGMOID] = {.name = "sigmoid", PHI(sigmoid)},
    [NTK_ACTIVATION_SOFTPLUS] = {.name = "softplus", PHI(softplus)},
    [NTK_ACTIVATION_SILU] = {.name = "silu", PHI(silu)},
    [NTK_ACTIVATION_MISH] = {.name = "mish", PHI(mish)},
    [NTK_ACTIVATION_GELU_TANH] = {.name = "gelu_tanh", PHI(gelu_tanh)},
    [NTK_ACTIVATION_ELU] = {.name = "elu", PHI(elu), PARAMETERS(1, 1), KINK(0)},
    [NTK_ACTIVATION_SELU] = {.name = "selu", PHI(selu), KINK(0)},
    [NTK_ACTIVATION_HARD_TANH] = {.name = "hard_tanh", PHI(hard_tanh), ODD, KINKS(-1, 1)},
    [NTK_ACTIVATION_HARD_SIGMOID] = {.name = "hard_sigmoid", PHI(hard_sigmoid), KINKS(-3, 3)},
    [NTK_ACTIVATION_RELU6] = {.name = "relu6", PHI(relu6), KINKS(0, 6)},
    [NTK_ACTIVATION_FUNCTION] = {.name = "function"},
    [NTK_ACTIVATION_DUAL] = {.name = "dual"},
};

enum { KINDS = sizeof(activation_table) / sizeof(activation_table[0]) };

const ntki_activation_row *ntki_activation_find(int32_t kind) {
    return kind >= 0 && kind < KINDS ? &activation_table[kind] : NULL;
}

ntki_activation ntki_activation_plain(int32_t kind) {
    const ntki_activation_row *const row = &activation_table[kind];
    ntki_activation activation = {
        .kind = kind, .parameter_count = row->default_count, .parity = row->parity, .kink_count = row->kink_count};
    memcpy(activation.parameters, row->defaults, sizeof(row->defaults));
    memcpy(activation.kinks, row->kinks, sizeof(row->kinks));
    return activation;
}

const char *ntk_activation_kind_name(int32_t kind) {
    const ntki_activation_row *const row = ntki_activation_find(kind);
    return row != NULL ? row->name : NULL;
}

ntk_status ntk_activation_kind_from_name(const char *name, int32_t *kind) {
    if (name == NULL || kind == NULL)
        return NTK_ERR_NULL;
    for (int32_t i = 0; i < KINDS; i++)
        if (strcmp(activation_table[i].name, name) == 0) {
            *kind = i;
            return NTK_SUCCESS;
        }
    return NTK_ERR_ENUM;
}
