/* SPDX-License-Identifier: Apache-2.0 */
/* Batches between the proxy and the worker. What the worker gives is copied first and checked then:
 * the slot may change under the reader, the copy cannot. */
#include "worker/remote_part.h"

#include <stdlib.h>

#include "data/batch_check.h"
#include "orch/error.h"

/* ---- from the worker ----------------------------------------------------------------------- */

/* Takes `bytes`, which are the host's own. */
static orch_status unpack(struct orch_remote *r, const struct orch_parcel *p, void *bytes,
                          struct ArrowArray *out, orch_error *err)
{
    orch_status st = orch_parcel_unpack(p, bytes, free, bytes, out);
    if (st == ORCH_OK)
        return ORCH_OK;
    free(bytes);
    if (st == ORCH_ENOMEM)
        return orch_remote_give_up(r, ORCH_ENOMEM, "out of memory", err);
    return orch_remote_lied(r, err, "a batch has text that ends behind its bytes");
}

static orch_status copy_out(struct orch_remote *r, const struct orch_parcel *p, uint32_t slot,
                            struct ArrowArray *out, orch_error *err)
{
    void *bytes = orch_alloc(p->bytes > 0 ? p->bytes : 1);
    if (bytes == NULL)
        return orch_remote_give_up(r, ORCH_ENOMEM, "out of memory", err);
    return unpack(r, p, memcpy(bytes, orch_ring_slot(&r->ring, slot), p->bytes), out, err);
}

static orch_status move_out(struct orch_remote *r, const struct orch_parcel *p,
                            struct orch_text *data, struct ArrowArray *out, orch_error *err)
{
    void *bytes = data->ptr;
    if (data->len != p->bytes || bytes == NULL)
        return orch_remote_lied(r, err, "a batch has other bytes than it says");
    *data = (struct orch_text){ 0 };
    return unpack(r, p, bytes, out, err);
}

/* `data`: where its bytes are when they are not in the slot; else NULL. */
static orch_status take_batch(struct orch_remote *r, struct orch_wire *w, uint32_t slot,
                              struct orch_text *data, const struct ArrowSchema *schema,
                              struct ArrowArray *out, orch_error *err)
{
    struct orch_parcel parcel = { 0 };
    size_t most = data != NULL ? ORCH_BATCH_BYTES_MOST : r->ring.slot_bytes;
    orch_status st = orch_parcel_get(&parcel, schema, w, most);
    if (st == ORCH_ENOMEM)
        return orch_remote_give_up(r, st, "out of memory", err);
    if (st != ORCH_OK || !orch_wire_done(w))
        st = orch_remote_lied(r, err, "a batch does not fit its schema or its memory");
    if (st == ORCH_OK)
        st = data != NULL ? move_out(r, &parcel, data, out, err)
                          : copy_out(r, &parcel, slot, out, err);
    orch_parcel_release(&parcel);
    return st;
}

static orch_status check(struct orch_remote *r, const struct ArrowSchema *schema,
                         struct ArrowArray *batch, orch_error *err)
{
    orch_error why = ORCH_ERROR_INIT;
    if (orch_batch_check(schema, batch, &why) == ORCH_OK)
        return ORCH_OK;
    batch->release(batch);
    return orch_remote_broke(r, "a batch", &why, err);
}

orch_status orch_remote_take_next(struct orch_remote *r, struct orch_remote_batch *from,
                                  struct ArrowArray *out, orch_error *err)
{
    struct ArrowArray batch = { 0 };
    struct orch_wire w = orch_wire_of(&from->parcel);
    orch_status st = take_batch(r, &w, from->slot, from->apart ? &from->data : NULL, &r->schema,
                                &batch, err);
    if (st != ORCH_OK)
        return st;
    /* Before the check: meanwhile the worker fills it again. */
    orch_wire_put_u32(orch_remote_body(r), from->slot);
    st = orch_remote_tell(r, ORCH_FRAME_RELEASE, err);
    if (st != ORCH_OK) {
        batch.release(&batch);
        return st;
    }
    (void)orch_ring_give(&r->ring, from->slot);
    st = check(r, &r->schema, &batch, err);
    if (st == ORCH_OK)
        *out = batch;
    return st;
}

static orch_status take_behind(struct orch_remote *r, struct orch_wire *reply, uint32_t due,
                               const struct ArrowSchema *schema, struct ArrowArray *out,
                               orch_error *err)
{
    struct ArrowArray batch = { 0 };
    uint32_t slot = orch_wire_u32(reply);
    bool apart = orch_wire_u32(reply) != 0;
    bool may = due != ORCH_SLOT_NONE ? slot == due : orch_ring_is_free(&r->ring, slot);
    if (reply->bad || !may)
        return orch_remote_lied(r, err, "it sent a batch in memory that is not its own");
    orch_status st = take_batch(r, reply, slot, apart ? &r->data : NULL, schema, &batch, err);
    if (st == ORCH_OK)
        st = check(r, schema, &batch, err);
    if (st == ORCH_OK)
        *out = batch;
    return st;
}

orch_status orch_remote_take_table(struct orch_remote *r, struct orch_wire *reply, uint32_t due,
                                   struct ArrowSchema *schema, struct ArrowArray *batch,
                                   orch_error *err)
{
    struct ArrowSchema got = { 0 };
    orch_status st = orch_wire_schema(reply, &got);
    if (st == ORCH_ENOMEM)
        return orch_remote_give_up(r, st, "out of memory", err);
    if (st != ORCH_OK)
        return orch_remote_lied(r, err, "a schema is malformed");
    st = take_behind(r, reply, due, &got, batch, err);
    if (st == ORCH_OK)
        *schema = got;
    else
        got.release(&got);
    return st;
}

/* ---- to the worker ------------------------------------------------------------------------- */

orch_status orch_remote_wait_slot(struct orch_remote *r, uint32_t *slot, orch_error *err)
{
    orch_status st = ORCH_OK;
    while (st == ORCH_OK && (*slot = orch_ring_take(&r->ring)) == ORCH_SLOT_NONE)
        st = orch_remote_pump(r, true, err);
    return st;
}

orch_status orch_remote_measure(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                                struct orch_parcel *out, orch_error *err)
{
    orch_status st = orch_parcel_measure(out, schema, batch);
    if (st == ORCH_OK)
        return st;
    if (st == ORCH_ENOMEM)
        return orch_error_set(err, st, "out of memory");
    st = orch_batch_check(schema, batch, err);
    return st != ORCH_OK ? st
                         : orch_error_set(err, ORCH_EINVAL, "a batch cannot be handed over");
}

static orch_status check_bounds(const struct orch_remote *r, const struct orch_parcel *p,
                                orch_error *err)
{
    if (p->rows > ORCH_BATCH_ROWS_MOST)
        return orch_error_set(err, ORCH_ENOTSUP, "a batch of %lld rows is beyond the bound of %d",
                              (long long)p->rows, ORCH_BATCH_ROWS_MOST);
    if (p->bytes <= ORCH_BATCH_BYTES_MOST)
        return ORCH_OK;
    orch_error_set(err, ORCH_ENOTSUP, "a batch of %zu MiB is too large for connector %s",
                   p->bytes >> 20, r->original->connector.name);
    orch_error_detail(err, "the bound is %zu MiB for %lld rows", ORCH_BATCH_BYTES_MOST >> 20,
                      (long long)p->rows);
    orch_error_hint(err, "run with --in-process, or make the rows smaller");
    return ORCH_ENOTSUP;
}

/* The worker takes it when it has done all before: it is busy for as long as that takes. */
static orch_status send_apart(struct orch_remote *r, const struct orch_parcel *p, orch_error *err)
{
    void *bytes = orch_alloc(p->bytes);
    if (bytes == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    orch_parcel_pack(p, bytes);
    orch_status st = orch_remote_send_data(r, bytes, p->bytes, err);
    free(bytes);
    return st;
}

orch_status orch_remote_give(struct orch_remote *r, const struct orch_parcel *p, uint32_t slot,
                             orch_error *err)
{
    orch_status st = check_bounds(r, p, err);
    bool fits = p->bytes <= r->ring.slot_bytes;
    if (st == ORCH_OK && fits)
        orch_parcel_pack(p, orch_ring_slot(&r->ring, slot));
    else if (st == ORCH_OK)
        st = send_apart(r, p, err);
    if (st == ORCH_OK) {
        orch_wire_put_u32(&r->out, slot);
        orch_wire_put_u32(&r->out, !fits);
        orch_parcel_put(p, &r->out);
        st = orch_remote_send(r, ORCH_FRAME_WRITE, 0, -1, err);
    }
    if (st != ORCH_OK)
        (void)orch_ring_give(&r->ring, slot);
    return st;
}
