/* SPDX-License-Identifier: Apache-2.0 */
/* Inputs that live in one process and are read in another. */
#include "plugin/input_item.h"

#include "orch/error.h"

#include <stdlib.h>

/* ---- the process that has them ---------------------------------------------------------- */

bool orch_inputs_tell(const struct orch_inputs *in, size_t i, struct orch_input_told *out)
{
    if (i >= in->items.len)
        return false;
    const struct orch_input_item *item = in->items.items[i];
    *out = (struct orch_input_told){
        .path = item->file.path,
        .name = item->name,
        .size_bytes = item->file.size_bytes,
        .modified_us = item->file.modified_us,
        .packed = item->packed,
    };
    return true;
}

orch_status orch_inputs_lend(const struct orch_inputs *in, size_t i, int *fd, orch_error *err)
{
    bool owned;

    if (i >= in->items.len)
        return orch_error_set(err, ORCH_EINVAL, "there is no input %zu", i);
    return orch_input_reopen(in->items.items[i], true, fd, &owned, err);
}

static bool is_encoding_name(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < len; i++) {
        char lower = (char)(name[i] | 0x20);
        bool digit = name[i] >= '0' && name[i] <= '9';
        if (!digit && !(lower >= 'a' && lower <= 'z') && !strchr("-_.:,=", name[i]))
            return false;
    }
    return len > 0 && len < ORCH_ENCODING_NAME_SIZE;
}

bool orch_inputs_decided(struct orch_inputs *in, size_t i, const char *encoding, bool detected)
{
    if (i >= in->parts.len || !is_encoding_name(encoding))
        return false;
    orch_input_decide(in->parts.items[i], encoding, detected);
    return true;
}

/* ---- the process that reads them -------------------------------------------------------- */

static bool adopt_one(struct orch_inputs *in, const struct orch_input_told *told)
{
    const char *path = orch_arena_strdup(&in->arena, told->path ? told->path : "");
    const char *name = orch_arena_strdup(&in->arena, told->name ? told->name : "");
    struct orch_input_item *item = path && name ? orch_input_add(in, path) : NULL;

    if (!item)
        return false;
    item->name = name;
    item->lender = &in->lender;
    item->file.size_bytes = told->size_bytes;
    item->file.modified_us = told->modified_us;
    item->packed = told->packed <= ORCH_PACKED_7Z ? (enum orch_packed)told->packed
                                                  : ORCH_PACKED_NONE;
    item->file.packed = item->packed != ORCH_PACKED_NONE;
    return true;
}

orch_status orch_inputs_adopt(const struct orch_input_told *told, size_t n, const char *encoding,
                              const struct orch_input_lender *lender, struct orch_inputs **out,
                              orch_error *err)
{
    struct orch_inputs *in = orch_zalloc(1, sizeof *in);

    if (!in)
        return orch_error_set(err, ORCH_ENOMEM, "out of memory");
    in->lender = *lender;
    orch_status st = orch_input_wanted(in, encoding, err);
    for (size_t i = 0; i < n && st == ORCH_OK; i++)
        if (!adopt_one(in, &told[i]))
            st = orch_error_set(err, ORCH_ENOMEM, "out of memory");
    if (st != ORCH_OK) {
        orch_inputs_free(in);
        return st;
    }
    *out = in;
    return ORCH_OK;
}
