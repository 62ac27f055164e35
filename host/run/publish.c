/* SPDX-License-Identifier: Apache-2.0 */
#include "run/publish.h"

#include "base/cancel.h"
#include "base/log.h"
#include "orch/error.h"
#include "run/fingerprint.h"
#include "run/ledger.h"
#include "run/reconcile.h"
#include "run/resume.h"

/* ---- is it right? -------------------------------------------------------------------------- */

static orch_status no_record(const struct orch_session *s, orch_error *err)
{
    const struct orch_run_report *r = s->report;
    orch_error_set(err, ORCH_EDATA, "no record was read");
    if (r->n_inputs > 0)
        orch_error_detail(err, "%zu input%s, first \"%s\" of %lld bytes", r->n_inputs,
                          r->n_inputs == 1 ? "" : "s", r->inputs[0].path,
                          (long long)r->inputs[0].size_bytes);
    orch_error_hint(err, "look at it with orchestra preview; if an empty input is fine, say "
                         "allow_empty = true or --allow-empty");
    return ORCH_EDATA;
}

static orch_status data_is_enough(struct orch_session *s, orch_error *err)
{
    int64_t read = s->report->books.read;
    bool may_be_empty = s->pipeline->allow_empty || s->request->allow_empty || s->report->resumed;
    if (read == 0 && !may_be_empty)
        return no_record(s, err);
    return orch_rejects_check(s->rejects, read, true, err);
}

/* ---- commit -------------------------------------------------------------------------------- */

orch_status orch_publish_ledger(struct orch_session *s, orch_error *err)
{
    struct orch_ledger_entry entry = {
        .report = s->report,
        .pipeline = s->pipeline,
        .script = s->request->script.path,
        .fingerprint = s->limited ? "" : s->fingerprint,
        .personal = s->personal.names.len > 0,
    };
    return orch_ledger_write(&s->destination.loaded->destination, s->writer, &entry, err);
}

static orch_status commit_rows(struct orch_session *s, orch_error *err)
{
    const struct orch_position *position = &s->report->position;
    orch_commit commit = { .struct_size = sizeof commit, .sequence = s->report->sequence };
    if (position->known) {
        commit.state = orch_text_z(&position->json);
        commit.state_len = position->json.len;
        commit.state_version = position->version;
    }
    if (orch_cancelled())
        return orch_error_set(err, ORCH_ECANCELLED, "interrupted");
    s->committing = true;
    return s->destination.loaded->destination.commit(s->writer, &commit, err);
}

/* A try is soon forgotten, and rows that are there twice are hard to tell from others. */
static void warn_limited(const struct orch_session *s)
{
    int64_t rows = s->report->books.counts.inserted;
    if (!s->limited || s->pipeline->mode != ORCH_WRITE_APPEND || rows == 0)
        return;
    orch_log(ORCH_LOG_WARN, "run.limited", "pipeline", ORCH_LOG_S(s->report->pipeline), "appended",
             ORCH_LOG_I(rows), "hint",
             ORCH_LOG_S("the next run appends these rows again: take them out before; "
                        "--dry-run and preview load nothing"),
             NULL);
}

static orch_status publish_rows(struct orch_session *s, orch_error *err)
{
    const struct orch_destination_ops *ops = &s->destination.loaded->destination;
    orch_status st = ops->finish(s->writer, &s->report->books.counts, err);
    if (st != ORCH_OK)
        return orch_session_fail(s, ORCH_STAGE_DESTINATION, st);
    st = orch_reconcile(&s->report->books, err);
    if (st != ORCH_OK)
        return orch_session_fail(s, ORCH_STAGE_DATA, st);
    if (s->request->dry_run) {
        s->report->outcome = ORCH_OUTCOME_DRY;
        return ORCH_OK;
    }
    orch_session_measure(s);
    s->report->outcome = ORCH_OUTCOME_LOADED;
    st = orch_publish_ledger(s, err);
    if (st == ORCH_OK)
        st = commit_rows(s, err);
    s->report->recorded = st == ORCH_OK;
    if (st == ORCH_OK)
        warn_limited(s);
    else
        s->report->outcome = ORCH_OUTCOME_FAILED;
    return orch_session_fail(s, ORCH_STAGE_DESTINATION, st);
}

orch_status orch_publish(struct orch_session *s, orch_error *err)
{
    orch_status st = ORCH_OK;
    if (s->source.instance.inputs != NULL)
        st = orch_inputs_unchanged(s->source.instance.inputs, err);
    if (st == ORCH_OK && s->fingerprint[0] == '\0')
        st = orch_fingerprint(s->registry, s->pipeline, &s->source, &s->destination,
                              s->fingerprint, err);
    if (st == ORCH_OK)
        st = orch_report_inputs(s->report, s->source.instance.inputs,
                                s->personal.names.len > 0);
    if (st != ORCH_OK)
        return orch_session_fail(s, ORCH_STAGE_SOURCE, st);
    if (orch_resume_nothing_new(s)) {
        s->report->outcome = ORCH_OUTCOME_UNCHANGED;
        return ORCH_OK;
    }
    st = data_is_enough(s, err);
    return st == ORCH_OK ? publish_rows(s, err) : orch_session_fail(s, ORCH_STAGE_DATA, st);
}
