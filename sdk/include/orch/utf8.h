/* SPDX-License-Identifier: Apache-2.0 */
/* What is text. Part of the SDK's static library (hidden symbols), for sources whose format or
 * server does not promise it. */
#ifndef ORCH_UTF8_H
#define ORCH_UTF8_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Length of the valid UTF-8 prefix of s (RFC 3629: no overlong forms, no surrogates); `len`: all is
 * valid. [any] */
size_t orch_utf8_valid(const char *s, size_t len);

#ifdef __cplusplus
}
#endif
#endif
