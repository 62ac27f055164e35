/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/json.h"
#include "cli/args.h"
#include "cli/exit.h"
#include "cli/target.h"
#include "orch/error.h"
#include "run/preview.h"

static void checked_text(const struct orch_checked *c, struct orch_text *out)
{
    orch_text_printf(out, "%s is fine: from %s to %s %s (%s)\n", c->pipeline, c->source,
                     c->destination, c->target, c->mode);
    for (size_t i = 0; i < c->columns.len; i++)
        orch_text_printf(out, "  %-24s %s\n", c->columns.items[i].name,
                         orch_type_name(c->columns.items[i].type));
}

static void checked_json(const struct orch_checked *c, struct orch_text *out)
{
    struct orch_json j;
    orch_json_begin(&j, out, 2);
    orch_json_open(&j, NULL, '{');
    orch_json_text(&j, "pipeline", c->pipeline);
    orch_json_text(&j, "source", c->source);
    orch_json_text(&j, "destination", c->destination);
    orch_json_text(&j, "target", c->target);
    orch_json_text(&j, "mode", c->mode);
    orch_json_open(&j, "columns", '[');
    for (size_t i = 0; i < c->columns.len; i++) {
        orch_json_open(&j, NULL, '{');
        orch_json_text(&j, "name", c->columns.items[i].name);
        orch_json_text(&j, "type", orch_type_name(c->columns.items[i].type));
        orch_json_close(&j, '}');
    }
    orch_json_close(&j, ']');
    orch_json_close(&j, '}');
    orch_text_putc(out, '\n');
}

int cmd_check(const struct cli_settings *s)
{
    struct orch_registry *registry = cli_registry(s);
    struct orch_script_request script = cli_script_request(s);
    struct orch_isolation isolation = cli_isolation(s);
    struct orch_checked checked;
    struct orch_text text = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    int code;
    if (registry == NULL) {
        fprintf(stderr, "orchestra: out of memory\n");
        return CLI_INTERNAL;
    }
    if (orch_check_pipeline(registry, &script, &isolation, &checked, &err) != ORCH_OK) {
        if (checked.stage == ORCH_STAGE_SCRIPT)
            cli_hint_script(script.path, &err);
        code = cli_fail(checked.stage, &err);
    } else {
        (s->json ? checked_json : checked_text)(&checked, &text);
        code = cli_print(&text);
    }
    orch_text_release(&text);
    orch_checked_release(&checked);
    orch_registry_free(registry);
    return code;
}
