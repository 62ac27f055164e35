/* SPDX-License-Identifier: Apache-2.0 */
/* The module `orchestra`. Its functions stand behind an empty table, so that a misspelt name is an
 * error and none can be replaced. */
#include "script/lua_bind.h"

#include <stdio.h>

/* o.value(x): a literal as an expression. */
static int make_value(lua_State *L)
{
    struct orch_expr *e;

    if (lua_gettop(L) != 1)
        return orch_lua_raise(L, "write o.value(1)", "o.value takes one literal");
    e = orch_lua_to_expr(L, 1, "the argument of o.value");
    orch_lua_push_expr(L, e, orch_lua_expr_depth(L, 1) + 1);
    return 1;
}

static int combine_two(lua_State *L)
{
    const struct orch_op *op = lua_touserdata(L, 1);

    lua_remove(L, 1);
    return orch_lua_apply(L, op);
}

/* Upvalue 1: the operation; 2: what scripts call it. */
static int combine(lua_State *L)
{
    const struct orch_op *op = lua_touserdata(L, lua_upvalueindex(1));
    const char *name = lua_tostring(L, lua_upvalueindex(2));
    int n = lua_gettop(L);

    if (n == 0)
        return orch_lua_raise(L, NULL, "o.%s needs at least one condition", name);
    for (int i = 1; i <= n; i++)
        if (!orch_lua_test_expr(L, i))
            return orch_lua_raise(L, ORCH_LUA_NO_CONDITION,
                                  "argument %d of o.%s is %s, not a condition", i, name,
                                  orch_lua_what(L, i));
    for (int i = 2; i <= n; i++) {
        lua_pushcfunction(L, combine_two);
        lua_pushlightuserdata(L, (void *)(uintptr_t)op);
        lua_pushvalue(L, 1);
        lua_pushvalue(L, i);
        lua_call(L, 3, 1);
        lua_replace(L, 1);
    }
    lua_settop(L, 1);
    return 1;
}

/* ---- the module -------------------------------------------------------------------------- */

static int push_territory(lua_State *L)
{
    if (lua_getfield(L, LUA_REGISTRYINDEX, ORCH_LUA_TERRITORY) == LUA_TNIL)
        return orch_lua_raise(L, "pass --territory FILE", "the script needs a territory");
    return 1;
}

static int raise_no_function(lua_State *L, const char *name)
{
    const char *names[64] = { "territory" };
    size_t n = 1;

    lua_pushnil(L);
    for (; lua_next(L, lua_upvalueindex(1)) && n < 64; lua_pop(L, 1))
        names[n++] = lua_tostring(L, -2);
    if (orch_str_nearest(name, names, n) == NULL)
        return orch_lua_raise(L, "connectors are o.source.NAME and o.destination.NAME; the rest "
                                 "is in docs/lua.md", "orchestra has no \"%s\"", name);
    return orch_lua_raise_nearest(L, name, names, n, "orchestra has no \"%s\"", name);
}

/* Upvalue 1: the functions. */
static int module_index(lua_State *L)
{
    struct orch_script *s = orch_lua_script(L);
    const char *name;

    if (lua_type(L, 2) != LUA_TSTRING)
        return orch_lua_raise(L, NULL, "a function of orchestra has a name, not %s",
                              orch_lua_what(L, 2));
    name = lua_tostring(L, 2);
    if (strcmp(name, "select") == 0)
        s->select_mark = s->serial; /* what is made from here on stands in its constructor */
    lua_settop(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
        return 1;
    if (strcmp(name, "territory") == 0)
        return push_territory(L);
    if (strcmp(name, "env") == 0)
        return orch_lua_raise(L, "write \"${env:NAME}\" in a setting: the host fills it in",
                              "scripts do not see the environment");
    return raise_no_function(L, name);
}

static int module_newindex(lua_State *L)
{
    return orch_lua_raise(L, "keep helpers in a local variable or a module of yours",
                          "orchestra cannot be changed");
}

static void add_combination(lua_State *L, const char *name, const char *op)
{
    lua_pushlightuserdata(L, (void *)(uintptr_t)orch_lua_op(L, op));
    lua_pushstring(L, name);
    lua_pushcclosure(L, combine, 2);
    lua_setfield(L, -2, name);
}

int orch_lua_module(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "pipeline", orch_lua_pipeline }, { "select", orch_lua_select },
        { "where", orch_lua_where },       { "each", orch_lua_each },
        { "case", orch_lua_case },             { "value", make_value },
        { "param", orch_lua_param },       { "reject", orch_lua_reject },
        { NULL, NULL },
    };

    luaL_checkstack(L, 12, NULL);
    orch_lua_step_open(L);
    orch_lua_pipeline_open(L);
    lua_newtable(L);
    lua_createtable(L, 0, 4);
    luaL_newlib(L, functions);
    orch_lua_expression_open(L);
    orch_lua_time_open(L);
    orch_lua_end_open(L);
    add_combination(L, "all", "and");
    add_combination(L, "any", "or");
    lua_pushcclosure(L, module_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, module_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    return 1;
}
