/* SPDX-License-Identifier: Apache-2.0 */
/* From the bytes of an input to checked UTF-8. UTF-8, UTF-16 and three single-byte encodings are
 * decoded here, at the speed of the disk cache; others through ICU's module. */
#ifndef ORCH_PLUGIN_DECODE_H
#define ORCH_PLUGIN_DECODE_H

#include "base/str.h"
#include "plugin/decode_module.h"

enum orch_encoding_kind {
    ORCH_ENCODING_UTF8 = 1,
    ORCH_ENCODING_WINDOWS_1252,
    ORCH_ENCODING_ISO_8859_1,
    ORCH_ENCODING_ISO_8859_15,
    ORCH_ENCODING_UTF16, /* the byte order mark says which of the next two */
    ORCH_ENCODING_UTF16LE,
    ORCH_ENCODING_UTF16BE,
    ORCH_ENCODING_MODULE
};

struct orch_encoding {
    enum orch_encoding_kind kind;
    char name[ORCH_ENCODING_NAME_SIZE]; /* canonical */
};

/* The encoding of that name, without regard to case, '-', '_' and blanks. ORCH_ECONFIG: unknown
 * (hint with the nearest), or known only to a module that is not installed. */
orch_status orch_encoding_find(const char *name, struct orch_encoding *out, orch_error *err);
/* One of those decoded here. */
struct orch_encoding orch_encoding_own(enum orch_encoding_kind kind);

struct orch_decoder {
    enum orch_encoding_kind kind;
    struct orch_single {
        uint8_t utf8[3];
        uint8_t len; /* 0: the byte means nothing */
    } single[256];
    const struct orch_decode_module *module;
    struct orch_converter *converter;
};

orch_status orch_decoder_init(struct orch_decoder *d, const struct orch_encoding *encoding,
                              orch_error *err);
void orch_decoder_release(struct orch_decoder *d); /* {0} allowed */
/* See struct orch_decode_step; false: step->bad says which bytes (none: an inner failure). */
bool orch_decoder_step(struct orch_decoder *d, struct orch_decode_step *step);

/* The length of the well-formed UTF-8 sequence at s: 0 when it is cut at the end, -1 when it can
 * be none. n is at least 1. */
int orch_utf8_sequence(const uint8_t *s, size_t n);

/* The module orchestra-icu.so, looked for at the first call in the folder of ORCHESTRA_MODULES,
 * then in lib/orchestra beside the program's folder; NULL when it is in neither. [any] */
const struct orch_decode_module *orch_decode_module_open(void);

#endif
