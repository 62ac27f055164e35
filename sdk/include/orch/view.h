/* SPDX-License-Identifier: Apache-2.0 */
/* Read a batch without knowing Arrow: typed getters and null tests.
 *
 * Invariants: a view borrows schema and batch and is valid as long as both; it allocates one
 * array of columns. Getters do not check bounds in release builds (assert in debug): row in
 * [0, rows), column in [0, columns), type as the column says. */
#ifndef ORCH_VIEW_H
#define ORCH_VIEW_H

#include "orch/arrow.h"
#include "orch/connector.h"

#ifdef __cplusplus
extern "C" {
#endif

enum orch_view_type {
    ORCH_VIEW_BOOL = 1,
    ORCH_VIEW_INT,       /* int8 to int64 and uint8 to uint32, widened */
    ORCH_VIEW_FLOAT,     /* float32, float64 */
    ORCH_VIEW_TEXT,
    ORCH_VIEW_BINARY,
    ORCH_VIEW_DATE,
    ORCH_VIEW_TIMESTAMP  /* microseconds since 1970-01-01T00:00Z, whatever the unit */
};

typedef struct orch_view_column {
    enum orch_view_type type;
    uint32_t width;           /* bytes of one fixed-size value; 0 for bool and text */
    const char *name;
    const uint8_t *validity;  /* NULL: no null */
    const void *values;       /* fixed-size values, or the bits of a bool column */
    const int32_t *offsets;   /* text and binary */
    const char *bytes;
    int64_t scale;            /* timestamps: microseconds a unit (0: value is in nanoseconds) */
    bool is_unsigned;
} orch_view_column;

typedef struct orch_view {
    int64_t rows;
    size_t n_columns;
    orch_view_column *columns;
} orch_view;

/* Checks formats, child counts and buffer counts, then borrows. ORCH_ESCHEMA: outside the
 * profile or not matching; *out is untouched. */
orch_status orch_view_init(orch_view *out, const struct ArrowSchema *schema,
                           const struct ArrowArray *batch, orch_error *err);
void orch_view_release(orch_view *view);

bool orch_view_is_null(const orch_view *view, size_t column, int64_t row);
bool orch_view_bool(const orch_view *view, size_t column, int64_t row);
int64_t orch_view_int(const orch_view *view, size_t column, int64_t row);
double orch_view_float(const orch_view *view, size_t column, int64_t row);
const char *orch_view_text(const orch_view *view, size_t column, int64_t row, size_t *len);
const void *orch_view_binary(const orch_view *view, size_t column, int64_t row, size_t *len);
int32_t orch_view_date(const orch_view *view, size_t column, int64_t row);
int64_t orch_view_timestamp(const orch_view *view, size_t column, int64_t row);

#ifdef __cplusplus
}
#endif
#endif
