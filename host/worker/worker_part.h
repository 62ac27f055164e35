/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the worker share. One lane serves the frames and calls the connector; the heart
 * interrupts it; threads of the connector's own may log and reject. */
#ifndef ORCH_WORKER_WORKER_PART_H
#define ORCH_WORKER_WORKER_PART_H

#include <pthread.h>

#include "plugin/input_set.h"
#include "worker/frame.h"
#include "worker/parcel.h"
#include "worker/reach.h"
#include "worker/ring.h"

/* A frame taken out of the link: what a connector is given of it lasts while further ones come. */
struct orch_worker_frame {
    enum orch_frame_kind kind;
    uint32_t id;
    struct orch_text body;
    int passed; /* -1: none */
};

struct orch_worker_option {
    const char *name;
    struct orch_str value; /* NUL-terminated */
};

struct orch_worker {
    struct orch_link link;
    struct orch_ring ring;
    struct orch_heart heart;
    struct orch_worker_frame frame; /* being served */
    struct orch_worker_frame answer;
    struct orch_worker_frame deferred[2 * ORCH_RING_SLOTS]; /* came while an answer was due */
    size_t n_deferred;
    struct orch_text out;  /* the body of what is sent next by the lane */
    struct orch_text data; /* of a batch that fits no slot, as far as it has come */

    pthread_mutex_t lock;     /* over sending, and over the two below */
    struct orch_text rejects; /* not sent yet: before any other frame they are */
    int64_t progress_us;      /* when the last was sent */

    /* What the host said at the start. */
    struct orch_arena arena;
    enum orch_role role;
    const char *library, *connector;
    const char *manifest; /* what the host planned from; NULL: it asks for it */
    int least_level;
    bool unconfined, require_sandbox;
    int64_t memory_bytes, cpu_seconds, file_size_bytes;
    struct orch_reach reach;
    struct {
        struct orch_worker_option *items;
        size_t len, cap;
    } options;
    struct {
        struct orch_input_told *items;
        size_t len, cap;
    } inputs;

    struct orch_instance instance;
    const struct orch_loaded *loaded;
    pthread_mutex_t handle_lock; /* the heart interrupts only what is open */
    orch_source *source;
    orch_destination *destination;

    /* The reader or the writer. */
    orch_reader *reader;
    orch_writer *writer;
    struct ArrowSchema schema;
    bool streaming;
    uint32_t ahead; /* batches that may be under way: one more with each that the host took */
    orch_status write_status; /* once a batch failed, the rest is passed over */
    orch_error write_error;
    bool copies; /* the connector keeps batches: they must not lie in slots */
    uint32_t lent_slot;
    atomic_bool lent; /* the connector has not released it yet */
};

/* ---- worker_link.c ------------------------------------------------------------------------- */

/* Empties w->out for the body of the next frame. */
struct orch_text *orch_worker_body(struct orch_worker *w);
/* Sends a frame with w->out as its body, or any other; ends the process when the host is gone. */
void orch_worker_send(struct orch_worker *w, enum orch_frame_kind kind, uint32_t id,
                      const struct orch_text *body);
void orch_worker_send_locked(struct orch_worker *w, enum orch_frame_kind kind, uint32_t id,
                             const struct orch_text *body);
/* Begins a reply in w->out with its status; what follows is the caller's to add. */
struct orch_text *orch_worker_reply_begin(struct orch_worker *w, orch_status st,
                                          const orch_error *err);
/* Sends it as the answer to the frame being served. */
void orch_worker_reply(struct orch_worker *w);
/* Both, for a reply that is a status alone. */
void orch_worker_answer(struct orch_worker *w, orch_status st, const orch_error *err);
/* Waits for the host's answer of this kind into w->answer. */
void orch_worker_await(struct orch_worker *w, enum orch_frame_kind kind);
/* The next frame to serve into w->frame; false when there is none yet and `wait` is false, or a
 * slot has become free. */
bool orch_worker_next(struct orch_worker *w, bool wait);
void orch_worker_exit(struct orch_worker *w, int code) __attribute__((noreturn));

/* ---- worker_batch.c ------------------------------------------------------------------------ */

/* Lays a batch out in `slot`, or sends its bytes apart when they do not fit, and appends slot,
 * which of the two, and the description to w->out. ORCH_EINVAL: the batch is broken, as *err
 * says. */
orch_status orch_worker_place(struct orch_worker *w, const struct ArrowSchema *schema,
                              const struct ArrowArray *batch, uint32_t slot, orch_error *err);
/* Replies with schema and batch, and releases both. */
void orch_worker_reply_table(struct orch_worker *w, orch_status st, orch_error *err,
                             struct ArrowSchema *schema, struct ArrowArray *batch, uint32_t slot);

/* ---- worker_open.c ------------------------------------------------------------------------- */

void orch_worker_start(struct orch_worker *w);
void orch_worker_options(struct orch_worker *w);
void orch_worker_inputs(struct orch_worker *w);
void orch_worker_open(struct orch_worker *w);
void orch_worker_manifest(struct orch_worker *w);
void orch_worker_close(struct orch_worker *w);

/* ---- worker_host.c ------------------------------------------------------------------------- */

extern const struct orch_input_lender orch_worker_lender; /* ctx is to be set */
/* Fills w->instance, whose host table the connector gets. Takes inputs. */
orch_status orch_worker_instance(struct orch_worker *w, struct orch_inputs *inputs);

/* ---- worker_source.c, worker_destination.c ------------------------------------------------- */

/* Serves w->frame; false: it is none of this role. */
bool orch_worker_serve_source(struct orch_worker *w);
bool orch_worker_serve_destination(struct orch_worker *w);
/* Reads one batch and sends it; a slot is free. */
void orch_worker_read_ahead(struct orch_worker *w);
/* Tells the host of a slot that the connector has released meanwhile. */
void orch_worker_reclaim(struct orch_worker *w);

#endif
