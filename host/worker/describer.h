/* SPDX-License-Identifier: Apache-2.0 */
/* Libraries without a manifest, asked for it: each in a worker that needs nothing, so that none of
 * their code runs in the host. */
#ifndef ORCH_WORKER_DESCRIBER_H
#define ORCH_WORKER_DESCRIBER_H

#include "plugin/registry.h"

/* The orch_describe_fn of a registry; `setup` is a const struct orch_remote_setup (worker/remote.h)
 * or NULL. Fills `out` with what the library says of itself, unchecked. A library that cannot be
 * opened or is refused: ORCH_ECONFIG. One that crashes, hangs (beyond twice the grace) or lies:
 * ORCH_EINTERNAL. The message names it. ORCH_ECANCELLED once the process's work is cancelled
 * (base/cancel.h). */
orch_status orch_describe_library(void *setup, const char *library, struct orch_text *out,
                                  orch_error *err);

#endif
