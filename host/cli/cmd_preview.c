/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/args.h"
#include "cli/exit.h"
#include "cli/reader.h"
#include "cli/table.h"
#include "cli/target.h"
#include "orch/error.h"
#include "run/preview.h"

enum { DEFAULT_ROWS = 5 };

static void rejects_text(const struct orch_preview *p, struct orch_text *out)
{
    if (p->n_rejects == 0)
        return;
    orch_text_puts(out, "rejected\n");
    for (size_t i = 0; i < p->n_rejects; i++) {
        const struct orch_preview_reject *r = &p->rejects[i];
        orch_text_printf(out, "  record %lld", (long long)r->record);
        if (r->line > 0)
            orch_text_printf(out, ", line %lld", (long long)r->line);
        orch_text_printf(out, "%s%s: %s\n", r->column != NULL ? ", " : "",
                         r->column != NULL ? r->column : "", r->message);
    }
}

static void preview_text(const struct orch_preview *p, struct orch_text *out)
{
    orch_text_printf(out, "%s%zu record%s\n", p->after.n_columns > 0 ? "before: " : "",
                     p->before.n_rows, p->before.n_rows == 1 ? "" : "s");
    cli_table_print(&p->before, out);
    if (p->after.n_columns > 0) {
        orch_text_printf(out, "after: %zu row%s\n", p->after.n_rows,
                         p->after.n_rows == 1 ? "" : "s");
        cli_table_print(&p->after, out);
    }
    rejects_text(p, out);
}

static void preview_json(const struct orch_preview *p, struct orch_text *out)
{
    struct orch_json j;
    orch_json_begin(&j, out, 2);
    orch_json_open(&j, NULL, '{');
    cli_table_json(&p->before, "before", &j);
    cli_table_json(&p->after, "after", &j);
    orch_json_open(&j, "rejects", '[');
    for (size_t i = 0; i < p->n_rejects; i++) {
        orch_json_open(&j, NULL, '{');
        orch_json_int(&j, "record", p->rejects[i].record);
        orch_json_int(&j, "line", p->rejects[i].line);
        orch_json_text(&j, "column", p->rejects[i].column);
        orch_json_text(&j, "rule", p->rejects[i].rule);
        orch_json_text(&j, "message", p->rejects[i].message);
        orch_json_close(&j, '}');
    }
    orch_json_close(&j, ']');
    orch_json_close(&j, '}');
    orch_text_putc(out, '\n');
}

static int preview(const struct cli_settings *s, struct orch_registry *registry,
                   struct orch_arena *arena)
{
    struct orch_script_request script = cli_script_request(s);
    const char *path = s->n_words > 0 ? s->words[0] : NULL;
    struct orch_preview_request request = { .isolation = cli_isolation(s),
                                            .rows = s->rows > 0 ? (size_t)s->rows : DEFAULT_ROWS };
    struct orch_preview result;
    struct orch_text text = { 0 };
    struct orch_end end;
    orch_error err = ORCH_ERROR_INIT;
    int code;
    if (path == NULL && s->source == NULL) {
        fprintf(stderr, "orchestra: preview needs a script, a file, or --source with --set\n");
        return CLI_USAGE;
    }
    if (s->source == NULL && cli_is_script(path)) {
        request.script = &script;
    } else {
        enum orch_stage stage = ORCH_STAGE_SCRIPT;
        const char *connector = s->source;
        orch_status st = ORCH_OK;
        if (connector == NULL)
            st = cli_reader_of(s, registry, path, &connector, &stage, &err);
        if (st == ORCH_OK)
            st = cli_end(s, connector, path, arena, &end, &err);
        if (st != ORCH_OK)
            return cli_fail(stage, &err);
        request.source = &end;
    }
    orch_status st = orch_preview(registry, &request, &result, &err);
    if (st != ORCH_OK) {
        code = cli_fail(result.stage, &err);
    } else {
        (s->json ? preview_json : preview_text)(&result, &text);
        code = cli_print(&text);
    }
    orch_text_release(&text);
    orch_preview_release(&result);
    return code;
}

int cmd_preview(const struct cli_settings *s)
{
    struct orch_registry *registry = cli_registry(s);
    struct orch_arena arena = { 0 };
    if (registry == NULL) {
        fprintf(stderr, "orchestra: out of memory\n");
        return CLI_INTERNAL;
    }
    int code = preview(s, registry, &arena);
    orch_arena_release(&arena);
    orch_registry_free(registry);
    return code;
}
