/* SPDX-License-Identifier: Apache-2.0 */
/* libarchive as a module of the host, opened only for inputs that are packed. Each kind enables one
 * format or one filter and no other: what a file is has been decided before, and a library that
 * knows forty formats has forty parsers. */
#include "plugin/unpack_module.h"

#include "orch/connector.h"
#include "unpack_gzip.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TAR_BLOCK 512
#define ZIP_END_BYTES 22
#define ZIP_TOLD_AT 10

struct orch_unpacker {
    enum orch_packed kind;
    struct orch_unpack_source source;
    int64_t position; /* of the next byte in the source */
    bool source_ended;
    size_t zeros;     /* how many the source has ended with so far */
    struct unpack_gzip *gzip;
    struct archive *archive;
    locale_t names; /* libarchive gives names in the locale's character set, or not at all */
    bool opened;
    bool told;      /* the only entry of a compressed file */
    bool empty;     /* ... has no byte, and libarchive no entry */
    int64_t entries;
    const char *reason;
    char count[96]; /* a reason that has numbers */
};

/* ---- the source ------------------------------------------------------------------------- */

static void count_zeros(struct orch_unpacker *u, const unsigned char *bytes, size_t n)
{
    size_t zeros = 0;

    while (zeros < n && bytes[n - zeros - 1] == 0)
        zeros++;
    u->zeros = zeros == n && u->zeros < TAR_BLOCK ? u->zeros + n : zeros;
}

static la_ssize_t source_read(struct archive *a, void *ctx, const void **bytes)
{
    struct orch_unpacker *u = ctx;
    ssize_t n = u->source.read(u->source.ctx, bytes);

    if (n < 0) {
        archive_set_error(a, EIO, "no more bytes came");
        return -1;
    }
    u->position += n;
    u->source_ended = n == 0;
    if (u->kind == ORCH_PACKED_TAR && n > 0)
        count_zeros(u, *bytes, (size_t)n);
    return n;
}

static int64_t target_of(const struct orch_unpacker *u, int64_t offset, int whence)
{
    int64_t base = whence == SEEK_CUR ? u->position : whence == SEEK_END ? u->source.size : 0;
    int64_t target;

    if (__builtin_add_overflow(base, offset, &target) || target < 0)
        return -1;
    return target < u->source.size ? target : u->source.size;
}

static la_int64_t source_seek(struct archive *a, void *ctx, la_int64_t offset, int whence)
{
    struct orch_unpacker *u = ctx;
    int64_t target = target_of(u, offset, whence);

    if (target < 0) {
        archive_set_error(a, EINVAL, "a place before its beginning is named");
        return ARCHIVE_FATAL;
    }
    u->source.seek(u->source.ctx, target);
    u->position = target;
    return target;
}

static la_int64_t source_skip(struct archive *a, void *ctx, la_int64_t n)
{
    struct orch_unpacker *u = ctx;
    int64_t from = u->position;

    if (n <= 0)
        return 0;
    int64_t at = source_seek(a, ctx, n, SEEK_CUR);
    return at < 0 ? at : at - from;
}

/* ---- opening ---------------------------------------------------------------------------- */

/* A filter that libarchive was built without is one that it would start a program for, which
 * ARCHIVE_WARN says. */
static int enable(struct archive *a, enum orch_packed kind)
{
    int rc = ARCHIVE_FATAL;

    switch (kind) {
    case ORCH_PACKED_ZIP:
        return archive_read_support_format_zip_seekable(a);
    case ORCH_PACKED_7Z:
        return archive_read_support_format_7zip(a);
    case ORCH_PACKED_TAR:
        return archive_read_support_format_tar(a);
    case ORCH_PACKED_BZIP2:
        rc = archive_read_support_filter_bzip2(a);
        break;
    case ORCH_PACKED_XZ:
        rc = archive_read_support_filter_xz(a);
        break;
    case ORCH_PACKED_ZSTD:
        rc = archive_read_support_filter_zstd(a);
        break;
    default:
        break;
    }
    if (rc == ARCHIVE_OK)
        rc = archive_read_support_format_raw(a);
    return rc == ARCHIVE_OK ? archive_read_support_format_empty(a) : rc;
}

static bool is_compressed(enum orch_packed kind)
{
    return kind == ORCH_PACKED_BZIP2 || kind == ORCH_PACKED_XZ || kind == ORCH_PACKED_ZSTD;
}

/* Failures show at the first entry. Filters are chained by libarchive as long as one fits: what is
 * compressed twice would be unpacked twice with only the last count known. */
static bool open_archive(struct orch_unpacker *u)
{
    locale_t before = uselocale(u->names);

    u->archive = archive_read_new();
    if (u->archive) {
        archive_read_set_read_callback(u->archive, source_read);
        archive_read_set_callback_data(u->archive, u);
        if (u->source.seek) {
            archive_read_set_skip_callback(u->archive, source_skip);
            archive_read_set_seek_callback(u->archive, source_seek);
        }
        if (enable(u->archive, u->kind) != ARCHIVE_OK)
            u->reason = "the installed libarchive does not know it";
        else if (archive_read_open1(u->archive) != ARCHIVE_OK)
            u->reason = u->kind == ORCH_PACKED_ZIP
                            ? "it has no list of members at its end: it is empty or cut off"
                            : archive_error_string(u->archive);
        else if (is_compressed(u->kind) && archive_filter_count(u->archive) > 2)
            u->reason = "it is compressed twice in the same way";
        else
            u->opened = true;
    }
    uselocale(before);
    return u->archive != NULL;
}

static void unpacker_close(struct orch_unpacker *u)
{
    if (!u)
        return;
    unpack_gzip_close(u->gzip);
    if (u->archive)
        archive_read_free(u->archive);
    if (u->names)
        freelocale(u->names);
    free(u);
}

static struct orch_unpacker *unpacker_open(enum orch_packed kind,
                                           const struct orch_unpack_source *source)
{
    struct orch_unpacker *u = calloc(1, sizeof *u);
    bool opened = false;

    if (!u)
        return NULL;
    u->kind = kind;
    u->source = *source;
    if (kind == ORCH_PACKED_GZIP) {
        u->gzip = unpack_gzip_open(source);
        opened = u->gzip != NULL;
    } else {
        u->names = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
        opened = u->names && open_archive(u);
    }
    if (!opened) {
        unpacker_close(u);
        return NULL;
    }
    return u;
}

/* ---- entries ---------------------------------------------------------------------------- */

/* An archive that did not open is not asked anything more: libarchive 3.6 then points beyond its
 * table of formats. */
static enum orch_unpack_result failed(struct orch_unpacker *u)
{
    const char *text = archive_error_string(u->archive);

    if (archive_errno(u->archive) == ENOMEM)
        return ORCH_UNPACK_NO_MEMORY;
    if (!u->reason)
        u->reason = text ? text : "it is malformed";
    if (u->opened && archive_read_has_encrypted_entries(u->archive) > 0)
        return ORCH_UNPACK_ENCRYPTED;
    return ORCH_UNPACK_DAMAGED;
}

static enum orch_unpack_type type_of(struct archive_entry *e)
{
    if (archive_entry_hardlink(e) || archive_entry_hardlink_utf8(e))
        return ORCH_UNPACK_HARD_LINK;
    switch (archive_entry_filetype(e)) {
    case AE_IFREG:
        return ORCH_UNPACK_FILE;
    case AE_IFDIR:
        return ORCH_UNPACK_FOLDER;
    case AE_IFLNK:
        return ORCH_UNPACK_SYMLINK;
    case 0: /* a zip that knows no Unix modes; folders end with a slash and were told as such */
        return ORCH_UNPACK_FILE;
    default:
        return ORCH_UNPACK_DEVICE;
    }
}

static void tell(struct archive_entry *e, struct orch_unpack_entry *out)
{
    const char *name = archive_entry_pathname(e);

    if (!name)
        name = archive_entry_pathname_utf8(e);
    *out = (struct orch_unpack_entry){
        .name = name ? name : "",
        .type = type_of(e),
        .encrypted = archive_entry_is_data_encrypted(e) > 0,
        .size = archive_entry_size_is_set(e) ? archive_entry_size(e) : -1,
    };
}

static uint32_t little(const unsigned char *bytes, size_t n)
{
    uint32_t value = 0;

    for (size_t i = n; i-- > 0;)
        value = value << 8 | bytes[i];
    return value;
}

/* The number of members that a zip says it has, at its very end; -1: it says so elsewhere. */
static int64_t members_told(struct orch_unpacker *u)
{
    static const size_t most = ZIP_END_BYTES + UINT16_MAX; /* a comment may follow */
    int64_t from = u->source.size > (int64_t)most ? u->source.size - (int64_t)most : 0;
    size_t len = (size_t)(u->source.size - from), got = 0;
    unsigned char *tail = malloc(len + 1);
    int64_t told = -1;
    const void *bytes;
    ssize_t n = 1;

    u->source.seek(u->source.ctx, from);
    while (tail && got < len && (n = u->source.read(u->source.ctx, &bytes)) > 0) {
        size_t take = (size_t)n < len - got ? (size_t)n : len - got;
        memcpy(tail + got, bytes, take);
        got += take;
    }
    for (size_t at = got; tail && told < 0 && at-- > 0;)
        if (got - at >= ZIP_END_BYTES && memcmp(tail + at, "PK\5\6", 4) == 0)
            told = (int64_t)little(tail + at + ZIP_TOLD_AT, 2);
    free(tail);
    return told == UINT16_MAX ? -1 : told;
}

/* libarchive takes members that lie at the same place in the file for one. */
static enum orch_unpack_result at_end_of_zip(struct orch_unpacker *u)
{
    int64_t told = members_told(u);

    if (told < 0 || told == u->entries)
        return ORCH_UNPACK_END;
    snprintf(u->count, sizeof u->count,
             "its list names %lld members, of which %lld can be told apart", (long long)told,
             (long long)u->entries);
    u->reason = u->count;
    return ORCH_UNPACK_DAMAGED;
}

/* libarchive takes a tar that ends anywhere between two members for whole. */
static enum orch_unpack_result at_end(struct orch_unpacker *u)
{
    if (u->kind == ORCH_PACKED_ZIP)
        return at_end_of_zip(u);
    if (u->kind != ORCH_PACKED_TAR || !u->source_ended || u->zeros >= TAR_BLOCK)
        return ORCH_UNPACK_END;
    u->reason = "it is cut off: the end mark of the archive is missing";
    return ORCH_UNPACK_DAMAGED;
}

static enum orch_unpack_result next_only(struct orch_unpacker *u, struct orch_unpack_entry *out)
{
    if (u->told)
        return ORCH_UNPACK_END;
    u->told = true;
    *out = (struct orch_unpack_entry){ .name = "", .type = ORCH_UNPACK_FILE, .size = -1 };
    return ORCH_UNPACK_OK;
}

static enum orch_unpack_result next_archived(struct orch_unpacker *u, struct orch_unpack_entry *out)
{
    struct archive_entry *entry = NULL;

    if (!u->opened)
        return failed(u);
    if (u->told)
        return ORCH_UNPACK_END;
    int rc = archive_read_next_header(u->archive, &entry);
    u->empty = rc == ARCHIVE_EOF && is_compressed(u->kind);
    if (u->empty)
        return next_only(u, out);
    if (rc == ARCHIVE_EOF)
        return at_end(u);
    if (rc != ARCHIVE_OK && rc != ARCHIVE_WARN)
        return failed(u);
    if (is_compressed(u->kind))
        return next_only(u, out);
    u->entries++;
    tell(entry, out);
    return ORCH_UNPACK_OK;
}

static enum orch_unpack_result unpacker_next(struct orch_unpacker *u, struct orch_unpack_entry *out)
{
    if (u->gzip)
        return next_only(u, out);
    locale_t before = uselocale(u->names);
    enum orch_unpack_result result = next_archived(u, out);
    uselocale(before);
    return result;
}

/* A warning while data is read is a check sum that is wrong. */
static enum orch_unpack_result unpacker_read(struct orch_unpacker *u, void *buffer, size_t capacity,
                                             size_t *n)
{
    *n = 0;
    if (u->gzip)
        return unpack_gzip_read(u->gzip, buffer, capacity, n);
    if (u->empty)
        return ORCH_UNPACK_OK;
    la_ssize_t got = archive_read_data(u->archive, buffer, capacity);
    if (got < 0)
        return failed(u);
    *n = (size_t)got;
    return ORCH_UNPACK_OK;
}

static const char *unpacker_reason(const struct orch_unpacker *u)
{
    const char *reason = u->gzip ? unpack_gzip_reason(u->gzip) : u->reason;
    return reason ? reason : "it is malformed";
}

extern ORCH_EXPORT const struct orch_unpack_module orch_unpack_module;

const struct orch_unpack_module orch_unpack_module = {
    .version = ORCH_UNPACK_MODULE_VERSION,
    .open = unpacker_open,
    .close = unpacker_close,
    .next = unpacker_next,
    .read = unpacker_read,
    .reason = unpacker_reason,
};
