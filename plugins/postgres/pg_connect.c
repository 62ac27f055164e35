/* SPDX-License-Identifier: Apache-2.0 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg_error.h"
#include "pg_session.h"

#define CONNECT_MS 30000

/* Table locks are waited for this long at least: a vacuum by the server gives way to whoever
 * waits, but only after its deadlock_timeout of one second. */
#define TABLE_LOCK_MS 3000

/* A peer that vanished without a word (cable, firewall, machine) is given up after five minutes;
 * the systems' own defaults are a quarter of an hour for what was sent and two hours for silence.
 * The server is asked for the same: else its process would keep the lock of the pipeline. */
#define DEAD_IDLE_S "60"
#define DEAD_INTERVAL_S "30"
#define DEAD_COUNT "8"
#define DEAD_MS "300000"

static const char *conninfo_value(const PQconninfoOption *options, const char *keyword)
{
    for (; options && options->keyword; options++)
        if (strcmp(options->keyword, keyword) == 0 && options->val)
            return options->val;
    return "";
}

/* A password with "@" or "/" that is not percent-encoded slips into host, port or database,
 * and libpq would then quote it in its messages: refuse without showing anything. */
orch_status pg_session_check(const orch_host *host, orch_error *err)
{
    size_t len = 0;
    const char *uri = host->option(host, "uri", 0, &len);
    if (!uri)
        return ORCH_OK;
    char *ignored = NULL;
    PQconninfoOption *options = PQconninfoParse(uri, &ignored);
    const char *port = conninfo_value(options, "port");
    bool sound = options && !strchr(conninfo_value(options, "host"), '@') &&
                 !strchr(conninfo_value(options, "dbname"), '@') &&
                 port[strspn(port, "0123456789,")] == '\0';

    PQconninfoFree(options);
    PQfreemem(ignored);
    if (sound)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "option uri is not a connection string of PostgreSQL");
    orch_error_hint(err, "postgresql://user@host:port/database, or key=value words; write "
                         "special characters of a password as %%40, %%2F, ...");
    return ORCH_ECONFIG;
}

static void session_notice(void *ctx, const PGresult *result)
{
    const struct pg_session *s = ctx;
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);

    if (text)
        s->host->log(s->host, ORCH_LOG_DEBUG, "pg.notice", text);
}

static void session_name_place(struct pg_session *s)
{
    const char *host = PQhost(s->connection);
    const char *port = PQport(s->connection);

    snprintf(s->place, sizeof s->place, "%.200s:%.20s", host && *host ? host : "local socket",
             port && *port ? port : "5432");
}

static orch_status session_start(struct pg_session *s, const char *uri, orch_error *err)
{
    /* What comes later overrides: the uri what is before it, but texts are UTF-8 always. */
    const char *keywords[] = {"application_name", "keepalives_idle", "keepalives_interval",
                              "keepalives_count", "tcp_user_timeout",
                              uri ? "dbname" : "client_encoding", "client_encoding", NULL};
    const char *values[] = {"orchestra", DEAD_IDLE_S, DEAD_INTERVAL_S, DEAD_COUNT,
                            DEAD_MS, uri ? uri : "UTF8", "UTF8", NULL};

    s->connection = PQconnectStartParams(keywords, values, 1);
    if (!s->connection)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    session_name_place(s);
    if (PQstatus(s->connection) == CONNECTION_BAD)
        return pg_error_connect(s, err);
    PQsetNoticeReceiver(s->connection, session_notice, s);
    /* The only way to learn the SQLSTATE of a refused connection is its verbose message. */
    PQsetErrorVerbosity(s->connection, PQERRORS_VERBOSE);
    return ORCH_OK;
}

static int64_t session_connect_ms(const struct pg_session *s)
{
    PQconninfoOption *options = PQconninfo(s->connection);
    int64_t seconds = strtoll(conninfo_value(options, "connect_timeout"), NULL, 10);

    PQconninfoFree(options);
    return seconds > 0 && seconds < 3600 ? seconds * 1000 : CONNECT_MS;
}

static orch_status session_connect(struct pg_session *s, orch_error *err)
{
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    orch_status st = ORCH_OK;

    s->deadline_ms = pg_now_ms() + session_connect_ms(s);
    while (next != PGRES_POLLING_OK && next != PGRES_POLLING_FAILED) {
        st = pg_session_wait(s, next == PGRES_POLLING_READING ? POLLIN : POLLOUT);
        if (st != ORCH_OK)
            break;
        next = PQconnectPoll(s->connection);
    }
    s->deadline_ms = 0;
    session_name_place(s);
    if (st == ORCH_ECANCELLED)
        return orch_error_set(err, st, "stopped on request");
    if (st == ORCH_ETIMEOUT) {
        orch_error_set(err, st, "cannot connect to PostgreSQL at %s", s->place);
        orch_error_detail(err, "no answer in time");
        orch_error_hint(err, "check host, port and firewall, or raise connect_timeout");
        if (err)
            err->flags |= ORCH_ERROR_RETRYABLE;
        return st;
    }
    return next == PGRES_POLLING_OK ? ORCH_OK : pg_error_connect(s, err);
}

int64_t pg_session_lock_ms(const struct pg_session *s)
{
    int64_t wait_ms = pg_option_int(s->host, "lock_wait");

    return wait_ms > TABLE_LOCK_MS ? wait_ms : TABLE_LOCK_MS;
}

static orch_status session_settle(struct pg_session *s, orch_error *err)
{
    struct pg_sql sql = {0};

    PQsetErrorVerbosity(s->connection, PQERRORS_DEFAULT);
    if (PQsetnonblocking(s->connection, 1) != 0)
        return pg_error_connect(s, err);
    pg_sql_put(&sql, "SET TimeZone = 'UTC'; SET DateStyle = 'ISO'; SET IntervalStyle = 'iso_8601';"
                     "SET bytea_output = 'hex'; SET extra_float_digits = 1;"
                     "SET tcp_keepalives_idle = " DEAD_IDLE_S ";"
                     "SET tcp_keepalives_interval = " DEAD_INTERVAL_S ";"
                     "SET tcp_keepalives_count = " DEAD_COUNT ";");
    if (PQserverVersion(s->connection) >= 120000) /* an older server does not know it */
        pg_sql_put(&sql, "SET tcp_user_timeout = " DEAD_MS ";");
    pg_sql_format(&sql, "SET lock_timeout = %lld;",
                  (long long)pg_session_lock_ms(s));
    if (pg_option_int(s->host, "statement_timeout") > 0)
        pg_sql_format(&sql, "SET statement_timeout = %lld",
                      (long long)pg_option_int(s->host, "statement_timeout"));
    orch_status st = pg_run(s, &sql, NULL, err, "cannot set up the session at %s", s->place);
    pg_sql_release(&sql);
    if (pg_option_int(s->host, "statement_timeout") > 0)
        s->silence_ms = pg_option_int(s->host, "statement_timeout") + PG_STATEMENT_GRACE_MS;
    return st;
}

orch_status pg_session_open(struct pg_session *s, orch_error *err)
{
    size_t len = 0;
    const char *uri = s->host->option(s->host, "uri", 0, &len);

    if (s->connection && PQstatus(s->connection) == CONNECTION_OK)
        return ORCH_OK;
    pg_session_close(s);
    orch_status st = session_start(s, uri, err);
    if (st == ORCH_OK)
        st = session_connect(s, err);
    if (st == ORCH_OK)
        st = session_settle(s, err);
    if (st != ORCH_OK)
        pg_session_close(s);
    return st;
}
