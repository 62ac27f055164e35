/* SPDX-License-Identifier: Apache-2.0 */
/* Words for tests that write: a destination, schemas and batches in one line of text. */
#ifndef PG_WRITING_H
#define PG_WRITING_H

#include "pg_fixture.h"

struct destination {
    struct fake_host fake;
    const orch_destination_ops *ops;
    orch_destination *self;
    orch_writer *writer;
    struct ArrowSchema schema;
    orch_write_counts counts;
    orch_error err;
};

/* "section:u start:tsu:UTC speed:l": names and formats. */
static inline void schema_make(struct ArrowSchema *out, const char *text)
{
    char copy[512];

    snprintf(copy, sizeof copy, "%s", text);
    assert_int_equal(orch_schema_init(out), ORCH_OK);
    for (char *word = strtok(copy, " "); word; word = strtok(NULL, " ")) {
        char *format = strchr(word, ':');

        assert_non_null(format);
        *format++ = '\0';
        assert_int_equal(orch_schema_add(out, word, format), ORCH_OK);
    }
}

static inline orch_status cell_put(orch_builder *b, size_t i, const char *format,
                                   const char *text, size_t len)
{
    char number[64];

    if (len == 1 && text[0] == '-')
        return orch_builder_null(b, i);
    snprintf(number, sizeof number, "%.*s", (int)(len < 63 ? len : 63), text);
    switch (format[0]) {
    case 'b':
        return orch_builder_bool(b, i, text[0] == 't');
    case 'l':
        return orch_builder_int(b, i, strtoll(number, NULL, 10));
    case 'g':
        return orch_builder_float(b, i, strtod(number, NULL));
    case 'u':
        return orch_builder_text(b, i, text, len);
    case 'z':
        return orch_builder_binary(b, i, text, len);
    default:
        if (strcmp(format, ORCH_FORMAT_DATE32) == 0)
            return orch_builder_date(b, i, (int32_t)strtol(number, NULL, 10));
        return orch_builder_timestamp(b, i, strtoll(number, NULL, 10));
    }
}

/* Rows end in a newline, cells are parted by "|", "-" is null. */
static inline void batch_make(struct ArrowArray *out, const struct ArrowSchema *schema,
                              const char *text, size_t len)
{
    orch_builder *b = NULL;
    size_t column = 0;
    const char *end = text + len;

    assert_int_equal(orch_builder_new(schema, &b), ORCH_OK);
    for (const char *p = text; p < end; p++) {
        const char *start = p;

        while (p < end && *p != '|' && *p != '\n')
            p++;
        assert_int_equal(cell_put(b, column, schema->children[column]->format, start,
                                  (size_t)(p - start)),
                         ORCH_OK);
        column++;
        if (p == end || *p == '\n') {
            assert_int_equal(orch_builder_row(b), ORCH_OK);
            column = 0;
        }
    }
    assert_int_equal(orch_builder_take(b, out), ORCH_OK);
    orch_builder_free(b);
}

static inline void destination_make(struct destination *d, const struct fake_option *options)
{
    *d = (struct destination){.ops = load_connector()->destination, .err = ORCH_ERROR_INIT};
    d->counts.struct_size = sizeof d->counts;
    fake_init(&d->fake, options);
    assert_ok(d->ops->open(&d->fake.host, &d->self, &d->err), &d->err);
}

/* `keys`: names parted by commas, or NULL. */
static inline orch_status destination_begin(struct destination *d, uint32_t mode,
                                            const char *target, const char *schema,
                                            const char *keys)
{
    const char *list[8];
    char copy[256];
    orch_write_request request = {.struct_size = sizeof request,
                                  .mode = mode,
                                  .target = target,
                                  .keys = list,
                                  .pipeline = target,
                                  .run = "run-1",
                                  .comment = "Made by a test."};

    snprintf(copy, sizeof copy, "%s", keys ? keys : "");
    for (char *word = strtok(copy, ","); word; word = strtok(NULL, ","))
        list[request.n_keys++] = word;
    if (d->schema.release)
        d->schema.release(&d->schema);
    schema_make(&d->schema, schema);
    return d->ops->begin(d->self, &request, &d->schema, &d->writer, &d->err);
}

static inline orch_status destination_write_bytes(struct destination *d, const char *rows,
                                                  size_t len)
{
    struct ArrowArray batch;

    batch_make(&batch, &d->schema, rows, len);
    orch_status st = d->ops->write(d->writer, &batch, &d->err);
    if (st == ORCH_OK)
        assert_null(batch.release);
    else
        batch.release(&batch);
    return st;
}

static inline orch_status destination_write(struct destination *d, const char *rows)
{
    return destination_write_bytes(d, rows, strlen(rows));
}

static inline void destination_end(struct destination *d)
{
    if (d->writer)
        d->ops->end(d->writer);
    d->writer = NULL;
}

static inline void destination_free(struct destination *d)
{
    destination_end(d);
    if (d->schema.release)
        d->schema.release(&d->schema);
    d->ops->close(d->self);
}

static inline orch_status destination_commit(struct destination *d)
{
    orch_commit commit = {.struct_size = sizeof commit, .sequence = 1};

    return d->ops->commit(d->writer, &commit, &d->err);
}

/* One run from begin to end. */
static inline void load(struct destination *d, uint32_t mode, const char *target,
                        const char *schema, const char *keys, const char *rows)
{
    assert_ok(destination_begin(d, mode, target, schema, keys), &d->err);
    assert_ok(destination_write(d, rows), &d->err);
    assert_ok(d->ops->finish(d->writer, &d->counts, &d->err), &d->err);
    assert_ok(destination_commit(d), &d->err);
    destination_end(d);
}

static inline void assert_counts(const struct destination *d, int64_t inserted, int64_t updated,
                                 int64_t unchanged, int64_t merged)
{
    assert_int_equal(d->counts.inserted, inserted);
    assert_int_equal(d->counts.updated, updated);
    assert_int_equal(d->counts.unchanged, unchanged);
    assert_int_equal(d->counts.merged, merged);
}

#endif
