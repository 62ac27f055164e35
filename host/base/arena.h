/* SPDX-License-Identifier: Apache-2.0 */
/* An arena: memory with one lifetime. Pieces are never freed singly; `reset` forgets all of them
 * and keeps the blocks for the next batch. Every function returns NULL when memory is out.
 * Alignment 16. Not thread-safe. {0} is a valid empty arena. */
#ifndef ORCH_BASE_ARENA_H
#define ORCH_BASE_ARENA_H

#include "base/str.h"

struct orch_arena_block;

struct orch_arena {
    struct orch_arena_block *blocks;
    struct orch_arena_block *current;
    size_t total_bytes; /* handed out since the last reset */
    size_t cap;         /* 0: none */
};

void orch_arena_release(struct orch_arena *a);
void orch_arena_reset(struct orch_arena *a);
void *orch_arena_alloc(struct orch_arena *a, size_t bytes); /* not zeroed */
void *orch_arena_zalloc(struct orch_arena *a, size_t bytes);
/* n * size with an overflow check, zeroed. */
void *orch_arena_array(struct orch_arena *a, size_t n, size_t size);
char *orch_arena_strdup(struct orch_arena *a, const char *z);
/* A copy with a NUL behind it. */
struct orch_str orch_arena_str(struct orch_arena *a, struct orch_str s);
char *orch_arena_printf(struct orch_arena *a, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* false when the product does not fit */
static inline bool orch_mul_size(size_t a, size_t b, size_t *out)
{
    return !__builtin_mul_overflow(a, b, out);
}

/* The one allocator of the host: malloc family with a hook that tests use to fail the Nth call
 * (orch_alloc_fail_at(n), 0 = never; counts across threads). */
void *orch_alloc(size_t bytes);
void *orch_zalloc(size_t n, size_t size);
void *orch_realloc(void *p, size_t bytes);
char *orch_strdup(const char *z);
void orch_alloc_fail_at(long n);
long orch_alloc_count(void);
/* Freed memory stays in the process for the next batch: call once, first in main. */
void orch_alloc_tune(void);

#endif
