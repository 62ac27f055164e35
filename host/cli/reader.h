/* SPDX-License-Identifier: Apache-2.0 */
/* Which connector reads a file that the command line names without --source? */
#ifndef ORCH_CLI_READER_H
#define ORCH_CLI_READER_H

#include "cli/args.h"
#include "run/ends.h"
#include "run/run.h"

/* By the name of the file; where that says nothing and the file is packed, by the names of what is
 * in it, which a worker lists. *out is static. On failure *stage says whose it is; the hint is what
 * to type instead. */
orch_status cli_reader_of(const struct cli_settings *s, struct orch_registry *registry,
                          const char *path, const char **out, enum orch_stage *stage,
                          orch_error *err);

#endif
