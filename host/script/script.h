/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a pipeline script in a sandboxed Lua state and gives what it describes.
 *
 * Sandbox: no io, os, debug, package.loadlib, load of bytecode; `require` sees "orchestra", the
 * script's folder and the shipped library; memory and instructions are bounded (orch_limits), also
 * while row functions run. A script error names file and line. */
#ifndef ORCH_SCRIPT_SCRIPT_H
#define ORCH_SCRIPT_SCRIPT_H

#include "engine/plan.h"
#include "plugin/setting.h"

struct orch_limits {
    size_t memory_bytes;   /* 0: 256 MiB */
    int64_t instructions;  /* for the script itself, and per batch of a row function; 0: 1e8 */
    int64_t cpu_ms;        /* the same of processor time, for what takes long; 0: 30 s */
};

/* One end of a pipeline: a connector by name and its settings. */
struct orch_end {
    const char *connector;
    const char *place;
    struct orch_setting *settings;
    size_t n_settings;
};

struct orch_pipeline {
    const char *name;  /* "energy.load_curve": letters, digits, dot, underscore, hyphen */
    const char *title; /* or NULL */
    struct orch_end source;
    struct orch_end destination;
    uint32_t mode;     /* ORCH_WRITE_*; default append */
    const char **keys;
    size_t n_keys;
    const char *target; /* destination setting "table", else "path" */
    struct orch_step *steps;
    size_t n_steps;
    bool allow_empty;   /* zero rows read is no error */
    const char *max_rejects; /* "100" or "0.5 %", or NULL */
    char sha256[65];    /* of the script, the files it required, territory, parameters */
};

struct orch_script;

struct orch_script_request {
    const char *path;
    const char *territory;              /* path of the territory file, or NULL */
    const char *const *params;          /* "name=value" */
    size_t n_params;
    struct orch_limits limits;
    bool (*cancelled)(void);            /* polled by the instruction hook; may be NULL */
};

orch_status orch_script_load(const struct orch_script_request *request, struct orch_script **out,
                             orch_error *err);
/* The pipeline; owned by the script. */
const struct orch_pipeline *orch_script_pipeline(const struct orch_script *s);
void orch_script_free(struct orch_script *s);

#endif
