/* SPDX-License-Identifier: Apache-2.0 */
#include "run/resume.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/log.h"
#include "orch/error.h"

static bool can_resume(const struct orch_session *s)
{
    return (s->source.loaded->connector.capabilities & ORCH_CAP_RESUME) != 0;
}

/* Why a position that the ledger holds is not given to the source; NULL: it is. */
static const char *why_not(const struct orch_session *s)
{
    if (s->request->from_start)
        return "--from-start";
    if (s->pipeline->mode == ORCH_WRITE_REPLACE)
        return "the run replaces the target";
    if (strcmp(s->last.source, s->report->source) != 0)
        return "it belongs to another source";
    if (strcmp(s->last.target, s->report->target) != 0)
        return "it belongs to another target";
    if (s->target_new)
        return "the target is gone";
    return NULL;
}

static orch_status check_held(const struct orch_session *s, orch_error *err)
{
    const struct orch_position *p = &s->last.position;
    uint32_t version = s->source.loaded->connector.state_version;
    if (p->version > version) {
        orch_error_set(err, ORCH_ECONFIG,
                       "the ledger holds a position of form %u, connector %s knows up to %u",
                       p->version, s->report->source, version);
        orch_error_detail(err, "of run %s", s->last.run);
        orch_error_hint(err, "install the connector that wrote it, or read everything again with "
                             "--from-start");
        return ORCH_ECONFIG;
    }
    orch_status st = orch_position_check(p);
    if (st == ORCH_OK)
        return ORCH_OK;
    if (st == ORCH_ENOMEM)
        return orch_error_set(err, st, "out of memory");
    orch_error_set(err, ORCH_ECONFIG, "the position in the ledger is no JSON");
    orch_error_detail(err, "column position of orchestra_run, run %s", s->last.run);
    orch_error_hint(err, "correct it there, or read everything again with --from-start");
    return ORCH_ECONFIG;
}

orch_status orch_resume_begin(struct orch_session *s, orch_error *err)
{
    if (!can_resume(s) || !s->last.position.known)
        return ORCH_OK;
    const char *why = why_not(s);
    if (why != NULL) {
        orch_log(ORCH_LOG_INFO, "run.from_start", "pipeline", ORCH_LOG_S(s->report->pipeline),
                 "why", ORCH_LOG_S(why), NULL);
        return ORCH_OK;
    }
    orch_status st = check_held(s, err);
    s->report->resumed = st == ORCH_OK;
    return orch_session_fail(s, ORCH_STAGE_SOURCE, st);
}

static orch_status wrong(const struct orch_session *s, orch_error *err, const char *what)
{
    orch_error_set(err, ORCH_EINTERNAL, "source %s %s", s->report->source, what);
    orch_error_hint(err, "report this to the author of %s", s->source.loaded->library);
    return ORCH_EINTERNAL;
}

/* The ledger is read by people who do not know the source's secrets. */
static orch_status find_secret(const struct orch_session *s, bool *found)
{
    const struct orch_position *p = &s->position;
    char *text = orch_alloc(p->json.len + 1);
    if (text == NULL)
        return ORCH_ENOMEM;
    memcpy(text, orch_text_z(&p->json), p->json.len + 1);
    orch_options_redact(s->source.instance.options, text);
    *found = strcmp(text, orch_text_z(&p->json)) != 0;
    free(text);
    return ORCH_OK;
}

/* What was read after the last position would be read again. */
static orch_status check_given(const struct orch_session *s, orch_error *err)
{
    const struct orch_position *p = &s->position;
    bool secret = false;
    if ((p->known || s->report->resumed) && p->rows_behind > 0)
        return wrong(s, err, "gave rows after its last position");
    orch_status st = p->known ? orch_position_check(p) : ORCH_OK;
    if (st == ORCH_EINVAL)
        return wrong(s, err, "gave a position that is no JSON");
    if (st == ORCH_OK && p->known)
        st = find_secret(s, &secret);
    if (st != ORCH_OK)
        return orch_error_set(err, st, "out of memory");
    return secret ? wrong(s, err, "gave a position that holds a secret") : ORCH_OK;
}

static orch_status keep(struct orch_session *s, const struct orch_position *p, orch_error *err)
{
    struct orch_str json = { orch_text_z(&p->json), p->json.len };
    if (orch_position_set(&s->report->position, json, p->version) != ORCH_OK)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    return ORCH_OK;
}

orch_status orch_resume_end(struct orch_session *s, orch_error *err)
{
    if (!can_resume(s))
        return ORCH_OK;
    orch_status st = s->limited ? ORCH_OK : check_given(s, err);
    if (st != ORCH_OK)
        return orch_session_fail(s, ORCH_STAGE_CONNECTOR, st);
    if (!s->limited && s->position.known)
        return keep(s, &s->position, err);
    return s->report->resumed ? keep(s, &s->last.position, err) : ORCH_OK;
}

bool orch_resume_nothing_new(const struct orch_session *s)
{
    return s->report->resumed && s->report->books.read == 0 &&
           orch_position_equal(&s->report->position, &s->last.position);
}
