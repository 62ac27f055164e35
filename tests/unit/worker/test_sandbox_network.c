/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets: none for who does not declare the network; for who does, out only. */
#include "sandbox_support.h"

#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

/* ---- a server of the test's own ------------------------------------------------------------ */

struct server {
    int tcp, local;
    struct sockaddr_in address;
    struct sockaddr_un path;
};

static void server_start(struct server *s, const struct place *p)
{
    socklen_t len = sizeof s->address;

    memset(s, 0, sizeof *s);
    s->address.sin_family = AF_INET;
    s->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->tcp, (struct sockaddr *)&s->address, len), 0);
    assert_int_equal(listen(s->tcp, 8), 0);
    assert_int_equal(getsockname(s->tcp, (struct sockaddr *)&s->address, &len), 0);
    s->path.sun_family = AF_UNIX;
    snprintf(s->path.sun_path, sizeof s->path.sun_path, "%s/socket", p->in);
    s->local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s->local, (struct sockaddr *)&s->path, sizeof s->path), 0);
    assert_int_equal(listen(s->local, 8), 0);
}

static void server_end(struct server *s)
{
    close(s->tcp);
    close(s->local);
}

/* ---- attempts ------------------------------------------------------------------------------ */

static int try_tcp(void *arg)
{
    const struct server *s = arg;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? errno
                  : outcome(connect(fd, (const struct sockaddr *)&s->address, sizeof s->address));
}

static int try_local(void *arg)
{
    const struct server *s = arg;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? errno : outcome(connect(fd, (const struct sockaddr *)&s->path, sizeof s->path));
}

static int try_datagram(void *arg)
{
    const struct server *s = arg;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? errno
                  : outcome(sendto(fd, "x", 1, 0, (const struct sockaddr *)&s->address,
                                   sizeof s->address));
}

static int try_name(void *name)
{
    struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *found = NULL;
    return getaddrinfo(name, "postgresql", &hints, &found) == 0 ? 0 : EHOSTUNREACH;
}

static int try_serve(void *arg)
{
    struct sockaddr_in any = { .sin_family = AF_INET };
    (void)arg;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&any, sizeof any) != 0)
        return errno;
    return outcome(listen(fd, 1));
}

static int try_listen(void *arg)
{
    (void)arg;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd < 0 ? errno : outcome(listen(fd, 1));
}

struct kind {
    int family, type, protocol;
};

static int try_socket(void *arg)
{
    const struct kind *k = arg;
    return outcome(socket(k->family, k->type, k->protocol));
}

static int try_pair(void *arg)
{
    int ends[2];
    (void)arg;
    return outcome(socketpair(AF_UNIX, SOCK_STREAM, 0, ends));
}

/* A socket that was left open does not become a way out. */
static int try_inherited(void *arg)
{
    const struct server *s = arg;
    return outcome(connect(s->tcp, (const struct sockaddr *)&s->address, sizeof s->address));
}

static int try_inherited_sendto(void *arg)
{
    const struct server *s = arg;
    return outcome(sendto(s->tcp, "x", 1, 0, (const struct sockaddr *)&s->address,
                          sizeof s->address));
}

/* ---- tests --------------------------------------------------------------------------------- */

static void without_the_network_there_is_no_socket(void **state)
{
    (void)state;
    static struct kind kinds[] = { { AF_INET, SOCK_STREAM, 0 }, { AF_INET6, SOCK_DGRAM, 0 },
                                   { AF_UNIX, SOCK_STREAM, 0 },
                                   { AF_NETLINK, SOCK_RAW, NETLINK_ROUTE } };
    struct orch_sandbox_request writes = { .needs = ORCH_NEEDS_FILES_WRITE };
    struct place p;
    struct server s;
    skip_without_seccomp();
    place_init(&p);
    server_start(&s, &p);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        assert_refused(&no_needs, try_socket, &kinds[i], EACCES);
    assert_denied(&no_needs, try_tcp, &s, EACCES);
    assert_denied(&no_needs, try_local, &s, EACCES);
    assert_denied(&no_needs, try_datagram, &s, EACCES);
    assert_denied(&no_needs, try_pair, NULL, EACCES);
    assert_denied(&writes, try_tcp, &s, EACCES);
    server_end(&s);
    place_release(&p);
}

static void a_socket_that_was_inherited_leads_nowhere(void **state)
{
    (void)state;
    struct place p;
    struct server s;
    struct server other;
    skip_without_seccomp();
    place_init(&p);
    server_start(&s, &p);
    other = s;
    other.tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int keep[] = { 2, other.tcp };
    struct orch_sandbox_request kept = { .keep = keep, .n_keep = 2 };
    assert_refused(&kept, try_inherited, &other, EACCES);
    assert_refused(&kept, try_inherited_sendto, &other, EACCES);
    close(other.tcp);
    server_end(&s);
    place_release(&p);
}

static const struct orch_sandbox_request network = { .needs = ORCH_NEEDS_NETWORK };

static void with_the_network_connecting_and_names_work(void **state)
{
    (void)state;
    struct place p;
    struct server s;
    place_init(&p);
    server_start(&s, &p);
    assert_allowed(&network, try_tcp, &s);
    assert_allowed(&network, try_datagram, &s);
    assert_allowed(&network, try_read, "/etc/hosts");
    if (unconfined(try_name, "localhost") == 0)
        assert_allowed(&network, try_name, "localhost");
    if (unconfined(try_list, "/etc/ssl/certs") == 0)
        assert_allowed(&network, try_list, "/etc/ssl/certs");
    server_end(&s);
    place_release(&p);
}

static void with_the_network_nobody_can_connect_in(void **state)
{
    (void)state;
    skip_without_seccomp();
    assert_denied(&network, try_listen, NULL, EACCES);
    assert_denied(&network, try_serve, NULL, EACCES);
    assert_denied(&network, try_pair, NULL, EACCES);
}

static void with_the_network_odd_sockets_are_refused(void **state)
{
    (void)state;
    static struct kind packet = { AF_PACKET, SOCK_RAW, 0 }, vm = { AF_VSOCK, SOCK_STREAM, 0 },
                       raw = { AF_INET, SOCK_RAW, IPPROTO_ICMP },
                       audit = { AF_NETLINK, SOCK_RAW, NETLINK_AUDIT },
                       route = { AF_NETLINK, SOCK_RAW, NETLINK_ROUTE };
    skip_without_seccomp();
    assert_refused(&network, try_socket, &packet, EAFNOSUPPORT);
    assert_refused(&network, try_socket, &vm, EAFNOSUPPORT);
    assert_refused(&network, try_socket, &raw, EPERM); /* needs a capability that is given up */
    assert_refused(&network, try_socket, &audit, EAFNOSUPPORT);
    assert_allowed(&network, try_socket, &route);
}

static void with_the_network_files_stay_closed(void **state)
{
    (void)state;
    struct place p;
    skip_without_landlock(1);
    place_init(&p);
    assert_denied(&network, try_read, "/etc/passwd", EACCES);
    assert_denied(&network, try_read, p.data, EACCES);
    assert_denied(&network, try_list, "/etc", EACCES);
    if (unconfined(try_list, "/etc/ssl/private") == 0)
        assert_denied(&network, try_list, "/etc/ssl/private", EACCES);
    if (kernel().seccomp)
        assert_denied(&network, try_append, p.data, EACCES);
    place_release(&p);
}

static void of_a_home_only_the_files_of_libpq_are_open(void **state)
{
    (void)state;
    struct place p;
    char pass[128], key[128], other[128];
    place_init(&p);
    snprintf(pass, sizeof pass, "%s/.pgpass", p.in);
    snprintf(other, sizeof other, "%s/.netrc", p.in);
    snprintf(key, sizeof key, "%s/.postgresql", p.in);
    assert_int_equal(mkdir(key, 0700), 0);
    snprintf(key, sizeof key, "%s/.postgresql/root.crt", p.in);
    place_file(pass);
    place_file(key);
    place_file(other);
    struct orch_sandbox_request with_home = { .needs = ORCH_NEEDS_NETWORK, .home = p.in };
    struct orch_sandbox_request files = { .needs = ORCH_NEEDS_FILES_READ, .home = p.in };
    assert_allowed(&with_home, try_read, pass);
    assert_allowed(&with_home, try_read, key);
    if (kernel().landlock_abi >= 1) {
        assert_denied(&with_home, try_read, other, EACCES);
        assert_denied(&network, try_read, pass, EACCES);
        assert_denied(&files, try_read, pass, EACCES);
    }
    place_release(&p);
}

static void unix_sockets_open_only_where_a_folder_is_named(void **state)
{
    (void)state;
    struct place p;
    struct server s;
    skip_without_seccomp();
    place_init(&p);
    server_start(&s, &p);
    const char *folder = p.in, *elsewhere = p.out;
    struct orch_sandbox_request named = { .needs = ORCH_NEEDS_NETWORK, .sockets = &folder,
                                          .n_sockets = 1 };
    struct orch_sandbox_request other = { .needs = ORCH_NEEDS_NETWORK, .sockets = &elsewhere,
                                          .n_sockets = 1 };
    assert_allowed(&named, try_local, &s);
    assert_denied(&network, try_local, &s, EAFNOSUPPORT);
    if (kernel().landlock_abi >= 9)
        assert_denied(&other, try_local, &s, EACCES);
    server_end(&s);
    place_release(&p);
}

/* Abstract names are in no file system. */
static void abstract_sockets_outside_stay_closed(void **state)
{
    (void)state;
    struct place p;
    struct server s;
    skip_without_landlock(6);
    place_init(&p);
    server_start(&s, &p);
    close(s.local);
    snprintf(s.path.sun_path + 1, sizeof s.path.sun_path - 1, "orch-sandbox-%d", (int)getpid());
    s.path.sun_path[0] = '\0';
    s.local = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(s.local, (struct sockaddr *)&s.path, sizeof s.path), 0);
    assert_int_equal(listen(s.local, 8), 0);
    const char *folder = p.in;
    struct orch_sandbox_request named = { .needs = ORCH_NEEDS_NETWORK, .sockets = &folder,
                                          .n_sockets = 1 };
    assert_denied(&named, try_local, &s, EPERM);
    server_end(&s);
    place_release(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_the_network_there_is_no_socket),
        cmocka_unit_test(a_socket_that_was_inherited_leads_nowhere),
        cmocka_unit_test(with_the_network_connecting_and_names_work),
        cmocka_unit_test(with_the_network_nobody_can_connect_in),
        cmocka_unit_test(with_the_network_odd_sockets_are_refused),
        cmocka_unit_test(with_the_network_files_stay_closed),
        cmocka_unit_test(of_a_home_only_the_files_of_libpq_are_open),
        cmocka_unit_test(unix_sockets_open_only_where_a_folder_is_named),
        cmocka_unit_test(abstract_sockets_outside_stay_closed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
