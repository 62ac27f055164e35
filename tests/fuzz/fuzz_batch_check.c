/* SPDX-License-Identifier: Apache-2.0 */
/* Batches of a lying connector: counts, formats, validity and offsets come out of the input; only
 * the sizes of the buffers are true, as Arrow has no way to lie about them. Checked: what passes
 * can be read, imported, filtered and exported, and the export passes again. */
#include <stdlib.h>

#include "bytes.h"
#include "data/batch_check.h"
#include "orch/error.h"
#include "whole_batch.h"

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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_bytes b = { data, size };
    struct lie lie;
    orch_error err = ORCH_ERROR_INIT;

    build(&lie, &b);
    orch_status st = orch_batch_check(&lie.schema, &lie.batch, &err);
    if (st != ORCH_OK && (err.code != st || err.detail[0] == '\0'))
        fuzz_broken("refused with %d, \"%s\"", st, err.message);
    if (st == ORCH_OK)
        fuzz_batch_whole(&lie.schema, &lie.batch);
    destroy(&lie);
    return 0;
}
