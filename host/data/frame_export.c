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
    int64_t rows;
};

static struct column column_of(const struct orch_frame *frame, size_t i)
{
    enum orch_type type = frame->fields->items[i].type;
    return (struct column){ .name = frame->fields->items[i].name,
                            .vector = &frame->columns[i],
                            .type = type == ORCH_TYPE_NULL ? ORCH_TYPE_TEXT : type,
                            .rows = frame->rows };
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
            nulls += c->vector->null[i];
    return nulls;
}

/* No branch in the loop, so that it is done several at a time; it cannot overflow, or a length has
 * a bit that INT32_MAX has not. */
static orch_status count_text(const struct column *c, int64_t *bytes, orch_error *err)
{
    const struct orch_str *text = c->vector->of.text;
    uint64_t sum = 0, any = 0;
    for (int64_t i = 0; i < c->rows; i++) {
        uint64_t len = is_null(c, i) ? 0 : text[i].len;
        sum += len;
        any |= len;
    }
    *bytes = (int64_t)sum;
    if (any <= INT32_MAX && sum <= INT32_MAX)
        return ORCH_OK;
    orch_error_set(err, ORCH_EDATA, "column \"%s\" is too large", c->name);
    orch_error_detail(err, "its text passes 2 GiB in a batch of %lld rows", (long long)c->rows);
    orch_error_hint(err, "use smaller batches, or cut the text");
    orch_error_at(err, 0, c->name);
    return ORCH_EDATA;
}

/* The same: what is out of range is looked for only when something is. */
static orch_status check_dates(const struct column *c, orch_error *err)
{
    const int64_t *days = c->vector->of.integer;
    int64_t row = 0;
    bool out = false;
    for (int64_t i = 0; i < c->rows; i++)
        out |= days[i] != (int32_t)days[i];
    while (out && row < c->rows && (is_null(c, row) || days[row] == (int32_t)days[row]))
        row++;
    if (!out || row == c->rows)
        return ORCH_OK;
    orch_error_set(err, ORCH_EDATA, "column \"%s\" holds a date out of range", c->name);
    orch_error_detail(err, "%lld days from 1970-01-01 in row %lld of a batch",
                      (long long)days[row], (long long)row + 1);
    orch_error_hint(err, "reject or correct dates that far away in the script");
    orch_error_at(err, 0, c->name);
    return ORCH_EDATA;
}

static orch_status check_type(const struct column *c, orch_error *err)
{
    if (c->rows > INT32_MAX)
        return orch_error_set(err, ORCH_EINVAL, "a batch of %lld rows is too large",
                              (long long)c->rows);
    if (c->type == c->vector->type || c->vector->type == ORCH_TYPE_NULL)
        return ORCH_OK;
    return orch_error_set(err, ORCH_EINTERNAL, "column \"%s\" is of type %s but holds %s", c->name,
                          orch_type_name(c->type), orch_type_name(c->vector->type));
}

orch_status orch_frame_measure(const struct orch_frame *frame, size_t i,
                               struct orch_frame_size *out, orch_error *err)
{
    struct column c = column_of(frame, i);
    struct orch_frame_size size = { 0 };
    orch_status st = check_type(&c, err);
    if (st != ORCH_OK)
        return st;
    size.nulls = count_nulls(&c);
    if (c.vector->type == ORCH_TYPE_TEXT || c.vector->type == ORCH_TYPE_BINARY)
        st = count_text(&c, &size.text_bytes, err);
    else if (c.vector->type == ORCH_TYPE_DATE)
        st = check_dates(&c, err);
    if (st == ORCH_OK)
        *out = size;
    return st;
}

static size_t padded(uint64_t bytes)
{
    return (size_t)((bytes + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1));
}

static size_t validity_bytes(const struct column *c)
{
    return padded(((uint64_t)c->rows + 7) / 8);
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
        size_t len = is_null(c, i) ? 0 : text[i].len;
        if (len > 0 && (!run || text[i].ptr != run + run_len)) {
            if (run_len > 0)
                memcpy(bytes + done, run, run_len);
            done += run_len;
            run = text[i].ptr;
            run_len = 0;
        }
        run_len += len;
        offsets[i + 1] = (int32_t)(done + run_len);
    }
    if (run_len > 0)
        memcpy(bytes + done, run, run_len);
}

/* What stands for a null may be out of range. */
static void fill_dates(const struct column *c, int32_t *out)
{
    for (int64_t i = 0; i < c->rows; i++)
        out[i] = is_null(c, i) ? 0 : (int32_t)c->vector->of.integer[i];
}

static void fill_values(const struct column *c, void *values, char *text)
{
    if (c->vector->type == ORCH_TYPE_NULL)
        memset(values, 0, values_bytes(c));
    else if (is_text(c->type))
        fill_text(c, values, text);
    else if (c->type == ORCH_TYPE_BOOLEAN)
        orch_bits_pack(c->vector->of.boolean, c->rows, false, values);
    else if (c->type == ORCH_TYPE_DATE)
        fill_dates(c, values);
    else if (c->rows > 0) /* eight bytes a value, whatever they mean */
        memcpy(values, c->vector->of.any, (size_t)c->rows * sizeof(int64_t));
}

void orch_frame_fill(const struct orch_frame *frame, size_t i, void *const buffers[3])
{
    struct column c = column_of(frame, i);
    fill_values(&c, buffers[1], buffers[2]);
    if (buffers[0] == NULL)
        return;
    if (c.vector->type == ORCH_TYPE_NULL)
        memset(buffers[0], 0, validity_bytes(&c));
    else
        orch_bits_pack(c.vector->null, c.rows, true, buffers[0]);
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

/* `buffers`: where its parts are, to be filled. */
static struct column_block *column_block_new(const struct column *c,
                                             const struct orch_frame_size *size, void *buffers[3])
{
    size_t validity = size->nulls > 0 ? validity_bytes(c) : 0, values = values_bytes(c);
    uint64_t total = validity;
    total += values;
    total += padded((uint64_t)size->text_bytes);
    if (total > SIZE_MAX / 2)
        return NULL;
    struct column_block *block = orch_alloc(sizeof *block + ALIGNMENT + (size_t)total);
    if (!block)
        return NULL;
    unsigned char *p = aligned((unsigned char *)(block + 1));
    block->buffers[0] = buffers[0] = size->nulls > 0 ? p : NULL;
    block->buffers[1] = buffers[1] = p + validity;
    block->buffers[2] = buffers[2] = p + validity + values;
    return block;
}

static orch_status export_column(const struct orch_frame *frame, size_t i, struct ArrowArray *out,
                                 orch_error *err)
{
    struct column c = column_of(frame, i);
    struct orch_frame_size size;
    void *buffers[3];
    orch_status st = orch_frame_measure(frame, i, &size, err);
    if (st != ORCH_OK)
        return st;
    struct column_block *block = column_block_new(&c, &size, buffers);
    if (!block)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory for column \"%s\"", c.name);
    orch_frame_fill(frame, i, buffers);
    *out = (struct ArrowArray){ .length = c.rows, .null_count = size.nulls,
                                .n_buffers = is_text(c.type) ? 3 : 2, .buffers = block->buffers,
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

orch_status orch_frame_export(const struct orch_frame *frame, struct ArrowArray *out,
                              orch_error *err)
{
    size_t n = frame->fields->len;
    struct batch_block *block = batch_block_new(n);
    if (!block)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory for the columns of a batch");
    struct ArrowArray batch = { .length = frame->rows, .n_buffers = 1, .n_children = (int64_t)n,
                                .buffers = block->buffers, .children = block->children,
                                .release = batch_release, .private_data = block };
    for (size_t i = 0; i < n; i++) {
        orch_status st = export_column(frame, i, &block->arrays[i], err);
        if (st != ORCH_OK) {
            batch_release(&batch);
            return st;
        }
    }
    *out = batch;
    return ORCH_OK;
}
