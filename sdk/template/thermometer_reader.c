/* SPDX-License-Identifier: Apache-2.0 */
/* From lines to batches. A line that is wrong becomes a reject and the reading goes on; an input
 * that is wrong as a whole is an error and ends it. */
#include "thermometer_source.h"

#include "orch/builder.h"
#include "orch/error.h"
#include "thermometer_lines.h"
#include "thermometer_parse.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_ROWS 8192
#define DEFAULT_BYTES 1048576
#define POLL_LINES 1024

/* ---- columns ---------------------------------------------------------------------------- */

enum column { LOGGER, PLACE, AT, CELSIUS, COLUMNS };

/* The time stays text: it is local and has no zone, so only the script can say what it means. */
static const struct {
    const char *name, *format, *comment;
} columns[COLUMNS] = {
    [LOGGER] = { "logger", ORCH_FORMAT_UTF8, "Number of the logger" },
    [PLACE] = { "place", ORCH_FORMAT_UTF8, "Where the logger hangs" },
    [AT] = { "at", ORCH_FORMAT_UTF8, "Local time of the reading, without zone" },
    [CELSIUS] = { "celsius", ORCH_FORMAT_FLOAT64, "Temperature in degrees Celsius" },
};

/* A setting holds for the readings below it. */
struct setting {
    bool set;
    size_t len;
    char text[THERMOMETER_LINE_MOST];
};

struct orch_reader {
    orch_source *source;
    struct ArrowSchema schema; /* the columns asked for, then record and line */
    orch_builder *builder;
    size_t target[COLUMNS]; /* place of a column in the batch, or SIZE_MAX: not asked for */
    size_t n_wanted;
    int64_t target_rows, target_bytes;
    /* the input in progress */
    size_t index;
    struct thermometer_lines lines;
    struct setting logger, place;
    int64_t record; /* readings so far, bad ones included */
    /* totals */
    int64_t rows;
    int64_t bytes_before; /* of inputs that are done */
};

static orch_status no_memory(orch_error *err)
{
    return orch_error_set(err, ORCH_ENOMEM, "not enough memory for thermometer readings");
}

static orch_status add_column(struct ArrowSchema *schema, enum column c)
{
    orch_status st = orch_schema_add(schema, columns[c].name, columns[c].format);

    return st == ORCH_OK ? orch_schema_annotate(schema, ORCH_META_COMMENT, columns[c].comment) : st;
}

orch_status thermometer_describe(orch_source *source, const char *stream, struct ArrowSchema *out,
                                 orch_error *err)
{
    struct ArrowSchema schema = { 0 };

    (void)source; /* whatever the inputs hold, the columns are these */
    if (stream)
        return orch_error_set(err, ORCH_EINVAL, "a thermometer source has no stream \"%s\"",
                              stream);
    orch_status st = orch_schema_init(&schema);
    for (enum column c = 0; st == ORCH_OK && c < COLUMNS; c++)
        st = add_column(&schema, c);
    if (st == ORCH_OK) {
        *out = schema; /* ownership moves to the caller */
        return ORCH_OK;
    }
    if (schema.release)
        schema.release(&schema);
    return no_memory(err);
}

/* ---- opening a reader ------------------------------------------------------------------- */

static orch_status want(orch_reader *r, const char *name, orch_error *err)
{
    for (enum column c = 0; c < COLUMNS; c++) {
        if (strcmp(columns[c].name, name) != 0)
            continue;
        if (r->target[c] != SIZE_MAX)
            return orch_error_set(err, ORCH_EINVAL, "column \"%s\" is asked for twice", name);
        r->target[c] = r->n_wanted++;
        return add_column(&r->schema, c) == ORCH_OK ? ORCH_OK : no_memory(err);
    }
    return orch_error_set(err, ORCH_EINVAL, "a thermometer source has no column \"%s\"", name);
}

static orch_status want_all(orch_reader *r, const orch_read_request *request, orch_error *err)
{
    orch_status st = ORCH_OK;

    for (enum column c = 0; c < COLUMNS; c++)
        r->target[c] = SIZE_MAX;
    for (size_t i = 0; st == ORCH_OK && request->columns && i < request->n_columns; i++)
        st = want(r, request->columns[i], err);
    for (enum column c = 0; st == ORCH_OK && !request->columns && c < COLUMNS; c++)
        st = want(r, columns[c].name, err);
    return st;
}

/* Role fields say where a row stood, so that whatever rejects it later can quote the place. */
static orch_status add_roles(orch_reader *r)
{
    static const char *const roles[] = { ORCH_ROLE_RECORD, ORCH_ROLE_LINE };
    orch_status st = ORCH_OK;

    for (size_t i = 0; st == ORCH_OK && i < sizeof roles / sizeof roles[0]; i++) {
        st = orch_schema_add(&r->schema, roles[i], ORCH_FORMAT_INT64);
        if (st == ORCH_OK)
            st = orch_schema_annotate(&r->schema, ORCH_META_ROLE, roles[i]);
    }
    return st;
}

orch_status thermometer_read(orch_source *source, const orch_read_request *request,
                             orch_reader **out, orch_error *err)
{
    if (request->stream)
        return orch_error_set(err, ORCH_EINVAL, "a thermometer source has no stream \"%s\"",
                              request->stream);
    orch_reader *r = calloc(1, sizeof *r);
    if (!r)
        return no_memory(err);
    r->source = source;
    r->target_rows = request->target_rows > 0 ? request->target_rows : DEFAULT_ROWS;
    r->target_bytes = request->target_bytes > 0 ? request->target_bytes : DEFAULT_BYTES;
    orch_status st = orch_schema_init(&r->schema) == ORCH_OK ? ORCH_OK : no_memory(err);
    if (st == ORCH_OK)
        st = want_all(r, request, err);
    if (st == ORCH_OK && add_roles(r) != ORCH_OK)
        st = no_memory(err);
    if (st == ORCH_OK && orch_builder_new(&r->schema, &r->builder) != ORCH_OK)
        st = no_memory(err);
    if (st != ORCH_OK) {
        thermometer_end(r);
        return st;
    }
    *out = r;
    return ORCH_OK;
}

orch_status thermometer_schema(orch_reader *r, struct ArrowSchema *out, orch_error *err)
{
    return orch_schema_copy(&r->schema, out) == ORCH_OK ? ORCH_OK : no_memory(err);
}

void thermometer_end(orch_reader *r)
{
    thermometer_lines_close(&r->lines);
    orch_builder_free(r->builder);
    if (r->schema.release)
        r->schema.release(&r->schema);
    free(r);
}

/* ---- lines ------------------------------------------------------------------------------ */

/* A status other than ORCH_OK means that there are too many: it ends the reading. */
static orch_status reject(orch_reader *r, const char *field, const char *rule,
                          const char *message, const char *text, size_t len, orch_error *err)
{
    const orch_host *host = r->source->host;
    const orch_reject bad = {
        .struct_size = sizeof bad,
        .input = (uint32_t)r->index,
        .record = r->record,
        .line = r->lines.number,
        .offset = r->lines.offset,
        .field = field,
        .rule = rule,
        .message = message,
        .raw = text,
        .raw_len = len,
    };
    orch_status st = host->reject(host, &bad);

    if (st == ORCH_OK)
        return ORCH_OK;
    orch_error_set(err, st, "input \"%s\" has too many bad lines",
                   thermometer_input_name(r->source, r->index));
    orch_error_detail(err, "line %lld: %s", (long long)r->lines.number, message);
    return orch_error_at(err, r->record, field);
}

static void keep(struct setting *setting, const struct thermometer_line *line)
{
    setting->set = true;
    setting->len = line->value_len;
    memcpy(setting->text, line->value, line->value_len);
}

/* Another unit would make every number wrong in silence: no reject, but the end. */
static orch_status check_unit(orch_reader *r, const struct thermometer_line *line, orch_error *err)
{
    if (line->value_len == 1 && line->value[0] == 'C')
        return ORCH_OK;
    orch_error_set(err, ORCH_EDATA, "input \"%s\" is not in degrees Celsius",
                   thermometer_input_name(r->source, r->index));
    orch_error_detail(err, "line %lld: unit \"%.*s\"", (long long)r->lines.number,
                      line->value_len < 40 ? (int)line->value_len : 40, line->value);
    orch_error_hint(err, "set the logger to C and export again");
    return ORCH_EDATA;
}

static orch_status put_text(orch_reader *r, enum column c, const char *text, size_t len)
{
    return r->target[c] == SIZE_MAX ? ORCH_OK
                                    : orch_builder_text(r->builder, r->target[c], text, len);
}

/* Columns without a value become null when the row ends. */
static orch_status put_row(orch_reader *r, const struct thermometer_line *line,
                           const double *celsius)
{
    orch_status st = put_text(r, LOGGER, r->logger.text, r->logger.len);

    if (st == ORCH_OK && r->place.set)
        st = put_text(r, PLACE, r->place.text, r->place.len);
    if (st == ORCH_OK)
        st = put_text(r, AT, line->key, line->key_len);
    if (st == ORCH_OK && celsius && r->target[CELSIUS] != SIZE_MAX)
        st = orch_builder_float(r->builder, r->target[CELSIUS], *celsius);
    if (st == ORCH_OK)
        st = orch_builder_int(r->builder, r->n_wanted, r->record);
    if (st == ORCH_OK)
        st = orch_builder_int(r->builder, r->n_wanted + 1, r->lines.number);
    return st == ORCH_OK ? orch_builder_row(r->builder) : st;
}

static bool is_missing(const orch_source *source, const char *text, size_t len)
{
    for (size_t i = 0; i < source->n_missing; i++)
        if (strlen(source->missing[i]) == len && memcmp(source->missing[i], text, len) == 0)
            return true;
    return false;
}

static orch_status take_reading(orch_reader *r, const struct thermometer_line *line,
                                const char *text, size_t len, orch_error *err)
{
    char message[80];
    double celsius = 0;

    r->record++;
    if (!r->logger.set)
        return reject(r, "logger", "order", "a reading before the line that names its logger",
                      text, len, err);
    bool missing = is_missing(r->source, line->value, line->value_len);
    if (!missing &&
        !thermometer_parse_number(line->value, line->value_len, r->source->decimal, &celsius)) {
        snprintf(message, sizeof message, "not a number with a decimal %s: \"%.*s\"",
                 r->source->decimal == ',' ? "comma" : "point",
                 line->value_len < 20 ? (int)line->value_len : 20, line->value);
        return reject(r, "celsius", "number", message, text, len, err);
    }
    return put_row(r, line, missing ? NULL : &celsius) == ORCH_OK ? ORCH_OK : no_memory(err);
}

static orch_status take_line(orch_reader *r, const char *text, size_t len, orch_error *err)
{
    const struct thermometer_line line = thermometer_parse_line(text, len);

    switch (line.kind) {
    case THERMOMETER_BLANK:
        return ORCH_OK;
    case THERMOMETER_LOGGER:
        keep(&r->logger, &line);
        r->place.set = false;
        return ORCH_OK;
    case THERMOMETER_PLACE:
        keep(&r->place, &line);
        return ORCH_OK;
    case THERMOMETER_UNIT:
        return check_unit(r, &line, err);
    case THERMOMETER_READING:
        return take_reading(r, &line, text, len, err);
    case THERMOMETER_SHAPE:
        r->record++;
        return reject(r, NULL, "columns", "not two fields with a semicolon between them", text,
                      len, err);
    case THERMOMETER_KEY:
        break;
    }
    r->record++;
    return reject(r, NULL, "key", "begins with neither a time nor a known word", text, len, err);
}

/* ---- batches ---------------------------------------------------------------------------- */

static bool is_full(const orch_reader *r)
{
    return orch_builder_rows(r->builder) >= r->target_rows ||
           orch_builder_bytes(r->builder) >= r->target_bytes;
}

/* Lines of the open input until the batch is full or the input ends (ORCH_END). */
static orch_status fill_batch(orch_reader *r, orch_error *err)
{
    for (int64_t n = 0; !is_full(r); n++) {
        const char *text;
        size_t len;
        bool too_long = false;

        if (n % POLL_LINES == 0 && thermometer_stopped(r->source))
            return orch_error_set(err, ORCH_ECANCELLED, "reading was cancelled");
        orch_status st = thermometer_lines_next(&r->lines, &text, &len, &too_long, err);
        if (st == ORCH_OK && too_long) {
            r->record++;
            st = reject(r, NULL, "line", "the line is longer than 4096 bytes", text, len, err);
        } else if (st == ORCH_OK) {
            st = take_line(r, text, len, err);
        }
        if (st != ORCH_OK)
            return st;
    }
    return ORCH_OK;
}

static orch_status hand_over(orch_reader *r, struct ArrowArray *out, orch_batch_info *info,
                             orch_error *err)
{
    const orch_host *host = r->source->host;
    int64_t rows = orch_builder_rows(r->builder);

    if (orch_builder_take(r->builder, out) != ORCH_OK)
        return no_memory(err);
    r->rows += rows;
    info->input = (uint32_t)r->index;
    info->source_bytes = r->bytes_before + r->lines.input->consumed(r->lines.stream);
    host->progress(host, r->rows, info->source_bytes, -1);
    return ORCH_OK;
}

static orch_status begin_input(orch_reader *r, orch_error *err)
{
    r->logger.set = r->place.set = false; /* settings do not reach into the next file */
    r->record = 0;
    return thermometer_lines_open(&r->lines, r->source->host, r->source->input, r->index, err);
}

static void end_input(orch_reader *r)
{
    r->bytes_before += r->lines.input->consumed(r->lines.stream);
    thermometer_lines_close(&r->lines);
    r->index++;
}

orch_status thermometer_next(orch_reader *r, struct ArrowArray *out, orch_batch_info *info,
                             orch_error *err)
{
    const size_t n = r->source->input->count(r->source->host);

    while (r->index < n) {
        orch_status st = r->lines.stream ? ORCH_OK : begin_input(r, err);
        if (st == ORCH_OK)
            st = fill_batch(r, err);
        if (st != ORCH_OK && st != ORCH_END)
            return st;
        if (orch_builder_rows(r->builder) > 0)
            return hand_over(r, out, info, err); /* the input's end is found again next time */
        end_input(r);
    }
    return ORCH_END;
}
