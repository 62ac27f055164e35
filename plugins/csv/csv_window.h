/* SPDX-License-Identifier: Apache-2.0 */
/* A window over the text of one input: bytes from `keep` to the end of what has been read stay
 * in memory, so that a record can be quoted in a reject or read again.
 *
 * Invariants: all positions are byte offsets in the decoded text; base <= keep <= end. Memory is
 * bounded by about twice max_record. One reader's lane. */
#ifndef CSV_WINDOW_H
#define CSV_WINDOW_H

#include "orch/connector.h"
#include "orch/input.h"

/* What is known of one byte value: it does not stand in [from, at), and at `at` if found. */
struct csv_seek {
    int64_t from;
    int64_t at;
    bool found;
};

struct csv_window {
    const orch_input *input;
    orch_input_stream *stream;
    char *bytes;
    size_t capacity;
    int64_t base; /* offset of bytes[0] */
    int64_t keep; /* the first byte that must stay */
    int64_t hold; /* the same, for whoever will come back to it; INT64_MAX: nobody */
    int64_t end;  /* the end of what has been read */
    int64_t max_record;
    struct csv_seek lf, cr, nul;
    bool eof;
};

orch_status csv_window_open(struct csv_window *w, const orch_host *host, size_t index,
                            int64_t max_record, orch_error *err);
void csv_window_close(struct csv_window *w); /* zeroed allowed */

static inline const char *csv_window_at(const struct csv_window *w, int64_t offset)
{
    return w->bytes + (offset - w->base);
}

/* The physical line that begins at `from`: *end is past its terminator (LF, CR LF or CR) or the
 * end of the text. *cut: no terminator within max_record bytes of `keep`; *end is untouched.
 * ORCH_END: `from` is the end of the text. Pointers into the window die. */
orch_status csv_window_line(struct csv_window *w, int64_t from, int64_t *end, bool *cut,
                            orch_error *err);
/* Length of the terminator of the line [from, end): 0 to 2. */
size_t csv_window_terminator(const struct csv_window *w, int64_t from, int64_t end);
/* Is there a zero byte in [from, to)? */
bool csv_window_has_nul(struct csv_window *w, int64_t from, int64_t to);

#endif
