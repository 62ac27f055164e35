/* SPDX-License-Identifier: Apache-2.0 */
/* Which encoding does an input have? Decided once from its first bytes. */
#ifndef ORCH_PLUGIN_DETECT_H
#define ORCH_PLUGIN_DETECT_H

#include "plugin/decode.h"

#define ORCH_DETECT_WINDOW (64 * 1024)

struct orch_detected {
    struct orch_encoding encoding;
    size_t mark_bytes; /* of the byte order mark, which is no text */
    bool by_content;
};

/* `wanted` is the encoding of the script, NULL for "auto". `head` holds the first n bytes, at
 * least ORCH_DETECT_WINDOW of them or, when `whole`, all there are. ORCH_EDATA naming `name` when
 * no encoding can be told: a compressed file, UTF-16 without its mark. */
orch_status orch_detect(const char *name, const struct orch_encoding *wanted, const uint8_t *head,
                        size_t n, bool whole, struct orch_detected *out, orch_error *err);

#endif
