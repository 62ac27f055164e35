/* SPDX-License-Identifier: Apache-2.0 */
/* What the module `orchestra` is made of: expressions, values, times, steps, ends, pipelines. */
#ifndef ORCH_SCRIPT_LUA_BIND_H
#define ORCH_SCRIPT_LUA_BIND_H

#include "script/lua_state.h"

#define ORCH_LUA_EXPR "orchestra.expression"
#define ORCH_LUA_DATE "orchestra.date"
#define ORCH_LUA_TIMESTAMP "orchestra.timestamp"
#define ORCH_LUA_STEP "orchestra.step"
#define ORCH_LUA_END "orchestra.end"
#define ORCH_LUA_PIPELINE "orchestra.pipeline"
#define ORCH_LUA_TERRITORY "orchestra.territory" /* registry: the view of the territory's table */

#define ORCH_LUA_DEPTH 500   /* deepest nesting of operations: what the engine takes */
#define ORCH_EACH_VALUES 200 /* most arguments, and most outputs, of a row function */

struct orch_lua_expr {
    struct orch_expr *expr;
    uint64_t serial; /* expressions are numbered as the script makes them */
    int depth;
};

struct orch_lua_end {
    struct orch_end end;
    bool destination;
    uint32_t mode; /* 0: not said */
    const char **keys;
    size_t n_keys;
};

struct orch_lua_step {
    struct orch_step step;
};

/* A row function and the row it is at. */
struct orch_lua_row {
    struct orch_script *script;
    const char *place;          /* of the function */
    int function;               /* references in the registry */
    int emitter;                /* LUA_NOREF: results are returned */
    const char **names;         /* of the outputs */
    enum orch_type *types;
    size_t n_outputs;
    struct orch_value *values;  /* of the row being given back */
    /* the running batch */
    const struct orch_vector *args;
    size_t n_args;
    int64_t rows, row;
    struct orch_arena *arena;
    struct orch_emit *emit;
    bool rejected;
    const char *message;        /* of the rejected row */
    orch_status status;         /* of the engine, when it failed */
    orch_error error;
};

/* ---- lua_value.c ------------------------------------------------------------------------- */

/* The literal at index: nil, boolean, number, text, date, timestamp; with `lists` also tables, kept
 * whole. Texts are copied. `what` names the thing in errors. Raises. */
void orch_lua_to_value(lua_State *L, int index, bool lists, const char *what,
                       struct orch_value *out);
/* Text at index that is valid UTF-8 without NUL, kept in the arena. Raises. */
const char *orch_lua_to_text(lua_State *L, int index, const char *what);
/* A name of a column, output or table: a text as above, not empty, at most 255 bytes. */
const char *orch_lua_to_name(lua_State *L, int index, const char *what);
/* The texts of one setting. Raises. */
void orch_lua_to_setting(lua_State *L, int index, struct orch_setting *out);
/* A text, or a sequence of texts. Raises. */
void orch_lua_to_names(lua_State *L, int index, const char *what, const char ***out, size_t *n);
/* Raises unless the table's keys are exactly 1..n; returns n. */
size_t orch_lua_sequence(lua_State *L, int index, const char *what);
/* Raises for a text key of the table that is not among the n allowed. */
void orch_lua_keys_allowed(lua_State *L, int index, const char *what, const char *const *allowed,
                           size_t n);

/* ---- lua_time.c -------------------------------------------------------------------------- */

void orch_lua_time_open(lua_State *L); /* [-0, +0] adds date and timestamp to the module on top */
void orch_lua_push_date(lua_State *L, int64_t days);
void orch_lua_push_timestamp(lua_State *L, int64_t us);
/* The date or timestamp at index? */
bool orch_lua_get_time(lua_State *L, int index, enum orch_type *type, int64_t *out);

/* ---- lua_expression.c -------------------------------------------------------------------- */

void orch_lua_expression_open(lua_State *L); /* [-0, +0] adds column to the module on top */
void orch_lua_push_expr(lua_State *L, struct orch_expr *e, int depth);
struct orch_lua_expr *orch_lua_test_expr(lua_State *L, int index); /* NULL: is none */
/* The expression at index, or the literal there as one. Raises. */
struct orch_expr *orch_lua_to_expr(lua_State *L, int index, const char *what);
int orch_lua_expr_depth(lua_State *L, int index);
/* The operation `op` on the arguments from stack index 1 on: [-0, +1]. */
int orch_lua_apply(lua_State *L, const struct orch_op *op);
/* o.case(condition, value, condition, value, ..., otherwise) */
int orch_lua_case(lua_State *L);
/* The hint where a condition is wanted and none stands. */
#define ORCH_LUA_NO_CONDITION \
    "a comparison with == or < is no expression: write col.a:eq(b), col.a:lt(b)"
/* The operation of that name; raises when the engine has none. */
const struct orch_op *orch_lua_op(lua_State *L, const char *name);

/* ---- lua_step.c, lua_each.c, lua_row.c ----------------------------------------------------- */

int orch_lua_select(lua_State *L);
int orch_lua_where(lua_State *L);
int orch_lua_each(lua_State *L);
int orch_lua_reject(lua_State *L);
void orch_lua_step_open(lua_State *L);                       /* [-0, +0] */
struct orch_lua_step *orch_lua_push_step(lua_State *L, enum orch_step_kind kind); /* [-0, +1] */
int orch_lua_emit(lua_State *L);                             /* upvalue 1: the orch_lua_row */
orch_status orch_lua_row_run(void *ctx, struct orch_eval *ev, const struct orch_vector *args,
                             size_t n_args, int64_t rows, struct orch_emit *emit, orch_error *err);

/* ---- lua_end.c, lua_pipeline.c ------------------------------------------------------------- */

void orch_lua_end_open(lua_State *L); /* [-0, +0] adds source, destination to the module on top */
/* ORCH_WRITE_* of "append", "replace", "upsert"; raises. */
uint32_t orch_lua_to_mode(lua_State *L, int index);
int orch_lua_pipeline(lua_State *L);
void orch_lua_pipeline_open(lua_State *L); /* [-0, +0] */

/* ---- lua_territory.c, lua_param.c, lua_orchestra.c ----------------------------------------- */

/* [-1, +1] A read-only view of the table on top. */
void orch_lua_territory_wrap(lua_State *L);
/* [-0, +0] Puts the table itself in the place of a view at (absolute) index. */
void orch_lua_territory_unwrap(lua_State *L, int index);
int orch_lua_param(lua_State *L);
/* Raises when a parameter was given that the script never asked for. */
void orch_lua_params_asked(lua_State *L);
int orch_lua_module(lua_State *L); /* [-0, +1] the module `orchestra` */

#endif
