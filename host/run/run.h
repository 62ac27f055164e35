/* SPDX-License-Identifier: Apache-2.0 */
/* A run: one execution of one pipeline, from plan to commit.
 *
 * The source reads and the destination writes in workers while the plan computes here
 * (run/stream.h). Rows, rejects and ledger commit together, and only when the books balance:
 *     read + added = inserted + updated + unchanged + merged + filtered + rejected
 *
 * What fails for a reason that may pass (ORCH_ERROR_RETRYABLE) is tried again from the beginning,
 * under the same run id: rows are there once, whatever an attempt before had left undecided. */
#ifndef ORCH_RUN_RUN_H
#define ORCH_RUN_RUN_H

#include "run/ends.h"
#include "run/position.h"

/* Where a run failed; decides the exit code. */
enum orch_stage {
    ORCH_STAGE_SCRIPT,      /* script, options, plan */
    ORCH_STAGE_CONNECTOR,   /* a plugin cannot be loaded */
    ORCH_STAGE_SOURCE,      /* inputs, reading */
    ORCH_STAGE_DATA,        /* too many rejects, no rows, books */
    ORCH_STAGE_DESTINATION, /* target, rights, writing, commit */
};

enum orch_outcome {
    ORCH_OUTCOME_FAILED,
    ORCH_OUTCOME_LOADED,
    ORCH_OUTCOME_UNCHANGED, /* inputs, script and connectors are those of the last run */
    ORCH_OUTCOME_DRY,       /* everything but the commit */
};

struct orch_books {
    int64_t read;     /* records of the source, rejected ones included */
    int64_t added;    /* rows beyond the first that a step made of one record */
    int64_t filtered;
    int64_t rejected;
    int64_t written;  /* rows given to the destination */
    orch_write_counts counts;
};

/* One reason for rejects, with its number. */
struct orch_reason {
    char rule[32];
    char column[64];
    char example[160]; /* the first message */
    int64_t count;
};

struct orch_report_input {
    char path[512];
    char sha256[65];
    char encoding[32];
    bool detected;
    int64_t size_bytes;
};

/* What a run did; a value, released by orch_run_report_release. */
struct orch_run_report {
    char run[40];
    char pipeline[128];
    char title[256];
    char target[512];
    char source[64];
    char destination[64];
    enum orch_outcome outcome;
    enum orch_stage stage; /* of a failed run */
    orch_error error;      /* of a failed run */
    struct orch_books books;
    struct orch_reason *reasons;
    size_t n_reasons;
    struct orch_report_input *inputs;
    size_t n_inputs;
    int64_t source_bytes;
    int64_t started_us, finished_us;
    int64_t wall_us, cpu_us, peak_bytes; /* of host and workers, added up */
    struct orch_position position; /* of the source, as the ledger holds it */
    bool resumed;      /* it was read from the position of the last run on */
    uint64_t sequence;
    uint32_t attempts; /* 1 unless one failed for a reason that may pass */
    bool recorded;     /* the ledger holds this run */
};

struct orch_progress {
    int64_t rows, rejects, bytes, bytes_total, elapsed_us;
};

struct orch_run_request {
    struct orch_script_request script;
    const char *max_rejects; /* overrides the script's; NULL */
    int64_t limit;           /* rows to read at most; 0: all */
    int64_t wait_ms;         /* for the pipeline's lock */
    int64_t retry_ms;        /* from the first failure that may pass to the beginning of the last
                                attempt; 0: one attempt */
    struct orch_isolation isolation;
    bool dry_run;
    bool force;              /* run although nothing changed */
    bool from_start;         /* the same, and forget the source's position */
    bool allow_empty;
    void (*progress)(void *ctx, const struct orch_progress *);
    void *progress_ctx;
};

/* Runs it; the report is filled in every case. The return is report->error.code, or ORCH_OK. */
orch_status orch_run(struct orch_registry *registry, const struct orch_run_request *request,
                     struct orch_run_report *report);
void orch_run_report_release(struct orch_run_report *report);

/* "100", "0.5 %", "2%". ORCH_ECONFIG when it is none of these. */
struct orch_reject_limit {
    int64_t count;  /* -1: none */
    double percent; /* < 0: none */
};
orch_status orch_reject_limit_parse(const char *text, struct orch_reject_limit *out,
                                    orch_error *err);

#endif
