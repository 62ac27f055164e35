/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an instance: open, close, interrupt. It touches no input: that is the reader's. */
#include "thermometer_source.h"

#include "orch/error.h"

#include <stdlib.h>
#include <string.h>

/* ---- options ---------------------------------------------------------------------------- */

static orch_status read_missing(orch_source *source, orch_error *err)
{
    const orch_host *host = source->host;
    size_t n = 0;

    while (host->option(host, "missing", n, NULL))
        n++;
    source->missing = calloc(n + 1, sizeof *source->missing);
    if (!source->missing)
        return orch_error_set(err, ORCH_ENOMEM, "not enough memory for %zu words", n);
    for (; source->n_missing < n; source->n_missing++)
        source->missing[source->n_missing] =
            host->option(host, "missing", source->n_missing, NULL);
    return ORCH_OK;
}

/* The host has parsed and checked each option: a choice is one of the choices, a default is a
 * value. What is left to check is what depends on two of them. */
static orch_status read_options(orch_source *source, orch_error *err)
{
    const char *decimal = source->host->option(source->host, "decimal", 0, NULL);

    source->decimal = decimal && strcmp(decimal, "comma") == 0 ? ',' : '.';
    return read_missing(source, err);
}

/* ---- life ------------------------------------------------------------------------------- */

static void source_close(orch_source *source)
{
    free(source->missing);
    free(source);
}

static orch_status source_open(const orch_host *host, orch_source **out, orch_error *err)
{
    const orch_input *input = host->extension(host, ORCH_INPUT_EXTENSION);

    if (!input)
        return orch_error_set(err, ORCH_ENOTSUP, "the host offers no %s", ORCH_INPUT_EXTENSION);
    orch_source *source = calloc(1, sizeof *source);
    if (!source)
        return orch_error_set(err, ORCH_ENOMEM, "not enough memory for a thermometer source");
    source->host = host;
    source->input = input;
    atomic_init(&source->interrupted, false);
    orch_status st = read_options(source, err);
    if (st != ORCH_OK) {
        source_close(source);
        return st;
    }
    *out = source;
    return ORCH_OK;
}

/* Called from any thread while another one is in next(): it only leaves word. */
static void source_interrupt(orch_source *source)
{
    atomic_store(&source->interrupted, true);
}

bool thermometer_stopped(const orch_source *source)
{
    return atomic_load(&source->interrupted) || source->host->cancelled(source->host);
}

const char *thermometer_input_name(const orch_source *source, size_t index)
{
    orch_input_info info = { .struct_size = sizeof info };

    if (source->input->info(source->host, index, &info) != ORCH_OK || !info.name)
        return "?";
    return info.name;
}

const orch_source_ops thermometer_source_ops = {
    .struct_size = sizeof(orch_source_ops),
    .open = source_open,
    .close = source_close,
    .describe = thermometer_describe,
    .read = thermometer_read,
    .schema = thermometer_schema,
    .next = thermometer_next,
    .end = thermometer_end,
    .interrupt = source_interrupt,
};
