/* SPDX-License-Identifier: Apache-2.0 */
/* The beginning at the destination: it is opened, its transaction begun, its ledger asked. Private
 * to the run layer. */
#ifndef ORCH_RUN_BEGIN_H
#define ORCH_RUN_BEGIN_H

#include "run/session.h"

/* Starts the destination's worker, which opens the connector while the host does something else. */
orch_status orch_begin_start(struct orch_session *s, orch_error *err);
/* Opens the destination, started or not. */
orch_status orch_begin_open(struct orch_session *s, orch_error *err);

/* Takes the pipeline's lock and begins the transaction. `schema` NULL: of the ledger alone. */
orch_status orch_begin_once(struct orch_session *s, const struct ArrowSchema *schema,
                            orch_error *err);
/* The same for the rows, waiting for the lock as long as the request says. Notes whether it is the
 * lock that it failed for. */
orch_status orch_begin(struct orch_session *s, orch_error *err);

/* Begins a transaction of the ledger alone and looks whether this run is there as loaded. Under the
 * lock: whatever an attempt before had left under way is over by then. */
orch_status orch_begin_ask(struct orch_session *s, bool *loaded, orch_error *err);

/* Asks the ledger for the last loaded run (s->last). Are inputs, script and connectors those of it?
 * Never with --force and --from-start. */
orch_status orch_begin_unchanged(struct orch_session *s, bool *unchanged, orch_error *err);

#endif
