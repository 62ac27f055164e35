/* SPDX-License-Identifier: Apache-2.0 */
/* The table that the module orchestra-archive.so exports: one walk through one archive, or through
 * one compressed file, which is an archive of one entry without a name. The module is built with
 * the host and shipped beside it; it is no plugin and promises nothing over versions. It opens no
 * path, starts no program, and writes nothing: bytes come from its source, names are only told. */
#ifndef ORCH_PLUGIN_UNPACK_MODULE_H
#define ORCH_PLUGIN_UNPACK_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum orch_packed {
    ORCH_PACKED_NONE,
    ORCH_PACKED_GZIP,
    ORCH_PACKED_BZIP2,
    ORCH_PACKED_XZ,
    ORCH_PACKED_ZSTD,
    ORCH_PACKED_TAR,
    ORCH_PACKED_ZIP,
    ORCH_PACKED_7Z
};

struct orch_unpack_source {
    void *ctx;
    /* The next bytes, which last until the next call. 0: the end; -1: no more, the owner of the
     * source knows why. */
    ssize_t (*read)(void *ctx, const void **bytes);
    /* Where the next bytes are from; NULL where bytes come in their order only. zip and 7z need
     * it. */
    void (*seek)(void *ctx, int64_t offset);
    int64_t size; /* where there is a seek */
};

enum orch_unpack_type {
    ORCH_UNPACK_FILE = 1,
    ORCH_UNPACK_FOLDER,
    ORCH_UNPACK_SYMLINK,
    ORCH_UNPACK_HARD_LINK,
    ORCH_UNPACK_DEVICE /* or a FIFO or a socket */
};

struct orch_unpack_entry {
    const char *name; /* the archive's bytes; lasts until the next entry */
    enum orch_unpack_type type;
    bool encrypted;
    int64_t size; /* as the archive says it, -1: it does not */
};

enum orch_unpack_result {
    ORCH_UNPACK_OK,
    ORCH_UNPACK_END,
    ORCH_UNPACK_DAMAGED,   /* `reason` says more */
    ORCH_UNPACK_ENCRYPTED,
    ORCH_UNPACK_NO_MEMORY
};

struct orch_unpacker;

#define ORCH_UNPACK_MODULE_VERSION 1
#define ORCH_UNPACK_MODULE_SYMBOL "orch_unpack_module"

struct orch_unpack_module {
    uint32_t version;
    /* The source is copied, its ctx borrowed. NULL: out of memory. */
    struct orch_unpacker *(*open)(enum orch_packed kind, const struct orch_unpack_source *source);
    void (*close)(struct orch_unpacker *);
    /* Passes over the rest of the entry before. ORCH_UNPACK_END: there is none. */
    enum orch_unpack_result (*next)(struct orch_unpacker *, struct orch_unpack_entry *out);
    /* The next bytes of the entry; *n 0 only at its end, whose check sums were right then. */
    enum orch_unpack_result (*read)(struct orch_unpacker *, void *buffer, size_t capacity,
                                    size_t *n);
    /* What the library says of a failure; lasts until close. */
    const char *(*reason)(const struct orch_unpacker *);
};

#endif
