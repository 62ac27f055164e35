/* SPDX-License-Identifier: Apache-2.0 */
/* What an operator lets connectors do on this machine: the meaning of orchestra.conf.
 *
 *     [sandbox]         require, in_process, memory, cpu, file_size
 *     [connectors]      allow, deny
 *     [connector NAME]  network, files_read, files_write, read, write, memory, cpu, file_size
 *     [run]             retry
 *
 * It only takes away: no line gives a connector what it does not declare, or raises a built-in
 * limit. It binds connectors and scripts, not the account that runs orchestra, which may name
 * another file. Every refusal is ORCH_ECONFIG and says which line closes what.
 *
 * `policy` NULL everywhere: nothing is taken away. */
#ifndef ORCH_WORKER_POLICY_H
#define ORCH_WORKER_POLICY_H

#include "base/json.h"
#include "plugin/input_set.h"
#include "worker/worker_limits.h"

struct orch_policy;

/* ORCH_ECONFIG: the file is wrong, may be written by others, or cannot be read. */
orch_status orch_policy_read(const char *path, struct orch_policy **out, orch_error *err);
/* The same from a text; `path` is for messages. */
orch_status orch_policy_parse(const char *path, struct orch_str text, struct orch_policy **out,
                              orch_error *err);
void orch_policy_free(struct orch_policy *p);

/* ---- before a connector is opened ---------------------------------------------------------- */

/* May the connector be used at all? Asked before its library is loaded. *place (may be NULL) is
 * the line that denies it, else NULL. */
bool orch_policy_denies(const struct orch_policy *p, const char *connector, const char **place);
orch_status orch_policy_allow(const struct orch_policy *p, const char *connector, orch_error *err);
/* Does it keep what it declares to need in this role? And may it run outside of a worker? */
orch_status orch_policy_admit(const struct orch_policy *p, const struct orch_loaded *loaded,
                              enum orch_role role, bool in_process, orch_error *err);
/* Do the paths of its options and its inputs (may be NULL) lead below the folders it is left?
 * Links are followed. */
orch_status orch_policy_paths(const struct orch_policy *p, const struct orch_loaded *loaded,
                              enum orch_role role, const struct orch_options *options,
                              const struct orch_inputs *inputs, orch_error *err);

/* ---- what is left -------------------------------------------------------------------------- */

/* The needs (ORCH_NEEDS_*) of `needs` that the connector keeps. */
uint64_t orch_policy_needs(const struct orch_policy *p, const char *connector, uint64_t needs);
/* The limits of its worker; places last as long as the policy. */
struct orch_worker_limits orch_policy_limits(const struct orch_policy *p, const char *connector);
bool orch_policy_requires_sandbox(const struct orch_policy *p);
/* [run] retry, in milliseconds; false: the file does not say. */
bool orch_policy_retry_ms(const struct orch_policy *p, int64_t *ms);
/* Name number `index` of the connectors that the file names anywhere, with the line; NULL past the
 * last. For a look at what is installed. Names may come more than once. */
const char *orch_policy_named(const struct orch_policy *p, size_t index, const char **place);

/* ---- for people and machines --------------------------------------------------------------- */

/* The section of `connectors describe` about what the connector may do here. */
void orch_policy_describe_text(const struct orch_policy *p, const struct orch_loaded *loaded,
                               struct orch_text *out);
/* The same as the member "rights" of an open object. */
void orch_policy_describe_json(const struct orch_policy *p, const struct orch_loaded *loaded,
                               struct orch_json *j);

#endif
