/* SPDX-License-Identifier: Apache-2.0 */
/* One line of progress on a terminal's stderr: rows, MB/s, rejects, time left. */
#ifndef ORCH_CLI_PROGRESS_H
#define ORCH_CLI_PROGRESS_H

#include "run/run.h"

/* For orch_run_request.progress; draws at most ten times a second. */
void cli_progress_show(void *ctx, const struct orch_progress *p);
/* Starts (log lines wipe the line first) and wipes. */
void cli_progress_begin(void);
void cli_progress_wipe(void);

#endif
