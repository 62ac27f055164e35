/* SPDX-License-Identifier: Apache-2.0 */
/* The types of PostgreSQL that columns are written to and read from, and how the formats of
 * batches meet them. */
#ifndef PG_KIND_H
#define PG_KIND_H

#include "orch/arrow.h"
#include "orch/view.h"

enum pg_kind {
    PG_OTHER = 0, /* read as text, not written */
    PG_BOOL,
    PG_INT2,
    PG_INT4,
    PG_INT8,
    PG_FLOAT4,
    PG_FLOAT8,
    PG_NUMERIC,
    PG_TEXT,
    PG_VARCHAR,
    PG_CHAR,
    PG_BYTEA,
    PG_DATE,
    PG_TIMESTAMP,
    PG_TIMESTAMPTZ,
    PG_GEOMETRY
};

/* Bytes of a value in a COPY. Each is one pair of a batch's type and a column's kind. */
enum pg_encoding {
    PG_ENCODE_NONE = 0, /* the pair does not fit */
    PG_ENCODE_BOOL,
    PG_ENCODE_INT8,
    PG_ENCODE_INT4,
    PG_ENCODE_INT2,
    PG_ENCODE_INT_NUMERIC,
    PG_ENCODE_INT_FLOAT8,
    PG_ENCODE_FLOAT8,
    PG_ENCODE_FLOAT4,
    PG_ENCODE_FLOAT_NUMERIC,
    PG_ENCODE_BYTES, /* text and binary */
    PG_ENCODE_GEOMETRY,
    PG_ENCODE_DATE,
    PG_ENCODE_TIMESTAMP
};

/* A column of a table as the batches fill it. */
struct pg_column {
    const char *name; /* borrowed from the schema of the batches */
    enum orch_view_type given;
    enum pg_kind kind;
    enum pg_encoding encoding;
    int32_t limit;  /* characters of varchar(n) and char(n); 0: no limit */
    uint32_t srid;  /* of a geometry; 0: none */
    bool required;  /* takes no null */
};

/* Days and microseconds between the epochs 1970-01-01 and 2000-01-01. */
#define PG_EPOCH_DAYS 10957
#define PG_EPOCH_US INT64_C(946684800000000)

/* The kind of a type by its number in pg_type; name for types of extensions. */
enum pg_kind pg_kind_of(uint32_t oid, const char *name);
/* The type of a batch's column; 0: a format outside the profile. */
enum orch_view_type pg_given_of(const char *format);
enum pg_encoding pg_encoding_of(enum orch_view_type given, enum pg_kind kind);
/* The kind a column gets in a table of ours, and its name in SQL. */
enum pg_kind pg_kind_for(const struct ArrowSchema *field, enum orch_view_type given);
const char *pg_kind_name(enum pg_kind kind);
/* The format a column of this kind is read as. */
const char *pg_kind_format(enum pg_kind kind);

#endif
