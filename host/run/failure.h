/* SPDX-License-Identifier: Apache-2.0 */
/* What a run leaves behind that will not be tried again. Private to the run layer. */
#ifndef ORCH_RUN_FAILURE_H
#define ORCH_RUN_FAILURE_H

#include "run/session.h"

/* What the ledger says of a commit whose answer did not come. */
enum orch_verdict {
    ORCH_VERDICT_UNKNOWN, /* it could not be asked */
    ORCH_VERDICT_FAILED,
    ORCH_VERDICT_LOADED,
};

/* After the last attempt: the ledger gets the run's row with the error and its first rejects, so
 * that people can look; or it holds the run already. A destination whose process has ended is
 * opened once more for it. That this fails as well is no news after the failure itself. */
enum orch_verdict orch_failure_record(struct orch_session *s, const orch_error *failure);

#endif
