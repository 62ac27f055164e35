/* SPDX-License-Identifier: Apache-2.0 */
/* One connection to a SQLite file: opening, transactions, waiting for locks, and the words of
 * SQLite's errors. Shared by the connectors that write SQLite files.
 *
 * Invariants: a store does not move after lite_open (SQLite holds its address); the flag `stop`
 * and the host outlive it. Long statements ask host and flag, and end with ORCH_ECANCELLED. */
#ifndef LITE_STORE_H
#define LITE_STORE_H

#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/stat.h>

#include "orch/connector.h"

enum lite_mode {
    LITE_READ = 1, /* read only; symbolic links are followed */
    LITE_WRITE,    /* the file must be there */
    LITE_CREATE    /* made when absent, with pages of 16 KiB */
};

struct lite_store {
    sqlite3 *db;
    const orch_host *host;
    const atomic_bool *stop; /* set by interrupt() */
    char *path;
    int64_t wait_ms; /* how long a lock held by another connection is waited for */
    int64_t waited_ms;
    bool created; /* the file was not there before */
    bool wal;     /* the transaction is written into a write-ahead log */
    bool at_rest; /* read without locks: `seen` is what the file was */
    struct stat seen;
};

/* Who works with the file. */
struct lite_owner {
    const orch_host *host;
    const atomic_bool *stop;
    int64_t wait_ms;
};

/* Opens `path`. Errors name path and cause: a folder, a symbolic link (unless reading), a folder
 * that is missing, rights, a file of another kind (ORCH_EDATA). */
orch_status lite_open(struct lite_store *out, const struct lite_owner *owner, const char *path,
                      enum lite_mode mode, orch_error *err);
/* Rolls back an open transaction, removes the file if this store created it and nothing was
 * committed, and closes. Accepts a zeroed store. */
void lite_close(struct lite_store *s);
/* After reading: a file in WAL mode whose folder may not be written is read without locks, and what
 * was read counts only if nobody wrote meanwhile. */
orch_status lite_unchanged(const struct lite_store *s, orch_error *err);
/* The path as it was given. */
const char *lite_path(const struct lite_store *s);

/* Is the path one that a file can be read from or written to? ORCH_OK also when it is absent and
 * its folder is there (*absent tells; reading: an error). */
orch_status lite_path_check(const char *path, bool writing, bool *absent, orch_error *err);

/* Takes the write lock. ORCH_EBUSY|RETRYABLE when held beyond wait_ms. */
orch_status lite_begin(struct lite_store *s, orch_error *err);
/* Waits longer than begin: readers come and go. On failure the transaction is still open. */
orch_status lite_commit(struct lite_store *s, orch_error *err);
bool lite_in_transaction(const struct lite_store *s);

/* Runs SQL made by sqlite3_mprintf rules (%Q text, "%w" name). */
orch_status lite_run(struct lite_store *s, orch_error *err, const char *format, ...);
orch_status lite_prepare(struct lite_store *s, sqlite3_stmt **out, orch_error *err,
                         const char *format, ...);
/* Steps a statement that gives no rows, and resets it. */
orch_status lite_step_done(struct lite_store *s, sqlite3_stmt *stmt, orch_error *err);
/* The first column of the first row as a number; `missing` when there is no row or a null. */
orch_status lite_number(struct lite_store *s, int64_t missing, int64_t *out, orch_error *err,
                        const char *format, ...);
bool lite_cancelled(const struct lite_store *s);

/* Fills err from the store's last error `rc`: message `cannot VERB "path"`. Returns the code. */
orch_status lite_error(const struct lite_store *s, int rc, const char *verb, orch_error *err);
orch_status lite_no_memory(orch_error *err);
/* Fills err from an errno of a system call on `path`; says so when the disk is full. */
orch_status lite_system_error(orch_error *err, const char *verb, const char *path, int code);

#endif
