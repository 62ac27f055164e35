/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_host.h"

/* ---- names ------------------------------------------------------------------------------- */

static void names_are_trimmed_of_white_space(void **state)
{
    struct fake f = fake_of(" a \t;\"\xc2\xa0 b\n\";c\xe2\x80\xaf\n1;2;3\n");
    (void)state;
    fake_set(&f, "delimiter", ";");
    fake_expect(&f, "a|b|c\n1:3:18 1|2|3\n");
}

static void equal_names_get_a_suffix_that_is_free(void **state)
{
    struct fake f = fake_of("a;a;a_2;a; a ;b\n1;2;3;4;5;6\n");
    (void)state;
    fake_expect(&f, "a|a_3|a_2|a_4|a_5|b\n1:2:16 1|2|3|4|5|6\n");
}

static void empty_names_become_c_and_position(void **state)
{
    struct fake f = fake_of("a;;  ;d\n1;2;3;4\n");
    (void)state;
    fake_expect(&f, "a|c2|c3|d\n1:2:8 1|2|3|4\n");
}

static void last_empty_name_may_be_a_stray_separator(void **state)
{
    struct fake f = fake_of("a;b;\n1;2;\n3;4\n5;6;7\n8\n");
    (void)state;
    fake_expect(&f, "a|b|c3\n! 0:4:5:20 columns: 1 field where the header has 3: 8\n"
                    "1:2:5 1|2|~\n2:3:10 3|4|~\n3:4:14 5|6|7\n");
}

static void header_cells_may_span_lines(void **state)
{
    struct fake f = fake_of("a;\"b\nc\"\n1;2\n");
    (void)state;
    fake_expect(&f, "a|b\\nc\n1:3:8 1|2\n");
}

static void several_thousand_equal_names_are_told_apart(void **state)
{
    size_t n = 4096;
    char *text = malloc(2 * n + 1);
    struct fake f = { 0 };
    orch_error err;
    (void)state;
    assert_non_null(text);
    for (size_t i = 0; i < n; i++)
        memcpy(text + 2 * i, "a;", 2);
    text[2 * n - 1] = '\n';
    fake_add_bytes(&f, "x.csv", text, 2 * n);
    assert_int_equal(fake_run(&f, &err), ORCH_END);
    assert_non_null(strstr(f.dump.bytes, "|a_4096\n"));
    fake_release(&f);
    text[2 * n - 1] = ';';
    fake_add_bytes(&f, "x.csv", text, 2 * n);
    assert_int_equal(fake_run(&f, &err), ORCH_EDATA);
    assert_string_equal(err.message, "cannot read the header of input \"x.csv\"");
    assert_string_equal(err.detail, "line 1: it has more than 4096 columns");
    assert_string_equal(err.hint, "check delimiter; export a table that is so wide in parts, or "
                                  "with a row for each value");
    fake_release(&f);
    free(text);
}

/* ---- what stands above ------------------------------------------------------------------- */

static void skipped_lines_count_as_lines_not_as_records(void **state)
{
    struct fake f = fake_of("Export du 01/02/2024 \"\n\nLégende;x\na;b\n1;2\n");
    (void)state;
    fake_set(&f, "skip_lines", "3");
    fake_expect(&f, "a|b\n1:5:39 1|2\n");
}

static void doubled_header_gives_the_names_of_the_row_chosen(void **state)
{
    static const char text[] = "\"Long label, one\";\"Long label, two\"\nC1;C2\n1;2\nC1;C2\n";
    struct fake f = fake_of(text);
    (void)state;
    fake_set(&f, "header_lines", "2");
    fake_set(&f, "header_row", "2");
    fake_expect(&f, "C1|C2\n! 0:2:4:46 header: the header line once more: C1;C2\n1:3:42 1|2\n");
    f = fake_of(text);
    fake_set(&f, "header_lines", "2");
    fake_expect(&f, "Long label, one|Long label, two\n1:3:42 1|2\n2:4:46 C1|C2\n");
}

static void metadata_values_become_columns_of_every_row(void **state)
{
    struct fake f = fake_of("PRM;Unit;Step\n0001;W;\nat;value\nt1;;\nt2;5\n");
    (void)state;
    fake_set(&f, "metadata", "true");
    fake_expect(&f, "PRM|Unit|Step|at|value\n1:4:31 0001|W|~|t1|~\n2:5:36 0001|W|~|t2|5\n");
}

static void metadata_and_table_names_are_told_apart(void **state)
{
    struct fake f = fake_of("note\nat;unit;\nNC;W;;;\n\nat;unit\nt1;kW\n");
    (void)state;
    fake_set(&f, "skip_lines", "1");
    fake_set(&f, "metadata", "true");
    fake_set(&f, "null_words", "NC");
    fake_expect(&f, "at|unit|at_2|unit_2\n1:6:31 ~|W|t1|kW\n");
}

static void metadata_with_more_values_than_names_is_an_error(void **state)
{
    struct fake f = fake_of("a;b\n1;2;3\nc;d\n");
    (void)state;
    fake_set(&f, "metadata", "true");
    fake_expect_error(&f, ORCH_EDATA, "cannot read the metadata of input \"x.csv\"",
                      "line 2 has 3 values for 2 names",
                      "set metadata = false if no such block stands above the table");
}

/* ---- other names ------------------------------------------------------------------------- */

static void without_header_columns_are_c1_c2(void **state)
{
    struct fake f = fake_of("1;2;3\n4;5;6\n7;8\n");
    (void)state;
    fake_set(&f, "header", "false");
    fake_expect(&f, "c1|c2|c3\n! 0:3:3:12 columns: 2 fields where there should be 3: 7;8\n"
                    "1:1:0 1|2|3\n2:2:6 4|5|6\n");
}

static void columns_name_a_table_without_header(void **state)
{
    struct fake f = fake_of("1;2\n3;4\n");
    (void)state;
    fake_set(&f, "header", "false");
    fake_set(&f, "columns", "left");
    fake_set(&f, "columns", "right");
    fake_expect(&f, "left|right\n1:1:0 1|2\n2:2:4 3|4\n");
}

static void columns_replace_the_header(void **state)
{
    struct fake f = fake_of("a;b;\n1;2;\n3;4\n");
    (void)state;
    fake_set(&f, "columns", "left");
    fake_set(&f, "columns", "right");
    fake_expect(&f, "left|right\n1:2:5 1|2\n2:3:10 3|4\n");
}

static void columns_that_do_not_fit_the_header_are_an_error(void **state)
{
    struct fake f = fake_of("a;b;c\n1;2;3\n");
    (void)state;
    fake_set(&f, "columns", "left");
    fake_set(&f, "columns", "right");
    fake_expect_error(&f, ORCH_ECONFIG, "option columns does not fit input \"x.csv\"",
                      "columns has 2 names, the header has 3 columns",
                      "name every column of the file in its order");
}

static void zero_columns_without_header_and_rows(void **state)
{
    struct fake f = fake_of("");
    (void)state;
    fake_set(&f, "header", "false");
    fake_expect(&f, "\n");
    f = fake_of("");
    fake_set(&f, "header", "false");
    fake_set(&f, "columns", "a");
    fake_expect(&f, "a\n");
}

/* ---- errors ------------------------------------------------------------------------------ */

#define EMPTY_HINT "export it again, or set header = false if it has no header line"

static void empty_input_is_an_error(void **state)
{
    struct fake f = fake_of("");
    (void)state;
    fake_expect_error(&f, ORCH_EDATA, "input \"x.csv\" is empty", "it has no text at all",
                      EMPTY_HINT);
    f = fake_of("\xef\xbb\xbf");
    fake_expect_error(&f, ORCH_EDATA, "input \"x.csv\" is empty", "it has no text at all",
                      EMPTY_HINT);
}

static void input_without_a_header_line_is_empty(void **state)
{
    struct fake f = fake_of("title\n\n\n");
    (void)state;
    fake_set(&f, "skip_lines", "1");
    fake_expect_error(&f, ORCH_EDATA, "input \"x.csv\" is empty",
                      "it ends at line 4 before its header is complete", EMPTY_HINT);
    f = fake_of("title\n");
    fake_set(&f, "skip_lines", "10");
    fake_expect_error(&f, ORCH_EDATA, "input \"x.csv\" is empty",
                      "it ends at line 2 before its header is complete", EMPTY_HINT);
}

static void header_alone_gives_no_rows(void **state)
{
    struct fake f = fake_of("a;b");
    (void)state;
    fake_expect(&f, "a|b\n");
}

static void header_with_a_stray_quote_is_an_error(void **state)
{
    struct fake f = fake_of("a;b\"c\n1;2\n");
    (void)state;
    fake_set(&f, "delimiter", ";");
    fake_expect_error(&f, ORCH_EDATA, "cannot read the header of input \"x.csv\"",
                      "line 1: a quote stands where none may, by byte 4 of line 1",
                      "correct the quotes of this line, or set quote = \"none\" if the file does "
                      "not quote fields");
}

static void header_with_a_zero_byte_is_an_error(void **state)
{
    struct fake f = { 0 };
    (void)state;
    fake_add_bytes(&f, "x.csv", "a;b\0c\n1;2\n", 10);
    fake_set(&f, "delimiter", ";");
    fake_expect_error(&f, ORCH_EDATA, "cannot read the header of input \"x.csv\"",
                      "line 1: a zero byte stands in the record",
                      "export the file again as text, or set encoding if it is UTF-16 or UTF-32");
}

static void header_that_is_too_long_is_an_error(void **state)
{
    struct fake f = fake_of("abcdefgh;ijklmnopq\n1;2\n");
    (void)state;
    fake_set(&f, "max_record", "16");
    fake_expect_error(&f, ORCH_EDATA, "cannot read the header of input \"x.csv\"",
                      "line 1: the record is longer than 16 bytes",
                      "check that the file is a CSV file whose lines end, "
                      "or set skip_lines to pass "
                      "over this line; if it is right as it is, raise max_record");
    f = fake_of("a;bcdef\n1;2\n");
    fake_set(&f, "max_field", "4");
    fake_set(&f, "delimiter", ";");
    fake_expect_error(&f, ORCH_EDATA, "cannot read the header of input \"x.csv\"",
                      "line 1: field 2 is longer than 4 bytes",
                      "check delimiter; if the field is right as it is, raise max_field");
}

/* Of whichever kind they are, and wherever the host cuts them. */
static void blank_lines_above_and_below_the_header_are_counted(void **state)
{
    struct fake f = fake_of("\n\r\n\r\r\n\n\xef\xbb\xbf\n\ra;b\n\r\n\n\r1;2\n\r\r\n");
    (void)state;
    fake_expect(&f, "a|b\n1:12:20 1|2\n");
}

/* ---- several inputs ---------------------------------------------------------------------- */

static void inputs_may_differ_in_order_and_have_headers_of_their_own(void **state)
{
    static const char *const wanted[] = { "b", "a" };
    struct fake f = fake_of("a;b;c\n1;2;3\n");
    (void)state;
    fake_add(&f, "y.csv", "b,extra,a\n5,6,7\n");
    fake_add(&f, "z.csv", "b\ta\n");
    f.columns = wanted;
    f.n_columns = 2;
    fake_expect(&f, "b|a\n1:2:6 2|1\n-- y.csv\n1:2:10 5|7\n");
}

static void later_input_without_a_column_is_a_schema_error(void **state)
{
    struct fake f = fake_of("date;energie\n1;2\n");
    (void)state;
    fake_add(&f, "y.csv", "date;Energies\n1;2\n");
    fake_expect_error(&f, ORCH_ESCHEMA, "input \"y.csv\" has no column \"energie\"",
                      "of its 2 columns the nearest is \"Energies\"",
                      "read files of different shapes with a source each");
    f = fake_of("date;energie\n1;2\n");
    fake_add(&f, "y.csv", "u;v\n1;2\n");
    fake_expect_error(&f, ORCH_ESCHEMA, "input \"y.csv\" has no column \"date\"",
                      "it has 2 columns, none of them near",
                      "read files of different shapes with a source each");
}

static void metadata_belongs_to_its_input(void **state)
{
    struct fake f = fake_of("PRM\n1\nat;v\nt;2\n");
    (void)state;
    fake_add(&f, "y.csv", "PRM\n2\nat;v\nt;3\n");
    fake_set(&f, "metadata", "true");
    fake_set(&f, "delimiter", ";");
    fake_expect(&f, "PRM|at|v\n1:4:11 1|t|2\n-- y.csv\n1:4:11 2|t|3\n");
}

static void describe_gives_metadata_then_table_as_text(void **state)
{
    struct fake f = fake_of("PRM;Unit\n1;W\nat;v\nt;2\n");
    const orch_source_ops *ops = fake_connector()->source;
    struct ArrowSchema schema = { 0 };
    orch_source *source = NULL;
    orch_error err = ORCH_ERROR_INIT;
    (void)state;
    fake_set(&f, "metadata", "true");
    assert_int_equal(ops->open(fake_host(&f), &source, &err), ORCH_OK);
    for (int twice = 0; twice < 2; twice++) {
        assert_int_equal(ops->describe(source, NULL, &schema, &err), ORCH_OK);
        assert_int_equal(f.streams, 0);
        dump_schema(&f, &schema, 0);
        schema.release(&schema);
    }
    assert_int_equal(ops->check(source, &err), ORCH_OK);
    assert_string_equal(f.dump.bytes, "PRM|Unit|at|v\nPRM|Unit|at|v\n");
    assert_int_equal(ops->describe(source, "other", &schema, &err), ORCH_EINVAL);
    ops->close(source);
    fake_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_trimmed_of_white_space),
        cmocka_unit_test(equal_names_get_a_suffix_that_is_free),
        cmocka_unit_test(empty_names_become_c_and_position),
        cmocka_unit_test(last_empty_name_may_be_a_stray_separator),
        cmocka_unit_test(header_cells_may_span_lines),
        cmocka_unit_test(several_thousand_equal_names_are_told_apart),
        cmocka_unit_test(skipped_lines_count_as_lines_not_as_records),
        cmocka_unit_test(doubled_header_gives_the_names_of_the_row_chosen),
        cmocka_unit_test(metadata_values_become_columns_of_every_row),
        cmocka_unit_test(metadata_and_table_names_are_told_apart),
        cmocka_unit_test(metadata_with_more_values_than_names_is_an_error),
        cmocka_unit_test(without_header_columns_are_c1_c2),
        cmocka_unit_test(columns_name_a_table_without_header),
        cmocka_unit_test(columns_replace_the_header),
        cmocka_unit_test(columns_that_do_not_fit_the_header_are_an_error),
        cmocka_unit_test(zero_columns_without_header_and_rows),
        cmocka_unit_test(empty_input_is_an_error),
        cmocka_unit_test(input_without_a_header_line_is_empty),
        cmocka_unit_test(header_alone_gives_no_rows),
        cmocka_unit_test(header_with_a_stray_quote_is_an_error),
        cmocka_unit_test(header_with_a_zero_byte_is_an_error),
        cmocka_unit_test(header_that_is_too_long_is_an_error),
        cmocka_unit_test(blank_lines_above_and_below_the_header_are_counted),
        cmocka_unit_test(inputs_may_differ_in_order_and_have_headers_of_their_own),
        cmocka_unit_test(later_input_without_a_column_is_a_schema_error),
        cmocka_unit_test(metadata_belongs_to_its_input),
        cmocka_unit_test(describe_gives_metadata_then_table_as_text),
    };
    return cmocka_run_group_tests_name("csv header", tests, NULL, NULL);
}
