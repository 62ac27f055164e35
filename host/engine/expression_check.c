/* SPDX-License-Identifier: Apache-2.0 */
/* Types a tree from its leaves up, and what the checks of operations share. */
#include <inttypes.h>

#include "base/vec.h"
#include "engine/kernel.h"
#include "orch/error.h"

const char *orch_type_noun(enum orch_type t)
{
    switch (t) {
    case ORCH_TYPE_BOOLEAN: return "a boolean";
    case ORCH_TYPE_INTEGER: return "an integer";
    case ORCH_TYPE_NUMBER: return "a number";
    case ORCH_TYPE_DATE: return "a date";
    case ORCH_TYPE_TIMESTAMP: return "a timestamp";
    default: return orch_type_name(t);
    }
}

static const char *conversion_to(enum orch_type t)
{
    switch (t) {
    case ORCH_TYPE_BOOLEAN: return "add :boolean() or compare, as in :eq(\"x\")";
    case ORCH_TYPE_INTEGER: return "add :integer()";
    case ORCH_TYPE_NUMBER: return "add :number() or :integer()";
    case ORCH_TYPE_TEXT: return "add :text()";
    case ORCH_TYPE_DATE: return "add :date()";
    case ORCH_TYPE_TIMESTAMP: return "add :timestamp()";
    default: return "nothing converts to it";
    }
}

/* ---- parameters --------------------------------------------------------------------------- */

const struct orch_value *orch_expr_param(const struct orch_expr *e, const char *key)
{
    for (size_t i = 0; i < e->n_params; i++) {
        if (e->params[i].key != NULL && strcmp(e->params[i].key, key) == 0)
            return &e->params[i].value;
    }
    return NULL;
}

const struct orch_value *orch_expr_param_at(const struct orch_expr *e, size_t i)
{
    for (size_t k = 0; k < e->n_params; k++) {
        if (e->params[k].key == NULL && i-- == 0)
            return &e->params[k].value;
    }
    return NULL;
}

orch_status orch_expr_params_allowed(const struct orch_expr *e, const char *const *allowed,
                                     orch_error *err)
{
    size_t n = 0;
    const char *near;

    while (allowed[n] != NULL)
        n++;
    for (size_t i = 0; i < e->n_params; i++) {
        const char *key = e->params[i].key;
        size_t k = 0;
        if (key == NULL)
            continue;
        while (k < n && strcmp(allowed[k], key) != 0)
            k++;
        if (k < n)
            continue;
        near = n != 0 ? orch_str_nearest(key, allowed, n) : NULL;
        orch_error_set(err, ORCH_ECONFIG, "%s has no parameter \"%s\"", e->op->name, key);
        if (near != NULL)
            orch_error_hint(err, "did you mean \"%s\"?", near);
        return ORCH_ECONFIG;
    }
    return ORCH_OK;
}

static orch_status param_wrong(const struct orch_expr *e, size_t i, const char *need,
                               const struct orch_value *v, orch_error *err)
{
    return orch_error_set(err, ORCH_ECONFIG, "%s needs %s as parameter %zu, not %s", e->op->name,
                          need, i + 1, orch_type_noun(v->type));
}

orch_status orch_expr_text_param(const struct orch_expr *e, size_t i, struct orch_str *out,
                                 orch_error *err)
{
    const struct orch_value *v = orch_expr_param_at(e, i);

    if (v == NULL || v->type == ORCH_TYPE_NULL)
        return ORCH_OK;
    if (v->type != ORCH_TYPE_TEXT)
        return param_wrong(e, i, "a text", v, err);
    if (orch_utf8_valid(v->text.ptr, v->text.len) != v->text.len)
        return orch_error_set(err, ORCH_ECONFIG, "parameter %zu of %s is not valid UTF-8", i + 1,
                              e->op->name);
    *out = v->text;
    return ORCH_OK;
}

orch_status orch_expr_int_param(const struct orch_expr *e, size_t i, int64_t min, int64_t max,
                                int64_t *out, orch_error *err)
{
    const struct orch_value *v = orch_expr_param_at(e, i);
    int64_t n;

    if (v == NULL || v->type == ORCH_TYPE_NULL)
        return ORCH_OK;
    if (v->type == ORCH_TYPE_NUMBER && v->number >= -1e15 && v->number <= 1e15 &&
        v->number == (double)(int64_t)v->number)
        n = (int64_t)v->number;
    else if (v->type == ORCH_TYPE_INTEGER)
        n = v->integer;
    else
        return param_wrong(e, i, "an integer", v, err);
    if (n < min || n > max)
        return orch_error_set(err, ORCH_ECONFIG,
                              "parameter %zu of %s is %" PRId64 ", allowed is %" PRId64
                              " to %" PRId64, i + 1, e->op->name, n, min, max);
    *out = n;
    return ORCH_OK;
}

/* ---- types of arguments ------------------------------------------------------------------- */

orch_status orch_expr_need(const struct orch_expr *e, size_t i, enum orch_type t, orch_error *err)
{
    const struct orch_expr *arg = e->args[i];

    if (arg->type == t || arg->type == ORCH_TYPE_NULL)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "%s needs %s, not %s", e->op->name, orch_type_noun(t),
                   orch_type_name(arg->type));
    if (arg->column != NULL)
        orch_error_detail(err, "column \"%s\"", arg->column);
    orch_error_hint(err, "%s", conversion_to(t));
    return ORCH_ECONFIG;
}

/* The type is set by orch_expr_as before the check. */
static orch_status as_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    (void)e;
    (void)c;
    (void)err;
    return ORCH_OK;
}

static orch_status as_eval(const struct orch_expr *e, struct orch_eval *ev,
                           const struct orch_vector *args, struct orch_vector *out)
{
    if (args[0].type == ORCH_TYPE_NULL)
        return orch_vector_nulls(ev->arena, e->type, ev->rows, out) ? ORCH_OK : ORCH_ENOMEM;
    return orch_vector_to_number(ev, &args[0], out) ? ORCH_OK : ORCH_ENOMEM;
}

static const struct orch_op op_as = { "as", "", "An implicit conversion", as_check, as_eval };

orch_status orch_expr_as(struct orch_expr *e, size_t i, enum orch_type t, struct orch_check *c,
                         orch_error *err)
{
    struct orch_expr *arg = e->args[i];
    struct orch_expr *node;
    orch_status st;

    if (arg->type == t)
        return ORCH_OK;
    if (!(arg->type == ORCH_TYPE_INTEGER && t == ORCH_TYPE_NUMBER)) {
        st = orch_expr_need(e, i, t, err);
        if (st != ORCH_OK)
            return st;
    }
    node = orch_expr_new(c->arena, &op_as, NULL);
    if (node == NULL || !orch_expr_add_arg(c->arena, node, arg))
        return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
    node->type = t;
    st = orch_expr_check(node, c, err);
    if (st == ORCH_OK)
        e->args[i] = node;
    return st;
}

static bool types_join(enum orch_type a, enum orch_type b, enum orch_type *out)
{
    bool numeric_a = a == ORCH_TYPE_INTEGER || a == ORCH_TYPE_NUMBER;
    bool numeric_b = b == ORCH_TYPE_INTEGER || b == ORCH_TYPE_NUMBER;

    if (a == b || b == ORCH_TYPE_NULL)
        *out = a;
    else if (a == ORCH_TYPE_NULL)
        *out = b;
    else if (numeric_a && numeric_b)
        *out = ORCH_TYPE_NUMBER;
    else
        return false;
    return true;
}

orch_status orch_expr_unify(struct orch_expr *e, const size_t *index, size_t n,
                            struct orch_check *c, enum orch_type *out, orch_error *err)
{
    enum orch_type type = ORCH_TYPE_NULL;

    for (size_t i = 0; i < n; i++) {
        enum orch_type next = e->args[index[i]]->type;
        if (types_join(type, next, &type))
            continue;
        orch_error_set(err, ORCH_ECONFIG, "%s needs values of one type, not %s and %s",
                       e->op->name, orch_type_name(type), orch_type_name(next));
        orch_error_hint(err, "%s to the %s",
                        conversion_to(type == ORCH_TYPE_TEXT ? next : type),
                        orch_type_name(type == ORCH_TYPE_TEXT ? type : next));
        return ORCH_ECONFIG;
    }
    for (size_t i = 0; i < n && type != ORCH_TYPE_NULL; i++) {
        orch_status st = orch_expr_as(e, index[i], type, c, err);
        if (st != ORCH_OK)
            return st;
    }
    *out = type;
    return ORCH_OK;
}

bool orch_check_cleanup(struct orch_check *c, void (*release)(void *), void *what)
{
    struct orch_cleanup cleanup = { release, what };

    return orch_vec_push(&c->cleanups, cleanup);
}

/* ---- the walk ----------------------------------------------------------------------------- */

/* Kernels may count on what their signature asks for before the "?". */
static orch_status arguments_check(const struct orch_expr *e, orch_error *err)
{
    size_t values = 1, params = 0, given = 0;

    if (e->op->check == orch_ops_core[0].check || e->op->check == orch_ops_core[1].check)
        return ORCH_OK;
    if (e->n_args == 0)
        return orch_error_set(err, ORCH_ECONFIG, "%s needs a value to work on", e->op->name);
    for (const char *s = e->op->signature; *s != '\0' && *s != '?'; s++) {
        values += *s == 'v';
        params += *s == 'p' || *s == 'l';
    }
    while (orch_expr_param_at(e, given) != NULL)
        given++;
    if (e->n_args >= values && given >= params)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "%s needs %zu argument%s, not %zu", e->op->name,
                   values - 1 + params, values - 1 + params == 1 ? "" : "s",
                   given + e->n_args - 1);
    orch_error_hint(err, "%s: %s", e->op->name, e->op->summary);
    return ORCH_ECONFIG;
}

static void detail_add_place(const struct orch_expr *e, orch_error *err)
{
    char evidence[sizeof err->detail];

    if (err == NULL || e->place == NULL)
        return;
    memcpy(evidence, err->detail, sizeof evidence);
    orch_error_detail(err, "%s%s%s", e->place, evidence[0] ? ": " : "", evidence);
}

/* Makes `literal` what the node gives for every row, if that is a value. */
static orch_status constant_param(const struct orch_expr *e, struct orch_eval *ev,
                                  struct orch_check *c, struct orch_expr *literal)
{
    struct orch_vector out;
    struct orch_value v = {0};
    orch_status st = orch_expr_eval(e, ev, &out);

    if (st != ORCH_OK || out.type == ORCH_TYPE_NULL || !orch_vector_present(&out, 0))
        return st;
    v.type = out.type;
    switch (out.type) {
    case ORCH_TYPE_BOOLEAN: v.boolean = out.of.boolean[0]; break;
    case ORCH_TYPE_NUMBER: v.number = out.of.number[0]; break;
    case ORCH_TYPE_TEXT:
    case ORCH_TYPE_BINARY: v.text = out.of.text[0]; break;
    default: v.integer = out.of.integer[0];
    }
    return orch_expr_add_param(c->arena, literal, NULL, &v) ? ORCH_OK : ORCH_ENOMEM;
}

/* A node over literals alone becomes a literal: a date in a filter is read once a plan, not once
 * a row. One that fails or is null stays as it is and fails on the rows that reach it. */
static orch_status fold_constant(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    const struct orch_op *value = &orch_ops_core[1];
    struct orch_expr literal = { .op = value, .place = e->place, .id = e->id };
    struct orch_arena scratch = {0};
    struct orch_eval ev = { .arena = &scratch, .rows = 1 };
    orch_status st;

    for (size_t i = 0; i < e->n_args; i++) {
        if (e->args[i]->op != value)
            return ORCH_OK;
    }
    if (e->n_args == 0)
        return ORCH_OK;
    st = constant_param(e, &ev, c, &literal);
    orch_vec_release(&ev.failures);
    orch_arena_release(&scratch);
    if (st != ORCH_OK)
        return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
    if (literal.n_params == 0)
        return ORCH_OK;
    st = value->check(&literal, c, err);
    if (st == ORCH_OK)
        *e = literal;
    return st;
}

static orch_status check_node(struct orch_expr *e, struct orch_check *c, int depth,
                              orch_error *err)
{
    orch_status st;

    if (e->checked)
        return ORCH_OK;
    if (depth > ORCH_EXPR_DEPTH + 1)
        return orch_error_set(err, ORCH_ECONFIG, "an expression is nested too deeply");
    for (size_t i = 0; i < e->n_args; i++) {
        st = check_node(e->args[i], c, depth + 1, err);
        if (st != ORCH_OK)
            return st;
        if (e->column == NULL)
            e->column = e->args[i]->column;
    }
    st = arguments_check(e, err);
    if (st == ORCH_OK)
        st = e->op->check(e, c, err);
    if (st != ORCH_OK) {
        detail_add_place(e, err);
        return st;
    }
    e->id = c->next_id++;
    st = fold_constant(e, c, err);
    e->checked = st == ORCH_OK;
    return st;
}

orch_status orch_expr_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    return check_node(e, c, 0, err);
}
