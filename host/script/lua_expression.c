/* SPDX-License-Identifier: Apache-2.0 */
/* Column expressions as Lua sees them. Operations are bound from the engine's tables by name and
 * signature: one that is added there can be called from scripts at once. */
#include "script/lua_bind.h"

#include <stdio.h>

#include "engine/expression.h"

struct orch_lua_expr *orch_lua_test_expr(lua_State *L, int index)
{
    return luaL_testudata(L, index, ORCH_LUA_EXPR);
}

void orch_lua_push_expr(lua_State *L, struct orch_expr *e, int depth)
{
    struct orch_lua_expr *x;

    if (depth > ORCH_LUA_DEPTH)
        orch_lua_raise(L, "split it: name a part in an earlier o.select",
                       "an expression is nested more than %d deep", ORCH_LUA_DEPTH);
    x = lua_newuserdatauv(L, sizeof *x, 0);
    *x = (struct orch_lua_expr){ e, ++orch_lua_script(L)->serial, depth };
    luaL_setmetatable(L, ORCH_LUA_EXPR);
}

struct orch_expr *orch_lua_to_expr(lua_State *L, int index, const char *what)
{
    struct orch_lua_expr *x = orch_lua_test_expr(L, index);
    struct orch_value value;
    struct orch_expr *e;

    if (x)
        return x->expr;
    if (lua_type(L, index) == LUA_TTABLE || lua_type(L, index) == LUA_TFUNCTION)
        orch_lua_raise(L, NULL, "%s must be a column expression or a literal, not %s", what,
                       orch_lua_what(L, index));
    orch_lua_to_value(L, index, false, what, &value);
    e = orch_expr_literal(&orch_lua_script(L)->arena, &value, orch_lua_place_kept(L));
    if (!e)
        orch_lua_raise_memory(L);
    return e;
}

int orch_lua_expr_depth(lua_State *L, int index)
{
    struct orch_lua_expr *x = orch_lua_test_expr(L, index);

    return x ? x->depth : 0;
}

/* ---- arguments --------------------------------------------------------------------------- */

/* A call being bound: which arguments op takes, and where e and its depth stand. */
struct binding {
    lua_State *L;
    const struct orch_op *op;
    struct orch_expr *expr;
    int depth;
    int given; /* arguments behind the receiver */
};

static const char *letter_word(char letter)
{
    return letter == 'v' ? "value" : letter == 'p' ? "literal" : letter == 't' ? "{ name = … }"
                                                                               : "{ … }";
}

/* "value:between(value, value)" from a signature, for hints. */
static void usage(const struct orch_op *op, char *out, size_t size)
{
    char storage[200];
    size_t used = 0;
    bool optional = false;
    const char *separator = "";

    used += (size_t)snprintf(storage, sizeof storage, "value:%s(", op->name);
    for (const char *s = op->signature ? op->signature : ""; *s && used < sizeof storage; s++) {
        if (*s == '?') {
            used += (size_t)snprintf(storage + used, sizeof storage - used, "[");
            optional = true;
        } else if (*s == '*') {
            used += (size_t)snprintf(storage + used, sizeof storage - used, ", …");
        } else {
            used += (size_t)snprintf(storage + used, sizeof storage - used, "%s%s", separator,
                                     letter_word(*s));
            separator = ", ";
        }
    }
    snprintf(out, size, "%s%s)", storage, optional ? "]" : "");
}

static void raise_usage(const struct binding *b, const char *problem)
{
    char form[240];
    char hint[256];

    usage(b->op, form, sizeof form);
    snprintf(hint, sizeof hint, "write %.240s", form);
    orch_lua_raise(b->L, hint, "\"%s\" %s", b->op->name, problem);
}

static void add_param(const struct binding *b, const char *key, const struct orch_value *value)
{
    if (!orch_expr_add_param(&orch_lua_script(b->L)->arena, b->expr, key, value))
        orch_lua_raise_memory(b->L);
}

static void bind_value(struct binding *b, int index, const char *what)
{
    int depth = orch_lua_expr_depth(b->L, index);
    struct orch_expr *arg = orch_lua_to_expr(b->L, index, what);

    if (!orch_expr_add_arg(&orch_lua_script(b->L)->arena, b->expr, arg))
        orch_lua_raise_memory(b->L);
    if (depth > b->depth)
        b->depth = depth;
}

/* { decimal = "," }: one parameter a key, sorted so that a script always gives the same plan. */
static void bind_options(const struct binding *b, int index, const char *what)
{
    struct orch_value options;

    if (lua_type(b->L, index) != LUA_TTABLE)
        orch_lua_raise(b->L, "write { name = value }", "%s must be a table of options, not %s",
                       what, orch_lua_what(b->L, index));
    orch_lua_to_value(b->L, index, true, what, &options);
    for (size_t i = 0; i < options.n_items; i++) {
        if (options.items[i].key.type != ORCH_TYPE_TEXT)
            orch_lua_raise(b->L, "write { name = value }", "%s has a value without a name", what);
        add_param(b, options.items[i].key.text.ptr, &options.items[i].value);
    }
}

static void bind_literal(const struct binding *b, int index, bool list, const char *what)
{
    struct orch_value value;

    orch_lua_territory_unwrap(b->L, index);
    if (list && lua_type(b->L, index) != LUA_TTABLE) {
        char hint[120];
        snprintf(hint, sizeof hint, "write value:%.60s{ … }", b->op->name);
        orch_lua_raise(b->L, hint, "%s must be a table, not %s", what,
                       orch_lua_what(b->L, index));
    }
    if (lua_type(b->L, index) == LUA_TNIL)
        orch_lua_raise(b->L, NULL, "%s is nil", what);
    orch_lua_to_value(b->L, index, list, what, &value);
    add_param(b, NULL, &value);
}

static void bind_one(struct binding *b, char letter, int index)
{
    char what[120];

    snprintf(what, sizeof what, "argument %d of \"%.60s\"", index - 1, b->op->name);
    switch (letter) {
    case 'v':
        bind_value(b, index, what);
        break;
    case 't':
        bind_options(b, index, what);
        break;
    default:
        bind_literal(b, index, letter == 'l', what);
    }
}

/* A table where an optional literal could stand is meant for the options behind it. */
static bool skips(lua_State *L, char letter, const char *behind, int index)
{
    return letter == 'p' && lua_type(L, index) == LUA_TTABLE &&
           (strchr(behind, 't') || strchr(behind, 'l'));
}

static void bind_arguments(struct binding *b)
{
    const char *at = b->op->signature ? b->op->signature : "";
    bool optional = false;
    char letter = '\0';

    for (int i = 2; i < 2 + b->given;) {
        if (*at == '?') {
            optional = true;
            at++;
            continue;
        }
        if (*at == '\0')
            raise_usage(b, letter ? "got too many arguments" : "takes no arguments");
        if (*at != '*') {
            letter = *at++;
            if (optional && skips(b->L, letter, at, i))
                continue;
        }
        bind_one(b, letter, i++);
    }
    if (!optional && *at && *at != '?' && *at != '*')
        raise_usage(b, "needs more arguments");
}

static void binding_begin(lua_State *L, const struct orch_op *op, struct binding *b)
{
    luaL_checkstack(L, 16, NULL);
    *b = (struct binding){ L, op, NULL, 0, lua_gettop(L) - 1 };
    b->expr = orch_expr_new(&orch_lua_script(L)->arena, op, orch_lua_place_kept(L));
    if (!b->expr)
        orch_lua_raise_memory(L);
}

int orch_lua_case(lua_State *L)
{
    int n = lua_gettop(L);
    struct binding b;
    char what[60];

    if (n < 2)
        return orch_lua_raise(L, "write o.case(condition, value, …, otherwise)",
                              "o.case needs a condition and a value");
    binding_begin(L, orch_lua_op(L, "case"), &b);
    for (int i = 1; i <= n; i++) {
        bool condition = i % 2 == 1 && i < n;
        snprintf(what, sizeof what, "argument %d of o.case", i);
        if (condition && !orch_lua_test_expr(L, i))
            orch_lua_raise(L, ORCH_LUA_NO_CONDITION, "%s is %s, not a condition", what,
                           orch_lua_what(L, i));
        bind_value(&b, i, what);
    }
    orch_lua_push_expr(L, b.expr, b.depth + 1);
    return 1;
}

int orch_lua_apply(lua_State *L, const struct orch_op *op)
{
    struct binding b;

    binding_begin(L, op, &b);
    bind_value(&b, 1, "the value");
    bind_arguments(&b);
    orch_lua_push_expr(L, b.expr, b.depth + 1);
    return 1;
}

/* ---- methods ----------------------------------------------------------------------------- */

/* What is no method: columns and literals; case, which o.case makes. */
static bool is_hidden(const struct orch_op *op)
{
    if (strcmp(op->name, "case") == 0)
        return true;
    for (const struct orch_op *core = orch_ops_core; core->name; core++)
        if (core == op)
            return true;
    return false;
}

static int raise_no_operation(lua_State *L, const char *name)
{
    size_t n = 0;
    size_t kept = 0;
    const char **names;

    while (orch_op_at(n))
        n++;
    names = lua_newuserdatauv(L, (n + 1) * sizeof *names, 0);
    for (size_t i = 0; i < n; i++)
        if (!is_hidden(orch_op_at(i)))
            names[kept++] = orch_op_at(i)->name;
    return orch_lua_raise_nearest(L, name, names, kept, "no operation \"%s\" on a column", name);
}

const struct orch_op *orch_lua_op(lua_State *L, const char *name)
{
    const struct orch_op *op = orch_op_find(name);

    if (!op)
        raise_no_operation(L, name);
    return op;
}

static int call_method(lua_State *L)
{
    const struct orch_op *op = lua_touserdata(L, lua_upvalueindex(1));

    if (!orch_lua_test_expr(L, 1)) {
        char hint[120];
        snprintf(hint, sizeof hint, "call it with a colon: value:%.60s(…)", op->name);
        orch_lua_raise(L, hint, "\"%s\" was called on %s, not on a column expression", op->name,
                       orch_lua_what(L, 1));
    }
    return orch_lua_apply(L, op);
}

/* Upvalue 1: the methods made so far, by name. */
static int expression_index(lua_State *L)
{
    const struct orch_op *op;

    lua_settop(L, 2);
    if (lua_type(L, 2) != LUA_TSTRING)
        return orch_lua_raise(L, NULL, "an operation has a name, not %s", orch_lua_what(L, 2));
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL)
        return 1;
    op = orch_op_find(lua_tostring(L, 2));
    if (!op || is_hidden(op))
        return raise_no_operation(L, lua_tostring(L, 2));
    lua_pushlightuserdata(L, (void *)(uintptr_t)op);
    lua_pushcclosure(L, call_method, 1);
    lua_pushvalue(L, 2);
    lua_pushvalue(L, -2);
    lua_rawset(L, lua_upvalueindex(1));
    return 1;
}

static int expression_newindex(lua_State *L)
{
    return orch_lua_raise(L, "give the result a name: local b = a:trim()",
                          "an expression cannot be changed");
}

/* ---- operators --------------------------------------------------------------------------- */

/* Upvalue 1: the operation. Lua passes a unary operand twice. */
static int binary(lua_State *L)
{
    lua_settop(L, 2);
    return orch_lua_apply(L, lua_touserdata(L, lua_upvalueindex(1)));
}

static int unary(lua_State *L)
{
    lua_settop(L, 1);
    return orch_lua_apply(L, lua_touserdata(L, lua_upvalueindex(1)));
}

static int refuse_order(lua_State *L)
{
    return orch_lua_raise(L, "write a:lt(b) for a < b, a:ge(b) for a >= b",
                          "compare columns with :lt(), :le(), :gt(), :ge()");
}

static int refuse_equal(lua_State *L)
{
    return orch_lua_raise(L, "write a:eq(b) for a == b, a:ne(b) for a ~= b",
                          "compare columns with :eq(), :ne()");
}

static int refuse_length(lua_State *L)
{
    return orch_lua_raise(L, "write value:length()", "# does not work on a column");
}

static int refuse_call(lua_State *L)
{
    return orch_lua_raise(L, "operations need a colon and a name: value:trim()",
                          "a column expression cannot be called");
}

static int expression_tostring(lua_State *L)
{
    struct orch_lua_expr *x = luaL_checkudata(L, 1, ORCH_LUA_EXPR);

    lua_pushfstring(L, "column expression (%s at %s)", x->expr->op ? x->expr->op->name : "?",
                    x->expr->place);
    return 1;
}

/* col.NAME and col["any name"] */
static int column_index(lua_State *L)
{
    const char *name;
    struct orch_expr *e;

    if (lua_type(L, 2) != LUA_TSTRING)
        return orch_lua_raise(L, "write col.NAME or col[\"any name\"]",
                              "a column has a name, not %s", orch_lua_what(L, 2));
    name = orch_lua_to_name(L, 2, "a column's name");
    e = orch_expr_column(&orch_lua_script(L)->arena, name, orch_lua_place_kept(L));
    if (!e)
        return orch_lua_raise_memory(L);
    orch_lua_push_expr(L, e, 1);
    return 1;
}

static int column_newindex(lua_State *L)
{
    return orch_lua_raise(L, "name outputs in o.select { name = value }",
                          "a column of the source cannot be assigned");
}

static void set_operators(lua_State *L)
{
    static const struct {
        const char *event, *op;
        lua_CFunction call;
    } operators[] = {
        { "__add", "add", binary },
        { "__sub", "subtract", binary },
        { "__mul", "multiply", binary },
        { "__div", "divide", binary },
        { "__idiv", "floor_divide", binary },
        { "__mod", "modulo", binary },
        { "__concat", "concat", binary },
        { "__band", "and", binary },
        { "__bor", "or", binary },
        { "__unm", "negate", unary },
        { "__bnot", "not", unary },
    };

    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        const struct orch_op *op = orch_lua_op(L, operators[i].op);
        lua_pushlightuserdata(L, (void *)(uintptr_t)op);
        lua_pushcclosure(L, operators[i].call, 1);
        lua_setfield(L, -2, operators[i].event);
    }
}

void orch_lua_expression_open(lua_State *L)
{
    static const luaL_Reg expression[] = {
        { "__newindex", expression_newindex }, { "__lt", refuse_order },
        { "__le", refuse_order },              { "__eq", refuse_equal },
        { "__len", refuse_length },            { "__call", refuse_call },
        { "__tostring", expression_tostring }, { NULL, NULL },
    };
    static const luaL_Reg column[] = {
        { "__index", column_index },
        { "__newindex", column_newindex },
        { NULL, NULL },
    };

    luaL_newmetatable(L, ORCH_LUA_EXPR);
    luaL_setfuncs(L, expression, 0);
    lua_newtable(L);
    lua_pushcclosure(L, expression_index, 1);
    lua_setfield(L, -2, "__index");
    set_operators(L);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pop(L, 1);

    lua_newtable(L);
    luaL_newlib(L, column);
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_setmetatable(L, -2);
    lua_setfield(L, -2, "column");
}
