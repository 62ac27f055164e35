/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>

#include "base/json.h"

static void write_sample(struct orch_text *t, int indent)
{
    struct orch_json j;
    orch_json_begin(&j, t, indent);
    orch_json_open(&j, NULL, '{');
    orch_json_text(&j, "name", "caf\xC3\xA9");
    orch_json_int(&j, "rows", INT64_MIN);
    orch_json_open(&j, "list", '[');
    orch_json_bool(&j, NULL, true);
    orch_json_float(&j, NULL, 0.1);
    orch_json_null(&j, NULL);
    orch_json_close(&j, ']');
    orch_json_open(&j, "none", '{');
    orch_json_close(&j, '}');
    orch_json_text(&j, "unknown", NULL);
    orch_json_close(&j, '}');
}

static void one_line_has_no_blanks(void **state)
{
    (void)state;
    struct orch_text t = { 0 };
    write_sample(&t, 0);
    assert_string_equal(t.ptr, "{\"name\":\"caf\xC3\xA9\",\"rows\":-9223372036854775808,"
                               "\"list\":[true,0.1,null],\"none\":{},\"unknown\":null}");
    orch_text_release(&t);
}

static void an_indented_document_has_a_line_a_value(void **state)
{
    (void)state;
    struct orch_text t = { 0 };
    write_sample(&t, 2);
    assert_string_equal(t.ptr, "{\n"
                               "  \"name\": \"caf\xC3\xA9\",\n"
                               "  \"rows\": -9223372036854775808,\n"
                               "  \"list\": [\n"
                               "    true,\n"
                               "    0.1,\n"
                               "    null\n"
                               "  ],\n"
                               "  \"none\": {},\n"
                               "  \"unknown\": null\n"
                               "}");
    orch_text_release(&t);
}

static void assert_quoted(const char *bytes, size_t len, const char *wanted)
{
    struct orch_text t = { 0 };
    orch_json_quote(&t, (struct orch_str){ bytes, len });
    assert_string_equal(t.ptr, wanted);
    orch_text_release(&t);
}

static void strings_are_escaped(void **state)
{
    (void)state;
    assert_quoted("", 0, "\"\"");
    assert_quoted("a\"b\\c/", 6, "\"a\\\"b\\\\c/\"");
    assert_quoted("\b\t\n\f\r\v\0\x1F\x7F", 9,
                  "\"\\b\\t\\n\\f\\r\\u000B\\u0000\\u001F\\u007F\"");
}

static void each_bad_byte_is_replaced(void **state)
{
    (void)state;
    assert_quoted("\xE9t\xC3\xA9\xFF", 5, "\"\xEF\xBF\xBDt\xC3\xA9\xEF\xBF\xBD\"");
    assert_quoted("\xE2\x82\"x", 4, "\"\xEF\xBF\xBD\xEF\xBF\xBD\\\"x\"");
}

static void what_is_no_json_number_is_null(void **state)
{
    (void)state;
    struct orch_text t = { 0 };
    struct orch_json j;
    orch_json_begin(&j, &t, 0);
    orch_json_open(&j, NULL, '[');
    orch_json_float(&j, NULL, (double)NAN);
    orch_json_float(&j, NULL, (double)INFINITY);
    orch_json_float(&j, NULL, 1e300);
    orch_json_float(&j, NULL, -3.0);
    orch_json_close(&j, ']');
    assert_string_equal(t.ptr, "[null,null,1e+300,-3]");
    orch_text_release(&t);
}

static void a_document_past_its_cap_is_marked_failed(void **state)
{
    (void)state;
    struct orch_text t = { .cap = 20 };
    write_sample(&t, 0);
    assert_true(t.failed);
    assert_true(t.len <= 20);
    orch_text_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_line_has_no_blanks),
        cmocka_unit_test(an_indented_document_has_a_line_a_value),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(each_bad_byte_is_replaced),
        cmocka_unit_test(what_is_no_json_number_is_null),
        cmocka_unit_test(a_document_past_its_cap_is_marked_failed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
