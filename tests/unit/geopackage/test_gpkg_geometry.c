/* SPDX-License-Identifier: Apache-2.0 */
#include "connector_fixture.h"

struct wkb {
    uint8_t bytes[256];
    size_t len;
};

static void add_u32(struct wkb *w, uint32_t value)
{
    memcpy(w->bytes + w->len, &value, 4); /* tests run on little endian machines */
    w->len += 4;
}

static void add_head(struct wkb *w, uint32_t type)
{
    w->bytes[w->len++] = 1;
    add_u32(w, type);
}

static void add_numbers(struct wkb *w, size_t n, const double *numbers)
{
    if (n > 0)
        memcpy(w->bytes + w->len, numbers, n * sizeof *numbers);
    w->len += n * sizeof *numbers;
}

static struct wkb point_of(double x, double y)
{
    struct wkb w = { .len = 0 };
    add_head(&w, 1);
    add_numbers(&w, 2, (double[]){ x, y });
    return w;
}

static struct wkb line_of(uint32_t type, size_t dimensions, const double *numbers, uint32_t points)
{
    struct wkb w = { .len = 0 };
    add_head(&w, type);
    add_u32(&w, points);
    add_numbers(&w, points * dimensions, numbers);
    return w;
}

static void gpkg_setup(struct fixture *f)
{
    fixture_init(f, "trees.gpkg");
    fixture_set(f, "table", "trees");
}

static orch_status put(struct transaction *t, const char *id, const struct wkb *w)
{
    if (w != NULL)
        orch_builder_binary(t->builder, 0, w->bytes, w->len);
    put_text(t, 1, id);
    orch_builder_row(t->builder);
    return transaction_write(t);
}

static void load_points(struct fixture *f, struct transaction *t, uint32_t mode,
                        const char *const *ids, const double *xs, size_t n)
{
    assert_ok(t, transaction_begin(t, f, mode, "geom:z=POINT/2154,id:u",
                                   mode == ORCH_WRITE_UPSERT ? "id" : NULL));
    for (size_t i = 0; i < n; i++) {
        struct wkb w = point_of(xs[i], 2 * xs[i]);
        assert_ok(t, put(t, ids[i], xs[i] >= 0 ? &w : NULL));
    }
    assert_ok(t, transaction_commit(t));
}

static const char *index_rows(const struct fixture *f)
{
    return db_query(f->path, "SELECT id, minx, maxy FROM rtree_trees_geom ORDER BY id");
}

static const char *bounds(const struct fixture *f)
{
    return db_query(f->path, "SELECT min_x, min_y, max_x, max_y FROM gpkg_contents");
}

static void index_and_bounds_follow_every_mode(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    const char *const ids[] = { "a", "b", "c" };
    load_points(&f, &t, ORCH_WRITE_APPEND, ids, (double[]){ 1, -1, 3 }, 3);
    transaction_end(&t);
    assert_string_equal(index_rows(&f), "1|1.0|2.0\n3|3.0|6.0\n");
    assert_string_equal(bounds(&f), "1.0|2.0|3.0|6.0\n");
    load_points(&f, &t, ORCH_WRITE_APPEND, ids, (double[]){ 5 }, 1);
    transaction_end(&t);
    assert_string_equal(index_rows(&f), "1|1.0|2.0\n3|3.0|6.0\n4|5.0|10.0\n");
    assert_string_equal(bounds(&f), "1.0|2.0|5.0|10.0\n");
    load_points(&f, &t, ORCH_WRITE_REPLACE, ids, (double[]){ 7, 8 }, 2);
    transaction_end(&t);
    assert_string_equal(index_rows(&f), "1|7.0|14.0\n2|8.0|16.0\n");
    assert_string_equal(bounds(&f), "7.0|14.0|8.0|16.0\n");
    load_points(&f, &t, ORCH_WRITE_UPSERT, ids, (double[]){ 7, 9, 20 }, 3);
    assert_counts(&t, 1, 1, 1, 0);
    transaction_end(&t);
    assert_string_equal(index_rows(&f), "1|7.0|14.0\n2|9.0|18.0\n3|20.0|40.0\n");
    assert_string_equal(db_query(f.path, "SELECT name FROM sqlite_master WHERE type = 'trigger' "
                                         "ORDER BY name"),
                        "rtree_trees_geom_delete\nrtree_trees_geom_insert\n"
                        "rtree_trees_geom_update1\nrtree_trees_geom_update2\n"
                        "rtree_trees_geom_update3\nrtree_trees_geom_update4\n"
                        "trigger_delete_feature_count_trees\n"
                        "trigger_insert_feature_count_trees\n");
    assert_string_equal(db_query(f.path, "SELECT rtreecheck('rtree_trees_geom'); "
                                         "PRAGMA integrity_check"), "ok\nok\n");
    assert_string_equal(db_query(f.path, "SELECT * FROM gpkg_extensions"),
                        "trees|geom|gpkg_rtree_index|"
                        "http://www.geopackage.org/spec130/#extension_rtree|write-only\n");
    fixture_release(&f);
}

static void other_programs_edit_what_was_written(void **state)
{
    (void)state;
    if (system("ogrinfo --version > /dev/null 2>&1") != 0)
        skip();
    struct fixture f;
    struct transaction t;
    char command[400];
    gpkg_setup(&f);
    load_points(&f, &t, ORCH_WRITE_APPEND, (const char *[]){ "a", "b" }, (double[]){ 1, 2 }, 2);
    transaction_end(&t);
    const char *const edits[] = {
        "DELETE FROM trees WHERE id = 'a'",
        "INSERT INTO trees (geom, id) SELECT geom, 'new' FROM trees",
    };
    for (size_t i = 0; i < sizeof edits / sizeof edits[0]; i++) {
        snprintf(command, sizeof command, "ogrinfo '%s' -sql \"%s\" > %s/log 2>&1", f.path,
                 edits[i], f.folder);
        assert_int_equal(system(command), 0);
    }
    assert_string_equal(index_rows(&f), "2|2.0|4.0\n3|2.0|4.0\n");
    assert_string_equal(db_query(f.path, "SELECT feature_count FROM gpkg_ogr_contents"), "2\n");
    fixture_release(&f);
}

static void a_layer_of_another_program_is_taken_over(void **state)
{
    (void)state;
    if (system("ogr2ogr --version > /dev/null 2>&1") != 0)
        skip();
    struct fixture f;
    struct transaction t;
    char csv[160], command[600];
    gpkg_setup(&f);
    snprintf(csv, sizeof csv, "%s/trees.csv", f.folder);
    fixture_write(csv, "id,WKT\nold,POINT (1 2)\n");
    snprintf(command, sizeof command, "ogr2ogr -f GPKG '%s' '%s' -a_srs EPSG:2154 -nlt POINT "
             "-nln trees > /dev/null 2>&1", f.path, csv);
    assert_int_equal(system(command), 0);
    db_query(f.path, "UPDATE trees SET id = 'old'");
    char before[4096];
    const char *triggers = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND "
                           "tbl_name = 'trees' ORDER BY name";
    snprintf(before, sizeof before, "%s", db_query(f.path, triggers));
    load_points(&f, &t, ORCH_WRITE_UPSERT, (const char *[]){ "old", "new" },
                (double[]){ 10, 20 }, 2);
    transaction_end(&t);
    assert_string_equal(db_query(f.path, triggers), before);
    assert_string_equal(db_query(f.path, "SELECT count(*) FROM rtree_trees_geom"), "2\n");
    snprintf(command, sizeof command, "ogrinfo -ro -so -al '%s' > %s/log 2>&1 && ! grep -i -e "
             "warning -e error %s/log", f.path, f.folder, f.folder);
    assert_int_equal(system(command), 0);
    fixture_release(&f);
}

static void a_layer_that_does_not_fit_says_why(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    load_points(&f, &t, ORCH_WRITE_APPEND, (const char *[]){ "a" }, (double[]){ 1 }, 1);
    transaction_end(&t);
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_APPEND, "geom:z=POLYGON/4326,id:u",
                                       NULL), ORCH_ESCHEMA);
    assert_string_equal(t.err.detail, "geom: the table has POINT, the run POLYGON; "
                                      "geom: the table has EPSG:2154, the run EPSG:4326");
    transaction_end(&t);
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_APPEND, "geom:z,id:u", NULL),
                     ORCH_ESCHEMA);
    assert_string_equal(t.err.detail, "geom: the table has POINT, the run BLOB");
    transaction_end(&t);
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_APPEND, "g:z=POINT,h:z=POINT", NULL),
                     ORCH_ESCHEMA);
    assert_string_equal(t.err.message, "a GeoPackage table holds one geometry column");
    transaction_end(&t);
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_APPEND, "g:z=CUBE", NULL), ORCH_ESCHEMA);
    transaction_end(&t);
    assert_int_equal(transaction_begin(&t, &f, ORCH_WRITE_APPEND, "g:z=POINT/Lambert", NULL),
                     ORCH_ESCHEMA);
    transaction_end(&t);
    fixture_release(&f);
}

static void refuse(struct fixture *f, const char *column, const struct wkb *w, const char *why)
{
    struct transaction t;
    char columns[64];
    snprintf(columns, sizeof columns, "geom:z=%s/2154,id:u", column);
    assert_ok(&t, transaction_begin(&t, f, ORCH_WRITE_REPLACE, columns, NULL));
    assert_int_equal(put(&t, "x", w), ORCH_EDATA);
    assert_string_equal(t.err.message, "a geometry does not fit column \"geom\"");
    if (why != NULL) {
        assert_non_null(strstr(t.err.detail, why));
        assert_non_null(strstr(t.err.detail, "row 1 of the result: "));
    }
    transaction_end(&t);
}

static void geometries_that_are_wrong_are_refused(void **state)
{
    (void)state;
    struct fixture f;
    gpkg_setup(&f);
    const double numbers[] = { 0, 0, 1, 1, 2, 2, 3, 3 };
    struct wkb line = line_of(2, 2, numbers, 3);
    refuse(&f, "POINT", &line, "it is of another geometry type");
    struct wkb arc = line_of(8, 2, numbers, 3);
    refuse(&f, "GEOMETRY", &arc, "curves and surfaces are not supported");
    struct wkb ewkb = point_of(1, 2);
    ewkb.bytes[4] = 0x20;
    refuse(&f, "GEOMETRY", &ewkb, "the type is none of ISO WKB");
    struct wkb longer = point_of(1, 2);
    longer.len++;
    refuse(&f, "POINT", &longer, "bytes follow the geometry");
    struct wkb nan = line_of(2, 2, (double[]){ 0, 0, 0.0 / 0.0, 1 }, 2);
    refuse(&f, "GEOMETRY", &nan, "a coordinate is not a finite number");
    struct wkb many = line;
    many.bytes[8] = 0x7f;
    refuse(&f, "GEOMETRY", &many, "the geometry ends too early");
    struct wkb deep = { .len = 0 };
    for (int i = 0; i < 20; i++) {
        add_head(&deep, 7);
        add_u32(&deep, 1);
    }
    refuse(&f, "GEOMETRY", &deep, NULL);
    for (size_t cut = 0; cut < line.len; cut++) {
        struct wkb part = line;
        part.len = cut;
        refuse(&f, "GEOMETRY", &part, "the geometry ends too early");
    }
    assert_string_equal(fixture_files(&f), "");
    fixture_release(&f);
}

static void blobs_carry_envelope_and_emptiness(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, "geom:z=GEOMETRY/2154,id:u", NULL));
    struct wkb line = line_of(1002, 3, (double[]){ 5, 1, 9, 2, 7, 9 }, 2);
    struct wkb empty = line_of(2, 2, NULL, 0);
    struct wkb nowhere = point_of(0.0 / 0.0, 0.0 / 0.0);
    struct wkb multi = { .len = 0 };
    struct wkb one = point_of(3, 4);
    add_head(&multi, 4);
    add_u32(&multi, 1);
    memcpy(multi.bytes + multi.len, one.bytes, one.len);
    multi.len += one.len;
    assert_ok(&t, put(&t, "line", &line));
    assert_ok(&t, put(&t, "empty", &empty));
    assert_ok(&t, put(&t, "nowhere", &nowhere));
    assert_ok(&t, put(&t, "multi", &multi));
    assert_ok(&t, transaction_commit(&t));
    transaction_end(&t);
    /* GP, version, flags; srs 2154 is 0x086a */
    assert_string_equal(db_query(f.path, "SELECT hex(substr(geom, 1, 8)), length(geom) FROM trees"),
                        "475000036A080000|97\n475000116A080000|17\n475000116A080000|29\n"
                        "475000036A080000|70\n");
    assert_string_equal(db_query(f.path, "SELECT id, minx, maxx, miny, maxy FROM rtree_trees_geom"),
                        "1|2.0|5.0|1.0|7.0\n4|3.0|3.0|4.0|4.0\n");
    assert_string_equal(db_query(f.path, "SELECT geometry_type_name, z, m FROM "
                                         "gpkg_geometry_columns"), "GEOMETRY|2|0\n");
    fixture_release(&f);
}

static void coordinate_systems_are_those_of_the_registry(void **state)
{
    (void)state;
    if (system("gdalsrsinfo --version > /dev/null 2>&1") != 0)
        skip();
    static const char *const codes[] = { "4326", "2154", "3948", "4171", "5490",
                                         "2972", "2975", "4471", "25831", "32630" };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        struct fixture f;
        struct transaction t;
        char columns[64], sql[160], wkt[160], command[800];
        gpkg_setup(&f);
        snprintf(columns, sizeof columns, "geom:z=POINT/%s", codes[i]);
        assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, columns, NULL));
        assert_ok(&t, transaction_commit(&t));
        transaction_end(&t);
        snprintf(sql, sizeof sql, "SELECT definition FROM gpkg_spatial_ref_sys WHERE srs_id = %s",
                 codes[i]);
        snprintf(wkt, sizeof wkt, "%s/wkt", f.folder);
        fixture_write(wkt, db_query(f.path, sql));
        snprintf(command, sizeof command,
                 "a=$(gdalsrsinfo -o proj4 '%s' 2>&1) && b=$(gdalsrsinfo -o proj4 EPSG:%s 2>&1) && "
                 "test -n \"$a\" && test \"$a\" = \"$b\" || { echo \"$a / $b\"; exit 1; }",
                 wkt, codes[i]);
        if (system(command) != 0)
            fail_msg("EPSG:%s is defined otherwise", codes[i]);
        fixture_release(&f);
    }
}

static void an_unknown_system_is_named_by_its_code(void **state)
{
    (void)state;
    struct fixture f;
    struct transaction t;
    gpkg_setup(&f);
    fixture_set(&f, "spatial_index", "false");
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, "geom:z=POINT/27572", NULL));
    assert_ok(&t, transaction_commit(&t));
    transaction_end(&t);
    assert_string_equal(db_query(f.path, "SELECT srs_name, organization, organization_coordsys_id "
                                         "FROM gpkg_spatial_ref_sys WHERE srs_id > 5000"),
                        "EPSG:27572|EPSG|27572\n");
    assert_string_equal(db_query(f.path, "SELECT count(*) FROM gpkg_extensions"), "0\n");
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(index_and_bounds_follow_every_mode),
        cmocka_unit_test(other_programs_edit_what_was_written),
        cmocka_unit_test(a_layer_of_another_program_is_taken_over),
        cmocka_unit_test(a_layer_that_does_not_fit_says_why),
        cmocka_unit_test(geometries_that_are_wrong_are_refused),
        cmocka_unit_test(blobs_carry_envelope_and_emptiness),
        cmocka_unit_test(coordinate_systems_are_those_of_the_registry),
        cmocka_unit_test(an_unknown_system_is_named_by_its_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
