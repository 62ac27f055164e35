/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/worker_part.h"

#include <stdlib.h>

#include "orch/error.h"

static const struct orch_source_ops *ops_of(const struct orch_worker *w)
{
    return &w->loaded->source;
}

/* ---- schemas ------------------------------------------------------------------------------- */

static orch_status reply_schema(struct orch_worker *w, orch_status st, orch_error *err,
                                const struct ArrowSchema *schema)
{
    if (st == ORCH_OK && schema->release == NULL)
        st = orch_error_set(err, ORCH_EINTERNAL, "connector %s gave no schema", w->connector);
    struct orch_text *body = orch_worker_reply_begin(w, st, err);
    if (st == ORCH_OK)
        orch_wire_put_schema(body, schema);
    orch_worker_reply(w);
    return st;
}

static void serve_describe(struct orch_worker *w)
{
    struct orch_wire body = orch_wire_of(&w->frame.body);
    struct ArrowSchema schema = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    const char *stream = orch_wire_z(&body);
    orch_status st = ops_of(w)->describe(w->source, stream, &schema, &err);
    (void)reply_schema(w, st, &err, &schema);
    if (schema.release != NULL)
        schema.release(&schema);
}

static void serve_streams(struct orch_worker *w)
{
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    uint32_t slot = orch_ring_take(&w->ring);
    orch_status st = slot == ORCH_SLOT_NONE
                         ? orch_error_set(&err, ORCH_ENOTSUP, "no memory is free while it reads")
                         : ops_of(w)->streams(w->source, &schema, &batch, &err);
    orch_worker_reply_table(w, st, &err, &schema, &batch, slot);
    (void)orch_ring_give(&w->ring, slot);
}

/* ---- reader -------------------------------------------------------------------------------- */

static void idle(struct orch_worker *w)
{
    if (w->reader != NULL)
        ops_of(w)->end(w->reader);
    w->reader = NULL;
    w->streaming = false;
    if (w->schema.release != NULL)
        w->schema.release(&w->schema);
    w->schema = (struct ArrowSchema){ 0 };
    /* What was under way to the host it throws away. */
    for (uint32_t i = 0; i < w->ring.n_slots; i++)
        (void)orch_ring_give(&w->ring, i);
}

static orch_status get_columns(struct orch_wire *body, uint32_t n, const char ***out)
{
    /* Each takes four bytes at least. */
    const char **names = n <= body->left ? orch_zalloc((size_t)n + 1, sizeof *names) : NULL;
    if (names == NULL)
        return ORCH_ENOMEM;
    for (uint32_t i = 0; i < n; i++)
        names[i] = orch_wire_z(body);
    *out = names;
    return ORCH_OK;
}

static void serve_read(struct orch_worker *w)
{
    struct orch_wire body = orch_wire_of(&w->frame.body);
    orch_read_request request = { .struct_size = sizeof request, .stream = orch_wire_z(&body) };
    orch_error err = ORCH_ERROR_INIT;
    const char **columns = NULL;
    bool listed = orch_wire_u32(&body) != 0;
    request.n_columns = orch_wire_u32(&body);
    orch_status st = get_columns(&body, (uint32_t)request.n_columns, &columns);
    request.columns = listed ? columns : NULL;
    request.state_version = orch_wire_u32(&body);
    bool has_state = orch_wire_u32(&body) != 0;
    struct orch_str state = orch_wire_str(&body);
    request.state = has_state ? state.ptr : NULL;
    request.state_len = has_state ? state.len : 0;
    request.target_rows = orch_wire_i64(&body);
    request.target_bytes = orch_wire_i64(&body);
    if (st == ORCH_OK && !orch_wire_done(&body))
        st = orch_error_set(&err, ORCH_EINVAL, "a request to read is malformed");
    if (st == ORCH_OK)
        st = ops_of(w)->read(w->source, &request, &w->reader, &err);
    if (st == ORCH_OK)
        st = ops_of(w)->schema(w->reader, &w->schema, &err);
    free(columns);
    if (reply_schema(w, st, &err, &w->schema) != ORCH_OK)
        idle(w);
}

static void serve_end(struct orch_worker *w)
{
    orch_error none = ORCH_ERROR_INIT;
    idle(w);
    orch_worker_answer(w, ORCH_OK, &none);
}

static void serve_check(struct orch_worker *w)
{
    orch_error err = ORCH_ERROR_INIT;
    orch_status st = ops_of(w)->check(w->source, &err);
    orch_worker_answer(w, st, &err);
}

/* ---- batches ------------------------------------------------------------------------------- */

static void end_stream(struct orch_worker *w, enum orch_frame_kind kind, orch_status st,
                       const orch_error *err)
{
    w->streaming = false;
    orch_worker_reply_begin(w, st, err);
    orch_worker_send(w, kind, 0, &w->out);
}

static orch_status send_batch(struct orch_worker *w, const struct ArrowArray *batch,
                              const orch_batch_info *info, orch_error *err)
{
    uint32_t slot = orch_ring_take(&w->ring);
    size_t len = info->state != NULL ? info->state_len : 0;
    struct orch_text *body = orch_worker_body(w);
    orch_wire_put_u32(body, info->input);
    orch_wire_put_i64(body, info->first_record);
    orch_wire_put_i64(body, info->source_bytes);
    orch_wire_put_u32(body, info->state != NULL);
    orch_wire_put_str(body, (struct orch_str){ info->state, len });
    orch_status st = orch_worker_place(w, &w->schema, batch, slot, err);
    if (st == ORCH_OK && body->failed)
        st = orch_error_set(err, ORCH_ENOTSUP, "a batch has too many columns for a process of "
                                               "its own");
    if (st == ORCH_OK)
        orch_worker_send(w, ORCH_FRAME_BATCH, 0, body);
    else
        (void)orch_ring_give(&w->ring, slot);
    return st;
}

void orch_worker_read_ahead(struct orch_worker *w)
{
    struct ArrowArray batch = { 0 };
    orch_batch_info info = { .struct_size = sizeof info };
    orch_error err = ORCH_ERROR_INIT;
    orch_status st = ops_of(w)->next(w->reader, &batch, &info, &err);
    if (st != ORCH_OK) {
        end_stream(w, ORCH_FRAME_STREAM_END, st, &err);
        return;
    }
    st = send_batch(w, &batch, &info, &err);
    if (batch.release != NULL)
        batch.release(&batch);
    if (st == ORCH_EINVAL)
        end_stream(w, ORCH_FRAME_BROKEN, err.code, &err);
    else if (st != ORCH_OK)
        end_stream(w, ORCH_FRAME_STREAM_END, st, &err);
}

/* ---- all ----------------------------------------------------------------------------------- */

static void serve_go(struct orch_worker *w)
{
    w->streaming = w->reader != NULL && w->schema.release != NULL;
    w->ahead = 1;
}

bool orch_worker_serve_source(struct orch_worker *w)
{
    static const struct {
        enum orch_frame_kind kind;
        void (*serve)(struct orch_worker *w);
    } kinds[] = {
        { ORCH_FRAME_CHECK, serve_check },       { ORCH_FRAME_STREAMS, serve_streams },
        { ORCH_FRAME_DESCRIBE, serve_describe }, { ORCH_FRAME_READ, serve_read },
        { ORCH_FRAME_GO, serve_go },             { ORCH_FRAME_END, serve_end },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (w->frame.kind == kinds[i].kind) {
            kinds[i].serve(w);
            return true;
        }
    }
    return false;
}
