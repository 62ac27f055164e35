/* SPDX-License-Identifier: Apache-2.0 */
/* o.each: the declaration of a row function. lua_row.c runs it. */
#include "script/lua_bind.h"

#include <stdio.h>

static const char *const type_names[] = { "boolean", "integer", "number", "text",
                                          "date",    "timestamp", "binary" };
static const enum orch_type types[] = { ORCH_TYPE_BOOLEAN,   ORCH_TYPE_INTEGER, ORCH_TYPE_NUMBER,
                                        ORCH_TYPE_TEXT,      ORCH_TYPE_DATE,
                                        ORCH_TYPE_TIMESTAMP, ORCH_TYPE_BINARY };
#define N_TYPES (sizeof types / sizeof types[0])

/* ---- arguments --------------------------------------------------------------------------- */

/* [-1, +0] The key "emit" of the table at 1, taken out of a copy so that the rest is a sequence. */
static bool take_emit(lua_State *L)
{
    bool emit = false;

    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        if (lua_type(L, -2) == LUA_TSTRING && strcmp(lua_tostring(L, -2), "emit") == 0) {
            if (lua_type(L, -1) != LUA_TBOOLEAN)
                orch_lua_raise(L, NULL, "emit must be true or false, not %s",
                               orch_lua_what(L, -1));
            emit = lua_toboolean(L, -1);
            lua_pop(L, 1);
            continue;
        }
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
    }
    lua_replace(L, 1);
    return emit;
}

/* A text is a column's name here, not a literal. */
static struct orch_expr *argument_at_top(lua_State *L, size_t i)
{
    struct orch_lua_expr *x = orch_lua_test_expr(L, -1);
    struct orch_expr *e;

    if (x)
        return x->expr;
    if (lua_type(L, -1) != LUA_TSTRING)
        orch_lua_raise(L, "write { \"column\", col.other:trim() }",
                       "argument %zu of o.each must be a column's name or an expression, not %s",
                       i + 1, orch_lua_what(L, -1));
    e = orch_expr_column(&orch_lua_script(L)->arena, orch_lua_to_name(L, -1, "a column's name"),
                         orch_lua_place_kept(L));
    if (!e)
        orch_lua_raise_memory(L);
    return e;
}

static void read_arguments(lua_State *L, struct orch_step *step)
{
    size_t n = orch_lua_sequence(L, 1, "the arguments of o.each");

    if (n > ORCH_EACH_VALUES)
        orch_lua_raise(L, NULL, "o.each takes at most %d arguments", ORCH_EACH_VALUES);
    step->args = orch_lua_zalloc(L, n, sizeof *step->args);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i + 1);
        step->args[i] = argument_at_top(L, i);
        lua_pop(L, 1);
    }
    step->n_args = n;
}

/* ---- outputs ----------------------------------------------------------------------------- */

static enum orch_type type_at_top(lua_State *L, const char *output)
{
    const char *name = lua_type(L, -1) == LUA_TSTRING ? lua_tostring(L, -1) : NULL;

    if (!name)
        orch_lua_raise(L, "write { \"name\", \"number\" }",
                       "the type of output \"%s\" must be a text, not %s", output,
                       orch_lua_what(L, -1));
    for (size_t i = 0; i < N_TYPES; i++)
        if (strcmp(name, type_names[i]) == 0)
            return types[i];
    orch_lua_raise_nearest(L, name, type_names, N_TYPES,
                           "output \"%s\" has no known type: \"%s\"", output, name);
    return ORCH_TYPE_NULL;
}

static void read_pair(lua_State *L, struct orch_step *step, size_t i)
{
    if (lua_type(L, -1) != LUA_TTABLE || lua_rawlen(L, -1) != 2)
        orch_lua_raise(L, "write { \"name\", \"number\" }",
                       "output %zu of o.each is not a pair of name and type", i + 1);
    lua_rawgeti(L, -1, 1);
    step->outputs[i].name = orch_lua_to_name(L, -1, "an output's name");
    lua_rawgeti(L, -2, 2);
    step->types[i] = type_at_top(L, step->outputs[i].name);
    lua_pop(L, 2);
    for (size_t k = 0; k < i; k++)
        if (strcmp(step->outputs[k].name, step->outputs[i].name) == 0)
            orch_lua_raise(L, NULL, "o.each names \"%s\" twice", step->outputs[i].name);
}

/* { name = "type" }: of one output only, because results are told apart by their order. */
static void read_single(lua_State *L, struct orch_step *step)
{
    lua_pushnil(L);
    if (!lua_next(L, 3))
        orch_lua_raise(L, "write { { \"name\", \"number\" } }", "o.each needs at least one output");
    step->outputs[0].name = orch_lua_to_name(L, -2, "an output's name");
    step->types[0] = type_at_top(L, step->outputs[0].name);
    lua_pop(L, 1);
    if (lua_next(L, 3))
        orch_lua_raise(L, "write { { \"a\", \"number\" }, { \"b\", \"text\" } }",
                       "several outputs of o.each need an order");
}

static void read_outputs(lua_State *L, struct orch_step *step)
{
    size_t n = lua_rawlen(L, 3);

    if (n > 0)
        n = orch_lua_sequence(L, 3, "the outputs of o.each");
    if (n > ORCH_EACH_VALUES)
        orch_lua_raise(L, NULL, "o.each takes at most %d outputs", ORCH_EACH_VALUES);
    step->n_outputs = n ? n : 1;
    step->outputs = orch_lua_zalloc(L, step->n_outputs, sizeof *step->outputs);
    step->types = orch_lua_zalloc(L, step->n_outputs, sizeof *step->types);
    if (n == 0)
        read_single(L, step);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 3, (lua_Integer)i + 1);
        read_pair(L, step, i);
        lua_pop(L, 1);
    }
}

/* ---- the step ---------------------------------------------------------------------------- */

/* Where the function stands: results that do not fit are reported there. */
static const char *function_place(lua_State *L)
{
    lua_Debug ar;

    lua_pushvalue(L, 2);
    lua_getinfo(L, ">S", &ar);
    if (ar.source[0] != '@')
        return orch_lua_place_kept(L);
    return orch_lua_printf(L, "%s:%d", ar.source + 1, ar.linedefined);
}

static struct orch_lua_row *new_row(lua_State *L, const struct orch_step *step, bool emit)
{
    struct orch_lua_row *row = orch_lua_zalloc(L, 1, sizeof *row);

    row->script = orch_lua_script(L);
    row->place = function_place(L);
    row->types = step->types;
    row->n_outputs = step->n_outputs;
    row->values = orch_lua_zalloc(L, step->n_outputs, sizeof *row->values);
    row->names = orch_lua_zalloc(L, step->n_outputs, sizeof *row->names);
    for (size_t i = 0; i < step->n_outputs; i++)
        row->names[i] = step->outputs[i].name;
    lua_pushvalue(L, 2);
    row->function = luaL_ref(L, LUA_REGISTRYINDEX);
    row->emitter = LUA_NOREF;
    if (emit) {
        lua_pushlightuserdata(L, row);
        lua_pushcclosure(L, orch_lua_emit, 1);
        row->emitter = luaL_ref(L, LUA_REGISTRYINDEX);
    }
    return row;
}

int orch_lua_each(lua_State *L)
{
    struct orch_lua_step *made;
    bool emit;

    if (lua_gettop(L) != 3 || lua_type(L, 1) != LUA_TTABLE || lua_type(L, 2) != LUA_TFUNCTION ||
        lua_type(L, 3) != LUA_TTABLE)
        return orch_lua_raise(
            L,
            "write o.each({ \"kwh\" }, function(kwh) return kwh * 2 end, "
            "{ { \"wh\", \"number\" } })",
            "o.each needs a table of arguments, a function and a table of outputs");
    if (lua_iscfunction(L, 2))
        return orch_lua_raise(L, NULL, "the function of o.each must be written in Lua");
    emit = take_emit(L);
    made = orch_lua_push_step(L, ORCH_STEP_EACH);
    read_arguments(L, &made->step);
    read_outputs(L, &made->step);
    made->step.function = (struct orch_row_function){ new_row(L, &made->step, emit),
                                                      orch_lua_row_run };
    return 1;
}
