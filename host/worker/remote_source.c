/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/remote_part.h"

#include "orch/builder.h"
#include "orch/error.h"

static struct orch_remote *of_source(orch_source *s)
{
    return (struct orch_remote *)s;
}

static struct orch_remote *of_reader(orch_reader *s)
{
    return (struct orch_remote *)s;
}

/* ---- instance ------------------------------------------------------------------------------ */

static orch_status source_open(const orch_host *host, orch_source **out, orch_error *err)
{
    struct orch_remote *r = orch_remote_of(host);
    orch_status st = orch_remote_open(r, host, err);
    if (st == ORCH_OK)
        *out = (orch_source *)r;
    return st;
}

static void source_close(orch_source *s)
{
    orch_remote_close(of_source(s));
}

static void source_interrupt(orch_source *s)
{
    orch_remote_interrupt(of_source(s));
}

static orch_status source_check(orch_source *s, orch_error *err)
{
    struct orch_remote *r = of_source(s);
    orch_remote_doing(r, "checking its source", false);
    (void)orch_remote_body(r);
    return orch_remote_ask(r, ORCH_FRAME_CHECK, err);
}

static orch_status source_streams(orch_source *s, struct ArrowSchema *schema,
                                  struct ArrowArray *batch, orch_error *err)
{
    struct orch_remote *r = of_source(s);
    struct orch_wire reply;
    orch_remote_doing(r, "listing its streams", false);
    (void)orch_remote_body(r);
    orch_status st = orch_remote_call(r, ORCH_FRAME_STREAMS, &reply, err);
    return st == ORCH_OK
               ? orch_remote_take_table(r, &reply, ORCH_SLOT_NONE, schema, batch, err) : st;
}

/* ---- schemas ------------------------------------------------------------------------------- */

static orch_status take_schema(struct orch_remote *r, struct orch_wire *reply,
                               struct ArrowSchema *out, orch_error *err)
{
    orch_status st = orch_wire_schema(reply, out);
    if (st == ORCH_ENOMEM)
        return orch_remote_give_up(r, st, "out of memory", err);
    if (st == ORCH_OK && orch_wire_done(reply))
        return ORCH_OK;
    if (st == ORCH_OK)
        out->release(out);
    return orch_remote_lied(r, err, "a schema is malformed");
}

static orch_status source_describe(orch_source *s, const char *stream, struct ArrowSchema *out,
                                   orch_error *err)
{
    struct orch_remote *r = of_source(s);
    struct orch_wire reply;
    struct ArrowSchema schema = { 0 };
    orch_remote_doing(r, "describing its columns", false);
    orch_wire_put_z(orch_remote_body(r), stream);
    orch_status st = orch_remote_call(r, ORCH_FRAME_DESCRIBE, &reply, err);
    if (st == ORCH_OK)
        st = take_schema(r, &reply, &schema, err);
    if (st == ORCH_OK)
        *out = schema;
    return st;
}

/* ---- reader -------------------------------------------------------------------------------- */

static void put_request(const orch_read_request *q, struct orch_text *body)
{
    orch_wire_put_z(body, q->stream);
    orch_wire_put_u32(body, q->columns != NULL);
    orch_wire_put_u32(body, q->columns != NULL ? (uint32_t)q->n_columns : 0);
    for (size_t i = 0; q->columns != NULL && i < q->n_columns; i++)
        orch_wire_put_z(body, q->columns[i]);
    orch_wire_put_u32(body, q->state_version);
    orch_wire_put_u32(body, q->state != NULL);
    orch_wire_put_str(body, (struct orch_str){ q->state, q->state != NULL ? q->state_len : 0 });
    orch_wire_put_i64(body, q->target_rows);
    orch_wire_put_i64(body, q->target_bytes);
}

/* The int64 column that holds record numbers. */
static int64_t find_records(const struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        size_t len = 0;
        const char *role = orch_schema_metadata(schema->children[i], ORCH_META_ROLE, &len);
        if (role != NULL && orch_str_equal((struct orch_str){ role, len },
                                           ORCH_STR(ORCH_ROLE_RECORD)) &&
            strcmp(schema->children[i]->format, ORCH_FORMAT_INT64) == 0)
            return i;
    }
    return -1;
}

static orch_status source_read(orch_source *s, const orch_read_request *request, orch_reader **out,
                               orch_error *err)
{
    struct orch_remote *r = of_source(s);
    struct orch_wire reply;
    struct ArrowSchema schema = { 0 };
    if (r->busy)
        return orch_error_set(err, ORCH_ENOTSUP, "a connector in a process of its own reads one "
                                                 "stream at a time");
    orch_remote_doing(r, "starting to read", false);
    put_request(request, orch_remote_body(r));
    orch_status st = orch_remote_call(r, ORCH_FRAME_READ, &reply, err);
    if (st == ORCH_OK)
        st = take_schema(r, &reply, &schema, err);
    if (st != ORCH_OK)
        return st;
    orch_remote_idle(r);
    r->busy = true;
    r->schema = schema;
    r->record_column = find_records(&schema);
    *out = (orch_reader *)r;
    return ORCH_OK;
}

/* Batches are checked against the schema that came with the answer to the request. */
static orch_status reader_schema(orch_reader *s, struct ArrowSchema *out, orch_error *err)
{
    struct orch_remote *r = of_reader(s);
    orch_status st = orch_remote_alive(r, err);
    if (st == ORCH_OK && orch_schema_copy(&r->schema, out) != ORCH_OK)
        st = orch_error_set(err, ORCH_ENOMEM, "out of memory");
    return st;
}

/* ---- batches ------------------------------------------------------------------------------- */

static void note_place(struct orch_remote *r, const struct ArrowArray *batch,
                       const orch_batch_info *info)
{
    r->last_input = info->input;
    r->source_bytes = info->source_bytes;
    if (batch->length == 0)
        return;
    if (r->record_column >= 0)
        r->last_record = ((const int64_t *)batch->children[r->record_column]
                              ->buffers[1])[batch->length - 1];
    else if (info->first_record > 0)
        r->last_record = info->first_record + batch->length - 1;
}

static orch_status take_queued(struct orch_remote *r, struct ArrowArray *out,
                               orch_batch_info *info, orch_error *err)
{
    struct orch_remote_batch batch = r->queue[0];
    memmove(r->queue, r->queue + 1, --r->n_queued * sizeof *r->queue);
    orch_status st = orch_remote_take_next(r, &batch, out, err);
    if (st == ORCH_OK) {
        note_place(r, out, &batch.info);
        orch_text_release(&r->position);
        r->position = batch.state;
        batch.state = (struct orch_text){ 0 };
        batch.info.struct_size = info->struct_size;
        *info = batch.info;
        info->state = batch.has_state ? orch_text_z(&r->position) : NULL;
        info->state_len = r->position.len;
    }
    orch_remote_batch_release(&batch);
    return st;
}

static orch_status start_stream(struct orch_remote *r, orch_error *err)
{
    if (r->streaming)
        return ORCH_OK;
    (void)orch_remote_body(r);
    orch_status st = orch_remote_send(r, ORCH_FRAME_GO, 0, -1, err);
    r->streaming = st == ORCH_OK;
    return st;
}

static orch_status end_of_stream(const struct orch_remote *r, orch_error *err)
{
    if (r->over_status != ORCH_END && err != NULL)
        *err = r->over_error;
    return r->over_status;
}

static orch_status reader_next(orch_reader *s, struct ArrowArray *out, orch_batch_info *info,
                               orch_error *err)
{
    struct orch_remote *r = of_reader(s);
    orch_status st = orch_remote_alive(r, err);
    if (st != ORCH_OK)
        return st;
    orch_remote_doing(r, "reading", false);
    st = start_stream(r, err);
    /* The worker has just read it: it is in memory still. */
    if (st == ORCH_OK && r->inputs != NULL)
        orch_inputs_hash_ahead(r->inputs, r->source_bytes);
    while (st == ORCH_OK && r->n_queued == 0 && !r->over)
        st = orch_remote_pump(r, true, err);
    if (st != ORCH_OK)
        return st;
    if (r->n_queued > 0)
        return take_queued(r, out, info, err);
    st = end_of_stream(r, err);
    return st == ORCH_ENOMEM ? orch_remote_starved(r, err) : st;
}

static void reader_end(orch_reader *s)
{
    struct orch_remote *r = of_reader(s);
    orch_remote_doing(r, "ending", true);
    orch_remote_end(r, r->streaming && !r->over);
}

const orch_source_ops orch_remote_source_ops = {
    .struct_size = sizeof(orch_source_ops),
    .open = source_open,
    .close = source_close,
    .check = source_check,
    .streams = source_streams,
    .describe = source_describe,
    .read = source_read,
    .schema = reader_schema,
    .next = reader_next,
    .end = reader_end,
    .interrupt = source_interrupt,
};
