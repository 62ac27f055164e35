/* SPDX-License-Identifier: Apache-2.0 */
/* What stands above the rows of one input: metadata block, header, and so the columns. */
#ifndef CSV_HEAD_H
#define CSV_HEAD_H

#include "csv_scan.h"

/* Texts of one record, kept. */
struct csv_cells {
    char **texts; /* NUL-terminated copies; NULL where empty and not quoted */
    size_t *lens;
    size_t count;
    size_t capacity;
    bool failed; /* out of memory */
    bool many;   /* more than CSV_MAX_COLUMNS: the rest is left out */
};

struct csv_head {
    char **names; /* unique: of the metadata, then of the table */
    size_t n_metadata;
    size_t n_table;
    struct csv_cells values; /* of the metadata; may be fewer than n_metadata */
    size_t least;            /* fields that a row must have */
    char *header;            /* the header line that gave the names, as read; NULL: none */
    size_t header_len;
};

/* Decides the delimiter and reads up to the first row; `s` has just been opened. `input` names it
 * in errors: those of csv_detect, and
 * ORCH_EDATA    it is empty, or its metadata or header cannot be read.
 * ORCH_ECONFIG  the option columns does not fit the header. */
orch_status csv_head_read(struct csv_head *out, struct csv_scan *s, const char *input,
                          orch_error *err);
void csv_head_release(struct csv_head *head); /* zeroed allowed */

/* Is this the header line once more (files put together)? */
bool csv_head_is_header(const struct csv_head *head, const char *raw, size_t len);

#endif
