/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/registry.h"

#include "plugin/manifest.h"

#include "base/file.h"
#include "base/hash.h"
#include "base/vec.h"
#include "orch/error.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIBRARIES_CAP 1024
#define LIBRARY_BYTES_CAP (256u << 20)

struct orch_library {
    const char *path;
    const char *file; /* last part of path */
    bool tried;
    struct orch_loaded *items; /* described */
    size_t n;
    const struct orch_loaded **opened; /* beside items: those opened in this process */
    const orch_error *refused; /* NULL when it is good */
    const char *sha256;        /* NULL until asked for */
};

struct orch_registry {
    struct orch_arena arena;
    orch_describe_fn describe; /* NULL: no library is asked */
    void *describe_ctx;
    ORCH_VEC(const char *) folders;
    ORCH_VEC(struct orch_library) libraries;
    bool scanned;
};

/* ---- where to look ---------------------------------------------------------------------- */

static bool folder_add(struct orch_registry *r, const char *folder)
{
    return folder && orch_vec_push(&r->folders, folder);
}

static bool folders_of_environment(struct orch_registry *r)
{
    const char *list = getenv("ORCHESTRA_CONNECTORS");

    while (list && *list) {
        size_t len = strcspn(list, ":");
        if (len > 0 && !folder_add(r, orch_arena_printf(&r->arena, "%.*s", (int)len, list)))
            return false;
        list += len + (list[len] == ':');
    }
    const char *home = getenv("HOME");
    return !home || home[0] != '/' ||
           folder_add(r, orch_arena_printf(&r->arena, "%s/.local/lib/orchestra/connectors", home));
}

static bool folders_of_program(struct orch_registry *r)
{
    char exe[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);

    if (len <= 0)
        return true;
    exe[len] = '\0';
    exe[orch_path_folder(exe).len] = '\0';
    struct orch_str above = orch_path_folder(exe);
    return folder_add(r, orch_arena_printf(&r->arena, "%.*s/lib/orchestra/connectors",
                                           ORCH_STR_ARG(above))) &&
           folder_add(r, orch_arena_printf(&r->arena, "%.*s/connectors", ORCH_STR_ARG(above)));
}

struct orch_registry *orch_registry_new(orch_describe_fn describe, void *ctx)
{
    struct orch_registry *r = orch_zalloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->describe = describe;
    r->describe_ctx = ctx;
    if (!(folders_of_environment(r) && folders_of_program(r))) {
        orch_registry_free(r);
        return NULL;
    }
    return r;
}

void orch_registry_free(struct orch_registry *r)
{
    if (!r)
        return;
    orch_vec_release(&r->folders);
    orch_vec_release(&r->libraries);
    orch_arena_release(&r->arena);
    free(r);
}

/* ---- what is there ---------------------------------------------------------------------- */

static bool is_library_name(const char *name)
{
    size_t len = strlen(name);
    return len > 3 && name[0] != '.' && strcmp(name + len - 3, ".so") == 0;
}

static bool known_file(const struct orch_registry *r, const char *name)
{
    for (size_t i = 0; i < r->libraries.len; i++)
        if (strcmp(r->libraries.items[i].file, name) == 0)
            return true;
    return false;
}

static orch_status library_add(struct orch_registry *r, const char *folder, const char *name,
                               orch_error *err)
{
    struct stat info;
    const char *path = orch_arena_printf(&r->arena, "%s/%s", folder, name);

    if (!path)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    if (stat(path, &info) != 0 || !S_ISREG(info.st_mode) || known_file(r, name))
        return ORCH_OK;
    struct orch_library library = { .path = path, .file = orch_path_name(path) };
    if (r->libraries.len >= LIBRARIES_CAP)
        return orch_error_set(err, ORCH_ECONFIG, "more than %d libraries in the connector folders",
                              LIBRARIES_CAP);
    if (!orch_vec_push(&r->libraries, library))
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    return ORCH_OK;
}

static int filter_library(const struct dirent *entry)
{
    return is_library_name(entry->d_name);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

/* A folder that does not exist is no error: most of the search path usually does not. */
static orch_status folder_scan(struct orch_registry *r, const char *folder, orch_error *err)
{
    struct dirent **entries = NULL;
    orch_status st = ORCH_OK;
    int n = scandir(folder, &entries, filter_library, by_name);

    if (n < 0 && errno != ENOENT && errno != ENOTDIR) {
        st = orch_file_error(err, "read", folder, errno);
        orch_error_hint(err, "connectors may be there: give the account that runs orchestra the "
                             "rights, or set HOME and ORCHESTRA_CONNECTORS to folders of its own");
    }
    for (int i = 0; i < n; i++) {
        if (st == ORCH_OK)
            st = library_add(r, folder, entries[i]->d_name, err);
        free(entries[i]);
    }
    free(entries);
    return st;
}

static orch_status scan(struct orch_registry *r, orch_error *err)
{
    orch_status st = ORCH_OK;

    for (size_t i = 0; i < r->folders.len && st == ORCH_OK && !r->scanned; i++)
        st = folder_scan(r, r->folders.items[i], err);
    r->scanned = r->scanned || st == ORCH_OK;
    return st;
}

/* ---- describing ------------------------------------------------------------------------- */

/* The library itself is not looked into: its manifest, where there is one, says all. */
static orch_status read_manifest(struct orch_registry *r, struct orch_library *library,
                                 const char *file, orch_error *why)
{
    struct orch_text text = { 0 };
    struct stat info;

    /* Not to wait for a pipe. */
    if (stat(file, &info) == 0 && !S_ISREG(info.st_mode))
        return orch_error_set(why, ORCH_ECONFIG, "manifest \"%s\" is no file",
                              orch_path_name(file));
    orch_status st = orch_file_read(file, ORCH_MANIFEST_BYTES_MOST, &text, why);
    if (st == ORCH_OK)
        st = orch_manifest_read(&r->arena, library->path, file,
                                (struct orch_str){ orch_text_z(&text), text.len }, &library->items,
                                &library->n, why);
    orch_text_release(&text);
    return st;
}

static orch_status ask_library(struct orch_registry *r, struct orch_library *library,
                               orch_error *why)
{
    struct orch_text text = { .cap = ORCH_MANIFEST_BYTES_MOST };

    if (!r->describe)
        return orch_error_set(why, ORCH_ECONFIG, "library \"%s\" has no manifest", library->file);
    orch_status st = r->describe(r->describe_ctx, library->path, &text, why);
    if (st == ORCH_OK)
        st = orch_manifest_read(&r->arena, library->path, NULL,
                                (struct orch_str){ orch_text_z(&text), text.len }, &library->items,
                                &library->n, why);
    orch_text_release(&text);
    return st;
}

/* ORCH_OK also for a library that is refused: the library keeps the reason. */
static orch_status library_describe(struct orch_registry *r, struct orch_library *library,
                                    orch_error *err)
{
    orch_error why = ORCH_ERROR_INIT;
    const int stem = (int)(strlen(library->path) - strlen(".so"));

    if (library->tried)
        return ORCH_OK;
    const char *file =
        orch_arena_printf(&r->arena, "%.*s" ORCH_MANIFEST_SUFFIX, stem, library->path);
    orch_status st = !file                     ? ORCH_ENOMEM
                     : orch_file_exists(file) ? read_manifest(r, library, file, &why)
                                               : ask_library(r, library, &why);
    if (st == ORCH_ENOMEM && why.code != ORCH_ENOMEM)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    if ((st == ORCH_ENOMEM || st == ORCH_ECANCELLED) && err)
        *err = why;
    if (st == ORCH_ENOMEM || st == ORCH_ECANCELLED)
        return st;
    if (st != ORCH_OK) {
        orch_error *kept = orch_arena_alloc(&r->arena, sizeof *kept);
        if (!kept)
            return orch_error_set(err, ORCH_ENOMEM, "out of memory");
        *kept = why;
        kept->code = ORCH_ECONFIG;
        library->refused = kept;
    }
    library->tried = true;
    return ORCH_OK;
}

static const struct orch_loaded *library_connector(const struct orch_library *library,
                                                   const char *name)
{
    for (size_t i = 0; i < library->n; i++)
        if (strcmp(library->items[i].connector.name, name) == 0)
            return &library->items[i];
    return NULL;
}

static bool is_named_after(const struct orch_library *library, const char *name)
{
    size_t len = strlen(name);
    return strncmp(library->file, name, len) == 0 && strcmp(library->file + len, ".so") == 0;
}

static void detail_searched(const struct orch_registry *r, orch_error *err)
{
    struct orch_text text = { 0 };

    for (size_t i = 0; i < r->libraries.len; i++)
        if (r->libraries.items[i].refused)
            orch_text_printf(&text, "%s; ", r->libraries.items[i].refused->message);
    orch_text_puts(&text, "searched in");
    for (size_t i = 0; i < r->folders.len; i++)
        orch_text_printf(&text, "%s %s", i > 0 ? "," : "", r->folders.items[i]);
    orch_error_detail(err, "%s", orch_text_z(&text));
    orch_text_release(&text);
}

/* Where a manifest stands without its library. */
static const char *folder_of_manifest(const struct orch_registry *r, const char *name)
{
    const char *found = NULL;
    for (size_t i = 0; i < r->folders.len && !found; i++) {
        struct orch_text path = { 0 };
        orch_text_printf(&path, "%s/%s.orch.json", r->folders.items[i], name);
        if (!path.failed && orch_file_exists(orch_text_z(&path)))
            found = r->folders.items[i];
        orch_text_release(&path);
    }
    return found;
}

static orch_status unknown(const struct orch_registry *r, const char *name, orch_error *err)
{
    ORCH_VEC(const char *) names = { 0 };
    bool complete = true;

    for (size_t i = 0; i < r->libraries.len; i++)
        for (size_t k = 0; k < r->libraries.items[i].n; k++)
            complete = complete &&
                       orch_vec_push(&names, r->libraries.items[i].items[k].connector.name);
    const char *near = complete ? orch_str_nearest(name, names.items, names.len) : NULL;
    const char *lonely = near ? NULL : folder_of_manifest(r, name);
    orch_error_set(err, ORCH_ECONFIG, "unknown connector \"%s\"", name);
    detail_searched(r, err);
    if (near)
        orch_error_hint(err, "did you mean \"%s\"? see: orchestra connectors", near);
    else if (lonely)
        orch_error_hint(err, "its manifest is there, its library is not: put %s.so into %s", name,
                        lonely);
    else if (names.len > 0)
        orch_error_hint(err, "see: orchestra connectors");
    else
        orch_error_hint(err, "set ORCHESTRA_CONNECTORS to the folder that holds the plugins");
    orch_vec_release(&names);
    return ORCH_ECONFIG;
}

/* Looks only in the library of that name, or only in the others. */
static orch_status find_in(struct orch_registry *r, const char *name, bool named_after,
                           const struct orch_loaded **found, orch_error *err)
{
    for (size_t i = 0; i < r->libraries.len && !*found; i++) {
        struct orch_library *library = &r->libraries.items[i];
        if (is_named_after(library, name) != named_after)
            continue;
        orch_status st = library_describe(r, library, err);
        if (st != ORCH_OK)
            return st;
        if (named_after && library->refused) {
            if (err)
                *err = *library->refused;
            return library->refused->code;
        }
        *found = library_connector(library, name);
    }
    return ORCH_OK;
}

orch_status orch_registry_find(struct orch_registry *r, const char *name,
                               const struct orch_loaded **out, orch_error *err)
{
    const struct orch_loaded *found = NULL;
    orch_status st = scan(r, err);

    if (st == ORCH_OK)
        st = find_in(r, name, true, &found, err);
    if (st == ORCH_OK && !found)
        st = find_in(r, name, false, &found, err);
    if (st == ORCH_OK && !found)
        st = unknown(r, name, err);
    if (st == ORCH_OK)
        *out = found;
    return st;
}

orch_status orch_registry_each(struct orch_registry *r, orch_registry_visit visit, void *ctx,
                               orch_error *err)
{
    orch_status st = scan(r, err);

    for (size_t i = 0; i < r->libraries.len && st == ORCH_OK; i++) {
        struct orch_library *library = &r->libraries.items[i];
        st = library_describe(r, library, err);
        if (st == ORCH_OK && library->refused)
            visit(ctx, library->path, NULL, library->refused);
        for (size_t k = 0; st == ORCH_OK && k < library->n; k++)
            visit(ctx, library->path, &library->items[k], NULL);
    }
    return st;
}

/* ---- opening ---------------------------------------------------------------------------- */

/* NULL: it is none of this registry. */
static struct orch_library *library_of(struct orch_registry *r, const struct orch_loaded *found)
{
    for (size_t i = 0; i < r->libraries.len; i++)
        if (strcmp(r->libraries.items[i].path, found->library) == 0)
            return &r->libraries.items[i];
    return NULL;
}

static orch_status stranger(const struct orch_loaded *found, orch_error *err)
{
    return orch_error_set(err, ORCH_EINVAL, "connector \"%s\" is not of this registry",
                          found->connector.name);
}

orch_status orch_registry_load(struct orch_registry *r, const struct orch_loaded *found,
                               const struct orch_loaded **out, orch_error *err)
{
    struct orch_library *library = library_of(r, found);
    size_t i = 0;

    while (library && i < library->n && &library->items[i] != found)
        i++;
    if (!library || i == library->n)
        return stranger(found, err);
    orch_status st = ORCH_OK;
    if (!library->opened)
        library->opened = orch_arena_array(&r->arena, library->n, sizeof *library->opened);
    if (!library->opened)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    if (!library->opened[i])
        st = orch_loader_open(&r->arena, library->path, found->manifest, found->connector.name,
                              &library->opened[i], err);
    if (st == ORCH_OK)
        *out = library->opened[i];
    return st;
}

/* ---- identity --------------------------------------------------------------------------- */

static orch_status library_hash(struct orch_registry *r, struct orch_library *library,
                                orch_error *err)
{
    struct orch_text content = { 0 };
    char hex[65];

    if (library->sha256)
        return ORCH_OK;
    orch_status st = orch_file_read(library->path, LIBRARY_BYTES_CAP, &content, err);
    if (st == ORCH_OK)
        st = orch_sha256_text((struct orch_str){ orch_text_z(&content), content.len }, hex, err);
    if (st == ORCH_OK) {
        library->sha256 = orch_arena_strdup(&r->arena, hex);
        if (!library->sha256)
            st = orch_error_set(err, ORCH_ENOMEM, "out of memory");
    }
    orch_text_release(&content);
    return st;
}

orch_status orch_registry_identity(struct orch_registry *r, const struct orch_loaded *loaded,
                                   const char **out, orch_error *err)
{
    struct orch_library *library = library_of(r, loaded);

    if (!library)
        return stranger(loaded, err);
    orch_status st = library_hash(r, library, err);
    if (st != ORCH_OK)
        return st;
    const char *text = orch_arena_printf(&r->arena, "%s %s sha256:%s", loaded->connector.name,
                                         loaded->plugin.version, library->sha256);
    if (!text)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    *out = text;
    return ORCH_OK;
}
