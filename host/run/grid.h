/* SPDX-License-Identifier: Apache-2.0 */
/* Rows as texts, for people: what preview and listings show. Everything lives in one arena. */
#ifndef ORCH_RUN_GRID_H
#define ORCH_RUN_GRID_H

#include "data/frame.h"
#include "orch/view.h"

struct orch_grid {
    const char **names;
    const char **types; /* "text", "timestamp"... */
    size_t n_columns;
    const char **cells; /* row after row; NULL: null */
    size_t n_rows;
    size_t cap_rows;
};

/* Names and types; room for `rows` rows. */
orch_status orch_grid_init(struct orch_arena *a, const struct orch_fields *fields, size_t rows,
                           struct orch_grid *out);
/* Appends rows of a frame while there is room. Failed values read as "(does not convert)". */
orch_status orch_grid_add(struct orch_arena *a, struct orch_grid *g,
                          const struct orch_frame *frame);
/* A batch of the ledger as a grid, all its rows. */
orch_status orch_grid_of_view(struct orch_arena *a, const orch_view *view, struct orch_grid *out);
const char *orch_grid_cell(const struct orch_grid *g, size_t row, size_t column);

#endif
