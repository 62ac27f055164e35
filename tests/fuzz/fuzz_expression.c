/* SPDX-License-Identifier: Apache-2.0 */
/* The input is a script, run in the sandbox with tight limits. When it describes a pipeline, its
 * steps are checked against a small table of every type and run over it. Checked: the sandbox ends
 * by itself, refusals are readable, the plan's books balance and its rows are a sound batch. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bytes.h"
#include "base/log.h"
#include "data/batch_check.h"
#include "orch/error.h"
#include "run/personal.h"
#include "script/script.h"

enum { ROWS = 6, MEMORY = 8 << 20, INSTRUCTIONS = 20000 };

/* ---- the table ----------------------------------------------------------------------------- */

static const struct orch_str texts[ROWS] = {
    { " 12,5 ", 6 }, { "", 0 }, { "2024-02-29T23:59", 16 }, { "\xC3\xA9l\xC3\xA8ve", 7 },
    { "31/02/2024", 10 }, { "9223372036854775808", 19 },
};
static const struct orch_str bytes[ROWS] = { { "\x01\x02", 2 }, { "", 0 }, { "z", 1 } };
static const int64_t integers[ROWS] = { 0, -1, INT64_MAX, INT64_MIN, 42, 7 };
static const int64_t instants[ROWS] = { 0, -1, 253402300799999999, -62135596800000000, INT64_MAX,
                                        INT64_MIN };
static const int64_t dates[ROWS] = { 0, -1, 2932896, -719162, INT32_MAX, INT32_MIN };
static const double numbers[ROWS] = { 0, -0.5, 1e308, -1e308, 5e-324, 1e15 };
static const uint8_t booleans[ROWS] = { 0, 1, 1, 0, 0, 1 };
static const uint8_t nulls[ROWS] = { 0, 0, 0, 0, 1, 0 };

static struct orch_field table_fields[] = {
    { .name = "text", .type = ORCH_TYPE_TEXT },
    { .name = "integer", .type = ORCH_TYPE_INTEGER },
    { .name = "number", .type = ORCH_TYPE_NUMBER },
    { .name = "date", .type = ORCH_TYPE_DATE },
    { .name = "time", .type = ORCH_TYPE_TIMESTAMP },
    { .name = "yes", .type = ORCH_TYPE_BOOLEAN },
    { .name = "binary", .type = ORCH_TYPE_BINARY },
    { .name = "some", .type = ORCH_TYPE_TEXT },
};

enum { FIELDS = sizeof table_fields / sizeof table_fields[0] };

static const struct orch_vector table[FIELDS] = {
    { .type = ORCH_TYPE_TEXT, .of.text = texts },
    { .type = ORCH_TYPE_INTEGER, .null = nulls, .of.integer = integers },
    { .type = ORCH_TYPE_NUMBER, .of.number = numbers },
    { .type = ORCH_TYPE_DATE, .null = nulls, .of.integer = dates },
    { .type = ORCH_TYPE_TIMESTAMP, .of.integer = instants },
    { .type = ORCH_TYPE_BOOLEAN, .null = nulls, .of.boolean = booleans },
    { .type = ORCH_TYPE_BINARY, .of.text = bytes },
    { .type = ORCH_TYPE_TEXT, .null = nulls, .of.text = texts },
};

/* ---- the plan ------------------------------------------------------------------------------ */

static void check_error(const orch_error *e, orch_status st)
{
    const char *parts[] = { e->message, e->detail, e->hint };
    if (e->code != st || e->message[0] == '\0' || st == ORCH_EINVAL)
        fuzz_broken("refused with %d, \"%s\"", st, e->message);
    for (size_t i = 0; i < 3; i++)
        if (orch_utf8_valid(parts[i], strlen(parts[i])) != strlen(parts[i]))
            fuzz_broken("not UTF-8: %s", parts[i]);
}

static orch_status no_secret(const char *reference, struct orch_text *out, orch_error *err)
{
    (void)err;
    return orch_text_puts(out, reference) ? ORCH_OK : ORCH_ENOMEM;
}

static void check_rejects(const struct orch_plan_result *result)
{
    for (size_t i = 0; i < result->n_rejects; i++) {
        const struct orch_plan_reject *r = &result->rejects[i];
        if (r->source_row < 0 || r->source_row >= ROWS || r->rule == NULL || r->message == NULL)
            fuzz_broken("a reject of row %lld has no rule or message", (long long)r->source_row);
        if (orch_utf8_valid(r->message, strlen(r->message)) != strlen(r->message))
            fuzz_broken("not UTF-8: %s", r->message);
    }
}

static void check_rows(const struct orch_plan *plan, const struct orch_plan_result *result)
{
    struct ArrowSchema schema = { 0 };
    struct ArrowArray batch = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    int64_t in = ROWS + result->added;
    int64_t out = result->frame.rows + result->filtered + (int64_t)result->n_rejects;
    if (in != out)
        fuzz_broken("%lld rows went in, %lld are accounted for", (long long)in, (long long)out);
    if (orch_fields_export(orch_plan_fields(plan), &schema, &err) != ORCH_OK ||
        orch_frame_export(&result->frame, &batch, &err) != ORCH_OK ||
        orch_batch_check(&schema, &batch, &err) != ORCH_OK)
        fuzz_broken("%s: %s", err.message, err.detail);
    schema.release(&schema);
    batch.release(&batch);
}

static void run_plan(const struct orch_pipeline *p)
{
    struct orch_fields fields = { table_fields, FIELDS }, used_fields = { 0 };
    struct orch_field used_items[FIELDS];
    struct orch_vector columns[FIELDS];
    struct orch_plan *plan = NULL;
    struct orch_plan_result result = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    struct orch_personal personal = { 0 };
    orch_status st = orch_plan_new(&fields, p->steps, p->n_steps, no_secret, &plan, &err);
    if (st == ORCH_OK) {
        if (orch_personal_find(p, NULL, &personal) != ORCH_OK)
            fuzz_broken("no memory for personal columns");
        orch_personal_release(&personal);
        const uint8_t *used = orch_plan_used(plan);
        used_fields.items = used_items;
        for (size_t i = 0; i < FIELDS; i++) {
            if (!used[i])
                continue;
            columns[used_fields.len] = table[i];
            used_items[used_fields.len++] = table_fields[i];
        }
        struct orch_frame in = { .fields = &used_fields, .columns = columns, .rows = ROWS };
        st = orch_plan_run(plan, &in, &result, &err);
    }
    if (st != ORCH_OK) {
        check_error(&err, st);
    } else {
        check_rejects(&result);
        check_rows(plan, &result);
    }
    orch_plan_free(plan);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct orch_script_request request = {
        .path = path,
        .limits = { .memory_bytes = MEMORY, .instructions = INSTRUCTIONS },
    };
    struct orch_script *script = NULL;
    orch_error err = ORCH_ERROR_INIT;
    int fd = memfd_create("script", MFD_CLOEXEC);

    orch_log_setup(ORCH_LOG_TEXT, ORCH_LOG_ERROR + 1);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    orch_status st = orch_script_load(&request, &script, &err);
    if (st != ORCH_OK)
        check_error(&err, st);
    else
        run_plan(orch_script_pipeline(script));
    orch_script_free(script);
    close(fd);
    return 0;
}
