/* SPDX-License-Identifier: Apache-2.0 */
/* Standard input as a file: connectors may open an input twice (header, then rows), a pipe cannot
 * be read twice. The file has no name, so that it is gone whatever ends the process. */
#include "plugin/input_item.h"

#include "base/cancel.h"
#include "base/file.h"
#include "orch/error.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <unistd.h>

/* A pipe may be silent for long; a signal must not wait for it. */
#define CANCEL_POLL_MS 200

static const char *temporary_folder(void)
{
    const char *folder = getenv("TMPDIR");
    return folder && folder[0] == '/' ? folder : "/tmp";
}

/* Not every file system knows files without a name. */
static int spool_file(void)
{
    char path[4096];
    int fd = open(temporary_folder(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        return fd;
    int n = snprintf(path, sizeof path, "%s/orchestra-XXXXXX", temporary_folder());
    if (n < 0 || (size_t)n >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0)
        unlink(path);
    return fd;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = write(fd, bytes, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        bytes += n;
        len -= (size_t)n;
    }
    return true;
}

static orch_status fail_read(int code, orch_error *err)
{
    if (code != EBADF)
        return orch_file_error(err, "read", "standard input", code);
    orch_error_set(err, ORCH_EIO, "standard input is closed");
    orch_error_detail(err, "the path \"-\" reads from it");
    orch_error_hint(err, "give it a file or a pipe (orchestra ... <FILE), or name a file as path");
    return ORCH_EIO;
}

static orch_status spool_copy(int fd, char *buffer, orch_error *err)
{
    struct pollfd in = { .fd = STDIN_FILENO, .events = POLLIN };

    for (;;) {
        int ready = poll(&in, 1, CANCEL_POLL_MS);
        if (orch_cancelled())
            return orch_error_set(err, ORCH_ECANCELLED, "cancelled while reading standard input");
        if (ready == 0)
            continue;
        ssize_t n = read(STDIN_FILENO, buffer, ORCH_INPUT_BUFFER_BYTES);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return fail_read(errno, err);
        if (n == 0)
            return ORCH_OK;
        if (!write_all(fd, buffer, (size_t)n))
            return orch_file_error(err, "write a copy of standard input in", temporary_folder(),
                                   errno);
    }
}

orch_status orch_input_spool(int *fd, orch_error *err)
{
    char *buffer = NULL;
    int spool = spool_file();

    if (spool < 0)
        return orch_file_error(err, "write in", temporary_folder(), errno);
    buffer = orch_alloc(ORCH_INPUT_BUFFER_BYTES);
    orch_status st = buffer ? spool_copy(spool, buffer, err)
                            : orch_error_set(err, ORCH_ENOMEM, "out of memory");
    free(buffer);
    if (st != ORCH_OK) {
        close(spool);
        return st;
    }
    *fd = spool;
    return ORCH_OK;
}
