/* SPDX-License-Identifier: Apache-2.0 */
/* Batches that go to the host: laid out in a slot, or sent apart. */
#include "worker/worker_part.h"

#include <stdlib.h>

#include "data/batch_check.h"
#include "orch/error.h"

static orch_status measure(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                           struct orch_parcel *out, orch_error *err)
{
    if (batch->length > ORCH_BATCH_ROWS_MOST)
        return orch_error_set(err, ORCH_ENOTSUP, "a batch of %lld rows is beyond the bound of %d",
                              (long long)batch->length, ORCH_BATCH_ROWS_MOST);
    orch_status st = orch_parcel_measure(out, schema, batch);
    if (st == ORCH_ENOMEM)
        return orch_error_set(err, st, "out of memory");
    if (st == ORCH_OK)
        return ORCH_OK;
    if (orch_batch_check(schema, batch, err) == ORCH_OK)
        orch_error_set(err, ORCH_EINTERNAL, "a batch is broken");
    return ORCH_EINVAL;
}

static orch_status send_apart(struct orch_worker *w, const struct orch_parcel *p, orch_error *err)
{
    if (p->bytes > ORCH_BATCH_BYTES_MOST)
        return orch_error_set(err, ORCH_ENOTSUP,
                              "a batch of %zu MiB is beyond the bound of %zu MiB", p->bytes >> 20,
                              ORCH_BATCH_BYTES_MOST >> 20);
    void *bytes = orch_alloc(p->bytes);
    if (bytes == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    orch_parcel_pack(p, bytes);
    pthread_mutex_lock(&w->lock);
    bool sent = orch_link_send_all(&w->link, ORCH_FRAME_DATA, bytes, p->bytes);
    pthread_mutex_unlock(&w->lock);
    free(bytes);
    if (!sent)
        orch_worker_exit(w, 1);
    return ORCH_OK;
}

orch_status orch_worker_place(struct orch_worker *w, const struct ArrowSchema *schema,
                              const struct ArrowArray *batch, uint32_t slot, orch_error *err)
{
    struct orch_parcel parcel = { 0 };
    orch_status st = measure(schema, batch, &parcel, err);
    if (st != ORCH_OK)
        return st;
    bool fits = parcel.bytes <= w->ring.slot_bytes;
    if (fits)
        orch_parcel_pack(&parcel, orch_ring_slot(&w->ring, slot));
    else
        st = send_apart(w, &parcel, err);
    orch_wire_put_u32(&w->out, slot);
    orch_wire_put_u32(&w->out, !fits);
    orch_parcel_put(&parcel, &w->out);
    orch_parcel_release(&parcel);
    return st;
}

static void release_table(struct ArrowSchema *schema, struct ArrowArray *batch)
{
    if (batch->release != NULL)
        batch->release(batch);
    if (schema->release != NULL)
        schema->release(schema);
}

void orch_worker_reply_table(struct orch_worker *w, orch_status st, orch_error *err,
                             struct ArrowSchema *schema, struct ArrowArray *batch, uint32_t slot)
{
    if (st == ORCH_OK && (schema->release == NULL || batch->release == NULL))
        st = orch_error_set(err, ORCH_EINTERNAL, "connector %s gave no table", w->connector);
    struct orch_text *body = orch_worker_reply_begin(w, st, err);
    if (st == ORCH_OK) {
        orch_wire_put_schema(body, schema);
        st = orch_worker_place(w, schema, batch, slot, err);
        if (st != ORCH_OK)
            orch_worker_reply_begin(w, err->code, err);
    }
    orch_worker_reply(w);
    release_table(schema, batch);
}
