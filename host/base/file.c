/* SPDX-License-Identifier: Apache-2.0 */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/arena.h"
#include "orch/error.h"

/* ---- errors -------------------------------------------------------------------------------- */

static const char *hint_for(int code)
{
    switch (code) {
    case ENOENT:
        return "check the path; a relative path starts at the folder the command runs in";
    case ENOTDIR:
        return "one of the folders of the path is a file; check the path";
    case EISDIR:
        return "give the path of a file, not of a folder";
    case EACCES:
    case EPERM:
        return "give the account that runs orchestra the rights, or use another path";
    case EROFS:
        return "the file system is read-only; use another path";
    case ENOSPC:
    case EDQUOT:
        return "free some space, or use a path on another disk";
    case EMFILE:
    case ENFILE:
        return "raise the limit of open files (ulimit -n)";
    case EEXIST:
        return "a file of that name is in the way; move it or use another path";
    default:
        return "";
    }
}

/* A file server that is away for a moment, or files that others have open; what someone must act
 * for (room, rights, limits) does not pass by itself. */
static bool may_pass(int code)
{
    return code == EIO || code == ESTALE || code == EAGAIN || code == ETIMEDOUT ||
           code == EHOSTDOWN || code == ENFILE || code == EBUSY;
}

static orch_status status_for(int code)
{
    if (code == EACCES || code == EPERM)
        return ORCH_EAUTH;
    return code == ENOMEM || code == EMFILE ? ORCH_ENOMEM : ORCH_EIO;
}

orch_status orch_file_error(orch_error *err, const char *verb, const char *path, int code)
{
    orch_status st = orch_error_set(err, status_for(code), "cannot %s \"%s\"", verb, path);
    orch_error_detail(err, "%s", strerror(code));
    orch_error_hint(err, "%s", hint_for(code));
    if (err) {
        err->vendor_code = code;
        err->flags |= may_pass(code) ? ORCH_ERROR_RETRYABLE : 0;
    }
    return st;
}

/* ---- reading ------------------------------------------------------------------------------- */

static orch_status too_large(const char *path, size_t cap, orch_error *err)
{
    orch_error_set(err, ORCH_EDATA, "cannot read \"%s\"", path);
    orch_error_detail(err, "it is larger than %zu bytes, the most that is read here", cap);
    orch_error_hint(err, "check that this is the file you mean");
    return ORCH_EDATA;
}

/* One byte more than the cap is asked for: that it comes is how a file too large is known, also
 * where there is no size to ask for (pipes, /proc). */
orch_status orch_file_read_open(int fd, const char *path, size_t cap, struct orch_text *text,
                                orch_error *err)
{
    char piece[16384];
    for (;;) {
        size_t left = cap - text->len;
        size_t want = left < sizeof piece ? left + 1 : sizeof piece;
        ssize_t n = read(fd, piece, want);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return orch_file_error(err, "read", path, errno);
        if ((size_t)n > left)
            return too_large(path, cap, err);
        if (!orch_text_add(text, piece, (size_t)n))
            return orch_error_set(err, ORCH_ENOMEM, "out of memory reading \"%s\"", path);
        if (n == 0)
            return ORCH_OK;
    }
}

orch_status orch_file_read(const char *path, size_t cap, struct orch_text *out, orch_error *err)
{
    struct orch_text text = { 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return orch_file_error(err, "read", path, errno);
    orch_status st = orch_file_read_open(fd, path, cap, &text, err);
    if (st != ORCH_OK)
        goto done;
    *out = text;
    text = (struct orch_text){ 0 };

done:
    close(fd);
    orch_text_release(&text);
    return st;
}

/* ---- paths --------------------------------------------------------------------------------- */

bool orch_file_exists(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0;
}

static bool is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

static orch_status make_one(const char *path, orch_error *err)
{
    if (mkdir(path, 0700) == 0)
        return ORCH_OK;
    int code = errno;
    /* Another process may have made it just now; above it one may lack rights yet find it there. */
    if (is_folder(path))
        return ORCH_OK;
    return orch_file_error(err, "make the folder", path, code);
}

orch_status orch_file_make_folder(const char *path, orch_error *err)
{
    if (is_folder(path))
        return ORCH_OK;
    char *copy = orch_strdup(path);
    if (!copy)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    orch_status st = ORCH_OK;
    for (char *p = copy + 1; *copy && *p && st == ORCH_OK; p++) {
        if (*p != '/' || p[-1] == '/')
            continue;
        *p = '\0';
        st = make_one(copy, err);
        *p = '/';
    }
    if (st == ORCH_OK)
        st = make_one(copy, err);
    free(copy);
    return st;
}

const char *orch_path_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

struct orch_str orch_path_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return ORCH_STR(".");
    /* "/name" stands in the root, and slashes in a row count as one. */
    while (slash > path && slash[-1] == '/')
        slash--;
    return (struct orch_str){ path, slash == path ? 1 : (size_t)(slash - path) };
}
