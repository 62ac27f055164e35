/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the policy share: look-ups of its lines. */
#ifndef ORCH_WORKER_POLICY_PART_H
#define ORCH_WORKER_POLICY_PART_H

#include "base/vec.h"
#include "plugin/conf.h"
#include "worker/policy.h"

struct orch_policy_name {
    const char *name, *place;
};

struct orch_policy {
    struct orch_conf conf;
    ORCH_VEC(struct orch_policy_name) named; /* connectors, wherever the file names one */
};

struct orch_policy_need {
    uint64_t bit;
    const char *key;    /* of [connector NAME] */
    const char *shown;  /* "files:read", as describe calls it */
    const char *people; /* completes: "may not ..." */
};
#define ORCH_POLICY_NEEDS 3
extern const struct orch_policy_need orch_policy_need_table[ORCH_POLICY_NEEDS];

/* Value number `index` of a key of [connector NAME]; NULL past the last, or without a policy. */
const struct orch_conf_value *orch_policy_line(const struct orch_policy *p, const char *connector,
                                               const char *key, size_t index);
/* The line that keeps the connector from being used; NULL: none does. */
const struct orch_conf_value *orch_policy_denial(const struct orch_policy *p,
                                                 const char *connector);
/* The line that takes a need away; NULL: none does. */
const struct orch_conf_value *orch_policy_taken(const struct orch_policy *p, const char *connector,
                                                const struct orch_policy_need *need);
/* The line for which the connector has to stay in a worker; NULL: it need not. */
const struct orch_conf_value *orch_policy_confines(const struct orch_policy *p,
                                                   const char *connector);

/* "512MiB", "90s": exact, as one would write it. */
void orch_policy_put_bytes(struct orch_text *out, int64_t bytes);
void orch_policy_put_seconds(struct orch_text *out, int64_t seconds);

#endif
