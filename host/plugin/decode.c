/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/decode.h"

#include "orch/error.h"

#define HIGH_BITS 0x8080808080808080ull

/* ---- single bytes ----------------------------------------------------------------------- */

/* 0x80 to 0x9F of windows-1252; 0 where it defines nothing. */
static const uint16_t windows_1252[32] = {
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0,      0x017D, 0,
    0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
    0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178,
};

/* Where ISO-8859-15 differs from ISO-8859-1. */
static const struct {
    uint8_t byte;
    uint16_t code;
} iso_8859_15[] = {
    { 0xA4, 0x20AC }, { 0xA6, 0x0160 }, { 0xA8, 0x0161 }, { 0xB4, 0x017D },
    { 0xB8, 0x017E }, { 0xBC, 0x0152 }, { 0xBD, 0x0153 }, { 0xBE, 0x0178 },
};

static uint32_t single_code(enum orch_encoding_kind kind, unsigned byte)
{
    if (kind == ORCH_ENCODING_WINDOWS_1252 && byte >= 0x80 && byte <= 0x9F)
        return windows_1252[byte - 0x80];
    for (size_t i = 0; i < sizeof iso_8859_15 / sizeof *iso_8859_15; i++)
        if (kind == ORCH_ENCODING_ISO_8859_15 && iso_8859_15[i].byte == byte)
            return iso_8859_15[i].code;
    return byte;
}

static void single_table(struct orch_decoder *d)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        struct orch_single *s = &d->single[byte];
        uint32_t code = single_code(d->kind, byte);
        char utf8[4];

        s->len = byte == 0 || code != 0 ? (uint8_t)orch_utf8_encode(code, utf8) : 0;
        memcpy(s->utf8, utf8, s->len);
    }
}

/* Number of bytes below 0x80 in front of the first other one. */
static size_t ascii_prefix(uint64_t high)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    return (size_t)__builtin_ctzll(high) / 8;
#else
    return (size_t)__builtin_clzll(high) / 8;
#endif
}

static bool fail(struct orch_decode_step *s, const uint8_t *at, size_t n, uint8_t *out)
{
    memcpy(s->bad, at, n);
    s->n_bad = n;
    s->in = at + n;
    s->out = out;
    return false;
}

/* Eight bytes at a time while they are ASCII; each step of the loop writes at most seven of them
 * and four of a table entry. */
static bool step_single(const struct orch_decoder *d, struct orch_decode_step *s)
{
    const uint8_t *in = s->in;
    uint8_t *out = s->out;

    while (s->in_end - in >= 8 && s->out_end - out >= 11) {
        uint64_t word;
        memcpy(&word, in, 8);
        memcpy(out, &word, 8);
        if (!(word & HIGH_BITS)) {
            in += 8;
            out += 8;
            continue;
        }
        size_t ascii = ascii_prefix(word & HIGH_BITS);
        in += ascii;
        out += ascii;
        const struct orch_single *single = &d->single[*in];
        if (single->len == 0)
            return fail(s, in, 1, out);
        memcpy(out, single, 4);
        in++;
        out += single->len;
    }
    while (in < s->in_end && s->out_end - out >= 3) {
        const struct orch_single *single = &d->single[*in];
        if (single->len == 0)
            return fail(s, in, 1, out);
        memcpy(out, single->utf8, 3);
        in++;
        out += single->len;
    }
    s->in = in;
    s->out = out;
    return true;
}

/* ---- UTF-8 ------------------------------------------------------------------------------ */

static int sequence_length(uint8_t lead)
{
    if (lead < 0x80)
        return 1;
    if (lead < 0xC2)
        return -1; /* a continuation byte, or an overlong form of ASCII */
    if (lead < 0xE0)
        return 2;
    if (lead < 0xF0)
        return 3;
    return lead < 0xF5 ? 4 : -1;
}

/* The second byte's range is narrower after four of the leads: no overlong forms, no surrogates,
 * nothing above U+10FFFF. */
static bool second_fits(uint8_t lead, uint8_t second)
{
    uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;

    return second >= low && second <= high;
}

int orch_utf8_sequence(const uint8_t *s, size_t n)
{
    int len = sequence_length(s[0]);

    if (len <= 1)
        return len;
    if (n > 1 && !second_fits(s[0], s[1]))
        return -1;
    for (size_t i = 2; i < (size_t)len && i < n; i++)
        if ((s[i] & 0xC0) != 0x80)
            return -1;
    return n >= (size_t)len ? len : 0;
}

static bool step_utf8(struct orch_decode_step *s)
{
    const uint8_t *in = s->in;
    uint8_t *out = s->out;

    while (in < s->in_end) {
        if (s->in_end - in >= 8 && s->out_end - out >= 8) {
            uint64_t word;
            memcpy(&word, in, 8);
            memcpy(out, &word, 8);
            size_t ascii = word & HIGH_BITS ? ascii_prefix(word & HIGH_BITS) : 8;
            in += ascii;
            out += ascii;
            if (ascii == 8)
                continue;
        }
        int len = orch_utf8_sequence(in, (size_t)(s->in_end - in));
        if (len < 0 || (len == 0 && s->last))
            return fail(s, in, 1, out);
        if (len == 0 || s->out_end - out < len)
            break;
        memcpy(out, in, (size_t)len);
        in += len;
        out += len;
    }
    s->in = in;
    s->out = out;
    return true;
}

/* ---- UTF-16 ----------------------------------------------------------------------------- */

static uint32_t unit_at(const uint8_t *in, bool big)
{
    return big ? (uint32_t)in[0] << 8 | in[1] : (uint32_t)in[1] << 8 | in[0];
}

/* One code point: its length in bytes, 0 when cut, -1 for a surrogate without its other half. */
static int utf16_sequence(const uint8_t *in, size_t n, bool big, uint32_t *code)
{
    if (n < 2)
        return 0;
    uint32_t unit = unit_at(in, big);
    *code = unit;
    if (unit < 0xD800 || unit > 0xDFFF)
        return 2;
    if (unit >= 0xDC00)
        return -1;
    if (n < 4)
        return 0;
    uint32_t low = unit_at(in + 2, big);
    if (low < 0xDC00 || low > 0xDFFF)
        return -1;
    *code = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    return 4;
}

static bool step_utf16(struct orch_decode_step *s, bool big)
{
    const uint8_t *in = s->in;
    uint8_t *out = s->out;

    while (in < s->in_end && s->out_end - out >= 4) {
        size_t n = (size_t)(s->in_end - in);
        uint32_t code = 0;
        int len = utf16_sequence(in, n, big, &code);
        if (len < 0 || (len == 0 && s->last))
            return fail(s, in, n < 2 ? n : 2, out);
        if (len == 0)
            break;
        in += len;
        if (code < 0x80)
            *out++ = (uint8_t)code;
        else
            out += orch_utf8_encode(code, (char *)out);
    }
    s->in = in;
    s->out = out;
    return true;
}

/* ---- life ------------------------------------------------------------------------------- */

orch_status orch_decoder_init(struct orch_decoder *d, const struct orch_encoding *encoding,
                              orch_error *err)
{
    char canonical[ORCH_ENCODING_NAME_SIZE];

    memset(d, 0, sizeof *d);
    d->kind = encoding->kind;
    switch (d->kind) {
    case ORCH_ENCODING_WINDOWS_1252:
    case ORCH_ENCODING_ISO_8859_1:
    case ORCH_ENCODING_ISO_8859_15:
        single_table(d);
        break;
    case ORCH_ENCODING_MODULE:
        d->module = orch_decode_module_open();
        d->converter = d->module ? d->module->open(encoding->name, canonical) : NULL;
        if (!d->converter)
            return orch_error_set(err, ORCH_EINTERNAL, "cannot open a converter for \"%s\"",
                                  encoding->name);
        break;
    default:
        break;
    }
    return ORCH_OK;
}

void orch_decoder_release(struct orch_decoder *d)
{
    if (d->converter)
        d->module->close(d->converter);
    d->converter = NULL;
}

bool orch_decoder_step(struct orch_decoder *d, struct orch_decode_step *s)
{
    s->n_bad = 0;
    switch (d->kind) {
    case ORCH_ENCODING_UTF8:
        return step_utf8(s);
    case ORCH_ENCODING_UTF16LE:
        return step_utf16(s, false);
    case ORCH_ENCODING_UTF16BE:
        return step_utf16(s, true);
    case ORCH_ENCODING_MODULE:
        return d->module->step(d->converter, s);
    case ORCH_ENCODING_WINDOWS_1252:
    case ORCH_ENCODING_ISO_8859_1:
    case ORCH_ENCODING_ISO_8859_15:
        return step_single(d, s);
    case ORCH_ENCODING_UTF16:
        break; /* resolved by the byte order mark before */
    }
    return false;
}
