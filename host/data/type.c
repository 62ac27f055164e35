/* SPDX-License-Identifier: Apache-2.0 */
#include "data/type.h"

#include "data/layout.h"
#include "orch/arrow.h"

const char *orch_type_name(enum orch_type t)
{
    switch (t) {
    case ORCH_TYPE_NULL:
        return "nil";
    case ORCH_TYPE_BOOLEAN:
        return "boolean";
    case ORCH_TYPE_INTEGER:
        return "integer";
    case ORCH_TYPE_NUMBER:
        return "number";
    case ORCH_TYPE_TEXT:
        return "text";
    case ORCH_TYPE_DATE:
        return "date";
    case ORCH_TYPE_TIMESTAMP:
        return "timestamp";
    case ORCH_TYPE_BINARY:
        return "binary";
    case ORCH_TYPE_LIST:
        return "list";
    }
    return "unknown";
}

const char *orch_type_format(enum orch_type t)
{
    switch (t) {
    case ORCH_TYPE_BOOLEAN:
        return ORCH_FORMAT_BOOL;
    case ORCH_TYPE_INTEGER:
        return ORCH_FORMAT_INT64;
    case ORCH_TYPE_NUMBER:
        return ORCH_FORMAT_FLOAT64;
    case ORCH_TYPE_NULL: /* a column of nothing but nulls is stored as text */
    case ORCH_TYPE_TEXT:
        return ORCH_FORMAT_UTF8;
    case ORCH_TYPE_DATE:
        return ORCH_FORMAT_DATE32;
    case ORCH_TYPE_TIMESTAMP:
        return ORCH_FORMAT_TIMESTAMP;
    case ORCH_TYPE_BINARY:
        return ORCH_FORMAT_BINARY;
    case ORCH_TYPE_LIST:
        break;
    }
    return NULL;
}

bool orch_type_of_format(const char *format, enum orch_type *out)
{
    struct orch_layout layout;
    if (!orch_layout_of_format(format, &layout))
        return false;
    *out = layout.type;
    return true;
}
