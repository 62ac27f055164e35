/* SPDX-License-Identifier: Apache-2.0 */
/* The binary form of numeric: base-10000 digits with a weight, a sign and a display scale. */
#ifndef PG_NUMERIC_H
#define PG_NUMERIC_H

#include <stdint.h>

/* No value written by the two functions is longer, its length word included. */
#define PG_NUMERIC_MAX 40

/* Write length and value at p; return the end. A double gets the fewest digits that read back as
 * the same double. */
uint8_t *pg_numeric_put_int(uint8_t *p, int64_t value);
uint8_t *pg_numeric_put_float(uint8_t *p, double value);

#endif
