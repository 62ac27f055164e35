/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of a lying connector: counts, formats, validity and offsets come out of the input; only
 * the sizes of the buffers are true, as Arrow has no way to lie about them. Checked: what passes
 * can be read, imported, filtered and exported, and the export passes again. */
#include <stdlib.h>

#include "bytes.h"
#include "data/batch_check.h"
#include "data/frame.h"
#include "orch/error.h"
#include "orch/view.h"

enum { COLUMNS = 4, ROWS = 40, TEXT_BYTES = 64 };

static const char *const formats[] = { "b", "c", "C", "s",  "S",   "i",      "I",      "l",
                                       "L", "f", "g", "u",  "z",   "tdD",    "tss:UTC", "tsm:UTC",
                                       "tsu:UTC", "tsn:UTC", "+s", "", "U", "tsu:", "tdm", "l" };

enum { FORMATS = sizeof formats / sizeof formats[0] };

struct lie {
    struct ArrowSchema fields[COLUMNS];
    struct ArrowArray arrays[COLUMNS];
    struct ArrowSchema *schemas[COLUMNS];
    struct ArrowArray *children[COLUMNS];
    const void *buffers[COLUMNS][3];
    const void *top_buffers[1];
    int64_t rows;
    struct ArrowSchema schema;
    struct ArrowArray batch;
};

static void schema_done(struct ArrowSchema *s)
{
    s->release = NULL;
}

static void array_done(struct ArrowArray *a)
{
    a->release = NULL;
}

/* ---- building ------------------------------------------------------------------------------ */

/* A count that is true most of the time. */
static int64_t count(struct fuzz_bytes *b, int64_t right)
{
    uint8_t how = fuzz_byte(b);
    if (how < 240)
        return right;
    return how < 244 ? -1 : how < 248 ? INT64_MAX : how < 252 ? INT64_MIN : fuzz_int16(b);
}

static uint8_t *fill(struct fuzz_bytes *b, size_t size)
{
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    if (bytes == NULL)
        abort();
    for (size_t i = 0; i < size; i++)
        bytes[i] = fuzz_byte(b);
    return bytes;
}

static size_t value_bytes(const char *format, size_t rows)
{
    switch (format[0]) {
    case 'b':
        return (rows + 7) / 8;
    case 'c':
    case 'C':
        return rows;
    case 's':
    case 'S':
        return rows * 2;
    case 'i':
    case 'I':
    case 'f':
        return rows * 4;
    default:
        return strcmp(format, "tdD") == 0 ? rows * 4 : rows * 8;
    }
}

/* Offsets that no check of a batch could know to be past the data are brought inside it. */
static int32_t *offsets(struct fuzz_bytes *b, size_t rows, bool rising)
{
    int32_t *list = malloc((rows + 1) * sizeof *list);
    int32_t last = 0;
    if (list == NULL)
        abort();
    for (size_t i = 0; i <= rows; i++) {
        int32_t step = fuzz_byte(b);
        last = rising ? last + step % 4 : step - 8;
        last = last < TEXT_BYTES ? last : TEXT_BYTES;
        list[i] = last;
    }
    return list;
}

static void build_column(struct lie *lie, size_t i, struct fuzz_bytes *b)
{
    const char *format = formats[fuzz_byte(b) % FORMATS];
    bool text = strcmp(format, "u") == 0 || strcmp(format, "z") == 0;
    uint8_t how = fuzz_byte(b);
    size_t rows = (size_t)lie->rows;
    lie->fields[i] = (struct ArrowSchema){ .format = (how & 0x40) != 0 && how > 250 ? NULL : format,
                                           .name = how == 249 ? NULL : "column",
                                           .release = schema_done };
    if ((how & 1) != 0)
        lie->buffers[i][0] = fill(b, (rows + 7) / 8);
    if ((how & 2) == 0)
        lie->buffers[i][1] = text ? (void *)offsets(b, rows, (how & 4) == 0)
                                  : fill(b, value_bytes(format, rows));
    if (text && (how & 8) == 0)
        lie->buffers[i][2] = fill(b, TEXT_BYTES);
    lie->arrays[i] = (struct ArrowArray){ .length = count(b, lie->rows),
                                          .null_count = count(b, (how & 1) != 0 ? -1 : 0),
                                          .offset = count(b, 0),
                                          .n_buffers = count(b, text ? 3 : 2),
                                          .n_children = count(b, 0),
                                          .buffers = lie->buffers[i],
                                          .release = how == 248 ? NULL : array_done };
    lie->schemas[i] = &lie->fields[i];
    lie->children[i] = how == 247 ? NULL : &lie->arrays[i];
}

static void build(struct lie *lie, struct fuzz_bytes *b)
{
    size_t columns = fuzz_byte(b) % (COLUMNS + 1);
    *lie = (struct lie){ .rows = fuzz_byte(b) % ROWS };
    for (size_t i = 0; i < columns; i++)
        build_column(lie, i, b);
    lie->schema = (struct ArrowSchema){ .format = "+s", .name = "", .n_children = (int64_t)columns,
                                        .children = lie->schemas, .release = schema_done };
    /* More children than there are would be read: only fewer can be claimed. */
    lie->batch = (struct ArrowArray){ .length = lie->rows, .null_count = count(b, 0),
                                      .offset = count(b, 0), .n_buffers = count(b, 1),
                                      .n_children = (int64_t)(columns - (fuzz_byte(b) > 250)),
                                      .buffers = lie->top_buffers, .children = lie->children,
                                      .release = array_done };
}

static void destroy(struct lie *lie)
{
    for (size_t i = 0; i < COLUMNS; i++)
        for (size_t k = 0; k < 3; k++)
            free((void *)lie->buffers[i][k]);
}

/* ---- reading what passed ------------------------------------------------------------------- */

static uint64_t read_cell(const orch_view *v, size_t column, int64_t row)
{
    size_t len = 0;
    const char *text;
    uint64_t sum = 0;
    switch (v->columns[column].type) {
    case ORCH_VIEW_BOOL:
        return orch_view_bool(v, column, row);
    case ORCH_VIEW_INT:
        return (uint64_t)orch_view_int(v, column, row);
    case ORCH_VIEW_FLOAT:
        return orch_view_float(v, column, row) > 0;
    case ORCH_VIEW_DATE:
        return (uint64_t)orch_view_date(v, column, row);
    case ORCH_VIEW_TIMESTAMP:
        return (uint64_t)orch_view_timestamp(v, column, row);
    default:
        text = orch_view_text(v, column, row, &len);
        for (size_t i = 0; i < len; i++)
            sum += (unsigned char)text[i];
        return sum;
    }
}

static void check_export(const struct orch_frame *frame, const uint8_t *keep)
{
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    if (orch_fields_export(frame->fields, &schema, &err) != ORCH_OK ||
        orch_frame_export(frame, keep, &batch, &err) != ORCH_OK ||
        orch_batch_check(&schema, &batch, &err) != ORCH_OK)
        fuzz_broken("exported: %s: %s", err.message, err.detail);
    schema.release(&schema);
    batch.release(&batch);
}

static void check_frame(struct orch_arena *a, const struct lie *lie)
{
    struct orch_fields fields = { 0 };
    struct orch_frame frame = { 0 }, some = { 0 };
    struct orch_origin origin = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    uint8_t keep[ROWS];
    for (size_t i = 0; i < ROWS; i++)
        keep[i] = i % 3 != 1;
    orch_status st = orch_fields_import(a, &lie->schema, &fields, &err);
    if (st == ORCH_OK)
        st = orch_frame_import(a, &lie->schema, &fields, &lie->batch, &frame, &origin, &err);
    if (st == ORCH_OK) {
        check_export(&frame, NULL);
        check_export(&frame, keep);
        if (orch_frame_filter(a, &frame, keep, &some) != ORCH_OK)
            fuzz_broken("the frame cannot be filtered");
        check_export(&some, NULL);
    } else if (err.code != st || err.message[0] == '\0') {
        fuzz_broken("import fails with %d, \"%s\"", st, err.message);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes b = { data, size };
    struct orch_arena a = { 0 };
    struct lie lie;
    orch_view view = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    volatile uint64_t sum = 0;

    build(&lie, &b);
    orch_status st = orch_batch_check(&lie.schema, &lie.batch, &err);
    if (st != ORCH_OK && (err.code != st || err.detail[0] == '\0'))
        fuzz_broken("refused with %d, \"%s\"", st, err.message);
    if (st == ORCH_OK) {
        st = orch_view_init(&view, &lie.schema, &lie.batch, &err);
        for (size_t i = 0; st == ORCH_OK && i < view.n_columns; i++)
            for (int64_t row = 0; row < view.rows; row++)
                sum = sum + (orch_view_is_null(&view, i, row) ? 1 : read_cell(&view, i, row));
        orch_view_release(&view);
        check_frame(&a, &lie);
    }
    orch_arena_release(&a);
    destroy(&lie);
    return 0;
}
