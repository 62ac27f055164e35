/* SPDX-License-Identifier: Apache-2.0 */
/* The first page of the memory that host and worker share: a few words that each may write at any
 * time. The worker beats in a thread of its own, four times a second; that thread also wakes up at
 * once for an interrupt. What the page says of the worker decides only when to give up on it. */
#ifndef ORCH_WORKER_HEARTBEAT_H
#define ORCH_WORKER_HEARTBEAT_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct orch_pulse {
    _Atomic uint32_t beat;       /* the worker's: counts up */
    _Atomic uint32_t interrupts; /* the host's: counts up; a futex */
    _Atomic uint32_t cancelled;  /* the host's: 1 once the run is to stop */
    _Atomic uint32_t sated;      /* the host's: 1 once it takes no more rejects */
};

/* ---- the host's side ----------------------------------------------------------------------- */

/* Makes the worker interrupt its connector. [any] */
void orch_pulse_interrupt(struct orch_pulse *pulse);

struct orch_heartbeat {
    uint32_t seen;
    unsigned missed; /* looks in a row without a new beat */
};
/* To be called at intervals longer than a beat; gives how many looks in a row saw no new beat.
 * Counting looks, not time, a host that was stopped itself (Ctrl-Z, a suspended machine) does not
 * blame the worker. */
unsigned orch_heartbeat_look(struct orch_heartbeat *h, const struct orch_pulse *pulse);

/* ---- the worker's side --------------------------------------------------------------------- */

/* Lives as long as its process. */
struct orch_heart {
    struct orch_pulse *pulse;
    pid_t host; /* gone: the process ends at once */
    void (*interrupt)(void *ctx);
    void *ctx;
};

/* Starts to beat; `interrupt(ctx)` is called from the heart's thread. false: no thread is to be
 * had. */
bool orch_heart_start(struct orch_heart *heart);

#endif
