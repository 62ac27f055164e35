/* SPDX-License-Identifier: Apache-2.0 */
/* A few rows of columns, and expressions over them, in the words of a script. */
#ifndef ENGINE_BUILD_H
#define ENGINE_BUILD_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "engine/plan.h"

enum { BUILD_COLUMNS = 8 };

struct build {
    struct orch_arena plan, batch;
    struct orch_field items[BUILD_COLUMNS];
    struct orch_fields fields;
    uint8_t used[BUILD_COLUMNS];
    struct orch_vector columns[BUILD_COLUMNS];
    struct orch_frame frame;
    struct orch_check check;
    struct orch_eval ev;
    orch_error err;
};

static inline void build_open(struct build *b, int64_t rows)
{
    memset(b, 0, sizeof *b);
    b->err.struct_size = sizeof b->err;
    b->fields.items = b->items;
    b->frame = (struct orch_frame){ &b->fields, b->columns, rows, NULL };
    b->check = (struct orch_check){ .arena = &b->plan, .fields = &b->fields, .used = b->used };
    b->ev = (struct orch_eval){ .arena = &b->batch, .rows = rows, .frame = &b->frame };
}

static inline void build_close(struct build *b)
{
    for (size_t i = 0; i < b->check.cleanups.len; i++)
        b->check.cleanups.items[i].free(b->check.cleanups.items[i].what);
    free(b->check.cleanups.items);
    free(b->ev.failures.items);
    orch_arena_release(&b->batch);
    orch_arena_release(&b->plan);
}

/* ---- columns ------------------------------------------------------------------------------ */

static inline struct orch_vector *build_column(struct build *b, const char *name,
                                               enum orch_type type)
{
    size_t i = b->fields.len++;

    assert_true(i < BUILD_COLUMNS);
    b->items[i] = (struct orch_field){ .name = name, .type = type };
    b->columns[i].type = type;
    return &b->columns[i];
}

/* NULL is a null. */
static inline void build_text(struct build *b, const char *name, const char *const *z)
{
    struct orch_vector *v = build_column(b, name, ORCH_TYPE_TEXT);
    struct orch_str *values = orch_arena_array(&b->plan, (size_t)b->frame.rows, sizeof *values);
    uint8_t *null = orch_arena_array(&b->plan, (size_t)b->frame.rows, 1);
    bool any = false;

    for (int64_t r = 0; r < b->frame.rows; r++) {
        values[r] = z[r] != NULL ? orch_str_from(z[r]) : ORCH_STR("");
        null[r] = z[r] == NULL;
        any = any || null[r];
    }
    v->of.text = values;
    v->null = any ? null : NULL;
}

static inline void build_any(struct build *b, const char *name, enum orch_type type,
                             const void *values)
{
    build_column(b, name, type)->of.any = values;
}

static inline ptrdiff_t build_at(struct build *b, const char *name)
{
    ptrdiff_t at = orch_fields_find(&b->fields, name);

    assert_true(at >= 0);
    return at;
}

static inline void build_null(struct build *b, const char *name, int64_t row)
{
    struct orch_vector *v = &b->columns[build_at(b, name)];

    ((uint8_t *)orch_vector_own_null(&b->ev, v))[row] = 1;
}

/* The value of a row did not convert: rule "broken". */
static inline void build_fail(struct build *b, const char *name, int64_t row)
{
    struct orch_vector *v = &b->columns[build_at(b, name)];
    uint32_t *fail = orch_vector_own_fail(&b->ev, v);

    fail[row] = orch_eval_fail(&b->ev, "broken", name, ORCH_STR("?"), "broken %s", name);
}

/* ---- expressions -------------------------------------------------------------------------- */

static inline struct orch_expr *col(struct build *b, const char *name)
{
    return orch_expr_column(&b->plan, name, "test.lua:1");
}

static inline struct orch_expr *lit(struct build *b, struct orch_value v)
{
    return orch_expr_literal(&b->plan, &v, "test.lua:2");
}

static inline struct orch_value val_int(int64_t n)
{
    return (struct orch_value){ .type = ORCH_TYPE_INTEGER, .integer = n };
}

static inline struct orch_value val_num(double x)
{
    return (struct orch_value){ .type = ORCH_TYPE_NUMBER, .number = x };
}

static inline struct orch_value val_text(const char *z)
{
    return (struct orch_value){ .type = ORCH_TYPE_TEXT, .text = orch_str_from(z) };
}

static inline struct orch_value val_bool(bool x)
{
    return (struct orch_value){ .type = ORCH_TYPE_BOOLEAN, .boolean = x };
}

static inline struct orch_value val_nil(void)
{
    return (struct orch_value){ .type = ORCH_TYPE_NULL };
}

/* An operation on expressions; NULL ends them. */
static inline struct orch_expr *call(struct build *b, const char *name, ...)
{
    const struct orch_op *op = orch_op_find(name);
    struct orch_expr *e, *arg;
    va_list args;

    assert_non_null(op);
    e = orch_expr_new(&b->plan, op, "test.lua:3");
    va_start(args, name);
    while ((arg = va_arg(args, struct orch_expr *)) != NULL)
        assert_true(orch_expr_add_arg(&b->plan, e, arg));
    va_end(args);
    return e;
}

static inline struct orch_expr *with(struct build *b, struct orch_expr *e, struct orch_value v)
{
    assert_true(orch_expr_add_param(&b->plan, e, NULL, &v));
    return e;
}

static inline struct orch_expr *with_int(struct build *b, struct orch_expr *e, int64_t n)
{
    return with(b, e, val_int(n));
}

static inline struct orch_expr *with_text(struct build *b, struct orch_expr *e, const char *z)
{
    return with(b, e, val_text(z));
}

/* A list of n items: keys NULL for a sequence. */
static inline struct orch_expr *with_list(struct build *b, struct orch_expr *e,
                                          const struct orch_value *keys,
                                          const struct orch_value *values, size_t n)
{
    struct orch_item items[8];
    struct orch_value list = { .type = ORCH_TYPE_LIST, .items = items, .n_items = n };

    assert_true(n <= 8);
    for (size_t i = 0; i < n; i++) {
        items[i].key = keys != NULL ? keys[i] : val_int((int64_t)i + 1);
        items[i].value = values[i];
    }
    return with(b, e, list);
}

/* ---- what comes out ----------------------------------------------------------------------- */

static inline struct orch_vector run(struct build *b, struct orch_expr *e)
{
    struct orch_vector out = {0};
    orch_status st = orch_expr_check(e, &b->check, &b->err);

    if (st != ORCH_OK)
        print_error("%s / %s / %s\n", b->err.message, b->err.detail, b->err.hint);
    assert_int_equal(st, ORCH_OK);
    assert_int_equal(orch_expr_eval(e, &b->ev, &out), ORCH_OK);
    assert_int_equal(out.type, e->type);
    return out;
}

static inline void refuse(struct build *b, struct orch_expr *e, const char *message,
                          const char *detail, const char *hint)
{
    assert_int_equal(orch_expr_check(e, &b->check, &b->err), ORCH_ECONFIG);
    assert_string_equal(b->err.message, message);
    if (detail != NULL)
        assert_string_equal(b->err.detail, detail);
    if (hint != NULL)
        assert_string_equal(b->err.hint, hint);
    assert_int_equal(orch_expr_check(e, &b->check, NULL), ORCH_ECONFIG);
}

static inline void is_null(const struct orch_vector *v, int64_t row)
{
    assert_true(v->fail == NULL || v->fail[row] == 0);
    assert_true(v->null != NULL && v->null[row]);
}

static inline void is_text(const struct orch_vector *v, int64_t row, const char *z)
{
    char text[256];

    assert_int_equal(v->type, ORCH_TYPE_TEXT);
    assert_true(orch_vector_present(v, row));
    assert_true(v->of.text[row].len < sizeof text);
    memcpy(text, v->of.text[row].ptr, v->of.text[row].len);
    text[v->of.text[row].len] = '\0';
    assert_string_equal(text, z);
}

static inline void is_int(const struct orch_vector *v, int64_t row, int64_t n)
{
    assert_int_equal(v->type, ORCH_TYPE_INTEGER);
    assert_true(orch_vector_present(v, row));
    assert_int_equal(v->of.integer[row], n);
}

static inline void is_num(const struct orch_vector *v, int64_t row, double x)
{
    assert_int_equal(v->type, ORCH_TYPE_NUMBER);
    assert_true(orch_vector_present(v, row));
    assert_true(v->of.number[row] == x);
}

static inline void is_bool(const struct orch_vector *v, int64_t row, bool x)
{
    assert_int_equal(v->type, ORCH_TYPE_BOOLEAN);
    assert_true(orch_vector_present(v, row));
    assert_int_equal(v->of.boolean[row], x);
}

static inline void is_failed(struct build *b, const struct orch_vector *v, int64_t row,
                             const char *rule, const char *message)
{
    assert_true(v->fail != NULL && v->fail[row] != 0);
    assert_string_equal(b->ev.failures.items[v->fail[row] - 1].rule, rule);
    assert_string_equal(b->ev.failures.items[v->fail[row] - 1].message, message);
}

#endif
