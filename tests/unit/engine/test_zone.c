/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "engine/zone.h"
#include "orch/error.h"

static int64_t at(int64_t year, int month, int day, int hour, int minute)
{
    return orch_days_from_civil(year, month, day) * 86400 + hour * 3600 + minute * 60;
}

/* NULL where this system has no such zone. */
static struct orch_zone *load(const char *name)
{
    struct orch_zone *z = NULL;
    orch_error err = ORCH_ERROR_INIT;

    if (orch_zone_load(orch_str_from(name), &z, &err) != ORCH_OK)
        print_message("no zone %s here: %s\n", name, err.message);
    return z;
}

#define LOAD_OR_SKIP(z, name) \
    struct orch_zone *z = load(name); \
    if ((z) == NULL) \
    skip()

/* ---- offsets ------------------------------------------------------------------------------ */

struct offset_case {
    int64_t utc;
    int32_t offset;
};

static void check_offsets(const struct orch_zone *z, const struct offset_case *cases, size_t n)
{
    struct orch_zone_span span = { 0 };

    for (size_t i = 0; i < n; i++) {
        struct orch_zone_span fresh = { 0 };
        assert_int_equal(orch_zone_offset_at(z, cases[i].utc, &span), cases[i].offset);
        assert_int_equal(orch_zone_offset_at(z, cases[i].utc, &fresh), cases[i].offset);
    }
}

#define CHECK_OFFSETS(z, cases) check_offsets((z), (cases), sizeof(cases) / sizeof (cases)[0])

static void paris_changes_at_one_in_the_morning_utc(void **state)
{
    LOAD_OR_SKIP(z, "Europe/Paris");
    const struct offset_case cases[] = {
        { at(2025, 3, 30, 0, 59), 3600 },   { at(2025, 3, 30, 1, 0), 7200 },
        { at(2025, 10, 26, 0, 59), 7200 },  { at(2025, 10, 26, 1, 0), 3600 },
        { at(2025, 10, 26, 1, 0) - 1, 7200 },
    };

    (void)state;
    CHECK_OFFSETS(z, cases);
    orch_zone_free(z);
}

static void the_rule_holds_behind_the_table(void **state)
{
    LOAD_OR_SKIP(z, "Europe/Paris");
    const struct offset_case cases[] = {
        { at(2040, 3, 25, 0, 59), 3600 },  { at(2040, 3, 25, 1, 0), 7200 },
        { at(2040, 10, 28, 0, 59), 7200 }, { at(2040, 10, 28, 1, 0), 3600 },
        /* 400 years later the calendar is the same */
        { at(2440, 3, 25, 0, 59), 3600 },  { at(2440, 3, 25, 1, 0), 7200 },
        { at(9640, 10, 28, 0, 59), 7200 }, { at(9640, 10, 28, 1, 0), 3600 },
    };

    (void)state;
    CHECK_OFFSETS(z, cases);
    orch_zone_free(z);
}

static void instants_far_out_are_answered(void **state)
{
    LOAD_OR_SKIP(z, "Europe/Paris");
    struct orch_zone_span span = { 0 };

    (void)state;
    int32_t past = orch_zone_offset_at(z, INT64_MIN / 1000000, &span);
    int32_t future = orch_zone_offset_at(z, INT64_MAX / 1000000, &span);
    assert_int_equal(past, 561); /* the sun over Paris */
    assert_true(future == 3600 || future == 7200);
    orch_zone_free(z);
}

static void utc_needs_no_file(void **state)
{
    struct orch_zone_span span = { 0 };
    int64_t utc[2] = { 0, 0 };

    (void)state;
    assert_int_equal(setenv("TZDIR", "/nonexistent", 1), 0);
    LOAD_OR_SKIP(z, "UTC");
    unsetenv("TZDIR");
    assert_int_equal(orch_zone_offset_at(z, at(2025, 7, 1, 0, 0), &span), 0);
    assert_int_equal(orch_zone_to_utc(z, 12345, &span, utc), 1);
    assert_int_equal(utc[0], 12345);
    assert_string_equal(orch_zone_name(z), "UTC");
    orch_zone_free(z);
}

/* ---- local times -------------------------------------------------------------------------- */

struct local_case {
    int64_t local;
    int found;
    int64_t first, second;
};

static void check_locals(const struct orch_zone *z, const struct local_case *cases, size_t n)
{
    struct orch_zone_span span = { 0 };

    for (size_t i = 0; i < n; i++) {
        struct orch_zone_span fresh = { 0 };
        int64_t a[2] = { 0, 0 }, b[2] = { 0, 0 };
        assert_int_equal(orch_zone_to_utc(z, cases[i].local, &span, a), cases[i].found);
        assert_int_equal(orch_zone_to_utc(z, cases[i].local, &fresh, b), cases[i].found);
        assert_int_equal(a[0], cases[i].first);
        assert_int_equal(b[0], cases[i].first);
        if (cases[i].found == 2) {
            assert_int_equal(a[1], cases[i].second);
            assert_int_equal(b[1], cases[i].second);
        }
    }
}

#define CHECK_LOCALS(z, cases) check_locals((z), (cases), sizeof(cases) / sizeof (cases)[0])

static void paris_jumps_over_an_hour_and_repeats_one(void **state)
{
    LOAD_OR_SKIP(z, "Europe/Paris");
    const struct local_case cases[] = {
        { at(2025, 3, 30, 1, 59), 1, at(2025, 3, 30, 0, 59), 0 },
        { at(2025, 3, 30, 2, 0), 0, at(2025, 3, 30, 1, 0), 0 },
        { at(2025, 3, 30, 2, 59), 0, at(2025, 3, 30, 1, 0), 0 },
        { at(2025, 3, 30, 3, 0), 1, at(2025, 3, 30, 1, 0), 0 },
        { at(2025, 10, 26, 1, 59), 1, at(2025, 10, 25, 23, 59), 0 },
        { at(2025, 10, 26, 2, 0), 2, at(2025, 10, 26, 0, 0), at(2025, 10, 26, 1, 0) },
        { at(2025, 10, 26, 2, 59), 2, at(2025, 10, 26, 0, 59), at(2025, 10, 26, 1, 59) },
        { at(2025, 10, 26, 3, 0), 1, at(2025, 10, 26, 2, 0), 0 },
        { at(2025, 7, 1, 12, 0), 1, at(2025, 7, 1, 10, 0), 0 },
        { at(2041, 10, 27, 2, 30), 2, at(2041, 10, 27, 0, 30), at(2041, 10, 27, 1, 30) },
    };

    (void)state;
    CHECK_LOCALS(z, cases);
    orch_zone_free(z);
}

static void lord_howe_changes_by_half_an_hour(void **state)
{
    LOAD_OR_SKIP(z, "Australia/Lord_Howe");
    const struct local_case cases[] = {
        { at(2025, 4, 6, 1, 29), 1, at(2025, 4, 5, 14, 29), 0 },
        { at(2025, 4, 6, 1, 30), 2, at(2025, 4, 5, 14, 30), at(2025, 4, 5, 15, 0) },
        { at(2025, 4, 6, 1, 59), 2, at(2025, 4, 5, 14, 59), at(2025, 4, 5, 15, 29) },
        { at(2025, 4, 6, 2, 0), 1, at(2025, 4, 5, 15, 30), 0 },
        { at(2025, 10, 5, 2, 0), 0, at(2025, 10, 4, 15, 30), 0 },
        { at(2025, 10, 5, 2, 29), 0, at(2025, 10, 4, 15, 30), 0 },
        { at(2025, 10, 5, 2, 30), 1, at(2025, 10, 4, 15, 30), 0 },
    };

    (void)state;
    CHECK_LOCALS(z, cases);
    orch_zone_free(z);
}

static void apia_has_no_30_december_2011(void **state)
{
    LOAD_OR_SKIP(z, "Pacific/Apia");
    const struct local_case cases[] = {
        { at(2011, 12, 29, 23, 59), 1, at(2011, 12, 30, 9, 59), 0 },
        { at(2011, 12, 30, 0, 0), 0, at(2011, 12, 30, 10, 0), 0 },
        { at(2011, 12, 30, 12, 0), 0, at(2011, 12, 30, 10, 0), 0 },
        { at(2011, 12, 30, 23, 59), 0, at(2011, 12, 30, 10, 0), 0 },
        { at(2011, 12, 31, 0, 0), 1, at(2011, 12, 30, 10, 0), 0 },
    };

    (void)state;
    CHECK_LOCALS(z, cases);
    orch_zone_free(z);
}

/* ---- names -------------------------------------------------------------------------------- */

static void check_refused(const char *name, const char *message, const char *hint)
{
    struct orch_zone *z = NULL;
    orch_error err = ORCH_ERROR_INIT;

    assert_int_equal(orch_zone_load(orch_str_from(name), &z, &err), ORCH_ECONFIG);
    assert_null(z);
    assert_string_equal(err.message, message);
    if (hint != NULL)
        assert_string_equal(err.hint, hint);
}

static void unknown_names_propose_the_nearest(void **state)
{
    const char *form = "names look like \"Europe/Paris\" or \"UTC\"";

    (void)state;
    if (!orch_file_exists("/usr/share/zoneinfo"))
        skip();
    check_refused("Europe/Pari", "unknown time zone \"Europe/Pari\"",
                  "did you mean \"Europe/Paris\"?");
    check_refused("europe/paris", "unknown time zone \"europe/paris\"",
                  "did you mean \"Europe/Paris\"?");
    check_refused("Paris", "unknown time zone \"Paris\"", "did you mean \"Europe/Paris\"?");
    check_refused("reunion", "unknown time zone \"reunion\"", "did you mean \"Indian/Reunion\"?");
    check_refused("Europe", "unknown time zone \"Europe\"", NULL);
    check_refused("", "\"\" is no name of a time zone", form);
    check_refused("../../etc/passwd", "\"../../etc/passwd\" is no name of a time zone", form);
    check_refused("/etc/passwd", "\"/etc/passwd\" is no name of a time zone", form);
    check_refused("Europe//Paris", "\"Europe//Paris\" is no name of a time zone", form);
    check_refused("Europe/", "\"Europe/\" is no name of a time zone", form);
}

static void a_missing_database_is_said(void **state)
{
    (void)state;
    assert_int_equal(setenv("TZDIR", "/nonexistent", 1), 0);
    check_refused("Europe/Paris", "cannot load time zone \"Europe/Paris\"",
                  "install tzdata, or let TZDIR name the folder of the time zones");
    unsetenv("TZDIR");
}

/* ---- hostile files ------------------------------------------------------------------------ */

static void release(struct orch_zone *z)
{
    free(z->transitions);
    *z = (struct orch_zone){ .repeat_from = INT64_MAX };
}

static orch_status decode(const void *bytes, size_t len, struct orch_zone *z)
{
    /* exactly as long, so that reading behind it is seen */
    char *copy = malloc(len > 0 ? len : 1);

    *z = (struct orch_zone){ .repeat_from = INT64_MAX };
    memcpy(copy, bytes, len);
    orch_status st = orch_zone_decode(z, (struct orch_str){ copy, len });
    free(copy);
    return st;
}

static void a_file_cut_anywhere_is_refused(void **state)
{
    struct orch_text file = { 0 };
    struct orch_zone z;

    (void)state;
    if (orch_file_read("/usr/share/zoneinfo/Europe/Paris", 1 << 20, &file, NULL) != ORCH_OK)
        skip();
    assert_int_equal(decode(file.ptr, file.len, &z), ORCH_OK);
    release(&z);
    for (size_t len = 0; len < file.len; len++) {
        assert_int_equal(decode(file.ptr, len, &z), ORCH_EDATA);
        release(&z);
    }
    orch_text_release(&file);
}

static void a_file_with_any_byte_changed_does_no_harm(void **state)
{
    static const char flips[] = { 0x01, 0x40, (char)0xFF };
    struct orch_text file = { 0 };
    struct orch_zone z;

    (void)state;
    if (orch_file_read("/usr/share/zoneinfo/Pacific/Apia", 1 << 20, &file, NULL) != ORCH_OK)
        skip();
    for (size_t i = 0; i < file.len * 3; i++) {
        char kept = file.ptr[i / 3];
        struct orch_zone_span span = { 0 };
        int64_t utc[2];
        file.ptr[i / 3] = (char)(kept ^ flips[i % 3]);
        if (decode(file.ptr, file.len, &z) == ORCH_OK) {
            orch_zone_find(&z, at(2025, 7, 1, 0, 0), &span);
            orch_zone_to_utc(&z, at(2525, 7, 1, 0, 0), &span, utc);
        }
        release(&z);
        file.ptr[i / 3] = kept;
    }
    orch_text_release(&file);
}

static void rules_are_read_and_bad_ones_refused(void **state)
{
    const struct {
        const char *rule;
        orch_status status;
        int32_t winter, summer; /* January and July 2025 */
    } cases[] = {
        { "CET-1CEST,M3.5.0,M10.5.0/3", ORCH_OK, 3600, 7200 },
        { "EST5EDT,M3.2.0,M11.1.0", ORCH_OK, -18000, -14400 },
        { "AEST-10AEDT,M10.1.0,M4.1.0/3", ORCH_OK, 39600, 36000 },
        { "<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", ORCH_OK, 39600, 37800 },
        { "IST-1GMT0,M10.5.0,M3.5.0/1", ORCH_OK, 0, 3600 },
        { "XXX3EDT4,0/0,J365/23", ORCH_OK, -14400, -14400 },
        { "AAA-1BBB-2,J60/0,300/-25", ORCH_OK, 3600, 7200 },
        { "", ORCH_OK, 0, 0 },
        { "UTC0", ORCH_OK, 0, 0 },
        { "CET-1", ORCH_EDATA, 0, 0 }, /* not what the table ends with */
        { "CET", ORCH_EDATA, 0, 0 },
        { "CE-1", ORCH_EDATA, 0, 0 },
        { "CET-1CEST", ORCH_EDATA, 0, 0 },
        { "CET-1CEST,M3.5.0", ORCH_EDATA, 0, 0 },
        { "CET-1CEST,M13.5.0,M10.5.0", ORCH_EDATA, 0, 0 },
        { "CET-1CEST,M3.6.0,M10.5.0", ORCH_EDATA, 0, 0 },
        { "CET-1CEST,M3.5.7,M10.5.0", ORCH_EDATA, 0, 0 },
        { "CET-1CEST,J0,J366", ORCH_EDATA, 0, 0 },
        { "CET-1CEST,M3.5.0/168,M10.5.0", ORCH_EDATA, 0, 0 },
        { "CET-25CEST,M3.5.0,M10.5.0", ORCH_EDATA, 0, 0 },
        { "CET-1CEST,M3.5.0,M10.5.0x", ORCH_EDATA, 0, 0 },
        { "<CET-1", ORCH_EDATA, 0, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orch_zone z = { .repeat_from = INT64_MAX };
        struct orch_zone_span span = { 0 };
        orch_status st = orch_zone_extend(&z, orch_str_from(cases[i].rule));
        if (st != cases[i].status)
            fail_msg("%s: %d", cases[i].rule, (int)st);
        if (st == ORCH_OK) {
            assert_int_equal(orch_zone_offset_at(&z, at(2025, 1, 15, 0, 0), &span),
                             cases[i].winter);
            assert_int_equal(orch_zone_offset_at(&z, at(2025, 7, 15, 0, 0), &span),
                             cases[i].summer);
        }
        release(&z);
    }
}

static void leap_second_zones_are_refused(void **state)
{
    struct orch_text file = { 0 };
    struct orch_zone z;

    (void)state;
    if (orch_file_read("/usr/share/zoneinfo/right/Europe/Paris", 1 << 20, &file, NULL) != ORCH_OK)
        skip();
    assert_int_equal(decode(file.ptr, file.len, &z), ORCH_EDATA);
    release(&z);
    orch_text_release(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paris_changes_at_one_in_the_morning_utc),
        cmocka_unit_test(the_rule_holds_behind_the_table),
        cmocka_unit_test(instants_far_out_are_answered),
        cmocka_unit_test(utc_needs_no_file),
        cmocka_unit_test(paris_jumps_over_an_hour_and_repeats_one),
        cmocka_unit_test(lord_howe_changes_by_half_an_hour),
        cmocka_unit_test(apia_has_no_30_december_2011),
        cmocka_unit_test(unknown_names_propose_the_nearest),
        cmocka_unit_test(a_missing_database_is_said),
        cmocka_unit_test(a_file_cut_anywhere_is_refused),
        cmocka_unit_test(a_file_with_any_byte_changed_does_no_harm),
        cmocka_unit_test(rules_are_read_and_bad_ones_refused),
        cmocka_unit_test(leap_second_zones_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
