/* SPDX-License-Identifier: Apache-2.0 */
/* The command line: one table of options for all commands, one row a command. Help, completions
 * and the manual page are checked against these tables. */
#ifndef ORCH_CLI_ARGS_H
#define ORCH_CLI_ARGS_H

#include "base/vec.h"

struct orch_policy;

enum { CLI_MAX_WORDS = 16 };

struct cli_settings {
    bool help, json, dry_run, force, from_start, allow_empty, summary, quiet, csv;
    bool in_process, require_sandbox;
    int64_t limit, rows, wait_ms;
    int64_t retry_ms; /* -1: the command line does not say */
    const char *territory, *max_rejects, *log_format, *log_level;
    const char *source, *destination, *run, *pipeline;
    const char *config;
    const struct orch_policy *policy; /* what the configuration says; NULL: there is none */
    ORCH_VEC(const char *) params;
    ORCH_VEC(const char *) set;
    const char *words[CLI_MAX_WORDS]; /* arguments that are no options */
    size_t n_words;
};

struct cli_command {
    const char *name;
    const char *words;    /* "SCRIPT" */
    const char *summary;
    const char *options;  /* names, blank separated */
    const char *example;
    size_t min_words, max_words;
    int (*run)(const struct cli_settings *);
};

extern const struct cli_command cli_commands[]; /* ended by an entry without name */

/* Parses what stands behind the command. false: a message has been printed. */
bool cli_parse(const struct cli_command *command, int argc, char **argv, struct cli_settings *out);
void cli_settings_release(struct cli_settings *s);

/* Both as cli_printed. */
int cli_help(void);
int cli_help_command(const struct cli_command *command);
const struct cli_command *cli_command_find(const char *name);

int cmd_run(const struct cli_settings *);
int cmd_preview(const struct cli_settings *);
int cmd_check(const struct cli_settings *);
int cmd_connectors(const struct cli_settings *);
int cmd_runs(const struct cli_settings *);
int cmd_rejects(const struct cli_settings *);

#endif
