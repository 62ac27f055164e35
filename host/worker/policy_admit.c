/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused before a connector is opened, and which line of the file it is for. */
#include "worker/policy_part.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "orch/error.h"

enum { SHOWN = 160 };

/* ---- the connector ------------------------------------------------------------------------- */

orch_status orch_policy_allow(const struct orch_policy *p, const char *connector, orch_error *err)
{
    const struct orch_conf_value *line = orch_policy_denial(p, connector);
    if (line == NULL)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "connector %s may not be used on this machine", connector);
    orch_error_detail(err, "%s: %s = %s", line->place, line->key, line->value);
    orch_error_hint(err,
                    "the operator of the machine decides that; orchestra connectors shows what "
                    "may be used");
    return ORCH_ECONFIG;
}

static orch_status refuse_need(const struct orch_loaded *loaded,
                               const struct orch_policy_need *need,
                               const struct orch_conf_value *line, orch_error *err)
{
    orch_error_set(err, ORCH_ECONFIG, "connector %s may not %s on this machine",
                   loaded->connector.name, need->people);
    orch_error_detail(err, "%s: %s = %s", line->place, line->key, line->value);
    orch_error_hint(err, "it declares that it needs to: take that line out, or use another "
                         "connector");
    return ORCH_ECONFIG;
}

/* Only such a connector has inputs or paths that a folder to read below would bound. */
static bool reads_paths(const struct orch_loaded *loaded)
{
    return (loaded->connector.needs & ORCH_NEEDS_FILES_READ) != 0 ||
           (loaded->connector.capabilities & ORCH_CAP_INPUT) != 0;
}

static orch_status refuse_in_process(const struct orch_conf_value *line, orch_error *err)
{
    orch_error_set(err, ORCH_ECONFIG, "connectors may not run in the host's process");
    if (strcmp(line->key, "in_process") == 0)
        orch_error_detail(err, "%s: in_process = no", line->place);
    else
        orch_error_detail(err, "%s: \"%s\" holds in a worker only", line->place, line->key);
    orch_error_hint(err, "leave out --in-process, and unset ORCHESTRA_IN_PROCESS");
    return ORCH_ECONFIG;
}

orch_status orch_policy_admit(const struct orch_policy *p, const struct orch_loaded *loaded,
                              enum orch_role role, bool in_process, orch_error *err)
{
    const char *name = loaded->connector.name;
    uint64_t needs = loaded->connector.needs;
    if (role == ORCH_ROLE_SOURCE)
        needs &= ~ORCH_NEEDS_FILES_WRITE;
    for (size_t i = 0; i < ORCH_POLICY_NEEDS; i++) {
        const struct orch_policy_need *need = &orch_policy_need_table[i];
        const struct orch_conf_value *line = orch_policy_taken(p, name, need);
        if (line != NULL && (needs & need->bit) != 0)
            return refuse_need(loaded, need, line, err);
    }
    const struct orch_conf_value *read = orch_policy_line(p, name, "read", 0);
    if (read != NULL && !reads_paths(loaded)) {
        orch_error_set(err, ORCH_ECONFIG, "connector %s reads no files that \"read\" could bound",
                       name);
        orch_error_detail(err, "%s", read->place);
        orch_error_hint(err, "take that line out: it would hold nothing");
        return ORCH_ECONFIG;
    }
    const struct orch_conf_value *confines = in_process ? orch_policy_confines(p, name) : NULL;
    return confines != NULL ? refuse_in_process(confines, err) : ORCH_OK;
}

/* ---- its paths ----------------------------------------------------------------------------- */

static bool folder_of(const char *path, char out[PATH_MAX])
{
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%.*s", ORCH_STR_ARG(orch_path_folder(path)));
    return realpath(folder, out) != NULL;
}

/* Where a path leads: to what is there, or to what would come to be there. A link that leads to
 * nothing yet leads nowhere. */
static bool leads_to(const char *path, char out[PATH_MAX])
{
    struct stat about;
    const char *name = orch_path_name(path);
    if (realpath(path, out) != NULL)
        return true;
    if (errno != ENOENT || lstat(path, &about) == 0)
        return false;
    if (name[0] == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0 ||
        !folder_of(path, out))
        return false;
    size_t len = strlen(out);
    return (size_t)snprintf(out + len, PATH_MAX - len, "%s%s", len > 1 ? "/" : "", name) <
           PATH_MAX - len;
}

static bool lies_below(const char *real, const char *folder)
{
    char top[PATH_MAX];
    if (realpath(folder, top) == NULL)
        return false;
    size_t len = strlen(top);
    return len == 1 || (strncmp(real, top, len) == 0 && (real[len] == '/' || real[len] == '\0'));
}

static bool is_left(const struct orch_policy *p, const char *connector, const char *key,
                    const char *real)
{
    const struct orch_conf_value *v;
    for (size_t i = 0; (v = orch_policy_line(p, connector, key, i)) != NULL; i++)
        if (lies_below(real, v->value))
            return true;
    return false;
}

static orch_status refuse_path(const struct orch_policy *p, const char *connector, const char *key,
                               const char *path, const char *real, orch_error *err)
{
    struct orch_text shown = { 0 }, detail = { 0 };
    const struct orch_conf_value *v;
    orch_text_quote(&shown, orch_str_from(path), SHOWN);
    orch_error_set(err, ORCH_ECONFIG, "connector %s may not %s %s", connector, key,
                   orch_text_z(&shown));
    orch_text_puts(&detail, real != NULL ? "it leads to "
                                         : "its folder is missing, or it is a link to nothing");
    if (real != NULL)
        orch_text_quote(&detail, orch_str_from(real), SHOWN);
    for (size_t i = 0; (v = orch_policy_line(p, connector, key, i)) != NULL; i++)
        orch_text_printf(&detail, "%s%s: %s = %s", i > 0 ? ", " : "; ", v->place, v->key,
                         v->value);
    orch_error_detail(err, "%s", orch_text_z(&detail));
    orch_error_hint(err, "use a path below what those lines name");
    orch_text_release(&detail);
    orch_text_release(&shown);
    return ORCH_ECONFIG;
}

/* Of a target both count: the folder that its path names, where files beside it come to lie, and
 * the one that a link leads to. */
static orch_status check_path(const struct orch_policy *p, const char *connector, const char *key,
                              const char *path, orch_error *err)
{
    char real[PATH_MAX], folder[PATH_MAX];
    if (orch_policy_line(p, connector, key, 0) == NULL)
        return ORCH_OK;
    if (!leads_to(path, real))
        return refuse_path(p, connector, key, path, NULL, err);
    if (!is_left(p, connector, key, real))
        return refuse_path(p, connector, key, path, real, err);
    if (strcmp(key, "write") != 0)
        return ORCH_OK;
    if (!folder_of(path, folder))
        return refuse_path(p, connector, key, path, NULL, err);
    return is_left(p, connector, key, folder) ? ORCH_OK
                                              : refuse_path(p, connector, key, path, folder, err);
}

static orch_status check_option(const struct orch_policy *p, const struct orch_loaded *loaded,
                                const char *key, const orch_option *option,
                                const struct orch_options *options, orch_error *err)
{
    const char *value;
    orch_status st = ORCH_OK;
    if (option->type != ORCH_OPT_PATH)
        return ORCH_OK;
    for (size_t i = 0;
         st == ORCH_OK && (value = orch_options_get(options, option->name, i, NULL)) != NULL; i++)
        st = check_path(p, loaded->connector.name, key, value, err);
    return st;
}

/* Standard input is no path: who starts the run opened it. */
static orch_status check_inputs(const struct orch_policy *p, const struct orch_loaded *loaded,
                                const struct orch_inputs *inputs, orch_error *err)
{
    const struct orch_input_file *file;
    orch_status st = ORCH_OK;
    for (size_t i = 0; st == ORCH_OK && (file = orch_inputs_at(inputs, i)) != NULL; i++)
        if (strcmp(file->path, "-") != 0)
            st = check_path(p, loaded->connector.name, "read", file->path, err);
    return st;
}

orch_status orch_policy_paths(const struct orch_policy *p, const struct orch_loaded *loaded,
                              enum orch_role role, const struct orch_options *options,
                              const struct orch_inputs *inputs, orch_error *err)
{
    bool writes = role == ORCH_ROLE_DESTINATION &&
                  (loaded->connector.needs & ORCH_NEEDS_FILES_WRITE) != 0;
    const char *key = writes ? "write" : "read";
    orch_status st = ORCH_OK;
    for (size_t i = 0; st == ORCH_OK && p != NULL && i < loaded->connector.n_options; i++)
        st = check_option(p, loaded, key, loaded->connector.options[i], options, err);
    if (st == ORCH_OK && p != NULL && inputs != NULL)
        st = check_inputs(p, loaded, inputs, err);
    return st;
}
