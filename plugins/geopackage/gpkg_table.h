/* SPDX-License-Identifier: Apache-2.0 */
/* The target table and what hangs on it: spatial index, triggers, counts, bounds.
 *
 * While rows are loaded the triggers of spatial index and feature count are out of the way (they
 * would cost a third of the time); finishing brings index and count up to date and the triggers
 * back, as they were. */
#ifndef GPKG_TABLE_H
#define GPKG_TABLE_H

#include "gpkg_geometry.h"
#include "gpkg_plan.h"

struct gpkg_saved_trigger {
    char *sql;
    struct gpkg_saved_trigger *next;
};

struct gpkg_table {
    const char *name;
    bool fresh;         /* made by this run */
    bool has_index;     /* a spatial index is there */
    bool has_count;     /* gpkg_ogr_contents counts its rows */
    bool want_index;    /* a fresh table gets one */
    int64_t last_fid;   /* the highest before this run */
    struct gpkg_saved_trigger *triggers;
};

struct gpkg_description {
    const char *identifier; /* NULL: the table's name, or what is there */
    const char *description; /* NULL: what is there */
    bool spatial_index;
};

/* Makes the table and registers it. */
orch_status gpkg_table_create(struct lite_store *s, struct gpkg_plan *plan, const char *name,
                              const struct gpkg_description *d, struct gpkg_table *out,
                              orch_error *err);
/* Takes over a table that is there, and sets its triggers aside. */
orch_status gpkg_table_adopt(struct lite_store *s, const struct gpkg_plan *plan,
                             const char *name, const struct gpkg_description *d,
                             struct gpkg_table *out, orch_error *err);
/* Deletes all rows. */
orch_status gpkg_table_clear(struct lite_store *s, const struct gpkg_plan *plan,
                             struct gpkg_table *t, orch_error *err);
void gpkg_table_release(struct gpkg_table *t);

/* What the load did to the table. */
struct gpkg_load {
    int64_t inserted;
    bool replaced;     /* the rows before are gone */
    bool rows_changed; /* rows that were there may have another geometry */
    struct gpkg_box box;
    bool any_z, all_z, any_m, all_m; /* of the geometries written */
    bool any_geometry;
};
orch_status gpkg_table_finish(struct lite_store *s, const struct gpkg_plan *plan,
                              struct gpkg_table *t, const struct gpkg_load *load,
                              orch_error *err);

#endif
