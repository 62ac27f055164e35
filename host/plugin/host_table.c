/* SPDX-License-Identifier: Apache-2.0 */
/* What the host lends to an instance: orch_host and its extensions. */
#include "plugin/adopt.h"
#include "plugin/input_item.h"

#include "base/clock.h"
#include "base/log.h"
#include "orch/error.h"

/* The ABI's promise for orch_reject.raw. */
#define RAW_CAP (64 * 1024)

static const struct orch_instance *instance_of(const orch_host *host)
{
    return host->ctx;
}

/* ---- orch_host -------------------------------------------------------------------------- */

static bool host_cancelled(const orch_host *host)
{
    const struct orch_hooks *hooks = &instance_of(host)->hooks;
    return hooks->cancelled && hooks->cancelled(hooks->ctx);
}

/* Libraries put connection strings into their messages: redacted here, not by each connector. */
static void host_log(const orch_host *host, int level, const char *event, const char *text)
{
    const struct orch_options *options = instance_of(host)->options;
    int known = level < ORCH_LOG_DEBUG ? ORCH_LOG_DEBUG : level > ORCH_LOG_ERROR ? ORCH_LOG_ERROR
                                                                               : level;
    if (!orch_log_enabled(known))
        return;
    char *shown = orch_strdup(text ? text : "");
    if (!shown)
        return;
    if (options)
        orch_options_redact(options, shown);
    orch_log_line(known, event ? event : "connector", shown);
    free(shown);
}

static void host_progress(const orch_host *host, int64_t rows, int64_t bytes, int64_t bytes_total)
{
    const struct orch_hooks *hooks = &instance_of(host)->hooks;
    if (hooks->progress)
        hooks->progress(hooks->ctx, rows, bytes, bytes_total);
}

static orch_status host_reject(const orch_host *host, const orch_reject *from)
{
    const struct orch_hooks *hooks = &instance_of(host)->hooks;
    orch_reject reject;

    if (!from || !orch_adopt_struct(&reject, sizeof reject, from))
        return ORCH_EINVAL;
    if (!reject.raw)
        reject.raw_len = 0;
    if (reject.raw_len > RAW_CAP)
        reject.raw_len = RAW_CAP;
    return hooks->reject ? hooks->reject(hooks->ctx, &reject) : ORCH_OK;
}

static const char *host_option(const orch_host *host, const char *name, size_t index, size_t *len)
{
    const struct orch_options *options = instance_of(host)->options;

    if (options && name)
        return orch_options_get(options, name, index, len);
    if (len)
        *len = 0;
    return NULL;
}

/* ---- "orch.input/1" --------------------------------------------------------------------- */

static size_t input_count(const orch_host *host)
{
    return orch_inputs_parts(instance_of(host)->inputs);
}

static orch_status input_info(const orch_host *host, size_t index, orch_input_info *out)
{
    const struct orch_inputs *inputs = instance_of(host)->inputs;

    if (index >= inputs->parts.len || !out || out->struct_size < offsetof(orch_input_info, name))
        return ORCH_EINVAL;
    const struct orch_input_part *part = inputs->parts.items[index];
    orch_input_info info = {
        .struct_size = out->struct_size,
        .name = orch_input_part_name(part),
        .encoding = part->encoding,
        .size_bytes = part->place ? -1 : part->item->file.size_bytes,
        .modified_us = part->item->file.modified_us,
    };
    /* As much as the plugin was built to know. */
    memcpy(out, &info, info.struct_size < sizeof info ? info.struct_size : sizeof info);
    return ORCH_OK;
}

static orch_status input_open(const orch_host *host, size_t index, uint32_t mode,
                              orch_input_stream **out, orch_error *err)
{
    return orch_stream_open(instance_of(host)->inputs, index, mode, out, err);
}

/* A mapped file that somebody truncates kills the process at the next access (SIGBUS), and a file
 * on a network share may do so at any time: bytes are read, never mapped. */
static orch_status input_map(orch_input_stream *stream, const void **data, size_t *len,
                             orch_error *err)
{
    (void)stream;
    (void)data;
    (void)len;
    return orch_error_set(err, ORCH_ENOTSUP, "inputs are read, not mapped");
}

static orch_status input_descriptor(const orch_host *host, size_t index, int *fd, orch_error *err)
{
    const struct orch_inputs *inputs = instance_of(host)->inputs;
    bool owned;

    if (index >= inputs->parts.len)
        return orch_error_set(err, ORCH_EINVAL, "there is no input %zu", index);
    const struct orch_input_part *part = inputs->parts.items[index];
    if (!part->place)
        return orch_input_reopen(part->item, true, fd, &owned, err);
    orch_error_set(err, ORCH_ENOTSUP, "\"%s\" is packed, and this connector needs a plain file",
                   orch_input_part_name(part));
    orch_error_hint(err, "unpack it before the run");
    return ORCH_ENOTSUP;
}

static const orch_input input_extension = {
    .struct_size = sizeof(orch_input),
    .count = input_count,
    .info = input_info,
    .open = input_open,
    .read = orch_stream_read,
    .map = input_map,
    .consumed = orch_stream_consumed,
    .descriptor = input_descriptor,
    .close = orch_stream_close,
};

/* ---- "orch.clock/1" --------------------------------------------------------------------- */

static int64_t clock_now_us(const orch_host *host)
{
    (void)host;
    return orch_clock_now_us();
}

static const orch_clock clock_extension = {
    .struct_size = sizeof(orch_clock),
    .now_us = clock_now_us,
};

static const void *host_extension(const orch_host *host, const char *id)
{
    if (id && strcmp(id, ORCH_INPUT_EXTENSION) == 0)
        return instance_of(host)->inputs ? &input_extension : NULL;
    if (id && strcmp(id, ORCH_CLOCK_EXTENSION) == 0)
        return &clock_extension;
    return NULL;
}

/* ---- life ------------------------------------------------------------------------------- */

orch_status orch_instance_init(struct orch_instance *out, const struct orch_loaded *loaded,
                               struct orch_options *options, struct orch_inputs *inputs,
                               const struct orch_hooks *hooks)
{
    *out = (struct orch_instance){
        .host = {
            .struct_size = sizeof(orch_host),
            .abi_major = ORCH_ABI_MAJOR,
            .abi_minor = ORCH_ABI_MINOR,
            .ctx = out,
            .cancelled = host_cancelled,
            .log = host_log,
            .progress = host_progress,
            .reject = host_reject,
            .option = host_option,
            .extension = host_extension,
        },
        .loaded = loaded,
        .options = options,
        .inputs = inputs,
    };
    if (hooks)
        out->hooks = *hooks;
    return ORCH_OK;
}

void orch_instance_release(struct orch_instance *i)
{
    orch_options_free(i->options);
    orch_inputs_free(i->inputs);
    *i = (struct orch_instance){ 0 };
}
