/* SPDX-License-Identifier: Apache-2.0 */
#include "files_publish.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "orch/error.h"

#define SUFFIX   ".part"
#define RUN_MAX  64

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* "folder/" or "" */
static int folder_len(const char *path)
{
    return (int)(name_of(path) - path);
}

char *files_ledger_path(const char *path)
{
    size_t size = strlen(path) + sizeof ".ledger.sqlite";
    char *out = malloc(size);
    if (out != NULL)
        snprintf(out, size, "%s.ledger.sqlite", path);
    return out;
}

static bool run_char(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           c == '-' || c == '_';
}

/* Without dots in the run's part, ".a.RUN.part" is never taken for one of the output "a.b". */
char *files_staged_path(const char *path, const char *run)
{
    char safe[RUN_MAX + 1];
    size_t n = 0, size = strlen(path) + sizeof safe + sizeof ".." SUFFIX;
    for (; run != NULL && run[n] != '\0' && n < RUN_MAX; n++)
        safe[n] = run_char(run[n]) ? run[n] : '_';
    safe[n] = '\0';
    char *out = malloc(size);
    if (out != NULL)
        snprintf(out, size, "%.*s.%s.%s" SUFFIX, folder_len(path), path, name_of(path),
                 n > 0 ? safe : "run");
    return out;
}

static bool is_staged_name(const char *entry, const char *name)
{
    size_t len = strlen(entry), head = strlen(name) + 2, tail = strlen(SUFFIX);
    if (len <= head + tail || entry[0] != '.' || strncmp(entry + 1, name, head - 2) != 0 ||
        entry[head - 1] != '.' || strcmp(entry + len - tail, SUFFIX) != 0)
        return false;
    for (size_t i = head; i < len - tail; i++)
        if (!run_char(entry[i]))
            return false;
    return true;
}

static int folder_open(const char *path)
{
    char *folder = strndup(path, (size_t)folder_len(path));
    if (folder == NULL)
        return -1;
    int fd = open(folder[0] != '\0' ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    return fd;
}

orch_status files_folder_sync(const char *path, orch_error *err)
{
    int fd = folder_open(path);
    if (fd < 0)
        return lite_system_error(err, "open the folder of", path, errno);
    /* some file systems know no fsync of a folder and say EINVAL */
    int code = fsync(fd) == 0 || errno == EINVAL ? 0 : errno;
    close(fd);
    return code == 0 ? ORCH_OK : lite_system_error(err, "write the folder of", path, code);
}

static void orphans_remove(const char *path)
{
    int fd = folder_open(path);
    DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
    if (folder == NULL) {
        if (fd >= 0)
            close(fd);
        return;
    }
    const struct dirent *entry;
    while ((entry = readdir(folder)) != NULL)
        if (is_staged_name(entry->d_name, name_of(path)))
            unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
}

/* ---- the mark ------------------------------------------------------------------------------ */

static orch_status mark_find(struct lite_store *ledger, char **staged, orch_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int64_t tables = 0;
    *staged = NULL;
    orch_status st = lite_number(ledger, 0, &tables, err,
                                 "SELECT count(*) FROM main.sqlite_master WHERE "
                                 "name = 'orchestra_publication'");
    if (st != ORCH_OK || tables == 0)
        return st;
    st = lite_prepare(ledger, &stmt, err, "SELECT staged FROM main.orchestra_publication");
    if (st != ORCH_OK)
        return st;
    int rc = sqlite3_step(stmt);
    const char *name = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
    if (rc == SQLITE_ROW && (name == NULL || (*staged = strdup(name)) == NULL))
        st = lite_no_memory(err);
    else if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        st = lite_error(ledger, rc, "read", err);
    sqlite3_finalize(stmt);
    return st;
}

/* `name` comes from the ledger file: only names that this connector makes are renamed. */
static orch_status staged_rename(const char *path, const char *name, orch_error *err)
{
    size_t size = (size_t)folder_len(path) + strlen(name) + 1;
    char *staged = malloc(size);
    if (staged == NULL)
        return lite_no_memory(err);
    snprintf(staged, size, "%.*s%s", folder_len(path), path, name);
    orch_status st = ORCH_OK;
    if (is_staged_name(name, name_of(path)) && rename(staged, path) != 0 && errno != ENOENT) {
        st = lite_system_error(err, "publish", path, errno);
        orch_error_hint(err, "the rows wait in \"%s\": once the cause is gone, the next run "
                             "publishes them", name);
    }
    free(staged);
    if (st != ORCH_OK)
        return st;
    st = files_folder_sync(path, err);
    if (st != ORCH_OK)
        orch_error_hint(err, "the rows are in place, but may not outlive a power failure: check "
                             "the disk");
    return st;
}

/* In a transaction; commits it when there was a mark. */
static orch_status mark_follow(struct lite_store *ledger, const char *path, bool *followed,
                               orch_error *err)
{
    char *staged = NULL;
    orch_status st = mark_find(ledger, &staged, err);
    *followed = staged != NULL;
    if (st == ORCH_OK && staged != NULL)
        st = staged_rename(path, staged, err);
    if (st == ORCH_OK && staged != NULL)
        st = lite_run(ledger, err, "DELETE FROM main.orchestra_publication");
    if (st == ORCH_OK && staged != NULL)
        st = lite_commit(ledger, err);
    free(staged);
    return st;
}

orch_status files_publish_resume(struct lite_store *ledger, const char *path, orch_error *err)
{
    bool followed = false;
    orch_status st = mark_follow(ledger, path, &followed, err);
    if (st == ORCH_OK && followed)
        st = lite_begin(ledger, err);
    if (st == ORCH_OK)
        orphans_remove(path);
    return st;
}

orch_status files_publish_complete(struct lite_store *ledger, const char *path, orch_error *err)
{
    char *staged = NULL;
    bool followed = false;
    orch_status st = mark_find(ledger, &staged, err);
    bool marked = staged != NULL;
    free(staged);
    if (st != ORCH_OK || !marked)
        return st;
    int64_t wait = ledger->wait_ms;
    ledger->wait_ms = 0;
    st = lite_begin(ledger, err);
    ledger->wait_ms = wait;
    if (st == ORCH_EBUSY) /* the run that holds the lock does it */
        return ORCH_OK;
    if (st == ORCH_OK)
        st = mark_follow(ledger, path, &followed, err);
    if (lite_in_transaction(ledger))
        (void)lite_run(ledger, NULL, "ROLLBACK");
    return st;
}

orch_status files_publish(struct lite_store *ledger, const char *path, const char *staged,
                          bool *marked, orch_error *err)
{
    orch_status st = lite_run(ledger, err,
                              "CREATE TABLE IF NOT EXISTS main.orchestra_publication "
                              "(staged TEXT NOT NULL)");
    if (st == ORCH_OK)
        st = lite_run(ledger, err, "INSERT INTO main.orchestra_publication VALUES (%Q)",
                      name_of(staged));
    if (st != ORCH_OK)
        return st;
    /* A commit that fails may have happened: the file stays, and whoever opens the ledger next
     * finds the mark and publishes it, or none and removes it. */
    st = lite_commit(ledger, err);
    *marked = !lite_in_transaction(ledger);
    if (st == ORCH_OK)
        st = staged_rename(path, name_of(staged), err);
    if (st == ORCH_OK) /* a mark that stays is harmless: it names a file that is gone */
        (void)lite_run(ledger, NULL, "DELETE FROM main.orchestra_publication WHERE staged = %Q",
                       name_of(staged));
    return st;
}
