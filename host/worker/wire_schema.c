/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas in a frame: texts with their lengths; the binary metadata of Arrow, which holds lengths
 * of its own, is taken apart by who sends it and put together again by who reads it. */
#include "worker/wire.h"

#include <stdlib.h>

#include "orch/error.h"

enum { METADATA_MOST = 64 }; /* entries of one field */

static int32_t read_i32(const char *at)
{
    int32_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* ---- writing ------------------------------------------------------------------------------- */

static void put_metadata(struct orch_text *body, const char *at)
{
    int32_t n = at != NULL ? read_i32(at) : 0;
    if (n < 0 || n > METADATA_MOST) {
        body->failed = true;
        return;
    }
    orch_wire_put_u32(body, (uint32_t)n);
    if (n > 0)
        at += sizeof n;
    for (int32_t i = 0; i < 2 * n && !body->failed; i++) {
        int32_t len = read_i32(at);
        if (len < 0 || len > (int32_t)ORCH_WIRE_BYTES_MOST) {
            body->failed = true;
            return;
        }
        orch_wire_put_str(body, (struct orch_str){ at + sizeof len, (size_t)len });
        at += sizeof len + (size_t)len;
    }
}

static void put_field(struct orch_text *body, const struct ArrowSchema *field)
{
    orch_wire_put_z(body, field->format != NULL ? field->format : "");
    orch_wire_put_z(body, field->name);
    orch_wire_put_i64(body, field->flags);
    put_metadata(body, field->metadata);
}

void orch_wire_put_schema(struct orch_text *body, const struct ArrowSchema *schema)
{
    put_field(body, schema);
    if (schema->n_children < 0 || schema->n_children > UINT32_MAX) {
        body->failed = true;
        return;
    }
    orch_wire_put_u32(body, (uint32_t)schema->n_children);
    for (int64_t i = 0; i < schema->n_children && !body->failed; i++) {
        if (schema->children == NULL || schema->children[i] == NULL)
            body->failed = true;
        else
            put_field(body, schema->children[i]);
    }
}

/* ---- reading ------------------------------------------------------------------------------- */

/* One allocation for the whole tree: the arena, which holds the children as well. */
static void schema_release(struct ArrowSchema *schema)
{
    struct orch_arena *arena = schema->private_data;
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i] != NULL && schema->children[i]->release != NULL)
            schema->children[i]->release(schema->children[i]);
    schema->release = NULL;
    orch_arena_release(arena);
    free(arena);
}

static void field_release(struct ArrowSchema *field)
{
    field->release = NULL;
}

static const char *copy_z(struct orch_arena *a, const char *text)
{
    return orch_arena_strdup(a, text != NULL ? text : "");
}

static void add_i32(struct orch_text *out, uint32_t value)
{
    orch_text_add(out, (const char *)&value, sizeof value);
}

static orch_status get_metadata(struct orch_wire *w, struct orch_arena *a, const char **out)
{
    struct orch_text text = { .cap = ORCH_WIRE_BYTES_MOST };
    uint32_t n = orch_wire_u32(w);
    w->bad = w->bad || n > METADATA_MOST;
    if (w->bad || n == 0)
        return w->bad ? ORCH_EINVAL : ORCH_OK;
    add_i32(&text, n);
    for (uint32_t i = 0; i < 2 * n; i++) {
        struct orch_str part = orch_wire_str(w);
        add_i32(&text, (uint32_t)part.len);
        orch_text_add(&text, part.ptr, part.len);
    }
    orch_status st = w->bad ? ORCH_EINVAL : text.failed ? ORCH_ENOMEM : ORCH_OK;
    if (st == ORCH_OK) {
        *out = orch_arena_str(a, (struct orch_str){ text.ptr, text.len }).ptr;
        st = *out != NULL ? ORCH_OK : ORCH_ENOMEM;
    }
    orch_text_release(&text);
    return st;
}

static orch_status get_field(struct orch_wire *w, struct orch_arena *a, struct ArrowSchema *out)
{
    const char *format = orch_wire_z(w);
    const char *name = orch_wire_z(w);
    out->flags = orch_wire_i64(w);
    if (w->bad)
        return ORCH_EINVAL;
    out->format = copy_z(a, format);
    out->name = copy_z(a, name);
    out->release = field_release;
    if (out->format == NULL || out->name == NULL)
        return ORCH_ENOMEM;
    return get_metadata(w, a, &out->metadata);
}

static orch_status get_children(struct orch_wire *w, struct orch_arena *a,
                                struct ArrowSchema *schema)
{
    uint32_t n = orch_wire_u32(w);
    /* Every field takes more than a byte: a count beyond that is not worth its memory. */
    if (w->bad || n > w->left)
        return ORCH_EINVAL;
    struct ArrowSchema *fields = orch_arena_array(a, (size_t)n + 1, sizeof *fields);
    schema->children = orch_arena_array(a, (size_t)n + 1, sizeof *schema->children);
    if (fields == NULL || schema->children == NULL)
        return ORCH_ENOMEM;
    for (uint32_t i = 0; i < n; i++) {
        orch_status st = get_field(w, a, &fields[i]);
        if (st != ORCH_OK)
            return st;
        schema->children[i] = &fields[i];
        schema->n_children++;
    }
    return ORCH_OK;
}

orch_status orch_wire_schema(struct orch_wire *w, struct ArrowSchema *out)
{
    struct ArrowSchema schema = { 0 };
    struct orch_arena *arena = orch_zalloc(1, sizeof *arena);
    if (arena == NULL)
        return ORCH_ENOMEM;
    orch_status st = get_field(w, arena, &schema);
    if (st == ORCH_OK)
        st = get_children(w, arena, &schema);
    if (st != ORCH_OK) {
        w->bad = w->bad || st == ORCH_EINVAL;
        orch_arena_release(arena);
        free(arena);
        return st;
    }
    schema.private_data = arena;
    schema.release = schema_release;
    *out = schema;
    return ORCH_OK;
}
