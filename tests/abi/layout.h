/* SPDX-License-Identifier: Apache-2.0 */
/* The public structs and constants as data, so that they can be printed and compared.
 *
 * A table is complete when its members fill the struct without a hole: a member that somebody adds
 * to a header and not to the table shows itself. */
#ifndef TEST_ABI_LAYOUT_H
#define TEST_ABI_LAYOUT_H

#include <stdbool.h>
#include <stddef.h>

struct layout_member {
    const char *name;
    size_t offset, size;
};

struct layout_struct {
    const char *name;
    size_t size;
    const struct layout_member *members;
    size_t n_members;
    bool padded; /* holes are allowed: a struct of the static library, never crossing the ABI */
};

struct layout_value {
    const char *name;
    long long number;
    const char *text; /* NULL: a number */
};

extern const struct layout_struct layout_abi[];    /* these three end with a NULL name */
extern const struct layout_struct layout_helper[];
extern const struct layout_value layout_values[];

#define MEMBER(type, m) { #m, offsetof(type, m), sizeof(((type *)NULL)->m) }
#define STRUCT(type, table, may_be_padded)                                                         \
    { #type, sizeof(type), table, sizeof(table) / sizeof(table)[0], may_be_padded }

#endif
