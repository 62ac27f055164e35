/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

static void relations_over_every_type(void **state)
{
    static const struct {
        const char *op;
        bool less, equal, greater;
    } cases[] = {
        { "eq", false, true, false }, { "ne", true, false, true }, { "lt", true, false, false },
        { "le", true, true, false },  { "gt", false, false, true }, { "ge", false, true, true },
    };
    struct build b;
    const char *const pairs[][2] = { { "i", "j" }, { "n", "m" }, { "t", "u" }, { "i", "m" },
                                     { "n", "j" }, { "d", "e" } };
    (void)state;

    build_open(&b, 3);
    build_any(&b, "i", ORCH_TYPE_INTEGER, (int64_t[]){ 1, 2, 3 });
    build_any(&b, "j", ORCH_TYPE_INTEGER, (int64_t[]){ 2, 2, 2 });
    build_any(&b, "n", ORCH_TYPE_NUMBER, (double[]){ 1, 2, 3 });
    build_any(&b, "m", ORCH_TYPE_NUMBER, (double[]){ 2, 2, 2 });
    build_text(&b, "t", (const char *[]){ "a", "ab", "é" });
    build_text(&b, "u", (const char *[]){ "ab", "ab", "ab" });
    build_any(&b, "d", ORCH_TYPE_DATE, (int64_t[]){ 1, 2, 3 });
    build_any(&b, "e", ORCH_TYPE_DATE, (int64_t[]){ 2, 2, 2 });
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (size_t k = 0; k < sizeof pairs / sizeof pairs[0]; k++) {
            struct orch_vector v = run(&b, call(&b, cases[i].op, col(&b, pairs[k][0]),
                                                col(&b, pairs[k][1]), NULL));
            is_bool(&v, 0, cases[i].less);
            is_bool(&v, 1, cases[i].equal);
            is_bool(&v, 2, cases[i].greater);
        }
    }
    build_close(&b);
}

static void comparison_of_null_is_null(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 2);
    build_text(&b, "t", (const char *[]){ NULL, "x" });
    v = run(&b, call(&b, "eq", col(&b, "t"), lit(&b, val_text("x")), NULL));
    is_null(&v, 0);
    is_bool(&v, 1, true);
    build_close(&b);
}

static void types_that_do_not_compare_are_refused(void **state)
{
    struct build b;
    (void)state;

    build_open(&b, 1);
    build_any(&b, "d", ORCH_TYPE_DATE, (int64_t[]){ 1 });
    build_any(&b, "b", ORCH_TYPE_BOOLEAN, (uint8_t[]){ 1 });
    refuse(&b, call(&b, "ge", col(&b, "d"), lit(&b, val_text("2024-01-01")), NULL),
           "ge needs values of one type, not date and text", "test.lua:3",
           "add :date() to the text");
    refuse(&b, call(&b, "lt", col(&b, "b"), col(&b, "b"), NULL),
           "lt needs values that have an order, not boolean", "test.lua:3", NULL);
    refuse(&b, call(&b, "eq", col(&b, "b"), lit(&b, val_nil()), NULL),
           "eq with nil is never true", "test.lua:3", "ask :is_null()");
    build_close(&b);
}

static void between_hands_the_value_on_or_fails(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 4);
    build_any(&b, "speed", ORCH_TYPE_INTEGER, (int64_t[]){ 0, 200, 231, 9 });
    build_null(&b, "speed", 3);
    v = run(&b, call(&b, "between", col(&b, "speed"), lit(&b, val_int(0)), lit(&b, val_int(200)),
                     NULL));
    is_int(&v, 0, 0);
    is_int(&v, 1, 200);
    is_failed(&b, &v, 2, "between", "231 is not between 0 and 200");
    is_null(&v, 3);
    assert_string_equal(b.ev.failures.items[0].column, "speed");
    assert_memory_equal(b.ev.failures.items[0].raw.ptr, "231", 3);
    build_close(&b);
}

static void between_of_an_integer_and_numbers_stays_an_integer(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 2);
    build_any(&b, "n", ORCH_TYPE_INTEGER, (int64_t[]){ 1, 2 });
    v = run(&b, call(&b, "between", col(&b, "n"), lit(&b, val_num(0.5)), lit(&b, val_num(1.5)),
                     NULL));
    is_int(&v, 0, 1);
    is_failed(&b, &v, 1, "between", "2 is not between 0.5 and 1.5");
    build_close(&b);
}

static void a_bound_of_null_does_not_bound(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 2);
    build_text(&b, "t", (const char *[]){ "b", "a" });
    v = run(&b, call(&b, "between", col(&b, "t"), lit(&b, val_text("b")), lit(&b, val_nil()),
                     NULL));
    is_text(&v, 0, "b");
    is_failed(&b, &v, 1, "between", "\"a\" is not at least \"b\"");
    v = run(&b, call(&b, "between", col(&b, "t"), lit(&b, val_nil()), lit(&b, val_text("a")),
                     NULL));
    is_failed(&b, &v, 0, "between", "\"b\" is not at most \"a\"");
    v = run(&b, call(&b, "is_between", col(&b, "t"), lit(&b, val_nil()), lit(&b, val_text("a")),
                     NULL));
    is_bool(&v, 0, false);
    is_bool(&v, 1, true);
    build_close(&b);
}

static void one_of_hands_the_value_on_or_fails(void **state)
{
    struct build b;
    struct orch_vector v;
    const struct orch_value list[] = { val_text("EA"), val_text("ER") };
    (void)state;

    build_open(&b, 3);
    build_text(&b, "unit", (const char *[]){ "ER", "kWh", NULL });
    v = run(&b, with_list(&b, call(&b, "one_of", col(&b, "unit"), NULL), NULL, list, 2));
    is_text(&v, 0, "ER");
    is_failed(&b, &v, 1, "one_of", "\"kWh\" is not one of \"EA\", \"ER\"");
    is_null(&v, 2);
    v = run(&b, with_list(&b, call(&b, "is_in", col(&b, "unit"), NULL), NULL, list, 2));
    is_bool(&v, 0, true);
    is_bool(&v, 1, false);
    is_null(&v, 2);
    build_close(&b);
}

static void lists_of_numbers_take_integers(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 3);
    build_any(&b, "n", ORCH_TYPE_NUMBER, (double[]){ -0.0, 2.5, 3 });
    build_any(&b, "i", ORCH_TYPE_INTEGER, (int64_t[]){ 0, 2, 3 });
    build_any(&b, "b", ORCH_TYPE_BOOLEAN, (uint8_t[]){ 0, 1, 1 });
    v = run(&b, with_list(&b, call(&b, "is_in", col(&b, "n"), NULL), NULL,
                          (const struct orch_value[]){ val_int(0), val_num(2.5) }, 2));
    is_bool(&v, 0, true);
    is_bool(&v, 1, true);
    is_bool(&v, 2, false);
    v = run(&b, with_list(&b, call(&b, "is_in", col(&b, "i"), NULL), NULL,
                          (const struct orch_value[]){ val_int(2) }, 1));
    is_bool(&v, 1, true);
    is_bool(&v, 2, false);
    v = run(&b, with_list(&b, call(&b, "is_in", col(&b, "b"), NULL), NULL,
                          (const struct orch_value[]){ val_bool(true) }, 1));
    is_bool(&v, 0, false);
    is_bool(&v, 1, true);
    build_close(&b);
}

static void a_list_of_another_type_is_refused(void **state)
{
    struct build b;
    const struct orch_value numbers[] = { val_int(35) };
    (void)state;

    build_open(&b, 1);
    build_text(&b, "t", (const char *[]){ "35" });
    refuse(&b, with_list(&b, call(&b, "one_of", col(&b, "t"), NULL), NULL, numbers, 1),
           "one_of has an integer in its list for a value of type text", "test.lua:3",
           "write the list in the type of the value, or convert the value");
    refuse(&b, with_list(&b, call(&b, "is_in", col(&b, "t"), NULL), NULL, numbers, 0),
           "is_in needs a list of values", "test.lua:3", "write :is_in { \"a\", \"b\" }");
    refuse(&b, with_int(&b, call(&b, "is_in", col(&b, "t"), NULL), 3),
           "is_in needs a list of values", "test.lua:3", NULL);
    build_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(relations_over_every_type),
        cmocka_unit_test(comparison_of_null_is_null),
        cmocka_unit_test(types_that_do_not_compare_are_refused),
        cmocka_unit_test(between_hands_the_value_on_or_fails),
        cmocka_unit_test(between_of_an_integer_and_numbers_stays_an_integer),
        cmocka_unit_test(a_bound_of_null_does_not_bound),
        cmocka_unit_test(one_of_hands_the_value_on_or_fails),
        cmocka_unit_test(lists_of_numbers_take_integers),
        cmocka_unit_test(a_list_of_another_type_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
