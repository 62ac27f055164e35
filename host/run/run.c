/* SPDX-License-Identifier: Apache-2.0 */
#include "run/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/log.h"
#include "orch/error.h"
#include "run/attempt.h"
#include "run/backoff.h"
#include "run/failure.h"
#include "run/written.h"
#include "worker/child.h"

/* A run over its attempts. */
struct course {
    struct orch_registry *registry;
    const struct orch_run_request *request;
    struct orch_run_report *report;
    struct orch_script *script;
    const struct orch_pipeline *pipeline;
    struct orch_run_report doubt; /* of an attempt that may have committed */
    bool doubtful;
    bool begun;                   /* the transaction of some attempt was */
    int64_t start_us;             /* monotonic */
    int64_t deadline_us;          /* of the last attempt's beginning; 0: nothing failed yet */
    int64_t cpu_us;               /* of workers that have ended */
};

/* ---- report -------------------------------------------------------------------------------- */

static void run_id(char out[40], int64_t now_us)
{
    unsigned char random[4] = { 0 };
    char iso[40];
    (void)!getrandom(random, sizeof random, 0);
    orch_format_timestamp(now_us / 1000000 * 1000000, iso);
    /* 2026-11-24T15:00:00Z -> 20261124T150000Z-1a2b3c4d */
    snprintf(out, 40, "%.4s%.2s%.5s%.2s%.2sZ-%02x%02x%02x%02x", iso, iso + 5, iso + 8, iso + 14,
             iso + 17, random[0], random[1], random[2], random[3]);
}

static void report_begin(struct course *c)
{
    struct orch_run_report *r = c->report;
    *r = (struct orch_run_report){ .outcome = ORCH_OUTCOME_FAILED };
    r->error = (orch_error)ORCH_ERROR_INIT;
    r->books.counts.struct_size = sizeof r->books.counts;
    r->started_us = orch_clock_now_us();
    c->start_us = orch_clock_monotonic_us();
    run_id(r->run, r->started_us);
}

static void report_pipeline(struct course *c)
{
    const struct orch_pipeline *p = c->pipeline;
    struct orch_run_report *r = c->report;
    snprintf(r->pipeline, sizeof r->pipeline, "%s", p->name);
    snprintf(r->title, sizeof r->title, "%s", p->title != NULL ? p->title : p->name);
    snprintf(r->target, sizeof r->target, "%s", p->target != NULL ? p->target : "");
    snprintf(r->source, sizeof r->source, "%s", p->source.connector);
    snprintf(r->destination, sizeof r->destination, "%s", p->destination.connector);
}

/* The same run, with nothing done yet. */
static void report_again(struct course *c)
{
    struct orch_run_report *r = c->report;
    struct orch_run_report before = *r;
    *r = (struct orch_run_report){ .outcome = ORCH_OUTCOME_FAILED, .attempts = before.attempts };
    r->error = (orch_error)ORCH_ERROR_INIT;
    r->books.counts.struct_size = sizeof r->books.counts;
    r->started_us = before.started_us;
    memcpy(r->run, before.run, sizeof r->run);
    report_pipeline(c);
}

void orch_run_report_release(struct orch_run_report *report)
{
    free(report->reasons);
    free(report->inputs);
    orch_position_release(&report->position);
    report->reasons = NULL;
    report->inputs = NULL;
    report->n_reasons = report->n_inputs = 0;
}

/* ---- trying again -------------------------------------------------------------------------- */

/* The pipeline's lock is what --wait is for; unless it may be the connection that an attempt before
 * lost, and whose end the server has not noticed yet. */
static bool may_pass(const struct course *c, const struct orch_session *s, const orch_error *err)
{
    return (err->flags & ORCH_ERROR_RETRYABLE) != 0 && err->code != ORCH_ECANCELLED &&
           !orch_cancelled() && (!s->lock_held || c->begun);
}

static uint32_t random_number(void)
{
    uint32_t random = 0;
    (void)!getrandom(&random, sizeof random, 0);
    return random;
}

/* How long to wait before the next attempt; 0: there is none. */
static int64_t wait_ms(struct course *c, const struct orch_session *s, const orch_error *err)
{
    int64_t now = orch_clock_monotonic_us();
    int64_t budget_us;
    if (!may_pass(c, s, err))
        return 0;
    if (__builtin_mul_overflow(c->request->retry_ms, 1000, &budget_us))
        budget_us = INT64_MAX;
    if (c->deadline_us == 0 && __builtin_add_overflow(now, budget_us, &c->deadline_us))
        c->deadline_us = INT64_MAX;
    return orch_backoff_ms(c->report->attempts, random_number(), (c->deadline_us - now) / 1000);
}

/* Keeps the report of an attempt that may have committed, for the day it turns out to have. */
static void end_attempt(struct course *c, struct orch_session *s)
{
    bool committing = s->committing && !c->doubtful;
    int64_t peak = 0;
    orch_remote_usage(s->source.loaded, &c->cpu_us, &peak);
    orch_remote_usage(s->destination.loaded, &c->cpu_us, &peak);
    orch_session_release(s);
    if (committing)
        c->doubt = *c->report;
    else
        orch_run_report_release(c->report);
    c->doubtful = c->doubtful || committing;
    report_again(c);
}

/* Rests between two attempts, with nothing open. */
static orch_status rest(struct course *c, struct orch_session *s, int64_t ms, orch_error *err)
{
    orch_log(ORCH_LOG_WARN, "run.retry", "pipeline", ORCH_LOG_S(c->report->pipeline), "run",
             ORCH_LOG_S(c->report->run), "attempt", ORCH_LOG_I(c->report->attempts), "wait_ms",
             ORCH_LOG_I(ms), "why", ORCH_LOG_S(err->message), NULL);
    end_attempt(c, s);
    if (orch_cancel_sleep(ms))
        return ORCH_OK;
    return orch_attempt_interrupted(
        &(struct orch_session){ .doubtful = c->doubtful ? &c->doubt : NULL }, err);
}

/* ---- the last failure ---------------------------------------------------------------------- */

/* Behind the evidence, of which only what leaves no room for it is cut. */
static void tell_attempts(const struct course *c, orch_error *err)
{
    char told[64];
    char detail[sizeof err->detail];
    uint32_t n = c->report->attempts;
    if (n < 2)
        return;
    snprintf(told, sizeof told, "%u attempts in %.2f s", n,
             (double)(orch_clock_monotonic_us() - c->start_us) / 1e6);
    snprintf(detail, sizeof detail, "%s", err->detail);
    size_t room = sizeof detail - strlen(told) - 2;
    if (strlen(detail) > room)
        detail[orch_utf8_valid(detail, room)] = '\0';
    orch_error_detail(err, "%s%s%s", detail, detail[0] != '\0' ? "\n" : "", told);
}

/* What the ledger says of a commit that nobody answered decides; where it could not be asked,
 * nobody knows. */
static orch_status settle_doubt(struct course *c, struct orch_session *s, bool unanswered,
                                enum orch_verdict verdict, orch_error *err)
{
    if (verdict == ORCH_VERDICT_LOADED) {
        orch_attempt_adopt(s);
        c->doubtful = false;
        *err = (orch_error)ORCH_ERROR_INIT;
        return ORCH_OK;
    }
    if (verdict == ORCH_VERDICT_UNKNOWN && unanswered)
        orch_error_hint(err, "%s", orch_commit_unknown);
    else if (verdict == ORCH_VERDICT_FAILED && strcmp(err->hint, orch_commit_unknown) == 0)
        orch_error_hint(err, "it has not taken effect, says the ledger; run it again");
    return err->code;
}

static orch_status conclude(struct course *c, struct orch_session *s, orch_error *err)
{
    enum orch_verdict verdict = ORCH_VERDICT_UNKNOWN;
    if (orch_cancelled())
        return err->code;
    bool unanswered =
        c->doubtful || (s->committing && orch_remote_failed(s->destination.loaded));
    if (c->begun && !c->request->dry_run && !s->lock_held && s->destination.ready)
        verdict = orch_failure_record(s, err);
    orch_status st = settle_doubt(c, s, unanswered, verdict, err);
    if (st != ORCH_OK)
        tell_attempts(c, err);
    return st;
}

/* ---- the run ------------------------------------------------------------------------------- */

static orch_status attempts(struct course *c, orch_error *err)
{
    for (;;) {
        struct orch_session s = { .registry = c->registry,
                                  .request = c->request,
                                  .report = c->report,
                                  .isolation = c->request->isolation,
                                  .pipeline = c->pipeline,
                                  .doubtful = c->doubtful ? &c->doubt : NULL,
                                  .start_us = c->start_us,
                                  .cpu_before_us = c->cpu_us };
        c->report->attempts++;
        *err = (orch_error)ORCH_ERROR_INIT;
        orch_status st = orch_attempt(&s, err);
        c->doubtful = s.doubtful != NULL;
        c->begun = c->begun || s.begun;
        int64_t ms = st != ORCH_OK ? wait_ms(c, &s, err) : 0;
        if (ms == 0) {
            st = st != ORCH_OK ? conclude(c, &s, err) : st;
            orch_session_release(&s);
            return st;
        }
        st = rest(c, &s, ms, err);
        if (st != ORCH_OK)
            return st;
    }
}

/* The script runs once: a later attempt is the same plan over ends that are opened anew. */
static orch_status load_script(struct course *c, orch_error *err)
{
    orch_status st = orch_script_load(&c->request->script, &c->script, err);
    if (st == ORCH_OK) {
        c->pipeline = orch_script_pipeline(c->script);
        report_pipeline(c);
        orch_written_warn(c->registry, c->pipeline);
        return ORCH_OK;
    }
    c->report->stage = ORCH_STAGE_SCRIPT;
    if (orch_cancelled())
        return orch_attempt_interrupted(&(struct orch_session){ 0 }, err);
    if (err->code == ORCH_OK)
        orch_error_set(err, st, st == ORCH_ENOMEM ? "out of memory" : "the run failed");
    return st;
}

orch_status orch_run(struct orch_registry *registry, const struct orch_run_request *request,
                     struct orch_run_report *report)
{
    struct course c = { .registry = registry, .request = request, .report = report };
    orch_error err = ORCH_ERROR_INIT;
    report_begin(&c);
    /* The workers' processes start while the script runs. */
    if (!request->isolation.in_process)
        orch_child_warm(2);
    orch_status st = load_script(&c, &err);
    if (st == ORCH_OK)
        st = attempts(&c, &err);
    orch_child_cool();
    orch_script_free(c.script);
    if (c.doubtful)
        orch_run_report_release(&c.doubt);
    report->finished_us = orch_clock_now_us();
    report->wall_us = orch_clock_monotonic_us() - c.start_us;
    report->error = err;
    return st;
}
