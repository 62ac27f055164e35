/* SPDX-License-Identifier: Apache-2.0 */
/* One operation on a column "x" (and literals), checked and evaluated over a few rows. */
#ifndef CONVERSION_FIXTURE_H
#define CONVERSION_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "engine/expression.h"

enum { FIXTURE_ROWS = 64 };

struct fixture {
    struct orch_arena plan, batch;
    struct orch_check check;
    struct orch_field field;
    struct orch_fields fields;
    uint8_t used[1];
    struct orch_vector column;
    struct orch_frame frame;
    struct orch_eval ev;
    struct orch_expr *e;
    struct orch_vector out;
    orch_error err;
};

static inline void fixture_open(struct fixture *f, const char *op, enum orch_type type)
{
    memset(f, 0, sizeof *f);
    f->err.struct_size = sizeof f->err;
    f->field = (struct orch_field){ .name = "x", .type = type };
    f->fields = (struct orch_fields){ &f->field, 1 };
    f->check = (struct orch_check){ .arena = &f->plan, .fields = &f->fields, .used = f->used };
    assert_non_null(orch_op_find(op));
    f->e = orch_expr_new(&f->plan, orch_op_find(op), "test.lua:1");
    assert_true(orch_expr_add_arg(&f->plan, f->e, orch_expr_column(&f->plan, "x", "test.lua:1")));
}

static inline void fixture_close(struct fixture *f)
{
    for (size_t i = 0; i < f->check.cleanups.len; i++)
        f->check.cleanups.items[i].free(f->check.cleanups.items[i].what);
    free(f->check.cleanups.items);
    free(f->ev.failures.items);
    orch_arena_release(&f->batch);
    orch_arena_release(&f->plan);
}

/* ---- parameters (key NULL: positional) and further arguments ------------------------------ */

static inline void fixture_text(struct fixture *f, const char *key, const char *z)
{
    struct orch_value v = { .type = ORCH_TYPE_TEXT, .text = orch_str_from(z) };
    assert_true(orch_expr_add_param(&f->plan, f->e, key, &v));
}

static inline void fixture_int(struct fixture *f, const char *key, int64_t n)
{
    struct orch_value v = { .type = ORCH_TYPE_INTEGER, .integer = n };
    assert_true(orch_expr_add_param(&f->plan, f->e, key, &v));
}

static inline void fixture_flag(struct fixture *f, const char *key, bool flag)
{
    struct orch_value v = { .type = ORCH_TYPE_BOOLEAN, .boolean = flag };
    assert_true(orch_expr_add_param(&f->plan, f->e, key, &v));
}

static inline void fixture_nil(struct fixture *f, const char *key)
{
    struct orch_value v = { .type = ORCH_TYPE_NULL };
    assert_true(orch_expr_add_param(&f->plan, f->e, key, &v));
}

/* Words separated by '|'. */
static inline void fixture_list(struct fixture *f, const char *key, const char *words)
{
    struct orch_item items[16];
    struct orch_value v = { .type = ORCH_TYPE_LIST, .items = items };

    memset(items, 0, sizeof items);
    while (*words != '\0') {
        size_t len = strcspn(words, "|");
        items[v.n_items].key = (struct orch_value){ .type = ORCH_TYPE_INTEGER,
                                                    .integer = (int64_t)v.n_items + 1 };
        items[v.n_items].value = (struct orch_value){ .type = ORCH_TYPE_TEXT,
                                                      .text = { words, len } };
        v.n_items++;
        words += len + (words[len] == '|');
    }
    assert_true(orch_expr_add_param(&f->plan, f->e, key, &v));
}

static inline void fixture_literal(struct fixture *f, const struct orch_value *v)
{
    assert_true(orch_expr_add_arg(&f->plan, f->e, orch_expr_literal(&f->plan, v, "test.lua:1")));
}

static inline void fixture_integer(struct fixture *f, int64_t n)
{
    struct orch_value v = { .type = ORCH_TYPE_INTEGER, .integer = n };
    fixture_literal(f, &v);
}

/* ---- running ------------------------------------------------------------------------------ */

static inline void fixture_accept(struct fixture *f)
{
    if (orch_expr_check(f->e, &f->check, &f->err) != ORCH_OK)
        fail_msg("%s | %s | %s", f->err.message, f->err.detail, f->err.hint);
}

static inline void fixture_refuse(struct fixture *f, const char *message)
{
    assert_int_equal(orch_expr_check(f->e, &f->check, &f->err), ORCH_ECONFIG);
    assert_string_equal(f->err.message, message);
}

static inline void fixture_feed(struct fixture *f, const void *values, const uint8_t *null,
                                int64_t rows)
{
    f->column = (struct orch_vector){ .type = f->field.type, .null = null, .of.any = values };
    f->frame = (struct orch_frame){ .fields = &f->fields, .columns = &f->column, .rows = rows };
    f->ev.arena = &f->batch;
    f->ev.rows = rows;
    f->ev.frame = &f->frame;
    f->ev.failures.len = 0;
    f->ev.memo = NULL;
    f->ev.memo_set = NULL;
    f->ev.n_memo = 0;
}

static inline void fixture_run(struct fixture *f, const void *values, const uint8_t *null,
                               int64_t rows)
{
    fixture_feed(f, values, null, rows);
    assert_int_equal(orch_expr_eval(f->e, &f->ev, &f->out), ORCH_OK);
}

/* Checks and evaluates while allocation n fails; false once there are fewer than n. */
static inline bool fixture_starve(struct fixture *f, long n, const char *const *texts)
{
    struct orch_str rows[FIXTURE_ROWS];
    size_t count = 0;

    for (; texts[count] != NULL; count++)
        rows[count] = orch_str_from(texts[count]);
    orch_alloc_fail_at(n);
    orch_status st = orch_expr_check(f->e, &f->check, &f->err);
    if (st == ORCH_OK) {
        fixture_feed(f, rows, NULL, (int64_t)count);
        st = orch_expr_eval(f->e, &f->ev, &f->out);
    }
    bool starved = orch_alloc_count() >= n;
    orch_alloc_fail_at(0);
    if (!starved)
        assert_int_equal(st, ORCH_OK);
    else if (st != ORCH_OK)
        assert_int_equal(st, ORCH_ENOMEM);
    return starved;
}

/* Texts up to a NULL. They are copied to exact length, so that reading past one is seen. */
static inline void fixture_run_texts(struct fixture *f, const char *const *texts)
{
    struct orch_str *rows = orch_arena_array(&f->batch, FIXTURE_ROWS, sizeof *rows);
    char *copies[FIXTURE_ROWS];
    size_t n = 0;

    for (; texts[n] != NULL; n++) {
        assert_true(n < FIXTURE_ROWS);
        rows[n].len = strlen(texts[n]);
        copies[n] = malloc(rows[n].len + 1);
        memcpy(copies[n], texts[n], rows[n].len);
        rows[n].ptr = copies[n];
    }
    fixture_run(f, rows, NULL, (int64_t)n);
    for (size_t i = 0; i < n; i++) {
        /* results may be views of the texts: keep what the tests read afterwards */
        rows[i] = orch_arena_str(&f->batch, rows[i]);
        free(copies[i]);
    }
}

static inline void fixture_run_text(struct fixture *f, const char *text)
{
    fixture_run_texts(f, (const char *const[]){ text, NULL });
}

static inline void fixture_run_int(struct fixture *f, int64_t value)
{
    int64_t *values = orch_arena_array(&f->batch, 1, sizeof *values);

    values[0] = value;
    fixture_run(f, values, NULL, 1);
}

static inline void fixture_run_number(struct fixture *f, double value)
{
    double *values = orch_arena_array(&f->batch, 1, sizeof *values);

    values[0] = value;
    fixture_run(f, values, NULL, 1);
}

/* ---- results ------------------------------------------------------------------------------ */

/* NULL when the row did not fail. */
static inline const struct orch_failure *fixture_failure(const struct fixture *f, int64_t row)
{
    if (f->out.fail == NULL || f->out.fail[row] == 0)
        return NULL;
    assert_true(f->out.fail[row] <= f->ev.failures.len);
    return &f->ev.failures.items[f->out.fail[row] - 1];
}

static inline bool fixture_is_null(const struct fixture *f, int64_t row)
{
    return f->out.null != NULL && f->out.null[row] != 0;
}

static inline void fixture_present(const struct fixture *f, int64_t row)
{
    const struct orch_failure *failure = fixture_failure(f, row);

    if (failure != NULL)
        fail_msg("row %d: %s", (int)row, failure->message);
    assert_false(fixture_is_null(f, row));
}

static inline void fixture_failed(const struct fixture *f, int64_t row, const char *rule,
                                  const char *message)
{
    const struct orch_failure *failure = fixture_failure(f, row);

    if (failure == NULL)
        fail_msg("row %d did not fail: %s", (int)row, message);
    assert_string_equal(failure->message, message);
    assert_string_equal(failure->rule, rule);
    assert_string_equal(failure->column, "x");
}

/* "2025-03-30T01:00:00Z" */
static inline const char *fixture_instant(const struct fixture *f, int64_t row)
{
    static char text[40];

    fixture_present(f, row);
    text[orch_format_timestamp(f->out.of.integer[row], text)] = '\0';
    return text;
}

static inline const char *fixture_date(const struct fixture *f, int64_t row)
{
    static char text[16];

    fixture_present(f, row);
    text[orch_format_date(f->out.of.integer[row], text)] = '\0';
    return text;
}

#endif
