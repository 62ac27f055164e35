/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "cli/args.h"
#include "cli/exit.h"
#include "cli/table.h"
#include "cli/target.h"
#include "orch/error.h"
#include "run/ledger.h"

enum { DEFAULT_ROWS = 20 };

/* The columns of a run that fit on a line (its id begins with the time); --json and --csv give
 * all. */
static const char *const shown[] = { "run",     "pipeline", "status",   "read",  "inserted",
                                     "updated", "rejected", "wall_ms", "error" };

static orch_status narrow(struct orch_arena *a, const struct orch_grid *g, struct orch_grid *out)
{
    enum { N = sizeof shown / sizeof shown[0] };
    struct orch_field items[N];
    struct orch_fields fields = { .items = items };
    size_t from[N];
    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < g->n_columns; c++)
            if (strcmp(g->names[c], shown[i]) == 0) {
                from[fields.len] = c;
                items[fields.len++] = (struct orch_field){ .name = shown[i] };
            }
    orch_status st = orch_grid_init(a, &fields, g->n_rows, out);
    for (size_t r = 0; st == ORCH_OK && r < g->n_rows; r++, out->n_rows++)
        for (size_t c = 0; c < fields.len; c++)
            out->cells[r * fields.len + c] = orch_grid_cell(g, r, from[c]);
    for (size_t c = 0; st == ORCH_OK && c < fields.len; c++)
        out->types[c] = g->types[from[c]];
    return st;
}

static int print(const struct cli_settings *s, struct cli_ledger *l)
{
    struct orch_text text = { 0 };
    struct orch_grid few;
    if (s->json) {
        struct orch_json j;
        orch_json_begin(&j, &text, 2);
        cli_table_json(&l->grid, NULL, &j);
        orch_text_putc(&text, '\n');
    } else if (s->csv) {
        cli_table_csv(&l->grid, &text);
    } else if (l->grid.n_rows == 0) {
        cli_no_run(s, &text);
    } else if (narrow(&l->arena, &l->grid, &few) == ORCH_OK) {
        cli_table_print(&few, &text);
    } else {
        text.failed = true;
    }
    int code = cli_print(&text);
    orch_text_release(&text);
    return code;
}

int cmd_runs(const struct cli_settings *s)
{
    struct cli_ledger ledger;
    enum orch_stage stage;
    orch_error err = ORCH_ERROR_INIT;
    if (s->n_words == 0 && s->destination == NULL) {
        fprintf(stderr, "orchestra: runs needs a script, a GeoPackage, or --destination\n");
        return CLI_USAGE;
    }
    orch_status st = cli_ledger_read(s, ORCH_LEDGER_RUN, false, 0,
                                     s->rows > 0 ? s->rows : DEFAULT_ROWS, &ledger, &stage, &err);
    int code = st == ORCH_OK ? print(s, &ledger) : cli_fail(stage, &err);
    cli_ledger_release(&ledger);
    return code;
}
