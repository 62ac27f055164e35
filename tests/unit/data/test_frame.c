/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/batch_check.h"
#include "data/frame.h"
#include "orch/builder.h"
#include "orch/view.h"

#define ROWS 1003
#define COLUMNS 8

/* A frame of all types with nulls in the middle of them; its memory is static. */
struct sample {
    struct orch_fields fields;
    struct orch_frame frame;
    struct orch_field items[COLUMNS];
    struct orch_vector columns[COLUMNS];
    uint8_t null[ROWS], keep[ROWS], booleans[ROWS];
    int64_t integers[ROWS];
    double numbers[ROWS];
    struct orch_str texts[ROWS], scattered[ROWS];
    char bytes[ROWS * 8];
};

static struct sample sample;

static void sample_column(size_t i, const char *name, enum orch_type type, const void *values)
{
    sample.items[i] = (struct orch_field){ .name = name, .type = type };
    sample.columns[i] = (struct orch_vector){ .type = type, .of.any = values };
}

static int make_sample(void **state)
{
    (void)state;
    size_t used = 0;
    for (size_t i = 0; i < ROWS; i++) {
        int n = snprintf(sample.bytes + used, 8, "%zu", i % 50 == 0 ? 0 : i);
        size_t len = i % 50 == 0 ? 0 : (size_t)n; /* empty texts too */
        sample.texts[i] = (struct orch_str){ sample.bytes + used, len };
        used += len;
        sample.null[i] = i % 7 == 3;
        sample.keep[i] = i % 3 != 1;
        sample.booleans[i] = i % 5 == 0;
        sample.integers[i] = (int64_t)i - 500;
        sample.numbers[i] = (double)i / 4;
    }
    for (size_t i = 0; i < ROWS; i++) /* not next to each other in memory */
        sample.scattered[i] = sample.texts[ROWS - 1 - i];
    sample_column(0, "b", ORCH_TYPE_BOOLEAN, sample.booleans);
    sample_column(1, "i", ORCH_TYPE_INTEGER, sample.integers);
    sample_column(2, "n", ORCH_TYPE_NUMBER, sample.numbers);
    sample_column(3, "u", ORCH_TYPE_TEXT, sample.texts);
    sample_column(4, "z", ORCH_TYPE_BINARY, sample.scattered);
    sample_column(5, "d", ORCH_TYPE_DATE, sample.integers);
    sample_column(6, "t", ORCH_TYPE_TIMESTAMP, sample.integers);
    sample_column(7, "nil", ORCH_TYPE_NULL, NULL);
    sample.items[7].type = ORCH_TYPE_INTEGER; /* the literal nil fits any field */
    for (size_t i = 0; i < 7; i += 2)
        sample.columns[i].null = sample.null;
    sample.fields = (struct orch_fields){ sample.items, COLUMNS };
    sample.frame = (struct orch_frame){ .fields = &sample.fields, .columns = sample.columns,
                                        .rows = ROWS };
    return 0;
}

static void assert_row(const orch_view *v, int64_t at, int64_t row)
{
    size_t len;
    for (size_t i = 0; i < 7; i++)
        assert_int_equal(orch_view_is_null(v, i, at), i % 2 == 0 && sample.null[row]);
    assert_true(orch_view_is_null(v, 7, at));
    assert_int_equal(orch_view_int(v, 1, at), sample.integers[row]);
    assert_int_equal(orch_view_date(v, 5, at), sample.integers[row]);
    const char *u = orch_view_text(v, 3, at, &len);
    assert_int_equal(len, sample.texts[row].len);
    assert_memory_equal(u, sample.texts[row].ptr, len);
    const char *z = orch_view_binary(v, 4, at, &len);
    if (sample.null[row]) {
        assert_int_equal(len, 0);
        return;
    }
    assert_int_equal(len, sample.scattered[row].len);
    assert_memory_equal(z, sample.scattered[row].ptr, len);
    assert_int_equal(orch_view_bool(v, 0, at), sample.booleans[row]);
    assert_true(orch_view_float(v, 2, at) == sample.numbers[row]);
    assert_int_equal(orch_view_timestamp(v, 6, at), sample.integers[row]);
}

/* `keep`: rows of the sample that the frame still has; NULL: all. */
static void assert_exports(const struct orch_frame *frame, const uint8_t *keep)
{
    struct ArrowSchema schema;
    struct ArrowArray batch;
    orch_view view;
    int64_t at = 0;
    assert_int_equal(orch_fields_export(frame->fields, &schema, NULL), ORCH_OK);
    assert_int_equal(orch_frame_export(frame, &batch, NULL), ORCH_OK);
    assert_int_equal(orch_batch_check(&schema, &batch, NULL), ORCH_OK);
    assert_int_equal(orch_view_init(&view, &schema, &batch, NULL), ORCH_OK);
    for (int64_t row = 0; at < frame->rows; row++)
        if (!keep || keep[row])
            assert_row(&view, at++, row);
    assert_int_equal(batch.length, at);
    orch_view_release(&view);
    batch.release(&batch);
    assert_null(batch.release);
    schema.release(&schema);
}

static void assert_exports_filtered(const struct orch_frame *frame, const uint8_t *keep)
{
    struct orch_arena a = { 0 };
    struct orch_frame kept;
    assert_int_equal(orch_frame_filter(&a, frame, keep, &kept), ORCH_OK);
    assert_exports(&kept, keep);
    orch_arena_release(&a);
}

static void a_batch_holds_the_values_of_its_frame(void **state)
{
    (void)state;
    assert_exports(&sample.frame, NULL);
}

static void rows_that_are_not_kept_are_left_out(void **state)
{
    (void)state;
    assert_exports_filtered(&sample.frame, sample.keep);
}

static void keeping_all_or_none_are_no_special_cases(void **state)
{
    (void)state;
    static uint8_t keep[ROWS];
    assert_exports_filtered(&sample.frame, keep);
    memset(keep, 1, sizeof keep);
    assert_exports_filtered(&sample.frame, keep);
    struct orch_frame empty = sample.frame;
    empty.rows = 0;
    assert_exports(&empty, NULL);
}

static void short_frames_pad_their_last_bits(void **state)
{
    (void)state;
    struct orch_frame frame = sample.frame;
    for (frame.rows = 0; frame.rows < 70; frame.rows++) {
        assert_exports(&frame, NULL);
        assert_exports_filtered(&frame, sample.keep);
    }
}

static void buffers_are_aligned_and_validity_comes_with_nulls_only(void **state)
{
    (void)state;
    struct ArrowArray batch;
    assert_int_equal(orch_frame_export(&sample.frame, &batch, NULL), ORCH_OK);
    for (int64_t i = 0; i < batch.n_children; i++) {
        const struct ArrowArray *column = batch.children[i];
        assert_int_equal(column->buffers[0] != NULL, column->null_count > 0);
        for (int64_t k = 0; k < column->n_buffers; k++)
            assert_int_equal((uintptr_t)column->buffers[k] % 64, 0);
    }
    assert_int_equal(batch.children[1]->null_count, 0);
    batch.release(&batch);
}

static void a_child_may_be_moved_out_of_its_batch(void **state)
{
    (void)state;
    struct ArrowArray batch;
    assert_int_equal(orch_frame_export(&sample.frame, &batch, NULL), ORCH_OK);
    struct ArrowArray moved = *batch.children[1];
    batch.children[1]->release = NULL;
    batch.release(&batch);
    assert_int_equal(((const int64_t *)moved.buffers[1])[ROWS - 1], sample.integers[ROWS - 1]);
    moved.release(&moved);
    assert_null(moved.release);
}

static void *release_batch(void *arg)
{
    struct ArrowArray *batch = arg;
    batch->release(batch);
    return NULL;
}

static void another_thread_may_release_a_batch(void **state)
{
    (void)state;
    struct ArrowArray batch;
    pthread_t thread;
    assert_int_equal(orch_frame_export(&sample.frame, &batch, NULL), ORCH_OK);
    assert_int_equal(pthread_create(&thread, NULL, release_batch, &batch), 0);
    pthread_join(thread, NULL);
    assert_null(batch.release);
}

static void a_date_beyond_date32_is_an_error(void **state)
{
    (void)state;
    int64_t days[] = { 0, (int64_t)INT32_MAX + 1 };
    uint8_t null[] = { 0, 1 };
    struct orch_field item = { .name = "day", .type = ORCH_TYPE_DATE };
    struct orch_fields fields = { &item, 1 };
    struct orch_vector column = { .type = ORCH_TYPE_DATE, .of.integer = days };
    struct orch_frame frame = { .fields = &fields, .columns = &column, .rows = 2 };
    struct ArrowArray batch = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_frame_export(&frame, &batch, &err), ORCH_EDATA);
    assert_string_equal(err.message, "column \"day\" holds a date out of range");
    assert_string_equal(err.detail, "2147483648 days from 1970-01-01 in row 2 of a batch");
    assert_null(batch.release);
    column.null = null;
    assert_int_equal(orch_frame_export(&frame, &batch, &err), ORCH_OK);
    batch.release(&batch);
}

static void text_past_two_gibibytes_is_an_error(void **state)
{
    (void)state;
    static char bytes[1];
    struct orch_str views[3];
    for (int i = 0; i < 3; i++) /* only lengths are looked at before the error */
        views[i] = (struct orch_str){ bytes, (size_t)1 << 30 };
    struct orch_field item = { .name = "note", .type = ORCH_TYPE_TEXT };
    struct orch_fields fields = { &item, 1 };
    struct orch_vector column = { .type = ORCH_TYPE_TEXT, .of.text = views };
    struct orch_frame frame = { .fields = &fields, .columns = &column, .rows = 3 };
    struct ArrowArray batch = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_frame_export(&frame, &batch, &err), ORCH_EDATA);
    assert_string_equal(err.message, "column \"note\" is too large");
    assert_string_equal(err.detail, "its text passes 2 GiB in a batch of 3 rows");
    column.type = ORCH_TYPE_NUMBER;
    assert_int_equal(orch_frame_export(&frame, &batch, &err), ORCH_EINTERNAL);
    assert_string_equal(err.message, "column \"note\" is of type text but holds number");
    frame.rows = (int64_t)INT32_MAX + 1;
    assert_int_equal(orch_frame_export(&frame, &batch, &err), ORCH_EINVAL);
}

static void a_filtered_frame_remembers_its_rows(void **state)
{
    (void)state;
    struct orch_arena a = { 0 };
    struct orch_frame once, twice;
    static uint8_t half[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        half[i] = i % 2 == 0;
    assert_int_equal(orch_frame_filter(&a, &sample.frame, sample.keep, &once), ORCH_OK);
    assert_int_equal(orch_frame_filter(&a, &once, half, &twice), ORCH_OK);
    assert_int_equal(once.rows, ROWS - ROWS / 3);
    assert_int_equal(twice.rows, (once.rows + 1) / 2);
    for (int64_t i = 0; i < twice.rows; i++) {
        int32_t row = twice.source_row[i];
        assert_int_equal(row, once.source_row[i * 2]);
        assert_int_equal(sample.keep[row], 1);
        assert_int_equal(twice.columns[0].of.boolean[i], sample.booleans[row]);
        assert_int_equal(twice.columns[0].null[i], sample.null[row]);
        assert_int_equal(twice.columns[1].of.integer[i], sample.integers[row]);
        assert_ptr_equal(twice.columns[3].of.text[i].ptr, sample.texts[row].ptr);
    }
    assert_null(twice.columns[1].null);
    orch_arena_release(&a);
}

static void a_filter_that_keeps_all_copies_nothing(void **state)
{
    (void)state;
    struct orch_arena a = { 0 };
    struct orch_frame out;
    static uint8_t all[ROWS];
    memset(all, 1, sizeof all);
    assert_int_equal(orch_frame_filter(&a, &sample.frame, all, &out), ORCH_OK);
    assert_ptr_equal(out.columns, sample.columns);
    assert_int_equal(a.total_bytes, 0);
}

static void failures_stay_with_their_rows_or_go(void **state)
{
    (void)state;
    struct orch_arena a = { 0 };
    struct orch_frame frame = sample.frame, out;
    struct orch_vector column = { .type = ORCH_TYPE_INTEGER, .of.integer = sample.integers };
    struct orch_fields fields = { sample.items + 1, 1 };
    const uint32_t fail[] = { 0, 5, 0, 9 };
    column.fail = fail;
    frame.rows = 4;
    frame.columns = &column;
    frame.fields = &fields;
    assert_int_equal(orch_frame_filter(&a, &frame, (const uint8_t *)"\1\1\0\0", &out), ORCH_OK);
    assert_int_equal(out.columns[0].fail[1], 5);
    assert_int_equal(orch_frame_filter(&a, &frame, (const uint8_t *)"\1\0\1\0", &out), ORCH_OK);
    assert_null(out.columns[0].fail);
    orch_arena_release(&a);
}

static orch_status pass_through(struct orch_arena *a, const struct ArrowSchema *schema,
                                const struct ArrowArray *batch, orch_error *err)
{
    struct orch_fields fields;
    struct orch_frame frame, filtered;
    struct orch_origin origin = { 0 };
    struct ArrowArray out;
    orch_status st = orch_fields_import(a, schema, &fields, err);
    if (st == ORCH_OK)
        st = orch_frame_import(a, schema, &fields, batch, &frame, &origin, err);
    if (st == ORCH_OK)
        st = orch_frame_filter(a, &frame, sample.keep, &filtered);
    if (st == ORCH_OK)
        st = orch_frame_export(&filtered, &out, err);
    if (st == ORCH_OK)
        out.release(&out);
    return st;
}

static void any_failed_allocation_is_an_error_and_leaks_nothing(void **state)
{
    (void)state;
    struct ArrowSchema schema;
    struct ArrowArray batch;
    orch_status st = ORCH_ENOMEM;
    assert_int_equal(orch_fields_export(&sample.fields, &schema, NULL), ORCH_OK);
    assert_int_equal(orch_frame_export(&sample.frame, &batch, NULL), ORCH_OK);
    for (long n = 1; st == ORCH_ENOMEM; n++) {
        struct orch_arena a = { 0 };
        orch_error err = ORCH_ERROR_INIT;
        orch_alloc_fail_at(n);
        st = pass_through(&a, &schema, &batch, &err);
        orch_alloc_fail_at(0);
        assert_true(n < 100);
        orch_arena_release(&a);
    }
    assert_int_equal(st, ORCH_OK);
    /* The arena asks rarely; under a cap each of its own pieces is refused once. */
    for (size_t cap = 16; (st = ORCH_ENOMEM, cap < (1u << 20)); cap += 997) {
        struct orch_arena a = { .cap = cap };
        st = pass_through(&a, &schema, &batch, NULL);
        orch_arena_release(&a);
        if (st == ORCH_OK)
            break;
        assert_int_equal(st, ORCH_ENOMEM);
    }
    assert_int_equal(st, ORCH_OK);
    batch.release(&batch);
    schema.release(&schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_batch_holds_the_values_of_its_frame),
        cmocka_unit_test(rows_that_are_not_kept_are_left_out),
        cmocka_unit_test(keeping_all_or_none_are_no_special_cases),
        cmocka_unit_test(short_frames_pad_their_last_bits),
        cmocka_unit_test(buffers_are_aligned_and_validity_comes_with_nulls_only),
        cmocka_unit_test(a_child_may_be_moved_out_of_its_batch),
        cmocka_unit_test(another_thread_may_release_a_batch),
        cmocka_unit_test(a_date_beyond_date32_is_an_error),
        cmocka_unit_test(text_past_two_gibibytes_is_an_error),
        cmocka_unit_test(a_filtered_frame_remembers_its_rows),
        cmocka_unit_test(a_filter_that_keeps_all_copies_nothing),
        cmocka_unit_test(failures_stay_with_their_rows_or_go),
        cmocka_unit_test(any_failed_allocation_is_an_error_and_leaks_nothing),
    };
    return cmocka_run_group_tests(tests, make_sample, NULL);
}
