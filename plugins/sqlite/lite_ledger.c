/* SPDX-License-Identifier: Apache-2.0 */
#include "lite_ledger.h"

#include <string.h>
#include <strings.h>

#include "lite_cell.h"
#include "orch/error.h"
#include "orch/view.h"

bool lite_ledger_is_table(const char *name)
{
    return name != NULL &&
           (strcmp(name, "orchestra_run") == 0 || strcmp(name, "orchestra_input") == 0 ||
            strcmp(name, "orchestra_reject") == 0);
}

static orch_status table_create(struct lite_store *s, const char *table,
                                const struct ArrowSchema *schema, orch_error *err)
{
    sqlite3_str *sql = sqlite3_str_new(s->db);
    sqlite3_str_appendf(sql, "CREATE TABLE main.\"%w\" (fid INTEGER PRIMARY KEY AUTOINCREMENT "
                             "NOT NULL", table);
    for (int64_t i = 0; i < schema->n_children; i++) {
        const struct ArrowSchema *field = schema->children[i];
        sqlite3_str_appendf(sql, ", \"%w\" %s", field->name,
                            lite_declaration(lite_kind_format(field->format)));
    }
    sqlite3_str_appendall(sql, ")");
    char *text = sqlite3_str_finish(sql);
    if (text == NULL)
        return lite_no_memory(err);
    orch_status st = lite_run(s, err, "%s", text);
    sqlite3_free(text);
    return st;
}

/* The declared type of a column, LITE_UNKNOWN and *found false if there is no such column. */
static orch_status column_find(struct lite_store *s, const char *table, const char *name,
                               enum lite_kind *kind, bool *found, orch_error *err)
{
    sqlite3_stmt *stmt = NULL;
    *found = false;
    orch_status st = lite_prepare(s, &stmt, err, "PRAGMA main.table_info(\"%w\")", table);
    if (st != ORCH_OK)
        return st;
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        const char *column = (const char *)sqlite3_column_text(stmt, 1);
        if (column != NULL && strcasecmp(column, name) == 0) {
            *found = true;
            *kind = lite_kind_declared((const char *)sqlite3_column_text(stmt, 2));
        }
    }
    if (rc != SQLITE_DONE)
        st = lite_error(s, rc, "read", err);
    sqlite3_finalize(stmt);
    return st;
}

static orch_status column_fit(struct lite_store *s, const char *table,
                              const struct ArrowSchema *field, orch_error *err)
{
    enum lite_kind wanted = lite_kind_format(field->format), kind = LITE_UNKNOWN;
    bool found;
    orch_status st = column_find(s, table, field->name, &kind, &found, err);
    if (st != ORCH_OK)
        return st;
    if (!found)
        return lite_run(s, err, "ALTER TABLE main.\"%w\" ADD COLUMN \"%w\" %s", table,
                        field->name, lite_declaration(wanted));
    if (kind == wanted)
        return ORCH_OK;
    orch_error_set(err, ORCH_ESCHEMA, "table %s does not fit the ledger of this version", table);
    orch_error_detail(err, "%s: the table has %s, the ledger %s", field->name,
                      kind != LITE_UNKNOWN ? lite_declaration(kind) : "no type",
                      lite_declaration(wanted));
    orch_error_hint(err, "rename the table, a new one is made");
    return ORCH_ESCHEMA;
}

static orch_status table_fit(struct lite_store *s, const char *table,
                             const struct ArrowSchema *schema, bool *created, orch_error *err)
{
    int64_t count;
    for (int64_t i = 0; i < schema->n_children; i++)
        if (lite_kind_format(schema->children[i]->format) == LITE_UNKNOWN)
            return orch_error_set(err, ORCH_EINVAL, "ledger column \"%s\" has the format \"%s\"",
                                  schema->children[i]->name, schema->children[i]->format);
    orch_status st = lite_number(
        s, 0, &count, err,
        "SELECT count(*) FROM main.sqlite_master WHERE type = 'table' AND name = %Q", table);
    if (st != ORCH_OK)
        return st;
    *created = count == 0;
    if (*created)
        return table_create(s, table, schema, err);
    for (int64_t i = 0; st == ORCH_OK && i < schema->n_children; i++)
        st = column_fit(s, table, schema->children[i], err);
    return st;
}

static orch_status insert_prepare(struct lite_store *s, const char *table,
                                  const struct ArrowSchema *schema, sqlite3_stmt **out,
                                  orch_error *err)
{
    sqlite3_str *sql = sqlite3_str_new(s->db);
    sqlite3_str_appendf(sql, "INSERT INTO main.\"%w\" (", table);
    for (int64_t i = 0; i < schema->n_children; i++)
        sqlite3_str_appendf(sql, "%s\"%w\"", i > 0 ? ", " : "", schema->children[i]->name);
    sqlite3_str_appendall(sql, ") VALUES (");
    for (int64_t i = 0; i < schema->n_children; i++)
        sqlite3_str_appendall(sql, i > 0 ? ", ?" : "?");
    sqlite3_str_appendall(sql, ")");
    char *text = sqlite3_str_finish(sql);
    if (text == NULL)
        return lite_no_memory(err);
    orch_status st = lite_prepare(s, out, err, "%s", text);
    sqlite3_free(text);
    return st;
}

static orch_status row_insert(struct lite_store *s, sqlite3_stmt *stmt, const orch_view *view,
                              int64_t row, orch_error *err)
{
    for (size_t c = 0; c < view->n_columns; c++) {
        int rc = lite_cell_bind(stmt, (int)c + 1, view, c, row);
        if (rc == SQLITE_RANGE)
            return orch_error_set(err, ORCH_EDATA,
                                  "ledger column \"%s\" holds a date outside the years 0000 to "
                                  "9999", view->columns[c].name);
        if (rc != SQLITE_OK)
            return lite_error(s, rc, "write", err);
    }
    return lite_step_done(s, stmt, err);
}

orch_status lite_ledger_write(struct lite_store *s, const char *table,
                              const struct ArrowSchema *schema, struct ArrowArray *batch,
                              bool *created, orch_error *err)
{
    orch_view view = { 0 };
    sqlite3_stmt *stmt = NULL;
    bool made = false;
    if (!lite_ledger_is_table(table) || schema == NULL || schema->n_children == 0)
        return orch_error_set(err, ORCH_EINVAL, "\"%s\" is no ledger table",
                              table != NULL ? table : "");
    orch_status st = orch_view_init(&view, schema, batch, err);
    if (st == ORCH_OK)
        st = table_fit(s, table, schema, &made, err);
    if (st == ORCH_OK)
        st = insert_prepare(s, table, schema, &stmt, err);
    for (int64_t row = 0; st == ORCH_OK && row < view.rows; row++)
        st = row_insert(s, stmt, &view, row, err);
    sqlite3_finalize(stmt);
    orch_view_release(&view);
    if (st != ORCH_OK)
        return st;
    batch->release(batch);
    batch->release = NULL;
    if (created != NULL)
        *created = made;
    return ORCH_OK;
}
