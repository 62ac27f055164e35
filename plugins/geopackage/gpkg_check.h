/* SPDX-License-Identifier: Apache-2.0 */
/* Values of a batch that SQLite would store as something else without a word, or that do not fit
 * the table; and geometries on their way into a blob. */
#ifndef GPKG_CHECK_H
#define GPKG_CHECK_H

#include "gpkg_table.h"
#include "orch/view.h"

/* ORCH_EDATA naming column and value: a null in a key, NaN, a number too wide for MEDIUMINT, a
 * text too long for TEXT(20), a date outside the years 0000 to 9999. `first_row` is the number
 * of row 0 within the run, from 1. */
orch_status gpkg_batch_check(const struct gpkg_plan *plan, const orch_view *view,
                             int64_t first_row, orch_error *err);

/* Encodes geometries for the batch table (a lite_encode with this struct as context). */
struct gpkg_encoder {
    const struct gpkg_geometry_column *geometry;
    struct gpkg_load *load; /* collects box and dimensions */
    const char *column;
    int64_t first_row;
    bool strict_z;     /* the table was there: its z and m hold */
    uint8_t *buffer;
    size_t capacity;
    orch_error failure; /* code 0: none */
};
const void *gpkg_encode(void *encoder, size_t column, int64_t row, const void *wkb, size_t len,
                        size_t *out_len);
void gpkg_encoder_release(struct gpkg_encoder *e);

#endif
