/* Locale-independent numbers. See number.h. */
#define _POSIX_C_SOURCE 200809L

#include "src/cli/number.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__APPLE__)
#include <xlocale.h>
#endif

static locale_t c_locale = (locale_t)0;

bool number_begin(void) {
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return c_locale != (locale_t)0 && uselocale(c_locale) != (locale_t)0;
}

void number_end(void) {
    if (c_locale == (locale_t)0)
        return;
    uselocale(LC_GLOBAL_LOCALE);
    freelocale(c_locale);
    c_locale = (locale_t)0;
}

/* A decimal number taken apart: value = +-mantissa 10^exponent, exactly, if `exact`. */
struct decimal {
    bool negative;
    bool exact; /* all digits are in the mantissa, which is below 2^53 */
    uint64_t mantissa;
    int64_t exponent;
};

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static void take_digit(struct decimal *decimal, char digit) {
    if (decimal->mantissa >= (UINT64_C(1) << 53) / 10)
        decimal->exact = false;
    else
        decimal->mantissa = decimal->mantissa * 10 + (uint64_t)(digit - '0');
}

/* [eE][+-]digits at text[i]; returns the index after it, or 0 if it is malformed. */
static size_t scan_exponent(const char *text, size_t i, size_t length, struct decimal *decimal) {
    i++;
    const bool negative = i < length && text[i] == '-';
    if (i < length && (text[i] == '+' || text[i] == '-'))
        i++;
    if (i == length || !is_digit(text[i]))
        return 0;
    int64_t exponent = 0;
    for (; i < length && is_digit(text[i]); i++)
        if (exponent < 100000)
            exponent = exponent * 10 + (text[i] - '0');
    decimal->exponent += negative ? -exponent : exponent;
    return i;
}

static bool scan_decimal(const char *text, size_t length, struct decimal *decimal) {
    *decimal = (struct decimal){.exact = true};
    size_t i = 0;
    if (length > 0 && (text[0] == '+' || text[0] == '-'))
        decimal->negative = text[i++] == '-';
    const size_t first = i;
    for (; i < length && is_digit(text[i]); i++)
        take_digit(decimal, text[i]);
    size_t digits = i - first;
    if (i < length && text[i] == '.') {
        const size_t point = ++i;
        for (; i < length && is_digit(text[i]); i++) {
            take_digit(decimal, text[i]);
            decimal->exponent--;
        }
        digits += i - point;
    }
    if (digits == 0)
        return false;
    if (i < length && (text[i] == 'e' || text[i] == 'E')) {
        i = scan_exponent(text, i, length, decimal);
        if (i == 0)
            return false;
    }
    return i == length;
}

/* A mantissa below 2^53 times or over a power of ten up to 10^22 is one exact operand pair and one rounding, so it is
 * correctly rounded (Clinger 1990); most of the cells of most files are of this kind. */
static bool convert_fast(const struct decimal *decimal, double *value) {
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                    1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
#if !defined(FLT_EVAL_METHOD) || FLT_EVAL_METHOD != 0
    return false;
#endif
    if (!decimal->exact || decimal->exponent < -22 || decimal->exponent > 22)
        return false;
    const double mantissa = (double)decimal->mantissa;
    const double magnitude =
        decimal->exponent < 0 ? mantissa / powers[-decimal->exponent] : mantissa * powers[decimal->exponent];
    *value = decimal->negative ? -magnitude : magnitude;
    return true;
}

static bool equal_ignoring_case(const char *text, size_t length, const char *word) {
    if (strlen(word) != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        const char c = text[i] >= 'A' && text[i] <= 'Z' ? (char)(text[i] - 'A' + 'a') : text[i];
        if (c != word[i])
            return false;
    }
    return true;
}

static bool parse_word(const char *text, size_t length, double *value) {
    static const struct {
        const char *word;
        double value;
    } words[] = {{"inf", (double)INFINITY}, {"infinity", (double)INFINITY}, {"nan", (double)NAN}};
    const bool sign = length > 0 && (text[0] == '+' || text[0] == '-');
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (equal_ignoring_case(text + sign, length - sign, words[i].word)) {
            *value = sign && text[0] == '-' ? -words[i].value : words[i].value;
            return true;
        }
    return false;
}

bool number_parse(const char *text, size_t length, double *value) {
    struct decimal decimal;
    if (!scan_decimal(text, length, &decimal))
        return parse_word(text, length, value);
    if (convert_fast(&decimal, value))
        return true;
    char *end = NULL;
    *value = strtod(text, &end);
    return end == text + length;
}

bool integer_parse(const char *text, size_t length, int64_t *value) {
    const bool sign = length > 0 && (text[0] == '+' || text[0] == '-');
    if (length == (size_t)sign)
        return false;
    int64_t magnitude = 0;
    for (size_t i = sign; i < length; i++) {
        const int digit = text[i] - '0';
        if (!is_digit(text[i]) || magnitude > (INT64_MAX - digit) / 10)
            return false;
        magnitude = magnitude * 10 + digit;
    }
    *value = sign && text[0] == '-' ? -magnitude : magnitude;
    return true;
}

const char *number_format(char buffer[NUMBER_TEXT_SIZE], double value) {
    if (isnan(value)) {
        snprintf(buffer, NUMBER_TEXT_SIZE, "nan");
        return buffer;
    }
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(buffer, NUMBER_TEXT_SIZE, "%.*g", digits, value);
        double back = 0.0;
        if (!isfinite(value) || (number_parse(buffer, strlen(buffer), &back) && !(back < value) && !(back > value)))
            break;
    }
    return buffer;
}
