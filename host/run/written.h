/* SPDX-License-Identifier: Apache-2.0 */
/* Passwords that a script holds in plain text, where everyone sees them who may read the script. */
#ifndef ORCH_RUN_WRITTEN_H
#define ORCH_RUN_WRITTEN_H

#include "plugin/registry.h"
#include "script/script.h"

/* Warns of each in the log, by its place. */
void orch_written_warn(struct orch_registry *r, const struct orch_pipeline *pipeline);

#endif
