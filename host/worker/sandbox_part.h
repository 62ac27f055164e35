/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the sandbox, for sandbox.c and its tests. Each step returns 0, or -1 with errno set;
 * none can be undone. */
#ifndef ORCH_WORKER_SANDBOX_PART_H
#define ORCH_WORKER_SANDBOX_PART_H

#include "worker/sandbox.h"
#include "worker/sandbox_filter.h"

/* Closes all but the kept descriptors; 0, 1 and 2 lead to /dev/null unless kept. */
int orch_limit_descriptors(const int *keep, size_t n_keep);
int orch_limit_resources(const struct orch_sandbox_request *request);
/* No new privileges, no capability but the one that files need, no core, no attaching debugger. */
int orch_limit_privileges(uint64_t needs);

/* The version of the kernel's Landlock; 0 if it is missing or switched off. */
int orch_landlock_abi(void);
int orch_landlock_confine(const struct orch_sandbox_request *request, int abi);

bool orch_seccomp_offered(void);
int orch_seccomp_confine(uint64_t needs, bool unix_sockets);

/* System calls, by what a connector must have declared to make them. */
extern const struct orch_calls orch_calls_always;  /* on what the process has */
extern const struct orch_calls orch_calls_write;   /* with FILES_WRITE */
extern const struct orch_calls orch_calls_network; /* with NETWORK */
extern const struct orch_calls orch_calls_serve;   /* sockets that nobody declares */
extern const struct orch_calls orch_calls_never;

#endif
