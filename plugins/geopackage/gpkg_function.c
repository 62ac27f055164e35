/* SPDX-License-Identifier: Apache-2.0 */
#include "gpkg_function.h"

#include <stddef.h>

#include "gpkg_geometry.h"

static bool box_of(sqlite3_value *value, struct gpkg_box *box)
{
    struct gpkg_blob blob;
    struct gpkg_shape shape;
    const char *problem;
    if (sqlite3_value_type(value) != SQLITE_BLOB)
        return false;
    const void *bytes = sqlite3_value_blob(value);
    if (bytes == NULL || !gpkg_blob_parse(bytes, (size_t)sqlite3_value_bytes(value), &blob))
        return false;
    if (blob.has_box || blob.empty) {
        *box = blob.empty ? gpkg_box_nothing : blob.box;
        return true;
    }
    if (!gpkg_wkb_scan(blob.wkb, blob.wkb_len, &shape, &problem))
        return false;
    *box = shape.box;
    return true;
}

static void is_empty(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    struct gpkg_box box;
    (void)argc;
    if (box_of(argv[0], &box))
        sqlite3_result_int(context, gpkg_box_is_nothing(&box));
}

/* The side is an offset into the box: one function serves all four. */
static void side(sqlite3_context *context, int argc, sqlite3_value **argv)
{
    struct gpkg_box box;
    (void)argc;
    const size_t *offset = sqlite3_user_data(context);
    if (box_of(argv[0], &box) && !gpkg_box_is_nothing(&box))
        sqlite3_result_double(context, *(const double *)((const char *)&box + *offset));
}

struct function {
    const char *name;
    void (*run)(sqlite3_context *, int, sqlite3_value **);
    size_t offset;
};

static const struct function functions[] = {
    { "ST_IsEmpty", is_empty, 0 },
    { "ST_MinX", side, offsetof(struct gpkg_box, min_x) },
    { "ST_MaxX", side, offsetof(struct gpkg_box, max_x) },
    { "ST_MinY", side, offsetof(struct gpkg_box, min_y) },
    { "ST_MaxY", side, offsetof(struct gpkg_box, max_y) },
};

orch_status gpkg_functions_register(struct lite_store *s, orch_error *err)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        int rc = sqlite3_create_function_v2(
            s->db, functions[i].name, 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS,
            (void *)&functions[i].offset, functions[i].run, NULL, NULL, NULL);
        if (rc != SQLITE_OK)
            return lite_error(s, rc, "use", err);
    }
    return ORCH_OK;
}
