/* SPDX-License-Identifier: Apache-2.0 */
/* Text as it is: white space, case, length, what it holds, and other types as text. */
#include <locale.h>
#include <wctype.h>

#include "engine/kernel.h"
#include "orch/error.h"

/* ---- white space -------------------------------------------------------------------------- */

/* Bytes of the white space character that begins at p; 0: none. Unicode's White_Space, and the
 * byte order mark that files joined together leave inside. */
static size_t space_at(const char *p, const char *end)
{
    const unsigned char *b = (const unsigned char *)p;
    size_t n = (size_t)(end - p);

    if (n == 0)
        return 0;
    if (b[0] < 0x80)
        return b[0] == ' ' || (b[0] >= '\t' && b[0] <= '\r');
    if (n >= 2 && b[0] == 0xC2)
        return b[1] == 0x85 || b[1] == 0xA0 ? 2 : 0;
    if (n < 3)
        return 0;
    if (b[0] == 0xE2 && b[1] == 0x80)
        return b[2] <= 0x8A || b[2] == 0xA8 || b[2] == 0xA9 || b[2] == 0xAF ? 3 : 0;
    if ((b[0] == 0xE2 && b[1] == 0x81 && b[2] == 0x9F) ||
        (b[0] == 0xE1 && b[1] == 0x9A && b[2] == 0x80) ||
        (b[0] == 0xE3 && b[1] == 0x80 && b[2] == 0x80) ||
        (b[0] == 0xEF && b[1] == 0xBB && b[2] == 0xBF))
        return 3;
    return 0;
}

static bool plain(char c)
{
    return c > ' ' && (unsigned char)c < 0x80;
}

/* The same for the character that ends before `end`. */
static size_t space_before(const char *start, const char *end)
{
    for (size_t n = 1; n <= 3 && (size_t)(end - start) >= n; n++) {
        if (space_at(end - n, end) == n)
            return n;
    }
    return 0;
}

struct orch_str orch_trim_slow(struct orch_str s)
{
    const char *start = s.ptr, *end = s.ptr + s.len;
    size_t n;

    while (start < end && !plain(*start) && (n = space_at(start, end)) != 0)
        start += n;
    while (start < end && !plain(end[-1]) && (n = space_before(start, end)) != 0)
        end -= n;
    return (struct orch_str){ start, (size_t)(end - start) };
}

static orch_status text_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    e->type = ORCH_TYPE_TEXT;
    return orch_expr_as(e, 0, ORCH_TYPE_TEXT, c, err);
}

static orch_status trim_eval(const struct orch_expr *e, struct orch_eval *ev,
                             const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_str *o = orch_kernel_begin(e, ev, args, out);

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++)
        o[r] = orch_trim(args[0].of.text[r]);
    return ORCH_OK;
}

/* The end of the part of a trimmed text that needs no squeezing. */
static const char *squeeze_start(struct orch_str s)
{
    const char *p = s.ptr, *end = s.ptr + s.len;

    while (p < end) {
        size_t n = plain(*p) ? 0 : space_at(p, end);
        if (n != 0 && (*p != ' ' || space_at(p + 1, end) != 0))
            break;
        p++;
    }
    return p;
}

static bool squeeze(struct orch_eval *ev, struct orch_str s, struct orch_str *out)
{
    const char *p = squeeze_start(s), *end = s.ptr + s.len;
    size_t len = (size_t)(p - s.ptr), n;
    char *text;

    *out = s;
    if (p == end)
        return true;
    text = orch_arena_alloc(ev->arena, s.len);
    if (text == NULL)
        return false;
    memcpy(text, s.ptr, len);
    while (p < end) {
        if (plain(*p) || space_at(p, end) == 0) {
            text[len++] = *p++;
            continue;
        }
        while ((n = space_at(p, end)) != 0)
            p += n;
        text[len++] = ' ';
    }
    *out = (struct orch_str){ text, len };
    return true;
}

static orch_status squeeze_eval(const struct orch_expr *e, struct orch_eval *ev,
                                const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_str *o = orch_kernel_begin(e, ev, args, out);

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        if (!squeeze(ev, orch_trim(args[0].of.text[r]), &o[r]))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

static orch_status empty_null_eval(const struct orch_expr *e, struct orch_eval *ev,
                                   const struct orch_vector *args, struct orch_vector *out)
{
    uint8_t *null = NULL;

    (void)e;
    *out = args[0];
    for (int64_t r = 0; r < ev->rows; r++) {
        if (orch_trim(args[0].of.text[r]).len == 0 &&
            !orch_vector_set_null(ev, out, &null, r))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

/* ---- case --------------------------------------------------------------------------------- */

static void locale_release(void *what)
{
    freelocale((locale_t)what);
}

static orch_status case_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    orch_status st = text_check(e, c, err);
    locale_t locale;

    if (st != ORCH_OK)
        return st;
    locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    if (locale == (locale_t)0) {
        orch_error_set(err, ORCH_ENOTSUP, "%s needs the locale C.UTF-8", e->op->name);
        orch_error_hint(err, "it comes with the C library: glibc 2.35 or later");
        return ORCH_ENOTSUP;
    }
    if (!orch_check_cleanup(c, locale_release, (void *)locale)) {
        freelocale(locale);
        return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
    }
    e->state = (void *)locale;
    return ORCH_OK;
}

/* A letter beyond ASCII may be longer in the other case: four bytes at most for two or more. */
static bool case_wide(struct orch_eval *ev, struct orch_str s, bool upper, locale_t locale,
                      struct orch_str *out)
{
    char *text = orch_arena_alloc(ev->arena, 2 * s.len);
    size_t len = 0;

    if (text == NULL)
        return false;
    for (size_t i = 0; i < s.len;) {
        uint32_t code;
        i += orch_utf8_decode(s.ptr + i, s.len - i, &code);
        code = (uint32_t)(upper ? towupper_l((wint_t)code, locale)
                                : towlower_l((wint_t)code, locale));
        len += orch_utf8_encode(code, text + len);
    }
    *out = (struct orch_str){ text, len };
    return true;
}

static bool case_change(struct orch_eval *ev, struct orch_str s, bool upper, locale_t locale,
                        struct orch_str *out)
{
    unsigned char low = upper ? 'a' : 'A';
    unsigned char any = 0, changes = 0;
    char *text;

    for (size_t i = 0; i < s.len; i++) {
        unsigned char b = (unsigned char)s.ptr[i];
        any |= b;
        changes |= (unsigned char)(b - low) < 26;
    }
    if (any & 0x80)
        return case_wide(ev, s, upper, locale, out);
    *out = s;
    if (!changes)
        return true;
    text = orch_arena_alloc(ev->arena, s.len);
    if (text == NULL)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char b = (unsigned char)s.ptr[i];
        text[i] = (char)((unsigned char)(b - low) < 26 ? b ^ 0x20 : b);
    }
    out->ptr = text;
    return true;
}

static orch_status case_eval(const struct orch_expr *e, struct orch_eval *ev,
                             const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_str *o = orch_kernel_begin(e, ev, args, out);
    bool upper = e->op->name[0] == 'u';

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        if (!case_change(ev, args[0].of.text[r], upper, (locale_t)e->state, &o[r]))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

/* ---- length and what a text holds --------------------------------------------------------- */

static orch_status length_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    orch_status st = text_check(e, c, err);

    e->type = ORCH_TYPE_INTEGER;
    return st;
}

static orch_status length_eval(const struct orch_expr *e, struct orch_eval *ev,
                               const struct orch_vector *args, struct orch_vector *out)
{
    int64_t *o = orch_kernel_begin(e, ev, args, out);

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++)
        o[r] = (int64_t)orch_utf8_count(args[0].of.text[r].ptr, args[0].of.text[r].len);
    return ORCH_OK;
}

static orch_status holds_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    orch_status st = text_check(e, c, err);
    struct orch_str *what = orch_arena_zalloc(c->arena, sizeof *what);

    if (st != ORCH_OK)
        return st;
    if (what == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "no memory for the plan");
    e->type = ORCH_TYPE_BOOLEAN;
    e->state = what;
    st = orch_expr_text_param(e, 0, what, err);
    if (st == ORCH_OK && what->ptr == NULL)
        st = orch_error_set(err, ORCH_ECONFIG, "%s needs a text to look for", e->op->name);
    return st;
}

static orch_status starts_eval(const struct orch_expr *e, struct orch_eval *ev,
                               const struct orch_vector *args, struct orch_vector *out)
{
    uint8_t *o = orch_kernel_begin(e, ev, args, out);
    const struct orch_str *what = e->state;

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++)
        o[r] = args[0].of.text[r].len >= what->len &&
               memcmp(args[0].of.text[r].ptr, what->ptr, what->len) == 0;
    return ORCH_OK;
}

static orch_status ends_eval(const struct orch_expr *e, struct orch_eval *ev,
                             const struct orch_vector *args, struct orch_vector *out)
{
    uint8_t *o = orch_kernel_begin(e, ev, args, out);
    const struct orch_str *what = e->state;

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        struct orch_str s = args[0].of.text[r];
        o[r] = s.len >= what->len &&
               memcmp(s.ptr + (s.len - what->len), what->ptr, what->len) == 0;
    }
    return ORCH_OK;
}

static orch_status contains_eval(const struct orch_expr *e, struct orch_eval *ev,
                                 const struct orch_vector *args, struct orch_vector *out)
{
    uint8_t *o = orch_kernel_begin(e, ev, args, out);
    const struct orch_str *what = e->state;

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        struct orch_str s = args[0].of.text[r];
        o[r] = s.len >= what->len && memmem(s.ptr, s.len, what->ptr, what->len) != NULL;
    }
    return ORCH_OK;
}

/* ---- other types as text ------------------------------------------------------------------ */

static orch_status as_text_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    enum orch_type from = e->args[0]->type;

    e->type = ORCH_TYPE_TEXT;
    if (from == ORCH_TYPE_NULL)
        return text_check(e, c, err);
    if (from != ORCH_TYPE_BINARY)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "text cannot be made of binary");
    orch_error_hint(err, "hand the column on as it is: :text() is for readable values");
    return ORCH_ECONFIG;
}

static orch_status as_text_eval(const struct orch_expr *e, struct orch_eval *ev,
                                const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_str *o;

    if (args[0].type == ORCH_TYPE_TEXT) {
        *out = args[0];
        return ORCH_OK;
    }
    o = orch_kernel_begin(e, ev, args, out);
    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        o[r] = ORCH_STR("");
        if (!orch_vector_present(out, r))
            continue;
        o[r] = orch_vector_show(ev, &args[0], r);
        if (o[r].len == 0)
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

const struct orch_op orch_ops_text[] = {
    { "trim", "", "Without white space at both ends", text_check, trim_eval },
    { "squeeze", "", "Trimmed, and every run of white space one blank", text_check, squeeze_eval },
    { "upper", "", "In capital letters", case_check, case_eval },
    { "lower", "", "In small letters", case_check, case_eval },
    { "empty_null", "", "Null in place of a text that is empty or blank", text_check,
      empty_null_eval },
    { "length", "", "The number of characters", length_check, length_eval },
    { "starts", "p", "Whether it begins with this text", holds_check, starts_eval },
    { "ends", "p", "Whether it ends with this text", holds_check, ends_eval },
    { "contains", "p", "Whether this text is somewhere in it", holds_check, contains_eval },
    { "text", "", "Any value as text: dates as 2026-01-31, instants in UTC", as_text_check,
      as_text_eval },
    { NULL, NULL, NULL, NULL, NULL },
};
