/* SPDX-License-Identifier: Apache-2.0 */
#include "whole_batch.h"

#include <stdlib.h>

#include "bytes.h"
#include "data/batch_check.h"
#include "data/frame.h"
#include "orch/error.h"
#include "orch/view.h"

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

static void check_export(const struct orch_frame *frame)
{
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    if (orch_fields_export(frame->fields, &schema, &err) != ORCH_OK ||
        orch_frame_export(frame, &batch, &err) != ORCH_OK ||
        orch_batch_check(&schema, &batch, &err) != ORCH_OK)
        fuzz_broken("exported: %s: %s", err.message, err.detail);
    schema.release(&schema);
    batch.release(&batch);
}

static void check_frame(struct orch_arena *a, const struct ArrowSchema *schema,
                        const struct ArrowArray *batch)
{
    struct orch_fields fields = { 0 };
    struct orch_frame frame = { 0 }, some = { 0 };
    struct orch_origin origin = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    uint8_t *keep = malloc((size_t)batch->length + 1);
    if (keep == NULL)
        abort();
    for (int64_t i = 0; i < batch->length; i++)
        keep[i] = i % 3 != 1;
    orch_status st = orch_fields_import(a, schema, &fields, &err);
    if (st == ORCH_OK)
        st = orch_frame_import(a, schema, &fields, batch, &frame, &origin, &err);
    if (st == ORCH_OK) {
        check_export(&frame);
        if (orch_frame_filter(a, &frame, keep, &some) != ORCH_OK)
            fuzz_broken("the frame cannot be filtered");
        check_export(&some);
    } else if (err.code != st || err.message[0] == '\0') {
        fuzz_broken("import fails with %d, \"%s\"", st, err.message);
    }
    free(keep);
}

static void read_cells(const struct ArrowSchema *schema, const struct ArrowArray *batch)
{
    orch_view view = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    volatile uint64_t sum = 0;
    orch_status st = orch_view_init(&view, schema, batch, &err);
    for (size_t i = 0; st == ORCH_OK && i < view.n_columns; i++)
        for (int64_t row = 0; row < view.rows; row++)
            sum = sum + (orch_view_is_null(&view, i, row) ? 1 : read_cell(&view, i, row));
    orch_view_release(&view);
}

void fuzz_batch_whole(const struct ArrowSchema *schema, const struct ArrowArray *batch)
{
    enum { ROWS_MOST = 1 << 16 }; /* rows of few bytes: all there is to see is seen before */
    struct orch_arena a = { 0 };
    if (batch->length > ROWS_MOST)
        return;
    read_cells(schema, batch);
    check_frame(&a, schema, batch);
    orch_arena_release(&a);
}
