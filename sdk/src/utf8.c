/* SPDX-License-Identifier: Apache-2.0 */
#include "orch/utf8.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define HIGH_BITS 0x8080808080808080u

static bool is_tail(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* Length of the well-formed sequence at p, which is not ASCII; 0 when there is none. The second
 * byte's range excludes overlong forms, surrogates and what lies above U+10FFFF (RFC 3629). */
static size_t sequence_length(const unsigned char *p, size_t len)
{
    unsigned char first = p[0];
    if (first >= 0xC2 && first <= 0xDF)
        return len >= 2 && is_tail(p[1]) ? 2 : 0;
    if ((first & 0xF0) == 0xE0) {
        unsigned char least = first == 0xE0 ? 0xA0 : 0x80;
        unsigned char most = first == 0xED ? 0x9F : 0xBF;
        return len >= 3 && p[1] >= least && p[1] <= most && is_tail(p[2]) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        unsigned char least = first == 0xF0 ? 0x90 : 0x80;
        unsigned char most = first == 0xF4 ? 0x8F : 0xBF;
        return len >= 4 && p[1] >= least && p[1] <= most && is_tail(p[2]) && is_tail(p[3]) ? 4 : 0;
    }
    return 0;
}

/* How many bytes of ASCII come first. */
static size_t ascii_length(const unsigned char *p, size_t len)
{
    size_t i = 0;
    uint64_t word;
    for (; len - i >= sizeof word; i += sizeof word) {
        memcpy(&word, p + i, sizeof word);
        uint64_t high = le64toh(word) & HIGH_BITS;
        if (high != 0)
            return i + (size_t)__builtin_ctzll(high) / 8;
    }
    while (i < len && p[i] < 0x80)
        i++;
    return i;
}

size_t orch_utf8_valid(const char *s, size_t len)
{
    const unsigned char *p = (const unsigned char *)s;
    size_t i = 0;
    while (i < len) {
        i += ascii_length(p + i, len - i);
        if (i == len)
            break;
        size_t n = sequence_length(p + i, len - i);
        if (n == 0)
            break;
        i += n;
    }
    return i;
}
