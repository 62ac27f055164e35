/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a batch from a connector as hostile: child and buffer counts, lengths, offsets that rise
 * and stay inside the data, null counts, UTF-8 of text. What passed may be read without checks. */
#ifndef ORCH_DATA_BATCH_CHECK_H
#define ORCH_DATA_BATCH_CHECK_H

#include "orch/arrow.h"
#include "orch/connector.h"

/* ORCH_EINTERNAL with the column and what is wrong with it; the hint says to report it to the
 * connector's author. */
orch_status orch_batch_check(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                             orch_error *err);

#endif
