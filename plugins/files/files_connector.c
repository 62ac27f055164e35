/* SPDX-License-Identifier: Apache-2.0 */
#include "files_connector.h"

#include "files_options.h"

static const orch_connector connector = {
    .struct_size = sizeof(orch_connector),
    .threading = ORCH_THREADS_ONE_PER_INSTANCE,
    .capabilities = ORCH_CAP_TRANSACTIONAL | ORCH_CAP_APPEND | ORCH_CAP_REPLACE,
    .needs = ORCH_NEEDS_FILES_READ | ORCH_NEEDS_FILES_WRITE,
    .name = "files",
    .summary = "Writes CSV files and JSON lines, each published in one step.",
    .options = files_option_table,
    .n_options = FILES_OPTION_COUNT,
    .destination = &files_destination_ops,
};

static const orch_connector *const connectors[] = { &connector };

static const orch_plugin plugin = {
    .struct_size = sizeof(orch_plugin),
    .abi_major = ORCH_ABI_MAJOR,
    .abi_minor = ORCH_ABI_MINOR,
    .name = "files",
    .version = "0.1.0",
    .license = "Apache-2.0",
    .connectors = connectors,
    .n_connectors = 1,
};

ORCH_EXPORT const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor);

ORCH_EXPORT const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor)
{
    (void)host_minor;
    return host_major == ORCH_ABI_MAJOR ? &plugin : NULL;
}
