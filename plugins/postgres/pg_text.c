/* SPDX-License-Identifier: Apache-2.0 */
#include "pg_text.h"

#include <string.h>

#include "orch/utf8.h"

#define SHOWN_BYTES 4 /* of a byte that is shown as \xE9 */

size_t pg_text_show(char *out, size_t size, const char *text, size_t len)
{
    static const char digits[] = "0123456789ABCDEF";
    size_t used = 0;

    for (size_t at = 0; at < len; at++) {
        size_t valid = orch_utf8_valid(text + at, len - at);
        if (valid > size - used)
            return used + orch_utf8_valid(memcpy(out + used, text + at, size - used), size - used);
        memcpy(out + used, text + at, valid);
        used += valid;
        at += valid;
        if (at == len || size - used < SHOWN_BYTES)
            break;
        const unsigned char byte = (unsigned char)text[at];
        const char shown[] = {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
        memcpy(out + used, shown, sizeof shown);
        used += sizeof shown;
    }
    return used;
}
