/* SPDX-License-Identifier: Apache-2.0 */
/* A plan: the steps of a pipeline, checked against the source's columns, run a batch at a time.
 *
 * Books: of the rows given to orch_plan_run,
 *     rows in + added = rows out + filtered + rejected
 * where `added` counts the rows beyond the first that an `each` step emits for one row. */
#ifndef ORCH_ENGINE_PLAN_H
#define ORCH_ENGINE_PLAN_H

#include "engine/expression.h"

enum orch_step_kind { ORCH_STEP_SELECT, ORCH_STEP_WHERE, ORCH_STEP_EACH };

/* A named output of a select step, in the script's order. */
struct orch_output {
    const char *name;
    struct orch_expr *expr;
};

struct orch_emit;

/* A row function (the script layer implements it in Lua). It is called once a batch. */
struct orch_row_function {
    void *ctx;
    /* For row r of the arguments: emits any number of rows through orch_emit, or fails the row. */
    orch_status (*run)(void *ctx, struct orch_eval *ev, const struct orch_vector *args,
                       size_t n_args, int64_t rows, struct orch_emit *emit, orch_error *err);
};

/* Collects what a row function gives back. */
struct orch_emit;
/* One output row from input row `row`; values in the order of the step's outputs, each null or of
 * the declared type (integer for number is converted). Text is copied. ORCH_EINVAL names the value
 * that does not fit. */
orch_status orch_emit_row(struct orch_emit *emit, int64_t row, const struct orch_value *values,
                          orch_error *err);
/* Input row `row` is rejected with this message. */
orch_status orch_emit_reject(struct orch_emit *emit, int64_t row, const char *rule,
                             const char *message);

struct orch_step {
    enum orch_step_kind kind;
    const char *place;
    /* select: outputs. each: expr of an output is NULL, types below give the declared types. */
    struct orch_output *outputs;
    size_t n_outputs;
    enum orch_type *types;             /* each only */
    struct orch_expr *condition;       /* where */
    struct orch_expr **args;           /* each: what the function gets */
    size_t n_args;
    struct orch_row_function function; /* each */
};

struct orch_plan;

/* A rejected row, in terms of the source batch. */
struct orch_plan_reject {
    int64_t source_row;
    const char *rule;
    const char *message;
    const char *column; /* source column, or the output's name when there is none, or NULL */
    struct orch_str raw;
};

struct orch_plan_result {
    struct orch_frame frame; /* in the batch arena: valid until the next run */
    int64_t added;
    int64_t filtered;
    const struct orch_plan_reject *rejects;
    size_t n_rejects;
};

/* Checks all steps. `steps` and `source` are borrowed for the plan's life. */
orch_status orch_plan_new(const struct orch_fields *source, struct orch_step *steps, size_t n_steps,
                          orch_status (*secret)(const char *, struct orch_text *, orch_error *),
                          struct orch_plan **out, orch_error *err);
void orch_plan_free(struct orch_plan *p);

/* Per source field: does any step read it? Without a select or each step all are used. */
const uint8_t *orch_plan_used(const struct orch_plan *p);
/* Fields of the rows that come out. */
const struct orch_fields *orch_plan_fields(const struct orch_plan *p);

/* Runs one batch. `in` has exactly the used source fields (orch_plan_used), in source order. */
orch_status orch_plan_run(struct orch_plan *p, const struct orch_frame *in,
                          struct orch_plan_result *out, orch_error *err);

#endif
