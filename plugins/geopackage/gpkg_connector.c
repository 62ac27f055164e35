/* SPDX-License-Identifier: Apache-2.0 */
#include "gpkg_connector.h"

#include <stdlib.h>
#include <string.h>

#define OPTION(id, kind, more, text, value, sample)                                                \
    {                                                                                              \
        .struct_size = sizeof(orch_option), .type = (kind), .flags = (more), .name = (id),         \
        .summary = (text), .default_text = (value), .example = (sample)                            \
    }

static const orch_option opt_path =
    OPTION("path", ORCH_OPT_PATH, ORCH_OPT_REQUIRED, "The GeoPackage file.", NULL,
           "energy.gpkg");
static const orch_option opt_table_to_write =
    OPTION("table", ORCH_OPT_STRING, ORCH_OPT_REQUIRED | ORCH_OPT_FOR_DESTINATION,
           "The table to write.", NULL, "load_curve");
static const orch_option opt_table_to_read =
    OPTION("table", ORCH_OPT_STRING, ORCH_OPT_FOR_SOURCE,
           "The table or layer to read; a file of one layer can be read without it.", NULL,
           "trees");
static const orch_option opt_query =
    OPTION("query", ORCH_OPT_STRING, ORCH_OPT_FOR_SOURCE,
           "A SELECT to read instead of a whole table.", NULL,
           "SELECT id, geom FROM trees WHERE felled IS NULL");
static const orch_option opt_create =
    OPTION("create", ORCH_OPT_BOOL, ORCH_OPT_FOR_DESTINATION,
           "Whether a file or a table that is missing is made.", "true", "false");
static const orch_option opt_description =
    OPTION("description", ORCH_OPT_STRING, ORCH_OPT_FOR_DESTINATION,
           "A sentence about the table, shown by GIS software.", NULL,
           "Electricity by site and quarter of an hour");
static const orch_option opt_identifier =
    OPTION("identifier", ORCH_OPT_STRING, ORCH_OPT_FOR_DESTINATION,
           "The name that GIS software shows; by default that of the table.", NULL,
           "Load curve");
static const orch_option opt_spatial_index =
    OPTION("spatial_index", ORCH_OPT_BOOL, ORCH_OPT_FOR_DESTINATION,
           "Whether a new table with a geometry gets a spatial index.", "true", "false");
static const orch_option opt_lock_wait =
    OPTION("lock_wait", ORCH_OPT_DURATION, ORCH_OPT_FOR_DESTINATION,
           "How long to wait while another run or program writes the file.", "0s", "30s");

static const orch_option *const option_table[] = {
    &opt_path,       &opt_table_to_write, &opt_table_to_read, &opt_query,     &opt_create,
    &opt_description, &opt_identifier,    &opt_spatial_index, &opt_lock_wait,
};

const char *gpkg_option_text(const orch_host *host, const char *name)
{
    size_t len;
    const char *text = host->option(host, name, 0, &len);
    return text != NULL && len > 0 ? text : NULL;
}

bool gpkg_option_bool(const orch_host *host, const char *name)
{
    const char *text = gpkg_option_text(host, name);
    return text != NULL && strcmp(text, "true") == 0;
}

int64_t gpkg_option_int(const orch_host *host, const char *name)
{
    const char *text = gpkg_option_text(host, name);
    return text != NULL ? strtoll(text, NULL, 10) : 0;
}

static const orch_connector connector = {
    .struct_size = sizeof(orch_connector),
    .threading = ORCH_THREADS_ONE_PER_INSTANCE,
    .capabilities = ORCH_CAP_TRANSACTIONAL | ORCH_CAP_APPEND | ORCH_CAP_REPLACE | ORCH_CAP_UPSERT,
    .needs = ORCH_NEEDS_FILES_READ | ORCH_NEEDS_FILES_WRITE,
    .name = "geopackage",
    .summary = "Reads and writes tables and layers of OGC GeoPackage files.",
    .options = option_table,
    .n_options = sizeof option_table / sizeof option_table[0],
    .source = &gpkg_source_ops,
    .destination = &gpkg_destination_ops,
};

static const orch_connector *const connectors[] = { &connector };

static const orch_plugin plugin = {
    .struct_size = sizeof(orch_plugin),
    .abi_major = ORCH_ABI_MAJOR,
    .abi_minor = ORCH_ABI_MINOR,
    .name = "geopackage",
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
