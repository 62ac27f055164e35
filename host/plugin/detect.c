/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/detect.h"

#include "orch/error.h"

/* ---- what says it itself ---------------------------------------------------------------- */

#define PACKED "leave out unpack = \"no\", or unpack it first"

static const struct {
    const char *bytes;
    size_t len;
    const char *what, *hint;
} kinds_of_file[] = {
    { "\x1F\x8B", 2, "a compressed file: gzip", PACKED },
    { "PK\x03\x04", 4, "a compressed file: zip (an .xlsx or .ods file is one too)",
      "save a spreadsheet as CSV; for an archive leave out unpack = \"no\", or unpack it first" },
    { "\xFD" "7zXZ\0", 6, "a compressed file: xz", PACKED },
    { "\x28\xB5\x2F\xFD", 4, "a compressed file: zstd", PACKED },
    { "7z\xBC\xAF\x27\x1C", 6, "a compressed file: 7z", PACKED },
    { "%PDF-", 5, "a PDF document", "export it as text" },
    { "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8, "an old office document (.xls, .doc)",
      "save it as CSV" },
};

static orch_status refuse_file(const char *name, const uint8_t *head, size_t n, orch_error *err)
{
    for (size_t i = 0; i < sizeof kinds_of_file / sizeof *kinds_of_file; i++) {
        if (n < kinds_of_file[i].len ||
            memcmp(head, kinds_of_file[i].bytes, kinds_of_file[i].len) != 0)
            continue;
        orch_error_set(err, ORCH_EDATA, "\"%s\" is no text", name);
        orch_error_detail(err, "its first bytes are those of %s", kinds_of_file[i].what);
        orch_error_hint(err, "%s", kinds_of_file[i].hint);
        return ORCH_EDATA;
    }
    return ORCH_OK;
}

static size_t mark_of(enum orch_encoding_kind kind, const uint8_t *head, size_t n)
{
    if (kind == ORCH_ENCODING_UTF8 && n >= 3 && memcmp(head, "\xEF\xBB\xBF", 3) == 0)
        return 3;
    if (kind == ORCH_ENCODING_UTF16LE && n >= 2 && head[0] == 0xFF && head[1] == 0xFE)
        return 2;
    if (kind == ORCH_ENCODING_UTF16BE && n >= 2 && head[0] == 0xFE && head[1] == 0xFF)
        return 2;
    return 0;
}

static bool detect_mark(const uint8_t *head, size_t n, struct orch_detected *out)
{
    const enum orch_encoding_kind kinds[] = { ORCH_ENCODING_UTF8, ORCH_ENCODING_UTF16LE,
                                              ORCH_ENCODING_UTF16BE };

    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        size_t mark = mark_of(kinds[i], head, n);
        if (mark == 0)
            continue;
        out->encoding = orch_encoding_own(kinds[i]);
        out->mark_bytes = mark;
        return true;
    }
    return false;
}

static bool is_utf32_mark(const uint8_t *head, size_t n)
{
    return n >= 4 && (memcmp(head, "\xFF\xFE\0\0", 4) == 0 || memcmp(head, "\0\0\xFE\xFF", 4) == 0);
}

/* ---- what must be told from the content ------------------------------------------------- */

/* Text in UTF-16 without a mark is valid UTF-8 as long as it is ASCII, half of it zero bytes:
 * taking it for UTF-8 would give columns that nobody can name. */
static orch_status refuse_zeros(const char *name, const uint8_t *head, size_t n, orch_error *err)
{
    size_t zeros[2] = { 0, 0 };

    for (size_t i = 0; i < n; i++)
        zeros[i % 2] += head[i] == 0;
    if (n < 2 || (zeros[0] + zeros[1]) * 8 < n)
        return ORCH_OK;
    orch_error_set(err, ORCH_EDATA, "cannot tell the encoding of \"%s\"", name);
    orch_error_detail(err, "%zu of its first %zu bytes are zero", zeros[0] + zeros[1], n);
    if (zeros[0] * 4 < zeros[1] || zeros[1] * 4 < zeros[0])
        orch_error_hint(err, "set encoding = \"%s\" if it is text",
                        zeros[0] < zeros[1] ? "UTF-16LE" : "UTF-16BE");
    else
        orch_error_hint(err, "set encoding if it is text");
    return ORCH_EDATA;
}

/* A code point may be cut at the end of the window; at the end of the input it may not. */
static bool is_utf8(const uint8_t *head, size_t n, bool whole)
{
    size_t i = 0;

    while (i < n && i < ORCH_DETECT_WINDOW) {
        int len = orch_utf8_sequence(head + i, n - i);
        if (len < 0)
            return false;
        if (len == 0)
            return !whole;
        i += (size_t)len;
    }
    return true;
}

static orch_status detect_auto(const char *name, const uint8_t *head, size_t n, bool whole,
                               struct orch_detected *out, orch_error *err)
{
    size_t window = n < ORCH_DETECT_WINDOW ? n : ORCH_DETECT_WINDOW;

    /* Before UTF-16, whose mark it begins with. */
    if (is_utf32_mark(head, n))
        return orch_encoding_find("UTF-32", &out->encoding, err);
    if (detect_mark(head, n, out))
        return ORCH_OK;
    orch_status st = refuse_zeros(name, head, window, err);
    if (st != ORCH_OK)
        return st;
    out->by_content = true;
    out->encoding = orch_encoding_own(is_utf8(head, n, whole) ? ORCH_ENCODING_UTF8
                                                              : ORCH_ENCODING_WINDOWS_1252);
    return ORCH_OK;
}

orch_status orch_detect(const char *name, const struct orch_encoding *wanted, const uint8_t *head,
                        size_t n, bool whole, struct orch_detected *out, orch_error *err)
{
    struct orch_detected found = { 0 };
    orch_status st = refuse_file(name, head, n, err);

    if (st != ORCH_OK)
        return st;
    if (!wanted) {
        st = detect_auto(name, head, n, whole, &found, err);
    } else if (wanted->kind != ORCH_ENCODING_UTF16) {
        found.encoding = *wanted;
        found.mark_bytes = mark_of(wanted->kind, head, n);
    } else if (n == 0) {
        found.encoding = orch_encoding_own(ORCH_ENCODING_UTF16LE);
    } else if (!detect_mark(head, n, &found) || found.encoding.kind == ORCH_ENCODING_UTF8) {
        st = orch_error_set(err, ORCH_EDATA, "\"%s\" has no byte order mark of UTF-16", name);
        orch_error_hint(err, "set encoding = \"UTF-16LE\" (usual on Windows) or \"UTF-16BE\"");
    }
    if (st == ORCH_OK)
        *out = found;
    return st;
}
