/* SPDX-License-Identifier: Apache-2.0 */
/* Built against a header that knew less: its structs end earlier, without the newer optional
 * slots. Nothing lies behind them, so that a sanitizer sees a host that reads on. */
#include "nothing.h"

struct short_source {
    uint32_t struct_size;
    uint32_t reserved0;
    orch_status (*open)(const orch_host *, orch_source **out, orch_error *);
    void (*close)(orch_source *);
    orch_status (*check)(orch_source *, orch_error *);
    orch_status (*streams)(orch_source *, struct ArrowSchema *, struct ArrowArray *, orch_error *);
    orch_status (*describe)(orch_source *, const char *, struct ArrowSchema *, orch_error *);
    orch_status (*read)(orch_source *, const orch_read_request *, orch_reader **, orch_error *);
    orch_status (*schema)(orch_reader *, struct ArrowSchema *, orch_error *);
    orch_status (*next)(orch_reader *, struct ArrowArray *, orch_batch_info *, orch_error *);
    void (*end)(orch_reader *);
};

static const struct short_source source = {
    .struct_size = sizeof source,
    .open = nothing_open,
    .close = nothing_close,
    .describe = nothing_describe,
    .read = nothing_read,
    .schema = nothing_schema,
    .next = nothing_next,
    .end = nothing_end,
};

struct short_option {
    uint32_t struct_size;
    uint32_t type;
    uint32_t flags;
    uint32_t reserved0;
    const char *name;
    const char *summary;
};

static const struct short_option brief = {
    .struct_size = sizeof brief,
    .type = ORCH_OPT_INT,
    .name = "brief",
    .summary = "An option that ends with its summary.",
};

static const orch_option *const options[] = { (const orch_option *)(const void *)&brief };

struct short_connector {
    uint32_t struct_size;
    uint32_t threading;
    uint64_t capabilities;
    uint64_t needs;
    uint32_t state_version;
    uint32_t reserved0;
    const char *name;
    const char *summary;
    const char *personal;
    const orch_option *const *options;
    size_t n_options;
    const orch_source_ops *source;
};

static const struct short_connector connector = {
    .struct_size = sizeof connector,
    .threading = ORCH_THREADS_ONE_PER_PLUGIN,
    .name = "short_size",
    .summary = "Ends early.",
    .options = options,
    .n_options = 1,
    .source = (const orch_source_ops *)(const void *)&source,
};

static const orch_connector *const list[] = { (const orch_connector *)(const void *)&connector };
HOSTILE_PLUGIN(list)
