/* SPDX-License-Identifier: Apache-2.0 */
#include "run/begin.h"

#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/log.h"
#include "orch/error.h"
#include "run/fingerprint.h"
#include "run/ledger.h"

enum { LOCK_POLL_MS = 100 };

/* ---- opening ------------------------------------------------------------------------------- */

static struct orch_end_setup setup_of(const struct orch_session *s)
{
    return (struct orch_end_setup){ .registry = s->registry,
                                    .end = &s->pipeline->destination,
                                    .role = ORCH_ROLE_DESTINATION,
                                    .mode = s->pipeline->mode,
                                    .isolation = &s->isolation,
                                    .hooks = &orch_quiet_hooks };
}

static orch_status opened(struct orch_session *s, orch_status st)
{
    return orch_session_fail(s,
                             s->destination.connector_failed ? ORCH_STAGE_CONNECTOR
                             : st == ORCH_ECONFIG            ? ORCH_STAGE_SCRIPT
                                                             : ORCH_STAGE_DESTINATION,
                             st);
}

orch_status orch_begin_start(struct orch_session *s, orch_error *err)
{
    struct orch_end_setup setup = setup_of(s);
    return opened(s, orch_end_start(&setup, &s->destination, err));
}

orch_status orch_begin_open(struct orch_session *s, orch_error *err)
{
    struct orch_end_setup setup = setup_of(s);
    return opened(s, orch_end_open(&setup, &s->destination, err));
}

/* ---- the transaction ----------------------------------------------------------------------- */

orch_status orch_begin_once(struct orch_session *s, const struct ArrowSchema *schema,
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

/* A database's own state is about some table; the lock of a pipeline has none. */
static bool is_pipeline_lock(orch_status st, const orch_error *err)
{
    return st == ORCH_EBUSY && err->sqlstate[0] == '\0';
}

orch_status orch_begin(struct orch_session *s, orch_error *err)
{
    int64_t deadline = orch_clock_monotonic_us() + s->request->wait_ms * 1000;
    orch_status st = orch_begin_once(s, &s->output_schema, err);
    while (st == ORCH_EBUSY && orch_clock_monotonic_us() < deadline &&
           orch_cancel_sleep(LOCK_POLL_MS))
        st = orch_begin_once(s, &s->output_schema, err);
    s->lock_held = is_pipeline_lock(st, err);
    s->begun = st == ORCH_OK;
    const struct orch_destination_ops *ops = &s->destination.loaded->destination;
    s->target_new = s->begun && ops->created != NULL && ops->created(s->writer);
    if (s->lock_held)
        orch_error_hint(err, "wait for the other run with --wait 10m, or come back later");
    return orch_session_fail(s, ORCH_STAGE_DESTINATION, st);
}

orch_status orch_begin_ask(struct orch_session *s, bool *loaded, orch_error *err)
{
    orch_status st = orch_begin_once(s, NULL, err);
    s->lock_held = is_pipeline_lock(st, err);
    if (st == ORCH_OK)
        st = orch_ledger_holds(&s->destination.loaded->destination, s->destination.destination,
                               s->pipeline->name, s->report->run, loaded, err);
    return orch_session_fail(s, ORCH_STAGE_DESTINATION, st);
}

/* ---- has anything changed? ----------------------------------------------------------------- */

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

/* Somebody took the target away: what the ledger says was loaded is not there. */
static void warn_gone(const struct orch_session *s)
{
    if (s->target_new && s->last.found && strcmp(s->last.target, s->report->target) == 0)
        orch_log(ORCH_LOG_WARN, "run.target_gone", "pipeline", ORCH_LOG_S(s->report->pipeline),
                 "target", ORCH_LOG_S(s->report->target), "last_run", ORCH_LOG_S(s->last.run),
                 "hint", ORCH_LOG_S("everything is loaded again from what the source has today"),
                 NULL);
}

orch_status orch_begin_unchanged(struct orch_session *s, bool *unchanged, orch_error *err)
{
    bool may = false;
    *unchanged = false;
    orch_status st = orch_ledger_last(&s->destination.loaded->destination,
                                      s->destination.destination, s->pipeline->name, &s->last, err);
    if (st != ORCH_OK)
        return orch_session_fail(s, ORCH_STAGE_DESTINATION, st);
    s->report->sequence = (uint64_t)s->last.sequence + 1;
    warn_gone(s);
    if (!s->last.found || s->target_new || s->source.instance.inputs == NULL || s->request->force ||
        s->request->from_start || s->request->dry_run || s->request->limit > 0)
        return ORCH_OK;
    st = inputs_may_be_equal(s, &may, err);
    if (st != ORCH_OK)
        return orch_session_fail(s, ORCH_STAGE_DESTINATION, st);
    if (!may)
        return ORCH_OK;
    st = orch_fingerprint(s->registry, s->pipeline, &s->source, &s->destination, s->fingerprint,
                          err);
    *unchanged = st == ORCH_OK && strcmp(s->fingerprint, s->last.fingerprint) == 0;
    return orch_session_fail(s, ORCH_STAGE_SOURCE, st);
}
