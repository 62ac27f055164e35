/* SPDX-License-Identifier: Apache-2.0 */
/* What a worker's process may use at most. An operator lowers it (worker/policy.h); nothing raises
 * it. */
#ifndef ORCH_WORKER_WORKER_LIMITS_H
#define ORCH_WORKER_WORKER_LIMITS_H

#include <stdint.h>

/* Built in. Memory is what one connector should ever need; the other two only keep a connector
 * that has gone wild from taking the night, or the disk. */
#define ORCH_LIMIT_MEMORY_BYTES (INT64_C(1) << 30)
#define ORCH_LIMIT_CPU_SECONDS (INT64_C(24) * 3600)
#define ORCH_LIMIT_FILE_BYTES (INT64_C(256) << 30)

struct orch_worker_limit {
    int64_t value;
    const char *place; /* "FILE:LINE" of who lowered it; NULL: it is the built-in one */
};

struct orch_worker_limits {
    struct orch_worker_limit memory_bytes;
    struct orch_worker_limit cpu_seconds;     /* of all threads together */
    struct orch_worker_limit file_size_bytes; /* of one file that it writes */
};

#endif
