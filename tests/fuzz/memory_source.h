/* SPDX-License-Identifier: Apache-2.0 */
/* Reads a text in memory through a source connector that is loaded as the host loads it, with the
 * host's own options, and holds the connector to its promises: batches are what they say they
 * are, columns those that were described, errors readable, records in order. A promise that is
 * broken ends the program. */
#ifndef FUZZ_MEMORY_SOURCE_H
#define FUZZ_MEMORY_SOURCE_H

#include "plugin/registry.h"
#include "settings.h"

/* The connector of that name out of the build's folder. */
const struct orch_loaded *fuzz_connector(const char *name);

struct fuzz_reading {
    struct orch_str input;
    uint32_t seed;  /* of the sizes in which the input is read; 0: as much as is asked for */
    uint32_t every; /* every which column is asked for; 0: all, unnamed */
    uint32_t rows;  /* of a batch; 0: the connector's choice */
};

/* What came out: rows, rejects and the error as texts, to be compared. */
struct fuzz_result {
    struct orch_text rows;
    struct orch_text rejects;
    orch_status status; /* of the reading; ORCH_OK when it came to its end */
    orch_error error;
    int64_t n_rows;
};

/* Settings that the options refuse give a status, and nothing is read. */
void fuzz_read(const struct orch_loaded *connector, const struct fuzz_settings *settings,
               const struct fuzz_reading *reading, struct fuzz_result *out);
void fuzz_result_release(struct fuzz_result *r);
/* Reads twice, in one piece and in odd ones, and compares what came out. */
void fuzz_read_both(const struct orch_loaded *connector, const struct fuzz_settings *settings,
                    struct fuzz_reading reading);

#endif
