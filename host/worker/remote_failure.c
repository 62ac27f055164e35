/* SPDX-License-Identifier: Apache-2.0 */
/* How a worker's end is told: which connector, what happened to it, what it was doing, which record
 * came last, what it said last, and whom to tell. */
#include "worker/remote_part.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "orch/error.h"

enum { DEATH_MS = 2000 };

/* ---- the evidence -------------------------------------------------------------------------- */

static void print_place(const struct orch_remote *r, struct orch_text *out)
{
    struct orch_part_told told;
    if (r->doing != NULL)
        orch_text_printf(out, "while %s", r->doing);
    if (r->role != ORCH_ROLE_SOURCE || r->deadline_us != 0)
        return;
    if (r->inputs != NULL && orch_inputs_part(r->inputs, r->last_input, &told)) {
        orch_text_puts(out, "; input ");
        orch_text_quote(out, orch_str_from(told.name), 160);
    }
    if (r->last_record > 0)
        orch_text_printf(out, "; last record %lld", (long long)r->last_record);
    else
        orch_text_puts(out, "; no record had come");
}

static void add_detail(struct orch_remote *r, const char *what, orch_error *err)
{
    struct orch_text text = { 0 };
    if (what[0] != '\0')
        orch_text_printf(&text, "%s; ", what);
    print_place(r, &text);
    if (r->child.lines.n > 0) {
        orch_text_puts(&text, "; its last lines: ");
        orch_child_lines_print(&r->child.lines, &text);
    }
    orch_error_detail(err, "%s", orch_text_z(&text));
    orch_text_release(&text);
}

static void add_hint(const struct orch_remote *r, orch_error *err)
{
    const char *home = r->original->plugin.home;
    orch_error_hint(err, "report this to the author of %s%s%s", r->subject,
                    home != NULL && home[0] != '\0' ? ": " : "", home != NULL ? home : "");
}

/* Ends the worker, whatever it does, with all it has printed read. */
static void end_worker(struct orch_remote *r)
{
    orch_child_kill(&r->child);
    orch_child_drain(&r->child, orch_remote_printed, r);
    r->gone = true;
}

static orch_status blame(struct orch_remote *r, const char *detail, orch_error *failure,
                         orch_error *err)
{
    add_detail(r, detail, failure);
    if (failure->hint[0] == '\0')
        add_hint(r, failure);
    r->at_fault = true;
    r->state = ORCH_REMOTE_FAILED;
    r->failure = *failure;
    if (err != NULL)
        *err = *failure;
    return failure->code;
}

/* ---- death --------------------------------------------------------------------------------- */

static void tell_signal(const struct orch_remote *r, int number, orch_error *e)
{
    const char *abbreviation = sigabbrev_np(number);
    char shown[64];
    snprintf(shown, sizeof shown, "signal %d%s%s", number, abbreviation != NULL ? ", SIG" : "",
             abbreviation != NULL ? abbreviation : "");
    if (number == SIGKILL || number == SIGTERM || number == SIGHUP || number == SIGINT) {
        orch_error_set(e, ORCH_EINTERNAL, "the process of %s was killed (%s)",
                       r->subject, shown);
        if (number == SIGKILL)
            orch_error_hint(e, "the kernel does this when the machine's memory is used up: its log "
                               "says so (dmesg); or to who goes on beyond its processor time");
        return;
    }
    if (number == SIGXCPU) {
        orch_error_set(e, ORCH_EINTERNAL, "%s used up its processor time (%s)",
                       r->subject, shown);
        return;
    }
    orch_error_set(e, ORCH_EINTERNAL, "%s crashed (%s)", r->subject, shown);
}

static void tell_cpu_limit(const struct orch_remote *r, char *out, size_t size)
{
    const struct orch_worker_limit *limit = &r->setup.limits.cpu_seconds;
    snprintf(out, size, "its process may use %lld s%s%s", (long long)limit->value,
             limit->place != NULL ? " by " : "", limit->place != NULL ? limit->place : "");
}

orch_status orch_remote_died(struct orch_remote *r, orch_error *err)
{
    orch_error e = ORCH_ERROR_INIT;
    /* A closed socket comes before the end of the process; one that only closed it is ended. */
    bool by_itself = orch_child_wait(&r->child, DEATH_MS);
    end_worker(r);
    int status = r->child.status;
    char used[256] = "";
    if (by_itself && WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU)
        tell_cpu_limit(r, used, sizeof used);
    if (!by_itself)
        orch_error_set(&e, ORCH_EINTERNAL, "%s closed its connection to the run",
                       r->subject);
    else if (WIFSIGNALED(status))
        tell_signal(r, WTERMSIG(status), &e);
    else
        orch_error_set(&e, ORCH_EINTERNAL, "%s ended its process with exit code %d",
                       r->subject, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    return blame(r, used, &e, err);
}

/* ---- what the host ends -------------------------------------------------------------------- */

orch_status orch_remote_lied(struct orch_remote *r, orch_error *err, const char *format, ...)
{
    orch_error e = ORCH_ERROR_INIT;
    char detail[256];
    va_list args;
    va_start(args, format);
    vsnprintf(detail, sizeof detail, format, args);
    va_end(args);
    end_worker(r);
    orch_error_set(&e, ORCH_EINTERNAL, "%s broke the contract of its process",
                   r->subject);
    return blame(r, detail, &e, err);
}

orch_status orch_remote_broke(struct orch_remote *r, const char *what, const orch_error *why,
                              orch_error *err)
{
    orch_error e = ORCH_ERROR_INIT;
    char detail[640];
    end_worker(r);
    orch_error_set(&e, ORCH_EINTERNAL, "%s gave %s that is broken", r->subject, what);
    if (why->field[0] != '\0')
        snprintf(detail, sizeof detail, "column \"%s\": %s", why->field, why->detail);
    else
        snprintf(detail, sizeof detail, "%s", why->detail[0] != '\0' ? why->detail : why->message);
    orch_error_at(&e, 0, why->field);
    return blame(r, detail, &e, err);
}

orch_status orch_remote_hung(struct orch_remote *r, orch_error *err)
{
    orch_error e = ORCH_ERROR_INIT;
    int64_t asked = atomic_load(&r->asked_us);
    int64_t since = orch_clock_monotonic_us() - (asked > r->began_us ? asked : r->began_us);
    end_worker(r);
    orch_error_set(&e, ORCH_EINTERNAL,
                   "%s did not stop within %lld s of being told to, and was killed",
                   r->subject, (long long)(since / 1000000));
    return blame(r, "", &e, err);
}

orch_status orch_remote_silent(struct orch_remote *r, orch_error *err)
{
    orch_error e = ORCH_ERROR_INIT;
    end_worker(r);
    orch_error_set(&e, ORCH_EINTERNAL,
                   "the process of %s gave no sign of life for %lld s, and was killed",
                   r->subject, (long long)(r->setup.silence_ms / 1000));
    return blame(r, "", &e, err);
}

orch_status orch_remote_late(struct orch_remote *r, orch_error *err)
{
    orch_error e = ORCH_ERROR_INIT;
    int64_t since = orch_clock_monotonic_us() - r->began_us;
    end_worker(r);
    orch_error_set(&e, ORCH_EINTERNAL, "%s did not describe itself within %lld s, and was killed",
                   r->subject, (long long)(since / 1000000));
    return blame(r, "", &e, err);
}

orch_status orch_remote_give_up(struct orch_remote *r, orch_status st, const char *why,
                                orch_error *err)
{
    end_worker(r);
    orch_error_set(&r->failure, st, "%s", why);
    r->state = ORCH_REMOTE_FAILED;
    if (err != NULL)
        *err = r->failure;
    return st;
}

orch_status orch_remote_starved(struct orch_remote *r, orch_error *err)
{
    orch_error e = ORCH_ERROR_INIT;
    orch_error_set(&e, ORCH_EINTERNAL, "%s ran out of memory", r->subject);
    struct orch_text text = { 0 };
    const struct orch_worker_limit *limit = &r->setup.limits.memory_bytes;
    orch_text_printf(&text, "its process may use %lld MiB%s%s", (long long)(limit->value >> 20),
                     limit->place != NULL ? " by " : "", limit->place != NULL ? limit->place : "");
    if (err != NULL && err->message[0] != '\0' && strcmp(err->message, "out of memory") != 0)
        orch_text_printf(&text, "; %s", err->message);
    add_detail(r, orch_text_z(&text), &e);
    orch_text_release(&text);
    add_hint(r, &e);
    r->at_fault = true;
    if (err != NULL)
        *err = e;
    return e.code;
}
