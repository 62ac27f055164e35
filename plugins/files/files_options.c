/* SPDX-License-Identifier: Apache-2.0 */
#include "files_options.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "orch/error.h"

static const char *const format_choices[] = { "auto", "csv", "jsonl", NULL };
static const char *const newline_choices[] = { "crlf", "lf", NULL };

#define OPTION(id, kind, more, text, value, sample, words)                                         \
    {                                                                                              \
        .struct_size = sizeof(orch_option), .type = (kind),                                        \
        .flags = ORCH_OPT_FOR_DESTINATION | (more), .name = (id), .summary = (text),               \
        .default_text = (value), .example = (sample), .choices = (words)                           \
    }

static const orch_option opt_path =
    OPTION("path", ORCH_OPT_PATH, ORCH_OPT_REQUIRED,
           "The file to write; its ledger stands beside it as PATH.ledger.sqlite.", NULL,
           "load_curve.csv", NULL);
static const orch_option opt_format =
    OPTION("format", ORCH_OPT_ENUM, 0,
           "Form of the file; auto goes by its name: .csv, .jsonl or .ndjson.", "auto", "csv",
           format_choices);
static const orch_option opt_delimiter =
    OPTION("delimiter", ORCH_OPT_STRING, 0, "The character between two fields, or \"tab\".", ",",
           ";", NULL);
static const orch_option opt_header =
    OPTION("header", ORCH_OPT_BOOL, 0, "Whether a CSV file begins with the column names.", "true",
           "false", NULL);
static const orch_option opt_newline =
    OPTION("newline", ORCH_OPT_ENUM, 0, "End of a line of CSV.", "crlf", "lf", newline_choices);
static const orch_option opt_bom =
    OPTION("bom", ORCH_OPT_BOOL, 0,
           "Whether a CSV file begins with a byte order mark, so that spreadsheets take it for "
           "UTF-8.",
           "false", "true", NULL);
static const orch_option opt_guard_formulas =
    OPTION("guard_formulas", ORCH_OPT_BOOL, 0,
           "Put an apostrophe before texts of a CSV file that a spreadsheet would run as a "
           "formula, and before those that look so guarded already.",
           "false", "true", NULL);
static const orch_option opt_lock_wait =
    OPTION("lock_wait", ORCH_OPT_DURATION, 0, "How long to wait while another run writes the file.",
           "0s", "30s", NULL);

const orch_option *const files_option_table[FILES_OPTION_COUNT] = {
    &opt_path,    &opt_format, &opt_delimiter,      &opt_header,
    &opt_newline, &opt_bom,    &opt_guard_formulas, &opt_lock_wait,
};

static const char *text_of(const orch_host *host, const char *name)
{
    size_t len;
    const char *text = host->option(host, name, 0, &len);
    return text != NULL ? text : "";
}

static bool bool_of(const orch_host *host, const char *name)
{
    return strcmp(text_of(host, name), "true") == 0;
}

static bool ends_with(const char *path, const char *suffix)
{
    size_t n = strlen(path), k = strlen(suffix);
    return n > k && strcasecmp(path + n - k, suffix) == 0;
}

static orch_status format_read(struct files_options *o, const char *format, orch_error *err)
{
    bool by_name = strcmp(format, "auto") == 0;
    if (strcmp(format, "csv") == 0 || (by_name && ends_with(o->path, ".csv")))
        o->format = FILES_CSV;
    else if (strcmp(format, "jsonl") == 0 ||
             (by_name && (ends_with(o->path, ".jsonl") || ends_with(o->path, ".ndjson"))))
        o->format = FILES_JSONL;
    else {
        orch_error_set(err, ORCH_ECONFIG, "the format of \"%s\" is not told by its name", o->path);
        orch_error_hint(err, "set format to csv or jsonl, or end the name with .csv or .jsonl");
        return ORCH_ECONFIG;
    }
    return ORCH_OK;
}

static orch_status delimiter_read(struct files_options *o, const char *text, orch_error *err)
{
    o->delimiter = strcmp(text, "tab") == 0 ? '\t' : text[0];
    unsigned char c = (unsigned char)o->delimiter;
    bool one = text[0] != '\0' && (text[1] == '\0' || c == '\t');
    bool word = c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                (c >= 'A' && c <= 'Z') || c == '-' || c == '+' || c == '.' || c == ':';
    if (one && !word && c != '"' && c != '\n' && c != '\r')
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "\"%.20s\" cannot be a delimiter", text);
    orch_error_hint(err, "use one character such as , ; | or the word tab");
    return ORCH_ECONFIG;
}

orch_status files_options_read(struct files_options *out, const orch_host *host, orch_error *err)
{
    struct files_options o = { .path = text_of(host, "path") };
    if (o.path[0] == '\0')
        return orch_error_set(err, ORCH_ECONFIG, "files needs the option path");
    orch_status st = format_read(&o, text_of(host, "format"), err);
    if (st == ORCH_OK)
        st = delimiter_read(&o, text_of(host, "delimiter"), err);
    if (st != ORCH_OK)
        return st;
    o.newline = strcmp(text_of(host, "newline"), "lf") == 0 ? "\n" : "\r\n";
    o.header = bool_of(host, "header");
    o.bom = bool_of(host, "bom");
    o.guard_formulas = bool_of(host, "guard_formulas");
    o.lock_wait_ms = strtoll(text_of(host, "lock_wait"), NULL, 10);
    *out = o;
    return ORCH_OK;
}
