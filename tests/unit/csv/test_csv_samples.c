/* SPDX-License-Identifier: Apache-2.0 */
/* The dirty tables of tests/data/csv, each with the text that says what becomes of it. */
#include "fake_host.h"

struct sample {
    const char *name;
    const char *options[5][2];
};

static const struct sample samples[] = {
    { "01_preamble", { { "skip_lines", "3" } } },
    { "02_two_blocks", { { "metadata", "true" } } },
    { "03_double_header", { { "header_lines", "2" }, { "header_row", "2" } } },
    { "04_merged_header", { { 0 } } },
    { "05_equal_names", { { 0 } } },
    { "06_totals", { { 0 } } },
    { "07_empty_rows", { { 0 } } },
    { "08_trailing_separator", { { 0 } } },
    { "12_put_together", { { 0 } } },
    { "13_line_ends", { { 0 } } },
    { "14_cells_of_several_lines", { { 0 } } },
    { "15_unbalanced_quote", { { 0 } } },
    { "16_row_as_one_cell", { { 0 } } },
    { "17_guards", { { 0 } } },
    { "18_lossy_numbers", { { 0 } } },
    { "19_values_are_verbatim", { { 0 } } },
    { "24_null_words", { { "null_words", "NC" }, { "null_words", "ND" }, { "null_words", "N/A" },
                         { "null_words", "-" }, { "null_words", "NULL" } } },
    { "26_formulas", { { 0 } } },
    { "27_cut_file", { { 0 } } },
    { "28_zero_byte", { { 0 } } },
    { "30_empty", { { 0 } } },
};

static struct fake_text slurp(const char *path)
{
    struct fake_text text = { 0 };
    char block[65536];
    FILE *file = fopen(path, "rb");

    fake_write(&text, "", 0);
    if (!file)
        fail_msg("cannot open %s", path);
    for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0;)
        fake_write(&text, block, n);
    fclose(file);
    return text;
}

/* What becomes of a sample, as text. */
static struct fake_text render(const struct sample *sample)
{
    struct fake f = { 0 };
    struct fake_text out = { 0 };
    char name[128];
    char path[512];
    orch_error err;

    snprintf(name, sizeof name, "%s.csv", sample->name);
    snprintf(path, sizeof path, "%s/tests/data/csv/%s", TEST_SOURCE_DIR, name);
    struct fake_text text = slurp(path);
    fake_add_bytes(&f, name, text.bytes, text.len);
    for (size_t i = 0; i < 5 && sample->options[i][0]; i++) {
        fake_set(&f, sample->options[i][0], sample->options[i][1]);
        fake_print(&out, "%s = %s\n", sample->options[i][0], sample->options[i][1]);
    }
    if (fake_run_chunked(&f, &err) == ORCH_END)
        fake_write(&out, f.dump.bytes, f.dump.len);
    else
        fake_print(&out, "error %d\n%s\n%s\n%s\n", (int)err.code, err.message, err.detail,
                   err.hint);
    free(text.bytes);
    fake_release(&f);
    return out;
}

static void each_sample_becomes_what_its_text_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        char path[512];
        struct fake_text got = render(&samples[i]);
        snprintf(path, sizeof path, "%s/tests/data/csv/%s.txt", TEST_SOURCE_DIR, samples[i].name);
        struct fake_text expected = slurp(path);
        if (strcmp(got.bytes, expected.bytes) != 0)
            print_error("%s:\n", path);
        assert_string_equal(got.bytes, expected.bytes);
        free(got.bytes);
        free(expected.bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_sample_becomes_what_its_text_says),
    };
    return cmocka_run_group_tests_name("csv samples", tests, NULL, NULL);
}
