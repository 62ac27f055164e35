/* SPDX-License-Identifier: Apache-2.0 */
/* Plans over the columns of a build. */
#ifndef ENGINE_PLAN_BUILD_H
#define ENGINE_PLAN_BUILD_H

#include "build.h"

#define STEPS(...) (struct orch_step[]){ __VA_ARGS__ }, \
                   sizeof((struct orch_step[]){ __VA_ARGS__ }) / sizeof(struct orch_step)

/* Four rows: a text, an integer and a column nobody reads. */
static inline void four_rows(struct build *b)
{
    static const int64_t numbers[] = { 1, 20, 3, 40 };

    build_open(b, 4);
    build_text(b, "name", (const char *[]){ " a ", "b", NULL, "d" });
    build_any(b, "n", ORCH_TYPE_INTEGER, numbers);
    build_text(b, "unused", (const char *[]){ "", "", "", "" });
}

static inline struct orch_plan *plan_of(struct build *b, struct orch_step *steps, size_t n)
{
    struct orch_plan *p = NULL;
    orch_status st = orch_plan_new(&b->fields, steps, n, NULL, &p, &b->err);

    if (st != ORCH_OK)
        print_error("%s / %s / %s\n", b->err.message, b->err.detail, b->err.hint);
    assert_int_equal(st, ORCH_OK);
    return p;
}

static inline void plan_refused(struct build *b, struct orch_step *steps, size_t n,
                                const char *message, const char *detail)
{
    struct orch_plan *p = NULL;

    assert_int_equal(orch_plan_new(&b->fields, steps, n, NULL, &p, &b->err), ORCH_ECONFIG);
    assert_null(p);
    assert_string_equal(b->err.message, message);
    assert_string_equal(b->err.detail, detail);
}

/* Runs the columns that the plan uses. */
static inline orch_status plan_try(struct build *b, struct orch_plan *p,
                                   struct orch_plan_result *out)
{
    static struct orch_vector columns[BUILD_COLUMNS]; /* borrowed by the result */
    struct orch_frame in = { NULL, columns, b->frame.rows, NULL };
    size_t n = 0;

    for (size_t i = 0; i < b->fields.len; i++) {
        if (orch_plan_used(p)[i])
            columns[n++] = b->columns[i];
    }
    return orch_plan_run(p, &in, out, &b->err);
}

static inline struct orch_plan_result plan_run(struct build *b, struct orch_plan *p)
{
    struct orch_plan_result r = {0};

    assert_int_equal(plan_try(b, p, &r), ORCH_OK);
    assert_int_equal(b->frame.rows + r.added,
                     r.frame.rows + r.filtered + (int64_t)r.n_rejects);
    return r;
}

static inline struct orch_step select_step(struct orch_output *outputs, size_t n)
{
    return (struct orch_step){ .kind = ORCH_STEP_SELECT, .place = "test.lua:9",
                               .outputs = outputs, .n_outputs = n };
}

static inline struct orch_step where_step(struct orch_expr *condition)
{
    return (struct orch_step){ .kind = ORCH_STEP_WHERE, .place = "test.lua:10",
                               .condition = condition };
}

static inline void is_reject(const struct orch_plan_reject *r, int64_t row, const char *rule,
                             const char *message, const char *column)
{
    assert_int_equal(r->source_row, row);
    assert_string_equal(r->rule, rule);
    assert_string_equal(r->message, message);
    if (column != NULL)
        assert_string_equal(r->column, column);
    else
        assert_null(r->column);
}

/* Row with n: emits n % 4 rows (n, "text"); n 3 is rejected afterwards. */
static inline orch_status emit_some(void *ctx, struct orch_eval *ev,
                                    const struct orch_vector *args, size_t n_args, int64_t rows,
                                    struct orch_emit *emit, orch_error *err)
{
    (void)ctx;
    (void)ev;
    assert_int_equal(n_args, 1);
    assert_null(args[0].fail);
    for (int64_t r = 0; r < rows; r++) {
        int64_t n = args[0].of.integer[r];
        for (int64_t i = 0; i < n % 4; i++) {
            char text[] = "t?";
            text[1] = (char)('0' + i);
            struct orch_value values[] = { val_int(n), i == 1 ? val_nil() : val_text(text) };
            orch_status st = orch_emit_row(emit, r, values, err);
            if (st != ORCH_OK)
                return st;
        }
        if (n == 3 && orch_emit_reject(emit, r, "each", "three is too many") != ORCH_OK)
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

static inline struct orch_step each_step(struct orch_expr **args, size_t n)
{
    static enum orch_type types[] = { ORCH_TYPE_NUMBER, ORCH_TYPE_TEXT };
    static struct orch_output outputs[] = { { "n", NULL }, { "t", NULL } };

    return (struct orch_step){ .kind = ORCH_STEP_EACH, .place = "test.lua:11",
                               .outputs = outputs, .n_outputs = 2, .types = types,
                               .args = args, .n_args = n, .function = { NULL, emit_some } };
}

#endif
