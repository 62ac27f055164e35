/* SPDX-License-Identifier: Apache-2.0 */
/* o.territory: a read-only view of the table that the territory file returned. A missing key is
 * an error, because a path or code that is nil would be noticed much later; for what a territory
 * may leave out there is o.territory(key, default). */
#include "script/lua_bind.h"

/* The field of a view's metatable that holds the table behind it. */
#define BEHIND "orchestra.table"

static const char *territory_name(lua_State *L)
{
    const char *name = orch_lua_script(L)->territory_name;

    return name ? name : "?";
}

/* [-0, +1 or 0] Pushes the table behind the view at index. */
static bool push_behind(lua_State *L, int index)
{
    if (lua_type(L, index) != LUA_TTABLE || !lua_getmetatable(L, index))
        return false;
    lua_pushliteral(L, BEHIND);
    if (lua_rawget(L, -2) != LUA_TTABLE) {
        lua_pop(L, 2);
        return false;
    }
    lua_remove(L, -2);
    return true;
}

void orch_lua_territory_unwrap(lua_State *L, int index)
{
    luaL_checkstack(L, 4, NULL);
    if (push_behind(L, index))
        lua_replace(L, index);
}

/* [-1, +1] Tables come out as views. */
static int give(lua_State *L)
{
    if (lua_type(L, -1) == LUA_TTABLE)
        orch_lua_territory_wrap(L);
    return 1;
}

/* Upvalue 1 of these: the table behind. */
static int raise_missing(lua_State *L, int key)
{
    size_t n = 0;
    size_t cap = 0;
    const char **names;
    const char *name = lua_type(L, key) == LUA_TSTRING ? lua_tostring(L, key)
                                                       : luaL_tolstring(L, key, NULL);

    lua_pushnil(L);
    for (; lua_next(L, lua_upvalueindex(1)); lua_pop(L, 1))
        cap++;
    names = lua_newuserdatauv(L, (cap + 1) * sizeof *names, 0);
    lua_pushnil(L);
    for (; lua_next(L, lua_upvalueindex(1)); lua_pop(L, 1))
        if (lua_type(L, -2) == LUA_TSTRING)
            names[n++] = lua_tostring(L, -2);
    if (orch_str_nearest(name, names, n))
        return orch_lua_raise_nearest(L, name, names, n, "territory %s has no \"%s\"",
                                      territory_name(L), name);
    return orch_lua_raise(L, "the script needs it: add it to the territory file",
                          "territory %s has no \"%s\"", territory_name(L), name);
}

static int view_index(lua_State *L)
{
    lua_settop(L, 2);
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
        return give(L);
    if (lua_isinteger(L, 2)) /* past the end of a list: ipairs stops there */
        return 1;
    return raise_missing(L, 2);
}

/* o.territory(key, default) */
static int view_call(lua_State *L)
{
    luaL_checkany(L, 2);
    lua_settop(L, 3);
    if (lua_type(L, 2) == LUA_TNIL)
        return orch_lua_raise(L, NULL, "o.territory needs a key, not nil");
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
        return give(L);
    lua_pop(L, 1);
    return 1;
}

static int view_newindex(lua_State *L)
{
    return orch_lua_raise(L, NULL, "territory %s is read-only", territory_name(L));
}

static int view_len(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)lua_rawlen(L, lua_upvalueindex(1)));
    return 1;
}

static int view_next(lua_State *L)
{
    lua_settop(L, 2);
    if (!lua_next(L, lua_upvalueindex(1))) {
        lua_pushnil(L);
        return 1;
    }
    give(L);
    return 2;
}

static int view_pairs(lua_State *L)
{
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushcclosure(L, view_next, 1);
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

void orch_lua_territory_wrap(lua_State *L)
{
    static const luaL_Reg methods[] = {
        { "__index", view_index }, { "__newindex", view_newindex }, { "__len", view_len },
        { "__pairs", view_pairs }, { "__call", view_call },         { NULL, NULL },
    };

    luaL_checkstack(L, 6, NULL);
    lua_newtable(L);
    lua_createtable(L, 0, 8);
    lua_pushvalue(L, -3);
    luaL_setfuncs(L, methods, 1);
    lua_pushvalue(L, -3);
    lua_setfield(L, -2, BEHIND);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_remove(L, -2);
}
