/* SPDX-License-Identifier: Apache-2.0 */
/* One XML input pushed through libxml2 in chunks. No tree is built, no entity is expanded, nothing
 * is fetched; depth is bounded here, names and attribute values by libxml2 (10 MB). */
#ifndef XML_DOCUMENT_H
#define XML_DOCUMENT_H

#include "xml_source.h"

struct xml_attribute {
    const char *name; /* interned, see xml_document_name */
    const char *value;
    size_t len;
};

/* Events in document order. Names are interned: equal names are equal pointers. `depth` of the
 * root is 1. A handler that fails calls xml_document_fail. */
struct xml_handler {
    void *ctx;
    void (*start)(void *ctx, const char *name, size_t depth, const struct xml_attribute *attributes,
                  size_t n);
    void (*end)(void *ctx, size_t depth);
    void (*text)(void *ctx, const char *text, size_t len);
};

struct xml_document;

orch_status xml_document_open(struct orch_source *s, size_t input,
                              const struct xml_handler *handler, struct xml_document **out,
                              orch_error *err);
void xml_document_close(struct xml_document *d);
/* The interned form of a name; NULL when memory is out. */
const char *xml_document_name(struct xml_document *d, const char *name);
/* Parses one chunk (64 KiB); *end is set after the last. */
orch_status xml_document_feed(struct xml_document *d, bool *end, orch_error *err);
/* Stops the parse with an error; the detail gets the line. */
void xml_document_fail(struct xml_document *d, orch_status code, const char *message,
                       const char *hint);
int64_t xml_document_line(const struct xml_document *d);
int64_t xml_document_consumed(const struct xml_document *d);
const char *xml_document_input(const struct xml_document *d); /* name of the input */

#endif
