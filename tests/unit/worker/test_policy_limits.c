/* SPDX-License-Identifier: Apache-2.0 */
/* A limit that an operator lowered holds inside the worker, whatever the connector does. */
#include "remote_support.h"

#include "worker/policy.h"

static struct orch_policy *policy_of(const char *text)
{
    struct orch_policy *p = NULL;
    orch_error err = ORCH_ERROR_INIT;
    if (orch_policy_parse("orchestra.conf", orch_str_from(text), &p, &err) != ORCH_OK)
        fail_msg("%s / %s", err.message, err.detail);
    return p;
}

/* Lets the connector do `how` while reading, under the limits of the policy. */
static void read_under(struct remote_job *job, const struct orch_policy *p, const char *how)
{
    const struct orch_remote_setup setup = { .limits = orch_policy_limits(p, "misbehaving") };
    const struct given given[] = { { "how", how }, { "where", "next" }, { "after", "30" }, { 0 } };
    orch_reader *reader = NULL;
    int64_t rows;
    assert_status(job, job_read(job, given, &setup, &reader), ORCH_OK);
    assert_int_equal(job_drain(job, reader, &rows), ORCH_EINTERNAL);
    assert_true(orch_remote_failed(job->loaded));
    job->loaded->source.end(reader);
}

static void who_eats_everything_gets_no_more_than_the_policy_leaves(void **state)
{
    (void)state;
#if defined(__SANITIZE_THREAD__)
    skip();
#endif
    struct remote_job job = { 0 };
    long ate = -1;
    struct orch_policy *p = policy_of("[connector misbehaving]\nmemory = 160MiB\n");
    read_under(&job, p, "eat");
    const char *line = strstr(job.err.detail, "ate ");
    assert_true(line != NULL && sscanf(line, "ate %ld MiB", &ate) == 1);
    assert_in_range(ate, 16, 160);
    job_close(&job);
    orch_policy_free(p);
}

static void who_spins_ends_with_the_time_and_the_line_that_lowered_it(void **state)
{
    (void)state;
#if defined(__SANITIZE_THREAD__)
    skip();
#endif
    struct remote_job job = { 0 };
    struct orch_policy *p = policy_of("[sandbox]\ncpu = 1s\n");
    read_under(&job, p, "spin");
    assert_string_equal(job.err.message,
                        "connector misbehaving used up its processor time (signal 24, SIGXCPU)");
    assert_starts(job.err.detail,
                  "its process may use 1 s by orchestra.conf:2; while reading; last record 30");
    job_close(&job);
    orch_policy_free(p);
}

/* ---- files --------------------------------------------------------------------------------- */

static struct ArrowSchema schema_new(void)
{
    struct ArrowSchema schema;
    assert_int_equal(orch_schema_init(&schema), ORCH_OK);
    assert_int_equal(orch_schema_add(&schema, "t", ORCH_FORMAT_UTF8), ORCH_OK);
    return schema;
}

static struct ArrowArray batch_new(int64_t rows)
{
    char row[1000];
    struct ArrowSchema schema = schema_new();
    struct ArrowArray batch;
    orch_builder *b = NULL;
    memset(row, 'x', sizeof row);
    assert_int_equal(orch_builder_new(&schema, &b), ORCH_OK);
    for (int64_t i = 0; i < rows; i++) {
        assert_int_equal(orch_builder_text(b, 0, row, sizeof row), ORCH_OK);
        assert_int_equal(orch_builder_row(b), ORCH_OK);
    }
    assert_int_equal(orch_builder_take(b, &batch), ORCH_OK);
    orch_builder_free(b);
    schema.release(&schema);
    return batch;
}

/* Writes four megabytes to a file of the connector "files"; gives how that ended. */
static orch_status write_four_megabytes(struct remote_job *job, const char *path,
                                        const struct orch_remote_setup *setup)
{
    const struct given given[] = { { "path", path }, { 0 } };
    orch_write_request request = { .struct_size = sizeof request, .mode = ORCH_WRITE_REPLACE,
                                   .pipeline = "p", .run = "r" };
    orch_write_counts counts = { .struct_size = sizeof counts };
    struct ArrowSchema schema = schema_new();
    orch_writer *writer = NULL;
    job_load(job, TEST_BINARY_DIR "/connectors/files.so", "files");
    assert_status(job, job_open(job, ORCH_ROLE_DESTINATION, given, NULL, setup), ORCH_OK);
    const struct orch_destination_ops *ops = &job->loaded->destination;
    assert_status(job, ops->begin(job->destination, &request, &schema, &writer, &job->err),
                  ORCH_OK);
    orch_status st = ORCH_OK;
    for (int i = 0; i < 40 && st == ORCH_OK; i++) {
        struct ArrowArray batch = batch_new(100);
        st = ops->write(writer, &batch, &job->err);
        if (batch.release != NULL)
            batch.release(&batch);
    }
    if (st == ORCH_OK)
        st = ops->finish(writer, &counts, &job->err);
    ops->end(writer);
    schema.release(&schema);
    return st;
}

static void a_file_ends_at_the_size_the_policy_leaves(void **state)
{
    (void)state;
    char folder[] = "/tmp/orch-limits-XXXXXX", path[64], command[96];
    struct remote_job low = { 0 }, built_in = { 0 };
    struct orch_policy *p = policy_of("[connector files]\nfile_size = 1MiB\n");
    const struct orch_remote_setup setup = { .limits = orch_policy_limits(p, "files") };
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/out.csv", folder);
    assert_status(&built_in, write_four_megabytes(&built_in, path, NULL), ORCH_OK);
    job_close(&built_in);
#if !defined(__SANITIZE_THREAD__)
    assert_int_not_equal(write_four_megabytes(&low, path, &setup), ORCH_OK);
    assert_has(low.err.detail, "File too large");
    assert_false(orch_remote_failed(low.loaded));
    job_close(&low);
#endif
    snprintf(command, sizeof command, "rm -rf %s", folder);
    assert_int_equal(system(command), 0);
    orch_policy_free(p);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_eats_everything_gets_no_more_than_the_policy_leaves),
        cmocka_unit_test(who_spins_ends_with_the_time_and_the_line_that_lowered_it),
        cmocka_unit_test(a_file_ends_at_the_size_the_policy_leaves),
    };
    REMOTE_TEST_RUN(tests, argc, argv);
}
