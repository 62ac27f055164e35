/* SPDX-License-Identifier: Apache-2.0 */
/* The structs of the SDK's static library: each plugin carries its own copy of the code. */
#include "layout.h"

#include "orch/view.h"

static const struct layout_member view_column_members[] = {
    MEMBER(orch_view_column, type),
    MEMBER(orch_view_column, width),
    MEMBER(orch_view_column, name),
    MEMBER(orch_view_column, validity),
    MEMBER(orch_view_column, values),
    MEMBER(orch_view_column, offsets),
    MEMBER(orch_view_column, bytes),
    MEMBER(orch_view_column, scale),
    MEMBER(orch_view_column, is_unsigned),
};

static const struct layout_member view_members[] = {
    MEMBER(orch_view, rows),
    MEMBER(orch_view, n_columns),
    MEMBER(orch_view, columns),
};

const struct layout_struct layout_helper[] = {
    STRUCT(orch_view_column, view_column_members, true),
    STRUCT(orch_view, view_members, true),
    { 0 },
};
