/* SPDX-License-Identifier: Apache-2.0 */
#include "run/rejects.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/vec.h"
#include "orch/builder.h"
#include "orch/error.h"
#include "run/ledger.h"
#include "run/personal.h"

enum {
    BATCH_ROWS = 1024,
    HELD_ROWS = 65536, /* while nobody takes them */
    HELD_BYTES = 64 << 20,
    SAMPLE_ROWS = 1000,
    BATCH_BYTES = 1 << 20, /* a reject may quote 64 KiB twice: rows alone do not bound memory */
    MAX_REASONS = 200,
    MAX_RAW = 65536,
    NUMBER_BYTES = 48 /* behind a name that is hidden */
};

struct orch_rejects {
    struct orch_rejects_setup setup;
    struct ArrowSchema schema;
    orch_builder *builder; /* rows not handed on yet */
    orch_builder *sample;  /* the first ones, kept */
    int64_t count;
    int64_t from_source;
    bool open; /* the sink takes batches */
    ORCH_VEC(struct orch_reason) reasons;
    struct orch_text content; /* scratch */
    struct orch_text visible; /* scratch: a raw text with its zero bytes shown */
    char input[5120];         /* scratch: a path, and what may name a member */
    pthread_mutex_t lock;
};

/* What one row of orchestra_reject says, before run, pipeline and number. */
struct reject_row {
    const char *input;
    int64_t record, line, offset; /* 0 or -1: unknown */
    const char *column;
    const char *rule;
    const char *message;
    struct orch_str raw;
    struct orch_str content;
};

orch_status orch_rejects_new(const struct orch_rejects_setup *setup, struct orch_rejects **out,
                             orch_error *err)
{
    struct orch_rejects *r = orch_zalloc(1, sizeof *r);
    if (r == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    r->setup = *setup;
    pthread_mutex_init(&r->lock, NULL);
    orch_status st = orch_ledger_reject_schema(&r->schema);
    if (st == ORCH_OK)
        st = orch_builder_new(&r->schema, &r->builder);
    if (st == ORCH_OK)
        st = orch_builder_new(&r->schema, &r->sample);
    if (st != ORCH_OK) {
        orch_rejects_free(r);
        return orch_error_set(err, st, "out of memory");
    }
    *out = r;
    return ORCH_OK;
}

void orch_rejects_free(struct orch_rejects *r)
{
    if (r == NULL)
        return;
    orch_builder_free(r->builder);
    orch_builder_free(r->sample);
    orch_vec_release(&r->reasons);
    orch_text_release(&r->content);
    orch_text_release(&r->visible);
    if (r->schema.release != NULL)
        r->schema.release(&r->schema);
    pthread_mutex_destroy(&r->lock);
    free(r);
}

static bool is_personal(const struct orch_rejects *r, const char *column)
{
    for (size_t i = 0; column != NULL && i < r->setup.n_personal; i++)
        if (strcmp(r->setup.personal[i], column) == 0)
            return true;
    return false;
}

/* ---- reasons ------------------------------------------------------------------------------- */

/* As much of the text as there is room for, never a part of a character. */
static void copy_text(char *out, size_t size, const char *text)
{
    int n = snprintf(out, size, "%s", text);
    if (n > 0)
        out[orch_utf8_valid(out, strlen(out))] = '\0';
}

static void reason_count(struct orch_rejects *r, const struct reject_row *row)
{
    struct orch_reason reason = { .count = 1 };
    copy_text(reason.rule, sizeof reason.rule, row->rule);
    copy_text(reason.column, sizeof reason.column, row->column != NULL ? row->column : "");
    for (size_t i = 0; i < r->reasons.len; i++) {
        struct orch_reason *known = &r->reasons.items[i];
        if (strcmp(known->rule, reason.rule) == 0 && strcmp(known->column, reason.column) == 0) {
            known->count++;
            return;
        }
    }
    copy_text(reason.example, sizeof reason.example, row->message);
    /* The summary shows a few; beyond that the rejects table tells. */
    if (r->reasons.len < MAX_REASONS)
        (void)orch_vec_push(&r->reasons, reason);
}

static int reason_order(const void *a, const void *b)
{
    const struct orch_reason *x = a, *y = b;
    if (x->count != y->count)
        return x->count < y->count ? 1 : -1;
    int by_column = strcmp(x->column, y->column);
    return by_column != 0 ? by_column : strcmp(x->rule, y->rule);
}

orch_status orch_rejects_reasons(const struct orch_rejects *r, struct orch_reason **out, size_t *n)
{
    struct orch_reason *copy = orch_zalloc(r->reasons.len + 1, sizeof *copy);
    if (copy == NULL)
        return ORCH_ENOMEM;
    if (r->reasons.len > 0) {
        memcpy(copy, r->reasons.items, r->reasons.len * sizeof *copy);
        qsort(copy, r->reasons.len, sizeof *copy, reason_order);
    }
    *out = copy;
    *n = r->reasons.len;
    return ORCH_OK;
}

/* ---- rows ---------------------------------------------------------------------------------- */

static orch_status put_text(orch_builder *b, size_t column, struct orch_str text)
{
    size_t len = text.len < MAX_RAW ? text.len : MAX_RAW;
    /* A raw text may be anything: what is not UTF-8 ends it. */
    len = text.ptr != NULL ? orch_utf8_valid(text.ptr, len) : 0;
    return text.ptr == NULL ? orch_builder_null(b, column)
                            : orch_builder_text(b, column, text.ptr, len);
}

static orch_status put_place(orch_builder *b, size_t column, int64_t value, bool known)
{
    return known ? orch_builder_int(b, column, value) : orch_builder_null(b, column);
}

static orch_status row_put(const struct orch_rejects *r, orch_builder *b,
                           const struct reject_row *row)
{
    orch_status st[] = {
        put_text(b, 0, orch_str_from(r->setup.run)),
        put_text(b, 1, orch_str_from(r->setup.pipeline)),
        orch_builder_int(b, 2, r->count),
        put_text(b, 3, orch_str_from(row->input)),
        put_place(b, 4, row->record, row->record > 0),
        put_place(b, 5, row->line, row->line > 0),
        put_place(b, 6, row->offset, row->offset >= 0),
        put_text(b, 7, orch_str_from(row->column)),
        put_text(b, 8, orch_str_from(row->rule)),
        put_text(b, 9, orch_str_from(row->message)),
        put_text(b, 10, row->raw),
        put_text(b, 11, row->content),
    };
    for (size_t i = 0; i < sizeof st / sizeof st[0]; i++)
        if (st[i] != ORCH_OK)
            return st[i];
    return orch_builder_row(b);
}

static orch_status flush_locked(struct orch_rejects *r)
{
    struct ArrowArray batch;
    if (orch_builder_rows(r->builder) == 0)
        return ORCH_OK;
    orch_status st = orch_builder_take(r->builder, &batch);
    if (st != ORCH_OK)
        return st;
    return r->setup.sink(r->setup.sink_ctx, &batch) ? ORCH_OK : ORCH_ECANCELLED;
}

static bool has_room(const orch_builder *b, int64_t rows, int64_t bytes)
{
    return orch_builder_rows(b) < rows && orch_builder_bytes(b) < bytes;
}

/* No destination can keep a zero byte in a text: U+2400 stands for it, "symbol for null". */
static orch_status zeros_show(struct orch_rejects *r, struct orch_str *raw)
{
    size_t len = raw->len < MAX_RAW ? raw->len : MAX_RAW;
    if (len == 0 || memchr(raw->ptr, '\0', len) == NULL)
        return ORCH_OK;
    orch_text_reset(&r->visible);
    for (size_t i = 0; i < len; i++) {
        if (raw->ptr[i] == '\0')
            orch_text_puts(&r->visible, "\xE2\x90\x80");
        else
            orch_text_putc(&r->visible, raw->ptr[i]);
    }
    *raw = (struct orch_str){ r->visible.ptr, r->visible.len };
    return r->visible.failed ? ORCH_ENOMEM : ORCH_OK;
}

static orch_status row_add(struct orch_rejects *r, struct reject_row *row)
{
    r->count++;
    reason_count(r, row);
    orch_status st = zeros_show(r, &row->raw);
    if (st == ORCH_OK)
        st = row_put(r, r->builder, row);
    if (st == ORCH_OK && has_room(r->sample, SAMPLE_ROWS, BATCH_BYTES))
        st = row_put(r, r->sample, row);
    if (st == ORCH_OK && r->open && !has_room(r->builder, BATCH_ROWS, BATCH_BYTES))
        st = flush_locked(r);
    else if (st == ORCH_OK && !has_room(r->builder, HELD_ROWS, HELD_BYTES))
        st = ORCH_ECANCELLED;
    if (st == ORCH_OK && r->setup.limit.count >= 0 && r->count > r->setup.limit.count)
        st = ORCH_ECANCELLED;
    return st;
}

/* Hidden names may be the same: the number is that of orchestra_input, and within an archive that
 * of the member among those that are read. */
static void number_hidden(struct orch_rejects *r, const struct orch_part_told *part, uint32_t input)
{
    orch_personal_hide(r->input);
    size_t used = strlen(r->input);
    size_t first = orch_inputs_first_part(r->setup.inputs, part->file);
    if (part->label == NULL || part->label[0] == '\0')
        snprintf(r->input + used, sizeof r->input - used, " (%zu)", part->file + 1);
    else
        snprintf(r->input + used, sizeof r->input - used, " (%zu, %zu)", part->file + 1,
                 input - first + 1);
}

/* Lives until the next call, under the lock. */
static const char *input_name(struct orch_rejects *r, uint32_t input)
{
    struct orch_part_told part;
    if (r->setup.inputs == NULL || !orch_inputs_part(r->setup.inputs, input, &part))
        return NULL;
    const char *path = orch_inputs_at(r->setup.inputs, part.file)->path;
    bool member = part.label != NULL && part.label[0] != '\0';
    if (r->setup.n_personal == 0 && !member)
        return path;
    snprintf(r->input, sizeof r->input - NUMBER_BYTES, "%s%s%s", path, member ? ": " : "",
             member ? part.label : "");
    if (r->setup.n_personal > 0)
        number_hidden(r, &part, input);
    return r->input;
}

orch_status orch_rejects_add_source(struct orch_rejects *r, const orch_reject *reject)
{
    static const char withheld[] = "(withheld: the record may hold personal columns)";
    pthread_mutex_lock(&r->lock);
    struct reject_row row = {
        .input = input_name(r, reject->input),
        .record = reject->record,
        .line = reject->line,
        .offset = reject->offset,
        .column = reject->field,
        .rule = reject->rule != NULL ? reject->rule : "record",
        .message = reject->message != NULL ? reject->message : "",
        .raw = { reject->raw, reject->raw_len },
    };
    if (r->setup.n_personal > 0 && row.raw.ptr != NULL)
        row.raw = ORCH_STR(withheld);
    r->from_source++;
    orch_status st = row_add(r, &row);
    pthread_mutex_unlock(&r->lock);
    return st;
}

/* ---- the content of a record --------------------------------------------------------------- */

static void value_print(struct orch_json *j, const char *name, const struct orch_vector *v,
                        int64_t row)
{
    struct orch_value value = { .type = v->type };
    struct orch_text text = { .cap = MAX_RAW };
    if (!orch_vector_present(v, row)) {
        orch_json_null(j, name);
        return;
    }
    switch (v->type) {
    case ORCH_TYPE_BOOLEAN:
        orch_json_bool(j, name, v->of.boolean[row] != 0);
        return;
    case ORCH_TYPE_INTEGER:
        orch_json_int(j, name, v->of.integer[row]);
        return;
    case ORCH_TYPE_NUMBER:
        orch_json_float(j, name, v->of.number[row]);
        return;
    case ORCH_TYPE_TEXT:
        orch_json_str(j, name, v->of.text[row]);
        return;
    case ORCH_TYPE_BINARY:
        orch_json_text(j, name, "(binary)");
        return;
    default:
        value.integer = v->of.integer[row];
        orch_value_print(&text, &value);
        orch_json_text(j, name, orch_text_z(&text));
        orch_text_release(&text);
    }
}

static struct orch_str content_print(struct orch_rejects *r, const struct orch_frame *frame,
                                     int64_t row)
{
    struct orch_json j;
    orch_text_reset(&r->content);
    r->content.cap = MAX_RAW;
    orch_json_begin(&j, &r->content, 0);
    orch_json_open(&j, NULL, '{');
    for (size_t i = 0; i < frame->fields->len; i++) {
        const char *name = frame->fields->items[i].name;
        if (is_personal(r, name))
            orch_json_text(&j, name, "***");
        else
            value_print(&j, name, &frame->columns[i], row);
    }
    orch_json_close(&j, '}');
    /* A record beyond the cap is told by its place alone. */
    if (r->content.failed)
        return (struct orch_str){ NULL, 0 };
    return (struct orch_str){ r->content.ptr, r->content.len };
}

orch_status orch_rejects_add_plan(struct orch_rejects *r, const struct orch_plan_reject *reject,
                                  const struct orch_frame *frame, const struct orch_origin *origin)
{
    int64_t at = reject->source_row;
    /* A row function may say anything in its message, also what it was given. */
    bool personal = reject->column != NULL ? is_personal(r, reject->column)
                                           : r->setup.n_personal > 0;
    pthread_mutex_lock(&r->lock);
    struct reject_row row = {
        .input = input_name(r, origin->input),
        .record = origin->record != NULL ? origin->record[at]
                  : origin->first_record > 0 ? origin->first_record + at : 0,
        .line = origin->line != NULL ? origin->line[at] : 0,
        .offset = origin->offset != NULL ? origin->offset[at] : -1,
        .column = reject->column,
        .rule = reject->rule,
        .message = personal ? "the value does not fit (withheld: personal column)"
                            : reject->message,
        .raw = personal ? ORCH_STR("***") : reject->raw,
        .content = content_print(r, frame, at),
    };
    orch_status st = row_add(r, &row);
    pthread_mutex_unlock(&r->lock);
    return st;
}

/* ---- totals -------------------------------------------------------------------------------- */

void orch_rejects_open(struct orch_rejects *r, bool open)
{
    pthread_mutex_lock(&r->lock);
    r->open = open;
    pthread_mutex_unlock(&r->lock);
}

orch_status orch_rejects_flush(struct orch_rejects *r)
{
    pthread_mutex_lock(&r->lock);
    orch_status st = flush_locked(r);
    pthread_mutex_unlock(&r->lock);
    return st;
}

int64_t orch_rejects_count(const struct orch_rejects *r)
{
    struct orch_rejects *mine = (struct orch_rejects *)r;
    pthread_mutex_lock(&mine->lock);
    int64_t count = r->count;
    pthread_mutex_unlock(&mine->lock);
    return count;
}

int64_t orch_rejects_source_count(const struct orch_rejects *r)
{
    struct orch_rejects *mine = (struct orch_rejects *)r;
    pthread_mutex_lock(&mine->lock);
    int64_t count = r->from_source;
    pthread_mutex_unlock(&mine->lock);
    return count;
}

/* The most frequent reason: often it says at once what changed in an export. */
static void add_reason(const struct orch_rejects *r, orch_error *err)
{
    struct orch_reason *reasons = NULL;
    size_t n = 0;
    if (err == NULL || orch_rejects_reasons(r, &reasons, &n) != ORCH_OK || n == 0) {
        free(reasons);
        return;
    }
    orch_error_detail(err, "%s; %lld x %s%s%s", err->detail, (long long)reasons[0].count,
                      reasons[0].column, reasons[0].column[0] != '\0' ? ": " : "",
                      reasons[0].example);
    free(reasons);
}

orch_status orch_rejects_check(const struct orch_rejects *r, int64_t read, bool complete,
                               orch_error *err)
{
    int64_t count = orch_rejects_count(r);
    const struct orch_reject_limit *limit = &r->setup.limit;
    bool over_count = limit->count >= 0 && count > limit->count;
    bool over_percent = complete && limit->percent >= 0 && count > 0 &&
                        (double)count * 100 > limit->percent * (double)read;
    if (!over_count && !over_percent)
        return ORCH_OK;
    orch_error_set(err, ORCH_EDATA, "too many rejects");
    if (over_count)
        orch_error_detail(err, "%lld rejects, allowed: %lld", (long long)count,
                          (long long)limit->count);
    else
        orch_error_detail(err, "%lld of %lld records rejected, allowed: %g %%", (long long)count,
                          (long long)read, limit->percent);
    add_reason(r, err);
    orch_error_hint(err, "look at them with: orchestra rejects SCRIPT, "
                         "or allow more with --max-rejects");
    return ORCH_EDATA;
}

orch_status orch_rejects_sample(struct orch_rejects *r, struct ArrowArray *out)
{
    pthread_mutex_lock(&r->lock);
    orch_status st = orch_builder_take(r->sample, out);
    pthread_mutex_unlock(&r->lock);
    return st;
}

const struct ArrowSchema *orch_rejects_schema(const struct orch_rejects *r)
{
    return &r->schema;
}

orch_status orch_reject_limit_parse(const char *text, struct orch_reject_limit *out,
                                    orch_error *err)
{
    struct orch_str s = orch_str_trim(orch_str_from(text));
    struct orch_reject_limit limit = { .count = -1, .percent = -1 };
    bool ok;
    if (s.len > 0 && s.ptr[s.len - 1] == '%') {
        s.len--;
        ok = orch_str_to_float(orch_str_trim(s), &limit.percent) && limit.percent >= 0 &&
             limit.percent <= 100;
    } else {
        ok = orch_str_to_int(s, &limit.count) && limit.count >= 0;
    }
    if (!ok) {
        orch_error_set(err, ORCH_ECONFIG, "\"%s\" is no limit for rejects", text);
        orch_error_hint(err, "say a number of records (100) or a share of them (2 %%)");
        return ORCH_ECONFIG;
    }
    *out = limit;
    return ORCH_OK;
}
