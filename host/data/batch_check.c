/* SPDX-License-Identifier: Apache-2.0 */
#include "data/batch_check.h"

#include <stdarg.h>
#include <stdio.h>

#include "data/bits.h"
#include "data/layout.h"
#include "orch/error.h"

/* What is known of the column under examination, for the error. */
struct subject {
    const char *name; /* NULL: the batch as a whole */
    int64_t rows;
    orch_error *err;
};

static orch_status broken(const struct subject *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static orch_status broken(const struct subject *s, const char *format, ...)
{
    char detail[256];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    if (s->name)
        orch_error_set(s->err, ORCH_EINTERNAL, "column \"%s\" of a batch is broken", s->name);
    else
        orch_error_set(s->err, ORCH_EINTERNAL, "a batch is broken");
    orch_error_detail(s->err, "%s", detail);
    orch_error_hint(s->err, "report this to the author of the connector");
    orch_error_at(s->err, 0, s->name);
    return ORCH_EINTERNAL;
}

/* ---- the parts of an array ----------------------------------------------------------------- */

static orch_status check_nulls(const struct subject *s, const struct ArrowArray *array)
{
    const uint8_t *bits = array->buffers[0];
    int64_t claimed = array->null_count;

    if (claimed < -1 || claimed > s->rows)
        return broken(s, "null count %lld in %lld rows", (long long)claimed, (long long)s->rows);
    if (!bits)
        return claimed <= 0 ? ORCH_OK
                            : broken(s, "null count %lld without a validity bitmap",
                                     (long long)claimed);
    int64_t counted = s->rows - orch_bits_count(bits, s->rows);
    if (claimed >= 0 && counted != claimed)
        return broken(s, "null count %lld, but %lld values are null", (long long)claimed,
                      (long long)counted);
    return ORCH_OK;
}

/* The offsets rise from 0 or more; the loop has no exit, so that it is done several at a time. */
static orch_status check_offsets(const struct subject *s, const int32_t *offsets)
{
    int falls = 0;
    if (offsets[0] < 0)
        return broken(s, "the first offset is %d", offsets[0]);
    for (int64_t i = 0; i < s->rows; i++)
        falls |= offsets[i + 1] < offsets[i];
    if (!falls)
        return ORCH_OK;
    int64_t i = 0;
    while (offsets[i + 1] >= offsets[i])
        i++;
    return broken(s, "row %lld ends at offset %d, before its begin at %d", (long long)i + 1,
                  offsets[i + 1], offsets[i]);
}

static bool is_ascii(const char *text, size_t len)
{
    uint64_t all = 0, word;
    for (; len >= sizeof word; text += sizeof word, len -= sizeof word) {
        memcpy(&word, text, sizeof word);
        all |= word;
    }
    for (; len > 0; text++, len--)
        all |= (unsigned char)*text & 0x80;
    return (all & 0x8080808080808080u) == 0;
}

/* The text as a whole is UTF-8, and no value begins inside a character. */
static orch_status check_utf8(const struct subject *s, const int32_t *offsets, const char *bytes)
{
    const char *text = bytes + offsets[0];
    int32_t end = offsets[s->rows];
    size_t len = (size_t)(end - offsets[0]);

    if (is_ascii(text, len))
        return ORCH_OK;
    size_t valid = orch_utf8_valid(text, len);
    if (valid != len)
        return broken(s, "byte 0x%02X at offset %lld of its text is not UTF-8",
                      (unsigned char)text[valid], (long long)valid + offsets[0]);
    for (int64_t i = 1; i < s->rows; i++)
        if (offsets[i] < end && ((unsigned char)bytes[offsets[i]] & 0xC0) == 0x80)
            return broken(s, "row %lld begins inside a character", (long long)i + 1);
    return ORCH_OK;
}

static orch_status check_bytes(const struct subject *s, const struct ArrowArray *array, bool text)
{
    const int32_t *offsets = array->buffers[1];
    orch_status st = check_offsets(s, offsets);
    if (st != ORCH_OK)
        return st;
    if (!array->buffers[2])
        return offsets[s->rows] == 0 ? ORCH_OK : broken(s, "it has no data buffer");
    return text ? check_utf8(s, offsets, array->buffers[2]) : ORCH_OK;
}

/* ---- columns ------------------------------------------------------------------------------- */

static orch_status check_shape(const struct subject *s, const struct ArrowArray *array,
                               const struct orch_layout *layout)
{
    if (!array->release)
        return broken(s, "it has been released");
    if (array->length != s->rows)
        return broken(s, "%lld values in a batch of %lld rows", (long long)array->length,
                      (long long)s->rows);
    if (array->offset != 0)
        return broken(s, "offset %lld where 0 is due", (long long)array->offset);
    if (array->n_buffers != layout->n_buffers || !array->buffers)
        return broken(s, "%lld buffers where %lld are due", (long long)array->n_buffers,
                      (long long)layout->n_buffers);
    if (array->n_children != 0 || array->dictionary)
        return broken(s, "it has children or a dictionary");
    return ORCH_OK;
}

static orch_status check_values(const struct subject *s, const struct ArrowArray *array,
                                const struct orch_layout *layout)
{
    const void *values = array->buffers[1];
    if (s->rows == 0) /* the buffers may be of no bytes: nobody reads them */
        return ORCH_OK;
    if (!values)
        return broken(s, "it has no buffer of values");
    if ((uintptr_t)values % layout->width != 0)
        return broken(s, "its buffer of values is not aligned to %u bytes", layout->width);
    if (layout->kind == ORCH_LAYOUT_BYTES)
        return check_bytes(s, array, layout->type == ORCH_TYPE_TEXT);
    return ORCH_OK;
}

static orch_status check_column(const struct subject *s, const struct ArrowSchema *field,
                                const struct ArrowArray *array)
{
    struct orch_layout layout;
    if (!array)
        return broken(s, "it is missing");
    if (!orch_layout_of_format(field->format, &layout))
        return broken(s, "the Arrow format \"%.40s\" is not supported",
                      field->format ? field->format : "");
    orch_status st = check_shape(s, array, &layout);
    if (st == ORCH_OK)
        st = check_nulls(s, array);
    return st == ORCH_OK ? check_values(s, array, &layout) : st;
}

static orch_status check_top(const struct subject *s, const struct ArrowSchema *schema,
                             const struct ArrowArray *batch)
{
    if (!schema->format || strcmp(schema->format, ORCH_FORMAT_STRUCT) != 0)
        return broken(s, "its schema is not a struct of columns");
    if (!batch->release)
        return broken(s, "it has been released");
    if (batch->length < 0 || batch->length > INT32_MAX)
        return broken(s, "%lld rows", (long long)batch->length);
    if (batch->offset != 0)
        return broken(s, "offset %lld where 0 is due", (long long)batch->offset);
    if (schema->n_children < 0 || batch->n_children != schema->n_children)
        return broken(s, "%lld columns where its schema has %lld", (long long)batch->n_children,
                      (long long)schema->n_children);
    if (batch->n_children > 0 && (!batch->children || !schema->children))
        return broken(s, "it has no columns where %lld are due", (long long)batch->n_children);
    if (batch->n_buffers != 1 || !batch->buffers)
        return broken(s, "%lld buffers where 1 is due", (long long)batch->n_buffers);
    if (batch->dictionary)
        return broken(s, "it has a dictionary");
    /* A row is never null as a whole. */
    orch_status st = check_nulls(s, batch);
    if (st == ORCH_OK && batch->buffers[0] &&
        orch_bits_count(batch->buffers[0], batch->length) != batch->length)
        return broken(s, "it has rows that are null");
    return st;
}

orch_status orch_batch_check(const struct ArrowSchema *schema, const struct ArrowArray *batch,
                             orch_error *err)
{
    struct subject whole = { .rows = batch->length, .err = err };
    orch_status st = check_top(&whole, schema, batch);

    for (int64_t i = 0; i < batch->n_children && st == ORCH_OK; i++) {
        const struct ArrowSchema *field = schema->children[i];
        if (!field)
            return broken(&whole, "its schema lacks column %lld", (long long)i + 1);
        struct subject s = { .name = field->name ? field->name : "", .rows = batch->length,
                             .err = err };
        st = check_column(&s, field, batch->children[i]);
    }
    return st;
}
