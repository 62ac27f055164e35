/* SPDX-License-Identifier: Apache-2.0 */
#include "plan_build.h"

static void without_steps_every_column_passes(void **state)
{
    struct build b;
    struct orch_plan *p;
    struct orch_plan_result r;
    (void)state;

    four_rows(&b);
    p = plan_of(&b, NULL, 0);
    assert_int_equal(orch_plan_used(p)[2], 1);
    assert_int_equal(orch_plan_fields(p)->len, 3);
    r = plan_run(&b, p);
    assert_int_equal(r.frame.rows, 4);
    is_text(&r.frame.columns[0], 1, "b");
    orch_plan_free(p);
    build_close(&b);
}

/* Zero bytes in a null, or in a column that nobody reads, are nobody's. */
static void rows_with_zero_bytes_are_rejected_before_the_steps(void **state)
{
    static const struct orch_str texts[] = {
        { "a", 1 }, { "b\0", 2 }, { "\0", 1 }, { "d", 1 }
    };
    struct build b;
    struct orch_plan *p;
    struct orch_plan_result r;
    (void)state;

    four_rows(&b);
    b.columns[0].of.text = texts;
    b.columns[0].zeros = true;
    p = plan_of(&b, STEPS(where_step(call(&b, "gt", col(&b, "n"), lit(&b, val_int(2)), NULL))));
    for (int batch = 0; batch < 2; batch++) {
        r = plan_run(&b, p);
        assert_int_equal(r.frame.rows, 2);
        assert_int_equal(r.frame.source_row[0], 2);
        assert_int_equal(r.frame.source_row[1], 3);
        assert_int_equal(r.n_rejects, 1);
        is_reject(&r.rejects[0], 1, "nul", "the text holds a zero byte; take it out in the source",
                  "name");
        assert_int_equal(r.rejects[0].raw.len, 2);
    }
    orch_plan_free(p);
    build_close(&b);
}

static void select_gives_typed_fields_and_asks_for_what_it_reads(void **state)
{
    struct build b;
    struct orch_plan *p;
    struct orch_plan_result r;
    struct orch_output outputs[2];
    (void)state;

    four_rows(&b);
    outputs[0] = (struct orch_output){ "trimmed", call(&b, "trim", col(&b, "name"), NULL) };
    outputs[1] = (struct orch_output){ "half", call(&b, "divide", col(&b, "n"),
                                                    lit(&b, val_int(2)), NULL) };
    p = plan_of(&b, STEPS(select_step(outputs, 2)));
    assert_int_equal(orch_plan_used(p)[0], 1);
    assert_int_equal(orch_plan_used(p)[1], 1);
    assert_int_equal(orch_plan_used(p)[2], 0);
    assert_string_equal(orch_plan_fields(p)->items[1].name, "half");
    assert_int_equal(orch_plan_fields(p)->items[1].type, ORCH_TYPE_NUMBER);
    for (int batch = 0; batch < 3; batch++) {
        r = plan_run(&b, p);
        assert_int_equal(r.frame.rows, 4);
        is_text(&r.frame.columns[0], 0, "a");
        is_null(&r.frame.columns[0], 2);
        is_num(&r.frame.columns[1], 2, 1.5);
        assert_null(r.frame.source_row);
    }
    orch_plan_free(p);
    build_close(&b);
}

static void a_failed_output_rejects_its_row_and_the_first_wins(void **state)
{
    struct build b;
    struct orch_plan *p;
    struct orch_plan_result r;
    struct orch_output outputs[3];
    (void)state;

    four_rows(&b);
    outputs[0] = (struct orch_output){ "n", call(&b, "between", col(&b, "n"), lit(&b, val_int(2)),
                                                 lit(&b, val_int(30)), NULL) };
    outputs[1] = (struct orch_output){ "name", call(&b, "required", col(&b, "name"), NULL) };
    outputs[2] = (struct orch_output){ "code", with_int(&b, call(&b, "digits", col(&b, "name"),
                                                                 NULL), 2) };
    p = plan_of(&b, STEPS(select_step(outputs, 3)));
    r = plan_run(&b, p);
    assert_int_equal(r.frame.rows, 0);
    assert_int_equal(r.n_rejects, 4);
    is_reject(&r.rejects[0], 0, "between", "1 is not between 2 and 30", "n");
    is_reject(&r.rejects[1], 1, "digits", "not 2 digits: \"b\"", "name");
    assert_int_equal(r.rejects[1].raw.len, 1);
    is_reject(&r.rejects[2], 2, "required", "a value is required", "name");
    is_reject(&r.rejects[3], 3, "between", "40 is not between 2 and 30", "n");
    orch_plan_free(p);
    build_close(&b);
}

static void a_failure_that_reaches_no_output_does_not_reject(void **state)
{
    struct build b;
    struct orch_plan *p;
    struct orch_plan_result r;
    struct orch_output output;
    (void)state;

    four_rows(&b);
    output = (struct orch_output){
        "x", call(&b, "or_null", with_int(&b, call(&b, "digits", col(&b, "name"), NULL), 2), NULL)
    };
    p = plan_of(&b, STEPS(select_step(&output, 1)));
    r = plan_run(&b, p);
    assert_int_equal(r.frame.rows, 4);
    assert_int_equal(r.n_rejects, 0);
    is_null(&r.frame.columns[0], 0);
    orch_plan_free(p);
    build_close(&b);
}

static void a_reject_without_a_source_column_names_the_output(void **state)
{
    struct build b;
    struct orch_plan *p;
    struct orch_plan_result r;
    struct orch_output outputs[1];
    (void)state;

    four_rows(&b);
    outputs[0] = (struct orch_output){ "q", call(&b, "divide", lit(&b, val_int(1)),
                                                 lit(&b, val_int(0)), NULL) };
    p = plan_of(&b, STEPS(select_step(outputs, 1)));
    r = plan_run(&b, p);
    assert_int_equal(r.n_rejects, 4);
    is_reject(&r.rejects[3], 3, "arithmetic", "division by zero: 1 / 0", "q");
    orch_plan_free(p);
    build_close(&b);
}

static void where_filters_false_and_null_and_rejects_failures(void **state)
{
    struct build b;
    struct orch_plan *p;
    struct orch_plan_result r;
    struct orch_expr *code;
    (void)state;

    build_open(&b, 4);
    build_text(&b, "t", (const char *[]){ "12", NULL, "x", "34" });
    code = with_int(&b, call(&b, "digits", col(&b, "t"), NULL), 2);
    p = plan_of(&b, STEPS(where_step(call(&b, "eq", code, lit(&b, val_text("34")), NULL))));
    r = plan_run(&b, p);
    assert_int_equal(r.frame.rows, 1);
    assert_int_equal(r.filtered, 2);
    is_text(&r.frame.columns[0], 0, "34");
    assert_int_equal(r.frame.source_row[0], 3);
    assert_int_equal(r.n_rejects, 1);
    is_reject(&r.rejects[0], 2, "digits", "not 2 digits: \"x\"", "t");
    orch_plan_free(p);
    build_close(&b);
}

static void between_and_one_of_are_conditions_in_a_where(void **state)
{
    const struct orch_value list[] = { val_int(3), val_int(20) };
    struct build b;
    struct orch_plan *p;
    struct orch_plan_result r;
    (void)state;

    four_rows(&b);
    p = plan_of(&b, STEPS(where_step(call(&b, "between", col(&b, "n"), lit(&b, val_int(3)),
                                          lit(&b, val_int(40)), NULL)),
                          where_step(with_list(&b, call(&b, "one_of", col(&b, "n"), NULL), NULL,
                                               list, 2))));
    r = plan_run(&b, p);
    assert_int_equal(r.frame.rows, 2);
    assert_int_equal(r.filtered, 2);
    assert_int_equal(r.n_rejects, 0);
    is_int(&r.frame.columns[1], 0, 20);
    orch_plan_free(p);
    build_close(&b);
}

static void one_expression_may_serve_in_several_steps(void **state)
{
    struct build b;
    struct orch_plan *p;
    struct orch_plan_result r;
    struct orch_expr *n;
    struct orch_output first[2], second[1];
    (void)state;

    four_rows(&b);
    n = call(&b, "multiply", col(&b, "n"), lit(&b, val_int(2)), NULL);
    first[0] = (struct orch_output){ "n", n };
    first[1] = (struct orch_output){ "label", col(&b, "name") };
    second[0] = (struct orch_output){ "n", n };
    p = plan_of(&b, STEPS(select_step(first, 2),
                          where_step(call(&b, "gt", n, lit(&b, val_int(100)), NULL)),
                          select_step(second, 1)));
    r = plan_run(&b, p);
    assert_int_equal(r.frame.rows, 1);
    is_int(&r.frame.columns[0], 0, 160);
    assert_int_equal(r.frame.source_row[0], 3);
    orch_plan_free(p);
    /* the script's own trees are untouched: another plan may use them */
    assert_false(n->checked);
    build_close(&b);
}

static void rejects_of_a_later_step_name_source_rows_and_columns(void **state)
{
    struct build b;
    struct orch_plan *p;
    struct orch_plan_result r;
    struct orch_output first[1], second[1];
    (void)state;

    four_rows(&b);
    first[0] = (struct orch_output){ "label", call(&b, "trim", col(&b, "name"), NULL) };
    second[0] = (struct orch_output){ "label",
                                      call(&b, "required", col(&b, "label"), NULL) };
    p = plan_of(&b, STEPS(where_step(call(&b, "gt", col(&b, "n"), lit(&b, val_int(1)), NULL)),
                          select_step(first, 1), select_step(second, 1)));
    r = plan_run(&b, p);
    assert_int_equal(r.frame.rows, 2);
    assert_int_equal(r.n_rejects, 1);
    is_reject(&r.rejects[0], 2, "required", "a value is required", "name");
    orch_plan_free(p);
    build_close(&b);
}

static void wrong_steps_are_refused(void **state)
{
    struct build b;
    struct orch_output outputs[2];
    (void)state;

    four_rows(&b);
    outputs[0] = outputs[1] = (struct orch_output){ "a", col(&b, "n") };
    plan_refused(&b, STEPS(select_step(outputs, 2)), "two outputs have the name \"a\"",
                 "test.lua:9");
    plan_refused(&b, STEPS(select_step(outputs, 0)), "a step has no outputs", "test.lua:9");
    outputs[0] = (struct orch_output){ "a", lit(&b, val_nil()) };
    plan_refused(&b, STEPS(select_step(outputs, 1)), "output \"a\" is nil and has no type",
                 "test.lua:9");
    plan_refused(&b, STEPS(where_step(col(&b, "name"))), "where needs a boolean, not text",
                 "test.lua:10");
    outputs[0] = (struct orch_output){ "a", call(&b, "trim", col(&b, "n"), NULL) };
    plan_refused(&b, STEPS(select_step(outputs, 1)), "trim needs text, not integer",
                 "test.lua:3: column \"n\"");
    assert_string_equal(b.err.field, "a");
    /* after a select the source's other columns are gone */
    outputs[0] = (struct orch_output){ "a", col(&b, "n") };
    plan_refused(&b, STEPS(select_step(outputs, 1), where_step(col(&b, "n"))),
                 "no column \"n\"", "test.lua:1");
    build_close(&b);
}

static void a_reader_that_changes_types_is_refused(void **state)
{
    struct build b;
    struct orch_plan *p;
    struct orch_plan_result r;
    struct orch_output output;
    (void)state;

    four_rows(&b);
    output = (struct orch_output){ "a", col(&b, "n") };
    p = plan_of(&b, STEPS(select_step(&output, 1)));
    b.columns[1].type = ORCH_TYPE_TEXT;
    assert_int_equal(plan_try(&b, p, &r), ORCH_ESCHEMA);
    assert_string_equal(b.err.message, "column \"n\" is text, it was described as integer");
    orch_plan_free(p);
    build_close(&b);
}

static void an_empty_batch_gives_an_empty_frame(void **state)
{
    struct build b;
    struct orch_plan *p;
    struct orch_plan_result r;
    struct orch_output output;
    (void)state;

    build_open(&b, 0);
    build_text(&b, "t", NULL);
    output = (struct orch_output){ "a", call(&b, "concat", col(&b, "t"),
                                             lit(&b, val_text("x")), NULL) };
    p = plan_of(&b, STEPS(select_step(&output, 1),
                          where_step(with_text(&b, call(&b, "match", col(&b, "a"), NULL), "x"))));
    r = plan_run(&b, p);
    assert_int_equal(r.frame.rows, 0);
    assert_int_equal(r.frame.fields->len, 1);
    orch_plan_free(p);
    build_close(&b);
}

static void geometry_goes_along_with_its_column(void **state)
{
    struct build b;
    struct orch_plan *p;
    struct orch_output output;
    (void)state;

    build_open(&b, 1);
    build_any(&b, "g", ORCH_TYPE_BINARY, (struct orch_str[]){ { "x", 1 } });
    b.items[0].geometry = "POINT";
    b.items[0].crs = "2154";
    b.items[0].comment = "where";
    output = (struct orch_output){ "geom", call(&b, "required", col(&b, "g"), NULL) };
    p = plan_of(&b, STEPS(select_step(&output, 1)));
    assert_string_equal(orch_plan_fields(p)->items[0].geometry, "POINT");
    assert_string_equal(orch_plan_fields(p)->items[0].crs, "2154");
    assert_null(orch_plan_fields(p)->items[0].comment);
    orch_plan_free(p);
    build_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_steps_every_column_passes),
        cmocka_unit_test(rows_with_zero_bytes_are_rejected_before_the_steps),
        cmocka_unit_test(select_gives_typed_fields_and_asks_for_what_it_reads),
        cmocka_unit_test(a_failed_output_rejects_its_row_and_the_first_wins),
        cmocka_unit_test(a_failure_that_reaches_no_output_does_not_reject),
        cmocka_unit_test(a_reject_without_a_source_column_names_the_output),
        cmocka_unit_test(where_filters_false_and_null_and_rejects_failures),
        cmocka_unit_test(between_and_one_of_are_conditions_in_a_where),
        cmocka_unit_test(one_expression_may_serve_in_several_steps),
        cmocka_unit_test(rejects_of_a_later_step_name_source_rows_and_columns),
        cmocka_unit_test(wrong_steps_are_refused),
        cmocka_unit_test(a_reader_that_changes_types_is_refused),
        cmocka_unit_test(an_empty_batch_gives_an_empty_frame),
        cmocka_unit_test(geometry_goes_along_with_its_column),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
