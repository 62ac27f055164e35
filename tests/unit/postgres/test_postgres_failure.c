/* SPDX-License-Identifier: Apache-2.0 */
/* What a load refuses, what it says then, and that it can be stopped. */
#include <pthread.h>

#include "pg_writing.h"

static struct destination d;

static int setup(void **state)
{
    (void)state;
    if (server_dir[0])
        destination_make(&d, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (server_dir[0])
        destination_free(&d);
    return 0;
}

static void tcp_uri(char *out, size_t size, const char *user, const char *password)
{
    snprintf(out, size, "postgresql://%s:%s@127.0.0.1:%s/postgres", user, password,
             getenv("PGPORT"));
}

/* Another destination with a uri of its own. */
static orch_status begin_with_uri(const char *uri, orch_error *err)
{
    const struct fake_option options[] = {{"uri", uri}, {NULL, NULL}};
    struct destination other;

    destination_make(&other, options);
    orch_status st = destination_begin(&other, ORCH_WRITE_APPEND, "any.table", "k:u", NULL);
    *err = other.err;
    destination_free(&other);
    return st;
}

/* Opening alone: nothing is connected to. */
static orch_status open_with_uri(const char *uri, orch_error *err)
{
    const struct fake_option options[] = {{"uri", uri}, {NULL, NULL}};
    struct destination other = {.ops = load_connector()->destination, .err = ORCH_ERROR_INIT};

    fake_init(&other.fake, options);
    orch_status st = other.ops->open(&other.fake.host, &other.self, &other.err);
    *err = other.err;
    if (st == ORCH_OK)
        other.ops->close(other.self);
    return st;
}

static void a_table_that_does_not_fit_lists_every_difference(void **state)
{
    (void)state;
    skip_without_server();
    psql("CREATE SCHEMA bad; CREATE TABLE bad.fit (k text, kwh integer, at date, id bigint NOT "
         "NULL, twice integer GENERATED ALWAYS AS (1) STORED)");
    assert_int_equal(destination_begin(&d, ORCH_WRITE_UPSERT, "bad.fit",
                                       "k:u kwh:g at:tsu:UTC extra:b twice:l", "k"),
                     ORCH_ESCHEMA);
    assert_string_equal(d.err.message, "table bad.fit does not fit");
    assert_string_equal(
        d.err.detail,
        "column \"kwh\": table has integer, the pipeline gives double precision; "
        "column \"at\": table has date, the pipeline gives timestamp with time zone; "
        "column \"extra\": missing in the table, the pipeline gives boolean; "
        "column \"twice\": the table computes it itself; "
        "column \"id\": the table needs a value, the pipeline gives none; "
        "no unique index on (k)");
    assert_true(d.err.hint[0] != '\0');
}

static void indexes_over_some_rows_or_other_columns_are_no_key(void **state)
{
    (void)state;
    skip_without_server();
    psql("CREATE TABLE bad.keys (a text, b text); CREATE UNIQUE INDEX ON bad.keys (a) WHERE b > "
         "''; CREATE UNIQUE INDEX ON bad.keys (a, b); CREATE INDEX ON bad.keys (a)");
    assert_int_equal(destination_begin(&d, ORCH_WRITE_UPSERT, "bad.keys", "a:u b:u", "a"),
                     ORCH_ESCHEMA);
    assert_string_equal(d.err.detail, "no unique index on (a)");
    assert_ok(destination_begin(&d, ORCH_WRITE_UPSERT, "bad.keys", "a:u b:u", "b,a"), &d.err);
}

static void a_view_is_refused(void **state)
{
    (void)state;
    skip_without_server();
    psql("CREATE VIEW bad.view AS SELECT 1::bigint AS n");
    assert_int_equal(destination_begin(&d, ORCH_WRITE_APPEND, "bad.view", "n:l", NULL),
                     ORCH_ESCHEMA);
    assert_string_equal(d.err.message, "bad.view is not a table");
    assert_string_equal(d.err.detail, "it is a view");
}

static void names_and_keys_are_checked_first(void **state)
{
    (void)state;
    skip_without_server();
    assert_int_equal(destination_begin(&d, ORCH_WRITE_APPEND, "a.b.c", "n:l", NULL),
                     ORCH_ECONFIG);
    assert_string_equal(d.err.message, "\"a.b.c\" does not name a table");
    assert_int_equal(
        destination_begin(&d, ORCH_WRITE_APPEND, "t",
                          "a123456789b123456789c123456789d123456789e123456789f123456789gggg:l",
                          NULL),
        ORCH_ECONFIG);
    assert_says(d.err.message, "is too long");
    assert_int_equal(destination_begin(&d, ORCH_WRITE_APPEND, ".t", "n:l", NULL), ORCH_ECONFIG);
    assert_int_equal(destination_begin(&d, ORCH_WRITE_UPSERT, "bad.t", "n:l", NULL),
                     ORCH_ECONFIG);
    assert_string_equal(d.err.message, "an upsert into bad.t needs a key");
    assert_int_equal(destination_begin(&d, ORCH_WRITE_UPSERT, "bad.t", "n:l", "m"),
                     ORCH_ECONFIG);
    assert_string_equal(d.err.field, "m");
    assert_int_equal(destination_begin(&d, ORCH_WRITE_HISTORY, "bad.t", "n:l", "n"),
                     ORCH_ENOTSUP);
}

static void a_table_is_not_created_when_told_so(void **state)
{
    const struct fake_option options[] = {{"create", "false"}, {NULL, NULL}};
    struct destination other;
    (void)state;
    skip_without_server();
    destination_make(&other, options);
    assert_int_equal(destination_begin(&other, ORCH_WRITE_APPEND, "bad.absent", "n:l", NULL),
                     ORCH_ESCHEMA);
    assert_string_equal(other.err.message, "there is no table bad.absent");
    destination_free(&other);
}

static void geometry_without_postgis_says_what_to_do(void **state)
{
    orch_write_request request = {.struct_size = sizeof request,
                                  .mode = ORCH_WRITE_APPEND,
                                  .target = "bad.map",
                                  .pipeline = "p",
                                  .run = "r"};
    (void)state;
    skip_without_server();
    schema_make(&d.schema, "shape:z");
    assert_int_equal(orch_schema_annotate(&d.schema, ORCH_META_GEOMETRY, "POINT"), ORCH_OK);
    assert_int_equal(d.ops->begin(d.self, &request, &d.schema, &d.writer, &d.err), ORCH_ECONFIG);
    assert_says(d.err.message, "\"shape\" is a geometry");
    assert_says(d.err.hint, "create extension postgis");
}

static void refuse_rows(const char *table, const char *schema, const char *keys,
                        const char *rows, size_t len, const char *field, const char *detail)
{
    assert_ok(destination_begin(&d, keys ? ORCH_WRITE_UPSERT : ORCH_WRITE_APPEND, table, schema,
                                keys),
              &d.err);
    assert_int_equal(destination_write_bytes(&d, rows, len), ORCH_EDATA);
    assert_string_equal(d.err.field, field);
    assert_says(d.err.message, field);
    assert_says(d.err.message, table);
    assert_string_equal(d.err.detail, detail);
    assert_int_equal(destination_write(&d, "x\n"), ORCH_EINVAL); /* the transaction is over */
    destination_end(&d);
}

#define REFUSE(table, schema, keys, rows, field, detail)                                          \
    refuse_rows(table, schema, keys, rows, sizeof(rows) - 1, field, detail)

static void values_that_do_not_fit_name_column_row_and_value(void **state)
{
    (void)state;
    skip_without_server();
    psql("CREATE TABLE bad.values (s smallint, i integer, f double precision, r real, v "
         "varchar(3), c char(2), n bigint NOT NULL DEFAULT 0)");
    REFUSE("bad.values", "s:l", NULL, "1\n40000\n", "s",
           "row 2 of those written: 40000 is out of range of smallint");
    REFUSE("bad.values", "i:l", NULL, "-2147483649\n", "i",
           "row 1 of those written: -2147483649 is out of range of integer");
    REFUSE("bad.values", "f:l", NULL, "9007199254740993\n", "f",
           "row 1 of those written: 9007199254740993 is out of range of double precision");
    REFUSE("bad.values", "r:g", NULL, "1e39\n", "r",
           "row 1 of those written: 9.9999999999999994e+38 is out of range of real");
    REFUSE("bad.values", "v:u", NULL, "abc\n-\n\xc3\xa9t\xc3\xa9s\n", "v",
           "row 3 of those written: \"\xc3\xa9t\xc3\xa9s\" is too long for character varying(3)");
    REFUSE("bad.values", "c:u", NULL, "abc\n", "c",
           "row 1 of those written: \"abc\" is too long for character(2)");
    REFUSE("bad.values", "n:l", NULL, "1\n-\n", "n",
           "row 2 of those written: null in a column that needs a value");
    REFUSE("bad.fresh", "t:u", NULL, "fine\nn\0ul\n", "t",
           "row 2 of those written: \"n\" holds the character U+0000, which PostgreSQL cannot "
           "store");
    REFUSE("bad.fresh", "d:tdD", NULL, "-2147483648\n", "d",
           "row 1 of those written: -2147483648 days after 1970-01-01 is out of range of date");
    REFUSE("bad.fresh", "t:tsu:UTC", NULL, "-9000000000000000000\n", "t",
           "row 1 of those written: -9000000000000000000 microseconds after 1970-01-01 is out of "
           "range of timestamp");
    REFUSE("bad.fresh", "k:u v:l", "k", "a|1\n-|2\n", "k",
           "row 2 of those written: null in a column that needs a value");
}

static void what_the_server_refuses_comes_with_its_words(void **state)
{
    (void)state;
    skip_without_server();
    psql("CREATE TABLE bad.strict (n bigint CHECK (n > 0), m numeric(4,2), u bigint UNIQUE)");
    assert_ok(destination_begin(&d, ORCH_WRITE_APPEND, "bad.strict", "n:l m:g", NULL), &d.err);
    assert_ok(destination_write(&d, "1|1\n0|1\n"), &d.err);
    assert_int_equal(d.ops->finish(d.writer, &d.counts, &d.err), ORCH_ECONFLICT);
    assert_string_equal(d.err.sqlstate, "23514");
    assert_string_equal(d.err.message, "cannot write into bad.strict");
    assert_says(d.err.detail, "strict_n_check");
    assert_says(d.err.detail, "COPY strict, line 2");
    destination_end(&d);
    assert_ok(destination_begin(&d, ORCH_WRITE_APPEND, "bad.strict", "n:l m:g", NULL), &d.err);
    assert_ok(destination_write(&d, "1|123\n"), &d.err);
    assert_int_equal(d.ops->finish(d.writer, &d.counts, &d.err), ORCH_EDATA);
    assert_string_equal(d.err.sqlstate, "22003");
    assert_says(d.err.detail, "line 1, column m");
    destination_end(&d);
    load(&d, ORCH_WRITE_APPEND, "bad.strict", "u:l", NULL, "5\n");
    assert_ok(destination_begin(&d, ORCH_WRITE_APPEND, "bad.strict", "u:l", NULL), &d.err);
    assert_ok(destination_write(&d, "5\n"), &d.err);
    assert_int_equal(d.ops->finish(d.writer, &d.counts, &d.err), ORCH_ECONFLICT);
    assert_says(d.err.detail, "Key (u)=(5) already exists");
}

static void a_failure_in_the_middle_of_a_copy_is_seen_while_writing(void **state)
{
    static char rows[600000];
    orch_status st = ORCH_OK;
    (void)state;
    skip_without_server();
    assert_ok(destination_begin(&d, ORCH_WRITE_APPEND, "bad.strict", "n:l m:g u:l", NULL), &d.err);
    size_t len = 0;
    for (int i = 0; i < 20000; i++)
        len += (size_t)snprintf(rows + len, sizeof rows - len, "%d|1|-\n", i - 1);
    for (int i = 0; i < 50 && st == ORCH_OK; i++)
        st = destination_write_bytes(&d, rows, len);
    assert_int_equal(st, ORCH_ECONFLICT);
    assert_string_equal(d.err.sqlstate, "23514");
}

static void the_lock_of_a_pipeline_is_held_by_one_run(void **state)
{
    const struct fake_option options[] = {{"lock_wait", "300"}, {NULL, NULL}};
    struct destination other, patient;
    (void)state;
    skip_without_server();
    destination_make(&other, NULL);
    destination_make(&patient, options);
    assert_ok(destination_begin(&d, ORCH_WRITE_APPEND, "bad.locked", "n:l", NULL), &d.err);
    int64_t start = now_ms();
    assert_int_equal(destination_begin(&other, ORCH_WRITE_APPEND, "bad.locked", "n:l", NULL),
                     ORCH_EBUSY);
    assert_true(now_ms() - start < 1000);
    assert_string_equal(other.err.message, "another run of pipeline bad.locked is at work");
    assert_true(other.err.flags & ORCH_ERROR_RETRYABLE);
    start = now_ms();
    assert_int_equal(destination_begin(&patient, ORCH_WRITE_APPEND, "bad.locked", "n:l", NULL),
                     ORCH_EBUSY);
    assert_true(now_ms() - start >= 300);
    assert_string_equal(patient.err.message, "another run of pipeline bad.locked is at work");
    destination_end(&d);
    assert_ok(destination_begin(&other, ORCH_WRITE_APPEND, "bad.locked", "n:l", NULL),
              &other.err);
    destination_free(&other);
    destination_free(&patient);
}

static void rights_that_are_missing_are_an_auth_error(void **state)
{
    char uri[256];
    orch_error err = ORCH_ERROR_INIT;
    (void)state;
    skip_without_server();
    psql("CREATE ROLE clerk LOGIN PASSWORD 'se/cret?'");
    tcp_uri(uri, sizeof uri, "clerk", "se%2Fcret%3F");
    assert_int_equal(begin_with_uri(uri, &err), ORCH_EAUTH);
    assert_string_equal(err.sqlstate, "42501");
    assert_string_equal(err.message, "cannot create table any.table");
    assert_says(err.detail, "permission denied");
    const struct fake_option options[] = {{"uri", uri}, {"table", "bad.values"}, {NULL, NULL}};
    struct destination other;
    destination_make(&other, options);
    assert_int_equal(other.ops->check(other.self, &other.err), ORCH_EAUTH);
    destination_free(&other);
}

static void a_wrong_password_or_uri_is_never_shown(void **state)
{
    char uri[256], text[2048];
    static const char *const bad[] = {
        "postgresql://clerk:hush@hush@localhost/db", "postgresql://clerk:hush/hush@localhost/db",
        "postgresql://clerk:hu%sh@localhost/db",     "host=localhost password='hush",
        "postgresql://clerk:pw@localhost/db?hush=1", "hush",
    };
    orch_error err = ORCH_ERROR_INIT;
    (void)state;
    skip_without_server();
    tcp_uri(uri, sizeof uri, "clerk", "hush");
    assert_int_equal(begin_with_uri(uri, &err), ORCH_EAUTH);
    assert_string_equal(err.sqlstate, "28P01");
    assert_says(err.detail, "password authentication failed");
    snprintf(text, sizeof text, "%s%s%s", err.message, err.detail, err.hint);
    assert_null(strstr(text, "hush"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(open_with_uri(bad[i], &err), ORCH_ECONFIG);
        snprintf(text, sizeof text, "%s%s%s", err.message, err.detail, err.hint);
        assert_null(strstr(text, "hu"));
    }
}

static void a_refused_connection_names_host_and_port(void **state)
{
    orch_error err = ORCH_ERROR_INIT;
    (void)state;
    skip_without_server();
    assert_int_equal(begin_with_uri("postgresql://127.0.0.1:1/x", &err), ORCH_EIO);
    assert_true(err.flags & ORCH_ERROR_RETRYABLE);
    assert_string_equal(err.message, "cannot connect to PostgreSQL at 127.0.0.1:1");
    assert_says(err.detail, "Connection refused");
    assert_int_equal(begin_with_uri("postgresql://no-such-host.invalid/x", &err), ORCH_EIO);
    if (strstr(err.detail, "Temporary failure") != NULL) /* no name server answers here */
        assert_true(err.flags & ORCH_ERROR_RETRYABLE);
    else
        assert_false(err.flags & ORCH_ERROR_RETRYABLE);
    char uri[256];
    snprintf(uri, sizeof uri, "host=%s dbname=absent", getenv("PGHOST"));
    assert_int_equal(begin_with_uri(uri, &err), ORCH_ECONFIG);
    assert_string_equal(err.sqlstate, "3D000");
    assert_int_equal(destination_begin(&d, ORCH_WRITE_APPEND, "bad.fine", "n:l", NULL), ORCH_OK);
}

static void *interrupt_soon(void *ctx)
{
    struct destination *target = ctx;

    usleep(300000);
    target->ops->interrupt(target->self);
    return NULL;
}

static void an_interrupt_stops_a_long_statement_within_a_second(void **state)
{
    pthread_t thread;
    (void)state;
    skip_without_server();
    psql("CREATE TABLE bad.slow (n bigint); CREATE FUNCTION bad.wait() RETURNS trigger LANGUAGE "
         "plpgsql AS 'BEGIN PERFORM pg_sleep(30); RETURN NEW; END'; CREATE TRIGGER wait BEFORE "
         "INSERT ON bad.slow FOR EACH ROW EXECUTE FUNCTION bad.wait()");
    assert_ok(destination_begin(&d, ORCH_WRITE_APPEND, "bad.slow", "n:l", NULL), &d.err);
    assert_ok(destination_write(&d, "1\n"), &d.err);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, &d), 0);
    int64_t start = now_ms();
    assert_int_equal(d.ops->finish(d.writer, &d.counts, &d.err), ORCH_ECANCELLED);
    assert_true(now_ms() - start < 1300);
    pthread_join(thread, NULL);
    start = now_ms();
    destination_end(&d);
    assert_true(now_ms() - start < 1000);
    assert_string_equal(psql("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'"),
                        "0");
}

static void an_interrupt_stops_a_copy_the_server_does_not_take(void **state)
{
    static char rows[600000];
    pthread_t thread;
    orch_status st = ORCH_OK;
    (void)state;
    skip_without_server();
    size_t len = 0;
    for (int i = 0; i < 20000; i++)
        len += (size_t)snprintf(rows + len, sizeof rows - len, "%d\n", i);
    assert_ok(destination_begin(&d, ORCH_WRITE_APPEND, "bad.slow", "n:l", NULL), &d.err);
    assert_int_equal(pthread_create(&thread, NULL, interrupt_soon, &d), 0);
    int64_t start = now_ms();
    for (int i = 0; i < 200 && st == ORCH_OK; i++)
        st = destination_write_bytes(&d, rows, len);
    assert_int_equal(st, ORCH_ECANCELLED);
    assert_true(now_ms() - start < 1300);
    pthread_join(thread, NULL);
}

static void a_server_that_goes_away_is_an_io_error(void **state)
{
    (void)state;
    skip_without_server();
    assert_ok(destination_begin(&d, ORCH_WRITE_APPEND, "bad.gone", "n:l", NULL), &d.err);
    assert_ok(destination_write(&d, "1\n"), &d.err);
    assert_int_equal(server_run("crash"), 0);
    assert_int_equal(d.ops->finish(d.writer, &d.counts, &d.err), ORCH_EIO);
    assert_true(d.err.flags & ORCH_ERROR_RETRYABLE);
    assert_string_equal(d.err.message, "cannot write into bad.gone");
    assert_true(d.err.detail[0] != '\0' && d.err.sqlstate[0] != '\0');
    destination_end(&d);
    assert_int_equal(destination_begin(&d, ORCH_WRITE_APPEND, "bad.gone", "n:l", NULL), ORCH_EIO);
    assert_says(d.err.message, getenv("PGPORT"));
    assert_int_equal(server_run("again"), 0);
    assert_ok(destination_begin(&d, ORCH_WRITE_APPEND, "bad.gone", "n:l", NULL), &d.err);
}

static void a_commit_that_loses_the_server_says_that_nobody_knows(void **state)
{
    (void)state;
    skip_without_server();
    assert_ok(destination_begin(&d, ORCH_WRITE_APPEND, "bad.gone", "n:l", NULL), &d.err);
    assert_ok(d.ops->finish(d.writer, &d.counts, &d.err), &d.err);
    assert_int_equal(server_run("crash"), 0);
    assert_int_equal(destination_commit(&d), ORCH_EIO);
    assert_true(d.err.flags & ORCH_ERROR_RETRYABLE);
    assert_says(d.err.hint, "the next run finds out by itself");
    destination_end(&d);
    assert_int_equal(server_run("again"), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_table_that_does_not_fit_lists_every_difference),
        TEST(indexes_over_some_rows_or_other_columns_are_no_key),
        TEST(a_view_is_refused),
        TEST(names_and_keys_are_checked_first),
        TEST(a_table_is_not_created_when_told_so),
        TEST(geometry_without_postgis_says_what_to_do),
        TEST(values_that_do_not_fit_name_column_row_and_value),
        TEST(what_the_server_refuses_comes_with_its_words),
        TEST(a_failure_in_the_middle_of_a_copy_is_seen_while_writing),
        TEST(the_lock_of_a_pipeline_is_held_by_one_run),
        TEST(rights_that_are_missing_are_an_auth_error),
        TEST(a_wrong_password_or_uri_is_never_shown),
        TEST(a_refused_connection_names_host_and_port),
        TEST(an_interrupt_stops_a_long_statement_within_a_second),
        TEST(an_interrupt_stops_a_copy_the_server_does_not_take),
        TEST(a_server_that_goes_away_is_an_io_error),
        TEST(a_commit_that_loses_the_server_says_that_nobody_knows),
    };

    return cmocka_run_group_tests(tests, server_start, server_stop);
}
