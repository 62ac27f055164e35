/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/vec.h"
#include "cli/args.h"
#include "cli/exit.h"
#include "cli/target.h"
#include "orch/error.h"
#include "plugin/manifest.h"
#include "plugin/options.h"
#include "worker/describer.h"
#include "worker/policy.h"

struct listing {
    struct orch_text text;
    struct orch_json json;
    bool as_json;
    size_t refused;
    struct orch_registry *registry;
    const struct orch_policy *policy;
    ORCH_VEC(const char *) names; /* of what is installed; the registry's */
    bool incomplete;
};

static void say_twice(const char *connector, const char *used, const char *unused)
{
    orch_log(ORCH_LOG_WARN, "connector.twice", "connector", ORCH_LOG_S(connector), "used",
             ORCH_LOG_S(used), "unused", ORCH_LOG_S(unused), NULL);
}

/* Another library offers a connector of this name as well, and runs take that one: which? "": it is
 * refused, and so is every run. NULL: this one counts. */
static const char *used_instead(struct orch_registry *registry, const struct orch_loaded *loaded)
{
    const struct orch_loaded *counts;
    if (orch_registry_find(registry, loaded->connector.name, &counts, NULL) != ORCH_OK)
        return "";
    return counts != loaded ? counts->library : NULL;
}

static void list_unused(struct listing *l, const struct orch_loaded *loaded, const char *used)
{
    say_twice(loaded->connector.name, *used ? used : "none: the library of that name is refused",
              loaded->library);
    if (*used)
        orch_text_printf(&l->text, "[not used: %s counts] ", orch_path_name(used));
    else
        orch_text_printf(&l->text, "[not used: %s.so is refused] ", loaded->connector.name);
}

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
    const char *place;
    const char *used = used_instead(l->registry, loaded);
    bool denied = orch_policy_denies(l->policy, c->name, &place);
    l->incomplete = !orch_vec_push(&l->names, c->name) || l->incomplete;
    if (l->as_json) {
        orch_json_open(&l->json, NULL, '{');
        orch_json_text(&l->json, "name", c->name);
        orch_json_text(&l->json, "version", loaded->plugin.version);
        orch_json_bool(&l->json, "source", c->source != NULL);
        orch_json_bool(&l->json, "destination", c->destination != NULL);
        orch_json_text(&l->json, "summary", c->summary);
        orch_json_text(&l->json, "library", library);
        orch_json_bool(&l->json, "allowed", !denied);
        orch_json_text(&l->json, "denied_by", place);
        orch_json_bool(&l->json, "used", used == NULL);
        orch_json_text(&l->json, "used_instead", used != NULL && *used ? used : NULL);
        orch_json_close(&l->json, '}');
        return;
    }
    orch_text_printf(&l->text, "  %-12s %-8s %-20s ", c->name, loaded->plugin.version,
                     c->source != NULL && c->destination != NULL ? "source, destination"
                     : c->source != NULL                         ? "source"
                                                                 : "destination");
    if (used != NULL)
        list_unused(l, loaded, used);
    if (denied)
        orch_text_printf(&l->text, "[denied by %s] ", place);
    orch_text_printf(&l->text, "%s\n", c->summary);
}

/* A name that is mistyped in the configuration would deny, or bound, nothing. */
static void say_unknown_names(const struct listing *l)
{
    const char *name, *place;
    for (size_t i = 0; (name = orch_policy_named(l->policy, i, &place)) != NULL; i++) {
        size_t k = 0;
        while (k < l->names.len && strcmp(l->names.items[k], name) != 0)
            k++;
        if (k < l->names.len)
            continue;
        const char *near = orch_str_nearest(name, l->names.items, l->names.len);
        orch_log(ORCH_LOG_WARN, "config.connector_unknown", "connector", ORCH_LOG_S(name), "place",
                 ORCH_LOG_S(place), near != NULL ? "nearest" : NULL, ORCH_LOG_S(near), NULL);
    }
}

static int list(struct orch_registry *registry, const struct orch_policy *policy, bool as_json)
{
    struct listing l = { .as_json = as_json, .registry = registry, .policy = policy };
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
    if (st == ORCH_OK && l.incomplete)
        st = orch_error_set(&err, ORCH_ENOMEM, "out of memory");
    code = st == ORCH_OK ? cli_print(&l.text) : cli_fail(ORCH_STAGE_CONNECTOR, &err);
    if (st == ORCH_OK)
        say_unknown_names(&l);
    orch_vec_release(&l.names);
    orch_text_release(&l.text);
    return code == CLI_OK && l.refused > 0 ? CLI_CONNECTOR : code;
}

struct others {
    const struct orch_loaded *described;
    ORCH_VEC(const char *) libraries; /* that offer its name as well; the registry's */
    bool incomplete;
};

static void other_add(void *ctx, const char *library, const struct orch_loaded *loaded,
                      const orch_error *refused)
{
    struct others *o = ctx;
    (void)refused;
    if (loaded == NULL || loaded == o->described ||
        strcmp(loaded->connector.name, o->described->connector.name) != 0)
        return;
    say_twice(loaded->connector.name, o->described->library, library);
    o->incomplete = !orch_vec_push(&o->libraries, library) || o->incomplete;
}

static void describe_json(const struct others *o, const struct orch_policy *policy,
                          struct orch_text *out)
{
    struct orch_json j;
    orch_json_begin(&j, out, 2);
    orch_describe_begin(o->described, &j);
    orch_policy_describe_json(policy, o->described, &j);
    orch_json_open(&j, "unused", '[');
    for (size_t i = 0; i < o->libraries.len; i++)
        orch_json_text(&j, NULL, o->libraries.items[i]);
    orch_json_close(&j, ']');
    orch_json_close(&j, '}');
    orch_text_putc(out, '\n');
}

static void describe_text(const struct others *o, const struct orch_policy *policy,
                          struct orch_text *out)
{
    orch_describe_text(o->described, out);
    orch_policy_describe_text(policy, o->described, out);
    if (o->libraries.len > 0)
        orch_text_puts(out, "\nAlso offered by (not used)\n");
    for (size_t i = 0; i < o->libraries.len; i++)
        orch_text_printf(out, "  %s\n", o->libraries.items[i]);
}

static int describe(struct orch_registry *registry, const struct orch_policy *policy,
                    const char *name, bool as_json)
{
    struct others others = { 0 };
    struct orch_text text = { 0 };
    orch_error err = ORCH_ERROR_INIT;
    orch_status st = orch_registry_find(registry, name, &others.described, &err);
    if (st == ORCH_OK)
        st = orch_registry_each(registry, other_add, &others, &err);
    if (st == ORCH_OK && others.incomplete)
        st = orch_error_set(&err, ORCH_ENOMEM, "out of memory");
    if (st == ORCH_OK)
        (as_json ? describe_json : describe_text)(&others, policy, &text);
    int code = st == ORCH_OK ? cli_print(&text) : cli_fail(ORCH_STAGE_CONNECTOR, &err);
    orch_vec_release(&others.libraries);
    orch_text_release(&text);
    return code;
}

/* What the library says of itself when it is asked now, whatever manifest lies beside it. */
static int manifest(const char *name, orch_error *err)
{
    struct orch_arena arena = { 0 };
    struct orch_text said = { .cap = ORCH_MANIFEST_BYTES_MOST }, text = { 0 };
    struct orch_loaded *items;
    size_t n;
    char *path = realpath(name, NULL);
    struct stat about;
    int why = path == NULL || stat(path, &about) != 0 ? errno : S_ISDIR(about.st_mode) ? EISDIR : 0;
    orch_status st = why == 0 ? orch_describe_library(NULL, path, &said, err)
                              : orch_file_error(err, "read", name, why);
    if (st == ORCH_OK)
        st = orch_manifest_read(&arena, path, NULL, (struct orch_str){ said.ptr, said.len },
                                &items, &n, err);
    if (st == ORCH_OK)
        orch_manifest_print(items, n, 2, &text);
    int code = st == ORCH_OK ? cli_print(&text) : cli_fail(ORCH_STAGE_CONNECTOR, err);
    orch_text_release(&said);
    orch_text_release(&text);
    orch_arena_release(&arena);
    free(path);
    return code;
}

static void usage(const char *word, size_t n_words)
{
    static const char *const verbs[] = { "describe", "manifest" };
    const char *near = orch_str_nearest(word, verbs, 2);
    fprintf(stderr, "orchestra: connectors takes nothing, or: describe NAME, or: manifest "
                    "LIBRARY\n");
    if (near != NULL && strcmp(near, word) != 0)
        fprintf(stderr, "  hint: did you mean \"%s\"?\n", near);
    else if (near != NULL && n_words == 1)
        fprintf(stderr, "  hint: %s needs %s\n", near, near == verbs[0] ? "NAME" : "LIBRARY");
}

int cmd_connectors(const struct cli_settings *s)
{
    struct orch_registry *registry = cli_registry(s);
    orch_error err = ORCH_ERROR_INIT;
    int code = CLI_USAGE;
    if (registry == NULL) {
        fprintf(stderr, "orchestra: out of memory\n");
        return CLI_INTERNAL;
    }
    if (s->n_words == 0)
        code = list(registry, s->policy, s->json);
    else if (strcmp(s->words[0], "describe") == 0 && s->n_words == 2)
        code = describe(registry, s->policy, s->words[1], s->json);
    else if (strcmp(s->words[0], "manifest") == 0 && s->n_words == 2)
        code = manifest(s->words[1], &err);
    else
        usage(s->words[0], s->n_words);
    orch_registry_free(registry);
    return code;
}
