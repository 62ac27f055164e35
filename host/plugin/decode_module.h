/* SPDX-License-Identifier: Apache-2.0 */
/* One step of decoding, and the table that the module orchestra-icu.so exports. The module is
 * built with the host and shipped beside it; it is no plugin and promises nothing over versions. */
#ifndef ORCH_PLUGIN_DECODE_MODULE_H
#define ORCH_PLUGIN_DECODE_MODULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The least room that `out` must have: a step then makes progress whatever comes. */
#define ORCH_DECODE_ROOM 16

/* A step moves `in` and `out` as far as both allow. It stops before a code point that is cut at
 * the end of `in` (unless `last`) or for which there is no room. */
struct orch_decode_step {
    const uint8_t *in;
    const uint8_t *in_end;
    uint8_t *out;
    uint8_t *out_end;
    bool last;      /* nothing follows in_end */
    uint8_t bad[8]; /* after a failure: the bytes just before `in` that do not decode */
    size_t n_bad;
};

struct orch_converter;

#define ORCH_ENCODING_NAME_SIZE 64
#define ORCH_DECODE_MODULE_VERSION 1
#define ORCH_DECODE_MODULE_SYMBOL "orch_decode_module"

struct orch_decode_module {
    uint32_t version;
    /* A converter for the encoding, NULL if unknown; its usual name in `canonical`. */
    struct orch_converter *(*open)(const char *name, char canonical[ORCH_ENCODING_NAME_SIZE]);
    void (*close)(struct orch_converter *);
    /* false: bytes that do not decode (n_bad > 0) or an inner failure (n_bad 0). `in` may be taken
     * whole while output is still held back: go on until a step writes nothing. */
    bool (*step)(struct orch_converter *, struct orch_decode_step *);
    /* Known encodings by number, for proposals; NULL past the last. */
    const char *(*name)(size_t index);
};

#endif
