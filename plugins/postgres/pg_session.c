/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_session.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "pg_error.h"

#define TICK_MS 100
#define REST_MS 700

int64_t pg_now_ms(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t pg_option_int(const orch_host *host, const char *name)
{
    size_t len = 0;
    const char *text = host->option(host, name, 0, &len);

    return text ? strtoll(text, NULL, 10) : 0;
}

bool pg_session_cancelled(const struct pg_session *s)
{
    return atomic_load_explicit(s->interrupted, memory_order_acquire) ||
           s->host->cancelled(s->host);
}

void pg_session_close(struct pg_session *s)
{
    PQfinish(s->connection);
    s->connection = NULL;
}

static bool session_overdue(const struct pg_session *s, int64_t since_ms)
{
    int64_t now = pg_now_ms();

    return (s->deadline_ms && now >= s->deadline_ms) ||
           (s->silence_ms && now - since_ms >= s->silence_ms);
}

orch_status pg_session_wait(struct pg_session *s, short events)
{
    int64_t began = pg_now_ms();

    for (;;) {
        struct pollfd socket = {.fd = PQsocket(s->connection), .events = events};

        if (!s->closing && pg_session_cancelled(s))
            return ORCH_ECANCELLED;
        if (session_overdue(s, began))
            return ORCH_ETIMEOUT;
        if (socket.fd < 0)
            return ORCH_EIO;
        int ready = poll(&socket, 1, TICK_MS);
        if (ready > 0)
            return ORCH_OK;
        if (ready < 0 && errno != EINTR)
            return ORCH_EIO;
    }
}

orch_status pg_session_flush(struct pg_session *s)
{
    int pending;

    while ((pending = PQflush(s->connection)) > 0) {
        orch_status st = pg_session_wait(s, POLLIN | POLLOUT);
        if (st != ORCH_OK)
            return st;
        /* A server that waits for us to read would never read from us. */
        if (!PQconsumeInput(s->connection))
            return ORCH_EIO;
    }
    return pending < 0 ? ORCH_EIO : ORCH_OK;
}

static orch_status session_next_result(struct pg_session *s, PGresult **out)
{
    while (PQisBusy(s->connection)) {
        orch_status st = pg_session_wait(s, POLLIN);
        if (st != ORCH_OK)
            return st;
        if (!PQconsumeInput(s->connection))
            break; /* PQgetResult now has the reason */
    }
    *out = PQgetResult(s->connection);
    return ORCH_OK;
}

static bool result_is_copy(const PGresult *result)
{
    ExecStatusType status = PQresultStatus(result);

    return status == PGRES_COPY_IN || status == PGRES_COPY_OUT;
}

/* The last result, or the first one that failed or starts a COPY. */
static orch_status session_results(struct pg_session *s, PGresult **out)
{
    PGresult *kept = NULL;
    PGresult *next = NULL;

    for (;;) {
        orch_status st = session_next_result(s, &next);
        if (st != ORCH_OK) {
            PQclear(kept);
            return st;
        }
        if (!next)
            break;
        if (kept && PQresultStatus(kept) == PGRES_FATAL_ERROR) {
            PQclear(next);
        } else {
            PQclear(kept);
            kept = next;
        }
        if (result_is_copy(kept) || PQstatus(s->connection) == CONNECTION_BAD)
            break;
    }
    *out = kept;
    return ORCH_OK;
}

/* Asks the server to stop. PQcancel opens a second connection and waits for it; on a network
 * that swallows packets the host's own deadline for this process decides. */
static void session_cancel_statement(struct pg_session *s)
{
    char ignored[256];
    PGcancel *cancel = PQgetCancel(s->connection);

    if (cancel)
        PQcancel(cancel, ignored, sizeof ignored);
    PQfreeCancel(cancel);
}

static void session_drain(struct pg_session *s)
{
    PGresult *result = NULL;
    char *row = NULL;

    while (PQtransactionStatus(s->connection) == PQTRANS_ACTIVE) {
        if (session_results(s, &result) != ORCH_OK)
            return;
        ExecStatusType status = PQresultStatus(result);
        PQclear(result);
        result = NULL;
        if (status == PGRES_COPY_IN && PQputCopyEnd(s->connection, "stopped") < 0)
            return;
        while (status == PGRES_COPY_OUT && PQgetCopyData(s->connection, &row, 1) > 0)
            PQfreemem(row);
        if (pg_session_flush(s) != ORCH_OK || PQstatus(s->connection) == CONNECTION_BAD)
            return;
        if (status == PGRES_COPY_OUT && pg_session_wait(s, POLLIN) == ORCH_OK &&
            !PQconsumeInput(s->connection))
            return;
    }
}

static void session_stop(struct pg_session *s)
{
    if (PQtransactionStatus(s->connection) != PQTRANS_ACTIVE)
        return;
    session_cancel_statement(s);
    session_drain(s);
}

static void session_roll_back(struct pg_session *s)
{
    PGresult *result = NULL;
    PGTransactionStatusType status = PQtransactionStatus(s->connection);

    if (status != PQTRANS_INTRANS && status != PQTRANS_INERROR)
        return;
    if (PQsendQuery(s->connection, "ROLLBACK") && pg_session_flush(s) == ORCH_OK)
        session_results(s, &result);
    PQclear(result);
}

void pg_session_rest(struct pg_session *s)
{
    if (!s->connection)
        return;
    s->closing = true;
    s->deadline_ms = pg_now_ms() + REST_MS;
    session_stop(s);
    session_roll_back(s);
    s->closing = false;
    s->deadline_ms = 0;
    if (PQtransactionStatus(s->connection) != PQTRANS_IDLE)
        pg_session_close(s);
}

orch_status pg_session_failed(struct pg_session *s, orch_status st, orch_error *err,
                              const char *what)
{
    if (st == ORCH_ECANCELLED) {
        orch_error_set(err, st, "stopped on request");
        orch_error_detail(err, "PostgreSQL at %s was at work", s->place);
        pg_session_rest(s);
        return st;
    }
    PGresult *result = NULL;

    if (st == ORCH_ETIMEOUT)
        return pg_error_silent(s, err, what);
    /* With the connection gone this does not block and tells the server's last words. */
    if (PQstatus(s->connection) == CONNECTION_BAD)
        result = PQgetResult(s->connection);
    st = pg_error_result(s, result, err, what);
    PQclear(result);
    return st;
}

orch_status pg_collect(struct pg_session *s, PGresult **out, orch_error *err, const char *what)
{
    PGresult *result = NULL;
    orch_status st = session_results(s, &result);

    if (st != ORCH_OK)
        return pg_session_failed(s, st, err, what);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && !result_is_copy(result)) {
        st = pg_error_result(s, result, err, what);
        goto done;
    }
    if (out) {
        *out = result;
        result = NULL;
    }
done:
    PQclear(result);
    return st;
}

orch_status pg_run(struct pg_session *s, const struct pg_sql *sql, PGresult **out,
                   orch_error *err, const char *what, ...)
{
    char message[400];
    va_list args;

    va_start(args, what);
    vsnprintf(message, sizeof message, what, args);
    va_end(args);
    if (sql->status == ORCH_ENOMEM)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    if (sql->status != ORCH_OK) {
        orch_error_set(err, sql->status, "%s", message);
        orch_error_detail(err, "a name or value is not valid UTF-8");
        return sql->status;
    }
    if (pg_session_cancelled(s))
        return pg_session_failed(s, ORCH_ECANCELLED, err, message);
    if (!PQsendQuery(s->connection, sql->text))
        return pg_session_failed(s, ORCH_EIO, err, message);
    orch_status st = pg_session_flush(s);
    if (st != ORCH_OK)
        return pg_session_failed(s, st, err, message);
    return pg_collect(s, out, err, message);
}
