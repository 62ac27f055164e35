/* SPDX-License-Identifier: Apache-2.0 */
#include "run/backoff.h"

enum { FIRST_MS = 1000, MOST_MS = 30000, DOUBLINGS_MOST = 5 };

int64_t orch_backoff_ms(uint32_t failures, uint32_t random, int64_t left_ms)
{
    uint32_t doublings = failures > 0 ? failures - 1 : 0;
    int64_t base = (int64_t)FIRST_MS << (doublings < DOUBLINGS_MOST ? doublings : DOUBLINGS_MOST);
    /* From seven to nine eighths of it. */
    int64_t wait = base - base / 8 + (int64_t)random % (base / 4 + 1);
    wait = wait < MOST_MS ? wait : MOST_MS;
    wait = wait < left_ms ? wait : left_ms;
    return wait > 0 ? wait : 0;
}
