/* SPDX-License-Identifier: Apache-2.0 */
#include "files_sink.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../sqlite/lite_store.h"

orch_status files_sink_open(struct files_sink *out, const char *path, uint32_t mode,
                            orch_error *err)
{
    struct files_sink sink = { .fd = -1 };
    sink.path = strdup(path);
    sink.buffer = malloc(FILES_SINK_BYTES);
    if (sink.path == NULL || sink.buffer == NULL) {
        files_sink_close(&sink, true);
        return lite_no_memory(err);
    }
    sink.fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (sink.fd < 0) {
        orch_status st = lite_system_error(err, "create", path, errno);
        files_sink_close(&sink, true);
        return st;
    }
    if (mode != 0) /* the file it will replace may be of another owner: then the umask's stay */
        (void)!fchmod(sink.fd, mode & 07777);
    *out = sink;
    return ORCH_OK;
}

void files_sink_close(struct files_sink *sink, bool keep)
{
    if (sink->path == NULL && sink->buffer == NULL)
        return;
    if (sink->fd >= 0)
        close(sink->fd);
    if (!keep && sink->path != NULL)
        unlink(sink->path);
    free(sink->path);
    free(sink->buffer);
    *sink = (struct files_sink){ .fd = -1 };
}

/* Has the kernel write whole pieces to the disk while rows are still made, so that the fsync at the
 * end finds little to wait for. What goes wrong with them that fsync tells. */
static void start_writing(struct files_sink *sink)
{
    int64_t due = sink->written - sink->started;
    if (due < FILES_AHEAD_BYTES)
        return;
    due -= due % FILES_AHEAD_BYTES;
    (void)sync_file_range(sink->fd, sink->started, due, SYNC_FILE_RANGE_WRITE);
    sink->started += due;
}

void files_sink_empty(struct files_sink *sink)
{
    size_t done = 0;
    while (sink->failure == 0 && done < sink->used) {
        ssize_t n = write(sink->fd, sink->buffer + done, sink->used - done);
        if (n >= 0)
            done += (size_t)n;
        else if (errno != EINTR)
            sink->failure = errno;
    }
    sink->written += (int64_t)done;
    sink->used = 0;
    if (sink->failure == 0)
        start_writing(sink);
}

orch_status files_sink_flush(struct files_sink *sink, orch_error *err)
{
    files_sink_empty(sink);
    return sink->failure == 0 ? ORCH_OK
                              : lite_system_error(err, "write", sink->path, sink->failure);
}

orch_status files_sink_sync(struct files_sink *sink, orch_error *err)
{
    orch_status st = files_sink_flush(sink, err);
    if (st != ORCH_OK)
        return st;
    if (fsync(sink->fd) != 0)
        return lite_system_error(err, "write", sink->path, errno);
    int rc = close(sink->fd);
    sink->fd = -1;
    return rc == 0 ? ORCH_OK : lite_system_error(err, "write", sink->path, errno);
}
