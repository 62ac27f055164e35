/* SPDX-License-Identifier: Apache-2.0 */
#include "files_rows.h"

#include <stdlib.h>

#include "../sqlite/lite_instant.h"
#include "../sqlite/lite_kind.h"
#include "../sqlite/lite_store.h"
#include "files_wkt.h"
#include "orch/builder.h"
#include "orch/error.h"

static bool csv_is_plain(const char *text, size_t len, char delimiter)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] == delimiter || text[i] == '"' || text[i] == '\n' || text[i] == '\r')
            return false;
    return len > 0;
}

static size_t csv_label(char *out, const char *name, char delimiter)
{
    size_t len = strlen(name), n = 0;
    if (csv_is_plain(name, len, delimiter)) {
        memcpy(out, name, len);
        return len;
    }
    out[n++] = '"';
    for (size_t i = 0; i < len; i++) {
        if (name[i] == '"')
            out[n++] = '"';
        out[n++] = name[i];
    }
    out[n++] = '"';
    return n;
}

static size_t json_label(char *out, const char *name)
{
    static const char hex[] = "0123456789abcdef";
    size_t n = 0;
    out[n++] = '"';
    for (const char *p = name; *p != '\0'; p++) {
        unsigned char c = (unsigned char)*p;
        if (c < 0x20) {
            memcpy(out + n, "\\u00", 4);
            out[n + 4] = hex[c >> 4];
            out[n + 5] = hex[c & 15];
            n += 6;
            continue;
        }
        if (c == '"' || c == '\\')
            out[n++] = '\\';
        out[n++] = *p;
    }
    out[n++] = '"';
    out[n++] = ':';
    return n;
}

static orch_status column_init(struct files_layout *l, size_t i, orch_error *err)
{
    const struct ArrowSchema *field = l->schema->children[i];
    size_t ignored;
    if (lite_kind_format(field->format) == LITE_UNKNOWN)
        return orch_error_set(err, ORCH_ESCHEMA, "column \"%s\" has the format \"%s\"",
                              field->name, field->format);
    for (size_t k = 0; k < i; k++)
        if (strcmp(l->schema->children[k]->name, field->name) == 0)
            return orch_error_set(err, ORCH_ESCHEMA, "two columns are named \"%s\"", field->name);
    l->geometry[i] = orch_schema_metadata(field, ORCH_META_GEOMETRY, &ignored) != NULL;
    l->labels[i] = malloc(6 * strlen(field->name) + 4);
    if (l->labels[i] == NULL)
        return lite_no_memory(err);
    l->label_lens[i] = l->options->format == FILES_CSV
                           ? csv_label(l->labels[i], field->name, l->options->delimiter)
                           : json_label(l->labels[i], field->name);
    return ORCH_OK;
}

orch_status files_layout_init(struct files_layout *out, const struct files_options *options,
                              const struct ArrowSchema *schema, orch_error *err)
{
    struct files_layout l = { .options = options, .schema = schema };
    if (schema->n_children <= 0)
        return orch_error_set(err, ORCH_ESCHEMA, "the result has no column");
    l.n_columns = (size_t)schema->n_children;
    l.geometry = calloc(l.n_columns, sizeof *l.geometry);
    l.labels = calloc(l.n_columns, sizeof *l.labels);
    l.label_lens = calloc(l.n_columns, sizeof *l.label_lens);
    orch_status st = ORCH_OK;
    if (l.geometry == NULL || l.labels == NULL || l.label_lens == NULL)
        st = lite_no_memory(err);
    for (size_t i = 0; st == ORCH_OK && i < l.n_columns; i++)
        st = column_init(&l, i, err);
    if (st != ORCH_OK) {
        files_layout_release(&l);
        return st;
    }
    *out = l;
    return ORCH_OK;
}

void files_layout_release(struct files_layout *layout)
{
    for (size_t i = 0; layout->labels != NULL && i < layout->n_columns; i++)
        free(layout->labels[i]);
    free(layout->labels);
    free(layout->label_lens);
    free(layout->geometry);
    *layout = (struct files_layout){ 0 };
}

orch_status files_header_text(const struct files_layout *layout, char **out, size_t *len,
                              orch_error *err)
{
    size_t size = layout->n_columns, n = 0;
    for (size_t i = 0; i < layout->n_columns; i++)
        size += layout->label_lens[i];
    char *text = malloc(size + 1);
    if (text == NULL)
        return lite_no_memory(err);
    for (size_t i = 0; i < layout->n_columns; i++) {
        if (i > 0)
            text[n++] = layout->options->delimiter;
        memcpy(text + n, layout->labels[i], layout->label_lens[i]);
        n += layout->label_lens[i];
    }
    text[n] = '\0';
    *out = text;
    *len = n;
    return ORCH_OK;
}

/* ---- shared pieces ------------------------------------------------------------------------- */

bool files_put_instant(struct files_sink *sink, const orch_view *view, size_t column, int64_t row)
{
    char *out = files_sink_room(sink, LITE_INSTANT_MAX);
    size_t n = view->columns[column].type == ORCH_VIEW_DATE
                   ? lite_date_write(out, orch_view_date(view, column, row))
                   : lite_instant_write(out, orch_view_timestamp(view, column, row),
                                        LITE_SHORTEST);
    files_sink_add(sink, n);
    return n > 0;
}

static void put_hex(struct files_sink *sink, const uint8_t *bytes, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < len; i++) {
        char *out = files_sink_room(sink, 2);
        out[0] = hex[bytes[i] >> 4];
        out[1] = hex[bytes[i] & 15];
        files_sink_add(sink, 2);
    }
}

bool files_put_binary(struct files_sink *sink, const orch_view *view, size_t column, int64_t row,
                      bool geometry)
{
    size_t len;
    const void *bytes = orch_view_binary(view, column, row, &len);
    if (geometry)
        return files_wkt_put(sink, bytes, len);
    put_hex(sink, bytes, len);
    return true;
}

orch_status files_refuse(const orch_view *view, size_t column, int64_t row, const char *problem,
                         orch_error *err)
{
    orch_error_set(err, ORCH_EDATA, "a value of column \"%s\" cannot be written",
                   view->columns[column].name);
    orch_error_detail(err, "row %lld of the result: %s", (long long)row, problem);
    return orch_error_at(err, 0, view->columns[column].name);
}
