/* SPDX-License-Identifier: Apache-2.0 */
/* Collects the rejects of a run from source and plan: counts them by reason, stops at the limit,
 * and hands them on in batches of the table orchestra_reject. Thread-safe.
 *
 * A column that the script pseudonymises identifies people: its values appear in no reject, and
 * the raw text of a record that the source refused is withheld when the pipeline has one. */
#ifndef ORCH_RUN_REJECTS_H
#define ORCH_RUN_REJECTS_H

#include "run/run.h"

struct orch_rejects;

/* Takes the batch in every case; false: nobody takes batches any more. */
typedef bool (*orch_rejects_sink)(void *ctx, struct ArrowArray *batch);

struct orch_rejects_setup {
    const char *run;
    const char *pipeline;
    struct orch_reject_limit limit;
    const struct orch_inputs *inputs; /* NULL: the source has none */
    const char *const *personal;      /* source columns */
    size_t n_personal;
    orch_rejects_sink sink;
    void *sink_ctx;
};

orch_status orch_rejects_new(const struct orch_rejects_setup *setup, struct orch_rejects **out,
                             orch_error *err);
void orch_rejects_free(struct orch_rejects *r);

/* Does the sink take batches now? Before, rows are kept; a source may reject while it opens. */
void orch_rejects_open(struct orch_rejects *r, bool open);
/* From the source. ORCH_ECANCELLED once the limit is passed. */
orch_status orch_rejects_add_source(struct orch_rejects *r, const orch_reject *reject);
/* From the plan: the row of `frame`, which stood at `origin`. */
orch_status orch_rejects_add_plan(struct orch_rejects *r, const struct orch_plan_reject *reject,
                                  const struct orch_frame *frame,
                                  const struct orch_origin *origin);
/* Hands on what has not been yet. */
orch_status orch_rejects_flush(struct orch_rejects *r);

int64_t orch_rejects_count(const struct orch_rejects *r);
int64_t orch_rejects_source_count(const struct orch_rejects *r);
/* Is the count past the limit (percentages: of `read` records)? ORCH_EDATA then. */
orch_status orch_rejects_check(const struct orch_rejects *r, int64_t read, bool complete,
                               orch_error *err);
/* The reasons, most frequent first; the caller frees *out. */
orch_status orch_rejects_reasons(const struct orch_rejects *r, struct orch_reason **out, size_t *n);
/* The first rejects (1,000 at most) again, for the ledger of a run that failed; release it. */
orch_status orch_rejects_sample(struct orch_rejects *r, struct ArrowArray *out);
const struct ArrowSchema *orch_rejects_schema(const struct orch_rejects *r);

#endif
