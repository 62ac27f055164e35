/* SPDX-License-Identifier: Apache-2.0 */
/* A host for the tests of connectors that write files: options from a list, rejects kept as text,
 * a clock that stands still, and SQLite by its own library to look at what was written. */
#ifndef TEST_CONNECTOR_FIXTURE_H
#define TEST_CONNECTOR_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "orch/builder.h"
#include "orch/connector.h"
#include "orch/view.h"

#define NOW_US INT64_C(1795532400000000) /* 2026-11-24T15:00:00Z */

struct setting {
    const char *name;
    const char *value;
};

struct fixture {
    orch_host host;
    const orch_connector *connector;
    struct setting settings[16];
    char rejects[2048];
    int n_rejects;
    bool cancelled;
    char folder[64];
    char path[128];
};

static inline struct fixture *fixture_of(const orch_host *host)
{
    return host->ctx;
}

static inline bool fixture_cancelled(const orch_host *host)
{
    return fixture_of(host)->cancelled;
}

static inline void fixture_log(const orch_host *host, int level, const char *event,
                               const char *text)
{
    (void)host;
    (void)level;
    (void)event;
    (void)text;
}

static inline void fixture_progress(const orch_host *host, int64_t rows, int64_t bytes,
                                    int64_t total)
{
    (void)host;
    (void)rows;
    (void)bytes;
    (void)total;
}

static inline orch_status fixture_reject(const orch_host *host, const orch_reject *reject)
{
    struct fixture *f = fixture_of(host);
    size_t used = strlen(f->rejects);
    snprintf(f->rejects + used, sizeof f->rejects - used, "%lld %s %s: %s\n",
             (long long)reject->record, reject->field, reject->rule, reject->message);
    f->n_rejects++;
    return ORCH_OK;
}

static inline const char *fixture_default(const struct fixture *f, const char *name)
{
    for (size_t i = 0; i < f->connector->n_options; i++)
        if (strcmp(f->connector->options[i]->name, name) == 0)
            return f->connector->options[i]->type == ORCH_OPT_DURATION
                       ? "0" : f->connector->options[i]->default_text;
    fail_msg("the connector asks for the option %s, which it does not describe", name);
    return NULL;
}

static inline const char *fixture_option(const orch_host *host, const char *name, size_t index,
                                         size_t *len)
{
    const struct fixture *f = fixture_of(host);
    const char *value = fixture_default(f, name);
    for (size_t i = 0; i < sizeof f->settings / sizeof f->settings[0]; i++)
        if (f->settings[i].name != NULL && strcmp(f->settings[i].name, name) == 0)
            value = f->settings[i].value;
    if (value == NULL || index > 0)
        return NULL;
    *len = strlen(value);
    return value;
}

static inline int64_t fixture_now(const orch_host *host)
{
    (void)host;
    return NOW_US;
}

static inline const void *fixture_extension(const orch_host *host, const char *id)
{
    static const orch_clock clock = { .struct_size = sizeof clock, .now_us = fixture_now };
    (void)host;
    return strcmp(id, ORCH_CLOCK_EXTENSION) == 0 ? &clock : NULL;
}

/* Loads the plugin and makes a folder; `name` is the file in it. */
static inline void fixture_init(struct fixture *f, const char *name)
{
    memset(f, 0, sizeof *f);
    void *library = dlopen(TEST_PLUGIN, RTLD_NOW);
    if (library == NULL)
        fail_msg("%s", dlerror());
    orch_plugin_entry_fn entry;
    *(void **)&entry = dlsym(library, ORCH_PLUGIN_ENTRY_SYMBOL);
    assert_non_null(entry);
    f->connector = entry(ORCH_ABI_MAJOR, ORCH_ABI_MINOR)->connectors[0];
    f->host = (orch_host){ .struct_size = sizeof f->host, .abi_major = ORCH_ABI_MAJOR,
                           .ctx = f, .cancelled = fixture_cancelled, .log = fixture_log,
                           .progress = fixture_progress, .reject = fixture_reject,
                           .option = fixture_option, .extension = fixture_extension };
    snprintf(f->folder, sizeof f->folder, "/tmp/orch-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->path, sizeof f->path, "%s/%s", f->folder, name);
    f->settings[0] = (struct setting){ "path", f->path };
}

static inline void fixture_set(struct fixture *f, const char *name, const char *value)
{
    for (size_t i = 0; i < sizeof f->settings / sizeof f->settings[0]; i++) {
        if (f->settings[i].name == NULL || strcmp(f->settings[i].name, name) == 0) {
            f->settings[i] = (struct setting){ name, value };
            return;
        }
    }
}

static inline void fixture_release(struct fixture *f)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf '%s'", f->folder);
    assert_int_equal(system(command), 0);
}

/* Names in the folder, sorted, blanks between. */
static inline const char *fixture_files(const struct fixture *f)
{
    static char text[512];
    char command[128];
    snprintf(command, sizeof command, "ls -A '%s' | tr '\\n' ' '", f->folder);
    FILE *p = popen(command, "r");
    size_t n = fread(text, 1, sizeof text - 1, p);
    pclose(p);
    text[n > 0 ? n - 1 : 0] = '\0';
    return text;
}

static inline char *fixture_read(const char *path)
{
    static char text[65536];
    FILE *f = fopen(path, "rb");
    if (f == NULL)
        return NULL;
    text[fread(text, 1, sizeof text - 1, f)] = '\0';
    fclose(f);
    return text;
}

static inline void fixture_write(const char *path, const char *text)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    fwrite(text, 1, strlen(text), f);
    fclose(f);
}

/* ---- SQLite, by hand ---------------------------------------------------------------------- */

typedef int (*row_callback)(void *, int, char **, char **);

static inline int rows_join(void *ctx, int n, char **values, char **names)
{
    char *text = ctx;
    (void)names;
    size_t used = strlen(text);
    for (int i = 0; i < n; i++)
        used += (size_t)snprintf(text + used, 16384 - used, "%s%s", i > 0 ? "|" : "",
                                 values[i] != NULL ? values[i] : "NULL");
    snprintf(text + used, 16384 - used, "\n");
    return 0;
}

static inline void *sqlite_symbol(const char *name)
{
    static void *library;
    if (library == NULL)
        library = dlopen("libsqlite3.so.0", RTLD_NOW);
    assert_non_null(library);
    void *symbol = dlsym(library, name);
    assert_non_null(symbol);
    return symbol;
}

static inline void *db_open(const char *path)
{
    int (*open)(const char *, void **);
    *(void **)&open = sqlite_symbol("sqlite3_open");
    void *db = NULL;
    assert_int_equal(open(path, &db), 0);
    return db;
}

static inline void db_close(void *db)
{
    int (*close)(void *);
    *(void **)&close = sqlite_symbol("sqlite3_close");
    assert_int_equal(close(db), 0);
}

/* Rows as a|b lines; "error: ..." when it fails. */
static inline const char *db_run(void *db, const char *sql)
{
    static char text[16384];
    int (*exec)(void *, const char *, row_callback, void *, char **);
    void (*release)(void *);
    *(void **)&exec = sqlite_symbol("sqlite3_exec");
    *(void **)&release = sqlite_symbol("sqlite3_free");
    char *message = NULL;
    text[0] = '\0';
    if (exec(db, sql, rows_join, text, &message) != 0)
        snprintf(text, sizeof text, "error: %s", message);
    release(message);
    return text;
}

static inline const char *db_query(const char *path, const char *sql)
{
    void *db = db_open(path);
    const char *text = db_run(db, sql);
    db_close(db);
    return text;
}

/* ---- batches ------------------------------------------------------------------------------- */

/* "name:format,..." ; a geometry is name:z=POINT/2154 */
static inline void schema_make(struct ArrowSchema *out, const char *columns)
{
    char copy[512], *save = NULL;
    snprintf(copy, sizeof copy, "%s", columns);
    assert_int_equal(orch_schema_init(out), ORCH_OK);
    for (char *c = strtok_r(copy, ",", &save); c != NULL; c = strtok_r(NULL, ",", &save)) {
        char *format = strchr(c, ':');
        *format++ = '\0';
        char *geometry = strchr(format, '=');
        if (geometry != NULL)
            *geometry++ = '\0';
        assert_int_equal(orch_schema_add(out, c, format), ORCH_OK);
        if (geometry == NULL)
            continue;
        char *crs = strchr(geometry, '/');
        if (crs != NULL)
            *crs++ = '\0';
        orch_schema_annotate(out, ORCH_META_GEOMETRY, geometry);
        if (crs != NULL)
            orch_schema_annotate(out, ORCH_META_CRS, crs);
    }
}

struct transaction {
    struct fixture *f;
    const orch_destination_ops *ops;
    orch_destination *destination;
    orch_writer *writer;
    struct ArrowSchema schema;
    orch_builder *builder;
    orch_write_counts counts;
    orch_error err;
};

static inline orch_status transaction_begin(struct transaction *t, struct fixture *f,
                                            uint32_t mode, const char *columns, const char *key)
{
    memset(t, 0, sizeof *t);
    t->f = f;
    t->err = (orch_error)ORCH_ERROR_INIT;
    t->ops = f->connector->destination;
    orch_status st = t->ops->open(&f->host, &t->destination, &t->err);
    if (st != ORCH_OK)
        return st;
    if (columns != NULL) {
        schema_make(&t->schema, columns);
        assert_int_equal(orch_builder_new(&t->schema, &t->builder), ORCH_OK);
    }
    const char *keys[] = { key };
    orch_write_request request = { .struct_size = sizeof request, .mode = mode, .keys = keys,
                                   .n_keys = key != NULL, .pipeline = "energy", .run = "run-1",
                                   .comment = "Comment of the run" };
    return t->ops->begin(t->destination, &request, columns != NULL ? &t->schema : NULL,
                         &t->writer, &t->err);
}

static inline orch_status transaction_write(struct transaction *t)
{
    struct ArrowArray batch = { 0 };
    assert_int_equal(orch_builder_take(t->builder, &batch), ORCH_OK);
    orch_status st = t->ops->write(t->writer, &batch, &t->err);
    assert_true((batch.release == NULL) == (st == ORCH_OK));
    if (batch.release != NULL)
        batch.release(&batch);
    return st;
}

static inline void transaction_end(struct transaction *t)
{
    if (t->writer != NULL)
        t->ops->end(t->writer);
    if (t->destination != NULL)
        t->ops->close(t->destination);
    orch_builder_free(t->builder);
    if (t->schema.release != NULL)
        t->schema.release(&t->schema);
    memset(t, 0, sizeof *t);
}

static inline orch_status transaction_commit(struct transaction *t)
{
    orch_status st = t->ops->finish(t->writer, &t->counts, &t->err);
    if (st == ORCH_OK)
        st = t->ops->commit(t->writer, &(orch_commit){ .struct_size = sizeof(orch_commit) },
                            &t->err);
    return st;
}

#define assert_ok(t, call)                                                                         \
    do {                                                                                           \
        orch_status status_ = (call);                                                              \
        if (status_ != ORCH_OK)                                                                    \
            fail_msg("%d: %s / %s / %s", (int)status_, (t)->err.message, (t)->err.detail,          \
                     (t)->err.hint);                                                               \
    } while (0)

static inline void assert_counts(const struct transaction *t, int64_t inserted, int64_t updated,
                                 int64_t unchanged, int64_t merged)
{
    assert_int_equal(t->counts.inserted, inserted);
    assert_int_equal(t->counts.updated, updated);
    assert_int_equal(t->counts.unchanged, unchanged);
    assert_int_equal(t->counts.merged, merged);
}

static inline void put_text(struct transaction *t, size_t column, const char *text)
{
    if (text != NULL)
        assert_int_equal(orch_builder_text(t->builder, column, text, strlen(text)), ORCH_OK);
}

/* ---- ledger -------------------------------------------------------------------------------- */

/* One row of orchestra_run. */
static inline orch_status ledger_run(struct transaction *t, const char *run, const char *pipeline,
                                     const char *status, int64_t started_us, int64_t sequence)
{
    struct ArrowSchema schema;
    struct ArrowArray batch = { 0 };
    orch_builder *b;
    schema_make(&schema, "run:u,pipeline:u,status:u,started:tsu:UTC,sequence:l");
    orch_builder_new(&schema, &b);
    orch_builder_text(b, 0, run, strlen(run));
    orch_builder_text(b, 1, pipeline, strlen(pipeline));
    orch_builder_text(b, 2, status, strlen(status));
    orch_builder_timestamp(b, 3, started_us);
    orch_builder_int(b, 4, sequence);
    orch_builder_row(b);
    orch_builder_take(b, &batch);
    orch_status st = t->ops->ledger(t->writer, "orchestra_run", &schema, &batch, &t->err);
    if (batch.release != NULL)
        batch.release(&batch);
    orch_builder_free(b);
    schema.release(&schema);
    return st;
}

/* The column's cells of what recover gives, one a line; "no columns" when there are none. */
static inline const char *ledger_column(struct transaction *t, orch_ledger_query query,
                                        const char *column)
{
    static char text[2048];
    struct ArrowSchema schema;
    struct ArrowArray batch;
    orch_view view;
    query.struct_size = sizeof query;
    assert_ok(t, t->ops->recover(t->destination, &query, &schema, &batch, &t->err));
    assert_int_equal(orch_view_init(&view, &schema, &batch, NULL), ORCH_OK);
    size_t used = (size_t)snprintf(text, sizeof text, "%s", view.n_columns > 0 ? "" : "no columns");
    for (size_t c = 0; c < view.n_columns; c++) {
        if (strcmp(view.columns[c].name, column) != 0)
            continue;
        for (int64_t row = 0; row < view.rows; row++) {
            size_t len;
            if (view.columns[c].type == ORCH_VIEW_TEXT) {
                const char *cell = orch_view_text(&view, c, row, &len);
                used += (size_t)snprintf(text + used, sizeof text - used, "%.*s ", (int)len, cell);
            } else {
                used += (size_t)snprintf(text + used, sizeof text - used, "%lld ",
                                         (long long)(view.columns[c].type == ORCH_VIEW_TIMESTAMP
                                                         ? orch_view_timestamp(&view, c, row)
                                                         : orch_view_int(&view, c, row)));
            }
        }
    }
    orch_view_release(&view);
    batch.release(&batch);
    schema.release(&schema);
    return text;
}

#endif
