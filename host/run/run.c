/* SPDX-License-Identifier: Apache-2.0 */
#include "run/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/log.h"
#include "orch/error.h"
#include "run/fingerprint.h"
#include "run/reconcile.h"
#include "run/session.h"
#include "worker/child.h"

/* More than this share of rejects is more likely a changed format than dirt. */
static const char default_max_rejects[] = "10 %";

static const char commit_unknown[] =
    "it may have taken effect: the next run finds out by itself from the ledger";

enum { LOCK_POLL_MS = 100 };

static orch_status fail_at(struct orch_session *s, enum orch_stage stage, orch_status st)
{
    if (st != ORCH_OK)
        s->report->stage = stage;
    return st;
}

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

static void report_begin(struct orch_session *s)
{
    struct orch_run_report *r = s->report;
    *r = (struct orch_run_report){ .outcome = ORCH_OUTCOME_FAILED };
    r->error = (orch_error)ORCH_ERROR_INIT;
    r->books.counts.struct_size = sizeof r->books.counts;
    r->started_us = orch_clock_now_us();
    s->start_us = orch_clock_monotonic_us();
    run_id(r->run, r->started_us);
}

static void report_end(struct orch_session *s)
{
    struct orch_run_report *r = s->report;
    r->finished_us = orch_clock_now_us();
    r->wall_us = orch_clock_monotonic_us() - s->start_us;
    r->cpu_us = orch_clock_cpu_us();
    r->peak_bytes = orch_clock_peak_bytes();
    orch_remote_usage(s->source.loaded, &r->cpu_us, &r->peak_bytes);
    orch_remote_usage(s->destination.loaded, &r->cpu_us, &r->peak_bytes);
}

static void report_pipeline(struct orch_session *s)
{
    const struct orch_pipeline *p = s->pipeline;
    struct orch_run_report *r = s->report;
    snprintf(r->pipeline, sizeof r->pipeline, "%s", p->name);
    snprintf(r->title, sizeof r->title, "%s", p->title != NULL ? p->title : p->name);
    snprintf(r->target, sizeof r->target, "%s", p->target != NULL ? p->target : "");
    snprintf(r->source, sizeof r->source, "%s", p->source.connector);
    snprintf(r->destination, sizeof r->destination, "%s", p->destination.connector);
}

void orch_run_report_release(struct orch_run_report *report)
{
    free(report->reasons);
    free(report->inputs);
    report->reasons = NULL;
    report->inputs = NULL;
    report->n_reasons = report->n_inputs = 0;
}

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

/* ---- beginning ----------------------------------------------------------------------------- */

static orch_status open_destination(struct orch_session *s, orch_error *err)
{
    bool connector_failed = false;
    orch_status st =
        orch_destination_end_open(s->registry, &s->pipeline->destination, &s->isolation,
                                  s->pipeline->mode, &orch_quiet_hooks, &s->destination,
                                  &connector_failed, err);
    return fail_at(s,
                   connector_failed      ? ORCH_STAGE_CONNECTOR
                   : st == ORCH_ECONFIG ? ORCH_STAGE_SCRIPT
                                        : ORCH_STAGE_DESTINATION,
                   st);
}

static orch_status begin_once(struct orch_session *s, const struct ArrowSchema *schema,
                              orch_error *err)
{
    orch_write_request request = {
        .struct_size = sizeof request,
        .mode = s->pipeline->mode,
        .flags = s->request->dry_run ? ORCH_WRITE_TEMPORARY : 0,
        .target = s->pipeline->target,
        .keys = (const char *const *)s->pipeline->keys,
        .n_keys = s->pipeline->n_keys,
        .pipeline = s->pipeline->name,
        .run = s->report->run,
        .comment = s->pipeline->title,
    };
    return s->destination.loaded->destination.begin(s->destination.destination, &request, schema,
                                                    &s->writer, err);
}

static orch_status begin(struct orch_session *s, orch_error *err)
{
    int64_t deadline = orch_clock_monotonic_us() + s->request->wait_ms * 1000;
    orch_status st = begin_once(s, &s->output_schema, err);
    while (st == ORCH_EBUSY && !orch_cancelled() && orch_clock_monotonic_us() < deadline) {
        nanosleep(&(struct timespec){ .tv_nsec = LOCK_POLL_MS * 1000000L }, NULL);
        st = begin_once(s, &s->output_schema, err);
    }
    if (st == ORCH_EBUSY)
        orch_error_hint(err, "wait for the other run with --wait 10m, or come back later");
    return fail_at(s, ORCH_STAGE_DESTINATION, st);
}

/* Equal sizes are needed for equal content: without them nothing need be hashed beforehand. */
static orch_status inputs_may_be_equal(struct orch_session *s, bool *may, orch_error *err)
{
    const struct orch_inputs *inputs = s->source.instance.inputs;
    struct orch_ledger_rows rows;
    size_t n = orch_inputs_count(inputs);
    orch_ledger_query query = { .struct_size = sizeof query,
                                .table = ORCH_LEDGER_INPUT,
                                .pipeline = s->pipeline->name,
                                .run = s->last.run,
                                .limit = (int64_t)n + 1 };
    orch_status st = orch_ledger_read(&s->destination.loaded->destination,
                                      s->destination.destination, &query, &rows, err);
    if (st != ORCH_OK)
        return st;
    *may = rows.view.rows == (int64_t)n;
    for (size_t i = 0; *may && i < n; i++)
        *may = orch_ledger_int(&rows, "size_bytes", (int64_t)i) ==
               orch_inputs_at(inputs, i)->size_bytes;
    orch_ledger_rows_release(&rows);
    return ORCH_OK;
}

static orch_status find_unchanged(struct orch_session *s, bool *unchanged, orch_error *err)
{
    bool may = false;
    *unchanged = false;
    orch_status st = orch_ledger_last(&s->destination.loaded->destination,
                                      s->destination.destination, s->pipeline->name, &s->last, err);
    if (st != ORCH_OK)
        return fail_at(s, ORCH_STAGE_DESTINATION, st);
    s->report->sequence = (uint64_t)s->last.sequence + 1;
    if (!s->last.found || s->source.instance.inputs == NULL || s->request->force ||
        s->request->dry_run || s->request->limit > 0)
        return ORCH_OK;
    st = inputs_may_be_equal(s, &may, err);
    if (st != ORCH_OK)
        return fail_at(s, ORCH_STAGE_DESTINATION, st);
    if (!may)
        return ORCH_OK;
    st = orch_fingerprint(s->registry, s->pipeline, &s->source, &s->destination, s->fingerprint,
                          err);
    *unchanged = st == ORCH_OK && strcmp(s->fingerprint, s->last.fingerprint) == 0;
    return fail_at(s, ORCH_STAGE_SOURCE, st);
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
    return fail_at(s, ORCH_STAGE_SCRIPT, st);
}

/* ---- ending -------------------------------------------------------------------------------- */

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
    if (read == 0 && !s->pipeline->allow_empty && !s->request->allow_empty)
        return no_record(s, err);
    return orch_rejects_check(s->rejects, read, true, err);
}

static orch_status write_ledger(struct orch_session *s, orch_error *err)
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

/* A connector that ends while it commits cannot say whether it had. */
static orch_status commit_rows(struct orch_session *s, orch_error *err)
{
    const struct orch_loaded *destination = s->destination.loaded;
    orch_commit commit = { .struct_size = sizeof commit, .sequence = s->report->sequence };
    if (orch_cancelled())
        return orch_error_set(err, ORCH_ECANCELLED, "interrupted");
    s->committing = true;
    orch_status st = destination->destination.commit(s->writer, &commit, err);
    if (st != ORCH_OK && orch_remote_failed(destination))
        orch_error_hint(err, "%s", commit_unknown);
    return st;
}

static orch_status publish(struct orch_session *s, orch_error *err)
{
    const struct orch_destination_ops *ops = &s->destination.loaded->destination;
    orch_status st = ops->finish(s->writer, &s->report->books.counts, err);
    if (st != ORCH_OK)
        return fail_at(s, ORCH_STAGE_DESTINATION, st);
    st = orch_reconcile(&s->report->books, err);
    if (st != ORCH_OK)
        return fail_at(s, ORCH_STAGE_DATA, st);
    if (s->request->dry_run) {
        s->report->outcome = ORCH_OUTCOME_DRY;
        return ORCH_OK;
    }
    report_end(s);
    s->report->outcome = ORCH_OUTCOME_LOADED;
    st = write_ledger(s, err);
    if (st == ORCH_OK)
        st = commit_rows(s, err);
    s->report->recorded = st == ORCH_OK;
    if (st != ORCH_OK)
        s->report->outcome = ORCH_OUTCOME_FAILED;
    return fail_at(s, ORCH_STAGE_DESTINATION, st);
}

static orch_status settle(struct orch_session *s, orch_error *err)
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
        return fail_at(s, ORCH_STAGE_SOURCE, st);
    st = data_is_enough(s, err);
    return st == ORCH_OK ? publish(s, err) : fail_at(s, ORCH_STAGE_DATA, st);
}

/* Whoever ended before it told that it had committed: the ledger knows. */
static bool was_committed(struct orch_session *s)
{
    orch_error err = ORCH_ERROR_INIT;
    struct orch_last_run last = { 0 };
    return s->committing &&
           orch_ledger_last(&s->destination.loaded->destination, s->destination.destination,
                            s->pipeline->name, &last, &err) == ORCH_OK &&
           last.found && strcmp(last.run, s->report->run) == 0;
}

/* A run that had begun and failed leaves its row and its first rejects in the ledger, so that
 * people can look; that this fails as well is no news after the failure itself. */
static void record_failure(struct orch_session *s, const orch_error *failure)
{
    const struct orch_destination_ops *ops = &s->destination.loaded->destination;
    struct ArrowArray rejects = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    orch_commit commit = { .struct_size = sizeof commit, .sequence = s->report->sequence };
    report_end(s);
    s->report->error = *failure;
    orch_session_end_writer(s);
    orch_status st = begin_once(s, NULL, &err);
    if (st == ORCH_OK && was_committed(s))
        return;
    if (st == ORCH_OK && s->rejects != NULL && orch_rejects_count(s->rejects) > 0)
        st = orch_rejects_sample(s->rejects, &rejects);
    if (st == ORCH_OK && rejects.release != NULL)
        st = ops->ledger(s->writer, ORCH_LEDGER_REJECT, orch_rejects_schema(s->rejects), &rejects,
                         &err);
    if (st == ORCH_OK)
        st = write_ledger(s, &err);
    if (st == ORCH_OK)
        st = ops->commit(s->writer, &commit, &err);
    s->report->recorded = st == ORCH_OK;
    if (rejects.release != NULL)
        rejects.release(&rejects);
    if (st != ORCH_OK)
        orch_log(ORCH_LOG_DEBUG, "run.failure_not_recorded", "why", ORCH_LOG_S(err.message), NULL);
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
static orch_status interrupted(const struct orch_session *s, orch_error *err)
{
    if (!s->committing)
        return orch_error_set(err, ORCH_ECANCELLED, "interrupted; nothing was committed");
    orch_error_set(err, ORCH_ECANCELLED, "interrupted while the destination was committing");
    orch_error_hint(err, "%s", commit_unknown);
    return ORCH_ECANCELLED;
}

/* ---- the run ------------------------------------------------------------------------------- */

static orch_status prepare(struct orch_session *s, orch_error *err)
{
    orch_status st = orch_script_load(&s->request->script, &s->script, err);
    if (st != ORCH_OK)
        return fail_at(s, ORCH_STAGE_SCRIPT, st);
    s->pipeline = orch_script_pipeline(s->script);
    report_pipeline(s);
    st = open_destination(s, err);
    return st == ORCH_OK ? orch_session_plan(s, err) : st;
}

static orch_status load(struct orch_session *s, orch_error *err)
{
    bool unchanged = false;
    orch_status st = make_rejects(s, err);
    if (st == ORCH_OK)
        st = orch_session_read(s, err);
    if (st == ORCH_OK)
        st = begin(s, err);
    if (st == ORCH_OK)
        st = find_unchanged(s, &unchanged, err);
    if (st == ORCH_OK && unchanged) {
        s->report->outcome = ORCH_OUTCOME_UNCHANGED;
        st = orch_report_inputs(s->report, s->source.instance.inputs,
                                s->personal.names.len > 0);
        return st;
    }
    if (st == ORCH_OK)
        st = orch_session_stream(s, err);
    return st == ORCH_OK ? settle(s, err) : st;
}

orch_status orch_run(struct orch_registry *registry, const struct orch_run_request *request,
                     struct orch_run_report *report)
{
    struct orch_session s = { .registry = registry,
                              .request = request,
                              .report = report,
                              .isolation = request->isolation };
    orch_error err = ORCH_ERROR_INIT;
    s.source_hooks = (struct orch_hooks){ .ctx = &s,
                                          .cancelled = source_cancelled,
                                          .progress = orch_quiet_hooks.progress,
                                          .reject = source_reject };
    report_begin(&s);
    /* The workers' processes start while the script runs. */
    if (!s.isolation.in_process)
        orch_child_warm(2);
    orch_status st = prepare(&s, &err);
    bool begun = false;
    if (st == ORCH_OK) {
        bool watched = orch_cancel_add(wake, &s);
        st = load(&s, &err);
        begun = s.writer != NULL;
        if (watched)
            orch_cancel_remove(wake, &s);
    }
    if (st != ORCH_OK && orch_cancelled())
        st = interrupted(&s, &err);
    if (st != ORCH_OK && err.code == ORCH_OK)
        orch_error_set(&err, st, st == ORCH_ENOMEM ? "out of memory" : "the run failed");
    if (st != ORCH_OK) {
        orch_session_redact(&s, &err);
        orch_session_blame(&s);
    }
    if (s.rejects != NULL)
        (void)orch_rejects_reasons(s.rejects, &report->reasons, &report->n_reasons);
    if (st != ORCH_OK && begun && !request->dry_run && err.code != ORCH_EBUSY &&
        !orch_cancelled())
        record_failure(&s, &err);
    report_end(&s);
    orch_session_release(&s);
    orch_child_cool();
    report->wall_us = orch_clock_monotonic_us() - s.start_us;
    report->error = err;
    return st;
}
