/* SPDX-License-Identifier: Apache-2.0 */
#include "fail_malloc.h"

#include "base/arena.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif

#if defined(SANITIZED) || !defined(__GLIBC__)

bool fault_fails_all(void)
{
    return false;
}

void fault_fail_at(long n)
{
    orch_alloc_fail_at(n);
}

long fault_count(void)
{
    return orch_alloc_count();
}

#else

#include <errno.h>
#include <stdatomic.h>

/* What stands behind malloc in glibc, for programs that replace it. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t size);
void *malloc(size_t size);
void *calloc(size_t n, size_t size);
void *realloc(void *p, size_t size);

static atomic_long calls;
static atomic_long fail_at;

bool fault_fails_all(void)
{
    return true;
}

void fault_fail_at(long n)
{
    atomic_store(&calls, 0);
    atomic_store(&fail_at, n);
}

long fault_count(void)
{
    return atomic_load(&calls);
}

static bool fails(void)
{
    long number = atomic_fetch_add_explicit(&calls, 1, memory_order_relaxed) + 1;
    if (number != atomic_load_explicit(&fail_at, memory_order_relaxed))
        return false;
    errno = ENOMEM;
    return true;
}

void *malloc(size_t size)
{
    return fails() ? NULL : __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    return fails() ? NULL : __libc_calloc(n, size);
}

void *realloc(void *p, size_t size)
{
    return fails() ? NULL : __libc_realloc(p, size);
}

#endif
