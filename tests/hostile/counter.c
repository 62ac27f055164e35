/* SPDX-License-Identifier: Apache-2.0 */
/* A source that resumes: readings 1 to `to`, of 500 meters, one of 400 without a number. Its
 * position is {"after":N}, in form 1 it was N alone. The option `how` breaks the contract of
 * positions in one way each. */
#include "nothing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "orch/builder.h"
#include "orch/error.h"

enum { BATCH = 1000, METERS = 500, TOO_LONG = 70000 };

struct orch_source {
    const orch_host *host;
    const char *how;
    int64_t to;
};

struct orch_reader {
    orch_source *owner;
    orch_builder *builder;
    struct ArrowSchema schema;
    int64_t made; /* readings up to this one */
    char *state;
};

static orch_status make_schema(struct ArrowSchema *out)
{
    orch_status st = orch_schema_init(out);
    if (st == ORCH_OK)
        st = orch_schema_add(out, "meter", ORCH_FORMAT_UTF8);
    if (st == ORCH_OK)
        st = orch_schema_add(out, "at", ORCH_FORMAT_UTF8);
    if (st == ORCH_OK)
        st = orch_schema_add(out, "kwh", ORCH_FORMAT_UTF8);
    return st;
}

static orch_status counter_open(const orch_host *host, orch_source **out, orch_error *err)
{
    orch_source *s = calloc(1, sizeof *s);
    if (s == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    s->host = host;
    s->how = host->option(host, "how", 0, NULL);
    s->to = strtoll(host->option(host, "to", 0, NULL), NULL, 10);
    *out = s;
    return ORCH_OK;
}

static void counter_close(orch_source *s)
{
    free(s);
}

static orch_status counter_describe(orch_source *s, const char *stream, struct ArrowSchema *out,
                                    orch_error *err)
{
    (void)s;
    (void)stream;
    return make_schema(out) == ORCH_OK ? ORCH_OK : orch_error_set(err, ORCH_ENOMEM, "no memory");
}

static void counter_end(orch_reader *r)
{
    orch_builder_free(r->builder);
    if (r->schema.release != NULL)
        r->schema.release(&r->schema);
    free(r->state);
    free(r);
}

static orch_status take_state(orch_reader *r, const orch_read_request *request, orch_error *err)
{
    const char *form = request->state_version > 1 ? "{\"after\":%" SCNd64 "}" : "%" SCNd64;
    char text[64] = "";
    if (request->state == NULL)
        return ORCH_OK;
    if (request->state_len < sizeof text)
        memcpy(text, request->state, request->state_len);
    if (sscanf(text, form, &r->made) == 1)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "the position %s is none of a counter", text);
    orch_error_hint(err, "read everything again with --from-start");
    return ORCH_ECONFIG;
}

static orch_status counter_read(orch_source *s, const orch_read_request *request,
                                orch_reader **out, orch_error *err)
{
    orch_reader *r = calloc(1, sizeof *r);
    if (r == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    r->owner = s;
    orch_status st = take_state(r, request, err);
    if (st == ORCH_OK && (make_schema(&r->schema) != ORCH_OK ||
                          orch_builder_new(&r->schema, &r->builder) != ORCH_OK))
        st = orch_error_set(err, ORCH_ENOMEM, "out of memory");
    if (st == ORCH_OK)
        *out = r;
    else
        counter_end(r);
    return st;
}

static orch_status counter_schema(orch_reader *r, struct ArrowSchema *out, orch_error *err)
{
    (void)r;
    return make_schema(out) == ORCH_OK ? ORCH_OK : orch_error_set(err, ORCH_ENOMEM, "no memory");
}

static void add_row(orch_builder *b, int64_t i)
{
    char text[64];
    int hour = (int)(i / METERS);
    snprintf(text, sizeof text, "M%04d", (int)(i % METERS));
    orch_builder_text(b, 0, text, strlen(text));
    snprintf(text, sizeof text, "2025-%02d-%02dT%02d:00:00Z", 1 + hour / 672 % 12,
             1 + hour / 24 % 28, hour % 24);
    orch_builder_text(b, 1, text, strlen(text));
    snprintf(text, sizeof text, i % 400 == 7 ? "broken" : "%d.25", (int)(i % 97));
    orch_builder_text(b, 2, text, strlen(text));
    orch_builder_row(b);
}

static void tell_position(orch_reader *r, bool last, orch_batch_info *info)
{
    static char too_long[TOO_LONG];
    const char *how = r->owner->how;
    char text[64];
    const char *form = strcmp(how, "no JSON") == 0 ? "after %lld"
                       : COUNTER_FORM > 1          ? "{\"after\":%lld}"
                                                   : "%lld";
    snprintf(text, sizeof text, form, (long long)r->made);
    if (strcmp(how, "silent") == 0 || (strcmp(how, "late") == 0 && last))
        return;
    free(r->state);
    r->state = strdup(text);
    info->state = r->state;
    info->state_len = strlen(text);
    if (strcmp(how, "secret") == 0) {
        free(r->state);
        if (asprintf(&r->state, "{\"key\":\"%s\"}",
                     r->owner->host->option(r->owner->host, "key", 0, NULL)) < 0)
            r->state = NULL;
        info->state = r->state;
        info->state_len = r->state != NULL ? strlen(r->state) : 0;
    }
    if (strcmp(how, "too long") == 0) {
        memset(too_long, '1', sizeof too_long);
        info->state = too_long;
        info->state_len = sizeof too_long;
    }
}

static orch_status counter_next(orch_reader *r, struct ArrowArray *out, orch_batch_info *info,
                                orch_error *err)
{
    int64_t left = r->owner->to - r->made;
    int64_t rows = left < BATCH ? left : BATCH;
    if (left <= 0)
        return ORCH_END;
    info->first_record = r->made + 1;
    for (int64_t i = 0; i < rows; i++)
        add_row(r->builder, r->made++);
    if (orch_builder_take(r->builder, out) != ORCH_OK)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    info->source_bytes = r->made;
    tell_position(r, left == rows, info);
    return ORCH_OK;
}

static const orch_source_ops ops = {
    .struct_size = sizeof ops,
    .open = counter_open,
    .close = counter_close,
    .describe = counter_describe,
    .read = counter_read,
    .schema = counter_schema,
    .next = counter_next,
    .end = counter_end,
};

static const char *const hows[] = { "well",    "silent",   "late",
                                   "no JSON", "too long", "secret", NULL };

static const orch_option to = { .struct_size = sizeof to, .type = ORCH_OPT_INT, .name = "to",
                                .summary = "The last reading.", .default_text = "10" };
static const orch_option how = { .struct_size = sizeof how, .type = ORCH_OPT_ENUM, .name = "how",
                                 .summary = "How positions are given.", .default_text = "well",
                                 .choices = hows };
static const orch_option key = { .struct_size = sizeof key, .type = ORCH_OPT_STRING, .name = "key",
                                 .flags = ORCH_OPT_SECRET, .summary = "A key.",
                                 .default_text = "0a1b2c3d" };
static const orch_option *const options[] = { &to, &how, &key };

static const orch_connector counter = {
    .struct_size = sizeof counter,
    .threading = ORCH_THREADS_ONE_PER_INSTANCE,
    .capabilities = ORCH_CAP_RESUME,
    .state_version = COUNTER_FORM,
    .name = "counter",
    .summary = "Counts readings.",
    .options = options,
    .n_options = sizeof options / sizeof *options,
    .source = &ops,
};

static const orch_connector *const list[] = { &counter };
HOSTILE_PLUGIN(list)
