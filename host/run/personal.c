/* SPDX-License-Identifier: Apache-2.0 */
#include "run/personal.h"

#include "base/map.h"

static bool known(const struct orch_personal *p, const char *name)
{
    for (size_t i = 0; i < p->names.len; i++)
        if (strcmp(p->names.items[i], name) == 0)
            return true;
    return false;
}

/* What a search of one step holds: parts of expressions are shared, a tree of a few nodes may have
 * more paths than there is time. */
struct search {
    struct orch_personal *out;
    struct orch_map seen; /* node to 1 when it was met below a pseudonym, 0 when not */
};

static bool columns_below(struct search *s, const struct orch_expr *e, bool pseudonymised)
{
    bool inside = pseudonymised || strcmp(e->op->name, "pseudonym") == 0;
    struct orch_str node = { (const char *)&e, sizeof e };
    size_t before;
    if (orch_map_get(&s->seen, node, &before) && before >= inside)
        return true;
    if (!orch_map_put(&s->seen, node, inside))
        return false;
    if (inside && strcmp(e->op->name, "column") == 0) {
        const struct orch_value *name = orch_expr_param_at(e, 0);
        return name == NULL || orch_vec_push(&s->out->names, name->text.ptr);
    }
    for (size_t i = 0; i < e->n_args; i++)
        if (!columns_below(s, e->args[i], inside))
            return false;
    return true;
}

/* What a row function makes of its arguments nobody knows: when one of its outputs identifies
 * people, all of them may. */
static bool step_columns(const struct orch_step *step, struct orch_personal *out)
{
    struct search s = { .out = out };
    bool ok = true, personal_each = false;
    for (size_t i = 0; ok && i < step->n_outputs; i++) {
        const struct orch_output *o = &step->outputs[i];
        bool personal = known(out, o->name);
        personal_each = personal_each || personal;
        ok = o->expr == NULL || columns_below(&s, o->expr, personal);
    }
    for (size_t i = 0; ok && i < step->n_args; i++)
        ok = columns_below(&s, step->args[i], personal_each);
    ok = ok && (step->condition == NULL || columns_below(&s, step->condition, false));
    orch_map_release(&s.seen);
    return ok;
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

void orch_personal_hide(char *text)
{
    enum { LONG_ENOUGH = 9 };
    static const char stars[] = "***";
    char *to = text;
    for (const char *from = text; *from != '\0';) {
        size_t digits = strspn(from, "0123456789");
        size_t take = digits > 0 ? digits : 1;
        bool hidden = digits >= LONG_ENOUGH;
        size_t put = hidden ? sizeof stars - 1 : take;
        memmove(to, hidden ? stars : from, put);
        to += put;
        from += take;
    }
    *to = '\0';
}
