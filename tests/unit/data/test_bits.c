/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "data/bits.h"

#define MOST 200

static uint8_t bit_of(const uint8_t *bits, int64_t i)
{
    return bits[i / 8] >> (i % 8) & 1;
}

static void fill_pattern(uint8_t *bits, size_t n)
{
    uint32_t x = 12345;
    for (size_t i = 0; i < n; i++) {
        x = x * 1664525 + 1013904223;
        bits[i] = (uint8_t)(x >> 24);
    }
}

static void expansion_gives_each_bit_its_byte(void **state)
{
    (void)state;
    uint8_t bits[MOST / 8 + 1], bytes[MOST + 1];
    fill_pattern(bits, sizeof bits);
    for (int64_t n = 0; n <= MOST; n++) {
        for (int flip = 0; flip < 2; flip++) {
            memset(bytes, 0x77, sizeof bytes);
            orch_bits_expand(bits, n, flip, bytes);
            for (int64_t i = 0; i < n; i++)
                assert_int_equal(bytes[i], bit_of(bits, i) ^ flip);
            assert_int_equal(bytes[n], 0x77);
        }
    }
}

static void packing_reverses_expansion_and_clears_the_rest(void **state)
{
    (void)state;
    uint8_t bits[MOST / 8 + 1], bytes[MOST], packed[MOST / 8 + 1];
    fill_pattern(bits, sizeof bits);
    orch_bits_expand(bits, MOST, false, bytes);
    for (int64_t n = 1; n <= MOST; n++) {
        for (int flip = 0; flip < 2; flip++) {
            memset(packed, 0xFF, sizeof packed);
            orch_bits_pack(bytes, n, flip, packed);
            for (int64_t i = 0; i < n; i++)
                assert_int_equal(bit_of(packed, i), bytes[i] ^ flip);
            for (int64_t i = n; i % 8 != 0; i++)
                assert_int_equal(bit_of(packed, i), 0);
        }
    }
}

static void counting_stops_at_the_last_row(void **state)
{
    (void)state;
    uint8_t bits[MOST / 8 + 1];
    fill_pattern(bits, sizeof bits);
    int64_t wanted = 0;
    for (int64_t n = 0; n < MOST; n++) {
        assert_int_equal(orch_bits_count(bits, n), wanted);
        wanted += bit_of(bits, n);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expansion_gives_each_bit_its_byte),
        cmocka_unit_test(packing_reverses_expansion_and_clears_the_rest),
        cmocka_unit_test(counting_stops_at_the_last_row),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
