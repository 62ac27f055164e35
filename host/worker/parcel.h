/* SPDX-License-Identifier: Apache-2.0 */
/* A batch as bytes: its buffers one after the other in an order that follows from its schema, each
 * at a multiple of 64. Beside the bytes only what cannot be computed is told: rows, and for each
 * column its null count, whether it has a validity bitmap, and the length of its text. So nobody
 * can point outside the memory, or at the same bytes twice.
 *
 *     validity bitmap (if any), then values | bits | offsets and text */
#ifndef ORCH_WORKER_PARCEL_H
#define ORCH_WORKER_PARCEL_H

#include "data/frame.h"
#include "worker/wire.h"

struct orch_parcel_column {
    uint32_t width; /* of a value; 0 for bits */
    bool bytes;     /* offsets and text */
    bool validity;
    int64_t null_count;
    uint64_t text_bytes;
};

struct orch_parcel {
    int64_t rows;
    size_t n_columns;
    struct orch_parcel_column *columns; /* heap */
    size_t bytes; /* of all buffers */
    /* What was measured, borrowed; both NULL: another process did. */
    const struct ArrowArray *batch;
    const struct orch_frame *frame;
};

void orch_parcel_release(struct orch_parcel *p); /* {0} allowed */

/* Measures a batch. ORCH_EINVAL: its shape is not that of the schema, or a format is not of the
 * profile (orch_batch_check says which); ORCH_ENOMEM. */
orch_status orch_parcel_measure(struct orch_parcel *out, const struct ArrowSchema *schema,
                                const struct ArrowArray *batch);
/* The same for a frame. Fails as orch_frame_export does. */
orch_status orch_parcel_measure_frame(struct orch_parcel *out, const struct orch_frame *frame,
                                      orch_error *err);
/* Lays out what was measured in `to`, which has p->bytes bytes. Writes only: another process may
 * see the memory. */
void orch_parcel_pack(const struct orch_parcel *p, void *to);

void orch_parcel_put(const struct orch_parcel *p, struct orch_text *body);
/* Reads what orch_parcel_put wrote for a batch of `schema`. ORCH_EINVAL: it cannot be one, has more
 * rows than ORCH_BATCH_ROWS_MOST, or would take more than `most` bytes; ORCH_ENOMEM. */
orch_status orch_parcel_get(struct orch_parcel *out, const struct ArrowSchema *schema,
                            struct orch_wire *w, size_t most);

/* A batch over `bytes` (p->bytes of them, aligned to 8), which must not change any more; when the
 * batch is released, `done(ctx)` is called. Nothing is checked but that no text ends behind its
 * bytes: orch_batch_check does the rest. ORCH_EINVAL: one does; ORCH_ENOMEM. On failure `done` is
 * not called. */
orch_status orch_parcel_unpack(const struct orch_parcel *p, const void *bytes, void (*done)(void *),
                               void *ctx, struct ArrowArray *out);

#endif
