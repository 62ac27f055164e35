/* SPDX-License-Identifier: Apache-2.0 */
/* Bounded forms of library functions that could otherwise work for ever inside C, where the
 * instruction hook does not see them. */
#include "script/lua_state.h"

/* Longest table that the functions which walk it in C take. */
#define TABLE_ITEMS 10000000

/* Calls the original function (upvalue 1) with the arguments as they are. */
static int call_original(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
    return lua_gettop(L);
}

/* ---- string ------------------------------------------------------------------------------ */

/* A repeated empty text needs no memory, so that the allocator would not stop it. */
static int bounded_rep(lua_State *L)
{
    size_t len, separator_len = 0;

    luaL_checklstring(L, 1, &len);
    luaL_checkinteger(L, 2);
    if (!lua_isnoneornil(L, 3))
        luaL_checklstring(L, 3, &separator_len);
    if (len == 0 && separator_len == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    return call_original(L);
}

/* Functions that walk the text at 1 in C. */
static int charged_text(lua_State *L)
{
    size_t len = 0;

    if (lua_type(L, 1) == LUA_TSTRING)
        lua_tolstring(L, 1, &len);
    orch_lua_charge(L, (int64_t)(len / 8));
    return call_original(L);
}

static int charged_format(lua_State *L)
{
    enum { FORMAT_WORK = 20 }; /* a number takes the time of so many instructions */

    orch_lua_charge(L, FORMAT_WORK);
    return charged_text(L);
}

/* ---- table ------------------------------------------------------------------------------- */

/* #t can be made to lie: by __len, and by the border of a sparse table. */
static int bounded_table(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    if (luaL_getmetafield(L, 1, "__len") != LUA_TNIL)
        return orch_lua_raise(L, NULL, "functions of table take no table with __len");
    if (lua_rawlen(L, 1) > TABLE_ITEMS)
        return orch_lua_raise(L, NULL, "table has more than %d values", TABLE_ITEMS);
    orch_lua_charge(L, (int64_t)lua_rawlen(L, 1));
    return call_original(L);
}

/* insert and remove: at the end they move nothing. `with_place`: arguments of a call that names a
 * place. */
static int bounded_shift(lua_State *L, int with_place)
{
    if (lua_gettop(L) >= with_place)
        return bounded_table(L);
    luaL_checktype(L, 1, LUA_TTABLE);
    if (luaL_getmetafield(L, 1, "__len") != LUA_TNIL)
        return orch_lua_raise(L, NULL, "functions of table take no table with __len");
    return call_original(L);
}

static int bounded_insert(lua_State *L)
{
    return bounded_shift(L, 3);
}

static int bounded_remove(lua_State *L)
{
    return bounded_shift(L, 2);
}

/* table.move(a, first, last, to [, b]) */
static int bounded_move(lua_State *L)
{
    lua_Integer first = luaL_checkinteger(L, 2);
    lua_Integer last = luaL_checkinteger(L, 3);
    lua_Integer count = 0;

    if (last >= first &&
        (__builtin_sub_overflow(last, first, &count) || count >= TABLE_ITEMS))
        return orch_lua_raise(L, NULL, "table.move moves at most %d values", TABLE_ITEMS);
    orch_lua_charge(L, count);
    return call_original(L);
}

/* ---- coroutine --------------------------------------------------------------------------- */

/* A new coroutine starts a count of its own: what it may run uncounted is charged here. */
static int charged_coroutine(lua_State *L)
{
    orch_lua_charge(L, ORCH_HOOK_STEP);
    return call_original(L);
}

/* ---- opening ----------------------------------------------------------------------------- */

static void wrap(lua_State *L, const char *library, const char *name, lua_CFunction around)
{
    lua_getglobal(L, library);
    lua_getfield(L, -1, name);
    lua_pushcclosure(L, around, 1);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

static void wrap_global(lua_State *L, const char *name, lua_CFunction around)
{
    lua_getglobal(L, name);
    lua_pushcclosure(L, around, 1);
    lua_setglobal(L, name);
}

static void remove_field(lua_State *L, const char *library, const char *name)
{
    lua_getglobal(L, library);
    lua_pushnil(L);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

/* The same numbers in every run. */
static void seed_random(lua_State *L)
{
    lua_getglobal(L, "math");
    lua_getfield(L, -1, "randomseed");
    lua_pushinteger(L, 1);
    lua_call(L, 1, 0);
    lua_pop(L, 1);
    remove_field(L, "math", "randomseed");
}

static void protect_string_metatable(lua_State *L)
{
    lua_pushliteral(L, "");
    lua_getmetatable(L, -1);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 2);
}

void orch_lua_library_open(lua_State *L)
{
    wrap(L, "string", "rep", bounded_rep);
    wrap_global(L, "tonumber", charged_text);
    remove_field(L, "string", "dump");
    wrap(L, "string", "format", charged_format);
    wrap(L, "utf8", "len", charged_text);
    wrap(L, "utf8", "offset", charged_text);
    wrap(L, "table", "insert", bounded_insert);
    wrap(L, "table", "remove", bounded_remove);
    wrap(L, "table", "concat", bounded_table);
    wrap(L, "table", "sort", bounded_table);
    wrap(L, "table", "move", bounded_move);
    wrap(L, "coroutine", "create", charged_coroutine);
    wrap(L, "coroutine", "wrap", charged_coroutine);
    seed_random(L);
    protect_string_metatable(L);
    lua_getglobal(L, "string");
    orch_lua_pattern_open(L);
}
