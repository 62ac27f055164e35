/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_host.h"

static orch_source *open_source(struct fake *f)
{
    orch_source *source = NULL;
    orch_error err = ORCH_ERROR_INIT;

    assert_int_equal(fake_connector()->source->open(fake_host(f), &source, &err), ORCH_OK);
    return source;
}

static orch_reader *start(orch_source *source, const orch_read_request *request)
{
    orch_reader *reader = NULL;
    orch_error err = ORCH_ERROR_INIT;

    assert_int_equal(fake_connector()->source->read(source, request, &reader, &err), ORCH_OK);
    return reader;
}

static orch_status next(orch_reader *reader, struct ArrowArray *batch, orch_error *err)
{
    orch_batch_info info = { .struct_size = sizeof info };

    return fake_connector()->source->next(reader, batch, &info, err);
}

/* ---- descriptor -------------------------------------------------------------------------- */

static void connector_is_a_source_that_reads_inputs_and_needs_nothing(void **state)
{
    const orch_connector *c = fake_connector();
    (void)state;
    assert_string_equal(c->name, "csv");
    assert_int_equal(c->struct_size, sizeof *c);
    assert_int_equal(c->capabilities, ORCH_CAP_INPUT);
    assert_int_equal(c->needs, 0);
    assert_non_null(c->source);
    assert_null(c->destination);
    for (size_t i = 0; i < c->n_options; i++) {
        assert_int_equal(c->options[i]->struct_size, sizeof(orch_option));
        assert_true(c->options[i]->flags & ORCH_OPT_FOR_SOURCE);
        assert_non_null(c->options[i]->summary);
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(c->options[i]->name, c->options[j]->name);
    }
}

/* ---- columns ----------------------------------------------------------------------------- */

static void only_requested_columns_come_in_the_order_wanted(void **state)
{
    static const char *const wanted[] = { "c", "a" };
    struct fake f = fake_of("a;b;c\n1;2;3\n4;5\n6;7;8\n");
    (void)state;
    f.columns = wanted;
    f.n_columns = 2;
    fake_expect(&f, "c|a\n! 0:2:3:12 columns: 2 fields where the header has 3: 4;5\n"
                    "1:2:6 3|1\n3:4:16 8|6\n");
}

static void no_column_at_all_may_be_requested(void **state)
{
    static const char *const none[] = { NULL };
    struct fake f = fake_of("a;b\n1;2\n");
    (void)state;
    f.columns = none;
    fake_expect(&f, "\n1:2:4 \n");
}

static void unknown_column_is_a_schema_error(void **state)
{
    static const char *const wanted[] = { "Horodatte" };
    struct fake f = fake_of("Horodate;Valeur\n1;2\n");
    (void)state;
    f.columns = wanted;
    f.n_columns = 1;
    fake_expect_error(&f, ORCH_ESCHEMA, "input \"x.csv\" has no column \"Horodatte\"",
                      "of its 2 columns the nearest is \"Horodate\"",
                      "read files of different shapes with a source each");
}

static void column_asked_for_twice_breaks_the_contract(void **state)
{
    static const char *const wanted[] = { "a", "a" };
    struct fake f = fake_of("a;b\n1;2\n");
    (void)state;
    f.columns = wanted;
    f.n_columns = 2;
    fake_expect_error(&f, ORCH_EINVAL, "column \"a\" is asked for twice", "", "");
}

static void role_fields_say_what_they_are(void **state)
{
    static const char *const roles[] = { "record", "line", "offset" };
    struct fake f = fake_of("a;b\n1;2\n");
    const orch_source_ops *ops = fake_connector()->source;
    orch_read_request request = { .struct_size = sizeof request };
    struct ArrowSchema schema = { 0 };
    (void)state;
    orch_source *source = open_source(&f);
    orch_reader *reader = start(source, &request);
    assert_int_equal(ops->schema(reader, &schema, NULL), ORCH_OK);
    assert_int_equal(schema.n_children, 5);
    for (int i = 0; i < 3; i++) {
        size_t len = 0;
        const char *role = orch_schema_metadata(schema.children[2 + i], ORCH_META_ROLE, &len);
        assert_non_null(role);
        assert_int_equal(len, strlen(roles[i]));
        assert_memory_equal(role, roles[i], len);
        assert_string_equal(schema.children[2 + i]->format, "l");
    }
    schema.release(&schema);
    ops->end(reader);
    ops->close(source);
    fake_release(&f);
}

/* ---- batches ----------------------------------------------------------------------------- */

static void batches_aim_at_rows_and_bytes_and_hold_one_input(void **state)
{
    static const int64_t expected[] = { 2, 2, 1, 1 };
    struct fake f = fake_of("a;b\n1;2\n3;4\n5;6\n7;8\n9;10\n");
    orch_read_request request = { .struct_size = sizeof request, .target_rows = 2 };
    orch_error err = ORCH_ERROR_INIT;
    struct ArrowArray batch = { 0 };
    (void)state;
    fake_add(&f, "y.csv", "a;b\n1;2\n");
    orch_source *source = open_source(&f);
    orch_reader *reader = start(source, &request);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(next(reader, &batch, &err), ORCH_OK);
        assert_int_equal(batch.length, expected[i]);
        assert_int_equal(batch.n_children, 5);
        assert_int_equal(f.progress_calls, i + 1);
        batch.release(&batch);
    }
    assert_int_equal(next(reader, &batch, &err), ORCH_END);
    assert_int_equal(next(reader, &batch, &err), ORCH_END);
    assert_int_equal(f.progress_rows, 6);
    assert_int_equal(f.progress_bytes, f.inputs[0].len + f.inputs[1].len);
    assert_int_equal(f.progress_total, f.progress_bytes);
    fake_connector()->source->end(reader);
    request.target_rows = 0;
    request.target_bytes = 1;
    f.progress_rows = f.progress_bytes = 0;
    reader = start(source, &request);
    assert_int_equal(next(reader, &batch, &err), ORCH_OK);
    assert_int_equal(batch.length, 1);
    batch.release(&batch);
    fake_connector()->source->end(reader);
    fake_connector()->source->close(source);
    fake_release(&f);
}

static void inputs_of_rejects_only_give_no_batch(void **state)
{
    struct fake f = fake_of("a;b\n1\n;\n");
    (void)state;
    fake_add(&f, "y.csv", "a;b\n1;2\n");
    fake_expect(&f, "a|b\n"
                    "! 0:1:2:4 columns: 1 field where the header has 2: 1\n"
                    "! 0:2:3:6 empty: all 2 fields are empty: ;\n"
                    "-- y.csv\n1:2:4 1|2\n");
}

/* ---- stopping ---------------------------------------------------------------------------- */

static void too_many_rejects_stop_the_reader(void **state)
{
    struct fake f = fake_of("a;b\n1\n2\n3\n");
    (void)state;
    f.reject_limit = 2;
    fake_expect_error(&f, ORCH_ECANCELLED, "input \"x.csv\" has too many bad records",
                      "line 4: 1 field where the header has 2", "");
}

static void cancelled_and_interrupted_readers_stop(void **state)
{
    orch_read_request request = { .struct_size = sizeof request, .target_rows = 1 };
    const orch_source_ops *ops = fake_connector()->source;
    (void)state;
    for (int interrupt = 0; interrupt < 2; interrupt++) {
        struct fake f = fake_of("a;b\n1;2\n3;4\n");
        orch_error err = ORCH_ERROR_INIT;
        struct ArrowArray batch = { 0 };
        struct ArrowSchema schema = { 0 };
        orch_source *source = open_source(&f);
        orch_reader *reader = start(source, &request);
        assert_int_equal(next(reader, &batch, &err), ORCH_OK);
        batch.release(&batch);
        if (interrupt)
            ops->interrupt(source);
        else
            f.cancelled = true;
        assert_int_equal(next(reader, &batch, &err), ORCH_ECANCELLED);
        assert_string_equal(err.message, "reading was cancelled");
        assert_null(batch.release);
        assert_int_equal(next(reader, &batch, NULL), ORCH_ECANCELLED);
        ops->end(reader);
        assert_int_equal(ops->describe(source, NULL, &schema, &err), ORCH_ECANCELLED);
        assert_int_equal(ops->read(source, &request, &reader, &err), ORCH_ECANCELLED);
        ops->close(source);
        assert_int_equal(f.streams, 0);
        fake_release(&f);
    }
}

static void failing_stream_ends_the_reader(void **state)
{
    struct fake f = fake_of("a;b\n1;2\n3;");
    orch_read_request request = { .struct_size = sizeof request, .target_rows = 1 };
    orch_error err = ORCH_ERROR_INIT;
    struct ArrowArray batch = { 0 };
    orch_reader *reader = NULL;
    (void)state;
    fake_set(&f, "delimiter", ";");
    f.read_error = "cannot read \"x.csv\"";
    orch_source *source = open_source(&f);
    assert_int_equal(fake_connector()->source->read(source, &request, &reader, &err), ORCH_EIO);
    assert_string_equal(err.message, "cannot read \"x.csv\"");
    assert_null(reader);
    assert_int_equal(f.streams, 0);
    /* long enough for the first batch to come before the failure */
    size_t lines = 100000;
    char *text = malloc(lines * 4 + 1);
    assert_non_null(text);
    for (size_t i = 0; i < lines; i++)
        memcpy(text + 4 * i, "a;b\n", 4);
    f.inputs[0].text = text;
    f.inputs[0].len = lines * 4;
    fake_set(&f, "header", "false");
    fake_connector()->source->close(source);
    source = open_source(&f);
    reader = start(source, &request);
    orch_status st;
    while ((st = next(reader, &batch, &err)) == ORCH_OK)
        batch.release(&batch);
    assert_int_equal(st, ORCH_EIO);
    assert_int_equal(next(reader, &batch, &err), ORCH_EINVAL);
    assert_string_equal(err.message, "this reader has failed before");
    fake_connector()->source->end(reader);
    fake_connector()->source->close(source);
    fake_release(&f);
    free(text);
}

static void errors_may_be_asked_for_or_not(void **state)
{
    struct fake f = fake_of("");
    orch_read_request request = { .struct_size = sizeof request };
    orch_source *source = open_source(&f);
    orch_reader *reader = NULL;
    struct ArrowSchema schema = { 0 };
    (void)state;
    assert_int_equal(fake_connector()->source->read(source, &request, &reader, NULL), ORCH_EDATA);
    assert_int_equal(fake_connector()->source->describe(source, NULL, &schema, NULL), ORCH_EDATA);
    assert_null(reader);
    assert_null(schema.release);
    request.stream = "x";
    assert_int_equal(fake_connector()->source->read(source, &request, &reader, NULL), ORCH_EINVAL);
    fake_connector()->source->close(source);
    fake_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connector_is_a_source_that_reads_inputs_and_needs_nothing),
        cmocka_unit_test(only_requested_columns_come_in_the_order_wanted),
        cmocka_unit_test(no_column_at_all_may_be_requested),
        cmocka_unit_test(unknown_column_is_a_schema_error),
        cmocka_unit_test(column_asked_for_twice_breaks_the_contract),
        cmocka_unit_test(role_fields_say_what_they_are),
        cmocka_unit_test(batches_aim_at_rows_and_bytes_and_hold_one_input),
        cmocka_unit_test(inputs_of_rejects_only_give_no_batch),
        cmocka_unit_test(too_many_rejects_stop_the_reader),
        cmocka_unit_test(cancelled_and_interrupted_readers_stop),
        cmocka_unit_test(failing_stream_ends_the_reader),
        cmocka_unit_test(errors_may_be_asked_for_or_not),
    };
    return cmocka_run_group_tests_name("csv reader", tests, NULL, NULL);
}
