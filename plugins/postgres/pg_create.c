/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "orch/builder.h"

#include "pg_table.h"

/* The metadata's text, provided that all of it is letters (or digits). */
static bool meta_word(const struct ArrowSchema *field, const char *key, bool digits,
                      char out[32])
{
    size_t len = 0;
    const char *text = orch_schema_metadata(field, key, &len);

    if (!text || len == 0 || len > (digits ? 6 : 31))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!(digits ? isdigit((unsigned char)text[i]) : isalpha((unsigned char)text[i])))
            return false;
    snprintf(out, 32, "%.*s", (int)len, text);
    return true;
}

static orch_status put_geometry_type(struct pg_sql *sql, struct pg_session *s,
                                     const struct ArrowSchema *field, orch_error *err)
{
    struct pg_sql query = {0};
    PGresult *result = NULL;
    char type[32] = "GEOMETRY", crs[32] = "0";

    pg_sql_put(&query, "SELECT n.nspname FROM pg_catalog.pg_type t"
                       " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace"
                       " WHERE t.typname = 'geometry' LIMIT 1");
    orch_status st = pg_run(s, &query, &result, err, "cannot look for PostGIS");
    if (st != ORCH_OK)
        goto done;
    if (PQntuples(result) == 0) {
        st = orch_error_set(err, ORCH_ECONFIG,
                            "column \"%s\" is a geometry, the database has no PostGIS",
                            field->name);
        orch_error_hint(err, "run \"create extension postgis\" in the database, or write to a "
                             "GeoPackage");
        goto done;
    }
    meta_word(field, ORCH_META_GEOMETRY, false, type);
    meta_word(field, ORCH_META_CRS, true, crs);
    pg_sql_name(sql, s->connection, PQgetvalue(result, 0, 0));
    pg_sql_format(sql, ".geometry(%s, %s)", type, crs);
done:
    PQclear(result);
    pg_sql_release(&query);
    return st;
}

orch_status pg_table_put_type(struct pg_sql *sql, struct pg_session *s,
                              const struct pg_column *column, const struct ArrowSchema *field,
                              orch_error *err)
{
    if (column->kind == PG_GEOMETRY)
        return put_geometry_type(sql, s, field, err);
    pg_sql_put(sql, pg_kind_name(column->kind));
    return ORCH_OK;
}

static void put_comments(const struct pg_table *t, struct pg_sql *sql, PGconn *connection,
                         const struct ArrowSchema *schema, const char *comment)
{
    char text[1024];

    if (comment) {
        pg_sql_put(sql, "; COMMENT ON TABLE ");
        pg_table_put_name(t, sql, connection);
        pg_sql_put(sql, " IS ");
        pg_sql_literal(sql, connection, comment);
    }
    for (int64_t i = 0; i < schema->n_children; i++) {
        size_t len = 0;
        const char *said = orch_schema_metadata(schema->children[i], ORCH_META_COMMENT, &len);

        if (!said || len >= sizeof text)
            continue;
        snprintf(text, sizeof text, "%.*s", (int)len, said);
        pg_sql_put(sql, "; COMMENT ON COLUMN ");
        pg_table_put_name(t, sql, connection);
        pg_sql_put(sql, ".");
        pg_sql_name(sql, connection, schema->children[i]->name);
        pg_sql_put(sql, " IS ");
        pg_sql_literal(sql, connection, text);
    }
}

static orch_status put_definitions(struct pg_table *t, struct pg_sql *sql, struct pg_session *s,
                                   const struct ArrowSchema *schema, orch_error *err)
{
    for (size_t i = 0; i < t->n_columns; i++) {
        const struct pg_column *column = &t->columns[i];

        pg_sql_put(sql, i ? ", " : "");
        pg_sql_name(sql, s->connection, column->name);
        pg_sql_put(sql, " ");
        orch_status st = pg_table_put_type(sql, s, column, schema->children[i], err);
        if (st != ORCH_OK)
            return st;
        pg_sql_put(sql, column->required ? " NOT NULL" : "");
    }
    return ORCH_OK;
}

/* Who creates a table at the moment another session does meets it in an index of the catalogue. */
static orch_status another_was_first(orch_status st, orch_error *err)
{
    if (st == ORCH_OK || err == NULL || strcmp(err->sqlstate, "23505") != 0)
        return st;
    err->code = ORCH_EBUSY;
    err->flags |= ORCH_ERROR_RETRYABLE;
    orch_error_hint(err, "another session just created it; try again");
    return ORCH_EBUSY;
}

orch_status pg_table_create(struct pg_table *t, struct pg_session *s,
                            const struct ArrowSchema *schema, const char *comment,
                            orch_error *err)
{
    struct pg_sql sql = {0};

    if (!t->schema_exists) {
        pg_sql_put(&sql, "CREATE SCHEMA ");
        pg_sql_name(&sql, s->connection, t->schema);
        pg_sql_put(&sql, "; ");
    }
    pg_sql_put(&sql, "CREATE TABLE ");
    pg_table_put_name(t, &sql, s->connection);
    pg_sql_put(&sql, " (");
    orch_status st = put_definitions(t, &sql, s, schema, err);
    if (st != ORCH_OK)
        goto done;
    pg_sql_put(&sql, ")");
    put_comments(t, &sql, s->connection, schema, comment);
    st = pg_run(s, &sql, NULL, err, "cannot create table %s", t->shown);
    st = another_was_first(st, err);
    if (st != ORCH_OK)
        goto done;
    t->created = true;
    t->schema_exists = true;
    t->kind = 'r';
done:
    pg_sql_release(&sql);
    return st;
}
