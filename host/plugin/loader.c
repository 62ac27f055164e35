/* SPDX-License-Identifier: Apache-2.0 */
/* Opens one library and adopts its connectors. RTLD_NOW makes a library with a missing symbol fail
 * here, not in the middle of a run; RTLD_LOCAL keeps two plugins that carry the same helper apart.
 * A refused library stays open like every other: nothing is ever unloaded. */
#include "plugin/adopt.h"
#include "plugin/registry.h"

#include "base/file.h"
#include "orch/error.h"

#include <dlfcn.h>

/* Turns the reason in `err` into the refusal people read. */
static orch_status refused(const char *path, orch_error *err)
{
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

static orch_status library_open(const char *path, orch_plugin_entry_fn *entry, orch_error *err)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (!library) {
        const char *cause = dlerror();
        orch_error_set(err, ORCH_ECONFIG, "cannot open library \"%s\"", orch_path_name(path));
        orch_error_detail(err, "%s", cause ? cause : path);
        orch_error_hint(err, "a library it needs may be missing, or it is for another machine: "
                             "see what \"ldd\" says of it");
        return ORCH_ECONFIG;
    }
    void *symbol = dlsym(library, ORCH_PLUGIN_ENTRY_SYMBOL);
    if (!symbol) {
        orch_error_set(err, ORCH_ECONFIG, "it has no function %s", ORCH_PLUGIN_ENTRY_SYMBOL);
        orch_error_hint(err, "it is no connector, or was built without exporting its entry");
        return refused(path, err);
    }
    memcpy(entry, &symbol, sizeof symbol);
    return ORCH_OK;
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
    if (major == ORCH_ABI_MAJOR && minor <= ORCH_ABI_MINOR)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "it is built for connector ABI %d.%d, this host offers %d.%d",
                   major, minor, ORCH_ABI_MAJOR, ORCH_ABI_MINOR);
    if (major < ORCH_ABI_MAJOR)
        orch_error_hint(err, "install a build of the plugin for ABI %d", ORCH_ABI_MAJOR);
    else
        orch_error_hint(err, "update orchestra, or install a build of the plugin for ABI %d.%d",
                        ORCH_ABI_MAJOR, ORCH_ABI_MINOR);
    return ORCH_ECONFIG;
}

static orch_status check_plugin(const orch_plugin *p, orch_error *err)
{
    if (!p->name || !p->version)
        return orch_error_set(err, ORCH_ECONFIG, "its description has no %s",
                              p->name ? "version" : "name");
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

orch_status orch_loader_load(struct orch_arena *a, const char *path, struct orch_loaded **items,
                             size_t *n, orch_error *err)
{
    orch_error why = ORCH_ERROR_INIT;
    orch_plugin_entry_fn entry = NULL;
    orch_plugin plugin;

    orch_status st = library_open(path, &entry, &why);
    if (st != ORCH_OK)
        goto done;
    const orch_plugin *from = entry(ORCH_ABI_MAJOR, ORCH_ABI_MINOR);
    st = check_version(from, &why);
    if (st == ORCH_OK) {
        orch_adopt_struct(&plugin, sizeof plugin, from);
        st = check_plugin(&plugin, &why);
    }
    if (st != ORCH_OK) {
        st = refused(path, &why);
        goto done;
    }

    struct orch_loaded *all = orch_arena_array(a, plugin.n_connectors, sizeof *all);
    const char *kept = orch_arena_strdup(a, path);
    if (!all || !kept) {
        st = orch_error_set(&why, ORCH_ENOMEM, "out of memory");
        goto done;
    }
    st = adopt_all(a, all, kept, &plugin, &why);
    if (st != ORCH_OK) {
        st = refused(path, &why);
        goto done;
    }
    *items = all;
    *n = plugin.n_connectors;

done:
    if (st != ORCH_OK && err)
        *err = why;
    return st;
}
