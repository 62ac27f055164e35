/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "run/position.h"

static const struct orch_connector connector = { .struct_size = sizeof connector, .name = "meters",
                                                 .state_version = 3 };

static orch_status note(struct orch_position *p, const char *json, int64_t rows, orch_error *err)
{
    orch_batch_info info = { .struct_size = sizeof info, .state = json,
                             .state_len = json != NULL ? strlen(json) : 0 };
    return orch_position_note(p, &info, rows, &connector, err);
}

static void the_last_position_counts(void **state)
{
    (void)state;
    struct orch_position p = { 0 };
    assert_false(p.known);
    assert_int_equal(note(&p, "{\"after\":1000}", 10, NULL), ORCH_OK);
    assert_int_equal(note(&p, "7", 10, NULL), ORCH_OK);
    assert_true(p.known);
    assert_string_equal(orch_text_z(&p.json), "7");
    assert_int_equal(p.version, 3);
    orch_position_release(&p);
    assert_false(p.known);
}

static void rows_after_a_position_are_counted(void **state)
{
    (void)state;
    struct orch_position p = { 0 };
    assert_int_equal(note(&p, NULL, 4, NULL), ORCH_OK);
    assert_false(p.known);
    assert_int_equal(p.rows_behind, 4);
    assert_int_equal(note(&p, "1", 10, NULL), ORCH_OK);
    assert_int_equal(p.rows_behind, 0);
    assert_int_equal(note(&p, NULL, 0, NULL), ORCH_OK);
    assert_int_equal(p.rows_behind, 0);
    assert_int_equal(note(&p, NULL, 6, NULL), ORCH_OK);
    assert_int_equal(note(&p, NULL, 1, NULL), ORCH_OK);
    assert_int_equal(p.rows_behind, 7);
    orch_position_release(&p);
}

static void a_position_has_a_bound(void **state)
{
    (void)state;
    struct orch_position p = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    char *json = malloc(ORCH_POSITION_MOST + 2);
    assert_non_null(json);
    memset(json, '1', ORCH_POSITION_MOST + 1);
    json[ORCH_POSITION_MOST] = '\0';
    assert_int_equal(note(&p, json, 1, &err), ORCH_OK);
    json[ORCH_POSITION_MOST] = '1';
    json[ORCH_POSITION_MOST + 1] = '\0';
    assert_int_equal(note(&p, json, 1, &err), ORCH_EINTERNAL);
    assert_string_equal(err.message,
                        "source meters gave a position of 65537 bytes; the bound is 65536");
    assert_int_equal(p.json.len, ORCH_POSITION_MOST);
    orch_position_release(&p);
    free(json);
}

static void any_json_is_a_position(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool json;
    } cases[] = {
        { "{\"after\":\"2026-11-30T01:02:03.000004Z\"}", true }, { "[1,2]", true }, { "17", true },
        { "\"x\"", true },       { "null", true },   { "", false },  { "after 7", false },
        { "{\"after\":}", false }, { "1 2", false }, { "{\"a\":1,\"a\":2}", false },
        { "\"\xc3\x28\"", false },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orch_position p = { 0 };
        assert_int_equal(orch_position_set(&p, orch_str_from(cases[i].text), 1), ORCH_OK);
        if (orch_position_check(&p) != (cases[i].json ? ORCH_OK : ORCH_EINVAL))
            fail_msg("%s", cases[i].text);
        orch_position_release(&p);
    }
}

static void a_zero_byte_ends_no_position(void **state)
{
    (void)state;
    struct orch_position p = { 0 };
    assert_int_equal(orch_position_set(&p, (struct orch_str){ "1\0", 2 }, 1), ORCH_OK);
    assert_int_equal(orch_position_check(&p), ORCH_EINVAL);
    orch_position_release(&p);
}

/* The parser blames the text for it. */
static void where_memory_ends_no_position_is_blamed(void **state)
{
    (void)state;
    struct orch_position p = { 0 };
    orch_status st = ORCH_ENOMEM;
    assert_int_equal(orch_position_set(&p, ORCH_STR("{\"after\":[1,\"x\"]}"), 1), ORCH_OK);
    for (unsigned n = 1; st == ORCH_ENOMEM; n++) {
        orch_alloc_fail_at(n);
        st = orch_position_check(&p);
        orch_alloc_fail_at(0);
        assert_true(n < 100);
    }
    assert_int_equal(st, ORCH_OK);
    orch_position_release(&p);
}

static void equal_is_text_and_form(void **state)
{
    (void)state;
    struct orch_position none = { 0 }, a = { 0 }, b = { 0 };
    assert_true(orch_position_equal(&none, &a));
    assert_int_equal(orch_position_set(&a, ORCH_STR("1"), 1), ORCH_OK);
    assert_false(orch_position_equal(&none, &a));
    assert_int_equal(orch_position_set(&b, ORCH_STR("1"), 1), ORCH_OK);
    assert_true(orch_position_equal(&a, &b));
    assert_int_equal(orch_position_set(&b, ORCH_STR("1"), 2), ORCH_OK);
    assert_false(orch_position_equal(&a, &b));
    assert_int_equal(orch_position_set(&b, ORCH_STR("12"), 1), ORCH_OK);
    assert_false(orch_position_equal(&a, &b));
    orch_position_release(&a);
    orch_position_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_last_position_counts),
        cmocka_unit_test(rows_after_a_position_are_counted),
        cmocka_unit_test(a_position_has_a_bound),
        cmocka_unit_test(any_json_is_a_position),
        cmocka_unit_test(a_zero_byte_ends_no_position),
        cmocka_unit_test(where_memory_ends_no_position_is_blamed),
        cmocka_unit_test(equal_is_text_and_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
