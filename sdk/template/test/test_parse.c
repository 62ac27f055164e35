/* SPDX-License-Identifier: Apache-2.0 */
/* What lines and numbers mean: no host needed, so every odd value can be tried. */
#include "thermometer_parse.h"

#include <stdio.h>
#include <string.h>

static int failures;

static void check(bool holds, const char *claim)
{
    if (holds)
        return;
    fprintf(stderr, "FAIL %s\n", claim);
    failures++;
}

static bool is_kind(const char *text, enum thermometer_kind kind)
{
    return thermometer_parse_line(text, strlen(text)).kind == kind;
}

static bool is_number(const char *text, char decimal, double expected)
{
    double value = -999;

    return thermometer_parse_number(text, strlen(text), decimal, &value) && value == expected;
}

static bool no_number(const char *text)
{
    double value = -999;

    return !thermometer_parse_number(text, strlen(text), '.', &value) && value == -999;
}

static void lines(void)
{
    check(is_kind("", THERMOMETER_BLANK), "an empty line is blank");
    check(is_kind("logger;TL-0042", THERMOMETER_LOGGER), "a logger line is known");
    check(is_kind("place;", THERMOMETER_PLACE), "a value may be empty");
    check(is_kind("unit;C", THERMOMETER_UNIT), "a unit line is known");
    check(is_kind("2025-10-01T00:00;18.4", THERMOMETER_READING), "a digit begins a reading");
    check(is_kind("18.4", THERMOMETER_SHAPE), "a line without separator has no shape");
    check(is_kind("a;b;c", THERMOMETER_SHAPE), "three fields are one too many");
    check(is_kind("loggers;x", THERMOMETER_KEY), "a longer word is another word");
    check(is_kind(";x", THERMOMETER_KEY), "an empty key is no key");
}

static void numbers(void)
{
    check(is_number("18.4", '.', 18.4), "a fraction is read exactly");
    check(is_number("-0.5", '.', -0.5), "a sign is read");
    check(is_number("18,4", ',', 18.4), "the decimal is the one asked for");
    check(is_number("007", '.', 7), "leading zeros change nothing");
    check(is_number("999999999999999", '.', 999999999999999.0), "15 digits are exact");
    check(no_number("9999999999999999"), "16 digits might not be");
    check(no_number("18,4"), "the other decimal is no number");
    check(no_number("") && no_number("-") && no_number(".") && no_number("18."),
          "a part of a number is no number");
    check(no_number(" 18") && no_number("18 ") && no_number("1.2.3") && no_number("+1"),
          "what stands around a number is not ignored");
    check(no_number("nan") && no_number("0x10") && no_number("1e5"),
          "what strtod would take is not taken");
}

int main(void)
{
    lines();
    numbers();
    return failures > 0;
}
