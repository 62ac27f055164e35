/* SPDX-License-Identifier: Apache-2.0 */
/* Plugins written for 1.0, built against its frozen headers, run on the host of today. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <string.h>

#include "data/batch_check.h"
#include "orch/view.h"
#include "plugin/input_set.h"

#define PLUGIN(name) TEST_V1_0 "/" name ".so"

struct seen {
    bool cancel;
    int64_t rejects;
    orch_reject last;
    char raw[16];
};

static bool cancelled(void *ctx)
{
    return ((struct seen *)ctx)->cancel;
}

static orch_status reject(void *ctx, const orch_reject *bad)
{
    struct seen *seen = ctx;

    seen->rejects++;
    seen->last = *bad;
    memcpy(seen->raw, bad->raw, bad->raw_len < sizeof seen->raw ? bad->raw_len : 0);
    return ORCH_OK;
}

/* One instance as a run makes it. */
struct bench {
    struct orch_arena arena;
    struct orch_loaded *items;
    size_t n;
    struct orch_instance instance;
    struct seen seen;
    orch_error err;
};

static void load(struct bench *b, const char *path)
{
    *b = (struct bench){ .err = ORCH_ERROR_INIT };
    if (orch_loader_load(&b->arena, path, &b->items, &b->n, &b->err) != ORCH_OK)
        fail_msg("%s: %s", b->err.message, b->err.detail);
}

static void instance(struct bench *b, size_t which, enum orch_role role, const char *name,
                     const char *value, bool inputs)
{
    const struct orch_setting setting = { name, &value, 1, "--set" };
    const struct orch_hooks hooks = { .ctx = &b->seen, .cancelled = cancelled, .reject = reject };
    struct orch_options *options = NULL;
    struct orch_inputs *in = NULL;
    orch_status st = orch_options_parse(&b->items[which], role, &setting, 1, &options, &b->err);

    if (st == ORCH_OK && inputs)
        st = orch_inputs_open(options, &in, &b->err);
    if (st != ORCH_OK)
        fail_msg("%s", b->err.message);
    assert_int_equal(
        orch_instance_init(&b->instance, &b->items[which], options, in, &hooks), ORCH_OK);
}

static void done(struct bench *b)
{
    orch_instance_release(&b->instance);
    orch_arena_release(&b->arena);
}

static void assert_ok(struct bench *b, orch_status st)
{
    if (st != ORCH_OK)
        fail_msg("%s", b->err.message);
}

/* Checks a batch as the host does and looks into it. */
static orch_view look(struct bench *b, const struct ArrowSchema *schema,
                      const struct ArrowArray *batch)
{
    orch_view view = { 0 };

    assert_ok(b, orch_batch_check(schema, batch, &b->err));
    assert_ok(b, orch_view_init(&view, schema, batch, &b->err));
    return view;
}

/* ---- pair: the smallest source ------------------------------------------------------------ */

static void two_minimal_sources_of_one_plugin_are_adopted(void **state)
{
    struct bench b;

    (void)state;
    load(&b, PLUGIN("pair"));
    assert_int_equal(b.n, 2);
    assert_string_equal(b.items[0].connector.name, "count_up");
    assert_string_equal(b.items[1].connector.name, "count_down");
    assert_int_equal(b.items[1].connector.threading, ORCH_THREADS_ONE_PER_STREAM);
    assert_int_equal(b.items[0].source.check(NULL, NULL), ORCH_ENOTSUP);
    assert_null(b.items[0].connector.extension("orch.partitions/1"));
    assert_true(b.items[0].connector.options[0]->max == 1000);
    done(&b);
}

static void a_minimal_source_counts(void **state)
{
    struct bench b;
    orch_source *source = NULL;
    orch_reader *reader = NULL;
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch = { 0 };
    orch_batch_info info = { .struct_size = sizeof info };
    const orch_read_request request = { .struct_size = sizeof request };

    (void)state;
    load(&b, PLUGIN("pair"));
    instance(&b, 1, ORCH_ROLE_SOURCE, "rows", "12", false);
    const struct orch_source_ops *ops = &b.items[1].source;
    assert_ok(&b, ops->open(&b.instance.host, &source, &b.err));
    assert_ok(&b, ops->read(source, &request, &reader, &b.err));
    assert_ok(&b, ops->schema(reader, &schema, &b.err));
    assert_ok(&b, ops->next(reader, &batch, &info, &b.err));
    orch_view view = look(&b, &schema, &batch);
    assert_int_equal(view.rows, 12);
    assert_int_equal(info.first_record, 1);
    assert_int_equal(orch_view_int(&view, 0, 11), -12);
    orch_view_release(&view);
    batch.release(&batch);
    assert_int_equal(ops->next(reader, &batch, &info, &b.err), ORCH_END);
    ops->interrupt(source); /* absent: the host's stub */
    schema.release(&schema);
    ops->end(reader);
    ops->close(source);
    done(&b);
}

static void an_error_arrives_with_all_its_parts(void **state)
{
    struct bench b;
    orch_source *source = NULL;

    (void)state;
    load(&b, PLUGIN("pair"));
    instance(&b, 0, ORCH_ROLE_SOURCE, "rows", "13", false);
    assert_int_equal(b.items[0].source.open(&b.instance.host, &source, &b.err), ORCH_ECONFIG);
    assert_null(source);
    assert_int_equal(b.err.struct_size, sizeof(orch_error));
    assert_int_equal(b.err.code, ORCH_ECONFIG);
    assert_int_equal(b.err.row, 13);
    assert_string_equal(b.err.message, "13 rows bring bad luck");
    assert_string_equal(b.err.hint, "take 12");
    done(&b);
}

static void a_range_of_1_0_is_still_checked(void **state)
{
    const char *value = "1001";
    const struct orch_setting setting = { "rows", &value, 1, "--set" };
    struct orch_options *options = NULL;
    struct bench b;

    (void)state;
    load(&b, PLUGIN("pair"));
    assert_int_equal(
        orch_options_parse(&b.items[0], ORCH_ROLE_SOURCE, &setting, 1, &options, &b.err),
        ORCH_ECONFIG);
    orch_arena_release(&b.arena);
}

/* ---- measure: a source of files with every slot ------------------------------------------- */

static void read_sample(struct bench *b, orch_source *source)
{
    const struct orch_source_ops *ops = &b->items[0].source;
    const char *const columns[] = { "text", "bytes" };
    const orch_read_request request = { .struct_size = sizeof request,
                                        .columns = columns,
                                        .n_columns = 2,
                                        .target_rows = 100,
                                        .target_bytes = 1 << 20 };
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch = { 0 };
    orch_batch_info info = { .struct_size = sizeof info };
    orch_reader *reader = NULL;
    size_t len = 0;

    assert_ok(b, ops->read(source, &request, &reader, &b->err));
    assert_ok(b, ops->schema(reader, &schema, &b->err));
    assert_ok(b, ops->next(reader, &batch, &info, &b->err));
    orch_view view = look(b, &schema, &batch);
    assert_int_equal(view.rows, 3);
    assert_memory_equal(orch_view_text(&view, 0, 0, &len), "one", 3);
    assert_int_equal(len, 3);
    assert_true(orch_view_is_null(&view, 0, 1));
    assert_int_equal(orch_view_int(&view, 1, 2), 7); /* "zw\xc3\xb6lf!" */
    assert_true(info.source_bytes > 0);
    assert_string_equal(info.state, "{\"inputs\":1}");
    orch_view_release(&view);
    batch.release(&batch);
    assert_int_equal(ops->next(reader, &batch, &info, &b->err), ORCH_END);
    schema.release(&schema);
    ops->end(reader);
}

static void a_source_of_files_reads_rejects_and_reports(void **state)
{
    struct bench b;
    orch_source *source = NULL;

    (void)state;
    load(&b, PLUGIN("measure"));
    instance(&b, 0, ORCH_ROLE_SOURCE, "path", TEST_SOURCE_DIR "/tests/abi/v1_0/lines.txt", true);
    const struct orch_source_ops *ops = &b.items[0].source;
    assert_string_equal(b.items[0].connector.personal, "text");
    assert_string_equal(b.items[0].plugin.home, "https://example.org/measure");
    assert_ok(&b, ops->open(&b.instance.host, &source, &b.err));
    assert_ok(&b, ops->check(source, &b.err));
    assert_int_equal(ops->streams(source, NULL, NULL, &b.err), ORCH_ENOTSUP);
    read_sample(&b, source);
    assert_int_equal(b.seen.rejects, 1);
    assert_int_equal(b.seen.last.line, 3);
    assert_int_equal(b.seen.last.offset, -1);
    assert_int_equal(b.seen.last.raw_len, 3);
    assert_string_equal(b.seen.raw, "bad");
    ops->close(source);
    done(&b);
}

static void a_source_of_files_stops_when_told(void **state)
{
    const orch_read_request request = { .struct_size = sizeof request };
    struct ArrowArray batch = { 0 };
    orch_batch_info info = { .struct_size = sizeof info };
    orch_source *source = NULL;
    orch_reader *reader = NULL;
    struct bench b;

    (void)state;
    load(&b, PLUGIN("measure"));
    instance(&b, 0, ORCH_ROLE_SOURCE, "path", TEST_SOURCE_DIR "/tests/abi/v1_0/lines.txt", true);
    const struct orch_source_ops *ops = &b.items[0].source;
    assert_ok(&b, ops->open(&b.instance.host, &source, &b.err));
    assert_ok(&b, ops->read(source, &request, &reader, &b.err));
    b.seen.cancel = true;
    assert_int_equal(ops->next(reader, &batch, &info, &b.err), ORCH_ECANCELLED);
    b.seen.cancel = false;
    ops->interrupt(source);
    assert_int_equal(ops->next(reader, &batch, &info, &b.err), ORCH_ECANCELLED);
    assert_null(batch.release);
    ops->end(reader);
    ops->close(source);
    done(&b);
}

/* ---- sink: a destination with every slot -------------------------------------------------- */

/* A batch of rows from the pair; the caller owns both. */
static void some_rows(struct ArrowSchema *schema, struct ArrowArray *batch)
{
    const orch_read_request request = { .struct_size = sizeof request };
    orch_batch_info info = { .struct_size = sizeof info };
    orch_source *source = NULL;
    orch_reader *reader = NULL;
    struct bench b;

    load(&b, PLUGIN("pair"));
    instance(&b, 0, ORCH_ROLE_SOURCE, "rows", "5", false);
    const struct orch_source_ops *ops = &b.items[0].source;
    assert_ok(&b, ops->open(&b.instance.host, &source, &b.err));
    assert_ok(&b, ops->read(source, &request, &reader, &b.err));
    assert_ok(&b, ops->schema(reader, schema, &b.err));
    assert_ok(&b, ops->next(reader, batch, &info, &b.err));
    ops->end(reader);
    ops->close(source);
    done(&b);
}

static int64_t recovered(struct bench *b, orch_destination *d, size_t column)
{
    const orch_ledger_query query = { .struct_size = sizeof query,
                                      .table = "orchestra_run",
                                      .limit = 1 };
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch = { 0 };

    assert_ok(b, b->items[0].destination.recover(d, &query, &schema, &batch, &b->err));
    orch_view view = look(b, &schema, &batch);
    int64_t value = orch_view_int(&view, column, 0);
    orch_view_release(&view);
    batch.release(&batch);
    schema.release(&schema);
    return value;
}

static orch_writer *begin(struct bench *b, orch_destination *d, const struct ArrowSchema *schema)
{
    static const char *const keys[] = { "number" };
    const orch_write_request request = { .struct_size = sizeof request,
                                         .mode = ORCH_WRITE_UPSERT,
                                         .keys = keys,
                                         .n_keys = 1,
                                         .pipeline = "test.pipeline",
                                         .run = "run-1" };
    orch_writer *w = NULL;

    assert_ok(b, b->items[0].destination.begin(d, &request, schema, &w, &b->err));
    return w;
}

static void write_rows(struct bench *b, orch_writer *w)
{
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch = { 0 };

    some_rows(&schema, &batch);
    assert_ok(b, b->items[0].destination.write(w, &batch, &b->err));
    assert_null(batch.release);
    schema.release(&schema);
}

static void commit_rows(struct bench *b, orch_writer *w)
{
    const struct orch_destination_ops *ops = &b->items[0].destination;
    const orch_commit commit = { .struct_size = sizeof commit, .sequence = 1 };
    orch_write_counts counts = { .struct_size = sizeof counts };
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch = { 0 };

    assert_ok(b, ops->finish(w, &counts, &b->err));
    assert_int_equal(counts.inserted, 5);
    some_rows(&schema, &batch);
    assert_ok(b, ops->ledger(w, "orchestra_run", &schema, &batch, &b->err));
    schema.release(&schema);
    assert_ok(b, ops->commit(w, &commit, &b->err));
}

static void a_destination_commits_and_rolls_back(void **state)
{
    orch_destination *d = NULL;
    struct bench b;

    (void)state;
    load(&b, PLUGIN("sink"));
    instance(&b, 0, ORCH_ROLE_DESTINATION, "name", "drain", false);
    const struct orch_destination_ops *ops = &b.items[0].destination;
    assert_ok(&b, ops->open(&b.instance.host, &d, &b.err));
    assert_ok(&b, ops->check(d, &b.err));
    orch_writer *w = begin(&b, d, NULL);
    write_rows(&b, w);
    ops->end(w);
    assert_int_equal(recovered(&b, d, 1), 5);
    w = begin(&b, d, NULL);
    write_rows(&b, w);
    commit_rows(&b, w);
    ops->end(w);
    assert_int_equal(recovered(&b, d, 0), 5);
    ops->interrupt(d);
    ops->close(d);
    assert_ptr_equal(b.items[0].connector.extension("test.nothing/1"),
                     b.items[0].connector.extension("test.nothing/1"));
    assert_non_null(b.items[0].connector.extension("test.nothing/1"));
    done(&b);
}

static void a_batch_that_is_not_taken_stays_the_hosts(void **state)
{
    orch_destination *d = NULL;
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch = { 0 };
    struct bench b;

    (void)state;
    load(&b, PLUGIN("sink"));
    instance(&b, 0, ORCH_ROLE_DESTINATION, "name", "drain", false);
    const struct orch_destination_ops *ops = &b.items[0].destination;
    assert_ok(&b, ops->open(&b.instance.host, &d, &b.err));
    some_rows(&schema, &batch);
    orch_writer *w = begin(&b, d, &schema);
    b.seen.cancel = true;
    assert_int_equal(ops->write(w, &batch, &b.err), ORCH_ECANCELLED);
    assert_non_null(batch.release);
    batch.release(&batch);
    schema.release(&schema);
    ops->end(w);
    ops->close(d);
    done(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_minimal_sources_of_one_plugin_are_adopted),
        cmocka_unit_test(a_minimal_source_counts),
        cmocka_unit_test(an_error_arrives_with_all_its_parts),
        cmocka_unit_test(a_range_of_1_0_is_still_checked),
        cmocka_unit_test(a_source_of_files_reads_rejects_and_reports),
        cmocka_unit_test(a_source_of_files_stops_when_told),
        cmocka_unit_test(a_destination_commits_and_rolls_back),
        cmocka_unit_test(a_batch_that_is_not_taken_stays_the_hosts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
