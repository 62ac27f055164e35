/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and replies, and waiting for them: with an eye on the process, its heart, and on whether
 * the run is to stop. Frames are read only while a call waits, in the order they were sent, so that
 * a reject or a log line comes where it would come from a connector in this process. */
#include "worker/remote_part.h"

#include <errno.h>
#include <poll.h>

#include "base/clock.h"
#include "orch/error.h"

enum {
    TICK_MS = 200,
    TICKS_A_LOOK = 3, /* longer than a beat */
    PATIENCE = 6, /* times the grace */
};

/* ---- patience ------------------------------------------------------------------------------ */

void orch_remote_doing(struct orch_remote *r, const char *what, bool patient)
{
    r->doing = what;
    r->patient = patient;
    r->began_us = orch_clock_monotonic_us();
}

/* A run that is to stop passes it on, also where nobody calls interrupt. */
static void pass_on_cancel(struct orch_remote *r)
{
    if (atomic_load(&r->asked_us) == 0 && r->host->cancelled(r->host))
        orch_remote_interrupt(r);
}

static orch_status check_grace(struct orch_remote *r, orch_error *err)
{
    int64_t asked = atomic_load(&r->asked_us);
    /* A description is of no use to anybody any more, and costs nothing to break off. */
    if (r->deadline_us != 0 && asked != 0)
        return orch_remote_give_up(r, ORCH_ECANCELLED, "interrupted", err);
    if (r->deadline_us != 0 && orch_clock_monotonic_us() > r->deadline_us)
        return orch_remote_late(r, err);
    if (asked == 0)
        return ORCH_OK;
    int64_t since = asked > r->began_us ? asked : r->began_us;
    int64_t grace_us = r->setup.grace_ms * 1000 * (r->patient ? PATIENCE : 1);
    return orch_clock_monotonic_us() - since > grace_us ? orch_remote_hung(r, err) : ORCH_OK;
}

static orch_status check_heart(struct orch_remote *r, orch_error *err)
{
    if (++r->ticks % TICKS_A_LOOK != 0)
        return ORCH_OK;
    unsigned missed = orch_heartbeat_look(&r->heartbeat, r->ring.pulse);
    return (int64_t)missed * TICK_MS * TICKS_A_LOOK > r->setup.silence_ms
               ? orch_remote_silent(r, err) : ORCH_OK;
}

/* Waits until the worker did something, or for a tick. */
static orch_status rest(struct orch_remote *r, orch_error *err)
{
    struct pollfd p[] = {
        { .fd = r->link.fd, .events = POLLIN },
        { .fd = r->child.output, .events = POLLIN },
        { .fd = r->child.process, .events = POLLIN },
    };
    int n = poll(p, sizeof p / sizeof p[0], TICK_MS);
    if (n < 0 && errno != EINTR)
        return orch_remote_give_up(r, ORCH_EIO, "cannot wait for the process of a connector", err);
    if (n > 0 && p[1].revents != 0)
        orch_child_drain(&r->child, orch_remote_printed, r);
    if (n > 0 && p[2].revents != 0)
        r->gone = true;
    return n == 0 ? check_heart(r, err) : ORCH_OK;
}

/* ---- frames that come ---------------------------------------------------------------------- */

orch_status orch_remote_pump(struct orch_remote *r, bool wait, orch_error *err)
{
    for (;;) {
        bool gone = r->gone;
        pass_on_cancel(r);
        orch_status st = check_grace(r, err);
        if (st != ORCH_OK)
            return st;
        switch (orch_link_read(&r->link)) {
        case ORCH_LINK_FRAME:
            return orch_remote_serve(r, err);
        case ORCH_LINK_BROKEN:
            return orch_remote_lied(r, err, "%s", r->link.broken);
        case ORCH_LINK_CLOSED:
            return orch_remote_died(r, err);
        case ORCH_LINK_AGAIN:
            break;
        }
        if (gone) /* before all was read: nothing more can come */
            return orch_remote_died(r, err);
        if (!wait)
            return ORCH_END;
        st = rest(r, err);
        if (st != ORCH_OK)
            return st;
    }
}

/* ---- frames that go ------------------------------------------------------------------------ */

struct orch_text *orch_remote_body(struct orch_remote *r)
{
    orch_text_reset(&r->out);
    r->out.cap = ORCH_WIRE_BYTES_MOST;
    r->out.failed = false;
    return &r->out;
}

/* The socket is full: the worker is busy. It is waited for as for an answer. */
static bool wait_for_room(void *ctx)
{
    struct orch_remote *r = ctx;
    struct pollfd p[] = {
        { .fd = r->link.fd, .events = POLLOUT },
        { .fd = r->child.process, .events = POLLIN },
    };
    pass_on_cancel(r);
    int n = poll(p, sizeof p / sizeof p[0], TICK_MS);
    if (n == 0 && check_heart(r, NULL) != ORCH_OK)
        return false;
    return check_grace(r, NULL) == ORCH_OK && (n <= 0 || p[1].revents == 0);
}

static void prepare_link(struct orch_remote *r)
{
    r->link.blocked = wait_for_room;
    r->link.blocked_ctx = r;
}

/* A worker that is gone tells by its last frames, and by its end, what came to it. */
static orch_status hear_out(struct orch_remote *r, orch_error *err)
{
    orch_status st = ORCH_OK;
    if (r->state == ORCH_REMOTE_FAILED)
        return orch_remote_alive(r, err);
    if (r->last_words) /* in the middle of it */
        return ORCH_EIO;
    r->last_words = true;
    while (st == ORCH_OK)
        st = orch_remote_pump(r, true, err);
    return r->state == ORCH_REMOTE_FAILED ? r->failure.code : orch_remote_died(r, err);
}

orch_status orch_remote_send(struct orch_remote *r, enum orch_frame_kind kind, uint32_t id,
                             int passed, orch_error *err)
{
    prepare_link(r);
    if (!r->out.failed)
        return orch_link_send(&r->link, kind, id, &r->out, passed) ? ORCH_OK : hear_out(r, err);
    orch_error_set(err, ORCH_EINVAL, "a request to %s is too long", r->subject);
    orch_error_detail(err, "while %s", r->doing);
    orch_error_hint(err, "run with --in-process");
    return ORCH_EINVAL;
}

orch_status orch_remote_tell(struct orch_remote *r, enum orch_frame_kind kind, orch_error *err)
{
    prepare_link(r);
    (void)orch_link_send(&r->link, kind, 0, &r->out, -1);
    return orch_remote_alive(r, err);
}

orch_status orch_remote_send_data(struct orch_remote *r, const void *bytes, size_t len,
                                  orch_error *err)
{
    prepare_link(r);
    return orch_link_send_all(&r->link, ORCH_FRAME_DATA, bytes, len) ? ORCH_OK : hear_out(r, err);
}

/* ---- calls --------------------------------------------------------------------------------- */

orch_status orch_remote_alive(struct orch_remote *r, orch_error *err)
{
    if (r->state == ORCH_REMOTE_RUNS)
        return ORCH_OK;
    if (r->state != ORCH_REMOTE_FAILED)
        return orch_error_set(err, ORCH_EINVAL, "%s is not open", r->subject);
    if (err != NULL)
        *err = r->failure;
    return r->failure.code;
}

static orch_status wait_reply(struct orch_remote *r, orch_error *err)
{
    orch_status st = ORCH_OK;
    while (st == ORCH_OK && !r->replied)
        st = orch_remote_pump(r, true, err);
    r->awaited = 0;
    return st;
}

orch_status orch_remote_request(struct orch_remote *r, enum orch_frame_kind kind, orch_error *err)
{
    orch_status st = orch_remote_alive(r, err);
    if (st != ORCH_OK)
        return st;
    r->awaited = ++r->last_id;
    r->replied = false;
    return orch_remote_send(r, kind, r->awaited, -1, err);
}

orch_status orch_remote_await(struct orch_remote *r, struct orch_wire *reply, orch_error *err)
{
    orch_error own = ORCH_ERROR_INIT;
    err = err != NULL ? err : &own;
    orch_status st = orch_remote_alive(r, err);
    if (st == ORCH_OK)
        st = wait_reply(r, err);
    if (st != ORCH_OK)
        return st;
    *reply = orch_wire_of(&r->link.body);
    st = orch_wire_error(reply, err);
    if (reply->bad || st == ORCH_END)
        return orch_remote_lied(r, err, "its reply has no valid status");
    return st == ORCH_ENOMEM ? orch_remote_starved(r, err) : st;
}

orch_status orch_remote_call(struct orch_remote *r, enum orch_frame_kind kind,
                             struct orch_wire *reply, orch_error *err)
{
    orch_status st = orch_remote_request(r, kind, err);
    return st == ORCH_OK ? orch_remote_await(r, reply, err) : st;
}

void orch_remote_end(struct orch_remote *r, bool under_way)
{
    orch_error none = ORCH_ERROR_INIT;
    if (r->state != ORCH_REMOTE_RUNS) {
        orch_remote_idle(r);
        return;
    }
    (void)orch_remote_body(r);
    orch_status st = orch_remote_request(r, ORCH_FRAME_END, &none);
    if (st == ORCH_OK) {
        r->unheeded = r->awaited;
        r->awaited = 0;
    }
    while (st == ORCH_OK && under_way && r->unheeded != 0)
        st = orch_remote_pump(r, true, &none);
    orch_remote_tell_failure(r);
    orch_remote_idle(r);
}

orch_status orch_remote_ask(struct orch_remote *r, enum orch_frame_kind kind, orch_error *err)
{
    struct orch_wire reply = { 0 };
    orch_status st = orch_remote_call(r, kind, &reply, err);
    if (r->state == ORCH_REMOTE_RUNS && !orch_wire_done(&reply))
        return orch_remote_lied(r, err, "its reply has more than was asked");
    return st;
}
