/* SPDX-License-Identifier: Apache-2.0 */
/* Text of one field, bounded. */
#ifndef XML_BUFFER_H
#define XML_BUFFER_H

#include "xml_reader.h"

/* false: memory is out */
bool xml_buffer_add(struct xml_buffer *b, const char *text, size_t len);
void xml_buffer_reset(struct xml_buffer *b);
void xml_buffer_release(struct xml_buffer *b);
/* Takes white space off both ends of what stands from `start`. */
void xml_buffer_trim(struct xml_buffer *b, size_t start);
bool xml_buffer_copy(struct xml_buffer *to, const struct xml_buffer *from);

#endif
