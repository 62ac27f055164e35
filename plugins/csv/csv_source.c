/* SPDX-License-Identifier: Apache-2.0 */
#include "csv_source.h"

#include "csv_head.h"
#include "orch/builder.h"
#include "orch/error.h"

#include <stdlib.h>

static orch_status source_open(const orch_host *host, orch_source **out, orch_error *err)
{
    const orch_input *input = host->extension(host, ORCH_INPUT_EXTENSION);

    if (!input)
        return orch_error_set(err, ORCH_ENOTSUP, "the host offers no %s", ORCH_INPUT_EXTENSION);
    orch_source *source = calloc(1, sizeof *source);
    if (!source)
        return orch_error_set(err, ORCH_ENOMEM, "not enough memory for a csv source");
    orch_status st = csv_options_read(&source->options, host, err);
    if (st != ORCH_OK) {
        free(source);
        return st;
    }
    source->host = host;
    source->input = input;
    atomic_init(&source->interrupted, false);
    *out = source;
    return ORCH_OK;
}

static void source_close(orch_source *source)
{
    csv_options_release(&source->options);
    free(source);
}

static void source_interrupt(orch_source *source)
{
    atomic_store(&source->interrupted, true);
}

const char *csv_source_input_name(const orch_source *source, size_t index)
{
    orch_input_info info = { .struct_size = sizeof info };

    if (source->input->info(source->host, index, &info) != ORCH_OK || !info.name)
        return "?";
    return info.name;
}

bool csv_source_stopped(const orch_source *source)
{
    return atomic_load(&source->interrupted) || source->host->cancelled(source->host);
}

/* ---- describe ---------------------------------------------------------------------------- */

static orch_status read_first_head(orch_source *source, struct csv_head *head, orch_error *err)
{
    struct csv_scan scan = { 0 };

    if (csv_source_stopped(source))
        return orch_error_set(err, ORCH_ECANCELLED, "reading was cancelled");
    orch_status st = csv_scan_open(&scan, source->host, 0, &source->options, err);
    if (st == ORCH_OK)
        st = csv_head_read(head, &scan, csv_source_input_name(source, 0), err);
    csv_scan_close(&scan);
    return st;
}

static orch_status source_check(orch_source *source, orch_error *err)
{
    struct csv_head head = { 0 };
    orch_status st = read_first_head(source, &head, err);

    csv_head_release(&head);
    return st;
}

static orch_status source_describe(orch_source *source, const char *stream,
                                   struct ArrowSchema *out, orch_error *err)
{
    struct csv_head head = { 0 };
    struct ArrowSchema schema = { 0 };
    orch_status st;

    if (stream)
        return orch_error_set(err, ORCH_EINVAL, "a csv source has no stream \"%s\"", stream);
    st = read_first_head(source, &head, err);
    if (st != ORCH_OK)
        return st;
    st = orch_schema_init(&schema);
    for (size_t i = 0; st == ORCH_OK && i < head.n_metadata + head.n_table; i++)
        st = orch_schema_add(&schema, head.names[i], ORCH_FORMAT_UTF8);
    if (st != ORCH_OK) {
        orch_error_set(err, st, "cannot describe the columns of input \"%s\"",
                       csv_source_input_name(source, 0));
        goto done;
    }
    *out = schema;
    schema.release = NULL;

done:
    if (schema.release)
        schema.release(&schema);
    csv_head_release(&head);
    return st;
}

const orch_source_ops csv_source_ops = {
    .struct_size = sizeof(orch_source_ops),
    .open = source_open,
    .close = source_close,
    .check = source_check,
    .describe = source_describe,
    .read = csv_reader_read,
    .schema = csv_reader_schema,
    .next = csv_reader_next,
    .end = csv_reader_end,
    .interrupt = source_interrupt,
};
