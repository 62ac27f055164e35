/* SPDX-License-Identifier: Apache-2.0 */
/* Batches as rows of a binary COPY. */
#ifndef PG_ENCODE_H
#define PG_ENCODE_H

#include "pg_copy.h"
#include "pg_kind.h"

/* Are all values of the batch such that the columns take them? ORCH_EDATA names column, value and
 * row; `rows_before` counts the rows of earlier batches. Column by column, so that encoding needs
 * no test. */
orch_status pg_batch_check(const char *shown, const struct pg_column *columns,
                           const orch_view *view, int64_t rows_before, orch_error *err);

/* Appends the rows of a checked batch to the COPY. */
orch_status pg_batch_encode(struct pg_copy *copy, const struct pg_column *columns,
                            const orch_view *view, orch_error *err);

#endif
