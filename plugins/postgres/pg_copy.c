/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_copy.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Large enough that a system call a piece is nothing, small enough to stay in the second cache
 * beside the batch. libpq copies each piece once more. */
#define PIECE_BYTES ((size_t)256 * 1024)

/* A COPY is ended and begun again after this much: see copy_flush. */
#define RENEW_BYTES ((size_t)16 * 1024 * 1024)

static const char copy_signature[] = "PGCOPY\n\377\r\n"; /* and its NUL: 11 bytes */

static orch_status copy_failed(struct pg_copy *copy, orch_status st, orch_error *err)
{
    char what[200];

    copy->active = false;
    snprintf(what, sizeof what, "cannot write into %s", copy->shown);
    if (st == ORCH_EIO && PQstatus(copy->session->connection) == CONNECTION_OK) {
        /* The server ended the COPY: its reason waits. */
        PQputCopyEnd(copy->session->connection, "failed");
        st = pg_session_flush(copy->session);
        if (st == ORCH_OK)
            st = pg_collect(copy->session, NULL, err, what);
        if (st != ORCH_OK)
            return st;
        return orch_error_set(err, ORCH_EINTERNAL, "%s", what);
    }
    return pg_session_failed(copy->session, st, err, what);
}

static orch_status copy_send(struct pg_copy *copy, const uint8_t *bytes, size_t len,
                             orch_error *err)
{
    PGconn *connection = copy->session->connection;

    while (len > 0) {
        size_t piece = len < PIECE_BYTES ? len : PIECE_BYTES;

        if (pg_session_cancelled(copy->session))
            return copy_failed(copy, ORCH_ECANCELLED, err);
        if (PQputCopyData(connection, (const char *)bytes, (int)piece) != 1)
            return copy_failed(copy, ORCH_EIO, err);
        /* Without this libpq would keep in memory whatever the server does not take yet. */
        orch_status st = pg_session_flush(copy->session);
        if (st != ORCH_OK)
            return copy_failed(copy, st, err);
        bytes += piece;
        len -= piece;
        copy->sent += piece;
    }
    return ORCH_OK;
}

static orch_status copy_start(struct pg_copy *copy, orch_error *err)
{
    orch_status st = pg_run(copy->session, &copy->sql, NULL, err, "cannot write into %s",
                            copy->shown);

    if (st != ORCH_OK)
        return st;
    copy->active = true;
    copy->sent = 0;
    memcpy(copy->buffer, copy_signature, sizeof copy_signature);
    memset(copy->buffer + sizeof copy_signature, 0, 8); /* no flags, no extension */
    copy->used = sizeof copy_signature + 8;
    return ORCH_OK;
}

static orch_status copy_finish(struct pg_copy *copy, orch_error *err)
{
    static const uint8_t trailer[2] = {0xFF, 0xFF};
    char what[200];
    orch_status st = copy_send(copy, trailer, sizeof trailer, err);

    if (st != ORCH_OK)
        return st;
    if (PQputCopyEnd(copy->session->connection, NULL) != 1)
        return copy_failed(copy, ORCH_EIO, err);
    st = pg_session_flush(copy->session);
    if (st != ORCH_OK)
        return copy_failed(copy, st, err);
    copy->active = false;
    snprintf(what, sizeof what, "cannot write into %s", copy->shown);
    return pg_collect(copy->session, NULL, err, what);
}

/* Sends the buffer, which ends with a row. A server that refused a row goes on to swallow all
 * that follows, and libpq does not look at its answer before the COPY ends: ending it now and
 * then bounds what is sent in vain. */
static orch_status copy_flush(struct pg_copy *copy, orch_error *err)
{
    orch_status st = copy_send(copy, copy->buffer, copy->used, err);

    copy->used = 0;
    if (st != ORCH_OK || copy->sent < RENEW_BYTES)
        return st;
    st = copy_finish(copy, err);
    return st == ORCH_OK ? copy_start(copy, err) : st;
}

orch_status pg_copy_begin(struct pg_copy *copy, struct pg_session *s, const struct pg_sql *sql,
                          const char *shown, orch_error *err)
{
    copy->session = s;
    copy->used = 0;
    snprintf(copy->shown, sizeof copy->shown, "%s", shown);
    pg_sql_reset(&copy->sql);
    if (sql->status == ORCH_OK)
        pg_sql_put(&copy->sql, sql->text);
    else
        copy->sql.status = sql->status;
    if (!copy->buffer) {
        copy->buffer = malloc(PIECE_BYTES);
        if (!copy->buffer)
            return orch_error_set(err, ORCH_ENOMEM, "out of memory");
        copy->capacity = PIECE_BYTES;
    }
    return copy_start(copy, err);
}

orch_status pg_copy_reserve(struct pg_copy *copy, size_t bytes, orch_error *err)
{
    if (bytes <= copy->capacity - copy->used)
        return ORCH_OK;
    orch_status st = copy_flush(copy, err);
    if (st != ORCH_OK || bytes <= copy->capacity - copy->used)
        return st;
    size_t capacity = copy->used + bytes;
    uint8_t *larger = realloc(copy->buffer, capacity);
    if (!larger)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    copy->buffer = larger;
    copy->capacity = capacity;
    return ORCH_OK;
}

orch_status pg_copy_end(struct pg_copy *copy, orch_error *err)
{
    if (!copy->active)
        return ORCH_OK;
    orch_status st = copy_send(copy, copy->buffer, copy->used, err);
    copy->used = 0;
    return st == ORCH_OK ? copy_finish(copy, err) : st;
}

void pg_copy_release(struct pg_copy *copy)
{
    free(copy->buffer);
    pg_sql_release(&copy->sql);
    *copy = (struct pg_copy){0};
}
