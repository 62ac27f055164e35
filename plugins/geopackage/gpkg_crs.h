/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of gpkg_spatial_ref_sys. */
#ifndef GPKG_CRS_H
#define GPKG_CRS_H

#include "../sqlite/lite_store.h"

#define GPKG_SRS_UNDEFINED 0

/* The three rows that every GeoPackage has: -1, 0 and 4326. */
orch_status gpkg_crs_create(struct lite_store *s, orch_error *err);
/* The srs_id of an EPSG code in this file; its row is added when absent. Systems that this
 * connector has no definition for are named by their code, which other software looks up. */
orch_status gpkg_crs_ensure(struct lite_store *s, int64_t epsg, int64_t *srs_id,
                            orch_error *err);
/* The EPSG code of a srs_id, 0 if it has none. */
orch_status gpkg_crs_code(struct lite_store *s, int64_t srs_id, int64_t *epsg, orch_error *err);

#endif
