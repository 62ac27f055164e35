/* SPDX-License-Identifier: Apache-2.0 */
/* The delimiter of an input, decided by or checked against its first lines. */
#ifndef CSV_DETECT_H
#define CSV_DETECT_H

#include "csv_scan.h"

/* Gives the scan, which stands before the table or its metadata block, its delimiter, and leaves
 * it at the same place. `input` names it in errors:
 * ORCH_ECONFIG  two delimiters are as plausible; or the first line is one column while another
 *               delimiter, or the lines below, say otherwise.
 * ORCH_EDATA    the whole row is quoted as one cell. */
orch_status csv_detect(struct csv_scan *s, const char *input, orch_error *err);

#endif
