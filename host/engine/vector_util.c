/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/kernel.h"

#include "base/clock.h"

/* Arrays for at least one row, so that an empty batch is not taken for a lack of memory. */
static void *array_for(struct orch_eval *ev, size_t width)
{
    return orch_arena_array(ev->arena, ev->rows > 0 ? (size_t)ev->rows : 1, width);
}

static bool merge_null(struct orch_eval *ev, const uint8_t *from, struct orch_vector *out)
{
    uint8_t *null;

    if (from == NULL || from == out->null)
        return true;
    if (out->null == NULL) {
        out->null = from;
        return true;
    }
    null = orch_vector_own_null(ev, out);
    if (null == NULL)
        return false;
    for (int64_t r = 0; r < ev->rows; r++)
        null[r] |= from[r];
    return true;
}

static bool merge_fail(struct orch_eval *ev, const uint32_t *from, struct orch_vector *out)
{
    uint32_t *fail;

    if (from == NULL || from == out->fail)
        return true;
    if (out->fail == NULL) {
        out->fail = from;
        return true;
    }
    fail = orch_vector_own_fail(ev, out);
    if (fail == NULL)
        return false;
    for (int64_t r = 0; r < ev->rows; r++) {
        if (fail[r] == 0)
            fail[r] = from[r];
    }
    return true;
}

bool orch_vector_combine(struct orch_eval *ev, const struct orch_vector *args, size_t n,
                         struct orch_vector *out)
{
    out->null = NULL;
    out->fail = NULL;
    for (size_t i = 0; i < n; i++) {
        if (!merge_null(ev, args[i].null, out) || !merge_fail(ev, args[i].fail, out))
            return false;
    }
    return true;
}

uint8_t *orch_vector_own_null(struct orch_eval *ev, struct orch_vector *v)
{
    uint8_t *own = array_for(ev, sizeof *own);

    if (own == NULL)
        return NULL;
    if (v->null != NULL && ev->rows > 0)
        memcpy(own, v->null, (size_t)ev->rows * sizeof *own);
    v->null = own;
    return own;
}

uint32_t *orch_vector_own_fail(struct orch_eval *ev, struct orch_vector *v)
{
    uint32_t *own = array_for(ev, sizeof *own);

    if (own == NULL)
        return NULL;
    if (v->fail != NULL && ev->rows > 0)
        memcpy(own, v->fail, (size_t)ev->rows * sizeof *own);
    v->fail = own;
    return own;
}

void *orch_kernel_begin(const struct orch_expr *e, struct orch_eval *ev,
                        const struct orch_vector *args, struct orch_vector *out)
{
    void *values = orch_vector_values(ev->arena, e->type, ev->rows > 0 ? ev->rows : 1);

    if (values == NULL || !orch_vector_combine(ev, args, e->n_args, out))
        return NULL;
    out->type = e->type;
    out->of.any = values;
    return values;
}

bool orch_vector_set_fail(struct orch_eval *ev, struct orch_vector *out, uint32_t **fail,
                          int64_t row, uint32_t failure)
{
    if (failure == 0)
        return false;
    if (*fail == NULL && (*fail = orch_vector_own_fail(ev, out)) == NULL)
        return false;
    (*fail)[row] = failure;
    return true;
}

bool orch_vector_set_null(struct orch_eval *ev, struct orch_vector *out, uint8_t **null,
                          int64_t row)
{
    if (*null == NULL && (*null = orch_vector_own_null(ev, out)) == NULL)
        return false;
    (*null)[row] = 1;
    return true;
}

static bool pick_null(struct orch_eval *ev, const struct orch_vector *args, size_t n,
                      const uint16_t *pick, struct orch_vector *out)
{
    uint8_t *null;
    bool any = false;

    for (size_t i = 0; i < n; i++)
        any = any || args[i].null != NULL;
    if (!any)
        return true;
    null = orch_vector_own_null(ev, out);
    if (null == NULL)
        return false;
    any = false;
    for (int64_t r = 0; r < ev->rows; r++) {
        null[r] = args[pick[r]].null != NULL && args[pick[r]].null[r];
        any = any || null[r];
    }
    out->null = any ? null : NULL; /* quicker for what comes next */
    return true;
}

static bool pick_fail(struct orch_eval *ev, const struct orch_vector *args, size_t n,
                      const uint16_t *pick, struct orch_vector *out)
{
    uint32_t *fail;
    bool any = false;

    for (size_t i = 0; i < n; i++)
        any = any || args[i].fail != NULL;
    if (!any)
        return true;
    fail = orch_vector_own_fail(ev, out);
    if (fail == NULL)
        return false;
    any = false;
    for (int64_t r = 0; r < ev->rows; r++) {
        fail[r] = args[pick[r]].fail != NULL ? args[pick[r]].fail[r] : 0;
        any = any || fail[r];
    }
    out->fail = any ? fail : NULL;
    return true;
}

bool orch_vector_pick(struct orch_eval *ev, const struct orch_vector *args, size_t n,
                      const uint16_t *pick, struct orch_vector *out)
{
    void *values = orch_vector_values(ev->arena, out->type, ev->rows > 0 ? ev->rows : 1);

    out->null = NULL;
    out->fail = NULL;
    out->of.any = values;
    if (values == NULL || !pick_null(ev, args, n, pick, out) ||
        !pick_fail(ev, args, n, pick, out))
        return false;
    for (int64_t r = 0; r < ev->rows; r++) {
        const struct orch_vector *from = &args[pick[r]];
        switch (out->type) {
        case ORCH_TYPE_BOOLEAN: ((uint8_t *)values)[r] = from->of.boolean[r]; break;
        case ORCH_TYPE_NUMBER: ((double *)values)[r] = from->of.number[r]; break;
        case ORCH_TYPE_TEXT:
        case ORCH_TYPE_BINARY: ((struct orch_str *)values)[r] = from->of.text[r]; break;
        default: ((int64_t *)values)[r] = from->of.integer[r];
        }
    }
    return true;
}

bool orch_vector_to_number(struct orch_eval *ev, const struct orch_vector *in,
                           struct orch_vector *out)
{
    double *values = array_for(ev, sizeof *values);

    if (values == NULL)
        return false;
    for (int64_t r = 0; r < ev->rows; r++)
        values[r] = (double)in->of.integer[r];
    *out = *in;
    out->type = ORCH_TYPE_NUMBER;
    out->of.number = values;
    return true;
}

bool orch_vector_nulls(struct orch_arena *a, enum orch_type t, int64_t rows,
                       struct orch_vector *out)
{
    size_t n = rows > 0 ? (size_t)rows : 1;
    uint8_t *null = orch_arena_alloc(a, n);
    /* An untyped nil is readable as every type: zeros as wide as the widest. */
    struct orch_str *values = orch_arena_array(a, n, sizeof *values);

    if (null == NULL || values == NULL)
        return false;
    memset(null, 1, n);
    if (t == ORCH_TYPE_TEXT || t == ORCH_TYPE_BINARY) {
        for (size_t i = 0; i < n; i++)
            values[i].ptr = "";
    }
    *out = (struct orch_vector){ .type = t, .null = null, .of.any = values };
    return true;
}

/* ---- values in messages ------------------------------------------------------------------- */

/* A third of the time of printf: codes and counts become text by the million. */
static size_t integer_format(int64_t n, char out[40])
{
    uint64_t rest = n < 0 ? -(uint64_t)n : (uint64_t)n;
    char digits[24];
    size_t len = 0, at = 0;

    do {
        digits[len++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest != 0);
    if (n < 0)
        out[at++] = '-';
    while (len > 0)
        out[at++] = digits[--len];
    return at;
}

struct orch_str orch_vector_show(struct orch_eval *ev, const struct orch_vector *v, int64_t row)
{
    char text[40];
    size_t len = 0;
    struct orch_str copy;

    switch (v->type) {
    case ORCH_TYPE_TEXT: return v->of.text[row];
    case ORCH_TYPE_BOOLEAN: return v->of.boolean[row] ? ORCH_STR("true") : ORCH_STR("false");
    case ORCH_TYPE_INTEGER: len = integer_format(v->of.integer[row], text); break;
    case ORCH_TYPE_NUMBER: len = orch_format_float(v->of.number[row], text); break;
    case ORCH_TYPE_DATE: len = orch_format_date(v->of.integer[row], text); break;
    case ORCH_TYPE_TIMESTAMP: len = orch_format_timestamp(v->of.integer[row], text); break;
    case ORCH_TYPE_NULL: return ORCH_STR("nil");
    default: return ORCH_STR("binary");
    }
    copy = orch_arena_str(ev->arena, (struct orch_str){ text, len });
    return copy.ptr != NULL ? copy : ORCH_STR("");
}

const char *orch_eval_quote(struct orch_eval *ev, struct orch_str s)
{
    struct orch_text quoted = {0};
    const char *copy = NULL;

    if (orch_text_quote(&quoted, s, 80))
        copy = orch_arena_strdup(ev->arena, orch_text_z(&quoted));
    orch_text_release(&quoted);
    return copy != NULL ? copy : "";
}

const char *orch_vector_quote(struct orch_eval *ev, const struct orch_vector *v, int64_t row)
{
    struct orch_str s = orch_vector_show(ev, v, row);
    const char *z;

    if (v->type == ORCH_TYPE_TEXT)
        return orch_eval_quote(ev, s);
    z = orch_arena_strdup(ev->arena, s.ptr); /* shown values other than text end in a NUL */
    return z != NULL ? z : "";
}
