/* SPDX-License-Identifier: Apache-2.0 */
/* The Lua state of one script: its limits, how errors leave it, and what the files of this layer
 * share.
 *
 * Limits. Lua memory and the script's arena count against one bound; instructions are counted by a
 * hook, which looks at the time as well: one instruction may copy or compare much. A limit that was
 * reached "trips" the state: from then on every instruction raises again, pcall raises again, and
 * the call from the host fails whatever the script did about it.
 *
 * Rules for C functions called from Lua: check arguments first; hold no plain C resource across
 * anything that may raise (use the arena, or a buffer of the script object). */
#ifndef ORCH_SCRIPT_LUA_STATE_H
#define ORCH_SCRIPT_LUA_STATE_H

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "base/arena.h"
#include "script/script.h"

#define ORCH_PLACE_BYTES 256
#define ORCH_SCRIPT_FILE_BYTES ((size_t)1 << 20)
#define ORCH_HOOK_STEP 1000
/* Chunks of the shipped library are named "orchestra:fr.lua". */
#define ORCH_SHIPPED_PREFIX "orchestra:"

enum orch_trip {
    ORCH_TRIP_NONE,
    ORCH_TRIP_LIMIT,        /* more memory than the limit */
    ORCH_TRIP_NOMEM,        /* the system gave no memory */
    ORCH_TRIP_INSTRUCTIONS,
    ORCH_TRIP_TIME,
    ORCH_TRIP_CANCELLED
};

/* A file that was run: part of the script's identity. */
struct orch_script_file {
    const char *kind; /* "script", "territory", "module" */
    const char *name;
    char sha256[65];
    struct orch_script_file *next;
};

/* "name=value" of the command line. */
struct orch_script_param {
    const char *name;
    const char *value;
    bool asked;
};

struct orch_lua_row;

struct orch_script {
    lua_State *L;
    struct orch_arena arena;    /* expressions, steps, texts: as long as the script */
    struct orch_text file;      /* the text of the file being compiled */
    const char *name;           /* "load_curve.lua" */
    const char *folder;
    const char *territory_name; /* "rennes.lua", or NULL */
    struct orch_script_file *files;
    struct orch_script_param *params;
    size_t n_params;
    struct {
        const char **items;
        size_t len, cap;
    } asked; /* names the script asked for with o.param */
    const char *last_place;

    struct orch_limits limits;
    bool (*cancelled)(void);
    size_t used_bytes;    /* by Lua */
    size_t refused_bytes; /* size of the request refused just before, 0: none */
    enum orch_trip refused;
    int64_t budget;       /* instructions left */
    int64_t began_us, began_cpu_us; /* when the count began: monotonic, and of its thread */
    enum orch_trip trip;
    char trip_place[ORCH_PLACE_BYTES];

    uint64_t serial;           /* counts expressions, for the order of o.select{...} */
    uint64_t select_mark;      /* the serial when o.select was last looked up */
    struct orch_lua_row *row;  /* the row function that is running */
    struct orch_pipeline *pipeline;
    orch_error unread; /* why the script or territory file could not be read; code 0: it was */
};

/* ---- lua_state.c ------------------------------------------------------------------------- */

/* A state with the sandboxed libraries. ORCH_ENOMEM. */
orch_status orch_lua_open(struct orch_script *s, orch_error *err);
void orch_lua_close(struct orch_script *s);
static inline struct orch_script *orch_lua_script(lua_State *L)
{
    return *(struct orch_script **)lua_getextraspace(L);
}

/* The one way into Lua. [-(n_args + 1), +n_results] on ORCH_OK, else [-(n_args + 1), +0] and err is
 * filled: `message` says what failed, the detail comes from the script. */
orch_status orch_lua_call(struct orch_script *s, int n_args, int n_results, const char *message,
                          orch_error *err);
/* As above for a call already made: fills err from what lua_pcall left, and pops it. */
orch_status orch_lua_failed(struct orch_script *s, int lua_status, const char *message,
                            orch_error *err);
/* Trips when the error on top of L is that memory was refused. */
void orch_lua_check_refused(struct orch_script *s, lua_State *L, int lua_status);
/* Fills err for a state that has tripped. */
orch_status orch_lua_tripped(const struct orch_script *s, const char *message, orch_error *err);
/* Starts a new count of instructions. */
void orch_lua_refill(struct orch_script *s);
/* Records that a limit was reached, and where L is unless NULL; the next instruction raises. */
void orch_lua_trip(struct orch_script *s, lua_State *L, enum orch_trip trip);
/* Counts work done in C as n instructions; raises when that is too many. */
void orch_lua_charge(lua_State *L, int64_t n);

/* ---- lua_error.c ------------------------------------------------------------------------- */

/* Raises an error object { message, hint } with the place of the call in front. Never returns. */
int orch_lua_raise(lua_State *L, const char *hint, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The same with a hint made of the nearest of n words: did you mean "trim"? */
int orch_lua_raise_nearest(lua_State *L, const char *word, const char *const *words, size_t n,
                           const char *format, ...) __attribute__((format(printf, 5, 6)));
/* Raises what a host function reported. Never returns. */
int orch_lua_raise_status(lua_State *L, const orch_error *err);
/* The arena gave nothing: trips and raises. Never returns. */
int orch_lua_raise_memory(lua_State *L);
/* Raises that the state has tripped. Never returns. */
int orch_lua_raise_trip(lua_State *L);
/* "load_curve.lua:14": the innermost line of the script that is running, files of the shipped
 * library passed over; "" when there is none. */
void orch_lua_place(lua_State *L, char out[ORCH_PLACE_BYTES]);
/* The same, kept in the script's arena. Raises when memory is out. */
const char *orch_lua_place_kept(lua_State *L);
/* [-0, +0] Texts of an error value on the stack, valid while it is there; hint may be NULL. */
void orch_lua_error_texts(lua_State *L, int index, const char **message, const char **hint);
void orch_lua_error_open(lua_State *L); /* [-0, +0] registers the metatable */
/* "a text", "a number", "a column expression": what stands at index, for messages. */
const char *orch_lua_what(lua_State *L, int index);

/* ---- memory of the script, raising ------------------------------------------------------- */

void *orch_lua_zalloc(lua_State *L, size_t n, size_t size);
char *orch_lua_keep(lua_State *L, const char *bytes, size_t len);
char *orch_lua_printf(lua_State *L, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- lua_sandbox.c, lua_library.c, lua_pattern.c, lua_require.c ----------------------------- */

void orch_lua_sandbox_open(lua_State *L); /* [-0, +0] base functions and libraries */
void orch_lua_library_open(lua_State *L); /* [-0, +0] bounded forms of string, table, coroutine */
void orch_lua_pattern_open(lua_State *L); /* [-1, +0] find, match, gmatch, gsub into a table */
void orch_lua_require_open(lua_State *L); /* [-0, +0] the global require */
/* [-0, +1] Compiles the file of `path` as "@chunk" and pushes the function; raises. */
void orch_lua_compile(lua_State *L, const char *path, const char *chunk, const char *kind);

#endif
