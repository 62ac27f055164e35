/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ORCH_RUN_RECONCILE_H
#define ORCH_RUN_RECONCILE_H

#include "run/run.h"

/* Do the books balance? ORCH_EINTERNAL with every count in detail when they do not. */
orch_status orch_reconcile(const struct orch_books *books, orch_error *err);
/* Rows in the target because of this run. */
int64_t orch_books_loaded(const struct orch_books *books);

#endif
