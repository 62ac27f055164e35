/* SPDX-License-Identifier: Apache-2.0 */
/* The structs that cross between host and plugin. */
#include "layout.h"

#include "orch/arrow.h"
#include "orch/connector.h"
#include "orch/input.h"

static const struct layout_member arrowschema_members[] = {
    MEMBER(struct ArrowSchema, format),
    MEMBER(struct ArrowSchema, name),
    MEMBER(struct ArrowSchema, metadata),
    MEMBER(struct ArrowSchema, flags),
    MEMBER(struct ArrowSchema, n_children),
    MEMBER(struct ArrowSchema, children),
    MEMBER(struct ArrowSchema, dictionary),
    MEMBER(struct ArrowSchema, release),
    MEMBER(struct ArrowSchema, private_data),
};

static const struct layout_member arrowarray_members[] = {
    MEMBER(struct ArrowArray, length),
    MEMBER(struct ArrowArray, null_count),
    MEMBER(struct ArrowArray, offset),
    MEMBER(struct ArrowArray, n_buffers),
    MEMBER(struct ArrowArray, n_children),
    MEMBER(struct ArrowArray, buffers),
    MEMBER(struct ArrowArray, children),
    MEMBER(struct ArrowArray, dictionary),
    MEMBER(struct ArrowArray, release),
    MEMBER(struct ArrowArray, private_data),
};

static const struct layout_member error_members[] = {
    MEMBER(orch_error, struct_size),
    MEMBER(orch_error, code),
    MEMBER(orch_error, flags),
    MEMBER(orch_error, vendor_code),
    MEMBER(orch_error, row),
    MEMBER(orch_error, sqlstate),
    MEMBER(orch_error, field),
    MEMBER(orch_error, message),
    MEMBER(orch_error, detail),
    MEMBER(orch_error, hint),
};

static const struct layout_member option_members[] = {
    MEMBER(orch_option, struct_size),
    MEMBER(orch_option, type),
    MEMBER(orch_option, flags),
    MEMBER(orch_option, reserved0),
    MEMBER(orch_option, name),
    MEMBER(orch_option, summary),
    MEMBER(orch_option, default_text),
    MEMBER(orch_option, example),
    MEMBER(orch_option, unit),
    MEMBER(orch_option, choices),
    MEMBER(orch_option, min),
    MEMBER(orch_option, max),
};

static const struct layout_member reject_members[] = {
    MEMBER(orch_reject, struct_size),
    MEMBER(orch_reject, input),
    MEMBER(orch_reject, record),
    MEMBER(orch_reject, line),
    MEMBER(orch_reject, offset),
    MEMBER(orch_reject, field),
    MEMBER(orch_reject, rule),
    MEMBER(orch_reject, message),
    MEMBER(orch_reject, raw),
    MEMBER(orch_reject, raw_len),
};

static const struct layout_member host_members[] = {
    MEMBER(orch_host, struct_size),
    MEMBER(orch_host, abi_major),
    MEMBER(orch_host, abi_minor),
    MEMBER(orch_host, ctx),
    MEMBER(orch_host, cancelled),
    MEMBER(orch_host, log),
    MEMBER(orch_host, progress),
    MEMBER(orch_host, reject),
    MEMBER(orch_host, option),
    MEMBER(orch_host, extension),
};

static const struct layout_member clock_members[] = {
    MEMBER(orch_clock, struct_size),
    MEMBER(orch_clock, reserved0),
    MEMBER(orch_clock, now_us),
};

static const struct layout_member read_request_members[] = {
    MEMBER(orch_read_request, struct_size),
    MEMBER(orch_read_request, state_version),
    MEMBER(orch_read_request, stream),
    MEMBER(orch_read_request, columns),
    MEMBER(orch_read_request, n_columns),
    MEMBER(orch_read_request, state),
    MEMBER(orch_read_request, state_len),
    MEMBER(orch_read_request, target_rows),
    MEMBER(orch_read_request, target_bytes),
};

static const struct layout_member batch_info_members[] = {
    MEMBER(orch_batch_info, struct_size),
    MEMBER(orch_batch_info, input),
    MEMBER(orch_batch_info, first_record),
    MEMBER(orch_batch_info, source_bytes),
    MEMBER(orch_batch_info, state),
    MEMBER(orch_batch_info, state_len),
};

static const struct layout_member source_ops_members[] = {
    MEMBER(orch_source_ops, struct_size),
    MEMBER(orch_source_ops, reserved0),
    MEMBER(orch_source_ops, open),
    MEMBER(orch_source_ops, close),
    MEMBER(orch_source_ops, check),
    MEMBER(orch_source_ops, streams),
    MEMBER(orch_source_ops, describe),
    MEMBER(orch_source_ops, read),
    MEMBER(orch_source_ops, schema),
    MEMBER(orch_source_ops, next),
    MEMBER(orch_source_ops, end),
    MEMBER(orch_source_ops, interrupt),
};

static const struct layout_member write_request_members[] = {
    MEMBER(orch_write_request, struct_size),
    MEMBER(orch_write_request, mode),
    MEMBER(orch_write_request, flags),
    MEMBER(orch_write_request, reserved0),
    MEMBER(orch_write_request, target),
    MEMBER(orch_write_request, keys),
    MEMBER(orch_write_request, n_keys),
    MEMBER(orch_write_request, pipeline),
    MEMBER(orch_write_request, run),
    MEMBER(orch_write_request, comment),
};

static const struct layout_member write_counts_members[] = {
    MEMBER(orch_write_counts, struct_size),
    MEMBER(orch_write_counts, reserved0),
    MEMBER(orch_write_counts, inserted),
    MEMBER(orch_write_counts, updated),
    MEMBER(orch_write_counts, unchanged),
    MEMBER(orch_write_counts, merged),
};

static const struct layout_member ledger_query_members[] = {
    MEMBER(orch_ledger_query, struct_size),
    MEMBER(orch_ledger_query, reserved0),
    MEMBER(orch_ledger_query, table),
    MEMBER(orch_ledger_query, pipeline),
    MEMBER(orch_ledger_query, run),
    MEMBER(orch_ledger_query, status),
    MEMBER(orch_ledger_query, offset),
    MEMBER(orch_ledger_query, limit),
};

static const struct layout_member commit_members[] = {
    MEMBER(orch_commit, struct_size),
    MEMBER(orch_commit, state_version),
    MEMBER(orch_commit, sequence),
    MEMBER(orch_commit, state),
    MEMBER(orch_commit, state_len),
};

static const struct layout_member destination_ops_members[] = {
    MEMBER(orch_destination_ops, struct_size),
    MEMBER(orch_destination_ops, reserved0),
    MEMBER(orch_destination_ops, open),
    MEMBER(orch_destination_ops, close),
    MEMBER(orch_destination_ops, check),
    MEMBER(orch_destination_ops, begin),
    MEMBER(orch_destination_ops, recover),
    MEMBER(orch_destination_ops, write),
    MEMBER(orch_destination_ops, finish),
    MEMBER(orch_destination_ops, ledger),
    MEMBER(orch_destination_ops, commit),
    MEMBER(orch_destination_ops, end),
    MEMBER(orch_destination_ops, interrupt),
    MEMBER(orch_destination_ops, created),
};

static const struct layout_member connector_members[] = {
    MEMBER(orch_connector, struct_size),
    MEMBER(orch_connector, threading),
    MEMBER(orch_connector, capabilities),
    MEMBER(orch_connector, needs),
    MEMBER(orch_connector, state_version),
    MEMBER(orch_connector, reserved0),
    MEMBER(orch_connector, name),
    MEMBER(orch_connector, summary),
    MEMBER(orch_connector, personal),
    MEMBER(orch_connector, options),
    MEMBER(orch_connector, n_options),
    MEMBER(orch_connector, source),
    MEMBER(orch_connector, destination),
    MEMBER(orch_connector, extension),
};

static const struct layout_member plugin_members[] = {
    MEMBER(orch_plugin, struct_size),
    MEMBER(orch_plugin, abi_major),
    MEMBER(orch_plugin, abi_minor),
    MEMBER(orch_plugin, name),
    MEMBER(orch_plugin, version),
    MEMBER(orch_plugin, license),
    MEMBER(orch_plugin, home),
    MEMBER(orch_plugin, connectors),
    MEMBER(orch_plugin, n_connectors),
};

static const struct layout_member input_info_members[] = {
    MEMBER(orch_input_info, struct_size),
    MEMBER(orch_input_info, reserved0),
    MEMBER(orch_input_info, name),
    MEMBER(orch_input_info, encoding),
    MEMBER(orch_input_info, size_bytes),
    MEMBER(orch_input_info, modified_us),
};

static const struct layout_member input_members[] = {
    MEMBER(orch_input, struct_size),
    MEMBER(orch_input, reserved0),
    MEMBER(orch_input, count),
    MEMBER(orch_input, info),
    MEMBER(orch_input, open),
    MEMBER(orch_input, read),
    MEMBER(orch_input, map),
    MEMBER(orch_input, consumed),
    MEMBER(orch_input, descriptor),
    MEMBER(orch_input, close),
};

const struct layout_struct layout_abi[] = {
    STRUCT(struct ArrowSchema, arrowschema_members, false),
    STRUCT(struct ArrowArray, arrowarray_members, false),
    STRUCT(orch_error, error_members, false),
    STRUCT(orch_option, option_members, false),
    STRUCT(orch_reject, reject_members, false),
    STRUCT(orch_host, host_members, false),
    STRUCT(orch_clock, clock_members, false),
    STRUCT(orch_read_request, read_request_members, false),
    STRUCT(orch_batch_info, batch_info_members, false),
    STRUCT(orch_source_ops, source_ops_members, false),
    STRUCT(orch_write_request, write_request_members, false),
    STRUCT(orch_write_counts, write_counts_members, false),
    STRUCT(orch_ledger_query, ledger_query_members, false),
    STRUCT(orch_commit, commit_members, false),
    STRUCT(orch_destination_ops, destination_ops_members, false),
    STRUCT(orch_connector, connector_members, false),
    STRUCT(orch_plugin, plugin_members, false),
    STRUCT(orch_input_info, input_info_members, false),
    STRUCT(orch_input, input_members, false),
    { 0 },
};
