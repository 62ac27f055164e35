/* SPDX-License-Identifier: Apache-2.0 */
/* Modules, the territory, parameters, and the identity that all of them make. */
#include "script_test.h"

#define DATA TEST_SOURCE_DIR "/tests/data/scripts/"

static void load_traffic(const char *const *params, size_t n, struct orch_script **s)
{
    struct orch_script_request request = { .path = DATA "traffic.lua",
                                           .territory = DATA "territory.lua",
                                           .params = params, .n_params = n };
    orch_error err = ORCH_ERROR_INIT;

    if (orch_script_load(&request, s, &err) != ORCH_OK)
        fail_msg("%s | %s | %s", err.message, err.detail, err.hint);
}

static void a_script_uses_module_territory_and_parameter(void **state)
{
    static const char *const params[] = { "year=2025" };
    struct orch_script *s;
    const struct orch_pipeline *p;

    (void)state;
    load_traffic(params, 1, &s);
    p = orch_script_pipeline(s);
    assert_string_equal(p->title, "Road speeds of 2025");
    assert_int_equal(p->source.n_settings, 3);
    assert_string_equal(p->source.settings[0].name, "columns");
    assert_int_equal(p->source.settings[0].n_values, 3);
    assert_string_equal(p->source.settings[0].values[2], "speed");
    assert_string_equal(p->source.settings[1].values[0], ";");
    assert_string_equal(p->source.settings[2].values[0], "/exports/traffic-2025.csv");
    assert_string_equal(p->destination.settings[0].name, "password");
    assert_string_equal(p->destination.settings[0].values[0], "${env:SECRET}");
    assert_string_equal(p->steps[1].outputs[2].name, "speed");
    assert_string_equal(p->steps[1].outputs[2].expr->place, "speeds/speed.lua:6");
    assert_int_equal(orch_expr_param_at(p->steps[1].outputs[3].expr, 0)->integer, 50);
    orch_script_free(s);
}

/* ---- modules ----------------------------------------------------------------------------- */

static void names_cannot_lead_out_of_the_folders(void **state)
{
    static const char *const names[] = { "../x", "/etc/x", "a..b", ".a", "a.", "a/b", "a\\b", "",
                                         "a b", "x.lua\\0y" };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[100], detail[100];
        struct orch_script *s;
        orch_error err;
        snprintf(text, sizeof text, "require '%s'", names[i]);
        snprintf(detail, sizeof detail, "cannot be a module's name");
        assert_int_equal(test_load_request(text, (struct orch_script_request){ 0 }, &s, &err),
                         ORCH_ECONFIG);
        assert_non_null(strstr(err.detail, detail));
    }
}

static void modules_are_loaded_once(void **state)
{
    struct orch_script *s;

    (void)state;
    test_write("counted.lua", "count = (rawget(_G, 'count') or 0) + 1 return { n = count }");
    test_write("none.lua", "local x = 1");
    s = test_load("assert(require 'counted' == require 'counted' and count == 1)\n"
                  "assert(require 'none' == true)\n" PIPE(""));
    orch_script_free(s);
}

static void a_missing_or_wrong_module_is_an_error_at_its_line(void **state)
{
    (void)state;
    test_write("broken.lua", "local x =\n= 1");
    test_write("failing.lua", "\nerror('no luck')");
    test_write("ring_a.lua", "return require 'ring_b'");
    test_write("ring_b.lua", "return require 'ring_a'");
    test_write_bytes("binary.lua", "\x1bLua\x54", 5);
    test_refused("\nlocal x = require 'brokn'", "x.lua:2: no module \"brokn\"",
                 "did you mean \"broken\"?");
    test_refused("require 'far_away'", "x.lua:1: no module \"far_away\"",
                 "modules are files NAME.lua beside the script, or of the shipped library");
    test_refused("require 'broken'", "broken.lua:2: unexpected symbol near '='", "");
    test_refused("require 'failing'", "failing.lua:2: no luck", "");
    test_refused("require 'ring_a'",
                 "ring_b.lua:1: modules require each other: ring_a -> ring_b -> ring_a",
                 "move what both need into a third module");
    test_refused("require 'binary'", "attempt to load a binary chunk (mode is 't')", "");
    test_refused("require(5)", "x.lua:1: require needs a module's name, not an integer",
                 "write require \"orchestra\"");
}

static void a_failed_module_may_be_tried_again(void **state)
{
    struct orch_script *s;

    (void)state;
    test_write("flaky.lua", "tries = (rawget(_G, 'tries') or 0) + 1\n"
                            "if tries == 1 then error('first') end return tries");
    s = test_load("assert(not pcall(require, 'flaky')) assert(require 'flaky' == 2)\n" PIPE(""));
    orch_script_free(s);
}

static void a_module_that_is_too_large_is_refused(void **state)
{
    char *text = malloc(1100000);
    struct orch_script *s;
    orch_error err;

    (void)state;
    assert_non_null(text);
    memset(text, ' ', 1100000);
    test_write_bytes("large.lua", text, 1100000);
    free(text);
    assert_int_equal(test_load_request("require 'large'", (struct orch_script_request){ 0 }, &s,
                                       &err), ORCH_ECONFIG);
    assert_non_null(strstr(err.detail, "large.lua"));
}

static void places_name_the_script_not_the_shipped_library(void **state)
{
    struct orch_script *s;
    char folder[300];

    (void)state;
    snprintf(folder, sizeof folder, "/nowhere::%s/library", test_folder);
    assert_int_equal(mkdir(test_path("library"), 0700), 0);
    test_write("library/codes.lua", "local m = {}\nfunction m.insee(c) return c:digits(5) end\n"
                                    "function m.bad(c) return c:digit(5) end\nreturn m");
    setenv("ORCHESTRA_LUA_PATH", folder, 1);
    s = test_load(HEAD "local codes = require 'codes'\n"
                       "return o.pipeline { name = 'p', " ENDS ", steps = {\n"
                       "o.select { a = codes.insee(col.A) } } }");
    assert_string_equal(orch_script_pipeline(s)->steps[0].outputs[0].expr->place, "x.lua:5");
    orch_script_free(s);
    test_refused(HEAD "local codes = require 'codes'\n\nlocal x = codes.bad(col.A)",
                 "x.lua:5: no operation \"digit\" on a column", "did you mean \"digits\"?");
    unsetenv("ORCHESTRA_LUA_PATH");
}

/* ---- territory --------------------------------------------------------------------------- */

static void with_territory(const char *territory, const char *script, const char *message,
                           const char *detail, const char *hint)
{
    char path[512];
    struct orch_script_request request = { .territory = path };
    struct orch_script *s;
    orch_error err;
    orch_status st;

    test_write("rennes.lua", territory);
    snprintf(path, sizeof path, "%s", test_path("rennes.lua"));
    st = test_load_request(script, request, &s, &err);
    if (!message) {
        if (st != ORCH_OK)
            fail_msg("%s | %s | %s", err.message, err.detail, err.hint);
        orch_script_free(s);
        return;
    }
    assert_int_equal(st, ORCH_ECONFIG);
    assert_string_equal(err.message, message);
    test_expect(&err, detail, hint);
}

static void a_territory_is_read_only_and_strict(void **state)
{
    static const char territory[] = "return { exports = '/e', list = { 1, 2 }, zone = { a = 1 } }";

    (void)state;
    with_territory(territory,
                   HEAD "local t = o.territory\n"
                        "assert(t.exports == '/e' and #t.list == 2 and t.list[2] == 2 and "
                        "t.zone.a == 1)\n"
                        "assert(t('siren') == nil and t('siren', 5) == 5 and t('exports', "
                        "5) == '/e')\n"
                        "assert(t.zone('b', 7) == 7 and t.list[3] == nil)\n"
                        "local n = 0 for k, v in pairs(t) do n = n + 1 end assert(n == 3)\n"
                        "local sum = 0 for _, v in ipairs(t.list) do sum = sum + v end "
                        "assert(sum == 3)\n"
                        "assert(not pcall(function() t.exports = 'x' end))\n"
                        "assert(not pcall(function() t.zone.a = 2 end) and t.zone.a == 1)\n"
                        "assert(not pcall(setmetatable, t, {}) and getmetatable(t) "
                        "== false)\n" PIPE(""),
                   NULL, NULL, NULL);
    with_territory(territory, HEAD "local x = o.territory.export", "cannot run \"x.lua\"",
                   "x.lua:3: territory rennes.lua has no \"export\"", "did you mean \"exports\"?");
    with_territory(territory, HEAD "o.territory.x = 1", "cannot run \"x.lua\"",
                   "x.lua:3: territory rennes.lua is read-only", "");
}

static void a_wrong_territory_file_is_named(void **state)
{
    (void)state;
    with_territory("return 5", PIPE(""), "cannot run \"rennes.lua\"",
                   "territory rennes.lua must return a table, not an integer",
                   "end the file with: return { insee = \"35238\" }");
    with_territory("return {", PIPE(""), "cannot run \"rennes.lua\"",
                   "rennes.lua:1: unexpected symbol near <eof>", "");
    with_territory("local x = io", PIPE(""), "cannot run \"rennes.lua\"",
                   "rennes.lua:1: no variable \"io\"",
                   "scripts reach no files and programs: the source reads, require loads modules");
    test_refused(HEAD "local x = o.territory.exports", "x.lua:3: the script needs a territory",
                 "pass --territory FILE");
}

/* ---- parameters -------------------------------------------------------------------------- */

static void with_param(const char *param, const char *script, const char *message,
                       const char *detail, const char *hint)
{
    const char *params[] = { param };
    struct orch_script_request request = { .params = params, .n_params = 1 };
    struct orch_script *s;
    orch_error err;
    orch_status st = test_load_request(script, request, &s, &err);

    if (!message) {
        if (st != ORCH_OK)
            fail_msg("%s | %s | %s", err.message, err.detail, err.hint);
        orch_script_free(s);
        return;
    }
    assert_int_equal(st, ORCH_ECONFIG);
    assert_string_equal(err.message, message);
    test_expect(&err, detail, hint);
}

static void parameters_take_the_type_of_their_default(void **state)
{
    static const char run[] = "cannot run \"x.lua\"";

    (void)state;
    with_param("y=2025", HEAD "assert(math.type(o.param('y', 1)) == 'integer')\n" PIPE(""), 0, 0,
               0);
    with_param("y=2", HEAD "assert(math.type(o.param('y', 1.0)) == 'float')\n" PIPE(""), 0, 0, 0);
    with_param("y=false", HEAD "assert(o.param('y', true) == false)\n" PIPE(""), 0, 0, 0);
    with_param("y=5=6", HEAD "assert(o.param('y') == '5=6')\n" PIPE(""), 0, 0, 0);
    with_param("y=", HEAD "assert(o.param('y', 'x') == '' and o.param('z', nil) == nil)\n" PIPE(""),
               0, 0, 0);
    with_param("y=20x5", HEAD "o.param('y', 1)", run,
               "x.lua:3: parameter \"y\" must be an integer, got \"20x5\"", "write --param y=2025");
    with_param("y=x", HEAD "o.param('y', 0.5)", run,
               "x.lua:3: parameter \"y\" must be a number, got \"x\"", "write --param y=0.5");
    with_param("y=yes", HEAD "o.param('y', true)", run,
               "x.lua:3: parameter \"y\" must be true or false, got \"yes\"",
               "write --param y=true");
    with_param("y=1", HEAD "o.param('y', {})", run,
               "x.lua:3: the default of parameter \"y\" must be a text, "
               "number or boolean, not a table",
               "");
    with_param("y=1", HEAD "o.param('year')", run, "x.lua:3: parameter \"year\" is needed",
               "write --param year=VALUE");
}

static void a_parameter_nobody_asks_for_is_refused(void **state)
{
    static const char run[] = "cannot run \"x.lua\"";

    (void)state;
    with_param("yaer=1", HEAD "o.param('year', 1)\n" PIPE(""), run,
               "the script has no parameter \"yaer\"", "did you mean \"year\"?");
    with_param("zone=1", HEAD "o.param('year', 1) o.param('x', 1)\n" PIPE(""), run,
               "the script has no parameter \"zone\"", "it asks for \"year\" and others");
    with_param("zone=1", PIPE(""), run, "the script has no parameter \"zone\": it has none",
               "a script reads them with o.param(name, default)");
    with_param("year", PIPE(""), "--param needs name=value", "year", "write --param year=2025");
    with_param("=5", PIPE(""), "--param needs name=value", "=5", "write --param year=2025");
    with_param("a b=5", PIPE(""), "--param needs name=value", "a b=5", "write --param year=2025");
    with_param("a=\xff", PIPE(""), "--param a is not valid UTF-8", "", "");
}

static void a_parameter_given_twice_is_refused(void **state)
{
    static const char *const params[] = { "b=1", "a=1", "b=2" };
    struct orch_script_request request = { .params = params, .n_params = 3 };
    struct orch_script *s;
    orch_error err;

    (void)state;
    assert_int_equal(test_load_request(PIPE(""), request, &s, &err), ORCH_ECONFIG);
    assert_string_equal(err.message, "--param b is given twice");
}

/* ---- identity ---------------------------------------------------------------------------- */

static void identity(const char *script, const char *module, const char *territory,
                     const char *const *params, size_t n, char out[65])
{
    char path[512];
    struct orch_script_request request = { .territory = path, .params = params, .n_params = n };
    struct orch_script *s;
    orch_error err;

    test_write("part.lua", module);
    test_write("here.lua", territory);
    snprintf(path, sizeof path, "%s", test_path("here.lua"));
    if (test_load_request(script, request, &s, &err) != ORCH_OK)
        fail_msg("%s | %s | %s", err.message, err.detail, err.hint);
    memcpy(out, orch_script_pipeline(s)->sha256, 65);
    orch_script_free(s);
}

static void identity_changes_with_all_it_is_made_of(void **state)
{
    static const char script[] =
        "require 'part'\n" HEAD "o.param('a', 1) o.param('b', 1)\n" PIPE("");
    static const char *const ab[] = { "a=1", "b=2" };
    static const char *const ba[] = { "b=2", "a=1" };
    static const char *const other[] = { "a=2", "b=2" };
    char first[65], again[65], changed[6][65];

    (void)state;
    identity(script, "return 1", "return {}", ab, 2, first);
    identity(script, "return 1", "return {}", ba, 2, again);
    assert_string_equal(first, again);
    identity("require 'part'\n\n" HEAD "o.param('a', 1) o.param('b', 1)\n" PIPE(""), "return 1",
             "return {}", ab, 2, changed[0]);
    identity(script, "return 2", "return {}", ab, 2, changed[1]);
    identity(script, "return 1", "return { 1 }", ab, 2, changed[2]);
    identity(script, "return 1", "return {}", other, 2, changed[3]);
    identity(script, "return 1", "return {}", ab, 1, changed[4]);
    identity(script, "return 1", "return {}", NULL, 0, changed[5]);
    for (size_t i = 0; i < 6; i++)
        assert_string_not_equal(first, changed[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_script_uses_module_territory_and_parameter),
        cmocka_unit_test(names_cannot_lead_out_of_the_folders),
        cmocka_unit_test(modules_are_loaded_once),
        cmocka_unit_test(a_missing_or_wrong_module_is_an_error_at_its_line),
        cmocka_unit_test(a_failed_module_may_be_tried_again),
        cmocka_unit_test(a_module_that_is_too_large_is_refused),
        cmocka_unit_test(places_name_the_script_not_the_shipped_library),
        cmocka_unit_test(a_territory_is_read_only_and_strict),
        cmocka_unit_test(a_wrong_territory_file_is_named),
        cmocka_unit_test(parameters_take_the_type_of_their_default),
        cmocka_unit_test(a_parameter_nobody_asks_for_is_refused),
        cmocka_unit_test(a_parameter_given_twice_is_refused),
        cmocka_unit_test(identity_changes_with_all_it_is_made_of),
    };

    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
