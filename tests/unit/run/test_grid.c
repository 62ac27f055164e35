/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "orch/builder.h"
#include "run/grid.h"

static const int64_t integers[] = { 42, INT64_MIN };
static const double numbers[] = { 0.1, -1e300 };
static const uint8_t booleans[] = { 1, 0 };
static const struct orch_str texts[] = { { "a|b", 3 }, { "", 0 } };
static const uint8_t second_null[] = { 0, 1 };
static const uint32_t first_failed[] = { 1, 0 };

static void every_type_reads_as_a_person_writes_it(void **state)
{
    (void)state;
    struct orch_field items[] = {
        { .name = "i", .type = ORCH_TYPE_INTEGER },   { .name = "n", .type = ORCH_TYPE_NUMBER },
        { .name = "b", .type = ORCH_TYPE_BOOLEAN },   { .name = "t", .type = ORCH_TYPE_TEXT },
        { .name = "d", .type = ORCH_TYPE_DATE },      { .name = "s", .type = ORCH_TYPE_TIMESTAMP },
        { .name = "z", .type = ORCH_TYPE_BINARY },    { .name = "none", .type = ORCH_TYPE_TEXT },
    };
    struct orch_vector columns[] = {
        { .type = ORCH_TYPE_INTEGER, .of.integer = integers },
        { .type = ORCH_TYPE_NUMBER, .of.number = numbers },
        { .type = ORCH_TYPE_BOOLEAN, .of.boolean = booleans },
        { .type = ORCH_TYPE_TEXT, .null = second_null, .of.text = texts },
        { .type = ORCH_TYPE_DATE, .of.integer = integers },
        { .type = ORCH_TYPE_TIMESTAMP, .null = second_null, .of.integer = integers },
        { .type = ORCH_TYPE_BINARY, .fail = first_failed, .of.text = texts },
        { .type = ORCH_TYPE_NULL },
    };
    static const char *const expected[2][8] = {
        { "42", "0.1", "true", "a|b", "1970-02-12", "1970-01-01T00:00:00.000042Z",
          "(does not convert)", NULL },
        { "-9223372036854775808", "-1e+300", "false", NULL, "out of range", NULL, "(0 bytes)",
          NULL },
    };
    struct orch_fields fields = { items, 8 };
    struct orch_frame frame = { .fields = &fields, .columns = columns, .rows = 2 };
    struct orch_arena arena = { 0 };
    struct orch_grid g;
    assert_int_equal(orch_grid_init(&arena, &fields, 5, &g), ORCH_OK);
    assert_int_equal(orch_grid_add(&arena, &g, &frame), ORCH_OK);
    assert_int_equal(g.n_rows, 2);
    for (size_t row = 0; row < 2; row++) {
        for (size_t i = 0; i < 8; i++) {
            const char *cell = orch_grid_cell(&g, row, i);
            if (expected[row][i] == NULL)
                assert_null(cell);
            else
                assert_string_equal(cell, expected[row][i]);
        }
    }
    assert_string_equal(g.names[1], "n");
    assert_string_equal(g.types[5], "timestamp");
    orch_arena_release(&arena);
}

static void rows_past_the_room_are_left_out(void **state)
{
    (void)state;
    struct orch_field item = { .name = "i", .type = ORCH_TYPE_INTEGER };
    struct orch_vector column = { .type = ORCH_TYPE_INTEGER, .of.integer = integers };
    struct orch_fields fields = { &item, 1 };
    struct orch_frame frame = { .fields = &fields, .columns = &column, .rows = 2 };
    struct orch_arena arena = { 0 };
    struct orch_grid g;
    assert_int_equal(orch_grid_init(&arena, &fields, 3, &g), ORCH_OK);
    assert_int_equal(orch_grid_add(&arena, &g, &frame), ORCH_OK);
    assert_int_equal(orch_grid_add(&arena, &g, &frame), ORCH_OK);
    assert_int_equal(g.n_rows, 3);
    orch_arena_release(&arena);
}

static void a_grid_may_have_no_columns_and_no_rows(void **state)
{
    (void)state;
    struct orch_fields none = { NULL, 0 };
    struct orch_frame frame = { .fields = &none, .rows = 2 };
    struct orch_arena arena = { 0 };
    struct orch_grid g;
    assert_int_equal(orch_grid_init(&arena, &none, 0, &g), ORCH_OK);
    assert_int_equal(orch_grid_add(&arena, &g, &frame), ORCH_OK);
    assert_int_equal(g.n_rows, 0);
    orch_arena_release(&arena);
}

static void a_size_that_does_not_fit_is_out_of_memory(void **state)
{
    (void)state;
    struct orch_field items[2] = { { .name = "a" }, { .name = "b" } };
    struct orch_fields fields = { items, 2 };
    struct orch_arena arena = { 0 };
    struct orch_grid g;
    assert_int_equal(orch_grid_init(&arena, &fields, SIZE_MAX, &g), ORCH_ENOMEM);
    assert_int_equal(orch_grid_init(&arena, &fields, SIZE_MAX / 16, &g), ORCH_ENOMEM);
    orch_arena_release(&arena);
}

static void a_batch_of_the_ledger_is_shown_whole(void **state)
{
    (void)state;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    orch_builder *b = NULL;
    orch_view view;
    struct orch_arena arena = { 0 };
    struct orch_grid g;
    assert_int_equal(orch_schema_init(&schema), ORCH_OK);
    assert_int_equal(orch_schema_add(&schema, "run", ORCH_FORMAT_UTF8), ORCH_OK);
    assert_int_equal(orch_schema_add(&schema, "read", ORCH_FORMAT_INT64), ORCH_OK);
    assert_int_equal(orch_schema_add(&schema, "day", ORCH_FORMAT_DATE32), ORCH_OK);
    assert_int_equal(orch_schema_add(&schema, "share", ORCH_FORMAT_FLOAT64), ORCH_OK);
    assert_int_equal(orch_schema_add(&schema, "ok", ORCH_FORMAT_BOOL), ORCH_OK);
    assert_int_equal(orch_builder_new(&schema, &b), ORCH_OK);
    assert_int_equal(orch_builder_text(b, 0, "r1", 2), ORCH_OK);
    assert_int_equal(orch_builder_int(b, 1, 7), ORCH_OK);
    assert_int_equal(orch_builder_date(b, 2, 19723), ORCH_OK);
    assert_int_equal(orch_builder_float(b, 3, 0.25), ORCH_OK);
    assert_int_equal(orch_builder_bool(b, 4, true), ORCH_OK);
    assert_int_equal(orch_builder_row(b), ORCH_OK);
    assert_int_equal(orch_builder_row(b), ORCH_OK);
    assert_int_equal(orch_builder_take(b, &batch), ORCH_OK);
    assert_int_equal(orch_view_init(&view, &schema, &batch, NULL), ORCH_OK);
    assert_int_equal(orch_grid_of_view(&arena, &view, &g), ORCH_OK);
    assert_int_equal(g.n_rows, 2);
    assert_string_equal(orch_grid_cell(&g, 0, 0), "r1");
    assert_string_equal(orch_grid_cell(&g, 0, 1), "7");
    assert_string_equal(orch_grid_cell(&g, 0, 2), "2024-01-01");
    assert_string_equal(orch_grid_cell(&g, 0, 3), "0.25");
    assert_string_equal(orch_grid_cell(&g, 0, 4), "true");
    for (size_t i = 0; i < 5; i++)
        assert_null(orch_grid_cell(&g, 1, i));
    orch_view_release(&view);
    batch.release(&batch);
    schema.release(&schema);
    orch_builder_free(b);
    orch_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_reads_as_a_person_writes_it),
        cmocka_unit_test(rows_past_the_room_are_left_out),
        cmocka_unit_test(a_grid_may_have_no_columns_and_no_rows),
        cmocka_unit_test(a_size_that_does_not_fit_is_out_of_memory),
        cmocka_unit_test(a_batch_of_the_ledger_is_shown_whole),
    };
    return cmocka_run_group_tests_name("grid", tests, NULL, NULL);
}
