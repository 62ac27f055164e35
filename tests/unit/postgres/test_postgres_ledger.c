/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger: written with the rows, found again by filters. */
#include "pg_writing.h"

#define RUN "pipeline:u run:u status:u started:tsu:UTC sequence:l"
#define REJECT "pipeline:u run:u number:l rule:u"

static struct destination d;

static int setup(void **state)
{
    (void)state;
    if (server_dir[0])
        destination_make(&d, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (server_dir[0])
        destination_free(&d);
    return 0;
}

static orch_status ledger_put(const char *table, const char *fields, const char *rows)
{
    struct ArrowSchema schema;
    struct ArrowArray batch;

    schema_make(&schema, fields);
    batch_make(&batch, &schema, rows, strlen(rows));
    orch_status st = d.ops->ledger(d.writer, table, &schema, &batch, &d.err);
    if (st == ORCH_OK)
        assert_null(batch.release);
    else
        batch.release(&batch);
    schema.release(&schema);
    return st;
}

/* A transaction for the ledger alone. */
static void ledger_begin(void)
{
    orch_write_request request = {.struct_size = sizeof request, .pipeline = "p", .run = "r"};

    assert_ok(d.ops->begin(d.self, &request, NULL, &d.writer, &d.err), &d.err);
}

static void ledger_commit(void)
{
    assert_ok(destination_commit(&d), &d.err);
    destination_end(&d);
}

/* The column `name` of the rows found, parted by commas. */
static const char *ledger_find(const char *table, const char *pipeline, const char *run,
                               const char *status, int64_t offset, int64_t limit,
                               const char *name)
{
    static char out[1024];
    orch_ledger_query query = {sizeof query, 0, table, pipeline, run, status, offset, limit};
    struct ArrowSchema schema;
    struct ArrowArray batch;
    orch_view view;
    size_t len;

    out[0] = '\0';
    assert_ok(d.ops->recover(d.self, &query, &schema, &batch, &d.err), &d.err);
    assert_ok(orch_view_init(&view, &schema, &batch, &d.err), &d.err);
    for (size_t i = 0; i < view.n_columns; i++) {
        if (strcmp(view.columns[i].name, name) != 0)
            continue;
        for (int64_t row = 0; row < view.rows; row++) {
            const char *text = orch_view_text(&view, i, row, &len);
            snprintf(out + strlen(out), sizeof out - strlen(out), "%s%.*s", row ? "," : "",
                     (int)len, text);
        }
    }
    if (view.n_columns == 0)
        strcpy(out, "no columns");
    orch_view_release(&view);
    schema.release(&schema);
    batch.release(&batch);
    return out;
}

static void no_ledger_yet_is_a_batch_of_no_columns(void **state)
{
    (void)state;
    skip_without_server();
    assert_string_equal(ledger_find("orchestra_run", NULL, NULL, NULL, 0, 10, "run"),
                        "no columns");
    assert_string_equal(ledger_find("orchestra_reject", "p", "r", NULL, 0, 10, "rule"),
                        "no columns");
}

static void the_newest_run_comes_first_and_filters_narrow(void **state)
{
    (void)state;
    skip_without_server();
    ledger_begin();
    assert_ok(ledger_put("orchestra_run", RUN,
                         "p|r1|ok|1000|1\nq|r2|ok|2000|1\np|r3|failed|3000|2\np|r4|ok|3000|3\n"),
              &d.err);
    assert_ok(ledger_put("orchestra_reject", REJECT,
                         "p|r1|2|b\np|r1|1|a\np|r4|1|c\np|r4|10|e\np|r4|2|d\nq|r2|1|x\n"),
              &d.err);
    ledger_commit();
    assert_string_equal(ledger_find("orchestra_run", NULL, NULL, NULL, 0, 10, "run"),
                        "r4,r3,r2,r1");
    assert_string_equal(ledger_find("orchestra_run", "p", NULL, "ok", 0, 10, "run"), "r4,r1");
    assert_string_equal(ledger_find("orchestra_run", NULL, NULL, NULL, 1, 2, "run"), "r3,r2");
    assert_string_equal(ledger_find("orchestra_run", "p'; --", NULL, NULL, 0, 10, "run"), "");
    assert_string_equal(ledger_find("orchestra_reject", "p", NULL, NULL, 0, 10, "rule"),
                        "c,d,e,a,b");
    assert_string_equal(ledger_find("orchestra_reject", NULL, "r1", NULL, 0, 10, "rule"), "a,b");
    assert_string_equal(ledger_find("orchestra_reject", NULL, NULL, NULL, 0, 0, "rule"), "");
    orch_ledger_query query = {sizeof query, 0, "orchestra_reject", NULL, NULL, "ok", 0, 1};
    struct ArrowSchema schema;
    struct ArrowArray batch;
    assert_int_equal(d.ops->recover(d.self, &query, &schema, &batch, &d.err), ORCH_EINVAL);
}

static void a_clock_set_back_does_not_change_the_order_of_a_pipeline(void **state)
{
    (void)state;
    skip_without_server();
    ledger_begin();
    assert_ok(ledger_put("orchestra_run", RUN,
                         "back|b1|loaded|9000|1\nback|b2|failed|8000|2\nback|b3|loaded|7000|2\n"
                         "back|b4|failed|1000|3\n"),
              &d.err);
    assert_ok(ledger_put("orchestra_reject", REJECT, "back|b1|1|a\nback|b4|1|c\nback|b3|1|b\n"),
              &d.err);
    ledger_commit();
    assert_string_equal(ledger_find("orchestra_run", "back", NULL, NULL, 0, 10, "run"),
                        "b4,b3,b2,b1");
    assert_string_equal(ledger_find("orchestra_run", "back", NULL, "loaded", 0, 1, "run"), "b3");
    assert_string_equal(ledger_find("orchestra_reject", "back", NULL, NULL, 0, 10, "rule"),
                        "c,b,a");
}

static void rows_and_ledger_commit_or_vanish_together(void **state)
{
    (void)state;
    skip_without_server();
    assert_ok(destination_begin(&d, ORCH_WRITE_UPSERT, "with.rows", "k:u", "k"), &d.err);
    assert_ok(destination_write(&d, "a\n"), &d.err);
    assert_ok(ledger_put("orchestra_input", "pipeline:u run:u number:l path:u", "p|r9|1|x.csv\n"),
              &d.err);
    assert_ok(destination_write(&d, "b\n"), &d.err);
    assert_string_equal(ledger_find("orchestra_input", "p", NULL, NULL, 0, 5, "path"), "x.csv");
    assert_ok(destination_write(&d, "c\na\n"), &d.err);
    assert_ok(d.ops->finish(d.writer, &d.counts, &d.err), &d.err);
    assert_counts(&d, 3, 0, 0, 1);
    destination_end(&d);
    assert_string_equal(ledger_find("orchestra_input", "p", NULL, NULL, 0, 5, "path"),
                        "no columns");
    assert_ok(destination_begin(&d, ORCH_WRITE_APPEND, "with.rows", "k:u", NULL), &d.err);
    assert_ok(d.ops->finish(d.writer, &d.counts, &d.err), &d.err);
    assert_ok(ledger_put("orchestra_input", "pipeline:u run:u number:l path:u", "p|r9|1|y.csv\n"),
              &d.err);
    ledger_commit();
    assert_string_equal(ledger_find("orchestra_input", "p", NULL, NULL, 0, 5, "path"), "y.csv");
}

static void a_newer_version_adds_its_columns_and_an_older_one_still_writes(void **state)
{
    (void)state;
    skip_without_server();
    ledger_begin();
    assert_ok(ledger_put("orchestra_run", "energy:g " RUN, "1.5|p|r5|ok|5000|4\n"), &d.err);
    ledger_commit();
    ledger_begin();
    assert_ok(ledger_put("orchestra_run", RUN, "p|r6|ok|6000|5\n"), &d.err);
    ledger_commit();
    assert_string_equal(ledger_find("orchestra_run", "p", NULL, NULL, 0, 2, "run"), "r6,r5");
    assert_string_equal(psql("SELECT energy FROM orchestra.orchestra_run WHERE run = 'r5'"),
                        "1.5");
}

static void commit_needs_finish_and_a_ledger_transaction_takes_no_rows(void **state)
{
    struct ArrowArray batch = {0};
    (void)state;
    skip_without_server();
    assert_ok(destination_begin(&d, ORCH_WRITE_APPEND, "with.rows", "k:u", NULL), &d.err);
    assert_int_equal(destination_commit(&d), ORCH_EINVAL);
    destination_end(&d);
    ledger_begin();
    assert_int_equal(d.ops->write(d.writer, &batch, &d.err), ORCH_EINVAL);
    assert_int_equal(d.ops->finish(d.writer, &d.counts, &d.err), ORCH_EINVAL);
    orch_writer *second = NULL;
    orch_write_request request = {.struct_size = sizeof request, .pipeline = "q", .run = "r"};
    assert_int_equal(d.ops->begin(d.self, &request, NULL, &second, &d.err), ORCH_EINVAL);
    assert_null(second);
}

static void two_first_runs_make_the_ledger_once(void **state)
{
    struct destination other;
    (void)state;
    skip_without_server();
    psql("DROP SCHEMA orchestra CASCADE");
    destination_make(&other, NULL);
    orch_write_request request = {.struct_size = sizeof request, .pipeline = "z", .run = "r"};
    assert_ok(other.ops->begin(other.self, &request, NULL, &other.writer, &other.err), &other.err);
    ledger_begin();
    assert_ok(ledger_put("orchestra_run", RUN, "p|r1|ok|1|1\n"), &d.err);
    struct ArrowSchema schema;
    struct ArrowArray batch;
    schema_make(&schema, RUN);
    batch_make(&batch, &schema, "z|r1|ok|1|1\n", 12);
    /* The first has not committed: the second waits for its turn and then gives up. */
    assert_int_equal(other.ops->ledger(other.writer, "orchestra_run", &schema, &batch, &other.err),
                     ORCH_EBUSY);
    assert_true(other.err.flags & ORCH_ERROR_RETRYABLE);
    destination_end(&other);
    ledger_commit();
    assert_ok(other.ops->begin(other.self, &request, NULL, &other.writer, &other.err), &other.err);
    assert_ok(other.ops->ledger(other.writer, "orchestra_run", &schema, &batch, &other.err),
              &other.err);
    assert_ok(destination_commit(&other), &other.err);
    schema.release(&schema);
    destination_free(&other);
    assert_string_equal(psql("SELECT count(*) FROM orchestra.orchestra_run"), "2");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(no_ledger_yet_is_a_batch_of_no_columns),
        TEST(the_newest_run_comes_first_and_filters_narrow),
        TEST(a_clock_set_back_does_not_change_the_order_of_a_pipeline),
        TEST(rows_and_ledger_commit_or_vanish_together),
        TEST(a_newer_version_adds_its_columns_and_an_older_one_still_writes),
        TEST(commit_needs_finish_and_a_ledger_transaction_takes_no_rows),
        TEST(two_first_runs_make_the_ledger_once),
    };

    return cmocka_run_group_tests(tests, server_start, server_stop);
}
