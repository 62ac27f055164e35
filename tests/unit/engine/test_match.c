/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

static struct orch_expr *pattern(struct build *b, const char *op, const char *z)
{
    return with_text(b, call(b, op, col(b, "t"), NULL), z);
}

static void match_finds_anywhere_and_knows_letters_of_all_scripts(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 4);
    build_text(&b, "t", (const char *[]){ "rue de l'Église", "EGLISE", "", NULL });
    v = run(&b, pattern(&b, "match", "(?i)église"));
    is_bool(&v, 0, true);
    is_bool(&v, 1, false);
    is_bool(&v, 2, false);
    is_null(&v, 3);
    v = run(&b, pattern(&b, "match", "'\\w{6}$"));
    is_bool(&v, 0, true);
    v = run(&b, pattern(&b, "match", "^.{6}$"));
    is_bool(&v, 1, true);
    v = run(&b, pattern(&b, "match", "^$"));
    is_bool(&v, 2, true);
    build_close(&b);
}

static void a_bad_pattern_says_where_and_why(void **state)
{
    struct build b;
    (void)state;

    build_open(&b, 1);
    build_text(&b, "t", (const char *[]){ "x" });
    refuse(&b, pattern(&b, "match", "é(a"), "the pattern \"é(a\" is not a regular expression",
           "test.lua:3: at character 4: missing closing parenthesis", NULL);
    refuse(&b, pattern(&b, "match", ""), "match needs a pattern of 1 to 16384 bytes",
           "test.lua:3", NULL);
    /* \C would cut characters in two */
    refuse(&b, pattern(&b, "match", "\\C"), "the pattern \"\\C\" is not a regular expression",
           NULL, NULL);
    build_close(&b);
}

static void extract_gives_the_group_or_null(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 4);
    build_text(&b, "t", (const char *[]){ "lot 12b", "lot", NULL, "lot é 7" });
    v = run(&b, pattern(&b, "extract", "lot (\\d+)(b)?"));
    is_text(&v, 0, "12");
    is_null(&v, 1);
    is_null(&v, 2);
    v = run(&b, pattern(&b, "extract", "lot"));
    is_text(&v, 1, "lot");
    v = run(&b, with_int(&b, pattern(&b, "extract", "(\\d+)(b)?"), 2));
    is_text(&v, 0, "b");
    is_null(&v, 3); /* the group took no part */
    v = run(&b, with_int(&b, pattern(&b, "extract", "(\\d+)(b)?"), 0));
    is_text(&v, 0, "12b");
    v = run(&b, with_text(&b, pattern(&b, "extract", "lot (?<name>\\S+)"), "name"));
    is_text(&v, 3, "é");
    build_close(&b);
}

static void extract_refuses_a_group_that_is_not_there(void **state)
{
    struct build b;
    (void)state;

    build_open(&b, 1);
    build_text(&b, "t", (const char *[]){ "x" });
    refuse(&b, with_int(&b, pattern(&b, "extract", "(x)"), 2),
           "parameter 2 of extract is 2, allowed is 0 to 1", "test.lua:3", NULL);
    refuse(&b, with_text(&b, pattern(&b, "extract", "(x)"), "y"),
           "the pattern \"(x)\" has no group \"y\"", "test.lua:3",
           "it has 1 group; one with a name is written (?<name>...)");
    build_close(&b);
}

static void gsub_replaces_all_and_knows_groups(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 4);
    build_text(&b, "t", (const char *[]){ "12/11/2024 3/4/2025", "none", NULL, "é1/2/3" });
    v = run(&b, with_text(&b, pattern(&b, "gsub", "(\\d+)/(\\d+)/(?<year>\\d+)"),
                          "${year}-$2-$1x$$"));
    is_text(&v, 0, "2024-11-12x$ 2025-4-3x$");
    is_text(&v, 1, "none");
    is_null(&v, 2);
    is_text(&v, 3, "é3-2-1x$");
    v = run(&b, with_text(&b, pattern(&b, "gsub", "[/ ]"),
                          "a replacement that is longer than what was there before it"));
    assert_int_equal(v.of.text[0].len, 14 + 5 * 58);
    v = run(&b, with_text(&b, pattern(&b, "gsub", "(a)|\\d"), "$1"));
    is_text(&v, 3, "é//");
    v = run(&b, with_text(&b, pattern(&b, "gsub", "x*"), "-"));
    is_text(&v, 1, "-n-o-n-e-");
    build_close(&b);
}

static void gsub_refuses_a_bad_replacement_before_the_run(void **state)
{
    struct build b;
    (void)state;

    build_open(&b, 1);
    build_text(&b, "t", (const char *[]){ "x" });
    refuse(&b, with_text(&b, pattern(&b, "gsub", "(x)"), "5 $"),
           "the replacement \"5 $\" has a $ without a group", "test.lua:3",
           "groups are $1 or ${name}, a dollar sign is $$");
    refuse(&b, with_text(&b, pattern(&b, "gsub", "(x)"), "${1"),
           "the replacement \"${1\" has a $ without a group", "test.lua:3", NULL);
    refuse(&b, with_text(&b, pattern(&b, "gsub", "(x)"), "$2"),
           "the pattern \"(x)\" has no group \"2\"", "test.lua:3", NULL);
    build_close(&b);
}

static void endless_backtracking_fails_the_value(void **state)
{
    struct build b;
    struct orch_vector v;
    const char *message = "the pattern \"^(a+)+$\" takes too many steps on "
                          "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"";
    (void)state;

    build_open(&b, 2);
    build_text(&b, "t", (const char *[]){ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", "aa" });
    v = run(&b, pattern(&b, "match", "^(a+)+$"));
    is_failed(&b, &v, 0, "match", message);
    is_bool(&v, 1, true);
    v = run(&b, pattern(&b, "extract", "^(a+)+$"));
    is_failed(&b, &v, 0, "match", message);
    is_text(&v, 1, "aa");
    v = run(&b, with_text(&b, pattern(&b, "gsub", "^(a+)+$"), "-"));
    is_failed(&b, &v, 0, "match", message);
    is_text(&v, 1, "-");
    build_close(&b);
}

static void a_pattern_may_recurse_only_so_deep(void **state)
{
    struct build b;
    struct orch_vector v;
    char *deep = malloc(4000001);
    (void)state;

    memset(deep, '(', 4000000);
    deep[4000000] = '\0';
    build_open(&b, 1);
    build_text(&b, "t", (const char *[]){ deep });
    v = run(&b, pattern(&b, "match", "^(\\((?1)*\\))*$"));
    assert_true(v.fail != NULL && v.fail[0] != 0);
    assert_string_equal(b.ev.failures.items[0].rule, "match");
    build_close(&b);
    free(deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(match_finds_anywhere_and_knows_letters_of_all_scripts),
        cmocka_unit_test(a_bad_pattern_says_where_and_why),
        cmocka_unit_test(extract_gives_the_group_or_null),
        cmocka_unit_test(extract_refuses_a_group_that_is_not_there),
        cmocka_unit_test(gsub_replaces_all_and_knows_groups),
        cmocka_unit_test(gsub_refuses_a_bad_replacement_before_the_run),
        cmocka_unit_test(endless_backtracking_fails_the_value),
        cmocka_unit_test(a_pattern_may_recurse_only_so_deep),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
