/* SPDX-License-Identifier: Apache-2.0 */
/* Column expressions: a tree (shared parts allowed) that a script builds, the check types, and
 * kernels evaluate over whole batches.
 *
 * Life: built in an arena that outlives the plan; immutable after orch_expr_check. */
#ifndef ORCH_ENGINE_EXPRESSION_H
#define ORCH_ENGINE_EXPRESSION_H

#include "data/frame.h"

/* ---- failures ---------------------------------------------------------------------------- */

/* Why a value did not come about. `rule` is short and stable ("number", "required", "between"),
 * `message` is for people (not a number: "n.c."), `raw` the text or value that was refused. All in
 * the batch arena. */
struct orch_failure {
    const char *rule;
    const char *message;
    struct orch_str raw;
    const char *column; /* the source column nearest below the expression, or NULL */
};

/* What kernels work in: one batch. */
struct orch_eval {
    struct orch_arena *arena; /* the batch arena */
    int64_t rows;
    struct {
        struct orch_failure *items;
        size_t len, cap;
    } failures; /* an ORCH_VEC; cleared a batch */
    const struct orch_frame *frame;
    /* The engine's own: values of nodes already computed for this batch. */
    struct orch_vector *memo;
    uint8_t *memo_set;
    size_t n_memo;
};

/* Records a failure and returns 1 + its index, for a fail array; 0 when memory is out. The
 * message is formatted lazily nowhere: keep it to one formatted line; failures are rare. */
uint32_t orch_eval_fail(struct orch_eval *e, const char *rule, const char *column,
                        struct orch_str raw, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* ---- nodes ------------------------------------------------------------------------------- */

struct orch_op;

/* A literal argument: positional ones have key NULL, those of an options table their key. */
struct orch_param {
    const char *key;
    struct orch_value value;
};

struct orch_expr {
    const struct orch_op *op;
    struct orch_expr **args;
    size_t n_args;
    struct orch_param *params;
    size_t n_params;
    const char *place;      /* "load_curve.lua:14", for messages */
    /* set by the check */
    bool checked;
    enum orch_type type;
    uint32_t id;            /* index into orch_eval.memo */
    const char *column;     /* the source column nearest below (first argument), or NULL */
    void *state;            /* prepared by the op's check: compiled pattern, table ... */
};

struct orch_check {
    struct orch_arena *arena;          /* the plan's */
    const struct orch_fields *fields;  /* what column names mean at this step */
    uint8_t *used;                     /* per field: 1 when an expression reads it */
    uint32_t next_id;                  /* counts nodes over the whole plan */
    /* Prepared states that hold more than arena memory, to be freed with the plan. */
    struct {
        struct orch_cleanup { void (*free)(void *); void *what; } *items;
        size_t len, cap;
    } cleanups;
    /* Resolves "${env:NAME}" and "${file:PATH}"; the result is secret. Set by the caller. */
    orch_status (*secret)(const char *reference, struct orch_text *out, orch_error *err);
};

/* ---- operations -------------------------------------------------------------------------- */

/* An operation as scripts call it, `value:name(...)`. The signature tells the Lua side what to do
 * with the arguments behind the receiver, one letter each:
 *   v  a value: an expression, or a literal that becomes one
 *   p  a literal parameter
 *   t  a table of named parameters { decimal = "," }
 *   l  a table kept whole as one list parameter
 *   ?  the letters behind it are optional      *  the last letter may repeat */
struct orch_op {
    const char *name;
    const char *signature;
    const char *summary; /* one sentence, for the reference page */
    /* Types the node from its arguments, checks and prepares parameters into e->state. The caller
     * adds the place. ORCH_ECONFIG with message and hint. */
    orch_status (*check)(struct orch_expr *e, struct orch_check *c, orch_error *err);
    /* Computes *out for e->rows rows. args[i] is the value of e->args[i]; lengths equal. Data
     * problems are failures, never an error: the return is ORCH_OK or ORCH_ENOMEM. A text result
     * may point into its arguments. */
    orch_status (*eval)(const struct orch_expr *e, struct orch_eval *ev,
                        const struct orch_vector *args, struct orch_vector *out);
};

/* The tables of operations, one a kernel file; ended by an entry without name. */
extern const struct orch_op orch_ops_core[];     /* expression.c: column, value */
extern const struct orch_op orch_ops_text[];     /* kernel_text.c: trim, upper, length, text ... */
extern const struct orch_op orch_ops_edit[];     /* kernel_edit.c: sub, replace, pad, concat ... */
extern const struct orch_op orch_ops_match[];    /* kernel_match.c: PCRE2 */
extern const struct orch_op orch_ops_number[];   /* kernel_number.c: integer, number, boolean */
extern const struct orch_op orch_ops_time[];     /* kernel_time.c: date, timestamp, parts, shift */
extern const struct orch_op orch_ops_compare[];  /* kernel_compare.c: eq ... between, one_of */
extern const struct orch_op orch_ops_arith[];    /* kernel_arith.c */
extern const struct orch_op orch_ops_logic[];    /* kernel_logic.c: and, or, not, case, is_null */
extern const struct orch_op orch_ops_null[];     /* kernel_null.c: required, default, map ... */
extern const struct orch_op orch_ops_privacy[];  /* kernel_privacy.c: pseudonym */

/* By name over all tables; NULL if none. */
const struct orch_op *orch_op_find(const char *name);
/* The i-th operation over all tables; NULL past the last (for listings and "did you mean"). */
const struct orch_op *orch_op_at(size_t i);

/* ---- building (script layer) ------------------------------------------------------------- */

struct orch_expr *orch_expr_new(struct orch_arena *a, const struct orch_op *op, const char *place);
bool orch_expr_add_arg(struct orch_arena *a, struct orch_expr *e, struct orch_expr *arg);
bool orch_expr_add_param(struct orch_arena *a, struct orch_expr *e, const char *key,
                         const struct orch_value *v); /* v is copied deeply */
struct orch_expr *orch_expr_column(struct orch_arena *a, const char *name, const char *place);
struct orch_expr *orch_expr_literal(struct orch_arena *a, const struct orch_value *v,
                                    const char *place);

/* ---- check and evaluation ---------------------------------------------------------------- */

/* Types the tree. Errors: message says what (no column "Horodat"; trim needs text, not integer),
 * detail the place (load_curve.lua:14), hint the nearest name or the conversion to add. */
orch_status orch_expr_check(struct orch_expr *e, struct orch_check *c, orch_error *err);

/* The vector of a checked tree for the frame in ev; computed once a batch. */
orch_status orch_expr_eval(const struct orch_expr *e, struct orch_eval *ev,
                           struct orch_vector *out);

/* ---- helpers for kernels ----------------------------------------------------------------- */

/* Parameter by key, or by position among those without key; NULL if absent. */
const struct orch_value *orch_expr_param(const struct orch_expr *e, const char *key);
const struct orch_value *orch_expr_param_at(const struct orch_expr *e, size_t i);
/* ORCH_ECONFIG naming the key and the nearest allowed one when e has a parameter not in `allowed`
 * (NULL-terminated). */
orch_status orch_expr_params_allowed(const struct orch_expr *e, const char *const *allowed,
                                     orch_error *err);
/* ORCH_ECONFIG "trim needs text, not integer" with a hint naming the conversion, unless argument
 * i has the type (the literal nil fits all). */
orch_status orch_expr_need(const struct orch_expr *e, size_t i, enum orch_type t, orch_error *err);
/* Remembers a state to free with the plan. */
bool orch_check_cleanup(struct orch_check *c, void (*release)(void *), void *what);

/* out->null and out->fail of a strict operation: null if any argument is null, failed if any is
 * failed (the first wins). Shares an argument's array where one alone has one. */
bool orch_vector_combine(struct orch_eval *ev, const struct orch_vector *args, size_t n,
                         struct orch_vector *out);
/* Arrays that a kernel may write: a copy of out's, or zeroed ones; NULL: out of memory. */
uint8_t *orch_vector_own_null(struct orch_eval *ev, struct orch_vector *v);
uint32_t *orch_vector_own_fail(struct orch_eval *ev, struct orch_vector *v);

static inline bool orch_vector_present(const struct orch_vector *v, int64_t row)
{
    return (v->null == NULL || !v->null[row]) && (v->fail == NULL || !v->fail[row]);
}

#endif
