/* SPDX-License-Identifier: Apache-2.0 */
#include "gpkg_check.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orch/error.h"

#define FIRST_DAY (-719528) /* 0000-01-01 */
#define LAST_DAY  2932896   /* 9999-12-31 */
#define DAY_US    86400000000

static orch_status refuse(const struct gpkg_column *c, int64_t row, orch_error *err,
                          const char *what, const char *detail)
{
    orch_error_set(err, ORCH_EDATA, what, c->name);
    orch_error_detail(err, "row %lld of the result%s%s", (long long)row, detail[0] ? ": " : "",
                      detail);
    return orch_error_at(err, 0, c->name);
}

static bool int_misfit(const struct gpkg_column *c, const orch_view *view, size_t column,
                       int64_t row)
{
    int64_t value = orch_view_int(view, column, row);
    int64_t limit = INT64_C(1) << (8 * c->width - 1);
    return value < -limit || value >= limit;
}

static bool text_misfit(const struct gpkg_column *c, const orch_view *view, size_t column,
                        int64_t row)
{
    size_t len;
    const char *text = orch_view_text(view, column, row, &len);
    int64_t characters = 0;
    for (size_t i = 0; i < len; i++)
        characters += ((unsigned char)text[i] & 0xC0) != 0x80;
    return characters > c->length;
}

typedef bool (*misfit)(const struct gpkg_column *, const orch_view *, size_t, int64_t);

static bool float_misfit(const struct gpkg_column *c, const orch_view *view, size_t column,
                         int64_t row)
{
    (void)c;
    return isnan(orch_view_float(view, column, row));
}

static bool date_misfit(const struct gpkg_column *c, const orch_view *view, size_t column,
                        int64_t row)
{
    (void)c;
    int32_t days = orch_view_date(view, column, row);
    return days < FIRST_DAY || days > LAST_DAY;
}

static bool instant_misfit(const struct gpkg_column *c, const orch_view *view, size_t column,
                           int64_t row)
{
    (void)c;
    int64_t us = orch_view_timestamp(view, column, row);
    return us < FIRST_DAY * DAY_US || us >= (LAST_DAY + 1) * DAY_US;
}

/* NULL: every value of the column's type fits */
static misfit misfit_of(const struct gpkg_column *c, const char **what)
{
    switch (c->kind) {
    case LITE_INT:
        *what = "a number does not fit column \"%s\"";
        return c->width < 8 ? int_misfit : NULL;
    case LITE_FLOAT:
        *what = "column \"%s\" holds NaN, which SQLite cannot store";
        return float_misfit;
    case LITE_TEXT:
        *what = "a text is too long for column \"%s\"";
        return c->length > 0 ? text_misfit : NULL;
    case LITE_DATE:
        *what = "a date of column \"%s\" is outside the years 0000 to 9999";
        return date_misfit;
    case LITE_DATETIME:
        *what = "an instant of column \"%s\" is outside the years 0000 to 9999";
        return instant_misfit;
    default:
        return NULL;
    }
}

static void evidence(const struct gpkg_column *c, const orch_view *view, size_t column,
                     int64_t row, char out[160])
{
    out[0] = '\0';
    if (c->kind == LITE_INT)
        snprintf(out, 160, "%lld needs more than %d bytes",
                 (long long)orch_view_int(view, column, row), c->width);
    else if (c->kind == LITE_TEXT)
        snprintf(out, 160, "the column takes %lld characters", (long long)c->length);
}

static orch_status column_check(const struct gpkg_column *c, const orch_view *view, size_t column,
                                int64_t first_row, orch_error *err)
{
    const char *what = NULL;
    char detail[160];
    misfit test = misfit_of(c, &what);
    bool nulls = view->columns[column].validity != NULL;
    if (test == NULL && !(c->key && nulls))
        return ORCH_OK;
    for (int64_t row = 0; row < view->rows; row++) {
        if (nulls && orch_view_is_null(view, column, row)) {
            if (c->key)
                return refuse(c, first_row + row, err, "key column \"%s\" is null", "");
            continue;
        }
        if (test != NULL && test(c, view, column, row)) {
            evidence(c, view, column, row, detail);
            return refuse(c, first_row + row, err, what, detail);
        }
    }
    return ORCH_OK;
}

orch_status gpkg_batch_check(const struct gpkg_plan *plan, const orch_view *view,
                             int64_t first_row, orch_error *err)
{
    orch_status st = ORCH_OK;
    for (size_t i = 0; st == ORCH_OK && i < plan->n_columns; i++)
        st = column_check(&plan->columns[i], view, i, first_row, err);
    return st;
}

/* ---- geometry ------------------------------------------------------------------------------ */

static void geometry_refuse(struct gpkg_encoder *e, int64_t row, const char *problem)
{
    orch_error_set(&e->failure, ORCH_EDATA, "a geometry does not fit column \"%s\"", e->column);
    orch_error_detail(&e->failure, "row %lld of the result: %s", (long long)(e->first_row + row),
                      problem);
    orch_error_at(&e->failure, 0, e->column);
}

static const char *geometry_problem(const struct gpkg_encoder *e, const struct gpkg_shape *shape)
{
    const struct gpkg_geometry_column *g = e->geometry;
    if (shape->curved || shape->type > 7)
        return "curves and surfaces are not supported";
    if (g->code != 0 && g->code != shape->type)
        return "it is of another geometry type";
    if (e->strict_z && ((g->z == GPKG_PROHIBITED && shape->has_z) ||
                        (g->m == GPKG_PROHIBITED && shape->has_m)))
        return "the table takes no z or m";
    if (e->strict_z && ((g->z == GPKG_MANDATORY && !shape->has_z) ||
                        (g->m == GPKG_MANDATORY && !shape->has_m)))
        return "the table asks for z or m";
    return NULL;
}

static void load_note(struct gpkg_load *load, const struct gpkg_shape *shape)
{
    if (!load->any_geometry)
        load->all_z = load->all_m = true;
    load->any_geometry = true;
    load->any_z |= shape->has_z;
    load->all_z &= shape->has_z;
    load->any_m |= shape->has_m;
    load->all_m &= shape->has_m;
    gpkg_box_join(&load->box, &shape->box);
}

static bool buffer_reserve(struct gpkg_encoder *e, size_t size)
{
    if (size <= e->capacity)
        return true;
    uint8_t *grown = realloc(e->buffer, size * 2);
    if (grown == NULL)
        return false;
    e->buffer = grown;
    e->capacity = size * 2;
    return true;
}

const void *gpkg_encode(void *encoder, size_t column, int64_t row, const void *wkb, size_t len,
                        size_t *out_len)
{
    struct gpkg_encoder *e = encoder;
    struct gpkg_shape shape;
    const char *problem = NULL;
    (void)column;
    if (gpkg_wkb_scan(wkb, len, &shape, &problem))
        problem = geometry_problem(e, &shape);
    if (problem != NULL) {
        geometry_refuse(e, row, problem);
        return NULL;
    }
    if (!buffer_reserve(e, len + GPKG_HEADER_MAX)) {
        lite_no_memory(&e->failure);
        return NULL;
    }
    size_t header = gpkg_header_write(e->buffer, (int32_t)e->geometry->srs_id, &shape);
    memcpy(e->buffer + header, wkb, len);
    load_note(e->load, &shape);
    *out_len = header + len;
    return e->buffer;
}

void gpkg_encoder_release(struct gpkg_encoder *e)
{
    free(e->buffer);
    e->buffer = NULL;
}
