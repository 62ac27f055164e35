/* SPDX-License-Identifier: Apache-2.0 */
/* What a script describes, and what is said when it is wrong. */
#include "script_test.h"

/* ---- a whole pipeline -------------------------------------------------------------------- */

static const struct orch_setting *setting(const struct orch_end *end, const char *name)
{
    for (size_t i = 0; i < end->n_settings; i++)
        if (strcmp(end->settings[i].name, name) == 0)
            return &end->settings[i];
    fail_msg("no setting %s", name);
    return NULL;
}

static void a_pipeline_comes_out_as_it_was_written(void **state)
{
    struct orch_script *s = test_load(
        HEAD "return o.pipeline {\n"
             "  name = 'energy.load_curve', title = 'Load curve', allow_empty = true,\n"
             "  max_rejects = '0.5 %',\n"
             "  source = o.source.csv { path = { 'a.csv', 'b.csv' }, skip_lines = 2, ratio = 0.1,\n"
             "                          header = false, big = 1e300, "
             "types = { b = 'x', a = 1 } },\n"
             "  steps = { o.select { meter = col.PRM:trim() }, o.where(col.meter:is_null()) },\n"
             "  destination = o.destination.postgres { table = 'energy.curve', mode = 'upsert',\n"
             "                                         key = { 'meter', 'start' } },\n"
             "}\n");
    const struct orch_pipeline *p = orch_script_pipeline(s);

    (void)state;
    assert_string_equal(p->name, "energy.load_curve");
    assert_string_equal(p->title, "Load curve");
    assert_true(p->allow_empty);
    assert_string_equal(p->max_rejects, "0.5 %");
    assert_string_equal(p->source.connector, "csv");
    assert_string_equal(p->source.place, "x.lua:6");
    assert_int_equal(p->source.n_settings, 6);
    assert_int_equal(setting(&p->source, "path")->n_values, 2);
    assert_string_equal(setting(&p->source, "path")->values[1], "b.csv");
    assert_string_equal(setting(&p->source, "path")->place, "x.lua:6");
    assert_string_equal(setting(&p->source, "skip_lines")->values[0], "2");
    assert_string_equal(setting(&p->source, "ratio")->values[0], "0.1");
    assert_string_equal(setting(&p->source, "header")->values[0], "false");
    assert_string_equal(setting(&p->source, "big")->values[0], "1e+300");
    assert_int_equal(setting(&p->source, "types")->n_values, 2);
    assert_string_equal(setting(&p->source, "types")->values[0], "a=1");
    assert_string_equal(setting(&p->source, "types")->values[1], "b=x");
    assert_string_equal(p->destination.connector, "postgres");
    assert_int_equal(p->destination.n_settings, 1); /* mode and key are the host's */
    assert_string_equal(p->target, "energy.curve");
    assert_int_equal(p->mode, ORCH_WRITE_UPSERT);
    assert_int_equal(p->n_keys, 2);
    assert_string_equal(p->keys[1], "start");
    assert_int_equal(p->n_steps, 2);
    assert_int_equal(p->steps[0].kind, ORCH_STEP_SELECT);
    assert_string_equal(p->steps[0].place, "x.lua:8");
    assert_string_equal(p->steps[0].outputs[0].name, "meter");
    assert_string_equal(p->steps[0].outputs[0].expr->op->name, "trim");
    assert_string_equal(p->steps[0].outputs[0].expr->place, "x.lua:8");
    assert_int_equal(p->steps[1].kind, ORCH_STEP_WHERE);
    assert_int_equal(strlen(p->sha256), 64);
    orch_script_free(s);
}

static void defaults_are_append_no_steps_and_the_path_as_target(void **state)
{
    struct orch_script *s =
        test_load(HEAD "return o.pipeline { name = 'p', max_rejects = 100," ENDS "}");
    const struct orch_pipeline *p = orch_script_pipeline(s);

    (void)state;
    assert_int_equal(p->mode, ORCH_WRITE_APPEND);
    assert_int_equal(p->n_steps, 0);
    assert_null(p->title);
    assert_string_equal(p->target, "y");
    assert_string_equal(p->max_rejects, "100");
    assert_false(p->allow_empty);
    orch_script_free(s);
}

/* ---- a wrong pipeline -------------------------------------------------------------------- */

#define P(fields) HEAD "return o.pipeline {" fields "}"

static void a_wrong_pipeline_is_refused_with_its_line(void **state)
{
    (void)state;
    test_refused("local x = 1", "x.lua returned nothing, not a pipeline",
                 "end the script with: return o.pipeline { … }");
    test_refused("return {}", "x.lua returned a table, not a pipeline",
                 "end the script with: return o.pipeline { … }");
    test_refused(P(ENDS), "x.lua:3: o.pipeline needs a name", "write name = \"energy.load_curve\"");
    test_refused(P("name = 'a b'," ENDS), "x.lua:3: \"a b\" cannot be a pipeline's name",
                 "use up to 100 letters, digits, dots, underscores, hyphens");
    test_refused(P("name = 'p', sourse = 1"), "x.lua:3: o.pipeline has no \"sourse\"",
                 "did you mean \"source\"?");
    test_refused(P("name = 'p', 5"), "x.lua:3: o.pipeline has a value without a name",
                 "write name = value");
    test_refused(P("name = 'p'"), "x.lua:3: o.pipeline needs a source",
                 "write source = o.source.csv { … }");
    test_refused(P("name = 'p', source = o.source.csv {}"),
                 "x.lua:3: o.pipeline needs a destination",
                 "write destination = o.destination.files { … }");
    test_refused(P("name = 'p', source = o.destination.csv {}"),
                 "x.lua:3: source must be an o.source, not an o.destination", "");
    test_refused(P("name = 'p', source = 'csv'"), "x.lua:3: source must be an o.source, not a text",
                 "");
    test_refused(P("name = 'p', steps = { col.a }," ENDS),
                 "x.lua:3: steps[1] is a column expression, not a step",
                 "steps are o.select { … }, o.where(…), o.each(…)");
    test_refused(P("name = 'p', steps = o.where(col.a)," ENDS),
                 "x.lua:3: steps must be a list of steps", "write steps = { o.select { … } }");
    test_refused(P("name = 'p', steps = { nil, o.where(col.a) }," ENDS),
                 "x.lua:3: steps has a hole: one of its values is nil", "");
    test_refused(P("name = 'p', max_rejects = 0.5," ENDS),
                 "x.lua:3: max_rejects must be a number of rows or a share",
                 "write max_rejects = 100 or max_rejects = \"0.5 %\"");
    test_refused(P("name = 'p', max_rejects = '101 %'," ENDS),
                 "x.lua:3: max_rejects must be a number of rows or a share",
                 "write max_rejects = 100 or max_rejects = \"0.5 %\"");
    test_refused(P("name = 'p', allow_empty = 1," ENDS),
                 "x.lua:3: allow_empty must be true or false, not an integer", "");
    test_refused(HEAD "return o.pipeline('p')", "x.lua:3: o.pipeline needs one table, not a text",
                 "write o.pipeline { name = …, source = …, destination = … }");
}

static void mode_and_key_fit_together(void **state)
{
    (void)state;
    test_refused(P("name = 'p', mode = 'upsert'," ENDS), "x.lua:3: mode \"upsert\" needs a key",
                 "write key = { \"id\" }");
    test_refused(P("name = 'p', mode = 'apend'," ENDS), "x.lua:3: no mode \"apend\"",
                 "did you mean \"append\"?");
    test_refused(P("name = 'p', mode = 'history'," ENDS), "x.lua:3: no mode \"history\"",
                 "write \"append\", \"replace\" or \"upsert\"");
    test_refused(P("name = 'p', key = 'id'," ENDS),
                 "x.lua:3: mode \"append\" makes no use of a key",
                 "write mode = \"upsert\", or leave the key out");
    test_refused(P("name = 'p', mode = 'upsert', key = { 'a', 'a' }," ENDS),
                 "x.lua:3: key names \"a\" twice", "");
    test_refused(P("name = 'p', mode = 'append', source = o.source.csv {},"
                   "destination = o.destination.files { mode = 'append' }"),
                 "x.lua:3: mode is given by the pipeline and by its destination", "leave one out");
}

static void settings_that_are_no_texts_are_refused(void **state)
{
    (void)state;
    test_refused(HEAD "o.source.csv { path = col.a }",
                 "x.lua:3: setting \"path\" must be a text, number, boolean, list or table of "
                 "names, not a column expression", "");
    test_refused(HEAD "o.source.csv { path = print }",
                 "x.lua:3: setting \"path\" must be a text, number, boolean, list or table of "
                 "names, not a function", "");
    test_refused(HEAD "o.source.csv { path = {} }", "x.lua:3: setting \"path\" is an empty table",
                 "leave the setting out");
    test_refused(HEAD "o.source.csv { path = { 'a', { 'b' } } }",
                 "x.lua:3: setting \"path\" must be a text, number, boolean, list or table of "
                 "names, not a table", "");
    test_refused(HEAD "o.source.csv { path = { 'a', b = 'c' } }",
                 "x.lua:3: setting \"path\" has the key \"b\" among its values", "");
    test_refused(HEAD "o.source.csv { n = 0/0 }", "x.lua:3: setting \"n\" is not a finite number",
                 "");
    test_refused(HEAD "o.source.csv { 'x' }", "x.lua:3: a setting of \"csv\" has no name",
                 "write name = value");
    test_refused(HEAD "o.source.csv { path = 'a\\0b' }",
                 "x.lua:3: setting \"path\" holds a zero byte",
                 "write it without \\0: no file name, setting or row can hold one");
    test_refused(HEAD "o.source.csv { path = '\\xff' }",
                 "x.lua:3: setting \"path\" is not valid UTF-8",
                 "save the script as UTF-8; cut texts with utf8.offset");
    test_refused(HEAD "o.source.csv 'x.csv'",
                 "x.lua:3: o.source.csv needs one table of settings, not a text",
                 "write o.source.csv { name = value }");
    test_refused(HEAD "o.source['a b'] {}", "x.lua:3: o.source.a b names no connector",
                 "names are lower case, as listed by: orchestra connectors");
}

/* ---- the language ------------------------------------------------------------------------ */

static void script_errors_name_file_and_line(void **state)
{
    (void)state;
    test_refused("local x =\n\n}", "x.lua:3: unexpected symbol near '}'", "");
    test_refused("local t = nil\nlocal a = t.x",
                 "x.lua:2: attempt to index a nil value (local 't')",
                 "");
    test_refused("error('my own')", "x.lua:1: my own", "");
    test_refused("error({})", "error() was called with a value that is not a text", "");
    test_refused("\n\nlocal x = colum", "x.lua:3: no variable \"colum\"", "");
    test_refused("prnt('x')", "x.lua:1: no variable \"prnt\"", "did you mean \"print\"?");
    test_refused(HEAD "o.selct {}", "x.lua:3: orchestra has no \"selct\"",
                 "did you mean \"select\"?");
    test_refused(HEAD "o.csv {}", "x.lua:3: orchestra has no \"csv\"",
                 "connectors are o.source.NAME and o.destination.NAME; the rest is in docs/lua.md");
    test_refused(HEAD "o.env.HOME = 1", "x.lua:3: scripts do not see the environment",
                 "write \"${env:NAME}\" in a setting: the host fills it in");
    test_refused(HEAD "o.select = 1", "x.lua:3: orchestra cannot be changed",
                 "keep helpers in a local variable or a module of yours");
    test_refused("local x = 1\nlocal y = 'caf\xE9'", "x.lua:2: not valid UTF-8",
                 "save it as UTF-8");
}

static void an_error_object_can_be_caught_and_read(void **state)
{
    struct orch_script *s = test_load(
        HEAD "local ok, e = pcall(function() return col.a:trimm() end)\n"
             "assert(not ok)\n"
             "assert(e.message == 'x.lua:3: no operation \"trimm\" on a column')\n"
             "assert(e.hint == 'did you mean \"trim\"?')\n"
             "assert(tostring(e) == e.message .. ': ' .. e.hint)\n"
             "local ok, e = xpcall(error, function(m) return m .. '!' end, 'x', 0)\n"
             "assert(not ok and e == 'x!')\n"
             "assert(select('#', xpcall(function(...) return ... end, print, 1, nil)) == 3)\n"
             "assert(select(2, pcall(function() return 7 end)) == 7)\n"
             "local co = coroutine.wrap(function() local ok, v = pcall(coroutine.yield, 1); "
             "return v end)\n"
             "assert(co() == 1 and co(5) == 5)\n" PIPE(""));

    (void)state;
    orch_script_free(s);
}

static void a_missing_script_is_an_io_error(void **state)
{
    struct orch_script_request request = { .path = "/nowhere/x.lua" };
    struct orch_script *s = NULL;
    orch_error err = ORCH_ERROR_INIT;

    (void)state;
    assert_int_equal(orch_script_load(&request, &s, &err), ORCH_EIO);
    assert_string_equal(err.message, "cannot read \"/nowhere/x.lua\"");
    assert_int_equal(orch_script_load(&request, &s, NULL), ORCH_EIO);
    assert_null(s);
}

static void a_byte_order_mark_is_passed_over(void **state)
{
    struct orch_script *s = test_load("\xEF\xBB\xBF" PIPE(""));

    (void)state;
    orch_script_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pipeline_comes_out_as_it_was_written),
        cmocka_unit_test(defaults_are_append_no_steps_and_the_path_as_target),
        cmocka_unit_test(a_wrong_pipeline_is_refused_with_its_line),
        cmocka_unit_test(mode_and_key_fit_together),
        cmocka_unit_test(settings_that_are_no_texts_are_refused),
        cmocka_unit_test(script_errors_name_file_and_line),
        cmocka_unit_test(an_error_object_can_be_caught_and_read),
        cmocka_unit_test(a_missing_script_is_an_io_error),
        cmocka_unit_test(a_byte_order_mark_is_passed_over),
    };

    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
