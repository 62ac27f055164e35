/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/arena.h"
#include "base/cancel.h"
#include "base/log.h"
#include "cli/args.h"
#include "cli/exit.h"
#include "cli/policy_file.h"
#include "worker/child.h"
#include "worker/worker.h"

static int unknown_command(const char *word)
{
    const char *names[16];
    size_t n = 0;
    for (const struct cli_command *c = cli_commands; c->name != NULL; c++)
        names[n++] = c->name;
    const char *near = orch_str_nearest(word, names, n);
    fprintf(stderr, "orchestra: there is no command \"%s\"\n", word);
    if (near != NULL)
        fprintf(stderr, "  hint: did you mean \"%s\"?\n", near);
    else
        fprintf(stderr, "  hint: orchestra --help lists the commands\n");
    return CLI_USAGE;
}

static bool log_setup(const struct cli_settings *s)
{
    static const char *const levels[] = { "debug", "info", "warn", "error" };
    int level = ORCH_LOG_WARN;
    bool json = false;
    if (s->log_format != NULL) {
        json = strcmp(s->log_format, "json") == 0;
        if (!json && strcmp(s->log_format, "text") != 0) {
            fprintf(stderr, "orchestra: --log-format takes text or json, not \"%s\"\n",
                    s->log_format);
            return false;
        }
    }
    if (s->log_level != NULL) {
        for (level = ORCH_LOG_DEBUG; level <= ORCH_LOG_ERROR; level++)
            if (strcmp(levels[level], s->log_level) == 0)
                break;
        if (level > ORCH_LOG_ERROR) {
            fprintf(stderr, "orchestra: --log-level takes debug, info, warn or error, not \"%s\"\n",
                    s->log_level);
            return false;
        }
    }
    cli_errors_as_json(json);
    orch_log_setup(json ? ORCH_LOG_JSON : ORCH_LOG_TEXT, level);
    return true;
}

static int command_run(const struct cli_command *command, int argc, char **argv)
{
    struct cli_settings settings = { .retry_ms = -1 };
    struct orch_policy *policy = NULL;
    int code = CLI_USAGE;
    if (cli_parse(command, argc, argv, &settings) && log_setup(&settings)) {
        if (settings.help) {
            code = cli_help_command(command);
        } else {
            code = cli_policy_find(&settings, &policy);
            settings.policy = policy;
            code = code == CLI_OK ? command->run(&settings) : code;
        }
    }
    orch_policy_free(policy);
    cli_settings_release(&settings);
    return code;
}

/* Memory of this process may hold secrets: it leaves no core and cannot be traced by others. */
static void protect_memory(void)
{
    (void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
#ifndef ORCH_TRACEABLE
    (void)prctl(PR_SET_DUMPABLE, 0);
#endif
}

/* Where a caller closed one of these, the next file that is opened would take its place: be read as
 * standard input, or get what is printed. Opened the wrong way round they still fail as closed. */
static void keep_standard_places(void)
{
    static const int wrong_way[] = { O_WRONLY, O_RDONLY, O_RDONLY };
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            (void)!open("/dev/null", wrong_way[fd]);
}

int main(int argc, char **argv)
{
    keep_standard_places();
    protect_memory();
    orch_alloc_tune();
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN); /* a file at its limit (ulimit -f) is an error as a full disk is */
    if (argc < 2) {
        cli_help();
        return CLI_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("orchestra " ORCH_VERSION);
        return cli_printed();
    }
    if (strcmp(argv[1], ORCH_CHILD_ARGUMENT) == 0)
        return orch_worker_main();
    const char *word = argv[1];
    bool help = strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0;
    if (help && argc == 2)
        return cli_help();
    const struct cli_command *command = cli_command_find(help ? argv[2] : word);
    if (command == NULL)
        return unknown_command(help ? argv[2] : word);
    if (help)
        return cli_help_command(command);
    if (!orch_cancel_watch_signals()) {
        fprintf(stderr, "orchestra: cannot start a thread\n"
                        "  hint: raise the limits of processes (ulimit -u) and memory (ulimit -v)"
                        "\n");
        return CLI_INTERNAL;
    }
    return command_run(command, argc - 2, argv + 2);
}
