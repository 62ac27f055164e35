/* SPDX-License-Identifier: Apache-2.0 */
/* o.select and o.where.
 *
 * The outputs of o.select{ name = value } get the order in which their expressions were written,
 * although a Lua table has none: Lua evaluates a constructor from top to bottom, and each
 * expression takes a number when it is made. Values made before (an expression kept in a variable,
 * a plain literal) tell nothing about their place: they come after the others, by name. */
#include "script/lua_bind.h"

#include <stdio.h>
#include <stdlib.h>

/* A value of the map form, with what its place among the outputs depends on. */
struct candidate {
    struct orch_output output;
    uint64_t serial; /* UINT64_MAX: not written in the constructor */
};

struct orch_lua_step *orch_lua_push_step(lua_State *L, enum orch_step_kind kind)
{
    const char *place = orch_lua_place_kept(L);
    struct orch_lua_step *step = lua_newuserdatauv(L, sizeof *step, 0);

    *step = (struct orch_lua_step){ .step = { .kind = kind, .place = place } };
    luaL_setmetatable(L, ORCH_LUA_STEP);
    return step;
}

/* ---- select ------------------------------------------------------------------------------ */

static int compare_candidates(const void *left, const void *right)
{
    const struct candidate *a = left;
    const struct candidate *b = right;

    if (a->serial != b->serial)
        return a->serial < b->serial ? -1 : 1;
    return strcmp(a->output.name, b->output.name);
}

static void refuse_duplicate(lua_State *L, const struct orch_output *outputs, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(outputs[i].name, outputs[n].name) == 0)
            orch_lua_raise(L, NULL, "o.select names \"%s\" twice", outputs[n].name);
}

static void output_at_top(lua_State *L, const char *name, struct orch_output *out)
{
    char what[300];

    snprintf(what, sizeof what, "output \"%s\"", name);
    out->name = name;
    out->expr = orch_lua_to_expr(L, -1, what);
}

/* { {"meter", value}, {"start", value} } */
static void select_ordered(lua_State *L, struct orch_step *step)
{
    size_t n = orch_lua_sequence(L, 1, "o.select");

    step->outputs = orch_lua_zalloc(L, n, sizeof *step->outputs);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i + 1);
        if (lua_type(L, -1) != LUA_TTABLE || lua_rawlen(L, -1) != 2)
            orch_lua_raise(L, "write { \"name\", value }",
                           "output %zu of o.select is not a pair of name and value", i + 1);
        lua_rawgeti(L, -1, 1);
        const char *name = orch_lua_to_name(L, -1, "an output's name");
        lua_rawgeti(L, -2, 2);
        output_at_top(L, name, &step->outputs[i]);
        refuse_duplicate(L, step->outputs, i);
        lua_pop(L, 3);
    }
    step->n_outputs = n;
}

static uint64_t candidate_serial(lua_State *L, int index)
{
    struct orch_lua_expr *x = orch_lua_test_expr(L, index);

    return x && x->serial > orch_lua_script(L)->select_mark ? x->serial : UINT64_MAX;
}

/* { meter = value, start = value } */
static void select_map(lua_State *L, struct orch_step *step)
{
    struct candidate *found;
    size_t n = 0;

    lua_pushnil(L);
    for (; lua_next(L, 1); lua_pop(L, 1))
        n++;
    if (n == 0)
        orch_lua_raise(L, NULL, "o.select needs at least one output");
    found = orch_lua_zalloc(L, n, sizeof *found);
    n = 0;
    lua_pushnil(L);
    for (; lua_next(L, 1); lua_pop(L, 1), n++) {
        if (lua_type(L, -2) != LUA_TSTRING)
            orch_lua_raise(L, "write name = value, or { \"name\", value } for every output",
                           "an output of o.select has no name");
        found[n].serial = candidate_serial(L, -1);
        output_at_top(L, orch_lua_to_name(L, -2, "an output's name"), &found[n].output);
    }
    qsort(found, n, sizeof *found, compare_candidates);
    step->outputs = orch_lua_zalloc(L, n, sizeof *step->outputs);
    step->n_outputs = n;
    for (size_t i = 0; i < n; i++)
        step->outputs[i] = found[i].output;
}

int orch_lua_select(lua_State *L)
{
    struct orch_lua_step *made;

    if (lua_gettop(L) != 1 || lua_type(L, 1) != LUA_TTABLE)
        return orch_lua_raise(L, "write o.select { name = value }",
                              "o.select needs one table of outputs, not %s", orch_lua_what(L, 1));
    made = orch_lua_push_step(L, ORCH_STEP_SELECT);
    if (lua_rawgeti(L, 1, 1) == LUA_TNIL) {
        lua_pop(L, 1);
        select_map(L, &made->step);
    } else {
        lua_pop(L, 1);
        select_ordered(L, &made->step);
    }
    lua_settop(L, 2);
    return 1;
}

/* ---- where ------------------------------------------------------------------------------- */

int orch_lua_where(lua_State *L)
{
    struct orch_lua_expr *x = orch_lua_test_expr(L, 1);
    struct orch_lua_step *made;

    if (!x)
        return orch_lua_raise(L, ORCH_LUA_NO_CONDITION, "o.where needs a condition, not %s",
                              orch_lua_what(L, 1));
    if (lua_gettop(L) != 1)
        return orch_lua_raise(L, "write o.where(o.all(a, b)), or one o.where a condition",
                              "o.where takes one condition, got %d", lua_gettop(L));
    made = orch_lua_push_step(L, ORCH_STEP_WHERE);
    made->step.condition = x->expr;
    return 1;
}

void orch_lua_step_open(lua_State *L)
{
    luaL_newmetatable(L, ORCH_LUA_STEP);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);
}
