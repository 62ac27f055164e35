/* SPDX-License-Identifier: Apache-2.0 */
/* Text with zero bytes ends here: PostgreSQL refuses it, XML cannot hold it, and many tools cut it
 * off there without a word. Nothing behind makes one: literals of the script hold none and row
 * functions are checked. */
#include "engine/step.h"
#include "orch/error.h"

static bool holds_zero(const struct orch_vector *v, int64_t row)
{
    const struct orch_str *s = v->zeros ? &v->of.text[row] : NULL;

    return s != NULL && orch_vector_present(v, row) && memchr(s->ptr, '\0', s->len) != NULL;
}

static bool reject(struct orch_plan *p, const struct orch_frame *in, size_t column, int64_t row)
{
    struct orch_plan_reject reject = {
        .source_row = in->source_row != NULL ? in->source_row[row] : row,
        .rule = "nul",
        .message = "the text holds a zero byte; take it out in the source",
        .column = in->fields->items[column].name,
        .raw = in->columns[column].of.text[row],
    };

    return orch_vec_push(&p->rejects, reject);
}

orch_status orch_plan_drop_zero_bytes(struct orch_plan *p, struct orch_frame *frame,
                                      orch_error *err)
{
    const struct orch_frame in = *frame;
    size_t n = in.fields->len, i = 0;
    uint8_t *keep;

    while (i < n && !in.columns[i].zeros)
        i++;
    if (i == n)
        return ORCH_OK;
    keep = orch_arena_array(&p->batch, (size_t)in.rows + 1, 1);
    if (keep == NULL)
        return orch_batch_no_memory(&in, err);
    for (int64_t row = 0; row < in.rows; row++) {
        for (i = 0; i < n && !holds_zero(&in.columns[i], row); i++)
            continue;
        keep[row] = i == n;
        if (i < n && !reject(p, &in, i, row))
            return orch_batch_no_memory(&in, err);
    }
    return orch_frame_filter(&p->batch, &in, keep, frame) == ORCH_OK
               ? ORCH_OK : orch_batch_no_memory(&in, err);
}
