/* SPDX-License-Identifier: Apache-2.0 */
#include "gpkg_merge.h"

#include <stdlib.h>
#include <strings.h>

#include "../sqlite/lite_batch_table.h"
#include "orch/error.h"

/* Columns as "a", "b": all of them, or those of the key. */
static void names_add(sqlite3_str *sql, const struct gpkg_plan *plan, bool keys_only)
{
    const char *comma = "";
    for (size_t i = 0; i < plan->n_columns; i++) {
        if (keys_only && !plan->columns[i].key)
            continue;
        sqlite3_str_appendf(sql, "%s\"%w\"", comma, plan->columns[i].name);
        comma = ", ";
    }
}

static orch_status run_text(struct lite_store *s, sqlite3_str *sql, orch_error *err)
{
    char *text = sqlite3_str_finish(sql);
    if (text == NULL)
        return lite_no_memory(err);
    orch_status st = lite_run(s, err, "%s", text);
    sqlite3_free(text);
    return st;
}

/* Keyed by the upsert key: a later row of the run takes the place of an earlier one. */
static orch_status stage_create(struct lite_store *s, const struct gpkg_plan *plan,
                                orch_error *err)
{
    orch_status st = lite_run(s, err, "PRAGMA temp.cache_size = -16384");
    if (st != ORCH_OK)
        return st;
    sqlite3_str *sql = sqlite3_str_new(s->db);
    sqlite3_str_appendall(sql, "CREATE TABLE " GPKG_STAGE " (");
    for (size_t i = 0; i < plan->n_columns; i++)
        sqlite3_str_appendf(sql, "\"%w\" %s, ", plan->columns[i].name,
                            lite_declaration(plan->columns[i].kind));
    sqlite3_str_appendall(sql, "PRIMARY KEY (");
    names_add(sql, plan, true);
    sqlite3_str_appendall(sql, ")) WITHOUT ROWID");
    return run_text(s, sql, err);
}

static bool is_key(const struct gpkg_plan *plan, const char *name)
{
    for (size_t i = 0; name != NULL && i < plan->n_columns; i++)
        if (plan->columns[i].key && strcasecmp(plan->columns[i].name, name) == 0)
            return true;
    return false;
}

static orch_status index_is_key(struct lite_store *s, const struct gpkg_plan *plan,
                                const char *index, bool *same, orch_error *err)
{
    sqlite3_stmt *stmt = NULL;
    size_t columns = 0, keys = 0, wanted = 0;
    int rc = SQLITE_DONE;
    for (size_t i = 0; i < plan->n_columns; i++)
        wanted += plan->columns[i].key;
    orch_status st = lite_prepare(s, &stmt, err, "PRAGMA main.index_info(\"%w\")", index);
    while (st == ORCH_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        columns++;
        keys += is_key(plan, (const char *)sqlite3_column_text(stmt, 2));
    }
    if (st == ORCH_OK && rc != SQLITE_DONE)
        st = lite_error(s, rc, "read", err);
    sqlite3_finalize(stmt);
    *same = columns == wanted && keys == wanted;
    return st;
}

/* Is there a unique index over exactly the key's columns? */
static orch_status key_index_find(struct lite_store *s, const struct gpkg_merge *m, bool *found,
                                  orch_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc = SQLITE_DONE;
    *found = false;
    orch_status st =
        lite_prepare(s, &stmt, err, "PRAGMA main.index_list(\"%w\")", m->table->name);
    while (st == ORCH_OK && !*found && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(stmt, 1);
        bool unique = sqlite3_column_int(stmt, 2) != 0, partial = sqlite3_column_int(stmt, 4) != 0;
        if (name != NULL && unique && !partial)
            st = index_is_key(s, m->plan, name, found, err);
    }
    if (st == ORCH_OK && rc != SQLITE_DONE && rc != SQLITE_ROW)
        st = lite_error(s, rc, "read", err);
    sqlite3_finalize(stmt);
    return st;
}

static orch_status key_index_create(struct lite_store *s, const struct gpkg_merge *m,
                                    orch_error *err)
{
    orch_status st = lite_run(s, err, "DROP INDEX IF EXISTS main.\"%w_orchestra_key\"",
                              m->table->name);
    if (st != ORCH_OK)
        return st;
    sqlite3_str *sql = sqlite3_str_new(s->db);
    sqlite3_str_appendf(sql, "CREATE UNIQUE INDEX main.\"%w_orchestra_key\" ON \"%w\" (",
                        m->table->name, m->table->name);
    names_add(sql, m->plan, true);
    sqlite3_str_appendall(sql, ")");
    return run_text(s, sql, err);
}

orch_status gpkg_merge_prepare(struct lite_store *s, struct gpkg_merge *m, orch_error *err)
{
    bool found = false;
    m->staged = m->mode == ORCH_WRITE_UPSERT && !m->table->fresh;
    if (!m->staged)
        return ORCH_OK;
    orch_status st = key_index_find(s, m, &found, err);
    if (st == ORCH_OK && !found) {
        st = key_index_create(s, m, err);
        if (st == ORCH_ECONFLICT) {
            orch_error_set(err, st, "rows of table %s share a key", m->table->name);
            orch_error_hint(err, "correct these rows, or choose a key that tells them apart");
        }
    }
    return st == ORCH_OK ? stage_create(s, m->plan, err) : st;
}

orch_status gpkg_merge_insert(struct lite_store *s, const struct gpkg_merge *m,
                              sqlite3_stmt **out, orch_error *err)
{
    sqlite3_str *sql = sqlite3_str_new(s->db);
    if (m->staged)
        sqlite3_str_appendall(sql, "INSERT OR REPLACE INTO " GPKG_STAGE " (");
    else
        sqlite3_str_appendf(sql, "INSERT INTO main.\"%w\" (", m->table->name);
    names_add(sql, m->plan, false);
    sqlite3_str_appendall(sql, ") SELECT ");
    for (size_t i = 0; i < m->plan->n_columns; i++)
        sqlite3_str_appendf(sql, "%sc%d", i > 0 ? ", " : "", (int)i);
    sqlite3_str_appendall(sql, " FROM " LITE_BATCH_TABLE);
    char *text = sqlite3_str_finish(sql);
    if (text == NULL)
        return lite_no_memory(err);
    orch_status st = lite_prepare(s, out, err, "%s", text);
    sqlite3_free(text);
    return st;
}

/* ---- merging ------------------------------------------------------------------------------- */

/* t."a" = s."a" AND ... over the key */
static void key_equal_add(sqlite3_str *sql, const struct gpkg_plan *plan)
{
    const char *glue = "";
    for (size_t i = 0; i < plan->n_columns; i++) {
        const char *name = plan->columns[i].name;
        if (!plan->columns[i].key)
            continue;
        sqlite3_str_appendf(sql, "%st.\"%w\" = s.\"%w\"", glue, name, name);
        glue = " AND ";
    }
}

/* The columns that are no key, each once in `form` after `glue`. */
static void values_add(sqlite3_str *sql, const struct gpkg_plan *plan, const char *glue,
                       const char *form)
{
    const char *before = "";
    for (size_t i = 0; i < plan->n_columns; i++) {
        const char *name = plan->columns[i].name;
        if (plan->columns[i].key)
            continue;
        sqlite3_str_appendall(sql, before);
        sqlite3_str_appendf(sql, form, name, name);
        before = glue;
    }
}

static bool only_keys(const struct gpkg_plan *plan)
{
    for (size_t i = 0; i < plan->n_columns; i++)
        if (!plan->columns[i].key)
            return false;
    return true;
}

static orch_status stage_update(struct lite_store *s, const struct gpkg_merge *m,
                                int64_t *changed, orch_error *err)
{
    *changed = 0;
    if (only_keys(m->plan))
        return ORCH_OK;
    sqlite3_str *sql = sqlite3_str_new(s->db);
    sqlite3_str_appendf(sql, "UPDATE main.\"%w\" AS t SET ", m->table->name);
    values_add(sql, m->plan, ", ", "\"%w\" = s.\"%w\"");
    sqlite3_str_appendall(sql, " FROM " GPKG_STAGE " AS s WHERE ");
    key_equal_add(sql, m->plan);
    sqlite3_str_appendall(sql, " AND (");
    values_add(sql, m->plan, " OR ", "t.\"%w\" IS NOT s.\"%w\"");
    sqlite3_str_appendall(sql, ")");
    orch_status st = run_text(s, sql, err);
    if (st == ORCH_OK) /* without what triggers did */
        *changed = sqlite3_changes64(s->db);
    return st;
}

/* Two statements and not ON CONFLICT: that would use up a fid for every row it updates. */
static orch_status stage_insert(struct lite_store *s, const struct gpkg_merge *m, int64_t *added,
                                orch_error *err)
{
    sqlite3_str *sql = sqlite3_str_new(s->db);
    sqlite3_str_appendf(sql, "INSERT INTO main.\"%w\" (", m->table->name);
    names_add(sql, m->plan, false);
    sqlite3_str_appendall(sql, ") SELECT ");
    names_add(sql, m->plan, false);
    sqlite3_str_appendf(sql, " FROM " GPKG_STAGE " AS s WHERE NOT EXISTS (SELECT 1 FROM "
                             "main.\"%w\" AS t WHERE ", m->table->name);
    key_equal_add(sql, m->plan);
    sqlite3_str_appendall(sql, ")");
    orch_status st = run_text(s, sql, err);
    *added = st == ORCH_OK ? sqlite3_changes64(s->db) : 0;
    return st;
}

static orch_status staged_finish(struct lite_store *s, const struct gpkg_merge *m, int64_t rows,
                                 orch_write_counts *counts, orch_error *err)
{
    int64_t distinct = 0;
    orch_status st = lite_number(s, 0, &distinct, err, "SELECT count(*) FROM " GPKG_STAGE);
    if (st == ORCH_OK)
        st = stage_update(s, m, &counts->updated, err);
    if (st == ORCH_OK)
        st = stage_insert(s, m, &counts->inserted, err);
    if (st == ORCH_OK)
        st = lite_run(s, err, "DROP TABLE " GPKG_STAGE);
    counts->unchanged = distinct - counts->inserted - counts->updated;
    counts->merged = rows - distinct;
    return st;
}

/* The last of the rows with one key stays. */
static orch_status fresh_dedupe(struct lite_store *s, const struct gpkg_merge *m, orch_error *err)
{
    sqlite3_str *sql = sqlite3_str_new(s->db);
    sqlite3_str_appendf(sql, "DELETE FROM main.\"%w\" WHERE \"%w\" NOT IN (SELECT max(\"%w\") "
                             "FROM main.\"%w\" GROUP BY ",
                        m->table->name, m->plan->fid, m->plan->fid, m->table->name);
    names_add(sql, m->plan, true);
    sqlite3_str_appendall(sql, ")");
    return run_text(s, sql, err);
}

static orch_status fresh_finish(struct lite_store *s, const struct gpkg_merge *m, int64_t rows,
                                orch_write_counts *counts, orch_error *err)
{
    orch_status st = key_index_create(s, m, err);
    if (st == ORCH_ECONFLICT) {
        st = fresh_dedupe(s, m, err);
        counts->merged = st == ORCH_OK ? sqlite3_changes64(s->db) : 0;
        if (st == ORCH_OK)
            st = key_index_create(s, m, err);
    }
    counts->inserted = rows - counts->merged;
    return st;
}

orch_status gpkg_merge_finish(struct lite_store *s, const struct gpkg_merge *m, int64_t rows,
                              orch_write_counts *counts, orch_error *err)
{
    if (m->staged)
        return staged_finish(s, m, rows, counts, err);
    if (m->mode == ORCH_WRITE_UPSERT)
        return fresh_finish(s, m, rows, counts, err);
    counts->inserted = rows;
    return ORCH_OK;
}
