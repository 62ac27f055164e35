/* SPDX-License-Identifier: Apache-2.0 */
/* Needs more of the same major than the host has. */
#include "nothing.h"

static const orch_plugin plugin = {
    .struct_size = sizeof(orch_plugin),
    .abi_major = ORCH_ABI_MAJOR,
    .abi_minor = ORCH_ABI_MINOR + 7,
    .name = "newer",
    .version = "1",
};
HOSTILE_ENTRY(&plugin)
