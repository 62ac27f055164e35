/* SPDX-License-Identifier: Apache-2.0 */
/* A binary COPY into a table: a buffer that callers fill in place.
 *
 * Invariants: between begin and end the connection does nothing else; `used` <= `capacity`. After
 * a failure the COPY has ended and only release is left. */
#ifndef PG_COPY_H
#define PG_COPY_H

#include "pg_session.h"

struct pg_copy {
    struct pg_session *session;
    bool active;
    char shown[160];   /* the table, for errors */
    struct pg_sql sql; /* how it began */
    uint8_t *buffer;
    size_t used, capacity;
    size_t sent; /* bytes since it began */
};

/* Starts the COPY that `sql` says. `shown`: the table as people know it. */
orch_status pg_copy_begin(struct pg_copy *copy, struct pg_session *s, const struct pg_sql *sql,
                          const char *shown, orch_error *err);
/* Makes room for `bytes` more at buffer + used, sending what is there if need be. */
orch_status pg_copy_reserve(struct pg_copy *copy, size_t bytes, orch_error *err);
/* Sends the rest and waits for the server's word. Not active: nothing to do. */
orch_status pg_copy_end(struct pg_copy *copy, orch_error *err);
void pg_copy_release(struct pg_copy *copy);

#endif
