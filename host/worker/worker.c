/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's loop: frames of the host are served in their order; while a reader reads ahead, a
 * batch is made whenever no frame waits and a slot is free. */
#include "worker/worker.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "worker/child.h"
#include "worker/worker_part.h"

enum { EXIT_USAGE = 2 };

/* The end of the host is the end of its workers; signals of the terminal and of service managers
 * are the host's to hear, which then asks its workers to stop. */
static void become_worker(struct orch_worker *w)
{
    static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE };
    w->heart.host = getppid();
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++)
        (void)signal(ignored[i], SIG_IGN);
    (void)close_range(ORCH_CHILD_SOCKET + 1, ~0u, 0);
    (void)fcntl(ORCH_CHILD_SOCKET, F_SETFD, FD_CLOEXEC);
    orch_link_init(&w->link, ORCH_CHILD_SOCKET);
    w->link.takes_descriptor = true;
    w->frame.passed = w->answer.passed = -1;
    w->lent_slot = ORCH_SLOT_NONE;
    w->rejects.cap = ORCH_WIRE_BYTES_MOST;
}

static bool serve_common(struct orch_worker *w)
{
    switch (w->frame.kind) {
    case ORCH_FRAME_START:
        orch_worker_start(w);
        return true;
    case ORCH_FRAME_OPTIONS:
        orch_worker_options(w);
        return true;
    case ORCH_FRAME_INPUTS:
        orch_worker_inputs(w);
        return true;
    case ORCH_FRAME_OPEN:
        orch_worker_open(w);
        return true;
    case ORCH_FRAME_MANIFEST:
        orch_worker_manifest(w);
        return true;
    default:
        return false;
    }
}

static void serve(struct orch_worker *w)
{
    bool known = serve_common(w);
    if (!known && w->frame.kind == ORCH_FRAME_CLOSE)
        orch_worker_close(w); /* ends the process */
    if (!known && w->source != NULL)
        known = orch_worker_serve_source(w);
    if (!known && w->destination != NULL)
        known = orch_worker_serve_destination(w);
    if (!known)
        orch_worker_exit(w, 1);
}

/* A host that wants a few rows only should not wait for batches that it has no use for. */
static bool reads(const struct orch_worker *w)
{
    return w->streaming && w->ring.n_free > 0 && w->ring.n_slots - w->ring.n_free < w->ahead;
}

static bool is_socket(int fd)
{
    int type = 0;
    socklen_t size = sizeof type;
    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

int orch_worker_main(void)
{
    /* The heart's thread uses it until the very end of the process. */
    static struct orch_worker worker = { .lock = PTHREAD_MUTEX_INITIALIZER,
                                         .handle_lock = PTHREAD_MUTEX_INITIALIZER };
    struct orch_worker *w = &worker;
    if (!is_socket(ORCH_CHILD_SOCKET)) {
        fputs("orchestra: " ORCH_CHILD_ARGUMENT " is for the program itself, which starts its "
              "connectors so\n", stderr);
        return EXIT_USAGE;
    }
    become_worker(w);
    for (;;) {
        if (orch_worker_next(w, !reads(w)))
            serve(w);
        else if (reads(w))
            orch_worker_read_ahead(w);
        orch_worker_reclaim(w);
    }
}
