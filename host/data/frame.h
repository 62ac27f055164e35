/* SPDX-License-Identifier: Apache-2.0 */
/* Fields, and a frame: named vectors of equal length that pass through the steps of a plan. */
#ifndef ORCH_DATA_FRAME_H
#define ORCH_DATA_FRAME_H

#include "data/vector.h"
#include "orch/arrow.h"

struct orch_field {
    const char *name;
    enum orch_type type;
    const char *comment;  /* or NULL */
    const char *geometry; /* geometry type name of a binary column, or NULL */
    const char *crs;      /* EPSG code, or NULL */
};

struct orch_fields {
    struct orch_field *items;
    size_t len;
};

/* Index of a field, or -1. */
ptrdiff_t orch_fields_find(const struct orch_fields *f, const char *name);
/* The name nearest to `name`, or NULL. */
const char *orch_fields_nearest(const struct orch_fields *f, const char *name);

/* Where the rows of a source batch stood; arrays of the batch's rows or NULL when unknown. */
struct orch_origin {
    uint32_t input;
    int64_t first_record; /* used when record is NULL: row i is record first_record + i */
    const int64_t *record;
    const int64_t *line;
    const int64_t *offset;
};

struct orch_frame {
    const struct orch_fields *fields;
    struct orch_vector *columns;
    int64_t rows;
    /* For each row the row of the source batch it comes from; NULL: the same index. */
    const int32_t *source_row;
};

/* ---- Arrow in and out -------------------------------------------------------------------- */

/* Fields of a struct schema, role fields left out; everything is copied into the arena.
 * ORCH_ESCHEMA names a column whose format is outside the profile. */
orch_status orch_fields_import(struct orch_arena *a, const struct ArrowSchema *schema,
                               struct orch_fields *out, orch_error *err);
/* The schema of fields; release it. */
orch_status orch_fields_export(const struct orch_fields *f, struct ArrowSchema *out,
                               orch_error *err);

/* Vectors over a batch without copying values where layouts agree: the batch must outlive the
 * frame. *origin gets the role columns; its input and first_record stay as they are. The batch has
 * been checked (data/batch_check.h). ORCH_EDATA: a value does not fit its type when widened. */
orch_status orch_frame_import(struct orch_arena *a, const struct ArrowSchema *schema,
                              const struct orch_fields *fields, const struct ArrowArray *batch,
                              struct orch_frame *out, struct orch_origin *origin, orch_error *err);
/* A batch that owns its memory. Failed values must have been rejected before. ORCH_EDATA: a text or
 * a date is beyond what Arrow's types hold. */
orch_status orch_frame_export(const struct orch_frame *frame, struct ArrowArray *out,
                              orch_error *err);

/* The same a column at a time into memory of the caller's, in two steps. */
struct orch_frame_size {
    int64_t nulls;
    int64_t text_bytes;
};
/* Fails as export does. */
orch_status orch_frame_measure(const struct orch_frame *frame, size_t column,
                               struct orch_frame_size *out, orch_error *err);
/* Lays out a column that has been measured: validity bitmap (NULL where nothing is null), then
 * values, bits or offsets, then text; the first two have room up to a multiple of 64 bytes. Writes
 * only: another process may see the memory. */
void orch_frame_fill(const struct orch_frame *frame, size_t column, void *const buffers[3]);
/* The frame without the rows whose keep is 0, in the arena. */
orch_status orch_frame_filter(struct orch_arena *a, const struct orch_frame *in,
                              const uint8_t *keep, struct orch_frame *out);

#endif
