/* SPDX-License-Identifier: Apache-2.0 */
/* The state of one reading: private to xml_reader.c (batches) and xml_rows.c (events to rows). */
#ifndef XML_READER_H
#define XML_READER_H

#include "xml_document.h"

struct xml_interned {
    const char *names[XML_PATH_MAX];
    size_t n;
    const char *attribute;
};

struct xml_buffer {
    char *ptr;
    size_t len, cap;
    bool set; /* a value is there, possibly empty */
};

/* A value of an element above the record, valid while the element at `scope` is open. */
struct xml_carried {
    size_t scope; /* depth of that element; 0: free */
    struct xml_buffer value;
    bool missed;  /* a record was made without it */
    bool used;    /* a record was made with it: the next value begins anew */
};

struct xml_column {
    const struct xml_field *field;
    struct xml_interned path;
    struct xml_buffer value;                        /* of the record, or of the exploded element */
    struct xml_carried *carried;                    /* of elements above, by scope */
    size_t n_carried;
    size_t capture;                                 /* depth of the element being read; 0: none */
    size_t capture_scope;                           /* for columns of elements above */
    size_t capture_start;                           /* where this occurrence begins in its buffer */
};

/* The finished values of one exploded element: one for each exploded column. */
struct xml_piece {
    struct xml_buffer *values;
    int64_t line;
};

struct orch_reader {
    struct orch_source *source;
    struct ArrowSchema schema;
    orch_builder *builder;
    int64_t target_rows, target_bytes;
    struct xml_document *document;
    size_t input;
    int64_t bytes_before, rows;
    struct xml_interned record, explode;
    struct xml_column *columns;
    size_t n_columns;
    /* the document in progress */
    const char *stack[256];
    size_t record_depth;   /* 0: outside */
    size_t explode_depth;  /* 0: outside */
    int64_t record_number, record_line;
    const char *seen[12];  /* the first elements, named when there is no record */
    size_t n_seen;
    size_t n_captures;     /* columns being read */
    bool spoilt;           /* the record is to be rejected */
    struct xml_piece *pieces;
    size_t n_pieces, cap_pieces;
    orch_status status;    /* of an event: memory, or the reject limit */
};

struct xml_handler xml_rows_handler(orch_reader *r);
void xml_rows_reset(orch_reader *r);   /* before a document */
void xml_rows_release(orch_reader *r);

#endif
