/* SPDX-License-Identifier: Apache-2.0 */
/* The worker's side: the whole life of a process that runs one connector. */
#ifndef ORCH_WORKER_WORKER_H
#define ORCH_WORKER_WORKER_H

/* What the program does when its first argument is ORCH_CHILD_ARGUMENT (worker/child.h): serves the
 * host at the other end of descriptor ORCH_CHILD_SOCKET. Returns the exit code; call it first in
 * main, before any thread is started. */
int orch_worker_main(void);

#endif
