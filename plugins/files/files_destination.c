/* SPDX-License-Identifier: Apache-2.0 */
/* The destination: rows go to a staged file, the ledger to a SQLite file beside the output; how
 * both become visible is told in files_publish.h. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../sqlite/lite_ledger.h"
#include "files_append.h"
#include "files_connector.h"
#include "files_options.h"
#include "files_publish.h"
#include "files_rows.h"
#include "orch/builder.h"
#include "orch/error.h"

#define READ_WAIT_MS 10000

enum phase { LOADING = 0, FINISHED, OVER };

struct orch_destination {
    const orch_host *host;
    atomic_bool stop;
    struct files_options options;
    char *ledger_path;
    orch_writer *writer;
};

struct orch_writer {
    orch_destination *destination;
    struct lite_store ledger;
    enum phase phase;
    bool temporary;
    bool created;
    bool marked; /* the run has happened: the staged file is its rows */
    struct ArrowSchema schema;
    struct files_layout layout;
    struct files_sink sink;
    char *staged;
    int64_t rows;
};

static orch_status destination_open(const orch_host *host, orch_destination **out, orch_error *err)
{
    struct files_options options;
    orch_status st = files_options_read(&options, host, err);
    if (st != ORCH_OK)
        return st;
    orch_destination *d = calloc(1, sizeof *d);
    char *ledger_path = files_ledger_path(options.path);
    if (d == NULL || ledger_path == NULL) {
        free(d);
        free(ledger_path);
        return lite_no_memory(err);
    }
    d->host = host;
    d->options = options;
    d->ledger_path = ledger_path;
    *out = d;
    return ORCH_OK;
}

static void destination_close(orch_destination *d)
{
    free(d->ledger_path);
    free(d);
}

static struct lite_owner owner_of(orch_destination *d, int64_t wait_ms)
{
    return (struct lite_owner){ d->host, &d->stop, wait_ms };
}

static orch_status destination_check(orch_destination *d, orch_error *err)
{
    bool absent;
    orch_status st = lite_path_check(d->options.path, true, &absent, err);
    return st == ORCH_OK ? lite_path_check(d->ledger_path, true, &absent, err) : st;
}

/* ---- begin --------------------------------------------------------------------------------- */

static orch_status mode_check(const orch_write_request *request, orch_error *err)
{
    if (request->mode == ORCH_WRITE_APPEND || request->mode == ORCH_WRITE_REPLACE)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "files cannot %s",
                   request->mode == ORCH_WRITE_UPSERT ? "upsert: a file has no key"
                                                      : "write in this mode");
    orch_error_hint(err, "use replace or append, or a geopackage or postgres destination");
    return ORCH_ECONFIG;
}

static orch_status lead_in(orch_writer *w, const orch_write_request *request, bool absent,
                           orch_error *err)
{
    struct files_lead lead = { .options = &w->destination->options, .layout = &w->layout,
                               .sink = &w->sink, .ledger = &w->ledger };
    return request->mode == ORCH_WRITE_APPEND && !absent ? files_append_copy(&lead, err)
                                                         : files_append_start(&lead, err);
}

static orch_status target_prepare(orch_writer *w, const orch_write_request *request,
                                  const struct ArrowSchema *schema, orch_error *err)
{
    const struct files_options *o = &w->destination->options;
    bool absent = false;
    struct stat info = { 0 };
    if (orch_schema_copy(schema, &w->schema) != ORCH_OK)
        return lite_no_memory(err);
    orch_status st = files_layout_init(&w->layout, o, &w->schema, err);
    if (st == ORCH_OK)
        st = lite_path_check(o->path, true, &absent, err);
    if (st != ORCH_OK)
        return st;
    if (!absent && stat(o->path, &info) != 0)
        return lite_system_error(err, "read", o->path, errno);
    w->staged = files_staged_path(o->path, request->run);
    if (w->staged == NULL)
        return lite_no_memory(err);
    w->created = absent;
    st = files_sink_open(&w->sink, w->staged, info.st_mode, err);
    return st == ORCH_OK ? lead_in(w, request, absent, err) : st;
}

static orch_status ledger_open(orch_writer *w, orch_error *err)
{
    orch_destination *d = w->destination;
    struct lite_owner owner = owner_of(d, d->options.lock_wait_ms);
    orch_status st = lite_open(&w->ledger, &owner, d->ledger_path, LITE_CREATE, err);
    if (st == ORCH_OK)
        st = lite_begin(&w->ledger, err);
    return st == ORCH_OK ? files_publish_resume(&w->ledger, d->options.path, err) : st;
}

static void writer_end(orch_writer *w)
{
    w->destination->writer = NULL;
    /* the staged file goes before the lock: the next run may use the same name */
    files_sink_close(&w->sink, w->marked);
    lite_close(&w->ledger);
    files_layout_release(&w->layout);
    if (w->schema.release != NULL)
        w->schema.release(&w->schema);
    free(w->staged);
    free(w);
}

static orch_status destination_begin(orch_destination *d, const orch_write_request *request,
                                     const struct ArrowSchema *schema, orch_writer **out,
                                     orch_error *err)
{
    bool absent;
    orch_status st = ORCH_OK;
    if (d->writer != NULL)
        return orch_error_set(err, ORCH_EINVAL, "a transaction is already open");
    if (schema != NULL)
        st = mode_check(request, err);
    if (st == ORCH_OK)
        st = lite_path_check(d->options.path, true, &absent, err);
    if (st != ORCH_OK)
        return st;
    orch_writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return lite_no_memory(err);
    w->destination = d;
    w->temporary = (request->flags & ORCH_WRITE_TEMPORARY) != 0;
    st = ledger_open(w, err);
    if (st == ORCH_OK && schema != NULL)
        st = target_prepare(w, request, schema, err);
    if (st != ORCH_OK) {
        writer_end(w);
        return st;
    }
    d->writer = w;
    *out = w;
    return ORCH_OK;
}

/* ---- rows ---------------------------------------------------------------------------------- */

static orch_status phase_check(const orch_writer *w, const char *verb, orch_error *err)
{
    if (w->phase != LOADING)
        return orch_error_set(err, ORCH_EINVAL, "%s at the wrong moment of a transaction", verb);
    return lite_cancelled(&w->ledger) ? orch_error_set(err, ORCH_ECANCELLED, "cancelled")
                                      : ORCH_OK;
}

static orch_status writer_write(orch_writer *w, struct ArrowArray *batch, orch_error *err)
{
    orch_view view = { 0 };
    orch_status st = phase_check(w, "write", err);
    if (st == ORCH_OK && w->staged == NULL)
        st = orch_error_set(err, ORCH_EINVAL, "write without a schema");
    if (st == ORCH_OK)
        st = orch_view_init(&view, &w->schema, batch, err);
    if (st != ORCH_OK)
        return st;
    st = w->destination->options.format == FILES_CSV
             ? files_csv_rows(&w->layout, &w->sink, &view, w->rows + 1, err)
             : files_jsonl_rows(&w->layout, &w->sink, &view, w->rows + 1, err);
    if (st == ORCH_OK) {
        w->rows += view.rows;
        batch->release(batch);
        batch->release = NULL;
    }
    orch_view_release(&view);
    return st;
}

static orch_status writer_finish(orch_writer *w, orch_write_counts *out, orch_error *err)
{
    orch_status st = phase_check(w, "finish", err);
    if (st == ORCH_OK && w->staged != NULL)
        st = files_sink_sync(&w->sink, err);
    if (st == ORCH_OK && w->staged != NULL)
        st = files_folder_sync(w->staged, err);
    if (st != ORCH_OK)
        return st;
    w->phase = FINISHED;
    *out = (orch_write_counts){ .struct_size = sizeof *out, .inserted = w->rows };
    return ORCH_OK;
}

static orch_status writer_ledger(orch_writer *w, const char *table,
                                 const struct ArrowSchema *schema, struct ArrowArray *batch,
                                 orch_error *err)
{
    if (w->phase == OVER || !lite_in_transaction(&w->ledger))
        return orch_error_set(err, ORCH_EINVAL, "ledger at the wrong moment of a transaction");
    return lite_ledger_write(&w->ledger, table, schema, batch, NULL, err);
}

static orch_status writer_commit(orch_writer *w, const orch_commit *commit, orch_error *err)
{
    (void)commit; /* the state is in the ledger's row */
    if (w->phase == OVER || w->temporary || (w->staged != NULL && w->phase != FINISHED) ||
        !lite_in_transaction(&w->ledger))
        return orch_error_set(err, ORCH_EINVAL, "commit at the wrong moment of a transaction");
    orch_status st = w->staged != NULL ? files_publish(&w->ledger, w->destination->options.path,
                                                       w->staged, &w->marked, err)
                                       : lite_commit(&w->ledger, err);
    w->phase = OVER;
    return st;
}

static orch_status destination_recover(orch_destination *d, const orch_ledger_query *query,
                                       struct ArrowSchema *schema, struct ArrowArray *batch,
                                       orch_error *err)
{
    struct lite_store store = { 0 };
    struct lite_owner owner = owner_of(d, READ_WAIT_MS);
    bool absent = false;
    if (d->writer != NULL)
        return lite_ledger_read(&d->writer->ledger, query, schema, batch, err);
    orch_status st = lite_path_check(d->ledger_path, true, &absent, err);
    if (st == ORCH_OK && absent)
        return lite_ledger_nothing(schema, batch, err);
    if (st == ORCH_OK)
        st = lite_open(&store, &owner, d->ledger_path, LITE_WRITE, err);
    if (st == ORCH_OK)
        st = files_publish_complete(&store, d->options.path, err);
    if (st == ORCH_OK)
        st = lite_ledger_read(&store, query, schema, batch, err);
    lite_close(&store);
    return st;
}

static void destination_interrupt(orch_destination *d)
{
    atomic_store(&d->stop, true);
}

static bool writer_created(orch_writer *w)
{
    return w->created;
}

const orch_destination_ops files_destination_ops = {
    .struct_size = sizeof(orch_destination_ops),
    .open = destination_open,
    .close = destination_close,
    .check = destination_check,
    .begin = destination_begin,
    .recover = destination_recover,
    .write = writer_write,
    .finish = writer_finish,
    .ledger = writer_ledger,
    .commit = writer_commit,
    .end = writer_end,
    .interrupt = destination_interrupt,
    .created = writer_created,
};
