/* SPDX-License-Identifier: Apache-2.0 */
/* What a load leaves in the database, mode by mode and type by type. */
#include "pg_writing.h"

#define EVERY_TYPE "b:b l:l g:g u:u z:z d:tdD t:tsu:UTC"

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

static void a_first_load_creates_schema_table_and_comments(void **state)
{
    (void)state;
    skip_without_server();
    load(&d, ORCH_WRITE_APPEND, "made.every", EVERY_TYPE, NULL,
         "t|-9000000000|0.1|caf\xc3\xa9|bytes|19723|1704067200000001\n-|-|-|-|-|-|-\n");
    assert_counts(&d, 2, 0, 0, 0);
    assert_string_equal(psql("SELECT b, l, g, u, encode(z, 'escape'), d, t AT TIME ZONE 'UTC' "
                             "FROM made.every WHERE b"),
                        "t|-9000000000|0.1|caf\xc3\xa9|bytes|2024-01-01|2024-01-01 "
                        "00:00:00.000001");
    assert_string_equal(psql("SELECT count(*) FROM made.every WHERE num_nulls(b, l, g, u, z, d, "
                             "t) = 7"),
                        "1");
    assert_string_equal(psql("SELECT string_agg(format_type(atttypid, atttypmod), ',' ORDER BY "
                             "attnum) FROM pg_attribute WHERE attrelid = 'made.every'::regclass "
                             "AND attnum > 0"),
                        "boolean,bigint,double precision,text,bytea,date,timestamp with time zone");
    assert_string_equal(psql("SELECT obj_description('made.every'::regclass)"), "Made by a test.");
}

static void column_comments_come_from_the_metadata(void **state)
{
    (void)state;
    skip_without_server();
    orch_write_request request = {.struct_size = sizeof request,
                                  .mode = ORCH_WRITE_APPEND,
                                  .target = "made.commented",
                                  .pipeline = "p",
                                  .run = "r"};
    schema_make(&d.schema, "k:u");
    assert_int_equal(orch_schema_annotate(&d.schema, ORCH_META_COMMENT, "It's a key."), ORCH_OK);
    assert_ok(d.ops->begin(d.self, &request, &d.schema, &d.writer, &d.err), &d.err);
    assert_ok(d.ops->finish(d.writer, &d.counts, &d.err), &d.err);
    assert_ok(destination_commit(&d), &d.err);
    destination_end(&d);
    assert_string_equal(psql("SELECT col_description('made.commented'::regclass, 1)"),
                        "It's a key.");
}

static void append_adds_to_what_is_there(void **state)
{
    (void)state;
    skip_without_server();
    load(&d, ORCH_WRITE_APPEND, "appended", "k:u n:l", NULL, "a|1\nb|2\n");
    load(&d, ORCH_WRITE_APPEND, "appended", "n:l k:u", NULL, "3|c\n");
    assert_counts(&d, 1, 0, 0, 0);
    assert_string_equal(psql("SELECT string_agg(k || n, ',' ORDER BY n) FROM public.appended"),
                        "a1,b2,c3");
}

static void replace_keeps_views_and_rights_and_never_blocks_readers(void **state)
{
    (void)state;
    skip_without_server();
    load(&d, ORCH_WRITE_REPLACE, "made.swapped", "k:u n:l", NULL, "a|1\nb|2\n");
    psql("CREATE ROLE reader; GRANT SELECT ON made.swapped TO reader;"
         "CREATE VIEW made.over AS SELECT * FROM made.swapped");
    assert_ok(destination_begin(&d, ORCH_WRITE_REPLACE, "made.swapped", "k:u n:l", NULL), &d.err);
    assert_ok(destination_write(&d, "c|3\n"), &d.err);
    assert_ok(d.ops->finish(d.writer, &d.counts, &d.err), &d.err);
    assert_string_equal(psql("SET statement_timeout = 2000; SELECT count(*) FROM made.over"), "2");
    assert_ok(destination_commit(&d), &d.err);
    destination_end(&d);
    assert_counts(&d, 1, 0, 0, 0);
    assert_string_equal(psql("SELECT k || n FROM made.over"), "c3");
    assert_string_equal(psql("SELECT has_table_privilege('reader', 'made.swapped', 'SELECT')"),
                        "t");
}

static void the_first_upsert_lets_the_last_row_of_a_key_win(void **state)
{
    (void)state;
    skip_without_server();
    load(&d, ORCH_WRITE_UPSERT, "made.fresh", "k:u n:l v:g", "k,n",
         "a|1|1.5\nb|1|2.5\na|1|3.5\na|2|4.5\na|1|5.5\n");
    assert_counts(&d, 3, 0, 0, 2);
    assert_string_equal(psql("SELECT string_agg(k || n || '=' || v, ',' ORDER BY k, n) FROM "
                             "made.fresh"),
                        "a1=5.5,a2=4.5,b1=2.5");
    assert_string_equal(psql("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid "
                             "= 'made.fresh'::regclass"),
                        "PRIMARY KEY (k, n)");
}

static void a_later_upsert_counts_inserted_updated_unchanged_and_merged(void **state)
{
    (void)state;
    skip_without_server();
    load(&d, ORCH_WRITE_UPSERT, "made.merged", "k:u n:l", "k", "a|1\nb|2\nc|-\n");
    assert_counts(&d, 3, 0, 0, 0);
    load(&d, ORCH_WRITE_UPSERT, "made.merged", "k:u n:l", "k",
         "a|1\nb|9\nb|3\nc|-\nd|4\nd|5\nd|6\n");
    assert_counts(&d, 1, 1, 2, 3);
    assert_string_equal(psql("SELECT string_agg(k || coalesce(n, 0), ',' ORDER BY k) FROM "
                             "made.merged"),
                        "a1,b3,c0,d6");
    load(&d, ORCH_WRITE_UPSERT, "made.merged", "k:u n:l", "k", "c|7\na|-\n");
    assert_counts(&d, 0, 2, 0, 0);
}

static void an_upsert_of_keys_alone_inserts_what_is_new(void **state)
{
    (void)state;
    skip_without_server();
    load(&d, ORCH_WRITE_UPSERT, "made.keys", "k:u", "k", "a\n");
    load(&d, ORCH_WRITE_UPSERT, "made.keys", "k:u", "k", "a\nb\nb\n");
    assert_counts(&d, 1, 0, 1, 1);
}

static void an_upsert_leaves_other_columns_of_the_table_alone(void **state)
{
    (void)state;
    skip_without_server();
    psql("CREATE TABLE made.wider (id serial, note text DEFAULT 'new', k varchar(8) UNIQUE, n "
         "integer); INSERT INTO made.wider (note, k, n) VALUES ('old', 'a', 1)");
    load(&d, ORCH_WRITE_UPSERT, "made.wider", "n:l k:u", "k", "2|a\n3|b\n");
    assert_counts(&d, 1, 1, 0, 0);
    assert_string_equal(psql("SELECT string_agg(note || k || n, ',' ORDER BY k) FROM made.wider"),
                        "olda2,newb3");
}

static void an_upsert_of_many_rows_adds_up(void **state)
{
    (void)state;
    skip_without_server();
    static char rows[400000];
    for (int run = 0; run < 2; run++) {
        assert_ok(destination_begin(&d, ORCH_WRITE_UPSERT, "made.many", "k:l t:u", "k"), &d.err);
        for (int part = 0; part < 4; part++) {
            size_t len = 0;
            for (int i = 0; i < 8000; i++)
                len += (size_t)snprintf(rows + len, sizeof rows - len, "%d|%*s%d\n",
                                        (part * 8000 + i) % 30000, i % 30, "x", part);
            assert_ok(destination_write_bytes(&d, rows, len), &d.err);
        }
        assert_ok(d.ops->finish(d.writer, &d.counts, &d.err), &d.err);
        assert_ok(destination_commit(&d), &d.err);
        destination_end(&d);
        if (run == 0)
            assert_counts(&d, 30000, 0, 0, 2000);
        else
            assert_counts(&d, 0, 0, 30000, 2000);
    }
    /* 0 to 1999 came twice: the second time in part 3. */
    assert_string_equal(psql("SELECT count(*) FROM made.many WHERE right(t, 1) = '3' AND k < "
                             "2000"),
                        "2000");
}

static void values_meet_narrower_types_of_the_table(void **state)
{
    (void)state;
    skip_without_server();
    psql("CREATE TABLE made.narrow (a smallint, b integer, c numeric, d numeric(12,2), e real, "
         "f double precision, g varchar(5), h char(4), i timestamp, j numeric, k bytea)");
    load(&d, ORCH_WRITE_APPEND, "made.narrow",
         "a:l b:l c:l d:g e:g f:l g:u h:u i:tsu:UTC j:g k:z", NULL,
         "-32768|2147483647|-9223372036854775808|1234.5|0.25|42|\xc3\xa9t\xc3\xa9  |ab|0|"
         "-0.000123|x\n"
         "0|-1|10000|100000000|1|1|12345   |-|-|1e20|-\n"
         "0|0|0|0|1|1|-|-|-|1.7976931348623157e308|-\n");
    assert_string_equal(psql("SELECT a, b, c, d, e, f, g, h, i, j FROM made.narrow WHERE c < 0"),
                        "-32768|2147483647|-9223372036854775808|1234.50|0.25|42|\xc3\xa9t\xc3\xa9"
                        "  |ab  |1970-01-01 00:00:00|-0.000123");
    assert_string_equal(psql("SELECT c, d, length(g), j FROM made.narrow WHERE c = 10000"),
                        "10000|100000000.00|5|100000000000000000000");
    assert_string_equal(psql("SELECT c, j = 1.7976931348623157e308 FROM made.narrow WHERE c = 0"),
                        "0|t");
}

static void numerics_are_what_the_server_makes_of_the_same_digits(void **state)
{
    static const char *const numbers[] = {
        "1",         "-1",    "9999",       "10001", "12345678",    "0.5", "0.00001",
        "1234.5678", "1e-10", "123456.789", "1e15",  "99999.99999", "0.1", "-70000.07"};
    char rows[1024] = "", query[2048] = "SELECT count(*) FROM made.numerics m JOIN (VALUES ";
    (void)state;
    skip_without_server();
    psql("CREATE TABLE made.numerics (id bigint, v numeric)");
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        snprintf(rows + strlen(rows), sizeof rows - strlen(rows), "%zu|%s\n", i, numbers[i]);
        snprintf(query + strlen(query), sizeof query - strlen(query), "%s(%zu, %s::numeric)",
                 i ? ", " : "", i, numbers[i]);
    }
    strcat(query, ") AS e(id, v) USING (id) WHERE m.v::text = e.v::text");
    load(&d, ORCH_WRITE_APPEND, "made.numerics", "id:l v:g", NULL, rows);
    assert_string_equal(psql(query), "14");
}

static void nan_and_infinity_survive(void **state)
{
    (void)state;
    skip_without_server();
    psql("CREATE TABLE made.odd (a double precision, b real, c numeric)");
    load(&d, ORCH_WRITE_APPEND, "made.odd", "a:g b:g c:g", NULL, "nan|inf|-inf\n-inf|nan|nan\n");
    assert_string_equal(psql("SELECT string_agg(a || ' ' || b || ' ' || c, ',') FROM made.odd"),
                        "NaN Infinity -Infinity,-Infinity NaN NaN");
}

static void a_geometry_gets_its_srid(void **state)
{
    (void)state;
    skip_without_server();
    /* A type that stores what it receives stands in for PostGIS. */
    psql("CREATE TYPE geometry;"
         "CREATE FUNCTION gin(cstring) RETURNS geometry LANGUAGE internal IMMUTABLE STRICT AS "
         "'byteain'; CREATE FUNCTION gout(geometry) RETURNS cstring LANGUAGE internal IMMUTABLE "
         "STRICT AS 'byteaout'; CREATE FUNCTION grecv(internal) RETURNS geometry LANGUAGE "
         "internal IMMUTABLE STRICT AS 'bytearecv';"
         "CREATE TYPE geometry (INPUT = gin, OUTPUT = gout, RECEIVE = grecv);"
         "CREATE TABLE made.places (g geometry)");
    orch_write_request request = {.struct_size = sizeof request,
                                  .mode = ORCH_WRITE_APPEND,
                                  .target = "made.places",
                                  .pipeline = "p",
                                  .run = "r"};
    schema_make(&d.schema, "g:z");
    assert_int_equal(orch_schema_annotate(&d.schema, ORCH_META_GEOMETRY, "POINT"), ORCH_OK);
    assert_int_equal(orch_schema_annotate(&d.schema, ORCH_META_CRS, "2154"), ORCH_OK);
    assert_ok(d.ops->begin(d.self, &request, &d.schema, &d.writer, &d.err), &d.err);
    static const char points[] = "\x01\x01\0\0\0XY\n\0\0\0\0\x01XY";
    assert_ok(destination_write_bytes(&d, points, sizeof points - 1), &d.err);
    assert_ok(d.ops->finish(d.writer, &d.counts, &d.err), &d.err);
    assert_ok(destination_commit(&d), &d.err);
    destination_end(&d);
    assert_string_equal(psql("SELECT string_agg(g::text, ',') FROM made.places"),
                        "\\x01010000206a0800005859,\\x00200000010000086a5859");
    assert_ok(destination_begin(&d, ORCH_WRITE_APPEND, "made.places", "g:z", NULL), &d.err);
    assert_int_equal(destination_write(&d, "no\n"), ORCH_EDATA);
    assert_says(d.err.detail, "not well-known binary");
    destination_end(&d);
    psql("DROP TYPE geometry CASCADE");
}

static void a_dry_run_and_an_end_without_commit_leave_nothing(void **state)
{
    (void)state;
    skip_without_server();
    assert_ok(destination_begin(&d, ORCH_WRITE_UPSERT, "gone.table", "k:u", "k"), &d.err);
    assert_ok(destination_write(&d, "a\na\n"), &d.err);
    assert_ok(d.ops->finish(d.writer, &d.counts, &d.err), &d.err);
    destination_end(&d);
    assert_string_equal(psql("SELECT to_regnamespace('gone') IS NULL"), "t");
    assert_ok(destination_begin(&d, ORCH_WRITE_APPEND, "gone.table", "k:u", NULL), &d.err);
    assert_ok(destination_write(&d, "a\n"), &d.err);
    destination_end(&d); /* in the middle of a COPY */
    assert_string_equal(psql("SELECT to_regnamespace('gone') IS NULL"), "t");
}

static void names_with_quotes_and_capitals_are_kept(void **state)
{
    (void)state;
    skip_without_server();
    load(&d, ORCH_WRITE_UPSERT, "made.It's \"odd\"", "Key\"1:u select:l", "Key\"1", "a|1\n");
    load(&d, ORCH_WRITE_UPSERT, "made.It's \"odd\"", "Key\"1:u select:l", "Key\"1", "a|2\n");
    assert_counts(&d, 0, 1, 0, 0);
}

static void texts_larger_than_a_piece_arrive_whole(void **state)
{
    (void)state;
    skip_without_server();
    size_t len = 3 * 1024 * 1024;
    char *rows = malloc(len + 1);
    assert_non_null(rows);
    memset(rows, 'x', len);
    rows[len - 1] = '\n';
    load(&d, ORCH_WRITE_APPEND, "made.large", "t:u", NULL, "small\n");
    assert_ok(destination_begin(&d, ORCH_WRITE_APPEND, "made.large", "t:u", NULL), &d.err);
    assert_ok(destination_write_bytes(&d, rows, len), &d.err);
    assert_ok(destination_write(&d, "after\n"), &d.err);
    assert_ok(d.ops->finish(d.writer, &d.counts, &d.err), &d.err);
    assert_ok(destination_commit(&d), &d.err);
    destination_end(&d);
    free(rows);
    assert_string_equal(psql("SELECT string_agg(length(t)::text, ',') FROM made.large"),
                        "5,3145727,5");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_first_load_creates_schema_table_and_comments),
        TEST(column_comments_come_from_the_metadata),
        TEST(append_adds_to_what_is_there),
        TEST(replace_keeps_views_and_rights_and_never_blocks_readers),
        TEST(the_first_upsert_lets_the_last_row_of_a_key_win),
        TEST(a_later_upsert_counts_inserted_updated_unchanged_and_merged),
        TEST(an_upsert_of_keys_alone_inserts_what_is_new),
        TEST(an_upsert_leaves_other_columns_of_the_table_alone),
        TEST(an_upsert_of_many_rows_adds_up),
        TEST(values_meet_narrower_types_of_the_table),
        TEST(numerics_are_what_the_server_makes_of_the_same_digits),
        TEST(nan_and_infinity_survive),
        TEST(a_geometry_gets_its_srid),
        TEST(a_dry_run_and_an_end_without_commit_leave_nothing),
        TEST(names_with_quotes_and_capitals_are_kept),
        TEST(texts_larger_than_a_piece_arrive_whole),
    };

    return cmocka_run_group_tests(tests, server_start, server_stop);
}
