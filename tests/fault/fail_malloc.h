/* SPDX-License-Identifier: Apache-2.0 */
/* Fails the Nth allocation. Under a sanitizer, whose allocator is its own, only those of the host
 * count (base/arena.h); else every one of the process: connectors, libraries, libc. */
#ifndef FAULT_FAIL_MALLOC_H
#define FAULT_FAIL_MALLOC_H

#include <stdbool.h>

bool fault_fails_all(void);
void fault_fail_at(long n); /* counts from 1; 0: none */
long fault_count(void);     /* allocations since then */

#endif
