/* SPDX-License-Identifier: Apache-2.0 */
#include "orch/builder.h"

#include <stdlib.h>
#include <string.h>

static void schema_release(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++) {
        struct ArrowSchema *child = schema->children[i];
        if (child->release != NULL)
            child->release(child);
        free(child);
    }
    free(schema->children);
    free((char *)schema->format);
    free((char *)schema->name);
    free((char *)schema->metadata);
    memset(schema, 0, sizeof *schema);
}

static orch_status schema_fill(struct ArrowSchema *out, const char *name, const char *format)
{
    struct ArrowSchema schema = { 0 };
    schema.format = strdup(format);
    schema.name = strdup(name);
    schema.release = schema_release;
    if (schema.format == NULL || schema.name == NULL) {
        schema_release(&schema);
        return ORCH_ENOMEM;
    }
    *out = schema;
    return ORCH_OK;
}

orch_status orch_schema_init(struct ArrowSchema *out)
{
    return schema_fill(out, "", ORCH_FORMAT_STRUCT);
}

static bool format_known(const char *format)
{
    static const char *const known[] = { ORCH_FORMAT_BOOL,   ORCH_FORMAT_INT64,
                                         ORCH_FORMAT_FLOAT64, ORCH_FORMAT_UTF8,
                                         ORCH_FORMAT_BINARY, ORCH_FORMAT_DATE32,
                                         ORCH_FORMAT_TIMESTAMP };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i], format) == 0)
            return true;
    return false;
}

static orch_status schema_adopt(struct ArrowSchema *schema, struct ArrowSchema *child)
{
    size_t n = (size_t)schema->n_children;
    struct ArrowSchema *slot = malloc(sizeof *slot);
    struct ArrowSchema **children = realloc(schema->children, (n + 1) * sizeof *children);
    if (children != NULL)
        schema->children = children;
    if (slot == NULL || children == NULL) {
        free(slot);
        return ORCH_ENOMEM;
    }
    *slot = *child;
    child->release = NULL;
    children[n] = slot;
    schema->n_children++;
    return ORCH_OK;
}

orch_status orch_schema_add(struct ArrowSchema *schema, const char *name, const char *format)
{
    if (!format_known(format))
        return ORCH_EINVAL;
    struct ArrowSchema child;
    orch_status st = schema_fill(&child, name, format);
    if (st != ORCH_OK)
        return st;
    child.flags = ARROW_FLAG_NULLABLE;
    st = schema_adopt(schema, &child);
    if (st != ORCH_OK)
        schema_release(&child);
    return st;
}

/* Arrow metadata: int32 count, then for each entry int32 length and bytes of key and of value,
 * in the machine's byte order. */
static int32_t read_i32(const char *p)
{
    int32_t v;
    memcpy(&v, p, sizeof v);
    return v;
}

static char *put_text(char *p, const char *text, size_t len)
{
    int32_t n = (int32_t)len;
    memcpy(p, &n, sizeof n);
    memcpy(p + sizeof n, text, len);
    return p + sizeof n + len;
}

static size_t metadata_size(const char *metadata)
{
    if (metadata == NULL)
        return sizeof(int32_t);
    const char *p = metadata + sizeof(int32_t);
    for (int32_t i = 0; i < 2 * read_i32(metadata); i++)
        p += sizeof(int32_t) + (size_t)read_i32(p);
    return (size_t)(p - metadata);
}

orch_status orch_schema_annotate(struct ArrowSchema *schema, const char *key, const char *value)
{
    if (schema->n_children == 0)
        return ORCH_EINVAL;
    struct ArrowSchema *field = schema->children[schema->n_children - 1];
    size_t used = metadata_size(field->metadata);
    size_t key_len = strlen(key), value_len = strlen(value);
    char *grown = malloc(used + 2 * sizeof(int32_t) + key_len + value_len);
    if (grown == NULL)
        return ORCH_ENOMEM;
    int32_t count = 1;
    if (field->metadata != NULL) {
        memcpy(grown, field->metadata, used);
        count += read_i32(field->metadata);
    }
    memcpy(grown, &count, sizeof count);
    put_text(put_text(grown + used, key, key_len), value, value_len);
    free((char *)field->metadata);
    field->metadata = grown;
    return ORCH_OK;
}

const char *orch_schema_metadata(const struct ArrowSchema *field, const char *key, size_t *len)
{
    if (field->metadata == NULL)
        return NULL;
    size_t key_len = strlen(key);
    const char *p = field->metadata + sizeof(int32_t);
    for (int32_t i = 0; i < read_i32(field->metadata); i++) {
        size_t k_len = (size_t)read_i32(p);
        const char *k = p + sizeof(int32_t);
        size_t v_len = (size_t)read_i32(k + k_len);
        const char *v = k + k_len + sizeof(int32_t);
        if (k_len == key_len && memcmp(k, key, key_len) == 0) {
            *len = v_len;
            return v;
        }
        p = v + v_len;
    }
    return NULL;
}

static orch_status schema_copy_one(const struct ArrowSchema *from, struct ArrowSchema *out)
{
    orch_status st = schema_fill(out, from->name != NULL ? from->name : "", from->format);
    if (st != ORCH_OK)
        return st;
    out->flags = from->flags;
    if (from->metadata == NULL)
        return ORCH_OK;
    size_t size = metadata_size(from->metadata);
    char *metadata = malloc(size);
    if (metadata == NULL) {
        schema_release(out);
        return ORCH_ENOMEM;
    }
    memcpy(metadata, from->metadata, size);
    out->metadata = metadata;
    return ORCH_OK;
}

orch_status orch_schema_copy(const struct ArrowSchema *from, struct ArrowSchema *out)
{
    struct ArrowSchema copy;
    orch_status st = schema_copy_one(from, &copy);
    if (st != ORCH_OK)
        return st;
    for (int64_t i = 0; i < from->n_children; i++) {
        struct ArrowSchema child;
        st = schema_copy_one(from->children[i], &child);
        if (st == ORCH_OK && (st = schema_adopt(&copy, &child)) != ORCH_OK)
            schema_release(&child);
        if (st != ORCH_OK) {
            schema_release(&copy);
            return st;
        }
    }
    *out = copy;
    return ORCH_OK;
}
