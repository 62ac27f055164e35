/* SPDX-License-Identifier: Apache-2.0 */
/* Fill an orch_error. Part of the SDK's static library. Every function takes NULL for `err`. */
#ifndef ORCH_ERROR_H
#define ORCH_ERROR_H

#include "orch/connector.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fills `err` (NULL allowed) with code and message, clears detail and hint; returns `code`.
 * Texts longer than their field are cut between code points and end in an ellipsis. */
orch_status orch_error_set(orch_error *err, orch_status code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Adds to an error already set; NULL allowed. */
void orch_error_detail(orch_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void orch_error_hint(orch_error *err, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Says where: record (0 keeps what is there) and field (NULL keeps). Returns err->code. */
orch_status orch_error_at(orch_error *err, int64_t row, const char *field);

#ifdef __cplusplus
}
#endif
#endif
