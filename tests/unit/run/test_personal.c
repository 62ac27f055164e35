/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/personal.h"

static char script_path[] = "/tmp/orch-personal-XXXXXX.lua";

static int setup(void **state)
{
    (void)state;
    int fd = mkstemps(script_path, 4);
    return fd < 0 ? 1 : close(fd);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(script_path);
}

/* The columns found, each once, in the order of the alphabet. */
static void assert_personal(const char *steps, const char *declared, const char *expected)
{
    struct orch_script_request request = { .path = script_path };
    struct orch_script *script = NULL;
    struct orch_personal p = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    char found[200] = "";
    FILE *f = fopen(script_path, "w");
    assert_non_null(f);
    fprintf(f,
            "local o = require \"orchestra\"\nlocal c = o.column\n"
            "local key = { key = \"0123456789abcdef0123456789abcdef\" }\n"
            "local shared = c.a:trim()\nfor i = 1, 60 do shared = shared .. shared end\n"
            "return o.pipeline { name = \"t\", source = o.source.csv { path = \"x\" },\n"
            "steps = { %s }, destination = o.destination.files { path = \"y\" } }\n",
            steps);
    fclose(f);
    if (orch_script_load(&request, &script, &err) != ORCH_OK)
        fail_msg("%s: %s", err.message, err.detail);
    assert_int_equal(orch_personal_find(orch_script_pipeline(script), declared, &p), ORCH_OK);
    for (char name = 'a'; name <= 'e'; name++) {
        char text[2] = { name, '\0' };
        for (size_t i = 0; i < p.names.len; i++) {
            if (strcmp(p.names.items[i], text) == 0) {
                strcat(found, text);
                break;
            }
        }
    }
    assert_string_equal(found, expected);
    orch_personal_release(&p);
    orch_script_free(script);
}

static void a_pipeline_without_pseudonyms_has_none(void **state)
{
    (void)state;
    assert_personal("o.select { a = c.a, b = c.b:trim() }", NULL, "");
}

static void columns_below_a_pseudonym_are_personal(void **state)
{
    (void)state;
    assert_personal("o.select { x = (c.a .. c.b:trim()):pseudonym(key), y = c.c }", NULL, "ab");
}

static void a_pseudonym_inside_another_operation_counts(void **state)
{
    (void)state;
    assert_personal("o.select { x = c.a:pseudonym(key) .. c.b }", NULL, "a");
}

static void names_are_followed_through_earlier_steps(void **state)
{
    (void)state;
    assert_personal("o.select { d = c.a, e = c.b }, o.select { x = c.d:pseudonym(key), y = c.e }",
                    NULL, "ad");
}

static void a_condition_may_hold_one(void **state)
{
    (void)state;
    assert_personal("o.where(c.a:pseudonym(key):eq(\"x\"))", NULL, "a");
}

static void a_row_function_whose_output_is_personal_makes_its_arguments_so(void **state)
{
    (void)state;
    assert_personal("o.each({ \"a\", \"b\" }, function(a, b) return { a, b } end, "
                    "{ { \"x\", \"text\" }, { \"y\", \"text\" } }), "
                    "o.select { x = c.x:pseudonym(key), y = c.y }",
                    NULL, "ab");
}

static void declared_columns_of_the_connector_are_personal(void **state)
{
    (void)state;
    assert_personal("o.select { a = c.a }", "b, c", "bc");
    assert_personal("o.select { a = c.a }", "", "");
    assert_personal("o.select { a = c.a }", " ,, d", "d");
}

static void an_expression_of_countless_paths_is_searched_once(void **state)
{
    (void)state;
    assert_personal("o.select { x = shared, y = shared:pseudonym(key) }", NULL, "a");
}

static void long_numbers_are_hidden_in_texts(void **state)
{
    static const char *const cases[][2] = {
        { "", "" },
        { "12345678", "12345678" },
        { "123456789", "***" },
        { "ENEDIS_12345678901234_R50.xml", "ENEDIS_***_R50.xml" },
        { "1234567890-1234567890", "***-***" },
        { "2026-01-02 99", "2026-01-02 99" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s", cases[i][0]);
        orch_personal_hide(text);
        assert_string_equal(text, cases[i][1]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipeline_without_pseudonyms_has_none),
        cmocka_unit_test(columns_below_a_pseudonym_are_personal),
        cmocka_unit_test(a_pseudonym_inside_another_operation_counts),
        cmocka_unit_test(names_are_followed_through_earlier_steps),
        cmocka_unit_test(a_condition_may_hold_one),
        cmocka_unit_test(a_row_function_whose_output_is_personal_makes_its_arguments_so),
        cmocka_unit_test(declared_columns_of_the_connector_are_personal),
        cmocka_unit_test(an_expression_of_countless_paths_is_searched_once),
        cmocka_unit_test(long_numbers_are_hidden_in_texts),
    };
    return cmocka_run_group_tests_name("personal", tests, setup, teardown);
}
