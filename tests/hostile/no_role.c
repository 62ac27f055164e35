/* SPDX-License-Identifier: Apache-2.0 */
/* A connector that neither reads nor writes. */
#include "nothing.h"

static const orch_connector connector = {
    .struct_size = sizeof connector,
    .threading = ORCH_THREADS_ONE_PER_PLUGIN,
    .name = "no_role",
    .summary = "Does nothing at all.",
};

static const orch_connector *const list[] = { &connector };
HOSTILE_PLUGIN(list)
