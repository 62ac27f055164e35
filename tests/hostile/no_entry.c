/* SPDX-License-Identifier: Apache-2.0 */
/* A library, but no plugin. */
#include "nothing.h"

ORCH_EXPORT int hostile_something_else(void);
int hostile_something_else(void)
{
    return 42;
}
