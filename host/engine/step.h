/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of a plan, for plan.c, the steps and emit.c. */
#ifndef ORCH_ENGINE_STEP_H
#define ORCH_ENGINE_STEP_H

#include "base/map.h"
#include "base/vec.h"
#include "engine/kernel.h"
#include "engine/plan.h"

/* A checked step. Its trees are copies: a script may use one expression in several steps, where
 * the same name can mean another column. */
struct orch_stage {
    const struct orch_step *step;
    const struct orch_fields *in;  /* what names mean here */
    const char *const *in_origins; /* per field of `in`: the source column it comes from */
    struct orch_expr **exprs;      /* outputs of a select, condition of a where, args of an each */
    size_t n_exprs;
    struct orch_fields out;        /* of the rows that leave; a where hands `in` on */
    const char **out_origins;
    struct orch_fields arg_fields; /* each only: nameless columns for its arguments */
};

struct orch_plan {
    struct orch_arena arena; /* lives as long as the plan */
    struct orch_check check;
    const struct orch_fields *source;
    const struct orch_fields *output;
    struct orch_fields input; /* the used ones of source */
    uint8_t *used;
    struct orch_stage *stages;
    size_t n_stages;
    /* one batch */
    struct orch_arena batch;
    struct orch_eval eval;
    ORCH_VEC(struct orch_plan_reject) rejects;
    int64_t added;
    int64_t filtered;
};

/* ---- what steps share (plan.c) ------------------------------------------------------------ */

/* Copies and checks the tree of expression i of the stage. */
orch_status orch_stage_check_expr(struct orch_plan *p, struct orch_stage *s, struct orch_map *done,
                                  size_t i, const struct orch_expr *e, orch_error *err);
/* Names of outputs are there and differ; makes room in out and out_origins. */
orch_status orch_stage_check_outputs(struct orch_plan *p, struct orch_stage *s, orch_error *err);
/* The source column behind a name of the stage's input. */
const char *orch_stage_origin(const struct orch_stage *s, const char *name);
/* Rejects row `row` of `in` for a recorded failure. false: out of memory. */
bool orch_plan_reject_failure(struct orch_plan *p, const struct orch_stage *s,
                              const struct orch_frame *in, int64_t row, uint32_t failure,
                              const char *output);
orch_status orch_plan_no_memory(orch_error *err);
/* The same for a batch. */
orch_status orch_batch_no_memory(const struct orch_frame *in, orch_error *err);

/* ---- steps -------------------------------------------------------------------------------- */

orch_status orch_select_check(struct orch_plan *p, struct orch_stage *s, orch_error *err);
orch_status orch_select_run(struct orch_plan *p, const struct orch_stage *s,
                            const struct orch_frame *in, struct orch_frame *out, orch_error *err);
orch_status orch_where_check(struct orch_plan *p, struct orch_stage *s, orch_error *err);
orch_status orch_where_run(struct orch_plan *p, const struct orch_stage *s,
                           const struct orch_frame *in, struct orch_frame *out, orch_error *err);
orch_status orch_each_check(struct orch_plan *p, struct orch_stage *s, orch_error *err);
orch_status orch_each_run(struct orch_plan *p, const struct orch_stage *s,
                          const struct orch_frame *in, struct orch_frame *out, orch_error *err);

/* Evaluates all expressions of the stage; *keep gets 0 for the rows that one of the vectors failed,
 * which are rejected, and their number is added to *dropped. *keep stays NULL when no vector has
 * failures; the vectors come back without them. */
orch_status orch_stage_eval(struct orch_plan *p, const struct orch_stage *s,
                            const struct orch_frame *in, struct orch_vector *columns,
                            uint8_t **keep, int64_t *dropped, orch_error *err);

/* ---- zero_bytes.c ------------------------------------------------------------------------- */

/* Rejects the rows of a source batch that hold a zero byte in a text and takes them out of
 * *frame. Costs nothing when no vector says that it has some. */
orch_status orch_plan_drop_zero_bytes(struct orch_plan *p, struct orch_frame *frame,
                                      orch_error *err);

/* ---- emit.c ------------------------------------------------------------------------------- */

/* In the batch arena; `in` has the rows that the function sees. NULL: out of memory. */
struct orch_emit *orch_emit_new(struct orch_plan *p, const struct orch_stage *s,
                                const struct orch_frame *in);
/* The emitted rows as a frame, and the books of the step. */
orch_status orch_emit_finish(struct orch_emit *emit, struct orch_frame *out, orch_error *err);

#endif
