/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to a server and the statements run on it.
 *
 * libpq is used without blocking: every wait is a poll in short ticks that looks at the
 * instance's interrupt flag, so that a statement, a COPY or a connection attempt can be stopped
 * without a call from another thread.
 *
 * Invariants: `connection` is NULL or up; after a lost connection it stays, marked bad, until
 * pg_session_close; one that fell silent is closed at once. All calls belong to one lane. */
#ifndef PG_SESSION_H
#define PG_SESSION_H

#include <stdatomic.h>

#include <libpq-fe.h>

#include "orch/connector.h"
#include "orch/error.h"

#include "pg_sql.h"

/* A server that is there stops a statement by itself when its statement_timeout is over; one that
 * says nothing so long after that is none. */
#define PG_STATEMENT_GRACE_MS 3000

struct pg_session {
    const orch_host *host;
    const atomic_bool *interrupted; /* the instance's flag */
    PGconn *connection;
    int64_t deadline_ms; /* monotonic; 0: none */
    int64_t silence_ms;  /* longest wait for a sign of the server; 0: any */
    bool closing;        /* cleaning up: cancelling is ignored, the deadline is not */
    char place[256];     /* "localhost:5432": where it connects, for people */
};

/* ORCH_ECONFIG when the option uri is none; connects to nothing. */
orch_status pg_session_check(const orch_host *host, orch_error *err);
/* Connects with the instance's options unless connected. ORCH_ECONFIG, ORCH_EAUTH,
 * ORCH_EIO|RETRYABLE, ORCH_ETIMEOUT; no text of the error holds the uri. */
orch_status pg_session_open(struct pg_session *s, orch_error *err);
void pg_session_close(struct pg_session *s);

bool pg_session_cancelled(const struct pg_session *s);
/* Until the socket is ready for `events`. ORCH_ECANCELLED, ORCH_ETIMEOUT (deadline), ORCH_EIO. */
orch_status pg_session_wait(struct pg_session *s, short events);
/* Sends what libpq has buffered. */
orch_status pg_session_flush(struct pg_session *s);
/* Fills err for a failed wait, flush or call of libpq, and stops what runs. */
orch_status pg_session_failed(struct pg_session *s, orch_status st, orch_error *err,
                              const char *what);

/* Runs statements; the result of the last one, or of a COPY that starts, goes to *out (NULL: not
 * wanted), freed with PQclear. `what` is the error's message: "cannot create table %s". */
orch_status pg_run(struct pg_session *s, const struct pg_sql *sql, PGresult **out,
                   orch_error *err, const char *what, ...) __attribute__((format(printf, 5, 6)));
/* The outcome of statements sent or of a COPY that ended. */
orch_status pg_collect(struct pg_session *s, PGresult **out, orch_error *err, const char *what);

/* Ends whatever runs and rolls back: at most about a second, and not cancellable. A connection
 * that cannot be brought to rest is closed. */
void pg_session_rest(struct pg_session *s);

/* How long locks of tables are waited for. [control] */
int64_t pg_session_lock_ms(const struct pg_session *s);
int64_t pg_now_ms(void);
/* The instance's option as a number, 0 when absent. [control] */
int64_t pg_option_int(const orch_host *host, const char *name);

#endif
