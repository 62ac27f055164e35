/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker may reach outside its process: what its connector declares, as far as its options
 * and, for a connector of the network, the environment of libpq name it. */
#ifndef ORCH_WORKER_REACH_H
#define ORCH_WORKER_REACH_H

#include "base/vec.h"
#include "plugin/options.h"
#include "worker/wire.h"

struct orch_names {
    const char **items;
    size_t len, cap;
};

struct orch_reach {
    struct orch_arena arena;
    uint64_t needs; /* in the connector's role: a source does not write */
    struct orch_names libraries;   /* folders, as the next three */
    struct orch_names read;        /* also files */
    struct orch_names write;
    struct orch_names sockets;
    struct orch_names environment; /* NAME=value */
    const char *home;              /* or NULL */
};

/* {0} is an empty one. ORCH_ENOMEM. */
orch_status orch_reach_find(struct orch_reach *out, const struct orch_loaded *loaded,
                            enum orch_role role, const struct orch_options *options,
                            orch_error *err);
void orch_reach_release(struct orch_reach *r);

void orch_reach_put(const struct orch_reach *r, struct orch_text *body);
/* ORCH_EINVAL: it is none; ORCH_ENOMEM. */
orch_status orch_reach_get(struct orch_reach *out, struct orch_wire *w);

#endif
