/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/options.h"

#include "base/log.h"
#include "base/vec.h"
#include "orch/error.h"
#include "plugin/option_value.h"
#include "plugin/secret.h"

#include <stdlib.h>

#define VALUES_CAP 10000

static const orch_option input_path = {
    .struct_size = sizeof(orch_option),
    .type = ORCH_OPT_PATH,
    .flags = ORCH_OPT_REQUIRED | ORCH_OPT_REPEATED | ORCH_OPT_FOR_SOURCE,
    .name = "path",
    .summary = "The files to read: paths or patterns with * ? and [...], or - for standard input.",
    .example = "exports/traffic_*",
};

static const orch_option input_encoding = {
    .struct_size = sizeof(orch_option),
    .type = ORCH_OPT_STRING,
    .flags = ORCH_OPT_FOR_SOURCE,
    .name = "encoding",
    .summary = "The character encoding of the files; \"auto\" takes a byte order mark, else UTF-8 "
               "when the first 64 KiB are valid UTF-8, else windows-1252.",
    .default_text = "auto",
    .example = "ISO-8859-15",
};

static const char *const unpack_choices[] = { "auto", "no", NULL };

static const orch_option input_unpack = {
    .struct_size = sizeof(orch_option),
    .type = ORCH_OPT_ENUM,
    .flags = ORCH_OPT_FOR_SOURCE,
    .name = "unpack",
    .summary =
        "\"auto\" reads what is in zip, tar and 7z archives and in gz, bz2, xz and zst files, "
        "told by their content; \"no\" reads files as they are.",
    .default_text = "auto",
    .choices = unpack_choices,
};

static const orch_option input_member = {
    .struct_size = sizeof(orch_option),
    .type = ORCH_OPT_STRING,
    .flags = ORCH_OPT_REPEATED | ORCH_OPT_FOR_SOURCE,
    .name = "member",
    .summary = "Which files of an archive to read: patterns with * ? and [...], of their names or, "
               "with a /, of their whole paths; all but hidden ones if not given.",
    .example = "*.xml",
};

const orch_option *const orch_input_options[] = { &input_path, &input_encoding, &input_unpack,
                                                  &input_member, NULL };

struct orch_entry {
    const orch_option *option;
    char **values;
    size_t n;
    bool given;
    bool secret;
    char *place;
};

struct orch_options {
    const char *connector; /* borrowed from the library */
    enum orch_role role;
    struct orch_entry *entries;
    size_t n;
    struct orch_secrets secrets;
};

static const char *role_name(enum orch_role role)
{
    return role == ORCH_ROLE_SOURCE ? "source" : "destination";
}

static bool takes_role(const orch_option *option, enum orch_role role)
{
    const uint32_t both = ORCH_OPT_FOR_SOURCE | ORCH_OPT_FOR_DESTINATION;
    uint32_t own = role == ORCH_ROLE_SOURCE ? ORCH_OPT_FOR_SOURCE : ORCH_OPT_FOR_DESTINATION;

    return !(option->flags & both) || (option->flags & own);
}

/* ---- life ------------------------------------------------------------------------------- */

static void entry_clear(struct orch_entry *e)
{
    for (size_t i = 0; i < e->n; i++) {
        explicit_bzero(e->values[i], strlen(e->values[i]));
        free(e->values[i]);
    }
    free(e->values);
    free(e->place);
    *e = (struct orch_entry){ .option = e->option };
}

void orch_options_free(struct orch_options *o)
{
    if (!o)
        return;
    for (size_t i = 0; i < o->n; i++)
        entry_clear(&o->entries[i]);
    free(o->entries);
    orch_secrets_release(&o->secrets);
    free(o);
}

static size_t collect(const struct orch_loaded *c, enum orch_role role, struct orch_entry *entries)
{
    size_t n = 0;

    if (role == ORCH_ROLE_SOURCE && (c->connector.capabilities & ORCH_CAP_INPUT))
        for (size_t i = 0; orch_input_options[i]; i++)
            entries[n++].option = orch_input_options[i];
    for (size_t i = 0; i < c->connector.n_options; i++)
        if (takes_role(c->connector.options[i], role))
            entries[n++].option = c->connector.options[i];
    return n;
}

static struct orch_options *options_new(const struct orch_loaded *c, enum orch_role role)
{
    const size_t own = sizeof orch_input_options / sizeof *orch_input_options;
    struct orch_options *o = orch_zalloc(1, sizeof *o);

    if (!o)
        return NULL;
    o->connector = c->connector.name;
    o->role = role;
    o->entries = orch_zalloc(c->connector.n_options + own, sizeof *o->entries);
    if (!o->entries) {
        orch_options_free(o);
        return NULL;
    }
    o->n = collect(c, role, o->entries);
    return o;
}

static struct orch_entry *entry_find(const struct orch_options *o, const char *name)
{
    for (size_t i = 0; i < o->n; i++)
        if (strcmp(o->entries[i].option->name, name) == 0)
            return &o->entries[i];
    return NULL;
}

/* ---- errors ----------------------------------------------------------------------------- */

/* Adds where the setting stands, and the manual unless the hint already says more. */
static orch_status fail_at(const struct orch_options *o, const struct orch_setting *setting,
                           orch_status st, orch_error *err)
{
    if (st == ORCH_ENOMEM || !err)
        return st;
    if (setting->place)
        orch_error_detail(err, "%s", setting->place);
    if (!err->hint[0])
        orch_error_hint(err, "see: orchestra connectors describe %s", o->connector);
    return st;
}

static orch_status fail_unknown(const struct orch_loaded *c, const struct orch_options *o,
                                const struct orch_setting *setting, orch_error *err)
{
    ORCH_VEC(const char *) names = { 0 };
    bool complete = true;

    for (size_t i = 0; i < c->connector.n_options; i++) {
        if (strcmp(c->connector.options[i]->name, setting->name) != 0)
            continue;
        orch_error_set(err, ORCH_ECONFIG, "option \"%s\" is not for the %s %s, only for its %s",
                       setting->name, role_name(o->role), o->connector,
                       role_name(o->role == ORCH_ROLE_SOURCE ? ORCH_ROLE_DESTINATION
                                                             : ORCH_ROLE_SOURCE));
        return fail_at(o, setting, ORCH_ECONFIG, err);
    }
    for (size_t i = 0; i < o->n; i++)
        complete = complete && orch_vec_push(&names, o->entries[i].option->name);
    const char *near = complete ? orch_str_nearest(setting->name, names.items, names.len) : NULL;
    orch_error_set(err, ORCH_ECONFIG, "unknown option \"%s\" for %s %s", setting->name,
                   role_name(o->role), o->connector);
    if (near)
        orch_error_hint(err, "did you mean \"%s\"? see: orchestra connectors describe %s", near,
                        o->connector);
    orch_vec_release(&names);
    return fail_at(o, setting, ORCH_ECONFIG, err);
}

/* ---- values ----------------------------------------------------------------------------- */

static bool remember_secrets(struct orch_options *o, const struct orch_entry *e,
                             struct orch_str value)
{
    /* A password inside a URL is one whether or not the option says so. */
    if (!orch_secrets_add_url(&o->secrets, value))
        return false;
    if (!e->secret)
        return true;
    const char *equal = e->option->type == ORCH_OPT_PAIR ? memchr(value.ptr, '=', value.len) : NULL;
    if (equal) {
        size_t before = (size_t)(equal - value.ptr) + 1;
        if (!orch_secrets_add(&o->secrets,
                              (struct orch_str){ equal + 1, value.len - before }))
            return false;
    }
    return orch_secrets_add(&o->secrets, value);
}

/* Takes the canonical text as one more value of the entry. */
static bool entry_push(struct orch_options *o, struct orch_entry *e, struct orch_str value)
{
    char *copy = orch_alloc(value.len + 1);

    if (!copy)
        return false;
    memcpy(copy, value.ptr, value.len);
    copy[value.len] = '\0';
    e->values[e->n++] = copy;
    return remember_secrets(o, e, value);
}

static orch_status entry_add(struct orch_options *o, struct orch_entry *e, const char *typed,
                             orch_error *err)
{
    struct orch_text plain = { 0 }, canonical = { 0 };
    bool resolved = false;

    orch_status st = orch_secret_expand(typed, &plain, &o->secrets, &resolved, err);
    if (st != ORCH_OK)
        goto done;
    e->secret = e->secret || resolved || (e->option->flags & ORCH_OPT_SECRET);
    st = orch_option_value(e->option, (struct orch_str){ orch_text_z(&plain), plain.len },
                           e->secret, &canonical, err);
    if (st == ORCH_OK &&
        !entry_push(o, e, (struct orch_str){ orch_text_z(&canonical), canonical.len }))
        st = orch_error_set(err, ORCH_ENOMEM, "out of memory");

done:
    orch_secret_wipe(&plain);
    orch_secret_wipe(&canonical);
    return st;
}

static orch_status check_count(const orch_option *option, size_t n, orch_error *err)
{
    if (!(option->flags & ORCH_OPT_REPEATED) && n != 1)
        return orch_error_set(err, ORCH_ECONFIG, "\"%s\" takes one value, not %zu", option->name,
                              n);
    if ((option->flags & ORCH_OPT_REQUIRED) && n == 0)
        return orch_error_set(err, ORCH_ECONFIG, "\"%s\" needs at least one value", option->name);
    if (n > VALUES_CAP)
        return orch_error_set(err, ORCH_ECONFIG, "\"%s\" has %zu values, at most %d are possible",
                              option->name, n, VALUES_CAP);
    return ORCH_OK;
}

static orch_status entry_set(struct orch_options *o, struct orch_entry *e,
                             const struct orch_setting *setting, orch_error *err)
{
    entry_clear(e);
    orch_status st = check_count(e->option, setting->n_values, err);
    if (st != ORCH_OK)
        return st;
    e->values = orch_zalloc(setting->n_values + 1, sizeof *e->values);
    e->place = orch_strdup(setting->place ? setting->place : "");
    if (!e->values || !e->place)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    e->given = true;
    for (size_t i = 0; i < setting->n_values && st == ORCH_OK; i++)
        st = entry_add(o, e, setting->values[i], err);
    if (st == ORCH_OK && (e->option->flags & ORCH_OPT_DEPRECATED))
        orch_log(ORCH_LOG_WARN, "option.deprecated", "connector", ORCH_LOG_S(o->connector),
                 "option", ORCH_LOG_S(e->option->name), "place", ORCH_LOG_S(e->place), NULL);
    return st;
}

static orch_status entry_default(struct orch_options *o, struct orch_entry *e, orch_error *err)
{
    struct orch_text canonical = { 0 };
    const char *text = e->option->default_text;

    if (!text)
        return ORCH_OK;
    e->values = orch_zalloc(1, sizeof *e->values);
    if (!e->values)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    e->secret = e->option->flags & ORCH_OPT_SECRET;
    orch_status st = orch_option_value(e->option, orch_str_from(text), false, &canonical, err);
    if (st == ORCH_OK &&
        !entry_push(o, e, (struct orch_str){ orch_text_z(&canonical), canonical.len }))
        st = orch_error_set(err, ORCH_ENOMEM, "out of memory");
    orch_text_release(&canonical);
    return st;
}

static orch_status fail_missing(const struct orch_options *o, const orch_option *option,
                                const struct orch_setting *settings, size_t n, orch_error *err)
{
    orch_error_set(err, ORCH_ECONFIG, "%s %s needs the option \"%s\"", role_name(o->role),
                   o->connector, option->name);
    if (n > 0 && settings[0].place)
        orch_error_detail(err, "%s", settings[0].place);
    if (option->example)
        orch_error_hint(err, "for example: %s = \"%s\"", option->name, option->example);
    else
        orch_error_hint(err, "see: orchestra connectors describe %s", o->connector);
    return ORCH_ECONFIG;
}

static orch_status options_set(const struct orch_loaded *c, struct orch_options *o,
                               const struct orch_setting *settings, size_t n, orch_error *err)
{
    for (size_t i = 0; i < n; i++) {
        struct orch_entry *e = entry_find(o, settings[i].name);
        if (!e)
            return fail_unknown(c, o, &settings[i], err);
        orch_status st = entry_set(o, e, &settings[i], err);
        if (st != ORCH_OK)
            return fail_at(o, &settings[i], st, err);
    }
    for (size_t i = 0; i < o->n; i++) {
        struct orch_entry *e = &o->entries[i];
        if (e->given)
            continue;
        if (e->option->flags & ORCH_OPT_REQUIRED)
            return fail_missing(o, e->option, settings, n, err);
        orch_status st = entry_default(o, e, err);
        if (st != ORCH_OK)
            return st;
    }
    return ORCH_OK;
}

orch_status orch_options_parse(const struct orch_loaded *c, enum orch_role role,
                               const struct orch_setting *settings, size_t n,
                               struct orch_options **out, orch_error *err)
{
    bool offered = role == ORCH_ROLE_SOURCE ? c->connector.source != NULL
                                            : c->connector.destination != NULL;

    if (!offered) {
        orch_error_set(err, ORCH_ECONFIG, "connector \"%s\" is no %s", c->connector.name,
                       role_name(role));
        if (n > 0 && settings[0].place)
            orch_error_detail(err, "%s", settings[0].place);
        orch_error_hint(err, "see: orchestra connectors describe %s", c->connector.name);
        return ORCH_ECONFIG;
    }
    struct orch_options *o = options_new(c, role);
    if (!o)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    orch_status st = options_set(c, o, settings, n, err);
    if (st != ORCH_OK) {
        orch_options_free(o);
        return st;
    }
    *out = o;
    return ORCH_OK;
}

/* ---- reading ---------------------------------------------------------------------------- */

const char *orch_options_get(const struct orch_options *o, const char *name, size_t index,
                             size_t *len)
{
    const struct orch_entry *e = entry_find(o, name);
    const char *value = e && index < e->n ? e->values[index] : NULL;

    if (len)
        *len = value ? strlen(value) : 0;
    return value;
}

const char *orch_options_place(const struct orch_options *o, const char *name)
{
    const struct orch_entry *e = entry_find(o, name);
    return e && e->given ? e->place : NULL;
}

/* Redacted first, then quoted: quoting may change the bytes of a secret. */
static bool print_value(const struct orch_options *o, const struct orch_entry *e, const char *value,
                        struct orch_text *out)
{
    if (e->secret)
        return orch_text_printf(out, "%s = ***\n", e->option->name);
    char *shown = orch_strdup(value);
    if (!shown)
        return false;
    orch_secrets_redact(&o->secrets, shown);
    orch_text_printf(out, "%s = ", e->option->name);
    orch_text_quote(out, orch_str_from(shown), 4096);
    free(shown);
    return orch_text_putc(out, '\n');
}

bool orch_options_print(const struct orch_options *o, struct orch_text *out)
{
    bool ok = true;

    for (size_t i = 0; i < o->n; i++)
        for (size_t k = 0; k < o->entries[i].n; k++)
            ok = print_value(o, &o->entries[i], o->entries[i].values[k], out) && ok;
    return ok && !out->failed;
}

void orch_options_redact(const struct orch_options *o, char *text)
{
    orch_secrets_redact(&o->secrets, text);
}
