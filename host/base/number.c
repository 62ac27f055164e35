/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

#include <float.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* No double needs more characters (767 digits tell any two apart); the copy for strtod fits the
 * stack. */
#define NUMBER_CHARS_MOST 1024

bool orch_str_to_int(struct orch_str s, int64_t *out)
{
    size_t i = 0;
    bool negative = false;
    int64_t value = 0;

    if (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+'))
        negative = s.ptr[i++] == '-';
    if (i == s.len)
        return false;
    for (; i < s.len; i++) {
        int digit = s.ptr[i] - '0';
        if (digit < 0 || digit > 9)
            return false;
        /* Built on the negative side, which has one more value. */
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_sub_overflow(value, digit, &value))
            return false;
    }
    if (!negative && value == INT64_MIN)
        return false;
    *out = negative ? value : -value;
    return true;
}

/* A decimal number as read: its digits as an integer (exact while `digits` is at most 19) and the
 * power of ten they are multiplied with. */
struct decimal {
    bool negative;
    uint64_t mantissa;
    int digits; /* without leading zeros */
    int64_t exponent;
};

static bool read_exponent(struct orch_str s, struct decimal *d)
{
    size_t i = 0;
    bool negative = false;
    int64_t value = 0;

    if (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+'))
        negative = s.ptr[i++] == '-';
    if (i == s.len)
        return false;
    for (; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
        if (value < 1000000)
            value = value * 10 + (s.ptr[i] - '0');
    }
    d->exponent += negative ? -value : value;
    return true;
}

/* sign? digits with at most one point, (e sign? digits)?: no hexadecimal, no inf, no nan. */
static bool read_decimal(struct orch_str s, struct decimal *d)
{
    size_t i = 0;
    bool point = false, any = false;

    if (s.len > 0 && (s.ptr[0] == '-' || s.ptr[0] == '+'))
        d->negative = s.ptr[i++] == '-';
    for (; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        any = true;
        d->exponent -= point;
        if (d->digits > 0 || c != '0')
            d->digits++;
        d->mantissa = d->mantissa * 10 + (uint64_t)(c - '0');
    }
    if (!any)
        return false;
    if (i == s.len)
        return true;
    if (s.ptr[i] != 'e' && s.ptr[i] != 'E')
        return false;
    return read_exponent((struct orch_str){ s.ptr + i + 1, s.len - i - 1 }, d);
}

static locale_t c_locale;

static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

static bool decimal_by_library(struct orch_str s, double *out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    char text[NUMBER_CHARS_MOST + 1];
    char *end;

    pthread_once(&once, make_c_locale);
    if (c_locale == (locale_t)0)
        return false;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    double value = strtod_l(text, &end, c_locale);
    if (end != text + s.len || !isfinite(value))
        return false;
    *out = value;
    return true;
}

bool orch_str_to_float(struct orch_str s, double *out)
{
    static const double powers[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    struct decimal d = { 0 };

    if (s.len > NUMBER_CHARS_MOST || !read_decimal(s, &d))
        return false;
    /* Both operands are exact doubles here, so that one operation rounds correctly. */
    bool exact = FLT_EVAL_METHOD == 0 && d.digits <= 19 && d.mantissa <= (1ull << 53) &&
                 d.exponent >= -22 && d.exponent <= 22;
    if (!exact)
        return decimal_by_library(s, out);
    double value = (double)d.mantissa;
    value = d.exponent < 0 ? value / powers[-d.exponent] : value * powers[d.exponent];
    *out = d.negative ? -value : value;
    return true;
}

size_t orch_format_float(double value, char out[32])
{
    int len = 0;
    for (int digits = 15; digits <= 17; digits++) {
        double back;
        len = snprintf(out, 32, "%.*g", digits, value);
        for (int i = 0; i < len; i++) /* a library may have set a locale */
            if (out[i] == ',')
                out[i] = '.';
        if (!isfinite(value) ||
            (orch_str_to_float((struct orch_str){ out, (size_t)len }, &back) && back == value))
            break;
    }
    return (size_t)len;
}
