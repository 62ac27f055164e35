/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "base/str.h"

static size_t valid(const char *z)
{
    return orch_utf8_valid(z, strlen(z));
}

static void every_code_point_survives_both_ways(void **state)
{
    (void)state;
    for (uint32_t code = 1; code <= 0x10FFFF; code++) {
        if (code >= 0xD800 && code <= 0xDFFF)
            continue;
        char bytes[4];
        uint32_t back;
        size_t n = orch_utf8_encode(code, bytes);
        if (orch_utf8_valid(bytes, n) != n || orch_utf8_decode(bytes, n, &back) != n ||
            back != code || orch_utf8_count(bytes, n) != 1)
            fail_msg("U+%04X", (unsigned)code);
    }
}

static void bad_sequences_end_the_valid_prefix(void **state)
{
    (void)state;
    assert_int_equal(valid("plain text of more than eight bytes"), 35);
    assert_int_equal(valid("abc\x80"), 3);
    assert_int_equal(valid("\xC0\xAF"), 0);             /* overlong */
    assert_int_equal(valid("\xC1\xBF"), 0);
    assert_int_equal(valid("\xE0\x9F\xBF"), 0);
    assert_int_equal(valid("\xF0\x8F\xBF\xBF"), 0);
    assert_int_equal(valid("\xED\xA0\x80"), 0);         /* surrogate */
    assert_int_equal(valid("\xF4\x90\x80\x80"), 0);     /* above U+10FFFF */
    assert_int_equal(valid("\xF5\x80\x80\x80"), 0);
    assert_int_equal(valid("\xFF"), 0);
    assert_int_equal(valid("\xC3"), 0);                 /* cut */
    assert_int_equal(valid("\xE2\x82"), 0);
    assert_int_equal(valid("\xF0\x9F\x98"), 0);
    assert_int_equal(valid("\xC3\xA9t\xC3"), 3);
    assert_int_equal(valid("\xE2\x82\xAC\xE2\x28\xA1"), 3);
}

static void a_bad_byte_is_found_wherever_it_stands(void **state)
{
    (void)state;
    char text[64];
    for (size_t at = 0; at < sizeof text; at++) {
        memset(text, 'a', sizeof text);
        text[at] = (char)0xE9;
        assert_int_equal(orch_utf8_valid(text, sizeof text), at);
    }
    assert_int_equal(orch_utf8_valid("", 0), 0);
    assert_int_equal(orch_utf8_valid("a\0b", 3), 3);
}

static void characters_are_counted(void **state)
{
    (void)state;
    assert_int_equal(orch_utf8_count("", 0), 0);
    assert_int_equal(orch_utf8_count("\xC3\xA9t\xC3\xA9", 5), 3);
    uint32_t code = 7;
    assert_int_equal(orch_utf8_decode("", 0, &code), 0);
    assert_int_equal(orch_utf8_decode("\xF0\x9F\x98\x80!", 5, &code), 4);
    assert_int_equal(code, 0x1F600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_point_survives_both_ways),
        cmocka_unit_test(bad_sequences_end_the_valid_prefix),
        cmocka_unit_test(a_bad_byte_is_found_wherever_it_stands),
        cmocka_unit_test(characters_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
