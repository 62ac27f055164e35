/* SPDX-License-Identifier: Apache-2.0 */
#include "run/session.h"

#include "base/cancel.h"
#include "base/clock.h"
#include "base/log.h"
#include "data/batch_check.h"
#include "orch/builder.h"
#include "run/ledger.h"

enum { TARGET_ROWS = 8192, TARGET_BYTES = 1 << 20 };

static void stage(struct orch_session *s, enum orch_stage where)
{
    s->report->stage = where;
}

static orch_status secret_resolve(const char *reference, struct orch_text *out, orch_error *err)
{
    bool secret = false;
    return orch_secret_resolve(reference, out, &secret, err);
}

/* ---- plan ---------------------------------------------------------------------------------- */

static orch_status describe(struct orch_session *s, orch_error *err)
{
    struct ArrowSchema schema = { 0 };
    orch_status st =
        s->source.loaded->source.describe(s->source.source, NULL, &schema, err);
    if (st == ORCH_OK)
        st = orch_fields_import(&s->arena, &schema, &s->columns, err);
    if (schema.release != NULL)
        schema.release(&schema);
    return st;
}

static orch_status used_columns(struct orch_session *s, const char ***names, orch_error *err)
{
    const uint8_t *used = orch_plan_used(s->plan);
    *names = orch_arena_array(&s->arena, s->columns.len + 1, sizeof **names);
    s->used.items = orch_arena_array(&s->arena, s->columns.len + 1, sizeof *s->used.items);
    if (*names == NULL || s->used.items == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    for (size_t i = 0; i < s->columns.len; i++) {
        if (!used[i])
            continue;
        (*names)[s->used.len] = s->columns.items[i].name;
        s->used.items[s->used.len++] = s->columns.items[i];
    }
    return ORCH_OK;
}

static orch_status reader_fits(struct orch_session *s, orch_error *err)
{
    struct orch_fields got = { 0 };
    orch_status st = orch_fields_import(&s->arena, &s->reader_schema, &got, err);
    if (st != ORCH_OK)
        return st;
    bool same = got.len == s->used.len;
    for (size_t i = 0; same && i < got.len; i++)
        same = strcmp(got.items[i].name, s->used.items[i].name) == 0 &&
               got.items[i].type == s->used.items[i].type;
    if (same)
        return ORCH_OK;
    orch_error_set(err, ORCH_EINTERNAL, "source %s gives other columns than it described",
                   s->source.loaded->connector.name);
    orch_error_hint(err, "report this to the author of %s", s->source.loaded->library);
    return ORCH_EINTERNAL;
}

static orch_status open_reader(struct orch_session *s, orch_error *err)
{
    const char **names;
    orch_status st = used_columns(s, &names, err);
    if (st != ORCH_OK)
        return st;
    orch_read_request request = {
        .struct_size = sizeof request,
        .columns = names,
        .n_columns = s->used.len,
        .target_rows = TARGET_ROWS,
        .target_bytes = TARGET_BYTES,
    };
    if (s->report->resumed) {
        request.state = orch_text_z(&s->last.position.json);
        request.state_len = s->last.position.json.len;
        request.state_version = s->last.position.version;
    }
    const struct orch_source_ops *ops = &s->source.loaded->source;
    st = ops->read(s->source.source, &request, &s->reader, err);
    if (st == ORCH_OK)
        st = ops->schema(s->reader, &s->reader_schema, err);
    return st == ORCH_OK ? reader_fits(s, err) : st;
}

static bool has_field(const struct orch_fields *fields, const char *name)
{
    for (size_t i = 0; i < fields->len; i++)
        if (strcmp(fields->items[i].name, name) == 0)
            return true;
    return false;
}

static orch_status unknown_key(struct orch_session *s, const char *key, orch_error *err)
{
    const struct orch_fields *fields = orch_plan_fields(s->plan);
    const char **names = orch_arena_array(&s->arena, fields->len + 1, sizeof *names);
    if (names == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    for (size_t i = 0; i < fields->len; i++)
        names[i] = fields->items[i].name;
    const char *near = orch_str_nearest(key, names, fields->len);
    orch_error_set(err, ORCH_ECONFIG, "the key \"%s\" is no column of the result", key);
    orch_error_detail(err, "%s", s->pipeline->destination.place);
    if (near != NULL)
        orch_error_hint(err, "did you mean \"%s\"?", near);
    else
        orch_error_hint(err, "name columns that the last step gives");
    return ORCH_ECONFIG;
}

static orch_status check_keys(struct orch_session *s, orch_error *err)
{
    for (size_t i = 0; i < s->pipeline->n_keys; i++)
        if (!has_field(orch_plan_fields(s->plan), s->pipeline->keys[i]))
            return unknown_key(s, s->pipeline->keys[i], err);
    return ORCH_OK;
}

static struct orch_end_setup source_setup(const struct orch_session *s)
{
    return (struct orch_end_setup){ .registry = s->registry,
                                    .end = &s->pipeline->source,
                                    .role = ORCH_ROLE_SOURCE,
                                    .isolation = &s->isolation,
                                    .hooks = &s->source_hooks };
}

static void stage_opening(struct orch_session *s, orch_status st)
{
    stage(s, s->source.connector_failed ? ORCH_STAGE_CONNECTOR
             : st == ORCH_ECONFIG       ? ORCH_STAGE_SCRIPT
                                        : ORCH_STAGE_SOURCE);
}

orch_status orch_session_start(struct orch_session *s, orch_error *err)
{
    struct orch_end_setup setup = source_setup(s);
    orch_status st = orch_end_start(&setup, &s->source, err);
    stage_opening(s, st);
    return st;
}

orch_status orch_session_plan(struct orch_session *s, orch_error *err)
{
    struct orch_end_setup setup = source_setup(s);
    orch_status st = orch_end_open(&setup, &s->source, err);
    stage_opening(s, st);
    if (st != ORCH_OK)
        return st;
    st = describe(s, err);
    if (st != ORCH_OK)
        return st;
    stage(s, ORCH_STAGE_SCRIPT);
    st = orch_plan_new(&s->columns, s->pipeline->steps, s->pipeline->n_steps, secret_resolve,
                       &s->plan, err);
    if (st == ORCH_OK)
        st = check_keys(s, err);
    if (st == ORCH_OK)
        st = orch_personal_find(s->pipeline, s->source.loaded->connector.personal, &s->personal);
    if (st == ORCH_OK)
        st = orch_fields_export(orch_plan_fields(s->plan), &s->output_schema, err);
    return st;
}

orch_status orch_session_read(struct orch_session *s, orch_error *err)
{
    stage(s, ORCH_STAGE_SOURCE);
    return open_reader(s, err);
}

/* ---- stream -------------------------------------------------------------------------------- */

static int64_t total_bytes(const struct orch_session *s)
{
    const struct orch_inputs *inputs = s->source.instance.inputs;
    int64_t total = inputs == NULL ? -1 : 0;
    for (size_t i = 0; inputs != NULL && i < orch_inputs_count(inputs); i++) {
        if (orch_inputs_at(inputs, i)->packed)
            return -1; /* progress counts what is unpacked */
        total += orch_inputs_at(inputs, i)->size_bytes;
    }
    return total;
}

static void show_progress(struct orch_session *s, int64_t bytes_total)
{
    if (s->request->progress == NULL)
        return;
    struct orch_progress p = {
        .rows = s->report->books.read,
        .rejects = orch_rejects_count(s->rejects),
        .bytes = s->report->source_bytes,
        .bytes_total = bytes_total,
        .elapsed_us = orch_clock_monotonic_us() - s->start_us,
    };
    s->request->progress(s->request->progress_ctx, &p);
}

static orch_status add_rejects(struct orch_session *s, const struct orch_plan_result *result,
                               const struct orch_frame *frame, const struct orch_origin *origin,
                               orch_error *err)
{
    for (size_t i = 0; i < result->n_rejects; i++) {
        orch_status st = orch_rejects_add_plan(s->rejects, &result->rejects[i], frame, origin);
        if (st == ORCH_ENOMEM)
            return orch_error_set(err, st, "out of memory");
        if (st != ORCH_OK)
            return st; /* the limit, or a destination that failed: told by whoever knows */
    }
    return ORCH_OK;
}

static orch_status write_rows(struct orch_session *s, const struct orch_frame *frame,
                              orch_error *err)
{
    if (frame->rows == 0)
        return ORCH_OK;
    orch_status st = orch_stream_write(s->stream, frame, err);
    if (st == ORCH_OK)
        s->report->books.written += frame->rows;
    return st;
}

/* Cuts the frame to what --limit leaves. */
static void limit_rows(struct orch_session *s, struct orch_frame *frame)
{
    int64_t limit = s->request->limit;
    int64_t left = limit - s->report->books.read;
    if (limit <= 0 || frame->rows < left)
        return;
    frame->rows = left;
    s->limited = true;
    atomic_store(&s->stop, true);
}

/* The plan knows rows of the batch, people know records of the input. */
static void name_record(const struct orch_origin *origin, orch_error *err)
{
    if (err == NULL || err->row <= 0)
        return;
    int64_t row = err->row - 1;
    err->row = origin->record != NULL ? origin->record[row]
               : origin->first_record > 0 ? origin->first_record + row : 0;
}

orch_status orch_session_take(struct orch_session *s, const struct ArrowArray *array,
                              const orch_batch_info *info, struct orch_frame *frame,
                              struct orch_origin *origin, orch_error *err)
{
    *origin = (struct orch_origin){ .input = info->input, .first_record = info->first_record };
    orch_arena_reset(&s->batch_arena);
    stage(s, ORCH_STAGE_CONNECTOR);
    /* What comes from a worker is a private copy that its proxy has checked. */
    orch_status st = s->source.remote != NULL ? ORCH_OK
                                              : orch_batch_check(&s->reader_schema, array, err);
    if (st == ORCH_OK)
        st = orch_frame_import(&s->batch_arena, &s->reader_schema, &s->used, array, frame, origin,
                               err);
    return st;
}

orch_status orch_session_apply(struct orch_session *s, const struct orch_frame *frame,
                               const struct orch_origin *origin, struct orch_plan_result *result,
                               orch_error *err)
{
    stage(s, ORCH_STAGE_SCRIPT);
    orch_status st = orch_plan_run(s->plan, frame, result, err);
    if (st != ORCH_OK)
        name_record(origin, err);
    return st;
}

static orch_status one_batch(struct orch_session *s, struct orch_stream_batch *batch,
                             orch_error *err)
{
    struct orch_frame frame;
    struct orch_origin origin;
    struct orch_plan_result result;
    orch_status st = orch_session_take(s, &batch->array, &batch->info, &frame, &origin, err);
    if (st != ORCH_OK)
        return st;
    limit_rows(s, &frame);
    s->report->books.read += frame.rows;
    s->report->source_bytes = batch->info.source_bytes;
    st = orch_session_apply(s, &frame, &origin, &result, err);
    if (st != ORCH_OK)
        return st;
    s->report->books.added += result.added;
    s->report->books.filtered += result.filtered;
    stage(s, ORCH_STAGE_DATA);
    st = add_rejects(s, &result, &frame, &origin, err);
    return st == ORCH_OK ? write_rows(s, &result.frame, err) : st;
}

static orch_status all_batches(struct orch_session *s, orch_error *err)
{
    struct orch_stream_batch batch;
    int64_t bytes_total = total_bytes(s);
    orch_status st = ORCH_OK;
    while (st == ORCH_OK && !s->limited && orch_stream_next(s->stream, &batch)) {
        st = one_batch(s, &batch, err);
        if (batch.array.release != NULL)
            batch.array.release(&batch.array);
        if (st == ORCH_OK && orch_cancelled())
            st = ORCH_ECANCELLED;
        show_progress(s, bytes_total);
    }
    return st;
}

/* Lets the source come to its end: its last rejects belong to the books too. */
static void stop_source(struct orch_session *s)
{
    struct orch_stream_batch batch;
    atomic_store(&s->stop, true);
    if (s->source.loaded->source.interrupt != NULL)
        s->source.loaded->source.interrupt(s->source.source);
    while (orch_stream_next(s->stream, &batch))
        if (batch.array.release != NULL)
            batch.array.release(&batch.array);
}

/* The first cause: cancelling, then the ends, then what the middle saw of it. */
static orch_status first_cause(struct orch_session *s, orch_status st, const orch_error *source,
                               const orch_error *destination, orch_error *err)
{
    if (orch_cancelled())
        return ORCH_ECANCELLED;
    bool over = orch_rejects_check(s->rejects, s->report->books.read, false, NULL) != ORCH_OK;
    if (over) {
        stage(s, ORCH_STAGE_DATA);
        return orch_rejects_check(s->rejects, s->report->books.read, false, err);
    }
    if (destination->code != ORCH_OK) {
        stage(s, ORCH_STAGE_DESTINATION);
        *err = *destination;
        return err->code;
    }
    /* What failed in the middle stood before what the source was reading then. */
    if (st != ORCH_OK && st != ORCH_ECANCELLED)
        return st;
    if (source->code != ORCH_OK && !s->limited) {
        stage(s, ORCH_STAGE_SOURCE);
        *err = *source;
        return err->code;
    }
    if (st == ORCH_ECANCELLED && err->code == ORCH_OK)
        return orch_error_set(err, ORCH_EINTERNAL, "the run stopped without a cause");
    return st;
}

orch_status orch_session_stream(struct orch_session *s, orch_error *err)
{
    orch_error source, destination;
    orch_status st =
        orch_stream_start(s->source.loaded, s->reader, s->destination.loaded, s->writer,
                          orch_rejects_schema(s->rejects), &s->stream, err);
    if (st != ORCH_OK)
        return st;
    orch_rejects_open(s->rejects, true);
    st = all_batches(s, err);
    if (st != ORCH_OK || s->limited)
        stop_source(s);
    if (st == ORCH_OK)
        st = orch_rejects_flush(s->rejects);
    orch_rejects_open(s->rejects, false);
    orch_stream_finish(s->stream, &source, &destination, &s->position);
    s->stream = NULL;
    /* The source's own rejects: each was a record it read. */
    s->report->books.rejected = orch_rejects_count(s->rejects);
    s->report->books.read += orch_rejects_source_count(s->rejects);
    return first_cause(s, st, &source, &destination, err);
}

/* ---- end ----------------------------------------------------------------------------------- */

orch_status orch_session_fail(struct orch_session *s, enum orch_stage where, orch_status st)
{
    if (st != ORCH_OK)
        stage(s, where);
    return st;
}

void orch_session_measure(struct orch_session *s)
{
    struct orch_run_report *r = s->report;
    r->finished_us = orch_clock_now_us();
    r->wall_us = orch_clock_monotonic_us() - s->start_us;
    r->cpu_us = orch_clock_cpu_us() + s->cpu_before_us;
    r->peak_bytes = orch_clock_peak_bytes();
    orch_remote_usage(s->source.loaded, &r->cpu_us, &r->peak_bytes);
    orch_remote_usage(s->destination.loaded, &r->cpu_us, &r->peak_bytes);
}

void orch_session_end_writer(struct orch_session *s)
{
    if (s->writer != NULL)
        s->destination.loaded->destination.end(s->writer);
    s->writer = NULL;
}

void orch_session_redact(const struct orch_session *s, orch_error *err)
{
    orch_instance_redact(&s->source.instance, err);
    orch_instance_redact(&s->destination.instance, err);
}

void orch_session_blame(struct orch_session *s)
{
    bool source = s->source.loaded != NULL && orch_remote_failed(s->source.loaded);
    bool destination = s->destination.loaded != NULL && orch_remote_failed(s->destination.loaded);
    if (source || destination)
        stage(s, ORCH_STAGE_CONNECTOR);
}

void orch_session_release(struct orch_session *s)
{
    orch_session_end_writer(s);
    if (s->reader != NULL)
        s->source.loaded->source.end(s->reader);
    orch_plan_free(s->plan);
    orch_remote_leave(s->source.loaded);
    orch_remote_leave(s->destination.loaded);
    orch_end_close(&s->source);
    orch_end_close(&s->destination);
    if (s->reader_schema.release != NULL)
        s->reader_schema.release(&s->reader_schema);
    if (s->output_schema.release != NULL)
        s->output_schema.release(&s->output_schema);
    orch_rejects_free(s->rejects);
    orch_personal_release(&s->personal);
    orch_last_run_release(&s->last);
    orch_position_release(&s->position);
    orch_script_free(s->script);
    orch_arena_release(&s->batch_arena);
    orch_arena_release(&s->arena);
}
