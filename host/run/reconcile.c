/* SPDX-License-Identifier: Apache-2.0 */
#include "run/reconcile.h"

#include <inttypes.h>

#include "orch/error.h"

int64_t orch_books_loaded(const struct orch_books *books)
{
    return books->counts.inserted + books->counts.updated + books->counts.unchanged;
}

orch_status orch_reconcile(const struct orch_books *b, orch_error *err)
{
    int64_t loaded = orch_books_loaded(b);
    bool written = b->written == loaded + b->counts.merged;
    bool whole = b->read + b->added == loaded + b->counts.merged + b->filtered + b->rejected;
    if (written && whole)
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
