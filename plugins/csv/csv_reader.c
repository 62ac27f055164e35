/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of the rows of all inputs, one after the other. */
#include "csv_fault.h"
#include "csv_head.h"
#include "csv_name.h"
#include "csv_source.h"
#include "orch/builder.h"
#include "orch/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_ROWS 8192
#define DEFAULT_BYTES 1048576
#define POLL_RECORDS 1024
#define NOT_WANTED SIZE_MAX

struct orch_reader {
    orch_source *source;
    struct ArrowSchema schema; /* wanted columns, then record, line and offset */
    char **wanted;
    size_t n_wanted;
    orch_builder *builder;
    int64_t target_rows;
    int64_t target_bytes;
    /* the input in progress */
    size_t input;
    bool open;
    struct csv_scan scan;
    struct csv_head head;
    size_t *target; /* column of the batch for each of head.names, or NOT_WANTED */
    const char *name;
    /* the record in progress */
    orch_status stored; /* the first append that failed */
    bool surplus;       /* the field after the last column is not empty */
    /* totals */
    int64_t rows;
    int64_t bytes_before; /* of inputs that are done */
    int64_t bytes_total;  /* -1: unknown */
    orch_status ended;    /* ORCH_OK while it can go on */
};

static orch_status no_memory(orch_error *err)
{
    return orch_error_set(err, ORCH_ENOMEM, "not enough memory to read a table");
}

/* ---- inputs ------------------------------------------------------------------------------ */

static orch_status column_missing(const orch_reader *r, const char *column, orch_error *err)
{
    size_t n = r->head.n_metadata + r->head.n_table;
    const char *nearest = csv_names_nearest(r->head.names, n, column);

    orch_error_set(err, ORCH_ESCHEMA, "input \"%s\" has no column \"%s\"", r->name, column);
    orch_error_at(err, 0, column);
    if (nearest)
        orch_error_detail(err, "of its %zu columns the nearest is \"%s\"", n, nearest);
    else
        orch_error_detail(err, "it has %zu columns, none of them near", n);
    orch_error_hint(err, "read files of different shapes with a source each");
    return ORCH_ESCHEMA;
}

/* Finds for each column of the open input its place in the batch. */
static orch_status map_columns(orch_reader *r, orch_error *err)
{
    size_t n = r->head.n_metadata + r->head.n_table;

    free(r->target);
    r->target = malloc((n + 1) * sizeof *r->target);
    if (!r->target)
        return no_memory(err);
    for (size_t i = 0; i < n; i++)
        r->target[i] = NOT_WANTED;
    /* an input without header and without rows has no columns, and misses none */
    for (size_t w = 0; n > 0 && w < r->n_wanted; w++) {
        size_t i = 0;
        while (i < n && strcmp(r->head.names[i], r->wanted[w]) != 0)
            i++;
        if (i == n)
            return column_missing(r, r->wanted[w], err);
        r->target[i] = w;
    }
    return ORCH_OK;
}

static void store_field(void *ctx, size_t position, const char *text, size_t len)
{
    orch_reader *r = ctx;
    const struct csv_options *o = &r->source->options;

    if (position >= r->head.n_table) {
        r->surplus |= len > 0;
        return;
    }
    size_t column = r->target[r->head.n_metadata + position];
    if (column == NOT_WANTED || (!text && o->empty_as_null) || r->stored != ORCH_OK)
        return;
    if (!text)
        text = "";
    if (o->null_lengths && csv_options_is_null_word(o, text, len))
        return;
    r->stored = orch_builder_text(r->builder, column, text, len);
}

static orch_status open_head(orch_reader *r, orch_error *err)
{
    r->name = csv_source_input_name(r->source, r->input);
    orch_status st = csv_scan_open(&r->scan, r->source->host, r->input, &r->source->options, err);
    r->open = true;
    if (st == ORCH_OK)
        st = csv_head_read(&r->head, &r->scan, r->name, err);
    return st;
}

static orch_status open_input(orch_reader *r, orch_error *err)
{
    orch_status st = open_head(r, err);

    if (st == ORCH_OK)
        st = map_columns(r, err);
    csv_scan_sink(&r->scan, store_field, r);
    return st;
}

static void close_input(orch_reader *r)
{
    if (r->open && r->scan.window.stream)
        r->bytes_before += r->source->input->consumed(r->scan.window.stream);
    csv_scan_close(&r->scan);
    csv_head_release(&r->head);
    r->open = false;
}

/* ---- records ----------------------------------------------------------------------------- */

static orch_status reject(orch_reader *r, const char *rule, const char *message, orch_error *err)
{
    const orch_host *host = r->source->host;
    const struct csv_record *record = &r->scan.record;
    orch_reject bad = { .struct_size = sizeof bad,
                        .input = (uint32_t)r->input,
                        .record = record->number,
                        .line = record->line,
                        .offset = record->offset,
                        .rule = rule,
                        .message = message };

    if (record->fault == CSV_FAULT_FIELD && record->long_field < r->head.n_table)
        bad.field = r->head.names[r->head.n_metadata + record->long_field];
    bad.raw = csv_scan_raw(&r->scan, &bad.raw_len);
    orch_status st = host->reject(host, &bad);
    if (st == ORCH_OK)
        return ORCH_OK;
    orch_error_set(err, st, "input \"%s\" has too many bad records", r->name);
    orch_error_detail(err, "line %lld: %s", (long long)record->line, message);
    orch_error_at(err, record->number, NULL);
    return st;
}

static bool has_columns(const orch_reader *r)
{
    const struct csv_options *o = &r->source->options;
    size_t n = r->scan.record.fields;

    if (n > r->head.n_table)
        return o->trailing && n == r->head.n_table + 1 && !r->surplus;
    return n >= r->head.least || o->short_null;
}

/* What is wrong with the record: its rule, or NULL. */
static const char *judge(orch_reader *r, char *message, size_t size)
{
    struct csv_record *record = &r->scan.record;
    size_t len = 0;

    if (record->fault == CSV_FAULT_FIELD)
        csv_scan_unswallow(&r->scan, r->head.n_table);
    if (record->fault != CSV_FAULT_NONE) {
        csv_fault_explain(&r->scan, message, size);
        return csv_fault_rule(record->fault);
    }
    if (record->filled == 0 && record->fields > 1) {
        snprintf(message, size, "all %zu fields are empty", record->fields);
        return "empty";
    }
    if (!has_columns(r)) {
        if (csv_scan_unswallow(&r->scan, r->head.n_table)) {
            csv_fault_explain(&r->scan, message, size);
            return csv_fault_rule(record->fault);
        }
        snprintf(message, size, "%zu field%s where %s %zu", record->fields,
                 record->fields == 1 ? "" : "s",
                 r->head.header ? "the header has" : "there should be", r->head.n_table);
        return "columns";
    }
    const char *raw = csv_scan_raw(&r->scan, &len);
    if (csv_head_is_header(&r->head, raw, len)) {
        snprintf(message, size, "the header line once more");
        return "header";
    }
    return NULL;
}

static orch_status store_metadata(orch_reader *r)
{
    const struct csv_options *o = &r->source->options;
    const struct csv_cells *values = &r->head.values;
    orch_status st = ORCH_OK;

    for (size_t i = 0; st == ORCH_OK && i < values->count; i++) {
        const char *text = values->texts[i];
        if (r->target[i] == NOT_WANTED || (!text && o->empty_as_null))
            continue;
        if (!text)
            text = "";
        if (!csv_options_is_null_word(o, text, values->lens[i]))
            st = orch_builder_text(r->builder, r->target[i], text, values->lens[i]);
    }
    return st;
}

static orch_status store_place(orch_reader *r)
{
    const struct csv_record *record = &r->scan.record;
    orch_status st = orch_builder_int(r->builder, r->n_wanted, record->number);

    if (st == ORCH_OK)
        st = orch_builder_int(r->builder, r->n_wanted + 1, record->line);
    if (st == ORCH_OK)
        st = orch_builder_int(r->builder, r->n_wanted + 2, record->offset);
    return st;
}

static orch_status finish_row(orch_reader *r, orch_error *err)
{
    orch_status st = store_metadata(r);

    if (st == ORCH_OK)
        st = store_place(r);
    if (st == ORCH_OK)
        st = orch_builder_row(r->builder);
    if (st != ORCH_OK)
        return orch_error_set(err, st, "cannot keep record %lld of input \"%s\"",
                              (long long)r->scan.record.number, r->name);
    return ORCH_OK;
}

static orch_status read_row(orch_reader *r, orch_error *err)
{
    char message[192];

    r->stored = ORCH_OK;
    r->surplus = false;
    orch_status st = csv_scan_next(&r->scan, err);
    if (st != ORCH_OK)
        return st;
    const char *rule = judge(r, message, sizeof message);
    if (rule) {
        orch_builder_abandon(r->builder);
        return reject(r, rule, message, err);
    }
    if (r->stored != ORCH_OK)
        return orch_error_set(err, r->stored, "cannot keep record %lld of input \"%s\"",
                              (long long)r->scan.record.number, r->name);
    return finish_row(r, err);
}

/* ---- batches ----------------------------------------------------------------------------- */

static orch_status cancelled(orch_error *err)
{
    return orch_error_set(err, ORCH_ECANCELLED, "reading was cancelled");
}

static bool batch_is_full(const orch_reader *r)
{
    int64_t rows = orch_builder_rows(r->builder);

    return rows >= r->target_rows ||
           (rows > 0 && orch_builder_bytes(r->builder) >= r->target_bytes);
}

/* Rows of the open input until the batch is full or the input ends (ORCH_END). */
static orch_status fill_batch(orch_reader *r, orch_error *err)
{
    for (int64_t n = 0; !batch_is_full(r); n++) {
        if (n % POLL_RECORDS == 0 && csv_source_stopped(r->source))
            return cancelled(err);
        orch_status st = read_row(r, err);
        if (st != ORCH_OK)
            return st;
    }
    return ORCH_OK;
}

static orch_status hand_over(orch_reader *r, struct ArrowArray *out, orch_batch_info *info,
                             orch_error *err)
{
    const orch_host *host = r->source->host;
    int64_t rows = orch_builder_rows(r->builder);
    int64_t bytes = r->bytes_before;
    orch_batch_info filled = { .struct_size = info ? info->struct_size : 0,
                               .input = (uint32_t)r->input };

    if (orch_builder_take(r->builder, out) != ORCH_OK)
        return no_memory(err);
    bytes += r->source->input->consumed(r->scan.window.stream);
    filled.source_bytes = bytes;
    if (info)
        *info = filled;
    r->rows += rows;
    host->progress(host, r->rows, bytes, r->bytes_total);
    return ORCH_OK;
}

static orch_status next_batch(orch_reader *r, struct ArrowArray *out, orch_batch_info *info,
                              orch_error *err)
{
    size_t n = r->source->input->count(r->source->host);

    for (; r->input < n; r->input++) {
        orch_status st = r->open ? ORCH_OK : open_input(r, err);
        if (st == ORCH_OK)
            st = fill_batch(r, err);
        if (st != ORCH_OK && st != ORCH_END)
            return st;
        if (orch_builder_rows(r->builder) > 0)
            return hand_over(r, out, info, err);
        close_input(r);
    }
    return ORCH_END;
}

orch_status csv_reader_next(orch_reader *reader, struct ArrowArray *out, orch_batch_info *info,
                            orch_error *err)
{
    if (reader->ended == ORCH_END)
        return ORCH_END;
    if (csv_source_stopped(reader->source))
        return cancelled(err);
    if (reader->ended != ORCH_OK)
        return orch_error_set(err, ORCH_EINVAL, "this reader has failed before");
    orch_status st = next_batch(reader, out, info, err);
    reader->ended = st;
    return st;
}

/* ---- life cycle -------------------------------------------------------------------------- */

static int64_t total_bytes(const orch_source *source)
{
    size_t n = source->input->count(source->host);
    int64_t total = 0;

    for (size_t i = 0; i < n; i++) {
        orch_input_info info = { .struct_size = sizeof info };
        if (source->input->info(source->host, i, &info) != ORCH_OK || info.size_bytes < 0 ||
            info.size_bytes > INT64_MAX - total)
            return -1;
        total += info.size_bytes;
    }
    return total;
}

/* Copies the names asked for, or those of the first input. */
static orch_status take_wanted(orch_reader *r, char *const *names, size_t n, orch_error *err)
{
    r->wanted = calloc(n + 1, sizeof *r->wanted);
    if (!r->wanted)
        return no_memory(err);
    for (; r->n_wanted < n; r->n_wanted++) {
        for (size_t i = 0; i < r->n_wanted; i++) {
            if (strcmp(r->wanted[i], names[r->n_wanted]) == 0)
                return orch_error_set(err, ORCH_EINVAL, "column \"%s\" is asked for twice",
                                      r->wanted[i]);
        }
        r->wanted[r->n_wanted] = strdup(names[r->n_wanted]);
        if (!r->wanted[r->n_wanted])
            return no_memory(err);
    }
    return ORCH_OK;
}

static orch_status make_schema(orch_reader *r, orch_error *err)
{
    static const char *const roles[] = { ORCH_ROLE_RECORD, ORCH_ROLE_LINE, ORCH_ROLE_OFFSET };
    orch_status st = orch_schema_init(&r->schema);

    for (size_t i = 0; st == ORCH_OK && i < r->n_wanted; i++)
        st = orch_schema_add(&r->schema, r->wanted[i], ORCH_FORMAT_UTF8);
    for (size_t i = 0; st == ORCH_OK && i < sizeof roles / sizeof roles[0]; i++) {
        st = orch_schema_add(&r->schema, roles[i], ORCH_FORMAT_INT64);
        if (st == ORCH_OK)
            st = orch_schema_annotate(&r->schema, ORCH_META_ROLE, roles[i]);
    }
    if (st == ORCH_OK)
        st = orch_builder_new(&r->schema, &r->builder);
    return st == ORCH_OK ? ORCH_OK : no_memory(err);
}

orch_status csv_reader_read(orch_source *source, const orch_read_request *request,
                            orch_reader **out, orch_error *err)
{
    orch_status st;

    if (request->stream)
        return orch_error_set(err, ORCH_EINVAL, "a csv source has no stream \"%s\"",
                              request->stream);
    if (csv_source_stopped(source))
        return cancelled(err);
    orch_reader *r = calloc(1, sizeof *r);
    if (!r)
        return no_memory(err);
    r->source = source;
    r->target_rows = request->target_rows > 0 ? request->target_rows : DEFAULT_ROWS;
    r->target_bytes = request->target_bytes > 0 ? request->target_bytes : DEFAULT_BYTES;
    r->bytes_total = total_bytes(source);
    st = open_head(r, err);
    if (st == ORCH_OK && request->columns)
        st = take_wanted(r, (char *const *)request->columns, request->n_columns, err);
    else if (st == ORCH_OK)
        st = take_wanted(r, r->head.names, r->head.n_metadata + r->head.n_table, err);
    if (st == ORCH_OK)
        st = map_columns(r, err);
    if (st == ORCH_OK)
        st = make_schema(r, err);
    if (st != ORCH_OK)
        goto done;
    csv_scan_sink(&r->scan, store_field, r);
    *out = r;
    r = NULL;

done:
    csv_reader_end(r);
    return st;
}

orch_status csv_reader_schema(orch_reader *reader, struct ArrowSchema *out, orch_error *err)
{
    return orch_schema_copy(&reader->schema, out) == ORCH_OK ? ORCH_OK : no_memory(err);
}

void csv_reader_end(orch_reader *reader)
{
    if (!reader)
        return;
    close_input(reader);
    orch_builder_free(reader->builder);
    if (reader->schema.release)
        reader->schema.release(&reader->schema);
    for (size_t i = 0; i < reader->n_wanted; i++)
        free(reader->wanted[i]);
    free(reader->wanted);
    free(reader->target);
    free(reader);
}
