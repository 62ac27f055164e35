/* SPDX-License-Identifier: Apache-2.0 */
/* Column names: made presentable, made unique, found by nearness. */
#ifndef CSV_NAME_H
#define CSV_NAME_H

#include <stdbool.h>
#include <stddef.h>

/* Narrows [*text, *len) by the white space at both ends (also U+00A0, U+202F and U+FEFF). */
void csv_name_trim(const char **text, size_t *len);

/* Makes the `n` names (heap strings, replaced where needed) differ: a later equal one becomes
 * name_2, name_3 and so on. False: out of memory. */
bool csv_names_distinguish(char **names, size_t n);

/* The name nearest to `wanted`, case aside, or NULL when none is near. */
const char *csv_names_nearest(char *const *names, size_t n, const char *wanted);

#endif
