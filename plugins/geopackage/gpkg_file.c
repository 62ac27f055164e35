/* SPDX-License-Identifier: Apache-2.0 */
#include "gpkg_file.h"

#include <string.h>
#include <time.h>

#include "../sqlite/lite_instant.h"
#include "gpkg_crs.h"
#include "orch/error.h"

static const char *const base_tables[] = {
    "PRAGMA application_id = 1196444487", /* "GPKG" */
    "PRAGMA user_version = 10300",
    "CREATE TABLE main.gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, "
    "srs_id INTEGER NOT NULL PRIMARY KEY, organization TEXT NOT NULL, "
    "organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT)",
    "CREATE TABLE main.gpkg_contents (table_name TEXT NOT NULL PRIMARY KEY, "
    "data_type TEXT NOT NULL, identifier TEXT UNIQUE, description TEXT DEFAULT '', "
    "last_change DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now')), "
    "min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER, "
    "CONSTRAINT fk_gc_r_srs_id FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))",
    ("CREATE TABLE main.gpkg_ogr_contents (table_name TEXT NOT NULL PRIMARY KEY, "
     "feature_count INTEGER DEFAULT NULL)"),
};

static const char *const feature_tables[] = {
    "CREATE TABLE IF NOT EXISTS main.gpkg_geometry_columns (table_name TEXT NOT NULL, "
    "column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL, srs_id INTEGER NOT NULL, "
    "z TINYINT NOT NULL, m TINYINT NOT NULL, "
    "CONSTRAINT pk_geom_cols PRIMARY KEY (table_name, column_name), "
    "CONSTRAINT uk_gc_table_name UNIQUE (table_name), "
    "CONSTRAINT fk_gc_tn FOREIGN KEY (table_name) REFERENCES gpkg_contents(table_name), "
    "CONSTRAINT fk_gc_srs FOREIGN KEY (srs_id) REFERENCES gpkg_spatial_ref_sys(srs_id))",
    "CREATE TABLE IF NOT EXISTS main.gpkg_extensions (table_name TEXT, column_name TEXT, "
    "extension_name TEXT NOT NULL, definition TEXT NOT NULL, scope TEXT NOT NULL, "
    "CONSTRAINT ge_tce UNIQUE (table_name, column_name, extension_name))",
};

static orch_status run_all(struct lite_store *s, const char *const *sql, size_t n,
                           orch_error *err)
{
    orch_status st = ORCH_OK;
    for (size_t i = 0; st == ORCH_OK && i < n; i++)
        st = lite_run(s, err, "%s", sql[i]);
    return st;
}

orch_status gpkg_file_prepare_features(struct lite_store *s, orch_error *err)
{
    return run_all(s, feature_tables, sizeof feature_tables / sizeof feature_tables[0], err);
}

orch_status gpkg_has_table(struct lite_store *s, const char *name, bool *has, orch_error *err)
{
    int64_t count = 0;
    orch_status st = lite_number(s, 0, &count, err,
                                 "SELECT count(*) FROM main.sqlite_master WHERE "
                                 "type IN ('table', 'view') AND lower(name) = lower(%Q)", name);
    *has = count > 0;
    return st;
}

orch_status gpkg_file_check(struct lite_store *s, orch_status refusal, orch_error *err)
{
    bool contents = false, systems = false;
    orch_status st = gpkg_has_table(s, "gpkg_contents", &contents, err);
    if (st == ORCH_OK)
        st = gpkg_has_table(s, "gpkg_spatial_ref_sys", &systems, err);
    if (st != ORCH_OK || (contents && systems))
        return st;
    orch_error_set(err, refusal, "\"%s\" is not a GeoPackage", lite_path(s));
    orch_error_detail(err, "it is a SQLite file without the table %s",
                      contents ? "gpkg_spatial_ref_sys" : "gpkg_contents");
    orch_error_hint(err, "choose another path; the file was not touched");
    return refusal;
}

orch_status gpkg_file_prepare(struct lite_store *s, orch_error *err)
{
    int64_t tables = 0;
    orch_status st = lite_number(s, 0, &tables, err, "SELECT count(*) FROM main.sqlite_master");
    if (st != ORCH_OK)
        return st;
    if (tables > 0)
        return gpkg_file_check(s, ORCH_ECONFIG, err);
    st = run_all(s, base_tables, sizeof base_tables / sizeof base_tables[0], err);
    if (st == ORCH_OK)
        st = gpkg_file_prepare_features(s, err);
    return st == ORCH_OK ? gpkg_crs_create(s, err) : st;
}

/* ---- gpkg_contents ------------------------------------------------------------------------- */

static void now_text(const struct lite_store *s, char out[LITE_INSTANT_MAX + 1])
{
    const orch_clock *clock = s->host->extension(s->host, ORCH_CLOCK_EXTENSION);
    struct timespec t = { 0 };
    clock_gettime(CLOCK_REALTIME, &t);
    int64_t us = clock != NULL ? clock->now_us(s->host)
                               : (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
    out[lite_instant_write(out, us, LITE_MILLISECONDS)] = '\0';
}

orch_status gpkg_register(struct lite_store *s, const struct gpkg_entry *entry, orch_error *err)
{
    char now[LITE_INSTANT_MAX + 1];
    now_text(s, now);
    bool features = strcmp(entry->data_type, "features") == 0;
    char *srs = features ? sqlite3_mprintf("%lld", (long long)entry->srs_id)
                         : sqlite3_mprintf("NULL");
    if (srs == NULL)
        return lite_no_memory(err);
    orch_status st = lite_run(
        s, err,
        "INSERT INTO main.gpkg_contents (table_name, data_type, identifier, description, "
        "last_change, srs_id) VALUES (%Q, %Q, %Q, %Q, %Q, %s)",
        entry->table, entry->data_type, entry->identifier, entry->description, now, srs);
    sqlite3_free(srs);
    return st;
}

orch_status gpkg_touch(struct lite_store *s, const char *table, orch_error *err)
{
    char now[LITE_INSTANT_MAX + 1];
    now_text(s, now);
    return lite_run(s, err,
                    "UPDATE main.gpkg_contents SET last_change = %Q WHERE "
                    "lower(table_name) = lower(%Q)", now, table);
}

/* ---- SQL over names ------------------------------------------------------------------------ */

static void name_add(sqlite3_str *sql, const struct gpkg_names *names, char which)
{
    switch (which) {
    case 'T':
        sqlite3_str_appendf(sql, "%w", names->table);
        break;
    case 'C':
        sqlite3_str_appendf(sql, "%w", names->geometry);
        break;
    case 'I':
        sqlite3_str_appendf(sql, "%w", names->fid);
        break;
    case 'R':
        sqlite3_str_appendf(sql, "rtree_%w_%w", names->table, names->geometry);
        break;
    default:
        sqlite3_str_appendf(sql, "%q", names->table);
        break;
    }
}

orch_status gpkg_run(struct lite_store *s, const struct gpkg_names *names, const char *sql,
                     orch_error *err)
{
    sqlite3_str *text = sqlite3_str_new(s->db);
    for (const char *p = sql; *p != '\0'; p++) {
        if (*p == '$')
            name_add(text, names, *++p);
        else
            sqlite3_str_appendchar(text, 1, *p);
    }
    char *whole = sqlite3_str_finish(text);
    if (whole == NULL)
        return lite_no_memory(err);
    orch_status st = lite_run(s, err, "%s", whole);
    sqlite3_free(whole);
    return st;
}
