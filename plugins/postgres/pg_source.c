/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_source.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg_scan.h"
#include "pg_table.h"
#include "pg_watermark.h"

#define DEFAULT_BYTES (INT64_C(1) << 20)

struct orch_source {
    const orch_host *host;
    atomic_bool interrupted;
    struct pg_session session; /* for describe and check */
    char *query;               /* without semicolon; NULL until known */
    char shown[2 * PG_NAME_MAX + 2];
    struct pg_watermark watermark;
};

struct orch_reader {
    orch_source *owner;
    struct pg_session session; /* its own: a COPY takes the whole connection */
    struct pg_scan scan;
    struct pg_watermark watermark;
    bool placed;         /* the position was given */
    int64_t rows, bytes; /* of a batch */
};

static const char *option_text(const orch_host *host, const char *name)
{
    size_t len = 0;

    return host->option(host, name, 0, &len);
}

/* A semicolon ends a statement of its own, ours goes on behind the query. */
static orch_status source_take_query(orch_source *s, const char *query, orch_error *err)
{
    size_t len = strlen(query);

    while (len > 0 && (isspace((unsigned char)query[len - 1]) || query[len - 1] == ';'))
        len--;
    if (len == 0)
        return orch_error_set(err, ORCH_ECONFIG, "option query is empty");
    s->query = strndup(query, len);
    snprintf(s->shown, sizeof s->shown, "the query");
    return s->query ? ORCH_OK : orch_error_set(err, ORCH_ENOMEM, "out of memory");
}

static void source_close(orch_source *s)
{
    pg_session_close(&s->session);
    free(s->query);
    free(s);
}

static orch_status source_open(const orch_host *host, orch_source **out, orch_error *err)
{
    const char *query = option_text(host, "query");
    const char *table = option_text(host, "table");

    if (!query == !table) {
        orch_error_set(err, ORCH_ECONFIG, "a postgres source needs either query or table");
        orch_error_hint(err, "set table = \"schema.table\" or query = \"select ...\"");
        return ORCH_ECONFIG;
    }
    orch_status st = pg_session_check(host, err);
    if (st != ORCH_OK)
        return st;
    orch_source *s = calloc(1, sizeof *s);
    if (!s)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    s->host = host;
    atomic_init(&s->interrupted, false);
    s->session.host = host;
    s->session.interrupted = &s->interrupted;
    st = pg_watermark_open(&s->watermark, host, err);
    if (st == ORCH_OK && query)
        st = source_take_query(s, query, err);
    if (st != ORCH_OK) {
        source_close(s);
        return st;
    }
    *out = s;
    return ORCH_OK;
}

static void source_interrupt(orch_source *s)
{
    atomic_store_explicit(&s->interrupted, true, memory_order_release);
}

/* The query that reads the table of the option, once a connection can tell its schema. */
static orch_status source_find_table(orch_source *s, struct pg_session *session, orch_error *err)
{
    struct pg_table t = {0};
    struct pg_sql sql = {0};

    if (s->query)
        return ORCH_OK;
    orch_status st = pg_table_find(&t, session, option_text(s->host, "table"), err);
    if (st != ORCH_OK)
        return st;
    if (t.kind == 0) {
        orch_error_set(err, ORCH_ECONFIG, "there is no table %s", t.shown);
        orch_error_detail(err, "in database %s at %s", PQdb(session->connection),
                          session->place);
        orch_error_hint(err, "correct the option table");
        return ORCH_ECONFIG;
    }
    pg_sql_put(&sql, "SELECT * FROM ");
    pg_table_put_name(&t, &sql, session->connection);
    if (sql.status != ORCH_OK)
        return orch_error_set(err, sql.status, "out of memory");
    s->query = sql.text; /* ownership moves */
    memcpy(s->shown, t.shown, sizeof s->shown);
    return ORCH_OK;
}

static orch_status source_scan(orch_source *s, struct pg_session *session, struct pg_scan *scan,
                               orch_error *err)
{
    struct pg_sql sql = {0};
    orch_status st = pg_session_open(session, err);

    if (st != ORCH_OK)
        return st;
    /* One snapshot for describing and reading, and a query that cannot change anything. */
    pg_sql_put(&sql, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    st = pg_run(session, &sql, NULL, err, "cannot begin to read at %s", session->place);
    if (st == ORCH_OK)
        st = source_find_table(s, session, err);
    if (st == ORCH_OK)
        st = pg_scan_describe(scan, session, s->query, s->shown, err);
    pg_sql_release(&sql);
    return st;
}

static orch_status scan_schema(const struct pg_scan *scan, struct ArrowSchema *out,
                               orch_error *err)
{
    struct ArrowSchema schema = {0};
    orch_status st = orch_schema_init(&schema);

    for (size_t i = 0; i < scan->n_columns && st == ORCH_OK; i++)
        st = orch_schema_add(&schema, scan->columns[i].name,
                             scan->columns[i].as_text ? ORCH_FORMAT_UTF8
                                                      : pg_kind_format(scan->columns[i].kind));
    if (st == ORCH_OK) {
        *out = schema;
        return ORCH_OK;
    }
    if (schema.release)
        schema.release(&schema);
    return orch_error_set(err, st, "out of memory");
}

static orch_status source_describe(orch_source *s, const char *stream, struct ArrowSchema *out,
                                   orch_error *err)
{
    struct pg_scan scan = {0};

    if (stream)
        return orch_error_set(err, ORCH_EINVAL, "a postgres source has one stream without name");
    orch_status st = source_scan(s, &s->session, &scan, err);
    if (st == ORCH_OK)
        st = scan_schema(&scan, out, err);
    pg_scan_release(&scan);
    pg_session_rest(&s->session);
    return st;
}

static orch_status source_check(orch_source *s, orch_error *err)
{
    struct pg_scan scan = {0};
    orch_status st = source_scan(s, &s->session, &scan, err);

    pg_scan_release(&scan);
    pg_session_rest(&s->session);
    return st;
}

static void reader_free(orch_reader *r)
{
    pg_watermark_release(&r->watermark);
    pg_scan_release(&r->scan);
    pg_session_close(&r->session);
    free(r);
}

/* What is read, as the script says it. */
static const char *source_of(const orch_source *s)
{
    const char *query = option_text(s->host, "query");

    return query ? query : s->shown;
}

static int64_t smaller_set(int64_t a, int64_t b)
{
    return b > 0 && b < a ? b : a;
}

static orch_status source_read(orch_source *s, const orch_read_request *request,
                               orch_reader **out, orch_error *err)
{
    orch_reader *r = calloc(1, sizeof *r);

    if (!r)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    r->owner = s;
    r->watermark = s->watermark;
    r->session = s->session; /* the connection of describe, if any, is taken over */
    s->session.connection = NULL;
    r->rows = smaller_set(pg_option_int(s->host, "fetch_rows"), request->target_rows);
    r->bytes = smaller_set(request->target_bytes > 0 ? INT64_MAX / 2 : DEFAULT_BYTES,
                           request->target_bytes);
    orch_status st = source_scan(s, &r->session, &r->scan, err);
    if (st == ORCH_OK)
        st = pg_watermark_begin(&r->watermark, &r->scan, s->query, source_of(s), request, err);
    if (st == ORCH_OK && request->columns)
        st = pg_scan_pick(&r->scan, request->columns, request->n_columns, err);
    if (st == ORCH_OK)
        st = pg_scan_begin(&r->scan, r->watermark.query ? r->watermark.query : s->query, err);
    if (st != ORCH_OK) {
        reader_free(r);
        return st;
    }
    *out = r;
    return ORCH_OK;
}

static orch_status reader_schema(orch_reader *r, struct ArrowSchema *out, orch_error *err)
{
    return scan_schema(&r->scan, out, err);
}

static orch_status reader_next(orch_reader *r, struct ArrowArray *out, orch_batch_info *info,
                               orch_error *err)
{
    orch_status st = pg_scan_fill(&r->scan, r->rows, r->bytes, err);
    /* The position is that of all rows: it comes behind them, with an empty batch. */
    bool place = st == ORCH_END && r->watermark.position && !r->placed;

    if (st != ORCH_OK && !place)
        return st;
    r->placed = place;
    st = orch_builder_take(r->scan.builder, out);
    if (st != ORCH_OK)
        return orch_error_set(err, st, "out of memory");
    info->input = 0;
    info->first_record = r->scan.first;
    info->source_bytes = r->scan.bytes;
    info->state = place ? r->watermark.position : NULL;
    info->state_len = place ? strlen(r->watermark.position) : 0;
    return ORCH_OK;
}

static void reader_end(orch_reader *r)
{
    pg_session_rest(&r->session);
    reader_free(r);
}

const orch_source_ops pg_source_ops = {
    .struct_size = sizeof(orch_source_ops),
    .open = source_open,
    .close = source_close,
    .check = source_check,
    .describe = source_describe,
    .read = source_read,
    .schema = reader_schema,
    .next = reader_next,
    .end = reader_end,
    .interrupt = source_interrupt,
};
