/* SPDX-License-Identifier: Apache-2.0 */
#include "base/str.h"

static bool is_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

size_t orch_utf8_decode(const char *s, size_t len, uint32_t *code)
{
    const unsigned char *p = (const unsigned char *)s;
    if (len == 0) {
        *code = 0;
        return 0;
    }
    size_t n = p[0] < 0x80 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (n > len)
        n = len;
    static const unsigned char first_mask[] = { 0, 0x7F, 0x1F, 0x0F, 0x07 };
    uint32_t value = p[0] & first_mask[n];
    for (size_t i = 1; i < n; i++)
        value = value << 6 | (p[i] & 0x3F);
    *code = value;
    return n;
}

size_t orch_utf8_encode(uint32_t code, char out[4])
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    size_t n = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = { 0, 0, 0xC0, 0xE0, 0xF0 };
    for (size_t i = n - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3F));
        code >>= 6;
    }
    out[0] = (char)(lead[n] | code);
    return n;
}

size_t orch_utf8_count(const char *s, size_t len)
{
    size_t tails = 0;
    for (size_t i = 0; i < len; i++)
        tails += is_tail((unsigned char)s[i]);
    return len - tails;
}
