/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a row function over a batch.
 *
 * Why one protected call a batch: setting up a protected call costs more than a short function.
 * The loop over the rows therefore runs inside one; o.reject leaves it by an error, and the loop
 * is entered again at the next row. */
#include "script/lua_bind.h"

#include <stdio.h>

#include "orch/error.h"

/* Raised when a row is rejected or the engine failed: the row says which. */
static char stop_key;

static int stop(lua_State *L)
{
    lua_pushlightuserdata(L, &stop_key);
    return lua_error(L);
}

/* ---- arguments --------------------------------------------------------------------------- */

static void push_argument(lua_State *L, const struct orch_vector *v, int64_t row)
{
    if (v->null && v->null[row]) {
        lua_pushnil(L);
        return;
    }
    switch (v->type) {
    case ORCH_TYPE_BOOLEAN:
        lua_pushboolean(L, v->of.boolean[row]);
        break;
    case ORCH_TYPE_INTEGER:
        lua_pushinteger(L, v->of.integer[row]);
        break;
    case ORCH_TYPE_NUMBER:
        lua_pushnumber(L, v->of.number[row]);
        break;
    case ORCH_TYPE_TEXT:
    case ORCH_TYPE_BINARY:
        lua_pushlstring(L, v->of.text[row].len ? v->of.text[row].ptr : "", v->of.text[row].len);
        break;
    case ORCH_TYPE_DATE:
        orch_lua_push_date(L, v->of.integer[row]);
        break;
    case ORCH_TYPE_TIMESTAMP:
        orch_lua_push_timestamp(L, v->of.integer[row]);
        break;
    default:
        lua_pushnil(L);
    }
}

/* ---- results ----------------------------------------------------------------------------- */

/* The place in front of a message: the line of emit, else the function's. */
static int raise_result(lua_State *L, const struct orch_lua_row *r, const char *hint,
                        const char *message)
{
    char place[ORCH_PLACE_BYTES];

    orch_lua_place(L, place);
    if (place[0])
        return orch_lua_raise(L, hint, "%s", message);
    return orch_lua_raise(L, hint, "%s: %s", r->place, message);
}

static const char *type_hint(enum orch_type wanted, lua_State *L, int index)
{
    if (wanted == ORCH_TYPE_INTEGER && lua_type(L, index) == LUA_TNUMBER)
        return "return math.tointeger(x), or declare the output as number";
    if (wanted == ORCH_TYPE_TEXT && lua_type(L, index) == LUA_TNUMBER)
        return "return tostring(x), or declare the output as number";
    if ((wanted == ORCH_TYPE_NUMBER || wanted == ORCH_TYPE_INTEGER) &&
        lua_type(L, index) == LUA_TSTRING)
        return "return tonumber(x), or declare the output as text";
    if (wanted == ORCH_TYPE_DATE)
        return "return o.date(year, month, day), or at:date() of a timestamp";
    if (wanted == ORCH_TYPE_TIMESTAMP)
        return "return o.timestamp(year, month, day, hour, minute, second), in UTC";
    return NULL;
}

static int raise_type(lua_State *L, const struct orch_lua_row *r, size_t i, int index)
{
    char message[400];
    const char *shown = "";

    if (lua_type(L, index) == LUA_TNUMBER || lua_type(L, index) == LUA_TSTRING) {
        luaL_tolstring(L, index, NULL);
        shown = lua_tostring(L, -1);
    }
    snprintf(message, sizeof message, "output \"%.100s\" must be %s, got %s%s%.80s", r->names[i],
             orch_type_name(r->types[i]), orch_lua_what(L, index), shown[0] ? " " : "", shown);
    return raise_result(L, r, type_hint(r->types[i], L, index), message);
}

static bool take_value(lua_State *L, struct orch_lua_row *r, size_t i, int index)
{
    struct orch_value *value = &r->values[i];
    enum orch_type type = r->types[i];

    value->type = type;
    switch (type) {
    case ORCH_TYPE_BOOLEAN:
        value->boolean = lua_toboolean(L, index);
        return lua_type(L, index) == LUA_TBOOLEAN;
    case ORCH_TYPE_INTEGER:
        value->integer = lua_tointeger(L, index);
        return lua_isinteger(L, index);
    case ORCH_TYPE_NUMBER:
        value->number = lua_tonumber(L, index);
        return lua_type(L, index) == LUA_TNUMBER;
    case ORCH_TYPE_TEXT:
    case ORCH_TYPE_BINARY:
        if (lua_type(L, index) != LUA_TSTRING)
            return false;
        value->text.ptr = lua_tolstring(L, index, &value->text.len);
        return true;
    default:
        return orch_lua_get_time(L, index, &type, &value->integer) && type == r->types[i];
    }
}

static int raise_count(lua_State *L, const struct orch_lua_row *r, int given)
{
    char message[200];
    const char *hint = "emit nil for an empty value";

    if (r->emitter == LUA_NOREF)
        hint = "return nil for an empty value; a function with emit = true may give no row";
    snprintf(message, sizeof message, "row function %s %d value%s for %zu output%s",
             r->emitter == LUA_NOREF ? "returned" : "emitted", given, given == 1 ? "" : "s",
             r->n_outputs, r->n_outputs == 1 ? "" : "s");
    return raise_result(L, r, hint, message);
}

/* The `given` values from stack index `first` on are a row. */
static void take_row(lua_State *L, struct orch_lua_row *r, int first, int given)
{
    if ((size_t)given != r->n_outputs)
        raise_count(L, r, given);
    for (size_t i = 0; i < r->n_outputs; i++) {
        int index = first + (int)i;
        if (lua_type(L, index) == LUA_TNIL)
            r->values[i].type = ORCH_TYPE_NULL;
        else if (!take_value(L, r, i, index))
            raise_type(L, r, i, index);
    }
    r->status = orch_emit_row(r->emit, r->row, r->values, &r->error);
    if (r->status != ORCH_OK)
        stop(L);
}

/* ---- what a row function may call -------------------------------------------------------- */

int orch_lua_emit(lua_State *L)
{
    struct orch_lua_row *r = lua_touserdata(L, lua_upvalueindex(1));

    if (r->script->row != r)
        return orch_lua_raise(L, "call emit while the row function runs",
                              "emit was called outside its row function");
    if (r->rejected)
        return stop(L);
    take_row(L, r, 1, lua_gettop(L));
    return 0;
}

int orch_lua_reject(lua_State *L)
{
    struct orch_lua_row *r = orch_lua_script(L)->row;
    struct orch_str message;

    if (!r)
        return orch_lua_raise(L, "use col.NAME:required(), :between() and the like in steps",
                              "o.reject works only inside a row function");
    if (lua_type(L, 1) != LUA_TSTRING)
        return orch_lua_raise(L, "write o.reject(\"why\")",
                              "o.reject needs a message, not %s", orch_lua_what(L, 1));
    message.ptr = lua_tolstring(L, 1, &message.len);
    if (message.len == 0 || message.len > 500 || memchr(message.ptr, '\0', message.len) ||
        orch_utf8_valid(message.ptr, message.len) != message.len)
        return orch_lua_raise(L, NULL, "the message of o.reject must be 1 to 500 bytes of UTF-8");
    r->message = orch_arena_strdup(r->arena, message.ptr);
    if (!r->message)
        return orch_lua_raise_memory(L);
    r->rejected = true;
    return stop(L);
}

/* ---- the batch --------------------------------------------------------------------------- */

/* Rows from r->row to the end of the batch. Stack: 1 the row, 2 the function, 3 emit or nil. */
static int run_rows(lua_State *L)
{
    struct orch_lua_row *r = lua_touserdata(L, 1);
    bool emits = r->emitter != LUA_NOREF;

    luaL_checkstack(L, 2 * ORCH_EACH_VALUES + 20, NULL);
    lua_rawgeti(L, LUA_REGISTRYINDEX, r->function);
    if (emits)
        lua_rawgeti(L, LUA_REGISTRYINDEX, r->emitter);
    else
        lua_pushnil(L);
    for (; r->row < r->rows; r->row++) {
        lua_pushvalue(L, 2);
        if (emits)
            lua_pushvalue(L, 3);
        for (size_t i = 0; i < r->n_args; i++)
            push_argument(L, &r->args[i], r->row);
        lua_call(L, (int)r->n_args + emits, emits ? 0 : LUA_MULTRET);
        if (r->rejected) /* a pcall of the script caught it */
            stop(L);
        if (!emits)
            take_row(L, r, 4, lua_gettop(L) - 3);
        lua_settop(L, 3);
    }
    return 0;
}

/* Why run_rows stopped: a rejected row is recorded and passed over. [-1, +0] */
static orch_status settle(struct orch_lua_row *r, int lua_status, struct orch_emit *emit,
                          orch_error *err)
{
    struct orch_script *s = r->script;

    if (s->trip == ORCH_TRIP_NONE && r->status != ORCH_OK) {
        lua_pop(s->L, 1);
        if (err)
            *err = r->error;
        return r->status;
    }
    if (s->trip == ORCH_TRIP_NONE && r->rejected) {
        lua_pop(s->L, 1);
        r->rejected = false;
        return orch_emit_reject(emit, r->row++, "script", r->message);
    }
    return orch_lua_failed(s, lua_status, "row function failed", err);
}

static orch_status run_all(struct orch_lua_row *r, struct orch_emit *emit, orch_error *err)
{
    lua_State *L = r->script->L;
    orch_status st = ORCH_OK;

    while (st == ORCH_OK && r->row < r->rows) {
        lua_pushcfunction(L, run_rows);
        lua_pushlightuserdata(L, r);
        int status = lua_pcall(L, 1, 0, 0);
        if (status != LUA_OK)
            st = settle(r, status, emit, err);
        else if (r->script->trip != ORCH_TRIP_NONE) /* at the very last instruction */
            st = orch_lua_tripped(r->script, "row function failed", err);
    }
    return st;
}

/* The row of the source batch. Rows whose arguments failed are not seen here: when there were any,
 * the row is not known. */
static void say_row(const struct orch_lua_row *r, const struct orch_frame *frame, orch_error *err)
{
    if (frame->rows == r->rows)
        orch_error_at(err, (frame->source_row ? frame->source_row[r->row] : r->row) + 1, NULL);
}

orch_status orch_lua_row_run(void *ctx, struct orch_eval *ev, const struct orch_vector *args,
                             size_t n_args, int64_t rows, struct orch_emit *emit, orch_error *err)
{
    struct orch_lua_row *r = ctx;
    orch_status st;

    r->args = args;
    r->n_args = n_args;
    r->rows = rows;
    r->row = 0;
    r->arena = ev->arena;
    r->emit = emit;
    r->rejected = false;
    r->status = ORCH_OK;
    r->error = (orch_error)ORCH_ERROR_INIT;
    r->script->row = r;
    orch_lua_refill(r->script);
    st = run_all(r, emit, err);
    r->script->row = NULL;
    r->args = NULL;
    if (st != ORCH_OK && r->row < rows)
        say_row(r, ev->frame, err);
    return st;
}
