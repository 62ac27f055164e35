/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg_scan.h"

static orch_status scan_prepare(struct pg_scan *scan, const char *query, PGresult **out,
                                orch_error *err)
{
    PGconn *connection = scan->session->connection;
    struct pg_sql sql = {0};
    char what[256];
    orch_status st = ORCH_OK;

    snprintf(what, sizeof what, "cannot read %s", scan->shown);
    /* The line break keeps a comment at the query's end from taking the bracket with it. */
    pg_sql_format(&sql, "SELECT * FROM (%s\n) AS q", query);
    if (sql.status != ORCH_OK) {
        st = orch_error_set(err, sql.status, "out of memory");
        goto done;
    }
    if (!PQsendPrepare(connection, "", sql.text, 0, NULL)) {
        st = pg_session_failed(scan->session, ORCH_EIO, err, what);
        goto done;
    }
    st = pg_collect(scan->session, NULL, err, what);
    if (st != ORCH_OK)
        goto done;
    if (!PQsendDescribePrepared(connection, "")) {
        st = pg_session_failed(scan->session, ORCH_EIO, err, what);
        goto done;
    }
    st = pg_collect(scan->session, out, err, what);
done:
    pg_sql_release(&sql);
    return st;
}

static orch_status column_describe(struct pg_scan *scan, const PGresult *result, size_t i,
                                   orch_error *err)
{
    struct pg_scan_column *column = &scan->columns[i];
    const char *name = PQfname(result, (int)i);

    for (size_t k = 0; k < i; k++) {
        if (strcmp(scan->columns[k].name, name) != 0)
            continue;
        orch_error_set(err, ORCH_ECONFIG, "%s has two columns \"%s\"", scan->shown, name);
        orch_error_hint(err, "give each column a name of its own: select ... as name");
        return ORCH_ECONFIG;
    }
    column->name = strdup(name);
    if (!column->name)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    column->kind = pg_kind_of((uint32_t)PQftype(result, (int)i), "");
    /* A number of any length, and texts that the server pads, are exact only as text. */
    column->as_text = column->kind == PG_OTHER || column->kind == PG_NUMERIC ||
                      column->kind == PG_CHAR;
    scan->n_columns = i + 1;
    return ORCH_OK;
}

orch_status pg_scan_describe(struct pg_scan *scan, struct pg_session *s, const char *query,
                             const char *shown, orch_error *err)
{
    PGresult *result = NULL;

    scan->session = s;
    scan->shown = shown;
    orch_status st = scan_prepare(scan, query, &result, err);
    if (st != ORCH_OK)
        return st;
    size_t n = (size_t)PQnfields(result);
    scan->columns = calloc(n ? n : 1, sizeof *scan->columns);
    if (!scan->columns)
        st = orch_error_set(err, ORCH_ENOMEM, "out of memory");
    for (size_t i = 0; i < n && st == ORCH_OK; i++)
        st = column_describe(scan, result, i, err);
    PQclear(result);
    return st;
}

static struct pg_scan_column *scan_find(struct pg_scan *scan, const char *name)
{
    for (size_t i = 0; i < scan->n_columns; i++)
        if (strcmp(scan->columns[i].name, name) == 0)
            return &scan->columns[i];
    return NULL;
}

static void columns_free(struct pg_scan_column *columns, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(columns[i].name);
    free(columns);
}

static orch_status pick_unknown(const struct pg_scan *scan, const char *name, orch_error *err)
{
    struct pg_sql list = {0};

    for (size_t i = 0; i < scan->n_columns; i++)
        pg_sql_format(&list, "%s%s", i ? ", " : "", scan->columns[i].name);
    orch_error_set(err, ORCH_ESCHEMA, "%s has no column \"%s\"", scan->shown, name);
    orch_error_detail(err, "its columns: %s", list.len ? list.text : "none");
    orch_error_at(err, 0, name);
    pg_sql_release(&list);
    return ORCH_ESCHEMA;
}

orch_status pg_scan_pick(struct pg_scan *scan, const char *const *names, size_t n,
                         orch_error *err)
{
    struct pg_scan_column *picked = calloc(n ? n : 1, sizeof *picked);
    orch_status st = picked ? ORCH_OK : orch_error_set(err, ORCH_ENOMEM, "out of memory");

    for (size_t i = 0; i < n && st == ORCH_OK; i++) {
        const struct pg_scan_column *found = scan_find(scan, names[i]);

        if (!found) {
            st = pick_unknown(scan, names[i], err);
            break;
        }
        picked[i] = *found;
        picked[i].name = strdup(found->name);
        if (!picked[i].name)
            st = orch_error_set(err, ORCH_ENOMEM, "out of memory");
    }
    if (st != ORCH_OK) {
        columns_free(picked, picked ? n : 0);
        return st;
    }
    columns_free(scan->columns, scan->n_columns);
    scan->columns = picked;
    scan->n_columns = n;
    return ORCH_OK;
}

void pg_scan_release(struct pg_scan *scan)
{
    columns_free(scan->columns, scan->n_columns);
    orch_builder_free(scan->builder);
    if (scan->schema.release)
        scan->schema.release(&scan->schema);
    *scan = (struct pg_scan){0};
}
