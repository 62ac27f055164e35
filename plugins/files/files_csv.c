/* SPDX-License-Identifier: Apache-2.0 */
/* CSV as RFC 4180 has it: null is an empty field, an empty text is "". */
#include <stdlib.h>

#include "../sqlite/lite_store.h"
#include "files_number.h"
#include "files_rows.h"

#define ONES 0x0101010101010101u /* the lowest bit of each of eight bytes */

struct csv {
    const struct files_layout *layout;
    struct files_sink *sink;
    bool *plain; /* a column: no text of this batch has a special byte */
};

/* Not 0: one of the eight bytes is this one. */
static uint64_t word_has(uint64_t word, char byte)
{
    uint64_t zero = word ^ ONES * (unsigned char)byte;
    return (zero - ONES) & ~zero & ONES << 7;
}

/* Is there a byte that makes a field need quotes? Eight at a time, then the rest. */
static bool has_special(char delimiter, const char *text, size_t len)
{
    uint64_t word;
    for (; len >= sizeof word; text += sizeof word, len -= sizeof word) {
        memcpy(&word, text, sizeof word);
        if ((word_has(word, delimiter) | word_has(word, '"') | word_has(word, '\n') |
             word_has(word, '\r')) != 0)
            return true;
    }
    for (; len > 0; text++, len--)
        if (*text == delimiter || *text == '"' || *text == '\n' || *text == '\r')
            return true;
    return false;
}

/* Most columns hold no such byte anywhere: one look at all of a column spares one a field. */
static void find_plain(struct csv *csv, const orch_view *view)
{
    char delimiter = csv->layout->options->delimiter;
    for (size_t c = 0; c < view->n_columns && view->rows > 0; c++) {
        const orch_view_column *column = &view->columns[c];
        if (column->type != ORCH_VIEW_TEXT)
            continue;
        int32_t first = column->offsets[0], end = column->offsets[view->rows];
        csv->plain[c] = first == end || !has_special(delimiter, column->bytes + first,
                                                     (size_t)(end - first));
    }
}

/* What a spreadsheet would run, and what already looks as if it had been guarded: so whoever takes
 * one apostrophe off what begins with apostrophes and one of these has the text as it was. */
static bool is_formula(const char *text, size_t len)
{
    size_t at = 0;
    while (at < len && text[at] == '\'')
        at++;
    return at < len && memchr("=+-@\t\r\n", text[at], 7) != NULL;
}

static void put_quoted(struct files_sink *sink, const char *text, size_t len)
{
    while (len > 0) {
        const char *quote = memchr(text, '"', len);
        size_t n = quote != NULL ? (size_t)(quote - text) + 1 : len;
        files_sink_put(sink, text, n);
        if (quote != NULL)
            files_sink_char(sink, '"');
        text += n;
        len -= n;
    }
}

static void put_text(struct csv *csv, const char *text, size_t len, bool plain)
{
    bool guard = csv->layout->options->guard_formulas && is_formula(text, len);
    if (len > 0 && (plain || !has_special(csv->layout->options->delimiter, text, len))) {
        if (guard)
            files_sink_char(csv->sink, '\'');
        files_sink_put(csv->sink, text, len);
        return;
    }
    files_sink_char(csv->sink, '"');
    if (guard)
        files_sink_char(csv->sink, '\'');
    put_quoted(csv->sink, text, len);
    files_sink_char(csv->sink, '"');
}

static void put_float(struct files_sink *sink, double value)
{
    if (value - value == 0) {
        char *out = files_sink_room(sink, FILES_NUMBER_MAX);
        files_sink_add(sink, files_double_write(out, value));
        return;
    }
    const char *word = value != value ? "NaN" : value > 0 ? "INF" : "-INF";
    files_sink_put(sink, word, strlen(word));
}

/* A WKT holds commas. */
static bool put_binary(struct csv *csv, const orch_view *view, size_t column, int64_t row)
{
    bool geometry = csv->layout->geometry[column];
    if (geometry)
        files_sink_char(csv->sink, '"');
    if (!files_put_binary(csv->sink, view, column, row, geometry))
        return false;
    if (geometry)
        files_sink_char(csv->sink, '"');
    return true;
}

/* NULL, or what is wrong with the value */
static const char *put_cell(struct csv *csv, const orch_view *view, size_t column, int64_t row)
{
    struct files_sink *sink = csv->sink;
    size_t len;
    switch (view->columns[column].type) {
    case ORCH_VIEW_TEXT: {
        const char *text = orch_view_text(view, column, row, &len);
        put_text(csv, text, len, csv->plain[column]);
        return NULL;
    }
    case ORCH_VIEW_FLOAT:
        put_float(sink, orch_view_float(view, column, row));
        return NULL;
    case ORCH_VIEW_INT:
        files_sink_add(sink, files_int_write(files_sink_room(sink, FILES_NUMBER_MAX),
                                             orch_view_int(view, column, row)));
        return NULL;
    case ORCH_VIEW_BOOL:
        if (orch_view_bool(view, column, row))
            files_sink_put(sink, "true", 4);
        else
            files_sink_put(sink, "false", 5);
        return NULL;
    case ORCH_VIEW_DATE:
    case ORCH_VIEW_TIMESTAMP:
        return files_put_instant(sink, view, column, row)
                   ? NULL : "the date is outside the years 0000 to 9999";
    case ORCH_VIEW_BINARY:
        return put_binary(csv, view, column, row) ? NULL : "the bytes are no geometry";
    }
    return "the type is unknown";
}

static orch_status put_rows(struct csv *csv, const orch_view *view, int64_t first_row,
                            orch_error *err)
{
    struct files_sink *sink = csv->sink;
    char delimiter = csv->layout->options->delimiter;
    const char *newline = csv->layout->options->newline;
    size_t newline_len = strlen(newline);
    for (int64_t row = 0; row < view->rows; row++) {
        for (size_t c = 0; c < view->n_columns; c++) {
            if (c > 0)
                files_sink_char(sink, delimiter);
            const char *problem =
                orch_view_is_null(view, c, row) ? NULL : put_cell(csv, view, c, row);
            if (problem != NULL)
                return files_refuse(view, c, first_row + row, problem, err);
        }
        /* The line of a lone null would be blank, and readers skip blank lines. */
        if (view->n_columns == 1 && orch_view_is_null(view, 0, row))
            files_sink_put(sink, "\"\"", 2);
        files_sink_put(sink, newline, newline_len);
    }
    return files_sink_flush(sink, err);
}

orch_status files_csv_rows(const struct files_layout *layout, struct files_sink *sink,
                           const orch_view *view, int64_t first_row, orch_error *err)
{
    struct csv csv = { .layout = layout, .sink = sink };
    csv.plain = calloc(view->n_columns + 1, sizeof *csv.plain);
    if (csv.plain == NULL)
        return lite_no_memory(err);
    find_plain(&csv, view);
    orch_status st = put_rows(&csv, view, first_row, err);
    free(csv.plain);
    return st;
}
