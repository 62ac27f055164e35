/* SPDX-License-Identifier: Apache-2.0 */
/* Shared memory, and batches laid out in it. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/arena.h"
#include "data/batch_check.h"
#include "orch/builder.h"
#include "orch/error.h"
#include "worker/parcel.h"
#include "worker/ring.h"

/* ---- ring ---------------------------------------------------------------------------------- */

static void slots_are_taken_and_given_once(void **state)
{
    (void)state;
    struct orch_ring ring = { .fd = -1 };
    bool seen[ORCH_RING_SLOTS] = { false };
    assert_int_equal(orch_ring_new(&ring, NULL), ORCH_OK);
    for (uint32_t i = 0; i < ORCH_RING_SLOTS; i++) {
        uint32_t slot = orch_ring_take(&ring);
        assert_true(slot < ORCH_RING_SLOTS && !seen[slot]);
        seen[slot] = true;
    }
    assert_int_equal(orch_ring_take(&ring), ORCH_SLOT_NONE);
    assert_true(orch_ring_give(&ring, 2));
    assert_false(orch_ring_give(&ring, 2));
    assert_false(orch_ring_give(&ring, ORCH_RING_SLOTS));
    assert_false(orch_ring_give(&ring, UINT32_MAX));
    assert_true(orch_ring_is_free(&ring, 2));
    assert_false(orch_ring_claim(&ring, 1));
    assert_true(orch_ring_give(&ring, 1));
    assert_true(orch_ring_claim(&ring, 2));
    assert_false(orch_ring_claim(&ring, 2));
    assert_int_equal(orch_ring_take(&ring), 1);
    orch_ring_release(&ring);
}

static void both_sides_see_the_same_and_nobody_can_change_its_size(void **state)
{
    (void)state;
    struct orch_ring ring = { .fd = -1 }, mapped = { .fd = -1 };
    assert_int_equal(orch_ring_new(&ring, NULL), ORCH_OK);
    assert_int_equal(orch_ring_map(&mapped, dup(ring.fd), NULL), ORCH_OK);
    assert_int_equal(mapped.slot_bytes, ORCH_RING_SLOT_BYTES);
    memcpy(orch_ring_slot(&ring, ORCH_RING_SLOTS - 1), "slot", 5);
    assert_string_equal(orch_ring_slot(&mapped, ORCH_RING_SLOTS - 1), "slot");
    atomic_store(&ring.pulse->cancelled, 1);
    assert_int_equal(atomic_load(&mapped.pulse->cancelled), 1);
    assert_int_equal(ftruncate(ring.fd, 0), -1);
    assert_int_equal(ftruncate(ring.fd, 1 << 30), -1);
    assert_int_equal(fcntl(ring.fd, F_ADD_SEALS, F_SEAL_WRITE), -1);
    orch_ring_release(&mapped);
    orch_ring_release(&ring);
}

static void what_is_no_ring_is_not_mapped(void **state)
{
    (void)state;
    struct orch_ring ring = { .fd = -1 };
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_ring_map(&ring, -1, &err), ORCH_EIO);
    assert_int_equal(orch_ring_map(&ring, open("/dev/null", O_RDWR | O_CLOEXEC), &err),
                     ORCH_EINVAL);
    assert_null(ring.base);
}

/* ulimit -f bounds shared memory as well, and kills who goes beyond. */
static void smaller_files_make_smaller_slots(void **state)
{
    (void)state;
    int status;
    pid_t child = fork();
    if (child == 0) {
        struct orch_ring ring = { .fd = -1 };
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 1024000, 1024000 });
        bool good = orch_ring_new(&ring, NULL) == ORCH_OK && ring.slot_bytes == 253952;
        setrlimit(RLIMIT_FSIZE, &(struct rlimit){ 100, 100 });
        good = good && orch_ring_new(&ring, NULL) == ORCH_EIO;
        _exit(good ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* ---- parcels ------------------------------------------------------------------------------- */

static const char *const formats[] = { ORCH_FORMAT_BOOL, ORCH_FORMAT_INT64, ORCH_FORMAT_FLOAT64,
                                       ORCH_FORMAT_UTF8, ORCH_FORMAT_BINARY, ORCH_FORMAT_DATE32,
                                       ORCH_FORMAT_TIMESTAMP };
enum { COLUMNS = 7 };

static struct ArrowSchema schema_new(void)
{
    struct ArrowSchema schema;
    assert_int_equal(orch_schema_init(&schema), ORCH_OK);
    for (size_t i = 0; i < COLUMNS; i++)
        assert_int_equal(orch_schema_add(&schema, formats[i], formats[i]), ORCH_OK);
    return schema;
}

static void put_row(orch_builder *b, int64_t i)
{
    if (i % 3 != 0) {
        assert_int_equal(orch_builder_bool(b, 0, i % 2), ORCH_OK);
        assert_int_equal(orch_builder_int(b, 1, i * 1000), ORCH_OK);
        assert_int_equal(orch_builder_text(b, 3, "\xc3\xa9t\xc3\xa9", 5), ORCH_OK);
        assert_int_equal(orch_builder_date(b, 5, (int32_t)i), ORCH_OK);
    }
    assert_int_equal(orch_builder_float(b, 2, (double)i / 4), ORCH_OK);
    assert_int_equal(orch_builder_binary(b, 4, "\0\xff", (size_t)(i % 3)), ORCH_OK);
    assert_int_equal(orch_builder_timestamp(b, 6, i), ORCH_OK);
    assert_int_equal(orch_builder_row(b), ORCH_OK);
}

static struct ArrowArray batch_new(const struct ArrowSchema *schema, int64_t rows)
{
    struct ArrowArray batch;
    orch_builder *b = NULL;
    assert_int_equal(orch_builder_new(schema, &b), ORCH_OK);
    for (int64_t i = 0; i < rows; i++)
        put_row(b, i);
    assert_int_equal(orch_builder_take(b, &batch), ORCH_OK);
    orch_builder_free(b);
    return batch;
}

static void count(void *ctx)
{
    ++*(int *)ctx;
}

static size_t bytes_of(const struct ArrowArray *column, size_t i, size_t buffer, int64_t rows)
{
    static const size_t widths[COLUMNS] = { 0, 8, 8, 4, 4, 4, 8 };
    bool text = i == 3 || i == 4;
    if (buffer == 0 || i == 0)
        return (size_t)(rows + 7) / 8;
    if (buffer == 2)
        return (size_t)((const int32_t *)column->buffers[1])[rows];
    return widths[i] * (size_t)(rows + text);
}

static void assert_same(const struct ArrowArray *a, const struct ArrowArray *b)
{
    assert_int_equal(a->length, b->length);
    for (size_t i = 0; i < COLUMNS; i++) {
        const struct ArrowArray *x = a->children[i], *y = b->children[i];
        assert_int_equal(x->null_count, y->null_count);
        assert_int_equal(x->n_buffers, y->n_buffers);
        for (int64_t k = 0; k < x->n_buffers && a->length > 0; k++) {
            size_t n = bytes_of(x, i, (size_t)k, a->length);
            assert_true(k > 0 || (x->buffers[k] == NULL) == (y->buffers[k] == NULL));
            if (x->buffers[k] != NULL && n > 0)
                assert_memory_equal(x->buffers[k], y->buffers[k], n);
        }
    }
}

static void batches_of_every_type_and_size_come_back(void **state)
{
    (void)state;
    static const int64_t sizes[] = { 0, 1, 2, 7, 8, 9, 63, 64, 65, 1000 };
    struct ArrowSchema schema = schema_new();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct ArrowArray batch = batch_new(&schema, sizes[i]), got = { 0 };
        struct orch_parcel parcel, told;
        struct orch_text body = { 0 };
        orch_error err = ORCH_ERROR_INIT;
        int released = 0;
        assert_int_equal(orch_parcel_measure(&parcel, &schema, &batch), ORCH_OK);
        void *bytes = aligned_alloc(64, parcel.bytes + 64);
        memset(bytes, 0xAA, parcel.bytes);
        orch_parcel_pack(&parcel, bytes);
        orch_parcel_put(&parcel, &body);
        struct orch_wire w = orch_wire_of(&body);
        assert_int_equal(orch_parcel_get(&told, &schema, &w, parcel.bytes), ORCH_OK);
        assert_true(orch_wire_done(&w));
        assert_int_equal(told.bytes, parcel.bytes);
        assert_int_equal(orch_parcel_unpack(&told, bytes, count, &released, &got), ORCH_OK);
        if (orch_batch_check(&schema, &got, &err) != ORCH_OK)
            fail_msg("%s: %s", err.message, err.detail);
        assert_same(&batch, &got);
        got.release(&got);
        assert_int_equal(released, 1);
        assert_null(got.release);
        free(bytes);
        orch_text_release(&body);
        orch_parcel_release(&parcel);
        orch_parcel_release(&told);
        batch.release(&batch);
    }
    schema.release(&schema);
}

/* What a plan gives goes the same way as what a connector gives, and looks the same then. */
static void frames_of_every_type_and_size_come_back(void **state)
{
    (void)state;
    static const int64_t sizes[] = { 0, 1, 2, 7, 8, 9, 63, 64, 65, 1000 };
    struct ArrowSchema schema = schema_new();
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct ArrowArray batch = batch_new(&schema, sizes[i]), got = { 0 };
        struct orch_arena a = { 0 };
        struct orch_fields fields;
        struct orch_frame frame;
        struct orch_origin origin = { 0 };
        struct orch_parcel parcel, same;
        int released = 0;
        assert_int_equal(orch_fields_import(&a, &schema, &fields, NULL), ORCH_OK);
        assert_int_equal(orch_frame_import(&a, &schema, &fields, &batch, &frame, &origin, NULL),
                         ORCH_OK);
        assert_int_equal(orch_parcel_measure_frame(&parcel, &frame, NULL), ORCH_OK);
        assert_int_equal(orch_parcel_measure(&same, &schema, &batch), ORCH_OK);
        assert_int_equal(parcel.bytes, same.bytes);
        char *bytes = aligned_alloc(64, parcel.bytes + 64);
        memset(bytes, 0xAA, parcel.bytes + 64);
        orch_parcel_pack(&parcel, bytes);
        assert_int_equal((unsigned char)bytes[parcel.bytes], 0xAA);
        assert_int_equal(orch_parcel_unpack(&parcel, bytes, count, &released, &got), ORCH_OK);
        assert_int_equal(orch_batch_check(&schema, &got, NULL), ORCH_OK);
        assert_same(&batch, &got);
        got.release(&got);
        free(bytes);
        orch_parcel_release(&parcel);
        orch_parcel_release(&same);
        orch_arena_release(&a);
        batch.release(&batch);
    }
    schema.release(&schema);
}

static void a_frame_that_arrow_cannot_hold_is_refused_before_a_byte_is_written(void **state)
{
    (void)state;
    int64_t days[] = { 0, (int64_t)INT32_MAX + 1 };
    struct orch_field item = { .name = "day", .type = ORCH_TYPE_DATE };
    struct orch_fields fields = { &item, 1 };
    struct orch_vector column = { .type = ORCH_TYPE_DATE, .of.integer = days };
    struct orch_frame frame = { .fields = &fields, .columns = &column, .rows = 2 };
    struct orch_parcel parcel = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_parcel_measure_frame(&parcel, &frame, &err), ORCH_EDATA);
    assert_string_equal(err.message, "column \"day\" holds a date out of range");
    item.type = ORCH_TYPE_LIST;
    assert_int_equal(orch_parcel_measure_frame(&parcel, &frame, &err), ORCH_EINTERNAL);
    assert_string_equal(err.message, "cannot hand over column \"day\" of type list");
    assert_null(parcel.columns);
}

/* Every byte of a description changed in several ways, over memory that the worker goes on to
 * write: whatever is accepted is inside its bounds (the sanitizers watch) and checked. */
static void a_description_changed_anywhere_is_refused_or_stays_inside(void **state)
{
    (void)state;
    static const unsigned char values[] = { 0x00, 0x01, 0x7F, 0x80, 0xFF };
    struct ArrowSchema schema = schema_new();
    struct ArrowArray batch = batch_new(&schema, 20);
    struct orch_parcel parcel;
    struct orch_text body = { 0 };
    int released = 0, taken = 0;
    assert_int_equal(orch_parcel_measure(&parcel, &schema, &batch), ORCH_OK);
    char *bytes = aligned_alloc(64, parcel.bytes);
    orch_parcel_pack(&parcel, bytes);
    orch_parcel_put(&parcel, &body);
    for (size_t at = 0; at < body.len * sizeof values; at++) {
        struct orch_parcel told;
        struct ArrowArray got = { 0 };
        char *changed = malloc(body.len);
        memcpy(changed, body.ptr, body.len);
        changed[at / sizeof values] = (char)values[at % sizeof values];
        struct orch_wire w = { changed, body.len, false };
        if (orch_parcel_get(&told, &schema, &w, parcel.bytes) == ORCH_OK) {
            assert_true(told.bytes <= parcel.bytes);
            if (orch_parcel_unpack(&told, bytes, count, &released, &got) == ORCH_OK) {
                (void)orch_batch_check(&schema, &got, NULL);
                got.release(&got);
                taken++;
            }
            orch_parcel_release(&told);
        }
        free(changed);
    }
    assert_true(taken > 0);
    assert_int_equal(released, taken);
    free(bytes);
    orch_text_release(&body);
    orch_parcel_release(&parcel);
    batch.release(&batch);
    schema.release(&schema);
}

/* The same for the bytes themselves. */
static void bytes_changed_anywhere_are_refused_or_sound(void **state)
{
    (void)state;
    struct ArrowSchema schema = schema_new();
    struct ArrowArray batch = batch_new(&schema, 20);
    struct orch_parcel parcel;
    int released = 0;
    assert_int_equal(orch_parcel_measure(&parcel, &schema, &batch), ORCH_OK);
    char *bytes = aligned_alloc(64, parcel.bytes);
    for (size_t at = 0; at < parcel.bytes; at++) {
        struct ArrowArray got = { 0 };
        orch_parcel_pack(&parcel, bytes);
        bytes[at] = (char)0xFF;
        if (orch_parcel_unpack(&parcel, bytes, count, &released, &got) == ORCH_OK) {
            (void)orch_batch_check(&schema, &got, NULL);
            got.release(&got);
        }
    }
    free(bytes);
    orch_parcel_release(&parcel);
    batch.release(&batch);
    schema.release(&schema);
}

static void text_that_ends_behind_its_bytes_is_refused(void **state)
{
    (void)state;
    struct ArrowSchema schema = schema_new();
    struct ArrowArray batch = batch_new(&schema, 2), got = { 0 };
    struct orch_parcel parcel;
    assert_int_equal(orch_parcel_measure(&parcel, &schema, &batch), ORCH_OK);
    char *bytes = aligned_alloc(64, parcel.bytes);
    orch_parcel_pack(&parcel, bytes);
    parcel.columns[3].text_bytes = 4; /* of the 5 that the offsets say */
    assert_int_equal(orch_parcel_unpack(&parcel, bytes, free, NULL, &got), ORCH_EINVAL);
    assert_null(got.release);
    free(bytes);
    orch_parcel_release(&parcel);
    batch.release(&batch);
    schema.release(&schema);
}

static void sizes_that_overflow_are_refused(void **state)
{
    (void)state;
    struct ArrowSchema schema = schema_new();
    static const int64_t rows[] = { -1, INT64_MIN, INT64_MAX, INT32_MAX, (int64_t)INT32_MAX + 1 };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct orch_text body = { 0 };
        struct orch_parcel told;
        orch_wire_put_i64(&body, rows[i]);
        orch_wire_put_u32(&body, COLUMNS);
        for (size_t k = 0; k < COLUMNS; k++) {
            orch_wire_put_u32(&body, 1);
            orch_wire_put_i64(&body, 0);
            if (k == 3 || k == 4)
                orch_wire_put_i64(&body, INT32_MAX);
        }
        struct orch_wire w = orch_wire_of(&body);
        assert_int_equal(orch_parcel_get(&told, &schema, &w, ORCH_BATCH_BYTES_MOST), ORCH_EINVAL);
        orch_text_release(&body);
    }
    schema.release(&schema);
}

/* They take no memory of the worker's, but work of the host's. */
static void rows_without_columns_are_bounded(void **state)
{
    (void)state;
    static const int64_t rows[] = { 0, 1, ORCH_BATCH_ROWS_MOST, ORCH_BATCH_ROWS_MOST + 1,
                                    INT32_MAX };
    struct ArrowSchema schema;
    assert_int_equal(orch_schema_init(&schema), ORCH_OK);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct orch_text body = { 0 };
        struct orch_parcel told = { 0 };
        orch_wire_put_i64(&body, rows[i]);
        orch_wire_put_u32(&body, 0);
        struct orch_wire w = orch_wire_of(&body);
        assert_int_equal(orch_parcel_get(&told, &schema, &w, ORCH_BATCH_BYTES_MOST),
                         rows[i] <= ORCH_BATCH_ROWS_MOST ? ORCH_OK : ORCH_EINVAL);
        orch_parcel_release(&told);
        orch_text_release(&body);
    }
    schema.release(&schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_taken_and_given_once),
        cmocka_unit_test(both_sides_see_the_same_and_nobody_can_change_its_size),
        cmocka_unit_test(what_is_no_ring_is_not_mapped),
        cmocka_unit_test(smaller_files_make_smaller_slots),
        cmocka_unit_test(batches_of_every_type_and_size_come_back),
        cmocka_unit_test(frames_of_every_type_and_size_come_back),
        cmocka_unit_test(a_frame_that_arrow_cannot_hold_is_refused_before_a_byte_is_written),
        cmocka_unit_test(a_description_changed_anywhere_is_refused_or_stays_inside),
        cmocka_unit_test(bytes_changed_anywhere_are_refused_or_sound),
        cmocka_unit_test(text_that_ends_behind_its_bytes_is_refused),
        cmocka_unit_test(sizes_that_overflow_are_refused),
        cmocka_unit_test(rows_without_columns_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
