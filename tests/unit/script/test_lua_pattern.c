/* SPDX-License-Identifier: Apache-2.0 */
/* The bounded string functions against Lua's own, over many patterns and texts. */
#include "script_test.h"

#include "script/lua_state.h"

/* Runs the same program with Lua's library and with ours; results must agree, errors included. */
static const char program[] =
    "local f, s, p, x = ...\n"
    "local function show(...)\n"
    "  local t = table.pack(...)\n"
    "  for i = 1, t.n do t[i] = tostring(t[i]) end\n"
    "  return table.concat(t, '|', 1, t.n)\n"
    "end\n"
    "if f == 'gmatch' then\n"
    "  local ok, all = pcall(function()\n"
    "    local out = {}\n"
    "    for a, b in string.gmatch(s, p) do out[#out + 1] = tostring(a) .. ',' .. tostring(b) end\n"
    "    return table.concat(out, ';')\n"
    "  end)\n"
    "  return show(ok, all)\n"
    "end\n"
    "if f == 'gsub' then return show(pcall(string.gsub, s, p, x)) end\n"
    "if f == 'gsubf' then return show(pcall(string.gsub, s, p, function(a, b) "
    "return b or a end)) end\n"
    "if f == 'gsubt' then return show(pcall(string.gsub, s, p, { a = 'A', b = 1, "
    "c = false })) end\n"
    "if f == 'plain' then return show(pcall(string.find, s, p, 1, true)) end\n"
    "if f == 'find3' then return show(pcall(string.find, s, p, 3)) end\n"
    "if f == 'find-2' then return show(pcall(string.find, s, p, -2)) end\n"
    "return show(pcall(string[f], s, p))\n";

static const char *const texts[] = {
    "", "a", "abc", "hello world", "key = value", "  trim me  ", "12/03/2024", "a,b,,c", "((x)(y))",
    "THE (quick) fox", "aaa", "aXbXc", "f(a(b)c)d", "x^2-1", "[set]", "50 %", "ab12cd34", "abab",
    "line1\nline2", "\xC3\xA9t\xC3\xA9", "a\tb", "....", "0x1F", "-5", "]]", "a-z", "%d",
};

static const char *const patterns[] = {
    "", "a", ".", ".-", ".*", ".+", "a*", "a+", "a?", "a-", "^a", "a$", "^$", "^abc$", "(a)(b)",
    "(%a+)", "%z", "([%Z]+)%z", "(%w+)%s*=%s*(%w+)", "^%s*(.-)%s*$",
    "(%d+)/(%d+)/(%d+)", "[^,]*", "[%a_]+", "()a()",
    "%b()", "%((.-)%)", "%f[%a]%a+", "%f[%A]", "(.)%1", "[a-c]+", "[^a-c]+", "[]]", "[^]]+", "[a-]",
    "[%]]", "%.", "%%", "%-?%d+", "%S+", "%x+", "%u+", "%l+", "%p", "%c", "%g+", "((a)(b))", "()",
    "(a*(.)%w(%s*))", "x%^2", ".-b", "a.-b", "(.-)%f[%d]", "[%s%d]+", "\xC3.", "$", "a$b", "^",
    "(", ")", "(()", "%", "[", "[a", "[]", "[^]", "%b", "%bx", "%f", "%fa", "%1", "(%1)", "[%",
    "[a%",
    "(a", "a)", "()%1", "(a()%2)", "%0", "*", "+a", "?", "-", "a**", "[a-%d]", "[%a-z]", "%g-x",
    "(a)|b", "((((a))))",
};

static const char *const replacements[] = { "", "<%0>", "%1", "%%", "x", "%2", "%", "%a", "(%1)" };

static lua_State *ours;
static lua_State *theirs;

static void run(lua_State *L, const char *f, const char *s, const char *p, const char *x)
{
    lua_settop(L, 0);
    assert_int_equal(luaL_loadstring(L, program), LUA_OK);
    lua_pushstring(L, f);
    lua_pushstring(L, s);
    lua_pushstring(L, p);
    lua_pushstring(L, x);
    if (lua_pcall(L, 4, 1, 0) != LUA_OK)
        fail_msg("%s", lua_tostring(L, -1));
}

static void compare(const char *f, const char *s, const char *p, const char *x)
{
    run(ours, f, s, p, x);
    run(theirs, f, s, p, x);
    if (strcmp(lua_tostring(ours, -1), lua_tostring(theirs, -1)) != 0)
        fail_msg("%s(\"%s\", \"%s\", \"%s\"): %s, Lua says %s", f, s, p, x,
                 lua_tostring(ours, -1), lua_tostring(theirs, -1));
}

static void results_are_those_of_lua(void **state)
{
    static const char *const functions[] = { "find",  "match", "gmatch", "gsubf", "gsubt",
                                             "plain", "find3", "find-2" };
    struct orch_script s = { .limits = { 64 << 20, 1000000000, 600000 } };
    orch_error err = ORCH_ERROR_INIT;

    (void)state;
    assert_int_equal(orch_lua_open(&s, &err), ORCH_OK);
    ours = s.L;
    theirs = luaL_newstate();
    luaL_openlibs(theirs);
    for (size_t p = 0; p < sizeof patterns / sizeof *patterns; p++) {
        for (size_t t = 0; t < sizeof texts / sizeof *texts; t++) {
            for (size_t f = 0; f < sizeof functions / sizeof *functions; f++)
                compare(functions[f], texts[t], patterns[p], "");
            for (size_t r = 0; r < sizeof replacements / sizeof *replacements; r++)
                compare("gsub", texts[t], patterns[p], replacements[r]);
        }
    }
    lua_close(theirs);
    orch_lua_close(&s);
    orch_arena_release(&s.arena);
}

static void work_of_a_pattern_counts_as_instructions(void **state)
{
    (void)state;
    test_refused("local s = ('a'):rep(1000)\n"
                 "return s:find(('.-'):rep(10) .. 'b')\n",
                 "x.lua:2: script ran more than 100000000 instructions", "does it loop for ever?");
    test_refused("local s = ('a'):rep(100000)\n"
                 "while true do pcall(string.gsub, s, '.-.-.-.-b', '') end\n",
                 "x.lua:2: script ran more than 100000000 instructions", "does it loop for ever?");
}

static void a_long_text_is_searched_in_time(void **state)
{
    struct orch_script *s = test_load(
        "local text = ('abc '):rep(200000)\n"
        "assert(select(2, text:gsub('%a+', '')) == 200000)\n"
        "assert(text:find('x', 1, true) == nil)\n"
        "assert(text:match('^.*(c) $') == 'c')\n" PIPE(""));

    (void)state;
    orch_script_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(results_are_those_of_lua),
        cmocka_unit_test(work_of_a_pattern_counts_as_instructions),
        cmocka_unit_test(a_long_text_is_searched_in_time),
    };

    return cmocka_run_group_tests(tests, test_folder_make, test_folder_remove);
}
