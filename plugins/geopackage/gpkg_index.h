/* SPDX-License-Identifier: Apache-2.0 */
/* The spatial index (extension gpkg_rtree_index) and the triggers of a table. */
#ifndef GPKG_INDEX_H
#define GPKG_INDEX_H

#include "gpkg_table.h"

/* Sets t->has_index. */
orch_status gpkg_index_find(struct lite_store *s, const struct gpkg_plan *plan,
                            struct gpkg_table *t, orch_error *err);
/* Creates the index of a fresh table, adds the rows after last_fid, or fills it anew. */
orch_status gpkg_index_finish(struct lite_store *s, const struct gpkg_plan *plan,
                              struct gpkg_table *t, bool anew, orch_error *err);
/* Drops the triggers of index and feature count, keeping their text. */
orch_status gpkg_triggers_save(struct lite_store *s, const struct gpkg_plan *plan,
                               struct gpkg_table *t, orch_error *err);
/* Puts the kept ones back; a fresh table gets its own. */
orch_status gpkg_triggers_restore(struct lite_store *s, const struct gpkg_plan *plan,
                                  const struct gpkg_table *t, orch_error *err);

#endif
