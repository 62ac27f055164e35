/* SPDX-License-Identifier: Apache-2.0 */
#include "worker/wire.h"

#include <stdio.h>

#include "orch/error.h"

#define LENGTH_OF_NULL UINT32_MAX

/* ---- writing ------------------------------------------------------------------------------- */

void orch_wire_put_u32(struct orch_text *body, uint32_t value)
{
    orch_text_add(body, (const char *)&value, sizeof value);
}

void orch_wire_put_i64(struct orch_text *body, int64_t value)
{
    orch_text_add(body, (const char *)&value, sizeof value);
}

void orch_wire_put_str(struct orch_text *body, struct orch_str text)
{
    if (text.len >= LENGTH_OF_NULL) {
        body->failed = true;
        return;
    }
    orch_wire_put_u32(body, (uint32_t)text.len);
    if (text.len > 0)
        orch_text_add(body, text.ptr, text.len);
    orch_text_putc(body, '\0');
}

void orch_wire_put_z(struct orch_text *body, const char *text)
{
    if (text != NULL)
        orch_wire_put_str(body, orch_str_from(text));
    else
        orch_wire_put_u32(body, LENGTH_OF_NULL);
}

void orch_wire_put_error(struct orch_text *body, orch_status st, const orch_error *err)
{
    orch_wire_put_u32(body, (uint32_t)st);
    if (st >= ORCH_OK)
        return;
    orch_wire_put_u32(body, err->flags);
    orch_wire_put_u32(body, (uint32_t)err->vendor_code);
    orch_wire_put_i64(body, err->row);
    const struct {
        const char *text;
        size_t size;
    } texts[] = {
        { err->sqlstate, sizeof err->sqlstate }, { err->field, sizeof err->field },
        { err->message, sizeof err->message },   { err->detail, sizeof err->detail },
        { err->hint, sizeof err->hint },
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        orch_wire_put_str(body, (struct orch_str){ texts[i].text,
                                                   strnlen(texts[i].text, texts[i].size) });
}

/* ---- reading ------------------------------------------------------------------------------- */

struct orch_wire orch_wire_of(const struct orch_text *body)
{
    return (struct orch_wire){ .at = body->ptr, .left = body->len };
}

static const char *take(struct orch_wire *w, size_t n)
{
    const char *at = w->at;
    if (w->bad || n > w->left) {
        w->bad = true;
        return NULL;
    }
    w->at += n;
    w->left -= n;
    return at;
}

uint32_t orch_wire_u32(struct orch_wire *w)
{
    uint32_t value = 0;
    const char *at = take(w, sizeof value);
    if (at != NULL)
        memcpy(&value, at, sizeof value);
    return value;
}

int64_t orch_wire_i64(struct orch_wire *w)
{
    int64_t value = 0;
    const char *at = take(w, sizeof value);
    if (at != NULL)
        memcpy(&value, at, sizeof value);
    return value;
}

static struct orch_str counted(struct orch_wire *w, uint32_t len)
{
    const char *at = take(w, len);
    const char *end = take(w, 1);
    if (at == NULL || end == NULL || *end != '\0') {
        w->bad = true;
        return (struct orch_str){ "", 0 };
    }
    return (struct orch_str){ at, len };
}

struct orch_str orch_wire_str(struct orch_wire *w)
{
    return counted(w, orch_wire_u32(w));
}

const char *orch_wire_z(struct orch_wire *w)
{
    uint32_t len = orch_wire_u32(w);
    if (w->bad)
        return "";
    if (len == LENGTH_OF_NULL)
        return NULL;
    struct orch_str text = counted(w, len);
    if (memchr(text.ptr, '\0', text.len) != NULL) {
        w->bad = true;
        return "";
    }
    return text.ptr;
}

const char *orch_wire_text(struct orch_wire *w)
{
    const char *text = orch_wire_z(w);
    if (text == NULL)
        return NULL;
    size_t len = strlen(text);
    if (orch_utf8_valid(text, len) == len)
        return text;
    w->bad = true;
    return "";
}

bool orch_wire_done(const struct orch_wire *w)
{
    return !w->bad && w->left == 0;
}

/* ---- errors -------------------------------------------------------------------------------- */

/* One line of UTF-8 that fits: connectors pass on what their libraries say. */
static void copy_line(char *out, size_t size, const char *text)
{
    size_t len = strlen(text);
    len = len < size ? len : size - 1;
    memcpy(out, text, len);
    out[len] = '\0';
    for (char *p = out; *p != '\0'; p++)
        if ((unsigned char)*p < ' ' || *p == 0x7F)
            *p = ' ';
    for (char *p = out; *p != '\0';) {
        size_t rest = strlen(p);
        p += orch_utf8_valid(p, rest);
        if (*p != '\0')
            *p++ = '?';
    }
}

orch_status orch_wire_error(struct orch_wire *w, orch_error *err)
{
    orch_error got = ORCH_ERROR_INIT;
    orch_status st = (orch_status)orch_wire_u32(w);
    w->bad = w->bad || st > ORCH_END || st < ORCH_EBUSY;
    if (w->bad)
        return ORCH_EINVAL;
    if (st >= ORCH_OK)
        return st;
    got.code = st;
    got.flags = orch_wire_u32(w) & ORCH_ERROR_RETRYABLE;
    got.vendor_code = (int32_t)orch_wire_u32(w);
    got.row = orch_wire_i64(w);
    copy_line(got.sqlstate, sizeof got.sqlstate, orch_wire_str(w).ptr);
    copy_line(got.field, sizeof got.field, orch_wire_str(w).ptr);
    copy_line(got.message, sizeof got.message, orch_wire_str(w).ptr);
    copy_line(got.detail, sizeof got.detail, orch_wire_str(w).ptr);
    copy_line(got.hint, sizeof got.hint, orch_wire_str(w).ptr);
    if (w->bad)
        return ORCH_EINVAL;
    if (got.message[0] == '\0')
        copy_line(got.message, sizeof got.message, "the connector failed and does not say how");
    if (err != NULL)
        *err = got;
    return st;
}
