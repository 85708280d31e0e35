/* phi'' of every kind against values made with 60 digits (tests/reference/activations.py), at infinities, NaN and kinks. */
#include "tests/suite.h"

#include "src/mlp/activation.h"
#include "tests/reference/activation_values.h"

static double second_at(const ntki_activation *activation, double x) {
    double ddy = NAN;
    ASSERT_OK(ntki_activation_seconds(NULL, __func__, activation, 1, &x, &ddy));
    return ddy;
}

/* 8 eps of the size of the terms: the functions of a libm are good to 1 or 2 eps, and at most four of them and of products
 * come together. Below the normal numbers half of the last bit is more than that, and a factor up to x^2 magnifies it. */
START_TEST(seconds_match_reference) {
    const double *parameters = activation_parameters;
    int compared = 0;
    for (int c = 0; c < ACTIVATION_CASES; c++) {
        const int32_t count = activation_case[2 * c + 1];
        ntki_activation activation = ntki_activation_plain(activation_case[2 * c]);
        if (count > 0) {
            activation.parameter_count = count;
            memcpy(activation.parameters, parameters, sizeof(double) * (size_t)count);
        }
        for (int i = 0; i < ACTIVATION_POINTS; i++) {
            const double *const expected = activation_seconds + 2 * (c * ACTIVATION_POINTS + i), x = activation_x[i];
            const double got = second_at(&activation, x);
            const double allowed = 8 * DBL_EPSILON * expected[1] + 4.94e-324 * (1 + x * x);
            if (expected[1] < 0)
                continue;
            REQUIRE(fabs(got - expected[0]) <= allowed,
                    "phi'' of %s at %.17g is %.17g, expected %.17g: %.3g eps of %.3g",
                    ntk_activation_kind_name(activation.kind), x, got, expected[0],
                    fabs(got - expected[0]) / DBL_EPSILON / expected[1], expected[1]);
            compared++;
        }
        parameters += count;
    }
    ck_assert_int_ge(compared, ACTIVATION_CASES * ACTIVATION_POINTS * 9 / 10);
}
END_TEST

START_TEST(seconds_at_infinities) {
    /* phi''(-inf), phi''(inf) where they are not 0. NaN: there is no limit. */
    static const struct {
        int32_t kind;
        double below, above;
    } others[] = {{NTK_ACTIVATION_SIN, NAN, NAN},
                  {NTK_ACTIVATION_COS, NAN, NAN},
                  {NTK_ACTIVATION_RBF, NAN, NAN},
                  {NTK_ACTIVATION_EXP, 0, INFINITY},
                  {NTK_ACTIVATION_MONOMIAL, 2, 2},
                  {NTK_ACTIVATION_RECTIFIED_MONOMIAL, 0, 2},
                  {NTK_ACTIVATION_HERMITE, 1.4142135623730951, 1.4142135623730951},
                  {NTK_ACTIVATION_NORMALISED_EXP, 0, INFINITY}};
    for (int32_t kind = 0; kind < NTK_ACTIVATION_FUNCTION; kind++) {
        const ntki_activation activation = ntki_activation_plain(kind);
        double expected[2] = {0, 0};
        for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
            if (others[i].kind == kind) {
                expected[0] = others[i].below;
                expected[1] = others[i].above;
            }
        ck_assert_msg(isnan(second_at(&activation, NAN)), "%s loses NaN", ntk_activation_kind_name(kind));
        for (int side = 0; side < 2; side++) {
            const double got = second_at(&activation, side ? INFINITY : -INFINITY);
            REQUIRE(isnan(expected[side]) ? isnan(got) : fabs(got - expected[side]) <= 1e-15 || got == expected[side],
                    "phi'' of %s at %s infinity is %g, expected %g", ntk_activation_kind_name(kind),
                    side ? "" : "minus", got, expected[side]);
        }
    }
}
END_TEST

START_TEST(the_callers_is_unknown) {
    double x = 1, ddy = 7;
    ntk_context *context = NULL;
    ASSERT_OK(ntk_context_create(&context));
    const ntki_activation of_caller = {.kind = NTK_ACTIVATION_FUNCTION};
    ASSERT_STATUS(NTK_ERR_UNSUPPORTED, ntki_activation_seconds(context, "f", &of_caller, 1, &x, &ddy));
    ck_assert(ddy == 7 && strstr(ntk_context_last_error(context), "second derivative") != NULL);
    ntk_context_destroy(context);
}
END_TEST

SUITE("activation_seconds", seconds_match_reference, seconds_at_infinities, the_callers_is_unknown)
