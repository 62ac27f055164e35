/* SPDX-License-Identifier: Apache-2.0 */
#include "run/position.h"

#include "base/json_read.h"
#include "orch/error.h"

void orch_position_release(struct orch_position *p)
{
    orch_text_release(&p->json);
    *p = (struct orch_position){ 0 };
}

orch_status orch_position_set(struct orch_position *p, struct orch_str json, uint32_t version)
{
    if (json.len > ORCH_POSITION_MOST)
        return ORCH_EINVAL;
    orch_text_reset(&p->json);
    if (json.len > 0 && !orch_text_add(&p->json, json.ptr, json.len))
        return ORCH_ENOMEM;
    p->known = true;
    p->version = version;
    p->rows_behind = 0;
    return ORCH_OK;
}

orch_status orch_position_note(struct orch_position *p, const orch_batch_info *info, int64_t rows,
                               const struct orch_connector *connector, orch_error *err)
{
    if (info->state == NULL) {
        p->rows_behind += rows;
        return ORCH_OK;
    }
    struct orch_str json = { info->state, info->state_len };
    orch_status st = orch_position_set(p, json, connector->state_version);
    if (st == ORCH_ENOMEM)
        return orch_error_set(err, st, "out of memory");
    if (st == ORCH_OK)
        return ORCH_OK;
    orch_error_set(err, ORCH_EINTERNAL, "source %s gave a position of %zu bytes; the bound is %d",
                   connector->name, json.len, ORCH_POSITION_MOST);
    orch_error_hint(err, "report this to the author of connector %s", connector->name);
    return ORCH_EINTERNAL;
}

bool orch_position_equal(const struct orch_position *a, const struct orch_position *b)
{
    struct orch_str left = { orch_text_z(&a->json), a->json.len };
    struct orch_str right = { orch_text_z(&b->json), b->json.len };
    return a->known == b->known && a->version == b->version && orch_str_equal(left, right);
}

orch_status orch_position_check(const struct orch_position *p)
{
    json_t *value = NULL;
    struct orch_str json = { orch_text_z(&p->json), p->json.len };
    orch_status st = orch_json_read(json, JSON_DECODE_ANY, &value, NULL);
    json_decref(value);
    return st;
}
