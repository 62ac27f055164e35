/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"

static void known_days_are_right(void **state)
{
    (void)state;
    assert_int_equal(orch_days_from_civil(1970, 1, 1), 0);
    assert_int_equal(orch_days_from_civil(1969, 12, 31), -1);
    assert_int_equal(orch_days_from_civil(2000, 2, 29), 11016);
    assert_int_equal(orch_days_from_civil(2024, 3, 1), 19783);
    assert_int_equal(orch_days_from_civil(0, 3, 1), -719468);
    assert_int_equal(orch_days_from_civil(1, 1, 1), -719162);
}

static void every_day_of_a_thousand_years_comes_back(void **state)
{
    (void)state;
    int64_t first = orch_days_from_civil(1500, 1, 1), last = orch_days_from_civil(2500, 1, 1);
    for (int64_t days = first; days < last; days++) {
        int64_t year;
        int month, day;
        orch_civil_from_days(days, &year, &month, &day);
        if (orch_days_from_civil(year, month, day) != days)
            fail_msg("day %lld", (long long)days);
    }
}

static void days_agree_with_the_library(void **state)
{
    (void)state;
    for (int64_t days = -800000; days < 800000; days += 97) {
        time_t t = (time_t)(days * 86400);
        struct tm tm;
        int64_t year;
        int month, day;
        assert_non_null(gmtime_r(&t, &tm));
        orch_civil_from_days(days, &year, &month, &day);
        if (year != tm.tm_year + 1900 || month != tm.tm_mon + 1 || day != tm.tm_mday)
            fail_msg("day %lld", (long long)days);
    }
}

static void extreme_days_do_not_overflow(void **state)
{
    (void)state;
    int64_t year;
    int month, day;
    orch_civil_from_days(INT64_MAX, &year, &month, &day);
    assert_in_range(month, 1, 12);
    assert_in_range(day, 1, 31);
    orch_civil_from_days(INT64_MIN, &year, &month, &day);
    assert_in_range(day, 1, 31);
}

static void assert_date(int64_t days, const char *wanted)
{
    char text[16];
    assert_int_equal(orch_format_date(days, text), strlen(wanted));
    assert_string_equal(text, wanted);
}

static void dates_are_iso(void **state)
{
    (void)state;
    assert_date(0, "1970-01-01");
    assert_date(-719468, "0000-03-01");
    assert_date(-719529, "-0001-12-31");
    assert_date(2932896, "9999-12-31");
    assert_date(2932897, "+10000-01-01");
    assert_date(INT32_MAX, "+5881580-07-11");
    assert_date(INT32_MIN, "-5877641-06-23");
    assert_date(INT64_MAX, "out of range");
    assert_date((int64_t)INT32_MIN - 1, "out of range");
}

static void assert_timestamp(int64_t us, const char *wanted)
{
    char text[40];
    assert_int_equal(orch_format_timestamp(us, text), strlen(wanted));
    assert_string_equal(text, wanted);
}

static void timestamps_are_iso_with_z(void **state)
{
    (void)state;
    assert_timestamp(0, "1970-01-01T00:00:00Z");
    assert_timestamp(1795532400000000, "2026-11-24T15:00:00Z");
    assert_timestamp(1795532400000001, "2026-11-24T15:00:00.000001Z");
    assert_timestamp(-1, "1969-12-31T23:59:59.999999Z");
    assert_timestamp(INT64_MAX, "+294247-01-10T04:00:54.775807Z");
    assert_timestamp(INT64_MIN, "-290308-12-21T19:59:05.224192Z");
}

static void the_wall_clock_can_be_frozen(void **state)
{
    (void)state;
    setenv("ORCHESTRA_NOW", "2026-11-24T15:00:00Z", 1);
    assert_int_equal(orch_clock_now_us(), 1795532400000000);
    setenv("ORCHESTRA_NOW", "2026-11-24T15:00:00.25Z", 1);
    assert_int_equal(orch_clock_now_us(), 1795532400250000);
    unsetenv("ORCHESTRA_NOW");
    assert_true(orch_clock_now_us() > 1577836800000000);
}

static void a_time_that_is_none_does_not_freeze(void **state)
{
    (void)state;
    static const char *const bad[] = { "yesterday", "2026-11-24", "2026-11-24T15:00:00",
                                       "2026-13-24T15:00:00Z", "2026-02-30T15:00:00Z",
                                       "2026-11-24T15:00:00.Z", "2026-11-24T15:00:00Z " };
    orch_log_setup(ORCH_LOG_TEXT, ORCH_LOG_ERROR + 1);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        int64_t before = (int64_t)time(NULL);
        setenv("ORCHESTRA_NOW", bad[i], 1);
        assert_in_range(orch_clock_now_us() / 1000000 - before, 0, 60);
    }
    unsetenv("ORCHESTRA_NOW");
}

static void the_other_clocks_advance(void **state)
{
    (void)state;
    int64_t cpu = orch_clock_cpu_us(), mono = orch_clock_monotonic_us();
    volatile uint64_t work = 0;
    while (orch_clock_monotonic_us() - mono < 3000)
        work = work + 1;
    assert_true(orch_clock_cpu_us() > cpu);
    assert_true(orch_clock_peak_bytes() > 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_days_are_right),
        cmocka_unit_test(every_day_of_a_thousand_years_comes_back),
        cmocka_unit_test(days_agree_with_the_library),
        cmocka_unit_test(extreme_days_do_not_overflow),
        cmocka_unit_test(dates_are_iso),
        cmocka_unit_test(timestamps_are_iso_with_z),
        cmocka_unit_test(the_wall_clock_can_be_frozen),
        cmocka_unit_test(a_time_that_is_none_does_not_freeze),
        cmocka_unit_test(the_other_clocks_advance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
