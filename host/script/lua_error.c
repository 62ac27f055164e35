/* SPDX-License-Identifier: Apache-2.0 */
#include "script/lua_state.h"

#include <stdarg.h>
#include <stdio.h>

#include "orch/error.h"
#include "script/lua_bind.h"

#define ERROR_TYPE "orchestra.error"
#define MESSAGE_BYTES 640

/* The value raised when a limit was reached: needs no memory. */
static char trip_key;

/* ---- places ------------------------------------------------------------------------------ */

static bool is_shipped(const char *source)
{
    return strncmp(source, "@" ORCH_SHIPPED_PREFIX, sizeof("@" ORCH_SHIPPED_PREFIX) - 1) == 0;
}

void orch_lua_place(lua_State *L, char out[ORCH_PLACE_BYTES])
{
    lua_Debug ar;

    out[0] = '\0';
    for (int level = 0; level < 100 && lua_getstack(L, level, &ar); level++) {
        lua_getinfo(L, "Sl", &ar);
        if (ar.source[0] != '@' || ar.currentline < 0)
            continue;
        if (out[0] && is_shipped(ar.source))
            continue;
        snprintf(out, ORCH_PLACE_BYTES, "%s:%d", ar.source + 1, ar.currentline);
        if (!is_shipped(ar.source))
            return;
    }
}

const char *orch_lua_place_kept(lua_State *L)
{
    struct orch_script *s = orch_lua_script(L);
    char place[ORCH_PLACE_BYTES];

    orch_lua_place(L, place);
    if (s->last_place == NULL || strcmp(s->last_place, place) != 0)
        s->last_place = orch_lua_keep(L, place, strlen(place));
    return s->last_place;
}

/* ---- raising ----------------------------------------------------------------------------- */

/* Names in messages come from scripts: one line, valid UTF-8. */
static void tidy(char *text)
{
    text[orch_utf8_valid(text, strlen(text))] = '\0';
    for (char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
}

static int raise_texts(lua_State *L, const char *hint, const char *message)
{
    char place[ORCH_PLACE_BYTES];

    orch_lua_place(L, place);
    luaL_checkstack(L, 4, NULL);
    lua_createtable(L, 0, 2);
    if (place[0])
        lua_pushfstring(L, "%s: %s", place, message);
    else
        lua_pushstring(L, message);
    lua_setfield(L, -2, "message");
    if (hint) {
        lua_pushstring(L, hint);
        lua_setfield(L, -2, "hint");
    }
    luaL_setmetatable(L, ERROR_TYPE);
    return lua_error(L);
}

int orch_lua_raise(lua_State *L, const char *hint, const char *format, ...)
{
    char message[MESSAGE_BYTES];
    char tidied[256] = "";
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    tidy(message);
    if (hint)
        snprintf(tidied, sizeof tidied, "%s", hint);
    tidy(tidied);
    return raise_texts(L, hint ? tidied : NULL, message);
}

int orch_lua_raise_nearest(lua_State *L, const char *word, const char *const *words, size_t n,
                           const char *format, ...)
{
    char message[MESSAGE_BYTES];
    char hint[256] = "";
    const char *nearest = orch_str_nearest(word, words, n);
    va_list args;

    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    tidy(message);
    if (nearest)
        snprintf(hint, sizeof hint, "did you mean \"%s\"?", nearest);
    tidy(hint);
    return raise_texts(L, nearest ? hint : NULL, message);
}

int orch_lua_raise_trip(lua_State *L)
{
    lua_pushlightuserdata(L, &trip_key);
    return lua_error(L);
}

int orch_lua_raise_memory(lua_State *L)
{
    struct orch_script *s = orch_lua_script(L);
    bool full = s->arena.total_bytes + s->used_bytes > s->limits.memory_bytes / 2;

    orch_lua_trip(s, L, full ? ORCH_TRIP_LIMIT : ORCH_TRIP_NOMEM);
    return orch_lua_raise_trip(L);
}

int orch_lua_raise_status(lua_State *L, const orch_error *err)
{
    const char *hint = err->hint[0] ? err->hint : NULL;

    if (err->code == ORCH_ENOMEM)
        return orch_lua_raise_memory(L);
    if (err->detail[0])
        return orch_lua_raise(L, hint, "%s: %s", err->message, err->detail);
    return orch_lua_raise(L, hint, "%s", err->message);
}

/* ---- error values ------------------------------------------------------------------------ */

static const char *text_field(lua_State *L, int index, const char *key)
{
    const char *text = NULL;

    lua_pushstring(L, key);
    if (lua_rawget(L, index) == LUA_TSTRING)
        text = lua_tostring(L, -1); /* the table keeps it */
    lua_pop(L, 1);
    return text;
}

static bool is_error(lua_State *L, int index)
{
    bool same;

    if (lua_type(L, index) != LUA_TTABLE || !lua_getmetatable(L, index))
        return false;
    luaL_getmetatable(L, ERROR_TYPE);
    same = lua_rawequal(L, -1, -2);
    lua_pop(L, 2);
    return same;
}

/* Runs unprotected: "message" and "hint" are interned since orch_lua_error_open. */
void orch_lua_error_texts(lua_State *L, int index, const char **message, const char **hint)
{
    index = lua_absindex(L, index);
    *hint = NULL;
    if (lua_type(L, index) == LUA_TSTRING) {
        *message = lua_tostring(L, index);
    } else if (is_error(L, index)) {
        *message = text_field(L, index, "message");
        *hint = text_field(L, index, "hint");
    } else {
        *message = NULL;
    }
    if (*message == NULL)
        *message = "error() was called with a value that is not a text";
}

static int error_tostring(lua_State *L)
{
    const char *message;
    const char *hint;

    luaL_checkany(L, 1);
    orch_lua_error_texts(L, 1, &message, &hint);
    if (hint)
        lua_pushfstring(L, "%s: %s", message, hint);
    else
        lua_pushstring(L, message);
    return 1;
}

void orch_lua_error_open(lua_State *L)
{
    luaL_newmetatable(L, ERROR_TYPE);
    lua_pushcfunction(L, error_tostring);
    lua_setfield(L, -2, "__tostring");
    lua_pushboolean(L, false);
    lua_setfield(L, -2, "__metatable");
    lua_pushliteral(L, "message");
    lua_setfield(L, -2, "message_key"); /* anchored: see orch_lua_error_texts */
    lua_pushliteral(L, "hint");
    lua_setfield(L, -2, "hint_key");
    lua_pop(L, 1);
}

/* ---- memory ------------------------------------------------------------------------------ */

void *orch_lua_zalloc(lua_State *L, size_t n, size_t size)
{
    void *p = orch_arena_array(&orch_lua_script(L)->arena, n ? n : 1, size);

    if (!p)
        orch_lua_raise_memory(L);
    return p;
}

char *orch_lua_keep(lua_State *L, const char *bytes, size_t len)
{
    struct orch_str kept = orch_arena_str(&orch_lua_script(L)->arena,
                                          (struct orch_str){ bytes, len });

    if (!kept.ptr)
        orch_lua_raise_memory(L);
    return (char *)(uintptr_t)kept.ptr;
}

char *orch_lua_printf(lua_State *L, const char *format, ...)
{
    char text[MESSAGE_BYTES];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return orch_lua_keep(L, text, strlen(text));
}
