/* SPDX-License-Identifier: Apache-2.0 */
/* The plugin that keeps the contract: a store with an option of every type, and a source of
 * files. */
#include "nothing.h"

static const orch_source_ops source = { NOTHING_SOURCE };

/* ---- a destination that does nothing ---------------------------------------------------- */

static orch_status sink_open(const orch_host *host, orch_destination **out, orch_error *err)
{
    (void)err;
    *out = (orch_destination *)(uintptr_t)host;
    return ORCH_OK;
}

static void sink_close(orch_destination *destination)
{
    (void)destination;
}

static orch_status sink_begin(orch_destination *destination, const orch_write_request *request,
                              const struct ArrowSchema *schema, orch_writer **out, orch_error *err)
{
    (void)request;
    (void)schema;
    (void)err;
    *out = (orch_writer *)destination;
    return ORCH_OK;
}

static orch_status sink_recover(orch_destination *destination, const orch_ledger_query *query,
                                struct ArrowSchema *schema, struct ArrowArray *batch,
                                orch_error *err)
{
    (void)destination;
    (void)query;
    (void)schema;
    (void)batch;
    (void)err;
    return ORCH_ENOTSUP;
}

static orch_status sink_write(orch_writer *writer, struct ArrowArray *batch, orch_error *err)
{
    (void)writer;
    (void)batch;
    (void)err;
    return ORCH_ENOTSUP;
}

static orch_status sink_finish(orch_writer *writer, orch_write_counts *counts, orch_error *err)
{
    (void)writer;
    (void)counts;
    (void)err;
    return ORCH_OK;
}

static orch_status sink_ledger(orch_writer *writer, const char *table,
                               const struct ArrowSchema *schema, struct ArrowArray *batch,
                               orch_error *err)
{
    (void)writer;
    (void)table;
    (void)schema;
    (void)batch;
    (void)err;
    return ORCH_ENOTSUP;
}

static orch_status sink_commit(orch_writer *writer, const orch_commit *commit, orch_error *err)
{
    (void)writer;
    (void)commit;
    (void)err;
    return ORCH_OK;
}

static void sink_end(orch_writer *writer)
{
    (void)writer;
}

static const orch_destination_ops sink = {
    .struct_size = sizeof sink,
    .open = sink_open,
    .close = sink_close,
    .begin = sink_begin,
    .recover = sink_recover,
    .write = sink_write,
    .finish = sink_finish,
    .ledger = sink_ledger,
    .commit = sink_commit,
    .end = sink_end,
};

/* ---- options ---------------------------------------------------------------------------- */

static const char *const quote_choices[] = { "none", "double", "single", NULL };

#define OPTION(variable, ...)                                                                      \
    static const orch_option variable = { .struct_size = sizeof(orch_option), __VA_ARGS__ }

OPTION(url, .type = ORCH_OPT_URL, .flags = ORCH_OPT_REQUIRED, .name = "url",
       .summary = "Where the store is.", .example = "https://host/store");
OPTION(password, .type = ORCH_OPT_STRING, .flags = ORCH_OPT_SECRET, .name = "password",
       .summary = "What opens the store.");
OPTION(pin, .type = ORCH_OPT_INT, .flags = ORCH_OPT_SECRET, .name = "pin",
       .summary = "A secret number.");
OPTION(skip_lines, .type = ORCH_OPT_INT, .name = "skip_lines", .default_text = "0",
       .summary = "Lines before the header.", .unit = "lines", .max = 1000, .example = "2");
OPTION(least, .type = ORCH_OPT_INT, .name = "least", .summary = "A number with a lower bound.",
       .min = 1, .max = 1e18);
OPTION(ratio, .type = ORCH_OPT_FLOAT, .name = "ratio", .summary = "A part of one.", .max = 1);
OPTION(header, .type = ORCH_OPT_BOOL, .name = "header", .summary = "Is there a header?",
       .default_text = "true");
OPTION(buffer, .type = ORCH_OPT_BYTES, .name = "buffer", .summary = "Memory for rows.",
       .default_text = "16MiB", .min = 1024, .max = 1073741824);
OPTION(timeout, .type = ORCH_OPT_DURATION, .name = "timeout", .summary = "How long to wait.",
       .default_text = "30s");
OPTION(quote, .type = ORCH_OPT_ENUM, .name = "quote", .summary = "How fields are quoted.",
       .default_text = "double", .choices = quote_choices);
OPTION(folder, .type = ORCH_OPT_PATH, .name = "folder", .summary = "A folder for spilled rows.");
OPTION(columns, .type = ORCH_OPT_STRING, .flags = ORCH_OPT_REPEATED, .name = "columns",
       .summary = "Which columns.");
OPTION(headers, .type = ORCH_OPT_PAIR, .flags = ORCH_OPT_REPEATED, .name = "headers",
       .summary = "Headers of the request.", .example = "Accept=text/csv");
OPTION(table, .type = ORCH_OPT_STRING, .flags = ORCH_OPT_FOR_DESTINATION | ORCH_OPT_REQUIRED,
       .name = "table", .summary = "The table to write.");
OPTION(query, .type = ORCH_OPT_STRING, .flags = ORCH_OPT_FOR_SOURCE, .name = "query",
       .summary = "What to read.");
OPTION(old_name, .type = ORCH_OPT_STRING, .flags = ORCH_OPT_DEPRECATED, .name = "old_name",
       .summary = "Use table.");

static const orch_option *const store_options[] = {
    &url,   &password, &pin,    &skip_lines, &least,   &ratio, &header, &buffer,
    &timeout, &quote,  &folder, &columns,    &headers, &table, &query,  &old_name,
};

static const orch_connector store = {
    .struct_size = sizeof store,
    .threading = ORCH_THREADS_ONE_PER_INSTANCE,
    .capabilities = ORCH_CAP_APPEND | ORCH_CAP_UPSERT | ORCH_CAP_TRANSACTIONAL,
    .needs = ORCH_NEEDS_NETWORK,
    .name = "plain_store",
    .summary = "Keeps the contract and nothing else, in a summary that is long enough to be broken "
               "into more than one line when people read it.",
    .personal = "name, street",
    .options = store_options,
    .n_options = sizeof store_options / sizeof *store_options,
    .source = &source,
    .destination = &sink,
};

static const orch_option *const file_options[] = { &skip_lines, &header };

static const orch_connector files = {
    .struct_size = sizeof files,
    .threading = ORCH_THREADS_ONE_PER_STREAM,
    .capabilities = ORCH_CAP_INPUT,
    .needs = ORCH_NEEDS_FILES_READ,
    .name = "plain",
    .summary = "Reads files through the host.",
    .options = file_options,
    .n_options = 2,
    .source = &source,
};

static const orch_connector *const list[] = { &store, &files };

static const orch_plugin plugin = {
    .struct_size = sizeof plugin,
    .abi_major = ORCH_ABI_MAJOR,
    .abi_minor = ORCH_ABI_MINOR,
    .name = "plain",
    .version = "1.0.0",
    .license = "Apache-2.0",
    .home = "https://example.org/plain",
    .connectors = list,
    .n_connectors = sizeof list / sizeof *list,
};
HOSTILE_ENTRY(&plugin)
