/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/expression.h"

static const struct orch_op *const tables[] = {
    orch_ops_core,    orch_ops_text,  orch_ops_edit,  orch_ops_match, orch_ops_number,
    orch_ops_time,    orch_ops_compare, orch_ops_arith, orch_ops_logic, orch_ops_null,
    orch_ops_privacy,
};

const struct orch_op *orch_op_at(size_t i)
{
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        for (const struct orch_op *op = tables[t]; op->name != NULL; op++) {
            if (i-- == 0)
                return op;
        }
    }
    return NULL;
}

const struct orch_op *orch_op_find(const char *name)
{
    for (size_t t = 0; t < sizeof tables / sizeof tables[0]; t++) {
        for (const struct orch_op *op = tables[t]; op->name != NULL; op++) {
            if (strcmp(op->name, name) == 0)
                return op;
        }
    }
    return NULL;
}
