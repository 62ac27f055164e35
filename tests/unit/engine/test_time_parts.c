/* SPDX-License-Identifier: Apache-2.0 */
#include "conversion_fixture.h"

/* ---- parts -------------------------------------------------------------------------------- */

static int64_t us(int year, int month, int day, int hour, int minute, int second)
{
    return (orch_days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60 + second) *
           1000000;
}

static void parts_are_those_of_the_clocks_of_the_zone(void **state)
{
    const struct {
        const char *op, *zone;
        int64_t at;
        int64_t part;
    } cases[] = {
        { "year", NULL, us(2024, 12, 31, 23, 30, 0), 2024 },
        { "year", "Europe/Paris", us(2024, 12, 31, 23, 30, 0), 2025 },
        { "month", "Europe/Paris", us(2024, 12, 31, 23, 30, 0), 1 },
        { "day", "Europe/Paris", us(2025, 6, 30, 22, 0, 0), 1 },
        { "hour", "Europe/Paris", us(2025, 7, 1, 5, 10, 0), 7 },
        { "hour", NULL, us(2025, 7, 1, 5, 10, 0), 5 },
        { "minute", NULL, us(2025, 7, 1, 5, 10, 59), 10 },
        { "minute", "Asia/Kathmandu", us(2025, 7, 1, 5, 10, 0), 55 },
        { "weekday", NULL, us(2025, 10, 26, 12, 0, 0), 7 },
        { "weekday", NULL, us(2025, 10, 27, 0, 0, 0), 1 },
        { "weekday", NULL, us(1969, 12, 31, 23, 0, 0), 3 },
        { "hour", NULL, us(1969, 12, 31, 23, 0, 0), 23 },
        { "minute", NULL, -1, 59 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        fixture_open(&f, cases[i].op, ORCH_TYPE_TIMESTAMP);
        if (cases[i].zone != NULL)
            fixture_text(&f, NULL, cases[i].zone);
        fixture_accept(&f);
        fixture_run_int(&f, cases[i].at);
        fixture_present(&f, 0);
        assert_int_equal(f.out.of.integer[0], cases[i].part);
        fixture_run_int(&f, INT64_MIN);
        fixture_run_int(&f, INT64_MAX);
        fixture_close(&f);
    }
}

static void dates_have_no_hour_and_no_zone(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "weekday", ORCH_TYPE_DATE);
    fixture_accept(&f);
    fixture_run_int(&f, orch_days_from_civil(2025, 10, 26));
    assert_int_equal(f.out.of.integer[0], 7);
    fixture_close(&f);
    fixture_open(&f, "hour", ORCH_TYPE_DATE);
    fixture_refuse(&f, "hour needs a timestamp, not date");
    fixture_close(&f);
    fixture_open(&f, "year", ORCH_TYPE_DATE);
    fixture_text(&f, NULL, "Europe/Paris");
    fixture_refuse(&f, "year: a date has no zone");
    fixture_close(&f);
    fixture_open(&f, "year", ORCH_TYPE_TEXT);
    fixture_refuse(&f, "year needs a date or a timestamp, not text");
    fixture_close(&f);
}

static void a_zone_is_loaded_once_a_plan(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "hour", ORCH_TYPE_TIMESTAMP);
    fixture_text(&f, NULL, "Europe/Paris");
    fixture_accept(&f);
    assert_int_equal(f.check.cleanups.len, 1);
    f.e = orch_expr_new(&f.plan, orch_op_find("minute"), "test.lua:2");
    orch_expr_add_arg(&f.plan, f.e, orch_expr_column(&f.plan, "x", "test.lua:2"));
    fixture_text(&f, NULL, "Europe/Paris");
    fixture_accept(&f);
    assert_int_equal(f.check.cleanups.len, 1);
    fixture_close(&f);
}

/* ---- floor, ceil -------------------------------------------------------------------------- */

static void floor_gives_the_start_of_the_step(void **state)
{
    const struct {
        const char *step, *zone;
        int64_t at;
        const char *start;
    } cases[] = {
        { "15 minutes", NULL, us(2025, 7, 1, 5, 29, 59) + 5, "2025-07-01T05:15:00Z" },
        { "1 hour", NULL, us(2025, 7, 1, 5, 29, 59), "2025-07-01T05:00:00Z" },
        { "30 seconds", NULL, us(1969, 12, 31, 23, 59, 45), "1969-12-31T23:59:30Z" },
        { "6 hours", NULL, us(2025, 7, 1, 5, 29, 59), "2025-07-01T00:00:00Z" },
        { "1 day", NULL, us(2025, 7, 1, 5, 29, 59), "2025-07-01T00:00:00Z" },
        { "1 day", "Europe/Paris", us(2025, 6, 30, 22, 0, 0), "2025-06-30T22:00:00Z" },
        { "1 day", "Europe/Paris", us(2025, 6, 30, 21, 59, 59), "2025-06-29T22:00:00Z" },
        { "1 day", "Europe/Paris", us(2025, 10, 26, 20, 0, 0), "2025-10-25T22:00:00Z" },
        { "1 week", NULL, us(2025, 10, 26, 20, 0, 0), "2025-10-20T00:00:00Z" },
        { "1 month", "Europe/Paris", us(2025, 10, 31, 23, 0, 0), "2025-10-31T23:00:00Z" },
        { "1 month", "Europe/Paris", us(2025, 10, 31, 22, 0, 0), "2025-09-30T22:00:00Z" },
        { "3 months", NULL, us(2025, 6, 30, 22, 0, 0), "2025-04-01T00:00:00Z" },
        { "1 year", "Europe/Paris", us(2025, 6, 30, 22, 0, 0), "2024-12-31T23:00:00Z" },
        /* the two hours from 2 to 3 stay apart */
        { "1 hour", "Europe/Paris", us(2025, 10, 26, 0, 30, 0), "2025-10-26T00:00:00Z" },
        { "1 hour", "Europe/Paris", us(2025, 10, 26, 1, 30, 0), "2025-10-26T01:00:00Z" },
        { "1 hour", "Asia/Kathmandu", us(2025, 7, 1, 5, 20, 0), "2025-07-01T05:15:00Z" },
        /* midnight of this day does not exist: the day begins at one */
        { "1 day", "America/Sao_Paulo", us(2018, 11, 4, 12, 0, 0), "2018-11-04T03:00:00Z" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        fixture_open(&f, "floor", ORCH_TYPE_TIMESTAMP);
        fixture_text(&f, NULL, cases[i].step);
        if (cases[i].zone != NULL)
            fixture_text(&f, NULL, cases[i].zone);
        fixture_accept(&f);
        fixture_run_int(&f, cases[i].at);
        assert_string_equal(fixture_instant(&f, 0), cases[i].start);
        fixture_run_int(&f, INT64_MAX);
        fixture_run_int(&f, INT64_MIN);
        fixture_close(&f);
    }
}

static void steps_that_do_not_divide_are_refused(void **state)
{
    static const char *const steps[] = { "7 minutes", "5 hours", "2 days",  "0 minutes",
                                         "minutes",   "15",      "15 secs", "15minutes",
                                         "99999 minutes" };

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        struct fixture f;
        fixture_open(&f, "floor", ORCH_TYPE_TIMESTAMP);
        fixture_text(&f, NULL, steps[i]);
        assert_int_equal(orch_expr_check(f.e, &f.check, &f.err), ORCH_ECONFIG);
        fixture_close(&f);
    }
}

static void floor_and_ceil_of_numbers_are_integers(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "floor", ORCH_TYPE_NUMBER);
    fixture_accept(&f);
    assert_int_equal(f.e->type, ORCH_TYPE_INTEGER);
    fixture_run_number(&f, -1.5);
    assert_int_equal(f.out.of.integer[0], -2);
    fixture_run_number(&f, 1e300);
    fixture_failed(&f, 0, "integer", "not an integer: 1e+300 is out of range");
    fixture_close(&f);
    fixture_open(&f, "ceil", ORCH_TYPE_NUMBER);
    fixture_accept(&f);
    fixture_run_number(&f, -1.5);
    assert_int_equal(f.out.of.integer[0], -1);
    fixture_close(&f);
    fixture_open(&f, "floor", ORCH_TYPE_TIMESTAMP);
    fixture_refuse(&f, "floor of a timestamp needs a step");
    fixture_close(&f);
    fixture_open(&f, "floor", ORCH_TYPE_NUMBER);
    fixture_text(&f, NULL, "1 hour");
    fixture_refuse(&f, "floor of a number takes no step");
    fixture_close(&f);
}

/* ---- shift, between, format_time ---------------------------------------------------------- */

static void open_shift(struct fixture *f, enum orch_type type, int64_t count, const char *unit)
{
    fixture_open(f, "shift", type);
    fixture_integer(f, count);
    fixture_text(f, NULL, unit);
}

static void dates_shift_by_days_months_and_years(void **state)
{
    const struct {
        int year, month, day;
        int64_t count;
        const char *unit, *date;
    } cases[] = {
        { 2024, 2, 28, 2, "days", "2024-03-01" },
        { 2024, 3, 1, -1, "day", "2024-02-29" },
        { 2024, 1, 31, 1, "month", "2024-02-29" },
        { 2024, 1, 31, 13, "months", "2025-02-28" },
        { 2024, 3, 31, -1, "months", "2024-02-29" },
        { 2024, 2, 29, 1, "years", "2025-02-28" },
        { 2024, 12, 15, -12, "months", "2023-12-15" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture f;
        open_shift(&f, ORCH_TYPE_DATE, cases[i].count, cases[i].unit);
        fixture_accept(&f);
        assert_int_equal(f.e->type, ORCH_TYPE_DATE);
        fixture_run_int(&f,
                        orch_days_from_civil(cases[i].year, cases[i].month, cases[i].day));
        assert_string_equal(fixture_date(&f, 0), cases[i].date);
        fixture_close(&f);
    }
}

static void shifts_out_of_range_fail(void **state)
{
    const int64_t counts[] = { INT64_MAX, INT64_MIN, 3000000000 };
    const char *const units[] = { "days", "months", "years" };
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < 9; i++) {
        open_shift(&f, ORCH_TYPE_DATE, counts[i / 3], units[i % 3]);
        fixture_accept(&f);
        fixture_run_int(&f, 20000);
        assert_non_null(fixture_failure(&f, 0));
        assert_string_equal(fixture_failure(&f, 0)->rule, "date");
        fixture_close(&f);
    }
    open_shift(&f, ORCH_TYPE_TIMESTAMP, INT64_MAX / 1000, "seconds");
    fixture_accept(&f);
    fixture_run_int(&f, 0);
    fixture_failed(&f, 0, "timestamp", "a shift by 9223372036854775 leads out of range");
    fixture_close(&f);
    open_shift(&f, ORCH_TYPE_TIMESTAMP, 1, "seconds");
    fixture_accept(&f);
    fixture_run_int(&f, INT64_MAX);
    fixture_failed(&f, 0, "timestamp", "a shift by 1 leads out of range");
    fixture_close(&f);
}

static void timestamps_shift_by_units_of_fixed_length(void **state)
{
    struct orch_value half = { .type = ORCH_TYPE_NUMBER, .number = -0.5 };
    struct fixture f;

    (void)state;
    open_shift(&f, ORCH_TYPE_TIMESTAMP, -30, "minutes");
    fixture_accept(&f);
    fixture_run_int(&f, us(2025, 7, 1, 0, 0, 0));
    assert_string_equal(fixture_instant(&f, 0), "2025-06-30T23:30:00Z");
    fixture_close(&f);
    fixture_open(&f, "shift", ORCH_TYPE_TIMESTAMP);
    fixture_literal(&f, &half);
    fixture_text(&f, NULL, "hours");
    fixture_accept(&f);
    fixture_run_int(&f, us(2025, 7, 1, 0, 0, 0));
    assert_string_equal(fixture_instant(&f, 0), "2025-06-30T23:30:00Z");
    fixture_close(&f);
    fixture_open(&f, "shift", ORCH_TYPE_DATE);
    fixture_literal(&f, &half);
    fixture_text(&f, NULL, "days");
    fixture_accept(&f);
    fixture_run_int(&f, 0);
    fixture_failed(&f, 0, "date", "a shift by -0.5 is no whole count");
    fixture_close(&f);
}

static void units_of_the_other_type_are_refused(void **state)
{
    struct fixture f;

    (void)state;
    open_shift(&f, ORCH_TYPE_TIMESTAMP, 1, "months");
    fixture_refuse(&f, "shift: a timestamp has no unit \"months\"");
    assert_string_equal(f.err.hint,
                        "units of a timestamp are \"seconds\", \"minutes\", \"hours\", \"days\"");
    fixture_close(&f);
    open_shift(&f, ORCH_TYPE_DATE, 1, "hours");
    fixture_refuse(&f, "shift: a date has no unit \"hours\"");
    fixture_close(&f);
}

static void differences_count_from_the_receiver(void **state)
{
    struct orch_value later = { .type = ORCH_TYPE_TIMESTAMP,
                                .integer = us(2025, 7, 1, 1, 30, 30) };
    struct fixture f;

    (void)state;
    fixture_open(&f, "minutes_between", ORCH_TYPE_TIMESTAMP);
    fixture_literal(&f, &later);
    fixture_accept(&f);
    fixture_run_int(&f, us(2025, 7, 1, 0, 0, 0));
    assert_true(f.out.of.number[0] == 90.5);
    fixture_close(&f);
    fixture_open(&f, "seconds_between", ORCH_TYPE_TIMESTAMP);
    fixture_literal(&f, &later);
    fixture_accept(&f);
    fixture_run_int(&f, us(2025, 7, 1, 2, 0, 0));
    assert_true(f.out.of.number[0] == -1770);
    fixture_run_int(&f, INT64_MIN);
    fixture_present(&f, 0);
    fixture_close(&f);
    fixture_open(&f, "seconds_between", ORCH_TYPE_TEXT);
    fixture_literal(&f, &later);
    assert_int_equal(orch_expr_check(f.e, &f.check, &f.err), ORCH_ECONFIG);
    fixture_close(&f);
}

static void times_are_written_by_the_format(void **state)
{
    const struct {
        const char *format, *zone;
        int64_t at;
        const char *text;
    } cases[] = {
        { "%d/%m/%Y %H:%M:%S", NULL, us(2025, 7, 1, 5, 9, 3), "01/07/2025 05:09:03" },
        { "%Y%m%dT%H%M%S%z", "Europe/Paris", us(2025, 7, 1, 5, 9, 3), "20250701T070903+02:00" },
        { "iso", NULL, us(2025, 7, 1, 5, 9, 3), "2025-07-01T05:09:03+00:00" },
        { "%y-%j %f", NULL, us(2024, 12, 31, 0, 0, 0) + 42, "24-366 000042" },
        { "%Y%z", "America/St_Johns", us(2025, 1, 1, 12, 0, 0), "2025-03:30" },
        { "dd/mm/yyyy", "Europe/Paris", us(2025, 6, 30, 22, 0, 0), "01/07/2025" },
    };
    struct fixture f;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        fixture_open(&f, "format_time", ORCH_TYPE_TIMESTAMP);
        fixture_text(&f, NULL, cases[i].format);
        if (cases[i].zone != NULL)
            fixture_text(&f, NULL, cases[i].zone);
        fixture_accept(&f);
        fixture_run_int(&f, cases[i].at);
        fixture_present(&f, 0);
        assert_int_equal(f.out.of.text[0].len, strlen(cases[i].text));
        assert_memory_equal(f.out.of.text[0].ptr, cases[i].text, strlen(cases[i].text));
        fixture_run_int(&f, INT64_MIN);
        fixture_run_int(&f, INT64_MAX);
        fixture_close(&f);
    }
}

static void dates_are_written_without_a_time(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "format_time", ORCH_TYPE_DATE);
    fixture_text(&f, NULL, "iso");
    fixture_accept(&f);
    fixture_run_int(&f, orch_days_from_civil(2025, 7, 1));
    assert_int_equal(f.out.of.text[0].len, 10);
    assert_memory_equal(f.out.of.text[0].ptr, "2025-07-01", 10);
    fixture_close(&f);
    fixture_open(&f, "format_time", ORCH_TYPE_DATE);
    fixture_text(&f, NULL, "%d/%m/%Y %H:%M");
    fixture_refuse(&f, "format_time: a date has no time of day");
    fixture_close(&f);
    fixture_open(&f, "format_time", ORCH_TYPE_TIMESTAMP);
    fixture_text(&f, NULL, "%B %Y");
    fixture_refuse(&f, "the format cannot write names of months");
    fixture_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_are_those_of_the_clocks_of_the_zone),
        cmocka_unit_test(dates_have_no_hour_and_no_zone),
        cmocka_unit_test(a_zone_is_loaded_once_a_plan),
        cmocka_unit_test(floor_gives_the_start_of_the_step),
        cmocka_unit_test(steps_that_do_not_divide_are_refused),
        cmocka_unit_test(floor_and_ceil_of_numbers_are_integers),
        cmocka_unit_test(dates_shift_by_days_months_and_years),
        cmocka_unit_test(shifts_out_of_range_fail),
        cmocka_unit_test(timestamps_shift_by_units_of_fixed_length),
        cmocka_unit_test(units_of_the_other_type_are_refused),
        cmocka_unit_test(differences_count_from_the_receiver),
        cmocka_unit_test(times_are_written_by_the_format),
        cmocka_unit_test(dates_are_written_without_a_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
