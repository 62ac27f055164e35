/* SPDX-License-Identifier: Apache-2.0 */
/* string.find, match, gmatch and gsub over the bounded matcher. */
#include "script/lua_pattern.h"

#define SPECIALS "^$*+?.([%-"

static struct orch_str check_str(lua_State *L, int index)
{
    struct orch_str s;

    s.ptr = luaL_checklstring(L, index, &s.len);
    return s;
}

/* Offset of the 1-based position at index (negative: from the end); above len: past the end. */
static size_t start_offset(lua_State *L, int index, size_t len)
{
    lua_Integer at = luaL_optinteger(L, index, 1);

    if (at > 0)
        return (lua_Unsigned)at - 1 > len ? len + 1 : (size_t)at - 1;
    if (at == 0 || at < -(lua_Integer)len)
        return 0;
    return len - (size_t)(-at);
}

static bool is_plain(struct orch_str pattern)
{
    for (size_t i = 0; i < pattern.len; i++)
        if (pattern.ptr[i] && strchr(SPECIALS, pattern.ptr[i]))
            return false;
    return true;
}

static int find_plain(lua_State *L, struct orch_str text, struct orch_str what, size_t from)
{
    orch_lua_charge(L, (int64_t)((text.len - from) / 8));
    const char *found = what.len ? memmem(text.ptr + from, text.len - from, what.ptr, what.len)
                                 : text.ptr + from;

    if (!found) {
        luaL_pushfail(L);
        return 1;
    }
    lua_pushinteger(L, found - text.ptr + 1);
    lua_pushinteger(L, found - text.ptr + (lua_Integer)what.len);
    return 2;
}

static int find_or_match(lua_State *L, bool find)
{
    struct orch_str text = check_str(L, 1);
    struct orch_str pattern = check_str(L, 2);
    size_t from = start_offset(L, 3, text.len);
    struct orch_match m;
    bool anchored;

    if (from > text.len) {
        luaL_pushfail(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || is_plain(pattern)))
        return find_plain(L, text, pattern, from);
    orch_match_init(&m, L, text, pattern);
    anchored = pattern.len > 0 && pattern.ptr[0] == '^';
    m.pattern += anchored;
    for (const char *s = text.ptr + from; s <= m.text_end; s++) {
        const char *end = orch_match_at(&m, s);
        if (end && find) {
            lua_pushinteger(L, s - text.ptr + 1);
            lua_pushinteger(L, end - text.ptr);
            return orch_match_push_all(&m, NULL, NULL) + 2;
        }
        if (end)
            return orch_match_push_all(&m, s, end);
        if (anchored)
            break;
    }
    luaL_pushfail(L);
    return 1;
}

static int bounded_find(lua_State *L)
{
    return find_or_match(L, true);
}

static int bounded_match(lua_State *L)
{
    return find_or_match(L, false);
}

/* ---- gmatch ------------------------------------------------------------------------------ */

struct gmatch {
    struct orch_match m;
    const char *next; /* where to look next */
    const char *last; /* end of the match before: an empty match there is not another one */
};

/* Upvalues: text, pattern (they keep the bytes), state. */
static int gmatch_next(lua_State *L)
{
    struct gmatch *g = lua_touserdata(L, lua_upvalueindex(3));

    g->m.L = L;
    for (const char *s = g->next; s <= g->m.text_end; s++) {
        const char *end = orch_match_at(&g->m, s);
        if (end && end != g->last) {
            g->next = g->last = end;
            return orch_match_push_all(&g->m, s, end);
        }
    }
    g->next = g->m.text_end + 1;
    return 0;
}

static int bounded_gmatch(lua_State *L)
{
    struct orch_str text = check_str(L, 1);
    struct orch_str pattern = check_str(L, 2);
    size_t from = start_offset(L, 3, text.len);
    struct gmatch *g;

    lua_settop(L, 2);
    g = lua_newuserdatauv(L, sizeof *g, 0);
    orch_match_init(&g->m, L, text, pattern);
    g->next = text.ptr + from;
    g->last = NULL;
    lua_pushcclosure(L, gmatch_next, 3);
    return 1;
}

/* ---- gsub -------------------------------------------------------------------------------- */

/* "%1" and "%%" in a replacement text. */
static void add_text(struct orch_match *m, luaL_Buffer *out, const char *s, const char *end)
{
    size_t len;
    const char *p = lua_tolstring(m->L, 3, &len);
    const char *last = p + len;

    for (; p < last; p++) {
        if (*p != '%') {
            luaL_addchar(out, *p);
            continue;
        }
        p++;
        if (p < last && *p == '%') {
            luaL_addchar(out, '%');
        } else if (p < last && *p == '0') {
            luaL_addlstring(out, s, (size_t)(end - s));
        } else if (p < last && *p >= '1' && *p <= '9') {
            orch_match_push(m, *p - '1', s, end);
            luaL_tolstring(m->L, -1, NULL); /* a position is a number */
            lua_remove(m->L, -2);
            luaL_addvalue(out);
        } else {
            luaL_error(m->L, "invalid use of '%%' in replacement string");
        }
    }
}

/* Adds what takes the place of the match from s to end; false when it stays as it is. */
static bool add_replacement(struct orch_match *m, luaL_Buffer *out, const char *s, const char *end)
{
    lua_State *L = m->L;

    switch (lua_type(L, 3)) {
    case LUA_TFUNCTION:
        lua_pushvalue(L, 3);
        lua_call(L, orch_match_push_all(m, s, end), 1);
        break;
    case LUA_TTABLE:
        orch_match_push(m, 0, s, end);
        lua_gettable(L, 3);
        break;
    default:
        add_text(m, out, s, end);
        return true;
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(out, s, (size_t)(end - s));
        return false;
    }
    if (!lua_isstring(L, -1))
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    luaL_addvalue(out);
    return true;
}

static int bounded_gsub(lua_State *L)
{
    struct orch_str text = check_str(L, 1);
    struct orch_str pattern = check_str(L, 2);
    int type = lua_type(L, 3);
    lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)text.len + 1);
    bool anchored = pattern.len > 0 && pattern.ptr[0] == '^';
    const char *s = text.ptr;
    const char *last = NULL;
    lua_Integer n = 0;
    struct orch_match m;
    luaL_Buffer out;

    luaL_argexpected(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TTABLE ||
                            type == LUA_TFUNCTION, 3, "string/function/table");
    orch_match_init(&m, L, text, pattern);
    m.pattern += anchored;
    luaL_buffinit(L, &out);
    while (n < most) {
        const char *end = orch_match_at(&m, s);
        if (end && end != last) {
            n++;
            add_replacement(&m, &out, s, end);
            s = last = end;
        } else if (s < m.text_end) {
            luaL_addchar(&out, *s++);
        } else {
            break;
        }
        if (anchored)
            break;
    }
    luaL_addlstring(&out, s, (size_t)(m.text_end - s));
    luaL_pushresult(&out);
    lua_pushinteger(L, n);
    return 2;
}

void orch_lua_pattern_open(lua_State *L)
{
    static const luaL_Reg functions[] = {
        { "find", bounded_find },     { "match", bounded_match },
        { "gmatch", bounded_gmatch }, { "gsub", bounded_gsub },
        { NULL, NULL },
    };

    luaL_setfuncs(L, functions, 0);
    lua_pop(L, 1);
}
