/* SPDX-License-Identifier: Apache-2.0 */
/* What one line of a logger's export means. Pure functions: no host, no state, no allocation;
 * test/test_parse.c covers them without either. */
#ifndef THERMOMETER_PARSE_H
#define THERMOMETER_PARSE_H

#include <stdbool.h>
#include <stddef.h>

enum thermometer_kind {
    THERMOMETER_BLANK,   /* an empty line */
    THERMOMETER_LOGGER,  /* the lines that follow come from this logger */
    THERMOMETER_PLACE,   /* ... which hangs there */
    THERMOMETER_UNIT,    /* ... and measures in this unit */
    THERMOMETER_READING, /* key: local time; value: temperature */
    THERMOMETER_SHAPE,   /* bad: not two fields */
    THERMOMETER_KEY      /* bad: two fields, but nothing we know */
};

/* Views into the line that was parsed. */
struct thermometer_line {
    enum thermometer_kind kind;
    const char *key;
    size_t key_len;
    const char *value;
    size_t value_len;
};

struct thermometer_line thermometer_parse_line(const char *text, size_t len);

/* "-3.5" with `decimal` between whole and fraction; at most 15 digits, so that the double is the
 * number that was written. False: anything else, *out is untouched. */
bool thermometer_parse_number(const char *text, size_t len, char decimal, double *out);

#endif
