/* SPDX-License-Identifier: Apache-2.0 */
/* From events to rows. Outside a record, values of elements above are kept as long as the element
 * they belong to is open; inside, fields are collected; the record's end makes its rows. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xml_buffer.h"

/* ---- matching ------------------------------------------------------------------------------ */

/* Do the innermost open elements carry these names? */
static bool tail_matches(const orch_reader *r, const struct xml_interned *path, size_t depth)
{
    if (path->n > depth)
        return false;
    for (size_t i = path->n; i > 0; i--)
        if (r->stack[depth - path->n + i] != path->names[i - 1])
            return false;
    return true;
}

static const struct xml_attribute *attribute_find(const char *name,
                                                  const struct xml_attribute *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (list[i].name == name)
            return &list[i];
    return NULL;
}

/* ---- values -------------------------------------------------------------------------------- */

static void spoil(orch_reader *r, const struct xml_column *c)
{
    char message[160];
    const struct orch_source *s = r->source;
    if (r->spoilt)
        return;
    r->spoilt = true;
    snprintf(message, sizeof message, "field \"%.80s\" is longer than %zu bytes (max_text)",
             c->field->name, s->max_text);
    orch_reject reject = { .struct_size = sizeof reject,
                           .input = (uint32_t)r->input,
                           .record = r->record_depth != 0 ? r->record_number : 0,
                           .line = r->record_depth != 0 ? r->record_line
                                                        : xml_document_line(r->document),
                           .offset = -1,
                           .field = c->field->name,
                           .rule = "text",
                           .message = message };
    orch_status st = s->host->reject(s->host, &reject);
    if (st != ORCH_OK)
        r->status = st;
}

static void value_add(orch_reader *r, struct xml_column *c, struct xml_buffer *b, const char *text,
                      size_t len)
{
    if (len > r->source->max_text - (b->len < r->source->max_text ? b->len : r->source->max_text)) {
        spoil(r, c);
        return;
    }
    if (!xml_buffer_add(b, text, len))
        r->status = ORCH_ENOMEM;
}

/* A further occurrence is joined to the values before it. */
static void value_begin(orch_reader *r, struct xml_column *c, struct xml_buffer *b)
{
    if (b->set && b->len > 0)
        value_add(r, c, b, r->source->join, strlen(r->source->join));
    b->set = true;
    c->capture_start = b->len;
}

static struct xml_carried *carried_find(struct xml_column *c, size_t scope)
{
    for (size_t i = 0; i < c->n_carried; i++)
        if (c->carried[i].scope == scope)
            return &c->carried[i];
    return NULL;
}

/* The slot of a scope, made when absent; NULL when memory is out. */
static struct xml_carried *carried_slot(orch_reader *r, struct xml_column *c, size_t scope)
{
    struct xml_carried *slot = carried_find(c, scope);
    if (slot == NULL)
        slot = carried_find(c, 0);
    if (slot == NULL) {
        struct xml_carried *grown = realloc(c->carried, (c->n_carried + 1) * sizeof *grown);
        if (grown == NULL) {
            r->status = ORCH_ENOMEM;
            return NULL;
        }
        c->carried = grown;
        slot = &grown[c->n_carried++];
        *slot = (struct xml_carried){ 0 };
    }
    slot->scope = scope;
    return slot;
}

/* The buffer for a value of an element above; NULL: the document is refused, or memory is out. */
static struct xml_buffer *carried_begin(orch_reader *r, struct xml_column *c, size_t scope)
{
    char message[160];
    struct xml_carried *slot = carried_slot(r, c, scope);
    if (slot == NULL)
        return NULL;
    if (slot->missed) {
        snprintf(message, sizeof message, "field \"%.80s\" comes after records that need it",
                 c->field->name);
        xml_document_fail(r->document, ORCH_EDATA, message,
                          "the connector reads forward only: leave the field out");
        return NULL;
    }
    if (slot->used) {
        slot->used = false;
        xml_buffer_reset(&slot->value);
    }
    value_begin(r, c, &slot->value);
    return &slot->value;
}

static void carried_close(orch_reader *r, size_t depth)
{
    for (size_t i = 0; i < r->n_columns; i++) {
        struct xml_carried *slot =
            r->columns[i].n_carried > 0 ? carried_find(&r->columns[i], depth) : NULL;
        if (slot != NULL) {
            slot->scope = 0;
            slot->missed = slot->used = false;
            xml_buffer_reset(&slot->value);
        }
    }
}

static void capture_begin(orch_reader *r, struct xml_column *c, size_t depth, size_t scope)
{
    if (c->capture != 0) /* the same field inside itself: its text is part of the outer one */
        return;
    c->capture = depth;
    c->capture_scope = scope;
    r->n_captures++;
}

/* ---- start --------------------------------------------------------------------------------- */

static void above_start(orch_reader *r, size_t depth, const struct xml_attribute *attributes,
                        size_t n)
{
    for (size_t i = 0; i < r->n_columns; i++) {
        struct xml_column *c = &r->columns[i];
        const struct xml_attribute *a;
        if (c->field->path.up == 0 || !tail_matches(r, &c->path, depth))
            continue;
        size_t scope = depth - c->path.n;
        if (scope == 0)
            continue;
        if (c->path.attribute == NULL) {
            if (carried_begin(r, c, scope) != NULL)
                capture_begin(r, c, depth, scope);
        } else if ((a = attribute_find(c->path.attribute, attributes, n)) != NULL) {
            struct xml_buffer *b = carried_begin(r, c, scope);
            if (b != NULL)
                value_add(r, c, b, a->value, a->len);
        }
    }
}

static void inside_start(orch_reader *r, size_t depth, const struct xml_attribute *attributes,
                         size_t n)
{
    for (size_t i = 0; i < r->n_columns; i++) {
        struct xml_column *c = &r->columns[i];
        const struct xml_attribute *a;
        size_t base = c->field->exploded ? r->explode_depth : r->record_depth;
        if (c->field->path.up > 0 || base == 0 || depth - base != c->path.n ||
            !tail_matches(r, &c->path, depth))
            continue;
        if (c->path.attribute == NULL) {
            value_begin(r, c, &c->value);
            capture_begin(r, c, depth, 0);
        } else if ((a = attribute_find(c->path.attribute, attributes, n)) != NULL) {
            value_begin(r, c, &c->value);
            value_add(r, c, &c->value, a->value, a->len);
        }
    }
}

static bool is_record(const orch_reader *r, size_t depth)
{
    if (r->source->record.anchored && depth != r->record.n)
        return false;
    return tail_matches(r, &r->record, depth);
}

static void remember_element(orch_reader *r, const char *name)
{
    for (size_t i = 0; i < r->n_seen; i++)
        if (r->seen[i] == name)
            return;
    if (r->n_seen < sizeof r->seen / sizeof r->seen[0])
        r->seen[r->n_seen++] = name;
}

static void on_start(void *ctx, const char *name, size_t depth,
                     const struct xml_attribute *attributes, size_t n)
{
    orch_reader *r = ctx;
    r->stack[depth] = name;
    if (r->record_depth == 0) {
        above_start(r, depth, attributes, n);
        if (r->record_number == 0)
            remember_element(r, name);
        if (!is_record(r, depth))
            return;
        r->record_depth = depth;
        r->record_number++;
        r->record_line = xml_document_line(r->document);
    } else if (r->explode.n > 0 && r->explode_depth == 0 &&
               depth - r->record_depth == r->explode.n && tail_matches(r, &r->explode, depth)) {
        r->explode_depth = depth;
    }
    inside_start(r, depth, attributes, n);
}

/* ---- text ---------------------------------------------------------------------------------- */

static struct xml_buffer *capture_buffer(struct xml_column *c)
{
    if (c->field->path.up == 0)
        return &c->value;
    struct xml_carried *slot = carried_find(c, c->capture_scope);
    return slot != NULL ? &slot->value : NULL;
}

static void on_text(void *ctx, const char *text, size_t len)
{
    orch_reader *r = ctx;
    if (r->n_captures == 0)
        return;
    for (size_t i = 0; i < r->n_columns; i++) {
        struct xml_column *c = &r->columns[i];
        struct xml_buffer *b = c->capture != 0 ? capture_buffer(c) : NULL;
        if (b != NULL)
            value_add(r, c, b, text, len);
    }
}

/* ---- rows ---------------------------------------------------------------------------------- */

static void put(orch_reader *r, size_t column, const struct xml_buffer *b)
{
    if (r->status == ORCH_OK && b != NULL && b->set && b->len > 0)
        r->status = orch_builder_text(r->builder, column, b->ptr, b->len);
}

static void put_carried(orch_reader *r, size_t column)
{
    struct xml_column *c = &r->columns[column];
    size_t up = c->field->path.up;
    if (up >= r->record_depth)
        return;
    struct xml_carried *slot = carried_slot(r, c, r->record_depth - up);
    if (slot == NULL)
        return;
    if (!slot->value.set)
        slot->missed = true;
    slot->used = slot->value.set;
    put(r, column, &slot->value);
}

static void row_make(orch_reader *r, const struct xml_piece *piece)
{
    for (size_t i = 0; i < r->n_columns; i++) {
        struct xml_column *c = &r->columns[i];
        if (c->field->path.up > 0)
            put_carried(r, i);
        else if (c->field->exploded)
            put(r, i, piece != NULL ? &piece->values[i] : NULL);
        else
            put(r, i, &c->value);
    }
    if (r->status == ORCH_OK)
        r->status = orch_builder_int(r->builder, r->n_columns, r->record_number);
    if (r->status == ORCH_OK)
        r->status = orch_builder_int(r->builder, r->n_columns + 1,
                                     piece != NULL ? piece->line : r->record_line);
    if (r->status == ORCH_OK)
        r->status = orch_builder_row(r->builder);
}

static struct xml_piece *piece_new(orch_reader *r)
{
    if (r->n_pieces == r->cap_pieces) {
        size_t cap = r->cap_pieces > 0 ? 2 * r->cap_pieces : 8;
        struct xml_piece *grown = realloc(r->pieces, cap * sizeof *grown);
        if (grown == NULL)
            return NULL;
        memset(grown + r->cap_pieces, 0, (cap - r->cap_pieces) * sizeof *grown);
        r->pieces = grown;
        r->cap_pieces = cap;
    }
    struct xml_piece *piece = &r->pieces[r->n_pieces];
    if (piece->values == NULL)
        piece->values = calloc(r->n_columns + 1, sizeof *piece->values);
    if (piece->values == NULL)
        return NULL;
    r->n_pieces++;
    return piece;
}

static void piece_end(orch_reader *r)
{
    struct xml_piece *piece = piece_new(r);
    bool ok = piece != NULL;
    for (size_t i = 0; ok && i < r->n_columns; i++) {
        if (!r->columns[i].field->exploded)
            continue;
        ok = xml_buffer_copy(&piece->values[i], &r->columns[i].value);
        xml_buffer_reset(&r->columns[i].value);
    }
    if (!ok)
        r->status = ORCH_ENOMEM;
    else
        piece->line = xml_document_line(r->document);
    r->explode_depth = 0;
}

static void record_end(orch_reader *r)
{
    if (!r->spoilt && r->n_pieces == 0)
        row_make(r, NULL);
    for (size_t i = 0; !r->spoilt && i < r->n_pieces; i++)
        row_make(r, &r->pieces[i]);
    for (size_t i = 0; i < r->n_columns; i++)
        xml_buffer_reset(&r->columns[i].value);
    r->n_pieces = 0;
    r->spoilt = false;
    r->record_depth = 0;
}

static void captures_end(orch_reader *r, size_t depth)
{
    for (size_t i = 0; i < r->n_columns; i++) {
        struct xml_column *c = &r->columns[i];
        if (c->capture != depth)
            continue;
        struct xml_buffer *b = capture_buffer(c);
        if (b != NULL && r->source->trim)
            xml_buffer_trim(b, c->capture_start);
        c->capture = 0;
        r->n_captures--;
    }
}

static void on_end(void *ctx, size_t depth)
{
    orch_reader *r = ctx;
    if (r->n_captures > 0)
        captures_end(r, depth);
    if (depth == r->explode_depth)
        piece_end(r);
    if (depth == r->record_depth)
        record_end(r);
    if (r->record_depth == 0)
        carried_close(r, depth);
}

/* ---- life ---------------------------------------------------------------------------------- */

struct xml_handler xml_rows_handler(orch_reader *r)
{
    return (struct xml_handler){ .ctx = r, .start = on_start, .end = on_end, .text = on_text };
}

void xml_rows_reset(orch_reader *r)
{
    r->record_depth = r->explode_depth = 0;
    r->record_number = 0;
    r->n_seen = 0;
    r->n_captures = 0;
    r->n_pieces = 0;
    r->spoilt = false;
    for (size_t i = 0; i < r->n_columns; i++) {
        struct xml_column *c = &r->columns[i];
        c->capture = 0;
        xml_buffer_reset(&c->value);
        for (size_t k = 0; k < c->n_carried; k++) {
            c->carried[k].scope = 0;
            c->carried[k].missed = c->carried[k].used = false;
            xml_buffer_reset(&c->carried[k].value);
        }
    }
}

void xml_rows_release(orch_reader *r)
{
    for (size_t i = 0; r->columns != NULL && i < r->n_columns; i++) {
        struct xml_column *c = &r->columns[i];
        xml_buffer_release(&c->value);
        for (size_t k = 0; k < c->n_carried; k++)
            xml_buffer_release(&c->carried[k].value);
        free(c->carried);
    }
    for (size_t p = 0; p < r->cap_pieces; p++) {
        for (size_t i = 0; r->pieces[p].values != NULL && i < r->n_columns; i++)
            xml_buffer_release(&r->pieces[p].values[i]);
        free(r->pieces[p].values);
    }
    free(r->pieces);
}
