/* SPDX-License-Identifier: Apache-2.0 */
/* Exit codes: stable, documented in docs/operations.md and the manual page. */
#ifndef ORCH_CLI_EXIT_H
#define ORCH_CLI_EXIT_H

#include "run/run.h"

enum {
    CLI_OK = 0,
    CLI_INTERNAL = 1,
    CLI_USAGE = 2,
    CLI_SCRIPT = 3,
    CLI_SOURCE = 4,
    CLI_DATA = 5,
    CLI_DESTINATION = 6,
    CLI_BUSY = 7,
    CLI_CONNECTOR = 8,
};

struct cli_exit {
    int code;
    const char *meaning;
};
extern const struct cli_exit cli_exits[]; /* ended by an entry without meaning */

/* The exit code of a failure. */
int cli_exit_code(enum orch_stage stage, const orch_error *err);
/* Prints an error on stderr in the log's format; returns the code. */
int cli_fail(enum orch_stage stage, const orch_error *err);
/* Prints the error alone. */
void cli_print_error(const orch_error *err);
/* Was --log-format json given? */
void cli_errors_as_json(bool json);
/* Writes all of `text` to stdout; CLI_OK, or CLI_INTERNAL when that fails (a full disk). */
int cli_print(const struct orch_text *text);
/* The same of what printf wrote. */
int cli_printed(void);

#endif
