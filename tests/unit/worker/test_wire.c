/* SPDX-License-Identifier: Apache-2.0 */
/* Values, errors and schemas in the body of a frame: whole or refused. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "orch/builder.h"
#include "orch/error.h"
#include "worker/wire.h"

static void values_come_back(void **state)
{
    (void)state;
    struct orch_text body = { .cap = ORCH_WIRE_BYTES_MOST };
    orch_wire_put_u32(&body, 4711);
    orch_wire_put_i64(&body, INT64_MIN);
    orch_wire_put_z(&body, "caf\xc3\xa9");
    orch_wire_put_z(&body, NULL);
    orch_wire_put_z(&body, "");
    orch_wire_put_str(&body, (struct orch_str){ "a\0b", 3 });
    struct orch_wire w = orch_wire_of(&body);
    assert_int_equal(orch_wire_u32(&w), 4711);
    assert_true(orch_wire_i64(&w) == INT64_MIN);
    assert_string_equal(orch_wire_text(&w), "caf\xc3\xa9");
    assert_null(orch_wire_z(&w));
    assert_string_equal(orch_wire_z(&w), "");
    struct orch_str raw = orch_wire_str(&w);
    assert_int_equal(raw.len, 3);
    assert_memory_equal(raw.ptr, "a\0b", 4);
    assert_true(orch_wire_done(&w));
    orch_text_release(&body);
}

static void what_is_cut_short_is_bad_and_gives_zeros(void **state)
{
    (void)state;
    struct orch_text body = { 0 };
    orch_wire_put_z(&body, "text");
    orch_wire_put_i64(&body, 7);
    for (size_t n = 0; n < body.len; n++) {
        /* In memory of its own, so that a read behind its end is seen. */
        char *cut = malloc(n > 0 ? n : 1);
        memcpy(cut, body.ptr, n);
        struct orch_wire w = { cut, n, false };
        (void)orch_wire_z(&w);
        assert_int_equal(orch_wire_i64(&w), 0);
        assert_true(w.bad);
        assert_int_equal(orch_wire_u32(&w), 0);
        assert_string_equal(orch_wire_str(&w).ptr, "");
        free(cut);
    }
    orch_text_release(&body);
}

static void texts_with_a_nul_or_not_utf8_are_bad(void **state)
{
    (void)state;
    struct orch_text body = { 0 };
    orch_wire_put_str(&body, (struct orch_str){ "a\0b", 3 });
    struct orch_wire w = orch_wire_of(&body);
    assert_string_equal(orch_wire_z(&w), "");
    assert_true(w.bad);
    orch_text_reset(&body);
    orch_wire_put_z(&body, "\xff");
    w = orch_wire_of(&body);
    assert_string_equal(orch_wire_text(&w), "");
    assert_true(w.bad);
    orch_text_release(&body);
}

static void a_body_beyond_its_bound_fails(void **state)
{
    (void)state;
    struct orch_text body = { .cap = ORCH_WIRE_BYTES_MOST };
    char *large = calloc(1, ORCH_WIRE_BYTES_MOST);
    orch_wire_put_str(&body, (struct orch_str){ large, ORCH_WIRE_BYTES_MOST });
    assert_true(body.failed);
    free(large);
    orch_text_release(&body);
}

/* ---- errors -------------------------------------------------------------------------------- */

static void an_error_comes_back_whole(void **state)
{
    (void)state;
    struct orch_text body = { 0 };
    orch_error err = ORCH_ERROR_INIT, got = ORCH_ERROR_INIT;
    orch_error_set(&err, ORCH_ECONFLICT, "cannot load \"x\"");
    orch_error_detail(&err, "line 3");
    orch_error_hint(&err, "look");
    orch_error_at(&err, 8123, "kwh");
    err.flags = ORCH_ERROR_RETRYABLE;
    err.vendor_code = -5;
    memcpy(err.sqlstate, "23505", 6);
    orch_wire_put_error(&body, ORCH_ECONFLICT, &err);
    struct orch_wire w = orch_wire_of(&body);
    assert_int_equal(orch_wire_error(&w, &got), ORCH_ECONFLICT);
    assert_true(orch_wire_done(&w));
    assert_int_equal(got.code, ORCH_ECONFLICT);
    assert_int_equal(got.flags, ORCH_ERROR_RETRYABLE);
    assert_int_equal(got.vendor_code, -5);
    assert_int_equal(got.row, 8123);
    assert_string_equal(got.sqlstate, "23505");
    assert_string_equal(got.field, "kwh");
    assert_string_equal(got.message, "cannot load \"x\"");
    assert_string_equal(got.detail, "line 3");
    assert_string_equal(got.hint, "look");
    orch_text_release(&body);
}

static void a_status_that_does_not_exist_is_bad(void **state)
{
    (void)state;
    const int32_t statuses[] = { 2, 4711, -14, INT32_MIN };
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct orch_text body = { 0 };
        orch_error got = ORCH_ERROR_INIT;
        orch_wire_put_error(&body, statuses[i], &(orch_error)ORCH_ERROR_INIT);
        struct orch_wire w = orch_wire_of(&body);
        assert_int_equal(orch_wire_error(&w, &got), ORCH_EINVAL);
        assert_true(w.bad);
        assert_int_equal(got.code, ORCH_OK);
        orch_text_release(&body);
    }
}

static void an_error_without_a_word_gets_some(void **state)
{
    struct orch_text body = { 0 };
    orch_error none = ORCH_ERROR_INIT, got = ORCH_ERROR_INIT;
    (void)state;
    orch_wire_put_error(&body, ORCH_EIO, &none);
    struct orch_wire w = orch_wire_of(&body);
    assert_int_equal(orch_wire_error(&w, &got), ORCH_EIO);
    assert_string_equal(got.message, "the connector failed and does not say how");
    orch_text_release(&body);
}

static void an_errors_texts_become_lines_of_utf8(void **state)
{
    (void)state;
    struct orch_text body = { 0 };
    orch_error err = ORCH_ERROR_INIT, got = ORCH_ERROR_INIT;
    orch_error_set(&err, ORCH_EIO, "x");
    memcpy(err.message, "two\nlines\033[2J \xe9t\xe9", 18);
    memset(err.detail, 'd', sizeof err.detail); /* without an end */
    orch_wire_put_error(&body, ORCH_EIO, &err);
    struct orch_wire w = orch_wire_of(&body);
    assert_int_equal(orch_wire_error(&w, &got), ORCH_EIO);
    assert_string_equal(got.message, "two lines [2J ?t?");
    assert_int_equal(strlen(got.detail), sizeof got.detail - 1);
    orch_text_release(&body);
}

/* ---- schemas ------------------------------------------------------------------------------- */

static struct ArrowSchema schema_new(void)
{
    struct ArrowSchema schema;
    assert_int_equal(orch_schema_init(&schema), ORCH_OK);
    assert_int_equal(orch_schema_add(&schema, "\xc3\xa9nergie", ORCH_FORMAT_FLOAT64), ORCH_OK);
    assert_int_equal(orch_schema_annotate(&schema, ORCH_META_COMMENT, "kWh a day"), ORCH_OK);
    assert_int_equal(orch_schema_annotate(&schema, ORCH_META_PERSONAL, "1"), ORCH_OK);
    assert_int_equal(orch_schema_add(&schema, "", ORCH_FORMAT_UTF8), ORCH_OK);
    return schema;
}

static void a_schema_comes_back_with_its_metadata(void **state)
{
    (void)state;
    struct ArrowSchema schema = schema_new(), got = { 0 };
    struct orch_text body = { 0 };
    size_t len = 0;
    orch_wire_put_schema(&body, &schema);
    struct orch_wire w = orch_wire_of(&body);
    assert_int_equal(orch_wire_schema(&w, &got), ORCH_OK);
    assert_true(orch_wire_done(&w));
    assert_string_equal(got.format, "+s");
    assert_int_equal(got.n_children, 2);
    assert_string_equal(got.children[0]->name, "\xc3\xa9nergie");
    assert_string_equal(got.children[0]->format, "g");
    assert_int_equal(got.children[0]->flags, ARROW_FLAG_NULLABLE);
    assert_memory_equal(orch_schema_metadata(got.children[0], ORCH_META_COMMENT, &len),
                        "kWh a day", 9);
    assert_int_equal(len, 9);
    assert_non_null(orch_schema_metadata(got.children[0], ORCH_META_PERSONAL, &len));
    assert_null(orch_schema_metadata(got.children[1], ORCH_META_COMMENT, &len));
    got.release(&got);
    assert_null(got.release);
    schema.release(&schema);
    orch_text_release(&body);
}

static void a_schema_cut_or_changed_anywhere_is_read_or_refused_but_never_read_past(void **state)
{
    (void)state;
    struct ArrowSchema schema = schema_new();
    struct orch_text body = { 0 };
    orch_wire_put_schema(&body, &schema);
    for (size_t at = 0; at < 2 * body.len; at++) {
        size_t n = at < body.len ? at : body.len;
        char *changed = malloc(body.len);
        struct ArrowSchema got = { 0 };
        memcpy(changed, body.ptr, n);
        if (at >= body.len)
            changed[at - body.len] = (char)0xFF;
        struct orch_wire w = { changed, n, false };
        orch_status st = orch_wire_schema(&w, &got);
        if (at < body.len)
            assert_int_equal(st, ORCH_EINVAL);
        if (st == ORCH_OK)
            got.release(&got);
        else
            assert_true(w.bad);
        free(changed);
    }
    schema.release(&schema);
    orch_text_release(&body);
}

static void a_count_of_fields_beyond_the_body_takes_no_memory(void **state)
{
    (void)state;
    struct orch_text body = { 0 };
    struct ArrowSchema got = { 0 };
    orch_wire_put_z(&body, "+s");
    orch_wire_put_z(&body, "");
    orch_wire_put_i64(&body, 0);
    orch_wire_put_u32(&body, 0);
    orch_wire_put_u32(&body, UINT32_MAX);
    struct orch_wire w = orch_wire_of(&body);
    assert_int_equal(orch_wire_schema(&w, &got), ORCH_EINVAL);
    orch_text_release(&body);
}

static void no_allocation_that_fails_is_passed_over(void **state)
{
    (void)state;
    struct ArrowSchema schema = schema_new();
    struct orch_text body = { 0 };
    orch_wire_put_schema(&body, &schema);
    for (long n = 1;; n++) {
        struct ArrowSchema got = { 0 };
        struct orch_wire w = orch_wire_of(&body);
        orch_alloc_fail_at(n);
        orch_status st = orch_wire_schema(&w, &got);
        orch_alloc_fail_at(0);
        if (st == ORCH_OK) {
            got.release(&got);
            assert_true(n > 3);
            break;
        }
        assert_int_equal(st, ORCH_ENOMEM);
    }
    schema.release(&schema);
    orch_text_release(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back),
        cmocka_unit_test(what_is_cut_short_is_bad_and_gives_zeros),
        cmocka_unit_test(texts_with_a_nul_or_not_utf8_are_bad),
        cmocka_unit_test(a_body_beyond_its_bound_fails),
        cmocka_unit_test(an_error_comes_back_whole),
        cmocka_unit_test(a_status_that_does_not_exist_is_bad),
        cmocka_unit_test(an_error_without_a_word_gets_some),
        cmocka_unit_test(an_errors_texts_become_lines_of_utf8),
        cmocka_unit_test(a_schema_comes_back_with_its_metadata),
        cmocka_unit_test(a_schema_cut_or_changed_anywhere_is_read_or_refused_but_never_read_past),
        cmocka_unit_test(a_count_of_fields_beyond_the_body_takes_no_memory),
        cmocka_unit_test(no_allocation_that_fails_is_passed_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
