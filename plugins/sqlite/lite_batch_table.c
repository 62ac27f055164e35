/* SPDX-License-Identifier: Apache-2.0 */
#include "lite_batch_table.h"

#include <limits.h>
#include <stdlib.h>

#include "lite_instant.h"

struct table {
    sqlite3_vtab base;
    struct lite_batch *batch;
};

/* Values are handed over without a copy, so each column keeps its text until the next row. */
struct cursor {
    sqlite3_vtab_cursor base;
    int64_t row;
    char (*texts)[LITE_INSTANT_MAX + 1];
};

static int table_connect(sqlite3 *db, void *aux, int argc, const char *const *argv,
                         sqlite3_vtab **out, char **message)
{
    (void)argc;
    (void)argv;
    (void)message;
    struct lite_batch *batch = aux;
    sqlite3_str *sql = sqlite3_str_new(db);
    for (size_t i = 0; i < batch->n_columns; i++)
        sqlite3_str_appendf(sql, "%s c%d", i == 0 ? "CREATE TABLE b(" : ",", (int)i);
    sqlite3_str_appendall(sql, ")");
    char *text = sqlite3_str_finish(sql);
    if (text == NULL)
        return SQLITE_NOMEM;
    int rc = sqlite3_declare_vtab(db, text);
    sqlite3_free(text);
    if (rc != SQLITE_OK)
        return rc;
    struct table *table = calloc(1, sizeof *table);
    if (table == NULL)
        return SQLITE_NOMEM;
    table->batch = batch;
    *out = &table->base;
    return SQLITE_OK;
}

static int table_disconnect(sqlite3_vtab *base)
{
    free(base);
    return SQLITE_OK;
}

static int table_best_index(sqlite3_vtab *base, sqlite3_index_info *info)
{
    (void)base;
    info->estimatedCost = 1e6;
    info->estimatedRows = 10000;
    return SQLITE_OK;
}

static int cursor_open(sqlite3_vtab *base, sqlite3_vtab_cursor **out)
{
    const struct lite_batch *batch = ((struct table *)base)->batch;
    struct cursor *cursor = calloc(1, sizeof *cursor);
    if (cursor == NULL)
        return SQLITE_NOMEM;
    cursor->texts = calloc(batch->n_columns, sizeof *cursor->texts);
    if (cursor->texts == NULL) {
        free(cursor);
        return SQLITE_NOMEM;
    }
    *out = &cursor->base;
    return SQLITE_OK;
}

static int cursor_close(sqlite3_vtab_cursor *base)
{
    free(((struct cursor *)base)->texts);
    free(base);
    return SQLITE_OK;
}

static int cursor_filter(sqlite3_vtab_cursor *base, int index, const char *name, int argc,
                         sqlite3_value **argv)
{
    (void)index;
    (void)name;
    (void)argc;
    (void)argv;
    ((struct cursor *)base)->row = 0;
    return SQLITE_OK;
}

static int cursor_next(sqlite3_vtab_cursor *base)
{
    ((struct cursor *)base)->row++;
    return SQLITE_OK;
}

static int cursor_eof(sqlite3_vtab_cursor *base)
{
    const orch_view *view = ((struct table *)base->pVtab)->batch->view;
    return view == NULL || ((struct cursor *)base)->row >= view->rows;
}

static int cursor_rowid(sqlite3_vtab_cursor *base, sqlite3_int64 *out)
{
    *out = ((struct cursor *)base)->row;
    return SQLITE_OK;
}

static int give_text(sqlite3_context *context, const char *text, size_t len)
{
    if (len == 0)
        return SQLITE_RANGE;
    sqlite3_result_text(context, text, (int)len, SQLITE_STATIC);
    return SQLITE_OK;
}

static int give_binary(sqlite3_context *context, const struct lite_batch *batch, size_t column,
                       int64_t row)
{
    size_t len;
    const void *bytes = orch_view_binary(batch->view, column, row, &len);
    if (batch->encoded != NULL && batch->encoded[column])
        bytes = batch->encode(batch->ctx, column, row, bytes, len, &len);
    if (bytes == NULL)
        return SQLITE_ABORT;
    sqlite3_result_blob64(context, bytes, len, SQLITE_STATIC);
    return SQLITE_OK;
}

static int cursor_column(sqlite3_vtab_cursor *base, sqlite3_context *context, int number)
{
    const struct cursor *cursor = (struct cursor *)base;
    const struct lite_batch *batch = ((struct table *)base->pVtab)->batch;
    const orch_view *view = batch->view;
    size_t column = (size_t)number, len;
    int64_t row = cursor->row;
    if (orch_view_is_null(view, column, row))
        return SQLITE_OK;
    char *text = cursor->texts[column];
    switch (view->columns[column].type) {
    case ORCH_VIEW_BOOL:
        sqlite3_result_int(context, orch_view_bool(view, column, row));
        return SQLITE_OK;
    case ORCH_VIEW_INT:
        sqlite3_result_int64(context, orch_view_int(view, column, row));
        return SQLITE_OK;
    case ORCH_VIEW_FLOAT:
        sqlite3_result_double(context, orch_view_float(view, column, row));
        return SQLITE_OK;
    case ORCH_VIEW_TEXT: {
        const char *value = orch_view_text(view, column, row, &len);
        sqlite3_result_text64(context, value, len, SQLITE_STATIC, SQLITE_UTF8);
        return SQLITE_OK;
    }
    case ORCH_VIEW_BINARY:
        return give_binary(context, batch, column, row);
    case ORCH_VIEW_DATE:
        len = lite_date_write(text, orch_view_date(view, column, row));
        return give_text(context, text, len);
    case ORCH_VIEW_TIMESTAMP:
        len = lite_instant_write(text, orch_view_timestamp(view, column, row), LITE_MILLISECONDS);
        return give_text(context, text, len);
    }
    return SQLITE_MISUSE;
}

static const sqlite3_module batch_module = {
    .iVersion = 1,
    .xCreate = table_connect,
    .xConnect = table_connect,
    .xBestIndex = table_best_index,
    .xDisconnect = table_disconnect,
    .xDestroy = table_disconnect,
    .xOpen = cursor_open,
    .xClose = cursor_close,
    .xFilter = cursor_filter,
    .xNext = cursor_next,
    .xEof = cursor_eof,
    .xColumn = cursor_column,
    .xRowid = cursor_rowid,
};

orch_status lite_batch_table_create(struct lite_store *s, struct lite_batch *batch,
                                    orch_error *err)
{
    int rc = sqlite3_create_module_v2(s->db, "orch_batch", &batch_module, batch, NULL);
    if (rc != SQLITE_OK)
        return lite_error(s, rc, "use", err);
    return lite_run(s, err, "CREATE VIRTUAL TABLE " LITE_BATCH_TABLE " USING orch_batch");
}
