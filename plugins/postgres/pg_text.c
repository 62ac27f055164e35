/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)
#define SHOWN_BYTES 4 /* of a byte that is shown as \xE9 */

/* What the second byte of a sequence may be: overlong forms, surrogates and values past U+10FFFF
 * are left out. */
static bool second_fits(unsigned char first, unsigned char second)
{
    unsigned char least = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    unsigned char most = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;

    return second >= least && second <= most;
}

/* Bytes of the character at p, 0: there is none. */
static size_t character_bytes(const unsigned char *p, size_t left)
{
    size_t n = p[0] < 0x80                    ? 1
               : p[0] >= 0xC2 && p[0] <= 0xDF ? 2
               : p[0] >= 0xE0 && p[0] <= 0xEF ? 3
               : p[0] >= 0xF0 && p[0] <= 0xF4 ? 4
                                              : 0;

    if (n == 0 || n > left || (n > 1 && !second_fits(p[0], p[1])))
        return 0;
    for (size_t i = 2; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    return n;
}

size_t pg_text_valid(const unsigned char *p, size_t len)
{
    size_t at = 0;

    while (at < len) {
        uint64_t word;
        if (len - at >= sizeof word) {
            memcpy(&word, p + at, sizeof word);
            if ((word & HIGH_BITS) == 0) { /* most text is ASCII */
                at += sizeof word;
                continue;
            }
        }
        size_t n = character_bytes(p + at, len - at);
        if (n == 0)
            break;
        at += n;
    }
    return at;
}

size_t pg_text_show(char *out, size_t size, const unsigned char *p, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t used = 0;

    for (size_t at = 0; at < len;) {
        size_t n = character_bytes(p + at, len - at);
        if (size - used < (n ? n : SHOWN_BYTES))
            break;
        if (n > 0) {
            memcpy(out + used, p + at, n);
        } else {
            const char shown[] = {'\\', 'x', digits[p[at] >> 4], digits[p[at] & 15]};
            memcpy(out + used, shown, sizeof shown);
        }
        used += n ? n : SHOWN_BYTES;
        at += n ? n : 1;
    }
    return used;
}
