/* SPDX-License-Identifier: Apache-2.0 */
#include "run/attempt.h"

#include "base/cancel.h"
#include "base/log.h"
#include "orch/error.h"
#include "run/begin.h"
#include "run/fingerprint.h"
#include "run/publish.h"
#include "run/resume.h"

/* More than this share of rejects is more likely a changed format than dirt. */
static const char default_max_rejects[] = "10 %";

const char orch_commit_unknown[] =
    "it may have taken effect: the next run finds out by itself from the ledger";

/* ---- hooks --------------------------------------------------------------------------------- */

static bool source_cancelled(void *ctx)
{
    struct orch_session *s = ctx;
    return atomic_load(&s->stop) || orch_cancelled();
}

static orch_status source_reject(void *ctx, const orch_reject *reject)
{
    struct orch_session *s = ctx;
    /* A record that is bad where the source looks for its columns comes again when it is read. */
    return s->rejects != NULL ? orch_rejects_add_source(s->rejects, reject) : ORCH_OK;
}

static bool reject_sink(void *ctx, struct ArrowArray *batch)
{
    struct orch_session *s = ctx;
    return orch_stream_ledger(s->stream, ORCH_LEDGER_REJECT, batch);
}

static orch_status make_rejects(struct orch_session *s, orch_error *err)
{
    const char *text = s->request->max_rejects  ? s->request->max_rejects
                       : s->pipeline->max_rejects ? s->pipeline->max_rejects
                                                  : default_max_rejects;
    struct orch_rejects_setup setup = {
        .run = s->report->run,
        .pipeline = s->pipeline->name,
        .inputs = s->source.instance.inputs,
        .personal = s->personal.names.items,
        .n_personal = s->personal.names.len,
        .sink = reject_sink,
        .sink_ctx = s,
    };
    orch_status st = orch_reject_limit_parse(text, &setup.limit, err);
    if (st == ORCH_OK)
        st = orch_rejects_new(&setup, &s->rejects, err);
    return orch_session_fail(s, ORCH_STAGE_SCRIPT, st);
}

/* ---- cancelling ---------------------------------------------------------------------------- */

/* From the signal's thread: makes whatever call is under way return. */
static void wake(void *ctx)
{
    struct orch_session *s = ctx;
    atomic_store(&s->stop, true);
    if (s->source.loaded->source.interrupt != NULL)
        s->source.loaded->source.interrupt(s->source.source);
    if (s->destination.loaded->destination.interrupt != NULL)
        s->destination.loaded->destination.interrupt(s->destination.destination);
}

/* Whatever an interrupted call says, the person who pressed Ctrl-C is told just this. */
orch_status orch_attempt_interrupted(const struct orch_session *s, orch_error *err)
{
    if (!s->committing && s->doubtful == NULL)
        return orch_error_set(err, ORCH_ECANCELLED, "interrupted; nothing was committed");
    orch_error_set(err, ORCH_ECANCELLED, "interrupted while the destination was committing");
    orch_error_hint(err, "%s", orch_commit_unknown);
    return ORCH_ECANCELLED;
}

/* ---- an attempt before --------------------------------------------------------------------- */

/* The answer to its commit did not come: the ledger knows what came of it. */
static orch_status ask_before(struct orch_session *s, orch_error *err)
{
    bool loaded = false;
    if (s->doubtful == NULL)
        return ORCH_OK;
    orch_status st = orch_begin_ask(s, &loaded, err);
    orch_session_end_writer(s);
    if (st != ORCH_OK)
        return st;
    if (loaded)
        orch_attempt_adopt(s);
    else
        orch_run_report_release(s->doubtful);
    s->doubtful = NULL;
    return ORCH_OK;
}

void orch_attempt_adopt(struct orch_session *s)
{
    struct orch_run_report *r = s->report;
    uint32_t attempts = r->attempts;
    if (s->doubtful != NULL) {
        orch_run_report_release(r);
        *r = *s->doubtful;
        s->doubtful = NULL;
    }
    r->attempts = attempts;
    r->error = (orch_error)ORCH_ERROR_INIT;
    r->outcome = ORCH_OUTCOME_LOADED;
    r->recorded = true;
    orch_log(ORCH_LOG_WARN, "run.commit_confirmed", "pipeline", ORCH_LOG_S(r->pipeline), "run",
             ORCH_LOG_S(r->run), NULL);
}

/* ---- the attempt --------------------------------------------------------------------------- */

static orch_status load(struct orch_session *s, orch_error *err)
{
    bool unchanged = false;
    orch_status st = make_rejects(s, err);
    if (st == ORCH_OK)
        st = orch_begin(s, err);
    if (st == ORCH_OK)
        st = orch_begin_unchanged(s, &unchanged, err);
    if (st == ORCH_OK && unchanged) {
        s->report->outcome = ORCH_OUTCOME_UNCHANGED;
        st = orch_report_inputs(s->report, s->source.instance.inputs,
                                s->personal.names.len > 0);
        return st;
    }
    if (st == ORCH_OK)
        st = orch_resume_begin(s, err);
    if (st == ORCH_OK)
        st = orch_session_read(s, err);
    if (st == ORCH_OK)
        st = orch_session_stream(s, err);
    if (st == ORCH_OK)
        st = orch_resume_end(s, err);
    return st == ORCH_OK ? orch_publish(s, err) : st;
}

static orch_status prepare(struct orch_session *s, orch_error *err)
{
    /* Both workers open their connectors at the same time. */
    orch_status st = orch_begin_start(s, err);
    if (st == ORCH_OK)
        st = orch_session_start(s, err);
    if (st == ORCH_OK)
        st = orch_begin_open(s, err);
    if (st == ORCH_OK)
        st = ask_before(s, err);
    if (st != ORCH_OK || s->report->outcome == ORCH_OUTCOME_LOADED)
        return st;
    return orch_session_plan(s, err);
}

static orch_status work(struct orch_session *s, orch_error *err)
{
    orch_status st = prepare(s, err);
    if (st != ORCH_OK || s->report->outcome == ORCH_OUTCOME_LOADED)
        return st;
    bool watched = orch_cancel_add(wake, s);
    st = load(s, err);
    if (watched)
        orch_cancel_remove(wake, s);
    return st;
}

orch_status orch_attempt(struct orch_session *s, orch_error *err)
{
    s->source_hooks = (struct orch_hooks){ .ctx = s,
                                           .cancelled = source_cancelled,
                                           .progress = orch_quiet_hooks.progress,
                                           .reject = source_reject };
    orch_status st = work(s, err);
    if (st != ORCH_OK && orch_cancelled())
        st = orch_attempt_interrupted(s, err);
    if (st != ORCH_OK && err->code == ORCH_OK)
        orch_error_set(err, st, st == ORCH_ENOMEM ? "out of memory" : "the run failed");
    if (st != ORCH_OK) {
        orch_session_redact(s, err);
        orch_session_blame(s);
    }
    if (s->rejects != NULL)
        (void)orch_rejects_reasons(s->rejects, &s->report->reasons, &s->report->n_reasons);
    orch_session_measure(s);
    return st;
}
