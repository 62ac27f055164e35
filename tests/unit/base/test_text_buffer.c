/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/str.h"

static void appends_build_one_text(void **state)
{
    (void)state;
    struct orch_text t = { 0 };
    assert_string_equal(orch_text_z(&t), "");
    assert_true(orch_text_add(&t, NULL, 0));
    assert_true(orch_text_puts(&t, "rows: "));
    assert_true(orch_text_printf(&t, "%d", 12));
    assert_true(orch_text_putc(&t, '!'));
    assert_string_equal(orch_text_z(&t), "rows: 12!");
    assert_int_equal(t.len, 9);
    for (int i = 0; i < 1000; i++)
        assert_true(orch_text_printf(&t, "%d,", i));
    orch_text_reset(&t);
    assert_string_equal(t.ptr, "");
    orch_text_release(&t);
    assert_null(t.ptr);
}

static void the_cap_is_exact_and_failure_sticks(void **state)
{
    (void)state;
    struct orch_text t = { .cap = 5 };
    assert_true(orch_text_puts(&t, "12345"));
    assert_false(orch_text_putc(&t, '6'));
    assert_true(t.failed);
    assert_string_equal(t.ptr, "12345");
    orch_text_reset(&t);
    assert_true(orch_text_puts(&t, "1"));
    assert_false(orch_text_puts(&t, "23456"));
    assert_false(orch_text_putc(&t, '2')); /* nothing after a gap */
    assert_string_equal(t.ptr, "1");
    orch_text_release(&t);
    assert_int_equal(t.cap, 5);
    assert_false(t.failed);
}

static void without_memory_the_text_is_unchanged(void **state)
{
    (void)state;
    struct orch_text t = { 0 };
    assert_true(orch_text_puts(&t, "kept"));
    orch_alloc_fail_at(1);
    assert_false(orch_text_printf(&t, "%0500d", 1));
    orch_alloc_fail_at(0);
    assert_string_equal(t.ptr, "kept");
    orch_text_release(&t);
}

static void assert_quotes_to(const char *text, size_t len, size_t max, const char *wanted)
{
    struct orch_text t = { 0 };
    assert_true(orch_text_quote(&t, (struct orch_str){ text, len }, max));
    assert_string_equal(orch_text_z(&t), wanted);
    orch_text_release(&t);
}

static void a_quoted_value_is_one_harmless_line(void **state)
{
    (void)state;
    assert_quotes_to("", 0, 10, "\"\"");
    assert_quotes_to("32/01/2024", 10, 99, "\"32/01/2024\"");
    assert_quotes_to("a\nb\tc\0d", 7, 99, "\"a\\nb\\tc\\x00d\"");
    assert_quotes_to("\x1B[2J", 4, 99, "\"\\x1B[2J\"");
    assert_quotes_to("say \"x\\y\"", 9, 99, "\"say \\\"x\\\\y\\\"\"");
    assert_quotes_to("\xE9t\xC3\xA9", 4, 99, "\"\\xE9t\xC3\xA9\"");
    assert_quotes_to("\xC2\x85\xE2\x80\xAE", 5, 99, "\"\\u{85}\\u{202E}\"");
}

static void a_long_value_is_cut_between_characters(void **state)
{
    (void)state;
    assert_quotes_to("abcdef", 6, 6, "\"abcdef\"");
    assert_quotes_to("abcdef", 6, 3, "\"abc\xE2\x80\xA6\"");
    assert_quotes_to("a\xC3\xA9z", 4, 2, "\"a\xE2\x80\xA6\"");
    assert_quotes_to("a\xC3\xA9z", 4, 3, "\"a\xC3\xA9\xE2\x80\xA6\"");
}

static void a_quote_that_does_not_fit_leaves_nothing(void **state)
{
    (void)state;
    struct orch_text t = { .cap = 8 };
    assert_true(orch_text_puts(&t, "at "));
    assert_false(orch_text_quote(&t, ORCH_STR("long value"), 99));
    assert_string_equal(t.ptr, "at ");
    orch_text_release(&t);
}

static void escape_keeps_what_quotes_would_need(void **state)
{
    (void)state;
    struct orch_text t = { 0 };
    assert_true(orch_text_escape(&t, ORCH_STR("a \"b\"\r\n"), 99));
    assert_string_equal(t.ptr, "a \"b\"\\r\\n");
    orch_text_release(&t);
}

static void assert_counts_to(int64_t n, const char *wanted)
{
    struct orch_text t = { 0 };
    assert_true(orch_text_count(&t, n));
    assert_string_equal(t.ptr, wanted);
    orch_text_release(&t);
}

#define NB "\xE2\x80\xAF"

static void thousands_are_set_apart(void **state)
{
    (void)state;
    assert_counts_to(0, "0");
    assert_counts_to(999, "999");
    assert_counts_to(1000, "1" NB "000");
    assert_counts_to(-100, "-100");
    assert_counts_to(-1234567, "-1" NB "234" NB "567");
    assert_counts_to(INT64_MIN, "-9" NB "223" NB "372" NB "036" NB "854" NB "775" NB "808");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(appends_build_one_text),
        cmocka_unit_test(the_cap_is_exact_and_failure_sticks),
        cmocka_unit_test(without_memory_the_text_is_unchanged),
        cmocka_unit_test(a_quoted_value_is_one_harmless_line),
        cmocka_unit_test(a_long_value_is_cut_between_characters),
        cmocka_unit_test(a_quote_that_does_not_fit_leaves_nothing),
        cmocka_unit_test(escape_keeps_what_quotes_would_need),
        cmocka_unit_test(thousands_are_set_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
