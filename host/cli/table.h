/* SPDX-License-Identifier: Apache-2.0 */
/* A grid on a terminal: aligned columns, or name and value below each other when it is wider than
 * the terminal. As CSV (RFC 4180) and JSON for machines. */
#ifndef ORCH_CLI_TABLE_H
#define ORCH_CLI_TABLE_H

#include "base/json.h"
#include "run/grid.h"

void cli_table_print(const struct orch_grid *g, struct orch_text *out);
/* Row `row` alone, name and value below each other. */
void cli_table_print_row(const struct orch_grid *g, size_t row, struct orch_text *out);
void cli_table_csv(const struct orch_grid *g, struct orch_text *out);
/* An array of objects under `key`. */
void cli_table_json(const struct orch_grid *g, const char *key, struct orch_json *j);

#endif
