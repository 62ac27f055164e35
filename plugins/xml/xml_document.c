/* SPDX-License-Identifier: Apache-2.0 */
#include "xml_document.h"

#include <stdlib.h>
#include <string.h>

#include <libxml/SAX2.h>
#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <libxml/threads.h>

enum { CHUNK = 64 * 1024, MAX_ATTRIBUTES = 256 };

struct xml_document {
    struct orch_source *source;
    const char *input;
    orch_input_stream *stream;
    xmlParserCtxtPtr parser;
    struct xml_handler handler;
    size_t depth;
    orch_error failure;
    char chunk[CHUNK];
};

/* ---- errors -------------------------------------------------------------------------------- */

void xml_document_fail(struct xml_document *d, orch_status code, const char *message,
                       const char *hint)
{
    if (d->failure.code != ORCH_OK)
        return;
    orch_error_set(&d->failure, code, "cannot read \"%s\": %s", d->input, message);
    orch_error_detail(&d->failure, "line %lld", (long long)xml_document_line(d));
    orch_error_hint(&d->failure, "%s", hint);
    xmlStopParser(d->parser);
}

/* libxml2 ends its messages with a newline; of a file that is cut it says that it goes on. */
static void describe_error(struct xml_document *d, xmlErrorPtr e)
{
    const char *text = e->message != NULL ? e->message : "not well-formed";
    int64_t line = e->line > 0 || d->parser == NULL ? e->line : xml_document_line(d);
    if (e->code == XML_ERR_DOCUMENT_END)
        text = xml_document_consumed(d) == 0 ? "the file is empty"
                                             : "the file ends in the middle of the document";
    orch_error_set(&d->failure, ORCH_EDATA, "cannot read \"%s\": not well-formed XML", d->input);
    orch_error_detail(&d->failure, "line %lld: %.*s", (long long)line, (int)strcspn(text, "\n"),
                      text);
    orch_error_hint(&d->failure, "ask for the file again; a cut or edited export looks like this");
}

static bool note_error(struct xml_document *d, xmlErrorPtr e)
{
    if (d->failure.code != ORCH_OK || e->level < XML_ERR_ERROR)
        return false;
    if (e->code == XML_ERR_NO_MEMORY)
        orch_error_set(&d->failure, ORCH_ENOMEM, "out of memory");
    else
        describe_error(d, e);
    d->failure.vendor_code = e->code;
    return true;
}

static void on_error(void *ctx, xmlErrorPtr e)
{
    struct xml_document *d = ((xmlParserCtxtPtr)ctx)->_private;
    /* While the parser is made it does not know us yet: that it is not made says enough. */
    if (d != NULL && note_error(d, e))
        xmlStopParser(d->parser);
}

/* What the library says of no parser in particular, as where bytes of an encoding do not decode: it
 * would go to stderr. */
static void on_library_error(void *ctx, xmlErrorPtr e)
{
    note_error(ctx, e);
}

/* What the library does while it has our handler: it keeps one a thread, which may be another's. */
struct library_errors {
    xmlStructuredErrorFunc handler;
    void *ctx;
};

/* false: out of memory. The library itself looks into a thread's state without asking whether it
 * could be made. */
static bool library_errors_take(struct xml_document *d, struct library_errors *before)
{
    if (!xmlIsMainThread() && xmlGetGlobalState() == NULL)
        return false;
    *before = (struct library_errors){ xmlStructuredError, xmlStructuredErrorContext };
    xmlSetStructuredErrorFunc(d, on_library_error);
    return true;
}

static void library_errors_give_back(const struct library_errors *before)
{
    xmlSetStructuredErrorFunc(before->ctx, before->handler);
}

/* ---- events -------------------------------------------------------------------------------- */

/* Encodings that write "<" in other bytes: the library takes them, the host does not either. */
static bool hides_text(const xmlChar *encoding)
{
    static const char *const parts[] = { "utf-7", "utf7", "imap", "scsu", "bocu", "lmbcs",
                                         "hz-gb", "compound" };
    for (size_t i = 0; encoding != NULL && i < sizeof parts / sizeof parts[0]; i++)
        if (strcasestr((const char *)encoding, parts[i]) != NULL)
            return true;
    return false;
}

static void on_start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int n_namespaces, const xmlChar **namespaces, int n_attributes,
                     int n_defaulted, const xmlChar **attributes)
{
    struct xml_document *d = ((xmlParserCtxtPtr)ctx)->_private;
    struct xml_attribute list[MAX_ATTRIBUTES];
    (void)prefix, (void)uri, (void)n_namespaces, (void)namespaces, (void)n_defaulted;
    d->depth++;
    /* The library may tell of some more when it has been stopped. */
    if (d->failure.code != ORCH_OK)
        return;
    if (d->depth > d->source->max_depth) {
        xml_document_fail(d, ORCH_EDATA, "it nests too deep",
                          "raise max_depth if the document is meant to nest so deep");
        return;
    }
    if (d->depth == 1 && !d->source->decoded && hides_text(d->parser->encoding)) {
        xml_document_fail(d, ORCH_EDATA, "it declares an encoding that hides text",
                          "ask for the file in UTF-8");
        return;
    }
    if (n_attributes > MAX_ATTRIBUTES) {
        xml_document_fail(d, ORCH_EDATA, "an element has more than 256 attributes",
                          "such a document is outside what the xml connector reads");
        return;
    }
    for (int i = 0; i < n_attributes; i++) {
        /* name, prefix, URI, value, end of value */
        const xmlChar **a = attributes + 5 * i;
        list[i] = (struct xml_attribute){ (const char *)a[0], (const char *)a[3],
                                          (size_t)(a[4] - a[3]) };
    }
    d->handler.start(d->handler.ctx, (const char *)name, d->depth, list, (size_t)n_attributes);
}

static void on_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct xml_document *d = ((xmlParserCtxtPtr)ctx)->_private;
    (void)name, (void)prefix, (void)uri;
    if (d->failure.code == ORCH_OK)
        d->handler.end(d->handler.ctx, d->depth);
    d->depth--;
}

static void on_text(void *ctx, const xmlChar *text, int len)
{
    struct xml_document *d = ((xmlParserCtxtPtr)ctx)->_private;
    if (d->failure.code == ORCH_OK)
        d->handler.text(d->handler.ctx, (const char *)text, (size_t)len);
}

static void on_entity(void *ctx, const xmlChar *name, int type, const xmlChar *public_id,
                      const xmlChar *system_id, xmlChar *content)
{
    struct xml_document *d = ((xmlParserCtxtPtr)ctx)->_private;
    (void)name, (void)type, (void)public_id, (void)system_id, (void)content;
    xml_document_fail(d, ORCH_EDATA, "it declares entities",
                      "entities are never expanded: ask for a file without a DTD");
}

static xmlEntityPtr no_entity(void *ctx, const xmlChar *name)
{
    (void)ctx;
    return xmlGetPredefinedEntity(name);
}

static xmlSAXHandler sax_handler(void)
{
    xmlSAXHandler sax;
    memset(&sax, 0, sizeof sax);
    sax.initialized = XML_SAX2_MAGIC;
    sax.startElementNs = on_start;
    sax.endElementNs = on_end;
    sax.characters = on_text;
    sax.ignorableWhitespace = on_text;
    sax.cdataBlock = on_text;
    sax.serror = on_error;
    sax.entityDecl = on_entity;
    sax.getEntity = no_entity;
    return sax;
}

/* ---- life ---------------------------------------------------------------------------------- */

static orch_status parser_open(struct xml_document *d, orch_error *err)
{
    xmlSAXHandler sax = sax_handler();
    struct library_errors before;
    if (!library_errors_take(d, &before))
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    d->parser = xmlCreatePushParserCtxt(&sax, NULL, NULL, 0, NULL);
    library_errors_give_back(&before);
    if (d->parser == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    d->parser->_private = d;
    int flags = XML_PARSE_NONET | XML_PARSE_NOCDATA;
    if (d->source->decoded)
        flags |= XML_PARSE_IGNORE_ENC;
    xmlCtxtUseOptions(d->parser, flags);
    if (d->source->decoded)
        xmlSwitchEncoding(d->parser, XML_CHAR_ENCODING_UTF8);
    /* The options replace the handlers of blanks and errors: ours are put back. */
    d->parser->sax->ignorableWhitespace = on_text;
    d->parser->sax->cdataBlock = on_text;
    d->parser->sax->serror = on_error;
    return ORCH_OK;
}

orch_status xml_document_open(struct orch_source *s, size_t input,
                              const struct xml_handler *handler, struct xml_document **out,
                              orch_error *err)
{
    orch_input_info info = { .struct_size = sizeof info };
    struct xml_document *d = calloc(1, sizeof *d);
    if (d == NULL)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    d->source = s;
    d->handler = *handler;
    d->failure = (orch_error)ORCH_ERROR_INIT;
    orch_status st = s->input->info(s->host, input, &info);
    d->input = info.name;
    if (st == ORCH_OK)
        st = s->input->open(s->host, input, s->decoded ? ORCH_INPUT_TEXT : ORCH_INPUT_RAW,
                            &d->stream, err);
    if (st == ORCH_OK)
        st = parser_open(d, err);
    if (st != ORCH_OK) {
        xml_document_close(d);
        return st;
    }
    *out = d;
    return ORCH_OK;
}

void xml_document_close(struct xml_document *d)
{
    if (d == NULL)
        return;
    if (d->parser != NULL) {
        /* A DTD without entities leaves an empty document behind. */
        if (d->parser->myDoc != NULL)
            xmlFreeDoc(d->parser->myDoc);
        xmlFreeParserCtxt(d->parser);
    }
    if (d->stream != NULL)
        d->source->input->close(d->stream);
    free(d);
}

const char *xml_document_name(struct xml_document *d, const char *name)
{
    return (const char *)xmlDictLookup(d->parser->dict, (const xmlChar *)name, -1);
}

orch_status xml_document_feed(struct xml_document *d, bool *end, orch_error *err)
{
    size_t n = 0;
    orch_status st = d->source->input->read(d->stream, d->chunk, sizeof d->chunk, &n, err);
    if (st != ORCH_OK)
        return st;
    *end = n == 0;
    struct library_errors before;
    if (!library_errors_take(d, &before))
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    int code = xmlParseChunk(d->parser, d->chunk, (int)n, n == 0);
    library_errors_give_back(&before);
    if (d->failure.code != ORCH_OK) {
        if (err != NULL)
            *err = d->failure;
        return d->failure.code;
    }
    /* A parser that stopped by itself says -1 and calls what it saw well-formed. */
    if (code < 0 || d->parser->wellFormed == 0) {
        orch_error_set(err, ORCH_EDATA, "cannot read \"%s\": not well-formed XML", d->input);
        orch_error_detail(err, "line %lld: error %d of the parser",
                          (long long)xml_document_line(d), code);
        return ORCH_EDATA;
    }
    return ORCH_OK;
}

int64_t xml_document_line(const struct xml_document *d)
{
    return d->parser->input != NULL ? d->parser->input->line : 0;
}

int64_t xml_document_consumed(const struct xml_document *d)
{
    return d->source->input->consumed(d->stream);
}

const char *xml_document_input(const struct xml_document *d)
{
    return d->input;
}
