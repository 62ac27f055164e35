/* SPDX-License-Identifier: Apache-2.0 */
/* The postgres connector inside its sandbox, against a private server: by Unix socket and by TCP
 * with a password; without a server binary every test skips. */
#include "sandbox_job.h"

#define TEST_PLUGIN CONNECTOR("postgres")
#include "../postgres/pg_fixture.h"

static const int keep[] = { 2 };

static struct job load_job(const char *uri, const char *table)
{
    return (struct job){ .library = TEST_PLUGIN, .role = ORCH_ROLE_DESTINATION,
                         .mode = ORCH_WRITE_REPLACE, .input = -1, .rows = 1000,
                         .settings = { { "uri", uri }, { "table", table } } };
}

static struct job read_job(const char *uri, const char *query)
{
    return (struct job){ .library = TEST_PLUGIN, .role = ORCH_ROLE_SOURCE, .input = -1,
                         .rows = 1000, .settings = { { "uri", uri }, { "query", query } } };
}

static struct orch_sandbox_request network_request(void)
{
    struct orch_sandbox_request request = job_request(keep, 1);
    request.needs = ORCH_NEEDS_NETWORK;
    return request;
}

static void it_loads_and_reads_over_a_unix_socket(void **state)
{
    (void)state;
    char uri[256];
    skip_without_server();
    snprintf(uri, sizeof uri, "host=%s port=%s user=orchestra dbname=postgres", server_dir,
             getenv("PGPORT"));
    struct job load = load_job(uri, "public.by_socket");
    struct job read_back = read_job(uri, "select * from public.by_socket");
    const char *folder = server_dir;
    struct orch_sandbox_request request = network_request();
    request.sockets = &folder;
    request.n_sockets = 1;
    assert_allowed(&request, job_run, &load);
    assert_allowed(&request, job_run, &read_back);
    assert_string_equal(psql("select count(*) from public.by_socket"), "1000");
}

static void it_loads_and_reads_over_tcp_with_a_password_of_pgpass(void **state)
{
    (void)state;
    struct place p;
    char uri[256], pass[128], line[256];
    skip_without_server();
    place_init(&p);
    psql("drop role if exists loader; create role loader superuser login password 'pass-word'");
    snprintf(uri, sizeof uri, "postgresql://loader@localhost:%s/postgres", getenv("PGPORT"));
    snprintf(pass, sizeof pass, "%s/.pgpass", p.in);
    int n = snprintf(line, sizeof line, "localhost:*:*:loader:pass-word\n");
    int fd = open(pass, O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, line, (size_t)n), n);
    close(fd);
    struct job load = load_job(uri, "public.by_tcp");
    struct job read_back = read_job(uri, "select * from public.by_tcp");
    struct orch_sandbox_request request = network_request();
    request.home = p.in;
    setenv("HOME", p.in, 1);
    assert_allowed(&request, job_run, &load);
    assert_allowed(&request, job_run, &read_back);
    assert_string_equal(psql("select count(*) from public.by_tcp"), "1000");
    place_release(&p);
}

/* Who reads files must not get them out, and a connector of files has no network at all. */
static void without_the_network_it_cannot_connect(void **state)
{
    (void)state;
    char uri[256];
    skip_without_server();
    skip_without_seccomp();
    snprintf(uri, sizeof uri, "host=%s port=%s user=orchestra dbname=postgres", server_dir,
             getenv("PGPORT"));
    struct job load = load_job(uri, "public.never");
    struct orch_sandbox_request request = network_request();
    request.needs = ORCH_NEEDS_FILES_READ;
    assert_refused(&request, job_run, &load, 1);
    assert_string_equal(psql("select to_regclass('public.never') is null"), "t");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_loads_and_reads_over_a_unix_socket),
        cmocka_unit_test(it_loads_and_reads_over_tcp_with_a_password_of_pgpass),
        cmocka_unit_test(without_the_network_it_cannot_connect),
    };
    return cmocka_run_group_tests(tests, server_start, server_stop);
}
