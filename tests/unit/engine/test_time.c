/* SPDX-License-Identifier: Apache-2.0 */
#include "conversion_fixture.h"

#include "engine/time_format.h"

/* ---- patterns ----------------------------------------------------------------------------- */

/* "Y-m-d H:M:S.us+offset", or "-" when the text is refused. */
static const char *parse(const char *pattern, enum orch_time_use use, const char *text)
{
    static char out[96];
    struct orch_arena a = { 0 };
    struct orch_time_format *f = NULL;
    struct orch_time_fields t = { 0 };
    orch_error err = ORCH_ERROR_INIT;

    if (orch_time_format_new(&a, orch_str_from(pattern), use, &f, &err) != ORCH_OK)
        fail_msg("%s: %s", pattern, err.message);
    if (!orch_time_parse(f, orch_str_from(text), &t))
        strcpy(out, "-");
    else if (t.has_offset)
        snprintf(out, sizeof out, "%d-%d-%d %d:%d:%d.%d%+d", t.year, t.month, t.day, t.hour,
                 t.minute, t.second, t.microsecond, t.offset);
    else
        snprintf(out, sizeof out, "%d-%d-%d %d:%d:%d.%d", t.year, t.month, t.day, t.hour, t.minute,
                 t.second, t.microsecond);
    orch_arena_release(&a);
    return out;
}

struct parse_case {
    const char *pattern, *text, *fields;
};

static void check_parses(enum orch_time_use use, const struct parse_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *got = parse(cases[i].pattern, use, cases[i].text);
        if (strcmp(got, cases[i].fields) != 0)
            fail_msg("%s by %s: %s, not %s", cases[i].text, cases[i].pattern, got,
                     cases[i].fields);
    }
}

#define CHECK_PARSES(use, cases) check_parses((use), (cases), sizeof(cases) / sizeof (cases)[0])

static void dates_are_read_by_their_pattern(void **state)
{
    const struct parse_case cases[] = {
        { "iso", "2024-02-29", "2024-2-29 0:0:0.0" },
        { "yyyy-mm-dd", "2024-02-29", "2024-2-29 0:0:0.0" },
        { "%Y-%m-%d", "2024-2-29", "-" },
        { "dd/mm/yyyy", "24/11/2020", "2020-11-24 0:0:0.0" },
        { "%d/%m/%Y", "1/3/2024", "2024-3-1 0:0:0.0" },
        { "dd/mm/yyyy", "24/11/20", "-" },
        { "dd/mm/yyyy", "24-11-2020", "-" },
        { "dd/mm/yyyy", "24/11/2020 ", "-" },
        { "dd/mm/yyyy", "24/11/20200", "-" },
        { "dd/mm/yy", "24/11/20", "2020-11-24 0:0:0.0" },
        { "dd/mm/yy", "24/11/68", "2068-11-24 0:0:0.0" },
        { "dd/mm/yy", "24/11/69", "1969-11-24 0:0:0.0" },
        { "yyyymmdd", "20201124", "2020-11-24 0:0:0.0" },
        { "yyyymmdd", "2020112", "-" },
        { "%d-%b-%y", "24-nov.-20", "2020-11-24 0:0:0.0" },
        { "%b-%y", "nov-20", "2020-11-1 0:0:0.0" },
        { "%B %Y", "Novembre 2020", "2020-11-1 0:0:0.0" },
        { "%d %B %Y", "1 f\xC3\xA9vrier 2021", "2021-2-1 0:0:0.0" },
        { "%d %B %Y", "1 F\xC3\x89VRIER 2021", "2021-2-1 0:0:0.0" },
        { "%d %B %Y", "1 fevrier 2021", "2021-2-1 0:0:0.0" },
        { "%d %B %Y", "15 ao\xC3\xBBt 2021", "2021-8-15 0:0:0.0" },
        { "%d %b %Y", "15 aug 2021", "2021-8-15 0:0:0.0" },
        { "%d %b %Y", "15  d\xC3\xA9" "c.\xC2\xA0" "2021", "2021-12-15 0:0:0.0" },
        { "%d %b %Y", "15 jui 2021", "-" },
        { "%d %b %Y", "15 nonsense 2021", "-" },
        { "%Y%j", "2024366", "2024-12-31 0:0:0.0" },
        { "%Y%j", "2023366", "-" },
        { "%Y%j", "2023000", "-" },
        { "%Y", "2023", "2023-1-1 0:0:0.0" },
        { "%d%%%m%%%Y", "01%02%2024", "2024-2-1 0:0:0.0" },
        { "%d/%m/%Y %H:%M", "01/02/2024 24:00", "2024-2-1 24:0:0.0" },
    };

    (void)state;
    CHECK_PARSES(ORCH_TIME_READ_DATE, cases);
}

static void impossible_dates_are_refused(void **state)
{
    const struct parse_case cases[] = {
        { "dd/mm/yyyy", "32/01/2024", "-" },  { "dd/mm/yyyy", "29/02/2023", "-" },
        { "dd/mm/yyyy", "29/02/1900", "-" },  { "dd/mm/yyyy", "29/02/2000", "2000-2-29 0:0:0.0" },
        { "dd/mm/yyyy", "31/04/2024", "-" },  { "dd/mm/yyyy", "00/00/0000", "-" },
        { "dd/mm/yyyy", "99/99/9999", "-" },  { "dd/mm/yyyy", "01/13/2024", "-" },
        { "iso", "0000-00-00", "-" },         { "iso", "0000-01-01", "-" },
        { "iso", "0001-01-01", "1-1-1 0:0:0.0" },
        { "iso", "9999-12-31", "9999-12-31 0:0:0.0" },
        { "dd/mm/yyyy", "0x/01/2024", "-" },  { "dd/mm/yyyy", "-1/01/2024", "-" },
        { "dd/mm/yyyy", "44159", "-" },       { "dd/mm/yyyy", "", "-" },
    };

    (void)state;
    CHECK_PARSES(ORCH_TIME_READ_DATE, cases);
}

static void iso_timestamps_are_read(void **state)
{
    const struct parse_case cases[] = {
        { "iso", "2024-01-15T10:30", "2024-1-15 10:30:0.0" },
        { "iso", "2024-01-15 10:30:05", "2024-1-15 10:30:5.0" },
        { "iso", "2024-01-15T10:30:05.5", "2024-1-15 10:30:5.500000" },
        { "iso", "2024-01-15T10:30:05,123456789Z", "2024-1-15 10:30:5.123456+0" },
        { "iso", "2024-01-15T10:30:05Z", "2024-1-15 10:30:5.0+0" },
        { "iso", "2024-01-15t10:30z", "2024-1-15 10:30:0.0+0" },
        { "iso", "2024-01-15T10:30+01", "2024-1-15 10:30:0.0+3600" },
        { "iso", "2024-01-15T10:30-0330", "2024-1-15 10:30:0.0-12600" },
        { "iso", "2024-01-15T10:30+05:45", "2024-1-15 10:30:0.0+20700" },
        { "iso", "2024-01-15T24:00:00", "2024-1-15 24:0:0.0" },
        { "iso", "2024-01-15T24:00:01", "-" },
        { "iso", "2024-01-15T24:00:00.1", "-" },
        { "iso", "2024-01-15T25:00", "-" },
        { "iso", "2024-01-15T10:60", "-" },
        { "iso", "2024-01-15T10:30:60Z", "-" },
        { "iso", "2024-01-15T10:30+25:00", "-" },
        { "iso", "2024-01-15T10:30+01:60", "-" },
        { "iso", "2024-01-15T10:30+1", "-" },
        { "iso", "2024-01-15T10:30+01:", "-" },
        { "iso", "2024-01-15T10:30:05.", "-" },
        { "iso", "2024-01-15T10:30:05.1234567890Z", "-" },
        { "iso", "2024-01-15", "-" },
        { "iso", "2024-01-15T10", "-" },
        { "iso", "2024-01-15T10:30Zx", "-" },
        { "%d/%m/%Y %H:%M", "15/01/2024 10:30", "2024-1-15 10:30:0.0" },
        { "%d/%m/%Y %H:%M", "15/01/2024 9:30", "2024-1-15 9:30:0.0" },
        { "%d/%m/%Y %H:%M", "15/01/2024 9:3", "-" },
        { "%d/%m/%Y %H:%M", "15/01/2024  10:30", "2024-1-15 10:30:0.0" },
        { "%d/%m/%Y %H:%M:%S", "15/01/2024 10:30:59", "2024-1-15 10:30:59.0" },
        { "%d/%m/%Y %H:%M:%S", "15/01/2024 10:30", "-" },
        { "%Y%m%d%H%M%S", "20240115103059", "2024-1-15 10:30:59.0" },
        { "%Y%m%dT%H%M%S%z", "20240115T103059+0100", "2024-1-15 10:30:59.0+3600" },
        { "%Y-%m-%d %H:%M:%S.%f", "2024-01-15 10:30:59.25", "2024-1-15 10:30:59.250000" },
    };

    (void)state;
    CHECK_PARSES(ORCH_TIME_READ_TIMESTAMP, cases);
}

static void bad_patterns_are_refused_with_the_reason(void **state)
{
    const struct {
        const char *pattern, *message, *hint;
    } cases[] = {
        { "dd/mm/yyy", "unknown format \"dd/mm/yyy\"",
          "did you mean \"dd/mm/yyyy\"? Letters go behind %: \"%d/%m/%Y %H:%M\"" },
        { "", "unknown format \"\"", "letters go behind %: \"%d/%m/%Y %H:%M\"" },
        { "%d/%m/%Q", "the format has no letter %Q",
          "letters are %Y %y %m %d %j %b %B %H %M %S %f %z" },
        { "%d/%m/%", "the format has no letter %?", NULL },
        { "%d/%m", "the format has no year (%Y or %y)", NULL },
        { "%d/%Y", "the format has a day but no month (%m or %b)", NULL },
        { "%d/%m/%Y %d", "the format says %d twice", NULL },
        { "%d/%m/%Y %y", "the format has two years (%Y and %y)", NULL },
        { "%d/%m/%b/%Y", "the format has two months (%m and %b)", NULL },
        { "%Y%m%j", "the format has %j beside month or day", NULL },
        { "%m/%Y %H", "the format has an hour but no day (%d or %j)", NULL },
        { "%d/%m/%Y %M", "the format has minutes but no hour (%H)", NULL },
        { "%d/%m/%Y %H:%S", "the format has seconds but no minutes (%M)", NULL },
        { "%d/%m/%Y %H:%M.%f", "the format has a fraction but no seconds (%S)", NULL },
        { "%Y................................................",
          "the format has more than 48 parts", NULL },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orch_arena a = { 0 };
        struct orch_time_format *f = NULL;
        orch_error err = ORCH_ERROR_INIT;
        assert_int_equal(orch_time_format_new(&a, orch_str_from(cases[i].pattern),
                                              ORCH_TIME_READ_DATE, &f, &err),
                         ORCH_ECONFIG);
        assert_string_equal(err.message, cases[i].message);
        if (cases[i].hint != NULL)
            assert_string_equal(err.hint, cases[i].hint);
        orch_arena_release(&a);
    }
}

/* ---- date --------------------------------------------------------------------------------- */

static void a_date_that_does_not_exist_fails_with_its_text(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "date", ORCH_TYPE_TEXT);
    fixture_text(&f, NULL, "dd/mm/yyyy");
    fixture_accept(&f);
    fixture_run_texts(&f, (const char *const[]){ " 24/11/2020\xC2\xA0", "32/01/2024", "", NULL });
    assert_string_equal(fixture_date(&f, 0), "2020-11-24");
    fixture_failed(&f, 1, "date", "not a date: \"32/01/2024\"");
    assert_int_equal(fixture_failure(&f, 1)->raw.len, 10);
    assert_true(fixture_is_null(&f, 2));
    fixture_close(&f);
}

static void twenty_four_hours_belong_to_the_next_day(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "date", ORCH_TYPE_TEXT);
    fixture_text(&f, NULL, "%d/%m/%Y %H:%M");
    fixture_accept(&f);
    fixture_run_texts(&f, (const char *const[]){ "31/12/2024 24:00", "31/12/2024 23:59", NULL });
    assert_string_equal(fixture_date(&f, 0), "2025-01-01");
    assert_string_equal(fixture_date(&f, 1), "2024-12-31");
    fixture_close(&f);
}

static void date_of_a_timestamp_needs_a_zone(void **state)
{
    struct fixture f;

    (void)state;
    fixture_open(&f, "date", ORCH_TYPE_TIMESTAMP);
    fixture_refuse(&f, "date of a timestamp needs a zone");
    fixture_close(&f);
    fixture_open(&f, "date", ORCH_TYPE_TIMESTAMP);
    fixture_text(&f, NULL, "Europe/Paris");
    fixture_accept(&f);
    fixture_run_int(&f, (orch_days_from_civil(2025, 6, 30) * 86400 + 22 * 3600) * 1000000);
    assert_string_equal(fixture_date(&f, 0), "2025-07-01");
    fixture_run_int(&f, (orch_days_from_civil(2025, 6, 30) * 86400 + 22 * 3600) * 1000000 - 1);
    assert_string_equal(fixture_date(&f, 0), "2025-06-30");
    fixture_close(&f);
}

/* ---- timestamp ---------------------------------------------------------------------------- */

static void open_timestamp(struct fixture *f, const char *format, const char *zone,
                           const char *ambiguous)
{
    fixture_open(f, "timestamp", ORCH_TYPE_TEXT);
    if (format != NULL)
        fixture_text(f, NULL, format);
    else
        fixture_nil(f, NULL);
    if (zone != NULL)
        fixture_text(f, NULL, zone);
    if (ambiguous != NULL)
        fixture_text(f, "ambiguous", ambiguous);
}

static void an_offset_in_the_text_needs_no_zone(void **state)
{
    struct fixture f;

    (void)state;
    open_timestamp(&f, NULL, NULL, NULL);
    fixture_accept(&f);
    fixture_run_texts(&f, (const char *const[]){ "2025-10-26T02:30:00+02:00",
                                                 "2025-10-26T02:30:00+01:00",
                                                 "2025-10-26T02:30:00", "bad", " ", NULL });
    assert_string_equal(fixture_instant(&f, 0), "2025-10-26T00:30:00Z");
    assert_string_equal(fixture_instant(&f, 1), "2025-10-26T01:30:00Z");
    fixture_failed(&f, 2, "timestamp",
                   "no offset in \"2025-10-26T02:30:00\": name a zone, "
                   ":timestamp(\"iso\", \"Europe/Paris\")");
    fixture_failed(&f, 3, "timestamp", "not a timestamp: \"bad\"");
    assert_true(fixture_is_null(&f, 4));
    fixture_close(&f);
}

static void a_zone_places_local_times(void **state)
{
    struct fixture f;

    (void)state;
    open_timestamp(&f, "%d/%m/%Y %H:%M", "Europe/Paris", NULL);
    fixture_accept(&f);
    fixture_run_texts(&f, (const char *const[]){ "15/01/2025 12:00", "15/07/2025 12:00",
                                                 "15/07/2025 24:00", "30/03/2025 02:30",
                                                 "26/10/2025 02:30", "15/07/2041 12:00", NULL });
    assert_string_equal(fixture_instant(&f, 0), "2025-01-15T11:00:00Z");
    assert_string_equal(fixture_instant(&f, 1), "2025-07-15T10:00:00Z");
    assert_string_equal(fixture_instant(&f, 2), "2025-07-15T22:00:00Z");
    fixture_failed(&f, 3, "timestamp",
                   "\"30/03/2025 02:30\" does not exist in Europe/Paris: the clocks jump over it");
    fixture_failed(&f, 4, "timestamp",
                   "\"26/10/2025 02:30\" occurs twice in Europe/Paris, as clocks go back: say "
                   "ambiguous = \"first\", \"second\" or \"sequence\"");
    assert_string_equal(fixture_instant(&f, 5), "2041-07-15T10:00:00Z");
    fixture_close(&f);
}

static void an_ambiguous_hour_is_taken_as_said(void **state)
{
    struct fixture f;

    (void)state;
    open_timestamp(&f, "%d/%m/%Y %H:%M", "Europe/Paris", "first");
    fixture_accept(&f);
    fixture_run_text(&f, "26/10/2025 02:30");
    assert_string_equal(fixture_instant(&f, 0), "2025-10-26T00:30:00Z");
    fixture_close(&f);
    open_timestamp(&f, "%d/%m/%Y %H:%M", "Europe/Paris", "second");
    fixture_accept(&f);
    fixture_run_text(&f, "26/10/2025 02:30");
    assert_string_equal(fixture_instant(&f, 0), "2025-10-26T01:30:00Z");
    fixture_close(&f);
}

static void a_sequence_unfolds_the_repeated_hour_across_batches(void **state)
{
    struct fixture f;

    (void)state;
    open_timestamp(&f, "%d/%m/%Y %H:%M", "Europe/Paris", "sequence");
    fixture_accept(&f);
    fixture_run_texts(&f, (const char *const[]){ "26/10/2025 01:30", "26/10/2025 02:00",
                                                 "26/10/2025 02:30", "26/10/2025 02:00", NULL });
    assert_string_equal(fixture_instant(&f, 0), "2025-10-25T23:30:00Z");
    assert_string_equal(fixture_instant(&f, 1), "2025-10-26T00:00:00Z");
    assert_string_equal(fixture_instant(&f, 2), "2025-10-26T00:30:00Z");
    assert_string_equal(fixture_instant(&f, 3), "2025-10-26T01:00:00Z");
    fixture_run_texts(&f, (const char *const[]){ "26/10/2025 02:30", "26/10/2025 03:00", NULL });
    assert_string_equal(fixture_instant(&f, 0), "2025-10-26T01:30:00Z");
    assert_string_equal(fixture_instant(&f, 1), "2025-10-26T02:00:00Z");
    /* the curve of the next meter begins anew */
    fixture_run_texts(&f, (const char *const[]){ "01/01/2025 00:00", "26/10/2025 02:00", NULL });
    assert_string_equal(fixture_instant(&f, 1), "2025-10-26T00:00:00Z");
    fixture_close(&f);
}

static void what_cannot_give_an_instant_is_refused_at_once(void **state)
{
    struct fixture f;

    (void)state;
    open_timestamp(&f, "%d/%m/%Y %H:%M", NULL, NULL);
    fixture_refuse(&f, "timestamp: the format has no offset and no zone is named");
    assert_string_equal(f.err.hint, "name the zone of the clocks: "
                                    ":timestamp(\"%d/%m/%Y %H:%M\", \"Europe/Paris\")");
    fixture_close(&f);
    open_timestamp(&f, "%d/%m/%Y %H:%M", "Europe/Pari", NULL);
    fixture_refuse(&f, "unknown time zone \"Europe/Pari\"");
    assert_string_equal(f.err.hint, "did you mean \"Europe/Paris\"?");
    fixture_close(&f);
    open_timestamp(&f, NULL, NULL, "last");
    fixture_refuse(&f, "timestamp: unknown ambiguous = \"last\"");
    fixture_close(&f);
    fixture_open(&f, "timestamp", ORCH_TYPE_INTEGER);
    fixture_refuse(&f, "timestamp needs text, not integer");
    fixture_close(&f);
}

static void fractions_and_old_times_are_kept(void **state)
{
    struct fixture f;

    (void)state;
    open_timestamp(&f, NULL, "Europe/Paris", NULL);
    fixture_accept(&f);
    fixture_run_texts(&f, (const char *const[]){ "1969-12-31T23:59:59.25Z", "1900-01-01T00:00:00",
                                                 "0001-01-01T00:00:00Z",
                                                 "9999-12-31T23:59:59.999999Z", NULL });
    assert_string_equal(fixture_instant(&f, 0), "1969-12-31T23:59:59.250000Z");
    assert_string_equal(fixture_instant(&f, 1), "1899-12-31T23:50:39Z");
    assert_string_equal(fixture_instant(&f, 2), "0001-01-01T00:00:00Z");
    assert_string_equal(fixture_instant(&f, 3), "9999-12-31T23:59:59.999999Z");
    fixture_close(&f);
}

static void a_lack_of_memory_is_reported_wherever_it_comes(void **state)
{
    (void)state;
    for (long n = 1;; n++) {
        struct fixture f;
        open_timestamp(&f, "%d/%m/%Y %H:%M", "Europe/Paris", NULL);
        bool starved = fixture_starve(
            &f, n, (const char *const[]){ "26/10/2025 02:30", "x", " ", NULL });
        fixture_close(&f);
        if (!starved)
            break;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read_by_their_pattern),
        cmocka_unit_test(impossible_dates_are_refused),
        cmocka_unit_test(iso_timestamps_are_read),
        cmocka_unit_test(bad_patterns_are_refused_with_the_reason),
        cmocka_unit_test(a_date_that_does_not_exist_fails_with_its_text),
        cmocka_unit_test(twenty_four_hours_belong_to_the_next_day),
        cmocka_unit_test(date_of_a_timestamp_needs_a_zone),
        cmocka_unit_test(an_offset_in_the_text_needs_no_zone),
        cmocka_unit_test(a_zone_places_local_times),
        cmocka_unit_test(an_ambiguous_hour_is_taken_as_said),
        cmocka_unit_test(a_sequence_unfolds_the_repeated_hour_across_batches),
        cmocka_unit_test(what_cannot_give_an_instant_is_refused_at_once),
        cmocka_unit_test(fractions_and_old_times_are_kept),
        cmocka_unit_test(a_lack_of_memory_is_reported_wherever_it_comes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
