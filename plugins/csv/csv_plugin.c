/* SPDX-License-Identifier: Apache-2.0 */
#include "csv_options.h"
#include "csv_source.h"

ORCH_EXPORT const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor);

static const orch_connector *const connectors[] = {
    &(const orch_connector){
        .struct_size = sizeof(orch_connector),
        .threading = ORCH_THREADS_ONE_PER_INSTANCE,
        .capabilities = ORCH_CAP_INPUT,
        .name = "csv",
        .summary = "Reads delimited text (CSV, TSV) as business software exports it.",
        .options = csv_option_table,
        .n_options = CSV_OPTION_COUNT,
        .source = &csv_source_ops,
    },
};

static const orch_plugin plugin = {
    .struct_size = sizeof(orch_plugin),
    .abi_major = ORCH_ABI_MAJOR,
    .abi_minor = ORCH_ABI_MINOR,
    .name = "csv",
    .version = "0.1.0",
    .license = "Apache-2.0",
    .connectors = connectors,
    .n_connectors = sizeof connectors / sizeof connectors[0],
};

const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_minor; /* nothing newer than 1.0 of the host is used */
    return host_major == ORCH_ABI_MAJOR ? &plugin : NULL;
}
