/* SPDX-License-Identifier: Apache-2.0 */
/* Geometry: ISO WKB as batches carry it, and the blob of GeoPackage (a header, then WKB). */
#ifndef GPKG_GEOMETRY_H
#define GPKG_GEOMETRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GPKG_HEADER_MAX 40 /* what gpkg_header_write needs: with an envelope in x and y */

struct gpkg_box {
    double min_x, max_x, min_y, max_y; /* min_x > max_x: of nothing */
};
extern const struct gpkg_box gpkg_box_nothing;
bool gpkg_box_is_nothing(const struct gpkg_box *box);
void gpkg_box_join(struct gpkg_box *box, const struct gpkg_box *other);

struct gpkg_shape {
    uint32_t type; /* 1 point ... 7 collection, 8 to 17 curves and surfaces */
    bool has_z, has_m;
    bool curved; /* holds an arc: its box is not that of its points */
    struct gpkg_box box;
};

/* Walks all of the WKB: false and *problem for bytes that are not one whole ISO geometry. */
bool gpkg_wkb_scan(const void *wkb, size_t len, struct gpkg_shape *out, const char **problem);

/* The header for this shape; points and empty geometries get no envelope. Returns its length. */
size_t gpkg_header_write(uint8_t out[GPKG_HEADER_MAX], int32_t srs_id,
                         const struct gpkg_shape *shape);

struct gpkg_blob {
    int32_t srs_id;
    bool empty;
    bool has_box;
    struct gpkg_box box;
    const uint8_t *wkb; /* into the blob */
    size_t wkb_len;
};
/* false: no GeoPackage geometry. The WKB itself is not looked into. */
bool gpkg_blob_parse(const void *blob, size_t len, struct gpkg_blob *out);

#endif
