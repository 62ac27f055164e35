/* SPDX-License-Identifier: Apache-2.0 */
/* Says that the host is too old. */
#include "nothing.h"

HOSTILE_ENTRY(NULL)
