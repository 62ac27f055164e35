/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

static void text_with_null_and_failure(struct build *b)
{
    build_open(b, 4);
    build_text(b, "t", (const char *[]){ "x", NULL, "y", "" });
    build_fail(b, "t", 2);
}

static void required_fails_nulls_but_not_empty_text(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    text_with_null_and_failure(&b);
    v = run(&b, call(&b, "required", col(&b, "t"), NULL));
    is_text(&v, 0, "x");
    is_failed(&b, &v, 1, "required", "a value is required");
    is_failed(&b, &v, 2, "broken", "broken t");
    is_text(&v, 3, "");
    assert_string_equal(b.ev.failures.items[v.fail[1] - 1].column, "t");
    build_close(&b);
}

static void or_null_turns_failures_into_nulls(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    text_with_null_and_failure(&b);
    v = run(&b, call(&b, "or_null", col(&b, "t"), NULL));
    is_text(&v, 0, "x");
    is_null(&v, 1);
    is_null(&v, 2);
    assert_null(v.fail);
    v = run(&b, call(&b, "required", call(&b, "or_null", col(&b, "t"), NULL), NULL));
    is_failed(&b, &v, 2, "required", "a value is required");
    build_close(&b);
}

static void default_replaces_nulls_and_failures(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    text_with_null_and_failure(&b);
    v = run(&b, call(&b, "default", col(&b, "t"), lit(&b, val_text("?")), NULL));
    is_text(&v, 0, "x");
    is_text(&v, 1, "?");
    is_text(&v, 2, "?");
    is_text(&v, 3, "");
    assert_null(v.fail);
    v = run(&b, call(&b, "default", col(&b, "t"), col(&b, "t"), NULL));
    is_failed(&b, &v, 2, "broken", "broken t");
    refuse(&b, call(&b, "default", col(&b, "t"), lit(&b, val_int(0)), NULL),
           "default needs values of one type, not text and integer", "test.lua:3",
           "add :integer() to the text");
    build_close(&b);
}

static void default_of_an_integer_and_a_number_is_a_number(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 2);
    build_any(&b, "i", ORCH_TYPE_INTEGER, (int64_t[]){ 1, 2 });
    build_null(&b, "i", 1);
    v = run(&b, call(&b, "default", col(&b, "i"), lit(&b, val_num(0.5)), NULL));
    is_num(&v, 0, 1);
    is_num(&v, 1, 0.5);
    build_close(&b);
}

static void map_looks_up_text_and_integers(void **state)
{
    const struct orch_value words[] = { val_text("W"), val_text("kW"), val_text("é") };
    const struct orch_value factors[] = { val_num(0.001), val_int(1), val_int(7) };
    const struct orch_value numbers[] = { val_int(1), val_int(2) };
    const struct orch_value flags[] = { val_bool(true), val_bool(false) };
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 4);
    build_text(&b, "t", (const char *[]){ "W", "é", "MW", NULL });
    build_any(&b, "i", ORCH_TYPE_INTEGER, (int64_t[]){ 1, 2, 3, 1 });
    v = run(&b, with_list(&b, call(&b, "map", col(&b, "t"), NULL), words, factors, 3));
    is_num(&v, 0, 0.001);
    is_num(&v, 1, 7);
    is_failed(&b, &v, 2, "map", "no entry for \"MW\"");
    is_null(&v, 3);
    v = run(&b, with_list(&b, call(&b, "map", col(&b, "t"), NULL), words, words, 3));
    is_text(&v, 1, "é");
    v = run(&b, with_list(&b, call(&b, "map", col(&b, "i"), NULL), numbers, flags, 2));
    is_bool(&v, 0, true);
    is_bool(&v, 1, false);
    is_failed(&b, &v, 2, "map", "no entry for 3");
    v = run(&b, with_list(&b, call(&b, "map", col(&b, "i"), NULL), NULL, words, 2));
    is_text(&v, 1, "kW");
    build_close(&b);
}

static void map_refuses_tables_that_do_not_fit(void **state)
{
    const struct orch_value words[] = { val_text("W"), val_text("kW") };
    const struct orch_value mixed[] = { val_text("x"), val_int(1) };
    const struct orch_value bad[] = { val_text("\xff") };
    struct build b;
    (void)state;

    build_open(&b, 1);
    build_text(&b, "t", (const char *[]){ "W" });
    build_any(&b, "n", ORCH_TYPE_NUMBER, (double[]){ 1 });
    refuse(&b, with_list(&b, call(&b, "map", col(&b, "t"), NULL), NULL, words, 2),
           "map has the key of type integer for a value of type text", "test.lua:3",
           "write text keys: { [\"1\"] = \"one\" }");
    refuse(&b, with_list(&b, call(&b, "map", col(&b, "t"), NULL), words, mixed, 2),
           "map needs values of one type, not text and integer", "test.lua:3", NULL);
    refuse(&b, with_list(&b, call(&b, "map", col(&b, "t"), NULL), words, bad, 1),
           "a text in the map is not valid UTF-8", "test.lua:3", NULL);
    refuse(&b, with_list(&b, call(&b, "map", col(&b, "t"), NULL), words, words, 0),
           "map needs a table with at least one entry", "test.lua:3", NULL);
    refuse(&b, with_list(&b, call(&b, "map", col(&b, "n"), NULL), words, words, 2),
           "map needs text or an integer, not number", "test.lua:3",
           "add :text() or :integer()");
    build_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(required_fails_nulls_but_not_empty_text),
        cmocka_unit_test(or_null_turns_failures_into_nulls),
        cmocka_unit_test(default_replaces_nulls_and_failures),
        cmocka_unit_test(default_of_an_integer_and_a_number_is_a_number),
        cmocka_unit_test(map_looks_up_text_and_integers),
        cmocka_unit_test(map_refuses_tables_that_do_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
