/* SPDX-License-Identifier: Apache-2.0 */
/* Lua patterns with a bound on the work: string.find, match, gmatch and gsub.
 *
 * Why not Lua's own: a pattern with several repetitions can take time that grows with a high power
 * of the text's length, inside one C call, where the instruction hook does not see it. This matcher
 * reads the same patterns (Lua 5.4 manual, 6.4.1) and charges its steps as instructions. */
#include <ctype.h>

#include "script/lua_pattern.h"

#define DEPTH 200
#define STEPS_A_CHARGE 10000

/* ---- single characters ------------------------------------------------------------------- */

static bool in_class(int c, int letter)
{
    bool in;

    switch (tolower(letter)) {
    case 'a': in = isalpha(c); break;
    case 'c': in = iscntrl(c); break;
    case 'd': in = isdigit(c); break;
    case 'g': in = isgraph(c); break;
    case 'l': in = islower(c); break;
    case 'p': in = ispunct(c); break;
    case 's': in = isspace(c); break;
    case 'u': in = isupper(c); break;
    case 'w': in = isalnum(c); break;
    case 'x': in = isxdigit(c); break;
    case 'z': in = c == '\0'; break; /* of Lua 5.1, and still there */
    default:
        return letter == c;
    }
    return isupper(letter) ? !in : in;
}

/* Behind the single-character item that begins at p. */
static const char *item_end(struct orch_match *m, const char *p)
{
    if (*p == '%') {
        if (p + 1 == m->pattern_end)
            luaL_error(m->L, "malformed pattern (ends with '%%')");
        return p + 2;
    }
    if (*p++ != '[')
        return p;
    if (p < m->pattern_end && *p == '^')
        p++;
    do { /* a ] in first place is a member */
        if (p == m->pattern_end)
            luaL_error(m->L, "malformed pattern (missing ']')");
        if (*p++ == '%') {
            if (p == m->pattern_end)
                luaL_error(m->L, "malformed pattern (missing ']')");
            p++;
        }
    } while (p == m->pattern_end || *p != ']');
    return p + 1;
}

/* Is c in the set from p ('[') to last (']')? */
static bool in_set(int c, const char *p, const char *last)
{
    bool member = true;

    if (*++p == '^') {
        member = false;
        p++;
    }
    while (p < last) {
        if (*p == '%') {
            if (in_class(c, (unsigned char)p[1]))
                return member;
            p += 2;
        } else if (p[1] == '-' && p + 2 < last) {
            if ((unsigned char)p[0] <= c && c <= (unsigned char)p[2])
                return member;
            p += 3;
        } else if ((unsigned char)*p++ == c) {
            return member;
        }
    }
    return !member;
}

static void step(struct orch_match *m)
{
    if (++m->steps < STEPS_A_CHARGE)
        return;
    m->steps = 0;
    orch_lua_charge(m->L, STEPS_A_CHARGE);
}

static bool fits(struct orch_match *m, const char *s, const char *p, const char *end)
{
    step(m);
    if (s >= m->text_end)
        return false;
    switch (*p) {
    case '.':
        return true;
    case '%':
        return in_class((unsigned char)*s, (unsigned char)p[1]);
    case '[':
        return in_set((unsigned char)*s, p, end - 1);
    default:
        return *s == *p;
    }
}

/* ---- captures ---------------------------------------------------------------------------- */

static const char *match(struct orch_match *m, const char *s, const char *p);

static const char *open_capture(struct orch_match *m, const char *s, const char *p, bool position)
{
    const char *end;

    if (m->level >= ORCH_MATCH_CAPTURES)
        luaL_error(m->L, "too many captures");
    m->captures[m->level].at = s;
    m->captures[m->level].len = position ? ORCH_CAPTURE_POSITION : ORCH_CAPTURE_OPEN;
    m->level++;
    end = match(m, s, p);
    if (!end)
        m->level--;
    return end;
}

static const char *close_capture(struct orch_match *m, const char *s, const char *p)
{
    const char *end;
    int i = m->level - 1;

    while (i >= 0 && m->captures[i].len != ORCH_CAPTURE_OPEN)
        i--;
    if (i < 0)
        luaL_error(m->L, "invalid pattern capture");
    m->captures[i].len = s - m->captures[i].at;
    end = match(m, s, p);
    if (!end)
        m->captures[i].len = ORCH_CAPTURE_OPEN;
    return end;
}

/* %1: the text of an earlier capture again; behind it, or NULL. */
static const char *same_again(struct orch_match *m, const char *s, int digit)
{
    int i = digit - '1';
    size_t len;

    if (i < 0 || i >= m->level || m->captures[i].len == ORCH_CAPTURE_OPEN)
        luaL_error(m->L, "invalid capture index %%%d", i + 1);
    if (m->captures[i].len == ORCH_CAPTURE_POSITION) /* no text is the same as a position */
        return NULL;
    len = (size_t)m->captures[i].len;
    orch_lua_charge(m->L, (int64_t)(len / 64));
    return (size_t)(m->text_end - s) >= len && memcmp(m->captures[i].at, s, len) == 0 ? s + len
                                                                                      : NULL;
}

/* %bxy */
static const char *balanced(struct orch_match *m, const char *s, const char *p)
{
    int nested = 1;

    if (p + 1 >= m->pattern_end)
        luaL_error(m->L, "malformed pattern (missing arguments to '%%b')");
    if (s >= m->text_end || *s != p[0])
        return NULL;
    while (++s < m->text_end) {
        step(m);
        if (*s == p[1]) {
            if (--nested == 0)
                return s + 1;
        } else if (*s == p[0]) {
            nested++;
        }
    }
    return NULL;
}

/* %f[set]; returns behind the set when the frontier is here. */
static const char *frontier(struct orch_match *m, const char *s, const char *p)
{
    const char *end;
    int before, here;

    if (p >= m->pattern_end || *p != '[')
        luaL_error(m->L, "missing '[' after '%%f' in pattern");
    end = item_end(m, p);
    before = s == m->text ? 0 : (unsigned char)s[-1];
    here = s == m->text_end ? 0 : (unsigned char)*s;
    return !in_set(before, p, end - 1) && in_set(here, p, end - 1) ? end : NULL;
}

/* ---- repetitions ------------------------------------------------------------------------- */

static const char *longest_first(struct orch_match *m, const char *s, const char *p,
                                 const char *end, ptrdiff_t least)
{
    ptrdiff_t n = 0;

    while (fits(m, s + n, p, end))
        n++;
    for (; n >= least; n--) {
        const char *found = match(m, s + n, end + 1);
        if (found)
            return found;
    }
    return NULL;
}

static const char *shortest_first(struct orch_match *m, const char *s, const char *p,
                                  const char *end)
{
    for (;; s++) {
        const char *found = match(m, s, end + 1);
        if (found)
            return found;
        if (!fits(m, s, p, end))
            return NULL;
    }
}

/* One item at p and what repeats it. *go: the match goes on in the caller's loop at (*s, *p). */
static const char *match_item(struct orch_match *m, const char **s, const char **p, bool *go)
{
    const char *end = item_end(m, *p);
    char suffix = end < m->pattern_end ? *end : '\0';
    const char *found;

    *go = false;
    switch (suffix) {
    case '*':
        return longest_first(m, *s, *p, end, 0);
    case '+':
        return longest_first(m, *s, *p, end, 1);
    case '-':
        return shortest_first(m, *s, *p, end);
    case '?':
        if (fits(m, *s, *p, end) && (found = match(m, *s + 1, end + 1)) != NULL)
            return found;
        *p = end + 1;
        *go = true;
        return NULL;
    default:
        *go = fits(m, *s, *p, end);
        *s += 1;
        *p = end;
        return NULL;
    }
}

/* %b, %f and %1 at p. *special: it was one of them; then NULL means no match, and *p is moved. */
static const char *match_special(struct orch_match *m, const char *s, const char **p, bool *special)
{
    char letter = *p + 1 < m->pattern_end ? (*p)[1] : '\0';
    const char *next;

    *special = true;
    if (letter == 'b') {
        next = balanced(m, s, *p + 2);
        *p += 4;
        return next;
    }
    if (letter == 'f') {
        step(m);
        *p = frontier(m, s, *p + 2);
        return *p ? s : NULL;
    }
    if (letter >= '0' && letter <= '9') {
        *p += 2;
        return same_again(m, s, letter);
    }
    *special = false;
    return NULL;
}

static const char *match_loop(struct orch_match *m, const char *s, const char *p)
{
    while (p < m->pattern_end) {
        bool go = true;
        if (*p == '(')
            return p + 1 < m->pattern_end && p[1] == ')' ? open_capture(m, s, p + 2, true)
                                                         : open_capture(m, s, p + 1, false);
        if (*p == ')')
            return close_capture(m, s, p + 1);
        if (*p == '$' && p + 1 == m->pattern_end)
            return s == m->text_end ? s : NULL;
        if (*p == '%') {
            const char *next = match_special(m, s, &p, &go);
            if (go && !next)
                return NULL;
            if (go) {
                s = next;
                continue;
            }
        }
        const char *found = match_item(m, &s, &p, &go);
        if (!go)
            return found;
    }
    return s;
}

static const char *match(struct orch_match *m, const char *s, const char *p)
{
    const char *found;

    if (m->depth-- == 0)
        luaL_error(m->L, "pattern too complex");
    step(m);
    found = match_loop(m, s, p);
    m->depth++;
    return found;
}

/* ---- for the library --------------------------------------------------------------------- */

void orch_match_init(struct orch_match *m, lua_State *L, struct orch_str text,
                     struct orch_str pattern)
{
    m->L = L;
    m->text = text.ptr;
    m->text_end = text.ptr + text.len;
    m->pattern = pattern.ptr;
    m->pattern_end = pattern.ptr + pattern.len;
    m->steps = 0;
}

const char *orch_match_at(struct orch_match *m, const char *s)
{
    m->level = 0;
    m->depth = DEPTH;
    return match(m, s, m->pattern);
}

void orch_match_push(struct orch_match *m, int i, const char *s, const char *end)
{
    if (i >= m->level) {
        if (i != 0)
            luaL_error(m->L, "invalid capture index %%%d", i + 1);
        lua_pushlstring(m->L, s, (size_t)(end - s));
        return;
    }
    if (m->captures[i].len == ORCH_CAPTURE_OPEN)
        luaL_error(m->L, "unfinished capture");
    if (m->captures[i].len == ORCH_CAPTURE_POSITION)
        lua_pushinteger(m->L, m->captures[i].at - m->text + 1);
    else
        lua_pushlstring(m->L, m->captures[i].at, (size_t)m->captures[i].len);
}

int orch_match_push_all(struct orch_match *m, const char *s, const char *end)
{
    int n = m->level == 0 && s ? 1 : m->level;

    luaL_checkstack(m->L, n, "too many captures");
    for (int i = 0; i < n; i++)
        orch_match_push(m, i, s, end);
    return n;
}
