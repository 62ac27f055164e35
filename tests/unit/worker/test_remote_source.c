/* SPDX-License-Identifier: Apache-2.0 */
/* A source in a worker does what it does in this process. */
#include "remote_support.h"

#include <fcntl.h>
#include <sys/stat.h>

#define CSV TEST_BINARY_DIR "/connectors/csv.so"

static const struct orch_remote_setup unconfined = { .unconfined = true };

/* ---- reading ------------------------------------------------------------------------------- */

static void batches_arrive_whole_and_in_order(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_reader *reader = NULL;
    int64_t rows;
    const struct given given[] = { { "total", "100003" }, { "rows", "1000" }, { 0 } };
    assert_status(&job, job_read(&job, given, &unconfined, &reader), ORCH_OK);
    assert_status(&job, job_drain(&job, reader, &rows), ORCH_END);
    assert_int_equal(rows, 100003);
    job.loaded->source.end(reader);
    assert_false(orch_remote_failed(job.loaded));
    job_close(&job);
}

static void values_nulls_and_positions_are_those_of_the_connector(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_reader *reader = NULL;
    struct ArrowArray batch = { 0 };
    orch_batch_info info = { .struct_size = sizeof info };
    assert_status(&job, job_read(&job, NULL, NULL, &reader), ORCH_OK);
    assert_status(&job, job.loaded->source.next(reader, &batch, &info, &job.err), ORCH_OK);
    assert_int_equal(batch.length, 10);
    const int64_t *numbers = batch.children[0]->buffers[1];
    const uint8_t *present = batch.children[1]->buffers[0];
    const int32_t *offsets = batch.children[1]->buffers[1];
    assert_int_equal(numbers[9], 9);
    assert_int_equal(batch.children[1]->null_count, 2);
    assert_int_equal(present[0], 0xEF); /* the fifth is null */
    assert_int_equal(offsets[1], 8);
    assert_memory_equal(batch.children[1]->buffers[2], "xxxxxxxx", 8);
    assert_string_equal(info.state, "{\"at\":1}");
    assert_int_equal(info.source_bytes, 10);
    batch.release(&batch);
    job.loaded->source.end(reader);
    job_close(&job);
}

static void a_batch_larger_than_a_slot_goes_through(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_reader *reader = NULL;
    int64_t rows;
    /* 64 rows of 1 MiB a batch */
    const struct given given[] = {
        { "total", "128" }, { "rows", "80" }, { "width", "1048576" }, { 0 }
    };
    assert_status(&job, job_read(&job, given, NULL, &reader), ORCH_OK);
    assert_status(&job, job_drain(&job, reader, &rows), ORCH_END);
    assert_int_equal(rows, 128);
    job.loaded->source.end(reader);
    job_close(&job);
}

static void a_batch_beyond_the_bound_is_refused(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_reader *reader = NULL;
    int64_t rows;
    const struct given given[] = {
        { "total", "400" }, { "rows", "400" }, { "width", "1048576" }, { 0 }
    };
    const struct orch_remote_setup large = { .limits.memory_bytes.value = 4ll << 30 };
    assert_status(&job, job_read(&job, given, &large, &reader), ORCH_OK);
    assert_status(&job, job_drain(&job, reader, &rows), ORCH_ENOTSUP);
    assert_string_equal(job.err.message, "a batch of 320 MiB is beyond the bound of 256 MiB");
    job.loaded->source.end(reader);
    job_close(&job);
}

static void a_reader_may_end_early_and_begin_again(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_reader *reader = NULL;
    struct ArrowArray batch = { 0 };
    orch_batch_info info = { .struct_size = sizeof info };
    orch_read_request request = { .struct_size = sizeof request };
    const struct given given[] = { { "total", "100000" }, { 0 } };
    assert_status(&job, job_read(&job, given, &unconfined, &reader), ORCH_OK);
    for (int i = 0; i < 3; i++) {
        assert_status(&job, job.loaded->source.next(reader, &batch, &info, &job.err), ORCH_OK);
        batch.release(&batch);
        job.loaded->source.end(reader);
        assert_status(&job, job.loaded->source.read(job.source, &request, &reader, &job.err),
                      ORCH_OK);
    }
    assert_status(&job, job.loaded->source.read(job.source, &request, &reader, &job.err),
                  ORCH_ENOTSUP);
    job.loaded->source.end(reader);
    job_close(&job);
}

static void schemas_streams_and_errors_come_through(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch = { 0 };
    const struct given given[] = { { "how", "fail" }, { "where", "read" }, { 0 } };
    orch_read_request request = { .struct_size = sizeof request };
    orch_reader *reader = NULL;
    job_load(&job, MISBEHAVING, "misbehaving");
    assert_status(&job, job_open(&job, ORCH_ROLE_SOURCE, given, NULL, NULL), ORCH_OK);
    assert_status(&job, job.loaded->source.describe(job.source, NULL, &schema, &job.err), ORCH_OK);
    assert_int_equal(schema.n_children, 2);
    assert_string_equal(schema.children[1]->name, "t");
    schema.release(&schema);
    assert_status(&job, job.loaded->source.streams(job.source, &schema, &batch, &job.err), ORCH_OK);
    assert_int_equal(batch.length, 1);
    assert_memory_equal(batch.children[0]->buffers[2], "only", 4);
    batch.release(&batch);
    schema.release(&schema);
    assert_status(&job, job.loaded->source.read(job.source, &request, &reader, &job.err), ORCH_EIO);
    assert_string_equal(job.err.message, "cannot read");
    assert_string_equal(job.err.detail, "as told");
    assert_string_equal(job.err.hint, "tell it otherwise");
    assert_status(&job, job.loaded->source.check(job.source, &job.err), ORCH_ENOTSUP);
    assert_false(orch_remote_failed(job.loaded));
    job_close(&job);
}

static void rejects_come_before_the_batch_they_belong_to(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_reader *reader = NULL;
    struct ArrowArray batch = { 0 };
    orch_batch_info info = { .struct_size = sizeof info };
    const struct given given[] = { { "rejects", "3" }, { "total", "1000" }, { 0 } };
    assert_status(&job, job_read(&job, given, NULL, &reader), ORCH_OK);
    for (int i = 1; i <= 20; i++) {
        assert_status(&job, job.loaded->source.next(reader, &batch, &info, &job.err), ORCH_OK);
        batch.release(&batch);
        assert_int_equal(job.rejects, 3 * i);
        assert_int_equal(job.last_reject_record, 10 * (i - 1) + 1);
    }
    assert_string_equal(job.reject_text, "t/told/as told/10");
    job.loaded->source.end(reader);
    job_close(&job);
}

static void no_more_rejects_arrive_than_the_host_takes(void **state)
{
    (void)state;
    struct remote_job job = { .most_rejects = 25 };
    orch_reader *reader = NULL;
    int64_t rows;
    const struct given given[] = { { "rejects", "10" }, { "total", "100000000" }, { 0 } };
    assert_status(&job, job_read(&job, given, NULL, &reader), ORCH_OK);
    assert_status(&job, job_drain(&job, reader, &rows), ORCH_ECANCELLED);
    assert_int_equal(job.rejects, 26);
    assert_string_equal(job.err.message, "too many rejects");
    job.loaded->source.end(reader);
    job_close(&job);
}

/* ---- inputs -------------------------------------------------------------------------------- */

struct file {
    char path[64];
};

static struct file file_new(const char *text)
{
    struct file f = { "/tmp/orch-remote-XXXXXX" };
    int fd = mkstemp(f.path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    return f;
}

static struct orch_inputs *inputs_of(struct remote_job *job, const char *path)
{
    const struct given given[] = { { "path", path }, { 0 } };
    struct orch_options *options = job_options(job, ORCH_ROLE_SOURCE, given);
    struct orch_inputs *inputs = NULL;
    assert_int_equal(orch_inputs_open(options, &inputs, &job->err), ORCH_OK);
    orch_options_free(options);
    return inputs;
}

static void a_file_connector_reads_what_the_host_opens(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    struct ArrowArray batch = { 0 };
    orch_batch_info info = { .struct_size = sizeof info };
    orch_read_request request = { .struct_size = sizeof request };
    orch_reader *reader = NULL;
    struct file f = file_new("id;nom\n1;Rennes\n2;Saint-M\xe9" "en\n");
    job_load(&job, CSV, "csv");
    const struct given given[] = { { "path", f.path }, { "delimiter", ";" }, { 0 } };
    struct orch_inputs *inputs = inputs_of(&job, f.path);
    if (job_open(&job, ORCH_ROLE_SOURCE, given, inputs, NULL) != ORCH_OK)
        fail_msg("%s: %s", job.err.message, job.err.detail);
    assert_status(&job, job.loaded->source.read(job.source, &request, &reader, &job.err), ORCH_OK);
    if (job.loaded->source.next(reader, &batch, &info, &job.err) != ORCH_OK)
        fail_msg("%s: %s", job.err.message, job.err.detail);
    assert_int_equal(batch.length, 2);
    assert_memory_equal(batch.children[1]->buffers[2], "RennesSaint-M\xc3\xa9" "en", 17);
    batch.release(&batch);
    assert_status(&job, job.loaded->source.next(reader, &batch, &info, &job.err), ORCH_END);
    /* The host knows what the worker found, and has hashed the bytes itself. */
    assert_string_equal(orch_inputs_at(inputs, 0)->encoding, "windows-1252");
    assert_true(orch_inputs_at(inputs, 0)->detected);
    assert_int_equal(orch_inputs_hash(inputs, 0, NULL, &job.err), ORCH_OK);
    assert_string_equal(orch_inputs_at(inputs, 0)->sha256,
                        "bc23a0ad9164a868b8084ff14ee2350da236ef76c1baf7d09a68f50b80d49fa0");
    job.loaded->source.end(reader);
    job_close(&job);
    unlink(f.path);
}

static void a_file_that_changed_is_told_as_in_this_process(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    struct ArrowSchema schema = { 0 };
    struct file f = file_new("id;nom\n1;Rennes\n");
    job_load(&job, CSV, "csv");
    const struct given given[] = { { "path", f.path }, { 0 } };
    struct orch_inputs *inputs = inputs_of(&job, f.path);
    assert_status(&job, job_open(&job, ORCH_ROLE_SOURCE, given, inputs, NULL), ORCH_OK);
    assert_int_equal(truncate(f.path, 3), 0);
    assert_status(&job, job.loaded->source.describe(job.source, NULL, &schema, &job.err), ORCH_EIO);
    assert_has(job.err.message, "was changed while the run read it");
    assert_string_equal(job.err.detail, "it had 16 bytes and now has 3");
    assert_int_equal(job.err.flags, ORCH_ERROR_RETRYABLE);
    assert_false(orch_remote_failed(job.loaded));
    job_close(&job);
    unlink(f.path);
}

/* ---- processes ----------------------------------------------------------------------------- */

static void a_worker_has_no_environment_and_no_descriptor_of_the_host(void **state)
{
    (void)state;
    struct orch_child child = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    char path[64], bytes[4096];
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int leak = fcntl(null, F_DUPFD, 50); /* without close-on-exec */
    close(null);
    setenv("SECRET_OF_THE_HOST", "hidden", 1);
    assert_int_equal(orch_child_start(&child, NULL, &err), ORCH_OK);
    /* Its main has run once it ignores what the terminal sends. */
    struct stat info;
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)child.pid, leak);
    for (int i = 0; i < 1000 && lstat(path, &info) == 0; i++)
        usleep(5000);
    assert_int_not_equal(lstat(path, &info), 0);
    snprintf(path, sizeof path, "/proc/%d/environ", (int)child.pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    assert_int_equal(read(fd, bytes, sizeof bytes), 0);
    close(fd);
    close(leak);
    orch_child_release(&child);
}

static void warm_workers_are_taken_and_the_rest_ended(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_reader *reader = NULL;
    int64_t rows;
    orch_child_warm(2);
    assert_status(&job, job_read(&job, NULL, &unconfined, &reader), ORCH_OK);
    assert_status(&job, job_drain(&job, reader, &rows), ORCH_END);
    job.loaded->source.end(reader);
    job_close(&job);
    orch_child_cool();
}

static void two_workers_start_side_by_side(void **state)
{
    (void)state;
    struct remote_job jobs[2] = { { .arena = { 0 } } };
    struct orch_options *options[2];
    for (int i = 0; i < 2; i++) {
        job_load(&jobs[i], MISBEHAVING, "misbehaving");
        options[i] = job_options(&jobs[i], ORCH_ROLE_SOURCE, NULL);
        assert_int_equal(orch_remote_new(jobs[i].original, ORCH_ROLE_SOURCE, options[i], NULL,
                                         &unconfined, &jobs[i].remote, &jobs[i].err), ORCH_OK);
        jobs[i].loaded = orch_remote_loaded(jobs[i].remote);
        assert_int_equal(orch_instance_init(&jobs[i].instance, jobs[i].loaded, options[i], NULL,
                                            NULL), ORCH_OK);
        assert_int_equal(orch_remote_start(jobs[i].remote, &jobs[i].instance.host, &jobs[i].err),
                         ORCH_OK);
    }
    assert_status(&jobs[0], jobs[0].loaded->source.open(&jobs[0].instance.host, &jobs[0].source,
                                                        &jobs[0].err), ORCH_OK);
    orch_remote_leave(jobs[0].loaded);
    orch_remote_leave(jobs[0].loaded); /* it has been asked */
    job_close(&jobs[0]);
    job_close(&jobs[1]); /* started, never opened */
    orch_remote_leave(NULL);
}

static void workers_are_asked_to_leave_and_seen_off_later(void **state)
{
    (void)state;
    struct remote_job jobs[2] = { { .arena = { 0 } } };
    orch_reader *reader = NULL;
    int64_t rows, cpu = 0, peak = 0;
    for (int i = 0; i < 2; i++) {
        assert_status(&jobs[i], job_read(&jobs[i], NULL, &unconfined, &reader), ORCH_OK);
        assert_status(&jobs[i], job_drain(&jobs[i], reader, &rows), ORCH_END);
        jobs[i].loaded->source.end(reader);
    }
    for (int i = 0; i < 2; i++)
        orch_remote_leave(jobs[i].loaded);
    orch_remote_usage(jobs[0].loaded, &cpu, &peak); /* it may be there no more */
    for (int i = 0; i < 2; i++) {
        assert_false(orch_remote_failed(jobs[i].loaded));
        job_close(&jobs[i]);
    }
}

static void a_program_that_is_not_there_is_told(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    const struct orch_remote_setup setup = { .program = "/nonexistent/program" };
    job_load(&job, MISBEHAVING, "misbehaving");
    assert_status(&job, job_open(&job, ORCH_ROLE_SOURCE, NULL, NULL, &setup), ORCH_EIO);
    assert_string_equal(job.err.message, "cannot start a process for a connector");
    assert_string_equal(job.err.detail, "/nonexistent/program: No such file or directory");
    assert_false(orch_remote_failed(job.loaded));
    job_close(&job);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batches_arrive_whole_and_in_order),
        cmocka_unit_test(values_nulls_and_positions_are_those_of_the_connector),
        cmocka_unit_test(a_batch_larger_than_a_slot_goes_through),
        cmocka_unit_test(a_batch_beyond_the_bound_is_refused),
        cmocka_unit_test(a_reader_may_end_early_and_begin_again),
        cmocka_unit_test(schemas_streams_and_errors_come_through),
        cmocka_unit_test(rejects_come_before_the_batch_they_belong_to),
        cmocka_unit_test(no_more_rejects_arrive_than_the_host_takes),
        cmocka_unit_test(a_file_connector_reads_what_the_host_opens),
        cmocka_unit_test(a_file_that_changed_is_told_as_in_this_process),
        cmocka_unit_test(a_worker_has_no_environment_and_no_descriptor_of_the_host),
        cmocka_unit_test(warm_workers_are_taken_and_the_rest_ended),
        cmocka_unit_test(two_workers_start_side_by_side),
        cmocka_unit_test(workers_are_asked_to_leave_and_seen_off_later),
        cmocka_unit_test(a_program_that_is_not_there_is_told),
        cmocka_unit_test(no_worker_ended_badly),
    };
    REMOTE_TEST_RUN(tests, argc, argv);
}
