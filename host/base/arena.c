/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONS 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONS 1
#endif

/* Under AddressSanitizer what an arena has not handed out is out of bounds, so that a pointer kept
 * over a reset is reported like any other use after free. */
#if defined(ARENA_POISONS)
#include <sanitizer/asan_interface.h>
#define arena_poison(p, n) __asan_poison_memory_region((p), (n))
#define arena_unpoison(p, n) __asan_unpoison_memory_region((p), (n))
#else
#define arena_poison(p, n) ((void)(p), (void)(n))
#define arena_unpoison(p, n) ((void)(p), (void)(n))
#endif

#define ALIGNMENT 16
#define BLOCK_LEAST ((size_t)64 * 1024)
#define BLOCK_MOST ((size_t)8 * 1024 * 1024) /* growth stops here; one larger piece still fits */

struct orch_arena_block {
    struct orch_arena_block *next;
    size_t size;
    size_t used;
    _Alignas(ALIGNMENT) unsigned char data[];
};

void orch_arena_release(struct orch_arena *a)
{
    struct orch_arena_block *block = a->blocks;
    while (block) {
        struct orch_arena_block *next = block->next;
        arena_unpoison(block->data, block->size);
        free(block);
        block = next;
    }
    a->blocks = a->current = NULL;
    a->total_bytes = 0;
}

void orch_arena_reset(struct orch_arena *a)
{
    for (struct orch_arena_block *block = a->blocks; block; block = block->next) {
        arena_poison(block->data, block->size);
        block->used = 0;
    }
    a->current = a->blocks;
    a->total_bytes = 0;
}

/* Puts `block` behind the current one and makes it current. */
static void arena_enter(struct orch_arena *a, struct orch_arena_block *block)
{
    if (a->current) {
        block->next = a->current->next;
        a->current->next = block;
    } else {
        block->next = a->blocks;
        a->blocks = block;
    }
    a->current = block;
}

/* Takes a block kept from before the last reset, of at least `bytes`, out of the list. */
static struct orch_arena_block *arena_take_kept(struct orch_arena *a, size_t bytes)
{
    struct orch_arena_block **link = a->current ? &a->current->next : &a->blocks;
    while (*link && (*link)->size < bytes)
        link = &(*link)->next;
    struct orch_arena_block *found = *link;
    if (found)
        *link = found->next;
    return found;
}

static struct orch_arena_block *arena_new_block(const struct orch_arena *a, size_t bytes)
{
    size_t size = a->current ? a->current->size * 2 : BLOCK_LEAST;
    if (size > BLOCK_MOST)
        size = BLOCK_MOST;
    if (size < bytes)
        size = bytes;
    if (size > SIZE_MAX - sizeof(struct orch_arena_block))
        return NULL;
    struct orch_arena_block *block = orch_alloc(sizeof *block + size);
    if (!block)
        return NULL;
    block->size = size;
    block->used = 0;
    arena_poison(block->data, size);
    return block;
}

void *orch_arena_alloc(struct orch_arena *a, size_t bytes)
{
    if (bytes > SIZE_MAX / 2)
        return NULL;
    size_t rounded = ((bytes ? bytes : 1) + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
    if (a->cap && (rounded > a->cap || a->total_bytes > a->cap - rounded))
        return NULL;
    if (!a->current || a->current->size - a->current->used < rounded) {
        struct orch_arena_block *block = arena_take_kept(a, rounded);
        if (!block)
            block = arena_new_block(a, rounded);
        if (!block)
            return NULL;
        arena_enter(a, block);
    }
    unsigned char *p = a->current->data + a->current->used;
    a->current->used += rounded;
    a->total_bytes += rounded;
    arena_unpoison(p, bytes);
    return p;
}

void *orch_arena_zalloc(struct orch_arena *a, size_t bytes)
{
    void *p = orch_arena_alloc(a, bytes);
    return p ? memset(p, 0, bytes) : NULL;
}

void *orch_arena_array(struct orch_arena *a, size_t n, size_t size)
{
    size_t bytes;
    return orch_mul_size(n, size, &bytes) ? orch_arena_zalloc(a, bytes) : NULL;
}

struct orch_str orch_arena_str(struct orch_arena *a, struct orch_str s)
{
    char *copy = s.len < SIZE_MAX ? orch_arena_alloc(a, s.len + 1) : NULL;
    if (!copy)
        return (struct orch_str){ 0 };
    if (s.len > 0)
        memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return (struct orch_str){ copy, s.len };
}

char *orch_arena_strdup(struct orch_arena *a, const char *z)
{
    return (char *)orch_arena_str(a, orch_str_from(z)).ptr;
}

char *orch_arena_printf(struct orch_arena *a, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = n >= 0 ? orch_arena_alloc(a, (size_t)n + 1) : NULL;
    if (!text)
        return NULL;
    va_start(args, format);
    vsnprintf(text, (size_t)n + 1, format, args);
    va_end(args);
    return text;
}
