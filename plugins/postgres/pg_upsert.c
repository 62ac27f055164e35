/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_upsert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t affected(PGresult *result)
{
    return strtoll(PQcmdTuples(result), NULL, 10);
}

orch_status pg_stage_create(struct pg_table *stage, const struct pg_table *t,
                            struct pg_session *s, orch_error *err)
{
    struct pg_sql sql = {0};
    struct pg_table made = *t;

    snprintf(made.schema, sizeof made.schema, "pg_temp");
    snprintf(made.name, sizeof made.name, "orchestra_stage");
    pg_sql_put(&sql, "CREATE TEMPORARY TABLE orchestra_stage ON COMMIT DROP AS SELECT ");
    pg_table_put_columns(t, &sql, s->connection, "", NULL, 0);
    pg_sql_put(&sql, " FROM ");
    pg_table_put_name(t, &sql, s->connection);
    pg_sql_put(&sql, " WITH NO DATA");
    orch_status st = pg_run(s, &sql, NULL, err, "cannot stage rows for %s", t->shown);
    if (st == ORCH_OK)
        *stage = made;
    pg_sql_release(&sql);
    return st;
}

orch_status pg_keys_add(const struct pg_table *t, struct pg_session *s, const size_t *keys,
                        size_t n, orch_error *err)
{
    struct pg_sql sql = {0};

    pg_sql_put(&sql, "ALTER TABLE ");
    pg_table_put_name(t, &sql, s->connection);
    pg_sql_put(&sql, " ADD PRIMARY KEY (");
    pg_table_put_columns(t, &sql, s->connection, "", keys, n);
    pg_sql_put(&sql, ")");
    orch_status st = pg_run(s, &sql, NULL, err, "cannot put the key on %s", t->shown);
    pg_sql_release(&sql);
    return st;
}

/* A row's ctid tells when it came: COPY into a table of the same transaction only appends, it
 * does not look for free space in earlier pages. */
static orch_status keys_remove_earlier(const struct pg_table *t, struct pg_session *s,
                                       const size_t *keys, size_t n, int64_t *removed,
                                       orch_error *err)
{
    struct pg_sql sql = {0};
    PGresult *result = NULL;

    pg_sql_put(&sql, "DELETE FROM ");
    pg_table_put_name(t, &sql, s->connection);
    pg_sql_put(&sql, " AS t USING (SELECT ctid AS id, row_number() OVER (PARTITION BY ");
    pg_table_put_columns(t, &sql, s->connection, "", keys, n);
    pg_sql_put(&sql, " ORDER BY ctid DESC) AS place FROM ");
    pg_table_put_name(t, &sql, s->connection);
    pg_sql_put(&sql, ") AS d WHERE t.ctid = d.id AND d.place > 1");
    orch_status st = pg_run(s, &sql, &result, err, "cannot merge rows of one key in %s", t->shown);
    if (st == ORCH_OK)
        *removed = affected(result);
    PQclear(result);
    pg_sql_release(&sql);
    return st;
}

static orch_status run_text(struct pg_session *s, const char *text, orch_error *err)
{
    struct pg_sql sql = {0};

    pg_sql_put(&sql, text);
    orch_status st = pg_run(s, &sql, NULL, err, "cannot run %s", text);
    pg_sql_release(&sql);
    return st;
}

orch_status pg_keys_merge(const struct pg_table *t, struct pg_session *s, const size_t *keys,
                          size_t n, int64_t *removed, orch_error *err)
{
    orch_error first = ORCH_ERROR_INIT;
    int64_t count = 0;
    orch_status st = run_text(s, "SAVEPOINT orchestra_key", err);

    if (st != ORCH_OK)
        return st;
    /* Building the index finds out for nothing whether there are duplicates: mostly there are
     * none, and a GROUP BY would have sorted all rows once more. */
    st = pg_keys_add(t, s, keys, n, &first);
    if (st != ORCH_OK && strcmp(first.sqlstate, "23505") != 0) {
        if (err)
            *err = first;
        return st;
    }
    if (st != ORCH_OK) {
        st = run_text(s, "ROLLBACK TO SAVEPOINT orchestra_key", err);
        if (st == ORCH_OK)
            st = keys_remove_earlier(t, s, keys, n, &count, err);
        if (st == ORCH_OK)
            st = pg_keys_add(t, s, keys, n, err);
    }
    if (st == ORCH_OK)
        *removed = count;
    return st;
}

/* No index here: with one the planner walks it row by row, twice as slow as hashing the stage. */
orch_status pg_stage_dedupe(const struct pg_table *stage, struct pg_session *s,
                            const size_t *keys, size_t n, int64_t *removed, orch_error *err)
{
    struct pg_sql sql = {0};
    PGresult *result = NULL;
    int64_t count = 0;
    orch_status st = run_text(s, "ANALYZE pg_temp.orchestra_stage", err);

    pg_sql_put(&sql, "SELECT FROM ");
    pg_table_put_name(stage, &sql, s->connection);
    pg_sql_put(&sql, " GROUP BY ");
    pg_table_put_columns(stage, &sql, s->connection, "", keys, n);
    pg_sql_put(&sql, " HAVING count(*) > 1 LIMIT 1");
    if (st == ORCH_OK)
        st = pg_run(s, &sql, &result, err, "cannot merge rows of one key for %s", stage->shown);
    if (st == ORCH_OK && PQntuples(result) > 0)
        st = keys_remove_earlier(stage, s, keys, n, &count, err);
    if (st == ORCH_OK)
        *removed = count;
    PQclear(result);
    pg_sql_release(&sql);
    return st;
}

static bool is_key(const size_t *keys, size_t n, size_t column)
{
    for (size_t i = 0; i < n; i++)
        if (keys[i] == column)
            return true;
    return false;
}

static void put_match(const struct pg_table *t, struct pg_sql *sql, PGconn *connection,
                      const size_t *keys, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        pg_sql_put(sql, i ? " AND t." : "t.");
        pg_sql_name(sql, connection, t->columns[keys[i]].name);
        pg_sql_put(sql, " = s.");
        pg_sql_name(sql, connection, t->columns[keys[i]].name);
    }
}

/* The values beside the key as one row. Geometries compare by their bytes: their own operator
 * once compared bounding boxes. */
static void put_values(const struct pg_table *t, struct pg_sql *sql, PGconn *connection,
                       const char *prefix, const size_t *keys, size_t n)
{
    const char *separator = "ROW(";

    for (size_t i = 0; i < t->n_columns; i++) {
        if (is_key(keys, n, i))
            continue;
        pg_sql_put(sql, separator);
        pg_sql_put(sql, prefix);
        pg_sql_name(sql, connection, t->columns[i].name);
        pg_sql_put(sql, t->columns[i].kind == PG_GEOMETRY ? "::bytea" : "");
        separator = ", ";
    }
    pg_sql_put(sql, ")");
}

static void put_update(const struct pg_table *stage, const struct pg_table *t,
                       struct pg_sql *sql, PGconn *connection, const size_t *keys, size_t n)
{
    const char *separator = " AS t SET ";

    pg_sql_put(sql, "UPDATE ");
    pg_table_put_name(t, sql, connection);
    for (size_t i = 0; i < t->n_columns; i++) {
        if (is_key(keys, n, i))
            continue;
        pg_sql_put(sql, separator);
        pg_sql_name(sql, connection, t->columns[i].name);
        pg_sql_put(sql, " = s.");
        pg_sql_name(sql, connection, t->columns[i].name);
        separator = ", ";
    }
    pg_sql_put(sql, " FROM ");
    pg_table_put_name(stage, sql, connection);
    pg_sql_put(sql, " AS s WHERE ");
    put_match(t, sql, connection, keys, n);
    pg_sql_put(sql, " AND ");
    put_values(t, sql, connection, "t.", keys, n);
    pg_sql_put(sql, " IS DISTINCT FROM ");
    put_values(t, sql, connection, "s.", keys, n);
}

static void put_insert(const struct pg_table *stage, const struct pg_table *t,
                       struct pg_sql *sql, PGconn *connection, const size_t *keys, size_t n)
{
    pg_sql_put(sql, "INSERT INTO ");
    pg_table_put_name(t, sql, connection);
    pg_sql_put(sql, " (");
    pg_table_put_columns(t, sql, connection, "", NULL, 0);
    pg_sql_put(sql, ") SELECT ");
    pg_table_put_columns(t, sql, connection, "s.", NULL, 0);
    pg_sql_put(sql, " FROM ");
    pg_table_put_name(stage, sql, connection);
    pg_sql_put(sql, " AS s WHERE NOT EXISTS (SELECT FROM ");
    pg_table_put_name(t, sql, connection);
    pg_sql_put(sql, " AS t WHERE ");
    put_match(t, sql, connection, keys, n);
    pg_sql_put(sql, ")");
}

static orch_status merge_run(struct pg_session *s, const struct pg_table *t, struct pg_sql *sql,
                             int64_t *count, orch_error *err)
{
    PGresult *result = NULL;
    orch_status st = pg_run(s, sql, &result, err, "cannot merge rows into %s", t->shown);

    if (st == ORCH_OK)
        *count = affected(result);
    PQclear(result);
    pg_sql_reset(sql);
    return st;
}

/* Two statements, each one join, instead of INSERT ... ON CONFLICT, which probes the index once a
 * row: nobody else writes into the table, so both see the same rows and the counts are exact. */
orch_status pg_stage_merge(const struct pg_table *stage, const struct pg_table *t,
                           struct pg_session *s, const size_t *keys, size_t n, int64_t *inserted,
                           int64_t *updated, orch_error *err)
{
    struct pg_sql sql = {0};
    int64_t changed = 0;
    int64_t added = 0;
    orch_status st = ORCH_OK;

    if (n < t->n_columns) {
        put_update(stage, t, &sql, s->connection, keys, n);
        st = merge_run(s, t, &sql, &changed, err);
    }
    if (st == ORCH_OK) {
        put_insert(stage, t, &sql, s->connection, keys, n);
        st = merge_run(s, t, &sql, &added, err);
    }
    if (st == ORCH_OK) {
        *inserted = added;
        *updated = changed;
    }
    pg_sql_release(&sql);
    return st;
}
