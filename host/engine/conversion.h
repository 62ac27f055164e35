/* SPDX-License-Identifier: Apache-2.0 */
/* What the conversion kernels share: an output in the making, whose rows become null or failed.
 *
 * Text is trimmed before it is converted, and blank text converts to null. A value that does not
 * convert is never replaced by a guess: the row carries a failure that quotes it. */
#ifndef ORCH_ENGINE_CONVERSION_H
#define ORCH_ENGINE_CONVERSION_H

#include "engine/kernel.h"

struct orch_conversion {
    const struct orch_expr *e;
    struct orch_eval *ev;
    struct orch_vector *out;
    uint8_t *null;  /* our own arrays, NULL until the first row needs one */
    uint32_t *fail;
    bool skips;     /* some rows come in null or failed */
};

/* Prepares `out` for the node's type: null and fail of the arguments combined, values zeroed and
 * returned for writing. NULL: out of memory. */
void *orch_conversion_begin(struct orch_conversion *c, const struct orch_expr *e,
                            struct orch_eval *ev, const struct orch_vector *args,
                            struct orch_vector *out);

/* False for a row that is null or failed on its way in. */
static inline bool orch_conversion_wanted(const struct orch_conversion *c, int64_t row)
{
    return !c->skips || orch_vector_present(c->out, row);
}

/* The row becomes null; false when memory is out. */
bool orch_conversion_null(struct orch_conversion *c, int64_t row);
/* The row fails with the message  before + "raw" quoted + after; false when memory is out. */
bool orch_conversion_fail(struct orch_conversion *c, int64_t row, const char *rule,
                          struct orch_str raw, const char *before, const char *after);
/* The same for a value that was a number (floating) or an integer. */
bool orch_conversion_fail_number(struct orch_conversion *c, int64_t row, const char *rule,
                                 double raw, const char *before, const char *after);
bool orch_conversion_fail_integer(struct orch_conversion *c, int64_t row, const char *rule,
                                  int64_t raw, const char *before, const char *after);

/* White space of spreadsheets: ASCII, U+00A0, U+202F, U+2009, U+FEFF, at both ends. */
struct orch_str orch_conversion_trim(struct orch_str s);

/* ORCH_ECONFIG "number needs text or an integer, not boolean". */
orch_status orch_conversion_refuse(const struct orch_expr *e, const char *needs, orch_error *err);
/* ORCH_ECONFIG "floor: " + before + the text quoted + after, for parameters. */
orch_status orch_conversion_refuse_text(const struct orch_expr *e, const char *before,
                                        struct orch_str text, const char *after, orch_error *err);
/* A text parameter by key; *out is {NULL, 0} when absent or nil. ORCH_ECONFIG: no UTF-8 text. */
orch_status orch_conversion_text(const struct orch_expr *e, const char *key, struct orch_str *out,
                                 orch_error *err);
/* A boolean parameter by key; *out is unchanged when absent. */
orch_status orch_conversion_flag(const struct orch_expr *e, const char *key, bool *out,
                                 orch_error *err);

/* ---- operations that stand in another file than their table ------------------------------- */

orch_status orch_boolean_check(struct orch_expr *e, struct orch_check *c, orch_error *err);
orch_status orch_boolean_eval(const struct orch_expr *e, struct orch_eval *ev,
                              const struct orch_vector *args, struct orch_vector *out);

#endif
