/* SPDX-License-Identifier: Apache-2.0 */
/* What a source reads: a table or a query, and its columns. */
#ifndef GPKG_LAYER_H
#define GPKG_LAYER_H

#include "../sqlite/lite_kind.h"
#include "../sqlite/lite_store.h"
#include "orch/arrow.h"

struct gpkg_field {
    char *name;
    enum lite_kind kind;
    char geometry[32]; /* "POINT Z"; "" if it is none */
    int64_t epsg;      /* 0: unknown */
    int64_t srs_id;    /* -2: not known, any goes */
};

#define GPKG_ANY_SRS (-2)

struct gpkg_layer {
    char *table; /* NULL: a query */
    char *query;
    struct gpkg_field *fields;
    size_t n_fields;
};

/* Finds the columns. `table` and `query` as the options give them, both may be NULL: then the
 * file must hold one layer. ORCH_ECONFIG: no such table, a query that is not one SELECT. */
orch_status gpkg_layer_init(struct gpkg_layer *out, struct lite_store *s, const char *table,
                            const char *query, orch_error *err);
void gpkg_layer_release(struct gpkg_layer *layer);
/* Index of a field by its exact name, or -1. */
ptrdiff_t gpkg_layer_find(const struct gpkg_layer *layer, const char *name);
/* Adds the field's column to a schema. */
orch_status gpkg_field_schema(const struct gpkg_field *field, struct ArrowSchema *schema);

#endif
