/* SPDX-License-Identifier: Apache-2.0 */
/* Keys and the merge of staged rows into a table that exists. */
#ifndef PG_UPSERT_H
#define PG_UPSERT_H

#include "pg_table.h"

/* Creates the temporary table that takes the rows meant for `t`, with the types of `t`, and makes
 * *stage describe it (its columns are those of `t`, borrowed). */
orch_status pg_stage_create(struct pg_table *stage, const struct pg_table *t,
                            struct pg_session *s, orch_error *err);

/* Puts a primary key on a table created and filled in this transaction; rows that share a key are
 * ORCH_ECONFLICT. */
orch_status pg_keys_add(const struct pg_table *t, struct pg_session *s, const size_t *keys,
                        size_t n, orch_error *err);
/* The same, but when rows share a key all but the last written go; *removed counts them. */
orch_status pg_keys_merge(const struct pg_table *t, struct pg_session *s, const size_t *keys,
                          size_t n, int64_t *removed, orch_error *err);
/* Removes such rows from the stage, which gets no index. */
orch_status pg_stage_dedupe(const struct pg_table *stage, struct pg_session *s,
                            const size_t *keys, size_t n, int64_t *removed, orch_error *err);

/* Merges the stage, whose keys are unique, into `t`, which nobody else writes. */
orch_status pg_stage_merge(const struct pg_table *stage, const struct pg_table *t,
                           struct pg_session *s, const size_t *keys, size_t n, int64_t *inserted,
                           int64_t *updated, orch_error *err);

#endif
