/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/arena.h"
#include "base/json_read.h"

static void a_document_is_read(void **state)
{
    (void)state;
    json_t *root = NULL;
    assert_int_equal(orch_json_read(ORCH_STR("{\"rows\": [1, \"deux\"]}"), 0, &root, NULL),
                     ORCH_OK);
    const json_t *rows = json_object_get(root, "rows");
    assert_int_equal(json_integer_value(json_array_get(rows, 0)), 1);
    assert_string_equal(json_string_value(json_array_get(rows, 1)), "deux");
    json_decref(root);
}

static void what_is_no_json_is_told_with_its_place(void **state)
{
    (void)state;
    static const struct {
        struct orch_str text;
        int line, column;
    } cases[] = {
        { { "", 0 }, 1, 0 },
        { { NULL, 0 }, 1, 0 },
        { { "{\"a\": }", 7 }, 1, 7 },
        { { "{\n\"a\": 1,\n\"a\": 2}", 17 }, 3, 3 },
        { { "[1]\0", 4 }, 1, 4 },
        { { "[1,\n2]\0[3]", 10 }, 2, 3 },
        { { "[1] [2]", 7 }, 1, 5 },
        { { "[\"\xc3\x28\"]", 6 }, 1, 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *root = NULL;
        json_error_t at = { 0 };
        assert_int_equal(orch_json_read(cases[i].text, 0, &root, &at), ORCH_EINVAL);
        assert_null(root);
        if (at.line != cases[i].line || at.column != cases[i].column || at.text[0] == '\0')
            fail_msg("case %zu: line %d, column %d: %s", i, at.line, at.column, at.text);
    }
}

/* The parser blames the text for it, or leaves a part of it out. */
static void where_memory_ends_the_text_is_not_blamed(void **state)
{
    (void)state;
    static const char text[] = "{\"a\": [1, \"zwei\", {\"b\": null}], \"c\": 1.5}";
    orch_status st = ORCH_ENOMEM;
    for (unsigned n = 1; st == ORCH_ENOMEM; n++) {
        json_t *root = NULL;
        orch_alloc_fail_at(n);
        st = orch_json_read(orch_str_from(text), 0, &root, NULL);
        orch_alloc_fail_at(0);
        assert_true((root != NULL) == (st == ORCH_OK) && n < 1000);
        json_decref(root);
    }
    assert_int_equal(st, ORCH_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_document_is_read),
        cmocka_unit_test(what_is_no_json_is_told_with_its_place),
        cmocka_unit_test(where_memory_ends_the_text_is_not_blamed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
