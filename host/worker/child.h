/* SPDX-License-Identifier: Apache-2.0 */
/* A worker as a process: started, watched, ended, reaped. It is a fresh execution of this program
 * with no environment, no descriptor but a socket (3) and a pipe for what it prints (1 and 2), and
 * a session of its own: what is typed at the terminal is the host's to hear. It dies when the
 * thread that started it does (PR_SET_PDEATHSIG), so start it from one that lasts as long as the
 * run. */
#ifndef ORCH_WORKER_CHILD_H
#define ORCH_WORKER_CHILD_H

#include <sys/types.h>

#include "base/str.h"

#define ORCH_CHILD_SOCKET 3
#define ORCH_CHILD_ARGUMENT "--worker"

enum { ORCH_CHILD_LINES = 4, ORCH_CHILD_LINE_BYTES = 160 };

/* What it printed or logged last, the oldest line first. */
struct orch_child_lines {
    char text[ORCH_CHILD_LINES][ORCH_CHILD_LINE_BYTES];
    size_t n; /* of all lines so far */
};
/* Keeps one line, cut and made printable. */
void orch_child_lines_add(struct orch_child_lines *lines, struct orch_str line);
/* Appends them in one line of text; nothing when there are none. */
void orch_child_lines_print(const struct orch_child_lines *lines, struct orch_text *out);

struct orch_child {
    pid_t pid;   /* 0: none */
    int process; /* pidfd, readable once it has ended; -1 when the kernel has none */
    int socket;  /* whoever takes it sets -1 */
    int output;  /* what it prints, without waiting; -1 once it is closed */
    int status;  /* of waitpid, once reaped */
    bool reaped;
    struct orch_child_lines lines;
    char partial[ORCH_CHILD_LINE_BYTES]; /* a line that has not ended yet */
    size_t partial_len;
};

/* Fills err for a process, or the thread in it, that cannot be started: `code` is of errno. What
 * the machine lacks is ORCH_ENOMEM, whichever end of the pipeline it was for. */
orch_status orch_child_failed(orch_error *err, const char *what, int code);
/* Starts a process, or takes one that orch_child_warm has started. `program` NULL: this program.
 * Errors of orch_child_failed. */
orch_status orch_child_start(struct orch_child *child, const char *program, orch_error *err);
/* Has a thread of its own start up to n processes (at most 4) that wait for their work, beside
 * whatever the host does next. Failing is no error: orch_child_start will say. */
void orch_child_warm(unsigned n);
/* Ends those that nobody took. */
void orch_child_cool(void);

/* Reads what it printed; each line goes to `line(ctx)`, if given, and into child->lines. */
void orch_child_drain(struct orch_child *child, void (*line)(void *ctx, struct orch_str text),
                      void *ctx);
/* Waits up to wait_ms for its end; true once it is reaped. */
bool orch_child_wait(struct orch_child *child, int wait_ms);
/* Ends it with SIGKILL, with all that it may have started, and reaps it. */
void orch_child_kill(struct orch_child *child);
/* Kills it if it still runs; closes what is open. {0} and a released one are allowed. */
void orch_child_release(struct orch_child *child);

#endif
