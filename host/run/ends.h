/* SPDX-License-Identifier: Apache-2.0 */
/* The two ends of a pipeline as connector instances: found, configured, opened. */
#ifndef ORCH_RUN_ENDS_H
#define ORCH_RUN_ENDS_H

#include "plugin/input_set.h"
#include "script/script.h"
#include "worker/policy.h"
#include "worker/remote.h"

/* Where connectors run: in a worker process each, unless in_process says otherwise. */
struct orch_isolation {
    bool in_process;      /* in this process: for debuggers and profilers */
    bool require_sandbox; /* refuse where the kernel lacks a part of the sandbox */
    const struct orch_policy *policy; /* what the operator takes away; NULL: nothing */
};

/* What an end is made from; borrowed for the call, but for the hooks. */
struct orch_end_setup {
    struct orch_registry *registry;
    const struct orch_end *end; /* what the script says of it */
    enum orch_role role;
    uint32_t mode; /* in which a destination is to write; 0: in none */
    const struct orch_isolation *isolation;
    const struct orch_hooks *hooks;
};

struct orch_opened {
    const struct orch_loaded *original; /* the registry's: what its identity is asked of */
    const struct orch_loaded *loaded;   /* whose functions are called: in a worker, its proxy's */
    struct orch_remote *remote;         /* NULL: in this process */
    struct orch_instance instance;
    orch_source *source;           /* these two: NULL until it is open */
    orch_destination *destination;
    bool ready;            /* there is an instance */
    bool connector_failed; /* after a failure: of the library or its process, not of options */
};

/* Optional, when there is something to do meanwhile: options, inputs, instance; a worker starts and
 * opens the connector. Failures are those of open. */
orch_status orch_end_start(const struct orch_end_setup *setup, struct orch_opened *out,
                           orch_error *err);
/* *out is {0} or started. On failure the end is closed. */
orch_status orch_end_open(const struct orch_end_setup *setup, struct orch_opened *out,
                          orch_error *err);
void orch_end_close(struct orch_opened *opened); /* {0} allowed */

/* Takes every secret of the instance's options out of an error's texts. */
void orch_instance_redact(const struct orch_instance *instance, orch_error *err);

/* Hooks of an instance that does nothing but poll for cancelling. */
extern const struct orch_hooks orch_quiet_hooks;

const char *orch_mode_name(uint32_t mode); /* "append", "replace", "upsert" */

#endif
