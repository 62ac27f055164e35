/* SPDX-License-Identifier: Apache-2.0 */
/* Text cut, filled, replaced and joined. Positions count characters (code points) from 1. */
#include "engine/kernel.h"
#include "orch/error.h"

#define PLACES 1000000000 /* positions and counts a script may ask for */

static orch_status no_memory(orch_error *err)
{
    return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
}

/* What the parameters say; which of them are used depends on the operation. */
struct edit {
    int64_t first, last;
    struct orch_str find, with;
    bool right;
};

static orch_status edit_begin(struct orch_expr *e, struct orch_check *c, struct edit **out,
                              orch_error *err)
{
    *out = orch_arena_zalloc(c->arena, sizeof **out);
    if (*out == NULL)
        return no_memory(err);
    e->state = *out;
    e->type = ORCH_TYPE_TEXT;
    return orch_expr_as(e, 0, ORCH_TYPE_TEXT, c, err);
}

/* ---- sub ---------------------------------------------------------------------------------- */

static orch_status sub_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    struct edit *edit;
    orch_status st = edit_begin(e, c, &edit, err);

    if (st != ORCH_OK)
        return st;
    edit->first = 1;
    edit->last = -1;
    st = orch_expr_int_param(e, 0, -PLACES, PLACES, &edit->first, err);
    if (st != ORCH_OK)
        return st;
    return orch_expr_int_param(e, 1, -PLACES, PLACES, &edit->last, err);
}

static size_t skip(struct orch_str s, size_t from, int64_t characters)
{
    for (; characters > 0 && from < s.len; characters--) {
        from++;
        while (from < s.len && ((unsigned char)s.ptr[from] & 0xC0) == 0x80)
            from++;
    }
    return from;
}

static struct orch_str slice(struct orch_str s, int64_t first, int64_t last)
{
    int64_t n = (int64_t)orch_utf8_count(s.ptr, s.len);
    size_t start, end;

    if (first < 0)
        first = n + first + 1;
    if (first < 1)
        first = 1;
    if (last < 0)
        last = n + last + 1;
    if (last > n)
        last = n;
    if (first > last)
        return (struct orch_str){ s.ptr, 0 };
    if ((size_t)n == s.len)
        return (struct orch_str){ s.ptr + (first - 1), (size_t)(last - first + 1) };
    start = skip(s, 0, first - 1);
    end = skip(s, start, last - first + 1);
    return (struct orch_str){ s.ptr + start, end - start };
}

static orch_status sub_eval(const struct orch_expr *e, struct orch_eval *ev,
                            const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_str *o = orch_kernel_begin(e, ev, args, out);
    const struct edit *edit = e->state;

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++)
        o[r] = slice(args[0].of.text[r], edit->first, edit->last);
    return ORCH_OK;
}

/* ---- split_part --------------------------------------------------------------------------- */

static orch_status find_param(const struct orch_expr *e, struct edit *edit, orch_error *err)
{
    orch_status st = orch_expr_text_param(e, 0, &edit->find, err);

    if (st != ORCH_OK || edit->find.len != 0)
        return st;
    return orch_error_set(err, ORCH_ECONFIG, "%s needs a text to look for, not an empty one",
                          e->op->name);
}

static orch_status split_part_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    struct edit *edit;
    orch_status st = edit_begin(e, c, &edit, err);

    if (st == ORCH_OK)
        st = find_param(e, edit, err);
    if (st != ORCH_OK)
        return st;
    edit->first = 1;
    return orch_expr_int_param(e, 1, 1, PLACES, &edit->first, err);
}

static bool part(struct orch_str s, struct orch_str separator, int64_t n, struct orch_str *out)
{
    for (;;) {
        const char *at = s.len == 0 ? NULL
                                    : memmem(s.ptr, s.len, separator.ptr, separator.len);
        size_t len = at != NULL ? (size_t)(at - s.ptr) : s.len;

        *out = (struct orch_str){ s.ptr, len };
        if (--n == 0)
            return true;
        if (at == NULL)
            return false;
        s.ptr += len + separator.len;
        s.len -= len + separator.len;
    }
}

static orch_status split_part_eval(const struct orch_expr *e, struct orch_eval *ev,
                                   const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_str *o = orch_kernel_begin(e, ev, args, out);
    const struct edit *edit = e->state;
    uint8_t *null = NULL;

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        if (!part(args[0].of.text[r], edit->find, edit->first, &o[r]) &&
            !orch_vector_set_null(ev, out, &null, r))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

/* ---- replace ------------------------------------------------------------------------------ */

static orch_status replace_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    struct edit *edit;
    orch_status st = edit_begin(e, c, &edit, err);

    if (st == ORCH_OK)
        st = find_param(e, edit, err);
    if (st != ORCH_OK)
        return st;
    edit->with = ORCH_STR("");
    return orch_expr_text_param(e, 1, &edit->with, err);
}

static size_t count_of(struct orch_str s, struct orch_str find)
{
    const char *p = s.ptr, *end = s.ptr + s.len;
    size_t n = 0;

    while (p < end && (p = memmem(p, (size_t)(end - p), find.ptr, find.len)) != NULL) {
        n++;
        p += find.len;
    }
    return n;
}

static struct orch_str replaced(struct orch_str s, const struct edit *edit, char *text)
{
    const char *p = s.ptr, *end = s.ptr + s.len, *at;
    size_t len = 0;

    while (p < end &&
           (at = memmem(p, (size_t)(end - p), edit->find.ptr, edit->find.len)) != NULL) {
        memcpy(text + len, p, (size_t)(at - p));
        len += (size_t)(at - p);
        memcpy(text + len, edit->with.ptr, edit->with.len);
        len += edit->with.len;
        p = at + edit->find.len;
    }
    memcpy(text + len, p, (size_t)(end - p));
    return (struct orch_str){ text, len + (size_t)(end - p) };
}

static orch_status replace_eval(const struct orch_expr *e, struct orch_eval *ev,
                                const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_str *o = orch_kernel_begin(e, ev, args, out);
    const struct edit *edit = e->state;
    uint32_t *fail = NULL;

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        struct orch_str s = args[0].of.text[r];
        size_t n = orch_vector_present(out, r) ? count_of(s, edit->find) : 0;
        size_t grown;
        char *text;

        o[r] = s;
        if (n == 0)
            continue;
        if (!orch_mul_size(n, edit->with.len, &grown) || grown > ORCH_TEXT_LIMIT ||
            grown + (s.len - n * edit->find.len) > ORCH_TEXT_LIMIT) {
            if (!orch_vector_set_fail(ev, out, &fail, r, orch_eval_fail_length(ev, e)))
                return ORCH_ENOMEM;
            continue;
        }
        text = orch_arena_alloc(ev->arena, grown + (s.len - n * edit->find.len) + 1);
        if (text == NULL)
            return ORCH_ENOMEM;
        o[r] = replaced(s, edit, text);
    }
    return ORCH_OK;
}

/* ---- pad ---------------------------------------------------------------------------------- */

static orch_status pad_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    struct edit *edit;
    struct orch_str side = ORCH_STR("left");
    orch_status st = edit_begin(e, c, &edit, err);

    if (st != ORCH_OK)
        return st;
    edit->with = ORCH_STR(" ");
    st = orch_expr_int_param(e, 0, 0, 10000, &edit->first, err);
    if (st == ORCH_OK)
        st = orch_expr_text_param(e, 1, &edit->with, err);
    if (st == ORCH_OK)
        st = orch_expr_text_param(e, 2, &side, err);
    if (st != ORCH_OK)
        return st;
    if (orch_utf8_count(edit->with.ptr, edit->with.len) != 1)
        return orch_error_set(err, ORCH_ECONFIG, "pad fills with one character, not \"%.*s\"",
                              ORCH_STR_ARG(edit->with));
    edit->right = orch_str_equal(side, ORCH_STR("right"));
    if (!edit->right && !orch_str_equal(side, ORCH_STR("left"))) {
        orch_error_set(err, ORCH_ECONFIG, "pad has no side \"%.*s\"", ORCH_STR_ARG(side));
        orch_error_hint(err, "\"left\" or \"right\"");
        return ORCH_ECONFIG;
    }
    return ORCH_OK;
}

static bool pad(struct orch_eval *ev, struct orch_str s, const struct edit *edit,
                struct orch_str *out)
{
    size_t n = orch_utf8_count(s.ptr, s.len);
    size_t missing = (size_t)edit->first > n ? (size_t)edit->first - n : 0;
    size_t fill = missing * edit->with.len;
    char *text, *p;

    *out = s;
    if (missing == 0)
        return true;
    text = orch_arena_alloc(ev->arena, s.len + fill);
    if (text == NULL)
        return false;
    p = edit->right ? text + s.len : text;
    for (size_t i = 0; i < missing; i++)
        memcpy(p + i * edit->with.len, edit->with.ptr, edit->with.len);
    memcpy(edit->right ? text : text + fill, s.ptr, s.len);
    *out = (struct orch_str){ text, s.len + fill };
    return true;
}

static orch_status pad_eval(const struct orch_expr *e, struct orch_eval *ev,
                            const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_str *o = orch_kernel_begin(e, ev, args, out);

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        o[r] = args[0].of.text[r];
        if (orch_vector_present(out, r) && !pad(ev, o[r], e->state, &o[r]))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

/* ---- concat ------------------------------------------------------------------------------- */

static orch_status concat_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    e->type = ORCH_TYPE_TEXT;
    for (size_t i = 0; i < e->n_args; i++) {
        orch_status st = orch_expr_as(e, i, ORCH_TYPE_TEXT, c, err);
        if (st != ORCH_OK)
            return st;
    }
    return ORCH_OK;
}

static size_t concat_length(const struct orch_vector *args, size_t n, int64_t row)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        if (args[i].of.text[row].len > ORCH_TEXT_LIMIT - len)
            return ORCH_TEXT_LIMIT + 1;
        len += args[i].of.text[row].len;
    }
    return len;
}

static orch_status concat_eval(const struct orch_expr *e, struct orch_eval *ev,
                               const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_str *o = orch_kernel_begin(e, ev, args, out);
    uint32_t *fail = NULL;

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        size_t len = orch_vector_present(out, r) ? concat_length(args, e->n_args, r) : 0;
        char *text;

        o[r] = ORCH_STR("");
        if (len > ORCH_TEXT_LIMIT) {
            if (!orch_vector_set_fail(ev, out, &fail, r, orch_eval_fail_length(ev, e)))
                return ORCH_ENOMEM;
            continue;
        }
        if (len == 0)
            continue;
        text = orch_arena_alloc(ev->arena, len);
        if (text == NULL)
            return ORCH_ENOMEM;
        o[r] = (struct orch_str){ text, len };
        for (size_t i = 0; i < e->n_args; i++) {
            struct orch_str s = args[i].of.text[r];
            if (s.len != 0)
                memcpy(text, s.ptr, s.len);
            text += s.len;
        }
    }
    return ORCH_OK;
}

/* ---- digits ------------------------------------------------------------------------------- */

static orch_status digits_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    struct edit *edit;
    orch_status st = edit_begin(e, c, &edit, err);

    if (st == ORCH_OK)
        st = orch_expr_int_param(e, 0, 1, 1000, &edit->first, err);
    if (st == ORCH_OK && edit->first == 0)
        st = orch_error_set(err, ORCH_ECONFIG, "digits needs the number of digits");
    return st;
}

static bool all_digits(struct orch_str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9')
            return false;
    }
    return s.len != 0;
}

/* Spreadsheets drop leading zeros of codes: 1004 is 01004. */
static bool zeros_before(struct orch_eval *ev, struct orch_str s, size_t n, struct orch_str *out)
{
    char *text;

    *out = s;
    if (s.len == n)
        return true;
    text = orch_arena_alloc(ev->arena, n);
    if (text == NULL)
        return false;
    memset(text, '0', n - s.len);
    memcpy(text + (n - s.len), s.ptr, s.len);
    *out = (struct orch_str){ text, n };
    return true;
}

static orch_status digits_eval(const struct orch_expr *e, struct orch_eval *ev,
                               const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_str *o = orch_kernel_begin(e, ev, args, out);
    size_t n = (size_t)((const struct edit *)e->state)->first;
    uint32_t *fail = NULL, failure;

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        struct orch_str s = orch_trim(args[0].of.text[r]);

        o[r] = s;
        if (!orch_vector_present(out, r))
            continue;
        if (s.len <= n && all_digits(s)) {
            if (!zeros_before(ev, s, n, &o[r]))
                return ORCH_ENOMEM;
            continue;
        }
        failure = orch_eval_fail(ev, "digits", e->column, s, "not %zu digit%s: %s", n,
                                 n == 1 ? "" : "s", orch_eval_quote(ev, s));
        if (!orch_vector_set_fail(ev, out, &fail, r, failure))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

const struct orch_op orch_ops_edit[] = {
    { "sub", "p?p", "The characters from one place to another; -1 is the last", sub_check,
      sub_eval },
    { "split_part", "pp", "The n-th part between separators, or null", split_part_check,
      split_part_eval },
    { "replace", "pp", "With another text in place of every occurrence of one", replace_check,
      replace_eval },
    { "pad", "p?pp", "Filled up to a number of characters, at the left or the right", pad_check,
      pad_eval },
    { "concat", "v*", "Joined with other texts", concat_check, concat_eval },
    { "digits", "p", "A code of exactly n digits, zeros added before a shorter one", digits_check,
      digits_eval },
    { NULL, NULL, NULL, NULL, NULL },
};
