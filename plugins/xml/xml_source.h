/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the connector share: the source as configured, and a reader. */
#ifndef XML_SOURCE_H
#define XML_SOURCE_H

#include <stdatomic.h>

#include "orch/builder.h"
#include "orch/input.h"
#include "xml_path.h"

struct xml_field {
    char *name;
    struct xml_path path;
    bool exploded; /* lies below the exploded element; its path is relative to that element */
};

struct orch_source {
    const orch_host *host;
    const orch_input *input;
    struct xml_path record;
    struct xml_path explode; /* n_names 0: none */
    struct xml_field *fields;
    size_t n_fields;
    char *join;
    bool trim;
    bool decoded; /* the script said an encoding: the host decodes */
    size_t max_text;
    size_t max_depth;
    atomic_bool interrupted;
};

extern const orch_source_ops xml_source_ops;

/* Adds a field; name and path are copied. */
orch_status xml_field_add(struct orch_source *s, const char *name, size_t name_len,
                          const char *path, size_t path_len, orch_error *err);
/* Finds the fields from the first records of the first input. */
orch_status xml_infer_fields(struct orch_source *s, orch_error *err);

/* ---- reader ------------------------------------------------------------------------------ */

orch_status xml_reader_open(struct orch_source *s, const orch_read_request *request,
                            orch_reader **out, orch_error *err);
orch_status xml_reader_schema(orch_reader *r, struct ArrowSchema *out, orch_error *err);
orch_status xml_reader_next(orch_reader *r, struct ArrowArray *out, orch_batch_info *info,
                            orch_error *err);
void xml_reader_end(orch_reader *r);

#endif
