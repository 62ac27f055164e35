/* SPDX-License-Identifier: Apache-2.0 */
/* From a fresh process to an open connector: what the host says, the sandbox, the library, the
 * heart, open; and back. */
#include "worker/worker_part.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "orch/error.h"
#include "worker/child.h"
#include "worker/sandbox.h"

enum { FILES_OPEN = 256, MEMBERS_BYTES = 64 * 1024 };

/* ---- what the host says -------------------------------------------------------------------- */

static char *keep_z(struct orch_worker *w, const char *text)
{
    char *copy = orch_arena_strdup(&w->arena, text != NULL ? text : "");
    if (copy == NULL)
        orch_worker_exit(w, 1);
    return copy;
}

static void set_environment(struct orch_worker *w)
{
    for (size_t i = 0; i < w->reach.environment.len; i++) {
        char *name = keep_z(w, w->reach.environment.items[i]);
        char *equal = strchr(name, '=');
        if (equal == NULL)
            continue;
        *equal = '\0';
        (void)setenv(name, equal + 1, 1);
    }
}

/* Its first frame: what cannot be understood now is a host of another version. */
void orch_worker_start(struct orch_worker *w)
{
    struct orch_wire body = orch_wire_of(&w->frame.body);
    w->role = (enum orch_role)orch_wire_u32(&body);
    w->library = keep_z(w, orch_wire_z(&body));
    w->connector = keep_z(w, orch_wire_z(&body));
    const char *manifest = orch_wire_z(&body);
    w->manifest = manifest != NULL ? keep_z(w, manifest) : NULL;
    w->least_level = (int)orch_wire_u32(&body);
    w->unconfined = orch_wire_u32(&body) != 0;
    w->require_sandbox = orch_wire_u32(&body) != 0;
    w->memory_bytes = orch_wire_i64(&body);
    w->cpu_seconds = orch_wire_i64(&body);
    w->file_size_bytes = orch_wire_i64(&body);
    orch_status st = orch_reach_get(&w->reach, &body);
    int ring = w->frame.passed;
    w->frame.passed = -1;
    if (st == ORCH_OK)
        st = orch_ring_map(&w->ring, ring, NULL);
    if (st != ORCH_OK || !orch_wire_done(&body))
        orch_worker_exit(w, 1);
    orch_log_setup(ORCH_LOG_TEXT, w->least_level);
    set_environment(w);
}

void orch_worker_options(struct orch_worker *w)
{
    struct orch_wire body = orch_wire_of(&w->frame.body);
    while (body.left > 0 && !body.bad) {
        struct orch_worker_option option = { .name = keep_z(w, orch_wire_z(&body)) };
        option.value = orch_arena_str(&w->arena, orch_wire_str(&body));
        if (option.value.ptr == NULL || !orch_vec_push(&w->options, option))
            orch_worker_exit(w, 1);
    }
    if (body.bad)
        orch_worker_exit(w, 1);
    explicit_bzero(w->frame.body.ptr, w->frame.body.len);
}

void orch_worker_inputs(struct orch_worker *w)
{
    struct orch_wire body = orch_wire_of(&w->frame.body);
    while (body.left > 0 && !body.bad) {
        struct orch_input_told told = { .path = keep_z(w, orch_wire_z(&body)) };
        told.name = keep_z(w, orch_wire_z(&body));
        told.size_bytes = orch_wire_i64(&body);
        told.modified_us = orch_wire_i64(&body);
        told.packed = orch_wire_u32(&body);
        if (!orch_vec_push(&w->inputs, told))
            orch_worker_exit(w, 1);
    }
    if (body.bad)
        orch_worker_exit(w, 1);
}

/* ---- opening ------------------------------------------------------------------------------- */

static orch_status confine(struct orch_worker *w, orch_error *err)
{
    static const int keep[] = { 2, ORCH_CHILD_SOCKET };
    const struct orch_reach *reach = &w->reach;
    struct orch_sandbox_report report;
    struct orch_sandbox_request request = {
        .struct_size = sizeof request,
        .flags = w->require_sandbox ? ORCH_SANDBOX_REQUIRE : 0,
        .needs = reach->needs,
        .libraries = reach->libraries.items,
        .n_libraries = reach->libraries.len,
        .read = reach->read.items,
        .n_read = reach->read.len,
        .write = reach->write.items,
        .n_write = reach->write.len,
        .sockets = reach->sockets.items,
        .n_sockets = reach->sockets.len,
        .home = reach->home,
        .keep = keep,
        .n_keep = sizeof keep / sizeof keep[0],
        .address_space_bytes = (uint64_t)w->memory_bytes,
        .cpu_seconds = (uint64_t)w->cpu_seconds,
        .file_size_bytes = (uint64_t)w->file_size_bytes,
        .open_files = FILES_OPEN,
    };
    return w->unconfined ? ORCH_OK : orch_sandbox_enter(&request, &report, err);
}

static void interrupt(void *ctx)
{
    struct orch_worker *w = ctx;
    pthread_mutex_lock(&w->handle_lock);
    if (w->source != NULL)
        w->loaded->source.interrupt(w->source);
    if (w->destination != NULL)
        w->loaded->destination.interrupt(w->destination);
    pthread_mutex_unlock(&w->handle_lock);
}

static orch_status start_heart(struct orch_worker *w, orch_error *err)
{
    w->heart.pulse = w->ring.pulse;
    w->heart.interrupt = interrupt;
    w->heart.ctx = w;
    return orch_heart_start(&w->heart) ? ORCH_OK
                                       : orch_child_failed(err, "its first thread", EAGAIN);
}

static const char *option_value(const struct orch_worker *w, const char *name)
{
    for (size_t i = 0; i < w->options.len; i++)
        if (strcmp(w->options.items[i].name, name) == 0)
            return w->options.items[i].value.ptr;
    return NULL;
}

static orch_status make_instance(struct orch_worker *w, orch_error *err)
{
    struct orch_inputs *inputs = NULL;
    struct orch_input_lender lender = orch_worker_lender;
    lender.ctx = w;
    if (w->inputs.len > 0) {
        orch_status st = orch_inputs_adopt(w->inputs.items, w->inputs.len,
                                           option_value(w, "encoding"), &lender, &inputs, err);
        if (st != ORCH_OK)
            return st;
    }
    return orch_worker_instance(w, inputs);
}

/* What the archives among the inputs hold is found here, behind the sandbox, and told. */
static orch_status unpack(struct orch_worker *w, orch_error *err)
{
    struct orch_text body = { .cap = ORCH_WIRE_BYTES_MOST };
    struct orch_part_told part;
    orch_status st = orch_instance_unpack(&w->instance, err);
    for (size_t i = 0; st == ORCH_OK && w->instance.inputs != NULL &&
                       orch_inputs_part(w->instance.inputs, i, &part); i++) {
        if (part.label == NULL)
            continue;
        orch_wire_put_u32(&body, (uint32_t)part.file);
        orch_wire_put_z(&body, part.label);
        if (body.failed)
            st = orch_error_set(err, ORCH_ENOMEM, "out of memory");
        if (body.len >= MEMBERS_BYTES) {
            orch_worker_send(w, ORCH_FRAME_MEMBERS, 0, &body);
            orch_text_reset(&body);
        }
    }
    if (st == ORCH_OK && body.len > 0)
        orch_worker_send(w, ORCH_FRAME_MEMBERS, 0, &body);
    orch_text_release(&body);
    return st;
}

static orch_status open_connector(struct orch_worker *w, orch_error *err)
{
    orch_source *source = NULL;
    orch_destination *destination = NULL;
    bool reads = w->role == ORCH_ROLE_SOURCE;
    if ((reads ? (const void *)w->loaded->connector.source : w->loaded->connector.destination) ==
        NULL)
        return orch_error_set(err, ORCH_EINVAL, "connector %s has no such role", w->connector);
    orch_status st = reads ? w->loaded->source.open(&w->instance.host, &source, err)
                           : w->loaded->destination.open(&w->instance.host, &destination, err);
    if (st != ORCH_OK)
        return st;
    if (reads ? source == NULL : destination == NULL)
        return orch_error_set(err, ORCH_EINTERNAL, "connector %s opened nothing", w->connector);
    pthread_mutex_lock(&w->handle_lock);
    w->source = source;
    w->destination = destination;
    pthread_mutex_unlock(&w->handle_lock);
    return ORCH_OK;
}

/* What has to be done before any code of a library may run. */
static orch_status enter(struct orch_worker *w, orch_error *err)
{
    orch_status st = w->ring.pulse != NULL && w->loaded == NULL ? confine(w, err) : ORCH_EINVAL;
    return st == ORCH_OK ? start_heart(w, err) : st;
}

void orch_worker_open(struct orch_worker *w)
{
    orch_error err = ORCH_ERROR_INIT;
    uint32_t fault = ORCH_OPEN_FAULT_NONE;
    orch_status st = enter(w, &err);
    if (st == ORCH_ENOMEM) {
        st = ORCH_EIO; /* memory that is out in a worker is its connector's */
        fault = ORCH_OPEN_FAULT_MACHINE;
    }
    if (st == ORCH_OK) {
        st = orch_loader_open(&w->arena, w->library, w->manifest, w->connector, &w->loaded, &err);
        fault = st != ORCH_OK ? ORCH_OPEN_FAULT_LIBRARY : fault;
    }
    if (st == ORCH_OK)
        st = make_instance(w, &err);
    if (st == ORCH_OK)
        st = unpack(w, &err);
    if (st == ORCH_OK)
        st = open_connector(w, &err);
    orch_wire_put_u32(orch_worker_reply_begin(w, st, &err), fault);
    orch_worker_reply(w);
}

/* The host ends the process once it has the answer. */
void orch_worker_manifest(struct orch_worker *w)
{
    struct orch_loaded *items = NULL;
    orch_error err = ORCH_ERROR_INIT;
    size_t n = 0;
    orch_status st = enter(w, &err);
    if (st == ORCH_OK)
        st = orch_loader_load(&w->arena, w->library, &items, &n, &err);
    struct orch_text *body = orch_worker_reply_begin(w, st, &err);
    if (st == ORCH_OK) {
        w->loaded = items;
        orch_wire_put_str(body, orch_str_from(items[0].manifest));
    }
    orch_worker_reply(w);
}

/* ---- closing ------------------------------------------------------------------------------- */

void orch_worker_close(struct orch_worker *w)
{
    orch_error none = ORCH_ERROR_INIT;
    pthread_mutex_lock(&w->handle_lock);
    orch_source *source = w->source;
    orch_destination *destination = w->destination;
    w->source = NULL;
    w->destination = NULL;
    pthread_mutex_unlock(&w->handle_lock);
    if (source != NULL)
        w->loaded->source.close(source);
    if (destination != NULL)
        w->loaded->destination.close(destination);
    orch_instance_release(&w->instance);
    orch_worker_answer(w, ORCH_OK, &none);
    orch_worker_exit(w, 0);
}
