/* SPDX-License-Identifier: Apache-2.0 */
/* One instance of the csv source. Immutable after open but for the flag of interrupt. */
#ifndef CSV_SOURCE_H
#define CSV_SOURCE_H

#include "csv_options.h"
#include "orch/input.h"

#include <stdatomic.h>

struct orch_source {
    const orch_host *host;
    const orch_input *input;
    struct csv_options options;
    atomic_bool interrupted;
};

extern const orch_source_ops csv_source_ops;

/* The name of an input as people know it; borrowed until close. */
const char *csv_source_input_name(const orch_source *source, size_t index);
/* Is the run to stop? */
bool csv_source_stopped(const orch_source *source);

/* csv_reader.c */
orch_status csv_reader_read(orch_source *source, const orch_read_request *request,
                            orch_reader **out, orch_error *err);
orch_status csv_reader_schema(orch_reader *reader, struct ArrowSchema *out, orch_error *err);
orch_status csv_reader_next(orch_reader *reader, struct ArrowArray *out, orch_batch_info *info,
                            orch_error *err);
void csv_reader_end(orch_reader *reader);

#endif
