/* SPDX-License-Identifier: Apache-2.0 */
/* Life of a proxy: made, opened with a worker behind it, closed. */
#include "worker/remote_part.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "orch/error.h"
#include "worker/reach.h"

enum {
    GRACE_MS = 5000,
    SILENCE_MS = 15000,
    EXIT_MS = 2000,
    DESCRIBE_PATIENCE = 2, /* times the grace */
    FRAME_BYTES = 512 * 1024, /* of options or inputs, then another frame is begun */
};

/* ---- life ---------------------------------------------------------------------------------- */

static void limit_default(struct orch_worker_limit *limit, int64_t built_in)
{
    if (limit->value <= 0)
        *limit = (struct orch_worker_limit){ built_in, NULL };
}

static struct orch_remote_setup setup_of(const struct orch_remote_setup *given)
{
    struct orch_remote_setup s = { 0 };
    if (given != NULL)
        s = *given;
    s.grace_ms = s.grace_ms > 0 ? s.grace_ms : GRACE_MS;
    s.silence_ms = s.silence_ms > 0 ? s.silence_ms : SILENCE_MS;
    limit_default(&s.limits.memory_bytes, ORCH_LIMIT_MEMORY_BYTES);
    limit_default(&s.limits.cpu_seconds, ORCH_LIMIT_CPU_SECONDS);
    limit_default(&s.limits.file_size_bytes, ORCH_LIMIT_FILE_BYTES);
    return s;
}

orch_status orch_remote_new(const struct orch_loaded *loaded, enum orch_role role,
                            const struct orch_options *options, struct orch_inputs *inputs,
                            const struct orch_remote_setup *setup, struct orch_remote **out,
                            orch_error *err)
{
    struct orch_remote *r = orch_zalloc(1, sizeof *r);
    if (r == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    r->loaded = *loaded;
    r->loaded.source = orch_remote_source_ops;
    r->loaded.destination = orch_remote_destination_ops;
    r->loaded.connector.source = loaded->connector.source != NULL ? &r->loaded.source : NULL;
    r->loaded.connector.destination =
        loaded->connector.destination != NULL ? &r->loaded.destination : NULL;
    r->original = loaded;
    if (loaded->connector.name != NULL)
        snprintf(r->subject, sizeof r->subject, "connector %s", loaded->connector.name);
    else
        snprintf(r->subject, sizeof r->subject, "library \"%.120s\"",
                 orch_path_name(loaded->library));
    r->role = role;
    r->options = options;
    r->inputs = inputs;
    r->setup = setup_of(setup);
    r->failure = r->over_error = r->write_error = (orch_error)ORCH_ERROR_INIT;
    r->link.fd = -1;
    r->ring.fd = -1;
    orch_status st = orch_ring_new(&r->ring, err);
    if (st != ORCH_OK) {
        free(r);
        return st;
    }
    *out = r;
    return ORCH_OK;
}

static void end_process(struct orch_remote *r)
{
    orch_remote_idle(r);
    orch_child_release(&r->child);
    orch_link_release(&r->link);
}

void orch_remote_free(struct orch_remote *r)
{
    if (r == NULL)
        return;
    end_process(r);
    orch_text_release(&r->data);
    orch_ring_release(&r->ring);
    orch_text_release(&r->out);
    orch_text_release(&r->position);
    free(r);
}

const struct orch_loaded *orch_remote_loaded(const struct orch_remote *r)
{
    return &r->loaded;
}

static struct orch_remote *of_loaded(const struct orch_loaded *loaded)
{
    return (struct orch_remote *)((uintptr_t)loaded - offsetof(struct orch_remote, loaded));
}

/* The instance was made with the proxy's tables, which lie in the proxy. */
struct orch_remote *orch_remote_of(const orch_host *host)
{
    return of_loaded(((const struct orch_instance *)host->ctx)->loaded);
}

bool orch_remote_is(const struct orch_loaded *loaded)
{
    return loaded != NULL && loaded->source.open == orch_remote_source_ops.open;
}

bool orch_remote_failed(const struct orch_loaded *loaded)
{
    return orch_remote_is(loaded) && of_loaded(loaded)->at_fault;
}

void orch_remote_usage(const struct orch_loaded *loaded, int64_t *cpu_us, int64_t *peak_bytes)
{
    int64_t cpu, peak;
    if (!orch_remote_is(loaded) || of_loaded(loaded)->child.pid == 0 ||
        of_loaded(loaded)->child.reaped)
        return;
    orch_clock_of_process(of_loaded(loaded)->child.pid, &cpu, &peak);
    *cpu_us += cpu;
    *peak_bytes += peak;
}

void orch_remote_idle(struct orch_remote *r)
{
    for (size_t i = 0; i < r->n_queued; i++) {
        orch_remote_batch_release(&r->queue[i]);
        (void)orch_ring_give(&r->ring, r->queue[i].slot);
    }
    r->n_queued = 0;
    orch_text_release(&r->data);
    if (r->schema.release != NULL)
        r->schema.release(&r->schema);
    r->schema = (struct ArrowSchema){ 0 };
    r->busy = r->streaming = r->over = false;
    r->write_status = ORCH_OK;
}

/* ---- interrupt ----------------------------------------------------------------------------- */

void orch_remote_interrupt(struct orch_remote *r)
{
    int64_t never = 0;
    (void)atomic_compare_exchange_strong(&r->asked_us, &never, orch_clock_monotonic_us());
    atomic_store(&r->ring.pulse->cancelled, 1);
    orch_pulse_interrupt(r->ring.pulse);
}

/* ---- opening ------------------------------------------------------------------------------- */

static int least_level(void)
{
    int level = ORCH_LOG_DEBUG;
    while (level < ORCH_LOG_ERROR && !orch_log_enabled(level))
        level++;
    return level;
}

static orch_status send_start(struct orch_remote *r, orch_error *err)
{
    struct orch_reach reach = { 0 };
    orch_status st = orch_reach_find(&reach, r->original, r->role, r->options, err);
    if (st != ORCH_OK)
        return st;
    struct orch_text *body = orch_remote_body(r);
    orch_wire_put_u32(body, r->role);
    orch_wire_put_z(body, r->original->library);
    orch_wire_put_z(body, r->original->connector.name);
    orch_wire_put_z(body, r->original->manifest);
    orch_wire_put_u32(body, (uint32_t)least_level());
    orch_wire_put_u32(body, r->setup.unconfined);
    orch_wire_put_u32(body, r->setup.require_sandbox);
    orch_wire_put_i64(body, r->setup.limits.memory_bytes.value);
    orch_wire_put_i64(body, r->setup.limits.cpu_seconds.value);
    orch_wire_put_i64(body, r->setup.limits.file_size_bytes.value);
    orch_reach_put(&reach, body);
    st = orch_remote_send(r, ORCH_FRAME_START, 0, r->ring.fd, err);
    orch_reach_release(&reach);
    return st;
}

static orch_status flush(struct orch_remote *r, enum orch_frame_kind kind, size_t least,
                         orch_error *err)
{
    if (r->out.len < least && !r->out.failed)
        return ORCH_OK;
    orch_status st = orch_remote_send(r, kind, 0, -1, err);
    if (r->out.ptr != NULL)
        explicit_bzero(r->out.ptr, r->out.size);
    (void)orch_remote_body(r);
    return st;
}

static orch_status put_option(struct orch_remote *r, const char *name, orch_error *err)
{
    const char *value;
    size_t len;
    orch_status st = ORCH_OK;
    for (size_t i = 0;
         st == ORCH_OK && (value = orch_options_get(r->options, name, i, &len)) != NULL; i++) {
        orch_wire_put_z(&r->out, name);
        orch_wire_put_str(&r->out, (struct orch_str){ value, len });
        st = flush(r, ORCH_FRAME_OPTIONS, FRAME_BYTES, err);
    }
    return st;
}

static orch_status send_options(struct orch_remote *r, orch_error *err)
{
    const struct orch_connector *c = &r->original->connector;
    bool input = r->role == ORCH_ROLE_SOURCE && (c->capabilities & ORCH_CAP_INPUT) != 0;
    orch_status st = ORCH_OK;
    (void)orch_remote_body(r);
    for (size_t i = 0; st == ORCH_OK && input && orch_input_options[i] != NULL; i++)
        st = put_option(r, orch_input_options[i]->name, err);
    for (size_t i = 0; st == ORCH_OK && i < c->n_options; i++)
        st = put_option(r, c->options[i]->name, err);
    return st == ORCH_OK ? flush(r, ORCH_FRAME_OPTIONS, 1, err) : st;
}

static orch_status send_inputs(struct orch_remote *r, orch_error *err)
{
    struct orch_input_told told;
    orch_status st = ORCH_OK;
    (void)orch_remote_body(r);
    for (size_t i = 0; st == ORCH_OK && r->inputs && orch_inputs_tell(r->inputs, i, &told); i++) {
        orch_wire_put_z(&r->out, told.path);
        orch_wire_put_z(&r->out, told.name);
        orch_wire_put_i64(&r->out, told.size_bytes);
        orch_wire_put_i64(&r->out, told.modified_us);
        orch_wire_put_u32(&r->out, told.packed);
        st = flush(r, ORCH_FRAME_INPUTS, FRAME_BYTES, err);
    }
    return st == ORCH_OK ? flush(r, ORCH_FRAME_INPUTS, 1, err) : st;
}

static orch_status start(struct orch_remote *r, enum orch_frame_kind kind, const char *doing,
                         orch_error *err)
{
    orch_status st = orch_child_start(&r->child, r->setup.program, err);
    if (st != ORCH_OK)
        return st;
    orch_link_init(&r->link, r->child.socket);
    r->child.socket = -1;
    r->state = ORCH_REMOTE_RUNS;
    orch_remote_doing(r, doing, false);
    st = send_start(r, err);
    if (st == ORCH_OK)
        st = send_options(r, err);
    if (st == ORCH_OK)
        st = send_inputs(r, err);
    (void)orch_remote_body(r);
    return st == ORCH_OK ? orch_remote_request(r, kind, err) : st;
}

static orch_status fail_open(struct orch_remote *r, orch_status st)
{
    end_process(r);
    r->state = r->state == ORCH_REMOTE_FAILED ? r->state : ORCH_REMOTE_ENDED;
    return st;
}

orch_status orch_remote_start(struct orch_remote *r, const orch_host *host, orch_error *err)
{
    r->host = host;
    orch_status st = start(r, ORCH_FRAME_OPEN, "opening", err);
    return st == ORCH_OK ? st : fail_open(r, st);
}

/* What an archive holds the worker has told before it said that it is open, once and for all. */
static orch_status end_members(struct orch_remote *r, orch_error *err)
{
    orch_error why = ORCH_ERROR_INIT;
    r->opened = true;
    orch_status st = r->inputs != NULL ? orch_inputs_members_end(r->inputs, &why) : ORCH_OK;
    if (st == ORCH_ENOMEM)
        return orch_remote_give_up(r, st, "out of memory", err);
    return st == ORCH_OK ? st : orch_remote_lied(r, err, "%s", why.message);
}

orch_status orch_remote_describe(struct orch_remote *r, const orch_host *host,
                                 struct orch_wire *reply, orch_error *err)
{
    r->host = host;
    r->deadline_us = orch_clock_monotonic_us() + DESCRIBE_PATIENCE * r->setup.grace_ms * 1000;
    orch_status st = start(r, ORCH_FRAME_MANIFEST, "describing itself", err);
    return st == ORCH_OK ? orch_remote_await(r, reply, err) : st;
}

orch_status orch_remote_open(struct orch_remote *r, const orch_host *host, orch_error *err)
{
    struct orch_wire reply = { 0 };
    orch_status st = ORCH_OK;
    if (r->state == ORCH_REMOTE_NEW)
        st = orch_remote_start(r, host, err);
    if (st != ORCH_OK)
        return st;
    st = orch_remote_await(r, &reply, err);
    uint32_t fault = orch_wire_u32(&reply);
    if (r->state == ORCH_REMOTE_RUNS && !orch_wire_done(&reply))
        st = orch_remote_lied(r, err, "its reply is not what was asked");
    r->at_fault = r->at_fault || (st != ORCH_OK && fault == ORCH_OPEN_FAULT_LIBRARY);
    if (st != ORCH_OK && r->state == ORCH_REMOTE_RUNS && fault == ORCH_OPEN_FAULT_MACHINE) {
        st = ORCH_ENOMEM;
        if (err != NULL)
            err->code = st;
    }
    if (st == ORCH_OK)
        st = end_members(r, err);
    return st == ORCH_OK ? st : fail_open(r, st);
}

/* ---- closing ------------------------------------------------------------------------------- */

/* It says goodbye and ends by itself; only what it does after that is worth a word. */
static void see_off(struct orch_remote *r)
{
    bool ended = orch_child_wait(&r->child, EXIT_MS);
    int status = r->child.status;
    orch_child_drain(&r->child, orch_remote_printed, r);
    if (!ended)
        orch_log(ORCH_LOG_WARN, "worker.does_not_end", "connector",
                 ORCH_LOG_S(r->original->connector.name), NULL);
    else if (status != 0)
        orch_log(ORCH_LOG_WARN, "worker.ended_badly", "connector",
                 ORCH_LOG_S(r->original->connector.name), "exit",
                 ORCH_LOG_I(WIFEXITED(status) ? WEXITSTATUS(status) : -1), "signal",
                 ORCH_LOG_I(WIFSIGNALED(status) ? WTERMSIG(status) : 0), NULL);
}

void orch_remote_tell_failure(const struct orch_remote *r)
{
    struct orch_text text = { 0 };
    if (r->state != ORCH_REMOTE_FAILED)
        return;
    orch_text_printf(&text, "%s; %s", r->failure.message, r->failure.detail);
    r->host->log(r->host, ORCH_LOG_WARN, "worker.ended_badly", orch_text_z(&text));
    orch_text_release(&text);
}

static void leave(struct orch_remote *r)
{
    if (r->leaving || !r->opened || r->state != ORCH_REMOTE_RUNS)
        return;
    orch_remote_doing(r, r->unheeded != 0 ? "ending" : "closing", true);
    (void)orch_remote_body(r);
    r->leaving = orch_remote_request(r, ORCH_FRAME_CLOSE, NULL) == ORCH_OK;
    orch_remote_tell_failure(r);
}

void orch_remote_leave(const struct orch_loaded *loaded)
{
    if (orch_remote_is(loaded))
        leave(of_loaded(loaded));
}

void orch_remote_close(struct orch_remote *r)
{
    struct orch_wire reply = { 0 };
    leave(r);
    if (r->leaving && orch_remote_await(r, &reply, NULL) == ORCH_OK && orch_wire_done(&reply))
        see_off(r);
    else if (r->leaving)
        orch_remote_tell_failure(r);
    end_process(r);
    if (r->state == ORCH_REMOTE_RUNS)
        r->state = ORCH_REMOTE_ENDED;
}
