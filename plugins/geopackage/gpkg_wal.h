/* SPDX-License-Identifier: Apache-2.0 */
/* The write-ahead log (WAL), in which a load into a file that is there keeps no reader waiting.
 *
 * A file is in this mode for a run only. What tells that a run chose it, and not somebody else, is
 * the table orchestra_wal: whoever finds it brings the file back. */
#ifndef GPKG_WAL_H
#define GPKG_WAL_H

#include "../sqlite/lite_store.h"

/* Before the transaction of a load. Where it cannot be had the load uses the rollback journal:
 * readers then wait while it writes. */
void gpkg_wal_enter(struct lite_store *s);
/* After the transaction, whatever became of it: writes the log into the file, and goes back to
 * the rollback journal when nobody else has the file open within `patience_ms`. */
void gpkg_wal_leave(struct lite_store *s, int64_t patience_ms);

#endif
