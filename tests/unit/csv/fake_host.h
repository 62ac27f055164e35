/* SPDX-License-Identifier: Apache-2.0 */
/* A host for the csv connector: options and inputs in memory, reads of any size, and a dump of
 * everything a reader gave, as text that a test compares. */
#ifndef FAKE_HOST_H
#define FAKE_HOST_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "orch/arrow.h"
#include "orch/builder.h"
#include "orch/connector.h"
#include "orch/input.h"
#include "orch/view.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAKE_OPTIONS 16
#define FAKE_INPUTS 8

struct fake_text {
    char *bytes;
    size_t len, capacity;
};

struct fake_input {
    const char *name;
    const char *text;
    size_t len;
};

struct fake {
    orch_host host;
    const char *options[FAKE_OPTIONS][2]; /* name, canonical value; repeated names are lists */
    size_t n_options;
    struct fake_input inputs[FAKE_INPUTS];
    size_t n_inputs;
    size_t chunk;        /* most bytes a read gives; 0: as many as asked for */
    size_t streams;      /* open now */
    bool cancelled;
    int64_t reject_limit; /* after so many rejects the host says stop; 0: never */
    int64_t rejects;
    int64_t progress_rows, progress_bytes, progress_total;
    size_t progress_calls;
    const char *read_error; /* the stream fails at its end with this message */
    struct fake_text dump; /* rows and rejects in the order they came */
    /* request */
    const char *const *columns;
    size_t n_columns;
    int64_t target_rows, target_bytes;
};

struct orch_input_stream {
    struct fake *fake;
    const struct fake_input *input;
    size_t at;
};

/* ---- text -------------------------------------------------------------------------------- */

static inline void fake_write(struct fake_text *t, const char *bytes, size_t len)
{
    if (t->len + len >= t->capacity) {
        t->capacity = (t->len + len + 512) * 2;
        t->bytes = realloc(t->bytes, t->capacity);
        assert_non_null(t->bytes);
    }
    memcpy(t->bytes + t->len, bytes, len);
    t->len += len;
    t->bytes[t->len] = '\0';
}

static inline void fake_print(struct fake_text *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static inline void fake_print(struct fake_text *t, const char *format, ...)
{
    char line[1024];
    va_list args;

    va_start(args, format);
    int n = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    fake_write(t, line, (size_t)n < sizeof line ? (size_t)n : sizeof line - 1);
}

/* Line ends and zero bytes are shown as \n, \r, \0. */
static inline void fake_show(struct fake_text *t, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const char *plain = bytes[i] == '\n'   ? "\\n"
                            : bytes[i] == '\r' ? "\\r"
                            : bytes[i] == '\0' ? "\\0"
                            : bytes[i] == '\t' ? "\\t"
                                               : NULL;
        if (plain)
            fake_write(t, plain, 2);
        else
            fake_write(t, bytes + i, 1);
    }
}

/* ---- connector --------------------------------------------------------------------------- */

static inline const orch_connector *fake_connector(void)
{
    static const orch_connector *connector;
    orch_plugin_entry_fn entry = NULL;

    if (connector)
        return connector;
    void *library = dlopen(TEST_PLUGIN, RTLD_NOW | RTLD_LOCAL);
    if (!library)
        fail_msg("%s", dlerror());
    void *symbol = dlsym(library, ORCH_PLUGIN_ENTRY_SYMBOL);
    assert_non_null(symbol);
    memcpy(&entry, &symbol, sizeof entry);
    const orch_plugin *plugin = entry(ORCH_ABI_MAJOR, ORCH_ABI_MINOR);
    assert_non_null(plugin);
    assert_null(entry(ORCH_ABI_MAJOR + 1, 0));
    connector = plugin->connectors[0];
    return connector;
}

/* ---- the host table ---------------------------------------------------------------------- */

static inline bool fake_cancelled(const orch_host *host)
{
    return ((struct fake *)host->ctx)->cancelled;
}

static inline void fake_log(const orch_host *host, int level, const char *event, const char *text)
{
    (void)host;
    (void)level;
    (void)event;
    (void)text;
}

static inline void fake_progress(const orch_host *host, int64_t rows, int64_t bytes, int64_t total)
{
    struct fake *f = host->ctx;

    assert_true(rows >= f->progress_rows && bytes >= f->progress_bytes);
    f->progress_rows = rows;
    f->progress_bytes = bytes;
    f->progress_total = total;
    f->progress_calls++;
}

static inline orch_status fake_reject(const orch_host *host, const orch_reject *r)
{
    struct fake *f = host->ctx;

    assert_int_equal(r->struct_size, sizeof *r);
    assert_true(r->raw_len <= 65536);
    if (f->reject_limit && f->rejects >= f->reject_limit)
        return ORCH_ECANCELLED;
    f->rejects++;
    fake_print(&f->dump, "! %u:%lld:%lld:%lld %s%s%s: %s: ", (unsigned)r->input,
               (long long)r->record, (long long)r->line, (long long)r->offset, r->rule,
               r->field ? " " : "", r->field ? r->field : "", r->message);
    if (r->raw_len > 200)
        fake_print(&f->dump, "%zu bytes", r->raw_len);
    else
        fake_show(&f->dump, r->raw, r->raw_len);
    fake_print(&f->dump, "\n");
    return ORCH_OK;
}

/* "1MiB" as the host hands it over. */
static inline const char *fake_canonical(const orch_option *o)
{
    static char bytes[4][24];
    static size_t turn;
    char *end = NULL;

    if (!o->default_text || o->type != ORCH_OPT_BYTES)
        return o->default_text;
    long long n = strtoll(o->default_text, &end, 10);
    n <<= strcmp(end, "MiB") == 0 ? 20 : strcmp(end, "KiB") == 0 ? 10 : 0;
    char *out = bytes[turn++ % 4];
    snprintf(out, sizeof bytes[0], "%lld", n);
    return out;
}

static inline const char *fake_option(const orch_host *host, const char *name, size_t index,
                                      size_t *len)
{
    struct fake *f = host->ctx;
    const orch_connector *c = fake_connector();
    const char *value = NULL;
    size_t seen = 0;

    for (size_t i = 0; i < f->n_options && !value; i++) {
        if (strcmp(f->options[i][0], name) == 0 && seen++ == index)
            value = f->options[i][1];
    }
    for (size_t i = 0; i < c->n_options && seen == 0 && index == 0; i++) {
        if (strcmp(c->options[i]->name, name) == 0)
            value = fake_canonical(c->options[i]);
    }
    if (value && len)
        *len = strlen(value);
    return value;
}

/* ---- orch.input/1 ------------------------------------------------------------------------ */

static inline size_t fake_input_count(const orch_host *host)
{
    return ((struct fake *)host->ctx)->n_inputs;
}

static inline orch_status fake_input_info(const orch_host *host, size_t index, orch_input_info *out)
{
    struct fake *f = host->ctx;

    if (index >= f->n_inputs)
        return ORCH_EINVAL;
    out->name = f->inputs[index].name;
    out->encoding = "UTF-8";
    out->size_bytes = (int64_t)f->inputs[index].len;
    out->modified_us = 0;
    return ORCH_OK;
}

static inline orch_status fake_input_open(const orch_host *host, size_t index, uint32_t mode,
                                          orch_input_stream **out, orch_error *err)
{
    struct fake *f = host->ctx;
    orch_input_stream *s = calloc(1, sizeof *s);

    (void)err;
    assert_non_null(s);
    assert_int_equal(mode, ORCH_INPUT_TEXT);
    assert_true(index < f->n_inputs);
    assert_int_equal(f->streams++, 0); /* one stream at a time */
    s->fake = f;
    s->input = &f->inputs[index];
    if (s->input->len >= 3 && memcmp(s->input->text, "\xef\xbb\xbf", 3) == 0)
        s->at = 3;
    *out = s;
    return ORCH_OK;
}

static inline orch_status fake_input_read(orch_input_stream *s, void *buffer, size_t capacity,
                                          size_t *n, orch_error *err)
{
    size_t left = s->input->len - s->at;
    size_t most = s->fake->chunk ? s->fake->chunk : capacity;

    assert_true(capacity >= 16);
    if (left == 0 && s->fake->read_error) {
        err->code = ORCH_EIO;
        snprintf(err->message, sizeof err->message, "%s", s->fake->read_error);
        return ORCH_EIO;
    }
    most = most < capacity ? most : capacity;
    *n = left < most ? left : most;
    if (*n)
        memcpy(buffer, s->input->text + s->at, *n);
    s->at += *n;
    return ORCH_OK;
}

static inline int64_t fake_input_consumed(const orch_input_stream *s)
{
    return (int64_t)s->at;
}

static inline void fake_input_close(orch_input_stream *s)
{
    s->fake->streams--;
    free(s);
}

static inline const void *fake_extension(const orch_host *host, const char *id)
{
    static const orch_input input = {
        .struct_size = sizeof input,
        .count = fake_input_count,
        .info = fake_input_info,
        .open = fake_input_open,
        .read = fake_input_read,
        .consumed = fake_input_consumed,
        .close = fake_input_close,
    };

    (void)host;
    return strcmp(id, ORCH_INPUT_EXTENSION) == 0 ? &input : NULL;
}

static inline const orch_host *fake_host(struct fake *f)
{
    f->host = (orch_host) { .struct_size = sizeof f->host,
                            .abi_major = ORCH_ABI_MAJOR,
                            .abi_minor = ORCH_ABI_MINOR,
                            .ctx = f,
                            .cancelled = fake_cancelled,
                            .log = fake_log,
                            .progress = fake_progress,
                            .reject = fake_reject,
                            .option = fake_option,
                            .extension = fake_extension };
    return &f->host;
}

/* ---- setting up -------------------------------------------------------------------------- */

static inline void fake_set(struct fake *f, const char *name, const char *value)
{
    assert_true(f->n_options < FAKE_OPTIONS);
    f->options[f->n_options][0] = name;
    f->options[f->n_options++][1] = value;
}

static inline void fake_add_bytes(struct fake *f, const char *name, const char *text, size_t len)
{
    assert_true(f->n_inputs < FAKE_INPUTS);
    f->inputs[f->n_inputs++] = (struct fake_input) { name, text, len };
}

static inline void fake_add(struct fake *f, const char *name, const char *text)
{
    fake_add_bytes(f, name, text, strlen(text));
}

/* ---- running ----------------------------------------------------------------------------- */

static inline void dump_value(struct fake_text *t, const orch_view *v, size_t column, int64_t row)
{
    size_t len = 0;

    if (orch_view_is_null(v, column, row)) {
        fake_print(t, "~");
        return;
    }
    const char *text = orch_view_text(v, column, row, &len);
    if (len > 200)
        fake_print(t, "%zu bytes", len);
    else
        fake_show(t, text, len);
}

/* One line a row: record:line:offset and the values; ~ is null. */
static inline void dump_batch(struct fake *f, const struct ArrowSchema *schema,
                              const struct ArrowArray *batch)
{
    orch_view v;
    size_t n = (size_t)schema->n_children - 3;

    assert_int_equal(orch_view_init(&v, schema, batch, NULL), ORCH_OK);
    for (int64_t row = 0; row < v.rows; row++) {
        fake_print(&f->dump, "%lld:%lld:%lld ", (long long)orch_view_int(&v, n, row),
                   (long long)orch_view_int(&v, n + 1, row),
                   (long long)orch_view_int(&v, n + 2, row));
        for (size_t c = 0; c < n; c++) {
            if (c)
                fake_print(&f->dump, "|");
            dump_value(&f->dump, &v, c, row);
        }
        fake_print(&f->dump, "\n");
    }
    orch_view_release(&v);
}

static inline void dump_schema(struct fake *f, const struct ArrowSchema *schema, int64_t roles)
{
    for (int64_t i = 0; i < schema->n_children - roles; i++) {
        assert_string_equal(schema->children[i]->format, "u");
        fake_print(&f->dump, "%s", i ? "|" : "");
        fake_show(&f->dump, schema->children[i]->name, strlen(schema->children[i]->name));
    }
    fake_print(&f->dump, "\n");
}

static inline orch_status drain(struct fake *f, const orch_source_ops *ops, orch_reader *reader,
                                orch_error *err)
{
    struct ArrowSchema schema = { 0 };
    uint32_t input = 0;
    orch_status st = ops->schema(reader, &schema, err);

    assert_int_equal(st, ORCH_OK);
    dump_schema(f, &schema, 3);
    for (;;) {
        struct ArrowArray batch = { 0 };
        orch_batch_info info = { .struct_size = sizeof info };
        st = ops->next(reader, &batch, &info, err);
        if (st != ORCH_OK)
            break;
        if (info.input != input)
            fake_print(&f->dump, "-- %s\n", f->inputs[info.input].name);
        input = info.input;
        dump_batch(f, &schema, &batch);
        assert_int_equal(info.source_bytes, f->progress_bytes);
        batch.release(&batch);
    }
    schema.release(&schema);
    return st;
}

/* Reads everything; ORCH_END when all went well. The dump holds columns, rows and rejects. */
static inline orch_status fake_run(struct fake *f, orch_error *err)
{
    const orch_source_ops *ops = fake_connector()->source;
    orch_source *source = NULL;
    orch_reader *reader = NULL;
    orch_read_request request = { .struct_size = sizeof request,
                                  .columns = f->columns,
                                  .n_columns = f->n_columns,
                                  .target_rows = f->target_rows,
                                  .target_bytes = f->target_bytes };

    *err = (orch_error)ORCH_ERROR_INIT;
    free(f->dump.bytes);
    f->dump = (struct fake_text) { 0 };
    f->rejects = 0;
    f->progress_rows = f->progress_bytes = 0;
    orch_status st = ops->open(fake_host(f), &source, err);
    if (st != ORCH_OK)
        return st;
    st = ops->read(source, &request, &reader, err);
    if (st == ORCH_OK) {
        st = drain(f, ops, reader, err);
        ops->end(reader);
    }
    ops->close(source);
    assert_int_equal(f->streams, 0);
    return st;
}

/* The status and dump of a run must not depend on the size of the reads. */
static inline orch_status fake_run_chunked(struct fake *f, orch_error *err)
{
    orch_status st = fake_run(f, err);
    char *expected = strdup(f->dump.bytes ? f->dump.bytes : "");

    assert_non_null(expected);
    for (size_t chunk = 1; chunk <= 17; chunk++) {
        orch_error other;
        f->chunk = chunk;
        assert_int_equal(fake_run(f, &other), st);
        assert_string_equal(f->dump.bytes ? f->dump.bytes : "", expected);
        assert_string_equal(other.message, err->message);
        assert_string_equal(other.detail, err->detail);
    }
    f->chunk = 0;
    free(expected);
    return st;
}

static inline void fake_release(struct fake *f)
{
    free(f->dump.bytes);
    *f = (struct fake) { 0 };
}

/* Reads all inputs with every size of read and compares the dump; releases the fake. */
static inline void fake_expect(struct fake *f, const char *dump)
{
    orch_error err;
    orch_status st = fake_run_chunked(f, &err);

    if (st != ORCH_END)
        fail_msg("%d: %s (%s)", (int)st, err.message, err.detail);
    assert_string_equal(f->dump.bytes, dump);
    fake_release(f);
}

/* Expects an error with this message, detail and hint; releases the fake. */
static inline void fake_expect_error(struct fake *f, orch_status code, const char *message,
                                     const char *detail, const char *hint)
{
    orch_error err;
    orch_status st = fake_run_chunked(f, &err);

    assert_int_equal(st, code);
    assert_int_equal(err.code, code);
    assert_string_equal(err.message, message);
    assert_string_equal(err.detail, detail);
    assert_string_equal(err.hint, hint);
    fake_release(f);
}

/* One input with the options in pairs, NULL-ended: the dump is as given. */
static inline struct fake fake_of(const char *text)
{
    struct fake f = { 0 };

    fake_add(&f, "x.csv", text);
    return f;
}

#endif
