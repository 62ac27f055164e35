/* SPDX-License-Identifier: Apache-2.0 */
#include "connector_fixture.h"

#define ALL_TYPES "name:u,n:l,x:g,ok:b,day:tdD,at:tsu:UTC,raw:z,geom:z=POINT/2154"

struct reading {
    struct fixture *f;
    orch_source *source;
    orch_reader *reader;
    struct ArrowSchema schema;
    orch_error err;
};

static orch_status reading_open(struct reading *r, struct fixture *f, const char *const *columns,
                                size_t n)
{
    const orch_source_ops *ops = f->connector->source;
    memset(r, 0, sizeof *r);
    r->f = f;
    r->err = (orch_error)ORCH_ERROR_INIT;
    f->n_rejects = 0;
    f->rejects[0] = '\0';
    orch_status st = ops->open(&f->host, &r->source, &r->err);
    orch_read_request request = { .struct_size = sizeof request, .columns = columns,
                                  .n_columns = n, .target_rows = 3 };
    if (st == ORCH_OK)
        st = ops->read(r->source, &request, &r->reader, &r->err);
    if (st == ORCH_OK)
        st = ops->schema(r->reader, &r->schema, &r->err);
    return st;
}

static void reading_end(struct reading *r)
{
    if (r->schema.release != NULL)
        r->schema.release(&r->schema);
    if (r->reader != NULL)
        r->f->connector->source->end(r->reader);
    if (r->source != NULL)
        r->f->connector->source->close(r->source);
}

static size_t cell_text(const orch_view *v, size_t c, int64_t row, char *out, size_t size)
{
    size_t len;
    if (orch_view_is_null(v, c, row))
        return (size_t)snprintf(out, size, "NULL");
    switch (v->columns[c].type) {
    case ORCH_VIEW_TEXT: {
        const char *text = orch_view_text(v, c, row, &len);
        return (size_t)snprintf(out, size, "%.*s", (int)len, text);
    }
    case ORCH_VIEW_BINARY:
        orch_view_binary(v, c, row, &len);
        return (size_t)snprintf(out, size, "<%zu>", len);
    case ORCH_VIEW_FLOAT:
        return (size_t)snprintf(out, size, "%g", orch_view_float(v, c, row));
    case ORCH_VIEW_BOOL:
        return (size_t)snprintf(out, size, "%s", orch_view_bool(v, c, row) ? "true" : "false");
    case ORCH_VIEW_DATE:
        return (size_t)snprintf(out, size, "%d", (int)orch_view_date(v, c, row));
    case ORCH_VIEW_TIMESTAMP:
        return (size_t)snprintf(out, size, "%lld", (long long)orch_view_timestamp(v, c, row));
    case ORCH_VIEW_INT:
        return (size_t)snprintf(out, size, "%lld", (long long)orch_view_int(v, c, row));
    }
    return 0;
}

/* All rows as a|b lines. */
static const char *reading_rows(struct reading *r)
{
    static char text[4096];
    size_t used = 0;
    struct ArrowArray batch;
    orch_batch_info info = { .struct_size = sizeof info };
    orch_status st;
    text[0] = '\0';
    while ((st = r->f->connector->source->next(r->reader, &batch, &info, &r->err)) == ORCH_OK) {
        orch_view v;
        assert_true(batch.length <= 3);
        assert_int_equal(orch_view_init(&v, &r->schema, &batch, NULL), ORCH_OK);
        for (int64_t row = 0; row < v.rows; row++) {
            for (size_t c = 0; c < v.n_columns; c++) {
                if (c > 0)
                    text[used++] = '|';
                used += cell_text(&v, c, row, text + used, sizeof text - used);
            }
            used += (size_t)snprintf(text + used, sizeof text - used, "\n");
        }
        orch_view_release(&v);
        batch.release(&batch);
    }
    assert_int_equal(st, ORCH_END);
    return text;
}

static const char *schema_text(const struct ArrowSchema *schema)
{
    static char text[1024];
    size_t used = 0;
    text[0] = '\0';
    for (int64_t i = 0; i < schema->n_children; i++) {
        const struct ArrowSchema *c = schema->children[i];
        size_t len, crs_len;
        const char *geometry = orch_schema_metadata(c, ORCH_META_GEOMETRY, &len);
        const char *crs = orch_schema_metadata(c, ORCH_META_CRS, &crs_len);
        used += (size_t)snprintf(text + used, sizeof text - used, "%s:%s%s%.*s%s%.*s ", c->name,
                                 c->format, geometry != NULL ? "=" : "",
                                 geometry != NULL ? (int)len : 0, geometry != NULL ? geometry : "",
                                 crs != NULL ? "/" : "", crs != NULL ? (int)crs_len : 0,
                                 crs != NULL ? crs : "");
    }
    return text;
}

static const char *read_all(struct fixture *f)
{
    struct reading r;
    assert_ok(&r, reading_open(&r, f, NULL, 0));
    const char *text = reading_rows(&r);
    reading_end(&r);
    return text;
}

static const uint8_t point[21] = { 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xf0, 0x3f,
                                   0, 0, 0, 0, 0, 0, 0, 0x40 };

static void write_all_types(struct fixture *f)
{
    struct transaction t;
    fixture_set(f, "table", "every");
    assert_ok(&t, transaction_begin(&t, f, ORCH_WRITE_APPEND, ALL_TYPES, NULL));
    put_text(&t, 0, "caf\xc3\xa9");
    orch_builder_int(t.builder, 1, INT64_MIN);
    orch_builder_float(t.builder, 2, 0.1);
    orch_builder_bool(t.builder, 3, true);
    orch_builder_date(t.builder, 4, -719528);
    orch_builder_timestamp(t.builder, 5, -1000);
    orch_builder_binary(t.builder, 6, "\0\1", 2);
    orch_builder_binary(t.builder, 7, point, sizeof point);
    orch_builder_row(t.builder);
    orch_builder_row(t.builder);
    assert_ok(&t, transaction_write(&t));
    assert_ok(&t, transaction_commit(&t));
    transaction_end(&t);
}

static void what_was_written_reads_back(void **state)
{
    (void)state;
    struct fixture f;
    struct reading r;
    fixture_init(&f, "every.gpkg");
    write_all_types(&f);
    fixture_set(&f, "table", NULL); /* the only layer is found by itself */
    assert_ok(&r, reading_open(&r, &f, NULL, 0));
    assert_string_equal(schema_text(&r.schema),
                        "name:u n:l x:g ok:b day:tdD at:tsu:UTC raw:z geom:z=POINT/2154 "
                        "orch_record:l ");
    size_t len;
    assert_memory_equal(orch_schema_metadata(r.schema.children[8], ORCH_META_ROLE, &len), "record",
                        6);
    assert_string_equal(reading_rows(&r),
                        "caf\xc3\xa9|-9223372036854775808|0.1|true|-719528|-1000|<2>|<21>|1\n"
                        "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|2\n");
    reading_end(&r);
    fixture_release(&f);
}

static void only_the_columns_asked_for_are_read(void **state)
{
    (void)state;
    struct fixture f;
    struct reading r;
    fixture_init(&f, "every.gpkg");
    write_all_types(&f);
    assert_ok(&r, reading_open(&r, &f, (const char *[]){ "geom", "name" }, 2));
    assert_string_equal(schema_text(&r.schema), "geom:z=POINT/2154 name:u orch_record:l ");
    assert_string_equal(reading_rows(&r), "<21>|caf\xc3\xa9|1\nNULL|NULL|2\n");
    reading_end(&r);
    assert_ok(&r, reading_open(&r, &f, (const char *[]){ "" }, 0));
    assert_string_equal(reading_rows(&r), "1\n2\n");
    reading_end(&r);
    assert_int_equal(reading_open(&r, &f, (const char *[]){ "nope" }, 1), ORCH_EINVAL);
    reading_end(&r);
    fixture_release(&f);
}

static void a_query_gives_types_by_declaration_or_by_value(void **state)
{
    (void)state;
    struct fixture f;
    struct reading r;
    fixture_init(&f, "every.gpkg");
    write_all_types(&f);
    fixture_set(&f, "table", NULL);
    fixture_set(&f, "query", "SELECT fid, geom, at, upper(name) AS big, n IS NULL AS none, "
                             "coalesce(x, 2) AS y FROM every ORDER BY fid DESC;");
    assert_ok(&r, reading_open(&r, &f, NULL, 0));
    assert_string_equal(schema_text(&r.schema), "fid:l geom:z=GEOMETRY/2154 at:tsu:UTC big:u "
                                                "none:l y:g orch_record:l ");
    assert_string_equal(reading_rows(&r), "2|NULL|NULL|NULL|1|2|1\n"
                                          "1|<21>|-1000|CAF\xc3\xa9|0|0.1|2\n");
    reading_end(&r);
    assert_ok(&r, reading_open(&r, &f, (const char *[]){ "big" }, 1));
    assert_string_equal(reading_rows(&r), "NULL|1\nCAF\xc3\xa9|2\n");
    reading_end(&r);
    const char *const bad[] = { "SELECT 1; SELECT 2", "DELETE FROM every", "SELECT nope FROM every",
                                "-- nothing", "ATTACH 'x' AS y", "SELECT 1 AS a, 2 AS a" };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        fixture_set(&f, "query", bad[i]);
        orch_status st = reading_open(&r, &f, NULL, 0);
        assert_true(st == ORCH_ECONFIG || st == ORCH_ESCHEMA);
        assert_true(r.err.hint[0] != '\0');
        reading_end(&r);
    }
    fixture_release(&f);
}

static void a_value_of_another_type_is_rejected_with_its_text(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "every.gpkg");
    write_all_types(&f);
    db_query(f.path, "DROP TRIGGER rtree_every_geom_insert;"
                     "INSERT INTO every(day) VALUES ('32/01/2024');"
                     "INSERT INTO every(n) VALUES ('many');"
                     "INSERT INTO every(ok) VALUES (2);"
                     "INSERT INTO every(at) VALUES ('2024-01-01T10:00:00');"
                     "INSERT INTO every(at) VALUES ('2024-01-01 10:00:00+02:00');"
                     "INSERT INTO every(name) VALUES (CAST(x'ff' AS TEXT));"
                     "INSERT INTO every(geom) VALUES (x'4750');"
                     "INSERT INTO every(geom) VALUES (x'47500001000000000101000000');"
                     "INSERT INTO every(day) VALUES ('2024-02-29')");
    assert_string_equal(
        read_all(&f),
        "caf\xc3\xa9|-9223372036854775808|0.1|true|-719528|-1000|<2>|<21>|1\n"
        "NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|2\n"
        "NULL|NULL|NULL|NULL|NULL|1704096000000000|NULL|NULL|7\n"
        "NULL|NULL|NULL|NULL|19782|NULL|NULL|NULL|11\n");
    assert_string_equal(
        f.rejects,
        "3 day type: not a date such as 2026-11-24: \"32/01/2024\"\n"
        "4 n type: not a whole number: \"many\"\n"
        "5 ok type: not true or false (1 or 0): \"2\"\n"
        "6 at type: not an instant such as 2026-11-24T15:00:00Z: \"2024-01-01T10:00:00\"\n"
        "8 name encoding: the text is not UTF-8\n"
        "9 geom geometry: no GeoPackage geometry\n"
        "10 geom geometry: the geometry ends too early\n");
    fixture_release(&f);
}

static void files_of_other_programs_are_read(void **state)
{
    (void)state;
    if (system("ogr2ogr --version > /dev/null 2>&1") != 0)
        skip();
    struct fixture f;
    char csv[160], command[512];
    fixture_init(&f, "trees.gpkg");
    snprintf(csv, sizeof csv, "%s/trees.csv", f.folder);
    fixture_write(csv, "id,height,WKT\n1,4.5,POINT (1 2)\n2,,\"LINESTRING (0 0,3 4)\"\n");
    snprintf(command, sizeof command, "ogr2ogr -f GPKG '%s' '%s' -a_srs EPSG:2154 -oo "
             "AUTODETECT_TYPE=YES -nln trees > /dev/null 2>&1", f.path, csv);
    assert_int_equal(system(command), 0);
    struct reading r;
    assert_ok(&r, reading_open(&r, &f, NULL, 0));
    assert_non_null(strstr(schema_text(&r.schema), "geom:z=GEOMETRY/2154 "));
    assert_non_null(strstr(reading_rows(&r), "<41>"));
    reading_end(&r);
    fixture_release(&f);
}

static void what_cannot_be_read_is_named(void **state)
{
    (void)state;
    struct fixture f;
    struct reading r;
    fixture_init(&f, "every.gpkg");
    assert_int_equal(reading_open(&r, &f, NULL, 0), ORCH_EIO);
    assert_non_null(strstr(r.err.message, "cannot open \"/tmp/orch-test-"));
    assert_string_equal(r.err.detail, "No such file or directory");
    reading_end(&r);
    write_all_types(&f);
    fixture_set(&f, "table", "second");
    struct transaction t;
    assert_ok(&t, transaction_begin(&t, &f, ORCH_WRITE_APPEND, "a:u", NULL));
    assert_ok(&t, ledger_run(&t, "r1", "energy", "loaded", NOW_US, 1));
    assert_ok(&t, transaction_commit(&t));
    transaction_end(&t);
    fixture_set(&f, "table", NULL);
    assert_int_equal(reading_open(&r, &f, NULL, 0), ORCH_ECONFIG);
    assert_non_null(strstr(r.err.message, "holds several layers"));
    assert_string_equal(r.err.detail, "it holds every, second");
    reading_end(&r);
    fixture_set(&f, "table", "third");
    assert_int_equal(reading_open(&r, &f, NULL, 0), ORCH_ECONFIG);
    assert_non_null(strstr(r.err.message, "there is no table third"));
    reading_end(&r);
    fixture_set(&f, "query", "SELECT 1");
    assert_int_equal(reading_open(&r, &f, NULL, 0), ORCH_ECONFIG);
    reading_end(&r);
    fixture_set(&f, "query", NULL);
    fixture_write(f.path, "this is a text of more than one hundred bytes, which no SQLite file "
                          "begins with, whatever its name may say to those who look\n");
    assert_int_equal(reading_open(&r, &f, NULL, 0), ORCH_EDATA);
    assert_non_null(strstr(r.err.message, "cannot read \""));
    reading_end(&r);
    fixture_release(&f);
}

static void reading_stops_when_cancelled(void **state)
{
    (void)state;
    struct fixture f;
    struct reading r;
    struct ArrowArray batch;
    fixture_init(&f, "every.gpkg");
    write_all_types(&f);
    assert_ok(&r, reading_open(&r, &f, NULL, 0));
    f.connector->source->interrupt(r.source);
    assert_int_equal(f.connector->source->next(r.reader, &batch, NULL, &r.err), ORCH_ECANCELLED);
    reading_end(&r);
    fixture_release(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_written_reads_back),
        cmocka_unit_test(only_the_columns_asked_for_are_read),
        cmocka_unit_test(a_query_gives_types_by_declaration_or_by_value),
        cmocka_unit_test(a_value_of_another_type_is_rejected_with_its_text),
        cmocka_unit_test(files_of_other_programs_are_read),
        cmocka_unit_test(what_cannot_be_read_is_named),
        cmocka_unit_test(reading_stops_when_cancelled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
