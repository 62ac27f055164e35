/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/exit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include "base/cancel.h"
#include "base/log.h"
#include "report/summary.h"

const struct cli_exit cli_exits[] = {
    { CLI_OK, "done, or nothing to do because nothing changed" },
    { CLI_INTERNAL,
      "a defect, memory, processes or open files out, or output that cannot be written" },
    { CLI_USAGE, "the command line is wrong" },
    { CLI_SCRIPT, "script, parameters, territory, options or orchestra.conf are wrong" },
    { CLI_SOURCE, "an input is missing or cannot be read" },
    { CLI_DATA, "too many rejects, no record, or books that do not balance" },
    { CLI_DESTINATION, "the destination cannot be reached, refuses, or does not fit" },
    { CLI_BUSY, "another run holds the pipeline" },
    { CLI_CONNECTOR, "a connector cannot be found or loaded, or broke its contract" },
    { 128 + SIGINT,
      "interrupted by Ctrl-C (SIGINT) before the commit, unless the message says otherwise" },
    { 128 + SIGTERM,
      "terminated (SIGTERM) before the commit, unless the message says otherwise" },
    { 0, NULL },
};

static bool errors_as_json;

void cli_errors_as_json(bool json)
{
    errors_as_json = json;
}

int cli_exit_code(enum orch_stage stage, const orch_error *err)
{
    static const int by_stage[] = {
        [ORCH_STAGE_SCRIPT] = CLI_SCRIPT,   [ORCH_STAGE_CONNECTOR] = CLI_CONNECTOR,
        [ORCH_STAGE_SOURCE] = CLI_SOURCE,   [ORCH_STAGE_DATA] = CLI_DATA,
        [ORCH_STAGE_DESTINATION] = CLI_DESTINATION,
    };
    if (err->code == ORCH_ECANCELLED && orch_cancel_signal() != 0)
        return 128 + orch_cancel_signal();
    if (err->code == ORCH_EBUSY)
        return CLI_BUSY;
    if (err->code == ORCH_ENOMEM)
        return CLI_INTERNAL;
    return by_stage[stage];
}

void cli_print_error(const orch_error *err)
{
    struct orch_text text = { 0 };
    if (errors_as_json) {
        orch_log(ORCH_LOG_ERROR, "error", "message", ORCH_LOG_S(err->message), "detail",
                 ORCH_LOG_S(err->detail), "hint", ORCH_LOG_S(err->hint), "record",
                 ORCH_LOG_I(err->row), NULL);
        return;
    }
    if (orch_error_print(err, &text))
        fputs(orch_text_z(&text), stderr);
    orch_text_release(&text);
}

int cli_fail(enum orch_stage stage, const orch_error *err)
{
    cli_print_error(err);
    return cli_exit_code(stage, err);
}

static int print_failed(const char *why)
{
    fprintf(stderr, "orchestra: cannot write the result: %s\n", why);
    return CLI_INTERNAL;
}

int cli_printed(void)
{
    return fflush(stdout) == 0 && !ferror(stdout) ? CLI_OK : print_failed(strerror(errno));
}

int cli_print(const struct orch_text *text)
{
    if (text->failed)
        return print_failed("out of memory");
    (void)fwrite(orch_text_z(text), 1, text->len, stdout);
    return cli_printed();
}
