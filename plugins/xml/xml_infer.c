/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the fields of a source that names none: every leaf element and attribute of the first
 * records, in order of appearance, named by the path with "_" between its parts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xml_document.h"

enum { SEEN_RECORDS = 1000, SEEN_BYTES = 4 << 20, MAX_FIELDS = 500, MAX_PATH_TEXT = 512 };

struct inference {
    struct orch_source *source;
    struct xml_document *document;
    const char *stack[256];
    size_t record_depth;
    int64_t records;
    bool has_children, has_attributes, has_text; /* the element that opened last */
    orch_status status;
    orch_error error;
};

static bool record_matches(const struct inference *f, size_t depth)
{
    const struct xml_path *p = &f->source->record;
    if (p->n_names > depth || (p->anchored && p->n_names != depth))
        return false;
    for (size_t i = 0; i < p->n_names; i++)
        if (strcmp(f->stack[depth - p->n_names + 1 + i], p->names[i]) != 0)
            return false;
    return true;
}

/* The path from the record to the element at `depth`, then the attribute if any, parts joined by
 * `slash`; "" for the record itself. */
static bool path_write(const struct inference *f, size_t depth, const char *attribute,
                       const char *slash, const char *at, char out[MAX_PATH_TEXT])
{
    int len = 0;
    out[0] = '\0';
    for (size_t i = f->record_depth + 1; i <= depth && len < MAX_PATH_TEXT; i++)
        len += snprintf(out + len, MAX_PATH_TEXT - (size_t)len, "%s%s", len > 0 ? slash : "",
                        f->stack[i]);
    if (attribute != NULL && len < MAX_PATH_TEXT)
        len += snprintf(out + len, MAX_PATH_TEXT - (size_t)len, "%s%s%s", len > 0 ? slash : "", at,
                        attribute);
    return len < MAX_PATH_TEXT;
}

static void field_found(struct inference *f, size_t depth, const char *attribute)
{
    char path[MAX_PATH_TEXT], name[MAX_PATH_TEXT];
    struct orch_source *s = f->source;
    if (f->status != ORCH_OK || s->n_fields >= MAX_FIELDS ||
        depth - f->record_depth > XML_PATH_MAX ||
        !path_write(f, depth, attribute, "/", "@", path) ||
        !path_write(f, depth, attribute, "_", "", name))
        return;
    const char *shown = name[0] != '\0' ? name : "text", *from = path[0] != '\0' ? path : ".";
    for (size_t i = 0; i < s->n_fields; i++)
        if (strcmp(s->fields[i].name, shown) == 0)
            return;
    f->status = xml_field_add(s, shown, strlen(shown), from, strlen(from), &f->error);
}

static void on_start(void *ctx, const char *name, size_t depth,
                     const struct xml_attribute *attributes, size_t n)
{
    struct inference *f = ctx;
    f->stack[depth] = name;
    f->has_children = f->has_text = false;
    f->has_attributes = n > 0;
    if (f->record_depth == 0 && record_matches(f, depth)) {
        f->record_depth = depth;
        f->records++;
    }
    for (size_t i = 0; f->record_depth != 0 && i < n; i++)
        field_found(f, depth, attributes[i].name);
}

static void on_end(void *ctx, size_t depth)
{
    struct inference *f = ctx;
    /* <MtReal V="12.50"/> has its value in the attribute: its text is no column. */
    if (f->record_depth != 0 && !f->has_children && (f->has_text || !f->has_attributes))
        field_found(f, depth, NULL);
    f->has_children = true;
    if (depth == f->record_depth)
        f->record_depth = 0;
}

static void on_text(void *ctx, const char *text, size_t len)
{
    struct inference *f = ctx;
    for (size_t i = 0; i < len && !f->has_text; i++)
        f->has_text = strchr(" \n\r\t", text[i]) == NULL;
}

orch_status xml_infer_fields(struct orch_source *s, orch_error *err)
{
    struct inference f = { .source = s, .error = ORCH_ERROR_INIT };
    struct xml_handler handler = { .ctx = &f, .start = on_start, .end = on_end, .text = on_text };
    bool end = false;
    orch_status st = xml_document_open(s, 0, &handler, &f.document, err);
    while (st == ORCH_OK && !end && f.records < SEEN_RECORDS &&
           (f.records == 0 || xml_document_consumed(f.document) < SEEN_BYTES)) {
        if (s->host->cancelled(s->host))
            st = orch_error_set(err, ORCH_ECANCELLED, "cancelled");
        else
            st = xml_document_feed(f.document, &end, err);
    }
    if (st == ORCH_OK && f.status != ORCH_OK) {
        st = f.status;
        if (err != NULL)
            *err = f.error;
    }
    if (st == ORCH_OK && s->n_fields == 0) {
        st = orch_error_set(err, ORCH_EDATA, "no record \"%s\" in \"%s\"",
                            s->record.names[s->record.n_names - 1], xml_document_input(f.document));
        orch_error_hint(err, "record is the path of the element that repeats");
    }
    xml_document_close(f.document);
    return st;
}
