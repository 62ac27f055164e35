/* SPDX-License-Identifier: Apache-2.0 */
/* Control frames between the host and a worker: over a stream socket, each with a head of fixed
 * size and a body of at most ORCH_WIRE_BYTES_MOST bytes. Only batches too large for shared memory
 * pass here (worker/ring.h).
 *
 * One call is one request and one reply with the request's id. Unsolicited are: batches and their
 * end (the worker reads ahead), slots that are free again, what a write came to, log lines,
 * progress, rejects. In the middle of a call the worker may ask for the descriptor of an input.
 * Only the host sends descriptors. */
#ifndef ORCH_WORKER_FRAME_H
#define ORCH_WORKER_FRAME_H

#include "worker/wire.h"

#define ORCH_FRAME_MAGIC 0x48435243u
#define ORCH_FRAME_VERSION 1

enum orch_frame_kind {
    /* Host to worker: before the library is loaded. */
    ORCH_FRAME_START = 1, /* with the ring */
    ORCH_FRAME_OPTIONS,
    ORCH_FRAME_INPUTS,
    /* Requests; each has its reply. */
    ORCH_FRAME_OPEN,
    ORCH_FRAME_CLOSE,
    ORCH_FRAME_CHECK,
    ORCH_FRAME_STREAMS,
    ORCH_FRAME_DESCRIBE,
    ORCH_FRAME_READ, /* answered with the schema of what is read */
    ORCH_FRAME_BEGIN,
    ORCH_FRAME_RECOVER,
    ORCH_FRAME_FINISH,
    ORCH_FRAME_COMMIT,
    ORCH_FRAME_END,
    ORCH_FRAME_MANIFEST, /* in the place of OPEN: what does the library say of itself? */
    /* Host to worker, without a reply. */
    ORCH_FRAME_GO,      /* read ahead from now on */
    ORCH_FRAME_WRITE,   /* answered by ORCH_FRAME_WRITTEN in its time */
    ORCH_FRAME_RELEASE, /* a slot is free again */
    ORCH_FRAME_INPUT,   /* answers ORCH_FRAME_NEED_INPUT */
    /* Either way: a piece of the batch that is told next. */
    ORCH_FRAME_DATA,
    /* Worker to host. */
    ORCH_FRAME_REPLY = 64,
    ORCH_FRAME_BATCH,
    ORCH_FRAME_BROKEN, /* a batch that cannot even be laid out */
    ORCH_FRAME_STREAM_END,
    ORCH_FRAME_WRITTEN,
    ORCH_FRAME_NEED_INPUT,
    ORCH_FRAME_ENCODING,
    ORCH_FRAME_LOG,
    ORCH_FRAME_PROGRESS,
    ORCH_FRAME_REJECTS,
    ORCH_FRAME_MEMBERS, /* of packed inputs, before the reply to ORCH_FRAME_OPEN */
};

/* Whose fault it is that ORCH_FRAME_OPEN failed; the last word of its reply. */
enum orch_open_fault {
    ORCH_OPEN_FAULT_NONE, /* the connector's own error */
    ORCH_OPEN_FAULT_LIBRARY,
    ORCH_OPEN_FAULT_MACHINE, /* it lacks what a process needs */
};

struct orch_frame_head {
    uint32_t magic;
    uint16_t version;
    uint16_t kind;
    uint32_t id;
    uint32_t length; /* of the body */
};

/* One end of the socket: sends whole frames, receives them piece by piece. */
struct orch_link {
    int fd;                /* -1: closed */
    bool takes_descriptor; /* else one that is sent breaks the link */
    /* Called when the socket takes no more; false gives up. NULL: waits for ever. */
    bool (*blocked)(void *ctx);
    void *blocked_ctx;
    /* The frame that came last, or is coming. */
    struct orch_frame_head head;
    size_t head_got, body_got;
    struct orch_text body;
    int passed; /* its descriptor, -1 if none: whoever takes it sets -1 */
    const char *broken; /* why, once ORCH_LINK_BROKEN was given */
};

enum orch_link_state { ORCH_LINK_FRAME, ORCH_LINK_AGAIN, ORCH_LINK_CLOSED, ORCH_LINK_BROKEN };

void orch_link_init(struct orch_link *link, int fd); /* takes fd */
void orch_link_release(struct orch_link *link);      /* {.fd = -1} allowed */

/* Sends bytes in frames of this kind. */
bool orch_link_send_all(struct orch_link *link, enum orch_frame_kind kind, const void *bytes,
                        size_t len);
/* Sends one frame; `passed` is a descriptor to send along (it stays the caller's) or -1. false: the
 * other end is gone, `blocked` gave up, or the body has `failed`. */
bool orch_link_send(struct orch_link *link, enum orch_frame_kind kind, uint32_t id,
                    const struct orch_text *body, int passed);
/* Reads what is there without waiting: ORCH_LINK_FRAME when head and body are complete (they last
 * until the next call), ORCH_LINK_AGAIN when there is nothing more for now. */
enum orch_link_state orch_link_read(struct orch_link *link);
/* The same, waiting; never ORCH_LINK_AGAIN. */
enum orch_link_state orch_link_wait(struct orch_link *link);

#endif
