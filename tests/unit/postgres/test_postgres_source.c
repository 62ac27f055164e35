/* SPDX-License-Identifier: Apache-2.0 */
/* Reading tables and queries. */
#include <pthread.h>

#include "pg_fixture.h"

struct source {
    struct fake_host fake;
    const orch_source_ops *ops;
    orch_source *self;
    orch_reader *reader;
    orch_error err;
};

static void source_make(struct source *s, const struct fake_option *options)
{
    *s = (struct source){.ops = load_connector()->source, .err = ORCH_ERROR_INIT};
    fake_init(&s->fake, options);
    assert_ok(s->ops->open(&s->fake.host, &s->self, &s->err), &s->err);
}

static void source_free(struct source *s)
{
    if (s->reader)
        s->ops->end(s->reader);
    s->ops->close(s->self);
}

/* Appends "name:format " for each column. */
static void schema_show(const struct ArrowSchema *schema, char *out, size_t size)
{
    for (int64_t i = 0; i < schema->n_children; i++)
        snprintf(out + strlen(out), size - strlen(out), "%s:%s ", schema->children[i]->name,
                 schema->children[i]->format);
}

static void value_show(const orch_view *view, size_t i, int64_t row, char *out, size_t size)
{
    size_t len = 0;
    const char *bytes;

    if (orch_view_is_null(view, i, row)) {
        snprintf(out, size, "-");
        return;
    }
    switch (view->columns[i].type) {
    case ORCH_VIEW_BOOL:
        snprintf(out, size, "%s", orch_view_bool(view, i, row) ? "t" : "f");
        break;
    case ORCH_VIEW_INT:
        snprintf(out, size, "%lld", (long long)orch_view_int(view, i, row));
        break;
    case ORCH_VIEW_FLOAT:
        snprintf(out, size, "%g", orch_view_float(view, i, row));
        break;
    case ORCH_VIEW_DATE:
        snprintf(out, size, "%d", (int)orch_view_date(view, i, row));
        break;
    case ORCH_VIEW_TIMESTAMP:
        snprintf(out, size, "%lld", (long long)orch_view_timestamp(view, i, row));
        break;
    default:
        bytes = orch_view_binary(view, i, row, &len);
        snprintf(out, size, "%.*s", (int)len, bytes);
    }
}

static void batch_show(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                       char *out, size_t size)
{
    orch_error err = ORCH_ERROR_INIT;
    orch_view view;

    assert_ok(orch_view_init(&view, schema, batch, &err), &err);
    for (int64_t row = 0; row < view.rows; row++)
        for (size_t i = 0; i < view.n_columns; i++) {
            size_t len = strlen(out);
            value_show(&view, i, row, out + len, size - len);
            strncat(out, i + 1 < view.n_columns ? "|" : "\n", size - strlen(out) - 1);
        }
    orch_view_release(&view);
}

static orch_status source_begin(struct source *s, const char *const *columns, size_t n)
{
    orch_read_request request = {
        .struct_size = sizeof request, .columns = columns, .n_columns = n};

    return s->ops->read(s->self, &request, &s->reader, &s->err);
}

/* Everything the source gives, as text; static. */
static const char *read_all(const struct fake_option *options, const char *const *columns,
                            size_t n)
{
    static char out[4096];
    struct source s;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    orch_batch_info info = {.struct_size = sizeof info};
    orch_status st;

    out[0] = '\0';
    source_make(&s, options);
    assert_ok(source_begin(&s, columns, n), &s.err);
    assert_ok(s.ops->schema(s.reader, &schema, &s.err), &s.err);
    while ((st = s.ops->next(s.reader, &batch, &info, &s.err)) == ORCH_OK) {
        batch_show(&schema, &batch, out, sizeof out);
        batch.release(&batch);
    }
    if (st != ORCH_END)
        show_error(&s.err);
    assert_int_equal(st, ORCH_END);
    schema.release(&schema);
    source_free(&s);
    return out;
}

#define EVERY                                                                                     \
    "CREATE TABLE every (a smallint, b integer, c bigint, d real, e double precision, f "         \
    "numeric, g boolean, h date, i timestamp, j timestamptz, k text, l varchar(9), m char(4), n "  \
    "uuid, o json, p bytea, q integer[], r interval, s time);"                                    \
    "INSERT INTO every VALUES (-1, 2147483647, -9223372036854775808, 0.5, 1e300, "                \
    "12345678901234567890.00100, true, '2024-02-29', '1999-12-31 23:59:59.5', '2024-01-01 "        \
    "00:00:00+01', 'caf\xc3\xa9', 'v', 'c', '12345678-1234-1234-1234-123456789abc', '{\"a\": 1}'," \
    " 'bytes', '{1,2}', '1 day 2 hours', '12:34:56');"           \
    "INSERT INTO every (a) VALUES (NULL), (2)"

static void every_type_comes_as_the_profile_has_it(void **state)
{
    const struct fake_option options[] = {{"table", "every"}, {NULL, NULL}};
    char text[1024] = "";
    struct source s;
    struct ArrowSchema schema;
    (void)state;
    skip_without_server();
    psql(EVERY);
    source_make(&s, options);
    assert_ok(s.ops->describe(s.self, NULL, &schema, &s.err), &s.err);
    schema_show(&schema, text, sizeof text);
    schema.release(&schema);
    assert_string_equal(text, "a:l b:l c:l d:g e:g f:u g:b h:tdD i:tsu:UTC j:tsu:UTC k:u l:u m:u "
                              "n:u o:u p:z q:u r:u s:u ");
    assert_int_equal(s.ops->describe(s.self, "x", &schema, &s.err), ORCH_EINVAL);
    source_free(&s);
    assert_string_equal(
        read_all(options, NULL, 0),
        "-1|2147483647|-9223372036854775808|0.5|1e+300|12345678901234567890.00100|t|19782|"
        "946684799500000|1704063600000000|caf\xc3\xa9|v|c|12345678-1234-1234-1234-123456789abc|"
        "{\"a\": 1}|bytes|{1,2}|P1DT2H|12:34:56\n"
        "-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-\n"
        "2|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-|-\n");
}

static void only_the_columns_asked_for_are_fetched_in_their_order(void **state)
{
    const char *columns[] = {"B c", "a"};
    (void)state;
    skip_without_server();
    const struct fake_option options[] = {
        {"query", "SELECT 1 AS a, 'x'::text AS \"B c\", 1 / (n - n) AS never FROM "
                  "generate_series(1, 2) AS n -- the end ;\n ; "},
        {NULL, NULL}};
    assert_string_equal(read_all(options, columns, 2), "x|1\nx|1\n");
    const char *unknown[] = {"missing"};
    struct source s;
    struct ArrowSchema schema;
    source_make(&s, options);
    assert_ok(s.ops->describe(s.self, NULL, &schema, &s.err), &s.err);
    schema.release(&schema);
    assert_int_equal(source_begin(&s, unknown, 1), ORCH_ESCHEMA);
    assert_string_equal(s.err.message, "the query has no column \"missing\"");
    assert_string_equal(s.err.detail, "its columns: a, B c, never");
    assert_ok(source_begin(&s, columns, 2), &s.err);
    source_free(&s);
}

static void no_columns_asked_for_still_counts_rows(void **state)
{
    const struct fake_option options[] = {{"query", "SELECT 1 AS a UNION ALL SELECT 2"},
                                          {NULL, NULL}};
    const char *columns[] = {NULL};
    struct source s;
    struct ArrowArray batch;
    orch_batch_info info = {.struct_size = sizeof info};
    (void)state;
    skip_without_server();
    source_make(&s, options);
    assert_ok(source_begin(&s, columns, 0), &s.err);
    assert_ok(s.ops->next(s.reader, &batch, &info, &s.err), &s.err);
    assert_int_equal(batch.length, 2);
    assert_int_equal(batch.n_children, 0);
    batch.release(&batch);
    source_free(&s);
}

static void batches_follow_on_and_keep_to_fetch_rows(void **state)
{
    const struct fake_option options[] = {
        {"query", "SELECT n::bigint, repeat('x', 100) AS t FROM generate_series(1, 10000) AS n"},
        {"fetch_rows", "3000"},
        {NULL, NULL}};
    struct source s;
    struct ArrowArray batch;
    orch_batch_info info = {.struct_size = sizeof info};
    int64_t rows = 0;
    (void)state;
    skip_without_server();
    source_make(&s, options);
    assert_ok(source_begin(&s, NULL, 0), &s.err);
    while (s.ops->next(s.reader, &batch, &info, &s.err) == ORCH_OK) {
        assert_true(batch.length <= 3000);
        assert_int_equal(info.first_record, rows + 1);
        rows += batch.length;
        batch.release(&batch);
    }
    assert_int_equal(rows, 10000);
    assert_true(info.source_bytes > 1000000);
    assert_int_equal(s.ops->next(s.reader, &batch, &info, &s.err), ORCH_END);
    source_free(&s);
}

static void infinity_is_a_reject_and_the_rest_goes_on(void **state)
{
    const struct fake_option options[] = {
        {"query", "SELECT * FROM (VALUES (1, 'today'::date, now()::timestamptz), (2, 'infinity', "
                  "now()), (3, 'today', '-infinity'), (4, 'today', '294270-01-01'), (5, 'today', "
                  "now())) AS v(n, d, t)"},
        {NULL, NULL}};
    struct source s;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    orch_batch_info info = {.struct_size = sizeof info};
    int64_t firsts[3] = {0};
    size_t n = 0;
    (void)state;
    skip_without_server();
    source_make(&s, options);
    assert_ok(source_begin(&s, NULL, 0), &s.err);
    assert_ok(s.ops->schema(s.reader, &schema, &s.err), &s.err);
    while (s.ops->next(s.reader, &batch, &info, &s.err) == ORCH_OK) {
        assert_int_equal(batch.length, 1);
        firsts[n++] = info.first_record;
        batch.release(&batch);
    }
    assert_int_equal(n, 2);
    assert_int_equal(firsts[0], 1);
    assert_int_equal(firsts[1], 5);
    assert_int_equal(s.fake.rejects, 3);
    assert_int_equal(s.fake.reject_record, 4);
    assert_string_equal(s.fake.reject_field, "t");
    assert_string_equal(s.fake.reject_rule, "range");
    schema.release(&schema);
    source_free(&s);
}

static void refuse_query(const char *query, orch_status code, const char *detail)
{
    const struct fake_option options[] = {{"query", query}, {NULL, NULL}};
    struct source s;
    struct ArrowSchema schema;

    source_make(&s, options);
    assert_int_equal(s.ops->describe(s.self, NULL, &schema, &s.err), code);
    assert_says(s.err.detail, detail);
    assert_says(s.err.message, "the query");
    source_free(&s);
}

static void queries_that_do_not_run_say_why(void **state)
{
    const struct fake_option none[] = {{NULL, NULL}};
    const struct fake_option both[] = {{"query", "SELECT 1"}, {"table", "t"}, {NULL, NULL}};
    const struct fake_option absent[] = {{"table", "absent"}, {NULL, NULL}};
    struct source s = {.ops = load_connector()->source, .err = ORCH_ERROR_INIT};
    struct ArrowSchema schema;
    (void)state;
    skip_without_server();
    refuse_query("SELECT * FROM nowhere", ORCH_ECONFIG, "relation \"nowhere\" does not exist");
    refuse_query("SELEC 1", ORCH_ECONFIG, "syntax error");
    refuse_query("SELECT 1) AS q; DROP TABLE every; SELECT (2", ORCH_ECONFIG, "");
    refuse_query("SELECT 1 AS a, 2 AS a", ORCH_ECONFIG, "");
    fake_init(&s.fake, none);
    assert_int_equal(s.ops->open(&s.fake.host, &s.self, &s.err), ORCH_ECONFIG);
    fake_init(&s.fake, both);
    assert_int_equal(s.ops->open(&s.fake.host, &s.self, &s.err), ORCH_ECONFIG);
    source_make(&s, absent);
    assert_int_equal(s.ops->describe(s.self, NULL, &schema, &s.err), ORCH_ECONFIG);
    assert_string_equal(s.err.message, "there is no table public.absent");
    source_free(&s);
}

static void an_error_in_the_middle_ends_the_reader(void **state)
{
    const struct fake_option options[] = {
        {"query", "SELECT 10000 / (15000 - n) AS x FROM generate_series(1, 20000) AS n"},
        {NULL, NULL}};
    struct source s;
    struct ArrowArray batch;
    orch_batch_info info = {.struct_size = sizeof info};
    orch_status st;
    int64_t rows = 0;
    (void)state;
    skip_without_server();
    source_make(&s, options);
    assert_ok(source_begin(&s, NULL, 0), &s.err);
    while ((st = s.ops->next(s.reader, &batch, &info, &s.err)) == ORCH_OK) {
        rows += batch.length;
        batch.release(&batch);
    }
    assert_int_equal(st, ORCH_EDATA);
    assert_true(rows > 0);
    assert_string_equal(s.err.message, "cannot read the query");
    assert_string_equal(s.err.detail, "division by zero");
    source_free(&s);
}

/* Reads three rows, the second with this text. */
static void read_text(const char *uri, const char *text, const char *raw)
{
    char query[200];
    struct source s;
    struct ArrowArray batch;
    orch_batch_info info = {.struct_size = sizeof info};
    int64_t rows = 0;

    snprintf(query, sizeof query, "VALUES ('a'), (%s), ('b')", text);
    const struct fake_option options[] = {{"uri", uri}, {"query", query}, {NULL, NULL}};
    source_make(&s, options);
    assert_ok(source_begin(&s, NULL, 0), &s.err);
    orch_status st;
    while ((st = s.ops->next(s.reader, &batch, &info, &s.err)) == ORCH_OK) {
        rows += batch.length;
        batch.release(&batch);
    }
    assert_int_equal(st, ORCH_END);
    assert_int_equal(rows, raw ? 2 : 3);
    assert_int_equal(s.fake.rejects, raw ? 1 : 0);
    assert_int_equal(s.fake.reject_record, raw ? 2 : 0);
    assert_string_equal(s.fake.reject_rule, raw ? "encoding" : "");
    assert_string_equal(s.fake.reject_field, raw ? "column1" : "");
    assert_string_equal(s.fake.reject_raw, raw ? raw : "");
    source_free(&s);
}

/* A database without encoding keeps any bytes. */
static void text_that_is_not_utf8_is_a_reject_and_the_rest_goes_on(void **state)
{
    char uri[256];
    (void)state;
    skip_without_server();
    psql("CREATE DATABASE plain ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE "
         "template0");
    snprintf(uri, sizeof uri, "host=%s dbname=plain", getenv("PGHOST"));
    read_text(uri, "E'caf\\303\\251 \\360\\237\\214\\263 \\355\\237\\277'", NULL);
    read_text(uri, "E'caf\\351 \\303\\251'", "caf\\xE9 é");
    read_text(uri, "E'a text of some length: \\303'", "a text of some length: \\xC3");
    read_text(uri, "E'\\300\\200'", "\\xC0\\x80");
    read_text(uri, "E'\\340\\237\\277'", "\\xE0\\x9F\\xBF");
    read_text(uri, "E'\\355\\240\\200'", "\\xED\\xA0\\x80");
    read_text(uri, "E'\\364\\220\\200\\200'", "\\xF4\\x90\\x80\\x80");
}

/* Else their bytes would be taken for UTF-8. */
static void texts_are_utf8_whatever_the_uri_says(void **state)
{
    char uri[256];
    (void)state;
    skip_without_server();
    snprintf(uri, sizeof uri, "host=%s client_encoding=LATIN1", getenv("PGHOST"));
    read_text(uri, "'é'", NULL);
}

static void *interrupt_soon(void *ctx)
{
    struct source *s = ctx;

    usleep(300000);
    s->ops->interrupt(s->self);
    return NULL;
}

static void an_interrupt_stops_a_slow_query_within_a_second(void **state)
{
    const struct fake_option options[] = {
        {"query", "SELECT n, pg_sleep(30) IS NULL AS b FROM generate_series(1, 2) AS n"},
        {NULL, NULL}};
    struct source s;
    struct ArrowArray batch;
    orch_batch_info info = {.struct_size = sizeof info};
    pthread_t thread;
    (void)state;
    skip_without_server();
    source_make(&s, options);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, &s), 0);
    int64_t start = now_ms();
    /* The server begins to answer with the first row: either call may be the one that waits. */
    orch_status st = source_begin(&s, NULL, 0);
    if (st == ORCH_OK)
        st = s.ops->next(s.reader, &batch, &info, &s.err);
    assert_int_equal(st, ORCH_ECANCELLED);
    assert_true(now_ms() - start < 1300);
    pthread_join(thread, NULL);
    source_free(&s);
    assert_string_equal(psql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"),
                        "0");
}

static void a_reader_may_end_early(void **state)
{
    const struct fake_option options[] = {
        {"query", "SELECT repeat('x', 1000) AS t FROM generate_series(1, 1000000)"},
        {NULL, NULL}};
    struct source s;
    struct ArrowArray batch;
    orch_batch_info info = {.struct_size = sizeof info};
    (void)state;
    skip_without_server();
    source_make(&s, options);
    assert_ok(source_begin(&s, NULL, 0), &s.err);
    assert_ok(s.ops->next(s.reader, &batch, &info, &s.err), &s.err);
    batch.release(&batch);
    int64_t start = now_ms();
    source_free(&s);
    assert_true(now_ms() - start < 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_as_the_profile_has_it),
        cmocka_unit_test(only_the_columns_asked_for_are_fetched_in_their_order),
        cmocka_unit_test(no_columns_asked_for_still_counts_rows),
        cmocka_unit_test(batches_follow_on_and_keep_to_fetch_rows),
        cmocka_unit_test(infinity_is_a_reject_and_the_rest_goes_on),
        cmocka_unit_test(queries_that_do_not_run_say_why),
        cmocka_unit_test(an_error_in_the_middle_ends_the_reader),
        cmocka_unit_test(text_that_is_not_utf8_is_a_reject_and_the_rest_goes_on),
        cmocka_unit_test(texts_are_utf8_whatever_the_uri_says),
        cmocka_unit_test(an_interrupt_stops_a_slow_query_within_a_second),
        cmocka_unit_test(a_reader_may_end_early),
    };

    return cmocka_run_group_tests(tests, server_start, server_stop);
}
