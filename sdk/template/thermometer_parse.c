/* SPDX-License-Identifier: Apache-2.0 */
#include "thermometer_parse.h"

#include <stdint.h>
#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool equals(const char *text, size_t len, const char *word)
{
    return len == strlen(word) && memcmp(text, word, len) == 0;
}

static enum thermometer_kind kind_of(const char *key, size_t len)
{
    if (equals(key, len, "logger"))
        return THERMOMETER_LOGGER;
    if (equals(key, len, "place"))
        return THERMOMETER_PLACE;
    if (equals(key, len, "unit"))
        return THERMOMETER_UNIT;
    return len > 0 && is_digit(key[0]) ? THERMOMETER_READING : THERMOMETER_KEY;
}

struct thermometer_line thermometer_parse_line(const char *text, size_t len)
{
    struct thermometer_line line = { .kind = THERMOMETER_BLANK };

    if (len == 0)
        return line;
    const char *separator = memchr(text, ';', len);
    line.kind = THERMOMETER_SHAPE;
    if (!separator)
        return line;
    line.key = text;
    line.key_len = (size_t)(separator - text);
    line.value = separator + 1;
    line.value_len = len - line.key_len - 1;
    if (!memchr(line.value, ';', line.value_len))
        line.kind = kind_of(line.key, line.key_len);
    return line;
}

/* strtod would depend on the locale, take "inf" and "0x1p3", and stop silently at what it does
 * not know: a number that is not one must become a reject. */
bool thermometer_parse_number(const char *text, size_t len, char decimal, double *out)
{
    static const double power[] = { 1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
    const bool negative = len > 0 && text[0] == '-';
    int64_t number = 0;
    size_t digits = 0, fraction = 0;
    bool seen_decimal = false;

    for (size_t i = negative; i < len; i++) {
        if (text[i] == decimal && !seen_decimal && digits > 0) {
            seen_decimal = true;
        } else if (is_digit(text[i]) && digits < 15) {
            number = number * 10 + (text[i] - '0');
            digits++;
            fraction += seen_decimal;
        } else {
            return false;
        }
    }
    if (digits == 0 || (seen_decimal && fraction == 0))
        return false;
    *out = (double)(negative ? -number : number) / power[fraction];
    return true;
}
