/* SPDX-License-Identifier: Apache-2.0 */
/* Two sources in one plugin, as small as 1.0 allows: no optional slot, no input, one option. */
#include "hand_made.h"

ORCH_EXPORT const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor);

struct orch_source {
    const orch_host *host;
    int64_t rows;
    int64_t step; /* 1 or -1 */
};

struct orch_reader {
    orch_source *source;
    int64_t given;
};

static const char *const names[] = { "number" };
static const char *const formats[] = { ORCH_FORMAT_INT64 };

static orch_status open_either(const orch_host *host, int64_t step, orch_source **out,
                               orch_error *err)
{
    const char *rows = host->option(host, "rows", 0, NULL);

    if (host->abi_major != 1)
        return hand_error(err, ORCH_EINVAL, "this is no host of ABI 1", "", 0);
    if (host->option(host, "nothing", 0, NULL) || host->extension(host, "orch.nothing/1"))
        return hand_error(err, ORCH_EINVAL, "the host offers what does not exist", "", 0);
    if (!rows || strcmp(rows, "13") == 0)
        return hand_error(err, ORCH_ECONFIG, "13 rows bring bad luck", "take 12", 13);
    orch_source *source = calloc(1, sizeof *source);
    if (!source)
        return ORCH_ENOMEM;
    source->host = host;
    source->rows = strtoll(rows, NULL, 10);
    source->step = step;
    *out = source;
    return ORCH_OK;
}

static orch_status open_up(const orch_host *host, orch_source **out, orch_error *err)
{
    return open_either(host, 1, out, err);
}

static orch_status open_down(const orch_host *host, orch_source **out, orch_error *err)
{
    return open_either(host, -1, out, err);
}

static void close_either(orch_source *source)
{
    free(source);
}

static orch_status describe(orch_source *source, const char *stream, struct ArrowSchema *out,
                            orch_error *err)
{
    (void)source, (void)stream, (void)err;
    return hand_schema(out, 1, names, formats);
}

static orch_status read(orch_source *source, const orch_read_request *request, orch_reader **out,
                        orch_error *err)
{
    (void)request, (void)err;
    orch_reader *r = calloc(1, sizeof *r);
    if (!r)
        return ORCH_ENOMEM;
    r->source = source;
    *out = r;
    return ORCH_OK;
}

static orch_status schema(orch_reader *r, struct ArrowSchema *out, orch_error *err)
{
    return describe(r->source, NULL, out, err);
}

/* All rows in one batch. */
static orch_status next(orch_reader *r, struct ArrowArray *out, orch_batch_info *info,
                        orch_error *err)
{
    const orch_host *host = r->source->host;
    int64_t n = r->source->rows;
    struct ArrowArray batch;

    if (host->cancelled(host))
        return hand_error(err, ORCH_ECANCELLED, "cancelled", "", 0);
    if (r->given == n)
        return ORCH_END;
    int64_t *values = malloc((size_t)n * sizeof *values);
    if (!values)
        return ORCH_ENOMEM;
    if (hand_batch(&batch, n, 1) != ORCH_OK) {
        free(values);
        return ORCH_ENOMEM;
    }
    for (int64_t i = 0; i < n; i++)
        values[i] = r->source->step * (i + 1);
    hand_column(&batch, 0, NULL, 0, values, NULL);
    r->given = n;
    info->first_record = 1;
    host->progress(host, n, 0, -1);
    *out = batch;
    return ORCH_OK;
}

static void end(orch_reader *r)
{
    free(r);
}

#define OPS(how)                                                                                   \
    {                                                                                              \
        .struct_size = sizeof(orch_source_ops), .open = (how), .close = close_either,              \
        .describe = describe, .read = read, .schema = schema, .next = next, .end = end             \
    }

static const orch_source_ops up = OPS(open_up);
static const orch_source_ops down = OPS(open_down);

static const orch_option rows_option = {
    .struct_size = sizeof(orch_option),
    .type = ORCH_OPT_INT,
    .flags = ORCH_OPT_REQUIRED,
    .name = "rows",
    .summary = "How far to count.",
    .example = "12",
    .unit = "rows",
    .min = 1,
    .max = 1000,
};

static const orch_option *const options[] = { &rows_option };

#define COUNTER(title, direction, level, table)                                                    \
    {                                                                                              \
        .struct_size = sizeof(orch_connector), .threading = (level), .name = (title),              \
        .summary = "Counts " direction ".", .options = options, .n_options = 1, .source = &(table) \
    }

static const orch_connector count_up = COUNTER("count_up", "up", ORCH_THREADS_ONE_PER_PLUGIN, up);
static const orch_connector count_down =
    COUNTER("count_down", "down", ORCH_THREADS_ONE_PER_STREAM, down);

static const orch_connector *const connectors[] = { &count_up, &count_down };

static const orch_plugin plugin = {
    .struct_size = sizeof(orch_plugin),
    .abi_major = 1,
    .abi_minor = 0,
    .name = "pair",
    .version = "1.0",
    .connectors = connectors,
    .n_connectors = 2,
};

const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_minor;
    return host_major == 1 ? &plugin : NULL;
}
