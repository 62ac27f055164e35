/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orch/view.h"
#include "run/rejects.h"

enum { INPUT = 3, RECORD, LINE, OFFSET, COLUMN, RULE, MESSAGE, RAW, CONTENT };

/* Keeps what it is handed. */
struct sink {
    struct ArrowArray batches[16];
    size_t n;
    bool closed;
};

static bool take(void *ctx, struct ArrowArray *batch)
{
    struct sink *s = ctx;
    if (s->closed) {
        batch->release(batch);
        return false;
    }
    assert_true(s->n < 16);
    s->batches[s->n++] = *batch;
    return true;
}

static void sink_release(struct sink *s)
{
    for (size_t i = 0; i < s->n; i++)
        s->batches[i].release(&s->batches[i]);
}

static struct orch_rejects *rejects_with(struct sink *s, int64_t count, double percent,
                                         const char *const *personal, size_t n_personal)
{
    struct orch_rejects_setup setup = { .run = "r1", .pipeline = "p", .limit = { count, percent },
                                        .personal = personal, .n_personal = n_personal,
                                        .sink = take, .sink_ctx = s };
    struct orch_rejects *r = NULL;
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_rejects_new(&setup, &r, &err), ORCH_OK);
    orch_rejects_open(r, true);
    return r;
}

static orch_status add(struct orch_rejects *r, const char *field, const char *rule,
                       const char *message, const char *raw)
{
    orch_reject reject = { .struct_size = sizeof reject, .record = 7, .line = 9, .offset = -1,
                           .field = field, .rule = rule, .message = message, .raw = raw,
                           .raw_len = raw != NULL ? strlen(raw) : 0 };
    return orch_rejects_add_source(r, &reject);
}

/* Text of a cell of the first row of a batch; NULL when it is null. */
static const char *cell(struct orch_rejects *r, const struct ArrowArray *batch, size_t column)
{
    static char text[70000];
    orch_view view;
    orch_error err = ORCH_ERROR_INIT;
    size_t len = 0;
    assert_int_equal(orch_view_init(&view, orch_rejects_schema(r), batch, &err), ORCH_OK);
    bool null = orch_view_is_null(&view, column, 0);
    if (!null && view.columns[column].type == ORCH_VIEW_INT) {
        snprintf(text, sizeof text, "%lld", (long long)orch_view_int(&view, column, 0));
    } else if (!null) {
        const char *value = orch_view_text(&view, column, 0, &len);
        assert_true(len < sizeof text);
        memcpy(text, value, len);
        text[len] = '\0';
    }
    orch_view_release(&view);
    return null ? NULL : text;
}

static void a_reject_of_the_source_becomes_a_row(void **state)
{
    (void)state;
    struct sink s = { 0 };
    struct orch_rejects *r = rejects_with(&s, -1, 10, NULL, 0);
    assert_int_equal(add(r, "amount", "columns", "2 fields", "a;b"), ORCH_OK);
    assert_int_equal(orch_rejects_flush(r), ORCH_OK);
    assert_int_equal(s.n, 1);
    assert_string_equal(cell(r, &s.batches[0], 0), "r1");
    assert_string_equal(cell(r, &s.batches[0], 1), "p");
    assert_string_equal(cell(r, &s.batches[0], 2), "1");
    assert_null(cell(r, &s.batches[0], INPUT));
    assert_string_equal(cell(r, &s.batches[0], RECORD), "7");
    assert_string_equal(cell(r, &s.batches[0], LINE), "9");
    assert_null(cell(r, &s.batches[0], OFFSET));
    assert_string_equal(cell(r, &s.batches[0], COLUMN), "amount");
    assert_string_equal(cell(r, &s.batches[0], RULE), "columns");
    assert_string_equal(cell(r, &s.batches[0], MESSAGE), "2 fields");
    assert_string_equal(cell(r, &s.batches[0], RAW), "a;b");
    assert_null(cell(r, &s.batches[0], CONTENT));
    sink_release(&s);
    orch_rejects_free(r);
}

static void absent_texts_of_a_reject_are_filled_in(void **state)
{
    (void)state;
    struct sink s = { 0 };
    struct orch_rejects *r = rejects_with(&s, -1, 10, NULL, 0);
    assert_int_equal(add(r, NULL, NULL, NULL, NULL), ORCH_OK);
    assert_int_equal(orch_rejects_flush(r), ORCH_OK);
    assert_null(cell(r, &s.batches[0], COLUMN));
    assert_string_equal(cell(r, &s.batches[0], RULE), "record");
    assert_string_equal(cell(r, &s.batches[0], MESSAGE), "");
    assert_null(cell(r, &s.batches[0], RAW));
    sink_release(&s);
    orch_rejects_free(r);
}

static void raw_text_ends_where_it_is_no_text_and_at_64_kib(void **state)
{
    (void)state;
    struct sink s = { 0 };
    struct orch_rejects *r = rejects_with(&s, -1, 10, NULL, 0);
    char *longer = malloc(70001);
    assert_non_null(longer);
    memset(longer, 'x', 70000);
    longer[70000] = '\0';
    assert_int_equal(add(r, NULL, "encoding", "m", "ab\xFF" "cd"), ORCH_OK);
    assert_int_equal(orch_rejects_flush(r), ORCH_OK);
    assert_int_equal(add(r, NULL, "long", "m", longer), ORCH_OK);
    assert_int_equal(orch_rejects_flush(r), ORCH_OK);
    assert_string_equal(cell(r, &s.batches[0], RAW), "ab");
    assert_int_equal(strlen(cell(r, &s.batches[1], RAW)), 65536);
    free(longer);
    sink_release(&s);
    orch_rejects_free(r);
}

static void zero_bytes_of_a_raw_text_are_shown(void **state)
{
    (void)state;
    struct sink s = { 0 };
    struct orch_rejects *r = rejects_with(&s, -1, 10, NULL, 0);
    orch_reject reject = { .struct_size = sizeof reject, .record = 7, .offset = -1,
                           .rule = "nul", .message = "m", .raw = "a\0b\0", .raw_len = 4 };
    assert_int_equal(orch_rejects_add_source(r, &reject), ORCH_OK);
    assert_int_equal(orch_rejects_flush(r), ORCH_OK);
    assert_string_equal(cell(r, &s.batches[0], RAW), "a\xE2\x90\x80" "b\xE2\x90\x80");
    sink_release(&s);
    orch_rejects_free(r);
}

static void the_limit_stops_the_source_at_the_reject_past_it(void **state)
{
    (void)state;
    struct sink s = { 0 };
    struct orch_rejects *r = rejects_with(&s, 2, -1, NULL, 0);
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(add(r, NULL, "a", "m", NULL), ORCH_OK);
    assert_int_equal(add(r, NULL, "a", "m", NULL), ORCH_OK);
    assert_int_equal(orch_rejects_check(r, 10, true, &err), ORCH_OK);
    assert_int_equal(add(r, NULL, "a", "m", NULL), ORCH_ECANCELLED);
    assert_int_equal(orch_rejects_check(r, 10, false, &err), ORCH_EDATA);
    assert_string_equal(err.message, "too many rejects");
    assert_non_null(strstr(err.detail, "3 rejects"));
    assert_non_null(strstr(err.detail, "3 x m"));
    assert_non_null(strstr(err.hint, "--max-rejects"));
    orch_rejects_free(r);
}

static void a_share_is_judged_when_all_is_read(void **state)
{
    (void)state;
    struct sink s = { 0 };
    struct orch_rejects *r = rejects_with(&s, -1, 10, NULL, 0);
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(add(r, "c", "a", "m", NULL), ORCH_OK);
    assert_int_equal(orch_rejects_check(r, 1, false, &err), ORCH_OK);
    assert_int_equal(orch_rejects_check(r, 10, true, &err), ORCH_OK);
    assert_int_equal(orch_rejects_check(r, 9, true, &err), ORCH_EDATA);
    assert_non_null(strstr(err.detail, "1 of 9 records"));
    assert_int_equal(orch_rejects_check(r, 9, true, NULL), ORCH_EDATA);
    orch_rejects_free(r);
}

static void a_limit_of_no_share_allows_none(void **state)
{
    (void)state;
    struct sink s = { 0 };
    struct orch_rejects *r = rejects_with(&s, -1, 0, NULL, 0);
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_rejects_check(r, 0, true, &err), ORCH_OK);
    assert_int_equal(add(r, NULL, "a", "m", NULL), ORCH_OK);
    assert_int_equal(orch_rejects_check(r, 1000000, true, &err), ORCH_EDATA);
    orch_rejects_free(r);
}

static void reasons_come_most_frequent_first_then_by_column_and_rule(void **state)
{
    (void)state;
    struct sink s = { 0 };
    struct orch_rejects *r = rejects_with(&s, -1, 100, NULL, 0);
    struct orch_reason *reasons = NULL;
    size_t n = 0;
    static const char *const added[][3] = {
        { "b", "number", "first" }, { "b", "number", "second" }, { "a", "date", "third" },
        { NULL, "columns", "fourth" }, { "a", "between", "fifth" },
    };
    for (size_t i = 0; i < sizeof added / sizeof added[0]; i++)
        assert_int_equal(add(r, added[i][0], added[i][1], added[i][2], NULL), ORCH_OK);
    assert_int_equal(orch_rejects_reasons(r, &reasons, &n), ORCH_OK);
    assert_int_equal(n, 4);
    assert_string_equal(reasons[0].column, "b");
    assert_int_equal(reasons[0].count, 2);
    assert_string_equal(reasons[0].example, "first");
    assert_string_equal(reasons[1].rule, "columns");
    assert_string_equal(reasons[1].column, "");
    assert_string_equal(reasons[2].rule, "between");
    assert_string_equal(reasons[3].rule, "date");
    free(reasons);
    orch_rejects_free(r);
}

static void long_names_are_one_reason_and_never_half_a_character(void **state)
{
    (void)state;
    struct sink s = { 0 };
    struct orch_rejects *r = rejects_with(&s, -1, 100, NULL, 0);
    struct orch_reason *reasons = NULL;
    char column[80] = "", message[200] = "x";
    size_t n = 0;
    while (strlen(column) < 70)
        strcat(column, "\xC3\xA9");
    while (strlen(message) < 190)
        strcat(message, "\xE2\x82\xAC");
    assert_int_equal(add(r, column, "a", message, NULL), ORCH_OK);
    assert_int_equal(add(r, column, "a", message, NULL), ORCH_OK);
    assert_int_equal(orch_rejects_reasons(r, &reasons, &n), ORCH_OK);
    assert_int_equal(n, 1);
    assert_int_equal(reasons[0].count, 2);
    assert_int_equal(strlen(reasons[0].column), 62);
    assert_int_equal(orch_utf8_valid(reasons[0].example, strlen(reasons[0].example)),
                     strlen(reasons[0].example));
    free(reasons);
    orch_rejects_free(r);
}

static void rejects_are_handed_on_in_batches_of_1024(void **state)
{
    (void)state;
    struct sink s = { 0 };
    struct orch_rejects *r = rejects_with(&s, -1, 100, NULL, 0);
    for (int i = 0; i < 1500; i++)
        assert_int_equal(add(r, NULL, "a", "m", NULL), ORCH_OK);
    assert_int_equal(s.n, 1);
    assert_int_equal(s.batches[0].length, 1024);
    assert_int_equal(orch_rejects_flush(r), ORCH_OK);
    assert_int_equal(orch_rejects_flush(r), ORCH_OK);
    assert_int_equal(s.n, 2);
    assert_int_equal(s.batches[1].length, 476);
    assert_int_equal(orch_rejects_count(r), 1500);
    assert_int_equal(orch_rejects_source_count(r), 1500);
    sink_release(&s);
    orch_rejects_free(r);
}

static void a_closed_sink_stops_the_source(void **state)
{
    (void)state;
    struct sink s = { .closed = true };
    struct orch_rejects *r = rejects_with(&s, -1, 100, NULL, 0);
    orch_status st = ORCH_OK;
    int added = 0;
    while ((st = add(r, NULL, "a", "m", NULL)) == ORCH_OK)
        added++;
    assert_int_equal(st, ORCH_ECANCELLED);
    assert_int_equal(added, 1023);
    orch_rejects_free(r);
}

static void the_sample_holds_the_first_thousand(void **state)
{
    (void)state;
    struct sink s = { 0 };
    struct orch_rejects *r = rejects_with(&s, -1, 100, NULL, 0);
    struct ArrowArray sample;
    for (int i = 0; i < 1100; i++)
        assert_int_equal(add(r, NULL, i == 0 ? "first" : "later", "m", NULL), ORCH_OK);
    assert_int_equal(orch_rejects_sample(r, &sample), ORCH_OK);
    assert_int_equal(sample.length, 1000);
    assert_string_equal(cell(r, &sample, RULE), "first");
    sample.release(&sample);
    sink_release(&s);
    orch_rejects_free(r);
}

/* ---- rejects of the plan ------------------------------------------------------------------- */

static const struct orch_str names[] = { { "Dupont", 6 }, { "Martin", 6 } };
static const int64_t days[] = { 0, 19723 };
static const double amounts[] = { 1.5, -2 };
static const uint8_t no_amount[] = { 0, 1 };

static orch_status add_plan(struct orch_rejects *r, int64_t row, const char *column)
{
    static struct orch_field items[] = { { .name = "name", .type = ORCH_TYPE_TEXT },
                                         { .name = "day", .type = ORCH_TYPE_DATE },
                                         { .name = "amount", .type = ORCH_TYPE_NUMBER } };
    static struct orch_vector columns[] = {
        { .type = ORCH_TYPE_TEXT, .of.text = names },
        { .type = ORCH_TYPE_DATE, .of.integer = days },
        { .type = ORCH_TYPE_NUMBER, .null = no_amount, .of.number = amounts },
    };
    static const struct orch_fields fields = { items, 3 };
    static const int64_t records[] = { 11, 12 };
    struct orch_frame frame = { .fields = &fields, .columns = columns, .rows = 2 };
    struct orch_origin origin = { .record = records };
    struct orch_plan_reject reject = { .source_row = row, .rule = "digits",
                                       .message = "not 14 digits: \"Dupont\"", .column = column,
                                       .raw = names[row] };
    return orch_rejects_add_plan(r, &reject, &frame, &origin);
}

static void a_reject_of_the_plan_shows_its_record(void **state)
{
    (void)state;
    struct sink s = { 0 };
    struct orch_rejects *r = rejects_with(&s, -1, 100, NULL, 0);
    assert_int_equal(add_plan(r, 1, "name"), ORCH_OK);
    assert_int_equal(orch_rejects_flush(r), ORCH_OK);
    assert_string_equal(cell(r, &s.batches[0], RECORD), "12");
    assert_null(cell(r, &s.batches[0], LINE));
    assert_string_equal(cell(r, &s.batches[0], RAW), "Martin");
    assert_string_equal(cell(r, &s.batches[0], CONTENT),
                        "{\"name\":\"Martin\",\"day\":\"2024-01-01\",\"amount\":null}");
    assert_int_equal(orch_rejects_source_count(r), 0);
    sink_release(&s);
    orch_rejects_free(r);
}

static void personal_columns_are_masked_everywhere(void **state)
{
    (void)state;
    static const char *const personal[] = { "name" };
    struct sink s = { 0 };
    struct orch_rejects *r = rejects_with(&s, -1, 100, personal, 1);
    assert_int_equal(add_plan(r, 0, "name"), ORCH_OK);
    assert_int_equal(orch_rejects_flush(r), ORCH_OK);
    for (size_t column = 0; column <= CONTENT; column++) {
        const char *text = cell(r, &s.batches[0], column);
        if (text != NULL && strstr(text, "Dupont") != NULL)
            fail_msg("column %zu: %s", column, text);
    }
    assert_string_equal(cell(r, &s.batches[0], RAW), "***");
    assert_string_equal(cell(r, &s.batches[0], CONTENT),
                        "{\"name\":\"***\",\"day\":\"1970-01-01\",\"amount\":1.5}");
    sink_release(&s);
    orch_rejects_free(r);
}

static void other_columns_of_a_personal_pipeline_keep_their_values(void **state)
{
    (void)state;
    static const char *const personal[] = { "other" };
    struct sink s = { 0 };
    struct orch_rejects *r = rejects_with(&s, -1, 100, personal, 1);
    assert_int_equal(add_plan(r, 0, "name"), ORCH_OK);
    assert_int_equal(orch_rejects_flush(r), ORCH_OK);
    assert_string_equal(cell(r, &s.batches[0], RAW), "Dupont");
    sink_release(&s);
    orch_rejects_free(r);
}

static void the_message_of_a_row_function_is_withheld_with_personal_columns(void **state)
{
    (void)state;
    static const char *const personal[] = { "name" };
    struct sink s = { 0 };
    struct orch_rejects *r = rejects_with(&s, -1, 100, personal, 1);
    assert_int_equal(add_plan(r, 0, NULL), ORCH_OK);
    assert_int_equal(orch_rejects_flush(r), ORCH_OK);
    assert_null(strstr(cell(r, &s.batches[0], MESSAGE), "Dupont"));
    sink_release(&s);
    orch_rejects_free(r);
}

static void the_source_text_of_a_personal_pipeline_is_withheld(void **state)
{
    (void)state;
    static const char *const personal[] = { "name" };
    struct sink s = { 0 };
    struct orch_rejects *r = rejects_with(&s, -1, 100, personal, 1);
    assert_int_equal(add(r, NULL, "columns", "2 fields", "Dupont;1"), ORCH_OK);
    assert_int_equal(orch_rejects_flush(r), ORCH_OK);
    assert_non_null(strstr(cell(r, &s.batches[0], RAW), "withheld"));
    sink_release(&s);
    orch_rejects_free(r);
}

/* ---- the limit as people write it ---------------------------------------------------------- */

static void limits_are_a_number_or_a_share(void **state)
{
    static const struct {
        const char *text;
        int64_t count;
        double percent;
    } cases[] = {
        { "0", 0, -1 },   { " 100 ", 100, -1 },   { "9223372036854775807", INT64_MAX, -1 },
        { "2%", -1, 2 },  { "0.5 %", -1, 0.5 },   { "100 %", -1, 100 },
        { "0 %", -1, 0 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct orch_reject_limit limit = { 7, 7 };
        assert_int_equal(orch_reject_limit_parse(cases[i].text, &limit, NULL), ORCH_OK);
        assert_int_equal(limit.count, cases[i].count);
        assert_true(limit.percent == cases[i].percent);
    }
}

static void other_texts_are_no_limit(void **state)
{
    static const char *const texts[] = { "",     "%",     "-1",   "-1 %", "101 %", "nan %",  "1.5",
                                         "many", "1 % %", "1 %%", "inf%", "1e",    "0x10", "5 %a" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct orch_reject_limit limit = { 7, 7 };
        orch_error err = ORCH_ERROR_INIT;
        if (orch_reject_limit_parse(texts[i], &limit, &err) != ORCH_ECONFIG)
            fail_msg("\"%s\" is taken as %lld, %g", texts[i], (long long)limit.count,
                     limit.percent);
        assert_int_equal(limit.count, 7);
        assert_non_null(strstr(err.message, texts[i]));
        assert_string_not_equal(err.hint, "");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reject_of_the_source_becomes_a_row),
        cmocka_unit_test(absent_texts_of_a_reject_are_filled_in),
        cmocka_unit_test(raw_text_ends_where_it_is_no_text_and_at_64_kib),
        cmocka_unit_test(zero_bytes_of_a_raw_text_are_shown),
        cmocka_unit_test(the_limit_stops_the_source_at_the_reject_past_it),
        cmocka_unit_test(a_share_is_judged_when_all_is_read),
        cmocka_unit_test(a_limit_of_no_share_allows_none),
        cmocka_unit_test(reasons_come_most_frequent_first_then_by_column_and_rule),
        cmocka_unit_test(long_names_are_one_reason_and_never_half_a_character),
        cmocka_unit_test(rejects_are_handed_on_in_batches_of_1024),
        cmocka_unit_test(a_closed_sink_stops_the_source),
        cmocka_unit_test(the_sample_holds_the_first_thousand),
        cmocka_unit_test(a_reject_of_the_plan_shows_its_record),
        cmocka_unit_test(personal_columns_are_masked_everywhere),
        cmocka_unit_test(other_columns_of_a_personal_pipeline_keep_their_values),
        cmocka_unit_test(the_message_of_a_row_function_is_withheld_with_personal_columns),
        cmocka_unit_test(the_source_text_of_a_personal_pipeline_is_withheld),
        cmocka_unit_test(limits_are_a_number_or_a_share),
        cmocka_unit_test(other_texts_are_no_limit),
    };
    return cmocka_run_group_tests_name("rejects", tests, NULL, NULL);
}
