/* SPDX-License-Identifier: Apache-2.0 */
/* select: every output is an expression over the columns of the step before. */
#include "engine/step.h"
#include "orch/error.h"

/* What a field is beyond its type goes along with a column that is handed on. */
static void field_inherit(const struct orch_stage *s, const struct orch_expr *e,
                          struct orch_field *f)
{
    ptrdiff_t at = e->column != NULL ? orch_fields_find(s->in, e->column) : -1;

    if (at < 0)
        return;
    if (e->op == &orch_ops_core[0])
        f->comment = s->in->items[at].comment;
    if (e->type == ORCH_TYPE_BINARY) {
        f->geometry = s->in->items[at].geometry;
        f->crs = s->in->items[at].crs;
    }
}

static orch_status output_check(struct orch_plan *p, struct orch_stage *s, struct orch_map *done,
                                size_t i, orch_error *err)
{
    const struct orch_output *output = &s->step->outputs[i];
    orch_status st = orch_stage_check_expr(p, s, done, i, output->expr, err);
    const struct orch_expr *e = s->exprs[i];

    if (st != ORCH_OK)
        return st;
    if (e->type == ORCH_TYPE_NULL) {
        orch_error_set(err, ORCH_ECONFIG, "output \"%s\" is nil and has no type", output->name);
        orch_error_detail(err, "%s", s->step->place ? s->step->place : "");
        orch_error_hint(err, "leave it out, or give nil a type with :text()");
        return ORCH_ECONFIG;
    }
    s->out.items[i] = (struct orch_field){ .name = output->name, .type = e->type };
    field_inherit(s, e, &s->out.items[i]);
    s->out_origins[i] = e->column != NULL ? orch_stage_origin(s, e->column) : output->name;
    return ORCH_OK;
}

orch_status orch_select_check(struct orch_plan *p, struct orch_stage *s, orch_error *err)
{
    struct orch_map done = {0};
    orch_status st = orch_stage_check_outputs(p, s, err);

    if (st != ORCH_OK)
        return st;
    s->n_exprs = s->step->n_outputs;
    s->exprs = orch_arena_array(&p->arena, s->n_exprs, sizeof *s->exprs);
    if (s->exprs == NULL)
        return orch_plan_no_memory(err);
    for (size_t i = 0; i < s->n_exprs && st == ORCH_OK; i++) {
        st = output_check(p, s, &done, i, err);
        if (st != ORCH_OK)
            orch_error_at(err, 0, s->step->outputs[i].name);
    }
    orch_map_release(&done);
    return st;
}

orch_status orch_select_run(struct orch_plan *p, const struct orch_stage *s,
                            const struct orch_frame *in, struct orch_frame *out, orch_error *err)
{
    struct orch_vector *columns = orch_arena_array(&p->batch, s->n_exprs, sizeof *columns);
    struct orch_frame all = { &s->out, columns, in->rows, in->source_row };
    uint8_t *keep = NULL;
    int64_t dropped = 0;
    orch_status st;

    if (columns == NULL)
        return orch_batch_no_memory(in, err);
    st = orch_stage_eval(p, s, in, columns, &keep, &dropped, err);
    if (st != ORCH_OK)
        return st;
    if (dropped == 0) {
        *out = all;
        return ORCH_OK;
    }
    st = orch_frame_filter(&p->batch, &all, keep, out);
    return st == ORCH_OK ? st : orch_batch_no_memory(in, err);
}
