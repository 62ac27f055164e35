/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_ledger.h"

#include <stdio.h>
#include <string.h>

#include "orch/builder.h"

#include "pg_encode.h"
#include "pg_scan.h"
#include "pg_table.h"

#define LEDGER_SCHEMA "orchestra"
#define LEDGER_RUN "orchestra_run"

/* "orch" as a number: the advisory lock under which ledger tables are made. */
#define LEDGER_LOCK 1869767528

static orch_status ledger_find(struct pg_table *t, struct pg_session *s, const char *table,
                               orch_error *err)
{
    char target[2 * PG_NAME_MAX];

    if (strlen(table) > PG_NAME_MAX || !*table || strchr(table, '.'))
        return orch_error_set(err, ORCH_EINVAL, "\"%s\" is no ledger table", table);
    snprintf(target, sizeof target, "%s.%s", LEDGER_SCHEMA, table);
    return pg_table_find(t, s, target, err);
}

/* Two first runs at once would both create the schema and one would fail: they take turns, and
 * whoever comes second finds it made. */
static orch_status ledger_make_turn(struct pg_session *s, orch_error *err)
{
    struct pg_sql sql = {0};

    pg_sql_format(&sql, "SELECT pg_advisory_xact_lock(%d)", LEDGER_LOCK);
    orch_status st = pg_run(s, &sql, NULL, err, "cannot create the ledger");
    pg_sql_release(&sql);
    return st;
}

static bool has_column(const struct pg_table *t, const char *name)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (strcmp(t->columns[i].name, name) == 0)
            return true;
    return false;
}

static orch_status ledger_create(struct pg_table *t, struct pg_session *s, const char *table,
                                 const struct ArrowSchema *schema, orch_error *err)
{
    struct pg_table again = {0};
    struct pg_sql sql = {0};
    orch_status st = ledger_make_turn(s, err);

    if (st == ORCH_OK)
        st = ledger_find(&again, s, table, err);
    if (st != ORCH_OK)
        return st;
    t->kind = again.kind;
    t->oid = again.oid;
    t->schema_exists = again.schema_exists;
    if (t->kind != 0)
        return ORCH_OK;
    st = pg_table_create(t, s, schema, "Ledger of the runs of City Orchestra.", err);
    if (st != ORCH_OK || !has_column(t, "pipeline") || !has_column(t, "run"))
        return st;
    pg_sql_put(&sql, "CREATE INDEX ON ");
    pg_table_put_name(t, &sql, s->connection);
    pg_sql_put(&sql, " (pipeline, run)");
    st = pg_run(s, &sql, NULL, err, "cannot create table %s", t->shown);
    pg_sql_release(&sql);
    return st;
}

static orch_status ledger_prepare(struct pg_table *t, struct pg_session *s, const char *table,
                                  const struct ArrowSchema *schema, orch_error *err)
{
    orch_status st = ledger_find(t, s, table, err);

    if (st == ORCH_OK)
        st = pg_table_take_schema(t, schema, err);
    if (st == ORCH_OK && t->kind == 0)
        st = ledger_create(t, s, table, schema, err);
    if (st != ORCH_OK || t->created)
        return st;
    st = pg_table_widen(t, s, schema, err);
    if (st == ORCH_OK)
        st = pg_table_fit(t, s, NULL, 0, err);
    return st;
}

orch_status pg_ledger_write(struct pg_session *s, struct pg_copy *copy, const char *table,
                            const struct ArrowSchema *schema, const struct ArrowArray *batch,
                            orch_error *err)
{
    struct pg_table t = {0};
    struct pg_sql sql = {0};
    orch_view view = {0};
    orch_status st = ledger_prepare(&t, s, table, schema, err);

    if (st == ORCH_OK)
        st = orch_view_init(&view, schema, batch, err);
    if (st == ORCH_OK)
        st = pg_batch_check(t.shown, t.columns, &view, 0, err);
    if (st != ORCH_OK || view.rows == 0)
        goto done;
    pg_table_put_copy(&t, &sql, s->connection);
    st = pg_copy_begin(copy, s, &sql, t.shown, err);
    if (st == ORCH_OK)
        st = pg_batch_encode(copy, t.columns, &view, err);
    if (st == ORCH_OK)
        st = pg_copy_end(copy, err);
done:
    orch_view_release(&view);
    pg_sql_release(&sql);
    pg_table_release(&t);
    return st;
}

static orch_status ledger_none(struct ArrowSchema *schema, struct ArrowArray *batch,
                               orch_error *err)
{
    struct ArrowSchema empty = {0};
    orch_builder *builder = NULL;
    orch_status st = orch_schema_init(&empty);

    if (st == ORCH_OK)
        st = orch_builder_new(&empty, &builder);
    if (st == ORCH_OK)
        st = orch_builder_take(builder, batch);
    orch_builder_free(builder);
    if (st == ORCH_OK) {
        *schema = empty;
        return ORCH_OK;
    }
    if (empty.release)
        empty.release(&empty);
    return orch_error_set(err, st, "out of memory");
}

static bool scan_has(const struct pg_scan *scan, const char *name)
{
    for (size_t i = 0; i < scan->n_columns; i++)
        if (strcmp(scan->columns[i].name, name) == 0)
            return true;
    return false;
}

static orch_status put_filter(const struct pg_scan *scan, struct pg_sql *sql, const char *column,
                              const char *value, const char **word, orch_error *err)
{
    if (!value)
        return ORCH_OK;
    if (!scan_has(scan, column))
        return orch_error_set(err, ORCH_EINVAL, "%s has no column \"%s\" to select by",
                              scan->shown, column);
    pg_sql_format(sql, " %s t.%s = ", *word, column);
    pg_sql_literal(sql, scan->session->connection, value);
    *word = "AND";
    return ORCH_OK;
}

static void put_order_runs(const struct pg_scan *scan, struct pg_sql *sql, bool one_pipeline,
                           const char **word)
{
    bool sequence = scan_has(scan, "sequence");

    if (sequence && one_pipeline) {
        pg_sql_format(sql, "%st.sequence DESC NULLS LAST", *word);
        *word = ", ";
    }
    /* Failed runs have the number that the next one to load will have. */
    if (sequence && one_pipeline && scan_has(scan, "status"))
        pg_sql_format(sql, "%st.status = 'loaded' DESC", *word);
    if (scan_has(scan, "started")) {
        pg_sql_format(sql, "%st.started DESC NULLS LAST", *word);
        *word = ", ";
    }
    if (sequence && !one_pipeline) {
        pg_sql_format(sql, "%st.sequence DESC NULLS LAST", *word);
        *word = ", ";
    }
}

static void put_order_of_runs(struct pg_sql *sql, const char *column, const char **word)
{
    pg_sql_format(sql,
                  "%s(SELECT max(r.%s) FROM %s.%s r WHERE r.pipeline = t.pipeline"
                  " AND r.run = t.run) DESC NULLS LAST",
                  *word, column, LEDGER_SCHEMA, LEDGER_RUN);
    *word = ", ";
}

/* The newest run first: in one pipeline by its number, since clocks are set back; numbers of
 * several pipelines do not compare. Other tables take the order of their runs from the table of
 * runs; a run that has no row there (yet) comes last. */
static void put_order(const struct pg_scan *scan, struct pg_sql *sql,
                      const orch_ledger_query *query, bool has_runs)
{
    const char *word = " ORDER BY ";
    bool is_run = strcmp(query->table, LEDGER_RUN) == 0;

    if (is_run)
        put_order_runs(scan, sql, query->pipeline != NULL, &word);
    if (!is_run && has_runs && query->pipeline)
        put_order_of_runs(sql, "sequence", &word);
    if (!is_run && has_runs)
        put_order_of_runs(sql, "started", &word);
    if (scan_has(scan, "run")) {
        pg_sql_format(sql, "%st.run DESC", word);
        word = ", ";
    }
    if (scan_has(scan, "number"))
        pg_sql_format(sql, "%st.number", word);
}

static orch_status put_query(const struct pg_scan *scan, struct pg_sql *sql,
                             const orch_ledger_query *query, bool has_runs, orch_error *err)
{
    const char *word = "WHERE";
    orch_status st = put_filter(scan, sql, "pipeline", query->pipeline, &word, err);

    if (st == ORCH_OK)
        st = put_filter(scan, sql, "run", query->run, &word, err);
    if (st == ORCH_OK)
        st = put_filter(scan, sql, "status", query->status, &word, err);
    if (st != ORCH_OK)
        return st;
    put_order(scan, sql, query, has_runs);
    pg_sql_format(sql, " OFFSET %lld LIMIT %lld", (long long)query->offset,
                  (long long)query->limit);
    return ORCH_OK;
}

static orch_status ledger_has_runs(struct pg_session *s, const struct pg_scan *scan, bool *out,
                                   orch_error *err)
{
    struct pg_table runs = {0};
    orch_status st = ORCH_OK;

    *out = false;
    if (!scan_has(scan, "pipeline") || !scan_has(scan, "run"))
        return ORCH_OK;
    st = ledger_find(&runs, s, LEDGER_RUN, err);
    *out = st == ORCH_OK && runs.kind != 0;
    return st;
}

static orch_status ledger_scan(struct pg_scan *scan, struct pg_session *s,
                               const struct pg_table *t, const orch_ledger_query *query,
                               orch_error *err)
{
    struct pg_sql sql = {0};
    bool has_runs = false;

    pg_sql_put(&sql, "SELECT * FROM ");
    pg_table_put_name(t, &sql, s->connection);
    pg_sql_put(&sql, " AS t");
    orch_status st = sql.status;
    if (st == ORCH_OK)
        st = pg_scan_describe(scan, s, sql.text, t->shown, err);
    if (st == ORCH_OK)
        st = ledger_has_runs(s, scan, &has_runs, err);
    if (st == ORCH_OK)
        st = put_query(scan, &sql, query, has_runs, err);
    if (st == ORCH_OK && sql.status != ORCH_OK)
        st = orch_error_set(err, sql.status, "out of memory");
    if (st == ORCH_OK)
        st = pg_scan_begin(scan, sql.text, err);
    while (st == ORCH_OK && !scan->ended) {
        st = pg_scan_fill(scan, INT64_MAX, INT64_MAX / 2, err);
        if (st == ORCH_END)
            st = ORCH_OK;
    }
    pg_sql_release(&sql);
    return st;
}

orch_status pg_ledger_read(struct pg_session *s, const orch_ledger_query *query,
                           struct ArrowSchema *schema, struct ArrowArray *batch,
                           orch_error *err)
{
    struct pg_table t = {0};
    struct pg_scan scan = {0};

    if (query->offset < 0 || query->limit < 0)
        return orch_error_set(err, ORCH_EINVAL, "offset and limit of a ledger query are negative");
    orch_status st = ledger_find(&t, s, query->table, err);
    if (st != ORCH_OK)
        return st;
    if (t.kind == 0)
        return ledger_none(schema, batch, err);
    st = ledger_scan(&scan, s, &t, query, err);
    if (st == ORCH_OK)
        st = orch_builder_take(scan.builder, batch);
    if (st == ORCH_OK) {
        *schema = scan.schema;
        scan.schema = (struct ArrowSchema){0};
    }
    pg_scan_release(&scan);
    if (PQtransactionStatus(s->connection) == PQTRANS_ACTIVE)
        pg_session_rest(s); /* a COPY that was left in the middle */
    return st;
}
