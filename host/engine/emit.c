/* SPDX-License-Identifier: Apache-2.0 */
/* Collects the rows of a row function into typed columns that grow in the batch arena. */
#include <math.h>

#include "engine/step.h"
#include "orch/error.h"

#define EMIT_ROWS ((int64_t)1 << 20) /* that one batch may become */

struct column {
    void *values;
    uint8_t *null; /* NULL before the first null */
};

struct orch_emit {
    struct orch_plan *plan;
    const struct orch_stage *stage;
    const struct orch_frame *in;
    struct column *columns;
    int32_t *from;     /* per emitted row the input row */
    int64_t rows, cap;
    uint32_t *emitted; /* per input row */
    uint8_t *rejected; /* per input row */
};

struct orch_emit *orch_emit_new(struct orch_plan *p, const struct orch_stage *s,
                                const struct orch_frame *in)
{
    struct orch_emit *emit = orch_arena_zalloc(&p->batch, sizeof *emit);
    size_t rows = (size_t)in->rows + 1;

    if (emit == NULL)
        return NULL;
    emit->plan = p;
    emit->stage = s;
    emit->in = in;
    emit->columns = orch_arena_array(&p->batch, s->out.len, sizeof *emit->columns);
    emit->emitted = orch_arena_array(&p->batch, rows, sizeof *emit->emitted);
    emit->rejected = orch_arena_array(&p->batch, rows, sizeof *emit->rejected);
    return emit->columns && emit->emitted && emit->rejected ? emit : NULL;
}

/* ---- growing ------------------------------------------------------------------------------ */

static void *widened(struct orch_emit *emit, const void *old, int64_t cap, size_t width)
{
    void *wide = orch_arena_array(&emit->plan->batch, (size_t)cap, width);

    if (wide != NULL && old != NULL && emit->rows > 0)
        memcpy(wide, old, (size_t)emit->rows * width);
    return wide;
}

static bool column_grow(struct orch_emit *emit, size_t i, int64_t cap)
{
    struct column *c = &emit->columns[i];
    size_t width = orch_type_width(emit->stage->out.items[i].type);

    c->values = widened(emit, c->values, cap, width);
    if (c->null != NULL && (c->null = widened(emit, c->null, cap, 1)) == NULL)
        return false;
    return c->values != NULL;
}

static orch_status reserve(struct orch_emit *emit, orch_error *err)
{
    int64_t cap = emit->cap > 0 ? 2 * emit->cap : emit->in->rows > 64 ? emit->in->rows : 64;

    if (emit->rows < emit->cap)
        return ORCH_OK;
    if (emit->rows >= EMIT_ROWS) {
        orch_error_set(err, ORCH_ECONFIG, "a row function gives more than %lld rows for one batch",
                       (long long)EMIT_ROWS);
        orch_error_detail(err, "%s", emit->stage->step->place ? emit->stage->step->place : "");
        orch_error_hint(err, "look for a loop that emits without end");
        return ORCH_ECONFIG;
    }
    for (size_t i = 0; i < emit->stage->out.len; i++) {
        if (!column_grow(emit, i, cap))
            return orch_plan_no_memory(err);
    }
    emit->from = widened(emit, emit->from, cap, sizeof *emit->from);
    if (emit->from == NULL)
        return orch_plan_no_memory(err);
    emit->cap = cap;
    return ORCH_OK;
}

/* ---- rows --------------------------------------------------------------------------------- */

static orch_status row_check(const struct orch_emit *emit, int64_t row, orch_error *err)
{
    if (row >= 0 && row < emit->in->rows)
        return ORCH_OK;
    return orch_error_set(err, ORCH_EINVAL, "row %lld is outside the batch of %lld rows",
                          (long long)row, (long long)emit->in->rows);
}

static orch_status reject(struct orch_emit *emit, int64_t row, const char *rule,
                          const char *message, const char *column, struct orch_str raw)
{
    struct orch_arena *a = &emit->plan->batch;
    struct orch_plan_reject reject = {
        .source_row = emit->in->source_row != NULL ? emit->in->source_row[row] : row,
        .rule = orch_arena_strdup(a, rule),
        .message = orch_arena_strdup(a, message),
        .column = column,
        .raw = orch_arena_str(a, raw),
    };

    if (emit->rejected[row])
        return ORCH_OK;
    if (reject.rule == NULL || reject.message == NULL || reject.raw.ptr == NULL ||
        !orch_vec_push(&emit->plan->rejects, reject))
        return ORCH_ENOMEM;
    emit->rejected[row] = 1;
    return ORCH_OK;
}

orch_status orch_emit_reject(struct orch_emit *emit, int64_t row, const char *rule,
                             const char *message)
{
    if (row_check(emit, row, NULL) != ORCH_OK)
        return ORCH_EINVAL;
    return reject(emit, row, rule, message, NULL, ORCH_STR(""));
}

static orch_status type_check(const struct orch_field *f, const struct orch_value *v,
                              orch_error *err)
{
    if (v->type == ORCH_TYPE_NULL || v->type == f->type ||
        (v->type == ORCH_TYPE_INTEGER && f->type == ORCH_TYPE_NUMBER))
        return ORCH_OK;
    orch_error_set(err, ORCH_EINVAL, "output \"%s\" needs %s, not %s", f->name,
                   orch_type_noun(f->type), orch_type_name(v->type));
    if (f->type == ORCH_TYPE_INTEGER && v->type == ORCH_TYPE_NUMBER)
        orch_error_hint(err, "use // for whole division, or math.tointeger(x)");
    else
        orch_error_hint(err, "convert it in the function, or declare the output as %s",
                        orch_type_name(v->type));
    return ORCH_EINVAL;
}

/* A value of the right type that no destination can hold: the row's own fault, not the script's. */
static const char *value_wrong(const struct orch_value *v, const char **rule)
{
    if (v->type == ORCH_TYPE_NUMBER && !isfinite(v->number)) {
        *rule = "arithmetic";
        return "is not a finite number";
    }
    if (v->type == ORCH_TYPE_TEXT && v->text.len > 0 &&
        memchr(v->text.ptr, '\0', v->text.len) != NULL) {
        *rule = "nul";
        return "holds a zero byte; take it out with gsub(\"\\0\", \"\")";
    }
    if (v->type == ORCH_TYPE_TEXT && orch_utf8_valid(v->text.ptr, v->text.len) != v->text.len) {
        *rule = "encoding";
        return "is not valid UTF-8";
    }
    return NULL;
}

static bool null_store(struct orch_emit *emit, struct column *c)
{
    if (c->null == NULL)
        c->null = orch_arena_array(&emit->plan->batch, (size_t)emit->cap, 1);
    if (c->null != NULL)
        c->null[emit->rows] = 1;
    return c->null != NULL;
}

static bool value_store(struct orch_emit *emit, size_t i, const struct orch_value *v)
{
    struct column *c = &emit->columns[i];
    enum orch_type t = emit->stage->out.items[i].type;
    struct orch_str text = { "", 0 };

    if (v->type == ORCH_TYPE_NULL && !null_store(emit, c))
        return false;
    switch (t) {
    case ORCH_TYPE_BOOLEAN: ((uint8_t *)c->values)[emit->rows] = v->boolean; return true;
    case ORCH_TYPE_NUMBER:
        ((double *)c->values)[emit->rows] =
            v->type == ORCH_TYPE_INTEGER ? (double)v->integer : v->number;
        return true;
    case ORCH_TYPE_TEXT:
    case ORCH_TYPE_BINARY:
        if (v->type != ORCH_TYPE_NULL)
            text = orch_arena_str(&emit->plan->batch, v->text);
        ((struct orch_str *)c->values)[emit->rows] = text;
        return text.ptr != NULL;
    default: ((int64_t *)c->values)[emit->rows] = v->integer; return true;
    }
}

orch_status orch_emit_row(struct orch_emit *emit, int64_t row, const struct orch_value *values,
                          orch_error *err)
{
    const struct orch_fields *out = &emit->stage->out;
    const char *rule, *why, *message;
    orch_status st = row_check(emit, row, err);

    for (size_t i = 0; i < out->len && st == ORCH_OK; i++)
        st = type_check(&out->items[i], &values[i], err);
    if (st != ORCH_OK || emit->rejected[row])
        return st;
    for (size_t i = 0; i < out->len; i++) {
        why = value_wrong(&values[i], &rule);
        if (why == NULL)
            continue;
        message = orch_arena_printf(&emit->plan->batch, "output \"%s\" %s", out->items[i].name,
                                    why);
        if (message == NULL)
            return orch_plan_no_memory(err);
        return reject(emit, row, rule, message, out->items[i].name, ORCH_STR(""));
    }
    st = reserve(emit, err);
    for (size_t i = 0; i < out->len && st == ORCH_OK; i++)
        st = value_store(emit, i, &values[i]) ? ORCH_OK : orch_plan_no_memory(err);
    if (st != ORCH_OK)
        return st;
    emit->from[emit->rows++] = (int32_t)row;
    emit->emitted[row]++;
    return ORCH_OK;
}

/* ---- books -------------------------------------------------------------------------------- */

/* true: a row was rejected after it had emitted rows, which then do not count. */
static bool books(const struct orch_emit *emit)
{
    bool undo = false;

    for (int64_t r = 0; r < emit->in->rows; r++) {
        if (emit->rejected[r])
            undo = undo || emit->emitted[r] > 0;
        else if (emit->emitted[r] == 0)
            emit->plan->filtered++;
        else
            emit->plan->added += emit->emitted[r] - 1;
    }
    return undo;
}

static bool frame_of(struct orch_emit *emit, struct orch_frame *out)
{
    const struct orch_fields *fields = &emit->stage->out;
    struct orch_vector *columns = orch_arena_array(&emit->plan->batch, fields->len,
                                                   sizeof *columns);

    if (columns == NULL)
        return false;
    for (size_t i = 0; i < fields->len; i++) {
        columns[i] = (struct orch_vector){ .type = fields->items[i].type,
                                           .null = emit->columns[i].null,
                                           .of.any = emit->columns[i].values };
    }
    *out = (struct orch_frame){ fields, columns, emit->rows, emit->from };
    return true;
}

orch_status orch_emit_finish(struct orch_emit *emit, struct orch_frame *out, orch_error *err)
{
    bool undo = books(emit);
    uint8_t *keep = orch_arena_array(&emit->plan->batch, (size_t)emit->rows + 1, 1);
    struct orch_frame all;

    if (keep == NULL || !frame_of(emit, &all))
        return orch_plan_no_memory(err);
    for (int64_t i = 0; i < emit->rows; i++) {
        int32_t row = emit->from[i];
        keep[i] = !emit->rejected[row];
        if (emit->in->source_row != NULL)
            emit->from[i] = emit->in->source_row[row];
    }
    *out = all;
    if (undo && orch_frame_filter(&emit->plan->batch, &all, keep, out) != ORCH_OK)
        return orch_plan_no_memory(err);
    return ORCH_OK;
}
