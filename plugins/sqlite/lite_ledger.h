/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's tables in a SQLite file. Their columns are those of the batches handed over, after
 * fid INTEGER PRIMARY KEY; columns that come up later are added. */
#ifndef LITE_LEDGER_H
#define LITE_LEDGER_H

#include "orch/arrow.h"
#include "lite_store.h"

/* Is it one of orchestra_run, orchestra_input, orchestra_reject? */
bool lite_ledger_is_table(const char *name);

/* Makes table and columns fit and adds the rows; takes the batch on ORCH_OK. *created tells
 * whether the table is new (NULL allowed). ORCH_ESCHEMA: a column is there with another type. */
orch_status lite_ledger_write(struct lite_store *s, const char *table,
                              const struct ArrowSchema *schema, struct ArrowArray *batch,
                              bool *created, orch_error *err);

/* Rows of a ledger table, the newest run first, within a run by number. An empty batch of no
 * columns when there is no such table. */
orch_status lite_ledger_read(struct lite_store *s, const orch_ledger_query *query,
                             struct ArrowSchema *schema, struct ArrowArray *batch,
                             orch_error *err);
/* The empty batch of no columns. */
orch_status lite_ledger_nothing(struct ArrowSchema *schema, struct ArrowArray *batch,
                                orch_error *err);

#endif
