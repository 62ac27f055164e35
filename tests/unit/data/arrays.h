/* SPDX-License-Identifier: Apache-2.0 */
/* Arrow structs made by hand, so that tests can also make wrong ones. Nothing is owned. */
#ifndef TEST_DATA_ARRAYS_H
#define TEST_DATA_ARRAYS_H

#include <stddef.h>
#include <stdint.h>

#include "orch/arrow.h"

#define TEST_COLUMNS 4

struct test_batch {
    struct ArrowSchema schema;
    struct ArrowArray array;
    struct ArrowSchema fields[TEST_COLUMNS];
    struct ArrowSchema *field_pointers[TEST_COLUMNS];
    struct ArrowArray columns[TEST_COLUMNS];
    struct ArrowArray *column_pointers[TEST_COLUMNS];
    const void *buffers[TEST_COLUMNS][3];
    const void *top_buffers[1];
};

static inline void test_array_release(struct ArrowArray *array)
{
    array->release = NULL;
}

static inline void test_schema_release(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static inline void test_batch_init(struct test_batch *b, int64_t rows)
{
    *b = (struct test_batch){ 0 };
    b->schema = (struct ArrowSchema){ .format = "+s", .name = "", .children = b->field_pointers,
                                      .release = test_schema_release };
    b->array = (struct ArrowArray){ .length = rows, .n_buffers = 1, .buffers = b->top_buffers,
                                    .children = b->column_pointers,
                                    .release = test_array_release };
}

/* Adds a column with up to three buffers; returns it for the test to bend. */
static inline struct ArrowArray *test_batch_add(struct test_batch *b, const char *name,
                                                const char *format, int64_t nulls,
                                                const void *validity, const void *values,
                                                const void *bytes)
{
    int64_t i = b->array.n_children++;
    b->schema.n_children++;
    b->fields[i] = (struct ArrowSchema){ .format = format, .name = name,
                                         .flags = ARROW_FLAG_NULLABLE,
                                         .release = test_schema_release };
    b->field_pointers[i] = &b->fields[i];
    b->buffers[i][0] = validity;
    b->buffers[i][1] = values;
    b->buffers[i][2] = bytes;
    b->columns[i] = (struct ArrowArray){ .length = b->array.length, .null_count = nulls,
                                         .n_buffers = format[0] == 'u' || format[0] == 'z' ? 3 : 2,
                                         .buffers = b->buffers[i],
                                         .release = test_array_release };
    b->column_pointers[i] = &b->columns[i];
    return &b->columns[i];
}

#endif
