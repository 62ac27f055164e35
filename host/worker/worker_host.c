/* SPDX-License-Identifier: Apache-2.0 */
/* The host table as the connector has it in its own process. */
#include "worker/worker_part.h"

#include <stddef.h>

#include "base/clock.h"
#include "base/log.h"
#include "orch/error.h"

enum {
    TEXT_MOST = 64 * 1024,   /* of one text of a reject or log line */
    REJECTS_BYTES = 64 * 1024, /* gathered before they are sent */
    PROGRESS_US = 100000,
};

static struct orch_worker *worker_of(const orch_host *host)
{
    return (struct orch_worker *)((uintptr_t)host - offsetof(struct orch_worker, instance.host));
}

/* ---- orch_host ----------------------------------------------------------------------------- */

static bool hook_cancelled(void *ctx)
{
    struct orch_worker *w = ctx;
    return atomic_load_explicit(&w->ring.pulse->cancelled, memory_order_relaxed) != 0;
}

static void put_cut(struct orch_text *body, const char *text)
{
    if (text == NULL)
        orch_wire_put_z(body, NULL);
    else
        orch_wire_put_str(body, (struct orch_str){ text, strnlen(text, TEXT_MOST) });
}

static void host_log(const orch_host *host, int level, const char *event, const char *text)
{
    struct orch_worker *w = worker_of(host);
    struct orch_text body = { .cap = ORCH_WIRE_BYTES_MOST };
    int known = level < ORCH_LOG_DEBUG ? ORCH_LOG_DEBUG : level > ORCH_LOG_ERROR ? ORCH_LOG_ERROR
                                                                               : level;
    if (known < w->least_level)
        return;
    orch_wire_put_u32(&body, (uint32_t)known);
    put_cut(&body, event != NULL ? event : "connector");
    put_cut(&body, text != NULL ? text : "");
    if (!body.failed)
        orch_worker_send(w, ORCH_FRAME_LOG, 0, &body);
    orch_text_release(&body);
}

static void hook_progress(void *ctx, int64_t rows, int64_t bytes, int64_t bytes_total)
{
    struct orch_worker *w = ctx;
    struct orch_text body = { .cap = ORCH_WIRE_BYTES_MOST };
    int64_t now = orch_clock_monotonic_us();
    pthread_mutex_lock(&w->lock);
    if (now - w->progress_us >= PROGRESS_US) {
        w->progress_us = now;
        orch_wire_put_i64(&body, rows);
        orch_wire_put_i64(&body, bytes);
        orch_wire_put_i64(&body, bytes_total);
        if (!body.failed)
            orch_worker_send_locked(w, ORCH_FRAME_PROGRESS, 0, &body);
    }
    pthread_mutex_unlock(&w->lock);
    orch_text_release(&body);
}

static void put_reject(struct orch_text *body, const orch_reject *reject)
{
    orch_wire_put_u32(body, reject->input);
    orch_wire_put_i64(body, reject->record);
    orch_wire_put_i64(body, reject->line);
    orch_wire_put_i64(body, reject->offset);
    put_cut(body, reject->field);
    put_cut(body, reject->rule);
    put_cut(body, reject->message);
    orch_wire_put_u32(body, reject->raw != NULL);
    orch_wire_put_str(body, (struct orch_str){ reject->raw, reject->raw_len });
}

/* Many rejects go in one frame; all that belong to a batch are sent before it. */
static orch_status hook_reject(void *ctx, const orch_reject *reject)
{
    struct orch_worker *w = ctx;
    if (atomic_load_explicit(&w->ring.pulse->sated, memory_order_relaxed) != 0)
        return ORCH_ECANCELLED;
    pthread_mutex_lock(&w->lock);
    size_t before = w->rejects.len;
    put_reject(&w->rejects, reject);
    orch_status st = w->rejects.failed ? ORCH_ENOMEM : ORCH_OK;
    if (st != ORCH_OK) {
        w->rejects.len = before;
        w->rejects.failed = false;
    } else if (w->rejects.len >= REJECTS_BYTES) {
        orch_worker_send_locked(w, ORCH_FRAME_REJECTS, 0, NULL);
    }
    pthread_mutex_unlock(&w->lock);
    return st;
}

static const char *host_option(const orch_host *host, const char *name, size_t index, size_t *len)
{
    struct orch_worker *w = worker_of(host);
    if (len != NULL)
        *len = 0;
    for (size_t i = 0; name != NULL && i < w->options.len; i++) {
        const struct orch_worker_option *option = &w->options.items[i];
        if (strcmp(option->name, name) != 0 || index-- > 0)
            continue;
        if (len != NULL)
            *len = option->value.len;
        return option->value.ptr;
    }
    return NULL;
}

orch_status orch_worker_instance(struct orch_worker *w, struct orch_inputs *inputs)
{
    const struct orch_hooks hooks = { .ctx = w,
                                      .cancelled = hook_cancelled,
                                      .progress = hook_progress,
                                      .reject = hook_reject };
    orch_status st = orch_instance_init(&w->instance, w->loaded, NULL, inputs, &hooks);
    w->instance.host.log = host_log;
    w->instance.host.option = host_option;
    return st;
}

/* ---- inputs -------------------------------------------------------------------------------- */

static orch_status lender_open(void *ctx, size_t index, int *fd, orch_error *err)
{
    struct orch_worker *w = ctx;
    struct orch_text request = { .cap = ORCH_WIRE_BYTES_MOST };
    orch_error why = ORCH_ERROR_INIT;
    orch_wire_put_u32(&request, (uint32_t)index);
    orch_worker_send(w, ORCH_FRAME_NEED_INPUT, 0, &request);
    orch_text_release(&request);
    orch_worker_await(w, ORCH_FRAME_INPUT);
    struct orch_wire body = orch_wire_of(&w->answer.body);
    orch_status st = orch_wire_error(&body, &why);
    if (st == ORCH_OK && w->answer.passed < 0)
        st = orch_error_set(&why, ORCH_EIO, "no descriptor came for an input");
    if (st != ORCH_OK) {
        if (err != NULL)
            *err = why;
        return st;
    }
    *fd = w->answer.passed;
    w->answer.passed = -1;
    return ORCH_OK;
}

static void lender_decided(void *ctx, size_t index, const char *encoding, bool detected)
{
    struct orch_worker *w = ctx;
    struct orch_text body = { .cap = ORCH_WIRE_BYTES_MOST };
    orch_wire_put_u32(&body, (uint32_t)index);
    orch_wire_put_z(&body, encoding);
    orch_wire_put_u32(&body, detected);
    if (!body.failed)
        orch_worker_send(w, ORCH_FRAME_ENCODING, 0, &body);
    orch_text_release(&body);
}

const struct orch_input_lender orch_worker_lender = {
    .open = lender_open,
    .decided = lender_decided,
};
