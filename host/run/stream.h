/* SPDX-License-Identifier: Apache-2.0 */
/* Batches from a source to whoever makes rows of them, and these to a destination:
 *
 *     orch_stream_start(...)
 *     while (orch_stream_next(s, &batch)) { ... orch_stream_write(s, &frame, err) ... }
 *     orch_stream_finish(s, ...)      source and writer are the caller's again
 *
 * One thread does it all. What is done at the same time is done by the workers: each reads ahead
 * or works off what it was given, as far as the slots of its ring go (worker/ring.h). A connector
 * in this process works only when it is called: with both here, a run has one thread, which is what
 * a debugger and a profiler want. */
#ifndef ORCH_RUN_STREAM_H
#define ORCH_RUN_STREAM_H

#include "data/frame.h"
#include "plugin/registry.h"
#include "run/position.h"

struct orch_stream;

struct orch_stream_batch {
    struct ArrowArray array; /* the caller releases it */
    orch_batch_info info;    /* without the state */
};

/* Everything is borrowed until finish. */
orch_status orch_stream_start(const struct orch_loaded *source, orch_reader *reader,
                              const struct orch_loaded *destination, orch_writer *writer,
                              const struct ArrowSchema *ledger_schema, struct orch_stream **out,
                              orch_error *err);
/* The next batch; false at the end or when the source failed. */
bool orch_stream_next(struct orch_stream *s, struct orch_stream_batch *out);
/* Hands the rows of a frame to the destination: laid out where its worker reads them, or as a
 * batch. ORCH_ECANCELLED, without a word in *err: it takes no more. Other failures are the
 * frame's. */
orch_status orch_stream_write(struct orch_stream *s, const struct orch_frame *frame,
                              orch_error *err);
/* Hands over rows of `table`, whose schema is ledger_schema (taken in every case); false when the
 * destination takes no more. [any] */
bool orch_stream_ledger(struct orch_stream *s, const char *table, struct ArrowArray *batch);
/* Frees the stream. Gives the first failure of each end (ORCH_OK when none), and the position after
 * all that was read, which is the caller's. */
void orch_stream_finish(struct orch_stream *s, orch_error *source, orch_error *destination,
                        struct orch_position *position);

#endif
