/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_scan.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static orch_status scan_failed(struct pg_scan *scan, orch_status st, orch_error *err)
{
    char what[256];

    scan->ended = true;
    snprintf(what, sizeof what, "cannot read %s", scan->shown);
    return pg_session_failed(scan->session, st, err, what);
}

/* A database without an encoding keeps any bytes, and its server ends a COPY at the first text that
 * is not UTF-8. Asked for no encoding it sends them as they are, and only their rows are rejected.
 * The end of the transaction takes this back. */
static orch_status scan_take_any_bytes(struct pg_scan *scan, orch_error *err)
{
    const char *encoding = PQparameterStatus(scan->session->connection, "server_encoding");
    struct pg_sql sql = {0};

    if (!encoding || strcmp(encoding, "SQL_ASCII") != 0)
        return ORCH_OK;
    pg_sql_put(&sql, "SET LOCAL client_encoding = 'SQL_ASCII'");
    orch_status st = pg_run(scan->session, &sql, NULL, err, "cannot read %s", scan->shown);
    pg_sql_release(&sql);
    return st;
}

orch_status pg_scan_begin(struct pg_scan *scan, const char *query, orch_error *err)
{
    PGconn *connection = scan->session->connection;
    struct pg_sql sql = {0};
    orch_status st = pg_scan_schema(scan, err);

    if (st == ORCH_OK)
        st = scan_take_any_bytes(scan, err);
    if (st != ORCH_OK)
        return st;
    pg_sql_put(&sql, "COPY (SELECT ");
    for (size_t i = 0; i < scan->n_columns; i++) {
        pg_sql_put(&sql, i ? ", q." : "q.");
        pg_sql_name(&sql, connection, scan->columns[i].name);
        pg_sql_put(&sql, scan->columns[i].as_text ? "::text" : "");
    }
    pg_sql_put(&sql, " FROM (");
    pg_sql_put(&sql, query);
    pg_sql_put(&sql, "\n) AS q) TO STDOUT (FORMAT binary)");
    st = pg_run(scan->session, &sql, NULL, err, "cannot read %s", scan->shown);
    pg_sql_release(&sql);
    return st;
}

/* The server's word on the whole COPY: without it, or with another count, rows are missing. */
static orch_status scan_finish(struct pg_scan *scan, orch_error *err)
{
    PGresult *result = NULL;
    char what[256];

    scan->ended = true;
    snprintf(what, sizeof what, "cannot read %s", scan->shown);
    orch_status st = pg_collect(scan->session, &result, err, what);
    if (st == ORCH_OK && (PQresultStatus(result) != PGRES_COMMAND_OK ||
                          strtoll(PQcmdTuples(result), NULL, 10) != scan->records))
        st = pg_scan_malformed(scan, err);
    PQclear(result);
    return st;
}

static orch_status scan_step(struct pg_scan *scan, orch_error *err)
{
    PGconn *connection = scan->session->connection;
    char *message = NULL;
    int len = PQgetCopyData(connection, &message, 1);

    if (len == -1)
        return scan_finish(scan, err);
    if (len == 0) {
        orch_status st = pg_session_wait(scan->session, POLLIN);
        if (st != ORCH_OK)
            return scan_failed(scan, st, err);
        return PQconsumeInput(connection) ? ORCH_OK : scan_finish(scan, err);
    }
    if (len < 0)
        return scan_finish(scan, err);
    orch_status st = pg_scan_message(scan, (const unsigned char *)message, (size_t)len, err);
    PQfreemem(message);
    return st;
}

orch_status pg_scan_fill(struct pg_scan *scan, int64_t rows, int64_t bytes, orch_error *err)
{
    const orch_builder *b = scan->builder;
    int64_t until = scan->bytes + bytes;

    scan->cut = false;
    if (pg_session_cancelled(scan->session))
        return scan_failed(scan, ORCH_ECANCELLED, err);
    while (!scan->ended && orch_builder_rows(b) < rows &&
           (orch_builder_rows(b) == 0 || (scan->bytes < until && !scan->cut))) {
        orch_status st = scan_step(scan, err);
        if (st != ORCH_OK)
            return st;
    }
    return orch_builder_rows(b) > 0 ? ORCH_OK : ORCH_END;
}
