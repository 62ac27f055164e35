/* SPDX-License-Identifier: Apache-2.0 */
#include "csv_scan.h"

#include "orch/error.h"

#include <string.h>

#define RAW_MOST 65536
#define STRICT (CSV_STRICT | CSV_STRICT_FINI | CSV_EMPTY_IS_NULL)
#define FIELD_BLOCK 65536 /* libcsv grows its field by 128 bytes, unless told */

/* ---- libcsv ------------------------------------------------------------------------------ */

/* Fields are verbatim: nothing is a space to be trimmed. */
static int no_space(unsigned char c)
{
    (void)c;
    return 0;
}

static void on_field(void *text, size_t len, void *ctx)
{
    struct csv_scan *s = ctx;
    struct csv_record *r = &s->record;
    size_t position = r->fields++;

    /* the next field begins on this very line, and so does the quote that may open it */
    r->opened = s->slice_end;
    r->opened_line = s->line;
    r->filled += len > 0;
    if (len > (size_t)s->options->max_field && r->fault == CSV_FAULT_NONE) {
        r->fault = CSV_FAULT_FIELD;
        r->long_field = position;
    }
    s->field(s->ctx, position, text, len);
}

static void on_row(int terminator, void *ctx)
{
    struct csv_scan *s = ctx;

    (void)terminator;
    s->row_done = true;
}

static void ignore_field(void *ctx, size_t position, const char *text, size_t len)
{
    (void)ctx;
    (void)position;
    (void)text;
    (void)len;
}

/* Leaves the record in progress: csv_fini without STRICT_FINI ends it whatever its state. */
static void reset_parser(struct csv_scan *s)
{
    csv_set_opts(&s->parser, CSV_STRICT | CSV_EMPTY_IS_NULL);
    csv_fini(&s->parser, NULL, NULL, NULL);
    csv_set_opts(&s->parser, STRICT);
}

/* ---- life cycle -------------------------------------------------------------------------- */

/* Passes over the current line however long it is. ORCH_END: or over as much as is wanted. */
static orch_status skip_line(struct csv_scan *s, orch_error *err)
{
    for (;;) {
        if (s->at >= s->stop)
            return ORCH_END;
        int64_t end = 0;
        bool cut = false;
        s->window.keep = s->at;
        orch_status st = csv_window_line(&s->window, s->at, &end, &cut, err);
        if (st != ORCH_OK)
            return st;
        if (!cut) {
            s->at = end;
            s->line++;
            return ORCH_OK;
        }
        s->at = s->window.end;
    }
}

orch_status csv_scan_open(struct csv_scan *s, const orch_host *host, size_t index,
                          const struct csv_options *options, orch_error *err)
{
    *s = (struct csv_scan) {
        .options = options, .line = 1, .stop = INT64_MAX, .field = ignore_field
    };
    if (csv_init(&s->parser, STRICT) != 0)
        return orch_error_set(err, ORCH_EINTERNAL, "libcsv cannot be started");
    s->parser_ready = true;
    csv_set_quote(&s->parser, options->quote);
    csv_set_space_func(&s->parser, no_space);
    csv_set_blk_size(&s->parser, FIELD_BLOCK);
    orch_status st = csv_window_open(&s->window, host, index, options->max_record, err);

    for (int64_t i = 0; st == ORCH_OK && i < options->skip_lines; i++)
        st = skip_line(s, err);
    return st == ORCH_END ? ORCH_OK : st;
}

void csv_scan_close(struct csv_scan *s)
{
    if (s->parser_ready)
        csv_free(&s->parser);
    csv_window_close(&s->window);
    *s = (struct csv_scan) { 0 };
}

void csv_scan_delimiter(struct csv_scan *s, unsigned char delimiter)
{
    csv_set_delim(&s->parser, delimiter);
}

void csv_scan_sink(struct csv_scan *s, csv_field_fn field, void *ctx)
{
    s->field = field ? field : ignore_field;
    s->ctx = ctx;
}

/* ---- records ----------------------------------------------------------------------------- */

static bool starts_with(const struct csv_scan *s, int64_t end, const char *text, size_t len)
{
    return end - s->at >= (int64_t)len && memcmp(csv_window_at(&s->window, s->at), text, len) == 0;
}

/* Files put together leave byte order marks inside. */
static size_t mark_length(const struct csv_scan *s, int64_t end)
{
    return starts_with(s, end, "\xef\xbb\xbf", 3) ? 3 : 0;
}

static bool is_blank(const struct csv_scan *s, int64_t end)
{
    size_t terminator = csv_window_terminator(&s->window, s->at, end);

    return (size_t)(end - s->at) == terminator + mark_length(s, end);
}

/* Line ends in a row, as many as are at hand: a file may hold nothing else for a gigabyte. */
static void pass_line_ends(struct csv_scan *s)
{
    const char *text = csv_window_at(&s->window, s->at);
    const char *end = csv_window_at(&s->window, s->window.end);

    for (; text < end && (*text == '\n' || *text == '\r'); s->line++) {
        if (*text == '\r' && text + 1 == end)
            break; /* an LF may follow */
        text += *text == '\r' && text[1] == '\n' ? 2 : 1;
    }
    s->at += text - csv_window_at(&s->window, s->at);
}

/* Finds the line on which the next record begins: s->at, *end. */
static orch_status next_start(struct csv_scan *s, int64_t *end, bool *cut, orch_error *err)
{
    const struct csv_options *o = s->options;

    if (s->skipping) {
        orch_status st = skip_line(s, err);
        if (st != ORCH_OK)
            return st;
        s->skipping = false;
    }
    for (;;) {
        pass_line_ends(s);
        if (s->at >= s->stop)
            return ORCH_END;
        s->window.keep = s->at;
        orch_status st = csv_window_line(&s->window, s->at, end, cut, err);
        if (st != ORCH_OK)
            return st;
        if (o->comment && starts_with(s, *cut ? s->window.end : *end, o->comment, o->comment_len)) {
            st = skip_line(s, err);
            if (st != ORCH_OK)
                return st;
            continue;
        }
        if (*cut || !is_blank(s, *end))
            return ORCH_OK;
        s->at = *end;
        s->line++;
    }
}

orch_status csv_scan_pass_blank(struct csv_scan *s, orch_error *err)
{
    int64_t end = 0;
    bool cut = false;

    return next_start(s, &end, &cut, err);
}

void csv_scan_stop_at(struct csv_scan *s, int64_t offset)
{
    s->stop = offset;
}

static void begin_record(struct csv_scan *s)
{
    s->record = (struct csv_record) { .number = s->record.number + 1,
                                      .line = s->line,
                                      .offset = s->at,
                                      .opened_line = s->line };
    s->row_done = false;
}

/* Ends the record with its line `end`, at which it is given up. */
static void give_up(struct csv_scan *s, enum csv_fault fault, int64_t end, int64_t next_line)
{
    s->record.fault = fault;
    s->record.end = end;
    s->at = end;
    s->line = next_line;
    reset_parser(s);
}

/* The quote that opened the last field does not close: what follows its line are records. */
static void give_up_unclosed(struct csv_scan *s, enum csv_fault fault)
{
    give_up(s, fault, s->record.opened, s->record.opened_line + 1);
}

/* Spreadsheets guard leading zeros as ="0123", a field that is not quoted and yet holds quotes.
 * Gives the length of "0123" when the quote at text[at] begins such a guard, else 0. */
static size_t guard_length(const struct csv_scan *s, const char *text, size_t len, size_t at)
{
    char quote = (char)s->options->quote;
    char delimiter = (char)s->parser.delim_char;

    if (at == 0 || at + 1 >= len || text[at] != quote || text[at - 1] != '=' ||
        (at > 1 && text[at - 2] != delimiter))
        return 0;
    const char *first = text + at + 1;
    const char *close = memchr(first, quote, len - at - 1);
    if (!close || memchr(first, delimiter, (size_t)(close - first)))
        return 0;
    const char *after = close + 1;
    bool ends = after == text + len || *after == delimiter || *after == '\r' || *after == '\n';
    return ends ? (size_t)(after - text) - at : 0;
}

/* A line that begins a record and holds no quote is its fields between delimiters: cutting it here
 * is what libcsv would do, at a quarter of the time. False: the line is libcsv's. */
static bool split_plain(struct csv_scan *s, const char *text, size_t len)
{
    unsigned char delimiter = s->parser.delim_char;
    if (s->record.offset != s->at || memchr(text, s->options->quote, len))
        return false;
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    for (const char *hit; (hit = memchr(text, delimiter, len)); text = hit + 1) {
        size_t field = (size_t)(hit - text);
        on_field(field > 0 ? (void *)text : NULL, field, s);
        len -= field + 1;
    }
    on_field(len > 0 ? (void *)text : NULL, len, s);
    on_row('\n', s);
    return true;
}

/* Feeds libcsv; what is left when it stops is the place of the fault. */
static size_t feed(struct csv_scan *s, const char *text, size_t len)
{
    if (split_plain(s, text, len))
        return len;
    size_t n = csv_parse(&s->parser, text, len, on_field, on_row, s);

    while (n < len && csv_error(&s->parser) == CSV_EPARSE) {
        size_t guard = guard_length(s, text, len, n);
        if (guard == 0)
            break;
        csv_set_opts(&s->parser, CSV_EMPTY_IS_NULL);
        n += csv_parse(&s->parser, text + n, guard, on_field, on_row, s);
        csv_set_opts(&s->parser, STRICT);
        n += csv_parse(&s->parser, text + n, len - n, on_field, on_row, s);
    }
    return n;
}

/* Feeds the line [s->at, end). False: the record has a fault and has been given up. */
static bool feed_line(struct csv_scan *s, int64_t end, orch_status *st, orch_error *err)
{
    struct csv_record *r = &s->record;
    const char *text = csv_window_at(&s->window, s->at);
    size_t len = (size_t)(end - s->at);
    size_t mark = 0;

    s->slice_end = end;
    if (r->offset == s->at) {
        r->opened = end;
        mark = mark_length(s, end);
    }
    size_t n = mark + feed(s, text + mark, len - mark);
    if (n == len) {
        s->at = end;
        s->line++;
        return true;
    }
    if (csv_error(&s->parser) != CSV_EPARSE) {
        *st = orch_error_set(err, ORCH_ENOMEM, "not enough memory for a field of line %lld",
                             (long long)s->line);
        return false;
    }
    r->fault_line = s->line;
    r->fault_byte = (int64_t)n + 1;
    give_up_unclosed(s, CSV_FAULT_QUOTE);
    return false;
}

/* The text has ended inside a record. */
static void finish_last(struct csv_scan *s)
{
    s->slice_end = s->at;
    if (csv_fini(&s->parser, on_field, on_row, s) != 0)
        give_up_unclosed(s, CSV_FAULT_UNCLOSED);
}

/* Reads lines until the record is complete or has a fault. */
static orch_status read_record(struct csv_scan *s, int64_t end, bool cut, orch_error *err)
{
    struct csv_record *r = &s->record;
    orch_status st = ORCH_OK;

    if (cut || end - s->at > s->options->max_record) {
        give_up(s, CSV_FAULT_RECORD, cut ? s->window.end : end, s->line + !cut);
        s->skipping = cut;
        return ORCH_OK;
    }
    while (feed_line(s, end, &st, err) && !s->row_done) {
        st = csv_window_line(&s->window, s->at, &end, &cut, err);
        if (st == ORCH_END) {
            finish_last(s);
            return ORCH_OK;
        }
        if (st != ORCH_OK)
            return st;
        if (cut || end - r->offset > s->options->max_record) {
            give_up_unclosed(s, CSV_FAULT_UNCLOSED);
            return ORCH_OK;
        }
    }
    return st;
}

orch_status csv_scan_next(struct csv_scan *s, orch_error *err)
{
    struct csv_record *r = &s->record;
    int64_t end = 0;
    bool cut = false;
    orch_status st = next_start(s, &end, &cut, err);

    if (st != ORCH_OK)
        return st;
    begin_record(s);
    st = read_record(s, end, cut, err);
    if (st != ORCH_OK)
        return st;
    if (s->row_done) {
        r->end = s->at;
        if (csv_window_has_nul(&s->window, r->offset, r->end))
            r->fault = CSV_FAULT_NUL;
    }
    return ORCH_OK;
}

const char *csv_scan_raw(const struct csv_scan *s, size_t *len)
{
    const struct csv_record *r = &s->record;
    int64_t n = r->end - r->offset;
    int64_t most = RAW_MOST;

    /* how much of a line that is too long is at hand must not show */
    if (r->fault == CSV_FAULT_RECORD && s->options->max_record < most)
        most = s->options->max_record;
    const char *text = csv_window_at(&s->window, r->offset);
    if (n > most) {
        for (n = most; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80; n--)
            continue;
    } else if (n > 0) {
        n -= (int64_t)csv_window_terminator(&s->window, r->offset, r->end);
    }
    *len = (size_t)n;
    return text;
}

/* ---- looking back ------------------------------------------------------------------------ */

static bool line_has_columns(const struct csv_scan *s, const char *text, size_t len, size_t columns)
{
    unsigned char delimiter = s->parser.delim_char;
    size_t n = 1;

    for (const char *hit; (hit = memchr(text, delimiter, len)); n++) {
        len -= (size_t)(hit + 1 - text);
        text = hit + 1;
    }
    return n == columns;
}

bool csv_scan_unswallow(struct csv_scan *s, size_t columns)
{
    struct csv_record *r = &s->record;
    int64_t first = 0;
    int64_t end = 0;
    bool cut = false;

    if (columns < 2 || s->line == r->line + 1)
        return false;
    if (csv_window_line(&s->window, r->offset, &first, &cut, NULL) != ORCH_OK || cut)
        return false;
    for (int64_t at = first; at < r->end; at = end) {
        if (csv_window_line(&s->window, at, &end, &cut, NULL) != ORCH_OK || cut)
            return false;
        size_t len = (size_t)(end - at) - csv_window_terminator(&s->window, at, end);
        if (!line_has_columns(s, csv_window_at(&s->window, at), len, columns))
            continue;
        r->fault = CSV_FAULT_UNCLOSED;
        r->end = first;
        r->opened_line = r->line;
        s->at = first;
        s->line = r->line + 1;
        return true;
    }
    return false;
}

void csv_scan_hold(struct csv_scan *s)
{
    s->window.hold = s->at;
    s->held_line = s->line;
}

void csv_scan_return(struct csv_scan *s)
{
    s->at = s->window.hold;
    s->line = s->held_line;
    s->record.number = 0;
    s->skipping = false;
}

void csv_scan_unhold(struct csv_scan *s)
{
    s->window.hold = INT64_MAX;
}
