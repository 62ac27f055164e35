/* SPDX-License-Identifier: Apache-2.0 */
#include "data/bits.h"

#include <endian.h>
#include <string.h>

#define ONES 0x0101010101010101u /* the lowest bit of each of eight bytes */

/* Byte i of the result is bit i of `bits`. */
static uint64_t spread(uint8_t bits)
{
    /* Keep bit i in byte i, then carry whichever bit it is into the top of its byte. */
    uint64_t word = bits * ONES & 0x8040201008040201u;
    return (word + 0x00406070787C7E7Fu) >> 7 & ONES;
}

/* The reverse: each of the eight products that reach the top byte lands on a bit of its own. */
static uint8_t gather(uint64_t word)
{
    return (uint8_t)(word * 0x0102040810204080u >> 56);
}

void orch_bits_expand(const uint8_t *bits, int64_t n, bool flip, uint8_t *bytes)
{
    uint8_t mask = flip ? 0xFF : 0;
    for (int64_t i = 0; i < n; i += 8) {
        uint64_t word = htole64(spread((uint8_t)(bits[i / 8] ^ mask)));
        memcpy(bytes + i, &word, n - i < 8 ? (size_t)(n - i) : 8);
    }
}

void orch_bits_pack(const uint8_t *bytes, int64_t n, bool flip, uint8_t *bits)
{
    for (int64_t i = 0; i < n; i += 8) {
        size_t some = n - i < 8 ? (size_t)(n - i) : 8;
        uint8_t eight[8] = { 0 };
        uint64_t word;
        memcpy(eight, bytes + i, some);
        memcpy(&word, eight, sizeof word);
        uint8_t packed = gather(le64toh(word));
        if (flip)
            packed = (uint8_t)~packed;
        bits[i / 8] = some == 8 ? packed : (uint8_t)(packed & ((1u << some) - 1));
    }
}

int64_t orch_bits_count(const uint8_t *bits, int64_t n)
{
    int64_t count = 0, i = 0;
    for (; i + 64 <= n; i += 64) {
        uint64_t word;
        memcpy(&word, bits + i / 8, sizeof word);
        count += __builtin_popcountll(word);
    }
    for (; i < n; i++)
        count += bits[i / 8] >> (i % 8) & 1;
    return count;
}
