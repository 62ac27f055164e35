/* SPDX-License-Identifier: Apache-2.0 */
/* The source: one statement read from its beginning, so that a reader sees one state of the file
 * whatever happens to it meanwhile. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../sqlite/lite_cell.h"
#include "gpkg_connector.h"
#include "gpkg_file.h"
#include "gpkg_function.h"
#include "gpkg_geometry.h"
#include "gpkg_layer.h"
#include "orch/builder.h"
#include "orch/error.h"
#include "orch/utf8.h"

#define READ_WAIT_MS 10000
#define MAX_ROWS     65536
#define MAX_BYTES    (8 << 20)
#define RAW_MAX      65536
#define RECORD_FIELD "orch_record"

struct orch_source {
    const orch_host *host;
    atomic_bool stop;
    const char *path;
    const char *table;
    const char *query;
};

struct orch_reader {
    orch_source *source;
    struct lite_store store;
    struct gpkg_layer layer;
    struct ArrowSchema schema;
    orch_builder *builder;
    sqlite3_stmt *stmt;
    size_t *fields;  /* of each column: the field */
    int *from;       /* of each column: the statement's column */
    size_t n_columns;
    int64_t record;  /* of the last row read, from 1 */
    int64_t rows;
    int64_t target_rows, target_bytes;
    int64_t page_bytes, file_bytes;
    bool at_end;
};

static orch_status source_open(const orch_host *host, orch_source **out, orch_error *err)
{
    const char *table = gpkg_option_text(host, "table");
    const char *query = gpkg_option_text(host, "query");
    const char *path = gpkg_option_text(host, "path");
    if (path == NULL)
        return orch_error_set(err, ORCH_ECONFIG, "geopackage needs the option path");
    if (table != NULL && query != NULL) {
        orch_error_set(err, ORCH_ECONFIG, "geopackage takes table or query, not both");
        orch_error_hint(err, "remove one of the two");
        return ORCH_ECONFIG;
    }
    orch_source *s = calloc(1, sizeof *s);
    if (s == NULL)
        return lite_no_memory(err);
    s->host = host;
    s->path = path;
    s->table = table;
    s->query = query;
    *out = s;
    return ORCH_OK;
}

static void source_close(orch_source *s)
{
    free(s);
}

static orch_status layer_open(orch_source *source, struct lite_store *store,
                              struct gpkg_layer *layer, orch_error *err)
{
    struct lite_owner owner = { source->host, &source->stop, READ_WAIT_MS };
    orch_status st = lite_open(store, &owner, source->path, LITE_READ, err);
    if (st != ORCH_OK)
        return st;
    sqlite3_limit(store->db, SQLITE_LIMIT_ATTACHED, 0);
    st = gpkg_functions_register(store, err);
    return st == ORCH_OK ? gpkg_layer_init(layer, store, source->table, source->query, err) : st;
}

static orch_status layer_schema(const struct gpkg_layer *layer, struct ArrowSchema *out,
                                orch_error *err)
{
    struct ArrowSchema schema = { 0 };
    orch_status st = orch_schema_init(&schema);
    for (size_t i = 0; st == ORCH_OK && i < layer->n_fields; i++)
        st = gpkg_field_schema(&layer->fields[i], &schema);
    if (st == ORCH_OK) {
        *out = schema;
        return ORCH_OK;
    }
    if (schema.release != NULL)
        schema.release(&schema);
    return lite_no_memory(err);
}

static orch_status source_describe(orch_source *source, const char *stream,
                                   struct ArrowSchema *out, orch_error *err)
{
    struct lite_store store = { 0 };
    struct gpkg_layer layer = { 0 };
    if (stream != NULL)
        return orch_error_set(err, ORCH_EINVAL, "geopackage has one unnamed stream");
    orch_status st = layer_open(source, &store, &layer, err);
    if (st == ORCH_OK)
        st = layer_schema(&layer, out, err);
    gpkg_layer_release(&layer);
    lite_close(&store);
    return st;
}

static orch_status source_check(orch_source *source, orch_error *err)
{
    struct ArrowSchema schema = { 0 };
    orch_status st = source_describe(source, NULL, &schema, err);
    if (st == ORCH_OK)
        schema.release(&schema);
    return st;
}

/* ---- reader -------------------------------------------------------------------------------- */

static orch_status column_choose(orch_reader *r, const orch_read_request *request, size_t i,
                                 orch_error *err)
{
    ptrdiff_t field = request->columns == NULL ? (ptrdiff_t)i
                                               : gpkg_layer_find(&r->layer, request->columns[i]);
    if (field < 0)
        return orch_error_set(err, ORCH_EINVAL, "there is no column \"%s\"", request->columns[i]);
    r->fields[i] = (size_t)field;
    r->from[i] = r->layer.query != NULL ? (int)field : (int)i;
    return gpkg_field_schema(&r->layer.fields[field], &r->schema) == ORCH_OK ? ORCH_OK
                                                                             : lite_no_memory(err);
}

static orch_status columns_choose(orch_reader *r, const orch_read_request *request,
                                  orch_error *err)
{
    size_t n = request->columns != NULL ? request->n_columns : r->layer.n_fields;
    r->n_columns = n;
    r->fields = calloc(n + 1, sizeof *r->fields);
    r->from = calloc(n + 1, sizeof *r->from);
    if (r->fields == NULL || r->from == NULL || orch_schema_init(&r->schema) != ORCH_OK)
        return lite_no_memory(err);
    orch_status st = ORCH_OK;
    for (size_t i = 0; st == ORCH_OK && i < n; i++)
        st = column_choose(r, request, i, err);
    if (st != ORCH_OK)
        return st;
    if (orch_schema_add(&r->schema, RECORD_FIELD, ORCH_FORMAT_INT64) != ORCH_OK ||
        orch_schema_annotate(&r->schema, ORCH_META_ROLE, ORCH_ROLE_RECORD) != ORCH_OK ||
        orch_builder_new(&r->schema, &r->builder) != ORCH_OK)
        return lite_no_memory(err);
    return ORCH_OK;
}

static orch_status statement_prepare(orch_reader *r, orch_error *err)
{
    if (r->layer.query != NULL)
        return lite_prepare(&r->store, &r->stmt, err, "%s", r->layer.query);
    sqlite3_str *sql = sqlite3_str_new(r->store.db);
    for (size_t i = 0; i < r->n_columns; i++)
        sqlite3_str_appendf(sql, "%s\"%w\"", i == 0 ? "SELECT " : ", ",
                            r->layer.fields[r->fields[i]].name);
    sqlite3_str_appendf(sql, "%s FROM main.\"%w\"", r->n_columns == 0 ? "SELECT 1" : "",
                        r->layer.table);
    char *text = sqlite3_str_finish(sql);
    if (text == NULL)
        return lite_no_memory(err);
    orch_status st = lite_prepare(&r->store, &r->stmt, err, "%s", text);
    sqlite3_free(text);
    return st;
}

static void reader_end(orch_reader *r)
{
    sqlite3_finalize(r->stmt);
    gpkg_layer_release(&r->layer);
    lite_close(&r->store);
    orch_builder_free(r->builder);
    if (r->schema.release != NULL)
        r->schema.release(&r->schema);
    free(r->fields);
    free(r->from);
    free(r);
}

static int64_t aim(int64_t wanted, int64_t standard, int64_t most)
{
    return wanted <= 0 ? standard : wanted < most ? wanted : most;
}

static orch_status source_read(orch_source *source, const orch_read_request *request,
                               orch_reader **out, orch_error *err)
{
    struct stat info;
    if (request->stream != NULL)
        return orch_error_set(err, ORCH_EINVAL, "geopackage has one unnamed stream");
    orch_reader *r = calloc(1, sizeof *r);
    if (r == NULL)
        return lite_no_memory(err);
    r->source = source;
    r->target_rows = aim(request->target_rows, 8192, MAX_ROWS);
    r->target_bytes = aim(request->target_bytes, 1 << 20, MAX_BYTES);
    r->file_bytes = stat(source->path, &info) == 0 ? info.st_size : -1;
    orch_status st = layer_open(source, &r->store, &r->layer, err);
    if (st == ORCH_OK)
        st = lite_number(&r->store, 0, &r->page_bytes, err, "PRAGMA page_size");
    if (st == ORCH_OK)
        st = columns_choose(r, request, err);
    if (st == ORCH_OK)
        st = statement_prepare(r, err);
    if (st != ORCH_OK) {
        reader_end(r);
        return st;
    }
    *out = r;
    return ORCH_OK;
}

static orch_status reader_schema(orch_reader *r, struct ArrowSchema *out, orch_error *err)
{
    return orch_schema_copy(&r->schema, out) == ORCH_OK ? ORCH_OK : lite_no_memory(err);
}

/* ---- rows ---------------------------------------------------------------------------------- */

struct refusal {
    const char *rule; /* NULL: the row is fine */
    size_t column;
    const char *problem;
    bool no_memory;
};

static const char *kind_words(enum lite_kind kind)
{
    static const char *const words[] = {
        [LITE_UNKNOWN] = "a value",      [LITE_BOOL] = "true or false (1 or 0)",
        [LITE_INT] = "a whole number",   [LITE_FLOAT] = "a number",
        [LITE_TEXT] = "a text",          [LITE_BLOB] = "bytes",
        [LITE_DATE] = "a date such as 2026-11-24",
        [LITE_DATETIME] = "an instant such as 2026-11-24T15:00:00Z",
        [LITE_GEOMETRY] = "a geometry",
    };
    return words[kind];
}

static void take_geometry(orch_reader *r, size_t column, struct refusal *refusal)
{
    const struct gpkg_field *field = &r->layer.fields[r->fields[column]];
    int from = r->from[column];
    struct gpkg_blob blob;
    struct gpkg_shape shape;
    const char *problem = NULL;
    if (sqlite3_column_type(r->stmt, from) != SQLITE_BLOB ||
        !gpkg_blob_parse(sqlite3_column_blob(r->stmt, from),
                         (size_t)sqlite3_column_bytes(r->stmt, from), &blob))
        problem = "no GeoPackage geometry";
    else if (!gpkg_wkb_scan(blob.wkb, blob.wkb_len, &shape, &problem))
        ;
    else if (field->srs_id != GPKG_ANY_SRS && blob.srs_id != field->srs_id)
        problem = "the geometry has another CRS than its column";
    else if (orch_builder_binary(r->builder, column, blob.wkb, blob.wkb_len) != ORCH_OK)
        refusal->no_memory = true;
    if (problem != NULL)
        *refusal = (struct refusal){ .rule = "geometry", .column = column, .problem = problem };
}

static void take_value(orch_reader *r, size_t column, struct refusal *refusal)
{
    enum lite_kind kind = r->layer.fields[r->fields[column]].kind;
    int from = r->from[column];
    if (kind == LITE_GEOMETRY && sqlite3_column_type(r->stmt, from) != SQLITE_NULL) {
        take_geometry(r, column, refusal);
        return;
    }
    switch (lite_cell_take(r->stmt, from, kind, r->builder, column)) {
    case LITE_FITS:
        break;
    case LITE_NO_MEMORY:
        refusal->no_memory = true;
        break;
    case LITE_MISFIT_ENCODING:
        *refusal = (struct refusal){ .rule = "encoding", .column = column,
                                     .problem = "the text is not UTF-8" };
        break;
    case LITE_MISFIT_TYPE:
        *refusal = (struct refusal){ .rule = "type", .column = column };
        break;
    }
}

static orch_status row_reject(orch_reader *r, const struct refusal *refusal, orch_error *err)
{
    const orch_host *host = r->source->host;
    const struct gpkg_field *field = &r->layer.fields[r->fields[refusal->column]];
    int from = r->from[refusal->column];
    char message[200];
    bool text = strcmp(refusal->rule, "type") == 0 &&
                sqlite3_column_type(r->stmt, from) != SQLITE_BLOB;
    const char *raw = text ? (const char *)sqlite3_column_text(r->stmt, from) : NULL;
    size_t len = raw != NULL ? (size_t)sqlite3_column_bytes(r->stmt, from) : 0;
    if (raw != NULL && orch_utf8_valid(raw, len) != len)
        raw = NULL;
    if (refusal->problem == NULL)
        snprintf(message, sizeof message, "not %s: \"%.*s\"", kind_words(field->kind),
                 raw != NULL && len < 60 ? (int)len : 0, raw != NULL ? raw : "");
    orch_reject reject = {
        .struct_size = sizeof reject,
        .record = r->record,
        .offset = -1,
        .field = field->name,
        .rule = refusal->rule,
        .message = refusal->problem != NULL ? refusal->problem : message,
        .raw = raw,
        .raw_len = raw == NULL ? 0 : len < RAW_MAX ? len : RAW_MAX,
    };
    orch_builder_abandon(r->builder);
    orch_status st = host->reject(host, &reject);
    return st == ORCH_OK ? ORCH_OK : orch_error_set(err, st, "stopped by rejects");
}

static orch_status row_take(orch_reader *r, orch_error *err)
{
    struct refusal refusal = { 0 };
    r->record++;
    for (size_t i = 0; i < r->n_columns && refusal.rule == NULL && !refusal.no_memory; i++)
        take_value(r, i, &refusal);
    if (refusal.rule != NULL)
        return row_reject(r, &refusal, err);
    if (refusal.no_memory || orch_builder_int(r->builder, r->n_columns, r->record) != ORCH_OK ||
        orch_builder_row(r->builder) != ORCH_OK)
        return lite_no_memory(err);
    return ORCH_OK;
}

static int64_t bytes_read(const orch_reader *r)
{
    int pages = 0, most = 0;
    sqlite3_db_status(r->store.db, SQLITE_DBSTATUS_CACHE_MISS, &pages, &most, 0);
    int64_t bytes = pages * r->page_bytes;
    return r->file_bytes >= 0 && (bytes > r->file_bytes || r->at_end) ? r->file_bytes : bytes;
}

static orch_status rows_take(orch_reader *r, orch_error *err)
{
    orch_status st = ORCH_OK;
    while (st == ORCH_OK && orch_builder_rows(r->builder) < r->target_rows &&
           orch_builder_bytes(r->builder) < r->target_bytes) {
        int rc = sqlite3_step(r->stmt);
        if (rc == SQLITE_DONE) {
            r->at_end = true;
            return lite_unchanged(&r->store, err);
        }
        st = rc == SQLITE_ROW ? row_take(r, err) : lite_error(&r->store, rc, "read", err);
    }
    return st;
}

static orch_status reader_next(orch_reader *r, struct ArrowArray *out, orch_batch_info *info,
                               orch_error *err)
{
    const orch_host *host = r->source->host;
    if (lite_cancelled(&r->store))
        return orch_error_set(err, ORCH_ECANCELLED, "cancelled");
    if (r->at_end)
        return ORCH_END;
    orch_status st = rows_take(r, err);
    if (st != ORCH_OK)
        return st;
    int64_t rows = orch_builder_rows(r->builder);
    if (rows == 0 && r->at_end)
        return ORCH_END;
    if (orch_builder_take(r->builder, out) != ORCH_OK)
        return lite_no_memory(err);
    r->rows += rows;
    if (info != NULL) {
        uint32_t size = info->struct_size;
        *info = (orch_batch_info){ .struct_size = size, .source_bytes = bytes_read(r) };
    }
    host->progress(host, r->record, bytes_read(r), r->file_bytes);
    return ORCH_OK;
}

static void source_interrupt(orch_source *source)
{
    atomic_store(&source->stop, true);
}

const orch_source_ops gpkg_source_ops = {
    .struct_size = sizeof(orch_source_ops),
    .open = source_open,
    .close = source_close,
    .check = source_check,
    .describe = source_describe,
    .read = source_read,
    .schema = reader_schema,
    .next = reader_next,
    .end = reader_end,
    .interrupt = source_interrupt,
};
