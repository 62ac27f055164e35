/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/remote_part.h"

#include "orch/builder.h"
#include "orch/error.h"

static struct orch_remote *of_destination(orch_destination *d)
{
    return (struct orch_remote *)d;
}

static struct orch_remote *of_writer(orch_writer *w)
{
    return (struct orch_remote *)w;
}

/* ---- instance ------------------------------------------------------------------------------ */

static orch_status destination_open(const orch_host *host, orch_destination **out, orch_error *err)
{
    struct orch_remote *r = orch_remote_of(host);
    orch_status st = orch_remote_open(r, host, err);
    if (st == ORCH_OK)
        *out = (orch_destination *)r;
    return st;
}

static void destination_close(orch_destination *d)
{
    orch_remote_close(of_destination(d));
}

static void destination_interrupt(orch_destination *d)
{
    orch_remote_interrupt(of_destination(d));
}

static orch_status destination_check(orch_destination *d, orch_error *err)
{
    struct orch_remote *r = of_destination(d);
    orch_remote_doing(r, "checking its destination", false);
    (void)orch_remote_body(r);
    return orch_remote_ask(r, ORCH_FRAME_CHECK, err);
}

/* ---- ledger rows of earlier runs ----------------------------------------------------------- */

static void put_query(const orch_ledger_query *q, uint32_t slot, struct orch_text *body)
{
    orch_wire_put_u32(body, slot);
    orch_wire_put_z(body, q->table);
    orch_wire_put_z(body, q->pipeline);
    orch_wire_put_z(body, q->run);
    orch_wire_put_z(body, q->status);
    orch_wire_put_i64(body, q->offset);
    orch_wire_put_i64(body, q->limit);
}

static orch_status destination_recover(orch_destination *d, const orch_ledger_query *query,
                                       struct ArrowSchema *schema, struct ArrowArray *batch,
                                       orch_error *err)
{
    struct orch_remote *r = of_destination(d);
    struct orch_wire reply;
    uint32_t slot = ORCH_SLOT_NONE;
    orch_status st = orch_remote_alive(r, err);
    if (st != ORCH_OK)
        return st;
    orch_remote_doing(r, "looking at earlier runs", false);
    st = orch_remote_wait_slot(r, &slot, err);
    if (st != ORCH_OK)
        return st;
    put_query(query, slot, orch_remote_body(r));
    st = orch_remote_call(r, ORCH_FRAME_RECOVER, &reply, err);
    if (st == ORCH_OK)
        st = orch_remote_take_table(r, &reply, slot, schema, batch, err);
    (void)orch_ring_give(&r->ring, slot);
    return st;
}

/* ---- writer -------------------------------------------------------------------------------- */

static void put_request(const orch_write_request *q, const struct ArrowSchema *schema,
                        struct orch_text *body)
{
    orch_wire_put_u32(body, q->mode);
    orch_wire_put_u32(body, q->flags);
    orch_wire_put_z(body, q->target);
    orch_wire_put_u32(body, (uint32_t)q->n_keys);
    for (size_t i = 0; i < q->n_keys; i++)
        orch_wire_put_z(body, q->keys[i]);
    orch_wire_put_z(body, q->pipeline);
    orch_wire_put_z(body, q->run);
    orch_wire_put_z(body, q->comment);
    orch_wire_put_u32(body, schema != NULL);
    if (schema != NULL)
        orch_wire_put_schema(body, schema);
}

static orch_status begin(struct orch_remote *r, bool *created, orch_error *err)
{
    struct orch_wire reply;
    orch_status st = orch_remote_call(r, ORCH_FRAME_BEGIN, &reply, err);
    if (st != ORCH_OK)
        return st;
    *created = orch_wire_u32(&reply) != 0;
    return orch_wire_done(&reply) ? ORCH_OK
                                  : orch_remote_lied(r, err, "its reply is not what was asked");
}

static orch_status destination_begin(orch_destination *d, const orch_write_request *request,
                                     const struct ArrowSchema *schema, orch_writer **out,
                                     orch_error *err)
{
    struct orch_remote *r = of_destination(d);
    struct ArrowSchema copy = { 0 };
    bool created = false;
    if (r->busy)
        return orch_error_set(err, ORCH_ENOTSUP, "a connector in a process of its own has one "
                                                 "transaction at a time");
    if (schema != NULL && orch_schema_copy(schema, &copy) != ORCH_OK)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    orch_remote_doing(r, "beginning", false);
    put_request(request, schema, orch_remote_body(r));
    orch_status st = begin(r, &created, err);
    if (st != ORCH_OK) {
        if (copy.release != NULL)
            copy.release(&copy);
        return st;
    }
    orch_remote_idle(r);
    r->busy = true;
    r->created = created;
    r->schema = copy;
    *out = (orch_writer *)r;
    return ORCH_OK;
}

/* What earlier batches came to, as far as the worker has said. */
static orch_status hear(struct orch_remote *r, orch_error *err)
{
    orch_status st = orch_remote_alive(r, err);
    while (st == ORCH_OK)
        st = orch_remote_pump(r, false, err);
    if (st != ORCH_END)
        return st;
    if (r->write_status != ORCH_OK && err != NULL)
        *err = r->write_error;
    return r->write_status;
}

/* `schema`: of a ledger's table; else NULL. */
static orch_status give(struct orch_remote *r, const char *table, const struct ArrowSchema *schema,
                        const struct orch_parcel *parcel, orch_error *err)
{
    uint32_t slot = ORCH_SLOT_NONE;
    orch_status st = hear(r, err);
    if (st == ORCH_OK)
        st = orch_remote_wait_slot(r, &slot, err);
    if (st != ORCH_OK)
        return st;
    struct orch_text *body = orch_remote_body(r);
    orch_wire_put_z(body, table);
    if (table != NULL)
        orch_wire_put_schema(body, schema);
    return orch_remote_give(r, parcel, slot, err);
}

static orch_status give_rows(struct orch_remote *r, const struct orch_parcel *parcel,
                             orch_error *err)
{
    if (r->schema.release == NULL)
        return orch_error_set(err, ORCH_EINVAL, "rows for a transaction of the ledger alone");
    if (parcel->n_columns != (size_t)r->schema.n_children)
        return orch_error_set(err, ORCH_EINVAL, "rows of other columns than the transaction's");
    orch_remote_doing(r, "writing", false);
    return give(r, NULL, NULL, parcel, err);
}

orch_status orch_remote_write(orch_writer *w, const struct orch_parcel *parcel, orch_error *err)
{
    return give_rows(of_writer(w), parcel, err);
}

static orch_status writer_write(orch_writer *w, struct ArrowArray *batch, orch_error *err)
{
    struct orch_remote *r = of_writer(w);
    struct orch_parcel parcel = { 0 };
    orch_status st = ORCH_OK;
    if (r->schema.release != NULL)
        st = orch_remote_measure(&r->schema, batch, &parcel, err);
    if (st == ORCH_OK)
        st = give_rows(r, &parcel, err);
    orch_parcel_release(&parcel);
    if (st == ORCH_OK)
        batch->release(batch);
    return st;
}

static orch_status writer_ledger(orch_writer *w, const char *table,
                                 const struct ArrowSchema *schema, struct ArrowArray *batch,
                                 orch_error *err)
{
    struct orch_remote *r = of_writer(w);
    struct orch_parcel parcel = { 0 };
    orch_remote_doing(r, "writing the ledger", false);
    orch_status st = orch_remote_measure(schema, batch, &parcel, err);
    if (st == ORCH_OK)
        st = give(r, table, schema, &parcel, err);
    orch_parcel_release(&parcel);
    if (st == ORCH_OK)
        batch->release(batch);
    return st;
}

static bool counts_are_sound(const orch_write_counts *c)
{
    return c->inserted >= 0 && c->updated >= 0 && c->unchanged >= 0 && c->merged >= 0;
}

static orch_status writer_finish(orch_writer *w, orch_write_counts *counts, orch_error *err)
{
    struct orch_remote *r = of_writer(w);
    struct orch_wire reply;
    orch_remote_doing(r, "finishing", false);
    (void)orch_remote_body(r);
    orch_status st = orch_remote_call(r, ORCH_FRAME_FINISH, &reply, err);
    if (st != ORCH_OK)
        return st;
    orch_write_counts got = { .struct_size = counts->struct_size };
    got.inserted = orch_wire_i64(&reply);
    got.updated = orch_wire_i64(&reply);
    got.unchanged = orch_wire_i64(&reply);
    got.merged = orch_wire_i64(&reply);
    if (!orch_wire_done(&reply) || !counts_are_sound(&got))
        return orch_remote_lied(r, err, "its counts cannot be");
    *counts = got;
    return ORCH_OK;
}

static orch_status writer_commit(orch_writer *w, const orch_commit *commit, orch_error *err)
{
    struct orch_remote *r = of_writer(w);
    size_t len = commit->state != NULL ? commit->state_len : 0;
    orch_remote_doing(r, "committing", true);
    struct orch_text *body = orch_remote_body(r);
    orch_wire_put_u32(body, commit->state_version);
    orch_wire_put_i64(body, (int64_t)commit->sequence);
    orch_wire_put_u32(body, commit->state != NULL);
    orch_wire_put_str(body, (struct orch_str){ commit->state, len });
    return orch_remote_ask(r, ORCH_FRAME_COMMIT, err);
}

static bool writer_created(orch_writer *w)
{
    return of_writer(w)->created;
}

static void writer_end(orch_writer *w)
{
    struct orch_remote *r = of_writer(w);
    orch_remote_doing(r, "ending its transaction", true);
    orch_remote_end(r, r->ring.n_free < r->ring.n_slots);
}

const orch_destination_ops orch_remote_destination_ops = {
    .struct_size = sizeof(orch_destination_ops),
    .open = destination_open,
    .close = destination_close,
    .check = destination_check,
    .begin = destination_begin,
    .recover = destination_recover,
    .write = writer_write,
    .finish = writer_finish,
    .ledger = writer_ledger,
    .commit = writer_commit,
    .end = writer_end,
    .interrupt = destination_interrupt,
    .created = writer_created,
};
