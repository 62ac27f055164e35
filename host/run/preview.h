/* SPDX-License-Identifier: Apache-2.0 */
/* The first rows of a source, before and after the steps; nothing is written. Also the check of a
 * whole pipeline without a row read. */
#ifndef ORCH_RUN_PREVIEW_H
#define ORCH_RUN_PREVIEW_H

#include "run/grid.h"
#include "run/run.h"

struct orch_preview_request {
    const struct orch_script_request *script; /* or NULL: the source below, without steps */
    const struct orch_end *source;
    struct orch_isolation isolation;
    size_t rows;
};

struct orch_preview_reject {
    int64_t record, line;
    const char *column, *rule, *message;
};

struct orch_preview {
    struct orch_arena arena;
    const char *pipeline; /* NULL without a script */
    struct orch_grid before;
    struct orch_grid after; /* no columns when there is no step */
    struct orch_preview_reject *rejects;
    size_t n_rejects;
    enum orch_stage stage; /* when it failed */
};

/* The result is released in every case. */
orch_status orch_preview(struct orch_registry *r, const struct orch_preview_request *request,
                         struct orch_preview *out, orch_error *err);
void orch_preview_release(struct orch_preview *p);

/* What a check found: the columns the pipeline gives. */
struct orch_checked {
    struct orch_arena arena;
    const char *pipeline;
    const char *source, *destination, *target, *mode;
    struct orch_fields columns;
    enum orch_stage stage;
};
orch_status orch_check_pipeline(struct orch_registry *r, const struct orch_script_request *script,
                                const struct orch_isolation *isolation, struct orch_checked *out,
                                orch_error *err);
void orch_checked_release(struct orch_checked *c);

#endif
