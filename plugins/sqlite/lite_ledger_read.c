/* SPDX-License-Identifier: Apache-2.0 */
#include "lite_ledger.h"

#include <string.h>
#include <strings.h>

#include "lite_cell.h"
#include "orch/error.h"

/* The columns the order needs, as far as the tables have them. */
struct shape {
    bool exists;
    bool pipeline, run, status, started, sequence, number;
};

static orch_status batch_take(orch_builder *b, struct ArrowArray *batch, orch_error *err)
{
    return orch_builder_take(b, batch) == ORCH_OK ? ORCH_OK : lite_no_memory(err);
}

orch_status lite_ledger_nothing(struct ArrowSchema *schema, struct ArrowArray *batch,
                                orch_error *err)
{
    struct ArrowSchema empty = { 0 };
    orch_builder *b = NULL;
    orch_status st = orch_schema_init(&empty);
    if (st == ORCH_OK)
        st = orch_builder_new(&empty, &b);
    st = st == ORCH_OK ? batch_take(b, batch, err) : lite_no_memory(err);
    orch_builder_free(b);
    if (st == ORCH_OK)
        *schema = empty;
    else if (empty.release != NULL)
        empty.release(&empty);
    return st;
}

static void shape_note(struct shape *shape, const char *column)
{
    shape->exists = true;
    shape->pipeline |= strcasecmp(column, "pipeline") == 0;
    shape->run |= strcasecmp(column, "run") == 0;
    shape->status |= strcasecmp(column, "status") == 0;
    shape->started |= strcasecmp(column, "started") == 0;
    shape->sequence |= strcasecmp(column, "sequence") == 0;
    shape->number |= strcasecmp(column, "number") == 0;
}

static orch_status column_add(struct ArrowSchema *schema, const char *name, const char *declared)
{
    enum lite_kind kind = lite_kind_declared(declared);
    return orch_schema_add(schema, name, lite_format(kind != LITE_UNKNOWN ? kind : LITE_TEXT));
}

/* Fills shape, and the schema (unless NULL) with the columns but fid. */
static orch_status table_describe(struct lite_store *s, const char *table, struct shape *shape,
                                  struct ArrowSchema *schema, orch_error *err)
{
    sqlite3_stmt *stmt = NULL;
    int rc;
    *shape = (struct shape){ 0 };
    orch_status st = lite_prepare(s, &stmt, err, "PRAGMA main.table_info(\"%w\")", table);
    if (st != ORCH_OK)
        return st;
    while (st == ORCH_OK && (rc = sqlite3_step(stmt)) != SQLITE_DONE) {
        if (rc != SQLITE_ROW) {
            st = lite_error(s, rc, "read", err);
            break;
        }
        const char *name = (const char *)sqlite3_column_text(stmt, 1);
        if (name == NULL) {
            st = lite_no_memory(err);
            break;
        }
        shape_note(shape, name);
        if (schema == NULL || sqlite3_column_int(stmt, 5) > 0)
            continue;
        if (column_add(schema, name, (const char *)sqlite3_column_text(stmt, 2)) != ORCH_OK)
            st = lite_no_memory(err);
    }
    sqlite3_finalize(stmt);
    return st;
}

static void filter_add(sqlite3_str *sql, bool has, const char *column, const char *value)
{
    if (value == NULL)
        return;
    if (has)
        sqlite3_str_appendf(sql, " AND t.%s = %Q", column, value);
    else
        sqlite3_str_appendall(sql, " AND 0");
}

/* In one pipeline its numbers tell which run is the newest, since clocks are set back; numbers of
 * several pipelines do not compare. Failed runs share theirs with the next that loads: rowid. */
static void order_add(sqlite3_str *sql, const orch_ledger_query *query, const struct shape *own,
                      bool joined)
{
    bool is_run = strcmp(query->table, "orchestra_run") == 0;
    bool one_pipeline = query->pipeline != NULL;
    sqlite3_str_appendall(sql, " ORDER BY ");
    if (joined)
        sqlite3_str_appendf(sql, "%sr.started DESC, r.sequence DESC, t.run DESC, ",
                            one_pipeline ? "r.sequence DESC, r.last DESC, " : "");
    if (is_run && own->started && !(one_pipeline && own->sequence))
        sqlite3_str_appendall(sql, "t.started DESC, ");
    if (is_run && own->sequence)
        sqlite3_str_appendall(sql, "t.sequence DESC, ");
    if (own->number)
        sqlite3_str_appendall(sql, "t.number, ");
    sqlite3_str_appendf(sql, "t.rowid%s", is_run ? " DESC" : "");
}

static char *query_text(sqlite3 *db, const orch_ledger_query *query, const struct shape *own,
                        const struct shape *runs, const struct ArrowSchema *schema)
{
    bool is_run = strcmp(query->table, "orchestra_run") == 0;
    bool joined = !is_run && own->run && runs->run && runs->started && runs->sequence;
    sqlite3_str *sql = sqlite3_str_new(db);
    for (int64_t i = 0; i < schema->n_children; i++)
        sqlite3_str_appendf(sql, "%s t.\"%w\"", i == 0 ? "SELECT" : ",", schema->children[i]->name);
    sqlite3_str_appendf(sql, " FROM main.\"%w\" t", query->table);
    if (joined)
        sqlite3_str_appendall(sql, " LEFT JOIN (SELECT run, max(started) AS started, max(sequence)"
                                   " AS sequence, max(rowid) AS last FROM main.orchestra_run"
                                   " GROUP BY run) r"
                                   " ON r.run = t.run");
    sqlite3_str_appendall(sql, " WHERE 1");
    filter_add(sql, own->pipeline, "pipeline", query->pipeline);
    filter_add(sql, own->run, "run", query->run);
    filter_add(sql, own->status, "status", query->status);
    order_add(sql, query, own, joined);
    sqlite3_str_appendf(sql, " LIMIT %lld OFFSET %lld", (long long)query->limit,
                        (long long)query->offset);
    return sqlite3_str_finish(sql);
}

static orch_status cell_misfit(const orch_ledger_query *query, const char *column,
                               enum lite_fit fit, orch_error *err)
{
    if (fit == LITE_NO_MEMORY)
        return lite_no_memory(err);
    orch_error_set(err, ORCH_EDATA, "table %s cannot be read", query->table);
    orch_error_detail(err, "column \"%s\" holds a value that is not of its type", column);
    orch_error_hint(err, "the ledger was changed by hand: correct or delete the row");
    return ORCH_EDATA;
}

static orch_status rows_read(struct lite_store *s, sqlite3_stmt *stmt,
                             const orch_ledger_query *query, const struct ArrowSchema *schema,
                             orch_builder *b, orch_error *err)
{
    int rc;
    while ((rc = sqlite3_step(stmt)) == SQLITE_ROW) {
        for (int i = 0; i < (int)schema->n_children; i++) {
            const struct ArrowSchema *field = schema->children[i];
            enum lite_fit fit =
                lite_cell_take(stmt, i, lite_kind_format(field->format), b, (size_t)i);
            if (fit != LITE_FITS)
                return cell_misfit(query, field->name, fit, err);
        }
        if (orch_builder_row(b) != ORCH_OK)
            return lite_no_memory(err);
    }
    return rc == SQLITE_DONE ? ORCH_OK : lite_error(s, rc, "read", err);
}

static orch_status table_read(struct lite_store *s, const orch_ledger_query *query,
                              const struct shape *own, const struct ArrowSchema *schema,
                              struct ArrowArray *batch, orch_error *err)
{
    struct shape runs = { 0 };
    sqlite3_stmt *stmt = NULL;
    orch_builder *b = NULL;
    orch_status st = table_describe(s, "orchestra_run", &runs, NULL, err);
    if (st != ORCH_OK)
        return st;
    char *text = query_text(s->db, query, own, &runs, schema);
    if (text == NULL)
        return lite_no_memory(err);
    st = lite_prepare(s, &stmt, err, "%s", text);
    sqlite3_free(text);
    if (st == ORCH_OK && orch_builder_new(schema, &b) != ORCH_OK)
        st = lite_no_memory(err);
    if (st == ORCH_OK)
        st = rows_read(s, stmt, query, schema, b, err);
    if (st == ORCH_OK)
        st = batch_take(b, batch, err);
    orch_builder_free(b);
    sqlite3_finalize(stmt);
    return st;
}

orch_status lite_ledger_read(struct lite_store *s, const orch_ledger_query *query,
                             struct ArrowSchema *schema, struct ArrowArray *batch,
                             orch_error *err)
{
    struct shape own;
    struct ArrowSchema found = { 0 };
    if (!lite_ledger_is_table(query->table) || query->offset < 0 || query->limit < 0)
        return orch_error_set(err, ORCH_EINVAL, "not a query of the ledger");
    if (orch_schema_init(&found) != ORCH_OK)
        return lite_no_memory(err);
    orch_status st = table_describe(s, query->table, &own, &found, err);
    if (st == ORCH_OK && !own.exists)
        st = lite_ledger_nothing(schema, batch, err);
    else if (st == ORCH_OK)
        st = table_read(s, query, &own, &found, batch, err);
    if (st == ORCH_OK && own.exists) {
        *schema = found;
        found.release = NULL;
    }
    if (found.release != NULL)
        found.release(&found);
    return st;
}
