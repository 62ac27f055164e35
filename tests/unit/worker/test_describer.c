/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing of a library runs in the host before it is asked to, and a library that is not what was
 * planned with is refused. The libraries are those of tests/hostile. */
#include "registry_support.h"

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#include "base/cancel.h"

static struct folder folder;

static int setup(void **state)
{
    (void)state;
    folder = folder_new();
    unsetenv("EAGER_RAN");
    return chdir(folder.path);
}

static int teardown(void **state)
{
    (void)state;
    int code = chdir("/");
    folder_remove(&folder);
    return code;
}

static void assert_nothing_ran_here(void)
{
    assert_null(getenv("EAGER_RAN"));
    assert_int_equal(access("eager_ran", F_OK), -1);
}

static const struct orch_loaded *found(struct orch_registry *r, const char *name)
{
    const struct orch_loaded *l = NULL;
    orch_error err = ORCH_ERROR_INIT;
    if (orch_registry_find(r, name, &l, &err) != ORCH_OK)
        fail_msg("%s: %s", err.message, err.detail);
    return l;
}

static void assert_not_found(struct orch_registry *r, const char *name, const char *message,
                             const char *part_of_detail)
{
    const struct orch_loaded *l = NULL;
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_registry_find(r, name, &l, &err), ORCH_ECONFIG);
    assert_error(&err, ORCH_ECONFIG, message, NULL, NULL);
    if (strstr(err.detail, part_of_detail) == NULL)
        fail_msg("no \"%s\" in \"%s\"", part_of_detail, err.detail);
    assert_null(l);
}

/* ---- planning ------------------------------------------------------------------------------ */

static void a_library_with_a_manifest_is_not_even_looked_at(void **state)
{
    (void)state;
    struct orch_text text = { 0 };
    manifest_of(HOSTILE("plain"), &text);
    folder_write(&folder, "plain.orch.json", text.ptr, text.len);
    folder_write(&folder, "plain.so", "no library", 10);
    struct orch_registry *r = registry_of(folder.path, NULL);
    const struct orch_loaded *l = found(r, "plain_store");
    assert_string_equal(l->library, folder_path(&folder, "plain.so"));
    assert_string_equal(l->manifest, text.ptr);
    assert_non_null(l->connector.source);
    assert_non_null(l->connector.destination);
    assert_int_equal(l->connector.n_options, 16);
    assert_int_equal(l->connector.needs, ORCH_NEEDS_NETWORK);
    orch_registry_free(r);
    orch_text_release(&text);
}

static void with_a_manifest_nothing_of_a_library_runs_here(void **state)
{
    (void)state;
    link_plugin(&folder, HOSTILE("eager"), "eager.so");
    write_manifest(&folder, HOSTILE("eager"), "eager.orch.json", "Runs", "Runs");
    (void)unlink("eager_ran"); /* of that worker, where it has no sandbox */
    assert_nothing_ran_here();
    struct orch_registry *r = registry_of(folder.path, NULL);
    (void)found(r, "eager");
    assert_nothing_ran_here();
    orch_registry_free(r);
}

static void without_one_it_is_asked_in_a_process_of_its_own(void **state)
{
    (void)state;
    link_plugin(&folder, HOSTILE("eager"), "eager.so");
    struct orch_registry *r = registry_with(folder.path);
    const struct orch_loaded *l = found(r, "eager");
    assert_string_equal(l->connector.summary, "Runs before it is called.");
    assert_string_equal(l->plugin.version, "1.2.3");
    assert_null(getenv("EAGER_RAN"));
#if !defined(__SANITIZE_THREAD__)
    assert_nothing_ran_here(); /* and its sandbox let it write nothing */
#endif
    orch_registry_free(r);
}

static void nobody_to_ask_is_said(void **state)
{
    (void)state;
    link_plugin(&folder, HOSTILE("plain"), "plain.so");
    struct orch_registry *r = registry_of(folder.path, NULL);
    assert_not_found(r, "plain", "library \"plain.so\" has no manifest", "");
    orch_registry_free(r);
}

static void a_description_calls_nothing(void **state)
{
    (void)state;
    orch_error err = ORCH_ERROR_INIT;
    orch_source *source = NULL;
    orch_destination *destination = NULL;
    struct orch_registry *r = registry_with(TEST_BINARY_DIR "/hostile");
    const struct orch_loaded *l = found(r, "plain_store");
    assert_int_equal(l->source.open(NULL, &source, &err), ORCH_EINTERNAL);
    assert_string_equal(err.message, "a connector was called whose library is not open");
    assert_int_equal(l->source.next(NULL, NULL, NULL, NULL), ORCH_EINTERNAL);
    l->source.interrupt(NULL);
    l->source.end(NULL);
    l->source.close(NULL);
    assert_int_equal(l->destination.open(NULL, &destination, &err), ORCH_EINTERNAL);
    assert_int_equal(l->destination.commit(NULL, NULL, NULL), ORCH_EINTERNAL);
    l->destination.end(NULL);
    assert_int_equal(l->destination.check(NULL, NULL), ORCH_ENOTSUP);
    orch_registry_free(r);
}

/* ---- libraries that cannot be asked -------------------------------------------------------- */

static void a_library_that_crashes_is_refused(void **state)
{
    (void)state;
    link_plugin(&folder, HOSTILE("eager_crash"), "eager.so");
    struct orch_registry *r = registry_with(folder.path);
    const struct orch_loaded *l = NULL;
    orch_error err = ORCH_ERROR_INIT;
    assert_int_equal(orch_registry_find(r, "eager", &l, &err), ORCH_ECONFIG);
    /* A sanitizer reports the signal and exits. */
    if (strcmp(err.message, "library \"eager.so\" crashed (signal 11, SIGSEGV)") != 0 &&
        strstr(err.message, "library \"eager.so\" ended its process with exit code") == NULL)
        fail_msg("%s", err.message);
    assert_non_null(strstr(err.detail, "while describing itself"));
    assert_string_equal(err.hint, "report this to the author of library \"eager.so\"");
    orch_registry_free(r);
}

static void a_library_that_ends_its_process_is_refused(void **state)
{
    (void)state;
    link_plugin(&folder, HOSTILE("eager_exit"), "eager.so");
    struct orch_registry *r = registry_with(folder.path);
    assert_not_found(r, "eager", "library \"eager.so\" ended its process with exit code 0",
                     "while describing itself");
    orch_registry_free(r);
}

static void a_library_that_answers_by_itself_is_refused(void **state)
{
    (void)state;
    link_plugin(&folder, HOSTILE("eager_answer"), "eager.so");
    struct orch_registry *r = registry_with(folder.path);
    assert_not_found(r, "eager", "library \"eager.so\" broke the contract of its process",
                     "what it sent is no frame; while describing itself");
    orch_registry_free(r);
}

static void a_library_that_never_comes_back_is_killed(void **state)
{
    (void)state;
    struct orch_remote_setup patience = worker_setup();
    struct orch_text text = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    patience.grace_ms = 500;
    assert_int_equal(orch_describe_library(&patience, HOSTILE("eager_hang"), &text, &err),
                     ORCH_EINTERNAL);
    assert_error(&err, ORCH_EINTERNAL,
                 "library \"eager_hang.so\" did not describe itself within 1 s, and was killed",
                 "while describing itself", NULL);
    assert_int_equal(text.len, 0);
}

static void *cancel_soon(void *unused)
{
    (void)usleep(300000);
    orch_cancel_now(SIGINT);
    return unused;
}

/* The last test: what is cancelled stays so. */
static void asking_is_broken_off_when_the_work_is_cancelled(void **state)
{
    (void)state;
    pthread_t thread;
    const struct orch_loaded *l = NULL;
    orch_error err = ORCH_ERROR_INIT;
    link_plugin(&folder, HOSTILE("eager_hang"), "eager.so");
    struct orch_registry *r = registry_with(folder.path);
    assert_int_equal(pthread_create(&thread, NULL, cancel_soon, NULL), 0);
    assert_int_equal(orch_registry_find(r, "eager", &l, &err), ORCH_ECANCELLED);
    assert_string_equal(err.message, "interrupted");
    pthread_join(thread, NULL);
    orch_registry_free(r);
}

/* ---- manifests that are wrong -------------------------------------------------------------- */

static void a_manifest_that_is_no_json_is_the_error_not_the_library(void **state)
{
    (void)state;
    link_plugin(&folder, HOSTILE("plain"), "plain.so");
    folder_write(&folder, "plain.orch.json", "{\n  \"manifest\": ,\n", 18);
    struct orch_registry *r = registry_with(folder.path);
    assert_not_found(r, "plain", "manifest \"plain.orch.json\" is refused: it is no JSON",
                     "plain.orch.json; line 2, column 15: unexpected token near ','");
    orch_registry_free(r);
}

static void a_manifest_that_is_no_file_is_not_waited_for(void **state)
{
    (void)state;
    link_plugin(&folder, HOSTILE("plain"), "plain.so");
    assert_int_equal(mkfifo(folder_path(&folder, "plain.orch.json"), 0600), 0);
    struct orch_registry *r = registry_with(folder.path);
    assert_not_found(r, "plain", "manifest \"plain.orch.json\" is no file", "");
    orch_registry_free(r);
}

static void another_abi_is_refused_before_anything_is_opened(void **state)
{
    (void)state;
    link_plugin(&folder, HOSTILE("eager_crash"), "eager.so");
    write_manifest(&folder, HOSTILE("eager"), "eager.orch.json", "\"major\":1", "\"major\":9");
    struct orch_registry *r = registry_with(folder.path);
    assert_not_found(r, "eager",
                     "manifest \"eager.orch.json\" is refused: it is built for connector ABI 9.0, "
                     "this host offers 1.0", "");
    orch_registry_free(r);
}

/* ---- opening ------------------------------------------------------------------------------- */

static void a_library_is_opened_here_when_that_is_asked(void **state)
{
    (void)state;
    const struct orch_loaded *l = NULL, *again = NULL;
    orch_error err = ORCH_ERROR_INIT;
    struct orch_registry *r = registry_with(TEST_BINARY_DIR "/hostile");
    const struct orch_loaded *planned = found(r, "plain");
    assert_int_equal(orch_registry_load(r, planned, &l, &err), ORCH_OK);
    assert_string_equal(l->connector.name, "plain");
    assert_int_equal(l->source.describe(NULL, NULL, NULL, NULL), ORCH_ENOTSUP);
    assert_int_equal(orch_registry_load(r, planned, &again, &err), ORCH_OK);
    assert_ptr_equal(l, again);
    struct orch_loaded stranger = *planned;
    assert_int_equal(orch_registry_load(r, &stranger, &l, &err), ORCH_EINVAL);
    orch_registry_free(r);
}

struct lie {
    const char *from, *to; /* what the manifest has instead */
    const char *message;
};

static const struct lie lies[] = {
    { "\"version\":\"1.0.0\"", "\"version\":\"1.0.1\"", "version differs" },
    { "\"needs\":[\"network\"]", "\"needs\":[]", "connectors[plain_store].needs[0] differs" },
    { "\"needs\":[\"network\"]", "\"needs\":[\"network\",\"files:write\"]",
      "connectors[plain_store].needs[1] differs" },
    { "\"default\":\"30s\"", "\"default\":\"31s\"",
      "connectors[plain_store].options[timeout].default differs" },
    { "\"secret\":true", "\"secret\":false",
      "connectors[plain_store].options[password].secret differs" },
    { "\"max\":1000}", "\"max\":1001}",
      "connectors[plain_store].options[skip_lines].max differs" },
    { "\"personal\":\"name, street\"", "\"personal\":null",
      "connectors[plain_store].personal differs" },
    { "\"name\":\"plain\",\"summary\"", "\"name\":\"plaid\",\"summary\"",
      "connectors[plaid].name differs" },
};

static void a_library_that_differs_from_its_manifest_is_not_used_here(void **state)
{
    (void)state;
    link_plugin(&folder, HOSTILE("plain"), "plain.so");
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        const struct orch_loaded *l = NULL;
        orch_error err = ORCH_ERROR_INIT;
        char message[200];
        write_manifest(&folder, HOSTILE("plain"), "plain.orch.json", lies[i].from, lies[i].to);
        struct orch_registry *r = registry_with(folder.path);
        const struct orch_loaded *planned = found(r, "plain_store");
        assert_int_equal(orch_registry_load(r, planned, &l, &err), ORCH_ECONFIG);
        snprintf(message, sizeof message,
                 "library \"plain.so\" is not what its manifest says: %s", lies[i].message);
        assert_error(&err, ORCH_ECONFIG, message, NULL, NULL);
        assert_non_null(strstr(err.hint, "orchestra connectors manifest"));
        assert_null(l);
        orch_registry_free(r);
    }
}

static void nor_is_it_used_in_a_worker(void **state)
{
    (void)state;
    static const char *const url[] = { "https://host/store" };
    const struct orch_setting settings[] = { { "url", (const char **)(uintptr_t)url, 1, "test" } };
    const struct orch_remote_setup sandbox = worker_setup();
    struct orch_instance instance;
    struct orch_options *options = NULL;
    struct orch_remote *remote = NULL;
    orch_source *source = NULL;
    orch_error err = ORCH_ERROR_INIT;

    link_plugin(&folder, HOSTILE("plain"), "plain.so");
    write_manifest(&folder, HOSTILE("plain"), "plain.orch.json", "\"needs\":[\"network\"]",
                   "\"needs\":[]");
    struct orch_registry *r = registry_with(folder.path);
    const struct orch_loaded *planned = found(r, "plain_store");
    assert_int_equal(orch_options_parse(planned, ORCH_ROLE_SOURCE, settings, 1, &options, &err),
                     ORCH_OK);
    assert_int_equal(orch_remote_new(planned, ORCH_ROLE_SOURCE, options, NULL, &sandbox, &remote,
                                     &err), ORCH_OK);
    const struct orch_loaded *proxy = orch_remote_loaded(remote);
    assert_int_equal(orch_instance_init(&instance, proxy, options, NULL, NULL), ORCH_OK);
    assert_int_equal(proxy->source.open(&instance.host, &source, &err), ORCH_ECONFIG);
    assert_string_equal(err.message, "library \"plain.so\" is not what its manifest says: "
                                     "connectors[plain_store].needs[0] differs");
    assert_true(strncmp(err.detail, "manifest: nothing; library: \"network\"; ", 38) == 0);
    assert_true(orch_remote_failed(proxy));
    assert_null(source);
    orch_instance_release(&instance);
    orch_remote_free(remote);
    orch_registry_free(r);
}

int main(int argc, char **argv)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_library_with_a_manifest_is_not_even_looked_at),
        TEST(with_a_manifest_nothing_of_a_library_runs_here),
        TEST(without_one_it_is_asked_in_a_process_of_its_own),
        TEST(nobody_to_ask_is_said),
        TEST(a_description_calls_nothing),
        TEST(a_library_that_crashes_is_refused),
        TEST(a_library_that_ends_its_process_is_refused),
        TEST(a_library_that_answers_by_itself_is_refused),
        TEST(a_library_that_never_comes_back_is_killed),
        TEST(a_manifest_that_is_no_json_is_the_error_not_the_library),
        TEST(a_manifest_that_is_no_file_is_not_waited_for),
        TEST(another_abi_is_refused_before_anything_is_opened),
        TEST(a_library_is_opened_here_when_that_is_asked),
        TEST(a_library_that_differs_from_its_manifest_is_not_used_here),
        TEST(nor_is_it_used_in_a_worker),
        TEST(asking_is_broken_off_when_the_work_is_cancelled),
    };
    REGISTRY_TEST_RUN(tests, argc, argv);
}
