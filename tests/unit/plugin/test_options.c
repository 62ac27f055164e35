/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin_support.h"

#define PLACE "load_curve.lua:9"
#define MANUAL "see: orchestra connectors describe plain_store"

static struct orch_arena arena;
static const struct orch_loaded *store, *files;

static int setup(void **state)
{
    (void)state;
    store = load_plain(&arena, "plain_store");
    files = load_plain(&arena, "plain");
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    orch_arena_release(&arena);
    return 0;
}

/* One value of one option of the store's source, beside what it needs. */
static orch_status parse_one(const char *name, const char *value, struct orch_options **out,
                             orch_error *err)
{
    const char *url[] = { "https://host/store" }, *one[] = { value };
    const struct orch_setting settings[] = {
        { "url", url, 1, "load_curve.lua:8" },
        { name, one, 1, PLACE },
    };
    return orch_options_parse(store, ORCH_ROLE_SOURCE, settings, 2, out, err);
}

static void good_values_become_canonical(void **state)
{
    (void)state;
    static const struct {
        const char *name, *typed, *canonical;
    } cases[] = {
        { "skip_lines", " 12 ", "12" },
        { "skip_lines", "+7", "7" },
        { "least", "9223372036854775807", "9223372036854775807" },
        { "ratio", "0.25", "0.25" },
        { "ratio", "1e-3", "1e-3" },
        { "header", "false", "false" },
        { "buffer", "2048", "2048" },
        { "buffer", "4 kB", "4000" },
        { "buffer", "16KiB", "16384" },
        { "buffer", "1MB", "1000000" },
        { "buffer", "1MiB", "1048576" },
        { "buffer", "1 GiB", "1073741824" },
        { "timeout", "0", "0" },
        { "timeout", "250ms", "250" },
        { "timeout", "90s", "90000" },
        { "timeout", "2 min", "120000" },
        { "timeout", "1h", "3600000" },
        { "quote", "single", "single" },
        { "folder", "/tmp/\xFF", "/tmp/\xFF" },
        { "url", "postgres://host/db", "postgres://host/db" },
        { "query", "", "" },
        { "query", "cost $5 {a}", "cost $5 {a}" },
        { "query", "a $${name}", "a ${name}" },
        { "headers", "Accept=a=b", "Accept=a=b" },
        { "headers", "Empty=", "Empty=" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orch_options *o = NULL;
        orch_error err = ORCH_ERROR_INIT;
        size_t len = 0;
        if (parse_one(cases[i].name, cases[i].typed, &o, &err) != ORCH_OK)
            fail_msg("%s = %s: %s", cases[i].name, cases[i].typed, err.message);
        assert_string_equal(orch_options_get(o, cases[i].name, 0, &len), cases[i].canonical);
        assert_int_equal(len, strlen(cases[i].canonical));
        orch_options_free(o);
    }
}

static void bad_values_say_what_is_taken_and_where(void **state)
{
    (void)state;
    static const struct {
        const char *name, *typed, *message, *hint;
    } cases[] = {
        { "skip_lines", "two", "\"skip_lines\" takes a whole number, not \"two\"",
          "for example: skip_lines = \"2\"" },
        { "skip_lines", "", "\"skip_lines\" takes a whole number, not \"\"", NULL },
        { "skip_lines", "1.5", "\"skip_lines\" takes a whole number, not \"1.5\"", NULL },
        { "skip_lines", "99999999999999999999",
          "\"skip_lines\" takes a whole number, not \"99999999999999999999\"", NULL },
        { "skip_lines", "1001", "\"skip_lines\" takes 0 to 1000 lines, not \"1001\"", MANUAL },
        { "skip_lines", "-1", "\"skip_lines\" takes 0 to 1000 lines, not \"-1\"", MANUAL },
        { "least", "0", "\"least\" takes at least 1, not \"0\"", MANUAL },
        { "ratio", "half", "\"ratio\" takes a number, not \"half\"", MANUAL },
        { "ratio", "nan", "\"ratio\" takes a number, not \"nan\"", MANUAL },
        { "ratio", "1e999", "\"ratio\" takes a number, not \"1e999\"", MANUAL },
        { "ratio", "1.5", "\"ratio\" takes 0 to 1, not \"1.5\"", MANUAL },
        { "header", "yes", "\"header\" takes true or false, not \"yes\"", MANUAL },
        { "buffer", "16 megs",
          "\"buffer\" takes a size such as \"16MiB\", not \"16 megs\"", MANUAL },
        { "buffer", "-1", "\"buffer\" takes a size such as \"16MiB\", not \"-1\"", MANUAL },
        { "buffer", "9999999999GiB",
          "\"buffer\" takes a size such as \"16MiB\", not \"9999999999GiB\"", MANUAL },
        { "buffer", "1", "\"buffer\" takes 1KiB to 1GiB, not \"1\"", MANUAL },
        { "timeout", "90", "\"timeout\" takes a duration such as \"90s\", not \"90\"", MANUAL },
        { "timeout", "1 day",
          "\"timeout\" takes a duration such as \"90s\", not \"1 day\"", MANUAL },
        { "quote", "duoble",
          "\"quote\" takes one of \"none\", \"double\", \"single\", not \"duoble\"",
          "did you mean \"double\"?" },
        { "quote", "",
          "\"quote\" takes one of \"none\", \"double\", \"single\", not \"\"", MANUAL },
        { "folder", "", "\"folder\" takes a path, not \"\"", MANUAL },
        { "url", "host/store",
          "\"url\" takes a URL such as \"https://host/path\", not \"host/store\"",
          "for example: url = \"https://host/store\"" },
        { "url", "1://x",
          "\"url\" takes a URL such as \"https://host/path\", not \"1://x\"", NULL },
        { "url", "me:open sesame@host",
          "\"url\" takes a URL such as \"https://host/path\"; the value given is secret and not "
          "shown", NULL },
        { "query", "caf\xE9", "\"query\" takes a text in UTF-8, not \"caf\\xE9\"", MANUAL },
        { "headers", "Accept", "\"headers\" takes \"name=value\", not \"Accept\"",
          "for example: headers = \"Accept=text/csv\"" },
        { "headers", "=x", "\"headers\" takes \"name=value\", not \"=x\"", NULL },
        { "pin", "sesame", "\"pin\" takes a whole number; the value given is secret and not shown",
          MANUAL },
        { "skip_lnes", "1", "unknown option \"skip_lnes\" for source plain_store",
          "did you mean \"skip_lines\"? see: orchestra connectors describe plain_store" },
        { "whatever_that_is", "1", "unknown option \"whatever_that_is\" for source plain_store",
          MANUAL },
        { "table", "t",
          "option \"table\" is not for the source plain_store, only for its destination", MANUAL },
        { "query", "${env:ORCH_TEST_ABSENT}",
          "environment variable \"ORCH_TEST_ABSENT\" is not set",
          "set ORCH_TEST_ABSENT before the run, or correct \"${env:ORCH_TEST_ABSENT}\"" },
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orch_options *o = NULL;
        orch_error err = ORCH_ERROR_INIT;
        assert_int_equal(parse_one(cases[i].name, cases[i].typed, &o, &err), ORCH_ECONFIG);
        assert_error(&err, ORCH_ECONFIG, cases[i].message, PLACE, cases[i].hint);
        assert_null(o);
        assert_int_equal(parse_one(cases[i].name, cases[i].typed, &o, NULL), ORCH_ECONFIG);
    }
}

static void the_role_that_is_not_offered_is_refused(void **state)
{
    (void)state;
    struct orch_options *o = NULL;
    orch_error err = ORCH_ERROR_INIT;
    const struct orch_setting settings[] = { { "path", NULL, 0, PLACE } };

    assert_int_equal(orch_options_parse(files, ORCH_ROLE_DESTINATION, settings, 1, &o, &err),
                     ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG, "connector \"plain\" is no destination", PLACE,
                 "see: orchestra connectors describe plain");
}

static void required_options_are_missed(void **state)
{
    (void)state;
    struct orch_options *o = NULL;
    orch_error err = ORCH_ERROR_INIT;
    const char *one[] = { "https://host/store" };
    const struct orch_setting url = { "url", one, 1, PLACE };

    assert_int_equal(orch_options_parse(store, ORCH_ROLE_SOURCE, NULL, 0, &o, &err), ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG, "source plain_store needs the option \"url\"", "",
                 "for example: url = \"https://host/store\"");
    assert_int_equal(orch_options_parse(store, ORCH_ROLE_DESTINATION, &url, 1, &o, &err),
                     ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG, "destination plain_store needs the option \"table\"", PLACE,
                 MANUAL);
    assert_int_equal(orch_options_parse(files, ORCH_ROLE_SOURCE, NULL, 0, &o, &err), ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG, "source plain needs the option \"path\"", "",
                 "for example: path = \"exports/traffic_*\"");
}

static orch_status parse_files(const char *name, const char **values, size_t n,
                               struct orch_options **out, orch_error *err)
{
    const char *path[] = { "a.csv" };
    const struct orch_setting settings[] = {
        { "path", path, 1, "load_curve.lua:8" },
        { name, values, n, PLACE },
    };
    return orch_options_parse(files, ORCH_ROLE_SOURCE, settings, 2, out, err);
}

static void the_number_of_values_is_checked(void **state)
{
    (void)state;
    struct orch_options *o = NULL;
    orch_error err = ORCH_ERROR_INIT;
    const char *two[] = { "b.csv", "c.csv" };

    assert_int_equal(parse_files("header", two, 2, &o, &err), ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG, "\"header\" takes one value, not 2", PLACE, NULL);
    assert_int_equal(parse_files("header", two, 0, &o, &err), ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG, "\"header\" takes one value, not 0", PLACE, NULL);
    assert_int_equal(parse_files("path", two, 0, &o, &err), ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG, "\"path\" needs at least one value", PLACE, NULL);

    /* The later setting replaces the earlier one of the same name. */
    assert_int_equal(parse_files("path", two, 2, &o, &err), ORCH_OK);
    assert_string_equal(orch_options_get(o, "path", 0, NULL), "b.csv");
    assert_string_equal(orch_options_get(o, "path", 1, NULL), "c.csv");
    assert_null(orch_options_get(o, "path", 2, NULL));
    assert_string_equal(orch_options_place(o, "path"), PLACE);
    orch_options_free(o);
}

static void a_list_that_may_be_empty_is_empty(void **state)
{
    (void)state;
    struct orch_options *o = NULL;
    const char *url[] = { "https://host/store" };
    const struct orch_setting settings[] = { { "url", url, 1, PLACE },
                                             { "columns", NULL, 0, PLACE } };

    assert_int_equal(orch_options_parse(store, ORCH_ROLE_SOURCE, settings, 2, &o, NULL), ORCH_OK);
    assert_null(orch_options_get(o, "columns", 0, NULL));
    orch_options_free(o);
}

static void defaults_are_canonical_and_have_no_place(void **state)
{
    (void)state;
    struct orch_options *o = NULL;
    size_t len = 77;

    assert_int_equal(parse_one("ratio", "1", &o, NULL), ORCH_OK);
    assert_string_equal(orch_options_get(o, "buffer", 0, NULL), "16777216");
    assert_string_equal(orch_options_get(o, "timeout", 0, NULL), "30000");
    assert_null(orch_options_get(o, "buffer", 1, NULL));
    assert_null(orch_options_place(o, "buffer"));
    assert_null(orch_options_get(o, "folder", 0, &len));
    assert_int_equal(len, 0);
    assert_null(orch_options_get(o, "no_such", 0, NULL));
    orch_options_free(o);

    const char *path[] = { "a.csv" };
    const struct orch_setting only_path = { "path", path, 1, PLACE };
    assert_int_equal(orch_options_parse(files, ORCH_ROLE_SOURCE, &only_path, 1, &o, NULL), ORCH_OK);
    assert_string_equal(orch_options_get(o, "encoding", 0, NULL), "auto");
    orch_options_free(o);
}

static void secrets_are_printed_as_stars(void **state)
{
    (void)state;
    struct orch_options *o = NULL;
    struct orch_text out = { 0 };
    const char *url[] = { "postgres://me:s3same@host/db" }, *pass[] = { "hunter2" };
    const char *columns[] = { "a", "${env:ORCH_TEST_COLUMN}" };
    const struct orch_setting settings[] = {
        { "url", url, 1, PLACE },
        { "password", pass, 1, PLACE },
        { "columns", columns, 2, PLACE },
    };

    setenv("ORCH_TEST_COLUMN", "salary", 1);
    assert_int_equal(orch_options_parse(store, ORCH_ROLE_SOURCE, settings, 3, &o, NULL), ORCH_OK);
    assert_string_equal(orch_options_get(o, "columns", 1, NULL), "salary");
    assert_true(orch_options_print(o, &out));
    assert_string_equal(out.ptr, "url = \"postgres://me:***@host/db\"\n"
                                 "password = ***\n"
                                 "skip_lines = \"0\"\n"
                                 "header = \"true\"\n"
                                 "buffer = \"16777216\"\n"
                                 "timeout = \"30000\"\n"
                                 "quote = \"double\"\n"
                                 "columns = ***\n"
                                 "columns = ***\n");
    char message[] = "connection of me with s3same, hunter2 to salary failed";
    orch_options_redact(o, message);
    assert_string_equal(message, "connection of me with ***, *** to *** failed");
    orch_text_release(&out);
    orch_options_free(o);
    orch_options_free(NULL);
}

static void memory_that_ends_while_parsing_is_an_error(void **state)
{
    (void)state;
    orch_status st = ORCH_ENOMEM;
    long at = 1;

    setenv("ORCH_TEST_SECRET", "hunter2", 1);
    for (; st != ORCH_OK && at < 300; at++) {
        struct orch_options *o = NULL;
        orch_error err = ORCH_ERROR_INIT;
        orch_alloc_fail_at(at);
        st = parse_one("password", "x${env:ORCH_TEST_SECRET}", &o, &err);
        orch_alloc_fail_at(0);
        assert_true(st == ORCH_OK || st == ORCH_ENOMEM);
        orch_options_free(o);
    }
    assert_int_equal(st, ORCH_OK);
    assert_true(at > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_values_become_canonical),
        cmocka_unit_test(bad_values_say_what_is_taken_and_where),
        cmocka_unit_test(the_role_that_is_not_offered_is_refused),
        cmocka_unit_test(required_options_are_missed),
        cmocka_unit_test(the_number_of_values_is_checked),
        cmocka_unit_test(a_list_that_may_be_empty_is_empty),
        cmocka_unit_test(defaults_are_canonical_and_have_no_place),
        cmocka_unit_test(secrets_are_printed_as_stars),
        cmocka_unit_test(memory_that_ends_while_parsing_is_an_error),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
