/* SPDX-License-Identifier: Apache-2.0 */
/* Scripts that mean harm: work that never ends, in Lua and inside its library, and memory. */
#include "script_test.h"

static void ended(const char *text, struct orch_limits limits, const char *const *whys)
{
    struct orch_script_request request = { .limits = limits };
    struct orch_script *s;
    orch_error err;

    if (test_load_request(text, request, &s, &err) != ORCH_ECONFIG)
        fail_msg("%s: ended with %d: %s", text, err.code, err.message);
    for (size_t i = 0; whys[i] != NULL; i++)
        if (strstr(err.detail, whys[i]) != NULL)
            return;
    fail_msg("%s: %s", text, err.detail);
}

/* Loops, jumps, recursion, coroutines, metamethods, handlers, work in the library. */
static void what_never_ends_is_ended(void **state)
{
    static const char *const programs[] = {
        "while true do end",
        "::a:: goto a",
        "local function f() return f() end f()",
        "local g local function f() return g() end g = function() return f() end f()",
        "for i = 1, math.huge do end",
        "while true do coroutine.wrap(function() coroutine.yield() end)() end",
        "local c = coroutine.wrap(function() while true do coroutine.yield() end end) while"
        " true do c() end",
        "local t = setmetatable({}, {}) getmetatable(t).__index = function(t, k) return"
        " rawget(t, k) or (function() while true do end end)() end local x = t.a",
        "local t = setmetatable({}, { __newindex = function() while true do end end }) t.a ="
        " 1",
        "setmetatable({}, { __call = function(f) return f() end })()",
        "local m = { __eq = function() while true do end end } return setmetatable({}, m) =="
        " setmetatable({}, m)",
        "local t = setmetatable({}, { __concat = function() while true do end end }) return t"
        " .. t",
        "local t = setmetatable({}, { __len = function() while true do end end }) return #t",
        "tostring(setmetatable({}, { __tostring = function() while true do end end }))",
        "for k in pairs(setmetatable({}, { __pairs = function() while true do end end })) do"
        " end",
        "for k in pairs(setmetatable({}, { __pairs = function(t) return function() return 1"
        " end, t, nil end })) do end",
        "do local x <close> = setmetatable({}, { __close = function() while true do end end"
        " }) end",
        "pcall(function() local x <close> = setmetatable({}, { __close = function() while"
        " true do end end }) error('x') end)",
        "local x <close> = setmetatable({}, { __close = function() while true do end end })"
        " while true do end",
        "xpcall(error, function() while true do end end)",
        "while true do pcall(function() while true do end end) end",
        "local f = coroutine.wrap(function() while true do pcall(function() while true do end"
        " end) end end) f() while true do pcall(f) end",
        "local t = {} for i = 1, 100 do t[i] = i end while true do table.sort(t, function(a,"
        " b) return a > b end) end",
        "local t = {} for i = 1, 1000 do t[i] = i end while true do pcall(table.sort, t,"
        " function() return true end) end",
        "while true do load(('x = 1 '):rep(10000)) end",
        "while true do pcall(require, 'nothing') end",
        "local s = ('a'):rep(50000) s:find(('a*'):rep(30) .. 'b')",
        "local s = ('a'):rep(100000) s:match('(.-)(.-)(.-)(.-)b')",
        "for _ in (('a'):rep(200000)):gmatch('.-.-.-.-b') do end",
        "local s = ('a'):rep(200000) s:gsub('a-a-a-a-b', '')",
        "local s = ('a'):rep(1 << 22) while true do s:find(('a'):rep(1 << 21) .. 'b', 1,"
        " true) end",
        "local s = ('('):rep(1 << 20) for i = 1, 1000 do s:gsub('%b()', '') end",
        "local s = (' a'):rep(1 << 20) while true do s:gsub('%f[%a]', '') end",
        "while true do string.format('%99d', 1) end",
        "while true do (''):rep(1 << 60) end",
        "local s = ('x'):rep(1 << 26) while true do s:reverse() end",
        "local s = ('x'):rep(1 << 26) while true do s:upper() end",
        "local s = ('x'):rep(1 << 20) while true do pcall(string.byte, s, 1, -1) end",
        "while true do string.pack('z', ('x'):rep(1 << 20)) end",
        "local t = {} while true do pcall(table.unpack, t, 1, 1 << 20) end",
        "local t = {} for i = 1, 1 << 20 do t[i] = 'x' end while true do table.concat(t) end",
        "local t = {} for i = 1, 1 << 20 do t[i] = 1 end while true do table.insert(t, 1, 1)"
        " table.remove(t, 1) end",
        "local s = ('x'):rep(1 << 24) while true do utf8.len(s) end",
        "local s = ('x'):rep(1 << 24) while true do for _ in utf8.codes(s) do end end",
        "local t = {} for i = 1, 1 << 20 do t[i] = {} end while true do collectgarbage() end",
        "local s = ('1'):rep(1 << 24) while true do tonumber(s) end",
        "local t = {} while true do t[('x'):rep(1 << 16) .. 'y'] = nil end",
    };
    static const char *const whys[] = { "instructions", "stack overflow", NULL };

    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        ended(programs[i], (struct orch_limits){ 256 << 20, 2000000, 0 }, whys);
}

static void what_takes_memory_is_ended(void **state)
{
    static const char *const programs[] = {
        "local t = {} while true do t[#t + 1] = {} end",
        "local s = 'x' while true do s = s .. s end",
        "local s = ('x'):rep(1 << 40)",
        "local s = ('x'):rep(1 << 20):rep(1 << 20)",
        "local s = ('x'):rep(1 << 20, ('y'):rep(1 << 20))",
        "local t = {} for i = 1, 1 << 10 do t[i] = ('x'):rep(1 << 20) end table.concat(t)",
        "local t = {} for i = 1, 1 << 10 do t[i] = '' end table.concat(t, ('x'):rep(1 << 20))",
        "local s = ('a'):rep(1 << 20):gsub('a', ('b'):rep(1 << 10))",
        "local t = {} while true do t[#t + 1] = coroutine.create(print) end",
        "local t = {} while true do t[#t + 1] = function() return t end end",
        "local t = {} local function f(n) t[n] = ('x'):rep(1 << 16) .. n f(n + 1) end f(1)",
        "local t = {} while true do pcall(function() t[#t + 1] = ('x'):rep(1 << 20) .. #t"
        " end) end",
        "load('return {' .. ('1,'):rep(1 << 26) .. '}')",
        HEAD "for i = 1, 1e9 do local c = col['x' .. i]:trim():upper() end while true do end",
        HEAD "local e = col.a while true do e = e .. 'x' end",
        HEAD "local e = col.a for i = 1, 64 do e = e .. e end while true do end",
    };
    static const char *const whys[] = { "needs more than 16 MiB", "instructions", "too large",
                                        "too many", "overflow", "nest", NULL };

    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        ended(programs[i], (struct orch_limits){ 16 << 20, 10000000, 0 }, whys);
}

/* One instruction may compare or copy megabytes: no count of instructions comes near. */
static void few_instructions_that_take_long_are_ended(void **state)
{
    static const char *const programs[] = {
        ("local a, b = ('x'):rep(1 << 20) .. 'a', ('x'):rep(1 << 20) .. 'b' "
         "while true do local _ = a < b end"),
        "local function f(...) return f(1, ...) end f()",
        "local s = (' '):rep(1 << 18) .. '1' while true do local _ = s + 1 end",
    };
    static const char *const whys[] = { "took more than 50 ms of processor time", NULL };

    (void)state;
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++)
        ended(programs[i], (struct orch_limits){ 256 << 20, INT64_MAX, 50 }, whys);
}

/* A handler that fails while it handles is no loop of its own. */
static void errors_in_error_handlers_end(void **state)
{
    struct orch_script *s = test_load(
        "local function h() error('again') end\n"
        "assert(not pcall(xpcall, error, h))\n"
        "local t = setmetatable({}, { __close = function() error('close') end })\n"
        "assert(not pcall(function() local x <close> = t error('x') end))\n"
        "local u = setmetatable({}, { __tostring = function() error('u') end })\n"
        "assert(not pcall(error, u) and not pcall(tostring, u))\n"
        "assert(not pcall(string.format, '%1000d', 1))\n"
        "assert(not pcall(string.format, '%.1000f', 1))\n"
        "assert(not pcall(string.pack, 'i17', 1))\n"
        "assert(not pcall(string.pack, '!17', 1)) assert(not pcall(string.unpack, 's8', "
        "('\\255'):rep(8)))\n"
        PIPE(""));

    (void)state;
    orch_script_free(s);
}

/* Appending to a list costs the same however long it is. */
static void a_long_list_may_be_built(void **state)
{
    struct orch_script *s = test_load("local t = {} for i = 1, 300000 do table.insert(t, i) end\n"
                                      "for i = 1, 300000 do table.remove(t) end\n" PIPE(""));

    (void)state;
    orch_script_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_never_ends_is_ended),
        cmocka_unit_test(what_takes_memory_is_ended),
        cmocka_unit_test(few_instructions_that_take_long_are_ended),
        cmocka_unit_test(errors_in_error_handlers_end),
        cmocka_unit_test(a_long_list_may_be_built),
    };

    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
