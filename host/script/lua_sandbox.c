/* SPDX-License-Identifier: Apache-2.0 */
/* The base functions a script has. Left out: dofile, loadfile, io, os, debug, package, bytecode,
 * finalizers (they run with the instruction hook off). Changed: what could swallow a limit. */
#include "script/lua_state.h"

#include "base/log.h"

/* What takes longer in C than an instruction counts as so many. */
enum { CAUGHT_WORK = 20, PRINT_WORK = 50, COMPILE_WORK_A_BYTE = 2 };

/* ---- protected calls --------------------------------------------------------------------- */

/* Errors of limits pass through pcall, whatever the script wants. */
static int protected_result(lua_State *L, int status, lua_KContext handler)
{
    if (status != LUA_OK && status != LUA_YIELD) {
        struct orch_script *s = orch_lua_script(L);
        s->budget -= CAUGHT_WORK;
        orch_lua_check_refused(s, L, status);
        if (s->trip != ORCH_TRIP_NONE)
            return orch_lua_raise_trip(L);
        if (handler) {
            /* Called after unwinding: in Lua's own xpcall the handler of an error from the hook
             * would run with the hook off. */
            lua_pushvalue(L, 1);
            lua_insert(L, -2);
            lua_call(L, 1, 1);
        }
        lua_pushboolean(L, false);
        lua_insert(L, -2);
        return 2;
    }
    lua_pushboolean(L, true);
    lua_insert(L, handler ? 2 : 1);
    return lua_gettop(L) - (handler ? 1 : 0);
}

static int safe_pcall(lua_State *L)
{
    luaL_checkany(L, 1);
    luaL_checkstack(L, 2, NULL);
    return protected_result(
        L, lua_pcallk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, 0, protected_result), 0);
}

/* xpcall(f, handler, ...) -> stack: handler, f, ... */
static int safe_xpcall(lua_State *L)
{
    luaL_checktype(L, 2, LUA_TFUNCTION);
    luaL_checkstack(L, 4, NULL);
    lua_pushvalue(L, 1);
    lua_copy(L, 2, 1);
    lua_replace(L, 2);
    return protected_result(
        L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 1, protected_result), 1);
}

/* ---- load, print, collectgarbage, setmetatable ------------------------------------------- */

/* load(text [, name [, mode [, env]]]): text only. */
static int text_load(lua_State *L)
{
    size_t len;
    const char *text;
    const char *name;
    bool has_env = !lua_isnone(L, 4);

    if (lua_type(L, 1) != LUA_TSTRING)
        return orch_lua_raise(L, NULL, "load needs a text, not %s", orch_lua_what(L, 1));
    text = lua_tolstring(L, 1, &len);
    orch_lua_charge(L, (int64_t)len * COMPILE_WORK_A_BYTE);
    name = luaL_optstring(L, 2, "=(load)");
    if (strcmp(luaL_optstring(L, 3, "t"), "b") == 0)
        return orch_lua_raise(L, "give load the text of the program",
                              "load does not take bytecode");
    if (luaL_loadbufferx(L, text, len, name, "t") != LUA_OK) {
        luaL_pushfail(L);
        lua_insert(L, -2);
        return 2;
    }
    if (has_env) {
        lua_pushvalue(L, 4);
        if (!lua_setupvalue(L, -2, 1))
            lua_pop(L, 1);
    }
    return 1;
}

static int log_print(lua_State *L)
{
    int n = lua_gettop(L);
    luaL_Buffer line;

    orch_lua_charge(L, PRINT_WORK);
    luaL_buffinit(L, &line);
    for (int i = 1; i <= n; i++) {
        if (i > 1)
            luaL_addchar(&line, '\t');
        luaL_tolstring(L, i, NULL);
        luaL_addvalue(&line);
    }
    luaL_pushresult(&line);
    orch_log_line(ORCH_LOG_INFO, "script.print", lua_tostring(L, -1));
    return 0;
}

static int count_garbage(lua_State *L)
{
    const char *option = luaL_optstring(L, 1, "collect");

    if (strcmp(option, "count") == 0) {
        lua_pushnumber(L, (lua_Number)orch_lua_script(L)->used_bytes / 1024);
        return 1;
    }
    if (strcmp(option, "collect") != 0)
        return orch_lua_raise(L, "write collectgarbage() or collectgarbage(\"count\")",
                              "collectgarbage does not take \"%s\"", option);
    /* A full collection takes time that no instruction counts. */
    orch_lua_charge(L, (int64_t)(orch_lua_script(L)->used_bytes / 16));
    lua_gc(L, LUA_GCCOLLECT);
    lua_pushinteger(L, 0);
    return 1;
}

/* Upvalue 1: Lua's own setmetatable. */
static int plain_setmetatable(lua_State *L)
{
    if (lua_type(L, 2) == LUA_TTABLE) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL)
            return orch_lua_raise(L, NULL, "finalizers (__gc) are not available in scripts");
        lua_pop(L, 1);
    }
    lua_settop(L, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 2, 1);
    return 1;
}

/* ---- globals ----------------------------------------------------------------------------- */

/* Libraries of Lua that reach beyond the script, and what scripts do instead. */
static const char *withheld_hint(const char *name)
{
    static const char *const names[] = { "os", "io", "debug", "package", "dofile", "loadfile" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(name, names[i]) == 0)
            return "scripts reach no files and programs: the source reads, require loads modules";
    return NULL;
}

/* A misspelt name must not become nil and then a null literal. */
static int missing_global(lua_State *L)
{
    size_t n = 0;
    size_t cap = 0;
    const char **names;
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";

    if (withheld_hint(name))
        return orch_lua_raise(L, withheld_hint(name), "no variable \"%s\"", name);
    lua_pushnil(L);
    for (; lua_next(L, 1); lua_pop(L, 1))
        cap++;
    names = lua_newuserdatauv(L, (cap + 1) * sizeof *names, 0);
    lua_pushnil(L);
    for (; lua_next(L, 1); lua_pop(L, 1))
        if (lua_type(L, -2) == LUA_TSTRING)
            names[n++] = lua_tostring(L, -2);
    return orch_lua_raise_nearest(L, name, names, n, "no variable \"%s\"", name);
}

static void guard_globals(lua_State *L)
{
    lua_pushglobaltable(L);
    lua_createtable(L, 0, 2);
    lua_pushcfunction(L, missing_global);
    lua_setfield(L, -2, "__index");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_pop(L, 1);
}

static void open_libraries(lua_State *L)
{
    static const luaL_Reg libraries[] = {
        { LUA_GNAME, luaopen_base },       { LUA_STRLIBNAME, luaopen_string },
        { LUA_TABLIBNAME, luaopen_table }, { LUA_MATHLIBNAME, luaopen_math },
        { LUA_UTF8LIBNAME, luaopen_utf8 }, { LUA_COLIBNAME, luaopen_coroutine },
    };

    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        luaL_requiref(L, libraries[i].name, libraries[i].func, 1);
        lua_pop(L, 1);
    }
}

void orch_lua_sandbox_open(lua_State *L)
{
    static const luaL_Reg changed[] = {
        { "pcall", safe_pcall },      { "xpcall", safe_xpcall },
        { "load", text_load },        { "print", log_print },
        { "collectgarbage", count_garbage }, { NULL, NULL },
    };
    static const char *const removed[] = { "dofile", "loadfile", "warn" };

    open_libraries(L);
    lua_pushglobaltable(L);
    luaL_setfuncs(L, changed, 0);
    for (size_t i = 0; i < sizeof removed / sizeof removed[0]; i++) {
        lua_pushnil(L);
        lua_setfield(L, -2, removed[i]);
    }
    lua_getfield(L, -1, "setmetatable");
    lua_pushcclosure(L, plain_setmetatable, 1);
    lua_setfield(L, -2, "setmetatable");
    lua_pop(L, 1);
    guard_globals(L);
}
