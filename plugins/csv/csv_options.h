/* SPDX-License-Identifier: Apache-2.0 */
/* The options of one csv source, parsed. */
#ifndef CSV_OPTIONS_H
#define CSV_OPTIONS_H

#include "orch/connector.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* UTF-8 text never holds this byte, so a quote set to it never matches. */
#define CSV_QUOTE_NONE 0xff
#define CSV_MAX_COLUMNS 4096

struct csv_list {
    const char **items; /* the host's strings: borrowed until close */
    size_t *lens;
    size_t count;
};

struct csv_options {
    unsigned char delimiter; /* 0: decided by each input's first lines */
    unsigned char quote;     /* CSV_QUOTE_NONE: fields are not quoted */
    bool header;
    bool metadata;
    bool trailing;
    bool short_null;    /* short_rows = "null" */
    bool empty_as_null;
    int64_t skip_lines;
    int64_t header_lines;
    int64_t header_row; /* 1-based, at most header_lines */
    int64_t max_field;
    int64_t max_record;
    struct csv_list columns;
    struct csv_list null_words;
    uint64_t null_lengths; /* bit n: a null word has n bytes; bit 63: or more */
    const char *comment;   /* borrowed; NULL: there are no comment lines */
    size_t comment_len;
};

#define CSV_OPTION_COUNT 15
extern const orch_option *const csv_option_table[CSV_OPTION_COUNT];

/* Reads and cross-checks the options. ORCH_ECONFIG names option and value. */
orch_status csv_options_read(struct csv_options *out, const orch_host *host, orch_error *err);
void csv_options_release(struct csv_options *options);

/* Is this field one of the null words? */
bool csv_options_is_null_word(const struct csv_options *options, const char *text, size_t len);

#endif
