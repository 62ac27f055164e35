/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's end of the socket. */
#include "worker/worker_part.h"

#include <stdlib.h>
#include <unistd.h>

#include "orch/error.h"

/* The host sees the end of the socket, and by then has all that was sent before. A confined process
 * may not do what handlers of libraries do at an exit, so they are passed over. */
void orch_worker_exit(struct orch_worker *w, int code)
{
    if (w->unconfined)
        exit(code);
    _exit(code);
}

/* ---- sending ------------------------------------------------------------------------------- */

struct orch_text *orch_worker_body(struct orch_worker *w)
{
    orch_text_reset(&w->out);
    w->out.cap = ORCH_WIRE_BYTES_MOST;
    w->out.failed = false;
    return &w->out;
}

void orch_worker_send_locked(struct orch_worker *w, enum orch_frame_kind kind, uint32_t id,
                             const struct orch_text *body)
{
    bool sent = true;
    if (w->rejects.len > 0)
        sent = orch_link_send(&w->link, ORCH_FRAME_REJECTS, 0, &w->rejects, -1);
    orch_text_reset(&w->rejects);
    if (sent && kind != ORCH_FRAME_REJECTS)
        sent = orch_link_send(&w->link, kind, id, body, -1);
    if (!sent)
        orch_worker_exit(w, 1);
}

void orch_worker_send(struct orch_worker *w, enum orch_frame_kind kind, uint32_t id,
                      const struct orch_text *body)
{
    pthread_mutex_lock(&w->lock);
    orch_worker_send_locked(w, kind, id, body);
    pthread_mutex_unlock(&w->lock);
}

struct orch_text *orch_worker_reply_begin(struct orch_worker *w, orch_status st,
                                          const orch_error *err)
{
    struct orch_text *body = orch_worker_body(w);
    orch_error why = ORCH_ERROR_INIT;
    if (st < ORCH_OK && err->code == ORCH_OK)
        orch_error_set(&why, st, st == ORCH_ENOMEM ? "out of memory"
                                                   : "connector %s gave no reason", w->connector);
    else if (st < ORCH_OK)
        why = *err;
    orch_wire_put_error(body, st, &why);
    return body;
}

void orch_worker_reply(struct orch_worker *w)
{
    orch_error err = ORCH_ERROR_INIT;
    if (w->out.failed) {
        orch_error_set(&err, ORCH_ENOTSUP, "an answer of connector %s is too long for its process",
                       w->connector);
        orch_error_hint(&err, "run with --in-process");
        orch_worker_reply_begin(w, ORCH_ENOTSUP, &err);
    }
    orch_worker_send(w, ORCH_FRAME_REPLY, w->frame.id, &w->out);
}

void orch_worker_answer(struct orch_worker *w, orch_status st, const orch_error *err)
{
    orch_worker_reply_begin(w, st, err);
    orch_worker_reply(w);
}

/* ---- receiving ----------------------------------------------------------------------------- */

static void frame_drop(struct orch_worker_frame *f)
{
    if (f->passed >= 0)
        close(f->passed);
    f->passed = -1;
}

/* Moves the link's frame out; its buffer is taken in exchange. */
static void frame_take(struct orch_worker *w, struct orch_worker_frame *f)
{
    struct orch_text body = f->body;
    frame_drop(f);
    f->kind = w->link.head.kind;
    f->id = w->link.head.id;
    f->passed = w->link.passed;
    w->link.passed = -1;
    f->body = w->link.body;
    orch_text_reset(&body);
    w->link.body = body;
}

/* The host is gone, or is none: nobody is left to tell. */
static void check_link(struct orch_worker *w, enum orch_link_state state)
{
    if (state == ORCH_LINK_CLOSED || state == ORCH_LINK_BROKEN)
        orch_worker_exit(w, 1);
}

/* A slot that is free again is of use in the middle of whatever is done. */
static bool serve_release(struct orch_worker *w)
{
    struct orch_wire body = orch_wire_of(&w->link.body);
    if (w->link.head.kind != ORCH_FRAME_RELEASE)
        return false;
    if (orch_ring_give(&w->ring, orch_wire_u32(&body)) && w->ahead < w->ring.n_slots)
        w->ahead++;
    return true;
}

void orch_worker_await(struct orch_worker *w, enum orch_frame_kind kind)
{
    for (;;) {
        check_link(w, orch_link_wait(&w->link));
        if (serve_release(w))
            continue;
        if (w->link.head.kind == kind) {
            frame_take(w, &w->answer);
            return;
        }
        if (w->n_deferred == sizeof w->deferred / sizeof w->deferred[0])
            orch_worker_exit(w, 1);
        struct orch_worker_frame *f = &w->deferred[w->n_deferred++];
        *f = (struct orch_worker_frame){ .passed = -1 };
        frame_take(w, f);
    }
}

static bool take_deferred(struct orch_worker *w)
{
    if (w->n_deferred == 0)
        return false;
    frame_drop(&w->frame);
    orch_text_release(&w->frame.body);
    w->frame = w->deferred[0];
    memmove(w->deferred, w->deferred + 1, --w->n_deferred * sizeof w->deferred[0]);
    return true;
}

bool orch_worker_next(struct orch_worker *w, bool wait)
{
    if (take_deferred(w))
        return true;
    enum orch_link_state state = wait ? orch_link_wait(&w->link) : orch_link_read(&w->link);
    check_link(w, state);
    if (state == ORCH_LINK_AGAIN || serve_release(w))
        return false;
    frame_take(w, &w->frame);
    return true;
}
