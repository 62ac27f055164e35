/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger: tables of the schema "orchestra" in the same database. */
#ifndef PG_LEDGER_H
#define PG_LEDGER_H

#include "pg_copy.h"

/* Appends the rows of `batch` (borrowed) to a ledger table; creates what is missing of schema,
 * table and columns. `copy` is idle. */
orch_status pg_ledger_write(struct pg_session *s, struct pg_copy *copy, const char *table,
                            const struct ArrowSchema *schema, const struct ArrowArray *batch,
                            orch_error *err);
/* The rows asked for; a table that does not exist gives a batch of no columns. */
orch_status pg_ledger_read(struct pg_session *s, const orch_ledger_query *query,
                           struct ArrowSchema *schema, struct ArrowArray *batch,
                           orch_error *err);

#endif
