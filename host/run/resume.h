/* SPDX-License-Identifier: Apache-2.0 */
/* Reading on where the last loaded run of a pipeline stopped; private to the run layer.
 *
 * A position belongs to its pipeline, source connector and target: for another one the source reads
 * from the start. So it does for a run that replaces the target, whose rows would be gone, and with
 * --from-start. A run with --limit does not move the position. */
#ifndef ORCH_RUN_RESUME_H
#define ORCH_RUN_RESUME_H

#include "run/session.h"

/* After the ledger was asked for s->last: decides whether its position is given to the source.
 * ORCH_ECONFIG when it should be and cannot. */
orch_status orch_resume_begin(struct orch_session *s, orch_error *err);
/* After the stream: puts the position that the ledger is to hold into the report. */
orch_status orch_resume_end(struct orch_session *s, orch_error *err);
/* Nothing came since the last run. */
bool orch_resume_nothing_new(const struct orch_session *s);

#endif
