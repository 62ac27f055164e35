/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/parcel.h"

#include <stdlib.h>

#include "data/bits.h"
#include "data/layout.h"
#include "orch/error.h"
#include "worker/ring.h"

enum { ALIGNMENT = 64, BUFFERS_MOST = 3 };

static size_t bitmap_bytes(int64_t rows)
{
    return (size_t)(rows + 7) / 8;
}

void orch_parcel_release(struct orch_parcel *p)
{
    free(p->columns);
    *p = (struct orch_parcel){ 0 };
}

/* ---- sizes --------------------------------------------------------------------------------- */

/* The buffers of a column in their order; an absent bitmap has no bytes. No overflow: rows are
 * at most INT32_MAX. */
static size_t buffer_sizes(const struct orch_parcel_column *c, int64_t rows,
                           uint64_t sizes[BUFFERS_MOST])
{
    sizes[0] = c->validity ? bitmap_bytes(rows) : 0;
    if (c->bytes) {
        sizes[1] = rows > 0 ? (uint64_t)(rows + 1) * sizeof(int32_t) : 0;
        sizes[2] = c->text_bytes;
        return 3;
    }
    sizes[1] = c->width > 0 ? (uint64_t)rows * c->width : bitmap_bytes(rows);
    return 2;
}

static uint64_t aligned(uint64_t n)
{
    return (n + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

static bool total(struct orch_parcel *p, size_t most)
{
    uint64_t sizes[BUFFERS_MOST], all = 0;
    for (size_t i = 0; i < p->n_columns; i++) {
        size_t n = buffer_sizes(&p->columns[i], p->rows, sizes);
        for (size_t k = 0; k < n; k++) {
            if (sizes[k] > most || all > most)
                return false;
            all += aligned(sizes[k]);
        }
    }
    p->bytes = (size_t)all;
    return all <= most;
}

static bool column_of(const char *format, struct orch_parcel_column *out)
{
    struct orch_layout layout;
    if (!orch_layout_of_format(format, &layout))
        return false;
    out->bytes = layout.kind == ORCH_LAYOUT_BYTES;
    out->width = layout.kind == ORCH_LAYOUT_BITS ? 0 : layout.width;
    return true;
}

static orch_status begin(struct orch_parcel *p, size_t n_columns, int64_t rows)
{
    *p = (struct orch_parcel){ .rows = rows, .n_columns = n_columns };
    p->columns = orch_zalloc(n_columns + 1, sizeof *p->columns);
    return p->columns != NULL ? ORCH_OK : ORCH_ENOMEM;
}

static orch_status begin_schema(struct orch_parcel *p, const struct ArrowSchema *schema,
                                int64_t rows)
{
    *p = (struct orch_parcel){ 0 };
    if (rows < 0 || rows > INT32_MAX || schema->n_children < 0)
        return ORCH_EINVAL;
    orch_status st = begin(p, (size_t)schema->n_children, rows);
    for (size_t i = 0; i < p->n_columns && st == ORCH_OK; i++)
        if (schema->children[i] == NULL || !column_of(schema->children[i]->format, &p->columns[i]))
            st = ORCH_EINVAL;
    return st;
}

/* ---- from a batch -------------------------------------------------------------------------- */

/* Only what is needed to copy the buffers: whether their content holds is for who reads them. */
static bool column_measure(struct orch_parcel_column *c, const struct ArrowArray *array,
                           int64_t rows)
{
    int64_t n_buffers = c->bytes ? 3 : 2;
    if (array == NULL || array->release == NULL || array->length != rows || array->offset != 0 ||
        array->n_buffers != n_buffers || array->buffers == NULL || array->n_children != 0 ||
        array->dictionary != NULL)
        return false;
    c->validity = array->buffers[0] != NULL && rows > 0;
    c->null_count = array->null_count;
    if (rows == 0)
        return true;
    if (array->buffers[1] == NULL || (!c->validity && array->null_count > 0))
        return false;
    if (!c->bytes)
        return true;
    int32_t end;
    memcpy(&end, (const char *)array->buffers[1] + (size_t)rows * sizeof end, sizeof end);
    c->text_bytes = end > 0 ? (uint64_t)end : 0;
    return end >= 0 && (end == 0 || array->buffers[2] != NULL);
}

static bool top_is_sound(const struct ArrowSchema *schema, const struct ArrowArray *batch)
{
    if (batch->release == NULL || batch->length < 0 || batch->length > INT32_MAX ||
        batch->offset != 0 || batch->null_count > 0 || batch->dictionary != NULL ||
        batch->n_children != schema->n_children || batch->n_buffers != 1 ||
        batch->buffers == NULL || (batch->n_children > 0 && batch->children == NULL))
        return false;
    /* A bitmap of the rows themselves says nothing when all of them are there, as they must. */
    return batch->buffers[0] == NULL ||
           orch_bits_count(batch->buffers[0], batch->length) == batch->length;
}

orch_status orch_parcel_measure(struct orch_parcel *out, const struct ArrowSchema *schema,
                                const struct ArrowArray *batch)
{
    struct orch_parcel p = { 0 };
    orch_status st = top_is_sound(schema, batch) ? ORCH_OK : ORCH_EINVAL;
    if (st == ORCH_OK)
        st = begin_schema(&p, schema, batch->length);
    for (size_t i = 0; i < p.n_columns && st == ORCH_OK; i++)
        if (!column_measure(&p.columns[i], batch->children[i], p.rows))
            st = ORCH_EINVAL;
    if (st == ORCH_OK && !total(&p, SIZE_MAX / 2))
        st = ORCH_EINVAL;
    if (st != ORCH_OK) {
        orch_parcel_release(&p);
        return st;
    }
    p.batch = batch;
    *out = p;
    return ORCH_OK;
}

/* ---- from a frame -------------------------------------------------------------------------- */

static orch_status frame_column_measure(struct orch_parcel_column *c,
                                        const struct orch_frame *frame, size_t i, orch_error *err)
{
    struct orch_frame_size size;
    const struct orch_field *field = &frame->fields->items[i];
    if (!column_of(orch_type_format(field->type), c))
        return orch_error_set(err, ORCH_EINTERNAL, "cannot hand over column \"%s\" of type %s",
                              field->name, orch_type_name(field->type));
    orch_status st = orch_frame_measure(frame, i, &size, err);
    if (st != ORCH_OK)
        return st;
    c->validity = size.nulls > 0;
    c->null_count = size.nulls;
    c->text_bytes = (uint64_t)size.text_bytes;
    return ORCH_OK;
}

orch_status orch_parcel_measure_frame(struct orch_parcel *out, const struct orch_frame *frame,
                                      orch_error *err)
{
    struct orch_parcel p;
    orch_status st = begin(&p, frame->fields->len, frame->rows);
    if (st != ORCH_OK)
        return orch_error_set(err, st, "out of memory for the columns of a batch");
    for (size_t i = 0; i < p.n_columns && st == ORCH_OK; i++)
        st = frame_column_measure(&p.columns[i], frame, i, err);
    if (st == ORCH_OK && !total(&p, SIZE_MAX / 2))
        st = orch_error_set(err, ORCH_EINVAL, "a batch of %lld rows is too large",
                            (long long)p.rows);
    if (st != ORCH_OK) {
        orch_parcel_release(&p);
        return st;
    }
    p.frame = frame;
    *out = p;
    return ORCH_OK;
}

/* ---- to memory ----------------------------------------------------------------------------- */

static void copy_column(const struct ArrowArray *array, const uint64_t *sizes, void *const *buffers)
{
    for (size_t k = 0; k < BUFFERS_MOST; k++)
        if (buffers[k] != NULL)
            memcpy(buffers[k], array->buffers[k], sizes[k]);
}

void orch_parcel_pack(const struct orch_parcel *p, void *to)
{
    char *at = to;
    for (size_t i = 0; i < p->n_columns && p->rows > 0; i++) {
        uint64_t sizes[BUFFERS_MOST];
        void *buffers[BUFFERS_MOST] = { NULL };
        size_t n = buffer_sizes(&p->columns[i], p->rows, sizes);
        for (size_t k = 0; k < n; k++) {
            buffers[k] = sizes[k] > 0 ? at : NULL;
            at += aligned(sizes[k]);
        }
        if (p->frame != NULL)
            orch_frame_fill(p->frame, i, buffers);
        else
            copy_column(p->batch->children[i], sizes, buffers);
    }
}

/* ---- its description ----------------------------------------------------------------------- */

void orch_parcel_put(const struct orch_parcel *p, struct orch_text *body)
{
    orch_wire_put_i64(body, p->rows);
    orch_wire_put_u32(body, (uint32_t)p->n_columns);
    for (size_t i = 0; i < p->n_columns; i++) {
        const struct orch_parcel_column *c = &p->columns[i];
        orch_wire_put_u32(body, c->validity);
        orch_wire_put_i64(body, c->null_count);
        if (c->bytes)
            orch_wire_put_i64(body, (int64_t)c->text_bytes);
    }
}

static bool column_get(struct orch_parcel_column *c, int64_t rows, struct orch_wire *w)
{
    uint32_t validity = orch_wire_u32(w);
    c->null_count = orch_wire_i64(w);
    int64_t text = c->bytes ? orch_wire_i64(w) : 0;
    if (w->bad || validity > (rows > 0 ? 1 : 0) || text < 0 || text > INT32_MAX ||
        (rows == 0 && text > 0))
        return false;
    c->validity = validity != 0;
    c->text_bytes = (uint64_t)text;
    return true;
}

orch_status orch_parcel_get(struct orch_parcel *out, const struct ArrowSchema *schema,
                            struct orch_wire *w, size_t most)
{
    struct orch_parcel p = { 0 };
    int64_t rows = orch_wire_i64(w);
    uint32_t n = orch_wire_u32(w);
    bool may = !w->bad && rows <= ORCH_BATCH_ROWS_MOST;
    orch_status st = may ? begin_schema(&p, schema, rows) : ORCH_EINVAL;
    if (st == ORCH_OK && n != p.n_columns)
        st = ORCH_EINVAL;
    for (size_t i = 0; i < p.n_columns && st == ORCH_OK; i++)
        if (!column_get(&p.columns[i], rows, w))
            st = ORCH_EINVAL;
    if (st == ORCH_OK && !total(&p, most))
        st = ORCH_EINVAL;
    if (st != ORCH_OK) {
        orch_parcel_release(&p);
        return st;
    }
    *out = p;
    return ORCH_OK;
}

/* ---- to a batch ---------------------------------------------------------------------------- */

/* The batch, its columns and their buffers: one allocation. */
struct unpacked {
    void (*done)(void *);
    void *ctx;
    const void *none; /* buffers of the batch itself: no bitmap */
    struct column {
        struct ArrowArray array;
        const void *buffers[BUFFERS_MOST];
    } columns[];
};

/* What stands for the buffers of a column without rows. */
static const int64_t no_rows[1];

static void column_release(struct ArrowArray *array)
{
    array->release = NULL;
}

static void unpacked_release(struct ArrowArray *batch)
{
    struct unpacked *u = batch->private_data;
    for (int64_t i = 0; i < batch->n_children; i++)
        if (batch->children[i]->release != NULL)
            batch->children[i]->release(batch->children[i]);
    batch->release = NULL;
    u->done(u->ctx);
    free(batch->children);
    free(u);
}

static bool column_unpack(const struct orch_parcel_column *c, int64_t rows, const char **at,
                          struct column *out)
{
    uint64_t sizes[BUFFERS_MOST];
    size_t n = buffer_sizes(c, rows, sizes);
    out->array = (struct ArrowArray){ .length = rows,
                                      .null_count = c->null_count,
                                      .n_buffers = (int64_t)n,
                                      .buffers = out->buffers,
                                      .release = column_release };
    for (size_t k = 0; k < n; k++) {
        out->buffers[k] = sizes[k] > 0 ? *at : k > 0 ? (const void *)no_rows : NULL;
        *at += aligned(sizes[k]);
    }
    if (!c->bytes || rows == 0)
        return true;
    int32_t end;
    memcpy(&end, (const char *)out->buffers[1] + (size_t)rows * sizeof end, sizeof end);
    return end >= 0 && (uint64_t)end <= c->text_bytes;
}

orch_status orch_parcel_unpack(const struct orch_parcel *p, const void *bytes, void (*done)(void *),
                               void *ctx, struct ArrowArray *out)
{
    size_t size;
    if (!orch_mul_size(p->n_columns, sizeof(struct column), &size) ||
        __builtin_add_overflow(size, sizeof(struct unpacked), &size))
        return ORCH_ENOMEM;
    struct unpacked *u = orch_alloc(size);
    struct ArrowArray **children = orch_zalloc(p->n_columns + 1, sizeof *children);
    orch_status st = u != NULL && children != NULL ? ORCH_OK : ORCH_ENOMEM;
    const char *at = bytes;
    for (size_t i = 0; i < p->n_columns && st == ORCH_OK; i++) {
        if (!column_unpack(&p->columns[i], p->rows, &at, &u->columns[i]))
            st = ORCH_EINVAL;
        children[i] = &u->columns[i].array;
    }
    if (st != ORCH_OK) {
        free(children);
        free(u);
        return st;
    }
    u->done = done;
    u->ctx = ctx;
    u->none = NULL;
    *out = (struct ArrowArray){ .length = p->rows,
                                .n_buffers = 1,
                                .n_children = (int64_t)p->n_columns,
                                .buffers = &u->none,
                                .children = children,
                                .release = unpacked_release,
                                .private_data = u };
    return ORCH_OK;
}
