/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "base/vec.h"
#include "engine/kernel.h"

uint32_t orch_eval_fail(struct orch_eval *e, const char *rule, const char *column,
                        struct orch_str raw, const char *format, ...)
{
    struct orch_failure f = { .rule = rule, .raw = raw, .column = column };
    char text[512];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (n < 0)
        return 0;
    if ((size_t)n >= sizeof text)
        text[orch_utf8_valid(text, sizeof text - 1)] = '\0';
    f.message = orch_arena_strdup(e->arena, text);
    if (f.message == NULL || e->failures.len >= UINT32_MAX - 1 ||
        !orch_vec_push(&e->failures, f))
        return 0;
    return (uint32_t)e->failures.len;
}

uint32_t orch_eval_fail_length(struct orch_eval *ev, const struct orch_expr *e)
{
    return orch_eval_fail(ev, "length", e->column, ORCH_STR(""),
                          "%s would make a text of more than 16 MiB", e->op->name);
}

/* Room for the memo of node `id`, in the batch arena: a new batch starts without one. */
static bool memo_reserve(struct orch_eval *ev, uint32_t id)
{
    size_t n = 2 * ev->n_memo > (size_t)id + 1 ? 2 * ev->n_memo : (size_t)id + 1;
    struct orch_vector *memo;
    uint8_t *set;

    if (id < ev->n_memo)
        return true;
    memo = orch_arena_array(ev->arena, n, sizeof *memo);
    set = orch_arena_array(ev->arena, n, sizeof *set);
    if (memo == NULL || set == NULL)
        return false;
    if (ev->n_memo != 0) {
        memcpy(memo, ev->memo, ev->n_memo * sizeof *memo);
        memcpy(set, ev->memo_set, ev->n_memo * sizeof *set);
    }
    ev->memo = memo;
    ev->memo_set = set;
    ev->n_memo = n;
    return true;
}

orch_status orch_expr_eval(const struct orch_expr *e, struct orch_eval *ev,
                           struct orch_vector *out)
{
    struct orch_vector result = { .type = e->type };
    struct orch_vector *args;
    orch_status st;

    if (e->id < ev->n_memo && ev->memo_set[e->id]) {
        *out = ev->memo[e->id];
        return ORCH_OK;
    }
    args = orch_arena_array(ev->arena, e->n_args ? e->n_args : 1, sizeof *args);
    if (args == NULL)
        return ORCH_ENOMEM;
    for (size_t i = 0; i < e->n_args; i++) {
        st = orch_expr_eval(e->args[i], ev, &args[i]);
        if (st != ORCH_OK)
            return st;
    }
    st = e->op->eval(e, ev, args, &result);
    if (st != ORCH_OK)
        return st;
    if (!memo_reserve(ev, e->id))
        return ORCH_ENOMEM;
    ev->memo[e->id] = result;
    ev->memo_set[e->id] = 1;
    *out = result;
    return ORCH_OK;
}
