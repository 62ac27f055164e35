/* SPDX-License-Identifier: Apache-2.0 */
/* One value between SQLite and a batch, in both directions. */
#ifndef LITE_CELL_H
#define LITE_CELL_H

#include <sqlite3.h>

#include "lite_kind.h"
#include "orch/builder.h"
#include "orch/view.h"

/* Binds a cell: booleans as 0 and 1, dates and instants (milliseconds) as ISO text. SQLITE_RANGE
 * for a date outside the years 0000 to 9999. Text is borrowed until the statement is reset. */
int lite_cell_bind(sqlite3_stmt *stmt, int parameter, const orch_view *view, size_t column,
                   int64_t row);

enum lite_fit {
    LITE_FITS = 0,
    LITE_MISFIT_TYPE,     /* the value is of another kind than the column */
    LITE_MISFIT_ENCODING, /* text that is not UTF-8 */
    LITE_NO_MEMORY
};
/* Puts a value that SQLite gave into the builder's column, which has lite_format(kind). On a
 * misfit nothing was put. Geometry is taken as it stands. */
enum lite_fit lite_cell_take(sqlite3_stmt *stmt, int from, enum lite_kind kind, orch_builder *b,
                             size_t column);

#endif
