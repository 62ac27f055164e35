/* SPDX-License-Identifier: Apache-2.0 */
/* o.param(name, default): a value of the command line, --param name=value, of the default's
 * type. A parameter that was given but never asked for is a mistake in the name. */
#include "script/lua_bind.h"

#include <stdio.h>

#include "base/vec.h"

static struct orch_script_param *given(struct orch_script *s, const char *name)
{
    for (size_t i = 0; i < s->n_params; i++)
        if (strcmp(s->params[i].name, name) == 0)
            return &s->params[i];
    return NULL;
}

static void remember_asked(lua_State *L, const char *name)
{
    struct orch_script *s = orch_lua_script(L);

    for (size_t i = 0; i < s->asked.len; i++)
        if (strcmp(s->asked.items[i], name) == 0)
            return;
    name = orch_lua_keep(L, name, strlen(name));
    if (!orch_vec_push(&s->asked, name))
        orch_lua_raise_memory(L);
}

static int raise_value(lua_State *L, const struct orch_script_param *p, const char *expected)
{
    char hint[200];

    snprintf(hint, sizeof hint, "write --param %.100s=%s", p->name,
             strcmp(expected, "an integer") == 0  ? "2025"
             : strcmp(expected, "a number") == 0 ? "0.5"
                                                 : "true");
    return orch_lua_raise(L, hint, "parameter \"%s\" must be %s, got \"%s\"", p->name, expected,
                          p->value);
}

/* [-0, +1] The text as a value of the type of the default at index 2. */
static int push_typed(lua_State *L, const struct orch_script_param *p)
{
    struct orch_str text = orch_str_from(p->value);
    int64_t integer;
    double number;

    switch (lua_type(L, 2)) {
    case LUA_TBOOLEAN:
        if (strcmp(p->value, "true") != 0 && strcmp(p->value, "false") != 0)
            return raise_value(L, p, "true or false");
        lua_pushboolean(L, strcmp(p->value, "true") == 0);
        return 1;
    case LUA_TNUMBER:
        if (lua_isinteger(L, 2)) {
            if (!orch_str_to_int(text, &integer))
                return raise_value(L, p, "an integer");
            lua_pushinteger(L, integer);
            return 1;
        }
        if (!orch_str_to_float(text, &number))
            return raise_value(L, p, "a number");
        lua_pushnumber(L, number);
        return 1;
    default:
        lua_pushstring(L, p->value);
        return 1;
    }
}

int orch_lua_param(lua_State *L)
{
    struct orch_script_param *p;
    const char *name = orch_lua_to_name(L, 1, "a parameter's name");
    int type = lua_type(L, 2);

    if (type != LUA_TNONE && type != LUA_TNIL && type != LUA_TBOOLEAN && type != LUA_TNUMBER &&
        type != LUA_TSTRING)
        return orch_lua_raise(L, NULL,
                              "the default of parameter \"%s\" must be a text, number or boolean, "
                              "not %s", name, orch_lua_what(L, 2));
    remember_asked(L, name);
    p = given(orch_lua_script(L), name);
    if (p) {
        p->asked = true;
        return push_typed(L, p);
    }
    if (type == LUA_TNONE) {
        char hint[200];
        snprintf(hint, sizeof hint, "write --param %.100s=VALUE", name);
        return orch_lua_raise(L, hint, "parameter \"%s\" is needed", name);
    }
    lua_pushvalue(L, 2);
    return 1;
}

void orch_lua_params_asked(lua_State *L)
{
    struct orch_script *s = orch_lua_script(L);

    for (size_t i = 0; i < s->n_params; i++) {
        const struct orch_script_param *p = &s->params[i];
        if (p->asked)
            continue;
        if (s->asked.len == 0)
            orch_lua_raise(L, "a script reads them with o.param(name, default)",
                           "the script has no parameter \"%s\": it has none", p->name);
        if (!orch_str_nearest(p->name, s->asked.items, s->asked.len)) {
            char hint[240];
            snprintf(hint, sizeof hint, "it asks for \"%.100s\"%s", s->asked.items[0],
                     s->asked.len > 1 ? " and others" : "");
            orch_lua_raise(L, hint, "the script has no parameter \"%s\"", p->name);
        }
        orch_lua_raise_nearest(L, p->name, s->asked.items, s->asked.len,
                               "the script has no parameter \"%s\"", p->name);
    }
}
