/* SPDX-License-Identifier: Apache-2.0 */
/* The lines of one input, bounded: a file without line ends needs no more memory than one with.
 *
 * Invariants: `stream` is NULL when nothing is open; a zeroed struct may be closed. */
#ifndef THERMOMETER_LINES_H
#define THERMOMETER_LINES_H

#include "orch/input.h"

#define THERMOMETER_LINE_MOST 4096

struct thermometer_lines {
    const orch_input *input;
    orch_input_stream *stream;
    size_t pos, len; /* what is not given out yet: buffer[pos, len) */
    bool at_end;     /* the stream has no more bytes */
    bool skipping;   /* inside a line that was too long */
    int64_t number;  /* 1-based, of the line given last */
    int64_t offset;  /* of the first byte of that line in the input */
    int64_t next_offset;
    char buffer[65536];
};

/* Opens input `index` as UTF-8 text. */
orch_status thermometer_lines_open(struct thermometer_lines *l, const orch_host *host,
                                   const orch_input *input, size_t index, orch_error *err);
void thermometer_lines_close(struct thermometer_lines *l);

/* The next line without its end (LF or CRLF), borrowed until the next call; ORCH_END after the
 * last. *too_long: it has more than THERMOMETER_LINE_MOST bytes, only its beginning is given. */
orch_status thermometer_lines_next(struct thermometer_lines *l, const char **text, size_t *len,
                                   bool *too_long, orch_error *err);

#endif
