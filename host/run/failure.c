/* SPDX-License-Identifier: Apache-2.0 */
#include "run/failure.h"

#include "base/log.h"
#include "orch/error.h"
#include "run/begin.h"
#include "run/ledger.h"
#include "run/publish.h"

/* Its process may have ended, or have been started only when something else failed. */
static orch_status need_open(struct orch_session *s, orch_error *err)
{
    if (orch_remote_failed(s->destination.loaded))
        orch_end_close(&s->destination);
    return s->destination.destination == NULL ? orch_begin_open(s, err) : ORCH_OK;
}

static orch_status write_rejects(struct orch_session *s, orch_error *err)
{
    struct ArrowArray rejects = { 0 };
    if (s->rejects == NULL || orch_rejects_count(s->rejects) == 0)
        return ORCH_OK;
    orch_status st = orch_rejects_sample(s->rejects, &rejects);
    if (st == ORCH_OK)
        st = s->destination.loaded->destination.ledger(
            s->writer, ORCH_LEDGER_REJECT, orch_rejects_schema(s->rejects), &rejects, err);
    if (rejects.release != NULL)
        rejects.release(&rejects);
    return st;
}

static orch_status write_run(struct orch_session *s, orch_error *err)
{
    orch_commit commit = { .struct_size = sizeof commit, .sequence = s->report->sequence };
    orch_status st = write_rejects(s, err);
    if (st == ORCH_OK)
        st = orch_publish_ledger(s, err);
    if (st == ORCH_OK)
        st = s->destination.loaded->destination.commit(s->writer, &commit, err);
    s->report->recorded = st == ORCH_OK;
    return st;
}

enum orch_verdict orch_failure_record(struct orch_session *s, const orch_error *failure)
{
    enum orch_stage stage = s->report->stage;
    orch_error err = ORCH_ERROR_INIT;
    bool loaded = false;
    orch_session_end_writer(s);
    orch_session_measure(s);
    s->report->error = *failure;
    orch_status st = need_open(s, &err);
    if (st == ORCH_OK)
        st = orch_begin_ask(s, &loaded, &err);
    bool asked = st == ORCH_OK;
    if (asked && !loaded)
        st = write_run(s, &err);
    orch_session_redact(s, &err);
    if (st != ORCH_OK)
        orch_log(ORCH_LOG_DEBUG, "run.failure_not_recorded", "why", ORCH_LOG_S(err.message), NULL);
    s->report->stage = stage;
    return loaded ? ORCH_VERDICT_LOADED : asked ? ORCH_VERDICT_FAILED : ORCH_VERDICT_UNKNOWN;
}
