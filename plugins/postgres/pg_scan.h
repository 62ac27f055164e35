/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a query as batches: a binary COPY to us.
 *
 * Invariants: `columns` own their names; `builder` belongs to `schema`, which has the same
 * columns. Memory holds one batch and one row. */
#ifndef PG_SCAN_H
#define PG_SCAN_H

#include "orch/builder.h"

#include "pg_kind.h"
#include "pg_session.h"

struct pg_scan_column {
    char *name;
    enum pg_kind kind;
    bool as_text; /* the server casts it */
};

struct pg_scan {
    struct pg_session *session;
    const char *shown; /* what is read, for errors; borrowed */
    struct pg_scan_column *columns;
    size_t n_columns;
    struct ArrowSchema schema;
    orch_builder *builder;
    bool started, ended;
    bool cut;         /* a row was rejected: numbers after it do not follow on */
    bool told;        /* that texts are not UTF-8 */
    int64_t records;  /* read so far */
    int64_t first;    /* record number of the builder's first row */
    int64_t bytes;
};

/* Describes the columns of a query (no semicolon at its end). ORCH_ECONFIG: it does not run, or
 * has two columns of one name. */
orch_status pg_scan_describe(struct pg_scan *scan, struct pg_session *s, const char *query,
                             const char *shown, orch_error *err);
/* Keeps the columns named, in that order. ORCH_ESCHEMA: there is no such column. */
orch_status pg_scan_pick(struct pg_scan *scan, const char *const *names, size_t n,
                         orch_error *err);
/* Starts the COPY. */
orch_status pg_scan_begin(struct pg_scan *scan, const char *query, orch_error *err);
/* Fills the builder up to about `rows` and `bytes`; ORCH_END: no row was left. */
orch_status pg_scan_fill(struct pg_scan *scan, int64_t rows, int64_t bytes, orch_error *err);
void pg_scan_release(struct pg_scan *scan);

/* ---- pg_message.c ---- */

/* The schema of the columns, and a builder for it. */
orch_status pg_scan_schema(struct pg_scan *scan, orch_error *err);
/* Takes one message of the COPY: its header, rows, its trailer. Rows that cannot be kept are
 * rejected. ORCH_EIO: it is no such message. */
orch_status pg_scan_message(struct pg_scan *scan, const unsigned char *p, size_t len,
                            orch_error *err);
/* Ends the scan with the error of a server that does not send what it should. */
orch_status pg_scan_malformed(struct pg_scan *scan, orch_error *err);

#endif
