/* SPDX-License-Identifier: Apache-2.0 */
#include "lite_cell.h"

#include <limits.h>
#include <string.h>

#include "orch/utf8.h"

#include "lite_instant.h"

static int bind_text(sqlite3_stmt *stmt, int parameter, const char *text, size_t len)
{
    return len > INT_MAX ? SQLITE_TOOBIG
                         : sqlite3_bind_text(stmt, parameter, text, (int)len, SQLITE_STATIC);
}

static int bind_instant(sqlite3_stmt *stmt, int parameter, const char *text, size_t len)
{
    return len == 0 ? SQLITE_RANGE
                    : sqlite3_bind_text(stmt, parameter, text, (int)len, SQLITE_TRANSIENT);
}

int lite_cell_bind(sqlite3_stmt *stmt, int parameter, const orch_view *view, size_t column,
                   int64_t row)
{
    char text[LITE_INSTANT_MAX + 1];
    size_t len;
    if (orch_view_is_null(view, column, row))
        return sqlite3_bind_null(stmt, parameter);
    switch (view->columns[column].type) {
    case ORCH_VIEW_BOOL:
        return sqlite3_bind_int(stmt, parameter, orch_view_bool(view, column, row));
    case ORCH_VIEW_INT:
        return sqlite3_bind_int64(stmt, parameter, orch_view_int(view, column, row));
    case ORCH_VIEW_FLOAT:
        return sqlite3_bind_double(stmt, parameter, orch_view_float(view, column, row));
    case ORCH_VIEW_TEXT: {
        const char *value = orch_view_text(view, column, row, &len);
        return bind_text(stmt, parameter, value, len);
    }
    case ORCH_VIEW_BINARY: {
        const void *value = orch_view_binary(view, column, row, &len);
        return sqlite3_bind_blob64(stmt, parameter, len > 0 ? value : "", len, SQLITE_STATIC);
    }
    case ORCH_VIEW_DATE:
        len = lite_date_write(text, orch_view_date(view, column, row));
        return bind_instant(stmt, parameter, text, len);
    case ORCH_VIEW_TIMESTAMP:
        len = lite_instant_write(text, orch_view_timestamp(view, column, row), LITE_MILLISECONDS);
        return bind_instant(stmt, parameter, text, len);
    }
    return SQLITE_MISUSE;
}

/* ---- reading ------------------------------------------------------------------------------- */

static enum lite_fit fit(orch_status st)
{
    return st == ORCH_OK ? LITE_FITS : LITE_NO_MEMORY;
}

static enum lite_fit take_text(sqlite3_stmt *stmt, int from, enum lite_kind kind,
                               orch_builder *b, size_t column)
{
    const char *text = (const char *)sqlite3_column_text(stmt, from);
    size_t len = (size_t)sqlite3_column_bytes(stmt, from);
    int32_t days;
    int64_t us;
    if (text == NULL)
        return LITE_NO_MEMORY;
    switch (kind) {
    case LITE_DATE:
        return lite_date_parse(text, len, &days) ? fit(orch_builder_date(b, column, days))
                                                 : LITE_MISFIT_TYPE;
    case LITE_DATETIME:
        return lite_instant_parse(text, len, &us) ? fit(orch_builder_timestamp(b, column, us))
                                                  : LITE_MISFIT_TYPE;
    case LITE_TEXT:
        return orch_utf8_valid(text, len) == len ? fit(orch_builder_text(b, column, text, len))
                                          : LITE_MISFIT_ENCODING;
    default:
        return LITE_MISFIT_TYPE;
    }
}

static enum lite_fit take_int(int64_t value, enum lite_kind kind, orch_builder *b, size_t column)
{
    if (kind == LITE_INT)
        return fit(orch_builder_int(b, column, value));
    if (kind == LITE_BOOL && (value == 0 || value == 1))
        return fit(orch_builder_bool(b, column, value == 1));
    if (kind == LITE_FLOAT)
        return fit(orch_builder_float(b, column, (double)value));
    return LITE_MISFIT_TYPE;
}

static enum lite_fit take_float(double value, enum lite_kind kind, orch_builder *b, size_t column)
{
    if (kind == LITE_FLOAT)
        return fit(orch_builder_float(b, column, value));
    /* A column of integers holds whole numbers also when they were computed. */
    bool exact = value > -9007199254740992.0 && value < 9007199254740992.0;
    if (kind == LITE_INT && exact && value == (double)(int64_t)value)
        return fit(orch_builder_int(b, column, (int64_t)value));
    return LITE_MISFIT_TYPE;
}

enum lite_fit lite_cell_take(sqlite3_stmt *stmt, int from, enum lite_kind kind, orch_builder *b,
                             size_t column)
{
    switch (sqlite3_column_type(stmt, from)) {
    case SQLITE_NULL:
        return fit(orch_builder_null(b, column));
    case SQLITE_INTEGER:
        return take_int(sqlite3_column_int64(stmt, from), kind, b, column);
    case SQLITE_FLOAT:
        return take_float(sqlite3_column_double(stmt, from), kind, b, column);
    case SQLITE_TEXT:
        return take_text(stmt, from, kind, b, column);
    default:
        break;
    }
    if (kind != LITE_BLOB && kind != LITE_GEOMETRY)
        return LITE_MISFIT_TYPE;
    const void *bytes = sqlite3_column_blob(stmt, from);
    size_t len = (size_t)sqlite3_column_bytes(stmt, from);
    return fit(orch_builder_binary(b, column, bytes != NULL ? bytes : "", len));
}
