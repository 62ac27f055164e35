/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/secret.h"

#include "base/file.h"
#include "orch/error.h"
#include "plugin/options.h"

#include <stdlib.h>

/* A secret is a password, a token or a key: longer files are a mistake in the path. */
#define SECRET_FILE_CAP (64 * 1024)
#define REFERENCE_CAP 4096

/* ---- references in a text --------------------------------------------------------------- */

static orch_status resolve_env(const char *name, struct orch_text *out, orch_error *err)
{
    const char *value = getenv(name);

    if (!value) {
        orch_error_set(err, ORCH_ECONFIG, "environment variable \"%s\" is not set", name);
        orch_error_hint(err, "set %s before the run, or correct \"${env:%s}\"", name, name);
        return ORCH_ECONFIG;
    }
    return orch_text_puts(out, value) ? ORCH_OK
                                      : orch_error_set(err, ORCH_ENOMEM, "out of memory");
}

static orch_status resolve_file(const char *path, struct orch_text *out, orch_error *err)
{
    struct orch_text content = { 0 };
    orch_status st = orch_file_read(path, SECRET_FILE_CAP, &content, err);

    if (st == ORCH_ENOMEM)
        goto done;
    if (st != ORCH_OK) {
        orch_error_hint(err, "\"${file:%s}\" takes the secret from this file", path);
        st = err ? (err->code = ORCH_ECONFIG) : ORCH_ECONFIG;
        goto done;
    }
    /* Editors end the last line; the line end is no part of the secret. */
    size_t len = content.len;
    if (len > 0 && content.ptr[len - 1] == '\n')
        len--;
    if (len > 0 && content.ptr[len - 1] == '\r')
        len--;
    if (len > 0 && memchr(content.ptr, '\0', len)) {
        st = orch_error_set(err, ORCH_ECONFIG, "secret file \"%s\" holds a zero byte", path);
        orch_error_hint(err, "a secret is one text; check the path");
        goto done;
    }
    if (!orch_text_add(out, len > 0 ? content.ptr : "", len))
        st = orch_error_set(err, ORCH_ENOMEM, "out of memory");

done:
    orch_secret_wipe(&content);
    return st;
}

/* `body` is what stands between "${" and "}". */
static orch_status resolve_reference(struct orch_str body, struct orch_text *out, orch_error *err)
{
    char name[REFERENCE_CAP];

    if (body.len < sizeof name && !memchr(body.ptr, '\0', body.len)) {
        memcpy(name, body.ptr, body.len);
        name[body.len] = '\0';
        if (orch_str_starts(body, ORCH_STR("env:")) && body.len > 4)
            return resolve_env(name + 4, out, err);
        if (orch_str_starts(body, ORCH_STR("file:")) && body.len > 5)
            return resolve_file(name + 5, out, err);
    }
    orch_error_set(err, ORCH_ECONFIG, "unknown reference \"${%.*s}\"",
                   body.len > 60 ? 60 : (int)body.len, body.ptr);
    orch_error_hint(err, "known are ${env:NAME} and ${file:PATH}; write $${ for a plain ${");
    return ORCH_ECONFIG;
}

static orch_status expand_one(struct orch_str body, struct orch_text *out,
                              struct orch_secrets *found, orch_error *err)
{
    size_t start = out->len;
    orch_status st = resolve_reference(body, out, err);

    if (st == ORCH_OK && found &&
        !orch_secrets_add(found, (struct orch_str){ out->ptr + start, out->len - start }))
        st = orch_error_set(err, ORCH_ENOMEM, "out of memory");
    return st;
}

orch_status orch_secret_expand(const char *text, struct orch_text *out, struct orch_secrets *found,
                               bool *secret, orch_error *err)
{
    const char *at = text;

    *secret = false;
    while (*at) {
        if (strncmp(at, "$${", 3) == 0) {
            orch_text_puts(out, "${");
            at += 3;
        } else if (strncmp(at, "${", 2) == 0) {
            const char *end = strchr(at, '}');
            if (!end) {
                orch_error_set(err, ORCH_ECONFIG, "a reference \"${\" is not closed by \"}\"");
                orch_error_hint(err, "write $${ for a plain ${");
                return ORCH_ECONFIG;
            }
            struct orch_str body = { at + 2, (size_t)(end - at) - 2 };
            orch_status st = expand_one(body, out, found, err);
            if (st != ORCH_OK)
                return st;
            *secret = true;
            at = end + 1;
        } else {
            size_t run = strcspn(at + 1, "$") + 1;
            orch_text_add(out, at, run);
            at += run;
        }
    }
    return out->failed ? orch_error_set(err, ORCH_ENOMEM, "out of memory") : ORCH_OK;
}

orch_status orch_secret_resolve(const char *text, struct orch_text *out, bool *secret,
                                orch_error *err)
{
    return orch_secret_expand(text, out, NULL, secret, err);
}

void orch_secret_wipe(struct orch_text *text)
{
    if (text->ptr)
        explicit_bzero(text->ptr, text->size);
    orch_text_release(text);
}

/* ---- the secrets of an instance --------------------------------------------------------- */

bool orch_secrets_add(struct orch_secrets *s, struct orch_str text)
{
    if (text.len == 0)
        return true;
    for (size_t i = 0; i < s->len; i++)
        if (orch_str_equal(orch_str_from(s->items[i]), text))
            return true;

    char *copy = orch_alloc(text.len + 1);
    if (!copy)
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (!orch_vec_push(s, copy)) {
        explicit_bzero(copy, text.len);
        free(copy);
        return false;
    }
    for (size_t i = s->len - 1; i > 0 && strlen(s->items[i - 1]) < text.len; i--) {
        s->items[i] = s->items[i - 1];
        s->items[i - 1] = copy;
    }
    return true;
}

/* The password in scheme://user:password@host, or an empty text. */
static struct orch_str url_password(struct orch_str url)
{
    const struct orch_str none = { "", 0 };
    const char *end = url.ptr + url.len;
    const char *user = memmem(url.ptr, url.len, "://", 3);

    if (!user)
        return none;
    user += 3;
    size_t authority = 0;
    while (user + authority < end && !strchr("/?#", user[authority]))
        authority++;
    const char *at = memrchr(user, '@', authority);
    const char *colon = at ? memchr(user, ':', (size_t)(at - user)) : NULL;
    if (!colon)
        return none;
    return (struct orch_str){ colon + 1, (size_t)(at - colon) - 1 };
}

/* The value behind `password=` or `password =`, as a word of its own; an empty text: none. */
static struct orch_str word_password(const char *text)
{
    static const char name[] = "password";

    for (const char *at = text; (at = strstr(at, name)); at++) {
        const char *value = at + strlen(name);
        if (at > text && !strchr(" \t\n?&", at[-1]))
            continue;
        value += strspn(value, " ");
        if (*value++ != '=')
            continue;
        value += strspn(value, " '");
        return (struct orch_str){ value, strcspn(value, " '&") };
    }
    return (struct orch_str){ "", 0 };
}

static bool is_plain(struct orch_str password)
{
    return password.len > 0 && !memmem(password.ptr, password.len, "${", 2);
}

bool orch_secret_is_written(const char *typed, bool words)
{
    return is_plain(url_password(orch_str_from(typed))) ||
           (words && is_plain(word_password(typed)));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool orch_secrets_add_url(struct orch_secrets *s, struct orch_str url)
{
    struct orch_str password = url_password(url);
    struct orch_text plain = { 0 };

    for (size_t i = 0; i < password.len; i++) {
        int high = -1, low = -1;
        if (password.ptr[i] == '%' && i + 2 < password.len) {
            high = hex_digit(password.ptr[i + 1]);
            low = hex_digit(password.ptr[i + 2]);
        }
        bool coded = high >= 0 && low >= 0 && (high | low) != 0;
        orch_text_putc(&plain, coded ? (char)(high * 16 + low) : password.ptr[i]);
        i += coded ? 2 : 0;
    }
    bool ok = !plain.failed && orch_secrets_add(s, password) &&
              orch_secrets_add(s, (struct orch_str){ orch_text_z(&plain), plain.len });
    orch_secret_wipe(&plain);
    return ok;
}

/* Errors hold '?' or a blank in place of what is no text, also inside a secret. */
static bool starts_with(const char *text, const char *secret, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)secret[i];
        bool replaced = (c < 0x20 || c >= 0x7F) && (text[i] == '?' || text[i] == ' ');
        if (text[i] != secret[i] && !replaced)
            return false;
    }
    return true;
}

/* A text that was cut to its field may end inside a secret. */
static void redact_cut(const struct orch_secrets *s, char *text)
{
    enum { TELLING = 4 }; /* bytes: fewer tell nothing, and match by chance */
    static const char ellipsis[] = "\xE2\x80\xA6";
    size_t end = strlen(text);

    if (end < sizeof ellipsis - 1 || strcmp(text + end - (sizeof ellipsis - 1), ellipsis) != 0)
        return;
    end -= sizeof ellipsis - 1;
    for (size_t i = 0; i < s->len; i++) {
        size_t len = strlen(s->items[i]);
        for (size_t n = len < end ? len : end; n >= TELLING; n--) {
            if (!starts_with(text + end - n, s->items[i], n))
                continue;
            memcpy(text + end - n, "***", 3);
            memcpy(text + end - n + 3, ellipsis, sizeof ellipsis);
            return;
        }
    }
}

void orch_secrets_redact(const struct orch_secrets *s, char *text)
{
    const char *from = text;
    char *to = text;

    while (*from) {
        size_t hit = 0;
        for (size_t i = 0; i < s->len && hit == 0; i++) {
            size_t len = strlen(s->items[i]);
            if (starts_with(from, s->items[i], len))
                hit = len;
        }
        if (hit == 0) {
            *to++ = *from++;
            continue;
        }
        for (size_t star = 0; star < hit && star < 3; star++)
            *to++ = '*';
        from += hit;
    }
    *to = '\0';
    redact_cut(s, text);
}

void orch_secrets_release(struct orch_secrets *s)
{
    for (size_t i = 0; i < s->len; i++) {
        explicit_bzero(s->items[i], strlen(s->items[i]));
        free(s->items[i]);
    }
    orch_vec_release(s);
}
