/* SPDX-License-Identifier: Apache-2.0 */
/* each: a row function gets typed arguments and emits rows. */
#include "engine/step.h"
#include "orch/error.h"

static orch_status types_check(struct orch_stage *s, orch_error *err)
{
    const struct orch_step *step = s->step;

    if (step->types == NULL || step->function.run == NULL)
        return orch_error_set(err, ORCH_EINVAL, "an each step has no function or no types");
    for (size_t i = 0; i < step->n_outputs; i++) {
        enum orch_type t = step->types[i];
        if (t <= ORCH_TYPE_NULL || t > ORCH_TYPE_BINARY)
            return orch_error_set(err, ORCH_ECONFIG, "output \"%s\" has no type that it can have",
                                  step->outputs[i].name);
        s->out.items[i] = (struct orch_field){ .name = step->outputs[i].name, .type = t };
        s->out_origins[i] = step->outputs[i].name;
    }
    return ORCH_OK;
}

static orch_status args_check(struct orch_plan *p, struct orch_stage *s, orch_error *err)
{
    struct orch_map done = {0};
    orch_status st = ORCH_OK;

    s->n_exprs = s->step->n_args;
    s->exprs = orch_arena_array(&p->arena, s->n_exprs, sizeof *s->exprs);
    s->arg_fields.items = orch_arena_array(&p->arena, s->n_exprs, sizeof *s->arg_fields.items);
    s->arg_fields.len = s->n_exprs;
    if (s->exprs == NULL || s->arg_fields.items == NULL)
        return orch_plan_no_memory(err);
    for (size_t i = 0; i < s->n_exprs && st == ORCH_OK; i++) {
        st = orch_stage_check_expr(p, s, &done, i, s->step->args[i], err);
        if (st == ORCH_OK)
            s->arg_fields.items[i] = (struct orch_field){ .name = "", .type = s->exprs[i]->type };
    }
    orch_map_release(&done);
    return st;
}

orch_status orch_each_check(struct orch_plan *p, struct orch_stage *s, orch_error *err)
{
    orch_status st = orch_stage_check_outputs(p, s, err);

    if (st == ORCH_OK)
        st = types_check(s, err);
    return st == ORCH_OK ? args_check(p, s, err) : st;
}

/* The arguments of the rows that the function sees: those without a failure. */
static orch_status args_eval(struct orch_plan *p, const struct orch_stage *s,
                             const struct orch_frame *in, struct orch_frame *args, orch_error *err)
{
    struct orch_vector *columns = orch_arena_array(&p->batch, s->n_exprs, sizeof *columns);
    struct orch_frame all = { &s->arg_fields, columns, in->rows, in->source_row };
    uint8_t *keep = NULL;
    int64_t dropped = 0;
    orch_status st;

    if (columns == NULL)
        return orch_batch_no_memory(in, err);
    st = orch_stage_eval(p, s, in, columns, &keep, &dropped, err);
    if (st != ORCH_OK)
        return st;
    *args = all;
    if (dropped == 0)
        return ORCH_OK;
    st = orch_frame_filter(&p->batch, &all, keep, args);
    return st == ORCH_OK ? st : orch_batch_no_memory(in, err);
}

orch_status orch_each_run(struct orch_plan *p, const struct orch_stage *s,
                          const struct orch_frame *in, struct orch_frame *out, orch_error *err)
{
    const struct orch_row_function *function = &s->step->function;
    struct orch_frame args;
    struct orch_emit *emit;
    orch_status st = args_eval(p, s, in, &args, err);

    if (st != ORCH_OK)
        return st;
    emit = orch_emit_new(p, s, &args);
    if (emit == NULL)
        return orch_batch_no_memory(in, err);
    st = function->run(function->ctx, &p->eval, args.columns, s->n_exprs, args.rows, emit, err);
    return st == ORCH_OK ? orch_emit_finish(emit, out, err) : st;
}
