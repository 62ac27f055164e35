/* SPDX-License-Identifier: Apache-2.0 */
#include "script/lua_state.h"

#include <stdlib.h>

#include "base/clock.h"
#include "orch/error.h"

/* ---- memory ------------------------------------------------------------------------------ */

/* Lua asks a second time, after a full collection, for what it was refused: only a second refusal
 * of the same size means that the script really needs more. */
static void *refuse(struct orch_script *s, size_t bytes, enum orch_trip trip)
{
    if (s->L && s->trip == ORCH_TRIP_NONE)
        orch_lua_place(s->L, s->trip_place);
    if (s->refused_bytes == bytes)
        orch_lua_trip(s, NULL, trip);
    s->refused_bytes = bytes;
    s->refused = trip;
    return NULL;
}

/* Building long texts again and again takes few instructions and much time: 16 bytes count as
 * one. */
static void charge_bytes(struct orch_script *s, size_t bytes)
{
    s->budget -= (int64_t)(bytes / 16);
    if (s->budget <= 0 && s->L)
        orch_lua_trip(s, s->L, ORCH_TRIP_INSTRUCTIONS);
}

static void *allocate(void *ctx, void *old, size_t old_bytes, size_t bytes)
{
    struct orch_script *s = ctx;
    size_t had = old ? old_bytes : 0; /* without a block old_bytes is a type tag */

    if (bytes == 0) {
        free(old);
        s->used_bytes -= had;
        return NULL;
    }
    if (bytes > had) {
        size_t total = s->used_bytes - had + s->arena.total_bytes;
        if (total > s->limits.memory_bytes || bytes > s->limits.memory_bytes - total)
            return refuse(s, bytes, ORCH_TRIP_LIMIT);
    }
    void *new = orch_realloc(old, bytes);
    if (!new) {
        /* Lua counts on shrinking to succeed: the old block is large enough. */
        return bytes <= had ? old : refuse(s, bytes, ORCH_TRIP_NOMEM);
    }
    s->used_bytes = s->used_bytes - had + bytes;
    if (bytes > had) {
        s->refused_bytes = 0;
        charge_bytes(s, bytes);
    }
    return new;
}

/* ---- instructions ------------------------------------------------------------------------ */

/* The time of day is cheap to ask for, that of the thread is not: only who took long is asked. */
static bool out_of_time(const struct orch_script *s)
{
    int64_t limit_us = s->limits.cpu_ms * 1000;

    return orch_clock_monotonic_us() - s->began_us > limit_us &&
           orch_clock_thread_us() - s->began_cpu_us > limit_us;
}

static void count_hook(lua_State *L, lua_Debug *ar)
{
    struct orch_script *s = orch_lua_script(L);

    (void)ar;
    if (s->trip == ORCH_TRIP_NONE) {
        s->budget -= ORCH_HOOK_STEP;
        if (s->cancelled && s->cancelled())
            orch_lua_trip(s, L, ORCH_TRIP_CANCELLED);
        else if (s->budget <= 0)
            orch_lua_trip(s, L, ORCH_TRIP_INSTRUCTIONS);
        else if (out_of_time(s))
            orch_lua_trip(s, L, ORCH_TRIP_TIME);
        else
            return;
    }
    lua_sethook(L, count_hook, LUA_MASKCOUNT, 1);
    orch_lua_raise_trip(L);
}

void orch_lua_trip(struct orch_script *s, lua_State *L, enum orch_trip trip)
{
    if (s->trip != ORCH_TRIP_NONE)
        return;
    s->trip = trip;
    if (L)
        orch_lua_place(L, s->trip_place);
    /* One instruction at a time from now on, so that no loop around pcall can go on. */
    if (s->L)
        lua_sethook(s->L, count_hook, LUA_MASKCOUNT, 1);
}

void orch_lua_charge(lua_State *L, int64_t n)
{
    struct orch_script *s = orch_lua_script(L);

    s->budget -= n;
    if (s->trip == ORCH_TRIP_NONE && s->budget <= 0)
        orch_lua_trip(s, L, ORCH_TRIP_INSTRUCTIONS);
    if (s->trip != ORCH_TRIP_NONE)
        orch_lua_raise_trip(L);
}

void orch_lua_refill(struct orch_script *s)
{
    s->budget = s->limits.instructions;
    s->began_us = orch_clock_monotonic_us();
    s->began_cpu_us = orch_clock_thread_us();
}

/* ---- calls ------------------------------------------------------------------------------- */

orch_status orch_lua_tripped(const struct orch_script *s, const char *message, orch_error *err)
{
    const char *place = s->trip_place[0] ? s->trip_place : s->name;

    switch (s->trip) {
    case ORCH_TRIP_NOMEM:
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    case ORCH_TRIP_CANCELLED:
        return orch_error_set(err, ORCH_ECANCELLED, "cancelled");
    case ORCH_TRIP_LIMIT:
        orch_error_set(err, ORCH_ECONFIG, "%s", message);
        if (s->limits.memory_bytes >> 20)
            orch_error_detail(err, "%s: script needs more than %zu MiB", place,
                              s->limits.memory_bytes >> 20);
        else
            orch_error_detail(err, "%s: script needs more than %zu bytes", place,
                              s->limits.memory_bytes);
        orch_error_hint(err, "a script describes the work: leave rows to the column operations");
        return ORCH_ECONFIG;
    case ORCH_TRIP_TIME:
        orch_error_set(err, ORCH_ECONFIG, "%s", message);
        orch_error_detail(err, "%s: script took more than %lld ms of processor time", place,
                          (long long)s->limits.cpu_ms);
        orch_error_hint(err, "does it loop for ever?");
        return ORCH_ECONFIG;
    default:
        orch_error_set(err, ORCH_ECONFIG, "%s", message);
        orch_error_detail(err, "%s: script ran more than %lld instructions", place,
                          (long long)s->limits.instructions);
        orch_error_hint(err, "does it loop for ever?");
        return ORCH_ECONFIG;
    }
}

/* Buffers of the library ask for memory once, and raise a plain text when it is refused. */
void orch_lua_check_refused(struct orch_script *s, lua_State *L, int lua_status)
{
    bool memory = lua_status == LUA_ERRMEM;

    if (!memory && lua_type(L, -1) == LUA_TSTRING)
        memory = s->refused_bytes && strcmp(lua_tostring(L, -1), "not enough memory") == 0;
    if (memory)
        orch_lua_trip(s, NULL, s->refused ? s->refused : ORCH_TRIP_NOMEM);
}

orch_status orch_lua_failed(struct orch_script *s, int lua_status, const char *message,
                            orch_error *err)
{
    const char *detail;
    const char *hint;

    orch_lua_check_refused(s, s->L, lua_status);
    if (s->trip != ORCH_TRIP_NONE) {
        lua_pop(s->L, 1);
        return orch_lua_tripped(s, message, err);
    }
    orch_lua_error_texts(s->L, -1, &detail, &hint);
    orch_error_set(err, ORCH_ECONFIG, "%s", message);
    orch_error_detail(err, "%s", detail);
    if (hint)
        orch_error_hint(err, "%s", hint);
    lua_pop(s->L, 1);
    return ORCH_ECONFIG;
}

orch_status orch_lua_call(struct orch_script *s, int n_args, int n_results, const char *message,
                          orch_error *err)
{
    int status = lua_pcall(s->L, n_args, n_results, 0);

    if (status != LUA_OK)
        return orch_lua_failed(s, status, message, err);
    if (s->trip != ORCH_TRIP_NONE) {
        lua_settop(s->L, 0);
        return orch_lua_tripped(s, message, err);
    }
    return ORCH_OK;
}

/* ---- life -------------------------------------------------------------------------------- */

static int open_libraries(lua_State *L)
{
    orch_lua_error_open(L);
    orch_lua_sandbox_open(L);
    orch_lua_library_open(L);
    orch_lua_require_open(L);
    return 0;
}

orch_status orch_lua_open(struct orch_script *s, orch_error *err)
{
    s->L = lua_newstate(allocate, s);
    if (!s->L)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    *(struct orch_script **)lua_getextraspace(s->L) = s;
    orch_lua_refill(s);
    lua_sethook(s->L, count_hook, LUA_MASKCOUNT, ORCH_HOOK_STEP);
    lua_pushcfunction(s->L, open_libraries);
    return orch_lua_call(s, 0, 0, "cannot start Lua", err);
}

void orch_lua_close(struct orch_script *s)
{
    if (s->L)
        lua_close(s->L);
    s->L = NULL;
}
