/* SPDX-License-Identifier: Apache-2.0 */
/* Built for another major: everything behind the version would crash whoever reads it. */
#include "nothing.h"

#define TRAP ((void *)(uintptr_t)1)

static const orch_plugin plugin = {
    .struct_size = sizeof(orch_plugin),
    .abi_major = ORCH_ABI_MAJOR + 1,
    .abi_minor = 0,
    .name = TRAP,
    .version = TRAP,
    .connectors = TRAP,
    .n_connectors = 1,
};
HOSTILE_ENTRY(&plugin)
