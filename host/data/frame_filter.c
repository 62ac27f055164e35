/* SPDX-License-Identifier: Apache-2.0 */
#include "data/frame.h"

/* A copy of `rows` items whose size the compiler knows. */
#define GATHER(size)                   \
    for (int64_t i = 0; i < rows; i++) \
        memcpy(out + (size) * (size_t)i, from + (size) * (size_t)pick[i], (size))

/* out[i] = in[pick[i]], in the arena; NULL: out of memory. */
static void *gather(struct orch_arena *a, const void *in, size_t width, const int32_t *pick,
                    int64_t rows)
{
    size_t bytes;
    if (!orch_mul_size((size_t)rows, width, &bytes))
        return NULL;
    const unsigned char *from = in;
    unsigned char *out = orch_arena_alloc(a, bytes);
    if (!out)
        return NULL;
    if (width == 1)
        GATHER(1);
    else if (width == 4)
        GATHER(4);
    else if (width == 8)
        GATHER(8);
    else if (width == sizeof(struct orch_str))
        GATHER(sizeof(struct orch_str));
    else
        GATHER(width);
    return out;
}

#undef GATHER

static bool any_picked(const uint8_t *null, const int32_t *pick, int64_t rows)
{
    uint8_t any = 0;
    for (int64_t i = 0; i < rows; i++)
        any |= null[pick[i]];
    return any != 0;
}

static bool any_failed(const uint32_t *fail, const int32_t *pick, int64_t rows)
{
    uint32_t any = 0;
    for (int64_t i = 0; i < rows; i++)
        any |= fail[pick[i]];
    return any != 0;
}

static orch_status filter_vector(struct orch_arena *a, const struct orch_vector *in,
                                 const int32_t *pick, int64_t rows, struct orch_vector *out)
{
    struct orch_vector vector = { .type = in->type };
    size_t width = orch_type_width(in->type);

    /* Later kernels are quicker where nothing is null or failed any more. */
    if (in->null && any_picked(in->null, pick, rows)) {
        vector.null = gather(a, in->null, sizeof *in->null, pick, rows);
        if (!vector.null)
            return ORCH_ENOMEM;
    }
    if (in->fail && any_failed(in->fail, pick, rows)) {
        vector.fail = gather(a, in->fail, sizeof *in->fail, pick, rows);
        if (!vector.fail)
            return ORCH_ENOMEM;
    }
    if (width > 0) {
        vector.of.any = gather(a, in->of.any, width, pick, rows);
        if (!vector.of.any)
            return ORCH_ENOMEM;
    }
    *out = vector;
    return ORCH_OK;
}

/* The rows that stay, in the arena; NULL: out of memory. */
static int32_t *rows_kept(struct orch_arena *a, const uint8_t *keep, int64_t rows, int64_t kept)
{
    int32_t *pick = orch_arena_alloc(a, ((size_t)kept + 1) * sizeof *pick);
    for (int64_t i = 0, at = 0; pick && i < rows; i++) {
        pick[at] = (int32_t)i;
        at += keep[i] != 0;
    }
    return pick;
}

orch_status orch_frame_filter(struct orch_arena *a, const struct orch_frame *in,
                              const uint8_t *keep, struct orch_frame *out)
{
    struct orch_frame frame = { .fields = in->fields };
    size_t n = in->fields->len;

    for (int64_t i = 0; i < in->rows; i++)
        frame.rows += keep[i] != 0;
    if (frame.rows == in->rows) {
        *out = *in;
        return ORCH_OK;
    }
    int32_t *pick = rows_kept(a, keep, in->rows, frame.rows);
    frame.columns = orch_arena_array(a, n, sizeof *frame.columns);
    if (!pick || !frame.columns)
        return ORCH_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        orch_status st =
            filter_vector(a, &in->columns[i], pick, frame.rows, &frame.columns[i]);
        if (st != ORCH_OK)
            return st;
    }
    frame.source_row = pick;
    if (in->source_row) {
        frame.source_row = gather(a, in->source_row, sizeof *pick, pick, frame.rows);
        if (!frame.source_row)
            return ORCH_ENOMEM;
    }
    *out = frame;
    return ORCH_OK;
}
