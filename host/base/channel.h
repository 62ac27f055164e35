/* SPDX-License-Identifier: Apache-2.0 */
/* A bounded queue of fixed-size items between two threads. Closing it from either side wakes the
 * other: pushes then fail, pops give what is left and then fail. */
#ifndef ORCH_BASE_CHANNEL_H
#define ORCH_BASE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>

struct orch_channel;
struct orch_channel *orch_channel_new(size_t item_size, size_t capacity); /* NULL: no memory */
void orch_channel_free(struct orch_channel *c);                   /* both threads are done */
bool orch_channel_push(struct orch_channel *c, const void *item); /* waits; false: closed */
bool orch_channel_pop(struct orch_channel *c, void *item); /* waits; false: closed and empty */
void orch_channel_close(struct orch_channel *c);

#endif
