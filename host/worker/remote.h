/* SPDX-License-Identifier: Apache-2.0 */
/* A connector in a process of its own, in the place of the connector itself: the same functions of
 * the ABI, each a request to a worker. Who calls them sees no difference but in what cannot happen
 * any more: whatever the connector does, the host lives, and the run gets an error.
 *
 *     orch_remote_new(loaded, role, options, inputs, NULL, &remote, err)
 *     loaded = orch_remote_loaded(remote);        use it for orch_instance_init and all calls
 *     ... open, ..., close ...
 *     orch_instance_release(&instance);
 *     orch_remote_free(remote);
 *
 * `open` starts the process (or takes a warm one) and `close` ends it; a failed `open` has ended
 * it. A source reads ahead by the slots of the ring (worker/ring.h) from the first next() on. A
 * write() and a ledger() return when the batch is handed over; what they came to is told by the
 * next call, at the latest by commit(). One reader or writer at a time (ORCH_ENOTSUP).
 *
 * The worker is not believed: schemas and batches are copied, then checked; what is malformed ends
 * it. It is also ended when it does not stop in time after an interrupt, and when its heart stops.
 * All these are ORCH_EINTERNAL, named after the connector, with what it did, the last record, and
 * the last lines it logged or printed; every later call returns the same error. Once `cancelled` of
 * the host table is true, waiting calls interrupt the connector by themselves.
 *
 * The thread that opens must outlive the worker (worker/child.h). Lanes are those of the ABI. */
#ifndef ORCH_WORKER_REMOTE_H
#define ORCH_WORKER_REMOTE_H

#include "plugin/input_set.h"
#include "worker/parcel.h"
#include "worker/worker_limits.h"

struct orch_remote;

struct orch_remote_setup {
    const char *program;    /* the worker's; NULL: this program */
    int64_t grace_ms;       /* from an interrupt to the end of the call, sixfold for commit, end
                               and close; 0: 5000 */
    int64_t silence_ms;     /* without a heartbeat; 0: 15000 */
    struct orch_worker_limits limits; /* of the process; values of 0: the built-in ones */
    bool require_sandbox;   /* open fails where the kernel lacks a part of the sandbox */
    bool unconfined;        /* no sandbox at all: for tests and debuggers */
};

/* `loaded`, `options` and `inputs` (may be NULL) are borrowed until free; `setup` NULL: the usual.
 * Starts nothing yet. */
orch_status orch_remote_new(const struct orch_loaded *loaded, enum orch_role role,
                            const struct orch_options *options, struct orch_inputs *inputs,
                            const struct orch_remote_setup *setup, struct orch_remote **out,
                            orch_error *err);
/* Optional, for a host that has something to do meanwhile: starts the process and asks it to open
 * the connector; `open` then waits for the answer. `host` is the table that open will get, and
 * lasts as long. On failure the proxy is as after a failed open. */
orch_status orch_remote_start(struct orch_remote *r, const orch_host *host, orch_error *err);
/* Optional, before close: asks for it and does not wait, so that several workers end at the same
 * time. Nothing for a connector that is no remote, or that is not open. */
void orch_remote_leave(const struct orch_loaded *loaded);
/* After close, or without an open. NULL allowed. */
void orch_remote_free(struct orch_remote *r);
const struct orch_loaded *orch_remote_loaded(const struct orch_remote *r);

/* Is it a proxy's, whose write() returns once the batch is handed over? [any] */
bool orch_remote_is(const struct orch_loaded *loaded);
/* A proxy's write() of what was measured (worker/parcel.h), of the columns that the transaction
 * began with: it is laid out where the worker reads it. */
orch_status orch_remote_write(orch_writer *writer, const struct orch_parcel *parcel,
                              orch_error *err);

/* Adds what the worker has used so far: CPU time and peak memory. Nothing for a connector that is
 * no remote, or whose worker has ended. [control] */
void orch_remote_usage(const struct orch_loaded *loaded, int64_t *cpu_us, int64_t *peak_bytes);

/* Was a failure the connector's: it crashed, hung, lied, ran out of its memory, or its library was
 * refused? false for a
 * connector that is no remote. [control] */
bool orch_remote_failed(const struct orch_loaded *loaded);

#endif
