/* SPDX-License-Identifier: Apache-2.0 */
/* Which members of packed inputs are read: the options `unpack` and `member`. */
#include "plugin/unpack_level.h"

#include "base/file.h"
#include "base/log.h"
#include "orch/error.h"

#include <fnmatch.h>

enum { SHOWN_CAP = 4, PATTERNS_CAP = 1000 };

/* The first names of some members, and how many there are. */
struct shown {
    struct orch_text text;
    size_t n;
};

struct listing {
    struct orch_inputs *in;
    const orch_host *host;
    ORCH_VEC(const char *) patterns;
    bool matched[PATTERNS_CAP];
    /* Of the file that is walked through. */
    struct orch_unpack *u;
    bool archive; /* there is one in it, not just one compressed file */
    size_t chosen;
    struct shown left;   /* files that no pattern chooses */
    struct shown passed; /* what is no file to read: links, hidden ones */
    struct orch_text label;
};

static orch_status no_memory(orch_error *err)
{
    return orch_error_set(err, ORCH_ENOMEM, "out of memory");
}

static void show(struct shown *s, const char *what, const char *label)
{
    if (s->n++ >= SHOWN_CAP)
        return;
    orch_text_printf(&s->text, "%s%s%s", s->n > 1 ? ", " : "", what, *what ? " " : "");
    orch_text_quote(&s->text, orch_str_from(label), ORCH_INPUT_LABEL_MOST);
}

static void show_rest(struct shown *s)
{
    if (s->n > SHOWN_CAP)
        orch_text_printf(&s->text, " and %zu more", s->n - SHOWN_CAP);
}

static void shown_release(struct shown *s)
{
    orch_text_release(&s->text);
    s->n = 0;
}

/* ---- choosing ---------------------------------------------------------------------------- */

/* As patterns of paths: * and ? take no slash, and no dot in front of a name. */
static bool matches(const char *pattern, const char *name)
{
    const char *subject = strchr(pattern, '/') ? name : orch_path_name(name);
    return fnmatch(pattern, subject, FNM_PATHNAME | FNM_PERIOD) == 0;
}

static bool any_matches(struct listing *l, const char *name)
{
    bool any = false;

    for (size_t i = 0; i < l->patterns.len; i++) {
        if (!matches(l->patterns.items[i], name))
            continue;
        l->matched[i] = true;
        any = true;
    }
    return any;
}

/* Below a name with a dot in front, or in the folder where macOS keeps what is no data. */
static bool is_hidden(const char *name)
{
    return name[0] == '.' ? name[1] != '/' && name[1] != '.' && name[1] != '\0'
                          : strncmp(name, "__MACOSX/", 9) == 0;
}

static bool any_hidden(const char *name)
{
    for (const char *part = name; part; part = strchr(part, '/')) {
        part += *part == '/';
        if (is_hidden(part))
            return true;
    }
    return false;
}

/* A pattern may name a file, or an archive, which chooses all that is in it; a compressed file has
 * no name of its own inside. */
static bool is_chosen(struct listing *l)
{
    bool chosen = l->patterns.len == 0;

    for (size_t i = 0; i < l->u->n; i++) {
        const char *name = orch_text_z(&l->u->levels[i].name);
        if (name[0] == '\0')
            continue;
        if (l->patterns.len == 0)
            chosen = chosen && !any_hidden(name);
        else
            chosen = any_matches(l, name) || chosen;
    }
    return chosen;
}

static orch_status choose(struct listing *l, struct orch_input_item *item, orch_error *err)
{
    struct orch_unpack_place place = { .n = (uint32_t)l->u->n };

    for (size_t i = 0; i < l->u->n; i++)
        place.at[i] = l->u->levels[i].entries - 1;
    l->chosen++;
    return orch_input_member_add(l->in, item, orch_text_z(&l->label), &place, err);
}

static orch_status take_member(struct listing *l, struct orch_input_item *item, orch_error *err)
{
    const struct orch_unpack_level *top = &l->u->levels[l->u->n - 1];
    bool named = l->patterns.len > 0, chosen = is_chosen(l);

    for (size_t i = 0; i < l->u->n; i++)
        l->archive = l->archive || !orch_packed_is_single(l->u->levels[i].kind);
    orch_text_reset(&l->label);
    if (!orch_unpack_label(l->u, l->u->n, &l->label))
        return no_memory(err);
    const char *label = orch_text_z(&l->label);
    if (chosen && top->encrypted)
        return orch_unpack_encrypted(l->u, err);
    if (chosen && named && top->type != ORCH_UNPACK_FILE)
        return orch_unpack_link(l->u, err);
    if (chosen && top->type == ORCH_UNPACK_FILE)
        return choose(l, item, err);
    if (named)
        show(&l->left, "", label);
    else
        show(&l->passed,
             top->type != ORCH_UNPACK_FILE ? orch_unpack_type_name(top->type) : "hidden", label);
    return ORCH_OK;
}

/* ---- what was not chosen ----------------------------------------------------------------- */

static void say_passed(struct listing *l, const struct orch_input_item *item)
{
    struct orch_text text = { 0 };

    if (l->passed.n == 0)
        return;
    show_rest(&l->passed);
    orch_text_printf(&text, "\"%s\": not read: %s", item->name, orch_text_z(&l->passed.text));
    l->host->log(l->host, ORCH_LOG_WARN, "input.member_passed_over", orch_text_z(&text));
    orch_text_release(&text);
}

static orch_status fail_none(struct listing *l, const struct orch_input_item *item, orch_error *err)
{
    if (l->left.n == 0) {
        orch_error_set(err, ORCH_EIO, "the archive \"%s\" holds no file to read", item->name);
        if (l->passed.n > 0)
            orch_error_detail(err, "it has %s", orch_text_z(&l->passed.text));
        else
            orch_error_detail(err, "it is empty");
        orch_error_hint(err, "look at it, and get it again if it should hold something");
        return ORCH_EIO;
    }
    show_rest(&l->left);
    orch_error_set(err, ORCH_EIO, "no member of \"%s\" matches \"%s\"%s", item->name,
                   l->patterns.items[0], l->patterns.len > 1 ? " or another pattern" : "");
    orch_error_detail(err, "it has %s", orch_text_z(&l->left.text));
    orch_error_hint(err, "correct the option member; * and ? stand for parts of one name");
    return ORCH_EIO;
}

static orch_status fail_no_archive(const struct orch_input_item *item, orch_error *err)
{
    orch_error_set(err, ORCH_EIO, "\"%s\" is no archive", item->name);
    orch_error_detail(err, "the option member chooses files of an archive, and there is %s",
                      item->file.packed ? "only one file in it" : "none");
    orch_error_hint(err, "leave the option member out");
    return ORCH_EIO;
}

static orch_status fail_unused(const char *pattern, orch_error *err)
{
    orch_error_set(err, ORCH_EIO, "no member of any archive matches \"%s\"", pattern);
    orch_error_detail(err, "other patterns of the option member do match");
    orch_error_hint(err, "correct the option member; * and ? stand for parts of one name");
    return ORCH_EIO;
}

/* ---- walking ----------------------------------------------------------------------------- */

static orch_status walk(struct listing *l, struct orch_input_item *item, orch_error *err)
{
    orch_status st = orch_unpack_open(item, l->host, &l->u, err);

    while (st == ORCH_OK) {
        st = orch_unpack_next(l->u, err);
        if (st == ORCH_OK)
            st = take_member(l, item, err);
    }
    orch_unpack_close(l->u);
    l->u = NULL;
    return st == ORCH_END ? ORCH_OK : st;
}

static orch_status list_file(struct listing *l, struct orch_input_item *item, orch_error *err)
{
    orch_status st = ORCH_OK;

    l->chosen = 0;
    l->archive = item->file.packed && !orch_packed_is_single(item->packed);
    if (item->file.packed)
        st = walk(l, item, err);
    if (st == ORCH_OK && l->patterns.len > 0 && !l->archive)
        st = fail_no_archive(item, err);
    else if (st == ORCH_OK && item->file.packed && l->chosen == 0)
        st = fail_none(l, item, err);
    if (st == ORCH_OK)
        say_passed(l, item);
    shown_release(&l->left);
    shown_release(&l->passed);
    return st;
}

static orch_status get_patterns(struct listing *l, orch_error *err)
{
    const char *unpack = l->host->option(l->host, "unpack", 0, NULL);
    const char *pattern;

    for (size_t i = 0; (pattern = l->host->option(l->host, "member", i, NULL)); i++) {
        if (l->patterns.len >= PATTERNS_CAP)
            return orch_error_set(err, ORCH_ECONFIG, "the option member has more than %d patterns",
                                  PATTERNS_CAP);
        if (!orch_vec_push(&l->patterns, pattern))
            return no_memory(err);
    }
    if (l->patterns.len > 0 && unpack && strcmp(unpack, "no") == 0) {
        orch_error_set(err, ORCH_ECONFIG, "the option member needs unpack = \"auto\"");
        orch_error_hint(err, "leave one of the two out");
        return ORCH_ECONFIG;
    }
    return ORCH_OK;
}

static orch_status list_all(struct listing *l, orch_error *err)
{
    orch_status st = get_patterns(l, err);
    bool packed = l->patterns.len > 0;

    for (size_t i = 0; i < l->in->items.len; i++)
        packed = packed || l->in->items.items[i]->file.packed;
    for (size_t i = 0; st == ORCH_OK && packed && i < l->in->items.len; i++)
        st = list_file(l, l->in->items.items[i], err);
    for (size_t i = 0; st == ORCH_OK && i < l->patterns.len; i++)
        if (!l->matched[i])
            st = fail_unused(l->patterns.items[i], err);
    return st == ORCH_OK && packed ? orch_inputs_members_end(l->in, err) : st;
}

orch_status orch_instance_unpack(struct orch_instance *i, orch_error *err)
{
    struct listing *l;

    if (!i->inputs)
        return ORCH_OK;
    i->inputs->host = &i->host;
    l = orch_zalloc(1, sizeof *l);
    if (!l)
        return no_memory(err);
    l->in = i->inputs;
    l->host = &i->host;
    orch_status st = list_all(l, err);
    orch_vec_release(&l->patterns);
    orch_text_release(&l->label);
    free(l);
    return st;
}
