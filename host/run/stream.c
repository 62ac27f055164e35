/* SPDX-License-Identifier: Apache-2.0 */
#include "run/stream.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "orch/error.h"
#include "worker/remote.h"

struct orch_stream {
    const struct orch_loaded *source;
    orch_reader *reader;
    const struct orch_loaded *destination;
    orch_writer *writer;
    const struct ArrowSchema *ledger_schema;
    /* A source may reject records from threads of its own: the destination has one caller. */
    pthread_mutex_t writing;
    bool source_ended;
    orch_error source_error, destination_error;
    struct orch_position position;
};

orch_status orch_stream_start(const struct orch_loaded *source, orch_reader *reader,
                              const struct orch_loaded *destination, orch_writer *writer,
                              const struct ArrowSchema *ledger_schema, struct orch_stream **out,
                              orch_error *err)
{
    struct orch_stream *s = orch_zalloc(1, sizeof *s);
    if (s == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    s->source = source;
    s->reader = reader;
    s->destination = destination;
    s->writer = writer;
    s->ledger_schema = ledger_schema;
    s->source_error = (orch_error)ORCH_ERROR_INIT;
    s->destination_error = (orch_error)ORCH_ERROR_INIT;
    pthread_mutex_init(&s->writing, NULL);
    *out = s;
    return ORCH_OK;
}

/* ---- from the source ----------------------------------------------------------------------- */

static orch_status read_one(struct orch_stream *s, struct orch_stream_batch *batch)
{
    const struct orch_connector *connector = &s->source->connector;
    orch_status st = s->source->source.next(s->reader, &batch->array, &batch->info,
                                            &s->source_error);
    if (st != ORCH_OK || (connector->capabilities & ORCH_CAP_RESUME) == 0)
        return st;
    st = orch_position_note(&s->position, &batch->info, batch->array.length, connector,
                            &s->source_error);
    if (st != ORCH_OK && batch->array.release != NULL)
        batch->array.release(&batch->array);
    return st;
}

bool orch_stream_next(struct orch_stream *s, struct orch_stream_batch *out)
{
    struct orch_stream_batch batch = { .info = { .struct_size = sizeof batch.info } };
    if (s->source_ended)
        return false;
    orch_status st = read_one(s, &batch);
    batch.info.state = NULL;
    if (st == ORCH_OK) {
        *out = batch;
        return true;
    }
    s->source_ended = true;
    if (st == ORCH_END)
        s->source_error.code = ORCH_OK;
    else if (s->source_error.code == ORCH_OK)
        orch_error_set(&s->source_error, st, "the source stopped without saying why");
    return false;
}

/* ---- to the destination -------------------------------------------------------------------- */

/* One of the two: rows as they go to a worker, or as a batch. */
struct write_item {
    const struct orch_parcel *parcel;
    struct ArrowArray *batch;
    const char *table; /* of the ledger; NULL: rows of the target */
};

static orch_status write_one(struct orch_stream *s, const struct write_item *item)
{
    const struct orch_destination_ops *ops = &s->destination->destination;
    if (item->parcel != NULL)
        return orch_remote_write(s->writer, item->parcel, &s->destination_error);
    if (item->table != NULL)
        return ops->ledger(s->writer, item->table, s->ledger_schema, item->batch,
                           &s->destination_error);
    return ops->write(s->writer, item->batch, &s->destination_error);
}

/* false: the destination takes no more. */
static bool hand_over(struct orch_stream *s, const struct write_item *item)
{
    pthread_mutex_lock(&s->writing);
    bool sound = s->destination_error.code == ORCH_OK;
    if (sound) {
        orch_status st = write_one(s, item);
        sound = st == ORCH_OK;
        if (!sound && s->destination_error.code == ORCH_OK)
            orch_error_set(&s->destination_error, st,
                           "the destination stopped without saying why");
    }
    pthread_mutex_unlock(&s->writing);
    if (item->batch != NULL && item->batch->release != NULL)
        item->batch->release(item->batch);
    return sound;
}

orch_status orch_stream_write(struct orch_stream *s, const struct orch_frame *frame,
                              orch_error *err)
{
    struct orch_parcel parcel = { 0 };
    struct ArrowArray batch = { 0 };
    bool remote = orch_remote_is(s->destination);
    orch_status st = remote ? orch_parcel_measure_frame(&parcel, frame, err)
                            : orch_frame_export(frame, &batch, err);
    if (st != ORCH_OK)
        return st;
    struct write_item item = { .parcel = remote ? &parcel : NULL, .batch = &batch };
    bool taken = hand_over(s, &item);
    orch_parcel_release(&parcel);
    return taken ? ORCH_OK : ORCH_ECANCELLED;
}

bool orch_stream_ledger(struct orch_stream *s, const char *table, struct ArrowArray *batch)
{
    return hand_over(s, &(struct write_item){ .batch = batch, .table = table });
}

/* ---- end ----------------------------------------------------------------------------------- */

void orch_stream_finish(struct orch_stream *s, orch_error *source, orch_error *destination,
                        struct orch_position *position)
{
    *source = s->source_error;
    *destination = s->destination_error;
    *position = s->position;
    pthread_mutex_destroy(&s->writing);
    free(s);
}
