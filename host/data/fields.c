/* SPDX-License-Identifier: Apache-2.0 */
#include "base/map.h"
#include "data/frame.h"
#include "orch/builder.h"
#include "orch/error.h"

ptrdiff_t orch_fields_find(const struct orch_fields *f, const char *name)
{
    for (size_t i = 0; i < f->len; i++)
        if (strcmp(f->items[i].name, name) == 0)
            return (ptrdiff_t)i;
    return -1;
}

const char *orch_fields_nearest(const struct orch_fields *f, const char *name)
{
    const char *nearest = NULL;
    struct orch_str word = orch_str_from(name);
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < f->len; i++) {
        const char *candidate = f->items[i].name;
        if (!orch_str_nearest(name, &candidate, 1))
            continue;
        size_t d = orch_str_distance(word, orch_str_from(candidate), best);
        if (d < best) {
            best = d;
            nearest = candidate;
        }
    }
    return nearest;
}

/* ---- from Arrow ---------------------------------------------------------------------------- */

static const char no_memory[] = "out of memory for the columns of a schema";

/* A copy of a metadata value; *out stays NULL when the key is absent. */
static bool copy_metadata(struct orch_arena *a, const struct ArrowSchema *child, const char *key,
                          const char **out)
{
    size_t len;
    const char *value = orch_schema_metadata(child, key, &len);
    if (!value)
        return true;
    *out = orch_arena_str(a, (struct orch_str){ value, len }).ptr;
    return *out != NULL;
}

static orch_status refuse_format(const char *name, const char *format, orch_error *err)
{
    orch_error_set(err, ORCH_ESCHEMA, "column \"%s\" has a type that is not supported", name);
    orch_error_detail(err, "Arrow format \"%s\"", format ? format : "");
    orch_error_hint(err, "the connector must give one of b, l, g, u, z, tdD, tsu:UTC");
    orch_error_at(err, 0, name);
    return ORCH_ESCHEMA;
}

static orch_status import_field(struct orch_arena *a, const struct ArrowSchema *child,
                                struct orch_field *out, orch_error *err)
{
    struct orch_field field = { 0 };
    const char *name = child->name ? child->name : "";

    if (orch_utf8_valid(name, strlen(name)) != strlen(name))
        return orch_error_set(err, ORCH_ESCHEMA, "the name of a column is not UTF-8");
    if (!orch_type_of_format(child->format, &field.type))
        return refuse_format(name, child->format, err);
    field.name = orch_arena_strdup(a, name);
    if (!field.name || !copy_metadata(a, child, ORCH_META_COMMENT, &field.comment) ||
        !copy_metadata(a, child, ORCH_META_GEOMETRY, &field.geometry) ||
        !copy_metadata(a, child, ORCH_META_CRS, &field.crs))
        return orch_error_set(err, ORCH_ENOMEM, "%s", no_memory);
    *out = field;
    return ORCH_OK;
}

static orch_status check_names(const struct orch_fields *f, orch_error *err)
{
    struct orch_map seen = { 0 };
    orch_status st = ORCH_OK;

    for (size_t i = 0; i < f->len && st == ORCH_OK; i++) {
        struct orch_str name = orch_str_from(f->items[i].name);
        size_t first;
        if (orch_map_get(&seen, name, &first)) {
            st = orch_error_set(err, ORCH_ESCHEMA, "two columns are called \"%s\"", name.ptr);
            orch_error_detail(err, "columns %zu and %zu", first + 1, i + 1);
            orch_error_hint(err, "rename one of them in the source");
        } else if (!orch_map_put(&seen, name, i)) {
            st = orch_error_set(err, ORCH_ENOMEM, "%s", no_memory);
        }
    }
    orch_map_release(&seen);
    return st;
}

static bool has_role(const struct ArrowSchema *child)
{
    size_t len;
    return orch_schema_metadata(child, ORCH_META_ROLE, &len) != NULL;
}

orch_status orch_fields_import(struct orch_arena *a, const struct ArrowSchema *schema,
                               struct orch_fields *out, orch_error *err)
{
    struct orch_fields fields = { 0 };

    if (!schema->format || strcmp(schema->format, ORCH_FORMAT_STRUCT) != 0 ||
        schema->n_children < 0)
        return orch_error_set(err, ORCH_ESCHEMA, "a schema is not a struct of columns");
    fields.items = orch_arena_array(a, (size_t)schema->n_children, sizeof *fields.items);
    if (!fields.items)
        return orch_error_set(err, ORCH_ENOMEM, "%s", no_memory);
    for (int64_t i = 0; i < schema->n_children; i++) {
        const struct ArrowSchema *child = schema->children[i];
        if (has_role(child))
            continue;
        orch_status st = import_field(a, child, &fields.items[fields.len], err);
        if (st != ORCH_OK)
            return st;
        fields.len++;
    }
    orch_status st = check_names(&fields, err);
    if (st == ORCH_OK)
        *out = fields;
    return st;
}

/* ---- to Arrow ------------------------------------------------------------------------------ */

static orch_status annotate(struct ArrowSchema *schema, const char *key, const char *value)
{
    return value ? orch_schema_annotate(schema, key, value) : ORCH_OK;
}

static orch_status export_field(const struct orch_field *field, struct ArrowSchema *schema)
{
    const char *format = orch_type_format(field->type);
    if (!format)
        return ORCH_EINTERNAL;
    orch_status st = orch_schema_add(schema, field->name, format);
    if (st == ORCH_OK)
        st = annotate(schema, ORCH_META_COMMENT, field->comment);
    if (st == ORCH_OK)
        st = annotate(schema, ORCH_META_GEOMETRY, field->geometry);
    if (st == ORCH_OK)
        st = annotate(schema, ORCH_META_CRS, field->crs);
    return st;
}

orch_status orch_fields_export(const struct orch_fields *f, struct ArrowSchema *out,
                               orch_error *err)
{
    struct ArrowSchema schema;
    orch_status st = orch_schema_init(&schema);
    if (st != ORCH_OK)
        return orch_error_set(err, st, "%s", no_memory);
    for (size_t i = 0; i < f->len; i++) {
        st = export_field(&f->items[i], &schema);
        if (st != ORCH_OK) {
            schema.release(&schema);
            return orch_error_set(err, st, "cannot hand over column \"%s\" of type %s",
                                  f->items[i].name, orch_type_name(f->items[i].type));
        }
    }
    *out = schema;
    return ORCH_OK;
}
