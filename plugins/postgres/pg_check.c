/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "pg_encode.h"

/* What PostgreSQL can store: 4713-11-24 BC to 5874897-12-31, since 2000-01-01. */
#define DATE_MIN (-2451545 + PG_EPOCH_DAYS)
#define DATE_MAX (2145031948 + PG_EPOCH_DAYS)
#define TIMESTAMP_MIN (INT64_C(-211813488000000000) + PG_EPOCH_US)
#define EXACT_DOUBLE (INT64_C(1) << 53)

struct check {
    const char *shown;
    const struct pg_column *column;
    const orch_view *view;
    size_t index;
    int64_t rows_before;
    orch_error *err;
};

static bool is_null(const struct check *c, int64_t row)
{
    return orch_view_is_null(c->view, c->index, row);
}

static orch_status refuse(const struct check *c, int64_t row, const char *value,
                          const char *reason, const char *hint)
{
    orch_error_set(c->err, ORCH_EDATA, "column \"%s\" of %s does not take a value",
                   c->column->name, c->shown);
    orch_error_detail(c->err, "row %" PRId64 " of those written: %s %s", c->rows_before + row + 1,
                      value, reason);
    orch_error_hint(c->err, "%s", hint);
    orch_error_at(c->err, 0, c->column->name);
    return ORCH_EDATA;
}

static orch_status check_nulls(const struct check *c)
{
    const uint8_t *validity = c->view->columns[c->index].validity;

    for (int64_t row = 0; validity && row < c->view->rows; row++)
        if (is_null(c, row))
            return refuse(c, row, "null", "in a column that needs a value",
                          "make the column :required() or give it a :default() in the script");
    return ORCH_OK;
}

static orch_status check_ints(const struct check *c, int64_t min, int64_t max)
{
    const int64_t *values = c->view->columns[c->index].values;
    char value[32], reason[64];

    for (int64_t row = 0; row < c->view->rows; row++) {
        if ((values[row] >= min && values[row] <= max) || is_null(c, row))
            continue;
        snprintf(value, sizeof value, "%" PRId64, values[row]);
        snprintf(reason, sizeof reason, "is out of range of %s", pg_kind_name(c->column->kind));
        return refuse(c, row, value, reason, "widen the column: alter table ... type bigint");
    }
    return ORCH_OK;
}

static orch_status check_reals(const struct check *c)
{
    const double *values = c->view->columns[c->index].values;
    char value[32];

    for (int64_t row = 0; row < c->view->rows; row++) {
        if (!(fabs(values[row]) > (double)FLT_MAX) || isinf(values[row]) || is_null(c, row))
            continue;
        snprintf(value, sizeof value, "%.17g", values[row]);
        return refuse(c, row, value, "is out of range of real",
                      "widen the column: alter table ... type double precision");
    }
    return ORCH_OK;
}

static orch_status check_dates(const struct check *c)
{
    const int32_t *values = c->view->columns[c->index].values;
    char value[48];

    for (int64_t row = 0; row < c->view->rows; row++) {
        if ((values[row] >= DATE_MIN && values[row] <= DATE_MAX) || is_null(c, row))
            continue;
        snprintf(value, sizeof value, "%" PRId32 " days after 1970-01-01", values[row]);
        return refuse(c, row, value, "is out of range of date", "reject the date in the script");
    }
    return ORCH_OK;
}

static orch_status check_timestamps(const struct check *c)
{
    const int64_t *values = c->view->columns[c->index].values;
    char value[64];

    for (int64_t row = 0; row < c->view->rows; row++) {
        if (values[row] >= TIMESTAMP_MIN || is_null(c, row))
            continue;
        snprintf(value, sizeof value, "%" PRId64 " microseconds after 1970-01-01", values[row]);
        return refuse(c, row, value, "is out of range of timestamp",
                      "reject the instant in the script");
    }
    return ORCH_OK;
}

/* The value in quotes, cut between code points. */
static void show_text(char out[100], const char *text, size_t len)
{
    size_t shown = len < 80 ? len : 80;

    while (shown < len && shown > 0 && ((unsigned char)text[shown] & 0xC0) == 0x80)
        shown--;
    snprintf(out, 100, "\"%.*s\"%s", (int)shown, text, shown < len ? " (cut)" : "");
}

static orch_status check_nul(const struct check *c)
{
    const orch_view_column *v = &c->view->columns[c->index];
    int64_t rows = c->view->rows;
    char value[100];
    size_t len;

    if (!memchr(v->bytes + v->offsets[0], 0, (size_t)(v->offsets[rows] - v->offsets[0])))
        return ORCH_OK;
    for (int64_t row = 0; row < rows; row++) {
        const char *text = orch_view_text(c->view, c->index, row, &len);
        if (is_null(c, row) || !memchr(text, 0, len))
            continue;
        show_text(value, text, len);
        return refuse(c, row, value, "holds the character U+0000, which PostgreSQL cannot store",
                      "remove it in the script, or mend the export");
    }
    return ORCH_OK;
}

/* PostgreSQL counts characters, and drops spaces beyond the limit by itself. */
static bool text_overflows(const char *text, size_t len, int32_t limit)
{
    while (len > 0 && text[len - 1] == ' ')
        len--;
    if (len <= (size_t)limit)
        return false;
    int64_t characters = 0;
    for (size_t i = 0; i < len; i++)
        characters += ((unsigned char)text[i] & 0xC0) != 0x80;
    return characters > limit;
}

static orch_status check_length(const struct check *c)
{
    char value[100], reason[80];
    size_t len;

    for (int64_t row = 0; row < c->view->rows; row++) {
        const char *text = orch_view_text(c->view, c->index, row, &len);
        if (is_null(c, row) || !text_overflows(text, len, c->column->limit))
            continue;
        show_text(value, text, len);
        snprintf(reason, sizeof reason, "is too long for %s(%" PRId32 ")",
                 pg_kind_name(c->column->kind), c->column->limit);
        return refuse(c, row, value, reason,
                      "cut the text in the script, or widen the column: alter table ... type text");
    }
    return ORCH_OK;
}

static orch_status check_geometry(const struct check *c)
{
    size_t len;

    for (int64_t row = 0; row < c->view->rows; row++) {
        const unsigned char *wkb = orch_view_binary(c->view, c->index, row, &len);
        if (is_null(c, row) || (len >= 5 && wkb[0] <= 1))
            continue;
        return refuse(c, row, "the geometry", "is not well-known binary",
                      "build it with the geometry functions of the script");
    }
    return ORCH_OK;
}

static orch_status check_texts(const struct check *c)
{
    orch_status st = c->column->given == ORCH_VIEW_TEXT ? check_nul(c) : ORCH_OK;

    if (st == ORCH_OK && c->column->limit > 0)
        st = check_length(c);
    return st;
}

static orch_status check_column(const struct check *c)
{
    orch_status st = c->column->required ? check_nulls(c) : ORCH_OK;

    if (st != ORCH_OK)
        return st;
    switch (c->column->encoding) {
    case PG_ENCODE_INT4:
        return check_ints(c, INT32_MIN, INT32_MAX);
    case PG_ENCODE_INT2:
        return check_ints(c, INT16_MIN, INT16_MAX);
    case PG_ENCODE_INT_FLOAT8:
        return check_ints(c, -EXACT_DOUBLE, EXACT_DOUBLE);
    case PG_ENCODE_FLOAT4:
        return check_reals(c);
    case PG_ENCODE_BYTES:
        return check_texts(c);
    case PG_ENCODE_GEOMETRY:
        return check_geometry(c);
    case PG_ENCODE_DATE:
        return check_dates(c);
    case PG_ENCODE_TIMESTAMP:
        return check_timestamps(c);
    default:
        return ORCH_OK;
    }
}

orch_status pg_batch_check(const char *shown, const struct pg_column *columns,
                           const orch_view *view, int64_t rows_before, orch_error *err)
{
    orch_status st = ORCH_OK;

    for (size_t i = 0; i < view->n_columns && view->rows > 0 && st == ORCH_OK; i++) {
        struct check c = {shown, &columns[i], view, i, rows_before, err};
        st = check_column(&c);
    }
    return st;
}
