/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/plan.h"

#include "engine/step.h"
#include "orch/error.h"

orch_status orch_plan_no_memory(orch_error *err)
{
    return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
}

orch_status orch_batch_no_memory(const struct orch_frame *in, orch_error *err)
{
    return orch_error_set(err, ORCH_ENOMEM, "no memory for a batch of %lld rows",
                          (long long)in->rows);
}

/* ---- check -------------------------------------------------------------------------------- */

orch_status orch_stage_check_expr(struct orch_plan *p, struct orch_stage *s, struct orch_map *done,
                                  size_t i, const struct orch_expr *e, orch_error *err)
{
    orch_status st;

    if (e == NULL)
        return orch_error_set(err, ORCH_EINVAL, "a step has no expression");
    st = orch_expr_clone(&p->arena, done, e, &s->exprs[i], err);
    return st == ORCH_OK ? orch_expr_check(s->exprs[i], &p->check, err) : st;
}

/* Completes the error that is already set. */
static orch_status outputs_wrong(const struct orch_stage *s, orch_error *err)
{
    orch_error_detail(err, "%s", s->step->place ? s->step->place : "");
    orch_error_hint(err, "every output of a step has a name of its own");
    return ORCH_ECONFIG;
}

orch_status orch_stage_check_outputs(struct orch_plan *p, struct orch_stage *s, orch_error *err)
{
    const struct orch_step *step = s->step;

    if (step->n_outputs == 0) {
        orch_error_set(err, ORCH_ECONFIG, "a step has no outputs");
        return outputs_wrong(s, err);
    }
    for (size_t i = 0; i < step->n_outputs; i++) {
        const char *name = step->outputs[i].name;
        if (name == NULL || name[0] == '\0') {
            orch_error_set(err, ORCH_ECONFIG, "an output has an empty name");
            return outputs_wrong(s, err);
        }
        for (size_t k = 0; k < i; k++) {
            if (strcmp(name, step->outputs[k].name) != 0)
                continue;
            orch_error_set(err, ORCH_ECONFIG, "two outputs have the name \"%s\"", name);
            return outputs_wrong(s, err);
        }
    }
    s->out.items = orch_arena_array(&p->arena, step->n_outputs, sizeof *s->out.items);
    s->out_origins = orch_arena_array(&p->arena, step->n_outputs, sizeof *s->out_origins);
    s->out.len = step->n_outputs;
    return s->out.items != NULL && s->out_origins != NULL ? ORCH_OK : orch_plan_no_memory(err);
}

const char *orch_stage_origin(const struct orch_stage *s, const char *name)
{
    ptrdiff_t at = orch_fields_find(s->in, name);

    return at >= 0 && s->in_origins != NULL ? s->in_origins[at] : name;
}

static orch_status stage_check(struct orch_plan *p, struct orch_stage *s, orch_error *err)
{
    switch (s->step->kind) {
    case ORCH_STEP_SELECT: return orch_select_check(p, s, err);
    case ORCH_STEP_WHERE: return orch_where_check(p, s, err);
    case ORCH_STEP_EACH: return orch_each_check(p, s, err);
    }
    return orch_error_set(err, ORCH_EINVAL, "a step of unknown kind %d", (int)s->step->kind);
}

static orch_status stages_check(struct orch_plan *p, const struct orch_step *steps, size_t n_steps,
                                orch_error *err)
{
    const struct orch_fields *fields = p->source;
    const char *const *origins = NULL;

    p->check.used = p->used;
    for (size_t i = 0; i < n_steps; i++) {
        struct orch_stage *s = &p->stages[i];
        orch_status st;

        s->step = &steps[i];
        s->in = fields;
        s->in_origins = origins;
        p->check.fields = fields;
        p->n_stages = i + 1;
        st = stage_check(p, s, err);
        if (st != ORCH_OK)
            return st;
        if (s->step->kind == ORCH_STEP_WHERE)
            continue;
        fields = &s->out;
        origins = s->out_origins;
        p->check.used = NULL; /* names no longer mean source columns */
    }
    if (p->check.used != NULL)
        memset(p->used, 1, p->source->len);
    p->output = fields;
    return ORCH_OK;
}

static bool input_fields(struct orch_plan *p)
{
    p->input.items = orch_arena_array(&p->arena, p->source->len, sizeof *p->input.items);
    if (p->input.items == NULL)
        return false;
    for (size_t i = 0; i < p->source->len; i++) {
        if (p->used[i])
            p->input.items[p->input.len++] = p->source->items[i];
    }
    return true;
}

orch_status orch_plan_new(const struct orch_fields *source, struct orch_step *steps, size_t n_steps,
                          orch_status (*secret)(const char *, struct orch_text *, orch_error *),
                          struct orch_plan **out, orch_error *err)
{
    struct orch_plan *p = orch_zalloc(1, sizeof *p);
    orch_status st;

    if (p == NULL)
        return orch_plan_no_memory(err);
    p->source = source;
    p->check.arena = &p->arena;
    p->check.secret = secret;
    p->eval.arena = &p->batch;
    p->used = orch_arena_array(&p->arena, source->len, 1);
    p->stages = orch_arena_array(&p->arena, n_steps, sizeof *p->stages);
    st = p->used != NULL && p->stages != NULL ? stages_check(p, steps, n_steps, err)
                                              : orch_plan_no_memory(err);
    if (st == ORCH_OK && !input_fields(p))
        st = orch_plan_no_memory(err);
    if (st != ORCH_OK) {
        orch_plan_free(p);
        return st;
    }
    *out = p;
    return ORCH_OK;
}

void orch_plan_free(struct orch_plan *p)
{
    if (p == NULL)
        return;
    while (p->check.cleanups.len > 0) {
        struct orch_cleanup *last = &p->check.cleanups.items[--p->check.cleanups.len];
        last->free(last->what);
    }
    orch_vec_release(&p->check.cleanups);
    orch_vec_release(&p->eval.failures);
    orch_vec_release(&p->rejects);
    orch_arena_release(&p->batch);
    orch_arena_release(&p->arena);
    free(p);
}

const uint8_t *orch_plan_used(const struct orch_plan *p)
{
    return p->used;
}

const struct orch_fields *orch_plan_fields(const struct orch_plan *p)
{
    return p->output;
}

/* ---- a batch ------------------------------------------------------------------------------ */

bool orch_plan_reject_failure(struct orch_plan *p, const struct orch_stage *s,
                              const struct orch_frame *in, int64_t row, uint32_t failure,
                              const char *output)
{
    const struct orch_failure *f = &p->eval.failures.items[failure - 1];
    struct orch_plan_reject reject = {
        .source_row = in->source_row != NULL ? in->source_row[row] : row,
        .rule = f->rule,
        .message = f->message,
        .column = f->column != NULL ? orch_stage_origin(s, f->column) : output,
        .raw = f->raw,
    };

    return orch_vec_push(&p->rejects, reject);
}

/* A reader that gives other columns than it described must not be read as what was checked. */
static orch_status input_check(const struct orch_plan *p, const struct orch_frame *in,
                               orch_error *err)
{
    if (in->fields != NULL && in->fields->len != p->input.len)
        return orch_error_set(err, ORCH_ESCHEMA, "the source gives %zu columns, %zu were asked for",
                              in->fields->len, p->input.len);
    for (size_t i = 0; i < p->input.len; i++) {
        if (in->columns[i].type == p->input.items[i].type)
            continue;
        return orch_error_set(err, ORCH_ESCHEMA, "column \"%s\" is %s, it was described as %s",
                              p->input.items[i].name, orch_type_name(in->columns[i].type),
                              orch_type_name(p->input.items[i].type));
    }
    return ORCH_OK;
}

static bool batch_begin(struct orch_plan *p)
{
    size_t n = p->check.next_id > 0 ? p->check.next_id : 1;

    orch_arena_reset(&p->batch);
    p->eval.failures.len = 0;
    p->rejects.len = 0;
    p->added = p->filtered = 0;
    p->eval.n_memo = 0;
    p->eval.memo = orch_arena_array(&p->batch, n, sizeof *p->eval.memo);
    p->eval.memo_set = orch_arena_array(&p->batch, n, sizeof *p->eval.memo_set);
    if (p->eval.memo == NULL || p->eval.memo_set == NULL)
        return false;
    p->eval.n_memo = n;
    return true;
}

static orch_status stage_run(struct orch_plan *p, const struct orch_stage *s,
                             const struct orch_frame *in, struct orch_frame *out, orch_error *err)
{
    p->eval.frame = in;
    p->eval.rows = in->rows;
    memset(p->eval.memo_set, 0, p->eval.n_memo);
    switch (s->step->kind) {
    case ORCH_STEP_SELECT: return orch_select_run(p, s, in, out, err);
    case ORCH_STEP_WHERE: return orch_where_run(p, s, in, out, err);
    default: return orch_each_run(p, s, in, out, err);
    }
}

orch_status orch_plan_run(struct orch_plan *p, const struct orch_frame *in,
                          struct orch_plan_result *out, orch_error *err)
{
    struct orch_frame frame = *in, next;
    orch_status st = input_check(p, in, err);

    if (st != ORCH_OK)
        return st;
    if (!batch_begin(p))
        return orch_batch_no_memory(in, err);
    frame.fields = &p->input;
    st = orch_plan_drop_zero_bytes(p, &frame, err);
    if (st != ORCH_OK)
        return st;
    for (size_t i = 0; i < p->n_stages; i++) {
        st = stage_run(p, &p->stages[i], &frame, &next, err);
        if (st != ORCH_OK)
            return st;
        frame = next;
    }
    *out = (struct orch_plan_result){ .frame = frame, .added = p->added, .filtered = p->filtered,
                                      .rejects = p->rejects.items, .n_rejects = p->rejects.len };
    return ORCH_OK;
}

/* Per row the first of the vectors that failed, in their order. */
static orch_status reject_failed(struct orch_plan *p, const struct orch_stage *s,
                                 const struct orch_frame *in, const struct orch_vector *columns,
                                 uint8_t *keep, int64_t *dropped, orch_error *err)
{
    size_t *failing = orch_arena_array(&p->batch, s->n_exprs, sizeof *failing), n = 0;

    if (failing == NULL)
        return orch_batch_no_memory(in, err);
    for (size_t i = 0; i < s->n_exprs; i++) {
        if (columns[i].fail != NULL)
            failing[n++] = i;
    }
    for (int64_t r = 0; r < in->rows; r++) {
        size_t k = 0;
        const char *output;

        while (k < n && columns[failing[k]].fail[r] == 0)
            k++;
        keep[r] = k == n;
        if (keep[r])
            continue;
        output = s->step->kind == ORCH_STEP_SELECT ? s->out.items[failing[k]].name : NULL;
        if (!orch_plan_reject_failure(p, s, in, r, columns[failing[k]].fail[r], output))
            return orch_batch_no_memory(in, err);
        *dropped += 1;
    }
    return ORCH_OK;
}

orch_status orch_stage_eval(struct orch_plan *p, const struct orch_stage *s,
                            const struct orch_frame *in, struct orch_vector *columns,
                            uint8_t **keep, int64_t *dropped, orch_error *err)
{
    bool any = false;
    orch_status st;

    for (size_t i = 0; i < s->n_exprs; i++) {
        st = orch_expr_eval(s->exprs[i], &p->eval, &columns[i]);
        if (st == ORCH_ENOMEM)
            return orch_batch_no_memory(in, err);
        if (st != ORCH_OK)
            return orch_error_set(err, st, "an operation could not be evaluated");
        any = any || columns[i].fail != NULL;
    }
    if (!any)
        return ORCH_OK;
    *keep = orch_arena_array(&p->batch, (size_t)in->rows + 1, 1);
    if (*keep == NULL)
        return orch_batch_no_memory(in, err);
    st = reject_failed(p, s, in, columns, *keep, dropped, err);
    for (size_t i = 0; i < s->n_exprs; i++)
        columns[i].fail = NULL;
    return st;
}
