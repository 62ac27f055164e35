/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of a way through a packed file: a stack of levels, each an archive or a compressed file
 * that is read out of the current entry of the level below, the lowest out of the file. */
#ifndef ORCH_PLUGIN_UNPACK_LEVEL_H
#define ORCH_PLUGIN_UNPACK_LEVEL_H

#include "plugin/input_item.h"
#include "plugin/unpack.h"

struct orch_unpack_level {
    enum orch_packed kind;
    struct orch_unpack *owner;
    struct orch_unpacker *reader;
    /* Its source: held in memory, or read into the buffer. */
    int64_t offset; /* of the next byte */
    uint8_t *buffer;
    char *held; /* NULL: it is not */
    size_t n_held;
    /* The current entry. */
    uint32_t entries; /* so many have come; the current one's number is one less */
    struct orch_text name; /* as the archive has it */
    enum orch_unpack_type type;
    bool encrypted;
    bool over;     /* nothing is left of it */
    int64_t size;  /* as told, -1 unknown */
    int64_t taken; /* bytes out of the reader */
    int64_t given; /* bytes handed on */
    uint8_t head[ORCH_PACKED_HEAD]; /* taken before anybody asked for it */
    size_t n_head;
    int64_t out; /* bytes that have come out of all its entries */
};

struct orch_unpack {
    const struct orch_unpack_module *module;
    const struct orch_input_item *item;
    const orch_host *host;
    int fd;
    bool owned;
    struct orch_unpack_level levels[ORCH_UNPACK_LEVELS];
    size_t n;
    uint32_t entries_all;
    /* Why a source gave no more: the library between knows less. */
    orch_status source_status;
    orch_error source_error;
};

/* ---- unpack_level.c ---------------------------------------------------------------------- */

/* Puts a level on top: the file when there is none, else the current entry of the top. */
orch_status orch_unpack_push(struct orch_unpack *u, enum orch_packed kind, orch_error *err);
void orch_unpack_pop(struct orch_unpack *u);
/* Begins level k anew, the top, which is the file or held. */
orch_status orch_unpack_rewind(struct orch_unpack *u, size_t k, orch_error *err);
/* The next entry of the top; ORCH_END. */
orch_status orch_unpack_entry_next(struct orch_unpack *u, orch_error *err);
/* Takes the head of the top's current entry, and tells what it is. */
orch_status orch_unpack_look(struct orch_unpack *u, enum orch_packed *kind, orch_error *err);
orch_status orch_unpack_level_read(struct orch_unpack *u, size_t k, void *buffer, size_t capacity,
                                   size_t *n, orch_error *err);

/* ---- unpack_fault.c: each fills err and returns its code ----------------------------------- */

/* Appends "inner.zip: a.csv": the names of the current entries of levels [0, n). */
bool orch_unpack_label(const struct orch_unpack *u, size_t n, struct orch_text *out);
/* What reading level k came to. */
orch_status orch_unpack_failed(const struct orch_unpack *u, size_t k,
                               enum orch_unpack_result result, orch_error *err);
orch_status orch_unpack_encrypted(const struct orch_unpack *u, orch_error *err);
orch_status orch_unpack_link(const struct orch_unpack *u, orch_error *err);
orch_status orch_unpack_too_deep(const struct orch_unpack *u, orch_error *err);
orch_status orch_unpack_too_many(const struct orch_unpack *u, orch_error *err);
orch_status orch_unpack_too_large(const struct orch_unpack *u, size_t k, orch_error *err);
orch_status orch_unpack_cannot_hold(const struct orch_unpack *u, orch_error *err);
orch_status orch_unpack_changed(const struct orch_unpack *u, orch_error *err);
const char *orch_unpack_type_name(enum orch_unpack_type type);

#endif
