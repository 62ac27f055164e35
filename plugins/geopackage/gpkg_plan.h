/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of a run as a GeoPackage table holds them, compared with the table that is there. */
#ifndef GPKG_PLAN_H
#define GPKG_PLAN_H

#include "../sqlite/lite_kind.h"
#include "../sqlite/lite_store.h"
#include "orch/arrow.h"

struct gpkg_column {
    const char *name; /* the schema's */
    enum lite_kind kind;
    int width;      /* bytes of an integer, as the table declares it */
    int64_t length; /* longest text in characters, 0: any */
    bool key;
};

enum { GPKG_PROHIBITED = 0, GPKG_MANDATORY, GPKG_OPTIONAL }; /* z and m of a geometry column */

struct gpkg_geometry_column {
    size_t column;
    uint32_t code; /* 0: any geometry */
    int z, m;
    int64_t epsg; /* 0: unknown */
    int64_t srs_id;
};

struct gpkg_plan {
    struct ArrowSchema schema; /* own copy */
    struct gpkg_column *columns;
    size_t n_columns;
    bool has_geometry;
    struct gpkg_geometry_column geometry;
    bool existed; /* the table was there */
    bool registered;
    char *fid;      /* its key column */
    bool fid_given; /* which is a column of the run: new rows may have any key */
};

/* Plans a table of `schema`. ORCH_ESCHEMA: names that differ only in case, two geometries, a
 * geometry type or CRS that is none; ORCH_ECONFIG: a key that is no column or a geometry. */
orch_status gpkg_plan_init(struct gpkg_plan *out, const struct ArrowSchema *schema,
                           const orch_write_request *request, orch_error *err);
void gpkg_plan_release(struct gpkg_plan *plan);

/* Looks at the table in the file: sets existed, fid, and what it says of widths, lengths and
 * geometry. ORCH_ESCHEMA `table T does not fit`, the differences in detail. */
orch_status gpkg_plan_compare(struct gpkg_plan *plan, struct lite_store *s, const char *table,
                              orch_error *err);

/* "POINT Z" and so on to code and dimensions; false if it is no geometry type. */
bool gpkg_geometry_parse(const char *text, size_t len, struct gpkg_geometry_column *out);

#endif
