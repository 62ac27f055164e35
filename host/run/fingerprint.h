/* SPDX-License-Identifier: Apache-2.0 */
/* What the result of a run depends on, as one SHA-256: script, parameters, territory, connectors,
 * host version, target and inputs. A run whose fingerprint is that of the last one has nothing to
 * do. Secrets are no part of it: after a change of key, run with --force. */
#ifndef ORCH_RUN_FINGERPRINT_H
#define ORCH_RUN_FINGERPRINT_H

#include "run/ends.h"
#include "run/run.h"

/* Hashes every input that is not hashed yet. `hex` "" when the source has no inputs. */
orch_status orch_fingerprint(struct orch_registry *r, const struct orch_pipeline *pipeline,
                             const struct orch_opened *source,
                             const struct orch_opened *destination, char hex[65],
                             orch_error *err);

/* Copies the inputs' state into the report. */
orch_status orch_report_inputs(struct orch_run_report *report, const struct orch_inputs *inputs,
                               bool personal);

#endif
