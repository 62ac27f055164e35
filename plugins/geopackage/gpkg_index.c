/* SPDX-License-Identifier: Apache-2.0 */
#include "gpkg_index.h"

#include <stdlib.h>
#include <string.h>

#include "gpkg_file.h"

#define BOX(geometry)                                                                              \
    "ST_MinX(" geometry "), ST_MaxX(" geometry "), ST_MinY(" geometry "), ST_MaxY(" geometry ")"
#define PRESENT "NEW.\"$C\" NOTNULL AND NOT ST_IsEmpty(NEW.\"$C\")"
#define ABSENT  "NEW.\"$C\" ISNULL OR ST_IsEmpty(NEW.\"$C\")"
#define PUT     "INSERT OR REPLACE INTO \"$R\" VALUES (NEW.\"$I\", " BOX("NEW.\"$C\"") "); "

/* What the extension asks for in GeoPackage 1.3: the index follows every change of a row. */
static const char *const index_triggers[] = {
    "CREATE TRIGGER main.\"$R_insert\" AFTER INSERT ON \"$T\" WHEN (" PRESENT ") BEGIN " PUT "END",
    ("CREATE TRIGGER main.\"$R_update1\" AFTER UPDATE OF \"$C\" ON \"$T\" "
     "WHEN OLD.\"$I\" = NEW.\"$I\" AND (" PRESENT ") BEGIN " PUT "END"),
    ("CREATE TRIGGER main.\"$R_update2\" AFTER UPDATE OF \"$C\" ON \"$T\" "
     "WHEN OLD.\"$I\" = NEW.\"$I\" AND (" ABSENT ") "
     "BEGIN DELETE FROM \"$R\" WHERE id = OLD.\"$I\"; END"),
    ("CREATE TRIGGER main.\"$R_update3\" AFTER UPDATE ON \"$T\" "
     "WHEN OLD.\"$I\" != NEW.\"$I\" AND (" PRESENT ") "
     "BEGIN DELETE FROM \"$R\" WHERE id = OLD.\"$I\"; " PUT "END"),
    ("CREATE TRIGGER main.\"$R_update4\" AFTER UPDATE ON \"$T\" "
     "WHEN OLD.\"$I\" != NEW.\"$I\" AND (" ABSENT ") "
     "BEGIN DELETE FROM \"$R\" WHERE id IN (OLD.\"$I\", NEW.\"$I\"); END"),
    ("CREATE TRIGGER main.\"$R_delete\" AFTER DELETE ON \"$T\" WHEN OLD.\"$C\" NOTNULL "
     "BEGIN DELETE FROM \"$R\" WHERE id = OLD.\"$I\"; END"),
};

static const char *const count_triggers[] = {
    ("CREATE TRIGGER main.\"trigger_insert_feature_count_$T\" AFTER INSERT ON \"$T\" BEGIN "
     "UPDATE gpkg_ogr_contents SET feature_count = feature_count + 1 "
     "WHERE lower(table_name) = lower('$S'); END"),
    ("CREATE TRIGGER main.\"trigger_delete_feature_count_$T\" AFTER DELETE ON \"$T\" BEGIN "
     "UPDATE gpkg_ogr_contents SET feature_count = feature_count - 1 "
     "WHERE lower(table_name) = lower('$S'); END"),
};

static struct gpkg_names names_of(const struct gpkg_plan *plan, const struct gpkg_table *t)
{
    return (struct gpkg_names){
        .table = t->name,
        .geometry = plan->has_geometry ? plan->columns[plan->geometry.column].name : "",
        .fid = plan->fid,
    };
}

orch_status gpkg_index_find(struct lite_store *s, const struct gpkg_plan *plan,
                            struct gpkg_table *t, orch_error *err)
{
    if (!plan->has_geometry)
        return ORCH_OK;
    char *name = sqlite3_mprintf("rtree_%s_%s", t->name,
                                 plan->columns[plan->geometry.column].name);
    if (name == NULL)
        return lite_no_memory(err);
    orch_status st = gpkg_has_table(s, name, &t->has_index, err);
    sqlite3_free(name);
    return st;
}

static orch_status index_create(struct lite_store *s, const struct gpkg_names *names,
                                orch_error *err)
{
    return gpkg_run(s, names, "CREATE VIRTUAL TABLE main.\"$R\" USING "
                              "rtree(id, minx, maxx, miny, maxy)", err);
}

static orch_status index_register(struct lite_store *s, const struct gpkg_names *names,
                                  orch_error *err)
{
    return lite_run(s, err,
                    "INSERT INTO main.gpkg_extensions VALUES (%Q, %Q, 'gpkg_rtree_index', "
                    "'http://www.geopackage.org/spec130/#extension_rtree', 'write-only')",
                    names->table, names->geometry);
}

static orch_status index_fill(struct lite_store *s, const struct gpkg_names *names,
                              int64_t last_fid, orch_error *err)
{
    char sql[512];
    sqlite3_snprintf(sizeof sql, sql,
                     "INSERT INTO main.\"$R\" SELECT \"$I\", " BOX("\"$C\"") " FROM main.\"$T\" "
                     "WHERE \"$I\" > %lld AND \"$C\" NOTNULL AND NOT ST_IsEmpty(\"$C\")",
                     (long long)last_fid);
    return gpkg_run(s, names, sql, err);
}

orch_status gpkg_index_finish(struct lite_store *s, const struct gpkg_plan *plan,
                              struct gpkg_table *t, bool anew, orch_error *err)
{
    struct gpkg_names names = names_of(plan, t);
    orch_status st = ORCH_OK;
    if (!t->has_index && !t->want_index)
        return ORCH_OK;
    bool whole = anew || !t->has_index;
    if (!t->has_index)
        st = index_register(s, &names, err);
    else if (anew) /* faster than to delete its rows */
        st = gpkg_run(s, &names, "DROP TABLE main.\"$R\"", err);
    if (st == ORCH_OK && whole)
        st = index_create(s, &names, err);
    return st == ORCH_OK ? index_fill(s, &names, whole ? INT64_MIN : t->last_fid, err) : st;
}

/* ---- triggers ------------------------------------------------------------------------------ */

static orch_status trigger_keep(struct gpkg_table *t, const char *sql, orch_error *err)
{
    struct gpkg_saved_trigger *saved = calloc(1, sizeof *saved);
    if (saved == NULL || sql == NULL || (saved->sql = strdup(sql)) == NULL) {
        free(saved);
        return lite_no_memory(err);
    }
    saved->next = t->triggers;
    t->triggers = saved;
    return ORCH_OK;
}

/* A schema cannot change under a running statement: the names are collected first. */
static orch_status triggers_list(struct lite_store *s, const struct gpkg_plan *plan,
                                 struct gpkg_table *t, sqlite3_str *drops, orch_error *err)
{
    struct gpkg_names names = names_of(plan, t);
    sqlite3_stmt *stmt = NULL;
    int rc = SQLITE_DONE;
    char *index = sqlite3_mprintf("rtree_%s_%s_", names.table, names.geometry);
    if (index == NULL)
        return lite_no_memory(err);
    orch_status st = lite_prepare(
        s, &stmt, err,
        "SELECT name, sql FROM main.sqlite_master WHERE type = 'trigger' AND "
        "lower(tbl_name) = lower(%Q) AND (lower(substr(name, 1, length(%Q))) = lower(%Q) OR "
        "lower(name) IN (lower('trigger_insert_feature_count_' || %Q), "
        "lower('trigger_delete_feature_count_' || %Q))) ORDER BY rowid DESC",
        names.table, index, index, names.table, names.table);
    sqlite3_free(index);
    while (st == ORCH_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        sqlite3_str_appendf(drops, "DROP TRIGGER main.\"%w\";", sqlite3_column_text(stmt, 0));
        st = trigger_keep(t, (const char *)sqlite3_column_text(stmt, 1), err);
    }
    if (st == ORCH_OK && rc != SQLITE_DONE)
        st = lite_error(s, rc, "read", err);
    sqlite3_finalize(stmt);
    return st;
}

orch_status gpkg_triggers_save(struct lite_store *s, const struct gpkg_plan *plan,
                               struct gpkg_table *t, orch_error *err)
{
    sqlite3_str *drops = sqlite3_str_new(s->db);
    orch_status st = triggers_list(s, plan, t, drops, err);
    char *sql = sqlite3_str_finish(drops);
    if (st == ORCH_OK && sql != NULL) {
        int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
        if (rc != SQLITE_OK)
            st = lite_error(s, rc, "write", err);
    }
    sqlite3_free(sql);
    return st;
}

static orch_status triggers_create(struct lite_store *s, const struct gpkg_names *names,
                                   const char *const *sql, size_t n, orch_error *err)
{
    orch_status st = ORCH_OK;
    for (size_t i = 0; st == ORCH_OK && i < n; i++)
        st = gpkg_run(s, names, sql[i], err);
    return st;
}

orch_status gpkg_triggers_restore(struct lite_store *s, const struct gpkg_plan *plan,
                                  const struct gpkg_table *t, orch_error *err)
{
    struct gpkg_names names = names_of(plan, t);
    orch_status st = ORCH_OK;
    if (t->fresh && t->want_index)
        st = triggers_create(s, &names, index_triggers,
                             sizeof index_triggers / sizeof index_triggers[0], err);
    if (st == ORCH_OK && t->fresh && t->has_count)
        st = triggers_create(s, &names, count_triggers,
                             sizeof count_triggers / sizeof count_triggers[0], err);
    for (const struct gpkg_saved_trigger *k = t->triggers; st == ORCH_OK && k != NULL; k = k->next)
        st = lite_run(s, err, "%s", k->sql);
    return st;
}
