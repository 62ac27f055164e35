/* SPDX-License-Identifier: Apache-2.0 */
/* Runs against connectors that break their promises (tests/fault/liar.c): each lie is one clean
 * error that names who lied, and the first cause is the one that is told. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "run/preview.h"
#include "run/run.h"
#include "worker/child.h"
#include "worker/describer.h"
#include "worker/worker.h"

struct job {
    const char *source;      /* more settings of the source: lie = "…" */
    const char *destination; /* of the destination */
    const char *steps;
    const char *max_rejects;
    int64_t limit;
    int64_t retry_ms;
    bool dry_run;
};

static char script_path[] = "/tmp/orch-session-XXXXXX.lua";

static int setup(void **state)
{
    (void)state;
    setenv("ORCHESTRA_CONNECTORS", TEST_BINARY_DIR "/liar", 1);
    int fd = mkstemps(script_path, 4);
    return fd < 0 ? 1 : close(fd);
}

static int teardown(void **state)
{
    (void)state;
    return unlink(script_path);
}

/* The liar has no manifest: this program, as a worker, asks it. */
static struct orch_registry *liar_registry(void)
{
    static struct orch_remote_setup setup;
#if defined(__SANITIZE_THREAD__)
    setup.unconfined = true;
#endif
    return orch_registry_new(orch_describe_library, &setup);
}

static void write_script(const struct job *job)
{
    FILE *f = fopen(script_path, "w");
    assert_non_null(f);
    fprintf(f,
            "local o = require \"orchestra\"\nlocal c = o.column\n"
            "return o.pipeline { name = \"t\", max_rejects = \"%s\",\n"
            "source = o.source.liar { %s }, steps = { %s },\n"
            "destination = o.destination.keeper { %s } }\n",
            job->max_rejects != NULL ? job->max_rejects : "100 %",
            job->source != NULL ? job->source : "", job->steps != NULL ? job->steps : "",
            job->destination != NULL ? job->destination : "");
    fclose(f);
}

static orch_status run(const struct job *job, struct orch_run_report *report)
{
    struct orch_run_request request = { .script = { .path = script_path },
                                        .isolation = { .in_process = true },
                                        .limit = job->limit,
                                        .retry_ms = job->retry_ms,
                                        .dry_run = job->dry_run };
    struct orch_registry *registry = liar_registry();
    assert_non_null(registry);
    write_script(job);
    orch_status st = orch_run(registry, &request, report);
    orch_registry_free(registry);
    assert_int_equal(report->error.code, st);
    if (st != ORCH_OK) {
        assert_int_equal(report->outcome, ORCH_OUTCOME_FAILED);
        assert_string_not_equal(report->error.message, "");
    }
    return st;
}

#define assert_run(job_, status, stage_, text)                                                     \
    do {                                                                                           \
        struct orch_run_report report_;                                                            \
        assert_int_equal(run(&(job_), &report_), (status));                                        \
        assert_int_equal(report_.stage, (stage_));                                                 \
        if (strstr(report_.error.message, (text)) == NULL &&                                       \
            strstr(report_.error.detail, (text)) == NULL)                                          \
            fail_msg("%s: %s", report_.error.message, report_.error.detail);                       \
        orch_run_report_release(&report_);                                                         \
    } while (0)

/* ---- runs that are right ------------------------------------------------------------------- */

static void a_run_accounts_for_every_row(void **state)
{
    (void)state;
    struct job job = { .source = "rows = 10, rejects = 3",
                       .steps = "o.where(c.id:ge(4)), o.select { id = c.id:between(0, 7) }" };
    struct orch_run_report r;
    assert_int_equal(run(&job, &r), ORCH_OK);
    assert_int_equal(r.outcome, ORCH_OUTCOME_LOADED);
    assert_true(r.recorded);
    assert_int_equal(r.books.read, 13);
    assert_int_equal(r.books.filtered, 4);
    assert_int_equal(r.books.rejected, 5);
    assert_int_equal(r.books.written, 4);
    assert_int_equal(r.books.counts.inserted, 4);
    assert_int_equal(r.source_bytes, 100);
    assert_int_equal(r.n_reasons, 2);
    assert_string_equal(r.reasons[0].rule, "columns");
    assert_int_equal(r.reasons[0].count, 3);
    orch_run_report_release(&r);
}

static void a_limit_cuts_the_input_and_still_balances(void **state)
{
    (void)state;
    struct job job = { .source = "rows = 1000, rejects = 2", .limit = 6 };
    struct orch_run_report r;
    assert_int_equal(run(&job, &r), ORCH_OK);
    assert_int_equal(r.books.read, 8);
    assert_int_equal(r.books.written, 6);
    orch_run_report_release(&r);
}

static void a_dry_run_commits_nothing(void **state)
{
    (void)state;
    struct job job = { .destination = "lie = \"commit\"", .dry_run = true };
    struct orch_run_report r;
    assert_int_equal(run(&job, &r), ORCH_OK);
    assert_int_equal(r.outcome, ORCH_OUTCOME_DRY);
    assert_false(r.recorded);
    orch_run_report_release(&r);
}

static void rejects_before_the_reading_are_kept_for_it(void **state)
{
    (void)state;
    struct job job = { .source = "rows = 4, rejects = 3000, lie = \"reject_in_read\"" };
    struct orch_run_report r;
    assert_int_equal(run(&job, &r), ORCH_OK);
    assert_int_equal(r.books.rejected, 3000);
    assert_int_equal(r.books.read, 3004);
    orch_run_report_release(&r);
}

static void rejects_while_the_columns_are_looked_for_do_not_count(void **state)
{
    (void)state;
    struct job job = { .source = "lie = \"reject_in_describe\"" };
    struct orch_run_report r;
    assert_int_equal(run(&job, &r), ORCH_OK);
    assert_int_equal(r.books.rejected, 0);
    orch_run_report_release(&r);
}

static void rejects_after_the_end_change_no_book(void **state)
{
    (void)state;
    struct job job = { .source = "rejects = 1, lie = \"reject_in_end\"" };
    struct orch_run_report r;
    assert_int_equal(run(&job, &r), ORCH_OK);
    assert_int_equal(r.books.rejected, 1);
    orch_run_report_release(&r);
}

/* ---- a source that lies -------------------------------------------------------------------- */

static void other_columns_than_described_are_the_connectors_defect(void **state)
{
    static const char *const lies[] = { "fewer_columns", "other_name", "other_type" };
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        char source[64];
        snprintf(source, sizeof source, "lie = \"%s\"", lies[i]);
        struct job job = { .source = source };
        assert_run(job, ORCH_EINTERNAL, ORCH_STAGE_SOURCE,
                   "source liar gives other columns than it described");
    }
}

static void a_format_outside_the_profile_names_the_column(void **state)
{
    (void)state;
    struct job job = { .source = "lie = \"bad_format\"" };
    assert_run(job, ORCH_ESCHEMA, ORCH_STAGE_SOURCE, "id");
}

static void a_broken_batch_is_the_connectors_defect(void **state)
{
    static const char *const lies[] = { "falling_offsets", "negative_offset", "not_utf8",
                                        "null_count",      "child_length",    "batch_length",
                                        "no_batch" };
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        char source[64];
        snprintf(source, sizeof source, "lie = \"%s\"", lies[i]);
        struct job job = { .source = source };
        assert_run(job, ORCH_EINTERNAL, ORCH_STAGE_CONNECTOR, "broken");
    }
}

static void a_source_that_fails_without_a_word_is_named(void **state)
{
    (void)state;
    struct job job = { .source = "lie = \"fail_silently\"" };
    assert_run(job, ORCH_EIO, ORCH_STAGE_SOURCE, "the source stopped without saying why");
}

static void a_source_that_cannot_describe_without_a_word_fails_all_the_same(void **state)
{
    (void)state;
    struct job job = { .source = "lie = \"describe_silently\"" };
    assert_run(job, ORCH_EIO, ORCH_STAGE_SOURCE, "");
}

static void no_record_at_all_is_an_error_unless_it_is_allowed(void **state)
{
    (void)state;
    struct job job = { .source = "rows = 0" };
    assert_run(job, ORCH_EDATA, ORCH_STAGE_DATA, "no record was read");
}

/* ---- a destination that lies --------------------------------------------------------------- */

static void every_step_of_the_destination_may_fail(void **state)
{
    static const char *const steps[] = { "begin", "write", "finish", "ledger", "commit" };
    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        char destination[64];
        snprintf(destination, sizeof destination, "lie = \"%s\"", steps[i]);
        struct job job = { .source = "rows = 100", .destination = destination };
        assert_run(job, ORCH_EIO, ORCH_STAGE_DESTINATION, steps[i]);
        snprintf(destination, sizeof destination, "lie = \"silent_%s\"", steps[i]);
        assert_run(job, ORCH_EIO, ORCH_STAGE_DESTINATION, "");
    }
}

static void a_destination_that_loses_a_row_commits_nothing(void **state)
{
    (void)state;
    struct job job = { .destination = "lie = \"loses_a_row\"" };
    assert_run(job, ORCH_EINTERNAL, ORCH_STAGE_DATA, "the books do not balance");
}

static void a_broken_ledger_is_not_read(void **state)
{
    (void)state;
    struct job job = { .destination = "lie = \"broken_ledger\"" };
    assert_run(job, ORCH_EINTERNAL, ORCH_STAGE_DESTINATION, "broken");
}

static void a_held_destination_says_how_to_wait(void **state)
{
    (void)state;
    struct job job = { .destination = "lie = \"busy\"" };
    struct orch_run_report r;
    assert_int_equal(run(&job, &r), ORCH_EBUSY);
    assert_non_null(strstr(r.error.hint, "--wait"));
    orch_run_report_release(&r);
}

/* ---- the first cause ----------------------------------------------------------------------- */

static void too_many_rejects_come_before_the_source_that_stopped_for_them(void **state)
{
    (void)state;
    struct job job = { .source = "rejects = 50", .max_rejects = "10" };
    assert_run(job, ORCH_EDATA, ORCH_STAGE_DATA, "too many rejects");
}

static void a_share_of_rejects_is_judged_at_the_end(void **state)
{
    (void)state;
    struct job job = { .source = "rows = 10, rejects = 2", .max_rejects = "10 %" };
    assert_run(job, ORCH_EDATA, ORCH_STAGE_DATA, "2 of 12 records rejected");
}

static void a_destination_that_failed_comes_before_the_source(void **state)
{
    (void)state;
    struct job job = { .source = "rows = 1000", .destination = "lie = \"write\"" };
    assert_run(job, ORCH_EIO, ORCH_STAGE_DESTINATION, "the keeper failed in write");
}

static void rows_before_the_failure_of_the_source_do_not_hide_it(void **state)
{
    (void)state;
    struct job job = { .source = "lie = \"fail_second\"" };
    assert_run(job, ORCH_EDATA, ORCH_STAGE_SOURCE, "the source failed at row 4");
}

static void what_fails_in_the_middle_comes_before_what_the_source_read_then(void **state)
{
    (void)state;
    struct job job = { .source = "lie = \"fail_second\"",
                       .steps = "o.each({ \"id\" }, function(id) while true do end end, "
                                "{ id = \"integer\" })" };
    struct orch_run_report r;
    assert_int_not_equal(run(&job, &r), ORCH_OK);
    assert_int_equal(r.stage, ORCH_STAGE_SCRIPT);
    assert_null(strstr(r.error.message, "the source failed"));
    orch_run_report_release(&r);
}

static void a_failed_run_is_recorded_unless_the_ledger_fails_too(void **state)
{
    (void)state;
    struct job job = { .source = "rejects = 1, lie = \"fail_second\"" };
    struct orch_run_report r;
    assert_int_equal(run(&job, &r), ORCH_EDATA);
    assert_true(r.recorded);
    assert_int_equal(r.n_reasons, 1);
    orch_run_report_release(&r);
    job.destination = "lie = \"commit\"";
    assert_int_equal(run(&job, &r), ORCH_EDATA);
    assert_false(r.recorded);
    orch_run_report_release(&r);
}

/* ---- trying again -------------------------------------------------------------------------- */

static void what_may_pass_is_tried_again_within_the_budget(void **state)
{
    (void)state;
    struct job job = { .source = "rejects = 2", .destination = "lie = \"away\"", .retry_ms = 40 };
    struct orch_run_report r;
    assert_int_equal(run(&job, &r), ORCH_OK);
    assert_int_equal(r.outcome, ORCH_OUTCOME_LOADED);
    assert_int_equal(r.attempts, 2);
    assert_int_equal(r.books.read, 12);
    assert_int_equal(r.books.written, 10);
    assert_int_equal(r.n_reasons, 1);
    orch_run_report_release(&r);
    job.dry_run = true;
    assert_int_equal(run(&job, &r), ORCH_OK);
    assert_int_equal(r.outcome, ORCH_OUTCOME_DRY);
    assert_int_equal(r.attempts, 2);
    orch_run_report_release(&r);
}

static void without_a_budget_there_is_one_attempt(void **state)
{
    (void)state;
    struct job job = { .destination = "lie = \"away\"" };
    struct orch_run_report r;
    assert_int_equal(run(&job, &r), ORCH_EIO);
    assert_int_equal(r.attempts, 1);
    assert_string_equal(r.error.message, "the keeper was away");
    assert_null(strstr(r.error.detail, "attempts"));
    orch_run_report_release(&r);
    assert_int_equal(run(&job, &r), ORCH_OK);
    orch_run_report_release(&r);
}

static void what_lasts_is_not_tried_again(void **state)
{
    static const char *const lies[] = { "begin", "commit", "loses_a_row", "busy" };
    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        char destination[64];
        snprintf(destination, sizeof destination, "lie = \"%s\"", lies[i]);
        struct job job = { .destination = destination, .retry_ms = 60000 };
        struct orch_run_report r;
        assert_int_not_equal(run(&job, &r), ORCH_OK);
        assert_int_equal(r.attempts, 1);
        orch_run_report_release(&r);
    }
}

/* The keeper is away every other time: now it is there again. */
static void spend_the_lie(void)
{
    struct job job = { .destination = "lie = \"away_in_commit\"" };
    struct orch_run_report r;
    assert_int_equal(run(&job, &r), ORCH_OK);
    assert_int_equal(r.attempts, 1);
    orch_run_report_release(&r);
}

static void rows_that_were_committed_in_secret_are_not_loaded_twice(void **state)
{
    (void)state;
    struct job job = { .source = "rejects = 3", .destination = "lie = \"kept_in_secret\"",
                       .retry_ms = 40 };
    struct orch_run_report r;
    assert_int_equal(run(&job, &r), ORCH_OK);
    assert_int_equal(r.outcome, ORCH_OUTCOME_LOADED);
    assert_true(r.recorded);
    assert_int_equal(r.attempts, 2);
    assert_int_equal(r.books.read, 13);
    assert_int_equal(r.books.counts.inserted, 10);
    assert_int_equal(r.n_reasons, 1);
    assert_int_equal(r.error.code, ORCH_OK);
    orch_run_report_release(&r);
    spend_the_lie();
}

static void without_another_attempt_the_ledger_is_asked_all_the_same(void **state)
{
    (void)state;
    struct job job = { .destination = "lie = \"kept_in_secret\"" };
    struct orch_run_report r;
    assert_int_equal(run(&job, &r), ORCH_OK);
    assert_int_equal(r.outcome, ORCH_OUTCOME_LOADED);
    assert_int_equal(r.attempts, 1);
    orch_run_report_release(&r);
    spend_the_lie();
}

static void a_commit_that_came_to_nothing_is_made_by_the_next_attempt(void **state)
{
    (void)state;
    struct job job = { .destination = "lie = \"away_in_commit\"", .retry_ms = 40 };
    struct orch_run_report r;
    assert_int_equal(run(&job, &r), ORCH_OK);
    assert_int_equal(r.outcome, ORCH_OUTCOME_LOADED);
    assert_int_equal(r.attempts, 2);
    assert_int_equal(r.books.written, 10);
    orch_run_report_release(&r);
}

/* ---- preview ------------------------------------------------------------------------------- */

static orch_status preview(const struct job *job, struct orch_preview *out, orch_error *err)
{
    struct orch_script_request script = { .path = script_path };
    struct orch_preview_request request = { .script = &script,
                                            .isolation = { .in_process = true },
                                            .rows = 5 };
    struct orch_registry *registry = liar_registry();
    assert_non_null(registry);
    write_script(job);
    orch_status st = orch_preview(registry, &request, out, err);
    orch_registry_free(registry);
    return st;
}

static void a_preview_shows_rows_before_and_after_and_rejects(void **state)
{
    (void)state;
    struct job job = { .source = "rejects = 1",
                       .steps = "o.select { twice = c.id * 2, one = c.id:between(0, 2) }" };
    struct orch_preview p = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    if (preview(&job, &p, &err) != ORCH_OK)
        fail_msg("%s: %s", err.message, err.detail);
    assert_string_equal(p.pipeline, "t");
    assert_int_equal(p.before.n_rows, 5);
    assert_int_equal(p.after.n_rows, 3);
    assert_int_equal(p.n_rejects, 3);
    assert_string_equal(p.rejects[0].rule, "columns");
    assert_int_equal(p.rejects[1].record, 4);
    orch_preview_release(&p);
}

static void a_preview_of_a_lie_is_an_error(void **state)
{
    (void)state;
    struct job job = { .source = "lie = \"falling_offsets\"" };
    struct orch_preview p = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(preview(&job, &p, &err), ORCH_EINTERNAL);
    assert_non_null(strstr(err.message, "broken"));
    orch_preview_release(&p);
}

static void a_check_gives_the_columns_and_reads_no_row(void **state)
{
    (void)state;
    struct job job = { .source = "lie = \"fail_silently\"",
                       .steps = "o.select { twice = c.id * 2 }" };
    struct orch_script_request script = { .path = script_path };
    struct orch_registry *registry = liar_registry();
    struct orch_checked checked;
    orch_error err = ORCH_ERROR_INIT;
    write_script(&job);
    struct orch_isolation isolation = { .in_process = true };
    assert_int_equal(orch_check_pipeline(registry, &script, &isolation, &checked, &err), ORCH_OK);
    assert_int_equal(checked.columns.len, 1);
    assert_string_equal(checked.columns.items[0].name, "twice");
    assert_string_equal(checked.mode, "append");
    orch_checked_release(&checked);
    orch_registry_free(registry);
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], ORCH_CHILD_ARGUMENT) == 0)
        return orch_worker_main();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_accounts_for_every_row),
        cmocka_unit_test(a_limit_cuts_the_input_and_still_balances),
        cmocka_unit_test(a_dry_run_commits_nothing),
        cmocka_unit_test(rejects_before_the_reading_are_kept_for_it),
        cmocka_unit_test(rejects_while_the_columns_are_looked_for_do_not_count),
        cmocka_unit_test(rejects_after_the_end_change_no_book),
        cmocka_unit_test(other_columns_than_described_are_the_connectors_defect),
        cmocka_unit_test(a_format_outside_the_profile_names_the_column),
        cmocka_unit_test(a_broken_batch_is_the_connectors_defect),
        cmocka_unit_test(a_source_that_fails_without_a_word_is_named),
        cmocka_unit_test(a_source_that_cannot_describe_without_a_word_fails_all_the_same),
        cmocka_unit_test(no_record_at_all_is_an_error_unless_it_is_allowed),
        cmocka_unit_test(every_step_of_the_destination_may_fail),
        cmocka_unit_test(a_destination_that_loses_a_row_commits_nothing),
        cmocka_unit_test(a_broken_ledger_is_not_read),
        cmocka_unit_test(a_held_destination_says_how_to_wait),
        cmocka_unit_test(too_many_rejects_come_before_the_source_that_stopped_for_them),
        cmocka_unit_test(a_share_of_rejects_is_judged_at_the_end),
        cmocka_unit_test(a_destination_that_failed_comes_before_the_source),
        cmocka_unit_test(rows_before_the_failure_of_the_source_do_not_hide_it),
        cmocka_unit_test(what_fails_in_the_middle_comes_before_what_the_source_read_then),
        cmocka_unit_test(a_failed_run_is_recorded_unless_the_ledger_fails_too),
        cmocka_unit_test(what_may_pass_is_tried_again_within_the_budget),
        cmocka_unit_test(without_a_budget_there_is_one_attempt),
        cmocka_unit_test(what_lasts_is_not_tried_again),
        cmocka_unit_test(rows_that_were_committed_in_secret_are_not_loaded_twice),
        cmocka_unit_test(without_another_attempt_the_ledger_is_asked_all_the_same),
        cmocka_unit_test(a_commit_that_came_to_nothing_is_made_by_the_next_attempt),
        cmocka_unit_test(a_preview_shows_rows_before_and_after_and_rejects),
        cmocka_unit_test(a_preview_of_a_lie_is_an_error),
        cmocka_unit_test(a_check_gives_the_columns_and_reads_no_row),
    };
    return cmocka_run_group_tests_name("session", tests, setup, teardown);
}
