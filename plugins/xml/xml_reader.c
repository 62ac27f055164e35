/* SPDX-License-Identifier: Apache-2.0 */
#include "xml_reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEFAULT_ROWS = 8192, DEFAULT_BYTES = 1 << 20 };

/* ---- opening ------------------------------------------------------------------------------- */

static ptrdiff_t field_find(const struct orch_source *s, const char *name)
{
    for (size_t i = 0; i < s->n_fields; i++)
        if (strcmp(s->fields[i].name, name) == 0)
            return (ptrdiff_t)i;
    return -1;
}

static orch_status column_add(orch_reader *r, size_t field)
{
    struct xml_column *c = &r->columns[r->n_columns++];
    c->field = &r->source->fields[field];
    return orch_schema_add(&r->schema, c->field->name, ORCH_FORMAT_UTF8);
}

static orch_status columns_choose(orch_reader *r, const orch_read_request *request, orch_error *err)
{
    const struct orch_source *s = r->source;
    size_t n = request->columns != NULL ? request->n_columns : s->n_fields;
    orch_status st = orch_schema_init(&r->schema);
    r->columns = calloc(n + 1, sizeof *r->columns);
    if (r->columns == NULL || st != ORCH_OK)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    for (size_t i = 0; st == ORCH_OK && i < n; i++) {
        ptrdiff_t field = request->columns != NULL ? field_find(s, request->columns[i])
                                                   : (ptrdiff_t)i;
        if (field < 0)
            return orch_error_set(err, ORCH_EINVAL, "xml has no field \"%s\"", request->columns[i]);
        st = column_add(r, (size_t)field);
    }
    if (st == ORCH_OK)
        st = orch_schema_add(&r->schema, "orch.record", ORCH_FORMAT_INT64);
    if (st == ORCH_OK)
        st = orch_schema_annotate(&r->schema, ORCH_META_ROLE, ORCH_ROLE_RECORD);
    if (st == ORCH_OK)
        st = orch_schema_add(&r->schema, "orch.line", ORCH_FORMAT_INT64);
    if (st == ORCH_OK)
        st = orch_schema_annotate(&r->schema, ORCH_META_ROLE, ORCH_ROLE_LINE);
    return st == ORCH_OK ? ORCH_OK : orch_error_set(err, st, "out of memory");
}

orch_status xml_reader_open(struct orch_source *s, const orch_read_request *request,
                            orch_reader **out, orch_error *err)
{
    orch_reader *r = calloc(1, sizeof *r);
    if (r == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    r->source = s;
    r->target_rows = request->target_rows > 0 ? request->target_rows : DEFAULT_ROWS;
    r->target_bytes = request->target_bytes > 0 ? request->target_bytes : DEFAULT_BYTES;
    orch_status st = s->n_fields > 0 ? ORCH_OK : xml_infer_fields(s, err);
    if (st == ORCH_OK)
        st = columns_choose(r, request, err);
    if (st == ORCH_OK && orch_builder_new(&r->schema, &r->builder) != ORCH_OK)
        st = orch_error_set(err, ORCH_ENOMEM, "out of memory");
    if (st != ORCH_OK) {
        xml_reader_end(r);
        return st;
    }
    *out = r;
    return ORCH_OK;
}

void xml_reader_end(orch_reader *r)
{
    if (r == NULL)
        return;
    xml_document_close(r->document);
    xml_rows_release(r);
    orch_builder_free(r->builder);
    if (r->schema.release != NULL)
        r->schema.release(&r->schema);
    free(r->columns);
    free(r);
}

orch_status xml_reader_schema(orch_reader *r, struct ArrowSchema *out, orch_error *err)
{
    orch_status st = orch_schema_copy(&r->schema, out);
    return st == ORCH_OK ? st : orch_error_set(err, st, "out of memory");
}

/* ---- names --------------------------------------------------------------------------------- */

static bool path_intern(struct xml_document *d, const struct xml_path *path,
                        struct xml_interned *out)
{
    out->n = path->n_names;
    for (size_t i = 0; i < path->n_names; i++)
        if ((out->names[i] = xml_document_name(d, path->names[i])) == NULL)
            return false;
    out->attribute = path->attribute != NULL ? xml_document_name(d, path->attribute) : NULL;
    return path->attribute == NULL || out->attribute != NULL;
}

/* Names are interned anew for each document: the parser owns them. */
static orch_status names_intern(orch_reader *r, orch_error *err)
{
    bool ok = path_intern(r->document, &r->source->record, &r->record) &&
              path_intern(r->document, &r->source->explode, &r->explode);
    for (size_t i = 0; ok && i < r->n_columns; i++)
        ok = path_intern(r->document, &r->columns[i].field->path, &r->columns[i].path);
    return ok ? ORCH_OK : orch_error_set(err, ORCH_ENOMEM, "out of memory");
}

/* ---- batches ------------------------------------------------------------------------------- */

static orch_status document_next(orch_reader *r, orch_error *err)
{
    struct xml_handler handler = xml_rows_handler(r);
    xml_rows_reset(r);
    orch_status st = xml_document_open(r->source, r->input, &handler, &r->document, err);
    return st == ORCH_OK ? names_intern(r, err) : st;
}

static bool batch_full(const orch_reader *r)
{
    return orch_builder_rows(r->builder) >= r->target_rows ||
           orch_builder_bytes(r->builder) >= r->target_bytes;
}

static bool stopped(const orch_reader *r)
{
    const struct orch_source *s = r->source;
    return atomic_load(&s->interrupted) || s->host->cancelled(s->host);
}

/* Reads until a batch is full or the document ends. */
static orch_status fill(orch_reader *r, bool *end, orch_error *err)
{
    orch_status st = ORCH_OK;
    *end = false;
    while (st == ORCH_OK && !*end && !batch_full(r)) {
        if (stopped(r))
            return orch_error_set(err, ORCH_ECANCELLED, "cancelled");
        st = xml_document_feed(r->document, end, err);
        if (st == ORCH_OK && r->status != ORCH_OK)
            st = r->status == ORCH_ECANCELLED ? orch_error_set(err, r->status, "cancelled")
                                              : orch_error_set(err, r->status, "out of memory");
    }
    return st;
}

/* No error, for an export may be empty; but most often the path of the record is wrong. */
static void warn_no_record(const orch_reader *r)
{
    const struct orch_source *s = r->source;
    char text[480];
    size_t used = (size_t)snprintf(text, sizeof text, "\"%.200s\" has no record \"%.60s\"",
                                   xml_document_input(r->document),
                                   s->record.names[s->record.n_names - 1]);
    for (size_t i = 0; i < r->n_seen && used < sizeof text; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.40s",
                                 i == 0 ? "; its elements: " : ", ", r->seen[i]);
    s->host->log(s->host, ORCH_LOG_WARN, "xml.no_record", text);
}

static void document_done(orch_reader *r)
{
    if (r->record_number == 0)
        warn_no_record(r);
    r->bytes_before += xml_document_consumed(r->document);
    xml_document_close(r->document);
    r->document = NULL;
    r->input++;
}

orch_status xml_reader_next(orch_reader *r, struct ArrowArray *out, orch_batch_info *info,
                            orch_error *err)
{
    const struct orch_source *s = r->source;
    while (r->input < s->input->count(s->host)) {
        bool end = false;
        orch_status st = r->document == NULL ? document_next(r, err) : ORCH_OK;
        if (st == ORCH_OK)
            st = fill(r, &end, err);
        if (st != ORCH_OK)
            return st;
        info->input = (uint32_t)r->input;
        info->source_bytes = r->bytes_before + xml_document_consumed(r->document);
        info->first_record = 0;
        r->rows += orch_builder_rows(r->builder);
        s->host->progress(s->host, r->rows, info->source_bytes, -1);
        bool empty = orch_builder_rows(r->builder) == 0;
        st = empty ? ORCH_OK : orch_builder_take(r->builder, out);
        if (end)
            document_done(r);
        if (st != ORCH_OK)
            return orch_error_set(err, st, "out of memory");
        if (!empty)
            return ORCH_OK;
    }
    return ORCH_END;
}
