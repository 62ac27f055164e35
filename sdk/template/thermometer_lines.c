/* SPDX-License-Identifier: Apache-2.0 */
#include "thermometer_lines.h"

#include <string.h>

orch_status thermometer_lines_open(struct thermometer_lines *l, const orch_host *host,
                                   const orch_input *input, size_t index, orch_error *err)
{
    orch_input_stream *stream = NULL;
    orch_status st = input->open(host, index, ORCH_INPUT_TEXT, &stream, err);

    if (st != ORCH_OK)
        return st;
    *l = (struct thermometer_lines){ .input = input, .stream = stream };
    return ORCH_OK;
}

void thermometer_lines_close(struct thermometer_lines *l)
{
    if (l->stream)
        l->input->close(l->stream);
    l->stream = NULL;
}

/* Keeps what is not given out yet and reads on behind it. */
static orch_status fill(struct thermometer_lines *l, orch_error *err)
{
    size_t n = 0;

    memmove(l->buffer, l->buffer + l->pos, l->len - l->pos);
    l->len -= l->pos;
    l->pos = 0;
    orch_status st =
        l->input->read(l->stream, l->buffer + l->len, sizeof l->buffer - l->len, &n, err);
    if (st != ORCH_OK)
        return st;
    l->len += n;
    l->at_end = n == 0;
    return ORCH_OK;
}

/* The line end in what is there, or NULL. */
static const char *line_end(const struct thermometer_lines *l)
{
    return memchr(l->buffer + l->pos, '\n', l->len - l->pos);
}

static void pass(struct thermometer_lines *l, size_t n)
{
    l->pos += n;
    l->next_offset += (int64_t)n;
}

/* Leaves the rest of a line that was too long. */
static orch_status skip(struct thermometer_lines *l, orch_error *err)
{
    while (l->skipping) {
        const char *end = line_end(l);
        pass(l, end ? (size_t)(end - l->buffer) + 1 - l->pos : l->len - l->pos);
        if (end || l->at_end) {
            l->skipping = false;
            break;
        }
        orch_status st = fill(l, err);
        if (st != ORCH_OK)
            return st;
    }
    return ORCH_OK;
}

/* Reads until a line end is there, the input ends, or the line is too long anyway. */
static orch_status find(struct thermometer_lines *l, const char **end, orch_error *err)
{
    while (!(*end = line_end(l)) && !l->at_end && l->len - l->pos <= THERMOMETER_LINE_MOST) {
        orch_status st = fill(l, err);
        if (st != ORCH_OK)
            return st;
    }
    return ORCH_OK;
}

orch_status thermometer_lines_next(struct thermometer_lines *l, const char **text, size_t *len,
                                   bool *too_long, orch_error *err)
{
    const char *end = NULL;
    orch_status st = skip(l, err);

    if (st == ORCH_OK)
        st = find(l, &end, err);
    if (st != ORCH_OK)
        return st;
    if (!end && l->pos == l->len)
        return ORCH_END;
    const char *start = l->buffer + l->pos;
    size_t n = end ? (size_t)(end - start) : l->len - l->pos;
    l->number++;
    l->offset = l->next_offset;
    *too_long = n > THERMOMETER_LINE_MOST;
    l->skipping = *too_long;
    *text = start;
    *len = *too_long ? THERMOMETER_LINE_MOST : n;
    if (!*too_long) {
        pass(l, n + (end != NULL));
        *len -= n > 0 && start[n - 1] == '\r';
    }
    return ORCH_OK;
}
