/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/conversion.h"

#include <stdio.h>

#include "orch/error.h"

enum { RAW_BYTES = 1024 }; /* what of a text is kept as evidence */

void *orch_conversion_begin(struct orch_conversion *c, const struct orch_expr *e,
                            struct orch_eval *ev, const struct orch_vector *args,
                            struct orch_vector *out)
{
    *c = (struct orch_conversion){ .e = e, .ev = ev, .out = out };
    void *values = orch_kernel_begin(e, ev, args, out);
    if (values == NULL)
        return NULL;
    memset(values, 0, (size_t)ev->rows * orch_type_width(e->type));
    c->skips = out->null != NULL || out->fail != NULL;
    return values;
}

bool orch_conversion_null(struct orch_conversion *c, int64_t row)
{
    return orch_vector_set_null(c->ev, c->out, &c->null, row);
}

static bool set_failure(struct orch_conversion *c, int64_t row, uint32_t failure)
{
    return orch_vector_set_fail(c->ev, c->out, &c->fail, row, failure);
}

static struct orch_str cut(struct orch_str s)
{
    if (s.len > RAW_BYTES)
        s.len = orch_utf8_valid(s.ptr, RAW_BYTES);
    return s;
}

bool orch_conversion_fail(struct orch_conversion *c, int64_t row, const char *rule,
                          struct orch_str raw, const char *before, const char *after)
{
    uint32_t failure = orch_eval_fail(c->ev, rule, c->e->column, cut(raw), "%s%s%s", before,
                                      orch_eval_quote(c->ev, raw), after);

    return set_failure(c, row, failure);
}

static bool fail_printed(struct orch_conversion *c, int64_t row, const char *rule, const char *z,
                         const char *before, const char *after)
{
    struct orch_str raw = orch_arena_str(c->ev->arena, orch_str_from(z));

    if (raw.ptr == NULL)
        return false;
    return set_failure(c, row,
                       orch_eval_fail(c->ev, rule, c->e->column, raw, "%s%s%s", before, z, after));
}

bool orch_conversion_fail_number(struct orch_conversion *c, int64_t row, const char *rule,
                                 double raw, const char *before, const char *after)
{
    char z[32];

    orch_format_float(raw, z);
    return fail_printed(c, row, rule, z, before, after);
}

bool orch_conversion_fail_integer(struct orch_conversion *c, int64_t row, const char *rule,
                                  int64_t raw, const char *before, const char *after)
{
    char z[32];

    snprintf(z, sizeof z, "%lld", (long long)raw);
    return fail_printed(c, row, rule, z, before, after);
}

/* ---- text --------------------------------------------------------------------------------- */

static bool is_edge(char byte)
{
    return (unsigned char)byte <= ' ' || (unsigned char)byte >= 0x80;
}

static bool strip_thin(struct orch_str *s)
{
    static const char thin[] = "\xE2\x80\x89";

    if (s->len >= 3 && memcmp(s->ptr, thin, 3) == 0) {
        s->ptr += 3;
        s->len -= 3;
        return true;
    }
    if (s->len >= 3 && memcmp(s->ptr + s->len - 3, thin, 3) == 0) {
        s->len -= 3;
        return true;
    }
    return false;
}

struct orch_str orch_conversion_trim(struct orch_str s)
{
    if (s.len == 0 || (!is_edge(s.ptr[0]) && !is_edge(s.ptr[s.len - 1])))
        return s;
    do {
        s = orch_str_trim(s);
    } while (strip_thin(&s));
    return s;
}

/* ---- parameters --------------------------------------------------------------------------- */

orch_status orch_conversion_refuse(const struct orch_expr *e, const char *needs, orch_error *err)
{
    return orch_error_set(err, ORCH_ECONFIG, "%s needs %s, not %s", e->op->name, needs,
                          orch_type_name(e->args[0]->type));
}

orch_status orch_conversion_refuse_text(const struct orch_expr *e, const char *before,
                                        struct orch_str text, const char *after, orch_error *err)
{
    struct orch_text quoted = { 0 };

    orch_text_quote(&quoted, text, 64);
    orch_error_set(err, ORCH_ECONFIG, "%s: %s%s%s", e->op->name, before, orch_text_z(&quoted),
                   after);
    orch_text_release(&quoted);
    return ORCH_ECONFIG;
}

orch_status orch_conversion_text(const struct orch_expr *e, const char *key, struct orch_str *out,
                                 orch_error *err)
{
    const struct orch_value *v = orch_expr_param(e, key);

    *out = (struct orch_str){ NULL, 0 };
    if (v == NULL || v->type == ORCH_TYPE_NULL)
        return ORCH_OK;
    if (v->type != ORCH_TYPE_TEXT)
        return orch_error_set(err, ORCH_ECONFIG, "%s: %s must be text, not %s", e->op->name, key,
                              orch_type_name(v->type));
    if (orch_utf8_valid(v->text.ptr, v->text.len) != v->text.len)
        return orch_error_set(err, ORCH_ECONFIG, "%s: %s is not valid UTF-8", e->op->name, key);
    *out = v->text.ptr != NULL ? v->text : ORCH_STR("");
    return ORCH_OK;
}

orch_status orch_conversion_flag(const struct orch_expr *e, const char *key, bool *out,
                                 orch_error *err)
{
    const struct orch_value *v = orch_expr_param(e, key);

    if (v == NULL || v->type == ORCH_TYPE_NULL)
        return ORCH_OK;
    if (v->type != ORCH_TYPE_BOOLEAN)
        return orch_error_set(err, ORCH_ECONFIG, "%s: %s must be true or false, not %s",
                              e->op->name, key, orch_type_name(v->type));
    *out = v->boolean;
    return ORCH_OK;
}
