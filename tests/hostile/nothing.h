/* SPDX-License-Identifier: Apache-2.0 */
/* A source and a destination that keep the contract and do nothing: what the plugins here spoil. */
#ifndef TEST_HOSTILE_NOTHING_H
#define TEST_HOSTILE_NOTHING_H

#include "orch/arrow.h"
#include "orch/connector.h"

#define UNUSED __attribute__((unused))

static UNUSED orch_status nothing_open(const orch_host *host, orch_source **out, orch_error *err)
{
    (void)err;
    *out = (orch_source *)(uintptr_t)host;
    return ORCH_OK;
}

static UNUSED void nothing_close(orch_source *source)
{
    (void)source;
}

static UNUSED orch_status nothing_describe(orch_source *source, const char *stream,
                                           struct ArrowSchema *out, orch_error *err)
{
    (void)source;
    (void)stream;
    (void)out;
    (void)err;
    return ORCH_ENOTSUP;
}

static UNUSED orch_status nothing_read(orch_source *source, const orch_read_request *request,
                                       orch_reader **out, orch_error *err)
{
    (void)request;
    (void)err;
    *out = (orch_reader *)source;
    return ORCH_OK;
}

static UNUSED orch_status nothing_schema(orch_reader *reader, struct ArrowSchema *out,
                                         orch_error *err)
{
    (void)reader;
    (void)out;
    (void)err;
    return ORCH_ENOTSUP;
}

static UNUSED orch_status nothing_next(orch_reader *reader, struct ArrowArray *out,
                                       orch_batch_info *info, orch_error *err)
{
    (void)reader;
    (void)out;
    (void)info;
    (void)err;
    return ORCH_END;
}

static UNUSED void nothing_end(orch_reader *reader)
{
    (void)reader;
}

/* A complete source without the optional slots. */
#define NOTHING_SOURCE                                                                             \
    .struct_size = sizeof(orch_source_ops), .open = nothing_open, .close = nothing_close,          \
    .describe = nothing_describe, .read = nothing_read, .schema = nothing_schema,                  \
    .next = nothing_next, .end = nothing_end

/* Every plugin here describes itself by this one entry. */
#define HOSTILE_ENTRY(plugin)                                                                      \
    ORCH_EXPORT const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor);    \
    const orch_plugin *orch_plugin_entry(uint16_t host_major, uint16_t host_minor)                 \
    {                                                                                              \
        (void)host_major;                                                                          \
        (void)host_minor;                                                                          \
        return (plugin);                                                                           \
    }

#define HOSTILE_PLUGIN(list)                                                                       \
    static const orch_plugin plugin = {                                                            \
        .struct_size = sizeof(orch_plugin),                                                        \
        .abi_major = ORCH_ABI_MAJOR,                                                               \
        .abi_minor = ORCH_ABI_MINOR,                                                               \
        .name = "hostile",                                                                         \
        .version = "1.2.3",                                                                        \
        .connectors = (list),                                                                      \
        .n_connectors = sizeof(list) / sizeof *(list),                                             \
    };                                                                                             \
    HOSTILE_ENTRY(&plugin)

#endif
