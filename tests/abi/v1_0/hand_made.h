/* SPDX-License-Identifier: Apache-2.0 */
/* Schemas, batches and errors by hand: a plugin of 1.0 must run without the SDK's library of
 * today, so these use the frozen headers and libc only. */
#ifndef TEST_V1_0_HAND_MADE_H
#define TEST_V1_0_HAND_MADE_H

#include "orch/arrow.h"
#include "orch/connector.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HAND __attribute__((unused)) static

enum { HAND_COLUMNS = 4 };

/* ---- errors ------------------------------------------------------------------------------- */

/* Fills what the caller's storage holds; a host of a later minor may have a longer struct. */
HAND orch_status hand_error(orch_error *err, orch_status code, const char *message,
                            const char *hint, int64_t row)
{
    orch_error filled = ORCH_ERROR_INIT;

    if (!err || err->struct_size < sizeof filled)
        return code;
    filled.struct_size = err->struct_size;
    filled.code = code;
    filled.row = row;
    snprintf(filled.message, sizeof filled.message, "%s", message);
    snprintf(filled.hint, sizeof filled.hint, "%s", hint);
    memcpy(err, &filled, sizeof filled);
    return code;
}

/* ---- schemas ------------------------------------------------------------------------------ */

struct hand_schema {
    struct ArrowSchema children[HAND_COLUMNS];
    struct ArrowSchema *pointers[HAND_COLUMNS];
};

HAND void hand_field_release(struct ArrowSchema *field)
{
    field->release = NULL;
}

HAND void hand_schema_release(struct ArrowSchema *schema)
{
    for (int64_t i = 0; i < schema->n_children; i++)
        if (schema->children[i]->release)
            schema->children[i]->release(schema->children[i]);
    free(schema->private_data);
    schema->release = NULL;
}

/* Names and formats are static. */
HAND orch_status hand_schema(struct ArrowSchema *out, int64_t n, const char *const *names,
                             const char *const *formats)
{
    struct hand_schema *made = calloc(1, sizeof *made);

    if (!made)
        return ORCH_ENOMEM;
    for (int64_t i = 0; i < n; i++) {
        made->children[i] = (struct ArrowSchema){
            .format = formats[i],
            .name = names[i],
            .flags = ARROW_FLAG_NULLABLE,
            .release = hand_field_release,
        };
        made->pointers[i] = &made->children[i];
    }
    *out = (struct ArrowSchema){
        .format = ORCH_FORMAT_STRUCT,
        .name = "",
        .n_children = n,
        .children = made->pointers,
        .release = hand_schema_release,
        .private_data = made,
    };
    return ORCH_OK;
}

/* ---- batches ------------------------------------------------------------------------------ */

struct hand_batch {
    struct ArrowArray children[HAND_COLUMNS];
    struct ArrowArray *pointers[HAND_COLUMNS];
    const void *buffers[HAND_COLUMNS][3];
    const void *none[1]; /* a struct array has one buffer: its validity, absent */
};

HAND void hand_column_release(struct ArrowArray *column)
{
    for (int64_t i = 0; i < column->n_buffers; i++)
        free((void *)(uintptr_t)column->buffers[i]);
    column->release = NULL;
}

HAND void hand_batch_release(struct ArrowArray *batch)
{
    for (int64_t i = 0; i < batch->n_children; i++)
        if (batch->children[i]->release)
            batch->children[i]->release(batch->children[i]);
    free(batch->private_data);
    batch->release = NULL;
}

/* A batch whose columns have no buffers yet: hand_column fills them. */
HAND orch_status hand_batch(struct ArrowArray *out, int64_t rows, int64_t n)
{
    struct hand_batch *made = calloc(1, sizeof *made);

    if (!made)
        return ORCH_ENOMEM;
    for (int64_t i = 0; i < n; i++) {
        made->children[i] = (struct ArrowArray){
            .length = rows,
            .buffers = made->buffers[i],
            .release = hand_column_release,
        };
        made->pointers[i] = &made->children[i];
    }
    *out = (struct ArrowArray){
        .length = rows,
        .n_buffers = 1,
        .n_children = n,
        .buffers = made->none,
        .children = made->pointers,
        .release = hand_batch_release,
        .private_data = made,
    };
    return ORCH_OK;
}

/* Takes the buffers, which came from malloc; `bytes` NULL for columns of fixed width. */
HAND void hand_column(struct ArrowArray *batch, int64_t i, void *validity, int64_t nulls,
                      void *values, void *bytes)
{
    struct ArrowArray *column = batch->children[i];

    column->buffers[0] = validity;
    column->buffers[1] = values;
    column->buffers[2] = bytes;
    column->n_buffers = bytes ? 3 : 2;
    column->null_count = nulls;
}

#endif
