/* SPDX-License-Identifier: Apache-2.0 */
#include "xml_buffer.h"

#include <stdlib.h>
#include <string.h>

bool xml_buffer_add(struct xml_buffer *b, const char *text, size_t len)
{
    if (b->cap - b->len < len) {
        size_t cap = b->cap * 2 > b->len + len ? b->cap * 2 : b->len + len + 32;
        char *grown = realloc(b->ptr, cap);
        if (grown == NULL)
            return false;
        b->ptr = grown;
        b->cap = cap;
    }
    if (len > 0)
        memcpy(b->ptr + b->len, text, len);
    b->len += len;
    return true;
}

void xml_buffer_reset(struct xml_buffer *b)
{
    b->len = 0;
    b->set = false;
}

void xml_buffer_release(struct xml_buffer *b)
{
    free(b->ptr);
    *b = (struct xml_buffer){ 0 };
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

void xml_buffer_trim(struct xml_buffer *b, size_t start)
{
    size_t from = start;
    while (b->len > start && is_blank(b->ptr[b->len - 1]))
        b->len--;
    while (from < b->len && is_blank(b->ptr[from]))
        from++;
    if (from > start) {
        memmove(b->ptr + start, b->ptr + from, b->len - from);
        b->len -= from - start;
    }
}

bool xml_buffer_copy(struct xml_buffer *to, const struct xml_buffer *from)
{
    xml_buffer_reset(to);
    to->set = from->set;
    return xml_buffer_add(to, from->ptr, from->len);
}
