/* SPDX-License-Identifier: Apache-2.0 */
#include "connector_fixture.h"

#include <signal.h>
#include <sys/resource.h>

#define COLUMNS "section:u,kwh:g,at:tsu:UTC,n:l"

static void put_row(struct transaction *t, const char *section, double kwh, int64_t n)
{
    put_text(t, 0, section);
    orch_builder_float(t->builder, 1, kwh);
    orch_builder_timestamp(t->builder, 2, NOW_US + 250000);
    orch_builder_int(t->builder, 3, n);
    orch_builder_row(t->builder);
}

/* Writes the rows "section kwh n" and commits. */
static void load(struct fixture *f, struct transaction *t, uint32_t mode, const char *key,
                 const char *const *sections, const double *kwh, size_t n)
{
    assert_ok(t, transaction_begin(t, f, mode, COLUMNS, key));
    for (size_t i = 0; i < n; i++)
        put_row(t, sections[i], kwh[i], (int64_t)i);
    assert_ok(t, transaction_write(t));
    assert_ok(t, transaction_commit(t));
}

static void load_two(struct fixture *f, uint32_t mode, const char *key)
{
    struct transaction t;
    load(f, &t, mode, key, (const char *[]){ "A1", "B2" }, (double[]){ 1.5, 2.5 }, 2);
    transaction_end(&t);
}

static void gpkg_setup(struct fixture *f)
{
    fixture_init(f, "energy.gpkg");
    fixture_set(f, "table", "load_curve");
}

static void a_new_file_is_a_geopackage_1_3(void **state)
{
    (void)state;
    struct fixture f;
    gpkg_setup(&f);
    load_two(&f, ORCH_WRITE_APPEND, NULL);
    assert_string_equal(db_query(f.path, "PRAGMA application_id; PRAGMA user_version"),
                        "1196444487\n10300\n");
    assert_string_equal(db_query(f.path, "PRAGMA page_size; PRAGMA journal_mode"),
                        "16384\ndelete\n");
    assert_string_equal(db_query(f.path, "PRAGMA integrity_check; PRAGMA foreign_key_check"),
                        "ok\n");
    assert_string_equal(
        db_query(f.path, "SELECT srs_id, organization FROM gpkg_spatial_ref_sys ORDER BY srs_id"),
        "-1|NONE\n0|NONE\n4326|EPSG\n");
    assert_string_equal(db_query(f.path, "SELECT table_name, data_type, identifier, description, "
                                         "last_change, srs_id FROM gpkg_contents"),
                        "load_curve|attributes|load_curve|Comment of the run|"
                        "2026-11-24T15:00:00.000Z|NULL\n");
    assert_string_equal(db_query(f.path, "SELECT * FROM gpkg_ogr_contents"), "load_curve|2\n");
    assert_string_equal(db_query(f.path, "SELECT * FROM load_curve"),
                        "1|A1|1.5|2026-11-24T15:00:00.250Z|0\n"
                        "2|B2|2.5|2026-11-24T15:00:00.250Z|1\n");
    assert_string_equal(db_query(f.path, "SELECT name, type, pk FROM pragma_table_info("
                                         "'load_curve')"),
                        "fid|INTEGER|1\nsection|TEXT|0\nkwh|REAL|0\nat|DATETIME|0\nn|INTEGER|0\n");
    assert_string_equal(fixture_files(&f), "energy.gpkg");
    fixture_release(&f);
}

static void ogrinfo_reads_it_without_a_warning(void **state)
{
    (void)state;
    if (system("ogrinfo --version > /dev/null 2>&1") != 0)
        skip();
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    const uint8_t point[21] = { 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f, 0, 0, 0, 0, 0, 0, 0,
                                0x40 }; /* (1, 2) */
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, "geom:z=POINT/2154,name:u,day:tdD,"
                                    "ok:b,at:tsu:UTC,raw:z", NULL));
    orch_builder_binary(t.builder, 0, point, sizeof point);
    put_text(&t, 1, "caf\xc3\xa9");
    orch_builder_date(t.builder, 2, 20781);
    orch_builder_bool(t.builder, 3, true);
    orch_builder_timestamp(t.builder, 4, NOW_US);
    orch_builder_binary(t.builder, 5, "\1\2", 2);
    orch_builder_row(t.builder);
    assert_ok(&t, transaction_write(&t));
    assert_ok(&t, transaction_commit(&t));
    transaction_end(&t);
    char command[256], text[8192];
    snprintf(command, sizeof command, "ogrinfo -ro -al '%s' 2>&1", f.path);
    FILE *p = popen(command, "r");
    text[fread(text, 1, sizeof text - 1, p)] = '\0';
    assert_int_equal(pclose(p), 0);
    assert_null(strstr(text, "Warning"));
    assert_null(strstr(text, "ERROR"));
    assert_non_null(strstr(text, "Geometry: Point\n"));
    assert_non_null(strstr(text, "Feature Count: 1\n"));
    assert_non_null(strstr(text, "Lambert-93"));
    assert_non_null(strstr(text, "POINT (1 2)"));
    assert_non_null(strstr(text, "day (Date) = 2026/11/24"));
    assert_non_null(strstr(text, "ok (Integer(Boolean)) = 1"));
    assert_non_null(strstr(text, "at (DateTime) = 2026/11/24 15:00:00+00"));
    assert_string_equal(db_query(f.path, "SELECT z, m, srs_id FROM gpkg_geometry_columns"),
                        "0|0|2154\n");
    assert_string_equal(db_query(f.path, "SELECT * FROM rtree_load_curve_geom"),
                        "1|1.0|1.0|2.0|2.0\n");
    assert_string_equal(db_query(f.path, "SELECT min_x, max_y, srs_id FROM gpkg_contents"),
                        "1.0|2.0|2154\n");
    fixture_release(&f);
}

static void append_adds_and_replace_starts_anew(void **state)
{
    (void)state;
    struct fixture f;
    gpkg_setup(&f);
    load_two(&f, ORCH_WRITE_APPEND, NULL);
    load_two(&f, ORCH_WRITE_APPEND, NULL);
    assert_string_equal(db_query(f.path, "SELECT fid FROM load_curve"), "1\n2\n3\n4\n");
    assert_string_equal(db_query(f.path, "SELECT feature_count FROM gpkg_ogr_contents"), "4\n");
    load_two(&f, ORCH_WRITE_REPLACE, NULL);
    assert_string_equal(db_query(f.path, "SELECT fid FROM load_curve"), "1\n2\n");
    assert_string_equal(db_query(f.path, "SELECT feature_count FROM gpkg_ogr_contents"), "2\n");
    assert_string_equal(db_query(f.path, "INSERT INTO load_curve(section) VALUES ('by hand');"
                                         "SELECT feature_count FROM gpkg_ogr_contents"), "3\n");
    fixture_release(&f);
}

static void upsert_counts_every_row(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    const char *const first[] = { "A1", "B2", "A1", "C3" };
    load(&f, &t, ORCH_WRITE_UPSERT, "section", first, (double[]){ 1, 2, 3, 4 }, 4);
    assert_counts(&t, 3, 0, 0, 1);
    transaction_end(&t);
    assert_string_equal(db_query(f.path, "SELECT section, kwh FROM load_curve ORDER BY section"),
                        "A1|3.0\nB2|2.0\nC3|4.0\n");
    /* n is 2 for A1, 1 for B2, 3 for C3: the second load changes A1, leaves B2, adds D4 and E5 */
    const char *const second[] = { "A1", "B2", "D4", "D4", "E5" };
    load(&f, &t, ORCH_WRITE_UPSERT, "section", second, (double[]){ 9, 2, 5, 6, 7 }, 5);
    assert_counts(&t, 2, 1, 1, 1);
    transaction_end(&t);
    assert_string_equal(
        db_query(f.path, "SELECT section, kwh, n FROM load_curve ORDER BY section"),
        "A1|9.0|0\nB2|2.0|1\nC3|4.0|3\nD4|6.0|3\nE5|7.0|4\n");
    assert_string_equal(db_query(f.path, "SELECT feature_count FROM gpkg_ogr_contents"), "5\n");
    fixture_release(&f);
}

static void upsert_sees_nulls_as_values(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    for (int i = 0; i < 2; i++) {
        assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_UPSERT, "k:l,v:u", "k"));
        orch_builder_int(t.builder, 0, 1);
        orch_builder_row(t.builder);
        assert_ok(&t, transaction_write(&t));
        assert_ok(&t, transaction_commit(&t));
        assert_counts(&t, i == 0, 0, i == 1, 0);
        transaction_end(&t);
    }
    fixture_release(&f);
}

static void a_null_in_the_key_is_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_UPSERT, COLUMNS, "section"));
    put_row(&t, "A", 1, 1);
    put_row(&t, NULL, 1, 1);
    assert_int_equal(transaction_write(&t), ORCH_EDATA);
    assert_string_equal(t.err.message, "key column \"section\" is null");
    assert_string_equal(t.err.detail, "row 2 of the result");
    assert_string_equal(t.err.field, "section");
    transaction_end(&t);
    fixture_release(&f);
}

static void values_that_would_change_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    load_two(&f, ORCH_WRITE_APPEND, NULL);
    db_query(f.path, "CREATE TABLE other (n MEDIUMINT, s TEXT(3), kwh REAL)");
    fixture_set(&f, "table", "other");
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, "n:l,s:u,kwh:g", NULL));
    orch_builder_int(t.builder, 0, 3000000000);
    orch_builder_row(t.builder);
    assert_int_equal(transaction_write(&t), ORCH_EDATA);
    assert_string_equal(t.err.message, "a number does not fit column \"n\"");
    assert_string_equal(t.err.detail, "row 1 of the result: 3000000000 needs more than 4 bytes");
    transaction_end(&t);
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, "n:l,s:u,kwh:g", NULL));
    put_text(&t, 1, "\xc3\xa9\xc3\xa9\xc3\xa9");
    orch_builder_row(t.builder);
    assert_ok(&t, transaction_write(&t));
    put_text(&t, 1, "abcd");
    orch_builder_row(t.builder);
    assert_int_equal(transaction_write(&t), ORCH_EDATA);
    assert_string_equal(t.err.detail, "row 2 of the result: the column takes 3 characters");
    transaction_end(&t);
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, "kwh:g,at:tsu:UTC", NULL) ==
                              ORCH_ESCHEMA ? ORCH_OK : ORCH_EINTERNAL);
    assert_string_equal(t.err.detail, "at: the table has no such column");
    transaction_end(&t);
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, "kwh:g", NULL));
    orch_builder_float(t.builder, 0, 0.0 / 0.0 * -1);
    orch_builder_row(t.builder);
    assert_int_equal(transaction_write(&t), ORCH_EDATA);
    assert_string_equal(t.err.message, "column \"kwh\" holds NaN, which SQLite cannot store");
    transaction_end(&t);
    fixture_release(&f);
}

static void a_table_that_does_not_fit_is_named_column_by_column(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    load_two(&f, ORCH_WRITE_APPEND, NULL);
    db_query(f.path, "ALTER TABLE load_curve ADD COLUMN must TEXT NOT NULL DEFAULT 'x'");
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_REPLACE,
                                       "Section:u,kwh:u,at:tsu:UTC,site:l", NULL), ORCH_ESCHEMA);
    assert_string_equal(t.err.message, "table load_curve does not fit");
    assert_string_equal(t.err.detail, "kwh: the table has REAL, the run TEXT; "
                                      "site: the table has no such column");
    assert_true(t.err.hint[0] != '\0');
    transaction_end(&t);
    assert_string_equal(db_query(f.path, "SELECT count(*) FROM load_curve"), "2\n");
    fixture_release(&f);
}

static void a_rolled_back_first_run_leaves_nothing(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, COLUMNS, NULL));
    put_row(&t, "A", 1, 1);
    assert_ok(&t, transaction_write(&t));
    transaction_end(&t);
    assert_string_equal(fixture_files(&f), "");
    load_two(&f, ORCH_WRITE_APPEND, NULL);
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_REPLACE, COLUMNS, NULL));
    put_row(&t, "A", 1, 1);
    assert_ok(&t, transaction_write(&t));
    transaction_end(&t);
    assert_string_equal(db_query(f.path, "SELECT count(*) FROM load_curve"), "2\n");
    assert_string_equal(fixture_files(&f), "energy.gpkg");
    fixture_release(&f);
}

static void a_second_writer_finds_the_file_in_use(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction first, second;
    gpkg_setup(&f);
    load_two(&f, ORCH_WRITE_APPEND, NULL);
    assert_ok(&first, transaction_begin(&first, &f, ORCH_WRITE_APPEND, COLUMNS, NULL));
    assert_int_equal(transaction_begin(&second, &f, ORCH_WRITE_APPEND, COLUMNS, NULL), ORCH_EBUSY);
    assert_true((second.err.flags & ORCH_ERROR_RETRYABLE) != 0);
    assert_non_null(strstr(second.err.message, "energy.gpkg\" is in use by another run"));
    assert_true(second.err.hint[0] != '\0');
    transaction_end(&second);
    /* waiting also ends when the run is cancelled */
    fixture_set(&f, "lock_wait", "60000");
    f.cancelled = true;
    assert_int_equal(transaction_begin(&second, &f, ORCH_WRITE_APPEND, COLUMNS, NULL),
                     ORCH_ECANCELLED);
    transaction_end(&second);
    f.cancelled = false;
    transaction_end(&first);
    fixture_release(&f);
}

static void two_first_runs_do_not_lose_a_row(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction first, second;
    gpkg_setup(&f);
    assert_ok(&first, transaction_begin(&first, &f, ORCH_WRITE_APPEND, COLUMNS, NULL));
    void *waiting = db_open(f.path); /* as another run that has opened the empty file */
    db_run(waiting, "SELECT 1 FROM sqlite_master");
    transaction_end(&first);
    assert_string_equal(fixture_files(&f), "");
    db_close(waiting);
    load_two(&f, ORCH_WRITE_APPEND, NULL);
    assert_int_equal(transaction_begin(&second, &f, ORCH_WRITE_APPEND, COLUMNS, NULL), ORCH_OK);
    transaction_end(&second);
    assert_string_equal(db_query(f.path, "SELECT count(*) FROM load_curve"), "2\n");
    fixture_release(&f);
}

static void other_files_are_refused_and_left_alone(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    char path[160];
    gpkg_setup(&f);
    fixture_write(f.path, "siren;kwh\n123;4\nand some more text that makes it long enough to "
                          "be looked at as a header of a file of one hundred bytes\n");
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_REPLACE, COLUMNS, NULL), ORCH_ECONFIG);
    assert_non_null(strstr(t.err.message, "energy.gpkg\" is not a GeoPackage"));
    assert_string_equal(t.err.detail, "it is no SQLite file");
    transaction_end(&t);
    assert_memory_equal(fixture_read(f.path), "siren;kwh\n", 10);
    unlink(f.path);
    db_query(f.path, "CREATE TABLE t (x)");
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_REPLACE, COLUMNS, NULL), ORCH_ECONFIG);
    assert_string_equal(t.err.detail, "it is a SQLite file without the table gpkg_contents");
    transaction_end(&t);
    assert_string_equal(db_query(f.path, "SELECT name FROM sqlite_master"), "t\n");

    fixture_set(&f, "path", f.folder);
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_REPLACE, COLUMNS, NULL), ORCH_ECONFIG);
    assert_non_null(strstr(t.err.message, "\" is a folder"));
    transaction_end(&t);
    snprintf(path, sizeof path, "%s/link.gpkg", f.folder);
    assert_int_equal(symlink("elsewhere.gpkg", path), 0);
    fixture_set(&f, "path", path);
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_REPLACE, COLUMNS, NULL), ORCH_ECONFIG);
    assert_non_null(strstr(t.err.message, "link.gpkg\" is a symbolic link"));
    assert_string_equal(t.err.detail, "it points to \"elsewhere.gpkg\"");
    transaction_end(&t);
    snprintf(path, sizeof path, "%s/none/x.gpkg", f.folder);
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_REPLACE, COLUMNS, NULL), ORCH_EIO);
    assert_non_null(strstr(t.err.detail, "/none\" does not exist"));
    transaction_end(&t);
    fixture_release(&f);
}

static void a_full_disk_publishes_nothing_and_says_so(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    struct rlimit before, small = { 200000, RLIM_INFINITY };
    gpkg_setup(&f);
    load_two(&f, ORCH_WRITE_APPEND, NULL);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small.rlim_max = before.rlim_max;
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, COLUMNS, NULL));
    for (int i = 0; i < 50000; i++)
        put_row(&t, "a section with a name that takes some room", i, i);
    setrlimit(RLIMIT_FSIZE, &small);
    orch_status st = transaction_write(&t);
    if (st == ORCH_OK)
        st = transaction_commit(&t);
    setrlimit(RLIMIT_FSIZE, &before);
    assert_int_equal(st, ORCH_EIO);
    if (strstr(t.err.hint, "free disk space") == NULL)
        fail_msg("%d %s / %s / %s", t.err.vendor_code, t.err.message, t.err.detail, t.err.hint);
    transaction_end(&t);
    assert_string_equal(db_query(f.path, "SELECT count(*) FROM load_curve; PRAGMA quick_check"),
                        "2\nok\n");
    assert_string_equal(fixture_files(&f), "energy.gpkg");
    fixture_release(&f);
}

static void names_and_options_that_cannot_be_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    fixture_set(&f, "table", "gpkg_contents");
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_APPEND, COLUMNS, NULL), ORCH_ECONFIG);
    transaction_end(&t);
    fixture_set(&f, "table", NULL);
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_APPEND, COLUMNS, NULL), ORCH_ECONFIG);
    assert_string_equal(t.err.message, "geopackage needs the option table");
    transaction_end(&t);
    fixture_set(&f, "table", "odd \"name\" 'x'");
    load_two(&f, ORCH_WRITE_UPSERT, "section");
    load_two(&f, ORCH_WRITE_UPSERT, "section");
    assert_string_equal(db_query(f.path, "SELECT count(*) FROM \"odd \"\"name\"\" 'x'\""), "2\n");
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_APPEND, "a:u,A:u", NULL), ORCH_ESCHEMA);
    transaction_end(&t);
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_UPSERT, COLUMNS, "nope"), ORCH_ECONFIG);
    assert_string_equal(t.err.message, "the key \"nope\" is not a column of the result");
    transaction_end(&t);
    fixture_set(&f, "create", "false");
    fixture_set(&f, "table", "missing");
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_APPEND, COLUMNS, NULL), ORCH_ESCHEMA);
    assert_non_null(strstr(t.err.message, "there is no table missing"));
    transaction_end(&t);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_file_is_a_geopackage_1_3),
        cmocka_unit_test(ogrinfo_reads_it_without_a_warning),
        cmocka_unit_test(append_adds_and_replace_starts_anew),
        cmocka_unit_test(upsert_counts_every_row),
        cmocka_unit_test(upsert_sees_nulls_as_values),
        cmocka_unit_test(a_null_in_the_key_is_refused),
        cmocka_unit_test(values_that_would_change_are_refused),
        cmocka_unit_test(a_table_that_does_not_fit_is_named_column_by_column),
        cmocka_unit_test(a_rolled_back_first_run_leaves_nothing),
        cmocka_unit_test(a_second_writer_finds_the_file_in_use),
        cmocka_unit_test(two_first_runs_do_not_lose_a_row),
        cmocka_unit_test(other_files_are_refused_and_left_alone),
        cmocka_unit_test(a_full_disk_publishes_nothing_and_says_so),
        cmocka_unit_test(names_and_options_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
