/* SPDX-License-Identifier: Apache-2.0 */
/* The options of one files destination. */
#ifndef FILES_OPTIONS_H
#define FILES_OPTIONS_H

#include "orch/connector.h"

enum files_format { FILES_CSV = 1, FILES_JSONL };

struct files_options {
    const char *path; /* borrowed from the host until close */
    enum files_format format;
    char delimiter;
    const char *newline; /* of CSV; JSON lines end with a line feed */
    bool header;
    bool bom;
    bool guard_formulas;
    int64_t lock_wait_ms;
};

#define FILES_OPTION_COUNT 8
extern const orch_option *const files_option_table[FILES_OPTION_COUNT];

/* ORCH_ECONFIG: a format that the name does not tell, a delimiter that cannot be one. */
orch_status files_options_read(struct files_options *out, const orch_host *host, orch_error *err);

#endif
