/* SPDX-License-Identifier: Apache-2.0 */
/* ICU's converters as a module of the host, opened only for encodings that the host does not
 * decode itself: ICU and its data cost more to load than most runs take. */
#include "plugin/decode_module.h"

#include "orch/connector.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/ucnv.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

/* One UTF-16 unit becomes three bytes of UTF-8 at most. */
#define UNITS 4096

struct orch_converter {
    UConverter *ucnv;
    UChar lead; /* a high surrogate whose other half comes with the next step; 0 if none */
};

static void converter_close(struct orch_converter *c)
{
    if (c)
        ucnv_close(c->ucnv);
    free(c);
}

/* The name people use: that of the IANA registry when ICU knows one. */
static void name_canonical(const char *converter, char out[ORCH_ENCODING_NAME_SIZE])
{
    UErrorCode code = U_ZERO_ERROR;
    const char *name = ucnv_getStandardName(converter, "MIME", &code);

    if (!name) {
        code = U_ZERO_ERROR;
        name = ucnv_getStandardName(converter, "IANA", &code);
    }
    strncpy(out, name ? name : converter, ORCH_ENCODING_NAME_SIZE - 1);
    out[ORCH_ENCODING_NAME_SIZE - 1] = '\0';
}

/* Encodings that write delimiters, quotes or "<" in other bytes than everybody expects: no software
 * exports them, and what has looked at the bytes has not seen the text. */
static bool hides_text(const char *converter)
{
    static const char *const names[] = { "UTF-7", "IMAP-mailbox-name", "SCSU", "BOCU-1", "LMBCS",
                                         "HZ",    "x11-compound-text" };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strncmp(converter, names[i], strlen(names[i])) == 0)
            return true;
    return false;
}

static struct orch_converter *converter_open(const char *name,
                                             char canonical[ORCH_ENCODING_NAME_SIZE])
{
    struct orch_converter *c = calloc(1, sizeof *c);
    UErrorCode code = U_ZERO_ERROR;

    if (!c)
        return NULL;
    c->ucnv = ucnv_open(name, &code);
    if (U_SUCCESS(code))
        ucnv_setToUCallBack(c->ucnv, UCNV_TO_U_CALLBACK_STOP, NULL, NULL, NULL, &code);
    const char *known = U_SUCCESS(code) ? ucnv_getName(c->ucnv, &code) : NULL;
    if (U_FAILURE(code) || !known || hides_text(known)) {
        converter_close(c);
        return NULL;
    }
    name_canonical(known, canonical);
    return c;
}

/* Writes `n` units as UTF-8; the caller made sure of the room. A high surrogate at the end waits.
 * false: a surrogate without its other half, which no converter should give. */
static bool units_write(struct orch_converter *c, const UChar *units, size_t n, uint8_t **out)
{
    uint8_t *to = *out;
    bool ok = true;

    for (size_t i = 0; i < n && ok; i++) {
        UChar32 code = units[i];
        if (c->lead) {
            ok = U16_IS_TRAIL(code);
            code = U16_GET_SUPPLEMENTARY(c->lead, code);
            c->lead = 0;
        } else if (U16_IS_LEAD(code)) {
            c->lead = (UChar)code;
            continue;
        } else if (U16_IS_TRAIL(code)) {
            ok = false;
        }
        if (ok) {
            size_t len = 0;
            U8_APPEND_UNSAFE(to, len, code);
            to += len;
        }
    }
    *out = to;
    return ok;
}

static void bad_bytes(struct orch_converter *c, struct orch_decode_step *s)
{
    UErrorCode code = U_ZERO_ERROR;
    char bytes[sizeof s->bad];
    int8_t n = (int8_t)sizeof bytes;

    ucnv_getInvalidChars(c->ucnv, bytes, &n, &code);
    if (U_FAILURE(code) || n <= 0)
        return;
    memcpy(s->bad, bytes, (size_t)n);
    s->n_bad = (size_t)n;
}

static bool converter_step(struct orch_converter *c, struct orch_decode_step *s)
{
    UChar units[UNITS];
    size_t room = (size_t)(s->out_end - s->out);
    /* One byte is set aside for a pair whose first half is waiting. */
    size_t capacity = room > 3 * UNITS ? UNITS : (room - 1) / 3;
    UErrorCode code = U_ZERO_ERROR;
    const char *in = (const char *)s->in;
    UChar *to = units;

    s->n_bad = 0;
    ucnv_toUnicode(c->ucnv, &to, units + capacity, &in, (const char *)s->in_end, NULL, s->last,
                   &code);
    s->in = (const uint8_t *)in;
    bool ok = units_write(c, units, (size_t)(to - units), &s->out);
    if (U_FAILURE(code) && code != U_BUFFER_OVERFLOW_ERROR) {
        bad_bytes(c, s);
        return false;
    }
    return ok;
}

static const char *known_name(size_t index)
{
    UErrorCode code = U_ZERO_ERROR;

    if (index >= (size_t)ucnv_countAvailable())
        return NULL;
    const char *name = ucnv_getAvailableName((int32_t)index);
    if (hides_text(name))
        return "UTF-8";
    const char *usual = ucnv_getStandardName(name, "MIME", &code);
    return usual ? usual : name;
}

extern ORCH_EXPORT const struct orch_decode_module orch_decode_module;

const struct orch_decode_module orch_decode_module = {
    .version = ORCH_DECODE_MODULE_VERSION,
    .open = converter_open,
    .close = converter_close,
    .step = converter_step,
    .name = known_name,
};
