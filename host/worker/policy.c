/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/policy_part.h"

#include <stdlib.h>

#include "orch/error.h"
#include "plugin/adopt.h"

/* ---- the keys ------------------------------------------------------------------------------ */

static const char *const yes_no[] = { "yes", "no", NULL };

#define KEY(of_type, id, text, ...)                                                                \
    { .struct_size = sizeof(orch_option), .type = (of_type), .name = id, .summary = text,          \
      __VA_ARGS__ }

/* Below, most connectors cannot even be loaded. */
#define LEAST_MEMORY (32.0 * 1024 * 1024)
#define LEAST_FILE (1024.0 * 1024)
#define NO_MOST 1e300

/* What stands in [sandbox] for all connectors and in [connector NAME] for one. */
#define LIMIT_KEYS                                                                                 \
    KEY(ORCH_OPT_BYTES, "memory", "What the process of a connector may use: at most 1GiB.",        \
        .example = "512MiB", .min = LEAST_MEMORY, .max = NO_MOST),                                 \
    KEY(ORCH_OPT_DURATION, "cpu",                                                                  \
        "Processor time of a connector's process, all threads together: at most 24h.",             \
        .example = "10m", .min = 1000, .max = NO_MOST),                                            \
    KEY(ORCH_OPT_BYTES, "file_size", "The size of one file that it writes: at most 256GiB.",       \
        .example = "20GiB", .min = LEAST_FILE, .max = NO_MOST)

static const orch_option sandbox_keys[] = {
    KEY(ORCH_OPT_ENUM, "require", "Refuse where the kernel lacks a part of the sandbox.",
        .choices = yes_no),
    KEY(ORCH_OPT_ENUM, "in_process", "May connectors run in the host's process, for a debugger?",
        .choices = yes_no),
    LIMIT_KEYS,
};

static const orch_option connectors_keys[] = {
    KEY(ORCH_OPT_STRING, "allow", "The connectors that may be used, separated by commas.",
        .flags = ORCH_OPT_REPEATED, .example = "csv, postgres"),
    KEY(ORCH_OPT_STRING, "deny", "Connectors that may not be used, separated by commas.",
        .flags = ORCH_OPT_REPEATED, .example = "xml"),
};

static const orch_option connector_keys[] = {
    KEY(ORCH_OPT_ENUM, "network", "\"no\" takes the network away.", .choices = yes_no),
    KEY(ORCH_OPT_ENUM, "files_read", "\"no\" takes the reading of files away.", .choices = yes_no),
    KEY(ORCH_OPT_ENUM, "files_write", "\"no\" takes the writing of files away.",
        .choices = yes_no),
    KEY(ORCH_OPT_PATH, "read", "A folder below which its inputs must lie.",
        .flags = ORCH_OPT_REPEATED, .example = "/srv/exports"),
    KEY(ORCH_OPT_PATH, "write", "A folder below which it writes.", .flags = ORCH_OPT_REPEATED,
        .example = "/srv/data"),
    LIMIT_KEYS,
};

static const orch_option run_keys[] = {
    KEY(ORCH_OPT_DURATION, "retry", "How long a run tries again after what may pass.",
        .example = "2m", .min = 0, .max = 24.0 * 3600 * 1000),
};

#define SECTION(id, is_named, table) { id, is_named, table, sizeof(table) / sizeof(table)[0] }

static const struct orch_conf_section sections[] = {
    SECTION("sandbox", false, sandbox_keys),
    SECTION("connectors", false, connectors_keys),
    SECTION("connector", true, connector_keys),
    SECTION("run", false, run_keys),
};

enum { N_SECTIONS = sizeof sections / sizeof sections[0] };

const struct orch_policy_need orch_policy_need_table[ORCH_POLICY_NEEDS] = {
    { ORCH_NEEDS_NETWORK, "network", "network", "use the network" },
    { ORCH_NEEDS_FILES_READ, "files_read", "files:read", "read files" },
    { ORCH_NEEDS_FILES_WRITE, "files_write", "files:write", "write files" },
};

/* ---- how values are shown ------------------------------------------------------------------ */

struct unit {
    const char *name;
    int64_t factor;
};

static void put_measure(struct orch_text *out, int64_t n, const struct unit *units)
{
    while (n % units->factor != 0)
        units++;
    orch_text_printf(out, "%lld%s", (long long)(n / units->factor), units->name);
}

void orch_policy_put_bytes(struct orch_text *out, int64_t bytes)
{
    static const struct unit units[] = {
        { "GiB", 1 << 30 }, { "MiB", 1 << 20 }, { "KiB", 1 << 10 }, { "B", 1 } };
    put_measure(out, bytes, units);
}

void orch_policy_put_seconds(struct orch_text *out, int64_t seconds)
{
    static const struct unit units[] = { { "h", 3600 }, { "min", 60 }, { "s", 1 } };
    put_measure(out, seconds, units);
}

/* ---- values that loosen, or say nothing ---------------------------------------------------- */

static int64_t number_of(const struct orch_conf_value *v)
{
    int64_t n = 0;
    (void)orch_str_to_int(orch_str_from(v->value), &n);
    return n;
}

static orch_status loosens(const struct orch_conf_value *v, const char *most, orch_error *err)
{
    orch_error_set(err, ORCH_ECONFIG,
                   "\"%s\" would be above the built-in limit of %s; it can only be lowered", v->key,
                   most);
    orch_error_detail(err, "%s", v->place);
    orch_error_hint(err, "write at most %s, or leave the line out", most);
    return ORCH_ECONFIG;
}

static orch_status check_limit(const struct orch_conf_value *v, orch_error *err)
{
    struct orch_text most = { 0 };
    orch_status st = ORCH_OK;
    bool cpu = strcmp(v->key, "cpu") == 0;
    int64_t bytes = strcmp(v->key, "memory") == 0      ? ORCH_LIMIT_MEMORY_BYTES
                    : strcmp(v->key, "file_size") == 0 ? ORCH_LIMIT_FILE_BYTES
                                                       : INT64_MAX;
    if (cpu && number_of(v) / 1000 > ORCH_LIMIT_CPU_SECONDS) {
        orch_policy_put_seconds(&most, ORCH_LIMIT_CPU_SECONDS);
        st = loosens(v, orch_text_z(&most), err);
    } else if (!cpu && bytes != INT64_MAX && number_of(v) > bytes) {
        orch_policy_put_bytes(&most, bytes);
        st = loosens(v, orch_text_z(&most), err);
    }
    orch_text_release(&most);
    return st;
}

/* "yes" would read as if it gave the connector something. */
static orch_status check_need(const struct orch_conf_value *v, orch_error *err)
{
    for (size_t i = 0; i < ORCH_POLICY_NEEDS; i++) {
        if (strcmp(orch_policy_need_table[i].key, v->key) != 0 || strcmp(v->value, "no") == 0)
            continue;
        orch_error_set(err, ORCH_ECONFIG, "\"%s\" can only be taken away: it takes \"no\"", v->key);
        orch_error_detail(err, "%s", v->place);
        orch_error_hint(err, "leave the line out to leave the connector what it declares");
        return ORCH_ECONFIG;
    }
    return ORCH_OK;
}

static orch_status check_folder(const struct orch_conf_value *v, orch_error *err)
{
    if ((strcmp(v->key, "read") != 0 && strcmp(v->key, "write") != 0) || v->value[0] == '/')
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "\"%s\" takes an absolute path, not \"%s\"", v->key,
                   v->value);
    orch_error_detail(err, "%s", v->place);
    orch_error_hint(err, "for example: %s = /srv/data", v->key);
    return ORCH_ECONFIG;
}

/* ---- lists of names ------------------------------------------------------------------------ */

/* The next of "csv, xml"; false past the last. */
static bool next_name(const char **at, struct orch_str *name)
{
    if (*at == NULL)
        return false;
    size_t len = strcspn(*at, ",");
    *name = orch_str_trim((struct orch_str){ *at, len });
    *at = (*at)[len] == ',' ? *at + len + 1 : NULL;
    return true;
}

static bool is_list(const struct orch_conf_value *v)
{
    return strcmp(v->section, "connectors") == 0;
}

static orch_status keep_name(struct orch_policy *p, struct orch_str name,
                             const struct orch_conf_value *v, orch_error *err)
{
    struct orch_policy_name kept = { orch_arena_str(&p->conf.arena, name).ptr, v->place };
    if (kept.name == NULL || !orch_vec_push(&p->named, kept))
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    if (orch_adopt_name(kept.name))
        return ORCH_OK;
    struct orch_text shown = { 0 };
    orch_text_quote(&shown, name, 80);
    orch_error_set(err, ORCH_ECONFIG, "%s is no name of a connector", orch_text_z(&shown));
    orch_text_release(&shown);
    orch_error_detail(err, "%s", v->place);
    orch_error_hint(err, "names are separated by commas: %s = csv, xml", v->key);
    return ORCH_ECONFIG;
}

static orch_status check_names(struct orch_policy *p, const struct orch_conf_value *v,
                               orch_error *err)
{
    const char *at = is_list(v) ? v->value : NULL;
    struct orch_str name;
    orch_status st = ORCH_OK;
    if (v->name[0] != '\0')
        st = keep_name(p, orch_str_from(v->name), v, err);
    while (st == ORCH_OK && next_name(&at, &name))
        st = keep_name(p, name, v, err);
    return st;
}

static bool lists(const struct orch_conf_value *v, const char *connector)
{
    const char *at = v->value;
    struct orch_str name;
    while (next_name(&at, &name))
        if (orch_str_equal(name, orch_str_from(connector)))
            return true;
    return false;
}

/* ---- life ---------------------------------------------------------------------------------- */

static orch_status check_all(struct orch_policy *p, orch_error *err)
{
    orch_status st = ORCH_OK;
    for (size_t i = 0; st == ORCH_OK && i < p->conf.len; i++) {
        const struct orch_conf_value *v = &p->conf.items[i];
        st = check_names(p, v, err);
        if (st == ORCH_OK)
            st = check_need(v, err);
        if (st == ORCH_OK)
            st = check_folder(v, err);
        if (st == ORCH_OK)
            st = check_limit(v, err);
    }
    return st;
}

/* From a text, or from the file when it is NULL. */
static orch_status make(const char *path, const struct orch_str *text, struct orch_policy **out,
                        orch_error *err)
{
    struct orch_policy *p = orch_zalloc(1, sizeof *p);
    if (p == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    orch_status st =
        text != NULL ? orch_conf_parse(&p->conf, path, *text, sections, N_SECTIONS, err)
                     : orch_conf_read(&p->conf, path, sections, N_SECTIONS, err);
    if (st == ORCH_OK)
        st = check_all(p, err);
    if (st != ORCH_OK) {
        orch_policy_free(p);
        return st;
    }
    *out = p;
    return ORCH_OK;
}

orch_status orch_policy_read(const char *path, struct orch_policy **out, orch_error *err)
{
    return make(path, NULL, out, err);
}

orch_status orch_policy_parse(const char *path, struct orch_str text, struct orch_policy **out,
                              orch_error *err)
{
    return make(path, &text, out, err);
}

void orch_policy_free(struct orch_policy *p)
{
    if (p == NULL)
        return;
    orch_vec_release(&p->named);
    orch_conf_release(&p->conf);
    free(p);
}

/* ---- look-up ------------------------------------------------------------------------------- */

static const struct orch_conf_value *sandbox_line(const struct orch_policy *p, const char *key)
{
    return p != NULL ? orch_conf_get(&p->conf, "sandbox", "", key, 0) : NULL;
}

const struct orch_conf_value *orch_policy_line(const struct orch_policy *p, const char *connector,
                                               const char *key, size_t index)
{
    return p != NULL ? orch_conf_get(&p->conf, "connector", connector, key, index) : NULL;
}

const struct orch_conf_value *orch_policy_taken(const struct orch_policy *p, const char *connector,
                                                const struct orch_policy_need *need)
{
    return orch_policy_line(p, connector, need->key, 0);
}

/* The connector's own line counts before the one for all. */
static const struct orch_conf_value *limit_line(const struct orch_policy *p, const char *connector,
                                                const char *key)
{
    const struct orch_conf_value *own = orch_policy_line(p, connector, key, 0);
    return own != NULL ? own : sandbox_line(p, key);
}

const struct orch_conf_value *orch_policy_confines(const struct orch_policy *p,
                                                   const char *connector)
{
    static const char *const limits[] = { "memory", "cpu", "file_size" };
    const struct orch_conf_value *said = sandbox_line(p, "in_process");
    if (said != NULL)
        return strcmp(said->value, "no") == 0 ? said : NULL;
    const struct orch_conf_value *require = sandbox_line(p, "require");
    if (require != NULL && strcmp(require->value, "yes") == 0)
        return require;
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++) {
        const struct orch_conf_value *line = limit_line(p, connector, limits[i]);
        if (line != NULL)
            return line;
    }
    return NULL;
}

const struct orch_conf_value *orch_policy_denial(const struct orch_policy *p, const char *connector)
{
    const struct orch_conf_value *allow = NULL;
    bool allowed = false;
    for (size_t i = 0; p != NULL && i < p->conf.len; i++) {
        const struct orch_conf_value *v = &p->conf.items[i];
        bool listed = is_list(v) && lists(v, connector);
        if (listed && strcmp(v->key, "deny") == 0)
            return v;
        if (is_list(v) && strcmp(v->key, "allow") == 0) {
            allow = allow != NULL ? allow : v;
            allowed = allowed || listed;
        }
    }
    return allowed ? NULL : allow;
}

bool orch_policy_denies(const struct orch_policy *p, const char *connector, const char **place)
{
    const struct orch_conf_value *line = orch_policy_denial(p, connector);
    if (place != NULL)
        *place = line != NULL ? line->place : NULL;
    return line != NULL;
}

struct orch_worker_limits orch_policy_limits(const struct orch_policy *p, const char *connector)
{
    struct orch_worker_limits l = { { ORCH_LIMIT_MEMORY_BYTES, NULL },
                             { ORCH_LIMIT_CPU_SECONDS, NULL },
                             { ORCH_LIMIT_FILE_BYTES, NULL } };
    const struct orch_conf_value *memory = limit_line(p, connector, "memory");
    const struct orch_conf_value *cpu = limit_line(p, connector, "cpu");
    const struct orch_conf_value *file = limit_line(p, connector, "file_size");
    if (memory != NULL)
        l.memory_bytes = (struct orch_worker_limit){ number_of(memory), memory->place };
    if (cpu != NULL)
        l.cpu_seconds = (struct orch_worker_limit){ number_of(cpu) / 1000, cpu->place };
    if (file != NULL)
        l.file_size_bytes = (struct orch_worker_limit){ number_of(file), file->place };
    return l;
}

uint64_t orch_policy_needs(const struct orch_policy *p, const char *connector, uint64_t needs)
{
    for (size_t i = 0; i < ORCH_POLICY_NEEDS; i++)
        if (orch_policy_taken(p, connector, &orch_policy_need_table[i]) != NULL)
            needs &= ~orch_policy_need_table[i].bit;
    return needs;
}

bool orch_policy_requires_sandbox(const struct orch_policy *p)
{
    const struct orch_conf_value *v = sandbox_line(p, "require");
    return v != NULL && strcmp(v->value, "yes") == 0;
}

bool orch_policy_retry_ms(const struct orch_policy *p, int64_t *ms)
{
    const struct orch_conf_value *v =
        p != NULL ? orch_conf_get(&p->conf, "run", "", "retry", 0) : NULL;
    if (v != NULL)
        *ms = number_of(v);
    return v != NULL;
}

const char *orch_policy_named(const struct orch_policy *p, size_t index, const char **place)
{
    if (p == NULL || index >= p->named.len)
        return NULL;
    *place = p->named.items[index].place;
    return p->named.items[index].name;
}
