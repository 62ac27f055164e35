/* SPDX-License-Identifier: Apache-2.0 */
#include "data/vector.h"

size_t orch_type_width(enum orch_type t)
{
    switch (t) {
    case ORCH_TYPE_BOOLEAN:
        return sizeof(uint8_t);
    case ORCH_TYPE_INTEGER:
    case ORCH_TYPE_DATE:
    case ORCH_TYPE_TIMESTAMP:
        return sizeof(int64_t);
    case ORCH_TYPE_NUMBER:
        return sizeof(double);
    case ORCH_TYPE_TEXT:
    case ORCH_TYPE_BINARY:
        return sizeof(struct orch_str);
    case ORCH_TYPE_NULL:
    case ORCH_TYPE_LIST:
        break;
    }
    return 0; /* no values of its own */
}

void *orch_vector_values(struct orch_arena *a, enum orch_type type, int64_t rows)
{
    size_t bytes;
    if (rows < 0 || (uint64_t)rows > SIZE_MAX ||
        !orch_mul_size((size_t)rows, orch_type_width(type), &bytes))
        return NULL;
    return orch_arena_alloc(a, bytes);
}
