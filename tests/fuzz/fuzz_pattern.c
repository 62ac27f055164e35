/* SPDX-License-Identifier: Apache-2.0 */
/* Lua patterns: function (one byte), pattern up to a newline, text. What the bounded functions of
 * scripts give must be what Lua's own give; short texts only, Lua's own have no bounds. */
#include <stdlib.h>

#include "bytes.h"
#include "orch/error.h"
#include "script/lua_state.h"

enum { PATTERN_MOST = 10, TEXT_MOST = 28 };

static const char program[] =
    "local f, p, s = ...\n"
    "local function show(...)\n"
    "  local t = table.pack(...)\n"
    "  for i = 1, t.n do t[i] = tostring(t[i]) end\n"
    "  return table.concat(t, '|', 1, t.n)\n"
    "end\n"
    "if f == 0 then return show(pcall(string.find, s, p)) end\n"
    "if f == 1 then return show(pcall(string.match, s, p, 2)) end\n"
    "if f == 2 then return show(pcall(string.gsub, s, p, '<%0%1>')) end\n"
    "return show(pcall(function() local t = {} for a, b in string.gmatch(s, p) do\n"
    "  t[#t + 1] = tostring(a) .. ',' .. tostring(b) end return table.concat(t, ';') end))\n";

/* false: a limit was reached */
static bool run(lua_State *L, int f, struct orch_str pattern, struct orch_str text)
{
    lua_settop(L, 0);
    if (luaL_loadstring(L, program) != LUA_OK)
        abort();
    lua_pushinteger(L, f);
    lua_pushlstring(L, pattern.ptr, pattern.len);
    lua_pushlstring(L, text.ptr, text.len);
    return lua_pcall(L, 3, 1, 0) == LUA_OK;
}

/* The bounded state: the same one until a limit was reached. */
static lua_State *bounded(struct orch_script *s)
{
    orch_error err = ORCH_ERROR_INIT;

    if (s->L != NULL && s->trip == ORCH_TRIP_NONE) {
        orch_lua_refill(s);
        return s->L;
    }
    orch_lua_close(s);
    orch_arena_release(&s->arena);
    *s = (struct orch_script){ .limits = { 16 << 20, 100000, 30000 } };
    if (orch_lua_open(s, &err) != ORCH_OK)
        abort();
    return s->L;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static lua_State *theirs;
    static struct orch_script s;
    struct fuzz_bytes b = { data, size };
    int f = fuzz_byte(&b) % 4;
    struct orch_str pattern = fuzz_until(&b, '\n');
    struct orch_str text = fuzz_rest(&b);

    if (theirs == NULL && (theirs = luaL_newstate()) != NULL)
        luaL_openlibs(theirs);
    if (theirs == NULL)
        abort();
    bool ended = run(bounded(&s), f, pattern, text);
    if (!ended && s.trip == ORCH_TRIP_NONE)
        fuzz_broken("%s", lua_tostring(s.L, -1));
    if (ended && pattern.len <= PATTERN_MOST && text.len <= TEXT_MOST &&
        run(theirs, f, pattern, text) &&
        strcmp(lua_tostring(s.L, -1), lua_tostring(theirs, -1)) != 0)
        fuzz_broken("%s, Lua says %s", lua_tostring(s.L, -1), lua_tostring(theirs, -1));
    return 0;
}
