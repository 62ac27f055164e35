/* SPDX-License-Identifier: Apache-2.0 */
/* Where rows go first, and how they get into the target: straight (append, replace, and upsert
 * into a fresh table) or through a staging table keyed like the upsert. */
#ifndef GPKG_MERGE_H
#define GPKG_MERGE_H

#include "gpkg_table.h"

#define GPKG_STAGE "temp.orch_stage"

struct gpkg_merge {
    const struct gpkg_plan *plan;
    const struct gpkg_table *table;
    uint32_t mode;
    bool staged;
};

/* Creates the staging table, or the unique index, as far as needed. ORCH_ECONFLICT: rows that are
 * there share a key. */
orch_status gpkg_merge_prepare(struct lite_store *s, struct gpkg_merge *m, orch_error *err);
/* The statement that stores a batch. */
orch_status gpkg_merge_insert(struct lite_store *s, const struct gpkg_merge *m,
                              sqlite3_stmt **out, orch_error *err);
/* All `rows` are in: merges and counts. */
orch_status gpkg_merge_finish(struct lite_store *s, const struct gpkg_merge *m, int64_t rows,
                              orch_write_counts *counts, orch_error *err);

#endif
