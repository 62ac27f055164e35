/* SPDX-License-Identifier: Apache-2.0 */
#include "plugin/unpack_level.h"

#include "orch/error.h"
#include "plugin/module.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define MODULE_FILE "orchestra-archive.so"

/* ---- life -------------------------------------------------------------------------------- */

static pthread_once_t module_once = PTHREAD_ONCE_INIT;
static const struct orch_unpack_module *module;

static void module_search(void)
{
    const struct orch_unpack_module *found =
        orch_module_find(MODULE_FILE, ORCH_UNPACK_MODULE_SYMBOL);

    if (found && found->version == ORCH_UNPACK_MODULE_VERSION)
        module = found;
}

static orch_status fail_module(const struct orch_input_item *item, orch_error *err)
{
    orch_error_set(err, ORCH_ECONFIG, "cannot unpack \"%s\"", item->name);
    orch_error_detail(err, "it is packed as %s, and the module %s, which unpacks, is not installed",
                      orch_packed_name(item->packed), MODULE_FILE);
    orch_error_hint(err, "install orchestra whole, with libarchive, or unpack it before the run");
    return ORCH_ECONFIG;
}

orch_status orch_unpack_open(const struct orch_input_item *item, const orch_host *host,
                             struct orch_unpack **out, orch_error *err)
{
    pthread_once(&module_once, module_search);
    if (!module)
        return fail_module(item, err);
    struct orch_unpack *u = orch_zalloc(1, sizeof *u);
    if (!u)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    u->module = module;
    u->item = item;
    u->host = host;
    u->fd = -1;
    orch_status st = orch_input_reopen(item, false, &u->fd, &u->owned, err);
    if (st == ORCH_OK)
        st = orch_unpack_push(u, item->packed, err);
    if (st != ORCH_OK) {
        orch_unpack_close(u);
        return st;
    }
    *out = u;
    return ORCH_OK;
}

void orch_unpack_close(struct orch_unpack *u)
{
    if (!u)
        return;
    while (u->n > 0)
        orch_unpack_pop(u);
    if (u->owned)
        close(u->fd);
    free(u);
}

/* ---- the walk ---------------------------------------------------------------------------- */

/* What follows an archive within its entry: nothing, but check sums are at the very end. */
static orch_status drain(struct orch_unpack *u, orch_error *err)
{
    char piece[8192];
    orch_status st = ORCH_OK;
    size_t n = 1;

    while (st == ORCH_OK && n > 0)
        st = orch_unpack_level_read(u, u->n - 1, piece, sizeof piece, &n, err);
    return st;
}

static orch_status go_up(struct orch_unpack *u, orch_error *err)
{
    orch_unpack_pop(u);
    return u->n > 0 ? drain(u, err) : ORCH_OK;
}

/* One entry on; *leaf: the walk stops there. */
static orch_status step(struct orch_unpack *u, bool *leaf, orch_error *err)
{
    enum orch_packed kind = ORCH_PACKED_NONE;
    const struct orch_unpack_level *top = &u->levels[u->n - 1];
    orch_status st = orch_unpack_entry_next(u, err);

    if (st == ORCH_END)
        return go_up(u, err);
    if (st != ORCH_OK || top->type == ORCH_UNPACK_FOLDER)
        return st;
    if (++u->entries_all > ORCH_UNPACK_ENTRIES_ALL)
        return orch_unpack_too_many(u, err);
    if (top->type == ORCH_UNPACK_FILE && !top->encrypted)
        st = orch_unpack_look(u, &kind, err);
    if (st == ORCH_OK && kind != ORCH_PACKED_NONE)
        return orch_unpack_push(u, kind, err);
    *leaf = true;
    return st;
}

orch_status orch_unpack_next(struct orch_unpack *u, orch_error *err)
{
    orch_status st = ORCH_OK;
    bool leaf = false;

    while (st == ORCH_OK && !leaf && u->n > 0)
        st = step(u, &leaf, err);
    return st == ORCH_OK && !leaf ? ORCH_END : st;
}

/* ---- going to a place -------------------------------------------------------------------- */

/* Does level k stand at the entry of that number: for a level that is passed through, with the next
 * one open on it; for the last, with nothing read of it yet? */
static bool stands_at(const struct orch_unpack *u, size_t k, const struct orch_unpack_place *place)
{
    const struct orch_unpack_level *level = &u->levels[k];

    if (level->entries == 0 || level->entries - 1 != place->at[k])
        return false;
    return k + 1 < place->n ? u->n > k + 1 : u->n == k + 1 && level->given == 0;
}

/* Makes level *k, or one below it, the top, with entry place->at[*k] still to come. */
static orch_status go_before(struct orch_unpack *u, const struct orch_unpack_place *place,
                             size_t *k, orch_error *err)
{
    bool behind = u->levels[*k].entries > place->at[*k];

    while (behind && *k > 0 && !u->levels[*k].held)
        --*k;
    while (u->n > *k + 1)
        orch_unpack_pop(u);
    return behind ? orch_unpack_rewind(u, *k, err) : ORCH_OK;
}

static orch_status go_on(struct orch_unpack *u, const struct orch_unpack_place *place, size_t k,
                         orch_error *err)
{
    enum orch_packed kind = ORCH_PACKED_NONE;
    orch_status st = ORCH_OK;

    while (st == ORCH_OK && u->levels[k].entries <= place->at[k])
        st = orch_unpack_entry_next(u, err);
    if (st == ORCH_OK && k + 1 < place->n)
        st = orch_unpack_look(u, &kind, err);
    if (st == ORCH_END || (st == ORCH_OK && k + 1 < place->n && kind == ORCH_PACKED_NONE))
        return orch_unpack_changed(u, err);
    return st == ORCH_OK && kind != ORCH_PACKED_NONE ? orch_unpack_push(u, kind, err) : st;
}

orch_status orch_unpack_go(struct orch_unpack *u, const struct orch_unpack_place *place,
                           orch_error *err)
{
    orch_status st = u->n > 0 ? ORCH_OK : orch_unpack_push(u, u->item->packed, err);

    for (size_t k = 0; st == ORCH_OK && k < place->n; k++) {
        if (stands_at(u, k, place))
            continue;
        st = go_before(u, place, &k, err);
        if (st == ORCH_OK)
            st = go_on(u, place, k, err);
    }
    return st;
}

orch_status orch_unpack_read(struct orch_unpack *u, void *buffer, size_t capacity, size_t *n,
                             orch_error *err)
{
    return orch_unpack_level_read(u, u->n - 1, buffer, capacity, n, err);
}
