/* SPDX-License-Identifier: Apache-2.0 */
#include "orch/builder.h"

#include <stdlib.h>
#include <string.h>

struct buffer {
    char *data;
    size_t len;
    size_t cap;
    size_t first; /* capacity to begin with: what the batch before took, and some more */
};

struct column {
    char format; /* first letter of the Arrow format tells the kind: b l g u z t */
    bool date;   /* of the two 't' formats */
    bool set;    /* has a value in the row in progress */
    struct buffer validity; /* from the first null of a batch on; empty: all are present */
    struct buffer values; /* fixed-size values, bits of bools, or int32 offsets */
    struct buffer bytes;  /* of text */
    int64_t nulls;
    bool last_null; /* to take the row in progress back */
};

struct orch_builder {
    size_t n_columns;
    int64_t rows;
    orch_status failed; /* the first failure: no batch comes out of it any more */
    struct column columns[];
};

static orch_status buffer_grow(struct buffer *b, size_t more)
{
    if (more > SIZE_MAX / 4 - b->len)
        return ORCH_ENOMEM;
    size_t need = b->len + more;
    size_t cap = b->cap > 0 ? b->cap : b->first < 256 ? 256 : b->first;
    while (cap < need)
        cap *= 2;
    char *grown = realloc(b->data, cap);
    if (grown == NULL)
        return ORCH_ENOMEM;
    b->data = grown;
    b->cap = cap;
    return ORCH_OK;
}

/* Inline: where `len` is a constant, the copy is a store. */
static inline orch_status buffer_add(struct buffer *b, const void *bytes, size_t len)
{
    if (len > b->cap - b->len && buffer_grow(b, len) != ORCH_OK)
        return ORCH_ENOMEM;
    if (len > 0)
        memcpy(b->data + b->len, bytes, len);
    b->len += len;
    return ORCH_OK;
}

/* Writes bit `row`; the buffer grows by a byte every eight rows. */
static orch_status buffer_set_bit(struct buffer *b, int64_t row, bool bit)
{
    size_t byte = (size_t)row / 8;
    if (byte >= b->len) {
        static const char zero = 0;
        orch_status st = buffer_add(b, &zero, 1);
        if (st != ORCH_OK)
            return st;
    }
    unsigned char mask = (unsigned char)(1u << (row % 8));
    unsigned char old = (unsigned char)b->data[byte];
    b->data[byte] = (char)(bit ? (old | mask) : (old & (unsigned char)~mask));
    return ORCH_OK;
}

static bool is_text(const struct column *c)
{
    return c->format == 'u' || c->format == 'z';
}

static size_t value_width(const struct column *c)
{
    if (c->format == 'b')
        return 0;
    return is_text(c) || c->date ? sizeof(int32_t) : sizeof(int64_t);
}

static orch_status column_start(struct column *c)
{
    static const int32_t zero = 0;
    return is_text(c) ? buffer_add(&c->values, &zero, sizeof zero) : ORCH_OK;
}

orch_status orch_builder_new(const struct ArrowSchema *schema, orch_builder **out)
{
    size_t n = (size_t)schema->n_children;
    orch_builder *b = calloc(1, sizeof *b + n * sizeof b->columns[0]);
    if (b == NULL)
        return ORCH_ENOMEM;
    b->n_columns = n;
    for (size_t i = 0; i < n; i++) {
        const char *format = schema->children[i]->format;
        b->columns[i].format = format[0];
        b->columns[i].date = strcmp(format, ORCH_FORMAT_DATE32) == 0;
        if (column_start(&b->columns[i]) != ORCH_OK) {
            orch_builder_free(b);
            return ORCH_ENOMEM;
        }
    }
    *out = b;
    return ORCH_OK;
}

static void column_release(struct column *c)
{
    free(c->validity.data);
    free(c->values.data);
    free(c->bytes.data);
}

void orch_builder_free(orch_builder *b)
{
    if (b == NULL)
        return;
    for (size_t i = 0; i < b->n_columns; i++)
        column_release(&b->columns[i]);
    free(b);
}

static inline orch_status keep(orch_builder *b, orch_status st)
{
    if (st != ORCH_OK && b->failed == ORCH_OK)
        b->failed = st;
    return st;
}

/* The column, if it takes a value of this kind now. */
static struct column *column_for(orch_builder *b, size_t column, char format, bool date)
{
    if (column >= b->n_columns)
        return NULL;
    struct column *c = &b->columns[column];
    return c->set || c->format != format || c->date != date ? NULL : c;
}

/* The bitmap of the rows so far, none of which is null. */
static orch_status validity_begin(const orch_builder *b, struct column *c)
{
    size_t bytes = ((size_t)b->rows + 7) / 8;
    if (c->validity.len > 0 || bytes == 0)
        return ORCH_OK;
    if (buffer_grow(&c->validity, bytes) != ORCH_OK)
        return ORCH_ENOMEM;
    memset(c->validity.data, 0xFF, bytes);
    if (b->rows % 8 != 0)
        c->validity.data[bytes - 1] = (char)((1 << (b->rows % 8)) - 1);
    c->validity.len = bytes;
    return ORCH_OK;
}

static inline orch_status column_mark(const orch_builder *b, struct column *c, bool present)
{
    orch_status st = present ? ORCH_OK : validity_begin(b, c);
    if (st == ORCH_OK && (!present || c->validity.len > 0))
        st = buffer_set_bit(&c->validity, b->rows, present);
    if (st != ORCH_OK)
        return st;
    c->set = true;
    c->last_null = !present;
    c->nulls += !present;
    return ORCH_OK;
}

static inline orch_status column_fixed(orch_builder *b, struct column *c, const void *value,
                                       size_t width)
{
    if (c == NULL)
        return ORCH_EINVAL;
    orch_status st = buffer_add(&c->values, value, width);
    return st == ORCH_OK ? column_mark(b, c, true) : st;
}

static orch_status column_bytes(orch_builder *b, struct column *c, const void *bytes, size_t len)
{
    if (c == NULL)
        return ORCH_EINVAL;
    if (len > (size_t)INT32_MAX - c->bytes.len)
        return ORCH_ENOMEM;
    orch_status st = buffer_add(&c->bytes, bytes, len);
    int32_t end = (int32_t)c->bytes.len;
    if (st == ORCH_OK)
        st = buffer_add(&c->values, &end, sizeof end);
    return st == ORCH_OK ? column_mark(b, c, true) : st;
}

static orch_status column_null(orch_builder *b, size_t column)
{
    if (column >= b->n_columns || b->columns[column].set)
        return ORCH_EINVAL;
    struct column *c = &b->columns[column];
    static const int64_t zero = 0;
    int32_t end = (int32_t)c->bytes.len;
    orch_status st;
    if (is_text(c))
        st = buffer_add(&c->values, &end, sizeof end);
    else if (c->format == 'b')
        st = buffer_set_bit(&c->values, b->rows, false);
    else
        st = buffer_add(&c->values, &zero, value_width(c));
    return st == ORCH_OK ? column_mark(b, c, false) : st;
}

orch_status orch_builder_null(orch_builder *b, size_t column)
{
    return keep(b, column_null(b, column));
}

orch_status orch_builder_bool(orch_builder *b, size_t column, bool value)
{
    struct column *c = column_for(b, column, 'b', false);
    orch_status st = c != NULL ? buffer_set_bit(&c->values, b->rows, value) : ORCH_EINVAL;
    return keep(b, st == ORCH_OK ? column_mark(b, c, true) : st);
}

orch_status orch_builder_int(orch_builder *b, size_t column, int64_t value)
{
    return keep(b, column_fixed(b, column_for(b, column, 'l', false), &value, sizeof value));
}

orch_status orch_builder_float(orch_builder *b, size_t column, double value)
{
    return keep(b, column_fixed(b, column_for(b, column, 'g', false), &value, sizeof value));
}

orch_status orch_builder_text(orch_builder *b, size_t column, const char *text, size_t len)
{
    return keep(b, column_bytes(b, column_for(b, column, 'u', false), text, len));
}

orch_status orch_builder_binary(orch_builder *b, size_t column, const void *bytes, size_t len)
{
    return keep(b, column_bytes(b, column_for(b, column, 'z', false), bytes, len));
}

orch_status orch_builder_date(orch_builder *b, size_t column, int32_t days)
{
    return keep(b, column_fixed(b, column_for(b, column, 't', true), &days, sizeof days));
}

orch_status orch_builder_timestamp(orch_builder *b, size_t column, int64_t microseconds)
{
    return keep(b, column_fixed(b, column_for(b, column, 't', false), &microseconds,
                                sizeof microseconds));
}

orch_status orch_builder_row(orch_builder *b)
{
    if (b->failed != ORCH_OK)
        return b->failed;
    for (size_t i = 0; i < b->n_columns; i++) {
        if (!b->columns[i].set) {
            orch_status st = orch_builder_null(b, i);
            if (st != ORCH_OK)
                return st;
        }
        b->columns[i].set = false;
    }
    b->rows++;
    return ORCH_OK;
}

static void column_take_back(const orch_builder *b, struct column *c)
{
    if (!c->set)
        return;
    c->set = false;
    c->nulls -= c->last_null;
    if (c->validity.len > 0)
        c->validity.len = ((size_t)b->rows + 7) / 8;
    if (c->format == 'b') {
        c->values.len = ((size_t)b->rows + 7) / 8;
        return;
    }
    c->values.len -= value_width(c);
    if (is_text(c)) {
        int32_t end;
        memcpy(&end, c->values.data + c->values.len - sizeof end, sizeof end);
        c->bytes.len = (size_t)end;
    }
}

void orch_builder_abandon(orch_builder *b)
{
    for (size_t i = 0; i < b->n_columns; i++)
        column_take_back(b, &b->columns[i]);
}

int64_t orch_builder_rows(const orch_builder *b)
{
    return b->rows;
}

int64_t orch_builder_bytes(const orch_builder *b)
{
    size_t total = 0;
    for (size_t i = 0; i < b->n_columns; i++) {
        const struct column *c = &b->columns[i];
        total += c->validity.len + c->values.len + c->bytes.len;
    }
    return (int64_t)total;
}

/* ---- handing over -------------------------------------------------------------------------- */

struct column_array {
    struct ArrowArray array;
    const void *buffers[3];
};

struct batch {
    const void *buffers[1];
    size_t n_columns;
    struct ArrowArray **children;
    struct column_array columns[];
};

static void child_release(struct ArrowArray *array)
{
    for (int64_t i = 0; i < array->n_buffers; i++)
        free((void *)array->buffers[i]);
    array->release = NULL;
}

static void batch_release(struct ArrowArray *array)
{
    struct batch *batch = array->private_data;
    for (size_t i = 0; i < batch->n_columns; i++)
        if (batch->children[i]->release != NULL)
            batch->children[i]->release(batch->children[i]);
    free(batch->children);
    free(batch);
    array->release = NULL;
}

static void column_move(struct column *c, int64_t rows, struct column_array *out)
{
    if (c->nulls == 0) {
        free(c->validity.data);
        c->validity.data = NULL;
    }
    out->buffers[0] = c->validity.data;
    out->buffers[1] = c->values.data;
    out->buffers[2] = c->bytes.data;
    out->array = (struct ArrowArray){
        .length = rows,
        .null_count = c->nulls,
        .n_buffers = is_text(c) ? 3 : 2,
        .buffers = out->buffers,
        .release = child_release,
    };
}

static struct buffer buffer_after(const struct buffer *b)
{
    return (struct buffer){ .first = b->len + b->len / 8 };
}

/* What the next batch starts with: it is about as large, and text columns need their first
 * offset. */
static orch_status column_next(const struct column *c, struct column *out)
{
    struct column next = { .format = c->format,
                           .date = c->date,
                           .validity = buffer_after(&c->validity),
                           .values = buffer_after(&c->values),
                           .bytes = buffer_after(&c->bytes) };
    orch_status st = column_start(&next);
    if (st == ORCH_OK)
        *out = next;
    return st;
}

static orch_status columns_next(const orch_builder *b, struct column **out)
{
    struct column *next = calloc(b->n_columns + 1, sizeof *next);
    if (next == NULL)
        return ORCH_ENOMEM;
    for (size_t i = 0; i < b->n_columns; i++) {
        if (column_next(&b->columns[i], &next[i]) != ORCH_OK) {
            while (i-- > 0)
                column_release(&next[i]);
            free(next);
            return ORCH_ENOMEM;
        }
    }
    *out = next;
    return ORCH_OK;
}

orch_status orch_builder_take(orch_builder *b, struct ArrowArray *out)
{
    size_t n = b->n_columns;
    struct column *next = NULL;
    if (b->failed != ORCH_OK)
        return b->failed;
    struct batch *batch = calloc(1, sizeof *batch + n * sizeof batch->columns[0]);
    struct ArrowArray **children = calloc(n + 1, sizeof *children);
    if (batch == NULL || children == NULL || columns_next(b, &next) != ORCH_OK) {
        free(batch);
        free(children);
        return ORCH_ENOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        column_move(&b->columns[i], b->rows, &batch->columns[i]);
        children[i] = &batch->columns[i].array;
        b->columns[i] = next[i];
    }
    free(next);
    batch->n_columns = n;
    batch->children = children;
    *out = (struct ArrowArray){
        .length = b->rows,
        .n_buffers = 1,
        .n_children = (int64_t)n,
        .buffers = batch->buffers,
        .children = children,
        .release = batch_release,
        .private_data = batch,
    };
    b->rows = 0;
    return ORCH_OK;
}
