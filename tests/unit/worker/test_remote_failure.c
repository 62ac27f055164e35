/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever a connector does, the host lives and tells who did what. */
#include "remote_support.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* Texts are compared whole: they are what people see. */
static const struct orch_remote_setup quick = { .unconfined = true, .grace_ms = 700,
                                                .silence_ms = 1500 };

static void assert_told(const struct remote_job *job, const char *message, const char *detail)
{
    assert_int_equal(job->err.code, ORCH_EINTERNAL);
    assert_string_equal(job->err.message, message);
    assert_string_equal(job->err.detail, detail);
    assert_string_equal(job->err.hint, "report this to the author of connector misbehaving");
    assert_true(orch_remote_failed(job->loaded));
}

/* Reads a source that misbehaves in `where` after 30 of 100 rows, until it fails. */
static void read_until_failure(struct remote_job *job, const char *how, const char *where,
                               const struct orch_remote_setup *setup)
{
    orch_reader *reader = NULL;
    int64_t rows;
    const struct given given[] = { { "how", how }, { "where", where }, { "after", "30" }, { 0 } };
    assert_status(job, job_read(job, given, setup, &reader), ORCH_OK);
    assert_int_equal(job_drain(job, reader, &rows), ORCH_EINTERNAL);
    /* From then on every call says the same, at once. */
    orch_error first = job->err;
    struct ArrowSchema schema = { 0 };
    job->err = (orch_error)ORCH_ERROR_INIT;
    assert_int_equal(job->loaded->source.describe(job->source, NULL, &schema, &job->err),
                     ORCH_EINTERNAL);
    assert_string_equal(job->err.message, first.message);
    job->err = first;
    job->loaded->source.end(reader);
}

/* ---- death --------------------------------------------------------------------------------- */

static void a_crash_is_told_with_signal_place_and_last_lines(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    /* With the sandbox, whose rules let nothing but what it needs; a sanitizer would catch it. */
    read_until_failure(&job, "crash", "next", NULL);
    assert_string_equal(job.err.message, "connector misbehaving crashed (signal 11, SIGSEGV)");
    assert_starts(job.err.detail,
                  "while reading; last record 30; its last lines: about to crash");
    job_close(&job);
}

static void an_abort_is_told(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    read_until_failure(&job, "abort", "next", &quick);
    assert_starts(job.err.message, "connector misbehaving crashed (signal 6, SIGABRT)");
    job_close(&job);
}

static void an_exit_is_told_with_its_code(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    read_until_failure(&job, "exit", "next", &quick);
    assert_starts(job.err.message, "connector misbehaving ended its process with exit code ");
    assert_starts(job.err.detail, "while reading; last record 30");
    job_close(&job);
}

static void a_connection_closed_is_told(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    read_until_failure(&job, "leave", "next", &quick);
    assert_told(&job, "connector misbehaving closed its connection to the run",
                "while reading; last record 30");
    job_close(&job);
}

static void a_crash_in_any_call_is_told(void **state)
{
    (void)state;
    static const struct {
        const char *where, *doing;
    } calls[] = { { "open", "while opening" }, { "describe", "while describing its columns" },
                  { "read", "while starting to read" } };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++) {
        struct remote_job job = { 0 };
        struct ArrowSchema schema = { 0 };
        orch_reader *reader = NULL;
        orch_read_request request = { .struct_size = sizeof request };
        const struct given given[] = { { "how", "abort" }, { "where", calls[i].where }, { 0 } };
        job_load(&job, MISBEHAVING, "misbehaving");
        orch_status st = job_open(&job, ORCH_ROLE_SOURCE, given, NULL, NULL);
        if (st == ORCH_OK)
            st = job.loaded->source.describe(job.source, NULL, &schema, &job.err);
        if (schema.release != NULL)
            schema.release(&schema);
        if (st == ORCH_OK)
            st = job.loaded->source.read(job.source, &request, &reader, &job.err);
        assert_status(&job, st, ORCH_EINTERNAL);
        assert_starts(job.err.detail, calls[i].doing);
        assert_true(orch_remote_failed(job.loaded));
        job_close(&job);
    }
}

static void what_it_said_last_is_quoted_without_its_control_bytes(void **state)
{
    (void)state;
    struct orch_child_lines lines = { 0 };
    struct orch_text text = { 0 };
    for (int i = 0; i < 10; i++) {
        char line[400];
        snprintf(line, sizeof line, "line %d \033[2J%0*d", i, i == 9 ? 300 : 1, 0);
        orch_child_lines_add(&lines, orch_str_from(line));
    }
    orch_child_lines_print(&lines, &text);
    assert_starts(text.ptr, "line 6 \\x1B[2J0 | line 7 ");
    assert_null(strchr(text.ptr, '\033'));
    assert_true(text.len < 4 * ORCH_CHILD_LINE_BYTES);
    orch_text_release(&text);
}

/* ---- hanging ------------------------------------------------------------------------------- */

struct later {
    struct remote_job *job;
    bool destination;
};

static void *interrupt_later(void *arg)
{
    struct later *later = arg;
    usleep(100000);
    if (later->destination)
        later->job->loaded->destination.interrupt(later->job->destination);
    else
        later->job->loaded->source.interrupt(later->job->source);
    return NULL;
}

static orch_status read_interrupted(struct remote_job *job, const char *how, bool interrupt)
{
    struct later later = { job, false };
    pthread_t thread;
    orch_reader *reader = NULL;
    int64_t rows;
    const struct given given[] = { { "how", how }, { "where", "next" }, { "after", "30" }, { 0 } };
    assert_status(job, job_read(job, given, &quick, &reader), ORCH_OK);
    if (interrupt)
        assert_int_equal(pthread_create(&thread, NULL, interrupt_later, &later), 0);
    else
        job->cancelled = true;
    orch_status st = job_drain(job, reader, &rows);
    if (interrupt)
        pthread_join(thread, NULL);
    job->loaded->source.end(reader);
    return st;
}

static void an_interrupt_reaches_a_connector_that_waits(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    assert_status(&job, read_interrupted(&job, "wait", true), ORCH_ECANCELLED);
    assert_false(orch_remote_failed(job.loaded));
    job_close(&job);
}

static void cancelling_reaches_a_connector_that_polls(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    assert_status(&job, read_interrupted(&job, "poll", false), ORCH_ECANCELLED);
    assert_false(orch_remote_failed(job.loaded));
    job_close(&job);
}

static void who_ignores_an_interrupt_is_killed_after_the_grace(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    int64_t began = orch_clock_monotonic_us();
    assert_status(&job, read_interrupted(&job, "hang", true), ORCH_EINTERNAL);
    assert_true(orch_clock_monotonic_us() - began < 10000000);
    assert_starts(job.err.message, "connector misbehaving did not stop within ");
    assert_true(orch_remote_failed(job.loaded));
    job_close(&job);
}

static void a_process_without_heartbeat_is_killed(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    read_until_failure(&job, "stop", "next", &quick);
    assert_told(&job, "the process of connector misbehaving gave no sign of life for 1 s, and was "
                      "killed", "while reading; last record 30");
    job_close(&job);
}

static void a_commit_has_more_time_to_stop(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_writer *writer = NULL;
    orch_write_request request = { .struct_size = sizeof request, .mode = ORCH_WRITE_APPEND };
    orch_commit commit = { .struct_size = sizeof commit };
    const struct given given[] = { { "how", "hang" }, { "where", "commit" }, { 0 } };
    const struct orch_remote_setup short_grace = { .unconfined = true, .grace_ms = 300 };
    job_load(&job, MISBEHAVING, "misbehaving");
    assert_status(&job, job_open(&job, ORCH_ROLE_DESTINATION, given, NULL, &short_grace), ORCH_OK);
    assert_status(&job, job.loaded->destination.begin(job.destination, &request, NULL, &writer,
                                                      &job.err), ORCH_OK);
    struct later later = { &job, true };
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, interrupt_later, &later), 0);
    int64_t began = orch_clock_monotonic_us();
    assert_status(&job, job.loaded->destination.commit(writer, &commit, &job.err), ORCH_EINTERNAL);
    assert_true(orch_clock_monotonic_us() - began > 1700000);
    pthread_join(thread, NULL);
    assert_starts(job.err.detail, "while committing");
    job.loaded->destination.end(writer);
    job_close(&job);
}

/* ---- greed --------------------------------------------------------------------------------- */

static void memory_without_end_is_the_connectors_failure(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    const struct orch_remote_setup small = { .limits.memory_bytes.value = 200 << 20 };
#if defined(__SANITIZE_THREAD__)
    skip();
#endif
    read_until_failure(&job, "eat", "next", &small);
    assert_starts(job.err.message, "connector misbehaving ");
    assert_starts(job.err.detail, "while reading; last record 30");
    assert_true(orch_remote_failed(job.loaded));
    job_close(&job);
}

static void a_flood_of_lines_is_read_and_cut(void **state)
{
    (void)state;
    static const char *const ways[] = { "flood", "print" };
    for (size_t i = 0; i < 2; i++) {
        struct remote_job job = { 0 };
        orch_reader *reader = NULL;
        int64_t rows;
        const struct given given[] = { { "how", ways[i] }, { "where", "read" }, { 0 } };
        int saved = dup(2), sink = open("/dev/null", O_WRONLY);
        dup2(sink, 2);
        orch_status st = job_read(&job, given, &quick, &reader);
        dup2(saved, 2);
        close(saved);
        close(sink);
        assert_status(&job, st, ORCH_OK);
        assert_status(&job, job_drain(&job, reader, &rows), ORCH_END);
        job.loaded->source.end(reader);
        job_close(&job);
    }
}

/* ---- lies ---------------------------------------------------------------------------------- */

static void lies_in_batches_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *how, *detail;
    } lies[] = {
        { "lie_nulls", "column \"n\": null count 2 without a validity bitmap" },
        { "lie_length", "column \"n\": 11 values in a batch of 10 rows" },
        { "lie_buffers", "column \"t\": 2 buffers where 3 are due" },
        { "lie_null_buffer", "column \"n\": it has no buffer of values" },
        { "lie_fall", "column \"t\": row 2 ends at offset 16, before its begin at 65" },
        { "lie_negative", "column \"t\": the first offset is -1" },
        { "lie_utf8", "column \"t\": byte 0xFF at offset 0 of its text is not UTF-8" },
    };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct remote_job job = { 0 };
        char detail[512];
        read_until_failure(&job, lies[i].how, "nowhere", NULL);
        snprintf(detail, sizeof detail, "%s; while reading; last record 20", lies[i].detail);
        assert_told(&job, "connector misbehaving gave a batch that is broken", detail);
        job_close(&job);
    }
}

static void lies_beside_batches_are_named(void **state)
{
    (void)state;
    static const struct {
        const char *how, *where, *detail;
    } lies[] = {
        { "lie_input", "nowhere", "it says of a batch what cannot be" },
        { "lie_record", "nowhere", "it says of a batch what cannot be" },
        { "lie_reject", "nowhere", "a reject is malformed" },
        { "junk", "next", "it sent a frame beyond the bound" },
        { "kind", "next", "it sent a frame of the kind 999" },
        { "reply", "next", "it answered what was not asked" },
        { "descriptor", "next", "it sent a descriptor" },
        { "slot", "next", "it says of a batch what cannot be" },
        { "member", "next", "what it says of an archive cannot be" },
    };
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct remote_job job = { 0 };
        read_until_failure(&job, lies[i].how, lies[i].where, NULL);
        assert_string_equal(job.err.message,
                            "connector misbehaving broke the contract of its process");
        assert_starts(job.err.detail, lies[i].detail);
        assert_true(orch_remote_failed(job.loaded));
        job_close(&job);
    }
}

static void counts_that_cannot_be_are_not_believed(void **state)
{
    (void)state;
    struct remote_job job = { 0 };
    orch_writer *writer = NULL;
    orch_write_counts counts = { .struct_size = sizeof counts };
    orch_write_request request = { .struct_size = sizeof request, .mode = ORCH_WRITE_APPEND };
    const struct given given[] = { { "how", "lie_counts" }, { 0 } };
    job_load(&job, MISBEHAVING, "misbehaving");
    assert_status(&job, job_open(&job, ORCH_ROLE_DESTINATION, given, NULL, NULL), ORCH_OK);
    assert_status(&job, job.loaded->destination.begin(job.destination, &request, NULL, &writer,
                                                      &job.err), ORCH_OK);
    assert_status(&job, job.loaded->destination.finish(writer, &counts, &job.err), ORCH_EINTERNAL);
    assert_told(&job, "connector misbehaving broke the contract of its process",
                "its counts cannot be; while finishing");
    job.loaded->destination.end(writer);
    job_close(&job);
}

/* ---- the host ------------------------------------------------------------------------------ */

static pid_t worker_of_host(int from)
{
    pid_t pid = 0;
    assert_int_equal(read(from, &pid, sizeof pid), (int)sizeof pid);
    return pid;
}

/* A host that is killed in the middle: nobody tells its workers. */
static void no_worker_outlives_its_host(void **state)
{
    (void)state;
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    /* Orphans become ours, so that their end can be seen. */
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    pid_t host = fork();
    assert_true(host >= 0);
    if (host == 0) {
        struct orch_child child = { 0 };
        if (orch_child_start(&child, NULL, NULL) != ORCH_OK)
            _exit(1);
        usleep(100000);
        if (write(ends[1], &child.pid, sizeof child.pid) < 0)
            _exit(1);
        raise(SIGKILL);
        _exit(1);
    }
    pid_t worker = worker_of_host(ends[0]);
    assert_int_equal(waitpid(host, &status, 0), host);
    assert_int_equal(waitpid(worker, &status, 0), worker);
    close(ends[0]);
    close(ends[1]);
}

/* Its work is done: whoever closes it has nothing to hear. */
static void a_worker_that_crashes_while_it_leaves_harms_nobody(void **state)
{
    (void)state;
    const struct given given[] = { { "how", "crash" }, { "where", "close" }, { 0 } };
    struct remote_job job = { 0 };
    orch_reader *reader = NULL;
    int64_t rows;
    assert_status(&job, job_read(&job, given, NULL, &reader), ORCH_OK);
    assert_status(&job, job_drain(&job, reader, &rows), ORCH_END);
    job.loaded->source.end(reader);
    orch_remote_leave(job.loaded);
    job_close(&job);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_worker_that_crashes_while_it_leaves_harms_nobody),
        cmocka_unit_test(a_crash_is_told_with_signal_place_and_last_lines),
        cmocka_unit_test(an_abort_is_told),
        cmocka_unit_test(an_exit_is_told_with_its_code),
        cmocka_unit_test(a_connection_closed_is_told),
        cmocka_unit_test(a_crash_in_any_call_is_told),
        cmocka_unit_test(what_it_said_last_is_quoted_without_its_control_bytes),
        cmocka_unit_test(an_interrupt_reaches_a_connector_that_waits),
        cmocka_unit_test(cancelling_reaches_a_connector_that_polls),
        cmocka_unit_test(who_ignores_an_interrupt_is_killed_after_the_grace),
        cmocka_unit_test(a_process_without_heartbeat_is_killed),
        cmocka_unit_test(a_commit_has_more_time_to_stop),
        cmocka_unit_test(memory_without_end_is_the_connectors_failure),
        cmocka_unit_test(a_flood_of_lines_is_read_and_cut),
        cmocka_unit_test(lies_in_batches_are_named),
        cmocka_unit_test(lies_beside_batches_are_named),
        cmocka_unit_test(counts_that_cannot_be_are_not_believed),
        cmocka_unit_test(no_worker_outlives_its_host),
    };
    REMOTE_TEST_RUN(tests, argc, argv);
}
