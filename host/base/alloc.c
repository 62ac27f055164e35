/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/vec.h"

static atomic_long calls;
static atomic_long fail_at; /* the number of the call to fail; 0: none */

void orch_alloc_fail_at(long n)
{
    atomic_store(&calls, 0);
    atomic_store(&fail_at, n);
}

long orch_alloc_count(void)
{
    return atomic_load(&calls);
}

/* Counts this call; true when the test wants exactly this one to fail. */
static bool alloc_fails(void)
{
    long number = atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed) + 1;
    return number == atomic_load_explicit(&fail_at, memory_order_relaxed);
}

void *orch_alloc(size_t bytes)
{
    return alloc_fails() ? NULL : malloc(bytes ? bytes : 1);
}

void *orch_zalloc(size_t n, size_t size)
{
    return alloc_fails() ? NULL : calloc(n ? n : 1, size ? size : 1);
}

void *orch_realloc(void *p, size_t bytes)
{
    return alloc_fails() ? NULL : realloc(p, bytes ? bytes : 1);
}

char *orch_strdup(const char *z)
{
    size_t size = strlen(z) + 1;
    char *copy = orch_alloc(size);
    return copy ? memcpy(copy, z, size) : NULL;
}

void orch_alloc_tune(void)
{
    /* As it comes, glibc gives the buffers of every batch back to the kernel and has them zeroed
     * again for the next: half of the time of handing a batch over. */
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, 32 << 20);
    mallopt(M_TRIM_THRESHOLD, 64 << 20);
#endif
}

bool orch_vec_grow(void *items_pointer, size_t *cap, size_t need, size_t item_size)
{
    size_t grown = *cap < 8 ? 8 : *cap > SIZE_MAX / 2 ? SIZE_MAX : *cap * 2;
    size_t bytes;
    void *items;

    if (grown < need)
        grown = need;
    if (!orch_mul_size(grown, item_size, &bytes))
        return false;
    /* Through memcpy: the caller's pointer has its own type, which a void ** may not alias. */
    memcpy(&items, items_pointer, sizeof items);
    items = orch_realloc(items, bytes);
    if (!items)
        return false;
    memcpy(items_pointer, &items, sizeof items);
    *cap = grown;
    return true;
}
