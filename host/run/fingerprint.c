/* SPDX-License-Identifier: Apache-2.0 */
#include "run/fingerprint.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/cancel.h"
#include "base/hash.h"
#include "orch/error.h"
#include "run/personal.h"

static orch_status add(struct orch_sha256 *h, const char *text, orch_error *err)
{
    /* The NUL ends the part, so that no two lists of parts give the same bytes. */
    return orch_sha256_update(h, text, strlen(text) + 1, err);
}

static orch_status add_inputs(struct orch_sha256 *h, struct orch_inputs *inputs, orch_error *err)
{
    orch_status st = ORCH_OK;
    for (size_t i = 0; st == ORCH_OK && i < orch_inputs_count(inputs); i++) {
        st = orch_inputs_hash(inputs, i, orch_cancelled, err);
        if (st == ORCH_OK)
            st = add(h, orch_inputs_at(inputs, i)->path, err);
        if (st == ORCH_OK)
            st = add(h, orch_inputs_at(inputs, i)->sha256, err);
    }
    return st;
}

static orch_status add_setup(struct orch_sha256 *h, struct orch_registry *r,
                             const struct orch_pipeline *pipeline, const struct orch_loaded *source,
                             const struct orch_loaded *destination, orch_error *err)
{
    const char *source_identity, *destination_identity;
    orch_status st = orch_registry_identity(r, source, &source_identity, err);
    if (st == ORCH_OK)
        st = orch_registry_identity(r, destination, &destination_identity, err);
    if (st != ORCH_OK)
        return st;
    const char *parts[] = { ORCH_VERSION, pipeline->sha256, source_identity, destination_identity,
                            pipeline->target != NULL ? pipeline->target : "" };
    for (size_t i = 0; st == ORCH_OK && i < sizeof parts / sizeof parts[0]; i++)
        st = add(h, parts[i], err);
    return st;
}

orch_status orch_fingerprint(struct orch_registry *r, const struct orch_pipeline *pipeline,
                             const struct orch_opened *source,
                             const struct orch_opened *destination, char hex[65],
                             orch_error *err)
{
    struct orch_sha256 *h = NULL;
    hex[0] = '\0';
    if (source->instance.inputs == NULL)
        return ORCH_OK;
    orch_status st = orch_sha256_new(&h, err);
    if (st == ORCH_OK)
        st = add_setup(h, r, pipeline, source->original, destination->original, err);
    if (st == ORCH_OK)
        st = add_inputs(h, source->instance.inputs, err);
    if (st == ORCH_OK)
        st = orch_sha256_finish(h, hex);
    orch_sha256_free(h);
    return st;
}

orch_status orch_report_inputs(struct orch_run_report *report, const struct orch_inputs *inputs,
                               bool personal)
{
    size_t n = inputs != NULL ? orch_inputs_count(inputs) : 0;
    struct orch_report_input *copy = orch_zalloc(n + 1, sizeof *copy);
    if (copy == NULL)
        return ORCH_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        const struct orch_input_file *f = orch_inputs_at(inputs, i);
        snprintf(copy[i].path, sizeof copy[i].path, "%s", f->path);
        if (personal)
            orch_personal_hide(copy[i].path);
        snprintf(copy[i].sha256, sizeof copy[i].sha256, "%s", f->sha256);
        snprintf(copy[i].encoding, sizeof copy[i].encoding, "%s",
                 f->encoding != NULL ? f->encoding : "");
        copy[i].detected = f->detected;
        copy[i].size_bytes = f->size_bytes;
    }
    free(report->inputs);
    report->inputs = copy;
    report->n_inputs = n;
    return ORCH_OK;
}
