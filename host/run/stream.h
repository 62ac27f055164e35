/* SPDX-License-Identifier: Apache-2.0 */
/* Moves batches from a source to a plan and from the plan to a destination, each end in a thread
 * of its own; a destination in a worker has one there and needs none here. The middle belongs to
 * the caller:
 *
 *     orch_stream_start(...)
 *     while (orch_stream_next(s, &batch)) { ... orch_stream_write(s, &frame, err) ... }
 *     orch_stream_finish(s, ...)      joins both threads: source and writer are the caller's again
 *
 * Queues are short (4 batches): a slow end holds the others back, and memory stays flat. */
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

/* `writer` NULL: nothing is written (preview). Everything is borrowed until finish. */
orch_status orch_stream_start(const struct orch_loaded *source, orch_reader *reader,
                              const struct orch_loaded *destination, orch_writer *writer,
                              const struct ArrowSchema *ledger_schema, struct orch_stream **out,
                              orch_error *err);
/* Waits for the next batch; false at the end or when the source failed. */
bool orch_stream_next(struct orch_stream *s, struct orch_stream_batch *out);
/* Hands the rows of a frame to the destination: laid out where its worker reads them, or as a batch
 * for its thread. ORCH_ECANCELLED, without a word in *err: it takes no more. Other failures are the
 * frame's. */
orch_status orch_stream_write(struct orch_stream *s, const struct orch_frame *frame,
                              orch_error *err);
/* Hands over rows of `table`, whose schema is ledger_schema (taken in every case); false when the
 * destination takes no more. [any] */
bool orch_stream_ledger(struct orch_stream *s, const char *table, struct ArrowArray *batch);
/* Ends both threads and frees the stream. `abandon`: batches under way are dropped. Gives the
 * first failure of each end (ORCH_OK when none), and the position after all that was read, which
 * is the caller's. */
void orch_stream_finish(struct orch_stream *s, bool abandon, orch_error *source,
                        orch_error *destination, struct orch_position *position);

#endif
