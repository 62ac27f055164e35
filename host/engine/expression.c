/* SPDX-License-Identifier: Apache-2.0 */
/* Building trees, and their leaves: columns and literals. */
#include "engine/expression.h"

#include "base/map.h"
#include "engine/kernel.h"
#include "orch/error.h"

#define LIST_DEPTH 32        /* tables within tables in a literal */
#define LITERAL_ROWS 65536   /* a literal's values are kept up to this many rows */

/* Arrays double in the arena: one is full at length 0 and at powers of two from 4. */
static void *array_with_room(struct orch_arena *a, void *items, size_t len, size_t size)
{
    void *wider;

    if (len != 0 && (len < 4 || (len & (len - 1)) != 0))
        return items;
    wider = orch_arena_array(a, len < 4 ? 4 : 2 * len, size);
    if (wider != NULL && len != 0)
        memcpy(wider, items, len * size);
    return wider;
}

struct orch_expr *orch_expr_new(struct orch_arena *a, const struct orch_op *op, const char *place)
{
    struct orch_expr *e = orch_arena_zalloc(a, sizeof *e);

    if (e == NULL)
        return NULL;
    e->op = op;
    if (place != NULL && (e->place = orch_arena_strdup(a, place)) == NULL)
        return NULL;
    return e;
}

bool orch_expr_add_arg(struct orch_arena *a, struct orch_expr *e, struct orch_expr *arg)
{
    struct orch_expr **args = array_with_room(a, e->args, e->n_args, sizeof *args);

    if (args == NULL)
        return false;
    e->args = args;
    e->args[e->n_args++] = arg;
    return true;
}

static bool value_copy(struct orch_arena *a, const struct orch_value *in, struct orch_value *out,
                       int depth)
{
    *out = *in;
    if (in->type == ORCH_TYPE_TEXT || in->type == ORCH_TYPE_BINARY) {
        out->text = orch_arena_str(a, in->text);
        return out->text.ptr != NULL;
    }
    if (in->type != ORCH_TYPE_LIST || in->n_items == 0)
        return true;
    if (depth == LIST_DEPTH)
        return false;
    out->items = orch_arena_array(a, in->n_items, sizeof *out->items);
    if (out->items == NULL)
        return false;
    for (size_t i = 0; i < in->n_items; i++) {
        if (!value_copy(a, &in->items[i].key, &out->items[i].key, depth + 1) ||
            !value_copy(a, &in->items[i].value, &out->items[i].value, depth + 1))
            return false;
    }
    return true;
}

bool orch_expr_add_param(struct orch_arena *a, struct orch_expr *e, const char *key,
                         const struct orch_value *v)
{
    struct orch_param *params = array_with_room(a, e->params, e->n_params, sizeof *params);
    struct orch_param param = {0};

    if (params == NULL)
        return false;
    e->params = params;
    if (key != NULL && (param.key = orch_arena_strdup(a, key)) == NULL)
        return false;
    if (!value_copy(a, v, &param.value, 0))
        return false;
    e->params[e->n_params++] = param;
    return true;
}

struct orch_expr *orch_expr_column(struct orch_arena *a, const char *name, const char *place)
{
    struct orch_expr *e = orch_expr_new(a, &orch_ops_core[0], place);
    struct orch_value v = { .type = ORCH_TYPE_TEXT, .text = orch_str_from(name) };

    return e != NULL && orch_expr_add_param(a, e, NULL, &v) ? e : NULL;
}

struct orch_expr *orch_expr_literal(struct orch_arena *a, const struct orch_value *v,
                                    const char *place)
{
    struct orch_expr *e = orch_expr_new(a, &orch_ops_core[1], place);

    return e != NULL && orch_expr_add_param(a, e, NULL, v) ? e : NULL;
}

/* ---- copies ------------------------------------------------------------------------------- */

static orch_status clone_node(struct orch_arena *a, struct orch_map *done,
                              const struct orch_expr *e, int depth, struct orch_expr **out,
                              orch_error *err)
{
    struct orch_str key = { (const char *)&e, sizeof e };
    struct orch_expr *copy;
    size_t known;

    if (orch_map_get(done, key, &known)) {
        *out = (struct orch_expr *)known;
        return ORCH_OK;
    }
    if (depth == ORCH_EXPR_DEPTH) {
        orch_error_set(err, ORCH_ECONFIG, "an expression is nested more than %d levels deep",
                       ORCH_EXPR_DEPTH);
        orch_error_detail(err, "%s", e->place ? e->place : "");
        orch_error_hint(err, "a loop that wraps an expression again and again builds this: use a "
                             "table with :map, or a row function");
        return ORCH_ECONFIG;
    }
    copy = orch_arena_zalloc(a, sizeof *copy);
    if (copy == NULL || !orch_map_put(done, key, (size_t)copy))
        return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
    *copy = (struct orch_expr){ .op = e->op, .place = e->place, .params = e->params,
                                .n_params = e->n_params };
    for (size_t i = 0; i < e->n_args; i++) {
        struct orch_expr *arg;
        orch_status st = clone_node(a, done, e->args[i], depth + 1, &arg, err);
        if (st != ORCH_OK)
            return st;
        if (!orch_expr_add_arg(a, copy, arg))
            return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
    }
    *out = copy;
    return ORCH_OK;
}

orch_status orch_expr_clone(struct orch_arena *a, struct orch_map *done, const struct orch_expr *e,
                            struct orch_expr **out, orch_error *err)
{
    return clone_node(a, done, e, 0, out, err);
}

/* ---- column ------------------------------------------------------------------------------- */

/* core operations are leaves: `col.a:column("b")` is a script's slip */
static orch_status leaf_check(const struct orch_expr *e, orch_error *err)
{
    if (e->n_args == 0 && e->n_params == 1)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "%s is not an operation on values", e->op->name);
    orch_error_hint(err, "a column is written col.NAME or col[\"NAME\"]");
    return ORCH_ECONFIG;
}

static orch_status column_unknown(const char *name, const struct orch_check *c, orch_error *err)
{
    const char *near = orch_fields_nearest(c->fields, name);
    struct orch_text names = {0};

    orch_error_set(err, ORCH_ECONFIG, "no column \"%s\"", name);
    if (near != NULL) {
        orch_error_hint(err, "did you mean \"%s\"?", near);
        return ORCH_ECONFIG;
    }
    for (size_t i = 0; i < c->fields->len && names.len < 180; i++)
        orch_text_printf(&names, "%s%s", i ? ", " : "", c->fields->items[i].name);
    if (c->fields->len != 0)
        orch_error_hint(err, "the columns at this step are %s", orch_text_z(&names));
    orch_text_release(&names);
    return ORCH_ECONFIG;
}

static orch_status column_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    orch_status st = leaf_check(e, err);
    const char *name;
    ptrdiff_t at;

    if (st != ORCH_OK)
        return st;
    name = e->params[0].value.text.ptr;
    at = strlen(name) == e->params[0].value.text.len ? orch_fields_find(c->fields, name) : -1;
    if (at < 0)
        return column_unknown(name, c, err);
    if (c->used != NULL)
        c->used[at] = 1;
    e->type = c->fields->items[at].type;
    e->column = c->fields->items[at].name;
    return ORCH_OK;
}

/* By name, because a source gives only the columns that are used. */
static orch_status column_eval(const struct orch_expr *e, struct orch_eval *ev,
                               const struct orch_vector *args, struct orch_vector *out)
{
    ptrdiff_t at = orch_fields_find(ev->frame->fields, e->column);

    (void)args;
    if (at < 0)
        return ORCH_EINTERNAL;
    *out = ev->frame->columns[at];
    return ORCH_OK;
}

/* ---- literals ----------------------------------------------------------------------------- */

/* Values of a literal, kept over batches. A wider array replaces a narrow one; the old one stays
 * in the plan's arena, so that vectors which borrowed it remain valid. */
struct literal {
    struct orch_arena *arena;
    int64_t cap;
    struct orch_vector filled;
};

static bool literal_fill(struct orch_arena *a, const struct orch_value *v, int64_t rows,
                         struct orch_vector *out)
{
    void *values;

    if (v->type == ORCH_TYPE_NULL)
        return orch_vector_nulls(a, ORCH_TYPE_NULL, rows, out);
    values = orch_vector_values(a, v->type, rows);
    if (values == NULL)
        return false;
    for (int64_t r = 0; r < rows; r++) {
        switch (v->type) {
        case ORCH_TYPE_BOOLEAN: ((uint8_t *)values)[r] = v->boolean; break;
        case ORCH_TYPE_NUMBER: ((double *)values)[r] = v->number; break;
        case ORCH_TYPE_TEXT:
        case ORCH_TYPE_BINARY: ((struct orch_str *)values)[r] = v->text; break;
        default: ((int64_t *)values)[r] = v->integer;
        }
    }
    *out = (struct orch_vector){ .type = v->type, .of.any = values };
    return true;
}

static orch_status value_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    orch_status st = leaf_check(e, err);
    const struct orch_value *v = e->params == NULL ? NULL : &e->params[0].value;
    struct literal *l;

    if (st != ORCH_OK)
        return st;
    if (v->type == ORCH_TYPE_LIST) {
        orch_error_set(err, ORCH_ECONFIG, "a table is not a value");
        orch_error_hint(err, "tables go to :map, :one_of and :is_in");
        return ORCH_ECONFIG;
    }
    if (v->type == ORCH_TYPE_TEXT && orch_utf8_valid(v->text.ptr, v->text.len) != v->text.len)
        return orch_error_set(err, ORCH_ECONFIG, "a text in the script is not valid UTF-8");
    l = orch_arena_zalloc(c->arena, sizeof *l);
    if (l == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
    l->arena = c->arena;
    l->filled.type = v->type;
    e->state = l;
    e->type = v->type;
    return ORCH_OK;
}

static orch_status value_eval(const struct orch_expr *e, struct orch_eval *ev,
                              const struct orch_vector *args, struct orch_vector *out)
{
    struct literal *l = e->state;
    const struct orch_value *v = &e->params[0].value;
    int64_t cap = 16;

    (void)args;
    if (ev->rows > LITERAL_ROWS)
        return literal_fill(ev->arena, v, ev->rows, out) ? ORCH_OK : ORCH_ENOMEM;
    if (ev->rows > l->cap) {
        while (cap < ev->rows)
            cap *= 2;
        if (!literal_fill(l->arena, v, cap, &l->filled))
            return ORCH_ENOMEM;
        l->cap = cap;
    }
    *out = l->filled;
    return ORCH_OK;
}

/* orch_expr_column and orch_expr_literal count on the order. */
const struct orch_op orch_ops_core[] = {
    { "column", "", "The value of a source column", column_check, column_eval },
    { "value", "", "A literal of the script", value_check, value_eval },
    { NULL, NULL, NULL, NULL, NULL },
};
