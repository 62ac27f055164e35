/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of a batch as lines of CSV or JSON. */
#ifndef FILES_ROWS_H
#define FILES_ROWS_H

#include "files_options.h"
#include "files_sink.h"
#include "orch/arrow.h"
#include "orch/view.h"

/* The text of geometry columns is WKT, that of other bytes hexadecimal. */
struct files_layout {
    const struct files_options *options;
    const struct ArrowSchema *schema; /* borrowed from the writer */
    size_t n_columns;
    bool *geometry;   /* of each column */
    char **labels;    /* CSV: the name as a field; JSON: `"name":` */
    size_t *label_lens;
};

orch_status files_layout_init(struct files_layout *out, const struct files_options *options,
                              const struct ArrowSchema *schema, orch_error *err);
void files_layout_release(struct files_layout *layout);

/* The header line of a CSV file, without mark and line end; the caller frees *out. */
orch_status files_header_text(const struct files_layout *layout, char **out, size_t *len,
                              orch_error *err);

/* Writes all rows. ORCH_EDATA naming column and row (`first_row`: the number of row 0): a date
 * outside the years 0000 to 9999, a number that JSON cannot hold, bytes that are no geometry. */
orch_status files_csv_rows(const struct files_layout *layout, struct files_sink *sink,
                           const orch_view *view, int64_t first_row, orch_error *err);
orch_status files_jsonl_rows(const struct files_layout *layout, struct files_sink *sink,
                             const orch_view *view, int64_t first_row, orch_error *err);

/* Pieces that both share. false: see the rules above. */
bool files_put_instant(struct files_sink *sink, const orch_view *view, size_t column, int64_t row);
/* WKT or hexadecimal digits. */
bool files_put_binary(struct files_sink *sink, const orch_view *view, size_t column, int64_t row,
                      bool geometry);
orch_status files_refuse(const orch_view *view, size_t column, int64_t row, const char *problem,
                         orch_error *err);

#endif
