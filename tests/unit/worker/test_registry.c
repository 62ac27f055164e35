/* SPDX-License-Identifier: Apache-2.0 */
/* The registry with the describer that the program gives it: workers, which are this test program
 * itself. */
#include "registry_support.h"

static void a_connector_is_found_in_the_library_of_its_name(void **state)
{
    (void)state;
    struct orch_registry *r = registry_with(TEST_BINARY_DIR "/hostile");
    const struct orch_loaded *l = NULL, *again = NULL;
    orch_error err = ORCH_ERROR_INIT;

    assert_int_equal(orch_registry_find(r, "plain", &l, &err), ORCH_OK);
    assert_string_equal(l->library, TEST_BINARY_DIR "/hostile/plain.so");
    assert_string_equal(l->connector.name, "plain");
    assert_int_equal(orch_registry_find(r, "plain", &again, &err), ORCH_OK);
    assert_ptr_equal(l, again);
    orch_registry_free(r);
}

static void a_connector_is_found_in_a_library_of_another_name(void **state)
{
    (void)state;
    struct orch_registry *r = registry_with(TEST_BINARY_DIR "/hostile");
    const struct orch_loaded *l = NULL;

    assert_int_equal(orch_registry_find(r, "plain_store", &l, NULL), ORCH_OK);
    assert_string_equal(l->connector.name, "plain_store");
    orch_registry_free(r);
}

static void the_first_folder_of_the_path_wins(void **state)
{
    (void)state;
    struct folder first = folder_new(), second = folder_new();
    char folders[200];
    const struct orch_loaded *l = NULL;

    link_plugin(&first, HOSTILE("plain"), "plain.so");
    link_plugin(&second, HOSTILE("other_major"), "plain.so");
    snprintf(folders, sizeof folders, "/no/such/folder::%s:%s", first.path, second.path);
    struct orch_registry *r = registry_with(folders);
    assert_int_equal(orch_registry_find(r, "plain", &l, NULL), ORCH_OK);
    assert_string_equal(l->library, folder_path(&first, "plain.so"));
    orch_registry_free(r);
    folder_remove(&first);
    folder_remove(&second);
}

static void a_refused_library_of_the_name_is_the_error(void **state)
{
    (void)state;
    struct orch_registry *r = registry_with(TEST_BINARY_DIR "/hostile");
    const struct orch_loaded *l = NULL;
    orch_error err = ORCH_ERROR_INIT;

    assert_int_equal(orch_registry_find(r, "other_major", &l, &err), ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG,
                 "library \"other_major.so\" is refused: it is built for connector ABI 2.0, this "
                 "host offers 1.0",
                 HOSTILE("other_major"), NULL);
    assert_null(l);
    orch_registry_free(r);
}

static void an_unknown_connector_is_proposed_its_nearest(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct orch_loaded *l = NULL;
    orch_error err = ORCH_ERROR_INIT;

    link_plugin(&f, HOSTILE("plain"), "plain.so");
    link_plugin(&f, HOSTILE("entry_null"), "stale.so");
    struct orch_registry *r = registry_with(f.path);
    assert_int_equal(orch_registry_find(r, "plian", &l, &err), ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG, "unknown connector \"plian\"", NULL,
                 "did you mean \"plain\"? see: orchestra connectors");
    assert_non_null(strstr(err.detail, "\"stale.so\" is refused"));
    assert_non_null(strstr(err.detail, f.path));
    assert_int_equal(orch_registry_find(r, "something_else", &l, &err), ORCH_ECONFIG);
    assert_string_equal(err.hint, "see: orchestra connectors");
    assert_int_equal(orch_registry_find(r, "../plain", &l, NULL), ORCH_ECONFIG);
    assert_int_equal(orch_registry_find(r, "", &l, NULL), ORCH_ECONFIG);
    orch_registry_free(r);
    folder_remove(&f);
}

static void without_any_plugin_the_variable_is_named(void **state)
{
    (void)state;
    struct folder f = folder_new();
    const struct orch_loaded *l = NULL;
    orch_error err = ORCH_ERROR_INIT;
    struct orch_registry *r = registry_with(f.path);

    assert_int_equal(orch_registry_find(r, "csv", &l, &err), ORCH_ECONFIG);
    assert_string_equal(err.hint,
                        "set ORCHESTRA_CONNECTORS to the folder that holds the plugins");
    orch_registry_free(r);
    folder_remove(&f);
}

struct seen {
    size_t loaded;
    size_t refused;
    char names[256];
};

static void see(void *ctx, const char *library, const struct orch_loaded *loaded,
                const orch_error *refused)
{
    struct seen *seen = ctx;

    assert_non_null(library);
    assert_true((loaded == NULL) != (refused == NULL));
    seen->loaded += loaded != NULL;
    seen->refused += refused != NULL;
    strcat(seen->names, loaded ? loaded->connector.name : "!");
    strcat(seen->names, " ");
}

static void each_visits_all_in_the_order_of_names(void **state)
{
    (void)state;
    struct folder f = folder_new();
    struct seen seen = { 0 };

    link_plugin(&f, HOSTILE("plain"), "b_plain.so");
    link_plugin(&f, HOSTILE("entry_null"), "a_stale.so");
    link_plugin(&f, HOSTILE("plain"), ".hidden.so");
    link_plugin(&f, HOSTILE("plain"), "plain.txt");
    link_plugin(&f, "/tmp", "folder.so");
    struct orch_registry *r = registry_with(f.path);
    assert_int_equal(orch_registry_each(r, see, &seen, NULL), ORCH_OK);
    assert_int_equal(seen.loaded, 2);
    assert_int_equal(seen.refused, 1);
    assert_string_equal(seen.names, "! plain_store plain ");
    orch_registry_free(r);
    folder_remove(&f);
}

static void the_identity_is_name_version_and_hash_of_the_library(void **state)
{
    (void)state;
    struct orch_registry *r = registry_with(TEST_BINARY_DIR "/hostile");
    const struct orch_loaded *l = NULL;
    const char *id = NULL, *again = NULL;
    orch_error err = ORCH_ERROR_INIT;

    assert_int_equal(orch_registry_find(r, "plain", &l, &err), ORCH_OK);
    assert_int_equal(orch_registry_identity(r, l, &id, &err), ORCH_OK);
    assert_int_equal(orch_registry_identity(r, l, &again, &err), ORCH_OK);
    assert_true(strncmp(id, "plain 1.0.0 sha256:", 19) == 0);
    assert_int_equal(strlen(id), 19 + 64);
    assert_string_equal(id, again);

    struct orch_loaded stranger = *l;
    stranger.library = "/elsewhere/plain.so";
    assert_int_equal(orch_registry_identity(r, &stranger, &id, &err), ORCH_EINVAL);
    orch_registry_free(r);
}

static void a_registry_of_nothing_is_freed(void **state)
{
    (void)state;
    orch_registry_free(NULL);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_connector_is_found_in_the_library_of_its_name),
        cmocka_unit_test(a_connector_is_found_in_a_library_of_another_name),
        cmocka_unit_test(the_first_folder_of_the_path_wins),
        cmocka_unit_test(a_refused_library_of_the_name_is_the_error),
        cmocka_unit_test(an_unknown_connector_is_proposed_its_nearest),
        cmocka_unit_test(without_any_plugin_the_variable_is_named),
        cmocka_unit_test(each_visits_all_in_the_order_of_names),
        cmocka_unit_test(the_identity_is_name_version_and_hash_of_the_library),
        cmocka_unit_test(a_registry_of_nothing_is_freed),
    };
    REGISTRY_TEST_RUN(tests, argc, argv);
}
