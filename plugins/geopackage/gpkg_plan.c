/* SPDX-License-Identifier: Apache-2.0 */
#include "gpkg_plan.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "orch/builder.h"
#include "orch/error.h"

bool gpkg_geometry_parse(const char *text, size_t len, struct gpkg_geometry_column *out)
{
    const char *blank = memchr(text, ' ', len);
    size_t word = blank != NULL ? (size_t)(blank - text) : len;
    const char *suffix = text + word;
    size_t rest = len - word;
    bool z = (rest == 2 || rest == 3) && (suffix[1] == 'Z' || suffix[1] == 'z');
    bool m = rest >= 2 && (suffix[rest - 1] == 'M' || suffix[rest - 1] == 'm');
    if (!lite_geometry_code(text, word, &out->code) || (rest > 0 && 1 + z + m != (int)rest))
        return false;
    out->z = z ? GPKG_MANDATORY : GPKG_PROHIBITED;
    out->m = m ? GPKG_MANDATORY : GPKG_PROHIBITED;
    return true;
}

static bool epsg_parse(const char *text, size_t len, int64_t *out)
{
    int64_t value = 0;
    if (len == 0 || len > 9)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (text[i] - '0');
    }
    *out = value;
    return true;
}

static orch_status geometry_plan(struct gpkg_plan *plan, size_t column, orch_error *err)
{
    const struct ArrowSchema *field = plan->schema.children[column];
    size_t len, crs_len;
    const char *type = orch_schema_metadata(field, ORCH_META_GEOMETRY, &len);
    const char *crs = orch_schema_metadata(field, ORCH_META_CRS, &crs_len);
    if (type == NULL)
        return ORCH_OK;
    if (plan->has_geometry) {
        orch_error_set(err, ORCH_ESCHEMA, "a GeoPackage table holds one geometry column");
        orch_error_detail(err, "\"%s\" and \"%s\" are geometries",
                          plan->columns[plan->geometry.column].name, field->name);
        orch_error_hint(err, "leave one of them out");
        return ORCH_ESCHEMA;
    }
    if (!gpkg_geometry_parse(type, len, &plan->geometry))
        return orch_error_set(err, ORCH_ESCHEMA, "column \"%s\" has the geometry type \"%.*s\"",
                              field->name, (int)len, type);
    if (crs != NULL && crs_len > 0 && !epsg_parse(crs, crs_len, &plan->geometry.epsg))
        return orch_error_set(err, ORCH_ESCHEMA, "column \"%s\" has the CRS \"%.*s\", which is no "
                              "EPSG code", field->name, (int)crs_len, crs);
    plan->has_geometry = true;
    plan->geometry.column = column;
    plan->columns[column].kind = LITE_GEOMETRY;
    return ORCH_OK;
}

static orch_status column_plan(struct gpkg_plan *plan, size_t i, orch_error *err)
{
    const struct ArrowSchema *field = plan->schema.children[i];
    struct gpkg_column *c = &plan->columns[i];
    *c = (struct gpkg_column){ .name = field->name, .kind = lite_kind_format(field->format),
                               .width = 8 };
    if (c->kind == LITE_UNKNOWN)
        return orch_error_set(err, ORCH_ESCHEMA, "column \"%s\" has the format \"%s\"", c->name,
                              field->format);
    if (c->name[0] == '\0')
        return orch_error_set(err, ORCH_ESCHEMA, "column %zu has no name", i + 1);
    for (size_t k = 0; k < i; k++)
        if (strcasecmp(plan->columns[k].name, c->name) == 0)
            return orch_error_set(err, ORCH_ESCHEMA, "two columns are named \"%s\" and \"%s\": "
                                  "case does not tell columns apart", plan->columns[k].name,
                                  c->name);
    return c->kind == LITE_BLOB ? geometry_plan(plan, i, err) : ORCH_OK;
}

static orch_status key_plan(struct gpkg_plan *plan, const char *key, orch_error *err)
{
    for (size_t i = 0; i < plan->n_columns; i++) {
        struct gpkg_column *c = &plan->columns[i];
        if (strcmp(c->name, key) != 0)
            continue;
        if (c->kind == LITE_GEOMETRY)
            return orch_error_set(err, ORCH_ECONFIG, "the geometry \"%s\" cannot be a key", key);
        c->key = true;
        return ORCH_OK;
    }
    orch_error_set(err, ORCH_ECONFIG, "the key \"%s\" is not a column of the result", key);
    orch_error_hint(err, "name columns of the result as key");
    return ORCH_ECONFIG;
}

orch_status gpkg_plan_init(struct gpkg_plan *out, const struct ArrowSchema *schema,
                           const orch_write_request *request, orch_error *err)
{
    struct gpkg_plan plan = { 0 };
    orch_status st = ORCH_OK;
    if (schema->n_children <= 0 || schema->n_children > 1900)
        return orch_error_set(err, ORCH_ESCHEMA, "a table takes 1 to 1900 columns, not %lld",
                              (long long)schema->n_children);
    plan.n_columns = (size_t)schema->n_children;
    plan.columns = calloc(plan.n_columns, sizeof *plan.columns);
    if (plan.columns == NULL || orch_schema_copy(schema, &plan.schema) != ORCH_OK)
        st = lite_no_memory(err);
    for (size_t i = 0; st == ORCH_OK && i < plan.n_columns; i++)
        st = column_plan(&plan, i, err);
    bool upsert = request->mode == ORCH_WRITE_UPSERT;
    if (st == ORCH_OK && upsert && request->n_keys == 0)
        st = orch_error_set(err, ORCH_ECONFIG, "mode upsert needs a key");
    for (size_t i = 0; st == ORCH_OK && upsert && i < request->n_keys; i++)
        st = key_plan(&plan, request->keys[i], err);
    if (st != ORCH_OK) {
        gpkg_plan_release(&plan);
        return st;
    }
    *out = plan;
    return ORCH_OK;
}

void gpkg_plan_release(struct gpkg_plan *plan)
{
    if (plan->schema.release != NULL)
        plan->schema.release(&plan->schema);
    free(plan->columns);
    free(plan->fid);
    *plan = (struct gpkg_plan){ 0 };
}
