/* SPDX-License-Identifier: Apache-2.0 */
/* Row functions over real batches: types through Lua and back, rejects, errors, limits, speed. */
#include "script_test.h"

#include "base/arena.h"
#include "base/clock.h"

#define ROWS 4

static const uint8_t null_row[ROWS] = { 0, 0, 1, 0 };
static const uint8_t booleans[ROWS] = { 1, 0, 1, 0 };
static const int64_t integers[ROWS] = { 1, -5, 0, INT64_MAX };
static const double numbers[ROWS] = { 0.5, -2, 0, 1e300 };
static const struct orch_str texts[ROWS] = {
    { "a", 1 }, { "\xC3\xA9t\xC3\xA9", 5 }, { "", 0 }, { "", 0 }
};
static const struct orch_str bytes[ROWS] = { { "\0\xff", 2 }, { "x", 1 }, { "", 0 }, { "", 0 } };
static const int64_t days[ROWS] = { 0, 19782, 0, -719162 };
static const int64_t instants[ROWS] = { 0, 1709164801500000, 0, -1 };

static struct orch_field source_items[] = {
    { .name = "b", .type = ORCH_TYPE_BOOLEAN },   { .name = "i", .type = ORCH_TYPE_INTEGER },
    { .name = "n", .type = ORCH_TYPE_NUMBER },    { .name = "t", .type = ORCH_TYPE_TEXT },
    { .name = "d", .type = ORCH_TYPE_DATE },      { .name = "s", .type = ORCH_TYPE_TIMESTAMP },
    { .name = "y", .type = ORCH_TYPE_BINARY },
};
static const struct orch_fields source = { source_items, 7 };
static const struct orch_vector source_columns[] = {
    { .type = ORCH_TYPE_BOOLEAN, .null = null_row, .of.boolean = booleans },
    { .type = ORCH_TYPE_INTEGER, .null = null_row, .of.integer = integers },
    { .type = ORCH_TYPE_NUMBER, .null = null_row, .of.number = numbers },
    { .type = ORCH_TYPE_TEXT, .null = null_row, .of.text = texts },
    { .type = ORCH_TYPE_DATE, .null = null_row, .of.integer = days },
    { .type = ORCH_TYPE_TIMESTAMP, .null = null_row, .of.integer = instants },
    { .type = ORCH_TYPE_BINARY, .null = null_row, .of.text = bytes },
};

struct run {
    struct orch_script *script;
    struct orch_plan *plan;
    struct orch_plan_result result;
    orch_error err;
    orch_status status;
};

static void run_request(struct run *r, const char *text, struct orch_limits limits)
{
    struct orch_vector used[7];
    struct orch_field items[7];
    const struct orch_pipeline *p;
    size_t n = 0;

    *r = (struct run){ 0 };
    if (test_load_request(text, (struct orch_script_request){ .limits = limits }, &r->script,
                          &r->err) != ORCH_OK)
        fail_msg("%s | %s", r->err.message, r->err.detail);
    p = orch_script_pipeline(r->script);
    if (orch_plan_new(&source, p->steps, p->n_steps, NULL, &r->plan, &r->err) != ORCH_OK)
        fail_msg("%s | %s", r->err.message, r->err.detail);
    for (size_t i = 0; i < 7; i++)
        if (orch_plan_used(r->plan)[i])
            items[n] = source_items[i], used[n++] = source_columns[i];
    struct orch_fields fields = { items, n };
    struct orch_frame frame = { &fields, used, ROWS, NULL };
    r->err = (orch_error)ORCH_ERROR_INIT;
    r->status = orch_plan_run(r->plan, &frame, &r->result, &r->err);
}

static void run(struct run *r, const char *step)
{
    char text[4000];

    snprintf(text, sizeof text,
             HEAD "return o.pipeline { name = 'p', " ENDS ", steps = {\n%s\n} }\n", step);
    run_request(r, text, (struct orch_limits){ 0 });
}

static void done(struct run *r)
{
    orch_plan_free(r->plan);
    orch_script_free(r->script);
}

static void run_ok(struct run *r, const char *step)
{
    run(r, step);
    if (r->status != ORCH_OK)
        fail_msg("%s | %s | %s", r->err.message, r->err.detail, r->err.hint);
}

static void fails(const char *step, const char *detail, const char *hint, int64_t row)
{
    struct run r;

    run(&r, step);
    assert_int_equal(r.status, ORCH_ECONFIG);
    assert_string_equal(r.err.message, "row function failed");
    test_expect(&r.err, detail, hint);
    assert_int_equal(r.err.row, row);
    done(&r);
}

static bool is_null(const struct orch_vector *v, int64_t row)
{
    return v->null && v->null[row];
}

/* ---- types ------------------------------------------------------------------------------- */

static void every_type_goes_through_lua_unchanged(void **state)
{
    struct run r;
    const struct orch_vector *c;

    (void)state;
    run_ok(&r, "o.each({ 'b', 'i', 'n', 't', 'd', 's', 'y' },\n"
               "function(b, i, n, t, d, s, y)\n"
               "  if b ~= nil then\n"
               "    assert(type(b) == 'boolean' and math.type(i) == 'integer')\n"
               "    assert(math.type(n) == 'float' and type(t) == 'string' and type(y) "
               "== 'string')\n"
               "    assert(type(d) == 'userdata' and type(s) == 'userdata' and d ~= s)\n"
               "  end\n"
               "  return b, i, n, t, d, s, y\n"
               "end, { { 'b', 'boolean' }, { 'i', 'integer' }, { 'n', 'number' }, "
               "{ 't', 'text' },\n"
               "       { 'd', 'date' }, { 's', 'timestamp' }, { 'y', 'binary' } })");
    assert_int_equal(r.result.frame.rows, ROWS);
    c = r.result.frame.columns;
    for (int64_t i = 0; i < ROWS; i++) {
        for (size_t k = 0; k < 7; k++)
            assert_int_equal(is_null(&c[k], i), null_row[i]);
        if (null_row[i])
            continue;
        assert_int_equal(c[0].of.boolean[i], booleans[i]);
        assert_int_equal(c[1].of.integer[i], integers[i]);
        assert_true(c[2].of.number[i] == numbers[i]);
        assert_true(orch_str_equal(c[3].of.text[i], texts[i]));
        assert_int_equal(c[4].of.integer[i], days[i]);
        assert_int_equal(c[5].of.integer[i], instants[i]);
        assert_true(orch_str_equal(c[6].of.text[i], bytes[i]));
    }
    done(&r);
}

static void an_integer_may_be_a_number_but_not_the_other_way(void **state)
{
    struct run r;

    (void)state;
    run_ok(&r, "o.each({ 'i' }, function(i) return i and 3 end, { x = 'number' })");
    assert_true(r.result.frame.columns[0].of.number[0] == 3.0);
    done(&r);
    fails("o.each({ 'i' },\nfunction(i) return 3.0 end, { x = 'integer' })",
          "x.lua:5: output \"x\" must be integer, got a number 3.0",
          "return math.tointeger(x), or declare the output as number", 1);
}

static void a_wrong_result_names_output_types_and_line(void **state)
{
    (void)state;
    fails("o.each({ 'i' }, function(i) return 3 end, { x = 'text' })",
          "x.lua:4: output \"x\" must be text, got an integer 3",
          "return tostring(x), or declare the output as number", 1);
    fails("o.each({ 'i' }, function(i) return '3' end, { x = 'number' })",
          "x.lua:4: output \"x\" must be number, got a text 3",
          "return tonumber(x), or declare the output as text", 1);
    fails("o.each({ 's' }, function(s) return s end, { x = 'date' })",
          "x.lua:4: output \"x\" must be date, got a timestamp",
          "return o.date(year, month, day), or at:date() of a timestamp", 1);
    fails("o.each({ 'd' }, function(d) return d end, { x = 'timestamp' })",
          "x.lua:4: output \"x\" must be timestamp, got a date",
          "return o.timestamp(year, month, day, hour, minute, second), in UTC", 1);
    fails("o.each({ 'd' }, function(d) return {} end, { x = 'text' })",
          "x.lua:4: output \"x\" must be text, got a table", "", 1);
    fails("o.each({ 'i' }, function(i) return 1 end, { { 'x', 'integer' }, { 'y', 'text' } })",
          "x.lua:4: row function returned 1 value for 2 outputs",
          "return nil for an empty value; a function with emit = true may give no row", 1);
    fails("o.each({ 'i', emit = true }, function(emit, i)\nemit(1, 2) end, { x = 'integer' })",
          "x.lua:5: row function emitted 2 values for 1 output", "emit nil for an empty value", 1);
    fails("o.each({ 'i', emit = true }, function(emit, i)\nemit('a') end, { x = 'integer' })",
          "x.lua:5: output \"x\" must be integer, got a text a",
          "return tonumber(x), or declare the output as text", 1);
}

static void a_lua_error_names_line_and_row(void **state)
{
    (void)state;
    fails("o.each({ 'i' }, function(i)\n return i + 1 end, { x = 'integer' })",
          "x.lua:5: attempt to perform arithmetic on a nil value (local 'i')", "", 3);
    fails("o.each({ 'i' }, function(i) return col.a:trimm() end, { x = 'integer' })",
          "x.lua:4: no operation \"trimm\" on a column", "did you mean \"trim\"?", 1);
}

static void a_value_no_destination_can_hold_rejects_the_row(void **state)
{
    struct run r;

    (void)state;
    run_ok(&r, "o.each({ 'i' }, function(i) return i == 1 and 0/0 or 1, i == -5 and "
               "'\\xff' or 'x' end,"
               "{ { 'x', 'number' }, { 'y', 'text' } })");
    assert_int_equal(r.result.n_rejects, 2);
    assert_int_equal(r.result.frame.rows, 2);
    done(&r);
}

/* ---- emit and reject --------------------------------------------------------------------- */

static void emit_gives_any_number_of_rows(void **state)
{
    struct run r;

    (void)state;
    run_ok(&r, "o.each({ 'i', col.t:upper(), emit = true }, function(emit, i, t)\n"
               "  if i == 1 then emit(10, t) emit(11, t) emit(12, nil) end\n"
               "  if i == -5 then emit(20, t) end\n"
               "end, { { 'x', 'integer' }, { 'y', 'text' } })");
    assert_int_equal(r.result.frame.rows, 4);
    assert_int_equal(r.result.added, 2);
    assert_int_equal(r.result.filtered, 2);
    assert_int_equal(r.result.frame.columns[0].of.integer[2], 12);
    assert_true(is_null(&r.result.frame.columns[1], 2));
    assert_string_equal(r.result.frame.columns[1].of.text[3].ptr, "\xC3\x89T\xC3\x89");
    assert_int_equal(r.result.frame.source_row[3], 1);
    done(&r);
}

static void reject_leaves_the_row_out_and_goes_on(void **state)
{
    struct run r;

    (void)state;
    run_ok(&r, "o.each({ 'i' }, function(i)\n"
               "  if not i then o.reject('no index') end\n"
               "  if i < 0 then pcall(o.reject, 'negative: ' .. i) end\n"
               "  return i\nend, { x = 'integer' })");
    assert_int_equal(r.result.frame.rows, 2);
    assert_int_equal(r.result.n_rejects, 2);
    assert_string_equal(r.result.rejects[0].message, "negative: -5");
    assert_string_equal(r.result.rejects[0].rule, "script");
    assert_int_equal(r.result.rejects[0].source_row, 1);
    assert_string_equal(r.result.rejects[1].message, "no index");
    done(&r);
    run_ok(&r, "o.each({ 'i', emit = true }, function(emit, i) emit(1) o.reject('all') end, "
               "{ x = 'integer' })");
    assert_int_equal(r.result.frame.rows, 0);
    assert_int_equal(r.result.n_rejects, 4);
    assert_int_equal(r.result.added, 0);
    done(&r);
}

static void reject_and_emit_work_in_row_functions_only(void **state)
{
    (void)state;
    test_refused(HEAD "o.reject('x')", "x.lua:3: o.reject works only inside a row function",
                 "use col.NAME:required(), :between() and the like in steps");
    fails("o.each({ 'i' }, function(i) o.reject() end, { x = 'integer' })",
          "x.lua:4: o.reject needs a message, not nothing", "write o.reject(\"why\")", 1);
    fails("(function() local kept\n"
          "return o.each({ 'i', emit = true }, function(emit, i) kept = kept or emit emit(1) end, "
          "{ x = 'integer' }),\n"
          "o.each({ 'x' }, function(i) kept(1) end, { x = 'integer' }) end)()",
          "x.lua:6: emit was called outside its row function",
          "call emit while the row function runs", 1);
}

/* ---- declarations ------------------------------------------------------------------------ */

static void a_wrong_declaration_is_refused(void **state)
{
    static const struct {
        const char *step, *detail, *hint;
    } cases[] = {
        { "o.each({ 'a' }, function() end, { a = 'integer', b = 'text' })",
          "several outputs of o.each need an order",
          "write { { \"a\", \"number\" }, { \"b\", \"text\" } }" },
        { "o.each({ 'a' }, function() end, {})", "o.each needs at least one output",
          "write { { \"name\", \"number\" } }" },
        { "o.each({ 'a' }, function() end, { x = 'integr' })",
          "output \"x\" has no known type: \"integr\"", "did you mean \"integer\"?" },
        { "o.each({ 'a' }, function() end, { { 'x', 'text' }, { 'x', 'text' } })",
          "o.each names \"x\" twice", "" },
        { "o.each({ 1 }, function() end, { x = 'text' })",
          "argument 1 of o.each must be a column's name or an expression, not an integer",
          "write { \"column\", col.other:trim() }" },
        { "o.each({ 'a', emit = 1 }, function() end, { x = 'text' })",
          "emit must be true or false, not an integer", "" },
        { "o.each({ 'a', emits = true }, function() end, { x = 'text' })",
          "the arguments of o.each has the key \"emits\" among its values", "" },
        { "o.each({ 'a' }, { x = 'text' })",
          "o.each needs a table of arguments, a function and a table of outputs",
          "write o.each({ \"kwh\" }, function(kwh) return kwh * 2 end, { { \"wh\", "
          "\"number\" } })" },
        { "o.each({ 'a' }, print, { x = 'text' })", "the function of o.each must be written in Lua",
          "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[500], detail[300];
        snprintf(text, sizeof text, HEAD "local s = %s", cases[i].step);
        snprintf(detail, sizeof detail, "x.lua:3: %s", cases[i].detail);
        test_refused(text, detail, cases[i].hint);
    }
}

/* ---- dates and timestamps ---------------------------------------------------------------- */

static void dates_and_timestamps_have_fields_and_arithmetic(void **state)
{
    struct orch_script *s = test_load(
        HEAD "local d = o.date(2024, 2, 29)\n"
             "assert(d.year == 2024 and d.month == 2 and d.day == 29 and d.weekday == 4)\n"
             "assert(d:iso() == '2024-02-29' and tostring(d + 1) == '2024-03-01')\n"
             "assert(d == o.date '2024-02-29' and d < d + 1 and d <= d and 1 + d - d == 1)\n"
             "assert((d - 366):iso() == '2023-02-28')\n"
             "local t = o.timestamp(2024, 2, 29, 23, 59, 59.5)\n"
             "assert(t.hour == 23 and t.minute == 59 and t.second == 59 and "
             "t.microsecond == 500000)\n"
             "assert((t + 0.5):iso() == '2024-03-01T00:00:00Z' and t - (t - 90) == 90.0)\n"
             "assert(t:date() == d and d:timestamp() < t and o.date(1969, 12, 31).weekday == 3)\n"
             "assert(o.timestamp '1969-12-31T23:59:59.999999Z'.microsecond == 999999)\n"
             "assert(d ~= d:timestamp() and not (d == 5))\n"
             "for _, bad in ipairs { '2024-02-30', '24-02-03', '2024-2-3', '2024-02-29x', '', "
             "'0000-01-01' } do\n"
             "  assert(not pcall(o.date, bad)) end\n"
             "for _, bad in ipairs { '2024-02-29', '2024-02-29T00:00:00', '2024-02-29T24:00:00Z',\n"
             "  '2024-02-29T00:00:60Z', '2024-02-29T00:00:00.Z', "
             "'2024-02-29T00:00:00.1234567Z' } do\n"
             "  assert(not pcall(o.timestamp, bad)) end\n"
             "for _, f in ipairs { function() return d < t end, function() return d + 0.5 end,\n"
             "  function() return d + 'x' end, function() return o.date(9999, 12, 31) + 1 end,\n"
             "  function() return t + 1e300 end, function() return d + 0/0 end, function() "
             "return d.x end,\n"
             "  function() return o.date(2024, 13, 1) end, function() "
             "return o.date(2024.5, 1, 1) end,\n"
             "  function() return d.hour end, function() return o.date(2024) end } do "
             "assert(not pcall(f)) end\n"
        PIPE(""));

    (void)state;
    orch_script_free(s);
    test_refused(HEAD "local d = o.date(2023, 2, 29)", "x.lua:3: no such day: 2023-02-29", "");
    test_refused(HEAD "local d = o.date(2023, 2, 2) < o.timestamp(2023, 2, 2)",
                 "x.lua:3: cannot compare a date and a timestamp",
                 "make both dates or both timestamps: at:date(), day:timestamp()");
}

/* ---- limits and speed -------------------------------------------------------------------- */

static void a_row_function_cannot_run_for_ever(void **state)
{
    struct run r;

    (void)state;
    run_request(&r, PIPE("o.each({ 'i' }, function(i)\n while true do pcall(error) end end, "
                         "{ x = 'integer' })"),
                (struct orch_limits){ 0, 1000000, 0 });
    assert_int_equal(r.status, ORCH_ECONFIG);
    assert_string_equal(r.err.message, "row function failed");
    test_expect(&r.err, "x.lua:5: script ran more than 1000000 instructions",
                "does it loop for ever?");
    done(&r);
}

static void the_count_starts_anew_with_each_batch(void **state)
{
    struct run r;

    (void)state;
    run_request(&r, PIPE("o.each({ 'i' }, function(i) for k = 1, 20000 do end return 1 end, "
                         "{ x = 'integer' })"),
                (struct orch_limits){ 0, 200000, 0 });
    for (int i = 0; i < 20; i++) {
        struct orch_vector column = source_columns[1];
        struct orch_fields fields = { &source_items[1], 1 };
        struct orch_frame frame = { &fields, &column, ROWS, NULL };
        assert_int_equal(orch_plan_run(r.plan, &frame, &r.result, &r.err), ORCH_OK);
    }
    done(&r);
}

static void a_row_costs_about_a_microsecond(void **state)
{
    enum { MANY = 20000 };
    struct run r;
    struct orch_vector columns[7];
    struct orch_arena a = { 0 };
    int64_t best = INT64_MAX;

    (void)state;
    run_ok(&r, "o.each({ 'i', 'n', 'i', 'n', 't', 't' }, function(a, b, c, d, e, f) return f, e, "
               "d, c, b, a end, {"
               "{ 'a', 'text' }, { 'b', 'text' }, { 'c', 'number' }, { 'd', 'integer' },"
               "{ 'e', 'number' }, { 'f', 'integer' } })");
    struct orch_str *text = orch_arena_array(&a, MANY, sizeof *text);
    for (int i = 0; i < MANY; i++) {
        text[i].ptr = orch_arena_printf(&a, "text %d", i % 5000);
        text[i].len = strlen(text[i].ptr);
    }
    columns[0] = (struct orch_vector){ .type = ORCH_TYPE_INTEGER,
                                       .of.any = orch_arena_array(&a, MANY, 8) };
    columns[1] = (struct orch_vector){ .type = ORCH_TYPE_NUMBER,
                                       .of.any = orch_arena_array(&a, MANY, 8) };
    columns[2] = (struct orch_vector){ .type = ORCH_TYPE_TEXT, .of.text = text };
    struct orch_fields fields = { &source_items[1], 3 };
    struct orch_frame frame = { &fields, columns, MANY, NULL };
    for (int i = 0; i < 5; i++) {
        int64_t start = orch_clock_cpu_us();
        assert_int_equal(orch_plan_run(r.plan, &frame, &r.result, &r.err), ORCH_OK);
        assert_int_equal(r.result.frame.rows, MANY);
        int64_t spent = orch_clock_cpu_us() - start;
        best = spent < best ? spent : best;
    }
    print_message("%.3f us a row\n", (double)best / MANY);
    assert_true(best < 20 * MANY); /* also holds under sanitizers */
    orch_arena_release(&a);
    done(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_goes_through_lua_unchanged),
        cmocka_unit_test(an_integer_may_be_a_number_but_not_the_other_way),
        cmocka_unit_test(a_wrong_result_names_output_types_and_line),
        cmocka_unit_test(a_lua_error_names_line_and_row),
        cmocka_unit_test(a_value_no_destination_can_hold_rejects_the_row),
        cmocka_unit_test(emit_gives_any_number_of_rows),
        cmocka_unit_test(reject_leaves_the_row_out_and_goes_on),
        cmocka_unit_test(reject_and_emit_work_in_row_functions_only),
        cmocka_unit_test(a_wrong_declaration_is_refused),
        cmocka_unit_test(dates_and_timestamps_have_fields_and_arithmetic),
        cmocka_unit_test(a_row_function_cannot_run_for_ever),
        cmocka_unit_test(the_count_starts_anew_with_each_batch),
        cmocka_unit_test(a_row_costs_about_a_microsecond),
    };

    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
