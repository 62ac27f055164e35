/* SPDX-License-Identifier: Apache-2.0 */
#include "connector_fixture.h"

#include <sys/wait.h>

#define COLUMNS "section:u,kwh:g"

static void gpkg_setup(struct fixture *f)
{
    fixture_init(f, "energy.gpkg");
    fixture_set(f, "table", "load_curve");
}

static void commit_only(struct transaction *t)
{
    assert_ok(t, t->ops->commit(t->writer, &(orch_commit){ .struct_size = sizeof(orch_commit) },
                                &t->err));
}

/* Rows of orchestra_reject for a run, numbered from `first` down to 1 to show the order. */
static void put_rejects(struct transaction *t, const char *run, int count)
{
    struct ArrowSchema schema;
    struct ArrowArray batch = { 0 };
    orch_builder *b;
    schema_make(&schema, "run:u,pipeline:u,number:l,rule:u");
    orch_builder_new(&schema, &b);
    for (int i = count; i > 0; i--) {
        orch_builder_text(b, 0, run, strlen(run));
        orch_builder_text(b, 1, "energy", 6);
        orch_builder_int(b, 2, i);
        orch_builder_text(b, 3, run, strlen(run));
        orch_builder_row(b);
    }
    orch_builder_take(b, &batch);
    assert_ok(t, t->ops->ledger(t->writer, "orchestra_reject", &schema, &batch, &t->err));
    assert_null(batch.release);
    orch_builder_free(b);
    schema.release(&schema);
}

static void recover_gives_the_newest_run_first(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, NULL, NULL));
    const orch_ledger_query all = { .table = "orchestra_run", .limit = 100 };
    assert_string_equal(ledger_column(&t, all, "run"), "no columns");
    assert_ok(&t, ledger_run(&t, "r2", "energy", "failed", NOW_US + 5000, 2));
    assert_ok(&t, ledger_run(&t, "r1", "energy", "loaded", NOW_US, 1));
    assert_ok(&t, ledger_run(&t, "r4", "trees", "loaded", NOW_US + 9000, 2));
    assert_ok(&t, ledger_run(&t, "r3", "trees", "loaded", NOW_US + 9000, 1));
    put_rejects(&t, "r1", 2);
    put_rejects(&t, "r2", 3);
    commit_only(&t);
    transaction_end(&t);

    memset(&t, 0, sizeof t);
    t.ops = f.connector->destination;
    assert_ok(&t, t.ops->open(&f.host, &t.destination, &t.err));
    assert_string_equal(ledger_column(&t, all, "run"), "r4 r3 r2 r1 ");
    assert_string_equal(ledger_column(&t, all, "sequence"), "2 1 2 1 ");
    assert_string_equal(ledger_column(&t, (orch_ledger_query){ .table = "orchestra_run",
                                                               .run = "r1", .limit = 1 },
                                      "started"), "1795532400000000 ");
    assert_string_equal(ledger_column(&t, (orch_ledger_query){ .table = "orchestra_run",
                                                               .pipeline = "energy",
                                                               .status = "loaded", .limit = 9 },
                                      "run"), "r1 ");
    assert_string_equal(ledger_column(&t, (orch_ledger_query){ .table = "orchestra_run",
                                                               .offset = 1, .limit = 2 },
                                      "run"), "r3 r2 ");
    assert_string_equal(ledger_column(&t, (orch_ledger_query){ .table = "orchestra_reject",
                                                               .limit = 9 }, "rule"),
                        "r2 r2 r2 r1 r1 ");
    assert_string_equal(ledger_column(&t, (orch_ledger_query){ .table = "orchestra_reject",
                                                               .limit = 9 }, "number"),
                        "1 2 3 1 2 ");
    assert_string_equal(ledger_column(&t, (orch_ledger_query){ .table = "orchestra_input",
                                                               .limit = 9 }, "run"),
                        "no columns");
    struct ArrowSchema schema;
    struct ArrowArray batch;
    orch_ledger_query bad = { .struct_size = sizeof bad, .table = "load_curve", .limit = 1 };
    assert_int_equal(t.ops->recover(t.destination, &bad, &schema, &batch, &t.err), ORCH_EINVAL);
    transaction_end(&t);
    fixture_release(&f);
}

static void a_clock_set_back_does_not_change_the_order_of_a_pipeline(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, NULL, NULL));
    assert_ok(&t, ledger_run(&t, "r1", "energy", "loaded", NOW_US, 1));
    assert_ok(&t, ledger_run(&t, "r2", "energy", "failed", NOW_US - 4000, 2));
    assert_ok(&t, ledger_run(&t, "r3", "energy", "failed", NOW_US - 9000, 2));
    assert_ok(&t, ledger_run(&t, "r4", "energy", "loaded", NOW_US - 8000, 2));
    put_rejects(&t, "r1", 1);
    put_rejects(&t, "r3", 2);
    put_rejects(&t, "r4", 1);
    commit_only(&t);
    const orch_ledger_query runs = { .table = "orchestra_run", .pipeline = "energy",
                                     .limit = 9 };
    const orch_ledger_query rejects = { .table = "orchestra_reject", .pipeline = "energy",
                                        .limit = 9 };
    assert_string_equal(ledger_column(&t, runs, "run"), "r4 r3 r2 r1 ");
    assert_string_equal(ledger_column(&t, rejects, "rule"), "r4 r3 r3 r1 ");
    transaction_end(&t);
    fixture_release(&f);
}

static void the_ledger_is_a_table_of_the_geopackage(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, NULL, NULL));
    assert_ok(&t, ledger_run(&t, "r1", "energy", "loaded", NOW_US, 1));
    commit_only(&t);
    transaction_end(&t);
    assert_string_equal(db_query(f.path, "SELECT table_name, data_type FROM gpkg_contents"),
                        "orchestra_run|attributes\n");
    assert_string_equal(db_query(f.path, "SELECT name, type FROM "
                                         "pragma_table_info('orchestra_run')"),
                        "fid|INTEGER\nrun|TEXT\npipeline|TEXT\nstatus|TEXT\nstarted|DATETIME\n"
                        "sequence|INTEGER\n");
    assert_string_equal(db_query(f.path, "SELECT * FROM orchestra_run"),
                        "1|r1|energy|loaded|2026-11-24T15:00:00.000Z|1\n");
    fixture_release(&f);
}

static void new_columns_are_added_and_other_types_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    struct ArrowSchema schema;
    struct ArrowArray batch = { 0 };
    orch_builder *b;
    gpkg_setup(&f);
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, NULL, NULL));
    assert_ok(&t, ledger_run(&t, "r1", "energy", "loaded", NOW_US, 1));
    schema_make(&schema, "run:u,host:u,dry:b,share:g,day:tdD");
    orch_builder_new(&schema, &b);
    orch_builder_text(b, 0, "r2", 2);
    orch_builder_bool(b, 2, true);
    orch_builder_float(b, 3, 0.5);
    orch_builder_date(b, 4, 20781);
    orch_builder_row(b);
    orch_builder_take(b, &batch);
    assert_ok(&t, t.ops->ledger(t.writer, "orchestra_run", &schema, &batch, &t.err));
    schema.release(&schema);
    orch_builder_free(b);
    schema_make(&schema, "run:l");
    orch_builder_new(&schema, &b);
    orch_builder_row(b);
    orch_builder_take(b, &batch);
    assert_int_equal(t.ops->ledger(t.writer, "orchestra_run", &schema, &batch, &t.err),
                     ORCH_ESCHEMA);
    assert_string_equal(t.err.detail, "run: the table has TEXT, the ledger INTEGER");
    assert_int_equal(t.ops->ledger(t.writer, "elsewhere", &schema, &batch, &t.err), ORCH_EINVAL);
    batch.release(&batch);
    schema.release(&schema);
    orch_builder_free(b);
    commit_only(&t);
    transaction_end(&t);
    assert_string_equal(db_query(f.path, "SELECT run, host, dry, share, day FROM orchestra_run"),
                        "r1|NULL|NULL|NULL|NULL\nr2|NULL|1|0.5|2026-11-24\n");
    fixture_release(&f);
}

static void ledger_and_rows_appear_together(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    for (int commit = 0; commit < 2; commit++) {
        assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, COLUMNS, NULL));
        put_text(&t, 0, "A");
        orch_builder_row(t.builder);
        assert_ok(&t, transaction_write(&t));
        assert_ok(&t, ledger_run(&t, "r1", "energy", "loaded", NOW_US, 1));
        put_text(&t, 0, "B");
        orch_builder_row(t.builder);
        assert_ok(&t, transaction_write(&t));
        assert_ok(&t, t.ops->finish(t.writer, &t.counts, &t.err));
        put_rejects(&t, "r1", 1);
        assert_string_equal(ledger_column(&t, (orch_ledger_query){ .table = "orchestra_run",
                                                                   .limit = 1 }, "run"), "r1 ");
        if (commit)
            commit_only(&t);
        transaction_end(&t);
        assert_string_equal(fixture_files(&f), commit ? "energy.gpkg" : "");
    }
    assert_string_equal(db_query(f.path, "SELECT count(*) FROM load_curve; SELECT count(*) FROM "
                                         "orchestra_run; SELECT count(*) FROM orchestra_reject"),
                        "2\n1\n1\n");
    fixture_release(&f);
}

static void a_killed_run_leaves_the_state_before_it(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, COLUMNS, NULL));
    put_text(&t, 0, "before");
    orch_builder_row(t.builder);
    assert_ok(&t, transaction_write(&t));
    assert_ok(&t, ledger_run(&t, "r1", "energy", "loaded", NOW_US, 1));
    assert_ok(&t, transaction_commit(&t));
    transaction_end(&t);
    pid_t child = fork();
    if (child == 0) {
        if (transaction_begin(&t, &f, ORCH_WRITE_REPLACE, COLUMNS, NULL) != ORCH_OK)
            _exit(1);
        for (int i = 0; i < 400000; i++) { /* more than the cache holds: the file is touched */
            orch_builder_text(t.builder, 0, "a text that takes some room in the file", 39);
            orch_builder_float(t.builder, 1, i);
            orch_builder_row(t.builder);
        }
        struct ArrowArray batch = { 0 };
        orch_builder_take(t.builder, &batch);
        _exit(t.ops->write(t.writer, &batch, &t.err) == ORCH_OK ? 0 : 2);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_string_equal(fixture_files(&f), "energy.gpkg energy.gpkg-shm energy.gpkg-wal");
    memset(&t, 0, sizeof t);
    t.ops = f.connector->destination;
    assert_ok(&t, t.ops->open(&f.host, &t.destination, &t.err));
    assert_string_equal(ledger_column(&t, (orch_ledger_query){ .table = "orchestra_run",
                                                               .limit = 9 }, "run"), "r1 ");
    transaction_end(&t);
    assert_string_equal(db_query(f.path, "SELECT section FROM load_curve; PRAGMA quick_check; "
                                         "PRAGMA journal_mode; SELECT count(*) FROM "
                                         "sqlite_master WHERE name = 'orchestra_wal'"),
                        "before\nok\ndelete\n0\n");
    assert_string_equal(fixture_files(&f), "energy.gpkg");
    fixture_release(&f);
}

static void verbs_out_of_order_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    orch_writer *second = NULL;
    gpkg_setup(&f);
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, COLUMNS, NULL));
    orch_commit commit = { .struct_size = sizeof commit };
    assert_int_equal(t.ops->commit(t.writer, &commit, &t.err), ORCH_EINVAL);
    orch_write_request request = { .struct_size = sizeof request, .mode = ORCH_WRITE_APPEND };
    assert_int_equal(t.ops->begin(t.destination, &request, &t.schema, &second, &t.err),
                     ORCH_EINVAL);
    assert_ok(&t, t.ops->finish(t.writer, &t.counts, &t.err));
    assert_int_equal(transaction_write(&t), ORCH_EINVAL);
    assert_int_equal(t.ops->finish(t.writer, &t.counts, &t.err), ORCH_EINVAL);
    assert_ok(&t, t.ops->commit(t.writer, &commit, &t.err));
    assert_int_equal(t.ops->commit(t.writer, &commit, &t.err), ORCH_EINVAL);
    transaction_end(&t);
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, COLUMNS, NULL));
    t.ops->interrupt(t.destination);
    assert_int_equal(transaction_write(&t), ORCH_ECANCELLED);
    transaction_end(&t);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(recover_gives_the_newest_run_first),
        cmocka_unit_test(a_clock_set_back_does_not_change_the_order_of_a_pipeline),
        cmocka_unit_test(the_ledger_is_a_table_of_the_geopackage),
        cmocka_unit_test(new_columns_are_added_and_other_types_refused),
        cmocka_unit_test(ledger_and_rows_appear_together),
        cmocka_unit_test(a_killed_run_leaves_the_state_before_it),
        cmocka_unit_test(verbs_out_of_order_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
