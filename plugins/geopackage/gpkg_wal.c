/* SPDX-License-Identifier: Apache-2.0 */
#include "gpkg_wal.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "gpkg_file.h"
#include "orch/error.h"

#define MARK "orchestra_wal"
#define PATH_MOST 4096
/* Readers come and go: first they are not disturbed, then new ones wait for those at work. */
#define ENTER_KINDLY_MS 1000
#define ENTER_MS 1000
#define SLICE_MS 10

/* The log's index is memory that all processes map: hosts that share a file server's file would
 * each see an index of their own. These are the file systems of one host. */
static const unsigned long local_systems[] = {
    0xef53,     /* ext2, ext3, ext4 */
    0x58465342, /* XFS */
    0x9123683e, /* Btrfs */
    0xf2f52010, /* F2FS */
    0x2fc12fc1, /* ZFS */
    0xca451a4e, /* bcachefs */
    0x01021994, /* tmpfs */
    0x858458f6, /* ramfs */
    0x794c7630, /* overlayfs */
};

static bool is_local(const struct lite_store *s)
{
    struct statfs info;
    if (statfs(s->path, &info) != 0)
        return false;
    for (size_t i = 0; i < sizeof local_systems / sizeof local_systems[0]; i++)
        if ((unsigned long)info.f_type == local_systems[i])
            return true;
    return false;
}

static bool beside(const struct lite_store *s, const char *end, char path[PATH_MOST])
{
    int len = snprintf(path, PATH_MOST, "%s%s", s->path, end);
    return len > 0 && len < PATH_MOST;
}

/* What somebody else left beside the file may belong to an account that shares nothing. */
static bool is_free(const struct lite_store *s, const char *end)
{
    char path[PATH_MOST];
    return beside(s, end, path) && (access(path, F_OK) != 0 || access(path, R_OK | W_OK) == 0);
}

/* Asks for a journal mode, or for none; tells the one there is. Never waits. */
static bool mode_is(struct lite_store *s, const char *asked, const char *wanted)
{
    sqlite3_stmt *stmt = NULL;
    bool is = false;
    int64_t wait = s->wait_ms;
    s->wait_ms = 0;
    if (lite_prepare(s, &stmt, NULL, "PRAGMA main.journal_mode%s", asked) == ORCH_OK &&
        sqlite3_step(stmt) == SQLITE_ROW) {
        const char *mode = (const char *)sqlite3_column_text(stmt, 0);
        is = mode != NULL && strcmp(mode, wanted) == 0;
    }
    sqlite3_finalize(stmt);
    s->wait_ms = wait;
    return is;
}

static bool mode_delete(struct lite_store *s)
{
    return mode_is(s, " = DELETE", "delete");
}

static bool mode_wal(struct lite_store *s)
{
    return mode_is(s, " = WAL", "wal");
}

static bool is_busy(const struct lite_store *s)
{
    return (sqlite3_errcode(s->db) & 0xff) == SQLITE_BUSY;
}

/* Again and again rather than waiting for a lock: a lock that is waited for refuses new readers. */
static bool becomes(struct lite_store *s, bool (*what)(struct lite_store *), int64_t patience_ms)
{
    for (int64_t waited = 0;; waited += SLICE_MS) {
        if (what(s))
            return true;
        if (!is_busy(s) || waited >= patience_ms || lite_cancelled(s))
            return false;
        nanosleep(&(struct timespec){ .tv_nsec = SLICE_MS * 1000000L }, NULL);
    }
}

static bool is_marked(struct lite_store *s)
{
    bool has = false;
    return gpkg_has_table(s, MARK, &has, NULL) == ORCH_OK && has;
}

/* Committed before the load begins: a run that is killed leaves it to the next one. */
static bool mark(struct lite_store *s)
{
    return lite_run(s, NULL, "CREATE TABLE IF NOT EXISTS main." MARK " (since TEXT)") == ORCH_OK;
}

static void tell(const struct lite_store *s, int level, const char *event, const char *what)
{
    char text[PATH_MOST + 200];
    if (s->host == NULL || s->host->log == NULL)
        return;
    snprintf(text, sizeof text, "\"%s\" %s", lite_path(s), what);
    s->host->log(s->host, level, event, text);
}

/* Writes the log into the file and empties it, where no reader needs it. */
static void write_back(struct lite_store *s)
{
    int64_t wait = s->wait_ms;
    s->wait_ms = 0;
    int rc = sqlite3_wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    s->wait_ms = wait;
    if (rc != SQLITE_OK && (rc & 0xff) != SQLITE_BUSY && (rc & 0xff) != SQLITE_LOCKED)
        tell(s, ORCH_LOG_WARN, "geopackage.checkpoint",
             "keeps rows in the file -wal beside it, which could not be written into it");
}

static bool may_enter(struct lite_store *s)
{
    bool has = false;
    return !s->created && sqlite3_db_readonly(s->db, "main") == 0 &&
           gpkg_has_table(s, "gpkg_contents", &has, NULL) == ORCH_OK && has && is_local(s) &&
           is_free(s, "-wal") && is_free(s, "-shm");
}

static bool enter(struct lite_store *s)
{
    if (!may_enter(s))
        return false;
    if (becomes(s, mode_wal, ENTER_KINDLY_MS))
        return true;
    if (!is_busy(s) || lite_cancelled(s))
        return false;
    int64_t wait = s->wait_ms;
    s->wait_ms = ENTER_MS;
    orch_status st = lite_run(s, NULL, "PRAGMA main.journal_mode = WAL");
    s->wait_ms = wait;
    return st == ORCH_OK && mode_is(s, "", "wal");
}

/* Nothing of ours is in the log when the load begins: what is there after a load that failed, on a
 * full disk for instance, can be thrown away. */
void gpkg_wal_enter(struct lite_store *s)
{
    bool before = mode_is(s, "", "wal");
    s->wal = before || enter(s);
    if (!s->wal && !s->created)
        tell(s, ORCH_LOG_INFO, "geopackage.journal",
             "is written with a rollback journal: readers may have to wait");
    if (!s->wal || (before && !is_marked(s)))
        return; /* or somebody else's choice */
    if (!before && !mark(s)) {
        s->wal = !mode_delete(s);
        return;
    }
    write_back(s);
    sqlite3_wal_autocheckpoint(s->db, 0); /* once, when the commit has been told */
}

/* A reader that came between the end of the log and the end of the mode made both files anew, and
 * could not remove them when it was not allowed to write. */
static void remove_empty_log(const struct lite_store *s)
{
    char log[PATH_MOST], index[PATH_MOST];
    struct stat info;
    if (!beside(s, "-wal", log) || !beside(s, "-shm", index))
        return;
    bool absent = lstat(log, &info) != 0;
    if (!absent && (!S_ISREG(info.st_mode) || info.st_size > 0))
        return;
    unlink(log);
    unlink(index);
}

/* Whoever reads in WAL mode holds a lock that excludes this one. */
static bool unmark(struct lite_store *s)
{
    int64_t wait = s->wait_ms;
    s->wait_ms = 0;
    orch_status st = lite_run(s, NULL, "BEGIN EXCLUSIVE");
    if (st == ORCH_OK && mode_is(s, "", "delete")) {
        remove_empty_log(s);
        st = lite_run(s, NULL, "DROP TABLE IF EXISTS main." MARK);
    }
    if (st == ORCH_OK)
        st = lite_run(s, NULL, "COMMIT");
    if (lite_in_transaction(s))
        lite_run(s, NULL, "ROLLBACK");
    s->wait_ms = wait;
    return st == ORCH_OK;
}

void gpkg_wal_leave(struct lite_store *s, int64_t patience_ms)
{
    if (s->db == NULL || sqlite3_db_readonly(s->db, "main") != 0)
        return;
    sqlite3_progress_handler(s->db, 0, NULL, NULL); /* also when the run was cancelled */
    if (lite_in_transaction(s))
        lite_run(s, NULL, "ROLLBACK");
    if (!is_marked(s))
        return;
    if (mode_is(s, "", "wal"))
        write_back(s);
    if (becomes(s, mode_delete, patience_ms))
        (void)becomes(s, unmark, patience_ms); /* else the next run does */
    else
        tell(s, ORCH_LOG_INFO, "geopackage.journal",
             is_busy(s) ? "stays in WAL mode: another program has it open"
                        : "stays in WAL mode: it cannot be written into now");
}
