/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_sql.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool sql_reserve(struct pg_sql *sql, size_t more)
{
    if (sql->status != ORCH_OK)
        return false;
    if (more < sql->capacity - sql->len)
        return true;
    size_t capacity = (sql->len + more + 1) * 2;
    char *text = more < SIZE_MAX / 4 - sql->len ? realloc(sql->text, capacity) : NULL;

    if (!text) {
        sql->status = ORCH_ENOMEM;
        return false;
    }
    sql->text = text;
    sql->capacity = capacity;
    return true;
}

void pg_sql_put(struct pg_sql *sql, const char *text)
{
    size_t len = strlen(text);

    if (!sql_reserve(sql, len))
        return;
    memcpy(sql->text + sql->len, text, len + 1);
    sql->len += len;
}

void pg_sql_format(struct pg_sql *sql, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    int len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0 || !sql_reserve(sql, (size_t)len))
        return;
    va_start(args, format);
    vsnprintf(sql->text + sql->len, (size_t)len + 1, format, args);
    va_end(args);
    sql->len += (size_t)len;
}

static void sql_put_quoted(struct pg_sql *sql, char *quoted)
{
    if (quoted)
        pg_sql_put(sql, quoted);
    else if (sql->status == ORCH_OK)
        sql->status = ORCH_EINVAL;
    PQfreemem(quoted);
}

void pg_sql_name(struct pg_sql *sql, PGconn *connection, const char *name)
{
    sql_put_quoted(sql, PQescapeIdentifier(connection, name, strlen(name)));
}

void pg_sql_literal(struct pg_sql *sql, PGconn *connection, const char *text)
{
    sql_put_quoted(sql, PQescapeLiteral(connection, text, strlen(text)));
}

void pg_sql_reset(struct pg_sql *sql)
{
    sql->len = 0;
    sql->status = ORCH_OK;
    if (sql->text)
        sql->text[0] = '\0';
}

void pg_sql_release(struct pg_sql *sql)
{
    free(sql->text);
    *sql = (struct pg_sql){0};
}
