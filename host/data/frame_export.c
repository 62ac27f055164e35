/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "data/bits.h"
#include "data/frame.h"
#include "orch/error.h"

#define ALIGNMENT 64 /* what Arrow recommends: a cache line */

/* One column on its way out. */
struct column {
    const char *name;
    const struct orch_vector *vector;
    enum orch_type type; /* of the field; the vector's may be NULL, which fits all */
    const int32_t *pick; /* rows to take, or NULL for all */
    int64_t rows;        /* that are taken */
    int64_t nulls;       /* among them */
    int64_t text_bytes;  /* of them */
};

static int64_t row_at(const struct column *c, int64_t i)
{
    return c->pick ? c->pick[i] : i;
}

static bool is_null(const struct column *c, int64_t row)
{
    return c->vector->null && c->vector->null[row];
}

static bool is_text(enum orch_type type)
{
    return type == ORCH_TYPE_TEXT || type == ORCH_TYPE_BINARY;
}

/* ---- sizes --------------------------------------------------------------------------------- */

static int64_t count_nulls(const struct column *c)
{
    int64_t nulls = 0;
    if (c->vector->type == ORCH_TYPE_NULL)
        return c->rows;
    if (c->vector->null)
        for (int64_t i = 0; i < c->rows; i++)
            nulls += c->vector->null[row_at(c, i)];
    return nulls;
}

static orch_status count_text(struct column *c, orch_error *err)
{
    const struct orch_str *text = c->vector->of.text;
    for (int64_t i = 0; i < c->rows; i++) {
        int64_t row = row_at(c, i);
        if (is_null(c, row))
            continue;
        if (text[row].len > (size_t)(INT32_MAX - c->text_bytes)) {
            orch_error_set(err, ORCH_EDATA, "column \"%s\" is too large", c->name);
            orch_error_detail(err, "its text passes 2 GiB in a batch of %lld rows",
                              (long long)c->rows);
            orch_error_hint(err, "use smaller batches, or cut the text");
            orch_error_at(err, 0, c->name);
            return ORCH_EDATA;
        }
        c->text_bytes += (int64_t)text[row].len;
    }
    return ORCH_OK;
}

static size_t padded(uint64_t bytes)
{
    return (size_t)((bytes + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1));
}

static size_t validity_bytes(const struct column *c)
{
    return c->nulls > 0 ? padded(((uint64_t)c->rows + 7) / 8) : 0;
}

static size_t values_bytes(const struct column *c)
{
    uint64_t rows = (uint64_t)c->rows;
    if (c->type == ORCH_TYPE_BOOLEAN)
        return padded((rows + 7) / 8);
    if (is_text(c->type))
        return padded((rows + 1) * sizeof(int32_t));
    return padded(rows * (c->type == ORCH_TYPE_DATE ? sizeof(int32_t) : sizeof(int64_t)));
}

/* ---- values -------------------------------------------------------------------------------- */

/* Views that follow each other in memory, as those of an untouched column do, are copied as one
 * run. */
static void fill_text(const struct column *c, int32_t *offsets, char *bytes)
{
    const struct orch_str *text = c->vector->of.text;
    const char *run = NULL;
    size_t run_len = 0, done = 0;

    offsets[0] = 0;
    for (int64_t i = 0; i < c->rows; i++) {
        int64_t row = row_at(c, i);
        size_t len = is_null(c, row) ? 0 : text[row].len;
        if (len > 0 && (!run || text[row].ptr != run + run_len)) {
            if (run_len > 0)
                memcpy(bytes + done, run, run_len);
            done += run_len;
            run = text[row].ptr;
            run_len = 0;
        }
        run_len += len;
        offsets[i + 1] = (int32_t)(done + run_len);
    }
    if (run_len > 0)
        memcpy(bytes + done, run, run_len);
}

/* Integers, timestamps and numbers: eight bytes a value, whatever they mean. */
static void fill_words(const struct column *c, uint64_t *out)
{
    const unsigned char *values = c->vector->of.any;
    if (!c->pick) {
        if (c->rows > 0)
            memcpy(out, values, (size_t)c->rows * sizeof *out);
        return;
    }
    for (int64_t i = 0; i < c->rows; i++)
        memcpy(&out[i], values + (size_t)c->pick[i] * sizeof *out, sizeof *out);
}

static orch_status fill_dates(const struct column *c, int32_t *out, orch_error *err)
{
    for (int64_t i = 0; i < c->rows; i++) {
        int64_t row = row_at(c, i);
        int64_t days = is_null(c, row) ? 0 : c->vector->of.integer[row];
        if (days < INT32_MIN || days > INT32_MAX) {
            orch_error_set(err, ORCH_EDATA, "column \"%s\" holds a date out of range", c->name);
            orch_error_detail(err, "%lld days from 1970-01-01 in row %lld of a batch",
                              (long long)days, (long long)row + 1);
            orch_error_hint(err, "reject or correct dates that far away in the script");
            orch_error_at(err, 0, c->name);
            return ORCH_EDATA;
        }
        out[i] = (int32_t)days;
    }
    return ORCH_OK;
}

static orch_status fill_values(const struct column *c, unsigned char *values, char *bytes,
                               orch_error *err)
{
    if (c->vector->type == ORCH_TYPE_NULL) {
        memset(values, 0, values_bytes(c));
        return ORCH_OK;
    }
    if (is_text(c->type))
        fill_text(c, (int32_t *)(void *)values, bytes);
    else if (c->type == ORCH_TYPE_BOOLEAN)
        orch_bits_pack(c->vector->of.boolean, c->pick, c->rows, false, values);
    else if (c->type == ORCH_TYPE_DATE)
        return fill_dates(c, (int32_t *)(void *)values, err);
    else
        fill_words(c, (uint64_t *)(void *)values);
    return ORCH_OK;
}

static void fill_validity(const struct column *c, uint8_t *validity)
{
    if (c->vector->type == ORCH_TYPE_NULL)
        memset(validity, 0, validity_bytes(c));
    else
        orch_bits_pack(c->vector->null, c->pick, c->rows, true, validity);
}

/* ---- arrays -------------------------------------------------------------------------------- */

/* A column's memory is one block: the consumer may move the child out of its batch. */
struct column_block {
    const void *buffers[3];
};

struct batch_block {
    const void *buffers[1];
    struct ArrowArray **children;
    struct ArrowArray arrays[];
};

static void column_release(struct ArrowArray *array)
{
    free(array->private_data);
    array->release = NULL;
}

static void batch_release(struct ArrowArray *array)
{
    struct batch_block *block = array->private_data;
    for (int64_t i = 0; i < array->n_children; i++)
        if (block->arrays[i].release)
            block->arrays[i].release(&block->arrays[i]);
    free(block);
    array->release = NULL;
}

static unsigned char *aligned(unsigned char *p)
{
    return p + (-(uintptr_t)p & (ALIGNMENT - 1));
}

static struct column_block *column_block_new(const struct column *c)
{
    uint64_t total = validity_bytes(c);
    total += values_bytes(c);
    total += padded((uint64_t)c->text_bytes);
    if (total > SIZE_MAX / 2)
        return NULL;
    struct column_block *block = orch_alloc(sizeof *block + ALIGNMENT + (size_t)total);
    if (!block)
        return NULL;
    unsigned char *p = aligned((unsigned char *)(block + 1));
    block->buffers[0] = c->nulls > 0 ? p : NULL;
    block->buffers[1] = p + validity_bytes(c);
    block->buffers[2] = p + validity_bytes(c) + values_bytes(c);
    return block;
}

static orch_status check_type(const struct column *c, orch_error *err)
{
    if (c->type == c->vector->type || c->vector->type == ORCH_TYPE_NULL)
        return ORCH_OK;
    return orch_error_set(err, ORCH_EINTERNAL, "column \"%s\" is of type %s but holds %s", c->name,
                          orch_type_name(c->type), orch_type_name(c->vector->type));
}

static orch_status export_column(struct column *c, struct ArrowArray *out, orch_error *err)
{
    orch_status st = check_type(c, err);
    if (st != ORCH_OK)
        return st;
    c->nulls = count_nulls(c);
    if (is_text(c->type) && c->vector->type != ORCH_TYPE_NULL)
        st = count_text(c, err);
    if (st != ORCH_OK)
        return st;
    struct column_block *block = column_block_new(c);
    if (!block)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory for column \"%s\"", c->name);
    if (c->nulls > 0)
        fill_validity(c, (uint8_t *)block->buffers[0]);
    st = fill_values(c, (unsigned char *)block->buffers[1], (char *)block->buffers[2], err);
    if (st != ORCH_OK) {
        free(block);
        return st;
    }
    *out = (struct ArrowArray){ .length = c->rows, .null_count = c->nulls,
                                .n_buffers = is_text(c->type) ? 3 : 2, .buffers = block->buffers,
                                .release = column_release, .private_data = block };
    return ORCH_OK;
}

static struct batch_block *batch_block_new(size_t n)
{
    size_t each = sizeof(struct ArrowArray) + sizeof(struct ArrowArray *);
    if (n > (SIZE_MAX / 2 - sizeof(struct batch_block)) / each)
        return NULL;
    struct batch_block *block = orch_zalloc(1, sizeof *block + n * each);
    if (!block)
        return NULL;
    block->children = (struct ArrowArray **)(void *)&block->arrays[n];
    for (size_t i = 0; i < n; i++)
        block->children[i] = &block->arrays[i];
    return block;
}

static orch_status export_rows(const struct orch_frame *frame, const int32_t *pick, int64_t rows,
                               struct ArrowArray *out, orch_error *err)
{
    size_t n = frame->fields->len;
    struct batch_block *block = batch_block_new(n);
    if (!block)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory for the columns of a batch");
    struct ArrowArray batch = { .length = rows, .n_buffers = 1, .n_children = (int64_t)n,
                                .buffers = block->buffers, .children = block->children,
                                .release = batch_release, .private_data = block };
    for (size_t i = 0; i < n; i++) {
        const struct orch_field *field = &frame->fields->items[i];
        struct column c = { .name = field->name, .vector = &frame->columns[i], .pick = pick,
                            .rows = rows };
        c.type = field->type == ORCH_TYPE_NULL ? ORCH_TYPE_TEXT : field->type;
        orch_status st = export_column(&c, &block->arrays[i], err);
        if (st != ORCH_OK) {
            batch_release(&batch);
            return st;
        }
    }
    *out = batch;
    return ORCH_OK;
}

orch_status orch_frame_export(const struct orch_frame *frame, const uint8_t *keep,
                              struct ArrowArray *out, orch_error *err)
{
    int64_t kept = 0, rows = frame->rows;

    if (rows > INT32_MAX)
        return orch_error_set(err, ORCH_EINVAL, "a batch of %lld rows is too large",
                              (long long)rows);
    for (int64_t i = 0; keep && i < rows; i++)
        kept += keep[i] != 0;
    if (!keep || kept == rows)
        return export_rows(frame, NULL, rows, out, err);
    int32_t *pick = orch_alloc(((size_t)kept + 1) * sizeof *pick);
    if (!pick)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory for the rows of a batch");
    /* Every row is written, only kept ones are counted: no branch to guess. */
    for (int64_t i = 0, at = 0; i < rows; i++) {
        pick[at] = (int32_t)i;
        at += keep[i] != 0;
    }
    orch_status st = export_rows(frame, pick, kept, out, err);
    free(pick);
    return st;
}
