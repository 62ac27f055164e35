/* SPDX-License-Identifier: Apache-2.0 */
/* What the server or libpq says, as an orch_error. */
#ifndef PG_ERROR_H
#define PG_ERROR_H

#include "pg_session.h"

/* Fills err from a failed result (NULL: the connection's own error): `what` is the message, the
 * server's words are the detail, the SQLSTATE decides code, flag and hint. Returns the code. */
orch_status pg_error_result(const struct pg_session *s, const PGresult *result, orch_error *err,
                            const char *what);
/* Fills err when no sign of the server came within the session's silence_ms, and closes the
 * connection. */
orch_status pg_error_silent(struct pg_session *s, orch_error *err, const char *what);
/* Fills err after a connection attempt that failed. */
orch_status pg_error_connect(const struct pg_session *s, orch_error *err);
/* The five letters of the SQLSTATE that libpq put into a verbose message; NULL if none. */
const char *pg_error_find_state(const char *text);

#endif
