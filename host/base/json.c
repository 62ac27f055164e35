/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <math.h>

void orch_json_begin(struct orch_json *j, struct orch_text *out, int indent)
{
    *j = (struct orch_json){ .out = out, .indent = indent, .first = true };
}

static void new_line(struct orch_json *j)
{
    if (j->indent <= 0)
        return;
    orch_text_putc(j->out, '\n');
    for (int i = 0; i < j->depth * j->indent; i++)
        orch_text_putc(j->out, ' ');
}

/* What stands before a value: comma, line and key. */
static void before_value(struct orch_json *j, const char *key)
{
    if (!j->first)
        orch_text_putc(j->out, ',');
    if (j->depth > 0)
        new_line(j);
    j->first = false;
    if (!key)
        return;
    orch_json_quote(j->out, orch_str_from(key));
    orch_text_puts(j->out, j->indent > 0 ? ": " : ":");
}

void orch_json_open(struct orch_json *j, const char *key, char bracket)
{
    before_value(j, key);
    orch_text_putc(j->out, bracket);
    j->depth++;
    j->first = true;
}

void orch_json_close(struct orch_json *j, char bracket)
{
    bool empty = j->first;
    j->depth--;
    j->first = false;
    if (!empty)
        new_line(j);
    orch_text_putc(j->out, bracket);
}

void orch_json_str(struct orch_json *j, const char *key, struct orch_str value)
{
    before_value(j, key);
    orch_json_quote(j->out, value);
}

void orch_json_null(struct orch_json *j, const char *key)
{
    before_value(j, key);
    orch_text_puts(j->out, "null");
}

void orch_json_text(struct orch_json *j, const char *key, const char *value)
{
    if (value)
        orch_json_str(j, key, orch_str_from(value));
    else
        orch_json_null(j, key);
}

void orch_json_int(struct orch_json *j, const char *key, int64_t value)
{
    before_value(j, key);
    orch_text_printf(j->out, "%lld", (long long)value);
}

void orch_json_bool(struct orch_json *j, const char *key, bool value)
{
    before_value(j, key);
    orch_text_puts(j->out, value ? "true" : "false");
}

void orch_json_float(struct orch_json *j, const char *key, double value)
{
    char text[32];
    if (!isfinite(value)) {
        orch_json_null(j, key);
        return;
    }
    before_value(j, key);
    orch_text_add(j->out, text, orch_format_float(value, text));
}

static void quote_control(struct orch_text *out, unsigned char c)
{
    static const char named[] = "btn.fr"; /* from U+0008 on */
    if (c >= 8 && c <= 13 && c != 11)
        orch_text_printf(out, "\\%c", named[c - 8]);
    else
        orch_text_printf(out, "\\u%04X", c);
}

/* Bytes from s on that stand for themselves in a JSON string. */
static size_t plain_length(struct orch_str s)
{
    size_t i = 0;
    while (i < s.len && (unsigned char)s.ptr[i] >= 0x20 && s.ptr[i] != '"' && s.ptr[i] != '\\' &&
           s.ptr[i] != 0x7F)
        i++;
    return i;
}

void orch_json_quote(struct orch_text *out, struct orch_str value)
{
    orch_text_putc(out, '"');
    while (value.len > 0 && !out->failed) {
        size_t run = plain_length(value);
        size_t valid = orch_utf8_valid(value.ptr, run);
        orch_text_add(out, value.ptr, valid);
        if (valid < value.len) {
            unsigned char c = (unsigned char)value.ptr[valid];
            if (c >= 0x80)
                orch_text_puts(out, "\xEF\xBF\xBD");
            else if (c == '"' || c == '\\')
                orch_text_printf(out, "\\%c", c);
            else
                quote_control(out, c);
            valid++;
        }
        value.ptr += valid;
        value.len -= valid;
    }
    orch_text_putc(out, '"');
}
