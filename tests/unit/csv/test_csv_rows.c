/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_host.h"

/* ---- plain rows -------------------------------------------------------------------------- */

static void rows_carry_record_line_and_offset(void **state)
{
    struct fake f = fake_of("a;b\n1;2\n3;4\n");
    (void)state;
    fake_expect(&f, "a|b\n1:2:4 1|2\n2:3:8 3|4\n");
}

static void last_line_needs_no_line_end(void **state)
{
    struct fake f = fake_of("a;b\n1;2\n3;");
    (void)state;
    fake_expect(&f, "a|b\n1:2:4 1|2\n2:3:8 3|~\n");
}

static void lf_crlf_and_cr_each_count_as_one_line_end(void **state)
{
    struct fake f = fake_of("a;b\r\n1;2\r3;4\n\r\n5;6\r\r7;8");
    (void)state;
    fake_expect(&f, "a|b\n1:2:5 1|2\n2:3:9 3|4\n3:5:15 5|6\n4:7:20 7|8\n");
}

static void cr_only_file_is_read(void **state)
{
    struct fake f = fake_of("a;b\r1;2\r3;4\r");
    (void)state;
    fake_expect(&f, "a|b\n1:2:4 1|2\n2:3:8 3|4\n");
}

static void blank_lines_are_passed_over_but_counted_as_lines(void **state)
{
    struct fake f = fake_of("\n\na;b\n\n1;2\n\n\n3;4\n\n");
    (void)state;
    fake_expect(&f, "a|b\n1:5:7 1|2\n2:8:13 3|4\n");
}

static void fields_are_verbatim_with_their_spaces(void **state)
{
    struct fake f = fake_of("a;b\n  1 ;\" 2 \"\n;\t\n");
    (void)state;
    fake_expect(&f, "a|b\n1:2:4   1 | 2 \n2:3:15 ~|\\t\n");
}

static void formulas_guards_and_lossy_numbers_stay_text(void **state)
{
    struct fake f = fake_of("a;b\n\"=\"\"0123\"\"\";'0123\n=cmd|x!A1;1,23457E+13\n");
    (void)state;
    fake_set(&f, "delimiter", ";");
    fake_expect(&f, "a|b\n1:2:4 =\"0123\"|'0123\n2:3:22 =cmd|x!A1|1,23457E+13\n");
}

/* ---- quotes ------------------------------------------------------------------------------ */

static void quotes_doubled_and_cells_of_several_lines(void **state)
{
    struct fake f = fake_of("a;b\n\"x \"\"y\"\"\";\"l1\nl2\r\nl3\"\nz;\"; \"\n");
    (void)state;
    fake_expect(&f, "a|b\n1:2:4 x \"y\"|l1\\nl2\\r\\nl3\n2:5:26 z|; \n");
}

static void quoted_empty_is_text_and_unquoted_empty_is_null(void **state)
{
    struct fake f = fake_of("a;b;c\n\"\";;x\n");
    (void)state;
    fake_expect(&f, "a|b|c\n1:2:6 |~|x\n");
}

static void empty_as_null_false_gives_empty_texts(void **state)
{
    struct fake f = fake_of("a;b\n;x\n");
    (void)state;
    fake_set(&f, "empty_as_null", "false");
    fake_expect(&f, "a|b\n1:2:4 |x\n");
}

static void quote_none_takes_quotes_as_text(void **state)
{
    struct fake f = fake_of("a;b\n\"1;2\"\n5\";6\n");
    (void)state;
    fake_set(&f, "quote", "none");
    fake_expect(&f, "a|b\n1:2:4 \"1|2\"\n2:3:10 5\"|6\n");
}

static void another_quote_character(void **state)
{
    struct fake f = fake_of("a;b\n'x;y';\"\n");
    (void)state;
    fake_set(&f, "quote", "'");
    fake_expect(&f, "a|b\n1:2:4 x;y|\"\n");
}

static void stray_quote_rejects_its_line_only(void **state)
{
    struct fake f = fake_of("a;b\n1;5\" pipe\n2;\"x\" y\n3;4\n");
    (void)state;
    fake_expect(&f, "a|b\n"
                    "! 0:1:2:4 quote: a quote stands where none may, by byte 4 of line 2: "
                    "1;5\" pipe\n"
                    "! 0:2:3:14 quote: a quote stands where none may, by byte 6 of line 3: "
                    "2;\"x\" y\n"
                    "3:4:22 3|4\n");
}

static void guards_of_leading_zeros_are_text(void **state)
{
    struct fake f = fake_of("a;b;c\n=\"01\";x;=\"02\"\n=\"\";=\"0;3\";y\n=\"4\"x;;\n=\"5\";;");
    (void)state;
    fake_expect(&f,
                "a|b|c\n"
                "! 0:2:3:20 quote: a quote stands where none may, by byte 6 of line 3: "
                "=\"\";=\"0;3\";y\n"
                "! 0:3:4:33 quote: a quote stands where none may, by byte 2 of line 4: =\"4\"x;;\n"
                "1:2:6 =\"01\"|x|=\"02\"\n4:5:41 =\"5\"|~|~\n");
}

static void unclosed_quote_loses_no_following_record(void **state)
{
    struct fake f = fake_of("a;b\n1;\"open\n2;x\n3;\"y\"\n4;z\n");
    (void)state;
    fake_expect(&f, "a|b\n"
                    "! 0:1:2:4 quote: a quote opened on line 2 is not closed before another, by "
                    "byte 4 of line 4: 1;\"open\n"
                    "2:3:12 2|x\n3:4:16 3|y\n4:5:22 4|z\n");
}

static void unclosed_quote_at_the_end_of_input_resumes_after_its_line(void **state)
{
    struct fake f = fake_of("a;b\n1;\"open\n2;x\n3;y\n");
    (void)state;
    fake_expect(&f, "a|b\n! 0:1:2:4 quote: a quote opened on line 2 is not closed: 1;\"open\n"
                    "2:3:12 2|x\n3:4:16 3|y\n");
}

static void unclosed_quote_on_the_last_line(void **state)
{
    struct fake f = fake_of("a;b\n1;2\n3;\"open");
    (void)state;
    fake_expect(&f, "a|b\n! 0:2:3:8 quote: a quote opened on line 3 is not closed: 3;\"open\n"
                    "1:2:4 1|2\n");
}

static void unclosed_quote_after_a_cell_of_several_lines(void **state)
{
    struct fake f = fake_of("a;b\n\"l1\nl2\";\"open\n2;x\n");
    (void)state;
    fake_expect(&f,
                "a|b\n! 0:1:2:4 quote: a quote opened on line 3 is not closed: \"l1\\nl2\";\"open\n"
                "2:4:18 2|x\n");
}

static void quote_closed_far_below_gives_the_lines_between_back(void **state)
{
    struct fake f = fake_of("a;b;c\n1;\"open;5\n2;x;y\n3;z;t\"\n4;u;v\n");
    (void)state;
    fake_expect(&f, "a|b|c\n"
                    "! 0:1:2:6 quote: a quote opened on line 2 is not closed: 1;\"open;5\n"
                    "! 0:3:4:22 quote: a quote stands where none may, by byte 6 of line 4: "
                    "3;z;t\"\n"
                    "2:3:16 2|x|y\n4:5:29 4|u|v\n");
}

static void record_past_max_record_ends_at_the_line_of_its_quote(void **state)
{
    struct fake f = fake_of("a;b\n1;\"open\n2;xxxxxxxxxx\n3;yyyyyyyyyy\n4;\"z\"\n");
    (void)state;
    fake_set(&f, "max_record", "32");
    fake_expect(&f, "a|b\n! 0:1:2:4 quote: a quote opened on line 2 is not closed: 1;\"open\n"
                    "2:3:12 2|xxxxxxxxxx\n3:4:25 3|yyyyyyyyyy\n4:5:38 4|z\n");
}

/* ---- numbers of fields ------------------------------------------------------------------- */

static void other_numbers_of_fields_are_rejected(void **state)
{
    struct fake f = fake_of("a;b;c\n1;2\n1;2;3;4\n1\n1;2;3\n");
    (void)state;
    fake_expect(&f, "a|b|c\n"
                    "! 0:1:2:6 columns: 2 fields where the header has 3: 1;2\n"
                    "! 0:2:3:10 columns: 4 fields where the header has 3: 1;2;3;4\n"
                    "! 0:3:4:18 columns: 1 field where the header has 3: 1\n"
                    "4:5:20 1|2|3\n");
}

static void one_surplus_empty_field_is_a_stray_separator(void **state)
{
    struct fake f = fake_of("a;b\n1;2;\n1;;\n1;2;;\n1;2;3\n");
    (void)state;
    fake_expect(&f, "a|b\n"
                    "! 0:3:4:13 columns: 4 fields where the header has 2: 1;2;;\n"
                    "! 0:4:5:19 columns: 3 fields where the header has 2: 1;2;3\n"
                    "1:2:4 1|2\n2:3:9 1|~\n");
}

static void trailing_false_rejects_the_stray_separator(void **state)
{
    struct fake f = fake_of("a;b\n1;2;\n1;2\n");
    (void)state;
    fake_set(&f, "trailing", "false");
    fake_expect(&f, "a|b\n! 0:1:2:4 columns: 3 fields where the header has 2: 1;2;\n"
                    "2:3:9 1|2\n");
}

static void short_rows_null_fills_the_end(void **state)
{
    struct fake f = fake_of("a;b;c\n1;2\n1\n1;2;3;4\n");
    (void)state;
    fake_set(&f, "short_rows", "null");
    fake_set(&f, "delimiter", ";");
    fake_expect(&f, "a|b|c\n! 0:3:4:12 columns: 4 fields where the header has 3: 1;2;3;4\n"
                    "1:2:6 1|2|~\n2:3:10 1|~|~\n");
}

static void rows_of_separators_only_are_counted_as_empty(void **state)
{
    struct fake f = fake_of("a;b;c\n;;\n1;2;3\n;;;;;;\n\"\";;\n");
    (void)state;
    fake_expect(&f, "a|b|c\n"
                    "! 0:1:2:6 empty: all 3 fields are empty: ;;\n"
                    "! 0:3:4:15 empty: all 7 fields are empty: ;;;;;;\n"
                    "! 0:4:5:22 empty: all 3 fields are empty: \"\";;\n"
                    "2:3:9 1|2|3\n");
}

static void one_column_keeps_a_quoted_empty_cell(void **state)
{
    struct fake f = fake_of("a\n\"\"\n\nx\n");
    (void)state;
    fake_expect(&f, "a\n1:2:2 \n2:4:6 x\n");
}

/* ---- null words, comments, marks --------------------------------------------------------- */

static void null_words_are_null_when_the_whole_field(void **state)
{
    struct fake f = fake_of("a;b;c\nNC;NCX;\"ND\"\nnc;-;N/A\n");
    (void)state;
    fake_set(&f, "null_words", "NC");
    fake_set(&f, "null_words", "ND");
    fake_set(&f, "null_words", "N/A");
    fake_expect(&f, "a|b|c\n1:2:6 ~|NCX|~\n2:3:18 nc|-|~\n");
}

static void comment_lines_are_passed_over_at_the_start_of_records_only(void **state)
{
    struct fake f = fake_of("# title\na;b\n#1;2\n3;\"x\n# y\"\n5;6\n");
    (void)state;
    fake_set(&f, "comment", "#");
    fake_expect(&f, "a|b\n1:4:17 3|x\\n# y\n2:6:27 5|6\n");
}

static void files_put_together_show_by_mark_and_header(void **state)
{
    struct fake f = fake_of("\xef\xbb\xbf"
                            "a;b\n1;2\n\xef\xbb\xbf"
                            "a;b\n\xef\xbb\xbf"
                            "\"3\";4\na;b\n");
    (void)state;
    fake_expect(&f, "a|b\n"
                    "! 0:2:3:8 header: the header line once more: \xef\xbb\xbf"
                    "a;b\n"
                    "! 0:4:5:24 header: the header line once more: a;b\n"
                    "1:2:4 1|2\n3:4:15 3|4\n");
}

/* ---- limits ------------------------------------------------------------------------------ */

static void zero_byte_rejects_its_record(void **state)
{
    static const char text[] = "a;b\n1;2\n3\0;4\n5;\"6\n\0\"\n7;8\n";
    struct fake f = { 0 };
    (void)state;
    fake_add_bytes(&f, "x.csv", text, sizeof text - 1);
    fake_expect(&f, "a|b\n"
                    "! 0:2:3:8 nul: a zero byte stands in the record: 3\\0;4\n"
                    "! 0:3:4:13 nul: a zero byte stands in the record: 5;\"6\\n\\0\"\n"
                    "1:2:4 1|2\n4:6:21 7|8\n");
}

static void long_field_is_rejected_with_its_column(void **state)
{
    struct fake f = fake_of("a;b\n1;123456789\n2;12345678\n");
    (void)state;
    fake_set(&f, "max_field", "8");
    fake_expect(&f, "a|b\n! 0:1:2:4 field b: field 2 is longer than 8 bytes: 1;123456789\n"
                    "2:3:16 2|12345678\n");
}

static void long_line_is_rejected_and_the_stream_goes_on(void **state)
{
    struct fake f = fake_of("a;b\n1;1234567890123456789\n2;x\n3;123456789012\r\n4;1234567890123\r");
    (void)state;
    fake_set(&f, "max_record", "16");
    fake_expect(&f, "a|b\n"
                    "! 0:1:2:4 record: the record is longer than 16 bytes: 1;12345678901234\n"
                    "2:3:26 2|x\n3:4:30 3|123456789012\n4:5:46 4|1234567890123\n");
}

static void long_line_across_many_reads_is_cut_in_the_reject(void **state)
{
    size_t len = 3u << 20;
    char *text = malloc(len + 64);
    struct fake f = { 0 };
    orch_error err;
    (void)state;
    assert_non_null(text);
    memcpy(text, "a;b\n1;", 6);
    memset(text + 6, 'x', len);
    memcpy(text + 6 + len, "\n2;y\n", 5);
    fake_add_bytes(&f, "x.csv", text, len + 11);
    fake_set(&f, "max_record", "1048576");
    for (f.chunk = 0; f.chunk < 200000; f.chunk += 99991) {
        assert_int_equal(fake_run(&f, &err), ORCH_END);
        assert_string_equal(f.dump.bytes,
                            "a|b\n! 0:1:2:4 record: the record is longer than 1048576 bytes: "
                            "65536 bytes\n2:3:3145735 2|y\n");
    }
    fake_release(&f);
    free(text);
}

static void cell_of_a_megabyte_is_read_whole(void **state)
{
    size_t len = 1u << 20;
    char *text = malloc(len + 64);
    struct fake f = { 0 };
    orch_error err;
    (void)state;
    assert_non_null(text);
    memcpy(text, "a;b\n1;\"", 7);
    memset(text + 7, '\n', len);
    memcpy(text + 7 + len, "\"\n2;y\n", 6);
    fake_add_bytes(&f, "x.csv", text, len + 13);
    for (f.chunk = 0; f.chunk < 200000; f.chunk += 99991) {
        assert_int_equal(fake_run(&f, &err), ORCH_END);
        assert_string_equal(f.dump.bytes,
                            "a|b\n1:2:4 1|1048576 bytes\n2:1048579:1048585 2|y\n");
    }
    fake_release(&f);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_carry_record_line_and_offset),
        cmocka_unit_test(last_line_needs_no_line_end),
        cmocka_unit_test(lf_crlf_and_cr_each_count_as_one_line_end),
        cmocka_unit_test(cr_only_file_is_read),
        cmocka_unit_test(blank_lines_are_passed_over_but_counted_as_lines),
        cmocka_unit_test(fields_are_verbatim_with_their_spaces),
        cmocka_unit_test(formulas_guards_and_lossy_numbers_stay_text),
        cmocka_unit_test(quotes_doubled_and_cells_of_several_lines),
        cmocka_unit_test(quoted_empty_is_text_and_unquoted_empty_is_null),
        cmocka_unit_test(empty_as_null_false_gives_empty_texts),
        cmocka_unit_test(quote_none_takes_quotes_as_text),
        cmocka_unit_test(another_quote_character),
        cmocka_unit_test(stray_quote_rejects_its_line_only),
        cmocka_unit_test(guards_of_leading_zeros_are_text),
        cmocka_unit_test(unclosed_quote_loses_no_following_record),
        cmocka_unit_test(unclosed_quote_at_the_end_of_input_resumes_after_its_line),
        cmocka_unit_test(unclosed_quote_on_the_last_line),
        cmocka_unit_test(unclosed_quote_after_a_cell_of_several_lines),
        cmocka_unit_test(quote_closed_far_below_gives_the_lines_between_back),
        cmocka_unit_test(record_past_max_record_ends_at_the_line_of_its_quote),
        cmocka_unit_test(other_numbers_of_fields_are_rejected),
        cmocka_unit_test(one_surplus_empty_field_is_a_stray_separator),
        cmocka_unit_test(trailing_false_rejects_the_stray_separator),
        cmocka_unit_test(short_rows_null_fills_the_end),
        cmocka_unit_test(rows_of_separators_only_are_counted_as_empty),
        cmocka_unit_test(one_column_keeps_a_quoted_empty_cell),
        cmocka_unit_test(null_words_are_null_when_the_whole_field),
        cmocka_unit_test(comment_lines_are_passed_over_at_the_start_of_records_only),
        cmocka_unit_test(files_put_together_show_by_mark_and_header),
        cmocka_unit_test(zero_byte_rejects_its_record),
        cmocka_unit_test(long_field_is_rejected_with_its_column),
        cmocka_unit_test(long_line_is_rejected_and_the_stream_goes_on),
        cmocka_unit_test(long_line_across_many_reads_is_cut_in_the_reject),
        cmocka_unit_test(cell_of_a_megabyte_is_read_whole),
    };
    return cmocka_run_group_tests_name("csv rows", tests, NULL, NULL);
}
