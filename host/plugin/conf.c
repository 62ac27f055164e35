/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/vec.h"
#include "orch/error.h"
#include "plugin/adopt.h"
#include "plugin/option_value.h"

enum { FILE_CAP = 1024 * 1024, LINE_CAP = 4096, VALUES_CAP = 4096, SHOWN = 80, NAMES = 64 };

/* The file as far as it is read. */
struct reader {
    struct orch_conf conf;
    const char *path;
    const struct orch_conf_section *known;
    size_t n_known;
    const struct orch_conf_section *section; /* NULL before the first */
    const char *name;
    size_t line;
};

/* ---- refusing ------------------------------------------------------------------------------ */

static orch_status at_line(const struct reader *r, orch_error *err)
{
    orch_error_detail(err, "%s:%zu", r->path, r->line);
    return ORCH_ECONFIG;
}

static orch_status no_memory(orch_error *err)
{
    return orch_error_set(err, ORCH_ENOMEM, "out of memory");
}

/* "[connector csv]" */
static void put_section(const struct reader *r, char out[160])
{
    snprintf(out, 160, "[%s%s%s]", r->section->name, r->section->named ? " " : "",
             r->section->named ? r->name : "");
}

static orch_status refuse_line(const struct reader *r, struct orch_str line, const char *what,
                               const char *hint, orch_error *err)
{
    struct orch_text shown = { 0 };
    orch_text_quote(&shown, line, SHOWN);
    orch_error_set(err, ORCH_ECONFIG, "%s %s", orch_text_z(&shown), what);
    orch_text_release(&shown);
    orch_error_hint(err, "%s", hint);
    return at_line(r, err);
}

static void hint_names(const char *word, const char *const *names, size_t n, const char *lead,
                       orch_error *err)
{
    const char *near = orch_str_nearest(word, names, n);
    struct orch_text list = { 0 };
    for (size_t i = 0; i < n; i++)
        orch_text_printf(&list, "%s%s", i > 0 ? ", " : "", names[i]);
    if (near != NULL)
        orch_error_hint(err, "did you mean \"%s\"?", near);
    else
        orch_error_hint(err, "%s: %s", lead, orch_text_z(&list));
    orch_text_release(&list);
}

static orch_status unknown_section(const struct reader *r, const char *word, orch_error *err)
{
    const char *names[NAMES];
    struct orch_text shown = { 0 };
    size_t n = 0;
    for (; n < r->n_known && n < NAMES; n++)
        names[n] = r->known[n].name;
    orch_text_quote(&shown, orch_str_from(word), SHOWN);
    orch_error_set(err, ORCH_ECONFIG, "there is no section %s", orch_text_z(&shown));
    orch_text_release(&shown);
    hint_names(word, names, n, "the sections", err);
    return at_line(r, err);
}

static orch_status unknown_key(const struct reader *r, const char *word, orch_error *err)
{
    const char *names[NAMES];
    struct orch_text shown = { 0 };
    char section[160];
    size_t n = 0;
    for (; n < r->section->n_keys && n < NAMES; n++)
        names[n] = r->section->keys[n].name;
    put_section(r, section);
    orch_text_quote(&shown, orch_str_from(word), SHOWN);
    orch_error_set(err, ORCH_ECONFIG, "there is no key %s in %s", orch_text_z(&shown), section);
    orch_text_release(&shown);
    hint_names(word, names, n, "its keys", err);
    for (size_t s = 0; s < r->n_known; s++)
        for (size_t k = 0; k < r->known[s].n_keys; k++)
            if (strcmp(r->known[s].keys[k].name, word) == 0)
                orch_error_hint(err, "it belongs in [%s%s]", r->known[s].name,
                                r->known[s].named ? " NAME" : "");
    return at_line(r, err);
}

static orch_status set_twice(const struct reader *r, const struct orch_conf_value *first,
                             orch_error *err)
{
    char section[160];
    put_section(r, section);
    orch_error_set(err, ORCH_ECONFIG, "\"%s\" is set twice in %s", first->key, section);
    orch_error_detail(err, "%s:%zu; first at %s", r->path, r->line, first->place);
    orch_error_hint(err, "keep one of the two lines");
    return ORCH_ECONFIG;
}

/* ---- values -------------------------------------------------------------------------------- */

static const orch_option *find_key(const struct orch_conf_section *s, const char *name)
{
    for (size_t i = 0; i < s->n_keys; i++)
        if (strcmp(s->keys[i].name, name) == 0)
            return &s->keys[i];
    return NULL;
}

/* What stands between the quotes, or all of it. A comment behind a value would become a part of
 * it, so that one is refused unless it is quoted. */
static orch_status unquote(const struct reader *r, struct orch_str line, struct orch_str *value,
                           orch_error *err)
{
    struct orch_str v = *value;
    bool quoted = v.len > 0 && v.ptr[0] == '"';
    if (v.len == 0)
        return refuse_line(r, line, "has no value", "take the line out, or give it one", err);
    if (!quoted) {
        for (size_t i = 0; i < v.len; i++)
            if (v.ptr[i] == '#' && (i == 0 || v.ptr[i - 1] == ' ' || v.ptr[i - 1] == '\t'))
                return refuse_line(r, line, "has a # behind its key",
                                   "a comment stands on a line of its own; a value that holds # is "
                                   "put in double quotes", err);
        return ORCH_OK;
    }
    const char *end = memchr(v.ptr + 1, '"', v.len - 1);
    if (end == NULL || end != v.ptr + v.len - 1 || v.len == 2)
        return refuse_line(r, line, "has quotes that hold no value",
                           "double quotes stand around the whole value and nowhere in it", err);
    *value = (struct orch_str){ v.ptr + 1, v.len - 2 };
    return ORCH_OK;
}

/* The option's own parser, with the place; what it says needs no other hint than an example
 * or the summary. */
static orch_status canonical(const struct reader *r, const orch_option *key, struct orch_str value,
                             struct orch_text *out, orch_error *err)
{
    orch_error own = ORCH_ERROR_INIT;
    orch_status st = orch_option_value(key, value, false, out, &own);
    if (st == ORCH_ECONFIG) {
        if (own.hint[0] == '\0' && key->example != NULL)
            orch_error_hint(&own, "for example: %s = %s", key->name, key->example);
        else if (own.hint[0] == '\0')
            orch_error_hint(&own, "%s", key->summary);
        at_line(r, &own);
    }
    if (st != ORCH_OK && err != NULL)
        *err = own;
    return st;
}

static orch_status add_value(struct reader *r, const orch_option *key, struct orch_str value,
                             orch_error *err)
{
    struct orch_arena *a = &r->conf.arena;
    const struct orch_conf_value *first =
        orch_conf_get(&r->conf, r->section->name, r->name, key->name, 0);
    struct orch_text text = { 0 };
    if (first != NULL && (key->flags & ORCH_OPT_REPEATED) == 0)
        return set_twice(r, first, err);
    if (r->conf.len >= VALUES_CAP) {
        orch_error_set(err, ORCH_ECONFIG, "there are more than %d settings", VALUES_CAP);
        return at_line(r, err);
    }
    orch_status st = canonical(r, key, value, &text, err);
    if (st == ORCH_OK) {
        struct orch_conf_value item = { .section = r->section->name, .name = r->name,
                                        .key = key->name };
        item.value = orch_arena_strdup(a, orch_text_z(&text));
        item.place = orch_arena_printf(a, "%s:%zu", r->path, r->line);
        if (item.value == NULL || item.place == NULL || !orch_vec_push(&r->conf, item))
            st = no_memory(err);
    }
    orch_text_release(&text);
    return st;
}

/* ---- lines --------------------------------------------------------------------------------- */

static orch_status read_section(struct reader *r, struct orch_str line, orch_error *err)
{
    char word[SHOWN];
    if (line.ptr[line.len - 1] != ']')
        return refuse_line(r, line, "begins a section and does not end it",
                           "for example: [sandbox]", err);
    struct orch_str inner = orch_str_trim((struct orch_str){ line.ptr + 1, line.len - 2 });
    size_t len = 0;
    while (len < inner.len && inner.ptr[len] != ' ' && inner.ptr[len] != '\t')
        len++;
    struct orch_str name = orch_str_trim((struct orch_str){ inner.ptr + len, inner.len - len });
    snprintf(word, sizeof word, "%.*s", (int)len, inner.ptr);
    r->section = NULL;
    for (size_t i = 0; i < r->n_known; i++)
        if (orch_str_equal(orch_str_from(r->known[i].name), (struct orch_str){ inner.ptr, len }))
            r->section = &r->known[i];
    if (r->section == NULL)
        return unknown_section(r, word, err);
    if (!r->section->named && name.len > 0)
        return refuse_line(r, line, "is a section without a name of its own",
                           "write its word alone in brackets", err);
    r->name = orch_arena_str(&r->conf.arena, name).ptr;
    if (r->name == NULL)
        return no_memory(err);
    if (r->section->named && !orch_adopt_name(r->name))
        return refuse_line(r, line, "does not name a connector",
                           "for example: [connector csv]; orchestra connectors lists them", err);
    return ORCH_OK;
}

static orch_status read_setting(struct reader *r, struct orch_str line, orch_error *err)
{
    char word[SHOWN];
    const char *equal = memchr(line.ptr, '=', line.len);
    if (equal == NULL)
        return refuse_line(r, line, "is neither a section, a setting nor a comment",
                           "a setting is written: key = value", err);
    struct orch_str name = orch_str_trim((struct orch_str){ line.ptr, (size_t)(equal - line.ptr) });
    struct orch_str value = orch_str_trim(
        (struct orch_str){ equal + 1, (size_t)(line.ptr + line.len - equal) - 1 });
    if (r->section == NULL)
        return refuse_line(r, line, "stands before the first section",
                           "a section comes first, for example: [sandbox]", err);
    snprintf(word, sizeof word, "%.*s", ORCH_STR_ARG(name));
    const orch_option *key = find_key(r->section, word);
    if (key == NULL)
        return unknown_key(r, word, err);
    orch_status st = unquote(r, line, &value, err);
    return st == ORCH_OK ? add_value(r, key, value, err) : st;
}

static orch_status check_bytes(const struct reader *r, struct orch_str line, orch_error *err)
{
    size_t valid = orch_utf8_valid(line.ptr, line.len);
    if (line.len > LINE_CAP) {
        orch_error_set(err, ORCH_ECONFIG, "a line is longer than %d bytes", LINE_CAP);
        return at_line(r, err);
    }
    if (valid < line.len) {
        orch_error_set(err, ORCH_ECONFIG, "byte %zu of a line is no UTF-8", valid + 1);
        orch_error_hint(err, "save the file as UTF-8");
        return at_line(r, err);
    }
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        if ((c >= ' ' && c != 0x7F) || c == '\t')
            continue;
        orch_error_set(err, ORCH_ECONFIG, "byte %zu of a line is the control byte 0x%02X", i + 1,
                       c);
        orch_error_hint(err, "a file of plain text is meant");
        return at_line(r, err);
    }
    return ORCH_OK;
}

static orch_status read_line(struct reader *r, struct orch_str line, orch_error *err)
{
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    orch_status st = check_bytes(r, line, err);
    line = orch_str_trim(line);
    if (st != ORCH_OK || line.len == 0 || line.ptr[0] == '#')
        return st;
    return line.ptr[0] == '[' ? read_section(r, line, err) : read_setting(r, line, err);
}

orch_status orch_conf_parse(struct orch_conf *out, const char *path, struct orch_str text,
                            const struct orch_conf_section *known, size_t n_known, orch_error *err)
{
    struct reader r = { .path = path, .known = known, .n_known = n_known };
    orch_status st = ORCH_OK;
    if (text.len > FILE_CAP)
        return orch_error_set(err, ORCH_ECONFIG, "\"%s\" is larger than %d bytes", path, FILE_CAP);
    for (size_t at = 0; st == ORCH_OK && at < text.len;) {
        const char *end = memchr(text.ptr + at, '\n', text.len - at);
        size_t len = end != NULL ? (size_t)(end - text.ptr) - at : text.len - at;
        r.line++;
        st = read_line(&r, (struct orch_str){ text.ptr + at, len }, err);
        at += len + 1;
    }
    if (st != ORCH_OK) {
        orch_conf_release(&r.conf);
        return st;
    }
    *out = r.conf;
    return ORCH_OK;
}

/* ---- the file ------------------------------------------------------------------------------ */

/* What decides over connectors must not be open to others. */
static orch_status check_owner(int fd, const char *path, orch_error *err)
{
    struct stat about;
    if (fstat(fd, &about) != 0)
        return orch_file_error(err, "read", path, errno);
    orch_error_set(err, ORCH_ECONFIG, "\"%s\" is not read as configuration", path);
    if (!S_ISREG(about.st_mode)) {
        orch_error_detail(err, "it is no regular file");
        return ORCH_ECONFIG;
    }
    if (about.st_uid != 0 && about.st_uid != geteuid()) {
        orch_error_detail(err, "it belongs to account %lu, which so could change what connectors "
                               "may do", (unsigned long)about.st_uid);
        orch_error_hint(err, "give it to root, or to the account that runs orchestra");
        return ORCH_ECONFIG;
    }
    if ((about.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        orch_error_detail(err, "others than its owner may write to it (mode %03o), and so change "
                               "what connectors may do", (unsigned)about.st_mode & 0777);
        orch_error_hint(err, "chmod go-w %s", path);
        return ORCH_ECONFIG;
    }
    return ORCH_OK;
}

static orch_status read_checked(struct orch_conf *out, const char *path,
                                const struct orch_conf_section *known, size_t n_known,
                                orch_error *err)
{
    struct orch_text text = { 0 };
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return orch_file_error(err, "read", path, errno);
    orch_status st = check_owner(fd, path, err);
    if (st == ORCH_OK)
        st = orch_file_read_open(fd, path, FILE_CAP, &text, err);
    if (st == ORCH_OK)
        st = orch_conf_parse(out, path, (struct orch_str){ orch_text_z(&text), text.len }, known,
                             n_known, err);
    close(fd);
    orch_text_release(&text);
    return st;
}

orch_status orch_conf_read(struct orch_conf *out, const char *path,
                           const struct orch_conf_section *known, size_t n_known, orch_error *err)
{
    orch_error own = ORCH_ERROR_INIT;
    orch_status st = read_checked(out, path, known, n_known, &own);
    if (st == ORCH_OK)
        return st;
    /* Whatever kept it from being read: what it would have forbidden is not known. */
    if (st != ORCH_ENOMEM) {
        own.code = ORCH_ECONFIG;
        own.flags &= ~ORCH_ERROR_RETRYABLE;
    }
    if (err != NULL)
        *err = own;
    return own.code;
}

void orch_conf_release(struct orch_conf *c)
{
    orch_vec_release(c);
    orch_arena_release(&c->arena);
    *c = (struct orch_conf){ 0 };
}

const struct orch_conf_value *orch_conf_get(const struct orch_conf *c, const char *section,
                                            const char *name, const char *key, size_t index)
{
    for (size_t i = 0; i < c->len; i++) {
        const struct orch_conf_value *v = &c->items[i];
        if (strcmp(v->key, key) == 0 && strcmp(v->section, section) == 0 &&
            strcmp(v->name, name) == 0 && index-- == 0)
            return v;
    }
    return NULL;
}
