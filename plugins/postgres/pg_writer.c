/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_writer.h"

#include <stdlib.h>
#include <string.h>

#include "orch/arrow.h"

#include "pg_encode.h"
#include "pg_ledger.h"
#include "pg_upsert.h"

static orch_status destination_open(const orch_host *host, orch_destination **out,
                                    orch_error *err)
{
    orch_status st = pg_session_check(host, err);
    if (st != ORCH_OK)
        return st;
    orch_destination *d = calloc(1, sizeof *d);
    if (!d)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    d->host = host;
    atomic_init(&d->interrupted, false);
    d->session.host = host;
    d->session.interrupted = &d->interrupted;
    *out = d;
    return ORCH_OK;
}

static void destination_close(orch_destination *d)
{
    pg_session_close(&d->session);
    free(d);
}

static void destination_interrupt(orch_destination *d)
{
    atomic_store_explicit(&d->interrupted, true, memory_order_release);
}

/* May this role do what a first or a later run needs? */
static orch_status check_rights(struct pg_session *s, const struct pg_table *t, orch_error *err)
{
    struct pg_sql sql = {0};
    PGresult *result = NULL;

    if (t->kind != 0)
        pg_sql_format(&sql, "SELECT has_table_privilege(%u, 'INSERT')", (unsigned)t->oid);
    else if (t->schema_exists) {
        pg_sql_put(&sql, "SELECT has_schema_privilege(");
        pg_sql_literal(&sql, s->connection, t->schema);
        pg_sql_put(&sql, ", 'CREATE')");
    } else {
        pg_sql_put(&sql, "SELECT has_database_privilege(current_database(), 'CREATE')");
    }
    orch_status st = pg_run(s, &sql, &result, err, "cannot read the rights on %s", t->shown);
    if (st == ORCH_OK && PQgetvalue(result, 0, 0)[0] != 't') {
        st = orch_error_set(err, ORCH_EAUTH, "no right to write into %s", t->shown);
        orch_error_detail(err, "role %s at %s", PQuser(s->connection), s->place);
        orch_error_hint(err, "grant insert, update, delete and select on the table, or create "
                             "on its schema");
    }
    PQclear(result);
    pg_sql_release(&sql);
    return st;
}

static orch_status destination_check(orch_destination *d, orch_error *err)
{
    struct pg_table t = {0};
    size_t len = 0;
    const char *target = d->host->option(d->host, "table", 0, &len);
    orch_status st = pg_session_open(&d->session, err);

    if (st != ORCH_OK || !target)
        return st;
    st = pg_table_find(&t, &d->session, target, err);
    return st == ORCH_OK ? check_rights(&d->session, &t, err) : st;
}

static orch_status destination_begin(orch_destination *d, const orch_write_request *request,
                                     const struct ArrowSchema *schema, orch_writer **out,
                                     orch_error *err)
{
    if (d->writer)
        return orch_error_set(err, ORCH_EINVAL, "a transaction of this destination is open");
    orch_status st = pg_writer_begin(d, request, schema, &d->writer, err);
    if (st == ORCH_OK)
        *out = d->writer;
    return st;
}

static orch_status writer_done(orch_writer *w, orch_status st)
{
    w->failed = w->failed || st != ORCH_OK;
    return st;
}

static orch_status writer_ready(const orch_writer *w, bool for_rows, orch_error *err)
{
    if (!w->failed && !w->committed && !(for_rows && (w->for_ledger || w->finished)))
        return ORCH_OK;
    return orch_error_set(err, ORCH_EINVAL, "the transaction is over or takes no rows");
}

static orch_status destination_recover(orch_destination *d, const orch_ledger_query *query,
                                       struct ArrowSchema *schema, struct ArrowArray *batch,
                                       orch_error *err)
{
    if (d->writer && d->writer->failed)
        return orch_error_set(err, ORCH_EINVAL, "the transaction failed and must end first");
    if (d->writer && d->writer->copy.active) {
        orch_status st = writer_done(d->writer, pg_copy_end(&d->writer->copy, err));
        if (st != ORCH_OK)
            return st;
    }
    orch_status st = pg_session_open(&d->session, err);
    return st == ORCH_OK ? pg_ledger_read(&d->session, query, schema, batch, err) : st;
}

static orch_status writer_start_copy(orch_writer *w, orch_error *err)
{
    struct pg_sql sql = {0};

    pg_table_put_copy(w->staged ? &w->stage : &w->table, &sql, w->session->connection);
    orch_status st = pg_copy_begin(&w->copy, w->session, &sql, w->table.shown, err);
    pg_sql_release(&sql);
    return st;
}

static orch_status writer_put(orch_writer *w, const struct ArrowArray *batch, orch_error *err)
{
    orch_view view = {0};
    orch_status st = orch_view_init(&view, &w->schema, batch, err);

    if (st != ORCH_OK || view.rows == 0)
        goto done;
    st = pg_batch_check(w->table.shown, w->table.columns, &view, w->rows, err);
    if (st == ORCH_OK && !w->copy.active)
        st = writer_start_copy(w, err);
    if (st == ORCH_OK)
        st = pg_batch_encode(&w->copy, w->table.columns, &view, err);
    if (st == ORCH_OK)
        w->rows += view.rows;
done:
    orch_view_release(&view);
    return st;
}

static orch_status writer_write(orch_writer *w, struct ArrowArray *batch, orch_error *err)
{
    orch_status st = writer_ready(w, true, err);

    if (st != ORCH_OK)
        return st;
    if (pg_session_cancelled(w->session))
        return writer_done(w, orch_error_set(err, ORCH_ECANCELLED, "stopped on request"));
    st = writer_done(w, writer_put(w, batch, err));
    if (st == ORCH_OK)
        batch->release(batch);
    return st;
}

static orch_status writer_merge(orch_writer *w, orch_write_counts *counts, orch_error *err)
{
    int64_t merged = 0;
    orch_status st = w->staged ? pg_stage_dedupe(&w->stage, w->session, w->keys, w->n_keys,
                                                 &merged, err)
                               : pg_keys_merge(&w->table, w->session, w->keys, w->n_keys,
                                               &merged, err);

    if (st != ORCH_OK)
        return st;
    counts->merged = merged;
    counts->inserted = w->rows - merged;
    if (!w->staged)
        return ORCH_OK;
    st = pg_stage_merge(&w->stage, &w->table, w->session, w->keys, w->n_keys, &counts->inserted,
                        &counts->updated, err);
    counts->unchanged = w->rows - merged - counts->inserted - counts->updated;
    return st;
}

orch_status pg_writer_finish(orch_writer *w, orch_write_counts *counts, orch_error *err)
{
    orch_write_counts sum = {.struct_size = sizeof sum};
    orch_status st = pg_copy_end(&w->copy, err);

    if (st != ORCH_OK)
        return st;
    sum.inserted = w->rows;
    if (w->mode == ORCH_WRITE_UPSERT)
        st = writer_merge(w, &sum, err);
    else if (w->table.created && w->n_keys > 0)
        st = pg_keys_add(&w->table, w->session, w->keys, w->n_keys, err);
    if (st != ORCH_OK)
        return st;
    w->finished = true;
    counts->inserted = sum.inserted;
    counts->updated = sum.updated;
    counts->unchanged = sum.unchanged;
    counts->merged = sum.merged;
    return ORCH_OK;
}

static orch_status writer_finish(orch_writer *w, orch_write_counts *counts, orch_error *err)
{
    orch_status st = writer_ready(w, true, err);

    return st == ORCH_OK ? writer_done(w, pg_writer_finish(w, counts, err)) : st;
}

static orch_status writer_ledger(orch_writer *w, const char *table,
                                 const struct ArrowSchema *schema, struct ArrowArray *batch,
                                 orch_error *err)
{
    orch_status st = writer_ready(w, false, err);

    if (st != ORCH_OK)
        return st;
    st = pg_copy_end(&w->copy, err);
    if (st == ORCH_OK)
        st = pg_ledger_write(w->session, &w->copy, table, schema, batch, err);
    if (writer_done(w, st) == ORCH_OK)
        batch->release(batch);
    return st;
}

static orch_status commit_run(orch_writer *w, orch_error *err)
{
    struct pg_sql sql = {0};
    PGresult *result = NULL;

    pg_sql_put(&sql, "COMMIT");
    orch_status st = pg_run(w->session, &sql, &result, err, "cannot commit at %s",
                            w->session->place);
    if (st == ORCH_OK && strcmp(PQcmdStatus(result), "COMMIT") != 0)
        st = orch_error_set(err, ORCH_EINTERNAL, "the server rolled back instead of committing");
    PQclear(result);
    pg_sql_release(&sql);
    return st;
}

static orch_status writer_commit(orch_writer *w, const orch_commit *commit, orch_error *err)
{
    (void)commit; /* sequence and state stand in the ledger's row */
    orch_status st = writer_ready(w, false, err);

    if (st == ORCH_OK && !w->for_ledger && !w->finished)
        st = orch_error_set(err, ORCH_EINVAL, "commit before finish");
    if (st != ORCH_OK)
        return st;
    st = writer_done(w, commit_run(w, err));
    w->committed = st == ORCH_OK;
    /* Whether the server committed cannot be known from here: the host asks the ledger before it
     * begins again. */
    if (st == ORCH_EIO && PQstatus(w->session->connection) == CONNECTION_BAD)
        orch_error_hint(err, "it may have taken effect: the next run finds out by itself from "
                             "the ledger");
    return st;
}

static void writer_end(orch_writer *w)
{
    pg_session_rest(w->session);
    w->owner->writer = NULL;
    pg_writer_free(w);
}

static bool writer_created(orch_writer *w)
{
    return w->table.created;
}

const orch_destination_ops pg_destination_ops = {
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
