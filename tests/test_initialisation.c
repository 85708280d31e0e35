/* Weight standard deviations by rule. The critical ones are compared with closed forms of V(q) = E[phi(sqrt(q) z)^2]
 * and D(q) = E[phi'(sqrt(q) z)^2], or with both by the trapezoid rule; q and sw solve sw^2 D = 1, q = sw^2 V + sb^2. */
#include "tests/suite.h"

enum { LAYERS = 4 };

static const int64_t widths[] = {3, 5, 7, 6, 2};

static ntk_mlp *network(ntk_context *context, int32_t kind, double bias_std) {
    ntk_mlp *mlp = NULL;
    ASSERT_OK(ntk_mlp_create(context, LAYERS, widths, kind, &mlp));
    ASSERT_OK(ntk_mlp_set_bias_std(mlp, bias_std));
    return mlp;
}

static double weight_std(const ntk_mlp *mlp, int64_t layer) {
    double value = -1;
    ASSERT_OK(ntk_mlp_get_layer_weight_std(mlp, layer, &value));
    return value;
}

/* The critical sw of an activation, the same in every layer. */
static double critical(const ntk_activation *activation, double bias_std) {
    ntk_mlp *const mlp = network(NULL, NTK_ACTIVATION_RELU, bias_std);
    ASSERT_OK(ntk_mlp_set_activation(mlp, 0, activation));
    ASSERT_OK(ntk_mlp_set_initialisation(mlp, NTK_INITIALISATION_CRITICAL));
    const double value = weight_std(mlp, 2);
    for (int64_t l = 1; l <= LAYERS; l++)
        ck_assert(weight_std(mlp, l) == value);
    ntk_mlp_destroy(mlp);
    return value;
}

static double critical_of_kind(int32_t kind, const double *params, int64_t n, double bias_std) {
    ntk_activation *activation = NULL;
    ASSERT_OK(ntk_activation_create(NULL, kind, params, n, &activation));
    const double value = critical(activation, bias_std);
    ntk_activation_destroy(activation);
    return value;
}

/* ---- constant rules ---- */

START_TEST(simple_rules) {
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    ntk_mlp *const mlp = network(context, NTK_ACTIVATION_RELU, 0.5);
    ASSERT_OK(ntk_mlp_set_initialisation(mlp, NTK_INITIALISATION_HE));
    for (int64_t l = 1; l <= LAYERS; l++)
        ck_assert(weight_std(mlp, l) == sqrt(2));
    ASSERT_OK(ntk_mlp_set_initialisation(mlp, NTK_INITIALISATION_LECUN));
    for (int64_t l = 1; l <= LAYERS; l++)
        ck_assert(weight_std(mlp, l) == 1);
    ASSERT_STATUS(NTK_ERR_ENUM, ntk_mlp_set_initialisation(mlp, 3));
    ck_assert_ptr_nonnull(strstr(ntk_context_last_error(context), "rule is 3"));
    ASSERT_STATUS(NTK_ERR_ENUM, ntk_mlp_set_initialisation(mlp, -1));
    ntk_mlp_destroy(mlp);
    ntk_context_destroy(context);
}
END_TEST

/* ---- sb = 0 and phi(0) = 0: q = 0, and phi' at 0 decides ---- */

START_TEST(at_zero_variance) {
    const double pi = 3.14159265358979323846;
    const struct {
        int32_t kind;
        int64_t count;
        double params[3], slope; /* D(0+) */
    } cases[] = {
        {NTK_ACTIVATION_IDENTITY, 0, {0}, 1},
        {NTK_ACTIVATION_RELU, 0, {0}, 0.5},
        {NTK_ACTIVATION_LEAKY_RELU, 1, {0.5}, (1 + 0.25) / 2},
        {NTK_ACTIVATION_ABS, 0, {0}, 1},
        {NTK_ACTIVATION_TWO_SLOPE, 2, {-2, 3}, (4.0 + 9) / 2},
        {NTK_ACTIVATION_ERF, 0, {0}, 4 / pi},
        {NTK_ACTIVATION_ERF, 3, {0.5, 3, 0}, 2.25 * 4 / pi},
        {NTK_ACTIVATION_SIN, 3, {2, 0.25, 0}, 0.25},
        {NTK_ACTIVATION_GELU, 0, {0}, 0.25},
        {NTK_ACTIVATION_GABOR, 0, {0}, 1},
        {NTK_ACTIVATION_RECTIFIED_MONOMIAL, 1, {1}, 0.5},
        {NTK_ACTIVATION_POLYNOMIAL, 3, {0, -3, 5}, 9},
        {NTK_ACTIVATION_HERMITE, 1, {3}, 1.5},
        {NTK_ACTIVATION_NORMALISED_EXP, 2, {1, 0.5}, exp(1.5)},
        {NTK_ACTIVATION_TANH, 0, {0}, 1},
        {NTK_ACTIVATION_SILU, 0, {0}, 0.25},
        {NTK_ACTIVATION_MISH, 0, {0}, 0.36},
        {NTK_ACTIVATION_GELU_TANH, 0, {0}, 0.25},
        {NTK_ACTIVATION_ELU, 1, {0.5}, (1 + 0.25) / 2},
        {NTK_ACTIVATION_HARD_TANH, 0, {0}, 1},
        {NTK_ACTIVATION_RELU6, 0, {0}, 0.5},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        /* a few roundings; NORMALISED_EXP needs its integral */
        ASSERT_RELATIVE(critical_of_kind(cases[i].kind, cases[i].params, cases[i].count, 0), 1 / sqrt(cases[i].slope),
                        cases[i].kind == NTK_ACTIVATION_NORMALISED_EXP ? 1e-12 : 4 * DBL_EPSILON);
}
END_TEST

/* ---- closed forms ---- */

typedef struct {
    double value, slope; /* V(q), D(q) */
} moments;

static moments sin_moments(double q) { return (moments){-expm1(-2 * q) / 2, (1 + exp(-2 * q)) / 2}; }

static moments cos_moments(double q) { return (moments){(1 + exp(-2 * q)) / 2, -expm1(-2 * q) / 2}; }

static moments erf_moments(double q) {
    const double pi = 3.14159265358979323846;
    return (moments){2 / pi * asin(2 * q / (1 + 2 * q)), 4 / pi / sqrt(1 + 4 * q)};
}

static moments gaussian_moments(double q) { /* exp(-x^2) */
    return (moments){1 / sqrt(1 + 4 * q), 4 * q / pow(1 + 4 * q, 1.5)};
}

static moments hard_tanh_moments(double q) {
    const double pi = 3.14159265358979323846, a = 1 / sqrt(2 * q), inside = erf(a);
    return (moments){q * (inside - 2 * a * exp(-a * a) / sqrt(pi)) + erfc(a), inside};
}

static moments relu6_moments(double q) {
    const double pi = 3.14159265358979323846, a = 6 / sqrt(2 * q), inside = erf(a) / 2;
    return (moments){q * (inside - a * exp(-a * a) / sqrt(pi)) + 18 * erfc(a), inside};
}

/* The least solution of q D = V + sb^2 D, from a grid and bisection, as 1 / sqrt(D). */
static double solve(moments (*at)(double), double bias_std) {
    const double b = bias_std * bias_std;
    double low = fmax(b, 1e-12), high = low;
    while (high - b <= at(high).value / at(high).slope)
        high *= 1.5;
    for (int step = 0; step < 100; step++) {
        const double q = 0.5 * (low + high);
        if (q - b > at(q).value / at(q).slope)
            high = q;
        else
            low = q;
    }
    return 1 / sqrt(at(high).slope);
}

START_TEST(closed_forms) {
    const struct {
        int32_t kind;
        moments (*at)(double);
        double bias_std;
    } cases[] = {
        {NTK_ACTIVATION_SIN, sin_moments, 0.1},
        {NTK_ACTIVATION_SIN, sin_moments, 0.7},
        {NTK_ACTIVATION_COS, cos_moments, 0},
        {NTK_ACTIVATION_COS, cos_moments, 1},
        {NTK_ACTIVATION_ERF, erf_moments, 0.05},
        {NTK_ACTIVATION_ERF, erf_moments, 0.3},
        {NTK_ACTIVATION_ERF, erf_moments, 5},
        {NTK_ACTIVATION_ERF, erf_moments, 1e4},
        {NTK_ACTIVATION_GAUSSIAN, gaussian_moments, 0},
        {NTK_ACTIVATION_GAUSSIAN, gaussian_moments, 2},
        {NTK_ACTIVATION_HARD_TANH, hard_tanh_moments, 0.3},
        {NTK_ACTIVATION_HARD_TANH, hard_tanh_moments, 4},
        {NTK_ACTIVATION_RELU6, relu6_moments, 1},
        {NTK_ACTIVATION_RELU6, relu6_moments, 0.25},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
        /* G has errors of 1e-14 on both sides and a derivative of at least 1e-2 in log q there */
        ASSERT_RELATIVE(critical_of_kind(cases[i].kind, NULL, 0, cases[i].bias_std),
                        solve(cases[i].at, cases[i].bias_std), 1e-11);

    /* tanh: q of order sb^(2/3), sw = 1 + O(q) */
    ASSERT_RELATIVE(critical_of_kind(NTK_ACTIVATION_TANH, NULL, 0, 1e-15), 1, 1e-9);
    ASSERT_RELATIVE(critical_of_kind(NTK_ACTIVATION_TANH, NULL, 0, 1e-90), 1, 1e-12);

    const double b = 0.3;
    /* exp: V = D = exp(2q), q = 1 + sb^2 */
    ASSERT_RELATIVE(critical_of_kind(NTK_ACTIVATION_EXP, NULL, 0, 0), exp(-1), 1e-12);
    ASSERT_RELATIVE(critical_of_kind(NTK_ACTIVATION_EXP, NULL, 0, b), exp(-1 - b * b), 1e-12);
    /* x^2: V = 3 q^2, D = 4 q, q = 4 sb^2 */
    ASSERT_RELATIVE(critical_of_kind(NTK_ACTIVATION_MONOMIAL, NULL, 0, b), 1 / (4 * b), 1e-12);
    /* (x^2 - 1)/sqrt 2: V = (3 q^2 - 2 q + 1)/2, D = 2 q, q = sqrt 2 - 1 */
    ASSERT_RELATIVE(critical_of_kind(NTK_ACTIVATION_HERMITE, NULL, 0, 0), 1 / sqrt(2 * (sqrt(2) - 1)), 1e-12);
    /* normalised_exp with gamma 2 and shift -1: V = q, D = 2, q = 2 sb^2 */
    ASSERT_RELATIVE(critical_of_kind(NTK_ACTIVATION_NORMALISED_EXP, (const double[]){2, -1}, 2, b), sqrt(0.5), 1e-12);
}
END_TEST

/* ---- by the trapezoid rule ---- */

static const ntk_activation *integrated; /* of the test that runs */

/* sum h phi(s z)^2 density(z), z = i h: the error is exp(-2 pi d / h) for a pole of phi(s z) at distance d, which is
 * pi / (2 s) or more. */
static moments trapezoid_moments(double q) {
    enum { POINTS = 6001 };
    static double x[POINTS], y[POINTS], dy[POINTS];
    const double step = 26.0 / (POINTS - 1), s = sqrt(q);
    moments sum = {0, 0};
    for (int i = 0; i < POINTS; i++)
        x[i] = s * (i - POINTS / 2) * step;
    ASSERT_OK(ntk_activation_evaluate(integrated, POINTS, x, y, dy));
    for (int i = 0; i < POINTS; i++) {
        const double z = (i - POINTS / 2) * step, weight = step * 0.39894228040143267794 * exp(-0.5 * z * z);
        sum.value += weight * y[i] * y[i];
        sum.slope += weight * dy[i] * dy[i];
    }
    return sum;
}

START_TEST(smooth_kinds_by_quadrature) {
    const struct {
        int32_t kind;
        double bias_std;
    } cases[] = {
        {NTK_ACTIVATION_TANH, 0.05},     {NTK_ACTIVATION_TANH, 0.3},  {NTK_ACTIVATION_TANH, 2},
        {NTK_ACTIVATION_SIGMOID, 0},     {NTK_ACTIVATION_SIGMOID, 1}, {NTK_ACTIVATION_SILU, 0.2},
        {NTK_ACTIVATION_MISH, 0.1},      {NTK_ACTIVATION_GELU, 0.1},  {NTK_ACTIVATION_GELU_TANH, 0.2},
        {NTK_ACTIVATION_SIGMOID_ERF, 0}, {NTK_ACTIVATION_GABOR, 0.3}, {NTK_ACTIVATION_RBF, 0.2},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        ntk_activation *activation = NULL;
        ASSERT_OK(ntk_activation_create(NULL, cases[i].kind, NULL, 0, &activation));
        integrated = activation;
        ASSERT_RELATIVE(critical(activation, cases[i].bias_std), solve(trapezoid_moments, cases[i].bias_std), 1e-11);
        ntk_activation_destroy(activation);
    }
}
END_TEST

/* ---- the caller's functions ---- */

static int32_t user_tanh(void *user, int64_t n, const double *x, double *y) {
    (void)user;
    for (int64_t i = 0; i < n; i++)
        y[i] = tanh(x[i]);
    return 0;
}

static int32_t user_tanh_slope(void *user, int64_t n, const double *x, double *y) {
    (void)user;
    for (int64_t i = 0; i < n; i++)
        y[i] = 1 - tanh(x[i]) * tanh(x[i]);
    return 0;
}

static int32_t user_hard_tanh(void *user, int64_t n, const double *x, double *y) {
    (void)user;
    for (int64_t i = 0; i < n; i++)
        y[i] = fmax(-1, fmin(x[i], 1));
    return 0;
}

/* 2 x below 0, sin(x) up to 0.02, and steeper above. */
static int32_t user_bent(void *user, int64_t n, const double *x, double *y) {
    (void)user;
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] < 0 ? 2 * x[i] : x[i] < 0.02 ? sin(x[i]) : sin(0.02) + 9 * (x[i] - 0.02);
    return 0;
}

START_TEST(the_callers_phi_is_critical) {
    ntk_activation *exact = NULL, *differenced = NULL, *kinked = NULL, *bent = NULL;
    const double biases[] = {0, 0.1, 0.6};
    ASSERT_OK(ntk_activation_create_function(NULL, user_tanh, user_tanh_slope, NULL, &exact));
    ASSERT_OK(ntk_activation_create_function(NULL, user_tanh, NULL, NULL, &differenced));
    ASSERT_OK(ntk_activation_create_function(NULL, user_hard_tanh, NULL, NULL, &kinked));
    ASSERT_OK(ntk_activation_set_kinks(kinked, 2, (const double[]){1, -1})); /* in any order */
    ASSERT_OK(ntk_activation_create_function(NULL, user_bent, NULL, NULL, &bent));
    ASSERT_OK(ntk_activation_set_kinks(bent, 2, (const double[]){0.02, 0}));
    for (int i = 0; i < 3; i++) {
        const double expected = critical_of_kind(NTK_ACTIVATION_TANH, NULL, 0, biases[i]);
        ASSERT_RELATIVE(critical(exact, biases[i]), expected, 1e-12);
        /* phi' by differences of 16 points: 16^2 eps of phi */
        ASSERT_RELATIVE(critical(differenced, biases[i]), expected, 1e-11);
        ASSERT_RELATIVE(critical(kinked, biases[i]), critical_of_kind(NTK_ACTIVATION_HARD_TANH, NULL, 0, biases[i]),
                        1e-11);
    }
    ASSERT_RELATIVE(critical(bent, 0), 1 / sqrt(2.5), 1e-13);
    ntk_activation_destroy(exact);
    ntk_activation_destroy(differenced);
    ntk_activation_destroy(kinked);
    ntk_activation_destroy(bent);
}
END_TEST

static int32_t failing(void *user, int64_t n, const double *x, double *y) {
    (void)n, (void)x, (void)y;
    return *(const int32_t *)user;
}

static int32_t no_number(void *user, int64_t n, const double *x, double *y) {
    for (int64_t i = 0; i < n; i++)
        y[i] = x[i] > 1 ? *(const double *)user : x[i];
    return 0;
}

static int32_t some_dual(void *user, int64_t n, const double *q, const double *q_other, const double *k, double *value,
                         double *slope) {
    (void)user, (void)n, (void)q, (void)q_other, (void)k, (void)value, (void)slope;
    return 0;
}

/* Sets it after layer 2; the others are tanh. Nothing changes. */
static void check_refused(ntk_context *context, ntk_activation *activation, ntk_status status, const char *words) {
    ntk_mlp *const mlp = network(context, NTK_ACTIVATION_TANH, 0.3);
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, 1.25));
    ASSERT_OK(ntk_mlp_set_activation(mlp, 2, activation));
    ASSERT_STATUS(status, ntk_mlp_set_initialisation(mlp, NTK_INITIALISATION_CRITICAL));
    const char *const sentence = ntk_context_last_error(context);
    REQUIRE(strstr(sentence, "ntk_mlp_set_initialisation: ") == sentence && strstr(sentence, words) != NULL,
            "no \"%s\" in \"%s\"", words, sentence);
    for (int64_t l = 1; l <= LAYERS; l++)
        ck_assert(weight_std(mlp, l) == 1.25);
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);
}

START_TEST(callbacks_that_fail) {
    ntk_context *context = NULL;
    ntk_activation *activation = NULL;
    int32_t code = 42;
    double value = NAN;
    ASSERT_OK(ntk_context_create(&context));
    ASSERT_OK(ntk_activation_create_function(context, failing, NULL, &code, &activation));
    check_refused(context, activation, NTK_ERR_CALLBACK, "phi returned 42");
    ASSERT_OK(ntk_activation_create_function(context, user_tanh, failing, &code, &activation));
    check_refused(context, activation, NTK_ERR_CALLBACK, "phi' returned 42");
    ASSERT_OK(ntk_activation_create_function(context, no_number, NULL, &value, &activation));
    check_refused(context, activation, NTK_ERR_NOT_FINITE, "phi is NaN at ");
    value = INFINITY;
    ASSERT_OK(ntk_activation_create_function(context, user_tanh, no_number, &value, &activation));
    check_refused(context, activation, NTK_ERR_NOT_FINITE, "phi' is infinite at ");
    ASSERT_OK(ntk_activation_create_dual(context, some_dual, NULL, &activation));
    check_refused(context, activation, NTK_ERR_UNSUPPORTED, "duals");
    ntk_context_destroy(context);
}
END_TEST

/* ---- which layer gets what ---- */

START_TEST(none_is_critical) {
    ntk_context *context = NULL;
    const int32_t kinds[] = {NTK_ACTIVATION_RELU, NTK_ACTIVATION_IDENTITY, NTK_ACTIVATION_STEP, NTK_ACTIVATION_SIGN,
                             NTK_ACTIVATION_SOFTPLUS};
    ASSERT_OK(ntk_context_create(&context));
    for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
        ntk_activation *activation = NULL;
        ASSERT_OK(ntk_activation_create(context, kinds[i], NULL, 0, &activation));
        check_refused(context, activation, NTK_ERR_CONVERGENCE, "layer 2");
        ck_assert(suite_mentions(ntk_context_last_error(context), ntk_activation_kind_name(kinds[i])));
        ck_assert(suite_mentions(ntk_context_last_error(context), "0.3"));
    }
    /* x^2 without a bias; V(q) / D(q) = q for every q, where a small bias is soon lost in the rounding of V / D. */
    const struct {
        int32_t kind;
        double bias_std;
    } cases[] = {{NTK_ACTIVATION_MONOMIAL, 0},      {NTK_ACTIVATION_LEAKY_RELU, 1e-4}, {NTK_ACTIVATION_ABS, 1e-4},
                 {NTK_ACTIVATION_LEAKY_RELU, 1e-3}, {NTK_ACTIVATION_RELU, 1e-4},       {NTK_ACTIVATION_TWO_SLOPE, 3}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        ntk_mlp *const mlp = network(context, cases[i].kind, cases[i].bias_std);
        ASSERT_STATUS(NTK_ERR_CONVERGENCE, ntk_mlp_set_initialisation(mlp, NTK_INITIALISATION_CRITICAL));
        ntk_mlp_destroy(mlp);
    }
    ntk_context_destroy(context);
}
END_TEST

START_TEST(each_layer_has_its_own) {
    ntk_activation *activation = NULL;
    ntk_mlp *mlp = network(NULL, NTK_ACTIVATION_TANH, 0.3);
    ASSERT_OK(ntk_activation_create(NULL, NTK_ACTIVATION_ERF, NULL, 0, &activation));
    ASSERT_OK(ntk_mlp_set_activation(mlp, 2, activation));
    ASSERT_OK(ntk_mlp_set_layer_bias_std(mlp, 1, 7)); /* of no hidden layer's output */
    ASSERT_OK(ntk_mlp_set_layer_bias_std(mlp, 4, 0.1));
    ASSERT_OK(ntk_mlp_set_initialisation(mlp, NTK_INITIALISATION_CRITICAL));
    ck_assert(weight_std(mlp, 1) == weight_std(mlp, 2));
    ck_assert(weight_std(mlp, 2) == critical_of_kind(NTK_ACTIVATION_TANH, NULL, 0, 0.3));
    ck_assert(weight_std(mlp, 3) == critical_of_kind(NTK_ACTIVATION_ERF, NULL, 0, 0.3));
    ck_assert(weight_std(mlp, 4) == critical_of_kind(NTK_ACTIVATION_TANH, NULL, 0, 0.1));
    ntk_mlp_destroy(mlp);

    mlp = network(NULL, NTK_ACTIVATION_TANH, 0.3); /* one activation, two biases */
    ASSERT_OK(ntk_mlp_set_layer_bias_std(mlp, 4, 0.1));
    ASSERT_OK(ntk_mlp_set_initialisation(mlp, NTK_INITIALISATION_CRITICAL));
    ck_assert(weight_std(mlp, 3) == critical_of_kind(NTK_ACTIVATION_TANH, NULL, 0, 0.3));
    ck_assert(weight_std(mlp, 4) == critical_of_kind(NTK_ACTIVATION_TANH, NULL, 0, 0.1));
    ntk_mlp_destroy(mlp);
    ntk_activation_destroy(activation);

    ASSERT_OK(ntk_mlp_create(NULL, 1, widths, NTK_ACTIVATION_STEP, &mlp));
    ASSERT_OK(ntk_mlp_set_weight_std(mlp, 3));
    ASSERT_OK(ntk_mlp_set_initialisation(mlp, NTK_INITIALISATION_CRITICAL));
    ck_assert(weight_std(mlp, 1) == 1);
    ntk_mlp_destroy(mlp);
}
END_TEST

SUITE("initialisation", simple_rules, at_zero_variance, closed_forms, smooth_kinds_by_quadrature,
      the_callers_phi_is_critical, callbacks_that_fail, none_is_critical, each_layer_has_its_own)
