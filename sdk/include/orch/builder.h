/* SPDX-License-Identifier: Apache-2.0 */
/* Build schemas and batches a value at a time, without knowing Arrow. Part of the SDK's static
 * library (hidden symbols): each plugin carries its own copy.
 *
 * Invariants: columns are added before the first value; every column gets exactly one value (or
 * null) a row, then orch_builder_row ends the row. After a failed append no row ends and no batch
 * is given: both return what failed first, so that no value is lost where nobody looked. Not
 * thread-safe; one builder belongs to one lane. */
#ifndef ORCH_BUILDER_H
#define ORCH_BUILDER_H

#include "orch/arrow.h"
#include "orch/connector.h"
#include "orch/error.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- schema ----------------------------------------------------------------------------- */

/* Makes *out an empty struct schema; add fields, release with out->release(out). */
orch_status orch_schema_init(struct ArrowSchema *out);
/* Adds a nullable field; name and format are copied. ORCH_EINVAL: format outside the profile. */
orch_status orch_schema_add(struct ArrowSchema *schema, const char *name, const char *format);
/* Sets a metadata key of the last field added; key and value are copied. */
orch_status orch_schema_annotate(struct ArrowSchema *schema, const char *key, const char *value);
/* Deep copy. */
orch_status orch_schema_copy(const struct ArrowSchema *from, struct ArrowSchema *out);
/* The value of a field's metadata key, not NUL-terminated; NULL if absent. */
const char *orch_schema_metadata(const struct ArrowSchema *field, const char *key, size_t *len);

/* ---- batch ------------------------------------------------------------------------------ */

typedef struct orch_builder orch_builder;

/* A builder for batches of `schema` (borrowed only for the call). */
orch_status orch_builder_new(const struct ArrowSchema *schema, orch_builder **out);
void orch_builder_free(orch_builder *builder); /* NULL allowed */

/* One value into column `column` of the current row. ORCH_EINVAL: no such column, another type,
 * or a second value in this row. ORCH_ENOMEM, also when text would pass 2 GiB in a batch. */
orch_status orch_builder_null(orch_builder *b, size_t column);
orch_status orch_builder_bool(orch_builder *b, size_t column, bool value);
orch_status orch_builder_int(orch_builder *b, size_t column, int64_t value);
orch_status orch_builder_float(orch_builder *b, size_t column, double value);
orch_status orch_builder_text(orch_builder *b, size_t column, const char *text, size_t len);
orch_status orch_builder_binary(orch_builder *b, size_t column, const void *bytes, size_t len);
orch_status orch_builder_date(orch_builder *b, size_t column, int32_t days);
orch_status orch_builder_timestamp(orch_builder *b, size_t column, int64_t microseconds);

/* Ends the row: columns without a value become null. */
orch_status orch_builder_row(orch_builder *b);
/* Drops the values of the row in progress. */
void orch_builder_abandon(orch_builder *b);

int64_t orch_builder_rows(const orch_builder *b);
int64_t orch_builder_bytes(const orch_builder *b); /* of all buffers, about */

/* Moves the rows so far into *out (a batch that owns its memory) and starts anew, keeping the
 * columns. */
orch_status orch_builder_take(orch_builder *b, struct ArrowArray *out);

#ifdef __cplusplus
}
#endif
#endif
