/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/arena.h"

struct orch_map_slot {
    uint64_t hash;
    char *key; /* NULL: the slot is free */
    size_t key_len;
    size_t value;
};

/* ---- hashing ------------------------------------------------------------------------------- */

__extension__ typedef unsigned __int128 uint128;

/* Keys come from files: a seed that nobody outside knows keeps prepared collisions away. */
static uint64_t seed = 0x9E3779B97F4A7C15u;

static void make_seed(void)
{
    uint64_t random;
    if (getrandom(&random, sizeof random, GRND_NONBLOCK) == (ssize_t)sizeof random)
        seed ^= random;
}

/* Both halves of the full product: every bit of a and b reaches the result. */
static uint64_t mix(uint64_t a, uint64_t b)
{
    uint128 product = (uint128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t load_tail(const unsigned char *p, size_t len)
{
    uint64_t word = 0;
    memcpy(&word, p, len);
    return word;
}

uint64_t orch_hash64(const void *bytes, size_t len)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    static const uint64_t k1 = 0xD6E8FEB86659FD93u, k2 = 0xA0761D6478BD642Fu;
    const unsigned char *p = bytes;
    size_t left = len;

    pthread_once(&once, make_seed);
    uint64_t hash = seed ^ mix((uint64_t)len ^ k1, k2);
    for (; left > 8; p += 8, left -= 8)
        hash = mix(hash ^ load_tail(p, 8), k1);
    if (left > 0)
        hash = mix(hash ^ load_tail(p, left), k2);
    return mix(hash, k1 ^ hash >> 32);
}

/* ---- the table: open addressing, linear probing, at most three quarters full --------------- */

void orch_map_release(struct orch_map *m)
{
    for (size_t i = 0; i < m->cap; i++)
        free(m->slots[i].key);
    free(m->slots);
    *m = (struct orch_map){ 0 };
}

/* The slot that holds the key, or the free one where it belongs. */
static struct orch_map_slot *map_find(const struct orch_map *m, uint64_t hash, struct orch_str key)
{
    size_t i = (size_t)hash & (m->cap - 1);
    for (;; i = (i + 1) & (m->cap - 1)) {
        struct orch_map_slot *slot = &m->slots[i];
        if (!slot->key)
            return slot;
        if (slot->hash == hash &&
            orch_str_equal((struct orch_str){ slot->key, slot->key_len }, key))
            return slot;
    }
}

static bool map_grow(struct orch_map *m)
{
    struct orch_map grown = { .len = m->len, .cap = m->cap ? m->cap * 2 : 16 };
    if (m->cap > SIZE_MAX / 4)
        return false;
    grown.slots = orch_zalloc(grown.cap, sizeof *grown.slots);
    if (!grown.slots)
        return false;
    for (size_t i = 0; i < m->cap; i++) {
        const struct orch_map_slot *old = &m->slots[i];
        if (old->key)
            *map_find(&grown, old->hash, (struct orch_str){ old->key, old->key_len }) = *old;
    }
    free(m->slots);
    *m = grown;
    return true;
}

bool orch_map_put(struct orch_map *m, struct orch_str key, size_t value)
{
    uint64_t hash = orch_hash64(key.ptr, key.len);
    if (m->len >= m->cap / 4 * 3 && !map_grow(m))
        return false;
    struct orch_map_slot *slot = map_find(m, hash, key);
    if (!slot->key) {
        char *copy = orch_alloc(key.len);
        if (!copy)
            return false;
        if (key.len > 0)
            memcpy(copy, key.ptr, key.len);
        *slot = (struct orch_map_slot){ .hash = hash, .key = copy, .key_len = key.len };
        m->len++;
    }
    slot->value = value;
    return true;
}

bool orch_map_get(const struct orch_map *m, struct orch_str key, size_t *value)
{
    if (m->len == 0)
        return false;
    const struct orch_map_slot *slot = map_find(m, orch_hash64(key.ptr, key.len), key);
    if (!slot->key)
        return false;
    *value = slot->value;
    return true;
}
