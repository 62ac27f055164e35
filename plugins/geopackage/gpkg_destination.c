/* SPDX-License-Identifier: Apache-2.0 */
/* The destination: one transaction of SQLite is the transaction of the run, its write lock the
 * lock of the pipeline. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "../sqlite/lite_batch_table.h"
#include "../sqlite/lite_ledger.h"
#include "gpkg_check.h"
#include "gpkg_connector.h"
#include "gpkg_file.h"
#include "gpkg_function.h"
#include "gpkg_merge.h"
#include "gpkg_wal.h"
#include "orch/error.h"

#define LEAVE_WAIT_MS 1000 /* for readers that are about to close the file */
#define MOMENT_MS 500      /* a reader that makes the log's index anew holds the write lock, too */
#define READ_WAIT_MS 10000 /* a reader waits for the moments of another run's commit */

enum phase { LOADING = 0, FINISHED, OVER };

struct orch_destination {
    const orch_host *host;
    atomic_bool stop;
    orch_writer *writer;
    const char *path;
    const char *table;
    struct gpkg_description description;
    bool create;
    int64_t wait_ms;
};

struct orch_writer {
    orch_destination *destination;
    struct lite_store store;
    enum phase phase;
    char *name;
    char *comment;
    struct gpkg_plan plan;
    struct gpkg_table table;
    struct gpkg_merge merge;
    struct gpkg_load load;
    struct gpkg_encoder encoder;
    struct lite_batch batch;
    bool *encoded;
    sqlite3_stmt *insert;
    int64_t rows;
};

static bool reserved(const char *name)
{
    static const char *const prefixes[] = { "gpkg_", "rtree_", "sqlite_", "orchestra_" };
    for (size_t i = 0; i < sizeof prefixes / sizeof prefixes[0]; i++)
        if (strncasecmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            return true;
    return false;
}

static orch_status name_check(const char *name, orch_error *err)
{
    if (name == NULL) {
        orch_error_set(err, ORCH_ECONFIG, "geopackage needs the option table");
        orch_error_hint(err, "set table to the name of the table to write");
        return ORCH_ECONFIG;
    }
    if (!reserved(name) && strlen(name) <= 128)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "\"%.128s\" cannot be the name of a table", name);
    orch_error_hint(err, "names that begin with gpkg_, rtree_, sqlite_ or orchestra_ are taken; a "
                         "name has at most 128 bytes");
    return ORCH_ECONFIG;
}

static orch_status destination_open(const orch_host *host, orch_destination **out, orch_error *err)
{
    const char *table = gpkg_option_text(host, "table");
    orch_status st = name_check(table, err);
    if (st != ORCH_OK)
        return st;
    orch_destination *d = calloc(1, sizeof *d);
    if (d == NULL)
        return lite_no_memory(err);
    d->host = host;
    d->table = table;
    d->path = gpkg_option_text(host, "path");
    d->create = gpkg_option_bool(host, "create");
    d->wait_ms = gpkg_option_int(host, "lock_wait");
    d->description.identifier = gpkg_option_text(host, "identifier");
    d->description.description = gpkg_option_text(host, "description");
    d->description.spatial_index = gpkg_option_bool(host, "spatial_index");
    if (d->path == NULL) {
        free(d);
        return orch_error_set(err, ORCH_ECONFIG, "geopackage needs the option path");
    }
    *out = d;
    return ORCH_OK;
}

static void destination_close(orch_destination *d)
{
    free(d);
}

static struct lite_owner owner_of(orch_destination *d, int64_t wait_ms)
{
    return (struct lite_owner){ d->host, &d->stop, wait_ms };
}

static orch_status destination_check(orch_destination *d, orch_error *err)
{
    struct lite_store store = { 0 };
    struct lite_owner owner = owner_of(d, READ_WAIT_MS);
    bool absent = false;
    int64_t tables = 0;
    orch_status st = lite_path_check(d->path, true, &absent, err);
    if (st != ORCH_OK || (absent && d->create))
        return st;
    st = lite_open(&store, &owner, d->path, LITE_WRITE, err);
    if (st == ORCH_OK)
        st = lite_number(&store, 0, &tables, err, "SELECT count(*) FROM main.sqlite_master");
    if (st == ORCH_OK && tables > 0)
        st = gpkg_file_check(&store, ORCH_ECONFIG, err);
    lite_close(&store);
    return st;
}

/* ---- begin --------------------------------------------------------------------------------- */

static orch_status target_create(orch_writer *w, orch_error *err)
{
    orch_destination *d = w->destination;
    struct gpkg_description description = d->description;
    if (description.description == NULL)
        description.description = w->comment;
    if (w->plan.existed)
        return gpkg_table_adopt(&w->store, &w->plan, w->name, &d->description, &w->table, err);
    if (d->create)
        return gpkg_table_create(&w->store, &w->plan, w->name, &description, &w->table, err);
    orch_error_set(err, ORCH_ESCHEMA, "there is no table %s in \"%s\"", w->name, d->path);
    orch_error_hint(err, "set create = true, or correct the name");
    return ORCH_ESCHEMA;
}

static orch_status batch_prepare(orch_writer *w, orch_error *err)
{
    w->encoded = calloc(w->plan.n_columns, sizeof *w->encoded);
    if (w->encoded == NULL)
        return lite_no_memory(err);
    if (w->plan.has_geometry) {
        w->encoded[w->plan.geometry.column] = true;
        w->encoder.column = w->plan.columns[w->plan.geometry.column].name;
    }
    w->encoder.geometry = &w->plan.geometry;
    w->encoder.load = &w->load;
    w->encoder.strict_z = w->plan.existed;
    w->batch = (struct lite_batch){ .n_columns = w->plan.n_columns, .encoded = w->encoded,
                                    .encode = gpkg_encode, .ctx = &w->encoder };
    return lite_batch_table_create(&w->store, &w->batch, err);
}

static orch_status target_prepare(orch_writer *w, const orch_write_request *request,
                                  const struct ArrowSchema *schema, orch_error *err)
{
    orch_status st = gpkg_plan_init(&w->plan, schema, request, err);
    if (st == ORCH_OK)
        st = gpkg_plan_compare(&w->plan, &w->store, w->name, err);
    if (st == ORCH_OK)
        st = target_create(w, err);
    if (st == ORCH_OK)
        st = batch_prepare(w, err);
    if (st == ORCH_OK && request->mode == ORCH_WRITE_REPLACE && !w->table.fresh) {
        st = gpkg_table_clear(&w->store, &w->plan, &w->table, err);
        w->load.replaced = true;
    }
    w->load.box = gpkg_box_nothing;
    w->merge = (struct gpkg_merge){ .plan = &w->plan, .table = &w->table, .mode = request->mode };
    if (st == ORCH_OK)
        st = gpkg_merge_prepare(&w->store, &w->merge, err);
    if (st == ORCH_OK)
        st = gpkg_merge_insert(&w->store, &w->merge, &w->insert, err);
    return st;
}

/* A transaction that only writes into the ledger is short: it needs no log. */
static orch_status writer_open(orch_writer *w, bool loads, orch_error *err)
{
    orch_destination *d = w->destination;
    struct lite_owner owner = owner_of(d, d->wait_ms > MOMENT_MS ? d->wait_ms : MOMENT_MS);
    orch_status st =
        lite_open(&w->store, &owner, d->path, d->create ? LITE_CREATE : LITE_WRITE, err);
    if (st == ORCH_EDATA && err != NULL && (err->vendor_code & 0xff) == SQLITE_NOTADB) {
        orch_error_set(err, ORCH_ECONFIG, "\"%s\" is not a GeoPackage", d->path);
        orch_error_detail(err, "it is no SQLite file");
        orch_error_hint(err, "choose another path; the file was not touched");
        st = ORCH_ECONFIG;
    }
    if (st == ORCH_OK && loads)
        gpkg_wal_enter(&w->store);
    if (st == ORCH_OK)
        st = lite_begin(&w->store, err);
    if (st == ORCH_OK)
        st = gpkg_functions_register(&w->store, err);
    return st == ORCH_OK ? gpkg_file_prepare(&w->store, err) : st;
}

static void writer_end(orch_writer *w)
{
    w->destination->writer = NULL;
    sqlite3_finalize(w->insert);
    gpkg_wal_leave(&w->store, LEAVE_WAIT_MS);
    lite_close(&w->store);
    gpkg_encoder_release(&w->encoder);
    gpkg_table_release(&w->table);
    gpkg_plan_release(&w->plan);
    free(w->encoded);
    free(w->comment);
    free(w->name);
    free(w);
}

static orch_status request_check(const orch_destination *d, const orch_write_request *request,
                                 const struct ArrowSchema *schema, orch_error *err)
{
    if (d->writer != NULL)
        return orch_error_set(err, ORCH_EINVAL, "a transaction is already open");
    if (schema == NULL || (request->mode >= ORCH_WRITE_APPEND &&
                           request->mode <= ORCH_WRITE_UPSERT))
        return ORCH_OK;
    return orch_error_set(err, ORCH_ENOTSUP, "geopackage does not offer write mode %u",
                          (unsigned)request->mode);
}

static orch_status destination_begin(orch_destination *d, const orch_write_request *request,
                                     const struct ArrowSchema *schema, orch_writer **out,
                                     orch_error *err)
{
    const char *name = request->target != NULL ? request->target : d->table;
    orch_status st = request_check(d, request, schema, err);
    if (st == ORCH_OK)
        st = name_check(name, err);
    if (st != ORCH_OK)
        return st;
    orch_writer *w = calloc(1, sizeof *w);
    if (w == NULL)
        return lite_no_memory(err);
    w->destination = d;
    w->name = strdup(name);
    w->comment = request->comment != NULL ? strdup(request->comment) : NULL;
    if (w->name == NULL || (request->comment != NULL && w->comment == NULL))
        st = lite_no_memory(err);
    if (st == ORCH_OK)
        st = writer_open(w, schema != NULL, err);
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

static orch_status phase_check(const orch_writer *w, enum phase phase, const char *verb,
                               orch_error *err)
{
    if (w->phase != phase || !lite_in_transaction(&w->store))
        return orch_error_set(err, ORCH_EINVAL, "%s at the wrong moment of a transaction", verb);
    return lite_cancelled(&w->store) ? orch_error_set(err, ORCH_ECANCELLED, "cancelled") : ORCH_OK;
}

static orch_status batch_store(orch_writer *w, const orch_view *view, orch_error *err)
{
    w->batch.view = view;
    w->encoder.first_row = w->rows + 1;
    orch_status st = lite_step_done(&w->store, w->insert, err);
    w->batch.view = NULL;
    if (st != ORCH_OK && w->encoder.failure.code != 0) {
        st = w->encoder.failure.code;
        if (err != NULL)
            *err = w->encoder.failure;
    }
    return st;
}

static orch_status writer_write(orch_writer *w, struct ArrowArray *batch, orch_error *err)
{
    orch_view view = { 0 };
    orch_status st = phase_check(w, LOADING, "write", err);
    if (st == ORCH_OK && w->insert == NULL)
        st = orch_error_set(err, ORCH_EINVAL, "write without a schema");
    if (st == ORCH_OK)
        st = orch_view_init(&view, &w->plan.schema, batch, err);
    if (st != ORCH_OK)
        return st;
    st = gpkg_batch_check(&w->plan, &view, w->rows + 1, err);
    if (st == ORCH_OK)
        st = batch_store(w, &view, err);
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
    orch_write_counts counts = { .struct_size = sizeof counts };
    orch_status st = phase_check(w, LOADING, "finish", err);
    if (st == ORCH_OK && w->insert != NULL) {
        sqlite3_finalize(w->insert);
        w->insert = NULL;
        st = gpkg_merge_finish(&w->store, &w->merge, w->rows, &counts, err);
        w->load.inserted = counts.inserted;
        w->load.rows_changed =
            counts.inserted + counts.updated > 0 && (w->merge.staged || w->plan.fid_given);
        if (st == ORCH_OK)
            st = gpkg_table_finish(&w->store, &w->plan, &w->table, &w->load, err);
    }
    if (st != ORCH_OK)
        return st;
    w->phase = FINISHED;
    *out = counts;
    return ORCH_OK;
}

static orch_status writer_ledger(orch_writer *w, const char *table,
                                 const struct ArrowSchema *schema, struct ArrowArray *batch,
                                 orch_error *err)
{
    bool created = false;
    if (w->phase == OVER || !lite_in_transaction(&w->store))
        return orch_error_set(err, ORCH_EINVAL, "ledger at the wrong moment of a transaction");
    orch_status st = lite_ledger_write(&w->store, table, schema, batch, &created, err);
    if (st != ORCH_OK || !created)
        return st == ORCH_OK ? gpkg_touch(&w->store, table, err) : st;
    return gpkg_register(&w->store,
                         &(struct gpkg_entry){ table, "attributes", table,
                                               "Ledger of City Orchestra: what runs did", 0 },
                         err);
}

static orch_status writer_commit(orch_writer *w, const orch_commit *commit, orch_error *err)
{
    (void)commit; /* the state is in the ledger's row */
    if (w->phase == OVER || (w->insert != NULL && w->phase != FINISHED) ||
        !lite_in_transaction(&w->store))
        return orch_error_set(err, ORCH_EINVAL, "commit at the wrong moment of a transaction");
    orch_status st = lite_commit(&w->store, err);
    if (st == ORCH_OK)
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
    if (d->writer != NULL && d->writer->store.db != NULL)
        return lite_ledger_read(&d->writer->store, query, schema, batch, err);
    orch_status st = lite_path_check(d->path, true, &absent, err);
    if (st == ORCH_OK && absent)
        return lite_ledger_nothing(schema, batch, err);
    if (st == ORCH_OK) /* read and write: what a killed run left in the journal is rolled back */
        st = lite_open(&store, &owner, d->path, LITE_WRITE, err);
    if (st == ORCH_OK)
        st = lite_ledger_read(&store, query, schema, batch, err);
    gpkg_wal_leave(&store, 0);
    lite_close(&store);
    return st;
}

static void destination_interrupt(orch_destination *d)
{
    atomic_store(&d->stop, true);
}

static bool writer_created(orch_writer *w)
{
    return w->table.fresh;
}

const orch_destination_ops gpkg_destination_ops = {
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
