/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orch/builder.h"

#include "pg_upsert.h"
#include "pg_writer.h"

/* FNV-1a: the advisory lock of a pipeline is a number. */
static int64_t pipeline_lock(const char *pipeline)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (const char *p = "orchestra/"; *p; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    for (const char *p = pipeline; *p; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(1099511628211);
    return (int64_t)hash;
}

static orch_status busy(const char *pipeline, orch_error *err)
{
    orch_error_set(err, ORCH_EBUSY, "another run of pipeline %s is at work", pipeline);
    orch_error_detail(err, "its lock in the database is held");
    orch_error_hint(err, "wait until it ends, or set lock_wait");
    if (err)
        err->flags |= ORCH_ERROR_RETRYABLE;
    return ORCH_EBUSY;
}

static orch_status lock_try(struct pg_session *s, const char *pipeline, orch_error *err)
{
    struct pg_sql sql = {0};
    PGresult *result = NULL;

    pg_sql_format(&sql, "SELECT pg_try_advisory_xact_lock(%" PRId64 ")", pipeline_lock(pipeline));
    orch_status st = pg_run(s, &sql, &result, err, "cannot take the lock of pipeline %s", pipeline);
    if (st == ORCH_OK && PQgetvalue(result, 0, 0)[0] != 't')
        st = busy(pipeline, err);
    PQclear(result);
    pg_sql_release(&sql);
    return st;
}

static orch_status lock_wait(struct pg_session *s, const char *pipeline, int64_t wait_ms,
                             orch_error *err)
{
    struct pg_sql sql = {0};

    pg_sql_format(&sql,
                  "SET LOCAL lock_timeout = %" PRId64 "; SELECT pg_advisory_xact_lock(%" PRId64 ");"
                  " SET LOCAL lock_timeout = %" PRId64,
                  wait_ms, pipeline_lock(pipeline), pg_session_lock_ms(s));
    orch_status st = pg_run(s, &sql, NULL, err, "cannot take the lock of pipeline %s", pipeline);
    if (st == ORCH_EBUSY)
        st = busy(pipeline, err);
    pg_sql_release(&sql);
    return st;
}

static orch_status begin_transaction(struct pg_session *s, const char *pipeline, orch_error *err)
{
    struct pg_sql sql = {0};
    int64_t wait_ms = pg_option_int(s->host, "lock_wait");

    pg_sql_put(&sql, "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
    orch_status st = pg_run(s, &sql, NULL, err, "cannot begin a transaction at %s", s->place);
    pg_sql_release(&sql);
    if (st != ORCH_OK || !pipeline)
        return st;
    return wait_ms > 0 ? lock_wait(s, pipeline, wait_ms, err) : lock_try(s, pipeline, err);
}

static orch_status key_index(const struct pg_table *t, const char *key, size_t *out,
                             orch_error *err)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        if (strcmp(t->columns[i].name, key) != 0)
            continue;
        *out = i;
        return ORCH_OK;
    }
    orch_error_set(err, ORCH_ECONFIG, "key column \"%s\" is not among the columns written to %s",
                   key, t->shown);
    orch_error_hint(err, "name columns of the script's last select or group");
    orch_error_at(err, 0, key);
    return ORCH_ECONFIG;
}

static orch_status take_keys(orch_writer *w, const orch_write_request *request, orch_error *err)
{
    if (request->n_keys == 0 && w->mode == ORCH_WRITE_UPSERT) {
        orch_error_set(err, ORCH_ECONFIG, "an upsert into %s needs a key", w->table.shown);
        orch_error_hint(err, "name its columns: key = { \"section\", \"start\" }");
        return ORCH_ECONFIG;
    }
    w->keys = calloc(request->n_keys ? request->n_keys : 1, sizeof *w->keys);
    if (!w->keys)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    for (size_t i = 0; i < request->n_keys; i++) {
        orch_status st = key_index(&w->table, request->keys[i], &w->keys[i], err);
        if (st != ORCH_OK)
            return st;
        w->table.columns[w->keys[i]].required = true;
        w->n_keys = i + 1;
    }
    return ORCH_OK;
}

static orch_status find_target(orch_writer *w, const orch_write_request *request, orch_error *err)
{
    size_t len = 0;
    const orch_host *host = w->owner->host;
    const char *target = request->target ? request->target : host->option(host, "table", 0, &len);

    if (!target) {
        orch_error_set(err, ORCH_ECONFIG, "the destination has no table");
        orch_error_hint(err, "set table = \"schema.table\"");
        return ORCH_ECONFIG;
    }
    orch_status st = pg_table_find(&w->table, w->session, target, err);
    if (st == ORCH_OK && strcmp(w->table.schema, "orchestra") == 0) {
        st = orch_error_set(err, ORCH_ECONFIG, "%s cannot be written", w->table.shown);
        orch_error_detail(err, "schema orchestra holds the ledger of the runs");
        orch_error_hint(err, "name a table of another schema");
    }
    return st;
}

/* Keeps other writers away until the commit, not readers: the counts stay exact, and rows that
 * come in during a replacement cannot survive it. */
static orch_status lock_table(orch_writer *w, orch_error *err)
{
    struct pg_sql sql = {0};

    pg_sql_put(&sql, "LOCK TABLE ");
    pg_table_put_name(&w->table, &sql, w->session->connection);
    pg_sql_put(&sql, " IN SHARE ROW EXCLUSIVE MODE");
    orch_status st = pg_run(w->session, &sql, NULL, err, "cannot lock table %s", w->table.shown);
    pg_sql_release(&sql);
    return st;
}

/* Replacing is DELETE and COPY in one transaction: readers see the old rows until the commit and
 * are never made to wait, and whatever hangs on the table (rights, views, foreign keys, indexes,
 * comments, owner) stays. A table swapped in by its name would lose them, TRUNCATE would lock
 * readers out. The price is dead rows, which the server's vacuum takes back. */
static orch_status delete_rows(orch_writer *w, orch_error *err)
{
    struct pg_sql sql = {0};

    pg_sql_put(&sql, "DELETE FROM ");
    pg_table_put_name(&w->table, &sql, w->session->connection);
    orch_status st = pg_run(w->session, &sql, NULL, err, "cannot replace the rows of %s",
                            w->table.shown);
    pg_sql_release(&sql);
    return st;
}

static orch_status adopt_target(orch_writer *w, orch_error *err)
{
    bool upsert = w->mode == ORCH_WRITE_UPSERT;
    orch_status st = pg_table_fit(&w->table, w->session, w->keys, upsert ? w->n_keys : 0, err);

    if (st != ORCH_OK || w->mode == ORCH_WRITE_APPEND)
        return st;
    st = lock_table(w, err);
    if (st != ORCH_OK)
        return st;
    if (!upsert)
        return delete_rows(w, err);
    st = pg_stage_create(&w->stage, &w->table, w->session, err);
    w->staged = st == ORCH_OK;
    return st;
}

static orch_status create_target(orch_writer *w, const orch_write_request *request,
                                 orch_error *err)
{
    size_t len = 0;
    const char *create = w->owner->host->option(w->owner->host, "create", 0, &len);

    if (create && strcmp(create, "false") == 0) {
        orch_error_set(err, ORCH_ESCHEMA, "there is no table %s", w->table.shown);
        orch_error_hint(err, "create it, or set create = true");
        return ORCH_ESCHEMA;
    }
    return pg_table_create(&w->table, w->session, &w->schema, request->comment, err);
}

static orch_status prepare_target(orch_writer *w, const orch_write_request *request,
                                  const struct ArrowSchema *schema, orch_error *err)
{
    orch_status st = orch_schema_copy(schema, &w->schema);

    if (st != ORCH_OK)
        return orch_error_set(err, st, "out of memory");
    st = find_target(w, request, err);
    if (st == ORCH_OK)
        st = pg_table_take_schema(&w->table, &w->schema, err);
    if (st == ORCH_OK)
        st = take_keys(w, request, err);
    if (st != ORCH_OK)
        return st;
    return w->table.kind == 0 ? create_target(w, request, err) : adopt_target(w, err);
}

orch_status pg_writer_begin(orch_destination *d, const orch_write_request *request,
                            const struct ArrowSchema *schema, orch_writer **out, orch_error *err)
{
    if (request->mode < ORCH_WRITE_APPEND || request->mode > ORCH_WRITE_UPSERT)
        if (schema)
            return orch_error_set(err, ORCH_ENOTSUP, "postgres does not know write mode %u",
                                  (unsigned)request->mode);
    orch_writer *w = calloc(1, sizeof *w);
    if (!w)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    w->owner = d;
    w->session = &d->session;
    w->mode = request->mode;
    w->for_ledger = !schema;
    orch_status st = pg_session_open(w->session, err);
    if (st == ORCH_OK)
        st = begin_transaction(w->session, request->pipeline, err);
    if (st == ORCH_OK && schema)
        st = prepare_target(w, request, schema, err);
    if (st != ORCH_OK) {
        pg_session_rest(w->session);
        pg_writer_free(w);
        return st;
    }
    *out = w;
    return ORCH_OK;
}

void pg_writer_free(orch_writer *w)
{
    if (w->schema.release)
        w->schema.release(&w->schema);
    pg_table_release(&w->table);
    pg_copy_release(&w->copy);
    free(w->keys);
    free(w);
}
