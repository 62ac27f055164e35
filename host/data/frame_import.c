/* SPDX-License-Identifier: Apache-2.0 */
#include <stdalign.h>
#include <stdio.h>
#include <string.h>

#include "data/bits.h"
#include "data/frame.h"
#include "data/layout.h"
#include "orch/builder.h"
#include "orch/error.h"

/* One column on its way in. */
struct column {
    const char *name;
    struct orch_layout layout;
    const struct ArrowArray *array;
    int64_t rows;
    const uint8_t *null; /* one byte a row, or NULL */
};

static orch_status no_memory(const struct column *c, orch_error *err)
{
    return orch_error_set(err, ORCH_ENOMEM, "out of memory for column \"%s\" of a batch", c->name);
}

/* What an array of no rows points to: producers may leave its buffers NULL. */
static const void *buffer_of(const struct column *c, size_t index)
{
    static const alignas(16) unsigned char empty[16];
    const void *buffer = c->array->buffers[index];
    return buffer ? buffer : empty;
}

static orch_status import_nulls(struct orch_arena *a, struct column *c, orch_error *err)
{
    const uint8_t *bits = c->array->buffers[0];
    int64_t nulls = c->array->null_count;
    if (!bits || nulls == 0)
        return ORCH_OK;
    if (nulls < 0)
        nulls = c->rows - orch_bits_count(bits, c->rows);
    if (nulls == 0)
        return ORCH_OK;
    uint8_t *null = orch_arena_alloc(a, (size_t)c->rows);
    if (!null)
        return no_memory(c, err);
    orch_bits_expand(bits, c->rows, true, null);
    c->null = null;
    return ORCH_OK;
}

/* One look at the bytes of all rows; which of them hold one is seldom asked. */
static bool has_zeros(const struct column *c)
{
    if (c->layout.type != ORCH_TYPE_TEXT || c->rows == 0)
        return false;
    const int32_t *offsets = buffer_of(c, 1);
    const char *bytes = buffer_of(c, 2);
    size_t len = (size_t)(offsets[c->rows] - offsets[0]);
    /* Rows that are all empty may come without bytes. */
    return len > 0 && memchr(bytes + offsets[0], '\0', len) != NULL;
}

/* ---- values -------------------------------------------------------------------------------- */

static void import_views(const struct column *c, struct orch_str *out)
{
    const int32_t *offsets = buffer_of(c, 1);
    const char *bytes = buffer_of(c, 2);
    int32_t begin = c->rows > 0 ? offsets[0] : 0;
    for (int64_t i = 0; i < c->rows; i++) {
        int32_t end = offsets[i + 1];
        out[i] = (struct orch_str){ bytes + begin, (size_t)(end - begin) };
        begin = end;
    }
}

#define WIDEN(from, to)                         \
    do {                                        \
        const from *values = buffer_of(c, 1);   \
        to *widened = out;                      \
        for (int64_t i = 0; i < c->rows; i++)   \
            widened[i] = (to)values[i];         \
    } while (0)

static void import_widened(const struct column *c, void *out)
{
    switch (c->layout.kind) {
    case ORCH_LAYOUT_INT8:
        WIDEN(int8_t, int64_t);
        break;
    case ORCH_LAYOUT_UINT8:
        WIDEN(uint8_t, int64_t);
        break;
    case ORCH_LAYOUT_INT16:
        WIDEN(int16_t, int64_t);
        break;
    case ORCH_LAYOUT_UINT16:
        WIDEN(uint16_t, int64_t);
        break;
    case ORCH_LAYOUT_INT32:
        WIDEN(int32_t, int64_t);
        break;
    case ORCH_LAYOUT_UINT32:
        WIDEN(uint32_t, int64_t);
        break;
    default:
        WIDEN(float, double);
        break;
    }
}

#undef WIDEN

static orch_status out_of_range(const struct column *c, int64_t row, const char *value,
                                const char *wanted, orch_error *err)
{
    orch_error_set(err, ORCH_EDATA, "column \"%s\" holds a value that is too large for %s", c->name,
                   wanted);
    orch_error_detail(err, "%s in row %lld of a batch", value, (long long)row + 1);
    orch_error_hint(err, "correct the value in the source, or read the column as text");
    orch_error_at(err, 0, c->name);
    return ORCH_EDATA;
}

/* What stands in the slot of a null is nobody's value: it is neither checked nor kept. */
static bool is_null(const struct column *c, int64_t row)
{
    return c->null && c->null[row];
}

static orch_status import_unsigned(const struct column *c, int64_t *out, orch_error *err)
{
    const uint64_t *values = buffer_of(c, 1);
    for (int64_t i = 0; i < c->rows; i++) {
        if (values[i] > INT64_MAX && !is_null(c, i)) {
            char text[24];
            snprintf(text, sizeof text, "%llu", (unsigned long long)values[i]);
            return out_of_range(c, i, text, "a 64-bit integer", err);
        }
        out[i] = is_null(c, i) ? 0 : (int64_t)values[i];
    }
    return ORCH_OK;
}

static orch_status import_scaled(const struct column *c, int64_t scale, int64_t *out,
                                 orch_error *err)
{
    const int64_t *values = buffer_of(c, 1);
    for (int64_t i = 0; i < c->rows; i++) {
        int64_t value = is_null(c, i) ? 0 : values[i];
        if (__builtin_mul_overflow(value, scale, &out[i])) {
            char text[24];
            snprintf(text, sizeof text, "%lld", (long long)value);
            return out_of_range(c, i, text, "a timestamp in microseconds", err);
        }
    }
    return ORCH_OK;
}

/* Rounds down, also before 1970. */
static void import_nanoseconds(const struct column *c, int64_t *out)
{
    const int64_t *values = buffer_of(c, 1);
    for (int64_t i = 0; i < c->rows; i++)
        out[i] = values[i] / 1000 - (values[i] % 1000 < 0);
}

static orch_status convert_values(const struct column *c, void *out, orch_error *err)
{
    switch (c->layout.kind) {
    case ORCH_LAYOUT_BYTES:
        import_views(c, out);
        return ORCH_OK;
    case ORCH_LAYOUT_BITS:
        orch_bits_expand(buffer_of(c, 1), c->rows, false, out);
        return ORCH_OK;
    case ORCH_LAYOUT_UINT64:
        return import_unsigned(c, out, err);
    case ORCH_LAYOUT_SECONDS:
        return import_scaled(c, 1000000, out, err);
    case ORCH_LAYOUT_MILLISECONDS:
        return import_scaled(c, 1000, out, err);
    case ORCH_LAYOUT_NANOSECONDS:
        import_nanoseconds(c, out);
        return ORCH_OK;
    default:
        import_widened(c, out);
        return ORCH_OK;
    }
}

static orch_status import_column(struct orch_arena *a, struct column *c, struct orch_vector *out,
                                 orch_error *err)
{
    struct orch_vector vector = { .type = c->layout.type };
    orch_status st = import_nulls(a, c, err);
    if (st != ORCH_OK)
        return st;
    vector.null = c->null;
    vector.zeros = has_zeros(c);
    if (c->layout.kind == ORCH_LAYOUT_INT64 || c->layout.kind == ORCH_LAYOUT_FLOAT64) {
        vector.of.any = buffer_of(c, 1); /* the same layout: nothing is copied */
    } else {
        void *values = orch_vector_values(a, vector.type, c->rows);
        if (!values)
            return no_memory(c, err);
        st = convert_values(c, values, err);
        vector.of.any = values;
    }
    if (st == ORCH_OK)
        *out = vector;
    return st;
}

/* ---- role columns -------------------------------------------------------------------------- */

/* The array of a role, with `unknown` where it is null. */
static orch_status import_role(struct orch_arena *a, struct column *c, int64_t unknown,
                               const int64_t **out, orch_error *err)
{
    struct orch_vector vector;
    if (c->layout.kind != ORCH_LAYOUT_INT64 || c->layout.type != ORCH_TYPE_INTEGER) {
        orch_error_set(err, ORCH_ESCHEMA, "the role column \"%s\" is not of 64-bit integers",
                       c->name);
        orch_error_hint(err, "report this to the author of the connector");
        return ORCH_ESCHEMA;
    }
    orch_status st = import_column(a, c, &vector, err);
    if (st != ORCH_OK)
        return st;
    if (!vector.null) {
        *out = vector.of.integer;
        return ORCH_OK;
    }
    int64_t *values = orch_vector_values(a, ORCH_TYPE_INTEGER, c->rows);
    if (!values)
        return no_memory(c, err);
    for (int64_t i = 0; i < c->rows; i++)
        values[i] = vector.null[i] ? unknown : vector.of.integer[i];
    *out = values;
    return ORCH_OK;
}

static orch_status import_origin(struct orch_arena *a, struct column *c, struct orch_str role,
                                 struct orch_origin *origin, orch_error *err)
{
    if (orch_str_equal(role, ORCH_STR(ORCH_ROLE_RECORD)))
        return import_role(a, c, 0, &origin->record, err);
    if (orch_str_equal(role, ORCH_STR(ORCH_ROLE_LINE)))
        return import_role(a, c, 0, &origin->line, err);
    if (orch_str_equal(role, ORCH_STR(ORCH_ROLE_OFFSET)))
        return import_role(a, c, -1, &origin->offset, err);
    return ORCH_OK; /* a role of a later version */
}

/* ---- batch --------------------------------------------------------------------------------- */

static orch_status unexpected_shape(const char *name, orch_error *err)
{
    orch_error_set(err, ORCH_ESCHEMA, "column \"%s\" changed while the source was read", name);
    orch_error_hint(err, "read the source again; if it happens again, report it to the author of "
                         "the connector");
    return ORCH_ESCHEMA;
}

/* Is this the column that the plan was made for? */
static bool field_fits(const struct orch_fields *fields, size_t index, const struct column *c)
{
    return index < fields->len && fields->items[index].type == c->layout.type &&
           strcmp(fields->items[index].name, c->name) == 0;
}

static orch_status import_child(struct orch_arena *a, const struct ArrowSchema *child,
                                struct column *c, const struct orch_fields *fields,
                                size_t *n_columns, struct orch_vector *columns,
                                struct orch_origin *origin, orch_error *err)
{
    struct orch_str role = { 0 };

    if (!orch_layout_of_format(child->format, &c->layout))
        return unexpected_shape(c->name, err);
    role.ptr = orch_schema_metadata(child, ORCH_META_ROLE, &role.len);
    if (role.ptr)
        return import_origin(a, c, role, origin, err);
    if (!field_fits(fields, *n_columns, c))
        return unexpected_shape(c->name, err);
    return import_column(a, c, &columns[(*n_columns)++], err);
}

orch_status orch_frame_import(struct orch_arena *a, const struct ArrowSchema *schema,
                              const struct orch_fields *fields, const struct ArrowArray *batch,
                              struct orch_frame *out, struct orch_origin *origin, orch_error *err)
{
    struct orch_frame frame = { .fields = fields, .rows = batch->length };
    struct orch_origin roles = { 0 };
    size_t n = 0;

    frame.columns = orch_arena_array(a, fields->len, sizeof *frame.columns);
    if (!frame.columns)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory for the columns of a batch");
    for (int64_t i = 0; i < schema->n_children; i++) {
        const struct ArrowSchema *child = schema->children[i];
        struct column c = { .name = child->name ? child->name : "", .array = batch->children[i],
                            .rows = batch->length };
        orch_status st = import_child(a, child, &c, fields, &n, frame.columns, &roles, err);
        if (st != ORCH_OK)
            return st;
    }
    if (n != fields->len)
        return unexpected_shape(fields->items[n].name, err);
    *out = frame;
    origin->record = roles.record;
    origin->line = roles.line;
    origin->offset = roles.offset;
    return ORCH_OK;
}
