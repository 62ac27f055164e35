/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions (PCRE2). Patterns are compiled once a plan; limits keep a pattern that
 * backtracks without end from holding up a run: the value fails instead. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "engine/kernel.h"
#include "orch/error.h"

#define MATCH_LIMIT 1000000
#define DEPTH_LIMIT 100000
#define HEAP_LIMIT_KIB 16384
#define JIT_STACK_BYTES ((size_t)1 << 20)
#define PATTERN_LIMIT 16384

struct pattern {
    pcre2_general_context *memory;
    pcre2_code *code;
    pcre2_match_context *limits;
    pcre2_match_data *found;
    pcre2_jit_stack *stack;
    struct orch_str source;
    struct orch_str with; /* gsub */
    uint32_t group;       /* extract */
};

static void *memory_get(size_t bytes, void *ctx)
{
    (void)ctx;
    return orch_alloc(bytes);
}

static void memory_free(void *p, void *ctx)
{
    (void)ctx;
    free(p);
}

static void pattern_free(void *what)
{
    struct pattern *p = what;

    pcre2_match_data_free(p->found);
    pcre2_match_context_free(p->limits);
    pcre2_jit_stack_free(p->stack);
    pcre2_code_free(p->code);
    pcre2_general_context_free(p->memory);
}

/* ---- check -------------------------------------------------------------------------------- */

static orch_status compile(struct pattern *p, orch_error *err)
{
    pcre2_compile_context *context = pcre2_compile_context_create(p->memory);
    PCRE2_SIZE offset = 0;
    int code = PCRE2_ERROR_NOMEMORY;
    PCRE2_UCHAR why[128];

    if (context != NULL)
        p->code = pcre2_compile((PCRE2_SPTR)p->source.ptr, p->source.len,
                                PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C, &code, &offset,
                                context);
    pcre2_compile_context_free(context);
    if (p->code != NULL)
        return ORCH_OK;
    if (code == PCRE2_ERROR_NOMEMORY || code == PCRE2_ERROR_HEAP_FAILED)
        return orch_error_set(err, ORCH_ENOMEM, "no memory for a pattern");
    pcre2_get_error_message(code, why, sizeof why);
    orch_error_set(err, ORCH_ECONFIG, "the pattern \"%.*s\" is not a regular expression",
                   ORCH_STR_ARG(p->source));
    orch_error_detail(err, "at character %zu: %s",
                      orch_utf8_count(p->source.ptr, offset) + 1, (const char *)why);
    orch_error_hint(err, "write special characters with a backslash: \\\\. in a Lua string, or "
                         "\\. in [[...]]");
    return ORCH_ECONFIG;
}

/* Without a just-in-time compiler the same pattern is interpreted, within the same limits. */
static orch_status prepare(struct pattern *p, orch_error *err)
{
    p->found = pcre2_match_data_create_from_pattern(p->code, p->memory);
    p->limits = pcre2_match_context_create(p->memory);
    if (p->found == NULL || p->limits == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "no memory for a pattern");
    pcre2_set_match_limit(p->limits, MATCH_LIMIT);
    pcre2_set_depth_limit(p->limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(p->limits, HEAP_LIMIT_KIB);
    if (pcre2_jit_compile(p->code, PCRE2_JIT_COMPLETE) != 0)
        return ORCH_OK;
    p->stack = pcre2_jit_stack_create(32768, JIT_STACK_BYTES, p->memory);
    if (p->stack == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "no memory for a pattern");
    pcre2_jit_stack_assign(p->limits, NULL, p->stack);
    return ORCH_OK;
}

static orch_status pattern_new(struct orch_expr *e, struct orch_check *c, struct pattern **out,
                               orch_error *err)
{
    struct pattern *p = orch_arena_zalloc(c->arena, sizeof *p);
    orch_status st = orch_expr_as(e, 0, ORCH_TYPE_TEXT, c, err);

    if (st == ORCH_OK && p == NULL)
        st = orch_error_set(err, ORCH_ENOMEM, "no memory for a pattern");
    if (st == ORCH_OK)
        st = orch_expr_text_param(e, 0, &p->source, err);
    if (st != ORCH_OK)
        return st;
    if (p->source.len == 0 || p->source.len > PATTERN_LIMIT)
        return orch_error_set(err, ORCH_ECONFIG, "%s needs a pattern of 1 to %d bytes",
                              e->op->name, PATTERN_LIMIT);
    p->memory = pcre2_general_context_create(memory_get, memory_free, NULL);
    if (p->memory == NULL || !orch_check_cleanup(c, pattern_free, p)) {
        pcre2_general_context_free(p->memory);
        return orch_error_set(err, ORCH_ENOMEM, "no memory for a pattern");
    }
    st = compile(p, err);
    if (st == ORCH_OK)
        st = prepare(p, err);
    e->state = p;
    *out = p;
    return st;
}

static orch_status match_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    struct pattern *p;

    e->type = ORCH_TYPE_BOOLEAN;
    return pattern_new(e, c, &p, err);
}

static uint32_t groups_of(const struct pattern *p)
{
    uint32_t n = 0;

    pcre2_pattern_info(p->code, PCRE2_INFO_CAPTURECOUNT, &n);
    return n;
}

static orch_status group_unknown(const struct pattern *p, struct orch_str group, orch_error *err)
{
    orch_error_set(err, ORCH_ECONFIG, "the pattern \"%.*s\" has no group \"%.*s\"",
                   ORCH_STR_ARG(p->source), ORCH_STR_ARG(group));
    orch_error_hint(err, "it has %u group%s; one with a name is written (?<name>...)",
                    (unsigned)groups_of(p), groups_of(p) == 1 ? "" : "s");
    return ORCH_ECONFIG;
}

/* `group` is text with a NUL behind it, as literals of the script are. */
static orch_status group_find(const struct pattern *p, struct orch_str group, uint32_t *out,
                              orch_error *err)
{
    int64_t number;

    if (orch_str_to_int(group, &number)) {
        if (number < 0 || number > groups_of(p))
            return group_unknown(p, group, err);
        *out = (uint32_t)number;
        return ORCH_OK;
    }
    int named = pcre2_substring_number_from_name(p->code, (PCRE2_SPTR)group.ptr);
    if (named < 0)
        return group_unknown(p, group, err);
    *out = (uint32_t)named;
    return ORCH_OK;
}

static orch_status extract_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    const struct orch_value *group = orch_expr_param_at(e, 1);
    struct pattern *p;
    struct orch_str name = {0};
    int64_t number = 0;
    orch_status st;

    e->type = ORCH_TYPE_TEXT;
    st = pattern_new(e, c, &p, err);
    if (st != ORCH_OK)
        return st;
    p->group = groups_of(p) != 0;
    if (group == NULL || group->type == ORCH_TYPE_NULL)
        return ORCH_OK;
    if (group->type == ORCH_TYPE_TEXT) {
        st = orch_expr_text_param(e, 1, &name, err);
        return st == ORCH_OK ? group_find(p, name, &p->group, err) : st;
    }
    st = orch_expr_int_param(e, 1, 0, groups_of(p), &number, err);
    p->group = (uint32_t)number;
    return st;
}

static bool digit(char b)
{
    return b >= '0' && b <= '9';
}

static bool name_byte(char b)
{
    return digit(b) || (b >= 'a' && b <= 'z') || (b >= 'A' && b <= 'Z') || b == '_';
}

/* PCRE2 reads the replacement only when something matches: a slip in it would show at night. */
static orch_status replacement_check(const struct pattern *p, orch_error *err)
{
    struct orch_str s = p->with;
    char name[64];

    for (size_t i = 0; i < s.len; i++) {
        size_t n = 0;
        bool braced;
        uint32_t group;
        orch_status st;

        if (s.ptr[i] != '$')
            continue;
        i++;
        if (i < s.len && s.ptr[i] == '$')
            continue;
        braced = i < s.len && s.ptr[i] == '{';
        i += braced;
        while (i < s.len && n < sizeof name - 1 && name_byte(s.ptr[i])) {
            if (!braced && n != 0 && digit(name[0]) && !digit(s.ptr[i]))
                break; /* $1a is group 1 and an "a" */
            name[n++] = s.ptr[i++];
        }
        name[n] = '\0';
        if (n == 0 || (braced && (i >= s.len || s.ptr[i] != '}'))) {
            orch_error_set(err, ORCH_ECONFIG, "the replacement \"%.*s\" has a $ without a group",
                           ORCH_STR_ARG(s));
            orch_error_hint(err, "groups are $1 or ${name}, a dollar sign is $$");
            return ORCH_ECONFIG;
        }
        st = group_find(p, (struct orch_str){ name, n }, &group, err);
        if (st != ORCH_OK)
            return st;
        i -= !braced;
    }
    return ORCH_OK;
}

static orch_status gsub_check(struct orch_expr *e, struct orch_check *c, orch_error *err)
{
    struct pattern *p;
    orch_status st;

    e->type = ORCH_TYPE_TEXT;
    st = pattern_new(e, c, &p, err);
    if (st != ORCH_OK)
        return st;
    p->with = ORCH_STR("");
    st = orch_expr_text_param(e, 1, &p->with, err);
    return st == ORCH_OK ? replacement_check(p, err) : st;
}

/* ---- evaluation --------------------------------------------------------------------------- */

/* 1: matches, 0: does not, -1: a limit was hit, -2: no memory. */
static int search(const struct pattern *p, struct orch_str s)
{
    int rc = pcre2_match(p->code, (PCRE2_SPTR)s.ptr, s.len, 0, PCRE2_NO_UTF_CHECK, p->found,
                         p->limits);

    if (rc >= 0)
        return 1;
    if (rc == PCRE2_ERROR_NOMATCH)
        return 0;
    return rc == PCRE2_ERROR_NOMEMORY ? -2 : -1;
}

static bool too_hard(const struct orch_expr *e, struct orch_eval *ev, struct orch_str s,
                     struct orch_vector *out, uint32_t **fail, int64_t row)
{
    const struct pattern *p = e->state;
    uint32_t failure = orch_eval_fail(ev, "match", e->column, s,
                                      "the pattern %s takes too many steps on %s",
                                      orch_eval_quote(ev, p->source), orch_eval_quote(ev, s));

    return orch_vector_set_fail(ev, out, fail, row, failure);
}

static orch_status match_eval(const struct orch_expr *e, struct orch_eval *ev,
                              const struct orch_vector *args, struct orch_vector *out)
{
    uint8_t *o = orch_kernel_begin(e, ev, args, out);
    uint32_t *fail = NULL;

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        int found = orch_vector_present(out, r) ? search(e->state, args[0].of.text[r]) : 0;

        o[r] = found == 1;
        if (found >= 0)
            continue;
        if (found == -2 || !too_hard(e, ev, args[0].of.text[r], out, &fail, r))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

static bool group_text(const struct pattern *p, struct orch_str s, struct orch_str *out)
{
    const PCRE2_SIZE *at = pcre2_get_ovector_pointer(p->found) + 2 * (size_t)p->group;

    /* \K in a lookahead can end a match before its start */
    if (at[0] == PCRE2_UNSET || at[1] < at[0])
        return false;
    *out = (struct orch_str){ s.ptr + at[0], at[1] - at[0] };
    return true;
}

static orch_status extract_eval(const struct orch_expr *e, struct orch_eval *ev,
                                const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_str *o = orch_kernel_begin(e, ev, args, out);
    uint32_t *fail = NULL;
    uint8_t *null = NULL;

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        struct orch_str s = args[0].of.text[r];
        int found;

        o[r] = ORCH_STR("");
        if (!orch_vector_present(out, r))
            continue;
        found = search(e->state, s);
        if (found == -2 || (found == -1 && !too_hard(e, ev, s, out, &fail, r)))
            return ORCH_ENOMEM;
        if (found >= 0 && (found == 0 || !group_text(e->state, s, &o[r])) &&
            !orch_vector_set_null(ev, out, &null, r))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

/* 1: *out is the new text, 0: nothing to replace, -1: a limit was hit, -2: no memory, -3: the
 * result would be too long. */
static int substitute(struct orch_eval *ev, const struct pattern *p, struct orch_str s,
                      struct orch_str *out)
{
    PCRE2_SIZE size = s.len + s.len / 2 + 64;
    int rc = search(p, s);

    if (rc <= 0)
        return rc;
    for (int attempt = 0; attempt < 2; attempt++) {
        char *text = orch_arena_alloc(ev->arena, size);
        PCRE2_SIZE len = size;

        if (text == NULL)
            return -2;
        rc = pcre2_substitute(p->code, (PCRE2_SPTR)s.ptr, s.len, 0,
                              PCRE2_NO_UTF_CHECK | PCRE2_SUBSTITUTE_GLOBAL |
                                  PCRE2_SUBSTITUTE_UNSET_EMPTY | PCRE2_SUBSTITUTE_OVERFLOW_LENGTH,
                              p->found, p->limits, (PCRE2_SPTR)p->with.ptr, p->with.len,
                              (PCRE2_UCHAR *)text, &len);
        *out = (struct orch_str){ text, len };
        if (rc >= 0)
            return 1;
        if (rc != PCRE2_ERROR_NOMEMORY)
            return -1;
        /* Also the answer when the matcher itself has no memory: then nothing more is needed. */
        if (len <= size)
            return -2;
        if (len > ORCH_TEXT_LIMIT)
            return -3;
        size = len;
    }
    return -2;
}

static orch_status gsub_eval(const struct orch_expr *e, struct orch_eval *ev,
                             const struct orch_vector *args, struct orch_vector *out)
{
    struct orch_str *o = orch_kernel_begin(e, ev, args, out);
    uint32_t *fail = NULL;

    if (o == NULL)
        return ORCH_ENOMEM;
    for (int64_t r = 0; r < ev->rows; r++) {
        struct orch_str s = args[0].of.text[r];
        int done;

        o[r] = s;
        if (!orch_vector_present(out, r))
            continue;
        done = substitute(ev, e->state, s, &o[r]);
        if (done >= 0)
            continue;
        o[r] = s;
        if (done == -2 ||
            (done == -1 && !too_hard(e, ev, s, out, &fail, r)) ||
            (done == -3 && !orch_vector_set_fail(ev, out, &fail, r,
                                                 orch_eval_fail_length(ev, e))))
            return ORCH_ENOMEM;
    }
    return ORCH_OK;
}

const struct orch_op orch_ops_match[] = {
    { "match", "p", "Whether the regular expression matches somewhere in it", match_check,
      match_eval },
    { "extract", "p?p", "What a group of the regular expression matched, or null", extract_check,
      extract_eval },
    { "gsub", "pp", "With a replacement ($1, ${name}) for every match of the regular expression",
      gsub_check, gsub_eval },
    { NULL, NULL, NULL, NULL, NULL },
};
