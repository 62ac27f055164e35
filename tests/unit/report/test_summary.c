/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include "orch/error.h"
#include "report/summary.h"

#define NARROW "\xE2\x80\xAF" /* between thousands */

static struct orch_report_input inputs[] = {
    { .path = "exports/a.csv", .sha256 = "aa", .encoding = "windows-1252", .size_bytes = 1200000 },
    { .path = "exports/\"b\".csv", .sha256 = "bb", .size_bytes = 345 },
};

static struct orch_reason reasons[] = {
    { .rule = "number", .column = "kwh", .example = "not a number: \"n.c.\"", .count = 12 },
    { .rule = "columns", .column = "", .example = "3 fields", .count = 1 },
};

static struct orch_run_report loaded(void)
{
    return (struct orch_run_report){
        .run = "20260101T000000Z-00000001", .pipeline = "energy.load_curve",
        .title = "Load curve", .target = "load_curve", .source = "csv", .destination = "geopackage",
        .outcome = ORCH_OUTCOME_LOADED,
        .books = { .read = 1234567, .added = 2, .filtered = 30, .rejected = 13, .written = 1234526,
                   .counts = { .inserted = 1234500, .updated = 20, .unchanged = 5, .merged = 1 } },
        .reasons = reasons, .n_reasons = 2, .inputs = inputs, .n_inputs = 2,
        .source_bytes = 1200345, .started_us = 1767225600000000, .wall_us = 1234567,
        .cpu_us = 2345678, .peak_bytes = 45600000, .sequence = 3, .recorded = true,
    };
}

static void assert_summary(const struct orch_run_report *r, const char *expected)
{
    struct orch_text t = { 0 };
    assert_true(orch_summary_text(r, &t));
    assert_string_equal(orch_text_z(&t), expected);
    orch_text_release(&t);
}

static void a_loaded_run_tells_every_book(void **state)
{
    (void)state;
    struct orch_run_report r = loaded();
    assert_summary(&r,
                   "energy.load_curve: loaded in 1.23 s\n"
                   "  read         1" NARROW "234" NARROW "567   2 inputs, 1.2 MB\n"
                   "  added                2   rows made of one record beyond its first\n"
                   "  loaded       1" NARROW "234" NARROW "525   1" NARROW "234" NARROW
                   "500 inserted, 20 updated, 5 unchanged\n"
                   "  merged               1   same key twice in the input, the last one kept\n"
                   "  filtered            30\n"
                   "  rejected            13\n"
                   "        12 x kwh: number   for example: not a number: \"n.c.\"\n"
                   "         1 x columns   for example: 3 fields\n"
                   "  into geopackage load_curve\n"
                   "  run 20260101T000000Z-00000001, cpu 2.35 s, peak 45.6 MB\n");
}

static void a_dry_run_says_that_nothing_was_committed(void **state)
{
    (void)state;
    struct orch_run_report r = loaded();
    r.outcome = ORCH_OUTCOME_DRY;
    r.books = (struct orch_books){ .read = 1, .written = 1, .counts = { .inserted = 1 } };
    r.n_reasons = 0;
    r.n_inputs = 0;
    r.peak_bytes = 999;
    assert_summary(&r, "energy.load_curve: dry run in 1.23 s\n"
                       "  read                 1\n"
                       "  loaded               1   1 inserted, 0 updated, 0 unchanged\n"
                       "  into geopackage load_curve (dry run: nothing was committed)\n"
                       "  run 20260101T000000Z-00000001, cpu 2.35 s, peak 999 bytes\n");
}

static void a_run_of_several_attempts_says_so(void **state)
{
    (void)state;
    struct orch_run_report r = loaded();
    struct orch_text t = { 0 };
    r.attempts = 3;
    assert_true(orch_summary_text(&r, &t));
    assert_non_null(strstr(orch_text_z(&t), "energy.load_curve: loaded in 1.23 s, 3 attempts\n"));
    orch_text_reset(&t);
    assert_true(orch_summary_json(&r, 0, &t));
    assert_non_null(strstr(orch_text_z(&t), "\"attempts\": 3,"));
    orch_text_release(&t);
}

static void an_unchanged_run_says_how_to_run_anyway(void **state)
{
    (void)state;
    struct orch_run_report r = loaded();
    r.outcome = ORCH_OUTCOME_UNCHANGED;
    assert_summary(&r, "energy.load_curve: unchanged in 1.23 s\n"
                       "  inputs, script and connectors are those of the last run; "
                       "--force runs anyway\n");
}

static void only_the_first_reasons_are_shown(void **state)
{
    (void)state;
    struct orch_reason many[7] = { 0 };
    struct orch_run_report r = loaded();
    struct orch_text t = { 0 };
    for (size_t i = 0; i < 7; i++)
        many[i] = (struct orch_reason){ .rule = "r", .example = "e", .count = 1 };
    r.reasons = many;
    r.n_reasons = 7;
    assert_true(orch_summary_text(&r, &t));
    assert_non_null(strstr(orch_text_z(&t), "    and 2 more reasons\n"));
    orch_text_release(&t);
}

static void texts_of_an_export_give_the_terminal_no_orders(void **state)
{
    (void)state;
    struct orch_reason hostile = { .rule = "a", .column = "x\x1b[31m", .example = "y\rz\n",
                                   .count = 1 };
    struct orch_run_report r = loaded();
    struct orch_text t = { 0 };
    r.reasons = &hostile;
    r.n_reasons = 1;
    assert_true(orch_summary_text(&r, &t));
    assert_null(strchr(orch_text_z(&t), '\x1b'));
    assert_null(strchr(orch_text_z(&t), '\r'));
    orch_text_release(&t);
}

static void an_error_is_told_in_lines(void **state)
{
    (void)state;
    orch_error e = ORCH_ERROR_INIT;
    struct orch_text t = { 0 };
    orch_error_set(&e, ORCH_EDATA, "cannot read \"a.csv\"");
    orch_error_detail(&e, "line 3: quote\nline 4: end");
    orch_error_hint(&e, "set quote");
    orch_error_at(&e, 12, "kwh");
    assert_true(orch_error_print(&e, &t));
    assert_string_equal(orch_text_z(&t), "orchestra: cannot read \"a.csv\"\n"
                                         "  record 12, column kwh\n"
                                         "  line 3: quote\n"
                                         "  line 4: end\n"
                                         "  hint: set quote\n");
    orch_text_release(&t);
}

static void a_position_is_shown_as_the_ledger_holds_it(void **state)
{
    (void)state;
    struct orch_run_report r = loaded();
    struct orch_text t = { 0 };
    assert_int_equal(orch_position_set(&r.position, ORCH_STR("{\"after\":7}"), 1), ORCH_OK);
    assert_true(orch_summary_text(&r, &t));
    assert_non_null(strstr(orch_text_z(&t), "\n  position {\"after\":7}\n"));
    orch_text_reset(&t);
    assert_true(orch_summary_json(&r, 0, &t));
    assert_non_null(strstr(orch_text_z(&t), "\"position\": \"{\\\"after\\\":7}\",\n"));
    orch_text_reset(&t);
    r.outcome = ORCH_OUTCOME_FAILED;
    assert_true(orch_summary_json(&r, 5, &t));
    assert_non_null(strstr(orch_text_z(&t), "\"position\": null,\n"));
    orch_text_reset(&t);
    r.outcome = ORCH_OUTCOME_UNCHANGED;
    r.resumed = true;
    assert_true(orch_summary_text(&r, &t));
    assert_non_null(strstr(orch_text_z(&t), "nothing came since the last run; --from-start"));
    orch_text_release(&t);
    orch_position_release(&r.position);
}

static void machines_get_the_same_as_json(void **state)
{
    (void)state;
    struct orch_run_report r = loaded();
    struct orch_text t = { 0 };
    assert_true(orch_summary_json(&r, 0, &t));
    assert_string_equal(orch_text_z(&t),
                        "{\n"
                        "  \"run\": \"20260101T000000Z-00000001\",\n"
                        "  \"pipeline\": \"energy.load_curve\",\n"
                        "  \"outcome\": \"loaded\",\n"
                        "  \"exit_code\": 0,\n"
                        "  \"attempts\": 0,\n"
                        "  \"started\": \"2026-01-01T00:00:00Z\",\n"
                        "  \"source\": \"csv\",\n"
                        "  \"destination\": \"geopackage\",\n"
                        "  \"target\": \"load_curve\",\n"
                        "  \"read\": 1234567,\n"
                        "  \"added\": 2,\n"
                        "  \"loaded\": 1234525,\n"
                        "  \"inserted\": 1234500,\n"
                        "  \"updated\": 20,\n"
                        "  \"unchanged\": 5,\n"
                        "  \"merged\": 1,\n"
                        "  \"filtered\": 30,\n"
                        "  \"rejected\": 13,\n"
                        "  \"source_bytes\": 1200345,\n"
                        "  \"position\": null,\n"
                        "  \"wall_ms\": 1234,\n"
                        "  \"cpu_ms\": 2345,\n"
                        "  \"peak_bytes\": 45600000,\n"
                        "  \"inputs\": [\n"
                        "    {\n"
                        "      \"path\": \"exports/a.csv\",\n"
                        "      \"size_bytes\": 1200000,\n"
                        "      \"sha256\": \"aa\",\n"
                        "      \"encoding\": \"windows-1252\"\n"
                        "    },\n"
                        "    {\n"
                        "      \"path\": \"exports/\\\"b\\\".csv\",\n"
                        "      \"size_bytes\": 345,\n"
                        "      \"sha256\": \"bb\",\n"
                        "      \"encoding\": null\n"
                        "    }\n"
                        "  ],\n"
                        "  \"reasons\": [\n"
                        "    {\n"
                        "      \"column\": \"kwh\",\n"
                        "      \"rule\": \"number\",\n"
                        "      \"count\": 12,\n"
                        "      \"example\": \"not a number: \\\"n.c.\\\"\"\n"
                        "    },\n"
                        "    {\n"
                        "      \"column\": \"\",\n"
                        "      \"rule\": \"columns\",\n"
                        "      \"count\": 1,\n"
                        "      \"example\": \"3 fields\"\n"
                        "    }\n"
                        "  ],\n"
                        "  \"error\": null\n"
                        "}\n");
    orch_text_release(&t);
}

static void a_failed_run_has_its_error_in_json(void **state)
{
    (void)state;
    struct orch_run_report r = loaded();
    struct orch_text t = { 0 };
    r.outcome = ORCH_OUTCOME_FAILED;
    orch_error_set(&r.error, ORCH_EDATA, "too many rejects");
    orch_error_detail(&r.error, "13 of 20");
    orch_error_at(&r.error, 4, "kwh");
    assert_true(orch_summary_json(&r, 4, &t));
    assert_non_null(strstr(orch_text_z(&t), "\"outcome\": \"failed\",\n  \"exit_code\": 4,"));
    assert_non_null(strstr(orch_text_z(&t), "  \"error\": {\n"
                                            "    \"message\": \"too many rejects\",\n"
                                            "    \"detail\": \"13 of 20\",\n"
                                            "    \"hint\": \"\",\n"
                                            "    \"record\": 4,\n"
                                            "    \"field\": \"kwh\",\n"
                                            "    \"sqlstate\": \"\"\n"
                                            "  }\n"));
    orch_text_release(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loaded_run_tells_every_book),
        cmocka_unit_test(a_dry_run_says_that_nothing_was_committed),
        cmocka_unit_test(a_run_of_several_attempts_says_so),
        cmocka_unit_test(an_unchanged_run_says_how_to_run_anyway),
        cmocka_unit_test(only_the_first_reasons_are_shown),
        cmocka_unit_test(texts_of_an_export_give_the_terminal_no_orders),
        cmocka_unit_test(an_error_is_told_in_lines),
        cmocka_unit_test(a_position_is_shown_as_the_ledger_holds_it),
        cmocka_unit_test(machines_get_the_same_as_json),
        cmocka_unit_test(a_failed_run_has_its_error_in_json),
    };
    return cmocka_run_group_tests_name("summary", tests, NULL, NULL);
}
