/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/str.h"

static struct orch_str str(const char *z)
{
    return orch_str_from(z);
}

static void assert_trims_to(const char *text, const char *wanted)
{
    struct orch_str trimmed = orch_str_trim(str(text));
    assert_int_equal(trimmed.len, strlen(wanted));
    assert_memory_equal(trimmed.ptr, wanted, trimmed.len);
}

static void trim_takes_blanks_of_french_exports(void **state)
{
    (void)state;
    assert_trims_to("", "");
    assert_trims_to(" \t\r\n\v\f", "");
    assert_trims_to("  a b  ", "a b");
    assert_trims_to("\xC2\xA0 12\xE2\x80\xAF", "12");
    assert_trims_to("\xEF\xBB\xBFid", "id");
    assert_trims_to("\xE2\x80\xAF\xC2\xA0\xEF\xBB\xBF", "");
}

static void trim_leaves_letters_that_share_bytes_with_blanks(void **state)
{
    (void)state;
    assert_trims_to("\xC3\xA0", "\xC3\xA0");                 /* à ends in A0 */
    assert_trims_to("x\xE1\x80\xAF", "x\xE1\x80\xAF");
    assert_trims_to("\xC2\xA1", "\xC2\xA1");
    assert_trims_to("\xA0", "\xA0");                         /* not UTF-8 */
    assert_trims_to("\xC2", "\xC2");
    assert_trims_to("\xE2\x80", "\xE2\x80");
}

static void starts_compares_bytes(void **state)
{
    (void)state;
    assert_true(orch_str_starts(str("postgres"), str("post")));
    assert_true(orch_str_starts(str("x"), (struct orch_str){ NULL, 0 }));
    assert_false(orch_str_starts(str("post"), str("postgres")));
}

static void whole_integers_are_read(void **state)
{
    (void)state;
    int64_t v;
    assert_true(orch_str_to_int(str("0"), &v) && v == 0);
    assert_true(orch_str_to_int(str("-17"), &v) && v == -17);
    assert_true(orch_str_to_int(str("+17"), &v) && v == 17);
    assert_true(orch_str_to_int(str("00012"), &v) && v == 12);
    assert_true(orch_str_to_int(str("9223372036854775807"), &v) && v == INT64_MAX);
    assert_true(orch_str_to_int(str("-9223372036854775808"), &v) && v == INT64_MIN);
}

static void anything_else_is_no_integer(void **state)
{
    (void)state;
    static const char *const bad[] = { "", "-", "+", " 1", "1 ", "1.0", "0x10", "1e3", "--1", "12a",
                                       "9223372036854775808", "-9223372036854775809",
                                       "99999999999999999999999" };
    int64_t v = 42;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(orch_str_to_int(str(bad[i]), &v));
    assert_false(orch_str_to_int((struct orch_str){ NULL, 0 }, &v));
    assert_int_equal(v, 42);
}

static void numbers_are_read_as_strtod_reads_them(void **state)
{
    (void)state;
    static const char *const good[] = {
        "0", "-0", "1", "-1.5", "+2.25", ".5", "5.", "1e10", "1E-10", "0.1", "123456.789",
        "9007199254740993", "1e22", "1e23", "8.5e-22", "1.7976931348623157e308", "4.9e-324",
        "1e-400", "2.2250738585072011e-308", "0.000000000000000000000000000001",
        "12345678901234567890123456789", "18446744073709551616.5", "000000000000000000000001.5",
    };
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        double v = 0, wanted = strtod(good[i], NULL);
        assert_true(orch_str_to_float(str(good[i]), &v));
        assert_memory_equal(&v, &wanted, sizeof v);
    }
}

static void random_numbers_round_trip(void **state)
{
    (void)state;
    uint64_t bits = 88172645463325252u;
    for (int i = 0; i < 20000; i++) {
        double value, back;
        char text[32], exact[64];
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        memcpy(&value, &bits, sizeof value);
        if (!isfinite(value))
            continue;
        if (i % 2 == 0)
            value = (double)(int64_t)(bits % 100000000) / 1000;
        size_t len = orch_format_float(value, text);
        assert_int_equal(len, strlen(text));
        assert_true(orch_str_to_float((struct orch_str){ text, len }, &back) && back == value);
        snprintf(exact, sizeof exact, "%.17g", value);
        assert_true(orch_str_to_float(str(exact), &back) && back == value);
    }
}

static void a_float_is_written_with_the_fewest_digits(void **state)
{
    (void)state;
    char text[32];
    orch_format_float(0.1, text);
    assert_string_equal(text, "0.1");
    orch_format_float(-1234.5, text);
    assert_string_equal(text, "-1234.5");
    orch_format_float(0.1 + 0.2, text);
    assert_string_equal(text, "0.30000000000000004");
    orch_format_float((double)NAN, text);
    assert_int_equal(orch_format_float((double)-INFINITY, text), 4);
    assert_string_equal(text, "-inf");
}

static void anything_else_is_no_number(void **state)
{
    (void)state;
    static const char *const bad[] = { "",     "-",    ".",     "e5",    "1e",    "1e+",  " 1",
                                       "1 ",   "1,5",  "0x1p3", "inf",   "nan",   "-inf", "1.2.3",
                                       "1e5x", "1e.5", "1e999", "-1e999", "1__2", "infinity" };
    double v = 42;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(orch_str_to_float(str(bad[i]), &v));
    char *endless = malloc(100000);
    memset(endless, '1', 100000);
    assert_false(orch_str_to_float((struct orch_str){ endless, 100000 }, &v));
    assert_false(orch_str_to_float((struct orch_str){ "1\0", 2 }, &v));
    free(endless);
    assert_true(v == 42);
}

static size_t distance(const char *a, const char *b, size_t cap)
{
    return orch_str_distance(str(a), str(b), cap);
}

static void distance_counts_edits(void **state)
{
    (void)state;
    assert_int_equal(distance("", "", 9), 0);
    assert_int_equal(distance("abc", "", 9), 3);
    assert_int_equal(distance("delimiter", "delimter", 9), 1);
    assert_int_equal(distance("tabel", "table", 9), 1);
    assert_int_equal(distance("KITTEN", "sitting", 9), 3);
    assert_int_equal(distance("abcdef", "uvwxyz", 3), 3);
    assert_int_equal(distance("ca", "abc", 9), 3);
}

static void distance_bounds_its_work(void **state)
{
    (void)state;
    char endless[4096];
    memset(endless, 'a', sizeof endless);
    struct orch_str s = { endless, sizeof endless };
    assert_int_equal(orch_str_distance(s, str("a"), 5), 5);
    assert_int_equal(orch_str_distance(s, s, 5), 0);
}

static void only_a_near_name_is_proposed(void **state)
{
    (void)state;
    static const char *const options[] = { "delimiter", "quote", "encoding", "skip_lines" };
    assert_string_equal(orch_str_nearest("delimter", options, 4), "delimiter");
    assert_string_equal(orch_str_nearest("Quotes", options, 4), "quote");
    assert_string_equal(orch_str_nearest("skiplines", options, 4), "skip_lines");
    assert_null(orch_str_nearest("separator", options, 4));
    assert_null(orch_str_nearest("", options, 4));
    assert_null(orch_str_nearest("q", options, 4));
    static const char *const letters[] = { "x", "B" };
    assert_string_equal(orch_str_nearest("b", letters, 2), "B");
    assert_null(orch_str_nearest("y", letters, 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(trim_takes_blanks_of_french_exports),
        cmocka_unit_test(trim_leaves_letters_that_share_bytes_with_blanks),
        cmocka_unit_test(starts_compares_bytes),
        cmocka_unit_test(whole_integers_are_read),
        cmocka_unit_test(anything_else_is_no_integer),
        cmocka_unit_test(numbers_are_read_as_strtod_reads_them),
        cmocka_unit_test(random_numbers_round_trip),
        cmocka_unit_test(a_float_is_written_with_the_fewest_digits),
        cmocka_unit_test(anything_else_is_no_number),
        cmocka_unit_test(distance_counts_edits),
        cmocka_unit_test(distance_bounds_its_work),
        cmocka_unit_test(only_a_near_name_is_proposed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
