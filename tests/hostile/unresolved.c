/* SPDX-License-Identifier: Apache-2.0 */
/* Needs a function that no library has. */
#include "nothing.h"

const orch_plugin *hostile_function_that_nobody_has(void);

HOSTILE_ENTRY(hostile_function_that_nobody_has())
