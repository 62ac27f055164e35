/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/unpack_level.h"

#include "orch/error.h"

#include <stdlib.h>

enum { PIECE_BYTES = 64 * 1024, FIRST_HELD_BYTES = 256 * 1024 };

static orch_status no_memory(orch_error *err)
{
    return orch_error_set(err, ORCH_ENOMEM, "out of memory");
}

/* ---- what a level is read out of --------------------------------------------------------- */

static orch_status source_fill(struct orch_unpack *u, struct orch_unpack_level *level, size_t k,
                               size_t *n, orch_error *err)
{
    if (u->host && u->host->cancelled(u->host))
        return orch_error_set(err, ORCH_ECANCELLED, "cancelled while unpacking \"%s\"",
                              u->item->name);
    if (k > 0)
        return orch_unpack_level_read(u, k - 1, level->buffer, PIECE_BYTES, n, err);
    return orch_input_pread(u->item, u->fd, level->buffer, PIECE_BYTES, level->offset, n, err);
}

static ssize_t source_read(void *ctx, const void **bytes)
{
    struct orch_unpack_level *level = ctx;
    struct orch_unpack *u = level->owner;
    size_t n = 0;

    if (u->source_status != ORCH_OK)
        return -1;
    if (level->held) {
        n = level->n_held - (size_t)level->offset;
        *bytes = level->held + level->offset;
    } else {
        u->source_status = source_fill(u, level, (size_t)(level - u->levels), &n, &u->source_error);
        if (u->source_status != ORCH_OK)
            return -1;
        *bytes = level->buffer;
    }
    level->offset += (int64_t)n;
    return (ssize_t)n;
}

static void source_seek(void *ctx, int64_t offset)
{
    struct orch_unpack_level *level = ctx;
    level->offset = offset;
}

static orch_status reader_open(struct orch_unpack *u, struct orch_unpack_level *level,
                               orch_error *err)
{
    struct orch_unpack_source source = { .ctx = level, .read = source_read };

    if (level->held || level == u->levels) {
        source.seek = source_seek;
        source.size = level->held ? (int64_t)level->n_held : u->item->file.size_bytes;
    }
    level->offset = 0;
    level->reader = u->module->open(level->kind, &source);
    return level->reader ? ORCH_OK : no_memory(err);
}

/* ---- holding ----------------------------------------------------------------------------- */

static orch_status hold_grow(struct orch_unpack *u, struct orch_unpack_level *level, size_t *room,
                             orch_error *err)
{
    if (level->n_held < *room)
        return ORCH_OK;
    if (*room >= ORCH_UNPACK_HELD_BYTES)
        return orch_unpack_cannot_hold(u, err);
    *room = *room == 0 ? FIRST_HELD_BYTES : *room * 2;
    char *held = orch_realloc(level->held, *room);
    if (!held)
        return no_memory(err);
    level->held = held;
    return ORCH_OK;
}

/* Takes the whole current entry of the level below into memory. */
static orch_status hold(struct orch_unpack *u, struct orch_unpack_level *level, size_t below,
                        orch_error *err)
{
    orch_status st = ORCH_OK;
    size_t room = 0, n = 1;

    while (st == ORCH_OK && n > 0) {
        st = hold_grow(u, level, &room, err);
        if (st == ORCH_OK && u->host && u->host->cancelled(u->host))
            st = orch_error_set(err, ORCH_ECANCELLED, "cancelled while unpacking \"%s\"",
                                u->item->name);
        if (st == ORCH_OK)
            st = orch_unpack_level_read(u, below, level->held + level->n_held,
                                        room - level->n_held, &n, err);
        if (st == ORCH_OK)
            level->n_held += n;
    }
    return st;
}

/* ---- the stack --------------------------------------------------------------------------- */

/* A tar that is compressed is one archive, not two in one another. */
static size_t depth(const struct orch_unpack *u, enum orch_packed kind)
{
    size_t deep = 1;

    for (size_t i = 0; i < u->n; i++) {
        enum orch_packed above = i + 1 < u->n ? u->levels[i + 1].kind : kind;
        deep += !(orch_packed_is_single(u->levels[i].kind) && above == ORCH_PACKED_TAR);
    }
    return deep;
}

orch_status orch_unpack_push(struct orch_unpack *u, enum orch_packed kind, orch_error *err)
{
    struct orch_unpack_level *level = &u->levels[u->n];
    orch_status st = ORCH_OK;

    if (u->n >= ORCH_UNPACK_LEVELS || depth(u, kind) > ORCH_UNPACK_DEPTH)
        return orch_unpack_too_deep(u, err);
    *level = (struct orch_unpack_level){ .kind = kind, .owner = u };
    if (u->n > 0 && orch_packed_seeks(kind)) {
        st = hold(u, level, u->n - 1, err);
    } else {
        level->buffer = orch_alloc(PIECE_BYTES);
        st = level->buffer ? ORCH_OK : no_memory(err);
    }
    u->n++;
    if (st == ORCH_OK)
        st = reader_open(u, level, err);
    if (st != ORCH_OK)
        orch_unpack_pop(u);
    return st;
}

void orch_unpack_pop(struct orch_unpack *u)
{
    struct orch_unpack_level *level = &u->levels[--u->n];

    if (level->reader)
        u->module->close(level->reader);
    free(level->buffer);
    free(level->held);
    orch_text_release(&level->name);
    *level = (struct orch_unpack_level){ 0 };
}

static void entry_reset(struct orch_unpack_level *level)
{
    orch_text_reset(&level->name);
    level->over = false;
    level->encrypted = false;
    level->size = -1;
    level->taken = level->given = 0;
    level->n_head = 0;
}

orch_status orch_unpack_rewind(struct orch_unpack *u, size_t k, orch_error *err)
{
    struct orch_unpack_level *level = &u->levels[k];

    u->module->close(level->reader);
    level->reader = NULL;
    entry_reset(level);
    level->entries = 0;
    level->out = 0;
    return reader_open(u, level, err);
}

/* ---- entries ----------------------------------------------------------------------------- */

static bool is_bounded(const struct orch_unpack *u, int64_t out)
{
    return out <= ORCH_UNPACK_OUTPUT_BYTES &&
           (out <= ORCH_UNPACK_FREE_BYTES ||
            out / ORCH_UNPACK_RATIO <= u->item->file.size_bytes);
}

/* 7z unpacks what it passes over, in one go. */
static orch_status count_passed(struct orch_unpack *u, size_t k, orch_error *err)
{
    struct orch_unpack_level *level = &u->levels[k];

    if (level->kind != ORCH_PACKED_7Z || level->over || level->size <= level->taken)
        return ORCH_OK;
    if (__builtin_add_overflow(level->out, level->size - level->taken, &level->out))
        level->out = INT64_MAX;
    return is_bounded(u, level->out) ? ORCH_OK : orch_unpack_too_large(u, k, err);
}

static orch_status fail(struct orch_unpack *u, size_t k, enum orch_unpack_result result,
                        orch_error *err)
{
    if (u->source_status == ORCH_OK)
        return orch_unpack_failed(u, k, result, err);
    if (err)
        *err = u->source_error;
    return u->source_status;
}

orch_status orch_unpack_entry_next(struct orch_unpack *u, orch_error *err)
{
    struct orch_unpack_level *level = &u->levels[u->n - 1];
    struct orch_unpack_entry entry = { 0 };
    orch_status st = count_passed(u, u->n - 1, err);

    if (st != ORCH_OK)
        return st;
    entry_reset(level);
    enum orch_unpack_result result = u->module->next(level->reader, &entry);
    if (result == ORCH_UNPACK_END && u->source_status == ORCH_OK)
        return ORCH_END;
    if (result != ORCH_UNPACK_OK)
        return fail(u, u->n - 1, result, err);
    if (level->entries >= ORCH_UNPACK_ENTRIES)
        return orch_unpack_too_many(u, err);
    level->entries++;
    level->type = entry.type;
    level->encrypted = entry.encrypted;
    level->size = entry.size;
    return orch_text_puts(&level->name, entry.name) ? ORCH_OK : no_memory(err);
}

/* Out of the reader. */
static orch_status take(struct orch_unpack *u, size_t k, void *buffer, size_t capacity, size_t *n,
                        orch_error *err)
{
    struct orch_unpack_level *level = &u->levels[k];
    enum orch_unpack_result result = ORCH_UNPACK_OK;

    *n = 0;
    if (level->over)
        return ORCH_OK;
    result = u->module->read(level->reader, buffer, capacity, n);
    if (result != ORCH_UNPACK_OK || u->source_status != ORCH_OK)
        return fail(u, k, result, err);
    level->over = *n == 0;
    level->taken += (int64_t)*n;
    level->out += (int64_t)*n;
    return is_bounded(u, level->out) ? ORCH_OK : orch_unpack_too_large(u, k, err);
}

orch_status orch_unpack_look(struct orch_unpack *u, enum orch_packed *kind, orch_error *err)
{
    struct orch_unpack_level *level = &u->levels[u->n - 1];
    size_t n = 1;

    while (level->n_head < sizeof level->head && n > 0) {
        orch_status st = take(u, u->n - 1, level->head + level->n_head,
                              sizeof level->head - level->n_head, &n, err);
        if (st != ORCH_OK)
            return st;
        level->n_head += n;
    }
    *kind = orch_packed_find(level->head, level->n_head);
    return ORCH_OK;
}

orch_status orch_unpack_level_read(struct orch_unpack *u, size_t k, void *buffer, size_t capacity,
                                   size_t *n, orch_error *err)
{
    struct orch_unpack_level *level = &u->levels[k];
    orch_status st = ORCH_OK;

    if (level->given < (int64_t)level->n_head) {
        size_t left = level->n_head - (size_t)level->given;
        *n = left < capacity ? left : capacity;
        memcpy(buffer, level->head + level->given, *n);
    } else {
        st = take(u, k, buffer, capacity, n, err);
    }
    if (st == ORCH_OK)
        level->given += (int64_t)*n;
    return st;
}
