/* SPDX-License-Identifier: Apache-2.0 */
/* A vector: the values of one column for the rows of one batch.
 *
 * Per row a value is present, null, or failed (it did not convert). Failed is stronger than null.
 *   null  one byte a row, 1 = null; NULL pointer: no nulls
 *   fail  0 = fine, else 1 + index into the batch's failures; NULL pointer: no failures
 * The value slot of a null or failed row holds anything valid to read (text: {"", 0} or any view).
 * Vectors borrow: their arrays live in the batch arena or in the batch they were imported from,
 * and are never written after the kernel that made them returned. Text is a view per row, so that
 * trim, sub and the like copy nothing.
 * Text holds no zero bytes, for no destination can be trusted with them; only a vector that was
 * imported may have some, and then `zeros` is set: a plan rejects those rows before its steps. */
#ifndef ORCH_DATA_VECTOR_H
#define ORCH_DATA_VECTOR_H

#include "base/arena.h"
#include "data/type.h"

struct orch_vector {
    enum orch_type type;
    const uint8_t *null;
    const uint32_t *fail;
    bool zeros;
    union {
        const uint8_t *boolean; /* 0 or 1 */
        const int64_t *integer; /* integer, date, timestamp */
        const double *number;
        const struct orch_str *text; /* text and binary */
        const void *any;
    } of;
};

/* Bytes of one value slot of a type. */
size_t orch_type_width(enum orch_type t);

/* Allocates the value array for `rows` of `type` in the arena (not zeroed); NULL: out of memory. */
void *orch_vector_values(struct orch_arena *a, enum orch_type type, int64_t rows);

#endif
