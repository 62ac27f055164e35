/* SPDX-License-Identifier: Apache-2.0 */
/* Checks a connector's option table when its library is loaded, so that parsing, describing and
 * documenting never meet an entry that makes no sense. */
#include "plugin/adopt.h"
#include "plugin/option_value.h"
#include "plugin/options.h"
#include "plugin/words.h"

#include "orch/error.h"

#include <math.h>

#define CHOICES_CAP 256

static orch_status refuse(const orch_connector *c, const orch_option *o, const char *why,
                          orch_error *err)
{
    return orch_error_set(err, ORCH_ECONFIG, "option \"%s\" of connector \"%s\" %s", o->name,
                          c->name, why);
}

static orch_status check_choices(const orch_connector *c, const orch_option *o, orch_error *err)
{
    size_t n = 0;

    if (o->type != ORCH_OPT_ENUM)
        return ORCH_OK;
    while (o->choices && n < CHOICES_CAP && o->choices[n])
        n++;
    if (n == 0 || n == CHOICES_CAP)
        return refuse(c, o, "has no list of choices that ends", err);
    for (size_t i = 0; i < n; i++)
        if (!orch_adopt_text(o->choices[i], true))
            return refuse(c, o, "has a choice that is not one line of text", err);
    return ORCH_OK;
}

static orch_status check_texts(const orch_connector *c, const orch_option *o, orch_error *err)
{
    if (!o->summary)
        return refuse(c, o, "has no summary", err);
    if (!orch_adopt_text(o->summary, true))
        return refuse(c, o, "has a summary that is not one line of text", err);
    if (o->unit && !orch_adopt_text(o->unit, true))
        return refuse(c, o, "has a unit that is not one line of text", err);
    if ((o->default_text && !orch_adopt_text(o->default_text, false)) ||
        (o->example && !orch_adopt_text(o->example, false)))
        return refuse(c, o, "has a default or an example that is no text", err);
    return ORCH_OK;
}

static orch_status check_default(const orch_connector *c, const orch_option *o, orch_error *err)
{
    struct orch_text value = { 0 };
    orch_error why = ORCH_ERROR_INIT;
    orch_status st = ORCH_OK;

    if (o->default_text) {
        st = orch_option_value(o, orch_str_from(o->default_text), false, &value, &why);
        if (st == ORCH_ECONFIG) {
            refuse(c, o, "has a default that it does not take itself", err);
            orch_error_detail(err, "%s", why.message);
        } else if (st != ORCH_OK && err) {
            *err = why;
        }
    }
    orch_text_release(&value);
    return st;
}

static orch_status check_option(const orch_connector *c, const orch_option *o, orch_error *err)
{
    if (!orch_option_type_name(o->type))
        return refuse(c, o, "has an unknown type", err);
    orch_status st = check_texts(c, o, err);
    if (st != ORCH_OK)
        return st;
    if (!(o->min <= o->max) || o->min == INFINITY || o->max == -INFINITY)
        return refuse(c, o, "has a range that holds nothing", err);
    if ((o->flags & ORCH_OPT_REQUIRED) && o->default_text)
        return refuse(c, o, "is required and has a default", err);
    st = check_choices(c, o, err);
    if (st == ORCH_OK)
        st = check_default(c, o, err);
    return st;
}

/* Names may be used once a role; those of the host's own options are taken. */
static orch_status check_unique(const orch_connector *c, const orch_option *const *before, size_t n,
                                const orch_option *o, orch_error *err)
{
    const uint32_t both = ORCH_OPT_FOR_SOURCE | ORCH_OPT_FOR_DESTINATION;
    uint32_t roles = o->flags & both ? o->flags & both : both;

    for (size_t i = 0; i < n; i++) {
        uint32_t others = before[i]->flags & both ? before[i]->flags & both : both;
        if (strcmp(before[i]->name, o->name) == 0 && (roles & others))
            return refuse(c, o, "is declared twice", err);
    }
    if (!c->source || !(c->capabilities & ORCH_CAP_INPUT) || !(roles & ORCH_OPT_FOR_SOURCE))
        return ORCH_OK;
    for (size_t i = 0; orch_input_options[i]; i++)
        if (strcmp(orch_input_options[i]->name, o->name) == 0)
            return refuse(c, o, "has a name that the host gives to every source of files", err);
    return ORCH_OK;
}

/* What is meant alike becomes alike, so that two descriptions can be compared: bounds that do not
 * bound, roles that are all there are, choices of an option that has none. */
static orch_status normalise(const orch_connector *c, orch_option *o, orch_error *err)
{
    const uint32_t both = ORCH_OPT_FOR_SOURCE | ORCH_OPT_FOR_DESTINATION;
    uint32_t offered = (c->source ? ORCH_OPT_FOR_SOURCE : 0u) |
                       (c->destination ? ORCH_OPT_FOR_DESTINATION : 0u);
    uint32_t roles = (o->flags & both ? o->flags : both) & offered;
    bool low = orch_option_has_min(o), high = orch_option_has_max(o);

    if (roles == 0)
        return refuse(c, o, "is for a role that the connector does not have", err);
    o->flags &= (uint32_t)orch_words_all(orch_flag_words);
    o->flags |= roles == offered ? 0 : roles;
    o->min = low ? o->min + 0.0 : high ? -INFINITY : 0; /* -0 is 0 */
    o->max = high ? o->max + 0.0 : low ? INFINITY : 0;
    if (o->type != ORCH_OPT_ENUM)
        o->choices = NULL;
    return ORCH_OK;
}

orch_status orch_adopt_options(struct orch_arena *a, orch_connector *c, orch_error *err)
{
    const orch_option *const *from = c->options;
    size_t n = c->n_options;

    if (n == 0)
        return ORCH_OK;
    if (!from || n > ORCH_OPTIONS_CAP)
        return orch_error_set(err, ORCH_ECONFIG, "connector \"%s\" declares %zu options%s", c->name,
                              n, from ? ", too many to be right" : " and no table of them");
    orch_option *copies = orch_arena_array(a, n, sizeof *copies);
    const orch_option **table = orch_arena_array(a, n, sizeof *table);
    if (!copies || !table)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");

    for (size_t i = 0; i < n; i++) {
        bool sized = from[i] && orch_adopt_struct(&copies[i], sizeof copies[i], from[i]);
        if (!sized || !orch_adopt_name(copies[i].name))
            return orch_error_set(err, ORCH_ECONFIG,
                                  "option %zu of %zu of connector \"%s\" has no %s", i + 1, n,
                                  c->name, sized ? "valid name" : "description");
        orch_status st = check_unique(c, table, i, &copies[i], err);
        if (st == ORCH_OK)
            st = check_option(c, &copies[i], err);
        if (st == ORCH_OK)
            st = normalise(c, &copies[i], err);
        if (st != ORCH_OK)
            return st;
        table[i] = &copies[i];
    }
    c->options = table;
    return ORCH_OK;
}
