/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "arrays.h"
#include "data/batch_check.h"

static void assert_broken(const struct test_batch *b, const char *message, const char *detail)
{
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_batch_check(&b->schema, &b->array, &err), ORCH_EINTERNAL);
    assert_string_equal(err.message, message);
    assert_string_equal(err.detail, detail);
    assert_string_equal(err.hint, "report this to the author of the connector");
    assert_int_equal(orch_batch_check(&b->schema, &b->array, NULL), ORCH_EINTERNAL);
}

static void assert_column_broken(const struct test_batch *b, const char *detail)
{
    assert_broken(b, "column \"x\" of a batch is broken", detail);
}

static void assert_sound(const struct test_batch *b)
{
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_batch_check(&b->schema, &b->array, &err), ORCH_OK);
    assert_string_equal(err.message, "");
}

static void integers(struct test_batch *b)
{
    static const int64_t values[4] = { 0 };
    test_batch_init(b, 4);
    test_batch_add(b, "x", "l", 0, NULL, values, NULL);
}

static void a_sound_batch_passes(void **state)
{
    (void)state;
    static const int64_t values[4] = { 0 };
    static const int32_t offsets[] = { 0, 2, 2, 3, 3 };
    const uint8_t valid = 0x05;
    struct test_batch b;
    integers(&b);
    test_batch_add(&b, "t", "u", 2, &valid, offsets, "\xC3\xA9x");
    test_batch_add(&b, "z", "z", -1, &valid, offsets, "\xFF\xFE\xFD");
    test_batch_add(&b, "n", "tsn:UTC", -1, &valid, values, NULL);
    assert_sound(&b);
    test_batch_init(&b, 3); /* rows without columns are a count */
    assert_sound(&b);
}

static void the_batch_as_a_whole_is_examined(void **state)
{
    (void)state;
    struct test_batch b;
    uint8_t valid = 0x0F;
    integers(&b);
    b.array.length = -1;
    assert_broken(&b, "a batch is broken", "-1 rows");
    b.array.length = (int64_t)INT32_MAX + 1;
    assert_broken(&b, "a batch is broken", "2147483648 rows");
    integers(&b);
    b.array.offset = 1;
    assert_broken(&b, "a batch is broken", "offset 1 where 0 is due");
    integers(&b);
    b.array.n_children = 2;
    assert_broken(&b, "a batch is broken", "2 columns where its schema has 1");
    b.array.n_children = b.schema.n_children = -1;
    assert_broken(&b, "a batch is broken", "-1 columns where its schema has -1");
    integers(&b);
    b.array.children = NULL;
    assert_broken(&b, "a batch is broken", "it has no columns where 1 are due");
    integers(&b);
    b.array.n_buffers = 0;
    assert_broken(&b, "a batch is broken", "0 buffers where 1 is due");
    integers(&b);
    b.array.buffers = NULL;
    assert_broken(&b, "a batch is broken", "1 buffers where 1 is due");
    integers(&b);
    b.array.dictionary = &b.columns[0];
    assert_broken(&b, "a batch is broken", "it has a dictionary");
    integers(&b);
    b.array.release = NULL;
    assert_broken(&b, "a batch is broken", "it has been released");
    integers(&b);
    b.schema.format = "+l";
    assert_broken(&b, "a batch is broken", "its schema is not a struct of columns");
    integers(&b);
    b.top_buffers[0] = &valid;
    assert_sound(&b);
    valid = 0x0E;
    b.array.null_count = 1;
    assert_broken(&b, "a batch is broken", "it has rows that are null");
    integers(&b);
    b.field_pointers[0] = NULL;
    assert_broken(&b, "a batch is broken", "its schema lacks column 1");
}

static void the_shape_of_a_column_is_examined(void **state)
{
    (void)state;
    struct test_batch b;
    integers(&b);
    b.column_pointers[0] = NULL;
    assert_column_broken(&b, "it is missing");
    integers(&b);
    b.fields[0].format = "U";
    assert_column_broken(&b, "the Arrow format \"U\" is not supported");
    b.fields[0].format = NULL;
    assert_column_broken(&b, "the Arrow format \"\" is not supported");
    integers(&b);
    b.columns[0].length = 3;
    assert_column_broken(&b, "3 values in a batch of 4 rows");
    integers(&b);
    b.columns[0].offset = 2;
    assert_column_broken(&b, "offset 2 where 0 is due");
    integers(&b);
    b.columns[0].n_buffers = 3;
    assert_column_broken(&b, "3 buffers where 2 are due");
    integers(&b);
    b.columns[0].buffers = NULL;
    assert_column_broken(&b, "2 buffers where 2 are due");
    integers(&b);
    b.columns[0].n_children = 1;
    assert_column_broken(&b, "it has children or a dictionary");
    integers(&b);
    b.columns[0].release = NULL;
    assert_column_broken(&b, "it has been released");
    integers(&b);
    b.buffers[0][1] = NULL;
    assert_column_broken(&b, "it has no buffer of values");
    integers(&b);
    b.buffers[0][1] = (const char *)b.buffers[0][1] + 4;
    assert_column_broken(&b, "its buffer of values is not aligned to 8 bytes");
    integers(&b);
    b.fields[0].name = NULL;
    b.columns[0].length = 3;
    assert_broken(&b, "column \"\" of a batch is broken", "3 values in a batch of 4 rows");
}

static void null_counts_are_counted_again(void **state)
{
    (void)state;
    const uint8_t valid = 0xFD; /* one null among four; the bits behind do not count */
    struct test_batch b;
    integers(&b);
    b.columns[0].null_count = 1;
    assert_column_broken(&b, "null count 1 without a validity bitmap");
    b.buffers[0][0] = &valid;
    assert_sound(&b);
    b.columns[0].null_count = -1;
    assert_sound(&b);
    b.columns[0].null_count = 0;
    assert_column_broken(&b, "null count 0, but 1 values are null");
    b.columns[0].null_count = 5;
    assert_column_broken(&b, "null count 5 in 4 rows");
    b.columns[0].null_count = -2;
    assert_column_broken(&b, "null count -2 in 4 rows");
}

static void check_text(const int32_t offsets[4], const char *bytes, const char *detail)
{
    struct test_batch b;
    test_batch_init(&b, 3);
    test_batch_add(&b, "x", "u", 0, NULL, offsets, bytes);
    if (detail)
        assert_column_broken(&b, detail);
    else
        assert_sound(&b);
}

static void offsets_rise_inside_the_data(void **state)
{
    (void)state;
    check_text((const int32_t[]){ 0, 1, 1, 2 }, "ab", NULL);
    check_text((const int32_t[]){ 1, 1, 2, 2 }, "ab", NULL);
    check_text((const int32_t[]){ -1, 0, 1, 2 }, "ab", "the first offset is -1");
    check_text((const int32_t[]){ 0, 2, 1, 2 }, "ab",
               "row 2 ends at offset 1, before its begin at 2");
    check_text((const int32_t[]){ 0, 1, INT32_MAX, INT32_MIN }, "ab",
               "row 3 ends at offset -2147483648, before its begin at 2147483647");
    check_text((const int32_t[]){ 0, 0, 0, 0 }, NULL, NULL);
    check_text((const int32_t[]){ 0, 0, 0, 1 }, NULL, "it has no data buffer");
}

static void text_is_utf8_value_by_value(void **state)
{
    (void)state;
    check_text((const int32_t[]){ 0, 2, 4, 5 }, "\xC3\xA9\xC3\xA8z", NULL);
    check_text((const int32_t[]){ 0, 2, 3, 5 }, "\xC3\xA9z\xE9z",
               "byte 0xE9 at offset 3 of its text is not UTF-8");
    check_text((const int32_t[]){ 0, 1, 2, 2 }, "\xC3\xA9", "row 2 begins inside a character");
    check_text((const int32_t[]){ 0, 0, 1, 3 }, "z\xC3\xA9\x80", NULL); /* behind the end */
    check_text((const int32_t[]){ 1, 1, 2, 2 }, "\xC3\xA9",
               "byte 0xA9 at offset 1 of its text is not UTF-8");
    check_text((const int32_t[]){ 0, 0, 0, 1 }, "\xC3\xA9",
               "byte 0xC3 at offset 0 of its text is not UTF-8");
}

static void a_bad_byte_of_a_long_text_is_found(void **state)
{
    (void)state;
    static char bytes[100];
    int32_t offsets[] = { 0, 30, 60, 100 };
    for (size_t at = 0; at < sizeof bytes; at++) {
        struct test_batch b;
        memset(bytes, 'a', sizeof bytes);
        bytes[at] = (char)0x80;
        test_batch_init(&b, 3);
        test_batch_add(&b, "x", "u", 0, NULL, offsets, bytes);
        assert_int_equal(orch_batch_check(&b.schema, &b.array, NULL), ORCH_EINTERNAL);
        b.fields[0].format = "z"; /* bytes may be anything */
        assert_sound(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sound_batch_passes),
        cmocka_unit_test(the_batch_as_a_whole_is_examined),
        cmocka_unit_test(the_shape_of_a_column_is_examined),
        cmocka_unit_test(null_counts_are_counted_again),
        cmocka_unit_test(offsets_rise_inside_the_data),
        cmocka_unit_test(text_is_utf8_value_by_value),
        cmocka_unit_test(a_bad_byte_of_a_long_text_is_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
