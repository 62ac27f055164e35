/* SPDX-License-Identifier: Apache-2.0 */
/* A source that cannot give batches: its struct ends before `next`. */
#include "nothing.h"

static const orch_source_ops source = {
    .struct_size = offsetof(orch_source_ops, next),
    .open = nothing_open,
    .close = nothing_close,
    .describe = nothing_describe,
    .read = nothing_read,
    .schema = nothing_schema,
    .next = nothing_next,
    .end = nothing_end,
};

static const orch_connector connector = {
    .struct_size = sizeof connector,
    .threading = ORCH_THREADS_ONE_PER_PLUGIN,
    .name = "missing_slot",
    .summary = "Lacks a required slot.",
    .source = &source,
};

static const orch_connector *const list[] = { &connector };
HOSTILE_PLUGIN(list)
