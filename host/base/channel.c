/* SPDX-License-Identifier: Apache-2.0 */
#include "base/channel.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

struct orch_channel {
    pthread_mutex_t lock; /* over everything below */
    pthread_cond_t not_full;
    pthread_cond_t not_empty;
    bool closed;
    size_t item_size;
    size_t capacity;
    size_t first;
    size_t len;
    unsigned char items[];
};

struct orch_channel *orch_channel_new(size_t item_size, size_t capacity)
{
    size_t bytes;
    if (capacity == 0)
        capacity = 1;
    if (!orch_mul_size(item_size, capacity, &bytes) || bytes > SIZE_MAX / 2)
        return NULL;
    struct orch_channel *c = orch_zalloc(1, sizeof *c + bytes);
    if (!c)
        return NULL;
    c->item_size = item_size;
    c->capacity = capacity;
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->not_full, NULL);
    pthread_cond_init(&c->not_empty, NULL);
    return c;
}

void orch_channel_free(struct orch_channel *c)
{
    if (!c)
        return;
    pthread_cond_destroy(&c->not_empty);
    pthread_cond_destroy(&c->not_full);
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static unsigned char *channel_slot(struct orch_channel *c, size_t index)
{
    return c->items + (c->first + index) % c->capacity * c->item_size;
}

bool orch_channel_push(struct orch_channel *c, const void *item)
{
    pthread_mutex_lock(&c->lock);
    while (c->len == c->capacity && !c->closed)
        pthread_cond_wait(&c->not_full, &c->lock);
    bool open = !c->closed;
    if (open) {
        memcpy(channel_slot(c, c->len), item, c->item_size);
        c->len++;
        pthread_cond_signal(&c->not_empty);
    }
    pthread_mutex_unlock(&c->lock);
    return open;
}

bool orch_channel_pop(struct orch_channel *c, void *item)
{
    pthread_mutex_lock(&c->lock);
    while (c->len == 0 && !c->closed)
        pthread_cond_wait(&c->not_empty, &c->lock);
    bool any = c->len > 0;
    if (any) {
        memcpy(item, channel_slot(c, 0), c->item_size);
        c->first = (c->first + 1) % c->capacity;
        c->len--;
        pthread_cond_signal(&c->not_full);
    }
    pthread_mutex_unlock(&c->lock);
    return any;
}

void orch_channel_close(struct orch_channel *c)
{
    pthread_mutex_lock(&c->lock);
    c->closed = true;
    pthread_cond_broadcast(&c->not_empty);
    pthread_cond_broadcast(&c->not_full);
    pthread_mutex_unlock(&c->lock);
}
