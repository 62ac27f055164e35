/* SPDX-License-Identifier: Apache-2.0 */
#include "run/stream.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/channel.h"
#include "orch/error.h"
#include "worker/remote.h"

enum { QUEUE_BATCHES = 4 };

struct write_item {
    struct ArrowArray array;
    const char *table; /* NULL: rows of the target */
};

struct orch_stream {
    const struct orch_loaded *source;
    orch_reader *reader;
    const struct orch_loaded *destination;
    orch_writer *writer;
    const struct ArrowSchema *ledger_schema;
    struct orch_channel *batches;
    struct orch_channel *writes;
    pthread_t source_thread, destination_thread;
    bool source_runs, destination_runs;
    /* A worker has a thread and a queue of its own: whoever has a batch hands it over. */
    bool hands_over;
    pthread_mutex_t handing;
    atomic_bool stop;
    orch_error source_error, destination_error;
    struct orch_position position;
};

static void release(struct ArrowArray *array)
{
    if (array->release != NULL)
        array->release(array);
}

/* ---- the source's thread ------------------------------------------------------------------- */

static orch_status read_one(struct orch_stream *s, struct orch_stream_batch *batch)
{
    const struct orch_connector *connector = &s->source->connector;
    orch_status st = s->source->source.next(s->reader, &batch->array, &batch->info,
                                            &s->source_error);
    if (st != ORCH_OK || (connector->capabilities & ORCH_CAP_RESUME) == 0)
        return st;
    st = orch_position_note(&s->position, &batch->info, batch->array.length, connector,
                            &s->source_error);
    if (st != ORCH_OK)
        release(&batch->array);
    return st;
}

static void *read_all(void *arg)
{
    struct orch_stream *s = arg;
    orch_status st = ORCH_OK;
    while (st == ORCH_OK && !atomic_load(&s->stop)) {
        struct orch_stream_batch batch = { .info = { .struct_size = sizeof batch.info } };
        st = read_one(s, &batch);
        batch.info.state = NULL;
        if (st == ORCH_OK && !orch_channel_push(s->batches, &batch)) {
            release(&batch.array);
            break;
        }
    }
    if (st != ORCH_OK && st != ORCH_END && s->source_error.code == ORCH_OK)
        orch_error_set(&s->source_error, st, "the source stopped without saying why");
    if (st == ORCH_END)
        s->source_error.code = ORCH_OK;
    orch_channel_close(s->batches);
    return NULL;
}

/* ---- the destination's thread -------------------------------------------------------------- */

static orch_status write_one(struct orch_stream *s, struct write_item *item)
{
    const struct orch_destination_ops *ops = &s->destination->destination;
    if (item->table != NULL)
        return ops->ledger(s->writer, item->table, s->ledger_schema, &item->array,
                           &s->destination_error);
    return ops->write(s->writer, &item->array, &s->destination_error);
}

/* Is a write good? What it came to is told if the destination has not. */
static bool is_good(struct orch_stream *s, orch_status st)
{
    if (st != ORCH_OK && s->destination_error.code == ORCH_OK)
        orch_error_set(&s->destination_error, st, "the destination stopped without saying why");
    return st == ORCH_OK;
}

static void *write_all(void *arg)
{
    struct orch_stream *s = arg;
    struct write_item item;
    bool sound = true;
    while (orch_channel_pop(s->writes, &item)) {
        if (sound && !atomic_load(&s->stop)) {
            sound = is_good(s, write_one(s, &item));
            if (!sound)
                orch_channel_close(s->writes);
        }
        release(&item.array);
    }
    return NULL;
}

/* From the middle, and from the source's thread for its rejects. */
static bool hand_over(struct orch_stream *s, const struct orch_parcel *parcel,
                      struct write_item *item)
{
    pthread_mutex_lock(&s->handing);
    bool sound = s->destination_error.code == ORCH_OK && !atomic_load(&s->stop);
    if (sound)
        sound = is_good(s, parcel != NULL
                               ? orch_remote_write(s->writer, parcel, &s->destination_error)
                               : write_one(s, item));
    pthread_mutex_unlock(&s->handing);
    return sound;
}

/* ---- the middle ---------------------------------------------------------------------------- */

static void stream_free(struct orch_stream *s)
{
    if (s->batches != NULL)
        orch_channel_free(s->batches);
    if (s->writes != NULL)
        orch_channel_free(s->writes);
    orch_position_release(&s->position);
    pthread_mutex_destroy(&s->handing);
    free(s);
}

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
    s->hands_over = writer != NULL && orch_remote_is(destination);
    pthread_mutex_init(&s->handing, NULL);
    s->source_error = (orch_error)ORCH_ERROR_INIT;
    s->destination_error = (orch_error)ORCH_ERROR_INIT;
    s->batches = orch_channel_new(sizeof(struct orch_stream_batch), QUEUE_BATCHES);
    s->writes = orch_channel_new(sizeof(struct write_item), QUEUE_BATCHES);
    if (s->batches == NULL || s->writes == NULL) {
        stream_free(s);
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    }
    /* The source comes last: its rejects go through the stream to the destination at once. */
    *out = s;
    bool queues = writer != NULL && !s->hands_over;
    if (queues)
        s->destination_runs = pthread_create(&s->destination_thread, NULL, write_all, s) == 0;
    if (!queues || s->destination_runs)
        s->source_runs = pthread_create(&s->source_thread, NULL, read_all, s) == 0;
    if (!s->source_runs) {
        *out = NULL;
        orch_stream_finish(s, true, NULL, NULL, NULL);
        orch_error_set(err, ORCH_ENOMEM, "cannot start a thread");
        orch_error_hint(err, "raise the limits of processes (ulimit -u) and memory (ulimit -v)");
        return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

bool orch_stream_next(struct orch_stream *s, struct orch_stream_batch *out)
{
    return orch_channel_pop(s->batches, out);
}

static bool push(struct orch_stream *s, struct write_item *item)
{
    if (s->destination_runs && orch_channel_push(s->writes, item))
        return true;
    release(&item->array);
    return false;
}

orch_status orch_stream_write(struct orch_stream *s, const struct orch_frame *frame,
                              orch_error *err)
{
    struct orch_parcel parcel = { 0 };
    struct write_item item = { 0 };
    orch_status st = s->hands_over ? orch_parcel_measure_frame(&parcel, frame, err)
                                   : orch_frame_export(frame, &item.array, err);
    if (st != ORCH_OK)
        return st;
    bool taken = s->hands_over ? hand_over(s, &parcel, NULL) : push(s, &item);
    orch_parcel_release(&parcel);
    return taken ? ORCH_OK : ORCH_ECANCELLED;
}

bool orch_stream_ledger(struct orch_stream *s, const char *table, struct ArrowArray *batch)
{
    struct write_item item = { .array = *batch, .table = table };
    batch->release = NULL;
    if (!s->hands_over)
        return push(s, &item);
    bool taken = hand_over(s, NULL, &item);
    release(&item.array);
    return taken;
}

void orch_stream_finish(struct orch_stream *s, bool abandon, orch_error *source,
                        orch_error *destination, struct orch_position *position)
{
    struct orch_stream_batch batch;
    if (abandon)
        atomic_store(&s->stop, true);
    orch_channel_close(s->batches);
    if (s->source_runs)
        pthread_join(s->source_thread, NULL);
    while (orch_channel_pop(s->batches, &batch))
        release(&batch.array);
    orch_channel_close(s->writes);
    if (s->destination_runs)
        pthread_join(s->destination_thread, NULL);
    if (source != NULL)
        *source = s->source_error;
    if (destination != NULL)
        *destination = s->destination_error;
    if (position != NULL) {
        *position = s->position;
        s->position = (struct orch_position){ 0 };
    }
    stream_free(s);
}
