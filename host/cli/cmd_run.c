/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/log.h"
#include "cli/args.h"
#include "cli/exit.h"
#include "cli/progress.h"
#include "cli/target.h"
#include "orch/error.h"
#include "report/summary.h"
#include "worker/policy.h"

static void log_end(const struct orch_run_report *r)
{
    orch_log(ORCH_LOG_INFO, "run.end", "pipeline", ORCH_LOG_S(r->pipeline), "run",
             ORCH_LOG_S(r->run), "outcome", ORCH_LOG_S(orch_outcome_name(r->outcome)), "read",
             ORCH_LOG_I(r->books.read), "inserted", ORCH_LOG_I(r->books.counts.inserted), "updated",
             ORCH_LOG_I(r->books.counts.updated), "rejected", ORCH_LOG_I(r->books.rejected),
             "wall_ms", ORCH_LOG_I(r->wall_us / 1000), NULL);
}

/* What a person should look at although the run went well. */
static void warn(const struct orch_run_report *r)
{
    if (r->books.rejected > 0)
        orch_log(ORCH_LOG_WARN, "run.rejected", "pipeline", ORCH_LOG_S(r->pipeline), "rejected",
                 ORCH_LOG_I(r->books.rejected), "read", ORCH_LOG_I(r->books.read), "run",
                 ORCH_LOG_S(r->run), NULL);
    for (size_t i = 0; i < r->n_inputs; i++)
        if (r->inputs[i].detected && strcmp(r->inputs[i].encoding, "UTF-8") != 0)
            orch_log(ORCH_LOG_WARN, "input.encoding_guessed", "input",
                     ORCH_LOG_S(r->inputs[i].path), "encoding", ORCH_LOG_S(r->inputs[i].encoding),
                     "hint", ORCH_LOG_S("say encoding = in the script"), NULL);
}

static int show(const struct cli_settings *s, const struct orch_run_report *r, int code)
{
    struct orch_text text = { 0 };
    int printed = CLI_OK;
    bool person = s->summary || (isatty(STDOUT_FILENO) && !s->quiet);
    if (s->json) {
        orch_summary_json(r, code, &text);
        printed = cli_print(&text);
    } else if (person && r->outcome != ORCH_OUTCOME_FAILED) {
        orch_summary_text(r, &text);
        printed = cli_print(&text);
    }
    orch_text_release(&text);
    return code == CLI_OK ? printed : code;
}

/* The command line, else orchestra.conf, else a minute: a database restarts within that. */
static int64_t retry_ms(const struct cli_settings *s)
{
    int64_t ms = 60000;
    if (s->retry_ms >= 0)
        return s->retry_ms;
    (void)orch_policy_retry_ms(s->policy, &ms);
    return ms;
}

int cmd_run(const struct cli_settings *s)
{
    struct orch_registry *registry = cli_registry(s);
    struct orch_run_report report;
    struct orch_run_request request = {
        .script = cli_script_request(s),
        .max_rejects = s->max_rejects,
        .limit = s->limit,
        .wait_ms = s->wait_ms,
        .retry_ms = retry_ms(s),
        .isolation = cli_isolation(s),
        .dry_run = s->dry_run,
        .force = s->force,
        .from_start = s->from_start,
        .allow_empty = s->allow_empty,
    };
    int code = CLI_OK;
    if (registry == NULL) {
        fprintf(stderr, "orchestra: out of memory\n");
        return CLI_INTERNAL;
    }
    if (isatty(STDERR_FILENO) && !s->quiet) {
        cli_progress_begin();
        request.progress = cli_progress_show;
    }
    orch_status st = orch_run(registry, &request, &report);
    cli_progress_wipe();
    if (st != ORCH_OK && report.stage == ORCH_STAGE_SCRIPT)
        cli_hint_script(request.script.path, &report.error);
    if (st != ORCH_OK)
        code = cli_fail(report.stage, &report.error);
    warn(&report);
    log_end(&report);
    code = show(s, &report, code);
    orch_run_report_release(&report);
    orch_registry_free(registry);
    return code;
}
