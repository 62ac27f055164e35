/* SPDX-License-Identifier: Apache-2.0 */
#include "memory_source.h"

#include <stdlib.h>

#include "base/log.h"
#include "data/batch_check.h"
#include "orch/builder.h"
#include "orch/error.h"
#include "orch/view.h"
#include "plugin/input_set.h"

enum { REJECTS_MOST = 10000 };

/* The host table comes first: the input functions find the reading behind it. */
struct memory_host {
    struct orch_instance instance;
    const struct fuzz_reading *reading;
    struct fuzz_result *out;
    int64_t rejects;
    int64_t last_record;
    bool open;
};

struct orch_input_stream {
    struct memory_host *host;
    size_t at;
    uint32_t mode;
    uint32_t seed;
};

const struct orch_loaded *fuzz_connector(const char *name)
{
    static struct orch_arena arena;
    struct orch_loaded *items = NULL;
    struct orch_text path = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    size_t n = 0;
    /* Refused options and cut documents are what a target is fed: no lines about them. */
    orch_log_setup(ORCH_LOG_TEXT, ORCH_LOG_ERROR + 1);
    orch_text_printf(&path, "%s/%s.so", FUZZ_CONNECTORS, name);
    if (orch_loader_load(&arena, orch_text_z(&path), &items, &n, &err) != ORCH_OK || n != 1)
        fuzz_broken("cannot load %s: %s: %s", orch_text_z(&path), err.message, err.detail);
    orch_text_release(&path);
    return items;
}

/* ---- the input ----------------------------------------------------------------------------- */

static struct memory_host *host_of(const orch_host *host)
{
    return (struct memory_host *)host->ctx;
}

static size_t input_count(const orch_host *host)
{
    (void)host;
    return 1;
}

static orch_status input_info(const orch_host *host, size_t index, orch_input_info *out)
{
    if (index > 0)
        return ORCH_EINVAL;
    out->name = "input";
    out->size_bytes = (int64_t)host_of(host)->reading->input.len;
    return ORCH_OK;
}

static orch_status input_open(const orch_host *host, size_t index, uint32_t mode,
                              orch_input_stream **out, orch_error *err)
{
    struct memory_host *h = host_of(host);
    if (index > 0 || h->open)
        fuzz_broken("input %zu is opened%s", index, h->open ? " while another one is" : "");
    orch_input_stream *s = calloc(1, sizeof *s);
    if (s == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    *s = (orch_input_stream){ .host = h, .mode = mode, .seed = h->reading->seed };
    h->open = true;
    *out = s;
    return ORCH_OK;
}

/* The host never cuts a code point, and says where text is none. */
static orch_status whole_text(const orch_input_stream *s, size_t *n, orch_error *err)
{
    struct orch_str input = s->host->reading->input;
    size_t valid = orch_utf8_valid(input.ptr + s->at, input.len - s->at);
    if (*n > valid)
        *n = valid;
    while (*n < valid && *n > 0 && ((unsigned char)input.ptr[s->at + *n] & 0xC0) == 0x80)
        ++*n;
    if (*n == 0 && s->at < input.len)
        return orch_error_set(err, ORCH_EDATA, "cannot decode \"input\" as UTF-8");
    return ORCH_OK;
}

static orch_status input_read(orch_input_stream *s, void *buffer, size_t capacity, size_t *n,
                              orch_error *err)
{
    struct orch_str input = s->host->reading->input;
    size_t left = input.len - s->at;
    if (capacity < 16)
        fuzz_broken("the connector reads into %zu bytes", capacity);
    /* Three bytes of room for the rest of a code point. */
    size_t take = s->seed != 0 ? fuzz_size(&s->seed, capacity - 3) : capacity - 3;
    take = take < left ? take : left;
    orch_status st = s->mode == ORCH_INPUT_TEXT ? whole_text(s, &take, err) : ORCH_OK;
    if (st != ORCH_OK)
        return st;
    if (take > 0)
        memcpy(buffer, input.ptr + s->at, take);
    s->at += take;
    *n = take;
    return ORCH_OK;
}

static orch_status input_map(orch_input_stream *s, const void **data, size_t *len, orch_error *err)
{
    (void)s, (void)data, (void)len;
    return orch_error_set(err, ORCH_ENOTSUP, "inputs are read, not mapped");
}

static int64_t input_consumed(const orch_input_stream *s)
{
    return (int64_t)s->at;
}

static orch_status input_descriptor(const orch_host *host, size_t index, int *fd, orch_error *err)
{
    (void)host, (void)index, (void)fd;
    return orch_error_set(err, ORCH_ENOTSUP, "the input is no file");
}

static void input_close(orch_input_stream *s)
{
    s->host->open = false;
    free(s);
}

static const orch_input memory_input = {
    .struct_size = sizeof memory_input,
    .count = input_count,
    .info = input_info,
    .open = input_open,
    .read = input_read,
    .map = input_map,
    .consumed = input_consumed,
    .descriptor = input_descriptor,
    .close = input_close,
};

static const void *extension(const orch_host *host, const char *id)
{
    (void)host;
    return strcmp(id, ORCH_INPUT_EXTENSION) == 0 ? &memory_input : NULL;
}

/* ---- promises ------------------------------------------------------------------------------ */

static void check_line(const char *what, const char *text)
{
    size_t len = strlen(text);
    if (orch_utf8_valid(text, len) != len)
        fuzz_broken("%s is not UTF-8: %s", what, text);
}

static void check_error(const orch_error *e, orch_status st)
{
    if (st == ORCH_ENOMEM || st == ORCH_EINTERNAL || st == ORCH_EINVAL || st > ORCH_OK)
        fuzz_broken("status %d: %s: %s", st, e->message, e->detail);
    if (e->code != st || e->message[0] == '\0')
        fuzz_broken("status %d, but the error says %d \"%s\"", st, e->code, e->message);
    if (strchr(e->message, '\n') != NULL)
        fuzz_broken("the message has two lines: %s", e->message);
    check_line("message", e->message);
    check_line("detail", e->detail);
    check_line("hint", e->hint);
}

static orch_status note_reject(void *ctx, const orch_reject *r)
{
    struct memory_host *h = ctx;
    struct orch_text *t = &h->out->rejects;
    if (r->rule == NULL || r->message == NULL)
        fuzz_broken("a reject has no rule or no message");
    check_line("reject", r->message);
    if (r->field != NULL)
        check_line("field", r->field);
    if (r->record < 0 || r->line < 0 || r->offset < -1)
        fuzz_broken("a reject stands at record %lld, line %lld", (long long)r->record,
                    (long long)r->line);
    orch_text_printf(t, "%lld %lld %lld %s %s %s ", (long long)r->record, (long long)r->line,
                     (long long)r->offset, r->field != NULL ? r->field : "-", r->rule, r->message);
    orch_text_escape(t, (struct orch_str){ r->raw != NULL ? r->raw : "", r->raw_len }, 400);
    orch_text_putc(t, '\n');
    return ++h->rejects > REJECTS_MOST ? ORCH_ECANCELLED : ORCH_OK;
}

static void print_value(struct orch_text *t, const orch_view *v, size_t column, int64_t row)
{
    size_t len = 0;
    if (orch_view_is_null(v, column, row)) {
        orch_text_puts(t, "null|");
    } else if (v->columns[column].type == ORCH_VIEW_TEXT) {
        const char *text = orch_view_text(v, column, row, &len);
        orch_text_quote(t, (struct orch_str){ text, len }, 400);
        orch_text_putc(t, '|');
    } else if (v->columns[column].type == ORCH_VIEW_INT) {
        orch_text_printf(t, "%lld|", (long long)orch_view_int(v, column, row));
    } else {
        orch_text_puts(t, "?|");
    }
}

/* Records rise: a reject or a row stands behind those before it. */
static void check_record(struct memory_host *h, const struct ArrowSchema *schema,
                         const orch_view *v, int64_t row)
{
    for (size_t i = 0; i < v->n_columns; i++) {
        size_t len = 0;
        const char *role = orch_schema_metadata(schema->children[i], ORCH_META_ROLE, &len);
        if (role == NULL)
            continue;
        int64_t value = orch_view_int(v, i, row);
        if (value < 0)
            fuzz_broken("a row stands at %lld", (long long)value);
        if (len != strlen(ORCH_ROLE_RECORD) || memcmp(role, ORCH_ROLE_RECORD, len) != 0)
            continue;
        if (value < h->last_record || value == 0)
            fuzz_broken("record %lld follows record %lld", (long long)value,
                        (long long)h->last_record);
        h->last_record = value;
    }
}

static void take_batch(struct memory_host *h, const struct ArrowSchema *schema,
                       struct ArrowArray *batch)
{
    orch_error err = ORCH_ERROR_INIT;
    orch_view view;
    if (orch_batch_check(schema, batch, &err) != ORCH_OK ||
        orch_view_init(&view, schema, batch, &err) != ORCH_OK)
        fuzz_broken("%s: %s", err.message, err.detail);
    for (int64_t row = 0; row < view.rows; row++) {
        check_record(h, schema, &view, row);
        for (size_t i = 0; i < view.n_columns; i++)
            print_value(&h->out->rows, &view, i, row);
        orch_text_putc(&h->out->rows, '\n');
    }
    h->out->n_rows += view.rows;
    orch_view_release(&view);
}

/* ---- reading ------------------------------------------------------------------------------- */

static void check_schema(const struct ArrowSchema *described, const struct ArrowSchema *got,
                         uint32_t every)
{
    int64_t next = 0;
    for (int64_t i = 0; i < described->n_children; i += every > 0 ? every : 1, next++)
        if (next >= got->n_children ||
            strcmp(described->children[i]->name, got->children[next]->name) != 0 ||
            strcmp(described->children[i]->format, got->children[next]->format) != 0)
            fuzz_broken("column %lld is not the one described", (long long)next + 1);
    for (size_t len; next < got->n_children; next++)
        if (orch_schema_metadata(got->children[next], ORCH_META_ROLE, &len) == NULL)
            fuzz_broken("column %lld was not asked for", (long long)next + 1);
}

static orch_status read_batches(struct memory_host *h, orch_reader *reader,
                                const struct ArrowSchema *schema, orch_error *err)
{
    const orch_source_ops *ops = &h->instance.loaded->source;
    orch_status st = ORCH_OK;
    while (st == ORCH_OK) {
        struct ArrowArray batch = { 0 };
        orch_batch_info info = { .struct_size = sizeof info };
        st = ops->next(reader, &batch, &info, err);
        if ((st == ORCH_OK) != (batch.release != NULL))
            fuzz_broken("status %d %s a batch", st, st == ORCH_OK ? "without" : "with");
        if (st == ORCH_OK)
            take_batch(h, schema, &batch);
        if (batch.release != NULL)
            batch.release(&batch);
    }
    return st == ORCH_END ? ORCH_OK : st;
}

static orch_status read_source(struct memory_host *h, orch_source *source, orch_error *err)
{
    const orch_source_ops *ops = &h->instance.loaded->source;
    struct ArrowSchema described = { 0 }, schema = { 0 };
    orch_reader *reader = NULL;
    const char *names[512];
    orch_status st = ops->describe(source, NULL, &described, err);
    if (st != ORCH_OK)
        return st;
    uint32_t every = h->reading->every;
    orch_read_request request = { .struct_size = sizeof request,
                                  .target_rows = h->reading->rows };
    for (int64_t i = 0; every > 0 && i < described.n_children && request.n_columns < 512;
         i += every)
        names[request.n_columns++] = described.children[i]->name;
    if (every > 0)
        request.columns = names;
    st = ops->read(source, &request, &reader, err);
    if (st == ORCH_OK)
        st = ops->schema(reader, &schema, err);
    if (st == ORCH_OK) {
        if (described.n_children < 512)
            check_schema(&described, &schema, every);
        st = read_batches(h, reader, &schema, err);
    }
    if (reader != NULL)
        ops->end(reader);
    if (schema.release != NULL)
        schema.release(&schema);
    described.release(&described);
    return st;
}

static bool go_on(void *ctx)
{
    (void)ctx;
    return false;
}

void fuzz_read(const struct orch_loaded *connector, const struct fuzz_settings *settings,
               const struct fuzz_reading *reading, struct fuzz_result *out)
{
    struct memory_host h = { .reading = reading, .out = out };
    struct orch_hooks hooks = { .ctx = &h, .cancelled = go_on, .reject = note_reject };
    struct orch_options *options = NULL;
    orch_source *source = NULL;
    *out = (struct fuzz_result){ .error = ORCH_ERROR_INIT };
    out->status = orch_options_parse(connector, ORCH_ROLE_SOURCE, settings->items, settings->n,
                                     &options, &out->error);
    if (out->status == ORCH_OK) {
        if (orch_instance_init(&h.instance, connector, options, NULL, &hooks) != ORCH_OK)
            abort();
        h.instance.host.extension = extension;
        out->status = connector->source.open(&h.instance.host, &source, &out->error);
    }
    if (source != NULL) {
        out->status = read_source(&h, source, &out->error);
        connector->source.close(source);
    }
    if (h.open)
        fuzz_broken("the input is still open");
    if (out->status != ORCH_OK)
        check_error(&out->error, out->status);
    if (options != NULL)
        orch_instance_release(&h.instance);
}

void fuzz_result_release(struct fuzz_result *r)
{
    orch_text_release(&r->rows);
    orch_text_release(&r->rejects);
}

static void compare(const char *what, const struct orch_text *a, const struct orch_text *b)
{
    if (strcmp(orch_text_z(a), orch_text_z(b)) != 0)
        fuzz_broken("%s depend on how the input is cut\n--- in one piece\n%s--- in odd pieces\n%s",
                    what, orch_text_z(a), orch_text_z(b));
}

void fuzz_read_both(const struct orch_loaded *connector, const struct fuzz_settings *settings,
                    struct fuzz_reading reading)
{
    struct fuzz_result whole, pieces;
    uint32_t seed = reading.seed != 0 ? reading.seed : 1;
    reading.seed = 0;
    fuzz_read(connector, settings, &reading, &whole);
    reading.seed = seed;
    fuzz_read(connector, settings, &reading, &pieces);
    if (whole.status != pieces.status)
        fuzz_broken("status %d in one piece (%s, %s), %d in odd ones (%s, %s)", whole.status,
                    whole.error.message, whole.error.detail, pieces.status, pieces.error.message,
                    pieces.error.detail);
    /* A reading that fails may have handed over more or less before. */
    if (whole.status == ORCH_OK) {
        compare("rows", &whole.rows, &pieces.rows);
        compare("rejects", &whole.rejects, &pieces.rejects);
    }
    fuzz_result_release(&whole);
    fuzz_result_release(&pieces);
}
