/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock by its system calls: the C library has no functions for them, and the header of a build
 * machine may know less than the kernel it runs on. */
#include "worker/sandbox_part.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444 /* the same on every architecture */
#define SYS_landlock_add_rule       445
#define SYS_landlock_restrict_self  446
#endif

#define RULESET_VERSION   1u
#define RULE_PATH_BENEATH 1

struct ruleset {
    uint64_t files;
    uint64_t net;    /* since ABI 4 */
    uint64_t scoped; /* since ABI 6 */
};

struct path_rule {
    uint64_t access;
    int32_t parent;
} __attribute__((packed));

enum {
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_DIR = 1 << 3,
    REMOVE_DIR = 1 << 4,
    REMOVE_FILE = 1 << 5,
    MAKE_DIR = 1 << 7,
    MAKE_REG = 1 << 8,
    REFER = 1 << 13,       /* to another folder; ABI 2 */
    TRUNCATE = 1 << 14,    /* ABI 3 */
    RESOLVE_UNIX = 1 << 16 /* connect to a socket in the file system; ABI 9 */
};
enum { BIND_TCP = 1 << 0, CONNECT_TCP = 1 << 1 };
enum { SCOPE_ABSTRACT_UNIX = 1 << 0, SCOPE_SIGNAL = 1 << 1 };

#define OF_FILES      (WRITE_FILE | READ_FILE | TRUNCATE) /* the rights a rule on a file may give */
#define READ          (READ_FILE | READ_DIR)
#define READ_AND_WRITE                                                                            \
    (READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE)

static const char *const libraries[] = {
    "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64",
    "/etc/ld.so.cache", NULL,
};

/* Of every connector: the clock's zones, the words of locales, random bytes; OpenSSL reads its
 * configuration also to hash. */
static const char *const always[] = {
    "/usr/share/zoneinfo", "/etc/localtime",   "/etc/timezone", "/usr/share/locale",
    "/dev/urandom",        "/dev/random",      "/etc/ssl/openssl.cnf", NULL,
};

/* /etc/ssl itself holds private keys beside the certificates. */
static const char *const network[] = {
    "/etc/resolv.conf", "/etc/hosts", "/etc/host.conf", "/etc/nsswitch.conf", "/etc/gai.conf",
    "/etc/services", "/etc/protocols", "/etc/networks",
    "/etc/ssl/certs", "/etc/ssl/cert.pem", "/etc/ca-certificates", "/etc/pki/tls/certs",
    "/etc/pki/ca-trust", "/usr/share/ca-certificates", "/usr/local/share/ca-certificates",
    "/etc/krb5.conf", "/etc/krb5.conf.d", "/etc/gss",
    "/etc/postgresql-common/pg_service.conf", NULL,
};

static const char *const of_libpq[] = { ".pgpass", ".pg_service.conf", ".postgresql", NULL };

int orch_landlock_abi(void)
{
    long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, RULESET_VERSION);

    return abi > 0 && abi < INT_MAX ? (int)abi : 0;
}

/* Every right the kernel knows is denied unless a rule gives it. */
static uint64_t rights_of(int abi)
{
    unsigned bits = abi >= 9 ? 17 : abi >= 5 ? 16 : abi >= 3 ? 15 : abi >= 2 ? 14 : 13;

    return (UINT64_C(1) << bits) - 1;
}

static int ruleset_new(const struct orch_sandbox_request *r, int abi, uint64_t rights)
{
    struct ruleset set = { .files = rights };

    if (abi >= 4)
        set.net = r->needs & ORCH_NEEDS_NETWORK ? BIND_TCP : BIND_TCP | CONNECT_TCP;
    if (abi >= 6)
        set.scoped = SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL;
    return (int)syscall(SYS_landlock_create_ruleset, &set, sizeof set, 0);
}

struct rules {
    int set;
    uint64_t rights; /* those that the kernel knows */
};

/* What cannot be opened here cannot be opened inside either, so it needs no rule; running out of
 * something is another matter. */
static bool may_be_absent(int code)
{
    return code != ENOMEM && code != EMFILE && code != ENFILE;
}

static int allow(const struct rules *rules, const char *path, uint64_t access)
{
    struct path_rule rule = { .parent = open(path, O_PATH | O_CLOEXEC) };
    struct stat info;

    if (rule.parent < 0)
        return may_be_absent(errno) ? 0 : -1;
    int result = fstat(rule.parent, &info);
    rule.access = access & rules->rights;
    if (result == 0 && !S_ISDIR(info.st_mode))
        rule.access &= OF_FILES;
    if (result == 0 && rule.access != 0)
        result = (int)syscall(SYS_landlock_add_rule, rules->set, RULE_PATH_BENEATH, &rule, 0);
    int code = errno;
    close(rule.parent);
    errno = code;
    return result;
}

static int allow_n(const struct rules *rules, const char *const *paths, size_t n, uint64_t access)
{
    for (size_t i = 0; i < n; i++)
        if (allow(rules, paths[i], access) != 0)
            return -1;
    return 0;
}

static int allow_list(const struct rules *rules, const char *const *paths, uint64_t access)
{
    size_t n = 0;

    while (paths[n])
        n++;
    return allow_n(rules, paths, n, access);
}

static int allow_home(const struct rules *rules, const char *home)
{
    char path[PATH_MAX];

    for (size_t i = 0; home && of_libpq[i]; i++) {
        int n = snprintf(path, sizeof path, "%s/%s", home, of_libpq[i]);
        if (n > 0 && (size_t)n < sizeof path && allow(rules, path, READ_FILE) != 0)
            return -1;
    }
    return 0;
}

static int allow_network(const struct rules *rules, const struct orch_sandbox_request *r)
{
    if (!(r->needs & ORCH_NEEDS_NETWORK))
        return 0;
    if (allow_list(rules, network, READ) != 0 || allow_home(rules, r->home) != 0)
        return -1;
    return allow_n(rules, r->sockets, r->n_sockets, RESOLVE_UNIX);
}

/* Opening a library needs no right to list its folder, but iconv lists its converters where the
 * system keeps no index of them. */
static int allow_all(const struct rules *rules, const struct orch_sandbox_request *r)
{
    if (allow_list(rules, libraries, READ) != 0 ||
        allow_n(rules, r->libraries, r->n_libraries, READ_FILE) != 0 ||
        allow_list(rules, always, READ_FILE) != 0 ||
        allow(rules, "/dev/null", READ_FILE | WRITE_FILE) != 0)
        return -1;
    if (allow_n(rules, r->read, r->n_read, READ) != 0 ||
        allow_n(rules, r->write, r->n_write, READ_AND_WRITE) != 0)
        return -1;
    return allow_network(rules, r);
}

int orch_landlock_confine(const struct orch_sandbox_request *r, int abi)
{
    struct rules rules = { .rights = rights_of(abi) };

    rules.set = ruleset_new(r, abi, rules.rights);
    if (rules.set < 0)
        return -1;
    int result = allow_all(&rules, r);
    if (result == 0)
        result = (int)syscall(SYS_landlock_restrict_self, rules.set, 0);
    int code = errno;
    close(rules.set);
    errno = code;
    return result;
}
