/* SPDX-License-Identifier: Apache-2.0 */
/* What stands in the staged file before the run's rows: a header, or a copy of the output. */
#ifndef FILES_APPEND_H
#define FILES_APPEND_H

#include "../sqlite/lite_store.h"
#include "files_rows.h"

struct files_lead {
    const struct files_options *options;
    const struct files_layout *layout;
    struct files_sink *sink;
    const struct lite_store *ledger; /* tells when the run is cancelled */
};

/* Byte order mark and header, as the options ask for. */
orch_status files_append_start(const struct files_lead *lead, orch_error *err);
/* The output as it is, its last line ended. ORCH_ESCHEMA: its header is not that of the run. */
orch_status files_append_copy(const struct files_lead *lead, orch_error *err);

#endif
