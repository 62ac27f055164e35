/* SPDX-License-Identifier: Apache-2.0 */
/* A hash map from text to size_t (an index or a pointer's bits). Keys are copied. {0} is empty. */
#ifndef ORCH_BASE_MAP_H
#define ORCH_BASE_MAP_H

#include "base/str.h"

struct orch_map_slot;
struct orch_map {
    struct orch_map_slot *slots;
    size_t len;
    size_t cap;
};

void orch_map_release(struct orch_map *m);
/* Inserts or overwrites; false when memory is out. */
bool orch_map_put(struct orch_map *m, struct orch_str key, size_t value);
bool orch_map_get(const struct orch_map *m, struct orch_str key, size_t *value);
uint64_t orch_hash64(const void *bytes, size_t len); /* not for security; stable in a process */

#endif
