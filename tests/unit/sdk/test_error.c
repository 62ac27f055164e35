/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "orch/error.h"

#define CUT "\xE2\x80\xA6"

static void a_message_clears_what_stood_there(void **state)
{
    (void)state;
    orch_error e = ORCH_ERROR_INIT;
    orch_error_set(&e, ORCH_EIO, "first");
    orch_error_detail(&e, "detail %d", 1);
    orch_error_hint(&e, "hint");
    assert_int_equal(orch_error_at(&e, 7, "kwh"), ORCH_EIO);
    assert_int_equal(orch_error_set(&e, ORCH_EDATA, "%s again", e.message), ORCH_EDATA);
    assert_string_equal(e.message, "first again");
    assert_string_equal(e.detail, "");
    assert_string_equal(e.hint, "");
    assert_string_equal(e.field, "");
    assert_int_equal(e.row, 0);
}

static void nobody_need_ask_for_the_error(void **state)
{
    (void)state;
    assert_int_equal(orch_error_set(NULL, ORCH_EDATA, "m"), ORCH_EDATA);
    orch_error_detail(NULL, "d");
    orch_error_hint(NULL, "h");
    assert_int_equal(orch_error_at(NULL, 1, "f"), ORCH_EINTERNAL);
}

static void texts_too_long_end_in_an_ellipsis_between_characters(void **state)
{
    (void)state;
    for (size_t lead = 0; lead < 3; lead++) {
        orch_error e = ORCH_ERROR_INIT;
        char text[1200] = "";
        memset(text, 'x', lead);
        while (strlen(text) < 1100)
            strcat(text, "\xE2\x82\xAC");
        orch_error_set(&e, ORCH_EDATA, "%s", text);
        size_t len = strlen(e.message);
        assert_true(len <= sizeof e.message - 1 && len > sizeof e.message - 8);
        assert_string_equal(e.message + len - 3, CUT);
        assert_int_equal((len - 3 - lead) % 3, 0);
        assert_null(strchr(e.message, '?'));
    }
}

static void what_is_no_text_becomes_a_question_mark(void **state)
{
    static const char *const cases[][2] = {
        { "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80", "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80" },
        { "a\xE9z", "a?z" },
        { "\xC0\x80", "??" },
        { "\xED\xA0\x80", "???" },
        { "\xE0\x80\x80", "???" },
        { "\xF4\x90\x80\x80", "????" },
        { "\xF0\x80\x80\x80", "????" },
        { "cut \xE2\x82", "cut ??" },
        { "\x80\xBF", "??" },
        { "red \x1b[31m", "red ?[31m" },
        { "bell\x07\x7F", "bell??" },
        { "two\nlines\tand a tab", "two lines and a tab" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        orch_error e = ORCH_ERROR_INIT;
        orch_error_set(&e, ORCH_EDATA, "%s", cases[i][0]);
        assert_string_equal(e.message, cases[i][1]);
        orch_error_hint(&e, "%s", cases[i][0]);
        assert_string_equal(e.hint, cases[i][1]);
    }
}

static void a_detail_keeps_its_lines(void **state)
{
    (void)state;
    orch_error e = ORCH_ERROR_INIT;
    orch_error_set(&e, ORCH_EDATA, "m");
    orch_error_detail(&e, "one\r\ntwo\tthree\xFF");
    assert_string_equal(e.detail, "one?\ntwo three?");
}

static void a_place_is_added_to_the_error(void **state)
{
    (void)state;
    orch_error e = ORCH_ERROR_INIT;
    char name[100];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    orch_error_set(&e, ORCH_EDATA, "m");
    orch_error_at(&e, 3, "a\xE9");
    assert_string_equal(e.field, "a?");
    orch_error_at(&e, 0, NULL);
    assert_int_equal(e.row, 3);
    assert_string_equal(e.field, "a?");
    orch_error_at(&e, 4, name);
    assert_string_equal(e.field + strlen(e.field) - 3, CUT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_clears_what_stood_there),
        cmocka_unit_test(nobody_need_ask_for_the_error),
        cmocka_unit_test(texts_too_long_end_in_an_ellipsis_between_characters),
        cmocka_unit_test(what_is_no_text_becomes_a_question_mark),
        cmocka_unit_test(a_detail_keeps_its_lines),
        cmocka_unit_test(a_place_is_added_to_the_error),
    };
    return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
