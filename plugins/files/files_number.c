/* SPDX-License-Identifier: Apache-2.0 */
#include "files_number.h"

#include <float.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

#define MANTISSA_BITS 52

static const uint64_t powers[] = {
    1ull,
    10ull,
    100ull,
    1000ull,
    10000ull,
    100000ull,
    1000000ull,
    10000000ull,
    100000000ull,
    1000000000ull,
    10000000000ull,
    100000000000ull,
    1000000000000ull,
    10000000000000ull,
    100000000000000ull,
    1000000000000000ull,
    10000000000000000ull,
    100000000000000000ull,
    1000000000000000000ull,
    10000000000000000000ull,
};

static size_t digits_write(char *out, uint64_t value)
{
    char text[20];
    size_t n = 0;
    do {
        text[n++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    for (size_t i = 0; i < n; i++)
        out[i] = text[n - 1 - i];
    return n;
}

size_t files_int_write(char *out, int64_t value)
{
    if (value >= 0)
        return digits_write(out, (uint64_t)value);
    out[0] = '-';
    return 1 + digits_write(out + 1, 0 - (uint64_t)value);
}

/* `digits` over 10 to the power `places`, without zeros at the end. */
static size_t fixed_write(char *out, uint64_t digits, int places)
{
    while (places > 0 && digits % 10 == 0) {
        digits /= 10;
        places--;
    }
    if (places == 0)
        return digits_write(out, digits);
    char text[20];
    int n = (int)digits_write(text, digits);
    char *p = out;
    int whole = n - places;
    if (whole <= 0) {
        *p++ = '0';
        *p++ = '.';
        for (int i = whole; i < 0; i++)
            *p++ = '0';
        memcpy(p, text, (size_t)n);
        return (size_t)(p - out) + (size_t)n;
    }
    memcpy(p, text, (size_t)whole);
    p[whole] = '.';
    memcpy(p + whole + 1, text + whole, (size_t)places);
    return (size_t)n + 1;
}

/* Up to six places: a decimal of at most 15 digits that divides back to the value is the only
 * one, and its trimmed form the shortest. */
static size_t short_write(char *out, double value)
{
    if (!(value < 1e9))
        return 0;
    uint64_t scaled = (uint64_t)(value * 1e6 + 0.5);
    return (double)scaled / 1e6 == value ? fixed_write(out, scaled, 6) : 0;
}

/* value = mantissa / 2^shift exactly; its nearest decimal with `places` places. *exact tells
 * whether that decimal lies closer to the value than to either of its neighbours, which stand
 * 1 / 2^shift away. All of it is integer arithmetic: nothing is rounded but the result. */
static uint64_t nearest(uint64_t mantissa, int shift, int places, bool *exact)
{
    wide power = places < 20 ? powers[places] : (wide)powers[19] * powers[places - 19];
    wide scaled = mantissa * power;
    wide digits = (scaled + ((wide)1 << (shift - 1))) >> shift;
    wide back = digits << shift;
    wide off = back > scaled ? back - scaled : scaled - back;
    *exact = 2 * off < power;
    return (uint64_t)digits;
}

static int exponent_of(double value)
{
    int exponent = -5;
    double limit = 1e-4;
    while (value >= limit) {
        exponent++;
        limit *= 10;
    }
    return exponent;
}

/* For 1e-5 <= value < 1e15, powers of two aside (their lower neighbour is nearer). */
static size_t exact_write(char *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t fraction = bits & ((UINT64_C(1) << MANTISSA_BITS) - 1);
    int shift = 1075 - (int)(bits >> MANTISSA_BITS);
    if (!(value >= 1e-5 && value < 1e15) || fraction == 0 || shift < 1)
        return 0;
    uint64_t mantissa = fraction | UINT64_C(1) << MANTISSA_BITS;
    int exponent = exponent_of(value);
    for (int n = 15; n <= 17; n++) {
        bool exact;
        int places = n - 1 - exponent;
        uint64_t digits = nearest(mantissa, shift, places, &exact);
        if (exact)
            return fixed_write(out, digits, places);
    }
    return 0;
}

static size_t printf_write(char *out, double value)
{
    char text[48];
    /* below DBL_MIN fewer digits than 15 may tell a value from its neighbours */
    for (int precision = value < DBL_MIN ? 1 : 15; precision <= 17; precision++) {
        snprintf(text, sizeof text, "%.*g", precision, value);
        if (precision == 17 || strtod(text, NULL) == value)
            break;
    }
    char *comma = strchr(text, ','); /* the decimal sign of some locales */
    if (comma != NULL)
        *comma = '.';
    size_t n = strlen(text);
    memcpy(out, text, n);
    return n;
}

size_t files_double_write(char *out, double value)
{
    if (value < 0) {
        out[0] = '-';
        return 1 + files_double_write(out + 1, -value);
    }
    size_t n = short_write(out, value);
    if (n == 0)
        n = exact_write(out, value);
    return n > 0 ? n : printf_write(out, value);
}
