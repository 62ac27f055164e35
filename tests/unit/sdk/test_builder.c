/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "orch/builder.h"
#include "orch/view.h"

static void schema_of_all_types(struct ArrowSchema *schema)
{
    assert_int_equal(orch_schema_init(schema), ORCH_OK);
    assert_int_equal(orch_schema_add(schema, "b", ORCH_FORMAT_BOOL), ORCH_OK);
    assert_int_equal(orch_schema_add(schema, "i", ORCH_FORMAT_INT64), ORCH_OK);
    assert_int_equal(orch_schema_add(schema, "f", ORCH_FORMAT_FLOAT64), ORCH_OK);
    assert_int_equal(orch_schema_add(schema, "u", ORCH_FORMAT_UTF8), ORCH_OK);
    assert_int_equal(orch_schema_add(schema, "z", ORCH_FORMAT_BINARY), ORCH_OK);
    assert_int_equal(orch_schema_add(schema, "d", ORCH_FORMAT_DATE32), ORCH_OK);
    assert_int_equal(orch_schema_add(schema, "t", ORCH_FORMAT_TIMESTAMP), ORCH_OK);
}

static void fill_row(orch_builder *b, int64_t i)
{
    char text[32];
    int n = snprintf(text, sizeof text, "r%lld", (long long)i);
    assert_int_equal(orch_builder_bool(b, 0, i % 3 == 0), ORCH_OK);
    assert_int_equal(orch_builder_int(b, 1, i), ORCH_OK);
    assert_int_equal(orch_builder_float(b, 2, (double)i / 2), ORCH_OK);
    assert_int_equal(orch_builder_text(b, 3, text, (size_t)n), ORCH_OK);
    assert_int_equal(orch_builder_binary(b, 4, "\0\1", 2), ORCH_OK);
    assert_int_equal(orch_builder_date(b, 5, (int32_t)i), ORCH_OK);
    assert_int_equal(orch_builder_timestamp(b, 6, i * 1000000), ORCH_OK);
}

static void values_come_back_as_built(void **state)
{
    (void)state;
    struct ArrowSchema schema;
    orch_builder *b;
    schema_of_all_types(&schema);
    assert_int_equal(orch_builder_new(&schema, &b), ORCH_OK);
    for (int64_t i = 0; i < 1000; i++) {
        if (i % 7 != 0)
            fill_row(b, i);
        assert_int_equal(orch_builder_row(b), ORCH_OK);
    }
    struct ArrowArray batch;
    assert_int_equal(orch_builder_take(b, &batch), ORCH_OK);
    assert_int_equal(orch_builder_rows(b), 0);
    orch_view view;
    assert_int_equal(orch_view_init(&view, &schema, &batch, NULL), ORCH_OK);
    assert_int_equal(view.rows, 1000);
    for (int64_t i = 0; i < 1000; i++) {
        assert_int_equal(orch_view_is_null(&view, 3, i), i % 7 == 0);
        if (i % 7 == 0)
            continue;
        size_t len;
        char text[32];
        snprintf(text, sizeof text, "r%lld", (long long)i);
        assert_int_equal(orch_view_bool(&view, 0, i), i % 3 == 0);
        assert_int_equal(orch_view_int(&view, 1, i), i);
        assert_true(orch_view_float(&view, 2, i) == (double)i / 2);
        const char *u = orch_view_text(&view, 3, i, &len);
        assert_int_equal(len, strlen(text));
        assert_memory_equal(u, text, len);
        assert_memory_equal(orch_view_binary(&view, 4, i, &len), "\0\1", 2);
        assert_int_equal(orch_view_date(&view, 5, i), i);
        assert_int_equal(orch_view_timestamp(&view, 6, i), i * 1000000);
    }
    orch_view_release(&view);
    batch.release(&batch);
    assert_null(batch.release);
    orch_builder_free(b);
    schema.release(&schema);
}

static void an_abandoned_row_leaves_no_trace(void **state)
{
    (void)state;
    struct ArrowSchema schema;
    orch_builder *b;
    schema_of_all_types(&schema);
    assert_int_equal(orch_builder_new(&schema, &b), ORCH_OK);
    fill_row(b, 1);
    assert_int_equal(orch_builder_row(b), ORCH_OK);
    assert_int_equal(orch_builder_text(b, 3, "lost", 4), ORCH_OK);
    assert_int_equal(orch_builder_null(b, 1), ORCH_OK);
    orch_builder_abandon(b);
    fill_row(b, 2);
    assert_int_equal(orch_builder_row(b), ORCH_OK);
    struct ArrowArray batch;
    assert_int_equal(orch_builder_take(b, &batch), ORCH_OK);
    orch_view view;
    assert_int_equal(orch_view_init(&view, &schema, &batch, NULL), ORCH_OK);
    size_t len;
    assert_int_equal(view.rows, 2);
    assert_int_equal(batch.children[1]->null_count, 0);
    assert_memory_equal(orch_view_text(&view, 3, 1, &len), "r2", 2);
    assert_int_equal(orch_view_int(&view, 1, 1), 2);
    orch_view_release(&view);
    batch.release(&batch);
    orch_builder_free(b);
    schema.release(&schema);
}

/* Nulls may begin in any row, be taken back there, and be none in the next batch. */
static void nulls_begin_anywhere(void **state)
{
    (void)state;
    struct ArrowSchema schema;
    orch_builder *b;
    assert_int_equal(orch_schema_init(&schema), ORCH_OK);
    assert_int_equal(orch_schema_add(&schema, "i", ORCH_FORMAT_INT64), ORCH_OK);
    assert_int_equal(orch_schema_add(&schema, "u", ORCH_FORMAT_UTF8), ORCH_OK);
    assert_int_equal(orch_builder_new(&schema, &b), ORCH_OK);
    for (int64_t first = 0; first < 40; first++) {
        struct ArrowArray batch;
        for (int64_t i = 0; i < 40; i++) {
            assert_int_equal(orch_builder_null(b, 1), ORCH_OK);
            if (i == first)
                assert_int_equal(orch_builder_null(b, 0), ORCH_OK);
            orch_builder_abandon(b);
            if (i < first || first % 2 == 1)
                assert_int_equal(orch_builder_int(b, 0, i), ORCH_OK);
            assert_int_equal(orch_builder_text(b, 1, "x", 1), ORCH_OK);
            assert_int_equal(orch_builder_row(b), ORCH_OK);
        }
        assert_int_equal(orch_builder_take(b, &batch), ORCH_OK);
        const struct ArrowArray *column = batch.children[0];
        assert_int_equal(column->null_count, first % 2 == 1 ? 0 : 40 - first);
        assert_int_equal(column->buffers[0] == NULL, first % 2 == 1);
        assert_null(batch.children[1]->buffers[0]);
        for (int64_t i = 0; column->buffers[0] != NULL && i < 40; i++)
            assert_int_equal(((const uint8_t *)column->buffers[0])[i / 8] >> (i % 8) & 1,
                             i < first);
        for (int64_t i = 0; i < 40; i++)
            assert_int_equal(((const int64_t *)column->buffers[1])[i],
                             i < first || first % 2 == 1 ? i : 0);
        batch.release(&batch);
    }
    orch_builder_free(b);
    schema.release(&schema);
}

/* A batch begins with as much memory as the one before took. */
static void batches_of_other_sizes_follow_each_other(void **state)
{
    (void)state;
    static const int64_t sizes[] = { 0, 3, 5000, 0, 1, 5001, 20000, 7 };
    struct ArrowSchema schema;
    orch_builder *b;
    schema_of_all_types(&schema);
    assert_int_equal(orch_builder_new(&schema, &b), ORCH_OK);
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        struct ArrowArray batch;
        for (int64_t i = 0; i < sizes[k]; i++) {
            if (i % 9 != 4)
                fill_row(b, i);
            assert_int_equal(orch_builder_row(b), ORCH_OK);
        }
        assert_int_equal(orch_builder_take(b, &batch), ORCH_OK);
        assert_int_equal(orch_builder_bytes(b), 2 * sizeof(int32_t));
        assert_int_equal(batch.length, sizes[k]);
        for (int64_t c = 0; c < batch.n_children; c++)
            assert_int_equal(batch.children[c]->null_count, (sizes[k] + 4) / 9);
        for (int64_t i = 0; i < sizes[k]; i++)
            assert_int_equal(((const int64_t *)batch.children[1]->buffers[1])[i],
                             i % 9 == 4 ? 0 : i);
        batch.release(&batch);
    }
    orch_builder_free(b);
    schema.release(&schema);
}

static void misuse_is_refused(void **state)
{
    (void)state;
    struct ArrowSchema schema;
    orch_builder *b;
    schema_of_all_types(&schema);
    assert_int_equal(orch_schema_add(&schema, "x", "+l"), ORCH_EINVAL);
    assert_int_equal(orch_builder_new(&schema, &b), ORCH_OK);
    assert_int_equal(orch_builder_int(b, 99, 1), ORCH_EINVAL);
    assert_int_equal(orch_builder_int(b, 3, 1), ORCH_EINVAL);
    assert_int_equal(orch_builder_timestamp(b, 5, 1), ORCH_EINVAL);
    assert_int_equal(orch_builder_int(b, 1, 1), ORCH_OK);
    assert_int_equal(orch_builder_int(b, 1, 1), ORCH_EINVAL);
    orch_builder_free(b);
    schema.release(&schema);
}

/* Who looks at the status of the batch alone loses no value. */
static void after_a_failure_there_is_no_batch(void **state)
{
    (void)state;
    struct ArrowSchema schema;
    struct ArrowArray batch = { 0 };
    orch_builder *b;
    schema_of_all_types(&schema);
    assert_int_equal(orch_builder_new(&schema, &b), ORCH_OK);
    fill_row(b, 1);
    assert_int_equal(orch_builder_row(b), ORCH_OK);
    assert_int_equal(orch_builder_int(b, 99, 1), ORCH_EINVAL);
    assert_int_equal(orch_builder_row(b), ORCH_EINVAL);
    assert_int_equal(orch_builder_take(b, &batch), ORCH_EINVAL);
    assert_null(batch.release);
    assert_int_equal(orch_builder_rows(b), 1);
    orch_builder_free(b);
    schema.release(&schema);
}

static void metadata_is_found_and_copied(void **state)
{
    (void)state;
    struct ArrowSchema schema, copy;
    size_t len;
    assert_int_equal(orch_schema_init(&schema), ORCH_OK);
    assert_int_equal(orch_schema_add(&schema, "geom", ORCH_FORMAT_BINARY), ORCH_OK);
    assert_int_equal(orch_schema_annotate(&schema, ORCH_META_GEOMETRY, "POINT"), ORCH_OK);
    assert_int_equal(orch_schema_annotate(&schema, ORCH_META_CRS, "2154"), ORCH_OK);
    assert_int_equal(orch_schema_copy(&schema, &copy), ORCH_OK);
    schema.release(&schema);
    const char *crs = orch_schema_metadata(copy.children[0], ORCH_META_CRS, &len);
    assert_int_equal(len, 4);
    assert_memory_equal(crs, "2154", 4);
    assert_memory_equal(orch_schema_metadata(copy.children[0], ORCH_META_GEOMETRY, &len), "POINT",
                        5);
    assert_null(orch_schema_metadata(copy.children[0], ORCH_META_ROLE, &len));
    copy.release(&copy);
}

static void nanoseconds_round_down_before_1970(void **state)
{
    (void)state;
    int64_t values[] = { -1, 1999 };
    const void *buffers[] = { NULL, values };
    struct ArrowArray child = { .length = 2, .n_buffers = 2, .buffers = buffers };
    struct ArrowArray *children[] = { &child };
    struct ArrowArray batch = { .length = 2, .n_buffers = 1, .n_children = 1,
                                .children = children };
    struct ArrowSchema field = { .format = "tsn:UTC", .name = "t" };
    struct ArrowSchema *fields[] = { &field };
    struct ArrowSchema schema = { .format = "+s", .name = "", .n_children = 1, .children = fields };
    orch_view view;
    assert_int_equal(orch_view_init(&view, &schema, &batch, NULL), ORCH_OK);
    assert_int_equal(orch_view_timestamp(&view, 0, 0), -1);
    assert_int_equal(orch_view_timestamp(&view, 0, 1), 1);
    orch_view_release(&view);
    field.format = "vu";
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_view_init(&view, &schema, &batch, &err), ORCH_ESCHEMA);
    assert_string_equal(err.message, "column \"t\" has the format \"vu\"");
}

static void long_texts_of_an_error_are_cut_between_code_points(void **state)
{
    (void)state;
    char text[1024];
    orch_error err = ORCH_ERROR_INIT;
    for (size_t i = 0; i + 2 < sizeof text; i += 2)
        memcpy(text + i, "\xC3\xA9", 3);
    assert_int_equal(orch_error_set(&err, ORCH_EDATA, "x%s", text), ORCH_EDATA);
    size_t len = strlen(err.message);
    assert_true(len < sizeof err.message);
    assert_memory_equal(err.message + len - 3, "\xE2\x80\xA6", 3);
    assert_int_equal((unsigned char)err.message[len - 4], 0xA9);
    orch_error_detail(&err, "%s", err.message);
    assert_string_equal(err.detail, err.message);
    assert_int_equal(orch_error_set(NULL, ORCH_EIO, "nobody listens"), ORCH_EIO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_come_back_as_built),
        cmocka_unit_test(an_abandoned_row_leaves_no_trace),
        cmocka_unit_test(nulls_begin_anywhere),
        cmocka_unit_test(batches_of_other_sizes_follow_each_other),
        cmocka_unit_test(misuse_is_refused),
        cmocka_unit_test(after_a_failure_there_is_no_batch),
        cmocka_unit_test(metadata_is_found_and_copied),
        cmocka_unit_test(nanoseconds_round_down_before_1970),
        cmocka_unit_test(long_texts_of_an_error_are_cut_between_code_points),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
