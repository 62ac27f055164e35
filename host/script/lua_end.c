/* SPDX-License-Identifier: Apache-2.0 */
/* o.source.NAME{...} and o.destination.NAME{...}: the ends of a pipeline. Which connectors and
 * settings there are is not known here: the host checks them against the connector's table. */
#include "script/lua_bind.h"

#include <stdio.h>
#include <stdlib.h>

uint32_t orch_lua_to_mode(lua_State *L, int index)
{
    static const char *const names[] = { "append", "replace", "upsert" };
    static const uint32_t modes[] = { ORCH_WRITE_APPEND, ORCH_WRITE_REPLACE, ORCH_WRITE_UPSERT };
    const char *mode = orch_lua_to_text(L, index, "mode");

    for (size_t i = 0; i < 3; i++)
        if (strcmp(mode, names[i]) == 0)
            return modes[i];
    if (!orch_str_nearest(mode, names, 3))
        orch_lua_raise(L, "write \"append\", \"replace\" or \"upsert\"", "no mode \"%s\"", mode);
    orch_lua_raise_nearest(L, mode, names, 3, "no mode \"%s\"", mode);
    return 0;
}

static int compare_settings(const void *a, const void *b)
{
    return strcmp(((const struct orch_setting *)a)->name, ((const struct orch_setting *)b)->name);
}

/* mode and key of a destination are for the host. */
static bool take_own(lua_State *L, struct orch_lua_end *e, const char *name)
{
    if (!e->destination)
        return false;
    if (strcmp(name, "mode") == 0) {
        e->mode = orch_lua_to_mode(L, -1);
        return true;
    }
    if (strcmp(name, "key") == 0) {
        orch_lua_to_names(L, lua_gettop(L), "key", &e->keys, &e->n_keys);
        return true;
    }
    return false;
}

static void read_settings(lua_State *L, struct orch_lua_end *e)
{
    struct orch_end *end = &e->end;
    size_t n = 0;

    lua_pushnil(L);
    for (; lua_next(L, 1); lua_pop(L, 1))
        n++;
    end->settings = orch_lua_zalloc(L, n, sizeof *end->settings);
    lua_pushnil(L);
    for (; lua_next(L, 1); lua_pop(L, 1)) {
        struct orch_setting *setting = &end->settings[end->n_settings];
        if (lua_type(L, -2) != LUA_TSTRING)
            orch_lua_raise(L, "write name = value", "a setting of \"%s\" has no name",
                           end->connector);
        const char *name = orch_lua_to_name(L, -2, "a setting's name");
        if (take_own(L, e, name))
            continue;
        *setting = (struct orch_setting){ .name = name, .place = end->place };
        orch_lua_to_setting(L, -1, setting);
        end->n_settings++;
    }
    qsort(end->settings, end->n_settings, sizeof *end->settings, compare_settings);
}

/* Upvalues: the connector's name; is it a destination? */
static int end_new(lua_State *L)
{
    struct orch_lua_end *e;
    const char *name = lua_tostring(L, lua_upvalueindex(1));
    bool destination = lua_toboolean(L, lua_upvalueindex(2));
    const char *role = destination ? "destination" : "source";

    lua_settop(L, lua_gettop(L) ? lua_gettop(L) : 1);
    if (lua_gettop(L) > 1 || (lua_type(L, 1) != LUA_TTABLE && lua_type(L, 1) != LUA_TNIL)) {
        char hint[200];
        snprintf(hint, sizeof hint, "write o.%s.%s { name = value }", role, name);
        return orch_lua_raise(L, hint, "o.%s.%s needs one table of settings, not %s", role, name,
                              orch_lua_what(L, 1));
    }
    if (lua_type(L, 1) == LUA_TNIL) {
        lua_newtable(L);
        lua_replace(L, 1);
    }
    e = lua_newuserdatauv(L, sizeof *e, 0);
    *e = (struct orch_lua_end){ .destination = destination };
    luaL_setmetatable(L, ORCH_LUA_END);
    e->end.connector = orch_lua_keep(L, name, strlen(name));
    e->end.place = orch_lua_place_kept(L);
    read_settings(L, e);
    return 1;
}

static bool is_connector_name(const char *name)
{
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

    return n > 0 && n <= 64 && name[n] == '\0';
}

/* Upvalue 1: is it a destination? */
static int connector_index(lua_State *L)
{
    bool destination = lua_toboolean(L, lua_upvalueindex(1));
    const char *role = destination ? "destination" : "source";

    if (lua_type(L, 2) != LUA_TSTRING || !is_connector_name(lua_tostring(L, 2)))
        return orch_lua_raise(L, "names are lower case, as listed by: orchestra connectors",
                              "o.%s.%s names no connector", role,
                              lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?");
    lua_pushvalue(L, 2);
    lua_pushboolean(L, destination);
    lua_pushcclosure(L, end_new, 2);
    return 1;
}

static int connector_newindex(lua_State *L)
{
    return orch_lua_raise(L, NULL, "connectors cannot be added by a script");
}

static int connector_call(lua_State *L)
{
    return orch_lua_raise(L, "write o.source.csv { path = … }", "name the connector");
}

static void push_connectors(lua_State *L, bool destination)
{
    lua_newtable(L);
    lua_createtable(L, 0, 4);
    lua_pushboolean(L, destination);
    lua_pushcclosure(L, connector_index, 1);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, connector_newindex);
    lua_setfield(L, -2, "__newindex");
    lua_pushcfunction(L, connector_call);
    lua_setfield(L, -2, "__call");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
}

void orch_lua_end_open(lua_State *L)
{
    luaL_newmetatable(L, ORCH_LUA_END);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
    push_connectors(L, false);
    lua_setfield(L, -2, "source");
    push_connectors(L, true);
    lua_setfield(L, -2, "destination");
}
