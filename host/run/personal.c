/* SPDX-License-Identifier: Apache-2.0 */
#include "run/personal.h"

static bool known(const struct orch_personal *p, const char *name)
{
    for (size_t i = 0; i < p->names.len; i++)
        if (strcmp(p->names.items[i], name) == 0)
            return true;
    return false;
}

static bool columns_below(const struct orch_expr *e, bool pseudonymised, struct orch_personal *out)
{
    bool inside = pseudonymised || strcmp(e->op->name, "pseudonym") == 0;
    if (inside && strcmp(e->op->name, "column") == 0) {
        const struct orch_value *name = orch_expr_param_at(e, 0);
        return name == NULL || orch_vec_push(&out->names, name->text.ptr);
    }
    for (size_t i = 0; i < e->n_args; i++)
        if (!columns_below(e->args[i], inside, out))
            return false;
    return true;
}

static bool step_columns(const struct orch_step *step, struct orch_personal *out)
{
    for (size_t i = 0; i < step->n_outputs; i++) {
        const struct orch_output *o = &step->outputs[i];
        if (o->expr != NULL && !columns_below(o->expr, known(out, o->name), out))
            return false;
    }
    for (size_t i = 0; i < step->n_args; i++)
        if (!columns_below(step->args[i], false, out))
            return false;
    return step->condition == NULL || columns_below(step->condition, false, out);
}

static bool declared_columns(const char *declared, struct orch_personal *out)
{
    if (declared == NULL)
        return true;
    out->owned = orch_strdup(declared);
    if (out->owned == NULL)
        return false;
    char *rest = NULL;
    for (char *name = strtok_r(out->owned, ", ", &rest); name != NULL;
         name = strtok_r(NULL, ", ", &rest))
        if (!orch_vec_push(&out->names, name))
            return false;
    return true;
}

orch_status orch_personal_find(const struct orch_pipeline *pipeline, const char *declared,
                               struct orch_personal *out)
{
    struct orch_personal found = { 0 };
    bool ok = declared_columns(declared, &found);
    /* From the last step to the first: what a later step pseudonymises may have been renamed
     * by an earlier one. */
    for (size_t i = pipeline->n_steps; ok && i-- > 0;)
        ok = step_columns(&pipeline->steps[i], &found);
    if (!ok) {
        orch_personal_release(&found);
        return ORCH_ENOMEM;
    }
    *out = found;
    return ORCH_OK;
}

void orch_personal_release(struct orch_personal *p)
{
    orch_vec_release(&p->names);
    free(p->owned);
    p->owned = NULL;
}
