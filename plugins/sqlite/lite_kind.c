/* SPDX-License-Identifier: Apache-2.0 */
#include "lite_kind.h"

#include <string.h>
#include <strings.h>

#include "orch/arrow.h"

struct word {
    const char *name;
    enum lite_kind kind;
    int width;
};

static const struct word words[] = {
    { "BOOLEAN", LITE_BOOL, 0 },      { "TINYINT", LITE_INT, 1 },
    { "SMALLINT", LITE_INT, 2 },      { "MEDIUMINT", LITE_INT, 4 },
    { "INT", LITE_INT, 8 },           { "INTEGER", LITE_INT, 8 },
    { "BIGINT", LITE_INT, 8 },        { "FLOAT", LITE_FLOAT, 0 },
    { "DOUBLE", LITE_FLOAT, 0 },      { "DOUBLE PRECISION", LITE_FLOAT, 0 },
    { "REAL", LITE_FLOAT, 0 },        { "NUMERIC", LITE_FLOAT, 0 },
    { "DECIMAL", LITE_FLOAT, 0 },     { "BLOB", LITE_BLOB, 0 },
    { "DATE", LITE_DATE, 0 },         { "DATETIME", LITE_DATETIME, 0 },
    { "TIMESTAMP", LITE_DATETIME, 0 },
};

static const char *const geometries[] = {
    "GEOMETRY",        "POINT",         "LINESTRING",   "POLYGON",
    "MULTIPOINT",      "MULTILINESTRING", "MULTIPOLYGON", "GEOMETRYCOLLECTION",
    "CIRCULARSTRING",  "COMPOUNDCURVE", "CURVEPOLYGON", "MULTICURVE",
    "MULTISURFACE",    "CURVE",         "SURFACE",
};

static size_t word_length(const char *declared)
{
    size_t len = strcspn(declared, "(");
    while (len > 0 && declared[len - 1] == ' ')
        len--;
    return len;
}

static const struct word *word_find(const char *declared)
{
    size_t len = word_length(declared);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strlen(words[i].name) == len && strncasecmp(words[i].name, declared, len) == 0)
            return &words[i];
    return NULL;
}

bool lite_geometry_code(const char *word, size_t len, uint32_t *code)
{
    for (uint32_t i = 0; i < sizeof geometries / sizeof geometries[0]; i++) {
        if (strlen(geometries[i]) == len && strncasecmp(geometries[i], word, len) == 0) {
            *code = i;
            return true;
        }
    }
    return false;
}

const char *lite_geometry_name(uint32_t code)
{
    return code < sizeof geometries / sizeof geometries[0] ? geometries[code] : NULL;
}

enum lite_kind lite_kind_declared(const char *declared)
{
    uint32_t code;
    if (declared == NULL || declared[0] == '\0')
        return LITE_UNKNOWN;
    const struct word *word = word_find(declared);
    if (word != NULL)
        return word->kind;
    return lite_geometry_code(declared, strlen(declared), &code) ? LITE_GEOMETRY : LITE_TEXT;
}

int64_t lite_kind_length(const char *declared)
{
    const char *p = declared != NULL ? strchr(declared, '(') : NULL;
    int64_t length = 0;
    if (p == NULL || lite_kind_declared(declared) == LITE_FLOAT)
        return 0;
    for (p++; *p == ' ' || (*p >= '0' && *p <= '9'); p++)
        if (*p != ' ' && length < 1000000000)
            length = length * 10 + (*p - '0');
    return *p == ')' ? length : 0;
}

int lite_kind_width(const char *declared)
{
    const struct word *word = declared != NULL ? word_find(declared) : NULL;
    return word != NULL && word->kind == LITE_INT ? word->width : 8;
}

enum lite_kind lite_kind_format(const char *format)
{
    if (strncmp(format, "ts", 2) == 0)
        return LITE_DATETIME;
    if (strcmp(format, ORCH_FORMAT_DATE32) == 0)
        return LITE_DATE;
    if (format[0] == '\0' || format[1] != '\0')
        return LITE_UNKNOWN;
    switch (format[0]) {
    case 'b':
        return LITE_BOOL;
    case 'f':
    case 'g':
        return LITE_FLOAT;
    case 'u':
        return LITE_TEXT;
    case 'z':
        return LITE_BLOB;
    default:
        return strchr("cCsSiIl", format[0]) != NULL ? LITE_INT : LITE_UNKNOWN;
    }
}

struct form {
    const char *format;
    const char *declaration;
};

static const struct form forms[] = {
    [LITE_UNKNOWN] = { NULL, NULL },
    [LITE_BOOL] = { ORCH_FORMAT_BOOL, "BOOLEAN" },
    [LITE_INT] = { ORCH_FORMAT_INT64, "INTEGER" },
    [LITE_FLOAT] = { ORCH_FORMAT_FLOAT64, "REAL" },
    [LITE_TEXT] = { ORCH_FORMAT_UTF8, "TEXT" },
    [LITE_BLOB] = { ORCH_FORMAT_BINARY, "BLOB" },
    [LITE_DATE] = { ORCH_FORMAT_DATE32, "DATE" },
    [LITE_DATETIME] = { ORCH_FORMAT_TIMESTAMP, "DATETIME" },
    [LITE_GEOMETRY] = { ORCH_FORMAT_BINARY, "GEOMETRY" },
};

const char *lite_format(enum lite_kind kind)
{
    return forms[kind].format;
}

const char *lite_declaration(enum lite_kind kind)
{
    return forms[kind].declaration;
}
