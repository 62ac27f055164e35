/* SPDX-License-Identifier: Apache-2.0 */
#include "run/ends.h"

#include <stdatomic.h>

#include "base/cancel.h"
#include "base/log.h"
#include "orch/error.h"
#include "worker/sandbox.h"

static bool quiet_cancelled(void *ctx)
{
    (void)ctx;
    return orch_cancelled();
}

static void quiet_progress(void *ctx, int64_t rows, int64_t bytes, int64_t total)
{
    (void)ctx, (void)rows, (void)bytes, (void)total;
}

static orch_status quiet_reject(void *ctx, const orch_reject *reject)
{
    (void)ctx, (void)reject;
    return ORCH_OK;
}

const struct orch_hooks orch_quiet_hooks = {
    .cancelled = quiet_cancelled,
    .progress = quiet_progress,
    .reject = quiet_reject,
};

const char *orch_mode_name(uint32_t mode)
{
    switch (mode) {
    case ORCH_WRITE_APPEND:
        return "append";
    case ORCH_WRITE_REPLACE:
        return "replace";
    case ORCH_WRITE_UPSERT:
        return "upsert";
    default:
        return "unknown";
    }
}

/* ---- instances ----------------------------------------------------------------------------- */

static orch_status find(struct orch_registry *r, const struct orch_end *end, enum orch_role role,
                        const struct orch_isolation *isolation, const struct orch_loaded **out,
                        bool *connector_failed, orch_error *err)
{
    orch_status st = orch_policy_allow(isolation->policy, end->connector, err);
    if (st != ORCH_OK)
        return st;
    st = orch_registry_find(r, end->connector, out, err);
    *connector_failed = st != ORCH_OK;
    if (st != ORCH_OK) {
        if (err != NULL && err->detail[0] == '\0')
            orch_error_detail(err, "%s", end->place != NULL ? end->place : "");
        return st;
    }
    bool offered = role == ORCH_ROLE_SOURCE ? (*out)->connector.source != NULL
                                            : (*out)->connector.destination != NULL;
    if (offered)
        return orch_policy_admit(isolation->policy, *out, role, isolation->in_process, err);
    bool source = role == ORCH_ROLE_SOURCE;
    orch_error_set(err, ORCH_ECONFIG, "connector %s is no %s", end->connector,
                   source ? "source" : "destination");
    orch_error_detail(err, "%s", end->place != NULL ? end->place : "");
    orch_error_hint(err, "list what each connector offers: orchestra connectors");
    return ORCH_ECONFIG;
}

/* Where the kernel lacks a part of the sandbox the run goes on, and says so once. */
static void say_what_is_missing(void)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    struct orch_sandbox_report offered = { .struct_size = sizeof offered };
    orch_sandbox_offered(&offered);
    const char *lack = orch_sandbox_lack(&offered);
    if (lack != NULL && orch_log_enabled(ORCH_LOG_WARN) && !atomic_flag_test_and_set(&said))
        orch_log(ORCH_LOG_WARN, "sandbox.incomplete", "why", ORCH_LOG_S(lack), NULL);
}

static struct orch_remote_setup setup_of(const char *connector,
                                         const struct orch_isolation *isolation)
{
    const struct orch_policy *policy = isolation->policy;
    return (struct orch_remote_setup){
        .require_sandbox = isolation->require_sandbox || orch_policy_requires_sandbox(policy),
        .limits = orch_policy_limits(policy, connector),
    };
}

/* A path may hold a secret. */
static orch_status check_paths(const struct orch_loaded *loaded, enum orch_role role,
                               struct orch_options *options, const struct orch_inputs *inputs,
                               const struct orch_isolation *isolation, orch_error *err)
{
    const struct orch_instance named = { .options = options };
    orch_status st = orch_policy_paths(isolation->policy, loaded, role, options, inputs, err);
    if (st != ORCH_OK)
        orch_instance_redact(&named, err);
    return st;
}

/* What the connector and its options are for; *loaded becomes the proxy's, or that of the library,
 * opened here and now. */
static orch_status instance_make(struct orch_registry *r, const struct orch_loaded **loaded,
                                 enum orch_role role, const struct orch_end *end,
                                 const struct orch_isolation *isolation,
                                 const struct orch_hooks *hooks, struct orch_instance *out,
                                 struct orch_remote **remote, bool *connector_failed,
                                 orch_error *err)
{
    struct orch_remote_setup setup = setup_of((*loaded)->connector.name, isolation);
    struct orch_options *options = NULL;
    struct orch_inputs *inputs = NULL;
    orch_status st =
        orch_options_parse(*loaded, role, end->settings, end->n_settings, &options, err);
    if (st != ORCH_OK)
        return st;
    if (role == ORCH_ROLE_SOURCE && ((*loaded)->connector.capabilities & ORCH_CAP_INPUT) != 0)
        st = orch_inputs_open(options, &inputs, err);
    if (st == ORCH_OK)
        st = check_paths(*loaded, role, options, inputs, isolation, err);
    if (st == ORCH_OK && isolation->in_process) {
        st = orch_registry_load(r, *loaded, loaded, err);
        *connector_failed = st != ORCH_OK;
    } else if (st == ORCH_OK) {
        st = orch_remote_new(*loaded, role, options, inputs, &setup, remote, err);
    }
    if (st == ORCH_OK && *remote != NULL) {
        *loaded = orch_remote_loaded(*remote);
        say_what_is_missing();
    }
    if (st == ORCH_OK)
        st = orch_instance_init(out, *loaded, options, inputs, hooks);
    if (st == ORCH_OK)
        return ORCH_OK;
    orch_remote_free(*remote);
    *remote = NULL;
    orch_inputs_free(inputs);
    orch_options_free(options);
    return st;
}

void orch_instance_redact(const struct orch_instance *instance, orch_error *err)
{
    if (err == NULL || instance->options == NULL)
        return;
    orch_options_redact(instance->options, err->message);
    orch_options_redact(instance->options, err->detail);
    orch_options_redact(instance->options, err->hint);
}

/* The place in the script is evidence where there is no better. */
static void tell_place(const struct orch_instance *instance, const struct orch_end *end,
                       orch_error *err)
{
    if (err != NULL && err->detail[0] == '\0' && end->place != NULL)
        orch_error_detail(err, "%s", end->place);
    orch_instance_redact(instance, err);
}

/* ---- source -------------------------------------------------------------------------------- */

static orch_status source_failed(struct orch_source_end *out, const struct orch_end *end,
                                 orch_status st, bool *connector_failed, orch_error *err)
{
    *connector_failed = orch_remote_failed(out->loaded);
    tell_place(&out->instance, end, err);
    orch_source_end_close(out);
    return st;
}

orch_status orch_source_end_start(struct orch_registry *r, const struct orch_end *end,
                                  const struct orch_isolation *isolation,
                                  const struct orch_hooks *hooks, struct orch_source_end *out,
                                  bool *connector_failed, orch_error *err)
{
    *out = (struct orch_source_end){ 0 };
    orch_status st = find(r, end, ORCH_ROLE_SOURCE, isolation, &out->original, connector_failed,
                          err);
    out->loaded = out->original;
    if (st == ORCH_OK)
        st = instance_make(r, &out->loaded, ORCH_ROLE_SOURCE, end, isolation, hooks,
                           &out->instance, &out->remote, connector_failed, err);
    if (st != ORCH_OK)
        return st;
    out->ready = true;
    if (out->remote != NULL)
        st = orch_remote_start(out->remote, &out->instance.host, err);
    return st == ORCH_OK ? st : source_failed(out, end, st, connector_failed, err);
}

orch_status orch_source_end_open(struct orch_registry *r, const struct orch_end *end,
                                 const struct orch_isolation *isolation,
                                 const struct orch_hooks *hooks, struct orch_source_end *out,
                                 bool *connector_failed, orch_error *err)
{
    orch_status st = ORCH_OK;
    if (!out->ready)
        st = orch_source_end_start(r, end, isolation, hooks, out, connector_failed, err);
    if (st != ORCH_OK)
        return st;
    if (out->remote == NULL)
        st = orch_instance_unpack(&out->instance, err);
    if (st == ORCH_OK)
        st = out->loaded->source.open(&out->instance.host, &out->source, err);
    return st == ORCH_OK ? st : source_failed(out, end, st, connector_failed, err);
}

void orch_source_end_close(struct orch_source_end *end)
{
    if (end->source != NULL)
        end->loaded->source.close(end->source);
    if (end->ready)
        orch_instance_release(&end->instance);
    orch_remote_free(end->remote);
    *end = (struct orch_source_end){ 0 };
}

/* ---- destination --------------------------------------------------------------------------- */

static orch_status mode_check(const struct orch_loaded *loaded, const struct orch_end *end,
                              uint32_t mode, orch_error *err)
{
    uint64_t needed = mode == ORCH_WRITE_APPEND    ? ORCH_CAP_APPEND
                      : mode == ORCH_WRITE_REPLACE ? ORCH_CAP_REPLACE
                      : mode == ORCH_WRITE_UPSERT  ? ORCH_CAP_UPSERT
                                                   : 0;
    uint64_t offered = loaded->connector.capabilities;
    if ((offered & needed) == needed)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "destination %s cannot %s", end->connector,
                   orch_mode_name(mode));
    orch_error_detail(err, "%s", end->place != NULL ? end->place : "");
    orch_error_hint(err, "it can:%s%s%s", (offered & ORCH_CAP_APPEND) != 0 ? " append" : "",
                    (offered & ORCH_CAP_REPLACE) != 0 ? " replace" : "",
                    (offered & ORCH_CAP_UPSERT) != 0 ? " upsert" : "");
    return ORCH_ECONFIG;
}

static orch_status destination_failed(struct orch_destination_end *out,
                                      const struct orch_end *end, orch_status st,
                                      bool *connector_failed, orch_error *err)
{
    *connector_failed = orch_remote_failed(out->loaded);
    tell_place(&out->instance, end, err);
    orch_destination_end_close(out);
    return st;
}

orch_status orch_destination_end_start(struct orch_registry *r, const struct orch_end *end,
                                       const struct orch_isolation *isolation, uint32_t mode,
                                       const struct orch_hooks *hooks,
                                       struct orch_destination_end *out, bool *connector_failed,
                                       orch_error *err)
{
    *out = (struct orch_destination_end){ 0 };
    orch_status st = find(r, end, ORCH_ROLE_DESTINATION, isolation, &out->original,
                          connector_failed, err);
    out->loaded = out->original;
    if (st == ORCH_OK)
        st = mode_check(out->loaded, end, mode, err);
    if (st == ORCH_OK)
        st = instance_make(r, &out->loaded, ORCH_ROLE_DESTINATION, end, isolation, hooks,
                           &out->instance, &out->remote, connector_failed, err);
    if (st != ORCH_OK)
        return st;
    out->ready = true;
    if (out->remote != NULL)
        st = orch_remote_start(out->remote, &out->instance.host, err);
    return st == ORCH_OK ? st : destination_failed(out, end, st, connector_failed, err);
}

orch_status orch_destination_end_open(struct orch_registry *r, const struct orch_end *end,
                                      const struct orch_isolation *isolation, uint32_t mode,
                                      const struct orch_hooks *hooks,
                                      struct orch_destination_end *out, bool *connector_failed,
                                      orch_error *err)
{
    orch_status st = ORCH_OK;
    if (!out->ready)
        st = orch_destination_end_start(r, end, isolation, mode, hooks, out, connector_failed,
                                        err);
    if (st != ORCH_OK)
        return st;
    st = out->loaded->destination.open(&out->instance.host, &out->destination, err);
    return st == ORCH_OK ? st : destination_failed(out, end, st, connector_failed, err);
}

void orch_destination_end_close(struct orch_destination_end *end)
{
    if (end->destination != NULL)
        end->loaded->destination.close(end->destination);
    if (end->ready)
        orch_instance_release(&end->instance);
    orch_remote_free(end->remote);
    *end = (struct orch_destination_end){ 0 };
}
