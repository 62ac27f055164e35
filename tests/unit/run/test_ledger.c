/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's rows, written to and read from a destination of two tables in memory. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "orch/error.h"
#include "run/ledger.h"

struct table {
    char name[32];
    struct ArrowSchema schema;
    struct ArrowArray batch;
};

struct orch_writer {
    struct table tables[2];
    size_t n;
    orch_status fails; /* what `ledger` gives instead */
};

/* The destination gives its last table back, once. */
struct orch_destination {
    struct orch_writer *kept;
    orch_ledger_query asked;
    orch_status fails;
    void (*spoil)(struct ArrowSchema *, struct ArrowArray *);
};

static orch_status keep(orch_writer *w, const char *table, const struct ArrowSchema *schema,
                        struct ArrowArray *batch, orch_error *err)
{
    if (w->fails != ORCH_OK)
        return orch_error_set(err, w->fails, "the table is full");
    struct table *t = &w->tables[w->n++];
    snprintf(t->name, sizeof t->name, "%s", table);
    assert_int_equal(orch_schema_copy(schema, &t->schema), ORCH_OK);
    t->batch = *batch;
    batch->release = NULL;
    return ORCH_OK;
}

static orch_status give(orch_destination *d, const orch_ledger_query *query,
                        struct ArrowSchema *schema, struct ArrowArray *batch, orch_error *err)
{
    d->asked = *query;
    if (d->fails != ORCH_OK)
        return orch_error_set(err, d->fails, "the table is locked");
    for (size_t i = 0; i < d->kept->n; i++) {
        struct table *t = &d->kept->tables[i];
        if (strcmp(t->name, query->table) != 0 || t->batch.release == NULL)
            continue;
        *schema = t->schema;
        *batch = t->batch;
        t->schema.release = NULL;
        t->batch.release = NULL;
        if (d->spoil != NULL)
            d->spoil(schema, batch);
        return ORCH_OK;
    }
    /* No such table: no columns. */
    orch_builder *builder = NULL;
    assert_int_equal(orch_schema_init(schema), ORCH_OK);
    assert_int_equal(orch_builder_new(schema, &builder), ORCH_OK);
    assert_int_equal(orch_builder_take(builder, batch), ORCH_OK);
    orch_builder_free(builder);
    return ORCH_OK;
}

static const struct orch_destination_ops ops = { .struct_size = sizeof ops,
                                                 .ledger = keep,
                                                 .recover = give };

static void writer_release(struct orch_writer *w)
{
    for (size_t i = 0; i < w->n; i++) {
        if (w->tables[i].schema.release != NULL)
            w->tables[i].schema.release(&w->tables[i].schema);
        if (w->tables[i].batch.release != NULL)
            w->tables[i].batch.release(&w->tables[i].batch);
    }
}

/* ---- a run to write ------------------------------------------------------------------------ */

static struct orch_report_input inputs[] = {
    { .path = "a.csv", .sha256 = "aa", .encoding = "UTF-8", .size_bytes = 10 },
    { .path = "b.csv", .sha256 = "bb", .size_bytes = 0 },
};

static struct orch_run_report report(void)
{
    return (struct orch_run_report){
        .run = "20260101T000000Z-00000001", .pipeline = "energy.load_curve", .target = "load_curve",
        .source = "csv", .destination = "files", .outcome = ORCH_OUTCOME_LOADED,
        .books = { .read = 10, .added = 1, .filtered = 2, .rejected = 3, .written = 6,
                   .counts = { .inserted = 1, .updated = 2, .unchanged = 2, .merged = 1 } },
        .inputs = inputs, .n_inputs = 2, .source_bytes = 10,
        .started_us = 1000, .finished_us = 2000,
        .wall_us = 5000, .cpu_us = 4999, .peak_bytes = 77, .sequence = 12, .attempts = 4,
    };
}

static orch_status write_report(struct orch_writer *w, const struct orch_run_report *r,
                                bool personal, orch_error *err)
{
    struct orch_pipeline pipeline = { .name = r->pipeline, .mode = ORCH_WRITE_UPSERT };
    struct orch_ledger_entry entry = { .report = r, .pipeline = &pipeline, .script = "x.lua",
                                       .fingerprint = "ffff", .personal = personal };
    snprintf(pipeline.sha256, sizeof pipeline.sha256, "5c5c");
    return orch_ledger_write(&ops, w, &entry, err);
}

/* A test's run, and the destination that keeps it. */
struct ledger {
    struct orch_run_report report;
    struct orch_writer writer;
    struct orch_destination destination;
    struct orch_ledger_rows rows;
};

static void ledger_begin(struct ledger *l)
{
    *l = (struct ledger){ .report = report() };
    l->destination.kept = &l->writer;
}

/* Writes the run and reads the rows of a table. */
static void ledger_turn(struct ledger *l, bool personal, const char *table)
{
    orch_ledger_query query = { .struct_size = sizeof query, .table = table, .limit = 10 };
    orch_error err = ORCH_ERROR_INIT;
    if (write_report(&l->writer, &l->report, personal, &err) != ORCH_OK ||
        orch_ledger_read(&ops, &l->destination, &query, &l->rows, &err) != ORCH_OK)
        fail_msg("%s: %s", err.message, err.detail);
}

static void ledger_end(struct ledger *l)
{
    orch_ledger_rows_release(&l->rows);
    writer_release(&l->writer);
}

#define assert_text(rows, column, row, expected)                                                   \
    do {                                                                                           \
        struct orch_str text_ = orch_ledger_text((rows), (column), (row));                         \
        assert_int_equal(text_.len, strlen(expected));                                             \
        assert_memory_equal(text_.ptr, (expected), text_.len);                                     \
    } while (0)

/* ---- tests --------------------------------------------------------------------------------- */

static void a_run_comes_back_as_it_was_written(void **state)
{
    (void)state;
    static const struct {
        const char *column;
        int64_t value;
    } counts[] = {
        { "sequence", 12 }, { "started", 1000 }, { "finished", 2000 }, { "read", 10 },
        { "added", 1 },     { "inserted", 1 },   { "updated", 2 },     { "unchanged", 2 },
        { "merged", 1 },    { "filtered", 2 },   { "rejected", 3 },    { "source_bytes", 10 },
        { "wall_ms", 5 },   { "cpu_ms", 4 },     { "peak_bytes", 77 },
        { "attempts", 4 },
    };
    struct ledger l;
    ledger_begin(&l);
    ledger_turn(&l, false, ORCH_LEDGER_RUN);
    assert_int_equal(l.writer.n, 2);
    assert_int_equal(l.rows.view.rows, 1);
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        if (orch_ledger_int(&l.rows, counts[i].column, 0) != counts[i].value)
            fail_msg("%s: %lld", counts[i].column,
                     (long long)orch_ledger_int(&l.rows, counts[i].column, 0));
    assert_text(&l.rows, "run", 0, l.report.run);
    assert_text(&l.rows, "pipeline", 0, "energy.load_curve");
    assert_text(&l.rows, "status", 0, "loaded");
    assert_text(&l.rows, "mode", 0, "upsert");
    assert_text(&l.rows, "script", 0, "x.lua");
    assert_text(&l.rows, "script_sha256", 0, "5c5c");
    assert_text(&l.rows, "fingerprint", 0, "ffff");
    assert_text(&l.rows, "error", 0, "");
    ledger_end(&l);
}

static void each_input_has_a_row(void **state)
{
    (void)state;
    struct ledger l;
    ledger_begin(&l);
    ledger_turn(&l, false, ORCH_LEDGER_INPUT);
    assert_int_equal(l.rows.view.rows, 2);
    assert_int_equal(orch_ledger_int(&l.rows, "number", 1), 2);
    assert_text(&l.rows, "path", 0, "a.csv");
    assert_text(&l.rows, "sha256", 1, "bb");
    assert_text(&l.rows, "encoding", 0, "UTF-8");
    assert_text(&l.rows, "encoding", 1, "");
    assert_int_equal(orch_ledger_int(&l.rows, "size_bytes", 0), 10);
    ledger_end(&l);
}

static void a_failed_run_has_its_error_and_no_fingerprint(void **state)
{
    (void)state;
    struct ledger l;
    ledger_begin(&l);
    l.report.outcome = ORCH_OUTCOME_FAILED;
    l.report.n_inputs = 0;
    orch_error_set(&l.report.error, ORCH_EDATA, "too many rejects");
    orch_error_detail(&l.report.error, "meter 12345678901234");
    ledger_turn(&l, false, ORCH_LEDGER_RUN);
    assert_int_equal(l.writer.n, 1);
    assert_text(&l.rows, "status", 0, "failed");
    assert_text(&l.rows, "fingerprint", 0, "");
    assert_text(&l.rows, "error", 0, "too many rejects: meter 12345678901234");
    ledger_end(&l);
}

static void the_error_of_a_personal_pipeline_shows_no_long_number(void **state)
{
    (void)state;
    struct ledger l;
    ledger_begin(&l);
    l.report.outcome = ORCH_OUTCOME_FAILED;
    orch_error_set(&l.report.error, ORCH_EDATA, "cannot read \"12345678901234.csv\"");
    ledger_turn(&l, true, ORCH_LEDGER_RUN);
    assert_text(&l.rows, "error", 0, "cannot read \"***.csv\"");
    ledger_end(&l);
}

static void a_path_of_any_bytes_is_stored_as_text(void **state)
{
    (void)state;
    struct ledger l;
    ledger_begin(&l);
    struct orch_report_input odd = { .path = "r\xE9sum\xE9_\xC3\xA9.csv" };
    l.report.inputs = &odd;
    l.report.n_inputs = 1;
    ledger_turn(&l, false, ORCH_LEDGER_INPUT);
    assert_text(&l.rows, "path", 0, "r?sum?_\xC3\xA9.csv");
    ledger_end(&l);
}

static void a_destination_that_takes_no_row_is_told(void **state)
{
    (void)state;
    struct ledger l;
    orch_error err = ORCH_ERROR_INIT;
    ledger_begin(&l);
    l.writer.fails = ORCH_EIO;
    assert_int_equal(write_report(&l.writer, &l.report, false, &err), ORCH_EIO);
    assert_string_equal(err.message, "the table is full");
}

static void the_last_loaded_run_is_found(void **state)
{
    (void)state;
    struct ledger l;
    struct orch_last_run last;
    ledger_begin(&l);
    assert_int_equal(write_report(&l.writer, &l.report, false, NULL), ORCH_OK);
    assert_int_equal(orch_ledger_last(&ops, &l.destination, "energy.load_curve", &last, NULL),
                     ORCH_OK);
    assert_true(last.found);
    assert_int_equal(last.sequence, 12);
    assert_string_equal(last.fingerprint, "ffff");
    assert_string_equal(last.run, l.report.run);
    assert_string_equal(l.destination.asked.pipeline, "energy.load_curve");
    assert_string_equal(l.destination.asked.status, "loaded");
    assert_int_equal(l.destination.asked.limit, 1);
    ledger_end(&l);
}

static void the_position_of_a_loaded_run_is_given_back(void **state)
{
    static const enum orch_outcome outcomes[] = { ORCH_OUTCOME_LOADED, ORCH_OUTCOME_FAILED };
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct orch_writer w = { 0 };
        struct orch_destination d = { .kept = &w };
        struct orch_last_run last;
        struct orch_run_report r = report();
        r.outcome = outcomes[i];
        assert_int_equal(orch_position_set(&r.position, ORCH_STR("{\"after\":7}"), 2), ORCH_OK);
        assert_int_equal(write_report(&w, &r, false, NULL), ORCH_OK);
        assert_int_equal(orch_ledger_last(&ops, &d, "energy.load_curve", &last, NULL), ORCH_OK);
        assert_string_equal(last.source, "csv");
        assert_string_equal(last.target, "load_curve");
        bool same = orch_position_equal(&last.position, &r.position);
        assert_int_equal(same, outcomes[i] == ORCH_OUTCOME_LOADED);
        assert_int_equal(last.position.known, same);
        orch_last_run_release(&last);
        orch_position_release(&r.position);
        writer_release(&w);
    }
}

static void without_a_ledger_there_is_no_last_run(void **state)
{
    (void)state;
    struct ledger l;
    struct orch_last_run last = { .found = true };
    ledger_begin(&l);
    assert_int_equal(orch_ledger_last(&ops, &l.destination, "p", &last, NULL), ORCH_OK);
    assert_false(last.found);
    l.destination.fails = ORCH_EIO;
    assert_int_equal(orch_ledger_last(&ops, &l.destination, "p", &last, NULL), ORCH_EIO);
}

static void release_batch(struct ArrowSchema *schema, struct ArrowArray *batch)
{
    (void)schema;
    batch->release(batch);
}

static void rise_offset(struct ArrowSchema *schema, struct ArrowArray *batch)
{
    (void)schema;
    ((int32_t *)(uintptr_t)batch->children[0]->buffers[1])[0] = 1 << 20;
}

static void fewer_columns(struct ArrowSchema *schema, struct ArrowArray *batch)
{
    (void)schema;
    batch->n_children--;
}

static void what_a_destination_gives_back_is_checked(void **state)
{
    void (*const spoils[])(struct ArrowSchema *, struct ArrowArray *) = {
        release_batch,
        rise_offset,
        fewer_columns,
    };
    (void)state;
    for (size_t i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
        struct ledger l;
        struct orch_last_run last;
        orch_error err = ORCH_ERROR_INIT;
        ledger_begin(&l);
        l.destination.spoil = spoils[i];
        assert_int_equal(write_report(&l.writer, &l.report, false, NULL), ORCH_OK);
        assert_int_equal(orch_ledger_last(&ops, &l.destination, "p", &last, &err), ORCH_EINTERNAL);
        assert_false(last.found);
        ledger_end(&l);
    }
}

static void cells_of_columns_that_are_not_there_are_empty(void **state)
{
    (void)state;
    struct ledger l;
    ledger_begin(&l);
    ledger_turn(&l, false, ORCH_LEDGER_RUN);
    assert_text(&l.rows, "nothing", 0, "");
    assert_text(&l.rows, "read", 0, "");
    assert_int_equal(orch_ledger_int(&l.rows, "nothing", 0), 0);
    assert_int_equal(orch_ledger_int(&l.rows, "status", 0), 0);
    assert_int_equal(orch_ledger_column(&l.rows, "run"), 0);
    assert_int_equal(orch_ledger_column(&l.rows, "nothing"), -1);
    ledger_end(&l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_comes_back_as_it_was_written),
        cmocka_unit_test(each_input_has_a_row),
        cmocka_unit_test(a_failed_run_has_its_error_and_no_fingerprint),
        cmocka_unit_test(the_error_of_a_personal_pipeline_shows_no_long_number),
        cmocka_unit_test(a_path_of_any_bytes_is_stored_as_text),
        cmocka_unit_test(a_destination_that_takes_no_row_is_told),
        cmocka_unit_test(the_last_loaded_run_is_found),
        cmocka_unit_test(the_position_of_a_loaded_run_is_given_back),
        cmocka_unit_test(without_a_ledger_there_is_no_last_run),
        cmocka_unit_test(what_a_destination_gives_back_is_checked),
        cmocka_unit_test(cells_of_columns_that_are_not_there_are_empty),
    };
    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}
