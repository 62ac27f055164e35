/* SPDX-License-Identifier: Apache-2.0 */
/* A source of files with every slot of 1.0: lines and their lengths, a batch an input. An empty
 * line is null, the line "bad" is a reject. It uses all that the host of 1.0 lends. */
#include "hand_made.h"

#include "orch/input.h"

ORCH_EXPORT const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor);

enum { INPUT_MOST = 65536 };

struct orch_source {
    const orch_host *host;
    const orch_input *input;
    bool upper;
    bool interrupted;
};

struct orch_reader {
    orch_source *source;
    size_t index;
    size_t len;
    char state[32];
    char text[INPUT_MOST];
};

static const char *const names[] = { "text", "bytes" };
static const char *const formats[] = { ORCH_FORMAT_UTF8, ORCH_FORMAT_INT64 };

/* ---- instance ----------------------------------------------------------------------------- */

static orch_status source_open(const orch_host *host, orch_source **out, orch_error *err)
{
    const orch_input *input = host->extension(host, ORCH_INPUT_EXTENSION);
    const orch_clock *clock = host->extension(host, ORCH_CLOCK_EXTENSION);
    size_t len = 0;
    const char *letters = host->option(host, "letters", 0, &len);

    if (!input || !clock || clock->now_us(host) <= 0)
        return hand_error(err, ORCH_ENOTSUP, "an extension of 1.0 is missing", "", 0);
    if (!letters || len != strlen(letters))
        return hand_error(err, ORCH_EINVAL, "option letters has no default", "", 0);
    orch_source *source = calloc(1, sizeof *source);
    if (!source)
        return ORCH_ENOMEM;
    source->host = host;
    source->input = input;
    source->upper = strcmp(letters, "upper") == 0;
    *out = source;
    return ORCH_OK;
}

static void source_close(orch_source *source)
{
    free(source);
}

static orch_status source_check(orch_source *source, orch_error *err)
{
    orch_input_info info = { .struct_size = sizeof info };

    if (source->input->info(source->host, 0, &info) != ORCH_OK || !info.name)
        return hand_error(err, ORCH_EIO, "there is no input", "", 0);
    return ORCH_OK;
}

static orch_status source_streams(orch_source *source, struct ArrowSchema *schema,
                                  struct ArrowArray *batch, orch_error *err)
{
    (void)source, (void)schema, (void)batch;
    return hand_error(err, ORCH_ENOTSUP, "one unnamed stream", "", 0);
}

static orch_status source_describe(orch_source *source, const char *stream,
                                   struct ArrowSchema *out, orch_error *err)
{
    (void)source, (void)stream, (void)err;
    return hand_schema(out, 2, names, formats);
}

static void source_interrupt(orch_source *source)
{
    source->interrupted = true;
}

/* ---- reader ------------------------------------------------------------------------------- */

static orch_status source_read(orch_source *source, const orch_read_request *request,
                               orch_reader **out, orch_error *err)
{
    if (request->struct_size < sizeof *request || (request->columns && request->n_columns != 2))
        return hand_error(err, ORCH_EINVAL, "the request is another one", "", 0);
    orch_reader *r = calloc(1, sizeof *r);
    if (!r)
        return ORCH_ENOMEM;
    r->source = source;
    *out = r;
    return ORCH_OK;
}

static orch_status reader_schema(orch_reader *r, struct ArrowSchema *out, orch_error *err)
{
    return source_describe(r->source, NULL, out, err);
}

static orch_status read_input(orch_reader *r, orch_batch_info *info, orch_error *err)
{
    const orch_input *input = r->source->input;
    orch_input_stream *stream = NULL;
    orch_status st = input->open(r->source->host, r->index, ORCH_INPUT_TEXT, &stream, err);
    size_t n = 1;

    r->len = 0;
    while (st == ORCH_OK && n > 0 && INPUT_MOST - r->len >= 16) {
        st = input->read(stream, r->text + r->len, INPUT_MOST - r->len, &n, err);
        r->len += st == ORCH_OK ? n : 0;
    }
    if (stream) {
        info->source_bytes += input->consumed(stream);
        input->close(stream);
    }
    return st;
}

/* The line that begins at *at, without its end; *at moves behind it. */
static size_t line_at(orch_reader *r, size_t *at, const char **line)
{
    char *end = memchr(r->text + *at, '\n', r->len - *at);
    size_t len = end ? (size_t)(end - r->text) - *at : r->len - *at;

    *line = r->text + *at;
    *at += len + (end != NULL);
    return len;
}

static orch_status reject(orch_reader *r, int64_t number, const char *raw, size_t len)
{
    const orch_host *host = r->source->host;
    const orch_reject bad = {
        .struct_size = sizeof bad,
        .input = (uint32_t)r->index,
        .record = number,
        .line = number,
        .offset = -1,
        .field = "text",
        .rule = "bad",
        .message = "the line says that it is bad",
        .raw = raw,
        .raw_len = len,
    };
    return host->reject(host, &bad);
}

struct columns {
    int64_t rows, nulls;
    uint8_t *validity;
    int32_t *offsets;
    char *bytes;
    int64_t *lengths;
};

static void put(struct columns *c, const char *line, size_t len, bool upper)
{
    int32_t at = c->offsets[c->rows];

    for (size_t i = 0; i < len; i++)
        c->bytes[(size_t)at + i] =
            (char)(upper && line[i] >= 'a' && line[i] <= 'z' ? line[i] - 'a' + 'A' : line[i]);
    if (len > 0)
        c->validity[c->rows / 8] |= (uint8_t)(1u << (c->rows % 8));
    else
        c->nulls++;
    c->lengths[c->rows++] = (int64_t)len;
    c->offsets[c->rows] = at + (int32_t)len;
}

static orch_status split(orch_reader *r, struct columns *c)
{
    int64_t number = 0;
    orch_status st = ORCH_OK;

    for (size_t at = 0; st == ORCH_OK && at < r->len;) {
        const char *line;
        size_t len = line_at(r, &at, &line);
        number++;
        if (len == 3 && memcmp(line, "bad", 3) == 0)
            st = reject(r, number, line, len);
        else
            put(c, line, len, r->source->upper);
    }
    return st;
}

static orch_status give(orch_reader *r, struct ArrowArray *out)
{
    struct columns c = {
        .validity = calloc(INPUT_MOST / 8 + 1, 1),
        .offsets = calloc(INPUT_MOST + 2, sizeof(int32_t)),
        .bytes = malloc(INPUT_MOST),
        .lengths = malloc((INPUT_MOST + 1) * sizeof(int64_t)),
    };
    struct ArrowArray batch = { 0 };
    orch_status st = ORCH_ENOMEM;

    if (c.validity && c.offsets && c.bytes && c.lengths)
        st = split(r, &c);
    if (st == ORCH_OK)
        st = hand_batch(&batch, c.rows, 2);
    if (st != ORCH_OK) {
        free(c.validity);
        free(c.offsets);
        free(c.bytes);
        free(c.lengths);
        return st;
    }
    hand_column(&batch, 0, c.validity, c.nulls, c.offsets, c.bytes);
    hand_column(&batch, 1, NULL, 0, c.lengths, NULL);
    *out = batch;
    return ORCH_OK;
}

static orch_status reader_next(orch_reader *r, struct ArrowArray *out, orch_batch_info *info,
                               orch_error *err)
{
    const orch_host *host = r->source->host;

    if (r->source->interrupted || host->cancelled(host))
        return hand_error(err, ORCH_ECANCELLED, "reading was cancelled", "", 0);
    if (r->index == r->source->input->count(host))
        return ORCH_END;
    orch_status st = read_input(r, info, err);
    if (st == ORCH_OK)
        st = give(r, out);
    if (st != ORCH_OK)
        return st;
    info->input = (uint32_t)r->index++;
    info->first_record = 1;
    snprintf(r->state, sizeof r->state, "{\"inputs\":%zu}", r->index);
    info->state = r->state;
    info->state_len = strlen(r->state);
    host->log(host, ORCH_LOG_DEBUG, "measure.input", "read");
    host->progress(host, out->length, info->source_bytes, -1);
    return ORCH_OK;
}

static void reader_end(orch_reader *r)
{
    free(r);
}

/* ---- description -------------------------------------------------------------------------- */

static const orch_source_ops source_ops = {
    .struct_size = sizeof(orch_source_ops),
    .open = source_open,
    .close = source_close,
    .check = source_check,
    .streams = source_streams,
    .describe = source_describe,
    .read = source_read,
    .schema = reader_schema,
    .next = reader_next,
    .end = reader_end,
    .interrupt = source_interrupt,
};

static const char *const letter_choices[] = { "kept", "upper", NULL };

static const orch_option letters = {
    .struct_size = sizeof(orch_option),
    .type = ORCH_OPT_ENUM,
    .name = "letters",
    .summary = "What becomes of letters.",
    .default_text = "kept",
    .choices = letter_choices,
};

static const orch_option *const options[] = { &letters };

static const orch_connector measure = {
    .struct_size = sizeof(orch_connector),
    .threading = ORCH_THREADS_ONE_PER_INSTANCE,
    .capabilities = ORCH_CAP_INPUT | ORCH_CAP_RESUME,
    .state_version = 1,
    .name = "measure",
    .summary = "Lines of text and their lengths.",
    .personal = "text",
    .options = options,
    .n_options = 1,
    .source = &source_ops,
};

static const orch_connector *const connectors[] = { &measure };

static const orch_plugin plugin = {
    .struct_size = sizeof(orch_plugin),
    .abi_major = 1,
    .abi_minor = 0,
    .name = "measure",
    .version = "1.0",
    .license = "Apache-2.0",
    .home = "https://example.org/measure",
    .connectors = connectors,
    .n_connectors = 1,
};

const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_minor;
    return host_major == 1 ? &plugin : NULL;
}
