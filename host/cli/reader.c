/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/reader.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "cli/target.h"
#include "orch/error.h"

/* What lists the members: any connector whose inputs the host unpacks would do. */
#define LISTER "csv"
#define SHOWN_CAP 4

/* ---- a folder ------------------------------------------------------------------------------ */

static int is_readable_name(const struct dirent *entry)
{
    const char *name = entry->d_name;
    return name[0] != '.' && (cli_is_script(name) || cli_connector_of(name) != NULL);
}

static orch_status fail_folder(const char *path, orch_error *err)
{
    struct dirent **names = NULL;
    const char *slash = path[strlen(path) - 1] == '/' ? "" : "/";
    int n = scandir(path, &names, is_readable_name, alphasort);
    orch_error_set(err, ORCH_EIO, "\"%s\" is a folder, not a file", path);
    if (n > 0)
        orch_error_hint(err, "name a file in it: orchestra preview '%s%s%s'", path, slash,
                        names[0]->d_name);
    else
        orch_error_hint(err, "name a file, or say what reads its files: orchestra preview "
                             "'%s%s*' --source csv", path, slash);
    for (int i = 0; i < n; i++)
        free(names[i]);
    free(names);
    return ORCH_EIO;
}

/* ---- a packed file ------------------------------------------------------------------------- */

static orch_status fail_unknown(const char *path, orch_error *err)
{
    orch_error_set(err, ORCH_ECONFIG, "cannot tell which connector reads \"%s\"", path);
    orch_error_hint(err, "name it: orchestra preview '%s' --source csv (orchestra connectors lists "
                         "them)", path);
    return ORCH_ECONFIG;
}

struct contents {
    size_t n, known;
    const char *connector; /* of the first known member */
    const char *ending;    /* of its name */
    bool differ;           /* another member is for another connector */
    struct orch_text shown;
};

static void member_add(struct contents *c, const char *label)
{
    const char *connector = label[0] != '\0' ? cli_connector_of(label) : NULL;
    if (c->n++ < SHOWN_CAP && label[0] != '\0') {
        orch_text_puts(&c->shown, c->n > 1 ? ", " : "");
        orch_text_quote(&c->shown, orch_str_from(label), ORCH_INPUT_LABEL_MOST);
    }
    if (connector == NULL)
        return;
    c->differ = c->differ || (c->known > 0 && strcmp(connector, c->connector) != 0);
    if (c->known++ == 0) {
        c->connector = connector;
        c->ending = strrchr(label, '.');
    }
}

/* `connector` of the contents are static texts, so is *out. */
static orch_status contents_decide(const struct contents *c, const char *path, const char **out,
                                   orch_error *err)
{
    if (c->known == c->n && !c->differ && strcmp(c->connector, "geopackage") != 0) {
        *out = c->connector;
        return ORCH_OK;
    }
    (void)fail_unknown(path, err);
    if (c->shown.len > 0)
        orch_error_detail(err, "it holds %.*s%s", (int)c->shown.len, c->shown.ptr,
                          c->n > SHOWN_CAP ? ", ..." : "");
    else
        orch_error_detail(err, "the file in it has no name");
    if (c->known > 0 && strcmp(c->connector, "geopackage") == 0)
        orch_error_hint(err, "unpack it first: a GeoPackage is not read from within an archive");
    else if (c->known > 0)
        orch_error_hint(err, "choose what to look at: orchestra preview '%s' --source %s --set "
                             "member='*%s'", path, c->connector, c->ending);
    return ORCH_ECONFIG;
}

static void contents_read(const struct orch_inputs *inputs, struct contents *c, bool *packed)
{
    struct orch_part_told part;
    for (size_t i = 0; orch_inputs_part(inputs, i, &part); i++) {
        *packed = *packed || part.label != NULL;
        member_add(c, part.label != NULL ? part.label : "");
    }
}

/* Only the settings that say what is unpacked: the others are for the connector that reads. */
static orch_status lister_open(const struct cli_settings *s, struct orch_registry *registry,
                               const char *path, struct orch_arena *arena,
                               struct orch_opened *out, orch_error *err)
{
    struct cli_settings narrow = *s;
    struct orch_isolation isolation = cli_isolation(s);
    struct orch_end end;
    struct orch_end_setup setup = { .registry = registry,
                                    .end = &end,
                                    .role = ORCH_ROLE_SOURCE,
                                    .isolation = &isolation,
                                    .hooks = &orch_quiet_hooks };
    narrow.set.items = orch_arena_array(arena, s->set.len + 1, sizeof *narrow.set.items);
    narrow.set.len = 0;
    if (narrow.set.items == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    for (size_t i = 0; i < s->set.len; i++)
        if (strncmp(s->set.items[i], "member=", 7) == 0 ||
            strncmp(s->set.items[i], "unpack=", 7) == 0)
            narrow.set.items[narrow.set.len++] = s->set.items[i];
    orch_status st = cli_end(&narrow, LISTER, path, arena, &end, err);
    return st == ORCH_OK ? orch_end_open(&setup, out, err) : st;
}

static orch_status look_inside(const struct cli_settings *s, struct orch_registry *registry,
                               const char *path, const char **out, enum orch_stage *stage,
                               orch_error *err)
{
    struct orch_arena arena = { 0 };
    struct orch_opened end = { 0 };
    struct contents contents = { 0 };
    bool packed = false;
    /* What is passed over is said when it is read. */
    int least = orch_log_least(ORCH_LOG_ERROR);
    orch_status st = lister_open(s, registry, path, &arena, &end, err);
    (void)orch_log_least(least);
    if (st == ORCH_OK) {
        contents_read(end.instance.inputs, &contents, &packed);
        *stage = ORCH_STAGE_SCRIPT;
        st = packed ? contents_decide(&contents, path, out, err) : fail_unknown(path, err);
        orch_end_close(&end);
    } else if (st == ORCH_ECONFIG) {
        *stage = ORCH_STAGE_SCRIPT;
    } else {
        *stage = end.connector_failed ? ORCH_STAGE_CONNECTOR : ORCH_STAGE_SOURCE;
    }
    orch_text_release(&contents.shown);
    orch_arena_release(&arena);
    return st;
}

orch_status cli_reader_of(const struct cli_settings *s, struct orch_registry *registry,
                          const char *path, const char **out, enum orch_stage *stage,
                          orch_error *err)
{
    struct stat info;
    *stage = ORCH_STAGE_SOURCE;
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return fail_folder(path, err);
    *out = cli_connector_of(path);
    return *out != NULL ? ORCH_OK : look_inside(s, registry, path, out, stage, err);
}
