/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin_support.h"

#include "base/file.h"
#include "orch/arrow.h"

static void assert_refused(const char *path, const char *message, const char *hint)
{
    struct orch_arena a = { 0 };
    struct orch_loaded *items = NULL;
    orch_error err = ORCH_ERROR_INIT;
    size_t n = 77;

    assert_int_equal(orch_loader_load(&a, path, &items, &n, &err), ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG, message, NULL, hint);
    assert_null(items);
    assert_int_equal(n, 77);
    assert_int_equal(orch_loader_load(&a, path, &items, &n, NULL), ORCH_ECONFIG);
    orch_arena_release(&a);
}

#define AUTHOR "its author must correct it; remove it until then"

static void another_major_is_refused_before_anything_else_is_read(void **state)
{
    (void)state;
    assert_refused(HOSTILE("other_major"),
                   "library \"other_major.so\" is refused: it is built for connector ABI 2.0, "
                   "this host offers 1.0",
                   "update orchestra, or install a build of the plugin for ABI 1.0");
}

static void a_newer_minor_is_refused(void **state)
{
    (void)state;
    assert_refused(HOSTILE("newer_minor"),
                   "library \"newer_minor.so\" is refused: it is built for connector ABI 1.7, "
                   "this host offers 1.0",
                   "update orchestra, or install a build of the plugin for ABI 1.0");
}

static void an_entry_without_description_means_the_host_is_too_old(void **state)
{
    (void)state;
    assert_refused(HOSTILE("entry_null"),
                   "library \"entry_null.so\" is refused: it needs a newer host than connector "
                   "ABI 1.0",
                   "update orchestra, or install a build of the plugin for ABI 1.0");
}

static void a_library_without_entry_is_no_plugin(void **state)
{
    (void)state;
    assert_refused(HOSTILE("no_entry"),
                   "library \"no_entry.so\" is refused: it has no function orch_plugin_entry",
                   "it is no connector, or was built without exporting its entry");
}

static void a_library_with_a_missing_symbol_does_not_open(void **state)
{
    (void)state;
    struct orch_arena a = { 0 };
    struct orch_loaded *items = NULL;
    orch_error err = ORCH_ERROR_INIT;
    size_t n = 0;

    assert_int_equal(orch_loader_load(&a, HOSTILE("unresolved"), &items, &n, &err), ORCH_ECONFIG);
    assert_string_equal(err.message, "cannot open library \"unresolved.so\"");
    assert_non_null(strstr(err.detail, "hostile_function_that_nobody_has"));
    orch_arena_release(&a);
}

static void a_file_that_is_no_library_does_not_open(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const char *path = folder_write(&f, "text.so", "no library", 10);

    assert_refused(path, "cannot open library \"text.so\"", NULL);
    assert_refused(folder_path(&f, "absent.so"), "cannot open library \"absent.so\"", NULL);
    folder_remove(&f);
}

static void a_library_that_is_cut_off_or_for_another_machine_is_told_as_such(void **state)
{
    (void)state;
    struct folder f = folder_new();
    struct orch_text bytes = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_file_read(HOSTILE("plain"), 64 << 20, &bytes, &err), ORCH_OK);

    assert_refused(folder_write(&f, "cut.so", bytes.ptr, bytes.len / 4),
                   "cannot open library \"cut.so\"", "copy it again, as a whole");
    bytes.ptr[18] ^= 0x40; /* e_machine */
    assert_refused(folder_write(&f, "other.so", bytes.ptr, bytes.len),
                   "cannot open library \"other.so\"", "install a build of it for this machine");
    orch_text_release(&bytes);
    folder_remove(&f);
}

static void a_description_smaller_than_its_head_is_refused(void **state)
{
    (void)state;
    assert_refused(HOSTILE("tiny_size"),
                   "library \"tiny_size.so\" is refused: its description has 4 bytes, at least 8 "
                   "are needed", AUTHOR);
}

static void a_source_without_a_required_slot_is_refused(void **state)
{
    (void)state;
    assert_refused(HOSTILE("missing_slot"),
                   "library \"missing_slot.so\" is refused: the source of connector "
                   "\"missing_slot\" has no function next", AUTHOR);
}

static void a_connector_without_a_role_is_refused(void **state)
{
    (void)state;
    assert_refused(HOSTILE("no_role"),
                   "library \"no_role.so\" is refused: connector \"no_role\" is neither a source "
                   "nor a destination", AUTHOR);
}

static void two_connectors_of_one_name_are_refused(void **state)
{
    (void)state;
    assert_refused(HOSTILE("duplicate"),
                   "library \"duplicate.so\" is refused: it declares the connector \"twin\" twice",
                   AUTHOR);
}

static void option_tables_that_make_no_sense_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        const char *message;
    } cases[] = {
#define ABSURD(name, why)                                                                          \
    { HOSTILE("absurd_" name), "library \"absurd_" name ".so\" is refused: " why }
        ABSURD("type", "option \"absurd\" of connector \"absurd\" has an unknown type"),
        ABSURD("range", "option \"absurd\" of connector \"absurd\" has a range that holds nothing"),
        ABSURD("default", "option \"absurd\" of connector \"absurd\" has a default that it does "
                          "not take itself"),
        ABSURD("choices", "option \"absurd\" of connector \"absurd\" has no list of choices that "
                          "ends"),
        ABSURD("name", "option 2 of 2 of connector \"absurd\" has no valid name"),
        ABSURD("size", "option 2 of 2 of connector \"absurd\" has no description"),
        ABSURD("reserved", "option \"path\" of connector \"absurd\" has a name that the host "
                           "gives to every source of files"),
        ABSURD("twice", "option \"good\" of connector \"absurd\" is declared twice"),
        ABSURD("required", "option \"absurd\" of connector \"absurd\" is required and has a "
                           "default"),
        ABSURD("count", "connector \"absurd\" declares 18446744073709551615 options, too many to "
                        "be right"),
    };

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_refused(cases[i].path, cases[i].message, AUTHOR);
}

static void a_default_that_is_not_taken_is_explained(void **state)
{
    (void)state;
    struct orch_arena a = { 0 };
    struct orch_loaded *items = NULL;
    orch_error err = ORCH_ERROR_INIT;
    size_t n = 0;

    orch_loader_load(&a, HOSTILE("absurd_default"), &items, &n, &err);
    assert_string_equal(err.detail, HOSTILE("absurd_default")
                        "; \"absurd\" takes a whole number, not \"many\"");
    orch_arena_release(&a);
}

static void shorter_structs_are_taken_and_their_absent_slots_stubbed(void **state)
{
    (void)state;
    struct orch_arena a = { 0 };
    struct orch_loaded *items = NULL;
    orch_error err = ORCH_ERROR_INIT;
    size_t n = 0;

    assert_int_equal(orch_loader_load(&a, HOSTILE("short_size"), &items, &n, &err), ORCH_OK);
    assert_int_equal(n, 1);
    const struct orch_loaded *l = &items[0];
    assert_ptr_equal(l->connector.source, &l->source);
    assert_null(l->connector.destination);
    assert_int_equal(l->source.struct_size, sizeof(orch_source_ops));
    assert_int_equal(l->source.check(NULL, &err), ORCH_ENOTSUP);
    assert_string_equal(err.message, "this connector cannot check its source");
    assert_int_equal(l->source.streams(NULL, NULL, NULL, NULL), ORCH_ENOTSUP);
    l->source.interrupt(NULL);
    assert_null(l->connector.extension("orch.anything/1"));

    const orch_option *o = l->connector.options[0];
    assert_string_equal(o->name, "brief");
    assert_int_equal(o->struct_size, sizeof(orch_option));
    assert_null(o->default_text);
    assert_true(o->min == 0 && o->max == 0);
    orch_arena_release(&a);
}

static void a_good_plugin_is_adopted_whole(void **state)
{
    (void)state;
    struct orch_arena a = { 0 };
    const struct orch_loaded *l = load_plain(&a, "plain_store");

    assert_string_equal(l->library, HOSTILE("plain"));
    assert_string_equal(l->plugin.version, "1.0.0");
    assert_ptr_equal(l->connector.destination, &l->destination);
    assert_int_equal(l->destination.check(NULL, NULL), ORCH_ENOTSUP);
    l->destination.interrupt(NULL);
    assert_int_equal(l->connector.n_options, 16);
    assert_string_equal(l->connector.options[0]->name, "url");
    orch_arena_release(&a);
}

static void memory_that_ends_while_loading_is_an_error(void **state)
{
    (void)state;
    orch_status st = ORCH_ENOMEM;
    long at = 1;

    for (; st != ORCH_OK && at < 100; at++) {
        struct orch_arena a = { 0 };
        struct orch_loaded *items = NULL;
        orch_error err = ORCH_ERROR_INIT;
        size_t n = 0;
        orch_alloc_fail_at(at);
        st = orch_loader_load(&a, HOSTILE("plain"), &items, &n, &err);
        orch_alloc_fail_at(0);
        assert_true(st == ORCH_OK || st == ORCH_ENOMEM);
        assert_int_equal(st, err.code);
        orch_arena_release(&a);
    }
    assert_true(at > 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_major_is_refused_before_anything_else_is_read),
        cmocka_unit_test(a_newer_minor_is_refused),
        cmocka_unit_test(an_entry_without_description_means_the_host_is_too_old),
        cmocka_unit_test(a_library_without_entry_is_no_plugin),
        cmocka_unit_test(a_library_with_a_missing_symbol_does_not_open),
        cmocka_unit_test(a_file_that_is_no_library_does_not_open),
        cmocka_unit_test(a_library_that_is_cut_off_or_for_another_machine_is_told_as_such),
        cmocka_unit_test(a_description_smaller_than_its_head_is_refused),
        cmocka_unit_test(a_source_without_a_required_slot_is_refused),
        cmocka_unit_test(a_connector_without_a_role_is_refused),
        cmocka_unit_test(two_connectors_of_one_name_are_refused),
        cmocka_unit_test(option_tables_that_make_no_sense_are_refused),
        cmocka_unit_test(a_default_that_is_not_taken_is_explained),
        cmocka_unit_test(shorter_structs_are_taken_and_their_absent_slots_stubbed),
        cmocka_unit_test(a_good_plugin_is_adopted_whole),
        cmocka_unit_test(memory_that_ends_while_loading_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
