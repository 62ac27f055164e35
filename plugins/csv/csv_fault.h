/* SPDX-License-Identifier: Apache-2.0 */
/* Words for what is wrong with a record. */
#ifndef CSV_FAULT_H
#define CSV_FAULT_H

#include "csv_scan.h"

/* The rule of a reject: "quote", "record", "nul", "field". */
const char *csv_fault_rule(enum csv_fault fault);
/* One line for people about the fault of the scan's record. */
void csv_fault_explain(const struct csv_scan *s, char *out, size_t size);
/* What a person can do about the fault in a line that must be read, such as a header. */
const char *csv_fault_hint(enum csv_fault fault);

#endif
