/* SPDX-License-Identifier: Apache-2.0 */
#include "orch/view.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "orch/error.h"

struct shape {
    const char *format;
    enum orch_view_type type;
    uint32_t width;
    bool is_unsigned;
};

static const struct shape shapes[] = {
    { "b", ORCH_VIEW_BOOL, 0, false },   { "c", ORCH_VIEW_INT, 1, false },
    { "C", ORCH_VIEW_INT, 1, true },     { "s", ORCH_VIEW_INT, 2, false },
    { "S", ORCH_VIEW_INT, 2, true },     { "i", ORCH_VIEW_INT, 4, false },
    { "I", ORCH_VIEW_INT, 4, true },     { "l", ORCH_VIEW_INT, 8, false },
    { "f", ORCH_VIEW_FLOAT, 4, false },  { "g", ORCH_VIEW_FLOAT, 8, false },
    { "u", ORCH_VIEW_TEXT, 0, false },   { "z", ORCH_VIEW_BINARY, 0, false },
    { "tdD", ORCH_VIEW_DATE, 4, false },
};

static int64_t timestamp_scale(char unit)
{
    return unit == 's' ? 1000000 : unit == 'm' ? 1000 : unit == 'u' ? 1 : 0;
}

/* false: a format outside the profile */
static bool column_shape(const char *format, orch_view_column *c)
{
    if (strncmp(format, "ts", 2) == 0 && strchr("smun", format[2]) != NULL && format[2] != '\0' &&
        format[3] == ':') {
        c->type = ORCH_VIEW_TIMESTAMP;
        c->width = 8;
        c->scale = timestamp_scale(format[2]);
        return true;
    }
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        if (strcmp(shapes[i].format, format) == 0) {
            c->type = shapes[i].type;
            c->width = shapes[i].width;
            c->is_unsigned = shapes[i].is_unsigned;
            return true;
        }
    }
    return false;
}

static orch_status column_init(orch_view_column *c, const struct ArrowSchema *field,
                               const struct ArrowArray *array, int64_t rows, orch_error *err)
{
    c->name = field->name != NULL ? field->name : "";
    if (!column_shape(field->format, c))
        return orch_error_set(err, ORCH_ESCHEMA, "column \"%s\" has the format \"%s\"", c->name,
                              field->format);
    bool text = c->type == ORCH_VIEW_TEXT || c->type == ORCH_VIEW_BINARY;
    if (array->n_buffers != (text ? 3 : 2) || array->offset != 0 || array->length < rows)
        return orch_error_set(err, ORCH_ESCHEMA, "column \"%s\" does not match its batch",
                              c->name);
    c->validity = array->null_count == 0 ? NULL : array->buffers[0];
    if (text) {
        c->offsets = array->buffers[1];
        c->bytes = array->buffers[2] != NULL ? array->buffers[2] : "";
    } else {
        c->values = array->buffers[1];
    }
    return ORCH_OK;
}

orch_status orch_view_init(orch_view *out, const struct ArrowSchema *schema,
                           const struct ArrowArray *batch, orch_error *err)
{
    if (schema->n_children != batch->n_children || batch->offset != 0)
        return orch_error_set(err, ORCH_ESCHEMA, "a batch of %lld columns for a schema of %lld",
                              (long long)batch->n_children, (long long)schema->n_children);
    size_t n = (size_t)schema->n_children;
    orch_view view = { .rows = batch->length, .n_columns = n };
    view.columns = calloc(n > 0 ? n : 1, sizeof *view.columns);
    if (view.columns == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        orch_status st = column_init(&view.columns[i], schema->children[i], batch->children[i],
                                     view.rows, err);
        if (st != ORCH_OK) {
            orch_view_release(&view);
            return st;
        }
    }
    *out = view;
    return ORCH_OK;
}

void orch_view_release(orch_view *view)
{
    free(view->columns);
    *view = (orch_view){ 0 };
}

static const orch_view_column *column_at(const orch_view *view, size_t column, int64_t row)
{
    assert(column < view->n_columns && row >= 0 && row < view->rows);
    (void)row;
    return &view->columns[column];
}

static bool bit(const uint8_t *bits, int64_t row)
{
    return (bits[row / 8] >> (row % 8)) & 1;
}

bool orch_view_is_null(const orch_view *view, size_t column, int64_t row)
{
    const orch_view_column *c = column_at(view, column, row);
    return c->validity != NULL && !bit(c->validity, row);
}

bool orch_view_bool(const orch_view *view, size_t column, int64_t row)
{
    return bit(column_at(view, column, row)->values, row);
}

int64_t orch_view_int(const orch_view *view, size_t column, int64_t row)
{
    const orch_view_column *c = column_at(view, column, row);
    switch (c->width) {
    case 1:
        return c->is_unsigned ? ((const uint8_t *)c->values)[row]
                              : ((const int8_t *)c->values)[row];
    case 2:
        return c->is_unsigned ? ((const uint16_t *)c->values)[row]
                              : ((const int16_t *)c->values)[row];
    case 4:
        return c->is_unsigned ? (int64_t)((const uint32_t *)c->values)[row]
                              : (int64_t)((const int32_t *)c->values)[row];
    default:
        return ((const int64_t *)c->values)[row];
    }
}

double orch_view_float(const orch_view *view, size_t column, int64_t row)
{
    const orch_view_column *c = column_at(view, column, row);
    return c->width == 4 ? (double)((const float *)c->values)[row]
                         : ((const double *)c->values)[row];
}

const void *orch_view_binary(const orch_view *view, size_t column, int64_t row, size_t *len)
{
    const orch_view_column *c = column_at(view, column, row);
    *len = (size_t)(c->offsets[row + 1] - c->offsets[row]);
    return c->bytes + c->offsets[row];
}

const char *orch_view_text(const orch_view *view, size_t column, int64_t row, size_t *len)
{
    return orch_view_binary(view, column, row, len);
}

int32_t orch_view_date(const orch_view *view, size_t column, int64_t row)
{
    return ((const int32_t *)column_at(view, column, row)->values)[row];
}

int64_t orch_view_timestamp(const orch_view *view, size_t column, int64_t row)
{
    const orch_view_column *c = column_at(view, column, row);
    int64_t value = ((const int64_t *)c->values)[row];
    if (c->scale == 0) /* nanoseconds, rounded down also before 1970 */
        return value / 1000 - (value % 1000 < 0);
    int64_t us;
    if (__builtin_mul_overflow(value, c->scale, &us))
        return value < 0 ? INT64_MIN : INT64_MAX;
    return us;
}
