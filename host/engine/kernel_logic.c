/* SPDX-License-Identifier: Apache-2.0 */
/* Three-valued logic, case, and the greatest and least of several values. */
#include "engine/kernel.h"
#include "orch/error.h"

/* ---- and, or, not, is_null ---------------------------------------------------------------- */

static orch_status boolean_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    e->type = ORCH_TYPE_BOOLEAN;
    for (size_t i = 0; i < e->n_args; i++) {
        orch_status st = orch_expr_as(e, i, ORCH_TYPE_BOOLEAN, c, err);
        if (st != ORCH_OK)
            return st;
    }
    return ORCH_OK;
}

/* Where one side alone decides (false for and, true for or), the null or failure of the other
 * does not count. */
static orch_status decide(struct orch_eval *ev, const struct orch_vector *args, bool decisive,
                          uint8_t *o, struct orch_vector *out)
{
    uint8_t *null = out->null != NULL ? orch_vector_own_null(ev, out) : NULL;
    uint32_t *fail = out->fail != NULL ? orch_vector_own_fail(ev, out) : NULL;

    if ((out->null != NULL && null == NULL) || (out->fail != NULL && fail == NULL))
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        bool decided = (orch_vector_present(&args[0], r) && args[0].of.boolean[r] == decisive) ||
                       (orch_vector_present(&args[1], r) && args[1].of.boolean[r] == decisive);
        if (!decided)
            continue;
        o[r] = decisive;
        if (null != NULL)
            null[r] = 0;
        if (fail != NULL)
            fail[r] = 0;
    }
    return ORCH_OK;
}

static orch_status and_or_eval(const struct orch_expr *e, struct orch_eval *ev,
                               const struct orch_vector *args, struct orch_vector *out)
{
    uint8_t *o = orch_kernel_begin(e, ev, args, out);
    bool is_or = e->op->name[0] == 'o';
    const uint8_t *a = args[0].of.boolean, *b = args[1].of.boolean;

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++)
        o[r] = is_or ? a[r] | b[r] : a[r] & b[r];
    return out->null == NULL && out->fail == NULL ? ORCH_OK : decide(ev, args, is_or, o, out);
}

static orch_status not_eval(const struct orch_expr *e, struct orch_eval *ev,
                            const struct orch_vector *args, struct orch_vector *out)
{
    uint8_t *o = orch_kernel_begin(e, ev, args, out);

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++)
        o[r] = !args[0].of.boolean[r];
    return ORCH_OK;
}

static orch_status is_null_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    (void)c;
    (void)err;
    e->type = ORCH_TYPE_BOOLEAN;
    return ORCH_OK;
}

static orch_status is_null_eval(const struct orch_expr *e, struct orch_eval *ev,
                                const struct orch_vector *args, struct orch_vector *out)
{
    uint8_t *o = orch_kernel_begin(e, ev, args, out);

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++)
        o[r] = args[0].null != NULL && args[0].null[r];
    out->null = NULL;
    return ORCH_OK;
}

/* ---- case --------------------------------------------------------------------------------- */

/* The branches: every second argument, and the last one when it is not a condition. */
static orch_status case_branches(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    size_t n = 0;
    size_t *index = orch_arena_array(c->arena, e->n_args, sizeof *index);
    orch_status st;

    if (index == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
    for (size_t i = 1; i < e->n_args; i += 2)
        index[n++] = i;
    index[n++] = e->n_args - 1;
    st = orch_expr_unify(e, index, n, c, &e->type, err);
    if (st != ORCH_OK || e->type != ORCH_TYPE_NULL)
        return st;
    orch_error_set(err, ORCH_ECONFIG, "case gives nil in every branch");
    orch_error_hint(err, "give at least one branch a value");
    return ORCH_ECONFIG;
}

/* Without an "otherwise" it is nil, so that every row takes a branch. */
static orch_status case_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    struct orch_value nil = { .type = ORCH_TYPE_NULL };
    orch_status st;

    if (e->n_args < 2)
        return orch_error_set(err, ORCH_ECONFIG, "case needs a condition and a value");
    if (e->n_args > UINT16_MAX - 1)
        return orch_error_set(err, ORCH_ECONFIG, "case has more than 32766 branches");
    if (e->n_args % 2 == 0) {
        struct orch_expr *otherwise = orch_expr_literal(c->arena, &nil, e->place);
        if (otherwise == NULL || !orch_expr_add_arg(c->arena, e, otherwise))
            return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
        st = orch_expr_check(otherwise, c, err);
        if (st != ORCH_OK)
            return st;
    }
    for (size_t i = 0; i + 1 < e->n_args; i += 2) {
        st = orch_expr_as(e, i, ORCH_TYPE_BOOLEAN, c, err);
        if (st != ORCH_OK)
            return st;
    }
    return case_branches(e, c, err);
}

/* pick[r] is the argument that row r takes, 0 while it has none. The failure of a condition that
 * was tried decides the row. */
static void case_try(const struct orch_vector *args, size_t condition, int64_t rows,
                     size_t otherwise, uint16_t *pick, uint32_t *failed)
{
    const struct orch_vector *v = &args[condition];

    for (int64_t r = 0; r < rows; r++) {
        if (pick[r] != 0)
            continue;
        if (v->fail != NULL && v->fail[r]) {
            failed[r] = v->fail[r];
            pick[r] = (uint16_t)otherwise;
        } else if ((v->null == NULL || !v->null[r]) && v->of.boolean[r]) {
            pick[r] = (uint16_t)(condition + 1);
        }
    }
}

static orch_status case_eval(const struct orch_expr *e, struct orch_eval *ev,
                             const struct orch_vector *args, struct orch_vector *out)
{
    size_t n = (size_t)ev->rows + 1, otherwise = e->n_args - 1;
    uint16_t *pick = orch_arena_array(ev->arena, n, sizeof *pick);
    uint32_t *failed = orch_arena_array(ev->arena, n, sizeof *failed);
    uint32_t *fail = NULL;

    if (pick == NULL || failed == NULL)
        return ORCH_ENOMEM;
    for (size_t i = 0; i < otherwise; i += 2)
        case_try(args, i, ev->rows, otherwise, pick, failed);
    for (int64_t r = 0; r < ev->rows; r++) {
        if (pick[r] == 0)
            pick[r] = (uint16_t)otherwise;
    }
    out->type = e->type;
    /* conditions are never picked: only the branches, all of one type, are read */
    if (!orch_vector_pick(ev, args, e->n_args, pick, out))
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        if (failed[r] != 0 && !orch_vector_set_fail(ev, out, &fail, r, failed[r]))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

/* ---- greatest, least ---------------------------------------------------------------------- */

static orch_status extreme_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    size_t *index = orch_arena_array(c->arena, e->n_args, sizeof *index);
    orch_status st;

    if (e->n_args > UINT16_MAX)
        return orch_error_set(err, ORCH_ECONFIG, "%s has too many values", e->op->name);
    if (index == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
    for (size_t i = 0; i < e->n_args; i++)
        index[i] = i;
    st = orch_expr_unify(e, index, e->n_args, c, &e->type, err);
    if (st != ORCH_OK)
        return st;
    if (e->type != ORCH_TYPE_NULL && e->type != ORCH_TYPE_BOOLEAN && e->type != ORCH_TYPE_BINARY)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "%s needs values that have an order, not %s", e->op->name,
                   orch_type_name(e->type));
    orch_error_hint(err, "numbers, text, dates and timestamps have one");
    return ORCH_ECONFIG;
}

static bool text_less(struct orch_str a, struct orch_str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n == 0 ? 0 : memcmp(a.ptr, b.ptr, n);

    return order != 0 ? order < 0 : a.len < b.len;
}

static bool less(const struct orch_vector *a, const struct orch_vector *b, int64_t r)
{
    switch (a->type) {
    case ORCH_TYPE_NUMBER: return a->of.number[r] < b->of.number[r];
    case ORCH_TYPE_TEXT: return text_less(a->of.text[r], b->of.text[r]);
    default: return a->of.integer[r] < b->of.integer[r];
    }
}

static orch_status extreme_eval(const struct orch_expr *e, struct orch_eval *ev,
                                const struct orch_vector *args, struct orch_vector *out)
{
    uint16_t *pick = orch_arena_array(ev->arena, (size_t)ev->rows + 1, sizeof *pick);
    struct orch_vector strict = {0};
    bool greatest = e->op->name[0] == 'g';

    if (pick == NULL || !orch_vector_combine(ev, args, e->n_args, &strict))
        return ORCH_ENOMEM;
    for (size_t i = 1; i < e->n_args; i++) {
        for (int64_t r = 0; r < ev->rows; r++) {
            const struct orch_vector *best = &args[pick[r]];
            if (greatest ? less(best, &args[i], r) : less(&args[i], best, r))
                pick[r] = (uint16_t)i;
        }
    }
    out->type = e->type;
    if (!orch_vector_pick(ev, args, e->n_args, pick, out))
        return ORCH_ENOMEM;
    out->null = strict.null;
    out->fail = strict.fail;
    return ORCH_OK;
}

const struct orch_op orch_ops_logic[] = {
    { "and", "v", "a & b: false when one is false, whatever the other", boolean_check,
      and_or_eval },
    { "or", "v", "a | b: true when one is true, whatever the other", boolean_check, and_or_eval },
    { "not", "", "~a: true where it is false", boolean_check, not_eval },
    { "is_null", "", "Whether there is no value", is_null_check, is_null_eval },
    { "case", "", "The value behind the first condition that is true", case_check, case_eval },
    { "greatest", "v*", "The greatest of several values; null if one is", extreme_check,
      extreme_eval },
    { "least", "v*", "The least of several values; null if one is", extreme_check, extreme_eval },
    { NULL, NULL, NULL, NULL, NULL },
};
