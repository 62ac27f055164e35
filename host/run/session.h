/* SPDX-License-Identifier: Apache-2.0 */
/* What a run holds while it works; private to the run layer. */
#ifndef ORCH_RUN_SESSION_H
#define ORCH_RUN_SESSION_H

#include <stdatomic.h>

#include "run/ends.h"
#include "run/ledger.h"
#include "run/personal.h"
#include "run/rejects.h"
#include "run/run.h"
#include "run/stream.h"

struct orch_session {
    struct orch_registry *registry;
    const struct orch_run_request *request;
    struct orch_run_report *report;
    struct orch_isolation isolation;
    struct orch_script *script;
    const struct orch_pipeline *pipeline;
    struct orch_opened source;
    struct orch_opened destination;
    struct orch_hooks source_hooks;
    struct orch_personal personal;
    struct orch_rejects *rejects;
    struct orch_stream *stream;
    struct orch_plan *plan;
    struct orch_arena arena;         /* the run's */
    struct orch_arena batch_arena;
    struct orch_fields columns;      /* of the source, all */
    struct orch_fields used;         /* those the plan reads */
    struct ArrowSchema reader_schema;
    struct ArrowSchema output_schema;
    orch_reader *reader;
    orch_writer *writer;
    atomic_bool stop;                /* the source is to stop: limit or failure */
    bool target_new;                 /* created in this run's transaction */
    bool limited;                    /* --limit cut the input */
    bool committing;                 /* the destination was asked to: it may have done so */
    bool begun;                      /* the transaction for the rows was */
    bool lock_held;                  /* it was not: another run holds the pipeline */
    struct orch_run_report *doubtful; /* of an attempt before, which may have committed; NULL */
    int64_t start_us;                /* of the run, monotonic */
    int64_t cpu_before_us;           /* of workers of the attempts before */
    char fingerprint[65];
    struct orch_last_run last;
    struct orch_position position;   /* of the source, after all that was read */
};

/* The stream's middle: reads, plans, writes until the source ends. Fills the books. */
orch_status orch_session_stream(struct orch_session *s, orch_error *err);

/* Starts the source's worker, which opens the connector while the host does something else. */
orch_status orch_session_start(struct orch_session *s, orch_error *err);
/* Opens the source, started or not, and checks the plan. */
orch_status orch_session_plan(struct orch_session *s, orch_error *err);
/* Starts the reader. */
orch_status orch_session_read(struct orch_session *s, orch_error *err);

/* Rolls back what is not committed. */
void orch_session_end_writer(struct orch_session *s);
/* A batch of the source as a frame in the batch arena, checked unless a proxy did; forgets the
 * batch before. */
orch_status orch_session_take(struct orch_session *s, const struct ArrowArray *array,
                              const orch_batch_info *info, struct orch_frame *frame,
                              struct orch_origin *origin, orch_error *err);
/* Runs the plan over it; an error names the record of the input. */
orch_status orch_session_apply(struct orch_session *s, const struct orch_frame *frame,
                               const struct orch_origin *origin, struct orch_plan_result *result,
                               orch_error *err);

/* Notes where it failed, unless it did not. Returns st. */
orch_status orch_session_fail(struct orch_session *s, enum orch_stage stage, orch_status st);
/* Times and memory up to now, into the report. */
void orch_session_measure(struct orch_session *s);

/* Takes the secrets of both ends out of an error's texts. */
void orch_session_redact(const struct orch_session *s, orch_error *err);
/* Sets the stage of a failure that is a connector's own: it crashed, hung or lied. */
void orch_session_blame(struct orch_session *s);
/* Ends, closes and frees whatever is there. */
void orch_session_release(struct orch_session *s);

#endif
