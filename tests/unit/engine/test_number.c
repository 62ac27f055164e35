/* SPDX-License-Identifier: Apache-2.0 */
#include "conversion_fixture.h"

#include <math.h>

#include "engine/number_syntax.h"

/* ---- forms of numbers --------------------------------------------------------------------- */

struct number_case {
    const char *text;
    enum orch_number_result result;
    double value;
};

static void check_numbers(const struct orch_number_syntax *f, const struct number_case *cases,
                          size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double value = -77;
        enum orch_number_result r = orch_number_parse(f, orch_str_from(cases[i].text), &value);
        if (r != cases[i].result || (r == ORCH_NUMBER_OK && value != cases[i].value) ||
            (r != ORCH_NUMBER_OK && value != -77))
            fail_msg("\"%s\": result %d, value %.17g", cases[i].text, (int)r, value);
    }
}

#define CHECK_NUMBERS(f, cases) check_numbers((f), (cases), sizeof(cases) / sizeof (cases)[0])

static void plain_numbers_have_a_point_and_nothing_else(void **state)
{
    const struct orch_number_syntax f = { .decimal = '.' };
    const struct number_case cases[] = {
        { "0", ORCH_NUMBER_OK, 0 },
        { "12.5", ORCH_NUMBER_OK, 12.5 },
        { "-12.5", ORCH_NUMBER_OK, -12.5 },
        { "+12.5", ORCH_NUMBER_OK, 12.5 },
        { "007", ORCH_NUMBER_OK, 7 },
        { ".5", ORCH_NUMBER_OK, 0.5 },
        { "5.", ORCH_NUMBER_OK, 5 },
        { "-0", ORCH_NUMBER_OK, 0 },
        { " 12.5\t", ORCH_NUMBER_OK, 12.5 },
        { "\xC2\xA0" "3\xE2\x80\xAF", ORCH_NUMBER_OK, 3 },
        { "\xE2\x80\x89" "3", ORCH_NUMBER_OK, 3 },
        { "0.1", ORCH_NUMBER_OK, 0.1 },
        { "9007199254740993", ORCH_NUMBER_OK, 9007199254740992.0 },
        { "0.30000000000000004", ORCH_NUMBER_OK, 0.30000000000000004 },
        { "123456789012345678901234567890", ORCH_NUMBER_OK, 123456789012345678901234567890.0 },
        { "0.00000000000000000000000000000125", ORCH_NUMBER_OK, 1.25e-30 },
        { "1.000000000000000000000000", ORCH_NUMBER_OK, 1 },
        { ".12345678901234567890123", ORCH_NUMBER_OK, .12345678901234567890123 },
        { "12345678901234567890123.", ORCH_NUMBER_OK, 12345678901234567890123.0 },
        { "", ORCH_NUMBER_BLANK, 0 },
        { " \xC2\xA0 ", ORCH_NUMBER_BLANK, 0 },
        { "12,5", ORCH_NUMBER_BAD, 0 },
        { "1 234", ORCH_NUMBER_BAD, 0 },
        { "n.c.", ORCH_NUMBER_BAD, 0 },
        { "-", ORCH_NUMBER_BAD, 0 },
        { ".", ORCH_NUMBER_BAD, 0 },
        { "--1", ORCH_NUMBER_BAD, 0 },
        { "+-1", ORCH_NUMBER_BAD, 0 },
        { "- 1", ORCH_NUMBER_BAD, 0 },
        { "1.2.3", ORCH_NUMBER_BAD, 0 },
        { "0x10", ORCH_NUMBER_BAD, 0 },
        { "NaN", ORCH_NUMBER_BAD, 0 },
        { "inf", ORCH_NUMBER_BAD, 0 },
        { "< 0.05", ORCH_NUMBER_BAD, 0 },
        { "12.5 %", ORCH_NUMBER_BAD, 0 },
        { "(45.00)", ORCH_NUMBER_BAD, 0 },
        { "45-", ORCH_NUMBER_BAD, 0 },
        { "1E5", ORCH_NUMBER_EXPONENT, 0 },
        { "1,23457E+13", ORCH_NUMBER_EXPONENT, 0 },
        { "1E", ORCH_NUMBER_BAD, 0 },
        { "E5", ORCH_NUMBER_BAD, 0 },
        { "\xEF\xBC\x91", ORCH_NUMBER_BAD, 0 },
    };

    (void)state;
    CHECK_NUMBERS(&f, cases);
}

static void a_zero_byte_is_no_part_of_a_number(void **state)
{
    const struct orch_number_syntax f = { .decimal = '.' };
    double value = 0;
    int64_t integer = 0;

    (void)state;
    assert_int_equal(orch_number_parse(&f, (struct orch_str){ "1\0" "2", 3 }, &value),
                     ORCH_NUMBER_BAD);
    assert_int_equal(orch_integer_parse(&f, (struct orch_str){ "1\0" "2", 3 }, &integer),
                     ORCH_NUMBER_BAD);
}

static void thousands_stand_before_groups_of_three(void **state)
{
    struct orch_number_syntax f = { .decimal = ',' };
    const struct number_case cases[] = {
        { "1 234,56", ORCH_NUMBER_OK, 1234.56 },
        { "1\xC2\xA0" "234,56", ORCH_NUMBER_OK, 1234.56 },
        { "1\xE2\x80\xAF" "234\xE2\x80\xAF" "567", ORCH_NUMBER_OK, 1234567 },
        { "1\xE2\x80\x89" "234", ORCH_NUMBER_OK, 1234 },
        { "-12 345 678,9", ORCH_NUMBER_OK, -12345678.9 },
        { "1234,5", ORCH_NUMBER_OK, 1234.5 },
        { "1 2345", ORCH_NUMBER_BAD, 0 },
        { "1 23,4", ORCH_NUMBER_BAD, 0 },
        { "1234 567", ORCH_NUMBER_BAD, 0 },
        { "1  234", ORCH_NUMBER_BAD, 0 },
        { "1 234 56", ORCH_NUMBER_BAD, 0 },
        { "1,234 567", ORCH_NUMBER_BAD, 0 },
        { "- 234", ORCH_NUMBER_BAD, 0 },
        { "1.234,5", ORCH_NUMBER_BAD, 0 },
    };

    (void)state;
    assert_true(orch_number_syntax_blanks(&f));
    CHECK_NUMBERS(&f, cases);
}

static void marks_of_one_value_are_of_one_kind(void **state)
{
    struct orch_number_syntax f = { .decimal = ',' };
    const struct number_case cases[] = {
        { "1.234.567,8", ORCH_NUMBER_OK, 1234567.8 },
        { "1'234'567,8", ORCH_NUMBER_OK, 1234567.8 },
        { "1\xE2\x80\x99" "234", ORCH_NUMBER_OK, 1234 },
        { "1.234'567,8", ORCH_NUMBER_BAD, 0 },
    };

    (void)state;
    assert_int_equal(orch_number_syntax_mark(&f, ORCH_STR(".")), 1);
    assert_int_equal(orch_number_syntax_mark(&f, ORCH_STR("'")), 1);
    assert_int_equal(orch_number_syntax_mark(&f, ORCH_STR("\xE2\x80\x99")), 3);
    assert_int_equal(orch_number_syntax_mark(&f, ORCH_STR("7")), 0);
    assert_int_equal(orch_number_syntax_mark(&f, ORCH_STR("-")), 0);
    assert_int_equal(orch_number_syntax_mark(&f, ORCH_STR("e")), 0);
    assert_int_equal(orch_number_syntax_mark(&f, ORCH_STR("\xE2\x80")), 0);
    CHECK_NUMBERS(&f, cases);
}

static void either_decimal_mark_is_taken_where_nothing_is_in_doubt(void **state)
{
    const struct orch_number_syntax f = { .decimal = 0 };
    const struct number_case cases[] = {
        { "12", ORCH_NUMBER_OK, 12 },
        { "1944,50", ORCH_NUMBER_OK, 1944.5 },
        { "1226.64", ORCH_NUMBER_OK, 1226.64 },
        { "1,234.56", ORCH_NUMBER_OK, 1234.56 },
        { "1.234,56", ORCH_NUMBER_OK, 1234.56 },
        { "1.234,567", ORCH_NUMBER_OK, 1234.567 },
        { "1,234,567", ORCH_NUMBER_OK, 1234567 },
        { "1.234.567", ORCH_NUMBER_OK, 1234567 },
        { "0,234", ORCH_NUMBER_OK, 0.234 },
        { "1234,567", ORCH_NUMBER_OK, 1234.567 },
        { ",567", ORCH_NUMBER_OK, 0.567 },
        { "1,2345", ORCH_NUMBER_OK, 1.2345 },
        { "1,234", ORCH_NUMBER_AMBIGUOUS, 0 },
        { "-999.123", ORCH_NUMBER_AMBIGUOUS, 0 },
        { "1,23,456", ORCH_NUMBER_BAD, 0 },
        { "1.234,567,890", ORCH_NUMBER_BAD, 0 },
        { "12,34.56", ORCH_NUMBER_BAD, 0 },
        { "1,abc", ORCH_NUMBER_BAD, 0 },
    };

    (void)state;
    CHECK_NUMBERS(&f, cases);
}

static void units_and_accounting_signs_are_taken_off(void **state)
{
    const struct orch_str units[] = { ORCH_STR("\xE2\x82\xAC"), ORCH_STR("%"), ORCH_STR("kVA") };
    struct orch_number_syntax f = {
        .decimal = ',', .accounting = true, .units = units, .n_units = 3
    };
    const struct number_case cases[] = {
        { "1 234,56 \xE2\x82\xAC", ORCH_NUMBER_OK, 1234.56 },
        { "12,5 %", ORCH_NUMBER_OK, 12.5 },
        { "12,5\xC2\xA0%", ORCH_NUMBER_OK, 12.5 },
        { "36 kVA", ORCH_NUMBER_OK, 36 },
        { "36kVA", ORCH_NUMBER_OK, 36 },
        { "36", ORCH_NUMBER_OK, 36 },
        { "(45,00)", ORCH_NUMBER_OK, -45 },
        { "45-", ORCH_NUMBER_OK, -45 },
        { "(45,00 \xE2\x82\xAC)", ORCH_NUMBER_OK, -45 },
        { "(45,00) \xE2\x82\xAC", ORCH_NUMBER_OK, -45 },
        { "45- \xE2\x82\xAC", ORCH_NUMBER_OK, -45 },
        { "-45", ORCH_NUMBER_OK, -45 },
        { "(0)", ORCH_NUMBER_OK, 0 },
        { "(-45)", ORCH_NUMBER_BAD, 0 },
        { "-45-", ORCH_NUMBER_BAD, 0 },
        { "(45-)", ORCH_NUMBER_BAD, 0 },
        { "(45", ORCH_NUMBER_BAD, 0 },
        { "()", ORCH_NUMBER_BAD, 0 },
        { "%", ORCH_NUMBER_BAD, 0 },
        { "36 kW", ORCH_NUMBER_BAD, 0 },
        { "36 kVA kVA", ORCH_NUMBER_BAD, 0 },
        { "< 0,05", ORCH_NUMBER_BAD, 0 },
    };

    (void)state;
    assert_true(orch_number_syntax_blanks(&f));
    CHECK_NUMBERS(&f, cases);
}

static void exponents_are_taken_when_asked_for(void **state)
{
    const struct orch_number_syntax f = { .decimal = '.', .scientific = true };
    const struct number_case cases[] = {
        { "1.5E3", ORCH_NUMBER_OK, 1500 },
        { "1.5e-3", ORCH_NUMBER_OK, 0.0015 },
        { "5.E+2", ORCH_NUMBER_OK, 500 },
        { ".5e1", ORCH_NUMBER_OK, 5 },
        { "1e22", ORCH_NUMBER_OK, 1e22 },
        { "1e23", ORCH_NUMBER_OK, 1e23 },
        { "9007199254740993e1", ORCH_NUMBER_OK, 90071992547409930.0 },
        { "2.2250738585072014e-308", ORCH_NUMBER_OK, 2.2250738585072014e-308 },
        { "0e9999", ORCH_NUMBER_OK, 0 },
        { "1e309", ORCH_NUMBER_RANGE, 0 },
        { "1e9999", ORCH_NUMBER_RANGE, 0 },
        { "1e99999", ORCH_NUMBER_BAD, 0 },
        { "1e+", ORCH_NUMBER_BAD, 0 },
        { "1e1.5", ORCH_NUMBER_BAD, 0 },
    };

    (void)state;
    CHECK_NUMBERS(&f, cases);
}

static void a_number_of_thousands_of_digits_is_refused(void **state)
{
    const struct orch_number_syntax f = { .decimal = '.' };
    char digits[1000];
    double value = 0;

    (void)state;
    memset(digits, '1', sizeof digits);
    assert_int_equal(orch_number_parse(&f, (struct orch_str){ digits, 300 }, &value),
                     ORCH_NUMBER_OK);
    assert_true(fabs(value / 1.1111111111111112e299 - 1) < 1e-15);
    assert_int_equal(orch_number_parse(&f, (struct orch_str){ digits, 400 }, &value),
                     ORCH_NUMBER_RANGE);
    assert_int_equal(orch_number_parse(&f, (struct orch_str){ digits, 401 }, &value),
                     ORCH_NUMBER_BAD);
}

static void integers_keep_every_digit(void **state)
{
    const struct orch_number_syntax f = { .decimal = '.' };
    const struct {
        const char *text;
        enum orch_number_result result;
        int64_t value;
    } cases[] = {
        { "0", ORCH_NUMBER_OK, 0 },
        { "-0", ORCH_NUMBER_OK, 0 },
        { "+42", ORCH_NUMBER_OK, 42 },
        { "01004", ORCH_NUMBER_OK, 1004 },
        { "9223372036854775807", ORCH_NUMBER_OK, INT64_MAX },
        { "-9223372036854775808", ORCH_NUMBER_OK, INT64_MIN },
        { "000000000000000000000000000042", ORCH_NUMBER_OK, 42 },
        { "9223372036854775808", ORCH_NUMBER_RANGE, 0 },
        { "-9223372036854775809", ORCH_NUMBER_RANGE, 0 },
        { "99999999999999999999", ORCH_NUMBER_RANGE, 0 },
        { "1,23457E+13", ORCH_NUMBER_EXPONENT, 0 },
        { "1E5", ORCH_NUMBER_EXPONENT, 0 },
        { "12.0", ORCH_NUMBER_BAD, 0 },
        { "1 234", ORCH_NUMBER_BAD, 0 },
        { "2A", ORCH_NUMBER_BAD, 0 },
        { "", ORCH_NUMBER_BLANK, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 0;
        enum orch_number_result r = orch_integer_parse(&f, orch_str_from(cases[i].text), &value);
        if (r != cases[i].result || value != cases[i].value)
            fail_msg("\"%s\": result %d, value %lld", cases[i].text, (int)r, (long long)value);
    }
}

/* ---- operations --------------------------------------------------------------------------- */

static void number_of_text_says_what_it_refused(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "number", ORCH_TYPE_TEXT);
    fixture_text(&f, "decimal", "auto");
    fixture_text(&f, "thousands", "space");
    fixture_accept(&f);
    assert_int_equal(f.e->type, ORCH_TYPE_NUMBER);
    fixture_run_texts(&f, (const char *const[]){ "1 234,5", "n.c.", " ", "1,234", "1E5",
                                                 "a\tb\n", NULL });
    fixture_present(&f, 0);
    assert_true(f.out.of.number[0] == 1234.5);
    fixture_failed(&f, 1, "number", "not a number: \"n.c.\"");
    assert_true(fixture_is_null(&f, 2));
    fixture_failed(&f, 3, "number",
                   "\"1,234\" is ambiguous: say decimal = \",\" or decimal = \".\"");
    fixture_failed(&f, 4, "number",
                   "not a number: \"1E5\" has an exponent: say scientific = true");
    fixture_failed(&f, 5, "number", "not a number: \"a\\tb\"");
    fixture_close(&f);
}

static void null_stays_null_and_a_quote_is_cut(void **state)
{
    static const uint8_t null[] = { 1, 0 };
    struct orch_str rows[2] = { { "", 0 }, { NULL, 3000 } };
    char *longtext = malloc(3000);
    struct fixture f;

    (void)state;
    memset(longtext, 'z', 3000);
    rows[1].ptr = longtext;
    fixture_open(&f, "number", ORCH_TYPE_TEXT);
    fixture_accept(&f);
    fixture_run(&f, rows, null, 2);
    assert_true(fixture_is_null(&f, 0));
    assert_non_null(fixture_failure(&f, 1));
    assert_true(strlen(fixture_failure(&f, 1)->message) < 120);
    assert_int_equal(fixture_failure(&f, 1)->raw.len, 1024);
    fixture_run(&f, rows, null, 0);
    fixture_close(&f);
    free(longtext);
}

static void number_of_integer_is_exact_or_refused(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "number", ORCH_TYPE_INTEGER);
    fixture_accept(&f);
    fixture_run_int(&f, 42);
    assert_true(f.out.of.number[0] == 42);
    fixture_run_int(&f, INT64_MIN);
    fixture_present(&f, 0);
    fixture_run_int(&f, INT64_MAX);
    fixture_failed(&f, 0, "number",
                   "not a number: 9223372036854775807 is not exact as a number");
    fixture_close(&f);
}

static void integer_of_number_must_be_whole_and_in_range(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "integer", ORCH_TYPE_NUMBER);
    fixture_accept(&f);
    fixture_run_number(&f, -3);
    fixture_present(&f, 0);
    assert_int_equal(f.out.of.integer[0], -3);
    fixture_run_number(&f, 12.5);
    fixture_failed(&f, 0, "integer", "not an integer: 12.5");
    fixture_run_number(&f, 9223372036854775808.0);
    assert_non_null(fixture_failure(&f, 0));
    fixture_run_number(&f, NAN);
    assert_non_null(fixture_failure(&f, 0));
    fixture_close(&f);
}

static void integer_of_text_refuses_lossy_digits(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "integer", ORCH_TYPE_TEXT);
    fixture_text(&f, "thousands", " ");
    fixture_accept(&f);
    fixture_run_texts(&f, (const char *const[]){ "1 234", "1,23457E+13", "99999999999999999999",
                                                 "12,5", NULL });
    fixture_present(&f, 0);
    assert_int_equal(f.out.of.integer[0], 1234);
    fixture_failed(&f, 1, "integer",
                   "not an integer: \"1,23457E+13\" has an exponent, its last digits may be lost");
    fixture_failed(&f, 2, "integer",
                   "not an integer: \"99999999999999999999\" is out of range");
    fixture_failed(&f, 3, "integer", "not an integer: \"12,5\"");
    fixture_close(&f);
}

static void wrong_options_are_refused_with_their_name(void **state)
{
    const struct {
        const char *op, *key, *value, *message;
    } cases[] = {
        { "number", "decimal", ";", "number: \";\" is no decimal mark" },
        { "number", "thousands", "1", "number: \"1\" cannot stand between thousands" },
        { "number", "thousands", ".", "number: \".\" is both decimal mark and thousands mark" },
        { "number", "unit", " ", "number: the unit is empty" },
        { "number", "accounting", "yes", "number: accounting must be true or false, not text" },
        { "number", "decimals", ",", "number has no parameter \"decimals\"" },
        { "integer", "decimal", ",", "integer has no parameter \"decimal\"" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        fixture_open(&f, cases[i].op, ORCH_TYPE_TEXT);
        fixture_text(&f, cases[i].key, cases[i].value);
        fixture_refuse(&f, cases[i].message);
        fixture_close(&f);
    }
}

static void lists_of_marks_and_units_are_taken(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "number", ORCH_TYPE_TEXT);
    fixture_text(&f, "decimal", ",");
    fixture_list(&f, "thousands", "space|.");
    fixture_list(&f, "unit", "kWh|\xE2\x82\xAC");
    fixture_accept(&f);
    fixture_run_texts(&f, (const char *const[]){ "1.234,5 kWh", "1 234,5 \xE2\x82\xAC", NULL });
    fixture_present(&f, 0);
    fixture_present(&f, 1);
    assert_true(f.out.of.number[0] == 1234.5 && f.out.of.number[1] == 1234.5);
    fixture_close(&f);
}

static void other_types_are_refused_by_name(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "integer", ORCH_TYPE_BOOLEAN);
    fixture_refuse(&f, "integer needs text or a number, not boolean");
    fixture_close(&f);
    fixture_open(&f, "number", ORCH_TYPE_DATE);
    fixture_refuse(&f, "number needs text or an integer, not date");
    fixture_close(&f);
}

static void a_lack_of_memory_is_reported_wherever_it_comes(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        struct fixture f;
        fixture_open(&f, "number", ORCH_TYPE_TEXT);
        fixture_list(&f, "unit", "kWh|kVA");
        bool starved = fixture_starve(&f, n, (const char *const[]){ "1", "x", " ", NULL });
        fixture_close(&f);
        if (!starved)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_numbers_have_a_point_and_nothing_else),
        cmocka_unit_test(a_zero_byte_is_no_part_of_a_number),
        cmocka_unit_test(thousands_stand_before_groups_of_three),
        cmocka_unit_test(marks_of_one_value_are_of_one_kind),
        cmocka_unit_test(either_decimal_mark_is_taken_where_nothing_is_in_doubt),
        cmocka_unit_test(units_and_accounting_signs_are_taken_off),
        cmocka_unit_test(exponents_are_taken_when_asked_for),
        cmocka_unit_test(a_number_of_thousands_of_digits_is_refused),
        cmocka_unit_test(integers_keep_every_digit),
        cmocka_unit_test(number_of_text_says_what_it_refused),
        cmocka_unit_test(null_stays_null_and_a_quote_is_cut),
        cmocka_unit_test(number_of_integer_is_exact_or_refused),
        cmocka_unit_test(integer_of_number_must_be_whole_and_in_range),
        cmocka_unit_test(integer_of_text_refuses_lossy_digits),
        cmocka_unit_test(wrong_options_are_refused_with_their_name),
        cmocka_unit_test(lists_of_marks_and_units_are_taken),
        cmocka_unit_test(other_types_are_refused_by_name),
        cmocka_unit_test(a_lack_of_memory_is_reported_wherever_it_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
