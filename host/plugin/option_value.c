/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/option_value.h"

#include "orch/error.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

/* Longer than any path, URL or SQL text a person would set; bounds what a script can feed. */
#define VALUE_CAP (1024 * 1024)
#define QUOTE_CAP 80
/* Beyond this a double no longer counts one by one: a bound there means "none". */
#define BOUND_LIMIT 9007199254740992.0

static const struct {
    uint32_t type;
    const char *name;
    const char *people;
    const char *takes; /* completes: "skip_lines" takes ... */
} types[] = {
    { ORCH_OPT_STRING, "string", "text", "a text in UTF-8" },
    { ORCH_OPT_BOOL, "bool", "true or false", "true or false" },
    { ORCH_OPT_INT, "int", "whole number", "a whole number" },
    { ORCH_OPT_FLOAT, "float", "number", "a number" },
    { ORCH_OPT_BYTES, "bytes", "size", "a size such as \"16MiB\"" },
    { ORCH_OPT_DURATION, "duration", "duration", "a duration such as \"90s\"" },
    { ORCH_OPT_ENUM, "enum", "choice", NULL },
    { ORCH_OPT_PATH, "path", "path", "a path" },
    { ORCH_OPT_URL, "url", "URL", "a URL such as \"https://host/path\"" },
    { ORCH_OPT_PAIR, "pair", "name=value", "\"name=value\"" },
};

const char *orch_option_type_people(uint32_t type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type)
            return types[i].people;
    return NULL;
}

const char *orch_option_type_name(uint32_t type)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == type)
            return types[i].name;
    return NULL;
}

static bool has_range(const orch_option *option)
{
    bool ranged = option->type == ORCH_OPT_INT || option->type == ORCH_OPT_FLOAT ||
                  option->type == ORCH_OPT_BYTES || option->type == ORCH_OPT_DURATION;
    return ranged && (option->min != 0 || option->max != 0);
}

bool orch_option_has_min(const orch_option *option)
{
    return has_range(option) && option->min > -BOUND_LIMIT;
}

bool orch_option_has_max(const orch_option *option)
{
    return has_range(option) && option->max < BOUND_LIMIT;
}

/* ---- refusing --------------------------------------------------------------------------- */

/* The end of the message: the value, or why it is not shown. */
static orch_status refuse(const orch_option *option, const char *takes, struct orch_str typed,
                          bool secret, orch_error *err)
{
    struct orch_text value = { 0 };

    if (secret) {
        orch_error_set(err, ORCH_ECONFIG,
                       "\"%s\" takes %s; the value given is secret and not shown", option->name,
                       takes);
    } else {
        orch_text_quote(&value, typed, QUOTE_CAP);
        orch_error_set(err, ORCH_ECONFIG, "\"%s\" takes %s, not %s", option->name, takes,
                       orch_text_z(&value));
    }
    orch_text_release(&value);
    return ORCH_ECONFIG;
}

static orch_status refuse_type(const orch_option *option, struct orch_str typed, bool secret,
                               orch_error *err)
{
    const char *takes = "a known type";

    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (types[i].type == option->type)
            takes = types[i].takes;
    refuse(option, takes, typed, secret, err);
    if (option->example)
        orch_error_hint(err, "for example: %s = \"%s\"", option->name, option->example);
    return ORCH_ECONFIG;
}

static orch_status refuse_choice(const orch_option *option, struct orch_str typed, bool secret,
                                 orch_error *err)
{
    struct orch_text takes = { 0 };
    char word[QUOTE_CAP] = "";
    size_t n = 0;

    orch_text_puts(&takes, "one of ");
    for (; option->choices && option->choices[n]; n++)
        orch_text_printf(&takes, "%s\"%s\"", n > 0 ? ", " : "", option->choices[n]);
    refuse(option, orch_text_z(&takes), typed, secret, err);
    if (!secret && typed.len < sizeof word) {
        memcpy(word, typed.ptr, typed.len);
        const char *near = orch_str_nearest(word, option->choices, n);
        if (near)
            orch_error_hint(err, "did you mean \"%s\"?", near);
    }
    orch_text_release(&takes);
    return ORCH_ECONFIG;
}

/* "32MiB", as a person would type it; the bare number of what is no size. */
static void bound_text(double bound, char out[32])
{
    static const char *const names[] = { "B", "KiB", "MiB", "GiB" };
    size_t power = 0;

    while (power < 3 && bound >= 1024 && fmod(bound, 1024) == 0) {
        bound /= 1024;
        power++;
    }
    snprintf(out, 32, "%.15g%s", bound, names[power]);
}

static orch_status check_range(const orch_option *option, double value, struct orch_str typed,
                               bool secret, orch_error *err)
{
    char takes[120], least[32], most[32];
    bool low = orch_option_has_min(option), high = orch_option_has_max(option);

    if ((!low || value >= option->min) && (!high || value <= option->max))
        return ORCH_OK;
    snprintf(least, sizeof least, "%.15g", option->min);
    snprintf(most, sizeof most, "%.15g", option->max);
    const char *unit = option->unit ? option->unit
                       : option->type == ORCH_OPT_DURATION ? "ms" : "";
    if (option->type == ORCH_OPT_BYTES) {
        bound_text(option->min, least);
        bound_text(option->max, most);
        unit = "";
    }
    const char *gap = *unit ? " " : "";
    if (low && high)
        snprintf(takes, sizeof takes, "%s to %s%s%.20s", least, most, gap, unit);
    else
        snprintf(takes, sizeof takes, "at %s %s%s%.20s", low ? "least" : "most",
                 low ? least : most, gap, unit);
    return refuse(option, takes, typed, secret, err);
}

/* ---- sizes and durations ---------------------------------------------------------------- */

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit byte_units[] = {
    { "", 1 }, { "B", 1 }, { "kB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 },
    { "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 }, { NULL, 0 },
};
/* A bare number is no duration: seconds or milliseconds would be a guess. */
static const struct unit duration_units[] = {
    { "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "m", 60000 }, { "h", 3600000 }, { NULL, 0 },
};

/* A whole number that is not negative, blanks, a unit. */
static bool parse_measure(struct orch_str s, const struct unit *units, int64_t *out)
{
    size_t digits = 0;
    int64_t n;

    while (digits < s.len && s.ptr[digits] >= '0' && s.ptr[digits] <= '9')
        digits++;
    if (!orch_str_to_int((struct orch_str){ s.ptr, digits }, &n))
        return false;
    struct orch_str unit = orch_str_trim((struct orch_str){ s.ptr + digits, s.len - digits });
    if (n == 0 && unit.len == 0) {
        *out = 0;
        return true;
    }
    for (; units->name; units++)
        if (orch_str_equal(unit, orch_str_from(units->name)))
            return !__builtin_mul_overflow(n, units->factor, out);
    return false;
}

/* ---- the types -------------------------------------------------------------------------- */

static bool parse_number(const orch_option *option, struct orch_str s, int64_t *out)
{
    if (option->type == ORCH_OPT_BYTES)
        return parse_measure(s, byte_units, out);
    if (option->type == ORCH_OPT_DURATION)
        return parse_measure(s, duration_units, out);
    return orch_str_to_int(s, out);
}

static orch_status value_whole(const orch_option *option, struct orch_str typed, bool secret,
                               struct orch_text *out, orch_error *err)
{
    int64_t n;

    if (!parse_number(option, orch_str_trim(typed), &n))
        return refuse_type(option, typed, secret, err);
    orch_text_printf(out, "%" PRId64, n);
    return check_range(option, (double)n, typed, secret, err);
}

static orch_status value_float(const orch_option *option, struct orch_str typed, bool secret,
                               struct orch_text *out, orch_error *err)
{
    struct orch_str s = orch_str_trim(typed);
    double n;

    if (!orch_str_to_float(s, &n) || n != n || n - n != 0)
        return refuse_type(option, typed, secret, err);
    orch_text_add(out, s.ptr, s.len);
    return check_range(option, n, typed, secret, err);
}

static orch_status value_choice(const orch_option *option, struct orch_str typed, bool secret,
                                struct orch_text *out, orch_error *err)
{
    for (size_t i = 0; option->choices && option->choices[i]; i++) {
        if (orch_str_equal(typed, orch_str_from(option->choices[i]))) {
            orch_text_add(out, typed.ptr, typed.len);
            return ORCH_OK;
        }
    }
    return refuse_choice(option, typed, secret, err);
}

static bool is_url(struct orch_str s)
{
    const char *colon = memmem(s.ptr, s.len, "://", 3);

    if (!colon || colon == s.ptr || colon + 3 == s.ptr + s.len)
        return false;
    for (const char *at = s.ptr; at < colon; at++) {
        bool letter = (*at | 0x20) >= 'a' && (*at | 0x20) <= 'z';
        bool other = (*at >= '0' && *at <= '9') || *at == '+' || *at == '-' || *at == '.';
        if (!letter && (at == s.ptr || !other))
            return false;
    }
    return true;
}

static bool is_pair(struct orch_str s)
{
    const char *equal = memchr(s.ptr, '=', s.len);
    return equal && equal > s.ptr;
}

static orch_status value_text(const orch_option *option, struct orch_str typed, bool secret,
                              struct orch_text *out, orch_error *err)
{
    bool fits = true;

    if (option->type == ORCH_OPT_BOOL)
        fits = orch_str_equal(typed, ORCH_STR("true")) || orch_str_equal(typed, ORCH_STR("false"));
    else if (option->type == ORCH_OPT_PATH)
        fits = typed.len > 0;
    else if (option->type == ORCH_OPT_URL)
        fits = is_url(typed);
    else if (option->type == ORCH_OPT_PAIR)
        fits = is_pair(typed);
    /* The names of files are bytes; every other text is UTF-8. */
    if (option->type != ORCH_OPT_PATH)
        fits = fits && orch_utf8_valid(typed.ptr, typed.len) == typed.len;
    if (!fits) {
        /* A malformed URL may still carry user:password@. */
        bool hide = secret || (option->type == ORCH_OPT_URL && memchr(typed.ptr, '@', typed.len));
        return refuse_type(option, typed, hide, err);
    }
    orch_text_add(out, typed.ptr, typed.len);
    return ORCH_OK;
}

orch_status orch_option_value(const orch_option *option, struct orch_str typed, bool secret,
                              struct orch_text *out, orch_error *err)
{
    orch_status st;

    if (typed.len > VALUE_CAP)
        return orch_error_set(err, ORCH_ECONFIG, "the value of \"%s\" is longer than %d bytes",
                              option->name, VALUE_CAP);
    switch (option->type) {
    case ORCH_OPT_INT:
    case ORCH_OPT_BYTES:
    case ORCH_OPT_DURATION:
        st = value_whole(option, typed, secret, out, err);
        break;
    case ORCH_OPT_FLOAT:
        st = value_float(option, typed, secret, out, err);
        break;
    case ORCH_OPT_ENUM:
        st = value_choice(option, typed, secret, out, err);
        break;
    default:
        st = value_text(option, typed, secret, out, err);
    }
    if (st == ORCH_OK && out->failed)
        st = orch_error_set(err, ORCH_ENOMEM, "out of memory");
    return st;
}
