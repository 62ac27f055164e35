/* SPDX-License-Identifier: Apache-2.0 */
#include "csv_options.h"

#include "orch/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char *const short_rows_choices[] = { "reject", "null", NULL };

#define OPTION(id, kind, more, text, value, sample, measure, low, high)                            \
    {                                                                                              \
        .struct_size = sizeof(orch_option), .type = (kind),                                        \
        .flags = ORCH_OPT_FOR_SOURCE | (more), .name = (id), .summary = (text),                    \
        .default_text = (value), .example = (sample), .unit = (measure), .min = (low),             \
        .max = (high)                                                                              \
    }

static const orch_option opt_delimiter =
    OPTION("delimiter", ORCH_OPT_STRING, 0,
           "The character between two fields, \"tab\", or \"auto\": decided by the first lines "
           "among ; , tab and |.",
           "auto", ";", NULL, 0, 0);
static const orch_option opt_quote =
    OPTION("quote", ORCH_OPT_STRING, 0,
           "The character around quoted fields, doubled inside them, or \"none\".", "\"", "none",
           NULL, 0, 0);
static const orch_option opt_header =
    OPTION("header", ORCH_OPT_BOOL, 0,
           "Whether the table begins with a line of column names; without one the columns are "
           "c1, c2 and so on.",
           "true", "false", NULL, 0, 0);
static const orch_option opt_columns =
    OPTION("columns", ORCH_OPT_STRING, ORCH_OPT_REPEATED,
           "Column names to use instead of the header's, or where there is no header.", NULL,
           "section", NULL, 0, 0);
static const orch_option opt_skip_lines =
    OPTION("skip_lines", ORCH_OPT_INT, 0, "Lines above the table, such as a title.", "0", "3",
           "lines", 0, 1000000);
static const orch_option opt_header_lines =
    OPTION("header_lines", ORCH_OPT_INT, 0,
           "Header lines of the table: 2 when labels and codes stand one above the other.", "1",
           "2", "lines", 1, 100);
static const orch_option opt_header_row =
    OPTION("header_row", ORCH_OPT_INT, 0, "Which of the header lines gives the names.", "1", "2",
           "lines", 1, 100);
static const orch_option opt_metadata =
    OPTION("metadata", ORCH_OPT_BOOL, 0,
           "Whether a line of names and a line of values stand above the table; the values become "
           "columns of every row.",
           "false", "true", NULL, 0, 0);
static const orch_option opt_trailing =
    OPTION("trailing", ORCH_OPT_BOOL, 0,
           "Accept one surplus empty field at the end of a line (a stray separator).", "true",
           "false", NULL, 0, 0);
static const orch_option opt_short_rows = {
    .struct_size = sizeof(orch_option),
    .type = ORCH_OPT_ENUM,
    .flags = ORCH_OPT_FOR_SOURCE,
    .name = "short_rows",
    .summary = "What becomes of a line with too few fields: a reject, or nulls at its end.",
    .default_text = "reject",
    .example = "null",
    .choices = short_rows_choices,
};
static const orch_option opt_empty_as_null =
    OPTION("empty_as_null", ORCH_OPT_BOOL, 0,
           "Read an empty field as null; a quoted empty field is an empty text either way.",
           "true", "false", NULL, 0, 0);
static const orch_option opt_null_words =
    OPTION("null_words", ORCH_OPT_STRING, ORCH_OPT_REPEATED,
           "Words that mean null when they are the whole field.", NULL, "NC", NULL, 0, 0);
static const orch_option opt_comment =
    OPTION("comment", ORCH_OPT_STRING, 0, "Lines that begin with this text are left out.", NULL,
           "#", NULL, 0, 0);
static const orch_option opt_max_field =
    OPTION("max_field", ORCH_OPT_BYTES, 0, "Longest field; a record with a longer one is rejected.",
           "1MiB", "64KiB", "bytes", 1, 1073741824);
static const orch_option opt_max_record =
    OPTION("max_record", ORCH_OPT_BYTES, 0, "Longest record; a longer one is rejected.", "16MiB",
           "1MiB", "bytes", 16, 1073741824);

const orch_option *const csv_option_table[CSV_OPTION_COUNT] = {
    &opt_delimiter,     &opt_quote,      &opt_header,   &opt_columns,  &opt_skip_lines,
    &opt_header_lines,  &opt_header_row, &opt_metadata, &opt_trailing, &opt_short_rows,
    &opt_empty_as_null, &opt_null_words, &opt_comment,  &opt_max_field, &opt_max_record,
};

/* ---- single values ----------------------------------------------------------------------- */

static const char *option_text(const orch_host *host, const char *name, size_t *len)
{
    return host->option(host, name, 0, len);
}

static bool option_bool(const orch_host *host, const char *name, bool fallback)
{
    const char *text = option_text(host, name, NULL);
    return text ? strcmp(text, "true") == 0 : fallback;
}

static orch_status option_int(const orch_host *host, const char *name, int64_t low, int64_t high,
                              int64_t *value, orch_error *err)
{
    const char *text = option_text(host, name, NULL);
    char *end = NULL;

    if (!text)
        return ORCH_OK;
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (errno || end == text || *end || number < low || number > high) {
        orch_error_set(err, ORCH_ECONFIG, "option %s is out of range", name);
        orch_error_detail(err, "\"%.40s\" is not a number from %lld to %lld", text, (long long)low,
                          (long long)high);
        return ORCH_ECONFIG;
    }
    *value = number;
    return ORCH_OK;
}

static bool is_separator(const char *text, size_t len)
{
    unsigned char c = len == 1 ? (unsigned char)text[0] : 0;

    return len == 1 && c < 0x80 && c != '\0' && c != '\r' && c != '\n';
}

static orch_status read_delimiter(struct csv_options *o, const orch_host *host, orch_error *err)
{
    size_t len = 0;
    const char *text = option_text(host, "delimiter", &len);

    if (!text || strcmp(text, "auto") == 0)
        return ORCH_OK;
    if (strcmp(text, "tab") == 0) {
        o->delimiter = '\t';
        return ORCH_OK;
    }
    if (!is_separator(text, len)) {
        orch_error_set(err, ORCH_ECONFIG, "option delimiter is not one character");
        orch_error_detail(err, "delimiter = \"%.40s\"", text);
        orch_error_hint(err, "give one ASCII character, \"tab\" or \"auto\"");
        return ORCH_ECONFIG;
    }
    o->delimiter = (unsigned char)text[0];
    return ORCH_OK;
}

static orch_status read_quote(struct csv_options *o, const orch_host *host, orch_error *err)
{
    size_t len = 0;
    const char *text = option_text(host, "quote", &len);

    o->quote = '"';
    if (!text)
        return ORCH_OK;
    if (strcmp(text, "none") == 0) {
        o->quote = CSV_QUOTE_NONE;
        return ORCH_OK;
    }
    if (!is_separator(text, len)) {
        orch_error_set(err, ORCH_ECONFIG, "option quote is not one character");
        orch_error_detail(err, "quote = \"%.40s\"", text);
        orch_error_hint(err, "give one ASCII character or \"none\"");
        return ORCH_ECONFIG;
    }
    o->quote = (unsigned char)text[0];
    return ORCH_OK;
}

/* ---- lists ------------------------------------------------------------------------------- */

static orch_status read_list(struct csv_list *list, const orch_host *host, const char *name,
                             orch_error *err)
{
    size_t n = 0;

    while (host->option(host, name, n, NULL)) {
        if (++n > CSV_MAX_COLUMNS)
            return orch_error_set(err, ORCH_ECONFIG, "option %s has more than %d values", name,
                                  CSV_MAX_COLUMNS);
    }
    if (n == 0)
        return ORCH_OK;
    list->items = calloc(n, sizeof *list->items);
    list->lens = calloc(n, sizeof *list->lens);
    if (!list->items || !list->lens)
        return orch_error_set(err, ORCH_ENOMEM, "not enough memory for the values of option %s",
                              name);
    for (size_t i = 0; i < n; i++) {
        list->items[i] = host->option(host, name, i, NULL);
        list->lens[i] = strlen(list->items[i]);
    }
    list->count = n;
    return ORCH_OK;
}

static void list_release(struct csv_list *list)
{
    free(list->items);
    free(list->lens);
    *list = (struct csv_list) { 0 };
}

static uint64_t length_bit(size_t len)
{
    return 1ull << (len < 63 ? len : 63);
}

/* ---- the whole --------------------------------------------------------------------------- */

static orch_status check_together(const struct csv_options *o, orch_error *err)
{
    if (o->delimiter && o->delimiter == o->quote) {
        orch_error_set(err, ORCH_ECONFIG, "options delimiter and quote are the same character");
        orch_error_detail(err, "both are \"%c\"", o->quote);
        return ORCH_ECONFIG;
    }
    if (o->header && o->header_row > o->header_lines) {
        orch_error_set(err, ORCH_ECONFIG, "option header_row is past the header");
        orch_error_detail(err, "header_row = %lld, header_lines = %lld", (long long)o->header_row,
                          (long long)o->header_lines);
        orch_error_hint(err, "header_row is 1 for the first header line");
        return ORCH_ECONFIG;
    }
    for (size_t i = 0; i < o->columns.count; i++) {
        if (o->columns.lens[i] == 0)
            return orch_error_set(err, ORCH_ECONFIG, "option columns has an empty name at %zu",
                                  i + 1);
    }
    return ORCH_OK;
}

static orch_status read_numbers(struct csv_options *o, const orch_host *host, orch_error *err)
{
    orch_status st = option_int(host, "skip_lines", 0, 1000000, &o->skip_lines, err);

    if (st == ORCH_OK)
        st = option_int(host, "header_lines", 1, 100, &o->header_lines, err);
    if (st == ORCH_OK)
        st = option_int(host, "header_row", 1, 100, &o->header_row, err);
    if (st == ORCH_OK)
        st = option_int(host, "max_field", 1, 1073741824, &o->max_field, err);
    if (st == ORCH_OK)
        st = option_int(host, "max_record", 16, 1073741824, &o->max_record, err);
    return st;
}

orch_status csv_options_read(struct csv_options *out, const orch_host *host, orch_error *err)
{
    struct csv_options o = { .header_lines = 1,
                             .header_row = 1,
                             .max_field = 1048576,
                             .max_record = 16777216 };
    const char *short_rows = option_text(host, "short_rows", NULL);
    orch_status st = read_delimiter(&o, host, err);

    if (st == ORCH_OK)
        st = read_quote(&o, host, err);
    if (st == ORCH_OK)
        st = read_numbers(&o, host, err);
    if (st == ORCH_OK)
        st = read_list(&o.columns, host, "columns", err);
    if (st == ORCH_OK)
        st = read_list(&o.null_words, host, "null_words", err);
    if (st != ORCH_OK)
        goto done;
    o.header = option_bool(host, "header", true);
    o.metadata = option_bool(host, "metadata", false);
    o.trailing = option_bool(host, "trailing", true);
    o.empty_as_null = option_bool(host, "empty_as_null", true);
    o.short_null = short_rows && strcmp(short_rows, "null") == 0;
    o.comment = option_text(host, "comment", &o.comment_len);
    if (o.comment && o.comment_len == 0)
        o.comment = NULL;
    for (size_t i = 0; i < o.null_words.count; i++)
        o.null_lengths |= length_bit(o.null_words.lens[i]);
    st = check_together(&o, err);
    if (st != ORCH_OK)
        goto done;
    *out = o;
    o = (struct csv_options) { 0 };

done:
    csv_options_release(&o);
    return st;
}

void csv_options_release(struct csv_options *options)
{
    list_release(&options->columns);
    list_release(&options->null_words);
}

bool csv_options_is_null_word(const struct csv_options *options, const char *text, size_t len)
{
    const struct csv_list *words = &options->null_words;

    if (!(options->null_lengths & length_bit(len)))
        return false;
    for (size_t i = 0; i < words->count; i++) {
        if (words->lens[i] == len && memcmp(words->items[i], text, len) == 0)
            return true;
    }
    return false;
}
