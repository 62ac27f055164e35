/* SPDX-License-Identifier: Apache-2.0 */
#include "run/reconcile.h"

#include <inttypes.h>

#include "orch/error.h"

/* A sum that does not fit is as good as any other wrong one, but must not be undefined. */
static int64_t sum(const int64_t *counts, size_t n)
{
    int64_t total = 0;
    for (size_t i = 0; i < n; i++)
        if (__builtin_add_overflow(total, counts[i], &total))
            return -1;
    return total;
}

int64_t orch_books_loaded(const struct orch_books *books)
{
    const orch_write_counts *c = &books->counts;
    return sum((const int64_t[]){ c->inserted, c->updated, c->unchanged }, 3);
}

/* The counts of the destination are what it says: none may be negative. */
static bool balanced(const struct orch_books *b)
{
    const orch_write_counts *c = &b->counts;
    if (c->inserted < 0 || c->updated < 0 || c->unchanged < 0 || c->merged < 0)
        return false;
    int64_t kept = sum((const int64_t[]){ c->inserted, c->updated, c->unchanged, c->merged }, 4);
    return b->written == kept && sum((const int64_t[]){ b->read, b->added }, 2) ==
                                     sum((const int64_t[]){ kept, b->filtered, b->rejected }, 3);
}

orch_status orch_reconcile(const struct orch_books *b, orch_error *err)
{
    if (balanced(b))
        return ORCH_OK;
    orch_error_set(err, ORCH_EINTERNAL, "the books do not balance; nothing was committed");
    orch_error_detail(err,
                      "read %" PRId64 " + added %" PRId64 " but inserted %" PRId64
                      " + updated %" PRId64 " + unchanged %" PRId64 " + merged %" PRId64
                      " + filtered %" PRId64 " + rejected %" PRId64 "; written %" PRId64,
                      b->read, b->added, b->counts.inserted, b->counts.updated,
                      b->counts.unchanged, b->counts.merged, b->filtered, b->rejected, b->written);
    orch_error_hint(err, "this is a defect of the connector or of orchestra: please report it");
    return ORCH_EINTERNAL;
}
