/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/target.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/cancel.h"
#include "orch/error.h"
#include "run/ledger.h"
#include "worker/describer.h"
#include "worker/policy.h"

struct orch_script_request cli_script_request(const struct cli_settings *s)
{
    const char *territory = s->territory != NULL ? s->territory : getenv("ORCHESTRA_TERRITORY");
    return (struct orch_script_request){
        .path = s->n_words > 0 ? s->words[0] : NULL,
        .territory = territory,
        .params = s->params.items,
        .n_params = s->params.len,
        .cancelled = orch_cancelled,
    };
}

static bool ends_in(const char *path, const char *ending)
{
    size_t a = strlen(path), b = strlen(ending);
    return a > b && strcasecmp(path + a - b, ending) == 0;
}

struct orch_isolation cli_isolation(const struct cli_settings *s)
{
    return (struct orch_isolation){ .in_process =
                                        s->in_process || getenv("ORCHESTRA_IN_PROCESS") != NULL,
                                    .require_sandbox = s->require_sandbox,
                                    .policy = s->policy };
}

struct orch_registry *cli_registry(const struct cli_settings *s)
{
    static struct orch_remote_setup setup;
    setup.require_sandbox = s->require_sandbox || orch_policy_requires_sandbox(s->policy);
    setup.limits = orch_policy_limits(s->policy, "");
    return orch_registry_new(orch_describe_library, &setup);
}

bool cli_is_script(const char *path)
{
    return ends_in(path, ".lua");
}

/* Also "x.csv.gz": what is packed is told by its content, which connector it is for is not. */
static bool is_called(const char *path, const char *ending)
{
    static const char *const packed[] = { "", ".gz", ".bz2", ".xz", ".zst", ".zip", ".7z" };
    char whole[32];
    for (size_t i = 0; i < sizeof packed / sizeof packed[0]; i++) {
        snprintf(whole, sizeof whole, "%s%s", ending, packed[i]);
        if (ends_in(path, whole))
            return true;
    }
    return strcmp(path, ending) == 0;
}

const char *cli_connector_of(const char *path)
{
    static const struct {
        const char *ending, *connector;
    } known[] = { { ".csv", "csv" }, { ".tsv", "csv" },        { ".txt", "csv" },
                  { ".xml", "xml" }, { ".gpkg", "geopackage" }, { "-", "csv" } };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (is_called(path, known[i].ending))
            return known[i].connector;
    return NULL;
}

static bool is_called_packed(const char *path)
{
    static const char *const endings[] = { ".zip", ".7z", ".tar", ".tgz", ".gz", ".bz2", ".xz",
                                           ".zst" };
    for (size_t i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (ends_in(path, endings[i]))
            return true;
    return false;
}

void cli_hint_script(const char *path, orch_error *err)
{
    if (!cli_is_script(path) && (cli_connector_of(path) != NULL || is_called_packed(path)))
        orch_error_hint(err, "a pipeline is a Lua script; this looks at a file: "
                             "orchestra preview %s", path);
}

static struct orch_setting *setting_find(struct orch_end *end, struct orch_str name)
{
    for (size_t i = 0; i < end->n_settings; i++)
        if (orch_str_equal(orch_str_from(end->settings[i].name), name))
            return &end->settings[i];
    return NULL;
}

/* Adds a value; --set of one name twice gives two values. */
static bool setting_add(struct orch_arena *a, struct orch_end *end, size_t room,
                        struct orch_str name, const char *value, const char *place)
{
    struct orch_setting *setting = setting_find(end, name);
    if (setting == NULL) {
        setting = &end->settings[end->n_settings++];
        setting->name = orch_arena_str(a, name).ptr;
        setting->values = orch_arena_array(a, room, sizeof *setting->values);
        setting->place = place;
        if (setting->name == NULL || setting->values == NULL)
            return false;
    }
    setting->values[setting->n_values++] = value;
    return true;
}

static orch_status make_end(const struct cli_settings *s, const char *connector, const char *path,
                            const char *naming, struct orch_arena *a, struct orch_end *out,
                            orch_error *err)
{
    size_t room = s->set.len + 2;
    struct orch_end end = { .connector = connector };
    if (connector == NULL)
        end.connector = path != NULL ? cli_connector_of(path) : NULL;
    if (end.connector == NULL) {
        orch_error_set(err, ORCH_ECONFIG, "cannot tell which connector reads \"%s\"",
                       path != NULL ? path : "");
        orch_error_hint(err, "name it: %s (orchestra connectors lists them)", naming);
        return ORCH_ECONFIG;
    }
    end.settings = orch_arena_array(a, room, sizeof *end.settings);
    bool ok = end.settings != NULL;
    if (ok && path != NULL)
        ok = setting_add(a, &end, room, ORCH_STR("path"), path, "the command line");
    for (size_t i = 0; ok && i < s->set.len; i++) {
        const char *text = s->set.items[i];
        size_t name = strcspn(text, "=");
        ok = setting_add(a, &end, room, (struct orch_str){ text, name }, text + name + 1, "--set");
    }
    if (!ok)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    *out = end;
    return ORCH_OK;
}

orch_status cli_end(const struct cli_settings *s, const char *connector, const char *path,
                    struct orch_arena *a, struct orch_end *out, orch_error *err)
{
    return make_end(s, connector, path, "--source csv", a, out, err);
}

/* ---- ledgers ------------------------------------------------------------------------------- */

/* What wrote the file; NULL when the path does not tell. */
static const char *destination_of(const struct cli_settings *s, const char *path)
{
    static const char *const endings[] = { ".csv", ".jsonl", ".ndjson" };
    for (size_t i = 0; path != NULL && i < sizeof endings / sizeof endings[0]; i++)
        if (s->destination == NULL && ends_in(path, endings[i]))
            return "files";
    return s->destination;
}

/* A path that somebody typed leads somewhere; that of a script may come to be by its first run. */
static orch_status file_there(const struct cli_settings *s, const char *path, orch_error *err)
{
    if (s->destination != NULL || path == NULL || access(path, F_OK) == 0)
        return ORCH_OK;
    orch_error_set(err, ORCH_EIO, "cannot read \"%s\"", path);
    orch_error_detail(err, "%s", strerror(errno));
    orch_error_hint(err, "name the file that a pipeline wrote, or the pipeline's script");
    return ORCH_EIO;
}

/* A destination wants a table to open; for looking into its ledger any name does, only not one of
 * the ledger's own. */
static orch_status named_destination(const struct cli_settings *s, struct orch_arena *a,
                                     struct orch_end *out, orch_error *err)
{
    const char *path = s->n_words > 0 ? s->words[0] : NULL;
    orch_status st = file_there(s, path, err);
    if (st == ORCH_OK)
        st = make_end(s, destination_of(s, path), path, "--destination geopackage", a, out, err);
    if (st != ORCH_OK || strcmp(out->connector, "files") == 0 ||
        setting_find(out, ORCH_STR("table")) != NULL)
        return st;
    bool ok = setting_add(a, out, 1, ORCH_STR("table"), "any", "the command line");
    return ok ? ORCH_OK : orch_error_set(err, ORCH_ENOMEM, "out of memory");
}

static orch_status last_run(const struct orch_opened *d, const char *pipeline,
                            struct cli_ledger *out, orch_error *err)
{
    orch_ledger_query query = { .struct_size = sizeof query,
                                .table = ORCH_LEDGER_RUN,
                                .pipeline = pipeline,
                                .limit = 1 };
    struct orch_ledger_rows rows;
    orch_status st =
        orch_ledger_read(&d->loaded->destination, d->destination, &query, &rows, err);
    if (st != ORCH_OK)
        return st;
    if (rows.view.rows > 0)
        snprintf(out->run, sizeof out->run, "%.*s",
                 ORCH_STR_ARG(orch_ledger_text(&rows, "run", 0)));
    orch_ledger_rows_release(&rows);
    return ORCH_OK;
}

/* A run that was asked for by its id. */
static orch_status asked_run(const struct cli_settings *s, const struct orch_opened *d,
                             struct cli_ledger *out, orch_error *err)
{
    orch_ledger_query query = { .struct_size = sizeof query,
                                .table = ORCH_LEDGER_RUN,
                                .run = s->run,
                                .limit = 1 };
    struct orch_ledger_rows rows;
    orch_status st =
        orch_ledger_read(&d->loaded->destination, d->destination, &query, &rows, err);
    if (st != ORCH_OK)
        return st;
    bool found = rows.view.rows > 0;
    orch_ledger_rows_release(&rows);
    if (!found) {
        orch_error_set(err, ORCH_ECONFIG, "there is no run \"%s\"", s->run);
        orch_error_hint(err, "orchestra runs lists them");
        return ORCH_ECONFIG;
    }
    snprintf(out->run, sizeof out->run, "%s", s->run);
    return ORCH_OK;
}

static orch_status read_rows(const struct orch_opened *d, const orch_ledger_query *query,
                             struct cli_ledger *out, orch_error *err)
{
    struct orch_ledger_rows rows;
    orch_status st =
        orch_ledger_read(&d->loaded->destination, d->destination, query, &rows, err);
    if (st != ORCH_OK)
        return st;
    st = orch_grid_of_view(&out->arena, &rows.view, &out->grid);
    orch_ledger_rows_release(&rows);
    return st == ORCH_OK ? st : orch_error_set(err, st, "out of memory");
}

static orch_status query_run(const struct cli_settings *s, const struct orch_opened *d,
                             const char *table, const char *pipeline, bool of_one_run,
                             int64_t offset, int64_t limit, struct cli_ledger *out,
                             orch_error *err)
{
    orch_ledger_query query = { .struct_size = sizeof query,
                                .table = table,
                                .pipeline = pipeline,
                                .offset = offset,
                                .limit = limit };
    orch_status st = ORCH_OK;
    if (of_one_run && s->run != NULL)
        st = asked_run(s, d, out, err);
    else if (of_one_run)
        st = last_run(d, pipeline, out, err);
    if (st != ORCH_OK || (of_one_run && out->run[0] == '\0'))
        return st;
    query.run = of_one_run ? out->run : NULL;
    return read_rows(d, &query, out, err);
}

orch_status cli_ledger_read(const struct cli_settings *s, const char *table, bool of_one_run,
                            int64_t offset, int64_t limit, struct cli_ledger *out,
                            enum orch_stage *stage, orch_error *err)
{
    struct orch_script_request request = cli_script_request(s);
    struct orch_isolation isolation = cli_isolation(s);
    struct orch_registry *registry = cli_registry(s);
    struct orch_opened destination = { 0 };
    struct orch_script *script = NULL;
    struct orch_end end = { 0 };
    const char *pipeline = s->pipeline;
    struct orch_end_setup setup = { .registry = registry,
                                    .end = &end,
                                    .role = ORCH_ROLE_DESTINATION,
                                    .isolation = &isolation,
                                    .hooks = &orch_quiet_hooks };
    orch_status st = registry != NULL ? ORCH_OK : orch_error_set(err, ORCH_ENOMEM, "out of memory");
    *out = (struct cli_ledger){ 0 };
    *stage = ORCH_STAGE_SCRIPT;
    if (st == ORCH_OK && s->destination == NULL && request.path != NULL &&
        cli_is_script(request.path)) {
        st = orch_script_load(&request, &script, err);
        if (st == ORCH_OK) {
            end = orch_script_pipeline(script)->destination;
            pipeline = pipeline != NULL ? pipeline : orch_script_pipeline(script)->name;
        }
    } else if (st == ORCH_OK) {
        st = named_destination(s, &out->arena, &end, err);
        *stage = st == ORCH_EIO ? ORCH_STAGE_DESTINATION : ORCH_STAGE_SCRIPT;
    }
    if (st == ORCH_OK) {
        st = orch_end_open(&setup, &destination, err);
        *stage = destination.connector_failed ? ORCH_STAGE_CONNECTOR
                 : st == ORCH_ECONFIG         ? ORCH_STAGE_SCRIPT
                                              : ORCH_STAGE_DESTINATION;
    }
    if (st == ORCH_OK) {
        st = query_run(s, &destination, table, pipeline, of_one_run, offset, limit, out, err);
        *stage = st == ORCH_ECONFIG ? ORCH_STAGE_SCRIPT : ORCH_STAGE_DESTINATION;
    }
    if (st != ORCH_OK && destination.loaded != NULL) {
        orch_instance_redact(&destination.instance, err);
        if (orch_remote_failed(destination.loaded))
            *stage = ORCH_STAGE_CONNECTOR;
    }
    orch_end_close(&destination);
    orch_script_free(script);
    orch_registry_free(registry);
    return st;
}

void cli_ledger_release(struct cli_ledger *l)
{
    orch_arena_release(&l->arena);
}

void cli_no_run(const struct cli_settings *s, struct orch_text *out)
{
    if (s->pipeline != NULL)
        orch_text_printf(out, "no run of pipeline \"%s\"\n", s->pipeline);
    else
        orch_text_puts(out, "no run yet\n");
}
