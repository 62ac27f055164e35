/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger's tables as batches: what the destination stores is exactly this. */
#ifndef ORCH_RUN_LEDGER_H
#define ORCH_RUN_LEDGER_H

#include "orch/builder.h"
#include "orch/view.h"
#include "run/run.h"

#define ORCH_LEDGER_RUN "orchestra_run"
#define ORCH_LEDGER_INPUT "orchestra_input"
#define ORCH_LEDGER_REJECT "orchestra_reject"

/* What names a run's work beside its counts. */
struct orch_ledger_entry {
    const struct orch_run_report *report;
    const struct orch_pipeline *pipeline;
    const char *script;      /* path as given */
    const char *fingerprint; /* of everything the result depends on; "" if the run took a part */
    bool personal;           /* the pipeline reads personal columns */
};

/* Writes the run's row, and one row an input, through `ledger`. [writer] */
orch_status orch_ledger_write(const struct orch_destination_ops *ops, orch_writer *writer,
                              const struct orch_ledger_entry *entry, orch_error *err);

/* The last loaded run of a pipeline. */
struct orch_last_run {
    bool found;
    int64_t sequence;
    char fingerprint[65];
    char run[40];
    char source[64];
    char target[512];
    struct orch_position position;
};
orch_status orch_ledger_last(const struct orch_destination_ops *ops, orch_destination *destination,
                             const char *pipeline, struct orch_last_run *out, orch_error *err);
void orch_last_run_release(struct orch_last_run *last);

/* Does the ledger hold a run as loaded? */
orch_status orch_ledger_holds(const struct orch_destination_ops *ops,
                              orch_destination *destination, const char *pipeline,
                              const char *run, bool *holds, orch_error *err);

/* A batch of the ledger, ready to read; {0} and no columns when there is no such table. */
struct orch_ledger_rows {
    struct ArrowSchema schema;
    struct ArrowArray batch;
    orch_view view;
};
orch_status orch_ledger_read(const struct orch_destination_ops *ops, orch_destination *destination,
                             const orch_ledger_query *query, struct orch_ledger_rows *out,
                             orch_error *err);
void orch_ledger_rows_release(struct orch_ledger_rows *rows);
/* Column by name, or -1. */
ptrdiff_t orch_ledger_column(const struct orch_ledger_rows *rows, const char *name);
/* A text cell; empty when null or no such column. */
struct orch_str orch_ledger_text(const struct orch_ledger_rows *rows, const char *column,
                                 int64_t row);
int64_t orch_ledger_int(const struct orch_ledger_rows *rows, const char *column, int64_t row);

/* The schema of orchestra_reject. */
orch_status orch_ledger_reject_schema(struct ArrowSchema *out);

#endif
