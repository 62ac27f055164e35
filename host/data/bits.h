/* SPDX-License-Identifier: Apache-2.0 */
/* Between Arrow's bits (least significant first) and one byte a row, eight at a time. */
#ifndef ORCH_DATA_BITS_H
#define ORCH_DATA_BITS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* bytes[i] = bit i, or its opposite when `flip`. */
void orch_bits_expand(const uint8_t *bits, int64_t n, bool flip, uint8_t *bytes);
/* The reverse, from bytes of 0 and 1. Bits past n in the last byte are 0. */
void orch_bits_pack(const uint8_t *bytes, int64_t n, bool flip, uint8_t *bits);
/* Number of bits set among the first n. */
int64_t orch_bits_count(const uint8_t *bits, int64_t n);

#endif
