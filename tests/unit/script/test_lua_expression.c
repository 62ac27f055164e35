/* SPDX-License-Identifier: Apache-2.0 */
/* Expressions, as scripts write them and as the engine gets them. */
#include "script_test.h"

static const struct orch_expr *value_of(const char *expression, struct orch_script **s)
{
    char text[2000];

    snprintf(text, sizeof text,
             HEAD "return o.pipeline { name = 'p', " ENDS ", steps = { o.select { v = %s } } }",
             expression);
    *s = test_load(text);
    return orch_script_pipeline(*s)->steps[0].outputs[0].expr;
}

static void refused(const char *expression, const char *detail, const char *hint)
{
    char text[2000];
    char full[600];

    snprintf(text, sizeof text, HEAD "local v = %s", expression);
    snprintf(full, sizeof full, "x.lua:3: %s", detail);
    test_refused(text, full, hint);
}

/* ---- binding ----------------------------------------------------------------------------- */

static void columns_are_named_by_field_or_by_text(void **state)
{
    struct orch_script *s;
    const struct orch_expr *e = value_of("col[\"N\xC2\xB0 de PRM\"]", &s);

    (void)state;
    assert_string_equal(e->op->name, "column");
    assert_string_equal(orch_expr_param_at(e, 0)->text.ptr, "N\xC2\xB0 de PRM");
    assert_string_equal(e->place, "x.lua:3");
    orch_script_free(s);
}

static void signatures_say_what_arguments_become(void **state)
{
    struct orch_script *s;
    const struct orch_expr *e = value_of("col.a:between(1, col.b)", &s);

    (void)state;
    assert_int_equal(e->n_args, 3);
    assert_string_equal(e->args[1]->op->name, "value");
    assert_int_equal(orch_expr_param_at(e->args[1], 0)->type, ORCH_TYPE_INTEGER);
    assert_string_equal(e->args[2]->op->name, "column");
    orch_script_free(s);

    e = value_of("col.a:number { decimal = ',', b = 1.0 }", &s);
    assert_int_equal(e->n_args, 1);
    assert_int_equal(e->n_params, 2);
    assert_string_equal(e->params[0].key, "b"); /* sorted */
    assert_int_equal(e->params[0].value.type, ORCH_TYPE_NUMBER);
    assert_string_equal(orch_expr_param(e, "decimal")->text.ptr, ",");
    orch_script_free(s);

    e = value_of("col.a:number()", &s);
    assert_int_equal(e->n_params, 0);
    orch_script_free(s);

    e = value_of("col.a:concat('-', col.b, 1)", &s);
    assert_int_equal(e->n_args, 4);
    orch_script_free(s);

    /* options behind optional literals */
    e = value_of("col.a:timestamp { missing_hour = 'x' }", &s);
    assert_int_equal(e->n_params, 1);
    assert_string_equal(e->params[0].key, "missing_hour");
    orch_script_free(s);

    e = value_of("col.a:is_in { 3, 'b', true, 2.5 }", &s);
    assert_int_equal(orch_expr_param_at(e, 0)->type, ORCH_TYPE_LIST);
    assert_int_equal(orch_expr_param_at(e, 0)->n_items, 4);
    assert_int_equal(orch_expr_param_at(e, 0)->items[0].key.integer, 1);
    assert_int_equal(orch_expr_param_at(e, 0)->items[2].value.boolean, true);
    orch_script_free(s);
}

static void tables_keep_one_order(void **state)
{
    struct orch_script *s;
    const struct orch_value *list;
    const struct orch_expr *e =
        value_of("col.a:is_in { zz = 1, [10] = 2, [2] = 3, aa = 4, [1.5] = 5, [true] = 6 }", &s);

    (void)state;
    list = orch_expr_param_at(e, 0);
    assert_int_equal(list->items[0].key.integer, 2);
    assert_int_equal(list->items[1].key.integer, 10);
    assert_true(list->items[2].key.number == 1.5);
    assert_string_equal(list->items[3].key.text.ptr, "aa");
    assert_string_equal(list->items[4].key.text.ptr, "zz");
    assert_int_equal(list->items[5].key.type, ORCH_TYPE_BOOLEAN);
    orch_script_free(s);
}

static void operators_are_operations(void **state)
{
    static const struct {
        const char *text, *op;
    } cases[] = {
        { "col.a + 1", "add" },       { "1 - col.a", "subtract" },
        { "col.a * col.b", "multiply" },
        { "col.a / 2", "divide" },    { "col.a // 2", "floor_divide" }, { "col.a % 2", "modulo" },
        { "-col.a", "negate" },       { "'x' .. col.a", "concat" },   { "col.a & col.b", "and" },
        { "col.a | col.b", "or" },    { "~col.a", "not" },            { "o.value(1)", "value" },
        { "o.all(col.a, col.b)", "and" }, { "o.any(col.a, col.b, col.c)", "or" },
        { "o.all(col.a)", "column" }, { "col.a['and'](col.a, col.b)", "and" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct orch_script *s;
        const struct orch_expr *e = value_of(cases[i].text, &s);
        assert_string_equal(e->op->name, cases[i].op);
        orch_script_free(s);
    }
}

static void the_first_operand_may_be_a_literal(void **state)
{
    struct orch_script *s;
    const struct orch_expr *e = value_of("1 - col.a", &s);

    (void)state;
    assert_int_equal(e->n_args, 2);
    assert_string_equal(e->args[0]->op->name, "value");
    assert_string_equal(e->args[1]->op->name, "column");
    orch_script_free(s);
}

static void case_takes_conditions_and_values_in_turn(void **state)
{
    struct orch_script *s;
    const struct orch_expr *e = value_of("o.case(col.a:eq(1), 'one', col.a:eq(2), 'two', 'many')",
                                         &s);

    (void)state;
    assert_string_equal(e->op->name, "case");
    assert_int_equal(e->n_args, 5);
    orch_script_free(s);
    refused("o.case(col.a)", "o.case needs a condition and a value",
            "write o.case(condition, value, …, otherwise)");
    refused("o.case(col.a:eq(1), 'one', true, 'two')",
            "argument 3 of o.case is a boolean, not a condition",
            "a comparison with == or < is no expression: write col.a:eq(b), col.a:lt(b)");
}

static void dates_are_literals_of_their_own_type(void **state)
{
    struct orch_script *s;
    const struct orch_expr *e = value_of("col.a:ge(o.date(2024, 2, 29))", &s);

    (void)state;
    assert_int_equal(orch_expr_param_at(e->args[1], 0)->type, ORCH_TYPE_DATE);
    assert_int_equal(orch_expr_param_at(e->args[1], 0)->integer, 19782);
    orch_script_free(s);
    e = value_of("o.timestamp('2024-02-29T00:00:01.5Z')", &s);
    assert_int_equal(orch_expr_param_at(e, 0)->type, ORCH_TYPE_TIMESTAMP);
    assert_int_equal(orch_expr_param_at(e, 0)->integer, INT64_C(19782) * 86400000000 + 1500000);
    orch_script_free(s);
}

/* ---- errors ------------------------------------------------------------------------------ */

static const char zero_hint[] = "write it without \\0: no file name, setting or row can hold one";

static void a_wrong_call_says_how_it_is_written(void **state)
{
    (void)state;
    refused("col.a:trimm()", "no operation \"trimm\" on a column", "did you mean \"trim\"?");
    refused("col.a:frobnicate()", "no operation \"frobnicate\" on a column", "");
    refused("col.a:column()", "no operation \"column\" on a column", "");
    refused("col.a:case()", "no operation \"case\" on a column", "");
    refused("col.a.trim()", "\"trim\" was called on nothing, not on a column expression",
            "call it with a colon: value:trim(…)");
    refused("col.a:trim(1)", "\"trim\" takes no arguments", "write value:trim()");
    refused("col.a:between(1)", "\"between\" needs more arguments",
            "write value:between(value, value)");
    refused("col.a:between(1, 2, 3)", "\"between\" got too many arguments",
            "write value:between(value, value)");
    refused("col.a:concat()", "\"concat\" needs more arguments", "write value:concat(value, …)");
    refused("col.a:digits(col.b)",
            "argument 1 of \"digits\" must be a literal, not a column expression", "");
    refused("col.a:digits(nil)", "argument 1 of \"digits\" is nil", "");
    refused("col.a:is_in(1, 2)", "argument 1 of \"is_in\" must be a table, not an integer",
            "write value:is_in{ … }");
    refused("col.a:number ','", "argument 1 of \"number\" must be a table of options, not a text",
            "write { name = value }");
    refused("col.a:number { ',' }", "argument 1 of \"number\" has a value without a name",
            "write { name = value }");
    refused("col.a:eq(print)",
            "argument 1 of \"eq\" must be a column expression or a literal, not a function", "");
    refused("col.a:eq(0/0)", "argument 1 of \"eq\" is not a number (nan)",
            "divide by something that is not zero");
    refused("col.a:eq('\\xff')", "argument 1 of \"eq\" is not valid UTF-8",
            "save the script as UTF-8; cut texts with utf8.offset");
    refused("col.a .. 'x\\0'", "argument 1 of \"concat\" holds a zero byte", zero_hint);
    refused("col.a:replace('x', '\\0')", "argument 2 of \"replace\" holds a zero byte", zero_hint);
    refused("col.a:map { a = '\\0' }", "argument 1 of \"map\" holds a zero byte", zero_hint);
    refused("col[1]", "a column has a name, not an integer", "write col.NAME or col[\"any name\"]");
    refused("col['']", "a column's name is empty", "");
}

static void comparisons_of_the_language_are_refused_where_they_can_be(void **state)
{
    (void)state;
    refused("col.a < 1", "compare columns with :lt(), :le(), :gt(), :ge()",
            "write a:lt(b) for a < b, a:ge(b) for a >= b");
    refused("1 >= col.a", "compare columns with :lt(), :le(), :gt(), :ge()",
            "write a:lt(b) for a < b, a:ge(b) for a >= b");
    refused("col.a == col.b", "compare columns with :eq(), :ne()",
            "write a:eq(b) for a == b, a:ne(b) for a ~= b");
    refused("#col.a", "# does not work on a column", "write value:length()");
    refused("col.a()", "a column expression cannot be called",
            "operations need a colon and a name: value:trim()");
    refused("o.where(col.a == 1)", "o.where needs a condition, not a boolean",
            "a comparison with == or < is no expression: write col.a:eq(b), col.a:lt(b)");
    refused("o.all(col.a, true)", "argument 2 of o.all is a boolean, not a condition",
            "a comparison with == or < is no expression: write col.a:eq(b), col.a:lt(b)");
    refused("getmetatable(col.a).x", "attempt to index a boolean value", "");
    test_refused(HEAD "col.a.x = 1", "x.lua:3: an expression cannot be changed",
                 "give the result a name: local b = a:trim()");
    test_refused(HEAD "col.a = 1", "x.lua:3: a column of the source cannot be assigned",
                 "name outputs in o.select { name = value }");
}

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    test_refused(HEAD "local e = col.a\nfor i = 1, 1000 do\n e = e:trim() end",
                 "x.lua:5: an expression is nested more than 500 deep",
                 "split it: name a part in an earlier o.select");
}

/* ---- select ------------------------------------------------------------------------------ */

static void expect_order(const char *select, const char *names)
{
    char text[3000];
    char got[500] = "";
    struct orch_script *s;

    snprintf(text, sizeof text,
             HEAD "local early = col.E:trim()\nlocal sooner = col.S\nlocal sel = o.select\n"
                  "return o.pipeline { name = 'p', " ENDS ", steps = { %s } }", select);
    s = test_load(text);
    const struct orch_step *step = &orch_script_pipeline(s)->steps[0];
    for (size_t i = 0; i < step->n_outputs; i++)
        snprintf(got + strlen(got), sizeof got - strlen(got), "%s ", step->outputs[i].name);
    assert_string_equal(got, names);
    orch_script_free(s);
}

static void outputs_come_in_the_order_they_are_written(void **state)
{
    (void)state;
    expect_order("o.select { z = col.a:trim(), a = col.b, m = col.c + col.d, b = -col.e }",
                 "z a m b ");
    expect_order("o.select { z1 = col.a, y2 = col.b, x3 = col.c, w4 = col.d, "
                 "v5 = col.e, u6 = col.f,"
                 " t7 = col.g, s8 = col.h, r9 = col.i, q0 = col.j }",
                 "z1 y2 x3 w4 v5 u6 t7 s8 r9 q0 ");
    expect_order("o.select { z = col.a, k = 1, early = early, sooner = sooner, "
                 "b = col.b, a = 'x' }",
                 "z b a early k sooner ");
    expect_order("sel { z = col.a, early = early, b = col.b }", "z b early ");
    expect_order("o.select { { 'z', early }, { 'b', 1 }, { 'a', col.a } }", "z b a ");
}

static void a_wrong_select_is_refused(void **state)
{
    (void)state;
    refused("o.select {}", "o.select needs at least one output", "");
    refused("o.select(col.a)", "o.select needs one table of outputs, not a column expression",
            "write o.select { name = value }");
    refused("o.select { { 'a', 1 }, { 'a', 2 } }", "o.select names \"a\" twice", "");
    refused("o.select { { 'a', 1 }, b = 2 }", "o.select has the key \"b\" among its values", "");
    refused("o.select { { 'a' } }", "output 1 of o.select is not a pair of name and value",
            "write { \"name\", value }");
    refused("o.select { a = {} }",
            "output \"a\" must be a column expression or a literal, not a table", "");
    refused("o.select { [''] = col.a }", "an output's name is empty", "");
    refused("o.where(col.a, col.b)", "o.where takes one condition, got 2",
            "write o.where(o.all(a, b)), or one o.where a condition");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_are_named_by_field_or_by_text),
        cmocka_unit_test(signatures_say_what_arguments_become),
        cmocka_unit_test(tables_keep_one_order),
        cmocka_unit_test(operators_are_operations),
        cmocka_unit_test(the_first_operand_may_be_a_literal),
        cmocka_unit_test(case_takes_conditions_and_values_in_turn),
        cmocka_unit_test(dates_are_literals_of_their_own_type),
        cmocka_unit_test(a_wrong_call_says_how_it_is_written),
        cmocka_unit_test(comparisons_of_the_language_are_refused_where_they_can_be),
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(outputs_come_in_the_order_they_are_written),
        cmocka_unit_test(a_wrong_select_is_refused),
    };

    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
