/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers as the shortest text that reads back to the same value, whatever the locale. */
#ifndef FILES_NUMBER_H
#define FILES_NUMBER_H

#include <stddef.h>
#include <stdint.h>

#define FILES_NUMBER_MAX 32

/* Both write at most FILES_NUMBER_MAX bytes, without a NUL, and return the length.
 * The double is finite; minus zero is "0". */
size_t files_int_write(char *out, int64_t value);
size_t files_double_write(char *out, double value);

#endif
