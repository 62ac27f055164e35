/* SPDX-License-Identifier: Apache-2.0 */
/* What kernels share beyond expression.h: conversions and parameters at check time, vectors that
 * are built row by row, and values as people read them in messages. */
#ifndef ORCH_ENGINE_KERNEL_H
#define ORCH_ENGINE_KERNEL_H

#include "engine/expression.h"

#define ORCH_EXPR_DEPTH 500                   /* levels of nesting that a script may build */
#define ORCH_TEXT_LIMIT ((size_t)16 << 20)    /* bytes of a text that an operation makes */

/* ---- at check time ------------------------------------------------------------------------ */

/* The type in a sentence: "text", "a number", "an integer". */
const char *orch_type_noun(enum orch_type t);

/* As orch_expr_need, and the argument then really has the type: an integer where a number is
 * needed is converted, the literal nil becomes a null of the type. */
orch_status orch_expr_as(struct orch_expr *e, size_t i, enum orch_type t, struct orch_check *c,
                         orch_error *err);
/* Gives the n arguments at `index` their common type (integer and number: number; nil fits all).
 * *out is ORCH_TYPE_NULL when all are nil. */
orch_status orch_expr_unify(struct orch_expr *e, const size_t *index, size_t n,
                            struct orch_check *c, enum orch_type *out, orch_error *err);

/* Parameter i by position. An absent or nil one leaves *out as it is. ORCH_ECONFIG when it has
 * another type, is not UTF-8, or lies outside min to max. */
orch_status orch_expr_text_param(const struct orch_expr *e, size_t i, struct orch_str *out,
                                 orch_error *err);
orch_status orch_expr_int_param(const struct orch_expr *e, size_t i, int64_t min, int64_t max,
                                int64_t *out, orch_error *err);

/* A copy of the tree that shares its parts as the original does; params are borrowed. `done`
 * (original to copy) is empty before the first tree. ORCH_ECONFIG: nested too deeply. */
struct orch_map;
orch_status orch_expr_clone(struct orch_arena *a, struct orch_map *done,
                            const struct orch_expr *e, struct orch_expr **out, orch_error *err);

/* ---- vectors ------------------------------------------------------------------------------ */

/* Begins a strict operation: nulls and failures of all arguments, values of e's type to fill.
 * NULL: out of memory. */
void *orch_kernel_begin(const struct orch_expr *e, struct orch_eval *ev,
                        const struct orch_vector *args, struct orch_vector *out);
/* Marks a row; *fail and *null, NULL at first, become arrays of `out` that may be written. false:
 * out of memory (a failure of 0 counts as that). */
bool orch_vector_set_fail(struct orch_eval *ev, struct orch_vector *out, uint32_t **fail,
                          int64_t row, uint32_t failure);
bool orch_vector_set_null(struct orch_eval *ev, struct orch_vector *out, uint8_t **null,
                          int64_t row);
/* out[r] = args[pick[r]][r] with null and failure; all args are of out->type. */
bool orch_vector_pick(struct orch_eval *ev, const struct orch_vector *args, size_t n,
                      const uint16_t *pick, struct orch_vector *out);
/* The numbers of an integer vector. */
bool orch_vector_to_number(struct orch_eval *ev, const struct orch_vector *in,
                           struct orch_vector *out);
/* Values all null, valid to read as the type. */
bool orch_vector_nulls(struct orch_arena *a, enum orch_type t, int64_t rows,
                       struct orch_vector *out);

/* ---- text --------------------------------------------------------------------------------- */

struct orch_str orch_trim_slow(struct orch_str s);

/* Without the white space of Unicode (and U+FEFF) at both ends. */
static inline struct orch_str orch_trim(struct orch_str s)
{
    unsigned char first = s.len != 0 ? (unsigned char)s.ptr[0] : 'x';
    unsigned char last = s.len != 0 ? (unsigned char)s.ptr[s.len - 1] : 'x';

    return first > ' ' && first < 0x80 && last > ' ' && last < 0x80 ? s : orch_trim_slow(s);
}

/* The failure of a text that would pass ORCH_TEXT_LIMIT. */
uint32_t orch_eval_fail_length(struct orch_eval *ev, const struct orch_expr *e);

/* ---- values in messages ------------------------------------------------------------------- */

/* The value of a row as text, in the batch arena; "" when memory is out. */
struct orch_str orch_vector_show(struct orch_eval *ev, const struct orch_vector *v, int64_t row);
/* The same, text in quotes and cut: for messages. */
const char *orch_vector_quote(struct orch_eval *ev, const struct orch_vector *v, int64_t row);
const char *orch_eval_quote(struct orch_eval *ev, struct orch_str s);

#endif
