/* SPDX-License-Identifier: Apache-2.0 */
#include "csv_window.h"

#include "orch/error.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_CAPACITY ((size_t)256 * 1024)
#define LEAST_READ ((size_t)16) /* orch.input/1 asks for at least this much room */

orch_status csv_window_open(struct csv_window *w, const orch_host *host, size_t index,
                            int64_t max_record, orch_error *err)
{
    const orch_input *input = host->extension(host, ORCH_INPUT_EXTENSION);
    orch_input_stream *stream = NULL;

    if (!input)
        return orch_error_set(err, ORCH_EINTERNAL, "the host offers no %s", ORCH_INPUT_EXTENSION);
    char *bytes = malloc(FIRST_CAPACITY);
    if (!bytes)
        return orch_error_set(err, ORCH_ENOMEM, "not enough memory to read an input");
    orch_status st = input->open(host, index, ORCH_INPUT_TEXT, &stream, err);
    if (st != ORCH_OK) {
        free(bytes);
        return st;
    }
    *w = (struct csv_window) { .input = input,
                               .stream = stream,
                               .bytes = bytes,
                               .capacity = FIRST_CAPACITY,
                               .hold = INT64_MAX,
                               .max_record = max_record };
    return ORCH_OK;
}

void csv_window_close(struct csv_window *w)
{
    if (w->stream)
        w->input->close(w->stream);
    free(w->bytes);
    *w = (struct csv_window) { 0 };
}

/* ---- reading ----------------------------------------------------------------------------- */

static orch_status make_room(struct csv_window *w, orch_error *err)
{
    int64_t first = w->hold < w->keep ? w->hold : w->keep;
    size_t kept = (size_t)(w->end - first);

    if (w->base < first) {
        memmove(w->bytes, csv_window_at(w, first), kept);
        w->base = first;
    }
    if (kept <= w->capacity / 2)
        return ORCH_OK;
    if (w->capacity > SIZE_MAX / 2)
        return orch_error_set(err, ORCH_ENOMEM, "a record is too long for this machine");
    char *bytes = realloc(w->bytes, w->capacity * 2);
    if (!bytes)
        return orch_error_set(err, ORCH_ENOMEM, "not enough memory for a record of %zu bytes",
                              kept);
    w->bytes = bytes;
    w->capacity *= 2;
    return ORCH_OK;
}

static orch_status fill(struct csv_window *w, orch_error *err)
{
    size_t used = (size_t)(w->end - w->base);
    size_t n = 0;
    orch_status st;

    if (w->capacity - used < w->capacity / 4) {
        st = make_room(w, err);
        if (st != ORCH_OK)
            return st;
        used = (size_t)(w->end - w->base);
    }
    size_t room = w->capacity - used;
    if (room < LEAST_READ)
        return orch_error_set(err, ORCH_EINTERNAL, "no room to read the input into");
    st = w->input->read(w->stream, w->bytes + used, room, &n, err);
    if (st != ORCH_OK)
        return st;
    if (n > room)
        return orch_error_set(err, ORCH_EINTERNAL, "the host read more than it was asked for");
    w->end += (int64_t)n;
    w->eof = n == 0;
    return ORCH_OK;
}

/* ---- lines ------------------------------------------------------------------------------- */

/* Hits and misses are remembered, so that whatever the mix of line ends each byte is looked at
 * about once for each value. Returns where `value` stands at or after `from`, or w->end. */
static int64_t seek(const struct csv_window *w, struct csv_seek *s, int value, int64_t from)
{
    const char *hit = NULL;

    if (from < s->from || from > s->at)
        *s = (struct csv_seek) { from, from, false };
    if (s->found)
        return s->at;
    if (s->at < w->end)
        hit = memchr(csv_window_at(w, s->at), value, (size_t)(w->end - s->at));
    s->found = hit != NULL;
    s->at = hit ? w->base + (hit - w->bytes) : w->end;
    return s->at;
}

/* Past the terminator that begins the earliest, or 0 when more text must be read to know. */
static int64_t line_end(struct csv_window *w, int64_t from)
{
    int64_t lf = seek(w, &w->lf, '\n', from);
    int64_t cr = seek(w, &w->cr, '\r', from);

    if (lf < cr)
        return lf + 1;
    if (cr == w->end)
        return w->eof ? w->end : 0;
    if (cr + 1 == w->end && !w->eof)
        return 0;
    return lf == cr + 1 && w->lf.found ? cr + 2 : cr + 1;
}

orch_status csv_window_line(struct csv_window *w, int64_t from, int64_t *end, bool *cut,
                            orch_error *err)
{
    for (;;) {
        int64_t past = line_end(w, from);
        if (past > from) {
            *end = past;
            *cut = false;
            return ORCH_OK;
        }
        if (w->eof)
            return ORCH_END;
        if (w->end - w->keep > w->max_record && !w->cr.found) {
            *cut = true;
            return ORCH_OK;
        }
        orch_status st = fill(w, err);
        if (st != ORCH_OK)
            return st;
    }
}

size_t csv_window_terminator(const struct csv_window *w, int64_t from, int64_t end)
{
    const char *last = csv_window_at(w, end - 1);

    if (*last == '\n')
        return end - from > 1 && last[-1] == '\r' ? 2 : 1;
    return *last == '\r' ? 1 : 0;
}

bool csv_window_has_nul(struct csv_window *w, int64_t from, int64_t to)
{
    return seek(w, &w->nul, '\0', from) < to;
}
