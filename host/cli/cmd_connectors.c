/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/json.h"
#include "cli/args.h"
#include "cli/exit.h"
#include "orch/error.h"
#include "plugin/options.h"

struct listing {
    struct orch_text text;
    struct orch_json json;
    bool as_json;
    size_t refused;
};

static void list_one(void *ctx, const char *library, const struct orch_loaded *loaded,
                     const orch_error *refused)
{
    struct listing *l = ctx;
    if (loaded == NULL) {
        l->refused++;
        cli_print_error(refused);
        return;
    }
    const orch_connector *c = &loaded->connector;
    if (l->as_json) {
        orch_json_open(&l->json, NULL, '{');
        orch_json_text(&l->json, "name", c->name);
        orch_json_text(&l->json, "version", loaded->plugin.version);
        orch_json_bool(&l->json, "source", c->source != NULL);
        orch_json_bool(&l->json, "destination", c->destination != NULL);
        orch_json_text(&l->json, "summary", c->summary);
        orch_json_text(&l->json, "library", library);
        orch_json_close(&l->json, '}');
        return;
    }
    orch_text_printf(&l->text, "  %-12s %-8s %-20s %s\n", c->name, loaded->plugin.version,
                     c->source != NULL && c->destination != NULL ? "source, destination"
                     : c->source != NULL                         ? "source"
                                                                 : "destination",
                     c->summary);
}

static int list(struct orch_registry *registry, bool as_json)
{
    struct listing l = { .as_json = as_json };
    orch_error err = ORCH_ERROR_INIT;
    int code;
    if (as_json) {
        orch_json_begin(&l.json, &l.text, 2);
        orch_json_open(&l.json, NULL, '[');
    }
    orch_status st = orch_registry_each(registry, list_one, &l, &err);
    if (as_json) {
        orch_json_close(&l.json, ']');
        orch_text_putc(&l.text, '\n');
    }
    code = st == ORCH_OK ? cli_print(&l.text) : cli_fail(ORCH_STAGE_CONNECTOR, &err);
    orch_text_release(&l.text);
    return code == CLI_OK && l.refused > 0 ? CLI_CONNECTOR : code;
}

static int describe(struct orch_registry *registry, const char *name, bool as_json)
{
    const struct orch_loaded *loaded;
    struct orch_text text = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    if (orch_registry_find(registry, name, &loaded, &err) != ORCH_OK)
        return cli_fail(ORCH_STAGE_CONNECTOR, &err);
    (as_json ? orch_describe_json : orch_describe_text)(loaded, &text);
    int code = cli_print(&text);
    orch_text_release(&text);
    return code;
}

int cmd_connectors(const struct cli_settings *s)
{
    struct orch_registry *registry = orch_registry_new();
    int code = CLI_USAGE;
    if (registry == NULL) {
        fprintf(stderr, "orchestra: out of memory\n");
        return CLI_INTERNAL;
    }
    if (s->n_words == 0)
        code = list(registry, s->json);
    else if (strcmp(s->words[0], "describe") == 0 && s->n_words == 2)
        code = describe(registry, s->words[1], s->json);
    else
        fprintf(stderr, "orchestra: connectors takes nothing, or: describe NAME\n");
    orch_registry_free(registry);
    return code;
}
