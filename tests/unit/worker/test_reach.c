/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker is let reach: what its connector declares, as far as its options name it. */
#include "remote_support.h"

#include "worker/reach.h"

static bool has(const struct orch_names *names, const char *name)
{
    for (size_t i = 0; i < names->len; i++)
        if (strcmp(names->items[i], name) == 0)
            return true;
    return false;
}

/* The connector `name` of the build with these options. */
static struct orch_reach reach_of(const char *name, enum orch_role role, const struct given *given)
{
    struct remote_job job = { 0 };
    struct orch_reach reach = { 0 };
    char library[256];
    snprintf(library, sizeof library, "%s/connectors/%s.so", TEST_BINARY_DIR, name);
    job_load(&job, library, name);
    struct orch_options *options = job_options(&job, role, given);
    assert_int_equal(orch_reach_find(&reach, job.original, role, options, &job.err), ORCH_OK);
    assert_true(has(&reach.libraries, TEST_BINARY_DIR "/connectors"));
    orch_options_free(options);
    orch_arena_release(&job.arena);
    return reach;
}

static void a_file_source_reaches_no_file_and_no_variable(void **state)
{
    (void)state;
    const struct given given[] = { { "path", "/data/x.csv" }, { 0 } };
    setenv("PGPASSWORD", "hidden", 1);
    setenv("HOME", "/home/x", 1);
    struct orch_reach r = reach_of("csv", ORCH_ROLE_SOURCE, given);
    assert_int_equal(r.needs, 0);
    assert_int_equal(r.read.len, 0);
    assert_int_equal(r.write.len, 0);
    assert_int_equal(r.sockets.len, 0);
    assert_null(r.home);
    for (size_t i = 0; i < r.environment.len; i++)
        assert_null(strstr(r.environment.items[i], "hidden"));
    assert_false(has(&r.environment, "HOME=/home/x"));
    orch_reach_release(&r);
}

static void a_file_destination_writes_in_the_folder_of_its_file(void **state)
{
    (void)state;
    const struct given given[] = { { "path", "/data/out/x.gpkg" }, { "table", "t" }, { 0 } };
    struct orch_reach r = reach_of("geopackage", ORCH_ROLE_DESTINATION, given);
    assert_int_equal(r.needs, ORCH_NEEDS_FILES_READ | ORCH_NEEDS_FILES_WRITE);
    assert_true(has(&r.write, "/data/out"));
    assert_int_equal(r.write.len, 1);
    orch_reach_release(&r);
}

static void a_file_source_of_its_own_reads_its_file_and_writes_nothing(void **state)
{
    (void)state;
    const struct given given[] = { { "path", "/data/in/x.gpkg" }, { 0 } };
    struct orch_reach r = reach_of("geopackage", ORCH_ROLE_SOURCE, given);
    assert_int_equal(r.needs, ORCH_NEEDS_FILES_READ);
    assert_true(has(&r.read, "/data/in/x.gpkg-wal"));
    assert_int_equal(r.write.len, 0);
    orch_reach_release(&r);
}

static void a_connector_of_the_network_gets_what_libpq_needs(void **state)
{
    (void)state;
    const struct given given[] = {
        { "uri", "postgresql:///city?host=%2Fsockets%2Fhere&sslrootcert=/certs/root.pem&x=1" },
        { "table", "t" }, { 0 }
    };
    setenv("PGPASSWORD", "hidden", 1);
    setenv("PGPASSFILE", "/files/pass", 1);
    setenv("KRB5CCNAME", "FILE:/files/tickets", 1);
    setenv("HOME", "/home/x", 1);
    unsetenv("PGUSER");
    struct orch_reach r = reach_of("postgres", ORCH_ROLE_DESTINATION, given);
    assert_true(has(&r.sockets, "/sockets/here"));
    assert_true(has(&r.read, "/certs/root.pem"));
    assert_true(has(&r.read, "/files/pass"));
    assert_true(has(&r.read, "/files/tickets"));
    assert_true(has(&r.environment, "PGPASSWORD=hidden"));
    assert_true(has(&r.environment, "HOME=/home/x"));
    assert_string_equal(r.home, "/home/x");
    bool named = false; /* in the sandbox nobody can look the account up */
    for (size_t i = 0; i < r.environment.len; i++)
        named = named || strncmp(r.environment.items[i], "PGUSER=", 7) == 0;
    assert_true(named);
    orch_reach_release(&r);
}

static void words_of_a_connection_string_are_found_whole(void **state)
{
    (void)state;
    static const struct {
        const char *uri, *socket;
    } strings[] = {
        { "host=/a/b dbname=x", "/a/b" },       { "dbname=x host='/a/b'", "/a/b" },
        { "postgresql:///x?host=/a/b", "/a/b" }, { "dbname=x localhost=/a/b", NULL },
        { "host=db.example.org", NULL },
    };
    for (size_t i = 0; i < sizeof strings / sizeof strings[0]; i++) {
        const struct given given[] = { { "uri", strings[i].uri }, { "table", "t" }, { 0 } };
        unsetenv("PGHOST");
        struct orch_reach r = reach_of("postgres", ORCH_ROLE_DESTINATION, given);
        assert_int_equal(has(&r.sockets, "/a/b"), strings[i].socket != NULL);
        orch_reach_release(&r);
    }
}

static void it_comes_back_from_a_frame(void **state)
{
    (void)state;
    const struct given given[] = { { "uri", "host=/a/b" }, { "table", "t" }, { 0 } };
    struct orch_reach r = reach_of("postgres", ORCH_ROLE_DESTINATION, given), got;
    struct orch_text body = { 0 };
    orch_reach_put(&r, &body);
    for (size_t n = 0; n <= body.len; n++) {
        struct orch_wire w = { body.ptr, n, false };
        orch_status st = orch_reach_get(&got, &w);
        assert_int_equal(st, n == body.len ? ORCH_OK : ORCH_EINVAL);
    }
    assert_int_equal(got.needs, r.needs);
    assert_int_equal(got.environment.len, r.environment.len);
    assert_true(has(&got.sockets, "/a/b"));
    assert_string_equal(got.home, r.home);
    orch_reach_release(&got);
    orch_reach_release(&r);
    orch_text_release(&body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_source_reaches_no_file_and_no_variable),
        cmocka_unit_test(a_file_destination_writes_in_the_folder_of_its_file),
        cmocka_unit_test(a_file_source_of_its_own_reads_its_file_and_writes_nothing),
        cmocka_unit_test(a_connector_of_the_network_gets_what_libpq_needs),
        cmocka_unit_test(words_of_a_connection_string_are_found_whole),
        cmocka_unit_test(it_comes_back_from_a_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
