/* SPDX-License-Identifier: Apache-2.0 */
/* What a command's SCRIPT or FILE argument means. */
#ifndef ORCH_CLI_TARGET_H
#define ORCH_CLI_TARGET_H

#include "cli/args.h"
#include "run/ends.h"
#include "run/grid.h"
#include "run/run.h"

struct orch_script_request cli_script_request(const struct cli_settings *s);
struct orch_isolation cli_isolation(const struct cli_settings *s);
/* What looks for connectors; NULL: out of memory. */
struct orch_registry *cli_registry(const struct cli_settings *s);
bool cli_is_script(const char *path); /* ends in .lua */

/* The hint of an error for a SCRIPT that is some connector's file instead: what looks at files. */
void cli_hint_script(const char *path, orch_error *err);

/* An end made of --source or --destination with --set, or of a file by its extension. The
 * settings live in the arena. */
orch_status cli_end(const struct cli_settings *s, const char *connector, const char *path,
                    struct orch_arena *a, struct orch_end *out, orch_error *err);

/* The connector that reads a file of this name; NULL: none known. */
const char *cli_connector_of(const char *path);

/* Rows of a ledger table of the destination that the command names. `pipeline` NULL: the
 * script's, or all. */
struct cli_ledger {
    struct orch_arena arena;
    struct orch_grid grid;
    char run[40]; /* the run asked for, or the last */
};
orch_status cli_ledger_read(const struct cli_settings *s, const char *table, bool of_one_run,
                            int64_t offset, int64_t limit, struct cli_ledger *out,
                            enum orch_stage *stage, orch_error *err);
void cli_ledger_release(struct cli_ledger *l);
/* What is said where there is none; a pipeline that was asked for may be misspelt. */
void cli_no_run(const struct cli_settings *s, struct orch_text *out);

#endif
