/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_watermark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

static const char anew[] = "read everything again with --from-start";

static orch_status no_memory(orch_error *err)
{
    return orch_error_set(err, ORCH_ENOMEM, "out of memory");
}

/* The unit behind the digits, "" for none; NULL: it is no such thing. What it may be, the server
 * takes as an interval. */
static const char *unit_of(const char *overlap)
{
    static const char *const units[] = {"", "s", "m", "h", "d"};
    size_t digits = strspn(overlap, "0123456789");

    for (size_t i = 0; digits > 0 && i < sizeof units / sizeof units[0]; i++)
        if (strcmp(overlap + digits, units[i]) == 0)
            return units[i];
    return NULL;
}

static orch_status no_overlap(const struct pg_watermark *w, const char *why, orch_error *err)
{
    orch_error_set(err, ORCH_ECONFIG, "watermark_overlap \"%s\" %s", w->overlap, why);
    orch_error_hint(err, "for a column of times write \"90s\", \"10m\", \"2h\" or \"1d\", for "
                         "numbers \"1000\"");
    return ORCH_ECONFIG;
}

orch_status pg_watermark_open(struct pg_watermark *w, const orch_host *host, orch_error *err)
{
    w->column = host->option(host, "watermark", 0, NULL);
    w->overlap = host->option(host, "watermark_overlap", 0, NULL);
    if (w->column && !w->overlap) {
        orch_error_set(err, ORCH_ECONFIG, "a watermark needs the option watermark_overlap");
        orch_error_hint(err, "say how far below the watermark rows may still appear (\"10m\", "
                             "\"1000\"), and load with a key; \"0s\" or \"0\" if none can");
        return ORCH_ECONFIG;
    }
    if (w->overlap && !w->column)
        return orch_error_set(err, ORCH_ECONFIG, "watermark_overlap is nothing without watermark");
    if (w->overlap && !unit_of(w->overlap))
        return no_overlap(w, "is no number with or without a unit", err);
    return ORCH_OK;
}

void pg_watermark_release(struct pg_watermark *w)
{
    free(w->query);
    free(w->position);
    w->query = w->position = NULL;
}

/* ---- the column ---------------------------------------------------------------------------- */

struct measure {
    const char *type;    /* of what the column is compared with; NULL: it cannot be compared */
    const char *overlap; /* the type that is subtracted from it */
    bool time;
};

static struct measure measure_of(enum pg_kind kind)
{
    switch (kind) {
    case PG_INT2:
    case PG_INT4:
    case PG_INT8:
        return (struct measure){"int8", "int8", false};
    case PG_NUMERIC:
        return (struct measure){"numeric", "numeric", false};
    case PG_DATE:
        return (struct measure){"date", "interval", true};
    case PG_TIMESTAMP:
        return (struct measure){"timestamp", "interval", true};
    case PG_TIMESTAMPTZ:
        return (struct measure){"timestamptz", "interval", true};
    default:
        return (struct measure){0};
    }
}

static orch_status overlap_fits(const struct pg_watermark *w, const struct measure *m,
                                orch_error *err)
{
    bool unit = *unit_of(w->overlap) != '\0';

    if (m->time == unit)
        return ORCH_OK;
    return no_overlap(w, unit ? "has a unit, and the column is one of numbers"
                              : "has no unit, and the column is one of times", err);
}

static orch_status column_find(const struct pg_watermark *w, const struct pg_scan *scan,
                               struct measure *out, orch_error *err)
{
    for (size_t i = 0; i < scan->n_columns; i++) {
        if (strcmp(scan->columns[i].name, w->column) != 0)
            continue;
        *out = measure_of(scan->columns[i].kind);
        if (out->type)
            return overlap_fits(w, out, err);
        orch_error_set(err, ORCH_ECONFIG, "column \"%s\" of %s cannot be a watermark", w->column,
                       scan->shown);
        orch_error_hint(err, "a watermark is a column of numbers, dates or times that grows");
        return ORCH_ECONFIG;
    }
    orch_error_set(err, ORCH_ECONFIG, "%s has no column \"%s\" for the watermark", scan->shown,
                   w->column);
    orch_error_hint(err, "correct the option watermark");
    return ORCH_ECONFIG;
}

/* ---- positions ----------------------------------------------------------------------------- */

static const char *member(const json_t *position, const char *name)
{
    const char *text = json_string_value(json_object_get(position, name));
    return text ? text : "";
}

static orch_status position_take(const struct pg_watermark *w, const struct pg_scan *scan,
                                 const char *of, const orch_read_request *request, char **after,
                                 orch_error *err)
{
    json_t *position = json_loadb(request->state, request->state_len, 0, NULL);
    bool fits = strcmp(member(position, "watermark"), w->column) == 0 &&
                strcmp(member(position, "of"), of) == 0 && *member(position, "after");

    if (fits) {
        *after = strdup(member(position, "after"));
    } else {
        orch_error_set(err, ORCH_ECONFIG, "the position of the last run is not one of column "
                                          "\"%s\" of %s", w->column, scan->shown);
        orch_error_detail(err, "%.*s", (int)request->state_len, request->state);
        orch_error_hint(err, "%s", anew);
    }
    json_decref(position);
    if (!fits)
        return ORCH_ECONFIG;
    return *after ? ORCH_OK : no_memory(err);
}

static orch_status position_make(struct pg_watermark *w, const char *of, const char *after,
                                 orch_error *err)
{
    json_t *position = json_pack("{s:s, s:s, s:s}", "watermark", w->column, "of", of, "after",
                                 after);

    w->position = position ? json_dumps(position, JSON_COMPACT) : NULL;
    json_decref(position);
    return w->position ? ORCH_OK : no_memory(err);
}

/* ---- what came since ----------------------------------------------------------------------- */

static void put_column(struct pg_sql *sql, PGconn *connection, const struct pg_watermark *w)
{
    pg_sql_put(sql, "q.");
    pg_sql_name(sql, connection, w->column);
}

static void put_after(struct pg_sql *sql, PGconn *connection, const struct measure *m,
                      const char *after)
{
    pg_sql_literal(sql, connection, after);
    pg_sql_format(sql, "::%s", m->type);
}

static void put_since(struct pg_sql *sql, PGconn *connection, const struct pg_watermark *w,
                      const struct measure *m, const char *after)
{
    put_column(sql, connection, w);
    pg_sql_put(sql, " > ");
    put_after(sql, connection, m, after);
    pg_sql_put(sql, " - ");
    pg_sql_literal(sql, connection, w->overlap);
    pg_sql_format(sql, "::%s", m->overlap);
}

/* The highest watermark that is there, the last one's included, and the rows without one. */
static orch_status ask_highest(const struct pg_watermark *w, const struct pg_scan *scan,
                               const char *query, const struct measure *m, const char *after,
                               PGresult **out, orch_error *err)
{
    PGconn *connection = scan->session->connection;
    struct pg_sql sql = {0};

    pg_sql_put(&sql, "SELECT greatest(max(");
    put_column(&sql, connection, w);
    pg_sql_put(&sql, ")");
    if (after) {
        pg_sql_put(&sql, ", ");
        put_after(&sql, connection, m, after);
    }
    pg_sql_put(&sql, ")::text, count(*) FILTER (WHERE ");
    put_column(&sql, connection, w);
    pg_sql_put(&sql, " IS NULL) FROM (");
    pg_sql_put(&sql, query);
    pg_sql_put(&sql, "\n) AS q");
    if (after) {
        pg_sql_put(&sql, " WHERE ");
        put_since(&sql, connection, w, m, after);
        pg_sql_put(&sql, " OR ");
        put_column(&sql, connection, w);
        pg_sql_put(&sql, " IS NULL");
    }
    orch_status st = pg_run(scan->session, &sql, out, err,
                            "cannot find the highest \"%s\" of %s", w->column, scan->shown);
    pg_sql_release(&sql);
    return st;
}

/* Nothing is above infinity, and nothing comes after NaN. */
static bool is_end(const char *highest)
{
    return strcasestr(highest, "infinity") != NULL || strcasecmp(highest, "NaN") == 0;
}

static orch_status check_highest(const struct pg_watermark *w, const struct pg_scan *scan,
                                 const char *highest, const char *nulls, orch_error *err)
{
    if (strcmp(nulls, "0") != 0) {
        orch_error_set(err, ORCH_EDATA, "the watermark \"%s\" of %s is null in %s row%s",
                       w->column, scan->shown, nulls, strcmp(nulls, "1") == 0 ? "" : "s");
        orch_error_hint(err, "a later run could not find them: say in a query what they count as, "
                             "coalesce(%s, ...), or take another column", w->column);
        return ORCH_EDATA;
    }
    if (!is_end(highest))
        return ORCH_OK;
    orch_error_set(err, ORCH_EDATA, "the highest watermark \"%s\" of %s is %s", w->column,
                   scan->shown, highest);
    orch_error_hint(err, "nothing could come after it: leave such rows out by a query");
    return ORCH_EDATA;
}

static orch_status make_query(struct pg_watermark *w, const struct pg_scan *scan,
                              const char *query, const struct measure *m, const char *after,
                              orch_error *err)
{
    struct pg_sql sql = {0};

    pg_sql_put(&sql, "SELECT * FROM (");
    pg_sql_put(&sql, query);
    pg_sql_put(&sql, "\n) AS q");
    if (after) {
        pg_sql_put(&sql, " WHERE ");
        put_since(&sql, scan->session->connection, w, m, after);
    }
    if (sql.status != ORCH_OK) {
        pg_sql_release(&sql);
        return no_memory(err);
    }
    w->query = sql.text; /* ownership moves */
    return ORCH_OK;
}

static orch_status begin_after(struct pg_watermark *w, const struct pg_scan *scan,
                               const char *query, const char *of, const char *after,
                               orch_error *err)
{
    PGresult *highest = NULL;
    struct measure m;
    orch_status st = column_find(w, scan, &m, err);

    if (st == ORCH_OK)
        st = ask_highest(w, scan, query, &m, after, &highest, err);
    if (st == ORCH_OK)
        st = check_highest(w, scan, PQgetvalue(highest, 0, 0), PQgetvalue(highest, 0, 1), err);
    if (st == ORCH_OK && !PQgetisnull(highest, 0, 0))
        st = position_make(w, of, PQgetvalue(highest, 0, 0), err);
    PQclear(highest);
    return st == ORCH_OK ? make_query(w, scan, query, &m, after, err) : st;
}

orch_status pg_watermark_begin(struct pg_watermark *w, const struct pg_scan *scan,
                               const char *query, const char *of,
                               const orch_read_request *request, orch_error *err)
{
    char *after = NULL;
    orch_status st = ORCH_OK;

    if (request->state && !w->column) {
        orch_error_set(err, ORCH_ECONFIG, "the last run kept a position, but no watermark is set");
        orch_error_detail(err, "%.*s", (int)request->state_len, request->state);
        orch_error_hint(err, "set the option watermark again, or %s", anew);
        return ORCH_ECONFIG;
    }
    if (!w->column)
        return ORCH_OK;
    if (request->state)
        st = position_take(w, scan, of, request, &after, err);
    if (st == ORCH_OK)
        st = begin_after(w, scan, query, of, after, err);
    free(after);
    return st;
}
