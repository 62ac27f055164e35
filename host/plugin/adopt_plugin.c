/* SPDX-License-Identifier: Apache-2.0 */
/* A description of a whole library, whoever gave it: its entry function or its manifest. */
#include "plugin/adopt.h"
#include "plugin/manifest.h"

#include "base/file.h"
#include "orch/error.h"

orch_status orch_adopt_version(unsigned major, unsigned minor, orch_error *err)
{
    if (major == ORCH_ABI_MAJOR && minor <= ORCH_ABI_MINOR)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "it is built for connector ABI %u.%u, this host offers %d.%d",
                   major, minor, ORCH_ABI_MAJOR, ORCH_ABI_MINOR);
    if (major < ORCH_ABI_MAJOR)
        orch_error_hint(err, "install a build of the plugin for ABI %d", ORCH_ABI_MAJOR);
    else
        orch_error_hint(err, "update orchestra, or install a build of the plugin for ABI %d.%d",
                        ORCH_ABI_MAJOR, ORCH_ABI_MINOR);
    return ORCH_ECONFIG;
}

/* Nothing but the size and the two versions is read before the major has matched: the rest of the
 * struct may mean something else in another major. */
static orch_status check_version(const orch_plugin *from, orch_error *err)
{
    uint32_t size;
    uint16_t major, minor;

    if (!from) {
        orch_error_set(err, ORCH_ECONFIG, "it needs a newer host than connector ABI %d.%d",
                       ORCH_ABI_MAJOR, ORCH_ABI_MINOR);
        orch_error_hint(err, "update orchestra, or install a build of the plugin for ABI %d.%d",
                        ORCH_ABI_MAJOR, ORCH_ABI_MINOR);
        return ORCH_ECONFIG;
    }
    memcpy(&size, from, sizeof size);
    if (size < offsetof(orch_plugin, name))
        return orch_error_set(err, ORCH_ECONFIG, "its description has %u bytes, at least %zu are "
                              "needed", (unsigned)size, offsetof(orch_plugin, name));
    memcpy(&major, (const char *)from + offsetof(orch_plugin, abi_major), sizeof major);
    memcpy(&minor, (const char *)from + offsetof(orch_plugin, abi_minor), sizeof minor);
    return orch_adopt_version(major, minor, err);
}

static orch_status check_texts(const orch_plugin *p, orch_error *err)
{
    const struct {
        const char *name, *text;
    } texts[] = { { "name", p->name }, { "version", p->version }, { "license", p->license },
                  { "home", p->home } };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].text && !orch_adopt_text(texts[i].text, true))
            return orch_error_set(err, ORCH_ECONFIG, "its %s is not one line of text",
                                  texts[i].name);
    return ORCH_OK;
}

static orch_status check_plugin(const orch_plugin *p, orch_error *err)
{
    if (!p->name || !p->version)
        return orch_error_set(err, ORCH_ECONFIG, "its description has no %s",
                              p->name ? "version" : "name");
    orch_status st = check_texts(p, err);
    if (st != ORCH_OK)
        return st;
    if (!p->connectors || p->n_connectors == 0 || p->n_connectors > ORCH_CONNECTORS_CAP)
        return orch_error_set(err, ORCH_ECONFIG, "it declares %zu connectors, 1 to %d are possible",
                              p->connectors ? p->n_connectors : 0, ORCH_CONNECTORS_CAP);
    for (size_t i = 0; i < p->n_connectors; i++)
        if (!p->connectors[i])
            return orch_error_set(err, ORCH_ECONFIG, "connector %zu of %zu is missing", i + 1,
                                  p->n_connectors);
    return ORCH_OK;
}

static orch_status adopt_all(struct orch_arena *a, struct orch_loaded *items, const char *path,
                             const orch_plugin *plugin, orch_error *err)
{
    for (size_t i = 0; i < plugin->n_connectors; i++) {
        items[i].library = path;
        items[i].plugin = *plugin;
        orch_status st = orch_adopt_connector(a, plugin->connectors[i], &items[i], err);
        if (st != ORCH_OK)
            return st;
        for (size_t k = 0; k < i; k++)
            if (strcmp(items[k].connector.name, items[i].connector.name) == 0)
                return orch_error_set(err, ORCH_ECONFIG, "it declares the connector \"%s\" twice",
                                      items[i].connector.name);
    }
    return ORCH_OK;
}

/* The form in which two descriptions are compared, common to all connectors of the library. */
static orch_status keep_manifest(struct orch_arena *a, struct orch_loaded *items, size_t n,
                                 orch_error *err)
{
    struct orch_text text = { .cap = ORCH_MANIFEST_BYTES_MOST };
    const char *kept = NULL;
    orch_status st = ORCH_OK;

    orch_manifest_print(items, n, 0, &text);
    /* No single piece of it is longer than that. */
    if (text.failed && text.len > ORCH_MANIFEST_BYTES_MOST - 8 * ORCH_TEXT_CAP)
        st = orch_error_set(err, ORCH_ECONFIG, "its description has more than %d KiB",
                            ORCH_MANIFEST_BYTES_MOST >> 10);
    else if (text.failed || !(kept = orch_arena_strdup(a, orch_text_z(&text))))
        st = orch_error_set(err, ORCH_ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        items[i].manifest = kept;
    orch_text_release(&text);
    return st;
}

orch_status orch_adopt_plugin(struct orch_arena *a, const char *path, const orch_plugin *from,
                              struct orch_loaded **items, size_t *n, orch_error *err)
{
    orch_plugin plugin;

    orch_status st = check_version(from, err);
    if (st == ORCH_OK) {
        orch_adopt_struct(&plugin, sizeof plugin, from);
        st = check_plugin(&plugin, err);
    }
    if (st != ORCH_OK)
        return st;
    struct orch_loaded *all = orch_arena_array(a, plugin.n_connectors, sizeof *all);
    const char *kept = orch_arena_strdup(a, path);
    if (!all || !kept)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    st = adopt_all(a, all, kept, &plugin, err);
    if (st == ORCH_OK)
        st = keep_manifest(a, all, plugin.n_connectors, err);
    if (st == ORCH_OK) {
        *items = all;
        *n = plugin.n_connectors;
    }
    return st;
}

orch_status orch_adopt_refused(const char *path, orch_error *err)
{
    if (!err)
        return ORCH_ECONFIG;
    const orch_error why = *err;

    if (why.code == ORCH_ENOMEM)
        return ORCH_ENOMEM;
    orch_error_set(err, ORCH_ECONFIG, "library \"%s\" is refused: %s", orch_path_name(path),
                   why.message);
    orch_error_detail(err, "%s%s%s", path, why.detail[0] ? "; " : "", why.detail);
    orch_error_hint(err, "%s",
                    why.hint[0] ? why.hint : "its author must correct it; remove it until then");
    return ORCH_ECONFIG;
}
