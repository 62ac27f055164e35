/* SPDX-License-Identifier: Apache-2.0 */
/* Comparisons, and the constraints between and one_of with their boolean sisters. Text compares
 * by its UTF-8 bytes, which is the order of code points. */
#include "base/map.h"
#include "engine/kernel.h"
#include "orch/error.h"

static int text_order(struct orch_str a, struct orch_str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n == 0 ? 0 : memcmp(a.ptr, b.ptr, n);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

static bool has_order(enum orch_type t)
{
    return t == ORCH_TYPE_INTEGER || t == ORCH_TYPE_NUMBER || t == ORCH_TYPE_TEXT ||
           t == ORCH_TYPE_DATE || t == ORCH_TYPE_TIMESTAMP;
}

static orch_status order_missing(const struct orch_expr *e, enum orch_type t, orch_error *err)
{
    orch_error_set(err, ORCH_ECONFIG, "%s needs values that have an order, not %s", e->op->name,
                   orch_type_name(t));
    orch_error_hint(err, "numbers, text, dates and timestamps have one");
    return ORCH_ECONFIG;
}

/* ---- eq, ne, lt, le, gt, ge --------------------------------------------------------------- */

enum relation { EQ, NE, LT, LE, GT, GE };

static enum relation relation_of(const struct orch_op *op)
{
    switch (op->name[0]) {
    case 'e': return EQ;
    case 'n': return NE;
    case 'l': return op->name[1] == 't' ? LT : LE;
    default: return op->name[1] == 't' ? GT : GE;
    }
}

static orch_status relation_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    enum orch_type type;
    orch_status st;

    if (e->args[0]->type == ORCH_TYPE_NULL || e->args[1]->type == ORCH_TYPE_NULL) {
        orch_error_set(err, ORCH_ECONFIG, "%s with nil is never true", e->op->name);
        orch_error_hint(err, "ask :is_null()");
        return ORCH_ECONFIG;
    }
    st = orch_expr_unify(e, (const size_t[]){ 0, 1 }, 2, c, &type, err);
    if (st != ORCH_OK)
        return st;
    e->type = ORCH_TYPE_BOOLEAN;
    return relation_of(e->op) > NE && !has_order(type) ? order_missing(e, type, err) : ORCH_OK;
}

#define ROWS(test)                          \
    for (int64_t r = 0; r < rows; r++)      \
        o[r] = (test);                      \
    break

#define RELATION_LOOPS(name, type)                                                              \
    static void name(enum relation rel, const type *a, const type *b, int64_t rows, uint8_t *o) \
    {                                                                                           \
        switch (rel) {                                                                          \
        case EQ: ROWS(a[r] == b[r]);                                                            \
        case NE: ROWS(a[r] != b[r]);                                                            \
        case LT: ROWS(a[r] < b[r]);                                                             \
        case LE: ROWS(a[r] <= b[r]);                                                            \
        case GT: ROWS(a[r] > b[r]);                                                             \
        case GE: ROWS(a[r] >= b[r]);                                                            \
        }                                                                                       \
    }

RELATION_LOOPS(compare_booleans, uint8_t)
RELATION_LOOPS(compare_integers, int64_t)
RELATION_LOOPS(compare_numbers, double)

static void compare_texts(enum relation rel, const struct orch_str *a, const struct orch_str *b,
                          int64_t rows, uint8_t *o)
{
    switch (rel) {
    case EQ: ROWS(orch_str_equal(a[r], b[r]));
    case NE: ROWS(!orch_str_equal(a[r], b[r]));
    case LT: ROWS(text_order(a[r], b[r]) < 0);
    case LE: ROWS(text_order(a[r], b[r]) <= 0);
    case GT: ROWS(text_order(a[r], b[r]) > 0);
    case GE: ROWS(text_order(a[r], b[r]) >= 0);
    }
}

static void compare(enum relation rel, const struct orch_vector *a, const struct orch_vector *b,
                    int64_t rows, uint8_t *o)
{
    switch (a->type) {
    case ORCH_TYPE_BOOLEAN: compare_booleans(rel, a->of.boolean, b->of.boolean, rows, o); break;
    case ORCH_TYPE_NUMBER: compare_numbers(rel, a->of.number, b->of.number, rows, o); break;
    case ORCH_TYPE_TEXT:
    case ORCH_TYPE_BINARY: compare_texts(rel, a->of.text, b->of.text, rows, o); break;
    default: compare_integers(rel, a->of.integer, b->of.integer, rows, o);
    }
}

static orch_status relation_eval(const struct orch_expr *e, struct orch_eval *ev,
                                 const struct orch_vector *args, struct orch_vector *out)
{
    uint8_t *o = orch_kernel_begin(e, ev, args, out);

    if (o == NULL)
        return ORCH_ENOMEM;
    compare(relation_of(e->op), &args[0], &args[1], ev->rows, o);
    return ORCH_OK;
}

/* ---- between, is_between ------------------------------------------------------------------ */

/* A bound that is null does not bound. An integer compared with numbers stays an integer: the
 * result of between is its first argument, so only the bounds are converted in place. */
static orch_status between_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    struct orch_expr *value = e->args[0];
    enum orch_type type;
    orch_status st = orch_expr_unify(e, (const size_t[]){ 0, 1, 2 }, 3, c, &type, err);

    if (st != ORCH_OK)
        return st;
    if (!has_order(type))
        return order_missing(e, type, err);
    e->type = e->op->name[0] == 'i' ? ORCH_TYPE_BOOLEAN : value->type;
    if (e->type == ORCH_TYPE_NULL)
        e->type = type;
    else if (e->op->name[0] == 'b' && value->type != type &&
             !orch_expr_add_arg(c->arena, e, value))
        return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
    return ORCH_OK;
}

/* in[r]: the value is not outside the bounds that there are. */
static bool inside(struct orch_eval *ev, const struct orch_vector *args, uint8_t *in)
{
    uint8_t *high = orch_arena_array(ev->arena, (size_t)ev->rows + 1, 1);

    if (high == NULL)
        return false;
    compare(GE, &args[0], &args[1], ev->rows, in);
    compare(LE, &args[0], &args[2], ev->rows, high);
    for (int64_t r = 0; r < ev->rows; r++) {
        bool low_fits = in[r] || (args[1].null != NULL && args[1].null[r]);
        bool high_fits = high[r] || (args[2].null != NULL && args[2].null[r]);
        in[r] = low_fits && high_fits;
    }
    return true;
}

static bool take_failures(struct orch_eval *ev, const struct orch_vector *args,
                          struct orch_vector *out)
{
    const uint8_t *null = args[0].null;

    if (!orch_vector_combine(ev, args, 3, out))
        return false;
    out->null = null;
    return true;
}

static orch_status is_between_eval(const struct orch_expr *e, struct orch_eval *ev,
                                   const struct orch_vector *args, struct orch_vector *out)
{
    uint8_t *in = orch_vector_values(ev->arena, ORCH_TYPE_BOOLEAN, ev->rows + 1);

    if (in == NULL || !inside(ev, args, in) || !take_failures(ev, args, out))
        return ORCH_ENOMEM;
    out->type = e->type;
    out->of.boolean = in;
    return ORCH_OK;
}

static uint32_t outside(const struct orch_expr *e, struct orch_eval *ev,
                        const struct orch_vector *args, const struct orch_vector *value, int64_t r)
{
    struct orch_str raw = orch_vector_show(ev, value, r);
    const char *shown = orch_vector_quote(ev, value, r);
    bool no_low = args[1].null != NULL && args[1].null[r];
    bool no_high = args[2].null != NULL && args[2].null[r];

    if (no_low || no_high)
        return orch_eval_fail(ev, "between", e->column, raw, "%s is not at %s %s", shown,
                              no_low ? "most" : "least",
                              orch_vector_quote(ev, &args[no_low ? 2 : 1], r));
    return orch_eval_fail(ev, "between", e->column, raw, "%s is not between %s and %s", shown,
                          orch_vector_quote(ev, &args[1], r), orch_vector_quote(ev, &args[2], r));
}

static orch_status between_eval(const struct orch_expr *e, struct orch_eval *ev,
                                const struct orch_vector *args, struct orch_vector *out)
{
    const struct orch_vector *value = &args[e->n_args == 4 ? 3 : 0];
    uint8_t *in = orch_arena_array(ev->arena, (size_t)ev->rows + 1, 1);
    uint32_t *fail = NULL;

    if (in == NULL || !inside(ev, args, in) || !take_failures(ev, args, out))
        return ORCH_ENOMEM;
    out->type = e->type;
    out->of = value->of;
    for (int64_t r = 0; r < ev->rows; r++) {
        if (in[r] || !orch_vector_present(out, r))
            continue;
        if (!orch_vector_set_fail(ev, out, &fail, r, outside(e, ev, args, value, r)))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

/* ---- one_of, is_in ------------------------------------------------------------------------ */

struct choice {
    struct orch_map known;
    const char *listed; /* for messages */
};

static void choice_free(void *what)
{
    orch_map_release(&((struct choice *)what)->known);
}

/* Bytes that are equal when the values are. */
static struct orch_str number_key(double x, double *room)
{
    *room = x == 0 ? 0.0 : x;
    return (struct orch_str){ (const char *)room, sizeof *room };
}

static struct orch_str row_key(const struct orch_vector *v, int64_t r, double *room)
{
    switch (v->type) {
    case ORCH_TYPE_TEXT: return v->of.text[r];
    case ORCH_TYPE_BOOLEAN: return (struct orch_str){ (const char *)&v->of.boolean[r], 1 };
    case ORCH_TYPE_NUMBER: return number_key(v->of.number[r], room);
    default: return (struct orch_str){ (const char *)&v->of.integer[r], sizeof(int64_t) };
    }
}

static bool item_key(const struct orch_value *v, enum orch_type t, double *room, uint8_t *byte,
                     struct orch_str *key)
{
    if (t == ORCH_TYPE_NUMBER && v->type == ORCH_TYPE_INTEGER) {
        *key = number_key((double)v->integer, room);
        return true;
    }
    if (v->type != t)
        return false;
    *byte = v->boolean;
    if (t == ORCH_TYPE_TEXT)
        *key = v->text;
    else if (t == ORCH_TYPE_BOOLEAN)
        *key = (struct orch_str){ (const char *)byte, 1 };
    else if (t == ORCH_TYPE_NUMBER)
        *key = number_key(v->number, room);
    else
        *key = (struct orch_str){ (const char *)&v->integer, sizeof v->integer };
    return true;
}

static orch_status choice_add(struct orch_expr *e, struct choice *choice,
                              const struct orch_value *v, orch_error *err)
{
    enum orch_type t = e->args[0]->type;
    struct orch_str key;
    double room;
    uint8_t byte;

    if (!item_key(v, t, &room, &byte, &key)) {
        orch_error_set(err, ORCH_ECONFIG, "%s has %s in its list for a value of type %s",
                       e->op->name, orch_type_noun(v->type), orch_type_name(t));
        orch_error_hint(err, "write the list in the type of the value, or convert the value");
        return ORCH_ECONFIG;
    }
    if (!orch_map_put(&choice->known, key, 1))
        return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
    return ORCH_OK;
}

static bool choice_list(struct orch_arena *a, const struct orch_value *list, struct choice *choice)
{
    struct orch_text text = {0};

    for (size_t i = 0; i < list->n_items && text.len < 200; i++) {
        const struct orch_value *v = &list->items[i].value;
        if (i != 0)
            orch_text_puts(&text, ", ");
        if (v->type == ORCH_TYPE_TEXT)
            orch_text_quote(&text, v->text, 60);
        else
            orch_value_print(&text, v);
        if (text.len >= 200 && i + 1 < list->n_items)
            orch_text_printf(&text, " and %zu more", list->n_items - i - 1);
    }
    choice->listed = text.failed ? NULL : orch_arena_strdup(a, orch_text_z(&text));
    orch_text_release(&text);
    return choice->listed != NULL;
}

static orch_status choice_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    const struct orch_value *list = orch_expr_param_at(e, 0);
    struct choice *choice = orch_arena_zalloc(c->arena, sizeof *choice);
    enum orch_type t = e->args[0]->type;

    if (list->type != ORCH_TYPE_LIST || list->n_items == 0) {
        orch_error_set(err, ORCH_ECONFIG, "%s needs a list of values", e->op->name);
        orch_error_hint(err, "write :%s { \"a\", \"b\" }", e->op->name);
        return ORCH_ECONFIG;
    }
    if (t == ORCH_TYPE_NULL || t == ORCH_TYPE_BINARY)
        return orch_error_set(err, ORCH_ECONFIG, "%s cannot look up %s", e->op->name,
                              orch_type_noun(t));
    if (choice == NULL || !choice_list(c->arena, list, choice) ||
        !orch_check_cleanup(c, choice_free, choice))
        return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
    for (size_t i = 0; i < list->n_items; i++) {
        orch_status st = choice_add(e, choice, &list->items[i].value, err);
        if (st != ORCH_OK)
            return st;
    }
    e->state = choice;
    e->type = e->op->name[0] == 'i' ? ORCH_TYPE_BOOLEAN : t;
    return ORCH_OK;
}

static orch_status is_in_eval(const struct orch_expr *e, struct orch_eval *ev,
                              const struct orch_vector *args, struct orch_vector *out)
{
    uint8_t *o = orch_kernel_begin(e, ev, args, out);
    const struct choice *choice = e->state;
    size_t found;
    double room;

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++)
        o[r] = orch_map_get(&choice->known, row_key(&args[0], r, &room), &found);
    return ORCH_OK;
}

static orch_status one_of_eval(const struct orch_expr *e, struct orch_eval *ev,
                               const struct orch_vector *args, struct orch_vector *out)
{
    const struct choice *choice = e->state;
    uint32_t *fail = NULL, failure;
    size_t found;
    double room;

    *out = args[0];
    for (int64_t r = 0; r < ev->rows; r++) {
        if (!orch_vector_present(out, r) ||
            orch_map_get(&choice->known, row_key(&args[0], r, &room), &found))
            continue;
        failure = orch_eval_fail(ev, "one_of", e->column, orch_vector_show(ev, &args[0], r),
                                 "%s is not one of %s", orch_vector_quote(ev, &args[0], r),
                                 choice->listed);
        if (!orch_vector_set_fail(ev, out, &fail, r, failure))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

const struct orch_op orch_ops_compare[] = {
    { "eq", "v", "Whether both are equal", relation_check, relation_eval },
    { "ne", "v", "Whether they differ", relation_check, relation_eval },
    { "lt", "v", "Whether it is less than the other", relation_check, relation_eval },
    { "le", "v", "Whether it is at most the other", relation_check, relation_eval },
    { "gt", "v", "Whether it is greater than the other", relation_check, relation_eval },
    { "ge", "v", "Whether it is at least the other", relation_check, relation_eval },
    { "between", "vv", "The value, which must lie between two others or be one of them",
      between_check, between_eval },
    { "is_between", "vv", "Whether it lies between two others or is one of them", between_check,
      is_between_eval },
    { "one_of", "l", "The value, which must be one of a list", choice_check, one_of_eval },
    { "is_in", "l", "Whether it is one of a list", choice_check, is_in_eval },
    { NULL, NULL, NULL, NULL, NULL },
};
