/* SPDX-License-Identifier: Apache-2.0 */
#include "orch/connector.h"

#include "pg_source.h"
#include "pg_watermark.h"
#include "pg_writer.h"

#define OPTION .struct_size = sizeof(orch_option)

static const orch_option option_uri = {
    OPTION,
    .type = ORCH_OPT_STRING,
    .flags = ORCH_OPT_SECRET,
    .name = "uri",
    .summary = "Where and as whom to connect; without it the PG* variables, the service file and "
               ".pgpass count, as for psql.",
    .example = "postgresql://loader@db.example.org/city",
};
static const orch_option option_table = {
    OPTION,
    .type = ORCH_OPT_STRING,
    .name = "table",
    .summary = "Table to write or to read, as schema.table or table.",
    .example = "mobility.traffic",
};
static const orch_option option_create = {
    OPTION,
    .type = ORCH_OPT_BOOL,
    .flags = ORCH_OPT_FOR_DESTINATION,
    .name = "create",
    .summary = "Create schema and table when they are absent.",
    .default_text = "true",
};
static const orch_option option_lock_wait = {
    OPTION,
    .type = ORCH_OPT_DURATION,
    .flags = ORCH_OPT_FOR_DESTINATION,
    .name = "lock_wait",
    .summary = "How long to wait for another run of the same pipeline to end.",
    .default_text = "0s",
    .example = "10m",
    .unit = "ms",
    .max = INT32_MAX,
};
static const orch_option option_statement_timeout = {
    OPTION,
    .type = ORCH_OPT_DURATION,
    .name = "statement_timeout",
    .summary = "Let the server stop a statement that takes longer; loads and merges are long ones.",
    .example = "2h",
    .unit = "ms",
    .max = INT32_MAX,
};
static const orch_option option_query = {
    OPTION,
    .type = ORCH_OPT_STRING,
    .flags = ORCH_OPT_FOR_SOURCE,
    .name = "query",
    .summary = "SELECT to read, instead of a table.",
    .example = "select id, name from city.street where closed is null",
};
static const orch_option option_fetch_rows = {
    OPTION,
    .type = ORCH_OPT_INT,
    .flags = ORCH_OPT_FOR_SOURCE,
    .name = "fetch_rows",
    .summary = "Rows a batch has at most.",
    .default_text = "8192",
    .unit = "rows",
    .min = 1,
    .max = 65536,
};

static const orch_option option_watermark = {
    OPTION,
    .type = ORCH_OPT_STRING,
    .flags = ORCH_OPT_FOR_SOURCE,
    .name = "watermark",
    .summary = "Column of numbers, dates or times that grows: a run reads the rows above the "
               "highest one of the run before.",
    .example = "changed_at",
};
static const orch_option option_watermark_overlap = {
    OPTION,
    .type = ORCH_OPT_STRING,
    .flags = ORCH_OPT_FOR_SOURCE,
    .name = "watermark_overlap",
    .summary = "How far below the watermark rows may still appear, those of long transactions: "
               "so far is read again, which a key at the destination makes harmless. \"0s\" or "
               "\"0\": never.",
    .example = "10m",
};

static const orch_option *const options[] = {
    &option_uri,   &option_table, &option_create,     &option_lock_wait,
    &option_statement_timeout,    &option_query,      &option_fetch_rows,
    &option_watermark,            &option_watermark_overlap,
};

static const orch_connector connector = {
    .struct_size = sizeof(orch_connector),
    .threading = ORCH_THREADS_ONE_PER_INSTANCE,
    .capabilities = ORCH_CAP_TRANSACTIONAL | ORCH_CAP_APPEND | ORCH_CAP_REPLACE |
                    ORCH_CAP_UPSERT | ORCH_CAP_RESUME,
    .needs = ORCH_NEEDS_NETWORK,
    .state_version = PG_WATERMARK_FORM,
    .name = "postgres",
    .summary = "Tables of PostgreSQL: loads them in one transaction, reads tables and queries.",
    .options = options,
    .n_options = sizeof options / sizeof options[0],
    .source = &pg_source_ops,
    .destination = &pg_destination_ops,
};

static const orch_connector *const connectors[] = {&connector};

static const orch_plugin plugin = {
    .struct_size = sizeof(orch_plugin),
    .abi_major = ORCH_ABI_MAJOR,
    .abi_minor = ORCH_ABI_MINOR,
    .name = "postgres",
    .version = "0.1.0",
    .license = "Apache-2.0",
    .connectors = connectors,
    .n_connectors = 1,
};

ORCH_EXPORT const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor);

const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_minor;
    return host_major == ORCH_ABI_MAJOR ? &plugin : NULL;
}
