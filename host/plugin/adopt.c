/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/adopt.h"

#include "orch/error.h"
#include "plugin/words.h"

/* The head is the same in every struct of every ABI: its size and four more bytes. */
#define HEAD_BYTES 8

bool orch_adopt_struct(void *to, size_t to_size, const void *from)
{
    uint32_t size, full = (uint32_t)to_size;

    memset(to, 0, to_size);
    memcpy(&size, from, sizeof size);
    if (size < HEAD_BYTES)
        return false;
    /* Tables are made of 8-byte slots: one that the plugin has half is one that it lacks. */
    size_t shared = size < to_size ? size & ~(size_t)7 : to_size;
    memcpy(to, from, shared);
    memcpy(to, &full, sizeof full);
    return true;
}

bool orch_adopt_name(const char *name)
{
    size_t len = 0;

    if (!name)
        return false;
    for (; name[len]; len++) {
        bool letter = name[len] >= 'a' && name[len] <= 'z';
        bool other = (name[len] >= '0' && name[len] <= '9') || name[len] == '_';
        if (len >= ORCH_NAME_CAP || !(letter || (len > 0 && other)))
            return false;
    }
    return len > 0;
}

static bool is_control(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0);
}

bool orch_adopt_text(const char *text, bool line)
{
    size_t len = strnlen(text, ORCH_TEXT_CAP + 1);

    if (len > ORCH_TEXT_CAP || orch_utf8_valid(text, len) != len)
        return false;
    for (size_t at = 0; line && at < len;) {
        uint32_t code;
        at += orch_utf8_decode(text + at, len - at, &code);
        if (is_control(code))
            return false;
    }
    return true;
}

/* ---- what stands in for an absent optional slot ----------------------------------------- */

static orch_status absent_source_check(orch_source *source, orch_error *err)
{
    (void)source;
    return orch_error_set(err, ORCH_ENOTSUP, "this connector cannot check its source");
}

static orch_status absent_streams(orch_source *source, struct ArrowSchema *schema,
                                  struct ArrowArray *batch, orch_error *err)
{
    (void)source;
    (void)schema;
    (void)batch;
    return orch_error_set(err, ORCH_ENOTSUP, "this connector has one unnamed stream only");
}

static void absent_source_interrupt(orch_source *source)
{
    (void)source;
}

static orch_status absent_destination_check(orch_destination *destination, orch_error *err)
{
    (void)destination;
    return orch_error_set(err, ORCH_ENOTSUP, "this connector cannot check its destination");
}

static void absent_destination_interrupt(orch_destination *destination)
{
    (void)destination;
}

static const void *absent_extension(const char *id)
{
    (void)id;
    return NULL;
}

/* ---- slots ------------------------------------------------------------------------------ */

struct slot {
    const char *name;
    size_t offset;
};

#define SLOT(type, member) { #member, offsetof(type, member) }

static const struct slot source_slots[] = {
    SLOT(orch_source_ops, open), SLOT(orch_source_ops, close), SLOT(orch_source_ops, describe),
    SLOT(orch_source_ops, read), SLOT(orch_source_ops, schema), SLOT(orch_source_ops, next),
    SLOT(orch_source_ops, end),
};

static const struct slot destination_slots[] = {
    SLOT(orch_destination_ops, open),    SLOT(orch_destination_ops, close),
    SLOT(orch_destination_ops, begin),   SLOT(orch_destination_ops, recover),
    SLOT(orch_destination_ops, write),   SLOT(orch_destination_ops, finish),
    SLOT(orch_destination_ops, ledger),  SLOT(orch_destination_ops, commit),
    SLOT(orch_destination_ops, end),
};

static orch_status check_slots(const void *ops, const struct slot *slots, size_t n,
                               const char *connector, const char *role, orch_error *err)
{
    for (size_t i = 0; i < n; i++) {
        void (*function)(void);
        memcpy(&function, (const char *)ops + slots[i].offset, sizeof function);
        if (!function)
            return orch_error_set(err, ORCH_ECONFIG,
                                  "the %s of connector \"%s\" has no function %s", role, connector,
                                  slots[i].name);
    }
    return ORCH_OK;
}

static orch_status adopt_source(struct orch_loaded *out, orch_error *err)
{
    orch_source_ops *ops = &out->source;
    const char *name = out->connector.name;

    if (!orch_adopt_struct(ops, sizeof *ops, out->connector.source))
        return orch_error_set(err, ORCH_ECONFIG,
                              "the source of connector \"%s\" has no valid size", name);
    orch_status st = check_slots(ops, source_slots, sizeof source_slots / sizeof *source_slots,
                                 name, "source", err);
    if (st != ORCH_OK)
        return st;
    if (!ops->check)
        ops->check = absent_source_check;
    if (!ops->streams)
        ops->streams = absent_streams;
    if (!ops->interrupt)
        ops->interrupt = absent_source_interrupt;
    out->connector.source = ops;
    return ORCH_OK;
}

static orch_status adopt_destination(struct orch_loaded *out, orch_error *err)
{
    orch_destination_ops *ops = &out->destination;
    const char *name = out->connector.name;

    if (!orch_adopt_struct(ops, sizeof *ops, out->connector.destination))
        return orch_error_set(err, ORCH_ECONFIG,
                              "the destination of connector \"%s\" has no valid size", name);
    orch_status st =
        check_slots(ops, destination_slots, sizeof destination_slots / sizeof *destination_slots,
                    name, "destination", err);
    if (st != ORCH_OK)
        return st;
    if (!ops->check)
        ops->check = absent_destination_check;
    if (!ops->interrupt)
        ops->interrupt = absent_destination_interrupt;
    out->connector.destination = ops;
    return ORCH_OK;
}

/* ---- the connector ---------------------------------------------------------------------- */

static orch_status check_texts(const orch_connector *c, orch_error *err)
{
    if (!c->summary)
        return orch_error_set(err, ORCH_ECONFIG, "connector \"%s\" has no summary", c->name);
    if (!orch_adopt_text(c->summary, true))
        return orch_error_set(err, ORCH_ECONFIG,
                              "the summary of connector \"%s\" is not one line of text", c->name);
    if (c->personal && !orch_adopt_text(c->personal, true))
        return orch_error_set(err, ORCH_ECONFIG,
                              "the personal columns of connector \"%s\" are not one line of text",
                              c->name);
    return ORCH_OK;
}

static orch_status check_connector(const orch_connector *c, orch_error *err)
{
    if (!c->name)
        return orch_error_set(err, ORCH_ECONFIG, "a connector has no name");
    if (!orch_adopt_name(c->name))
        return orch_error_set(err, ORCH_ECONFIG,
                              "the connector name \"%.80s\" is not made of lower-case letters, "
                              "digits and underscores", c->name);
    orch_status st = check_texts(c, err);
    if (st != ORCH_OK)
        return st;
    if (c->needs & ~orch_words_all(orch_need_words))
        return orch_error_set(err, ORCH_ECONFIG,
                              "connector \"%s\" needs what this host does not know", c->name);
    if (c->threading < ORCH_THREADS_ONE_PER_PLUGIN || c->threading > ORCH_THREADS_ONE_PER_STREAM)
        return orch_error_set(err, ORCH_ECONFIG,
                              "connector \"%s\" declares the threading level %u, "
                              "known are 1 to 3", c->name, (unsigned)c->threading);
    if (!c->source && !c->destination)
        return orch_error_set(err, ORCH_ECONFIG,
                              "connector \"%s\" is neither a source nor a destination", c->name);
    return ORCH_OK;
}

orch_status orch_adopt_connector(struct orch_arena *a, const orch_connector *from,
                                 struct orch_loaded *out, orch_error *err)
{
    orch_connector *c = &out->connector;

    if (!orch_adopt_struct(c, sizeof *c, from))
        return orch_error_set(err, ORCH_ECONFIG,
                              "the description of a connector has no valid size");
    orch_status st = check_connector(c, err);
    /* What this host does not know it cannot make use of. */
    c->capabilities &= orch_words_all(orch_ability_words) | orch_words_all(orch_write_mode_words);
    if (st == ORCH_OK)
        st = orch_adopt_options(a, c, err);
    if (st == ORCH_OK && c->source)
        st = adopt_source(out, err);
    if (st == ORCH_OK && c->destination)
        st = adopt_destination(out, err);
    if (!c->extension)
        c->extension = absent_extension;
    return st;
}
