/* SPDX-License-Identifier: Apache-2.0 */
/* JSON lines: one object a line, its members in the order of the columns. */
#include "files_number.h"
#include "files_rows.h"

static void put_escape(struct files_sink *sink, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    char *out = files_sink_room(sink, 6);
    const char *known = memchr(from, c, sizeof from - 1);
    out[0] = '\\';
    if (known != NULL) {
        out[1] = to[known - from];
        files_sink_add(sink, 2);
        return;
    }
    memcpy(out + 1, "u00", 3);
    out[4] = hex[c >> 4];
    out[5] = hex[c & 15];
    files_sink_add(sink, 6);
}

static void put_text(struct files_sink *sink, const char *text, size_t len)
{
    files_sink_char(sink, '"');
    size_t start = 0;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        files_sink_put(sink, text + start, i - start);
        put_escape(sink, c);
        start = i + 1;
    }
    files_sink_put(sink, text + start, len - start);
    files_sink_char(sink, '"');
}

static bool put_instant(struct files_sink *sink, const orch_view *view, size_t column, int64_t row)
{
    files_sink_char(sink, '"');
    bool fine = files_put_instant(sink, view, column, row);
    files_sink_char(sink, '"');
    return fine;
}

static bool put_binary(const struct files_layout *layout, struct files_sink *sink,
                       const orch_view *view, size_t column, int64_t row)
{
    files_sink_char(sink, '"');
    bool fine = files_put_binary(sink, view, column, row, layout->geometry[column]);
    files_sink_char(sink, '"');
    return fine;
}

static bool put_float(struct files_sink *sink, double value)
{
    if (value - value != 0)
        return false;
    files_sink_add(sink, files_double_write(files_sink_room(sink, FILES_NUMBER_MAX), value));
    return true;
}

/* NULL, or what is wrong with the value */
static const char *put_cell(const struct files_layout *layout, struct files_sink *sink,
                            const orch_view *view, size_t column, int64_t row)
{
    size_t len;
    switch (view->columns[column].type) {
    case ORCH_VIEW_TEXT: {
        const char *text = orch_view_text(view, column, row, &len);
        put_text(sink, text, len);
        return NULL;
    }
    case ORCH_VIEW_FLOAT:
        return put_float(sink, orch_view_float(view, column, row))
                   ? NULL : "JSON holds finite numbers only";
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
        return put_instant(sink, view, column, row)
                   ? NULL : "the date is outside the years 0000 to 9999";
    case ORCH_VIEW_BINARY:
        return put_binary(layout, sink, view, column, row) ? NULL : "the bytes are no geometry";
    }
    return "the type is unknown";
}

orch_status files_jsonl_rows(const struct files_layout *layout, struct files_sink *sink,
                             const orch_view *view, int64_t first_row, orch_error *err)
{
    for (int64_t row = 0; row < view->rows; row++) {
        for (size_t c = 0; c < view->n_columns; c++) {
            files_sink_char(sink, c == 0 ? '{' : ',');
            files_sink_put(sink, layout->labels[c], layout->label_lens[c]);
            if (orch_view_is_null(view, c, row)) {
                files_sink_put(sink, "null", 4);
                continue;
            }
            const char *problem = put_cell(layout, sink, view, c, row);
            if (problem != NULL)
                return files_refuse(view, c, first_row + row, problem, err);
        }
        files_sink_put(sink, "}\n", 2);
    }
    return files_sink_flush(sink, err);
}
