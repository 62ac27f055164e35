/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_numeric.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg_bytes.h"

#define MAX_DIGITS 8 /* base 10000: 20 decimal digits, and one more group on each side */

enum { SIGN_PLUS = 0x0000, SIGN_MINUS = 0x4000, SIGN_NAN = 0xC000,
       SIGN_INF = 0xD000, SIGN_MINUS_INF = 0xF000 };

struct numeric {
    uint16_t digits[MAX_DIGITS];
    int n, weight, sign, scale;
};

static uint8_t *numeric_put(uint8_t *p, struct numeric *v)
{
    while (v->n > 0 && v->digits[v->n - 1] == 0)
        v->n--;
    if (v->n == 0) {
        v->weight = 0;
        v->sign = v->sign == SIGN_MINUS ? SIGN_PLUS : v->sign;
    }
    p = pg_put32(p, (uint32_t)(8 + 2 * v->n));
    p = pg_put16(p, (uint16_t)v->n);
    p = pg_put16(p, (uint16_t)v->weight);
    p = pg_put16(p, (uint16_t)v->sign);
    p = pg_put16(p, (uint16_t)v->scale);
    for (int i = 0; i < v->n; i++)
        p = pg_put16(p, v->digits[i]);
    return p;
}

uint8_t *pg_numeric_put_int(uint8_t *p, int64_t value)
{
    struct numeric v = {.sign = value < 0 ? SIGN_MINUS : SIGN_PLUS};
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    uint64_t unit = 1;

    while (rest / unit >= 10000) {
        unit *= 10000;
        v.weight++;
    }
    for (; unit > 0; unit /= 10000) {
        v.digits[v.n++] = (uint16_t)(rest / unit);
        rest %= unit;
    }
    return numeric_put(p, &v);
}

/* The decimal digits of a finite number and the power of ten of the first; returns their count. */
static int float_digits(double value, char digits[20], int *exponent)
{
    char text[40];
    int precision = 15;
    int n = 0;

    do {
        snprintf(text, sizeof text, "%.*e", precision - 1, value);
    } while (strtod(text, NULL) != value && ++precision <= 17);
    char *p = text;
    for (; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9') /* whatever the locale's decimal mark is */
            digits[n++] = *p;
    *exponent = *p ? (int)strtol(p + 1, NULL, 10) : 0;
    while (n > 1 && digits[n - 1] == '0')
        n--;
    return n;
}

static void numeric_group(struct numeric *v, const char *digits, int n, int exponent)
{
    int inside = exponent % 4 < 0 ? exponent % 4 + 4 : exponent % 4;
    int place = 3 - inside; /* of the first digit within its group of four */

    v->weight = (exponent - inside) / 4;
    v->n = (place + n + 3) / 4;
    v->scale = n - 1 - exponent > 0 ? n - 1 - exponent : 0;
    for (int i = 0; i < v->n * 4; i++) {
        int digit = i >= place && i - place < n ? digits[i - place] - '0' : 0;
        v->digits[i / 4] = (uint16_t)(v->digits[i / 4] * 10 + digit);
    }
}

uint8_t *pg_numeric_put_float(uint8_t *p, double value)
{
    struct numeric v = {.sign = signbit(value) ? SIGN_MINUS : SIGN_PLUS};
    char digits[20];
    int exponent = 0;

    if (isnan(value)) {
        v.sign = SIGN_NAN;
    } else if (isinf(value)) {
        v.sign = value < 0 ? SIGN_MINUS_INF : SIGN_INF;
        v.scale = 0;
    } else {
        int n = float_digits(fabs(value), digits, &exponent);
        numeric_group(&v, digits, n, exponent);
    }
    return numeric_put(p, &v);
}
