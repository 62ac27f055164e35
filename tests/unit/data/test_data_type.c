/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "base/clock.h"
#include "data/type.h"
#include "data/vector.h"
#include "orch/arrow.h"

static void every_type_has_a_name_and_a_format_that_gives_it_back(void **state)
{
    (void)state;
    static const char *const names[] = { "nil",  "boolean",   "integer", "number", "text",
                                         "date", "timestamp", "binary",  "list" };
    for (enum orch_type t = ORCH_TYPE_NULL; t <= ORCH_TYPE_LIST; t++) {
        enum orch_type back;
        assert_string_equal(orch_type_name(t), names[t]);
        if (t == ORCH_TYPE_NULL || t == ORCH_TYPE_LIST)
            continue;
        assert_true(orch_type_of_format(orch_type_format(t), &back));
        assert_int_equal(back, t);
    }
    assert_string_equal(orch_type_format(ORCH_TYPE_NULL), "u");
    assert_null(orch_type_format(ORCH_TYPE_LIST));
}

static void wider_formats_become_types_of_scripts(void **state)
{
    (void)state;
    static const struct {
        const char *format;
        enum orch_type type;
    } known[] = { { "c", ORCH_TYPE_INTEGER },   { "C", ORCH_TYPE_INTEGER },
                  { "s", ORCH_TYPE_INTEGER },   { "S", ORCH_TYPE_INTEGER },
                  { "i", ORCH_TYPE_INTEGER },   { "I", ORCH_TYPE_INTEGER },
                  { "L", ORCH_TYPE_INTEGER },   { "f", ORCH_TYPE_NUMBER },
                  { "tss:UTC", ORCH_TYPE_TIMESTAMP }, { "tsm:+02:00", ORCH_TYPE_TIMESTAMP },
                  { "tsn:Europe/Paris", ORCH_TYPE_TIMESTAMP } };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        enum orch_type t;
        assert_true(orch_type_of_format(known[i].format, &t));
        assert_int_equal(t, known[i].type);
    }
}

static void formats_outside_the_profile_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = { "",  "U",   "Z",   "e",    "tdm",  "ts",  "tsu",  "tsu:",
                                       "n", "+l",  "ttu", "tsx:UTC", "vu", "d:10,2", "ll", "t" };
    enum orch_type t;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(orch_type_of_format(bad[i], &t));
    assert_false(orch_type_of_format(NULL, &t));
}

static void widths_are_those_of_the_slots(void **state)
{
    (void)state;
    struct orch_arena a = { 0 };
    assert_int_equal(orch_type_width(ORCH_TYPE_BOOLEAN), 1);
    assert_int_equal(orch_type_width(ORCH_TYPE_DATE), 8);
    assert_int_equal(orch_type_width(ORCH_TYPE_TEXT), sizeof(struct orch_str));
    assert_int_equal(orch_type_width(ORCH_TYPE_LIST), 0);
    assert_non_null(orch_vector_values(&a, ORCH_TYPE_NUMBER, 0));
    assert_null(orch_vector_values(&a, ORCH_TYPE_NUMBER, -1));
    assert_null(orch_vector_values(&a, ORCH_TYPE_TEXT, INT64_MAX));
    orch_arena_release(&a);
}

static struct orch_value text_value(const char *z)
{
    return (struct orch_value){ .type = ORCH_TYPE_TEXT, .text = orch_str_from(z) };
}

static struct orch_value integer_value(int64_t n)
{
    return (struct orch_value){ .type = ORCH_TYPE_INTEGER, .integer = n };
}

static void assert_prints(const struct orch_value *v, const char *wanted)
{
    struct orch_text t = { 0 };
    assert_true(orch_value_print(&t, v));
    assert_string_equal(t.ptr, wanted);
    orch_text_release(&t);
}

static void values_print_as_a_person_writes_them(void **state)
{
    (void)state;
    struct orch_value v = { 0 };
    assert_prints(&v, "nil");
    v = (struct orch_value){ .type = ORCH_TYPE_BOOLEAN, .boolean = true };
    assert_prints(&v, "true");
    v = integer_value(-5);
    assert_prints(&v, "-5");
    v = (struct orch_value){ .type = ORCH_TYPE_NUMBER, .number = 0.1 };
    assert_prints(&v, "0.1");
    v = text_value("a\n");
    assert_prints(&v, "\"a\\n\"");
    v = (struct orch_value){ .type = ORCH_TYPE_DATE, .integer = 0 };
    assert_prints(&v, "1970-01-01");
    v = (struct orch_value){ .type = ORCH_TYPE_TIMESTAMP, .integer = 1 };
    assert_prints(&v, "1970-01-01T00:00:00.000001Z");
}

static void lists_print_like_lua_tables(void **state)
{
    (void)state;
    struct orch_item items[] = {
        { integer_value(1), text_value("x") },
        { integer_value(2), integer_value(7) },
        { text_value("name"), text_value("n") },
        { text_value("two words"), integer_value(9) },
    };
    struct orch_value list = { .type = ORCH_TYPE_LIST, .items = items, .n_items = 4 };
    assert_prints(&list, "{ \"x\", 7, name = \"n\", [\"two words\"] = 9 }");
    list.n_items = 0;
    assert_prints(&list, "{}");
}

static void a_list_that_holds_itself_ends(void **state)
{
    (void)state;
    struct orch_item item = { .key = integer_value(1) };
    struct orch_value list = { .type = ORCH_TYPE_LIST, .items = &item, .n_items = 1 };
    struct orch_text t = { 0 };
    item.value = list;
    assert_true(orch_value_print(&t, &list));
    assert_true(t.len < 200);
    orch_text_release(&t);
}

static void items_are_found_by_name(void **state)
{
    (void)state;
    struct orch_item items[] = { { integer_value(1), text_value("x") },
                                 { text_value("zone"), text_value("Europe/Paris") } };
    struct orch_value list = { .type = ORCH_TYPE_LIST, .items = items, .n_items = 2 };
    struct orch_value text = text_value("zone");
    assert_ptr_equal(orch_value_get(&list, "zone"), &items[1].value);
    assert_null(orch_value_get(&list, "zon"));
    assert_null(orch_value_get(&text, "zone"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_has_a_name_and_a_format_that_gives_it_back),
        cmocka_unit_test(wider_formats_become_types_of_scripts),
        cmocka_unit_test(formats_outside_the_profile_are_refused),
        cmocka_unit_test(widths_are_those_of_the_slots),
        cmocka_unit_test(values_print_as_a_person_writes_them),
        cmocka_unit_test(lists_print_like_lua_tables),
        cmocka_unit_test(a_list_that_holds_itself_ends),
        cmocka_unit_test(items_are_found_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
