/* SPDX-License-Identifier: Apache-2.0 */
/* A growing array of one type.
 *
 *     ORCH_VEC(struct orch_point) points = {0};
 *     if (!orch_vec_push(&points, p)) return ORCH_ENOMEM;
 *     for (size_t i = 0; i < points.len; i++) use(points.items[i]);
 *     orch_vec_release(&points);
 *
 * Items are moved by growth: keep indexes, not pointers. */
#ifndef ORCH_BASE_VEC_H
#define ORCH_BASE_VEC_H

#include <stdlib.h>

#include "base/arena.h"

#define ORCH_VEC(type)  \
    struct {            \
        type *items;    \
        size_t len;     \
        size_t cap;     \
    }

/* false when memory is out; the array is unchanged then */
bool orch_vec_grow(void *items_pointer, size_t *cap, size_t need, size_t item_size);

#define orch_vec_reserve(v, n) \
    ((n) <= (v)->cap || orch_vec_grow(&(v)->items, &(v)->cap, (n), sizeof *(v)->items))
#define orch_vec_push(v, item) \
    (orch_vec_reserve((v), (v)->len + 1) && ((v)->items[(v)->len++] = (item), true))
#define orch_vec_release(v) \
    (free((v)->items), (v)->items = NULL, (v)->len = (v)->cap = 0)

#endif
