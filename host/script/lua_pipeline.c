/* SPDX-License-Identifier: Apache-2.0 */
/* o.pipeline{...}: what a script returns. */
#include "script/lua_bind.h"

#include <stdio.h>

/* [-0, +1] Pushes the field of the table at 1; false (and nil) when it is not there. */
static bool field(lua_State *L, const char *name)
{
    lua_pushstring(L, name);
    return lua_rawget(L, 1) != LUA_TNIL;
}

static void read_name(lua_State *L, struct orch_pipeline *p)
{
    const char *name;

    if (!field(L, "name"))
        orch_lua_raise(L, "write name = \"energy.load_curve\"", "o.pipeline needs a name");
    name = orch_lua_to_name(L, -1, "the pipeline's name");
    if (strlen(name) > 100 ||
        name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")])
        orch_lua_raise(L, "use up to 100 letters, digits, dots, underscores, hyphens",
                       "\"%s\" cannot be a pipeline's name", name);
    p->name = name;
    lua_pop(L, 1);
}

static const struct orch_lua_end *read_end(lua_State *L, const char *name, bool destination)
{
    const struct orch_lua_end *e;

    if (!field(L, name)) {
        char hint[80];
        snprintf(hint, sizeof hint, "write %s = o.%s.%s { … }", name, name,
                 destination ? "files" : "csv");
        orch_lua_raise(L, hint, "o.pipeline needs a %s", name);
    }
    e = luaL_testudata(L, -1, ORCH_LUA_END);
    if (!e)
        orch_lua_raise(L, NULL, "%s must be an o.%s, not %s", name, name, orch_lua_what(L, -1));
    if (e->destination != destination)
        orch_lua_raise(L, NULL, "%s must be an o.%s, not an o.%s", name, name,
                       destination ? "source" : "destination");
    lua_pop(L, 1);
    return e;
}

/* The destination's mode and key; the pipeline may say them instead. */
static void read_mode(lua_State *L, struct orch_pipeline *p, const struct orch_lua_end *e)
{
    static const char *const twice = "%s is given by the pipeline and by its destination";

    p->mode = e->mode;
    p->keys = e->keys;
    p->n_keys = e->n_keys;
    if (field(L, "mode")) {
        if (e->mode)
            orch_lua_raise(L, "leave one out", twice, "mode");
        p->mode = orch_lua_to_mode(L, -1);
    }
    lua_pop(L, 1);
    if (field(L, "key")) {
        if (e->keys)
            orch_lua_raise(L, "leave one out", twice, "key");
        orch_lua_to_names(L, lua_gettop(L), "key", &p->keys, &p->n_keys);
    }
    lua_pop(L, 1);
    if (p->mode == 0)
        p->mode = ORCH_WRITE_APPEND;
    if (p->mode == ORCH_WRITE_UPSERT && p->n_keys == 0)
        orch_lua_raise(L, "write key = { \"id\" }", "mode \"upsert\" needs a key");
    if (p->mode == ORCH_WRITE_APPEND && p->n_keys != 0)
        orch_lua_raise(L, "write mode = \"upsert\", or leave the key out",
                       "mode \"append\" makes no use of a key");
    for (size_t i = 0; i < p->n_keys; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(p->keys[i], p->keys[k]) == 0)
                orch_lua_raise(L, NULL, "key names \"%s\" twice", p->keys[i]);
}

static void read_steps(lua_State *L, struct orch_pipeline *p)
{
    size_t n;
    int top = lua_gettop(L);

    if (!field(L, "steps")) {
        lua_pop(L, 1);
        return;
    }
    if (luaL_testudata(L, -1, ORCH_LUA_STEP))
        orch_lua_raise(L, "write steps = { o.select { … } }", "steps must be a list of steps");
    n = orch_lua_sequence(L, -1, "steps");
    p->steps = orch_lua_zalloc(L, n, sizeof *p->steps);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, top + 1, (lua_Integer)i + 1);
        const struct orch_lua_step *step = luaL_testudata(L, -1, ORCH_LUA_STEP);
        if (!step)
            orch_lua_raise(L, "steps are o.select { … }, o.where(…), o.each(…)",
                           "steps[%zu] is %s, not a step", i + 1, orch_lua_what(L, -1));
        p->steps[i] = step->step; /* the plan makes its own copies of the trees */
        lua_pop(L, 1);
    }
    p->n_steps = n;
    lua_settop(L, top);
}

/* "100" rows or "0.5 %" */
static bool is_max_rejects(const char *text)
{
    struct orch_str s = orch_str_trim(orch_str_from(text));
    int64_t rows;
    double share;

    if (s.len && s.ptr[s.len - 1] == '%') {
        s.len--;
        return orch_str_to_float(orch_str_trim(s), &share) && share >= 0 && share <= 100;
    }
    return orch_str_to_int(s, &rows) && rows >= 0;
}

static void read_max_rejects(lua_State *L, struct orch_pipeline *p)
{
    if (field(L, "max_rejects")) {
        if (lua_isinteger(L, -1))
            p->max_rejects = orch_lua_printf(L, "%lld", (long long)lua_tointeger(L, -1));
        else if (lua_type(L, -1) == LUA_TSTRING)
            p->max_rejects = orch_lua_to_text(L, -1, "max_rejects");
        if (!p->max_rejects || !is_max_rejects(p->max_rejects))
            orch_lua_raise(L, "write max_rejects = 100 or max_rejects = \"0.5 %\"",
                           "max_rejects must be a number of rows or a share");
    }
    lua_pop(L, 1);
}

static void read_flags(lua_State *L, struct orch_pipeline *p)
{
    if (field(L, "title"))
        p->title = orch_lua_to_text(L, -1, "title");
    if (field(L, "allow_empty")) {
        if (lua_type(L, -1) != LUA_TBOOLEAN)
            orch_lua_raise(L, NULL, "allow_empty must be true or false, not %s",
                           orch_lua_what(L, -1));
        p->allow_empty = lua_toboolean(L, -1);
    }
    lua_pop(L, 2);
}

static const char *target_of(const struct orch_end *end)
{
    static const char *const names[] = { "table", "path" };

    for (size_t n = 0; n < 2; n++)
        for (size_t i = 0; i < end->n_settings; i++)
            if (strcmp(end->settings[i].name, names[n]) == 0)
                return end->settings[i].values[0];
    return NULL;
}

int orch_lua_pipeline(lua_State *L)
{
    static const char *const keys[] = { "name", "title", "source",      "steps",      "destination",
                                        "mode", "key",   "allow_empty", "max_rejects" };
    const struct orch_lua_end *source;
    const struct orch_lua_end *destination;
    struct orch_pipeline *p;

    if (lua_gettop(L) != 1 || lua_type(L, 1) != LUA_TTABLE)
        return orch_lua_raise(L, "write o.pipeline { name = …, source = …, destination = … }",
                              "o.pipeline needs one table, not %s", orch_lua_what(L, 1));
    orch_lua_keys_allowed(L, 1, "o.pipeline", keys, sizeof keys / sizeof keys[0]);
    p = orch_lua_zalloc(L, 1, sizeof *p);
    read_name(L, p);
    source = read_end(L, "source", false);
    destination = read_end(L, "destination", true);
    p->source = source->end;
    p->destination = destination->end;
    p->target = target_of(&p->destination);
    read_mode(L, p, destination);
    read_flags(L, p);
    read_max_rejects(L, p);
    read_steps(L, p);
    *(struct orch_pipeline **)lua_newuserdatauv(L, sizeof p, 0) = p;
    luaL_setmetatable(L, ORCH_LUA_PIPELINE);
    return 1;
}

void orch_lua_pipeline_open(lua_State *L)
{
    luaL_newmetatable(L, ORCH_LUA_PIPELINE);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}
