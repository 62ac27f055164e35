/* SPDX-License-Identifier: Apache-2.0 */
/* Tables as municipalities get them, from the folder of samples beside the repository, where there
 * is one. */
#include "fake_host.h"

#include <errno.h>

#define EXPORTS TEST_SOURCE_DIR "/../shared/exports/"

static bool slurp(const char *path, struct fake_text *text)
{
    char block[65536];
    FILE *file = fopen(path, "rb");

    if (!file)
        return false;
    fake_write(text, "", 0);
    for (size_t n; (n = fread(block, 1, sizeof block, file)) > 0;)
        fake_write(text, block, n);
    fclose(file);
    return true;
}

struct table {
    const char *path;
    int64_t rows, rejects;
    const char *options[2][2];
    const char *first; /* the dump has this line */
};

static void read_table(const struct table *t)
{
    struct fake f = { 0 };
    struct fake_text text = { 0 };
    char path[512];
    orch_error err;

    snprintf(path, sizeof path, EXPORTS "%s", t->path);
    if (!slurp(path, &text)) {
        print_message("no %s: %s\n", t->path, strerror(errno));
        skip();
    }
    fake_add_bytes(&f, t->path, text.bytes, text.len);
    for (size_t i = 0; i < 2 && t->options[i][0]; i++)
        fake_set(&f, t->options[i][0], t->options[i][1]);
    for (size_t chunk = 0; chunk < 2000; chunk += 997) {
        f.chunk = chunk;
        orch_status st = fake_run(&f, &err);
        if (st != ORCH_END)
            fail_msg("%s: %s (%s)", t->path, err.message, err.detail);
        assert_int_equal(f.progress_rows, t->rows);
        assert_int_equal(f.rejects, t->rejects);
        if (t->first && !strstr(f.dump.bytes, t->first))
            fail_msg("%s has no row %s", t->path, t->first);
    }
    free(text.bytes);
    fake_release(&f);
}

static void enedis_two_block_files_are_read(void **state)
{
    static const struct table hours = {
        .path = "enedis-moncompte-csv/Enedis_Conso_Heure.csv",
        .rows = 104,
        .options = { { "metadata", "true" } },
        .first = "\n1:4:241 00000000000001|Courbe de charge|18/01/2022|08/01/2024|Energie active|"
                 "Consommation|Comptage Brut|W|~|2022-01-18T00:30:00+01:00|~\n",
    };
    /* below its days the file has a table of another shape */
    static const struct table days = {
        .path = "enedis-moncompte-csv/Enedis_Conso_Jour.csv",
        .rows = 264,
        .rejects = 4,
        .options = { { "metadata", "true" } },
        .first = "Etape metier|Unite|Horodate|Type de releve|EAS F1|",
    };
    (void)state;
    read_table(&hours);
    read_table(&days);
}

static void trees_are_read_without_an_option(void **state)
{
    static const struct table tables[] = {
        { .path = "trees-csv/paris_les-arbres.csv", .rows = 2948, .first = "|geo_point_2d\n" },
        { .path = "trees-csv/saint-quentin_Data_Arbre.csv", .rows = 7409 },
        { .path = "trees-csv/saint-quentin_arbres.csv", .rows = 1010 },
        { .path = "trees-csv/paris_remarquables.csv",
          .rows = 203,
          .options = { { "header", "false" } },
          .first = "c1|c2|c3|c4|c5|c6|c7|c8|c9|c10\n" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        read_table(&tables[i]);
}

static void permits_with_two_header_lines_are_read(void **state)
{
    static const struct table tables[] = {
        { .path = "sitadel-csv/Liste-des-permis-damenager.2026-01.csv",
          .rows = 251,
          .options = { { "header_lines", "2" }, { "header_row", "2" } },
          .first = "REG_CODE|REG_LIBELLE|DEP_CODE|" },
        { .path = "sitadel-csv/Liste-des-permis-de-demolir.2026-01.csv",
          .rows = 1730,
          .options = { { "header_lines", "2" }, { "header_row", "2" } },
          .first = "\n1:3:2003 73|Midi-Pyrénées|31|" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        read_table(&tables[i]);
}

static void canteens_good_and_bad_are_accounted_for(void **state)
{
    static const struct table tables[] = {
        { .path = "cantine-egalim/canteens_good.csv", .rows = 3 },
        { .path = "cantine-egalim/purchases_good.csv", .rows = 8 },
        { .path = "cantine-egalim/purchases_good_separator_comma.csv", .rows = 1 },
        { .path = "cantine-egalim/purchases_good_separator_semicolon.csv", .rows = 1 },
        { .path = "cantine-egalim/purchases_good_separator_tab.tsv", .rows = 1 },
        { .path = "cantine-egalim/canteens_bad_empty_rows.csv",
          .rows = 1,
          .rejects = 2,
          .first = " empty: all 12 fields are empty: ,,,,,,,,,,,\n" },
        { .path = "cantine-egalim/purchases_bad.csv",
          .rows = 13,
          .rejects = 1,
          .first = " columns: 11 fields where the header has 12: " },
        { .path = "cantine-egalim/purchases_bad_extra_columns.csv", .rejects = 1 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        read_table(&tables[i]);
}

static void canteens_quoted_as_one_cell_are_refused(void **state)
{
    struct fake f = { 0 };
    struct fake_text text = { 0 };
    (void)state;
    if (!slurp(EXPORTS "cantine-egalim/purchases_bad_corrupt.csv", &text)) {
        print_message("no purchases_bad_corrupt.csv: %s\n", strerror(errno));
        skip();
    }
    fake_add_bytes(&f, "corrupt.csv", text.bytes, text.len);
    fake_expect_error(&f, ORCH_EDATA, "rows of input \"corrupt.csv\" are quoted as one cell each",
                      "line 1 is one quoted field that holds delimiters",
                      "export the table again, one cell a column; or set columns to one name");
    free(text.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(enedis_two_block_files_are_read),
        cmocka_unit_test(trees_are_read_without_an_option),
        cmocka_unit_test(permits_with_two_header_lines_are_read),
        cmocka_unit_test(canteens_good_and_bad_are_accounted_for),
        cmocka_unit_test(canteens_quoted_as_one_cell_are_refused),
    };
    return cmocka_run_group_tests_name("csv exports", tests, NULL, NULL);
}
