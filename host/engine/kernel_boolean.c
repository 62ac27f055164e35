/* SPDX-License-Identifier: Apache-2.0 */
/* boolean: words of yes and no, compared without case. */
#include "engine/conversion.h"

#include "orch/error.h"

#include <stdio.h>

enum { WORD_BYTES = 64, WORDS = 256 };

struct word {
    struct orch_str text; /* lower case */
    bool yes;
};

struct words {
    size_t n;
    struct word items[WORDS];
};

static const char *const default_yes[] = { "true", "vrai", "oui", "yes", "o", "y",
                                           "1",    "x",    NULL };
static const char *const default_no[] = { "false", "faux", "non", "no", "n", "0", NULL };

/* ASCII letters and the accented ones of Latin-1 (U+00C0 to U+00DE but the sign U+00D7). */
static size_t lower(struct orch_str s, char out[WORD_BYTES])
{
    bool after_c3 = false;

    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        bool capital = after_c3 ? c >= 0x80 && c <= 0x9E && c != 0x97 : c >= 'A' && c <= 'Z';
        out[i] = (char)(capital ? c + 0x20 : c);
        after_c3 = c == 0xC3;
    }
    return s.len;
}

static const struct word *find_word(const struct words *w, struct orch_str s)
{
    char folded[WORD_BYTES];

    if (s.len > WORD_BYTES)
        return NULL;
    struct orch_str key = { folded, lower(s, folded) };
    for (size_t i = 0; i < w->n; i++) {
        if (orch_str_equal(w->items[i].text, key))
            return &w->items[i];
    }
    return NULL;
}

/* ---- check -------------------------------------------------------------------------------- */

static orch_status add_word(struct words *w, const struct orch_expr *e, struct orch_arena *a,
                            struct orch_str s, bool yes, orch_error *err)
{
    s = orch_conversion_trim(s);
    if (s.len == 0 || s.len > WORD_BYTES)
        return orch_error_set(err, ORCH_ECONFIG, "boolean: a word must have 1 to %d bytes",
                              WORD_BYTES);
    const struct word *known = find_word(w, s);
    if (known != NULL && known->yes != yes)
        return orch_conversion_refuse_text(e, "", s, " means both yes and no", err);
    if (known != NULL)
        return ORCH_OK;
    if (w->n == WORDS)
        return orch_error_set(err, ORCH_ECONFIG, "boolean: more than %d words", WORDS);
    char *folded = orch_arena_alloc(a, WORD_BYTES);
    if (folded == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    w->items[w->n++] = (struct word){ { folded, lower(s, folded) }, yes };
    return ORCH_OK;
}

static orch_status add_value(struct words *w, const struct orch_expr *e, struct orch_arena *a,
                             const struct orch_value *v, bool yes, orch_error *err)
{
    char digits[24];

    if (v->type == ORCH_TYPE_TEXT)
        return add_word(w, e, a, v->text, yes, err);
    if (v->type == ORCH_TYPE_INTEGER) {
        snprintf(digits, sizeof digits, "%lld", (long long)v->integer);
        return add_word(w, e, a, orch_str_from(digits), yes, err);
    }
    return orch_error_set(err, ORCH_ECONFIG, "boolean: %s must hold words, not %s",
                          yes ? "yes" : "no", orch_type_name(v->type));
}

/* The words of one side: the script's, which replace the default ones. */
static orch_status add_side(struct words *w, const struct orch_expr *e, struct orch_arena *a,
                            bool yes, orch_error *err)
{
    const struct orch_value *v = orch_expr_param(e, yes ? "yes" : "no");
    const char *const *words = yes ? default_yes : default_no;
    orch_status st = ORCH_OK;

    if (v == NULL || v->type == ORCH_TYPE_NULL) {
        for (; *words != NULL && st == ORCH_OK; words++)
            st = add_word(w, e, a, orch_str_from(*words), yes, err);
        return st;
    }
    if (v->type != ORCH_TYPE_LIST)
        return add_value(w, e, a, v, yes, err);
    for (size_t i = 0; i < v->n_items && st == ORCH_OK; i++)
        st = add_value(w, e, a, &v->items[i].value, yes, err);
    return st;
}

orch_status orch_boolean_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    static const char *const allowed[] = { "yes", "no", NULL };

    e->type = ORCH_TYPE_BOOLEAN;
    switch (e->args[0]->type) {
    case ORCH_TYPE_TEXT:
    case ORCH_TYPE_INTEGER:
    case ORCH_TYPE_BOOLEAN:
    case ORCH_TYPE_NULL:
        break;
    default:
        return orch_conversion_refuse(e, "text or an integer", err);
    }
    orch_status st = orch_expr_params_allowed(e, allowed, err);
    if (st != ORCH_OK)
        return st;
    struct words *w = orch_arena_zalloc(c->arena, sizeof *w);
    if (w == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    e->state = w;
    st = add_side(w, e, c->arena, true, err);
    return st == ORCH_OK ? add_side(w, e, c->arena, false, err) : st;
}

/* ---- evaluation --------------------------------------------------------------------------- */

static orch_status boolean_of_text(struct orch_conversion *c, const struct orch_str *text,
                                   uint8_t *values)
{
    for (int64_t row = 0; row < c->ev->rows; row++) {
        if (!orch_conversion_wanted(c, row))
            continue;
        struct orch_str s = orch_conversion_trim(text[row]);
        const struct word *word = s.len > 0 ? find_word(c->e->state, s) : NULL;
        bool done = true;
        if (word != NULL)
            values[row] = word->yes;
        else if (s.len == 0)
            done = orch_conversion_null(c, row);
        else
            done = orch_conversion_fail(c, row, "boolean", s, "not a boolean: ", "");
        if (!done)
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

static orch_status boolean_of_integer(struct orch_conversion *c, const int64_t *in,
                                      uint8_t *values)
{
    for (int64_t row = 0; row < c->ev->rows; row++) {
        if (!orch_conversion_wanted(c, row))
            continue;
        if (in[row] == 0 || in[row] == 1)
            values[row] = (uint8_t)in[row];
        else if (!orch_conversion_fail_integer(c, row, "boolean", in[row],
                                               "not a boolean: ", ""))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

orch_status orch_boolean_eval(const struct orch_expr *e, struct orch_eval *ev,
                              const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_conversion c;

    if (args[0].type == ORCH_TYPE_BOOLEAN) {
        *out = args[0];
        return ORCH_OK;
    }
    uint8_t *values = orch_conversion_begin(&c, e, ev, args, out);
    if (values == NULL)
        return ORCH_ENOMEM;
    if (args[0].type == ORCH_TYPE_TEXT)
        return boolean_of_text(&c, args[0].of.text, values);
    if (args[0].type == ORCH_TYPE_INTEGER)
        return boolean_of_integer(&c, args[0].of.integer, values);
    return ORCH_OK;
}
