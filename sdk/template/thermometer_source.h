/* SPDX-License-Identifier: Apache-2.0 */
#ifndef THERMOMETER_SOURCE_H
#define THERMOMETER_SOURCE_H

#include "orch/connector.h"
#include "orch/input.h"

#include <stdatomic.h>

/* An instance: options as C values, and what the host lends until close. */
struct orch_source {
    const orch_host *host;
    const orch_input *input;
    char decimal;
    const char **missing; /* words of the option; the host's until close */
    size_t n_missing;
    atomic_bool interrupted; /* set by any thread */
};

extern const orch_source_ops thermometer_source_ops;

/* True once reading is to stop. [any] */
bool thermometer_stopped(const orch_source *source);

/* The name of an input as people know it; borrowed until close. */
const char *thermometer_input_name(const orch_source *source, size_t index);

/* The reader, thermometer_reader.c. */
orch_status thermometer_describe(orch_source *source, const char *stream, struct ArrowSchema *out,
                                 orch_error *err);
orch_status thermometer_read(orch_source *source, const orch_read_request *request,
                             orch_reader **out, orch_error *err);
orch_status thermometer_schema(orch_reader *reader, struct ArrowSchema *out, orch_error *err);
orch_status thermometer_next(orch_reader *reader, struct ArrowArray *out, orch_batch_info *info,
                             orch_error *err);
void thermometer_end(orch_reader *reader);

#endif
