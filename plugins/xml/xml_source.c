/* SPDX-License-Identifier: Apache-2.0 */
#include "xml_source.h"

#include <stdlib.h>
#include <string.h>

static const char *option_text(const struct orch_source *s, const char *name, size_t index,
                               size_t *len)
{
    return s->host->option(s->host, name, index, len);
}

static size_t option_size(const struct orch_source *s, const char *name)
{
    size_t len;
    const char *text = option_text(s, name, 0, &len);
    return text != NULL ? (size_t)strtoull(text, NULL, 10) : 0;
}

static void field_release(struct xml_field *f)
{
    free(f->name);
    xml_path_release(&f->path);
}

static void xml_close(struct orch_source *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->n_fields; i++)
        field_release(&s->fields[i]);
    free(s->fields);
    free(s->join);
    xml_path_release(&s->record);
    xml_path_release(&s->explode);
    free(s);
}

/* ---- fields -------------------------------------------------------------------------------- */

/* A field below the exploded element is read from there: its path loses that part. */
static void field_place(const struct orch_source *s, struct xml_field *f)
{
    size_t n = s->explode.n_names;
    if (n == 0 || f->path.up > 0 || f->path.n_names < n)
        return;
    for (size_t i = 0; i < n; i++)
        if (strcmp(f->path.names[i], s->explode.names[i]) != 0)
            return;
    f->exploded = true;
    f->path.n_names -= n;
    memmove(f->path.names, f->path.names + n, f->path.n_names * sizeof f->path.names[0]);
}

orch_status xml_field_add(struct orch_source *s, const char *name, size_t name_len,
                          const char *path, size_t path_len, orch_error *err)
{
    struct xml_field field = { 0 };
    struct xml_field *grown = realloc(s->fields, (s->n_fields + 1) * sizeof *grown);
    if (grown == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    s->fields = grown;
    for (size_t i = 0; i < s->n_fields; i++)
        if (strlen(s->fields[i].name) == name_len && memcmp(s->fields[i].name, name, name_len) == 0)
            return orch_error_set(err, ORCH_ECONFIG, "fields has \"%.*s\" twice", (int)name_len,
                                  name);
    orch_status st = xml_path_parse("fields", path, path_len, false, &field.path, err);
    if (st != ORCH_OK)
        return st;
    field.name = strndup(name, name_len);
    if (field.name == NULL) {
        field_release(&field);
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    }
    field_place(s, &field);
    s->fields[s->n_fields++] = field;
    return ORCH_OK;
}

static orch_status fields_parse(struct orch_source *s, orch_error *err)
{
    size_t len;
    const char *pair;
    orch_status st = ORCH_OK;
    for (size_t i = 0; st == ORCH_OK && (pair = option_text(s, "fields", i, &len)) != NULL; i++) {
        const char *equals = memchr(pair, '=', len);
        size_t name = equals != NULL ? (size_t)(equals - pair) : len;
        size_t path = equals != NULL ? name + 1 : len;
        st = xml_field_add(s, pair, name, pair + path, len - path, err);
    }
    return st;
}

/* ---- life ---------------------------------------------------------------------------------- */

static orch_status options_parse(struct orch_source *s, orch_error *err)
{
    size_t len;
    const char *text = option_text(s, "record", 0, &len);
    if (text == NULL)
        return orch_error_set(err, ORCH_ECONFIG, "record is missing");
    orch_status st = xml_path_parse("record", text, len, true, &s->record, err);
    text = option_text(s, "explode", 0, &len);
    if (st == ORCH_OK && text != NULL) {
        st = xml_path_parse("explode", text, len, false, &s->explode, err);
        if (st == ORCH_OK && (s->explode.up > 0 || s->explode.attribute != NULL ||
                              s->explode.n_names == 0))
            st = orch_error_set(err, ORCH_ECONFIG, "explode \"%s\" is no element of the record",
                                text);
    }
    if (st != ORCH_OK)
        return st;
    text = option_text(s, "join", 0, &len);
    s->join = strdup(text != NULL ? text : "; ");
    text = option_text(s, "trim", 0, &len);
    s->trim = text == NULL || strcmp(text, "false") != 0;
    text = option_text(s, "encoding", 0, &len);
    s->decoded = text != NULL && strcmp(text, "auto") != 0;
    s->max_text = option_size(s, "max_text");
    s->max_depth = option_size(s, "max_depth");
    return s->join != NULL ? fields_parse(s, err)
                           : orch_error_set(err, ORCH_ENOMEM, "out of memory");
}

static orch_status xml_open(const orch_host *host, struct orch_source **out, orch_error *err)
{
    struct orch_source *s = calloc(1, sizeof *s);
    if (s == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    s->host = host;
    s->input = host->extension(host, ORCH_INPUT_EXTENSION);
    orch_status st = s->input != NULL ? options_parse(s, err)
                                      : orch_error_set(err, ORCH_EINVAL, "the host gives no input");
    if (st != ORCH_OK) {
        xml_close(s);
        return st;
    }
    *out = s;
    return ORCH_OK;
}

static orch_status xml_describe(struct orch_source *s, const char *stream, struct ArrowSchema *out,
                                orch_error *err)
{
    struct ArrowSchema schema = { 0 };
    if (stream != NULL)
        return orch_error_set(err, ORCH_EINVAL, "xml has one stream only");
    orch_status st = s->n_fields > 0 ? ORCH_OK : xml_infer_fields(s, err);
    if (st == ORCH_OK)
        st = orch_schema_init(&schema);
    for (size_t i = 0; st == ORCH_OK && i < s->n_fields; i++)
        st = orch_schema_add(&schema, s->fields[i].name, ORCH_FORMAT_UTF8);
    if (st == ORCH_OK) {
        *out = schema;
        return ORCH_OK;
    }
    if (schema.release != NULL)
        schema.release(&schema);
    return st == ORCH_ENOMEM ? orch_error_set(err, st, "out of memory") : st;
}

static void xml_interrupt(struct orch_source *s)
{
    atomic_store(&s->interrupted, true);
}

const orch_source_ops xml_source_ops = {
    .struct_size = sizeof xml_source_ops,
    .open = xml_open,
    .close = xml_close,
    .describe = xml_describe,
    .read = xml_reader_open,
    .schema = xml_reader_schema,
    .next = xml_reader_next,
    .end = xml_reader_end,
    .interrupt = xml_interrupt,
};
