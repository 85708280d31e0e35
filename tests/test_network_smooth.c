/* The loops of smooth activations, in every instruction set that this machine has, against the functions one by one. */
#include "tests/suite.h"

#include "src/mlp/activation.h"
#include "src/network/smooth.h"

enum { POINTS = 6001 };

/* Of both signs: near 0, where phi bends, in the tails, and at the ends of the range. */
static void make_points(double *x) {
    static const double ends[] = {0,     -0.0,   5e-324, -5e-324, 1e-300, 709,   -709,
                                  745.5, -745.5, 1e5,    -1e5,    1e153,  1e307, -1e307};
    enum { ENDS = sizeof(ends) / sizeof(*ends) };
    memcpy(x, ends, sizeof(ends));
    uint64_t state = 2;
    for (int i = ENDS; i < POINTS; i++) {
        const double u = suite_uniform(&state);
        x[i] = i % 3 == 0 ? 4 * u : i % 3 == 1 ? 50 * u * fabs(u) : u * exp(-20 * fabs(suite_uniform(&state)));
    }
}

/* 1, x^2 for functions with exp(-x^2), whose exponent is rounded: relative to the value as long as that is not tiny. */
static double condition(int32_t kind, double x) {
    const bool bell = kind == NTK_ACTIVATION_ERF || kind == NTK_ACTIVATION_GELU || kind == NTK_ACTIVATION_GELU_TANH;
    return bell ? 1 + fmin(x * x, 1600) : 1;
}

/* Each is a quotient or product of an exponential (1.4 eps), a polynomial and a few more roundings: 8 eps.
 * Exponentials below 2^-1022 are 0. */
static void check(const ntki_smooth_row *row, const double *x) {
    const ntki_activation activation = ntki_activation_plain(row->kind);
    double *const y = suite_doubles(POINTS), *const dy = suite_doubles(POINTS);
    double *const value = suite_doubles(POINTS), *const slope = suite_doubles(POINTS);
    ASSERT_OK(ntki_activation_values(NULL, __func__, &activation, POINTS, x, value));
    ASSERT_OK(ntki_activation_derivatives(NULL, __func__, &activation, POINTS, x, slope));
    row->values(activation.parameters, POINTS, x, y);
    row->derivatives(activation.parameters, POINTS, x, dy);
    for (int i = 0; i < POINTS; i++) {
        const double allowed = 8 * DBL_EPSILON * condition(row->kind, x[i]);
        REQUIRE(fabs(y[i] - value[i]) <= allowed * fabs(value[i]) + DBL_MIN * fmax(1, fabs(x[i])),
                "%s(%.17g) is %.17g, expected %.17g: %.3g eps", ntk_activation_kind_name(row->kind), x[i], y[i],
                value[i], fabs(y[i] / value[i] - 1) / DBL_EPSILON);
        /* A sum of terms of both signs, so against 1. */
        REQUIRE(fabs(dy[i] - slope[i]) <= 8 * DBL_EPSILON * fmax(1, fabs(slope[i])),
                "%s'(%.17g) is %.17g, expected %.17g", ntk_activation_kind_name(row->kind), x[i], dy[i], slope[i]);
    }
    free(slope);
    free(value);
    free(dy);
    free(y);
}

START_TEST(loops_agree_with_functions) {
    double *const x = suite_doubles(POINTS);
    make_points(x);
    for (int isa = 0; isa <= (int)ntki_cpu_best_isa(); isa++) {
        int found = 0;
        for (int32_t kind = 0; kind < NTK_ACTIVATION_FUNCTION; kind++) {
            const ntki_smooth_row *const row = ntki_smooth_find((ntki_isa)isa, kind);
            if (row == NULL)
                continue;
            ck_assert_int_eq(row->kind, kind);
            check(row, x);
            found++;
        }
        ck_assert_int_eq(found, NTKI_SMOOTH_KINDS);
    }
    free(x);
}
END_TEST

START_TEST(parameters_are_used) {
    static const double x[] = {-3, -0.25, 0, 0.125, 2};
    double y[5], dy[5];
    ntki_activation erf_of = ntki_activation_plain(NTK_ACTIVATION_ERF),
                    elu_of = ntki_activation_plain(NTK_ACTIVATION_ELU);
    memcpy(erf_of.parameters, (const double[]){2, 0.5, -1}, 3 * sizeof(double));
    elu_of.parameters[0] = 0.25;
    const ntki_activation *const all[] = {&erf_of, &elu_of};
    for (int a = 0; a < 2; a++) {
        double value[5], slope[5];
        const ntki_smooth_row *const row = ntki_smooth_find(ntki_cpu_best_isa(), all[a]->kind);
        ASSERT_OK(ntki_activation_values(NULL, __func__, all[a], 5, x, value));
        ASSERT_OK(ntki_activation_derivatives(NULL, __func__, all[a], 5, x, slope));
        row->values(all[a]->parameters, 5, x, y);
        row->derivatives(all[a]->parameters, 5, x, dy);
        for (int i = 0; i < 5; i++) {
            ASSERT_CLOSE(y[i], value[i], 8 * DBL_EPSILON);
            ASSERT_CLOSE(dy[i], slope[i], 8 * DBL_EPSILON);
        }
    }
}
END_TEST

SUITE("network_smooth", loops_agree_with_functions, parameters_are_used)
