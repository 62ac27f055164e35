/* SPDX-License-Identifier: Apache-2.0 */
/* The frames a worker sends by itself, each checked before anything is made of it. */
#include "worker/remote_part.h"

#include <stdio.h>
#include <unistd.h>

#include "base/log.h"
#include "orch/error.h"

enum { LOGS_MOST = 1000, STATE_MOST = 64 * 1024 };

/* ---- logs ---------------------------------------------------------------------------------- */

/* The host's table strikes out secrets; a flood is cut. */
static void log_line(struct orch_remote *r, int level, const char *event, const char *text)
{
    if (!orch_log_enabled(level) || r->n_logs > LOGS_MOST)
        return;
    if (r->n_logs++ < LOGS_MOST)
        r->host->log(r->host, level, event, text);
    else
        r->host->log(r->host, ORCH_LOG_WARN, "worker.log_cut",
                     "it logs too much: the rest is left out");
}

void orch_remote_printed(void *remote, struct orch_str line)
{
    struct orch_remote *r = remote;
    struct orch_text text = { 0 };
    if (orch_text_add(&text, line.ptr, line.len))
        log_line(r, ORCH_LOG_DEBUG, "worker.output", orch_text_z(&text));
    orch_text_release(&text);
}

static orch_status serve_log(struct orch_remote *r, struct orch_wire *w, orch_error *err)
{
    int level = (int)orch_wire_u32(w);
    const char *event = orch_wire_z(w);
    const char *text = orch_wire_z(w);
    if (!orch_wire_done(w) || event == NULL || text == NULL || level < ORCH_LOG_DEBUG ||
        level > ORCH_LOG_ERROR)
        return orch_remote_lied(r, err, "a log line is malformed");
    struct orch_text line = { 0 };
    orch_text_printf(&line, "%s: %s", event, text);
    orch_child_lines_add(&r->child.lines, (struct orch_str){ orch_text_z(&line), line.len });
    orch_text_release(&line);
    log_line(r, level, event, text);
    return ORCH_OK;
}

static orch_status serve_progress(struct orch_remote *r, struct orch_wire *w, orch_error *err)
{
    int64_t rows = orch_wire_i64(w), bytes = orch_wire_i64(w), total = orch_wire_i64(w);
    if (!orch_wire_done(w) || rows < 0 || bytes < 0 || total < -1)
        return orch_remote_lied(r, err, "its progress is no progress");
    r->host->progress(r->host, rows, bytes, total);
    return ORCH_OK;
}

/* ---- rejects ------------------------------------------------------------------------------- */

static size_t input_count(const struct orch_remote *r)
{
    return r->inputs != NULL ? orch_inputs_parts(r->inputs) : 1;
}

static bool get_reject(const struct orch_remote *r, struct orch_wire *w, orch_reject *out)
{
    *out = (orch_reject){ .struct_size = sizeof *out, .input = orch_wire_u32(w) };
    out->record = orch_wire_i64(w);
    out->line = orch_wire_i64(w);
    out->offset = orch_wire_i64(w);
    out->field = orch_wire_z(w);
    out->rule = orch_wire_z(w);
    out->message = orch_wire_z(w);
    bool has_raw = orch_wire_u32(w) != 0;
    struct orch_str raw = orch_wire_str(w);
    out->raw = has_raw ? raw.ptr : NULL;
    out->raw_len = has_raw ? raw.len : 0;
    return !w->bad && out->input < input_count(r) && out->record >= 0 && out->line >= 0 &&
           out->offset >= -1;
}

/* Those that come after the host had enough were on their way: in this process they would not
 * have been made. */
static orch_status serve_rejects(struct orch_remote *r, struct orch_wire *w, orch_error *err)
{
    orch_reject reject;
    while (w->left > 0) {
        if (!get_reject(r, w, &reject))
            return orch_remote_lied(r, err, "a reject is malformed");
        r->last_input = reject.input;
        if (reject.record > r->last_record)
            r->last_record = reject.record;
        if (!r->sated && r->host->reject(r->host, &reject) != ORCH_OK) {
            r->sated = true;
            atomic_store(&r->ring.pulse->sated, 1);
        }
    }
    return ORCH_OK;
}

/* ---- what it asks for ---------------------------------------------------------------------- */

static orch_status serve_input(struct orch_remote *r, struct orch_wire *w, orch_error *err)
{
    orch_error why = ORCH_ERROR_INIT;
    uint32_t index = orch_wire_u32(w);
    int fd = -1;
    if (!orch_wire_done(w) || r->inputs == NULL || index >= orch_inputs_count(r->inputs))
        return orch_remote_lied(r, err, "it asked for an input that it does not have");
    r->last_input = (uint32_t)orch_inputs_first_part(r->inputs, index);
    orch_status st = orch_inputs_lend(r->inputs, index, &fd, &why);
    orch_wire_put_error(orch_remote_body(r), st, &why);
    st = orch_remote_send(r, ORCH_FRAME_INPUT, 0, fd, err);
    if (fd >= 0)
        close(fd);
    return st;
}

static orch_status serve_encoding(struct orch_remote *r, struct orch_wire *w, orch_error *err)
{
    uint32_t index = orch_wire_u32(w);
    const char *name = orch_wire_z(w);
    bool detected = orch_wire_u32(w) != 0;
    if (!orch_wire_done(w) || r->inputs == NULL || name == NULL ||
        !orch_inputs_decided(r->inputs, index, name, detected))
        return orch_remote_lied(r, err, "the encoding of an input is none");
    return ORCH_OK;
}

static orch_status serve_members(struct orch_remote *r, struct orch_wire *w, orch_error *err)
{
    orch_status st = ORCH_OK;
    while (st == ORCH_OK && w->left > 0) {
        uint32_t file = orch_wire_u32(w);
        const char *label = orch_wire_text(w);
        if (w->bad || label == NULL || r->opened || r->inputs == NULL ||
            !orch_inputs_member(r->inputs, file, label, &st))
            return orch_remote_lied(r, err, "what it says of an archive cannot be");
    }
    return st == ORCH_OK ? st : orch_remote_give_up(r, st, "out of memory", err);
}

/* ---- batches ------------------------------------------------------------------------------- */

void orch_remote_batch_release(struct orch_remote_batch *batch)
{
    orch_text_release(&batch->state);
    orch_text_release(&batch->parcel);
    orch_text_release(&batch->data);
}

static bool get_info(const struct orch_remote *r, struct orch_wire *w,
                     struct orch_remote_batch *batch, struct orch_str *state)
{
    orch_batch_info *info = &batch->info;
    info->input = orch_wire_u32(w);
    info->first_record = orch_wire_i64(w);
    info->source_bytes = orch_wire_i64(w);
    batch->has_state = orch_wire_u32(w) != 0;
    *state = orch_wire_str(w);
    return !w->bad && info->input < input_count(r) && info->first_record >= 0 &&
           info->source_bytes >= 0 && info->first_record <= INT64_MAX - INT32_MAX &&
           state->len <= STATE_MOST && orch_utf8_valid(state->ptr, state->len) == state->len;
}

static orch_status serve_data(struct orch_remote *r, struct orch_wire *w, orch_error *err)
{
    r->data.cap = ORCH_BATCH_BYTES_MOST + 1;
    if (w->left > ORCH_BATCH_BYTES_MOST - r->data.len)
        return orch_remote_lied(r, err, "it sent a batch beyond the bound");
    if (!orch_text_add(&r->data, w->at, w->left))
        return orch_remote_give_up(r, ORCH_ENOMEM, "out of memory", err);
    return ORCH_OK;
}

/* Claims the slot of a batch, and the data that came before it when they do not fit there. */
static bool claim(struct orch_remote *r, struct orch_wire *w, struct orch_remote_batch *batch)
{
    batch->slot = orch_wire_u32(w);
    batch->apart = orch_wire_u32(w) != 0;
    if (w->bad || !orch_ring_claim(&r->ring, batch->slot))
        return false;
    if (batch->apart) {
        batch->data = r->data;
        r->data = (struct orch_text){ 0 };
    }
    return true;
}

static orch_status serve_batch(struct orch_remote *r, struct orch_wire *w, orch_error *err)
{
    struct orch_remote_batch batch = { 0 };
    struct orch_str state;
    if (!r->streaming || r->over)
        return orch_remote_lied(r, err, "it sent a batch that is not due");
    if (!get_info(r, w, &batch, &state))
        return orch_remote_lied(r, err, "it says of a batch what cannot be");
    if (!claim(r, w, &batch))
        return orch_remote_lied(r, err, "it sent a batch in memory that is not its own");
    bool kept = (state.len == 0 || orch_text_add(&batch.state, state.ptr, state.len)) &&
                orch_text_add(&batch.parcel, w->at, w->left);
    r->queue[r->n_queued++] = batch; /* there are no more slots than places */
    return kept ? ORCH_OK : orch_remote_give_up(r, ORCH_ENOMEM, "out of memory", err);
}

static orch_status serve_broken(struct orch_remote *r, struct orch_wire *w, orch_error *err)
{
    orch_error why = ORCH_ERROR_INIT;
    if (orch_wire_error(w, &why) >= ORCH_OK || !orch_wire_done(w))
        return orch_remote_lied(r, err, "it says of a batch what cannot be");
    return orch_remote_broke(r, "a batch", &why, err);
}

static orch_status serve_end(struct orch_remote *r, struct orch_wire *w, orch_error *err)
{
    if (!r->streaming || r->over)
        return orch_remote_lied(r, err, "it ended a stream that was not open");
    r->over_error = (orch_error)ORCH_ERROR_INIT;
    r->over_status = orch_wire_error(w, &r->over_error);
    if (!orch_wire_done(w) || r->over_status == ORCH_OK)
        return orch_remote_lied(r, err, "it ended a stream without saying how");
    r->over = true;
    return ORCH_OK;
}

static orch_status serve_written(struct orch_remote *r, struct orch_wire *w, orch_error *err)
{
    orch_error why = ORCH_ERROR_INIT;
    uint32_t slot = orch_wire_u32(w);
    orch_status st = orch_wire_error(w, &why);
    if (!orch_wire_done(w) || st == ORCH_END || r->role != ORCH_ROLE_DESTINATION)
        return orch_remote_lied(r, err, "it says of a batch what cannot be");
    if (!orch_ring_give(&r->ring, slot))
        return orch_remote_lied(r, err, "it gave a slot back that it did not have");
    if (st != ORCH_OK && r->write_status == ORCH_OK) {
        r->write_status = st == ORCH_ENOMEM ? orch_remote_starved(r, &why) : st;
        r->write_error = why;
    }
    return ORCH_OK;
}

/* ---- all ----------------------------------------------------------------------------------- */

static orch_status serve_reply(struct orch_remote *r, orch_error *err)
{
    if (r->unheeded != 0 && r->link.head.id == r->unheeded) {
        r->unheeded = 0;
        if (r->leaving)
            orch_remote_doing(r, "closing", true);
        return ORCH_OK;
    }
    if (r->awaited == 0 || r->link.head.id != r->awaited || r->replied)
        return orch_remote_lied(r, err, "it answered what was not asked");
    r->replied = true;
    return ORCH_OK;
}

orch_status orch_remote_serve(struct orch_remote *r, orch_error *err)
{
    static const struct {
        enum orch_frame_kind kind;
        orch_status (*serve)(struct orch_remote *, struct orch_wire *, orch_error *);
    } kinds[] = {
        { ORCH_FRAME_BATCH, serve_batch },
        { ORCH_FRAME_BROKEN, serve_broken },
        { ORCH_FRAME_STREAM_END, serve_end },
        { ORCH_FRAME_WRITTEN, serve_written },
        { ORCH_FRAME_NEED_INPUT, serve_input },
        { ORCH_FRAME_DATA, serve_data },
        { ORCH_FRAME_ENCODING, serve_encoding },
        { ORCH_FRAME_MEMBERS, serve_members },
        { ORCH_FRAME_LOG, serve_log },
        { ORCH_FRAME_PROGRESS, serve_progress },
        { ORCH_FRAME_REJECTS, serve_rejects },
    };
    struct orch_wire w = orch_wire_of(&r->link.body);
    if (r->link.head.kind == ORCH_FRAME_REPLY)
        return serve_reply(r, err);
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (r->link.head.kind == kinds[i].kind)
            return kinds[i].serve(r, &w, err);
    return orch_remote_lied(r, err, "it sent a frame of the kind %u", r->link.head.kind);
}
