/* SPDX-License-Identifier: Apache-2.0 */
#include "run/grid.h"

#include <stdio.h>

#include "base/clock.h"
#include "engine/expression.h"

orch_status orch_grid_init(struct orch_arena *a, const struct orch_fields *fields, size_t rows,
                           struct orch_grid *out)
{
    struct orch_grid g = { .n_columns = fields->len, .cap_rows = rows };
    size_t cells;
    if (!orch_mul_size(fields->len, rows, &cells))
        return ORCH_ENOMEM;
    g.names = orch_arena_array(a, fields->len + 1, sizeof *g.names);
    g.types = orch_arena_array(a, fields->len + 1, sizeof *g.types);
    g.cells = orch_arena_array(a, cells + 1, sizeof *g.cells);
    if (g.names == NULL || g.types == NULL || g.cells == NULL)
        return ORCH_ENOMEM;
    for (size_t i = 0; i < fields->len; i++) {
        g.names[i] = orch_arena_strdup(a, fields->items[i].name);
        g.types[i] = orch_type_name(fields->items[i].type);
        if (g.names[i] == NULL)
            return ORCH_ENOMEM;
    }
    *out = g;
    return ORCH_OK;
}

static const char *time_cell(struct orch_arena *a, enum orch_type type, int64_t value)
{
    char text[40];
    if (type == ORCH_TYPE_DATE)
        orch_format_date(value, text);
    else
        orch_format_timestamp(value, text);
    return orch_arena_strdup(a, text);
}

/* NULL with *null unset: out of memory. */
static const char *cell_of(struct orch_arena *a, const struct orch_vector *v, int64_t row,
                           bool *null)
{
    *null = v->type == ORCH_TYPE_NULL || (v->null != NULL && v->null[row]);
    if (v->fail != NULL && v->fail[row])
        return orch_arena_strdup(a, "(does not convert)");
    if (*null)
        return NULL;
    switch (v->type) {
    case ORCH_TYPE_BOOLEAN:
        return v->of.boolean[row] ? "true" : "false";
    case ORCH_TYPE_INTEGER:
        return orch_arena_printf(a, "%lld", (long long)v->of.integer[row]);
    case ORCH_TYPE_NUMBER:
        return orch_arena_printf(a, "%.15g", v->of.number[row]);
    case ORCH_TYPE_TEXT:
        return orch_arena_str(a, v->of.text[row]).ptr;
    case ORCH_TYPE_BINARY:
        return orch_arena_printf(a, "(%zu bytes)", v->of.text[row].len);
    default:
        return time_cell(a, v->type, v->of.integer[row]);
    }
}

orch_status orch_grid_add(struct orch_arena *a, struct orch_grid *g, const struct orch_frame *frame)
{
    for (int64_t row = 0; row < frame->rows && g->n_rows < g->cap_rows; row++, g->n_rows++) {
        for (size_t i = 0; i < g->n_columns; i++) {
            bool null = false;
            const char *cell = cell_of(a, &frame->columns[i], row, &null);
            if (cell == NULL && !null)
                return ORCH_ENOMEM;
            g->cells[g->n_rows * g->n_columns + i] = cell;
        }
    }
    return ORCH_OK;
}

static const char *view_cell(struct orch_arena *a, const orch_view *view, size_t column,
                             int64_t row)
{
    size_t len;
    const char *text;
    switch (view->columns[column].type) {
    case ORCH_VIEW_BOOL:
        return orch_view_bool(view, column, row) ? "true" : "false";
    case ORCH_VIEW_INT:
        return orch_arena_printf(a, "%lld", (long long)orch_view_int(view, column, row));
    case ORCH_VIEW_FLOAT:
        return orch_arena_printf(a, "%.15g", orch_view_float(view, column, row));
    case ORCH_VIEW_TEXT:
        text = orch_view_text(view, column, row, &len);
        return orch_arena_str(a, (struct orch_str){ text, len }).ptr;
    case ORCH_VIEW_BINARY:
        orch_view_binary(view, column, row, &len);
        return orch_arena_printf(a, "(%zu bytes)", len);
    case ORCH_VIEW_DATE:
        return time_cell(a, ORCH_TYPE_DATE, orch_view_date(view, column, row));
    default:
        return time_cell(a, ORCH_TYPE_TIMESTAMP, orch_view_timestamp(view, column, row));
    }
}

static enum orch_type view_type(enum orch_view_type type)
{
    static const enum orch_type types[] = {
        [ORCH_VIEW_BOOL] = ORCH_TYPE_BOOLEAN,   [ORCH_VIEW_INT] = ORCH_TYPE_INTEGER,
        [ORCH_VIEW_FLOAT] = ORCH_TYPE_NUMBER,   [ORCH_VIEW_TEXT] = ORCH_TYPE_TEXT,
        [ORCH_VIEW_BINARY] = ORCH_TYPE_BINARY,  [ORCH_VIEW_DATE] = ORCH_TYPE_DATE,
        [ORCH_VIEW_TIMESTAMP] = ORCH_TYPE_TIMESTAMP,
    };
    return types[type];
}

orch_status orch_grid_of_view(struct orch_arena *a, const orch_view *view, struct orch_grid *out)
{
    struct orch_fields fields = { .len = view->n_columns };
    struct orch_grid g;
    fields.items = orch_arena_array(a, view->n_columns + 1, sizeof *fields.items);
    if (fields.items == NULL)
        return ORCH_ENOMEM;
    for (size_t i = 0; i < view->n_columns; i++)
        fields.items[i] = (struct orch_field){ .name = view->columns[i].name,
                                               .type = view_type(view->columns[i].type) };
    orch_status st = orch_grid_init(a, &fields, (size_t)view->rows, &g);
    for (int64_t row = 0; st == ORCH_OK && row < view->rows; row++, g.n_rows++) {
        for (size_t i = 0; i < g.n_columns; i++) {
            if (orch_view_is_null(view, i, row))
                continue;
            const char *cell = view_cell(a, view, i, row);
            if (cell == NULL)
                return ORCH_ENOMEM;
            g.cells[g.n_rows * g.n_columns + i] = cell;
        }
    }
    if (st == ORCH_OK)
        *out = g;
    return st;
}

const char *orch_grid_cell(const struct orch_grid *g, size_t row, size_t column)
{
    return g->cells[row * g->n_columns + column];
}
