/* SPDX-License-Identifier: Apache-2.0 */
#include "run/preview.h"

#include <stdlib.h>

#include "base/cancel.h"
#include "orch/error.h"
#include "run/begin.h"
#include "run/ends.h"
#include "run/session.h"
#include "run/written.h"

/* A preview is a session without destination: the source's rejects are shown, not stored. */
struct preview_state {
    struct orch_session session;
    struct orch_preview *out;
    ORCH_VEC(struct orch_preview_reject) rejects;
    size_t wanted;
    bool out_of_memory;
};

static void remember(struct preview_state *p, struct orch_preview_reject reject)
{
    struct orch_arena *a = &p->out->arena;
    if (p->rejects.len >= p->wanted)
        return;
    reject.column = reject.column != NULL ? orch_arena_strdup(a, reject.column) : NULL;
    reject.rule = orch_arena_strdup(a, reject.rule != NULL ? reject.rule : "record");
    reject.message = orch_arena_strdup(a, reject.message != NULL ? reject.message : "");
    p->out_of_memory |= reject.rule == NULL || reject.message == NULL ||
                        !orch_vec_push(&p->rejects, reject);
}

/* Called by the source in this very thread: a preview reads without threads. */
static orch_status preview_reject(void *ctx, const orch_reject *r)
{
    remember(ctx, (struct orch_preview_reject){ .record = r->record,
                                                .line = r->line,
                                                .column = r->field,
                                                .rule = r->rule,
                                                .message = r->message });
    return ORCH_OK;
}

static orch_status one_batch(struct preview_state *p, struct ArrowArray *array,
                             const orch_batch_info *info, orch_error *err)
{
    struct orch_session *s = &p->session;
    struct orch_frame frame;
    struct orch_origin origin;
    struct orch_plan_result result;
    orch_status st = orch_session_take(s, array, info, &frame, &origin, err);
    if (st != ORCH_OK)
        return st;
    int64_t left = (int64_t)(p->wanted - p->out->before.n_rows);
    frame.rows = frame.rows < left ? frame.rows : left;
    st = orch_grid_add(&p->out->arena, &p->out->before, &frame);
    if (st == ORCH_OK && s->pipeline->n_steps > 0)
        st = orch_session_apply(s, &frame, &origin, &result, err);
    if (st != ORCH_OK || s->pipeline->n_steps == 0)
        return st;
    for (size_t i = 0; i < result.n_rejects; i++) {
        int64_t at = result.rejects[i].source_row;
        remember(p, (struct orch_preview_reject){
                        .record = origin.record != NULL      ? origin.record[at]
                                  : origin.first_record > 0 ? origin.first_record + at
                                                            : 0,
                        .line = origin.line != NULL ? origin.line[at] : 0,
                        .column = result.rejects[i].column,
                        .rule = result.rejects[i].rule,
                        .message = result.rejects[i].message });
    }
    return orch_grid_add(&p->out->arena, &p->out->after, &result.frame);
}

static orch_status read_rows(struct preview_state *p, orch_error *err)
{
    struct orch_session *s = &p->session;
    orch_status st = orch_grid_init(&p->out->arena, &s->used, p->wanted, &p->out->before);
    if (st == ORCH_OK && s->pipeline->n_steps > 0)
        st = orch_grid_init(&p->out->arena, orch_plan_fields(s->plan), p->wanted, &p->out->after);
    while (st == ORCH_OK && p->out->before.n_rows < p->wanted) {
        struct ArrowArray array = { 0 };
        orch_batch_info info = { .struct_size = sizeof info };
        s->report->stage = ORCH_STAGE_SOURCE;
        st = s->source.loaded->source.next(s->reader, &array, &info, err);
        if (st == ORCH_OK)
            st = one_batch(p, &array, &info, err);
        if (array.release != NULL)
            array.release(&array);
        if (st == ORCH_OK && orch_cancelled())
            st = orch_error_set(err, ORCH_ECANCELLED, "interrupted");
    }
    if (st == ORCH_ENOMEM || p->out_of_memory)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    return st == ORCH_END ? ORCH_OK : st;
}

static orch_status load_script(struct orch_session *s, const struct orch_script_request *request,
                               orch_error *err)
{
    orch_status st = orch_script_load(request, &s->script, err);
    if (st == ORCH_OK)
        s->pipeline = orch_script_pipeline(s->script);
    return st;
}

orch_status orch_preview(struct orch_registry *r, const struct orch_preview_request *request,
                         struct orch_preview *out, orch_error *err)
{
    struct orch_pipeline bare = { .name = "preview" };
    struct orch_run_report report = { .stage = ORCH_STAGE_SCRIPT };
    struct preview_state p = { .out = out, .wanted = request->rows };
    struct orch_session *s = &p.session;
    orch_status st = ORCH_OK;
    *out = (struct orch_preview){ 0 };
    s->registry = r;
    s->report = &report;
    s->isolation = request->isolation;
    s->source_hooks = orch_quiet_hooks;
    s->source_hooks.ctx = &p;
    s->source_hooks.reject = preview_reject;
    if (request->script != NULL) {
        st = load_script(s, request->script, err);
        if (st == ORCH_OK &&
            (out->pipeline = orch_arena_strdup(&out->arena, s->pipeline->name)) == NULL)
            st = ORCH_ENOMEM;
    } else {
        bare.source = *request->source;
        s->pipeline = &bare;
    }
    if (st == ORCH_OK)
        st = orch_session_plan(s, err);
    if (st == ORCH_OK)
        st = orch_session_read(s, err);
    if (st == ORCH_OK)
        st = read_rows(&p, err);
    if (st == ORCH_ENOMEM && err->code != ORCH_ENOMEM)
        orch_error_set(err, st, "out of memory");
    if (st != ORCH_OK) {
        orch_session_redact(s, err);
        orch_session_blame(s);
    }
    out->rejects = p.rejects.items;
    out->n_rejects = p.rejects.len;
    out->stage = report.stage;
    orch_session_release(s);
    return st;
}

void orch_preview_release(struct orch_preview *p)
{
    free(p->rejects);
    orch_arena_release(&p->arena);
    *p = (struct orch_preview){ 0 };
}

/* ---- check --------------------------------------------------------------------------------- */

static orch_status copy_columns(struct orch_checked *out, const struct orch_fields *fields)
{
    out->columns.items = orch_arena_array(&out->arena, fields->len + 1, sizeof *fields->items);
    if (out->columns.items == NULL)
        return ORCH_ENOMEM;
    for (size_t i = 0; i < fields->len; i++) {
        out->columns.items[i].type = fields->items[i].type;
        out->columns.items[i].name = orch_arena_strdup(&out->arena, fields->items[i].name);
        if (out->columns.items[i].name == NULL)
            return ORCH_ENOMEM;
    }
    out->columns.len = fields->len;
    return ORCH_OK;
}

static orch_status copy_names(struct orch_checked *out, const struct orch_pipeline *p)
{
    struct orch_arena *a = &out->arena;
    out->pipeline = orch_arena_strdup(a, p->name);
    out->source = orch_arena_strdup(a, p->source.connector);
    out->destination = orch_arena_strdup(a, p->destination.connector);
    out->target = orch_arena_strdup(a, p->target != NULL ? p->target : "");
    out->mode = orch_mode_name(p->mode);
    bool ok = out->pipeline != NULL && out->source != NULL && out->destination != NULL &&
              out->target != NULL;
    return ok ? ORCH_OK : ORCH_ENOMEM;
}

static orch_status check_destination(struct orch_session *s, orch_error *err)
{
    orch_status st = orch_begin_open(s, err);
    if (st != ORCH_OK && s->report->stage == ORCH_STAGE_DESTINATION)
        s->report->stage = ORCH_STAGE_SCRIPT;
    if (st != ORCH_OK)
        return st;
    s->report->stage = ORCH_STAGE_DESTINATION;
    st = s->destination.loaded->destination.check(s->destination.destination, err);
    orch_end_close(&s->destination);
    return st == ORCH_ENOTSUP ? ORCH_OK : st;
}

orch_status orch_check_pipeline(struct orch_registry *r, const struct orch_script_request *script,
                                const struct orch_isolation *isolation, struct orch_checked *out,
                                orch_error *err)
{
    struct orch_run_report report = { .stage = ORCH_STAGE_SCRIPT };
    struct orch_session s = { .registry = r,
                              .report = &report,
                              .isolation = *isolation,
                              .source_hooks = orch_quiet_hooks };
    *out = (struct orch_checked){ 0 };
    orch_status st = load_script(&s, script, err);
    if (st == ORCH_OK)
        orch_written_warn(r, s.pipeline);
    if (st == ORCH_OK)
        st = copy_names(out, s.pipeline);
    if (st == ORCH_OK)
        st = orch_session_plan(&s, err);
    if (st == ORCH_OK)
        st = orch_session_read(&s, err);
    if (st == ORCH_OK)
        st = copy_columns(out, orch_plan_fields(s.plan));
    if (st == ORCH_OK)
        st = check_destination(&s, err);
    if (st == ORCH_ENOMEM && err->code != ORCH_ENOMEM)
        orch_error_set(err, st, "out of memory");
    if (st != ORCH_OK) {
        orch_session_redact(&s, err);
        orch_session_blame(&s);
    }
    out->stage = report.stage;
    orch_session_release(&s);
    return st;
}

void orch_checked_release(struct orch_checked *c)
{
    orch_arena_release(&c->arena);
    *c = (struct orch_checked){ 0 };
}
