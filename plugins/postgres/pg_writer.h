/* SPDX-License-Identifier: Apache-2.0 */
/* The destination: one transaction from begin to end. */
#ifndef PG_WRITER_H
#define PG_WRITER_H

#include "pg_copy.h"
#include "pg_table.h"

struct orch_destination {
    const orch_host *host;
    atomic_bool interrupted;
    struct pg_session session;
    orch_writer *writer; /* the one that is open */
};

/* How rows reach the table.
 *   direct  COPY into it: append; replace after a DELETE; any mode into a table just created,
 *           whose key is then built over the finished rows
 *   staged  COPY into a temporary table, merged at finish: upsert into a table that exists */
struct orch_writer {
    orch_destination *owner;
    struct pg_session *session;
    uint32_t mode;
    bool for_ledger; /* begun without a schema */
    bool staged, finished, committed, failed;
    struct ArrowSchema schema; /* own copy */
    struct pg_table table, stage; /* the stage borrows its columns from the table */
    struct pg_copy copy;
    size_t *keys; /* indices of columns */
    size_t n_keys;
    int64_t rows;
};

extern const orch_destination_ops pg_destination_ops;

/* Takes lock and transaction, makes the target ready. On failure nothing is left open. */
orch_status pg_writer_begin(orch_destination *d, const orch_write_request *request,
                            const struct ArrowSchema *schema, orch_writer **out, orch_error *err);
/* Merges and counts. */
orch_status pg_writer_finish(orch_writer *w, orch_write_counts *counts, orch_error *err);
void pg_writer_free(orch_writer *w);

#endif
