/* SPDX-License-Identifier: Apache-2.0 */
/* Reading only what came since the last run: rows whose watermark, a column that grows, is above
 * that of the position.
 *
 * The highest watermark is asked for before the rows are read, in the same snapshot: rows need no
 * order, and the column need not be read. */
#ifndef PG_WATERMARK_H
#define PG_WATERMARK_H

#include "pg_scan.h"

#define PG_WATERMARK_FORM 1 /* {"watermark": column, "of": table or query, "after": value} */

struct pg_watermark {
    const char *column;  /* options, borrowed; column NULL: there is no watermark */
    const char *overlap; /* "0s", "10m", "1000" */
    char *query;         /* that reads what came since; NULL before begin */
    char *position;      /* of all rows of the query; NULL: there has never been any */
};

/* Reads the options. ORCH_ECONFIG: one without the other, or an overlap that is none. */
orch_status pg_watermark_open(struct pg_watermark *w, const orch_host *host, orch_error *err);
/* `query` was described by `scan`; `of` is the table's name or the query, as people wrote it. Takes
 * the position of the request. ORCH_ECONFIG: it does not belong to them, or the column cannot be
 * used; ORCH_EDATA: a row has no watermark. */
orch_status pg_watermark_begin(struct pg_watermark *w, const struct pg_scan *scan,
                               const char *query, const char *of,
                               const orch_read_request *request, orch_error *err);
void pg_watermark_release(struct pg_watermark *w);

#endif
