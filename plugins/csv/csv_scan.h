/* SPDX-License-Identifier: Apache-2.0 */
/* Records of one input, cut by libcsv, each with its place.
 *
 * libcsv knows no positions: it is fed one physical line at a time, so that its row callback says
 * on which line a record ended. It runs in strict mode: a quote where none may stand is a fault.
 *
 * A quote that never closes would swallow the records after it. Such a record ends with the line
 * that holds the quote, and scanning goes on with the next line. One reader's lane. */
#ifndef CSV_SCAN_H
#define CSV_SCAN_H

#include "csv_options.h"
#include "csv_window.h"

#include <csv.h>

enum csv_fault {
    CSV_FAULT_NONE = 0,
    CSV_FAULT_QUOTE,    /* a stray quote */
    CSV_FAULT_UNCLOSED, /* a quoted field that does not end */
    CSV_FAULT_RECORD,   /* longer than max_record */
    CSV_FAULT_NUL,      /* a zero byte */
    CSV_FAULT_FIELD     /* a field longer than max_field */
};

struct csv_record {
    int64_t number; /* 1-based, of all records since the scan began to count */
    int64_t line;   /* 1-based physical line on which it begins */
    int64_t offset;
    int64_t end;         /* past its last byte, terminator included */
    int64_t opened;      /* past the line on which its last field begins */
    int64_t opened_line; /* that line */
    size_t fields;
    size_t filled;      /* fields that are not empty */
    size_t long_field;  /* position from 0 of a field longer than max_field */
    enum csv_fault fault;
    int64_t fault_line; /* for CSV_FAULT_QUOTE: the line, and the byte of it from 1 */
    int64_t fault_byte;
};

/* Field `position` (from 0) of the record in progress; NULL: empty and not quoted. */
typedef void (*csv_field_fn)(void *ctx, size_t position, const char *text, size_t len);

struct csv_scan {
    const struct csv_options *options;
    struct csv_window window;
    struct csv_parser parser;
    bool parser_ready;
    int64_t held_line;
    csv_field_fn field;
    void *ctx;
    struct csv_record record; /* in progress */
    int64_t at;               /* the next line's first byte */
    int64_t line;             /* the next line's number */
    int64_t stop;             /* where records end to begin */
    int64_t slice_end;        /* past the line libcsv is fed with */
    bool row_done;
    bool skipping; /* inside a line that is too long: the rest of it goes first */
};

/* Opens input `index` and passes over skip_lines. */
orch_status csv_scan_open(struct csv_scan *s, const orch_host *host, size_t index,
                          const struct csv_options *options, orch_error *err);
void csv_scan_close(struct csv_scan *s); /* zeroed allowed */
/* Between two records. */
void csv_scan_delimiter(struct csv_scan *s, unsigned char delimiter);
/* Who gets the fields from now on. */
void csv_scan_sink(struct csv_scan *s, csv_field_fn field, void *ctx);

/* Goes on to the line on which the next record begins. ORCH_END: there is none. */
orch_status csv_scan_pass_blank(struct csv_scan *s, orch_error *err);
/* From now on no record begins at or after `offset`; INT64_MAX: any may. */
void csv_scan_stop_at(struct csv_scan *s, int64_t offset);

/* Reads the next record into s->record; blank lines and comments are passed over. Its fields have
 * gone to the sink, some of them also when it has a fault. The record's text stays in the window
 * until the next call. ORCH_END after the last. */
orch_status csv_scan_next(struct csv_scan *s, orch_error *err);

/* The record's text without its line end, at most 64 KiB of it. */
const char *csv_scan_raw(const struct csv_scan *s, size_t *len);

/* Does the record, of which something is wrong, span lines that by themselves have `columns`
 * fields? Then a quote was not closed: the record is made to end with its first line, and
 * scanning goes on with the next one. */
bool csv_scan_unswallow(struct csv_scan *s, size_t columns);

/* Remembers this place between two records; the text from here on stays in memory. */
void csv_scan_hold(struct csv_scan *s);
/* Goes back to the held place and begins to count records anew. */
void csv_scan_return(struct csv_scan *s);
/* Nobody will come back any more. */
void csv_scan_unhold(struct csv_scan *s);

#endif
