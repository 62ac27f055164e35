/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_kind.h"

#include <string.h>

#include "orch/builder.h"

/* Numbers of built-in types are part of PostgreSQL's catalogue and never change. */
static const struct {
    uint32_t oid;
    enum pg_kind kind;
    const char *name;   /* in SQL */
    const char *format; /* read as */
} kinds[] = {
    {16, PG_BOOL, "boolean", ORCH_FORMAT_BOOL},
    {21, PG_INT2, "smallint", ORCH_FORMAT_INT64},
    {23, PG_INT4, "integer", ORCH_FORMAT_INT64},
    {20, PG_INT8, "bigint", ORCH_FORMAT_INT64},
    {700, PG_FLOAT4, "real", ORCH_FORMAT_FLOAT64},
    {701, PG_FLOAT8, "double precision", ORCH_FORMAT_FLOAT64},
    {1700, PG_NUMERIC, "numeric", ORCH_FORMAT_UTF8},
    {25, PG_TEXT, "text", ORCH_FORMAT_UTF8},
    {1043, PG_VARCHAR, "character varying", ORCH_FORMAT_UTF8},
    {1042, PG_CHAR, "character", ORCH_FORMAT_UTF8},
    {17, PG_BYTEA, "bytea", ORCH_FORMAT_BINARY},
    {1082, PG_DATE, "date", ORCH_FORMAT_DATE32},
    {1114, PG_TIMESTAMP, "timestamp without time zone", ORCH_FORMAT_TIMESTAMP},
    {1184, PG_TIMESTAMPTZ, "timestamp with time zone", ORCH_FORMAT_TIMESTAMP},
    {0, PG_GEOMETRY, "geometry", ORCH_FORMAT_BINARY},
};

#define N_KINDS (sizeof kinds / sizeof kinds[0])

static const struct {
    enum orch_view_type given;
    enum pg_kind kind;
    enum pg_encoding encoding;
} pairs[] = {
    {ORCH_VIEW_BOOL, PG_BOOL, PG_ENCODE_BOOL},
    {ORCH_VIEW_INT, PG_INT8, PG_ENCODE_INT8},
    {ORCH_VIEW_INT, PG_INT4, PG_ENCODE_INT4},
    {ORCH_VIEW_INT, PG_INT2, PG_ENCODE_INT2},
    {ORCH_VIEW_INT, PG_NUMERIC, PG_ENCODE_INT_NUMERIC},
    {ORCH_VIEW_INT, PG_FLOAT8, PG_ENCODE_INT_FLOAT8},
    {ORCH_VIEW_FLOAT, PG_FLOAT8, PG_ENCODE_FLOAT8},
    {ORCH_VIEW_FLOAT, PG_FLOAT4, PG_ENCODE_FLOAT4},
    {ORCH_VIEW_FLOAT, PG_NUMERIC, PG_ENCODE_FLOAT_NUMERIC},
    {ORCH_VIEW_TEXT, PG_TEXT, PG_ENCODE_BYTES},
    {ORCH_VIEW_TEXT, PG_VARCHAR, PG_ENCODE_BYTES},
    {ORCH_VIEW_TEXT, PG_CHAR, PG_ENCODE_BYTES},
    {ORCH_VIEW_BINARY, PG_BYTEA, PG_ENCODE_BYTES},
    {ORCH_VIEW_BINARY, PG_GEOMETRY, PG_ENCODE_GEOMETRY},
    {ORCH_VIEW_DATE, PG_DATE, PG_ENCODE_DATE},
    {ORCH_VIEW_TIMESTAMP, PG_TIMESTAMPTZ, PG_ENCODE_TIMESTAMP},
    {ORCH_VIEW_TIMESTAMP, PG_TIMESTAMP, PG_ENCODE_TIMESTAMP},
};

enum pg_kind pg_kind_of(uint32_t oid, const char *name)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (kinds[i].oid == oid && oid != 0)
            return kinds[i].kind;
    return strcmp(name, "geometry") == 0 ? PG_GEOMETRY : PG_OTHER;
}

enum orch_view_type pg_given_of(const char *format)
{
    static const struct {
        const char *format;
        enum orch_view_type type;
    } formats[] = {
        {ORCH_FORMAT_BOOL, ORCH_VIEW_BOOL},       {ORCH_FORMAT_INT64, ORCH_VIEW_INT},
        {ORCH_FORMAT_FLOAT64, ORCH_VIEW_FLOAT},   {ORCH_FORMAT_UTF8, ORCH_VIEW_TEXT},
        {ORCH_FORMAT_BINARY, ORCH_VIEW_BINARY},   {ORCH_FORMAT_DATE32, ORCH_VIEW_DATE},
        {ORCH_FORMAT_TIMESTAMP, ORCH_VIEW_TIMESTAMP},
    };

    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++)
        if (strcmp(format, formats[i].format) == 0)
            return formats[i].type;
    return 0;
}

enum pg_encoding pg_encoding_of(enum orch_view_type given, enum pg_kind kind)
{
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (pairs[i].given == given && pairs[i].kind == kind)
            return pairs[i].encoding;
    return PG_ENCODE_NONE;
}

enum pg_kind pg_kind_for(const struct ArrowSchema *field, enum orch_view_type given)
{
    size_t len = 0;

    if (given == ORCH_VIEW_BINARY && orch_schema_metadata(field, ORCH_META_GEOMETRY, &len))
        return PG_GEOMETRY;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (pairs[i].given == given)
            return pairs[i].kind; /* the widest comes first */
    return PG_OTHER;
}

const char *pg_kind_name(enum pg_kind kind)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (kinds[i].kind == kind)
            return kinds[i].name;
    return "unknown";
}

const char *pg_kind_format(enum pg_kind kind)
{
    for (size_t i = 0; i < N_KINDS; i++)
        if (kinds[i].kind == kind)
            return kinds[i].format;
    return ORCH_FORMAT_UTF8;
}
