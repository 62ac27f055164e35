/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/module.h"

#include "base/file.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const void *module_try(struct orch_str folder, const char *below, const char *file,
                              const char *symbol)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%.*s%s/%s", ORCH_STR_ARG(folder), below, file);

    if (n < 0 || (size_t)n >= sizeof path || !orch_file_exists(path))
        return NULL;
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    return library ? dlsym(library, symbol) : NULL;
}

/* Installed and in the build tree alike it lies in lib/orchestra beside the program's folder. */
const void *orch_module_find(const char *file, const char *symbol)
{
    const char *folder = getenv("ORCHESTRA_MODULES");
    const void *found = NULL;
    char exe[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);

    if (folder && *folder)
        found = module_try(orch_str_from(folder), "", file, symbol);
    if (found || len <= 0)
        return found;
    exe[len] = '\0';
    return module_try(orch_path_folder(exe), "/../lib/orchestra", file, symbol);
}
