/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/input_item.h"

#include "base/file.h"
#include "base/map.h"
#include "orch/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define INPUTS_CAP 100000

/* ---- one file --------------------------------------------------------------------------- */

void orch_input_stamp(struct orch_input_item *item, const struct stat *info)
{
    item->file.size_bytes = info->st_size;
    item->file.modified_us =
        (int64_t)info->st_mtim.tv_sec * 1000000 + info->st_mtim.tv_nsec / 1000;
    item->file.inode = info->st_ino;
    item->device = info->st_dev;
}

bool orch_input_is(const struct orch_input_item *item, const struct stat *info)
{
    struct orch_input_item now = *item;

    orch_input_stamp(&now, info);
    return now.file.size_bytes == item->file.size_bytes &&
           now.file.modified_us == item->file.modified_us && now.file.inode == item->file.inode &&
           now.device == item->device;
}

static orch_status fail_changed(const struct orch_input_item *item, const struct stat *info,
                                orch_error *err)
{
    orch_error_set(err, ORCH_EIO, "\"%s\" was changed while the run read it", item->name);
    if (info->st_size != item->file.size_bytes)
        orch_error_detail(err, "it had %lld bytes and now has %lld",
                          (long long)item->file.size_bytes, (long long)info->st_size);
    else
        orch_error_detail(err, "it has the same size but another time or place on disk");
    orch_error_hint(err, "let exports finish before the run, or write them under another name and "
                         "rename them");
    if (err)
        err->flags |= ORCH_ERROR_RETRYABLE;
    return ORCH_EIO;
}

orch_status orch_input_reopen(const struct orch_input_item *item, bool own, int *fd, bool *owned,
                              orch_error *err)
{
    struct stat info;
    char self[40];

    if (item->lender) {
        *owned = true;
        return item->lender->open(item->lender->ctx, item->index, fd, err);
    }
    if (item->spool >= 0 && !own) {
        *fd = item->spool;
        *owned = false;
        return ORCH_OK;
    }
    snprintf(self, sizeof self, "/proc/self/fd/%d", item->spool);
    /* A pipe that has taken the file's place would hold whoever opens it. */
    int opened = open(item->spool >= 0 ? self : item->file.path,
                      O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (opened < 0)
        return orch_file_error(err, "open", item->name, errno);
    orch_status st = ORCH_OK;
    if (fstat(opened, &info) != 0)
        st = orch_file_error(err, "read", item->name, errno);
    else if (item->spool < 0 && !orch_input_is(item, &info))
        st = fail_changed(item, &info, err);
    if (st != ORCH_OK) {
        close(opened);
        return st;
    }
    posix_fadvise(opened, 0, 0, POSIX_FADV_SEQUENTIAL);
    *fd = opened;
    *owned = true;
    return ORCH_OK;
}

orch_status orch_input_pread(const struct orch_input_item *item, int fd, void *buffer, size_t size,
                             int64_t offset, size_t *n, orch_error *err)
{
    size_t got = 0;

    while (got < size) {
        ssize_t r = pread(fd, (char *)buffer + got, size - got, (off_t)(offset + (int64_t)got));
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return orch_file_error(err, "read", item->name, errno);
        if (r == 0)
            break;
        got += (size_t)r;
    }
    *n = got;
    return ORCH_OK;
}

/* ---- building the set ------------------------------------------------------------------- */

struct orch_input_item *orch_input_add(struct orch_inputs *in, const char *path)
{
    struct orch_input_item *item = orch_arena_zalloc(&in->arena, sizeof *item);
    struct orch_input_part *part = orch_arena_zalloc(&in->arena, sizeof *part);

    if (!item || !part)
        return NULL;
    item->spool = -1;
    item->index = in->items.len;
    item->file.path = path;
    item->name = path;
    part->item = item;
    part->index = in->parts.len;
    return orch_vec_push(&in->items, item) && orch_vec_push(&in->parts, part) ? item : NULL;
}

static orch_status add_standard_input(struct orch_inputs *in, orch_error *err)
{
    struct stat info;

    for (size_t i = 0; i < in->items.len; i++)
        if (in->items.items[i]->spool >= 0)
            return ORCH_OK;
    struct orch_input_item *item = orch_input_add(in, "-");
    if (!item)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    item->name = "standard input";
    orch_status st = orch_input_spool(&item->spool, err);
    if (st != ORCH_OK)
        return st;
    if (fstat(item->spool, &info) != 0)
        return orch_file_error(err, "read", item->name, errno);
    orch_input_stamp(item, &info);
    return ORCH_OK;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Each file once, also when two paths lead to it. */
static orch_status add_path(struct orch_inputs *in, struct orch_map *seen, const char *path,
                            orch_error *err)
{
    struct stat info;
    uint64_t key[2];
    size_t first;

    if (stat(path, &info) != 0)
        return orch_file_error(err, "read", path, errno);
    key[0] = info.st_dev;
    key[1] = info.st_ino;
    struct orch_str id = { (const char *)key, sizeof key };
    if (orch_map_get(seen, id, &first))
        return ORCH_OK;
    if (in->items.len >= INPUTS_CAP)
        return orch_error_set(err, ORCH_ECONFIG, "more than %d files match the option path",
                              INPUTS_CAP);
    struct orch_input_item *item = orch_input_add(in, path);
    if (!item || !orch_map_put(seen, id, in->items.len))
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    orch_input_stamp(item, &info);
    return ORCH_OK;
}

static orch_status add_matches(struct orch_inputs *in, struct orch_matches *matches,
                               orch_error *err)
{
    struct orch_map seen = { 0 };
    orch_status st = ORCH_OK;

    if (matches->paths.len > 1)
        qsort(matches->paths.items, matches->paths.len, sizeof *matches->paths.items, by_path);
    for (size_t i = 0; i < matches->paths.len && st == ORCH_OK; i++)
        st = add_path(in, &seen, matches->paths.items[i], err);
    orch_map_release(&seen);
    return st;
}

static orch_status add_all(struct orch_inputs *in, const struct orch_options *o, orch_error *err)
{
    struct orch_matches matches = { 0 };
    orch_status st = ORCH_OK;
    const char *pattern;

    for (size_t i = 0; st == ORCH_OK && (pattern = orch_options_get(o, "path", i, NULL)); i++) {
        if (strcmp(pattern, "-") == 0)
            st = add_standard_input(in, err);
        else
            st = orch_input_match(&in->arena, pattern, &matches, err);
    }
    if (st == ORCH_OK)
        st = add_matches(in, &matches, err);
    orch_vec_release(&matches.paths);
    return st;
}

orch_status orch_input_wanted(struct orch_inputs *in, const char *name, orch_error *err)
{
    in->automatic = !name || strcasecmp(name, "auto") == 0;
    return in->automatic ? ORCH_OK : orch_encoding_find(name, &in->wanted, err);
}

static orch_status find_encoding(struct orch_inputs *in, const struct orch_options *o,
                                 orch_error *err)
{
    orch_status st = orch_input_wanted(in, orch_options_get(o, "encoding", 0, NULL), err);
    const char *place = orch_options_place(o, "encoding");
    if (st != ORCH_OK && err && place && !err->detail[0])
        orch_error_detail(err, "%s", place);
    return st;
}

static bool unpacks(const struct orch_options *o)
{
    const char *unpack = orch_options_get(o, "unpack", 0, NULL);
    return unpack && strcmp(unpack, "auto") == 0;
}

orch_status orch_inputs_open(const struct orch_options *o, struct orch_inputs **out,
                             orch_error *err)
{
    struct orch_inputs *in = orch_zalloc(1, sizeof *in);

    if (!in)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    orch_status st = find_encoding(in, o, err);
    if (st == ORCH_OK)
        st = add_all(in, o, err);
    if (st == ORCH_OK && in->items.len == 0)
        st = orch_error_set(err, ORCH_ECONFIG, "the option path names no file");
    if (st == ORCH_OK && unpacks(o))
        for (size_t i = 0; i < in->items.len; i++)
            orch_input_sniff(in->items.items[i]);
    if (st != ORCH_OK) {
        orch_inputs_free(in);
        return st;
    }
    *out = in;
    return ORCH_OK;
}

void orch_inputs_free(struct orch_inputs *in)
{
    if (!in)
        return;
    orch_input_hashing_stop(in);
    orch_input_hashing_end(in);
    orch_unpack_close(in->idle);
    for (size_t i = 0; i < in->items.len; i++)
        if (in->items.items[i]->spool >= 0)
            close(in->items.items[i]->spool);
    orch_vec_release(&in->items);
    orch_vec_release(&in->parts);
    orch_vec_release(&in->members);
    orch_arena_release(&in->arena);
    free(in);
}

/* ---- using it --------------------------------------------------------------------------- */

size_t orch_inputs_count(const struct orch_inputs *in)
{
    return in->items.len;
}

const struct orch_input_file *orch_inputs_at(const struct orch_inputs *in, size_t i)
{
    return i < in->items.len ? &in->items.items[i]->file : NULL;
}

orch_status orch_inputs_unchanged(const struct orch_inputs *in, orch_error *err)
{
    struct stat info;

    for (size_t i = 0; i < in->items.len; i++) {
        const struct orch_input_item *item = in->items.items[i];
        if (item->spool >= 0)
            continue;
        if (stat(item->file.path, &info) != 0)
            return orch_file_error(err, "read", item->name, errno);
        if (!orch_input_is(item, &info))
            return fail_changed(item, &info, err);
    }
    return ORCH_OK;
}
