/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orch/builder.h"

orch_status pg_name_check(const char *name, const char *what, orch_error *err)
{
    if (*name && strlen(name) <= PG_NAME_MAX)
        return ORCH_OK;
    if (!*name)
        orch_error_set(err, ORCH_ECONFIG, "a %s has no name", what);
    else
        orch_error_set(err, ORCH_ECONFIG, "the name of %s \"%s\" is too long", what, name);
    orch_error_detail(err, "%zu bytes; PostgreSQL takes 1 to %d", strlen(name), PG_NAME_MAX);
    orch_error_hint(err, "choose a shorter name in the script");
    return ORCH_ECONFIG;
}

static orch_status table_split(struct pg_table *t, const char *target, orch_error *err)
{
    const char *dot = strchr(target, '.');
    char schema[2 * PG_NAME_MAX] = "";

    if (dot && strchr(dot + 1, '.')) {
        orch_error_set(err, ORCH_ECONFIG, "\"%s\" does not name a table", target);
        orch_error_hint(err, "write \"schema.table\" or \"table\"");
        return ORCH_ECONFIG;
    }
    if (dot)
        snprintf(schema, sizeof schema, "%.*s", (int)(dot - target), target);
    const char *name = dot ? dot + 1 : target;
    orch_status st = dot ? pg_name_check(schema, "schema", err) : ORCH_OK;
    if (st == ORCH_OK)
        st = pg_name_check(name, "table", err);
    if (st != ORCH_OK)
        return st;
    memcpy(t->schema, schema, strlen(schema) + 1); /* both were just measured */
    memcpy(t->name, name, strlen(name) + 1);
    snprintf(t->shown, sizeof t->shown, "%s", target);
    return ORCH_OK;
}

/* A literal that holds the quoted name: what the to_reg... functions take. */
static void put_quoted_name(struct pg_sql *sql, PGconn *connection, const char *schema,
                            const char *name)
{
    struct pg_sql quoted = {0};

    if (*schema) {
        pg_sql_name(&quoted, connection, schema);
        pg_sql_put(&quoted, *name ? "." : "");
    }
    if (*name)
        pg_sql_name(&quoted, connection, name);
    if (quoted.status == ORCH_OK)
        pg_sql_literal(sql, connection, quoted.text);
    else if (sql->status == ORCH_OK)
        sql->status = quoted.status;
    pg_sql_release(&quoted);
}

static void put_find(const struct pg_table *t, struct pg_sql *sql, PGconn *connection)
{
    pg_sql_put(sql, "SELECT coalesce(n.nspname, ");
    if (*t->schema)
        pg_sql_literal(sql, connection, t->schema);
    else
        /* A role named orchestra has the ledger's schema first in its path: data goes past it. */
        pg_sql_put(sql, "(SELECT s FROM unnest(current_schemas(false)) WITH ORDINALITY AS p(s, i)"
                        " WHERE s <> 'orchestra' ORDER BY i LIMIT 1)");
    pg_sql_put(sql, "), c.oid, c.relkind, ");
    if (*t->schema) {
        pg_sql_put(sql, "to_regnamespace(");
        put_quoted_name(sql, connection, t->schema, "");
        pg_sql_put(sql, ") IS NOT NULL");
    } else {
        pg_sql_put(sql, "true");
    }
    pg_sql_put(sql, " FROM (SELECT to_regclass(");
    put_quoted_name(sql, connection, t->schema, t->name);
    pg_sql_put(sql, ")::oid AS id) AS r LEFT JOIN pg_catalog.pg_class c ON c.oid = r.id"
                    " LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace");
}

static orch_status table_take_row(struct pg_table *t, const PGresult *row, orch_error *err)
{
    if (PQgetisnull(row, 0, 0)) {
        orch_error_set(err, ORCH_ECONFIG, "table \"%s\" has no schema to be in", t->name);
        orch_error_hint(err, "name it \"schema.table\", or set the role's search_path");
        return ORCH_ECONFIG;
    }
    snprintf(t->schema, sizeof t->schema, "%s", PQgetvalue(row, 0, 0));
    snprintf(t->shown, sizeof t->shown, "%s.%s", t->schema, t->name);
    t->oid = (uint32_t)strtoul(PQgetvalue(row, 0, 1), NULL, 10);
    t->kind = PQgetisnull(row, 0, 2) ? 0 : PQgetvalue(row, 0, 2)[0];
    t->schema_exists = PQgetvalue(row, 0, 3)[0] == 't';
    return ORCH_OK;
}

orch_status pg_table_find(struct pg_table *t, struct pg_session *s, const char *target,
                          orch_error *err)
{
    struct pg_sql sql = {0};
    PGresult *row = NULL;
    orch_status st = table_split(t, target, err);

    if (st != ORCH_OK)
        return st;
    put_find(t, &sql, s->connection);
    st = pg_run(s, &sql, &row, err, "cannot look for table %s", t->shown);
    if (st == ORCH_OK)
        st = table_take_row(t, row, err);
    PQclear(row);
    pg_sql_release(&sql);
    return st;
}

static orch_status column_take(struct pg_column *column, const struct ArrowSchema *field,
                               orch_error *err)
{
    size_t len = 0;
    const char *crs = orch_schema_metadata(field, ORCH_META_CRS, &len);

    column->name = field->name;
    column->given = pg_given_of(field->format);
    orch_status st = pg_name_check(field->name, "column", err);
    if (st != ORCH_OK)
        return st;
    if (column->given == 0)
        return orch_error_set(err, ORCH_ESCHEMA, "column \"%s\" has the unknown format \"%s\"",
                              field->name, field->format);
    column->kind = pg_kind_for(field, column->given);
    column->encoding = pg_encoding_of(column->given, column->kind);
    for (size_t i = 0; crs && column->kind == PG_GEOMETRY && i < len && i < 6; i++)
        if (crs[i] >= '0' && crs[i] <= '9')
            column->srid = column->srid * 10 + (uint32_t)(crs[i] - '0');
    return ORCH_OK;
}

orch_status pg_table_take_schema(struct pg_table *t, const struct ArrowSchema *schema,
                                 orch_error *err)
{
    size_t n = (size_t)schema->n_children;

    if (n == 0)
        return orch_error_set(err, ORCH_EINVAL, "there is no column to write into %s", t->shown);
    t->columns = calloc(n, sizeof *t->columns);
    if (!t->columns)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    t->n_columns = n;
    for (size_t i = 0; i < n; i++) {
        orch_status st = column_take(&t->columns[i], schema->children[i], err);
        if (st != ORCH_OK)
            return st;
    }
    return ORCH_OK;
}

void pg_table_release(struct pg_table *t)
{
    free(t->columns);
    *t = (struct pg_table){0};
}

void pg_table_put_name(const struct pg_table *t, struct pg_sql *sql, PGconn *connection)
{
    if (*t->schema) {
        pg_sql_name(sql, connection, t->schema);
        pg_sql_put(sql, ".");
    }
    pg_sql_name(sql, connection, t->name);
}

void pg_table_put_columns(const struct pg_table *t, struct pg_sql *sql, PGconn *connection,
                          const char *prefix, const size_t *picked, size_t n)
{
    size_t count = picked ? n : t->n_columns;

    for (size_t i = 0; i < count; i++) {
        pg_sql_put(sql, i ? ", " : "");
        pg_sql_put(sql, prefix);
        pg_sql_name(sql, connection, t->columns[picked ? picked[i] : i].name);
    }
}

void pg_table_put_copy(const struct pg_table *t, struct pg_sql *sql, PGconn *connection)
{
    pg_sql_put(sql, "COPY ");
    pg_table_put_name(t, sql, connection);
    pg_sql_put(sql, " (");
    pg_table_put_columns(t, sql, connection, "", NULL, 0);
    pg_sql_put(sql, ") FROM STDIN (FORMAT binary)");
}
