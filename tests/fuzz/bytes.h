/* SPDX-License-Identifier: Apache-2.0 */
/* Takes an input of a fuzz target apart; what is past the end reads as zeros and empty texts. */
#ifndef FUZZ_BYTES_H
#define FUZZ_BYTES_H

#include "base/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzz_bytes {
    const uint8_t *at;
    size_t left;
};

static inline uint8_t fuzz_byte(struct fuzz_bytes *b)
{
    if (b->left == 0)
        return 0;
    b->left--;
    return *b->at++;
}

static inline int32_t fuzz_int16(struct fuzz_bytes *b)
{
    uint32_t low = fuzz_byte(b);
    return (int16_t)(low | (uint32_t)fuzz_byte(b) << 8);
}

static inline struct orch_str fuzz_rest(struct fuzz_bytes *b)
{
    struct orch_str s = { (const char *)b->at, b->left };
    b->at += b->left;
    b->left = 0;
    return s;
}

/* The text before the next `end`, which is taken too; all that is left when there is none. */
static inline struct orch_str fuzz_until(struct fuzz_bytes *b, char end)
{
    const uint8_t *hit = b->left > 0 ? memchr(b->at, end, b->left) : NULL;
    if (hit == NULL)
        return fuzz_rest(b);
    struct orch_str s = { (const char *)b->at, (size_t)(hit - b->at) };
    b->left -= s.len + 1;
    b->at = hit + 1;
    return s;
}

/* The next size of a sequence that a seed gives: 1 to `most`, small ones more often. */
static inline size_t fuzz_size(uint32_t *seed, size_t most)
{
    *seed = *seed * 1664525u + 1013904223u;
    uint32_t r = *seed >> 8;
    size_t size = 1 + (r & 15) % ((r & 16) != 0 ? 3 : 16);
    return size < most ? size : most;
}

/* Ends the program as a finding: a promise was broken. */
void fuzz_broken(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
