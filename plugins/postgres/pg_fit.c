/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg_table.h"

/* Columns of the query below. */
enum { AT_NAME, AT_TYPE_SHOWN, AT_TYPE, AT_TYPE_NAME, AT_TYPMOD, AT_REQUIRED, AT_FILLED, AT_OURS };

/* Of a domain the type below counts; the server checks its constraints. */
static void put_attributes(const struct pg_table *t, struct pg_sql *sql)
{
    pg_sql_format(
        sql,
        "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),"
        " coalesce(nullif(t.typbasetype, 0), t.oid), t.typname,"
        " CASE WHEN t.typbasetype <> 0 THEN t.typtypmod ELSE a.atttypmod END,"
        " a.attnotnull OR t.typnotnull,"
        " a.atthasdef OR a.attidentity <> '' OR t.typdefault IS NOT NULL,"
        " a.attgenerated = '' AND a.attidentity <> 'a'"
        " FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid"
        " WHERE a.attrelid = %u AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
        (unsigned)t->oid);
}

static bool is_true(const PGresult *rows, int row, int column)
{
    return PQgetvalue(rows, row, column)[0] == 't';
}

static int find_row(const PGresult *rows, const char *name)
{
    for (int row = 0; row < PQntuples(rows); row++)
        if (strcmp(PQgetvalue(rows, row, AT_NAME), name) == 0)
            return row;
    return -1;
}

static const struct pg_column *find_column(const struct pg_table *t, const char *name)
{
    for (size_t i = 0; i < t->n_columns; i++)
        if (strcmp(t->columns[i].name, name) == 0)
            return &t->columns[i];
    return NULL;
}

static void differ(struct pg_sql *list, const char *column, const char *has, const char *text)
{
    pg_sql_format(list, "%scolumn \"%s\": %s%s", list->len ? "; " : "", column, has, text);
}

static void fit_column(struct pg_column *column, const PGresult *rows, struct pg_sql *list)
{
    int row = find_row(rows, column->name);
    const char *natural = pg_kind_name(column->kind);

    if (row < 0) {
        differ(list, column->name, "missing in the table, the pipeline gives ", natural);
        return;
    }
    if (!is_true(rows, row, AT_OURS)) {
        differ(list, column->name, "the table computes it itself", "");
        return;
    }
    enum pg_kind kind = pg_kind_of((uint32_t)strtoul(PQgetvalue(rows, row, AT_TYPE), NULL, 10),
                                   PQgetvalue(rows, row, AT_TYPE_NAME));
    enum pg_encoding encoding = pg_encoding_of(column->given, kind);
    if (encoding == PG_ENCODE_NONE) {
        pg_sql_format(list, "%scolumn \"%s\": table has %s, the pipeline gives %s",
                      list->len ? "; " : "", column->name, PQgetvalue(rows, row, AT_TYPE_SHOWN),
                      natural);
        return;
    }
    long typmod = strtol(PQgetvalue(rows, row, AT_TYPMOD), NULL, 10);
    column->kind = kind;
    column->encoding = encoding;
    column->limit = (kind == PG_VARCHAR || kind == PG_CHAR) && typmod > 4 ? (int32_t)typmod - 4 : 0;
    column->required = column->required || is_true(rows, row, AT_REQUIRED);
}

static void fit_others(const struct pg_table *t, const PGresult *rows, struct pg_sql *list)
{
    for (int row = 0; row < PQntuples(rows); row++) {
        const char *name = PQgetvalue(rows, row, AT_NAME);

        if (is_true(rows, row, AT_REQUIRED) && !is_true(rows, row, AT_FILLED) &&
            !find_column(t, name))
            differ(list, name, "the table needs a value, the pipeline gives none", "");
    }
}

/* Whole indexes only: one over some rows or over expressions does not make the key unique. */
static void put_index_query(const struct pg_table *t, struct pg_sql *sql, PGconn *connection,
                            const size_t *keys, size_t n)
{
    pg_sql_format(sql,
                  "SELECT EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = %u"
                  " AND i.indisunique AND i.indisvalid AND i.indpred IS NULL"
                  " AND i.indexprs IS NULL AND i.indnkeyatts = %zu AND NOT EXISTS ("
                  "SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = i.indrelid"
                  " AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])"
                  " AND a.attname::text <> ALL (ARRAY[",
                  (unsigned)t->oid, n);
    for (size_t i = 0; i < n; i++) {
        pg_sql_put(sql, i ? ", " : "");
        pg_sql_literal(sql, connection, t->columns[keys[i]].name);
    }
    pg_sql_put(sql, "]::text[])))");
}

static orch_status fit_index(const struct pg_table *t, struct pg_session *s, const size_t *keys,
                             size_t n, struct pg_sql *list, orch_error *err)
{
    struct pg_sql sql = {0};
    PGresult *result = NULL;

    put_index_query(t, &sql, s->connection, keys, n);
    orch_status st = pg_run(s, &sql, &result, err, "cannot read the indexes of %s", t->shown);
    if (st == ORCH_OK && !is_true(result, 0, 0)) {
        pg_sql_put(list, list->len ? "; no unique index on (" : "no unique index on (");
        for (size_t i = 0; i < n; i++)
            pg_sql_format(list, "%s%s", i ? ", " : "", t->columns[keys[i]].name);
        pg_sql_put(list, ")");
    }
    PQclear(result);
    pg_sql_release(&sql);
    return st;
}

static orch_status fit_kind(const struct pg_table *t, orch_error *err)
{
    if (t->kind == 'r' || t->kind == 'p')
        return ORCH_OK;
    orch_error_set(err, ORCH_ESCHEMA, "%s is not a table", t->shown);
    orch_error_detail(err, "it is a %s",
                      t->kind == 'v'   ? "view"
                      : t->kind == 'm' ? "materialized view"
                      : t->kind == 'f' ? "foreign table"
                                       : "relation of another kind");
    orch_error_hint(err, "name a table, or another name to have one created");
    return ORCH_ESCHEMA;
}

static orch_status table_attributes(const struct pg_table *t, struct pg_session *s,
                                    PGresult **rows, orch_error *err)
{
    struct pg_sql sql = {0};

    put_attributes(t, &sql);
    orch_status st = pg_run(s, &sql, rows, err, "cannot read the columns of %s", t->shown);
    pg_sql_release(&sql);
    return st;
}

static void note_zoneless(const struct pg_table *t, const struct pg_session *s)
{
    char text[256];

    for (size_t i = 0; i < t->n_columns; i++) {
        if (t->columns[i].kind != PG_TIMESTAMP)
            continue;
        int n = snprintf(text, sizeof text, "column \"%s\" of %s has no time zone: written in UTC",
                         t->columns[i].name, t->shown);
        if (n > 0)
            s->host->log(s->host, ORCH_LOG_INFO, "pg.timestamp", text);
    }
}

orch_status pg_table_fit(struct pg_table *t, struct pg_session *s, const size_t *keys,
                         size_t n_keys, orch_error *err)
{
    struct pg_sql list = {0};
    PGresult *rows = NULL;
    orch_status st = fit_kind(t, err);

    if (st == ORCH_OK)
        st = table_attributes(t, s, &rows, err);
    if (st != ORCH_OK)
        goto done;
    for (size_t i = 0; i < t->n_columns; i++)
        fit_column(&t->columns[i], rows, &list);
    fit_others(t, rows, &list);
    /* A missing key column was listed; an index on it cannot be looked for. */
    if (n_keys > 0)
        st = fit_index(t, s, keys, n_keys, &list, err);
    if (st != ORCH_OK)
        goto done;
    if (list.status != ORCH_OK) {
        st = orch_error_set(err, list.status, "out of memory");
    } else if (list.len > 0) {
        st = orch_error_set(err, ORCH_ESCHEMA, "table %s does not fit", t->shown);
        orch_error_detail(err, "%s", list.text);
        orch_error_hint(err, "alter the table, or give these columns in the script; a table that "
                             "does not exist is created as the pipeline needs it");
        goto done;
    }
    note_zoneless(t, s);
done:
    PQclear(rows);
    pg_sql_release(&list);
    return st;
}

orch_status pg_table_widen(struct pg_table *t, struct pg_session *s,
                           const struct ArrowSchema *schema, orch_error *err)
{
    struct pg_sql sql = {0};
    PGresult *rows = NULL;
    orch_status st = table_attributes(t, s, &rows, err);

    for (size_t i = 0; i < t->n_columns && st == ORCH_OK; i++) {
        const struct pg_column *column = &t->columns[i];

        if (find_row(rows, column->name) >= 0)
            continue;
        if (sql.len == 0) {
            pg_sql_put(&sql, "ALTER TABLE ");
            pg_table_put_name(t, &sql, s->connection);
        } else {
            pg_sql_put(&sql, ",");
        }
        pg_sql_put(&sql, " ADD COLUMN IF NOT EXISTS ");
        pg_sql_name(&sql, s->connection, column->name);
        pg_sql_put(&sql, " ");
        st = pg_table_put_type(&sql, s, column, schema->children[i], err);
    }
    if (st == ORCH_OK && sql.len > 0)
        st = pg_run(s, &sql, NULL, err, "cannot add columns to %s", t->shown);
    PQclear(rows);
    pg_sql_release(&sql);
    return st;
}
