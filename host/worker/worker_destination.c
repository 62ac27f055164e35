/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/worker_part.h"

#include <stdlib.h>

#include "orch/error.h"

static const struct orch_destination_ops *ops_of(const struct orch_worker *w)
{
    return &w->loaded->destination;
}

/* ---- instance ------------------------------------------------------------------------------ */

static void serve_check(struct orch_worker *w)
{
    orch_error err = ORCH_ERROR_INIT;
    orch_status st = ops_of(w)->check(w->destination, &err);
    orch_worker_answer(w, st, &err);
}

static void serve_recover(struct orch_worker *w)
{
    struct orch_wire body = orch_wire_of(&w->frame.body);
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    uint32_t slot = orch_wire_u32(&body);
    orch_ledger_query query = { .struct_size = sizeof query, .table = orch_wire_z(&body) };
    query.pipeline = orch_wire_z(&body);
    query.run = orch_wire_z(&body);
    query.status = orch_wire_z(&body);
    query.offset = orch_wire_i64(&body);
    query.limit = orch_wire_i64(&body);
    orch_status st = orch_wire_done(&body) && slot < w->ring.n_slots
                         ? ops_of(w)->recover(w->destination, &query, &schema, &batch, &err)
                         : orch_error_set(&err, ORCH_EINVAL, "a request is malformed");
    orch_worker_reply_table(w, st, &err, &schema, &batch, slot);
}

/* ---- writer -------------------------------------------------------------------------------- */

static orch_status get_keys(struct orch_wire *body, orch_write_request *request,
                            const char ***out)
{
    uint32_t n = orch_wire_u32(body);
    const char **keys = n <= body->left ? orch_zalloc((size_t)n + 1, sizeof *keys) : NULL;
    if (keys == NULL)
        return ORCH_ENOMEM;
    for (uint32_t i = 0; i < n; i++)
        keys[i] = orch_wire_z(body);
    request->keys = *out = keys;
    request->n_keys = n;
    return ORCH_OK;
}

static orch_status get_schema(struct orch_worker *w, struct orch_wire *body)
{
    if (orch_wire_u32(body) == 0)
        return ORCH_OK;
    return orch_wire_schema(body, &w->schema);
}

static void forget_schema(struct orch_worker *w)
{
    if (w->schema.release != NULL)
        w->schema.release(&w->schema);
    w->schema = (struct ArrowSchema){ 0 };
}

static bool has_created(const struct orch_worker *w)
{
    return w->schema.release != NULL && ops_of(w)->created != NULL &&
           ops_of(w)->created(w->writer);
}

static void serve_begin(struct orch_worker *w)
{
    struct orch_wire body = orch_wire_of(&w->frame.body);
    orch_write_request request = { .struct_size = sizeof request, .mode = orch_wire_u32(&body) };
    orch_error err = ORCH_ERROR_INIT;
    const char **keys = NULL;
    request.flags = orch_wire_u32(&body);
    request.target = orch_wire_z(&body);
    orch_status st = get_keys(&body, &request, &keys);
    request.pipeline = orch_wire_z(&body);
    request.run = orch_wire_z(&body);
    request.comment = orch_wire_z(&body);
    if (st == ORCH_OK)
        st = get_schema(w, &body);
    if (st == ORCH_OK && !orch_wire_done(&body))
        st = orch_error_set(&err, ORCH_EINVAL, "a request to begin is malformed");
    if (st == ORCH_OK)
        st = ops_of(w)->begin(w->destination, &request,
                              w->schema.release != NULL ? &w->schema : NULL, &w->writer, &err);
    free(keys);
    w->write_status = ORCH_OK;
    struct orch_text *reply = orch_worker_reply_begin(w, st, &err);
    if (st == ORCH_OK)
        orch_wire_put_u32(reply, has_created(w));
    else
        forget_schema(w);
    orch_worker_reply(w);
}

static void serve_end(struct orch_worker *w)
{
    orch_error none = ORCH_ERROR_INIT;
    if (w->writer != NULL)
        ops_of(w)->end(w->writer);
    w->writer = NULL;
    w->write_status = ORCH_OK;
    forget_schema(w);
    orch_worker_answer(w, ORCH_OK, &none);
}

/* Is there a transaction that has not failed yet? Else answers with its failure. */
static bool is_sound(struct orch_worker *w)
{
    orch_error err = ORCH_ERROR_INIT;
    if (w->writer == NULL)
        orch_worker_answer(w, orch_error_set(&err, ORCH_EINVAL, "there is no transaction"), &err);
    else if (w->write_status != ORCH_OK)
        orch_worker_answer(w, w->write_status, &w->write_error);
    return w->writer != NULL && w->write_status == ORCH_OK;
}

static void serve_finish(struct orch_worker *w)
{
    orch_write_counts counts = { .struct_size = sizeof counts };
    orch_error err = ORCH_ERROR_INIT;
    if (!is_sound(w))
        return;
    orch_status st = ops_of(w)->finish(w->writer, &counts, &err);
    struct orch_text *body = orch_worker_reply_begin(w, st, &err);
    if (st == ORCH_OK) {
        orch_wire_put_i64(body, counts.inserted);
        orch_wire_put_i64(body, counts.updated);
        orch_wire_put_i64(body, counts.unchanged);
        orch_wire_put_i64(body, counts.merged);
    }
    orch_worker_reply(w);
}

static void serve_commit(struct orch_worker *w)
{
    struct orch_wire body = orch_wire_of(&w->frame.body);
    orch_commit commit = { .struct_size = sizeof commit, .state_version = orch_wire_u32(&body) };
    orch_error err = ORCH_ERROR_INIT;
    commit.sequence = (uint64_t)orch_wire_i64(&body);
    bool has_state = orch_wire_u32(&body) != 0;
    struct orch_str state = orch_wire_str(&body);
    commit.state = has_state ? state.ptr : NULL;
    commit.state_len = has_state ? state.len : 0;
    if (!is_sound(w))
        return;
    orch_status st = orch_wire_done(&body)
                         ? ops_of(w)->commit(w->writer, &commit, &err)
                         : orch_error_set(&err, ORCH_EINVAL, "a request to commit is malformed");
    orch_worker_answer(w, st, &err);
}

/* ---- batches ------------------------------------------------------------------------------- */

/* What a batch is made of, until it is released. */
struct holding {
    struct orch_worker *w; /* the batch lies in w->lent_slot; else NULL */
    void *bytes;           /* its own, when it does not */
};

static void let_go(void *ctx)
{
    struct holding *h = ctx;
    if (h->w != NULL)
        atomic_store(&h->w->lent, false);
    free(h->bytes);
    free(h);
}

/* The bytes of the batch: in the slot when the connector is done with each batch before it returns;
 * copied when it keeps batches, or it would keep the slots as well. */
static orch_status hold(struct orch_worker *w, const struct orch_parcel *p, uint32_t slot,
                        bool apart, struct holding *h)
{
    if (apart) {
        h->bytes = w->data.ptr;
        size_t len = w->data.len;
        w->data = (struct orch_text){ 0 };
        return len == p->bytes ? ORCH_OK : ORCH_EINVAL;
    }
    if (slot >= w->ring.n_slots || p->bytes > w->ring.slot_bytes)
        return ORCH_EINVAL;
    if (!w->copies) {
        h->w = w;
        w->lent_slot = slot;
        atomic_store(&w->lent, true);
        return ORCH_OK;
    }
    h->bytes = orch_alloc(p->bytes + 1);
    if (h->bytes != NULL)
        memcpy(h->bytes, orch_ring_slot(&w->ring, slot), p->bytes);
    return h->bytes != NULL ? ORCH_OK : ORCH_ENOMEM;
}

static orch_status unpack(struct orch_worker *w, const struct orch_parcel *p, uint32_t slot,
                          bool apart, struct ArrowArray *out)
{
    struct holding *h = orch_zalloc(1, sizeof *h);
    if (h == NULL)
        return ORCH_ENOMEM;
    orch_status st = hold(w, p, slot, apart, h);
    const void *bytes = h->bytes != NULL ? h->bytes : orch_ring_slot(&w->ring, slot);
    if (st == ORCH_OK)
        st = orch_parcel_unpack(p, bytes, let_go, h, out);
    if (st != ORCH_OK)
        let_go(h);
    return st;
}

static orch_status write_batch(struct orch_worker *w, const char *table,
                               const struct ArrowSchema *schema, struct ArrowArray *batch,
                               orch_error *err)
{
    orch_status st = table != NULL ? ops_of(w)->ledger(w->writer, table, schema, batch, err)
                                   : ops_of(w)->write(w->writer, batch, err);
    if (batch->release != NULL)
        batch->release(batch);
    return st;
}

static void tell_written(struct orch_worker *w, uint32_t slot, orch_status st,
                         const orch_error *err)
{
    struct orch_text *body = orch_worker_body(w);
    orch_wire_put_u32(body, slot);
    orch_wire_put_error(body, st, err);
    orch_worker_send(w, ORCH_FRAME_WRITTEN, 0, body);
}

/* The first failure is told at once and remembered. */
static void fail_write(struct orch_worker *w, orch_status st, orch_error *err)
{
    if (err->code == ORCH_OK)
        orch_error_set(err, st, st == ORCH_ENOMEM ? "out of memory"
                                                  : "connector %s gave no reason", w->connector);
    w->write_status = st;
    w->write_error = *err;
}

static orch_status do_write(struct orch_worker *w, struct orch_wire *body, const char *table,
                            const struct ArrowSchema *schema, uint32_t *slot, orch_error *err)
{
    struct orch_parcel parcel = { 0 };
    struct ArrowArray batch = { 0 };
    *slot = orch_wire_u32(body);
    bool apart = orch_wire_u32(body) != 0;
    if (w->writer == NULL || schema->release == NULL)
        return orch_error_set(err, ORCH_EINVAL, "there is no transaction to write to");
    orch_status st = orch_parcel_get(&parcel, schema, body, ORCH_BATCH_BYTES_MOST);
    if (st == ORCH_OK)
        st = unpack(w, &parcel, *slot, apart, &batch);
    orch_parcel_release(&parcel);
    return st == ORCH_OK ? write_batch(w, table, schema, &batch, err) : st;
}

static void serve_data(struct orch_worker *w)
{
    w->data.cap = ORCH_BATCH_BYTES_MOST + 1;
    if (!orch_text_add(&w->data, w->frame.body.ptr, w->frame.body.len))
        orch_worker_exit(w, 1);
}

static void serve_write(struct orch_worker *w)
{
    struct orch_wire body = orch_wire_of(&w->frame.body);
    struct ArrowSchema ledger = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    uint32_t slot = ORCH_SLOT_NONE;
    const char *table = orch_wire_z(&body);
    orch_status st = table != NULL ? orch_wire_schema(&body, &ledger) : ORCH_OK;
    if (w->write_status != ORCH_OK) {
        slot = orch_wire_u32(&body);
        orch_text_release(&w->data);
    } else if (st == ORCH_OK) {
        st = do_write(w, &body, table, table != NULL ? &ledger : &w->schema, &slot, &err);
    }
    if (ledger.release != NULL)
        ledger.release(&ledger);
    if (w->write_status == ORCH_OK && st != ORCH_OK)
        fail_write(w, st, &err);
    if (w->lent_slot == slot && atomic_load(&w->lent)) {
        w->copies = true; /* told when it is released: see orch_worker_reclaim */
        return;
    }
    if (w->lent_slot == slot)
        w->lent_slot = ORCH_SLOT_NONE;
    tell_written(w, slot, st, &err);
}

void orch_worker_reclaim(struct orch_worker *w)
{
    orch_error none = ORCH_ERROR_INIT;
    if (w->lent_slot == ORCH_SLOT_NONE || atomic_load(&w->lent))
        return;
    uint32_t slot = w->lent_slot;
    w->lent_slot = ORCH_SLOT_NONE;
    tell_written(w, slot, ORCH_OK, &none);
}

/* ---- all ----------------------------------------------------------------------------------- */

bool orch_worker_serve_destination(struct orch_worker *w)
{
    static const struct {
        enum orch_frame_kind kind;
        void (*serve)(struct orch_worker *w);
    } kinds[] = {
        { ORCH_FRAME_CHECK, serve_check },   { ORCH_FRAME_RECOVER, serve_recover },
        { ORCH_FRAME_BEGIN, serve_begin },   { ORCH_FRAME_WRITE, serve_write },
        { ORCH_FRAME_FINISH, serve_finish }, { ORCH_FRAME_COMMIT, serve_commit },
        { ORCH_FRAME_END, serve_end },       { ORCH_FRAME_DATA, serve_data },
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (w->frame.kind == kinds[i].kind) {
            kinds[i].serve(w);
            return true;
        }
    }
    return false;
}
