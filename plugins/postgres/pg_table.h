/* SPDX-License-Identifier: Apache-2.0 */
/* A table of the database, found by name, created or compared with the batches' schema.
 *
 * Invariants: `columns` has one entry for each field of the batches, in their order; their names
 * are borrowed from the schema given to pg_table_take_schema. */
#ifndef PG_TABLE_H
#define PG_TABLE_H

#include "pg_kind.h"
#include "pg_session.h"

#define PG_NAME_MAX 63 /* bytes; PostgreSQL cuts longer names without a word */

struct pg_table {
    char schema[PG_NAME_MAX + 1];
    char name[PG_NAME_MAX + 1];
    char shown[2 * PG_NAME_MAX + 2]; /* "mobility.traffic" */
    char kind;                       /* pg_class.relkind; 0: there is no such table */
    bool schema_exists;
    bool created; /* in this transaction */
    uint32_t oid;
    struct pg_column *columns;
    size_t n_columns;
};

/* ORCH_ECONFIG: empty or longer than PG_NAME_MAX. `what`: "column", "table". */
orch_status pg_name_check(const char *name, const char *what, orch_error *err);

/* Looks for "schema.table" or "table"; a table that does not exist is no error. */
orch_status pg_table_find(struct pg_table *t, struct pg_session *s, const char *target,
                          orch_error *err);
/* Makes columns of the fields, not yet compared with the table. */
orch_status pg_table_take_schema(struct pg_table *t, const struct ArrowSchema *schema,
                                 orch_error *err);
void pg_table_release(struct pg_table *t);

/* Creates schema and table with the columns' natural types. ORCH_ECONFIG: geometry without
 * PostGIS. `comment` may be NULL. */
orch_status pg_table_create(struct pg_table *t, struct pg_session *s,
                            const struct ArrowSchema *schema, const char *comment,
                            orch_error *err);
/* Adds a column of natural type for each field that the table lacks. */
orch_status pg_table_widen(struct pg_table *t, struct pg_session *s,
                           const struct ArrowSchema *schema, orch_error *err);
/* Compares columns with the table that exists and fills in their kinds. ORCH_ESCHEMA: detail
 * lists every difference. `keys` are indices of columns that need a unique index (n 0: none). */
orch_status pg_table_fit(struct pg_table *t, struct pg_session *s, const size_t *keys,
                         size_t n_keys, orch_error *err);

/* Pieces of statements: the qualified name; the columns, each after `prefix` ("s."), all or only
 * those of `picked`. */
void pg_table_put_name(const struct pg_table *t, struct pg_sql *sql, PGconn *connection);
void pg_table_put_columns(const struct pg_table *t, struct pg_sql *sql, PGconn *connection,
                          const char *prefix, const size_t *picked, size_t n);
/* COPY name (columns) FROM STDIN. */
void pg_table_put_copy(const struct pg_table *t, struct pg_sql *sql, PGconn *connection);
/* The type a field gets in a table of ours. */
orch_status pg_table_put_type(struct pg_sql *sql, struct pg_session *s,
                              const struct pg_column *column, const struct ArrowSchema *field,
                              orch_error *err);

#endif
