/* SPDX-License-Identifier: Apache-2.0 */
/* Says that its description is smaller than the part every version has. */
#include "nothing.h"

static const orch_plugin plugin = {
    .struct_size = 4,
    .abi_major = ORCH_ABI_MAJOR,
    .abi_minor = ORCH_ABI_MINOR,
};
HOSTILE_ENTRY(&plugin)
