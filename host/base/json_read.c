/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json_read.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"

static _Thread_local bool memory_ended;

static void *alloc_and_tell(size_t bytes)
{
    void *memory = orch_alloc(bytes);
    memory_ended = memory_ended || memory == NULL;
    return memory;
}

static void set_allocator(void)
{
    json_set_alloc_funcs(alloc_and_tell, free);
}

/* To jansson a zero byte is the end of the text, whatever comes behind it. */
static bool has_zero(struct orch_str text, json_error_t *at)
{
    const char *zero = text.len > 0 ? memchr(text.ptr, '\0', text.len) : NULL;
    if (zero == NULL || at == NULL)
        return zero != NULL;
    *at = (json_error_t){ .line = 1, .text = "a zero byte" };
    for (const char *c = text.ptr; c <= zero; c++) {
        at->line += *c == '\n';
        at->column = *c == '\n' ? 0 : at->column + 1;
    }
    return true;
}

orch_status orch_json_read(struct orch_str text, size_t flags, json_t **out, json_error_t *at)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_allocator);
    memory_ended = false;
    if (has_zero(text, at))
        return ORCH_EINVAL;
    json_t *root = json_loadb(text.ptr != NULL ? text.ptr : "", text.len,
                              flags | JSON_REJECT_DUPLICATES, at);
    if (root != NULL && !memory_ended) {
        *out = root;
        return ORCH_OK;
    }
    json_decref(root);
    return memory_ended ? ORCH_ENOMEM : ORCH_EINVAL;
}
