/* SPDX-License-Identifier: Apache-2.0 */
#include "csv_fault.h"

#include <stdio.h>

const char *csv_fault_rule(enum csv_fault fault)
{
    switch (fault) {
    case CSV_FAULT_RECORD:
        return "record";
    case CSV_FAULT_NUL:
        return "nul";
    case CSV_FAULT_FIELD:
        return "field";
    case CSV_FAULT_NONE:
    case CSV_FAULT_QUOTE:
    case CSV_FAULT_UNCLOSED:
        break;
    }
    return "quote";
}

static void explain_quote(const struct csv_record *r, char *out, size_t size)
{
    if (r->fault_line == r->opened_line)
        snprintf(out, size, "a quote stands where none may, by byte %lld of line %lld",
                 (long long)r->fault_byte, (long long)r->fault_line);
    else
        snprintf(out, size,
                 "a quote opened on line %lld is not closed before another, by byte %lld of line "
                 "%lld",
                 (long long)r->opened_line, (long long)r->fault_byte, (long long)r->fault_line);
}

void csv_fault_explain(const struct csv_scan *s, char *out, size_t size)
{
    const struct csv_record *r = &s->record;

    switch (r->fault) {
    case CSV_FAULT_RECORD:
        snprintf(out, size, "the record is longer than %lld bytes",
                 (long long)s->options->max_record);
        return;
    case CSV_FAULT_NUL:
        snprintf(out, size, "a zero byte stands in the record");
        return;
    case CSV_FAULT_FIELD:
        snprintf(out, size, "field %zu is longer than %lld bytes", r->long_field + 1,
                 (long long)s->options->max_field);
        return;
    case CSV_FAULT_UNCLOSED:
        snprintf(out, size, "a quote opened on line %lld is not closed",
                 (long long)r->opened_line);
        return;
    case CSV_FAULT_NONE:
    case CSV_FAULT_QUOTE:
        break;
    }
    explain_quote(r, out, size);
}

const char *csv_fault_hint(enum csv_fault fault)
{
    switch (fault) {
    case CSV_FAULT_RECORD:
        return "check that the file is a CSV file whose lines end, or set skip_lines to pass over "
               "this line; if it is right as it is, raise max_record";
    case CSV_FAULT_NUL:
        return "export the file again as text, or set encoding if it is UTF-16 or UTF-32";
    case CSV_FAULT_FIELD:
        return "check delimiter; if the field is right as it is, raise max_field";
    case CSV_FAULT_NONE:
    case CSV_FAULT_QUOTE:
    case CSV_FAULT_UNCLOSED:
        break;
    }
    return "correct the quotes of this line, or set quote = \"none\" if the file does not quote "
           "fields";
}
