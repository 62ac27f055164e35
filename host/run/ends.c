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

static const char *place_of(const struct orch_end *end)
{
    return end->place != NULL ? end->place : "";
}

static orch_status has_role(const struct orch_end_setup *setup, const struct orch_loaded *loaded,
                            orch_error *err)
{
    bool source = setup->role == ORCH_ROLE_SOURCE;
    if (source ? loaded->connector.source != NULL : loaded->connector.destination != NULL)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "connector %s is no %s", setup->end->connector,
                   source ? "source" : "destination");
    orch_error_detail(err, "%s", place_of(setup->end));
    orch_error_hint(err, "list what each connector offers: orchestra connectors");
    return ORCH_ECONFIG;
}

static orch_status has_mode(const struct orch_end_setup *setup, const struct orch_loaded *loaded,
                            orch_error *err)
{
    uint64_t needed = setup->mode == ORCH_WRITE_APPEND    ? ORCH_CAP_APPEND
                      : setup->mode == ORCH_WRITE_REPLACE ? ORCH_CAP_REPLACE
                      : setup->mode == ORCH_WRITE_UPSERT  ? ORCH_CAP_UPSERT
                                                          : 0;
    uint64_t offered = loaded->connector.capabilities;
    if ((offered & needed) == needed)
        return ORCH_OK;
    orch_error_set(err, ORCH_ECONFIG, "destination %s cannot %s", setup->end->connector,
                   orch_mode_name(setup->mode));
    orch_error_detail(err, "%s", place_of(setup->end));
    orch_error_hint(err, "it can:%s%s%s", (offered & ORCH_CAP_APPEND) != 0 ? " append" : "",
                    (offered & ORCH_CAP_REPLACE) != 0 ? " replace" : "",
                    (offered & ORCH_CAP_UPSERT) != 0 ? " upsert" : "");
    return ORCH_ECONFIG;
}

static orch_status find(const struct orch_end_setup *setup, struct orch_opened *out,
                        orch_error *err)
{
    const struct orch_policy *policy = setup->isolation->policy;
    orch_status st = orch_policy_allow(policy, setup->end->connector, err);
    if (st != ORCH_OK)
        return st;
    st = orch_registry_find(setup->registry, setup->end->connector, &out->original, err);
    out->connector_failed = st != ORCH_OK;
    if (st != ORCH_OK) {
        if (err != NULL && err->detail[0] == '\0')
            orch_error_detail(err, "%s", place_of(setup->end));
        return st;
    }
    out->loaded = out->original;
    st = has_role(setup, out->original, err);
    if (st == ORCH_OK)
        st = orch_policy_admit(policy, out->original, setup->role, setup->isolation->in_process,
                               err);
    return st == ORCH_OK ? has_mode(setup, out->original, err) : st;
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

static struct orch_remote_setup remote_setup(const struct orch_end_setup *setup)
{
    const struct orch_policy *policy = setup->isolation->policy;
    return (struct orch_remote_setup){
        .require_sandbox =
            setup->isolation->require_sandbox || orch_policy_requires_sandbox(policy),
        .limits = orch_policy_limits(policy, setup->end->connector),
    };
}

/* A path may hold a secret. */
static orch_status check_paths(const struct orch_end_setup *setup, const struct orch_loaded *loaded,
                               struct orch_options *options, const struct orch_inputs *inputs,
                               orch_error *err)
{
    const struct orch_instance named = { .options = options };
    orch_status st = orch_policy_paths(setup->isolation->policy, loaded, setup->role, options,
                                       inputs, err);
    if (st != ORCH_OK)
        orch_instance_redact(&named, err);
    return st;
}

/* loaded becomes the proxy's, or that of the library, opened here and now. */
static orch_status find_functions(const struct orch_end_setup *setup, struct orch_opened *out,
                                  struct orch_options *options, struct orch_inputs *inputs,
                                  orch_error *err)
{
    struct orch_remote_setup remote = remote_setup(setup);
    if (setup->isolation->in_process) {
        orch_status st = orch_registry_load(setup->registry, out->original, &out->loaded, err);
        out->connector_failed = st != ORCH_OK;
        return st;
    }
    orch_status st = orch_remote_new(out->original, setup->role, options, inputs, &remote,
                                     &out->remote, err);
    if (st != ORCH_OK)
        return st;
    out->loaded = orch_remote_loaded(out->remote);
    say_what_is_missing();
    return ORCH_OK;
}

static orch_status instance_make(const struct orch_end_setup *setup, struct orch_opened *out,
                                 orch_error *err)
{
    const struct orch_end *end = setup->end;
    struct orch_options *options = NULL;
    struct orch_inputs *inputs = NULL;
    orch_status st = orch_options_parse(out->original, setup->role, end->settings,
                                        end->n_settings, &options, err);
    if (st != ORCH_OK)
        return st;
    if (setup->role == ORCH_ROLE_SOURCE &&
        (out->original->connector.capabilities & ORCH_CAP_INPUT) != 0)
        st = orch_inputs_open(options, &inputs, err);
    if (st == ORCH_OK)
        st = check_paths(setup, out->original, options, inputs, err);
    if (st == ORCH_OK)
        st = find_functions(setup, out, options, inputs, err);
    if (st == ORCH_OK)
        st = orch_instance_init(&out->instance, out->loaded, options, inputs, setup->hooks);
    out->ready = st == ORCH_OK;
    if (out->ready)
        return ORCH_OK;
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

/* ---- ends ---------------------------------------------------------------------------------- */

static orch_status fail(const struct orch_end_setup *setup, struct orch_opened *out,
                        orch_status st, orch_error *err)
{
    bool connector_failed = out->connector_failed;
    if (out->ready) {
        connector_failed = orch_remote_failed(out->loaded);
        tell_place(&out->instance, setup->end, err);
    }
    orch_end_close(out);
    out->connector_failed = connector_failed;
    return st;
}

orch_status orch_end_start(const struct orch_end_setup *setup, struct orch_opened *out,
                           orch_error *err)
{
    *out = (struct orch_opened){ 0 };
    orch_status st = find(setup, out, err);
    if (st == ORCH_OK)
        st = instance_make(setup, out, err);
    if (st == ORCH_OK && out->remote != NULL)
        st = orch_remote_start(out->remote, &out->instance.host, err);
    return st == ORCH_OK ? st : fail(setup, out, st, err);
}

orch_status orch_end_open(const struct orch_end_setup *setup, struct orch_opened *out,
                          orch_error *err)
{
    orch_status st = out->ready ? ORCH_OK : orch_end_start(setup, out, err);
    if (st != ORCH_OK)
        return st;
    const orch_host *host = &out->instance.host;
    if (out->remote == NULL && out->instance.inputs != NULL)
        st = orch_instance_unpack(&out->instance, err);
    if (st == ORCH_OK)
        st = setup->role == ORCH_ROLE_SOURCE
                 ? out->loaded->source.open(host, &out->source, err)
                 : out->loaded->destination.open(host, &out->destination, err);
    return st == ORCH_OK ? st : fail(setup, out, st, err);
}

void orch_end_close(struct orch_opened *opened)
{
    if (opened->source != NULL)
        opened->loaded->source.close(opened->source);
    if (opened->destination != NULL)
        opened->loaded->destination.close(opened->destination);
    if (opened->ready)
        orch_instance_release(&opened->instance);
    orch_remote_free(opened->remote);
    *opened = (struct orch_opened){ 0 };
}
