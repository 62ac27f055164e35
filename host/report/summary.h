/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a run, told to a person or to a machine. */
#ifndef ORCH_REPORT_SUMMARY_H
#define ORCH_REPORT_SUMMARY_H

#include "run/run.h"

/* "loaded", "unchanged", "dry run", "failed" */
const char *orch_outcome_name(enum orch_outcome outcome);
bool orch_summary_text(const struct orch_run_report *r, struct orch_text *out);
/* One JSON object, indented. Keys are stable; new ones may be added. */
bool orch_summary_json(const struct orch_run_report *r, int exit_code, struct orch_text *out);
/* An error as lines: message, detail and hint indented below. */
bool orch_error_print(const orch_error *e, struct orch_text *out);

#endif
