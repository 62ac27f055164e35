/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the proxy share. Everything is touched by the lane that calls, but for what is
 * atomic: an interrupt comes on any thread. */
#ifndef ORCH_WORKER_REMOTE_PART_H
#define ORCH_WORKER_REMOTE_PART_H

#include "worker/child.h"
#include "worker/frame.h"
#include "worker/remote.h"
#include "worker/ring.h"

enum orch_remote_state { ORCH_REMOTE_NEW, ORCH_REMOTE_RUNS, ORCH_REMOTE_FAILED, ORCH_REMOTE_ENDED };

/* A batch that has come and that nobody has asked for yet. */
struct orch_remote_batch {
    orch_batch_info info;      /* without the state */
    bool has_state;
    struct orch_text state;
    uint32_t slot;
    bool apart;              /* its bytes came through the socket: */
    struct orch_text data;
    struct orch_text parcel; /* what describes it */
};

struct orch_remote {
    struct orch_loaded loaded; /* the proxy's */
    const struct orch_loaded *original;
    char subject[160]; /* for errors: "connector csv", or the library that is to describe itself */
    enum orch_role role;
    const struct orch_options *options;
    struct orch_inputs *inputs;
    struct orch_remote_setup setup;
    const orch_host *host;

    enum orch_remote_state state;
    bool at_fault;      /* see orch_remote_failed */
    orch_error failure; /* once failed */
    struct orch_child child;
    struct orch_link link;
    struct orch_ring ring;      /* its free slots: those of the side that fills them */
    struct orch_text data;      /* of a batch that fits no slot, as far as it has come */
    struct orch_text out;       /* the body of the frame to send next */
    bool gone;                  /* the process has ended; frames may still be there */
    bool last_words;            /* it took no frame any more: what it sent before is heard out */

    /* The call under way. */
    const char *doing;
    int64_t began_us;
    bool patient; /* it may take its time to stop */
    uint32_t last_id;
    uint32_t awaited; /* 0: no reply is due */
    bool replied;
    uint32_t unheeded; /* the request whose reply is passed over when it comes; 0: none */
    struct orch_heartbeat heartbeat;
    unsigned ticks;
    int64_t deadline_us;      /* of a description; 0: none */
    _Atomic int64_t asked_us; /* when it was told to stop; 0: never */

    /* What is known of its work. */
    int64_t last_record;
    uint32_t last_input;
    bool leaving; /* it was asked to close */
    bool opened; /* no member of an input can come any more */
    unsigned n_logs;
    bool sated; /* the host takes no more rejects */

    /* The reader or the writer. */
    bool busy;                 /* there is one */
    struct ArrowSchema schema; /* its columns; release NULL: not known */
    bool created;              /* there was no target */
    int64_t record_column;     /* that holds record numbers, -1: none */
    bool streaming;
    bool over; /* the stream has ended, as `over_status` says */
    orch_status over_status;
    orch_error over_error;
    struct orch_remote_batch queue[ORCH_RING_SLOTS]; /* each has a slot */
    size_t n_queued;
    int64_t source_bytes;
    struct orch_text position; /* orch_batch_info.state */
    orch_status write_status;
    orch_error write_error;
};

/* ---- remote.c ------------------------------------------------------------------------------ */

struct orch_remote *orch_remote_of(const orch_host *host);
/* Starts the worker and opens the connector. */
orch_status orch_remote_open(struct orch_remote *r, const orch_host *host, orch_error *err);
/* Starts the worker and has the library described: *reply, borrowed, holds its manifest. */
orch_status orch_remote_describe(struct orch_remote *r, const orch_host *host,
                                 struct orch_wire *reply, orch_error *err);
void orch_remote_close(struct orch_remote *r);
void orch_remote_interrupt(struct orch_remote *r); /* [any] */
/* Forgets the reader or writer. */
void orch_remote_idle(struct orch_remote *r);
/* Says what it failed with, where nobody else does: its work was done, or had failed before. */
void orch_remote_tell_failure(const struct orch_remote *r);

/* ---- remote_call.c ------------------------------------------------------------------------- */

/* Empties r->out for the body of the next frame. */
struct orch_text *orch_remote_body(struct orch_remote *r);
/* Sends r->out. On failure the worker is ended. */
orch_status orch_remote_send(struct orch_remote *r, enum orch_frame_kind kind, uint32_t id,
                             int passed, orch_error *err);
/* The same for what needs no answer: a worker that is gone shows when it is listened to next. */
orch_status orch_remote_tell(struct orch_remote *r, enum orch_frame_kind kind, orch_error *err);
/* Sends the bytes of a batch that fits no slot. */
orch_status orch_remote_send_data(struct orch_remote *r, const void *bytes, size_t len,
                                  orch_error *err);
/* Notes what is being done, for errors and for patience. */
void orch_remote_doing(struct orch_remote *r, const char *what, bool patient);
/* ORCH_OK, or why there is no worker to ask. */
orch_status orch_remote_alive(struct orch_remote *r, orch_error *err);
/* One request with r->out as its body, one reply. Gives the reply's status; *reply, borrowed until
 * the next frame, has what comes behind it. */
orch_status orch_remote_call(struct orch_remote *r, enum orch_frame_kind kind,
                             struct orch_wire *reply, orch_error *err);
/* Its two halves. */
orch_status orch_remote_request(struct orch_remote *r, enum orch_frame_kind kind, orch_error *err);
orch_status orch_remote_await(struct orch_remote *r, struct orch_wire *reply, orch_error *err);
/* The same for a reply that is a status alone. */
orch_status orch_remote_ask(struct orch_remote *r, enum orch_frame_kind kind, orch_error *err);
/* Ends the reader or the writer, whatever that comes to. Only where something of it may be `under
 * way` is the worker's answer waited for: frames that come after it are of what comes next. */
void orch_remote_end(struct orch_remote *r, bool under_way);
/* Waits for one frame, or for none when `wait` is false, and handles it. ORCH_END: there was
 * none. */
orch_status orch_remote_pump(struct orch_remote *r, bool wait, orch_error *err);

/* ---- remote_serve.c ------------------------------------------------------------------------ */

/* Handles the frame that r->link has. */
orch_status orch_remote_serve(struct orch_remote *r, orch_error *err);
void orch_remote_batch_release(struct orch_remote_batch *batch); /* the slot stays taken */
/* Takes one line that the worker has printed. */
void orch_remote_printed(void *remote, struct orch_str line);

/* ---- remote_batch.c ------------------------------------------------------------------------ */

/* Copies a batch of r->schema out of its slot, gives the slot back to the worker, and checks the
 * copy. */
orch_status orch_remote_take_next(struct orch_remote *r, struct orch_remote_batch *from,
                                  struct ArrowArray *out, orch_error *err);
/* Reads schema and batch of a reply. `due`: the only slot that the batch may be in; with
 * ORCH_SLOT_NONE any free one. */
orch_status orch_remote_take_table(struct orch_remote *r, struct orch_wire *reply, uint32_t due,
                                   struct ArrowSchema *schema, struct ArrowArray *batch,
                                   orch_error *err);
/* Measures a batch; says why it cannot be handed over. */
orch_status orch_remote_measure(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                                struct orch_parcel *out, orch_error *err);
/* Hands what was measured to the worker: lays it out in `slot`, appends place and description to
 * r->out, which says what the rows are for, and sends the frame. Takes `slot` in every case. */
orch_status orch_remote_give(struct orch_remote *r, const struct orch_parcel *parcel,
                             uint32_t slot, orch_error *err);
/* Waits for a free slot of the host's. */
orch_status orch_remote_wait_slot(struct orch_remote *r, uint32_t *slot, orch_error *err);

/* ---- remote_failure.c: each ends the worker, fills err, and returns its code --------------- */

orch_status orch_remote_died(struct orch_remote *r, orch_error *err);
orch_status orch_remote_lied(struct orch_remote *r, orch_error *err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A batch or schema that failed the check which filled `why`. */
orch_status orch_remote_broke(struct orch_remote *r, const char *what, const orch_error *why,
                              orch_error *err);
orch_status orch_remote_hung(struct orch_remote *r, orch_error *err);
orch_status orch_remote_silent(struct orch_remote *r, orch_error *err);
orch_status orch_remote_late(struct orch_remote *r, orch_error *err);
/* The failure is the host's own: the worker is ended, nobody is blamed. */
orch_status orch_remote_give_up(struct orch_remote *r, orch_status st, const char *why,
                                orch_error *err);
/* Turns the connector's "out of memory" into the failure it is; the worker goes on. */
orch_status orch_remote_starved(struct orch_remote *r, orch_error *err);

/* ---- the proxies' tables ------------------------------------------------------------------- */

extern const orch_source_ops orch_remote_source_ops;
extern const orch_destination_ops orch_remote_destination_ops;

#endif
