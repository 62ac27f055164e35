/* SPDX-License-Identifier: Apache-2.0 */
#include "gpkg_layer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gpkg_crs.h"
#include "gpkg_file.h"
#include "gpkg_geometry.h"
#include "gpkg_plan.h"
#include "orch/builder.h"
#include "orch/error.h"

#define PEEK_ROWS 100
#define MAX_FIELDS 2000

/* ---- which table --------------------------------------------------------------------------- */

/* "a, b, c" of the layers in the file; *count of them, *one a copy of the first. */
static orch_status layers_list(struct lite_store *s, sqlite3_str *names, int *count, char **one,
                               orch_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool has = false;
    int rc = SQLITE_DONE;
    *count = 0;
    orch_status st = gpkg_has_table(s, "gpkg_contents", &has, err);
    if (st != ORCH_OK || !has)
        return st;
    st = lite_prepare(s, &stmt, err,
                      "SELECT table_name FROM main.gpkg_contents WHERE "
                      "data_type IN ('features', 'attributes') AND "
                      "table_name NOT LIKE 'orchestra\\_%%' ESCAPE '\\' ORDER BY table_name");
    while (st == ORCH_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, 0);
        sqlite3_str_appendf(names, "%s%s", *count > 0 ? ", " : "", name);
        if ((*count)++ == 0 && (name == NULL || (*one = strdup(name)) == NULL))
            st = lite_no_memory(err);
    }
    if (st == ORCH_OK && rc != SQLITE_DONE)
        st = lite_error(s, rc, "read", err);
    sqlite3_finalize(stmt);
    return st;
}

static orch_status no_table(struct lite_store *s, const char *table, int count, const char *names,
                            orch_error *err)
{
    if (table != NULL)
        orch_error_set(err, ORCH_ECONFIG, "there is no table %s in \"%s\"", table, lite_path(s));
    else if (count == 0)
        orch_error_set(err, ORCH_ECONFIG, "there is no layer in \"%s\"", lite_path(s));
    else
        orch_error_set(err, ORCH_ECONFIG, "\"%s\" holds several layers", lite_path(s));
    if (count > 0)
        orch_error_detail(err, "it holds %s", names);
    orch_error_hint(err, "set table to one of the layers, or give a query");
    return ORCH_ECONFIG;
}

static orch_status table_choose(struct lite_store *s, const char *table, char **out,
                                orch_error *err)
{
    sqlite3_str *list = sqlite3_str_new(s->db);
    char *one = NULL;
    int count = 0;
    bool has = false;
    orch_status st = layers_list(s, list, &count, &one, err);
    char *names = sqlite3_str_finish(list);
    if (st == ORCH_OK && table != NULL)
        st = gpkg_has_table(s, table, &has, err);
    if (st == ORCH_OK && (table != NULL ? !has : count != 1))
        st = no_table(s, table, count, names != NULL ? names : "", err);
    if (st == ORCH_OK && table != NULL) {
        free(one);
        one = strdup(table);
        st = one != NULL ? ORCH_OK : lite_no_memory(err);
    }
    sqlite3_free(names);
    if (st == ORCH_OK)
        *out = one;
    else
        free(one);
    return st;
}

/* ---- fields -------------------------------------------------------------------------------- */

static orch_status field_add(struct gpkg_layer *layer, const char *name, enum lite_kind kind,
                             orch_error *err)
{
    if (name == NULL)
        return lite_no_memory(err);
    if (layer->n_fields >= MAX_FIELDS)
        return orch_error_set(err, ORCH_ESCHEMA, "the layer has more than %d columns", MAX_FIELDS);
    if (gpkg_layer_find(layer, name) >= 0) {
        orch_error_set(err, ORCH_ESCHEMA, "two columns of the query are named \"%s\"", name);
        orch_error_hint(err, "name one of them with AS");
        return ORCH_ESCHEMA;
    }
    struct gpkg_field *grown = realloc(layer->fields, (layer->n_fields + 1) * sizeof *grown);
    if (grown == NULL)
        return lite_no_memory(err);
    layer->fields = grown;
    struct gpkg_field *field = &grown[layer->n_fields];
    *field = (struct gpkg_field){ .name = strdup(name), .kind = kind, .srs_id = GPKG_ANY_SRS };
    if (field->name == NULL)
        return lite_no_memory(err);
    if (kind == LITE_GEOMETRY)
        snprintf(field->geometry, sizeof field->geometry, "GEOMETRY");
    layer->n_fields++;
    return ORCH_OK;
}

static orch_status table_fields(struct gpkg_layer *layer, struct lite_store *s, orch_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = SQLITE_DONE;
    orch_status st =
        lite_prepare(s, &stmt, err, "PRAGMA main.table_xinfo(\"%w\")", layer->table);
    while (st == ORCH_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *declared = (const char *)sqlite3_column_text(stmt, 2);
        bool fid = sqlite3_column_int(stmt, 5) == 1 && declared != NULL &&
                   strcasecmp(declared, "INTEGER") == 0;
        bool hidden = sqlite3_column_int(stmt, 6) == 1;
        if (!fid && !hidden)
            st = field_add(layer, (const char *)sqlite3_column_text(stmt, 1),
                           lite_kind_declared(declared), err);
    }
    if (st == ORCH_OK && rc != SQLITE_DONE)
        st = lite_error(s, rc, "read", err);
    sqlite3_finalize(stmt);
    return st;
}

static void geometry_describe(struct gpkg_field *field, const char *type, int z, int m)
{
    snprintf(field->geometry, sizeof field->geometry, "%.20s%s%s%s",
             type != NULL ? type : "GEOMETRY",
             z == GPKG_MANDATORY || m == GPKG_MANDATORY ? " " : "", z == GPKG_MANDATORY ? "Z" : "",
             m == GPKG_MANDATORY ? "M" : "");
    field->kind = LITE_GEOMETRY;
}

static orch_status table_geometry(struct gpkg_layer *layer, struct lite_store *s, orch_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool has = false;
    int rc = SQLITE_DONE;
    orch_status st = gpkg_has_table(s, "gpkg_geometry_columns", &has, err);
    if (st != ORCH_OK || !has)
        return st;
    st = lite_prepare(s, &stmt, err,
                      "SELECT column_name, geometry_type_name, srs_id, z, m FROM "
                      "main.gpkg_geometry_columns WHERE lower(table_name) = lower(%Q)",
                      layer->table);
    while (st == ORCH_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *column = (const char *)sqlite3_column_text(stmt, 0);
        for (size_t i = 0; st == ORCH_OK && column != NULL && i < layer->n_fields; i++) {
            struct gpkg_field *field = &layer->fields[i];
            if (strcasecmp(field->name, column) != 0)
                continue;
            geometry_describe(field, (const char *)sqlite3_column_text(stmt, 1),
                              sqlite3_column_int(stmt, 3), sqlite3_column_int(stmt, 4));
            field->srs_id = sqlite3_column_int64(stmt, 2);
            st = gpkg_crs_code(s, field->srs_id, &field->epsg, err);
        }
    }
    if (st == ORCH_OK && rc != SQLITE_DONE)
        st = lite_error(s, rc, "read", err);
    sqlite3_finalize(stmt);
    return st;
}

/* ---- looking at the first rows ------------------------------------------------------------- */

static enum lite_kind kind_of_value(sqlite3_stmt *stmt, int column)
{
    struct gpkg_blob blob;
    switch (sqlite3_column_type(stmt, column)) {
    case SQLITE_INTEGER:
        return LITE_INT;
    case SQLITE_FLOAT:
        return LITE_FLOAT;
    case SQLITE_TEXT:
        return LITE_TEXT;
    case SQLITE_BLOB:
        return gpkg_blob_parse(sqlite3_column_blob(stmt, column),
                               (size_t)sqlite3_column_bytes(stmt, column), &blob)
                   ? LITE_GEOMETRY : LITE_BLOB;
    default:
        return LITE_UNKNOWN;
    }
}

static orch_status field_peek(struct gpkg_field *field, struct lite_store *s, sqlite3_stmt *stmt,
                              int column, orch_error *err)
{
    struct gpkg_blob blob;
    enum lite_kind kind = kind_of_value(stmt, column);
    if (field->kind == LITE_UNKNOWN)
        field->kind = kind;
    else if (field->kind == LITE_INT && kind == LITE_FLOAT)
        field->kind = LITE_FLOAT;
    if (field->kind != LITE_GEOMETRY || kind != LITE_GEOMETRY || field->srs_id != GPKG_ANY_SRS)
        return ORCH_OK;
    if (field->geometry[0] == '\0')
        geometry_describe(field, NULL, 0, 0);
    gpkg_blob_parse(sqlite3_column_blob(stmt, column), (size_t)sqlite3_column_bytes(stmt, column),
                    &blob);
    field->srs_id = blob.srs_id;
    return gpkg_crs_code(s, blob.srs_id, &field->epsg, err);
}

/* Columns without a declared type, such as expressions, get the type of the values they hold. */
static orch_status fields_peek(struct gpkg_layer *layer, struct lite_store *s, sqlite3_stmt *stmt,
                               const bool *open, orch_error *err)
{
    orch_status st = ORCH_OK;
    int rc = SQLITE_DONE;
    for (int row = 0; st == ORCH_OK && row < PEEK_ROWS; row++) {
        rc = sqlite3_step(stmt);
        if (rc != SQLITE_ROW)
            break;
        for (size_t i = 0; st == ORCH_OK && i < layer->n_fields; i++)
            if (open[i])
                st = field_peek(&layer->fields[i], s, stmt, (int)i, err);
    }
    if (st == ORCH_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
        st = lite_error(s, rc, "read", err);
    for (size_t i = 0; i < layer->n_fields; i++)
        if (layer->fields[i].kind == LITE_UNKNOWN)
            layer->fields[i].kind = LITE_TEXT;
    return st;
}

static orch_status layer_peek(struct gpkg_layer *layer, struct lite_store *s, sqlite3_stmt *stmt,
                              orch_error *err)
{
    bool any = false;
    bool *open = calloc(layer->n_fields > 0 ? layer->n_fields : 1, sizeof *open);
    if (open == NULL)
        return lite_no_memory(err);
    for (size_t i = 0; i < layer->n_fields; i++) {
        const struct gpkg_field *field = &layer->fields[i];
        open[i] = field->kind == LITE_UNKNOWN ||
                  (field->kind == LITE_GEOMETRY && field->srs_id == GPKG_ANY_SRS);
        any |= open[i];
    }
    orch_status st = any ? fields_peek(layer, s, stmt, open, err) : ORCH_OK;
    free(open);
    return st;
}

static orch_status table_peek(struct gpkg_layer *layer, struct lite_store *s, orch_error *err)
{
    sqlite3_stmt *stmt = NULL;
    sqlite3_str *sql = sqlite3_str_new(s->db);
    for (size_t i = 0; i < layer->n_fields; i++)
        sqlite3_str_appendf(sql, "%s\"%w\"", i == 0 ? "SELECT " : ", ", layer->fields[i].name);
    sqlite3_str_appendf(sql, "%s FROM main.\"%w\"", layer->n_fields == 0 ? "SELECT 1" : "",
                        layer->table);
    char *text = sqlite3_str_finish(sql);
    if (text == NULL)
        return lite_no_memory(err);
    orch_status st = lite_prepare(s, &stmt, err, "%s", text);
    sqlite3_free(text);
    if (st == ORCH_OK)
        st = layer_peek(layer, s, stmt, err);
    sqlite3_finalize(stmt);
    return st;
}

/* ---- query --------------------------------------------------------------------------------- */

static orch_status query_refuse(const char *reason, orch_error *err)
{
    orch_error_set(err, ORCH_ECONFIG, "the query cannot be run");
    orch_error_detail(err, "%s", reason);
    orch_error_hint(err, "give one SELECT statement");
    return ORCH_ECONFIG;
}

static orch_status query_prepare(struct lite_store *s, const char *query, sqlite3_stmt **out,
                                 orch_error *err)
{
    sqlite3_stmt *stmt = NULL, *second = NULL;
    const char *tail = NULL;
    if (sqlite3_prepare_v2(s->db, query, -1, &stmt, &tail) != SQLITE_OK)
        return query_refuse(sqlite3_errmsg(s->db), err);
    int rc = sqlite3_prepare_v2(s->db, tail, -1, &second, NULL);
    bool alone = rc == SQLITE_OK && second == NULL;
    sqlite3_finalize(second);
    if (stmt != NULL && alone && sqlite3_column_count(stmt) > 0 && sqlite3_stmt_readonly(stmt)) {
        *out = stmt;
        return ORCH_OK;
    }
    sqlite3_finalize(stmt);
    return query_refuse(alone ? "it gives no rows or would write" : "text follows the statement",
                        err);
}

static orch_status query_fields(struct gpkg_layer *layer, struct lite_store *s, orch_error *err)
{
    sqlite3_stmt *stmt = NULL;
    orch_status st = query_prepare(s, layer->query, &stmt, err);
    if (st != ORCH_OK)
        return st;
    for (int i = 0; st == ORCH_OK && i < sqlite3_column_count(stmt); i++)
        st = field_add(layer, sqlite3_column_name(stmt, i),
                       lite_kind_declared(sqlite3_column_decltype(stmt, i)), err);
    if (st == ORCH_OK)
        st = layer_peek(layer, s, stmt, err);
    sqlite3_finalize(stmt);
    return st;
}

/* ---- layer --------------------------------------------------------------------------------- */

orch_status gpkg_layer_init(struct gpkg_layer *out, struct lite_store *s, const char *table,
                            const char *query, orch_error *err)
{
    struct gpkg_layer layer = { 0 };
    orch_status st;
    if (query != NULL) {
        layer.query = strdup(query);
        st = layer.query != NULL ? query_fields(&layer, s, err) : lite_no_memory(err);
    } else {
        st = table_choose(s, table, &layer.table, err);
        if (st == ORCH_OK)
            st = table_fields(&layer, s, err);
        if (st == ORCH_OK)
            st = table_geometry(&layer, s, err);
        if (st == ORCH_OK)
            st = table_peek(&layer, s, err);
    }
    if (st != ORCH_OK) {
        gpkg_layer_release(&layer);
        return st;
    }
    *out = layer;
    return ORCH_OK;
}

void gpkg_layer_release(struct gpkg_layer *layer)
{
    for (size_t i = 0; i < layer->n_fields; i++)
        free(layer->fields[i].name);
    free(layer->fields);
    free(layer->table);
    free(layer->query);
    *layer = (struct gpkg_layer){ 0 };
}

ptrdiff_t gpkg_layer_find(const struct gpkg_layer *layer, const char *name)
{
    for (size_t i = 0; i < layer->n_fields; i++)
        if (strcmp(layer->fields[i].name, name) == 0)
            return (ptrdiff_t)i;
    return -1;
}

orch_status gpkg_field_schema(const struct gpkg_field *field, struct ArrowSchema *schema)
{
    char crs[24];
    orch_status st = orch_schema_add(schema, field->name, lite_format(field->kind));
    if (st != ORCH_OK || field->kind != LITE_GEOMETRY)
        return st;
    st = orch_schema_annotate(schema, ORCH_META_GEOMETRY, field->geometry);
    if (st != ORCH_OK || field->epsg == 0)
        return st;
    snprintf(crs, sizeof crs, "%lld", (long long)field->epsg);
    return orch_schema_annotate(schema, ORCH_META_CRS, crs);
}
