/* SPDX-License-Identifier: Apache-2.0 */
/* Opens one library and adopts its connectors. RTLD_NOW makes a library with a missing symbol fail
 * here, not in the middle of a run; RTLD_LOCAL keeps two plugins that carry the same helper apart.
 * A refused library stays open like every other: nothing is ever unloaded. */
#include "plugin/adopt.h"
#include "plugin/library_file.h"
#include "plugin/manifest.h"

#include "base/file.h"
#include "orch/error.h"

#include <dlfcn.h>

static orch_status library_open(const char *path, orch_plugin_entry_fn *entry, orch_error *err)
{
    orch_status st = orch_library_file_check(path, err);
    if (st != ORCH_OK)
        return st;
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
        return orch_adopt_refused(path, err);
    }
    memcpy(entry, &symbol, sizeof symbol);
    return ORCH_OK;
}

orch_status orch_loader_load(struct orch_arena *a, const char *path, struct orch_loaded **items,
                             size_t *n, orch_error *err)
{
    orch_error why = ORCH_ERROR_INIT;
    orch_plugin_entry_fn entry = NULL;

    orch_status st = library_open(path, &entry, &why);
    if (st == ORCH_OK) {
        st = orch_adopt_plugin(a, path, entry(ORCH_ABI_MAJOR, ORCH_ABI_MINOR), items, n, &why);
        if (st != ORCH_OK)
            st = orch_adopt_refused(path, &why);
    }
    if (st != ORCH_OK && err)
        *err = why;
    return st;
}

orch_status orch_loader_open(struct orch_arena *a, const char *path, const char *manifest,
                             const char *connector, const struct orch_loaded **out,
                             orch_error *err)
{
    struct orch_loaded *items = NULL;
    size_t n = 0;

    orch_status st = orch_loader_load(a, path, &items, &n, err);
    if (st == ORCH_OK)
        st = orch_manifest_compare(path, manifest, items[0].manifest, err);
    if (st != ORCH_OK)
        return st;
    for (size_t i = 0; i < n; i++)
        if (strcmp(items[i].connector.name, connector) == 0) {
            *out = &items[i];
            return ORCH_OK;
        }
    return orch_error_set(err, ORCH_EINVAL, "library \"%s\" has no connector %s",
                          orch_path_name(path), connector);
}
