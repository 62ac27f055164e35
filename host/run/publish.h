/* SPDX-License-Identifier: Apache-2.0 */
/* The end of an attempt that read all rows: the books are balanced, the run goes into the ledger,
 * and one commit makes everything visible. Private to the run layer. */
#ifndef ORCH_RUN_PUBLISH_H
#define ORCH_RUN_PUBLISH_H

#include "run/session.h"

/* After the stream. Sets the report's outcome; a dry run ends before the ledger. */
orch_status orch_publish(struct orch_session *s, orch_error *err);

/* Writes the run's row and its inputs, as the report has them. [writer] */
orch_status orch_publish_ledger(struct orch_session *s, orch_error *err);

#endif
