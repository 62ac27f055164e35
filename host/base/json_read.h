/* SPDX-License-Identifier: Apache-2.0 */
/* Reads JSON (RFC 8259) through jansson, on the host's allocator. */
#ifndef ORCH_BASE_JSON_READ_H
#define ORCH_BASE_JSON_READ_H

#include <jansson.h>

#include "base/str.h"

/* `flags` are jansson's (JSON_DECODE_ANY...); keys that come twice are refused in any case. *out is
 * to be given to json_decref. ORCH_EINVAL: it is no JSON, *at (may be NULL) says where.
 * ORCH_ENOMEM: jansson would blame the text, or leave characters out of it. [any] */
orch_status orch_json_read(struct orch_str text, size_t flags, json_t **out, json_error_t *at);

#endif
