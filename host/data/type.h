/* SPDX-License-Identifier: Apache-2.0 */
/* The types a script sees, and literal values of them. */
#ifndef ORCH_DATA_TYPE_H
#define ORCH_DATA_TYPE_H

#include "base/str.h"

enum orch_type {
    ORCH_TYPE_NULL = 0,  /* the literal nil: fits every type */
    ORCH_TYPE_BOOLEAN,
    ORCH_TYPE_INTEGER,   /* int64 */
    ORCH_TYPE_NUMBER,    /* double */
    ORCH_TYPE_TEXT,      /* UTF-8 */
    ORCH_TYPE_DATE,      /* days since 1970-01-01 */
    ORCH_TYPE_TIMESTAMP, /* microseconds since 1970-01-01T00:00Z */
    ORCH_TYPE_BINARY,    /* bytes; geometry as ISO WKB */
    ORCH_TYPE_LIST       /* only of literals: a Lua table */
};

const char *orch_type_name(enum orch_type t);   /* "integer": as scripts and messages say it */
const char *orch_type_format(enum orch_type t); /* the Arrow format, orch/arrow.h */
/* false for formats outside the profile */
bool orch_type_of_format(const char *format, enum orch_type *out);

struct orch_item;

/* A literal. Lists hold items with keys: a Lua sequence has keys of type integer 1..n. */
struct orch_value {
    enum orch_type type;
    bool boolean;
    int64_t integer; /* also date and timestamp */
    double number;
    struct orch_str text;
    struct orch_item *items;
    size_t n_items;
};

struct orch_item {
    struct orch_value key;
    struct orch_value value;
};

/* The item with a text key, or NULL. */
const struct orch_value *orch_value_get(const struct orch_value *list, const char *key);
/* Appends the value as a person reads it. */
bool orch_value_print(struct orch_text *t, const struct orch_value *v);

#endif
