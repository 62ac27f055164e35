/* SPDX-License-Identifier: Apache-2.0 */
/* Dates and instants as ISO 8601 text and back, years 0000 to 9999. */
#ifndef LITE_INSTANT_H
#define LITE_INSTANT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LITE_DATE_LEN 10
#define LITE_INSTANT_MAX 27 /* "2026-11-24T15:00:00.000000Z" */

enum lite_fraction {
    LITE_MILLISECONDS = 1, /* always three digits; finer parts are cut */
    LITE_SHORTEST          /* none, three or six digits, whatever the value needs */
};

/* Writes without a NUL and returns the length; 0 when the year is out of range. */
size_t lite_date_write(char *out, int64_t days);
size_t lite_instant_write(char *out, int64_t microseconds, enum lite_fraction fraction);

/* "2026-11-24", a day that exists. */
bool lite_date_parse(const char *text, size_t len, int32_t *days);
/* "2026-11-24T15:00:00.000Z": T or a blank, up to 9 digits of a second, Z or an offset such as
 * +01:00. A text without either is refused: nobody knows which instant it means. */
bool lite_instant_parse(const char *text, size_t len, int64_t *microseconds);

#endif
