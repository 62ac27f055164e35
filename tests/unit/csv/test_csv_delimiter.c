/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_host.h"

#define ONE_OF_TWO "set delimiter to one of the two"

/* ---- auto -------------------------------------------------------------------------------- */

static void each_candidate_is_found(void **state)
{
    static const char *const texts[] = { "a;b\n1;2\n", "a,b\n1,2\n", "a\tb\n1\t2\n", "a|b\n1|2\n" };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct fake f = fake_of(texts[i]);
        fake_expect(&f, "a|b\n1:2:4 1|2\n");
    }
}

static void delimiters_inside_quotes_do_not_count(void **state)
{
    struct fake f = fake_of("\"a;x\",\"b;y\"\n\"1;\",\"2;\"\n");
    (void)state;
    fake_expect(&f, "a;x|b;y\n1:2:12 1;|2;\n");
}

static void decimal_commas_below_a_header_do_not_mislead(void **state)
{
    struct fake f = fake_of("at;kwh;geo\nt1;1,5;48.1, 2.3\nt2;2,5;48.2, 2.4\n");
    (void)state;
    fake_expect(&f, "at|kwh|geo\n1:2:11 t1|1,5|48.1, 2.3\n2:3:28 t2|2,5|48.2, 2.4\n");
}

static void label_with_a_comma_does_not_mislead(void **state)
{
    struct fake f = fake_of("Nom, usage;Ville\nA;x\nB;y\n");
    (void)state;
    fake_expect(&f, "Nom, usage|Ville\n1:2:17 A|x\n2:3:21 B|y\n");
}

static void two_plausible_delimiters_are_an_error_that_shows_both(void **state)
{
    struct fake f = fake_of("t1;1,5\nt2;2,5\n");
    (void)state;
    fake_set(&f, "header", "false");
    fake_expect_error(&f, ORCH_ECONFIG, "cannot tell the delimiter of input \"x.csv\"",
                      "\";\" gives 2 columns, \",\" gives 2", ONE_OF_TWO);
    f = fake_of("a\tb;c\n1\t2;3\n");
    fake_expect_error(&f, ORCH_ECONFIG, "cannot tell the delimiter of input \"x.csv\"",
                      "\";\" gives 2 columns, \"tab\" gives 2", ONE_OF_TWO);
}

static void one_column_is_read_when_nothing_says_otherwise(void **state)
{
    struct fake f = fake_of("adresse\n12, rue A\nplace B\n3; x|y\n");
    (void)state;
    fake_expect(&f, "adresse\n1:2:8 12, rue A\n2:3:18 place B\n3:4:26 3; x|y\n");
}

static void delimiter_is_decided_for_each_input(void **state)
{
    struct fake f = fake_of("a;b\n1;2\n");
    (void)state;
    fake_add(&f, "y.csv", "a,b\n3,4\n");
    fake_expect(&f, "a|b\n1:2:4 1|2\n-- y.csv\n1:2:4 3|4\n");
}

static void metadata_block_does_not_count_for_the_delimiter(void **state)
{
    struct fake f = fake_of("x,y;z\n1,2;3\na;b\n1;2\n");
    (void)state;
    fake_set(&f, "metadata", "true");
    fake_expect(&f, "x,y|z|a|b\n1:4:16 1,2|3|1|2\n");
}

static void bad_lines_in_the_sample_do_not_mislead(void **state)
{
    struct fake f = fake_of("a;b\n1;2\n3;\"x\n4;5\n6;7\n");
    (void)state;
    fake_expect(&f, "a|b\n! 0:2:3:8 quote: a quote opened on line 3 is not closed: 3;\"x\n"
                    "1:2:4 1|2\n3:4:13 4|5\n4:5:17 6|7\n");
}

/* ---- refusals ---------------------------------------------------------------------------- */

static void title_above_the_table_is_an_error(void **state)
{
    static const char message[] = "the first line of input \"x.csv\" is not the table's";
    static const char detail[] = "line 1 is one column, most lines after it have 3 fields by \";\"";
    static const char hint[] =
        "set skip_lines, or delimiter, or columns to one name if there is one";
    static const char text[] = "Export du 01/02/2024\na;b;c\n1;2;3\n4;5;6\n";
    struct fake f = fake_of(text);
    (void)state;
    fake_expect_error(&f, ORCH_ECONFIG, message, detail, hint);
    f = fake_of(text);
    fake_set(&f, "delimiter", ";");
    fake_expect_error(&f, ORCH_ECONFIG, message, detail, hint);
}

static void wrong_delimiter_is_an_error(void **state)
{
    struct fake f = fake_of("a,b,c\n1,2,3\n");
    (void)state;
    fake_set(&f, "delimiter", ";");
    fake_expect_error(&f, ORCH_ECONFIG, "delimiter \";\" does not fit input \"x.csv\"",
                      "it gives one column, \",\" gives 3",
                      "set delimiter = \",\", or columns to one name if there is but one");
    f = fake_of("a\tb\tc\n1\t2\t3\n");
    fake_set(&f, "delimiter", ",");
    fake_expect_error(&f, ORCH_ECONFIG, "delimiter \",\" does not fit input \"x.csv\"",
                      "it gives one column, \"tab\" gives 3",
                      "set delimiter = \"tab\", or columns to one name if there is but one");
}

static void one_name_in_columns_says_that_there_is_one_column(void **state)
{
    struct fake f = fake_of("rue, place, lieu\n1, rue A, x\n2, rue B, y\n");
    (void)state;
    fake_set(&f, "delimiter", ";");
    fake_set(&f, "columns", "adresse");
    fake_expect(&f, "adresse\n1:2:17 1, rue A, x\n2:3:29 2, rue B, y\n");
}

static void rows_quoted_as_one_cell_are_an_error(void **state)
{
    struct fake f = fake_of("\"a,\"\"b\"\",\"\"c\"\"\"\n\"1,\"\"2\"\",\"\"3\"\"\"\n");
    static const char hint[] =
        "export the table again, one cell a column; or set columns to one name";
    (void)state;
    fake_expect_error(&f, ORCH_EDATA, "rows of input \"x.csv\" are quoted as one cell each",
                      "line 1 is one quoted field that holds delimiters", hint);
    f = fake_of("\"a,\"\"b\"\",\"\"c\"\"\"\n\"1,\"\"2\"\",\"\"3\"\"\"\n");
    fake_set(&f, "delimiter", ",");
    fake_expect_error(&f, ORCH_EDATA, "rows of input \"x.csv\" are quoted as one cell each",
                      "line 1 is one quoted field that holds delimiters", hint);
}

static void row_quoted_as_one_cell_below_a_good_header_is_rejected(void **state)
{
    struct fake f = fake_of("a,b\n\"1,\"\"2\"\"\"\n3,4\n");
    (void)state;
    fake_expect(&f, "a|b\n"
                    "! 0:1:2:4 columns: 1 field where the header has 2: \"1,\"\"2\"\"\"\n"
                    "2:3:14 3|4\n");
}

/* ---- the options ------------------------------------------------------------------------- */

static void expect_refused(const char *name, const char *value, const char *message,
                           const char *detail, const char *hint)
{
    struct fake f = fake_of("a;b\n");

    fake_set(&f, name, value);
    fake_expect_error(&f, ORCH_ECONFIG, message, detail, hint);
}

static void tab_and_any_single_character_are_delimiters(void **state)
{
    struct fake f = fake_of("a\tb\n1\t2\n");
    (void)state;
    fake_set(&f, "delimiter", "tab");
    fake_expect(&f, "a|b\n1:2:4 1|2\n");
    f = fake_of("a#b\n1#2\n");
    fake_set(&f, "delimiter", "#");
    fake_expect(&f, "a|b\n1:2:4 1|2\n");
    f = fake_of("a b\n1  \n");
    fake_set(&f, "delimiter", " ");
    fake_expect(&f, "a|b\n1:2:4 1|~\n");
}

static void delimiters_and_quotes_of_several_bytes_are_refused(void **state)
{
    static const char one[] = "give one ASCII character, \"tab\" or \"auto\"";
    (void)state;
    expect_refused("delimiter", ";;", "option delimiter is not one character",
                   "delimiter = \";;\"", one);
    expect_refused("delimiter", "\xc2\xa7", "option delimiter is not one character",
                   "delimiter = \"\xc2\xa7\"", one);
    expect_refused("delimiter", "", "option delimiter is not one character", "delimiter = \"\"",
                   one);
    expect_refused("quote", "''", "option quote is not one character", "quote = \"''\"",
                   "give one ASCII character or \"none\"");
    expect_refused("delimiter", "\"", "options delimiter and quote are the same character",
                   "both are \"\"\"", "");
}

static void header_row_past_header_lines_is_refused(void **state)
{
    (void)state;
    expect_refused("header_row", "2", "option header_row is past the header",
                   "header_row = 2, header_lines = 1", "header_row is 1 for the first header line");
    expect_refused("max_record", "3", "option max_record is out of range",
                   "\"3\" is not a number from 16 to 1073741824", "");
    expect_refused("columns", "", "option columns has an empty name at 1", "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_candidate_is_found),
        cmocka_unit_test(delimiters_inside_quotes_do_not_count),
        cmocka_unit_test(decimal_commas_below_a_header_do_not_mislead),
        cmocka_unit_test(label_with_a_comma_does_not_mislead),
        cmocka_unit_test(two_plausible_delimiters_are_an_error_that_shows_both),
        cmocka_unit_test(one_column_is_read_when_nothing_says_otherwise),
        cmocka_unit_test(delimiter_is_decided_for_each_input),
        cmocka_unit_test(metadata_block_does_not_count_for_the_delimiter),
        cmocka_unit_test(bad_lines_in_the_sample_do_not_mislead),
        cmocka_unit_test(title_above_the_table_is_an_error),
        cmocka_unit_test(wrong_delimiter_is_an_error),
        cmocka_unit_test(one_name_in_columns_says_that_there_is_one_column),
        cmocka_unit_test(rows_quoted_as_one_cell_are_an_error),
        cmocka_unit_test(row_quoted_as_one_cell_below_a_good_header_is_rejected),
        cmocka_unit_test(tab_and_any_single_character_are_delimiters),
        cmocka_unit_test(delimiters_and_quotes_of_several_bytes_are_refused),
        cmocka_unit_test(header_row_past_header_lines_is_refused),
    };
    return cmocka_run_group_tests_name("csv delimiter", tests, NULL, NULL);
}
