/* SPDX-License-Identifier: Apache-2.0 */
/* How a file and its ledger change together, though they are two files.
 *
 * The ledger is PATH.ledger.sqlite; its write lock is the lock of the output. A run writes its
 * rows to .NAME.RUN.part beside the output, flushes them to the disk, and then
 *   1. commits its ledger rows together with a mark (table orchestra_publication) that names the
 *      staged file: from here on the run has happened;
 *   2. renames the staged file to the output;
 *   3. deletes the mark.
 * Killed before 1, the run leaves a staged file without a mark, which the next begin removes.
 * Killed after 1, the next begin or recover finds the mark and does 2 (unless the staged file is
 * gone: it was done) and 3. Readers of the output see the old file or the new one. */
#ifndef FILES_PUBLISH_H
#define FILES_PUBLISH_H

#include "../sqlite/lite_store.h"

/* The path of the ledger, of the staged file; the caller frees them. NULL: no memory. */
char *files_ledger_path(const char *path);
char *files_staged_path(const char *path, const char *run);

/* Holding the ledger's lock: completes a publication that was interrupted, removes staged files
 * of runs that are no more. Leaves the store in a transaction, as it found it. */
orch_status files_publish_resume(struct lite_store *ledger, const char *path, orch_error *err);
/* The same if there is a mark and nobody holds the lock; for readers of the ledger. */
orch_status files_publish_complete(struct lite_store *ledger, const char *path, orch_error *err);

/* Steps 1 to 3. *marked tells that step 1 is done or may be: the staged file must not be removed
 * then. */
orch_status files_publish(struct lite_store *ledger, const char *path, const char *staged,
                          bool *marked, orch_error *err);

/* Makes names in the folder of `path` durable. */
orch_status files_folder_sync(const char *path, orch_error *err);

#endif
