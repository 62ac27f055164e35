/* SPDX-License-Identifier: Apache-2.0 */
/* Matching of Lua patterns, bounded. A malformed pattern raises. */
#ifndef ORCH_SCRIPT_LUA_PATTERN_H
#define ORCH_SCRIPT_LUA_PATTERN_H

#include "script/lua_state.h"

#define ORCH_MATCH_CAPTURES 32

enum { ORCH_CAPTURE_OPEN = -1, ORCH_CAPTURE_POSITION = -2 };

struct orch_match {
    lua_State *L;
    const char *text, *text_end;
    const char *pattern, *pattern_end;
    int level; /* captures so far */
    int depth; /* recursion left */
    int64_t steps;
    struct {
        const char *at;
        ptrdiff_t len;
    } captures[ORCH_MATCH_CAPTURES];
};

void orch_match_init(struct orch_match *m, lua_State *L, struct orch_str text,
                     struct orch_str pattern);
/* Matches the pattern at s: where the match ends, or NULL. */
const char *orch_match_at(struct orch_match *m, const char *s);
/* [-0, +1] Capture i (from 0), or the whole match when there is none. */
void orch_match_push(struct orch_match *m, int i, const char *s, const char *end);
/* [-0, +n] All captures; the whole match when there is none and s is not NULL. Returns n. */
int orch_match_push_all(struct orch_match *m, const char *s, const char *end);

#endif
