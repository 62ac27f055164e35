/* SPDX-License-Identifier: Apache-2.0 */
/* SHA-256 (FIPS 180-4). Messages up to 256 KiB are libsodium's, which is there anyway, until
 * they come to 1 MiB in all; the rest is handed to libcrypto, which has the processor's SHA
 * instructions (1.5 GB/s against 0.3) but takes some milliseconds to open: a small export does not
 * pay them. */
#ifndef ORCH_BASE_HASH_H
#define ORCH_BASE_HASH_H

#include "base/str.h"

struct orch_sha256;
orch_status orch_sha256_new(struct orch_sha256 **out, orch_error *err);
/* ORCH_ECONFIG: libcrypto is needed and missing, or refuses. */
orch_status orch_sha256_update(struct orch_sha256 *h, const void *bytes, size_t len,
                               orch_error *err);
/* Lower-case hexadecimal, NUL-terminated; the object is ready for a new message afterwards. */
orch_status orch_sha256_finish(struct orch_sha256 *h, char hex[65]);
void orch_sha256_free(struct orch_sha256 *h);

orch_status orch_sha256_text(struct orch_str s, char hex[65], orch_error *err);

#endif
