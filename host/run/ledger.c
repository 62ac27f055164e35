/* SPDX-License-Identifier: Apache-2.0 */
#include "run/ledger.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "data/batch_check.h"
#include "orch/error.h"
#include "run/ends.h"
#include "run/personal.h"

struct ledger_column {
    const char *name;
    const char *format;
};

static const struct ledger_column run_columns[] = {
    { "run", ORCH_FORMAT_UTF8 },
    { "pipeline", ORCH_FORMAT_UTF8 },
    { "sequence", ORCH_FORMAT_INT64 },
    { "status", ORCH_FORMAT_UTF8 },
    { "started", ORCH_FORMAT_TIMESTAMP },
    { "finished", ORCH_FORMAT_TIMESTAMP },
    { "mode", ORCH_FORMAT_UTF8 },
    { "target", ORCH_FORMAT_UTF8 },
    { "script", ORCH_FORMAT_UTF8 },
    { "script_sha256", ORCH_FORMAT_UTF8 },
    { "source", ORCH_FORMAT_UTF8 },
    { "destination", ORCH_FORMAT_UTF8 },
    { "fingerprint", ORCH_FORMAT_UTF8 },
    { "read", ORCH_FORMAT_INT64 },
    { "added", ORCH_FORMAT_INT64 },
    { "inserted", ORCH_FORMAT_INT64 },
    { "updated", ORCH_FORMAT_INT64 },
    { "unchanged", ORCH_FORMAT_INT64 },
    { "merged", ORCH_FORMAT_INT64 },
    { "filtered", ORCH_FORMAT_INT64 },
    { "rejected", ORCH_FORMAT_INT64 },
    { "source_bytes", ORCH_FORMAT_INT64 },
    { "wall_ms", ORCH_FORMAT_INT64 },
    { "cpu_ms", ORCH_FORMAT_INT64 },
    { "peak_bytes", ORCH_FORMAT_INT64 },
    { "error", ORCH_FORMAT_UTF8 },
    { "attempts", ORCH_FORMAT_INT64 },
    { "position", ORCH_FORMAT_UTF8 },
    { "position_version", ORCH_FORMAT_INT64 },
};

static const struct ledger_column input_columns[] = {
    { "run", ORCH_FORMAT_UTF8 },       { "pipeline", ORCH_FORMAT_UTF8 },
    { "number", ORCH_FORMAT_INT64 },   { "path", ORCH_FORMAT_UTF8 },
    { "size_bytes", ORCH_FORMAT_INT64 }, { "sha256", ORCH_FORMAT_UTF8 },
    { "encoding", ORCH_FORMAT_UTF8 },
};

static const struct ledger_column reject_columns[] = {
    { "run", ORCH_FORMAT_UTF8 },     { "pipeline", ORCH_FORMAT_UTF8 },
    { "number", ORCH_FORMAT_INT64 }, { "input", ORCH_FORMAT_UTF8 },
    { "record", ORCH_FORMAT_INT64 }, { "line", ORCH_FORMAT_INT64 },
    { "offset", ORCH_FORMAT_INT64 }, { "column", ORCH_FORMAT_UTF8 },
    { "rule", ORCH_FORMAT_UTF8 },    { "message", ORCH_FORMAT_UTF8 },
    { "raw", ORCH_FORMAT_UTF8 },     { "content", ORCH_FORMAT_UTF8 },
};

static orch_status schema_of(const struct ledger_column *columns, size_t n,
                             struct ArrowSchema *out)
{
    struct ArrowSchema schema;
    orch_status st = orch_schema_init(&schema);
    if (st != ORCH_OK)
        return st;
    for (size_t i = 0; st == ORCH_OK && i < n; i++)
        st = orch_schema_add(&schema, columns[i].name, columns[i].format);
    if (st != ORCH_OK) {
        schema.release(&schema);
        return st;
    }
    *out = schema;
    return ORCH_OK;
}

orch_status orch_ledger_reject_schema(struct ArrowSchema *out)
{
    return schema_of(reject_columns, sizeof reject_columns / sizeof reject_columns[0], out);
}

/* ---- writing ------------------------------------------------------------------------------- */

/* Puts values into consecutive columns; the first failure stays. */
struct row_writer {
    orch_builder *builder;
    size_t column;
    orch_status status;
};

/* Paths may be any bytes, and a long text ends where its field does: what is no character becomes
 * a question mark. */
static void put_text(struct row_writer *w, const char *text)
{
    struct orch_text clean = { 0 };
    for (const char *rest = text; rest != NULL && *rest != '\0';) {
        size_t valid = orch_utf8_valid(rest, strlen(rest));
        orch_text_add(&clean, rest, valid);
        rest += valid;
        if (*rest != '\0') {
            orch_text_putc(&clean, '?');
            rest++;
        }
    }
    if (clean.failed)
        w->status = ORCH_ENOMEM;
    else if (w->status == ORCH_OK && clean.len > 0)
        w->status = orch_builder_text(w->builder, w->column, clean.ptr, clean.len);
    orch_text_release(&clean);
    w->column++;
}

static void put_int(struct row_writer *w, int64_t value)
{
    if (w->status == ORCH_OK)
        w->status = orch_builder_int(w->builder, w->column, value);
    w->column++;
}

static void put_time(struct row_writer *w, int64_t us)
{
    if (w->status == ORCH_OK)
        w->status = orch_builder_timestamp(w->builder, w->column, us);
    w->column++;
}

static void put_counts(struct row_writer *w, const struct orch_run_report *r)
{
    put_int(w, r->books.read);
    put_int(w, r->books.added);
    put_int(w, r->books.counts.inserted);
    put_int(w, r->books.counts.updated);
    put_int(w, r->books.counts.unchanged);
    put_int(w, r->books.counts.merged);
    put_int(w, r->books.filtered);
    put_int(w, r->books.rejected);
}

static void put_error(struct row_writer *w, const orch_error *e, bool personal)
{
    char text[sizeof e->message + sizeof e->detail + 4];
    snprintf(text, sizeof text, "%s%s%s", e->message, e->detail[0] != '\0' ? ": " : "", e->detail);
    if (personal)
        orch_personal_hide(text);
    put_text(w, text);
}

/* Of a run that failed nothing was read for good. */
static void put_position(struct row_writer *w, const struct orch_run_report *r)
{
    if (!r->position.known || r->outcome == ORCH_OUTCOME_FAILED) {
        w->column += 2;
        return;
    }
    put_text(w, orch_text_z(&r->position.json));
    put_int(w, r->position.version);
}

static orch_status run_row(struct row_writer *w, const struct orch_ledger_entry *e)
{
    const struct orch_run_report *r = e->report;
    bool failed = r->outcome == ORCH_OUTCOME_FAILED;
    put_text(w, r->run);
    put_text(w, r->pipeline);
    put_int(w, (int64_t)r->sequence);
    put_text(w, failed ? "failed" : "loaded");
    put_time(w, r->started_us);
    put_time(w, r->finished_us);
    put_text(w, orch_mode_name(e->pipeline->mode));
    put_text(w, r->target);
    put_text(w, e->script);
    put_text(w, e->pipeline->sha256);
    put_text(w, r->source);
    put_text(w, r->destination);
    put_text(w, failed ? NULL : e->fingerprint);
    put_counts(w, r);
    put_int(w, r->source_bytes);
    put_int(w, r->wall_us / 1000);
    put_int(w, r->cpu_us / 1000);
    put_int(w, r->peak_bytes);
    put_error(w, &r->error, e->personal);
    put_int(w, r->attempts);
    put_position(w, r);
    return w->status == ORCH_OK ? orch_builder_row(w->builder) : w->status;
}

static orch_status input_rows(struct row_writer *w, const struct orch_ledger_entry *e)
{
    const struct orch_run_report *r = e->report;
    for (size_t i = 0; i < r->n_inputs; i++) {
        w->column = 0;
        put_text(w, r->run);
        put_text(w, r->pipeline);
        put_int(w, (int64_t)i + 1);
        put_text(w, r->inputs[i].path);
        put_int(w, r->inputs[i].size_bytes);
        put_text(w, r->inputs[i].sha256);
        put_text(w, r->inputs[i].encoding);
        if (w->status == ORCH_OK)
            w->status = orch_builder_row(w->builder);
    }
    return w->status;
}

static orch_status table_write(const struct orch_destination_ops *ops, orch_writer *writer,
                               const char *table, const struct ledger_column *columns, size_t n,
                               orch_status (*fill)(struct row_writer *,
                                                   const struct orch_ledger_entry *),
                               const struct orch_ledger_entry *entry, orch_error *err)
{
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch = { 0 };
    orch_builder *builder = NULL;
    orch_status st = schema_of(columns, n, &schema);
    if (st == ORCH_OK)
        st = orch_builder_new(&schema, &builder);
    if (st == ORCH_OK)
        st = fill(&(struct row_writer){ .builder = builder }, entry);
    if (st == ORCH_OK && orch_builder_rows(builder) > 0) {
        st = orch_builder_take(builder, &batch);
        if (st == ORCH_OK)
            st = ops->ledger(writer, table, &schema, &batch, err);
        else
            orch_error_set(err, st, "out of memory");
    } else if (st != ORCH_OK) {
        orch_error_set(err, st, "out of memory");
    }
    if (batch.release != NULL)
        batch.release(&batch);
    orch_builder_free(builder);
    if (schema.release != NULL)
        schema.release(&schema);
    return st;
}

orch_status orch_ledger_write(const struct orch_destination_ops *ops, orch_writer *writer,
                              const struct orch_ledger_entry *entry, orch_error *err)
{
    orch_status st =
        table_write(ops, writer, ORCH_LEDGER_RUN, run_columns,
                    sizeof run_columns / sizeof run_columns[0], run_row, entry, err);
    if (st != ORCH_OK)
        return st;
    return table_write(ops, writer, ORCH_LEDGER_INPUT, input_columns,
                       sizeof input_columns / sizeof input_columns[0], input_rows, entry, err);
}

/* ---- reading ------------------------------------------------------------------------------- */

orch_status orch_ledger_read(const struct orch_destination_ops *ops, orch_destination *destination,
                             const orch_ledger_query *query, struct orch_ledger_rows *out,
                             orch_error *err)
{
    struct orch_ledger_rows rows = { 0 };
    orch_status st = ops->recover(destination, query, &rows.schema, &rows.batch, err);
    if (st == ORCH_OK)
        st = orch_batch_check(&rows.schema, &rows.batch, err);
    if (st == ORCH_OK)
        st = orch_view_init(&rows.view, &rows.schema, &rows.batch, err);
    if (st != ORCH_OK) {
        orch_ledger_rows_release(&rows);
        return st;
    }
    *out = rows;
    return ORCH_OK;
}

void orch_ledger_rows_release(struct orch_ledger_rows *rows)
{
    orch_view_release(&rows->view);
    if (rows->batch.release != NULL)
        rows->batch.release(&rows->batch);
    if (rows->schema.release != NULL)
        rows->schema.release(&rows->schema);
    *rows = (struct orch_ledger_rows){ 0 };
}

ptrdiff_t orch_ledger_column(const struct orch_ledger_rows *rows, const char *name)
{
    for (size_t i = 0; i < rows->view.n_columns; i++)
        if (strcmp(rows->view.columns[i].name, name) == 0)
            return (ptrdiff_t)i;
    return -1;
}

struct orch_str orch_ledger_text(const struct orch_ledger_rows *rows, const char *column,
                                 int64_t row)
{
    ptrdiff_t c = orch_ledger_column(rows, column);
    struct orch_str text = { "", 0 };
    if (c >= 0 && rows->view.columns[c].type == ORCH_VIEW_TEXT &&
        !orch_view_is_null(&rows->view, (size_t)c, row))
        text.ptr = orch_view_text(&rows->view, (size_t)c, row, &text.len);
    return text;
}

int64_t orch_ledger_int(const struct orch_ledger_rows *rows, const char *column, int64_t row)
{
    ptrdiff_t c = orch_ledger_column(rows, column);
    if (c < 0 || orch_view_is_null(&rows->view, (size_t)c, row))
        return 0;
    if (rows->view.columns[c].type == ORCH_VIEW_INT)
        return orch_view_int(&rows->view, (size_t)c, row);
    if (rows->view.columns[c].type == ORCH_VIEW_TIMESTAMP)
        return orch_view_timestamp(&rows->view, (size_t)c, row);
    return 0;
}

static void copy_text(char *out, size_t size, const struct orch_ledger_rows *rows,
                      const char *column)
{
    struct orch_str text = orch_ledger_text(rows, column, 0);
    snprintf(out, size, "%.*s", ORCH_STR_ARG(text));
}

/* Ledgers of before have no such column. */
static orch_status last_position(const struct orch_ledger_rows *rows, struct orch_position *out,
                                 orch_error *err)
{
    struct orch_str json = orch_ledger_text(rows, "position", 0);
    int64_t version = orch_ledger_int(rows, "position_version", 0);
    if (json.len == 0)
        return ORCH_OK;
    uint32_t form = version >= 0 && version < UINT32_MAX ? (uint32_t)version : UINT32_MAX;
    orch_status st = orch_position_set(out, json, form);
    if (st == ORCH_ENOMEM)
        return orch_error_set(err, st, "out of memory");
    if (st == ORCH_OK)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "the position in the ledger has %zu bytes; the bound is %d",
                   json.len, ORCH_POSITION_MOST);
    orch_error_hint(err, "correct column position of orchestra_run, or set it to null");
    return ORCH_ECONFIG;
}

static orch_status last_run(const struct orch_ledger_rows *rows, struct orch_last_run *out,
                            orch_error *err)
{
    out->found = true;
    out->sequence = orch_ledger_int(rows, "sequence", 0);
    copy_text(out->fingerprint, sizeof out->fingerprint, rows, "fingerprint");
    copy_text(out->run, sizeof out->run, rows, "run");
    copy_text(out->source, sizeof out->source, rows, "source");
    copy_text(out->target, sizeof out->target, rows, "target");
    return last_position(rows, &out->position, err);
}

orch_status orch_ledger_last(const struct orch_destination_ops *ops, orch_destination *destination,
                             const char *pipeline, struct orch_last_run *out, orch_error *err)
{
    orch_ledger_query query = { .struct_size = sizeof query,
                                .table = ORCH_LEDGER_RUN,
                                .pipeline = pipeline,
                                .status = "loaded",
                                .limit = 1 };
    struct orch_ledger_rows rows;
    *out = (struct orch_last_run){ 0 };
    orch_status st = orch_ledger_read(ops, destination, &query, &rows, err);
    if (st != ORCH_OK)
        return st;
    if (rows.view.rows > 0)
        st = last_run(&rows, out, err);
    orch_ledger_rows_release(&rows);
    return st;
}

void orch_last_run_release(struct orch_last_run *last)
{
    orch_position_release(&last->position);
    *last = (struct orch_last_run){ 0 };
}

orch_status orch_ledger_holds(const struct orch_destination_ops *ops,
                              orch_destination *destination, const char *pipeline,
                              const char *run, bool *holds, orch_error *err)
{
    orch_ledger_query query = { .struct_size = sizeof query,
                                .table = ORCH_LEDGER_RUN,
                                .pipeline = pipeline,
                                .run = run,
                                .status = "loaded",
                                .limit = 1 };
    struct orch_ledger_rows rows;
    orch_status st = orch_ledger_read(ops, destination, &query, &rows, err);
    if (st != ORCH_OK)
        return st;
    *holds = rows.view.rows > 0 && orch_str_equal(orch_ledger_text(&rows, "run", 0),
                                                  orch_str_from(run));
    orch_ledger_rows_release(&rows);
    return ORCH_OK;
}
