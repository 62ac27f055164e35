/* SPDX-License-Identifier: Apache-2.0 */
#include "script/lua_bind.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define LIST_DEPTH 8

const char *orch_lua_what(lua_State *L, int index)
{
    enum orch_type type;
    int64_t value;

    switch (lua_type(L, index)) {
    case LUA_TNONE:
        return "nothing";
    case LUA_TNIL:
        return "nil";
    case LUA_TBOOLEAN:
        return "a boolean";
    case LUA_TNUMBER:
        return lua_isinteger(L, index) ? "an integer" : "a number";
    case LUA_TSTRING:
        return "a text";
    case LUA_TTABLE:
        return "a table";
    case LUA_TFUNCTION:
        return "a function";
    case LUA_TTHREAD:
        return "a coroutine";
    }
    if (orch_lua_test_expr(L, index))
        return "a column expression";
    if (orch_lua_get_time(L, index, &type, &value))
        return type == ORCH_TYPE_DATE ? "a date" : "a timestamp";
    if (luaL_testudata(L, index, ORCH_LUA_STEP))
        return "a step";
    if (luaL_testudata(L, index, ORCH_LUA_END))
        return "a source or destination";
    if (luaL_testudata(L, index, ORCH_LUA_PIPELINE))
        return "a pipeline";
    return "a value of another kind";
}

/* ---- texts ------------------------------------------------------------------------------- */

static struct orch_str check_text(lua_State *L, int index, const char *what)
{
    struct orch_str s;

    if (lua_type(L, index) != LUA_TSTRING)
        orch_lua_raise(L, NULL, "%s must be a text, not %s", what, orch_lua_what(L, index));
    s.ptr = lua_tolstring(L, index, &s.len);
    if (orch_utf8_valid(s.ptr, s.len) != s.len)
        orch_lua_raise(L, "save the script as UTF-8; cut texts with utf8.offset",
                       "%s is not valid UTF-8", what);
    if (memchr(s.ptr, '\0', s.len))
        orch_lua_raise(L, "write it without \\0: no file name, setting or row can hold one",
                       "%s holds a zero byte", what);
    return s;
}

const char *orch_lua_to_text(lua_State *L, int index, const char *what)
{
    struct orch_str s = check_text(L, index, what);

    return orch_lua_keep(L, s.ptr, s.len);
}

const char *orch_lua_to_name(lua_State *L, int index, const char *what)
{
    const char *name = orch_lua_to_text(L, index, what);

    if (name[0] == '\0')
        orch_lua_raise(L, NULL, "%s is empty", what);
    if (strlen(name) > 255)
        orch_lua_raise(L, NULL, "%s has more than 255 bytes", what);
    return name;
}

/* ---- tables ------------------------------------------------------------------------------ */

size_t orch_lua_sequence(lua_State *L, int index, const char *what)
{
    size_t n;
    size_t seen = 0;

    index = lua_absindex(L, index);
    orch_lua_territory_unwrap(L, index);
    if (lua_type(L, index) != LUA_TTABLE)
        orch_lua_raise(L, NULL, "%s must be a table, not %s", what, orch_lua_what(L, index));
    n = lua_rawlen(L, index);
    lua_pushnil(L);
    while (lua_next(L, index)) {
        lua_pop(L, 1);
        if (lua_type(L, -1) == LUA_TSTRING)
            orch_lua_raise(L, NULL, "%s has the key \"%s\" among its values", what,
                           lua_tostring(L, -1));
        if (!lua_isinteger(L, -1) || lua_tointeger(L, -1) < 1 ||
            (size_t)lua_tointeger(L, -1) > n)
            orch_lua_raise(L, NULL, "%s has a hole: one of its values is nil", what);
        seen++;
    }
    if (seen != n)
        orch_lua_raise(L, NULL, "%s has a hole: one of its values is nil", what);
    return n;
}

void orch_lua_keys_allowed(lua_State *L, int index, const char *what, const char *const *allowed,
                           size_t n)
{
    index = lua_absindex(L, index);
    lua_pushnil(L);
    while (lua_next(L, index)) {
        bool known = false;
        lua_pop(L, 1);
        if (lua_type(L, -1) != LUA_TSTRING)
            orch_lua_raise(L, "write name = value", "%s has a value without a name", what);
        for (size_t i = 0; i < n && !known; i++)
            known = strcmp(lua_tostring(L, -1), allowed[i]) == 0;
        if (!known)
            orch_lua_raise_nearest(L, lua_tostring(L, -1), allowed, n, "%s has no \"%s\"", what,
                                   lua_tostring(L, -1));
    }
}

void orch_lua_to_names(lua_State *L, int index, const char *what, const char ***out, size_t *n)
{
    size_t count = 1;
    const char **names;

    index = lua_absindex(L, index);
    orch_lua_territory_unwrap(L, index);
    if (lua_type(L, index) == LUA_TTABLE)
        count = orch_lua_sequence(L, index, what);
    names = orch_lua_zalloc(L, count, sizeof *names);
    if (lua_type(L, index) != LUA_TTABLE) {
        names[0] = orch_lua_to_name(L, index, what);
    } else {
        for (size_t i = 0; i < count; i++) {
            lua_rawgeti(L, index, (lua_Integer)i + 1);
            names[i] = orch_lua_to_name(L, -1, what);
            lua_pop(L, 1);
        }
    }
    *out = names;
    *n = count;
}

/* ---- literals ---------------------------------------------------------------------------- */

static int rank(const struct orch_value *key)
{
    return key->type == ORCH_TYPE_INTEGER ? 0 : key->type == ORCH_TYPE_NUMBER ? 1
         : key->type == ORCH_TYPE_TEXT ? 2 : 3;
}

static int compare_text(struct orch_str a, struct orch_str b)
{
    int order = memcmp(a.ptr, b.ptr, a.len < b.len ? a.len : b.len);

    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}

/* Lua gives a table's items in no order: integers first, then numbers, texts, booleans. */
static int compare_items(const void *left, const void *right)
{
    const struct orch_value *a = &((const struct orch_item *)left)->key;
    const struct orch_value *b = &((const struct orch_item *)right)->key;

    if (rank(a) != rank(b))
        return rank(a) - rank(b);
    switch (a->type) {
    case ORCH_TYPE_INTEGER:
        return (a->integer > b->integer) - (a->integer < b->integer);
    case ORCH_TYPE_NUMBER:
        return (a->number > b->number) - (a->number < b->number);
    case ORCH_TYPE_TEXT:
        return compare_text(a->text, b->text);
    default:
        return (int)a->boolean - (int)b->boolean;
    }
}

static size_t count_items(lua_State *L, int index)
{
    size_t n = 0;

    lua_pushnil(L);
    for (; lua_next(L, index); n++)
        lua_pop(L, 1);
    return n;
}

static void to_value(lua_State *L, int index, int depth, const char *what, struct orch_value *out);

static void to_list(lua_State *L, int index, int depth, const char *what, struct orch_value *out)
{
    size_t i = 0;

    luaL_checkstack(L, 8, "table nested too deeply");
    out->type = ORCH_TYPE_LIST;
    out->n_items = count_items(L, index);
    out->items = orch_lua_zalloc(L, out->n_items, sizeof *out->items);
    lua_pushnil(L);
    while (lua_next(L, index)) {
        to_value(L, lua_gettop(L) - 1, 0, what, &out->items[i].key);
        to_value(L, lua_gettop(L), depth - 1, what, &out->items[i].value);
        lua_pop(L, 1);
        i++;
    }
    qsort(out->items, out->n_items, sizeof *out->items, compare_items);
}

static void to_number(lua_State *L, int index, const char *what, struct orch_value *out)
{
    if (lua_isinteger(L, index)) {
        out->type = ORCH_TYPE_INTEGER;
        out->integer = lua_tointeger(L, index);
        return;
    }
    out->type = ORCH_TYPE_NUMBER;
    out->number = lua_tonumber(L, index);
    if (isnan(out->number))
        orch_lua_raise(L, "divide by something that is not zero", "%s is not a number (nan)", what);
}

/* depth: how many levels of tables may follow. */
static void to_value(lua_State *L, int index, int depth, const char *what, struct orch_value *out)
{
    *out = (struct orch_value){ 0 };
    orch_lua_territory_unwrap(L, index);
    switch (lua_type(L, index)) {
    case LUA_TNIL:
        return;
    case LUA_TBOOLEAN:
        out->type = ORCH_TYPE_BOOLEAN;
        out->boolean = lua_toboolean(L, index);
        return;
    case LUA_TNUMBER:
        to_number(L, index, what, out);
        return;
    case LUA_TSTRING:
        out->type = ORCH_TYPE_TEXT;
        out->text = check_text(L, index, what);
        out->text.ptr = orch_lua_keep(L, out->text.ptr, out->text.len);
        return;
    case LUA_TTABLE:
        if (depth > 0) {
            to_list(L, index, depth, what, out);
            return;
        }
        break;
    default:
        if (orch_lua_get_time(L, index, &out->type, &out->integer))
            return;
    }
    orch_lua_raise(L, NULL, "%s must be a literal, not %s", what, orch_lua_what(L, index));
}

void orch_lua_to_value(lua_State *L, int index, bool lists, const char *what,
                       struct orch_value *out)
{
    to_value(L, lua_absindex(L, index), lists ? LIST_DEPTH : 0, what, out);
}

/* ---- settings ---------------------------------------------------------------------------- */

/* A number as the shortest text that reads back the same. */
static const char *number_text(lua_State *L, int index, const char *what)
{
    char text[40];
    double value = lua_tonumber(L, index);

    if (lua_isinteger(L, index))
        return orch_lua_printf(L, "%lld", (long long)lua_tointeger(L, index));
    if (!isfinite(value))
        orch_lua_raise(L, NULL, "%s is not a finite number", what);
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            break;
    }
    return orch_lua_keep(L, text, strlen(text));
}

static const char *scalar_text(lua_State *L, int index, const char *what)
{
    switch (lua_type(L, index)) {
    case LUA_TSTRING:
        return orch_lua_to_text(L, index, what);
    case LUA_TBOOLEAN:
        return lua_toboolean(L, index) ? "true" : "false";
    case LUA_TNUMBER:
        return number_text(L, index, what);
    }
    orch_lua_raise(L, NULL, "%s must be a text, number, boolean, list or table of names, not %s",
                   what, orch_lua_what(L, index));
    return NULL;
}

/* "name=value" texts by name. */
static int compare_pairs(const void *a, const void *b)
{
    const char *left = *(const char *const *)a;
    const char *right = *(const char *const *)b;
    struct orch_str x = { left, strcspn(left, "=") };
    struct orch_str y = { right, strcspn(right, "=") };

    return compare_text(x, y);
}

static void setting_pairs(lua_State *L, int index, const char *what, struct orch_setting *out)
{
    lua_pushnil(L);
    while (lua_next(L, index)) {
        const char *key;
        const char *value;
        char *pair;
        if (lua_type(L, -2) != LUA_TSTRING)
            orch_lua_raise(L, "give either a list or names with values, not both",
                           "%s mixes a list with names", what);
        key = orch_lua_to_name(L, -2, what);
        if (strchr(key, '='))
            orch_lua_raise(L, NULL, "%s has a name with \"=\" in it: \"%s\"", what, key);
        value = scalar_text(L, -1, what);
        pair = orch_lua_zalloc(L, strlen(key) + strlen(value) + 2, 1);
        stpcpy(stpcpy(stpcpy(pair, key), "="), value);
        out->values[out->n_values++] = pair;
        lua_pop(L, 1);
    }
    qsort(out->values, out->n_values, sizeof *out->values, compare_pairs);
}

void orch_lua_to_setting(lua_State *L, int index, struct orch_setting *out)
{
    char what[300];
    size_t n;

    index = lua_absindex(L, index);
    snprintf(what, sizeof what, "setting \"%s\"", out->name);
    orch_lua_territory_unwrap(L, index);
    if (lua_type(L, index) != LUA_TTABLE) {
        out->values = orch_lua_zalloc(L, 1, sizeof *out->values);
        out->values[0] = scalar_text(L, index, what);
        out->n_values = 1;
        return;
    }
    n = count_items(L, index);
    if (n == 0)
        orch_lua_raise(L, "leave the setting out", "%s is an empty table", what);
    out->values = orch_lua_zalloc(L, n, sizeof *out->values);
    if (lua_rawgeti(L, index, 1) == LUA_TNIL) {
        lua_pop(L, 1);
        setting_pairs(L, index, what, out);
        return;
    }
    lua_pop(L, 1);
    n = orch_lua_sequence(L, index, what);
    for (; out->n_values < n; lua_pop(L, 1)) {
        lua_rawgeti(L, index, (lua_Integer)out->n_values + 1);
        out->values[out->n_values++] = scalar_text(L, -1, what);
    }
}
