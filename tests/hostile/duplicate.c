/* SPDX-License-Identifier: Apache-2.0 */
/* Two connectors of one name: which one would a script get? */
#include "nothing.h"

static const orch_source_ops source = { NOTHING_SOURCE };

static const orch_connector first = {
    .struct_size = sizeof first,
    .threading = ORCH_THREADS_ONE_PER_PLUGIN,
    .name = "twin",
    .summary = "The first of two.",
    .source = &source,
};

static const orch_connector second = {
    .struct_size = sizeof second,
    .threading = ORCH_THREADS_ONE_PER_PLUGIN,
    .name = "twin",
    .summary = "The second of two.",
    .source = &source,
};

static const orch_connector *const list[] = { &first, &second };
HOSTILE_PLUGIN(list)
