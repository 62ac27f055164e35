/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/reach.h"

#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "orch/error.h"

enum { NAMES_MOST = 100000 };

extern char **environ;

/* Of the host's own layers in the worker: a frozen clock, the folder of decoders, zone, spool. */
static const char *const always_passed[] = {
    "ORCHESTRA_NOW", "ORCHESTRA_MODULES", "TZ", "TMPDIR", NULL,
};
static const char *const network_passed[] = {
    "HOME", "SSL_CERT_FILE", "SSL_CERT_DIR", "KRB5CCNAME", "KRB5_CONFIG", NULL,
};
/* Variables of the environment that name files to read. */
static const char *const network_files[] = {
    "PGPASSFILE", "PGSERVICEFILE", "PGSYSCONFDIR", "PGSSLCERT",    "PGSSLKEY",     "PGSSLROOTCERT",
    "PGSSLCRL",   "PGSSLCRLDIR",   "KRB5_CONFIG",  "SSL_CERT_DIR", "SSL_CERT_FILE", NULL,
};
/* The same as words of a connection string. */
static const char *const connection_files[] = {
    "passfile", "sslcert", "sslkey", "sslrootcert", "sslcrl", "sslcrldir", NULL,
};
static const char *const socket_folders[] = { "/run/postgresql", "/var/run/postgresql", "/tmp",
                                              NULL };
/* Beside a database lie its journals. */
static const char *const journals[] = { "-wal", "-shm", "-journal", NULL };

static bool add(struct orch_names *names, const char *name)
{
    return name != NULL && orch_vec_push(names, name);
}

/* ---- files --------------------------------------------------------------------------------- */

static bool add_file_read(struct orch_reach *r, const char *path)
{
    if (!add(&r->read, orch_arena_strdup(&r->arena, path)))
        return false;
    for (size_t i = 0; journals[i] != NULL; i++)
        if (!add(&r->read, orch_arena_printf(&r->arena, "%s%s", path, journals[i])))
            return false;
    return true;
}

static bool add_folder(struct orch_reach *r, const char *path)
{
    struct orch_str folder = orch_arena_str(&r->arena, orch_path_folder(path));
    return folder.ptr != NULL && add(&r->write, folder.ptr);
}

/* The folder of the file, and that of what it leads to when it is a link. */
static bool add_file_write(struct orch_reach *r, const char *path)
{
    char real[PATH_MAX];
    return add_folder(r, path) && (realpath(path, real) == NULL || add_folder(r, real));
}

static bool add_path(struct orch_reach *r, const char *path)
{
    bool complete = true;
    if ((r->needs & ORCH_NEEDS_FILES_WRITE) != 0)
        complete = add_file_write(r, path);
    if (complete && (r->needs & (ORCH_NEEDS_FILES_READ | ORCH_NEEDS_FILES_WRITE)) != 0)
        complete = add_file_read(r, path);
    return complete;
}

/* ---- the network --------------------------------------------------------------------------- */

static int hex(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c != '\0' ? strchr(digits, c >= 'A' && c <= 'F' ? c + 32 : c) : NULL;
    return at != NULL ? (int)(at - digits) : -1;
}

/* What follows a word of a connection string: "host=/tmp dbname=x", "...?host=%2Ftmp&..."; NULL
 * when it is no absolute path. */
static const char *path_behind(struct orch_arena *a, const char *at)
{
    char path[PATH_MAX];
    size_t n = 0;
    at += *at == '\'';
    while (*at != '\0' && strchr("& '", *at) == NULL && n < sizeof path - 1) {
        bool coded = at[0] == '%' && hex(at[1]) >= 0 && hex(at[2]) >= 0;
        path[n++] = coded ? (char)(hex(at[1]) * 16 + hex(at[2])) : *at;
        at += coded ? 3 : 1;
    }
    path[n] = '\0';
    return path[0] == '/' ? orch_arena_strdup(a, path) : NULL;
}

static bool add_behind(struct orch_reach *r, struct orch_names *names, const char *value,
                       const char *word)
{
    size_t len = strlen(word);
    for (const char *at = value; (at = strstr(at, word)) != NULL; at += len) {
        bool begins = at == value || strchr("?& ", at[-1]) != NULL;
        const char *path = begins && at[len] == '=' ? path_behind(&r->arena, at + len + 1) : NULL;
        if (path != NULL && !add(names, path))
            return false;
    }
    return true;
}

static bool add_connection(struct orch_reach *r, const char *value)
{
    if (!add_behind(r, &r->sockets, value, "host"))
        return false;
    for (size_t i = 0; connection_files[i] != NULL; i++)
        if (!add_behind(r, &r->read, value, connection_files[i]))
            return false;
    return true;
}

static bool add_network(struct orch_reach *r)
{
    const char *host = getenv("PGHOST");
    for (size_t i = 0; socket_folders[i] != NULL; i++)
        if (!add(&r->sockets, socket_folders[i]))
            return false;
    if (host != NULL && host[0] == '/' && !add(&r->sockets, orch_arena_strdup(&r->arena, host)))
        return false;
    for (size_t i = 0; network_files[i] != NULL; i++) {
        const char *path = getenv(network_files[i]);
        if (path != NULL && !add(&r->read, orch_arena_strdup(&r->arena, path)))
            return false;
    }
    const char *cache = getenv("KRB5CCNAME");
    if (cache != NULL && strncmp(cache, "FILE:", 5) == 0 &&
        !add(&r->read, orch_arena_strdup(&r->arena, cache + 5)))
        return false;
    const char *home = getenv("HOME");
    r->home = home != NULL ? orch_arena_strdup(&r->arena, home) : NULL;
    return home == NULL || r->home != NULL;
}

/* ---- the environment ----------------------------------------------------------------------- */

static bool is_listed(const char *const *list, const char *entry)
{
    for (; *list != NULL; list++) {
        size_t len = strlen(*list);
        if (strncmp(entry, *list, len) == 0 && entry[len] == '=')
            return true;
    }
    return false;
}

/* libpq takes the account's name when nobody says who connects; in the sandbox it cannot look it
 * up. */
static bool add_user(struct orch_reach *r)
{
    const struct passwd *account = getenv("PGUSER") == NULL ? getpwuid(geteuid()) : NULL;
    return account == NULL ||
           add(&r->environment, orch_arena_printf(&r->arena, "PGUSER=%s", account->pw_name));
}

static bool add_environment(struct orch_reach *r)
{
    bool network = (r->needs & ORCH_NEEDS_NETWORK) != 0;
    for (char **e = environ; e != NULL && *e != NULL; e++) {
        bool passed = is_listed(always_passed, *e) ||
                      (network && (strncmp(*e, "PG", 2) == 0 || is_listed(network_passed, *e)));
        if (passed && !add(&r->environment, orch_arena_strdup(&r->arena, *e)))
            return false;
    }
    return !network || add_user(r);
}

/* ---- all ----------------------------------------------------------------------------------- */

static bool add_folder_of(struct orch_reach *r, const char *library)
{
    struct orch_str folder = orch_arena_str(&r->arena, orch_path_folder(library));
    return folder.ptr != NULL && add(&r->libraries, folder.ptr);
}

/* A link leads to a library in another folder. */
static bool add_library(struct orch_reach *r, const char *library)
{
    char real[PATH_MAX];
    return add_folder_of(r, library) &&
           (realpath(library, real) == NULL || add_folder_of(r, real));
}

static bool add_libraries(struct orch_reach *r, const char *library)
{
    const char *modules = getenv("ORCHESTRA_MODULES");
    char exe[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (!add_library(r, library))
        return false;
    if (modules != NULL && !add(&r->libraries, orch_arena_strdup(&r->arena, modules)))
        return false;
    if (len <= 0)
        return true;
    exe[len] = '\0';
    struct orch_str bin = orch_path_folder(exe);
    return add(&r->libraries,
               orch_arena_printf(&r->arena, "%.*s/../lib/orchestra", ORCH_STR_ARG(bin)));
}

static bool add_option(struct orch_reach *r, const struct orch_options *options,
                       const orch_option *option)
{
    const char *value;
    for (size_t i = 0; (value = orch_options_get(options, option->name, i, NULL)) != NULL; i++) {
        if (option->type == ORCH_OPT_PATH && !add_path(r, value))
            return false;
        if ((r->needs & ORCH_NEEDS_NETWORK) != 0 && !add_connection(r, value))
            return false;
    }
    return true;
}

orch_status orch_reach_find(struct orch_reach *out, const struct orch_loaded *loaded,
                            enum orch_role role, const struct orch_options *options,
                            orch_error *err)
{
    struct orch_reach r = { .needs = loaded->connector.needs };
    if (role == ORCH_ROLE_SOURCE)
        r.needs &= ~ORCH_NEEDS_FILES_WRITE;
    bool complete = add_libraries(&r, loaded->library) && add_environment(&r);
    for (size_t i = 0; i < loaded->connector.n_options && complete; i++)
        complete = add_option(&r, options, loaded->connector.options[i]);
    if (complete && (r.needs & ORCH_NEEDS_NETWORK) != 0)
        complete = add_network(&r);
    if (!complete) {
        orch_reach_release(&r);
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    }
    *out = r;
    return ORCH_OK;
}

void orch_reach_release(struct orch_reach *r)
{
    orch_vec_release(&r->libraries);
    orch_vec_release(&r->read);
    orch_vec_release(&r->write);
    orch_vec_release(&r->sockets);
    orch_vec_release(&r->environment);
    orch_arena_release(&r->arena);
    *r = (struct orch_reach){ 0 };
}

/* ---- in a frame ---------------------------------------------------------------------------- */

static void put_names(const struct orch_names *names, struct orch_text *body)
{
    orch_wire_put_u32(body, (uint32_t)names->len);
    for (size_t i = 0; i < names->len; i++)
        orch_wire_put_z(body, names->items[i]);
}

void orch_reach_put(const struct orch_reach *r, struct orch_text *body)
{
    orch_wire_put_i64(body, (int64_t)r->needs);
    put_names(&r->libraries, body);
    put_names(&r->read, body);
    put_names(&r->write, body);
    put_names(&r->sockets, body);
    put_names(&r->environment, body);
    orch_wire_put_z(body, r->home);
}

static bool get_names(struct orch_reach *r, struct orch_names *names, struct orch_wire *w)
{
    uint32_t n = orch_wire_u32(w);
    w->bad = w->bad || n > NAMES_MOST;
    for (uint32_t i = 0; i < n && !w->bad; i++) {
        const char *name = orch_wire_z(w);
        w->bad = w->bad || name == NULL;
        if (!w->bad && !add(names, orch_arena_strdup(&r->arena, name)))
            return false;
    }
    return true;
}

orch_status orch_reach_get(struct orch_reach *out, struct orch_wire *w)
{
    struct orch_reach r = { .needs = (uint64_t)orch_wire_i64(w) };
    bool complete = get_names(&r, &r.libraries, w) && get_names(&r, &r.read, w) &&
                    get_names(&r, &r.write, w) && get_names(&r, &r.sockets, w) &&
                    get_names(&r, &r.environment, w);
    const char *home = complete ? orch_wire_z(w) : NULL;
    if (complete && home != NULL && !w->bad)
        complete = (r.home = orch_arena_strdup(&r.arena, home)) != NULL;
    if (!complete || w->bad) {
        orch_reach_release(&r);
        return complete ? ORCH_EINVAL : ORCH_ENOMEM;
    }
    *out = r;
    return ORCH_OK;
}
