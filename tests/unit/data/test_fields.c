/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "arrays.h"
#include "data/frame.h"
#include "orch/builder.h"

static struct orch_field sample_items[] = {
    { .name = "id", .type = ORCH_TYPE_INTEGER, .comment = "number of the permit" },
    { .name = "energy_kwh", .type = ORCH_TYPE_NUMBER },
    { .name = "energy_class", .type = ORCH_TYPE_TEXT },
    { .name = "geom", .type = ORCH_TYPE_BINARY, .geometry = "POINT", .crs = "2154" },
    { .name = "nothing", .type = ORCH_TYPE_NULL },
};
static const struct orch_fields sample = { sample_items, 5 };

static void a_schema_carries_fields_there_and_back(void **state)
{
    (void)state;
    struct orch_arena a = { 0 };
    struct ArrowSchema schema;
    struct orch_fields back;
    assert_int_equal(orch_fields_export(&sample, &schema, NULL), ORCH_OK);
    assert_int_equal(orch_fields_import(&a, &schema, &back, NULL), ORCH_OK);
    schema.release(&schema);
    assert_int_equal(back.len, 5);
    for (size_t i = 0; i < 4; i++) {
        assert_string_equal(back.items[i].name, sample.items[i].name);
        assert_int_equal(back.items[i].type, sample.items[i].type);
    }
    assert_int_equal(back.items[4].type, ORCH_TYPE_TEXT);
    assert_string_equal(back.items[0].comment, "number of the permit");
    assert_null(back.items[1].comment);
    assert_string_equal(back.items[3].geometry, "POINT");
    assert_string_equal(back.items[3].crs, "2154");
    orch_arena_release(&a);
}

static void role_fields_are_left_out(void **state)
{
    (void)state;
    struct orch_arena a = { 0 };
    struct ArrowSchema schema;
    struct orch_fields fields;
    assert_int_equal(orch_schema_init(&schema), ORCH_OK);
    assert_int_equal(orch_schema_add(&schema, "id", "l"), ORCH_OK);
    assert_int_equal(orch_schema_add(&schema, "_line", "l"), ORCH_OK);
    assert_int_equal(orch_schema_annotate(&schema, ORCH_META_ROLE, ORCH_ROLE_LINE), ORCH_OK);
    assert_int_equal(orch_schema_add(&schema, "name", "u"), ORCH_OK);
    assert_int_equal(orch_fields_import(&a, &schema, &fields, NULL), ORCH_OK);
    assert_int_equal(fields.len, 2);
    assert_string_equal(fields.items[1].name, "name");
    schema.release(&schema);
    orch_arena_release(&a);
}

static void assert_refused(const struct test_batch *b, const char *message, const char *detail)
{
    struct orch_arena a = { 0 };
    struct orch_fields fields = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_fields_import(&a, &b->schema, &fields, &err), ORCH_ESCHEMA);
    assert_string_equal(err.message, message);
    assert_string_equal(err.detail, detail);
    assert_null(fields.items);
    assert_int_equal(orch_fields_import(&a, &b->schema, &fields, NULL), ORCH_ESCHEMA);
    orch_arena_release(&a);
}

static void schemas_outside_the_profile_are_refused_by_name(void **state)
{
    (void)state;
    struct test_batch b;
    test_batch_init(&b, 0);
    test_batch_add(&b, "id", "l", 0, NULL, NULL, NULL);
    test_batch_add(&b, "big", "U", 0, NULL, NULL, NULL);
    assert_refused(&b, "column \"big\" has a type that is not supported", "Arrow format \"U\"");
    b.fields[1].format = "tsu:"; /* a wall clock of nobody knows where */
    assert_refused(&b, "column \"big\" has a type that is not supported", "Arrow format \"tsu:\"");
    b.fields[1].format = NULL;
    assert_refused(&b, "column \"big\" has a type that is not supported", "Arrow format \"\"");
    b.fields[1].format = "l";
    b.fields[1].name = "id";
    assert_refused(&b, "two columns are called \"id\"", "columns 1 and 2");
    b.fields[1].name = "\xE9";
    assert_refused(&b, "the name of a column is not UTF-8", "");
    b.schema.format = "l";
    assert_refused(&b, "a schema is not a struct of columns", "");
}

static void a_list_is_no_column(void **state)
{
    (void)state;
    struct orch_field item = { .name = "tags", .type = ORCH_TYPE_LIST };
    struct orch_fields fields = { &item, 1 };
    struct ArrowSchema schema;
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_fields_export(&fields, &schema, &err), ORCH_EINTERNAL);
    assert_string_equal(err.message, "cannot hand over column \"tags\" of type list");
}

static void fields_are_found_by_name_or_nearly(void **state)
{
    (void)state;
    assert_int_equal(orch_fields_find(&sample, "geom"), 3);
    assert_int_equal(orch_fields_find(&sample, "Geom"), -1);
    assert_string_equal(orch_fields_nearest(&sample, "Geom"), "geom");
    assert_string_equal(orch_fields_nearest(&sample, "energy_clas"), "energy_class");
    assert_string_equal(orch_fields_nearest(&sample, "energie_kwh"), "energy_kwh");
    assert_null(orch_fields_nearest(&sample, "siret"));
}

static void importing_without_memory_says_so(void **state)
{
    (void)state;
    struct ArrowSchema schema;
    orch_status st = ORCH_ENOMEM;
    assert_int_equal(orch_fields_export(&sample, &schema, NULL), ORCH_OK);
    for (long n = 1; st == ORCH_ENOMEM; n++) {
        struct orch_arena a = { 0 };
        struct orch_fields fields;
        orch_error err = ORCH_ERROR_INIT;
        orch_alloc_fail_at(n);
        st = orch_fields_import(&a, &schema, &fields, &err);
        orch_alloc_fail_at(0);
        if (st != ORCH_OK)
            assert_string_equal(err.message, "out of memory for the columns of a schema");
        assert_true(n < 20);
        orch_arena_release(&a);
    }
    assert_int_equal(st, ORCH_OK);
    schema.release(&schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_schema_carries_fields_there_and_back),
        cmocka_unit_test(role_fields_are_left_out),
        cmocka_unit_test(schemas_outside_the_profile_are_refused_by_name),
        cmocka_unit_test(a_list_is_no_column),
        cmocka_unit_test(fields_are_found_by_name_or_nearly),
        cmocka_unit_test(importing_without_memory_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
