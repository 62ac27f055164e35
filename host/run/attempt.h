/* SPDX-License-Identifier: Apache-2.0 */
/* One attempt at a run: both ends opened, rows read, planned, written and committed. Private to the
 * run layer. */
#ifndef ORCH_RUN_ATTEMPT_H
#define ORCH_RUN_ATTEMPT_H

#include "run/session.h"

/* The hint where nobody can say whether rows are there. */
extern const char orch_commit_unknown[];

/* Takes a session with registry, request, report, isolation, pipeline and times set, and leaves it
 * open. When an attempt before may have committed, the ledger is asked first: what is there is not
 * loaded again. A failure's texts hold no secret. */
orch_status orch_attempt(struct orch_session *s, orch_error *err);

/* The run is loaded after all: its report becomes that of the attempt which committed. */
void orch_attempt_adopt(struct orch_session *s);

/* Whatever an interrupted call says, the person who pressed Ctrl-C is told just this. */
orch_status orch_attempt_interrupted(const struct orch_session *s, orch_error *err);

#endif
