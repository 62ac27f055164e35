/* SPDX-License-Identifier: Apache-2.0 */
/* What a script cannot do: reach out, run for ever, take all memory, hide that it did. */
#include "script_test.h"

static const char loops[] = "does it loop for ever?";
static const char memory[] = "a script describes the work: leave rows to the column operations";
static bool stop_now;

static bool cancelled(void)
{
    return stop_now;
}

static void limited(const char *text, size_t bytes, int64_t instructions, const char *detail,
                    const char *hint)
{
    struct orch_script_request request = { .limits = { bytes, instructions, 0 } };
    struct orch_script *s;
    orch_error err;

    assert_int_equal(test_load_request(text, request, &s, &err), ORCH_ECONFIG);
    assert_string_equal(err.message, "cannot run \"x.lua\"");
    test_expect(&err, detail, hint);
}

static void what_leads_outside_is_absent(void **state)
{
    static const char *const names[] = { "io", "os", "debug", "package", "dofile", "loadfile",
                                         "warn" };

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[100], detail[100], full[130];
        struct orch_script *s;
        orch_error err;
        snprintf(text, sizeof text, "local x = %s", names[i]);
        snprintf(detail, sizeof detail, "no variable \"%s\"", names[i]);
        snprintf(full, sizeof full, "x.lua:1: %s", detail);
        assert_int_equal(test_load_request(text, (struct orch_script_request){ 0 }, &s, &err),
                         ORCH_ECONFIG);
        assert_string_equal(err.detail, full);
    }
    test_refused("string.dump(print)", "x.lua:1: attempt to call a nil value (field 'dump')", "");
    test_refused("math.randomseed(1)", "x.lua:1: attempt to call a nil value (field 'randomseed')",
                 "");
}

static void load_takes_text_only(void **state)
{
    struct orch_script *s = test_load(
        "assert(load('return 1 + 1')() == 2)\n"
        "assert(load('return x', 'c', 't', { x = 5 })() == 5)\n"
        "local f, e = load('\\27Lua') assert(f == nil and e:find('binary'))\n"
        "local f, e = load('return (') assert(f == nil and e:find('unexpected'))\n"
        "assert(not pcall(load, function() return 'x' end))\n"
        "assert(not pcall(load, 'return 1', 'c', 'b'))\n" PIPE(""));

    (void)state;
    orch_script_free(s);
    test_refused("load('return 1', 'c', 'b')", "x.lua:1: load does not take bytecode",
                 "give load the text of the program");
}

static void shared_types_keep_their_metatables(void **state)
{
    struct orch_script *s = test_load(
        HEAD "assert(getmetatable('') == false and getmetatable(col.a) == false)\n"
             "assert(getmetatable(_G) == false and getmetatable(o) == false)\n"
             "assert(not pcall(setmetatable, _G, {}))\n"
             "assert(not pcall(setmetatable, {}, { __gc = print }))\n"
             "assert(setmetatable({}, { __index = { a = 1 } }).a == 1)\n"
             "local a, b = math.random(1000), math.random(1000)\n"
             "assert(collectgarbage('count') > 0 and collectgarbage() == 0)\n"
             "assert(not pcall(collectgarbage, 'stop'))\n" PIPE(""));

    (void)state;
    orch_script_free(s);
}

static void endless_loops_are_stopped(void **state)
{
    static const char *const programs[] = {
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "xpcall(function() while true do end end, function() while true do end end)",
        "local co = coroutine.wrap(function() while true do pcall(error) end end) "
        "while true do co() end",
        "while true do coroutine.resume(coroutine.create(function() for i = 1, 900 do "
        "end end)) end",
        "while true do coroutine.wrap(function() for i = 1, 900 do end end)() end",
        "setmetatable({}, { __index = function(t, k) return t[k] end })[1] = nil; "
        "repeat until false",
        "local t <close> = setmetatable({}, { __close = function() while true do end end "
        "}) error('x')",
        "table.sort({ 3, 2, 1, 5, 4 }, function(a, b) while true do end end)",
        "string.gsub('a', 'a', function() while true do end end)",
        "for w in string.gmatch(('a'):rep(100000), '.-.-.-b') do end",
        "while true do local s = ('x'):rep(1 << 24) end",
        "local s = ('x'):rep(1 << 20) while true do pcall(string.find, s, s .. 'y', 1, true) end",
    };

    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        limited(programs[i], 0, 1000000, "x.lua:1: script ran more than 1000000 instructions",
                loops);
}

static void work_inside_the_library_is_bounded(void **state)
{
    struct orch_script *s = test_load(
        "assert((''):rep(1 << 62) == '' and ('ab'):rep(2, '-') == 'ab-ab')\n"
        "assert(not pcall(table.move, {}, 1, 1 << 62, 2))\n"
        "assert(not pcall(table.move, {}, math.mininteger, math.maxinteger, 2))\n"
        "assert(not pcall(table.insert, setmetatable({}, { __len = function() "
        "return 1 << 62 end }), 1, 1))\n"
        "local sparse = {} for i = 0, 61 do sparse[1 << i] = 1 end\n"
        "assert(not pcall(table.insert, sparse, 1, 1) or #sparse < 100)\n"
        "local t = { 3, 1, 2 } table.sort(t) table.insert(t, 4) table.insert(t, 1, 0)\n"
        "assert(table.concat(t) == '01234' and table.remove(t) == 4 and #table.move(t, 1, "
        "2, 5) == 6)\n"
        PIPE(""));

    (void)state;
    orch_script_free(s);
}

static void memory_is_bounded(void **state)
{
    static const char *const programs[] = {
        "local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end",
        "local s = ('x'):rep(1 << 30)",
        "pcall(string.rep, 'x', 1 << 24)",
        "local s = 'x' while true do s = s .. s end",
        "local ok = pcall(function() local s = 'x' while true do s = s .. s end end)",
        "local co = coroutine.wrap(function() return pcall(string.rep, 'x', 1 << 24) end) co()",
        "coroutine.resume(coroutine.create(function() local s = 'x' while true do "
        "s = s .. s end end))",
        HEAD "for i = 1, 1e9 do local e = col['a' .. i] end",
        "local function f() return 1 + f() end local t = {} t[1] = ('x'):rep(1 << 24)",
    };

    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        struct orch_script_request request = { .limits = { 8 << 20, 0, 0 } };
        struct orch_script *s;
        orch_error err;
        assert_int_equal(test_load_request(programs[i], request, &s, &err), ORCH_ECONFIG);
        if (!strstr(err.detail, "script needs more than 8 MiB"))
            fail_msg("%s: %s", programs[i], err.detail);
        assert_string_equal(err.hint, memory);
    }
    limited("local s = ('x'):rep(1 << 24)", 8 << 20, 0, "x.lua:1: script needs more than 8 MiB",
            memory);
}

static void deep_recursion_is_a_script_error(void **state)
{
    struct orch_script *s;
    orch_error err;

    (void)state;
    assert_int_equal(test_load_request("local function f() return 1 + f() end f()",
                                       (struct orch_script_request){ 0 }, &s, &err), ORCH_ECONFIG);
    assert_non_null(strstr(err.detail, "stack overflow"));
    test_refused("local f, e = load(('('):rep(300) .. '1' .. (')'):rep(300)) error(e)",
                 "x.lua:1: C stack overflow", "");
}

static void a_cancelled_run_stops_the_script(void **state)
{
    struct orch_script_request request = { .cancelled = cancelled };
    struct orch_script *s;
    orch_error err;

    (void)state;
    stop_now = true;
    assert_int_equal(test_load_request("while true do pcall(error) end", request, &s, &err),
                     ORCH_ECANCELLED);
    assert_string_equal(err.message, "cancelled");
    stop_now = false;
    assert_int_equal(test_load_request(PIPE(""), request, &s, &err), ORCH_OK);
    orch_script_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_leads_outside_is_absent),
        cmocka_unit_test(load_takes_text_only),
        cmocka_unit_test(shared_types_keep_their_metatables),
        cmocka_unit_test(endless_loops_are_stopped),
        cmocka_unit_test(work_inside_the_library_is_bounded),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(deep_recursion_is_a_script_error),
        cmocka_unit_test(a_cancelled_run_stops_the_script),
    };

    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
