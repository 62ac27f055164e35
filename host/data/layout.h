/* SPDX-License-Identifier: Apache-2.0 */
/* How the values of an Arrow format lie in memory, and which type they become: the profile of
 * orch/arrow.h and what is widened to it (other integers, float32, other units of time). */
#ifndef ORCH_DATA_LAYOUT_H
#define ORCH_DATA_LAYOUT_H

#include "data/type.h"

enum orch_layout_kind {
    ORCH_LAYOUT_BITS = 1, /* boolean */
    ORCH_LAYOUT_INT8,
    ORCH_LAYOUT_UINT8,
    ORCH_LAYOUT_INT16,
    ORCH_LAYOUT_UINT16,
    ORCH_LAYOUT_INT32, /* also date32 */
    ORCH_LAYOUT_UINT32,
    ORCH_LAYOUT_INT64, /* also timestamp in microseconds */
    ORCH_LAYOUT_UINT64,
    ORCH_LAYOUT_FLOAT32,
    ORCH_LAYOUT_FLOAT64,
    ORCH_LAYOUT_BYTES, /* text and binary: int32 offsets and bytes */
    ORCH_LAYOUT_SECONDS,
    ORCH_LAYOUT_MILLISECONDS,
    ORCH_LAYOUT_NANOSECONDS
};

struct orch_layout {
    enum orch_type type;
    enum orch_layout_kind kind;
    uint32_t width;    /* bytes of a fixed-size value; of an offset for bytes; 1 for bits */
    int64_t n_buffers; /* of the ArrowArray */
};

/* false for a format that is not accepted; `format` may be NULL */
bool orch_layout_of_format(const char *format, struct orch_layout *out);

#endif
