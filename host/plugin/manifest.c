/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/manifest.h"

#include "orch/error.h"
#include "plugin/option_value.h"
#include "plugin/words.h"

#if defined(__x86_64__)
#define MACHINE "x86_64"
#elif defined(__aarch64__)
#define MACHINE "aarch64"
#elif defined(__riscv) && __riscv_xlen == 64
#define MACHINE "riscv64"
#elif defined(__powerpc64__) && defined(__LITTLE_ENDIAN__)
#define MACHINE "powerpc64le"
#elif defined(__s390x__)
#define MACHINE "s390x"
#else
#error "a word for this machine is needed: a manifest says what its library was built for"
#endif

#if defined(__GLIBC__)
#define LIBRARY_C "gnu"
#else
#define LIBRARY_C "musl"
#endif

const char *orch_manifest_platform(void)
{
    return MACHINE "-linux-" LIBRARY_C;
}

bool orch_option_for_role(const struct orch_loaded *c, const orch_option *o, uint32_t role)
{
    const uint32_t both = ORCH_OPT_FOR_SOURCE | ORCH_OPT_FOR_DESTINATION;
    bool offered = role == ORCH_OPT_FOR_SOURCE ? c->connector.source != NULL
                                               : c->connector.destination != NULL;
    return offered && (!(o->flags & both) || (o->flags & role));
}

static void put_bits(struct orch_json *j, const char *key, uint64_t bits,
                     const struct orch_word *words)
{
    orch_json_open(j, key, '[');
    for (; words->name; words++)
        if (bits & words->value)
            orch_json_text(j, NULL, words->name);
    orch_json_close(j, ']');
}

static void put_fields(struct orch_json *j, uint64_t bits, const struct orch_word *words)
{
    for (; words->name; words++)
        orch_json_bool(j, words->name, (bits & words->value) != 0);
}

static void put_roles(struct orch_json *j, bool source, bool destination)
{
    orch_json_open(j, "roles", '[');
    if (source)
        orch_json_text(j, NULL, "source");
    if (destination)
        orch_json_text(j, NULL, "destination");
    orch_json_close(j, ']');
}

void orch_manifest_option(struct orch_json *j, const struct orch_loaded *c, const orch_option *o)
{
    orch_json_open(j, NULL, '{');
    orch_json_text(j, "name", o->name);
    orch_json_text(j, "type", orch_option_type_name(o->type));
    orch_json_text(j, "summary", o->summary);
    put_roles(j, orch_option_for_role(c, o, ORCH_OPT_FOR_SOURCE),
              orch_option_for_role(c, o, ORCH_OPT_FOR_DESTINATION));
    put_fields(j, o->flags, orch_flag_words);
    orch_json_text(j, "default", o->default_text);
    orch_json_text(j, "example", o->example);
    orch_json_text(j, "unit", o->unit);
    if (o->type == ORCH_OPT_ENUM) {
        orch_json_open(j, "choices", '[');
        for (size_t i = 0; o->choices[i]; i++)
            orch_json_text(j, NULL, o->choices[i]);
        orch_json_close(j, ']');
    }
    if (orch_option_has_min(o))
        orch_json_float(j, "min", o->min);
    if (orch_option_has_max(o))
        orch_json_float(j, "max", o->max);
    orch_json_close(j, '}');
}

void orch_manifest_connector(struct orch_json *j, const struct orch_loaded *l)
{
    const orch_connector *c = &l->connector;

    orch_json_open(j, NULL, '{');
    orch_json_text(j, "name", c->name);
    orch_json_text(j, "summary", c->summary);
    put_roles(j, c->source != NULL, c->destination != NULL);
    put_bits(j, "write_modes", c->capabilities, orch_write_mode_words);
    put_bits(j, "needs", c->needs, orch_need_words);
    put_fields(j, c->capabilities, orch_ability_words);
    orch_json_text(j, "threading", orch_word_name(orch_threading_words, c->threading));
    orch_json_text(j, "personal", c->personal);
    orch_json_int(j, "state_version", c->state_version);
    orch_json_open(j, "options", '[');
    for (size_t i = 0; i < c->n_options; i++)
        orch_manifest_option(j, l, c->options[i]);
    orch_json_close(j, ']');
    orch_json_close(j, '}');
}

void orch_manifest_begin(struct orch_json *j, const orch_plugin *plugin)
{
    orch_json_open(j, NULL, '{');
    orch_json_int(j, "manifest", ORCH_MANIFEST_FORMAT);
    orch_json_open(j, "abi", '{');
    orch_json_int(j, "major", plugin->abi_major);
    orch_json_int(j, "minor", plugin->abi_minor);
    orch_json_close(j, '}');
    orch_json_text(j, "platform", orch_manifest_platform());
    orch_json_text(j, "plugin", plugin->name);
    orch_json_text(j, "version", plugin->version);
    orch_json_text(j, "license", plugin->license);
    orch_json_text(j, "home", plugin->home);
    orch_json_open(j, "connectors", '[');
}

bool orch_manifest_print(const struct orch_loaded *items, size_t n, int indent,
                         struct orch_text *out)
{
    struct orch_json j;

    orch_json_begin(&j, out, indent);
    orch_manifest_begin(&j, &items[0].plugin);
    for (size_t i = 0; i < n && !out->failed; i++)
        orch_manifest_connector(&j, &items[i]);
    orch_json_close(&j, ']');
    orch_json_close(&j, '}');
    return (indent == 0 || orch_text_putc(out, '\n')) && !out->failed;
}

void orch_manifest_hint(const char *library, orch_error *err)
{
    int stem = (int)strlen(library) - (int)strlen(".so");

    if (stem <= 0 || strcmp(library + stem, ".so") != 0)
        orch_error_hint(err, "write it anew: orchestra connectors manifest %s", library);
    else
        orch_error_hint(err, "write it anew: orchestra connectors manifest %s >%.*s"
                        ORCH_MANIFEST_SUFFIX, library, stem, library);
}
