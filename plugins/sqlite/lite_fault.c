/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong with files, in words that help. */
#include "lite_store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "orch/error.h"

orch_status lite_no_memory(orch_error *err)
{
    return orch_error_set(err, ORCH_ENOMEM, "out of memory");
}

static bool is_full(int code)
{
    return code == ENOSPC || code == EDQUOT || code == EFBIG;
}

static void hint_full(orch_error *err)
{
    orch_error_hint(err, "free disk space, or raise the quota or file size limit; nothing was "
                         "published");
}

static orch_status system_status(int code)
{
    return code == EACCES || code == EPERM || code == EROFS ? ORCH_EAUTH
           : code == ENOMEM                                 ? ORCH_ENOMEM
                                                            : ORCH_EIO;
}

/* A file server that is away for a moment; what someone must act for does not pass by itself. */
static bool may_pass(int code)
{
    return code == EIO || code == ESTALE || code == EAGAIN || code == ETIMEDOUT ||
           code == EHOSTDOWN || code == ENFILE || code == EBUSY;
}

orch_status lite_system_error(orch_error *err, const char *verb, const char *path, int code)
{
    orch_status st = orch_error_set(err, system_status(code), "cannot %s \"%s\"", verb, path);
    orch_error_detail(err, "%s", strerror(code));
    if (is_full(code))
        hint_full(err);
    else if (st == ORCH_EAUTH)
        orch_error_hint(err, "check the rights of the file and of its folder");
    else if (code == ENOENT)
        orch_error_hint(err, "check the path");
    if (err != NULL) {
        err->vendor_code = code;
        err->flags |= may_pass(code) ? ORCH_ERROR_RETRYABLE : 0;
    }
    return st;
}

/* A trailing part of the path that is not there is fine if its folder is. */
static orch_status folder_check(const char *path, orch_error *err)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    size_t len = slash == NULL ? 1 : slash == path ? 1 : (size_t)(slash - path);
    if (len >= sizeof folder)
        return lite_system_error(err, "create", path, ENAMETOOLONG);
    memcpy(folder, slash == NULL ? "." : path, len);
    folder[len] = '\0';
    struct stat info;
    if (stat(folder, &info) == 0 && S_ISDIR(info.st_mode))
        return ORCH_OK;
    orch_error_set(err, ORCH_EIO, "cannot create \"%s\"", path);
    orch_error_detail(err, "the folder \"%s\" does not exist", folder);
    orch_error_hint(err, "create the folder, or correct the path");
    return ORCH_EIO;
}

static orch_status link_refused(const char *path, orch_error *err)
{
    char target[PATH_MAX];
    ssize_t n = readlink(path, target, sizeof target - 1);
    target[n > 0 ? n : 0] = '\0';
    orch_error_set(err, ORCH_ECONFIG, "\"%s\" is a symbolic link", path);
    orch_error_detail(err, "it points to \"%s\"", target);
    orch_error_hint(err, "give the path of the file itself");
    return ORCH_ECONFIG;
}

orch_status lite_path_check(const char *path, bool writing, bool *absent, orch_error *err)
{
    struct stat info;
    *absent = false;
    if (path[0] == '\0')
        return orch_error_set(err, ORCH_ECONFIG, "the path is empty");
    if ((writing ? lstat(path, &info) : stat(path, &info)) != 0) {
        if (errno != ENOENT || !writing)
            return lite_system_error(err, "open", path, errno);
        *absent = true;
        return folder_check(path, err);
    }
    if (S_ISLNK(info.st_mode))
        return link_refused(path, err);
    if (S_ISREG(info.st_mode))
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "\"%s\" is %s", path,
                   S_ISDIR(info.st_mode) ? "a folder" : "not a regular file");
    orch_error_hint(err, "give the path of a file");
    return ORCH_ECONFIG;
}

/* ---- SQLite's codes ------------------------------------------------------------------------ */

struct fault {
    int primary;
    orch_status code;
    uint32_t flags;
    const char *hint;
};

static const struct fault faults[] = {
    { SQLITE_BUSY, ORCH_EBUSY, ORCH_ERROR_RETRYABLE,
      "wait for the other run, close the program that has the file open, or set lock_wait" },
    { SQLITE_LOCKED, ORCH_EBUSY, ORCH_ERROR_RETRYABLE, "try again once the other run has ended" },
    { SQLITE_PROTOCOL, ORCH_EBUSY, ORCH_ERROR_RETRYABLE, "try again once the other run has ended" },
    { SQLITE_READONLY, ORCH_EAUTH, 0, "check the rights of the file and of its folder" },
    { SQLITE_PERM, ORCH_EAUTH, 0, "check the rights of the file and of its folder" },
    { SQLITE_CANTOPEN, ORCH_EAUTH, 0,
      "check the rights of the file and of its folder: SQLite puts its journal beside the file" },
    { SQLITE_NOTADB, ORCH_EDATA, 0, "choose another path; the file was not touched" },
    { SQLITE_CORRUPT, ORCH_EDATA, 0, "the file is damaged: restore it from a copy" },
    { SQLITE_CONSTRAINT, ORCH_ECONFLICT, 0, NULL },
    { SQLITE_INTERRUPT, ORCH_ECANCELLED, 0, NULL },
    { SQLITE_NOMEM, ORCH_ENOMEM, 0, NULL },
    { SQLITE_TOOBIG, ORCH_EDATA, 0, "a value or a row is longer than SQLite takes (1 GB)" },
    { SQLITE_IOERR, ORCH_EIO, 0, NULL },
    { SQLITE_FULL, ORCH_EIO, 0, NULL },
};

static orch_status fault_message(const struct fault *f, const char *verb, const char *path,
                                 orch_error *err)
{
    orch_status code = f != NULL ? f->code : ORCH_EINTERNAL;
    switch (code) {
    case ORCH_EBUSY:
        return orch_error_set(err, code, "\"%s\" is in use by another run or program", path);
    case ORCH_ENOMEM:
        return lite_no_memory(err);
    case ORCH_ECANCELLED:
        return orch_error_set(err, code, "cancelled");
    default:
        return orch_error_set(err, code, "cannot %s \"%s\"", verb, path);
    }
}

orch_status lite_error(const struct lite_store *s, int rc, const char *verb, orch_error *err)
{
    const struct fault *f = NULL;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (faults[i].primary == (rc & 0xff))
            f = &faults[i];
    if ((rc & 0xff) == SQLITE_BUSY && lite_cancelled(s))
        return orch_error_set(err, ORCH_ECANCELLED, "cancelled");
    char text[400];
    snprintf(text, sizeof text, "%s", s->db != NULL ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
    orch_status st = fault_message(f, verb, lite_path(s), err);
    orch_error_detail(err, "SQLite: %s", text);
    /* SQLite knows ENOSPC by itself; a quota or limit comes as a failed write, its errno lost */
    if ((rc & 0xff) == SQLITE_FULL || rc == SQLITE_IOERR_WRITE || rc == SQLITE_IOERR_FSYNC)
        hint_full(err);
    else if (f != NULL && f->hint != NULL)
        orch_error_hint(err, "%s", f->hint);
    if (err != NULL) {
        err->vendor_code = rc;
        err->flags |= f != NULL ? f->flags : 0;
    }
    return st;
}
