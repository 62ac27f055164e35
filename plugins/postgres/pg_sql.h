/* SPDX-License-Identifier: Apache-2.0 */
/* Text of a statement, built piece by piece with every name and literal quoted by libpq.
 *
 * Invariants: the first failure sticks in `status`; later pieces are ignored, and whoever runs the
 * text reports it, so that builders need no check of their own. A zeroed value is empty. */
#ifndef PG_SQL_H
#define PG_SQL_H

#include <libpq-fe.h>

#include "orch/connector.h"

struct pg_sql {
    char *text; /* NUL-terminated once anything was put */
    size_t len, capacity;
    orch_status status; /* ORCH_ENOMEM, or ORCH_EINVAL: a name that is not UTF-8 */
};

void pg_sql_put(struct pg_sql *sql, const char *text);
void pg_sql_format(struct pg_sql *sql, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void pg_sql_name(struct pg_sql *sql, PGconn *connection, const char *name);
void pg_sql_literal(struct pg_sql *sql, PGconn *connection, const char *text);
void pg_sql_reset(struct pg_sql *sql);   /* empties, keeps memory, forgets a failure */
void pg_sql_release(struct pg_sql *sql);

#endif
