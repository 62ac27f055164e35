/* SPDX-License-Identifier: Apache-2.0 */
#include "csv_detect.h"

#include "orch/error.h"

#include <string.h>

#define CANDIDATES 4
#define SAMPLE_RECORDS 32
#define SAMPLE_BYTES 65536

static const char candidates[CANDIDATES] = { ';', ',', '\t', '|' };

/* What the first lines look like, cut by one delimiter. */
struct tally {
    unsigned char delimiter;
    int64_t line;     /* the table's first line */
    size_t reference; /* its fields; 0: it cannot be read */
    size_t lines;     /* lines after it */
    size_t agree;     /* of them, those with as many fields, or one more */
    size_t fields[SAMPLE_RECORDS];
    bool one_cell; /* the first line is one quoted field that holds what looks like fields */
};

static const char *shown(unsigned char delimiter, char buffer[2])
{
    buffer[0] = (char)delimiter;
    buffer[1] = '\0';
    return delimiter == '\t' ? "tab" : buffer;
}

static size_t occurrences(const char *text, size_t len, char c)
{
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        n += text[i] == c;
    return n;
}

static void watch_first(void *ctx, size_t position, const char *text, size_t len)
{
    struct tally *t = ctx;

    for (size_t i = 0; text && position == 0 && i < CANDIDATES; i++)
        t->one_cell |= occurrences(text, len, candidates[i]) >= 2;
}

/* Is the reference line quoted from its first to its last byte? */
static bool is_quoted(const struct csv_scan *s)
{
    size_t len = 0;
    const char *raw = csv_scan_raw(s, &len);

    return len > 1 && (unsigned char)raw[0] == s->options->quote;
}

static orch_status take_tally(struct csv_scan *s, unsigned char delimiter, struct tally *t,
                              orch_error *err)
{
    size_t above = s->options->metadata ? 2 : 0;
    orch_status st = ORCH_OK;

    *t = (struct tally) { .delimiter = delimiter };
    csv_scan_delimiter(s, delimiter);
    csv_scan_stop_at(s, s->at + SAMPLE_BYTES);
    for (size_t i = 0; i < above + SAMPLE_RECORDS; i++) {
        csv_scan_sink(s, i == above ? watch_first : NULL, t);
        st = csv_scan_next(s, err);
        if (st != ORCH_OK)
            break;
        size_t n = s->record.fault == CSV_FAULT_NONE ? s->record.fields : 0;
        if (i == above) {
            t->line = s->record.line;
            t->reference = n;
            t->one_cell = t->one_cell && n == 1 && is_quoted(s);
        } else if (i > above) {
            t->fields[t->lines++] = n;
            t->agree += n > 0 && (n == t->reference || n == t->reference + 1);
        }
    }
    csv_scan_sink(s, NULL, NULL);
    csv_scan_stop_at(s, INT64_MAX);
    csv_scan_return(s);
    return st == ORCH_END ? ORCH_OK : st;
}

/* The number of fields that most lines have, when most have the same. */
static size_t typical_fields(const struct tally *t)
{
    for (size_t i = 0; i < t->lines; i++) {
        size_t same = 0;
        for (size_t j = 0; j < t->lines; j++)
            same += t->fields[j] == t->fields[i];
        if (same * 2 > t->lines)
            return t->fields[i];
    }
    return 0;
}

/* Does the delimiter stand in no line? */
static bool is_absent(const struct tally *t)
{
    for (size_t i = 0; i < t->lines; i++) {
        if (t->fields[i] != 1)
            return false;
    }
    return true;
}

static size_t per_mille(const struct tally *t)
{
    return t->lines ? t->agree * 1000 / t->lines : 1000;
}

/* ---- errors ------------------------------------------------------------------------------ */

static orch_status ambiguous(const char *input, const struct tally *a, const struct tally *b,
                             orch_error *err)
{
    char x[2];
    char y[2];

    orch_error_set(err, ORCH_ECONFIG, "cannot tell the delimiter of input \"%s\"", input);
    orch_error_detail(err, "\"%s\" gives %zu columns, \"%s\" gives %zu", shown(a->delimiter, x),
                      a->reference, shown(b->delimiter, y), b->reference);
    orch_error_hint(err, "set delimiter to one of the two");
    return ORCH_ECONFIG;
}

static orch_status one_cell(const char *input, int64_t line, orch_error *err)
{
    orch_error_set(err, ORCH_EDATA, "rows of input \"%s\" are quoted as one cell each", input);
    orch_error_detail(err, "line %lld is one quoted field that holds delimiters", (long long)line);
    orch_error_hint(err, "export the table again, one cell a column; or set columns to one name");
    return ORCH_EDATA;
}

static orch_status other_delimiter(const char *input, const struct tally *own,
                                   const struct tally *other, orch_error *err)
{
    char x[2];
    char y[2];

    orch_error_set(err, ORCH_ECONFIG, "delimiter \"%s\" does not fit input \"%s\"",
                   shown(own->delimiter, x), input);
    orch_error_detail(err, "it gives one column, \"%s\" gives %zu", shown(other->delimiter, y),
                      other->reference);
    orch_error_hint(err, "set delimiter = \"%s\", or columns to one name if there is but one",
                    shown(other->delimiter, y));
    return ORCH_ECONFIG;
}

static orch_status title_above(const char *input, const struct tally *t, orch_error *err)
{
    char x[2];

    orch_error_set(err, ORCH_ECONFIG, "the first line of input \"%s\" is not the table's", input);
    orch_error_detail(err, "line %lld is one column, most lines after it have %zu fields by \"%s\"",
                      (long long)t->line, typical_fields(t), shown(t->delimiter, x));
    orch_error_hint(err, "set skip_lines, or delimiter, or columns to one name if there is one");
    return ORCH_ECONFIG;
}

/* ---- decisions --------------------------------------------------------------------------- */

static bool outvotes(const struct tally *other)
{
    return other->reference >= 2 && per_mille(other) > 500 &&
           (other->reference > 2 || other->lines > 1);
}

/* The first line is one column by the delimiter given: is that so? */
static orch_status check_given(struct csv_scan *s, const char *input, const struct tally *own,
                               orch_error *err)
{
    struct tally other;

    if (own->one_cell)
        return one_cell(input, own->line, err);
    if (typical_fields(own) > 2)
        return title_above(input, own, err);
    for (size_t i = 0; i < CANDIDATES; i++) {
        if ((unsigned char)candidates[i] == own->delimiter)
            continue;
        orch_status st = take_tally(s, (unsigned char)candidates[i], &other, err);
        if (st != ORCH_OK)
            return st;
        if (outvotes(&other))
            return other_delimiter(input, own, &other, err);
    }
    return ORCH_OK;
}

/* No candidate stands in the first line. */
static orch_status choose_for_one_column(const struct csv_scan *s, const char *input,
                                         const struct tally tallies[CANDIDATES],
                                         unsigned char *delimiter, orch_error *err)
{
    bool one_name = s->options->columns.count == 1;

    *delimiter = (unsigned char)candidates[0];
    for (size_t i = 0; !one_name && i < CANDIDATES; i++) {
        if (tallies[i].one_cell)
            return one_cell(input, tallies[i].line, err);
        if (typical_fields(&tallies[i]) > 2)
            return title_above(input, &tallies[i], err);
    }
    for (size_t i = CANDIDATES; i > 0; i--) {
        if (is_absent(&tallies[i - 1]))
            *delimiter = tallies[i - 1].delimiter;
    }
    return ORCH_OK;
}

static orch_status choose(struct csv_scan *s, const char *input, unsigned char *delimiter,
                          orch_error *err)
{
    struct tally tallies[CANDIDATES];
    const struct tally *best = NULL;
    const struct tally *second = NULL;

    for (size_t i = 0; i < CANDIDATES; i++) {
        struct tally *t = &tallies[i];
        orch_status st = take_tally(s, (unsigned char)candidates[i], t, err);
        if (st != ORCH_OK)
            return st;
        if (t->reference < 2)
            continue;
        if (!best || per_mille(t) > per_mille(best)) {
            second = best;
            best = t;
        } else if (!second || per_mille(t) > per_mille(second)) {
            second = t;
        }
    }
    if (!best)
        return choose_for_one_column(s, input, tallies, delimiter, err);
    if (second && per_mille(best) - per_mille(second) < 100)
        return ambiguous(input, best, second, err);
    *delimiter = best->delimiter;
    return ORCH_OK;
}

orch_status csv_detect(struct csv_scan *s, const char *input, orch_error *err)
{
    unsigned char delimiter = s->options->delimiter;
    struct tally own;
    /* What is held stays in memory: that must not be a gigabyte of blank lines. */
    orch_status st = csv_scan_pass_blank(s, err);

    if (st != ORCH_OK && st != ORCH_END)
        return st;
    csv_scan_hold(s);
    if (!delimiter) {
        st = choose(s, input, &delimiter, err);
    } else {
        st = take_tally(s, delimiter, &own, err);
        if (st == ORCH_OK && own.reference == 1 && s->options->columns.count != 1)
            st = check_given(s, input, &own, err);
    }
    csv_scan_delimiter(s, delimiter);
    csv_scan_unhold(s);
    return st;
}
