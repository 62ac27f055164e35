/* SPDX-License-Identifier: Apache-2.0 */
/* The memory that host and worker share: a page of words (worker/heartbeat.h), then slots of equal
 * size, each for one batch. The host makes it and seals its size, so that neither side can be hurt
 * by a shrinking file. Which slot is whose is told by frames: the side that fills slots has them
 * all at first, gives one away with its batch, and gets it back when the other is done with it.
 * No free slot: who fills waits; that is all the back-pressure there is.
 *
 * A batch that does not fit its slot goes through the socket in pieces (ORCH_FRAME_DATA), up to
 * ORCH_BATCH_BYTES_MOST; it occupies the slot all the same. Rows without columns take no bytes, but
 * work in the host: there are at most ORCH_BATCH_ROWS_MOST in a batch. */
#ifndef ORCH_WORKER_RING_H
#define ORCH_WORKER_RING_H

#include "orch/connector.h"
#include "worker/heartbeat.h"

#define ORCH_RING_SLOTS 4
#define ORCH_RING_SLOT_BYTES ((size_t)4 << 20)
#define ORCH_BATCH_BYTES_MOST ((size_t)256 << 20)
#define ORCH_BATCH_ROWS_MOST (1 << 24)

/* Stands for "no slot". */
#define ORCH_SLOT_NONE UINT32_MAX

struct orch_ring {
    int fd; /* -1: closed; the mapping stays */
    void *base;
    size_t bytes;
    struct orch_pulse *pulse;
    uint32_t n_slots;
    size_t slot_bytes; /* 0 where files of this process may not be large enough */
    /* Free slots, the one that came back last on top: it is still in the processor's cache. */
    uint32_t free[ORCH_RING_SLOTS];
    uint32_t n_free;
};

/* {.fd = -1} is an empty ring. [host] */
orch_status orch_ring_new(struct orch_ring *ring, orch_error *err);
/* Maps the host's ring. Takes fd in every case. [worker] */
orch_status orch_ring_map(struct orch_ring *ring, int fd, orch_error *err);
void orch_ring_release(struct orch_ring *ring);

/* A slot's memory. `slot` is below n_slots. */
void *orch_ring_slot(const struct orch_ring *ring, uint32_t slot);
/* A free slot, ORCH_SLOT_NONE when there is none. */
uint32_t orch_ring_take(struct orch_ring *ring);
/* false: there is no such slot, or it is free already. */
bool orch_ring_give(struct orch_ring *ring, uint32_t slot);
/* Takes this slot; false: there is none such, or it is not free. */
bool orch_ring_claim(struct orch_ring *ring, uint32_t slot);
bool orch_ring_is_free(const struct orch_ring *ring, uint32_t slot);

#endif
