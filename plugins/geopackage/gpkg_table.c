/* SPDX-License-Identifier: Apache-2.0 */
#include "gpkg_table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "gpkg_crs.h"
#include "gpkg_file.h"
#include "gpkg_index.h"
#include "orch/error.h"

static bool plan_has(const struct gpkg_plan *plan, const char *name)
{
    for (size_t i = 0; i < plan->n_columns; i++)
        if (strcasecmp(plan->columns[i].name, name) == 0)
            return true;
    return false;
}

static orch_status table_sql(struct lite_store *s, const struct gpkg_plan *plan, const char *name,
                             orch_error *err)
{
    sqlite3_str *sql = sqlite3_str_new(s->db);
    sqlite3_str_appendf(sql,
                        "CREATE TABLE main.\"%w\" (\"%w\" INTEGER PRIMARY KEY AUTOINCREMENT "
                        "NOT NULL", name, plan->fid);
    for (size_t i = 0; i < plan->n_columns; i++) {
        const struct gpkg_column *c = &plan->columns[i];
        const char *type = c->kind == LITE_GEOMETRY ? lite_geometry_name(plan->geometry.code)
                                                    : lite_declaration(c->kind);
        sqlite3_str_appendf(sql, ", \"%w\" %s", c->name, type);
    }
    sqlite3_str_appendall(sql, ")");
    char *text = sqlite3_str_finish(sql);
    if (text == NULL)
        return lite_no_memory(err);
    orch_status st = lite_run(s, err, "%s", text);
    sqlite3_free(text);
    return st;
}

static orch_status geometry_register(struct lite_store *s, struct gpkg_plan *plan,
                                     const char *name, orch_error *err)
{
    const struct gpkg_geometry_column *g = &plan->geometry;
    return lite_run(s, err,
                    "INSERT INTO main.gpkg_geometry_columns VALUES (%Q, %Q, %Q, %lld, %d, %d)",
                    name, plan->columns[g->column].name, lite_geometry_name(g->code),
                    (long long)g->srs_id, g->z, g->m);
}

static orch_status table_register(struct lite_store *s, struct gpkg_plan *plan, const char *name,
                                  const struct gpkg_description *d, orch_error *err)
{
    struct gpkg_entry entry = {
        .table = name,
        .data_type = plan->has_geometry ? "features" : "attributes",
        .identifier = d->identifier != NULL ? d->identifier : name,
        .description = d->description != NULL ? d->description : "",
        .srs_id = plan->geometry.srs_id,
    };
    orch_status st = gpkg_register(s, &entry, err);
    if (st == ORCH_ECONFLICT) {
        orch_error_set(err, st, "the identifier \"%s\" is already used in \"%s\"",
                       entry.identifier, lite_path(s));
        orch_error_hint(err, "set identifier to another text");
    }
    if (st == ORCH_OK && plan->has_geometry)
        st = geometry_register(s, plan, name, err);
    return st;
}

orch_status gpkg_table_create(struct lite_store *s, struct gpkg_plan *plan, const char *name,
                              const struct gpkg_description *d, struct gpkg_table *out,
                              orch_error *err)
{
    orch_status st = ORCH_OK;
    bool counts = false;
    plan->fid = strdup(plan_has(plan, "fid") ? "orchestra_fid" : "fid");
    if (plan->fid == NULL)
        return lite_no_memory(err);
    if (plan->has_geometry) {
        plan->geometry.srs_id = GPKG_SRS_UNDEFINED;
        st = gpkg_file_prepare_features(s, err);
        if (st == ORCH_OK && plan->geometry.epsg != 0)
            st = gpkg_crs_ensure(s, plan->geometry.epsg, &plan->geometry.srs_id, err);
    }
    if (st == ORCH_OK)
        st = table_sql(s, plan, name, err);
    if (st == ORCH_OK)
        st = table_register(s, plan, name, d, err);
    if (st == ORCH_OK)
        st = gpkg_has_table(s, "gpkg_ogr_contents", &counts, err);
    if (st == ORCH_OK && counts)
        st = lite_run(s, err, "INSERT OR REPLACE INTO main.gpkg_ogr_contents VALUES (%Q, 0)", name);
    if (st != ORCH_OK)
        return st;
    *out = (struct gpkg_table){ .name = name, .fresh = true, .has_count = counts,
                                .want_index = plan->has_geometry && d->spatial_index };
    return ORCH_OK;
}

/* ---- a table that is there ----------------------------------------------------------------- */

static orch_status describe_again(struct lite_store *s, struct gpkg_table *t,
                                  const struct gpkg_description *d, orch_error *err)
{
    orch_status st = ORCH_OK;
    if (d->identifier != NULL)
        st = lite_run(s, err, "UPDATE main.gpkg_contents SET identifier = %Q WHERE "
                              "lower(table_name) = lower(%Q)", d->identifier, t->name);
    if (st == ORCH_OK && d->description != NULL)
        st = lite_run(s, err, "UPDATE main.gpkg_contents SET description = %Q WHERE "
                              "lower(table_name) = lower(%Q)", d->description, t->name);
    return st;
}

orch_status gpkg_table_adopt(struct lite_store *s, const struct gpkg_plan *plan,
                             const char *name, const struct gpkg_description *d,
                             struct gpkg_table *out, orch_error *err)
{
    struct gpkg_table t = { .name = name };
    bool counts = false;
    int64_t counted = 0;
    orch_status st = gpkg_has_table(s, "gpkg_ogr_contents", &counts, err);
    if (st == ORCH_OK && counts)
        st = lite_number(s, 0, &counted, err,
                         "SELECT count(*) FROM main.gpkg_ogr_contents WHERE lower(table_name) = "
                         "lower(%Q) AND feature_count IS NOT NULL", name);
    t.has_count = counted > 0;
    if (st == ORCH_OK)
        st = lite_number(s, 0, &t.last_fid, err, "SELECT max(\"%w\") FROM main.\"%w\"", plan->fid,
                         name);
    if (st == ORCH_OK)
        st = gpkg_index_find(s, plan, &t, err);
    if (st == ORCH_OK && plan->registered)
        st = describe_again(s, &t, d, err);
    else if (st == ORCH_OK)
        st = gpkg_register(s, &(struct gpkg_entry){ name, "attributes", d->identifier != NULL
                                                    ? d->identifier : name, d->description, 0 },
                           err);
    if (st == ORCH_OK)
        st = gpkg_triggers_save(s, plan, &t, err);
    if (st != ORCH_OK) {
        gpkg_table_release(&t);
        return st;
    }
    *out = t;
    return ORCH_OK;
}

/* Also starts the keys anew, so that the same rows give the same file every night. */
orch_status gpkg_table_clear(struct lite_store *s, const struct gpkg_plan *plan,
                             struct gpkg_table *t, orch_error *err)
{
    bool sequences = false;
    (void)plan;
    orch_status st = lite_run(s, err, "DELETE FROM main.\"%w\"", t->name);
    if (st == ORCH_OK)
        st = gpkg_has_table(s, "sqlite_sequence", &sequences, err);
    if (st == ORCH_OK && sequences)
        st = lite_run(s, err, "DELETE FROM main.sqlite_sequence WHERE lower(name) = lower(%Q)",
                      t->name);
    t->last_fid = 0;
    return st;
}

void gpkg_table_release(struct gpkg_table *t)
{
    while (t->triggers != NULL) {
        struct gpkg_saved_trigger *next = t->triggers->next;
        free(t->triggers->sql);
        free(t->triggers);
        t->triggers = next;
    }
}

/* ---- after the load ------------------------------------------------------------------------ */

static orch_status bounds_update(struct lite_store *s, const struct gpkg_table *t,
                                 const struct gpkg_load *load, orch_error *err)
{
    sqlite3_stmt *stmt = NULL;
    bool keep = !t->fresh && !load->replaced;
    bool nothing = gpkg_box_is_nothing(&load->box);
    if (nothing && keep)
        return ORCH_OK;
    /* min() of two values is NULL when one of them is: a table without bounds gets the run's */
    orch_status st = lite_prepare(
        s, &stmt, err,
        "UPDATE main.gpkg_contents SET "
        "min_x = CASE WHEN ?5 AND min_x IS NOT NULL THEN min(min_x, ?1) ELSE ?1 END, "
        "min_y = CASE WHEN ?5 AND min_y IS NOT NULL THEN min(min_y, ?2) ELSE ?2 END, "
        "max_x = CASE WHEN ?5 AND max_x IS NOT NULL THEN max(max_x, ?3) ELSE ?3 END, "
        "max_y = CASE WHEN ?5 AND max_y IS NOT NULL THEN max(max_y, ?4) ELSE ?4 END "
        "WHERE lower(table_name) = lower(?6)");
    if (st != ORCH_OK)
        return st;
    const double sides[] = { load->box.min_x, load->box.min_y, load->box.max_x, load->box.max_y };
    for (int i = 0; i < 4 && !nothing; i++)
        sqlite3_bind_double(stmt, i + 1, sides[i]);
    sqlite3_bind_int(stmt, 5, keep);
    sqlite3_bind_text(stmt, 6, t->name, -1, SQLITE_STATIC);
    st = lite_step_done(s, stmt, err);
    sqlite3_finalize(stmt);
    return st;
}

static int dimension_of(bool any, bool all)
{
    return !any ? GPKG_PROHIBITED : all ? GPKG_MANDATORY : GPKG_OPTIONAL;
}

/* A fresh table says of z and m what its geometries turned out to have. */
static orch_status dimensions_update(struct lite_store *s, const struct gpkg_plan *plan,
                                     const struct gpkg_table *t, const struct gpkg_load *load,
                                     orch_error *err)
{
    if (!t->fresh || !load->any_geometry)
        return ORCH_OK;
    return lite_run(s, err,
                    "UPDATE main.gpkg_geometry_columns SET z = %d, m = %d WHERE table_name = %Q "
                    "AND column_name = %Q",
                    dimension_of(load->any_z, load->all_z), dimension_of(load->any_m, load->all_m),
                    t->name, plan->columns[plan->geometry.column].name);
}

static orch_status count_update(struct lite_store *s, const struct gpkg_table *t,
                                const struct gpkg_load *load, orch_error *err)
{
    if (!t->has_count)
        return ORCH_OK;
    return lite_run(s, err,
                    "UPDATE main.gpkg_ogr_contents SET feature_count = %s%lld WHERE "
                    "lower(table_name) = lower(%Q)",
                    t->fresh || load->replaced ? "" : "feature_count + ",
                    (long long)load->inserted, t->name);
}

orch_status gpkg_table_finish(struct lite_store *s, const struct gpkg_plan *plan,
                              struct gpkg_table *t, const struct gpkg_load *load,
                              orch_error *err)
{
    orch_status st = ORCH_OK;
    if (plan->has_geometry) {
        st = bounds_update(s, t, load, err);
        if (st == ORCH_OK)
            st = dimensions_update(s, plan, t, load, err);
        if (st == ORCH_OK)
            st = gpkg_index_finish(s, plan, t, load->replaced || load->rows_changed, err);
    }
    if (st == ORCH_OK)
        st = count_update(s, t, load, err);
    if (st == ORCH_OK)
        st = gpkg_triggers_restore(s, plan, t, err);
    return st == ORCH_OK ? gpkg_touch(s, t->name, err) : st;
}
