/* SPDX-License-Identifier: Apache-2.0 */
/* Archives of a test, made by libarchive on the spot, and inputs that are unpacked as by a run. */
#ifndef TEST_UNPACK_SUPPORT_H
#define TEST_UNPACK_SUPPORT_H

#include "input_support.h"

#include <archive.h>
#include <archive_entry.h>

#define MEMBERS_MOST 16

struct member {
    const char *name;
    const char *bytes;
    size_t len;
    const char *link; /* of a symbolic link */
};

struct bytes {
    char *ptr;
    size_t len;
};

/* Which format and which filter, in names of libarchive: "zip", "ustar", "7zip", "raw"; "none",
 * "gzip", "bzip2", "xz", "zstd". */
struct packing {
    const char *format;
    const char *filter;
};

SUPPORT struct member text_member(const char *name, const char *text)
{
    return (struct member){ .name = name, .bytes = text, .len = strlen(text) };
}

SUPPORT void pack_one(struct archive *a, const struct member *m)
{
    struct archive_entry *e = archive_entry_new();

    archive_entry_set_pathname(e, m->name);
    archive_entry_set_perm(e, 0644);
    archive_entry_set_filetype(e, m->link ? AE_IFLNK : AE_IFREG);
    if (m->link)
        archive_entry_set_symlink(e, m->link);
    else
        archive_entry_set_size(e, (la_int64_t)m->len);
    if (archive_write_header(a, e) < ARCHIVE_WARN) /* names that are no text are kept as bytes */
        fail_msg("%s: %s", m->name, archive_error_string(a));
    if (!m->link && m->len > 0)
        assert_int_equal(archive_write_data(a, m->bytes, m->len), m->len);
    archive_entry_free(e);
}

/* Freed by the caller; whoever makes large ones gives room. */
SUPPORT struct bytes pack(struct packing how, const struct member *members, size_t n, size_t room)
{
    struct bytes out = { malloc(room), 0 };
    struct archive *a = archive_write_new();

    assert_non_null(out.ptr);
    assert_int_equal(archive_write_set_format_by_name(a, how.format), ARCHIVE_OK);
    if (strcmp(how.filter, "none") != 0)
        assert_int_equal(archive_write_add_filter_by_name(a, how.filter), ARCHIVE_OK);
    if (strcmp(how.format, "zip") == 0)
        archive_write_set_options(a, "zip:compression=deflate");
    archive_write_set_bytes_in_last_block(a, 1);
    assert_int_equal(archive_write_open_memory(a, out.ptr, room, &out.len), ARCHIVE_OK);
    for (size_t i = 0; i < n; i++)
        pack_one(a, &members[i]);
    assert_int_equal(archive_write_close(a), ARCHIVE_OK);
    archive_write_free(a);
    return out;
}

/* ---- an instance that reads ---------------------------------------------------------------- */

struct reading {
    struct orch_instance instance;
    orch_error err;
    struct orch_text text; /* of what was read last */
};

SUPPORT orch_status reading_open(struct reading *r, const char *path, const char **patterns,
                                 size_t n)
{
    const char *paths[] = { path };
    const struct orch_setting settings[] = {
        { "path", paths, 1, "x.lua:3" },
        { "member", patterns, n, "x.lua:4" },
    };
    struct orch_options *o = NULL;
    struct orch_inputs *in = NULL;

    memset(r, 0, sizeof *r);
    r->err = (orch_error)ORCH_ERROR_INIT;
    if (orch_options_parse(support_files, ORCH_ROLE_SOURCE, settings, n > 0 ? 2 : 1, &o,
                           &r->err) != ORCH_OK ||
        orch_inputs_open(o, &in, &r->err) != ORCH_OK)
        fail_msg("%s", r->err.message);
    assert_int_equal(orch_instance_init(&r->instance, support_files, o, in, NULL), ORCH_OK);
    return orch_instance_unpack(&r->instance, &r->err);
}

SUPPORT void reading_close(struct reading *r)
{
    orch_text_release(&r->text);
    orch_instance_release(&r->instance);
}

SUPPORT void reading_of(struct reading *r, const char *path)
{
    if (reading_open(r, path, NULL, 0) != ORCH_OK)
        fail_msg("%s: %s", r->err.message, r->err.detail);
}

SUPPORT size_t parts_of(const struct reading *r)
{
    return orch_inputs_parts(r->instance.inputs);
}

SUPPORT const char *label_of(const struct reading *r, size_t i)
{
    struct orch_part_told told;
    assert_true(orch_inputs_part(r->instance.inputs, i, &told));
    return told.label;
}

/* Reads part i as bytes into r->text. */
SUPPORT orch_status read_part(struct reading *r, size_t i, uint32_t mode)
{
    orch_input_stream *s = NULL;
    char piece[1000];
    size_t n = 1;

    orch_text_reset(&r->text);
    r->err = (orch_error)ORCH_ERROR_INIT;
    orch_status st = orch_stream_open(r->instance.inputs, i, mode, &s, &r->err);
    while (st == ORCH_OK && n > 0) {
        st = orch_stream_read(s, piece, sizeof piece, &n, &r->err);
        if (st == ORCH_OK)
            assert_true(orch_text_add(&r->text, piece, n));
        if (st == ORCH_OK && mode == ORCH_INPUT_RAW)
            assert_int_equal(orch_stream_consumed(s), r->text.len);
    }
    orch_stream_close(s);
    return st;
}

SUPPORT void assert_part(struct reading *r, size_t i, const char *label, const char *text)
{
    assert_string_equal(label_of(r, i), label);
    if (read_part(r, i, ORCH_INPUT_RAW) != ORCH_OK)
        fail_msg("%s: %s", r->err.message, r->err.detail);
    assert_string_equal(orch_text_z(&r->text), text);
}

#endif
