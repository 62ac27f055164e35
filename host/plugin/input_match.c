/* SPDX-License-Identifier: Apache-2.0 */
/* From a pattern to paths, and what to say when there are none. */
#include "plugin/input_item.h"

#include "base/file.h"
#include "orch/error.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <unistd.h>

/* What a message looks at and shows of a folder. */
#define LISTED_CAP 4096
#define SHOWN_CAP 4
#define DISTANCE_CAP 64

struct neighbour {
    const char *name;
    size_t distance;
};

struct folder_list {
    ORCH_VEC(struct neighbour) entries;
    size_t total;
};

static bool is_pattern(const char *path)
{
    return strpbrk(path, "*?[") != NULL;
}

/* The last part of the pattern without its wild cards, to measure names against. */
static const char *bare_name(struct orch_arena *a, const char *pattern)
{
    const char *name = orch_path_name(pattern);
    char *bare = orch_arena_alloc(a, strlen(name) + 1);
    size_t len = 0;

    if (!bare)
        return NULL;
    for (; *name; name++)
        if (!strchr("*?[]", *name))
            bare[len++] = *name;
    bare[len] = '\0';
    return bare;
}

static int by_distance(const void *a, const void *b)
{
    const struct neighbour *x = a, *y = b;

    if (x->distance != y->distance)
        return x->distance < y->distance ? -1 : 1;
    return strcmp(x->name, y->name);
}

static bool folder_read(struct orch_arena *a, const char *folder, const char *bare,
                        struct folder_list *out)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;
    bool ok = true;

    if (!dir)
        return false;
    while (ok && (entry = readdir(dir))) {
        if (entry->d_name[0] == '.')
            continue;
        out->total++;
        if (out->total > LISTED_CAP)
            continue;
        struct neighbour item = { orch_arena_strdup(a, entry->d_name), 0 };
        ok = item.name && orch_vec_push(&out->entries, item);
        if (ok)
            out->entries.items[out->entries.len - 1].distance = orch_str_distance(
                orch_str_from(bare), orch_str_from(item.name), DISTANCE_CAP);
    }
    closedir(dir);
    if (out->entries.len > 1)
        qsort(out->entries.items, out->entries.len, sizeof *out->entries.items, by_distance);
    return true;
}

static void explain_folder(const struct folder_list *list, const char *folder, orch_error *err)
{
    struct orch_text text = { 0 };

    if (list->total == 0) {
        orch_error_detail(err, "the folder \"%s\" is empty", folder);
        return;
    }
    for (size_t i = 0; i < list->entries.len && i < SHOWN_CAP; i++)
        orch_text_printf(&text, "%s%s", i > 0 ? ", " : "", list->entries.items[i].name);
    if (list->total > SHOWN_CAP)
        orch_text_printf(&text, " and %zu more", list->total - SHOWN_CAP);
    orch_error_detail(err, "the folder \"%s\" holds %s", folder, orch_text_z(&text));
    orch_text_release(&text);
}

static void propose(const struct folder_list *list, const char *pattern, const char *bare,
                    orch_error *err)
{
    ORCH_VEC(const char *) names = { 0 };
    struct orch_str folder = orch_path_folder(pattern);
    bool complete = true;

    for (size_t i = 0; i < list->entries.len; i++)
        complete = complete && orch_vec_push(&names, list->entries.items[i].name);
    const char *near = complete ? orch_str_nearest(bare, names.items, names.len) : NULL;
    if (near && strchr(pattern, '/'))
        orch_error_hint(err, "did you mean \"%.*s/%s\"?", ORCH_STR_ARG(folder), near);
    else if (near)
        orch_error_hint(err, "did you mean \"%s\"?", near);
    else
        orch_error_hint(err, "correct the option path; * and ? stand for parts of one name");
    orch_vec_release(&names);
}

static orch_status fail_no_match(struct orch_arena *a, const char *pattern, orch_error *err)
{
    struct orch_str part = orch_path_folder(pattern);
    const char *folder = orch_arena_str(a, part).ptr;
    const char *bare = bare_name(a, pattern);
    struct folder_list list = { 0 };

    if (!folder || !bare)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    orch_error_set(err, ORCH_EIO, "no file matches \"%s\"", pattern);
    if (is_pattern(folder)) {
        orch_error_hint(err, "correct the option path; * and ? stand for parts of one name");
    } else if (folder_read(a, folder, bare, &list)) {
        explain_folder(&list, folder, err);
        propose(&list, pattern, bare, err);
    } else {
        orch_error_detail(err, "the folder \"%s\" cannot be read: %s", folder, strerror(errno));
        orch_error_hint(err, "correct the option path, or start from the folder it is relative to");
    }
    orch_vec_release(&list.entries);
    return ORCH_EIO;
}

/* ---- matching --------------------------------------------------------------------------- */

static orch_status match_add(struct orch_arena *a, const char *path, struct orch_matches *out,
                             orch_error *err)
{
    const char *copy = orch_arena_strdup(a, path);

    if (!copy || !orch_vec_push(&out->paths, copy))
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    return ORCH_OK;
}

/* A folder that a pattern happens to match is left out; one that is named is a mistake. */
static orch_status match_literal(struct orch_arena *a, const char *path, const struct stat *info,
                                 struct orch_matches *out, orch_error *err)
{
    if (S_ISDIR(info->st_mode)) {
        orch_error_set(err, ORCH_EIO, "\"%s\" is a folder, not a file", path);
        orch_error_hint(err, "say which files: path = \"%s%s*\"", path,
                        path[strlen(path) - 1] == '/' ? "" : "/");
        return ORCH_EIO;
    }
    if (!S_ISREG(info->st_mode)) {
        orch_error_set(err, ORCH_EIO, "\"%s\" is neither a file nor a folder", path);
        orch_error_hint(err, "give a stream on standard input, with path = \"-\"");
        return ORCH_EIO;
    }
    return match_add(a, path, out, err);
}

static orch_status match_glob(struct orch_arena *a, const char *pattern, struct orch_matches *out,
                              orch_error *err)
{
    glob_t found = { 0 };
    struct stat info;
    size_t before = out->paths.len;
    orch_status st = ORCH_OK;
    int rc = glob(pattern, GLOB_NOSORT, NULL, &found);

    if (rc == GLOB_NOSPACE)
        st = orch_error_set(err, ORCH_ENOMEM, "out of memory");
    for (size_t i = 0; rc == 0 && st == ORCH_OK && i < found.gl_pathc; i++)
        if (stat(found.gl_pathv[i], &info) == 0 && S_ISREG(info.st_mode))
            st = match_add(a, found.gl_pathv[i], out, err);
    globfree(&found);
    if (st == ORCH_OK && out->paths.len == before)
        st = fail_no_match(a, pattern, err);
    return st;
}

orch_status orch_input_match(struct orch_arena *a, const char *pattern, struct orch_matches *out,
                             orch_error *err)
{
    struct stat info;

    if (stat(pattern, &info) == 0)
        return match_literal(a, pattern, &info, out, err);
    if (errno == ENOENT || is_pattern(pattern))
        return match_glob(a, pattern, out, err);
    return orch_file_error(err, "open", pattern, errno);
}
