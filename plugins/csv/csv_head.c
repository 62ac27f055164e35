/* SPDX-License-Identifier: Apache-2.0 */
#include "csv_head.h"

#include "csv_detect.h"
#include "csv_fault.h"
#include "csv_name.h"
#include "orch/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static orch_status no_memory(orch_error *err)
{
    return orch_error_set(err, ORCH_ENOMEM, "not enough memory for the columns of an input");
}

/* ---- cells ------------------------------------------------------------------------------- */

static bool cells_grow(struct csv_cells *c)
{
    size_t capacity = c->capacity ? c->capacity * 2 : 32;
    char **texts = realloc(c->texts, capacity * sizeof *texts);

    if (!texts)
        return false;
    c->texts = texts;
    size_t *lens = realloc(c->lens, capacity * sizeof *lens);
    if (!lens)
        return false;
    c->lens = lens;
    c->capacity = capacity;
    return true;
}

static void keep_cell(void *ctx, size_t position, const char *text, size_t len)
{
    struct csv_cells *c = ctx;

    c->many |= position >= CSV_MAX_COLUMNS;
    if (c->failed || c->many)
        return;
    if (c->count == c->capacity && !cells_grow(c)) {
        c->failed = true;
        return;
    }
    char *copy = text ? malloc(len + 1) : NULL;
    if (text && !copy) {
        c->failed = true;
        return;
    }
    if (copy) {
        memcpy(copy, text, len);
        copy[len] = '\0';
    }
    c->texts[c->count] = copy;
    c->lens[c->count++] = len;
}

static void cells_release(struct csv_cells *c)
{
    for (size_t i = 0; i < c->count; i++)
        free(c->texts[i]);
    free(c->texts);
    free(c->lens);
    *c = (struct csv_cells) { 0 };
}

/* Surplus empty cells at the end, as many as leave at least `least`. */
static void cells_shorten(struct csv_cells *c, size_t least)
{
    while (c->count > least && c->lens[c->count - 1] == 0)
        free(c->texts[--c->count]);
}

/* ---- one line ---------------------------------------------------------------------------- */

static orch_status input_is_empty(const struct csv_scan *s, const char *input, orch_error *err)
{
    orch_error_set(err, ORCH_EDATA, "input \"%s\" is empty", input);
    if (s->window.end == 0)
        orch_error_detail(err, "it has no text at all");
    else
        orch_error_detail(err, "it ends at line %lld before its header is complete",
                          (long long)s->line);
    orch_error_hint(err, "export it again, or set header = false if it has no header line");
    return ORCH_EDATA;
}

/* Why the record cannot be read, and what can be done: of a fault, or of too many columns. */
static void explain_record(const struct csv_scan *s, orch_error *err)
{
    const struct csv_record *r = &s->record;
    char why[192] = "it has more than 4096 columns";

    if (r->fault != CSV_FAULT_NONE)
        csv_fault_explain(s, why, sizeof why);
    orch_error_detail(err, "line %lld: %s", (long long)r->line, why);
    if (r->fault != CSV_FAULT_NONE)
        orch_error_hint(err, "%s", csv_fault_hint(r->fault));
    else
        orch_error_hint(err, "check delimiter; export a table that is so wide in parts, or with a "
                             "row for each value");
}

/* Reads one record above the rows; `what` names it. */
static orch_status read_cells(struct csv_scan *s, const char *what, const char *input,
                              struct csv_cells *cells, orch_error *err)
{
    csv_scan_sink(s, keep_cell, cells);
    orch_status st = csv_scan_next(s, err);
    csv_scan_sink(s, NULL, NULL);
    if (st == ORCH_END)
        return input_is_empty(s, input, err);
    if (st != ORCH_OK)
        return st;
    if (cells->failed)
        return no_memory(err);
    if (s->record.fault == CSV_FAULT_NONE && !cells->many)
        return ORCH_OK;
    orch_error_set(err, ORCH_EDATA, "cannot read the %s of input \"%s\"", what, input);
    explain_record(s, err);
    return ORCH_EDATA;
}

/* ---- names ------------------------------------------------------------------------------- */

static char *make_name(const char *text, size_t len, size_t position)
{
    char spare[24];

    csv_name_trim(&text, &len);
    if (len == 0) {
        len = (size_t)snprintf(spare, sizeof spare, "c%zu", position + 1);
        text = spare;
    }
    return strndup(text, len);
}

/* Appends the names of a block of `n` columns: cells, where there are any, else c1, c2, ... */
static orch_status add_names(struct csv_head *h, const struct csv_cells *cells, size_t n,
                             orch_error *err)
{
    size_t have = h->n_metadata + h->n_table;
    char **names = realloc(h->names, (have + n + 1) * sizeof *names);

    if (!names)
        return no_memory(err);
    h->names = names;
    for (size_t i = 0; i < n; i++) {
        bool named = cells && cells->texts[i];
        char *name = make_name(named ? cells->texts[i] : "", named ? cells->lens[i] : 0, i);
        if (!name) {
            for (size_t k = 0; k < i; k++)
                free(h->names[have + k]);
            return no_memory(err);
        }
        h->names[have + i] = name;
    }
    return ORCH_OK;
}

static orch_status add_given_names(struct csv_head *h, const struct csv_list *columns,
                                   orch_error *err)
{
    struct csv_cells cells = { 0 };

    for (size_t i = 0; i < columns->count && !cells.failed; i++)
        keep_cell(&cells, i, columns->items[i], columns->lens[i]);
    orch_status st = cells.failed ? no_memory(err) : add_names(h, &cells, columns->count, err);
    if (st == ORCH_OK)
        h->n_table = columns->count;
    cells_release(&cells);
    return st;
}

/* ---- blocks ------------------------------------------------------------------------------ */

static orch_status read_metadata(struct csv_head *h, struct csv_scan *s, const char *input,
                                 orch_error *err)
{
    struct csv_cells names = { 0 };
    orch_status st = read_cells(s, "metadata names", input, &names, err);

    if (st != ORCH_OK)
        goto done;
    cells_shorten(&names, 0);
    st = read_cells(s, "metadata values", input, &h->values, err);
    if (st != ORCH_OK)
        goto done;
    cells_shorten(&h->values, names.count);
    if (h->values.count > names.count) {
        st = orch_error_set(err, ORCH_EDATA, "cannot read the metadata of input \"%s\"", input);
        orch_error_detail(err, "line %lld has %zu values for %zu names",
                          (long long)s->record.line, h->values.count, names.count);
        orch_error_hint(err, "set metadata = false if no such block stands above the table");
        goto done;
    }
    st = add_names(h, &names, names.count, err);
    if (st == ORCH_OK)
        h->n_metadata = names.count;

done:
    cells_release(&names);
    return st;
}

static orch_status keep_header(struct csv_head *h, const struct csv_scan *s, orch_error *err)
{
    const char *raw = csv_scan_raw(s, &h->header_len);

    h->header = malloc(h->header_len + 1);
    if (!h->header)
        return no_memory(err);
    memcpy(h->header, raw, h->header_len);
    return ORCH_OK;
}

/* A last cell without a name may be a stray separator: rows may do without it. */
static size_t least_fields(const struct csv_options *o, const struct csv_cells *cells)
{
    bool stray = o->trailing && cells->count > 1 && cells->lens[cells->count - 1] == 0;

    return cells->count - stray;
}

static orch_status name_from_header(struct csv_head *h, const struct csv_options *o,
                                    struct csv_cells *cells, const char *input, orch_error *err)
{
    size_t given = o->columns.count;

    h->least = least_fields(o, cells);
    if (given == 0) {
        orch_status st = add_names(h, cells, cells->count, err);
        if (st == ORCH_OK)
            h->n_table = cells->count;
        return st;
    }
    if (given != cells->count && given != h->least) {
        orch_error_set(err, ORCH_ECONFIG, "option columns does not fit input \"%s\"", input);
        orch_error_detail(err, "columns has %zu names, the header has %zu columns", given,
                          cells->count);
        orch_error_hint(err, "name every column of the file in its order");
        return ORCH_ECONFIG;
    }
    h->least = given < h->least ? given : h->least;
    return add_given_names(h, &o->columns, err);
}

static orch_status read_header(struct csv_head *h, struct csv_scan *s, const char *input,
                               orch_error *err)
{
    const struct csv_options *o = s->options;
    struct csv_cells cells = { 0 };
    struct csv_cells other = { 0 };
    orch_status st = ORCH_OK;

    for (int64_t i = 1; st == ORCH_OK && i <= o->header_lines; i++) {
        bool names = i == o->header_row;
        st = read_cells(s, "header", input, names ? &cells : &other, err);
        if (st == ORCH_OK && names)
            st = keep_header(h, s, err);
        cells_release(&other);
    }
    if (st == ORCH_OK)
        st = name_from_header(h, o, &cells, input, err);
    cells_release(&cells);
    return st;
}

/* The first row tells how many columns there are. */
static orch_status count_columns(struct csv_head *h, struct csv_scan *s, const char *input,
                                 orch_error *err)
{
    orch_status st = csv_scan_pass_blank(s, err);

    csv_scan_hold(s);
    if (st == ORCH_OK)
        st = csv_scan_next(s, err);
    if (st == ORCH_END) {
        csv_scan_unhold(s);
        return ORCH_OK;
    }
    if (st != ORCH_OK)
        return st;
    size_t n = s->record.fields;
    if (s->record.fault != CSV_FAULT_NONE || n > CSV_MAX_COLUMNS) {
        orch_error_set(err, ORCH_EDATA, "cannot count the columns of input \"%s\"", input);
        explain_record(s, err);
        return ORCH_EDATA;
    }
    csv_scan_return(s);
    csv_scan_unhold(s);
    st = add_names(h, NULL, n, err);
    if (st == ORCH_OK)
        h->n_table = n;
    h->least = n;
    return st;
}

/* ---- the whole --------------------------------------------------------------------------- */

orch_status csv_head_read(struct csv_head *out, struct csv_scan *s, const char *input,
                          orch_error *err)
{
    const struct csv_options *o = s->options;
    struct csv_head h = { 0 };
    orch_status st = csv_detect(s, input, err);

    if (st == ORCH_OK && o->metadata)
        st = read_metadata(&h, s, input, err);
    if (st != ORCH_OK)
        goto done;
    if (o->header) {
        st = read_header(&h, s, input, err);
    } else if (o->columns.count > 0) {
        st = add_given_names(&h, &o->columns, err);
        h.least = o->columns.count;
    } else {
        st = count_columns(&h, s, input, err);
    }
    if (st != ORCH_OK)
        goto done;
    if (!csv_names_distinguish(h.names, h.n_metadata + h.n_table)) {
        st = no_memory(err);
        goto done;
    }
    s->record.number = 0;
    *out = h;
    h = (struct csv_head) { 0 };

done:
    csv_head_release(&h);
    return st;
}

void csv_head_release(struct csv_head *head)
{
    for (size_t i = 0; i < head->n_metadata + head->n_table; i++)
        free(head->names[i]);
    free(head->names);
    free(head->header);
    cells_release(&head->values);
    *head = (struct csv_head) { 0 };
}

bool csv_head_is_header(const struct csv_head *head, const char *raw, size_t len)
{
    if (!head->header || head->n_table < 2 || len < head->header_len)
        return false;
    if (len == head->header_len + 3 && memcmp(raw, "\xef\xbb\xbf", 3) == 0)
        raw += 3;
    else if (len != head->header_len)
        return false;
    return memcmp(raw, head->header, head->header_len) == 0;
}
