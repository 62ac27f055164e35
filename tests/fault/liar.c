/* SPDX-License-Identifier: Apache-2.0 */
/* A plugin that keeps the contract but for one lie, which an option names: the source "liar" gives
 * rows { id, name, amount }, the destination "keeper" counts them and keeps nothing. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orch/builder.h"
#include "orch/error.h"

#define OPTION(kind, id, text)                                                                     \
    &(const orch_option){ .struct_size = sizeof(orch_option), .type = (kind), .name = (id),        \
                          .summary = (id), .default_text = (text) }

static const orch_option *const options[] = {
    OPTION(ORCH_OPT_INT, "rows", "10"),
    OPTION(ORCH_OPT_INT, "batch", "4"),
    OPTION(ORCH_OPT_INT, "rejects", "0"),
    OPTION(ORCH_OPT_STRING, "lie", "none"),
    OPTION(ORCH_OPT_PATH, "path", "memory"),
};

static int64_t option_int(const orch_host *host, const char *name)
{
    const char *text = host->option(host, name, 0, NULL);
    return text != NULL ? atoll(text) : 0;
}

static bool lies(const orch_host *host, const char *lie)
{
    return strcmp(host->option(host, "lie", 0, NULL), lie) == 0;
}

/* ---- source -------------------------------------------------------------------------------- */

struct orch_source {
    const orch_host *host;
    orch_reader *reader;
};

struct orch_reader {
    const orch_host *host;
    struct ArrowSchema schema;
    orch_builder *builder;
    int64_t next;
    int64_t rows;
};

static orch_status source_open(const orch_host *host, orch_source **out, orch_error *err)
{
    orch_source *s = calloc(1, sizeof *s);
    if (s == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    s->host = host;
    *out = s;
    return ORCH_OK;
}

static void source_close(orch_source *s)
{
    free(s);
}

static orch_status reject(const orch_host *host, int64_t record)
{
    static const char raw[] = "7;Dupont";
    orch_reject r = { .struct_size = sizeof r, .record = record, .line = record + 1, .offset = -1,
                      .field = "name", .rule = "columns", .message = "too few", .raw = raw,
                      .raw_len = sizeof raw - 1 };
    return host->reject(host, &r);
}

static orch_status reject_many(const orch_host *host, int64_t n, orch_error *err)
{
    for (int64_t i = 0; i < n; i++) {
        orch_status st = reject(host, i + 1);
        if (st != ORCH_OK)
            return orch_error_set(err, st, "stopped");
    }
    return ORCH_OK;
}

static const char *const columns[][2] = { { "id", "l" }, { "name", "u" }, { "amount", "g" } };

static orch_status describe_schema(const orch_host *host, struct ArrowSchema *out)
{
    orch_status st = orch_schema_init(out);
    for (size_t i = 0; st == ORCH_OK && i < 3; i++)
        st = orch_schema_add(out, columns[i][0], columns[i][1]);
    if (st == ORCH_OK && lies(host, "bad_format")) {
        free((void *)(uintptr_t)out->children[0]->format);
        out->children[0]->format = strdup("+l");
    }
    return st;
}

static bool wanted(const orch_read_request *request, const char *name)
{
    for (size_t i = 0; i < request->n_columns; i++)
        if (strcmp(request->columns[i], name) == 0)
            return true;
    return false;
}

static orch_status reader_make_schema(orch_reader *r, const orch_read_request *request)
{
    orch_status st = orch_schema_init(&r->schema);
    size_t most = lies(r->host, "fewer_columns") ? 2 : 3;
    for (size_t i = 0; st == ORCH_OK && i < most; i++) {
        bool other_name = i == 1 && lies(r->host, "other_name");
        bool other_type = i == 2 && lies(r->host, "other_type");
        if (wanted(request, columns[i][0]))
            st = orch_schema_add(&r->schema, other_name ? "nom" : columns[i][0],
                                 other_type ? "l" : columns[i][1]);
    }
    if (st == ORCH_OK)
        st = orch_schema_add(&r->schema, "record", ORCH_FORMAT_INT64);
    return st == ORCH_OK ? orch_schema_annotate(&r->schema, ORCH_META_ROLE, ORCH_ROLE_RECORD) : st;
}

static orch_status source_describe(orch_source *s, const char *stream, struct ArrowSchema *out,
                                   orch_error *err)
{
    (void)stream;
    if (lies(s->host, "reject_in_describe"))
        reject(s->host, 1);
    if (lies(s->host, "describe_silently"))
        return ORCH_EIO;
    return describe_schema(s->host, out) == ORCH_OK
               ? ORCH_OK : orch_error_set(err, ORCH_ENOMEM, "out of memory");
}

static void reader_end(orch_reader *r)
{
    if (lies(r->host, "reject_in_end"))
        reject(r->host, 1);
    orch_builder_free(r->builder);
    if (r->schema.release != NULL)
        r->schema.release(&r->schema);
    free(r);
}

static orch_status source_read(orch_source *s, const orch_read_request *request, orch_reader **out,
                               orch_error *err)
{
    orch_reader *r = calloc(1, sizeof *r);
    if (r == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    r->host = s->host;
    r->rows = option_int(s->host, "rows");
    orch_status st = reader_make_schema(r, request);
    if (st == ORCH_OK)
        st = orch_builder_new(&r->schema, &r->builder);
    if (st == ORCH_OK && lies(s->host, "reject_in_read"))
        st = reject_many(s->host, option_int(s->host, "rejects"), err);
    if (st != ORCH_OK) {
        reader_end(r);
        return st;
    }
    *out = r;
    return ORCH_OK;
}

static orch_status reader_schema(orch_reader *r, struct ArrowSchema *out, orch_error *err)
{
    return orch_schema_copy(&r->schema, out) == ORCH_OK
               ? ORCH_OK : orch_error_set(err, ORCH_ENOMEM, "out of memory");
}

static orch_status put_row(orch_reader *r)
{
    size_t last = (size_t)r->schema.n_children - 1;
    orch_status st = ORCH_OK;
    for (size_t i = 0; st == ORCH_OK && i < last; i++) {
        char format = r->schema.children[i]->format[0];
        st = format == 'l'   ? orch_builder_int(r->builder, i, r->next)
             : format == 'u' ? orch_builder_text(r->builder, i, "\xC3\xA9t\xC3\xA9", 5)
                             : orch_builder_float(r->builder, i, 0.5);
    }
    if (st == ORCH_OK)
        st = orch_builder_int(r->builder, last, r->next + 1);
    r->next++;
    return st == ORCH_OK ? orch_builder_row(r->builder) : st;
}

/* Spoils a batch that is right. */
static void spoil(const orch_host *host, struct ArrowArray *batch)
{
    struct ArrowArray *name = batch->children[1];
    int32_t *offsets = (int32_t *)(uintptr_t)name->buffers[1];
    char *text = (char *)(uintptr_t)name->buffers[2];
    if (lies(host, "falling_offsets"))
        offsets[1] = offsets[2] + 1;
    if (lies(host, "negative_offset"))
        offsets[0] = -1;
    if (lies(host, "not_utf8"))
        text[0] = '\xFF';
    if (lies(host, "null_count"))
        name->null_count = 3;
    if (lies(host, "child_length"))
        name->length++;
    if (lies(host, "batch_length"))
        batch->length = -1;
}

static orch_status fails(orch_reader *r, orch_error *err)
{
    if (lies(r->host, "fail_silently"))
        return ORCH_EIO;
    if (lies(r->host, "fail_second"))
        return orch_error_set(err, ORCH_EDATA, "the source failed at row %lld", (long long)r->next);
    return ORCH_OK;
}

static orch_status reader_next(orch_reader *r, struct ArrowArray *out, orch_batch_info *info,
                               orch_error *err)
{
    orch_status st = r->next > 0 ? fails(r, err) : ORCH_OK;
    int64_t end = r->next + option_int(r->host, "batch");
    if (st == ORCH_OK && r->host->cancelled(r->host))
        st = orch_error_set(err, ORCH_ECANCELLED, "cancelled");
    if (st == ORCH_OK && r->next == 0 && !lies(r->host, "reject_in_read"))
        st = reject_many(r->host, option_int(r->host, "rejects"), err);
    if (st != ORCH_OK)
        return st;
    while (st == ORCH_OK && r->next < end && r->next < r->rows)
        st = put_row(r);
    if (st != ORCH_OK)
        return orch_error_set(err, st, "out of memory");
    if (orch_builder_rows(r->builder) == 0)
        return ORCH_END;
    info->source_bytes = r->next * 10;
    st = orch_builder_take(r->builder, out);
    if (st == ORCH_OK)
        spoil(r->host, out);
    if (st == ORCH_OK && lies(r->host, "no_batch"))
        out->release(out);
    return st;
}

static const orch_source_ops source_ops = {
    .struct_size = sizeof source_ops,
    .open = source_open,
    .close = source_close,
    .describe = source_describe,
    .read = source_read,
    .schema = reader_schema,
    .next = reader_next,
    .end = reader_end,
};

/* ---- destination --------------------------------------------------------------------------- */

struct orch_destination {
    const orch_host *host;
};

struct orch_writer {
    const orch_host *host;
    int64_t rows;
    bool finished;
    char run[64];
};

static orch_status destination_open(const orch_host *host, orch_destination **out, orch_error *err)
{
    orch_destination *d = calloc(1, sizeof *d);
    if (d == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    d->host = host;
    *out = d;
    return ORCH_OK;
}

static void destination_close(orch_destination *d)
{
    free(d);
}

static orch_status fail_in(const orch_host *host, const char *step, orch_error *err)
{
    char silent[32] = "silent_";
    if (lies(host, step))
        return orch_error_set(err, ORCH_EIO, "the keeper failed in %s", step);
    return lies(host, strcat(silent, step)) ? ORCH_EIO : ORCH_OK;
}

/* Of lies that come once: the run whose commit was kept in secret, and whether it was told. */
static char kept_run[64];
static bool told;

static orch_status fail_once(const orch_host *host, const char *lie, orch_error *err)
{
    if (!lies(host, lie))
        return ORCH_OK;
    told = !told;
    if (!told)
        return ORCH_OK;
    orch_error_set(err, ORCH_EIO, "the keeper was away");
    err->flags |= ORCH_ERROR_RETRYABLE;
    return ORCH_EIO;
}

static orch_status begin(orch_destination *d, const orch_write_request *request,
                         const struct ArrowSchema *schema, orch_writer **out, orch_error *err)
{
    orch_status st = fail_in(d->host, "begin", err);
    if (st == ORCH_OK && schema != NULL)
        st = fail_once(d->host, "away", err);
    if (st == ORCH_OK && lies(d->host, "busy"))
        st = orch_error_set(err, ORCH_EBUSY, "another run holds the keeper");
    if (st != ORCH_OK)
        return st;
    orch_writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    w->host = d->host;
    snprintf(w->run, sizeof w->run, "%s", request->run);
    *out = w;
    return ORCH_OK;
}

static orch_status put_run(orch_builder *builder, const char *run)
{
    orch_status st = orch_builder_text(builder, 0, run, strlen(run));
    return st == ORCH_OK ? orch_builder_row(builder) : st;
}

/* No run was ever kept, but in secret; or, as a lie, one whose texts lie outside their buffer. */
static orch_status recover(orch_destination *d, const orch_ledger_query *query,
                           struct ArrowSchema *schema, struct ArrowArray *batch, orch_error *err)
{
    orch_builder *builder = NULL;
    bool lie = lies(d->host, "broken_ledger");
    bool kept = query->run != NULL && strcmp(query->run, kept_run) == 0;
    orch_status st = orch_schema_init(schema);
    if (st == ORCH_OK && (lie || kept))
        st = orch_schema_add(schema, "run", ORCH_FORMAT_UTF8);
    if (st == ORCH_OK)
        st = orch_builder_new(schema, &builder);
    if (st == ORCH_OK && (lie || kept))
        st = put_run(builder, lie ? "r1" : kept_run);
    if (st == ORCH_OK)
        st = orch_builder_take(builder, batch);
    if (st == ORCH_OK && lie)
        ((int32_t *)(uintptr_t)batch->children[0]->buffers[1])[0] = 1000000;
    orch_builder_free(builder);
    return st == ORCH_OK ? st : orch_error_set(err, ORCH_ENOMEM, "out of memory");
}

static orch_status write_batch(orch_writer *w, struct ArrowArray *batch, orch_error *err)
{
    orch_status st = w->rows > 0 ? fail_in(w->host, "write", err) : ORCH_OK;
    if (st != ORCH_OK)
        return st;
    w->rows += batch->length;
    batch->release(batch);
    return ORCH_OK;
}

static orch_status finish(orch_writer *w, orch_write_counts *counts, orch_error *err)
{
    counts->inserted = w->rows - lies(w->host, "loses_a_row");
    return fail_in(w->host, "finish", err);
}

static orch_status ledger(orch_writer *w, const char *table, const struct ArrowSchema *schema,
                          struct ArrowArray *batch, orch_error *err)
{
    (void)table, (void)schema;
    orch_status st = fail_in(w->host, "ledger", err);
    if (st == ORCH_OK)
        batch->release(batch);
    return st;
}

static orch_status commit(orch_writer *w, const orch_commit *request, orch_error *err)
{
    (void)request;
    if (lies(w->host, "kept_in_secret"))
        memcpy(kept_run, w->run, sizeof kept_run);
    orch_status st = fail_once(w->host, "kept_in_secret", err);
    if (st == ORCH_OK)
        st = fail_once(w->host, "away_in_commit", err);
    return st == ORCH_OK ? fail_in(w->host, "commit", err) : st;
}

static void end(orch_writer *w)
{
    free(w);
}

static const orch_destination_ops destination_ops = {
    .struct_size = sizeof destination_ops,
    .open = destination_open,
    .close = destination_close,
    .begin = begin,
    .recover = recover,
    .write = write_batch,
    .finish = finish,
    .ledger = ledger,
    .commit = commit,
    .end = end,
};

/* ---- plugin -------------------------------------------------------------------------------- */

#define CONNECTOR(id, ...)                                                                         \
    &(const orch_connector){ .struct_size = sizeof(orch_connector),                                \
                             .threading = ORCH_THREADS_ONE_PER_STREAM, .name = (id),               \
                             .summary = (id), .options = options,                                  \
                             .n_options = sizeof options / sizeof options[0], __VA_ARGS__ }

static const orch_connector *const connectors[] = {
    CONNECTOR("liar", .source = &source_ops),
    CONNECTOR("keeper", .destination = &destination_ops,
              .capabilities = ORCH_CAP_TRANSACTIONAL | ORCH_CAP_APPEND),
};

static const orch_plugin plugin = {
    .struct_size = sizeof plugin,
    .abi_major = ORCH_ABI_MAJOR,
    .abi_minor = ORCH_ABI_MINOR,
    .name = "liar",
    .version = "1.0.0",
    .license = "Apache-2.0",
    .home = "",
    .connectors = connectors,
    .n_connectors = 2,
};

ORCH_EXPORT const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor);

const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_minor;
    return host_major == ORCH_ABI_MAJOR ? &plugin : NULL;
}
