/* SPDX-License-Identifier: Apache-2.0 */
/* How long a run waits before it tries again: 1 s, 2 s, 4 s ... 30 s, each a little shorter or
 * longer by chance, so that runs that failed together do not come back together. */
#ifndef ORCH_RUN_BACKOFF_H
#define ORCH_RUN_BACKOFF_H

#include <stdint.h>

/* After `failures` attempts (at least 1), never more than `left_ms` of the budget; 0: give up. Any
 * `random` will do. */
int64_t orch_backoff_ms(uint32_t failures, uint32_t random, int64_t left_ms);

#endif
