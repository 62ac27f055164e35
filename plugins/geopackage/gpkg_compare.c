/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gpkg_crs.h"
#include "gpkg_file.h"
#include "gpkg_plan.h"
#include "orch/error.h"

struct comparison {
    struct gpkg_plan *plan;
    bool *seen;           /* of the plan's columns */
    sqlite3_str *differs; /* "kwh: the table has TEXT, the run REAL; ..." */
    struct lite_store *store;
    const char *table;
};

static void differ(struct comparison *c, const char *column, const char *what, const char *a,
                   const char *b)
{
    sqlite3_str_appendf(c->differs, "%s%s: ", sqlite3_str_length(c->differs) > 0 ? "; " : "",
                        column);
    sqlite3_str_appendf(c->differs, what, a, b);
}

static struct gpkg_column *column_named(struct comparison *c, const char *name)
{
    for (size_t i = 0; i < c->plan->n_columns; i++) {
        if (strcasecmp(c->plan->columns[i].name, name) == 0) {
            c->seen[i] = true;
            return &c->plan->columns[i];
        }
    }
    return NULL;
}

struct table_column {
    const char *name;
    const char *declared;
    bool required; /* NOT NULL without a default */
    int key;       /* position in the primary key, from 1 */
    bool generated;
};

static orch_status column_compare(struct comparison *c, const struct table_column *t,
                                  orch_error *err)
{
    enum lite_kind kind = lite_kind_declared(t->declared);
    struct gpkg_column *column = column_named(c, t->name);
    if (t->key == 1 && strcasecmp(t->declared, "INTEGER") == 0 && c->plan->fid == NULL) {
        c->plan->fid = strdup(t->name);
        if (c->plan->fid == NULL)
            return lite_no_memory(err);
        c->plan->fid_given = column != NULL;
        if (column == NULL)
            return ORCH_OK;
    }
    if (column == NULL) {
        if (t->required)
            differ(c, t->name, "the table requires it, the run has none", NULL, NULL);
        return ORCH_OK;
    }
    if (t->generated) {
        differ(c, t->name, "the table computes it", NULL, NULL);
    } else if (kind != LITE_UNKNOWN && kind != column->kind) {
        differ(c, t->name, "the table has %s, the run %s", t->declared,
               lite_declaration(column->kind));
    } else {
        column->width = lite_kind_width(t->declared);
        column->length = column->kind == LITE_TEXT ? lite_kind_length(t->declared) : 0;
    }
    return ORCH_OK;
}

static orch_status columns_compare(struct comparison *c, orch_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = SQLITE_DONE;
    orch_status st =
        lite_prepare(c->store, &stmt, err, "PRAGMA main.table_xinfo(\"%w\")", c->table);
    while (st == ORCH_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *declared = (const char *)sqlite3_column_text(stmt, 2);
        struct table_column t = {
            .name = (const char *)sqlite3_column_text(stmt, 1),
            .declared = declared != NULL ? declared : "",
            .required = sqlite3_column_int(stmt, 3) != 0 &&
                        sqlite3_column_type(stmt, 4) == SQLITE_NULL,
            .key = sqlite3_column_int(stmt, 5),
            .generated = sqlite3_column_int(stmt, 6) > 1,
        };
        st = t.name != NULL ? column_compare(c, &t, err) : lite_no_memory(err);
    }
    if (st == ORCH_OK && rc != SQLITE_DONE)
        st = lite_error(c->store, rc, "read", err);
    sqlite3_finalize(stmt);
    for (size_t i = 0; i < c->plan->n_columns; i++)
        if (!c->seen[i])
            differ(c, c->plan->columns[i].name, "the table has no such column", NULL, NULL);
    return st;
}

/* What gpkg_geometry_columns says; the run's values must be of that kind. */
static orch_status geometry_row(struct comparison *c, sqlite3_stmt *stmt, orch_error *err)
{
    struct gpkg_geometry_column *run = &c->plan->geometry, table = *run;
    const char *name = (const char *)sqlite3_column_text(stmt, 0);
    const char *column = c->plan->columns[run->column].name;
    char run_crs[32], table_crs[32];
    if (name == NULL || !lite_geometry_code(name, strlen(name), &table.code)) {
        differ(c, column, "the table has the geometry type %s", name != NULL ? name : "NULL", NULL);
        return ORCH_OK;
    }
    if (table.code != 0 && run->code != 0 && table.code != run->code)
        differ(c, column, "the table has %s, the run %s", name, lite_geometry_name(run->code));
    table.srs_id = sqlite3_column_int64(stmt, 1);
    table.z = sqlite3_column_int(stmt, 2);
    table.m = sqlite3_column_int(stmt, 3);
    orch_status st = gpkg_crs_code(c->store, table.srs_id, &table.epsg, err);
    if (st != ORCH_OK)
        return st;
    if (run->epsg != 0 && run->epsg != table.epsg) {
        sqlite3_snprintf(sizeof run_crs, run_crs, "EPSG:%lld", (long long)run->epsg);
        sqlite3_snprintf(sizeof table_crs, table_crs,
                         table.epsg != 0 ? "EPSG:%lld" : "no EPSG code", (long long)table.epsg);
        differ(c, column, "the table has %s, the run %s", table_crs, run_crs);
    }
    *run = table;
    return ORCH_OK;
}

static orch_status geometry_compare(struct comparison *c, orch_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool has = false;
    size_t column = c->plan->geometry.column;
    if (!c->plan->has_geometry || !c->seen[column])
        return ORCH_OK;
    orch_status st = gpkg_has_table(c->store, "gpkg_geometry_columns", &has, err);
    if (st == ORCH_OK && has)
        st = lite_prepare(c->store, &stmt, err,
                          "SELECT geometry_type_name, srs_id, z, m FROM "
                          "main.gpkg_geometry_columns WHERE lower(table_name) = lower(%Q) AND "
                          "lower(column_name) = lower(%Q)",
                          c->table, c->plan->columns[column].name);
    if (st != ORCH_OK)
        return st;
    int rc = has ? sqlite3_step(stmt) : SQLITE_DONE;
    if (rc == SQLITE_ROW)
        st = geometry_row(c, stmt, err);
    else if (rc == SQLITE_DONE)
        differ(c, c->plan->columns[column].name, "the table does not list it as a geometry", NULL,
               NULL);
    else
        st = lite_error(c->store, rc, "read", err);
    sqlite3_finalize(stmt);
    return st;
}

static orch_status verdict(struct comparison *c, orch_error *err)
{
    int length = sqlite3_str_length(c->differs);
    char *text = sqlite3_str_finish(c->differs);
    c->differs = NULL;
    orch_status st = ORCH_OK;
    if (length > 0) {
        st = orch_error_set(err, ORCH_ESCHEMA, "table %s does not fit", c->table);
        orch_error_detail(err, "%s", text != NULL ? text : "");
        orch_error_hint(err, "change the script, name another table, or drop this one: a run "
                             "makes it anew");
    }
    sqlite3_free(text);
    return st;
}

static orch_status table_kind(struct comparison *c, orch_error *err)
{
    int64_t views = 0, listed = 0;
    orch_status st = lite_number(c->store, 0, &views, err,
                                 "SELECT count(*) FROM main.sqlite_master WHERE type = 'view' AND "
                                 "lower(name) = lower(%Q)", c->table);
    if (st == ORCH_OK)
        st = lite_number(c->store, 0, &listed, err,
                         "SELECT count(*) FROM main.gpkg_contents WHERE "
                         "lower(table_name) = lower(%Q)", c->table);
    c->plan->registered = listed > 0;
    if (st == ORCH_OK && views > 0) {
        orch_error_set(err, ORCH_ESCHEMA, "%s is a view", c->table);
        orch_error_hint(err, "name a table; views cannot be written");
        return ORCH_ESCHEMA;
    }
    return st;
}

orch_status gpkg_plan_compare(struct gpkg_plan *plan, struct lite_store *s, const char *table,
                              orch_error *err)
{
    struct comparison c = { .plan = plan, .store = s, .table = table };
    orch_status st = gpkg_has_table(s, table, &plan->existed, err);
    if (st != ORCH_OK || !plan->existed)
        return st;
    c.seen = calloc(plan->n_columns, sizeof *c.seen);
    c.differs = sqlite3_str_new(s->db);
    if (c.seen == NULL) {
        st = lite_no_memory(err);
        goto done;
    }
    st = table_kind(&c, err);
    if (st == ORCH_OK)
        st = columns_compare(&c, err);
    if (st == ORCH_OK)
        st = geometry_compare(&c, err);
    if (st == ORCH_OK)
        st = verdict(&c, err);
    if (st == ORCH_OK && plan->fid == NULL && (plan->fid = strdup("rowid")) == NULL)
        st = lite_no_memory(err);
done:
    if (c.differs != NULL)
        sqlite3_free(sqlite3_str_finish(c.differs));
    free(c.seen);
    return st;
}
