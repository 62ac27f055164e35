/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/args.h"
#include "cli/exit.h"
#include "cli/table.h"
#include "cli/target.h"
#include "orch/error.h"
#include "run/ledger.h"

/* A page is what memory holds at once; an export goes through all pages. */
enum { DEFAULT_ROWS = 20, PAGE = 10000 };

static const char *cell(const struct orch_grid *g, size_t row, const char *column)
{
    for (size_t c = 0; c < g->n_columns; c++)
        if (strcmp(g->names[c], column) == 0)
            return orch_grid_cell(g, row, c);
    return NULL;
}

static void print_place(const struct orch_grid *g, size_t row, struct orch_text *out)
{
    const char *number = cell(g, row, "number"), *input = cell(g, row, "input");
    const char *line = cell(g, row, "line"), *record = cell(g, row, "record");
    const char *column = cell(g, row, "column"), *message = cell(g, row, "message");
    orch_text_printf(out, "  %s  ", number != NULL ? number : "?");
    if (input != NULL)
        orch_text_printf(out, "%s ", input);
    if (line != NULL)
        orch_text_printf(out, "line %s: ", line);
    else if (record != NULL)
        orch_text_printf(out, "record %s: ", record);
    orch_text_printf(out, "%s%s%s\n", column != NULL ? column : "", column != NULL ? ": " : "",
                     message != NULL ? message : "");
    const char *raw = cell(g, row, "raw"), *content = cell(g, row, "content");
    const char *evidence = content != NULL ? content : raw;
    if (evidence != NULL) {
        orch_text_puts(out, "     ");
        orch_text_add(out, evidence, strcspn(evidence, "\r\n"));
        orch_text_putc(out, '\n');
    }
}

static int print(const struct cli_settings *s, const struct cli_ledger *l, bool first)
{
    struct orch_text text = { 0 };
    if (s->json) {
        struct orch_json j;
        orch_json_begin(&j, &text, 2);
        cli_table_json(&l->grid, NULL, &j);
        orch_text_putc(&text, '\n');
    } else if (s->csv) {
        cli_table_csv(&l->grid, &text);
        /* Later pages go on without a header. */
        if (!first && text.ptr != NULL) {
            size_t header = strcspn(text.ptr, "\n") + 1;
            memmove(text.ptr, text.ptr + header, text.len - header + 1);
            text.len -= header;
        }
    } else if (l->run[0] == '\0') {
        cli_no_run(s, &text);
    } else if (l->grid.n_rows == 0) {
        orch_text_printf(&text, "no reject in run %s\n", l->run);
    } else {
        orch_text_printf(&text, "run %s\n", l->run);
        for (size_t i = 0; i < l->grid.n_rows; i++)
            print_place(&l->grid, i, &text);
    }
    int code = cli_print(&text);
    orch_text_release(&text);
    return code;
}

static int show_one(const struct cli_settings *s, int64_t number)
{
    struct cli_ledger ledger;
    struct orch_text text = { 0 };
    enum orch_stage stage;
    orch_error err = ORCH_ERROR_INIT;
    int code;
    if (cli_ledger_read(s, ORCH_LEDGER_REJECT, true, number - 1, 1, &ledger, &stage, &err) !=
        ORCH_OK) {
        code = cli_fail(stage, &err);
    } else if (ledger.grid.n_rows == 0) {
        fprintf(stderr, "orchestra: there is no reject %lld in run %s\n", (long long)number,
                ledger.run[0] != '\0' ? ledger.run : "(none yet)");
        fprintf(stderr, "  hint: without a number, orchestra rejects lists them; --run and "
                        "--pipeline choose another run\n");
        code = CLI_USAGE;
    } else {
        cli_table_print_row(&ledger.grid, 0, &text);
        code = cli_print(&text);
    }
    orch_text_release(&text);
    cli_ledger_release(&ledger);
    return code;
}

static int list(const struct cli_settings *s)
{
    bool whole = s->csv && s->rows == 0;
    int64_t rows = s->rows > 0 ? s->rows : whole ? PAGE : DEFAULT_ROWS;
    int code = CLI_OK;
    bool more = true;
    for (int64_t offset = 0; code == CLI_OK && more; offset += rows) {
        struct cli_ledger ledger;
        enum orch_stage stage;
        orch_error err = ORCH_ERROR_INIT;
        orch_status st =
            cli_ledger_read(s, ORCH_LEDGER_REJECT, true, offset, rows, &ledger, &stage, &err);
        if (st != ORCH_OK)
            code = cli_fail(stage, &err);
        else if (offset == 0 || ledger.grid.n_rows > 0)
            code = print(s, &ledger, offset == 0);
        more = whole && st == ORCH_OK && (int64_t)ledger.grid.n_rows == rows;
        cli_ledger_release(&ledger);
    }
    return code;
}

int cmd_rejects(const struct cli_settings *s)
{
    int64_t number;
    bool of_destination = s->destination != NULL;
    if (s->n_words == 0 && !of_destination) {
        fprintf(stderr, "orchestra: rejects needs a script, a GeoPackage, or --destination\n");
        return CLI_USAGE;
    }
    if (s->n_words < 2)
        return list(s);
    if (!orch_str_to_int(orch_str_from(s->words[1]), &number) || number <= 0) {
        fprintf(stderr, "orchestra: \"%s\" is no number of a reject\n"
                        "  hint: without one, orchestra rejects lists them with their numbers\n",
                s->words[1]);
        return CLI_USAGE;
    }
    return show_one(s, number);
}
