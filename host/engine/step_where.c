/* SPDX-License-Identifier: Apache-2.0 */
/* where: rows whose condition is true go on; false and null are filtered out. */
#include "engine/step.h"
#include "orch/error.h"

/* between and one_of are constraints that hand their value on. As the condition of a where they
 * ask: there the boolean sister is meant. */
static void ask_instead(struct orch_expr *e)
{
    if (strcmp(e->op->name, "between") == 0)
        e->op = orch_op_find("is_between");
    else if (strcmp(e->op->name, "one_of") == 0)
        e->op = orch_op_find("is_in");
}

static orch_status not_a_condition(const struct orch_stage *s, const struct orch_expr *e,
                                   orch_error *err)
{
    orch_error_set(err, ORCH_ECONFIG, "where needs a boolean, not %s", orch_type_name(e->type));
    orch_error_detail(err, "%s", s->step->place ? s->step->place : "");
    orch_error_hint(err, "compare: :eq(x), :is_between(a, b), :is_in { ... }, :is_null()");
    return ORCH_ECONFIG;
}

orch_status orch_where_check(struct orch_plan *p, struct orch_stage *s, orch_error *err)
{
    struct orch_map done = {0};
    orch_status st;

    s->n_exprs = 1;
    s->exprs = orch_arena_array(&p->arena, 1, sizeof *s->exprs);
    if (s->exprs == NULL)
        return orch_plan_no_memory(err);
    if (s->step->condition == NULL)
        return orch_error_set(err, ORCH_EINVAL, "a step has no expression");
    st = orch_expr_clone(&p->arena, &done, s->step->condition, &s->exprs[0], err);
    orch_map_release(&done);
    if (st != ORCH_OK)
        return st;
    ask_instead(s->exprs[0]);
    st = orch_expr_check(s->exprs[0], &p->check, err);
    if (st != ORCH_OK)
        return st;
    return s->exprs[0]->type == ORCH_TYPE_BOOLEAN ? ORCH_OK
                                                  : not_a_condition(s, s->exprs[0], err);
}

/* Of the rows still kept those whose condition is not true are counted and dropped. */
static void filter_false(struct orch_plan *p, const struct orch_vector *condition, int64_t rows,
                         uint8_t *keep)
{
    for (int64_t r = 0; r < rows; r++) {
        bool is_true = condition->of.boolean[r] &&
                       (condition->null == NULL || !condition->null[r]);
        p->filtered += keep[r] && !is_true;
        keep[r] = keep[r] && is_true;
    }
}

orch_status orch_where_run(struct orch_plan *p, const struct orch_stage *s,
                           const struct orch_frame *in, struct orch_frame *out, orch_error *err)
{
    struct orch_vector condition;
    uint8_t *keep = NULL;
    int64_t rejected = 0, before = p->filtered;
    orch_status st = orch_stage_eval(p, s, in, &condition, &keep, &rejected, err);

    if (st != ORCH_OK)
        return st;
    if (keep == NULL) {
        keep = orch_arena_alloc(&p->batch, (size_t)in->rows + 1);
        if (keep == NULL)
            return orch_batch_no_memory(in, err);
        memset(keep, 1, (size_t)in->rows);
    }
    filter_false(p, &condition, in->rows, keep);
    if (rejected == 0 && p->filtered == before) {
        *out = *in;
        return ORCH_OK;
    }
    st = orch_frame_filter(&p->batch, in, keep, out);
    return st == ORCH_OK ? st : orch_batch_no_memory(in, err);
}
