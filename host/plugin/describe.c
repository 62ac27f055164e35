/* SPDX-License-Identifier: Apache-2.0 */
/* A connector described from its tables: what people read and what machines read is one data. */
#include "plugin/manifest.h"
#include "plugin/option_value.h"
#include "plugin/options.h"
#include "plugin/words.h"

#define WIDTH 88

static const struct orch_word abilities[] = {
    { ORCH_CAP_INPUT, "reads inputs from the host" },
    { ORCH_CAP_RESUME, "resumes" },
    { ORCH_CAP_TRANSACTIONAL, "commits rows and ledger together" },
    { 0, NULL },
};

static bool reads_inputs(const struct orch_loaded *c)
{
    return c->connector.source && (c->connector.capabilities & ORCH_CAP_INPUT);
}

/* The host's own options come first; NULL past the last. */
static const orch_option *option_at(const struct orch_loaded *c, size_t i)
{
    if (reads_inputs(c)) {
        size_t own = 0;
        while (orch_input_options[own]) {
            if (own == i)
                return orch_input_options[own];
            own++;
        }
        i -= own;
    }
    return i < c->connector.n_options ? c->connector.options[i] : NULL;
}

/* ---- text ------------------------------------------------------------------------------- */

/* Words filled into lines of WIDTH, each line behind `indent` blanks. */
static void put_wrapped(struct orch_text *out, const char *text, int indent)
{
    size_t column = 0;

    while (*text) {
        size_t len = strcspn(text, " \n");
        size_t width = orch_utf8_count(text, len);
        if (len > 0 && column > 0 && column + 1 + width > (size_t)(WIDTH - indent)) {
            orch_text_putc(out, '\n');
            column = 0;
        }
        if (len > 0) {
            orch_text_printf(out, "%*s%.*s", column == 0 ? indent : 1, "", (int)len, text);
            column += width + (column > 0);
        }
        text += len + (text[len] != '\0');
    }
    orch_text_putc(out, '\n');
}

static void put_bits(struct orch_text *out, const char *title, uint64_t bits,
                     const struct orch_word *words, const char *none)
{
    bool any = false;

    orch_text_printf(out, "  %-12s ", title);
    for (; words->name; words++) {
        if (!(bits & words->value))
            continue;
        orch_text_printf(out, "%s%s", any ? ", " : "", words->name);
        any = true;
    }
    orch_text_printf(out, "%s\n", any ? "" : none);
}

static void put_head(struct orch_text *out, const struct orch_loaded *c)
{
    const orch_connector *o = &c->connector;

    orch_text_printf(out, "%s %s\n", o->name, c->plugin.version);
    put_wrapped(out, o->summary, 2);
    orch_text_printf(out, "\n  %-12s %s%s%s\n", "roles", o->source ? "source" : "",
                     o->source && o->destination ? ", " : "", o->destination ? "destination" : "");
    if (o->destination)
        put_bits(out, "write modes", o->capabilities, orch_write_mode_words, "none");
    put_bits(out, "needs", o->needs, orch_need_words, "nothing");
    put_bits(out, "abilities", o->capabilities, abilities, "none");
    orch_text_printf(out, "  %-12s one lane a%s %s\n", "threads",
                     o->threading == ORCH_THREADS_ONE_PER_INSTANCE ? "n" : "",
                     orch_word_name(orch_threading_words, o->threading));
    if (o->personal && o->personal[0])
        orch_text_printf(out, "  %-12s %s\n", "personal", o->personal);
    if (c->plugin.license)
        orch_text_printf(out, "  %-12s %s\n", "license", c->plugin.license);
    if (c->plugin.home)
        orch_text_printf(out, "  %-12s %s\n", "home", c->plugin.home);
    orch_text_printf(out, "  %-12s %s\n", "library", c->library);
}

/* How a script names it, with the options it cannot do without. */
static void put_usage(struct orch_text *out, const struct orch_loaded *c, uint32_t role)
{
    const char *name = role == ORCH_OPT_FOR_SOURCE ? "source" : "destination";
    const orch_option *o;
    bool any = false;

    orch_text_printf(out, "  %s = o.%s.%s {", name, name, c->connector.name);
    for (size_t i = 0; (o = option_at(c, i)); i++) {
        if (!(o->flags & ORCH_OPT_REQUIRED) || !orch_option_for_role(c, o, role))
            continue;
        orch_text_printf(out, "%s %s = ", any ? "," : "", o->name);
        if (o->example)
            orch_text_quote(out, orch_str_from(o->example), WIDTH);
        else
            orch_text_puts(out, "...");
        any = true;
    }
    orch_text_puts(out, any ? " }\n" : "}\n");
}

static void put_range(struct orch_text *out, const orch_option *o)
{
    bool low = orch_option_has_min(o), high = orch_option_has_max(o);

    if (low && high)
        orch_text_printf(out, ", %.15g to %.15g", o->min, o->max);
    else if (low)
        orch_text_printf(out, ", at least %.15g", o->min);
    else if (high)
        orch_text_printf(out, ", at most %.15g", o->max);
    if (o->unit)
        orch_text_printf(out, "%s %s", low || high ? "" : ", in", o->unit);
}

static void put_example(struct orch_text *out, const char *title, const char *value)
{
    orch_text_printf(out, "      %s: ", title);
    orch_text_quote(out, orch_str_from(value), 4 * WIDTH);
    orch_text_putc(out, '\n');
}

static void put_option(struct orch_text *out, const struct orch_loaded *c, const orch_option *o)
{
    orch_text_printf(out, "\n  %s  %s", o->name, orch_option_type_people(o->type));
    put_range(out, o);
    if (o->flags & ORCH_OPT_REQUIRED)
        orch_text_puts(out, ", required");
    if (o->flags & ORCH_OPT_REPEATED)
        orch_text_puts(out, ", several");
    if (o->flags & ORCH_OPT_SECRET)
        orch_text_puts(out, ", secret");
    if (o->flags & ORCH_OPT_DEPRECATED)
        orch_text_puts(out, ", deprecated");
    bool reads = orch_option_for_role(c, o, ORCH_OPT_FOR_SOURCE);
    bool writes = orch_option_for_role(c, o, ORCH_OPT_FOR_DESTINATION);
    if (c->connector.source && c->connector.destination && reads != writes)
        orch_text_printf(out, ", %s only", reads ? "source" : "destination");
    orch_text_putc(out, '\n');
    put_wrapped(out, o->summary, 6);
    if (o->type == ORCH_OPT_ENUM) {
        orch_text_puts(out, "      choices:");
        for (size_t i = 0; o->choices[i]; i++)
            orch_text_printf(out, "%s \"%s\"", i > 0 ? "," : "", o->choices[i]);
        orch_text_putc(out, '\n');
    }
    if (o->default_text)
        put_example(out, "default", o->default_text);
    if (o->example)
        put_example(out, "example", o->example);
}

bool orch_describe_text(const struct orch_loaded *c, struct orch_text *out)
{
    const orch_option *o;

    put_head(out, c);
    orch_text_puts(out, "\nIn a script\n");
    if (c->connector.source)
        put_usage(out, c, ORCH_OPT_FOR_SOURCE);
    if (c->connector.destination)
        put_usage(out, c, ORCH_OPT_FOR_DESTINATION);
    orch_text_puts(out, option_at(c, 0) ? "\nOptions\n" : "\nNo options\n");
    for (size_t i = 0; (o = option_at(c, i)); i++)
        put_option(out, c, o);
    return !out->failed;
}

/* ---- JSON ------------------------------------------------------------------------------- */

void orch_describe_begin(const struct orch_loaded *c, struct orch_json *j)
{
    orch_manifest_begin(j, &c->plugin);
    orch_manifest_connector(j, c);
    orch_json_close(j, ']');
    orch_json_text(j, "library", c->library);
    orch_json_open(j, "host_options", '[');
    for (size_t i = 0; reads_inputs(c) && orch_input_options[i]; i++)
        orch_manifest_option(j, c, orch_input_options[i]);
    orch_json_close(j, ']');
}

bool orch_describe_json(const struct orch_loaded *c, struct orch_text *out)
{
    struct orch_json j;

    orch_json_begin(&j, out, 2);
    orch_describe_begin(c, &j);
    orch_json_close(&j, '}');
    return orch_text_putc(out, '\n') && !out->failed;
}
