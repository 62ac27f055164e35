/* SPDX-License-Identifier: Apache-2.0 */
/* A file as a GeoPackage: its own tables, and the text of SQL over a table's names. */
#ifndef GPKG_FILE_H
#define GPKG_FILE_H

#include "../sqlite/lite_store.h"

/* In the transaction: an empty file gets the tables of GeoPackage 1.3, another SQLite file is
 * refused (`refusal`: ORCH_ECONFIG for a destination, ORCH_EDATA for a source). */
orch_status gpkg_file_prepare(struct lite_store *s, orch_error *err);
orch_status gpkg_file_check(struct lite_store *s, orch_status refusal, orch_error *err);
/* Adds what only feature tables need, where another program left it out. */
orch_status gpkg_file_prepare_features(struct lite_store *s, orch_error *err);
orch_status gpkg_has_table(struct lite_store *s, const char *name, bool *has, orch_error *err);

/* Registers a table in gpkg_contents. */
struct gpkg_entry {
    const char *table;
    const char *data_type; /* "attributes", "features" */
    const char *identifier;
    const char *description;
    int64_t srs_id; /* features only */
};
orch_status gpkg_register(struct lite_store *s, const struct gpkg_entry *entry, orch_error *err);
/* Sets last_change of a table to now. */
orch_status gpkg_touch(struct lite_store *s, const char *table, orch_error *err);

/* The names that gpkg_run fills in: $T table, $C geometry column, $I key column, $R the spatial
 * index, all inside "..." ; $S the table inside '...'. */
struct gpkg_names {
    const char *table;
    const char *geometry;
    const char *fid;
};
orch_status gpkg_run(struct lite_store *s, const struct gpkg_names *names, const char *sql,
                     orch_error *err);

#endif
