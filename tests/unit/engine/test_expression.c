/* SPDX-License-Identifier: Apache-2.0 */
#include "build.h"

#include "base/map.h"
#include "engine/kernel.h"

static void an_unknown_column_names_the_nearest(void **state)
{
    struct build b;
    (void)state;

    build_open(&b, 1);
    build_text(&b, "Horodate", (const char *[]){ "x" });
    refuse(&b, call(&b, "trim", col(&b, "Horodat"), NULL), "no column \"Horodat\"", "test.lua:1",
           "did you mean \"Horodate\"?");
    refuse(&b, col(&b, "something else"), "no column \"something else\"", "test.lua:1",
           "the columns at this step are Horodate");
    build_close(&b);
}

static void a_wrong_type_names_place_column_and_conversion(void **state)
{
    struct build b;
    (void)state;

    build_open(&b, 1);
    build_any(&b, "n", ORCH_TYPE_INTEGER, (int64_t[]){ 7 });
    build_text(&b, "t", (const char *[]){ "x" });
    refuse(&b, call(&b, "trim", col(&b, "n"), NULL), "trim needs text, not integer",
           "test.lua:3: column \"n\"", "add :text()");
    refuse(&b, call(&b, "add", col(&b, "t"), col(&b, "n"), NULL), "add needs a number, not text",
           "test.lua:3: column \"t\"", "add :number() or :integer()");
    build_close(&b);
}

static void missing_arguments_are_refused(void **state)
{
    struct build b;
    (void)state;

    build_open(&b, 1);
    build_text(&b, "t", (const char *[]){ "x" });
    refuse(&b, call(&b, "add", col(&b, "t"), NULL), "add needs 1 argument, not 0", "test.lua:3",
           "add: a + b");
    refuse(&b, with_text(&b, call(&b, "replace", col(&b, "t"), NULL), "x"),
           "replace needs 2 arguments, not 1", "test.lua:3", NULL);
    refuse(&b, call(&b, "trim", NULL), "trim needs a value to work on", "test.lua:3", NULL);
    refuse(&b, with_text(&b, call(&b, "column", col(&b, "t"), NULL), "t"),
           "column is not an operation on values", "test.lua:3", NULL);
    build_close(&b);
}

static void parameters_are_found_and_foreign_ones_refused(void **state)
{
    static const char *const allowed[] = { "decimal", "group", NULL };
    struct build b;
    struct orch_expr *e;
    struct orch_value v = val_text(",");
    (void)state;

    build_open(&b, 1);
    e = call(&b, "trim", NULL);
    assert_true(orch_expr_add_param(&b.plan, e, "decimal", &v));
    with_int(&b, e, 4);
    assert_int_equal(orch_expr_param_at(e, 0)->integer, 4);
    assert_null(orch_expr_param_at(e, 1));
    assert_non_null(orch_expr_param(e, "decimal"));
    assert_null(orch_expr_param(e, "group"));
    assert_int_equal(orch_expr_params_allowed(e, allowed, &b.err), ORCH_OK);
    assert_true(orch_expr_add_param(&b.plan, e, "gruop", &v));
    assert_int_equal(orch_expr_params_allowed(e, allowed, &b.err), ORCH_ECONFIG);
    assert_string_equal(b.err.message, "trim has no parameter \"gruop\"");
    assert_string_equal(b.err.hint, "did you mean \"group\"?");
    build_close(&b);
}

static void literals_fill_every_row_and_are_kept(void **state)
{
    struct build b;
    struct orch_expr *e;
    struct orch_vector v, again;
    (void)state;

    build_open(&b, 3);
    e = lit(&b, val_text("é"));
    v = run(&b, e);
    is_text(&v, 0, "é");
    is_text(&v, 2, "é");
    memset(b.ev.memo_set, 0, b.ev.n_memo);
    again = run(&b, e);
    assert_ptr_equal(v.of.any, again.of.any);
    memset(b.ev.memo_set, 0, b.ev.n_memo);
    b.ev.rows = 70000;
    again = run(&b, e);
    is_text(&again, 69999, "é");
    is_text(&v, 2, "é");
    build_close(&b);
}

static void a_nil_literal_is_null_of_every_type(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 2);
    v = run(&b, lit(&b, val_nil()));
    assert_int_equal(v.type, ORCH_TYPE_NULL);
    is_null(&v, 1);
    v = run(&b, call(&b, "trim", lit(&b, val_nil()), NULL));
    assert_int_equal(v.type, ORCH_TYPE_TEXT);
    is_null(&v, 0);
    build_close(&b);
}

static void text_that_is_not_utf8_is_refused_in_a_script(void **state)
{
    struct build b;
    (void)state;

    build_open(&b, 1);
    refuse(&b, lit(&b, val_text("\xff")), "a text in the script is not valid UTF-8", "test.lua:2",
           NULL);
    build_close(&b);
}

/* An operation that counts its evaluations. */
static int evaluations;

static orch_status count_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    (void)c;
    (void)err;
    e->type = e->args[0]->type;
    return ORCH_OK;
}

static orch_status count_eval(const struct orch_expr *e, struct orch_eval *ev,
                              const struct orch_vector *args, struct orch_vector *out)
{
    (void)e;
    (void)ev;
    evaluations++;
    *out = args[0];
    return ORCH_OK;
}

static const struct orch_op op_count = { "count", "", "", count_check, count_eval };

static void a_shared_part_is_evaluated_once(void **state)
{
    struct build b;
    struct orch_expr *shared;
    struct orch_vector v;
    (void)state;

    build_open(&b, 2);
    build_any(&b, "n", ORCH_TYPE_INTEGER, (int64_t[]){ 7, 8 });
    shared = orch_expr_new(&b.plan, &op_count, NULL);
    assert_true(orch_expr_add_arg(&b.plan, shared, col(&b, "n")));
    evaluations = 0;
    v = run(&b, call(&b, "multiply", call(&b, "add", shared, shared, NULL), shared, NULL));
    is_int(&v, 0, 98);
    is_int(&v, 1, 128);
    assert_int_equal(evaluations, 1);
    build_close(&b);
}

static void a_copy_shares_what_the_original_shares(void **state)
{
    struct build b;
    struct orch_map done = {0};
    struct orch_expr *shared, *e, *copy;
    (void)state;

    build_open(&b, 1);
    shared = col(&b, "n");
    e = call(&b, "add", shared, shared, NULL);
    assert_int_equal(orch_expr_clone(&b.plan, &done, e, &copy, &b.err), ORCH_OK);
    assert_ptr_not_equal(copy, e);
    assert_ptr_not_equal(copy->args[0], shared);
    assert_ptr_equal(copy->args[0], copy->args[1]);
    assert_string_equal(copy->place, "test.lua:3");
    orch_map_release(&done);
    build_close(&b);
}

static void nesting_without_end_is_refused(void **state)
{
    struct build b;
    struct orch_map done = {0};
    struct orch_expr *e, *copy;
    (void)state;

    build_open(&b, 1);
    build_any(&b, "n", ORCH_TYPE_INTEGER, (int64_t[]){ 7 });
    e = col(&b, "n");
    for (int i = 0; i < 100000; i++)
        e = call(&b, "negate", e, NULL);
    assert_int_equal(orch_expr_clone(&b.plan, &done, e, &copy, &b.err), ORCH_ECONFIG);
    assert_string_equal(b.err.message, "an expression is nested more than 500 levels deep");
    assert_int_equal(orch_expr_check(e, &b.check, &b.err), ORCH_ECONFIG);
    orch_map_release(&done);
    build_close(&b);
}

static void constants_are_computed_once_a_plan(void **state)
{
    struct build b;
    struct orch_expr *e;
    struct orch_vector v;
    (void)state;

    build_open(&b, 2);
    e = call(&b, "concat", call(&b, "upper", lit(&b, val_text("é")), NULL),
             lit(&b, val_text("x")), NULL);
    v = run(&b, e);
    assert_string_equal(e->op->name, "value");
    is_text(&v, 1, "Éx");
    /* one that fails stays, and fails on the rows that reach it */
    e = call(&b, "floor_divide", lit(&b, val_int(1)), lit(&b, val_int(0)), NULL);
    v = run(&b, e);
    assert_string_equal(e->op->name, "floor_divide");
    is_failed(&b, &v, 1, "arithmetic", "division by zero: 1 // 0");
    build_close(&b);
}

static void strict_operations_combine_nulls_and_failures(void **state)
{
    struct build b;
    struct orch_vector v;
    (void)state;

    build_open(&b, 4);
    build_any(&b, "a", ORCH_TYPE_INTEGER, (int64_t[]){ 1, 2, 3, 4 });
    build_any(&b, "b", ORCH_TYPE_INTEGER, (int64_t[]){ 1, 2, 3, 4 });
    build_null(&b, "a", 1);
    build_null(&b, "b", 2);
    build_fail(&b, "a", 2);
    build_fail(&b, "a", 3);
    build_fail(&b, "b", 3);
    v = run(&b, call(&b, "add", col(&b, "a"), col(&b, "b"), NULL));
    is_int(&v, 0, 2);
    is_null(&v, 1);
    is_failed(&b, &v, 2, "broken", "broken a");
    is_failed(&b, &v, 3, "broken", "broken a");
    v = run(&b, call(&b, "add", col(&b, "b"), col(&b, "a"), NULL));
    is_failed(&b, &v, 3, "broken", "broken b");
    /* arguments keep their own */
    is_null(&b.columns[1], 2);
    build_close(&b);
}

static void a_failure_message_is_cut_between_characters(void **state)
{
    struct build b;
    char text[700];
    const char *message;
    (void)state;

    build_open(&b, 1);
    for (size_t i = 0; i < sizeof text - 2; i += 2)
        memcpy(text + i, "é", 2);
    text[sizeof text - 2] = '\0';
    assert_int_equal(orch_eval_fail(&b.ev, "x", NULL, ORCH_STR(""), ".%s", text), 1);
    message = b.ev.failures.items[0].message;
    assert_true(strlen(message) < 512);
    assert_int_equal(orch_utf8_valid(message, strlen(message)), strlen(message));
    build_close(&b);
}

static void operations_have_names_of_their_own(void **state)
{
    const struct orch_op *op;
    (void)state;

    for (size_t i = 0; (op = orch_op_at(i)) != NULL; i++) {
        assert_ptr_equal(orch_op_find(op->name), op);
        assert_non_null(op->signature);
        assert_non_null(op->check);
        assert_non_null(op->eval);
        assert_true(strlen(op->summary) > 3);
    }
    assert_null(orch_op_find("no such operation"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unknown_column_names_the_nearest),
        cmocka_unit_test(a_wrong_type_names_place_column_and_conversion),
        cmocka_unit_test(missing_arguments_are_refused),
        cmocka_unit_test(parameters_are_found_and_foreign_ones_refused),
        cmocka_unit_test(literals_fill_every_row_and_are_kept),
        cmocka_unit_test(a_nil_literal_is_null_of_every_type),
        cmocka_unit_test(text_that_is_not_utf8_is_refused_in_a_script),
        cmocka_unit_test(a_shared_part_is_evaluated_once),
        cmocka_unit_test(a_copy_shares_what_the_original_shares),
        cmocka_unit_test(nesting_without_end_is_refused),
        cmocka_unit_test(constants_are_computed_once_a_plan),
        cmocka_unit_test(strict_operations_combine_nulls_and_failures),
        cmocka_unit_test(a_failure_message_is_cut_between_characters),
        cmocka_unit_test(operations_have_names_of_their_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
