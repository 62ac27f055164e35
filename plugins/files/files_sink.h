/* SPDX-License-Identifier: Apache-2.0 */
/* A file being written through a large buffer. The first failure stays and is told by
 * files_sink_flush and files_sink_sync; until then bytes may be dropped. */
#ifndef FILES_SINK_H
#define FILES_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "orch/connector.h"

#define FILES_SINK_BYTES (256 << 10)
#define FILES_AHEAD_BYTES (8 << 20) /* go to the disk together */
#define FILES_SLICE      (16 << 10) /* bytes that may be asked room for at once, at most */

struct files_sink {
    int fd; /* -1: closed */
    char *path;
    char *buffer;
    size_t used;
    int failure; /* errno; 0: none */
    int64_t written;
    int64_t started; /* of them, on their way to the disk */
};

/* Creates `path`, which must not be there, with the mode bits given (0: as the umask says). */
orch_status files_sink_open(struct files_sink *out, const char *path, uint32_t mode,
                            orch_error *err);
/* Closes and, unless `keep`, removes the file. Accepts a zeroed sink. */
void files_sink_close(struct files_sink *sink, bool keep);
orch_status files_sink_flush(struct files_sink *sink, orch_error *err);
/* Flushes to the disk and closes the descriptor. */
orch_status files_sink_sync(struct files_sink *sink, orch_error *err);
void files_sink_empty(struct files_sink *sink);

/* Room for n <= FILES_SLICE bytes; what was written there is counted by files_sink_add. */
static inline char *files_sink_room(struct files_sink *sink, size_t n)
{
    if (FILES_SINK_BYTES - sink->used < n)
        files_sink_empty(sink);
    return sink->buffer + sink->used;
}

static inline void files_sink_add(struct files_sink *sink, size_t n)
{
    sink->used += n;
}

static inline void files_sink_char(struct files_sink *sink, char c)
{
    *files_sink_room(sink, 1) = c;
    sink->used++;
}

static inline void files_sink_put(struct files_sink *sink, const char *bytes, size_t n)
{
    while (n > FILES_SLICE) {
        memcpy(files_sink_room(sink, FILES_SLICE), bytes, FILES_SLICE);
        sink->used += FILES_SLICE;
        bytes += FILES_SLICE;
        n -= FILES_SLICE;
    }
    memcpy(files_sink_room(sink, n), bytes, n);
    sink->used += n;
}

#endif
