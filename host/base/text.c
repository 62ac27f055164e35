/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/str.h"

void orch_text_release(struct orch_text *t)
{
    free(t->ptr);
    *t = (struct orch_text){ .cap = t->cap };
}

void orch_text_reset(struct orch_text *t)
{
    t->len = 0;
    t->failed = false;
    if (t->ptr)
        t->ptr[0] = '\0';
}

static bool text_fail(struct orch_text *t)
{
    t->failed = true;
    return false;
}

/* Makes room for `more` bytes and the NUL. */
static bool text_reserve(struct orch_text *t, size_t more)
{
    size_t most = t->cap ? t->cap : SIZE_MAX / 2;
    if (t->failed || t->len > most || more > most - t->len)
        return text_fail(t);
    size_t need = t->len + more + 1;
    if (need <= t->size)
        return true;
    size_t size = t->size < 64 ? 64 : t->size * 2;
    if (size < need)
        size = need;
    char *grown = orch_realloc(t->ptr, size);
    if (!grown)
        return text_fail(t);
    t->ptr = grown;
    t->size = size;
    return true;
}

bool orch_text_add(struct orch_text *t, const char *bytes, size_t len)
{
    if (!text_reserve(t, len))
        return false;
    if (len > 0)
        memcpy(t->ptr + t->len, bytes, len);
    t->len += len;
    t->ptr[t->len] = '\0';
    return true;
}

bool orch_text_puts(struct orch_text *t, const char *z)
{
    return orch_text_add(t, z, strlen(z));
}

bool orch_text_putc(struct orch_text *t, char c)
{
    return orch_text_add(t, &c, 1);
}

bool orch_text_printf(struct orch_text *t, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (n < 0 || !text_reserve(t, (size_t)n))
        return text_fail(t);
    va_start(args, format);
    vsnprintf(t->ptr + t->len, (size_t)n + 1, format, args);
    va_end(args);
    t->len += (size_t)n;
    return true;
}

const char *orch_text_z(const struct orch_text *t)
{
    return t->ptr ? t->ptr : "";
}

/* ---- text for people ------------------------------------------------------------------------ */

/* Characters that would change a line of a terminal rather than stand in it. */
static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x2028 || code == 0x2029 ||
           code == 0x200E || code == 0x200F || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

static void escape_code(struct orch_text *t, uint32_t code)
{
    static const char named[] = "abtnvfr"; /* from U+0007 on */
    if (code >= 7 && code <= 13)
        orch_text_printf(t, "\\%c", named[code - 7]);
    else if (code < 0x80)
        orch_text_printf(t, "\\x%02X", (unsigned)code);
    else
        orch_text_printf(t, "\\u{%X}", (unsigned)code);
}

/* Bytes of the first character of s: 1 for a byte that is not UTF-8 (*bad). */
static size_t first_char(struct orch_str s, bool *bad)
{
    uint32_t code;
    *bad = orch_utf8_valid(s.ptr, s.len < 4 ? s.len : 4) == 0;
    return *bad ? 1 : orch_utf8_decode(s.ptr, s.len, &code);
}

static void escape_char(struct orch_text *t, struct orch_str c, bool quoted)
{
    uint32_t code;
    orch_utf8_decode(c.ptr, c.len, &code);
    if (is_control(code)) {
        escape_code(t, code);
        return;
    }
    if (quoted && (code == '"' || code == '\\'))
        orch_text_putc(t, '\\');
    orch_text_add(t, c.ptr, c.len);
}

static bool text_escape(struct orch_text *t, struct orch_str s, size_t max, bool quoted)
{
    size_t i = 0;
    while (i < s.len && !t->failed) {
        bool bad;
        size_t n = first_char((struct orch_str){ s.ptr + i, s.len - i }, &bad);
        if (i + n > max)
            break;
        if (bad)
            orch_text_printf(t, "\\x%02X", (unsigned)(unsigned char)s.ptr[i]);
        else
            escape_char(t, (struct orch_str){ s.ptr + i, n }, quoted);
        i += n;
    }
    if (i < s.len)
        orch_text_puts(t, "\xE2\x80\xA6");
    return !t->failed;
}

bool orch_text_escape(struct orch_text *t, struct orch_str s, size_t max)
{
    size_t before = t->len;
    if (text_escape(t, s, max, false))
        return true;
    t->len = before;
    if (t->ptr)
        t->ptr[before] = '\0';
    return false;
}

bool orch_text_quote(struct orch_text *t, struct orch_str s, size_t max)
{
    size_t before = t->len;
    orch_text_putc(t, '"');
    text_escape(t, s, max, true);
    if (orch_text_putc(t, '"'))
        return true;
    t->len = before;
    if (t->ptr)
        t->ptr[before] = '\0';
    return false;
}

bool orch_text_count(struct orch_text *t, int64_t n)
{
    char digits[24], out[64];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)n);
    size_t used = 0;
    for (int i = 0; i < len; i++) {
        bool group = i > 0 && digits[i - 1] != '-' && (len - i) % 3 == 0;
        if (group) {
            memcpy(out + used, "\xE2\x80\xAF", 3);
            used += 3;
        }
        out[used++] = digits[i];
    }
    return orch_text_add(t, out, used);
}
