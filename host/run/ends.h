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

struct orch_source_end {
    const struct orch_loaded *original; /* the registry's: what its identity is asked of */
    const struct orch_loaded *loaded;   /* whose functions are called: in a worker, its proxy's */
    struct orch_remote *remote;         /* NULL: in this process */
    struct orch_instance instance;
    orch_source *source;
    bool ready;
};

struct orch_destination_end {
    const struct orch_loaded *original;
    const struct orch_loaded *loaded;
    struct orch_remote *remote;
    struct orch_instance instance;
    orch_destination *destination;
    bool ready;
};

/* Optional, when there is something to do meanwhile: options, inputs, instance; a worker starts and
 * opens the connector. Arguments and failures are those of open. */
orch_status orch_source_end_start(struct orch_registry *r, const struct orch_end *end,
                                  const struct orch_isolation *isolation,
                                  const struct orch_hooks *hooks, struct orch_source_end *out,
                                  bool *connector_failed, orch_error *err);
/* Opens a source; *out is {0} or started. *connector_failed tells a refused plugin from wrong
 * options. On failure the end is released. */
orch_status orch_source_end_open(struct orch_registry *r, const struct orch_end *end,
                                 const struct orch_isolation *isolation,
                                 const struct orch_hooks *hooks, struct orch_source_end *out,
                                 bool *connector_failed, orch_error *err);
void orch_source_end_close(struct orch_source_end *end);

/* The same for a destination; checks that it can write in `mode` (0: no check). */
orch_status orch_destination_end_start(struct orch_registry *r, const struct orch_end *end,
                                       const struct orch_isolation *isolation, uint32_t mode,
                                       const struct orch_hooks *hooks,
                                       struct orch_destination_end *out, bool *connector_failed,
                                       orch_error *err);
orch_status orch_destination_end_open(struct orch_registry *r, const struct orch_end *end,
                                      const struct orch_isolation *isolation, uint32_t mode,
                                      const struct orch_hooks *hooks,
                                      struct orch_destination_end *out, bool *connector_failed,
                                      orch_error *err);
void orch_destination_end_close(struct orch_destination_end *end);

/* Takes every secret of the instance's options out of an error's texts. */
void orch_instance_redact(const struct orch_instance *instance, orch_error *err);

/* Hooks of an instance that does nothing but poll for cancelling. */
extern const struct orch_hooks orch_quiet_hooks;

const char *orch_mode_name(uint32_t mode); /* "append", "replace", "upsert" */

#endif
