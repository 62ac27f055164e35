/* SPDX-License-Identifier: Apache-2.0 */
/* A destination in a worker does what it does in this process. */
#include "remote_support.h"

static const struct orch_remote_setup unconfined = { .unconfined = true };

/* ---- batches ------------------------------------------------------------------------------- */

static struct ArrowSchema schema_new(void)
{
    struct ArrowSchema schema;
    assert_int_equal(orch_schema_init(&schema), ORCH_OK);
    assert_int_equal(orch_schema_add(&schema, "n", ORCH_FORMAT_INT64), ORCH_OK);
    assert_int_equal(orch_schema_add(&schema, "t", ORCH_FORMAT_UTF8), ORCH_OK);
    return schema;
}

static struct ArrowArray batch_new(int64_t first, int64_t rows, size_t width)
{
    struct ArrowSchema schema = schema_new();
    struct ArrowArray batch;
    orch_builder *b = NULL;
    char *text = calloc(1, width + 1);
    memset(text, 'y', width);
    assert_int_equal(orch_builder_new(&schema, &b), ORCH_OK);
    for (int64_t i = 0; i < rows; i++) {
        assert_int_equal(orch_builder_int(b, 0, first + i), ORCH_OK);
        assert_int_equal(orch_builder_text(b, 1, text, width), ORCH_OK);
        assert_int_equal(orch_builder_row(b), ORCH_OK);
    }
    assert_int_equal(orch_builder_take(b, &batch), ORCH_OK);
    orch_builder_free(b);
    schema.release(&schema);
    free(text);
    return batch;
}

static void job_begin(struct remote_job *job, const struct given *given,
                      const struct orch_remote_setup *setup, orch_writer **writer)
{
    const char *keys[] = { "n" };
    orch_write_request request = { .struct_size = sizeof request, .mode = ORCH_WRITE_REPLACE,
                                   .keys = keys, .n_keys = 1, .pipeline = "p", .run = "r" };
    struct ArrowSchema schema = schema_new();
    job_load(job, MISBEHAVING, "misbehaving");
    assert_status(job, job_open(job, ORCH_ROLE_DESTINATION, given, NULL, setup), ORCH_OK);
    assert_status(job, job->loaded->destination.begin(job->destination, &request, &schema, writer,
                                                      &job->err), ORCH_OK);
    schema.release(&schema);
}

static orch_status write_rows(struct remote_job *job, orch_writer *writer, int64_t first,
                              int64_t rows, size_t width)
{
    struct ArrowArray batch = batch_new(first, rows, width);
    orch_status st = job->loaded->destination.write(writer, &batch, &job->err);
    /* Taken on success only. */
    assert_int_equal(batch.release == NULL, st == ORCH_OK);
    if (batch.release != NULL)
        batch.release(&batch);
    return st;
}

static void finish(struct remote_job *job, orch_writer *writer, int64_t rows)
{
    orch_write_counts counts = { .struct_size = sizeof counts };
    orch_commit commit = { .struct_size = sizeof commit, .sequence = 3, .state = "{}",
                           .state_len = 2 };
    struct ArrowSchema schema = schema_new();
    struct ArrowArray batch = batch_new(0, 1, 3);
    const struct orch_destination_ops *ops = &job->loaded->destination;
    assert_status(job, ops->finish(writer, &counts, &job->err), ORCH_OK);
    assert_int_equal(counts.inserted, rows);
    assert_status(job, ops->ledger(writer, "orchestra_run", &schema, &batch, &job->err), ORCH_OK);
    assert_status(job, ops->commit(writer, &commit, &job->err), ORCH_OK);
    ops->end(writer);
    schema.release(&schema);
}

/* ---- writing ------------------------------------------------------------------------------- */

static void every_row_arrives_once_and_in_order(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_writer *writer = NULL;
    job_begin(&job, NULL, NULL, &writer);
    for (int64_t i = 0; i < 200; i++)
        assert_status(&job, write_rows(&job, writer, i * 500, 500, 10), ORCH_OK);
    finish(&job, writer, 100000);
    job_close(&job);
}

/* Half of the frames fit no slot. */
static void frames_arrive_between_batches(void **state)
{
    (void)state;
    enum { ROWS = 70 };
    struct remote_job job = { 0 };
    orch_writer *writer = NULL;
    static char bytes[1 << 20];
    int64_t n[ROWS];
    struct orch_str t[ROWS];
    struct orch_field items[] = { { .name = "n", .type = ORCH_TYPE_INTEGER },
                                  { .name = "t", .type = ORCH_TYPE_TEXT } };
    struct orch_vector columns[] = { { .type = ORCH_TYPE_INTEGER, .of.integer = n },
                                     { .type = ORCH_TYPE_TEXT, .of.text = t } };
    struct orch_fields fields = { items, 2 };
    struct orch_frame frame = { .fields = &fields, .columns = columns, .rows = ROWS };
    memset(bytes, 'y', sizeof bytes);
    job_begin(&job, NULL, NULL, &writer);
    for (int64_t first = 0; first < 12 * ROWS; first += 2 * ROWS) {
        struct orch_parcel parcel = { 0 };
        size_t len = first / (2 * ROWS) % 2 == 0 ? 10 : sizeof bytes;
        for (int64_t i = 0; i < ROWS; i++) {
            n[i] = first + i;
            t[i] = (struct orch_str){ bytes, len };
        }
        assert_int_equal(orch_parcel_measure_frame(&parcel, &frame, NULL), ORCH_OK);
        assert_status(&job, orch_remote_write(writer, &parcel, &job.err), ORCH_OK);
        orch_parcel_release(&parcel);
        assert_status(&job, write_rows(&job, writer, first + ROWS, ROWS, 10), ORCH_OK);
    }
    fields.len = 1;
    struct orch_parcel parcel = { 0 };
    assert_int_equal(orch_parcel_measure_frame(&parcel, &frame, NULL), ORCH_OK);
    assert_status(&job, orch_remote_write(writer, &parcel, &job.err), ORCH_EINVAL);
    orch_parcel_release(&parcel);
    finish(&job, writer, 12 * ROWS);
    job_close(&job);
}

static void a_slow_destination_holds_back_who_writes(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_writer *writer = NULL;
    const struct given given[] = { { "how", "slow" }, { 0 } };
    job_begin(&job, given, &unconfined, &writer);
    int64_t began = orch_clock_monotonic_us();
    for (int64_t i = 0; i < 50; i++)
        assert_status(&job, write_rows(&job, writer, i, 1, 10), ORCH_OK);
    /* 2 ms each, but for those that were still in slots. */
    assert_true(orch_clock_monotonic_us() - began > 80000);
    finish(&job, writer, 50);
    job_close(&job);
}

static void a_destination_that_keeps_batches_loses_none(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_writer *writer = NULL;
    const struct given given[] = { { "how", "keep" }, { 0 } };
    job_begin(&job, given, &unconfined, &writer);
    for (int64_t i = 0; i < 50; i++)
        assert_status(&job, write_rows(&job, writer, i * 7, 7, 100), ORCH_OK);
    finish(&job, writer, 350);
    job_close(&job);
}

static void a_batch_larger_than_a_slot_goes_through(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_writer *writer = NULL;
    job_begin(&job, NULL, NULL, &writer);
    for (int64_t i = 0; i < 6; i++)
        assert_status(&job, write_rows(&job, writer, i * 70, 70, 1 << 20), ORCH_OK);
    finish(&job, writer, 420);
    job_close(&job);
}

static void a_batch_beyond_the_bound_is_refused(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_writer *writer = NULL;
    job_begin(&job, NULL, &unconfined, &writer);
    assert_status(&job, write_rows(&job, writer, 0, 300, 1 << 20), ORCH_ENOTSUP);
    assert_string_equal(job.err.message,
                        "a batch of 300 MiB is too large for connector misbehaving");
    assert_status(&job, write_rows(&job, writer, 0, 1, 1), ORCH_OK);
    finish(&job, writer, 1);
    job_close(&job);
}

static void the_ledger_of_earlier_runs_comes_back(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch = { 0 };
    job_load(&job, MISBEHAVING, "misbehaving");
    assert_status(&job, job_open(&job, ORCH_ROLE_DESTINATION, NULL, NULL, NULL), ORCH_OK);
    const int64_t limits[] = { 0, 1, 1000, 400000 }; /* the last fits no slot */
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        orch_ledger_query query = { .struct_size = sizeof query, .table = "orchestra_run",
                                    .limit = limits[i] };
        assert_status(&job, job.loaded->destination.recover(job.destination, &query, &schema,
                                                            &batch, &job.err), ORCH_OK);
        assert_int_equal(batch.length, limits[i]);
        assert_int_equal(batch.n_children, 2);
        batch.release(&batch);
        schema.release(&schema);
    }
    job_close(&job);
}

/* ---- failures of a call -------------------------------------------------------------------- */

static void a_failed_write_comes_back_with_the_next_call(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_writer *writer = NULL;
    orch_write_counts counts = { .struct_size = sizeof counts };
    const struct given given[] = { { "how", "fail" }, { "where", "write" }, { "after", "20" },
                                   { 0 } };
    job_begin(&job, given, NULL, &writer);
    orch_status st = ORCH_OK;
    for (int64_t i = 0; i < 100 && st == ORCH_OK; i++)
        st = write_rows(&job, writer, i * 10, 10, 10);
    assert_status(&job, st, ORCH_EIO);
    assert_string_equal(job.err.message, "cannot write");
    assert_string_equal(job.err.detail, "as told");
    job.err = (orch_error)ORCH_ERROR_INIT;
    assert_status(&job, job.loaded->destination.finish(writer, &counts, &job.err), ORCH_EIO);
    assert_string_equal(job.err.message, "cannot write");
    job.loaded->destination.end(writer);
    assert_false(orch_remote_failed(job.loaded));
    job_close(&job);
}

static void nothing_is_committed_after_a_failed_ledger(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_writer *writer = NULL;
    const struct given given[] = { { "how", "fail" }, { "where", "ledger" }, { 0 } };
    orch_commit commit = { .struct_size = sizeof commit };
    struct ArrowSchema schema = schema_new();
    struct ArrowArray batch = batch_new(0, 1, 3);
    job_begin(&job, given, NULL, &writer);
    const struct orch_destination_ops *ops = &job.loaded->destination;
    assert_status(&job, ops->ledger(writer, "orchestra_run", &schema, &batch, &job.err), ORCH_OK);
    assert_status(&job, ops->commit(writer, &commit, &job.err), ORCH_EIO);
    assert_string_equal(job.err.message, "cannot ledger");
    ops->end(writer);
    schema.release(&schema);
    job_close(&job);
}

static void a_transaction_may_end_and_another_begin(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_writer *writer = NULL;
    orch_write_request request = { .struct_size = sizeof request, .mode = ORCH_WRITE_APPEND };
    struct ArrowSchema schema = schema_new();
    job_begin(&job, NULL, NULL, &writer);
    const struct orch_destination_ops *ops = &job.loaded->destination;
    assert_status(&job, ops->begin(job.destination, &request, NULL, &writer, &job.err),
                  ORCH_ENOTSUP);
    assert_status(&job, write_rows(&job, writer, 0, 5, 5), ORCH_OK);
    ops->end(writer);
    assert_status(&job, ops->begin(job.destination, &request, NULL, &writer, &job.err), ORCH_OK);
    assert_status(&job, write_rows(&job, writer, 0, 5, 5), ORCH_EINVAL);
    struct ArrowArray batch = batch_new(0, 1, 3);
    assert_status(&job, ops->ledger(writer, "orchestra_run", &schema, &batch, &job.err), ORCH_OK);
    ops->end(writer);
    schema.release(&schema);
    job_close(&job);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_arrives_once_and_in_order),
        cmocka_unit_test(frames_arrive_between_batches),
        cmocka_unit_test(a_slow_destination_holds_back_who_writes),
        cmocka_unit_test(a_destination_that_keeps_batches_loses_none),
        cmocka_unit_test(a_batch_larger_than_a_slot_goes_through),
        cmocka_unit_test(a_batch_beyond_the_bound_is_refused),
        cmocka_unit_test(the_ledger_of_earlier_runs_comes_back),
        cmocka_unit_test(a_failed_write_comes_back_with_the_next_call),
        cmocka_unit_test(nothing_is_committed_after_a_failed_ledger),
        cmocka_unit_test(a_transaction_may_end_and_another_begin),
        cmocka_unit_test(no_worker_ended_badly),
    };
    REMOTE_TEST_RUN(tests, argc, argv);
}
