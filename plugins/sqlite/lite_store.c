/* SPDX-License-Identifier: Apache-2.0 */
#include "lite_store.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "orch/error.h"

#define LOCK_SLICE_MS 10
#define COMMIT_WAIT_MS 30000
#define PROGRESS_STEPS 20000 /* some milliseconds of SQLite's virtual machine */
#define MOVED_RETRIES 8

bool lite_cancelled(const struct lite_store *s)
{
    return (s->stop != NULL && atomic_load(s->stop)) ||
           (s->host != NULL && s->host->cancelled != NULL && s->host->cancelled(s->host));
}

static int on_progress(void *ctx)
{
    return lite_cancelled(ctx);
}

static int on_busy(void *ctx, int count)
{
    struct lite_store *s = ctx;
    if (count == 0)
        s->waited_ms = 0;
    if (s->waited_ms >= s->wait_ms || lite_cancelled(s))
        return 0;
    nanosleep(&(struct timespec){ .tv_nsec = LOCK_SLICE_MS * 1000000L }, NULL);
    s->waited_ms += LOCK_SLICE_MS;
    return 1;
}

static orch_status configure(struct lite_store *s, enum lite_mode mode, orch_error *err)
{
    sqlite3_extended_result_codes(s->db, 1);
    sqlite3_busy_handler(s->db, on_busy, s);
    sqlite3_progress_handler(s->db, PROGRESS_STEPS, on_progress, s);
    /* A file from elsewhere may hold views and triggers that mean harm. */
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    orch_status st = ORCH_OK;
    if (mode == LITE_CREATE && s->created)
        st = lite_run(s, err, "PRAGMA page_size = 16384");
    if (st == ORCH_OK && mode != LITE_READ)
        st = lite_run(s, err, "PRAGMA synchronous = EXTRA");
    int64_t version;
    if (st == ORCH_OK) /* the first look into the file */
        st = lite_number(s, 0, &version, err, "PRAGMA schema_version");
    if (st == ORCH_OK) /* after the page size is known: the limit is kept in pages */
        st = lite_run(s, err, "PRAGMA cache_size = -16384");
    return st;
}

/* "./" in front: SQLite gives a meaning to "", ":memory:" and "file:" */
static char *own_path(const char *path)
{
    size_t len = strlen(path);
    char *own = malloc(len + 3);
    if (own != NULL)
        snprintf(own, len + 3, "%s%s", path[0] == '/' ? "" : "./", path);
    return own;
}

const char *lite_path(const struct lite_store *s)
{
    return s->path[0] == '/' ? s->path : s->path + 2;
}

/* A file in WAL mode wants an index beside it, also from who only reads. Without log and index
 * nobody is at work on the file: where the index cannot be made it is read as it is. */
static bool is_at_rest(const struct lite_store *s)
{
    struct stat info;
    int code = sqlite3_errcode(s->db) & 0xff;
    if (code != SQLITE_READONLY && code != SQLITE_CANTOPEN)
        return false;
    char *log = sqlite3_mprintf("%s-wal", s->path);
    char *index = sqlite3_mprintf("%s-shm", s->path);
    bool rests = log != NULL && index != NULL && lstat(index, &info) != 0 && errno == ENOENT &&
                 (lstat(log, &info) == 0 ? info.st_size == 0 : errno == ENOENT);
    sqlite3_free(log);
    sqlite3_free(index);
    return rests;
}

orch_status lite_unchanged(const struct lite_store *s, orch_error *err)
{
    struct stat now;
    if (!s->at_rest || (stat(s->path, &now) == 0 && now.st_ino == s->seen.st_ino &&
                        now.st_size == s->seen.st_size &&
                        now.st_mtim.tv_sec == s->seen.st_mtim.tv_sec &&
                        now.st_mtim.tv_nsec == s->seen.st_mtim.tv_nsec))
        return ORCH_OK;
    orch_error_set(err, ORCH_EIO, "\"%s\" was changed while the run read it", lite_path(s));
    orch_error_detail(err, "it is in WAL mode, and its folder may not be written: it was read "
                           "without locks");
    orch_error_hint(err, "run again, or bring it into another mode: PRAGMA journal_mode = delete");
    if (err != NULL)
        err->flags |= ORCH_ERROR_RETRYABLE;
    return ORCH_EIO;
}

static char *as_it_is(const char *path)
{
    sqlite3_str *uri = sqlite3_str_new(NULL);
    sqlite3_str_appendall(uri, "file:");
    for (; *path != '\0'; path++)
        sqlite3_str_appendf(uri, strchr("%?#", *path) != NULL ? "%%%02X" : "%c", *path);
    sqlite3_str_appendall(uri, "?immutable=1");
    return sqlite3_str_finish(uri);
}

static orch_status connect_to(struct lite_store *s, const char *name, int flags,
                              enum lite_mode mode, orch_error *err)
{
    if (name == NULL)
        return lite_no_memory(err);
    int rc = sqlite3_open_v2(name, &s->db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    return rc == SQLITE_OK ? configure(s, mode, err)
                           : lite_error(s, sqlite3_extended_errcode(s->db), "open", err);
}

orch_status lite_open(struct lite_store *out, const struct lite_owner *owner, const char *path,
                      enum lite_mode mode, orch_error *err)
{
    bool absent = false;
    *out = (struct lite_store){ .host = owner->host, .stop = owner->stop,
                                .wait_ms = owner->wait_ms };
    orch_status st = lite_path_check(path, mode != LITE_READ, &absent, err);
    if (st != ORCH_OK)
        return st;
    if (absent && mode != LITE_CREATE)
        return lite_system_error(err, "open", path, ENOENT);
    out->created = absent;
    out->path = own_path(path);
    int flags = mode == LITE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
    st = connect_to(out, out->path, flags | (mode == LITE_CREATE ? SQLITE_OPEN_CREATE : 0), mode,
                    err);
    if (st != ORCH_OK && out->db != NULL && !out->created && is_at_rest(out)) {
        sqlite3_close_v2(out->db);
        out->db = NULL;
        char *name = as_it_is(out->path);
        out->at_rest = stat(out->path, &out->seen) == 0;
        st = connect_to(out, name, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, mode, err);
        sqlite3_free(name);
    }
    if (st != ORCH_OK)
        lite_close(out);
    return st;
}

/* The lock is taken first: nobody else may be about to fill the empty file. */
static void remove_empty(struct lite_store *s)
{
    struct stat info;
    s->wait_ms = 0;
    if (sqlite3_exec(s->db, "BEGIN EXCLUSIVE", NULL, NULL, NULL) != SQLITE_OK)
        return;
    int moved = 0;
    sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    if (!moved && stat(s->path, &info) == 0 && info.st_size == 0)
        unlink(s->path);
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
}

void lite_close(struct lite_store *s)
{
    if (s->db != NULL) {
        sqlite3_progress_handler(s->db, 0, NULL, NULL);
        if (!sqlite3_get_autocommit(s->db))
            sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        if (s->created)
            remove_empty(s);
        sqlite3_close_v2(s->db);
    }
    free(s->path);
    *s = (struct lite_store){ 0 };
}

/* Another run may have removed the empty file it had created while this one waited for the lock:
 * what is written then would be lost with the unlinked file. */
static orch_status reopen_moved(struct lite_store *s, bool *moved, orch_error *err)
{
    int flag = 0;
    *moved = false;
    if (sqlite3_file_control(s->db, "main", SQLITE_FCNTL_HAS_MOVED, &flag) != SQLITE_OK || !flag)
        return ORCH_OK;
    *moved = true;
    struct lite_owner owner = { s->host, s->stop, s->wait_ms };
    char *path = strdup(lite_path(s));
    if (path == NULL)
        return lite_no_memory(err);
    s->created = false;
    lite_close(s);
    orch_status st = lite_open(s, &owner, path, LITE_CREATE, err);
    free(path);
    return st;
}

orch_status lite_begin(struct lite_store *s, orch_error *err)
{
    for (int i = 0; i < MOVED_RETRIES; i++) {
        bool moved = false;
        orch_status st = lite_run(s, err, "BEGIN IMMEDIATE");
        if (st == ORCH_OK)
            st = reopen_moved(s, &moved, err);
        if (st != ORCH_OK || !moved)
            return st;
    }
    return orch_error_set(err, ORCH_EIO, "\"%s\" is being replaced again and again",
                          lite_path(s));
}

orch_status lite_commit(struct lite_store *s, orch_error *err)
{
    int64_t wait = s->wait_ms;
    s->wait_ms = wait > COMMIT_WAIT_MS ? wait : COMMIT_WAIT_MS;
    orch_error own = ORCH_ERROR_INIT;
    err = err != NULL ? err : &own;
    orch_status st = lite_run(s, err, "COMMIT");
    s->wait_ms = wait;
    /* The journal is gone, and with it the way back; the log holds the commit, flushed or not. */
    if (st != ORCH_OK && (err->vendor_code == SQLITE_IOERR_DIR_FSYNC ||
                          (s->wal && err->vendor_code == SQLITE_IOERR_FSYNC)))
        orch_error_hint(err, "it may have taken effect: the next run finds out by itself from the "
                             "ledger");
    if (st == ORCH_OK)
        s->created = false;
    return st;
}

bool lite_in_transaction(const struct lite_store *s)
{
    return s->db != NULL && !sqlite3_get_autocommit(s->db);
}

static orch_status prepare_sql(struct lite_store *s, char *sql, sqlite3_stmt **out,
                               orch_error *err)
{
    if (sql == NULL)
        return lite_no_memory(err);
    sqlite3_stmt *stmt = NULL;
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL);
    sqlite3_free(sql);
    if (rc != SQLITE_OK)
        return lite_error(s, rc, "use", err);
    *out = stmt;
    return ORCH_OK;
}

orch_status lite_prepare(struct lite_store *s, sqlite3_stmt **out, orch_error *err,
                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = sqlite3_vmprintf(format, args);
    va_end(args);
    return prepare_sql(s, sql, out, err);
}

orch_status lite_step_done(struct lite_store *s, sqlite3_stmt *stmt, orch_error *err)
{
    int rc = sqlite3_step(stmt);
    while (rc == SQLITE_ROW) /* a pragma answers with its value */
        rc = sqlite3_step(stmt);
    orch_status st = rc == SQLITE_DONE ? ORCH_OK : lite_error(s, rc, "write", err);
    sqlite3_reset(stmt);
    return st;
}

orch_status lite_run(struct lite_store *s, orch_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = sqlite3_vmprintf(format, args);
    va_end(args);
    sqlite3_stmt *stmt = NULL;
    orch_status st = prepare_sql(s, sql, &stmt, err);
    if (st == ORCH_OK)
        st = lite_step_done(s, stmt, err);
    sqlite3_finalize(stmt);
    return st;
}

orch_status lite_number(struct lite_store *s, int64_t missing, int64_t *out, orch_error *err,
                        const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *sql = sqlite3_vmprintf(format, args);
    va_end(args);
    sqlite3_stmt *stmt = NULL;
    orch_status st = prepare_sql(s, sql, &stmt, err);
    if (st != ORCH_OK)
        return st;
    int rc = sqlite3_step(stmt);
    if (rc == SQLITE_ROW)
        *out = sqlite3_column_type(stmt, 0) == SQLITE_NULL ? missing
                                                           : sqlite3_column_int64(stmt, 0);
    else if (rc == SQLITE_DONE)
        *out = missing;
    else
        st = lite_error(s, rc, "read", err);
    sqlite3_finalize(stmt);
    return st;
}
