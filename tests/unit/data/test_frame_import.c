/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "arrays.h"
#include "data/batch_check.h"
#include "data/frame.h"
#include "orch/builder.h"

struct imported {
    struct orch_arena arena;
    struct orch_fields fields;
    struct orch_frame frame;
    struct orch_origin origin;
    orch_error err;
};

static orch_status import_arrays(struct imported *im, const struct ArrowSchema *schema,
                                 const struct ArrowArray *batch)
{
    *im = (struct imported){ .err = ORCH_ERROR_INIT };
    assert_int_equal(orch_fields_import(&im->arena, schema, &im->fields, &im->err), ORCH_OK);
    assert_int_equal(orch_batch_check(schema, batch, &im->err), ORCH_OK);
    return orch_frame_import(&im->arena, schema, &im->fields, batch, &im->frame, &im->origin,
                             &im->err);
}

static orch_status import(struct imported *im, const struct test_batch *b)
{
    return import_arrays(im, &b->schema, &b->array);
}

static void equal_layouts_are_not_copied(void **state)
{
    (void)state;
    int64_t numbers[] = { 1, -2, 3 }, instants[] = { 10, 20, 30 };
    double floats[] = { 0.5, 1.5, 2.5 };
    struct test_batch b;
    struct imported im;
    test_batch_init(&b, 3);
    test_batch_add(&b, "i", "l", 0, NULL, numbers, NULL);
    test_batch_add(&b, "f", "g", 0, NULL, floats, NULL);
    test_batch_add(&b, "t", "tsu:Europe/Paris", 0, NULL, instants, NULL);
    assert_int_equal(import(&im, &b), ORCH_OK);
    assert_int_equal(im.frame.rows, 3);
    assert_null(im.frame.source_row);
    assert_ptr_equal(im.frame.columns[0].of.integer, numbers);
    assert_ptr_equal(im.frame.columns[1].of.number, floats);
    assert_ptr_equal(im.frame.columns[2].of.integer, instants);
    assert_null(im.frame.columns[0].null);
    assert_null(im.frame.columns[0].fail);
    orch_arena_release(&im.arena);
}

static void text_becomes_views_into_the_batch(void **state)
{
    (void)state;
    static const char bytes[] = "abc\xC3\xA9";
    int32_t offsets[] = { 1, 3, 3, 5 };
    struct test_batch b;
    struct imported im;
    test_batch_init(&b, 3);
    test_batch_add(&b, "u", "u", 0, NULL, offsets, bytes);
    test_batch_add(&b, "z", "z", 0, NULL, offsets, bytes);
    assert_int_equal(import(&im, &b), ORCH_OK);
    for (int i = 0; i < 2; i++) {
        const struct orch_str *text = im.frame.columns[i].of.text;
        assert_ptr_equal(text[0].ptr, bytes + 1);
        assert_int_equal(text[0].len, 2);
        assert_int_equal(text[1].len, 0);
        assert_int_equal(text[2].len, 2);
    }
    orch_arena_release(&im.arena);
}

static void text_with_zero_bytes_is_told(void **state)
{
    (void)state;
    static const char bytes[] = "\0abc\0";
    int32_t with[] = { 2, 4, 5 }, without[] = { 1, 3, 4 };
    struct test_batch b;
    struct imported im;
    test_batch_init(&b, 2);
    test_batch_add(&b, "with", "u", 0, NULL, with, bytes);
    test_batch_add(&b, "without", "u", 0, NULL, without, bytes);
    test_batch_add(&b, "binary", "z", 0, NULL, with, bytes);
    assert_int_equal(import(&im, &b), ORCH_OK);
    assert_true(im.frame.columns[0].zeros);
    assert_false(im.frame.columns[1].zeros);
    assert_false(im.frame.columns[2].zeros);
    orch_arena_release(&im.arena);
}

static void empty_texts_may_come_without_bytes(void **state)
{
    (void)state;
    int32_t offsets[] = { 0, 0, 0 };
    struct test_batch b;
    struct imported im;
    test_batch_init(&b, 2);
    test_batch_add(&b, "empty", "u", 0, NULL, offsets, NULL);
    assert_int_equal(import(&im, &b), ORCH_OK);
    assert_false(im.frame.columns[0].zeros);
    assert_int_equal(im.frame.columns[0].of.text[1].len, 0);
    orch_arena_release(&im.arena);
}

static void nulls_become_bytes_only_when_there_are_any(void **state)
{
    (void)state;
    int64_t numbers[9] = { 0 };
    const uint8_t some[] = { 0xFD, 0x00 }, none[] = { 0xFF, 0x01 };
    struct test_batch b;
    struct imported im;
    test_batch_init(&b, 9);
    test_batch_add(&b, "known", "l", 2, some, numbers, NULL);
    test_batch_add(&b, "unknown", "l", -1, some, numbers, NULL);
    test_batch_add(&b, "none", "l", -1, none, numbers, NULL);
    test_batch_add(&b, "zero", "l", 0, none, numbers, NULL);
    assert_int_equal(import(&im, &b), ORCH_OK);
    for (int i = 0; i < 2; i++)
        assert_memory_equal(im.frame.columns[i].null, "\0\1\0\0\0\0\0\0\1", 9);
    assert_null(im.frame.columns[2].null);
    assert_null(im.frame.columns[3].null);
    orch_arena_release(&im.arena);
}

static const int64_t *import_integers(struct imported *im, const char *format, int64_t rows,
                                      const void *values)
{
    struct test_batch b;
    test_batch_init(&b, rows);
    test_batch_add(&b, "x", format, 0, NULL, values, NULL);
    assert_int_equal(import(im, &b), ORCH_OK);
    return im->frame.columns[0].of.integer;
}

static void narrow_integers_are_widened_with_their_sign(void **state)
{
    (void)state;
    int8_t i8[] = { -128, 127 };
    uint8_t u8[] = { 0, 255 };
    int16_t i16[] = { INT16_MIN, INT16_MAX };
    uint16_t u16[] = { 0, UINT16_MAX };
    int32_t i32[] = { INT32_MIN, INT32_MAX };
    uint32_t u32[] = { 0, UINT32_MAX };
    uint64_t u64[] = { 0, INT64_MAX };
    const struct {
        const char *format;
        const void *values;
        int64_t first, second;
    } cases[] = { { "c", i8, -128, 127 },
                  { "C", u8, 0, 255 },
                  { "s", i16, INT16_MIN, INT16_MAX },
                  { "S", u16, 0, UINT16_MAX },
                  { "i", i32, INT32_MIN, INT32_MAX },
                  { "I", u32, 0, UINT32_MAX },
                  { "L", u64, 0, INT64_MAX },
                  { "tdD", i32, INT32_MIN, INT32_MAX } };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct imported im;
        const int64_t *v = import_integers(&im, cases[i].format, 2, cases[i].values);
        assert_true(v[0] == cases[i].first && v[1] == cases[i].second);
        orch_arena_release(&im.arena);
    }
}

static void units_of_time_become_microseconds(void **state)
{
    (void)state;
    int64_t values[] = { -1, 0, 1999 };
    struct imported im;
    const int64_t *v = import_integers(&im, "tss:UTC", 3, values);
    assert_true(v[0] == -1000000 && v[1] == 0 && v[2] == 1999000000);
    orch_arena_release(&im.arena);
    v = import_integers(&im, "tsm:UTC", 3, values);
    assert_true(v[0] == -1000 && v[2] == 1999000);
    orch_arena_release(&im.arena);
    v = import_integers(&im, "tsn:UTC", 3, values);
    assert_true(v[0] == -1 && v[1] == 0 && v[2] == 1); /* down, also before 1970 */
    orch_arena_release(&im.arena);
}

static void booleans_and_small_floats_are_expanded(void **state)
{
    (void)state;
    const uint8_t bits[] = { 0x05 };
    float floats[] = { 0.5F, -1.0F, 3.0F };
    struct test_batch b;
    struct imported im;
    test_batch_init(&b, 3);
    test_batch_add(&b, "b", "b", 0, NULL, bits, NULL);
    test_batch_add(&b, "f", "f", 0, NULL, floats, NULL);
    assert_int_equal(import(&im, &b), ORCH_OK);
    assert_memory_equal(im.frame.columns[0].of.boolean, "\1\0\1", 3);
    assert_true(im.frame.columns[1].of.number[0] == 0.5);
    assert_true(im.frame.columns[1].of.number[2] == 3);
    orch_arena_release(&im.arena);
}

static void assert_too_large(const char *format, const void *values, const char *message,
                             const char *detail)
{
    const uint8_t all = 0x03, first = 0x01;
    struct test_batch b;
    struct imported im;
    test_batch_init(&b, 2);
    test_batch_add(&b, "meter", format, 0, &all, values, NULL);
    assert_int_equal(import(&im, &b), ORCH_EDATA);
    assert_string_equal(im.err.message, message);
    assert_string_equal(im.err.detail, detail);
    assert_string_equal(im.err.field, "meter");
    assert_true(strlen(im.err.hint) > 0);
    orch_arena_release(&im.arena);
    b.buffers[0][0] = &first; /* under a null nothing is too large */
    b.columns[0].null_count = 1;
    assert_int_equal(import(&im, &b), ORCH_OK);
    assert_int_equal(im.frame.columns[0].null[1], 1);
    orch_arena_release(&im.arena);
}

static void values_that_do_not_fit_are_errors_of_the_data(void **state)
{
    (void)state;
    uint64_t large[] = { 1, UINT64_MAX };
    int64_t far[] = { 1, INT64_MIN };
    assert_too_large("L", large,
                     "column \"meter\" holds a value that is too large for a 64-bit integer",
                     "18446744073709551615 in row 2 of a batch");
    assert_too_large("tss:UTC", far,
                     "column \"meter\" holds a value that is too large for a timestamp in "
                     "microseconds",
                     "-9223372036854775808 in row 2 of a batch");
    assert_too_large("tsm:UTC", far,
                     "column \"meter\" holds a value that is too large for a timestamp in "
                     "microseconds",
                     "-9223372036854775808 in row 2 of a batch");
}

static void add_role(struct ArrowSchema *schema, const char *name, const char *format,
                     const char *role)
{
    assert_int_equal(orch_schema_add(schema, name, format), ORCH_OK);
    assert_int_equal(orch_schema_annotate(schema, ORCH_META_ROLE, role), ORCH_OK);
}

static void role_columns_say_where_rows_stood(void **state)
{
    (void)state;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    orch_builder *builder;
    struct imported im;
    assert_int_equal(orch_schema_init(&schema), ORCH_OK);
    add_role(&schema, "_record", "l", ORCH_ROLE_RECORD);
    assert_int_equal(orch_schema_add(&schema, "id", "l"), ORCH_OK);
    add_role(&schema, "_offset", "l", ORCH_ROLE_OFFSET);
    add_role(&schema, "_future", "u", "page");
    assert_int_equal(orch_builder_new(&schema, &builder), ORCH_OK);
    for (int64_t i = 0; i < 3; i++) {
        orch_builder_int(builder, 0, i + 10);
        orch_builder_int(builder, 1, i);
        if (i != 1)
            orch_builder_int(builder, 2, i * 100);
        assert_int_equal(orch_builder_row(builder), ORCH_OK);
    }
    assert_int_equal(orch_builder_take(builder, &batch), ORCH_OK);
    assert_int_equal(import_arrays(&im, &schema, &batch), ORCH_OK);
    assert_int_equal(im.fields.len, 1);
    assert_int_equal(im.frame.columns[0].of.integer[2], 2);
    assert_int_equal(im.origin.record[2], 12);
    assert_null(im.origin.line);
    assert_int_equal(im.origin.offset[0], 0);
    assert_int_equal(im.origin.offset[1], -1); /* null: unknown */
    assert_int_equal(im.origin.offset[2], 200);
    orch_arena_release(&im.arena);
    batch.release(&batch);
    orch_builder_free(builder);
    schema.release(&schema);
}

static void a_role_column_of_text_is_refused(void **state)
{
    (void)state;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    orch_builder *builder;
    struct imported im;
    assert_int_equal(orch_schema_init(&schema), ORCH_OK);
    add_role(&schema, "_line", "u", ORCH_ROLE_LINE);
    assert_int_equal(orch_builder_new(&schema, &builder), ORCH_OK);
    assert_int_equal(orch_builder_take(builder, &batch), ORCH_OK);
    assert_int_equal(import_arrays(&im, &schema, &batch), ORCH_ESCHEMA);
    assert_string_equal(im.err.message, "the role column \"_line\" is not of 64-bit integers");
    orch_arena_release(&im.arena);
    batch.release(&batch);
    orch_builder_free(builder);
    schema.release(&schema);
}

static void a_source_that_changes_its_shape_is_refused(void **state)
{
    (void)state;
    int64_t numbers[] = { 1 };
    struct test_batch b;
    struct imported im;
    test_batch_init(&b, 1);
    test_batch_add(&b, "id", "l", 0, NULL, numbers, NULL);
    assert_int_equal(import(&im, &b), ORCH_OK);
    b.fields[0].name = "other";
    assert_int_equal(orch_frame_import(&im.arena, &b.schema, &im.fields, &b.array, &im.frame,
                                       &im.origin, &im.err), ORCH_ESCHEMA);
    assert_string_equal(im.err.message, "column \"other\" changed while the source was read");
    b.fields[0].name = "id";
    b.fields[0].format = "g";
    assert_int_equal(orch_frame_import(&im.arena, &b.schema, &im.fields, &b.array, &im.frame,
                                       &im.origin, &im.err), ORCH_ESCHEMA);
    b.schema.n_children = 0;
    assert_int_equal(orch_frame_import(&im.arena, &b.schema, &im.fields, &b.array, &im.frame,
                                       &im.origin, &im.err), ORCH_ESCHEMA);
    orch_arena_release(&im.arena);
}

static void a_batch_of_no_rows_needs_no_buffers(void **state)
{
    (void)state;
    struct test_batch b;
    struct imported im;
    test_batch_init(&b, 0);
    test_batch_add(&b, "i", "l", 0, NULL, NULL, NULL);
    test_batch_add(&b, "u", "u", 0, NULL, NULL, NULL);
    test_batch_add(&b, "b", "b", -1, NULL, NULL, NULL);
    assert_int_equal(import(&im, &b), ORCH_OK);
    assert_int_equal(im.frame.rows, 0);
    assert_non_null(im.frame.columns[0].of.any);
    orch_arena_release(&im.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(equal_layouts_are_not_copied),
        cmocka_unit_test(text_becomes_views_into_the_batch),
        cmocka_unit_test(text_with_zero_bytes_is_told),
        cmocka_unit_test(empty_texts_may_come_without_bytes),
        cmocka_unit_test(nulls_become_bytes_only_when_there_are_any),
        cmocka_unit_test(narrow_integers_are_widened_with_their_sign),
        cmocka_unit_test(units_of_time_become_microseconds),
        cmocka_unit_test(booleans_and_small_floats_are_expanded),
        cmocka_unit_test(values_that_do_not_fit_are_errors_of_the_data),
        cmocka_unit_test(role_columns_say_where_rows_stood),
        cmocka_unit_test(a_role_column_of_text_is_refused),
        cmocka_unit_test(a_source_that_changes_its_shape_is_refused),
        cmocka_unit_test(a_batch_of_no_rows_needs_no_buffers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
