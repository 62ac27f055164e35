/* SPDX-License-Identifier: Apache-2.0 */
/* A manifest becomes the tables that the library itself would have given, and these go through the
 * checks of a library that was opened. */
#include "plugin/adopt.h"
#include "plugin/manifest.h"
#include "plugin/manifest_node.h"
#include "plugin/option_value.h"
#include "plugin/unopened.h"

#include <math.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/json_read.h"
#include "orch/error.h"

enum { CHOICES_MOST = 256 };

static void *make(struct orch_manifest_reader *r, size_t n, size_t size)
{
    void *memory = r->st == ORCH_OK ? orch_arena_array(r->arena, n, size) : NULL;
    if (memory == NULL && r->st == ORCH_OK)
        r->st = orch_error_set(&r->why, ORCH_ENOMEM, "out of memory");
    return memory;
}

/* ---- options ------------------------------------------------------------------------------ */

static uint32_t type_of(struct orch_manifest_reader *r, const struct orch_node *n)
{
    const char *word = orch_node_text(r, n, "type", true), *name;
    for (uint32_t type = 1; word && (name = orch_option_type_name(type)); type++)
        if (strcmp(name, word) == 0)
            return type;
    orch_node_refuse(r, n, "type", "is one that this host does not know");
    return 0;
}

static uint32_t roles_of(struct orch_manifest_reader *r, const struct orch_node *n)
{
    static const struct orch_word roles[] = {
        { ORCH_OPT_FOR_SOURCE, "source" },
        { ORCH_OPT_FOR_DESTINATION, "destination" },
        { 0, NULL },
    };
    return (uint32_t)orch_node_words(r, n, "roles", roles, false);
}

static void read_option(struct orch_manifest_reader *r, const struct orch_node *n, orch_option *o)
{
    *o = (orch_option){ .struct_size = sizeof *o, .type = type_of(r, n) };
    o->name = orch_node_text(r, n, "name", true);
    o->summary = orch_node_text(r, n, "summary", true);
    o->flags = roles_of(r, n) | (uint32_t)orch_node_flags(r, n, orch_flag_words);
    o->default_text = orch_node_text(r, n, "default", false);
    o->example = orch_node_text(r, n, "example", false);
    o->unit = orch_node_text(r, n, "unit", false);
    o->choices = orch_node_texts(r, n, "choices", CHOICES_MOST);
    o->min = orch_node_number(r, n, "min", -INFINITY);
    o->max = orch_node_number(r, n, "max", INFINITY);
}

static void read_options(struct orch_manifest_reader *r, const struct orch_node *n,
                         orch_connector *c)
{
    const json_t *array = orch_node_array(r, n, "options", ORCH_OPTIONS_CAP);
    size_t count = json_array_size(array);
    if (count == 0)
        return;
    orch_option *options = make(r, count, sizeof *options);
    const orch_option **table = make(r, count, sizeof *table);
    for (size_t i = 0; i < count && r->st == ORCH_OK; i++) {
        struct orch_node entry = orch_node_entry(r, n, "options", array, i);
        read_option(r, &entry, &options[i]);
        table[i] = &options[i];
    }
    c->options = table;
    c->n_options = count;
}

/* ---- connectors --------------------------------------------------------------------------- */

static uint32_t threading_of(struct orch_manifest_reader *r, const struct orch_node *n)
{
    const char *word = orch_node_text(r, n, "threading", true);
    const struct orch_word *known = word ? orch_word_find(orch_threading_words, word) : NULL;
    if (!known)
        orch_node_refuse(r, n, "threading", "is a level that this host does not know");
    return known ? (uint32_t)known->value : 0;
}

static void read_connector(struct orch_manifest_reader *r, const struct orch_node *n,
                           orch_connector *c)
{
    uint32_t roles = roles_of(r, n);

    *c = (orch_connector){ .struct_size = sizeof *c, .threading = threading_of(r, n) };
    c->name = orch_node_text(r, n, "name", true);
    c->summary = orch_node_text(r, n, "summary", true);
    c->personal = orch_node_text(r, n, "personal", false);
    c->capabilities = orch_node_words(r, n, "write_modes", orch_write_mode_words, false) |
                      orch_node_flags(r, n, orch_ability_words);
    c->needs = orch_node_words(r, n, "needs", orch_need_words, true);
    c->state_version = (uint32_t)orch_node_int(r, n, "state_version", UINT32_MAX, false);
    c->source = roles & ORCH_OPT_FOR_SOURCE ? &orch_unopened_source : NULL;
    c->destination = roles & ORCH_OPT_FOR_DESTINATION ? &orch_unopened_destination : NULL;
    read_options(r, n, c);
}

static void read_connectors(struct orch_manifest_reader *r, const struct orch_node *n,
                            orch_plugin *p)
{
    const json_t *array = orch_node_array(r, n, "connectors", ORCH_CONNECTORS_CAP);
    size_t count = json_array_size(array);
    orch_connector *connectors = make(r, count + 1, sizeof *connectors);
    const orch_connector **table = make(r, count + 1, sizeof *table);

    for (size_t i = 0; i < count && r->st == ORCH_OK; i++) {
        struct orch_node entry = orch_node_entry(r, n, "connectors", array, i);
        read_connector(r, &entry, &connectors[i]);
        table[i] = &connectors[i];
    }
    p->connectors = table;
    p->n_connectors = count;
}

/* ---- the whole ---------------------------------------------------------------------------- */

static void check_format(struct orch_manifest_reader *r, const struct orch_node *n)
{
    int64_t format = orch_node_int(r, n, "manifest", INT32_MAX, true);
    if (r->st != ORCH_OK || format == ORCH_MANIFEST_FORMAT)
        return;
    r->st = orch_error_set(&r->why, ORCH_ECONFIG, "it is of format %lld, this host reads %d",
                           (long long)format, ORCH_MANIFEST_FORMAT);
    if (format > ORCH_MANIFEST_FORMAT)
        orch_error_hint(&r->why, "update orchestra, or write the manifest anew");
}

static void check_platform(struct orch_manifest_reader *r, const struct orch_node *n)
{
    const char *platform = orch_node_text(r, n, "platform", true);
    if (!platform || strcmp(platform, orch_manifest_platform()) == 0)
        return;
    r->st = orch_error_set(&r->why, ORCH_ECONFIG, "it is for the platform %.60s, this is %s",
                           platform, orch_manifest_platform());
    orch_error_hint(&r->why, "install a build of the plugin for %s", orch_manifest_platform());
}

/* Format, ABI and platform come first: of another one the rest may mean something else. */
static void read_plugin(struct orch_manifest_reader *r, const struct orch_node *n, orch_plugin *p)
{
    check_format(r, n);
    struct orch_node abi = orch_node_child(r, n, "abi");
    *p = (orch_plugin){ .struct_size = sizeof *p };
    p->abi_major = (uint16_t)orch_node_int(r, &abi, "major", UINT16_MAX, true);
    p->abi_minor = (uint16_t)orch_node_int(r, &abi, "minor", UINT16_MAX, true);
    if (r->st == ORCH_OK)
        r->st = orch_adopt_version(p->abi_major, p->abi_minor, &r->why);
    check_platform(r, n);
    p->name = orch_node_text(r, n, "plugin", true);
    p->version = orch_node_text(r, n, "version", true);
    p->license = orch_node_text(r, n, "license", false);
    p->home = orch_node_text(r, n, "home", false);
    read_connectors(r, n, p);
}

static orch_status parse(struct orch_str text, json_t **out, orch_error *err)
{
    json_error_t at;
    json_t *root = NULL;
    orch_status st = orch_json_read(text, 0, &root, &at);
    if (st == ORCH_ENOMEM)
        return orch_error_set(err, st, "out of memory");
    if (st != ORCH_OK) {
        orch_error_set(err, ORCH_ECONFIG, "it is no JSON");
        orch_error_detail(err, "line %d, column %d: %s", at.line, at.column, at.text);
        return ORCH_ECONFIG;
    }
    if (!json_is_object(root)) {
        json_decref(root);
        return orch_error_set(err, ORCH_ECONFIG, "it is no JSON object");
    }
    *out = root;
    return ORCH_OK;
}

/* Says whose the reason is, and where it stands. */
static orch_status refused(const char *library, const char *file, orch_error *err)
{
    const orch_error why = *err;

    if (why.code == ORCH_ENOMEM)
        return ORCH_ENOMEM;
    if (file)
        orch_error_set(err, ORCH_ECONFIG, "manifest \"%s\" is refused: %s", orch_path_name(file),
                       why.message);
    else
        orch_error_set(err, ORCH_ECONFIG, "library \"%s\" is refused: in what it says of itself %s",
                       orch_path_name(library), why.message);
    orch_error_detail(err, "%s%s%s", file ? file : library, why.detail[0] ? "; " : "", why.detail);
    if (why.hint[0])
        orch_error_hint(err, "%s", why.hint);
    else if (file)
        orch_manifest_hint(library, err);
    else
        orch_error_hint(err, "its author must correct it; remove it until then");
    return ORCH_ECONFIG;
}

orch_status orch_manifest_read(struct orch_arena *a, const char *library, const char *file,
                               struct orch_str text, struct orch_loaded **items, size_t *n,
                               orch_error *err)
{
    struct orch_manifest_reader r = { .arena = a, .why = ORCH_ERROR_INIT };
    struct orch_node whole = { 0 };
    json_t *root = NULL;
    orch_plugin plugin;

    if (text.len > ORCH_MANIFEST_BYTES_MOST)
        r.st = orch_error_set(&r.why, ORCH_ECONFIG, "it has more than %d KiB",
                              ORCH_MANIFEST_BYTES_MOST >> 10);
    else
        r.st = parse(text, &root, &r.why);
    whole.object = root;
    if (r.st == ORCH_OK)
        read_plugin(&r, &whole, &plugin);
    if (r.st == ORCH_OK)
        r.st = orch_adopt_plugin(a, library, &plugin, items, n, &r.why);
    if (r.st != ORCH_OK)
        r.st = refused(library, file, &r.why);
    if (r.st != ORCH_OK && err)
        *err = r.why;
    json_decref(root);
    return r.st;
}
